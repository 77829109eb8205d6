//! Expressions, applications of nets and functions.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::{Ctx, Vars};
use crate::derive::objective::lowering;
use crate::derive::{Input, nets};
use crate::diag::codes;
use crate::event::{EventTy, Kind};
use crate::ir::{Binary, Dim, Ex, Graph, Scope, Shape, Value, grad};
use crate::rows::{FnRow, MapRow};
use crate::span::Span;
use crate::syntax::ast::BinOp;
use crate::types::{Keep, TExpr, TKind, expr, text};

/// Why no derivative of one value in another passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The one does not read the other.
    Reads,
    /// It reads it only through what is constant almost everywhere, or not continuous.
    Passes,
}

impl Ctx<'_> {
    /// An expression outside any model; it may hold derivatives.
    pub fn payoff(&mut self, e: &TExpr) -> Value {
        self.cx.loops = false;
        self.expr(e, &Vars::new())
    }

    /// An expression; `vars` are the values of the names of the surrounding model. One in which something is differentiated is made once.
    pub fn expr(&mut self, e: &TExpr, vars: &Vars) -> Value {
        if let Some(v) = self.at_moves(e, vars) {
            return v;
        }
        let Some(i) = self.typed.train.differentiated.iter().position(|d| self.typed.same(d, e)) else {
            return self.made(e, vars);
        };
        if let Some(v) = self.shared.differentiated.get(&i) {
            return *v;
        }
        let v = self.made(e, vars);
        self.shared.differentiated.insert(i, v);
        v
    }

    /// One number that is the same for all examples has no axes, whatever made it.
    fn made(&mut self, e: &TExpr, vars: &Vars) -> Value {
        let v = self.form(e, vars);
        let one = !e.batched && e.ty.shape.is_empty() && self.cx.shape(v) == Shape::fixed(&[1]);
        if one { self.cx.reshape(v, Shape::scalar()) } else { v }
    }

    /// The value that each form of expression has.
    #[expect(clippy::too_many_lines, reason = "one match over all forms")]
    fn form(&mut self, e: &TExpr, vars: &Vars) -> Value {
        self.cx.g.at = e.span;
        match &e.kind {
            TKind::Const(x) if e.ty.shape.is_empty() => self.cx.scalar(*x),
            TKind::Const(x) => {
                let event = e.ty.shape.iter().map(|&n| Dim::fixed(n));
                self.cx.full(*x, Shape(std::iter::once(Dim::fixed(1)).chain(event).collect()))
            }
            TKind::Schedule(i) => Input::Schedule(*i).scalar(&mut self.cx.g),
            TKind::Data(n) => self.data(n),
            TKind::Sample(m, s) => self.sample(m, s),
            TKind::Var(n) | TKind::Before(n, _) => match vars.get(n) {
                Some(v) => *v,
                None => panic!("internal: `{n}` has no value in graph `{}`", self.cx.name),
            },
            TKind::At(of, place) => self.element(of, place, vars),
            TKind::Time(_) => self.time_value(),
            TKind::Along(pieces) => self.along(e, pieces, vars),
            TKind::Param(i) => self.param(*i),
            TKind::Let(i) => self.let_value(*i),
            TKind::Net { net, args, output } => match self.net(*net, args, vars).get(*output) {
                Some(v) => *v,
                None => panic!("internal: output {output} of net {net} is missing"),
            },
            TKind::Flow { flow, arg, given } => {
                let x = self.expr(arg, vars);
                self.flow_forward(*flow, x, given, vars).0
            }
            TKind::Map { row, arg, .. } if let Some(of) = log_of_others(*row, arg) => {
                self.log_others(of, vars)
            }
            TKind::Others(of) => self.others(of, vars),
            TKind::Another(_) => panic!("internal: another example outside of a mean over others"),
            TKind::Kept(k) => self.kept(k, vars),
            TKind::Map { row, args, arg } => {
                let x = self.expr(arg, vars);
                self.cx.g.at = e.span;
                row.lower(args, Scope::of(&mut self.cx.g).ex(x)).v
            }
            TKind::Fn { row, args } => {
                let (mut values, types) = self.arguments(args, vars);
                self.meet(&mut values);
                self.cx.g.at = e.span;
                let values = Scope::of(&mut self.cx.g).all(&values);
                row.lower(&values, &types).v
            }
            TKind::Neg(a) => {
                let a = self.expr(a, vars);
                self.cx.neg(a)
            }
            TKind::Binary(op, a, b) => self.binary(e, *op, (a, b), vars),
            TKind::Expect(a) => {
                // A mean of a mean is the mean over all axes at once.
                let whole = match &a.kind {
                    TKind::Fn { row, args } if row.averages() => args.first(),
                    _ => None,
                };
                let x = self.expr(whole.unwrap_or(a), vars);
                self.cx.g.at = e.span;
                self.mean_of_examples(x)
            }
            TKind::LogProb { model, values, targets } => {
                let values: Vars = values.iter().map(|(n, v)| (n.clone(), self.expr(v, vars))).collect();
                // What the model makes of its values is made of these, be they of another example.
                let outside = self.outside.take();
                let v = self.log_prob_of(*model, values, targets);
                self.outside = outside;
                v
            }
            TKind::Objective(o) => lowering(o.row).value(self, o, vars),
            TKind::Grad { of, at } => {
                let x = self.expr(at, vars);
                let y = self.expr(of, vars);
                if let Some(path) = self.cut(y, x) {
                    self.zero_derivative(path, of, at, e.span);
                }
                self.cx.g.at = e.span;
                self.gradient(y, x)
            }
            TKind::Corrupt { .. } => self.corrupt(&e.kind, vars),
        }
    }

    fn corrupt(&mut self, kind: &TKind, vars: &Vars) -> Value {
        let TKind::Corrupt { arg, row, args, schedules } = kind else {
            panic!("internal: an expression that corrupts nothing was taken for one that does")
        };
        let x = self.expr(arg, vars);
        if !self.corrupting {
            return x;
        }
        self.cx.g.at = args.span;
        let g = Scope::of(&mut self.cx.g);
        let amount = |name: &str| match schedules.iter().find(|(n, _)| n == name) {
            Some((_, i)) => g.push(|g| Input::Schedule(*i).scalar(g)),
            None => g.num(args.num(name)),
        };
        let y = row.lower(arg.ty.kind, &amount, g.ex(x)).v;
        self.corrupted.push(y);
        y
    }

    fn binary(&mut self, e: &TExpr, op: BinOp, (a, b): (&TExpr, &TExpr), vars: &Vars) -> Value {
        let both = [self.expr(a, vars), self.expr(b, vars)];
        let mut both = align(&mut self.cx.g, both);
        self.meet(&mut both);
        self.cx.g.at = e.span;
        let [x, y] = both;
        let op = match op {
            BinOp::Add => Binary::Add,
            BinOp::Sub => Binary::Sub,
            BinOp::Mul => Binary::Mul,
            BinOp::Div => Binary::Div,
            BinOp::Pow => match b.kind {
                TKind::Const(2.0) => return self.cx.square(x),
                TKind::Const(1.0) => return x,
                TKind::Const(0.5) => return self.cx.sqrt(x),
                _ => Binary::Pow,
            },
        };
        self.cx.binary(op, x, y)
    }

    /// What a function of a payoff has to say about a batch.
    pub fn report(&mut self, row: &'static dyn FnRow, args: &[TExpr]) -> Vec<(String, Value)> {
        let (values, types) = self.arguments(args, &Vars::new());
        let values = Scope::of(&mut self.cx.g).all(&values);
        row.report(&values, &types).into_iter().map(|(name, x)| (name, x.v)).collect()
    }

    /// Values as function rows read them, classes one-hot, and their types.
    fn arguments(&mut self, args: &[TExpr], vars: &Vars) -> (Vec<Value>, Vec<EventTy>) {
        let mut values = Vec::new();
        for a in args {
            let v = self.expr(a, vars);
            values.push(match a.ty.kind {
                Kind::Class(n) => nets::one_hot(&mut self.cx, v, n),
                Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => v,
            });
        }
        let read = |a: &TExpr| match a.ty.kind {
            Kind::Class(_) => expr::seen(&a.ty),
            Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => a.ty.clone(),
        };
        (values, args.iter().map(read).collect())
    }

    fn net(&mut self, i: usize, args: &[TExpr], vars: &Vars) -> Vec<Value> {
        let values: Vec<Value> = args.iter().map(|a| self.expr(a, vars)).collect();
        // What every repetition of a datum gives alike, such as the code of an encoder, is computed once.
        let once: Option<Vec<Value>> = values.iter().map(|v| self.once.get(v).copied()).collect();
        match once.filter(|v| !v.is_empty()) {
            Some(once) => self.net_on(i, once).into_iter().map(|y| self.replicated(y)).collect(),
            None => self.net_on(i, values),
        }
    }

    /// What the last layer of a net makes its output of, on the values of these arguments; `None` where there is no layer before it.
    pub fn features(&mut self, i: usize, args: &[TExpr], vars: &Vars) -> Option<Value> {
        let mut values: Vec<Value> = args.iter().map(|a| self.expr(a, vars)).collect();
        self.meet(&mut values);
        nets::features(&mut self.cx, self.typed.nets.get(i)?, &values)
    }

    /// A net on values that were made before; once for each set of values.
    pub fn net_on(&mut self, i: usize, values: Vec<Value>) -> Vec<Value> {
        let key = (i, values);
        if let Some(outs) = self.shared.nets.get(&key) {
            return outs.clone();
        }
        let mut inputs = key.1.clone();
        self.meet(&mut inputs);
        let outs = match self.typed.nets.get(i) {
            Some(net) => nets::net(&mut self.cx, net, &inputs),
            None => panic!("internal: net {i} is missing"),
        };
        self.shared.nets.insert(key, outs.clone());
        outs
    }

    fn let_value(&mut self, i: usize) -> Value {
        if let Some(v) = self.shared.lets.get(&i) {
            return *v;
        }
        let v = match self.typed.train.lets.get(i) {
            Some((_, e)) => self.payoff(e),
            None => panic!("internal: let {i} is missing"),
        };
        self.shared.lets.insert(i, v);
        v
    }

    /// Why the derivative of `y` in `x` is 0 everywhere, if it is so because none passes.
    pub fn cut(&self, y: Value, x: Value) -> Option<Cut> {
        let g = &self.cx.g;
        let reached = |found: Vec<bool>| found.first() == Some(&true);
        match (reached(grad::grad_reach(g, y, &[x])), reached(grad::reads(g, y, &[x]))) {
            (true, _) => None,
            (false, true) => Some(Cut::Passes),
            (false, false) => Some(Cut::Reads),
        }
    }

    fn zero_derivative(&mut self, path: Cut, of: &TExpr, at: &TExpr, span: Span) {
        let (f, x) = (text::plain(self.typed, of), text::plain(self.typed, at));
        let diag = match path {
            Cut::Reads => {
                let mut read = Vec::new();
                self.typed.walk(of, &mut |e| {
                    if let TKind::Data(_) | TKind::Sample(..) = e.kind {
                        read.push(text::plain(self.typed, e));
                    }
                });
                let named =
                    matches!(at.kind, TKind::Data(_) | TKind::Sample(..) | TKind::Param(_) | TKind::Let(_));
                codes::e0708::not_read(
                    (&f, of.span),
                    (&x, at.span),
                    named,
                    read.first().map(String::as_str),
                    span,
                )
            }
            Cut::Passes => {
                let mut kept = None;
                self.typed.walk(of, &mut |e| {
                    if let TKind::Kept(k) = &e.kind
                        && matches!(k.keep, Keep::Average(_))
                    {
                        kept = Some(k.keep.name());
                    }
                });
                codes::e0708::not_passed((&f, of.span), (&x, at.span), kept, span)
            }
        };
        if !self.zero.contains(&diag) {
            self.zero.push(diag);
        }
    }

    /// The derivative of the sum of `of` in `at`.
    pub fn gradient(&mut self, of: Value, at: Value) -> Value {
        let total = self.cx.sum_all(of);
        match grad::grad(&mut self.cx.g, total, &[at]).first() {
            Some(g) => *g,
            None => panic!("internal: no gradient came back"),
        }
    }
}

/// What `log(E'[exp(..)])` is the logarithm of the mean exponential of.
fn log_of_others<'e>(row: &dyn MapRow, arg: &'e TExpr) -> Option<&'e TExpr> {
    let TKind::Others(inner) = &arg.kind else { return None };
    match &inner.kind {
        TKind::Map { row: exp, arg, .. } if row.name() == "log" && exp.name() == "exp" => Some(arg),
        _ => None,
    }
}

/// Two operands of different rank, one number per example and an event: axes of size 1 for the number.
fn align(g: &mut Graph, [a, b]: [Value; 2]) -> [Value; 2] {
    let [a, b] = Scope::of(g).exs([a, b]);
    let widen = |x: Ex<'_>, to: usize| {
        let mut dims = x.shape().0;
        dims.resize(to, Dim::fixed(1));
        x.reshape(Shape(dims)).v
    };
    match (a.rank(), b.rank()) {
        (0, _) | (_, 0) => [a.v, b.v],
        (ra, rb) if ra < rb => [widen(a, rb), b.v],
        (ra, _) => [a.v, widen(b, ra)],
    }
}
