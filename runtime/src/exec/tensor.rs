//! Values on a device. Cloning shares the buffer; an operation writes into its argument's buffer when nobody else holds it.

use super::axes::burn_shape;
use super::device::Device;
use super::views;
use burn::backend::flex::FlexTensor;
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{
    BackendTensor, Dispatch, DispatchTensor, DispatchTensorKind, FloatDType, IntDType, Scalar, TensorData,
};
use gmc_compiler::ir::shape::DType;

/// Indices are 32 bits wide on every device (wgpu has no wider ones).
pub(crate) const INDEX: IntDType = IntDType::I32;
/// Numbers are f32 on every device.
pub(crate) const FLOAT: FloatDType = FloatDType::F32;

/// A tensor on a device. Rank 0 is allowed here (Burn holds it with one axis of size 1).
#[derive(Clone)]
pub struct Tensor {
    raw: DispatchTensor,
    dtype: DType,
    dims: Vec<usize>,
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tensor({:?}, {:?})", self.dtype, self.dims)
    }
}

impl Tensor {
    /// Uploads `data` (row-major) as a tensor with axes `dims`. A length that does not fit `dims` is cut or filled with zeros,
    /// so check it before where the data is not yours.
    pub fn from_f32(device: &Device, mut data: Vec<f32>, dims: &[usize]) -> Tensor {
        data.resize(dims.iter().product(), 0.0);
        let data = TensorData::new(data, burn_shape(dims));
        Tensor::wrap(Dispatch::float_from_data(data, device.dispatch()), DType::F, dims)
    }
    /// A rank-0 tensor.
    pub fn scalar(device: &Device, value: f32) -> Tensor {
        Tensor::from_f32(device, vec![value], &[])
    }
    /// A tensor of zeros.
    pub fn zeros(device: &Device, dims: &[usize]) -> Tensor {
        Tensor::full(device, 0.0, DType::F, dims)
    }
    /// The elements, row-major; indices and truth values as numbers. Waits for the device.
    pub fn to_f32(&self) -> Vec<f32> {
        let read = match self.dtype {
            DType::F => burn::backend::read_sync(Dispatch::float_into_data(self.raw.clone())),
            DType::I => burn::backend::read_sync(Dispatch::int_into_data(self.raw.clone())),
            DType::B => burn::backend::read_sync(Dispatch::bool_into_data(self.raw.clone())),
        };
        let Ok(data) = read else { return vec![f32::NAN; self.len()] };
        match self.dtype {
            DType::F => data.try_into_vec::<f32>().unwrap_or_default(),
            DType::I | DType::B => data.iter::<f32>().collect(),
        }
    }
    /// Sizes of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.dims
    }
    /// Element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }
    /// Whether some axis has size 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn wrap(raw: DispatchTensor, dtype: DType, dims: &[usize]) -> Tensor {
        Tensor { raw, dtype, dims: dims.to_vec() }
    }
    pub(crate) fn into_raw(self) -> DispatchTensor {
        self.raw
    }
    pub(crate) fn full(device: &Device, value: f64, dtype: DType, dims: &[usize]) -> Tensor {
        let (shape, on) = (burn_shape(dims), device.dispatch());
        let raw = match dtype {
            DType::F => Dispatch::float_full(shape, Scalar::Float(value), on, FLOAT),
            DType::I => Dispatch::int_full(shape, Scalar::Int(value as i64), on, INDEX),
            DType::B if value != 0.0 => Dispatch::bool_ones(shape, on, device.bool_dtype()),
            DType::B => Dispatch::bool_zeros(shape, on, device.bool_dtype()),
        };
        Tensor::wrap(raw, dtype, dims)
    }
    pub(crate) fn from_i32(device: &Device, data: Vec<i32>, dims: &[usize]) -> Tensor {
        let data = TensorData::new(data, burn_shape(dims));
        Tensor::wrap(Dispatch::int_from_data(data, device.dispatch()), DType::I, dims)
    }
    /// The same elements under other axes of the same number of elements.
    pub(crate) fn reshaped(self, dims: &[usize]) -> Tensor {
        if self.dims == dims {
            return self;
        }
        let (dtype, before) = (self.dtype, self.dims.clone());
        let this = match self.into_flex().map(|t| views::reshaped(t, dims)) {
            Ok(Ok(view)) => return Tensor::from_flex(view, dtype, dims),
            Ok(Err(t)) => Tensor::from_flex(t, dtype, &before),
            Err(elsewhere) => elsewhere,
        };
        let shape = burn_shape(dims);
        let raw = match dtype {
            DType::F => Dispatch::float_reshape(this.raw, shape),
            DType::I => Dispatch::int_reshape(this.raw, shape),
            DType::B => Dispatch::bool_reshape(this.raw, shape),
        };
        Tensor::wrap(raw, dtype, dims)
    }
    /// Axes of size 1 repeated up to `dims` (a view where the backend has views); a rank-0 value fits any rank.
    pub(crate) fn expanded(self, dims: &[usize]) -> Tensor {
        if self.dims == dims {
            return self;
        }
        let rank = dims.len();
        let lifted = if self.dims.len() == rank { self } else { self.lifted(rank) };
        let shape = burn_shape(dims);
        let raw = match lifted.dtype {
            DType::F => Dispatch::float_expand(lifted.raw, shape),
            DType::I => Dispatch::int_expand(lifted.raw, shape),
            DType::B => Dispatch::bool_expand(lifted.raw, shape),
        };
        Tensor::wrap(raw, lifted.dtype, dims)
    }
    /// A value of rank 0 with `rank` axes of size 1; any other value unchanged.
    pub(crate) fn lifted(self, rank: usize) -> Tensor {
        if self.dims.is_empty() && rank > 1 {
            let ones = vec![1; rank];
            self.reshaped(&ones)
        } else {
            self
        }
    }
    /// The CPU tensor inside, or the value back when it lives elsewhere.
    #[expect(clippy::result_large_err, reason = "the value itself goes back, on the way of every operation")]
    #[expect(clippy::wildcard_enum_match_arm, reason = "the backend's features add kinds")]
    pub(crate) fn into_flex(self) -> Result<FlexTensor, Tensor> {
        match self.raw.kind {
            DispatchTensorKind::Flex(
                BackendTensor::Float(t) | BackendTensor::Int(t) | BackendTensor::Bool(t),
            ) => Ok(t),
            kind => Err(Tensor { raw: DispatchTensor { kind, autodiff: self.raw.autodiff }, ..self }),
        }
    }
    pub(crate) fn from_flex(t: FlexTensor, dtype: DType, dims: &[usize]) -> Tensor {
        let inner = match dtype {
            DType::F => BackendTensor::Float(t),
            DType::I => BackendTensor::Int(t),
            DType::B => BackendTensor::Bool(t),
        };
        let raw = DispatchTensor { kind: DispatchTensorKind::Flex(inner), autodiff: Default::default() };
        Tensor::wrap(raw, dtype, dims)
    }
}
