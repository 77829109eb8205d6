//! The pipeline on one screen: text → AST → typed model → programs. Read this first.

use crate::accept;
use crate::derive::{self, Compiled};
use crate::diag::Diag;
use crate::diag::codes::of_data;
use crate::diag::render::Sources;
use crate::rows::data::Host;
use crate::span::FileId;
use crate::syntax::{self, ast};
use crate::types::{self, Typed};

pub use crate::syntax::PRELUDE;

/// A spec on its way through the compiler.
pub struct Unit {
    /// The texts, for messages.
    pub sources: Sources,
    /// The spec's own items (those of the prelude and of used files come before them in `items`).
    pub spec: ast::Spec,
    /// The typed model; absent when the text could not be read or the check failed.
    pub typed: Option<Typed>,
    /// The programs; absent when there are errors.
    pub compiled: Option<Compiled>,
    /// Everything to say, errors first, in the order of the text.
    pub diags: Vec<Diag>,
}

impl Unit {
    /// Whether there is an error.
    pub fn failed(&self) -> bool {
        types::failed(&self.diags)
    }
}

/// Reads a file named by `use "path"`, relative to the file that names it.
pub type Reader<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Compiles a spec. `name` is how messages call the file; `change` may rewrite the AST between parsing and checking (`--set`).
pub fn compile(
    name: &str,
    text: &str,
    host: &dyn Host,
    read: Reader<'_>,
    change: impl FnOnce(&mut ast::Spec) -> Vec<Diag>,
) -> Unit {
    let mut u = check(name, text, host, read, change);
    if let (Some(typed), Some(compiled)) = (&u.typed, &mut u.compiled) {
        compiled.complete(typed);
        compiled.optimise(typed);
    }
    u
}

/// As [`compile`], up to everything that can be wrong with a spec: of the programs only those are derived in which something can be, and
/// they are not yet optimised.
pub fn check(
    name: &str,
    text: &str,
    host: &dyn Host,
    read: Reader<'_>,
    change: impl FnOnce(&mut ast::Spec) -> Vec<Diag>,
) -> Unit {
    let mut sources = Sources::new();
    sources.insert(FileId::PRELUDE, "prelude.gm", PRELUDE);
    sources.insert(FileId::SPEC, name, text);
    let (prelude, mut diags) = syntax::parse(FileId::PRELUDE, PRELUDE);
    let (mut spec, more) = syntax::parse(FileId::SPEC, text);
    diags.extend(more);
    let used = uses(&spec, text, read, &mut sources, &mut diags);
    diags.extend(change(&mut spec));
    if types::failed(&diags) {
        return Unit { sources, spec, typed: None, compiled: None, diags };
    }
    let mut all: Vec<&ast::Spec> = vec![&prelude];
    all.extend(&used);
    all.push(&spec);
    let (typed, more) = types::check(&all, host);
    diags.extend(more);
    if types::failed(&diags) {
        accept::settle(&sources, &mut diags, |_| false);
        return Unit { sources, spec, typed: Some(typed), compiled: None, diags };
    }
    let mut compiled = derive::judged(&typed);
    diags.append(&mut compiled.diags);
    let failed = types::failed(&diags);
    accept::settle(&sources, &mut diags, |code| !failed && !of_data(code));
    diags.extend(accept::misspelt(&sources));
    let compiled = (!failed).then_some(compiled);
    Unit { sources, spec, typed: Some(typed), compiled, diags }
}

/// Loads the files named by `use`, each once, at most 64, without following `use` in circles. A file is known by its text: one path may be
/// written in several ways, and what has the text of the spec itself, `text`, is the spec.
fn uses(
    spec: &ast::Spec,
    text: &str,
    read: Reader<'_>,
    sources: &mut Sources,
    diags: &mut Vec<Diag>,
) -> Vec<ast::Spec> {
    let mut out: Vec<ast::Spec> = Vec::new();
    let (mut seen, mut texts): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let whole = text;
    let mut todo: Vec<ast::UseItem> = use_items(spec);
    while let Some(u) = todo.pop() {
        if seen.contains(&u.path) {
            continue;
        }
        if seen.len() >= 64 {
            diags.push(crate::diag::codes::e0216::too_many(u.span));
            break;
        }
        seen.push(u.path.clone());
        match read(&u.path) {
            Ok(text) if text == whole => {
                diags.push(crate::diag::codes::e0216::itself(&u.path, u.span, u.span.file == FileId::SPEC))
            }
            Ok(text) => {
                let file = FileId(seen.len() as u16 + FileId::SPEC.0);
                sources.insert(file, &u.path, &text);
                if texts.contains(&text) {
                    continue;
                }
                let (s, more) = syntax::parse(file, &text);
                texts.push(text);
                diags.extend(more);
                todo.extend(use_items(&s));
                out.push(s);
            }
            Err(why) => diags.push(crate::diag::codes::e0216::unreadable(&u.path, u.span, &why)),
        }
    }
    out.reverse();
    out
}

fn use_items(spec: &ast::Spec) -> Vec<ast::UseItem> {
    spec.items.iter().filter_map(|i| if let ast::Item::Use(u) = i { Some(u.clone()) } else { None }).collect()
}
