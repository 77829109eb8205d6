//! What random numbers are drawn for: each purpose has keys of its own, so that no two share draws by
//! accident.
//!
//! A key is (seed, step), and the program adds its own name to it (see [`crate::exec::random`]). Training
//! counts its minibatches from 0; every other purpose has a bit of its own above all of them.

use crate::exec::RngKey;

/// What draws are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Initial parameters.
    Start,
    /// A minibatch of training.
    Training {
        /// Its number, from 0.
        draw: u64,
    },
    /// What the data leave to chance (`binarize: dynamic`), where it is drawn once for all programs.
    Datum {
        /// Row of the test part.
        row: u64,
    },
    /// Reconstructions whose distance to real examples is measured.
    Distances,
    /// Codes of the test part, for the health of latent sites.
    Codes {
        /// Number of the chunk.
        chunk: u64,
    },
    /// Densities of every class: the same noise for all classes, so that it cancels in their comparison.
    Classes {
        /// Number of the chunk.
        chunk: u64,
        /// Number of the sample of a bound.
        sample: u64,
    },
    /// Numbers of parts of the test part, whose spread is the error of their mean.
    Errors {
        /// Number of the part.
        group: u64,
    },
    /// Which test rows of one data item meet which of another.
    Pairing {
        /// Number of the item.
        item: u64,
    },
    /// What a verb asks of the whole test part.
    Query {
        /// Number of the chunk.
        chunk: u64,
    },
    /// How steep the payoffs of a game are.
    Slopes {
        /// Number of the minibatch.
        chunk: u64,
    },
    /// Reconstructions shown in a picture.
    Pictures,
    /// Completions of test examples.
    Completions {
        /// Number of the chunk.
        chunk: u64,
    },
    /// Corrupted examples shown in a picture, and what becomes of them.
    Denoised,
    /// Means over the test part.
    Evaluation {
        /// Number of the chunk.
        chunk: u64,
    },
    /// A sample of an importance-weighted bound.
    Importance {
        /// Number of the chunk.
        chunk: u64,
        /// Number of the sample, from 1.
        sample: u64,
    },
    /// Draws from the model.
    Samples {
        /// How many were drawn before these.
        from: u64,
    },
    /// The inference of what a guide holds for each new datum.
    Inference {
        /// Number of the minibatch.
        part: u64,
        /// Number of the update, from 0.
        step: u64,
    },
}

impl Purpose {
    /// The key of these draws. Numbers of runs rest on these bits: they are not changed.
    pub fn key(self, seed: u64) -> RngKey {
        let step = match self {
            Purpose::Start => 0,
            Purpose::Training { draw } => draw,
            Purpose::Distances => 1 << 55,
            Purpose::Datum { row } => 1 << 56 | row,
            Purpose::Codes { chunk } => 1 << 57 | chunk,
            Purpose::Classes { chunk, sample } => 1 << 58 | chunk << 24 | sample,
            Purpose::Query { chunk } => 1 << 59 | chunk,
            Purpose::Errors { group } => 1 << 54 | group,
            Purpose::Pairing { item } => 1 << 53 | item,
            Purpose::Slopes { chunk } => 1 << 60 | 1 << 55 | chunk,
            Purpose::Pictures => 1 << 60,
            Purpose::Denoised => 1 << 60 | 1,
            Purpose::Completions { chunk } => 1 << 60 | 1 << 54 | chunk,
            // The first chunk's key is as it always was; those of the others lie apart from every sample's of a bound.
            Purpose::Evaluation { chunk: 0 } => 1 << 62,
            Purpose::Evaluation { chunk } => 1 << 62 | 1 << 60 | chunk,
            Purpose::Importance { chunk, sample } => 1 << 62 | chunk << 32 | sample,
            Purpose::Samples { from } => 1 << 62 | 1 << 61 | from,
            Purpose::Inference { part, step } => 1 << 63 | part << 32 | step,
        };
        RngKey { seed, step }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Keys of different purposes are different, but for those of initial parameters and the first minibatch, whose
    /// programs are others.
    #[test]
    fn purposes_share_no_key() {
        let some = [0u64, 1, 2, 3, 7, 100, 9_999];
        let mut all = vec![Purpose::Distances, Purpose::Pictures, Purpose::Denoised];
        for i in some {
            all.extend([
                Purpose::Training { draw: i },
                Purpose::Datum { row: i },
                Purpose::Codes { chunk: i },
                Purpose::Query { chunk: i },
                Purpose::Errors { group: i },
                Purpose::Slopes { chunk: i },
                Purpose::Pairing { item: i },
                Purpose::Completions { chunk: i },
                Purpose::Evaluation { chunk: i },
                Purpose::Samples { from: i },
            ]);
            for j in some {
                all.push(Purpose::Classes { chunk: i, sample: j });
                all.push(Purpose::Inference { part: i, step: j });
                all.push(Purpose::Importance { chunk: i, sample: j + 1 });
            }
        }
        let mut seen = BTreeMap::new();
        for p in all {
            if let Some(other) = seen.insert(p.key(7).step, p) {
                panic!("{p:?} and {other:?} have one key");
            }
        }
    }
}
