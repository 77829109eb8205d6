//! Arguments of rows: each can be asked for as what it is declared, what a row asks for is declared, and a bug of a row is loud.

use crate::spec_common::root;
use gmc_compiler::rows::args::{ArgKind, Args, Const, Duration, ParamSpec};
use gmc_compiler::rows::{self, Row};
use gmc_compiler::span::{FileId, Span};
use gmc_compiler::syntax::ast::{Arg, Call, Ident};
use gmc_compiler::syntax::parse_expr;
use gmc_compiler::types::consts::{Consts, bind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Something that a required argument of this kind may be.
fn example(kind: ArgKind) -> String {
    match kind {
        ArgKind::Int(least) | ArgKind::Pair(least) | ArgKind::Whole(least, _) => least.to_string(),
        ArgKind::Above(lo, hi) => if hi.is_finite() { hi } else { lo + 1.0 }.to_string(),
        ArgKind::Below(lo, _) => lo.to_string(),
        ArgKind::Num(lo, hi) | ArgKind::Scheduled(lo, hi) => match (lo.is_finite(), hi.is_finite()) {
            (true, _) => lo.to_string(),
            (false, true) => hi.to_string(),
            (false, false) => "0.5".into(),
        },
        ArgKind::NumPair(lo, hi) => format!("({lo}, {hi})"),
        ArgKind::Word(words) => words[0].into(),
        ArgKind::Text => "\"text\"".into(),
        ArgKind::List => "[1, 2]".into(),
        ArgKind::Range => "0 -> 1".into(),
        ArgKind::Duration => "10 epochs".into(),
        ArgKind::Any => "parity(1)".into(),
    }
}

/// The arguments of a row as the checker binds them, with an example of each that must be written, and with `written`.
fn bound(row: &dyn Row, written: &[&ParamSpec]) -> Args {
    let span = Span::default();
    let id = |name: &str| Ident { name: name.into(), span };
    let must = row.params().iter().filter(|p| p.default.is_none());
    let args = must
        .chain(written.iter().copied())
        .map(|p| Arg { key: Some(id(p.name)), value: parse_expr(FileId::SPEC, &example(p.kind)).unwrap() });
    let call = Call { name: id(row.name()), args: args.collect(), parens: true, block: None, span };
    bind(&Consts::new(), row.params(), &call).unwrap_or_else(|d| panic!("{}: {d:?}", row.name()))
}

/// Asks for an argument as what it is declared to be.
fn ask(args: &Args, p: &ParamSpec) {
    match p.kind {
        ArgKind::Int(least) => assert!(args.int(p.name) as i64 >= least),
        ArgKind::Whole(lo, hi) => assert!((lo..=hi).contains(&(args.int(p.name) as i64)), "{}", p.name),
        ArgKind::Above(lo, hi) => assert!(args.num(p.name) > lo && args.num(p.name) <= hi, "{}", p.name),
        ArgKind::Below(lo, hi) => assert!((lo..hi).contains(&args.num(p.name)), "{}", p.name),
        ArgKind::Num(lo, hi) | ArgKind::Scheduled(lo, hi) => {
            assert!((lo..=hi).contains(&args.num(p.name)), "{}", p.name);
        }
        ArgKind::Word(words) => assert!(words.contains(&args.word(p.name)), "{}", p.name),
        ArgKind::Text => assert!(!args.word(p.name).is_empty()),
        ArgKind::Pair(least) => assert!(args.pair(p.name).iter().all(|n| *n as i64 >= least)),
        ArgKind::NumPair(lo, hi) => {
            let (a, b) = args.num_pair(p.name);
            assert!([a, b].iter().all(|x| (lo..=hi).contains(x)), "{}", p.name);
        }
        ArgKind::List => assert!(!args.items(p.name).is_empty()),
        ArgKind::Range => assert!(args.range(p.name).0.is_finite()),
        ArgKind::Duration => match args.duration(p.name) {
            Duration::Epochs(n) | Duration::Rounds(n) => assert!(n > 0.0),
        },
        ArgKind::Any => assert!(args.get(p.name).is_some()),
    }
}

#[test]
fn every_declared_argument_of_every_row_can_be_asked_for() {
    let mut asked = 0;
    for (_, row) in rows::all() {
        for p in row.params() {
            let optional = p.default == Some("");
            if optional {
                assert_eq!(bound(row, &[]).get(p.name), None, "{} {}", row.name(), p.name);
            }
            let args = if optional { bound(row, &[p]) } else { bound(row, &[]) };
            ask(&args, p);
            asked += 1;
        }
    }
    assert!(asked > 150, "{asked}");
}

/// The names that stand in a source file where arguments are read: `args.num("c")`, `flag(args, "bias")`, `hyper(g, "lr")`.
fn read_names(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.starts_with("//")).collect();
    let code = code.join("");
    let mut names = Vec::new();
    for (at, _) in code.match_indices('"') {
        let before = &code[..at];
        let method = before.strip_suffix('(').and_then(|b| b.rsplit_once("args.")).map(|(_, m)| m);
        let of_args = method.is_some_and(|m| m.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        let passed = ["(args, ", "hyper(g, ", "amount(g, "].iter().any(|p| before.ends_with(p));
        if of_args || passed {
            names.extend(code[at + 1..].split('"').next().map(str::to_string));
        }
    }
    // Messages are given to functions, too.
    names.retain(|n| n.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
    names
}

/// Where a file holds a row of its name, its arguments; else those of all rows of the folder's kinds.
#[test]
fn every_argument_that_a_row_reads_is_declared() {
    let folders: &[(&str, &[&str])] = &[
        ("distribution", &["distribution", "form of distribution"]),
        ("layer", &["layer", "layer of a flow"]),
        ("bijection", &["layer of a flow"]),
        ("map", &["map"]),
        ("function", &["function"]),
        ("corruption", &["corruption"]),
        ("optimizer", &["optimizer"]),
        ("schedule", &["schedule"]),
        ("constraint", &["weight constraint"]),
        ("estimator", &["gradient estimator"]),
        ("data", &["data source"]),
    ];
    let all = rows::all();
    let mut found = 0;
    for (folder, kinds) in folders {
        let of_kind: Vec<&dyn Row> = all.iter().filter(|(k, _)| kinds.contains(k)).map(|(_, r)| *r).collect();
        for entry in std::fs::read_dir(root().join(format!("compiler/src/rows/{folder}"))).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_string();
            let own: Vec<&dyn Row> = of_kind.iter().copied().filter(|r| r.name() == stem).collect();
            let rows = if own.is_empty() { &of_kind } else { &own };
            for name in read_names(&text_of(&path)) {
                let declared = rows.iter().any(|r| r.params().iter().any(|p| p.name == name));
                assert!(declared, "{} reads `{name}`, which is not declared", path.display());
                found += 1;
            }
        }
    }
    assert!(found > 100, "{found}");
}

#[test]
fn every_row_is_explained() {
    let explained = gmc_compiler::explain::reference::all();
    for (kind, row) in rows::all() {
        let found = explained.iter().any(|e| e.kind == kind && e.name == row.name());
        assert!(found, "`{}` ({kind}) has no page", row.name());
    }
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn what_a_row_may_not_ask_ends_in_the_message_for_bugs() {
    const PARAMS: &[ParamSpec] = &[
        ParamSpec { name: "c", kind: ArgKind::Num(0.0, 1.0), default: None, doc: "" },
        ParamSpec { name: "k", kind: ArgKind::Int(1), default: Some(""), doc: "" },
    ];
    let values = vec![("c", Const::Num(0.5), Span::default())];
    let args = Args { name: "clip".into(), declared: PARAMS, values, ..Args::default() };
    assert_eq!((args.num("c"), args.get("k"), args.int_if_given("k")), (0.5, None, None));
    let said = |ask: &dyn Fn(&Args)| {
        let caught = catch_unwind(AssertUnwindSafe(|| ask(&args))).unwrap_err();
        caught.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    let cases: &[(&dyn Fn(&Args), &str)] = &[
        (
            &|a| {
                let _ = a.num("typo");
            },
            "internal: `clip` reads an argument that it does not declare: `typo`",
        ),
        (
            &|a| drop(a.get("typo").cloned()),
            "internal: `clip` reads an argument that it does not declare: `typo`",
        ),
        (
            &|a| {
                let _ = a.error("typo", "", "");
            },
            "internal: `clip` reads an argument that it does not declare: `typo`",
        ),
        (
            &|a| {
                let _ = a.int("k");
            },
            "internal: `clip` reads an argument that is not given: `k`",
        ),
        (
            &|a| {
                let _ = a.int("c");
            },
            "internal: `clip` reads `0.5` as a whole number: `c`",
        ),
        (
            &|a| {
                let _ = a.word("c").len();
            },
            "internal: `clip` reads `0.5` as a word: `c`",
        ),
        (
            &|a| {
                let _ = a.pair("c");
            },
            "internal: `clip` reads `0.5` as a whole number: `c`",
        ),
        (
            &|a| {
                let _ = a.num_pair("c");
            },
            "internal: `clip` reads `0.5` as a pair of numbers: `c`",
        ),
        (
            &|a| {
                let _ = a.range("c");
            },
            "internal: `clip` reads `0.5` as a range: `c`",
        ),
    ];
    for (ask, want) in cases {
        assert_eq!(said(*ask), *want);
    }
}
