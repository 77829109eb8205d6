//! One walk over every name and span of an AST, and the two things built on it that need no more.

use super::ast::{
    Arg, BindSite, Binding, Call, Density, Expr, ExprKind, Goal, Ident, Item, Layer, PlayerItem, Setting,
    Site, Spec, TypeExpr, Written,
};
use crate::span::Span;

/// What a name does where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Gives the name to something.
    Declared,
    /// Refers to something by name; what that is, resolution decides.
    Used,
    /// A key of an argument, a setting, a unit, the name of a data part: not a user's name.
    Word,
}

/// Sees every name and every span once, in text order within each node.
pub trait Visitor {
    /// A name and its place.
    fn name(&mut self, name: &mut String, span: &mut Span, role: Role);
    /// The span of a node that is not a name.
    fn span(&mut self, span: &mut Span);
}

/// Walks over a whole spec.
pub fn walk(spec: &mut Spec, v: &mut dyn Visitor) {
    for item in &mut spec.items {
        walk_item(item, v);
    }
}

/// A copy of `spec` with every span zero, so that two specs compare equal when they say the same.
pub fn strip_spans(spec: &Spec) -> Spec {
    struct Strip;
    impl Visitor for Strip {
        fn name(&mut self, _: &mut String, span: &mut Span, _: Role) {
            *span = Span::default();
        }
        fn span(&mut self, span: &mut Span) {
            *span = Span::default();
        }
    }
    let mut stripped = spec.clone();
    walk(&mut stripped, &mut Strip);
    stripped
}

fn ident(ident: &mut Ident, role: Role, v: &mut dyn Visitor) {
    v.name(&mut ident.name, &mut ident.span, role);
}

fn idents(list: &mut [Ident], role: Role, v: &mut dyn Visitor) {
    for one in list {
        ident(one, role, v);
    }
}

#[expect(clippy::too_many_lines, reason = "one match over all kinds of item")]
fn walk_item(item: &mut Item, v: &mut dyn Visitor) {
    match item {
        Item::Use(i) => v.span(&mut i.span),
        Item::Dim(i) => {
            ident(&mut i.name, Role::Declared, v);
            i.value.iter_mut().for_each(|e| expr(e, v));
        }
        Item::Alias(i) => {
            ident(&mut i.name, Role::Declared, v);
            ty(&mut i.ty, v);
        }
        Item::Data(i) => {
            v.span(&mut i.span);
            bindings(&mut i.bindings, v);
            call(&mut i.source, v);
            for (name, value) in &mut i.split {
                ident(name, Role::Word, v);
                expr(value, v);
            }
            i.by.iter_mut().for_each(|e| expr(e, v));
        }
        Item::Net(i) => {
            v.span(&mut i.span);
            ident(&mut i.name, Role::Declared, v);
            bindings(&mut i.inputs, v);
            i.outputs.iter_mut().for_each(|t| ty(t, v));
            layers(&mut i.body, v);
            i.weights.iter_mut().for_each(|w| v.span(&mut w.span));
        }
        Item::Flow(i) => {
            v.span(&mut i.span);
            ident(&mut i.name, Role::Declared, v);
            ty(&mut i.from, v);
            v.span(&mut i.arrow);
            ty(&mut i.to, v);
            bindings(&mut i.given, v);
            layers(&mut i.body, v);
        }
        Item::Param(i) => {
            v.span(&mut i.span);
            ident(&mut i.name, Role::Declared, v);
            ty(&mut i.ty, v);
            i.init.iter_mut().for_each(|e| expr(e, v));
        }
        Item::Fn(i) => {
            v.span(&mut i.span);
            ident(&mut i.name, Role::Declared, v);
            for (name, default) in &mut i.params {
                ident(name, Role::Declared, v);
                default.iter_mut().for_each(|e| expr(e, v));
            }
            expr(&mut i.body, v);
        }
        Item::Model(i) => {
            v.span(&mut i.span);
            ident(&mut i.name, Role::Declared, v);
            idents(&mut i.conds, Role::Used, v);
            i.sites.iter_mut().for_each(|s| site(s, v));
        }
        Item::Guide(i) => {
            v.span(&mut i.span);
            ident(&mut i.name, Role::Declared, v);
            idents(&mut i.conds, Role::Used, v);
            i.sites.iter_mut().for_each(|s| site(s, v));
        }
        Item::Train(i) => {
            v.span(&mut i.span);
            i.lets.iter_mut().for_each(|b| bind(b, v));
            i.players.iter_mut().for_each(|p| player(p, v));
            i.goal.iter_mut().for_each(|g| goal(g, v));
            i.using.iter_mut().for_each(|c| call(c, v));
            i.simultaneous.iter_mut().for_each(|s| v.span(s));
            i.settings.iter_mut().for_each(|s| setting(s, v));
        }
        Item::Eval(i) => {
            v.span(&mut i.span);
            i.calls.iter_mut().for_each(|c| call(c, v));
            i.settings.iter_mut().for_each(|s| setting(s, v));
        }
    }
}

fn bindings(list: &mut [Binding], v: &mut dyn Visitor) {
    for binding in list {
        ident(&mut binding.name, Role::Declared, v);
        ty(&mut binding.ty, v);
    }
}

fn ty(ty: &mut TypeExpr, v: &mut dyn Visitor) {
    v.span(&mut ty.span);
    ident(&mut ty.base, Role::Used, v);
    ty.cardinality.iter_mut().for_each(|e| expr(e, v));
    ty.shape.iter_mut().flatten().for_each(|e| expr(e, v));
    ty.missing.iter_mut().for_each(|at| v.span(at));
    ty.support.iter_mut().for_each(|c| call(c, v));
}

fn layers(list: &mut [Layer], v: &mut dyn Visitor) {
    for layer in list {
        match layer {
            Layer::Call(c) => call(c, v),
            Layer::Repeat(r) => {
                v.span(&mut r.span);
                v.span(&mut r.head);
                expr(&mut r.count, v);
                r.index.iter_mut().for_each(|i| ident(i, Role::Declared, v));
                layers(&mut r.body, v);
            }
        }
    }
}

fn call(call: &mut Call, v: &mut dyn Visitor) {
    v.span(&mut call.span);
    ident(&mut call.name, Role::Used, v);
    for Arg { key, value } in &mut call.args {
        key.iter_mut().for_each(|k| ident(k, Role::Word, v));
        expr(value, v);
    }
    call.block.iter_mut().for_each(|b| layers(b, v));
}

fn site(site: &mut Site, v: &mut dyn Visitor) {
    match site {
        Site::Draw(s) => {
            v.span(&mut s.span);
            ident(&mut s.name, Role::Declared, v);
            call(&mut s.dist, v);
            s.shape.iter_mut().flatten().for_each(|e| expr(e, v));
            s.by.iter_mut().for_each(|c| call(c, v));
        }
        Site::Auto(s) => {
            v.span(&mut s.span);
            ident(&mut s.name, Role::Declared, v);
            ident(&mut s.index, Role::Declared, v);
            expr(&mut s.order, v);
            call(&mut s.dist, v);
            s.shape.iter_mut().flatten().for_each(|e| expr(e, v));
        }
        Site::Start(s) => {
            v.span(&mut s.span);
            ident(&mut s.name, Role::Declared, v);
            expr(&mut s.place, v);
            call(&mut s.dist, v);
            s.shape.iter_mut().flatten().for_each(|e| expr(e, v));
        }
        Site::Bind(s) => bind(s, v),
    }
}

fn bind(bind: &mut BindSite, v: &mut dyn Visitor) {
    v.span(&mut bind.span);
    idents(&mut bind.pattern, Role::Declared, v);
    expr(&mut bind.value, v);
}

fn goal(goal: &mut Goal, v: &mut dyn Visitor) {
    v.span(&mut goal.span);
    expr(&mut goal.payoff, v);
}

fn setting(setting: &mut Setting, v: &mut dyn Visitor) {
    ident(&mut setting.name, Role::Word, v);
    setting.key.iter_mut().for_each(|k| ident(k, Role::Word, v));
    expr(&mut setting.value, v);
}

fn player(p: &mut PlayerItem, v: &mut dyn Visitor) {
    v.span(&mut p.span);
    ident(&mut p.name, Role::Declared, v);
    v.span(&mut p.owned);
    idents(&mut p.owns, Role::Used, v);
    p.within.iter_mut().for_each(|c| call(c, v));
    goal(&mut p.goal, v);
    p.using.iter_mut().for_each(|c| call(c, v));
    p.steps.iter_mut().for_each(|e| expr(e, v));
    p.settings.iter_mut().for_each(|s| setting(s, v));
}

/// Visits an expression and everything inside it.
pub(crate) fn expr(e: &mut Expr, v: &mut dyn Visitor) {
    match &mut e.kind {
        ExprKind::Number { .. } | ExprKind::Text(_) => v.span(&mut e.span),
        ExprKind::Name(name) => v.name(name, &mut e.span, Role::Used),
        ExprKind::Field(a, b) | ExprKind::Before(a, b) => {
            v.span(&mut e.span);
            ident(a, Role::Used, v);
            ident(b, Role::Used, v);
        }
        ExprKind::Call(c) => {
            v.span(&mut e.span);
            call(c, v);
        }
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            v.span(&mut e.span);
            items.iter_mut().for_each(|e| expr(e, v));
        }
        ExprKind::Neg(a) | ExprKind::Expect(a) | ExprKind::Others(a) | ExprKind::Another(a) => {
            v.span(&mut e.span);
            expr(a, v);
        }
        ExprKind::At(x, place) => {
            v.span(&mut e.span);
            ident(x, Role::Used, v);
            expr(place, v);
        }
        ExprKind::Binary(_, a, b) | ExprKind::Range(a, b) | ExprKind::Times(a, b) => {
            v.span(&mut e.span);
            expr(a, v);
            expr(b, v);
        }
        ExprKind::LogProb { model, target, given } => {
            v.span(&mut e.span);
            ident(model, Role::Used, v);
            target.iter_mut().chain(given).for_each(|e| expr(e, v));
        }
        ExprKind::Written(w) => {
            v.span(&mut e.span);
            written(w, v);
        }
        ExprKind::Quantity(a, unit) => {
            v.span(&mut e.span);
            expr(a, v);
            ident(unit, Role::Word, v);
        }
    }
}

fn density(d: &mut Density, v: &mut dyn Visitor) {
    v.span(&mut d.span);
    ident(&mut d.model, Role::Used, v);
    d.targets.iter_mut().chain(&mut d.given).for_each(|e| expr(e, v));
}

fn written(w: &mut Written, v: &mut dyn Visitor) {
    match w {
        Written::Under(q, e) => {
            ident(q, Role::Used, v);
            expr(e, v);
        }
        Written::Divergence(q, p, args) => {
            density(q, v);
            density(p, v);
            for a in args {
                if let Some(key) = &mut a.key {
                    ident(key, Role::Word, v);
                }
                expr(&mut a.value, v);
            }
        }
        Written::Entropy(q) => density(q, v),
        Written::Chain(i, order, p) => {
            ident(i, Role::Used, v);
            call(order, v);
            density(p, v);
        }
        Written::Weights(k, p, q) => {
            expr(k, v);
            density(p, v);
            density(q, v);
        }
    }
}
