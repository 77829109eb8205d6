//! Compile-time arguments of rows: `dense(256)`, `conv(64, k: 3)`, `couple(parity(i), affine)`, `adam(lr: cosine(1e-3 -> 1e-5))`.

use crate::diag::Diag;
use crate::span::Span;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A value known when the spec is compiled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Const {
    /// A whole number.
    Int(i64),
    /// A number.
    Num(f64),
    /// A word: `affine`, `A`, `same`.
    Word(String),
    /// `"faces"`
    Text(String),
    /// `(0, 0.9)` or `[1, 2]`
    List(Vec<Const>),
    /// `parity(3)`, `cosine(1e-3 -> 1e-5)`
    Call(ConstCall),
    /// `0 -> 1`
    Range(Box<Const>, Box<Const>),
    /// `10 epochs`
    Quantity(Box<Const>, String),
}

/// A call all of whose arguments are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConstCall {
    /// What is called.
    pub name: String,
    /// Arguments, named or not.
    pub args: Vec<(Option<String>, Const)>,
    /// Where.
    pub span: Span,
}

impl Const {
    /// As a number, where it is one.
    pub fn num(&self) -> Option<f64> {
        match self {
            Const::Int(i) => Some(*i as f64),
            Const::Num(x) => Some(*x),
            Const::Word(_)
            | Const::Text(_)
            | Const::List(_)
            | Const::Call(_)
            | Const::Range(..)
            | Const::Quantity(..) => None,
        }
    }
}

impl fmt::Display for Const {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Const::Int(i) => write!(f, "{i}"),
            Const::Num(x) => write!(f, "{x}"),
            Const::Word(w) => write!(f, "{w}"),
            Const::Text(t) => write!(f, "{t:?}"),
            Const::List(l) => {
                let parts: Vec<String> = l.iter().map(ToString::to_string).collect();
                write!(f, "({})", parts.join(", "))
            }
            Const::Call(c) => {
                let parts: Vec<String> = c
                    .args
                    .iter()
                    .map(|(k, v)| k.as_ref().map_or_else(|| v.to_string(), |k| format!("{k}: {v}")))
                    .collect();
                write!(f, "{}({})", c.name, parts.join(", "))
            }
            Const::Range(a, b) => write!(f, "{a} -> {b}"),
            Const::Quantity(a, u) => write!(f, "{a} {u}"),
        }
    }
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ArgKind {
    /// A whole number of at least this much.
    Int(i64),
    /// A number within these ends (inclusive).
    Num(f64, f64),
    /// A number, or a schedule call whose values lie within these ends.
    Scheduled(f64, f64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Quoted text.
    Text,
    /// One or two whole numbers of at least this much: `3` or `(3, 5)`.
    Pair(i64),
    /// Two numbers within these ends (inclusive): `(0, 0.9)`.
    NumPair(f64, f64),
    /// A list of whole numbers or texts.
    List,
    /// A range `a -> b` of numbers.
    Range,
    /// `10 epochs`, `500 steps`, or a plain number of steps.
    Duration,
    /// A mask, shape or other word with arguments of its own: `parity(3)`, `halves`, `A`; the row reads it.
    Any,
}

/// A number within these ends, in words.
pub fn within(lo: f64, hi: f64) -> String {
    match (lo == f64::NEG_INFINITY, hi == f64::INFINITY) {
        (true, true) => "a number".to_string(),
        (true, false) => format!("a number of at most {}", plain(hi)),
        (false, true) => format!("a number of at least {}", plain(lo)),
        (false, false) => format!("a number between {} and {}", plain(lo), plain(hi)),
    }
}

/// A number as one would write it.
fn plain(x: f64) -> String {
    if x != 0.0 && !(1e-4..1e7).contains(&x.abs()) { format!("{x:e}") } else { x.to_string() }
}

impl ArgKind {
    /// What it may be, in words.
    pub fn wants(self) -> String {
        match self {
            ArgKind::Int(least) => format!("a whole number of at least {least}"),
            ArgKind::Num(lo, hi) => within(lo, hi),
            ArgKind::Scheduled(lo, hi) => {
                format!("{}, or a schedule such as `cosine(1e-3 -> 1e-5)`", within(lo, hi))
            }
            ArgKind::Word(words) => format!("one of `{}`", words.join("`, `")),
            ArgKind::Text => "text in quotes".into(),
            ArgKind::Pair(least) => format!("one or two whole numbers of at least {least}"),
            ArgKind::NumPair(lo, hi) => {
                format!("a pair such as `(0.9, 0.999)`, each of them {}", within(lo, hi))
            }
            ArgKind::List => "a list, as in `[1, 2]`".into(),
            ArgKind::Range => "a range, as in `0 -> 1`".into(),
            ArgKind::Duration => "a duration above 0, as in `10 epochs` or `500 steps`".into(),
            ArgKind::Any => "a value".into(),
        }
    }
}

/// One compile-time argument of a row.
#[derive(Clone, Copy, Debug)]
pub struct ParamSpec {
    /// Its name: `k`, `stride`.
    pub name: &'static str,
    /// What it may be.
    pub kind: ArgKind,
    /// Its value when it is not written, as it would be written (`"1"`, `"same"`, `"(0.9, 0.999)"`); `None`: required.
    /// `Some("")` means absent: [`Args::get`] answers `None`.
    pub default: Option<&'static str>,
    /// For the reference.
    pub doc: &'static str,
}

/// The bound arguments of one call.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// The whole call, for messages.
    pub span: Span,
    /// The callee's name.
    pub name: String,
    /// Value and place for each argument that is present, defaults included (with the call's span).
    pub values: Vec<(&'static str, Const, Span)>,
}

impl Args {
    /// The value of an argument, absent only where it is optional.
    pub fn get(&self, name: &str) -> Option<&Const> {
        self.values.iter().find(|(n, _, _)| *n == name).map(|(_, v, _)| v)
    }
    /// Where an argument was written (the call itself when it was not).
    pub fn span_of(&self, name: &str) -> Span {
        self.values.iter().find(|(n, _, _)| *n == name).map_or(self.span, |(_, _, s)| *s)
    }
    /// A whole number (the binder has checked that it is one); 0 when absent.
    pub fn int(&self, name: &str) -> usize {
        self.get(name).and_then(Const::num).unwrap_or(0.0) as usize
    }
    /// A number; 0 when absent.
    pub fn num(&self, name: &str) -> f64 {
        self.get(name).and_then(Const::num).unwrap_or(0.0)
    }
    /// A word or text; empty when absent.
    pub fn word(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Const::Word(w) | Const::Text(w)) => w,
            Some(Const::Call(c)) => &c.name,
            Some(Const::Int(_) | Const::Num(_) | Const::List(_) | Const::Range(..) | Const::Quantity(..))
            | None => "",
        }
    }
    /// One or two whole numbers, as a pair.
    pub fn pair(&self, name: &str) -> [usize; 2] {
        match self.get(name) {
            Some(Const::List(l)) => {
                let at = |i: usize| l.get(i).and_then(Const::num).unwrap_or(0.0) as usize;
                [at(0), at(1)]
            }
            Some(c) => [c.num().unwrap_or(0.0) as usize; 2],
            None => [0, 0],
        }
    }
    /// Two numbers.
    pub fn num_pair(&self, name: &str) -> (f64, f64) {
        match self.get(name) {
            Some(Const::List(l)) => {
                let at = |i: usize| l.get(i).and_then(Const::num).unwrap_or(0.0);
                (at(0), at(1))
            }
            Some(_) | None => (0.0, 0.0),
        }
    }
    /// An error about one argument.
    pub fn error(&self, name: &str, message: impl Into<String>, label: impl Into<String>) -> Diag {
        Diag::new("E0205", message, self.span_of(name), label)
    }
}
