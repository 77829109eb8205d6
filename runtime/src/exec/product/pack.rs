//! Panels of the right operand, whose numbers lie in the order in which tiles read them.

use super::tile::Isa;
#[cfg(target_arch = "x86_64")]
use super::turn::turn;

/// Writes element `(p, j)` of a matrix, which lies at `p * row + j * column`, at `p * width + j`, for `depth` rows and `columns` columns.
///
/// # Safety
/// The processor has these instructions. All elements lie in a buffer that `from` points into, and all places in one of which `to` is the start.
pub unsafe fn pack(
    isa: Isa,
    (from, row, column): (*const f32, usize, usize),
    (to, width): (*mut f32, usize),
    [depth, columns]: [usize; 2],
) {
    // SAFETY: the caller's word, for `p < depth`, `j < columns`.
    let one = |p: usize, j: usize| unsafe { *to.add(p * width + j) = *from.add(p * row + j * column) };
    if column == 1 {
        for p in 0..depth {
            // SAFETY: the same.
            unsafe { std::ptr::copy_nonoverlapping(from.add(p * row), to.add(p * width), columns) };
        }
        return;
    }
    // Where columns lie together, eight of them are turned at a time.
    let turns = row == 1 && isa != Isa::Any && cfg!(target_arch = "x86_64");
    let [whole, wide] = if turns { [depth / 8 * 8, columns / 8 * 8] } else { [0, 0] };
    #[cfg(target_arch = "x86_64")]
    for j in (0..wide).step_by(8) {
        for p in (0..whole).step_by(8) {
            // SAFETY: the same, for the eight rows and columns from these on.
            unsafe { turn(from.add(p + j * column), column, to.add(p * width + j), width) };
        }
    }
    for j in 0..columns {
        (if j < wide { whole } else { 0 }..depth).for_each(|p| one(p, j));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_has_the_elements_of_the_matrix() {
        for isa in Isa::all() {
            for [depth, columns] in [[1, 1], [8, 8], [16, 24], [17, 30], [40, 5], [5, 40]] {
                let width = columns + 3;
                for (row, column) in [(columns + 2, 1), (1, depth + 2), (3, 3 * depth + 1)] {
                    let from: Vec<f32> = (0..depth * row + columns * column).map(|i| i as f32).collect();
                    let mut to = vec![-1.0; depth * width];
                    // SAFETY: the buffers are large enough.
                    unsafe {
                        pack(isa, (from.as_ptr(), row, column), (to.as_mut_ptr(), width), [depth, columns])
                    };
                    for (p, line) in to.chunks_exact(width).enumerate() {
                        for (j, x) in line.iter().enumerate() {
                            let want = if j < columns { from[p * row + j * column] } else { -1.0 };
                            assert_eq!(*x, want, "{isa:?}: {p} {j} of {depth} {columns}");
                        }
                    }
                }
            }
        }
    }
}
