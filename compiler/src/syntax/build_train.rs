//! pest pairs to `train` and `eval`.
//!
//! What a player has for itself stands between its braces. In the first edition of the language it stood behind the player's name, on its
//! line or indented deeper than it: such players are found as that edition found them, and told of with the braces put in.

use super::ast::{Call, EvalItem, Expr, Goal, Ident, PlayerItem, Setting, TrainItem};
use super::build_bind::bind;
use super::build_expr::{Built, Cx, Parts, broken};
use super::grammar::Rule;
use crate::diag::codes::e0116::{self, Player};
use crate::diag::codes::{e0100, e0109, e0115};
use crate::diag::suggest::did_you_mean;
use crate::span::Span;
use pest::iterators::Pair;

/// Bytes between the start of the line and `span`.
fn column(cx: Cx<'_>, span: Span) -> usize {
    let before = cx.text.get(..span.start as usize).unwrap_or("");
    before.len() - before.rfind('\n').map_or(0, |n| n + 1)
}

impl Player {
    fn new(cx: Cx<'_>, pair: Pair<'_, Rule>) -> Built<Player> {
        let span = cx.span(&pair);
        let name = cx.ident(&cx.parts(pair).need()?);
        let owns = cx.slice(Span { start: name.span.end, ..span });
        let Ident { name, span: at } = name;
        Ok(Player { name, at, clauses: vec![on_one_line(owns)], close: Vec::new(), span })
    }
    /// Whether a clause at `span` is the player's: no separator stands between them and it is on the line where the last clause ends, or
    /// indented deeper than `player`.
    fn takes(&self, cx: Cx<'_>, rule: Rule, span: Span) -> bool {
        let gap = cx.slice(Span { start: self.span.end, end: span.start, ..span });
        let beside = !gap.contains('\n') || column(cx, span) > column(cx, self.span);
        matches!(rule, Rule::goal | Rule::using | Rule::within | Rule::setting | Rule::compat_setting)
            && beside
            && !gap.contains([';', ','])
    }
    fn take(&mut self, cx: Cx<'_>, span: Span) {
        self.clauses.push(on_one_line(cx.slice(span)));
        if cx.slice(Span { start: self.span.end, end: span.start, ..span }) == " " {
            self.close.push(Span { end: span.start, ..span });
        }
        self.span = self.span.to(span);
    }
}

/// A text without line ends and the blanks that follow them.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
    let mut earlier: Vec<Player> = Vec::new();
    let mut open = false;
    while let Some(pair) = parts.next() {
        let at = cx.span(&pair);
        let rule = pair.as_rule();
        if let Some(player) = earlier.last_mut().filter(|p| open && p.takes(cx, rule, at)) {
            player.take(cx, at);
            continue;
        }
        open = rule == Rule::compat_player;
        let mut inner = cx.parts(pair.clone());
        match rule {
            Rule::let_statement => {
                while let Some(one) = inner.take(Rule::let_bind) {
                    let span = cx.span(&one);
                    train.lets.push(bind(cx, cx.parts(one), span)?);
                }
            }
            Rule::player => train.players.push(player(cx, inner, at)?),
            Rule::compat_player => earlier.push(Player::new(cx, pair)?),
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
                    let help = "keep one; a player may have its own, between its braces";
                    return Err(e0115::twice("optimizers", first.span, found.span, help));
                }
                train.using = Some(found);
            }
            Rule::within => return Err(e0115::within(at)),
            Rule::simultaneous => train.simultaneous = Some(at),
            Rule::setting => train.settings.push(setting(cx, pair, &["maximizes", "minimizes", "using"])?),
            Rule::compat_setting => return Err(compat(cx, pair)?),
            _ => return Err(broken(at)),
        }
    }
    match e0116::players(&earlier) {
        Some(diag) => Err(diag),
        None => Ok(train),
    }
}

/// The clauses of a player so far.
#[derive(Default)]
struct Clauses {
    owns: Option<(Vec<Ident>, Span)>,
    within: Option<Call>,
    goal: Option<Goal>,
    using: Option<Call>,
    steps: Option<Expr>,
    settings: Vec<Setting>,
}

/// Builds a player from its name and clauses.
fn player(cx: Cx<'_>, mut parts: Parts<'_>, span: Span) -> Built<PlayerItem> {
    let name = cx.ident(&parts.need()?);
    let mut clauses = Clauses::default();
    while let Some(pair) = parts.next() {
        clause(cx, &mut clauses, pair)?;
    }
    let Clauses { owns, within, goal, using, steps, settings } = clauses;
    let Some((owns, owned)) = owns else {
        return Err(e0115::owns(&name.name, name.span));
    };
    let Some(goal) = goal else {
        return Err(e0115::goal(&name.name, name.span));
    };
    Ok(PlayerItem { name, owns, owned, within, goal, using, steps, settings, span })
}

/// Adds a clause to a player. A setting other than `steps`, or a second `steps`, is kept for the message about it.
fn clause(cx: Cx<'_>, player: &mut Clauses, pair: Pair<'_, Rule>) -> Built<()> {
    let at = cx.span(&pair);
    let mut inner = cx.parts(pair.clone());
    match pair.as_rule() {
        Rule::owns => {
            let owns = std::iter::from_fn(|| inner.take(Rule::owned))
                .map(|p| Ident { name: p.as_str().trim_end().to_string(), span: cx.span(&p) })
                .collect();
            if let Some((_, first)) = &player.owns {
                let help = "list all that it owns once: `owns f, g`";
                return Err(e0115::twice("`owns` for one player", *first, at, help));
            }
            player.owns = Some((owns, at));
        }
        Rule::goal => {
            let found = goal(cx, pair)?;
            if let Some(first) = &player.goal {
                let help = "add the payoffs up, or split the player in two";
                return Err(e0115::twice("goals for one player", first.span, found.span, help));
            }
            player.goal = Some(found);
        }
        Rule::using => {
            let found = cx.call(inner.need()?, 0)?;
            if let Some(first) = &player.using {
                let help = "keep one; an optimizer for all players stands outside of their braces";
                return Err(e0115::twice("optimizers for one player", first.span, found.span, help));
            }
            player.using = Some(found);
        }
        Rule::within => {
            let found = cx.call(inner.need()?, 0)?;
            if let Some(first) = &player.within {
                let help = "keep one: the stricter of the two";
                return Err(e0115::twice("constraints for one player", first.span, found.span, help));
            }
            player.within = Some(found);
        }
        Rule::setting => {
            let found = setting(cx, pair, &["owns", "maximizes", "minimizes", "using", "within", "steps"])?;
            match found.name.name == "steps" && player.steps.is_none() {
                true => player.steps = Some(found.value),
                false => player.settings.push(found),
            }
        }
        Rule::compat_setting => return Err(compat(cx, pair)?),
        _ => return Err(broken(at)),
    }
    Ok(())
}

fn goal(cx: Cx<'_>, pair: Pair<'_, Rule>) -> Built<Goal> {
    let span = cx.span(&pair);
    let mut parts = cx.parts(pair);
    let maximize = parts.need()?.as_rule() == Rule::kw_maximizes;
    Ok(Goal { maximize, payoff: cx.expr(parts.need()?, 0)?, span })
}

/// A setting that may be one of `words`, misspelt.
fn setting(cx: Cx<'_>, pair: Pair<'_, Rule>, words: &[&str]) -> Built<Setting> {
    let mut parts = cx.parts(pair);
    let name = cx.ident(&parts.need()?);
    // A misspelt keyword reads as a setting; the names of settings themselves are not known here.
    if let Some(near) = did_you_mean(&name.name, words.iter().copied()) {
        let diag = e0100::unexpected(&format!("`{}`", name.name), &[], name.span);
        return Err(diag.help(format!("did you mean `{near}`?")));
    }
    if let Some(keyed) = parts.take(Rule::keyed_value) {
        let mut keyed = cx.parts(keyed);
        let key = Some(cx.ident(&keyed.need()?));
        return Ok(Setting { name, key, value: cx.expr(keyed.need()?, 0)? });
    }
    Ok(Setting { name, key: None, value: cx.value(parts.need()?, 0)? })
}

/// The message for `epochs: 20`.
fn compat(cx: Cx<'_>, pair: Pair<'_, Rule>) -> Built<crate::diag::Diag> {
    let mut parts = cx.parts(pair);
    let name = cx.ident(&parts.need()?);
    let sign = cx.span(&parts.need()?);
    let value = cx.value(parts.need()?, 0)?;
    Ok(e0109::setting((&name.name, name.span), (cx.slice(sign), sign), (cx.slice(value.span), value.span)))
}

/// Builds `eval { .. }`.
pub(super) fn eval(cx: Cx<'_>, mut parts: Parts<'_>, span: Span) -> Built<EvalItem> {
    let mut eval = EvalItem { calls: Vec::new(), settings: Vec::new(), span };
    while let Some(pair) = parts.next() {
        match pair.as_rule() {
            Rule::eval_setting => eval.settings.push(setting(cx, pair, &[])?),
            Rule::call => eval.calls.push(cx.call(pair, 0)?),
            Rule::compat_setting => return Err(compat(cx, pair)?),
            _ => return Err(broken(cx.span(&pair))),
        }
    }
    Ok(eval)
}
