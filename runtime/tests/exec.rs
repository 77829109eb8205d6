//! The executor against the f64 reference interpreter: every op, one node at a time and fused, on the CPU and on a GPU path.

use gmc_compiler::ir::grad;
use gmc_compiler::ir::graph::{Graph, Step, Turns, Value};
use gmc_compiler::ir::interp;
use gmc_compiler::ir::op::*;
use gmc_compiler::ir::shape::{DType, Dim, Shape};
use gmc_compiler::ir::tensor::Tensor64;
use gmc_runtime::exec::{
    Device, DeviceChoice, DeviceKind, ExecError, Executable, RngKey, RunOptions, Tensor, list, open, random,
};
use std::collections::{BTreeMap, BTreeSet};

const BATCH: usize = 3;
const KEY: RngKey = RngKey { seed: 11, step: 5 };

/// Numbers in (-2, 2) that look random.
fn numbers(n: usize, salt: usize) -> Vec<f64> {
    (0..n)
        .map(|i| 2.0 * ((i * 7919 + salt * 104_729 + 13) as f64).sin())
        .map(|x| f64::from(x as f32))
        .collect()
}

struct Case {
    name: String,
    graph: Graph,
    /// Bound on |got - want| / (1 + |want|).
    tolerance: f64,
}

fn data(g: &mut Graph, name: &str, event: &[usize]) -> Value {
    g.input(name, Role::Data, Shape::batched(event))
}

fn param(g: &mut Graph, name: &str, dims: &[usize]) -> Value {
    g.input(name, Role::Param, Shape::fixed(dims))
}

fn case(name: &str, build: impl FnOnce(&mut Graph) -> Vec<Value>) -> Case {
    let mut graph = Graph::new(name);
    let out = build(&mut graph);
    for (i, v) in out.into_iter().enumerate() {
        graph.output(format!("o{i}"), v);
    }
    Case { name: name.into(), graph, tolerance: 2e-5 }
}

/// exp(x): an argument that is positive.
fn positive(g: &mut Graph, name: &str) -> Value {
    let x = data(g, name, &[4]);
    g.exp(x)
}

const UNARY: [Unary; 22] = [
    Unary::Neg,
    Unary::Exp,
    Unary::Log,
    Unary::Log1p,
    Unary::Expm1,
    Unary::Sqrt,
    Unary::Recip,
    Unary::Square,
    Unary::Abs,
    Unary::Sign,
    Unary::Floor,
    Unary::Relu,
    Unary::Step,
    Unary::Tanh,
    Unary::Sigmoid,
    Unary::Softplus,
    Unary::Sin,
    Unary::Cos,
    Unary::Erf,
    Unary::Lgamma,
    Unary::Digamma,
    Unary::Trigamma,
];
const BINARY: [Binary; 7] =
    [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Pow, Binary::Max, Binary::Min];
const COMPARE: [Compare; 6] = [Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge, Compare::Eq, Compare::Ne];

/// Whether a function needs a positive argument.
fn needs_positive(u: Unary) -> bool {
    match u {
        Unary::Log | Unary::Sqrt | Unary::Lgamma | Unary::Digamma | Unary::Trigamma | Unary::Log1p => true,
        Unary::Neg
        | Unary::Exp
        | Unary::Expm1
        | Unary::Recip
        | Unary::Square
        | Unary::Abs
        | Unary::Sign
        | Unary::Floor => false,
        Unary::Relu
        | Unary::Step
        | Unary::Tanh
        | Unary::Sigmoid
        | Unary::Softplus
        | Unary::Sin
        | Unary::Cos
        | Unary::Erf => false,
    }
}

fn elementwise_cases() -> Vec<Case> {
    let mut all = Vec::new();
    for u in UNARY {
        all.push(case(&format!("{u:?}"), |g| {
            let x = if needs_positive(u) { positive(g, "x") } else { data(g, "x", &[4]) };
            vec![g.unary(u, x)]
        }));
    }
    // The argument's axes beside a row, a column, a channel, a scalar input and a constant.
    for b in BINARY {
        all.push(case(&format!("{b:?}"), |g| {
            let x = positive(g, "x");
            let shapes: [&[usize]; 2] = [&[1, 4], &[1, 1]];
            let mut out: Vec<Value> = shapes
                .iter()
                .enumerate()
                .map(|(i, s)| {
                    let y = param(g, &format!("y{i}"), s);
                    g.binary(b, x, y)
                })
                .collect();
            let column = data(g, "c", &[1]);
            out.push(g.binary(b, x, column));
            let s = g.input("s", Role::Scalar, Shape::scalar());
            out.push(g.binary(b, x, s));
            let k = g.scalar(1.5);
            out.push(g.binary(b, x, k));
            let k = g.scalar(3.0);
            out.push(g.binary(b, x, k));
            let k = g.scalar(2.5);
            out.push(g.binary(b, k, x));
            let t = g.scalar(0.25);
            out.push(g.binary(b, s, t));
            out
        }));
    }
    all.push(case("channel broadcast", |g| {
        let x = data(g, "x", &[3, 2, 2]);
        let c = param(g, "c", &[1, 3, 1, 1]);
        let mid =
            g.input("m", Role::Data, Shape(vec![Dim::BATCH, Dim::fixed(1), Dim::fixed(2), Dim::fixed(1)]));
        let a = g.add(x, c);
        let b = g.mul(a, mid);
        vec![g.exp(b)]
    }));
    for c in COMPARE {
        all.push(case(&format!("{c:?}"), |g| {
            let (x, y) = (data(g, "x", &[4]), param(g, "y", &[1, 4]));
            let n = g.unary(Unary::Floor, x);
            let m = g.unary(Unary::Floor, y);
            let p = g.compare(c, n, m);
            let i = g.cast(n, DType::I);
            let j = g.cast(m, DType::I);
            let q = g.compare(c, i, j);
            vec![g.cast(p, DType::F), q, p]
        }));
    }
    all.push(case("logic, select, cast", |g| {
        let (x, y) = (data(g, "x", &[4]), param(g, "y", &[1, 4]));
        let zero = g.scalar(0.0);
        let p = g.compare(Compare::Gt, x, zero);
        let q = g.compare(Compare::Lt, y, zero);
        let and = g.push(Op::Logic(Logic::And), &[p, q]);
        let or = g.push(Op::Logic(Logic::Or), &[p, q]);
        let not = g.push(Op::Logic(Logic::Not), &[q]);
        let s = g.select(and, x, zero);
        let t = g.select(or, s, y);
        let u = g.select(not, y, t);
        let i = g.cast(x, DType::I);
        let back = g.cast(i, DType::F);
        let nonzero = g.cast(back, DType::B);
        let ib = g.cast(i, DType::B);
        let bi = g.cast(nonzero, DType::I);
        vec![and, or, not, s, t, u, back, nonzero, ib, bi]
    }));
    all.push(case("wide", |g| {
        let (x, y, z) = (positive(g, "x"), param(g, "y", &[1, 4]), data(g, "z", &[1]));
        let s = g.input("s", Role::Scalar, Shape::scalar());
        // lgamma of large numbers: in f32 nothing is left of the difference.
        let op = Wide::of(3, |_, args| match *args {
            [x, y, s] => y.lt(s).select((x + 1e7).lgamma() - (s + 1e7).lgamma(), (x * s).ln()),
            _ => panic!("there are three"),
        });
        vec![g.push(Op::Wide(op.clone()), &[x, y, s]), g.push(Op::Wide(op), &[x, z, s])]
    }));
    all
}

fn layout_cases() -> Vec<Case> {
    vec![
        case("leaves", |g| {
            let lit = g.literal(vec![1.0, -2.5, 3.0], &[3]);
            let mask = g.push(
                Op::Literal(Literal {
                    data: vec![1.0, 0.0, 1.0],
                    dtype: DType::B,
                    shape: Shape::fixed(&[3]),
                }),
                &[],
            );
            let ints = g.push(
                Op::Literal(Literal {
                    data: vec![4.0, 0.0, 1.0],
                    dtype: DType::I,
                    shape: Shape::fixed(&[3]),
                }),
                &[],
            );
            let full = g.full(2.5, Shape::batched(&[2]));
            let x = data(g, "x", &[2]);
            let sum = g.add(full, x);
            let iota = g.iota(Shape::batched(&[4]), 1);
            let rows = g.iota(Shape::batched(&[4]), 0);
            let u = g.random(RandomKind::Uniform, Shape::batched(&[5]));
            let n = g.random(RandomKind::Normal, Shape::fixed(&[7]));
            let count = g.push(Op::Count(Count { shape: Shape::batched(&[4]) }), &[]);
            let per = g.div(x, count);
            vec![lit, mask, ints, full, sum, iota, rows, u, n, count, per]
        }),
        case("views", |g| {
            let x = data(g, "x", &[2, 6]);
            let r = g.reshape(x, Shape::batched(&[3, 4]));
            let p = g.permute(r, &[2, 0, 1]);
            let e = g.exp(p);
            let s = g.slice(e, 0, 1, 2);
            let n = g.neg(s);
            let d = g.detach(n);
            let t = g.transpose(d);
            let column = data(g, "c", &[1]);
            let wide = g.broadcast(column, Shape::batched(&[4]));
            let k = g.input("s", Role::Scalar, Shape::scalar());
            let spread = g.broadcast(k, Shape::batched(&[2, 2]));
            vec![r, p, s, d, t, wide, spread]
        }),
        case("pad, concat", |g| {
            let x = data(g, "x", &[3]);
            let p = g.push(Op::Pad(Pad { axis: 1, before: 2, after: 1 }), &[x]);
            let q = g.push(Op::Pad(Pad { axis: 1, before: 0, after: 2 }), &[p]);
            let y = data(g, "y", &[2]);
            let c = g.concat(&[x, y, x], 1);
            vec![p, q, c]
        }),
        case("take, put", |g| {
            let x = data(g, "x", &[4]);
            let t = g.take(x, 1, vec![3, 0, 0, 2]);
            let run = g.take(x, 1, vec![1, 2]);
            let p = g.put(x, 1, vec![5, 1, 1, 0], 6);
            let q = g.put(x, 1, vec![1, 2, 3, 4], 6);
            vec![t, run, p, q]
        }),
        case("gather, lookup", |g| {
            let x = data(g, "x", &[4]);
            let i = g.push(
                Op::Literal(Literal { data: vec![3.0, 0.0], dtype: DType::I, shape: Shape::fixed(&[1, 2]) }),
                &[],
            );
            let i = g.push(Op::Broadcast(Broadcast { shape: Shape::batched(&[2]) }), &[i]);
            let a = g.gather(x, i, 1);
            let s = g.push(Op::ScatterAdd(ScatterAdd { axis: 1, size: Dim::fixed(5) }), &[i, a]);
            let w = param(g, "w", &[6, 2]);
            let rows = g.iota(Shape::batched(&[]), 0);
            let l = g.push(Op::Lookup(Lookup), &[w, rows]);
            let back = g.push(Op::LookupAdd(LookupAdd { size: 6 }), &[rows, l]);
            vec![a, s, l, back]
        }),
    ]
}

fn heavy_cases() -> Vec<Case> {
    let mut all = vec![
        case("matmul", |g| {
            let (x, w) = (data(g, "x", &[5]), param(g, "w", &[5, 4]));
            let y = g.matmul(x, w);
            let wt = g.transpose(w);
            let z = g.matmul(y, wt);
            let xt = g.transpose(x);
            let dw = g.matmul(xt, y);
            vec![y, z, dw]
        }),
        case("batched matmul", |g| {
            let (x, y) = (data(g, "x", &[2, 3, 4]), data(g, "y", &[2, 4, 5]));
            let shared = param(g, "w", &[1, 1, 4, 3]);
            let heads = param(g, "h", &[1, 2, 4, 3]);
            let a = g.matmul(x, y);
            let b = g.matmul(x, shared);
            let c = g.matmul(x, heads);
            let yt = g.transpose(y);
            let d = g.matmul(yt, y);
            let left = param(g, "l", &[1, 1, 6, 4]);
            let e = g.matmul(left, y);
            vec![a, b, c, d, e]
        }),
        case("argmax", |g| {
            let x = data(g, "x", &[5, 2]);
            let a = g.push(Op::ArgMax(ArgMax { axis: 1 }), &[x]);
            let tie = g.full(1.0, Shape::batched(&[3]));
            let b = g.push(Op::ArgMax(ArgMax { axis: 1 }), &[tie]);
            vec![a, b]
        }),
    ];
    for kind in [ReduceKind::Sum, ReduceKind::Mean, ReduceKind::Max] {
        all.push(case(&format!("{kind:?}"), |g| {
            let x = data(g, "x", &[2, 3, 4]);
            let axes: [&[usize]; 7] = [&[0], &[3], &[1, 2], &[0, 2], &[0, 1, 2, 3], &[1, 3], &[0, 3]];
            axes.iter().map(|a| g.reduce(kind, x, a)).collect()
        }));
    }
    let geoms = [
        ([1, 1], [0, 0], [1, 1], 1),
        ([2, 2], [1, 1], [1, 1], 1),
        ([1, 2], [2, 1], [2, 1], 1),
        ([1, 1], [1, 1], [1, 1], 2),
        ([3, 3], [0, 2], [1, 2], 2),
    ];
    for (stride, pad, dilation, groups) in geoms {
        all.push(case(&format!("conv {stride:?} {pad:?} {dilation:?} {groups}"), |g| {
            let geom = ConvGeom { stride, pad, dilation, groups };
            let (x, w) = (data(g, "x", &[4, 7, 6]), param(g, "w", &[6, 4 / groups, 3, 3]));
            let y = g.push(Op::Conv2d(Conv2d(geom)), &[x, w]);
            let shape = g.shape(y);
            let size = |axis: usize| shape.0.get(axis).map_or(0, |d| d.n);
            let reach = |i: usize, have: usize, out: usize| {
                have + 2 * pad[i] - dilation[i] * 2 - 1 - (out - 1) * stride[i]
            };
            let out_pad = [reach(0, 7, size(2)), reach(1, 6, size(3))];
            let back = g.push(Op::ConvTranspose2d(ConvTranspose2d { geom, out_pad }), &[y, w]);
            let dw = g.push(Op::ConvWeight(ConvWeight { geom, kernel: [3, 3] }), &[x, y]);
            vec![y, back, dw]
        }));
    }
    // As many images as are not taken all at once, the last ones fewer.
    all.push(case("conv of 37 images", |g| {
        let geom = ConvGeom { stride: [2, 2], pad: [1, 1], dilation: [1, 1], groups: 1 };
        let (x, w) = (param(g, "x", &[37, 2, 9, 9]), param(g, "w", &[4, 2, 3, 3]));
        let y = g.push(Op::Conv2d(Conv2d(geom)), &[x, w]);
        let back = g.push(Op::ConvTranspose2d(ConvTranspose2d { geom, out_pad: [0, 0] }), &[y, w]);
        let dw = g.push(Op::ConvWeight(ConvWeight { geom, kernel: [3, 3] }), &[x, y]);
        vec![y, back, dw]
    }));
    all
}

fn cases() -> Vec<Case> {
    let mut all = elementwise_cases();
    all.extend(layout_cases());
    all.extend(heavy_cases());
    all.extend(loop_cases());
    all.push(loss_and_update());
    all
}

/// The ops of a graph and of the bodies in it, each with how often it runs.
fn ops(graph: &Graph) -> Vec<(&Op, usize)> {
    let mut all = Vec::new();
    for node in &graph.nodes {
        all.push((&node.op, 1));
        if let Op::Loop(l) = &node.op {
            all.extend(ops(&l.body).into_iter().map(|(op, n)| (op, n * l.count)));
        }
    }
    all
}

/// Several carried values, of which one leads nowhere; parts at the places of iterations; draws; a loop in a loop.
fn loop_cases() -> Vec<Case> {
    let at = [At { div: 3, modulo: 2, offset: 1, ahead: 0 }, At { div: 1, modulo: 3, offset: 0, ahead: 0 }];
    vec![
        case("loop", |g| {
            let (x, w) = (data(g, "x", &[4]), param(g, "w", &[4, 4]));
            let (e, z) = (g.exp(x), g.scalar(0.5));
            let out = g.loop_over(5, &[x, e, z], &[w], |g, carried, read, p| {
                let h = g.matmul(carried[0], read[0]);
                let h = g.unary(Unary::Tanh, h);
                let noise = g.random(RandomKind::Normal, Shape::batched(&[4]));
                let scaled = g.mul(noise, carried[1]);
                let moved = g.add(h, scaled);
                let less = g.mul_c(carried[1], 0.5);
                let p = g.add_c(p, 1.0);
                let less = g.div(less, p);
                let z = g.add_c(carried[2], 1.0);
                vec![moved, less, z]
            });
            vec![out, x]
        }),
        case("parts", |g| {
            let (x, y) = (data(g, "x", &[3, 5, 2]), data(g, "y", &[1, 1, 2]));
            let out = g.loop_over(6, &[x], &[y], |g, carried, read, _| {
                let old = g.dyn_slice(carried[0], &[1, 2], &[1, 2], &at);
                let sum = g.sum(old, &[2]);
                let new = g.add(sum, read[0]);
                let new = g.unary(Unary::Sin, new);
                vec![g.dyn_update(carried[0], new, &[1, 2], &at)]
            });
            let flipped = g.permute(x, &[0, 2, 1, 3]);
            let turned = g.loop_over(4, &[flipped], &[flipped], |g, carried, read, _| {
                let old = g.dyn_slice(read[0], &[1, 2], &[2, 1], &at);
                let old = g.mul_c(old, 2.0);
                vec![g.dyn_update(carried[0], old, &[1, 2], &at)]
            });
            vec![out, turned, x]
        }),
        case("parts of indices and truth values", |g| {
            let x = data(g, "x", &[3]);
            let i = g.cast(x, DType::I);
            let row = |n| [At { div: 1, modulo: n, offset: 0, ahead: 0 }];
            let i = g.loop_over(2, &[i], &[], |g, carried, _, _| {
                let one = g.dyn_slice(carried[0], &[1], &[1], &row(3));
                vec![g.dyn_update(carried[0], one, &[1], &[At { offset: 1, ..row(2)[0] }])]
            });
            let b = g.cast(x, DType::B);
            let b = g.loop_over(3, &[b], &[], |g, carried, _, _| {
                let one = g.dyn_slice(carried[0], &[1], &[1], &row(3));
                let not = g.push(Op::Logic(Logic::Not), &[one]);
                vec![g.dyn_update(carried[0], not, &[1], &row(3))]
            });
            vec![i, b]
        }),
        case("derivative of a loop", |g| {
            let (x, w) = (data(g, "x", &[5, 4]), param(g, "w", &[4, 4]));
            let (h, c) = (data(g, "h", &[4]), data(g, "c", &[6]));
            let made = g.loop_with(
                Turns { count: 5, first: 1, reverse: true },
                [&[h, c], &[x, w]],
                |g, carried, read, _| {
                    let here =
                        g.dyn_slice(read[0], &[1], &[1], &[At { div: 1, modulo: 5, offset: 0, ahead: 0 }]);
                    let here = g.reshape(here, Shape::batched(&[4]));
                    let told = g.matmul(carried[0], read[1]);
                    let sum = g.add(told, here);
                    let noise = g.random(RandomKind::Normal, Shape::batched(&[4]));
                    let noise = g.mul(noise, here);
                    let sum = g.add(sum, noise);
                    let h = g.unary(Unary::Tanh, sum);
                    let part = g.slice(h, 1, 1, 2);
                    let c = g.dyn_update(
                        carried[1],
                        part,
                        &[1],
                        &[At { div: 1, modulo: 5, offset: 0, ahead: 0 }],
                    );
                    let large = g.compare(Compare::Gt, h, here);
                    Step { carried: vec![h, c], stacked: vec![large, h] }
                },
                |_, _| panic!("a body makes no input"),
            );
            let large = g.cast(made.stacked[0], DType::F);
            let kept = g.mul(made.stacked[1], large);
            let bent = g.square(made.carried[1]);
            let (a, b) = (g.sum_all(kept), g.sum_all(bent));
            let loss = g.add(a, b);
            let mut all = grad::grad(g, loss, &[x, w, h, c]);
            all.extend([made.carried[0], made.carried[1], made.stacked[1], kept]);
            all
        }),
        case("loop in a loop", |g| {
            let (x, v) = (data(g, "x", &[6]), param(g, "v", &[1, 6]));
            let out = g.loop_over(2, &[x, v], &[v], |g, carried, read, outer| {
                let inner = g.loop_over(3, &[carried[0]], &[read[0], outer], |g, carried, read, _| {
                    let u = g.random(RandomKind::Uniform, Shape::batched(&[2]));
                    let wide = g.add(u, read[1]);
                    let halves = [At { div: 1, modulo: 3, offset: 0, ahead: 0 }];
                    let here = g.dyn_slice(carried[0], &[1], &[2], &[At { offset: 1, ..halves[0] }]);
                    let here = g.add(here, wide);
                    let next = g.dyn_update(carried[0], here, &[1], &halves);
                    vec![g.mul(next, read[0])]
                });
                let back = g.add_c(carried[1], 1.0);
                vec![inner, back]
            });
            vec![out]
        }),
    ]
}

/// A dense network with a Bernoulli likelihood, its gradient and an Adam step: the shape of a training step.
fn loss_and_update() -> Case {
    let mut c = case("training step", |g| {
        let x = data(g, "x", &[6]);
        let w = param(g, "w", &[6, 6]);
        let b = param(g, "b", &[6]);
        let b2 = g.lift(b, 2);
        let h = g.matmul(x, w);
        let h = g.add(h, b2);
        let a = g.unary(Unary::Tanh, h);
        let logits = g.matmul(a, w);
        let soft = g.softplus(logits);
        let y = g.sigmoid(x);
        let yl = g.mul(y, logits);
        let nll = g.sub(soft, yl);
        let e = g.sum_event(nll);
        let loss = g.mean_all(e);
        let grads = gmc_compiler::ir::grad::grad(g, loss, &[w, b]);
        let mut out = vec![loss];
        for (i, (p, d)) in [w, b].into_iter().zip(grads).enumerate() {
            let shape = g.shape(p);
            let m = g.input(&format!("m{i}"), Role::State, shape.clone());
            let v = g.input(&format!("v{i}"), Role::State, shape);
            let v = g.square(v);
            let (m9, d1) = (g.mul_c(m, 0.9), g.mul_c(d, 0.1));
            let m = g.add(m9, d1);
            let d2 = g.square(d);
            let (v9, d1) = (g.mul_c(v, 0.999), g.mul_c(d2, 0.001));
            let v = g.add(v9, d1);
            let root = g.sqrt(v);
            let root = g.add_c(root, 1e-8);
            let rate = g.input("rate", Role::Scalar, Shape::scalar());
            let step = g.div(m, root);
            let step = g.mul(rate, step);
            let p = g.sub(p, step);
            out.extend([p, m, v]);
        }
        out
    });
    c.tolerance = 2e-4;
    c
}

fn variant(op: &Op) -> &'static str {
    match op {
        Op::Input(_) => "Input",
        Op::Full(_) => "Full",
        Op::Literal(_) => "Literal",
        Op::Iota(_) => "Iota",
        Op::Random(_) => "Random",
        Op::Count(_) => "Count",
        Op::Unary(_) => "Unary",
        Op::Binary(_) => "Binary",
        Op::Compare(_) => "Compare",
        Op::Logic(_) => "Logic",
        Op::Select(_) => "Select",
        Op::Wide(_) => "Wide",
        Op::Cast(_) => "Cast",
        Op::Detach(_) => "Detach",
        Op::Broadcast(_) => "Broadcast",
        Op::Reduce(_) => "Reduce",
        Op::ArgMax(_) => "ArgMax",
        Op::MatMul(_) => "MatMul",
        Op::Conv2d(_) => "Conv2d",
        Op::ConvTranspose2d(_) => "ConvTranspose2d",
        Op::ConvWeight(_) => "ConvWeight",
        Op::Gather(_) => "Gather",
        Op::ScatterAdd(_) => "ScatterAdd",
        Op::Take(_) => "Take",
        Op::Put(_) => "Put",
        Op::Lookup(_) => "Lookup",
        Op::LookupAdd(_) => "LookupAdd",
        Op::Reshape(_) => "Reshape",
        Op::Permute(_) => "Permute",
        Op::Slice(_) => "Slice",
        Op::Pad(_) => "Pad",
        Op::Concat(_) => "Concat",
        Op::Loop(_) => "Loop",
        Op::DynSlice(_) => "DynSlice",
        Op::DynUpdate(_) => "DynUpdate",
        Op::LoopResult(_) => "LoopResult",
    }
}

/// Number of variants of [`Op`]; the match above does not compile when it lacks one, and this then has to follow.
const VARIANTS: usize = 36;

fn inputs(graph: &Graph) -> BTreeMap<String, Tensor64> {
    let mut all = BTreeMap::new();
    for (i, node) in graph.nodes.iter().enumerate() {
        if let Op::Input(input) = &node.op {
            let dims = input.shape.at(BATCH);
            let v = numbers(dims.iter().product(), i);
            // Scalars stay away from 0, where a quotient would blow up every rounding.
            let v = if dims.is_empty() { vec![1.25] } else { v };
            all.insert(input.name.clone(), Tensor64::new(&dims, v).expect("sizes agree"));
        }
    }
    all
}

fn on(device: &Device, given: &BTreeMap<String, Tensor64>) -> BTreeMap<String, Tensor> {
    given
        .iter()
        .map(|(k, t)| {
            (k.clone(), Tensor::from_f32(device, t.data.iter().map(|x| *x as f32).collect(), &t.dims))
        })
        .collect()
}

fn execute(graph: &Graph, device: &Device, options: RunOptions) -> Vec<(String, Tensor)> {
    let mut given = on(device, &inputs(graph));
    Executable::new(graph).run_with(device, BATCH, &mut |n| given.remove(n), KEY, options).expect("runs")
}

fn reference(graph: &Graph) -> Vec<(String, Tensor64)> {
    let salt = random::salt(&graph.name);
    // What a node in loops draws is one draw of all iterations for the reference, and one with a key of its own for the executor.
    let ops = ops(graph);
    let draws = |kind, stream, n| {
        let drawn = |(op, _): &&(&Op, usize)| matches!(op, Op::Random(r) if r.stream == stream);
        let times = ops.iter().find(drawn).map_or(1, |(_, times)| *times);
        let one = |i| random::values_in(kind, KEY, salt, (stream, i), n / times);
        (0..times as u64).flat_map(one).map(f64::from).collect()
    };
    interp::run(graph, &interp::Env { batch: BATCH, inputs: inputs(graph), random: &draws })
        .expect("the reference runs")
}

fn agree(case: &Case, got: &[(String, Tensor)], how: &str) {
    for ((name, t), (_, want)) in got.iter().zip(reference(&case.graph)) {
        assert_eq!(t.shape(), want.dims, "{} {name} {how}: shape", case.name);
        for (i, (a, b)) in t.to_f32().iter().zip(&want.data).enumerate() {
            let err = (f64::from(*a) - b).abs() / (1.0 + b.abs());
            assert!(
                err <= case.tolerance,
                "{} {name}[{i}] {how}: {a}, expected {b}, error {err:e}",
                case.name
            );
        }
    }
}

const PLAIN: RunOptions = RunOptions { check: false, fuse: false, profile: false };
const FUSED: RunOptions = RunOptions { check: false, fuse: true, profile: false };
const CHECKED: RunOptions = RunOptions { check: true, fuse: true, profile: false };

#[test]
fn every_op_has_a_case() {
    let seen: BTreeSet<&str> = cases()
        .iter()
        .flat_map(|c| ops(&c.graph).into_iter().map(|(op, _)| variant(op)).collect::<Vec<_>>())
        .collect();
    assert_eq!(seen.len(), VARIANTS, "an op is in no case; seen {seen:?}");
}

#[test]
fn cpu_agrees_with_the_reference() {
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    for c in cases() {
        agree(&c, &execute(&c.graph, &cpu, PLAIN), "one by one");
        agree(&c, &execute(&c.graph, &cpu, FUSED), "fused");
    }
}

#[test]
fn checked_runs_agree_too() {
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    agree(&loss_and_update(), &execute(&loss_and_update().graph, &cpu, CHECKED), "checked");
}

/// Runs on a hardware GPU, else on a software adapter, else says so.
#[test]
fn gpu_agrees_with_the_reference() {
    let Some(gpu) = [DeviceChoice::Gpu, DeviceChoice::Software].into_iter().find_map(|c| open(c).ok()) else {
        eprintln!("no adapter");
        return;
    };
    for mut c in cases() {
        c.tolerance = c.tolerance.max(2e-4);
        agree(&c, &execute(&c.graph, &gpu, PLAIN), "on the GPU path");
    }
}

#[test]
fn runs_are_identical_bit_for_bit() {
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    for c in cases() {
        let (a, b) = (execute(&c.graph, &cpu, FUSED), execute(&c.graph, &cpu, FUSED));
        for ((name, x), (_, y)) in a.iter().zip(&b) {
            let bits = |t: &Tensor| t.to_f32().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(x), bits(y), "{} {name}", c.name);
        }
    }
}

/// Large enough for several blocks and threads, with every way an argument can be broadcast.
#[test]
fn large_kernels_agree_with_single_operations() {
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    let mut g = Graph::new("large");
    let x = data(&mut g, "x", &[7, 5003]);
    let row = param(&mut g, "row", &[1, 1, 5003]);
    let channel = param(&mut g, "channel", &[1, 7, 1]);
    let column = data(&mut g, "column", &[1, 1]);
    let a = g.add(x, row);
    let b = g.mul(a, channel);
    let c = g.sub(b, column);
    let s = g.softplus(c);
    let t = g.unary(Unary::Tanh, c);
    let zero = g.scalar(0.0);
    let p = g.compare(Compare::Gt, x, zero);
    let r = g.select(p, s, t);
    for (n, v) in [("r", r), ("s", s), ("p", p), ("c", c)] {
        g.output(n, v);
    }
    let (plain, fused) = (execute(&g, &cpu, PLAIN), execute(&g, &cpu, FUSED));
    for ((name, x), (_, y)) in plain.iter().zip(&fused) {
        for (i, (a, b)) in x.to_f32().iter().zip(y.to_f32()).enumerate() {
            assert!((a - b).abs() <= 2e-6 * (1.0 + b.abs()), "{name}[{i}]: {a} one by one, {b} fused");
        }
    }
}

#[test]
fn fusing_leaves_few_steps() {
    let (all, single) = Executable::new(&loss_and_update().graph).units();
    let nodes = loss_and_update().graph.nodes.len();
    assert!(all < nodes / 2, "{all} steps ({single} of one node) for {nodes} nodes");
}

#[test]
fn inputs_given_away_are_updated_in_place_and_kept_ones_are_not() {
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    let mut g = Graph::new("inplace");
    let x = param(&mut g, "x", &[2048]);
    let y = g.add_c(x, 1.0);
    let z = g.exp(x);
    g.output("y", y);
    g.output("z", z);
    let kept = Tensor::from_f32(&cpu, vec![0.5; 2048], &[2048]);
    let exe = Executable::new(&g);
    let out = exe.run(&cpu, 1, &mut |_| Some(kept.clone()), KEY).expect("runs");
    assert!(kept.to_f32().iter().all(|v| *v == 0.5), "a tensor that the caller kept was overwritten");
    let mut gone = Some(Tensor::from_f32(&cpu, vec![0.5; 2048], &[2048]));
    let again = exe.run(&cpu, 1, &mut |_| gone.take(), KEY).expect("runs");
    for ((_, a), (_, b)) in out.iter().zip(&again) {
        assert_eq!(a.to_f32(), b.to_f32());
    }
}

#[test]
fn averages_of_a_gradient_that_stays_zero_end_at_zero() {
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    let mut g = Graph::new("decay");
    let m = param(&mut g, "m", &[2048]);
    let next = g.mul_c(m, 0.9);
    g.output("m", next);
    let exe = Executable::new(&g);
    let mut m = Tensor::from_f32(&cpu, vec![1e-37; 2048], &[2048]);
    for round in 0..30 {
        m = exe.run(&cpu, 1, &mut |_| Some(m.clone()), KEY).expect("runs").remove(0).1;
        // 1e-37 · 0.9^20 is the last that is normal (1.2158e-38); among subnormals 0.9 x would stop at 7e-45 and never be 0.
        let want = if round < 20 { 1e-37 * 0.9f64.powi(round + 1) } else { 0.0 };
        assert!(
            m.to_f32().iter().all(|x| (f64::from(*x) - want).abs() <= 1e-5 * want),
            "{round}: {} is not {want}",
            m.to_f32()[0]
        );
    }
}

#[test]
fn wrong_inputs_are_errors() {
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    let mut g = Graph::new("wrong");
    let x = data(&mut g, "x", &[2]);
    let y = g.exp(x);
    g.output("y", y);
    let exe = Executable::new(&g);
    assert_eq!(
        exe.run(&cpu, 3, &mut |_| None, KEY).err(),
        Some(ExecError::MissingInput { name: "x".into() })
    );
    let wrong = Tensor::zeros(&cpu, &[3, 4]);
    let err = exe.run(&cpu, 3, &mut |_| Some(wrong.clone()), KEY).err();
    assert_eq!(
        err,
        Some(ExecError::InputShape { name: "x".into(), expected: vec![3, 2], found: vec![3, 4] })
    );
}

#[test]
fn the_first_value_that_is_not_finite_is_named() {
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    let mut g = Graph::new("nan");
    let x = data(&mut g, "x", &[2]);
    let e = g.exp(x);
    let l = g.log(x);
    let s = g.add(e, l);
    let r = g.sqrt(s);
    g.output("r", r);
    let exe = Executable::new(&g);
    let minus = Tensor::from_f32(&cpu, vec![1.0, -1.0], &[1, 2]);
    let err = exe.run_with(&cpu, 1, &mut |_| Some(minus.clone()), KEY, CHECKED).err();
    match err {
        Some(ExecError::NotFinite { node, .. }) => assert_eq!(node, l.0 as usize),
        other => panic!("expected the logarithm to be named, got {other:?}"),
    }
    assert!(exe.run_with(&cpu, 1, &mut |_| Some(minus.clone()), KEY, FUSED).is_ok());
}

#[test]
fn indices_out_of_range_read_the_nearest_row() {
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    let mut g = Graph::new("range");
    let w = param(&mut g, "w", &[3, 1]);
    let i = g.push(
        Op::Literal(Literal { data: vec![-5.0, 9.0], dtype: DType::I, shape: Shape::fixed(&[2]) }),
        &[],
    );
    let l = g.push(Op::Lookup(Lookup), &[w, i]);
    g.output("l", l);
    let w = Tensor::from_f32(&cpu, vec![1.0, 2.0, 3.0], &[3, 1]);
    let out = Executable::new(&g).run(&cpu, 1, &mut |_| Some(w.clone()), KEY).expect("runs");
    assert_eq!(out[0].1.to_f32(), vec![1.0, 3.0]);
}

#[test]
fn devices_are_listed_and_missing_ones_are_errors() {
    let all = list();
    assert_eq!(all[0].kind, DeviceKind::Cpu);
    if !all.iter().any(|d| d.kind == DeviceKind::Gpu) {
        let err = open(DeviceChoice::Gpu).expect_err("there is no GPU");
        assert_eq!(err.found, all);
        let text = err.to_string();
        assert!(text.contains("CPU") && text.contains("--device cpu"), "{text}");
        assert_eq!(open(DeviceChoice::Auto).expect("falls back").info().kind, DeviceKind::Cpu);
    }
}
