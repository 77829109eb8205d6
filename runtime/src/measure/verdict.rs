//! What is going wrong in a game, in words, each with the cure that the literature gives.

use super::game::{Beside, Side};
use super::scores::{Record, Score};
use gmc_compiler::types::Typed;
use std::f64::consts::LN_2;

/// Jensen-Shannon divergence, as a part of its greatest value, above which a judge tells everything apart.
const TOLD_APART: f64 = 0.95;
/// Length of a gradient below which a player hardly moves.
const FLAT: f64 = 1e-3;
/// Distance between samples, as a part of that between data, below which they are alike.
const ALIKE: f64 = 0.25;
/// Distance of samples to training examples, as a part of that of test examples, below which samples are copies.
const COPIED: f64 = 0.5;
/// Mean of (slope of a critic - 1)^2 above which it is far from its constraint.
const STEEP: f64 = 0.25;
/// Share of weights at the ends of `clip` above which clipping decides what the critic says.
const CLIPPED: f64 = 0.6;
/// Most names that are told.
const TOLD: usize = 8;

/// What is wrong, a sentence each, the most serious first.
pub fn words(sides: &[Side], divergences: &[Score], beside: Option<&Beside>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let saturated = saturated(sides, divergences);
    all.extend(saturated.iter().map(|(_, words)| words.clone()));
    for side in sides.iter().filter(|side| !saturated.iter().any(|(p, _)| *p == side.player)) {
        all.extend(dead(side));
        all.extend(constraint(side));
    }
    all.extend(beside.into_iter().flat_map(of_samples));
    all
}

/// A number of nats, distances or gradients as it is told.
fn told(x: f64) -> String {
    if x != 0.0 && x.abs() < 1e-3 { format!("{x:.1e}") } else { format!("{x:.3}") }
}

/// Judges that tell all samples from data, and the players whom nothing reaches any more through them.
fn saturated(sides: &[Side], divergences: &[Score]) -> Vec<(String, String)> {
    let perfect = |s: &&Score| s.key.starts_with("jensen_shannon") && s.value.0 > TOLD_APART * LN_2;
    let Some(judge) = divergences.iter().find(perfect) else { return Vec::new() };
    let name = judge.key.split_once('.').map_or("", |(_, critic)| critic);
    let reached = sides.iter().filter(|side| !side.owns.iter().any(|n| n == name) && side.slope < FLAT);
    reached
        .map(|side| {
            let words = format!(
                "`{name}` tells all samples from data (its Jensen-Shannon divergence is {} of at most {} nats), and hardly any gradient reaches `{}` through it: its length is {}; let `{}` minimize says_real for what it maximizes of says_fake (Goodfellow et al. 2014, section 3), show noisy pictures to `{name}`, as `corrupt(x, gaussian(linear(0.5 -> 0)))` (Sonderby et al. 2017), or take a Wasserstein game with `gradient_penalty` (Gulrajani et al. 2017)",
                told(judge.value.0), told(LN_2), side.player, told(side.slope), side.player
            );
            (side.player.clone(), words)
        })
        .collect()
}

/// A player whose payoff does not change with anything that it owns.
fn dead(side: &Side) -> Option<String> {
    (side.slope < 1e-12).then(|| {
        format!(
            "`{}` is dead: the gradient of its payoff in `{}` is {}; where `relu` has died give its nets `leaky_relu(0.2)` (Radford et al. 2016), and train it again at a lower rate",
            side.player,
            side.owns.join("`, `"),
            told(side.slope)
        )
    })
}

/// A critic that does not keep to what its distance rests on.
fn constraint(side: &Side) -> Vec<String> {
    let mut all = Vec::new();
    for (critic, penalty) in side.penalties.iter().filter(|(_, p)| *p > STEEP) {
        all.push(format!(
            "the critic `{critic}` is far from its constraint: between data and samples its slope should be 1, and the mean of (slope - 1)^2 is {}; give `gradient_penalty` a greater weight (10 in Gulrajani et al. 2017), or `{}` more `steps`",
            told(*penalty), side.player
        ));
    }
    if let Some(share) = side.clipped.filter(|share| *share > CLIPPED) {
        all.push(format!(
            "{:.0} % of the weights of `{}` lie at the ends of `within clip(..)`: clipping decides what the critic says, which is then too simple (Gulrajani et al. 2017, section 3); take `gradient_penalty` in its place, or `norm: spectral` in its layers",
            100.0 * share, side.player
        ));
    }
    all
}

/// What samples show.
fn of_samples(b: &Beside) -> Vec<String> {
    let mut all = Vec::new();
    let cure = "give the critic `minibatch_stddev` (Karras et al. 2018), or a penalty on its slope at the data, `0.5 * E[sum(grad(D(x), x)^2)]` (Mescheder et al. 2018)";
    if let Some((missing, of)) = b.modes.as_ref().filter(|(missing, _)| !missing.is_empty()) {
        let which: Vec<String> = missing.iter().take(TOLD).map(ToString::to_string).collect();
        all.push(format!(
            "collapse: no sample is near {} of {of} modes of the data ({}{}); {cure}",
            missing.len(),
            which.join(", "),
            more(missing.len())
        ));
    }
    if let Some((missing, of)) = b.classes.as_ref().filter(|(missing, _)| !missing.is_empty()) {
        let which: Vec<String> = missing.iter().take(TOLD).map(|c| format!("`{c}`")).collect();
        all.push(format!("collapse: {} of {of} classes are (nearly) missing among the nearest real examples of samples ({}{}); {cure}", missing.len(), which.join(", "), more(missing.len())));
    }
    if b.apart < ALIKE {
        all.push(format!(
            "collapse: samples are alike, two of them lie {} times as far apart as two real examples; {cure}",
            told(b.apart)
        ));
    } else if b.near < COPIED {
        all.push(format!(
            "samples are copies of training data: they lie {} times as far from the nearest training example as test examples do; train on more data, for fewer rounds or with smaller nets, or show changed pictures to the critic, real and made alike (Karras et al. 2020, section 2)",
            told(b.near)
        ));
    }
    all
}

fn more(n: usize) -> &'static str {
    if n > TOLD { ", .." } else { "" }
}

/// As [`oscillation`], of the players of a spec, where it is a game.
pub fn of_run(records: &[Record], typed: &Typed) -> Option<String> {
    let players: Vec<String> = typed.train.players.iter().map(|p| p.name.clone()).collect();
    if players.len() > 1 { oscillation(records, &players) } else { None }
}

/// Measurements of training that are looked at for oscillation, at least.
const SEEN: usize = 40;

/// Whether the payoff of a player goes up and down without becoming steadier, in words: over the last half of training it crosses its own
/// mean again and again, in slow waves, and by as much as in the half before.
pub fn oscillation(records: &[Record], players: &[String]) -> Option<String> {
    let of = |player: &String| -> Vec<f64> {
        let key = format!("{player}/payoff");
        let train = records.iter().filter(|r| r.part == "train");
        train.filter_map(|r| r.metrics.get(&key).map(|v| v.0)).filter(|v| v.is_finite()).collect()
    };
    let waves = |values: &[f64]| {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n.max(1) as f64;
        let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n.max(1) as f64).sqrt();
        let next =
            values.iter().zip(values.iter().skip(1)).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
        // Noise has neighbours that know nothing of each other; waves do not.
        let slow = next / (n.max(2) - 1) as f64 / (spread * spread).max(1e-30);
        let crossings =
            values.iter().zip(values.iter().skip(1)).filter(|(a, b)| (**a > mean) != (**b > mean)).count();
        (mean, spread, slow, crossings)
    };
    let all: Vec<(&String, f64, f64, usize)> = players
        .iter()
        .filter_map(|p| {
            let values = of(p);
            let (before, after) = values.split_at(values.len() / 2);
            if after.len() < SEEN {
                return None;
            }
            let (_, earlier, _, _) = waves(before);
            let (mean, spread, slow, crossings) = waves(after);
            let large = spread > 0.3 * mean.abs().max(0.3) && spread > 0.7 * earlier;
            (large && slow > 0.6 && crossings >= 4).then_some((p, mean, spread, crossings))
        })
        .collect();
    let (player, mean, spread, crossings) = all.into_iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
    Some(format!(
        "the game goes round in circles: in the last half of training the payoff of `{player}` crosses its mean of {} {crossings} times and strays from it by {} without settling; lower both rates, average the weights with `ema 0.999` (Yaz\u{131}c\u{131} et al. 2019), or let the critic pay for its slope at the data, `0.5 * E[sum(grad(D(x), x)^2)]` (Mescheder et al. 2018)",
        told(mean),
        told(spread)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(slope: f64) -> Side {
        Side { player: "maker".into(), owns: vec!["G".into()], slope, penalties: Vec::new(), clipped: None }
    }

    #[test]
    fn what_is_well_is_not_told() {
        let good = Beside {
            apart: 0.9,
            near: 1.1,
            modes: Some((vec![], 8)),
            classes: Some((vec![], 10)),
            entropy: Some((2.2, 2.3)),
        };
        assert_eq!(words(&[side(0.4)], &[], Some(&good)), Vec::<String>::new());
    }

    #[test]
    fn each_fault_has_its_words() {
        let none = Beside { apart: 1.0, near: 1.0, ..Beside::default() };
        let one = |side: Side, b: Beside| words(&[side], &[], Some(&b)).join("\n");
        assert!(one(side(0.0), none.clone()).contains("`maker` is dead"));
        let steep = Side { penalties: vec![("D".into(), 0.8)], ..side(0.1) };
        assert!(
            one(steep, none.clone()).contains("slope should be 1, and the mean of (slope - 1)^2 is 0.800")
        );
        let clipped = Side { clipped: Some(0.9), ..side(0.1) };
        assert!(one(clipped, none.clone()).contains("90 % of the weights"));
        let modes = Beside { modes: Some((vec![2, 5], 8)), ..none.clone() };
        assert!(one(side(0.1), modes).contains("no sample is near 2 of 8 modes of the data (2, 5)"));
        let classes = Beside { classes: Some((vec!["7".into()], 10)), ..none.clone() };
        assert!(one(side(0.1), classes).contains("1 of 10 classes"));
        assert!(one(side(0.1), Beside { apart: 0.02, ..none.clone() }).contains("samples are alike"));
        assert!(one(side(0.1), Beside { near: 0.1, ..none }).contains("copies of training data"));
    }

    #[test]
    fn waves_are_told_from_noise_and_from_what_settles() {
        let run = |f: &dyn Fn(f64) -> f64| -> Option<String> {
            let records: Vec<Record> = (0..200)
                .map(|i| Record::new(i, "train", 0.0, [("maker/payoff", f(f64::from(i as u32)))]))
                .collect();
            oscillation(&records, &["maker".into()])
        };
        let noise = |i: f64| (i * 12.9898).sin() * 43_758.547 % 1.0;
        assert!(run(&|i| 1.0 + (i / 6.0).sin()).is_some_and(|w| w.contains("payoff of `maker`")));
        assert_eq!(run(&|i| 1.0 + noise(i)), None, "noise");
        assert_eq!(run(&|i| 1.0 + (-i / 20.0).exp() * (i / 6.0).sin()), None, "settles");
        assert_eq!(run(&|i| 1.0 + 0.01 * (i / 6.0).sin()), None, "small");
    }
}
