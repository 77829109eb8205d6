//! What goes wrong in training and can be known before: minibatches whose examples are compared with each other, averages that are too
//! long, schedules where training ends.

use crate::spec_common::{run, unit};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::ir::{Graph, Role, Shape, Tensor64};
use gmc_compiler::rows::Progress;
use gmc_compiler::rows::layer::ReadsBatch;
use gmc_compiler::rows::setting::Ema;

const DATA: &str = "data x: Real[2] from moons\n";

/// Specs in which examples of a minibatch are compared with each other, by what does it.
fn coupled() -> Vec<(&'static str, String)> {
    let autoencoder = |e: &str, goal: &str| {
        format!(
            "{DATA}net e(x: Real[2]) -> Real[4] {{ {e} }}\nnet d(z: Real[4]) -> Real[2] {{ dense(2) }}\ntrain {{ minimizes {goal}  BATCH }}\n"
        )
    };
    let flow = |layers: &str| {
        format!(
            "{DATA}flow f: Real[2] <-> Real[2] {{ repeat 2 as k {{ couple(parity(k), affine) {{ {layers} }} }} }}\nmodel p {{ z ~ Normal(0, I)[2];  x = f(z) }}\ntrain {{ BATCH }}\n"
        )
    };
    let game = "net D(x: Real[2]) -> Real { dense(8), relu, minibatch_stddev, dense(1), scalar }\nnet G(z: Real[2]) -> Real[2] { dense(8), relu, dense(2) }\nmodel p { z ~ Normal(0, I)[2];  x = G(z) }\ntrain { player a { owns D  maximizes E[D(x)] - E[D(p.x)] }\nplayer b { owns G  maximizes E[D(p.x)] }\nBATCH }\n";
    vec![
        ("batch_norm", autoencoder("dense(4), batch_norm", "mse(d(e(x)), x)")),
        ("batch_norm", autoencoder("dense(4), residual { dense(4), batch_norm, relu }", "mse(d(e(x)), x)")),
        ("batch_norm", flow("dense(8), batch_norm, relu")),
        ("batch_norm", flow("dense(8), residual { batch_norm, relu, dense(8) }")),
        ("minibatch_stddev", format!("{DATA}{game}")),
        ("batch_mean", autoencoder("dense(4)", "mse(d(e(x)), x) + l1(batch_mean(e(x)))")),
        (
            "batch_norm",
            format!(
                "net inner(h: Real[4]) -> Real[4] {{ batch_norm }}\n{}",
                autoencoder("dense(4), inner", "mse(d(e(x)), x)")
            ),
        ),
    ]
}

#[test]
fn a_minibatch_of_one_is_refused_where_examples_are_compared() {
    for (row, text) in coupled() {
        for (batch, refused) in [("batch 1", true), ("batch 2", false), ("", false)] {
            let u = unit("coupled", &text.replace("BATCH", batch));
            let said = render(&u.diags, &u.sources, Format::Human, false);
            assert_eq!(u.diags.iter().any(|d| d.code == "E0220"), refused, "{text}\n{said}");
            assert_eq!(u.failed(), refused, "{text}\n{said}");
            assert!(!refused || said.contains(&format!("`{row}` has nothing to compare")), "{said}");
            let typed = u.typed.unwrap();
            assert_eq!(typed.coupled(ReadsBatch::Training).map(|c| c.row), Some(row), "{text}");
            let always = row != "batch_norm";
            assert_eq!(typed.coupled(ReadsBatch::Always).is_some(), always, "{text}");
        }
    }
    let alone = format!(
        "{DATA}net e(x: Real[2]) -> Real[4] {{ dense(4), layer_norm, relu }}\nnet d(z: Real[4]) -> Real[2] {{ dense(2) }}\ntrain {{ minimizes mse(d(e(x)), x)  batch 1 }}\n"
    );
    let u = unit("alone", &alone);
    assert!(u.diags.is_empty() && u.typed.unwrap().coupled(ReadsBatch::Training).is_none());
}

/// The average of weights 1, 2, .., n, as the program computes it, against the sum of shares in 64 bits.
#[test]
fn averages_begin_with_the_first_update() {
    for decay in [0.0, 0.5, 0.9, 0.999, 0.9999, 0.999_999] {
        let mut g = Graph::new("average");
        let [t, average, weight] =
            ["t", "average", "weight"].map(|n| g.input(n, Role::Scalar, Shape::scalar()));
        let new = Ema::average(&mut g, decay, t, average, weight);
        g.output("new", new);
        // What stood there before is forgotten at once.
        let mut held = -1e3;
        for n in 1..=200 {
            let number = |v: f64| Tensor64::scalar(v);
            let given = [("t", n as f64), ("average", held), ("weight", n as f64)];
            let given = given.into_iter().map(|(k, v)| (k.to_string(), number(v))).collect();
            held = run(&g, 1, &given)["new"].data[0];
            let share = |i: i32| decay.powi(n - i);
            let all: f64 = (1..=n).map(share).sum();
            let want = (1..=n).map(|i| share(i) * f64::from(i)).sum::<f64>() / all;
            assert!((held - want).abs() < 1e-9 * want, "{decay} {n}: {held} {want}");
        }
    }
}

#[test]
fn averages_that_remember_the_beginning_are_told() {
    // 300 updates at 0.999: (d^270 - d^300) / (1 - d^300) = 0.0870.
    assert!((Ema::remembers(0.999, 300).unwrap() - 0.08696).abs() < 1e-4);
    assert!((Ema::remembers(0.9999, 10).unwrap() - 0.1).abs() < 1e-3);
    for (decay, updates) in [(0.999, 10_000), (0.9, 100), (0.0, 1), (0.99, 500)] {
        assert_eq!(Ema::remembers(decay, updates), None, "{decay} {updates}");
    }
}

/// A payoff says what it is weighted with, where training stands.
#[test]
fn payoffs_are_told_with_their_weights() {
    let vae = "net dec(z: Real[2]) -> Real[2] { dense(2) }\nnet enc(x: Real[2]) -> (Real[2], Real[2]) { heads(2, 2) }\nmodel p { z ~ Normal(0, I)[2];  x ~ Normal(dec(z), 0.5) }\nguide q(x) { (m, s) = enc(x);  z ~ Normal(m, exp(s)) }\n";
    let at = |step| Progress { step, total: 250, per_epoch: 10, plateaus: 0 };
    for (goal, step, want) in [
        ("maximizes elbo(p, q, beta: cyclical(0 -> 1, period: 64 steps))", 250, vec![("beta", 1.0)]),
        ("maximizes elbo(p, q, beta: cyclical(0 -> 1, period: 50 steps))", 250, vec![("beta", 1.0)]),
        ("maximizes elbo(p, q, beta: ramp(0 -> 1, over: 500 steps))", 250, vec![("beta", 0.5)]),
        ("maximizes elbo(p, q, beta: 4)", 250, vec![("beta", 4.0)]),
        ("maximizes elbo(p, q, beta: 2 * linear(0 -> 1))", 125, vec![("beta", 1.0)]),
        ("maximizes elbo(p, q)", 250, vec![]),
        ("minimizes nll_like(x) + linear(0 -> 3) * kl(q, p)", 250, vec![("linear(range: 0 -> 3)", 3.0)]),
    ] {
        let goal = goal.replace("nll_like(x)", "E[norm(x)]");
        let u = unit("weights", &format!("{DATA}{vae}train {{ {goal} }}\n"));
        assert!(!u.failed(), "{}", render(&u.diags, &u.sources, Format::Human, false));
        let typed = u.typed.unwrap();
        let got = typed.amounts(&typed.train.players[0].payoff, at(step));
        let want: Vec<(String, f64)> = want.into_iter().map(|(n, v)| (n.to_string(), v)).collect();
        assert_eq!(got, want, "{goal}");
    }
}
