//! What a player owns must reach its payoff by a differentiable path: what is said where it does not.

use crate::derive::params::{belongs, leaves};
use crate::derive::per_datum;
use crate::diag::{Diag, codes};
use crate::ir::{Graph, Value, grad};
use crate::span::Span;
use crate::types::{TKind, TPlayer, Typed, density, text};

/// A name that a player owns, and where it says so.
type Owned = (String, Span);

/// A param that is read as a codebook: its name, the call of `nearest`, and what that looks up.
struct Codebook {
    param: String,
    call: Span,
    looked_up: String,
}

/// The parameters among those that a loss reads which a derivative of it reaches, by path.
pub(super) fn reached(g: &Graph, loss: Value, read: &[(String, Value)]) -> Vec<String> {
    let values: Vec<Value> = read.iter().map(|(_, v)| *v).collect();
    let reach = grad::grad_reach(g, loss, &values);
    read.iter().zip(reach).filter(|(_, r)| *r).map(|((path, _), _)| path.clone()).collect()
}

/// What there is to say of a player whose payoff reaches these parameters, by path.
pub(super) fn missing(typed: &Typed, p: &TPlayer, reached: &[String]) -> Vec<Diag> {
    let reached = |owner: &str| reached.iter().any(|path| belongs(path, owner));
    let owners = with_parameters(typed, p);
    let lost: Vec<&Owned> = owners.iter().copied().filter(|(o, _)| !reached(o)).collect();
    let mut books = codebooks(typed, p);
    books.retain(|b| lost.iter().any(|(o, _)| *o == b.param));
    if p.name == "all" {
        of_everything(typed, p, (&owners, &lost), &books)
    } else {
        of_player(typed, p, (&owners, &lost), &books)
    }
}

/// What a player owns that has parameters: only this can be reached.
fn with_parameters<'t>(typed: &Typed, p: &'t TPlayer) -> Vec<&'t Owned> {
    let (leaves, tables) = (leaves(typed), per_datum::all(typed));
    let has = |(owner, _): &&Owned| {
        leaves.iter().any(|l| l.trainable && belongs(&l.path, owner))
            || tables.iter().any(|t| belongs(&t.path, owner))
    };
    p.owns.iter().filter(has).collect()
}

/// Of the player that owns everything. Nets that it does not reach are reported as unused by the checker.
fn of_everything(
    typed: &Typed,
    p: &TPlayer,
    (owners, lost): (&[&Owned], &[&Owned]),
    books: &[Codebook],
) -> Vec<Diag> {
    let declared = |n: &str| typed.params.iter().find(|t| t.name == n).map_or(p.span, |t| t.span);
    let book = |b: &Codebook| codes::w0707::codebook(&b.param, declared(&b.param), b.call, &b.looked_up);
    let mut diags: Vec<Diag> = books.iter().map(book).collect();
    if !p.derived && owners.len() == lost.len() {
        diags.push(codes::e0703::nothing_to_train(p.payoff.span));
    }
    diags
}

/// Of a player with a name.
fn of_player(
    typed: &Typed,
    p: &TPlayer,
    (owners, lost): (&[&Owned], &[&Owned]),
    books: &[Codebook],
) -> Vec<Diag> {
    let Some((net, at)) = lost.first() else { return Vec::new() };
    if owners.len() > lost.len() {
        let one = |(net, at): &&Owned| match books.iter().find(|b| b.param == *net) {
            Some(b) => codes::w0707::codebook(net, *at, b.call, &b.looked_up),
            None => codes::w0707::no_influence(&p.name, net, *at, p.payoff.span),
        };
        return lost.iter().map(one).collect();
    }
    let mut data = None;
    typed.walk(&p.payoff, &mut |e| {
        if let TKind::Data(n) = &e.kind {
            data.get_or_insert(n);
        }
    });
    let why = match data {
        Some(x) => format!("does not depend on `{net}`: `{x}` is data"),
        None => format!("does not depend on `{net}`"),
    };
    let sampled = data.and_then(|x| {
        let model = typed.models.iter().find(|m| !m.guide && m.site(x).is_some())?;
        Some((model.name.as_str(), x.as_str()))
    });
    vec![codes::e0703::cannot_change(&p.name, net, *at, p.payoff.span, &why, sampled)]
}

/// The params that a player's payoff, or a model or guide, reads as the codebook of `nearest`, which passes no derivative to it.
fn codebooks(typed: &Typed, p: &TPlayer) -> Vec<Codebook> {
    let mut found: Vec<Codebook> = Vec::new();
    let sites = typed.models.iter().flat_map(|m| &m.sites).flat_map(density::expressions);
    for e in std::iter::once(&p.payoff).chain(sites) {
        typed.walk(e, &mut |e| {
            if let TKind::Fn { row, args } = &e.kind
                && let ("nearest", [z, book]) = (row.name(), args.as_slice())
                && let TKind::Param(i) = &book.kind
                && let Some(param) = typed.params.get(*i)
                && !found.iter().any(|b| b.param == param.name)
            {
                let looked_up = text::plain(typed, z);
                found.push(Codebook { param: param.name.clone(), call: e.span, looked_up });
            }
        });
    }
    found
}
