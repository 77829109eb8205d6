//! Models whose latent variables have structure: discrete sites summed exactly beside sampled ones, priors and guides that are flows.
//! Values are compared with the same formulas written out.

use crate::spec_common::{clean, normal, uniform, unit};
use gmc_compiler::derive::Compiled;
use gmc_compiler::explain::math;
use gmc_compiler::ir::{Dim, Env, Graph, Op, RandomKind, Tensor64, interp};
use gmc_compiler::types::Density;
use std::collections::BTreeMap;
use std::f64::consts::TAU;

type Values = BTreeMap<String, Tensor64>;

fn t(dims: &[usize], data: &[f64]) -> Tensor64 {
    Tensor64 { dims: dims.to_vec(), data: data.to_vec() }
}

/// Runs a program; every normal draw is `noise`, where that is given.
fn run(
    c: &Compiled,
    program: &str,
    env: &Values,
    batch: usize,
    noise: Option<f64>,
) -> BTreeMap<String, Vec<f64>> {
    let random = |kind: RandomKind, stream: u32, n: usize| match (kind, noise) {
        (RandomKind::Normal, Some(e)) => vec![e; n],
        (RandomKind::Normal, None) => normal(u64::from(stream) + 17, n),
        (RandomKind::Uniform, _) => uniform(u64::from(stream) + 17, n),
    };
    let env = Env { batch, inputs: env.clone(), random: &random };
    interp::run(&c.programs[program], &env).unwrap().into_iter().map(|(n, v)| (n, v.data)).collect()
}

fn close(a: &[f64], b: &[f64], tol: f64) {
    assert_eq!(a.len(), b.len());
    for (x, y) in a.iter().zip(b) {
        assert!((x - y).abs() <= tol * (1.0 + y.abs()), "{a:?} against {b:?}");
    }
}

fn log_normal(x: f64, m: f64, s: f64) -> f64 {
    -0.5 * TAU.ln() - s.ln() - 0.5 * ((x - m) / s).powi(2)
}

fn log_sum_exp(x: &[f64]) -> f64 {
    let m = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    m + x.iter().map(|x| (x - m).exp()).sum::<f64>().ln()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// VampPrior (Tomczak & Welling 2018, eq. 9) with learned weights: the guide's own net applied to learned pseudo-inputs.
const VAMP: &str = "data x: Bool[64] from digits(binarize: 0.5)
net pseudo(k: Class(5)) -> Real[64] in unit { embed(64), sigmoid }
net encode(x: Real[64] in unit) -> (Real[2], Real[2]) { dense(12), tanh, heads(2, 2) }
net decode(z: Real[2]) -> Real[64] { dense(64) }
model p { k ~ Categorical(logits: free(5));  (m, s) = encode(pseudo(k));  z ~ Normal(m, exp(s));  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
train { using sgd(lr: 1) }
";

fn vamp_params() -> Values {
    let mut env = Values::new();
    for (i, (name, dims)) in [
        ("pseudo.0.table", vec![5, 64]),
        ("encode.0.weight", vec![64, 12]),
        ("encode.0.bias", vec![12]),
        ("encode.2.head0.weight", vec![12, 2]),
        ("encode.2.head0.bias", vec![2]),
        ("encode.2.head1.weight", vec![12, 2]),
        ("encode.2.head1.bias", vec![2]),
        ("decode.0.weight", vec![2, 64]),
        ("decode.0.bias", vec![64]),
        ("p.free0", vec![5]),
    ]
    .into_iter()
    .enumerate()
    {
        let n = dims.iter().product();
        let data: Vec<f64> = normal(i as u64 + 300, n).iter().map(|v| 0.3 * v).collect();
        env.insert(name.into(), Tensor64 { dims, data });
    }
    env
}

/// y = x W + b, W as [in, out].
fn dense(env: &Values, path: &str, x: &[f64]) -> Vec<f64> {
    let (w, b) = (&env[&format!("{path}.weight")], &env[&format!("{path}.bias")].data);
    let n = b.len();
    (0..n).map(|j| b[j] + x.iter().enumerate().map(|(i, x)| x * w.data[i * n + j]).sum::<f64>()).collect()
}

fn encode(env: &Values, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let h: Vec<f64> = dense(env, "encode.0", x).iter().map(|v| v.tanh()).collect();
    (dense(env, "encode.2.head0", &h), dense(env, "encode.2.head1", &h).iter().map(|v| v.exp()).collect())
}

#[test]
fn a_vamp_prior_is_the_sum_over_its_pseudo_inputs() {
    let (typed, c) = clean("vamp", VAMP);
    let mut env = vamp_params();
    let xs: Vec<Vec<f64>> =
        (0..3).map(|i| uniform(i + 9, 64).iter().map(|u| (2.0 * u).floor()).collect()).collect();
    env.insert("x".into(), t(&[3, 64], &xs.concat()));
    let noise = 0.37;
    let out = run(&c, "bound.p", &env, 3, Some(noise));
    let log_weights = &env["p.free0"].data;
    let norm = log_sum_exp(log_weights);
    let (mut rec, mut kl) = (Vec::new(), Vec::new());
    for x in &xs {
        let (m, s) = encode(&env, x);
        let z: Vec<f64> = m.iter().zip(&s).map(|(m, s)| m + noise * s).collect();
        let density = |m: &[f64], s: &[f64]| (0..2).map(|d| log_normal(z[d], m[d], s[d])).sum::<f64>();
        let prior: Vec<f64> = (0..5)
            .map(|k| {
                let u: Vec<f64> =
                    env["pseudo.0.table"].data[k * 64..(k + 1) * 64].iter().map(|v| sigmoid(*v)).collect();
                let (m, s) = encode(&env, &u);
                log_weights[k] - norm + density(&m, &s)
            })
            .collect();
        kl.push(density(&m, &s) - log_sum_exp(&prior));
        let l = dense(&env, "decode.0", &z);
        rec.push(x.iter().zip(&l).map(|(x, l)| x * l - (1.0 + l.exp()).ln()).sum::<f64>());
    }
    close(&out["reconstruction"], &rec, 1e-9);
    close(&out["kl"], &kl, 1e-9);
    let elbo: Vec<f64> = rec.iter().zip(&kl).map(|(r, k)| r - k).collect();
    close(&out["elbo"], &elbo, 1e-9);
    close(&out["log_weight"], &elbo, 1e-9);
    // What is printed has the same parts: the sum stands in the KL, not around the reconstruction.
    let o = math::objective(&typed, &typed.train.players[0], false);
    assert_eq!(
        o.terms,
        [
            "E_q[log Bernoulli(x; decode(z))]",
            "-E_q[log Normal(z; m, exp(s))]",
            "E_q[log sum_{k} Categorical(k; p.free0) Normal(z; m, exp(s))]"
        ]
    );
}

/// Multiplications in matrix products at batch `b`.
fn products(g: &Graph, b: usize) -> usize {
    g.nodes
        .iter()
        .filter(|n| n.op == Op::MatMul(gmc_compiler::ir::MatMul))
        .map(|n| {
            let inner = g.shape(n.args[0]).at(b).last().copied().unwrap();
            n.ty.shape.at(b).iter().product::<usize>() * inner
        })
        .sum()
}

#[test]
fn a_sum_repeats_only_what_reads_both_data_and_summed_sites() {
    let (_, c) = clean("vamp", VAMP);
    let g = &c.programs["bound.p"];
    let (b, k) = (100, 5);
    let encoder = 64 * 12 + 12 * 2 + 12 * 2;
    let pseudo = 5 * 64;
    assert_eq!(
        products(g, b),
        b * (encoder + 2 * 64) + k * (pseudo + encoder),
        "encoder and decoder once a datum, encoder once a pseudo-input"
    );
    // No matrix product at every pair; the densities of z are.
    let pairs = |n: &&gmc_compiler::ir::Node| n.ty.shape.0.first() == Some(&Dim { n: k, batch: true });
    assert!(g.nodes.iter().filter(pairs).all(|n| n.op != Op::MatMul(gmc_compiler::ir::MatMul)));
    assert!(g.nodes.iter().filter(pairs).count() > 0);
    // A decoder that reads both is applied to every pair, and to nothing else.
    let both = VAMP
        .replace("decode(z: Real[2])", "decode(z: Real[2], k: Class(5))")
        .replace("decode(z))", "decode(z, k))");
    let (_, c) = clean("both", &both);
    let g = &c.programs["bound.p"];
    assert_eq!(products(g, b), b * encoder + k * (pseudo + encoder) + k * b * 7 * 64);
    // A mixture in data space: its means are computed once, whatever the batch.
    let text = "data x: Real[2] from moons
net mean(k: Class(7)) -> Real[2] { dense(30), tanh, dense(2) }
model p { k ~ Categorical(logits: free(7));  x ~ Normal(mean(k), 0.7)[2] }
";
    let (_, c) = clean("mixture", text);
    assert_eq!(products(&c.programs["log_prob.p"], b), 7 * (7 * 30 + 30 * 2));
}

#[test]
fn what_meets_in_functions_and_flows_is_summed_right() {
    // `concat` of a datum's condition and a summed site, a flow that reads the summed site, two summed sites at once.
    let parts = "data (x: Real[64], y: Class(10)) from digits
net mean(h: Real[4], j: Real[2]) -> Real[64] { dense(64) }
net tell(y: Class(10)) -> Real[2] { dense(2) }
net place(k: Class(10)) -> Real[2] { dense(2) }
net hot(j: Class(2)) -> Real[2] { dense(2) }
flow f: Real[64] <-> Real[64] given (k: Class(10)) { couple(parity(0), affine) { dense(4), tanh }, couple(parity(1), affine) { dense(4), tanh } }
";
    let text = format!(
        "{parts}model p(y) {{ k ~ Categorical(logits: free(10));  j ~ Categorical(logits: free(2));  e ~ Normal(mean(concat(tell(y), place(k)), hot(j)), 0.7);  x = f(e, k) }}\n"
    );
    let (typed, c) = clean("meet", &text);
    assert_eq!(
        typed.models[0].density,
        Density::Exact { dequantised: false, summed: vec!["k".into(), "j".into()] }
    );
    let mut env = noisy(&c.graphs["log_prob.p"], 2, 0.4);
    let (xs, ys) = (env["x"].data.clone(), [2usize, 0]);
    env.insert("y".into(), t(&[2], &ys.map(|y| y as f64)));
    let got = run(&c, "log_prob.p", &env, 2, None)["log_prob"].clone();
    // The same with the first site as data and the others as numbers: its density at each of their values, added up.
    let known = parts
        .replace(
            "net tell(y: Class(10)) -> Real[2] { dense(2) }\nnet",
            "param told: Real[2]\nparam side: Real[2]\nnet",
        )
        .replace("net hot(j: Class(2)) -> Real[2] { dense(2) }\n", "")
        + "model p(y) { e ~ Normal(mean(concat(told, place(y)), side), 0.7);  x = f(e, y) }\n";
    let (_, exact) = clean("known", &known);
    let one_hot = |n: usize, at: usize| (0..n).map(|i| f64::from(u8::from(i == at))).collect::<Vec<_>>();
    let (first, second) = (env["p.free0"].data.clone(), env["p.free1"].data.clone());
    let mut want = Vec::new();
    for (x, y) in xs.chunks(64).zip(ys) {
        let mut each = Vec::new();
        for (k, j) in (0..20).map(|c| (c % 10, c / 10)) {
            let mut e = env.clone();
            e.insert("x".into(), t(&[1, 64], x));
            e.insert("y".into(), t(&[1], &[k as f64]));
            e.insert("told".into(), t(&[2], &dense(&env, "tell.0", &one_hot(10, y))));
            e.insert("side".into(), t(&[2], &dense(&env, "hot.0", &one_hot(2, j))));
            let weight = first[k] - log_sum_exp(&first) + second[j] - log_sum_exp(&second);
            each.push(weight + run(&exact, "log_prob.p", &e, 1, None)["log_prob"][0]);
        }
        want.push(log_sum_exp(&each));
    }
    close(&got, &want, 1e-9);
}

/// A flow whose value is one of a few points has no density, whatever is summed over.
#[test]
fn a_flow_of_what_is_not_drawn_has_no_density() {
    let text = "data x: Real[2] from moons
net place(k: Class(3)) -> Real[2] { dense(2) }
net D(x: Real[2]) -> Real[] { dense(1), scalar }
flow f: Real[2] <-> Real[2] given (k: Class(3)) { scale, shift }
model p { k ~ Categorical(logits: free(3));  m = place(k);  x = f(m, k) }
train { minimizes E[D(x)] }
";
    let u = unit("points", text);
    let typed = u.typed.unwrap();
    assert_eq!(typed.models[0].density, Density::Implicit("x".into()));
}

/// Inputs of a graph at random.
fn noisy(g: &Graph, batch: usize, scale: f64) -> Values {
    let mut env = Values::new();
    for (i, n) in g.nodes.iter().enumerate() {
        if let Op::Input(input) = &n.op {
            let dims = n.ty.shape.at(batch);
            let data = normal(i as u64 + 70, dims.iter().product()).iter().map(|v| scale * v).collect();
            env.insert(input.name.clone(), Tensor64 { dims, data });
        }
    }
    env
}

/// The log-determinant of a prior flow below a summed mixture is part of the bound.
#[test]
fn a_mixture_below_a_prior_flow_keeps_its_determinant() {
    let text = "data x: Bool[64] from digits(binarize: 0.5)
flow prior: Real[2] <-> Real[2] { couple(parity(0), affine) { dense(4), tanh }, couple(parity(1), affine) { dense(4), tanh } }
net mean(k: Class(3)) -> Real[2] { dense(2) }
net encode(x: Bool[64]) -> (Real[2], Real[2]) { heads(2, 2) }
net decode(z: Real[2]) -> Real[64] { dense(64) }
model p { k ~ Categorical(logits: free(3));  e ~ Normal(mean(k), 0.8);  z = prior(e);  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
";
    let (_, c) = clean("below", text);
    let mut env = noisy(&c.graphs["bound.p"], 2, 0.3);
    env.get_mut("x").unwrap().data.iter_mut().for_each(|v| *v = f64::from(u8::from(*v > 0.0)));
    let out = run(&c, "bound.p", &env, 2, Some(-0.6));
    close(&out["elbo"], &out["log_weight"], 1e-9);
    // One coupling at a time: x1 = e1 exp(s) + t, with s and t read from the other coordinate.
    let (mut want, x) = (Vec::new(), env["x"].data.clone());
    for x in x.chunks(64) {
        let (m, s) = (dense(&env, "encode.0.head0", x), dense(&env, "encode.0.head1", x));
        let z: Vec<f64> = m.iter().zip(&s).map(|(m, s)| m - 0.6 * s.exp()).collect();
        let mut log_q = 0.0;
        (0..2).for_each(|d| log_q += log_normal(z[d], m[d], s[d].exp()));
        // Density of z by central differences of the flow run forwards: solved for e by Newton's method.
        let e = solve(|e| forward(&env, e), &z);
        let h = 1e-5;
        let d = |i: usize| {
            let (mut up, mut down) = (e.clone(), e.clone());
            up[i] += h;
            down[i] -= h;
            let (a, b) = (forward(&env, &up), forward(&env, &down));
            [(a[0] - b[0]) / (2.0 * h), (a[1] - b[1]) / (2.0 * h)]
        };
        let (a, b) = (d(0), d(1));
        let log_det = (a[0] * b[1] - a[1] * b[0]).abs().ln();
        let free = &env["p.free0"].data;
        let prior: Vec<f64> = (0..3)
            .map(|k| {
                let hot: Vec<f64> = (0..3).map(|j| f64::from(u8::from(j == k))).collect();
                let m = dense(&env, "mean.0", &hot);
                free[k] - log_sum_exp(free) + (0..2).map(|d| log_normal(e[d], m[d], 0.8)).sum::<f64>()
            })
            .collect();
        want.push(log_q - (log_sum_exp(&prior) - log_det));
    }
    close(&out["kl"], &want, 1e-6);
}

/// `z` that the spec's flow makes of `e`: two affine couplings (Dinh et al. 2017, eq. 7) with log-scales within 2.
fn forward(env: &Values, e: &[f64]) -> Vec<f64> {
    let half = |e: &[f64], keep: usize, path: &str| {
        let h: Vec<f64> = dense(env, &format!("{path}.net.0"), &[e[keep]]).iter().map(|v| v.tanh()).collect();
        let raw = dense(env, &format!("{path}.out"), &h);
        let mut y = e.to_vec();
        y[1 - keep] = e[1 - keep] * (2.0 * (raw[0] / 2.0).tanh()).exp() + raw[1];
        y
    };
    let y = half(e, 0, "prior.0");
    half(&y, 1, "prior.1")
}

/// The root of `f(e) = z` by Newton's method with a numerical Jacobian.
fn solve(f: impl Fn(&[f64]) -> Vec<f64>, z: &[f64]) -> Vec<f64> {
    let (mut e, h) = (z.to_vec(), 1e-6);
    for _ in 0..60 {
        let y = f(&e);
        let r = [z[0] - y[0], z[1] - y[1]];
        let (u, v) = (f(&[e[0] + h, e[1]]), f(&[e[0], e[1] + h]));
        let j = [(u[0] - y[0]) / h, (v[0] - y[0]) / h, (u[1] - y[1]) / h, (v[1] - y[1]) / h];
        let det = j[0] * j[3] - j[1] * j[2];
        e[0] += (r[0] * j[3] - r[1] * j[1]) / det;
        e[1] += (r[1] * j[0] - r[0] * j[2]) / det;
    }
    e
}

const BENT: &str = "data x: Real[2] from moons
flow bend: Real[2] <-> Real[2] given (h: Real[3]) { masked(fast: sampling) { dense(6), tanh }, reverse, masked(fast: sampling) { dense(6), tanh } }
net decode(z: Real[2]) -> Real[2] { dense(2) }
net encode(x: Real[2]) -> (Real[2], Real[2], Real[3]) { heads(2, 2, 3) }
model p { z ~ Normal(0, I)[2];  x ~ Normal(decode(z), 0.5) }
guide q(x) { (m, s, h) = encode(x);  e ~ Normal(m, exp(s));  z = bend(e, h) }
";

/// E_q[p(x, z) / q(z)] is p(x) whatever the guide, if and only if the guide's density is right; p(x) of a linear model is known.
#[test]
fn weights_of_a_guide_that_is_a_flow_average_to_the_evidence() {
    let (typed, c) = clean("bent", BENT);
    let n = 40_000;
    let mut env = noisy(&c.graphs["bound.p"], 1, 0.3);
    let x = [0.4, -0.2];
    env.insert("x".into(), t(&[n, 2], &x.repeat(n)));
    let out = run(&c, "bound.p", &env, n, None);
    close(&out["elbo"], &out["log_weight"], 1e-9);
    let (w, b) = (&env["decode.0.weight"].data, &env["decode.0.bias"].data);
    let cov = |i: usize, j: usize| w[i] * w[j] + w[2 + i] * w[2 + j] + if i == j { 0.25 } else { 0.0 };
    let (a, o, d) = (cov(0, 0), cov(0, 1), cov(1, 1));
    let det = a * d - o * o;
    let (u, v) = (x[0] - b[0], x[1] - b[1]);
    let evidence = -0.5 * (2.0 * TAU.ln() + det.ln() + (d * u * u - 2.0 * o * u * v + a * v * v) / det);
    let ratio: Vec<f64> = out["log_weight"].iter().map(|l| (l - evidence).exp()).collect();
    let mean = ratio.iter().sum::<f64>() / n as f64;
    let error = (ratio.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / n as f64 / (n - 1) as f64).sqrt();
    assert!(error < 0.02 && (mean - 1.0).abs() < 5.0 * error, "{mean} ± {error}");
    // Without the log-determinant it would be off by far more than that.
    let o = math::objective(&typed, &typed.train.players[0], false);
    assert_eq!(
        o.terms,
        [
            "E_q[log Normal(x; decode(z), 0.5)]",
            "-E_q[log Normal(e; m, exp(s))]",
            "E_q[log|det dbend / de|]",
            "E_q[log Normal(z; 0, 1)]"
        ]
    );
    assert!(o.notes.iter().any(|n| n == "the KL of `z` is estimated with one sample of `q`"));
}

/// With an affine flow the guide is a normal again.
#[test]
fn an_affine_flow_of_a_normal_is_a_normal() {
    let affine = BENT.replace(
        " given (h: Real[3]) { masked(fast: sampling) { dense(6), tanh }, reverse, masked(fast: sampling) { dense(6), tanh } }",
        " { scale, shift }",
    );
    let affine = affine
        .replace("(Real[2], Real[2], Real[3]) { heads(2, 2, 3) }", "(Real[2], Real[2]) { heads(2, 2) }")
        .replace("(m, s, h)", "(m, s)")
        .replace("bend(e, h)", "bend(e)");
    let plain = affine
        .replace("flow bend: Real[2] <-> Real[2] { scale, shift }\n", "param a: Real[2]\nparam b: Real[2]\n");
    let plain =
        plain.replace("e ~ Normal(m, exp(s));  z = bend(e)", "z ~ Normal(m * exp(a) + b, exp(s + a))");
    let (_, flow) = clean("affine", &affine);
    let (_, normal) = clean("normal", &plain);
    let mut env = noisy(&flow.graphs["bound.p"], 4, 0.4);
    let names: Vec<String> = env.keys().filter(|n| n.starts_with("bend.")).cloned().collect();
    assert_eq!(names.len(), 2, "{names:?}");
    env.insert("a".into(), env[&names[0]].clone());
    env.insert("b".into(), env[&names[1]].clone());
    let (a, b) = (run(&flow, "bound.p", &env, 4, Some(0.8)), run(&normal, "bound.p", &env, 4, Some(0.8)));
    close(&a["log_weight"], &b["log_weight"], 1e-9);
    close(&a["reconstruction"], &b["reconstruction"], 1e-9);
}

/// A flow of data has no density, nor has one whose constants read the draw, nor two sites from one draw.
#[test]
fn guides_without_a_density_are_refused() {
    let said = |guide: &str, z: &str| {
        let text =
            BENT.replace("e ~ Normal(m, exp(s));  z = bend(e, h)", guide).replace("z ~ Normal(0, I)[2];", z);
        let u = unit("refused", &text);
        u.diags.iter().filter(|d| d.code.starts_with('E')).map(|d| d.code).collect::<Vec<_>>()
    };
    let z = "z ~ Normal(0, I)[2];";
    assert_eq!(said("z = bend(x, h)", z), ["E0503"]);
    assert_eq!(said("e ~ Normal(m, exp(s));  z = bend(e, concat(e, h * 0))", z).len(), 1);
    assert_eq!(
        said(
            "e ~ Normal(m, exp(s));  y = bend(e, h);  z = bend(e, h)",
            "y ~ Normal(0, I)[2];  z ~ Normal(y, 1);"
        ),
        ["E0503"]
    );
    assert_eq!(said("e ~ Normal(m, exp(s));  z ~ Normal(m, exp(s))", z), ["E0502"]);
    assert!(said("e ~ Normal(m, exp(s));  z = bend(e, h)", z).is_empty());
}

/// The gradient of the encoder is that at the decoder's input, copied, plus that of the commitment; the codebook's is that of its own term.
#[test]
fn a_step_of_vector_quantisation_is_the_straight_through_estimator() {
    let text = "data x: Real[2] from moons
param book: Real[3, 2] = normal(1)
net encode(x: Real[2]) -> Real[2] { dense(2) }
net decode(z: Real[2]) -> Real[2] { dense(2) }
train { let z = encode(x)  minimizes sse(decode(nearest(z, book)), x) + E[codebook_loss(z, book)] + 0.25 * E[commitment(z, book)] using sgd(lr: 1) }
";
    let (_, c) = clean("vq", text);
    let mut env = Values::new();
    let put = |env: &mut Values, name: &str, dims: &[usize], v: &[f64]| env.insert(name.into(), t(dims, v));
    put(&mut env, "book", &[3, 2], &[0.5, 0.4, -0.6, 0.1, 0.2, -0.9]);
    put(&mut env, "encode.0.weight", &[2, 2], &[0.7, -0.2, 0.3, 0.8]);
    put(&mut env, "encode.0.bias", &[2], &[0.05, -0.1]);
    put(&mut env, "decode.0.weight", &[2, 2], &[1.1, 0.4, -0.5, 0.9]);
    put(&mut env, "decode.0.bias", &[2], &[0.2, -0.3]);
    put(&mut env, "@update", &[], &[1.0]);
    let x = [0.9, -0.4];
    put(&mut env, "x", &[1, 2], &x);
    let out = run(&c, "step.all", &env, 1, None);
    let z = dense(&env, "encode.0", &x);
    let book = &env["book"].data;
    let distance = |k: &usize| (z[0] - book[2 * k]).powi(2) + (z[1] - book[2 * k + 1]).powi(2);
    let k = (0..3).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap();
    let e = [book[2 * k], book[2 * k + 1]];
    // Of what surrounds the replacement, by central differences: the decoder's loss at its input.
    let loss =
        |e: &[f64]| dense(&env, "decode.0", e).iter().zip(&x).map(|(y, x)| (y - x).powi(2)).sum::<f64>();
    let h = 1e-6;
    let at_input: Vec<f64> = (0..2)
        .map(|i| {
            let (mut up, mut down) = (e, e);
            up[i] += h;
            down[i] -= h;
            (loss(&up) - loss(&down)) / (2.0 * h)
        })
        .collect();
    let to_encoder: Vec<f64> = (0..2).map(|i| at_input[i] + 0.25 * 2.0 * (z[i] - e[i])).collect();
    let moved = |name: &str| -> Vec<f64> {
        out[&format!("param:{name}")].iter().zip(&env[name].data).map(|(a, b)| b - a).collect()
    };
    close(&moved("encode.0.bias"), &to_encoder, 1e-7);
    let weights: Vec<f64> = (0..4).map(|i| x[i / 2] * to_encoder[i % 2]).collect();
    close(&moved("encode.0.weight"), &weights, 1e-7);
    let mut to_book = vec![0.0; 6];
    (0..2).for_each(|i| to_book[2 * k + i] = 2.0 * (e[i] - z[i]));
    close(&moved("book"), &to_book, 1e-9);
    let total = loss(&e) + 1.25 * distance(&k);
    close(&out["loss"], &[total], 1e-12);
}
