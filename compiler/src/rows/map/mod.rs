//! Elementwise maps between supports: `exp`, `tanh`, `leaky_relu(0.2)`. One row is an activation layer, a function of
//! expressions and, where it has an inverse, a diagonal bijection.

mod abs;
mod affine;
mod cos;
mod elu;
mod exp;
mod expm1;
mod gelu;
mod identity;
mod leaky_relu;
mod log;
mod log1p;
mod log_sigmoid;
mod logit;
mod neg;
mod recip;
mod relu;
mod selu;
mod sigmoid;
mod silu;
mod sin;
mod softplus;
mod sqrt;
mod square;
mod tanh;

use super::MapRow;
use crate::types::event::Support;

/// All maps.
pub const ROWS: &[&dyn MapRow] = &[
    &abs::AbsMap,
    &affine::AffineMap,
    &cos::CosMap,
    &elu::EluMap,
    &exp::ExpMap,
    &expm1::Expm1Map,
    &gelu::GeluMap,
    &identity::IdentityMap,
    &leaky_relu::LeakyReluMap,
    &log::LogMap,
    &log1p::Log1pMap,
    &log_sigmoid::LogSigmoidMap,
    &logit::LogitMap,
    &neg::NegMap,
    &recip::RecipMap,
    &relu::ReluMap,
    &selu::SeluMap,
    &sigmoid::SigmoidMap,
    &silu::SiluMap,
    &sin::SinMap,
    &softplus::SoftplusMap,
    &sqrt::SqrtMap,
    &square::SquareMap,
    &tanh::TanhMap,
];

/// The ends of a support; a simplex lies within 0 and 1 element by element.
pub(crate) fn ends(s: Support) -> (f64, f64) {
    match s {
        Support::Interval { lo, hi } => (lo, hi),
        Support::Simplex => (0.0, 1.0),
    }
}

/// Image of a support under a nondecreasing function that is defined on it, ends included as limits.
pub(crate) fn increasing(s: Support, f: impl Fn(f64) -> f64) -> Support {
    let (lo, hi) = ends(s);
    Support::Interval { lo: f(lo), hi: f(hi) }
}

/// Image of a support under a function that falls down to `bottom` at `at` and rises from there (`square`, `abs`, `silu`).
pub(crate) fn valley(s: Support, at: f64, bottom: f64, f: impl Fn(f64) -> f64) -> Support {
    let (lo, hi) = ends(s);
    let lowest = if lo <= at && at <= hi { bottom } else { f(lo).min(f(hi)) };
    Support::Interval { lo: lowest, hi: f(lo).max(f(hi)) }
}
