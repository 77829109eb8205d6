//! Gradients of the IR against Burn's own `backward()`, which shares no code with them: dense, convolution, softplus, logsumexp.

use super::{DeviceChoice, Executable, RngKey, Tensor, open};
use burn::tensor::{Device, Tensor as Burn, TensorData, activation, module, ops::ConvOptions};
use gmc_compiler::ir::grad::grad;
use gmc_compiler::ir::graph::{Graph, Value};
use gmc_compiler::ir::op::{Conv2d, ConvGeom, Op, Role, Unary};
use gmc_compiler::ir::shape::Shape;

const BATCH: usize = 5;

/// Numbers in (-1, 1) that look random.
pub(super) fn numbers(n: usize, salt: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 7919 + salt * 104_729 + 13) as f32).sin()).collect()
}

fn burn<const D: usize>(dims: [usize; D], salt: usize, device: &Device) -> Burn<D> {
    Burn::from_data(TensorData::new(numbers(dims.iter().product(), salt), dims), device)
}

fn vec<const D: usize>(t: Burn<D>) -> Vec<f32> {
    t.into_data().try_into_vec().expect("f32")
}

/// Runs the graph's loss and its gradients with parameter `i` drawn from salt `i`, data from salt 100.
fn ours(mut g: Graph, loss: Value, params: &[Value]) -> Vec<Vec<f32>> {
    let mut all = vec![loss];
    all.extend(grad(&mut g, loss, params));
    for (i, v) in all.into_iter().enumerate() {
        g.output(format!("o{i}"), v);
    }
    let cpu = open(DeviceChoice::Cpu).expect("there is a CPU");
    let exe = Executable::new(&g);
    let shapes: Vec<(String, Vec<usize>)> =
        exe.inputs().map(|i| (i.name.clone(), i.shape.at(BATCH))).collect();
    let mut give = |name: &str| {
        let (_, dims) = shapes.iter().find(|(n, _)| n == name)?;
        let salt = name.strip_prefix('p').map_or(100, |s| s.parse().unwrap_or(100));
        Some(Tensor::from_f32(&cpu, numbers(dims.iter().product(), salt), dims))
    };
    let out = exe.run(&cpu, BATCH, &mut give, RngKey { seed: 0, step: 0 }).expect("runs");
    out.into_iter().map(|(_, t)| t.to_f32()).collect()
}

fn agree(what: &str, ours: &[Vec<f32>], burns: &[Vec<f32>]) {
    assert_eq!(ours.len(), burns.len());
    for (k, (a, b)) in ours.iter().zip(burns).enumerate() {
        assert_eq!(a.len(), b.len(), "{what} {k}");
        assert!(
            k == 0 || b.iter().any(|x| x.abs() > 1e-3),
            "{what} {k}: the oracle's gradient vanishes, which tests nothing"
        );
        for (i, (x, y)) in a.iter().zip(b).enumerate() {
            assert!((x - y).abs() <= 2e-4 * (1.0 + y.abs()), "{what} {k}[{i}]: {x}, Burn has {y}");
        }
    }
}

fn param(g: &mut Graph, i: usize, dims: &[usize]) -> Value {
    g.input(&format!("p{i}"), Role::Param, Shape::fixed(dims))
}

#[test]
fn dense_with_softplus_loss() {
    let mut g = Graph::new("dense");
    let x = g.input("x", Role::Data, Shape::batched(&[6]));
    let (w, b, v) = (param(&mut g, 0, &[6, 4]), param(&mut g, 1, &[4]), param(&mut g, 2, &[4, 3]));
    let h = g.matmul(x, w);
    let lifted = g.lift(b, 2);
    let h = g.add(h, lifted);
    let h = g.unary(Unary::Tanh, h);
    let y = g.matmul(h, v);
    let y = g.softplus(y);
    let loss = g.mean_all(y);
    let got = ours(g, loss, &[w, b, v]);

    let device = Device::flex().autodiff();
    let x = burn([BATCH, 6], 100, &device);
    let (w, b, v) = (
        burn([6, 4], 0, &device).require_grad(),
        burn([4], 1, &device).require_grad(),
        burn([4, 3], 2, &device).require_grad(),
    );
    let h = (x.matmul(w.clone()) + b.clone().reshape([1, 4])).tanh();
    let loss = activation::softplus(h.matmul(v.clone()), 1.0).mean();
    let grads = loss.backward();
    let of = |g: Option<Vec<f32>>| g.expect("tracked");
    let want =
        [vec(loss), of(w.grad(&grads).map(vec)), of(b.grad(&grads).map(vec)), of(v.grad(&grads).map(vec))];
    agree("dense", &got, &want);
}

#[test]
fn classifier_with_logsumexp() {
    let mut g = Graph::new("classifier");
    let x = g.input("x", Role::Data, Shape::batched(&[6]));
    let w = param(&mut g, 0, &[6, 5]);
    let y = g.matmul(x, w);
    let l = g.log_softmax(y, 1);
    let first = g.slice(l, 1, 2, 1);
    let s = g.square(first);
    let loss = g.mean_all(s);
    let got = ours(g, loss, &[w]);

    let device = Device::flex().autodiff();
    let x = burn([BATCH, 6], 100, &device);
    let w = burn([6, 5], 0, &device).require_grad();
    let l = activation::log_softmax(x.matmul(w.clone()), 1).slice([0..BATCH, 2..3]);
    let loss = (l.clone() * l).mean();
    let grads = loss.backward();
    agree("classifier", &got, &[vec(loss), w.grad(&grads).map(vec).expect("tracked")]);
}

#[test]
fn strided_convolutions() {
    let geom = ConvGeom { stride: [2, 2], pad: [1, 1], dilation: [1, 1], groups: 1 };
    let mut g = Graph::new("conv");
    let x = g.input("x", Role::Data, Shape::batched(&[2, 9, 8]));
    let (w, v) = (param(&mut g, 0, &[4, 2, 3, 3]), param(&mut g, 1, &[3, 4, 3, 3]));
    let h = g.push(Op::Conv2d(Conv2d(geom)), &[x, w]);
    let h = g.unary(Unary::Sigmoid, h);
    let y = g.push(Op::Conv2d(Conv2d(geom)), &[h, v]);
    let y = g.square(y);
    let loss = g.mean_all(y);
    let got = ours(g, loss, &[w, v]);

    let device = Device::flex().autodiff();
    let x = burn([BATCH, 2, 9, 8], 100, &device);
    let (w, v) =
        (burn([4, 2, 3, 3], 0, &device).require_grad(), burn([3, 4, 3, 3], 1, &device).require_grad());
    let options = || ConvOptions::new([2, 2], [1, 1], [1, 1], 1);
    let h = activation::sigmoid(module::conv2d(x, w.clone(), None, options()));
    let y = module::conv2d(h, v.clone(), None, options());
    let loss = (y.clone() * y).mean();
    let grads = loss.backward();
    let of = |g: Option<Vec<f32>>| g.expect("tracked");
    agree("conv", &got, &[vec(loss), of(w.grad(&grads).map(vec)), of(v.grad(&grads).map(vec))]);
}
