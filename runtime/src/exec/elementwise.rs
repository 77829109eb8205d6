//! Elementwise operations one at a time, by Burn: the only way on a GPU, and on the CPU what [`super::fuse`] is compared with.

use super::device::Device;
use super::tensor::{FLOAT, INDEX, Tensor};
use burn::backend::ops::{ActivationOps, BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor, Scalar};
use gmc_compiler::ir::op::{Binary, Compare, Logic, Unary};
use gmc_compiler::ir::shape::DType;

type Raw = DispatchTensor;

/// An argument: a tensor, or a number that is known before the run.
#[expect(clippy::large_enum_variant, reason = "lives on the stack for one operation")]
pub enum Arg {
    /// A tensor.
    Tensor(Tensor),
    /// The same number everywhere.
    Number(f64),
}

impl Arg {
    /// As a tensor of rank `rank` with axes of size 1, if it is a number.
    pub(crate) fn tensor(self, device: &Device, dtype: DType, rank: usize) -> Tensor {
        match self {
            Arg::Tensor(t) => t.lifted(rank),
            Arg::Number(v) => Tensor::full(device, v, dtype, &vec![1; rank]),
        }
    }
}

fn add_s(x: Raw, s: f64) -> Raw {
    Dispatch::float_add_scalar(x, Scalar::Float(s))
}
fn mul_s(x: Raw, s: f64) -> Raw {
    Dispatch::float_mul_scalar(x, Scalar::Float(s))
}

/// A function of one number.
pub fn unary(device: &Device, op: Unary, x: Tensor) -> Tensor {
    let dims = x.shape().to_vec();
    let bools = device.bool_dtype();
    let x = x.into_raw();
    let y = match op {
        Unary::Neg => Dispatch::float_neg(x),
        Unary::Exp => Dispatch::float_exp(x),
        Unary::Log => Dispatch::float_log(x),
        Unary::Log1p => Dispatch::float_log1p(x),
        Unary::Expm1 => {
            // 2 t / (1 - t) with t = tanh(x / 2) keeps the digits of a small x.
            let t = Dispatch::float_tanh(mul_s(x.clone(), 0.5));
            let near = Dispatch::float_div(mul_s(t.clone(), 2.0), add_s(Dispatch::float_neg(t), 1.0));
            let small = Dispatch::float_lower_elem(Dispatch::float_abs(x.clone()), Scalar::Float(0.5), bools);
            Dispatch::float_mask_where(add_s(Dispatch::float_exp(x), -1.0), small, near)
        }
        Unary::Sqrt => Dispatch::float_sqrt(x),
        Unary::Recip => Dispatch::float_recip(x),
        Unary::Square => Dispatch::float_mul(x.clone(), x),
        Unary::Abs => Dispatch::float_abs(x),
        Unary::Sign => Dispatch::float_sign(x),
        Unary::Floor => Dispatch::float_floor(x),
        Unary::Relu => Dispatch::relu(x),
        Unary::Step => {
            Dispatch::bool_into_float(Dispatch::float_greater_elem(x, Scalar::Float(0.0), bools), FLOAT)
        }
        Unary::Tanh => Dispatch::float_tanh(x),
        Unary::Sigmoid => Dispatch::sigmoid(x),
        Unary::Softplus => {
            let tail = Dispatch::float_log1p(Dispatch::float_exp(Dispatch::float_neg(Dispatch::float_abs(
                x.clone(),
            ))));
            Dispatch::float_add(Dispatch::relu(x), tail)
        }
        Unary::Sin => Dispatch::float_sin(x),
        Unary::Cos => Dispatch::float_cos(x),
        Unary::Erf => Dispatch::float_erf(x),
        Unary::Lgamma => lgamma(x),
        Unary::Digamma => digamma(x),
        Unary::Trigamma => trigamma(x),
    };
    Tensor::wrap(y, DType::F, &dims)
}

/// `x` limited to at most 8, and `x + 8` where `x < 8`, else `x`: the series below are exact to f32 from 8 on.
fn shifted(x: Raw) -> (Raw, Raw, Raw) {
    let low = Dispatch::float_clamp_max(x.clone(), Scalar::Float(8.0));
    let below = Dispatch::float_sign(Dispatch::float_sub(x.clone(), low.clone()));
    // 1 where x <= 8, 0 where x > 8.
    let below = add_s(Dispatch::float_neg(below), 1.0);
    let y = Dispatch::float_add(x, mul_s(below.clone(), 8.0));
    (low, y, below)
}

/// A polynomial in `w`, highest coefficient first.
fn polynomial(w: &Raw, coefficients: &[f64]) -> Raw {
    let mut p = mul_s(w.clone(), 0.0);
    for (i, c) in coefficients.iter().enumerate() {
        p = add_s(if i == 0 { p } else { Dispatch::float_mul(p, w.clone()) }, *c);
    }
    p
}

/// ln Γ for x > 0: recurrence past 8, then Stirling's series (Abramowitz and Stegun 6.1.41).
fn lgamma(x: Raw) -> Raw {
    let (low, y, below) = shifted(x);
    let mut product = low.clone();
    for k in 1..8 {
        product = Dispatch::float_mul(product, add_s(low.clone(), f64::from(k)));
    }
    let r = Dispatch::float_recip(y.clone());
    let w = Dispatch::float_mul(r.clone(), r.clone());
    let series = Dispatch::float_mul(polynomial(&w, &[1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0]), r);
    let log = Dispatch::float_log(y.clone());
    let main = Dispatch::float_sub(Dispatch::float_mul(add_s(y.clone(), -0.5), log), y);
    let main = add_s(Dispatch::float_add(main, series), 0.5 * (2.0 * std::f64::consts::PI).ln());
    Dispatch::float_sub(main, Dispatch::float_mul(Dispatch::float_log(product), below))
}

/// ψ for x > 0 (Abramowitz and Stegun 6.3.5, 6.3.18).
fn digamma(x: Raw) -> Raw {
    let (low, y, below) = shifted(x);
    let mut sum = Dispatch::float_recip(low.clone());
    for k in 1..8 {
        sum = Dispatch::float_add(sum, Dispatch::float_recip(add_s(low.clone(), f64::from(k))));
    }
    let r = Dispatch::float_recip(y.clone());
    let w = Dispatch::float_mul(r.clone(), r.clone());
    let series = Dispatch::float_mul(polynomial(&w, &[-1.0 / 252.0, 1.0 / 120.0, -1.0 / 12.0]), w);
    let main = Dispatch::float_add(Dispatch::float_sub(Dispatch::float_log(y), mul_s(r, 0.5)), series);
    Dispatch::float_sub(main, Dispatch::float_mul(sum, below))
}

/// ψ' for x > 0 (Abramowitz and Stegun 6.4.6, 6.4.12).
fn trigamma(x: Raw) -> Raw {
    let (low, y, below) = shifted(x);
    let square = |r: Raw| Dispatch::float_mul(r.clone(), r);
    let mut sum = square(Dispatch::float_recip(low.clone()));
    for k in 1..8 {
        sum = Dispatch::float_add(sum, square(Dispatch::float_recip(add_s(low.clone(), f64::from(k)))));
    }
    let r = Dispatch::float_recip(y);
    let w = square(r.clone());
    let series = Dispatch::float_mul(
        polynomial(&w, &[1.0 / 42.0, -1.0 / 30.0, 1.0 / 6.0]),
        Dispatch::float_mul(w.clone(), r.clone()),
    );
    let main = Dispatch::float_add(Dispatch::float_add(r, mul_s(w, 0.5)), series);
    Dispatch::float_add(main, Dispatch::float_mul(sum, below))
}

/// A function of two numbers, with results of axes `dims`.
pub fn binary(device: &Device, op: Binary, a: Arg, b: Arg, dims: &[usize]) -> Tensor {
    let rank = dims.len();
    let raw = match (op, a, b) {
        (Binary::Add, Arg::Tensor(t), Arg::Number(s)) | (Binary::Add, Arg::Number(s), Arg::Tensor(t)) => {
            add_s(t.into_raw(), s)
        }
        (Binary::Sub, Arg::Tensor(t), Arg::Number(s)) => add_s(t.into_raw(), -s),
        (Binary::Sub, Arg::Number(s), Arg::Tensor(t)) => add_s(Dispatch::float_neg(t.into_raw()), s),
        (Binary::Mul, Arg::Tensor(t), Arg::Number(s)) | (Binary::Mul, Arg::Number(s), Arg::Tensor(t)) => {
            mul_s(t.into_raw(), s)
        }
        (Binary::Div, Arg::Tensor(t), Arg::Number(s)) => {
            Dispatch::float_div_scalar(t.into_raw(), Scalar::Float(s))
        }
        (Binary::Pow, Arg::Tensor(t), Arg::Number(s)) => power(t, s),
        (op, a, b) => {
            let (a, b) = (a.tensor(device, DType::F, rank), b.tensor(device, DType::F, rank));
            match op {
                Binary::Add => Dispatch::float_add(a.into_raw(), b.into_raw()),
                Binary::Sub => Dispatch::float_sub(a.into_raw(), b.into_raw()),
                Binary::Mul => Dispatch::float_mul(a.into_raw(), b.into_raw()),
                Binary::Div => Dispatch::float_div(a.into_raw(), b.into_raw()),
                Binary::Pow => Dispatch::float_powf(a.expanded(dims).into_raw(), b.expanded(dims).into_raw()),
                Binary::Max | Binary::Min => {
                    let (a, b) = (a.expanded(dims).into_raw(), b.expanded(dims).into_raw());
                    let (x, y, bools) = (a.clone(), b.clone(), device.bool_dtype());
                    let second = if op == Binary::Max {
                        Dispatch::float_lower(x, y, bools)
                    } else {
                        Dispatch::float_greater(x, y, bools)
                    };
                    Dispatch::float_mask_where(a, second, b)
                }
            }
        }
    };
    // A rank-0 constant beside a tensor leaves the tensor's axes; a constant broadcast is not a result of any other shape.
    let now: Vec<usize> = raw_dims(&raw, dims);
    Tensor::wrap(raw, DType::F, &now).expanded(dims)
}

/// Axes of a raw result, with rank 0 where the result has rank 0.
fn raw_dims(raw: &Raw, dims: &[usize]) -> Vec<usize> {
    use burn::backend::TensorMetadata;
    if dims.is_empty() { Vec::new() } else { raw.shape().iter().copied().collect() }
}

/// x^s; repeated multiplication for small whole exponents, which also serves negative x.
fn power(x: Tensor, s: f64) -> Raw {
    let x = x.into_raw();
    if s.fract() != 0.0 || s.abs() > 16.0 {
        return Dispatch::float_powf_scalar(x, Scalar::Float(s));
    }
    let n = s.abs() as u32;
    if n == 0 {
        return add_s(mul_s(x, 0.0), 1.0);
    }
    let mut y = x.clone();
    for _ in 1..n {
        y = Dispatch::float_mul(y, x.clone());
    }
    if s < 0.0 { Dispatch::float_recip(y) } else { y }
}

/// A comparison, with results of axes `dims`.
pub fn compare(device: &Device, op: Compare, a: Tensor, b: Tensor, dims: &[usize]) -> Tensor {
    let bools = device.bool_dtype();
    let index = a.dtype() == DType::I;
    let (a, b) = (a.expanded(dims).into_raw(), b.expanded(dims).into_raw());
    let raw = match (op, index) {
        (Compare::Lt, false) => Dispatch::float_lower(a, b, bools),
        (Compare::Le, false) => Dispatch::float_lower_equal(a, b, bools),
        (Compare::Gt, false) => Dispatch::float_greater(a, b, bools),
        (Compare::Ge, false) => Dispatch::float_greater_equal(a, b, bools),
        (Compare::Eq, false) => Dispatch::float_equal(a, b, bools),
        (Compare::Ne, false) => Dispatch::float_not_equal(a, b, bools),
        (Compare::Lt, true) => Dispatch::int_lower(a, b, bools),
        (Compare::Le, true) => Dispatch::int_lower_equal(a, b, bools),
        (Compare::Gt, true) => Dispatch::int_greater(a, b, bools),
        (Compare::Ge, true) => Dispatch::int_greater_equal(a, b, bools),
        (Compare::Eq, true) => Dispatch::int_equal(a, b, bools),
        (Compare::Ne, true) => Dispatch::int_not_equal(a, b, bools),
    };
    Tensor::wrap(raw, DType::B, dims)
}

/// A connective, with results of axes `dims`; `Not` reads `a` only.
pub fn logic(op: Logic, a: Tensor, b: Option<Tensor>, dims: &[usize]) -> Tensor {
    let a = a.expanded(dims);
    let b = b.map(|b| b.expanded(dims)).unwrap_or_else(|| a.clone());
    let (a, b) = (a.into_raw(), b.into_raw());
    let raw = match op {
        Logic::And => Dispatch::bool_and(a, b),
        Logic::Or => Dispatch::bool_or(a, b),
        Logic::Not => Dispatch::bool_not(a),
    };
    Tensor::wrap(raw, DType::B, dims)
}

/// a where c, else b.
pub fn select(c: Tensor, a: Tensor, b: Tensor, dims: &[usize]) -> Tensor {
    let (c, a, b) = (c.expanded(dims).into_raw(), a.expanded(dims).into_raw(), b.expanded(dims).into_raw());
    Tensor::wrap(Dispatch::float_mask_where(b, c, a), DType::F, dims)
}

/// Change of element type.
pub fn cast(device: &Device, x: Tensor, to: DType) -> Tensor {
    let dims = x.shape().to_vec();
    let bools = device.bool_dtype();
    let from = x.dtype();
    let x = x.into_raw();
    let raw = match (from, to) {
        (DType::F, DType::F) | (DType::I, DType::I) | (DType::B, DType::B) => x,
        (DType::F, DType::I) => Dispatch::float_into_int(x, INDEX),
        (DType::F, DType::B) => Dispatch::float_not_equal_elem(x, Scalar::Float(0.0), bools),
        (DType::I, DType::F) => Dispatch::int_into_float(x, FLOAT),
        (DType::I, DType::B) => Dispatch::int_not_equal_elem(x, Scalar::Int(0), bools),
        (DType::B, DType::F) => Dispatch::bool_into_float(x, FLOAT),
        (DType::B, DType::I) => Dispatch::bool_into_int(x, INDEX),
    };
    Tensor::wrap(raw, to, &dims)
}
