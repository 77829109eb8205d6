//! Payoffs that encode the data and decode them again, without a model.

use crate::types::{TExpr, TKind, Typed};

/// Where a payoff encodes and decodes.
pub(super) struct Autoencoder<'t> {
    /// The outer application of a net, of the data's type.
    pub(super) output: &'t TExpr,
    /// The code that it reads.
    pub(super) code: &'t TExpr,
    /// The data variable.
    pub(super) variable: &'t str,
}

/// The first autoencoder among the payoffs.
pub(super) fn find(typed: &Typed) -> Option<Autoencoder<'_>> {
    typed.train.players.iter().find_map(|p| search(typed, &p.payoff))
}

fn search<'t>(typed: &'t Typed, e: &'t TExpr) -> Option<Autoencoder<'t>> {
    if let TKind::Net { args, .. } = &e.kind {
        let like_the_output = |shape: &[usize]| shape == e.ty.shape;
        let var = typed
            .data
            .iter()
            .flat_map(|d| &d.vars)
            .find(|v| like_the_output(&v.ty.shape) && reads_data(typed, e, &v.name));
        if let (Some(v), Some(code)) = (var, args.first().filter(|a| computed(a))) {
            return Some(Autoencoder { output: e, code, variable: &v.name });
        }
    }
    typed.children(e).into_iter().find_map(|c| search(typed, c))
}

/// Whether an expression computes something that may be a code.
fn computed(e: &TExpr) -> bool {
    matches!(
        e.kind,
        TKind::Net { .. } | TKind::Let(_) | TKind::Map { .. } | TKind::Fn { .. } | TKind::Corrupt { .. }
    )
}

fn reads_data(typed: &Typed, e: &TExpr, name: &str) -> bool {
    let mut found = false;
    typed.walk(e, &mut |e| found |= matches!(&e.kind, TKind::Data(n) if n == name));
    found
}
