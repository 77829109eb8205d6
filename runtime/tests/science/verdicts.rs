//! What goes wrong in a game is named after it was measured: a spec that provokes each fault, and specs without one.

use super::common::{session, text, train};
use gmc_runtime::measure::scores::Record;
use gmc_runtime::measure::{full, verdict, verdicts};
use gmc_runtime::session::Session;
use gmc_runtime::train::Trainer;

/// The sentences about a session.
fn said(s: &mut Session) -> String {
    let budget = full(s);
    verdicts(s, 1, budget).unwrap_or_else(|e| panic!("{e}")).join("\n")
}

/// Trains a text, and says what is wrong.
fn after(text: &str, set: &[(&str, &str)]) -> String {
    let mut s = session(text, set);
    train(&mut s);
    let said = said(&mut s);
    println!("{said}\n");
    said
}

#[test]
fn a_judge_that_is_sure_of_everything() {
    let said = after(&text("gan_saturated"), &[]);
    assert!(said.contains("`D` tells all samples from data"), "{said}");
    assert!(said.contains("hardly any gradient reaches `maker` through it: its length is"), "{said}");
    assert!(said.contains("says_real") && said.contains("corrupt(x, gaussian("), "{said}");
}

#[test]
fn modes_that_are_missing_are_named() {
    let said = after(&text("gan_collapsed"), &[]);
    assert!(
        said.contains("collapse: no sample is near") && said.contains("of 8 modes of the data ("),
        "{said}"
    );
    assert!(said.contains("minibatch_stddev"), "{said}");
}

/// A maker that has nothing but one picture to offer: classes are missing, and samples are alike.
#[test]
fn classes_that_are_missing_are_named() {
    let said = after(
        "data (x: Real[64] in unit, y: Class(10)) from digits
net G(z: Real[2]) -> Real[64] in unit { affine(scale: 1e-3), dense(64), sigmoid }
net D(x: Real[64] in unit) -> Real[] { dense(1), scalar }
model p { z ~ Normal(0, I)[2];  x = G(z) }
train {
  player judge { owns D  minimizes says_real(D(x)) + says_fake(D(p.x)) }
  player maker { owns G  minimizes says_real(D(p.x)) }
  epochs 1  batch 64
}",
        &[],
    );
    assert!(said.contains("of 10 classes are (nearly) missing among the nearest real examples"), "{said}");
    assert!(said.contains("samples are alike"), "{said}");
}

#[test]
fn a_critic_far_from_its_constraint() {
    let ring = |goal: &str, tail: &str| {
        format!(
            "data x: Real[2] from gaussians(8)
net G(z: Real[2]) -> Real[2] {{ dense(32), relu, dense(2) }}
net D(x: Real[2]) -> Real[] {{ dense(32), leaky_relu(0.2), dense(32), leaky_relu(0.2), dense(1), scalar }}
model p {{ z ~ Normal(0, I)[2];  x = G(z) }}
train {{
  player critic {{ owns D  maximizes E[D(x)] - E[D(p.x)]{goal}  steps 5{tail} }}
  player maker {{ owns G  maximizes E[D(p.x)] }}
  steps 100  batch 64  using adam(lr: 2e-3, betas: (0, 0.9))
}}"
        )
    };
    let loose = after(&ring(" - 1e-4 * gradient_penalty(D, x, p.x)", ""), &[]);
    assert!(loose.contains("the critic `D` is far from its constraint"), "{loose}");
    assert!(loose.contains("give `gradient_penalty` a greater weight"), "{loose}");
    let kept = after(&ring(" - 10 * gradient_penalty(D, x, p.x)", ""), &[]);
    assert!(!kept.contains("constraint"), "{kept}");
    let clipped = after(&ring("", "  within clip(0.01)"), &[]);
    assert!(clipped.contains("lie at the ends of `within clip(..)`"), "{clipped}");
}

#[test]
fn a_side_that_is_dead() {
    let said = after(
        "data x: Real[2] from gaussians(8)
net G(z: Real[2]) -> Real[2] { dense(2), affine(scale: 1, shift: -1000), relu }
net D(x: Real[2]) -> Real[] { dense(16), leaky_relu(0.2), dense(1), scalar }
model p { z ~ Normal(0, I)[2];  y = G(z) }
train {
  player judge { owns D  minimizes says_real(D(x)) + says_fake(D(p.y)) }
  player maker { owns G  minimizes says_real(D(p.y)) }
  steps 5  batch 64
}",
        &[],
    );
    assert!(said.contains("`maker` is dead: the gradient of its payoff in `G` is 0"), "{said}");
    assert!(said.contains("leaky_relu(0.2)"), "{said}");
}

/// Two linear players without any brake go round each other (Mescheder et al. 2018, section 3).
#[test]
fn a_game_that_goes_round_in_circles() {
    let text = |brake: &str| {
        format!(
            "data x: Real[2] from gaussians(1, radius: 2, std: 0.01)
net G(z: Real[2]) -> Real[2] {{ affine(scale: 1e-3), dense(2) }}
net D(x: Real[2]) -> Real[] {{ dense(1, bias: false), scalar }}
model p {{ z ~ Normal(0, I)[2];  x = G(z) }}
train {{
  player critic {{ owns D  maximizes E[D(x)] - E[D(p.x)]{brake} }}
  player maker {{ owns G  maximizes E[D(p.x)] }}
  steps 600  batch 64  using sgd(lr: 0.1)
}}"
        )
    };
    let words = |brake: &str| {
        let mut s = session(&text(brake), &[]);
        let mut trainer = Trainer::new(&s);
        let mut records = Vec::new();
        for step in 0..trainer.total {
            let numbers = trainer.round(&mut s, step).unwrap_or_else(|e| panic!("{e}"));
            records.push(Record::new(
                step,
                "train",
                0.0,
                numbers.into_iter().map(|(n, v)| (n, f64::from(v))),
            ));
        }
        verdict::of_run(&records, &s.typed)
    };
    let said = words("").expect("it oscillates");
    assert!(said.contains("the game goes round in circles") && said.contains("ema 0.999"), "{said}");
    assert_eq!(words(" - 0.5 * E[sum(grad(D(x), x)^2)]"), None, "with a brake it settles");
}

/// A handful of examples, seen for long.
#[test]
fn samples_that_are_copies() {
    let mut text = text("gan");
    text = text.replace("from digits", "from digits split (train 0.01, test 0.99)");
    let said = after(&text, &[("train.epochs", "8000"), ("train.batch", "18")]);
    assert!(said.contains("samples are copies of training data"), "{said}");
}

#[test]
fn a_game_that_goes_well_is_not_blamed() {
    let said = after(&text("gan_ring"), &[("train.steps", "3000"), ("train.ema", "0.99")]);
    assert!(!said.contains("dead") && !said.contains("tells all") && !said.contains("copies"), "{said}");
}
