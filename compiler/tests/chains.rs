//! Sites in time: chains that are observed have the density that their statements multiply to, and are drawn from it.

use crate::spec_common::{draws, initial, normal, npy_of_bits, run_with, uniform};
use gmc_compiler::derive::Compiled;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::{Unit, compile};
use gmc_compiler::explain::math;
use gmc_compiler::ir::{Graph, Op, Tensor64, grad};
use gmc_compiler::rows::data::{Host, HostError};
use gmc_compiler::types::Typed;
use std::collections::BTreeMap;

/// Answers every file by 40 rows of 0 and 1, as NPY: `z.npy` of the second shape, all others of the first.
struct Bits(Vec<usize>, Vec<usize>);

impl Host for Bits {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        let shape = if name == "z.npy" { &self.1 } else { &self.0 };
        Ok(npy_of_bits(shape))
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        uniform(stream, n)
    }
}

fn unit(text: &str, [x, z]: [&[usize]; 2]) -> Unit {
    compile("spec.gm", text, &Bits(x.to_vec(), z.to_vec()), &|p| Err(format!("no file `{p}`")), |_| {
        Vec::new()
    })
}

fn clean(text: &str, dims: [&[usize]; 2]) -> (Typed, Compiled) {
    let u = unit(text, dims);
    assert!(u.diags.is_empty(), "{}", render(&u.diags, &u.sources, Format::Human, false));
    (u.typed.unwrap(), u.compiled.unwrap())
}

/// Parameters away from their initial values.
fn weights(c: &Compiled) -> BTreeMap<String, Tensor64> {
    let moved = |(k, (path, t)): (usize, (String, Tensor64))| {
        let more = normal(77 + k as u64, t.data.len());
        let data = t.data.iter().zip(more).map(|(x, m)| x + 0.5 * m).collect();
        (path, Tensor64 { data, ..t })
    };
    initial(c).into_iter().enumerate().map(moved).collect()
}

fn bits(n: usize, dims: &[usize]) -> Tensor64 {
    let all = 1usize << n;
    let data = (0..all).flat_map(|c| (0..n).map(move |i| (c >> i & 1) as f64)).collect();
    Tensor64::new(&[&[all], dims].concat(), data).unwrap()
}

fn evaluate(g: &Graph, batch: usize, inputs: &BTreeMap<String, Tensor64>) -> BTreeMap<String, Tensor64> {
    run_with(g, batch, inputs, &draws)
}

/// Chains of a few bits: what they are called, their axes, nets, and sites.
const CHAINS: &[(&str, &[usize], &str, &str)] = &[
    (
        "first order",
        &[6],
        "",
        "x[0] ~ Bernoulli(logits: 0.3);  x[t in 1..6] ~ Bernoulli(logits: 0.2 + 1.5 * x[t - 1] - 0.3 * t)",
    ),
    (
        "second order by a net",
        &[7],
        "net f(a: Bool[], b: Bool[], t: Real[]) -> Real[] { dense(6), tanh, dense(1), scalar }",
        "x[0] ~ Bernoulli(logits: -0.5);  x[1] ~ Bernoulli(logits: 2 * x[0] - 1);
         x[t in 2..7] ~ Bernoulli(logits: f(x[t - 1], x[t - 2], t / 7))",
    ),
    (
        "downwards",
        &[6],
        "",
        "x[5] ~ Bernoulli(logits: 1.2);  x[t in reverse(0..5)] ~ Bernoulli(logits: 0.4 * t - 1.5 * x[t + 1])",
    ),
    (
        "vectors",
        &[3, 2],
        "net f(x: Bool[2], t: Class(3)) -> Real[2] { dense(5), relu, dense(2) }",
        "x[0] ~ Bernoulli(logits: 0.7)[2];  x[t in 1..3] ~ Bernoulli(logits: f(x[t - 1], t))",
    ),
    (
        "several pieces",
        &[7],
        "",
        "x[0] ~ Bernoulli(logits: 0.1);  x[t in 1..4] ~ Bernoulli(logits: x[t - 1] - 0.5);
         x[s in reverse(5..7)] ~ Bernoulli(logits: 0.2 * s - 1.3 * x[3]);
         x[4] ~ Bernoulli(logits: x[3] + 2 * x[5] - 1)",
    ),
    (
        "two outputs of one net",
        &[3, 2],
        "net f(x: Bool[2], t: Class(3)) -> (Real[2], Real[2]) { dense(5), bias_from(t), tanh, heads(2, 2) }",
        "x[0] ~ Bernoulli(logits: 0.4)[2]
         (a, b) = f(x[t - 1], t)
         x[t in 1..3] ~ Bernoulli(logits: 2 * a - b)",
    ),
    (
        "given a class that is summed over",
        &[5],
        "net f(x: Bool[], y: Class(2)) -> Real[] { dense(4), tanh, dense(1), scalar }
         net g(y: Class(2)) -> Real[] { embed(3), dense(1), scalar }",
        "y ~ Categorical(2);  x[0] ~ Bernoulli(logits: g(y));
         x[t in 1..5] ~ Bernoulli(logits: f(x[t - 1], y))",
    ),
];

fn model((_, dims, nets, sites): (&str, &[usize], &str, &str)) -> (Typed, Compiled) {
    let axes: Vec<String> = dims.iter().map(usize::to_string).collect();
    let text = format!(
        "data x: Bool[{}] from npy(\"x.npy\")\n{nets}\nmodel p {{ {sites} }}\ntrain {{ using adam(lr: 1e-3) }}",
        axes.join(", ")
    );
    clean(&text, [dims, &[]])
}

#[test]
fn probabilities_of_all_sequences_sum_to_1() {
    for chain in CHAINS {
        let (_, c) = model(*chain);
        let mut inputs = weights(&c);
        let n: usize = chain.1.iter().product();
        inputs.insert("x".into(), bits(n, chain.1));
        let log_p = &evaluate(&c.programs["log_prob.p"], 1 << n, &inputs)["log_prob"];
        let total: f64 = log_p.data.iter().map(|l| l.exp()).sum();
        assert!((total - 1.0).abs() < 1e-9, "{}: {total}", chain.0);
    }
}

#[test]
fn a_density_is_the_product_of_its_steps() {
    let log_p = |logit: f64, x: f64| -(if x > 0.5 { (-logit).exp() } else { logit.exp() }).ln_1p();
    let of = |chain: usize, by_hand: &dyn Fn(&[f64]) -> f64| {
        let (_, c) = model(CHAINS[chain]);
        let n: usize = CHAINS[chain].1.iter().product();
        let x = bits(n, CHAINS[chain].1);
        let inputs = BTreeMap::from([("x".to_string(), x.clone())]);
        let found = evaluate(&c.programs["log_prob.p"], 1 << n, &inputs)["log_prob"].clone();
        for (x, l) in x.data.chunks(n).zip(&found.data) {
            assert!((l - by_hand(x)).abs() < 1e-12, "{}: {l} at {x:?}", CHAINS[chain].0);
        }
    };
    of(0, &|x| {
        let step = |t: usize| log_p(0.2 + 1.5 * x[t - 1] - 0.3 * t as f64, x[t]);
        log_p(0.3, x[0]) + (1..6).map(step).sum::<f64>()
    });
    of(2, &|x| {
        let step = |t: usize| log_p(0.4 * t as f64 - 1.5 * x[t + 1], x[t]);
        log_p(1.2, x[5]) + (0..5).map(step).sum::<f64>()
    });
    of(4, &|x| {
        let first = log_p(0.1, x[0]) + (1..4).map(|t| log_p(x[t - 1] - 0.5, x[t])).sum::<f64>();
        let last = (5..7).map(|s| log_p(0.2 * s as f64 - 1.3 * x[3], x[s])).sum::<f64>();
        first + last + log_p(x[3] + 2.0 * x[5] - 1.0, x[4])
    });
}

/// Each statement is a term of its own, so that a sign before one stands before all; bounds too go statement by statement, where those
/// of the guide and those of the model have times in common.
#[test]
fn objectives_of_chains_are_written_statement_by_statement() {
    let terms = |typed: &Typed| math::objective(typed, &typed.train.players[0], false).terms;
    let (observed, _) = model(CHAINS[0]);
    let want = ["-log Bernoulli(x[0]; 0.3)", "-sum_{t in 1..6} log Bernoulli(x[t]; "];
    let found = terms(&observed);
    assert!(found.len() == 2 && found.iter().zip(want).all(|(f, w)| f.starts_with(w)), "{found:?}");
    let text = "data x: Bool[4] from npy(\"x.npy\")
model p { z[0] ~ Normal(0, 1);  z[t in 1..4] ~ Normal(z[t - 1], 0.5);  x[t in 0..4] ~ Bernoulli(logits: z[t]) }
guide q(x) { z[0] ~ Normal(0.5, 1);  z[1] ~ Normal(z[0], 0.6);  z[s in 2..4] ~ Normal(z[s - 1], 0.7) }
train { using adam(lr: 1e-3) }";
    let (latent, _) = clean(text, [&[4], &[]]);
    let want = [
        "E_q[sum_{t in 0..4} log Bernoulli(x[t]; z[t])]",
        "-KL(Normal(0.5, 1) || Normal(0, 1))",
        "-E_q[sum_{t in 1..2} KL(Normal(z[0], 0.6) || Normal(z[t - 1], 0.5))]",
        "-E_q[sum_{s = t in 2..4} KL(Normal(z[s - 1], 0.7) || Normal(z[t - 1], 0.5))]",
    ];
    assert_eq!(terms(&latent), want);
}

#[test]
fn draws_come_as_often_as_the_density_says() {
    for chain in CHAINS {
        let (_, c) = model(*chain);
        let inputs = weights(&c);
        let (n, size) = (4000, chain.1.iter().product::<usize>());
        let drawn = &evaluate(&c.programs["sample.p"], n, &inputs)["site:x"];
        let mut counts = vec![0.0; 1 << size];
        for x in drawn.data.chunks(size) {
            counts[x.iter().enumerate().map(|(i, b)| (*b as usize) << i).sum::<usize>()] += 1.0;
        }
        let mut inputs = inputs;
        inputs.insert("x".into(), bits(size, chain.1));
        let log_p = &evaluate(&c.programs["log_prob.p"], 1 << size, &inputs)["log_prob"];
        // Pearson's statistic over the values that are expected at least five times.
        let (mut chi, mut cells) = (0.0, 0.0);
        for (l, k) in log_p.data.iter().zip(&counts) {
            let e = l.exp() * n as f64;
            if e >= 5.0 {
                chi += (k - e).powi(2) / e;
                cells += 1.0;
            }
        }
        let cells: f64 = cells;
        assert!(chi < cells + 5.0 * (2.0 * cells).sqrt(), "{}: {chi} over {cells} values", chain.0);
    }
}

#[test]
fn what_is_given_of_a_sequence_stays_and_the_rest_follows_it() {
    let (_, c) = model(CHAINS[0]);
    let n = 4000;
    let x: Vec<f64> = (0..n).flat_map(|_| [1.0, 0.0, 1.0, 9.0, 9.0, 9.0]).collect();
    let known: Vec<f64> = (0..n).flat_map(|_| [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]).collect();
    let inputs = BTreeMap::from([
        ("x".to_string(), Tensor64::new(&[n, 6], x).unwrap()),
        ("@known.x".to_string(), Tensor64::new(&[n, 6], known).unwrap()),
    ]);
    let drawn = &evaluate(&c.programs["complete.p"], n, &inputs)["site:x"];
    let mut ones = [0.0; 6];
    for x in drawn.data.chunks(6) {
        assert_eq!(&x[..3], [1.0, 0.0, 1.0]);
        x.iter().zip(&mut ones).for_each(|(x, o)| *o += x / n as f64);
    }
    // x[3] given x[2] = 1, x[4] by the sum over x[3].
    let p = |x: f64, t: f64| 1.0 / (1.0 + (-(0.2 + 1.5 * x - 0.3 * t)).exp());
    let third = p(1.0, 3.0);
    let fourth = third * p(1.0, 4.0) + (1.0 - third) * p(0.0, 4.0);
    assert!((ones[3] - third).abs() < 0.03, "{} and {third}", ones[3]);
    assert!((ones[4] - fourth).abs() < 0.03, "{} and {fourth}", ones[4]);
}

/// Hidden Markov models: what they are called, how many times there are, nets, the statements of the hidden chain, those of the data.
const HIDDEN: &[(&str, usize, &str, &str, &str)] = &[
    (
        "first order",
        5,
        "param first: Real[3]
         net next(z: Class(3)) -> Real[3] { embed(3) }
         net emit(z: Class(3)) -> Real[] { embed(1), scalar }",
        "z[0] ~ Categorical(logits: first);  z[t in 1..5] ~ Categorical(logits: next(z[t - 1]))",
        "x[t in 0..5] ~ Bernoulli(logits: emit(z[t]))",
    ),
    (
        "second order, and transitions that depend on the time",
        5,
        "param flat: Real[3]
         net next(z: Class(3), y: Class(3), t: Real[]) -> Real[3] { embed(4), dense(5), tanh, dense(3) }
         net emit(z: Class(3)) -> Real[] { embed(1), scalar }",
        "z[0] ~ Categorical(logits: flat);  z[1] ~ Categorical(logits: next(z[0], z[0], 1));
         z[t in 2..5] ~ Categorical(logits: next(z[t - 1], z[t - 2], t))",
        "x[t in 0..5] ~ Bernoulli(logits: emit(z[t]))",
    ),
    (
        "downwards, data that read two classes and each other",
        5,
        "param last: Real[3]
         net next(z: Class(3)) -> Real[3] { embed(3) }
         net emit(z: Class(3), y: Class(3), x: Bool[]) -> Real[] { embed(3), dense(4), tanh, dense(1), scalar }
         net alone(z: Class(3)) -> Real[] { embed(1), scalar }",
        "z[4] ~ Categorical(logits: last);  z[t in reverse(0..4)] ~ Categorical(logits: next(z[t + 1]))",
        "x[0] ~ Bernoulli(logits: alone(z[0]));  x[t in 1..5] ~ Bernoulli(logits: emit(z[t], z[t - 1], x[t - 1]))",
    ),
    (
        "bits without a chain",
        4,
        "net emit(z: Bool[2]) -> Real[] { dense(3), tanh, dense(1), scalar }",
        "z[t in 0..4] ~ Bernoulli(probs: 0.3)[2]",
        "x[t in 0..4] ~ Bernoulli(logits: emit(z[t]) + 0.3 * t)",
    ),
];

/// A model whose chain is hidden, and the same with the chain as data.
fn hidden((_, n, nets, chain, data): (&str, usize, &str, &str, &str)) -> [(Typed, Compiled); 2] {
    let bits = chain.contains("Bernoulli");
    let (kind, shape) =
        if bits { (format!("Bool[{n}, 2]"), vec![n, 2]) } else { (format!("Class(3)[{n}]"), vec![n]) };
    let items = [
        format!("data x: Bool[{n}] from npy(\"x.npy\")"),
        format!("data (x: Bool[{n}], z: {kind}) from npy(\"x.npy\", labels: \"z.npy\")"),
    ];
    items.map(|item| {
        let text =
            format!("{item}\n{nets}\nmodel p {{ {chain};  {data} }}\ntrain {{ using adam(lr: 1e-3) }}");
        clean(&text, [&[n], &shape])
    })
}

/// Every sequence of `n` bits with every path of the chain, path outermost: log-densities of both together, and the paths.
fn all_paths(
    n: usize,
    classes: usize,
    c: &Compiled,
    inputs: &BTreeMap<String, Tensor64>,
) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let (xs, paths) = (1usize << n, classes.pow(n as u32));
    let path = |i: usize| (0..n).map(|t| (i / classes.pow(t as u32) % classes) as f64).collect::<Vec<_>>();
    let written = |z: &f64| match classes {
        4 => vec![(*z as usize & 1) as f64, (*z as usize >> 1) as f64],
        _ => vec![*z],
    };
    let mut inputs = inputs.clone();
    let bits = bits(n, &[n]);
    let x: Vec<f64> = (0..paths).flat_map(|_| bits.data.clone()).collect();
    let z: Vec<f64> = (0..paths)
        .flat_map(|i| (0..xs).flat_map(move |_| path(i)))
        .collect::<Vec<_>>()
        .iter()
        .flat_map(written)
        .collect();
    inputs.insert("x".into(), Tensor64::new(&[xs * paths, n], x).unwrap());
    let dims: &[usize] = if classes == 4 { &[xs * paths, n, 2] } else { &[xs * paths, n] };
    inputs.insert("z".into(), Tensor64::new(dims, z).unwrap());
    let joint = &evaluate(&c.programs["log_prob.p"], xs * paths, &inputs)["log_prob"];
    (joint.data.chunks(xs).map(<[f64]>::to_vec).collect(), (0..paths).map(path).collect())
}

#[test]
fn a_hidden_chain_is_summed_over_all_paths() {
    for model in HIDDEN {
        let [(typed, c), (_, seen)] = hidden(*model);
        let (n, classes) = (model.1, if model.3.contains("Bernoulli") { 4 } else { 3 });
        assert!(gmc_compiler::explain::typed::density(&typed.models[0]).contains("summed"), "{}", model.0);
        let mut inputs = weights(&c);
        let (joint, paths) = all_paths(n, classes, &seen, &inputs);
        inputs.insert("x".into(), bits(n, &[n]));
        let found = &evaluate(&c.programs["log_prob.p"], 1 << n, &inputs)["log_prob"];
        for (x, l) in found.data.iter().enumerate() {
            let want = joint.iter().map(|p| p[x].exp()).sum::<f64>().ln();
            assert!((l - want).abs() < 1e-10, "{}: {l} and {want}", model.0);
        }
        let total: f64 = found.data.iter().map(|l| l.exp()).sum();
        assert!((total - 1.0).abs() < 1e-10, "{}: {total}", model.0);
        // The posterior at each time, and the most probable path.
        let code = evaluate(&c.programs["encode"], 1 << n, &inputs);
        for (x, of_x) in found.data.iter().map(|l| l.exp()).enumerate() {
            let best = (0..paths.len()).max_by(|a, b| joint[*a][x].total_cmp(&joint[*b][x])).unwrap();
            for t in 0..n {
                if classes == 4 {
                    let p = &code["posterior:z"].data[(x * n + t) * 2..][..2];
                    for (bit, p) in p.iter().enumerate() {
                        let on = |i: &usize| (paths[*i][t] as usize >> bit) & 1 == 1;
                        let want: f64 =
                            (0..paths.len()).filter(on).map(|i| joint[i][x].exp()).sum::<f64>() / of_x;
                        assert!((p - want).abs() < 1e-9, "{}: {p} and {want}", model.0);
                    }
                    continue;
                }
                let p = &code["posterior:z"].data[(x * n + t) * 3..][..3];
                for (class, p) in p.iter().enumerate() {
                    let here = |i: &usize| paths[*i][t] == class as f64;
                    let want: f64 =
                        (0..paths.len()).filter(here).map(|i| joint[i][x].exp()).sum::<f64>() / of_x;
                    assert!((p - want).abs() < 1e-9, "{}: {p} and {want}", model.0);
                }
                assert_eq!(code["code:z"].data[x * n + t], paths[best][t], "{}: path of {x}", model.0);
            }
        }
    }
}

/// The derivative of the sum of an output in one parameter, and what differences say of it.
fn slopes(
    g: &Graph,
    output: &str,
    name: &str,
    batch: usize,
    inputs: &BTreeMap<String, Tensor64>,
) -> Vec<[f64; 2]> {
    let of = g.outputs.iter().find(|(n, _)| n == output).unwrap().1;
    let at = g.iter().find(|(_, node)| matches!(&node.op, Op::Input(i) if i.name == name)).unwrap().0;
    let mut with = g.clone();
    let total = with.sum_all(of);
    let slope = grad(&mut with, total, &[at])[0];
    with.output("slope", slope);
    let found = evaluate(&with, batch, inputs)["slope"].clone();
    let sum = |by: f64, k: usize| {
        let mut moved = inputs.clone();
        moved.get_mut(name).unwrap().data[k] += by;
        evaluate(g, batch, &moved)[output].data.iter().sum::<f64>()
    };
    let each = |(k, d): (usize, &f64)| [*d, (sum(1e-5, k) - sum(-1e-5, k)) / 2e-5];
    found.data.iter().enumerate().map(each).collect()
}

#[test]
fn the_sum_over_paths_has_a_derivative() {
    let [(_, c), _] = hidden(HIDDEN[0]);
    let mut inputs = weights(&c);
    inputs.insert("x".into(), bits(5, &[5]));
    let names: Vec<String> = inputs.keys().filter(|n| *n != "x").cloned().collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for name in names {
        for [found, want] in slopes(&c.programs["log_prob.p"], "log_prob", &name, 32, &inputs) {
            assert!((found - want).abs() < 1e-6 * (1.0 + want.abs()), "{name}: {found} and {want}");
        }
    }
}

/// log p of a linear Gaussian chain by the Kalman filter.
fn kalman(x: &[f64], (a, q, c, r): (f64, f64, f64, f64)) -> f64 {
    let (mut m, mut v, mut total) = (0.0, 1.0, 0.0);
    for (t, x) in x.iter().enumerate() {
        if t > 0 {
            (m, v) = (a * m, a * a * v + q * q);
        }
        let (s, e) = (c * c * v + r * r, x - c * m);
        total += -0.5 * (e * e / s + s.ln() + std::f64::consts::TAU.ln());
        let gain = v * c / s;
        (m, v) = (m + gain * e, (1.0 - gain * c) * v);
    }
    total
}

/// A linear Gaussian chain of 4 times with its exact guide, to whose first mean `off` is added; data, and their exact log-likelihoods.
fn linear_gaussian(off: f64) -> (Compiled, BTreeMap<String, Tensor64>, Vec<f64>) {
    let (a, q, c, r): (f64, f64, f64, f64) = (0.8, 0.6, 1.3, 0.5);
    let n = 4;
    // What the data from time t on say about z[t]: precision, and a linear function of the data.
    let (mut precision, mut linear) = (vec![0.0; n], vec![vec![0.0; n]; n]);
    for t in (0..n).rev() {
        precision[t] = c * c / (r * r);
        linear[t][t] = c / (r * r);
        if t + 1 < n {
            let shrink = 1.0 / (1.0 + q * q * precision[t + 1]);
            precision[t] += a * a * precision[t + 1] * shrink;
            let next: Vec<f64> = linear[t + 1].iter().map(|l| a * l * shrink).collect();
            linear[t][t + 1..].copy_from_slice(&next[t + 1..]);
        }
    }
    let statement = |t: usize| {
        let prior = if t == 0 { 1.0 } else { 1.0 / (q * q) };
        let total = prior + precision[t];
        let data: Vec<String> = (t..n).map(|s| format!("{:?} * x[{s}]", linear[t][s] / total)).collect();
        let past = if t == 0 { "off".to_string() } else { format!("{:?} * z[{}]", a * prior / total, t - 1) };
        format!("z[{t}] ~ Normal({past} + {}, {:?})", data.join(" + "), (1.0 / total).sqrt())
    };
    let guide: Vec<String> = (0..n).map(statement).collect();
    let text = format!(
        "data x: Real[4] from npy(\"x.npy\")\nparam off: Real[] = {off:?}\n\
         model p {{ z[0] ~ Normal(0, 1);  z[t in 1..4] ~ Normal({a} * z[t - 1], {q});  x[t in 0..4] ~ Normal({c} * z[t], {r}) }}\n\
         guide q(x) {{ {} }}\ntrain {{ maximizes elbo(p, q) }}",
        guide.join(";  ")
    );
    let u = unit(&text, [&[4], &[]]);
    assert!(!u.failed(), "{}", render(&u.diags, &u.sources, Format::Human, false));
    let batch = 200;
    let x = Tensor64::new(&[batch, n], normal(5, batch * n)).unwrap();
    let exact = x.data.chunks(n).map(|x| kalman(x, (a, q, c, r))).collect();
    let c = u.compiled.unwrap();
    let mut inputs: BTreeMap<String, Tensor64> = initial(&c).into_iter().collect();
    inputs.insert("x".into(), x);
    (c, inputs, exact)
}

#[test]
fn the_bound_of_the_exact_guide_is_the_kalman_likelihood() {
    let (c, x, exact) = linear_gaussian(0.0);
    let found = evaluate(&c.programs["bound.p"], exact.len(), &x);
    for (w, e) in found["log_weight"].data.iter().zip(&exact) {
        assert!((w - e).abs() < 1e-9, "{w} and {e}");
    }
    // The KL of each step in closed form, given the draw of the step before: the same mean.
    let gap: Vec<f64> = found["elbo"].data.iter().zip(&exact).map(|(b, e)| b - e).collect();
    let mean = gap.iter().sum::<f64>() / gap.len() as f64;
    let deviation = (gap.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / gap.len() as f64).sqrt();
    assert!(mean.abs() < 4.0 * deviation / (gap.len() as f64).sqrt() + 1e-9, "{mean} ± {deviation}");
    assert!(deviation > 1e-6, "the KL is not in closed form");
}

#[test]
fn the_bound_of_another_guide_lies_below() {
    let (c, x, exact) = linear_gaussian(0.4);
    let found = evaluate(&c.programs["bound.p"], exact.len(), &x);
    let gap = found["elbo"].data.iter().zip(&exact).map(|(b, e)| b - e).sum::<f64>() / exact.len() as f64;
    assert!(gap < -0.05, "{gap}");
    // The derivative passes through the draws of the chain.
    for [found, want] in slopes(&c.programs["bound.p"], "elbo", "off", exact.len(), &x) {
        assert!((found - want).abs() < 1e-5 * want.abs(), "{found} and {want}");
    }
}

/// Where several paths are equally probable, `encode` gives one of them, not a mixture.
#[test]
fn of_equally_probable_paths_one_is_given() {
    let text = "data x: Bool[4] from npy(\"x.npy\")
param first: Real[2]
net next(z: Class(2)) -> Real[2] { embed(2) }
net emit(z: Class(2)) -> Real[] { embed(1), scalar }
model p { z[0] ~ Categorical(logits: first);  z[t in 1..4] ~ Categorical(logits: next(z[t - 1])); x[t in 0..4] ~ Bernoulli(logits: emit(z[t])) }
train { using adam(lr: 1e-3) }";
    let (_, c) = clean(text, [&[4], &[]]);
    let mut inputs = BTreeMap::new();
    for (path, t) in initial(&c) {
        // Emissions say nothing; changing the class has probability 0.9, so that two paths that alternate are the best.
        let data = match path.as_str() {
            "next.0.table" => vec![0.1f64.ln(), 0.9f64.ln(), 0.9f64.ln(), 0.1f64.ln()],
            _ => vec![0.0; t.data.len()],
        };
        inputs.insert(path, Tensor64 { data, ..t });
    }
    inputs.insert("x".into(), bits(4, &[4]));
    let code = &evaluate(&c.programs["encode"], 16, &inputs)["code:z"];
    for path in code.data.chunks(4) {
        assert!(path.windows(2).all(|z| z[0] != z[1]), "{path:?}");
    }
}

/// A chain of bits in a guide, by the score function: its bound is the mean over all paths, and so is the derivative.
#[test]
fn a_chain_of_bits_is_proposed_by_the_score_function() {
    let text = "data x: Real[] from npy(\"x.npy\")
param a: Real[] = 0.4
model p { z[0] ~ Bernoulli(logits: 0.3);  z[t in 1..3] ~ Bernoulli(logits: 1.5 * z[t - 1] - 0.5);  x ~ Normal(z[0] - 2 * z[2], 1) }
guide q(x) { z[0] ~ Bernoulli(logits: a) by score;  z[t in 1..3] ~ Bernoulli(logits: a - 2 * z[t - 1]) by score }
train { maximizes elbo(p, q) }";
    let (typed, c) = clean(text, [&[], &[]]);
    let notes = math::objective(&typed, &typed.train.players[0], false).notes.join("\n");
    assert!(
        notes.contains("the gradient through `z`: score function") && notes.contains("as written"),
        "{notes}"
    );
    let log_p = |logit: f64, x: f64| -(if x > 0.5 { (-logit).exp() } else { logit.exp() }).ln_1p();
    let exact = |a: f64| -> f64 {
        let of = |path: usize| {
            let z: Vec<f64> = (0..3).map(|t| (path >> t & 1) as f64).collect();
            let chain = |first: f64, next: &dyn Fn(f64) -> f64| {
                log_p(first, z[0]) + (1..3).map(|t| log_p(next(z[t - 1]), z[t])).sum::<f64>()
            };
            let (q, p) = (chain(a, &|y| a - 2.0 * y), chain(0.3, &|y| 1.5 * y - 0.5));
            let data = -0.5 * ((0.7 - z[0] + 2.0 * z[2]).powi(2) + std::f64::consts::TAU.ln());
            q.exp() * (data + p - q)
        };
        (0..8).map(of).sum()
    };
    let n = 20_000;
    let mut inputs: BTreeMap<String, Tensor64> = initial(&c).into_iter().collect();
    inputs.insert("x".into(), Tensor64::new(&[n], vec![0.7; n]).unwrap());
    let found = &evaluate(&c.programs["bound.p"], n, &inputs)["elbo"];
    let mean = found.data.iter().sum::<f64>() / n as f64;
    assert!((mean - exact(0.4)).abs() < 0.03, "{mean} and {}", exact(0.4));
    let g = &c.graphs["loss"];
    let of = g.outputs.iter().find(|(o, _)| o == "payoff:all").unwrap().1;
    let at = g.iter().find(|(_, node)| matches!(&node.op, Op::Input(i) if i.name == "a")).unwrap().0;
    let mut with = g.clone();
    let slope = grad(&mut with, of, &[at])[0];
    with.output("slope", slope);
    inputs.insert("q.baseline".into(), Tensor64::new(&[], vec![exact(0.4)]).unwrap());
    let got = evaluate(&with, n, &inputs)["slope"].data[0];
    let want = (exact(0.4 + 1e-5) - exact(0.4 - 1e-5)) / 2e-5;
    assert!((got - want).abs() < 0.05, "{got} and {want}");
}
