//! The optimiser: same values, and the rules by what they leave.

use crate::ir_common::*;
use gmc_compiler::ir::schedule::{census, last_uses, lower_peak, madds, peak_bytes};
use gmc_compiler::ir::*;
use std::collections::BTreeMap;

#[test]
fn optimised_graphs_have_the_same_values() {
    for seed in 0..120 {
        let (g, inputs) = random::graph(seed);
        let o = optimise(&g);
        verify(&o).unwrap_or_else(|v| panic!("seed {seed}: {v:?}\n{}", text::print(&o)));
        assert!(o.nodes.len() < g.nodes.len(), "seed {seed}: nothing was found");
        assert_eq!(optimise(&o).nodes.len(), o.nodes.len(), "seed {seed}: a second run finds more");
        let (want, got) = (evaluate(&g, &inputs), evaluate(&o, &inputs));
        assert_eq!(want.keys().collect::<Vec<_>>(), got.keys().collect::<Vec<_>>());
        for (name, w) in &want {
            assert!(w.data.iter().all(|x| x.is_finite()), "seed {seed}: {name} is not finite");
            assert_close(
                &format!("seed {seed}: {name}\n{}\n{}", text::print(&g), text::print(&o)),
                &got[name],
                w,
                1e-11,
            );
        }
        let low = lower_peak(&o, 64);
        verify(&low).unwrap_or_else(|v| panic!("seed {seed}: {v:?}"));
        assert!(peak_bytes(&low, 64) <= peak_bytes(&o, 64));
        let again = evaluate(&low, &inputs);
        for (name, w) in &got {
            assert_close(name, &again[name], w, 0.0);
        }
    }
}

/// What one expression over `x: [B, 3]` becomes.
fn shrinks(build: impl Fn(&mut Graph, Value) -> Value, want: &[(&str, usize)]) {
    let mut g = Graph::new("rule");
    let x = g.input("x", Role::Data, Shape::batched(&[3]));
    let y = build(&mut g, x);
    g.output("y", y);
    let o = optimise(&g);
    let found = census(&o);
    assert_eq!(found, want.iter().copied().collect::<BTreeMap<_, _>>(), "{}", text::print(&o));
    let inputs = BTreeMap::from([("x".to_string(), Rng(3).tensor(&[BATCH, 3], -1.0, 1.0))]);
    assert_close("rule", &evaluate(&o, &inputs)["y"], &evaluate(&g, &inputs)["y"], 1e-12);
}

#[test]
fn algebra() {
    shrinks(|g, x| g.add_c(x, 0.0), &[]);
    shrinks(|g, x| g.mul_c(x, 1.0), &[]);
    shrinks(|g, x| g.mul_c(x, 0.0), &[("full", 1)]);
    shrinks(|g, x| g.detach(x), &[]);
    shrinks(
        |g, x| {
            let n = g.neg(x);
            g.neg(n)
        },
        &[],
    );
    shrinks(
        |g, x| {
            let a = g.mul_c(x, 3.0);
            let b = g.mul_c(a, 0.5);
            let two = g.scalar(2.0);
            g.div(b, two)
        },
        &[("mul", 1), ("full", 1)],
    );
    // Of three products one is of a tensor.
    shrinks(
        |g, x| {
            let n = g.count(Shape::batched(&[]));
            let a = g.mul(n, x);
            let b = g.mul_c(a, 3.0);
            g.mul(b, n)
        },
        &[("mul", 3), ("count", 1), ("full", 1)],
    );
    shrinks(
        |g, x| {
            let s = g.square(x);
            g.sqrt(s)
        },
        &[("abs", 1)],
    );
    shrinks(
        |g, x| {
            let zero = g.scalar(0.0);
            let one = g.scalar(1.0);
            let c = g.compare(Compare::Lt, one, zero);
            let y = g.exp(x);
            g.select(c, y, x)
        },
        &[],
    );
    shrinks(
        |g, x| {
            let a = g.exp(x);
            let b = g.exp(x);
            g.add(a, b)
        },
        &[("exp", 1), ("mul", 1), ("full", 1)],
    );
}

#[test]
fn layout() {
    shrinks(|g, x| g.take(x, 1, vec![0, 1, 2]), &[]);
    shrinks(|g, x| g.take(x, 1, vec![1, 2]), &[("slice", 1)]);
    shrinks(
        |g, x| {
            let t = g.transpose(x);
            g.transpose(t)
        },
        &[],
    );
    shrinks(
        |g, x| {
            let r = g.reshape(x, Shape(vec![Dim { n: 3, batch: true }]));
            let r = g.reshape(r, Shape(vec![Dim::BATCH, Dim::fixed(3), Dim::fixed(1)]));
            g.exp(r)
        },
        &[("reshape", 1), ("exp", 1)],
    );
    shrinks(
        |g, x| {
            let i = g.cast(x, DType::B);
            let f = g.cast(i, DType::F);
            let b = g.cast(f, DType::B);
            g.cast(b, DType::F)
        },
        &[("cast", 2)],
    );
    shrinks(
        |g, x| {
            let both = g.concat(&[x, x, x], 1);
            g.slice(both, 1, 3, 3)
        },
        &[],
    );
}

#[test]
fn products() {
    // A result that would have to be laid out anew is computed the other way round.
    shrinks(
        |g, x| {
            let (t, e) = (g.transpose(x), g.exp(x));
            let y = g.matmul(t, e);
            let y = g.transpose(y);
            g.matmul(x, y)
        },
        &[("exp", 1), ("matmul", 2), ("permute", 1)],
    );
    // One that is read both ways is computed once.
    shrinks(
        |g, x| {
            let t = g.transpose(x);
            let y = g.matmul(t, x);
            let z = g.transpose(y);
            g.sub(y, z)
        },
        &[("matmul", 1), ("permute", 2), ("sub", 1)],
    );
    // Of a column and a row no product of matrices is left.
    shrinks(
        |g, x| {
            let s = g.sum(x, &[1]);
            let w = g.sum(x, &[0]);
            g.matmul(s, w)
        },
        &[("reduce", 2), ("mul", 1)],
    );
}

#[test]
fn broadcasts_and_sums() {
    // The adjoint of a mean is a number: no tensor of ones is left.
    shrinks(
        |g, x| {
            let y = g.square(x);
            let l = g.mean_all(y);
            grad(g, l, &[x])[0]
        },
        &[("count", 1), ("full", 1), ("recip", 1), ("mul", 2)],
    );
    shrinks(
        |g, x| {
            let s = g.sum(x, &[0]);
            let wide = g.broadcast(s, Shape::batched(&[3]));
            g.sum(wide, &[0])
        },
        &[("reduce", 1), ("count", 1), ("mul", 1)],
    );
    shrinks(
        |g, x| {
            let wide = g.full(2.0, Shape::batched(&[3]));
            g.add(x, wide)
        },
        &[("full", 1), ("add", 1)],
    );
}

#[test]
fn outputs_that_are_inputs_stay_and_unused_inputs_go() {
    let mut g = Graph::new("inputs");
    let x = g.input("x", Role::Data, Shape::batched(&[3]));
    let z = g.input("z", Role::Data, Shape::batched(&[3]));
    let gone = g.mul_c(z, 0.0);
    let y = g.add(x, gone);
    g.output("y", y);
    g.output("x", x);
    let o = optimise(&g);
    assert_eq!(o.nodes.len(), 1);
    assert_eq!(o.outputs, [("y".to_string(), Value(0)), ("x".to_string(), Value(0))]);
}

#[test]
fn memory_and_work_by_hand() {
    let mut g = Graph::new("cost");
    let x = g.input("x", Role::Data, Shape::batched(&[3]));
    let w = g.input("w", Role::Param, Shape::fixed(&[3, 5]));
    let h = g.matmul(x, w);
    let e = g.exp(h);
    g.output("e", e);
    assert_eq!(madds(&g, 4), 4 * 3 * 5);
    // x 48, w 60, h 80 bytes; then h and e.
    assert_eq!(peak_bytes(&g, 4), 48 + 60 + 80);
    let drops: Vec<_> = last_uses(&g).iter().map(|(_, values)| values.clone()).collect();
    assert_eq!(drops, [vec![], vec![], vec![x, w], vec![h]]);
}

#[test]
fn updates_move_to_their_gradients() {
    // Gradients that are all made before the first update is: the order found needs only one of them at a time.
    let mut g = Graph::new("updates");
    let mut h = g.input("x", Role::Data, Shape::batched(&[64]));
    let mut params = Vec::new();
    for k in 0..8 {
        let w = g.input(&format!("w{k}"), Role::Param, Shape::fixed(&[64, 64]));
        params.push(w);
        let m = g.matmul(h, w);
        h = g.unary(Unary::Tanh, m);
    }
    let l = g.mean_all(h);
    let gradients = grad(&mut g, l, &params);
    for (k, (&w, d)) in params.iter().zip(gradients).enumerate() {
        // Updated with state of its own, and written out of the way: only a number is left.
        let m = g.input(&format!("m{k}"), Role::State, Shape::fixed(&[64, 64]));
        let u = g.sub(m, d);
        let u = g.sub(w, u);
        let u = g.mean_all(u);
        g.output(format!("u{k}"), u);
    }
    let o = optimise(&g);
    let low = lower_peak(&o, 2);
    assert_eq!(verify(&low), Ok(()));
    assert!(
        peak_bytes(&low, 2) * 3 < peak_bytes(&o, 2) * 2,
        "{} of {}",
        peak_bytes(&low, 2),
        peak_bytes(&o, 2)
    );
}
