//! Estimators of the gradient of one and the same bound: each agrees, within its own statistical error, with the exact gradient by quadrature,
//! and their variances are printed (`cargo test -p gmc-compiler estimators -- --nocapture`).

use crate::rows_common::{Line, quadrature};
use crate::spec_common::{clean, normal, run_with, uniform};
use gmc_compiler::derive::Compiled;
use gmc_compiler::explain::math;
use gmc_compiler::ir::{RandomKind, Tensor64};
use gmc_compiler::types::Typed;
use std::collections::BTreeMap;
use std::f64::consts::{FRAC_PI_2, TAU};

type Params = BTreeMap<String, Tensor64>;

const X: [[f64; 2]; 2] = [[0.4, -0.3], [1.1, 0.8]];

/// The guides: how they are written, where z lies, and the logarithm of their density but for its constant, at `z`, from the encoder's outputs.
struct Guide {
    text: &'static str,
    prior: &'static str,
    line: Line,
    log_prior: fn(f64) -> f64,
    /// Sizes of the encoder's outputs.
    heads: &'static [usize],
    log_q: fn(&[Vec<f64>], f64) -> f64,
    pathwise: bool,
}

fn standard(z: f64) -> f64 {
    -0.5 * z * z - 0.5 * TAU.ln()
}

fn half_normal(z: f64) -> f64 {
    -0.5 * (z / 1.5).powi(2) - 1.5f64.ln() - 0.5 * FRAC_PI_2.ln()
}

const GUIDES: &[Guide] = &[
    Guide {
        text: "Normal(a, exp(b))",
        prior: "Normal(0, I)[1]",
        line: Line::Reals,
        log_prior: standard,
        heads: &[1, 1],
        log_q: |h, z| -0.5 * ((z - h[0][0]) / h[1][0].exp()).powi(2),
        pathwise: true,
    },
    Guide {
        text: "Logistic(a, exp(b))",
        prior: "Normal(0, I)[1]",
        line: Line::Reals,
        log_prior: standard,
        heads: &[1, 1],
        log_q: |h, z| {
            let u = ((z - h[0][0]) / h[1][0].exp()).abs();
            -u - 2.0 * (-u).exp().ln_1p()
        },
        pathwise: true,
    },
    Guide {
        text: "Truncated(Normal(a, exp(b)), 0, inf)",
        prior: "HalfNormal(1.5)[1]",
        line: Line::Positive,
        log_prior: half_normal,
        heads: &[1, 1],
        log_q: |h, z| -0.5 * ((z - h[0][0]) / h[1][0].exp()).powi(2),
        pathwise: true,
    },
    Guide {
        text: "Truncated(Gumbel(a, exp(b)), low: 0)",
        prior: "HalfNormal(1.5)[1]",
        line: Line::Positive,
        log_prior: half_normal,
        heads: &[1, 1],
        log_q: |h, z| {
            let u = (z - h[0][0]) / h[1][0].exp();
            -u - (-u).exp()
        },
        pathwise: true,
    },
    Guide {
        text: "Mixture(Normal(a, exp(b)), logits: c)[1]",
        prior: "Normal(0, I)[1]",
        line: Line::Reals,
        log_prior: standard,
        heads: &[3, 3, 3],
        log_q: |h, z| {
            (0..3)
                .map(|k| (h[2][k] - h[1][k] - 0.5 * ((z - h[0][k]) / h[1][k].exp()).powi(2)).exp())
                .sum::<f64>()
                .max(1e-300)
                .ln()
        },
        pathwise: false,
    },
];

fn compiled(g: &Guide, by: &str) -> Compiled {
    formed(g, by, "elbo(p, q)").1
}

/// The same with another goal.
fn formed(g: &Guide, by: &str, goal: &str) -> (Typed, Compiled) {
    let names = ["a", "b", "c"];
    let outs: Vec<String> = g.heads.iter().map(|n| format!("Real[{n}]")).collect();
    let sizes: Vec<String> = g.heads.iter().map(ToString::to_string).collect();
    let text = format!(
        "data x: Real[2] from moons
net decode(z: Real[1]) -> Real[2] {{ dense(2) }}
net encode(x: Real[2]) -> ({}) {{ heads({}) }}
model p {{ z ~ {};  x ~ Normal(decode(z), 0.5) }}
guide q(x) {{ ({}) = encode(x);  z ~ {}{by} }}
train {{ maximizes {goal} using sgd(lr: 1) }}
",
        outs.join(", "),
        sizes.join(", "),
        g.prior,
        names[..g.heads.len()].join(", "),
        g.text
    );
    clean("estimator", &text)
}

fn params(g: &Guide) -> Params {
    let t = |dims: &[usize], data: Vec<f64>| Tensor64 { dims: dims.to_vec(), data };
    let mut all: Params =
        [("decode.0.weight", t(&[1, 2], vec![0.7, -0.4])), ("decode.0.bias", t(&[2], vec![0.1, 0.2]))]
            .map(|(n, t)| (n.to_string(), t))
            .into();
    for (h, &n) in g.heads.iter().enumerate() {
        let at = |i: usize| 0.6 * ((h * 7 + i * 3) as f64 + 0.5).sin();
        all.insert(format!("encode.0.head{h}.weight"), t(&[2, n], (0..2 * n).map(at).collect()));
        all.insert(
            format!("encode.0.head{h}.bias"),
            t(&[n], (0..n).map(|i| at(i + 11) - 0.3 * h as f64).collect()),
        );
    }
    all
}

/// The mean bound of the two data by quadrature; the guide's constant is the integral of the rest.
fn exact(g: &Guide, params: &Params, points: &[(f64, f64)]) -> f64 {
    let of = |name: &str| &params[name].data;
    let (w, b) = (of("decode.0.weight"), of("decode.0.bias"));
    X.iter()
        .map(|x| {
            let heads: Vec<Vec<f64>> = (0..g.heads.len())
                .map(|h| {
                    let (w, b) =
                        (of(&format!("encode.0.head{h}.weight")), of(&format!("encode.0.head{h}.bias")));
                    let n = b.len();
                    (0..n).map(|j| x[0] * w[j] + x[1] * w[n + j] + b[j]).collect()
                })
                .collect();
            let raw: Vec<f64> = points.iter().map(|(z, _)| (g.log_q)(&heads, *z)).collect();
            let norm = points.iter().zip(&raw).map(|((_, w), l)| w * l.exp()).sum::<f64>().ln();
            points
                .iter()
                .zip(&raw)
                .filter(|(_, l)| **l > -600.0)
                .map(|((z, weight), l)| {
                    let log_x: f64 = (0..2)
                        .map(|d| -0.5 * (TAU * 0.25).ln() - (x[d] - w[d] * z - b[d]).powi(2) / 0.5)
                        .sum();
                    weight * (l - norm).exp() * ((g.log_prior)(*z) + log_x - (l - norm))
                })
                .sum::<f64>()
        })
        .sum::<f64>()
        / 2.0
}

/// What plain ascent at rate 1 adds to every parameter, in the order of their names.
fn step(c: &Compiled, params: &Params, repeats: usize, seed: u64, baseline: f64) -> Vec<f64> {
    valued_step(c, params, repeats, seed, baseline).1
}

/// The payoff, and the same.
fn valued_step(c: &Compiled, params: &Params, repeats: usize, seed: u64, baseline: f64) -> (f64, Vec<f64>) {
    let mut env = params.clone();
    env.insert(
        "x".into(),
        Tensor64 { dims: vec![2 * repeats, 2], data: (0..repeats).flat_map(|_| X.concat()).collect() },
    );
    env.insert("q.baseline".into(), Tensor64::scalar(baseline));
    env.insert("@update".into(), Tensor64::scalar(1.0));
    let random = |kind: RandomKind, stream: u32, n: usize| match kind {
        RandomKind::Uniform => uniform(seed.wrapping_mul(7919) + u64::from(stream), n)
            .into_iter()
            .map(|u| u.max(1e-12))
            .collect(),
        RandomKind::Normal => normal(seed.wrapping_mul(7919) + u64::from(stream), n),
    };
    let out = run_with(&c.programs["step.all"], 2 * repeats, &env, &random);
    let of = |(name, t): (&String, &Tensor64)| -> Vec<f64> {
        let new = &out[&format!("param:{name}")].data;
        new.iter().zip(&t.data).map(|(new, old)| new - old).collect()
    };
    (out["payoff"].data[0], params.iter().flat_map(of).collect())
}

/// The gradient of the exact bound by central differences.
fn exact_gradient(g: &Guide, params: &Params, points: &[(f64, f64)]) -> Vec<f64> {
    let mut want = Vec::new();
    for (name, t) in params {
        for i in 0..t.data.len() {
            let h = 1e-5;
            let at = |by: f64| {
                let mut p = params.clone();
                p.get_mut(name).unwrap().data[i] += by;
                exact(g, &p, points)
            };
            want.push((at(h) - at(-h)) / (2.0 * h));
        }
    }
    want
}

fn mean_and_error(v: &[f64]) -> (f64, f64) {
    let n = v.len() as f64;
    let m = v.iter().sum::<f64>() / n;
    (m, (v.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt())
}

/// `E_q[log p(x | z)] - KL(q ‖ p)` and `E_q[log p(x, z)] + H(q)` are one bound: values and gradients have the exact ones as their mean,
/// whether entropies and KLs are known (the normal), or neither is (a mixture, with its entropy estimated). `explain` says which form it is.
#[test]
fn both_forms_of_the_bound_are_one_bound() {
    const SEEDS: u64 = 50;
    for (g, by) in [(&GUIDES[0], ""), (&GUIDES[0], " by score(baseline: moving)"), (&GUIDES[4], "")] {
        let params = params(g);
        let points = quadrature(g.line);
        let value = exact(g, &params, &points);
        let want = exact_gradient(g, &params, &points);
        for goal in ["elbo(p, q)", "elbo(p, q, form: entropy)"] {
            let (typed, c) = formed(g, by, goal);
            let steps: Vec<(f64, Vec<f64>)> =
                (1..=SEEDS).map(|s| valued_step(&c, &params, 100, s, value)).collect();
            let (m, e) = mean_and_error(&steps.iter().map(|s| s.0).collect::<Vec<_>>());
            println!("{}{by}, {goal}: {m:.5} ± {e:.5}, exact {value:.5}", g.text);
            assert!(
                (m - value).abs() < 4.5 * e && e < 0.05,
                "{}{by}, {goal}: {m} ± {e}, exact {value}",
                g.text
            );
            for (i, w) in want.iter().enumerate() {
                let (m, e) = mean_and_error(&steps.iter().map(|s| s.1[i]).collect::<Vec<_>>());
                assert!(
                    (m - w).abs() < 4.8 * e + 1e-6,
                    "{}{by}, {goal}, parameter {i}: {m} ± {e}, exact {w}",
                    g.text
                );
            }
            let o = math::objective(&typed, &typed.train.players[0], false);
            let entropy = goal.contains("entropy");
            assert_eq!(
                o.terms.iter().any(|t| t.starts_with("+ H(") || t.starts_with("H(")),
                entropy,
                "{:?}",
                o.terms
            );
            let mixed = g.text.starts_with("Mixture");
            let said = if mixed {
                "the entropy of `z` is estimated with the same sample"
            } else {
                "the entropy of `z` is in closed form"
            };
            for note in ["the bound in its entropy form", said] {
                assert_eq!(o.notes.iter().any(|n| n.starts_with(note)), entropy, "{:?}", o.notes);
            }
        }
    }
}

#[test]
fn estimators_agree_with_the_exact_gradient() {
    const SEEDS: usize = 50;
    for g in GUIDES {
        let params = params(g);
        let points = quadrature(g.line);
        let value = exact(g, &params, &points);
        let want = exact_gradient(g, &params, &points);
        let mut variances = Vec::new();
        let estimators: &[&str] = if g.pathwise {
            &[" by pathwise", " by score(baseline: none)", " by score(baseline: moving)"]
        } else {
            &[" by score(baseline: none)", " by score(baseline: moving)"]
        };
        for by in estimators {
            let c = compiled(g, by);
            // A baseline that has settled is the value of the bound.
            let steps: Vec<Vec<f64>> =
                (0..SEEDS).map(|s| step(&c, &params, 100, s as u64 + 1, value)).collect();
            let mut total = 0.0;
            for (i, w) in want.iter().enumerate() {
                let v: Vec<f64> = steps.iter().map(|s| s[i]).collect();
                let m = v.iter().sum::<f64>() / SEEDS as f64;
                let var = v.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
                let error = (var / SEEDS as f64).sqrt();
                assert!(
                    (m - w).abs() < 4.8 * error + 1e-6,
                    "{}{by}, parameter {i}: mean {m} +- {error}, exact {w}",
                    g.text
                );
                total += var;
            }
            println!("{}{by}: variance of the gradient {total:.3e} (200 draws)", g.text);
            variances.push(total);
        }
        if g.pathwise {
            assert!(
                variances[0] < variances[1] && variances[0] < variances[2],
                "the pathwise gradient has the lowest variance: {variances:?}"
            );
        }
        let (bare, moving) = (variances[variances.len() - 2], variances[variances.len() - 1]);
        assert!(moving < bare, "{}: a baseline lowers the variance: {variances:?}", g.text);
    }
}
