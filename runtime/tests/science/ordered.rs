//! Models that draw in an order: modes that are covered, codes that are used or ignored.

use super::common::{drawn, session, text, train, value};
use gmc_runtime::measure::{Budget, GLANCE, evaluate, full, health};

/// `specs/policy.gm`: given a state there are three actions, each half of the way to a goal, (g - s) / 2 with s in [-1, 1]²: all lie in a square
/// around half of a goal. A single normal would put them between the three.
#[test]
fn a_policy_covers_its_modes() {
    let mut s = session(&text("policy"), &[]);
    train(&mut s);
    let n = 1500;
    let outputs = drawn(&mut s, n, 3);
    let actions = &outputs.iter().find(|(o, ..)| o == "site:a").unwrap_or_else(|| panic!("no actions")).1;
    let mut counts = [0usize; 4];
    for a in actions.chunks(2) {
        let near = (0..3u32).find(|k| {
            let angle = std::f64::consts::TAU * f64::from(*k) / 3.0;
            let apart = |v: f32, g: f64| (f64::from(v) - g).abs();
            // Half of the range of states, and three standard deviations of the noise.
            apart(a[0], angle.cos()) < 0.65 && apart(a[1], angle.sin()) < 0.65
        });
        counts[near.map_or(3, |k| k as usize)] += 1;
    }
    println!("goals: {counts:?}");
    assert!(counts[..3].iter().all(|c| *c > n / 5), "{counts:?}");
    assert!(counts[3] < n / 20, "{counts:?}");
}

const CODE: Budget = Budget { examples: 297, k: 0, samples: 16, ..GLANCE };

/// `specs/pixel_vae.gm` uses its code: the decoder sees few pixels, and the price of the code rises slowly.
#[test]
fn a_code_beside_an_autoregressive_decoder_is_used() {
    let mut s = session(&text("pixel_vae"), &[("train.epochs", "30")]);
    train(&mut s);
    let kl = value(&evaluate(&mut s, 1, CODE).unwrap_or_else(|e| panic!("{e}")), "KL", "nats");
    println!("KL {kl:.2} nats");
    assert!(kl > 2.0, "{kl}");
    let said = health(&mut s, 1, CODE).unwrap_or_else(|e| panic!("{e}"));
    assert!(!said.is_empty() && said.iter().all(|r| r.words().is_none()), "{said:?}");
}

/// The same with a decoder that sees all earlier pixels and the code in its gates only: it does without the code, and that is said.
#[test]
fn a_code_beside_an_autoregressive_decoder_is_ignored() {
    let strong = "
data x: Bool[1, 8, 8] from digits(binarize: 0.5)
net pixel(x: Bool[1, 8, 8], z: Real[8]) -> Real[1, 8, 8] { gated_pixelcnn(8, layers: 4, inputs: z), relu, conv(1, k: 1) }
net encode(x: Bool[1, 8, 8]) -> (Real[8], Real[8]) { flatten, dense(32), relu, heads(8, 8) }
model p    { z ~ Normal(0, I)[8];  x[i in raster] ~ Bernoulli(logits: pixel(x[< i], z)) }
guide q(x) { (m, s) = encode(x);   z ~ Normal(m, exp(s)) }
train { epochs 10  batch 64  using adam(lr: 2e-3) }";
    let mut s = session(strong, &[]);
    train(&mut s);
    let budget = full(&s);
    let said = health(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let words: Vec<String> = said.iter().filter_map(|r| r.words()).collect();
    println!("{words:?}");
    assert!(words.iter().any(|w| w.contains("ignores `z`")), "{said:?}");
}
