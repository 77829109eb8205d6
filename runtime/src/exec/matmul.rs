//! `[.., m, k] x [.., k, n]`: on the CPU by [`super::product`], which reads the operands where they lie, elsewhere by Burn.

use super::axes::burn_shape;
use super::product::{self, Matrix};
use super::tensor::Tensor;
use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, TensorData};
use gmc_compiler::ir::shape::DType;

/// The product, of axes `dims`. Where the right side is one matrix for all leading axes, the left side's become rows.
pub fn matmul(a: Tensor, b: Tensor, dims: &[usize]) -> Tensor {
    let lead = dims.len().saturating_sub(2);
    let leading = |t: &Tensor| t.shape().iter().take(lead).product::<usize>();
    let size = |t: &Tensor, i: usize| t.shape().get(lead + i).copied().unwrap_or(1);
    if lead > 0 && leading(&b) == 1 {
        let (rows, k, n) = (leading(&a) * size(&a, 0), size(&a, 1), size(&b, 1));
        return matmul(a.reshaped(&[rows, k]), b.reshaped(&[k, n]), &[rows, n]).reshaped(dims);
    }
    match (Strided::new(&a), Strided::new(&b)) {
        (Some(a), Some(b)) => products(&a, &b, dims),
        (None, _) | (_, None) => {
            Tensor::wrap(Dispatch::float_matmul(a.into_raw(), b.into_raw()), DType::F, dims)
        }
    }
}

/// A value on the CPU, with the distance between its elements along each axis.
struct Strided {
    tensor: FlexTensor,
    sizes: Vec<usize>,
    steps: Vec<usize>,
}

impl Strided {
    /// `None` where the value lies elsewhere.
    fn new(t: &Tensor) -> Option<Strided> {
        let sizes = t.shape().to_vec();
        let tensor = t.clone().into_flex().ok()?;
        let tensor = if tensor.layout().has_positive_strides() { tensor } else { tensor.to_contiguous() };
        let steps = tensor.layout().strides().iter().map(|s| s.unsigned_abs()).collect();
        Some(Strided { tensor, sizes, steps })
    }
    /// Size of an axis, and the distance along it, which is 0 where the axis is repeated.
    fn axis(&self, i: usize) -> (usize, usize) {
        let n = self.sizes.get(i).copied().unwrap_or(1);
        (n, if n == 1 { 0 } else { self.steps.get(i).copied().unwrap_or(0) })
    }
    /// Its matrices, which begin with the first.
    fn matrix(&self, lead: usize) -> Matrix<'_> {
        let data = self.tensor.storage::<f32>().get(self.tensor.layout().start_offset()..);
        let ((_, row), (columns, column)) = (self.axis(lead), self.axis(lead + 1));
        Matrix { data: data.unwrap_or_default(), row, column: if columns == 1 { 1 } else { column } }
    }
}

/// The products of all pairs of matrices.
fn products(a: &Strided, b: &Strided, dims: &[usize]) -> Tensor {
    let lead = dims.len().saturating_sub(2);
    let size = [a.axis(lead).0, b.axis(lead + 1).0, a.axis(lead + 1).0];
    let mut places = vec![[0, 0]];
    for (i, n) in dims.iter().take(lead).enumerate() {
        let (x, y) = (a.axis(i).1, b.axis(i).1);
        let along = |[p, q]: [usize; 2]| (0..*n).map(move |j| [p + j * x, q + j * y]);
        places = places.into_iter().flat_map(along).collect();
    }
    let out = product::products(size, a.matrix(lead), b.matrix(lead), &places);
    Tensor::from_flex(FlexTensor::from_data(TensorData::new(out, burn_shape(dims))), DType::F, dims)
}
