//! Sums over all values of vectors: bits, one-hot vectors, several classes. Likelihoods, bounds and gradients against the same sums written
//! out over lists of values.

use crate::spec_common::{clean, normal, run, unit};
use gmc_compiler::derive::Compiled;
use gmc_compiler::explain::math;
use gmc_compiler::ir::Tensor64;
use gmc_compiler::types::{Density, Typed};
use std::collections::BTreeMap;
use std::f64::consts::TAU;

type Env = BTreeMap<String, Tensor64>;

/// A kind of vector: how it is drawn, and every value with the positions of the logits that speak for it.
struct Vector {
    dist: &'static str,
    /// Its type as an argument of a net, and what stands before `dense`.
    ty: &'static str,
    before: &'static str,
    /// The axes of the logits.
    shape: &'static [usize],
    /// Each value as `at` sees it.
    values: Vec<Vec<f64>>,
    /// log-probability of each value from logits.
    log_p: fn(&[f64]) -> Vec<f64>,
}

fn log_softmax(l: &[f64]) -> Vec<f64> {
    let s = l.iter().map(|x| x.exp()).sum::<f64>().ln();
    l.iter().map(|x| x - s).collect()
}

fn bits(c: usize) -> Vec<f64> {
    (0..3).map(|i| (c >> i & 1) as f64).collect()
}

fn hot(n: usize, i: usize) -> Vec<f64> {
    (0..n).map(|j| f64::from(u8::from(i == j))).collect()
}

fn vectors() -> Vec<Vector> {
    let pair = |l: &[f64]| -> Vec<f64> {
        let (a, b) = (log_softmax(&l[..3]), log_softmax(&l[3..]));
        (0..9).map(|c| a[c % 3] + b[c / 3]).collect()
    };
    vec![
        Vector {
            dist: "Bernoulli",
            ty: "Bool[3]",
            before: "",
            shape: &[3],
            values: (0..8).map(bits).collect(),
            log_p: |l| {
                (0..8)
                    .map(|c| bits(c).iter().zip(l).map(|(b, l)| b * l - (1.0 + l.exp()).ln()).sum())
                    .collect()
            },
        },
        Vector {
            dist: "OneHotCategorical",
            ty: "Bool[3]",
            before: "",
            shape: &[3],
            values: (0..3).map(|i| hot(3, i)).collect(),
            log_p: log_softmax,
        },
        Vector {
            dist: "OneHotCategorical",
            ty: "Bool[2, 3]",
            before: "flatten, ",
            shape: &[2, 3],
            values: (0..9).map(|c| [hot(3, c % 3), hot(3, c / 3)].concat()).collect(),
            log_p: pair,
        },
        Vector {
            dist: "Categorical",
            ty: "Class(3)[2]",
            before: "",
            shape: &[2, 3],
            values: (0..9).map(|c| [hot(3, c % 3), hot(3, c / 3)].concat()).collect(),
            log_p: pair,
        },
    ]
}

const X: [f64; 4] = [0.4, -0.3, 1.1, 0.8];

fn text(v: &Vector, guide: bool, by: &str) -> String {
    let n: usize = v.shape.iter().product();
    let shape: Vec<String> = v.shape.iter().map(ToString::to_string).collect();
    let shape = shape.join(", ");
    let reshaped = if v.shape.len() > 1 { format!(", reshape({shape})") } else { String::new() };
    let tail = if guide {
        format!(
            "net e(x: Real[2]) -> Real[{shape}] {{ dense({n}){reshaped} }}\nguide q(x) {{ z ~ {}(logits: e(x)){by} }}\ntrain {{ maximizes elbo(p, q) using sgd(lr: 1) }}\n",
            v.dist
        )
    } else {
        "train { using sgd(lr: 1) }\n".to_string()
    };
    format!(
        "data x: Real[2] from moons
net at(z: {}) -> Real[2] {{ {}dense(2) }}
model p {{ z ~ {}(logits: free({shape}));  x ~ Normal(at(z), 0.7) }}
{tail}",
        v.ty, v.before, v.dist
    )
}

/// Parameters of the programs: the same numbers for every layer of a kind.
fn env(c: &Compiled) -> Env {
    let mut all = Env::new();
    for l in &c.leaves {
        let n = l.shape.iter().product();
        let seed = l.path.bytes().map(u64::from).sum();
        all.insert(
            l.path.clone(),
            Tensor64 { dims: l.shape.clone(), data: normal(seed, n).iter().map(|x| 0.8 * x).collect() },
        );
    }
    all.insert("x".into(), Tensor64 { dims: vec![2, 2], data: X.to_vec() });
    all.insert("@update".into(), Tensor64 { dims: Vec::new(), data: vec![1.0] });
    all
}

fn leaf<'e>(env: &'e Env, net: &str, kind: &str) -> &'e [f64] {
    let found = env.iter().find(|(n, _)| n.starts_with(&format!("{net}.")) && n.ends_with(kind));
    &found.unwrap_or_else(|| panic!("no {kind} of `{net}`")).1.data
}

fn dense(x: &[f64], w: &[f64], b: &[f64]) -> Vec<f64> {
    (0..b.len())
        .map(|j| b[j] + x.iter().enumerate().map(|(i, x)| x * w[i * b.len() + j]).sum::<f64>())
        .collect()
}

/// log p(x, z) for every value of z.
fn log_joint(v: &Vector, env: &Env, x: &[f64]) -> Vec<f64> {
    let prior = (v.log_p)(&env["p.free0"].data);
    let log_x = |z: &Vec<f64>| -> f64 {
        let m = dense(z, leaf(env, "at", "weight"), leaf(env, "at", "bias"));
        (0..2).map(|d| -0.5 * (TAU * 0.49).ln() - (x[d] - m[d]).powi(2) / 0.98).sum()
    };
    prior.iter().zip(&v.values).map(|(p, z)| p + log_x(z)).collect()
}

fn log_likelihood(v: &Vector, env: &Env) -> Vec<f64> {
    X.chunks(2).map(|x| log_joint(v, env, x).iter().map(|l| l.exp()).sum::<f64>().ln()).collect()
}

fn bound(v: &Vector, env: &Env) -> f64 {
    let each = X.chunks(2).map(|x| {
        let q = (v.log_p)(&dense(x, leaf(env, "e", "weight"), leaf(env, "e", "bias")));
        log_joint(v, env, x).iter().zip(q).map(|(p, q)| q.exp() * (p - q)).sum::<f64>()
    });
    each.sum::<f64>() / 2.0
}

/// Central differences of `f` in every parameter that a step moves, against what ascent at rate 1 adds.
fn check_step(what: &str, c: &Compiled, env: &Env, sign: f64, f: &dyn Fn(&Env) -> f64) {
    let out = run(&c.programs["step.all"], 2, env);
    let mut checked = 0;
    for l in c.leaves.iter().filter(|l| l.trainable) {
        let new = &out[&format!("param:{}", l.path)].data;
        for (i, new) in new.iter().enumerate() {
            let at = |by: f64| {
                let mut e = env.clone();
                e.get_mut(&l.path).unwrap().data[i] += by;
                f(&e)
            };
            let (want, got) = ((at(1e-5) - at(-1e-5)) / 2e-5, sign * (new - env[&l.path].data[i]));
            assert!(
                (got - want).abs() < 1e-7 * (1.0 + want.abs()),
                "{what}, {}[{i}]: {got}, exact {want}",
                l.path
            );
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked}");
}

fn close(what: &str, got: &[f64], want: &[f64]) {
    assert!(
        got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-10 * (1.0 + w.abs())),
        "{what}: {got:?}, by hand {want:?}"
    );
}

#[test]
fn sums_over_vectors_are_exact() {
    for v in vectors() {
        let what = format!("{} {}", v.dist, v.ty);
        // Without a guide the likelihood is a sum.
        let (typed, c): (Typed, Compiled) = clean("sum", &text(&v, false, ""));
        assert_eq!(
            typed.models[0].density,
            Density::Exact { dequantised: false, summed: vec!["z".into()] },
            "{what}"
        );
        let e = env(&c);
        close(&what, &run(&c.programs["log_prob.p"], 2, &e)["log_prob"].data, &log_likelihood(&v, &e));
        let nll = |e: &Env| -log_likelihood(&v, e).iter().sum::<f64>() / 2.0;
        close(&what, &run(&c.programs["loss"], 2, &e)["payoff:all"].data, &[nll(&e)]);
        check_step(&what, &c, &e, -1.0, &nll);
        // With a guide the bound is one, chosen so or written.
        for by in ["", " by enumerate"] {
            let (typed, c) = clean("bound", &text(&v, true, by));
            let e = env(&c);
            close(&what, &run(&c.programs["loss"], 2, &e)["payoff:all"].data, &[bound(&v, &e)]);
            check_step(&what, &c, &e, 1.0, &|e| bound(&v, e));
            assert!(bound(&v, &e) < log_likelihood(&v, &e).iter().sum::<f64>() / 2.0);
            let notes = math::objective(&typed, &typed.train.players[0], false).notes;
            let why = if by.is_empty() {
                format!("chosen because there are only {}", v.values.len())
            } else {
                "as written".to_string()
            };
            let said = format!("the gradient through `z`: exact sum over all values, {why}");
            assert!(notes.contains(&said), "{what}: {notes:?}");
        }
    }
}

/// Sites that are summed over together have at most 256 combinations: the compiler takes the score function beyond, and what is written is
/// refused.
#[test]
fn there_is_an_end_to_sums() {
    let spec = |by: &str| {
        format!(
            "data x: Real[2] from moons
net at(a: Bool[5], b: Bool[5]) -> Real[2] {{ dense(2) }}
net e(x: Real[2]) -> Real[5] {{ dense(5) }}
model p {{ a ~ Bernoulli(logits: free(5));  b ~ Bernoulli(logits: free(5));  x ~ Normal(at(a, b), 0.7) }}
guide q(x) {{ a ~ Bernoulli(logits: e(x));  b ~ Bernoulli(logits: e(x)){by} }}
train {{ maximizes elbo(p, q) }}
"
        )
    };
    let (typed, _) = clean("end", &spec(""));
    let notes = math::objective(&typed, &typed.train.players[0], false).notes;
    assert!(
        notes.iter().any(|n| n.starts_with(
            "the gradient through `a`: exact sum over all values, chosen because there are only 32"
        )),
        "{notes:?}"
    );
    assert!(notes.iter().any(|n| n.starts_with("the gradient through `b`: score function")), "{notes:?}");
    let u = unit("end", &spec(" by enumerate"));
    assert!(
        u.diags.iter().any(|d| format!("{d:?}").contains("its 32 values and the 32 of the sites before it")),
        "{:?}",
        u.diags
    );
}
