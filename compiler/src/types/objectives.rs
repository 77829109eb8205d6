//! Objectives in payoffs: their subjects, what those must have, and their arguments.

use super::consts::{bind, defaults};
use super::expr::{check_inputs, only_in_payoffs};
use super::scope::Scope;
use super::{Bad, Checker, Res, TExpr, TKind};
use crate::diag::{codes, suggest::did_you_mean};
use crate::rows::ParamDecl;
use crate::rows::args::{ArgKind, Args, ParamSpec, within};
use crate::rows::objective::{Demand, ObjectiveRow, Subject};
use crate::span::Span;
use crate::syntax::ast::{Arg, Call, Expr, ExprKind, Ident};
use std::rc::Rc;

/// How `·` and `_` are read: what stands for the value that a critic scores, `D(·, y)`.
pub(super) const HOLE: &str = "_";

/// An objective of a payoff.
#[derive(Clone)]
pub struct TObjective {
    /// The row.
    pub row: &'static dyn ObjectiveRow,
    /// What it is about, in the row's order.
    pub subjects: Vec<TSubject>,
    /// Its arguments but for those in `amounts`.
    pub args: Rc<Args>,
    /// The arguments that are written as numbers or schedules: one number each.
    pub amounts: Vec<(&'static str, TExpr)>,
}

/// What an objective is about.
#[derive(Clone)]
pub enum TSubject {
    /// A model: index.
    Model(usize),
    /// A guide: index.
    Guide(usize),
    /// A net.
    Critic(TCritic),
    /// A value for the critic.
    Input(TExpr),
}

/// A net that scores values.
#[derive(Clone)]
pub struct TCritic {
    /// The net: index.
    pub net: usize,
    /// Where it is named.
    pub span: Span,
    /// What it reads beside the value that it scores, in the order of its inputs.
    pub given: Vec<TExpr>,
}

impl TObjective {
    /// An objective that the compiler supplies, with its default arguments.
    pub fn supplied(row: &'static dyn ObjectiveRow, subjects: Vec<TSubject>, span: Span) -> TObjective {
        TObjective {
            row,
            subjects,
            args: Rc::new(defaults(row.name(), span, row.params())),
            amounts: Vec::new(),
        }
    }
    /// The model that it is about: index.
    pub fn model(&self) -> usize {
        self.find("model", |s| if let TSubject::Model(p) = s { Some(*p) } else { None })
    }
    /// The guide that it is about: index.
    pub fn guide(&self) -> usize {
        self.find("guide", |s| if let TSubject::Guide(q) = s { Some(*q) } else { None })
    }
    /// The critic that it is about.
    pub fn critic(&self) -> &TCritic {
        self.find("critic", |s| if let TSubject::Critic(c) = s { Some(c) } else { None })
    }
    /// The values for its critic.
    pub fn inputs(&self) -> Vec<&TExpr> {
        self.subjects.iter().filter_map(|s| if let TSubject::Input(x) = s { Some(x) } else { None }).collect()
    }
    /// An argument that is written as a number or schedule; `None` where it has its default.
    pub fn amount(&self, name: &str) -> Option<&TExpr> {
        self.amounts.iter().find(|(n, _)| *n == name).map(|(_, x)| x)
    }
    /// The models and guides that it reads.
    pub fn reads(&self) -> impl Iterator<Item = usize> {
        self.subjects.iter().filter_map(|s| match s {
            TSubject::Model(i) | TSubject::Guide(i) => Some(*i),
            TSubject::Critic(_) | TSubject::Input(_) => None,
        })
    }
    /// The expressions directly inside it.
    pub fn children(&self) -> Vec<&TExpr> {
        let critics = self.subjects.iter().filter_map(|s| match s {
            TSubject::Critic(c) => Some(&c.given),
            TSubject::Model(_) | TSubject::Guide(_) | TSubject::Input(_) => None,
        });
        let inside = self.inputs().into_iter().chain(critics.flatten());
        inside.chain(self.amounts.iter().map(|(_, x)| x)).collect()
    }
    fn find<'o, T>(&'o self, what: &str, of: impl Fn(&'o TSubject) -> Option<T>) -> T {
        match self.subjects.iter().find_map(of) {
            Some(found) => found,
            None => panic!("internal: `{}` is asked for its {what}, and has none", self.row.name()),
        }
    }
}

impl Checker<'_> {
    /// `elbo(p, q, beta: 0.5)`
    pub(super) fn objective_call(
        &mut self,
        row: &'static dyn ObjectiveRow,
        c: &Call,
        span: Span,
        scope: &Scope,
    ) -> Res<TExpr> {
        only_in_payoffs(row.name(), "is one number for the whole batch", span, scope)?;
        let scope = &Scope { others: false, ..scope.clone() };
        let (named, plain): (Vec<&Arg>, Vec<&Arg>) = c.args.iter().partition(|a| a.key.is_some());
        let wanted = row.subjects();
        if plain.len() != wanted.len() {
            let words: Vec<&str> = wanted.iter().map(|s| s.words()).collect();
            return Err(codes::e0207::count(row.name(), c.span, plain.len(), &words).into());
        }
        let mut subjects = Vec::new();
        for (subject, a) in wanted.iter().zip(plain) {
            subjects.push(self.subject(*subject, &a.value, scope)?);
        }
        let (args, amounts) = self.objective_args(row, c, &named, scope)?;
        let o = TObjective { row, subjects, args: Rc::new(args), amounts };
        self.demanded(&o, c.span)?;
        Ok(TExpr::real(TKind::Objective(o), Vec::new(), false, span))
    }

    fn subject(&mut self, subject: Subject, e: &Expr, scope: &Scope) -> Res<TSubject> {
        let name = if let ExprKind::Name(n) = &e.kind {
            Some(Ident { name: n.clone(), span: e.span })
        } else {
            None
        };
        match (subject, name) {
            (Subject::Model, Some(id)) => Ok(TSubject::Model(self.model_named(&id)?)),
            (Subject::Guide, Some(id)) => Ok(TSubject::Guide(self.model_named(&id)?)),
            (Subject::Model | Subject::Guide, None) => Err(codes::e0212::model_expected(e.span).into()),
            (Subject::Critic, Some(id)) => self.critic_by_name(&id, scope),
            (Subject::Net, Some(id)) => {
                Ok(TSubject::Critic(TCritic { net: self.critic(&id)?, span: id.span, given: Vec::new() }))
            }
            (Subject::Net, None) => Err(codes::e0705::no_net(e.span).into()),
            (Subject::Critic, None) => self.critic_with_conditions(e, scope),
            (Subject::Input(_), _) => Ok(TSubject::Input(self.expr(e, scope)?)),
        }
    }

    fn critic(&self, id: &Ident) -> Res<usize> {
        if self.broken.contains(&id.name) {
            return Err(Bad::Said);
        }
        self.typed.nets.iter().position(|t| t.name == id.name).ok_or_else(|| {
            let near = did_you_mean(&id.name, self.typed.nets.iter().map(|t| t.name.as_str()));
            codes::e0200::unknown("net", &id.name, id.span, near).into()
        })
    }

    /// `D`: what it reads beside the value that it scores is what has the names of its further inputs, as the conditions of a model are.
    fn critic_by_name(&mut self, id: &Ident, scope: &Scope) -> Res<TSubject> {
        let net = self.critic(id)?;
        let names: Vec<String> = self.further_inputs(net).map(str::to_string).collect();
        let mut given = Vec::new();
        for name in &names {
            let known = scope.vars.contains_key(name) || self.data_var(name).is_some();
            if !known && !self.typed.params.iter().any(|p| p.name == *name) && !self.broken.contains(name) {
                return Err(codes::e0705::condition(&id.name, name, names.len(), id.span).into());
            }
            given.push(self.var(name, id.span, scope)?);
        }
        Ok(TSubject::Critic(TCritic { net, span: id.span, given }))
    }

    /// `D(·, y)`: the dot stands for the value that it scores.
    fn critic_with_conditions(&mut self, e: &Expr, scope: &Scope) -> Res<TSubject> {
        let ExprKind::Call(c) = &e.kind else { return Err(codes::e0705::no_critic(e.span).into()) };
        let is_hole = |a: &Arg| a.key.is_none() && matches!(&a.value.kind, ExprKind::Name(n) if n == HOLE);
        let Some((_, rest)) = c.args.split_first().filter(|(a, _)| is_hole(a)) else {
            return Err(codes::e0705::no_critic(e.span).into());
        };
        let net = self.critic(&c.name)?;
        let given = self.positional(&Call { args: rest.to_vec(), ..c.clone() }, scope)?;
        let names: Vec<&str> = self.typed.net(net).inputs.iter().map(|(n, ..)| n.as_str()).collect();
        if given.len() + 1 != names.len() {
            return Err(codes::e0207::count(&c.name.name, c.span, given.len() + 1, &names).into());
        }
        Ok(TSubject::Critic(TCritic { net, span: c.name.span, given }))
    }

    /// The names of a net's inputs after the first.
    fn further_inputs(&self, net: usize) -> impl Iterator<Item = &str> {
        self.typed.net(net).inputs.iter().skip(1).map(|(n, ..)| n.as_str())
    }

    /// The named arguments: those that may be schedules as expressions, the others as constants.
    fn objective_args(
        &mut self,
        row: &'static dyn ObjectiveRow,
        c: &Call,
        named: &[&Arg],
        scope: &Scope,
    ) -> Res<(Args, Vec<(&'static str, TExpr)>)> {
        let spec = |a: &Arg| row.params().iter().find(|p| a.key.as_ref().is_some_and(|k| k.name == p.name));
        let mut amounts: Vec<(&'static str, TExpr)> = Vec::new();
        let mut constants = Vec::new();
        for a in named {
            match spec(a) {
                Some(p) if let ArgKind::Scheduled(lo, hi) = p.kind => {
                    if amounts.iter().any(|(n, _)| *n == p.name) {
                        return Err(codes::e0207::twice(row.name(), p.name, a.value.span).into());
                    }
                    amounts.push((p.name, self.amount(row, p, (lo, hi), &a.value, scope)?));
                }
                Some(_) | None => constants.push((*a).clone()),
            }
        }
        let args = bind(&self.consts, row.params(), &Call { args: constants, ..c.clone() })?;
        Ok((args, amounts))
    }

    /// An argument that is a number or a schedule: one for all examples, and not known to leave its range.
    fn amount(
        &mut self,
        row: &dyn ObjectiveRow,
        p: &ParamSpec,
        (lo, hi): (f64, f64),
        e: &Expr,
        scope: &Scope,
    ) -> Res<TExpr> {
        let x = self.expr(e, scope)?;
        if !x.ty.shape.is_empty() || x.batched {
            return Err(codes::e0211::not_one_number(x.span, &x.ty.shape_text()).into());
        }
        let outside = match (&x.kind, x.support().ends()) {
            (TKind::Schedule(i), _) => self.schedule_leaves(*i, lo, hi),
            (_, (least, most)) => most < lo || least > hi,
        };
        if outside {
            let want = format!("{}, or a schedule of such numbers", within(lo, hi));
            return Err(codes::e0205::wrong_kind(row.name(), p.name, x.span, "this", &want).into());
        }
        Ok(x)
    }

    /// What an objective needs of its subjects.
    fn demanded(&mut self, o: &TObjective, at: Span) -> Res<()> {
        match o.row.demands() {
            Demand::Density => self.wants_exact(o.model(), at),
            Demand::Guide => self.wants_guide(o.model(), o.guide(), at),
            Demand::Latent => self.wants_latent(o.model(), o.guide(), at),
            Demand::Weights => {
                self.wants_guide(o.model(), o.guide(), at)?;
                self.wants_weights(o.model(), o.guide(), at)
            }
            Demand::Noise => {
                self.wants_guide(o.model(), o.guide(), at)?;
                self.wants_noise(o.model(), o.guide(), at)
            }
            Demand::Critic => self.wants_critic(o),
            Demand::Weighted => self.wants_weighted(o),
        }
    }

    /// No draw of the guide that stands for one of the model is relaxed.
    fn wants_weights(&self, p: usize, q: usize, at: Span) -> Res<()> {
        let (m, g) = (self.typed.model(p), self.typed.model(q));
        match g.sites.iter().find(|s| m.proposed(s).is_some() && super::guide::relaxed(s)) {
            Some(s) => Err(codes::e0303::relaxed_weight(&s.name, s.value_span, at).into()),
            None => Ok(()),
        }
    }

    /// Some layer of the net has a weight to train.
    fn wants_weighted(&self, o: &TObjective) -> Res<()> {
        let TCritic { net, span, .. } = o.critic();
        let net = self.typed.net(*net);
        match net.chain.params().iter().any(ParamDecl::is_weight) {
            true => Ok(()),
            false => Err(codes::e0705::without_weights(&net.name, *span, net.span).into()),
        }
    }

    /// A critic sees each example alone and takes the values that it is asked about.
    fn wants_critic(&self, o: &TObjective) -> Res<()> {
        let TCritic { net, span, given } = o.critic();
        let critic = self.typed.net(*net);
        if let Some(layer) = critic.mixes_batch() {
            return Err(codes::e0705::mixes(&critic.name, *span, layer).into());
        }
        for x in o.inputs() {
            check_inputs(
                &critic.name,
                &[std::slice::from_ref(x), given.as_slice()].concat(),
                critic.inputs.iter().map(|(n, t, s)| (n.as_str(), t, *s)),
                critic.at_ends.is_some(),
                x.span,
            )?;
        }
        Ok(())
    }
}
