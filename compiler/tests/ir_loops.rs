//! Loops: what they compute against the same nodes unrolled, with and without the optimiser; what the verifier and the text say of them.

use crate::ir_common::*;
use gmc_compiler::ir::schedule::{census, lower_peak, madds, peak_bytes};
use gmc_compiler::ir::*;
use std::collections::BTreeMap;

/// The place `p % n` along an axis.
fn each(n: usize) -> At {
    At { div: 1, modulo: n, offset: 0, ahead: 0 }
}

/// x <- 0.5 x + w x y + position, y <- y + sum of x, three times; z is carried and leads nowhere.
fn several() -> (Graph, Graph, BTreeMap<String, Tensor64>) {
    let step = |g: &mut Graph, x: Value, y: Value, w: Value, p: Value| {
        let squared = g.square(w);
        let twice = g.mul(squared, x);
        let moved = g.mul(twice, y);
        let half = g.mul_c(x, 0.5);
        let next = g.add(half, moved);
        let next = g.add(next, p);
        let sum = g.sum(x, &[1]);
        (next, g.add(y, sum))
    };
    let leaves = |g: &mut Graph| {
        let x = g.input("x", Role::Data, Shape::batched(&[2]));
        let y = g.input("y", Role::Data, Shape::batched(&[1]));
        (x, y, g.input("w", Role::Param, Shape::fixed(&[1, 2])))
    };
    let mut looped = Graph::new("looped");
    let (x, y, w) = leaves(&mut looped);
    let z = looped.scalar(0.0);
    let out = looped.loop_over(3, &[x, y, z], &[w], |g, carried, read, p| {
        let (x, y) = step(g, carried[0], carried[1], read[0], p);
        vec![x, y, g.add_c(carried[2], 1.0)]
    });
    looped.output("x", out);
    let mut flat = Graph::new("flat");
    let (mut x, mut y, w) = leaves(&mut flat);
    for k in 0..3 {
        let p = flat.scalar(f64::from(k));
        (x, y) = step(&mut flat, x, y, w, p);
    }
    flat.output("x", x);
    let mut rng = Rng(3);
    let inputs = [("x", vec![BATCH, 2]), ("y", vec![BATCH, 1]), ("w", vec![1, 2])];
    (looped, flat, inputs.map(|(n, d)| (n.to_string(), rng.tensor(&d, -1.0, 1.0))).into())
}

/// The one loop of a graph.
fn the_loop(g: &Graph) -> (&Node, &Loop) {
    g.nodes
        .iter()
        .find_map(|n| if let Op::Loop(l) = &n.op { Some((n, l)) } else { None })
        .expect("the graph has a loop")
}

#[test]
fn a_loop_is_its_body_again_and_again() {
    let (looped, flat, inputs) = several();
    verify(&looped).unwrap();
    let want = evaluate(&flat, &inputs);
    let small = optimise(&looped);
    verify(&small).unwrap();
    for (g, how) in [(&looped, "as written"), (&small, "optimised"), (&lower_peak(&small, 64), "reordered")] {
        assert_close(how, &evaluate(g, &inputs)["x"], &want["x"], 1e-12);
    }
    // What leads nowhere is not carried, and what no iteration changes is computed before.
    let (node, l) = the_loop(&small);
    assert_eq!((l.carried, node.args.len(), l.count), (2, 3, 3), "{}", text::print(&small));
    assert_eq!(census(&small).get("square"), Some(&1));
    assert!(!census(&l.body).contains_key("square"), "{}", text::print(&small));
}

#[test]
fn loops_that_need_no_running_go_away() {
    let mut g = Graph::new("none");
    let x = g.input("x", Role::Data, Shape::batched(&[2]));
    let never = g.loop_over(0, &[x], &[], |g, carried, _, _| vec![g.exp(carried[0])]);
    let still = g.loop_over(5, &[x], &[], |_, carried, _, _| vec![carried[0]]);
    let same = g.loop_over(5, &[x], &[x], |g, _, read, _| vec![g.exp(read[0])]);
    let constant = g.loop_over(5, &[x], &[], |g, carried, _, _| {
        let shape = g.shape(carried[0]);
        vec![g.full(2.0, shape)]
    });
    for (name, v) in [("never", never), ("still", still), ("same", same), ("constant", constant)] {
        g.output(name, v);
    }
    verify(&g).unwrap();
    let small = optimise(&g);
    assert_eq!(census(&small).get("loop"), None, "{}", text::print(&small));
    let inputs = BTreeMap::from([("x".to_string(), Rng(1).tensor(&[BATCH, 2], -1.0, 1.0))]);
    let (a, b) = (evaluate(&g, &inputs), evaluate(&small, &inputs));
    a.iter().for_each(|(name, t)| assert_close(name, &b[name], t, 0.0));
    assert_eq!(a["never"], inputs["x"]);
}

/// Position p of 6 writes x of row p / 3 and column p % 3 doubled into a table of ones.
#[test]
fn parts_are_read_and_written_at_the_place_of_the_iteration() {
    let mut g = Graph::new("parts");
    let x = g.input("x", Role::Data, Shape::batched(&[2, 3]));
    let ones = g.full(1.0, Shape::batched(&[3, 4]));
    let at = [At { div: 3, modulo: 2, offset: 0, ahead: 0 }, each(3)];
    let beside = [At { offset: 1, ..at[0] }, At { offset: 1, ..at[1] }];
    let out = Scope::of(&mut g).with(|g| {
        let scope = Scope::of(g);
        scope
            .loop_over(6, &[scope.ex(ones)], &[scope.ex(x)], |_, carried, read, _| {
                let one = read[0].dyn_slice(&[1, 2], &[1, 1], &at);
                vec![carried[0].dyn_update(one * 2.0, &[1, 2], &beside)]
            })
            .v
    });
    g.output("out", out);
    verify(&g).unwrap();
    let x = Rng(4).tensor(&[BATCH, 2, 3], -1.0, 1.0);
    let inputs = BTreeMap::from([("x".to_string(), x.clone())]);
    let want = Tensor64::from_fn(&[BATCH, 3, 4], |i| {
        let (b, r, c) = (i / 12, i / 4 % 3, i % 4);
        if r == 0 || c == 0 { 1.0 } else { 2.0 * x.data[b * 6 + (r - 1) * 3 + c - 1] }
    });
    assert_close("parts", &evaluate(&g, &inputs)["out"], &want, 0.0);
    assert_close("optimised", &evaluate(&optimise(&g), &inputs)["out"], &want, 0.0);
}

#[test]
fn every_iteration_draws_anew_and_loops_in_loops_do() {
    let mut g = Graph::new("draws");
    let zero = g.full(0.0, Shape::batched(&[6]));
    let first = g.random(RandomKind::Uniform, Shape::batched(&[1]));
    let out = g.loop_over(2, &[zero], &[], |g, carried, _, outer| {
        let inner = g.loop_over(3, &[carried[0]], &[outer], |g, carried, read, inner| {
            let u = g.random(RandomKind::Uniform, Shape::batched(&[1]));
            let table = g.literal((0..6).map(f64::from).collect(), &[1, 6]);
            let three = g.mul_c(read[0], 3.0);
            let place = g.add(three, inner);
            let here = g.compare(Compare::Eq, table, place);
            vec![g.select(here, u, carried[0])]
        });
        vec![inner]
    });
    g.output("out", out);
    let last = g.random(RandomKind::Uniform, Shape::batched(&[1]));
    g.output("first", first);
    g.output("last", last);
    verify(&g).unwrap();
    assert_eq!((g.next_stream, g.streams()), (3, 3));
    let (plain, small) = (evaluate(&g, &BTreeMap::new()), evaluate(&optimise(&g), &BTreeMap::new()));
    assert_eq!(plain, small);
    let all: Vec<f64> = ["first", "out", "last"].iter().flat_map(|n| plain[*n].data.clone()).collect();
    let distinct: std::collections::BTreeSet<u64> = all.iter().map(|x| x.to_bits()).collect();
    assert_eq!(distinct.len(), all.len(), "{all:?}");
    // Iteration k of all six has the k-th part of the stream.
    let stream = draws(RandomKind::Uniform, 1, 6 * BATCH);
    let want = Tensor64::from_fn(&[BATCH, 6], |i| stream[i % 6 * BATCH + i / 6]);
    assert_close("parts of the stream", &plain["out"], &want, 0.0);
}

#[test]
fn inputs_that_a_body_makes_become_arguments() {
    let mut g = Graph::new("inputs");
    let x = g.input("x", Role::Data, Shape::batched(&[2]));
    let before = g.input("v", Role::Param, Shape::fixed(&[2, 2]));
    let out = g.loop_over(2, &[x], &[], |g, carried, _, _| {
        let v = g.input("v", Role::Param, Shape::fixed(&[2, 2]));
        let inner = g.loop_over(2, &[carried[0]], &[], |g, carried, _, _| {
            let w = g.input("w", Role::Param, Shape::fixed(&[2, 2]));
            vec![g.matmul(carried[0], w)]
        });
        vec![g.matmul(inner, v)]
    });
    g.output("out", out);
    verify(&g).unwrap();
    assert!(the_loop(&g).0.args.contains(&before));
    let mut rng = Rng(9);
    let mut inputs = BTreeMap::new();
    for (name, dims) in [("x", [BATCH, 2]), ("v", [2, 2]), ("w", [2, 2])] {
        inputs.insert(name.to_string(), rng.tensor(&dims, -1.0, 1.0));
    }
    let mut flat = Graph::new("flat");
    let mut y = flat.input("x", Role::Data, Shape::batched(&[2]));
    for name in ["w", "w", "v", "w", "w", "v"] {
        let w = flat.input(name, Role::Param, Shape::fixed(&[2, 2]));
        y = flat.matmul(y, w);
    }
    flat.output("out", y);
    assert_close("nested", &evaluate(&g, &inputs)["out"], &evaluate(&flat, &inputs)["out"], 1e-12);
}

#[test]
fn cost_and_memory_are_those_of_the_body() {
    let mut g = Graph::new("cost");
    let x = g.input("x", Role::Data, Shape::batched(&[10]));
    let w = g.input("w", Role::Param, Shape::fixed(&[10, 30]));
    let v = g.input("v", Role::Param, Shape::fixed(&[30, 10]));
    let out = g.loop_over(7, &[x], &[w, v], |g, carried, read, _| {
        let h = g.matmul(carried[0], read[0]);
        let h = g.unary(Unary::Tanh, h);
        vec![g.matmul(h, read[1])]
    });
    g.output("out", out);
    assert_eq!(madds(&g, 2), 7 * 2 * 2 * 300);
    // Weights, and two hidden layers of 30 when the carried value, which was moved, is gone.
    assert_eq!(peak_bytes(&optimise(&g), 2), 4 * (600 + 2 * 2 * 30));
}

#[test]
fn loops_survive_text_and_ron() {
    let mut g = several().0;
    g.at = gmc_compiler::span::Span { start: 3, end: 9, ..Default::default() };
    let y = g.outputs[0].1;
    let out = g.loop_over(4, &[y], &[], |g, carried, _, _| {
        let one = g.dyn_slice(carried[0], &[1], &[1], &[each(2)]);
        let e = g.random(RandomKind::Normal, Shape::batched(&[1]));
        let u = g
            .loop_over(2, &[one, e], &[], |g, carried, _, _| vec![g.add(carried[0], carried[1]), carried[1]]);
        vec![g.dyn_update(carried[0], u, &[1], &[each(2)])]
    });
    g.output("\"odd\" {", out);
    verify(&g).unwrap();
    for g in [optimise(&g), g] {
        for printed in [text::print(&g), text::print_with(&g, &|_| Some("a {b // c".into()))] {
            let back = text::parse(&printed).unwrap_or_else(|why| panic!("{why}\n{printed}"));
            assert_eq!(back, g);
            assert_eq!(back.next_stream, 1);
        }
        assert_eq!(Graph::from_ron(&g.to_ron()).unwrap(), g);
        assert!(dot::print(&g).contains("subgraph cluster_"));
        // Any prefix, and any text with one byte missing, is read or refused.
        for text in [text::print(&g), g.to_ron()] {
            for i in (0..text.len()).step_by(13) {
                let mut cut = text.clone();
                if cut.is_char_boundary(i) {
                    cut.remove(i);
                    drop((text::parse(&cut), Graph::from_ron(&cut), text::parse(&text[..i])));
                }
            }
        }
    }
}

#[test]
fn a_loop_reads_as_intended() {
    let mut g = Graph::new("sum");
    let x = g.input("x", Role::Data, Shape::batched(&[4]));
    let out = g.loop_over(4, &[x], &[], |g, carried, _, p| vec![g.add(carried[0], p)]);
    g.output("y", out);
    let want = r#"graph "sum" {
  %0: f[B, 4] = input{name: "x", role: Data}
  %1: f[B, 4] = loop{count: 4, carried: 1}(%0) {
    %0: f[B, 4] = input{name: "carry.0", role: Local}
    %1: f[] = input{name: "position", role: Local}
    %2: f[B, 4] = add(%0, %1)
    output "carry.0" = %2
  }
  output "y" = %1
}
"#;
    assert_eq!(text::print(&g), want);
    assert_eq!(text::parse(want).unwrap(), g);
    for (from, to, why) in [
        (") {", ")", "the loop has no body"),
        ("%2: f[B, 4] = add(%0, %1)", "%2: f[B, 4] = add(%0, %1) {", "only a loop has a body"),
        ("carry.0\", role", "carry.1\", role", "V2"),
        ("carry.0\" =", "carry.1\" =", "V2"),
        ("position", "place", "V2"),
        ("carried: 1", "carried: 2", "V2"),
        ("carried: 1", "carried: 0", "V2"),
        ("role: Local}\n    %2", "role: Scalar}\n    %2", "V12"),
        ("role: Data", "role: Local", "V11"),
        ("add(%0, %1)", "add(%0, %5)", "V1"),
    ] {
        let bad = want.replacen(from, to, 1);
        let said = text::parse(&bad).unwrap_err();
        assert!(said.contains(why), "{bad}\n{said}");
    }
    let deep = "%0: f[] = loop{count: 1, carried: 1} {\n".repeat(100_000);
    text::parse(&format!("graph \"deep\" {{\n{deep}")).unwrap_err();
}
