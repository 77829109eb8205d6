//! Fixed shuffles: a pure function of the seed that the user writes.

/// SplitMix64 (Steele, Lea & Flood 2014).
pub(in crate::rows) struct SplitMix(pub u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Uniform on (0, 1).
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
    /// Standard normal, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let r = (-2.0 * self.uniform().ln()).sqrt();
        r * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A shuffle of `0..n` (Fisher and Yates).
pub fn permutation(n: usize, seed: u64) -> Vec<usize> {
    let mut rng = SplitMix(seed);
    let mut all: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        let j = (rng.uniform() * (i + 1) as f64) as usize;
        all.swap(i, j.min(i));
    }
    all
}

/// The permutation that undoes `p`.
pub fn undo(p: &[usize]) -> Vec<usize> {
    let mut back = vec![0; p.len()];
    for (i, &j) in p.iter().enumerate() {
        if let Some(b) = back.get_mut(j) {
            *b = i;
        }
    }
    back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffles_are_permutations_and_can_be_undone() {
        for n in [0, 1, 2, 17] {
            let p = permutation(n, 3);
            let back = undo(&p);
            assert!((0..n).all(|i| back[p[i]] == i));
        }
        assert_ne!(permutation(17, 3), permutation(17, 4));
    }
}
