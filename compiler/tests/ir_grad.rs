//! First and second derivatives of every op against central differences in f64.

use crate::ir_common::*;
use gmc_compiler::ir::ops::{BINARY, COMPARE, LOGIC, UNARY};
use gmc_compiler::ir::*;
use std::collections::{BTreeMap, BTreeSet};

/// One op applied to arguments of these types; `I` arguments count `0..below`, `F` arguments are drawn from `from..to`.
struct Case {
    op: Op,
    args: Vec<Ty>,
    from: f64,
    to: f64,
    below: usize,
}

fn f(s: &str) -> Ty {
    Ty::f(s.parse().unwrap())
}

fn ty(s: &str) -> Ty {
    s.parse().unwrap()
}

fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    let mut push = |op: Op, args: &[&str], from: f64, to: f64, below: usize| {
        all.push(Case { op, args: args.iter().map(|a| ty(a)).collect(), from, to, below });
    };
    for row in &UNARY {
        // Kinks and poles lie at 0; Floor jumps at whole numbers.
        for shape in ["f[]", "f[B]", "f[2, 3]"] {
            push(Op::Unary(row.op), &[shape], 0.2, 0.9, 0);
        }
        let whole_line =
            ![Unary::Log, Unary::Sqrt, Unary::Lgamma, Unary::Digamma, Unary::Trigamma].contains(&row.op);
        if whole_line {
            push(Op::Unary(row.op), &["f[4]"], -0.8, -0.1, 0);
        } else {
            push(Op::Unary(row.op), &["f[4]"], 3.0, 15.0, 0);
        }
    }
    for row in &BINARY {
        for args in [
            ["f[]", "f[B, 2]"],
            ["f[B, 2]", "f[]"],
            ["f[B, 1, 2]", "f[1, 4, 1]"],
            ["f[2]", "f[2]"],
            ["f[]", "f[]"],
        ] {
            push(Op::Binary(row.op), &args, 0.3, 1.8, 0);
        }
    }
    for row in &COMPARE {
        push(Op::Compare(row.op), &["f[B, 2]", "f[1, 2]"], -1.0, 1.0, 0);
    }
    for row in &LOGIC {
        push(Op::Logic(row.op), &["b[2, 1]", "b[2, 3]"][..row.arity], 0.0, 1.0, 2);
    }
    for args in [["b[B, 2]", "f[B, 2]", "f[B, 2]"], ["b[B, 1]", "f[1, 2]", "f[]"], ["b[]", "f[B]", "f[1]"]] {
        push(Op::Select(Select), &args, -1.0, 1.0, 2);
    }
    // A quotient of gamma functions where two numbers differ, else a logarithm.
    let wide = Wide::of(2, |_, args| match *args {
        [a, b] => a.lt(b).select((b + a).lgamma() - b.lgamma() * a.sq(), (a * b).ln()),
        _ => panic!("there are two"),
    });
    for args in [["f[B, 2]", "f[B, 2]"], ["f[B, 1]", "f[1, 2]"], ["f[]", "f[B]"]] {
        push(Op::Wide(wide.clone()), &args, 0.2, 1.8, 0);
    }
    for (to, arg) in [
        (DType::F, "f[B, 2]"),
        (DType::F, "i[B]"),
        (DType::I, "f[3]"),
        (DType::B, "f[3]"),
        (DType::F, "b[3]"),
    ] {
        push(Op::Cast(Cast { to }), &[arg], 0.2, 0.8, 2);
    }
    push(Op::Detach(Detach), &["f[B]"], -1.0, 1.0, 0);
    for (arg, to) in [("f[1, 2]", "[B, 2]"), ("f[]", "[B, 2]"), ("f[B, 1]", "[B, 3]"), ("f[2]", "[2]")] {
        push(Op::Broadcast(Broadcast { shape: to.parse().unwrap() }), &[arg], -1.0, 1.0, 0);
    }
    for kind in [ReduceKind::Sum, ReduceKind::Mean, ReduceKind::Max] {
        for axes in [vec![0], vec![1], vec![0, 1], vec![0, 1, 2], vec![2], vec![]] {
            push(Op::Reduce(Reduce { kind, axes }), &["f[B, 2, 3]"], -1.0, 1.0, 0);
        }
    }
    push(Op::ArgMax(ArgMax { axis: 1 }), &["f[B, 4]"], -1.0, 1.0, 0);
    for args in [
        ["f[B, 3]", "f[3, 2]"],
        ["f[2, B]", "f[B, 2]"],
        ["f[B, 2, 3]", "f[1, 3, 2]"],
        ["f[1, 2, 3]", "f[B, 3, 2]"],
        ["f[2, B, 2, 3]", "f[1, 1, 3, 2]"],
        ["f[2, 1, 2, 3]", "f[1, 2, 3, 2]"],
        ["f[B, B, 2]", "f[1, 2, 2]"],
    ] {
        push(Op::MatMul(MatMul), &args, -1.0, 1.0, 0);
    }
    // (geometry, channels in, out, kernel, input, output); 3 -> 2 leaves a row over at stride 2.
    for (stride, pad, dilation, groups, kernel, size, out) in [
        ([1, 1], [0, 0], [1, 1], 1, [2, 2], [3, 4], [2, 3]),
        ([2, 1], [1, 1], [1, 1], 1, [3, 3], [4, 3], [2, 3]),
        ([2, 3], [1, 0], [1, 2], 2, [2, 2], [5, 6], [3, 2]),
        ([1, 1], [2, 2], [2, 1], 2, [2, 3], [3, 2], [5, 4]),
    ] {
        let geom = ConvGeom { stride, pad, dilation, groups };
        let x = format!("f[B, {}, {}, {}]", 2 * groups, size[0], size[1]);
        let w = format!("f[{}, 2, {}, {}]", groups, kernel[0], kernel[1]);
        let y = format!("f[B, {}, {}, {}]", groups, out[0], out[1]);
        push(Op::Conv2d(Conv2d(geom)), &[&x, &w], -1.0, 1.0, 0);
        push(Op::ConvWeight(ConvWeight { geom, kernel }), &[&x, &y], -1.0, 1.0, 0);
        for out_pad in [[0, 0], [stride[0] - 1, stride[1] - 1]] {
            push(Op::ConvTranspose2d(ConvTranspose2d { geom, out_pad }), &[&y, &w], -1.0, 1.0, 0);
        }
    }
    for (axis, x, i) in
        [(0, "f[4, 2]", "i[3, 2]"), (1, "f[B, 4, 2]", "i[B, 1, 2]"), (1, "f[B, 4]", "i[B, 6]")]
    {
        push(Op::Gather(Gather { axis }), &[x, i], -1.0, 1.0, 4);
        let d = i.replace('i', "f");
        push(Op::ScatterAdd(ScatterAdd { axis, size: Dim::fixed(4) }), &[i, &d], -1.0, 1.0, 4);
    }
    push(Op::ScatterAdd(ScatterAdd { axis: 0, size: Dim::BATCH }), &["i[2]", "f[2]"], -1.0, 1.0, BATCH);
    push(Op::Take(Take { axis: 1, indices: vec![2, 0, 2] }), &["f[B, 3]"], -1.0, 1.0, 0);
    push(Op::Take(Take { axis: 0, indices: vec![] }), &["f[3, 2]"], -1.0, 1.0, 0);
    push(Op::Put(Put { axis: 1, indices: vec![2, 0, 2], size: 4 }), &["f[B, 3, 2]"], -1.0, 1.0, 0);
    push(Op::Lookup(Lookup), &["f[5, 2]", "i[B]"], -1.0, 1.0, 5);
    push(Op::Lookup(Lookup), &["f[5]", "i[2]"], -1.0, 1.0, 5);
    push(Op::LookupAdd(LookupAdd { size: 5 }), &["i[B]", "f[B, 2]"], -1.0, 1.0, 5);
    push(Op::Reshape(Reshape { shape: "[2B, 3]".parse().unwrap() }), &["f[B, 6]"], -1.0, 1.0, 0);
    push(Op::Reshape(Reshape { shape: "[]".parse().unwrap() }), &["f[1, 1]"], -1.0, 1.0, 0);
    push(Op::Permute(Permute { perm: vec![2, 0, 1] }), &["f[B, 2, 3]"], -1.0, 1.0, 0);
    push(Op::Slice(Slice { axis: 1, start: 1, len: 2 }), &["f[B, 4, 2]"], -1.0, 1.0, 0);
    push(Op::Pad(Pad { axis: 1, before: 1, after: 2 }), &["f[B, 2, 2]"], -1.0, 1.0, 0);
    push(Op::Concat(Concat { axis: 1 }), &["f[B, 2]", "f[B, 1]", "f[B, 3]"], -1.0, 1.0, 0);
    push(Op::Concat(Concat { axis: 0 }), &["f[B, 2]", "f[2B, 2]", "f[B, 2]"], -1.0, 1.0, 0);
    // At position 7: row 7 / 2 % 3 + 1 = 1 and column 7 % 3 = 1.
    let at = [At { div: 2, modulo: 3, offset: 1, ahead: 0 }, At { div: 1, modulo: 3, offset: 0, ahead: 0 }];
    let [row, column] = at;
    let cut = |axes: &[usize], lens: &[usize], at: &[At]| {
        Op::DynSlice(DynSlice { axes: axes.to_vec(), lens: lens.to_vec(), at: at.to_vec() })
    };
    push(cut(&[1, 2], &[2, 1], &at), &["f[B, 5, 3]"], -1.0, 1.0, 0);
    push(cut(&[0], &[2], &[row]), &["f[5, B]"], -1.0, 1.0, 0);
    push(cut(&[], &[], &[]), &["f[B, 2]"], -1.0, 1.0, 0);
    let write = |axes: &[usize], at: &[At]| Op::DynUpdate(DynUpdate { axes: axes.to_vec(), at: at.to_vec() });
    push(write(&[1, 2], &at), &["f[B, 5, 3]", "f[B, 2, 1]"], -1.0, 1.0, 0);
    push(write(&[1], &[column]), &["f[2, 4, B]", "f[2, 2, B]"], -1.0, 1.0, 0);
    let mut g = Graph::new("");
    let (x, w) = (g.input("x", Role::Data, f("[B, 2]").shape), g.input("w", Role::Param, Shape::scalar()));
    let doubled = g.loop_over(3, &[x], &[w], |g, carried, read, _| vec![g.mul(carried[0], read[0])]);
    push(g.node(doubled).op.clone(), &["f[B, 2]", "f[]"], -1.0, 1.0, 0);
    all
}

/// Leaves have no arguments, so no derivative; a further result of a loop is tested with it, in `ir_loop_grad.rs`.
const LEAVES: [&str; 7] = ["Input", "Full", "Literal", "Iota", "Random", "Count", "LoopResult"];

/// The variant's name in RON and Debug: what comes before the first bracket.
fn variant(op: &Op) -> String {
    format!("{op:?}").split('(').next().unwrap().to_string()
}

#[test]
fn every_op_has_a_case() {
    let have: BTreeSet<String> = cases().iter().map(|c| variant(&c.op)).collect();
    assert!(LEAVES.iter().all(|l| Op::VARIANTS.contains(l)));
    for v in Op::VARIANTS {
        assert!(have.contains(*v) || LEAVES.contains(v), "no derivative case for {v}");
    }
}

#[test]
fn first_and_second_derivatives() {
    let mut rng = Rng(1);
    for case in cases() {
        let mut g = Graph::new("case");
        // What reads the place of the iteration is tested as if the whole graph were the body of a loop.
        let mut inputs = BTreeMap::from([(ops::POSITION.to_string(), Tensor64::scalar(7.0))]);
        let mut args = Vec::new();
        for (k, t) in case.args.iter().enumerate() {
            let name = format!("a{k}");
            let dims = t.shape.at(BATCH);
            let value = match t.dtype {
                DType::F => rng.tensor(&dims, case.from, case.to),
                DType::I | DType::B => rng.tensor(&dims, 0.0, case.below as f64).map(f64::floor),
            };
            let input =
                Input { name: name.clone(), role: Role::Data, dtype: t.dtype, shape: t.shape.clone() };
            args.push(g.push(Op::Input(input), &[]));
            inputs.insert(name, value);
        }
        let what =
            format!("{:?} of {:?}", case.op, case.args.iter().map(ToString::to_string).collect::<Vec<_>>());
        let y = g.push(case.op.clone(), &args);
        let rule = case.op.rule();
        if g.ty(y).dtype != DType::F {
            assert!((0..args.len()).all(|k| !rule.passes(k)), "{what}");
            continue;
        }
        // s = Σ seed · y, t = Σ_k Σ c_k · ∂s/∂a_k, and then the derivatives of t.
        let shape = g.shape(y);
        let seed = g.input("seed", Role::Data, shape.clone());
        inputs.insert("seed".into(), rng.tensor(&shape.at(BATCH), -1.0, 1.0));
        let weighted = g.mul(seed, y);
        let s = g.sum_all(weighted);
        g.output("s", s);
        let reals: Vec<usize> = (0..args.len()).filter(|&k| case.args[k].dtype == DType::F).collect();
        let wrt: Vec<Value> = reals.iter().map(|&k| args[k]).collect();
        let first = vjp(&mut g, y, seed, &wrt);
        let mut t = g.scalar(0.0);
        for (&k, &d) in reals.iter().zip(&first) {
            let c_name = format!("c{k}");
            assert_eq!(g.ty(d), &case.args[k], "{what}");
            let c = g.input(&c_name, Role::Data, case.args[k].shape.clone());
            inputs.insert(c_name, rng.tensor(&case.args[k].shape.at(BATCH), -1.0, 1.0));
            g.output(format!("d{k}"), d);
            let p = g.mul(c, d);
            let p = g.sum_all(p);
            t = g.add(t, p);
        }
        g.output("t", t);
        let mut wrt2 = wrt.clone();
        wrt2.push(seed);
        let second = grad(&mut g, t, &wrt2);
        let names: Vec<String> = reals.iter().map(|k| format!("a{k}")).chain(["seed".into()]).collect();
        for (name, &d) in names.iter().zip(&second) {
            g.output(format!("dd{name}"), d);
        }
        let outside = |v: &Violation| v.rule == 11 && matches!(case.op, Op::DynSlice(_) | Op::DynUpdate(_));
        if let Err(found) = verify(&g) {
            assert!(found.iter().all(outside), "{what}: {found:?}");
        }

        let got = evaluate(&g, &inputs);
        let reach = grad_reach(&g, y, &wrt);
        for (j, &k) in reals.iter().enumerate() {
            let want = differences(&g, &inputs, "s", &format!("a{k}"), 1e-5);
            // A detached argument moves the value and yet has no derivative.
            if matches!(case.op, Op::Detach(_)) {
                assert!(!reach[j] && got[&format!("d{k}")].data.iter().all(|&x| x == 0.0));
                continue;
            }
            assert_close(&format!("{what}: argument {k}"), &got[&format!("d{k}")], &want, 1e-7);
            assert_eq!(reach[j], rule.passes(k), "{what}");
        }
        for name in &names {
            let want = differences(&g, &inputs, "t", name, 1e-5);
            assert_close(
                &format!("{what}: second derivative in {name}"),
                &got[&format!("dd{name}")],
                &want,
                1e-6,
            );
        }
    }
}

/// Σ over parameters of the squared gradient of a loss, differentiated again: what a gradient penalty needs.
fn penalty(build: impl Fn(&mut Graph, &mut Vec<Value>) -> Value) {
    let mut g = Graph::new("penalty");
    let mut params = Vec::new();
    let loss = build(&mut g, &mut params);
    let first = grad(&mut g, loss, &params);
    let mut norm = g.scalar(0.0);
    for d in first {
        let d2 = g.square(d);
        let s = g.sum_all(d2);
        norm = g.add(norm, s);
    }
    g.output("norm", norm);
    let second = grad(&mut g, norm, &params);
    let mut inputs = BTreeMap::new();
    let mut rng = Rng(5);
    for node in &g.nodes {
        if let Op::Input(i) = &node.op {
            inputs.insert(i.name.clone(), rng.tensor(&i.shape.at(BATCH), -1.0, 1.0));
        }
    }
    for (k, &d) in second.iter().enumerate() {
        g.output(format!("d{k}"), d);
    }
    verify(&g).unwrap();
    let got = evaluate(&g, &inputs);
    for (k, &p) in params.iter().enumerate() {
        let Op::Input(i) = &g.node(p).op else { panic!("a parameter is an input") };
        let want = differences(&g, &inputs, "norm", &i.name, 1e-5);
        assert!(want.data.iter().any(|x| x.abs() > 1e-4), "{} does not matter", i.name);
        assert_close(&i.name, &got[&format!("d{k}")], &want, 1e-7);
    }
}

#[test]
fn gradient_penalty_of_a_dense_net() {
    penalty(|g, params| {
        let x = g.input("x", Role::Data, f("[B, 3]").shape);
        for (name, shape) in [("w1", "[3, 4]"), ("b1", "[4]"), ("w2", "[4, 2]"), ("b2", "[2]")] {
            params.push(g.input(name, Role::Param, shape.parse().unwrap()));
        }
        let mut h = x;
        for layer in 0..2 {
            let m = g.matmul(h, params[2 * layer]);
            let b = g.lift(params[2 * layer + 1], 2);
            let a = g.add(m, b);
            h = g.unary(Unary::Tanh, a);
        }
        let l = g.log_softmax(h, 1);
        let l2 = g.square(l);
        g.mean_all(l2)
    });
}

#[test]
fn gradient_penalty_of_a_convolutional_net() {
    penalty(|g, params| {
        let x = g.input("x", Role::Data, f("[B, 1, 5, 5]").shape);
        params.push(g.input("w1", Role::Param, "[2, 1, 3, 3]".parse().unwrap()));
        params.push(g.input("w2", Role::Param, "[2, 2, 2, 2]".parse().unwrap()));
        let geom = ConvGeom { stride: [2, 2], pad: [1, 1], dilation: [1, 1], groups: 1 };
        let h = g.conv2d(x, params[0], geom);
        let h = g.softplus(h);
        let y = g.conv_transpose2d(h, params[1], ConvGeom { stride: [1, 1], pad: [0, 0], ..geom }, [0, 0]);
        let y = g.softplus(y);
        let y2 = g.square(y);
        g.mean_all(y2)
    });
}

#[test]
fn only_the_path_is_visited() {
    let mut g = Graph::new("path");
    let x = g.input("x", Role::Data, Shape::batched(&[2]));
    let w = g.input("w", Role::Param, Shape::fixed(&[2, 2]));
    let v = g.input("v", Role::Param, Shape::fixed(&[2, 2]));
    let h = g.matmul(x, w);
    let stopped = g.detach(h);
    let y = g.matmul(stopped, v);
    let l = g.mean_all(y);
    assert_eq!(grad_reach(&g, l, &[x, w, v]), [false, false, true]);
    let before = g.nodes.len();
    let d = grad(&mut g, l, &[w, v]);
    assert_eq!(g.constant(d[0]), Some(0.0));
    let products = g.nodes[before..].iter().filter(|n| matches!(n.op, Op::MatMul(_))).count();
    assert_eq!(products, 1, "only the product for v's adjoint is made");
}
