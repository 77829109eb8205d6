//! Distributions. Every density is normalised, with its constants; every sampler is exact up to rounding unless its row says how far.
//!
//! Supports are the checker's business: a density does not ask whether `x` lies where the checker has proven that it lies. `Uniform`
//! is the exception, because its ends are computed.

#[macro_use]
mod declare;

mod axes;
mod bernoulli;
mod beta;
mod binomial;
mod categorical;
mod cauchy;
pub mod cdf;
mod counts;
mod dirichlet;
mod discretized_logistic;
mod discretized_logistic_mixture;
mod events;
mod exponential;
mod gamma;
mod geometric;
mod gumbel;
mod half_normal;
pub mod kl;
mod laplace;
mod log_normal;
mod logistic;
mod mixture;
mod moments;
mod multivariate_normal;
mod negative_binomial;
mod normal;
mod normal_mixture;
mod one_hot_categorical;
mod poisson;
mod student_t;
pub mod temperature;
mod truncated;
mod uniform;
pub mod values;
mod von_mises;

use super::Row;
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Dim, Graph, Scope, Shape, Value};
pub use categorical::Categorical;
use cdf::{Cdf, Link};
pub use events::constant;

/// All distributions.
pub const ROWS: &[&dyn DistRow] = &[
    &bernoulli::Bernoulli,
    &beta::Beta,
    &binomial::Binomial,
    &categorical::Categorical,
    &cauchy::Cauchy,
    &dirichlet::Dirichlet,
    &discretized_logistic::DiscretizedLogistic,
    &discretized_logistic_mixture::DISCRETIZED_LOGISTIC_MIXTURE,
    &exponential::Exponential,
    &gamma::Gamma,
    &geometric::Geometric,
    &gumbel::Gumbel,
    &half_normal::HalfNormal,
    &laplace::Laplace,
    &log_normal::LogNormal,
    &logistic::Logistic,
    &multivariate_normal::MultivariateNormal,
    &negative_binomial::NegativeBinomial,
    &normal::Normal,
    &normal_mixture::NORMAL_MIXTURE,
    &one_hot_categorical::OneHotCategorical,
    &poisson::Poisson,
    &student_t::StudentT,
    &uniform::Uniform,
    &von_mises::VonMises,
];

/// One parameter of a distribution.
#[derive(Clone, Copy, Debug)]
pub struct DistParam {
    /// Name: `loc`, `scale`, `logits`.
    pub name: &'static str,
    /// Where its values must lie.
    pub support: Support,
    /// The value when it is not written (`None`: it must be, unless another of the same `group` is).
    pub default: Option<f64>,
    /// Parameters with the same nonzero group are alternatives (`logits` or `probs`): exactly one is given.
    pub group: u8,
    /// How many trailing axes one draw reads: 0 where each number of the event has its own, 1 for the logits of a class or a
    /// concentration, 2 for a matrix. The axes before them are those of the independent draws.
    pub axes: usize,
    /// What its place holds in other languages and libraries, where that is not the same everywhere: it is then written with its name.
    pub elsewhere: Option<&'static str>,
    /// For the reference.
    pub doc: &'static str,
}

/// What a density is at an end of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// Above 0 and finite.
    Finite,
    /// That for one value of a parameter only, which is not known before training; 0 or infinite for all others.
    Rarely,
    /// 0 or infinite.
    Never,
}

impl AtEnd {
    /// Of a density that behaves as x^(c - 1) there, given what is known of `c`: 0 above 1 and infinite below.
    pub fn of_power(c: Option<f64>) -> AtEnd {
        match c {
            Some(1.0) => AtEnd::Finite,
            Some(_) => AtEnd::Never,
            None => AtEnd::Rarely,
        }
    }
}

/// How a draw depends on the parameters.
#[derive(Clone, Copy, Debug)]
pub enum Reparameterised<R> {
    /// It is a differentiable function of them and of noise that has none (pathwise).
    Exactly,
    /// It has no derivative, but there are differentiable draws that tend to it as a temperature falls to 0.
    Relaxed(R),
    /// It has no derivative.
    No,
}

impl<R> Reparameterised<R> {
    /// Whether a draw has a derivative itself.
    pub fn exactly(&self) -> bool {
        match self {
            Reparameterised::Exactly => true,
            Reparameterised::Relaxed(_) | Reparameterised::No => false,
        }
    }
    /// The relaxed draw, where there is one.
    pub fn relaxed(self) -> Option<R> {
        match self {
            Reparameterised::Relaxed(r) => Some(r),
            Reparameterised::Exactly | Reparameterised::No => None,
        }
    }
    /// The same with the relaxed draw in another form.
    fn map<S>(self, f: impl FnOnce(R) -> S) -> Reparameterised<S> {
        match self {
            Reparameterised::Exactly => Reparameterised::Exactly,
            Reparameterised::Relaxed(r) => Reparameterised::Relaxed(f(r)),
            Reparameterised::No => Reparameterised::No,
        }
    }
}

/// Pushes a mean, of the shape of a draw, from the parameters.
pub type MeanFn<'r> = Box<dyn Fn(&mut Graph, &[Option<Value>], &Shape) -> Value + 'r>;
/// Pushes an entropy from the parameters.
pub type EntropyFn<'r> = Box<dyn Fn(&mut Graph, &[Option<Value>]) -> Value + 'r>;
/// Pushes a relaxed draw of this shape at a temperature from the parameters.
pub type RelaxedFn<'r> = Box<dyn Fn(&mut Graph, &[Option<Value>], &Shape, f64) -> Value + 'r>;
/// How a variable follows from a standard one, from the parameters.
pub type LinkFn<'r> = Box<dyn for<'g> Fn(Scope<'g>, &[Option<Value>]) -> Link<'g> + Send + Sync + 'r>;

/// A distribution. Parameter values arrive in the order of [`DistRow::dist_params`], `None` where an alternative was given;
/// each is rank 0 or `[B, ..draws, ..own]`: the batch, the axes of the independent draws (1 where all share it), and the
/// [`DistParam::axes`] trailing ones of one draw.
pub trait DistRow: Row {
    /// Its parameters.
    fn dist_params(&self) -> &'static [DistParam];
    /// The kind of one element of the event, given the parameters' event types (`None`: not given). A constant number `c` has the
    /// type `Real[]` in `interval(c, c)`: that is how `Uniform(-1, 1)` knows its support and `levels: 16` its number of levels.
    /// Also says which axes one draw has.
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String>;
    /// Whether the parameters that are known before training make a distribution, whatever their shapes: the first end of an interval below
    /// the second. If not, in which way, and what to write instead. [`DistRow::event`] is asked after this.
    fn together(&self, params: &[Option<EventTy>]) -> Result<(), (String, String)>;
    /// Where the density is above 0 whatever values of these types the parameters take; `None`: wherever [`DistRow::event`] says. The two
    /// differ where the ends of the range are computed.
    fn covers(&self, params: &[Option<EventTy>]) -> Option<Support>;
    /// What the density is at the two ends of the range, for parameters of these types; of a simplex, where an element is 0, and 1.
    fn at_ends(&self, _params: &[Option<EventTy>]) -> [AtEnd; 2] {
        [AtEnd::Finite; 2]
    }
    /// Whether the density is bounded over all values that parameters of these types take. It is not where a width may fall to 0, or
    /// anything else that is positive to 0 or to infinity.
    fn bounded(&self, params: &[Option<EventTy>]) -> bool {
        self.dist_params().iter().zip(params).all(|(p, ty)| {
            let Some(EventTy { kind: Kind::Real(support), .. }) = ty else { return true };
            let (lo, hi) = support.ends();
            match p.support {
                // A matrix is a factor of a covariance, with the logarithms of its widths on the diagonal.
                Support::REALS if p.axes == 2 => lo.is_finite(),
                Support::POSITIVE => lo > 0.0 && (hi.is_finite() || p.name == WIDTH),
                Support::Interval(_) | Support::Simplex { .. } => true,
            }
        })
    }
    /// How many operations a draw with its densities comes to, about: how long it takes to derive them, measured, against a row of 10.
    fn work(&self) -> usize {
        10
    }
    /// Log-density of `x: [B, ..event]`, normalised, constants kept. Result elementwise over the event (`[B, ..]`, the
    /// caller sums the axes that are left).
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value;
    /// A draw of this shape.
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value;
    /// Whether `sample` is differentiable in the parameters, or a relaxation of it.
    fn reparameterised(&self) -> Reparameterised<RelaxedFn<'_>>;
    /// Mean, or why it has no closed form; of classes, the mean of their numbers.
    fn mean(&self) -> Result<MeanFn<'_>, &'static str>;
    /// The value that stands for the distribution where one is shown, as `kind`: the mean; of unordered classes the most probable one;
    /// where there is no mean, the median or what the row says (shape as a sample).
    fn centre(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, kind: Kind) -> Value;
    /// Entropy elementwise, or why it has no closed form; with the axes that the parameters have together, so an axis of the event that no
    /// parameter has must still be broadcast before it is summed.
    fn entropy(&self) -> Result<EntropyFn<'_>, &'static str>;
    /// How many values a draw can take, 0 .. n, where the parameters say so.
    fn values(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<usize>;
    /// Whether an event of shape `[]` has a density, from parameters without axes: not where the last axis of a parameter lists alternatives
    /// or the elements of an event depend on each other.
    fn elementwise(&self) -> bool {
        self.dist_params().iter().all(|p| p.axes == 0)
    }
    /// The form, and the row inside, where it is made of another: it is written `Form(Row(..), ..)`, parameters of the row first.
    fn form(&self) -> Option<(&'static dyn FormRow, &'static dyn DistRow)> {
        None
    }
    /// Whether the elements along the last axis of an event are drawn together: one-hot, on a simplex, correlated. Log-density, entropy and
    /// KL are then spread over that axis, and only their sum over it means anything. With a discrete kind the vector is one-hot.
    fn vector(&self) -> bool {
        false
    }
    /// The distribution function and its inverse, where in closed form.
    fn cdf(&self) -> Option<Cdf<LinkFn<'_>>> {
        None
    }
}

/// A way to make a distribution of another one, which is written as its first argument: `Truncated(Normal(m, s), 0, 1)`.
pub trait FormRow: Row {
    /// The parameters that it has itself. A default of ±∞ stands for an end that there is not: the parameter stays absent.
    fn own_params(&self) -> &'static [DistParam];
    /// The row for this distribution inside, whose parameters come first, before the own ones; or why it does not fit.
    fn around(&self, inner: &'static dyn DistRow) -> Result<&'static dyn DistRow, String>;
}

/// The event of a distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct DistEvent {
    /// What each element is.
    pub kind: Kind,
    /// The axes of one draw, which are the last of the event: none for single numbers, `[n]` for a vector of n. Before them stand the axes
    /// of independent draws.
    pub own: Vec<usize>,
}

/// Distributions made of another one.
pub const FORMS: &[&dyn FormRow] = &[&mixture::Mixture, &truncated::Truncated];

/// The row that a name such as `Normal` or `Mixture Truncated Normal` (forms first) means.
pub fn spelled(name: &str) -> Option<&'static dyn DistRow> {
    match name.split_once(' ') {
        None => super::find(ROWS, name),
        Some((form, inner)) => super::find(FORMS, form)?.around(spelled(inner)?).ok(),
    }
}

/// What a form around a row is called.
struct Composed {
    name: &'static str,
    form: &'static dyn FormRow,
}

impl Row for Composed {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> &'static str {
        self.form.doc()
    }
}

/// Name, `Mixture(Normal)`, and parameters of a form around a row, for as long as the program runs. Called once for each pair. One draw
/// of the form reads `more` further trailing axes of each parameter of the row.
fn composed(
    form: &'static dyn FormRow,
    inner: &dyn DistRow,
    more: usize,
) -> (&'static dyn Row, &'static [DistParam]) {
    let mut params: Vec<DistParam> =
        inner.dist_params().iter().map(|p| DistParam { axes: p.axes + more, ..*p }).collect();
    params.extend_from_slice(form.own_params());
    let name = Box::leak(format!("{}({})", form.name(), inner.name()).into_boxed_str());
    (Box::leak(Box::new(Composed { name, form })), Box::leak(params.into_boxed_slice()))
}

/// A parameter as its row expects it beside `draws` axes of independent draws: rank 0, or the batch axis, those, and the `axes` trailing
/// ones of one draw. A parameter that all draws share (`Categorical(logits: w)[16]` with `w: Real[3]`, or one number for each example)
/// gets axes of size 1.
pub fn align_param(g: &mut Graph, v: Value, draws: usize, axes: usize) -> Value {
    let shape = g.shape(v);
    let wanted = 1 + draws + axes;
    if shape.rank() == 0 || shape.rank() >= wanted {
        return v;
    }
    let mut dims = shape.0;
    for _ in dims.len()..wanted {
        dims.insert(1, Dim::fixed(1));
    }
    g.reshape(v, Shape(dims))
}

/// What the width of a distribution is called, where it has one: its density is bounded where this is bounded from below.
pub const WIDTH: &str = "scale";

/// ln(2π) / 2
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
