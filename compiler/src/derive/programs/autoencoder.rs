//! Payoffs that encode the data and decode them again, without a model. What a net makes of the data is an estimate of them only where the goal
//! compares it with them: the noise that a denoiser predicts is compared with noise.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use crate::derive::lower::Ctx;
use crate::ir::{Scope, Value};
use crate::syntax::ast::BinOp;
use crate::types::{TExpr, TKind, Typed, text};

/// Where a payoff compares data with what nets make of them.
pub(super) struct Autoencoder<'t> {
    /// What estimates the data, of their type.
    output: &'t TExpr,
    /// Whether the estimate is in the output's logits.
    logits: bool,
    /// What the nets read that nets computed; none where they read the data themselves.
    pub(super) code: Option<&'t TExpr>,
    /// The data variable.
    pub(super) variable: &'t str,
}

/// The estimate of the data, `[B, ..event]`.
pub(super) fn estimate(ctx: &mut Ctx<'_>, of: &Autoencoder<'_>) -> Value {
    let v = ctx.payoff(of.output);
    if of.logits { Scope::of(&mut ctx.cx.g).ex(v).sigmoid().v } else { v }
}

/// The first autoencoder among the payoffs.
///
/// # Errors
/// Why there is none.
pub(super) fn find(typed: &Typed) -> Result<Autoencoder<'_>, String> {
    let pairs = comparisons(typed);
    let found = pairs.iter().find_map(|(a, b, logits)| {
        let one = |output, target| autoencoder(typed, output, target, *logits);
        one(a, b).or_else(|| if *logits { None } else { one(b, a) })
    });
    found.ok_or_else(|| why_none(typed, &pairs))
}

/// What a `let` of the train block stands for; other expressions are themselves.
fn meant<'t>(typed: &'t Typed, mut e: &'t TExpr) -> &'t TExpr {
    while let TKind::Let(i) = e.kind {
        match typed.train.lets.get(i) {
            Some((_, of)) => e = of,
            None => break,
        }
    }
    e
}

/// Two expressions whose distance a payoff counts, and whether the first gives the second as logits.
type Pair<'t> = (&'t TExpr, &'t TExpr, bool);

/// All that the payoffs compare.
fn comparisons(typed: &Typed) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    for p in &typed.train.players {
        typed.walk(&p.payoff, &mut |e| {
            pairs.extend(length(typed, e).and_then(|d| difference(typed, d)).map(|(a, b)| (a, b, false)));
            pairs.extend(cross_entropy(typed, e).map(|(logits, x)| (logits, x, true)));
        });
    }
    pairs
}

/// What an expression is a length of: `d^2`, `abs(d)`, `square(d)`, `norm(d)`.
fn length<'t>(typed: &'t Typed, e: &'t TExpr) -> Option<&'t TExpr> {
    match &e.kind {
        TKind::Binary(BinOp::Pow, d, n) => match meant(typed, n).kind {
            TKind::Const(n) if n > 0.0 && n % 2.0 == 0.0 => Some(d),
            _ => None,
        },
        TKind::Binary(BinOp::Mul, a, b) if text::plain(typed, a) == text::plain(typed, b) => Some(a),
        TKind::Map { row, arg, .. } if ["abs", "square"].contains(&row.name()) => Some(arg),
        TKind::Fn { row, args } if row.name() == "norm" => args.first(),
        _ => None,
    }
}

/// The two sides of a difference, which may be scaled.
fn difference<'t>(typed: &'t Typed, d: &'t TExpr) -> Option<(&'t TExpr, &'t TExpr)> {
    let d = meant(typed, d);
    match &d.kind {
        TKind::Binary(BinOp::Sub, a, b) => Some((a, b)),
        TKind::Neg(d) | TKind::Binary(BinOp::Div, d, _) => difference(typed, d),
        TKind::Binary(BinOp::Mul, a, b) => difference(typed, a).or_else(|| difference(typed, b)),
        _ => None,
    }
}

/// Logits and bits in a binary cross-entropy `softplus(l) - x * l`.
fn cross_entropy<'t>(typed: &'t Typed, e: &'t TExpr) -> Option<(&'t TExpr, &'t TExpr)> {
    let TKind::Binary(BinOp::Sub, a, b) = &e.kind else { return None };
    let (TKind::Map { row, arg, .. }, TKind::Binary(BinOp::Mul, x, y)) =
        (&meant(typed, a).kind, &meant(typed, b).kind)
    else {
        return None;
    };
    let logits = text::plain(typed, arg);
    match row.name() == "softplus" {
        true if text::plain(typed, y) == logits => Some((y, x)),
        true if text::plain(typed, x) == logits => Some((x, y)),
        _ => None,
    }
}

/// `output` as an estimate of the data variable `target`, made of it by nets.
fn autoencoder<'t>(
    typed: &'t Typed,
    output: &'t TExpr,
    target: &'t TExpr,
    logits: bool,
) -> Option<Autoencoder<'t>> {
    let TKind::Data(x) = &meant(typed, target).kind else { return None };
    let variable = typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == *x)?;
    let net = outer_net(typed, output, x)?;
    let TKind::Net { args, .. } = &net.kind else { return None };
    let code = args.iter().find(|a| made_by_a_net(typed, a) && reads_data(typed, a, x));
    (output.ty.shape == variable.ty.shape).then_some(Autoencoder {
        output,
        logits,
        code,
        variable: &variable.name,
    })
}

/// The outermost application of a net that reads data variable `x`.
fn outer_net<'t>(typed: &'t Typed, e: &'t TExpr, x: &str) -> Option<&'t TExpr> {
    if matches!(e.kind, TKind::Net { .. }) && reads_data(typed, e, x) {
        return Some(e);
    }
    typed.children(e).into_iter().find_map(|c| outer_net(typed, c, x))
}

fn made_by_a_net(typed: &Typed, e: &TExpr) -> bool {
    let mut found = false;
    typed.walk(e, &mut |e| found |= matches!(e.kind, TKind::Net { .. }));
    found
}

fn reads_data(typed: &Typed, e: &TExpr, name: &str) -> bool {
    let mut found = false;
    typed.walk(e, &mut |e| found |= matches!(&e.kind, TKind::Data(n) if n == name));
    found
}

/// Why no payoff has an estimate of the data: what a net of their type is compared with instead.
fn why_none(typed: &Typed, pairs: &[Pair<'_>]) -> String {
    let vars = || typed.data.iter().flat_map(|d| &d.vars);
    for v in vars() {
        for (a, b, _) in pairs {
            for (output, target) in [(a, b), (b, a)] {
                let alike = output.ty.shape == v.ty.shape && !output.ty.shape.is_empty();
                if alike && outer_net(typed, output, &v.name).is_some() {
                    return format!(
                        "`{}` is compared with `{}`, not with `{}`: what it gives is no estimate of the data",
                        text::plain(typed, output),
                        text::plain(typed, target),
                        v.name
                    );
                }
            }
        }
    }
    "no net of this spec maps the data to their own type and is compared with them".into()
}
