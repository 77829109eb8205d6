//! Operations that move elements without computing: views, indexing, padding, joining.

use super::axes::with_axis;
use super::device::Device;
use super::moves;
use super::tensor::{INDEX, Tensor};
use burn::backend::Dispatch;
use burn::backend::Slice as Cut;
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps, PadMode};
use burn::backend::tensor::IndexingUpdateOp;
use gmc_compiler::ir::shape::DType;

fn size(dims: &[usize], axis: usize) -> usize {
    dims.get(axis).copied().unwrap_or(1)
}

/// Axes in another order.
pub fn permute(x: Tensor, perm: &[usize]) -> Tensor {
    let dims: Vec<usize> = perm.iter().map(|p| size(x.shape(), *p)).collect();
    let dtype = x.dtype();
    let raw = match dtype {
        DType::F => Dispatch::float_permute(x.into_raw(), perm),
        DType::I => Dispatch::int_permute(x.into_raw(), perm),
        DType::B => Dispatch::bool_permute(x.into_raw(), perm),
    };
    Tensor::wrap(raw, dtype, &dims)
}

/// `len` elements from `start` along `axis`.
pub fn slice(x: Tensor, axis: usize, start: usize, len: usize) -> Tensor {
    if start == 0 && len == size(x.shape(), axis) {
        return x;
    }
    let dims = with_axis(x.shape(), axis, len);
    let cut =
        |(i, d): (usize, &usize)| if i == axis { Cut::from(start..start + len) } else { Cut::from(0..*d) };
    let cuts: Vec<Cut> = x.shape().iter().enumerate().map(cut).collect();
    let dtype = x.dtype();
    let raw = match dtype {
        DType::F => Dispatch::float_slice(x.into_raw(), &cuts),
        DType::I => Dispatch::int_slice(x.into_raw(), &cuts),
        DType::B => Dispatch::bool_slice(x.into_raw(), &cuts),
    };
    Tensor::wrap(raw, dtype, &dims)
}

/// Zeros before and after along `axis`.
pub fn pad(device: &Device, x: Tensor, axis: usize, before: usize, after: usize) -> Tensor {
    let dims = with_axis(x.shape(), axis, size(x.shape(), axis) + before + after);
    if let Some(padded) = moves::pad(&x, axis, before, &dims) {
        return padded;
    }
    let pairs: Vec<(usize, usize)> =
        (0..dims.len()).map(|i| if i == axis { (before, after) } else { (0, 0) }).collect();
    match x.dtype() {
        DType::F => {
            Tensor::wrap(Dispatch::float_pad(x.into_raw(), &pairs, PadMode::Constant(0.0)), DType::F, &dims)
        }
        DType::I => {
            Tensor::wrap(Dispatch::int_pad(x.into_raw(), &pairs, PadMode::Constant(0.0)), DType::I, &dims)
        }
        DType::B => {
            let zeros = |n: usize| Tensor::full(device, 0.0, DType::B, &with_axis(x.shape(), axis, n));
            let parts =
                [(before > 0).then(|| zeros(before)), Some(x.clone()), (after > 0).then(|| zeros(after))];
            concat(parts.into_iter().flatten().collect(), axis, &dims)
        }
    }
}

/// One after the other along `axis`.
pub fn concat(xs: Vec<Tensor>, axis: usize, dims: &[usize]) -> Tensor {
    moves::concat(&xs, axis, dims).unwrap_or_else(|| joined(xs, axis, dims))
}

/// As [`concat`], by Burn.
pub(super) fn joined(xs: Vec<Tensor>, axis: usize, dims: &[usize]) -> Tensor {
    let dtype = xs.first().map_or(DType::F, Tensor::dtype);
    let raws = xs.into_iter().map(Tensor::into_raw).collect();
    let raw = match dtype {
        DType::F => Dispatch::float_cat(raws, axis),
        DType::I => Dispatch::int_cat(raws, axis),
        DType::B => Dispatch::bool_cat(raws, axis),
    };
    Tensor::wrap(raw, dtype, dims)
}

/// `0, 1, ..` along `axis`.
pub fn iota(device: &Device, dims: &[usize], axis: usize) -> Tensor {
    let n = size(dims, axis);
    let line = Dispatch::int_arange(0..n as i64, device.dispatch(), INDEX);
    let lone: Vec<usize> = (0..dims.len()).map(|i| if i == axis { n } else { 1 }).collect();
    Tensor::wrap(line, DType::I, &[n]).reshaped(&lone).expanded(dims)
}

/// An index kept inside `0..n`: an index out of range reads the nearest row on every device, rather than memory at random.
fn within(index: Tensor, n: usize) -> Tensor {
    let dims = index.shape().to_vec();
    let top = n.saturating_sub(1) as i64;
    Tensor::wrap(Dispatch::int_clamp(index.into_raw(), 0i64.into(), top.into()), DType::I, &dims)
}

/// torch.gather along `axis`.
pub fn gather(x: Tensor, index: Tensor, axis: usize) -> Tensor {
    let dims = index.shape().to_vec();
    let index = within(index, size(x.shape(), axis));
    Tensor::wrap(Dispatch::float_gather(axis, x.into_raw(), index.into_raw()), DType::F, &dims)
}

/// Adds `g` at `index` along `axis` into zeros with axes `dims`.
pub fn scatter_add(device: &Device, index: Tensor, g: Tensor, axis: usize, dims: &[usize]) -> Tensor {
    let index = within(index, size(dims, axis));
    let zeros = Tensor::zeros(device, dims).into_raw();
    Tensor::wrap(
        Dispatch::float_scatter(axis, zeros, index.into_raw(), g.into_raw(), IndexingUpdateOp::Add),
        DType::F,
        dims,
    )
}

/// If `indices` count up by one: their first.
pub fn run_of(indices: &[usize]) -> Option<usize> {
    let first = *indices.first()?;
    indices.iter().enumerate().all(|(i, x)| *x == first + i).then_some(first)
}

/// Rows `index` (rank 1) along `axis`.
pub fn take(x: Tensor, axis: usize, index: Tensor) -> Tensor {
    let dims = with_axis(x.shape(), axis, index.len());
    let dtype = x.dtype();
    let (x, index) = (x.into_raw(), index.into_raw());
    let raw = match dtype {
        DType::F => Dispatch::float_select(x, axis, index),
        DType::I => Dispatch::int_select(x, axis, index),
        DType::B => Dispatch::bool_select(x, axis, index),
    };
    Tensor::wrap(raw, dtype, &dims)
}

/// Adds rows of `g` along `axis` at `index` (rank 1) into zeros with axes `dims`.
pub fn put(device: &Device, g: Tensor, axis: usize, index: Tensor, dims: &[usize]) -> Tensor {
    let zeros = Tensor::zeros(device, dims).into_raw();
    let raw =
        Dispatch::float_select_assign(zeros, axis, index.into_raw(), g.into_raw(), IndexingUpdateOp::Add);
    Tensor::wrap(raw, DType::F, dims)
}

/// Rows `index` of a table.
pub fn lookup(table: Tensor, index: Tensor) -> Tensor {
    let index = within(index, size(table.shape(), 0));
    take(table, 0, index)
}

/// Adds rows of `g` at `index` into a table of zeros with axes `dims`.
pub fn lookup_add(device: &Device, index: Tensor, g: Tensor, dims: &[usize]) -> Tensor {
    let index = within(index, size(dims, 0));
    put(device, g, 0, index, dims)
}
