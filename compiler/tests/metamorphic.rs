//! What must not change anything: printing and reading programs, the order of items, layout, names, optimisation, the order
//! of nodes. Every spec of the repository, every program.

use crate::spec_common::{all, clean, difference, initial, inputs_from, run};
use gmc_compiler::derive::{Compiled, Program};
use gmc_compiler::ir::{Graph, Op, Tensor64, optimise, schedule, text, verify};
use gmc_compiler::span::{FileId, Span};
use gmc_compiler::syntax::{self, ast};
use std::collections::BTreeMap;

/// Rounding only: the interpreter computes in f64.
const SAME: f64 = 1e-8;

/// Specs with more parameters than this have the programs of smaller ones, and take the interpreter minutes.
const LARGE: usize = 3_000_000;

/// Whether a spec is about pictures of the size of MNIST or larger ones.
fn large(text: &str) -> bool {
    ["from mnist", "from images", "[3, 64, 64]"].iter().any(|t| text.contains(t))
}

/// Those of the size of MNIST have the programs of smaller ones; their values are compared once, optimised against not.
fn small() -> Vec<(String, String)> {
    all().into_iter().filter(|(_, text)| !large(text)).collect()
}

/// The same graph with its spans forgotten.
fn bare(g: &Graph) -> Graph {
    let mut g = g.clone();
    g.at = Span::default();
    for n in &mut g.nodes {
        n.span = Span::default();
        if let Op::Loop(l) = &mut n.op {
            *l.body = bare(&l.body);
        }
    }
    g
}

/// Programs as text without spans; `init` by what it makes, since the order of its draws is that of the items.
pub fn comparable(c: &Compiled) -> BTreeMap<String, String> {
    let shown = |(program, g): (&Program, &Graph)| {
        let mut made: Vec<String> = g.outputs.iter().map(|(n, v)| format!("{n}: {}", g.ty(*v))).collect();
        made.sort();
        (
            program.to_string(),
            if *program == Program::Init {
                format!("{made:?} {:?}", schedule::census(g))
            } else {
                text::print(&bare(g))
            },
        )
    };
    c.programs.iter().map(shown).collect()
}

pub fn assert_same(name: &str, how: &str, a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) {
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{name}, {how}");
    for (program, text) in a {
        assert!(*text == b[program], "{name}, {how}: program {program} differs");
    }
}

#[test]
fn every_program_verifies_and_survives_text_and_ron() {
    for (name, spec) in all() {
        let (_, c) = clean(&name, &spec);
        for (program, g) in c.graphs.iter().chain(c.programs.iter()) {
            verify(g).unwrap_or_else(|why| panic!("{name} {program}: {why:?}"));
            let printed = text::print(g);
            let back = text::parse(&printed).unwrap_or_else(|why| panic!("{name} {program}: {why}"));
            assert_eq!(bare(&back).nodes, bare(g).nodes, "{name} {program}");
            assert_eq!(back.outputs, g.outputs);
            assert_eq!(text::print(&back), printed);
            let ron = Graph::from_ron(&g.to_ron()).unwrap_or_else(|why| panic!("{name} {program}: {why}"));
            assert!(ron.nodes == g.nodes && ron.outputs == g.outputs, "{name} {program}");
        }
    }
}

#[test]
fn the_order_of_items_does_not_matter() {
    for (name, spec) in all() {
        let want = comparable(&clean(&name, &spec).1);
        let (parsed, _) = syntax::parse(FileId::SPEC, &spec);
        // Of several models the first one in the text is asked.
        if parsed.items.iter().filter(|i| matches!(i, ast::Item::Model(_))).count() > 1 {
            continue;
        }
        let n = parsed.items.len();
        for turn in (0..n).step_by(n.div_ceil(3)) {
            for flip in [false, true] {
                let mut items = parsed.items.clone();
                items.rotate_left(turn);
                if flip {
                    items.reverse();
                }
                // What its comments accept is accepted in any order.
                let comments = spec.lines().filter(|l| l.starts_with('#')).map(|l| format!("{l}\n"));
                let text = comments.collect::<String>() + &syntax::ast_text(&ast::Spec { items });
                assert_same(
                    &name,
                    &format!("items turned by {turn}, reversed {flip}"),
                    &want,
                    &comparable(&clean(&name, &text).1),
                );
            }
        }
    }
}

#[test]
fn layout_and_comments_do_not_matter() {
    for (name, spec) in all() {
        let want = comparable(&clean(&name, &spec).1);
        let formatted = syntax::format(&spec).unwrap();
        assert_same(&name, "formatted", &want, &comparable(&clean(&name, &formatted).1));
        let commented: String =
            std::iter::once("# a comment\n").chain(formatted.lines().flat_map(|l| [l, "\n"])).collect();
        assert_same(&name, "with a comment", &want, &comparable(&clean(&name, &commented).1));
    }
}

/// New names in another alphabetical order; programs may order their parts by name, so values are compared.
#[test]
fn names_do_not_matter() {
    let old = |s: &str| s.replace("zz_", "").replace("aa_", "");
    for (name, spec) in small() {
        let new = |n: &str| format!("{}{n}", if n < "g" { "zz_" } else { "aa_" });
        let renamed = syntax::names::rename(&spec, new).unwrap();
        assert_ne!(renamed, spec);
        let ((typed, a), (_, b)) = (clean(&name, &spec), clean(&name, &renamed));
        let params = initial(&a);
        assert_eq!(
            a.programs.names().map(ToString::to_string).collect::<Vec<_>>(),
            sorted(b.programs.names().map(|p| old(&p.to_string())).collect()),
            "{name}"
        );
        for (program, g) in b.programs.iter() {
            let was = &a.programs[old(&program.to_string()).as_str()];
            let given = inputs_from(&typed, &params, was, 2);
            let mut theirs = BTreeMap::new();
            for n in gmc_names(g) {
                theirs.insert(
                    n.clone(),
                    given.get(&old(&n)).unwrap_or_else(|| panic!("{name} {program}: {n}")).clone(),
                );
            }
            let outs: BTreeMap<String, Tensor64> =
                run(g, 2, &theirs).into_iter().map(|(k, v)| (old(&k), v)).collect();
            let d = difference(&run(was, 2, &given), &outs);
            assert!(d < SAME, "{name} {program}: {d}");
        }
    }
}

fn sorted(mut v: Vec<String>) -> Vec<String> {
    v.sort();
    v
}

fn gmc_names(g: &Graph) -> Vec<String> {
    let name = |n: &gmc_compiler::ir::Node| {
        if let gmc_compiler::ir::Op::Input(i) = &n.op { Some(i.name.clone()) } else { None }
    };
    g.nodes.iter().filter_map(name).collect()
}

#[test]
fn optimised_programs_compute_the_same() {
    // Convolutions of whole pictures take minutes in the interpreter; the small ones are in `rows_layer.rs`.
    let slow = |t: &str| t.contains("conv(") && large(t);
    for (name, spec) in all().into_iter().filter(|(_, t)| !slow(t)) {
        let (typed, c) = clean(&name, &spec);
        if c.leaves.iter().map(|l| l.shape.iter().product::<usize>()).sum::<usize>() > LARGE {
            continue;
        }
        let params = initial(&c);
        for (program, g) in c.graphs.iter() {
            let given = inputs_from(&typed, &params, g, 3);
            let d = difference(&run(g, 3, &given), &run(c.programs.get(program).unwrap(), 3, &given));
            assert!(d < SAME, "{name} {program}: {d}");
        }
    }
}

#[test]
fn another_order_of_nodes_computes_the_same_with_less_memory() {
    for (name, spec) in small() {
        let (typed, c) = clean(&name, &spec);
        let params = initial(&c);
        for (program, g) in c.graphs.iter() {
            let plain = optimise(g);
            let lower = schedule::lower_peak(&plain, 64);
            verify(&lower).unwrap_or_else(|why| panic!("{name} {program}: {why:?}"));
            assert!(schedule::peak_bytes(&lower, 64) <= schedule::peak_bytes(&plain, 64), "{name} {program}");
            let given = inputs_from(&typed, &params, &plain, 2);
            assert_eq!(run(&plain, 2, &given), run(&lower, 2, &given), "{name} {program}");
        }
    }
}
