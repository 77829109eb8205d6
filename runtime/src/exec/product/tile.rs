//! The innermost loop of a product of matrices: a tile of the result is held in registers while its sums are taken.
//!
//! Tiles are computed with AVX-512 or AVX2 where the processor has them, in plain Rust elsewhere. Each number is the same sum, in the same order,
//! whatever the tile and the instructions: what a tile is chosen for is speed alone. (A processor of the x86 family without fused
//! multiply-adds rounds each product by itself.)

#[cfg(target_arch = "x86_64")]
use super::turn::turn;

/// Most vectors of a panel.
const VECTORS: usize = 3;

/// A tile of the result: `out[i, j] (+)= Σ_p a[i, p] b[p, j]`, each sum taken in the order of `p` by fused multiply-adds.
#[derive(Clone, Copy)]
pub struct Tile {
    /// Terms of each sum.
    pub depth: usize,
    /// Element `(i, p)` lies at `i * a_row + p * a_column`.
    pub a: *const f32,
    pub a_row: usize,
    pub a_column: usize,
    /// `depth` rows, each of as many numbers as the panel is wide.
    pub panel: *const f32,
    /// Between the rows of the panel.
    pub panel_row: usize,
    /// Element `(i, j)` lies at `i * out_row + j * out_column`.
    pub out: *mut f32,
    pub out_row: usize,
    pub out_column: usize,
    /// Rows, at most [`Isa::rows`].
    pub rows: usize,
    /// Columns; those of the panel behind them are computed in vain.
    pub columns: usize,
    /// Whether the sums are added to what is there.
    pub add: bool,
}

#[cfg(target_arch = "x86_64")]
impl Tile {
    /// Eight rows of eight sums, written as the columns from `j` on.
    ///
    /// # Safety
    /// As [`Tile::store`], and the processor has AVX.
    #[target_feature(enable = "avx")]
    unsafe fn store_turned(&self, sums: *const f32, width: usize, j: usize) {
        use std::arch::x86_64::{_mm256_add_ps, _mm256_loadu_ps, _mm256_storeu_ps};
        let mut turned = [[0.0f32; 8]; 8];
        // SAFETY: the caller's word.
        unsafe {
            turn(sums, width, turned.as_mut_ptr().cast(), 8);
            for (c, column) in turned.iter().enumerate() {
                let (out, sum) = (self.out.add((j + c) * self.out_column), _mm256_loadu_ps(column.as_ptr()));
                _mm256_storeu_ps(out, if self.add { _mm256_add_ps(_mm256_loadu_ps(out), sum) } else { sum });
            }
        }
    }
}

/// The instructions that tiles are computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Vectors of 16 numbers.
    Avx512,
    /// Vectors of 8, with fused multiply-adds.
    Avx2,
    /// What the compiler makes of loops.
    Any,
}

impl Isa {
    /// All that this processor has, the best first.
    pub fn all() -> Vec<Isa> {
        #[cfg(target_arch = "x86_64")]
        {
            let avx512 = std::arch::is_x86_feature_detected!("avx512f");
            let avx2 =
                std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
            let found = [avx512.then_some(Isa::Avx512), avx2.then_some(Isa::Avx2), Some(Isa::Any)];
            found.into_iter().flatten().collect()
        }
        #[cfg(not(target_arch = "x86_64"))]
        vec![Isa::Any]
    }
    /// Numbers of a vector.
    pub fn width(self) -> usize {
        match self {
            Isa::Avx512 => 16,
            Isa::Avx2 | Isa::Any => 8,
        }
    }
    /// Vectors of the widest panel.
    pub fn vectors(self) -> usize {
        match self {
            Isa::Avx512 => VECTORS,
            Isa::Avx2 | Isa::Any => 2,
        }
    }
    /// Rows that read a panel so few times that reading it where it lies is faster than packing it, where the numbers of a row lie together. Of
    /// narrow panels only parts of the cache's sets are used so.
    pub fn few(self) -> usize {
        match self {
            Isa::Avx512 => 128,
            Isa::Avx2 | Isa::Any => self.rows(),
        }
    }
    /// Rows of the tallest tile: with all vectors, as many sums as there are registers for.
    pub fn rows(self) -> usize {
        match self {
            Isa::Avx512 => 8,
            Isa::Avx2 | Isa::Any => 6,
        }
    }
}

impl Tile {
    /// Computes it with a panel of so many vectors.
    ///
    /// # Safety
    /// The processor has these instructions, and `vectors` is at most [`Isa::vectors`]. All elements of `a` and `out` lie in buffers that live as long as
    /// the call, and the panel's rows hold `vectors * width` numbers each. Nobody else reads or writes the elements of `out` meanwhile.
    pub unsafe fn run(&self, isa: Isa, vectors: usize) {
        debug_assert!((1..=isa.rows()).contains(&self.rows) && (1..=isa.vectors()).contains(&vectors));
        debug_assert!(self.columns <= vectors * isa.width());
        // SAFETY: the caller's word.
        unsafe {
            match (isa, vectors) {
                #[cfg(target_arch = "x86_64")]
                (Isa::Avx512, 1) => avx512::rows::<1>(self),
                #[cfg(target_arch = "x86_64")]
                (Isa::Avx512, 2) => avx512::rows::<2>(self),
                #[cfg(target_arch = "x86_64")]
                (Isa::Avx512, _) => avx512::rows::<3>(self),
                #[cfg(target_arch = "x86_64")]
                (Isa::Avx2, 1) => avx2::rows::<1>(self),
                #[cfg(target_arch = "x86_64")]
                (Isa::Avx2, _) => avx2::rows::<2>(self),
                #[cfg(not(target_arch = "x86_64"))]
                (Isa::Avx512 | Isa::Avx2, _) => any::rows(self, vectors),
                (Isa::Any, _) => any::rows(self, vectors),
            }
        }
    }

    /// Writes or adds sums that lie in order, `width` to a row.
    ///
    /// # Safety
    /// As [`Tile::run`]; `sums` holds `rows * width` numbers.
    #[inline(always)]
    unsafe fn store(&self, sums: *const f32, width: usize) {
        // SAFETY: the caller's word: `i < rows`, `j < columns <= width`.
        let one = |i: usize, j: usize| unsafe {
            let out = self.out.add(i * self.out_row + j * self.out_column);
            let sum = *sums.add(i * width + j);
            *out = if self.add { *out + sum } else { sum };
        };
        // What lies together is written together.
        #[cfg(target_arch = "x86_64")]
        if self.out_row == 1 && self.rows == 8 {
            let whole = self.columns / 8 * 8;
            // SAFETY: the caller's word; tiles of eight rows are AVX-512's.
            (0..whole).step_by(8).for_each(|j| unsafe { self.store_turned(sums.add(j), width, j) });
            (whole..self.columns).for_each(|j| (0..8).for_each(|i| one(i, j)));
            return;
        }
        if self.out_column == 1 {
            (0..self.rows).for_each(|i| (0..self.columns).for_each(|j| one(i, j)));
        } else {
            (0..self.columns).for_each(|j| (0..self.rows).for_each(|i| one(i, j)));
        }
    }
}

#[cfg(target_arch = "x86_64")]
macro_rules! tiles {
    ($isa:ident, $features:literal, $width:literal, $zero:ident, $load:ident, $store:ident, $all:ident, $fma:ident, $add:ident) => {
        mod $isa {
            use super::{Tile, VECTORS};
            use std::arch::x86_64::*;

            /// # Safety
            /// As [`Tile::run`].
            #[target_feature(enable = $features)]
            pub unsafe fn rows<const V: usize>(t: &Tile) {
                // SAFETY: the caller's word.
                unsafe {
                    match t.rows {
                        1 => tile::<1, V>(t),
                        2 => tile::<2, V>(t),
                        3 => tile::<3, V>(t),
                        4 => tile::<4, V>(t),
                        5 => tile::<5, V>(t),
                        6 => tile::<6, V>(t),
                        7 => tile::<7, V>(t),
                        _ => tile::<8, V>(t),
                    }
                }
            }

            #[expect(clippy::indexing_slicing, reason = "sizes are known to the compiler")]
            #[target_feature(enable = $features)]
            unsafe fn tile<const R: usize, const V: usize>(t: &Tile) {
                let mut sums = [[$zero(); V]; R];
                let (mut a, mut panel) = (t.a, t.panel);
                for _ in 0..t.depth {
                    // SAFETY: of `a` and the panel, rows below `R` and terms below `depth` are read.
                    unsafe {
                        let mut row = [$zero(); V];
                        for v in 0..V {
                            row[v] = $load(panel.add(v * $width));
                        }
                        for r in 0..R {
                            let x = $all(*a.add(r * t.a_row));
                            for v in 0..V {
                                sums[r][v] = $fma(x, row[v], sums[r][v]);
                            }
                        }
                        a = a.add(t.a_column);
                        panel = panel.add(t.panel_row);
                    }
                }
                if t.out_column == 1 && t.columns == V * $width {
                    for (r, sums) in sums.iter().enumerate() {
                        for (v, sum) in sums.iter().enumerate() {
                            // SAFETY: a whole row of the tile lies together.
                            unsafe {
                                let out = t.out.add(r * t.out_row + v * $width);
                                $store(out, if t.add { $add($load(out), *sum) } else { *sum });
                            }
                        }
                    }
                } else {
                    // By way of memory that is not the sums' own, which then need not leave their registers.
                    let mut numbers = [[0.0f32; VECTORS * $width]; R];
                    for r in 0..R {
                        for v in 0..V {
                            // SAFETY: a row has room for `V` vectors.
                            unsafe { $store(numbers[r].as_mut_ptr().add(v * $width), sums[r][v]) };
                        }
                    }
                    // SAFETY: there are as many rows.
                    unsafe { t.store(numbers.as_ptr().cast(), VECTORS * $width) };
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
tiles!(
    avx512,
    "avx512f",
    16,
    _mm512_setzero_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_set1_ps,
    _mm512_fmadd_ps,
    _mm512_add_ps
);
#[cfg(target_arch = "x86_64")]
tiles!(
    avx2,
    "avx2,fma",
    8,
    _mm256_setzero_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_set1_ps,
    _mm256_fmadd_ps,
    _mm256_add_ps
);

mod any {
    use super::{Isa, Tile};

    /// `x * y + sum`, rounded once where the processor can.
    #[inline(always)]
    fn fma(x: f32, y: f32, sum: f32) -> f32 {
        if cfg!(all(target_arch = "x86_64", not(target_feature = "fma"))) {
            x * y + sum
        } else {
            x.mul_add(y, sum)
        }
    }

    /// # Safety
    /// As [`Tile::run`].
    pub unsafe fn rows(t: &Tile, vectors: usize) {
        // SAFETY: the caller's word.
        unsafe {
            match vectors {
                1 => tile::<8>(t),
                _ => tile::<16>(t),
            }
        }
    }

    unsafe fn tile<const W: usize>(t: &Tile) {
        let mut sums = [[0.0f32; W]; 6];
        debug_assert!(sums.len() == Isa::Any.rows());
        for p in 0..t.depth {
            // SAFETY: terms below `depth` and rows below `rows` are read.
            unsafe {
                let row = &*t.panel.add(p * t.panel_row).cast::<[f32; W]>();
                for (r, sums) in sums.iter_mut().take(t.rows).enumerate() {
                    let x = *t.a.add(r * t.a_row + p * t.a_column);
                    sums.iter_mut().zip(row).for_each(|(sum, y)| *sum = fma(x, *y, *sum));
                }
            }
        }
        // SAFETY: rows of `W` numbers in order.
        unsafe { t.store(sums.as_ptr().cast(), W) };
    }
}
