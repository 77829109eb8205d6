//! A spec as a value: checked, explained, fitted to arrays.

use super::Named;
use super::ask::{MESSAGES, Model, Opening, place};
use super::rows::variable;
use crate::cli::kept::whole;
use crate::cli::training::{Folder, into_folder, notices};
use crate::cli::{explain, inspect};
use crate::failure::Failure;
use crate::session::{Session, load};
use crate::show::report::facts::typeset;
use crate::show::report::style::words;
use crate::store::about::Equations;
use crate::store::identity::{Hashes, Pairs, used_files};
use crate::train::about::kept;
use crate::train::run::{Ended, Run, Start};
use gmc_compiler::diag::render::render;
use gmc_compiler::driver::Unit;
use gmc_compiler::explain::math::equations;
use gmc_compiler::rows::data::split::Parts;
use gmc_compiler::rows::data::{Dataset, Part};
use gmc_compiler::rows::setting::Seed;
use gmc_compiler::types::{TData, Typed, failed};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// What specs without a file are called in messages.
const UNNAMED: &str = "spec.gm";

/// A variable of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its type, as the spec writes it.
    pub ty: String,
    /// The axes of one event.
    pub shape: Vec<usize>,
}

/// A spec without errors.
pub struct Spec {
    text: String,
    folder: PathBuf,
    set: Pairs,
    unit: Unit,
}

/// How a spec is fitted.
#[derive(Clone, Debug, Default)]
pub struct Fitting {
    /// Where to compute: see [`Opening::device`].
    pub device: String,
    /// The folder for run folders.
    pub out: PathBuf,
    /// What the run folder is called, before its number.
    pub name: String,
    /// What the classes of variables are called, by number.
    pub labels: Vec<(String, Vec<String>)>,
}

impl Spec {
    /// Compiles a text; `folder` is where `use` and paths of data look, `set` holds overrides: `("train.epochs", "3")`.
    ///
    /// # Errors
    /// What is wrong with the spec, as `gmc check` shows it.
    pub fn compile(text: &str, folder: &Path, set: &Pairs) -> Result<Spec, Failure> {
        let unit = load::unit(UNNAMED, text, folder, set);
        if unit.failed() {
            return Err(Failure::new(shown(&unit)));
        }
        Ok(Spec { text: text.into(), folder: folder.into(), set: set.clone(), unit })
    }

    fn typed(&self) -> Result<&Typed, Failure> {
        self.unit.typed.as_ref().ok_or_else(|| Failure::new("the spec does not compile"))
    }

    /// Warnings, as `gmc check` shows them; empty where there are none.
    pub fn warnings(&self) -> String {
        shown(&self.unit)
    }

    /// What was concluded: see `gmc check`.
    ///
    /// # Errors
    /// None: a spec has been checked.
    pub fn conclusions(&self) -> Result<String, Failure> {
        Ok(inspect::conclusions(self.typed()?))
    }

    /// All that `gmc explain` says.
    ///
    /// # Errors
    /// None: a spec has been checked.
    pub fn explanation(&self) -> Result<String, Failure> {
        let compiled =
            self.unit.compiled.as_ref().ok_or_else(|| Failure::new("the spec does not compile"))?;
        Ok(explain::explanation(self.typed()?, compiled, false, false))
    }

    /// Models and objectives in LaTeX, as MathJax takes it.
    ///
    /// # Errors
    /// None: a spec has been checked.
    pub fn latex(&self) -> Result<String, Failure> {
        let block = |e: equations::Equations| {
            let lines: Vec<String> = e.lines.iter().map(|(l, r)| format!("{l} & {r}")).collect();
            format!("\\begin{{aligned}}\n{}\n\\end{{aligned}}", lines.join(" \\\\\n"))
        };
        let all = equations::of(self.typed()?).into_iter().filter(|e| !e.lines.is_empty());
        let blocks: Vec<String> = all.map(block).collect();
        Ok(format!("$$\n\\begin{{gathered}}\n{}\n\\end{{gathered}}\n$$", blocks.join("\n\\\\[1em]\n")))
    }

    /// Models and objectives as HTML with MathML, and the explanation below.
    ///
    /// # Errors
    /// None: a spec has been checked.
    pub fn html(&self) -> Result<String, Failure> {
        let mut out = String::from("<div class=\"gmc\">\n");
        for e in equations::of(self.typed()?) {
            let e: Equations = kept(e);
            let _ = writeln!(out, "<p><b>{}</b></p>\n{}", words(&e.title), typeset(&e));
            for note in &e.notes {
                let _ = writeln!(out, "<p><small>{}</small></p>", words(note));
            }
        }
        let text = crate::show::report::style::escape(&self.explanation()?);
        let _ = writeln!(
            out,
            "<details><summary>all that was derived</summary><pre>{text}</pre></details>\n</div>"
        );
        Ok(out)
    }

    /// The variables of the data.
    pub fn variables(&self) -> Vec<Variable> {
        let all = self.unit.typed.iter().flat_map(|t| &t.data).flat_map(|d| &d.vars);
        let one = |v: &gmc_compiler::types::TVar| Variable {
            name: v.name.clone(),
            ty: v.ty.to_string(),
            shape: v.ty.shape.clone(),
        };
        all.map(one).collect()
    }

    /// Trains the spec on arrays, each for the data variable of its name, in the place of what the spec reads; a data item none of whose variables is
    /// handed over is read as the spec says. Leaves a run folder and answers with the model; `stop` ends it after the current round.
    ///
    /// # Errors
    /// Arrays that do not fit the variables, data that the model cannot be trained on, training that diverges or was stopped.
    pub fn fit(&self, arrays: &Named, how: &Fitting, stop: &AtomicBool) -> Result<Model, Failure> {
        let device = load::device(place(&how.device)?.choice())?;
        let (sources, typed, compiled) = whole(load::unit(UNNAMED, &self.text, &self.folder, &self.set))?;
        let used = used_files(&sources);
        let hashes = Hashes::new(&self.text, &self.set, &used, Some(&compiled));
        let graphs: Vec<_> = compiled.programs.graphs().cloned().collect();
        let sets = sets(&typed, arrays, how)?;
        let mut session = Session::new(typed, compiled, device, sets);
        let found = notices(&session, &sources);
        if failed(&found) {
            return Err(Failure::new(render(&found, &sources, MESSAGES.format, false)));
        }
        let folder = Folder {
            out: &how.out,
            name: &how.name,
            source: &self.text,
            set: &self.set,
            used: &used,
            base: &self.folder,
            from: None,
        };
        let (dir, hashes) = into_folder(&folder, &session, hashes, &graphs)?;
        let ended = Run::new(&mut session, &dir, &sources, hashes, &Start::Drawn)?.train(stop)?;
        let path = dir.path().to_path_buf();
        drop(dir);
        match ended {
            Ended::Done(..) => Model::open(&path, &Opening { device: how.device.clone(), model: None }),
            Ended::Interrupted(step) => Err(Failure::interrupted(format!("stopped after round {step}"))),
        }
    }
}

fn shown(u: &Unit) -> String {
    if u.diags.is_empty() {
        return String::new();
    }
    render(&u.diags, &u.sources, MESSAGES.format, false).trim_end().to_string()
}

/// The parts of every data item: of arrays, or as the spec says.
fn sets(typed: &Typed, arrays: &Named, how: &Fitting) -> Result<Vec<Parts>, Failure> {
    let vars = || typed.data.iter().flat_map(|d| &d.vars);
    if let Some((name, _)) = arrays.iter().find(|(name, _)| !vars().any(|v| v.name == *name)) {
        let all: Vec<&str> = vars().map(|v| v.name.as_str()).collect();
        return Err(Failure::new(format!("the spec has no data variable `{name}`"))
            .help(format!("its variables: `{}`", all.join("`, `"))));
    }
    typed.data.iter().map(|d| set(typed, d, arrays, how)).collect()
}

fn set(typed: &Typed, d: &TData, arrays: &Named, how: &Fitting) -> Result<Parts, Failure> {
    let given = |name: &str| arrays.iter().find(|(n, _)| n == name).map(|(_, a)| a);
    if d.vars.iter().all(|v| given(&v.name).is_none()) {
        return load::item(typed, d);
    }
    let (mut columns, mut rows) = (Vec::new(), None);
    for v in &d.vars {
        let array = given(&v.name).ok_or_else(|| {
            let all: Vec<&str> = d.vars.iter().map(|v| v.name.as_str()).collect();
            Failure::new(format!(
                "`{}` go together, and no `{}` was handed over",
                all.join("` and `"),
                v.name
            ))
        })?;
        let (column, n) = variable(v, d.dynamic, array)?;
        if let Some(before) = rows.replace(n).filter(|m| *m != n) {
            return Err(Failure::new(format!(
                "`{}` has {n} rows and the variables before it have {before}",
                v.name
            )));
        }
        columns.push(column);
    }
    let n = rows.unwrap_or(0);
    if n == 0 {
        return Err(Failure::new("the arrays hold no rows"));
    }
    let named = |name: &String| how.labels.iter().find(|(n, _)| n == name).map(|(_, all)| all.clone());
    let labels = d.vars.iter().map(|v| named(&v.name).unwrap_or_default()).collect();
    let train = Part { n, columns, ..Part::default() };
    let whole = Dataset { train, labels, ..Dataset::default() };
    Ok(d.split.parts(whole, Seed::of(&typed.train.settings)))
}
