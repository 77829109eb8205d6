//! Every layer row: shapes, declared tensors, causality by perturbation, mixing of the batch, derivatives; then what single rows compute.

use crate::rows_net::*;
use gmc_compiler::event::{EventTy, Kind, Support};
use gmc_compiler::ir::{Op, Role, Shape, Tensor64, grad};
use gmc_compiler::rows::layer::{ROWS, ReadsBatch, whole};
use gmc_compiler::rows::{Builder, Causality, Checked, Env, ParamDecl};
use std::cmp::Ordering;

struct Case {
    text: &'static str,
    input: EventTy,
    out: Vec<Vec<usize>>,
    given: Vec<(String, EventTy)>,
}

fn case(text: &'static str, input: &[usize], out: &[usize]) -> Case {
    Case { text, input: EventTy::real(input), out: vec![out.to_vec()], given: Vec::new() }
}

fn told(text: &'static str, input: &[usize], out: &[usize]) -> Case {
    let y = EventTy { kind: Kind::Class(4), shape: vec![] };
    let given = given(&[("z", EventTy::real([3])), ("y", y), ("m", EventTy::real([2, 4, 4]))]);
    Case { given, ..case(text, input, out) }
}

fn kinded(kind: Kind, text: &'static str, input: &[usize], out: &[usize]) -> Case {
    let c = case(text, input, out);
    Case { input: c.input.with_kind(kind), ..c }
}

fn cases(row: &str) -> Vec<Case> {
    match row {
        "dense" => vec![
            case("dense(5)", &[3], &[5]),
            case("dense(5, bias: false, init: xavier)", &[3], &[5]),
            case("dense(6, mask: A)", &[3], &[6]),
            case("dense(4, mask: B)", &[6], &[4]),
            case("dense(4)", &[5, 2], &[5, 4]),
            case("dense(6, mask: B, norm: spectral)", &[4], &[6]),
            kinded(Kind::Class(4), "dense(3)", &[], &[3]),
        ],
        "heads" => vec![
            Case { out: vec![vec![2], vec![5]], ..case("heads(2, 5)", &[3], &[]) },
            Case { out: vec![vec![4], vec![4]], ..case("heads(4, 4, mask: A)", &[4], &[]) },
            Case { out: vec![vec![4, 3], vec![4, 2]], ..case("heads(3, 2)", &[4, 3], &[]) },
            Case { out: vec![vec![4, 1, 3]; 2], ..case("heads(1, 1, k: 3)", &[4, 2], &[]) },
            Case { out: vec![vec![4, 3]; 3], ..case("heads(4, 4, 4, k: 3, mask: B)", &[8], &[]) },
            Case { out: vec![vec![1, 3, 4], vec![2, 3, 4]], ..case("heads(1, 2)", &[5, 3, 4], &[]) },
            Case {
                out: vec![vec![3, 2, 2, 4]; 2],
                ..case("heads(3, 3, k: 4, mask: B, colours: 3)", &[6, 2, 2], &[])
            },
        ],
        "logits" => vec![
            case("logits(3)", &[4], &[4, 3]),
            case("logits(3)", &[4, 2], &[4, 3]),
            case("logits(3, mask: B)", &[4], &[4, 3]),
            case("logits(2, mask: A)", &[5], &[5, 2]),
            case("logits(2)", &[6, 3, 4], &[1, 3, 4, 2]),
            case("logits(5, channels: 3)", &[6, 3, 4], &[3, 3, 4, 5]),
            case("logits(2, channels: 3, mask: B, colours: 3)", &[6, 2, 3], &[3, 2, 3, 2]),
            case("logits(2, channels: 3, mask: A, colours: 3)", &[6, 2, 3], &[3, 2, 3, 2]),
        ],
        "embed" => vec![
            kinded(Kind::Class(4), "embed(3)", &[], &[3]),
            kinded(Kind::Int(5), "embed(3)", &[6], &[6, 3]),
            kinded(Kind::Int(5), "embed(3)", &[1, 3, 4], &[3, 3, 4]),
            kinded(Kind::Bool, "embed(3)", &[6], &[6, 3]),
            kinded(Kind::Bool, "embed(3)", &[1, 3, 4], &[3, 3, 4]),
            case("embed(3)", &[4], &[3]),
        ],
        "flatten" => vec![case("flatten", &[2, 3, 4], &[24]), case("flatten", &[1, 3, 4], &[12])],
        "reshape" => {
            vec![case("reshape(2, 3, 4)", &[24], &[2, 3, 4]), case("reshape(1, 2, 3)", &[6], &[1, 2, 3])]
        }
        "scalar" => vec![case("scalar", &[1], &[])],
        "rescale" => vec![
            kinded(Kind::Int(5), "rescale", &[3], &[3]),
            kinded(Kind::Real(Support::closed(0.0, 4.0)), "rescale", &[2], &[2]),
        ],
        "conv" => vec![
            case("conv(4)", &[2, 5, 6], &[4, 5, 6]),
            case("conv(4, k: 1)", &[2, 3, 3], &[4, 3, 3]),
            case("conv(4, k: 4, stride: 2)", &[2, 8, 6], &[4, 4, 3]),
            case("conv(4, k: 4, stride: 2)", &[2, 7, 7], &[4, 4, 4]),
            case("conv(4, k: 3, stride: 2)", &[2, 28, 7], &[4, 14, 4]),
            case("conv(3, k: 2)", &[2, 4, 4], &[3, 4, 4]),
            case("conv(3, pad: valid)", &[2, 5, 4], &[3, 3, 2]),
            case(
                "conv(4, k: (3, 1), pad: 1, groups: 2, dilation: (2, 1), bias: false)",
                &[2, 6, 4],
                &[4, 4, 6],
            ),
            case("conv(3, k: 3, mask: A)", &[2, 4, 5], &[3, 4, 5]),
            case("conv(3, k: 5, mask: B, norm: spectral)", &[1, 5, 5], &[3, 5, 5]),
            case("conv(6, k: 3, mask: A, colours: 3)", &[3, 3, 3], &[6, 3, 3]),
            case("conv(3, k: (1, 3), mask: B, colours: 3)", &[6, 2, 3], &[3, 2, 3]),
            case("conv(4, k: 3, mask: A, colours: 2, groups: 2)", &[4, 3, 3], &[4, 3, 3]),
        ],
        "conv_transpose" => vec![
            case("conv_transpose(3)", &[2, 3, 4], &[3, 6, 8]),
            case("conv_transpose(3, k: 3, stride: 2)", &[2, 3, 4], &[3, 6, 8]),
            case("conv_transpose(4, k: 4, stride: 1, pad: 0, groups: 2)", &[2, 1, 1], &[4, 4, 4]),
            case("conv_transpose(3, k: 2, stride: 3, norm: spectral)", &[2, 2, 2], &[3, 6, 6]),
            case("conv_transpose(3, k: 3, stride: 2, pad: 1, out_pad: 1)", &[2, 7, 7], &[3, 14, 14]),
        ],
        "up" => vec![case("up(2)", &[2, 3, 2], &[2, 6, 4]), case("up((1, 3))", &[2, 3, 2], &[2, 3, 6])],
        "avg_pool" => vec![case("avg_pool(2)", &[2, 4, 6], &[2, 2, 3])],
        "max_pool" => vec![case("max_pool((2, 3))", &[2, 4, 6], &[2, 2, 2])],
        "global_pool" => {
            vec![case("global_pool", &[2, 3, 4], &[2]), case("global_pool(by: max)", &[2, 3, 4], &[2])]
        }
        "reflect_pad" => vec![case("reflect_pad(2)", &[1, 3, 4], &[1, 7, 8])],
        "attention" => vec![
            case("attention", &[8, 3, 2], &[8, 3, 2]),
            case("attention(heads: 2, mask: A)", &[4, 2, 3], &[4, 2, 3]),
            case("attention(heads: 2, keys: 6)", &[4, 2, 3], &[4, 2, 3]),
            case("attention(mask: B)", &[3, 2, 2], &[3, 2, 2]),
            case("attention(heads: 3, mask: A)", &[5, 6], &[5, 6]),
            case("attention(heads: 3, mask: A, positions: rotary)", &[5, 6], &[5, 6]),
            case("attention(mask: B, positions: rotary)", &[2, 3, 2], &[2, 3, 2]),
            case("attention(mask: B)", &[5, 2], &[5, 2]),
            case("attention", &[4, 3], &[4, 3]),
            case("attention(norm: spectral)", &[8, 3, 2], &[8, 3, 2]),
            case("attention(heads: 2, norm: spectral)", &[4, 6], &[4, 6]),
        ],
        "position" => vec![
            case("position", &[3, 2, 2], &[3, 2, 2]),
            case("position(zeros)", &[4, 3], &[4, 3]),
            case("position", &[5], &[5]),
        ],
        "conv1d" => vec![
            case("conv1d(4)", &[6, 3], &[6, 4]),
            case("conv1d(4, k: 4)", &[7, 2], &[7, 4]),
            case("conv1d(4, k: 2, mask: A)", &[6, 3], &[6, 4]),
            case("conv1d(2, k: 3, dilation: 2, mask: B, bias: false)", &[7, 3], &[7, 2]),
            case("conv1d(2, k: 3, dilation: 4, mask: A)", &[6, 1], &[6, 2]),
            case("conv1d(2, k: 1, mask: A)", &[4, 2], &[4, 2]),
        ],
        "gru" => vec![
            case("gru(2)", &[4, 3], &[4, 2]),
            case("gru(2, bidirectional: true)", &[4, 3], &[4, 4]),
            case("gru(3, bias: false)", &[3, 1], &[3, 3]),
        ],
        "lstm" => {
            vec![case("lstm(2)", &[4, 3], &[4, 2]), case("lstm(2, bidirectional: true)", &[3, 2], &[3, 4])]
        }
        "row_lstm" => vec![
            case("row_lstm(2)", &[1, 3, 4], &[2, 3, 4]),
            case("row_lstm(3, k: 5, mask: A)", &[2, 4, 3], &[3, 4, 3]),
            case("row_lstm(2, k: 1)", &[1, 1, 2], &[2, 1, 2]),
        ],
        "diagonal_bilstm" => vec![
            case("diagonal_bilstm(2)", &[1, 3, 4], &[2, 3, 4]),
            case("diagonal_bilstm(3)", &[2, 4, 2], &[3, 4, 2]),
            case("diagonal_bilstm(1)", &[1, 1, 1], &[1, 1, 1]),
        ],
        "nade" => vec![
            case("nade(3)", &[4], &[4]),
            kinded(Kind::Bool, "nade(2)", &[5], &[5]),
            kinded(Kind::Int(4), "nade(1)", &[1], &[1]),
        ],
        "shift_right" => vec![
            case("shift_right", &[5], &[5]),
            case("shift_right", &[4, 2], &[4, 2]),
            case("shift_right", &[2, 2, 3], &[2, 2, 3]),
        ],
        "last" => vec![case("last", &[4, 3], &[3])],
        "gated_pixelcnn" => vec![
            case("gated_pixelcnn(2, layers: 1)", &[1, 4, 4], &[2, 4, 4]),
            case("gated_pixelcnn(4, layers: 2, k: 5, colours: 2)", &[2, 3, 4], &[4, 3, 4]),
            told("gated_pixelcnn(2, layers: 2, inputs: (y, m))", &[1, 4, 4], &[2, 4, 4]),
            told("gated_pixelcnn(2, layers: 1, inputs: z)", &[1, 4, 4], &[2, 4, 4]),
        ],
        "gate" => vec![
            case("gate", &[6], &[3]),
            case("gate", &[4, 6], &[4, 3]),
            case("gate", &[6, 2, 3], &[3, 2, 3]),
            case("gate(colours: 3)", &[12, 2, 2], &[6, 2, 2]),
        ],
        "tied" => vec![
            kinded(Kind::Class(5), "tied(4) { dense(3), tanh, dense(4) }", &[6], &[6, 5]),
            kinded(Kind::Int(5), "tied(4) { shift_right, gru(4) }", &[6], &[6, 5]),
        ],
        "residual" => vec![
            case("residual { dense(4), tanh, dense(3) }", &[3], &[3]),
            case("residual(gate: true) { conv(2, mask: B) }", &[2, 4, 4], &[2, 4, 4]),
            case("residual { dense(4, mask: A) }", &[4], &[4]),
            case("residual { batch_norm }", &[3], &[3]),
        ],
        "dropout" => vec![case("dropout(0.4)", &[5], &[5])],
        "batch_norm" => vec![
            case("batch_norm", &[3], &[3]),
            case("batch_norm(affine: false, momentum: 0.3)", &[3, 2, 2], &[3, 2, 2]),
        ],
        "layer_norm" => vec![
            case("layer_norm", &[5], &[5]),
            case("layer_norm", &[3, 2, 2], &[3, 2, 2]),
            case("layer_norm(over: channels)", &[3, 2, 2], &[3, 2, 2]),
            case("layer_norm", &[3, 4], &[3, 4]),
        ],
        "group_norm" => vec![case("group_norm(2)", &[4, 3, 2], &[4, 3, 2])],
        "instance_norm" => vec![case("instance_norm", &[4, 3, 2], &[4, 3, 2])],
        "pixel_norm" => vec![case("pixel_norm", &[4, 3, 2], &[4, 3, 2]), case("pixel_norm", &[4], &[4])],
        "minibatch_stddev" => {
            vec![case("minibatch_stddev", &[3], &[4]), case("minibatch_stddev", &[3, 2, 2], &[4, 2, 2])]
        }
        "bias_from" => {
            vec![
                told("bias_from(z, y)", &[5], &[5]),
                told("bias_from(y, m)", &[3, 4, 4], &[3, 4, 4]),
                told("bias_from(z, y)", &[4, 2], &[4, 2]),
            ]
        }
        "film" => vec![
            told("film(y)", &[4, 3], &[4, 3]),
            told("film(y)", &[5], &[5]),
            told("film(z, m)", &[3, 4, 4], &[3, 4, 4]),
        ],
        "join" => vec![told("join(y, z)", &[5], &[12]), told("join(m, y)", &[3, 4, 4], &[9, 4, 4])],
        "crop" => vec![
            case("crop(2)", &[2, 4, 3], &[2, 2, 2]),
            case("crop((1, 3), at: (2, 0))", &[1, 4, 3], &[1, 1, 3]),
        ],
        "slice" => vec![
            case("slice(2)", &[5], &[2]),
            case("slice(1, from: 2)", &[3, 2, 2], &[1, 2, 2]),
            case("slice(3, from: 1)", &[4, 2], &[3, 2]),
        ],
        "flip" => vec![case("flip", &[2, 3, 4], &[2, 3, 4]), case("flip(rows)", &[1, 3, 2], &[1, 3, 2])],
        "rotate" => vec![
            case("rotate", &[2, 3, 4], &[2, 4, 3]),
            case("rotate(180)", &[1, 3, 2], &[1, 3, 2]),
            case("rotate(270)", &[1, 3, 2], &[1, 2, 3]),
        ],
        other => panic!("the layer `{other}` has no case here: add one"),
    }
}

const BATCH: usize = 3;

fn some_input(ty: &EventTy, batch: usize, rng: &mut Rng) -> Tensor64 {
    let dims = [&[batch], ty.shape.as_slice()].concat();
    match ty.kind.cardinality() {
        Some(n) => {
            let t = rng.tensor(&dims, 0.0, n as f64);
            t.map(f64::floor)
        }
        None => rng.tensor(&dims, -1.5, 1.5),
    }
}

/// Runs the layer; its outputs, and the new states under their paths.
fn run(
    c: &Case,
    checked: &Checked,
    params: &Inputs,
    x: &Tensor64,
    training: bool,
) -> (Vec<Tensor64>, Inputs) {
    let batch = x.dims[0];
    let mut cx = Builder::new("t", training);
    let env = env(&mut cx, &c.given);
    let v = cx.input("x", Role::Data, Shape::batched(&c.input.shape));
    let ys = lower(&*checked.layer, &mut cx, &env, v);
    for (path, v) in cx.leaves() {
        let declared =
            find(&checked.params, path).unwrap_or_else(|| panic!("{}: {path} is not declared", c.text));
        assert_eq!(cx.shape(*v), Shape::fixed(&declared.shape), "{}: {path}", c.text);
        let role = if declared.trainable { Role::Param } else { Role::State };
        assert!(matches!(&cx.g.node(*v).op, Op::Input(i) if i.role == role), "{}: {path}", c.text);
    }
    for p in checked.params.iter().filter(|p| p.trainable) {
        assert!(
            cx.leaves().contains_key(&format!("l.{}", p.name)),
            "{}: `{}` is declared and not used",
            c.text,
            p.name
        );
    }
    for (i, y) in ys.iter().enumerate() {
        cx.g.output(format!("y{i}"), *y);
    }
    let updates: Vec<_> = cx.state_updates.iter().map(|(k, v)| (k.clone(), *v)).collect();
    assert!(training || updates.is_empty(), "{}: state changes outside training", c.text);
    for (path, v) in updates {
        cx.g.output(path, v);
    }
    let mut inputs = params.clone();
    let mut rng = Rng(31);
    for (name, ty) in &c.given {
        inputs.insert(name.clone(), some_input(ty, batch, &mut rng));
    }
    inputs.insert("x".into(), x.clone());
    let mut out = evaluate(&cx.g, &inputs, batch);
    let ys = (0..ys.len()).map(|i| out.remove(&format!("y{i}")).expect("it is an output")).collect();
    (ys, out)
}

fn find<'a>(params: &'a [ParamDecl], path: &str) -> Option<&'a ParamDecl> {
    params.iter().find(|p| format!("l.{}", p.name) == path)
}

/// The place of an element in the order of an autoregressive site, as a fraction of the whole: pixels of images, rows of others.
fn place(shape: &[usize], e: usize) -> f64 {
    match shape {
        [_, h, w] => (e % (h * w)) as f64 / (h * w) as f64,
        [_, h, w, k] => (e / k % (h * w)) as f64 / (h * w) as f64,
        [n, rest @ ..] => (e / rest.iter().product::<usize>()) as f64 / *n as f64,
        [] => 0.0,
    }
}

/// The same of an element that a layer made: of a sequence it makes another one, whatever stands at a place.
fn place_behind(input: &[usize], shape: &[usize], e: usize) -> f64 {
    match (input, shape) {
        ([_, _], [n, rest @ ..]) => (e / rest.iter().product::<usize>()) as f64 / *n as f64,
        (_, _) => place(shape, e),
    }
}

/// The run of channels in which an element of an image stands, of `runs`.
fn run_of(shape: &[usize], e: usize, runs: usize) -> usize {
    let per_channel: usize = shape.iter().skip(1).product();
    e / per_channel * runs / shape[0]
}

/// What the outputs really read: moves each input element of one example, and looks which outputs of which example change.
fn observed(c: &Case, checked: &Checked, params: &Inputs, training: bool) -> (Causality, bool) {
    let x = some_input(&c.input, BATCH, &mut Rng(5));
    let (before, _) = run(c, checked, params, &x, training);
    let n = c.input.size();
    let (mut order, mut mixes) = (Causality::Strict, false);
    for i in 0..n {
        let mut moved = x.clone();
        moved.data[i] =
            if c.input.kind.discrete() { f64::from(moved.data[i] == 0.0) } else { moved.data[i] + 0.37 };
        let (after, _) = run(c, checked, params, &moved, training);
        for ((a, b), shape) in after.iter().zip(&before).zip(&c.out) {
            let size = shape.iter().product::<usize>();
            for e in 0..a.data.len() {
                if (a.data[e] - b.data[e]).abs() <= 1e-12 {
                    continue;
                }
                if e >= size {
                    mixes = true;
                    continue;
                }
                let (from, to) = (place(&c.input.shape, i), place_behind(&c.input.shape, shape, e));
                order = order.worse(if from < to - 1e-9 {
                    Causality::Strict
                } else if e / (size / n).max(1) == i {
                    Causality::Own
                } else if from < to + 1e-9 {
                    match checked.causality {
                        Causality::StrictChannels(g) | Causality::WeakChannels(g) => {
                            match run_of(&c.input.shape, i, g).cmp(&run_of(shape, e, g)) {
                                Ordering::Less => Causality::StrictChannels(g),
                                Ordering::Equal => Causality::WeakChannels(g),
                                Ordering::Greater => Causality::Weak,
                            }
                        }
                        Causality::Strict | Causality::Own | Causality::Weak | Causality::Global => {
                            Causality::Weak
                        }
                    }
                } else {
                    Causality::Global
                });
            }
        }
    }
    (order, mixes)
}

#[test]
fn every_layer_is_what_it_says() {
    for row in ROWS {
        for c in cases(row.name()) {
            assert!(c.text.starts_with(row.name()));
            let checked = layer(c.text, &c.input, &c.given);
            let what = format!("{} on {}", c.text, c.input);
            assert_eq!(checked.out.iter().map(|t| t.shape.clone()).collect::<Vec<_>>(), c.out, "{what}");
            initial_params(&checked.params);
            let params = random_params(&checked.params, &mut Rng(8), 0.8);
            let x = some_input(&c.input, BATCH, &mut Rng(6));
            for training in [false, true] {
                let (ys, states) = run(&c, &checked, &params, &x, training);
                for (y, shape) in ys.iter().zip(&c.out) {
                    assert_eq!(y.dims, [&[BATCH], shape.as_slice()].concat(), "{what}");
                    assert!(y.data.iter().all(|v| v.is_finite()), "{what}: {y:?}");
                }
                for (path, v) in states {
                    let declared = find(&checked.params, &path)
                        .unwrap_or_else(|| panic!("{what}: {path} is not declared"));
                    assert!(!declared.trainable && declared.shape == v.dims, "{what}: {path}");
                }
            }
            let (order, mixes_eval) = observed(&c, &checked, &params, false);
            let (_, mixes) = observed(&c, &checked, &params, true);
            let said = checked.causality;
            assert!(order.within(said), "{what}: says {said:?}, reads {order:?}");
            let strict = |c| matches!(c, Causality::Strict | Causality::StrictChannels(_));
            assert_eq!(strict(order), strict(said), "{what}: says {said:?}, reads {order:?}");
            assert_eq!(mixes, checked.mixes_batch, "{what}: mixes the batch");
            let when = row.reads_batch();
            assert_eq!(mixes_eval, when == ReadsBatch::Always, "{what}: mixes the batch outside training");
            // A block may mix for the row around it; what a row says itself is so.
            assert!(mixes || when == ReadsBatch::Never, "{what}: {when:?}");
        }
    }
}

/// Each layer's gradient in its input and parameters against central differences.
#[test]
fn every_layer_has_the_right_gradient() {
    for row in ROWS {
        for c in cases(row.name()) {
            let checked = layer(c.text, &c.input, &c.given);
            let mut cx = Builder::new("t", true);
            let env = env(&mut cx, &c.given);
            let x = cx.input("x", Role::Data, Shape::batched(&c.input.shape));
            let ys = lower(&*checked.layer, &mut cx, &env, x);
            let mut loss = cx.scalar(0.0);
            for y in ys {
                // Another weight for each element, so that no two derivatives cancel.
                let mut event = vec![1];
                event.extend(cx.shape(y).0.iter().skip(1).map(|d| d.n));
                let weights = Rng(17).tensor(&event, 0.5, 1.5);
                let w = cx.literal(weights.data, &event);
                let sq = cx.square(y);
                let wy = cx.mul(sq, w);
                let s = cx.sum_all(wy);
                loss = cx.add(loss, s);
            }
            let mut wrt: Vec<_> = cx
                .leaves()
                .iter()
                .filter(|(p, _)| find(&checked.params, p).is_some_and(|p| p.trainable))
                .map(|(p, v)| (p.clone(), *v))
                .collect();
            // A bit may be relaxed, and then carries a derivative.
            if !c.input.kind.discrete() || c.input.kind == Kind::Bool {
                wrt.push(("x".into(), x));
            }
            let values: Vec<_> = wrt.iter().map(|(_, v)| *v).collect();
            let grads = grad(&mut cx.g, loss, &values);
            cx.g.output("loss", loss);
            for ((name, _), g) in wrt.iter().zip(grads) {
                cx.g.output(format!("d {name}"), g);
            }
            let mut inputs = random_params(&checked.params, &mut Rng(8), 0.8);
            let mut rng = Rng(31);
            for (name, ty) in &c.given {
                inputs.insert(name.clone(), some_input(ty, BATCH, &mut rng));
            }
            inputs.insert("x".into(), some_input(&c.input, BATCH, &mut Rng(6)));
            let out = evaluate(&cx.g, &inputs, BATCH);
            for (name, _) in &wrt {
                // σ = uᵀWv holds u and v fixed, which a moved weight would not.
                if c.text.contains("spectral") && name.ends_with("weight") {
                    continue;
                }
                let analytic = &out[&format!("d {name}")];
                for i in (0..analytic.data.len()).step_by(1 + analytic.data.len() / 7) {
                    const H: f64 = 1e-5;
                    let at = |d: f64| {
                        let mut moved = inputs.clone();
                        moved.get_mut(name).expect("it is an input").data[i] += d;
                        evaluate(&cx.g, &moved, BATCH)["loss"].data[0]
                    };
                    let numeric = (at(H) - at(-H)) / (2.0 * H);
                    let a = analytic.data[i];
                    assert!(
                        (a - numeric).abs() <= 1e-5 * (1.0 + numeric.abs()),
                        "{}: d/d{name}[{i}] is {a}, not {numeric}",
                        c.text
                    );
                }
            }
        }
    }
}

fn only(c: &Case, params: &Inputs, x: &Tensor64, training: bool) -> (Tensor64, Inputs) {
    let checked = layer(c.text, &c.input, &c.given);
    let (mut ys, states) = run(c, &checked, params, x, training);
    (ys.remove(0), states)
}

fn close(what: &str, a: &[f64], b: &[f64], tol: f64) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        assert!((x - y).abs() <= tol * (1.0 + y.abs()), "{what}: element {i} is {x}, not {y}");
    }
}

#[test]
fn batch_norm_uses_and_follows_the_batch() {
    let c = case("batch_norm(momentum: 0.25, eps: 0)", &[2], &[2]);
    let params: Inputs = [
        ("scale", vec![2.0, 1.0]),
        ("shift", vec![1.0, 0.0]),
        ("mean", vec![0.5, 0.0]),
        ("var", vec![4.0, 1.0]),
    ]
    .into_iter()
    .map(|(n, v)| (format!("l.{n}"), Tensor64::new(&[2], v).expect("two numbers")))
    .collect();
    let x = Tensor64::new(&[2, 2], vec![1.0, 10.0, 3.0, 14.0]).expect("four numbers");
    // Means 2 and 12, biased variances 1 and 4. The newest batch has the share 0.25 / (1 - 0.75^t) of t: all of the first, 4 / 7 of two.
    for (before, share) in [(0.0, 1.0), (1.0, 4.0 / 7.0), (1000.0, 0.25)] {
        let mut params = params.clone();
        params.insert("l.batches".to_string(), Tensor64::new(&[], vec![before]).expect("a number"));
        let (y, states) = only(&c, &params, &x, true);
        close("trained", &y.data, &[-1.0, -1.0, 3.0, 1.0], 1e-12);
        let between = |old: f64, new: f64| old + share * (new - old);
        close("mean", &states["l.mean"].data, &[between(0.5, 2.0), between(0.0, 12.0)], 1e-12);
        close("var", &states["l.var"].data, &[between(4.0, 1.0), between(1.0, 4.0)], 1e-12);
        assert_eq!(states["l.batches"].data, [before + 1.0]);
    }
    let (y, _) = only(&c, &params, &x, false);
    close("evaluated", &y.data, &[1.5, 10.0, 3.5, 14.0], 1e-12);
}

#[test]
fn normalisations_of_one_example_have_mean_0_and_variance_1() {
    for (text, groups) in
        [("layer_norm(eps: 0)", 1), ("group_norm(2, eps: 0)", 2), ("instance_norm(eps: 0)", 4)]
    {
        let c = case(text, &[4, 3, 2], &[4, 3, 2]);
        let checked = layer(text, &c.input, &[]);
        let params = initial_params(&checked.params);
        let (y, _) = only(&c, &params, &some_input(&c.input, 2, &mut Rng(3)), false);
        for part in y.data.chunks(24 / groups) {
            let n = part.len() as f64;
            let mean = part.iter().sum::<f64>() / n;
            let var = part.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
            close(text, &[mean, var], &[0.0, 1.0], 1e-9);
        }
    }
}

/// The largest singular value of the effective weight tends to 1.
#[test]
fn spectral_norm_divides_by_the_largest_singular_value() {
    let c = case("dense(5, bias: false, norm: spectral)", &[4], &[5]);
    let checked = layer(c.text, &c.input, &[]);
    let mut params = random_params(&checked.params, &mut Rng(2), 1.0);
    let eye = Tensor64::from_fn(&[4, 4], |i| f64::from(i / 4 == i % 4));
    let mut effective = eye.clone();
    for _ in 0..400 {
        let (w, states) = only(&c, &params, &eye, true);
        effective = w;
        params.extend(states);
    }
    let w = &params["l.weight"].data;
    let gram = |w: &[f64]| -> Vec<f64> {
        (0..16).map(|e| (0..5).map(|k| w[e / 4 * 5 + k] * w[e % 4 * 5 + k]).sum()).collect()
    };
    // The largest eigenvalue of W Wᵀ, from its 64th power's trace: λ^64 (1 + tiny) with 6 squarings.
    let largest = |mut m: Vec<f64>| {
        let mut log = 0.0;
        for i in 0..10 {
            let scale = m.iter().fold(0.0f64, |a, v| a.max(v.abs()));
            m.iter_mut().for_each(|v| *v /= scale);
            log += scale.ln() / f64::from(1 << i);
            m = (0..16).map(|e| (0..4).map(|k| m[e / 4 * 4 + k] * m[k * 4 + e % 4]).sum()).collect();
        }
        let trace = m[0] + m[5] + m[10] + m[15];
        (log + trace.ln() / 1024.0).exp().sqrt()
    };
    let sigma = largest(gram(w));
    close("W / sigma", &effective.data, &w.iter().map(|v| v / sigma).collect::<Vec<_>>(), 1e-3);
    close("largest singular value", &[largest(gram(&effective.data))], &[1.0], 1e-3);
}

#[test]
fn masks_of_type_a_see_no_centre() {
    let c = case("conv(1, k: 3, mask: A, bias: false)", &[1, 3, 3], &[1, 3, 3]);
    let params: Inputs = [("l.weight".to_string(), Tensor64::full(&[1, 1, 3, 3], 1.0))].into();
    let x = Tensor64::from_fn(&[1, 1, 3, 3], |i| 10f64.powi(i as i32));
    let (y, _) = only(&c, &params, &x, false);
    // Row by row: the sum of the neighbours that come before in raster order.
    close("A", &y.data, &[0.0, 1.0, 10.0, 11.0, 1111.0, 10110.0, 11000.0, 1111000.0, 10110000.0], 1e-12);
}

#[test]
fn masked_stacks_are_strictly_causal_whatever_their_widths() {
    for (text, out) in [
        ("dense(7, mask: A), tanh, dense(11, mask: B), tanh, dense(4, mask: B)", vec![4]),
        ("dense(3, mask: B), tanh, residual { dense(3, mask: B) }, dense(4, mask: A)", vec![4]),
        ("dense(9, mask: A), tanh, dense(4, mask: B), logits(3, mask: B)", vec![4, 3]),
    ] {
        let chain = net(text, &EventTy::real([4]), &[]).expect("the net is right");
        let params = random_params(&chain.params(), &mut Rng(4), 1.0);
        let whole = Checked::global(chain.out_ty().clone(), chain.params(), Net(chain));
        let c = Case { text, input: EventTy::real([4]), out: vec![out], given: vec![] };
        assert_eq!(observed(&c, &whole, &params, false).0, Causality::Strict, "{text}");
    }
    let text = "conv(4, k: 3, mask: A), tanh, residual { conv(4, mask: B), tanh }, conv(3, k: 1), logits(2)";
    let input = EventTy::real([1, 4, 4]);
    let chain = net(text, &input, &[]).expect("the net is right");
    assert_eq!(chain.out_ty().shape, [1, 4, 4, 2]);
    let params = random_params(&chain.params(), &mut Rng(4), 1.0);
    let whole = Checked::global(chain.out_ty().clone(), chain.params(), Net(chain));
    let c = Case { text, input, out: vec![vec![1, 4, 4, 2]], given: vec![] };
    assert_eq!(observed(&c, &whole, &params, false).0, Causality::Strict, "{text}");
}

#[test]
fn dropout_keeps_the_mean() {
    let c = case("dropout(0.3)", &[500], &[500]);
    let x = Tensor64::full(&[20, 500], 1.0);
    let (y, _) = only(&c, &Inputs::new(), &x, true);
    assert!(y.data.iter().all(|v| *v == 0.0 || (v - 1.0 / 0.7).abs() < 1e-12));
    let mean = y.data.iter().sum::<f64>() / 10_000.0;
    assert!((mean - 1.0).abs() < 0.03, "{mean}");
    assert_eq!(only(&c, &Inputs::new(), &x, false).0, x);
}

#[test]
fn small_layers_compute_what_they_say() {
    let run = |text: &'static str, input: &[usize], out: &[usize], x: Vec<f64>| {
        let c = case(text, input, out);
        only(&c, &Inputs::new(), &Tensor64::new(&[&[1], input].concat(), x).expect("the sizes agree"), false)
            .0
            .data
    };
    let count: Vec<f64> = (0..8).map(f64::from).collect();
    assert_eq!(run("avg_pool(2)", &[1, 2, 4], &[1, 1, 2], count.clone()), [2.5, 4.5]);
    assert_eq!(run("max_pool(2)", &[1, 2, 4], &[1, 1, 2], count.clone()), [5.0, 7.0]);
    assert_eq!(run("global_pool(by: sum)", &[2, 2, 2], &[2], count.clone()), [6.0, 22.0]);
    assert_eq!(run("up((1, 2))", &[1, 1, 2], &[1, 1, 4], vec![1.0, 2.0]), [1.0, 1.0, 2.0, 2.0]);
    let six = || vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    assert_eq!(run("rotate", &[1, 2, 3], &[1, 3, 2], six()), [3.0, 6.0, 2.0, 5.0, 1.0, 4.0]);
    assert_eq!(run("rotate(180)", &[1, 2, 3], &[1, 2, 3], six()), [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
    assert_eq!(run("rotate(270)", &[1, 2, 3], &[1, 3, 2], six()), [4.0, 1.0, 5.0, 2.0, 6.0, 3.0]);
    assert_eq!(run("flip", &[1, 2, 3], &[1, 2, 3], six()), [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]);
    assert_eq!(run("flip(rows)", &[1, 2, 3], &[1, 2, 3], six()), [4.0, 5.0, 6.0, 1.0, 2.0, 3.0]);
    assert_eq!(run("crop((1, 2), at: (1, 1))", &[1, 2, 3], &[1, 1, 2], six()), [5.0, 6.0]);
    assert_eq!(run("slice(2, from: 3)", &[6], &[2], six()), [4.0, 5.0]);
    let mirror = run("reflect_pad(1)", &[1, 2, 2], &[1, 4, 4], vec![1.0, 2.0, 3.0, 4.0]);
    assert_eq!(mirror, [4.0, 3.0, 4.0, 3.0, 2.0, 1.0, 2.0, 1.0, 4.0, 3.0, 4.0, 3.0, 2.0, 1.0, 2.0, 1.0]);
    let c = kinded(Kind::Int(5), "rescale", &[3], &[3]);
    let x = Tensor64::new(&[1, 3], vec![0.0, 1.0, 4.0]).expect("three numbers");
    assert_eq!(only(&c, &Inputs::new(), &x, false).0.data, [-1.0, -0.5, 1.0]);
    let c = kinded(Kind::Class(3), "embed(2)", &[], &[2]);
    let table: Inputs = [("l.table".to_string(), Tensor64::from_fn(&[3, 2], |i| i as f64))].into();
    let x = Tensor64::new(&[2], vec![2.0, 0.0]).expect("two numbers");
    assert_eq!(only(&c, &table, &x, false).0.data, [4.0, 5.0, 0.0, 1.0]);
    // Bits, and a relaxed one a quarter of the way.
    let c = kinded(Kind::Bool, "embed(2)", &[3], &[3, 2]);
    let table: Inputs =
        [("l.table".to_string(), Tensor64::new(&[2, 2], vec![1.0, 2.0, 5.0, -2.0]).expect("four numbers"))]
            .into();
    let x = Tensor64::new(&[1, 3], vec![0.0, 1.0, 0.25]).expect("three numbers");
    assert_eq!(only(&c, &table, &x, false).0.data, [1.0, 2.0, 5.0, -2.0, 2.0, 1.0]);
}

#[test]
fn initial_values_have_their_spread() {
    let root = |x: f64| x.sqrt();
    let lecun = |reads: f64| root(1.0 / (3.0 * reads));
    let class = EventTy { kind: Kind::Class(40), shape: vec![] };
    let (vector, image) = (EventTy::real([100]), EventTy::real([16, 8, 8]));
    // `he` is √(2 / reads), `xavier` √(2 / (reads + outputs)). A kernel of 4 x 4 that steps by 2 meets each input in 2 x 2 places; its transpose
    // reads 2 x 2 places for each output.
    for (text, input, of, want) in [
        ("dense(200)", &vector, "weight", lecun(100.0)),
        ("dense(200, init: lecun)", &vector, "weight", lecun(100.0)),
        ("dense(200, init: xavier)", &vector, "weight", root(2.0 / 300.0)),
        ("dense(200, init: he)", &vector, "weight", root(2.0 / 100.0)),
        ("dense(200, init: normal(0.3))", &vector, "weight", 0.3),
        ("dense(200, init: uniform(0.3))", &vector, "weight", 0.3 / root(3.0)),
        ("dense(200, init: constant(0.5))", &vector, "weight", 0.5),
        ("dense(200, init: orthogonal)", &vector, "weight", root(1.0 / 200.0)),
        ("heads(60, 40)", &vector, "head0.weight", lecun(100.0)),
        ("heads(60, 40)", &vector, "head1.weight", lecun(100.0)),
        ("heads(60, 40, init: he)", &vector, "head1.weight", root(2.0 / 100.0)),
        ("heads(60, 40, init: xavier)", &vector, "head0.weight", root(2.0 / 160.0)),
        ("logits(3)", &vector, "weight", lecun(100.0)),
        ("logits(50, init: he)", &image, "weight", root(2.0 / 16.0)),
        ("conv(40, k: 3)", &image, "weight", lecun(144.0)),
        ("conv(40, k: 3, init: he)", &image, "weight", root(2.0 / 144.0)),
        ("conv(40, k: 3, init: xavier)", &image, "weight", root(2.0 / (144.0 + 360.0))),
        ("conv(40, k: 4, stride: 2, init: xavier)", &image, "weight", root(2.0 / (256.0 + 160.0))),
        ("conv(40, k: 3, groups: 4)", &image, "weight", lecun(36.0)),
        ("conv(40, k: 3, groups: 4, init: he)", &image, "weight", root(2.0 / 36.0)),
        ("conv_transpose(40, k: 4, stride: 2)", &image, "weight", lecun(64.0)),
        ("conv_transpose(40, k: 4, stride: 2, init: he)", &image, "weight", root(2.0 / 64.0)),
        ("conv_transpose(40, k: 4, stride: 2, init: xavier)", &image, "weight", root(2.0 / (64.0 + 640.0))),
        ("conv_transpose(40, k: 4, stride: 2, groups: 4, init: he)", &image, "weight", root(2.0 / 16.0)),
        ("embed(50)", &class, "table", 1.0),
        ("embed(50, init: normal(0.3))", &class, "table", 0.3),
        ("embed(50, init: he)", &class, "table", root(2.0)),
        ("embed(50, init: zeros)", &class, "table", 0.0),
    ] {
        let p = initial_params(&layer(text, input, &[]).params);
        let w = &p[&format!("l.{of}")].data;
        let spread = (w.iter().map(|v| v * v).sum::<f64>() / w.len() as f64).sqrt();
        close(text, &[spread], &[want], 0.05);
    }
    let one_hot = initial_params(&layer("embed(50, init: constant(0.2))", &EventTy::real([40]), &[]).params);
    assert!(one_hot["l.table"].data.iter().all(|v| *v == 0.2));
    let p = initial_params(&layer("dense(7, init: orthogonal)", &EventTy::real([7]), &[]).params);
    let w = &p["l.weight"].data;
    for e in 0..49 {
        let dot: f64 = (0..7).map(|k| w[e / 7 * 7 + k] * w[e % 7 * 7 + k]).sum();
        close("orthogonal", &[dot], &[f64::from(e / 7 == e % 7)], 1e-6);
    }
    assert_eq!(p["l.bias"].data, [0.0; 7]);
}

/// What the fans are for: with `he`, the outputs of independent inputs with mean square 1 have mean square 2, whatever the layer.
#[test]
fn he_initial_values_keep_the_size_of_values() {
    for (text, input) in [
        ("dense(400, init: he)", vec![300]),
        ("heads(400, init: he)", vec![300]),
        ("conv(60, k: 3, init: he)", vec![20, 12, 12]),
        ("conv(60, k: 4, stride: 2, init: he)", vec![20, 12, 12]),
        ("conv(60, k: 3, groups: 5, init: he)", vec![20, 12, 12]),
        ("conv_transpose(60, k: 4, stride: 2, init: he)", vec![20, 12, 12]),
        ("conv_transpose(60, k: 4, stride: 4, init: he)", vec![20, 12, 12]),
        ("conv_transpose(60, k: 4, stride: 2, groups: 5, init: he)", vec![20, 12, 12]),
    ] {
        let checked = layer(text, &EventTy::real(input.clone()), &[]);
        let c = Case {
            text,
            input: EventTy::real(input.clone()),
            out: vec![checked.out[0].shape.clone()],
            given: vec![],
        };
        let x = Rng(12).tensor(&[&[1], input.as_slice()].concat(), -3f64.sqrt(), 3f64.sqrt());
        let (y, _) = only(&c, &initial_params(&checked.params), &x, false);
        // Away from the edges, where kernels read zeros.
        let inside: Vec<f64> = match c.out[0].as_slice() {
            [_, h, w] => {
                let place = |i: usize| (i / w % h, i % w);
                let inner = |i: usize| {
                    place(i).0 >= 2 && place(i).0 + 2 < *h && place(i).1 >= 2 && place(i).1 + 2 < *w
                };
                y.data.iter().enumerate().filter(|(i, _)| inner(*i)).map(|(_, v)| *v).collect()
            }
            _ => y.data.clone(),
        };
        assert!(inside.len() > 100, "{text}");
        let size = inside.iter().map(|v| v * v).sum::<f64>() / inside.len() as f64;
        assert!((size - 2.0).abs() < 0.35, "{text}: mean square {size}");
    }
}

#[test]
fn wrong_layers_are_refused_in_the_users_words() {
    let cases: &[(&str, &[usize], &str, &str)] = &[
        ("dense(3)", &[3, 4, 4], "E0201", "takes a vector, not an event of shape [3, 4, 4]"),
        ("dense(3)", &[], "E0201", "single number"),
        ("dense(3, init: zeroes)", &[4], "E0205", "no initial value called `zeroes`"),
        ("dense(3, init: uniform)", &[4], "E0205", "needs a number"),
        ("heads(2, 0)", &[4], "E0205", "at least 1"),
        ("conv(3)", &[16], "E0201", "takes an image"),
        ("conv(3, k: 5, pad: valid)", &[1, 4, 4], "E0201", "spans 5 x 5 does not fit into an image of 4 x 4"),
        ("conv(3, groups: 2)", &[3, 4, 4], "E0205", "2 groups do not divide 3 channels into 3"),
        ("conv(3, k: 4, mask: A)", &[1, 4, 4], "E0205", "has no centre"),
        ("conv(3, stride: 2, mask: B)", &[1, 4, 4], "E0205", "keep every pixel"),
        ("conv(3, pad: sme)", &[1, 4, 4], "E0205", "no padding"),
        ("conv(3, pad: 9000000000000)", &[1, 4, 4], "E0205", "no padding"),
        ("heads(9000000000000)", &[4], "E0205", "whole numbers"),
        ("conv_transpose(3, k: 1, stride: 1, pad: 4)", &[1, 4, 4], "E0201", "leaves nothing"),
        ("conv_transpose(3, out_pad: 2)", &[1, 4, 4], "E0205", "smaller than the stride"),
        ("reshape(3, 5)", &[16], "E0201", "[16] cannot be reshaped to [3, 5]"),
        ("scalar", &[2], "E0201", "one number"),
        ("residual { dense(3) }", &[4], "E0201", "turns shape [4] into [3]"),
        ("residual { heads(4, 4) }", &[4], "E0201", "one output"),
        ("max_pool(3)", &[1, 4, 4], "E0201", "do not cover an image of 4 x 4"),
        ("group_norm(3)", &[4, 2, 2], "E0201", "3 groups do not divide 4 channels"),
        ("reflect_pad(4)", &[1, 4, 4], "E0201", "larger than 4 x 4"),
        ("crop(3, at: 2)", &[1, 4, 4], "E0201", "3 x 3 pixels from row 2 and column 2 leave the image"),
        ("slice(3, from: 2)", &[4], "E0201", "3 elements from number 2 on leave what there is"),
        ("slice(1)", &[], "E0201", "several elements"),
        ("flip", &[4], "E0201", "takes an image"),
        ("rotate(45)", &[1, 4, 4], "E0205", "45 degrees are none"),
        ("bias_from(z)", &[4], "E0205", "there are none here"),
        ("embed(3)", &[4, 4], "E0201", "discrete"),
        ("rescale", &[4], "E0201", "two known ends"),
        ("dropout(1)", &[4], "E0205", "leaves nothing"),
        ("gate", &[5], "E0201", "5 is odd"),
        ("gru(3)", &[5], "E0201", "takes a sequence [places, features]"),
        ("lstm(3)", &[1, 5, 5], "E0201", "takes a sequence"),
        ("conv1d(3)", &[2, 5, 5], "E0201", "takes a sequence"),
        ("last", &[5], "E0201", "takes a sequence"),
        ("dense(3, mask: A)", &[5, 2], "E0205", "reads every place alone"),
        ("logits(3, mask: B)", &[5, 2], "E0205", "reads every place alone"),
        ("attention(heads: 3)", &[4, 2, 2], "E0205", "4 features cannot be parted among 3 heads"),
        ("attention(heads: 2, keys: 6, positions: rotary)", &[4, 4], "E0205", "turns pairs of features"),
        ("tied(4) { dense(4) }", &[4, 4], "E0201", "takes a sequence of classes"),
        ("attention(heads: 2, keys: 3)", &[4, 2, 2], "E0205", "3 features cannot be parted"),
        ("attention(mask: A)", &[4], "E0201", "takes an image"),
        ("attention(mask: B)", &[5000, 1], "E0201", "5000 x 5000 pairs"),
        ("gated_pixelcnn(4, layers: 2, k: 4)", &[1, 4, 4], "E0205", "has no centre"),
        ("gated_pixelcnn(4, layers: 2, colours: 3)", &[3, 4, 4], "E0205", "4 channels cannot be parted"),
        ("gated_pixelcnn(4, layers: 2, inputs: y)", &[1, 4, 4], "E0205", "there are none here"),
        ("position", &[], "E0201", "several places"),
        ("shift_right", &[], "E0201", "moves the numbers of a sequence"),
        ("gate", &[2, 2, 2, 2], "E0201", "takes a vector, a sequence"),
        ("gate(colours: 3)", &[8, 2, 2], "E0205", "8 channels cannot be parted into 3 equal runs"),
        ("gate(colours: 3)", &[6], "E0205", "parts the channels of an image"),
        ("conv(6, colours: 3)", &[3, 2, 2], "E0205", "there is none"),
        ("conv(8, colours: 3, mask: A)", &[3, 2, 2], "E0205", "8 channels cannot be parted into 3"),
        ("logits(4, channels: 2, colours: 3, mask: B)", &[3, 2, 2], "E0205", "2 channels cannot be parted"),
        ("heads(3, 4, colours: 3, mask: B)", &[3, 2, 2], "E0205", "4 channels cannot be parted"),
    ];
    for (text, shape, code, words) in cases {
        let d = match net(text, &EventTy::real(shape.to_vec()), &[]) {
            Ok(_) => panic!("`{text}` should be refused on {shape:?}"),
            Err(d) => d,
        };
        assert_eq!(d.code, *code, "{text}: {d:?}");
        assert!(d.message.contains(words), "{text}: {}", d.message);
        assert!(d.help.is_some(), "{text}: {d:?}");
    }
    let z = given(&[("z", EventTy::real([3])), ("m", EventTy::real([1, 5, 5]))]);
    for (text, words) in [
        ("bias_from(w)", "`w` is no further input"),
        ("bias_from(m)", "cannot be laid over"),
        ("join(m)", "does not fit beside"),
    ] {
        let d = net(text, &EventTy::real([1, 4, 4]), &z)
            .err()
            .unwrap_or_else(|| panic!("`{text}` should be refused"));
        assert!(d.message.contains(words) && d.help.is_some(), "{text}: {d:?}");
    }
}

/// What a layer computes can be printed and compared: alike for the same call on the same input, and for no other.
#[test]
fn layers_are_values() {
    let all: Vec<_> = ROWS.iter().flat_map(|row| cases(row.name())).collect();
    let checked = |c: &Case| layer(c.text, &c.input, &c.given);
    for (i, a) in all.iter().enumerate() {
        assert_eq!(checked(a), checked(a), "{}", a.text);
        for b in all.iter().skip(i + 1).filter(|b| (b.text, &b.input) != (a.text, &a.input)) {
            let (x, y) = (checked(a), checked(b));
            assert_ne!(x, y, "{} and {}", a.text, b.text);
            assert_eq!(x.layer == y.layer, format!("{:?}", x.layer) == format!("{:?}", y.layer));
        }
    }
    let printed = format!("{:?}", layer("residual { dense(3, mask: B), relu }", &EventTy::real([3]), &[]));
    for part in ["Skip", "Linear", "mask: B", "n_out: 3", "relu(", "Uniform("] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
}

/// A net whose layers read its input by name does so as a layer of another net, too.
#[test]
fn a_net_as_a_layer_reads_its_own_input() {
    let ty = EventTy::real([3]);
    let chain = net("dense(3), bias_from(h)", &ty, &given(&[("h", ty.clone())])).expect("the net is right");
    let whole = whole::checked("inner", "h", &chain.out, &chain);
    let mut cx = Builder::new("t", false);
    let x = cx.input("x", Role::Data, Shape::batched(&[3]));
    lower(&*whole.layer, &mut cx, &Env::default(), x);
    let read: Vec<&str> = cx.leaves().keys().map(String::as_str).collect();
    assert_eq!(read, ["inner.0.bias", "inner.0.weight", "inner.1.h.weight"]);
}
