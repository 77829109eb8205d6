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

/// A chain of three hidden states that each prefer other letters; the states are there to compare with, no model reads them.
const HIDDEN: &str = "\
data (x: Class(6)[24], s: Class(3)[24]) from hidden_markov
param first: Real[3]
net next(z: Class(3)) -> Real[3] { embed(3) }
net letter(z: Class(3)) -> Real[6] { embed(6) }
model p {
  z[0] ~ Categorical(logits: first)
  z[t in 1..24] ~ Categorical(logits: next(z[t - 1]))
  x[t in 0..24] ~ Categorical(logits: letter(z[t]))
}
train { epochs 24  batch 64  using adam(lr: cosine(1e-1 -> 1e-3)) }
";

/// Shares of the second number given the first one, counted.
fn shares(pairs: impl Iterator<Item = (usize, usize)>, rows: usize, columns: usize) -> Vec<Vec<f64>> {
    let mut counts = vec![vec![0.0; columns]; rows];
    pairs.for_each(|(a, b)| counts[a][b] += 1.0);
    counts.iter().map(|row| row.iter().map(|c| c / row.iter().sum::<f64>()).collect()).collect()
}

/// A hidden Markov model finds the chain that drew the data: its loss is the chain's, and what it says of states and letters is what is counted
/// in the data with the states in sight, the order of the states aside.
#[test]
fn a_hidden_chain_is_recovered() {
    let mut s = session(HIDDEN, &[]);
    let notes = s.sets[0].notes.clone();
    train(&mut s);
    let budget = Budget { examples: 2000, ..GLANCE };
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let nats = value(&scores, "negative log-likelihood", "nats");
    let told =
        notes.iter().find_map(|n| n.split_once("mean loss of ")?.1.split(' ').next()?.parse::<f64>().ok());
    let own = told.unwrap_or_else(|| panic!("{notes:?}"));
    println!("{nats:.4} nats a window, the chain itself {own:.4}: {notes:?}");
    assert!((nats / own - 1.0).abs() < 0.01, "{nats} nats a window, the chain itself {own}");
    let data: Batch = s.fixed_batch(&(0..2000).collect::<Vec<_>>(), 1);
    let [x, z] = ["x", "s"].map(|n| data[n].to_f32().iter().map(|v| *v as usize).collect::<Vec<_>>());
    let letters = shares(z.iter().copied().zip(x.iter().copied()), 3, 6);
    let steps = z.chunks(24).flat_map(|z| z.windows(2).map(|w| (w[0], w[1])).collect::<Vec<_>>());
    let steps = shares(steps, 3, 3);
    let of = |logits: Vec<f64>, n: usize| -> Vec<Vec<f64>> {
        normalised(&logits, n).iter().map(|row| row.iter().map(|l| l.exp()).collect()).collect()
    };
    let (found, moves) = (of(numbers(&s, "letter.0.table"), 6), of(numbers(&s, "next.0.table"), 3));
    let apart = |order: [usize; 3]| -> f64 {
        let l = (0..3).flat_map(|k| (0..6).map(move |j| (k, j)));
        let m = (0..3).flat_map(|k| (0..3).map(move |j| (k, j)));
        let l = l.map(|(k, j)| (found[order[k]][j] - letters[k][j]).abs());
        let m = m.map(|(k, j)| (moves[order[k]][order[j]] - steps[k][j]).abs());
        l.chain(m).fold(0.0, f64::max)
    };
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let least = orders.into_iter().map(apart).fold(f64::INFINITY, f64::min);
    println!("the worst probability is {least:.4} off");
    assert!(least < 0.07, "{least}: {found:?} and {letters:?}, {moves:?} and {steps:?}");
}

/// `specs/ddpm.gm` in 20 steps on the executor: its bound is one number for each picture, above which the importance-weighted one lies, and its draws
/// are levels.
#[test]
fn diffusion_is_trained_bounded_and_drawn() {
    let set = [("T", "20"), ("train.epochs", "2")];
    let mut s = session(&text("ddpm"), &set);
    let budget = Budget { examples: 64, k: 8, samples: 16, ..GLANCE };
    let before = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    train(&mut s);
    let after = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let elbo = |all: &[_]| value(all, "negative ELBO", "nats");
    println!("{after:?}");
    assert!(elbo(&after) < elbo(&before) - 20.0, "{} and {}", elbo(&before), elbo(&after));
    let outputs = drawn(&mut s, 16, 7);
    let x = &outputs.iter().find(|(o, ..)| o == "site:x").unwrap_or_else(|| panic!("no pictures")).1;
    assert!(x.len() == 16 * 64 && x.iter().all(|v| v.fract() == 0.0 && (0.0..17.0).contains(v)), "{x:?}");
}
