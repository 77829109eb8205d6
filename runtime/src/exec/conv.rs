//! Convolutions on the CPU as matrix products: the patches that a kernel sees become the columns of a matrix ("im2col";
//! Chellapilla, Puri & Simard 2006), so that a convolution is `W · patches`, its transpose in the input `Wᵀ · y` added back to
//! where the patches came from, and its transpose in the weight `y · patchesᵀ`.
//!
//! Images are padded and taken apart by phase (position modulo stride) first: all the numbers that one tap of the kernel reads
//! then lie in one run, and gathering is copying. A few images at a time, so that their patches stay in the cache. Every image is computed by itself, and the weight's
//! parts are added in an order that does not depend on the number of threads.
#![expect(clippy::result_large_err, reason = "what a convolution does not take goes back as it came")]
#![expect(
    clippy::indexing_slicing,
    reason = "ranges follow from the shapes, which the plan has verified; the loops are the step itself"
)]

use super::axes::burn_shape;
use super::fuse::dense;
use super::product::{Matrix, product};
use super::sums::vectorised;
use super::tensor::Tensor;
use burn::backend::TensorData;
use burn::backend::flex::FlexTensor;
use gmc_compiler::ir::op::ConvGeom;
use gmc_compiler::ir::shape::DType;
use rayon::prelude::*;
use std::cell::RefCell;

/// Columns of a matrix of patches at which its product is as fast as it gets.
const COLUMNS: usize = 256;
/// Most numbers in a matrix of patches of several images: 2 MB.
const PATCHES: usize = 1 << 19;
/// Multiply-adds at one place of several images from which on threads share them.
const PLACES: usize = 1 << 20;
/// Products that are summed in a part of a weight's gradient, or more.
const SUMMED: usize = 512;
/// Most parts of a weight's gradient, and most numbers in all of them: 64 MB.
const PARTS: usize = 16;
const PART_NUMBERS: usize = 1 << 24;

/// Sizes of a convolution `x [n, c, h, w]`, weight `[o, c / groups, kh, kw]`, `y [n, o, oh, ow]`.
struct Sizes {
    n: usize,
    c: usize,
    input: [usize; 2],
    o: usize,
    output: [usize; 2],
    kernel: [usize; 2],
    geom: ConvGeom,
}

impl Sizes {
    /// From the shapes of input, weight and output; `None` where they are not four axes each, or one is empty.
    fn new(x: &[usize], w: &[usize], y: &[usize], geom: ConvGeom) -> Option<Sizes> {
        let (&[n, c, h, wd], &[o, _, kh, kw], &[_, _, oh, ow]) = (x, w, y) else { return None };
        let sizes = Sizes { n, c, input: [h, wd], o, output: [oh, ow], kernel: [kh, kw], geom };
        // Nothing to do, and nothing to divide into chunks, where an axis is empty.
        [n, c, h, wd, o, oh, ow, kh, kw].iter().all(|s| *s > 0).then_some(sizes)
    }
    /// Numbers of an input, and of an output.
    fn per_image(&self) -> [usize; 2] {
        [self.c * self.input.iter().product::<usize>(), self.o * self.output.iter().product::<usize>()]
    }
    /// Input channels of a group.
    fn per(&self) -> usize {
        self.c / self.geom.groups
    }
    /// Output channels of a group.
    fn out_per(&self) -> usize {
        self.o / self.geom.groups
    }
    /// Rows of a matrix of patches.
    fn depth(&self) -> usize {
        self.per() * self.kernel.iter().product::<usize>()
    }
    /// Rows and columns of a phase: the padded positions whose row is the same modulo the stride, and whose column is.
    fn phase(&self) -> [usize; 2] {
        [0, 1].map(|a| (self.input[a] + 2 * self.geom.pad[a]).div_ceil(self.geom.stride[a]))
    }
    /// Numbers of a padded channel.
    fn padded(&self) -> usize {
        self.phase().iter().chain(&self.geom.stride).product()
    }
    /// Columns of an image: as many to a row as a phase has, of which those behind the output's are not used.
    fn columns(&self) -> usize {
        self.output[0] * self.phase()[1]
    }
    /// Images taken together.
    fn tile(&self) -> usize {
        let tile = (COLUMNS / self.columns().max(1)).clamp(1, self.n.max(1));
        tile.min(PATCHES / (self.depth() * self.columns()).max(1)).max(1)
    }
    /// Images that a thread takes at once.
    fn run(&self) -> usize {
        self.n.div_ceil(4 * rayon::current_num_threads()).next_multiple_of(self.tile()).max(1)
    }
    /// The weight of a group.
    fn weight<'a>(&self, w: &'a [f32], group: usize) -> Matrix<'a> {
        let size = self.out_per() * self.depth();
        Matrix { data: &w[group * size..(group + 1) * size], row: self.depth(), column: 1 }
    }
    fn scratch(&self) -> Scratch {
        let (tile, columns) = (self.tile(), self.columns());
        Scratch {
            padded: vec![0.0; tile * self.c * self.padded() + self.kernel[1] * self.geom.dilation[1]],
            patches: spare(self.depth() * tile * columns),
            wide: spare(self.out_per() * tile * columns),
        }
    }

    /// Calls `f(start in the image, step, start in the padded channels, number)` for every run of an image's numbers.
    #[inline(always)]
    fn lines(&self, mut f: impl FnMut(usize, usize, usize, usize)) {
        let ([h, w], [ph, pw], [sh, sw], [rows, cols]) =
            (self.input, self.geom.pad, self.geom.stride, self.phase());
        for channel in 0..self.c {
            for i in 0..h {
                let row = channel * self.padded() + (i + ph) % sh * sw * rows * cols + (i + ph) / sh * cols;
                for j in 0..sw.min(w) {
                    f(
                        (channel * h + i) * w + j,
                        sw,
                        row + (j + pw) % sw * rows * cols + (j + pw) / sw,
                        (w - j).div_ceil(sw),
                    );
                }
            }
        }
    }

    /// Writes images between their padding, apart by phase. The padding itself stays what it is: zero.
    fn pad(&self, x: &[f32], s: &mut Scratch) {
        let (size, padded) = (self.per_image()[0], self.c * self.padded());
        vectorised(
            #[inline(always)]
            || {
                for (x, out) in x.chunks_exact(size).zip(s.padded.chunks_exact_mut(padded)) {
                    self.lines(|from, step, to, n| {
                        let (out, x) = (&mut out[to..to + n], &x[from..]);
                        match step {
                            1 => out.copy_from_slice(&x[..n]),
                            2 => {
                                let (pairs, _) = x.as_chunks::<2>();
                                out.iter_mut().zip(pairs).for_each(|(o, [x, _])| *o = *x);
                                // The last one may have no neighbour.
                                out.last_mut().into_iter().for_each(|o| *o = x[2 * (n - 1)]);
                            }
                            _ => out.iter_mut().zip(x.iter().step_by(step)).for_each(|(o, x)| *o = *x),
                        }
                    });
                }
            },
        );
    }

    /// The reverse of [`Sizes::pad`].
    fn unpad(&self, x: &mut [f32], s: &Scratch) {
        let (size, padded) = (self.per_image()[0], self.c * self.padded());
        for (x, from) in x.chunks_exact_mut(size).zip(s.padded.chunks_exact(padded)) {
            self.lines(|to, step, start, n| {
                let from = &from[start..start + n];
                if step == 1 {
                    x[to..to + n].copy_from_slice(from);
                } else {
                    x[to..].iter_mut().step_by(step).zip(from).for_each(|(x, v)| *x = *v);
                }
            });
        }
    }

    /// Calls `f(row of the matrix of patches, where its numbers start in the padded image)`.
    #[inline(always)]
    fn taps(&self, group: usize, mut f: impl FnMut(usize, usize)) {
        let ([kh, kw], [dh, dw], [sh, sw], [rows, cols]) =
            (self.kernel, self.geom.dilation, self.geom.stride, self.phase());
        for ic in 0..self.per() {
            for k in 0..kh {
                for l in 0..kw {
                    let phase = (k * dh % sh * sw + l * dw % sw) * rows * cols;
                    let start =
                        (group * self.per() + ic) * self.padded() + phase + k * dh / sh * cols + l * dw / sw;
                    f((ic * kh + k) * kw + l, start);
                }
            }
        }
    }

    /// The patches of `images` padded images, `[depth, images * columns]`.
    fn gather(&self, images: usize, group: usize, s: &mut Scratch) {
        let (n, image) = (self.columns(), self.c * self.padded());
        self.taps(group, |row, start| {
            for t in 0..images {
                let from = &s.padded[t * image + start..][..n];
                s.patches[(row * images + t) * n..][..n].copy_from_slice(from);
            }
        });
    }

    /// Adds the patches to where they came from.
    fn scatter(&self, images: usize, group: usize, s: &mut Scratch) {
        let (n, image) = (self.columns(), self.c * self.padded());
        vectorised(
            #[inline(always)]
            || {
                self.taps(group, |row, start| {
                    for t in 0..images {
                        let to = &mut s.padded[t * image + start..][..n];
                        let patches = &s.patches[(row * images + t) * n..][..n];
                        to.iter_mut().zip(patches).for_each(|(x, p)| *x += *p);
                    }
                });
            },
        );
    }

    /// Calls `f(start in the outputs, start among the columns)` for every row of `images` outputs.
    fn rows(&self, images: usize, group: usize, mut f: impl FnMut(usize, usize)) {
        let (per, [oh, ow], [_, cols]) = (self.out_per(), self.output, self.phase());
        for oc in 0..per {
            for t in 0..images {
                for i in 0..oh {
                    f(((t * self.o + group * per + oc) * oh + i) * ow, ((oc * images + t) * oh + i) * cols);
                }
            }
        }
    }

    /// The outputs of a group as `[out_per, images * columns]`, zero where a column is not used.
    fn widen(&self, y: &[f32], images: usize, group: usize, s: &mut Scratch) {
        let (ow, cols) = (self.output[1], self.phase()[1]);
        self.rows(images, group, |from, to| {
            let (used, rest) = s.wide[to..to + cols].split_at_mut(ow);
            used.copy_from_slice(&y[from..from + ow]);
            rest.fill(0.0);
        });
    }

    /// Where the numbers of the one patch of an image lie in it, and where the result is one place.
    fn one_patch(&self) -> Option<Vec<usize>> {
        let ([h, width], [kh, kw], [dh, dw]) = (self.input, self.kernel, self.geom.dilation);
        if self.output != [1, 1] || self.geom.pad != [0, 0] {
            return None;
        }
        let row = |ic: usize, k: usize| (0..kw).map(move |l| (ic * h + k * dh) * width + l * dw);
        Some((0..self.c).flat_map(|ic| (0..kh).flat_map(move |k| row(ic, k))).collect())
    }

    /// `W · patches` where every image is one patch: what a sampler computes at a place. `from` is where its numbers lie. All images are the
    /// columns of one matrix; [`product`] sums every number of the result in the order in which [`Sizes::forward`] has it summed among many.
    fn at_place(&self, x: &[f32], w: &[f32], from: &[usize]) -> Vec<f32> {
        let ([size, _], per, depth) = (self.per_image(), self.out_per(), self.depth());
        let mut y = vec![0.0f32; self.n * self.o];
        let run = (PLACES / (self.o * depth).max(1)).max(COLUMNS);
        y.par_chunks_mut(run * self.o).zip(x.par_chunks(run * size)).for_each(|(y, x)| {
            let columns = y.len() / self.o;
            let (mut patches, mut wide) = (vec![0.0f32; depth * columns], vec![0.0f32; per * columns]);
            for (group, from) in from.chunks_exact(depth).enumerate() {
                transpose(&mut patches, columns, x, size, from);
                let b = Matrix { data: &patches, row: columns, column: 1 };
                product([per, columns, depth], &mut wide, false, self.weight(w, group), b);
                for (t, y) in y.chunks_exact_mut(self.o).enumerate() {
                    let y = y[group * per..][..per].iter_mut().zip(wide[t..].iter().step_by(columns));
                    y.for_each(|(y, v)| *y = *v);
                }
            }
        });
        y
    }

    /// `W · patches` for every image.
    fn forward(&self, x: &[f32], w: &[f32]) -> Vec<f32> {
        if let Some(from) = self.one_patch() {
            return self.at_place(x, w, &from);
        }
        let ([size, out_size], ow) = (self.per_image(), self.output[1]);
        let mut y = vec![0.0f32; self.n * out_size];
        let (run, tile) = (self.run(), self.tile());
        y.par_chunks_mut(run * out_size).zip(x.par_chunks(run * size)).for_each(|(y, x)| {
            let mut s = self.scratch();
            for (y, x) in y.chunks_mut(tile * out_size).zip(x.chunks(tile * size)) {
                let images = y.len() / out_size;
                let columns = images * self.columns();
                self.pad(x, &mut s);
                for group in 0..self.geom.groups {
                    self.gather(images, group, &mut s);
                    let patches = Matrix { data: &s.patches, row: columns, column: 1 };
                    product(
                        [self.out_per(), columns, self.depth()],
                        &mut s.wide,
                        false,
                        self.weight(w, group),
                        patches,
                    );
                    self.rows(images, group, |to, from| {
                        y[to..to + ow].copy_from_slice(&s.wide[from..from + ow])
                    });
                }
            }
        });
        y
    }

    /// `Wᵀ · y`, added back to where the patches come from.
    fn transposed(&self, y: &[f32], w: &[f32]) -> Vec<f32> {
        let [size, out_size] = self.per_image();
        let mut x = vec![0.0f32; self.n * size];
        let (run, tile) = (self.run(), self.tile());
        x.par_chunks_mut(run * size).zip(y.par_chunks(run * out_size)).for_each(|(x, y)| {
            let mut s = self.scratch();
            for (x, y) in x.chunks_mut(tile * size).zip(y.chunks(tile * out_size)) {
                let images = y.len() / out_size;
                let columns = images * self.columns();
                s.padded.fill(0.0);
                for group in 0..self.geom.groups {
                    self.widen(y, images, group, &mut s);
                    let w = self.weight(w, group);
                    let (w, wide) = (
                        Matrix { row: 1, column: w.row, ..w },
                        Matrix { data: &s.wide, row: columns, column: 1 },
                    );
                    product([self.depth(), columns, self.out_per()], &mut s.patches, false, w, wide);
                    self.scatter(images, group, &mut s);
                }
                self.unpad(x, &s);
            }
        });
        x
    }

    /// `y · patchesᵀ`, summed over the images.
    fn in_weight(&self, x: &[f32], y: &[f32]) -> Vec<f32> {
        let ([size, out_size], depth, per, tile) =
            (self.per_image(), self.depth(), self.out_per(), self.tile());
        let numbers = self.o * depth;
        // Of a large weight few parts, each of many products, so that it is written as few times.
        let parts = (self.n * self.columns()).div_ceil(SUMMED).min(PART_NUMBERS / numbers.max(1));
        let parts = parts.clamp(1, PARTS);
        let run = self.n.div_ceil(parts).max(1);
        let sum = |(x, y): (&[f32], &[f32])| {
            let mut sum = vec![0.0f32; numbers];
            let mut s = self.scratch();
            for (x, y) in x.chunks(tile * size).zip(y.chunks(tile * out_size)) {
                let images = y.len() / out_size;
                let columns = images * self.columns();
                self.pad(x, &mut s);
                for (group, sum) in sum.chunks_exact_mut(per * depth).enumerate() {
                    self.gather(images, group, &mut s);
                    self.widen(y, images, group, &mut s);
                    let (wide, patches) = (
                        Matrix { data: &s.wide, row: columns, column: 1 },
                        Matrix { data: &s.patches, row: 1, column: columns },
                    );
                    product([per, depth, columns], sum, true, wide, patches);
                }
            }
            sum
        };
        let sums: Vec<Vec<f32>> =
            x.par_chunks(run * size).zip(y.par_chunks(run * out_size)).map(sum).collect();
        let mut sums = sums.into_iter();
        let first = sums.next().unwrap_or_else(|| vec![0.0; numbers]);
        sums.fold(first, |mut all, part| {
            all.iter_mut().zip(&part).for_each(|(a, b)| *a += *b);
            all
        })
    }
}

/// Writes the numbers `from` of each image, of `size` numbers, as a column of `to`. Eight images at a time, so that what is written lies
/// together.
fn transpose(to: &mut [f32], columns: usize, x: &[f32], size: usize, from: &[usize]) {
    for (first, x) in x.chunks(8 * size).enumerate() {
        for (row, at) in to.chunks_exact_mut(columns).zip(from) {
            let row = row[8 * first..].iter_mut();
            row.zip(x[*at..].iter().step_by(size)).for_each(|(to, x)| *to = *x);
        }
    }
}

thread_local! {
    /// Buffers that the thread no longer uses.
    static SPARE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer of `n` numbers, of any value.
fn spare(n: usize) -> Vec<f32> {
    let mut buffer = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
    buffer.resize(n, 0.0);
    buffer
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let used = [std::mem::take(&mut self.wide), std::mem::take(&mut self.patches)];
        // Not where the thread itself ends.
        let _ = SPARE.try_with(|spare| spare.borrow_mut().extend(used));
    }
}

/// Buffers of one thread.
struct Scratch {
    /// The images of a tile between their padding, apart by phase; behind them as much as the last patch reads beyond.
    padded: Vec<f32>,
    /// `[depth, images * columns]`
    patches: Vec<f32>,
    /// The outputs of a group, `[out_per, images * columns]`.
    wide: Vec<f32>,
}

fn tensor(v: Vec<f32>, dims: &[usize]) -> Tensor {
    Tensor::from_flex(FlexTensor::from_data(TensorData::new(v, burn_shape(dims))), DType::F, dims)
}

/// The operands with their elements in order when both are on the CPU, else the two back.
fn on_cpu(a: Tensor, b: Tensor) -> Result<(FlexTensor, FlexTensor), (Tensor, Tensor)> {
    let dims = b.shape().to_vec();
    match (a.clone().into_flex(), b.into_flex()) {
        (Ok(a), Ok(b)) => Ok((dense(a), dense(b))),
        (Ok(_), Err(b)) => Err((a, b)),
        (Err(a), Ok(b)) => Err((a, Tensor::from_flex(b, DType::F, &dims))),
        (Err(a), Err(b)) => Err((a, b)),
    }
}

/// `x [n, c, h, w]` convolved with `w [o, c / groups, kh, kw]`, of shape `dims`; the operands back where they are not on the CPU.
pub fn conv2d(x: Tensor, w: Tensor, geom: ConvGeom, dims: &[usize]) -> Result<Tensor, (Tensor, Tensor)> {
    let Some(s) = Sizes::new(x.shape(), w.shape(), dims, geom) else { return Err((x, w)) };
    on_cpu(x, w).map(|(x, w)| tensor(s.forward(x.storage(), w.storage()), dims))
}

/// The transpose of a convolution in its input: `y [n, o, oh, ow]` to `x` of shape `dims`.
pub fn conv_transpose2d(
    y: Tensor,
    w: Tensor,
    geom: ConvGeom,
    dims: &[usize],
) -> Result<Tensor, (Tensor, Tensor)> {
    let Some(s) = Sizes::new(dims, w.shape(), y.shape(), geom) else { return Err((y, w)) };
    on_cpu(y, w).map(|(y, w)| tensor(s.transposed(y.storage(), w.storage()), dims))
}

/// The transpose of a convolution in its weight: `x` and `y` to a weight of shape `dims`.
pub fn conv_weight(x: Tensor, y: Tensor, geom: ConvGeom, dims: &[usize]) -> Result<Tensor, (Tensor, Tensor)> {
    let Some(s) = Sizes::new(x.shape(), dims, y.shape(), geom) else { return Err((x, y)) };
    on_cpu(x, y).map(|(x, y)| tensor(s.in_weight(x.storage(), y.storage()), dims))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize, phase: f32) -> Vec<f32> {
        (0..n).map(|i| (1.3 * i as f32 + phase).sin()).collect()
    }

    /// The bits of a convolution of one window of each image are those of the same place among all of them, for sums of every length.
    #[test]
    fn one_place_alone_is_the_place_among_many() {
        let (h, w, o) = (12, 13, 6);
        for (n, c, groups, kernel, dilation) in [
            (5, 4, 1, [3, 3], [1, 1]),
            (2, 6, 2, [2, 3], [2, 1]),
            (1, 70, 1, [3, 3], [1, 1]),
            (300, 3, 3, [1, 1], [1, 1]),
            (1, 1, 1, [1, 3], [1, 2]),
        ] {
            let geom = ConvGeom { stride: [1, 1], pad: [0, 0], dilation, groups };
            let span = [0, 1].map(|a| (kernel[a] - 1) * dilation[a] + 1);
            let (x, weight) = (wave(n * c * h * w, 0.1), wave(o * c / groups * kernel[0] * kernel[1], 0.2));
            let shape = [o, c / groups, kernel[0], kernel[1]];
            let out = [n, o, h - span[0] + 1, w - span[1] + 1];
            let all = Sizes::new(&[n, c, h, w], &shape, &out, geom).expect("fits").forward(&x, &weight);
            let (i, j) = (4, 7);
            let rows =
                (0..n * c).flat_map(|channel| (0..span[0]).map(move |k| (channel * h + i + k) * w + j));
            let window: Vec<f32> = rows.flat_map(|at| x[at..at + span[1]].to_vec()).collect();
            let one = Sizes::new(&[n, c, span[0], span[1]], &shape, &[n, o, 1, 1], geom).expect("fits");
            let alone = one.forward(&window, &weight);
            let among = all.iter().skip(i * out[3] + j).step_by(out[2] * out[3]);
            let bits = |v: &f32| v.to_bits();
            let (alone, among): (Vec<u32>, Vec<u32>) =
                (alone.iter().map(bits).collect(), among.map(bits).collect());
            assert_eq!(alone, among, "{n} images of {c} channels, kernel {kernel:?}");
        }
    }
}
