//! Blocks of eight by eight numbers, rows as columns.

/// Eight rows, `step` apart, as the columns of eight rows, `width` apart.
///
/// # Safety
/// The processor has AVX; all 64 numbers lie in their buffers.
#[target_feature(enable = "avx")]
pub unsafe fn turn(from: *const f32, step: usize, to: *mut f32, width: usize) {
    use std::arch::x86_64::*;
    // SAFETY: the caller's word.
    let x: [__m256; 8] = std::array::from_fn(|i| unsafe { _mm256_loadu_ps(from.add(i * step)) });
    let [a, b, c, d, e, f, g, h] = x;
    // Pairs, then fours, then eights of what becomes one row.
    let [ab, cd, ef, gh] =
        [(a, b), (c, d), (e, f), (g, h)].map(|(x, y)| [_mm256_unpacklo_ps(x, y), _mm256_unpackhi_ps(x, y)]);
    let fours = |[x, y]: [__m256; 2], [z, w]: [__m256; 2]| {
        [
            _mm256_shuffle_ps::<0x44>(x, z),
            _mm256_shuffle_ps::<0xee>(x, z),
            _mm256_shuffle_ps::<0x44>(y, w),
            _mm256_shuffle_ps::<0xee>(y, w),
        ]
    };
    for (i, (low, high)) in fours(ab, cd).into_iter().zip(fours(ef, gh)).enumerate() {
        // SAFETY: the caller's word.
        unsafe {
            _mm256_storeu_ps(to.add(i * width), _mm256_permute2f128_ps::<0x20>(low, high));
            _mm256_storeu_ps(to.add((i + 4) * width), _mm256_permute2f128_ps::<0x31>(low, high));
        }
    }
}
