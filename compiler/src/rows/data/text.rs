use super::elsewhere::Elsewhere;
use super::windows::{STRIDE, Symbols};
use super::{DataIssue, DataRow, Dataset, Host, Part, Writing, at_most};
use crate::event::EventTy;
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};

row! {
    /// Windows of a file, byte by byte or character by character: `data x: Class(256)[64] from text("f.txt")` yields every window of 64 bytes
    /// that begins at a multiple of `stride` (the window's length unless written). With `by: chars` the file is UTF-8, and the classes are
    /// its characters in the order of their code points: `dim V`, `data x: Class(V)[64] from text("f.txt", by: chars)` takes their number
    /// from the file. The run keeps them, so that draws are written as text; a character that is not among them cannot be asked about.
    /// Of two variables, `data (a: Class(V)[64], x: Class(V)[32]) from ..`, the second is what follows the first in a window of 96.
    /// The last tenth of the file is the test part, so that no test window overlaps a training window.
    pub struct Text = "text" [
        ParamSpec { name: "file", kind: ArgKind::Text, default: None, doc: "Path of the text, from the folder that gmc runs in." },
        ParamSpec {
            name: "by",
            kind: ArgKind::Word(&["bytes", "chars"]),
            default: Some("bytes"),
            doc: "What one element is: a byte of 256, or a character of those that the file holds.",
        },
        STRIDE,
    ];
}

fn by_chars(args: &Args) -> bool {
    args.word("by") == "chars"
}

fn read(args: &Args, host: &dyn Host) -> Result<Symbols, DataIssue> {
    let name = args.word("file");
    let bytes = host
        .read(None, name)
        .map_err(|e| DataIssue::unreadable(&format!("file `{name}`"), &e, "check the path"))?;
    if bytes.is_empty() {
        return Err(DataIssue::new(format!("`{name}` is empty"), "name a file that holds text"));
    }
    let source = format!("`{name}`");
    if !by_chars(args) {
        return Ok(Symbols::bytes(source, &bytes));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Symbols::characters(source, text)),
        Err(e) => {
            let at = e.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or(0);
            Err(DataIssue::new(
                format!("`{name}` is not UTF-8 text"),
                format!(
                    "save it as UTF-8, or read it byte by byte: `text({name:?})`, whose type is `Class(256)`"
                ),
            )
            .note(format!("byte {} is {byte:#04x}, which begins no character there", at + 1)))
        }
    }
}

impl DataRow for Text {
    fn check(&self, args: &Args, declared: &[EventTy], host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("text", declared, &["a window of text", "what follows it"])?;
        read(args, host)?.types(declared)
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        read(args, host)?.windows(args, types)
    }

    fn reread(&self, args: &Args, from: &Elsewhere<'_>, host: &dyn Host) -> Option<Result<Part, DataIssue>> {
        let other =
            [".csv", ".tsv", ".npy", ".png"].iter().any(|e| from.file.to_ascii_lowercase().ends_with(e));
        if other {
            return None;
        }
        let mut args = args.clone();
        let at = args.span;
        args.set("file", Const::Text(from.file.to_string()), at);
        let all = read(&args, host)
            .and_then(|symbols| symbols.numbered(host.classes(0))?.all_windows(&args, from.item));
        // Of a window that is cut into pieces some may be asked for.
        Some(all.map(|part| from.picked(part)))
    }

    fn writing(&self, args: &Args) -> Option<Writing> {
        Some(if by_chars(args) { Writing::Names } else { Writing::Bytes })
    }
}
