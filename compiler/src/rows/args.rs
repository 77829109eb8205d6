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
    /// A whole number from the one to the other, which may be written as `1e4`.
    Whole(i64, i64),
    /// A number within these ends (inclusive).
    Num(f64, f64),
    /// A number above the one and at most the other.
    Above(f64, f64),
    /// A number of at least the one and below the other.
    Below(f64, f64),
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

impl ArgKind {
    /// Whether a word here was meant as the name of a number.
    pub fn numeric(self) -> bool {
        match self {
            ArgKind::Int(_)
            | ArgKind::Whole(..)
            | ArgKind::Num(..)
            | ArgKind::Above(..)
            | ArgKind::Below(..)
            | ArgKind::Scheduled(..)
            | ArgKind::Pair(_) => true,
            ArgKind::Word(_)
            | ArgKind::Text
            | ArgKind::NumPair(..)
            | ArgKind::List
            | ArgKind::Range
            | ArgKind::Duration
            | ArgKind::Any => false,
        }
    }
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

/// A whole number that an argument may have is no limit to think of when it is as large as this.
const FAR: i64 = 1_000_000_000;

/// A number as one would write it.
fn plain(x: f64) -> String {
    if x != 0.0 && !(1e-4..1e7).contains(&x.abs()) { format!("{x:e}") } else { x.to_string() }
}

impl ArgKind {
    /// What it may be, in words.
    pub fn wants(self) -> String {
        match self {
            ArgKind::Int(least) => format!("a whole number of at least {least}"),
            ArgKind::Whole(lo, hi) if hi >= FAR => format!("a whole number of at least {lo}"),
            ArgKind::Whole(lo, hi) => format!("a whole number between {lo} and {hi}"),
            ArgKind::Num(lo, hi) => within(lo, hi),
            ArgKind::Above(lo, hi) if hi >= FAR as f64 => format!("a number above {}", plain(lo)),
            ArgKind::Above(lo, hi) => format!("a number above {} and at most {}", plain(lo), plain(hi)),
            ArgKind::Below(lo, hi) => format!("a number of at least {} and below {}", plain(lo), plain(hi)),
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

impl ParamSpec {
    /// Its default as a number, which it must have.
    pub fn number(&self) -> f64 {
        match self.default.and_then(|d| d.parse().ok()) {
            Some(x) => x,
            None => panic!("internal: `{}` has no number as its default", self.name),
        }
    }
}

/// The bound arguments of one call. What a row asks for by a name that it does not declare, or as another kind of value than it
/// declares, is a bug of the row: it ends the program with the message for bugs.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// The whole call, for messages.
    pub span: Span,
    /// The callee's name.
    pub name: String,
    /// What may be asked for.
    pub declared: &'static [ParamSpec],
    /// Value and place for each argument that is present, defaults included (with the call's span).
    pub values: Vec<(&'static str, Const, Span)>,
}

impl Args {
    /// The value of an argument, absent only where it may be and was not written.
    pub fn get(&self, name: &str) -> Option<&Const> {
        self.entry(name).map(|(_, v, _)| v)
    }
    /// Where an argument was written (the call itself when it was not).
    pub fn span_of(&self, name: &str) -> Span {
        self.entry(name).map_or(self.span, |(_, _, s)| *s)
    }
    /// Gives an argument another value, or its first.
    pub fn set(&mut self, name: &'static str, value: Const, at: Span) {
        self.values.retain(|(n, _, _)| *n != name);
        self.values.push((name, value, at));
    }
    /// Takes an argument back that may be absent.
    pub fn unset(&mut self, name: &'static str) {
        self.values.retain(|(n, _, _)| *n != name);
    }
    /// A whole number of at least 0.
    pub fn int(&self, name: &str) -> usize {
        self.whole(name, self.value(name))
    }
    /// A whole number, where one is given.
    pub fn int_if_given(&self, name: &str) -> Option<usize> {
        self.get(name).map(|c| self.whole(name, c))
    }
    /// A number.
    pub fn num(&self, name: &str) -> f64 {
        self.number(name, self.value(name))
    }
    /// A word or text.
    pub fn word(&self, name: &str) -> &str {
        self.text(name, self.value(name))
    }
    /// A word or text, where one is given.
    pub fn word_if_given(&self, name: &str) -> Option<&str> {
        self.get(name).map(|c| self.text(name, c))
    }
    /// The word that the value of an argument of any kind is, or the name of the call that it is: `affine` of `affine(limit: 2)`.
    pub fn called(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Const::Word(w) | Const::Text(w) => Some(w),
            Const::Call(c) => Some(&c.name),
            Const::Int(_) | Const::Num(_) | Const::List(_) | Const::Range(..) | Const::Quantity(..) => None,
        }
    }
    /// One or two whole numbers, as a pair.
    pub fn pair(&self, name: &str) -> [usize; 2] {
        let value = self.value(name);
        if let Const::List(l) = value
            && let [a, b] = l.as_slice()
        {
            return [self.whole(name, a), self.whole(name, b)];
        }
        [self.whole(name, value); 2]
    }
    /// Two numbers.
    pub fn num_pair(&self, name: &str) -> (f64, f64) {
        let value = self.value(name);
        if let Const::List(l) = value
            && let [a, b] = l.as_slice()
        {
            return (self.number(name, a), self.number(name, b));
        }
        self.bug(name, &format!("reads `{value}` as a pair of numbers"))
    }
    /// The ends of a range.
    pub fn range(&self, name: &str) -> (f64, f64) {
        let value = self.value(name);
        let Const::Range(a, b) = value else { self.bug(name, &format!("reads `{value}` as a range")) };
        (self.number(name, a), self.number(name, b))
    }
    /// The values of a list; one that stands alone is a list of one. Empty where none is given.
    pub fn items(&self, name: &str) -> &[Const] {
        match self.get(name) {
            Some(Const::List(l)) => l,
            Some(one) => std::slice::from_ref(one),
            None => &[],
        }
    }
    /// A duration.
    pub fn duration(&self, name: &str) -> Duration {
        let value = self.value(name);
        let Const::Quantity(n, unit) = value else { return Duration::Rounds(self.number(name, value)) };
        let n = self.number(name, n);
        if unit.starts_with("epoch") { Duration::Epochs(n) } else { Duration::Rounds(n) }
    }
    /// A duration, where one is given.
    pub fn duration_if_given(&self, name: &str) -> Option<Duration> {
        self.get(name).map(|_| self.duration(name))
    }
    /// An error about one argument.
    pub fn error(&self, name: &str, message: impl Into<String>, label: impl Into<String>) -> Diag {
        Diag::new("E0205", message, self.span_of(name), label)
    }

    fn entry(&self, name: &str) -> Option<&(&'static str, Const, Span)> {
        if !self.declared.iter().any(|p| p.name == name) {
            self.bug(name, "reads an argument that it does not declare");
        }
        self.values.iter().find(|(n, _, _)| *n == name)
    }
    fn value(&self, name: &str) -> &Const {
        match self.get(name) {
            Some(v) => v,
            None => self.bug(name, "reads an argument that is not given"),
        }
    }
    fn number(&self, name: &str, c: &Const) -> f64 {
        match c.num() {
            Some(x) => x,
            None => self.bug(name, &format!("reads `{c}` as a number")),
        }
    }
    fn whole(&self, name: &str, c: &Const) -> usize {
        match c.num().filter(|x| *x >= 0.0 && x.fract() == 0.0) {
            Some(x) => x as usize,
            None => self.bug(name, &format!("reads `{c}` as a whole number")),
        }
    }
    fn text<'c>(&self, name: &str, c: &'c Const) -> &'c str {
        if let Const::Word(w) | Const::Text(w) = c {
            return w;
        }
        self.bug(name, &format!("reads `{c}` as a word"))
    }
    fn bug(&self, name: &str, what: &str) -> ! {
        panic!("internal: `{}` {what}: `{name}`", self.name)
    }
}

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Duration {
    /// Passes over the data.
    Epochs(f64),
    /// Rounds of training, which the language calls steps.
    Rounds(f64),
}

impl Duration {
    /// In rounds, of which an epoch has so many.
    pub fn rounds(self, per_epoch: u64) -> f64 {
        match self {
            Duration::Epochs(n) => n * per_epoch as f64,
            Duration::Rounds(n) => n,
        }
    }
}
