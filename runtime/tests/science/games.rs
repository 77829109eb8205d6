//! Games on mixtures whose modes are known, and what is measured of games on pictures.

use super::common::{session, text, train, value};
use gmc_runtime::measure::features::{entropy, features};
use gmc_runtime::measure::{Budget, GLANCE, evaluate};

/// Row 16 of the scoreboard in a short form: three of eight thousand rounds.
#[test]
fn a_game_finds_the_modes_of_the_ring() {
    let mut s = session(&text("gan_ring"), &[("train.steps", "3000"), ("train.ema", "0.99")]);
    let budget = Budget { examples: 1, k: 0, samples: 2500, ..GLANCE };
    let before = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    train(&mut s);
    let after = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let (modes, good) = (value(&after, "modes covered", ""), value(&after, "samples within", "%"));
    println!(
        "{modes} of 8 modes, {good:.1} % within 3 standard deviations (before: {:.1} %)",
        value(&before, "samples within", "%")
    );
    assert!(value(&before, "modes covered", "") < 7.0, "an untrained net covers the modes: {before:?}");
    assert!(modes >= 7.0, "{modes} of 8 modes");
    assert!(good >= 40.0, "{good} %");
}

/// What is nobody's goal is measured on the test part, and nothing is trained by it.
#[test]
fn a_number_that_is_nobodys_goal_is_measured() {
    let text = "data x: Real[64] in unit from digits
net half(x: Real[64] in unit) -> Real[64] { affine(scale: 0.5) }
net decode(z: Real[4]) -> Real[64] { dense(64) }
net encode(x: Real[64] in unit) -> (Real[4], Real[4]) { heads(4, 4) }
model p    { z ~ Normal(0, I)[4];  x ~ Normal(decode(z), 0.3) }
guide q(x) { (m, s) = encode(x);   z ~ Normal(m, exp(s)) }
train { steps 1 }
eval { value(sse(half(x), x))  value(l1(half(x), x)) }";
    let mut s = session(text, &[]);
    let budget = Budget { examples: 1000, k: 1, samples: 0, ..GLANCE };
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let x = s.test_column("x").expect("a test part").values.clone();
    let n = x.len() as f64 / 64.0;
    let squares = x.iter().map(|v| f64::from(*v).powi(2) / 4.0).sum::<f64>() / n;
    let absolute = x.iter().map(|v| f64::from(*v) / 2.0).sum::<f64>() / x.len() as f64;
    assert!((value(&scores, "E[sum((half(x) - x)^2)]", "") - squares).abs() < 1e-3 * squares);
    assert!((value(&scores, "E[mean(abs(half(x) - x))]", "") - absolute).abs() < 1e-3 * absolute);
    // The objective is derived: it stays a bound, and is no payoff.
    assert!(!scores.iter().any(|s| s.key.contains("payoff")), "{scores:?}");
}

/// Where the data have classes the net of `features` sorts them, and tells how evenly samples lie over what it sees.
#[test]
fn features_see_classes() {
    let text = "data (x: Real[64] in unit, y: Class(10)) from digits
net G(z: Real[2]) -> Real[64] in unit { affine(scale: 1e-3), dense(64), sigmoid }
net D(x: Real[64] in unit) -> Real[] { dense(1), scalar }
model p { z ~ Normal(0, I)[2];  x = G(z) }
train {
  player judge { owns D  minimizes says_real(D(x)) + says_fake(D(p.x)) }
  player maker { owns G  minimizes says_real(D(p.x)) }
  steps 1  batch 64
}
eval { features(n: 150) }";
    let mut s = session(text, &[]);
    let scores = features(&mut s, 1).unwrap_or_else(|e| panic!("{e}"));
    let of = |key: &str| scores.iter().find(|s| s.key == key).unwrap_or_else(|| panic!("{key}")).value.0;
    println!(
        "accuracy {:.1} %, entropy of real digits {:.3}, of one picture {:.3}",
        of("features.accuracy"),
        of("features.class_entropy_real"),
        of("features.class_entropy")
    );
    assert!(of("features.accuracy") > 85.0);
    assert!(of("features.class_entropy_real") > 2.2);
    // All samples are one picture.
    assert!(of("features.class_entropy") < 0.7);
    assert!(of("features.frechet") > 10.0 * of("features.frechet_real"));
    assert!(
        (entropy(&[0, 1, 2, 3, 3, 3, 3, 3], 5) - (3.0 * 8f64.ln() / 8.0 - 0.625 * 0.625f64.ln())).abs()
            < 1e-12
    );
}
