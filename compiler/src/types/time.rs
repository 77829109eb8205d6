//! Time: the first axis of a site that statements such as `z[t in 1..T] ~ Normal(f(z[t - 1]), s)` draw.

use super::{TDist, TExpr, TKind};
use crate::diag::codes::e0604;
use crate::event::EventTy;
use crate::rows::order::Order;
use crate::syntax::ast::Ident;
use std::fmt;

/// The statement in time whose distribution is being typed.
#[derive(Clone)]
pub struct Clock {
    /// The site that it draws.
    pub site: Ident,
    pub(super) times: Times,
    /// What one time of the site is read as, once that is known.
    pub(super) step: Option<EventTy>,
    /// How many times the site has.
    pub(super) length: usize,
}

impl Clock {
    /// For messages.
    pub fn told(&self) -> e0604::Statement<'_> {
        e0604::Statement {
            site: &self.site.name,
            at: self.site.span,
            index: self.times.index.as_deref(),
            reverse: self.times.reverse,
        }
    }
}

/// The times of one statement, ascending as numbers: `from` up to, but not including, `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    /// The name of the time; none where the statement is about one time, `z[0] ~ ..`.
    pub index: Option<String>,
    /// The first one.
    pub from: usize,
    /// One past the last one.
    pub to: usize,
    /// Drawn from the last to the first.
    pub reverse: bool,
}

impl Times {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.to.saturating_sub(self.from)
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The times in the order in which they are drawn.
    pub fn in_order(&self) -> Vec<usize> {
        match self.reverse {
            true => (self.from..self.to).rev().collect(),
            false => (self.from..self.to).collect(),
        }
    }
    /// As LaTeX: the name and where it lies.
    pub fn latex(&self) -> String {
        format!(
            "{}={}, \\dots, {}",
            self.index.as_deref().unwrap_or("t"),
            self.from,
            self.to.saturating_sub(1)
        )
    }
}

impl fmt::Display for Times {
    /// As it is written between the brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Times { from, to, .. } = self;
        match (&self.index, self.reverse) {
            (None, _) => write!(f, "{from}"),
            (Some(t), false) => write!(f, "{t} in {from}..{to}"),
            (Some(t), true) => write!(f, "{t} in reverse({from}..{to})"),
        }
    }
}

/// Which element along the first axis is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The same one always.
    Fixed(usize),
    /// That of the time of the statement, so much later: its name, and -1 for `t - 1`.
    Shifted(String, isize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Fixed(n) => write!(f, "{n}"),
            Place::Shifted(t, 0) => f.write_str(t),
            Place::Shifted(t, by) if *by < 0 => write!(f, "{t} - {}", by.unsigned_abs()),
            Place::Shifted(t, by) => write!(f, "{t} + {by}"),
        }
    }
}

impl Place {
    /// The element that is read at time `t`; what lies before the first one is none.
    pub fn at(&self, t: usize) -> Option<usize> {
        match self {
            Place::Fixed(n) => Some(*n),
            Place::Shifted(_, by) => t.checked_add_signed(*by),
        }
    }
}

/// An expression at some times.
#[derive(Clone)]
pub struct TPiece {
    /// The times.
    pub times: Times,
    /// What it is at each of them.
    pub value: TExpr,
}

/// How a site in time is drawn.
#[derive(Clone)]
pub struct TTime {
    /// The times of its statements, in the order of the text; together each time once.
    pub pieces: Vec<Times>,
    /// For each statement whether it reads the site itself at other times, so that its times are drawn one after the other.
    pub reads_own: Vec<bool>,
    /// The shape of the site at one time.
    pub step: Vec<usize>,
}

impl TTime {
    /// Whether some time is drawn given another one.
    pub fn chained(&self) -> bool {
        self.reads_own.contains(&true)
    }
    /// The statement that draws time `t`.
    pub fn of(&self, t: usize) -> Option<usize> {
        self.pieces.iter().position(|p| (p.from..p.to).contains(&t))
    }
    /// How many times there are.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(Times::len).sum()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Whether an expression reads the site that it is a parameter of.
pub fn reads_own(e: &TExpr) -> bool {
    let mut found = false;
    e.walk(&mut |e| found |= matches!(e.kind, TKind::Before(..)));
    found
}

impl TDist {
    /// Whether its elements are drawn one after the other, each given earlier ones.
    pub fn sequential(&self) -> bool {
        self.order.is_some() || self.time.as_ref().is_some_and(|t| t.chained())
    }
    /// The places of its elements in the order in which they are drawn, where they are drawn one after the other.
    pub fn places(&self) -> Option<Order> {
        match (&self.order, &self.time) {
            (Some(o), _) => Some(o.order.clone()),
            (None, Some(t)) if t.chained() => {
                let all: Vec<usize> = t.pieces.iter().flat_map(Times::in_order).collect();
                Some(Order::along_first(all.len(), (!all.is_sorted()).then_some(all)))
            }
            (None, _) => None,
        }
    }
    /// The distribution of statement `k` of a site in time, at one time.
    pub fn piece(&self, k: usize) -> TDist {
        let of = |p: &Option<TExpr>| p.as_ref().map(|e| at_piece(e, k).clone());
        TDist { params: self.params.iter().map(of).collect(), time: None, ..self.clone() }
    }
}

/// What a parameter of a site in time is in statement `k`.
pub fn at_piece(e: &TExpr, k: usize) -> &TExpr {
    if let TKind::Along(pieces) = &e.kind { pieces.get(k).map_or(e, |p| &p.value) } else { e }
}
