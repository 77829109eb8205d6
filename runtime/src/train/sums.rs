//! What training reported since the last line of the log: sums over rounds. They are kept over a resume, so
//! that a resumed run writes the lines of a run that was never stopped.

use super::Numbers;
use crate::store::checkpoint::Meta;
use std::collections::BTreeMap;

/// Under this name a checkpoint keeps them.
const UNLOGGED: &str = "unlogged";

/// Sums over rounds, by name.
#[derive(Default)]
pub struct Sums {
    sums: BTreeMap<String, f64>,
    rounds: u64,
}

impl Sums {
    /// Those that a checkpoint keeps.
    pub fn of(meta: &Meta) -> Sums {
        Sums::read(meta).unwrap_or_default()
    }

    fn read(meta: &Meta) -> Option<Sums> {
        let (rounds, bits): (u64, BTreeMap<String, u64>) =
            serde_json::from_str(meta.extra.get(UNLOGGED)?).ok()?;
        Some(Sums { sums: bits.into_iter().map(|(n, b)| (n, f64::from_bits(b))).collect(), rounds })
    }

    /// Writes them into the header of a checkpoint.
    pub fn keep(&self, extra: &mut BTreeMap<String, String>) {
        if self.rounds > 0 {
            // Bit patterns: a decimal text may come back as another number.
            let bits: BTreeMap<&str, u64> =
                self.sums.iter().map(|(n, v)| (n.as_str(), v.to_bits())).collect();
            extra.insert(UNLOGGED.into(), serde_json::to_string(&(self.rounds, bits)).unwrap_or_default());
        }
    }

    /// Adds what a round reported.
    pub fn add(&mut self, numbers: Numbers) {
        for (name, v) in numbers {
            *self.sums.entry(name).or_default() += f64::from(v);
        }
        self.rounds += 1;
    }

    /// The means so far.
    pub fn means(&self) -> Vec<(String, f64)> {
        self.sums.iter().map(|(k, v)| (k.clone(), v / self.rounds.max(1) as f64)).collect()
    }

    /// The means, and begins anew.
    pub fn take(&mut self) -> Vec<(String, f64)> {
        let Sums { sums, rounds } = std::mem::take(self);
        sums.into_iter().map(|(k, v)| (k, v / rounds as f64)).collect()
    }
}
