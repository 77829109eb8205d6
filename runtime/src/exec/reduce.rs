//! Reductions and convolutions (the latter on the CPU those of [`super::conv`], elsewhere Burn's).

use super::axes::{burn_shape, with_axis};
use super::conv;
use super::device::Device;
use super::fuse::dense;
use super::sums;
use super::tensor::{FLOAT, INDEX, Tensor};
use burn::backend::flex::FlexTensor;
use burn::backend::ops::{ConvOptions, ConvTransposeOptions, FloatTensorOps, ModuleOps};
use burn::backend::{Dispatch, Scalar, TensorData};
use gmc_compiler::ir::op::{ConvGeom, ConvTranspose2d, ConvWeight, ReduceKind};
use gmc_compiler::ir::shape::DType;

/// Reduction over `axes`, which stay with size 1. Neighbouring axes are first joined into one.
pub fn reduce(x: Tensor, kind: ReduceKind, axes: &[usize]) -> Tensor {
    let dims = x.shape().to_vec();
    let kept: Vec<usize> =
        dims.iter().enumerate().map(|(i, d)| if axes.contains(&i) { 1 } else { *d }).collect();
    let count: usize = dims.iter().enumerate().filter(|(i, _)| axes.contains(i)).map(|(_, d)| *d).product();
    // Alternating runs of kept and reduced axes; axes of size 1 belong to any run.
    let mut joined: Vec<(bool, usize)> = Vec::new();
    for (i, d) in dims.iter().enumerate().filter(|(_, d)| **d != 1) {
        let reduced = axes.contains(&i);
        match joined.last_mut() {
            Some((r, n)) if *r == reduced => *n *= d,
            _ => joined.push((reduced, *d)),
        }
    }
    if joined.is_empty() {
        joined.push((false, 1));
    }
    let now: Vec<usize> = joined.iter().map(|(reduced, n)| if *reduced { 1 } else { *n }).collect();
    let flat: Vec<usize> = joined.iter().map(|(_, n)| *n).collect();
    let mut x = x.reshaped(&flat);
    if kind != ReduceKind::Max {
        match x.into_flex() {
            Ok(t) => return Tensor::from_flex(sum(t, &joined, kind, count, &kept), DType::F, &kept),
            Err(elsewhere) => x = elsewhere,
        }
    }
    let mut raw = x.into_raw();
    for (axis, _) in joined.iter().enumerate().filter(|(_, (reduced, _))| *reduced) {
        raw = match kind {
            ReduceKind::Sum | ReduceKind::Mean => Dispatch::float_sum_dim(raw, axis),
            ReduceKind::Max => Dispatch::float_max_dim(raw, axis),
        };
    }
    if kind == ReduceKind::Mean {
        raw = Dispatch::float_mul_scalar(raw, Scalar::Float(1.0 / count as f64));
    }
    Tensor::wrap(raw, DType::F, &now).reshaped(&kept)
}

/// Sums on the CPU, the last axis first, so that what is left is small.
fn sum(
    x: FlexTensor,
    joined: &[(bool, usize)],
    kind: ReduceKind,
    count: usize,
    kept: &[usize],
) -> FlexTensor {
    let x = dense(x);
    let mut inner = 1;
    let mut summed: Option<Vec<f32>> = None;
    for (i, (reduced, n)) in joined.iter().enumerate().rev() {
        if !reduced {
            inner *= n;
            continue;
        }
        let outer = joined.iter().take(i).map(|(_, n)| *n).product();
        let numbers = summed.as_deref().unwrap_or_else(|| x.storage());
        summed = Some(sums::sums(numbers, [outer, *n, inner]));
    }
    let mut sum = summed.unwrap_or_else(|| x.storage::<f32>().to_vec());
    if kind == ReduceKind::Mean {
        let scale = (1.0 / count as f64) as f32;
        sum.iter_mut().for_each(|x| *x *= scale);
    }
    FlexTensor::from_data(TensorData::new(sum, burn_shape(kept)))
}

/// Index of the first maximum along `axis`, which stays with size 1.
pub fn argmax(x: Tensor, axis: usize) -> Tensor {
    let dims = with_axis(x.shape(), axis, 1);
    Tensor::wrap(Dispatch::float_argmax(x.into_raw(), axis, INDEX), DType::I, &dims)
}

/// `x [N, C, H, W]`, `w [O, C/groups, kh, kw]` -> `[N, O, H', W']`.
pub fn conv2d(x: Tensor, w: Tensor, geom: ConvGeom, dims: &[usize]) -> Tensor {
    let (x, w) = match conv::conv2d(x, w, geom, dims) {
        Ok(y) => return y,
        Err(args) => args,
    };
    Tensor::wrap(Dispatch::conv2d(x.into_raw(), w.into_raw(), None, options(geom)), DType::F, dims)
}

fn options(g: ConvGeom) -> ConvOptions<2> {
    ConvOptions::new(g.stride, g.pad, g.dilation, g.groups)
}

/// The transpose of a convolution in its input.
pub fn conv_transpose2d(y: Tensor, w: Tensor, op: ConvTranspose2d, dims: &[usize]) -> Tensor {
    let (y, w) = match conv::conv_transpose2d(y, w, op.geom, dims) {
        Ok(x) => return x,
        Err(args) => args,
    };
    let g = op.geom;
    let options = ConvTransposeOptions::new(g.stride, g.pad, op.out_pad, g.dilation, g.groups);
    Tensor::wrap(Dispatch::conv_transpose2d(y.into_raw(), w.into_raw(), None, options), DType::F, dims)
}

/// The transpose of a convolution in its weight. Burn asks for the weight too, of which it reads only the shape.
pub fn conv_weight(device: &Device, x: Tensor, gy: Tensor, op: ConvWeight, dims: &[usize]) -> Tensor {
    let (x, gy) = match conv::conv_weight(x, gy, op.geom, dims) {
        Ok(w) => return w,
        Err(args) => args,
    };
    let zero = Dispatch::float_zeros(burn_shape(&[1, 1, 1, 1]), device.dispatch(), FLOAT);
    let w = Dispatch::float_expand(zero, burn_shape(dims));
    Tensor::wrap(
        Dispatch::conv2d_weight_backward(x.into_raw(), w, gy.into_raw(), options(op.geom)),
        DType::F,
        dims,
    )
}
