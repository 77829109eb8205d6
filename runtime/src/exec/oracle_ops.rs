//! The derivative of every op against Burn's own `backward()`, op by op: the loss is the result against fixed weights.
#![expect(clippy::type_complexity, clippy::too_many_lines, reason = "a table of cases, read once")]

use super::oracle::numbers;
use super::{DeviceChoice, Executable, RngKey, Tensor, open};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Bool, Device, IndexingUpdateOp, Int, Tensor as Burn, TensorData, activation, module};
use gmc_compiler::ir::grad::grad;
use gmc_compiler::ir::graph::{Graph, Value};
use gmc_compiler::ir::op::*;
use gmc_compiler::ir::ops::{BINARY, UNARY};
use gmc_compiler::ir::shape::{DType, Dim, Shape};
use std::collections::BTreeSet;

type Flat = Burn<1>;

/// One op: the shapes of what is differentiated, the op in the IR, and the same in Burn on flattened values.
struct Case {
    name: &'static str,
    dims: Vec<Vec<usize>>,
    ours: Box<dyn Fn(&mut Graph, &[Value]) -> Value>,
    burns: Box<dyn Fn(Vec<Flat>) -> Flat>,
}

fn case(
    name: &'static str,
    dims: &[&[usize]],
    ours: impl Fn(&mut Graph, &[Value]) -> Value + 'static,
    burns: impl Fn(Vec<Flat>) -> Flat + 'static,
) -> Case {
    Case {
        name,
        dims: dims.iter().map(|d| d.to_vec()).collect(),
        ours: Box::new(ours),
        burns: Box::new(burns),
    }
}

fn flat<const D: usize>(t: Burn<D>) -> Flat {
    let n: usize = t.dims().iter().product();
    t.reshape([n])
}

/// The `i`-th value under axes `dims`.
fn at<const D: usize>(v: &[Flat], i: usize, dims: [usize; D]) -> Burn<D> {
    v[i].clone().reshape(dims)
}

fn ints<const D: usize>(data: Vec<i32>, dims: [usize; D], like: &Flat) -> Burn<D, Int> {
    Burn::from_data(TensorData::new(data, dims), &like.device().inner())
}

fn index(g: &mut Graph, data: &[f64], dims: &[usize]) -> Value {
    let v = g.literal(data.to_vec(), dims);
    g.cast(v, DType::I)
}

const M: [usize; 2] = [4, 3];
const MD: &[usize] = &M;

/// x² + ½ on both sides, for what is defined above zero.
fn unary(
    name: &'static str,
    op: Unary,
    positive: bool,
    burns: impl Fn(Burn<2>) -> Burn<2> + 'static,
) -> Case {
    let raise = move |g: &mut Graph, x: Value| {
        let s = g.square(x);
        g.add_c(s, 0.5)
    };
    case(
        name,
        &[MD],
        move |g, p| {
            let x = if positive { raise(g, p[0]) } else { p[0] };
            g.unary(op, x)
        },
        move |v| {
            let x = at(&v, 0, M);
            let x = if positive { x.clone() * x + 0.5 } else { x };
            flat(burns(x))
        },
    )
}

fn binary(name: &'static str, op: Binary, burns: impl Fn(Burn<2>, Burn<2>) -> Burn<2> + 'static) -> Case {
    // The second operand broadcasts over rows; the first is kept positive for powers.
    case(
        name,
        &[MD, &[1, 3]],
        move |g, p| {
            let s = g.square(p[0]);
            let x = g.add_c(s, 0.5);
            let s = g.square(p[1]);
            let y = g.add_c(s, 0.4);
            g.binary(op, x, y)
        },
        move |v| {
            let (x, y) = (at(&v, 0, M), at(&v, 1, [1, 3]));
            flat(burns(x.clone() * x + 0.5, (y.clone() * y + 0.4).expand(M)))
        },
    )
}

fn cases() -> Vec<Case> {
    let geom = ConvGeom { stride: [2, 1], pad: [1, 2], dilation: [1, 2], groups: 2 };
    let plain = ConvGeom { stride: [1, 1], pad: [1, 1], dilation: [1, 1], groups: 1 };
    let mut all = vec![
        unary("neg", Unary::Neg, false, |x| -x),
        unary("exp", Unary::Exp, false, |x| x.exp()),
        unary("log", Unary::Log, true, |x| x.log()),
        unary("log1p", Unary::Log1p, true, |x| x.log1p()),
        unary("expm1", Unary::Expm1, false, |x| x.exp() - 1.0),
        unary("sqrt", Unary::Sqrt, true, |x| x.sqrt()),
        unary("recip", Unary::Recip, true, |x| x.recip()),
        unary("square", Unary::Square, false, |x| x.clone() * x),
        unary("abs", Unary::Abs, false, |x| x.abs()),
        unary("relu", Unary::Relu, false, activation::relu),
        unary("tanh", Unary::Tanh, false, |x| x.tanh()),
        unary("sigmoid", Unary::Sigmoid, false, activation::sigmoid),
        unary("softplus", Unary::Softplus, false, |x| activation::softplus(x, 1.0)),
        unary("sin", Unary::Sin, false, |x| x.sin()),
        unary("cos", Unary::Cos, false, |x| x.cos()),
        unary("erf", Unary::Erf, false, |x| x.erf()),
        binary("add", Binary::Add, |x, y| x + y),
        binary("sub", Binary::Sub, |x, y| x - y),
        binary("mul", Binary::Mul, |x, y| x * y),
        binary("div", Binary::Div, |x, y| x / y),
        binary("pow", Binary::Pow, |x, y| x.powf(y)),
        binary("max", Binary::Max, |x, y| x.max_pair(y)),
        binary("min", Binary::Min, |x, y| x.min_pair(y)),
    ];
    let mask = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0];
    all.extend([
        case(
            "select",
            &[MD, MD],
            move |g, p| {
                let m = g.literal(mask.to_vec(), &M);
                let m = g.cast(m, DType::B);
                g.select(m, p[0], p[1])
            },
            move |v| {
                let m: Burn<2, Bool> = Burn::from_data(
                    TensorData::new(mask.map(|x| x != 0.0).to_vec(), M),
                    &v[0].device().inner(),
                );
                flat(at(&v, 1, M).mask_where(m, at(&v, 0, M)))
            },
        ),
        case(
            "broadcast",
            &[&[1, 3]],
            |g, p| g.broadcast(p[0], Shape::fixed(&M)),
            |v| flat(at(&v, 0, [1, 3]).expand(M)),
        ),
        case("sum", &[MD], |g, p| g.reduce(ReduceKind::Sum, p[0], &[0]), |v| flat(at(&v, 0, M).sum_dim(0))),
        case(
            "mean",
            &[MD],
            |g, p| g.reduce(ReduceKind::Mean, p[0], &[1]),
            |v| flat(at(&v, 0, M).mean_dim(1)),
        ),
        case(
            "maximum",
            &[MD],
            |g, p| g.reduce(ReduceKind::Max, p[0], &[1]),
            |v| flat(at(&v, 0, M).max_dim(1)),
        ),
        case(
            "matmul",
            &[&[2, 4, 3], &[2, 3, 5]],
            |g, p| g.matmul(p[0], p[1]),
            |v| flat(at(&v, 0, [2, 4, 3]).matmul(at(&v, 1, [2, 3, 5]))),
        ),
        case(
            "conv2d",
            &[&[2, 4, 6, 7], &[6, 2, 3, 3]],
            move |g, p| g.push(Op::Conv2d(Conv2d(geom)), p),
            |v| {
                flat(module::conv2d(
                    at(&v, 0, [2, 4, 6, 7]),
                    at(&v, 1, [6, 2, 3, 3]),
                    None,
                    ConvOptions::new([2, 1], [1, 2], [1, 2], 2),
                ))
            },
        ),
        case(
            "conv_transpose2d",
            &[&[2, 6, 3, 4], &[6, 2, 3, 3]],
            move |g, p| g.push(Op::ConvTranspose2d(ConvTranspose2d { geom, out_pad: [1, 0] }), p),
            |v| {
                let options = ConvTransposeOptions::new([2, 1], [1, 2], [1, 0], [1, 2], 2);
                flat(module::conv_transpose2d(
                    at(&v, 0, [2, 6, 3, 4]),
                    at(&v, 1, [6, 2, 3, 3]),
                    None,
                    options,
                ))
            },
        ),
        // With stride 1 the weight's gradient is itself a convolution, examples and channels exchanged.
        case(
            "conv_weight",
            &[&[2, 3, 5, 6], &[2, 4, 5, 6]],
            move |g, p| g.push(Op::ConvWeight(ConvWeight { geom: plain, kernel: [3, 3] }), p),
            |v| {
                let (x, y) = (
                    at(&v, 0, [2, 3, 5, 6]).permute([1, 0, 2, 3]),
                    at(&v, 1, [2, 4, 5, 6]).permute([1, 0, 2, 3]),
                );
                flat(
                    module::conv2d(x, y, None, ConvOptions::new([1, 1], [1, 1], [1, 1], 1))
                        .permute([1, 0, 2, 3]),
                )
            },
        ),
        case(
            "gather",
            &[MD],
            |g, p| {
                let i = index(g, &[2.0, 0.0, 1.0, 1.0, 0.0, 0.0, 2.0, 2.0], &[4, 2]);
                g.gather(p[0], i, 1)
            },
            |v| flat(at(&v, 0, M).gather(1, ints(vec![2, 0, 1, 1, 0, 0, 2, 2], [4, 2], &v[0]))),
        ),
        case(
            "scatter_add",
            &[&[4, 2]],
            |g, p| {
                let i = index(g, &[2.0, 0.0, 1.0, 1.0, 0.0, 0.0, 2.0, 2.0], &[4, 2]);
                g.push(Op::ScatterAdd(ScatterAdd { axis: 1, size: Dim::fixed(3) }), &[i, p[0]])
            },
            |v| {
                let i = ints(vec![2, 0, 1, 1, 0, 0, 2, 2], [4, 2], &v[0]);
                flat((at(&v, 0, [4, 2]).repeat_dim(1, 2).narrow(1, 0, 3) * 0.0).scatter(
                    1,
                    i,
                    at(&v, 0, [4, 2]),
                    IndexingUpdateOp::Add,
                ))
            },
        ),
        case(
            "wide",
            &[MD, &[1, 3]],
            |g, p| {
                let op = Wide::of(2, |_, args| match *args {
                    [a, b] => a.gt(b).select((a.sq() + 0.5).ln() * b, a * b.exp()),
                    _ => panic!("there are two"),
                });
                g.push(Op::Wide(op), p)
            },
            |v| {
                let (a, b) = (at(&v, 0, M), at(&v, 1, [1, 3]).expand(M));
                let above = (a.clone().powi_scalar(2) + 0.5).log() * b.clone();
                flat((a.clone() * b.clone().exp()).mask_where(a.greater(b), above))
            },
        ),
        case(
            "take",
            &[MD],
            |g, p| g.take(p[0], 0, vec![3, 1, 1]),
            |v| flat(at(&v, 0, M).select(0, ints(vec![3, 1, 1], [3], &v[0]))),
        ),
        case(
            "put",
            &[&[3, 2]],
            |g, p| g.put(p[0], 0, vec![4, 1, 1], 5),
            |v| {
                let x = at(&v, 0, [3, 2]);
                flat((x.clone().repeat_dim(0, 2).narrow(0, 0, 5) * 0.0).select_assign(
                    0,
                    ints(vec![4, 1, 1], [3], &v[0]),
                    x,
                    IndexingUpdateOp::Add,
                ))
            },
        ),
        case(
            "lookup",
            &[MD],
            |g, p| {
                let i = index(g, &[3.0, 0.0, 3.0], &[3]);
                g.push(Op::Lookup(Lookup), &[p[0], i])
            },
            |v| flat(at(&v, 0, M).select(0, ints(vec![3, 0, 3], [3], &v[0]))),
        ),
        case(
            "lookup_add",
            &[&[3, 2]],
            |g, p| {
                let i = index(g, &[3.0, 0.0, 3.0], &[3]);
                g.push(Op::LookupAdd(LookupAdd { size: 4 }), &[i, p[0]])
            },
            |v| {
                let x = at(&v, 0, [3, 2]);
                flat((x.clone().repeat_dim(0, 2).narrow(0, 0, 4) * 0.0).select_assign(
                    0,
                    ints(vec![3, 0, 3], [3], &v[0]),
                    x,
                    IndexingUpdateOp::Add,
                ))
            },
        ),
        case(
            "reshape",
            &[MD],
            |g, p| g.reshape(p[0], Shape::fixed(&[2, 6])),
            |v| flat(at(&v, 0, M).reshape([2, 6])),
        ),
        case(
            "permute",
            &[&[2, 4, 3]],
            |g, p| g.permute(p[0], &[2, 0, 1]),
            |v| flat(at(&v, 0, [2, 4, 3]).permute([2, 0, 1])),
        ),
        case("slice", &[MD], |g, p| g.slice(p[0], 0, 1, 2), |v| flat(at(&v, 0, M).narrow(0, 1, 2))),
        case(
            "pad",
            &[MD],
            |g, p| g.push(Op::Pad(Pad { axis: 0, before: 1, after: 2 }), p),
            |v| {
                let x = at(&v, 0, M);
                let zero = x.clone().narrow(0, 0, 1) * 0.0;
                flat(Burn::cat(vec![zero.clone(), x, zero.clone(), zero], 0))
            },
        ),
        case(
            "concat",
            &[MD, &[4, 2]],
            |g, p| g.concat(p, 1),
            |v| flat(Burn::cat(vec![at(&v, 0, M), at(&v, 1, [4, 2])], 1)),
        ),
        // Outside of a loop, where only tests run them, the place is that of the first iteration.
        case(
            "dyn_slice",
            &[MD],
            |g, p| g.dyn_slice(p[0], &[0, 1], &[2, 1], &PLACES),
            |v| flat(at(&v, 0, M).slice([1..3, 2..3])),
        ),
        case(
            "dyn_update",
            &[MD, &[2, 1]],
            |g, p| g.dyn_update(p[0], p[1], &[0, 1], &PLACES),
            |v| flat(at(&v, 0, M).slice_assign([1..3, 2..3], at(&v, 1, [2, 1]))),
        ),
    ]);
    all
}

const PLACES: [At; 2] =
    [At { div: 1, modulo: 2, offset: 1, ahead: 0 }, At { div: 1, modulo: 1, offset: 2, ahead: 0 }];

#[test]
fn every_op_agrees_with_burns_backward() {
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    let device = Device::flex().autodiff();
    let mut seen: BTreeSet<&'static str> = BTreeSet::new();
    for c in cases() {
        let mut g = Graph::new(c.name);
        let params: Vec<Value> = c
            .dims
            .iter()
            .enumerate()
            .map(|(i, d)| g.input(&format!("p{i}"), Role::Param, Shape::fixed(d)))
            .collect();
        let y = (c.ours)(&mut g, &params);
        seen.extend(g.nodes.iter().map(|n| n.op.rule().name()));
        let shape = g.shape(y);
        let n = shape.size(1);
        let w = g.literal(numbers(n, 55).iter().map(|x| f64::from(*x)).collect(), &shape.at(1));
        let y = g.mul(y, w);
        let loss = g.sum_all(y);
        g.output("loss", loss);
        for (i, d) in grad(&mut g, loss, &params).into_iter().enumerate() {
            g.output(format!("d{i}"), d);
        }
        let mut give = |name: &str| {
            let i: usize = name.strip_prefix('p')?.parse().ok()?;
            let d = c.dims.get(i)?;
            Some(Tensor::from_f32(&cpu, numbers(d.iter().product(), i), d))
        };
        let ours = Executable::new(&g).run(&cpu, 1, &mut give, RngKey { seed: 0, step: 0 }).expect("runs");

        let values: Vec<Flat> = c
            .dims
            .iter()
            .enumerate()
            .map(|(i, d)| {
                let n = d.iter().product();
                Burn::<1>::from_data(TensorData::new(numbers(n, i), [n]), &device).require_grad()
            })
            .collect();
        let y = (c.burns)(values.clone());
        assert_eq!(y.dims(), [n], "{}", c.name);
        let weights = Burn::<1>::from_data(TensorData::new(numbers(n, 55), [n]), &device);
        let loss = (y * weights).sum();
        let grads = loss.backward();
        let mut burns = vec![loss.into_data().try_into_vec::<f32>().expect("f32")];
        burns.extend(
            values
                .iter()
                .map(|v| v.grad(&grads).expect("tracked").into_data().try_into_vec::<f32>().expect("f32")),
        );
        assert_eq!(ours.len(), burns.len());
        for ((name, a), b) in ours.iter().zip(&burns) {
            let a = a.to_f32();
            assert_eq!(a.len(), b.len(), "{} {name}", c.name);
            assert!(
                b.iter().any(|x| x.abs() > 1e-3),
                "{} {name}: the oracle vanishes, which tests nothing",
                c.name
            );
            for (x, y) in a.iter().zip(b) {
                assert!((x - y).abs() <= 2e-4 * (1.0 + y.abs()), "{} {name}: {x}, Burn has {y}", c.name);
            }
        }
    }
    // Burn has no function to compare with for these; their rules are checked against central differences in the compiler's tests.
    const UNKNOWN_TO_BURN: [&str; 3] = ["lgamma", "digamma", "trigamma"];
    for row in UNARY.iter().filter(|r| r.grad.is_some() && !UNKNOWN_TO_BURN.contains(&r.name)) {
        assert!(seen.contains(row.name), "`{}` has no case", row.name);
    }
    for row in &BINARY {
        assert!(seen.contains(row.name), "`{}` has no case", row.name);
    }
    // Leaves, conditions and indices have no derivative; `detach` and `cast` stop it. That of loops is made of those of other ops: see
    // `ir_loop_grad.rs` of the compiler's tests.
    const NO_DERIVATIVE: [&str; 13] = [
        "Input",
        "Full",
        "Literal",
        "Iota",
        "Random",
        "Count",
        "Compare",
        "Logic",
        "ArgMax",
        "Cast",
        "Detach",
        "Loop",
        "LoopResult",
    ];
    for variant in
        Op::VARIANTS.iter().filter(|v| !NO_DERIVATIVE.contains(v) && !["Unary", "Binary"].contains(v))
    {
        let token: String = variant.chars().filter(|c| *c != '_').collect::<String>().to_lowercase();
        assert!(seen.iter().any(|s| s.replace('_', "") == token), "`{variant}` has no case");
    }
}
