//! Models in time on the runtime: against recursions written out here, and with each other.

use super::common::{drawn, run, session, text, train, value};
use gmc_runtime::exec::Tensor;
use gmc_runtime::measure::{Budget, GLANCE, evaluate};
use gmc_runtime::session::{Batch, Session};

fn numbers(s: &Session, name: &str) -> Vec<f64> {
    let t = s.tensors.get(name).unwrap_or_else(|| panic!("no `{name}` in {:?}", s.tensors.keys()));
    t.to_f32().into_iter().map(f64::from).collect()
}

fn output<'a>(all: &'a [(String, Tensor)], name: &str) -> &'a Tensor {
    &all.iter().find(|(o, _)| o == name).unwrap_or_else(|| panic!("no `{name}`")).1
}

fn log_sum(x: &[f64]) -> f64 {
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + x.iter().map(|v| (v - top).exp()).sum::<f64>().ln()
}

/// Each row of logits as log-probabilities.
fn normalised(logits: &[f64], n: usize) -> Vec<Vec<f64>> {
    logits.chunks(n).map(|row| row.iter().map(|v| v - log_sum(row)).collect()).collect()
}

/// Classes of `specs/hmm.gm`, and rows of a picture, which are its times.
const CLASSES: usize = 16;
const ROWS: usize = 8;

/// `specs/hmm.gm`: the log-density of a picture is the one of the forward recursion, the path that `encode` gives is Viterbi's.
#[test]
fn a_hidden_markov_model_is_rabiners() {
    let mut s = session(&text("hmm"), &[("train.epochs", "5")]);
    train(&mut s);
    let n = 20;
    let data: Batch = s.fixed_batch(&(0..n).collect::<Vec<_>>(), 1);
    let x = data["x"].to_f32();
    let first = normalised(&numbers(&s, "first"), CLASSES).remove(0);
    let next = normalised(&numbers(&s, "next.0.table"), CLASSES);
    let row = numbers(&s, "row.0.table");
    let densities = run(&mut s, "log_prob.p", n, &data);
    let codes = run(&mut s, "encode", n, &data);
    let (found, paths) = (output(&densities, "log_prob").to_f32(), output(&codes, "code:z").to_f32());
    for (e, x) in x.chunks(ROWS * 8).enumerate() {
        let emitted = |t: usize, z: usize| -> f64 {
            let pixels = x[t * 8..].iter().zip(&row[z * 8..]).take(8);
            pixels.map(|(x, l)| f64::from(*x) * l - l.exp().ln_1p()).sum()
        };
        let mut forward: Vec<f64> = (0..CLASSES).map(|z| first[z] + emitted(0, z)).collect();
        let mut best = forward.clone();
        let mut from = Vec::new();
        for t in 1..ROWS {
            let into =
                |f: &[f64], z: usize| -> Vec<f64> { (0..CLASSES).map(|y| f[y] + next[y][z]).collect() };
            let back: Vec<usize> = (0..CLASSES)
                .map(|z| {
                    let all = into(&best, z);
                    (0..CLASSES).max_by(|a, b| all[*a].total_cmp(&all[*b])).unwrap_or(0)
                })
                .collect();
            best = (0..CLASSES).map(|z| best[back[z]] + next[back[z]][z] + emitted(t, z)).collect();
            forward = (0..CLASSES).map(|z| log_sum(&into(&forward, z)) + emitted(t, z)).collect();
            from.push(back);
        }
        let want = log_sum(&forward);
        assert!((f64::from(found[e]) - want).abs() < 1e-4, "picture {e}: {} and {want}", found[e]);
        let mut path = vec![(0..CLASSES).max_by(|a, b| best[*a].total_cmp(&best[*b])).unwrap_or(0)];
        for back in from.iter().rev() {
            path.push(back[path[path.len() - 1]]);
        }
        path.reverse();
        let said: Vec<usize> = paths[e * ROWS..][..ROWS].iter().map(|z| *z as usize).collect();
        // Paths that are as probable as 32 bits can tell are as good.
        let score = |z: &[usize]| -> f64 {
            let moves: f64 = z.windows(2).map(|w| next[w[0]][w[1]]).sum();
            first[z[0]] + moves + z.iter().enumerate().map(|(t, z)| emitted(t, *z)).sum::<f64>()
        };
        let (found, want) = (score(&said), score(&path));
        assert!((found - want).abs() < 1e-4, "picture {e}: {said:?}, {found}, and {path:?}, {want}");
    }
}

/// Draws of a hidden Markov model have as many bright pixels in each row as its marginals say.
#[test]
fn draws_of_a_hidden_markov_model_follow_its_marginals() {
    let mut s = session(&text("hmm"), &[("train.epochs", "5")]);
    train(&mut s);
    let n = 4000;
    let outputs = drawn(&mut s, n, 7);
    let z = &outputs.iter().find(|(o, ..)| o == "site:z").unwrap_or_else(|| panic!("no classes")).1;
    let mut now: Vec<f64> = normalised(&numbers(&s, "first"), CLASSES)[0].iter().map(|l| l.exp()).collect();
    let next = normalised(&numbers(&s, "next.0.table"), CLASSES);
    for t in 0..ROWS {
        for (k, p) in now.iter().enumerate() {
            let share = z.chunks(ROWS).filter(|z| z[t] as usize == k).count() as f64 / n as f64;
            // Five standard errors.
            let near = 5.0 * (p * (1.0 - p) / n as f64).sqrt() + 1e-3;
            assert!((share - p).abs() < near, "class {k} at {t}: {share} and {p}");
        }
        now = (0..CLASSES).map(|k| (0..CLASSES).map(|y| now[y] * next[y][k].exp()).sum()).collect();
    }
}

/// `specs/deep_markov.gm` uses its chain of codes.
#[test]
fn a_deep_markov_model_uses_its_chain() {
    let mut s = session(&text("deep_markov"), &[("train.epochs", "24")]);
    train(&mut s);
    let budget = Budget { examples: 297, k: 50, samples: 16, ..GLANCE };
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let (kl, elbo) = (value(&scores, "KL", "nats"), value(&scores, "negative ELBO", "nats"));
    println!("{scores:?}");
    assert!(kl > 1.0 && elbo < 24.9, "KL {kl}, negative ELBO {elbo}");
}
