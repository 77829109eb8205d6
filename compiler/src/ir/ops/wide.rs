//! Formulas of numbers that are computed in f64.

use super::{OpRule, broadcast_shapes, need, unbroadcast};
use crate::ir::formula::{Ex, Scope};
use crate::ir::grad::grad;
use crate::ir::graph::{Graph, Value};
use crate::ir::interp::Env;
use crate::ir::op::*;
use crate::ir::optimise::{Rewriter, optimise};
use crate::ir::shape::{DType, Shape, Ty};
use crate::ir::tensor::{Tensor64, common_dims};

/// Numbers at several places; conditions are 0 and 1.
#[derive(Clone, Debug)]
pub enum Column {
    /// The same at all of them.
    One(f64),
    /// Of each its own.
    Each(Vec<f64>),
}

impl Column {
    /// The number at place `i`.
    pub fn at(&self, i: usize) -> f64 {
        match self {
            Column::One(x) => *x,
            Column::Each(v) => v.get(i).copied().unwrap_or(f64::NAN),
        }
    }
    fn map(&self, f: impl Fn(f64) -> f64) -> Column {
        match self {
            Column::One(x) => Column::One(f(*x)),
            Column::Each(v) => Column::Each(v.iter().map(|x| f(*x)).collect()),
        }
    }
    fn zip(&self, other: &Column, f: impl Fn(f64, f64) -> f64) -> Column {
        match (self, other) {
            (Column::One(a), Column::One(b)) => Column::One(f(*a, *b)),
            (Column::One(a), Column::Each(b)) => Column::Each(b.iter().map(|b| f(*a, *b)).collect()),
            (Column::Each(a), Column::One(b)) => Column::Each(a.iter().map(|a| f(*a, *b)).collect()),
            (Column::Each(a), Column::Each(b)) => {
                Column::Each(a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect())
            }
        }
    }
    /// Of a condition: `a` where it holds, else `b`.
    fn select(&self, a: &Column, b: &Column) -> Column {
        match self {
            Column::One(c) => (if *c != 0.0 { a } else { b }).clone(),
            Column::Each(c) => {
                let chosen = |(i, c): (usize, &f64)| if *c != 0.0 { a.at(i) } else { b.at(i) };
                Column::Each(c.iter().enumerate().map(chosen).collect())
            }
        }
    }
}

/// What a step reads.
fn operands(step: WideStep) -> [Option<usize>; 3] {
    match step {
        WideStep::Arg(_) | WideStep::Number(_) => [None; 3],
        WideStep::Unary(_, a) => [Some(a), None, None],
        WideStep::Binary(_, a, b) | WideStep::Compare(_, a, b) | WideStep::Logic(_, a, b) => {
            [Some(a), Some(b), None]
        }
        WideStep::Select(c, a, b) => [Some(c), Some(a), Some(b)],
    }
}

/// What is read of another step's value, which `infer` has seen to it is there.
fn known<T>(found: Option<&T>) -> &T {
    found.unwrap_or_else(|| panic!("internal: a step of a formula in f64 reads what is not computed yet"))
}

impl Wide {
    /// What `f` makes of `n` numbers, of functions of numbers, comparisons and selections alone.
    ///
    /// # Panics
    /// Where it is made of anything else, which is a bug of the caller.
    pub fn of(n: usize, f: impl for<'w> FnOnce(Scope<'w>, &[Ex<'w>]) -> Ex<'w>) -> Wide {
        let mut g = Graph::new("wide");
        let s = Scope::of(&mut g);
        let args: Vec<Ex> = (0..n).map(|i| s.input(&i.to_string(), Role::Scalar, Shape::scalar())).collect();
        let y = f(s, &args).v;
        Wide::of_graph(g, y)
    }

    /// The simplest form of `y`, where inputs are named by the arguments' numbers.
    fn of_graph(mut g: Graph, y: Value) -> Wide {
        g.outputs.clear();
        g.output("y", y);
        let g = optimise(&g);
        let mut steps = Vec::new();
        let mut at: Vec<usize> = Vec::with_capacity(g.nodes.len());
        for (_, node) in g.iter() {
            let args: Vec<usize> = node.args.iter().map(|a| *known(at.get(a.0 as usize))).collect();
            let place = push_node(&mut steps, &node.op, &args);
            at.push(place);
        }
        // An output that is no last node is made to be the last step.
        let result = g.outputs.first().map_or(0, |(_, v)| *known(at.get(v.0 as usize)));
        if result + 1 != steps.len() {
            let one = steps.len();
            steps.extend([WideStep::Number(1.0), WideStep::Binary(Binary::Mul, result, one)]);
        }
        Wide { steps }
    }

    /// As a graph with inputs named by the arguments' numbers, and the value of its last step.
    fn graph(&self) -> (Graph, Value) {
        let mut g = Graph::new("wide");
        let mut at: Vec<Value> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let of = |i: usize| *known(at.get(i));
            let v = match *step {
                WideStep::Arg(i) => g.input(&i.to_string(), Role::Scalar, Shape::scalar()),
                WideStep::Number(c) => g.scalar(c),
                WideStep::Unary(op, a) => g.unary(op, of(a)),
                WideStep::Binary(op, a, b) => g.binary(op, of(a), of(b)),
                WideStep::Compare(op, a, b) => g.compare(op, of(a), of(b)),
                WideStep::Logic(op, a, b) => {
                    let both = [of(a), of(b)];
                    let n = if op == Logic::Not { 1 } else { 2 };
                    g.push(Op::Logic(op), both.get(..n).unwrap_or_default())
                }
                WideStep::Select(c, a, b) => g.select(of(c), of(a), of(b)),
            };
            at.push(v);
        }
        let y = at.last().copied().unwrap_or(Value(0));
        (g, y)
    }

    /// Whether a derivative passes from the result to argument `i`.
    fn reaches(&self, i: usize) -> bool {
        let mut below = vec![false; self.steps.len()];
        for (k, step) in self.steps.iter().enumerate() {
            let of = |a: usize| below.get(a).copied().unwrap_or(false);
            let reached = match *step {
                WideStep::Arg(a) => a == i,
                WideStep::Unary(op, a) => op.row().grad.is_some() && of(a),
                WideStep::Binary(_, a, b) | WideStep::Select(_, a, b) => of(a) || of(b),
                WideStep::Number(_) | WideStep::Compare(..) | WideStep::Logic(..) => false,
            };
            if let Some(b) = below.get_mut(k) {
                *b = reached;
            }
        }
        below.last().copied().unwrap_or(false)
    }

    /// The derivative in argument `i`.
    fn slope(&self, i: usize) -> Wide {
        let (mut g, y) = self.graph();
        let x = g.input(&i.to_string(), Role::Scalar, Shape::scalar());
        let slope = grad(&mut g, y, &[x]).first().copied().unwrap_or(y);
        Wide::of_graph(g, slope)
    }

    /// The same of the arguments that are no constants (`Some` in `known`), in their order, and which of them it reads.
    pub(in crate::ir) fn with_constants(&self, constants: &[Option<f64>]) -> (Wide, Vec<usize>) {
        let with = |step: &WideStep| {
            let known = if let WideStep::Arg(i) = step { constants.get(*i).copied().flatten() } else { None };
            known.map_or(*step, WideStep::Number)
        };
        let (g, y) = Wide { steps: self.steps.iter().map(with).collect() }.graph();
        let mut simple = Wide::of_graph(g, y);
        let mut read: Vec<usize> = Vec::new();
        for step in &mut simple.steps {
            if let WideStep::Arg(i) = step {
                let place = read.iter().position(|r| r == i).unwrap_or_else(|| {
                    read.push(*i);
                    read.len() - 1
                });
                *i = place;
            }
        }
        (simple, read)
    }

    /// The value at each place.
    pub fn run(&self, args: &[Column]) -> Column {
        let mut last = vec![0; self.steps.len()];
        for (k, step) in self.steps.iter().enumerate() {
            for a in operands(*step).into_iter().flatten() {
                if let Some(l) = last.get_mut(a) {
                    *l = k;
                }
            }
        }
        let mut at: Vec<Option<Column>> = Vec::with_capacity(self.steps.len());
        for (k, step) in self.steps.iter().enumerate() {
            let of = |a: usize| known(at.get(a).and_then(Option::as_ref));
            let value = match *step {
                WideStep::Arg(i) => known(args.get(i)).clone(),
                WideStep::Number(c) => Column::One(c),
                WideStep::Unary(op, a) => of(a).map(op.row().f),
                WideStep::Binary(op, a, b) => of(a).zip(of(b), op.row().f),
                WideStep::Compare(op, a, b) => {
                    let f = op.row().f;
                    of(a).zip(of(b), |x, y| f64::from(u8::from(f(&x, &y))))
                }
                WideStep::Logic(op, a, b) => {
                    let f = op.row().f;
                    of(a).zip(of(b), |x, y| f64::from(u8::from(f(x != 0.0, y != 0.0))))
                }
                WideStep::Select(c, a, b) => of(c).select(of(a), of(b)),
            };
            at.push(Some(value));
            for a in operands(*step).into_iter().flatten().filter(|a| last.get(*a) == Some(&k)) {
                if let Some(slot) = at.get_mut(a) {
                    *slot = None;
                }
            }
        }
        at.pop().flatten().unwrap_or(Column::One(f64::NAN))
    }

    /// Whether each step reads earlier ones of the right kind, or which one does not.
    fn check(&self, args: usize) -> Result<(), String> {
        let mut truth: Vec<bool> = Vec::with_capacity(self.steps.len());
        for (k, step) in self.steps.iter().enumerate() {
            let of = |a: usize, wanted: bool| match truth.get(a) {
                Some(t) if *t == wanted => Ok(()),
                Some(_) => Err(format!("step {k} takes a condition for a number, or a number for one")),
                None => Err(format!("step {k} reads step {a}, which is not before it")),
            };
            let is_truth = match *step {
                WideStep::Arg(i) if i >= args => {
                    return Err(format!("step {k} reads argument {i} of {args}"));
                }
                WideStep::Arg(_) | WideStep::Number(_) => false,
                WideStep::Unary(_, a) => of(a, false).map(|()| false)?,
                WideStep::Binary(_, a, b) => of(a, false).and_then(|()| of(b, false)).map(|()| false)?,
                WideStep::Compare(_, a, b) => of(a, false).and_then(|()| of(b, false)).map(|()| true)?,
                WideStep::Logic(_, a, b) => of(a, true).and_then(|()| of(b, true)).map(|()| true)?,
                WideStep::Select(c, a, b) => {
                    of(c, true).and_then(|()| of(a, false)).and_then(|()| of(b, false)).map(|()| false)?
                }
            };
            truth.push(is_truth);
        }
        match truth.last() {
            Some(false) => Ok(()),
            Some(true) => Err("the last step is a condition".into()),
            None => Err("there are no steps".into()),
        }
    }
}

/// Appends what computes `op` of earlier steps, and says where its value is.
fn push_node(steps: &mut Vec<WideStep>, op: &Op, args: &[usize]) -> usize {
    let step = match (op, args) {
        (Op::Input(input), _) => WideStep::Arg(input.name.parse().unwrap_or(usize::MAX)),
        (Op::Full(f), _) => WideStep::Number(f.value),
        (Op::Unary(u), &[a]) => WideStep::Unary(*u, a),
        (Op::Binary(o), &[a, b]) => WideStep::Binary(*o, a, b),
        (Op::Compare(o), &[a, b]) => WideStep::Compare(*o, a, b),
        (Op::Logic(o), &[a]) => WideStep::Logic(*o, a, a),
        (Op::Logic(o), &[a, b]) => WideStep::Logic(*o, a, b),
        (Op::Select(_), &[c, a, b]) => WideStep::Select(c, a, b),
        // One inside of another is part of it.
        (Op::Wide(inner), _) => {
            let base: Vec<usize> = inner.steps.iter().fold(Vec::new(), |mut at, step| {
                let of = |a: usize| *known(at.get(a));
                let moved = match *step {
                    WideStep::Arg(i) => {
                        at.push(*known(args.get(i)));
                        return at;
                    }
                    WideStep::Number(c) => WideStep::Number(c),
                    WideStep::Unary(o, a) => WideStep::Unary(o, of(a)),
                    WideStep::Binary(o, a, b) => WideStep::Binary(o, of(a), of(b)),
                    WideStep::Compare(o, a, b) => WideStep::Compare(o, of(a), of(b)),
                    WideStep::Logic(o, a, b) => WideStep::Logic(o, of(a), of(b)),
                    WideStep::Select(c, a, b) => WideStep::Select(of(c), of(a), of(b)),
                };
                steps.push(moved);
                at.push(steps.len() - 1);
                at
            });
            return base.last().copied().unwrap_or(0);
        }
        (other, _) => panic!("internal: {} is no part of a formula of single numbers", other.rule().name()),
    };
    steps.push(step);
    steps.len() - 1
}

impl OpRule for Wide {
    fn name(&self) -> &'static str {
        "wide"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        args.iter().try_for_each(|a| need(a, DType::F))?;
        self.check(args.len())?;
        Ok(Ty::f(broadcast_shapes(args)?))
    }
    fn passes(&self, i: usize) -> bool {
        self.reaches(i)
    }
    fn adjoint<'g>(&self, i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let slope = d.scope().op(Op::Wide(self.slope(i)), args);
        let of = args.get(i).copied().unwrap_or(d);
        unbroadcast(d * slope, &of.shape())
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        r.wide(self, args, ty)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let dims = common_dims(args)?;
        let columns = args.iter().map(|a| Ok(Column::Each(a.spread(&dims)?.data.clone())));
        let value = self.run(&columns.collect::<Result<Vec<Column>, String>>()?);
        let n = dims.iter().product();
        Tensor64::new(&dims, (0..n).map(|i| value.at(i)).collect())
    }
}
