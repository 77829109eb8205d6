//! Why a command ended without doing what it was asked for: one type for files, runs and usage, and the one
//! place that shows it. What is wrong with the text of a spec is a diagnostic of the compiler instead.

use crate::exec::{DeviceError, ExecError};
use gmc_compiler::diag::render::Format;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// How a command ended, where it did not end well; the exit code follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Something could not be done: 1.
    Failed,
    /// What was asked is not so, as by `gmc fmt --check`: 1.
    NotSo,
    /// The command line asks for what there is not: 2.
    Usage,
    /// Stopped by the user: 130.
    Interrupted,
    /// Diagnostics were shown, and there is nothing to add: 1.
    Told,
}

impl Ending {
    /// The exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Ending::Failed | Ending::NotSo | Ending::Told => 1,
            Ending::Usage => 2,
            Ending::Interrupted => 130,
        }
    }

    /// What stands before the message.
    fn prefix(self) -> &'static str {
        match self {
            Ending::Failed | Ending::Usage => "error: ",
            Ending::NotSo | Ending::Interrupted | Ending::Told => "",
        }
    }

    fn severity(self) -> &'static str {
        match self {
            Ending::Failed | Ending::Usage | Ending::NotSo | Ending::Told => "error",
            Ending::Interrupted => "note",
        }
    }
}

/// Where something went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file or folder.
    File {
        /// Which.
        path: PathBuf,
        /// What was being done with it: `read`, `write`.
        doing: &'static str,
    },
    /// A piece of a spec.
    Spec {
        /// The file's name, as messages show it.
        file: String,
        /// Line and column, from 1, where they are known.
        at: Option<(usize, usize)>,
        /// The first line of the piece; may be empty.
        text: String,
    },
}

/// Why a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How it ended.
    pub ending: Ending,
    /// What is wrong: it stands alone, is lower case and has no full stop.
    pub message: String,
    /// Where.
    pub place: Option<Box<Place>>,
    /// Facts that help to understand, a line each.
    pub notes: Vec<String>,
    /// How to mend it.
    pub help: Option<String>,
}

impl Failure {
    fn ended(ending: Ending, message: impl Into<String>) -> Failure {
        Failure { ending, message: message.into(), place: None, notes: Vec::new(), help: None }
    }

    /// Something that could not be done.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure::ended(Ending::Failed, message)
    }

    /// What could not be done with which file, and why: `cannot read spec.gm: it is not UTF-8 text`.
    pub fn file(doing: &'static str, path: impl AsRef<Path>, why: impl fmt::Display) -> Failure {
        let path = path.as_ref();
        Failure::new(format!("cannot {doing} {}: {why}", path.display())).at(doing, path)
    }

    /// What was asked is not so.
    pub fn not_so(message: impl Into<String>) -> Failure {
        Failure::ended(Ending::NotSo, message)
    }

    /// The command line asks for what there is not.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::ended(Ending::Usage, message)
    }

    /// Stopped by the user.
    pub fn interrupted(message: impl Into<String>) -> Failure {
        Failure::ended(Ending::Interrupted, message)
    }

    /// Everything has been said.
    pub fn told() -> Failure {
        Failure::ended(Ending::Told, "")
    }

    /// The file that a message is about, and what was being done with it.
    #[must_use]
    pub fn at(mut self, doing: &'static str, path: impl Into<PathBuf>) -> Failure {
        self.place = Some(Box::new(Place::File { path: path.into(), doing }));
        self
    }

    /// The piece of a spec that a message is about.
    #[must_use]
    pub fn in_spec(mut self, file: &str, at: Option<(usize, usize)>, text: &str) -> Failure {
        let text = text.lines().next().unwrap_or("").to_string();
        self.place = Some(Box::new(Place::Spec { file: file.into(), at, text }));
        self
    }

    /// Adds facts.
    #[must_use]
    pub fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Failure {
        self.notes.extend(notes);
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Failure {
        self.help = Some(help.into());
        self
    }

    /// The lines to show on standard error; none where everything has been said.
    pub fn render(&self, format: Format) -> String {
        match (self.ending, format) {
            (Ending::Told, _) => String::new(),
            (_, Format::Human) => self.human(),
            (_, Format::Short) => self.short(),
            (_, Format::Json) => self.json(),
        }
    }

    fn human(&self) -> String {
        let mut out = format!("{}{}\n", self.ending.prefix(), self.message);
        if let Some(Place::Spec { file, at, text }) = self.place.as_deref() {
            let at = at.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
            let text = if text.is_empty() { String::new() } else { format!("  `{text}`") };
            out.push_str(&format!("  --> {file}{at}{text}\n"));
        }
        self.notes.iter().for_each(|n| out.push_str(&format!("  = {n}\n")));
        self.help.iter().for_each(|h| out.push_str(&format!("  = help: {h}\n")));
        out
    }

    /// The path of a file stands in the message; a place in a spec stands before it, as in a diagnostic.
    fn short(&self) -> String {
        let place = match self.place.as_deref() {
            Some(Place::Spec { file, at: Some((line, column)), .. }) => format!("{file}:{line}:{column}: "),
            Some(Place::Spec { file, at: None, .. }) => format!("{file}: "),
            Some(Place::File { .. }) | None => String::new(),
        };
        format!("{place}{}{}\n", self.ending.prefix(), self.message)
    }

    fn json(&self) -> String {
        let mut object = Json {
            code: None,
            severity: self.ending.severity(),
            message: &self.message,
            file: None,
            doing: None,
            line: None,
            column: None,
            notes: &self.notes,
            help: self.help.as_deref(),
        };
        match self.place.as_deref() {
            Some(Place::File { path, doing }) => {
                object.file = Some(path.display().to_string());
                object.doing = Some(doing);
            }
            Some(Place::Spec { file, at, .. }) => {
                object.file = Some(file.clone());
                (object.line, object.column) = at.unzip();
            }
            None => {}
        }
        match serde_json::to_string(&object) {
            Ok(line) => line + "\n",
            // Strings and numbers always have a JSON text.
            Err(_) => String::new(),
        }
    }
}

/// A failure as programs read it: the fields of a diagnostic that it has, the code being null.
#[derive(Serialize)]
struct Json<'a> {
    code: Option<&'a str>,
    severity: &'a str,
    message: &'a str,
    file: Option<String>,
    doing: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    notes: &'a [String],
    help: Option<&'a str>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<ExecError> for Failure {
    fn from(e: ExecError) -> Failure {
        match e {
            ExecError::Data { message, notes, help } => Failure::new(message).notes(notes).help(help),
            other @ (ExecError::MissingInput { .. }
            | ExecError::InputShape { .. }
            | ExecError::NotFinite { .. }
            | ExecError::Broken { .. }) => Failure::new(other.to_string()),
        }
    }
}

impl From<DeviceError> for Failure {
    fn from(e: DeviceError) -> Failure {
        Failure::new(e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_in_three_forms() {
        let file = Failure::file("read", "a.gm", "no such file").help("write it first");
        assert_eq!(
            file.render(Format::Human),
            "error: cannot read a.gm: no such file\n  = help: write it first\n"
        );
        assert_eq!(file.render(Format::Short), "error: cannot read a.gm: no such file\n");
        assert_eq!(
            file.render(Format::Json),
            concat!(
                r#"{"code":null,"severity":"error","message":"cannot read a.gm: no such file","file":"a.gm","#,
                r#""doing":"read","line":null,"column":null,"notes":[],"help":"write it first"}"#,
                "\n"
            )
        );
        let spec = Failure::new("round 3: `log` broke").in_spec("a.gm", Some((4, 7)), "log(x)\nmore");
        assert_eq!(spec.render(Format::Human), "error: round 3: `log` broke\n  --> a.gm:4:7  `log(x)`\n");
        assert_eq!(spec.render(Format::Short), "a.gm:4:7: error: round 3: `log` broke\n");
        assert!(spec.render(Format::Json).contains(r#""file":"a.gm","doing":null,"line":4,"column":7"#));
    }

    #[test]
    fn what_has_been_said_is_not_said_again() {
        for format in [Format::Human, Format::Short, Format::Json] {
            assert_eq!(Failure::told().render(format), "");
        }
        assert_eq!(Failure::interrupted("stopped").render(Format::Human), "stopped\n");
        assert_eq!(Failure::not_so("not laid out").render(Format::Human), "not laid out\n");
        let codes = [Failure::told(), Failure::usage(""), Failure::interrupted(""), Failure::new("")];
        assert_eq!(codes.map(|f| f.ending.code()), [1, 2, 130, 1]);
    }
}
