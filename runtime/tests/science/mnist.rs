//! Short forms of the scoreboard's runs on MNIST: the same specs on few images, for seconds.

use super::common::{mnist, session, text, train, value};
use gmc_runtime::measure::classes::posteriors;
use gmc_runtime::measure::{Budget, GLANCE, evaluate, full};
use gmc_runtime::session::Session;

fn measured(s: &mut Session, name: &str, unit: &str) -> f64 {
    let budget = full(s);
    value(&evaluate(s, 1, budget).unwrap_or_else(|e| panic!("{e}")), name, unit)
}

/// Trains a spec on a part of MNIST; a number about the test part before and after.
fn trained(spec: &str, sets: &[(&str, &str)], name: &str, unit: &str) -> Option<(f64, f64)> {
    if !mnist() {
        return None;
    }
    let mut s = session(&text(spec), sets);
    let before = measured(&mut s, name, unit);
    train(&mut s);
    let after = measured(&mut s, name, unit);
    println!("{spec}: {name} {before:.2} to {after:.2} {unit}");
    Some((before, after))
}

fn bounds(spec: &str, sets: &[(&str, &str)]) -> Option<(f64, f64)> {
    trained(spec, sets, "negative ELBO", "nats")
}

/// Row 2: the exact optimum of all of MNIST is -400.4 nats.
#[test]
fn a_linear_vae_approaches_probabilistic_pca() {
    if let Some((before, after)) = bounds("vae_linear", &[("x.limit", "2000"), ("train.epochs", "60")]) {
        assert!(before > 0.0 && after < -100.0, "{before} to {after}");
    }
}

/// Row 5.
#[test]
fn the_deep_vae_learns() {
    if let Some((before, after)) =
        bounds("vae_mnist_deep", &[("x.limit", "1280"), ("train.epochs", "12"), ("train.ema", "0.9")])
    {
        assert!(before > 500.0 && after < 230.0, "{before} to {after}");
    }
}

/// Row 3: the noise itself has a mean square of 0.25, and no linear map of the pixels does better than .01985.
#[test]
fn a_denoising_autoencoder_removes_noise() {
    let few = [("x.limit", "2560"), ("train.epochs", "10")];
    if let Some((before, after)) = trained("ae_denoising", &few, "payoff, input corrupted", "") {
        assert!(before > 0.1 && after < 0.045, "{before} to {after}");
    }
}

/// Row 6: five samples in training pay, at the same number of updates, by the bound of 50 samples.
#[test]
fn several_samples_in_training_pay() {
    if !mnist() {
        return;
    }
    let bound = |k: &str| {
        let mut s = session(&text("iwae"), &[("x.limit", "600"), ("samples", k), ("train.epochs", "6")]);
        train(&mut s);
        let budget = Budget { examples: 200, k: 50, samples: 0, ..GLANCE };
        let found = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
        value(&found, "importance-weighted bound", "nats")
    };
    let (one, five) = (bound("1"), bound("5"));
    println!("IW-50 {one:.1} nats after training with 1 sample, {five:.1} with 5");
    assert!(one < 250.0 && five < one - 1.0, "{one} {five}");
}

/// Row 18: the judge, who knows real digits only, sees the class asked for more often than chance would have it.
#[test]
fn a_conditional_vae_draws_what_is_asked_for() {
    let few = [("x.limit", "2560"), ("train.epochs", "8")];
    if let Some((before, after)) = trained("vae_conditional", &few, "`judge` of the class asked for", "%") {
        assert!(before < 30.0 && after > 70.0, "{before} to {after}");
    }
}

/// Rows 14 and 15. Uniform grey levels have 8 bits per dimension.
#[test]
fn flows_on_mnist() {
    let few = [("train.epochs", "6"), ("train.ema", "0.5"), ("x.limit", "640")];
    for spec in ["realnvp_mnist", "maf_mnist"] {
        if let Some((before, after)) = trained(spec, &few, "negative log-likelihood", "bits/dim") {
            assert!(after < before - 0.1 && after < 2.6, "{spec}: {before} to {after}");
        }
    }
    // Of 19 million parameters: 20 steps of its own rate are too few to be better than at the start, and enough to be better than nothing.
    if let Some((_, after)) = trained(
        "nice_mnist",
        &[("train.epochs", "2"), ("x.limit", "640")],
        "negative log-likelihood",
        "bits/dim",
    ) {
        assert!(after < 7.0, "nice_mnist: {after}");
    }
}

/// Row 19: after 50 steps many classes are already found by Bayes' rule.
#[test]
fn a_classifier_on_mnist() {
    if !mnist() {
        return;
    }
    let mut s = session(
        &text("classifier_mnist"),
        &[("train.epochs", "5"), ("x.limit", "1280"), ("train.ema", "0.5")],
    );
    train(&mut s);
    let found = posteriors(&mut s, 1, 500, 1)
        .unwrap_or_else(|e| panic!("{e}"))
        .unwrap_or_else(|| panic!("no classes"));
    let accuracy = value(&found.scores(), "accuracy for y by Bayes", "%");
    println!("accuracy {accuracy:.1} % of {}", found.truth.len());
    assert!(accuracy > 60.0, "{accuracy}");
}
