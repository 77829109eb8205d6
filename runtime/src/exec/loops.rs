//! Loops, and the parts of a value that their bodies read and write.
//!
//! The body of a loop is an [`Executable`] of its own, planned once. An iteration hands the carried values on, so that what changes only a
//! part of one writes into its buffer; a part is copied out, so that the buffer stays the carried value's alone.

use super::fuse::dense;
use super::run::{ExecError, Executable, Setting, broken};
use super::tensor::{Tensor, burn_shape};
use burn::backend::Slice as Cut;
use burn::backend::flex::FlexTensor;
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, TensorData};
use gmc_compiler::ir::op::{At, Loop};
use gmc_compiler::ir::ops::Local;
use gmc_compiler::ir::shape::DType;

/// Where a graph stands in the loops around it.
#[derive(Clone, Copy, Default)]
pub struct Place {
    /// The iteration of the innermost one.
    pub position: usize,
    /// The iterations of all of them before this one.
    pub iteration: u64,
}

/// The last `carry.0` of a loop.
pub fn run(body: &Executable, l: &Loop, at: Setting, mut args: Vec<Tensor>) -> Result<Tensor, ExecError> {
    let read = args.split_off(l.carried.min(args.len()));
    let mut carried: Vec<Option<Tensor>> = args.into_iter().map(Some).collect();
    for position in 0..l.count {
        let iteration = at.place.iteration.wrapping_mul(l.count as u64).wrapping_add(position as u64);
        let place = Place { position, iteration };
        let mut hand = |name: &str| match Local::named(name)? {
            Local::Carry(k) => carried.get_mut(k)?.take(),
            Local::Read(k) => read.get(k).cloned(),
            Local::Position => Some(Tensor::scalar(at.device, position as f32)),
        };
        let made = body.run_at(Setting { place, ..at }, &mut hand)?;
        carried = made.into_iter().map(|(_, t)| Some(t)).collect();
    }
    carried.into_iter().next().flatten().ok_or_else(|| broken("a loop carries nothing"))
}

/// The first element of a part along each axis of `rank`.
fn starts(rank: usize, axes: &[usize], at: &[At], position: usize) -> Vec<usize> {
    let mut starts = vec![0; rank];
    for (axis, at) in axes.iter().zip(at) {
        starts.get_mut(*axis).into_iter().for_each(|s| *s = at.start(position));
    }
    starts
}

/// The elements of a part of a tensor, in pieces that lie one behind the other in its buffer.
struct Pieces {
    /// Elements of a piece.
    len: usize,
    /// How many pieces there are along each axis that is not inside of one, and how far apart they are.
    counts: Vec<(usize, usize)>,
    /// Where the first begins.
    first: usize,
}

impl Pieces {
    /// The part of sizes `part` that begins at `starts` of a tensor of axes `dims`.
    fn new(dims: &[usize], part: &[usize], starts: &[usize]) -> Pieces {
        let (mut step, mut first, mut len, mut whole) = (1, 0, 1, true);
        let mut counts = Vec::with_capacity(dims.len());
        for ((&n, &m), &start) in dims.iter().zip(part).zip(starts).rev() {
            first += start * step;
            if whole {
                len *= m;
                whole = n == m;
            } else {
                counts.push((m, step));
            }
            step *= n;
        }
        counts.reverse();
        Pieces { len, counts, first }
    }
    /// Calls `f` with the place in the buffer of each piece, in order.
    fn each(&self, mut f: impl FnMut(usize)) {
        let total: usize = self.counts.iter().map(|(n, _)| n).product();
        let mut index = vec![0; self.counts.len()];
        let mut at = self.first;
        for _ in 0..total {
            f(at);
            for (i, (n, step)) in index.iter_mut().zip(&self.counts).rev() {
                *i += 1;
                at += step;
                if *i < *n {
                    break;
                }
                at -= n * step;
                *i = 0;
            }
        }
    }
}

/// The part of sizes `dims` at the place of the iteration, in a buffer of its own.
pub fn dyn_slice(x: Tensor, axes: &[usize], at: &[At], position: usize, dims: &[usize]) -> Tensor {
    let (dtype, starts) = (x.dtype(), starts(dims.len(), axes, at, position));
    let from = x.shape().to_vec();
    let x = match x.into_flex() {
        Ok(x) if dtype == DType::F && x.is_contiguous() => {
            let source = x.storage::<f32>();
            let pieces = Pieces::new(&from, dims, &starts);
            let first = x.layout().start_offset();
            let mut data = Vec::with_capacity(dims.iter().product());
            pieces.each(|p| {
                data.extend_from_slice(source.get(first + p..first + p + pieces.len).unwrap_or(&[]))
            });
            return Tensor::from_flex(
                FlexTensor::from_data(TensorData::new(data, burn_shape(dims))),
                dtype,
                dims,
            );
        }
        Ok(x) => Tensor::from_flex(x, dtype, &from),
        Err(x) => x,
    };
    let cuts = cuts(&starts, dims);
    let raw = match dtype {
        DType::F => Dispatch::float_slice(x.into_raw(), &cuts),
        DType::I => Dispatch::int_slice(x.into_raw(), &cuts),
        DType::B => Dispatch::bool_slice(x.into_raw(), &cuts),
    };
    let part = Tensor::wrap(raw, dtype, dims);
    match part.into_flex() {
        // A view would keep the whole buffer from being written to.
        Ok(view) => Tensor::from_flex(view.to_contiguous(), dtype, dims),
        Err(part) => part,
    }
}

/// `x` with `y` at the place of the iteration; in the buffer of `x` where nobody else holds it.
pub fn dyn_update(x: Tensor, y: Tensor, axes: &[usize], at: &[At], position: usize) -> Tensor {
    let (dtype, dims, part) = (x.dtype(), x.shape().to_vec(), y.shape().to_vec());
    let starts = starts(dims.len(), axes, at, position);
    if dtype == DType::F {
        match (x.into_flex(), y.into_flex()) {
            (Ok(x), Ok(y)) => return written(dense(x), &dense(y), &dims, &part, &starts),
            (x, y) => {
                let back = |t: Result<FlexTensor, Tensor>, dims: &[usize]| {
                    t.map_or_else(|t| t, |t| Tensor::from_flex(t, dtype, dims))
                };
                return assigned(back(x, &dims), back(y, &part), &starts);
            }
        }
    }
    assigned(x, y, &starts)
}

/// On the CPU.
fn written(mut x: FlexTensor, y: &FlexTensor, dims: &[usize], part: &[usize], starts: &[usize]) -> Tensor {
    let new = y.storage::<f32>();
    if x.try_storage_mut::<f32>().is_none() {
        x = FlexTensor::from_data(TensorData::new(x.storage::<f32>().to_vec(), burn_shape(dims)));
    }
    if let Some(old) = x.try_storage_mut::<f32>() {
        let pieces = Pieces::new(dims, part, starts);
        let mut rest = new.chunks(pieces.len.max(1));
        pieces.each(|p| {
            if let (Some(to), Some(from)) = (old.get_mut(p..p + pieces.len), rest.next()) {
                if to.len() == from.len() {
                    to.copy_from_slice(from)
                }
            }
        });
    }
    Tensor::from_flex(x, DType::F, dims)
}

/// By Burn.
fn assigned(x: Tensor, y: Tensor, starts: &[usize]) -> Tensor {
    let (dtype, dims) = (x.dtype(), x.shape().to_vec());
    let cuts = cuts(starts, y.shape());
    let (x, y) = (x.into_raw(), y.into_raw());
    let raw = match dtype {
        DType::F => Dispatch::float_slice_assign(x, &cuts, y),
        DType::I => Dispatch::int_slice_assign(x, &cuts, y),
        DType::B => Dispatch::bool_slice_assign(x, &cuts, y),
    };
    Tensor::wrap(raw, dtype, &dims)
}

fn cuts(starts: &[usize], part: &[usize]) -> Vec<Cut> {
    starts.iter().zip(part).map(|(s, n)| Cut::from(*s..s + n)).collect()
}
