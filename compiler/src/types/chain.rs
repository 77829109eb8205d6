//! Bodies of nets and flows: layers one after the other, each checked on the type that the one before it yields.

use super::body::{Body, MOST_IN_FLOWS, MOST_LAYERS};
use super::consts::{bind, size};
use super::items::holds;
use super::{TExpr, TFlow, TNet};
use crate::diag::{Diag, codes, suggest::did_you_mean};
use crate::event::{EventTy, Kind, Support};
use crate::rows::args::{Args, Const};
use crate::rows::bijection::identity_dims;
use crate::rows::{
    self, BlockUse, Causality, Chain, ChainCx, ChainLayer, Checked, CheckedBijection, FlowChain, FlowLayer,
    Jacobian, LayerRow, MapRow, ParamDecl, Row,
};
use crate::span::Span;
use crate::syntax::ast::{Binding, Call, ExprKind, Layer};

impl ChainCx for Body<'_> {
    fn chain(&mut self, block: &[Layer], input: &EventTy) -> Result<Chain, Diag> {
        let mut layers = Vec::new();
        let out = self.layers(block, vec![input.clone()], "", &mut layers)?;
        Ok(Chain { input: input.clone(), out, layers })
    }
    fn flow_chain(&mut self, block: &[Layer], input: &EventTy) -> Result<FlowChain, Diag> {
        let mut layers = Vec::new();
        let out = self.bijections(block, input.clone(), "", &mut layers)?;
        Ok(FlowChain { input: input.clone(), out, layers })
    }
    fn given(&self) -> &[(String, EventTy)] {
        &self.given
    }
}

/// What may stand in for the rows of a body: `(rows, what they are called)`.
pub(super) fn unknown(what: &str, c: &Call, known: Vec<&str>) -> Diag {
    let near = did_you_mean(&c.name.name, known).map(str::to_string);
    codes::e0200::unknown(what, &c.name.name, c.name.span, near.as_deref())
}

pub(super) fn block_fits(row: &dyn Row, uses: BlockUse, c: &Call) -> Result<(), Diag> {
    match (uses, c.block.is_some()) {
        (BlockUse::None, true) => Err(codes::e0210::block_not_taken(row.name(), c.span, c.parens)),
        (BlockUse::Required, false) => Err(codes::e0210::block_missing(row.name(), c.span, c.parens)),
        (BlockUse::None | BlockUse::Optional, false) | (BlockUse::Required | BlockUse::Optional, true) => {
            Ok(())
        }
    }
}

/// Source-like text of a call, for messages and listings: the arguments that were written, in the row's order.
pub(super) fn text(c: &Call, args: &Args) -> String {
    let named = |n: &str| c.args.iter().any(|a| a.key.as_ref().is_some_and(|k| k.name == n));
    let written: Vec<String> = args
        .values
        .iter()
        .filter(|(_, _, s)| *s != c.span)
        .map(|(n, v, _)| match (named(n), v) {
            (true, _) => format!("{n}: {v}"),
            (false, Const::List(items)) if c.args.len() > 1 => {
                items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            }
            (false, _) => v.to_string(),
        })
        .collect();
    if written.is_empty() { c.name.name.clone() } else { format!("{}({})", c.name.name, written.join(", ")) }
}

impl Body<'_> {
    /// Unrolls `repeat`, giving each round its own path and index.
    pub(super) fn rounds<T>(
        &mut self,
        r: &crate::syntax::ast::RepeatLayer,
        mut state: T,
        mut each: impl FnMut(&mut Self, T, usize) -> Result<T, Diag>,
    ) -> Result<T, Diag> {
        let n = size(&self.consts, &r.count, 0)?;
        if n > 4096 {
            return Err(codes::e0206::size(
                r.count.span,
                "is more than 4096 rounds, the most that are unrolled",
            ));
        }
        // Rounds count too: they may be empty.
        self.unroll(n, r.count.span)?;
        let outside = self.consts.mark();
        for k in 0..n {
            if let Some(i) = &r.index {
                self.consts.push(&i.name, Const::Int(k as i64));
            }
            state = each(self, state, k)?;
            self.consts.reset(outside);
        }
        Ok(state)
    }

    /// Counts `n` more numbers on which the layers of flows act, the last of them on an event of type `ty`.
    fn act_on(&mut self, n: usize, span: Span, ty: &EventTy) -> Result<(), Diag> {
        self.acted_on = self.acted_on.saturating_add(n);
        if self.acted_on_before.saturating_add(self.acted_on) > MOST_IN_FLOWS {
            return Err(codes::e0206::too_large_for_flows(span, &ty.shape_text(), MOST_IN_FLOWS));
        }
        Ok(())
    }

    /// Counts `n` more layers.
    pub(super) fn unroll(&mut self, n: usize, span: Span) -> Result<(), Diag> {
        self.unrolled = self.unrolled.saturating_add(n);
        if self.unrolled > MOST_LAYERS {
            Err(codes::e0206::too_many_layers(span, MOST_LAYERS))
        } else {
            Ok(())
        }
    }

    pub(super) fn deeper(&mut self, span: Span) -> Result<(), Diag> {
        self.depth += 1;
        if self.depth > 64 { Err(codes::e0210::too_deep(span)) } else { Ok(()) }
    }

    pub(super) fn layers(
        &mut self,
        block: &[Layer],
        input: Vec<EventTy>,
        prefix: &str,
        out: &mut Vec<ChainLayer>,
    ) -> Result<Vec<EventTy>, Diag> {
        let mut tys = input;
        for (i, layer) in block.iter().enumerate() {
            let path = format!("{prefix}{i}");
            match layer {
                Layer::Repeat(r) => {
                    self.deeper(r.head)?;
                    tys = self
                        .rounds(r, tys, |me, tys, k| me.layers(&r.body, tys, &format!("{path}.{k}."), out))?;
                    self.depth -= 1;
                }
                Layer::Call(c) => {
                    let [input] = tys.as_slice() else {
                        return Err(codes::e0210::after_heads(&c.name.name, c.span));
                    };
                    self.deeper(c.span)?;
                    self.unroll(1, c.span)?;
                    let (checked, text) = self.layer(c, input)?;
                    self.depth -= 1;
                    within_memory(&checked.out, &checked.params, c.span)?;
                    tys = checked.out.clone();
                    out.push(ChainLayer { path, text, span: c.span, checked });
                }
            }
        }
        Ok(tys)
    }

    pub(super) fn layer(&mut self, c: &Call, input: &EventTy) -> Result<(Checked, String), Diag> {
        let name = c.name.name.as_str();
        if let Some(row) = rows::find(rows::layer::ROWS, name) {
            block_fits(row, LayerRow::block(row), c)?;
            if super::sized::unsized_row(c).is_some() {
                return Err(codes::e0224::not_last(name, c.span, &super::sized::like(c)));
            }
            let args = bind(&self.consts, row.params(), c)?;
            let text = text(c, &args);
            return Ok((row.check(self, &args, c.block.as_deref(), input)?, text));
        }
        if let Some(row) = rows::find(rows::map::ROWS, name) {
            block_fits(row, BlockUse::None, c)?;
            let args = bind(&self.consts, row.params(), c)?;
            let text = text(c, &args);
            return Ok((map_layer(row, args, input)?, text));
        }
        if let Some(net) = self.nets.iter().find(|n| n.name == name) {
            self.unroll(net.unrolled, c.span)?;
            return Ok((net_layer(net, c, input)?, name.to_string()));
        }
        let known =
            rows::layer::ROWS.iter().map(|r| r.name()).chain(rows::map::ROWS.iter().map(|r| r.name()));
        Err(unknown("layer", c, known.chain(self.nets.iter().map(|n| n.name.as_str())).collect()))
    }

    pub(super) fn bijections(
        &mut self,
        block: &[Layer],
        input: EventTy,
        prefix: &str,
        out: &mut Vec<FlowLayer>,
    ) -> Result<EventTy, Diag> {
        let mut ty = input;
        for (i, layer) in block.iter().enumerate() {
            let path = format!("{prefix}{i}");
            match layer {
                Layer::Repeat(r) => {
                    self.deeper(r.head)?;
                    let from = out.len();
                    ty = self.rounds(r, ty, |me, ty, k| {
                        me.bijections(&r.body, ty, &format!("{path}.{k}."), out)
                    })?;
                    self.depth -= 1;
                    if let Some(w) = identity_dims_in_repeat(r, out.get(from..).unwrap_or(&[])) {
                        self.warnings.push(w);
                    }
                }
                Layer::Call(c) => {
                    self.deeper(c.span)?;
                    self.unroll(1, c.span)?;
                    self.act_on(ty.size(), c.span, &ty)?;
                    let (mut checked, text) = self.bijection(c, &ty)?;
                    self.depth -= 1;
                    within_memory(std::slice::from_ref(&checked.out), &checked.params, c.span)?;
                    let range = ty.kind.support();
                    if rows::find(rows::bijection::ROWS, &c.name.name).is_some() && range != Support::REALS {
                        self.keeps(c, range, &checked, out)?;
                        checked.out.kind = ty.kind;
                    }
                    if checked.out.size() != ty.size() {
                        return Err(codes::e0401::changes_size(
                            &c.name.name,
                            c.span,
                            &ty.shape_text(),
                            &checked.out.shape_text(),
                        ));
                    }
                    ty = checked.out.clone();
                    out.push(FlowLayer { path, text, span: c.span, checked });
                }
            }
        }
        Ok(ty)
    }

    /// A layer whose parameters decide where its result lies must not follow one that narrows the range: data that it carries back
    /// would meet a layer that has no inverse there.
    pub(super) fn keeps(
        &self,
        c: &Call,
        range: Support,
        checked: &CheckedBijection,
        before: &[FlowLayer],
    ) -> Result<(), Diag> {
        let Some(row) = rows::find(rows::bijection::ROWS, &c.name.name) else { return Ok(()) };
        let rearranges = checked.identity_dims.all();
        if rearranges || row.keeps(&bind(&self.consts, row.params(), c)?, range) {
            return Ok(());
        }
        let narrows = before.iter().rev().take_while(|l| l.checked.out.kind.support() == range).last();
        Err(codes::e0305::leaves(row.name(), c.span, range, narrows.map(|l| (l.text.as_str(), l.span))))
    }

    pub(super) fn bijection(
        &mut self,
        c: &Call,
        input: &EventTy,
    ) -> Result<(CheckedBijection, String), Diag> {
        let name = c.name.name.as_str();
        if let Some(row) = rows::find(rows::bijection::ROWS, name) {
            block_fits(row, rows::BijectionRow::block(row), c)?;
            let args = bind(&self.consts, row.params(), c)?;
            let text = text(c, &args);
            return Ok((row.check(self, &args, c.block.as_deref(), input)?, text));
        }
        if let Some(row) = rows::find(rows::map::ROWS, name) {
            let args = bind(&self.consts, row.params(), c)?;
            let text = text(c, &args);
            return match map_bijection(row, args, input) {
                Some(b) => Ok((b?, text)),
                None => Err(codes::e0401::map(name, c.span, row.why_not_invertible())),
            };
        }
        if let Some(f) = self.flows.iter().find(|f| f.name == name) {
            self.unroll(f.unrolled, c.span)?;
            self.act_on(f.acted_on, c.span, input)?;
            return Ok((flow_layer(f, c, input, &self.given)?, name.to_string()));
        }
        if rows::find(rows::layer::ROWS, name).is_some() || self.nets.iter().any(|n| n.name == name) {
            return Err(codes::e0401::layer(name, c.span, c.parens));
        }
        let known =
            rows::bijection::ROWS.iter().map(|r| r.name()).chain(rows::map::ROWS.iter().map(|r| r.name()));
        Err(unknown("layer of a flow", c, known.chain(self.flows.iter().map(|n| n.name.as_str())).collect()))
    }
}

/// Refuses what no memory holds: an output or a weight of a layer with more numbers than can be counted with 31 bits.
pub(super) fn within_memory(out: &[EventTy], params: &[ParamDecl], span: Span) -> Result<(), Diag> {
    if let Some(t) = out.iter().find(|t| !holds(&t.shape)) {
        return Err(codes::e0206::too_many_numbers(span, "yields an event", &t.shape_text()));
    }
    match params.iter().find(|p| !holds(&p.shape)) {
        Some(p) => Err(codes::e0206::too_many_numbers(
            span,
            &format!("has a `{}`", p.name),
            &crate::event::shape_text(&p.shape),
        )),
        None => Ok(()),
    }
}

/// A map used as an activation layer.
pub(super) fn map_layer(row: &'static dyn MapRow, args: Args, input: &EventTy) -> Result<Checked, Diag> {
    let (support, domain) = (input.kind.support(), row.domain(&args));
    if !support.inside(domain) {
        return Err(codes::e0302::layer(row.name(), args.span, domain, support));
    }
    let out = input.with_kind(Kind::Real(row.image(&args, support)));
    Ok(rows::layer::map::checked(row, args, out))
}

/// A map used as a bijection. `None` when it has no inverse.
pub(super) fn map_bijection(
    row: &'static dyn MapRow,
    args: Args,
    input: &EventTy,
) -> Option<Result<CheckedBijection, Diag>> {
    row.inverse()?;
    let (support, domain) = (input.kind.support(), row.domain(&args));
    if !support.inside(domain) {
        return Some(Err(codes::e0302::layer(row.name(), args.span, domain, support)));
    }
    let out = input.with_kind(Kind::Real(row.image(&args, support)));
    Some(Ok(rows::bijection::map::checked(row, args, out)))
}

/// A net used as a layer of another net: shares its parameters.
pub(super) fn net_layer(net: &TNet, c: &Call, input: &EventTy) -> Result<Checked, Diag> {
    let [(name, want, at)] = net.inputs.as_slice() else {
        return Err(codes::e0210::net_with_inputs(&net.name, c.span));
    };
    if want.shape != input.shape {
        return Err(codes::e0201::layer_input(
            &net.name,
            c.span,
            &input.shape_text(),
            *at,
            &want.shape_text(),
        ));
    }
    let outs = match (net.chain.input.kind, input.kind.support()) {
        (Kind::Real(takes), have) if !have.inside(takes) => match &net.at_ends {
            Some(outs) if have.inside(takes.closure()) => outs,
            Some(_) | None => return Err(codes::e0302::layer(&net.name, c.span, takes, have)),
        },
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count, _) => {
            &net.outs
        }
    };
    Ok(rows::layer::whole::checked(&net.name, name, outs, &net.chain))
}

/// A flow used as a layer of another flow, which has `given` values: shares its parameters.
pub(super) fn flow_layer(
    f: &TFlow,
    c: &Call,
    input: &EventTy,
    given: &[(String, EventTy)],
) -> Result<CheckedBijection, Diag> {
    if f.from.shape != input.shape {
        return Err(codes::e0201::layer_input(
            &f.name,
            c.span,
            &input.shape_text(),
            f.span,
            &f.from.shape_text(),
        ));
    }
    if !input.kind.support().inside(f.from.kind.support()) {
        return Err(codes::e0302::layer(&f.name, c.span, f.from.kind.support(), input.kind.support()));
    }
    if !f.from.kind.support().inside(input.kind.support()) {
        return Err(codes::e0305::layer_not_filled(
            &f.name,
            c.span,
            f.span,
            f.from.kind.support(),
            input.kind.support(),
        ));
    }
    for (name, ty) in &f.given {
        if !given.iter().any(|(n, t)| n == name && *t == as_read(ty)) {
            return Err(codes::e0210::flow_not_given(&f.name, c.span, name, ty, f.span));
        }
    }
    Ok(rows::bijection::whole::checked(&f.name, &f.to, &f.chain))
}

pub(super) fn identity_dims_in_repeat(
    r: &crate::syntax::ast::RepeatLayer,
    layers: &[FlowLayer],
) -> Option<Diag> {
    let n = layers.first()?.checked.identity_dims.len();
    let rounds = layers.iter().filter(|l| Some(l.span) == layers.first().map(|f| f.span)).count();
    let identity_dims = identity_dims(layers, n).kept();
    let mask = r.body.iter().find_map(|l| match l {
        Layer::Call(c) => c.args.first().map(|a| a.value.span),
        Layer::Repeat(_) => None,
    })?;
    let trained = layers.iter().any(|l| !l.checked.params.is_empty());
    (rounds > 1 && trained && !identity_dims.is_empty())
        .then(|| codes::w0404::in_repeat(&identity_dims, mask, r.head, rounds))
}

/// The type on which a net's body runs: the first input with the joined ones.
pub(super) fn joined_type(first: &EventTy, others: &[(&Binding, EventTy)]) -> Result<EventTy, Diag> {
    let width = |t: &EventTy| match t.kind {
        Kind::Class(n) => t.size() * n,
        Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => t.size(),
    };
    let base = match first.kind {
        Kind::Class(n) => EventTy::real(vec![first.size() * n]),
        Kind::Int(_) => first.with_kind(Kind::Real(Support::UNIT)),
        Kind::Count => first.with_kind(Kind::Real(Support::NONNEGATIVE)),
        Kind::Real(_) | Kind::Bool | Kind::OneHot => first.clone(),
    };
    if others.is_empty() {
        return Ok(base);
    }
    let extra: usize = others.iter().map(|(_, t)| width(t)).sum();
    match base.shape.as_slice() {
        [] => Ok(EventTy::real(vec![1 + extra])),
        [n] => Ok(EventTy::real(vec![n + extra])),
        [c, h, w] => {
            let planes: usize = others
                .iter()
                .map(
                    |(_, t)| {
                        if t.shape.len() == 3 { t.shape.first().copied().unwrap_or(1) } else { width(t) }
                    },
                )
                .sum();
            if let Some((b, t)) =
                others.iter().find(|(_, t)| t.shape.len() == 3 && t.shape.get(1..) != Some(&[*h, *w]))
            {
                return Err(codes::e0201::joined(
                    &b.name.name,
                    b.ty.span,
                    &t.shape_text(),
                    &first.shape_text(),
                ));
            }
            Ok(EventTy::real(vec![c + planes, *h, *w]))
        }
        _ => Err(match others.first() {
            Some((b, t)) => {
                codes::e0201::joined(&b.name.name, b.ty.span, &t.shape_text(), &first.shape_text())
            }
            None => codes::e0201::joined("", Span::default(), "", &first.shape_text()),
        }),
    }
}

/// The type in which a body sees a further input: classes one-hot, grey levels 0..1.
pub(super) fn as_read(t: &EventTy) -> EventTy {
    match t.kind {
        Kind::Class(n) => EventTy::real(vec![t.size() * n]),
        Kind::Int(_) => t.with_kind(Kind::Real(Support::UNIT)),
        Kind::Count => t.with_kind(Kind::Real(Support::NONNEGATIVE)),
        Kind::Real(_) | Kind::Bool | Kind::OneHot => t.clone(),
    }
}

impl TNet {
    /// Its output types for these arguments.
    pub(super) fn outs_of(&self, args: &[TExpr]) -> &[EventTy] {
        let inside = args.iter().zip(&self.inputs).all(|(a, (_, t, _))| a.ty.kind.inside(t.kind));
        self.at_ends.as_ref().filter(|_| !inside).unwrap_or(&self.outs)
    }
    /// Whether any layer mixes the examples of a batch, and where.
    pub fn mixes_batch(&self) -> Option<Span> {
        self.chain.layers.iter().find(|l| l.checked.mixes_batch).map(|l| l.span)
    }
    /// What its output reads of its first input, by layers that read it by name, too. Where further inputs are joined to a vector, its
    /// coordinates lose their places; beside an image they come as channels.
    pub fn causality(&self) -> Causality {
        let Some((name, ty, _)) = self.inputs.first() else { return Causality::Global };
        let by_name = self.chain.causality_in(name).unwrap_or(Causality::Strict);
        let arrives = match (ty.kind, self.joined.contains(&true), ty.shape.len()) {
            (_, true, 3) => Causality::Weak,
            (_, true, _) => Causality::Global,
            // As one-hot vectors, one behind the other, unless they arrive as they are.
            (Kind::Class(_), false, _) if self.chain.input.kind != ty.kind => Causality::Weak,
            (
                Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count,
                false,
                _,
            ) => Causality::Own,
        };
        arrives.then(self.chain.causality()).worse(by_name)
    }
    /// The layer that lets its output read later places of its first input. None does where [`TNet::causality`] is not global, and where
    /// joined inputs are the reason.
    pub fn blame(&self) -> Option<&ChainLayer> {
        let by_name = || {
            let name = self.inputs.first().map(|(name, ..)| name)?;
            let global = |l: &&ChainLayer| l.checked.given.contains(&(name.clone(), Causality::Global));
            self.chain.layers.iter().find(global)
        };
        self.chain.blame().or_else(by_name)
    }
}

impl TFlow {
    /// Whether |det| = 1 everywhere, by construction.
    pub fn volume_preserving(&self) -> bool {
        self.chain.jacobian() == Jacobian::Unit
    }
}

/// Whether an argument is this name, or a list with it.
fn names(arg: &ExprKind, input: &str) -> bool {
    if let ExprKind::Name(n) = arg {
        return n == input;
    }
    if let ExprKind::Tuple(all) | ExprKind::List(all) = arg {
        return all.iter().any(|e| names(&e.kind, input));
    }
    false
}

/// Whether any call of the block names `input` among its arguments.
pub(super) fn names_input(block: &[Layer], input: &str) -> bool {
    block.iter().any(|l| match l {
        Layer::Repeat(r) => names_input(&r.body, input),
        Layer::Call(c) => {
            c.args.iter().any(|a| names(&a.value.kind, input))
                || c.block.as_ref().is_some_and(|b| names_input(b, input))
        }
    })
}

/// The names called in a body, blocks included, with their places.
pub(super) fn calls<'a>(block: &'a [Layer], out: &mut Vec<(&'a str, Span)>) {
    for l in block {
        match l {
            Layer::Repeat(r) => calls(&r.body, out),
            Layer::Call(c) => {
                out.push((&c.name.name, c.span));
                calls(c.block.as_deref().unwrap_or(&[]), out);
            }
        }
    }
}

pub(super) fn called(body: &[Layer]) -> Vec<String> {
    let mut all = Vec::new();
    calls(body, &mut all);
    all.into_iter().map(|(n, _)| n.to_string()).collect()
}

/// Bodies in an order in which each stands after those it uses as layers, and those on or behind a circle.
pub(super) fn ordered(all: &[(&str, &[Layer])]) -> (Vec<usize>, Vec<usize>) {
    let needs: Vec<Vec<usize>> = all
        .iter()
        .map(|(_, body)| {
            let mut uses = Vec::new();
            calls(body, &mut uses);
            (0..all.len())
                .filter(|j| all.get(*j).is_some_and(|(n, _)| uses.iter().any(|(u, _)| u == n)))
                .collect()
        })
        .collect();
    let mut done: Vec<usize> = Vec::new();
    while let Some(next) = (0..all.len())
        .find(|i| !done.contains(i) && needs.get(*i).is_some_and(|n| n.iter().all(|j| done.contains(j))))
    {
        done.push(next);
    }
    // What merely uses a body on a circle is silenced by it, not part of it.
    let reaches = |from: usize, to: usize| {
        let mut seen = vec![false; all.len()];
        let mut todo = needs.get(from).cloned().unwrap_or_default();
        while let Some(k) = todo.pop() {
            if let Some(s) = seen.get_mut(k).filter(|s| !**s) {
                *s = true;
                todo.extend(needs.get(k).into_iter().flatten());
            }
        }
        seen.get(to).copied().unwrap_or(false)
    };
    let left: Vec<usize> = (0..all.len()).filter(|i| !done.contains(i)).collect();
    let (circles, behind): (Vec<usize>, Vec<usize>) = left.into_iter().partition(|&i| reaches(i, i));
    done.extend(behind);
    (done, circles)
}
