//! Games on mixtures whose modes are known.

use super::common::{session, text, train, value};
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
