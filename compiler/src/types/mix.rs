//! Means of two values with weights that sum to 1, `a * x + (1 - a) * y` or `x + a * (y - x)`: they lie between the two, which arithmetic of
//! ranges alone does not see, since it takes the two `a` for different numbers.

use super::{TExpr, TKind, Typed};
use crate::interval::{End, Interval};
use crate::syntax::ast::BinOp;

/// The range of `left op right` where that is a mean of two values with weights between 0 and 1.
pub(super) fn of(typed: &Typed, op: BinOp, left: &TExpr, right: &TExpr) -> Option<Interval> {
    match op {
        BinOp::Add => {
            let turned = || moved(typed, right, left, true);
            weighted(typed, left, right).or_else(|| moved(typed, left, right, true)).or_else(turned)
        }
        BinOp::Sub => moved(typed, left, right, false),
        BinOp::Mul | BinOp::Div | BinOp::Pow => None,
    }
}

/// `a * x + (1 - a) * y`, the factors of each product in any order.
fn weighted(typed: &Typed, left: &TExpr, right: &TExpr) -> Option<Interval> {
    factors(left)?.into_iter().find_map(|(a, x)| {
        factors(right)?.into_iter().find_map(|(b, y)| match (one_less(b), one_less(a)) {
            (Some(of), _) if typed.same(of, a) => between(a.range(), x, y),
            (_, Some(of)) if typed.same(of, b) => between(b.range(), y, x),
            (Some(_) | None, Some(_) | None) => None,
        })
    })
}

/// `x + a * (y - x)` where `plus`, else `x - a * (x - y)`.
fn moved(typed: &Typed, x: &TExpr, product: &TExpr, plus: bool) -> Option<Interval> {
    factors(product)?.into_iter().find_map(|(a, difference)| {
        let TKind::Binary(BinOp::Sub, from, less) = &difference.kind else { return None };
        let (y, start) = if plus { (from, less) } else { (less, from) };
        typed.same(start, x).then(|| between(a.range(), y, x)).flatten()
    })
}

/// The two factors of a product, in both orders.
fn factors(e: &TExpr) -> Option<[(&TExpr, &TExpr); 2]> {
    if let TKind::Binary(BinOp::Mul, a, b) = &e.kind { Some([(a, b), (b, a)]) } else { None }
}

/// The `a` of `1 - a`.
fn one_less(e: &TExpr) -> Option<&TExpr> {
    if let TKind::Binary(BinOp::Sub, one, a) = &e.kind
        && one.range().constant() == Some(1.0)
    {
        return Some(a);
    }
    None
}

/// Where `a * x + (1 - a) * y` lies for a weight in the unit interval: between the two, at an end of both only where it can be at the end
/// of one whose weight can be 1, or of both.
fn between(weight: Interval, x: &TExpr, y: &TExpr) -> Option<Interval> {
    if !weight.inside(Interval::closed(0.0, 1.0)) {
        return None;
    }
    let (x, y) = (x.range(), y.range());
    let lo = lower(weight, x.lo(), y.lo());
    let hi = lower(weight, negated(x.hi()), negated(y.hi()));
    Some(Interval::new(lo, negated(hi)))
}

fn negated(e: End) -> End {
    End { at: -e.at, ..e }
}

/// The lower end of the mean of values with these lower ends.
fn lower(weight: Interval, x: End, y: End) -> End {
    // Where the weight of the other is 0.
    let alone = |e: End, at: f64| !e.open && weight.holds(at);
    let open = match (alone(x, 1.0), alone(y, 0.0)) {
        _ if x.at == y.at && !x.open && !y.open => false,
        (by_x, by_y) => !(by_x && x.at <= y.at || by_y && y.at <= x.at),
    };
    End { at: x.at.min(y.at), open }
}
