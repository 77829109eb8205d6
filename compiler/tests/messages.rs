//! What the checker says: one snapshot for each bad spec of `tests/bad`, the completeness of that folder, and the promises
//! about several errors and about formats. The syntax messages, E01xx, are in `syntax.rs`.

use crate::spec_common::{root, snapshot, texts, unit};
use gmc_compiler::diag::codes::{PAGES, of_data};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::diag::{Diag, Severity};
use gmc_compiler::driver::Unit;

/// Folders of bad specs for the checker's codes, sorted.
fn folders() -> Vec<String> {
    let mut all: Vec<String> = std::fs::read_dir(root().join("tests/bad"))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|n| !n.starts_with("e01"))
        .collect();
    all.sort();
    all
}

fn human(u: &Unit) -> String {
    render(&u.diags, &u.sources, Format::Human, false)
}

/// The codes of all bad specs give the messages that are stored, among them the one that the folder is named after.
#[test]
fn bad_specs_are_explained() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let code = folder.to_uppercase();
        for (name, text) in texts(&format!("tests/bad/{folder}")) {
            let u = unit(&name, &text);
            if !u.diags.iter().any(|d| d.code == code) || u.failed() != u.compiled.is_none() {
                wrong.push(format!("{folder}/{name} says {}", human(&u)));
            }
            snapshot(&format!("{folder}_{name}"), format!("{text}\n{}", human(&u)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every code has a bad spec, or a reason why none can stand in a file of its own.
#[test]
fn every_code_has_a_bad_spec() {
    // Raised by `--set` only: tests/overrides.rs.
    let without = ["E0217"];
    let folders = folders();
    for p in PAGES.iter().filter(|p| !p.code.starts_with("E01")) {
        // What is known when the data are is tested at the command line.
        let excused = without.contains(&p.code) || of_data(p.code);
        assert_eq!(folders.contains(&p.code.to_lowercase()), !excused, "{}", p.code);
    }
    for f in &folders {
        assert!(PAGES.iter().any(|p| p.code == f.to_uppercase()), "no page for {f}");
    }
}

/// What the guide to messages asks of every one of them.
#[test]
fn messages_follow_the_rules() {
    for folder in folders() {
        for (name, text) in texts(&format!("tests/bad/{folder}")) {
            let u = unit(&name, &text);
            for d in &u.diags {
                let at = format!("{folder}/{name}: {d:?}");
                let first = d.message.chars().next().unwrap();
                assert!(
                    !d.message.ends_with('.')
                        && (first.is_lowercase() || first == '`' || first.is_ascii_digit()),
                    "{at}"
                );
                assert!(d.help.is_some(), "no help: {at}");
                assert!(
                    u.sources.text(d.primary.span.file).is_some()
                        && d.primary.span.end > d.primary.span.start,
                    "no place: {at}"
                );
                for l in &d.secondary {
                    assert!(
                        u.sources.text(l.span.file).is_some() && l.span.end > l.span.start,
                        "no place: {at}"
                    );
                }
                for word in ["TExpr", "Some(", "None", "internal", "rank", "tensor", "IR", "Span", "inf"] {
                    let said = [&d.message, &d.primary.text, d.help.as_ref().unwrap()];
                    assert!(
                        !said
                            .iter()
                            .any(|s| s.split(|c: char| !c.is_alphanumeric() && c != '(').any(|w| w == word)),
                        "{word}: {at}"
                    );
                }
            }
        }
    }
}

const SEVERAL: &str = "\
data x: Real[64] in unit from digits
net f(x: Real[64]) -> Real[32] { desne(32) }
net g(x: Real[64]) -> Real[64] { dense(32) }
net h(x: Real[64]) -> Real[64] { dense(64), dense(0) }
net k(x: Real[64]) -> Real[64] { f, dense(64) }
train { minimizes mse(f(x), x) + mse(g(x), x)  epoch 3 }
";

#[test]
fn several_errors_in_one_run() {
    let u = unit("several", SEVERAL);
    let codes: Vec<&str> = u.diags.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["E0200", "E0201", "E0205", "E0200"], "{}", human(&u));
    let starts: Vec<u32> = u.diags.iter().map(|d| d.primary.span.start).collect();
    assert!(starts.is_sorted(), "{starts:?}");
}

#[test]
fn at_most_twenty_are_shown() {
    let text: String =
        (0..30).map(|i| format!("net f{i}(x: Real[2]) -> Real[2] {{ desne({i}) }}\n")).collect();
    let u = unit("many", &text);
    assert_eq!(u.diags.len(), 30);
    let shown = human(&u);
    assert_eq!(shown.matches("error[E0200]").count(), 20);
    assert!(shown.ends_with("and 10 more\n"), "{shown}");
    assert_eq!(render(&u.diags, &u.sources, Format::Json, false).lines().count(), 30);
}

#[test]
fn short_and_json() {
    let u = unit("several", SEVERAL);
    snapshot("format_short", render(&u.diags, &u.sources, Format::Short, false));
    snapshot("format_json", render(&u.diags, &u.sources, Format::Json, false));
}

/// A warning does not stop the compiler, and says so by its code and severity.
#[test]
fn warnings_compile() {
    for folder in folders().iter().filter(|f| f.starts_with('w')) {
        for (name, text) in texts(&format!("tests/bad/{folder}")) {
            let u = unit(&name, &text);
            let warns = |d: &Diag| d.severity == Severity::Warning;
            assert!(u.compiled.is_some() && u.diags.iter().all(warns), "{folder}/{name}: {}", human(&u));
        }
    }
}

/// The example of each page marked "Right" is not merely grammatical: where it is a whole spec it compiles.
#[test]
fn pages_that_show_whole_specs_compile() {
    let mut whole = 0;
    for p in PAGES {
        let Some((_, right)) = p.text.split_once("Right:\n") else { continue };
        let right: String =
            right.lines().map_while(|l| l.strip_prefix("    ")).flat_map(|l| [l, "\n"]).collect();
        if !right.contains("data ") || !(right.contains("model ") || right.contains("train ")) {
            continue;
        }
        let u = unit(p.code, &right);
        // A page may leave out what it is not about.
        if u.diags.iter().all(|d| d.severity == Severity::Warning || d.code != "E0200") {
            whole += 1;
            assert!(!u.diags.iter().any(|d| d.code == p.code), "{}: {}", p.code, human(&u));
        }
    }
    assert!(whole >= 2, "{whole}");
}
