//! `grad(f, x)` in payoffs: its value against finite differences, wherever the expression x stands, and what is said where it is 0.

use crate::spec_common::{clean, inputs, run, unit};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::ir::Tensor64;
use std::collections::BTreeMap;

type Env = BTreeMap<String, Tensor64>;

const HEAD: &str = "\
data x: Real[2] from moons(noise: 0.05)
param w: Real[2] in positive = 0.7
param b: Real[2]
net D(z: Real[2]) -> Real[] { dense(5), tanh, dense(1), scalar }
net G(z: Real[2]) -> Real[2] { dense(3), tanh, dense(2) }
fn penalty(s, u) = E[sum(grad(s, u)^2)]
fn twice(v) = 2 * v
";

/// Parameters of the nets and params, and the data: the same for every text.
fn env(text: &str, batch: usize) -> (Env, gmc_compiler::ir::Graph) {
    let (typed, c) = clean("derivatives", text);
    let g = c.programs["loss"].clone();
    (inputs(&typed, &c, &c.graphs["loss"], batch), g)
}

const EVERYTHING: &str = "train { minimizes E[D(x)^2] + E[sum(G(x))] + E[sum(w * x + b)]  epochs 1 }";

/// Σ over the elements of the squared derivative of `score` at `u`, by central differences.
fn penalty(score: &dyn Fn(&[f64]) -> f64, u: &[f64]) -> f64 {
    let h = 1e-5;
    (0..u.len())
        .map(|i| {
            let at = |d: f64| {
                let mut v = u.to_vec();
                v[i] += d;
                score(&v)
            };
            ((at(h) - at(-h)) / (2.0 * h)).powi(2)
        })
        .sum()
}

fn dense(env: &Env, layer: &str, x: &[f64]) -> Vec<f64> {
    let (w, b) = (&env[&format!("{layer}.weight")], &env[&format!("{layer}.bias")]);
    let n = w.dims[1];
    (0..n).map(|j| b.data[j] + (0..x.len()).map(|i| x[i] * w.data[i * n + j]).sum::<f64>()).collect()
}

fn net(env: &Env, name: &str, x: &[f64]) -> Vec<f64> {
    let h: Vec<f64> = dense(env, &format!("{name}.0"), x).iter().map(|h| h.tanh()).collect();
    dense(env, &format!("{name}.2"), &h)
}

/// Whatever stands for the second argument, the derivative is that of the first as a function of it.
#[test]
fn derivatives_in_expressions_are_those_of_finite_differences() {
    let (env, _) = env(&format!("{HEAD}{EVERYTHING}"), 3);
    let w: Vec<f64> = env["w"].data.iter().map(|w| w.exp()).collect();
    let u2 = |x: &[f64]| x.iter().map(|x| 2.0 * x).collect::<Vec<_>>();
    let texts: [(&str, &str, &dyn Fn(&[f64]) -> Vec<f64>); 11] = [
        ("", "E[sum(grad(D(2 * x), 2 * x)^2)]", &u2),
        ("", "penalty(D(2 * x), 2 * x)", &u2),
        ("", "penalty(D(twice(x)), twice(x))", &u2),
        ("", "penalty(D(twice(x)), 2 * x)", &u2),
        ("let u = 2 * x", "penalty(D(u), u)", &u2),
        ("let u = 2 * x", "penalty(D(u), 2 * x)", &u2),
        ("let u = 2 * x", "penalty(D(2 * x), u)", &u2),
        ("let s = D(exp(x) - x^2)", "penalty(s, exp(x) - x^2)", &|x| {
            x.iter().map(|x| x.exp() - x * x).collect()
        }),
        ("", "penalty(D(G(-x)), G(-x))", &|x| net(&env, "G", &x.iter().map(|x| -x).collect::<Vec<_>>())),
        ("", "penalty(D(w * x + b), w * x + b)", &|x| {
            (0..2).map(|i| w[i] * x[i] + env["b"].data[i]).collect()
        }),
        ("", "penalty(D(x / 4 - tanh(x)), x / 4 - tanh(x))", &|x| {
            x.iter().map(|x| x / 4.0 - x.tanh()).collect()
        }),
    ];
    for (lets, payoff, u) in texts {
        let all = "E[D(x)^2] + 0 * E[sum(G(x))] + 0 * E[sum(w * x + b)]";
        let text = format!("{HEAD}train {{\n  {lets}\n  minimizes {all} + {payoff}  epochs 1\n}}");
        let (_, g) = self::env(&text, 3);
        let out = run(&g, 3, &env);
        let x = &env["x"].data;
        let score = |v: &[f64]| net(&env, "D", v)[0];
        let want: f64 = x.chunks(2).map(|x| score(x).powi(2) + penalty(&score, &u(x))).sum::<f64>() / 3.0;
        let got = out["payoff:all"].data[0];
        assert!((got - want).abs() < 1e-7 * (1.0 + want.abs()), "{payoff}: {got} {want}");
    }
}

/// A param is the same value in the function and behind it, whatever range it is mapped into.
#[test]
fn derivatives_in_params() {
    let text = format!(
        "{HEAD}train {{ minimizes E[D(x)^2] + 0 * E[sum(G(x))] + E[sum(grad(E[sum(w^3 * x) + sum(b^2)], w)^2)] + E[sum(grad(sum(b^2), b)^2)]  epochs 1 }}"
    );
    let (env, g) = env(&text, 3);
    let got = run(&g, 3, &env)["payoff:all"].data[0];
    let w: Vec<f64> = env["w"].data.iter().map(|w| w.exp()).collect();
    let x = &env["x"].data;
    let mean = |i: usize| x.iter().skip(i).step_by(2).sum::<f64>() / 3.0;
    let of_w: f64 = (0..2).map(|i| (3.0 * w[i] * w[i] * mean(i)).powi(2)).sum();
    let of_b: f64 = env["b"].data.iter().map(|b| 4.0 * b * b).sum();
    let base: f64 = x.chunks(2).map(|x| net(&env, "D", x)[0].powi(2)).sum::<f64>() / 3.0;
    let want = base + of_w + of_b;
    assert!((got - want).abs() < 1e-9 * want, "{got} {want}");
}

/// A penalty moves the critic: the gradient of a step is the one of finite differences.
#[test]
fn a_penalty_reaches_the_weights() {
    let text = format!(
        "{HEAD}train {{ minimizes E[D(x)^2] + 0 * E[sum(G(x))] + 0 * E[sum(w * x + b)] + penalty(D(2 * x), 2 * x) using sgd(lr: 1)  epochs 1 }}"
    );
    let (typed, c) = clean("penalty", &text);
    let step = inputs(&typed, &c, &c.graphs["step.all"], 3);
    let moved = run(&c.programs["step.all"], 3, &step);
    let loss = |env: &Env| run(&c.programs["loss"], 3, env)["payoff:all"].data[0];
    for (path, i) in [("D.0.weight", 3), ("D.2.weight", 1), ("D.0.bias", 2)] {
        let at = |d: f64| {
            let mut env = step.clone();
            env.get_mut(path).unwrap().data[i] += d;
            loss(&env)
        };
        let want = (at(1e-5) - at(-1e-5)) / 2e-5;
        let got = step[path].data[i] - moved[&format!("param:{path}")].data[i];
        // A step of `sgd(lr: 1)` is the gradient itself.
        assert!((got - want).abs() < 1e-6 * (1.0 + want.abs()), "{path}: {got} {want}");
    }
}

#[test]
fn a_derivative_that_nothing_passes_is_an_error() {
    let text = |payoff: &str| {
        format!(
            "{HEAD}train {{\n  let u = 2 * x\n  minimizes E[D(x)^2] + 0 * E[sum(G(x))] + 0 * E[sum(w * x + b)] + {payoff}  epochs 1\n}}"
        )
    };
    for (payoff, parts) in [
        ("penalty(D(2 * x), x * 2)", ["is 0: it does not read it", "`let u = x * 2`"]),
        ("penalty(D(2 * x), x + x)", ["is 0: it does not read it", "`let u = x + x`"]),
        ("penalty(D(x), u)", ["derivative of `D(x)` in `u`", "`grad(D(x), x)`"]),
        ("penalty(D(x), b)", ["derivative of `D(x)` in `b`", "`grad(D(x), x)`"]),
        ("penalty(D(u), 3 * x)", ["does not read it", "`let u = 3 * x`"]),
        ("penalty(3 * D(x), 3)", ["`3`, which is a number", "grad(D(x), x)"]),
        ("E[sum(grad(sum(grad(sum(relu(b * x)), x)), x)^2)]", ["is 0: none passes", "softplus"]),
    ] {
        let u = unit("zero", &text(payoff));
        let said = render(&u.diags, &u.sources, Format::Human, false);
        assert!(u.failed(), "{payoff} is accepted");
        for p in parts {
            assert!(said.contains(p), "`{p}` is not said of {payoff}:\n{said}");
        }
    }
}
