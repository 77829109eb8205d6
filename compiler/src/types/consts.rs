//! Compile-time values: dimensions, repeat indices, layer and optimizer arguments.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use crate::diag::{Diag, codes, suggest::did_you_mean};
use crate::rows::args::{ArgKind, Args, Const, ConstCall, ParamSpec};
use crate::span::{FileId, Span};
use crate::syntax::ast::{Arg, BinOp, Call, Expr, ExprKind, Ident};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Names with known values: `dim`s, numbers that `train` names by `let`, and the indices of surrounding `repeat`s. A clone shares what is known, so that
/// each body may add its own.
#[derive(Clone, Debug, Default)]
pub struct Consts {
    shared: Rc<BTreeMap<String, Const>>,
    /// What was added while it was shared, the latest last.
    own: Vec<(String, Const)>,
}

impl Consts {
    /// No name.
    pub fn new() -> Consts {
        Consts::default()
    }
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Const> {
        let own = self.own.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v);
        own.or_else(|| self.shared.get(name))
    }
    /// The names, in no order that means anything.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.shared.keys().chain(self.own.iter().map(|(n, _)| n)).map(String::as_str)
    }
    /// Gives a name a value, over the one that it has.
    pub fn insert(&mut self, name: String, value: Const) {
        match Rc::get_mut(&mut self.shared) {
            Some(all) if self.own.is_empty() => drop(all.insert(name, value)),
            Some(_) | None => self.own.push((name, value)),
        }
    }
    /// How many values were added to what is shared; see [`Consts::reset`].
    pub fn mark(&self) -> usize {
        self.own.len()
    }
    /// Forgets what was added since the mark.
    pub fn reset(&mut self, mark: usize) {
        self.own.truncate(mark);
    }
    /// Gives a name a value until [`Consts::reset`].
    pub fn push(&mut self, name: &str, value: Const) {
        self.own.push((name.to_string(), value));
    }
}

impl Extend<(String, i64)> for Consts {
    fn extend<T: IntoIterator<Item = (String, i64)>>(&mut self, all: T) {
        all.into_iter().for_each(|(n, v)| self.insert(n, Const::Int(v)));
    }
}

/// Evaluates an expression all of whose names are dimensions, indices or plain words.
///
/// # Errors
/// Inexact division of whole numbers, powers out of range, and forms that have no compile-time value.
pub fn eval(env: &Consts, e: &Expr) -> Result<Const, Diag> {
    Ok(match &e.kind {
        ExprKind::Number { value, integer: true } => Const::Int(*value as i64),
        ExprKind::Number { value, integer: false } => Const::Num(*value),
        ExprKind::Text(t) => Const::Text(t.clone()),
        ExprKind::Name(n) => env.get(n).cloned().unwrap_or_else(|| Const::Word(n.clone())),
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            Const::List(items.iter().map(|i| eval(env, i)).collect::<Result<_, _>>()?)
        }
        ExprKind::Neg(a) => match eval(env, a)? {
            Const::Int(i) => Const::Int(-i),
            other => Const::Num(-number(&other, a.span)?),
        },
        ExprKind::Binary(op, a, b) => binary(*op, eval(env, a)?, eval(env, b)?, a.span, b.span, e.span)?,
        ExprKind::Call(c) => Const::Call(call(env, c)?),
        ExprKind::Range(a, b) => Const::Range(Box::new(eval(env, a)?), Box::new(eval(env, b)?)),
        ExprKind::Quantity(a, unit) => Const::Quantity(Box::new(eval(env, a)?), unit.name.clone()),
        ExprKind::Field(..) | ExprKind::Expect(_) | ExprKind::LogProb { .. } | ExprKind::Written(_) => {
            return Err(codes::e0205::not_constant(e.span));
        }
        ExprKind::Others(_) | ExprKind::Another(_) => return Err(codes::e0205::not_constant(e.span)),
        ExprKind::Before(..) | ExprKind::At(..) | ExprKind::Times(..) => {
            return Err(codes::e0205::not_constant(e.span));
        }
    })
}

/// What `inf` and `-inf` say where an end of an interval stands, if the name is free.
pub fn infinite(env: &Consts, e: &Expr) -> Option<f64> {
    match &e.kind {
        ExprKind::Name(n) if n == "inf" && env.get(n).is_none() => Some(f64::INFINITY),
        ExprKind::Neg(a) => infinite(env, a).map(|x| -x),
        ExprKind::Number { .. }
        | ExprKind::Text(_)
        | ExprKind::Name(_)
        | ExprKind::Tuple(_)
        | ExprKind::List(_)
        | ExprKind::Binary(..) => None,
        ExprKind::Call(_)
        | ExprKind::Range(..)
        | ExprKind::Quantity(..)
        | ExprKind::Field(..)
        | ExprKind::Expect(_)
        | ExprKind::Others(_)
        | ExprKind::Another(_) => None,
        ExprKind::LogProb { .. }
        | ExprKind::Before(..)
        | ExprKind::At(..)
        | ExprKind::Times(..)
        | ExprKind::Written(_) => None,
    }
}

fn call(env: &Consts, c: &Call) -> Result<ConstCall, Diag> {
    let mut args = Vec::new();
    for a in &c.args {
        args.push((a.key.as_ref().map(|k| k.name.clone()), eval(env, &a.value)?));
    }
    Ok(ConstCall { name: c.name.name.clone(), args, span: c.span })
}

fn number(c: &Const, span: Span) -> Result<f64, Diag> {
    match (c.num(), c) {
        (Some(x), _) => Ok(x),
        (None, Const::Word(w)) => Err(codes::e0200::unknown("number or dimension", w, span, None)),
        (None, _) => Err(codes::e0205::not_constant(span)),
    }
}

fn binary(op: BinOp, a: Const, b: Const, sa: Span, sb: Span, span: Span) -> Result<Const, Diag> {
    if let (Const::Int(x), Const::Int(y)) = (&a, &b) {
        let out_of_range = || codes::e0206::size(span, "is too large to be a size");
        return Ok(Const::Int(match op {
            BinOp::Add => x.checked_add(*y).ok_or_else(out_of_range)?,
            BinOp::Sub => x.checked_sub(*y).ok_or_else(out_of_range)?,
            BinOp::Mul => x.checked_mul(*y).ok_or_else(out_of_range)?,
            BinOp::Div if x.checked_rem(*y) == Some(0) => x.checked_div(*y).ok_or_else(out_of_range)?,
            BinOp::Div => return Err(codes::e0206::inexact(span, *x, *y)),
            BinOp::Pow => match u32::try_from(*y) {
                Ok(k) => x.checked_pow(k).ok_or_else(out_of_range)?,
                Err(_) => return Ok(Const::Num((*x as f64).powf(*y as f64))),
            },
        }));
    }
    let (x, y) = (number(&a, sa)?, number(&b, sb)?);
    Ok(Const::Num(match op {
        BinOp::Add => x + y,
        BinOp::Sub => x - y,
        BinOp::Mul => x * y,
        BinOp::Div => x / y,
        BinOp::Pow => x.powf(y),
    }))
}

/// The largest size, and the largest whole number that an argument takes.
pub const LARGEST: i64 = 1 << 30;

/// A size: a whole number of at least `least`.
pub fn size(env: &Consts, e: &Expr, least: i64) -> Result<usize, Diag> {
    match eval(env, e)? {
        Const::Int(i) if i >= least && i <= LARGEST => Ok(i as usize),
        Const::Int(i) if i < least => {
            Err(codes::e0206::size(e.span, &format!("is {i}, and must be at least {least}")))
        }
        Const::Int(_) => {
            Err(codes::e0206::size(e.span, &format!("is more than {LARGEST}, the largest size")))
        }
        Const::Word(w) => {
            let near = did_you_mean(&w, env.names()).map(str::to_string);
            Err(codes::e0200::unknown("dimension", &w, e.span, near.as_deref()))
        }
        other => Err(codes::e0206::size(e.span, &format!("is {other}, and must be a whole number"))),
    }
}

/// The number that an expression is, where it is one.
///
/// # Errors
/// As [`eval`]; a word that names nothing, and what is no number.
pub fn known_number(env: &Consts, e: &Expr) -> Result<Const, Diag> {
    match eval(env, e)? {
        Const::Int(i) if i.abs() <= LARGEST => Ok(Const::Int(i)),
        Const::Num(x) if x.is_finite() => Ok(Const::Num(x)),
        Const::Int(_) => Err(codes::e0206::size(e.span, &format!("is beyond {LARGEST}, the largest size"))),
        Const::Num(_) => Err(codes::e0206::no_number(e.span, "is no finite number")),
        Const::Word(w) => {
            let near = did_you_mean(&w, env.names()).map(str::to_string);
            Err(codes::e0200::unknown("number or dimension", &w, e.span, near.as_deref()))
        }
        other => Err(codes::e0206::no_number(e.span, &format!("is {other}, and must be a number"))),
    }
}

/// Binds the arguments of a call to a row's parameters.
///
/// # Errors
/// Unknown, doubled, missing or ill-kinded arguments.
pub fn bind(env: &Consts, specs: &'static [ParamSpec], c: &Call) -> Result<Args, Diag> {
    let name = &c.name.name;
    let mut values: Vec<(&'static str, Const, Span)> = Vec::new();
    let mut positional = specs.iter();
    for a in &listed(specs, &c.args) {
        let spec = match &a.key {
            Some(k) => specs.iter().find(|s| s.name == k.name).ok_or_else(|| {
                let known: Vec<&str> = specs.iter().map(|s| s.name).collect();
                codes::e0207::unknown_argument(name, &k.name, k.span, &known)
            })?,
            None => {
                positional.next().ok_or_else(|| codes::e0207::too_many(name, specs.len(), a.value.span))?
            }
        };
        if values.iter().any(|(n, _, _)| *n == spec.name) {
            return Err(codes::e0207::twice(name, spec.name, a.value.span));
        }
        values.push((spec.name, value(env, spec, name, &a.value)?, a.value.span));
    }
    for s in specs {
        if values.iter().any(|(n, _, _)| *n == s.name) {
            continue;
        }
        match s.default {
            None => return Err(codes::e0207::missing(name, s.name, s.doc, c.span)),
            Some("") => {}
            Some(text) => values.push((s.name, written_default(text)?, c.span)),
        }
    }
    Ok(Args { span: c.span, name: name.clone(), declared: specs, values })
}

/// The arguments of a row whose first one is a list, with what stands without a name as one list: `heads(8, 8)` for `heads((8, 8))`.
fn listed(specs: &[ParamSpec], args: &[Arg]) -> Vec<Arg> {
    let mut args = args.to_vec();
    let positional: Vec<_> = args.iter().filter(|a| a.key.is_none()).cloned().collect();
    if let ([first, .., last], Some(ArgKind::List)) = (positional.as_slice(), specs.first().map(|s| s.kind)) {
        let items = positional.iter().map(|a| a.value.clone()).collect();
        let span = first.value.span.to(last.value.span);
        args.retain(|a| a.key.is_some());
        args.push(Arg { key: None, value: Expr { kind: ExprKind::List(items), span } });
    }
    args
}

/// The value of an argument of `row`, which `spec` allows.
fn value(env: &Consts, spec: &ParamSpec, row: &str, e: &Expr) -> Result<Const, Diag> {
    let v = eval(env, e)?;
    if let (Const::Word(w), true) = (&v, spec.kind.numeric()) {
        let near = did_you_mean(w, env.names()).map(str::to_string);
        return Err(codes::e0200::unknown("number or dimension", w, e.span, near.as_deref()));
    }
    match unfit(spec.kind, &v) {
        Some(why) => Err(codes::e0205::wrong_kind(row, spec.name, e.span, &v.to_string(), &why)),
        None => Ok(v),
    }
}

/// A default as it is declared, read as it would be in a spec without dimensions.
fn written_default(text: &str) -> Result<Const, Diag> {
    eval(&Consts::new(), &crate::syntax::parse_expr(FileId::PRELUDE, text)?)
}

/// The arguments of a call of `name` at `span` that says nothing, all of which have a default or may be absent.
pub(crate) fn defaults(name: &str, span: Span, specs: &'static [ParamSpec]) -> Args {
    let id = Ident { name: name.into(), span };
    let call = Call { name: id, args: Vec::new(), parens: true, block: None, span };
    match bind(&Consts::new(), specs, &call) {
        Ok(args) => args,
        Err(d) => panic!("internal: the defaults of `{name}` cannot be read: {}", d.message),
    }
}

/// Why a value does not fit what an argument may be.
pub(crate) fn unfit(kind: ArgKind, v: &Const) -> Option<String> {
    if fits(kind, v) {
        return None;
    }
    let too_large = |c: &Const| matches!(c, Const::Int(i) if *i > LARGEST);
    Some(match kind {
        ArgKind::Int(least) if too_large(v) => format!("a whole number between {least} and {LARGEST}"),
        ArgKind::Pair(least) if too_large(v) || matches!(v, Const::List(l) if l.iter().any(too_large)) => {
            format!("one or two whole numbers between {least} and {LARGEST}")
        }
        ArgKind::Whole(lo, hi) if v.num().is_some_and(|x| x > hi as f64) => {
            format!("a whole number between {lo} and {hi}")
        }
        ArgKind::Above(lo, hi) if v.num().is_some_and(|x| x > hi) => {
            format!("a number above {lo} and at most {hi}")
        }
        ArgKind::Int(_)
        | ArgKind::Whole(..)
        | ArgKind::Num(..)
        | ArgKind::Above(..)
        | ArgKind::Below(..)
        | ArgKind::Scheduled(..)
        | ArgKind::Word(_)
        | ArgKind::Text
        | ArgKind::Pair(_)
        | ArgKind::NumPair(..)
        | ArgKind::List
        | ArgKind::Range
        | ArgKind::Duration
        | ArgKind::Any => kind.wants(),
    })
}

/// Whether an argument may have this value.
fn fits(kind: ArgKind, v: &Const) -> bool {
    let at_least = |c: &Const, least: i64| matches!(c, Const::Int(i) if *i >= least && *i <= LARGEST);
    let number = |holds: &dyn Fn(f64) -> bool| v.num().is_some_and(holds);
    let pair =
        |holds: &dyn Fn(&Const) -> bool| matches!(v, Const::List(l) if l.len() == 2 && l.iter().all(holds));
    match kind {
        ArgKind::Int(least) => at_least(v, least),
        ArgKind::Whole(lo, hi) => number(&|x| x.fract() == 0.0 && x >= lo as f64 && x <= hi as f64),
        ArgKind::Num(lo, hi) => number(&|x| x >= lo && x <= hi),
        ArgKind::Above(lo, hi) => number(&|x| x > lo && x <= hi),
        ArgKind::Below(lo, hi) => number(&|x| x >= lo && x < hi),
        ArgKind::Scheduled(lo, hi) => matches!(v, Const::Call(_)) || number(&|x| x >= lo && x <= hi),
        ArgKind::Word(words) => matches!(v, Const::Word(w) if words.contains(&w.as_str())),
        ArgKind::Text => matches!(v, Const::Text(_)),
        ArgKind::Pair(least) => at_least(v, least) || pair(&|c| at_least(c, least)),
        ArgKind::NumPair(lo, hi) => pair(&|c| c.num().is_some_and(|x| x >= lo && x <= hi)),
        ArgKind::List => {
            matches!(v, Const::List(_) | Const::Int(_) | Const::Num(_) | Const::Text(_) | Const::Word(_))
        }
        ArgKind::Range => matches!(v, Const::Range(a, b) if a.num().is_some() && b.num().is_some()),
        ArgKind::Duration => {
            matches!(v, Const::Quantity(n, _) if n.num().is_some_and(|n| n > 0.0))
                || matches!(v, Const::Int(n) if *n > 0)
        }
        ArgKind::Any => true,
    }
}
