//! What the critics of a game say of data and of draws, as histograms.

use super::means::position;
use crate::exec::ExecError;
use crate::session::Session;
use gmc_compiler::derive::{Output, Program};
use serde::{Deserialize, Serialize};

/// A histogram of one quantity for several sets of examples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The quantity: `D`.
    pub name: String,
    /// Lowest and highest value.
    pub range: [f64; 2],
    /// Shares of the examples in equal bins from the lowest to the highest, by what the examples are.
    pub sets: Vec<(String, Vec<f64>)>,
}

/// Most test examples.
const EXAMPLES: usize = 2000;
/// Bins of a histogram.
const BINS: usize = 24;

/// What each call of a net that gives one number said, one histogram for the calls of a net.
///
/// # Errors
/// What running the program reports.
pub fn critics(s: &mut Session, seed: u64) -> Result<Vec<Histogram>, ExecError> {
    if !s.has(&Program::Critics) || s.test_examples() == 0 {
        return Ok(Vec::new());
    }
    let mut said: Vec<(String, Vec<f64>)> = Vec::new();
    for (i, rows) in s.test_chunks(EXAMPLES).iter().enumerate() {
        let data = s.unpaired_batch(rows, EXAMPLES, seed);
        for (output, t) in s.run(&Program::Critics, rows.len(), &data, position(seed, i))? {
            let Output::Says(call) = output else { continue };
            let values = t.to_f32().into_iter().map(f64::from).filter(|v| v.is_finite());
            match said.iter_mut().find(|(c, _)| *c == call) {
                Some((_, all)) => all.extend(values),
                None => said.push((call, values.collect())),
            }
        }
    }
    let net = |call: &str| call.split('(').next().unwrap_or_default().to_string();
    let mut nets: Vec<String> = said.iter().map(|(call, _)| net(call)).collect();
    nets.dedup();
    let of = |name: String| {
        let calls: Vec<&(String, Vec<f64>)> = said.iter().filter(|(c, _)| net(c) == name).collect();
        histogram(name, &calls)
    };
    Ok(nets.into_iter().filter_map(of).collect())
}

/// Values in equal bins between the lowest and the highest of all; nothing where all are the same.
fn histogram(name: String, calls: &[&(String, Vec<f64>)]) -> Option<Histogram> {
    let all = || calls.iter().flat_map(|(_, v)| v).copied();
    let (lo, hi) = (all().reduce(f64::min)?, all().reduce(f64::max)?);
    if hi <= lo {
        return None;
    }
    let shares = |(call, values): &(String, Vec<f64>)| {
        let mut bins = vec![0.0; BINS];
        for v in values {
            let at = ((v - lo) / (hi - lo) * BINS as f64) as usize;
            if let Some(b) = bins.get_mut(at.min(BINS - 1)) {
                *b += 1.0 / values.len() as f64;
            }
        }
        (call.clone(), bins)
    };
    Some(Histogram { name, range: [lo, hi], sets: calls.iter().map(|c| shares(c)).collect() })
}

#[cfg(test)]
mod tests {
    use super::histogram;

    #[test]
    fn shares_of_each_call_sum_to_one() {
        let calls = [("D(x)".to_string(), vec![0.0, 1.0, 1.0, 2.4]), ("D(p.x)".to_string(), vec![0.0, 0.05])];
        let h = histogram("D".into(), &calls.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(h.range, [0.0, 2.4]);
        assert_eq!(
            (h.sets[0].1[0], h.sets[0].1[10], h.sets[0].1[23], h.sets[1].1[0]),
            (0.25, 0.5, 0.25, 1.0)
        );
        assert!(histogram("D".into(), &[&("D(x)".to_string(), vec![1.0, 1.0])]).is_none());
    }
}
