//! Sites drawn in an order, `x[i in raster] ~ D(f(x[< i]))`: their order, and whether each parameter reads earlier elements only.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::scope::{Drawn, Scope};
use super::{Bad, Checker, Res, TExpr, TKind, TModel, TSite, TSiteKind, Typed, text};
use crate::diag::Diag;
use crate::diag::codes::{self, e0601};
use crate::diag::suggest::did_you_mean;
use crate::event::{EventTy, Kind};
use crate::rows::layer::linear::Mask;
use crate::rows::layer::{ChainLayer, LayerRow};
use crate::rows::order::{self, Order, OrderRow, UNTIL};
use crate::rows::{self, Causality, Field, Reads};
use crate::span::Span;
use crate::syntax::ast::{Arg, AutoSite, Call, DrawSite, Expr, ExprKind};

/// The order in which a drawn site's elements are drawn.
#[derive(Clone)]
pub struct TOrder {
    /// The site.
    pub site: String,
    /// The index, as it is written.
    pub index: String,
    /// The order, as it is written.
    pub text: String,
    /// Its places.
    pub order: Order,
    /// How many of them are drawn, of each example; all where it is not said.
    pub until: Option<TExpr>,
}

/// What helps where something reads all elements.
const FIRST: &str = "let a net read the earlier elements as its first input, through layers with masks";

/// A layer as a message tells it.
fn told(l: &ChainLayer) -> e0601::Told<'_> {
    let name = l.text.split(['(', ' ']).next().unwrap_or(&l.text);
    let masks = |r: &dyn LayerRow| r.params().iter().any(|p| p.name == Mask::PARAM.name);
    e0601::Told { text: &l.text, span: l.span, masks: rows::find(rows::layer::ROWS, name).is_some_and(masks) }
}

/// What an expression reads of the site that it is a parameter of, and the net in which that came about.
type Reading = Option<(Causality, Option<usize>)>;

/// `raster`, `permuted(3)`
fn order_call(e: &Expr) -> Option<Call> {
    match &e.kind {
        ExprKind::Call(c) => Some(c.clone()),
        ExprKind::Name(n) => Some(Call {
            name: crate::syntax::ast::Ident { name: n.clone(), span: e.span },
            args: Vec::new(),
            parens: false,
            block: None,
            span: e.span,
        }),
        _ => None,
    }
}

impl Typed {
    /// Which places an expression reads, and the net by which it does.
    pub fn places_read(&self, e: &TExpr) -> Option<(Reads, Option<usize>)> {
        match &e.kind {
            TKind::Before(..) => Some((Reads::Own, None)),
            TKind::Net { net, args, .. } => {
                let (before, _) = self.places_read(args.first()?)?;
                let behind = self.net(*net).chain.reads();
                Some((Reads::Steps(vec![before, behind]), Some(*net)))
            }
            _ => {
                let all: Vec<_> = e.children().into_iter().filter_map(|c| self.places_read(c)).collect();
                let net = all.iter().find_map(|(_, net)| *net);
                let reads: Vec<Reads> = all.into_iter().map(|(reads, _)| reads).collect();
                (!reads.is_empty()).then_some((Reads::Either(reads), net))
            }
        }
    }
}

impl Checker<'_> {
    /// Types a site that is drawn in an order.
    pub(super) fn ordered(&mut self, a: &AutoSite, scope: &Scope, model: &TModel) -> Res<TSite> {
        if model.guide {
            return Err(codes::e0603::in_a_guide(&model.name, &a.name.name, a.span).into());
        }
        let written = order_call(&a.order)
            .ok_or_else(|| Bad::from(codes::e0603::no_order(&a.name.name, a.order.span)))?;
        let row = self.order_named(&written)?;
        let (order, until) = self.until(row, &written, scope)?;
        let args = super::consts::bind(&self.consts, row.params(), &order)?;
        let mut site = self.typed_with_earlier(a, scope, model)?;
        let TSiteKind::Draw(d) = &mut site.kind else { return Ok(site) };
        let (axes, _) = site.ty.shape.split_at(site.ty.shape.len().saturating_sub(d.event().own.len()));
        let places = row
            .order(&args, axes)
            .map_err(|(why, help)| Bad::from(codes::e0603::unfit(a.order.span, &why, &help)))?;
        let mut by_pixel = true;
        let mut any = false;
        let mut told: Vec<String> = Vec::new();
        for p in d.params.iter().flatten() {
            if let Some(within) = self.reads_earlier(&a.name.name, p, &site.ty, &places)? {
                any = true;
                by_pixel &= within == Causality::Strict;
                // Several parameters may come from one net.
                let left_out = self.left_out(&a.name.name, p, axes, model);
                if let Some(d) = left_out.filter(|d| !told.contains(&d.message)) {
                    told.push(d.message.clone());
                    self.say(d);
                }
            }
        }
        if !any {
            self.say(codes::w0603::independent(&a.name.name, &a.index.name, site.value_span));
        }
        let order_text = match &until {
            Some(n) => format!("{}({}: {})", written.name.name, UNTIL.name, text::plain(&self.typed, n)),
            None => written.name.name.clone(),
        };
        d.order = Some(Box::new(TOrder {
            site: a.name.name.clone(),
            index: a.index.name.clone(),
            text: order_text,
            order: if by_pixel { places.by_pixel() } else { places },
            until,
        }));
        Ok(site)
    }

    /// The call of an order without what it says about the end of each example, which is an expression of the model.
    fn until(&mut self, row: &dyn OrderRow, c: &Call, scope: &Scope) -> Res<(Call, Option<TExpr>)> {
        let is_end = |a: &Arg| a.key.as_ref().is_some_and(|k| k.name == UNTIL.name);
        let (ends, args): (Vec<Arg>, Vec<Arg>) = c.args.iter().cloned().partition(is_end);
        let known = row.params().iter().any(|p| p.name == UNTIL.name);
        let ([end], true) = (ends.as_slice(), known) else { return Ok((c.clone(), None)) };
        let n = self.expr(&end.value, scope)?;
        if !matches!(n.ty.kind, Kind::Int(_)) || !n.ty.shape.is_empty() {
            return Err(codes::e0603::no_length(end.value.span, &n.ty).into());
        }
        Ok((Call { args, ..c.clone() }, Some(n)))
    }

    fn order_named(&self, c: &Call) -> Res<&'static dyn OrderRow> {
        rows::find(order::ROWS, &c.name.name).ok_or_else(|| {
            let near = did_you_mean(&c.name.name, order::ROWS.iter().map(|r| r.name())).map(str::to_string);
            codes::e0200::unknown("order", &c.name.name, c.name.span, near.as_deref()).into()
        })
    }

    /// The site as a draw whose parameters may read `x[< i]`. What its elements are is said by its data; without data it is what the
    /// distribution draws.
    fn typed_with_earlier(&mut self, a: &AutoSite, scope: &Scope, model: &TModel) -> Res<TSite> {
        let draw = DrawSite {
            name: a.name.clone(),
            dist: a.dist.clone(),
            shape: a.shape.clone(),
            by: None,
            span: a.span,
        };
        let data = self.data_var(&a.name.name).map(|v| v.ty.clone());
        let mut ty = match (&data, &a.shape) {
            (Some(ty), _) => ty.clone(),
            (None, _) if self.broken.contains(&a.name.name) => return Err(Bad::Said),
            (None, None) => return Err(codes::e0603::no_shape(&a.name.name, a.name.span).into()),
            (None, Some(dims)) => EventTy::real(self.dims(dims)?),
        };
        let params = self.typed.params.len();
        loop {
            let name = (a.name.name.clone(), a.index.name.clone(), a.name.span);
            let inner = Scope { ordered: Some(Drawn { name, ty: ty.clone() }), ..scope.clone() };
            let inner = self.with_pending(&a.name.name, inner)?;
            let site = self.draw(&draw, &inner, model);
            match site {
                // Its elements are what it draws: numbers were only a first guess.
                Ok(s) if data.is_none() && s.ty != ty => {
                    if s.ty.kind == ty.kind {
                        ty.shape = s.ty.shape;
                    } else {
                        ty = s.ty;
                    }
                    self.typed.params.truncate(params);
                }
                site => return site,
            }
        }
    }

    /// The warning of a parameter that leaves earlier pixels of an image out. One that is given a latent variable may be too small for
    /// the image on purpose.
    fn left_out(&self, x: &str, p: &TExpr, axes: &[usize], model: &TModel) -> Option<Diag> {
        let &[_, h, w] = axes else { return None };
        let (reads, net) = self.typed.places_read(p)?;
        let (worst, middle) = (reads.worst([h, w]), reads.field([h.saturating_sub(1), w / 2], [h, w]));
        let mut latent = false;
        p.walk(&mut |e| {
            let drawn = |name: &str| model.sites.iter().any(|s| s.name == name && !s.observed);
            latent |= matches!(&e.kind, TKind::Var(name) if drawn(name));
        });
        let told = worst.unread() > 0 && (!latent || middle.passed_over() > 0);
        let net = match net.map(|n| self.typed.net(n)) {
            Some(n) => format!("`{}`", n.name),
            None => format!("`{}`", text::plain(&self.typed, p)),
        };
        let seen = |f: &Field| codes::w0606::Seen {
            pixel: f.pixel,
            earlier: f.read.len(),
            unread: f.unread(),
            passed_over: f.passed_over(),
        };
        let told = told.then(|| middle.picture([7, 12]));
        told.map(|picture| codes::w0606::left_out(x, (&net, p.span), seen(&worst), seen(&middle), &picture))
    }

    /// Checks that parameter `p` reads of site `x` only what is earlier, and what that is within a pixel; `None` where it reads nothing.
    fn reads_earlier(&self, x: &str, p: &TExpr, ty: &EventTy, order: &Order) -> Res<Option<Causality>> {
        let Some((causality, net)) = self.reading(x, p, ty)? else { return Ok(None) };
        let what = match net.map(|n| self.typed.net(n)) {
            Some(n) => format!("`{}`", n.name),
            None => format!("`{}`", text::plain(&self.typed, p)),
        };
        let how = match causality {
            Causality::Strict => return Ok(Some(causality)),
            Causality::StrictChannels(n) if n == order.channels => return Ok(Some(causality)),
            Causality::StrictChannels(_) | Causality::WeakChannels(_) | Causality::Weak
                if order.channels > 1 =>
            {
                e0601::Reads::Channels(order.channels)
            }
            Causality::Global => {
                let layer = net.and_then(|n| self.typed.net(n).blame());
                layer.map_or(e0601::Reads::Whole("reads all elements", FIRST), |l| {
                    e0601::Reads::Later(told(l))
                })
            }
            Causality::StrictChannels(_) | Causality::WeakChannels(_) | Causality::Weak | Causality::Own => {
                let layers = net.map(|n| self.typed.net(n)).map(|n| &n.chain.layers);
                let first = layers.and_then(|l| l.iter().find(|l| l.checked.causality != Causality::Own));
                e0601::Reads::Itself(first.map(told))
            }
        };
        Err(codes::e0601::reads(x, &what, p.span, &how).into())
    }

    /// What an expression reads of site `x` at each of its elements.
    fn reading(&self, x: &str, e: &TExpr, ty: &EventTy) -> Res<Reading> {
        match &e.kind {
            TKind::Before(..) => Ok(Some((Causality::Own, None))),
            TKind::Net { net, args, .. } => self.reading_of_net(x, *net, args, e, ty),
            TKind::Map { arg, .. } | TKind::Neg(arg) => self.reading(x, arg, ty),
            TKind::Binary(_, a, b) => {
                let (a, b) = (self.reading(x, a, ty)?, self.reading(x, b, ty)?);
                Ok(match (a, b) {
                    (Some((a, n)), Some((b, m))) => {
                        let worse = a.worse(b);
                        Some((worse, if worse == a { n } else { m }))
                    }
                    (one, other) => one.or(other),
                })
            }
            _ => {
                for c in e.children() {
                    if self.reading(x, c, ty)?.is_some() {
                        let what = format!("`{}`", text::plain(&self.typed, e));
                        let how = e0601::Reads::Whole("reads all elements together", FIRST);
                        return Err(codes::e0601::reads(x, &what, e.span, &how).into());
                    }
                }
                Ok(None)
            }
        }
    }

    fn reading_of_net(&self, x: &str, net: usize, args: &[TExpr], e: &TExpr, ty: &EventTy) -> Res<Reading> {
        let n = self.typed.net(net);
        let whole = |at: Span, why: &'static str, help: &'static str| {
            let how = e0601::Reads::Whole(why, help);
            Err(codes::e0601::reads(x, &format!("`{}`", n.name), at, &how).into())
        };
        for a in args.iter().skip(1) {
            if self.reading(x, a, ty)?.is_some() {
                return whole(a.span, "a further input is read as a whole, not in an order", FIRST);
            }
        }
        let Some(first) = args.first() else { return Ok(None) };
        let Some((before, _)) = self.reading(x, first, ty)? else { return Ok(None) };
        // An input that stands beside the elements shifts them out of their places.
        if n.joined.iter().any(|j| *j) && (ty.shape.len() != 3 || n.chain.input.shape.len() != 3) {
            return whole(
                e.span,
                "joins further inputs to the elements, which then stand in other places",
                "let a layer read the further inputs: `bias_from(..)` or `film(..)`",
            );
        }
        if first.ty.shape != ty.shape {
            return whole(e.span, "does not receive the elements in their places", FIRST);
        }
        Ok(Some((before.then(n.causality()), Some(net))))
    }
}
