//! All names of the language as one page for browsers or for `man`.

use crate::show::report::style::{escape, head, words};
use gmc_compiler::explain::reference::{self, Entry, Param};
use std::fmt::Write;

/// What is said of an argument.
fn argument(p: &Param) -> String {
    let what = if p.what.is_empty() { String::new() } else { format!("; {}", p.what) };
    let default = p.default.as_ref().map_or("must be written".into(), |d| format!("default {d}"));
    format!("{}{what}; {default}", p.doc.trim_end_matches('.'))
}

/// Entries by kind, in order.
fn kinds(all: &[Entry]) -> Vec<(&'static str, Vec<&Entry>)> {
    let mut kinds: Vec<(&'static str, Vec<&Entry>)> = Vec::new();
    for e in all {
        match kinds.last_mut() {
            Some((kind, entries)) if *kind == e.kind => entries.push(e),
            _ => kinds.push((e.kind, vec![e])),
        }
    }
    kinds
}

/// As HTML, with a list of all names at the top.
pub fn html() -> String {
    let all = reference::all();
    let kinds = kinds(&all);
    let mut page = head("The language of gmc", "dt{font-weight:600;margin-top:.4rem}dd{margin-left:1.2rem}");
    page.push_str("<h1>The language of gmc</h1>\n");
    let id = |e: &Entry| format!("{}-{}", e.kind.replace([' ', '`'], "_"), e.name);
    for (kind, entries) in &kinds {
        let names: Vec<String> = entries
            .iter()
            .map(|e| format!("<a href=\"#{}\">{}</a>", escape(&id(e)), escape(&e.name)))
            .collect();
        let _ = writeln!(page, "<p><b>{}</b>: {}</p>", words(kind), names.join(", "));
    }
    for (kind, entries) in &kinds {
        let _ = writeln!(page, "<h2>{}</h2>", words(kind));
        for e in entries {
            let _ = writeln!(
                page,
                "<h3 id=\"{}\">{}</h3>\n<pre>{}</pre>",
                escape(&id(e)),
                escape(&e.name),
                escape(&e.form)
            );
            let _ = writeln!(page, "<p>{}</p>", words(&e.doc));
            let about: String = e
                .params
                .iter()
                .map(|p| format!("<dt>{}</dt><dd>{}</dd>", escape(p.name), words(&argument(p))))
                .collect();
            if !about.is_empty() {
                let _ = writeln!(page, "<dl>{about}</dl>");
            }
            let facts: String = e.facts.iter().map(|f| format!("<li>{}</li>", words(f))).collect();
            if !facts.is_empty() {
                let _ = writeln!(page, "<ul>{facts}</ul>");
            }
            if !e.example.is_empty() {
                let _ = writeln!(page, "<pre>{}</pre>", escape(e.example));
            }
        }
    }
    page + "</body></html>\n"
}

/// Text for `man`: what it gives a meaning is escaped.
fn roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    let lines =
        escaped.lines().map(|l| if l.starts_with(['.', '\'']) { format!("\\&{l}") } else { l.to_string() });
    lines.collect::<Vec<_>>().join("\n")
}

/// As a page of the manual.
pub fn man() -> String {
    let all = reference::all();
    let mut out = format!(".TH GMC 7 \"\" \"gmc {}\" \"The language of gmc\"\n", env!("CARGO_PKG_VERSION"));
    out.push_str(".SH NAME\ngmc \\- everything that a spec may name\n");
    for (kind, entries) in kinds(&all) {
        let _ = writeln!(out, ".SH {}", roff(&kind.to_uppercase()));
        for e in entries {
            let _ =
                writeln!(out, ".SS {}\n.nf\n\\fB{}\\fR\n.fi\n{}", roff(&e.name), roff(&e.form), roff(&e.doc));
            for p in &e.params {
                let _ = writeln!(out, ".TP\n\\fI{}\\fR\n{}", roff(p.name), roff(&argument(p)));
            }
            for f in &e.facts {
                let _ = writeln!(out, ".IP \\(bu 2\n{}", roff(f));
            }
            if !e.example.is_empty() {
                let _ = writeln!(out, ".PP\n.nf\n{}\n.fi", roff(e.example));
            }
        }
    }
    out
}
