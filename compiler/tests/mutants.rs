//! Specs with words exchanged: whatever a text says, the compiler answers with messages or with programs that verify and run,
//! and never panics.

use crate::spec_common::{all, inputs, root, run, texts, uniform, unit};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::ir::verify;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Words that stand where other words stood.
const WORDS: [&str; 66] = [
    "0",
    "1",
    "2",
    "3",
    "8",
    "64",
    "0.5",
    "-1",
    "1e9",
    "relu",
    "tanh",
    "exp",
    "log",
    "sigmoid",
    "softplus",
    "dense",
    "conv",
    "flatten",
    "scalar",
    "reshape",
    "batch_norm",
    "layer_norm",
    "residual",
    "heads",
    "couple",
    "scale",
    "reverse",
    "actnorm",
    "masked",
    "Normal",
    "Laplace",
    "Bernoulli",
    "Categorical",
    "Gamma",
    "LogNormal",
    "Beta",
    "Dirichlet",
    "Uniform",
    "MultivariateNormal",
    "x",
    "y",
    "z",
    "p",
    "q",
    "f",
    "D",
    "G",
    "encode",
    "decode",
    "p.x",
    "q.z",
    "p.z",
    "I",
    "E",
    "elbo",
    "nll",
    "kl",
    "iwae",
    "mse",
    "sum",
    "Real",
    "Bool",
    "Int",
    "Class",
    "unit",
    "positive",
];

fn split(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for c in text.chars() {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        match out.last_mut() {
            Some(last) if word(c) && last.chars().all(word) => last.push(c),
            _ => out.push(c.to_string()),
        }
    }
    out
}

/// Draws numbers below a bound.
struct Dice(Vec<f64>, usize);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.1 += 1;
        (self.0[self.1 % self.0.len()] * n as f64) as usize % n.max(1)
    }
}

fn mutant(text: &str, dice: &mut Dice) -> String {
    let mut words = split(text);
    for _ in 0..1 + dice.below(6) / 3 {
        let solid: Vec<usize> = (0..words.len())
            .filter(|&i| words[i].chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.'))
            .collect();
        let at = solid[dice.below(solid.len())];
        match dice.below(4) {
            0 => {
                let other = solid[dice.below(solid.len())];
                words.swap(at, other);
            }
            1 => {
                let other = solid[dice.below(solid.len())];
                words[at] = words[other].clone();
            }
            2 => {
                // Words of one kind: numbers for numbers, layers for layers.
                let kind = |w: &str| {
                    WORDS
                        .iter()
                        .position(|k| *k == w)
                        .map(|i| [9, 29, 39].iter().filter(|end| i >= **end).count())
                };
                let same: Vec<&str> = WORDS.into_iter().filter(|w| kind(w) == kind(&words[at])).collect();
                if !same.is_empty() && kind(&words[at]).is_some() {
                    words[at] = same[dice.below(same.len())].to_string();
                }
            }
            _ => words[at] = WORDS[dice.below(WORDS.len())].to_string(),
        }
    }
    words.concat()
}

/// Specs that compile, and specs that do not.
fn seeds() -> (Vec<String>, Vec<String>) {
    let small = all()
        .into_iter()
        .map(|(_, t)| t)
        .filter(|t| !t.contains("784") && !t.contains("repeat 8") && !t.contains("repeat 6"));
    let bad = std::fs::read_dir(root().join("tests/bad"))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    let mut folders: Vec<String> = bad.filter(|n| !n.starts_with("e01")).collect();
    folders.sort();
    let bad = folders
        .iter()
        .flat_map(|f| texts(&format!("tests/bad/{f}")))
        .map(|(_, t)| t)
        .filter(|t| !t.contains("mnist") && !t.contains("100000"));
    (small.collect(), bad.collect())
}

#[test]
fn no_exchange_of_words_makes_the_compiler_panic() {
    let (right, wrong) = seeds();
    let rounds: usize = std::env::var("GMC_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let first: u64 = std::env::var("GMC_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(11);
    let mut dice = Dice(uniform(first, 100_003), 0);
    let (mut good, mut bad) = (0, 0);
    let mut panics = Vec::new();
    for i in 0..rounds {
        let text =
            mutant(if i % 4 == 0 { &wrong[i / 4 % wrong.len()] } else { &right[i % right.len()] }, &mut dice);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let u = unit("mutant", &text);
            for d in &u.diags {
                assert!(d.primary.span.start <= d.primary.span.end && !d.message.is_empty(), "{d:?}");
            }
            for format in [Format::Human, Format::Short, Format::Json] {
                assert_eq!(render(&u.diags, &u.sources, format, false).is_empty(), u.diags.is_empty());
            }
            let (Some(typed), Some(c)) = (&u.typed, &u.compiled) else {
                assert!(u.failed(), "no program and no error");
                return false;
            };
            for (name, g) in c.graphs.iter().chain(c.programs.iter()) {
                verify(g).unwrap_or_else(|why| panic!("{name}: {why:?}"));
            }
            let size: usize = c.leaves.iter().map(|l| l.shape.iter().product::<usize>()).sum();
            if size < 50_000 {
                for g in c.programs.graphs() {
                    run(g, 2, &inputs(typed, c, g, 2));
                }
            }
            true
        }));
        match outcome {
            Ok(true) => good += 1,
            Ok(false) => bad += 1,
            Err(_) => panics.push(text),
        }
    }
    assert!(panics.is_empty(), "{} panics:\n{}", panics.len(), panics.join("\n=====\n"));
    assert!(good > rounds / 20 && bad > rounds / 4, "{good} good, {bad} bad");
}
