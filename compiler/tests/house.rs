//! How the files of both crates hang together: which import which, where that goes round in a circle or from a lower room to a higher one,
//! and how long they are. `cargo test -p gmc-compiler house -- --nocapture` prints the counts.
//!
//! An import is a path that begins with `crate` or `super`, in the part of a file in front of its tests. What a folder's `mod.rs` takes from
//! the files below it is none: it is their face.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One crate: its modules by their paths, each with its text, without tests and comments.
type Modules = BTreeMap<Vec<String>, String>;

/// The rooms of the compiler from the ground up; a file of one imports from it and from those before it.
const ROOMS: [&[&str]; 8] = [
    &["span", "interval"],
    &["event"],
    &["ir"],
    &["diag"],
    &["syntax"],
    &["rows", "accept"],
    &["types"],
    &["derive"],
];

/// Files that are parts of one recursive thing, and import each other for that. `ARCHITECTURE.md` says why.
const RECURSIVE: [&[&str]; 3] = [
    &[
        "ir/columns",
        "ir/degrees",
        "ir/formula",
        "ir/graph",
        "ir/interp",
        "ir/op",
        "ir/ops",
        "ir/optimise",
        "ir/row_steps",
        "ir/settled",
        "ir/steps",
        "ir/value_map",
    ],
    &["ir/grad", "ir/loop_grad"],
    &["exec/loops", "exec/run"],
];

fn sources(of: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|e| e == "rs") {
                found.push(entry);
            }
        }
    }
    found.sort();
    found
}

fn modules(of: &str) -> Modules {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of).join("src");
    let own = |f: &PathBuf| {
        let inside = f.strip_prefix(&root).unwrap().with_extension("");
        let mut path: Vec<String> = inside.iter().map(|p| p.to_str().unwrap().to_string()).collect();
        if path.last().is_some_and(|l| l == "mod" || l == "lib" || l == "main") {
            path.pop();
        }
        let text = std::fs::read_to_string(f).unwrap();
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let code: Vec<&str> = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
        (path, code.join("\n"))
    };
    sources(of).iter().map(own).collect()
}

/// The paths behind `from`, groups in braces taken apart: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(text: &str) -> Vec<Vec<String>> {
    fn read(text: &str, at: &mut usize, before: &[String], out: &mut Vec<Vec<String>>) {
        let mut path = before.to_vec();
        loop {
            let rest = &text[*at..];
            let skip = rest.len() - rest.trim_start().len();
            *at += skip;
            let rest = &text[*at..];
            if rest.starts_with('{') {
                *at += 1;
                loop {
                    read(text, at, &path, out);
                    let rest = &text[*at..];
                    *at += rest.len() - rest.trim_start().len();
                    match text[*at..].chars().next() {
                        Some(',') => *at += 1,
                        Some('}') => {
                            *at += 1;
                            return;
                        }
                        _ => return,
                    }
                }
            }
            let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            *at += word.len();
            if !word.is_empty() {
                path.push(word);
            }
            if text[*at..].starts_with("::") {
                *at += 2;
            } else {
                break;
            }
        }
        if let Some(renamed) = text[*at..].strip_prefix(" as ") {
            *at += 4 + renamed.chars().take_while(|c| c.is_alphanumeric() || *c == '_').count();
        }
        out.push(path);
    }
    let mut out = Vec::new();
    read(text, &mut 0, &[], &mut out);
    out
}

/// The modules that each module imports from.
fn imports(all: &Modules) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let mut found = BTreeMap::new();
    for (own, text) in all {
        let mut to = BTreeSet::new();
        let starts = text.match_indices("crate::").chain(text.match_indices("super::"));
        for (at, _) in starts.filter(|(at, _)| !text[..*at].ends_with("super::")) {
            if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            for path in paths(&text[at..]) {
                let up = path.iter().take_while(|p| *p == "super").count();
                let base = if up > 0 { &own[..own.len().saturating_sub(up)] } else { &[] };
                let whole: Vec<String> = base.iter().chain(&path[up.max(1)..]).cloned().collect();
                let target =
                    (0..=whole.len()).rev().map(|n| whole[..n].to_vec()).find(|p| all.contains_key(p));
                to.extend(target.filter(|t| !t.is_empty() && !t.starts_with(own)));
            }
        }
        found.insert(own.clone(), to);
    }
    found
}

/// The sets of modules that import each other, directly or through others.
fn circles(imports: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Vec<BTreeSet<String>> {
    let reached = |from: &Vec<String>| {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![from]);
        while let Some(m) = todo.pop() {
            todo.extend(imports[m].iter().filter(|n| seen.insert((*n).clone())));
        }
        seen
    };
    let reach: BTreeMap<&Vec<String>, BTreeSet<Vec<String>>> =
        imports.keys().map(|m| (m, reached(m))).collect();
    let mut found: BTreeSet<BTreeSet<String>> = BTreeSet::new();
    for (m, to) in &reach {
        if to.contains(*m) {
            found.insert(to.iter().filter(|n| reach[n].contains(*m)).map(|n| n.join("/")).collect());
        }
    }
    found.into_iter().collect()
}

#[test]
fn nothing_goes_round_in_circles() {
    let mut found: Vec<String> = Vec::new();
    for of in ["compiler", "runtime"] {
        for circle in circles(&imports(&modules(of))) {
            let known = RECURSIVE.iter().any(|known| circle.iter().all(|m| known.contains(&m.as_str())));
            found.extend(
                (!known).then(|| format!("{of}: {}", circle.into_iter().collect::<Vec<_>>().join(", "))),
            );
        }
    }
    assert!(found.is_empty(), "these files import each other:\n{}", found.join("\n"));
}

#[test]
fn no_import_goes_up() {
    let room =
        |path: &[String]| ROOMS.iter().position(|r| path.first().is_some_and(|p| r.contains(&p.as_str())));
    for (own, to) in imports(&modules("compiler")) {
        let Some(from) = room(&own) else { continue };
        for t in to {
            let up = room(&t).is_none_or(|r| r > from);
            assert!(!up, "{} imports {}, which stands above it", own.join("/"), t.join("/"));
        }
    }
    for (own, to) in imports(&modules("runtime")) {
        let first = |path: &[String]| path.first().cloned().unwrap_or_default();
        for t in to {
            let up = first(&own) == "exec" && !["exec", "failure"].contains(&first(&t).as_str())
                || first(&t) == "cli" && !["cli", "api", "bin"].contains(&first(&own).as_str());
            assert!(!up, "{} imports {}, which stands above it", own.join("/"), t.join("/"));
        }
    }
}

#[test]
fn the_house_in_numbers() {
    let all: Vec<(PathBuf, String)> = ["compiler", "runtime"]
        .iter()
        .flat_map(|of| sources(of))
        .map(|f| (f.clone(), std::fs::read_to_string(f).unwrap()))
        .collect();
    let lines = |t: &String| t.lines().count();
    let rows: usize = all
        .iter()
        .filter(|(f, _)| f.components().any(|c| c.as_os_str() == "rows"))
        .map(|(_, t)| lines(t))
        .sum();
    let past = |n: usize| all.iter().filter(|(_, t)| lines(t) > n).count();
    let code = |t: &String| -> String {
        t.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    let telling = |what: &str| all.iter().map(|(_, t)| t.matches(what).count()).sum::<usize>();
    println!("lines of rows/: {rows}");
    println!(
        "files: {}; past 400 lines: {}; past 600: {}; past 900: {}",
        all.len(),
        past(400),
        past(600),
        past(900)
    );
    println!("functions past 60 lines, one match or table each: {}", telling("clippy::too_many_lines"));
    println!("functions with seven or more parameters: {}", telling("clippy::too_many_arguments"));
    println!(
        "files that know `iwae`: {}",
        all.iter().filter(|(_, t)| code(t).to_lowercase().contains("iwae")).count()
    );
    assert_eq!(past(900), 0);
}
