//! Fixed shuffles and rotations, decided when the spec is compiled: a pure function of the seed that the user writes.

/// SplitMix64 (Steele, Lea & Flood 2014).
struct SplitMix(u64);

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
    fn normal(&mut self) -> f64 {
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

/// A square matrix as P L U: `P L U` applied to v is `(L U v)` with row r moved to `rows[r]`.
pub struct Factors {
    /// Where row r of L U lies in the whole.
    pub rows: Vec<usize>,
    /// Unit lower triangular, below the diagonal; row-major.
    pub lower: Vec<f64>,
    /// Above the diagonal; row-major.
    pub upper: Vec<f64>,
    /// The diagonal of U.
    pub diagonal: Vec<f64>,
}

/// Larger matrices start as a permutation: the cubic work of a rotation is not worth its while there.
const LARGEST_ROTATION: usize = 128;

/// A random rotation (or reflection) of `n` dimensions in factors, as Glow initialises its 1 × 1 convolutions.
pub fn rotation(n: usize, seed: u64) -> Factors {
    if n > LARGEST_ROTATION {
        return Factors {
            rows: permutation(n, seed),
            lower: vec![0.0; n * n],
            upper: vec![0.0; n * n],
            diagonal: vec![1.0; n],
        };
    }
    let mut rng = SplitMix(seed);
    let mut q: Vec<Vec<f64>> = Vec::with_capacity(n);
    while q.len() < n {
        let mut v: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        // Twice is enough for Gram and Schmidt (Giraud et al. 2005).
        for _ in 0..2 {
            for u in &q {
                let along: f64 = u.iter().zip(&v).map(|(a, b)| a * b).sum();
                v.iter_mut().zip(u).for_each(|(x, a)| *x -= along * a);
            }
        }
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm > 1e-6 {
            q.push(v.into_iter().map(|x| x / norm).collect());
        }
    }
    factor(q)
}

/// LU with row pivoting of an invertible matrix.
fn factor(mut a: Vec<Vec<f64>>) -> Factors {
    let n = a.len();
    let mut rows: Vec<usize> = (0..n).collect();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap_or(k);
        a.swap(k, pivot);
        rows.swap(k, pivot);
        let (above, below) = a.split_at_mut(k + 1);
        let top = &above[k];
        for row in below {
            let f = row[k] / top[k];
            row[k] = f;
            for j in k + 1..n {
                row[j] -= f * top[j];
            }
        }
    }
    let at = |keep: fn(usize, usize) -> bool| -> Vec<f64> {
        (0..n * n).map(|e| if keep(e / n, e % n) { a[e / n][e % n] } else { 0.0 }).collect()
    };
    Factors {
        rows,
        lower: at(|i, j| i > j),
        upper: at(|i, j| i < j),
        diagonal: (0..n).map(|i| a[i][i]).collect(),
    }
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

    #[test]
    fn factors_multiply_to_a_rotation() {
        let n = 6;
        let f = rotation(n, 5);
        let mut w = vec![vec![0.0; n]; n];
        let l = |i: usize, j: usize| if i == j { 1.0 } else { f.lower[i * n + j] };
        let u = |i: usize, j: usize| if i == j { f.diagonal[i] } else { f.upper[i * n + j] };
        for (r, &row) in f.rows.iter().enumerate() {
            w[row] = (0..n).map(|c| (0..n).map(|k| l(r, k) * u(k, c)).sum()).collect();
        }
        for i in 0..n {
            for j in 0..n {
                let dot: f64 = (0..n).map(|k| w[i][k] * w[j][k]).sum();
                assert!((dot - f64::from(i == j)).abs() < 1e-12, "{i} {j} {dot}");
            }
        }
    }
}
