//! The specs of flows in their short forms: each trains, answers what it can be asked, and is better than what is simple.

use super::common::{drawn, run, session, text, train, value};
use super::linalg::{Matrix, rows};
use gmc_runtime::exec::Tensor;
use gmc_runtime::measure::classes::posteriors;
use gmc_runtime::measure::{evaluate, full};
use gmc_runtime::session::{Batch, Session};

/// Trains a spec with some literals set and measures it.
fn measured(name: &str, set: &[(&str, &str)]) -> (Session, Vec<gmc_runtime::measure::scores::Score>) {
    let mut s = session(&text(name), set);
    train(&mut s);
    let budget = full(&s);
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{name}: {e}"));
    (s, scores)
}

/// Samples of `x` and of its base `z`, `n` of each.
fn sampled(s: &mut Session, n: usize) -> (Vec<f32>, Vec<f32>) {
    let drawn = drawn(s, n, 5);
    let get =
        |name: &str| drawn.iter().find(|d| d.0 == name).unwrap_or_else(|| panic!("no {name}")).1.clone();
    (get("site:x"), get("site:z"))
}

/// The entropy of the moons is 1.138 nats, that of a Gaussian with their moments more than 2.
#[test]
fn flows_of_two_moons() {
    for (name, epochs, reach) in [("iaf", "4", 2.0), ("spline", "4", 1.35)] {
        let (mut s, scores) = measured(name, &[("train.epochs", epochs), ("train.ema", "0.98")]);
        let nll = value(&scores, "negative log-likelihood", "nats");
        println!("{name}, {epochs} epochs: {nll:.4} nats");
        assert!(nll < reach && nll > 1.138 - 0.05, "{name}: {nll}");
        let (x, z) = sampled(&mut s, 256);
        let t = Tensor::from_f32(&s.device, x, &[256, 2]);
        let code = run(&mut s, "encode", 256, &Batch::from([("x".to_string(), t)]));
        let back = code[0].1.to_f32();
        let mut gaps: Vec<f32> = back.iter().zip(&z).map(|(a, b)| (a - b).abs()).collect();
        gaps.sort_by(f32::total_cmp);
        // Some draws land where a trained flow is steep, and single precision is felt there.
        assert!(
            gaps[gaps.len() / 2] < 1e-4 && gaps[gaps.len() * 9 / 10] < 1e-2,
            "{name}: back to the base only within {:?}",
            gaps.last()
        );
    }
}

/// A Gaussian with full covariance, fitted to the dequantised digits, needs 2.94 bits per dimension (see `flows`).
#[test]
fn flows_of_digits() {
    for (name, epochs, reach) in [("maf", "15", 2.45), ("glow", "4", 2.45), ("flow_given", "15", 2.4)] {
        let (mut s, scores) = measured(name, &[("train.epochs", epochs), ("train.ema", "0.95")]);
        let bits = value(&scores, "negative log-likelihood", "bits/dim");
        println!("{name}, {epochs} epochs: {bits:.4} bits/dim");
        assert!(bits < reach, "{name}: {bits} bits/dim");
        let (x, _) = sampled(&mut s, 64);
        assert!(
            x.iter().all(|x| x.fract() == 0.0 && (0.0..=16.0).contains(x)),
            "{name}: samples are no grey levels"
        );
    }
}

/// Samples of a class look like that class: most are nearer to the mean digit of their class than to that of any other.
#[test]
fn a_conditional_flow_draws_the_class_asked_for() {
    let (mut s, _) = measured("flow_given", &[("train.epochs", "30"), ("train.ema", "0.98")]);
    let (images, classes) =
        (rows(&s.sets[0].train.columns[0].values, 64), s.sets[0].train.columns[1].values.clone());
    let means: Matrix = (0..10)
        .map(|k| {
            let of: Vec<&Vec<f64>> =
                images.iter().zip(&classes).filter(|(_, c)| **c as usize == k).map(|(r, _)| r).collect();
            (0..64).map(|i| of.iter().map(|r| r[i]).sum::<f64>() / of.len() as f64).collect()
        })
        .collect();
    let nearest = |r: &Vec<f64>| {
        let distance = |m: &Vec<f64>| r.iter().zip(m).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        (0..10).min_by(|a, b| distance(&means[*a]).total_cmp(&distance(&means[*b]))).unwrap_or(0)
    };
    let agree = |images: &Matrix, class: &dyn Fn(usize) -> usize| {
        images.iter().enumerate().filter(|(i, r)| nearest(r) == class(*i)).count() as f64
            / images.len() as f64
    };
    let real = agree(&images, &|i| classes[i] as usize);
    // Classes are asked for in turn.
    let (x, _) = sampled(&mut s, 500);
    let drawn = agree(&rows(&x, 64), &|i| i % 10);
    println!(
        "nearest mean agrees with the class for {:.1} % of the data, {:.1} % of the samples",
        100.0 * real,
        100.0 * drawn
    );
    assert!(drawn > 0.7 * real, "{drawn} of the samples, {real} of the data");
}

/// Row 19 of the scoreboard in small: accuracy, log-loss and calibration of Bayes' rule are part of every evaluation.
#[test]
fn a_generative_classifier_classifies() {
    let (mut s, scores) = measured("classifier", &[("train.epochs", "15")]);
    let accuracy = value(&scores, "accuracy for y by Bayes", "%");
    let loss = value(&scores, "log-loss for y by Bayes", "nats");
    let calibration = value(&scores, "calibration error", "%");
    println!(
        "15 epochs: accuracy {accuracy:.1} %, log-loss {loss:.3} nats, calibration error {calibration:.1} %"
    );
    assert!(accuracy > 80.0, "{accuracy} %");
    assert!(loss < 10f64.ln() / 2.0, "{loss} nats, chance has {}", 10f64.ln());
    assert!(calibration < 20.0, "{calibration} %");
    let p = posteriors(&mut s, 1, 100, 1)
        .unwrap_or_else(|e| panic!("{e}"))
        .unwrap_or_else(|| panic!("no question of classes"));
    for row in p.log.chunks(p.classes) {
        let total: f64 = row.iter().map(|l| l.exp()).sum();
        assert!((total - 1.0).abs() < 1e-9, "a posterior sums to {total}");
    }
}
