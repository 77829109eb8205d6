//! The numbers of a payoff that are set rather than trained: factors such as `beta`, and schedules.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "few forms of expression are numbers that are known; all others are alike"
)]

use super::{TExpr, TKind, Typed};
use crate::rows::Progress;
use crate::syntax::ast::BinOp;

/// Names and values.
type Amounts = Vec<(String, f64)>;

impl Typed {
    /// What a payoff is weighted with when training stands at `at`: the arguments of its objectives that are written, by name, and
    /// the schedules outside of them, as they are written.
    pub fn amounts(&self, payoff: &TExpr, at: Progress) -> Amounts {
        let mut out = Amounts::new();
        self.collect_amounts(payoff, at, &mut out);
        out
    }

    fn collect_amounts(&self, e: &TExpr, at: Progress, out: &mut Amounts) {
        let found = match &e.kind {
            TKind::Objective(o) => {
                let known =
                    |(name, x): &(&'static str, TExpr)| Some(((*name).to_string(), self.known(x, at)?));
                o.amounts.iter().filter_map(known).collect()
            }
            TKind::Schedule(i) => {
                let text = self.schedule(*i).text.clone();
                self.known(e, at).map(|value| (text, value)).into_iter().collect()
            }
            TKind::Corrupt { schedules, .. } => {
                schedules.iter().map(|(name, i)| (name.clone(), self.schedule(*i).value(at))).collect()
            }
            _ => Amounts::new(),
        };
        for one in found {
            if !out.contains(&one) {
                out.push(one);
            }
        }
        for child in self.children(e) {
            // An argument that is known has been told by its name.
            let told = matches!(&e.kind, TKind::Objective(o)
                if o.amounts.iter().any(|(_, x)| std::ptr::eq(x, child) && self.known(x, at).is_some()));
            if !told {
                self.collect_amounts(child, at, out);
            }
        }
    }

    /// The value of an expression of numbers and schedules.
    fn known(&self, e: &TExpr, at: Progress) -> Option<f64> {
        match &e.kind {
            TKind::Const(x) => Some(*x),
            TKind::Schedule(i) => Some(self.schedule(*i).value(at)),
            TKind::Let(i) => self.known(&self.bound(*i).1, at),
            TKind::Neg(a) => Some(-self.known(a, at)?),
            TKind::Binary(op, a, b) => {
                let (a, b) = (self.known(a, at)?, self.known(b, at)?);
                match op {
                    BinOp::Add => Some(a + b),
                    BinOp::Sub => Some(a - b),
                    BinOp::Mul => Some(a * b),
                    BinOp::Div => Some(a / b),
                    BinOp::Pow => Some(a.powf(b)),
                }
            }
            _ => None,
        }
    }
}
