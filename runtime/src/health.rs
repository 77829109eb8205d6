//! The health of a latent variable model, in words: is the code ignored, is it compressed? (families.md, C10)

use crate::evaluate::draw;
use crate::exec::{ExecError, RngKey};
use crate::session::{At, Session};
use std::collections::BTreeMap;

/// KL below which a latent dimension carries nothing, in nats.
const INACTIVE: f64 = 0.01;
/// KL per active dimension above which a code is suspected of not being compressed, in nats.
const EXPENSIVE: f64 = 4.0;
/// How many times wider than the prior the codes of the data may lie.
const WIDE: f64 = 1.5;

/// What was measured at one latent site.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// The site.
    pub name: String,
    /// Mean KL of each dimension, nats.
    pub kl: Vec<f64>,
    /// Standard deviation of the data's codes over that of the prior's draws, the largest over the dimensions.
    pub spread: f64,
}

impl Code {
    /// Dimensions that carry something.
    pub fn active(&self) -> usize {
        self.kl.iter().filter(|k| **k > INACTIVE).count()
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
        if total / active as f64 > EXPENSIVE && self.spread > WIDE {
            return Some(format!(
                "`{}` is not compressed: its KL is {total:.1} nats over {active} active dimensions, and the codes of the data lie {:.1} times wider than the prior's draws, so samples decode what was never trained; raise beta",
                self.name, self.spread
            ));
        }
        None
    }
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

/// Measures the latent sites whose KL has a closed form, on at most 2,000 test examples.
///
/// # Errors
/// What running a program reports.
pub fn measure(s: &mut Session, program: &str, seed: u64) -> Result<Vec<Code>, ExecError> {
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0).min(2000);
    s.infer_test(n, seed)?;
    let rows: Vec<usize> = (0..n).collect();
    let mut sums: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut codes: BTreeMap<String, Vec<f32>> = BTreeMap::new();
    for (i, rows) in rows.chunks(500).enumerate() {
        let data = s.batch(true, rows);
        let at = At { key: RngKey { seed, step: 1 << 57 | i as u64 }, ..At::default() };
        for (name, t) in s.run(program, rows.len(), &data, at, false)? {
            if let Some(site) = name.strip_prefix("kl_dim:") {
                let v = t.to_f32();
                let d = v.len() / rows.len().max(1);
                let sum = sums.entry(site.to_string()).or_insert_with(|| vec![0.0; d]);
                for row in v.chunks(d.max(1)) {
                    sum.iter_mut().zip(row).for_each(|(s, x)| *s += f64::from(*x));
                }
            }
        }
        for (name, t) in s.run("encode", rows.len(), &data, at, false)? {
            if let Some(site) = name.strip_prefix("code:") {
                codes.entry(site.to_string()).or_default().extend(t.to_f32());
            }
        }
    }
    let drawn = draw(s, 1000, seed)?;
    let mut out = Vec::new();
    for (name, sum) in sums {
        let d = sum.len();
        let kl: Vec<f64> = sum.iter().map(|x| x / n.max(1) as f64).collect();
        let prior = drawn.iter().find(|(o, _, _)| *o == format!("site:{name}")).map(|(_, v, _)| deviations(v, d));
        let data = codes.get(&name).map(|v| deviations(v, d));
        let spread = match (prior, data) {
            (Some(p), Some(c)) => c.iter().zip(&p).map(|(c, p)| c / p.max(1e-6)).fold(0.0, f64::max),
            _ => 0.0,
        };
        out.push(Code { name, kl, spread });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_the_illness() {
        let code = |kl: Vec<f64>, spread| Code { name: "z".into(), kl, spread };
        assert!(code(vec![0.001; 8], 1.0).words().unwrap().contains("ignores `z`"));
        assert!(code(vec![6.0; 8], 3.0).words().unwrap().contains("not compressed"));
        assert_eq!(code(vec![1.5; 8], 0.9).words(), None);
        assert_eq!(code(vec![2.0, 0.001], 0.9).active(), 1);
    }
}
