//! Expressions of the time alone, which are known at each time before anything runs, and what is a sum of known multiples of something else.

use super::{TExpr, TKind};
use crate::event::{EventTy, Kind, Support};
use crate::interval::Interval;
use crate::syntax::ast::BinOp;

/// The most times at which a range is found number by number.
const MOST_TIMES: f64 = 65536.0;

/// The number that an expression is at time `t`: `None` where it reads anything but the time, or a function is known by its range only.
pub fn at(e: &TExpr, t: f64) -> Option<f64> {
    let point = |x: f64| EventTy { kind: Kind::Real(Support::point(x)), shape: Vec::new() };
    let value = match &e.kind {
        TKind::Const(x) => Some(*x),
        TKind::Time(_) => Some(t),
        TKind::Neg(a) => at(a, t).map(|x| -x),
        TKind::Binary(op, a, b) => Some(of(*op, at(a, t)?, at(b, t)?)),
        TKind::Map { row, args, arg } => {
            let x = Support::point(at(arg, t)?);
            x.inside(row.domain(args)).then(|| row.image(args, x)).and_then(|s| s.interval().constant())
        }
        TKind::Fn { row, args } => {
            let types = args.iter().map(|a| Some(point(at(a, t)?))).collect::<Option<Vec<_>>>()?;
            row.check(&types).ok()?.kind.support().interval().constant()
        }
        TKind::Schedule(_)
        | TKind::Data(_)
        | TKind::Sample(..)
        | TKind::Var(_)
        | TKind::Before(..)
        | TKind::At(..)
        | TKind::Along(_)
        | TKind::Param(_)
        | TKind::Let(_)
        | TKind::Net { .. }
        | TKind::Flow { .. } => None,
        TKind::Expect(_)
        | TKind::LogProb { .. }
        | TKind::Objective(_)
        | TKind::Grad { .. }
        | TKind::Corrupt { .. } => None,
        TKind::Kept(_) | TKind::Others(_) | TKind::Another(_) => None,
    };
    value.filter(|x| x.is_finite())
}

fn of(op: BinOp, a: f64, b: f64) -> f64 {
    match op {
        BinOp::Add => a + b,
        BinOp::Sub => a - b,
        BinOp::Mul => a * b,
        BinOp::Div => a / b,
        BinOp::Pow => a.powf(b),
    }
}

/// The time that an expression reads, with the range that it runs through.
fn time(e: &TExpr) -> Option<&TExpr> {
    let mut found = None;
    e.walk(&mut |e| {
        if matches!(e.kind, TKind::Time(_)) {
            found.get_or_insert(e);
        }
    });
    found
}

/// The range of `a op b` where both read the time and nothing else, which arithmetic of ranges takes for two numbers that have nothing to do
/// with each other: the values at all times.
pub(super) fn range(op: BinOp, a: &TExpr, b: &TExpr) -> Option<Interval> {
    let over = time(a)?.range();
    time(b)?;
    let (first, last) = (over.lo().at, over.hi().at);
    let numbers = a.ty.shape.is_empty() && b.ty.shape.is_empty();
    if !numbers || first == last || last - first > MOST_TIMES {
        return None;
    }
    let mut t = first;
    let mut all: Option<Interval> = None;
    while t <= last {
        let x = Some(of(op, at(a, t)?, at(b, t)?)).filter(|x| x.is_finite())?;
        all = Some(all.map_or(Interval::point(x), |all| all.hull(Interval::point(x))));
        t += 1.0;
    }
    all
}

/// Whether an expression is a whole number from 0 up to, but not including, `n` at all times, and known at each.
pub(super) fn counts_below(e: &TExpr, n: usize) -> bool {
    let Some(over) = time(e).map(TExpr::range) else { return false };
    let (first, last) = (over.lo().at, over.hi().at);
    let fits = |t: f64| at(e, t).is_some_and(|x| x.fract() == 0.0 && x >= 0.0 && x < n as f64);
    last - first <= MOST_TIMES && (0..=(last - first) as usize).all(|k| fits(first + k as f64))
}

/// A sum of known multiples at one time.
#[derive(Default)]
pub struct Linear<'e> {
    /// What there is a multiple of, with its factor.
    pub terms: Vec<(&'e TExpr, f64)>,
    /// What is known of it.
    pub offset: f64,
}

impl<'e> Linear<'e> {
    /// An expression at time `t`: what is neither known nor a sum or multiple with a known factor is a term.
    pub fn of(e: &'e TExpr, t: f64) -> Linear<'e> {
        let mut all = Linear::default();
        all.add(e, t, 1.0);
        all
    }

    fn add(&mut self, e: &'e TExpr, t: f64, factor: f64) {
        if let Some(x) = at(e, t) {
            self.offset += factor * x;
            return;
        }
        match &e.kind {
            TKind::Neg(a) => self.add(a, t, -factor),
            TKind::Binary(BinOp::Add, a, b) => {
                self.add(a, t, factor);
                self.add(b, t, factor);
            }
            TKind::Binary(BinOp::Sub, a, b) => {
                self.add(a, t, factor);
                self.add(b, t, -factor);
            }
            TKind::Binary(BinOp::Mul, a, b) if let Some(x) = at(a, t) => self.add(b, t, factor * x),
            TKind::Binary(BinOp::Mul | BinOp::Div, a, b) if let (op, Some(x)) = (&e.kind, at(b, t)) => {
                let divides = matches!(op, TKind::Binary(BinOp::Div, ..));
                self.add(a, t, if divides { factor / x } else { factor * x });
            }
            TKind::Const(_)
            | TKind::Schedule(_)
            | TKind::Data(_)
            | TKind::Sample(..)
            | TKind::Var(_)
            | TKind::Before(..)
            | TKind::At(..)
            | TKind::Time(_)
            | TKind::Along(_)
            | TKind::Param(_)
            | TKind::Let(_)
            | TKind::Net { .. }
            | TKind::Flow { .. }
            | TKind::Map { .. }
            | TKind::Fn { .. }
            | TKind::Binary(..)
            | TKind::Expect(_)
            | TKind::LogProb { .. }
            | TKind::Objective(_)
            | TKind::Grad { .. }
            | TKind::Corrupt { .. }
            | TKind::Kept(_)
            | TKind::Others(_)
            | TKind::Another(_) => self.terms.push((e, factor)),
        }
    }
}
