//! Missing cells: what a model says of the rest of a row is the integral, or the sum, over all that could stand there.

use crate::spec_common::{clean, inputs, run, unit};
use gmc_compiler::ir::Tensor64;
use gmc_compiler::rows::data::MISSING;
use std::collections::BTreeMap;
use std::f64::consts::TAU;

const GONE: f64 = MISSING as f64;

fn t(dims: &[usize], data: &[f64]) -> Tensor64 {
    Tensor64 { dims: dims.to_vec(), data: data.to_vec() }
}

/// ln N(x; m, s), and 0 of what is missing.
fn normal(x: f64, m: f64, s: f64) -> f64 {
    if x == GONE { 0.0 } else { -0.5 * ((x - m) / s).powi(2) - s.ln() - 0.5 * TAU.ln() }
}

fn softmax(l: &[f64], i: f64) -> f64 {
    if i == GONE { 0.0 } else { l[i as usize] - l.iter().map(|l| l.exp()).sum::<f64>().ln() }
}

const SITES: &str = "
data (x: Real[2]?, n: Int(4)?, kind: Class?, flag: Bool?, when: Time?) from csv(\"gaps.csv\", origin: \"2024-01-01\")
param m: Real[2]
param l: Real[4]
param k: Real[2]
param b: Real
model p {
  x ~ Normal(m, 2)
  n ~ Categorical(logits: l)
  kind ~ Categorical(logits: k)
  flag ~ Bernoulli(logits: b)
  when ~ Normal(0, 3)
}
train { steps 5  using adam(lr: 1e-2) }
";

const ROWS: usize = 4;
const X: [f64; 8] = [0.5, -1.0, GONE, 2.0, 1.5, GONE, GONE, GONE];
const N: [f64; ROWS] = [3.0, GONE, 0.0, 2.0];
const KIND: [f64; ROWS] = [1.0, 0.0, GONE, 1.0];
const FLAG: [f64; ROWS] = [1.0, GONE, 0.0, 1.0];
const WHEN: [f64; ROWS] = [0.0, 1.0, GONE, 3.0];

fn cells(env: &mut BTreeMap<String, Tensor64>) {
    env.insert("x".into(), t(&[ROWS, 2], &X));
    for (name, column) in [("n", N), ("kind", KIND), ("flag", FLAG), ("when", WHEN)] {
        env.insert(name.into(), t(&[ROWS], &column));
    }
}

#[test]
fn what_is_missing_is_integrated_out_of_independent_sites() {
    let (typed, c) = clean("missing", SITES);
    let g = &c.programs["log_prob.p"];
    let mut env = inputs(&typed, &c, g, ROWS);
    cells(&mut env);
    let param = |name: &str| env[name].data.clone();
    let (m, l, k, b) = (param("m"), param("l"), param("k"), param("b")[0]);
    let got = run(g, ROWS, &env);
    for (i, lp) in got["log_prob"].data.iter().enumerate() {
        let want = normal(X[2 * i], m[0], 2.0)
            + normal(X[2 * i + 1], m[1], 2.0)
            + softmax(&l, N[i])
            + softmax(&k, KIND[i])
            + softmax(&[0.0, b], FLAG[i])
            + normal(WHEN[i], 0.0, 3.0);
        assert!((lp - want).abs() < 1e-9, "row {i}: {lp}, not {want}");
    }
    // Training moves only what it knows something about: rows of which nothing is known leave every parameter where it was.
    let step = &c.programs["step.all"];
    let mut env = inputs(&typed, &c, step, ROWS);
    cells(&mut env);
    assert!(run(step, ROWS, &env).values().all(|t| t.data.iter().all(|v| v.is_finite())));
    for (name, width) in [("x", 2), ("n", 1), ("kind", 1), ("flag", 1), ("when", 1)] {
        let dims: &[usize] = if width == 2 { &[ROWS, 2] } else { &[ROWS] };
        env.insert(name.into(), t(dims, &vec![GONE; ROWS * width]));
    }
    let out = run(step, ROWS, &env);
    assert!(out["loss"].data[0].abs() < 1e-12, "{:?}", out["loss"]);
}

#[test]
fn latent_classes_are_summed_over_given_what_is_known() {
    let text = "
data x: Real[2]? from csv(\"gaps.csv\")
net mean(k: Class(3)) -> Real[2] { dense(2, init: normal(1)) }
param w: Real[3]
model p { c ~ Categorical(logits: w);  x ~ Normal(mean(c), 0.7) }
train { steps 5  using adam(lr: 1e-2) }
";
    let (typed, c) = clean("missing_mixture", text);
    let g = &c.programs["log_prob.p"];
    let mut env = inputs(&typed, &c, g, ROWS);
    env.insert("x".into(), t(&[ROWS, 2], &X));
    let (m, b, w) = (&env["mean.0.weight"].data, &env["mean.0.bias"].data, &env["w"].data);
    for (i, lp) in run(g, ROWS, &env)["log_prob"].data.iter().enumerate() {
        let of = |c: usize| {
            let x = |e: usize| normal(X[2 * i + e], m[2 * c + e] + b[e], 0.7);
            (softmax(w, c as f64) + x(0) + x(1)).exp()
        };
        let want = (0..3).map(of).sum::<f64>().ln();
        assert!((lp - want).abs() < 1e-9, "row {i}: {lp}, not {want}");
    }
}

/// What a hidden chain of classes yields at a time may be missing: the sum over all paths knows the rest.
#[test]
fn hidden_chains_are_summed_over_given_what_is_known() {
    for (kind, draw, width) in [
        ("Real[2]?", "StudentT(4, mean(k[t]), 0.7)", None),
        ("Bool[2]?", "Bernoulli(logits: mean(k[t]))", Some(2.0)),
    ] {
        let text = format!(
            "data x: {kind} from csv(\"gaps.csv\")\nnet next(k: Class(2)) -> Real[2] {{ embed(2) }}\n\
             net mean(k: Class(2)) -> Real[] {{ embed(1), scalar }}\nparam w: Real[2]\n\
             model p {{ k[0] ~ Categorical(logits: w);  k[t in 1..2] ~ Categorical(logits: next(k[t - 1]));  x[t in 0..2] ~ {draw} }}\n\
             train {{ steps 5  using adam(lr: 1e-2) }}\n"
        );
        let (typed, c) = clean("missing_chain", &text);
        let g = &c.programs["log_prob.p"];
        let mut env = inputs(&typed, &c, g, 4);
        env.insert("w".into(), t(&[2], &[0.3, -0.4]));
        env.insert("next.0.table".into(), t(&[2, 2], &[0.5, -1.0, 0.25, 2.0]));
        env.insert("mean.0.table".into(), t(&[2, 1], &[-1.25, 0.75]));
        let mut x = vec![1.0, GONE, GONE, GONE, GONE, 1.0, 0.0, 1.0];
        if width.is_none() {
            x.iter_mut().filter(|v| **v != GONE).for_each(|v| *v = 1.7 * *v - 0.6);
        }
        env.insert("x".into(), t(&[4, 2], &x));
        let mean = [-1.25, 0.75];
        // ln of a density of Student's t with 4 degrees of freedom, 3 / 8 (1 + z^2 / 4)^(-5/2), or of a truth value.
        let emits = |x: f64, k: usize| match width {
            _ if x == GONE => 0.0,
            Some(_) => x * mean[k] - mean[k].exp().ln_1p(),
            None => (0.375f64 / 0.7).ln() - 2.5 * (((x - mean[k]) / 0.7).powi(2) / 4.0).ln_1p(),
        };
        let next = [[0.5, -1.0], [0.25, 2.0]];
        for (i, lp) in run(g, 4, &env)["log_prob"].data.iter().enumerate() {
            let path = |p: usize| {
                let k = [p & 1, p >> 1];
                let steps = softmax(&[0.3, -0.4], k[0] as f64) + softmax(&next[k[0]], k[1] as f64);
                (steps + (0..2).map(|t| emits(x[2 * i + t], k[t])).sum::<f64>()).exp()
            };
            let want = (0..4).map(path).sum::<f64>().ln();
            assert!((lp - want).abs() < 1e-9, "{kind} row {i}: {lp}, not {want}");
        }
        let step = &c.programs["step.all"];
        let mut given = inputs(&typed, &c, step, 4);
        given.insert("x".into(), t(&[4, 2], &x));
        assert!(run(step, 4, &given).values().all(|t| t.data.iter().all(|v| v.is_finite())), "{kind}");
    }
}

/// Every function of a distribution's range has a stand-in inside it, so that neither values nor derivatives are broken by what is missing.
#[test]
fn ranges_of_all_kinds_have_a_stand_in() {
    for (ty, model) in [
        ("Real[2]? in positive", "x ~ LogNormal(a, 1)"),
        ("Real[2]? in positive", "x ~ Gamma(exp(a), rate: 1)"),
        ("Real[2]? in unit", "x ~ Beta(exp(a), 2)"),
        ("Real[2]? in interval(-3, 5)", "x ~ Uniform(-3, 5 + exp(a))"),
        ("Real[2]?", "x ~ StudentT(4, a, 1)"),
    ] {
        let text = format!(
            "data x: {ty} from csv(\"gaps.csv\")\nparam a: Real[2]\nmodel p {{ {model} }}\ntrain {{ steps 5  using adam(lr: 1e-2) }}\n"
        );
        let (typed, c) = clean("missing_range", &text);
        let step = &c.programs["step.all"];
        let mut env = inputs(&typed, &c, step, 2);
        env.insert("x".into(), t(&[2, 2], &[0.5, GONE, GONE, 0.25]));
        let out = run(step, 2, &env);
        assert!(out.values().all(|t| t.data.iter().all(|v| v.is_finite())), "{text}: {out:?}");
    }
}

#[test]
fn nets_read_what_is_filled_and_where_it_is_present() {
    let text = "
data x: Real[2]? from csv(\"gaps.csv\")
net decode(z: Real[1]) -> Real[2] { dense(4), tanh, dense }
net encode(x: Real[4]) -> (Real[1], Real[1]) { dense(4), tanh, heads }
model p    { z ~ Normal(0, I)[1];  x ~ Normal(decode(z), 0.5) }
guide q(x) { (m, s) = encode(concat(filled(x, -7), present(x)));  z ~ Normal(m, exp(s)) }
train { steps 5  using adam(lr: 1e-2) }
";
    let (typed, c) = clean("missing_vae", text);
    let g = &c.programs["encode"];
    let mut env = inputs(&typed, &c, g, 2);
    env.insert("x".into(), t(&[2, 2], &[0.5, GONE, 0.5, GONE]));
    let code = run(g, 2, &env);
    let codes: Vec<&Vec<f64>> = code.values().map(|t| &t.data).collect();
    assert!(codes.iter().all(|v| v.iter().all(|v| v.is_finite() && v.abs() < 1e3)), "{code:?}");
    // A filled cell is that number, and its mark is 0.
    let (weight, bias) = (&env["encode.0.weight"].data, &env["encode.0.bias"].data);
    let hidden: Vec<f64> = (0..4)
        .map(|j| {
            let input = [0.5, -7.0, 1.0, 0.0];
            (bias[j] + (0..4).map(|i| input[i] * weight[4 * i + j]).sum::<f64>()).tanh()
        })
        .collect();
    let of = |part: &str| env.keys().find(|k| k.starts_with("encode.2") && k.contains(part)).unwrap();
    let (weight, bias) = (&env[of("weight")].data, &env[of("bias")].data);
    let width = bias.len();
    let mean = bias[0] + (0..4).map(|i| hidden[i] * weight[width * i]).sum::<f64>();
    assert!(codes.iter().any(|v| (v[0] - mean).abs() < 1e-9), "{code:?} {mean}");
}

/// A stated goal may ask for the density of what is known, given a code that is no draw.
#[test]
fn stated_densities_leave_out_what_is_missing() {
    let text = "
data x: Real[2]? from csv(\"gaps.csv\")
param m: Real[2] = 0.25
model p { z ~ Normal(0, 1);  x ~ Normal(m + z, 0.5) }
guide q(x) { z = sum(filled(x, 0)) }
train { minimizes -E[log p(x | q.z)]  steps 5  using adam(lr: 1e-2) }
";
    let (typed, c) = clean("missing_stated", text);
    let step = &c.programs["step.all"];
    let mut env = inputs(&typed, &c, step, ROWS);
    env.insert("x".into(), t(&[ROWS, 2], &X));
    env.insert("m".into(), t(&[2], &[0.25, 0.25]));
    let got = run(step, ROWS, &env)["loss"].data[0];
    let row = |i: usize| {
        let x = &X[2 * i..2 * i + 2];
        let code: f64 = x.iter().filter(|v| **v != GONE).sum();
        x.iter().map(|v| normal(*v, 0.25 + code, 0.5)).sum::<f64>()
    };
    let want = -(0..ROWS).map(row).sum::<f64>() / ROWS as f64;
    assert!((got - want).abs() < 1e-9, "{got}, not {want}");
}

#[test]
fn what_would_read_missing_cells_as_if_they_were_known_is_refused() {
    let data = "data (x: Real[2]?, n: Int(4)?) from csv(\"gaps.csv\")\n";
    for (rest, says) in [
        (
            "net f(x: Real[2]) -> Real[2] { dense(2) }\ntrain { minimizes mean(f(x))  steps 1 }",
            "`x` is read, and may have missing cells",
        ),
        (
            "param m: Real[2]\nmodel p { n ~ Categorical(4);  x ~ Normal(m + n, 1) }\ntrain { steps 1 }",
            "depends on `n`, which may be missing",
        ),
        (
            "flow f: Real[2] <-> Real[2] { actnorm }\nmodel p { z ~ Normal(0, I)[2];  x = f(z) }\ntrain { steps 1 }",
            "its numbers are not drawn each on its own",
        ),
        (
            "net f(x: Real[2]?) -> Real[2] { dense(2) }\ntrain { minimizes mean(f(filled(x, 0)))  steps 1 }",
            "only data have missing cells",
        ),
        (
            "param m: Real[2]\ntrain { minimizes sum(filled(m, 0))  steps 1 }",
            "is about a variable with missing cells",
        ),
    ] {
        let u = unit("missing", &format!("{data}{rest}\n"));
        assert!(u.failed(), "{rest}");
        assert!(u.diags.iter().any(|d| d.message.contains(says)), "{says}: {:?}", u.diags);
    }
}
