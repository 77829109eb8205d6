//! The pages for people, held against the code: paths exist, verbs and flags are those of the command line, examples say what
//! the compiler says, every row is documented, no file is too long.

use crate::spec_common::{NoFiles, clean, root, specs, unit};
use gmc_compiler::diag::codes;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::check;
use gmc_compiler::explain::typed;
use gmc_compiler::rows::Row;
use gmc_compiler::rows::{
    bijection, builtin, constraint, corruption, data, distribution, estimator, function, layer, map, measure,
    objective, optimizer, schedule, setting,
};
use gmc_compiler::span::FileId;
use gmc_compiler::syntax::parse;
use gmc_compiler::syntax::words::WORDS;
use gmc_compiler::types::overrides;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Lines that a spec of these names may have.
const MOST_LINES: &[(&str, usize)] = &[("vae", 15), ("realnvp", 15), ("gan", 20)];

/// Sections of CONTRIBUTING.md, and the folder or file that each must name.
const RECIPES: &[(&str, &str)] = &[
    ("a distribution", "compiler/src/rows/distribution/mod.rs"),
    ("a layer", "compiler/src/rows/layer/mod.rs"),
    ("a bijection", "compiler/src/rows/bijection/mod.rs"),
    ("a map", "compiler/src/rows/map/mod.rs"),
    ("an optimizer", "compiler/src/rows/optimizer/mod.rs"),
    ("an op", "compiler/src/ir/op.rs"),
    ("a schedule", "compiler/src/rows/schedule/mod.rs"),
    ("a weight constraint", "compiler/src/rows/constraint/mod.rs"),
    ("a gradient estimator", "compiler/src/rows/estimator/mod.rs"),
    ("an objective", "compiler/src/rows/objective/mod.rs"),
    ("a corruption", "compiler/src/rows/corruption/mod.rs"),
    ("a data source", "compiler/src/rows/data/mod.rs"),
    ("a setting of train", "compiler/src/rows/setting/mod.rs"),
    ("an item of eval", "compiler/src/rows/measure/mod.rs"),
    ("a verb", "runtime/src/cli/mod.rs"),
    ("a metric", "runtime/src/measure/metric.rs"),
    ("an error", "compiler/src/diag/codes/mod.rs"),
    ("a spec", "tests/snapshots"),
];

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// What stands between single backticks, outside of fenced blocks.
fn quoted(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut all = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            all.extend(line.split('`').skip(1).step_by(2).map(str::to_string));
        }
    }
    all
}

/// The lines of fenced blocks.
fn fenced(text: &str) -> String {
    text.split("```").skip(1).step_by(2).collect()
}

/// Top-level folders whose paths are written from the root of the repository.
const ROOMS: &[&str] = &["compiler", "runtime", "specs", "tests", "grammar", "docs", ".ci"];

/// The quoted words that are paths of the repository. `NAME` and `CASE` stand for what a contributor chooses: there the folder counts.
fn paths(text: &str) -> Vec<String> {
    let of_ours = |word: &String| {
        let mut parts = word.split('/');
        !word.contains([' ', '*', '=', '<'])
            && parts.next().is_some_and(|first| ROOMS.contains(&first) && (word != "docs"))
    };
    let cut = |word: String| match word.split('/').position(|p| p.contains("NAME") || p.contains("CASE")) {
        Some(at) => word.split('/').take(at).collect::<Vec<_>>().join("/"),
        None => word,
    };
    quoted(text).into_iter().filter(of_ours).map(cut).collect()
}

#[test]
fn paths_that_the_pages_name_exist() {
    for (name, least) in [("README.md", 10), ("ARCHITECTURE.md", 40), ("CONTRIBUTING.md", 30)] {
        let text = page(name);
        let found = paths(&text);
        assert!(found.len() >= least, "{name} names only {found:?}");
        for p in found {
            assert!(root().join(&p).exists(), "{name} names {p}");
        }
        // Links to files.
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|t| t.split_once(')'))
            .map(|(t, _)| t)
            .filter(|t| !t.contains("://"))
        {
            assert!(root().join(target).exists(), "{name} links to {target}");
        }
    }
}

#[test]
fn every_recipe_names_its_files() {
    let text = page("CONTRIBUTING.md");
    let sections: Vec<&str> = text.split("\n## Add ").skip(1).collect();
    assert_eq!(sections.len(), RECIPES.len());
    for ((what, file), section) in RECIPES.iter().zip(sections) {
        assert!(section.starts_with(what), "{what}");
        let found = paths(section);
        assert!(found.iter().any(|p| p == file), "`Add {what}` does not name {file}: {found:?}");
        assert!(found.iter().any(|p| root().join(p).is_file()), "`Add {what}` shows no example");
    }
    let kinds = [
        "distribution",
        "layer",
        "bijection",
        "map",
        "function",
        "optimizer",
        "schedule",
        "constraint",
        "estimator",
        "objective",
        "corruption",
        "data",
        "setting",
        "measure",
    ];
    for kind in kinds {
        let file = root().join(format!("compiler/src/rows/{kind}/mod.rs"));
        assert!(std::fs::read_to_string(&file).unwrap().contains("pub const ROWS"), "{kind}");
    }
}

/// The verbs of the command line: the variants of `enum Verb`, at the first level of braces.
fn verbs(cli: &str) -> BTreeSet<String> {
    let (_, body) = cli.split_once("enum Verb {").unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    body.lines()
        .filter_map(|l| l.strip_prefix("    "))
        .filter(|l| l.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|l| l.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_lowercase())
        .collect()
}

#[test]
fn verbs_and_flags_are_those_of_the_command_line() {
    let cli = page("runtime/src/cli/args.rs");
    let verbs = verbs(&cli);
    assert!(verbs.len() >= 14, "{verbs:?}");
    let readme = page("README.md");
    let (_, table) = readme.split_once("## Verbs").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: BTreeSet<String> = table
        .lines()
        .filter_map(|l| l.strip_prefix("| `gmc "))
        .map(|l| l.split([' ', '`']).next().unwrap().to_string())
        .collect();
    assert_eq!(rows, verbs, "rows of README's table against the verbs of the command line");
    let mut used = 0;
    for name in ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"] {
        let text = page(name);
        for command in quoted(&text).iter().filter(|c| c.starts_with("gmc ") && !c.contains("ckpt")) {
            let verb = command.split(' ').nth(1).unwrap();
            assert!(verbs.contains(verb), "{name}: {command}");
            used += 1;
        }
        // Flags of cargo are not ours.
        let flags =
            quoted(&text).into_iter().filter(|c| !c.starts_with("cargo ")).collect::<Vec<_>>().join(" ");
        for flag in flags
            .split_whitespace()
            .filter_map(|w| w.strip_prefix("--"))
            .filter(|f| !f.is_empty() && !["release", "features", "workspace"].contains(f))
        {
            let field = format!("{}:", flag.replace('-', "_"));
            assert!(cli.contains(&format!("long = \"{flag}\"")) || cli.contains(&field), "{name}: --{flag}");
        }
    }
    assert!(used >= verbs.len());
}

#[test]
fn specs_that_the_readme_names_exist_and_are_short() {
    let readme = page("README.md");
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for piece in readme.split("specs/").skip(1) {
        let Some((name, _)) = piece.split_once(".gm") else { continue };
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            assert!(root().join(format!("specs/{name}.gm")).is_file(), "README names specs/{name}.gm");
            named.insert(name);
        }
    }
    let all = specs();
    for (prefix, most) in MOST_LINES {
        let of_kind: Vec<_> =
            all.iter().filter(|(n, _)| n == prefix || n.starts_with(&format!("{prefix}_"))).collect();
        assert!(!of_kind.is_empty(), "{prefix}");
        for (name, text) in of_kind {
            assert!(
                text.lines().count() <= *most,
                "{name} has {} lines, {most} are promised",
                text.lines().count()
            );
        }
    }
    // The table of families: what it says is what the checker concludes.
    let (_, table) = readme.split_once("## The idea").unwrap();
    for (words, said) in [
        ("exact density", "exact density"),
        ("joint density, latent `z`", "joint density, latent {z}"),
        ("samples, no density", "no density"),
    ] {
        let row = table
            .lines()
            .find(|l| l.starts_with('|') && l.contains(words))
            .unwrap_or_else(|| panic!("no row says `{words}`"));
        let examples: Vec<String> = quoted(row)
            .into_iter()
            .filter_map(|q| q.strip_prefix("specs/").map(|n| n.replace(".gm", "")))
            .collect();
        assert!(examples.len() >= 2, "{row}");
        for example in examples {
            let text = &all.iter().find(|(n, _)| *n == example).unwrap().1;
            let (typed, _) = clean(&example, text);
            let p = typed.models.iter().find(|m| !m.guide).unwrap();
            assert!(typed::density(p).contains(said), "{example}: {} is not `{said}`", typed::density(p));
        }
    }
}

#[test]
fn the_readme_shows_what_the_compiler_says() {
    let readme = page("README.md");
    let vae = page("specs/vae.gm");
    assert!(fenced(&readme).contains(&vae), "README's first spec is not specs/vae.gm");
    let wrong = vae.replace("exp(s)", "s");
    assert_ne!(wrong, vae);
    let u = unit("first", &wrong);
    let message = render(&u.diags, &u.sources, Format::Human, false);
    assert!(
        fenced(&readme).contains(message.trim_end()),
        "README's example of an error should be\n{message}"
    );
    // Codes have pages, and overrides of the examples name something in one of the specs.
    for word in
        quoted(&readme).iter().flat_map(|q| q.split(' ')).filter(|w| w.len() == 5 && w.starts_with('E'))
    {
        assert!(word[1..].parse::<u32>().is_err() || codes::page(word).is_some(), "{word}");
    }
    let mut tried = 0;
    for words in readme.split("--set ").skip(1) {
        let (quote, end) = if words.starts_with('"') { (1, '"') } else { (0, '`') };
        let Some((path, value)) = words[quote..].split(end).next().and_then(|w| w.split_once('=')) else {
            continue;
        };
        if path == "PATH" {
            continue;
        }
        // The first of several that a sweep takes in turn, without the options behind them.
        let value = if quote == 0 { value.split([' ', ',']).next().unwrap_or(value) } else { value };
        let fits = specs().iter().any(|(_, text)| {
            let (mut spec, diags) = parse(FileId::SPEC, text);
            diags.is_empty() && overrides::apply(&mut spec, path, value).is_ok()
        });
        assert!(fits, "--set {path}={value} changes no spec");
        tried += 1;
    }
    assert!(tried >= 6, "{tried}");
}

fn documented<R: Row + ?Sized>(kind: &str, rows: &[&R]) {
    assert!(rows.len() >= 2, "{kind}");
    let mut names = BTreeSet::new();
    for row in rows {
        let name = row.name();
        assert!(names.insert(name), "{kind} `{name}` is listed twice");
        assert!(!row.doc().trim().is_empty(), "{kind} `{name}` says nothing");
        for p in row.params() {
            assert!(!p.doc.trim().is_empty(), "`{}` of {kind} `{name}` says nothing", p.name);
        }
    }
}

#[test]
fn every_row_is_documented() {
    documented("distribution", distribution::ROWS);
    documented("layer", layer::ROWS);
    documented("bijection", bijection::ROWS);
    documented("map", map::ROWS);
    documented("function", function::ROWS);
    documented("optimizer", optimizer::ROWS);
    documented("schedule", schedule::ROWS);
    documented("data source", data::ROWS);
    documented("constraint", constraint::ROWS);
    documented("estimator", estimator::ROWS);
    documented("objective", objective::ROWS);
    documented("built in", builtin::ROWS);
    documented("corruption", corruption::ROWS);
    documented("setting of `train`", setting::ROWS);
    documented("item of `eval`", measure::ROWS);
    documented("form of distribution", distribution::FORMS);
    let forms = distribution::FORMS.iter().map(|r| (r.name(), r.own_params()));
    for (name, params) in distribution::ROWS.iter().map(|r| (r.name(), r.dist_params())).chain(forms) {
        for p in params {
            assert!(!p.doc.trim().is_empty(), "`{}` of `{name}` says nothing", p.name);
        }
    }
}

/// Every dependency has its reason on the page.
#[test]
fn architecture_names_every_dependency() {
    let text = page("ARCHITECTURE.md");
    let (_, table) = text.split_once("## Dependencies").unwrap();
    let known: BTreeSet<String> = quoted(table).into_iter().collect();
    for manifest in ["compiler/Cargo.toml", "runtime/Cargo.toml"] {
        let mut inside = false;
        for line in page(manifest).lines() {
            if line.starts_with('[') {
                inside = line.ends_with("dependencies]");
            } else if let (true, Some((name, _))) = (inside, line.split_once(" = ")) {
                assert!(
                    known.contains(name) || name == "gmc-compiler",
                    "ARCHITECTURE.md gives no reason for `{name}` of {manifest}"
                );
            }
        }
    }
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "pest") {
            into.push(path);
        }
    }
}

#[test]
fn no_file_is_longer_than_900_lines() {
    let mut files = Vec::new();
    for folder in ["compiler/src", "compiler/tests", "runtime/src", "runtime/tests", "grammar"] {
        rust_files(&root().join(folder), &mut files);
    }
    assert!(files.len() > 100);
    for f in files {
        let lines = std::fs::read_to_string(&f).unwrap().lines().count();
        assert!(lines <= 900, "{} has {lines} lines", f.display());
    }
}

/// The tests of a crate are one program: a file that is no module of it would never run.
#[test]
fn every_file_of_tests_is_a_module() {
    for folder in ["compiler/tests", "runtime/tests"] {
        let named = |main: &Path| -> BTreeSet<String> {
            let text = std::fs::read_to_string(main).unwrap();
            let mods = text.lines().map(|l| l.strip_prefix("pub ").unwrap_or(l));
            mods.filter_map(|l| l.strip_prefix("mod ")?.strip_suffix(';')).map(str::to_string).collect()
        };
        let mut todo = vec![(root().join(folder), "main.rs")];
        while let Some((folder, main)) = todo.pop() {
            let named = named(&folder.join(main));
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
                if path.join("mod.rs").is_file() {
                    assert!(named.contains(&stem), "{} is no module of {main}", path.display());
                    todo.push((path, "mod.rs"));
                } else if path.extension().is_some_and(|e| e == "rs") && path != folder.join(main) {
                    assert!(named.contains(&stem), "{} is no module of {main}", path.display());
                }
            }
        }
    }
}

/// The words that the grammar has, rules for what others type left out, have each a page with an example that compiles and uses it.
#[test]
fn every_word_of_the_grammar_has_a_page_with_an_example() {
    let grammar = include_str!("../../grammar/gm.pest");
    // Rules of single characters and digits, and what only `compat_*` rules read.
    let others = ["number", "hspace", "ident_char", "name", "string", "kw_target"];
    let mut words = BTreeSet::from(["I"]);
    for (rule, body) in grammar.lines().filter_map(|l| l.split_once(" = ")) {
        let rule = rule.trim();
        if rule.starts_with("compat_") || rule.starts_with("//") || others.contains(&rule) {
            continue;
        }
        let quoted = body.split('"').skip(1).step_by(2);
        words.extend(
            quoted.filter(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')),
        );
    }
    assert!(
        words.len() > 30 && words.contains("within") && words.contains("epoch") && words.contains("E"),
        "{words:?}"
    );
    // `E_q` is the word `E` with the name of a guide.
    words.remove("E_");
    for word in &words {
        assert!(
            WORDS.iter().any(|w| w.name == *word),
            "`{word}` has no page: add it to compiler/src/syntax/words.rs"
        );
    }
}

#[test]
fn examples_of_words_compile() {
    let mut compiled: BTreeSet<&str> = BTreeSet::new();
    for w in WORDS {
        let token = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        assert!(w.example.split(token).any(|t| t == w.name), "the example of `{}` does not use it", w.name);
        assert!(w.form.split(token).any(|t| t == w.name), "{}", w.form);
        assert!(!w.doc.is_empty() && w.doc.ends_with('.'), "{}", w.doc);
        if !compiled.insert(w.example) {
            continue;
        }
        let nets =
            |_: &str| Ok("net decode(z: Real[8]) -> Real[64] { dense(64), relu, dense }\n".to_string());
        let u = check("example.gm", w.example, &NoFiles, &nets, |_| Vec::new());
        let said = render(&u.diags, &u.sources, Format::Human, false);
        assert!(u.diags.is_empty(), "the example of `{}`:\n{said}", w.name);
    }
}
