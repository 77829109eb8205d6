//! Weights of rows: a goal is linear in them, and with weights 1 it is the goal without.

use crate::spec_common::{clean, inputs, run};
use gmc_compiler::ir::Tensor64;

const ROWS: usize = 3;
const SOURCE: &str = "csv(\"weighted.csv\", columns: [\"x1\", \"x2\"]WEIGHT)";

/// Goals with all their ways to average over examples.
const GOALS: &[(&str, &str)] = &[
    ("exact", "param m: Real[2]\nmodel p { x ~ Normal(m, 1) }\ntrain { steps 5  using sgd(lr: 1e-2) }"),
    (
        "elbo",
        "net d(z: Real[2]) -> Real[2] { dense(2) }\nnet e(x: Real[2]) -> (Real[2], Real[2]) { heads(2, 2) }
model p { z ~ Normal(0, I)[2];  x ~ Normal(d(z), 1) }\nguide q(x) { (m, s) = e(x);  z ~ Normal(m, exp(s)) }
train { steps 5  maximizes GOAL  using sgd(lr: 1e-2) }",
    ),
    (
        "score",
        "net d(k: Class(3)) -> Real[2] { embed(2), dense(2) }\nnet e(x: Real[2]) -> Real[3] { dense(3) }
model p { k ~ Categorical(logits: free(3));  x ~ Normal(d(k), 1) }\nguide q(x) { k ~ Categorical(logits: e(x)) by score(baseline: none) }
train { steps 5  maximizes GOAL  using sgd(lr: 1e-2) }",
    ),
    (
        "code",
        "net e(x: Real[2]) -> Real[1] { dense(1) }\nnet d(z: Real[1]) -> Real[2] { dense(2) }
train { minimizes mse(d(e(x)), x)  steps 5  using sgd(lr: 1e-2) }",
    ),
];

/// What a step updates and reports, by name, with these weights.
fn step(text: &str, weights: Option<[f64; ROWS]>) -> Vec<(String, Vec<f64>)> {
    let spec = |weight: &str| format!("data x: Real[2] from {}\n{text}\n", SOURCE.replace("WEIGHT", weight));
    let (typed, c) = clean("weights", &spec(", weight: w"));
    // The parameters are the same whether there are weights or not.
    let mut env = inputs(&typed, &c, &c.programs["step.all"], ROWS);
    assert!(env.contains_key("@weight"), "{text}");
    let plain = clean("weights", &spec("")).1;
    let g = if weights.is_some() { &c.programs["step.all"] } else { &plain.programs["step.all"] };
    let x = [0.5, -1.0, 1.5, 2.0, -0.5, 0.25].to_vec();
    env.insert("x".into(), Tensor64 { dims: vec![ROWS, 2], data: x });
    env.insert("@weight".into(), Tensor64 { dims: vec![ROWS], data: weights.unwrap_or_default().to_vec() });
    run(g, ROWS, &env).into_iter().map(|(name, t)| (name, t.data)).collect()
}

#[test]
fn goals_and_their_gradients_are_linear_in_the_weights() {
    for (name, text) in GOALS {
        let goals: &[&str] = match text.contains("GOAL") {
            true => &["elbo(p, q)", "elbo(p, q, beta: 0.5)", "iwae(p, q, k: 3)", "elbo(p, q, form: entropy)"],
            false => &[""],
        };
        for goal in goals {
            let text = text.replace("GOAL", goal);
            let [ones, a, b, both] = [[1.0, 1.0, 1.0], [3.0, 0.0, 0.0], [0.0, 0.5, 2.5], [1.5, 0.25, 1.25]]
                .map(|w| step(&text, Some(w)));
            let plain = step(&text, None);
            for (((name_of, plain), (_, ones)), ((_, a), ((_, b), (_, both)))) in
                plain.iter().zip(&ones).zip(a.iter().zip(b.iter().zip(&both)))
            {
                let near = |x: f64, y: f64| (x - y).abs() < 1e-9 * x.abs().max(1.0);
                assert!(
                    plain.iter().zip(ones).all(|(x, y)| near(*x, *y)),
                    "{name} {goal} {name_of}: {plain:?} {ones:?}"
                );
                let halves = a.iter().zip(b).zip(both).all(|((a, b), both)| near(0.5 * (a + b), *both));
                assert!(halves, "{name} {goal} {name_of}: {a:?} {b:?} {both:?}");
            }
            assert!(a != ones, "{name} {goal}: weights change nothing");
        }
    }
}

/// Free bits hold for the mean KL of each dimension, which counts the rows by their weights.
#[test]
fn free_bits_hold_for_weighted_means() {
    let text = GOALS[1].1.replace("GOAL", "elbo(p, q, free: 100)");
    let of = |w: [f64; ROWS]| {
        let all = step(&text, Some(w));
        all.into_iter().find(|(n, _)| n == "payoff").unwrap().1[0]
    };
    // All dimensions are below their floor: 200 nats whatever the weights, and the reconstruction is linear in them.
    let [a, b, both] = [[3.0, 0.0, 0.0], [0.0, 0.5, 2.5], [1.5, 0.25, 1.25]].map(of);
    assert!((0.5 * (a + b) - both).abs() < 1e-9 * both.abs() && a < -200.0 && b < -200.0, "{a} {b} {both}");
}
