//! Products of matrices on the CPU: `out = a · b` of operands with any strides, shared among threads.
//!
//! A panel of a few columns of `b` is packed, so that its numbers lie in the order in which they are read (or read where it lies, if it is read only a
//! few times), and all rows of `a` go past it while it is in the first caches (Goto & van de Geijn 2008). Where that would turn a large operand, as in `y · wᵀ`, the transposed product is
//! computed instead, whose packed side is the small one, and its tiles are turned as they are written.
//!
//! Every number of the result is summed in one order that depends on the number of terms alone: [`DEPTH`] terms by fused multiply-adds, then
//! these sums one after the other. So the shape of the tiles, the instructions and the number of threads change no bit.

mod pack;
mod tile;
#[cfg(target_arch = "x86_64")]
mod turn;

use pack::pack;
use rayon::prelude::*;
use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use tile::{Isa, Tile};

/// Terms that are summed in registers. A panel of them fits the first cache beside a few rows of the other side.
const DEPTH: usize = 256;
/// Numbers of a line of the cache.
const LINE: usize = 16;
/// Rows that go past a panel before the next is packed: of [`DEPTH`] terms they fit the second cache.
const ROWS: usize = 512;
/// Multiply-adds below which one thread is faster than two, and of a task of one of several.
const PARALLEL: usize = 1 << 20;

/// A matrix in a buffer: element `(i, j)` is `data[i * row + j * column]`.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    /// The buffer, from the first element on.
    pub data: &'a [f32],
    /// Between rows.
    pub row: usize,
    /// Between columns.
    pub column: usize,
}

impl<'a> Matrix<'a> {
    /// The matrix that begins at another place of the buffer.
    fn at(self, place: usize) -> Matrix<'a> {
        Matrix { data: self.data.get(place..).unwrap_or_default(), ..self }
    }
    fn holds(&self, rows: usize, columns: usize) -> bool {
        rows == 0 || columns == 0 || (rows - 1) * self.row + (columns - 1) * self.column < self.data.len()
    }
}

/// `out [m, n] = a [m, k] · b [k, n]`, or added to what `out` holds, by the calling thread alone.
pub fn product(size: [usize; 3], out: &mut [f32], add: bool, a: Matrix, b: Matrix) {
    alone(Job::new(best(), size, Out::of(out, add), a, b));
}

/// Products of the matrices that lie at these places of the operands, one behind the other. Threads share them, or each of them.
pub fn products(size: [usize; 3], a: Matrix, b: Matrix, places: &[[usize; 2]]) -> Vec<f32> {
    let [m, n, k] = size;
    let (numbers, work) = (m * n, m * n * k);
    let mut out: Vec<f32> = Vec::with_capacity(numbers * places.len());
    let room = out.spare_capacity_mut().get_mut(..numbers * places.len()).unwrap_or_default();
    let job = |(out, [i, j]): (&mut [MaybeUninit<f32>], &[usize; 2])| {
        Job::new(best(), size, Out::fresh(out), a.at(*i), b.at(*j))
    };
    if numbers == 0 {
        return out;
    }
    if work >= PARALLEL || work * places.len() < PARALLEL {
        room.chunks_exact_mut(numbers).zip(places).map(job).for_each(shared);
    } else {
        // Enough of them to a task.
        let some = (PARALLEL / work.max(1)).max(1);
        let tasks = room.par_chunks_mut(numbers * some).zip(places.par_chunks(some));
        tasks.for_each(|(out, places)| out.chunks_exact_mut(numbers).zip(places).map(job).for_each(alone));
    }
    // SAFETY: each product wrote all of its numbers, and there is one for each place.
    unsafe { out.set_len(numbers * places.len()) };
    out
}

fn alone(job: Job) {
    job.tasks(1).iter().for_each(Task::run);
}

/// By all threads, where it is large enough.
fn shared(job: Job) {
    let work = job.size.iter().product::<usize>();
    let threads = rayon::current_num_threads();
    // Twice as many tasks as threads: one that is late leaves some to the others.
    let most = if threads == 1 { 1 } else { 2 * threads };
    let tasks = job.tasks((work / PARALLEL).clamp(1, most));
    match tasks.as_slice() {
        [one] => one.run(),
        several => several.par_iter().with_max_len(1).for_each(Task::run),
    }
}

/// Where a product goes.
struct Out {
    numbers: *mut f32,
    room: usize,
    add: bool,
}

impl Out {
    fn of(out: &mut [f32], add: bool) -> Out {
        Out { numbers: out.as_mut_ptr(), room: out.len(), add }
    }
    /// Where nothing is yet.
    fn fresh(out: &mut [MaybeUninit<f32>]) -> Out {
        Out { numbers: out.as_mut_ptr().cast(), room: out.len(), add: false }
    }
}

fn best() -> Isa {
    static BEST: OnceLock<Isa> = OnceLock::new();
    *BEST.get_or_init(|| Isa::all().first().copied().unwrap_or(Isa::Any))
}

/// A product with its buffers.
///
/// Safety: the pointers are to buffers that [`Job::new`] borrowed, and hold all elements of the product. They may be used as long as those borrows
/// last, which is until [`product`] or [`products`] returns.
#[derive(Clone, Copy)]
struct Job {
    isa: Isa,
    /// Rows, columns and terms.
    size: [usize; 3],
    a: *const f32,
    a_row: usize,
    a_column: usize,
    b: *const f32,
    b_row: usize,
    b_column: usize,
    out: *mut f32,
    out_row: usize,
    out_column: usize,
    add: bool,
}

/// Some rows and columns of the result.
struct Task {
    job: Job,
    rows: [usize; 2],
    columns: [usize; 2],
}

// SAFETY: see [`Job`]. Tasks of one job write disjoint elements of the result, and the operands are only read.
unsafe impl Sync for Task {}

thread_local! {
    /// The panel that the thread packs.
    static PANEL: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl Job {
    fn new(isa: Isa, [m, n, k]: [usize; 3], out: Out, a: Matrix, b: Matrix) -> Job {
        assert!(
            out.room >= m * n && a.holds(m, k) && b.holds(k, n),
            "a matrix is smaller than its product needs"
        );
        let straight = Job {
            isa,
            size: [m, n, k],
            a: a.data.as_ptr(),
            a_row: a.row,
            a_column: a.column,
            b: b.data.as_ptr(),
            b_row: b.row,
            b_column: b.column,
            out: out.numbers,
            out_row: n,
            out_column: 1,
            add: out.add,
        };
        // bᵀ · aᵀ where packing b would turn it, and packing aᵀ is less work; and where b has less columns than a vector has numbers.
        let turned = b.column != 1 && (m < n || a.row == 1);
        if turned || (n < isa.width() && m > n && a.row == 1) { straight.transposed() } else { straight }
    }

    fn transposed(self) -> Job {
        let [m, n, k] = self.size;
        Job {
            size: [n, m, k],
            a: self.b,
            a_row: self.b_column,
            a_column: self.b_row,
            b: self.a,
            b_row: self.a_column,
            b_column: self.a_row,
            out_row: self.out_column,
            out_column: self.out_row,
            ..self
        }
    }

    /// The result in about `parts` parts. What is packed is divided where it can be, else the rows are.
    fn tasks(self, parts: usize) -> Vec<Task> {
        let ([m, n, _], width, height) = (self.size, self.isa.width(), self.isa.rows());
        let by_columns = n >= 2 * width * parts || n >= m;
        let (tall, wide) = if by_columns {
            (ROWS, n.div_ceil(parts).next_multiple_of(width))
        } else {
            (m.div_ceil(parts).next_multiple_of(height).min(ROWS), n)
        };
        let cuts = |n: usize, step: usize| (0..n).step_by(step.max(1)).map(move |i| [i, (i + step).min(n)]);
        cuts(m, tall)
            .flat_map(|rows| cuts(n, wide).map(move |columns| Task { job: self, rows, columns }))
            .collect()
    }
}

impl Task {
    fn run(&self) {
        let (job, isa) = (&self.job, self.job.isa);
        let ([_, _, terms], width) = (job.size, isa.width());
        let lies = job.b_column == 1 && self.rows[1] - self.rows[0] <= isa.few();
        PANEL.with_borrow_mut(|panel| {
            let most = DEPTH * width * isa.vectors();
            panel.resize(most + LINE, 0.0);
            // Vectors that do not cross lines of the cache are read faster.
            let start = panel.as_ptr().align_offset(4 * LINE).min(LINE);
            let panel = panel.get_mut(start..).unwrap_or_default();
            let mut j = self.columns[0];
            while j < self.columns[1] {
                let left = self.columns[1] - j;
                let vectors = vectors(left.div_ceil(width), isa.vectors());
                let columns = left.min(vectors * width);
                // A product of no terms is 0.
                for p in (0..terms.max(1)).step_by(DEPTH) {
                    let depth = DEPTH.min(terms - p);
                    let panel = if lies && columns == vectors * width {
                        // SAFETY: see [`Job`].
                        (unsafe { job.b.add(p * job.b_row + j) }, job.b_row)
                    } else {
                        let (to, wide) = (panel.as_mut_ptr(), vectors * width);
                        // SAFETY: see [`Job`]; the panel has room for the most terms and vectors.
                        unsafe {
                            let from = job.b.add(p * job.b_row + j * job.b_column);
                            pack(isa, (from, job.b_row, job.b_column), (to, wide), [depth, columns]);
                        }
                        (to.cast_const(), wide)
                    };
                    self.past(panel, [p, j], [depth, columns, vectors]);
                }
                j += columns;
            }
        });
    }

    /// The rows of `a` past a panel.
    fn past(
        &self,
        (panel, panel_row): (*const f32, usize),
        [p, j]: [usize; 2],
        [depth, columns, vectors]: [usize; 3],
    ) {
        let job = &self.job;
        let [from, to] = self.rows;
        let tall = job.isa.rows();
        for i in (from..to).step_by(tall) {
            // SAFETY: see [`Job`]: the rows from `i` and the terms from `p` on lie in `a`, the rows from `i` and the columns from `j` on in the result, and
            // no other task writes them. The panel's rows hold as many numbers.
            unsafe {
                let tile = Tile {
                    depth,
                    a: job.a.add(i * job.a_row + p * job.a_column),
                    a_row: job.a_row,
                    a_column: job.a_column,
                    panel,
                    panel_row,
                    out: job.out.add(i * job.out_row + j * job.out_column),
                    out_row: job.out_row,
                    out_column: job.out_column,
                    rows: tall.min(to - i),
                    columns,
                    add: job.add || p > 0,
                };
                tile.run(job.isa, vectors);
            }
        }
    }
}

/// Vectors of the next panel where so many are left: the most, but rather two panels of two than one of three and one of one.
fn vectors(left: usize, most: usize) -> usize {
    if left == most + 1 && most > 2 { 2 } else { left.min(most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize, phase: f32) -> Vec<f32> {
        (0..n).map(|i| (1.3 * i as f32 + phase).sin()).collect()
    }

    /// An operand `[rows, columns]` of `data`, row by row or column by column.
    fn matrix(data: &[f32], rows: usize, columns: usize, turned: bool) -> Matrix<'_> {
        let (row, column) = if turned { (1, rows) } else { (columns, 1) };
        Matrix { data, row, column }
    }

    const SIZES: [[usize; 3]; 15] = [
        [1, 1, 1],
        [7, 5, 0],
        [1, 40, 9],
        [40, 1, 9],
        [3, 2, 700],
        [8, 48, 256],
        [9, 49, 257],
        [64, 17, 31],
        [65, 64, 3],
        [100, 3, 40],
        [2, 130, 300],
        [13, 33, 513],
        [128, 400, 20],
        [600, 33, 70],
        [35, 700, 260],
    ];

    /// Calls `f` with all sizes and orders of the operands.
    fn cases(mut f: impl FnMut([usize; 3], Matrix, Matrix, bool)) {
        for [m, n, k] in SIZES {
            let (a, b) = (wave(m * k, 0.1), wave(k * n, 0.2));
            for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
                for add in [false, true] {
                    f([m, n, k], matrix(&a, m, k, ta), matrix(&b, k, n, tb), add);
                }
            }
        }
    }

    #[test]
    fn products_are_those_of_f64() {
        cases(|[m, n, k], a, b, add| {
            let before = wave(m * n, 0.3);
            let exact = |(at, before): (usize, &f32)| {
                let (i, j) = (at / n, at % n);
                let term = |p: usize| {
                    f64::from(a.data[i * a.row + p * a.column]) * f64::from(b.data[p * b.row + j * b.column])
                };
                (0..k).map(term).sum::<f64>() + if add { f64::from(*before) } else { 0.0 }
            };
            let exact: Vec<f64> = before.iter().enumerate().map(exact).collect();
            for isa in Isa::all() {
                let mut out = before.clone();
                Job::new(isa, [m, n, k], Out::of(&mut out, add), a, b).tasks(2).iter().for_each(Task::run);
                let near = |x: f32, y: f64| (f64::from(x) - y).abs() < 1e-6 * (k as f64 + 10.0);
                assert!(out.iter().zip(&exact).all(|(x, y)| near(*x, *y)), "{isa:?}, {m} {n} {k}");
            }
        });
    }

    /// Whatever the instructions, the tiles and the number of threads.
    #[test]
    fn bits_are_the_same_everywhere() {
        let pools: Vec<_> = [1, 2, 3]
            .map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("threads"))
            .into();
        cases(|size, a, b, add| {
            let [m, n, _] = size;
            let bits = |f: &dyn Fn(&mut [f32])| {
                let mut out = wave(m * n, 0.3);
                f(&mut out);
                out.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            };
            let want = bits(&|out| product(size, out, add, a, b));
            // Without vectors this family of processors is not asked for fused multiply-adds.
            let fused = |isa: &Isa| *isa != Isa::Any || cfg!(not(target_arch = "x86_64"));
            for isa in Isa::all().into_iter().filter(fused) {
                for parts in [1, 2, 5] {
                    let job = |out: &mut [f32]| Job::new(isa, size, Out::of(out, add), a, b);
                    let straight = bits(&|out| job(out).tasks(parts).iter().for_each(Task::run));
                    assert_eq!(straight, want, "{isa:?}, {parts} parts, {size:?}");
                    let turned = bits(&|out| job(out).transposed().tasks(parts).iter().for_each(Task::run));
                    assert_eq!(turned, want, "{isa:?}, {parts} parts, {size:?}, transposed");
                }
            }
            for pool in &pools {
                let threads =
                    bits(&|out| pool.install(|| shared(Job::new(best(), size, Out::of(out, add), a, b))));
                assert_eq!(threads, want, "{} threads, {size:?}", pool.current_num_threads());
            }
        });
    }

    /// One row of a product is the product of that row: what a sampler computes at one place.
    #[test]
    fn a_row_alone_is_the_row_among_many() {
        let (m, n, k) = (37, 50, 600);
        let (a, b) = (wave(m * k, 0.1), wave(k * n, 0.2));
        let mut one = vec![0.0; n];
        let all = products([m, n, k], matrix(&a, m, k, false), matrix(&b, k, n, false), &[[0, 0]]);
        product([1, n, k], &mut one, false, matrix(&a[5 * k..6 * k], 1, k, false), matrix(&b, k, n, false));
        assert!(one.iter().zip(&all[5 * n..]).all(|(x, y)| x.to_bits() == y.to_bits()));
    }

    #[test]
    fn several_products_are_each_of_them() {
        for ([m, n, k], count) in [([3, 4, 5], 7), ([30, 40, 50], 40), ([130, 100, 90], 3)] {
            let (a, b) = (wave(m * k * count, 0.1), wave(k * n, 0.2));
            let places: Vec<[usize; 2]> = (0..count).map(|i| [(count - 1 - i) * m * k, 0]).collect();
            let (x, y) = (matrix(&a, m, k, false), matrix(&b, k, n, true));
            let out = products([m, n, k], x, y, &places);
            for (out, [i, _]) in out.chunks_exact(m * n).zip(&places) {
                let mut one = vec![0.0; m * n];
                product([m, n, k], &mut one, false, matrix(&a[*i..], m, k, false), y);
                assert_eq!(out, one);
            }
        }
    }

    #[test]
    #[should_panic(expected = "smaller than its product needs")]
    fn a_short_operand_is_refused() {
        let a = [1.0; 5];
        product([2, 2, 3], &mut [0.0; 4], false, matrix(&a, 2, 3, false), matrix(&wave(6, 0.0), 3, 2, false));
    }
}
