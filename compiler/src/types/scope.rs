//! What names mean at one place of a model, a guide, a payoff or a `fn`.

use super::TExpr;
use super::time::Clock;
use crate::event::EventTy;
use crate::span::Span;
use crate::syntax::ast::BindSite;
use std::collections::BTreeMap;

/// The site that is being typed, for what stands in its distribution.
#[derive(Clone)]
pub struct Drawn {
    /// The site, its index, and where its name stands.
    pub name: (String, String, Span),
    /// The type of what its earlier elements are read as.
    pub ty: EventTy,
}

impl Drawn {
    /// For messages.
    pub fn told(&self) -> (&str, &str, Span) {
        (&self.name.0, &self.name.1, self.name.2)
    }
}

/// What names mean at one place.
#[derive(Clone, Default)]
pub struct Scope {
    /// Local names: sites, conditions, lets, arguments of a `fn`.
    pub vars: BTreeMap<String, TExpr>,
    /// Inside a model or guide of this name: data is visible only through its conditions.
    pub model: Option<String>,
    /// Inside a guide.
    pub guide: bool,
    /// Inside a guide `q[x]`: the data item whose data have free parameters of their own.
    pub each: Option<usize>,
    /// Inside the distribution of a site that is drawn in an order.
    pub ordered: Option<Drawn>,
    /// Lines that read earlier elements, each with the variable whose elements they are, until that is drawn.
    pub pending: Vec<(String, BindSite)>,
    /// The `fn`s whose bodies this stands in, from the outermost on.
    pub calls: Vec<String>,
    /// Inside of `E'[..]`, where a prime stands for another example.
    pub others: bool,
    /// The call, inside of an `E'[..]`, whose arguments are of one example only.
    pub alone: Option<&'static str>,
    /// Inside the distribution of a site in time.
    pub clock: Option<Clock>,
}

impl Scope {
    /// The same for the arguments of a call that is about one example, even inside of `E'[..]`.
    pub fn of_one(&self, call: &'static str) -> Scope {
        let alone = if self.others { Some(call) } else { self.alone };
        Scope { others: false, alone, ..self.clone() }
    }
}
