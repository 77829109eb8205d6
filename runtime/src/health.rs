//! The health of a latent variable model, in words: is the code ignored, is it compressed? (families.md, C10)
//!
//! Measured are the KL of each latent dimension, how many of them are active, how widely the codes of the data lie, and how far what the
//! model shows lies from real examples: the distance of each picture of the decoder to the nearest of many training examples, for
//! reconstructions of test examples and for samples. Both come out of the same decoder as means (levels with an order, too; medians where
//! there is no mean), so that noise and blur are the same, and nothing in it is the model's own opinion of itself (a bound is: where the
//! guide was never trained, it says little). Where the codes of the data fill the prior both distances agree; where samples decode what was
//! never trained, samples lie farther off.

use crate::evaluate::draw;
use crate::exec::{ExecError, RngKey};
use crate::session::{At, Session};
use gmc_compiler::types::event::Kind;
use std::collections::BTreeMap;

/// KL below which a latent dimension carries nothing, in nats. (Burda et al. 2016 count by the variance of the guide's mean; this is the
/// analogue for the quantity the bound pays for.)
const INACTIVE: f64 = 0.01;
/// KL per active dimension above which a code is suspected of not being compressed, in nats.
const EXPENSIVE: f64 = 4.0;
/// How many times wider than the prior the codes of the data may lie.
const WIDE: f64 = 1.5;
/// How many times farther than reconstructions samples may lie from real examples.
const FAR: f64 = 1.5;
/// Test examples, and samples, that are looked at.
const LOOK: usize = 500;
/// Training examples that distances are measured to.
const REAL: usize = 5000;

/// Root mean square distances, per element, from what the decoder shows to the nearest real example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distances {
    /// Of reconstructions of test examples.
    pub reconstructions: f64,
    /// Of samples.
    pub samples: f64,
}

impl Distances {
    /// How many times farther from real examples samples lie than reconstructions.
    pub fn gap(&self) -> f64 {
        self.samples / self.reconstructions.max(1e-9)
    }
}

/// What was measured at one latent site.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// The site.
    pub name: String,
    /// Mean KL of each dimension, nats.
    pub kl: Vec<f64>,
    /// Standard deviation of the data's codes over that of the prior's draws, the largest over the dimensions.
    pub spread: f64,
    /// Reconstructions and samples against real examples, where the model has both.
    pub distances: Option<Distances>,
}

impl Code {
    /// Dimensions that carry something.
    pub fn active(&self) -> usize {
        active(&self.kl)
    }

    /// What was measured.
    pub fn facts(&self) -> String {
        let mut kl = self.kl.clone();
        kl.sort_by(|a, b| b.total_cmp(a));
        let most = 32;
        let mut each: Vec<String> = kl.iter().take(most).map(|k| format!("{k:.2}")).collect();
        if kl.len() > most {
            each.push("..".into());
        }
        let mut text =
            format!("`{}` has {} of {} dimensions active, KL per dimension {} nats", self.name, self.active(), kl.len(), each.join(" "));
        if let Some(d) = self.distances {
            text += &format!(
                "; samples lie {:.2} times as far from real examples as reconstructions do ({:.3} and {:.3} per element)",
                d.gap(),
                d.samples,
                d.reconstructions
            );
        }
        text
    }

    /// What is wrong, and what to do.
    pub fn words(&self) -> Option<String> {
        let total: f64 = self.kl.iter().sum();
        let active = self.active();
        if total < 0.1 * self.kl.len() as f64 || active == 0 {
            return Some(format!(
                "the decoder ignores `{0}`: its KL is {total:.2} nats, {active} of {1} dimensions are active; lower beta or warm it up, as in `elbo(p, q, beta: ramp(0 -> 1, over: 10 epochs))`",
                self.name,
                self.kl.len()
            ));
        }
        let far = self.distances.is_some_and(|d| d.gap() > FAR);
        let wide = self.spread > WIDE;
        if total / active as f64 > EXPENSIVE && (wide || far) {
            let mut signs = Vec::new();
            if wide {
                signs.push(format!(
                    "the codes of the data lie {:.1} times wider than the prior's draws, so samples decode what was never trained",
                    self.spread
                ));
            }
            if let (true, Some(d)) = (far, self.distances) {
                signs.push(format!("samples lie {:.1} times as far from real examples as reconstructions do", d.gap()));
            }
            return Some(format!(
                "`{}` is not compressed: its KL is {total:.1} nats over {active} active dimensions, {}; raise beta",
                self.name,
                signs.join(", and ")
            ));
        }
        None
    }
}

/// How many of these mean KLs, in nats, are of dimensions that carry something.
pub fn active(kl: &[f64]) -> usize {
    kl.iter().filter(|k| **k > INACTIVE).count()
}

/// Mean over `shown` of the distance to the nearest of `real`, all rows of `d` numbers: root mean square per element.
fn nearest(shown: &[f32], real: &[f32], d: usize) -> f64 {
    let rows = shown.chunks_exact(d.max(1));
    let n = rows.len().max(1) as f64;
    let mut sum = 0.0;
    for x in rows {
        let mut best = f32::INFINITY;
        for y in real.chunks_exact(d.max(1)) {
            best = best.min(x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum());
        }
        sum += (f64::from(best) / d.max(1) as f64).sqrt();
    }
    sum / n
}

/// How far reconstructions and samples lie from real examples; nothing where the model lacks either, or has no training data to compare with,
/// or where all that it shows is a class.
fn distances(s: &mut Session, most: usize, seed: u64) -> Result<Option<Distances>, ExecError> {
    let Some((name, ty)) = crate::pictures::observed(s) else { return Ok(None) };
    if s.typed.data.iter().flat_map(|d| &d.vars).any(|v| v.name == name && matches!(v.ty.kind, Kind::Class(_))) {
        return Ok(None);
    }
    let d = ty.size();
    // Of pixels that are drawn anew at every visit these are the probabilities: what a mean is to be compared with.
    let mut real: Vec<f32> = Vec::new();
    for (item, set) in s.typed.data.iter().zip(&s.sets) {
        for (_, c) in item.vars.iter().zip(&set.train.columns).filter(|(v, _)| v.name == name) {
            real = c.values.iter().take(REAL * d).copied().collect();
        }
    }
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0).min(most).min(LOOK);
    if real.is_empty() || n == 0 || d == 0 || !s.has("reconstruct") {
        return Ok(None);
    }
    let rows: Vec<usize> = (0..n).collect();
    let data = s.batch(true, &rows);
    let at = At { key: RngKey { seed, step: 1 << 58 }, ..At::default() };
    let again = s.run("reconstruct", n, &data, at, false)?.into_iter().find(|(o, _)| *o == format!("site:{name}")).map(|(_, t)| t.to_f32());
    let drawn = draw(s, n, seed)?;
    let pick = |prefix: &str| drawn.iter().find(|(o, _, _)| *o == format!("{prefix}:{name}")).map(|(_, v, _)| v);
    let (Some(again), Some(fresh)) = (again, pick("mean").or_else(|| pick("site"))) else { return Ok(None) };
    Ok(Some(Distances { reconstructions: nearest(&again, &real, d), samples: nearest(fresh, &real, d) }))
}

fn deviations(values: &[f32], d: usize) -> Vec<f64> {
    let n = (values.len() / d.max(1)).max(1) as f64;
    let mut out = Vec::new();
    for j in 0..d {
        let column = || values.iter().skip(j).step_by(d).map(|x| f64::from(*x));
        let mean = column().sum::<f64>() / n;
        out.push((column().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt());
    }
    out
}

/// Measures the latent sites whose KL has a closed form, given that KL by site and dimension (nats): how widely the codes of at most `most`
/// and 2,000 test examples lie, and how far from real examples what the model shows.
///
/// # Errors
/// What running a program reports.
pub fn measure(s: &mut Session, kl: BTreeMap<String, Vec<f64>>, most: usize, seed: u64) -> Result<Vec<Code>, ExecError> {
    if kl.is_empty() {
        return Ok(Vec::new());
    }
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0).min(most).min(2000);
    s.infer_test(n, seed)?;
    let rows: Vec<usize> = (0..n).collect();
    let mut codes: BTreeMap<String, Vec<f32>> = BTreeMap::new();
    for (i, rows) in rows.chunks(500).enumerate() {
        let data = s.batch(true, rows);
        let at = At { key: RngKey { seed, step: 1 << 57 | i as u64 }, ..At::default() };
        for (name, t) in s.run("encode", rows.len(), &data, at, false)? {
            if let Some(site) = name.strip_prefix("code:") {
                codes.entry(site.to_string()).or_default().extend(t.to_f32());
            }
        }
    }
    let drawn = draw(s, 1000, seed)?;
    let distances = distances(s, most, seed)?;
    let mut out = Vec::new();
    for (name, kl) in kl {
        let d = kl.len();
        let prior = drawn.iter().find(|(o, _, _)| *o == format!("site:{name}")).map(|(_, v, _)| deviations(v, d));
        let data = codes.get(&name).map(|v| deviations(v, d));
        let spread = match (prior, data) {
            (Some(p), Some(c)) => c.iter().zip(&p).map(|(c, p)| c / p.max(1e-6)).fold(0.0, f64::max),
            _ => 0.0,
        };
        out.push(Code { name, kl, spread, distances });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_the_illness() {
        let code = |kl: Vec<f64>, spread, samples| Code {
            name: "z".into(),
            kl,
            spread,
            distances: Some(Distances { reconstructions: 0.1, samples }),
        };
        assert!(code(vec![0.001; 8], 1.0, 0.1).words().unwrap().contains("ignores `z`"));
        let wide = code(vec![6.0; 8], 3.0, 0.1).words().unwrap();
        assert!(wide.contains("not compressed") && wide.contains("3.0 times wider") && !wide.contains("times as far"), "{wide}");
        let far = code(vec![6.0; 8], 1.0, 0.2).words().unwrap();
        assert!(far.contains("not compressed") && far.contains("2.0 times as far") && !far.contains("wider"), "{far}");
        assert_eq!(code(vec![1.5; 8], 0.9, 0.1).words(), None);
        assert_eq!(code(vec![6.0; 8], 1.0, 0.1).words(), None, "an expensive code that samples well is no illness");
        assert_eq!(code(vec![2.0, 0.001], 0.9, 0.1).active(), 1);
    }

    #[test]
    fn distances_to_the_nearest_row() {
        let real = [0.0, 0.0, 3.0, 4.0];
        // (0, 0) lies on the first row, (3, 2) is 2 away from the second: (0 + 2 / √2) / 2.
        assert!((nearest(&[0.0, 0.0, 3.0, 2.0], &real, 2) - 2f64.sqrt() / 2.0).abs() < 1e-6);
    }
}
