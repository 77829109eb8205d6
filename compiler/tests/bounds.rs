//! Bounds of the evidence are ordered as theory says (Burda et al. 2016, theorem 1): E[ELBO] <= E[IWAE-5] <= E[IWAE-50] <= log p(x), where
//! log p(x) is known by quadrature or as a sum; what β and free bits do to the bound.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod rows_common;
mod spec_common;

use gmc_compiler::derive::Compiled;
use gmc_compiler::ir::{RandomKind, Tensor64};
use rows_common::{Line, quadrature};
use spec_common::{clean, normal, run_with, uniform};
use std::collections::BTreeMap;
use std::f64::consts::TAU;

type Env = BTreeMap<String, Tensor64>;

fn t(dims: &[usize], data: Vec<f64>) -> Tensor64 {
    assert_eq!(dims.iter().product::<usize>(), data.len());
    Tensor64 { dims: dims.to_vec(), data }
}

/// Numbers around 0 that differ.
fn some(seed: u64, dims: &[usize], size: f64) -> Tensor64 {
    let n = dims.iter().product();
    t(dims, normal(seed, n).into_iter().map(|x| size * x).collect())
}

/// The payoff of one run.
fn payoff(c: &Compiled, env: &Env, batch: usize, seed: u64) -> f64 {
    let random = |kind: RandomKind, stream: u32, n: usize| match kind {
        RandomKind::Uniform => uniform(seed.wrapping_mul(104_729) + u64::from(stream), n).into_iter().map(|u| u.max(1e-12)).collect(),
        RandomKind::Normal => normal(seed.wrapping_mul(104_729) + u64::from(stream), n),
    };
    run_with(&c.programs["loss"], batch, env, &random)["payoff:all"].data[0]
}

/// Mean over seeds, and its standard error.
fn expectation(c: &Compiled, env: &Env, batch: usize, seeds: u64) -> (f64, f64) {
    let v: Vec<f64> = (1..=seeds).map(|s| payoff(c, env, batch, s)).collect();
    let m = v.iter().sum::<f64>() / v.len() as f64;
    let var = v.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (v.len() - 1) as f64;
    (m, (var / v.len() as f64).sqrt())
}

/// A model small enough to be integrated.
struct Small {
    name: &'static str,
    text: &'static str,
    /// Parameters and data of `batch` examples.
    env: Env,
    batch: usize,
    /// Mean of log p(x) over them.
    exact: f64,
}

fn dense(x: &[f64], w: &[f64], b: &[f64]) -> Vec<f64> {
    let n = b.len();
    (0..n).map(|j| b[j] + x.iter().enumerate().map(|(i, x)| x * w[i * n + j]).sum::<f64>()).collect()
}

fn log_sum(terms: impl Iterator<Item = f64>) -> f64 {
    let all: Vec<f64> = terms.collect();
    let top = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + all.iter().map(|l| (l - top).exp()).sum::<f64>().ln()
}

/// log ∫ N(z; 0, 1) e^(log p(x | z)) dz
fn integrated(log_x: impl Fn(f64) -> f64) -> f64 {
    log_sum(quadrature(Line::Reals).into_iter().filter(|(z, _)| z.abs() < 30.0).map(|(z, w)| w.ln() - 0.5 * (z * z + TAU.ln()) + log_x(z)))
}

fn env(params: Vec<(&str, Tensor64)>) -> Env {
    params.into_iter().map(|(n, t)| (n.to_string(), t)).collect()
}

/// A decoder with a hidden layer: no closed form for anything but the KL.
fn curved() -> Small {
    let env = env(vec![
        ("decode.0.weight", some(1, &[1, 4], 1.5)),
        ("decode.0.bias", some(2, &[4], 0.5)),
        ("decode.2.weight", some(3, &[4, 2], 1.0)),
        ("decode.2.bias", some(4, &[2], 0.3)),
        ("encode.0.head0.weight", t(&[2, 1], vec![0.4, -0.2])),
        ("encode.0.head0.bias", t(&[1], vec![0.2])),
        ("encode.0.head1.weight", t(&[2, 1], vec![0.1, 0.0])),
        ("encode.0.head1.bias", t(&[1], vec![-0.3])),
        ("x", t(&[3, 2], vec![0.3, -0.7, 1.5, 0.1, -0.9, 0.9])),
    ]);
    let of = |n: &str| env[n].data.clone();
    let log_x = |x: &[f64], z: f64| -> f64 {
        let h: Vec<f64> = dense(&[z], &of("decode.0.weight"), &of("decode.0.bias")).into_iter().map(f64::tanh).collect();
        let m = dense(&h, &of("decode.2.weight"), &of("decode.2.bias"));
        (0..2).map(|d| -0.5 * (TAU * 0.49).ln() - (x[d] - m[d]).powi(2) / 0.98).sum()
    };
    let exact = of("x").chunks(2).map(|x| integrated(|z| log_x(x, z))).sum::<f64>() / 3.0;
    Small {
        name: "a curved decoder",
        text: "data x: Real[2] from moons
net decode(z: Real[1]) -> Real[2] { dense(4), tanh, dense(2) }
net encode(x: Real[2]) -> (Real[1], Real[1]) { heads(1, 1) }
model p { z ~ Normal(0, I)[1];  x ~ Normal(decode(z), 0.7) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
",
        env,
        batch: 3,
        exact,
    }
}

/// Three classes, drawn by the guide one at a time.
fn discrete() -> Small {
    const PRIOR: [f64; 3] = [0.2, -0.5, 0.4];
    const MEANS: [f64; 6] = [0.5, -1.0, -0.4, 0.9, 1.2, 0.3];
    let env = env(vec![
        ("mean.0.weight", t(&[3, 2], MEANS.to_vec())),
        ("mean.0.bias", t(&[2], vec![0.1, -0.2])),
        ("sort.0.weight", t(&[2, 3], vec![0.3, -0.8, 0.5, 0.9, 0.2, -0.4])),
        ("sort.0.bias", t(&[3], vec![0.0; 3])),
        ("p.free0", t(&[3], PRIOR.to_vec())),
        ("q.baseline", t(&[], vec![0.0])),
        ("x", t(&[2, 2], vec![0.4, -0.3, 1.1, 0.8])),
    ]);
    let norm = log_sum(PRIOR.into_iter());
    let log_p = |x: &[f64]| {
        log_sum((0..3).map(|k| {
            let at = |d: usize| MEANS[2 * k + d] + [0.1, -0.2][d];
            PRIOR[k] - norm + (0..2).map(|d| -0.5 * (TAU * 0.49).ln() - (x[d] - at(d)).powi(2) / 0.98).sum::<f64>()
        }))
    };
    let exact = env["x"].data.chunks(2).map(log_p).sum::<f64>() / 2.0;
    Small {
        name: "three classes",
        text: "data x: Real[2] from moons
net mean(k: Class(3)) -> Real[2] { dense(2) }
net sort(x: Real[2]) -> Real[3] { dense(3) }
model p { k ~ Categorical(free(3));  x ~ Normal(mean(k), 0.7)[2] }
guide q(x) { k ~ Categorical(logits: sort(x)) by score }
",
        env,
        batch: 2,
        exact,
    }
}

/// Conditional on a class: log p(x | y).
fn conditional() -> Small {
    let x: Vec<f64> = uniform(5, 128).iter().map(|u| (2.0 * u).floor()).collect();
    let env = env(vec![
        ("decode.0.weight", some(11, &[11, 64], 0.6)),
        ("decode.0.bias", some(12, &[64], 0.5)),
        ("encode.0.head0.weight", some(13, &[74, 1], 0.1)),
        ("encode.0.head0.bias", t(&[1], vec![0.2])),
        ("encode.0.head1.weight", some(14, &[74, 1], 0.03)),
        ("encode.0.head1.bias", t(&[1], vec![-0.5])),
        ("x", t(&[2, 64], x)),
        ("y", t(&[2], vec![3.0, 8.0])),
    ]);
    let of = |n: &str| env[n].data.clone();
    let log_x = |x: &[f64], y: usize, z: f64| -> f64 {
        let mut input = vec![0.0; 11];
        (input[0], input[1 + y]) = (z, 1.0);
        let logits = dense(&input, &of("decode.0.weight"), &of("decode.0.bias"));
        x.iter().zip(logits).map(|(x, l)| x * l - l.max(0.0) - (-l.abs()).exp().ln_1p()).sum()
    };
    let exact = (0..2).map(|i| integrated(|z| log_x(&of("x")[64 * i..64 * (i + 1)], [3, 8][i], z))).sum::<f64>() / 2.0;
    Small {
        name: "conditional on a class",
        text: "data (x: Bool[64], y: Class(10)) from digits(binarize: 0.5)
net decode(z: Real[1], y: Class(10)) -> Real[64] { dense(64) }
net encode(x: Bool[64], y: Class(10)) -> (Real[1], Real[1]) { heads(1, 1) }
model p(y) { z ~ Normal(0, I)[1];  x ~ Bernoulli(logits: decode(z, y)) }
guide q(x, y) { (m, s) = encode(x, y);  z ~ Normal(m, exp(s)) }
",
        env,
        batch: 2,
        exact,
    }
}

#[test]
fn bounds_are_ordered() {
    for s in [curved(), discrete(), conditional()] {
        let with = |goal: &str| clean("bounds", &format!("{}train {{ maximizes {goal} }}\n", s.text)).1;
        // Each seed takes a batch of repeated data.
        let repeats = 30;
        let mut wide = s.env.clone();
        for name in ["x", "y"] {
            if let Some(t) = wide.get_mut(name) {
                t.dims[0] *= repeats;
                t.data = t.data.repeat(repeats);
            }
        }
        let mut last: Option<(f64, f64)> = None;
        let mut said = Vec::new();
        for (goal, name) in [("elbo(p, q)", "ELBO"), ("iwae(p, q, k: 5)", "IWAE-5"), ("iwae(p, q, k: 50)", "IWAE-50")] {
            let (m, e) = expectation(&with(goal), &wide, s.batch * repeats, 30);
            said.push(format!("{name} {m:.4} ± {e:.4}"));
            assert!(m <= s.exact + 4.0 * e, "{}: {name} is {m} ± {e}, above log p(x) = {}", s.name, s.exact);
            if let Some((before, eb)) = last {
                let error = (e * e + eb * eb).sqrt();
                assert!(m > before + 3.0 * error, "{}: {name} is {m} ± {e}, not above {before} ± {eb}", s.name);
            }
            last = Some((m, e));
        }
        let (m, e) = expectation(&with("iwae(p, q, k: 5000)"), &s.env, s.batch, 8);
        println!("{}: {}, IWAE-5000 {m:.4} ± {e:.4}, log p(x) {:.4}", s.name, said.join(", "), s.exact);
        assert!((m - s.exact).abs() < 4.0 * e + 0.005, "{}: IWAE-5000 is {m} ± {e}, log p(x) = {}", s.name, s.exact);
        assert!(e < 0.05, "{e}");
    }
}

#[test]
fn beta_weighs_the_kl_and_free_bits_floor_it() {
    let s = curved();
    let value = |goal: &str| {
        let c = clean("beta", &format!("{}train {{ maximizes {goal} }}\n", s.text)).1;
        payoff(&c, &s.env, 3, 7)
    };
    // KL(N(m, σ²) ‖ N(0, 1)), written out.
    let kls: Vec<f64> = s.env["x"]
        .data
        .chunks(2)
        .map(|x| {
            let (m, l) = (0.4 * x[0] - 0.2 * x[1] + 0.2, 0.1 * x[0] - 0.3);
            0.5 * (m * m + (2.0 * l).exp() - 1.0) - l
        })
        .collect();
    let kl = kls.iter().sum::<f64>() / 3.0;
    let elbo = value("elbo(p, q)");
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{a} {b}");
    for beta in [0.0, 0.5, 2.0, 4.0] {
        close(value(&format!("elbo(p, q, beta: {beta})")), elbo + (1.0 - beta) * kl);
    }
    // Below the KL free bits change nothing; above it they take its place, and the bound only falls.
    close(value("elbo(p, q, free: 0.0001)"), elbo);
    close(value("elbo(p, q, free: 3)"), elbo + kl - 3.0);
    assert!(value("elbo(p, q, free: 3)") < elbo && elbo <= value("elbo(p, q, beta: 0)"));
    assert!(kl > 0.001 && kl < 3.0, "{kl}");
}
