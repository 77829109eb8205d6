//! Whether a value that is not negative can be 0. The range `positive` holds what `exp` yields, which is never 0, and what `relu` yields,
//! which is: no scale, and nothing to take the logarithm of. The checker tells the two apart by whether the ends of a range are values
//! themselves, which follows from how the value is computed; where that does not say (data, nets that end in other layers) it takes a
//! positive value for positive.

use super::expr::Scope;
use super::{Checker, TExpr, TKind, TNet};
use crate::event::{Kind, Support};
use crate::rows::args::Args;
use crate::rows::map::ends;
use crate::rows::{self, ChainLayer, MapRow};
use crate::syntax::ast::BinOp;

/// Layers that only move, drop or repeat elements, or average them.
const MOVES: &[&str] =
    &["avg_pool", "flatten", "global_pool", "max_pool", "reflect_pad", "reshape", "scalar", "up"];

/// An end of a range.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Low,
    High,
}

impl End {
    fn other(self) -> End {
        match self {
            End::Low => End::High,
            End::High => End::Low,
        }
    }
    fn of(self, s: Support) -> f64 {
        let (lo, hi) = ends(s);
        match self {
            End::Low => lo,
            End::High => hi,
        }
    }
}

fn image_of(row: &dyn MapRow, args: &Args, point: f64) -> (f64, f64) {
    ends(row.image(args, Support::Interval { lo: point, hi: point }))
}

/// The lower end of an expression's range.
pub(crate) fn lowest(e: &TExpr) -> f64 {
    ends(e.ty.kind.support()).0
}

/// Whether the map is infinite at 0, where its range of arguments begins: `log`, `recip`.
pub(crate) fn infinite_at_zero(row: &dyn MapRow, args: &Args) -> bool {
    row.from() == Support::POSITIVE && {
        let (lo, hi) = image_of(row, args, 0.0);
        lo.is_infinite() || hi.is_infinite()
    }
}

/// Whether the output of these layers can be 0 where it is not negative: `relu` and the like, and what keeps the 0 that came before.
pub(crate) fn layers_reach_zero(layers: &[ChainLayer], nets: &[TNet]) -> bool {
    // Whether the lowest number of the range is a value itself, layer by layer.
    let mut reached = false;
    let mut range = Support::REALS;
    for l in layers {
        let name = l.text.split('(').next().unwrap_or("").trim();
        let out = l.checked.out.first().map_or(Support::REALS, |t| t.kind.support());
        let (least, _) = ends(range);
        reached = match (rows::find(rows::map::ROWS, name), nets.iter().find(|n| n.name == name)) {
            (Some(row), _) if row.reaches_zero() => reached || least < 0.0,
            // An increasing map carries the lowest number to the lowest number.
            (Some(row), _) => reached && row.inverse().is_some() && !["neg", "recip"].contains(&name),
            (None, Some(net)) => layers_reach_zero(&net.chain.layers, nets),
            (None, None) => reached && MOVES.contains(&name),
        };
        range = out;
    }
    reached && ends(range).0 == 0.0
}

impl Checker<'_> {
    /// Whether a value that is not negative can be 0.
    pub(crate) fn reaches_zero(&self, e: &TExpr, scope: &Scope) -> bool {
        let support = e.ty.kind.support();
        // What 32 bits round to 0 is 0.
        let at = |end: End| end.of(support) as f32 == 0.0 && self.attains(e, end, scope);
        at(End::Low) || at(End::High)
    }

    /// Whether an expression is 0 and nothing else.
    pub(crate) fn is_zero(&self, e: &TExpr, scope: &Scope) -> bool {
        ends(e.ty.kind.support()) == (0.0, 0.0) && self.reaches_zero(e, scope)
    }

    /// Whether a value can be the lowest and the highest number of its range.
    pub(crate) fn reached(&self, e: &TExpr, scope: &Scope) -> (bool, bool) {
        (self.attains(e, End::Low, scope), self.attains(e, End::High, scope))
    }

    /// Whether a value can be the number at this end of its range.
    fn attains(&self, e: &TExpr, end: End, scope: &Scope) -> bool {
        let value = end.of(e.ty.kind.support());
        if !value.is_finite() {
            return false;
        }
        match e.ty.kind {
            Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) => return true,
            Kind::Real(_) => {}
        }
        let at = |e: &TExpr, end: End| self.attains(e, end, scope);
        // An argument that is 0 at one of its ends.
        let zero = |e: &TExpr| self.reaches_zero(e, scope);
        match &e.kind {
            TKind::Const(_) => true,
            TKind::Map { row, args, arg } => self.map_attains(*row, args, arg, value, scope),
            TKind::Neg(a) => at(a, end.other()),
            TKind::Binary(op, a, b) => match op {
                BinOp::Add => at(a, end) && at(b, end),
                BinOp::Sub => at(a, end) && at(b, end.other()),
                BinOp::Mul if value == 0.0 => zero(a) || zero(b),
                BinOp::Mul => [End::Low, End::High].iter().any(|x| {
                    [End::Low, End::High].iter().any(|y| {
                        let product = x.of(a.ty.kind.support()) * y.of(b.ty.kind.support());
                        product == value && at(a, *x) && at(b, *y)
                    })
                }),
                BinOp::Div => value == 0.0 && zero(a),
                BinOp::Pow => value == 0.0 && (lowest(a) < 0.0 || zero(a)),
            },
            TKind::Fn { row, args } => self.fn_attains(row.name(), args, end, value, scope),
            TKind::Net { net, .. } => {
                let layers = self.typed.nets.get(*net).map(|n| &n.chain.layers);
                end == End::Low
                    && value == 0.0
                    && layers.is_some_and(|l| layers_reach_zero(l, &self.typed.nets))
            }
            TKind::Var(n) => {
                scope.reached.get(n).is_some_and(|(low, high)| if end == End::Low { *low } else { *high })
            }
            TKind::Let(i) => self.typed.train.lets.get(*i).is_some_and(|(_, e)| at(e, end)),
            TKind::Expect(a) => at(a, end),
            TKind::Corrupt { arg, row, .. } => {
                row.sets(arg.ty.kind, value) || end.of(arg.ty.kind.support()) == value && at(arg, end)
            }
            TKind::Data(_)
            | TKind::Schedule(_)
            | TKind::Sample(..)
            | TKind::Param(_)
            | TKind::Flow { .. } => false,
            TKind::LogProb { .. }
            | TKind::Nll(_)
            | TKind::Elbo { .. }
            | TKind::Kl { .. }
            | TKind::Iwae { .. } => false,
            TKind::GradientPenalty { .. } | TKind::Grad { .. } => false,
        }
    }

    fn map_attains(
        &self,
        row: &'static dyn MapRow,
        args: &Args,
        arg: &TExpr,
        value: f64,
        scope: &Scope,
    ) -> bool {
        let (least, most) = ends(arg.ty.kind.support());
        let carried = |end: End| {
            image_of(row, args, end.of(arg.ty.kind.support())) == (value, value)
                && self.attains(arg, end, scope)
        };
        let ends_carried = carried(End::Low) || carried(End::High);
        match (row.reaches_zero() && value == 0.0, row.inverse().is_some()) {
            // `relu` is 0 below 0, the others are at 0 only.
            (true, _) => {
                least < 0.0 && (most > 0.0 || image_of(row, args, -1.0) == (0.0, 0.0)) || ends_carried
            }
            (false, true) => ends_carried,
            // What turns back, as `cos` does, turns at its extremes.
            (false, false) => true,
        }
    }

    fn fn_attains(&self, name: &str, args: &[TExpr], end: End, value: f64, scope: &Scope) -> bool {
        let at = |e: &TExpr, end: End| self.attains(e, end, scope);
        let own = |e: &TExpr| end.of(e.ty.kind.support());
        // Whether an argument goes to this number, or past it.
        let beyond = |e: &TExpr| match end {
            End::Low => own(e) < value,
            End::High => own(e) > value,
        };
        match (name, end, args) {
            ("clamp", End::Low, [x, lo, hi]) => {
                (if beyond(x) { at(lo, end) } else { at(x, end) }) || own(hi) == value && at(hi, end)
            }
            ("clamp", End::High, [x, _, hi]) => {
                if beyond(x) {
                    at(hi, end)
                } else {
                    at(x, end)
                }
            }
            ("max", End::Low, _) | ("min", End::High, _) => args.iter().all(|a| beyond(a) || at(a, end)),
            ("max", End::High, _) | ("min", End::Low, _) => {
                args.iter().any(|a| own(a) == value && at(a, end))
            }
            ("sum" | "mean" | "batch_mean" | "flatten", ..) => {
                args.iter().all(|a| own(a) == value && at(a, end))
            }
            ("concat", ..) => args.iter().any(|a| own(a) == value && at(a, end)),
            ("norm", End::Low, [x]) => lowest(x) < 0.0 || self.reaches_zero(x, scope),
            ("dot", End::Low, [a, b]) => {
                value == 0.0 && (self.reaches_zero(a, scope) || self.reaches_zero(b, scope))
            }
            // A vector can lie on an entry of the codebook.
            ("codebook_loss" | "commitment", End::Low, _) => true,
            _ => false,
        }
    }
}
