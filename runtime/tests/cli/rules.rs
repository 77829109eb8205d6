//! What a round does, number by number: optimizers, schedules, clipping, averages, and the order of moves.

use super::common::*;
use gmc_compiler::rows;
use gmc_runtime::measure::{GLANCE, evaluate};
use gmc_runtime::session::snapshot::Group;

/// A squared distance of a parameter to the middle of the data, which is near (0.5, 0.25).
fn quadratic(train: &str) -> String {
    format!(
        "data x: Real[2] from moons(noise: 0.05)\nparam s: Real[2] = 2\ntrain {{ minimizes E[sum((x - s)^2)]  batch 500  {train} }}\n"
    )
}

fn close(a: &[f32], b: &[f32], tolerance: f32) {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance), "{a:?} and {b:?}");
}

#[test]
fn every_optimizer_finds_the_bottom_of_a_bowl() {
    for row in rows::optimizer::ROWS {
        let name = row.name();
        // The mean of the moons is (0.5, 0.25); steps whose length does not shrink stay within a few of them.
        let lr = if name == "adagrad" { "0.5" } else { "0.02" };
        let mut s = session(&quadratic(&format!("steps 400  using {name}(lr: {lr})")));
        let numbers = play(&mut s, 400);
        close(&values(&s, "s"), &[0.5, 0.25], 0.12);
        let loss = |i: usize| numbers[i].iter().find(|(n, _)| n == "loss").unwrap().1;
        assert!(loss(399) < 0.25 * loss(0), "{name}: {} to {}", loss(0), loss(399));
    }
}

#[test]
fn the_learning_rate_of_a_schedule_reaches_the_step() {
    // Nothing moves while the rate is 0; at round 2 of `steps` it becomes 0 for good.
    let mut zero = session(&quadratic("steps 5  using sgd(lr: linear(0 -> 0))"));
    play(&mut zero, 5);
    assert_eq!(values(&zero, "s"), [2.0, 2.0]);
    let text = quadratic("steps 5  using sgd(lr: ramp(0 -> 0.4, over: 4 steps))");
    let mut ramp = session(&text);
    play(&mut ramp, 1);
    assert_eq!(values(&ramp, "s"), [2.0, 2.0]);
    // Rates 0, 0.1, 0.2, 0.3 leave the share 0.8 * 0.6 * 0.4 of the distance to the mean.
    let mut ramp = session(&text);
    play(&mut ramp, 4);
    close(&values(&ramp, "s"), &[0.5 + 1.5 * 0.192, 0.25 + 1.75 * 0.192], 0.08);
    let mut constant = session(&quadratic("steps 5  using sgd(lr: 0.1)"));
    play(&mut constant, 4);
    close(&values(&constant, "s"), &[0.5 + 1.5 * 0.4096, 0.25 + 1.75 * 0.4096], 0.08);
}

#[test]
fn a_scheduled_weight_of_the_goal_reaches_the_loss() {
    let text = "data x: Real[2] from moons\nparam s: Real[2] = 2\nfn held(a, weight: ramp(0 -> 1, over: 4 steps)) = weight * E[sum(a^2)]\n\
                train { minimizes held(s)  steps 5  batch 8  using sgd(lr: 0) }\n";
    let mut s = session(text);
    let losses: Vec<f32> =
        play(&mut s, 5).iter().map(|n| n.iter().find(|(n, _)| n == "loss").unwrap().1).collect();
    close(&losses, &[0.0, 2.0, 4.0, 6.0, 8.0], 1e-5);
}

#[test]
fn clip_bounds_the_norm_of_all_gradients_together() {
    let text = |clip: &str| {
        format!(
            "data x: Real[2] from moons\nparam s: Real[2] = 100\nparam t: Real[2] = -100\n\
             train {{ minimizes E[sum((x - s)^2)] + E[sum((x - t)^2)]  steps 2  batch 64  {clip}  using sgd(lr: 1) }}\n"
        )
    };
    let moved = |clip: &str| {
        let mut s = session(&text(clip));
        play(&mut s, 1);
        let (a, b) = (values(&s, "s"), values(&s, "t"));
        let d: Vec<f32> = a.iter().map(|v| v - 100.0).chain(b.iter().map(|v| v + 100.0)).collect();
        (d.iter().map(|x| x * x).sum::<f32>().sqrt(), d)
    };
    let (norm, d) = moved("clip 0.5");
    assert!((norm - 0.5).abs() < 1e-3, "{norm}");
    close(&d, &[-0.25, -0.25, 0.25, 0.25], 0.01);
    assert!(moved("").0 > 300.0);
    assert!((moved("").0 - moved("clip 1e6").0).abs() < 1e-2);
}

#[test]
fn averages_follow_the_parameters_and_are_what_is_evaluated() {
    let text = quadratic("steps 12  ema 0.75  using sgd(lr: 0.1)");
    let mut s = session(&text);
    let mut trainer = gmc_runtime::train::Trainer::new(&s);
    let mut average = Vec::new();
    let mut seen: Vec<Vec<f32>> = Vec::new();
    for i in 0..12 {
        trainer.round(&mut s, i).unwrap();
        seen.push(values(&s, "s"));
        // Shares 0.75^age, which sum to 1: what stood there before training has none.
        let share = |age: usize| 0.75f32.powi(age as i32);
        let all: f32 = (0..seen.len()).map(share).sum();
        let newest = || seen.iter().rev().enumerate();
        average = (0..values(&s, "s").len())
            .map(|k| newest().map(|(age, w)| share(age) * w[k]).sum::<f32>() / all)
            .collect();
        close(&values(&s, "@ema.s"), &average, 1e-5);
    }
    let raw = values(&s, "s");
    assert!(raw.iter().zip(&average).all(|(r, a)| (r - a).abs() > 0.05), "{raw:?} {average:?}");
    let plain = evaluate(&mut s, 1, GLANCE).unwrap();
    let averaged = s.with_averages(|s| evaluate(s, 1, GLANCE).unwrap());
    assert_ne!(plain, averaged);
    assert_eq!(values(&s, "s"), raw, "the parameters were not put back");
    s.use_averages();
    assert_eq!(evaluate(&mut s, 1, GLANCE).unwrap(), averaged);

    // A run evaluates and leaves the averages, and keeps both in its checkpoint.
    let place = Place::new();
    let run = place.train("q", &text);
    let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let kept = weights(&run);
    assert_eq!(kept[&(Group::Param, "s".to_string())], bits(&raw));
    assert_eq!(kept[&(Group::Ema, "s".to_string())], bits(&values(&s, "@ema.s")));
    let file = std::fs::read(run.join("weights.safetensors")).unwrap();
    let wanted: Vec<u8> = values(&s, "s").iter().flat_map(|v| v.to_le_bytes()).collect();
    assert!(file.ends_with(&wanted), "other weights than the averages");
    let eval = place.gmc("eval runs/q-1 --device cpu").succeeds().out.clone();
    let budget = gmc_runtime::measure::full(&s);
    let full = evaluate(&mut s, 1, budget).unwrap();
    assert!(eval.contains(&format!("{:.4}", full[0].value.0)), "{eval} {full:?}");
    // The same of what was trained on, which is named.
    let seen = place.gmc("eval runs/q-1 --device cpu --part train").succeeds().out.clone();
    assert!(
        seen != eval && seen.starts_with("train ") && seen.lines().count() == eval.lines().count(),
        "{seen}\n{eval}"
    );
}

/// Two players, each with one number, who both want to be where the other is.
fn game(first: &str, mode: &str) -> Vec<f32> {
    let text = format!(
        "data x: Real[2] from moons\nparam a: Real[1] = 1\nparam b: Real[1] = 0\ntrain {{\n  \
         player one {{ owns a  minimizes E[sum((a - b)^2)]  using sgd(lr: 0.25) {first} }}\n  \
         player two {{ owns b  minimizes E[sum((b - a)^2)]  using sgd(lr: 0.25) }}\n  steps 3  batch 8  {mode}\n}}\n"
    );
    let mut s = session(&text);
    play(&mut s, 1);
    [values(&s, "a"), values(&s, "b")].concat()
}

#[test]
fn players_move_in_turn_or_at_once() {
    // Every step halves the distance to what the player sees of the other.
    assert_eq!(game("", ""), [0.5, 0.25]);
    assert_eq!(game("", "simultaneous"), [0.5, 0.5]);
    assert_eq!(game("steps 2", ""), [0.25, 0.125]);
    assert_eq!(game("steps 2", "simultaneous"), [0.25, 0.5]);
}

#[test]
fn steps_of_a_player_see_other_data_each() {
    // The critic's three steps are three updates of Adam on three minibatches: its moment has decayed three times.
    let text = GAN.replace("steps 2", "steps 3").replace("TRAIN", "steps 4");
    let mut s = session(&text);
    let before = (values(&s, "D.0.weight"), values(&s, "G.0.weight"));
    play(&mut s, 1);
    let largest = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    // An update of Adam is about lr long at first.
    let (d, g) =
        (largest(&before.0, &values(&s, "D.0.weight")), largest(&before.1, &values(&s, "G.0.weight")));
    assert!((4.5e-4..=7.5e-4).contains(&d) && (1.9e-4..=2.1e-4).contains(&g), "{d} {g}");
}

#[test]
fn weights_stay_inside_what_they_are_clipped_to() {
    let text = GAN
        .replace("player judge { owns D", "player judge { owns D  within clip(0.05)")
        .replace("TRAIN", "steps 4")
        .replace("2e-4", "2e-2");
    let mut s = session(&text);
    assert!(values(&s, "D.0.weight").iter().any(|w| w.abs() > 0.05));
    play(&mut s, 4);
    let mut names: Vec<String> = s.tensors.keys().filter(|n| n.starts_with("D.")).cloned().collect();
    names.sort();
    assert!(names.len() >= 4, "{names:?}");
    for n in names {
        let w = values(&s, &n);
        assert!(w.iter().all(|w| w.abs() <= 0.05), "{n}: {w:?}");
    }
    assert!(values(&s, "D.0.weight").iter().any(|w| w.abs() == 0.05));
    assert!(values(&s, "G.0.weight").iter().any(|w| w.abs() > 0.05), "the other player is not clipped");
}

#[test]
fn dynamic_binarisation_is_drawn_anew_in_every_epoch_and_the_same_in_every_run() {
    let text = |how: &str| {
        format!(
            "data x: Bool[64] from digits(binarize: {how})\nnet n(x: Bool[64]) -> Real[64] {{ dense(8), relu, dense(64) }}\n\
             train {{ minimizes E[sum(bce(x, n(x)))]  epochs 3  batch 5000  using sgd(lr: 0) }}\n"
        )
    };
    let losses = |how: &str| -> Vec<f32> {
        let mut s = session(&text(how));
        play(&mut s, 3).iter().map(|n| n.iter().find(|(n, _)| n == "loss").unwrap().1).collect()
    };
    let (fixed, dynamic) = (losses("0.5"), losses("dynamic"));
    // One batch holds all examples, in another order each time.
    close(&fixed, &[fixed[0]; 3], 1e-3);
    assert!((dynamic[0] - dynamic[1]).abs() > 1e-3 && (dynamic[1] - dynamic[2]).abs() > 1e-3, "{dynamic:?}");
    assert_eq!(dynamic, losses("dynamic"));
}
