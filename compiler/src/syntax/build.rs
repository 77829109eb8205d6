//! pest pairs to items.

use super::ast::{
    AliasItem, AutoSite, Call, DataItem, DimItem, DrawSite, Expr, ExprKind, FlowItem, FnItem, GuideItem,
    Item, ModelItem, NetItem, ParamItem, Site, StartSite, UseItem, Weights,
};
use super::build_bind::{bind, given};
use super::build_expr::{Built, Cx, Parts, broken, misplaced};
use super::grammar::Rule;
use crate::diag::codes::{e0101, e0104, e0109, e0112};
use crate::span::Span;
use pest::iterators::Pair;

/// Builds the item of a `one_item` pair.
#[expect(clippy::too_many_lines, reason = "one match over all kinds of item")]
pub(super) fn item(cx: Cx<'_>, pair: Pair<'_, Rule>) -> Built<Item> {
    let whole = cx.span(&pair);
    let pair = cx.parts(pair).need()?;
    let span = cx.span(&pair);
    let rule = pair.as_rule();
    let mut parts = cx.parts(pair);
    match rule {
        Rule::use_item => {
            let path = parts.need()?;
            Ok(Item::Use(UseItem { path: path.as_str().trim_matches('"').to_string(), span: cx.span(&path) }))
        }
        Rule::dim_item => {
            let name = cx.ident(&parts.need()?);
            Ok(Item::Dim(DimItem { name, value: parts.take(Rule::expr).map(|p| cx.expr(p, 0)).transpose()? }))
        }
        Rule::alias_item => {
            let name = cx.ident(&parts.need()?);
            Ok(Item::Alias(AliasItem { name, ty: cx.ty(parts.need()?)? }))
        }
        Rule::param_item => {
            let name = cx.ident(&parts.need()?);
            let ty = cx.ty(parts.need()?)?;
            let init = parts.take(Rule::expr).map(|p| cx.expr(p, 0)).transpose()?;
            Ok(Item::Param(ParamItem { name, ty, init, span }))
        }
        Rule::fn_item => {
            let name = cx.ident(&parts.need()?);
            let mut params = Vec::new();
            while let Some(param) = parts.take(Rule::fn_param) {
                let mut param = cx.parts(param);
                let name = cx.ident(&param.need()?);
                params.push((name, param.take(Rule::value).map(|p| cx.value(p, 0)).transpose()?));
            }
            Ok(Item::Fn(FnItem { name, params, body: cx.expr(parts.need()?, 0)?, span }))
        }
        Rule::data_item => data(cx, parts, span),
        Rule::net_item => {
            let name = cx.ident(&parts.need()?);
            let inputs = cx.bindings(&mut parts)?;
            let outputs =
                std::iter::from_fn(|| parts.take(Rule::ty)).map(|p| cx.ty(p)).collect::<Built<_>>()?;
            let body = cx.layers(parts.need()?)?;
            let weights = parts.take(Rule::from_file).map(|p| cx.parts(p).need()).transpose()?;
            let weights = weights.map(|path| Weights {
                path: path.as_str().trim_matches('"').to_string(),
                span: cx.span(&path),
            });
            Ok(Item::Net(NetItem { name, inputs, outputs, body, weights, span }))
        }
        Rule::flow_item => {
            let name = cx.ident(&parts.need()?);
            let from = cx.ty(parts.need()?)?;
            let arrow = cx.span(&parts.need()?);
            let to = cx.ty(parts.need()?)?;
            let given = match parts.take(Rule::given) {
                Some(given) => cx.bindings(&mut cx.parts(given))?,
                None => Vec::new(),
            };
            Ok(Item::Flow(FlowItem { name, from, to, arrow, given, body: cx.layers(parts.need()?)?, span }))
        }
        Rule::model_item => {
            let name = cx.ident(&parts.need()?);
            let conds = parts.take(Rule::conds).map(|p| cx.idents(&mut cx.parts(p))).unwrap_or_default();
            Ok(Item::Model(ModelItem { name, conds, sites: sites(cx, parts)?, span }))
        }
        Rule::guide_item => {
            let name = cx.ident(&parts.need()?);
            let mut conds = parts.take(Rule::conds).map(|p| cx.idents(&mut cx.parts(p))).unwrap_or_default();
            let free = parts.take(Rule::per_datum).map(|p| cx.idents(&mut cx.parts(p)));
            let per_datum = free.is_some();
            conds.extend(free.unwrap_or_default());
            Ok(Item::Guide(GuideItem { name, conds, per_datum, sites: sites(cx, parts)?, span }))
        }
        Rule::train_item => Ok(Item::Train(super::build_train::train(cx, parts, span)?)),
        Rule::eval_item => Ok(Item::Eval(super::build_train::eval(cx, parts, span)?)),
        _ => Err(broken(whole)),
    }
}

fn data(cx: Cx<'_>, mut parts: Parts<'_>, span: Span) -> Built<Item> {
    let bindings = cx.bindings(&mut parts)?;
    let source = cx.call(parts.need()?, 0)?;
    let mut split = Vec::new();
    let (mut in_order, mut by) = (false, None);
    if let Some(list) = parts.take(Rule::split) {
        let mut list = cx.parts(list);
        in_order = list.take(Rule::in_order).is_some();
        while let Some(part) = list.take(Rule::part) {
            let mut part = cx.parts(part);
            let name = cx.ident(&part.need()?);
            let sign = part.take(Rule::compat_setting_sign).map(|p| cx.span(&p));
            let value = cx.expr(part.need()?, 0)?;
            if name.name == "by" {
                match &value.kind {
                    ExprKind::Name(word) if word == "order" => in_order = true,
                    _ => by = Some(value),
                }
                continue;
            }
            if let Some(sign) = sign {
                return Err(e0109::setting(
                    (&name.name, name.span),
                    (cx.slice(sign), sign),
                    (cx.slice(value.span), value.span),
                ));
            }
            split.push((name, value));
        }
    }
    Ok(Item::Data(DataItem { bindings, source, split, by, in_order, span }))
}

/// Reports two statements on one line with nothing between them.
pub(super) fn check_separated(cx: Cx<'_>, before: Option<Span>, next: Span) -> Built<()> {
    let Some(before) = before else { return Ok(()) };
    let gap = cx.slice(Span { start: before.end, end: next.start, ..before });
    if gap.contains(['\n', ';', ',']) {
        return Ok(());
    }
    let first: String =
        cx.slice(next).chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let shown = if first.is_empty() { "(".to_string() } else { first };
    let at = Span { end: next.start + shown.len() as u32, ..next };
    Err(e0112::statements(before, (&shown, at)))
}

fn sites(cx: Cx<'_>, mut parts: Parts<'_>) -> Built<Vec<Site>> {
    let mut sites = Vec::new();
    let mut before = None;
    while let Some(pair) = parts.next() {
        let span = cx.span(&pair);
        let site = site(cx, pair)?;
        check_separated(cx, before, span)?;
        before = Some(span);
        sites.push(site);
    }
    Ok(sites)
}

/// Whether what stands behind `in` is a range of times: `1..T`, `reverse(1..T)`.
fn in_time(order: &Expr) -> bool {
    let inner = if let ExprKind::Call(c) = &order.kind { c.args.first().map(|a| &a.value) } else { None };
    matches!(inner.unwrap_or(order).kind, ExprKind::Times(..))
}

/// `by score`, and where it stands.
fn by(cx: Cx<'_>, parts: &mut Parts<'_>) -> Built<Option<(Call, Span)>> {
    let Some(by) = parts.take(Rule::by) else { return Ok(None) };
    let at = cx.span(&by);
    Ok(Some((cx.call(cx.parts(by).need()?, 0)?, at)))
}

fn site(cx: Cx<'_>, pair: Pair<'_, Rule>) -> Built<Site> {
    let span = cx.span(&pair);
    let rule = pair.as_rule();
    let mut parts = cx.parts(pair);
    match rule {
        Rule::auto => {
            let name = cx.ident(&parts.need()?);
            let index = cx.ident(&parts.need()?);
            let order = order(cx, parts.need()?)?;
            let dist = cx.call(parts.need()?, 0)?;
            let shape = parts.take(Rule::shape).map(|p| cx.shape(p)).transpose()?;
            let by = by(cx, &mut parts)?;
            if let Some((_, at)) = by.as_ref().filter(|_| !in_time(&order)) {
                return Err(misplaced("`by`", "the end of the site, which needs no gradient estimator", *at));
            }
            let by = by.map(|(call, _)| call);
            Ok(Site::Auto(AutoSite { name, index, order, dist, shape, by, span }))
        }
        Rule::start => {
            let name = cx.ident(&parts.need()?);
            let place = cx.expr(parts.need()?, 0)?;
            let dist = cx.call(parts.need()?, 0)?;
            let shape = parts.take(Rule::shape).map(|p| cx.shape(p)).transpose()?;
            let by = by(cx, &mut parts)?.map(|(call, _)| call);
            Ok(Site::Start(StartSite { name, place, dist, shape, by, span }))
        }
        Rule::draw => {
            let name = cx.ident(&parts.need()?);
            let mut dist = cx.call(parts.need()?, 0)?;
            let shape = parts.take(Rule::shape).map(|p| cx.shape(p)).transpose()?;
            // `x ~ D(a) given y` says the same as `D(a, given: y)`.
            for name in given(cx, &mut parts) {
                let key = super::ast::Ident { name: "given".to_string(), span: name.span };
                let value = Expr { kind: ExprKind::Name(name.name), span: name.span };
                dist.parens = true;
                dist.args.push(super::ast::Arg { key: Some(key), value });
            }
            let by = by(cx, &mut parts)?.map(|(call, _)| call);
            Ok(Site::Draw(DrawSite { name, dist, shape, by, span }))
        }
        Rule::bind => Ok(Site::Bind(bind(cx, parts, span)?)),
        Rule::compat_arrow => {
            let name = cx.ident(&parts.need()?);
            let arrow = cx.span(&parts.need()?);
            let value = cx.expr(parts.need()?, 0)?;
            let rest = cx.slice(Span { start: value.span.start, ..span });
            // By convention, distributions begin with a capital letter.
            let drawn = rest.starts_with(|c: char| c.is_ascii_uppercase()) && rest.contains('(');
            Err(e0101::arrow((&name.name, name.span), (cx.slice(arrow), arrow), rest, drawn))
        }
        Rule::compat_target => {
            let keyword = parts.need()?;
            let term = cx.expr(parts.need()?, 0)?;
            Err(e0104::target(cx.span(&keyword), cx.slice(term.span)))
        }
        _ => Err(broken(span)),
    }
}

/// `raster`, `1..T`, `reverse(1..T)`
fn order(cx: Cx<'_>, pair: Pair<'_, Rule>) -> Built<Expr> {
    let mut parts = cx.parts(pair);
    let first = cx.expr(parts.need()?, 0)?;
    Ok(match parts.take(Rule::up_to) {
        Some(_) => {
            let end = parts.need()?;
            let end = cx.expr(end, 0)?;
            let span = first.span.to(end.span);
            Expr { kind: ExprKind::Times(Box::new(first), Box::new(end)), span }
        }
        None => first,
    })
}
