//! Sums of numbers that lie in order, on the CPU.
//!
//! In which order a sum is taken depends on the shape alone: a row in [`LANES`] sums side by side, of at most [`RUN`] numbers each time; columns row by
//! row, at most [`ROWS`] of them before they are added to the others. So no bit depends on the number of threads or on the processor.

use rayon::prelude::*;

/// Sums side by side.
const LANES: usize = 64;
/// Numbers of a row that one task sums.
const RUN: usize = 1 << 15;
/// Rows that are summed before the sum is added to the others.
const ROWS: usize = 256;
/// Columns that are summed while their sums are in the first cache.
const COLUMNS: usize = 1024;
/// Numbers below which one thread is faster than two.
const PARALLEL: usize = 1 << 17;

/// The sums over the middle axis of `[outer, count, inner]` numbers.
pub fn sums(x: &[f32], [outer, count, inner]: [usize; 3]) -> Vec<f32> {
    let mut out = vec![0.0; outer * inner];
    let matrix = count * inner;
    if matrix == 0 || outer == 0 {
        return out;
    }
    let parallel = outer * matrix >= PARALLEL;
    if inner == 1 && parallel && outer > 1 {
        let some = (RUN / count).max(1);
        let tasks = out.par_chunks_mut(some).zip(x.par_chunks(some * count));
        tasks.for_each(|(out, x)| rows(out, x, count));
    } else if inner == 1 {
        rows(&mut out, x, count);
    } else if parallel && outer >= rayon::current_num_threads() {
        let tasks = out.par_chunks_exact_mut(inner).zip(x.par_chunks_exact(matrix));
        tasks.for_each(|(out, x)| columns(out, x, inner, 0));
    } else if parallel && count > ROWS {
        for (out, x) in out.chunks_exact_mut(inner).zip(x.chunks_exact(matrix)) {
            let part = |x: &[f32]| {
                let mut part = vec![0.0; inner];
                columns(&mut part, x, inner, 0);
                part
            };
            let parts: Vec<Vec<f32>> = x.par_chunks(ROWS * inner).map(part).collect();
            out.copy_from_slice(parts.first().map_or(&[][..], Vec::as_slice));
            parts.iter().skip(1).for_each(|part| add(out, part));
        }
    } else if parallel {
        for (out, x) in out.chunks_exact_mut(inner).zip(x.chunks_exact(matrix)) {
            let some = inner.div_ceil(2 * rayon::current_num_threads()).next_multiple_of(16);
            let tasks = out.par_chunks_mut(some).enumerate();
            tasks.for_each(|(i, out)| columns(out, x, inner, i * some));
        }
    } else {
        let matrices = out.chunks_exact_mut(inner).zip(x.chunks_exact(matrix));
        matrices.for_each(|(out, x)| columns(out, x, inner, 0));
    }
    out
}

/// The sum of each row of `count` numbers.
fn rows(out: &mut [f32], x: &[f32], count: usize) {
    vectorised(
        #[inline(always)]
        || {
            for (out, x) in out.iter_mut().zip(x.chunks_exact(count)) {
                *out = x.chunks(RUN).map(run).fold(0.0, |sum, part| sum + part);
            }
        },
    );
}

/// Number `i` goes to sum `i` modulo [`LANES`]; then halves of the sums are added until one is left.
#[inline(always)]
pub fn run(x: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (whole, rest) = x.as_chunks::<LANES>();
    for x in whole {
        lanes.iter_mut().zip(x).for_each(|(sum, x)| *sum += *x);
    }
    lanes.iter_mut().zip(rest).for_each(|(sum, x)| *sum += *x);
    let mut half = LANES / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        low.iter_mut().zip(high).for_each(|(a, b)| *a += *b);
        half /= 2;
    }
    lanes.first().copied().unwrap_or(0.0)
}

/// The sums of the columns from `first` on, as many as `out` holds, of rows of `width` numbers.
fn columns(out: &mut [f32], x: &[f32], width: usize, first: usize) {
    vectorised(
        #[inline(always)]
        || {
            let mut sums = [0.0f32; COLUMNS];
            for (j, out) in out.chunks_mut(COLUMNS).enumerate() {
                let from = first + j * COLUMNS;
                let sums = sums.get_mut(..out.len()).unwrap_or_default();
                for (part, x) in x.chunks(ROWS * width).enumerate() {
                    sums.fill(0.0);
                    for row in x.chunks_exact(width) {
                        add(sums, row.get(from..).unwrap_or_default());
                    }
                    if part == 0 { out.copy_from_slice(sums) } else { add(out, sums) }
                }
            }
        },
    );
}

#[inline(always)]
fn add(to: &mut [f32], x: &[f32]) {
    to.iter_mut().zip(x).for_each(|(to, x)| *to += *x);
}

/// Runs `f`, compiled with AVX2 where the processor has it; which changes no bit, as multiplications and additions are not joined.
#[inline(always)]
pub(super) fn vectorised<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        unsafe fn avx2<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has the feature.
            return unsafe { avx2(f) };
        }
    }
    f()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_f64_with_the_same_bits_for_every_number_of_threads() {
        let pools =
            [1, 2, 3].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("threads"));
        for [outer, count, inner] in [
            [1, 1, 1],
            [3, 0, 4],
            [0, 3, 4],
            [5, 63, 1],
            [5, 65, 1],
            [1, 100_000, 1],
            [300, 784, 1],
            [1, 300, 784],
            [1, 200, 3000],
            [1, 70_000, 3],
            [2, 40_000, 3],
            [40, 130, 30],
        ] {
            let n = outer * count * inner;
            let x: Vec<f32> = (0..n).map(|i| (1.3 * i as f32).sin() + 0.1).collect();
            let all = pools.each_ref().map(|pool| pool.install(|| sums(&x, [outer, count, inner])));
            for (at, sum) in all[0].iter().enumerate() {
                let (i, j) = (at / inner, at % inner);
                let exact: f64 = (0..count).map(|c| f64::from(x[(i * count + c) * inner + j])).sum();
                let off = (f64::from(*sum) - exact).abs();
                assert!(off < 1e-6 * (count as f64 + 4.0), "{outer} {count} {inner}: {sum}, not {exact}");
            }
            let bits = all.map(|sums| sums.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
            assert!(bits.iter().all(|b| *b == bits[0]), "{outer} {count} {inner}");
        }
    }
}
