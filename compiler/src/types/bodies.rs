//! The items `net` and `flow`: inputs, outputs and bodies, in the order in which they use each other.

use super::{Bad, Checker, Res, TFlow, TNet};
use crate::diag::{Diag, codes};
use crate::event::{EventTy, Kind, Support};
use crate::rows::{self, Chain, ChainCx, FlowChain};
use crate::span::Span;
use crate::syntax::ast::{Arg, Binding, Call, Expr, ExprKind, FlowItem, Ident, Item, Layer, NetItem};

use super::body::{Body, MOST_IN_FLOWS};
use super::chain::*;

/// What the layers of a net make of its inputs.
struct NetBody {
    chain: Chain,
    /// The layer whose size was left out, as it is with it.
    filled: Option<String>,
    /// How many layers, those of blocks and rounds included.
    unrolled: usize,
    warnings: Vec<Diag>,
}

impl Checker<'_> {
    /// The inside of a net or flow with these inputs beside the first.
    fn body(&self, given: Vec<(String, EventTy)>) -> Body<'_> {
        Body {
            consts: self.consts.clone(),
            given,
            nets: &self.typed.nets,
            flows: &self.typed.flows,
            warnings: Vec::new(),
            depth: 0,
            unrolled: 0,
            acted_on: 0,
            acted_on_before: self.acted_on,
        }
    }

    pub(crate) fn net_items(&mut self, items: &[&Item]) {
        let nets: Vec<&NetItem> =
            items.iter().filter_map(|i| if let Item::Net(n) = i { Some(n) } else { None }).collect();
        let (order, circles) =
            ordered(&nets.iter().map(|n| (n.name.name.as_str(), n.body.as_slice())).collect::<Vec<_>>());
        self.circles(
            circles.iter().filter_map(|i| nets.get(*i)).map(|n| (&n.name, n.body.as_slice())).collect(),
        );
        let mut made: Vec<(usize, TNet)> = Vec::new();
        for (i, n) in order.iter().filter_map(|i| Some((*i, *nets.get(*i)?))) {
            match self.net_item(n) {
                Ok(t) => {
                    self.typed.nets.push(t.clone());
                    made.push((i, t));
                }
                Err(bad) => {
                    self.broken.push(n.name.name.clone());
                    self.say(bad);
                }
            }
        }
        // Elsewhere nets stand in the order of the text.
        made.sort_by_key(|(i, _)| *i);
        self.typed.nets = made.into_iter().map(|(_, t)| t).collect();
    }

    fn net_item(&mut self, n: &NetItem) -> Res<TNet> {
        let mut inputs = Vec::new();
        for b in &n.inputs {
            inputs.push((b.name.name.clone(), self.event_ty(&b.ty)?, b.name.span.to(b.ty.span)));
        }
        if inputs.is_empty() {
            return Err(codes::e0210::no_inputs(&n.name.name, n.name.span).into());
        }
        let mut declared = Vec::new();
        for t in &n.outputs {
            declared.push(self.event_ty(t)?);
        }
        self.body_names(&n.body)?;
        let joined: Vec<bool> =
            n.inputs.iter().enumerate().map(|(i, b)| i > 0 && !names_input(&n.body, &b.name.name)).collect();
        let given: Vec<EventTy> = inputs.iter().map(|(_, t, _)| t.clone()).collect();
        let first = n.outputs.first().zip(n.outputs.last()).map_or(n.span, |(a, z)| a.span.to(z.span));
        let yields = (declared.as_slice(), first);
        let NetBody { chain, filled, unrolled, warnings } = self.net_body(n, &given, &joined, yields)?;
        // `in positive` says between which numbers the inputs lie; where the body is defined at 0 as well, 0 may come in.
        let closed: Vec<EventTy> = given.iter().map(|t| t.with_kind(t.kind.closure())).collect();
        let at_ends = (closed != given)
            .then(|| self.net_body(n, &closed, &joined, yields).ok().map(|body| body.chain.out))
            .flatten()
            .filter(|outs| outs.iter().zip(&declared).all(|(o, d)| o.kind.inside(d.kind.closure())));
        self.diags.extend(warnings);
        let out_span = chain.layers.last().map_or(n.name.span, |l| l.span);
        let outs = net_outs(n, &chain.out, &declared, out_span)?;
        let calls = called(&n.body);
        self.no_frozen_layers(&n.name.name, &calls, n.name.span)?;
        let net = TNet {
            name: n.name.name.clone(),
            inputs,
            at_ends,
            joined,
            outs,
            out_span,
            tensors: chain.params().len(),
            chain,
            filled,
            calls,
            unrolled,
            frozen: None,
            span: n.name.span,
        };
        Ok(TNet { frozen: self.frozen(n, &net)?, ..net })
    }

    /// The layers of a net on inputs of these types, how many they are, and what is to be said of them. What the net `yields`, and where that is declared, says the size of its last layer where that is left out.
    fn net_body(
        &self,
        n: &NetItem,
        inputs: &[EventTy],
        joined: &[bool],
        yields: (&[EventTy], Span),
    ) -> Res<NetBody> {
        let Some(first) = inputs.first() else { return Err(Bad::Said) };
        let all = || n.inputs.iter().zip(inputs);
        let others: Vec<(&Binding, EventTy)> =
            all().zip(joined).filter(|(_, j)| **j).map(|((b, t), _)| (b, t.clone())).collect();
        let input = if others.is_empty() && embedded(&n.body, first) {
            first.clone()
        } else {
            joined_type(first, &others)?
        };
        within_memory(std::slice::from_ref(&input), &[], n.inputs.first().map_or(n.span, |b| b.ty.span))?;
        let inside = || self.body(all().map(|(b, t)| (b.name.name.clone(), as_read(t))).collect());
        let filled = super::sized::filled(&n.body, &input, yields, &inside)?;
        let mut body = inside();
        let chain = body.chain(filled.as_ref().map_or(&n.body, |(_, layers)| layers), &input)?;
        let filled = filled.and_then(|(at, _)| chain.layers.iter().find(|l| l.path == at.to_string()));
        let filled = filled.map(|l| l.text.clone());
        Ok(NetBody { chain, filled, unrolled: body.unrolled, warnings: body.warnings })
    }

    /// Silences bodies that use a broken net or flow.
    fn body_names(&self, block: &[Layer]) -> Res<()> {
        for l in block {
            match l {
                Layer::Repeat(r) => self.body_names(&r.body)?,
                Layer::Call(c) => {
                    if self.broken.contains(&c.name.name) {
                        return Err(Bad::Said);
                    }
                    if let Some(b) = &c.block {
                        self.body_names(b)?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(crate) fn flow_items(&mut self, items: &[&Item]) {
        let flows: Vec<&FlowItem> =
            items.iter().filter_map(|i| if let Item::Flow(f) = i { Some(f) } else { None }).collect();
        let (order, circles) =
            ordered(&flows.iter().map(|n| (n.name.name.as_str(), n.body.as_slice())).collect::<Vec<_>>());
        self.circles(
            circles.iter().filter_map(|i| flows.get(*i)).map(|n| (&n.name, n.body.as_slice())).collect(),
        );
        let mut made: Vec<(usize, TFlow)> = Vec::new();
        for (i, f) in order.iter().filter_map(|i| Some((*i, *flows.get(*i)?))) {
            match self.flow_item(f) {
                Ok(t) => {
                    self.typed.flows.push(t.clone());
                    made.push((i, t));
                }
                Err(bad) => {
                    self.broken.push(f.name.name.clone());
                    self.say(bad);
                }
            }
        }
        made.sort_by_key(|(i, _)| *i);
        self.typed.flows = made.into_iter().map(|(_, t)| t).collect();
    }

    /// Reports nets or flows that contain themselves.
    fn circles(&mut self, all: Vec<(&Ident, &[Layer])>) {
        let names: Vec<&str> = all.iter().map(|(n, _)| n.name.as_str()).collect();
        for (name, body) in &all {
            self.broken.push(name.name.clone());
            let mut uses = Vec::new();
            calls(body, &mut uses);
            if let Some((_, at)) = uses.iter().find(|(n, _)| names.contains(n)) {
                self.say(codes::e0213::contains_itself(&name.name, *at, name.span));
            }
        }
    }

    fn flow_item(&mut self, f: &FlowItem) -> Res<TFlow> {
        // The layers of a flow are smooth both ways on what lies between the ends of its ranges; at the ends some are not.
        let between = |ty: EventTy| ty.with_kind(ty.kind.interior());
        let (from, to) = (between(self.event_ty(&f.from)?), between(self.event_ty(&f.to)?));
        for (side, t) in [(&f.from, &from), (&f.to, &to)] {
            if t.kind.discrete() {
                return Err(codes::e0304::flow_side(side.span, t).into());
            }
        }
        if self.acted_on > MOST_IN_FLOWS {
            // Said of the flow that was one too many.
            return Err(Bad::Said);
        }
        if from.size() > MOST_IN_FLOWS {
            return Err(
                codes::e0206::too_large_for_flows(f.from.span, &from.shape_text(), MOST_IN_FLOWS).into()
            );
        }
        let mut given = Vec::new();
        for b in &f.given {
            let ty = self.event_ty(&b.ty)?;
            given.push((b.name.name.clone(), ty.with_kind(ty.kind.closure())));
        }
        self.body_names(&f.body)?;
        let read = given.iter().map(|(n, t)| (n.clone(), as_read(t))).collect();
        let mut body = self.body(read);
        let chain = body.flow_chain(&f.body, &from).map_err(|d| match d.code {
            "E0401" => d.also(f.arrow, "declared invertible here"),
            _ => d,
        });
        let (warnings, unrolled, acted_on) =
            (std::mem::take(&mut body.warnings), body.unrolled, body.acted_on);
        self.acted_on = self.acted_on.saturating_add(acted_on);
        let mut chain = chain?;
        let fitted = self.fit(&mut chain, &to, f.to.span)?;
        // Layers and flows around the `repeat` may transform what every round of it left alone: see `identity_dims`.
        self.repeats.extend(warnings.into_iter().map(|d| (f.name.name.clone(), d)));
        lands_on(f, &chain, &to)?;
        Ok(TFlow {
            name: f.name.name.clone(),
            from,
            to,
            given,
            tensors: chain.params().len(),
            chain,
            fitted,
            calls: called(&f.body),
            unrolled,
            acted_on,
            span: f.name.span,
        })
    }
}

/// The outputs of a net whose last layer, at `last`, yields `got`: as many as it declares, each of the declared shape and within the declared range.
fn net_outs(n: &NetItem, got: &[EventTy], declared: &[EventTy], last: Span) -> Res<Vec<EventTy>> {
    let name = &n.name.name;
    if got.len() != declared.len() {
        let at = n.outputs.first().map_or(n.span, |t| t.span);
        return Err(codes::e0201::output_count(name, last, got.len(), at, declared.len()).into());
    }
    let mut outs = Vec::new();
    for ((got, want), t) in got.iter().zip(declared).zip(&n.outputs) {
        // No layer follows the one that makes several outputs: one coordinate is a number where that is declared.
        let number = declared.len() > 1 && want.shape.is_empty() && got.shape == [1];
        let got = if number { got.rearranged(Vec::new()) } else { got.clone() };
        if got.shape != want.shape {
            let (got, want) = (got.shape_text(), want.shape_text());
            return Err(codes::e0201::net_output(name, last, &got, t.span, &want).into());
        }
        // Whether an end of the declared range is taken, the body says.
        if !got.kind.inside(want.kind.closure()) {
            return Err(codes::e0302::net_output(name, last, got.kind.support(), t.span, want).into());
        }
        outs.push(got);
    }
    Ok(outs)
}

/// The layers of a flow yield the shape that it declares, and all of the range that it declares and nothing else.
fn lands_on(f: &FlowItem, chain: &FlowChain, to: &EventTy) -> Res<()> {
    let (name, at) = (&f.name.name, f.to.span);
    let last = chain.layers.last().map_or(f.arrow, |l| l.span);
    let range = chain.out.kind.support();
    if chain.out.shape != to.shape {
        let (got, want) = (chain.out.shape_text(), to.shape_text());
        return Err(codes::e0201::flow_output(name, last, &got, at, &want).into());
    }
    if !chain.out.kind.inside(to.kind) {
        return Err(codes::e0302::net_output(name, last, range, at, to).into());
    }
    if !to.kind.inside(chain.out.kind) {
        return Err(codes::e0305::not_onto(name, at, to.kind.support(), last, range).into());
    }
    Ok(())
}

impl Checker<'_> {
    /// A body that yields all reals, declared to yield part of them, is followed by the maps that go there: what preprocessing of the
    /// data does by hand (Dinh et al. 2017, section 4.1), here part of the flow, so that its log-determinant is counted. Returns the added
    /// layers as one would write them.
    fn fit(&mut self, chain: &mut FlowChain, to: &EventTy, at: Span) -> Res<Option<String>> {
        let (lo, hi) = to.kind.support().ends();
        if to.kind.discrete()
            || matches!(to.kind.support(), Support::Simplex { .. })
            || chain.out.shape != to.shape
            || chain.out.kind.support() != Support::REALS
            || to.kind.support() == Support::REALS
        {
            return Ok(None);
        }
        // An argument with the span of its call would count as one that was not written.
        let tip = Span { end: at.start, ..at };
        let call = |name: &str, args: &[(&str, f64)]| {
            let number = |value: f64| {
                let size = Expr { kind: ExprKind::Number { value: value.abs(), integer: false }, span: tip };
                if value < 0.0 { Expr { kind: ExprKind::Neg(Box::new(size)), span: tip } } else { size }
            };
            let arg = |(key, value): &(&str, f64)| Arg {
                key: Some(Ident { name: (*key).to_string(), span: tip }),
                value: number(*value),
            };
            let args = args.iter().map(arg).collect();
            Layer::Call(Call {
                name: Ident { name: name.to_string(), span: at },
                args,
                parens: true,
                block: None,
                span: at,
            })
        };
        let affine = |scale: f64, shift: f64| match (scale == 1.0, shift == 0.0) {
            (true, true) => Vec::new(),
            (false, true) => vec![call("affine", &[("scale", scale)])],
            (_, false) => vec![call("affine", &[("scale", scale), ("shift", shift)])],
        };
        let layers = match (lo.is_finite(), hi.is_finite()) {
            (true, true) => [vec![call("sigmoid", &[])], affine(hi - lo, lo)].concat(),
            (true, false) => [vec![call("exp", &[])], affine(1.0, lo)].concat(),
            (false, true) => [vec![call("exp", &[]), call("neg", &[])], affine(1.0, hi)].concat(),
            (false, false) => return Ok(None),
        };
        let mut body = Body {
            consts: self.consts.clone(),
            given: Vec::new(),
            nets: &[],
            flows: &[],
            warnings: Vec::new(),
            depth: 0,
            unrolled: 0,
            acted_on: 0,
            acted_on_before: 0,
        };
        let from = chain.layers.len();
        chain.out = body.bijections(&layers, chain.out.clone(), "to.", &mut chain.layers)?;
        // Rounding must not leave a range that was just made to fit.
        chain.out = to.clone();
        let added: Vec<&str> = chain.layers.iter().skip(from).map(|l| l.text.as_str()).collect();
        Ok(Some(added.join(", ")))
    }
}

/// Whether a net takes classes at several places as they are, because its first layer gives each a vector.
fn embedded(body: &[Layer], first: &EventTy) -> bool {
    let row = |c: &Call| rows::find(rows::layer::ROWS, &c.name.name);
    let embeds = matches!(body.first(), Some(Layer::Call(c)) if row(c).is_some_and(|r| r.reads_classes()));
    embeds && matches!(first.kind, Kind::Class(_)) && !first.shape.is_empty()
}
