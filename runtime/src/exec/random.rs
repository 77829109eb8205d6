//! Random draws as a pure function of (seed, step, program, stream, iteration): no state to save, the same numbers on every device.
//!
//! ChaCha with 8 rounds (Bernstein 2008) in counter mode: the key is (seed, program, stream, iteration), the nonce the step, and each
//! block of [`CHUNK`] draws has its own stretch of the counter, so that blocks can be drawn in any order by any thread.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use gmc_compiler::ir::op::RandomKind;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// Draws per block. A draw takes at most a few words of the counter, of which each block has 2^24.
pub const CHUNK: usize = 16_384;

/// Words of the stream that are taken together.
const WORDS: usize = 1024;

/// What all draws of one run depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RngKey {
    /// The seed of the whole run of the program.
    pub seed: u64,
    /// The training step, or the number of the minibatch or query.
    pub step: u64,
}

/// The salt of a program's streams: FNV-1a (64 bits) of its name, so that two programs draw different numbers.
pub fn salt(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// `n` draws of `stream` in the program with this `salt`. Uniform draws lie in the open interval (0, 1).
pub fn values(kind: RandomKind, key: RngKey, salt: u64, stream: u32, n: usize) -> Vec<f32> {
    values_in(kind, key, salt, (stream, 0), n)
}

/// As [`values`], in an iteration of the loops around the draw, counted from 0 over all of them: iterations of one stream share no
/// key, nor do streams. Iteration 0 draws what a node outside of loops would.
pub fn values_in(
    kind: RandomKind,
    key: RngKey,
    salt: u64,
    (stream, iteration): (u32, u64),
    n: usize,
) -> Vec<f32> {
    let mut seed = [0u8; 32];
    let words = [key.seed, salt, u64::from(stream), iteration];
    words.iter().zip(seed.chunks_mut(8)).for_each(|(word, bytes)| bytes.copy_from_slice(&word.to_le_bytes()));
    let fill = |block: usize, out: &mut [f32]| {
        let mut rng = ChaCha8Rng::from_seed(seed);
        rng.set_stream(key.step);
        rng.set_word_pos((block as u128) << 24);
        match kind {
            // 23 bits and a half: the largest value is 1 - 2^-24, the smallest 2^-24, both exact.
            RandomKind::Uniform => {
                let mut bytes = [0u8; 4 * WORDS];
                for out in out.chunks_mut(WORDS) {
                    let bytes = bytes.get_mut(..4 * out.len()).unwrap_or_default();
                    rng.fill_bytes(bytes);
                    let words = bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b));
                    out.iter_mut()
                        .zip(words)
                        .for_each(|(v, w)| *v = ((w >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0));
                }
            }
            RandomKind::Normal => out.iter_mut().for_each(|v| *v = StandardNormal.sample(&mut rng)),
        }
    };
    let mut out = vec![0.0; n];
    if n > CHUNK {
        out.par_chunks_mut(CHUNK).enumerate().for_each(|(i, c)| fill(i, c));
    } else {
        fill(0, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: RngKey = RngKey { seed: 7, step: 3 };

    #[test]
    fn a_prefix_does_not_depend_on_the_length() {
        for kind in [RandomKind::Uniform, RandomKind::Normal] {
            let long = values(kind, KEY, 1, 2, 3 * CHUNK + 5);
            let short = values(kind, KEY, 1, 2, CHUNK + 1);
            assert_eq!(long.get(..CHUNK + 1), Some(&short[..]));
        }
    }

    /// The words of the stream one by one, by the generator alone.
    #[test]
    fn uniform_draws_are_the_words_of_the_stream() {
        let mut seed = [0u8; 32];
        let words = [KEY.seed, 1, 2, 0].map(u64::to_le_bytes);
        seed.copy_from_slice(words.as_flattened());
        let mut rng = ChaCha8Rng::from_seed(seed);
        rng.set_stream(KEY.step);
        for v in values(RandomKind::Uniform, KEY, 1, 2, 2 * WORDS + 7) {
            assert_eq!(v, ((rng.next_u32() >> 9) as f32 + 0.5) / 8_388_608.0);
        }
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let base = values(RandomKind::Uniform, KEY, 1, 2, 64);
        assert_eq!(base, values(RandomKind::Uniform, KEY, 1, 2, 64));
        let others = [
            values(RandomKind::Uniform, RngKey { seed: 8, ..KEY }, 1, 2, 64),
            values(RandomKind::Uniform, RngKey { step: 4, ..KEY }, 1, 2, 64),
            values(RandomKind::Uniform, KEY, 9, 2, 64),
            values(RandomKind::Uniform, KEY, 1, 3, 64),
            values_in(RandomKind::Uniform, KEY, 1, (2, 1), 64),
            values_in(RandomKind::Uniform, KEY, 1, (2, 1 << 32), 64),
            values_in(RandomKind::Uniform, KEY, 1, (1, 2), 64),
        ];
        assert_eq!(base, values_in(RandomKind::Uniform, KEY, 1, (2, 0), 64));
        for o in others {
            assert!(base.iter().zip(&o).all(|(a, b)| a != b), "streams share a value in place");
        }
        assert_ne!(salt("step.all"), salt("sample.p"));
    }

    #[test]
    fn moments_are_those_of_the_distribution() {
        let n = 400_000;
        let moments = |v: &[f32]| {
            let mean = v.iter().map(|x| f64::from(*x)).sum::<f64>() / v.len() as f64;
            (mean, v.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / v.len() as f64)
        };
        let u = values(RandomKind::Uniform, KEY, 0, 0, n);
        assert!(u.iter().all(|x| *x > 0.0 && *x < 1.0));
        let (m, v) = moments(&u);
        assert!((m - 0.5).abs() < 3e-3 && (v - 1.0 / 12.0).abs() < 2e-3, "{m} {v}");
        let (m, v) = moments(&values(RandomKind::Normal, KEY, 0, 0, n));
        assert!(m.abs() < 8e-3 && (v - 1.0).abs() < 1.2e-2, "{m} {v}");
    }
}
