//! Variational autoencoders: bounds in their order, numbers that are the same wherever they are asked for.

use super::common::{mnist, session, spec, text, train, value};
use gmc_runtime::measure::{Budget, evaluate, full};
use std::process::Command;

#[test]
fn more_samples_tighten_the_bound() {
    let mut s = session(&text("vae"), &[("train.epochs", "20")]);
    let budget = full(&s);
    let before = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    train(&mut s);
    let after = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let elbo = value(&after, "negative ELBO", "nats");
    let parts = value(&after, "reconstruction", "nats") + value(&after, "KL", "nats");
    assert!((elbo - parts).abs() < 1e-3, "{elbo} is not reconstruction + KL = {parts}");
    assert!(elbo < 0.75 * value(&before, "negative ELBO", "nats"), "{elbo}: no progress from {before:?}");
    assert!((value(&after, "negative ELBO", "bits/dim") - elbo / 64.0 / 2f64.ln()).abs() < 1e-6);
    // In expectation the bound never falls with K (Burda et al. 2016, theorem 1); the slack is the noise of 297 examples.
    let mut last = elbo;
    for k in [1usize, 8, 64] {
        let budget = Budget { k, ..full(&s) };
        let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
        let iwae = value(&scores, "importance-weighted bound", "nats");
        println!("K = {k}: {iwae:.4} nats, negative ELBO {elbo:.4}");
        assert!(iwae <= last + 0.35, "K = {k}: {iwae} above {last}");
        last = iwae;
    }
    assert!(last < elbo - 0.5, "64 samples gain only {} nats", elbo - last);
}

/// `gmc eval` of a finished run says what the run said, to the last digit shown.
#[test]
fn eval_repeats_the_numbers_of_the_run() {
    let out = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let gmc = |args: &[&str]| {
        let o = Command::new(env!("CARGO_BIN_EXE_gmc")).args(args).output().unwrap_or_else(|e| panic!("{e}"));
        assert!(o.status.success(), "{args:?}: {}", String::from_utf8_lossy(&o.stderr));
        String::from_utf8_lossy(&o.stdout).into_owned()
    };
    for (name, epochs) in [("vae", "3"), ("realnvp", "2"), ("realnvp_digits", "2")] {
        let (path, folder) = (spec(name), out.path().join(name));
        let set = format!("train.epochs={epochs}");
        let said = gmc(&[
            "run",
            &path.display().to_string(),
            "--device",
            "cpu",
            "--set",
            &set,
            "--name",
            name,
            "--out",
            &folder.display().to_string(),
        ]);
        let again =
            gmc(&["eval", &folder.join(format!("{name}-1")).display().to_string(), "--device", "cpu"]);
        println!("{said}");
        assert!(said.contains("nats"), "{said}");
        // A guide's weights are examined by `eval` only, and the columns are as wide as the longest name.
        let line = |l: &str| l.split_whitespace().map(String::from).collect::<Vec<_>>();
        let again: Vec<_> = again.lines().map(line).collect();
        for l in said.lines().map(line) {
            assert!(again.contains(&l), "{name}: {l:?} is not in {again:?}");
        }
    }
}

/// Row 4 of the scoreboard in its short form: after one epoch of ten.
#[test]
fn one_epoch_of_the_common_autoencoder() {
    if !mnist() {
        return;
    }
    let mut s = session(&text("vae_mnist_grey"), &[("train.epochs", "1")]);
    train(&mut s);
    let budget = full(&s);
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let loss = value(&scores, "payoff", "");
    println!("one epoch: {loss:.2} (binary cross-entropy on grey levels + KL)");
    // Below 45.54 nats nothing can come (the entropy of the grey levels), ten epochs reach 106.
    assert!((100.0..140.0).contains(&loss), "{loss}");
}

/// A bound of several samples is about one x: with pixels that are drawn anew at every visit, a model whose latent variable says nothing has
/// the same bound for every K. (Were x drawn again for each sample, log (1/K) Σ p(x_k) would grow with K.)
#[test]
fn samples_of_a_bound_share_the_draw_of_the_pixels() {
    let dynamic = text("vae").replace("binarize: 0.5", "binarize: dynamic");
    assert!(dynamic.contains("dynamic"));
    // The decoder sees nothing of z, and the guide is the prior.
    let blind = dynamic
        .replace("{ dense(128), relu, dense(64) }", "{ dense(128, init: zeros), relu, dense(64) }")
        .replace("heads(8, 8)", "heads(8, 8, init: zeros)");
    let mut s = session(&blind, &[]);
    let mut bound = |k: usize| {
        let budget = Budget { k, ..full(&s) };
        value(
            &evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}")),
            "importance-weighted bound",
            "nats",
        )
    };
    let (one, many) = (bound(1), bound(16));
    println!("K = 1: {one}, K = 16: {many}");
    assert!((one - many).abs() < 1e-3, "{one} {many}");
}
