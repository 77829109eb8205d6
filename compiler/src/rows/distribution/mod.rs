//! Distributions. Every density is normalised, with its constants; every sampler is exact up to rounding unless its row says how far.
//!
//! Supports are the checker's business: a density does not ask whether `x` lies where the checker has proven that it lies. `Uniform`
//! is the exception, because its ends are computed.

mod bernoulli;
mod beta;
mod categorical;
mod cauchy;
mod dirichlet;
mod discretized_logistic;
mod discretized_logistic_mixture;
mod exponential;
mod gamma;
mod gumbel;
mod half_normal;
mod laplace;
mod log_normal;
mod logistic;
mod mixture;
mod moments;
mod multivariate_normal;
mod normal;
mod normal_mixture;
mod one_hot_categorical;
mod student_t;
pub mod tails;
mod truncated;
mod uniform;
pub mod values;

use super::Row;
use crate::event::{EventTy, Kind, Support};
use crate::ir::{ArgMax, DType, Dim, Graph, Op, RandomKind, Shape, Value};

/// All distributions.
pub const ROWS: &[&dyn DistRow] = &[
    &bernoulli::Bernoulli,
    &beta::Beta,
    &categorical::Categorical,
    &cauchy::Cauchy,
    &dirichlet::Dirichlet,
    &discretized_logistic::DiscretizedLogistic,
    &discretized_logistic_mixture::DISCRETIZED_LOGISTIC_MIXTURE,
    &exponential::Exponential,
    &gamma::Gamma,
    &gumbel::Gumbel,
    &half_normal::HalfNormal,
    &laplace::Laplace,
    &log_normal::LogNormal,
    &logistic::Logistic,
    &multivariate_normal::MultivariateNormal,
    &normal::Normal,
    &normal_mixture::NORMAL_MIXTURE,
    &one_hot_categorical::OneHotCategorical,
    &student_t::StudentT,
    &uniform::Uniform,
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
    /// For the reference.
    pub doc: &'static str,
}

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
    fn together(&self, _params: &[Option<EventTy>]) -> Result<(), (String, String)> {
        Ok(())
    }
    /// Where the density is above 0 whatever values of these types the parameters take; `None`: wherever [`DistRow::event`] says. The two
    /// differ where the ends of the range are computed.
    fn covers(&self, _params: &[Option<EventTy>]) -> Option<Support> {
        None
    }
    /// Log-density of `x: [B, ..event]`, normalised, constants kept. Result elementwise over the event (`[B, ..]`, the
    /// caller sums the axes that are left).
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value;
    /// A draw of this shape.
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value;
    /// Whether `sample` is differentiable in the parameters (pathwise).
    fn reparameterised(&self) -> bool;
    /// Whether [`DistRow::relaxed`] exists.
    fn relaxes(&self) -> bool {
        false
    }
    /// A differentiable draw that tends to `sample` as the temperature `tau` falls to 0.
    fn relaxed(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, _tau: f64) -> Value {
        self.sample(g, params, shape)
    }
    /// Mean, where it exists in closed form (shape as a sample); of classes, the mean of their numbers.
    fn mean(&self, _g: &mut Graph, _params: &[Option<Value>], _shape: &Shape) -> Option<Value> {
        None
    }
    /// Why [`DistRow::mean`] gives nothing, where it does not.
    fn without_mean(&self) -> Option<&'static str> {
        None
    }
    /// The value that stands for the distribution where one is shown, as `kind`: the mean; of unordered classes the most probable one;
    /// where there is no mean, the median or what the row says (shape as a sample).
    fn centre(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape, _kind: Kind) -> Option<Value> {
        self.mean(g, params, shape)
    }
    /// Entropy elementwise, where known in closed form; with the axes that the parameters have together, so an axis of the event that no
    /// parameter has must still be broadcast before it is summed.
    fn entropy(&self, _g: &mut Graph, _params: &[Option<Value>]) -> Option<Value> {
        None
    }
    /// Why [`DistRow::entropy`] gives nothing, where it does not.
    fn without_entropy(&self) -> Option<&'static str> {
        None
    }
    /// How many values a draw can take, 0 .. n, where the parameters say so.
    fn values(&self, _g: &Graph, _params: &[Option<Value>]) -> Option<usize> {
        None
    }
    /// KL(self ‖ other) elementwise, where known in closed form; axes as for [`DistRow::entropy`].
    fn kl(
        &self,
        _g: &mut Graph,
        _mine: &[Option<Value>],
        _other: &str,
        _theirs: &[Option<Value>],
    ) -> Option<Value> {
        None
    }
    /// Names of the rows that [`DistRow::kl`] knows.
    fn kl_known(&self) -> &'static [&'static str] {
        &[]
    }
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
    fn tails(&self) -> Option<&'static tails::Tails> {
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

/// Name, `Mixture(Normal)`, and parameters of a form around a row, for as long as the program runs. Called once for each pair. One draw
/// of the form reads `more` further trailing axes of each parameter of the row.
fn composed(form: &dyn FormRow, inner: &dyn DistRow, more: usize) -> (&'static str, &'static [DistParam]) {
    let mut params: Vec<DistParam> =
        inner.dist_params().iter().map(|p| DistParam { axes: p.axes + more, ..*p }).collect();
    params.extend_from_slice(form.own_params());
    let name = format!("{}({})", form.name(), inner.name());
    (Box::leak(name.into_boxed_str()), Box::leak(params.into_boxed_slice()))
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

/// ln(2π) / 2
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
/// The Euler–Mascheroni constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// A parameter that must be written.
const fn required(name: &'static str, support: Support, doc: &'static str) -> DistParam {
    DistParam { name, support, default: None, group: 0, axes: 0, doc }
}

/// A parameter with a default.
const fn optional(name: &'static str, support: Support, default: f64, doc: &'static str) -> DistParam {
    DistParam { name, support, default: Some(default), group: 0, axes: 0, doc }
}

/// One of several ways to give the same thing.
const fn either(name: &'static str, support: Support, doc: &'static str) -> DistParam {
    DistParam { name, support, default: None, group: 1, axes: 0, doc }
}

/// The same parameter, of which one draw reads `axes` trailing axes.
const fn reading(axes: usize, p: DistParam) -> DistParam {
    DistParam { axes, ..p }
}

const LOC: DistParam = required("loc", Support::REALS, "centre");
const SCALE: DistParam = required("scale", Support::POSITIVE, "width");

/// Parameter `i`, or the number that stands for it when it was not given.
fn param(g: &mut Graph, params: &[Option<Value>], i: usize, otherwise: f64) -> Value {
    params.get(i).copied().flatten().unwrap_or_else(|| g.scalar(otherwise))
}

/// `loc` and `scale`, the first two parameters of a location-scale family.
fn loc_scale(g: &mut Graph, params: &[Option<Value>]) -> (Value, Value) {
    (param(g, params, 0, 0.0), param(g, params, 1, 1.0))
}

/// (x - loc) / scale
fn standardise(g: &mut Graph, params: &[Option<Value>], x: Value) -> (Value, Value) {
    let (loc, scale) = loc_scale(g, params);
    let d = g.sub(x, loc);
    (g.div(d, scale), scale)
}

/// loc + scale * noise
fn place(g: &mut Graph, params: &[Option<Value>], noise: Value) -> Value {
    let (loc, scale) = loc_scale(g, params);
    let s = g.mul(scale, noise);
    g.add(loc, s)
}

/// An event of single numbers of this kind.
fn plain(kind: Kind) -> super::DistEvent {
    super::DistEvent { kind, own: Vec::new() }
}

/// Size of the last axis of every parameter that has axes; `names` are those that need one.
fn last_axis(params: &[Option<EventTy>], names: &[&str]) -> Result<usize, String> {
    let mut found: Option<(usize, &str)> = None;
    for (ty, name) in params.iter().zip(names) {
        let Some(ty) = ty else { continue };
        let Some(&n) = ty.shape.last() else {
            if constant(Some(ty)).is_some() {
                continue;
            }
            return Err(format!(
                "`{name}` is one number; its last axis must have one entry for each alternative"
            ));
        };
        match found {
            Some((m, other)) if m != n => {
                return Err(format!("the last axis of `{name}` has {n} entries, that of `{other}` has {m}"));
            }
            Some(_) => {}
            None => found = Some((n, name)),
        }
    }
    match found {
        Some((0, name)) => Err(format!("the last axis of `{name}` is empty")),
        Some((n, _)) => Ok(n),
        None => {
            Err(format!("`{}` must have an axis, with one entry for each alternative", names.join("` or `")))
        }
    }
}

/// The value of a parameter whose type says that it is one constant number.
fn constant(ty: Option<&EventTy>) -> Option<f64> {
    match ty.map(|t| t.kind) {
        Some(Kind::Real(Support::Interval { lo, hi })) if lo == hi => Some(lo),
        Some(Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_)) | None => None,
    }
}

/// Most grey levels of a discretised distribution: whole numbers beyond are not exact in 32 bits.
const MOST_LEVELS: f64 = 16_777_216.0;

/// The number of grey levels of a discretised distribution from the type of its parameter `levels`; if it cannot be one, in which way, and
/// what to write instead.
fn levels(ty: Option<&EventTy>) -> Result<usize, (String, String)> {
    let why = match (ty, constant(ty)) {
        (None, _) => return Ok(256),
        (Some(_), Some(n)) if (2.0..=MOST_LEVELS).contains(&n) && n.fract() == 0.0 => return Ok(n as usize),
        (Some(_), Some(n)) => {
            format!("`levels` is {n}, and must be a whole number between 2 and {MOST_LEVELS}")
        }
        (Some(_), None) => "`levels` must be known before training".to_string(),
    };
    Err((why, "write the number of values of the data: `levels: 256` for `Int(256)`".into()))
}

/// Values summed over at a time, where a sum runs over all that a draw can take: bounds the memory at one more axis of this size.
const AT_ONCE: usize = 16;

/// The values `from` .. `n` in rows of at most [`AT_ONCE`], each `[1, .., 1, count]` of this rank.
fn value_rows(g: &mut Graph, from: usize, n: usize, rank: usize) -> Vec<Value> {
    let all: Vec<f64> = (from..n).map(|i| i as f64).collect();
    let row = |part: &[f64]| {
        let mut dims = vec![1; rank.saturating_sub(1)];
        dims.push(part.len());
        g.literal(part.to_vec(), &dims)
    };
    all.chunks(AT_ONCE).map(row).collect()
}

/// -Σ p ln p over the values 0 .. n of a draw, elementwise.
fn entropy_over_values(
    row: &dyn DistRow,
    g: &mut Graph,
    params: &[Option<Value>],
    n: usize,
) -> Option<Value> {
    // The values take a new axis before those that one draw reads.
    let axes: Vec<usize> = row.dist_params().iter().map(|p| p.axes).collect();
    let mut rank = 0;
    let mut wide = Vec::new();
    for (p, &axes) in params.iter().zip(&axes) {
        wide.push(p.map(|v| {
            let mut dims = g.shape(v).0;
            if dims.is_empty() {
                return v;
            }
            let draws = dims.len().saturating_sub(axes);
            rank = rank.max(draws);
            dims.insert(draws, Dim::fixed(1));
            g.reshape(v, Shape(dims))
        }));
    }
    let mut total: Option<Value> = None;
    for x in value_rows(g, 0, n, rank + 1) {
        let lp = row.log_prob(g, &wide, x);
        let p = g.exp(lp);
        let t = g.mul(p, lp);
        let t = sum_last(g, t);
        total = Some(match total {
            Some(sum) => g.add(sum, t),
            None => t,
        });
    }
    total.map(|t| g.neg(t))
}

/// The axes of an elementwise combination of two values.
fn common(a: &Shape, b: &Shape) -> Shape {
    if a.rank() != b.rank() {
        return if a.rank() > b.rank() { a.clone() } else { b.clone() };
    }
    Shape(a.0.iter().zip(&b.0).map(|(&x, &y)| if x.is_one() { y } else { x }).collect())
}

/// `v` repeated to the axes that the given parameters have together.
fn spread(g: &mut Graph, v: Value, params: &[Option<Value>]) -> Value {
    let shape = params.iter().flatten().fold(g.shape(v), |s, &p| common(&s, &g.shape(p)));
    g.broadcast(v, shape)
}

/// Without the last axis.
fn without_last(shape: &Shape) -> Shape {
    let mut dims = shape.0.clone();
    dims.pop();
    Shape(dims)
}

/// With a further last axis of size `n`.
fn with_last(shape: &Shape, n: usize) -> Shape {
    let mut dims = shape.0.clone();
    dims.push(Dim::fixed(n));
    Shape(dims)
}

/// Number of the last axis (0 for a rank-0 value, which no caller passes).
fn last(g: &Graph, x: Value) -> usize {
    g.rank(x).saturating_sub(1)
}

/// Size of the last axis.
fn last_size(g: &Graph, x: Value) -> usize {
    g.ty(x).shape.0.last().map_or(1, |d| d.n)
}

/// Sum over the last axis, which goes away.
fn sum_last(g: &mut Graph, x: Value) -> Value {
    let axis = last(g, x);
    let s = g.sum(x, &[axis]);
    let shape = without_last(&g.shape(s));
    g.reshape(s, shape)
}

/// ln Σ e^x over the last axis, which goes away.
fn logsumexp_last(g: &mut Graph, x: Value) -> Value {
    let axis = last(g, x);
    let s = g.logsumexp(x, axis);
    let shape = without_last(&g.shape(s));
    g.reshape(s, shape)
}

/// `table[.., index]` with `table: [.., n]` and `index: [..]` holding whole numbers as `F`; both broadcast over the leading axes.
fn pick(g: &mut Graph, table: Value, index: Value) -> Value {
    let lead = common(&without_last(&g.shape(table)), &g.shape(index));
    let table = g.broadcast(table, with_last(&lead, last_size(g, table)));
    let index = g.broadcast(index, lead.clone());
    let index = g.reshape(index, with_last(&lead, 1));
    let index = g.cast(index, DType::I);
    let picked = g.gather(table, index, lead.rank());
    g.reshape(picked, lead)
}

/// Index of a draw from the categorical with these logits (`[.., n]`, or broadcasting to `shape` and n), as `I [..shape, 1]`: the largest
/// logit after adding Gumbel noise. (Maddison, Tarlow and Minka 2014, section 2.)
fn gumbel_max(g: &mut Graph, logits: Value, shape: &Shape) -> Value {
    let n = last_size(g, logits);
    let noise = standard_gumbel(g, with_last(shape, n));
    let scores = g.add(logits, noise);
    g.push(Op::ArgMax(ArgMax { axis: shape.rank() }), &[scores])
}

/// -ln(-ln u)
fn standard_gumbel(g: &mut Graph, shape: Shape) -> Value {
    let u = g.random(RandomKind::Uniform, shape);
    let e = g.log(u);
    let e = g.neg(e);
    let l = g.log(e);
    g.neg(l)
}

/// ln u - ln(1 - u): a standard logistic draw.
fn standard_logistic(g: &mut Graph, shape: Shape) -> Value {
    let u = g.random(RandomKind::Uniform, shape);
    let a = g.log(u);
    let n = g.neg(u);
    let b = g.unary(crate::ir::Unary::Log1p, n);
    g.sub(a, b)
}
