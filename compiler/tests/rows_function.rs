//! Function rows: types, refusals and values, on batches, shared values and plain numbers. A row without a case fails.

use crate::rows_common::{assert_close, evaluate, tensor};
use gmc_compiler::event::{EventTy, Kind, Support};
use gmc_compiler::ir::grad::grad;
use gmc_compiler::ir::tensor::Tensor64;
use gmc_compiler::ir::{Ex, Role, Scope, Shape, Value};
use gmc_compiler::rows::function::ROWS;
use gmc_compiler::rows::{Builder, FnRow, find};

fn row(name: &str) -> &'static dyn FnRow {
    match find(ROWS, name) {
        Some(r) => r,
        None => panic!("no row `{name}`"),
    }
}

fn real(shape: &[usize]) -> EventTy {
    EventTy::real(shape)
}

/// Batch 2: values `[2, ..event]`, `[1, ..event]` or rank 0, told apart by their dims.
fn call(name: &str, args: &[(EventTy, Tensor64)]) -> (EventTy, Tensor64) {
    let types: Vec<EventTy> = args.iter().map(|(t, _)| t.clone()).collect();
    let ty = match row(name).check(&types) {
        Ok(ty) => ty,
        Err((i, why)) => panic!("`{name}`, argument {i}: {why}"),
    };
    let mut cx = Builder::new(name, false);
    let mut inputs = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    for (i, (t, v)) in args.iter().enumerate() {
        let shape = match v.dims.first() {
            None => Shape::scalar(),
            Some(1) => Shape::fixed(&v.dims),
            Some(_) => Shape::batched(&t.shape),
        };
        values.push(cx.input(&format!("a{i}"), Role::Data, shape));
        inputs.push((format!("a{i}"), v.clone()));
    }
    let scope = Scope::of(&mut cx.g);
    let values: Vec<Ex> = values.iter().map(|&v| scope.ex(v)).collect();
    let y = row(name).lower(&values, &types).v;
    cx.output("y", y);
    (ty, evaluate(&cx.g, 2, &inputs).remove(0))
}

fn check(name: &str, args: &[(EventTy, Tensor64)], ty: &EventTy, dims: &[usize], want: &[f64]) {
    let (got_ty, got) = call(name, args);
    assert_eq!(got_ty, *ty, "{name}");
    assert_eq!(got.dims, dims, "{name}");
    for (a, b) in got.data.iter().zip(want) {
        assert_close(name, *a, *b, 1e-12);
    }
    assert_eq!(got.data.len(), want.len(), "{name}");
}

const TESTED: &[&str] = &[
    "batch_mean",
    "clamp",
    "codebook_loss",
    "commitment",
    "concat",
    "dot",
    "entry",
    "filled",
    "flatten",
    "log_softmax",
    "log_sum_exp",
    "max",
    "mean",
    "min",
    "nearest",
    "norm",
    "present",
    // In `others.rs`.
    "shuffle",
    "softmax",
    "sum",
];

#[test]
fn every_row_is_tested() {
    for r in ROWS {
        assert!(TESTED.contains(&r.name()), "`{}` has no test", r.name());
        assert!(r.arity().0 <= r.arity().1 && r.arity().0 > 0);
    }
}

#[test]
fn values_and_types() {
    let x = tensor(&[2, 3], &[3.0, 0.0, 4.0, 1.0, 2.0, 2.0]);
    let v = real(&[3]);
    let one = real(&[]);
    let positive = |shape: &[usize]| EventTy { kind: Kind::Real(Support::POSITIVE), shape: shape.to_vec() };
    let nonnegative =
        |shape: &[usize]| EventTy { kind: Kind::Real(Support::NONNEGATIVE), shape: shape.to_vec() };
    check("sum", &[(v.clone(), x.clone())], &one, &[2], &[7.0, 5.0]);
    check("sum", &[(positive(&[3]), x.clone())], &positive(&[]), &[2], &[7.0, 5.0]);
    check("mean", &[(v.clone(), x.clone())], &one, &[2], &[7.0 / 3.0, 5.0 / 3.0]);
    check("batch_mean", &[(v.clone(), x.clone())], &v, &[1, 3], &[2.0, 1.0, 3.0]);
    check("batch_mean", &[(one.clone(), tensor(&[2], &[1.0, 4.0]))], &one, &[1], &[2.5]);
    check("norm", &[(v.clone(), x.clone())], &nonnegative(&[]), &[2], &[5.0, 3.0]);
    check(
        "dot",
        &[(v.clone(), x.clone()), (v.clone(), tensor(&[1, 3], &[1.0, 2.0, 3.0]))],
        &one,
        &[2],
        &[15.0, 11.0],
    );
    // One number for each example, a plain number, and an event.
    let per_example = tensor(&[2], &[2.5, 1.5]);
    check(
        "max",
        &[(v.clone(), x.clone()), (one.clone(), per_example.clone())],
        &v,
        &[2, 3],
        &[3.0, 2.5, 4.0, 1.5, 2.0, 2.0],
    );
    check(
        "min",
        &[(one.clone(), per_example), (v.clone(), x.clone())],
        &v,
        &[2, 3],
        &[2.5, 0.0, 2.5, 1.0, 1.5, 1.5],
    );
    let number = |c: f64| EventTy { kind: Kind::Real(Support::closed(c, c)), shape: vec![] };
    check(
        "max",
        &[(v.clone(), x.clone()), (number(0.0), tensor(&[], &[1.0]))],
        &nonnegative(&[3]),
        &[2, 3],
        &[3.0, 1.0, 4.0, 1.0, 2.0, 2.0],
    );
    let clamped = EventTy { kind: Kind::Real(Support::closed(1.0, 3.0)), shape: vec![3] };
    let ends = [(number(1.0), tensor(&[], &[1.0])), (number(3.0), tensor(&[], &[3.0]))];
    check(
        "clamp",
        &[(v.clone(), x.clone()), ends[0].clone(), ends[1].clone()],
        &clamped,
        &[2, 3],
        &[3.0, 1.0, 3.0, 1.0, 2.0, 2.0],
    );
    let e = |a: &[f64]| a.iter().map(|x| x.exp()).sum::<f64>().ln();
    let (l0, l1) = (e(&[3.0, 0.0, 4.0]), e(&[1.0, 2.0, 2.0]));
    check("log_sum_exp", &[(v.clone(), x.clone())], &one, &[2], &[l0, l1]);
    let lp = [3.0 - l0, -l0, 4.0 - l0, 1.0 - l1, 2.0 - l1, 2.0 - l1];
    let negative = EventTy { kind: Kind::Real(Support::open(f64::NEG_INFINITY, 0.0)), shape: vec![3] };
    check("log_softmax", &[(v.clone(), x.clone())], &negative, &[2, 3], &lp);
    let simplex = EventTy { kind: Kind::Real(Support::Simplex { open: true }), shape: vec![3] };
    check("softmax", &[(v.clone(), x.clone())], &simplex, &[2, 3], &lp.map(f64::exp));
    let image = tensor(&[2, 1, 2, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    check("flatten", &[(real(&[1, 2, 2]), image.clone())], &real(&[4]), &[2, 4], &image.data);
    let joined = [3.0, 0.0, 4.0, 9.0, 5.0, 1.0, 2.0, 2.0, 9.0, 6.0];
    let parts =
        [(v.clone(), x), (real(&[1]), tensor(&[1, 1], &[9.0])), (one.clone(), tensor(&[2], &[5.0, 6.0]))];
    check("concat", &parts, &real(&[5]), &[2, 5], &joined);
    let bools = EventTy { kind: Kind::Bool, shape: vec![2] };
    check(
        "concat",
        &[(bools.clone(), tensor(&[2, 2], &[0.0, 1.0, 1.0, 1.0])), (one, tensor(&[], &[7.0]))],
        &real(&[3]),
        &[2, 3],
        &[0.0, 1.0, 7.0, 1.0, 1.0, 7.0],
    );
    let stacked = real(&[2, 2, 2]);
    let twice = [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 5.0, 6.0, 7.0, 8.0];
    check(
        "concat",
        &[(real(&[1, 2, 2]), image.clone()), (real(&[1, 2, 2]), image)],
        &stacked,
        &[2, 2, 2, 2],
        &twice,
    );
}

/// Three entries of two numbers, the same for both examples.
fn book() -> (EventTy, Tensor64) {
    (real(&[3, 2]), tensor(&[1, 3, 2], &[1.0, 0.0, 0.0, 1.0, -1.0, -2.0]))
}

#[test]
fn codebooks() {
    let z = (real(&[2]), tensor(&[2, 2], &[0.9, 0.1, -1.0, -1.0]));
    let nonnegative = EventTy { kind: Kind::Real(Support::NONNEGATIVE), shape: vec![] };
    check("nearest", &[z.clone(), book()], &real(&[2]), &[2, 2], &[1.0, 0.0, -1.0, -2.0]);
    check("codebook_loss", &[z.clone(), book()], &nonnegative, &[2], &[0.02, 1.0]);
    check("commitment", &[z, book()], &nonnegative, &[2], &[0.02, 1.0]);
    // Two vectors an example; then the same numbers as the pixels of an image whose channels are the vectors' numbers.
    let two = (real(&[2, 2]), tensor(&[2, 2, 2], &[0.9, 0.1, -1.0, -1.0, 0.2, 0.7, 2.0, 0.3]));
    check(
        "nearest",
        &[two.clone(), book()],
        &real(&[2, 2]),
        &[2, 2, 2],
        &[1.0, 0.0, -1.0, -2.0, 0.0, 1.0, 1.0, 0.0],
    );
    check("commitment", &[two, book()], &nonnegative, &[2], &[1.02, 0.13 + 1.09]);
    let image = (real(&[2, 1, 2]), tensor(&[2, 2, 1, 2], &[0.9, -1.0, 0.1, -1.0, 0.2, 2.0, 0.7, 0.3]));
    check(
        "nearest",
        &[image, book()],
        &real(&[2, 1, 2]),
        &[2, 2, 1, 2],
        &[1.0, -1.0, 0.0, -2.0, 0.0, 1.0, 1.0, 0.0],
    );
    let hot = (
        EventTy { kind: Kind::Real(Support::UNIT), shape: vec![3] },
        tensor(&[2, 3], &[0.0, 0.0, 1.0, 0.5, 0.5, 0.0]),
    );
    check("entry", &[hot, book()], &real(&[2]), &[2, 2], &[-1.0, -2.0, 0.5, 0.5]);
}

/// The derivative of `sum(w * f(z, book))` in z and in the codebook.
fn slopes(name: &str, w: &[f64], width: usize) -> [Vec<f64>; 2] {
    let mut cx = Builder::new(name, false);
    let z = cx.input("z", Role::Data, Shape::batched(&[2]));
    let table = cx.input("book", Role::Data, Shape::fixed(&[1, 3, 2]));
    let y = row(name).lower(&Scope::of(&mut cx.g).exs([z, table]), &[real(&[2]), real(&[3, 2])]).v;
    let shape = cx.shape(y);
    let weights = cx.input("w", Role::Data, shape);
    let total = cx.mul(weights, y);
    let total = cx.sum_all(total);
    let d = grad(&mut cx.g, total, &[z, table]);
    d.iter().enumerate().for_each(|(i, v)| cx.output(format!("d{i}"), *v));
    let dims: Vec<usize> = if width == 1 { vec![2] } else { vec![2, width] };
    let z = tensor(&[2, 2], &[0.9, 0.1, -1.0, -1.0]);
    let out =
        evaluate(&cx.g, 2, &[("z".into(), z), ("book".into(), book().1), ("w".into(), tensor(&dims, w))]);
    [out[0].data.clone(), out[1].data.clone()]
}

#[test]
fn straight_through_and_its_two_losses() {
    let zeros = vec![0.0; 6];
    // The derivative at the decoder's input, copied; nothing for the codebook.
    assert_eq!(slopes("nearest", &[0.3, -0.7, 1.1, 0.2], 2), [vec![0.3, -0.7, 1.1, 0.2], zeros.clone()]);
    let near = |got: &[Vec<f64>; 2], want: [Vec<f64>; 2]| {
        for (a, b) in got.iter().flatten().zip(want.iter().flatten()) {
            assert_close("slope", *a, *b, 1e-12);
        }
    };
    // d/de |z - e|² = 2 (e - z), at the entries that were chosen only.
    near(&slopes("codebook_loss", &[1.0, 0.5], 1), [vec![0.0; 4], vec![0.2, -0.2, 0.0, 0.0, 0.0, -1.0]]);
    near(&slopes("commitment", &[1.0, 0.5], 1), [vec![-0.2, 0.2, 0.0, 1.0], zeros]);
}

#[test]
fn the_use_of_a_codebook_is_reported() {
    let mut cx = Builder::new("report", false);
    let z = cx.input("z", Role::Data, Shape::batched(&[2]));
    let table = cx.input("book", Role::Data, Shape::fixed(&[1, 3, 2]));
    let values = Scope::of(&mut cx.g).exs([z, table]);
    let said = row("nearest").report(&values, &[real(&[2]), real(&[3, 2])]);
    let said: Vec<(String, Value)> = said.into_iter().map(|(n, x)| (n, x.v)).collect();
    let names: Vec<&str> = said.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(names, ["perplexity of the codes", "codes used of 3"]);
    said.iter().for_each(|(n, v)| cx.output(n.clone(), *v));
    // Entry 0 three times, entry 2 once: exp of the entropy of (3/4, 1/4).
    let out = evaluate(
        &cx.g,
        4,
        &[
            ("z".into(), tensor(&[4, 2], &[1.0, 0.1, 0.8, 0.0, 1.2, -0.1, -1.0, -1.9])),
            ("book".into(), book().1),
        ],
    );
    let want = (-(0.75f64 * 0.75f64.ln() + 0.25 * 0.25f64.ln())).exp();
    assert_close("perplexity", out[0].data[0], want, 1e-12);
    assert_eq!(out[1].data, [2.0]);
}

#[test]
fn refusals_name_the_argument() {
    let class = EventTy { kind: Kind::Class(10), shape: vec![] };
    let refused = |name: &str, types: &[EventTy]| match row(name).check(types) {
        Ok(ty) => panic!("`{name}` accepted as {ty}"),
        Err((i, why)) => (i, why),
    };
    assert_eq!(refused("sum", &[class]).0, 0);
    assert_eq!(refused("max", &[real(&[3]), real(&[4])]), (1, "has shape [4] where [3] came before".into()));
    assert_eq!(refused("dot", &[real(&[3]), real(&[])]).0, 1);
    assert_eq!(refused("concat", &[real(&[1, 2, 2]), real(&[4])]).0, 1);
    assert_eq!(refused("log_sum_exp", &[real(&[])]).0, 0);
    assert_eq!(
        refused("nearest", &[real(&[4]), real(&[3, 2])]),
        (0, "has vectors of 4 numbers where an entry of the codebook has 2".into())
    );
    assert_eq!(refused("commitment", &[real(&[2]), real(&[6])]).0, 1);
    assert_eq!(
        refused("entry", &[real(&[2]), real(&[3, 2])]),
        (0, "is no class of 3, the number of entries".into())
    );
}

#[test]
fn the_length_of_a_zero_vector_has_derivative_zero() {
    let mut cx = Builder::new("norm", false);
    let x = cx.input("x", Role::Data, Shape::batched(&[3]));
    let y = row("norm").lower(&[Scope::of(&mut cx.g).ex(x)], &[real(&[3])]).v;
    let s = cx.sum_all(y);
    let d = grad(&mut cx.g, s, &[x]);
    cx.output("d", d[0]);
    let out = evaluate(&cx.g, 2, &[("x".into(), tensor(&[2, 3], &[0.0, 0.0, 0.0, 0.0, 3.0, 4.0]))]).remove(0);
    for (a, b) in out.data.iter().zip([0.0, 0.0, 0.0, 0.0, 0.6, 0.8]) {
        assert_close("derivative", *a, b, 1e-12);
    }
}

/// What is missing is the least number of 32 bits; a fill may be one number or one for each element.
#[test]
fn missing_cells_are_filled_and_told() {
    let gone = f64::from(gmc_compiler::rows::data::MISSING);
    let x = (EventTy::real([2]), Tensor64 { dims: vec![2, 2], data: vec![0.5, gone, gone, -3.0] });
    let one = (EventTy::real([]), Tensor64 { dims: vec![], data: vec![7.0] });
    let each = (EventTy::real([2]), Tensor64 { dims: vec![1, 2], data: vec![1.0, 2.0] });
    let real = EventTy::real([2]);
    check("filled", &[x.clone(), one], &real, &[2, 2], &[0.5, 7.0, 7.0, -3.0]);
    check("filled", &[x.clone(), each], &real, &[2, 2], &[0.5, 2.0, 1.0, -3.0]);
    let marks = EventTy { kind: Kind::Bool, shape: vec![2] };
    check("present", &[x], &marks, &[2, 2], &[1.0, 0.0, 0.0, 1.0]);
}
