//! Monotone maps of one number with parameters that a network computes: shift, affine, rational-quadratic spline. Couplings and masked
//! autoregressive flows apply one to every element.

use super::{Direction, Moved};
use crate::diag::Diag;
use crate::event::Support;
use crate::ir::{DType, Ex};
use crate::rows::Jacobian;
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};
use crate::rows::layer::parts::places;

/// The `kind` argument.
pub const PARAM: ParamSpec = ParamSpec {
    name: "kind",
    kind: ArgKind::Any,
    default: Some("affine"),
    doc: "how an element moves: `additive`, `affine` or `affine(limit: 2)`, `spline(bins: 8, bound: 3)`",
};

/// A monotone map of each element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Monotone {
    /// y = x + t (NICE, Dinh et al. 2015, eq. 8).
    Additive,
    /// y = x exp(s) + t (RealNVP, Dinh et al. 2017, eq. 7) with s = limit tanh(raw / limit).
    Affine {
        /// Largest |s|.
        limit: f64,
    },
    /// Monotone rational-quadratic spline on [-bound, bound], the identity outside (Durkan et al. 2019, eq. 4-8).
    Spline {
        /// Number of bins.
        bins: usize,
        /// End of the interval.
        bound: f64,
    },
}

impl Monotone {
    /// As written.
    ///
    /// # Errors
    /// E0205 for an unknown kind or argument.
    pub fn of(args: &Args) -> Result<Monotone, Diag> {
        let number = |name, default, least, most| Number { name, default, least, most };
        match args.called(PARAM.name).unwrap_or_default() {
            "additive" => numbers(args, []).map(|[]| Monotone::Additive),
            "affine" => {
                numbers(args, [number("limit", 2.0, 0.01, 20.0)]).map(|[limit]| Monotone::Affine { limit })
            }
            "spline" => {
                let known = [number("bins", 8.0, 2.0, 128.0), number("bound", 3.0, 0.01, 1e6)];
                let [bins, bound] = numbers(args, known)?;
                if bins.fract() != 0.0 {
                    let message = "`bins` of `spline` must be a whole number";
                    let d = args.error(PARAM.name, message, format!("{bins} is not"));
                    return Err(d.help("write `spline(bins: 8)`"));
                }
                Ok(Monotone::Spline { bins: bins as usize, bound })
            }
            other => {
                let message = format!("`{}` cannot be `{other}`", args.name);
                let d = args.error(PARAM.name, message, "not a kind of coupling");
                Err(d.help("write `additive`, `affine` or `spline(bins: 8, bound: 3)`"))
            }
        }
    }
    /// Whether it maps this range, narrower than the reals, onto itself, whatever its parameters are: a spline moves numbers within
    /// [-bound, bound] only.
    pub fn keeps(self, range: Support) -> bool {
        match (self, range) {
            (Monotone::Spline { bound, .. }, Support::Interval(_)) => {
                Support::open(-bound, bound).inside(range)
            }
            (Monotone::Spline { .. }, Support::Simplex { .. })
            | (Monotone::Additive | Monotone::Affine { .. }, _) => false,
        }
    }
    /// Parameters of one element.
    pub fn count(self) -> usize {
        match self {
            Monotone::Additive => 1,
            Monotone::Affine { .. } => 2,
            Monotone::Spline { bins, .. } => 3 * bins - 1,
        }
    }
    /// Class of a triangular map whose diagonal is made of these.
    pub fn jacobian(self) -> Jacobian {
        match self {
            Monotone::Additive => Jacobian::Unit,
            Monotone::Affine { .. } | Monotone::Spline { .. } => Jacobian::Triangular,
        }
    }
    /// y and log dy/dx (both `[B, m]`, the latter absent when 0) of `x: [B, m]` with parameters `raw: [B, count, m]`, or the same of the
    /// inverse. Parameters of 0 give the identity.
    pub fn run<'g>(self, x: Ex<'g>, raw: Ex<'g>, to: Direction) -> Moved<'g> {
        let m = x.last_size();
        let row = |i: usize| raw.slice(1, i, 1).view(&[m]);
        match (self, to) {
            (Monotone::Additive, Direction::Forward) => (x + row(0), None),
            (Monotone::Additive, Direction::Inverse) => (x - row(0), None),
            (Monotone::Affine { limit }, to) => {
                let (s, t) = ((row(0) * (1.0 / limit)).tanh() * limit, row(1));
                match to {
                    Direction::Forward => (x * s.exp() + t, Some(s)),
                    Direction::Inverse => {
                        let (d, s) = (x - t, -s);
                        (d * s.exp(), Some(s))
                    }
                }
            }
            (Monotone::Spline { bins, bound }, to) => {
                let (y, slope) = spline(x, Knots::of(raw, bins, bound), bound, to);
                (y, Some(slope))
            }
        }
    }
}

/// A number behind the name of a kind: `limit` of `affine(limit: 2)`.
struct Number {
    name: &'static str,
    default: f64,
    least: f64,
    most: f64,
}

/// The numbers behind the name of the kind, in this order or by name.
fn numbers<const N: usize>(args: &Args, known: [Number; N]) -> Result<[f64; N], Diag> {
    let mut values = known.each_ref().map(|k| k.default);
    let Some(Const::Call(call)) = args.get(PARAM.name) else { return Ok(values) };
    let takes = format!("it takes {}", known.each_ref().map(|k| k.name).join(", "));
    let wrong = |message: String, label: &str| args.error(PARAM.name, message, label);
    for key in call.args.iter().filter_map(|(key, _)| key.as_deref()) {
        if !known.iter().any(|k| k.name == key) {
            return Err(wrong(format!("`{}` has no argument `{key}`", call.name), "not known").help(takes));
        }
    }
    if call.args.len() > N {
        let message = format!("`{}` takes at most {N} arguments", call.name);
        return Err(wrong(message, "too many").help(takes));
    }
    for (at, (k, value)) in known.iter().zip(&mut values).enumerate() {
        let named = call.args.iter().find(|(key, _)| key.as_deref() == Some(k.name));
        let Some((_, written)) = named.or_else(|| call.args.get(at).filter(|(key, _)| key.is_none())) else {
            continue;
        };
        *value = written.num().filter(|v| (k.least..=k.most).contains(v)).ok_or_else(|| {
            let message =
                format!("`{}` of `{}` must lie between {} and {}", k.name, call.name, k.least, k.most);
            wrong(message, "outside").help(format!("{} is used when it is not written", k.default))
        })?;
    }
    Ok(values)
}

/// Least part of the interval that a bin takes, and least slope at its edges (Durkan et al. 2019, as published with the paper).
const LEAST_BIN: f64 = 1e-3;
const LEAST_SLOPE: f64 = 1e-3;

/// What fixes a spline, each `[B, K, m]`: left edges and sizes of its K bins along both axes, slopes at the left and right edges.
struct Knots<'g> {
    x: [Ex<'g>; 2],
    y: [Ex<'g>; 2],
    slopes: [Ex<'g>; 2],
}

impl<'g> Knots<'g> {
    fn of(raw: Ex<'g>, bins: usize, bound: f64) -> Knots<'g> {
        let s = raw.scope();
        let edges = |from: usize| {
            let share =
                raw.slice(1, from, bins).log_softmax(1).exp() * (1.0 - LEAST_BIN * bins as f64) + LEAST_BIN;
            let size = share * (2.0 * bound);
            let [i, j] = places(s, bins);
            [j.lt(i).cast(DType::F).lift(3).matmul(size) - bound, size]
        };
        let (x, y) = (edges(0), edges(bins));
        // 1 when the parameter is 0; 1 at both ends, where the identity begins.
        let inner =
            (raw.slice(1, 2 * bins, bins - 1) + (1.0 - LEAST_SLOPE).exp_m1().ln()).softplus() + LEAST_SLOPE;
        let end = s.full(1.0, &raw.like(&[1, raw.last_size()]));
        Knots { x, y, slopes: [s.concat(&[end, inner], 1), s.concat(&[inner, end], 1)] }
    }
}

/// A rational-quadratic spline on [-bound, bound], the identity outside, and the log of its slope (Durkan et al. 2019, eq. 4-8, in the
/// paper's names).
fn spline<'g>(v: Ex<'g>, knots: Knots<'g>, bound: f64, to: Direction) -> (Ex<'g>, Ex<'g>) {
    let m = v.last_size();
    let clamped = v.max(-bound).min(bound).view(&[1, m]);
    // 1 for the bin that holds each element; the first edge counts as reached by everything.
    let [left, _] = if to == Direction::Inverse { knots.y } else { knots.x };
    let reached = clamped.ge(left).cast(DType::F);
    let bins = left.shape().0.get(1).map_or(1, |d| d.n);
    let bin = reached - reached.slice(1, 1, bins - 1).pad(1, 0, 1);
    let pick = |each: Ex<'g>| (bin * each).sum(&[1]);
    let ([x0, w], [y0, h], [d0, d1]) = (knots.x.map(pick), knots.y.map(pick), knots.slopes.map(pick));
    let s = h / w;
    let s2 = s * 2.0;
    let bend = d1 + d0 - s2;
    let xi = match to {
        Direction::Forward => (clamped - x0) / w,
        Direction::Inverse => {
            // Eq. 6-8: the root of a ξ² + b ξ + c that lies in the bin.
            let dy = clamped - y0;
            let dyb = dy * bend;
            let (a, b, sdy) = (h * (s - d0) + dyb, h * d0 - dyb, s * dy);
            let root = (b.sq() - a * -sdy * 4.0).relu().sqrt();
            sdy * 2.0 / (b + root)
        }
    };
    let rest = -xi + 1.0;
    let q = xi * rest;
    let den = s + bend * q;
    let moved = match to {
        Direction::Forward => y0 + h * (s * xi.sq() + d0 * q) / den,
        Direction::Inverse => x0 + xi * w,
    };
    let slope = (s.ln() - den.ln()) * 2.0 + (d1 * xi.sq() + s2 * q + d0 * rest.sq()).ln();
    let slope = if to == Direction::Inverse { -slope } else { slope };
    let inside = v.abs().lt(bound);
    (inside.select(moved.view(&[m]), v), inside.select(slope.view(&[m]), 0.0))
}
