//! Verbs that look at files: `new`, `check`, `fmt`, `data`, `devices`.

use super::args::Spec;
use crate::console::{Messages, note, say};
use crate::exec;
use crate::failure::Failure;
use crate::session::Parts;
use crate::session::host::FileHost;
use crate::session::load;
use crate::session::repeats::repeats;
use crate::show::columns;
use crate::show::image::{self, Layout};
use crate::store::atomic_write;
use gmc_compiler::accept;
use gmc_compiler::diag::Diag;
use gmc_compiler::diag::codes::e0504;
use gmc_compiler::diag::render::{Sources, render};
use gmc_compiler::event::Kind;
use gmc_compiler::explain::math;
use gmc_compiler::explain::typed;
use gmc_compiler::span::FileId;
use gmc_compiler::syntax;
use gmc_compiler::types::{TData, TVar, Typed, text};
use gmc_compiler::upgrade;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub fn check(s: &Spec, m: Messages) -> Result<(), Failure> {
    let source = load::read_spec(&s.spec)?;
    let u = load::checked(&s.spec.display().to_string(), &source, s.folder(), &s.set);
    load::report(&u, m)?;
    let Some(typed) = &u.typed else { return Ok(()) };
    say(&conclusions(typed))
}

/// What was concluded about a spec: a line a model, and a line a player.
pub fn conclusions(typed: &Typed) -> String {
    let mut out = String::new();
    let models: Vec<_> = typed.models.iter().filter(|m| !m.guide).collect();
    for m in &models {
        let _ = writeln!(out, "{}: {}", m.name, typed::density(m));
    }
    if models.is_empty() {
        let _ = writeln!(out, "no model: nets trained with a stated goal");
    }
    for p in &typed.train.players {
        let o = math::objective(typed, p, false);
        let _ = writeln!(out, "{} {} {}", o.player, o.verb, text::plain(typed, &p.payoff));
    }
    out
}

/// A file as it is and as it shall be.
pub struct Rewritten {
    path: PathBuf,
    source: String,
    text: String,
}

/// Files in canonical layout.
pub fn laid_out(files: &[PathBuf], m: Messages) -> Result<Vec<Rewritten>, Failure> {
    let one = |f: &PathBuf| {
        let source = load::read_spec(f)?;
        let text = syntax::format(&source).map_err(|diags| told(f, &source, &diags, m))?;
        Ok(Rewritten { path: f.clone(), source, text })
    };
    each(files, m, one)
}

/// Files in the spellings of today.
pub fn upgraded(files: &[PathBuf], m: Messages) -> Result<Vec<Rewritten>, Failure> {
    let one = |f: &PathBuf| {
        let source = load::read_spec(f)?;
        let folder = f.parent().unwrap_or(Path::new(""));
        let read = |p: &str| load::used(folder, p);
        let made = upgrade::upgraded(
            &f.display().to_string(),
            &source,
            &FileHost::beside(&load::base_of(folder), 0),
            &read,
        )
        .map_err(|diags| told(f, &source, &diags, m))?;
        if made.averages {
            note(&format!(
                "{}: `E[..]` of several numbers was their mean, and is now written `E[mean(..)]`; write `sum` where a sum belongs, as beside a KL\n",
                f.display()
            ));
        }
        Ok(Rewritten { path: f.clone(), source, text: made.text })
    };
    each(files, m, one)
}

/// What `one` makes of every file. What is wrong is said of each file that has something wrong, and then none is rewritten.
fn each(
    files: &[PathBuf],
    m: Messages,
    one: impl Fn(&PathBuf) -> Result<Rewritten, Failure>,
) -> Result<Vec<Rewritten>, Failure> {
    if let [file] = files {
        return Ok(vec![one(file)?]);
    }
    let mut made = Vec::new();
    for file in files {
        match one(file) {
            Ok(rewritten) => made.push(rewritten),
            Err(failure) => note(&failure.render(m.format)),
        }
    }
    match files.len() - made.len() {
        0 => Ok(made),
        bad => Err(Failure::new(format!(
            "{bad} of {} files cannot be understood: no file is changed",
            files.len()
        ))),
    }
}

/// Messages about the text of a file, told.
fn told(file: &Path, source: &str, diags: &[Diag], m: Messages) -> Failure {
    let mut sources = Sources::new();
    sources.insert(FileId::SPEC, file.display().to_string(), source);
    note(&render(diags, &sources, m.format, m.color));
    Failure::told()
}

/// Writes files, all of which could be rewritten, or says of them that they are `not_so`.
pub fn rewrite(files: &[Rewritten], check: bool, stdout: bool, not_so: &str) -> Result<(), Failure> {
    let mut differ = Vec::new();
    for f in files {
        match (check, stdout) {
            (true, _) if f.text != f.source => differ.push(f.path.display().to_string()),
            (true, _) => {}
            (false, true) => say(&f.text)?,
            (false, false) if f.text != f.source => atomic_write(&f.path, f.text.as_bytes())?,
            (false, false) => {}
        }
    }
    match differ.is_empty() {
        true => Ok(()),
        false => Err(Failure::not_so(format!("{not_so}: {}", differ.join(", ")))),
    }
}

/// How many pictures are drawn of data.
const DRAWN: usize = 64;

/// The first variable of an item that is a picture, with its number.
fn pictured(d: &TData) -> Option<(usize, &TVar, Layout)> {
    // A long vector of reals anywhere may have a square length by chance.
    let looks = |v: &TVar| v.ty.shape.len() > 1 || v.ty.kind != Kind::REAL;
    let layout = |(i, v): (usize, &'_ TVar)| Some((i, image::layout(&v.ty)?));
    let (i, layout) = d.vars.iter().enumerate().filter(|(_, v)| looks(v)).find_map(layout)?;
    Some((i, d.vars.get(i)?, layout))
}

/// Draws the first training examples that are pictures.
fn drawn(typed: &Typed, sets: &[Parts], out: &Path) -> Result<(), Failure> {
    let none = || {
        Failure::new(format!("none of these data are pictures, which {} would show", out.display()))
            .help("a picture is declared with its axes: `Real[3, 32, 32] in unit` or `Bool[28, 28]`")
    };
    let shown = typed.data.iter().zip(sets).find_map(|(d, set)| {
        let (i, v, _) = pictured(d)?;
        let values = &set.train.columns.get(i)?.values;
        image::grid(values.get(..values.len().min(DRAWN * v.ty.size()))?, &v.ty, None)
    });
    if !out.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")) {
        return Err(Failure::new(format!("cannot write {}: give a name that ends in .png", out.display())));
    }
    atomic_write(out, &shown.ok_or_else(none)?.png()?)
}

pub fn data(s: &Spec, picture: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let source = load::read_spec(&s.spec)?;
    let mut u = load::checked(&s.spec.display().to_string(), &source, s.folder(), &s.set);
    // Data can be looked at before anything is said about what becomes of them.
    if u.typed.as_ref().is_some_and(|t| !t.data.is_empty()) {
        u.diags.retain(|d| d.code != e0504::PAGE.code);
    }
    load::report(&u, m)?;
    let Some(typed) = &u.typed else { return Ok(()) };
    let sets = load::data(typed)?;
    let mut found = load::found_in_data(typed, &sets, &repeats(typed, &sets));
    accept::settle(&u.sources, &mut found, |_| false);
    note(&render(&found, &u.sources, m.format, m.color));
    let mut out = String::new();
    for (d, set) in typed.data.iter().zip(&sets) {
        let valid = if set.valid.n > 0 { format!(", {} validation", set.valid.n) } else { String::new() };
        let (name, train, test) = (d.row.name(), set.train.n, set.test.n);
        let _ = writeln!(out, "{name}: {train} training{valid} and {test} test examples");
        for note in &set.notes {
            let _ = writeln!(out, "  {note}");
        }
        for line in columns::lines(d, set) {
            let _ = writeln!(out, "  {}", line.trim_end());
        }
        if let (Some((_, v, l)), None) = (pictured(d), picture) {
            let kind = if l.channels == 3 { "colour" } else { "grey" };
            let _ = writeln!(
                out,
                "  `{}` is {kind} pictures of {} by {} pixels: `gmc data {} --out data.png` draws some of them",
                v.name,
                l.width,
                l.height,
                s.spec.display()
            );
        }
        for warning in columns::warnings(d, set) {
            note(&format!("warning: {warning}\n"));
        }
    }
    if let Some(picture) = picture {
        drawn(typed, &sets, picture)?;
    }
    for warning in columns::unpaired(&typed.data) {
        note(&format!("warning: {warning}\n"));
    }
    say(&out)
}

pub fn devices() -> Result<(), Failure> {
    let mut out = String::new();
    for d in exec::list() {
        let _ = writeln!(out, "{:?}  {}  {}", d.kind, d.name, d.note);
    }
    say(&out)
}
