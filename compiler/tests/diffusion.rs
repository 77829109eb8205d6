//! Latent chains with a known guide: what their bounds, weights and gradients are, against chains of which everything is known.

use crate::spec_common::{draws, initial, normal, npy_of_bits, run_with, uniform};
use gmc_compiler::derive::{Compiled, Program};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::{Unit, compile};
use gmc_compiler::explain::math;
use gmc_compiler::ir::{Graph, Op, RandomKind, Tensor64, grad};
use gmc_compiler::rows::data::{Host, HostError};
use gmc_compiler::types::Typed;
use std::collections::BTreeMap;

/// Answers every file by 40 pairs of numbers, `six.npy` by 40 rows of six.
struct Pairs;

impl Host for Pairs {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        Ok(npy_of_bits(if name == "six.npy" { &[6] } else { &[2] }))
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        uniform(stream, n)
    }
}

fn unit(text: &str) -> Unit {
    compile("spec.gm", text, &Pairs, &|p| Err(format!("no file `{p}`")), |_| Vec::new())
}

fn clean(text: &str) -> (Typed, Compiled) {
    let mut u = unit(text);
    u.diags.retain(|d| d.code != "W0215");
    assert!(u.diags.is_empty(), "{}", render(&u.diags, &u.sources, Format::Human, false));
    (u.typed.unwrap(), u.compiled.unwrap())
}

fn with_data(c: &Compiled, x: &Tensor64) -> BTreeMap<String, Tensor64> {
    let mut inputs: BTreeMap<String, Tensor64> = initial(c).into_iter().collect();
    inputs.insert("x".into(), x.clone());
    inputs
}

fn data(batch: usize) -> Tensor64 {
    Tensor64::new(&[batch, 2], normal(5, 2 * batch)).unwrap()
}

/// Draws of another seed.
fn seeded(seed: u32) -> impl Fn(RandomKind, u32, usize) -> Vec<f64> {
    move |kind, stream, n| draws(kind, stream.wrapping_add(7919 * seed), n)
}

/// Mean, and its standard error.
fn mean(of: &[f64]) -> (f64, f64) {
    let n = of.len() as f64;
    let mean = of.iter().sum::<f64>() / n;
    (mean, (of.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n / (n - 1.0)).sqrt())
}

/// The chain at equilibrium: data and every value are standard normal, so that the exact model is the guide turned around.
const EXACT: &str = "data x: Real[2] from npy(\"x.npy\")
fn s(t) = 0.2 + 0.05 * t
fn a(t) = sqrt(1 - s(t)^2)
param off: Real[] = OFF
model p {
  z[LAST] ~ Normal(0, 1)[2]
  z[t in reverse(0..LAST)] ~ Normal(a(t + 1) * z[t + 1] + off, s(t + 1))
  x ~ Normal(a(0) * z[0], s(0))
}
guide q(x) { z[0] ~ Normal(a(0) * x, s(0));  z[t in 1..TIMES] ~ Normal(a(t) * z[t - 1], s(t)) }
train { GOAL }";

fn exact(times: usize, off: f64, goal: &str) -> (Typed, Compiled) {
    let text = EXACT.replace("LAST", &(times - 1).to_string()).replace("TIMES", &times.to_string());
    clean(&text.replace("OFF", &format!("{off:?}")).replace("GOAL", goal))
}

fn log_normal(x: &[f64]) -> f64 {
    x.iter().map(|x| -0.5 * (x * x + std::f64::consts::TAU.ln())).sum()
}

/// The steps of the chain, from 0 on: scale and factor.
fn step(t: usize) -> (f64, f64) {
    let s = 0.2 + 0.05 * t as f64;
    (s, (1.0 - s * s).sqrt())
}

/// E KL(q(z_(T-1) | x) || N(0, 1)) + Σ E KL(q(z_t | z_(t+1), x) || p(z_t | z_(t+1))) at x, by numbers for each step of this chain: the
/// marginals are N(A x, 1 - A^2), the posteriors' means differ from the model's by a multiple of x - A z / A^2 ..: see the body.
fn kl_by_hand(x: &[f64], times: usize, off: f64) -> f64 {
    let a: Vec<f64> = (0..times).map(|t| step(t).1).collect();
    let keep: Vec<f64> = (0..times).map(|t| a[..=t].iter().product()).collect();
    let mut total = 0.0;
    for x in x {
        let last = keep[times - 1];
        // KL(N(A x, 1 - A^2) || N(0, 1))
        total += 0.5 * (last * last * x * x - last * last - (1.0 - last * last).ln());
        for t in 0..times - 1 {
            let (s, f) = step(t + 1);
            let (v, after) = (1.0 - keep[t] * keep[t], 1.0 - keep[t + 1] * keep[t + 1]);
            let narrow = v * s * s / after;
            // The mean of the posterior is c z + d x with z = A' x + sqrt(V') e; the model's is f z + off.
            let (c, d) = (f * v / after, s * s * keep[t] / after);
            let (bias, slope) = ((c - f) * keep[t + 1] * x + d * x - off, (c - f) * after.sqrt());
            let square = bias * bias + slope * slope;
            total += (s * s / narrow).ln() * 0.5 + (narrow + square) / (2.0 * s * s) - 0.5;
        }
    }
    total
}

#[test]
fn of_the_exact_model_every_weight_is_the_likelihood() {
    for times in [2, 5, 40] {
        // Scales above 1 are none.
        if step(times - 1).0 >= 1.0 {
            continue;
        }
        let (_, c) = exact(times, 0.0, "maximizes elbo(p, q)");
        let x = data(100);
        let found = run_with(&c.programs["bound.p"], 100, &with_data(&c, &x), &draws);
        for (w, x) in found["log_weight"].data.iter().zip(x.data.chunks(2)) {
            assert!((w - log_normal(x)).abs() < 1e-9, "{times}: {w} and {}", log_normal(x));
        }
    }
}

#[test]
fn the_bound_of_a_linear_chain_is_the_sum_by_hand() {
    for (times, off) in [(2, 0.0), (6, 0.0), (6, 0.1), (15, -0.05)] {
        let (_, c) = exact(times, off, "maximizes elbo(p, q)");
        let x = Tensor64::new(&[4000, 2], [0.7, -1.3].repeat(4000)).unwrap();
        let found = run_with(&c.programs["bound.p"], 4000, &with_data(&c, &x), &draws);
        let ((kl, error), want) = (mean(&found["kl"].data), kl_by_hand(&[0.7, -1.3], times, off));
        assert!((kl - want).abs() < 4.0 * error + 1e-9, "{times}, {off}: {kl} ± {error} and {want}");
        assert!(error < 0.02 * want, "{times}, {off}: the steps are not in closed form: ± {error}");
        // Where the model is exact the bound is tight.
        let (bound, error) = mean(&found["elbo"].data);
        let gap = log_normal(&[0.7, -1.3]) - bound;
        assert!(off != 0.0 || gap.abs() < 4.0 * error, "{gap} ± {error}");
    }
}

/// The program that the payoff is measured by takes one step for each example, or all.
#[test]
fn one_step_for_each_example_has_the_mean_of_all() {
    let times = 14;
    let want = kl_by_hand(&[0.7, -1.3], times, 0.1);
    let x = Tensor64::new(&[4000, 2], [0.7, -1.3].repeat(4000)).unwrap();
    let of = |terms: &str| {
        let (_, c) = exact(times, 0.1, &format!("maximizes elbo(p, q, terms: {terms})"));
        let inputs = with_data(&c, &x);
        let all = (0..8).map(|seed| {
            let found = run_with(&c.programs[&Program::Loss.to_string()[..]], 4000, &inputs, &seeded(seed));
            found["term:kl[z]"].data[0]
        });
        (mean(&all.collect::<Vec<_>>()), c)
    };
    let ((one, spread), c) = of("one");
    assert!((one - want).abs() < 5.0 * spread, "{one} ± {spread} and {want}");
    let ((all, narrow), looped) = of("all");
    assert!((all - want).abs() < 5.0 * narrow, "{all} ± {narrow} and {want}");
    assert!(narrow < 0.5 * spread, "all steps vary less than one: {narrow} and {spread}");
    let loops = |c: &Compiled| c.programs["step.all"].iter().any(|(_, n)| matches!(n.op, Op::Loop(_)));
    assert!(!loops(&c) && loops(&looped), "one step is no loop, all steps are one");
    let by_itself = exact(times, 0.1, "maximizes elbo(p, q)").1;
    assert!(!loops(&by_itself), "a long chain is trained by one step");
    assert!(loops(&exact(7, 0.1, "maximizes elbo(p, q)").1), "a short one by all");
}

/// The derivative of an output in the parameter `off`, and what differences say of it at the same draws.
fn slope(g: &Graph, output: &str, batch: usize, inputs: &BTreeMap<String, Tensor64>) -> [f64; 2] {
    let of = g.outputs.iter().find(|(n, _)| n == output).unwrap().1;
    let at = g.iter().find(|(_, node)| matches!(&node.op, Op::Input(i) if i.name == "off")).unwrap().0;
    let mut with = g.clone();
    let total = with.mean_all(of);
    let slope = grad(&mut with, total, &[at])[0];
    with.output("slope", slope);
    let found = run_with(&with, batch, inputs, &draws)["slope"].data[0];
    let at = |by: f64| {
        let mut moved = inputs.clone();
        moved.get_mut("off").unwrap().data[0] += by;
        let all = run_with(g, batch, &moved, &draws)[output].clone();
        all.data.iter().sum::<f64>() / all.data.len() as f64
    };
    [found, (at(1e-5) - at(-1e-5)) / 2e-5]
}

#[test]
fn derivatives_are_those_of_the_sum() {
    let x = data(500);
    // The mean over data of the derivative by hand.
    let by_hand = |times: usize| {
        let at = |off: f64| x.data.chunks(2).map(|x| kl_by_hand(x, times, off)).sum::<f64>() / 500.0;
        (at(0.1 + 1e-5) - at(0.1 - 1e-5)) / 2e-5
    };
    for (times, terms) in [(6, "all"), (14, "all"), (14, "one")] {
        let (_, c) = exact(times, 0.1, &format!("maximizes elbo(p, q, terms: {terms})"));
        let [found, want] = slope(&c.programs["loss"], "term:kl[z]", 500, &with_data(&c, &x));
        assert!((found - want).abs() < 1e-5 * want.abs(), "{times}, {terms}: {found} and {want}");
        let want = by_hand(times);
        let near = if terms == "all" { 0.15 } else { 0.4 };
        assert!((found - want).abs() < near * want.abs(), "{times}, {terms}: {found} and {want}");
    }
    // So are those of the weights, whose draws go through the chain.
    let (_, c) = exact(14, 0.1, "maximizes iwae(p, q, k: 2)");
    let [found, want] = slope(&c.programs["loss"], "payoff:all", 500, &with_data(&c, &x));
    assert!((found - want).abs() < 1e-5 * want.abs(), "{found} and {want}");
}

/// A model that says the noise, by the formula of its mean (Ho et al. 2020, eq. 11).
const NOISE: &str = "data x: Real[2] from npy(\"x.npy\")
fn left(t) = exp(-0.1 - 0.02 * (t + 1)^2)
fn b(t) = 1 - left(t) / left(t - 1)
net eps(z: Real[2], t: Class(TIMES)) -> Real[2] { dense(8), bias_from(t), tanh, dense(2) }
model p {
  z[LAST] ~ Normal(0, 1)[2]
  z[t in reverse(0..LAST)] ~ Normal((z[t + 1] - b(t + 1) / sqrt(1 - left(t + 1)) * eps(z[t + 1], t + 1)) / sqrt(1 - b(t + 1)), 0.7 * sqrt(b(t + 1)))
  x ~ Normal(z[0], 0.5)
}
guide q(x) { z[0] ~ Normal(sqrt(left(0)) * x, sqrt(1 - left(0)));  z[t in 1..TIMES] ~ Normal(sqrt(1 - b(t)) * z[t - 1], sqrt(b(t))) }
train { GOAL }";

fn says_noise(times: usize, goal: &str) -> (Typed, Compiled) {
    let text = NOISE.replace("LAST", &(times - 1).to_string()).replace("TIMES", &times.to_string());
    clean(&text.replace("GOAL", goal))
}

fn left(t: i32) -> f64 {
    (-0.1 - 0.02 * f64::from(t + 1).powi(2)).exp()
}

fn beta(t: i32) -> f64 {
    1.0 - left(t) / left(t - 1)
}

/// KL(N(m, v) || N(m, s^2)): what of a step is no error of the noise.
fn constant(v: f64, s: f64) -> f64 {
    (s / v.sqrt()).ln() + v / (2.0 * s * s) - 0.5
}

#[test]
fn the_kl_of_a_step_is_the_weighted_error_of_the_noise() {
    // One step: both are taken at the same draw. The weight is beta^2 / (2 s^2 alpha (1 - left)) (eq. 12), of both numbers.
    let (_, c) = says_noise(2, "maximizes elbo(p, q) - noise_error(p, q)");
    let x = data(50);
    let found = run_with(&c.programs["loss"], 50, &with_data(&c, &x), &draws);
    let (kl, elbo) = (found["term:kl[z]"].data[0], found["payoff:all"].data[0]);
    let reconstruction = found["term:reconstruction"].data[0];
    let error = reconstruction - kl - elbo;
    let (b, s) = (beta(1), 0.7 * beta(1).sqrt());
    let weight = b * b / (2.0 * s * s * (1.0 - b) * (1.0 - left(1)));
    let narrow = b * (1.0 - left(0)) / (1.0 - left(1));
    let last: f64 =
        x.data.iter().map(|x| 0.5 * (left(1) * x * x - left(1) - (1.0 - left(1)).ln())).sum::<f64>() / 50.0;
    let want = last + weight * error + 2.0 * constant(narrow, s);
    assert!((kl - want).abs() < 1e-6, "{kl} and {want}");
    assert!(error > 0.1, "{error}");
}

/// Where the error of each step is the same, the mean over the steps is it, by one step and by all.
#[test]
fn the_error_of_the_noise_is_a_mean_over_the_steps() {
    for times in [3, 14] {
        for terms in ["one", "all"] {
            let (_, c) = says_noise(times, &format!("minimizes noise_error(p, q, terms: {terms})"));
            let mut inputs = with_data(&c, &data(3000));
            for (name, t) in &mut inputs {
                if name.starts_with("eps") {
                    t.data.iter_mut().for_each(|w| *w = 0.0);
                }
            }
            // Of a net that says 0 it is the mean square of the noise.
            let found = run_with(&c.programs["loss"], 3000, &inputs, &draws)["payoff:all"].data[0];
            assert!((found - 2.0).abs() < 0.15, "{times}, {terms}: {found}");
        }
    }
}

fn notes(typed: &Typed) -> String {
    math::objective(typed, &typed.train.players[0], false).notes.join("\n")
}

#[test]
fn what_is_known_of_a_chain_is_said() {
    let (typed, _) = says_noise(14, "maximizes elbo(p, q)");
    let of = math::objective(&typed, &typed.train.players[0], false);
    assert_eq!(of.goal, ["E_q[log p(x | z)]", "-KL(q(z | x) || p(z))"]);
    assert_eq!(of.terms[1], "-KL(q(z[13] | x) || Normal(0, 1))");
    assert!(
        of.terms[2].starts_with("-E_q[sum_{t in reverse(0..13)} KL(q(z[t] | z[t + 1], x) || Normal("),
        "{}",
        of.terms[2]
    );
    let text = notes(&typed);
    for part in [
        "the noise of `z` in `q` is known: q(z[t] | x) = Normal(A * 0.9418 * x, S)",
        "e_p = eps(z[t + 1], t + 1) is the noise that the model says",
        "of the 13 steps of `z` one is drawn for each example and counts 13 times",
        "because there are more than 8",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (typed, _) = says_noise(14, "maximizes E_q[log p(x | z)] - KL(q(z | x) || p(z), terms: all)");
    assert!(
        notes(&typed).contains("all 13 steps of `z` are summed, in a counted loop, as written"),
        "{}",
        notes(&typed)
    );
    let (typed, _) = exact(7, 0.1, "maximizes elbo(p, q)");
    assert!(notes(&typed).contains("chosen because there are at most 8"), "{}", notes(&typed));
    assert!(notes(&typed).contains("e_p is the noise that the model's mean stands for"), "{}", notes(&typed));
}

/// Chains whose noise is not known have the bound of any chain, and what is missing is said.
#[test]
fn other_chains_are_bounded_as_before() {
    let text = |guide: &str| {
        format!(
            "data x: Real[2] from npy(\"x.npy\")\nparam w: Real[] in positive = 0.5\n\
             net f(z: Real[2]) -> Real[2] {{ dense(2) }}\n\
             model p {{ z[4] ~ Normal(0, 1)[2];  z[t in reverse(0..4)] ~ Normal(w * z[t + 1], 0.6);  x ~ Normal(z[0], 0.5) }}\n\
             guide q(x) {{ {guide} }}\ntrain {{ maximizes elbo(p, q) }}"
        )
    };
    for (guide, why) in [
        (
            "z[0] ~ Normal(x, 0.3);  z[t in 1..5] ~ Normal(f(z[t - 1]), 0.3)",
            "the mean of `z[1]` in `q` is no multiple of `z[0]`",
        ),
        (
            "z[0] ~ Normal(x, 0.3);  z[t in 1..5] ~ Normal(0.9 * z[t - 1] + 0.1, 0.3)",
            "is no multiple of `z[0]`",
        ),
        (
            "z[0] ~ Normal(x, 0.3);  z[t in 1..5] ~ Normal(0.9 * z[t - 1], w)",
            "the scale of `z[1]` in `q` is no positive number",
        ),
        (
            "z[0] ~ Laplace(x, 0.3);  z[t in 1..5] ~ Laplace(0.9 * z[t - 1], 0.3)",
            "from `Laplace`, not from `Normal`",
        ),
    ] {
        let (typed, c) = clean(&text(guide));
        assert!(notes(&typed).contains(why), "{guide}: {}", notes(&typed));
        let found = run_with(&c.programs["bound.p"], 20, &with_data(&c, &data(20)), &draws);
        assert!(found.contains_key("kl_dim:z"), "{guide}");
    }
    // A guide that goes the model's way is no diffusion.
    let (typed, _) =
        clean(&text("z[4] ~ Normal(x, 0.3);  z[t in reverse(0..4)] ~ Normal(0.9 * z[t + 1], 0.3)"));
    assert!(!notes(&typed).contains("noise"), "{}", notes(&typed));
}

/// The same chain with its times turned around, in two statements, of a model that reads a class, or draws from another distribution.
#[test]
fn chains_come_in_many_forms() {
    let bound = |text: &str| {
        let (_, c) = clean(text);
        let x = Tensor64::new(&[4000, 2], [0.7, -1.3].repeat(4000)).unwrap();
        let found = run_with(&c.programs["bound.p"], 4000, &with_data(&c, &x), &draws);
        assert!(found.contains_key("kl_site:z"), "{text}");
        (mean(&found["kl"].data), found["log_weight"].data.clone())
    };
    let head = "data x: Real[2] from npy(\"x.npy\")\nparam off: Real[] = 0\nfn s(t) = 0.2 + 0.05 * t\nfn a(t) = sqrt(1 - s(t)^2)\n";
    let end = "train { maximizes elbo(p, q) }";
    let want = kl_by_hand(&[0.7, -1.3], 6, 0.0);
    let turned = format!(
        "{head}model p {{ z[0] ~ Normal(0, 1)[2];  z[t in 1..6] ~ Normal(a(6 - t) * z[t - 1], s(6 - t));  x ~ Normal(a(0) * z[5] + off, s(0)) }}
         guide q(x) {{ z[5] ~ Normal(a(0) * x, s(0));  z[t in reverse(0..5)] ~ Normal(a(5 - t) * z[t + 1], s(5 - t)) }}\n{end}"
    );
    let parts = format!(
        "{head}model p {{ z[5] ~ Normal(0, 1)[2];  z[t in reverse(3..5)] ~ Normal(a(t + 1) * z[t + 1], s(t + 1))
           z[2] ~ Normal(a(3) * z[3], s(3));  z[t in reverse(0..2)] ~ Normal(a(t + 1) * z[t + 1], s(t + 1));  x ~ Normal(a(0) * z[0] + off, s(0)) }}
         guide q(x) {{ z[0] ~ Normal(a(0) * x, s(0));  z[1] ~ Normal(a(1) * z[0], s(1));  z[t in 2..6] ~ Normal(a(t) * z[t - 1], s(t)) }}\n{end}"
    );
    for text in [turned, parts] {
        let ((kl, error), weights) = bound(&text);
        assert!((kl - want).abs() < 4.0 * error, "{kl} ± {error} and {want}: {text}");
        assert!(weights.iter().all(|w| (w - log_normal(&[0.7, -1.3])).abs() < 1e-9), "{text}");
    }
    // A Laplace model has no KL in closed form: its estimate and the importance weights agree with each other in the mean of the bound.
    let laplace = format!(
        "{head}model p {{ z[5] ~ Laplace(0, 1)[2];  z[t in reverse(0..5)] ~ Laplace(a(t + 1) * z[t + 1], s(t + 1));  x ~ Normal(a(0) * z[0] + off, s(0)) }}
         guide q(x) {{ z[0] ~ Normal(a(0) * x, s(0));  z[t in 1..6] ~ Normal(a(t) * z[t - 1], s(t)) }}\n{end}"
    );
    let (_, c) = clean(&laplace);
    let x = Tensor64::new(&[4000, 2], [0.7, -1.3].repeat(4000)).unwrap();
    let found = run_with(&c.programs["bound.p"], 4000, &with_data(&c, &x), &draws);
    let ((elbo, one), (weight, other)) = (mean(&found["elbo"].data), mean(&found["log_weight"].data));
    assert!((elbo - weight).abs() < 4.0 * (one + other), "{elbo} ± {one} and {weight} ± {other}");
}

/// A latent that is diffused itself: the chain starts from what the guide draws, and gradients reach it.
#[test]
fn a_chain_may_start_from_another_latent_site() {
    let text = "data (x: Bool[64], y: Class(10)) from digits(binarize: 0.5)
net decode(w: Real[3]) -> Real[64] { dense(64) }
net encode(x: Bool[64]) -> Real[3] { dense(3) }
net back(z: Real[3], t: Class(12), y: Class(10)) -> Real[3] { dense(8), bias_from(t, y), tanh, dense(3) }
model p(y) {
  z[11] ~ Normal(0, 1)[3];  z[t in reverse(0..11)] ~ Normal(back(z[t + 1], t, y), 0.4)
  w ~ Normal(z[0], 0.3);  x ~ Bernoulli(logits: decode(w))
}
guide q(x) { w ~ Normal(encode(x), 0.2);  z[0] ~ Normal(0.95 * w, 0.3);  z[t in 1..12] ~ Normal(0.9 * z[t - 1], 0.43) }
train { maximizes elbo(p, q) }";
    let (_, c) = clean(text);
    let step = &c.programs["step.all"];
    for name in ["param:encode.0.weight", "param:back.0.weight", "param:decode.0.weight"] {
        assert!(step.outputs.iter().any(|(n, _)| n == name), "{name}");
    }
    let mut inputs: BTreeMap<String, Tensor64> = initial(&c).into_iter().collect();
    let bits = uniform(3, 64 * 2000).iter().map(|u| (2.0 * u).floor()).collect::<Vec<_>>();
    inputs.insert("x".into(), Tensor64::new(&[2000, 64], bits).unwrap());
    inputs
        .insert("y".into(), Tensor64::new(&[2000], (0..2000).map(|i| f64::from(i % 10)).collect()).unwrap());
    let found = run_with(&c.programs["bound.p"], 2000, &inputs, &draws);
    let ((elbo, one), (weight, other)) = (mean(&found["elbo"].data), mean(&found["log_weight"].data));
    assert!((elbo - weight).abs() < 4.0 * (one + other), "{elbo} ± {one} and {weight} ± {other}");
}

/// What reads the time alone has the range of its values, which arithmetic of ranges does not see, and may be a class.
#[test]
fn what_the_time_alone_says_is_known() {
    let with = |mean: &str, scale: &str| {
        unit(&format!(
            "data x: Real[6] from npy(\"six.npy\")\nnet f(t: Class(7)) -> Real[] {{ embed(1), scalar }}\n\
             model p {{ x[0] ~ Normal(0, 1);  x[t in 1..6] ~ Normal({mean}, {scale}) }}\ntrain {{ using adam(lr: 1e-3) }}"
        ))
    };
    let codes = |u: Unit| u.diags.iter().map(|d| d.code).collect::<Vec<_>>();
    assert!(codes(with("f(t + 1)", "sqrt(1 - exp(-t) / exp(1 - t))")).is_empty());
    assert!(codes(with("f(2 * t - t - 1)", "sqrt(t - 0.5 * t)")).is_empty());
    assert_eq!(codes(with("f(t + 2)", "1")), ["E0302"]);
    assert_eq!(codes(with("f(t / 2)", "1")), ["E0302"]);
    assert_eq!(codes(with("0", "sqrt(2 - t)")), ["E0302"]);
    assert_eq!(codes(with("0", "t * (2 - t)")), ["E0301"]);
}

/// A guide whose scales are trained has no known noise: its KL is estimated along draws of the whole chain, against the direction of the
/// model, and is the same in the mean.
#[test]
fn a_chain_against_the_direction_of_the_model_has_its_kl_in_the_mean() {
    let text = EXACT
        .replace("LAST", "5")
        .replace("TIMES", "6")
        .replace("OFF", "0.1")
        .replace("GOAL", "maximizes elbo(p, q)");
    let text = text.replace("Normal(a(t) * z[t - 1], s(t))", "Normal(a(t) * z[t - 1], w * s(t))");
    let (typed, c) = clean(&text.replace("param off", "param w: Real[] in positive = 1\nparam off"));
    assert!(
        notes(&typed).contains("is no positive number that is known before training"),
        "{}",
        notes(&typed)
    );
    let x = Tensor64::new(&[20_000, 2], [0.7, -1.3].repeat(20_000)).unwrap();
    let found = run_with(&c.programs["bound.p"], 20_000, &with_data(&c, &x), &draws);
    let ((kl, error), want) = (mean(&found["kl"].data), kl_by_hand(&[0.7, -1.3], 6, 0.1));
    assert!((kl - want).abs() < 4.0 * error, "{kl} ± {error} and {want}");
}
