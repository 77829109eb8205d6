//! Numbers on the CPU written one after the other, beside each other or at other places, by all threads where there are many. All functions
//! give `None` for what lies elsewhere.

use super::axes::{burn_shape, with_axis};
use super::fuse::dense;
use super::tensor::Tensor;
use super::views::{self, Rows};
use burn::backend::TensorData;
use burn::backend::flex::FlexTensor;
use gmc_compiler::ir::shape::DType;
use rayon::prelude::*;
use std::mem::MaybeUninit;

/// Numbers of a task of one of several threads.
const RUN: usize = 1 << 14;

/// Elements of all axes from `from` on.
fn size(dims: &[usize], from: usize) -> usize {
    dims.iter().skip(from).product()
}

/// A tensor of axes `dims`. `write` is given rows of `row` elements, all of which it writes, and the number of the first.
fn written(dims: &[usize], row: usize, write: impl Fn(usize, &mut [MaybeUninit<f32>]) + Sync) -> Tensor {
    let n = dims.iter().product();
    let mut out: Vec<f32> = Vec::with_capacity(n);
    let room = out.spare_capacity_mut().get_mut(..n).unwrap_or_default();
    let rows = |first: usize, rows: &mut [MaybeUninit<f32>]| {
        let rows = rows.chunks_exact_mut(row.max(1)).enumerate();
        rows.for_each(|(i, row)| write(first + i, row));
    };
    if n > 2 * RUN {
        let some = RUN.div_ceil(row.max(1));
        let tasks = room.par_chunks_mut(some * row.max(1)).enumerate();
        tasks.for_each(|(i, task)| rows(i * some, task));
    } else {
        rows(0, room);
    }
    // SAFETY: all rows were written, and there is nothing between them.
    unsafe { out.set_len(n) };
    Tensor::from_flex(FlexTensor::from_data(TensorData::new(out, burn_shape(dims))), DType::F, dims)
}

/// The numbers of a tensor, by rows.
struct Part {
    tensor: FlexTensor,
    first: usize,
    len: usize,
    step: usize,
}

impl Part {
    /// In rows of `len`.
    fn new(x: &Tensor, len: usize) -> Option<Part> {
        if x.dtype() != DType::F || x.is_empty() {
            return None;
        }
        let tensor = x.clone().into_flex().ok()?;
        Some(match views::rows(&tensor) {
            Some(Rows { first, len: row, step }) if row == len => Part { tensor, first, len, step },
            Some(Rows { first, len: row, .. }) if row == x.len() => Part { tensor, first, len, step: len },
            Some(_) | None => Part { tensor: dense(tensor), first: 0, len, step: len },
        })
    }
    fn row(&self, i: usize) -> &[f32] {
        let from = self.first + i * self.step;
        self.tensor.storage::<f32>().get(from..from + self.len).unwrap_or_default()
    }
}

/// One after the other along `axis`, of axes `dims`.
pub fn concat(xs: &[Tensor], axis: usize, dims: &[usize]) -> Option<Tensor> {
    let part = |x: &Tensor| Part::new(x, size(x.shape(), axis));
    let parts: Vec<Part> = xs.iter().map(part).collect::<Option<_>>()?;
    Some(written(dims, size(dims, axis), |i, mut rest| {
        for part in &parts {
            let (to, behind) = rest.split_at_mut(part.len);
            to.write_copy_of_slice(part.row(i));
            rest = behind;
        }
    }))
}

/// Zeros before and after along `axis`, of axes `dims`.
pub fn pad(x: &Tensor, axis: usize, before: usize, dims: &[usize]) -> Option<Tensor> {
    let part = Part::new(x, size(x.shape(), axis))?;
    let before = before * size(dims, axis + 1);
    Some(written(dims, size(dims, axis), |i, row| {
        let (front, rest) = row.split_at_mut(before);
        let (to, back) = rest.split_at_mut(part.len);
        front.fill(MaybeUninit::new(0.0));
        to.write_copy_of_slice(part.row(i));
        back.fill(MaybeUninit::new(0.0));
    }))
}

/// The elements at `indices` along `axis`.
pub fn take(x: &Tensor, axis: usize, indices: &[usize]) -> Option<Tensor> {
    let inner = size(x.shape(), axis + 1);
    let part = Part::new(x, size(x.shape(), axis))?;
    let dims = with_axis(x.shape(), axis, indices.len());
    if indices.iter().any(|j| (j + 1) * inner > part.len) {
        return None;
    }
    Some(written(&dims, indices.len() * inner, |i, row| {
        let from = part.row(i);
        for (to, j) in row.chunks_exact_mut(inner).zip(indices) {
            let from = from.get(j * inner..).unwrap_or_default();
            to.iter_mut().zip(from).for_each(|(to, x)| _ = to.write(*x));
        }
    }))
}

/// The elements of `g` added at `indices` along `axis` to zeros of axes `dims`.
pub fn put(g: &Tensor, axis: usize, indices: &[usize], dims: &[usize]) -> Option<Tensor> {
    let inner = size(dims, axis + 1);
    let part = Part::new(g, size(g.shape(), axis))?;
    if indices.iter().any(|j| (j + 1) * inner > size(dims, axis)) {
        return None;
    }
    Some(written(dims, size(dims, axis), |i, row| {
        row.fill(MaybeUninit::new(0.0));
        // SAFETY: they were just written.
        let row = unsafe { row.assume_init_mut() };
        for (g, j) in part.row(i).chunks_exact(inner).zip(indices) {
            let to = row.get_mut(j * inner..).unwrap_or_default();
            to.iter_mut().zip(g).for_each(|(to, g)| *to += *g);
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::super::layout;
    use super::*;
    use crate::exec::{Device, DeviceChoice, open};

    fn counted(device: &Device, dims: &[usize]) -> Tensor {
        let n: usize = dims.iter().product();
        Tensor::from_f32(device, (0..n).map(|i| i as f32).collect(), dims)
    }

    fn index(device: &Device, indices: &[usize]) -> Tensor {
        Tensor::from_i32(device, indices.iter().map(|i| *i as i32).collect(), &[indices.len()])
    }

    /// Burn's own moves are the oracle; of tensors that lie in order, as a part of another one, and turned.
    #[test]
    fn moves_are_those_of_the_backend() {
        let device = open(DeviceChoice::Cpu).expect("there is a CPU");
        for (b, n, m) in [(3, 4, 5), (1, 7, 1), (70, 40, 30), (300, 2, 101)] {
            let whole = counted(&device, &[b, n, m]);
            let part = layout::slice(counted(&device, &[b, n + 3, m]), 1, 2, n);
            let turned = layout::permute(counted(&device, &[m, n, b]), &[2, 1, 0]);
            for x in [whole, part, turned] {
                for axis in 0..3 {
                    let xs = vec![x.clone(), x.clone()];
                    let long = with_axis(x.shape(), axis, 2 * x.shape()[axis]);
                    let joined = concat(&xs, axis, &long).expect("on the CPU");
                    assert_eq!(joined.to_f32(), layout::joined(xs, axis, &long).to_f32());
                    let wide = with_axis(x.shape(), axis, x.shape()[axis] + 3);
                    let padded = pad(&x, axis, 1, &wide).expect("on the CPU");
                    let zeros = |n| Tensor::zeros(&device, &with_axis(x.shape(), axis, n));
                    let parts = vec![zeros(1), x.clone(), zeros(2)];
                    assert_eq!(padded.to_f32(), layout::joined(parts, axis, &wide).to_f32());
                    let last = x.shape()[axis] - 1;
                    let picks = [last, 0, last / 2, 0];
                    let taken = take(&x, axis, &picks).expect("on the CPU");
                    let picked = index(&device, &picks);
                    assert_eq!(taken.to_f32(), layout::take(x.clone(), axis, picked.clone()).to_f32());
                    let back = put(&taken, axis, &picks, x.shape()).expect("on the CPU");
                    let want = layout::put(&device, taken, axis, picked, x.shape());
                    assert_eq!(back.to_f32(), want.to_f32());
                }
            }
        }
        assert!(take(&counted(&device, &[2, 3]), 1, &[3]).is_none());
    }
}
