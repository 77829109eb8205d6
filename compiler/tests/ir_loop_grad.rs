//! The derivative of loops, against that of the same nodes unrolled and against finite differences: random bodies, loops in loops, both
//! directions, draws, integers, second derivatives; and what it costs.

#![expect(clippy::wildcard_enum_match_arm, reason = "loops are unrolled; all other ops stay as they are")]

use crate::ir_common::*;
use gmc_compiler::ir::schedule::{census, lower_peak, madds, peak_bytes};
use gmc_compiler::ir::*;
use std::collections::BTreeMap;

fn each(n: usize) -> At {
    At { div: 1, modulo: n, offset: 0, ahead: 0 }
}

/// The elements `start ..` of `x` along `axes`, of these lengths.
fn cut(g: &mut Graph, x: Value, axes: &[usize], lens: &[usize], at: &[At], position: usize) -> Value {
    let mut x = x;
    for ((axis, len), at) in axes.iter().zip(lens).zip(at) {
        x = g.slice(x, *axis, at.start(position), *len);
    }
    x
}

/// `x` with `y` from `starts` along the axes, of which the first are done already.
fn put(g: &mut Graph, x: Value, y: Value, axes: &[(usize, usize)]) -> Value {
    let Some((&(axis, start), rest)) = axes.split_first() else { return y };
    let n = |g: &Graph, v: Value| g.shape(v).0[axis].n;
    let (all, len) = (n(g, x), n(g, y));
    let here = g.slice(x, axis, start, len);
    let middle = put(g, here, y, rest);
    let mut parts = Vec::new();
    if start > 0 {
        parts.push(g.slice(x, axis, 0, start));
    }
    parts.push(middle);
    if start + len < all {
        parts.push(g.slice(x, axis, start + len, all - start - len));
    }
    g.concat(&parts, axis)
}

/// The nodes of `from` written to `g`, loops unrolled; `path` are the loops around them, each with its count and position.
fn unrolled(
    g: &mut Graph,
    from: &Graph,
    given: &BTreeMap<String, Value>,
    path: &[(usize, usize)],
) -> Vec<Value> {
    let mut new: Vec<Value> = Vec::new();
    let mut results: BTreeMap<u32, Vec<Value>> = BTreeMap::new();
    let position = path.last().map_or(0, |p| p.1);
    for (v, node) in from.iter() {
        let args: Vec<Value> = node.args.iter().map(|a| new[a.0 as usize]).collect();
        let made = match &node.op {
            Op::Input(i) if i.name == "position" => g.scalar(position as f64),
            Op::Input(i) if i.role == Role::Local => given[&i.name],
            Op::Loop(l) => {
                let (mut carried, read) = (args[..l.carried].to_vec(), &args[l.carried..]);
                let mut kept = vec![vec![None; l.count]; l.body.outputs.len() - l.carried];
                for p in l.positions() {
                    let mut given = BTreeMap::new();
                    given.extend(carried.iter().enumerate().map(|(k, v)| (format!("carry.{k}"), *v)));
                    given.extend(read.iter().enumerate().map(|(k, v)| (format!("read.{k}"), *v)));
                    let path = [path, &[(l.count, p)]].concat();
                    let made = unrolled(g, &l.body, &given, &path);
                    for (k, v) in made[l.carried..].iter().enumerate() {
                        let one = Shape([vec![Dim::fixed(1)], g.shape(*v).0].concat());
                        kept[k][p] = Some(g.reshape(*v, one));
                    }
                    carried = made[..l.carried].to_vec();
                }
                let stacks = kept.into_iter().enumerate().map(|(k, all)| {
                    // What is kept for positions before the first is 0.
                    let whole = l.result(l.carried + k).unwrap();
                    let all: Vec<Value> = all.into_iter().flatten().collect();
                    if all.is_empty() {
                        g.full(0.0, whole.shape)
                    } else if l.first > 0 {
                        let made = g.concat(&all, 0);
                        g.pad(made, 0, l.first, 0)
                    } else {
                        g.concat(&all, 0)
                    }
                });
                let stacks: Vec<Value> = stacks.collect();
                let all = [carried, stacks].concat();
                results.insert(v.0, all.clone());
                all[0]
            }
            Op::LoopResult(r) => results[&node.args[0].0][r.k],
            Op::DynSlice(s) => cut(g, args[0], &s.axes, &s.lens, &s.at, position),
            Op::DynUpdate(u) => {
                let axes: Vec<(usize, usize)> =
                    u.axes.iter().zip(&u.at).map(|(a, at)| (*a, at.start(position))).collect();
                put(g, args[0], args[1], &axes)
            }
            // All iterations' draws are one.
            Op::Random(r) => {
                let counts = path.iter().map(|p| Dim::fixed(p.0));
                let shape = Shape(counts.chain(r.shape.0.iter().copied()).collect());
                let mut all = g.push(Op::Random(Random { shape, ..r.clone() }), &[]);
                for (axis, (_, p)) in path.iter().enumerate() {
                    all = g.slice(all, axis, *p, 1);
                }
                g.reshape(all, r.shape.clone())
            }
            op => g.push(op.clone(), &args),
        };
        new.push(made);
    }
    from.outputs.iter().map(|(_, v)| new[v.0 as usize]).collect()
}

fn flat(from: &Graph) -> Graph {
    let mut g = Graph::new("flat");
    let made = unrolled(&mut g, from, &BTreeMap::new(), &[]);
    for ((name, _), v) in from.outputs.iter().zip(made) {
        g.output(name.clone(), v);
    }
    g
}

/// One random number of `[B, 2]` from others.
fn mixed(g: &mut Graph, rng: &mut Rng, pool: &mut Vec<Value>) -> Value {
    let pick = |rng: &mut Rng, pool: &[Value]| pool[rng.below(pool.len())];
    for _ in 0..5 {
        let (a, b) = (pick(rng, pool), pick(rng, pool));
        let v = match rng.below(5) {
            0 => g.unary(Unary::Tanh, a),
            1 => g.mul(a, b),
            2 => g.unary(Unary::Sigmoid, a),
            3 => {
                let sum = g.sum(a, &[1]);
                g.mul(sum, b)
            }
            _ => g.add(a, b),
        };
        pool.push(v);
    }
    let last = pool[pool.len() - 1];
    g.unary(Unary::Tanh, last)
}

/// A random iteration: states h and c of `[B, 2]`, a buffer of `[B, 4]` that is read and written, a matrix that is carried, a sequence
/// `[B, 4, 2]` and a matrix that are read, and draws; sometimes with a loop inside.
fn iteration(
    g: &mut Graph,
    rng: &mut Rng,
    carried: &[Value],
    read: &[Value],
    p: Value,
    depth: usize,
) -> Step<Value> {
    let &[h, c, buffer, m] = carried else { panic!("four values are carried") };
    let &[x, w] = read else { panic!("two values are read") };
    let at = g.dyn_slice(x, &[1], &[1], &[each(4)]);
    let at = g.reshape(at, Shape::batched(&[2]));
    let seen = g.dyn_slice(buffer, &[1], &[2], &[At { div: 1, modulo: 3, offset: 0, ahead: 0 }]);
    let told = g.matmul(h, w);
    let turned = g.matmul(c, m);
    let e = g.random(RandomKind::Normal, Shape::batched(&[2]));
    let place = g.mul_c(p, 0.3);
    let placed = g.add(c, place);
    let mut pool = vec![h, c, at, seen, told, turned, e, placed];
    if depth > 0 {
        let direction = Turns { count: 1 + rng.below(3), first: rng.below(2), reverse: rng.below(2) == 0 };
        let inner = g.loop_with(
            direction,
            [&[h, c, buffer, m], &[x, w]],
            |g, carried, read, p| iteration(g, rng, carried, read, p, depth - 1),
            |_, _| panic!("a body makes no input"),
        );
        pool.push(inner.carried[1]);
        let all = g.sum(inner.stacked[0], &[0]);
        pool.push(g.reshape(all, Shape::batched(&[2])));
    }
    let h2 = mixed(g, rng, &mut pool);
    let c2 = mixed(g, rng, &mut pool);
    let one = g.slice(h2, 1, rng.below(2), 1);
    let buffer = g.dyn_update(buffer, one, &[1], &[At { div: 2, modulo: 3, offset: 1, ahead: 0 }]);
    let grown = g.mul(m, w);
    let grown = g.unary(Unary::Tanh, grown);
    let m = if rng.below(2) == 0 { grown } else { m };
    let kept = if rng.below(2) == 0 { h } else { c2 };
    Step { carried: vec![h2, c2, buffer, m], stacked: vec![kept, seen] }
}

/// A loop with a random body and a number made of its results, with the inputs that a derivative is asked for.
fn random_loop(seed: u64) -> (Graph, Vec<Value>, BTreeMap<String, Tensor64>) {
    let mut rng = Rng(seed);
    let mut g = Graph::new("random");
    let shapes = ["[B, 2]", "[B, 2]", "[B, 4]", "[2, 2]", "[B, 4, 2]", "[2, 2]"];
    let (mut inputs, mut wrt) = (BTreeMap::new(), Vec::new());
    for (k, s) in shapes.iter().enumerate() {
        let shape: Shape = s.parse().unwrap();
        inputs.insert(format!("in{k}"), rng.tensor(&shape.at(BATCH), -1.0, 1.0));
        wrt.push(g.input(&format!("in{k}"), Role::Data, shape));
    }
    let count = [0, 1, 3, 4][rng.below(4)];
    let turns = Turns { count, first: rng.below(3).min(count), reverse: rng.below(2) == 0 };
    let depth = usize::from(rng.below(3) == 0);
    let (carried, read) = (wrt[..4].to_vec(), wrt[4..].to_vec());
    let made = g.loop_with(
        turns,
        [&carried, &read],
        |g, carried, read, p| iteration(g, &mut rng, carried, read, p, depth),
        |_, _| panic!("a body makes no input"),
    );
    let mut loss = g.scalar(0.0);
    for v in [made.carried, made.stacked].concat() {
        if rng.below(3) > 0 {
            let bent = g.unary(Unary::Sin, v);
            let sum = g.sum_all(bent);
            loss = g.add(loss, sum);
        }
    }
    g.output("loss", loss);
    (g, wrt, inputs)
}

/// The graph with the derivative of output `of` in `wrt` as outputs.
fn with_grad(g: &Graph, of: &str, wrt: &[Value], prefix: &str) -> Graph {
    let mut g = g.clone();
    let y = g.outputs.iter().find(|o| o.0 == of).unwrap().1;
    for (k, d) in grad(&mut g, y, wrt).into_iter().enumerate() {
        g.output(format!("{prefix}{k}"), d);
    }
    g
}

/// With a number made of the derivatives.
fn with_norm(g: &Graph, prefix: &str) -> Graph {
    let mut g = g.clone();
    let ds: Vec<Value> = g.outputs.iter().filter(|o| o.0.starts_with(prefix)).map(|o| o.1).collect();
    let mut sum = g.scalar(0.0);
    for (k, d) in ds.into_iter().enumerate() {
        let square = g.square(d);
        let weighed = g.mul_c(square, 1.0 + k as f64);
        let all = g.sum_all(weighed);
        sum = g.add(sum, all);
    }
    g.output("norm", sum);
    g
}

fn inputs_of(g: &Graph) -> Vec<Value> {
    let is = |n: &Node| matches!(&n.op, Op::Input(i) if i.name.starts_with("in"));
    let mut all: Vec<Value> = g.iter().filter(|(_, n)| is(n)).map(|(v, _)| v).collect();
    all.sort_by_key(|v| if let Op::Input(i) = &g.node(*v).op { i.name.clone() } else { String::new() });
    all
}

fn agree(seed: u64, what: &str, g: &Graph, want: &Graph, inputs: &BTreeMap<String, Tensor64>, tol: f64) {
    if let Err(all) = verify(g) {
        panic!("{seed} {what}: {}\n{}", all[0], text::print(g));
    }
    let (got, want) = (evaluate(g, inputs), evaluate(want, inputs));
    for (name, t) in &want {
        assert_close(&format!("{seed} {what}: {name}"), &got[name], t, tol);
    }
}

#[test]
fn random_loops_have_the_derivatives_of_their_copies() {
    for seed in 0..60 {
        let (g, wrt, inputs) = random_loop(seed);
        let plain = flat(&g);
        let (first, want) =
            (with_grad(&g, "loss", &wrt, "d"), with_grad(&plain, "loss", &inputs_of(&plain), "d"));
        agree(seed, "first", &first, &want, &inputs, 1e-9);
        agree(seed, "first, unrolled after", &flat(&first), &want, &inputs, 1e-9);
        let small = optimise(&first);
        agree(seed, "first, optimised", &small, &want, &inputs, 1e-9);
        agree(seed, "first, reordered", &lower_peak(&small, 64), &want, &inputs, 1e-9);
        assert_eq!(text::parse(&text::print(&small)).unwrap(), small);
        let (second, want) = (
            with_grad(&with_norm(&first, "d"), "norm", &wrt, "e"),
            with_grad(&with_norm(&want, "d"), "norm", &inputs_of(&want), "e"),
        );
        agree(seed, "second", &second, &want, &inputs, 1e-7);
        agree(seed, "second, optimised", &optimise(&second), &want, &inputs, 1e-7);
    }
}

#[test]
fn random_loops_have_the_derivatives_of_finite_differences() {
    for seed in 0..12 {
        let (g, wrt, inputs) = random_loop(seed);
        let got = evaluate(&with_grad(&g, "loss", &wrt, "d"), &inputs);
        for k in 0..wrt.len() {
            let want = differences(&g, &inputs, "loss", &format!("in{k}"), 1e-6);
            assert_close(&format!("{seed}: in{k}"), &got[&format!("d{k}")], &want, 1e-6);
        }
    }
}

/// An index is carried beside a state: no derivative passes to it, and it is on the tape. What leads nowhere has no derivative.
#[test]
fn integers_are_carried_and_have_no_derivative() {
    let mut g = Graph::new("indices");
    let h = g.input("in0", Role::Data, Shape::batched(&[3]));
    let w = g.input("in1", Role::Param, Shape::fixed(&[3, 3]));
    let unread = g.input("in2", Role::Data, Shape::batched(&[3]));
    let largest = |g: &mut Graph, x: Value| g.push(Op::ArgMax(ArgMax { axis: 1 }), &[x]);
    let i = largest(&mut g, h);
    let made = g.loop_with(
        Turns { count: 4, first: 0, reverse: false },
        [&[h, i, unread], &[w]],
        |g, carried, read, _| {
            let one = g.gather(carried[0], carried[1], 1);
            let told = g.matmul(carried[0], read[0]);
            let next = g.add(told, one);
            let next = g.unary(Unary::Tanh, next);
            let still = g.detach(carried[2]);
            Step { carried: vec![next, largest(g, told), still], stacked: vec![largest(g, next)] }
        },
        |_, _| panic!("a body makes no input"),
    );
    assert_eq!(g.ty(made.stacked[0]).dtype, DType::I);
    let sum = g.sum_all(made.carried[0]);
    let rest = g.sum_all(made.carried[2]);
    let loss = g.add(sum, rest);
    g.output("loss", loss);
    assert_eq!(grad_reach(&g, loss, &[h, w, unread]), [true, true, false]);
    let mut rng = Rng(5);
    let inputs: BTreeMap<String, Tensor64> =
        [("in0", vec![BATCH, 3]), ("in1", vec![3, 3]), ("in2", vec![BATCH, 3])]
            .map(|(n, d)| (n.to_string(), rng.tensor(&d, -1.0, 1.0)))
            .into();
    let (plain, wrt) = (flat(&g), [h, w, unread]);
    let first = with_grad(&g, "loss", &wrt, "d");
    agree(0, "indices", &first, &with_grad(&plain, "loss", &inputs_of(&plain), "d"), &inputs, 1e-12);
    assert!(evaluate(&first, &inputs)["d2"].data.iter().all(|d| *d == 0.0));
}

/// h <- tanh(h W + x_t) over a sequence of `count`, all states kept: the sum of their squares.
fn recurrent(count: usize, width: usize) -> (Graph, Vec<Value>) {
    let mut g = Graph::new("recurrent");
    let x = g.input("in0", Role::Data, Shape::batched(&[count, width]));
    let w = g.input("in1", Role::Param, Shape::fixed(&[width, width]));
    let h = g.full(0.0, Shape::batched(&[width]));
    let made = g.loop_with(
        Turns { count, first: 0, reverse: false },
        [&[h], &[x, w]],
        |g, carried, read, _| {
            let at = g.dyn_slice(read[0], &[1], &[1], &[each(count)]);
            let at = g.reshape(at, Shape::batched(&[width]));
            let told = g.matmul(carried[0], read[1]);
            let sum = g.add(told, at);
            let h = g.unary(Unary::Tanh, sum);
            Step { carried: vec![h], stacked: vec![h] }
        },
        |_, _| panic!("a body makes no input"),
    );
    let squares = g.square(made.stacked[0]);
    let loss = g.sum_all(squares);
    g.output("loss", loss);
    (g, vec![x, w])
}

#[test]
fn a_derivative_is_one_loop_and_costs_what_its_iterations_cost() {
    let size = |count: usize| {
        let (g, wrt) = recurrent(count, 8);
        let g = lower_peak(&optimise(&with_grad(&g, "loss", &wrt, "d")), 64);
        verify(&g).unwrap();
        (census(&g), madds(&g, 16), peak_bytes(&g, 16))
    };
    let (short, long) = (size(10), size(100));
    assert_eq!(short.0, long.0, "the graph grows with the sequence");
    assert_eq!(long.0.get("loop"), Some(&2));
    // A product forwards, and two backwards.
    assert_eq!(long.1, 100 * 3 * 16 * 64);
    // The sequence and its adjoint, the states, the tape of products and of states, and the adjoint of the states: at most eight of them, and the weights.
    assert!(long.2 < 16 * 64 * 4 + 8 * 100 * 16 * 8 * 4, "{}", long.2);
    assert!(long.2 < 10 * short.2 + 4096, "{} for 10, {} for 100", short.2, long.2);
}

/// A buffer of which each iteration reads and writes a part is not on the tape.
#[test]
fn of_a_buffer_only_parts_are_kept() {
    let mut g = Graph::new("buffer");
    let x = g.input("in0", Role::Data, Shape::batched(&[65]));
    let out = g.loop_over(64, &[x], &[], |g, carried, _, _| {
        let last = g.dyn_slice(carried[0], &[1], &[1], &[each(64)]);
        let bent = g.unary(Unary::Sin, last);
        vec![g.dyn_update(carried[0], bent, &[1], &[At { offset: 1, ..each(64) }])]
    });
    let loss = g.sum_all(out);
    g.output("loss", loss);
    let first = optimise(&with_grad(&g, "loss", &[x], "d"));
    let plain = flat(&g);
    let inputs = BTreeMap::from([("in0".to_string(), Rng(2).tensor(&[BATCH, 65], -1.0, 1.0))]);
    agree(0, "buffer", &first, &with_grad(&plain, "loss", &inputs_of(&plain), "d"), &inputs, 1e-12);
    // A whole buffer on the tape would be 64 of 65.
    assert!(peak_bytes(&first, 1) < 8 * 65 * 4, "{}", peak_bytes(&first, 1));
}
