//! What is legal and hardly meant: a probability used as a logit, a mean beside a sum, data and samples of different ranges before one critic.

use super::{Checker, TExpr, TKind, TSiteKind, Typed, density, text};
use crate::diag::{Diag, codes};
use crate::event::Kind;
use crate::interval::Interval;
use crate::rows::DistRow;
use crate::rows::objective::Demand;
use crate::span::Span;
use crate::syntax::ast::BinOp;

/// How many times a sum may outweigh a mean, measured by what it would weigh beside a sum, before it is told.
const OUTWEIGHS: f64 = 4.0;

/// How far apart ends of ranges may lie, as a part of the wider one.
const APART: f64 = 0.1;

/// Whether values lie between 0 and 1 and are no constant.
fn probability(e: &TExpr) -> bool {
    let unit = Interval::REALS.between(0.0, 1.0);
    !matches!(e.ty.kind, Kind::Class(_)) && e.range().constant().is_none() && e.range().inside(unit)
}

/// What an expression is: of a site in time the expression of each statement.
fn at_any_time(e: &TExpr) -> Vec<&TExpr> {
    if let TKind::Along(pieces) = &e.kind { pieces.iter().map(|p| &p.value).collect() } else { vec![e] }
}

/// The argument of a function of logits that is given a probability, sign apart.
fn taken_for_logit(e: &TExpr) -> Option<&TExpr> {
    let arg = match &e.kind {
        TKind::Map { row, arg, .. } if row.of_logits() => arg,
        TKind::Fn { row, args } if row.of_logits() => args.first()?,
        TKind::Map { .. } | TKind::Fn { .. } => return None,
        TKind::Const(_)
        | TKind::Schedule(_)
        | TKind::Data(_)
        | TKind::Sample(..)
        | TKind::Var(_)
        | TKind::Before(..) => {
            return None;
        }
        TKind::At(..) | TKind::Time(_) | TKind::Along(_) => {
            return None;
        }
        TKind::Param(_) | TKind::Let(_) | TKind::Net { .. } | TKind::Flow { .. } | TKind::Neg(_) => {
            return None;
        }
        TKind::Binary(..) | TKind::Expect(_) | TKind::LogProb { .. } | TKind::Objective(_) => return None,
        TKind::Grad { .. } | TKind::Corrupt { .. } => return None,
        TKind::Kept(_) | TKind::Others(_) | TKind::Another(_) => return None,
    };
    let inner = if let TKind::Neg(inner) = &arg.kind { inner } else { arg };
    probability(inner).then_some(inner)
}

/// One summand of a payoff: how much of it there is, and where it is written.
struct Term<'t> {
    e: &'t TExpr,
    weight: f64,
    at: Span,
}

/// A mean over elements of data.
struct Mean<'t> {
    term: Term<'t>,
    elements: usize,
}

impl Typed {
    /// Visits an expression and everything inside it, each with the place in the file of the whole that it belongs to: that of the call where it
    /// stands in a `fn` of another file.
    fn walk_placed<'t>(&'t self, e: &'t TExpr, at: Span, f: &mut dyn FnMut(&'t TExpr, Span)) {
        let at = if e.span.file == at.file { e.span } else { at };
        f(e, at);
        self.children(e).into_iter().for_each(|c| self.walk_placed(c, at, f));
    }

    /// The summands of a payoff with their weights, as far as those are numbers.
    fn terms<'t>(&'t self, e: &'t TExpr, weight: f64, at: Span, out: &mut Vec<Term<'t>>) {
        let at = if e.span.file == at.file { e.span } else { at };
        let size = |e: &TExpr| {
            let (lo, hi) = e.support().ends();
            let most = lo.abs().max(hi.abs());
            (most.is_finite() && most > 0.0 && !e.batched).then_some(most)
        };
        match &e.kind {
            TKind::Binary(BinOp::Add | BinOp::Sub, a, b) => {
                self.terms(a, weight, at, out);
                self.terms(b, weight, at, out);
            }
            TKind::Neg(a) => self.terms(a, weight, at, out),
            TKind::Binary(BinOp::Mul, a, b) => match (size(a), size(b)) {
                (Some(w), _) => self.terms(b, weight * w, at, out),
                (None, Some(w)) => self.terms(a, weight * w, at, out),
                (None, None) => {}
            },
            TKind::Binary(BinOp::Div, a, b) => {
                if let Some(w) = b.range().constant() {
                    self.terms(a, weight / w.abs(), at, out);
                }
            }
            TKind::Let(_) => self.children(e).into_iter().for_each(|c| self.terms(c, weight, at, out)),
            TKind::Expect(_) | TKind::Objective(_) => out.push(Term { e, weight, at }),
            TKind::Binary(BinOp::Pow, ..) | TKind::Const(_) | TKind::Schedule(_) | TKind::Data(_) => {}
            TKind::Sample(..)
            | TKind::Var(_)
            | TKind::Before(..)
            | TKind::At(..)
            | TKind::Time(_)
            | TKind::Along(_)
            | TKind::Param(_)
            | TKind::Net { .. }
            | TKind::Flow { .. } => {}
            TKind::Map { .. } | TKind::Fn { .. } | TKind::LogProb { .. } => {}
            TKind::Grad { .. } | TKind::Corrupt { .. } => {}
            TKind::Kept(_) | TKind::Others(_) | TKind::Another(_) => {}
        }
    }

    /// Over how many elements of a datum an expectation averages, where it compares data; 1 where over none.
    fn averaged(&self, e: &TExpr) -> usize {
        let TKind::Expect(inner) = &e.kind else { return 1 };
        let inside = match &inner.kind {
            TKind::Fn { row, args } if row.averages() => args.first(),
            TKind::Fn { .. } | TKind::Map { .. } | TKind::Binary(..) | TKind::Neg(_) => Some(&**inner),
            TKind::Const(_)
            | TKind::Schedule(_)
            | TKind::Data(_)
            | TKind::Sample(..)
            | TKind::Var(_)
            | TKind::Before(..) => None,
            TKind::At(..) | TKind::Time(_) | TKind::Along(_) => None,
            TKind::Param(_) | TKind::Let(_) | TKind::Net { .. } | TKind::Flow { .. } => None,
            TKind::Expect(_) | TKind::LogProb { .. } | TKind::Objective(_) => None,
            TKind::Grad { .. } | TKind::Corrupt { .. } => None,
            TKind::Kept(_) | TKind::Others(_) | TKind::Another(_) => None,
        };
        inside.filter(|e| self.compares_data(e, &e.ty.shape)).map_or(1, |e| e.ty.size())
    }

    /// Whether data of this shape stand in an expression outside of nets and flows.
    fn compares_data(&self, e: &TExpr, shape: &[usize]) -> bool {
        match &e.kind {
            TKind::Data(_) => e.ty.shape == shape,
            TKind::Net { .. } | TKind::Flow { .. } => false,
            TKind::Const(_)
            | TKind::Schedule(_)
            | TKind::Sample(..)
            | TKind::Var(_)
            | TKind::Before(..)
            | TKind::At(..)
            | TKind::Time(_)
            | TKind::Along(_)
            | TKind::Param(_) => false,
            TKind::Let(_) | TKind::Map { .. } | TKind::Fn { .. } | TKind::Neg(_) | TKind::Binary(..) => {
                self.children(e).into_iter().any(|c| self.compares_data(c, shape))
            }
            TKind::Expect(_) | TKind::LogProb { .. } | TKind::Objective(_) => false,
            TKind::Grad { .. } | TKind::Corrupt { .. } => false,
            TKind::Kept(_) | TKind::Others(_) | TKind::Another(_) => false,
        }
    }

    /// Whether a term adds up what all elements of sites say, in nats.
    fn sums(&self, e: &TExpr) -> bool {
        if let TKind::Objective(o) = &e.kind {
            return !matches!(o.row.demands(), Demand::Critic | Demand::Weighted);
        }
        let mut found = false;
        self.walk(e, &mut |e| found |= matches!(e.kind, TKind::LogProb { .. }));
        found
    }
}

impl Checker<'_> {
    /// Warns of what is legal and hardly meant.
    pub(super) fn scales(&mut self) {
        if !self.broken.is_empty() || super::failed(&self.diags) {
            return;
        }
        let mut diags = self.logits();
        for p in &self.typed.train.players {
            diags.extend(self.mean_beside_sum(&p.payoff));
        }
        diags.extend(self.ranges_before_critics());
        diags.dedup();
        for d in diags {
            if !self.diags.contains(&d) {
                self.diags.push(d);
            }
        }
    }

    /// Probabilities used as logits: as `logits:` of a distribution, and in functions of logits of payoffs.
    fn logits(&self) -> Vec<Diag> {
        let mut diags = Vec::new();
        let drawn = self.typed.models.iter().flat_map(|m| &m.sites).filter_map(|s| match &s.kind {
            TSiteKind::Draw(d) => Some(d),
            TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
        });
        for d in drawn {
            for (spec, e) in d.row.dist_params().iter().zip(&d.params) {
                let given = e.as_ref().filter(|_| spec.name == "logits").map_or(Vec::new(), at_any_time);
                for e in given.into_iter().filter(|e| probability(e)) {
                    let value = text::plain(&self.typed, e);
                    let probs = d.row.dist_params().iter().any(|s| s.name == "probs");
                    let row: &dyn DistRow = d.row;
                    diags.push(codes::w0307::parameter(row.name(), &value, e.span, e.origin, probs));
                }
            }
        }
        // Of one critic once, however often it scores.
        let mut told: Vec<Span> = Vec::new();
        for p in &self.typed.train.players {
            self.typed.walk_placed(&p.payoff, p.payoff.span, &mut |e, at| {
                if let Some(s) = taken_for_logit(e) {
                    let from = s.origin.unwrap_or(at);
                    if !told.contains(&from) {
                        told.push(from);
                        diags.push(codes::w0307::score(&text::plain(&self.typed, s), at, s.origin));
                    }
                }
            });
        }
        diags
    }

    /// A mean over the elements of data added to a sum that outweighs it.
    fn mean_beside_sum(&self, payoff: &TExpr) -> Option<Diag> {
        let mut terms = Vec::new();
        self.typed.terms(payoff, 1.0, payoff.span, &mut terms);
        let (sums, others): (Vec<Term<'_>>, Vec<Term<'_>>) =
            terms.into_iter().partition(|t| self.typed.sums(t.e));
        let mean = others
            .into_iter()
            .map(|term| Mean { elements: self.typed.averaged(term.e), term })
            .filter(|m| m.elements > 1)
            .max_by(|a, b| a.term.weight.total_cmp(&b.term.weight))?;
        let sum = sums.into_iter().max_by(|a, b| a.weight.total_cmp(&b.weight))?;
        let times = mean.elements as f64 * sum.weight / mean.term.weight;
        let name = text::plain(&self.typed, sum.e);
        (times > OUTWEIGHS)
            .then(|| codes::w0710::outweighs(mean.term.at, mean.elements, (&name, sum.at), times))
    }

    /// Nets that are given data and what nets make in their place, in ranges that differ.
    fn ranges_before_critics(&self) -> Vec<Diag> {
        let mut calls: Vec<(usize, &TExpr, Span)> = Vec::new();
        for p in &self.typed.train.players {
            self.typed.walk_placed(&p.payoff, p.payoff.span, &mut |e, at| {
                if let TKind::Net { net, args, .. } = &e.kind
                    && let Some(x) = args.first()
                {
                    calls.push((*net, x, if x.span.file == at.file { x.span } else { at }));
                }
            });
        }
        let mut diags = Vec::new();
        // Weights from a file do not learn to tell anything apart.
        let learns = |net: usize| self.typed.net(net).frozen.is_none();
        for (net, x, at) in calls.iter().filter(|c| learns(c.0)) {
            let (data, drawn) = (self.typed.is_data(x), self.typed.is_drawn(x));
            // Data that are declared as any numbers may lie anywhere; draws are known to.
            let differs = |made: &TExpr| {
                data && apart(x.range(), made.range()) || drawn && apart(made.range(), x.range())
            };
            let other = calls.iter().find(|c| c.0 == *net && self.typed.is_made(c.1) && differs(c.1));
            if let Some((_, made, made_at)) = other {
                let net = self.typed.net(*net);
                let name = |e| text::plain(&self.typed, e);
                let say = |e: &TExpr| e.support().describe();
                let (a, b) = ((name(x), say(x)), (name(made), say(made)));
                let (real, made) =
                    ((a.0.as_str(), a.1.as_str(), *at), (b.0.as_str(), b.1.as_str(), *made_at, made.origin));
                diags.push(codes::w0308::ranges(&net.name, real, made, drawn));
            }
        }
        diags
    }
}

/// Whether two ranges differ clearly: the first has two ends, and the other lacks one or has it elsewhere.
fn apart(data: Interval, made: Interval) -> bool {
    let (a, b) = ((data.lo().at, data.hi().at), (made.lo().at, made.hi().at));
    let wide = (a.1 - a.0).max(b.1 - b.0);
    (a.1 - a.0).is_finite()
        && ((a.0 - b.0).abs() > APART * wide || (a.1 - b.1).abs() > APART * wide || wide.is_infinite())
}

impl Typed {
    /// A data variable, perhaps by the name of a `let`, of numbers.
    fn is_data(&self, e: &TExpr) -> bool {
        if let TKind::Let(_) = &e.kind {
            return self.children(e).into_iter().any(|x| self.is_data(x));
        }
        !matches!(e.ty.kind, Kind::Class(_)) && matches!(e.kind, TKind::Data(_))
    }

    /// A sample of what a model draws, by itself.
    fn is_drawn(&self, e: &TExpr) -> bool {
        if let TKind::Let(_) = &e.kind {
            return self.children(e).into_iter().any(|x| self.is_drawn(x));
        }
        let TKind::Sample(m, s) = &e.kind else { return false };
        let model = self.models.iter().find(|t| t.name == *m && !t.guide);
        let site = model.and_then(|m| m.site(s));
        site.is_some_and(|s| matches!(s.kind, TSiteKind::Draw(_)) && !s.ty.kind.discrete())
    }

    /// What nets make: their output, or a sample that is computed.
    fn is_made(&self, e: &TExpr) -> bool {
        let computed = |m: &str, s: &str| {
            let model = self.models.iter().find(|t| t.name == m);
            let site = model.and_then(|m| m.site(s));
            site.is_some_and(|s| !matches!(s.kind, TSiteKind::Draw(_)) && !density::expressions(s).is_empty())
        };
        if let TKind::Let(_) = &e.kind {
            return self.children(e).into_iter().any(|x| self.is_made(x));
        }
        if let TKind::Sample(m, s) = &e.kind {
            return computed(m, s);
        }
        matches!(e.kind, TKind::Net { .. } | TKind::Map { .. })
    }
}
