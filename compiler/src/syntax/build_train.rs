//! pest pairs to `train` and `eval`.
//!
//! The grammar reads `train` as a flat list of statements; here clauses find their player. A clause belongs to the player
//! before it when no separator stands between them and it is on the line where the player's last clause ends, or is
//! indented deeper than `player`.

use super::ast::{Call, EvalItem, Expr, Goal, Ident, PlayerItem, Setting, TrainItem};
use super::build::bind;
use super::build_expr::{Built, Cx, Parts, broken};
use super::grammar::Rule;
use crate::diag::codes::{e0100, e0109, e0115};
use crate::diag::suggest::did_you_mean;
use crate::span::Span;
use pest::iterators::Pair;

/// A player whose clauses are still being collected.
struct Open {
    name: Ident,
    owns: Vec<Ident>,
    within: Option<Call>,
    goal: Option<Goal>,
    using: Option<Call>,
    steps: Option<Expr>,
    settings: Vec<Setting>,
    span: Span,
}

impl Open {
    fn close(self) -> Built<PlayerItem> {
        let Open { name, owns, within, goal, using, steps, settings, span } = self;
        let Some(goal) = goal else {
            return Err(e0115::goal(&name.name, name.span));
        };
        Ok(PlayerItem { name, owns, within, goal, using, steps, settings, span })
    }
}

/// Bytes between the start of the line and `span`.
fn column(cx: Cx<'_>, span: Span) -> usize {
    let before = cx.text.get(..span.start as usize).unwrap_or("");
    before.len() - before.rfind('\n').map_or(0, |n| n + 1)
}

/// Whether a clause at `span` continues `player`.
fn continues(cx: Cx<'_>, player: &Open, span: Span) -> bool {
    let gap = cx.slice(Span { start: player.span.end, end: span.start, ..span });
    !gap.contains([';', ',']) && (!gap.contains('\n') || column(cx, span) > column(cx, player.span))
}

/// Builds `train { .. }` from its statements.
pub(super) fn train(cx: Cx<'_>, mut parts: Parts<'_>, span: Span) -> Built<TrainItem> {
    let mut train = TrainItem {
        lets: Vec::new(),
        players: Vec::new(),
        goal: None,
        using: None,
        simultaneous: None,
        settings: Vec::new(),
        span,
    };
    let mut open: Option<Open> = None;
    while let Some(pair) = parts.next() {
        let at = cx.span(&pair);
        let rule = pair.as_rule();
        if let Some(player) = open.as_mut().filter(|p| continues(cx, p, at))
            && clause(cx, player, &pair)?
        {
            player.span = player.span.to(at);
            continue;
        }
        if let Some(player) = open.take() {
            train.players.push(player.close()?);
        }
        let mut inner = cx.parts(pair.clone());
        match rule {
            Rule::let_statement => {
                while let Some(one) = inner.take(Rule::let_bind) {
                    let span = cx.span(&one);
                    train.lets.push(bind(cx, cx.parts(one), span)?);
                }
            }
            Rule::player => {
                let name = cx.ident(&inner.need()?);
                let owns = std::iter::from_fn(|| inner.take(Rule::owned))
                    .map(|p| Ident { name: p.as_str().trim_end().to_string(), span: cx.span(&p) })
                    .collect();
                open = Some(Open {
                    name,
                    owns,
                    within: None,
                    goal: None,
                    using: None,
                    steps: None,
                    settings: Vec::new(),
                    span: at,
                });
            }
            Rule::goal => {
                let found = goal(cx, pair)?;
                if let Some(first) = &train.goal {
                    let help = "add the payoffs up, or give each to a `player`";
                    return Err(e0115::twice("goals", first.span, found.span, help));
                }
                train.goal = Some(found);
            }
            Rule::using => {
                let found = cx.call(inner.need()?, 0)?;
                if let Some(first) = &train.using {
                    let help = "keep one; a player may have its own, on the player's line";
                    return Err(e0115::twice("optimizers", first.span, found.span, help));
                }
                train.using = Some(found);
            }
            Rule::within => return Err(e0115::within(at)),
            Rule::simultaneous => train.simultaneous = Some(at),
            Rule::setting => train.settings.push(setting(cx, pair)?),
            Rule::compat_setting => return Err(compat(cx, pair)?),
            _ => return Err(broken(at)),
        }
    }
    if let Some(player) = open.take() {
        train.players.push(player.close()?);
    }
    Ok(train)
}

/// Adds a clause to a player; `false` when `pair` is no clause of a player. A setting other than `steps`, or a second `steps`, is kept for
/// the message about it: on the line of a player it would be taken for the player's.
fn clause(cx: Cx<'_>, player: &mut Open, pair: &Pair<'_, Rule>) -> Built<bool> {
    match pair.as_rule() {
        Rule::goal => {
            let found = goal(cx, pair.clone())?;
            if let Some(first) = &player.goal {
                let help = "add the payoffs up, or split the player in two";
                return Err(e0115::twice("goals for one player", first.span, found.span, help));
            }
            player.goal = Some(found);
            Ok(true)
        }
        Rule::using => {
            let found = cx.call(cx.parts(pair.clone()).need()?, 0)?;
            if let Some(first) = &player.using {
                let help = "keep one; an optimizer for all players stands on a line of its own";
                return Err(e0115::twice("optimizers for one player", first.span, found.span, help));
            }
            player.using = Some(found);
            Ok(true)
        }
        Rule::within => {
            let found = cx.call(cx.parts(pair.clone()).need()?, 0)?;
            if let Some(first) = &player.within {
                let help = "keep one: the stricter of the two";
                return Err(e0115::twice("constraints for one player", first.span, found.span, help));
            }
            player.within = Some(found);
            Ok(true)
        }
        Rule::setting => {
            let found = setting(cx, pair.clone())?;
            if found.name.name == "steps" && player.steps.is_none() {
                player.steps = Some(found.value);
            } else {
                player.settings.push(found);
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn goal(cx: Cx<'_>, pair: Pair<'_, Rule>) -> Built<Goal> {
    let span = cx.span(&pair);
    let mut parts = cx.parts(pair);
    let maximize = parts.need()?.as_rule() == Rule::kw_maximizes;
    Ok(Goal { maximize, payoff: cx.expr(parts.need()?, 0)?, span })
}

fn setting(cx: Cx<'_>, pair: Pair<'_, Rule>) -> Built<Setting> {
    let mut parts = cx.parts(pair);
    let name = cx.ident(&parts.need()?);
    // A misspelt keyword reads as a setting; the names of settings themselves are not known here.
    if let Some(near) = did_you_mean(&name.name, ["maximizes", "minimizes", "using"]) {
        let diag = e0100::unexpected(&format!("`{}`", name.name), &[], name.span);
        return Err(diag.help(format!("did you mean `{near}`?")));
    }
    Ok(Setting { name, value: cx.value(parts.need()?, 0)? })
}

/// The message for `epochs: 20`.
fn compat(cx: Cx<'_>, pair: Pair<'_, Rule>) -> Built<crate::diag::Diag> {
    let mut parts = cx.parts(pair);
    let name = cx.ident(&parts.need()?);
    let sign = cx.span(&parts.need()?);
    let value = cx.value(parts.need()?, 0)?;
    Ok(e0109::setting(&name.name, cx.slice(sign), sign, cx.slice(value.span)))
}

/// Builds `eval { .. }`.
pub(super) fn eval(cx: Cx<'_>, mut parts: Parts<'_>, span: Span) -> Built<EvalItem> {
    let mut eval = EvalItem { calls: Vec::new(), settings: Vec::new(), span };
    while let Some(pair) = parts.next() {
        match pair.as_rule() {
            Rule::eval_setting => eval.settings.push(setting(cx, pair)?),
            Rule::call => eval.calls.push(cx.call(pair, 0)?),
            Rule::compat_setting => return Err(compat(cx, pair)?),
            _ => return Err(broken(cx.span(&pair))),
        }
    }
    Ok(eval)
}
