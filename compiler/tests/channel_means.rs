//! The colours of PixelCNN++ (Salimans et al. 2017, equations 2 and 3): a mixture of discretised logistics for each number, whose means are
//! linear in the earlier colours of the pixel, written with what the language has.

use crate::spec_common::{clean, inputs, run};

const LEVELS: f64 = 8.0;
/// Components.
const K: usize = 2;
/// Pixels.
const P: usize = 16;

const SPEC: &str = "# accept W0606: the means of the paper read earlier colours of the pixel itself
data x: Int(8)[3, 4, 4] from shapes
param w: Real[3, 4, 4, 2]
param m: Real[3, 4, 4, 2]
param s: Real[3, 4, 4, 2]
param a: Real[3, 4, 4, 2]
net earlier(x: Int(8)[3, 4, 4]) -> Real[3, 4, 4, 2] { rescale, logits(2, channels: 3, mask: A, colours: 3) }
model p {
  x[i in raster] ~ DiscretizedLogisticMixture(logits: w, loc: m + tanh(a) * earlier(x[< i]), scale: exp(s), levels: 8)
}
train { epochs 1 }
";

/// P(x) of a level whose cells are 2/7 wide, by the distribution function of the logistic.
fn cell(x: f64, loc: f64, scale: f64) -> f64 {
    let cdf = |v: f64| 1.0 / (1.0 + (-(v - loc) / scale).exp());
    let (middle, half) = (2.0 * x / (LEVELS - 1.0) - 1.0, 1.0 / (LEVELS - 1.0));
    let low = if x == 0.0 { 0.0 } else { cdf(middle - half) };
    let high = if x == LEVELS - 1.0 { 1.0 } else { cdf(middle + half) };
    high - low
}

#[test]
fn means_are_linear_in_earlier_colours() {
    let (typed, c) = clean("colours", SPEC);
    let g = &c.programs["log_prob.p"];
    let mut given = inputs(&typed, &c, g, 3);
    // Zero at the start: moved apart, so that every one of them counts.
    for (i, name) in ["w", "m", "s", "a"].into_iter().enumerate() {
        for (j, v) in given.get_mut(name).unwrap().data.iter_mut().enumerate() {
            *v = 0.6 * ((i * 97 + j * 31) as f64).sin() - if name == "s" { 1.0 } else { 0.0 };
        }
    }
    let out = run(g, 3, &given);
    let at = |name: &str| given[name].data.clone();
    let (w, m, s, a, x) = (at("w"), at("m"), at("s"), at("a"), at("x"));
    let (weight, bias) = (at("earlier.1.weight"), at("earlier.1.bias"));
    assert_eq!(weight.len(), 3 * K * 3);
    for e in 0..3 {
        let mut log_p = 0.0;
        for colour in 0..3 {
            for p in 0..P {
                let value = |c: usize| x[(e * 3 + c) * P + p];
                let number = |of: &[f64], k: usize| of[(colour * P + p) * K + k];
                let total: f64 = (0..K).map(|k| number(&w, k).exp()).sum();
                let mixed: f64 = (0..K)
                    .map(|k| {
                        let row = colour * K + k;
                        let linear: f64 = (0..colour)
                            .map(|c| weight[row * 3 + c] * (2.0 * value(c) / (LEVELS - 1.0) - 1.0))
                            .sum();
                        let loc = number(&m, k) + number(&a, k).tanh() * (linear + bias[row]);
                        number(&w, k).exp() / total * cell(value(colour), loc, number(&s, k).exp())
                    })
                    .sum();
                log_p += mixed.ln();
            }
        }
        let found = out["log_prob"].data[e];
        assert!((found - log_p).abs() < 1e-8 * log_p.abs(), "{found} {log_p}");
    }
}
