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
mod sinh;
mod softplus;
mod sqrt;
mod square;
mod tanh;

use super::Row;
use super::args::Args;
use crate::event::Support;
use crate::ir::Ex;

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
    &sinh::SinhMap,
    &softplus::SoftplusMap,
    &sqrt::SqrtMap,
    &square::SquareMap,
    &tanh::TanhMap,
];

/// An elementwise map between supports. One row serves as activation layer (`relu`), as function of expressions (`exp(s)`)
/// and, where it has an inverse, as diagonal bijection.
pub trait MapRow: Row {
    /// Where it is defined, whatever its arguments are.
    fn from(&self) -> Support;
    /// Where it is defined for these arguments, if further.
    fn domain(&self, _args: &Args) -> Support {
        self.from()
    }
    /// Where it lands when the argument ranges over `from`.
    fn to(&self) -> Support;
    /// Where it lands when the argument ranges over `support` (a sub-support of `from`), for these arguments. Default: `to`.
    fn image(&self, _args: &Args, _support: Support) -> Support {
        self.to()
    }
    /// y = f(x), elementwise.
    fn lower<'g>(&self, args: &Args, x: Ex<'g>) -> Ex<'g>;
    /// Whether |dy/dx| = 1 everywhere for these arguments.
    fn keeps_volume(&self, _args: &Args) -> bool {
        false
    }
    /// The inverse and `log |dy/dx|`, both elementwise, where it is a bijection `from -> to`.
    fn inverse(&self) -> Option<MapInverse> {
        None
    }
    /// Whether its argument is a logit, the logarithm of odds, where it stands in a loss.
    fn of_logits(&self) -> bool {
        false
    }
    /// False for `relu`, whose second derivative is zero.
    fn smooth(&self) -> bool {
        true
    }
    /// What it does to information, when it has no inverse: completes "`relu` ..": "maps every negative value to 0".
    fn why_not_invertible(&self) -> &'static str {
        "maps different values to one"
    }
}

/// The inverse of a [`MapRow`] and the logarithm of its derivative.
#[derive(Clone, Copy)]
pub struct MapInverse {
    /// x = f⁻¹(y).
    pub inverse: for<'g> fn(&Args, Ex<'g>) -> Ex<'g>,
    /// log |f'(x)| elementwise, as a function of x.
    pub log_slope: for<'g> fn(&Args, Ex<'g>) -> Ex<'g>,
}

impl MapInverse {
    /// log |det ∂f(x)/∂x| of each example: `[B, ..event] -> [B]`.
    pub fn log_det<'g>(&self, args: &Args, x: Ex<'g>) -> Ex<'g> {
        (self.log_slope)(args, x).broadcast(&x.shape()).sum_event()
    }
}

/// Image of a support under a strictly increasing function that is defined on it, ends included as limits.
pub(crate) fn increasing(s: Support, f: impl Fn(f64) -> f64) -> Support {
    s.interval().increasing(f).into()
}

/// Image of a support under a function that falls down to `bottom` at `at` and rises from there (`square`, `abs`, `silu`).
pub(crate) fn valley(s: Support, at: f64, bottom: f64, f: impl Fn(f64) -> f64) -> Support {
    s.interval().valley(at, bottom, f).into()
}
