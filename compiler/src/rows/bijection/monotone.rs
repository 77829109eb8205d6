//! Monotone maps of one number with parameters that a network computes: shift, affine, rational-quadratic spline. Couplings and masked
//! autoregressive flows apply one to every element.

use super::super::Jacobian;
use super::super::args::{ArgKind, Args, Const, ParamSpec};
use super::super::layer::parts::{shape_like, view};
use crate::diag::Diag;
use crate::event::Support;
use crate::ir::{Binary, Compare, DType, Graph, Op, Pad, Unary, Value};

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

const LEAST_BIN: f64 = 1e-3;
const LEAST_SLOPE: f64 = 1e-3;

impl Monotone {
    /// As written.
    ///
    /// # Errors
    /// E0205 for an unknown kind or argument.
    pub fn of(args: &Args) -> Result<Monotone, Diag> {
        let number = |keys: &[&str], at: usize, default: f64, lo: f64, hi: f64| -> Result<f64, Diag> {
            let Some(Const::Call(call)) = args.get(PARAM.name) else { return Ok(default) };
            for (key, _) in &call.args {
                if let Some(key) = key.as_deref().filter(|k| !keys.contains(k)) {
                    let d = args.error(
                        PARAM.name,
                        format!("`{}` has no argument `{key}`", call.name),
                        "not known",
                    );
                    return Err(d.help(format!("it takes {}", keys.join(", "))));
                }
            }
            if call.args.len() > keys.len() {
                return Err(args
                    .error(
                        PARAM.name,
                        format!("`{}` takes at most {} arguments", call.name, keys.len()),
                        "too many",
                    )
                    .help(format!("it takes {}", keys.join(", "))));
            }
            let named = call.args.iter().find(|(k, _)| k.as_deref() == keys.get(at).copied());
            let found = named.or_else(|| call.args.get(at).filter(|(k, _)| k.is_none()));
            match found.map(|(_, v)| v.num()) {
                None => Ok(default),
                Some(Some(v)) if v >= lo && v <= hi => Ok(v),
                Some(_) => {
                    let key = keys.get(at).copied().unwrap_or_default();
                    Err(args
                        .error(
                            PARAM.name,
                            format!("`{key}` of `{}` must lie between {lo} and {hi}", call.name),
                            "outside",
                        )
                        .help(format!("{default} is used when it is not written")))
                }
            }
        };
        match args.called(PARAM.name).unwrap_or_default() {
            "additive" => number(&[], 0, 0.0, 0.0, 0.0).map(|_| Monotone::Additive),
            "affine" => Ok(Monotone::Affine { limit: number(&["limit"], 0, 2.0, 0.01, 20.0)? }),
            "spline" => {
                let keys = ["bins", "bound"];
                let bins = number(&keys, 0, 8.0, 2.0, 128.0)?;
                if bins.fract() != 0.0 {
                    return Err(args
                        .error(
                            PARAM.name,
                            "`bins` of `spline` must be a whole number",
                            format!("{bins} is not"),
                        )
                        .help("write `spline(bins: 8)`"));
                }
                Ok(Monotone::Spline { bins: bins as usize, bound: number(&keys, 1, 3.0, 0.01, 1e6)? })
            }
            other => {
                let d = args.error(
                    PARAM.name,
                    format!("`{}` cannot be `{other}`", args.name),
                    "not a kind of coupling",
                );
                Err(d.help("write `additive`, `affine` or `spline(bins: 8, bound: 3)`"))
            }
        }
    }
    /// Whether it maps this range, narrower than the reals, onto itself, whatever its parameters are: a spline moves numbers within
    /// [-bound, bound] only.
    pub fn keeps(self, range: Support) -> bool {
        match (self, range) {
            (Monotone::Spline { bound, .. }, Support::Interval { lo, hi }) => lo <= -bound && hi >= bound,
            (Monotone::Spline { .. }, Support::Simplex)
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
    /// y and log dy/dx (both `[B, m]`, the latter absent when 0) of `x: [B, m]` with parameters `raw: [B, count, m]`. Parameters of 0
    /// give the identity.
    pub fn forward(self, g: &mut Graph, x: Value, raw: Value, m: usize) -> (Value, Option<Value>) {
        match self {
            Monotone::Additive => {
                let t = row(g, raw, 0, m);
                (g.add(x, t), None)
            }
            Monotone::Affine { limit } => {
                let (s, t) = scale_shift(g, raw, m, limit);
                let e = g.exp(s);
                let y = g.mul(x, e);
                (g.add(y, t), Some(s))
            }
            Monotone::Spline { bins, bound } => spline(g, x, raw, m, bins, bound, false),
        }
    }
    /// x and log dx/dy of `y: [B, m]`.
    pub fn inverse(self, g: &mut Graph, y: Value, raw: Value, m: usize) -> (Value, Option<Value>) {
        match self {
            Monotone::Additive => {
                let t = row(g, raw, 0, m);
                (g.sub(y, t), None)
            }
            Monotone::Affine { limit } => {
                let (s, t) = scale_shift(g, raw, m, limit);
                let d = g.sub(y, t);
                let n = g.neg(s);
                let e = g.exp(n);
                (g.mul(d, e), Some(n))
            }
            Monotone::Spline { bins, bound } => spline(g, y, raw, m, bins, bound, true),
        }
    }
}

/// Parameter `i` as `[B, m]`.
fn row(g: &mut Graph, raw: Value, i: usize, m: usize) -> Value {
    let r = g.slice(raw, 1, i, 1);
    view(g, r, &[m])
}

fn scale_shift(g: &mut Graph, raw: Value, m: usize, limit: f64) -> (Value, Value) {
    let s = row(g, raw, 0, m);
    let s = g.mul_c(s, 1.0 / limit);
    let s = g.unary(Unary::Tanh, s);
    let s = g.mul_c(s, limit);
    (s, row(g, raw, 1, m))
}

/// Bin edges along one axis of the spline.
struct Bins {
    /// Left edges, `[B, K, m]`.
    left: Value,
    /// Sizes, `[B, K, m]`.
    size: Value,
}

fn edges(g: &mut Graph, raw: Value, from: usize, bins: usize, bound: f64) -> Bins {
    let r = g.slice(raw, 1, from, bins);
    let logs = g.log_softmax(r, 1);
    let share = g.exp(logs);
    let share = g.mul_c(share, 1.0 - LEAST_BIN * bins as f64);
    let share = g.add_c(share, LEAST_BIN);
    let size = g.mul_c(share, 2.0 * bound);
    let before: Vec<f64> = (0..bins * bins).map(|e| if e % bins < e / bins { 1.0 } else { 0.0 }).collect();
    let before = g.literal(before, &[1, bins, bins]);
    let left = g.matmul(before, size);
    Bins { left: g.add_c(left, -bound), size }
}

/// 1 for the bin that holds each element, `[B, K, m]`; the first edge counts as reached by everything.
fn bin_of(g: &mut Graph, v: Value, left: Value, bins: usize) -> Value {
    let reached = g.compare(Compare::Ge, v, left);
    let reached = g.cast(reached, DType::F);
    let next = g.slice(reached, 1, 1, bins - 1);
    let next = g.push(Op::Pad(Pad { axis: 1, before: 0, after: 1 }), &[next]);
    g.sub(reached, next)
}

fn pick(g: &mut Graph, hot: Value, v: Value) -> Value {
    let p = g.mul(hot, v);
    g.sum(p, &[1])
}

fn spline(
    g: &mut Graph,
    v: Value,
    raw: Value,
    m: usize,
    bins: usize,
    bound: f64,
    backward: bool,
) -> (Value, Option<Value>) {
    let xs = edges(g, raw, 0, bins, bound);
    let ys = edges(g, raw, bins, bins, bound);
    // Slopes at the inner edges, 1 when the parameter is 0; 1 at both ends, where the identity begins.
    let inner = g.slice(raw, 1, 2 * bins, bins - 1);
    let inner = g.add_c(inner, (1.0 - LEAST_SLOPE).exp_m1().ln());
    let inner = g.softplus(inner);
    let inner = g.add_c(inner, LEAST_SLOPE);
    let end = shape_like(g, raw, &[1, m]);
    let end = g.full(1.0, end);
    let left_slope = g.concat(&[end, inner], 1);
    let right_slope = g.concat(&[inner, end], 1);

    let (lo, hi) = (g.scalar(-bound), g.scalar(bound));
    let clamped = g.binary(Binary::Max, v, lo);
    let clamped = g.binary(Binary::Min, clamped, hi);
    let clamped = view(g, clamped, &[1, m]);
    let hot = bin_of(g, clamped, if backward { ys.left } else { xs.left }, bins);
    let (x0, w) = (pick(g, hot, xs.left), pick(g, hot, xs.size));
    let (y0, h) = (pick(g, hot, ys.left), pick(g, hot, ys.size));
    let (d0, d1) = (pick(g, hot, left_slope), pick(g, hot, right_slope));
    let s = g.div(h, w);
    // bend = d1 + d0 - 2 s
    let both = g.add(d1, d0);
    let s2 = g.mul_c(s, 2.0);
    let bend = g.sub(both, s2);

    let xi = if backward {
        // Eq. 6-8: the root of a ξ² + b ξ + c that lies in the bin.
        let dy = g.sub(clamped, y0);
        let dyb = g.mul(dy, bend);
        let sd = g.sub(s, d0);
        let hsd = g.mul(h, sd);
        let a = g.add(hsd, dyb);
        let hd = g.mul(h, d0);
        let b = g.sub(hd, dyb);
        let sdy = g.mul(s, dy);
        let c = g.neg(sdy);
        let bb = g.square(b);
        let ac = g.mul(a, c);
        let ac4 = g.mul_c(ac, 4.0);
        let disc = g.sub(bb, ac4);
        let disc = g.unary(Unary::Relu, disc);
        let root = g.sqrt(disc);
        let sum = g.add(b, root);
        let c2 = g.mul_c(sdy, 2.0);
        g.div(c2, sum)
    } else {
        let dx = g.sub(clamped, x0);
        g.div(dx, w)
    };
    let rest = g.neg(xi);
    let rest = g.add_c(rest, 1.0);
    let q = g.mul(xi, rest);
    let bq = g.mul(bend, q);
    let den = g.add(s, bq);
    let xi2 = g.square(xi);
    let moved = if backward {
        let d = g.mul(xi, w);
        g.add(x0, d)
    } else {
        let a = g.mul(s, xi2);
        let b = g.mul(d0, q);
        let num = g.add(a, b);
        let num = g.mul(h, num);
        let frac = g.div(num, den);
        g.add(y0, frac)
    };
    // Eq. 5: dy/dx = s² (d1 ξ² + 2 s ξ (1 - ξ) + d0 (1 - ξ)²) / den²
    let a = g.mul(d1, xi2);
    let b = g.mul(s2, q);
    let rest2 = g.square(rest);
    let c = g.mul(d0, rest2);
    let ab = g.add(a, b);
    let top = g.add(ab, c);
    let top = g.log(top);
    let ls = g.log(s);
    let ld = g.log(den);
    let two = g.sub(ls, ld);
    let two = g.mul_c(two, 2.0);
    let mut slope = g.add(two, top);
    if backward {
        slope = g.neg(slope);
    }
    let moved = view(g, moved, &[m]);
    let slope = view(g, slope, &[m]);
    let size = g.unary(Unary::Abs, v);
    let inside = g.compare(Compare::Lt, size, hi);
    let out = g.select(inside, moved, v);
    let zero = g.scalar(0.0);
    let slope = g.select(inside, slope, zero);
    (out, Some(slope))
}
