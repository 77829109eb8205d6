//! `gmc explain NAME` and `gmc explain --list`: what the rows say of themselves.

use crate::console::say;
use crate::failure::Failure;
use gmc_compiler::diag::codes;
use gmc_compiler::diag::suggest::did_you_mean;
use gmc_compiler::explain::reference::{self, Entry};
use std::fmt::Write;

/// Columns of text.
const WIDTH: usize = 100;

/// Text in lines of at most [`WIDTH`] columns, each after `indent`, what follows the first after `hang` more
/// blanks.
fn wrapped(text: &str, indent: usize, hang: usize) -> String {
    let mut out = String::new();
    let mut line = " ".repeat(indent);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = " ".repeat(indent + hang);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    let _ = writeln!(out, "{line}");
    out
}

fn entry(e: &Entry) -> String {
    let mut out = format!("{}: {}\n\n", e.name, e.kind);
    let _ = writeln!(out, "    {}\n", e.form);
    out.push_str(&wrapped(&e.doc, 0, 0));
    if !e.params.is_empty() {
        out.push('\n');
        let width = e.params.iter().map(|p| p.name.chars().count()).max().unwrap_or(0);
        for p in &e.params {
            let mut said = vec![p.doc.trim_end_matches('.').to_string()];
            if !p.what.is_empty() {
                said.push(p.what.clone());
            }
            said.push(p.default.as_ref().map_or("must be written".into(), |d| format!("default {d}")));
            let pad = " ".repeat(width - p.name.chars().count());
            // The name's column stays free below it.
            let text = wrapped(&said.join("; "), width + 4, 0);
            let _ = write!(out, "  {}{pad}  {}", p.name, text.get(width + 4..).unwrap_or(&text));
        }
    }
    if !e.facts.is_empty() {
        out.push('\n');
        e.facts.iter().for_each(|f| out.push_str(&wrapped(&format!("- {f}"), 0, 2)));
    }
    if !e.example.is_empty() {
        out.push_str("\nAn example:\n\n");
        e.example.lines().for_each(|l| {
            let _ = writeln!(out, "    {l}");
        });
    }
    out
}

/// All meanings of a name.
pub fn about(name: &str) -> Option<String> {
    let found: Vec<String> = reference::named(name).iter().map(entry).collect();
    (!found.is_empty()).then(|| found.join("\n"))
}

/// Nothing has this name.
pub fn unknown(what: &str) -> Failure {
    let all = reference::all();
    let names = all.iter().map(|e| e.name.as_str()).chain(codes::PAGES.iter().map(|p| p.code));
    let of = all.iter().find(|e| e.params.iter().any(|p| p.name == what));
    let argument = of.map(|e| format!("`{what}` is an argument of `{0}`: see `gmc explain {0}`; ", e.name));
    let near = argument.or_else(|| did_you_mean(what, names).map(|n| format!("did you mean `{n}`? ")));
    Failure::new(format!("`{what}` is no file, no error code and no name of the language")).help(format!(
        "{}`gmc explain --list` shows all names, and codes stand in messages, as in E0301",
        near.unwrap_or_default()
    ))
}

/// All names by kind, with the first sentence of each.
pub fn list() -> Result<(), Failure> {
    let all = reference::all();
    let width = all.iter().map(|e| e.name.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    let mut kind = "";
    for e in &all {
        if e.kind != kind {
            let _ = writeln!(out, "{}{}", if kind.is_empty() { "" } else { "\n" }, e.kind);
            kind = e.kind;
        }
        let pad = " ".repeat(width - e.name.chars().count());
        let text = wrapped(reference::first_sentence(&e.doc), width + 4, 0);
        let _ = write!(out, "  {}{pad}  {}", e.name, text.get(width + 4..).unwrap_or(&text));
    }
    let _ = writeln!(out, "\n`gmc explain NAME` says more about one of them.");
    say(&out)
}
