//! What players of a game say of data and of samples: terms such as `E[softplus(-D(x))]`, of which the estimates of divergences are made.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::{TExpr, TKind, TPlayer, Typed, text};

/// How a critic's score of something enters a payoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `E[softplus(-s)]`: -log D.
    SaysReal,
    /// `E[softplus(s)]`: -log(1 - D).
    SaysFake,
    /// `E[s]`.
    Plain,
    /// Any other function of the score and of numbers, such as `E[(s - 1)^2]` and `E[relu(1 - s)]`.
    Other,
}

/// A term of a payoff: what a critic says of data, or of something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    /// The net: index.
    pub critic: usize,
    /// How.
    pub form: Form,
    /// Of data.
    pub data: bool,
    /// The term as it is reported, without a sign.
    pub term: String,
}

impl Typed {
    /// The terms of a payoff that are a critic's scores, in the order of the text.
    pub fn scored(&self, p: &TPlayer) -> Vec<Scored> {
        let mut found = Vec::new();
        self.walk(&p.payoff, &mut |e| found.extend(self.scored_term(e)));
        found
    }

    fn scored_term(&self, e: &TExpr) -> Option<Scored> {
        let TKind::Expect(inner) = &e.kind else { return None };
        let inner = match &inner.kind {
            TKind::Fn { row, args } if row.averages() => args.first()?,
            _ => inner,
        };
        let (form, score) = match &inner.kind {
            TKind::Map { row, arg, .. } if row.name() == "softplus" => match &arg.kind {
                TKind::Neg(s) => (Form::SaysReal, &**s),
                _ => (Form::SaysFake, &**arg),
            },
            _ => (Form::Plain, inner),
        };
        let (form, score) = match self.stands_for(score) {
            net if matches!(net.kind, TKind::Net { .. }) => (form, net),
            other => (Form::Other, self.only_score(other)?),
        };
        let TKind::Net { net, args, .. } = &score.kind else { return None };
        let data = self.of_data(args.first()?);
        Some(Scored { critic: *net, form, data, term: text::plain(self, e) })
    }

    /// The one net that an expression is a function of, beside numbers.
    fn only_score<'t>(&'t self, e: &'t TExpr) -> Option<&'t TExpr> {
        match &e.kind {
            TKind::Net { .. } => Some(e),
            TKind::Let(_) => self.only_score(self.children(e).first()?),
            TKind::Neg(a) | TKind::Map { arg: a, .. } => self.only_score(a),
            TKind::Binary(_, a, b) => match (&a.kind, &b.kind) {
                (TKind::Const(_), _) => self.only_score(b),
                (_, TKind::Const(_)) => self.only_score(a),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a `let` stands for.
    fn stands_for<'t>(&'t self, e: &'t TExpr) -> &'t TExpr {
        match (&e.kind, self.children(e).first()) {
            (TKind::Let(_), Some(x)) => self.stands_for(x),
            _ => e,
        }
    }

    fn of_data(&self, e: &TExpr) -> bool {
        match &self.stands_for(e).kind {
            TKind::Data(_) => true,
            TKind::Corrupt { arg, .. } => self.of_data(arg),
            _ => false,
        }
    }
}
