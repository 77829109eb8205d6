//! Milliseconds of one training step of a variational autoencoder (784-400-20-400-784, batch 128, Adam) on the CPU.
#![expect(clippy::indexing_slicing, reason = "an example that a person runs")]

use gmc_compiler::ir::grad::grad;
use gmc_compiler::ir::graph::{Graph, Value};
use gmc_compiler::ir::op::{RandomKind, Role};
use gmc_compiler::ir::shape::Shape;
use gmc_runtime::exec::{DeviceChoice, Executable, RngKey, RunOptions, Tensor, open};
use std::collections::HashMap;
use std::time::Instant;

const BATCH: usize = 128;

struct Net {
    g: Graph,
    params: Vec<(String, Value)>,
}

impl Net {
    fn dense(&mut self, name: &str, x: Value, from: usize, to: usize) -> Value {
        let w = self.g.input(&format!("{name}.w"), Role::Param, Shape::fixed(&[from, to]));
        let b = self.g.input(&format!("{name}.b"), Role::Param, Shape::fixed(&[to]));
        self.params.extend([(format!("{name}.w"), w), (format!("{name}.b"), b)]);
        let y = self.g.matmul(x, w);
        let b = self.g.lift(b, 2);
        self.g.add(y, b)
    }
}

fn vae() -> Graph {
    let mut n = Net { g: Graph::new("vae"), params: Vec::new() };
    let x = n.g.input("x", Role::Data, Shape::batched(&[784]));
    let h = n.dense("e1", x, 784, 400);
    let h = n.g.unary(gmc_compiler::ir::op::Unary::Relu, h);
    let mu = n.dense("mu", h, 400, 20);
    let lv = n.dense("lv", h, 400, 20);
    let half = n.g.mul_c(lv, 0.5);
    let sd = n.g.exp(half);
    let eps = n.g.random(RandomKind::Normal, Shape::batched(&[20]));
    let noise = n.g.mul(sd, eps);
    let z = n.g.add(mu, noise);
    let h = n.dense("d1", z, 20, 400);
    let h = n.g.unary(gmc_compiler::ir::op::Unary::Relu, h);
    let l = n.dense("d2", h, 400, 784);
    let g = &mut n.g;
    let (s, xl) = (g.softplus(l), g.mul(x, l));
    let bce = g.sub(s, xl);
    let rec = g.sum_event(bce);
    let (m2, v) = (g.square(mu), g.exp(lv));
    let k = g.add(m2, v);
    let k = g.sub(k, lv);
    let k = g.add_c(k, -1.0);
    let k = g.sum_event(k);
    let k = g.mul_c(k, 0.5);
    let e = g.add(rec, k);
    let loss = g.mean_all(e);
    g.output("loss", loss);
    let wrt: Vec<Value> = n.params.iter().map(|(_, v)| *v).collect();
    let grads = grad(g, loss, &wrt);
    let t = g.input("t", Role::Scalar, Shape::scalar());
    let mut correct = |beta: f64| {
        let b = g.scalar(beta);
        let p = g.binary(gmc_compiler::ir::op::Binary::Pow, b, t);
        let p = g.neg(p);
        g.add_c(p, 1.0)
    };
    let (c1, c2) = (correct(0.9), correct(0.999));
    for ((name, p), d) in n.params.iter().zip(grads) {
        let shape = g.shape(*p);
        let m = g.input(&format!("m:{name}"), Role::State, shape.clone());
        let v = g.input(&format!("v:{name}"), Role::State, shape);
        let (a, b) = (g.mul_c(m, 0.9), g.mul_c(d, 0.1));
        let m = g.add(a, b);
        let d2 = g.square(d);
        let (a, b) = (g.mul_c(v, 0.999), g.mul_c(d2, 0.001));
        let v = g.add(a, b);
        let (mh, vh) = (g.div(m, c1), g.div(v, c2));
        let r = g.sqrt(vh);
        let r = g.add_c(r, 1e-8);
        let s = g.div(mh, r);
        let s = g.mul_c(s, 1e-3);
        let q = g.sub(*p, s);
        g.output(name.clone(), q);
        g.output(format!("m:{name}"), m);
        g.output(format!("v:{name}"), v);
    }
    n.g
}

fn main() {
    let Ok(cpu) = open(DeviceChoice::Cpu) else { return };
    let graph = vae();
    let exe = Executable::new(&graph);
    eprintln!("{} nodes, {:?} units", graph.nodes.len(), exe.units());
    for fuse in [true, false] {
        let mut state: HashMap<String, Tensor> = HashMap::new();
        for i in exe.inputs() {
            let dims = i.shape.at(BATCH);
            let n: usize = dims.iter().product();
            let scale = if i.role == Role::Param { 0.05 } else { 0.0 };
            let v = if i.name == "x" {
                vec![0.5; n]
            } else {
                (0..n).map(|k| (k as f32 * 1.7).sin() * scale).collect()
            };
            state.insert(i.name.clone(), Tensor::from_f32(&cpu, v, &dims));
        }
        let x = state.get("x").cloned();
        let mut times = Vec::new();
        for step in 0..120u64 {
            let start = Instant::now();
            let t = Tensor::scalar(&cpu, step as f32 + 1.0);
            let mut give = |n: &str| match n {
                "t" => Some(t.clone()),
                "x" => x.clone(),
                other => state.remove(other),
            };
            let out = exe.run_with(
                &cpu,
                BATCH,
                &mut give,
                RngKey { seed: 1, step },
                RunOptions { check: false, fuse, profile: false },
            );
            let Ok(out) = out else { return };
            state.extend(out);
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let loss = state.get("loss").map(|t| t.to_f32());
        eprintln!(
            "fuse {fuse}: median {:.2} ms, best {:.2} ms, loss {loss:?}",
            times[times.len() / 2],
            times[0]
        );
    }
}
