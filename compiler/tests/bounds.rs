//! Bounds of the evidence are ordered as theory says (Burda et al. 2016, theorem 1): E[ELBO] <= E[IWAE-5] <= E[IWAE-50] <= log p(x), where
//! log p(x) is known by quadrature or as a sum; what β and free bits do to the bound.

use crate::rows_common::{Line, quadrature};
use crate::spec_common::{all, clean, inputs, normal, run, run_with, uniform};
use gmc_compiler::derive::Compiled;
use gmc_compiler::explain::math;
use gmc_compiler::ir::{RandomKind, Tensor64};
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
        RandomKind::Uniform => uniform(seed.wrapping_mul(104_729) + u64::from(stream), n)
            .into_iter()
            .map(|u| u.max(1e-12))
            .collect(),
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
    log_sum(
        quadrature(Line::Reals)
            .into_iter()
            .filter(|(z, _)| z.abs() < 30.0)
            .map(|(z, w)| w.ln() - 0.5 * (z * z + TAU.ln()) + log_x(z)),
    )
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
        let h: Vec<f64> =
            dense(&[z], &of("decode.0.weight"), &of("decode.0.bias")).into_iter().map(f64::tanh).collect();
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
            PRIOR[k] - norm
                + (0..2).map(|d| -0.5 * (TAU * 0.49).ln() - (x[d] - at(d)).powi(2) / 0.98).sum::<f64>()
        }))
    };
    let exact = env["x"].data.chunks(2).map(log_p).sum::<f64>() / 2.0;
    Small {
        name: "three classes",
        text: "data x: Real[2] from moons
net mean(k: Class(3)) -> Real[2] { dense(2) }
net sort(x: Real[2]) -> Real[3] { dense(3) }
model p { k ~ Categorical(logits: free(3));  x ~ Normal(mean(k), 0.7)[2] }
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
    let exact =
        (0..2).map(|i| integrated(|z| log_x(&of("x")[64 * i..64 * (i + 1)], [3, 8][i], z))).sum::<f64>()
            / 2.0;
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
        for (goal, name) in
            [("elbo(p, q)", "ELBO"), ("iwae(p, q, k: 5)", "IWAE-5"), ("iwae(p, q, k: 50)", "IWAE-50")]
        {
            let (m, e) = expectation(&with(goal), &wide, s.batch * repeats, 30);
            said.push(format!("{name} {m:.4} ± {e:.4}"));
            assert!(m <= s.exact + 4.0 * e, "{}: {name} is {m} ± {e}, above log p(x) = {}", s.name, s.exact);
            if let Some((before, eb)) = last {
                let error = (e * e + eb * eb).sqrt();
                assert!(
                    m > before + 3.0 * error,
                    "{}: {name} is {m} ± {e}, not above {before} ± {eb}",
                    s.name
                );
            }
            last = Some((m, e));
        }
        let (m, e) = expectation(&with("iwae(p, q, k: 5000)"), &s.env, s.batch, 8);
        println!("{}: {}, IWAE-5000 {m:.4} ± {e:.4}, log p(x) {:.4}", s.name, said.join(", "), s.exact);
        assert!(
            (m - s.exact).abs() < 4.0 * e + 0.005,
            "{}: IWAE-5000 is {m} ± {e}, log p(x) = {}",
            s.name,
            s.exact
        );
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

/// A goal's value with the same noise in every stream, and what `explain` notes. The noise of one draw is `normal(7, n)`.
fn with_noise(text: &str, goal: &str, env: &Env) -> (f64, Vec<String>) {
    let (typed, c) = clean("free", &format!("{text}train {{ maximizes {goal} }}\n"));
    let random = |kind: RandomKind, _: u32, n: usize| match kind {
        RandomKind::Uniform => uniform(7, n).into_iter().map(|u| u.max(1e-12)).collect(),
        RandomKind::Normal => normal(7, n),
    };
    let value = run_with(&c.programs["loss"], 3, env, &random)["payoff:all"].data[0];
    (value, math::objective(&typed, &typed.train.players[0], false).notes)
}

fn log_normal(x: f64, m: f64, s: f64) -> f64 {
    -0.5 * ((x - m) / s).powi(2) - s.ln() - 0.5 * TAU.ln()
}

/// Parameters of the guides below, `(m, s) = encode(x)`, for two latent dimensions, and of a linear decoder.
fn two_dimensions() -> Env {
    env(vec![
        ("decode.0.weight", some(21, &[2, 2], 1.0)),
        ("decode.0.bias", some(22, &[2], 0.5)),
        ("encode.0.head0.weight", t(&[2, 2], vec![0.9, -0.1, 0.3, 0.2])),
        ("encode.0.head0.bias", t(&[2], vec![0.8, 0.1])),
        ("encode.0.head1.weight", t(&[2, 2], vec![0.1, 0.2, -0.2, 0.1])),
        ("encode.0.head1.bias", t(&[2], vec![-0.7, -0.2])),
        ("f.0.log_scale", t(&[2], vec![0.3, -0.4])),
        ("place.0.weight", t(&[2, 2], vec![0.5, -0.5, -0.3, 0.8])),
        ("place.0.bias", t(&[2], vec![0.1, 0.0])),
        ("p.free0", t(&[2], vec![0.4, -0.4])),
        ("x", t(&[3, 2], vec![0.3, -0.7, 1.5, 0.1, -0.9, 0.9])),
    ])
}

/// The draws of `Normal(m, exp(s))` with this noise, with m and exp(s): `[example][dimension]`.
fn drawn(env: &Env) -> Vec<[(f64, f64, f64); 2]> {
    let of = |n: &str| env[n].data.clone();
    let eps = normal(7, 6);
    let at = |(i, x): (usize, &[f64])| {
        let m = dense(x, &of("encode.0.head0.weight"), &of("encode.0.head0.bias"));
        let s = dense(x, &of("encode.0.head1.weight"), &of("encode.0.head1.bias"));
        [0, 1].map(|d| (m[d] + s[d].exp() * eps[2 * i + d], m[d], s[d].exp()))
    };
    of("x").chunks(2).enumerate().map(at).collect()
}

/// Free bits floor the mean KL of each dimension where log q and log p have parts, estimated with a draw or not, and the mean of the whole
/// site elsewhere, at as much for each dimension: every case against the KL written out at the same draws.
#[test]
fn free_bits_floor_every_kind_of_kl() {
    let nets = "data x: Real[2] from moons
net decode(z: Real[2]) -> Real[2] { dense(2) }
net encode(x: Real[2]) -> (Real[2], Real[2]) { heads(2, 2) }
";
    let flow = "flow f: Real[2] <-> Real[2] { scale }\n";
    let place = "net place(k: Class(2)) -> Real[2] { dense(2) }\n";
    let guide = "guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }\n";
    let env = two_dimensions();
    let all = drawn(&env);
    let mean = |f: &dyn Fn(&[(f64, f64, f64); 2]) -> f64| all.iter().map(f).sum::<f64>() / 3.0;
    let scale = env["f.0.log_scale"].data.clone();
    let mixed = |z: &[(f64, f64, f64); 2]| {
        let (w, b, logits) = (&env["place.0.weight"].data, &env["place.0.bias"].data, &env["p.free0"].data);
        let norm = log_sum(logits.iter().copied());
        log_sum((0..2).map(|k| {
            logits[k] - norm + (0..2).map(|d| log_normal(z[d].0, w[2 * k + d] + b[d], 1.0)).sum::<f64>()
        }))
    };
    let log_q = |z: &(f64, f64, f64)| log_normal(z.0, z.1, z.2);
    let half_tau_e = 0.5 * (TAU.ln() + 1.0);
    // Each: how it is written, the form, the mean KL in the parts that are floored, and how many dimensions a part has.
    let cases: Vec<(&str, String, &str, Vec<f64>, f64, &str)> = vec![
        (
            "both drawn, no closed form",
            format!("{nets}model p {{ z ~ Logistic(0.2, 0.6)[2];  x ~ Normal(decode(z), 0.7) }}\n{guide}"),
            "",
            (0..2)
                .map(|d| {
                    mean(&|z| {
                        let u: f64 = (z[d].0 - 0.2) / 0.6;
                        log_q(&z[d]) - (-u - 0.6f64.ln() - 2.0 * (-u).exp().ln_1p())
                    })
                })
                .collect(),
            1.0,
            "free bits: a dimension of `z` whose mean KL is below",
        ),
        (
            "the entropy form",
            format!("{nets}model p {{ z ~ Normal(0, I)[2];  x ~ Normal(decode(z), 0.7) }}\n{guide}"),
            ", form: entropy",
            (0..2).map(|d| mean(&|z| -(half_tau_e + z[d].2.ln()) - log_normal(z[d].0, 0.0, 1.0))).collect(),
            1.0,
            "free bits: a dimension of `z` whose mean KL is below",
        ),
        (
            "a flow as prior",
            format!(
                "{nets}{flow}model p {{ e ~ Normal(0, I)[2];  z = f(e);  x ~ Normal(decode(z), 0.7) }}\n{guide}"
            ),
            "",
            vec![mean(&|z| {
                (0..2)
                    .map(|d| log_q(&z[d]) - log_normal(z[d].0 * (-scale[d]).exp(), 0.0, 1.0) + scale[d])
                    .sum::<f64>()
            })],
            2.0,
            "free bits: `z` costs at least",
        ),
        (
            "a flow as guide",
            format!(
                "{nets}{flow}model p {{ z ~ Normal(0, I)[2];  x ~ Normal(decode(z), 0.7) }}
guide q(x) {{ (m, s) = encode(x);  e ~ Normal(m, exp(s));  z = f(e) }}\n"
            ),
            "",
            vec![mean(&|e| {
                (0..2)
                    .map(|d| log_q(&e[d]) - scale[d] - log_normal(e[d].0 * scale[d].exp(), 0.0, 1.0))
                    .sum::<f64>()
            })],
            2.0,
            "free bits: `z` costs at least",
        ),
        (
            "a sum as prior",
            format!(
                "{nets}{place}model p {{ k ~ Categorical(logits: free(2));  z ~ Normal(place(k), 1);  x ~ Normal(decode(z), 0.7) }}\n{guide}"
            ),
            "",
            vec![mean(&|z| z.iter().map(log_q).sum::<f64>() - mixed(z))],
            2.0,
            "free bits: `z` costs at least",
        ),
    ];
    for (name, text, form, kl, dims, said) in cases {
        let at = |free: f64| {
            let goal = if free > 0.0 {
                format!("elbo(p, q, free: {free}{form})")
            } else {
                format!("elbo(p, q{form})")
            };
            with_noise(&text, &goal, &env)
        };
        let plain = at(0.0).0;
        let mut sorted: Vec<f64> = kl.iter().map(|k| k / dims).collect();
        sorted.sort_by(f64::total_cmp);
        // Below all that is above 0, between them, above all.
        let mut frees = vec![1e-3, sorted[sorted.len() - 1] + 1.0];
        frees.extend(sorted.windows(2).map(|w| 0.5 * (w[0] + w[1])));
        assert!(frees.iter().all(|f| *f > 0.0), "{name}: {kl:?}");
        for free in frees {
            let (value, notes) = at(free);
            let paid: f64 = kl.iter().map(|k| k.max(dims * free)).sum();
            let want = plain + kl.iter().sum::<f64>() - paid;
            assert!(
                (value - want).abs() < 1e-9 * (1.0 + want.abs()),
                "{name}, free {free}: {value}, by hand {want}; KL {kl:?}"
            );
            assert!(notes.iter().any(|n| n.starts_with(said)), "{name}: {notes:?}");
        }
    }
}

/// One-hot vectors: the KL of each vector is one number, and so is its floor. A prior that stands under one sum with the data has no KL of
/// its own: free bits leave it, and say so.
#[test]
fn free_bits_of_vectors_and_of_what_has_no_kl() {
    let text = "data x: Real[2] from moons
net decode(k: Bool[2, 3]) -> Real[2] { flatten, dense(2) }
net encode(x: Real[2]) -> Real[2, 3] { dense(6), reshape(2, 3) }
model p { k ~ OneHotCategorical(logits: free(2, 3));  x ~ Normal(decode(k), 0.7) }
guide q(x) { k ~ OneHotCategorical(logits: encode(x)) }
";
    let env = env(vec![
        ("decode.0.weight", some(31, &[6, 2], 1.0)),
        ("decode.0.bias", some(32, &[2], 0.5)),
        ("decode.1.weight", some(31, &[6, 2], 1.0)),
        ("decode.1.bias", some(32, &[2], 0.5)),
        ("encode.0.weight", some(33, &[2, 6], 1.0)),
        ("encode.0.bias", some(34, &[6], 1.5)),
        ("p.free0", some(35, &[2, 3], 1.0)),
        ("x", t(&[3, 2], vec![0.3, -0.7, 1.5, 0.1, -0.9, 0.9])),
    ]);
    let kl: Vec<f64> = (0..2)
        .map(|v| {
            let prior = &env["p.free0"].data[3 * v..3 * v + 3];
            let p = log_sum(prior.iter().copied());
            let each = env["x"].data.chunks(2).map(|x| {
                let l = &dense(x, &env["encode.0.weight"].data, &env["encode.0.bias"].data)[3 * v..3 * v + 3];
                let q = log_sum(l.iter().copied());
                (0..3).map(|i| (l[i] - q).exp() * (l[i] - q - prior[i] + p)).sum::<f64>()
            });
            each.sum::<f64>() / 3.0
        })
        .collect();
    let plain = with_noise(text, "elbo(p, q)", &env).0;
    let between = 0.5 * (kl[0] + kl[1]);
    for free in [0.5 * kl[0].min(kl[1]), between, kl[0].max(kl[1]) + 1.0] {
        let (value, notes) = with_noise(text, &format!("elbo(p, q, free: {free})"), &env);
        let want = plain + kl.iter().map(|k| k - k.max(free)).sum::<f64>();
        assert!((value - want).abs() < 1e-9 * (1.0 + want.abs()), "{value} {want} {kl:?}");
        assert!(notes.iter().any(|n| n.starts_with("free bits: a vector of `k`")), "{notes:?}");
    }
    let (_, c) = clean("vectors", &format!("{text}train {{ maximizes elbo(p, q) }}\n"));
    assert!(c.programs.named("log_prob.p").is_some(), "nine values are summed over");

    let text = "data x: Real[2] from moons
net decode(z: Real[2], k: Class(2)) -> Real[2] { dense(2) }
net encode(x: Real[2]) -> (Real[2], Real[2]) { heads(2, 2) }
net place(k: Class(2)) -> Real[2] { dense(2) }
model p { k ~ Categorical(logits: free(2));  z ~ Normal(place(k), 1);  x ~ Normal(decode(z, k), 0.7) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
";
    let mut env = two_dimensions();
    env.insert("decode.0.weight".into(), some(41, &[4, 2], 1.0));
    let (plain, _) = with_noise(text, "elbo(p, q)", &env);
    let (value, notes) = with_noise(text, "elbo(p, q, free: 3)", &env);
    assert!((value - plain).abs() < 1e-12, "{value} {plain}");
    assert!(notes.iter().any(|n| n.starts_with("free bits do not reach `z`")), "{notes:?}");
    let (_, c) = clean("joint", &format!("{text}train {{ maximizes elbo(p, q) }}\n"));
    let outputs: Vec<&str> = c.programs["bound.p"].outputs.iter().map(|(n, _)| n.as_str()).collect();
    assert!(!outputs.iter().any(|n| n.starts_with("kl_dim:") || n.starts_with("kl_site:")), "{outputs:?}");
}

/// What is put out of the KL of each latent site adds up to the whole, and to E[log p - log q] with what is left.
#[test]
fn the_kl_of_every_site_is_put_out() {
    // Two sites whose priors stand under one sum have one KL together.
    let together = "data x: Real[2] from moons
net place(k: Class(3)) -> (Real[2], Real[1]) { heads(2, 1) }
net decode(z: Real[2], w: Real[1]) -> Real[2] { dense(2) }
net encode(x: Real[2]) -> (Real[2], Real[1]) { heads(2, 1) }
model p { k ~ Categorical(logits: free(3));  (a, b) = place(k);  z ~ Normal(a, 1);  w ~ Normal(b, 1);  x ~ Normal(decode(z, w), 0.7) }
guide q(x) { (m, n) = encode(x);  z ~ Normal(m, 0.5);  w ~ Normal(n, 0.5) }
";
    let (_, c) = clean("together", together);
    assert!(c.programs["bound.p"].outputs.iter().any(|(n, _)| n == "kl_site:z,w"));
    let mut seen = [0usize; 2];
    for (name, text) in all().into_iter().chain([("together".to_string(), together.to_string())]) {
        let (typed, c) = clean(&name, &text);
        let Some(g) = c.programs.named("bound.p").filter(|g| g.nodes.len() < 700) else { continue };
        if c.leaves.iter().map(|l| l.shape.iter().product::<usize>()).sum::<usize>() > 60_000 {
            continue;
        }
        let out = run(g, 4, &inputs(&typed, &c, g, 4));
        let mut sum = [0.0; 4];
        for (output, v) in &out {
            let parts = output.starts_with("kl_dim:");
            if parts || output.starts_with("kl_site:") {
                seen[usize::from(parts)] += 1;
                let width = v.data.len() / 4;
                sum.iter_mut().zip(v.data.chunks(width)).for_each(|(s, row)| *s += row.iter().sum::<f64>());
            }
        }
        for (s, kl) in sum.iter().zip(&out["kl"].data) {
            assert!((s - kl).abs() < 1e-9 * (1.0 + kl.abs()), "{name}: {s} {kl}");
        }
    }
    assert!(seen[0] >= 4 && seen[1] >= 8, "{seen:?}");
}
