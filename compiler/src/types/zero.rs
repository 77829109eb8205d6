//! Whether a value that is not negative can be 0. The range `positive` holds what `exp` yields, which is never 0, and what `relu` yields,
//! which is: no scale, and nothing to take the logarithm of. The checker tells the two apart by how the value is computed; where that does
//! not say (data, nets that end in other layers) it takes a positive value for positive.

use super::event::{Kind, Support};
use super::expr::Scope;
use super::{Checker, TExpr, TKind};
use crate::rows::args::Args;
use crate::rows::map::ends;
use crate::rows::{self, ChainLayer, MapRow};
use crate::syntax::ast::BinOp;

/// Layers that only move, drop or repeat elements.
const MOVES: &[&str] = &["dropout", "flatten", "max_pool", "reshape", "scalar", "up"];

fn image_of(row: &dyn MapRow, args: &Args, point: f64) -> (f64, f64) {
    ends(row.image(args, Support::Interval { lo: point, hi: point }))
}

/// Whether the map is infinite at 0, where its range of arguments begins: `log`, `recip`.
pub(crate) fn infinite_at_zero(row: &dyn MapRow, args: &Args) -> bool {
    row.from() == Support::POSITIVE && {
        let (lo, hi) = image_of(row, args, 0.0);
        lo.is_infinite() || hi.is_infinite()
    }
}

/// Whether the output of these layers can be 0 where it is not negative: they end in `relu` and the like.
pub(crate) fn layers_reach_zero(layers: &[ChainLayer]) -> bool {
    let name = |l: &ChainLayer| l.text.split('(').next().unwrap_or("").trim().to_string();
    let last = layers.iter().rev().map(name).find(|n| !MOVES.contains(&n.as_str()));
    last.and_then(|n| rows::find(rows::map::ROWS, &n)).is_some_and(|r| r.reaches_zero())
}

impl Checker<'_> {
    /// Whether a value that is not negative can be 0.
    pub(crate) fn reaches_zero(&self, e: &TExpr, scope: &Scope) -> bool {
        let (lo, hi) = ends(e.ty.kind.support());
        if lo > 0.0 || hi < 0.0 {
            return false;
        }
        match e.ty.kind {
            // 0 is one of the values.
            Kind::Bool | Kind::Int(_) => return true,
            Kind::Real(_) | Kind::Class(_) => {}
        }
        let here = |e: &TExpr| self.reaches_zero(e, scope);
        match &e.kind {
            TKind::Const(c) => *c == 0.0,
            TKind::Map { row, args, arg } => {
                let (least, most) = ends(arg.ty.kind.support());
                match row.reaches_zero() {
                    // `relu` is 0 below 0, the others are at 0 only.
                    true => least < 0.0 && (most > 0.0 || image_of(*row, args, -1.0) == (0.0, 0.0)) || here(arg),
                    false => image_of(*row, args, 0.0) == (0.0, 0.0) && here(arg),
                }
            }
            TKind::Neg(a) => here(a),
            TKind::Binary(op, a, b) => match op {
                BinOp::Add => here(a) && here(b),
                BinOp::Mul => here(a) || here(b),
                BinOp::Div => here(a),
                BinOp::Pow => ends(a.ty.kind.support()).0 < 0.0 || here(a),
                BinOp::Sub => false,
            },
            TKind::Fn { row, args } => match row.name() {
                "sum" | "mean" | "max" => args.iter().all(here),
                "min" | "concat" | "flatten" => args.iter().any(here),
                _ => false,
            },
            TKind::Net { net, .. } => self.typed.nets.get(*net).is_some_and(|n| layers_reach_zero(&n.chain.layers)),
            TKind::Var(n) => scope.zeros.contains(n),
            TKind::Let(i) => self.typed.train.lets.get(*i).is_some_and(|(_, e)| here(e)),
            TKind::Data(_) | TKind::Schedule(_) | TKind::Sample(..) | TKind::Param(_) | TKind::Flow { .. } => false,
            TKind::Expect(_) | TKind::LogProb { .. } => false,
            TKind::Nll(_) | TKind::Elbo { .. } | TKind::Kl { .. } | TKind::Iwae { .. } => false,
            TKind::GradientPenalty { .. } | TKind::Grad { .. } | TKind::Corrupt { .. } => false,
        }
    }
}
