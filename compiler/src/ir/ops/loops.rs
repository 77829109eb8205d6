//! The loop, and the parts of a value that its body reads and writes at the place of the iteration.

use super::{OpRule, exactly, fixed_axis, need, one, two};
use crate::ir::columns::Cut;
use crate::ir::formula::Ex;
use crate::ir::grad::above;
use crate::ir::graph::Value;
use crate::ir::interp::{Env, run};
use crate::ir::op::{At, DynSlice, DynUpdate, Input, Loop, LoopResult, Op, RandomKind};
use crate::ir::optimise::Rewriter;
use crate::ir::schedule::madds;
use crate::ir::shape::{DType, Dim, Shape, Ty};
use crate::ir::tensor::{Tensor64, strides};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

/// What the input of a loop's body is, which its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// `carry.K`: carried value K, as the iteration before left it.
    Carry(usize),
    /// `read.K`: argument K behind the carried ones.
    Read(usize),
    /// `position`: the number of the iteration, from 0, as a rank-0 `F`.
    Position,
}

/// The name of [`Local::Position`].
pub const POSITION: &str = "position";

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Local::Carry(k) => write!(f, "carry.{k}"),
            Local::Read(k) => write!(f, "read.{k}"),
            Local::Position => f.write_str(POSITION),
        }
    }
}

impl Local {
    /// What an input of this name is, if it is one of a body's.
    pub fn named(name: &str) -> Option<Local> {
        let number = |prefix: &str| {
            let digits = name.strip_prefix(prefix)?;
            // One spelling a number, so that a name is unique where its number is.
            digits.parse().ok().filter(|k: &usize| k.to_string() == digits)
        };
        let position = (name == POSITION).then_some(Local::Position);
        position.or_else(|| number("carry.").map(Local::Carry)).or_else(|| number("read.").map(Local::Read))
    }
}

/// The name of output `k` of a body that is kept for each position.
pub fn stack_name(k: usize) -> String {
    format!("stack.{k}")
}

impl Loop {
    /// The type of what output `k` of the body comes to.
    pub fn result(&self, k: usize) -> Option<Ty> {
        let (_, v) = self.body.outputs.get(k)?;
        let mut ty = self.body.nodes.get(v.0 as usize)?.ty.clone();
        if k >= self.carried {
            ty.shape.0.insert(0, Dim::fixed(self.count));
        }
        Some(ty)
    }
    /// The positions in the order in which they come.
    pub fn positions(&self) -> impl Iterator<Item = usize> + use<> {
        let (first, left, reverse) = (self.first, self.iterations(), self.reverse);
        (0..left).map(move |p| first + if reverse { left - 1 - p } else { p })
    }
    /// How many iterations there are.
    pub fn iterations(&self) -> usize {
        self.count.saturating_sub(self.first)
    }
    /// For each argument, whether a derivative passes to it from the outputs `wanted` of the body, after however many iterations.
    pub fn reached(&self, wanted: &[bool]) -> Vec<bool> {
        let has = |flags: &[bool], k: usize| flags.get(k).copied().unwrap_or(false);
        let outputs = |wanted: &[bool]| -> Vec<Value> {
            self.body.outputs.iter().enumerate().filter(|(k, _)| has(wanted, *k)).map(|(_, o)| o.1).collect()
        };
        if self.iterations() == 0 {
            return wanted.iter().take(self.carried).copied().collect();
        }
        let mut wanted = wanted.to_vec();
        wanted.resize(self.body.outputs.len(), false);
        loop {
            let above = above(&self.body, &outputs(&wanted));
            let (mut next, mut arguments) = (wanted.clone(), Vec::new());
            for (_, node) in self.body.iter().filter(|(v, _)| above[*v]) {
                let Op::Input(input) = &node.op else { continue };
                match Local::named(&input.name) {
                    Some(Local::Carry(k)) => {
                        next.get_mut(k).into_iter().for_each(|n| *n = true);
                        arguments.push(k);
                    }
                    Some(Local::Read(k)) => arguments.push(self.carried + k),
                    Some(Local::Position) | None => {}
                }
            }
            if next == wanted {
                let last = arguments.iter().max().map_or(0, |k| k + 1).max(self.carried);
                return (0..last).map(|k| arguments.contains(&k)).collect();
            }
            wanted = next;
        }
    }
    /// What each output of the body comes to.
    ///
    /// # Errors
    /// As [`OpRule::eval`].
    pub fn run(&self, args: &[&Tensor64], env: &Env) -> Result<Vec<Tensor64>, String> {
        let drawn: RefCell<BTreeMap<(u32, usize), Vec<f64>>> = RefCell::default();
        let (initial, read) = args.split_at_checked(self.carried).ok_or("lacks arguments")?;
        let mut inputs: BTreeMap<String, Tensor64> = BTreeMap::new();
        for (k, t) in read.iter().enumerate() {
            inputs.insert(Local::Read(k).to_string(), (*t).clone());
        }
        for (k, t) in initial.iter().enumerate() {
            inputs.insert(Local::Carry(k).to_string(), (*t).clone());
        }
        let tys = (self.carried..self.body.outputs.len()).filter_map(|k| self.result(k));
        let mut stacks: Vec<Tensor64> = tys.map(|ty| Tensor64::full(&ty.shape.at(env.batch), 0.0)).collect();
        for position in self.positions() {
            inputs.insert(POSITION.into(), Tensor64::scalar(position as f64));
            let random = |kind: RandomKind, stream: u32, n: usize| -> Vec<f64> {
                let mut drawn = drawn.borrow_mut();
                let all =
                    drawn.entry((stream, n)).or_insert_with(|| (env.random)(kind, stream, n * self.count));
                all.iter().skip(position * n).take(n).copied().collect()
            };
            let inner = Env { batch: env.batch, inputs, random: &random };
            let made = run(&self.body, &inner).map_err(|why| format!("iteration {position}: {why}"))?;
            inputs = inner.inputs;
            for (k, (name, t)) in made.into_iter().enumerate() {
                if k < self.carried {
                    inputs.insert(name, t);
                } else if let Some(stack) = stacks.get_mut(k - self.carried) {
                    let first = position * t.data.len();
                    stack.data.iter_mut().skip(first).zip(t.data).for_each(|(to, from)| *to = from);
                }
            }
        }
        let last = (0..self.carried).map(|k| inputs.remove(&Local::Carry(k).to_string()));
        let last: Option<Vec<Tensor64>> = last.collect();
        Ok([last.ok_or("carries nothing")?, stacks].concat())
    }
    /// The type of what an input of the body stands for, if these arguments have it.
    fn handed(&self, input: &Input, args: &[&Ty]) -> Option<Ty> {
        match Local::named(&input.name)? {
            Local::Carry(k) => args.iter().take(self.carried).nth(k).map(|ty| (*ty).clone()),
            Local::Read(k) => args.iter().skip(self.carried).nth(k).map(|ty| (*ty).clone()),
            Local::Position => Some(Ty::f(Shape::scalar())),
        }
    }
}

impl OpRule for Loop {
    fn name(&self) -> &'static str {
        "loop"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        if args.len() < self.carried {
            return Err(format!("carries {} values and has {} arguments", self.carried, args.len()));
        }
        if self.first > self.count {
            return Err(format!("begins at position {} of {}", self.first, self.count));
        }
        for node in &self.body.nodes {
            let Op::Input(input) = &node.op else { continue };
            match self.handed(input, args) {
                Some(ty) if ty.dtype == input.dtype && ty.shape == input.shape => {}
                Some(ty) => return Err(format!("hands {ty} to `{}`, which is {}", input.name, node.ty)),
                None => return Err(format!("has nothing for the input `{}` of its body", input.name)),
            }
        }
        let (carried, stacked) = match self.body.outputs.split_at_checked(self.carried) {
            Some(both) => both,
            None => {
                return Err(format!("carries {} values and makes {}", self.carried, self.body.outputs.len()));
            }
        };
        for (k, ((name, v), ty)) in carried.iter().zip(args).enumerate() {
            let made = self.body.nodes.get(v.0 as usize).map(|n| &n.ty);
            if *name != Local::Carry(k).to_string() {
                return Err(format!("makes `{name}` in the place of `{}`", Local::Carry(k)));
            }
            if made != Some(*ty) {
                let made = made.map_or_else(|| "nothing".into(), Ty::to_string);
                return Err(format!("carries {ty} as `{name}` and makes {made} of it"));
            }
        }
        for (k, (name, v)) in stacked.iter().enumerate() {
            if *name != stack_name(k) {
                return Err(format!("makes `{name}` in the place of `{}`", stack_name(k)));
            }
            if v.0 as usize >= self.body.nodes.len() {
                return Err(format!("keeps nothing as `{name}`"));
            }
        }
        args.first()
            .filter(|_| self.carried > 0)
            .map(|ty| (*ty).clone())
            .ok_or_else(|| "carries nothing".into())
    }
    fn pure(&self) -> bool {
        false
    }
    fn cost(&self, _args: &[&Ty], _out: &Ty, batch: usize) -> u64 {
        madds(&self.body, batch).saturating_mul(self.iterations() as u64)
    }
    /// Conservative: as if every output of the body were wanted.
    fn passes(&self, i: usize) -> bool {
        self.reached(&vec![true; self.body.outputs.len()]).get(i) == Some(&true)
    }
    /// The draws of all iterations are one long draw of the body's stream, of which position p has the p-th part.
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        self.run(args, env)?.into_iter().next().ok_or_else(|| "carries nothing".into())
    }
}

impl OpRule for LoopResult {
    fn name(&self) -> &'static str {
        "loop_result"
    }
    /// That the argument is a loop which has this result, the verifier sees.
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        one(args)?;
        Ok(Ty { dtype: self.dtype, shape: self.shape.clone() })
    }
    fn passes(&self, _i: usize) -> bool {
        self.dtype == DType::F
    }
    fn pure(&self) -> bool {
        false
    }
    fn column(&self, cut: &mut Cut, v: Value, _args: &[Value]) -> Value {
        cut.stepped(v)
    }
    fn eval(&self, _args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        Err("does not stand behind its loop".into())
    }
}

impl At {
    /// The place at this position.
    pub fn start(&self, position: usize) -> usize {
        let position = position.saturating_add_signed(self.ahead);
        let place = position.checked_div(self.div).and_then(|p| p.checked_rem(self.modulo));
        place.unwrap_or(0).saturating_add(self.offset)
    }
    /// Whether a part of `len` elements lies inside of `n` at every position.
    fn inside(&self, len: usize, n: usize) -> Result<(), String> {
        let wrong = || format!("{len} elements from (p / {}) % {} + {}", self.div, self.modulo, self.offset);
        if self.div == 0 || self.modulo == 0 {
            return Err(format!("{} are nowhere", wrong()));
        }
        let end = (self.modulo - 1).checked_add(self.offset).and_then(|last| last.checked_add(len));
        if end.is_some_and(|end| end <= n) {
            Ok(())
        } else {
            Err(format!("{} do not always lie in 0..{n}", wrong()))
        }
    }
}

/// The shape of a part: `shape` with `lens` along `axes`.
fn part(shape: &Shape, axes: &[usize], lens: &[usize], at: &[At]) -> Result<Shape, String> {
    if axes.len() != lens.len() || axes.len() != at.len() {
        return Err(format!("cuts {} axes to {} lengths at {} places", axes.len(), lens.len(), at.len()));
    }
    if axes.iter().zip(axes.iter().skip(1)).any(|(a, b)| a >= b) {
        return Err(format!("the axes {axes:?} do not ascend"));
    }
    let mut dims = shape.0.clone();
    for ((&axis, &len), at) in axes.iter().zip(lens).zip(at) {
        at.inside(len, fixed_axis(shape, axis)?)?;
        if let Some(d) = dims.get_mut(axis) {
            *d = Dim::fixed(len);
        }
    }
    Ok(Shape(dims))
}

/// The sizes of `shape` along `axes`.
fn sizes(shape: &Shape, axes: &[usize]) -> Vec<usize> {
    axes.iter().map(|&a| shape.0.get(a).map_or(0, |d| d.n)).collect()
}

/// The position of the loop around what is evaluated.
fn position(env: &Env) -> Result<usize, String> {
    let p = env.inputs.get(POSITION).and_then(|t| t.data.first().copied());
    p.map(|p| p as usize).ok_or_else(|| "stands outside of a loop".into())
}

/// Where each element of a part, row-major, lies in a tensor of axes `dims`.
fn places(dims: &[usize], part: &[usize], axes: &[usize], at: &[At], position: usize) -> Vec<usize> {
    let steps = strides(dims);
    let first =
        axes.iter().zip(at).map(|(&a, at)| at.start(position) * steps.get(a).copied().unwrap_or(0)).sum();
    part.iter().zip(&steps).fold(vec![first], |before, (&n, &step)| {
        before.iter().flat_map(|&p: &usize| (0..n).map(move |i| p + i * step)).collect()
    })
}

impl OpRule for DynSlice {
    fn name(&self) -> &'static str {
        "dyn_slice"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        Ok(Ty { dtype: x.dtype, shape: part(&x.shape, &self.axes, &self.lens, &self.at)? })
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x] = exactly(args);
        x.filled(0.0).dyn_update(d, &self.axes, &self.at)
    }
    fn moves(&self) -> bool {
        true
    }
    fn linear_in(&self, _i: usize) -> bool {
        true
    }
    fn pure(&self) -> bool {
        false
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.dyn_slice(self, x, ty)
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        let x = one(args)?;
        let mut dims = x.dims.clone();
        for (&axis, &len) in self.axes.iter().zip(&self.lens) {
            dims.get_mut(axis).into_iter().for_each(|d| *d = len);
        }
        let from = places(&x.dims, &dims, &self.axes, &self.at, position(env)?);
        Tensor64::new(&dims, from.into_iter().map(|p| x[p]).collect())
    }
}

impl OpRule for DynUpdate {
    fn name(&self) -> &'static str {
        "dyn_update"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (x, y) = two(args)?;
        need(y, x.dtype)?;
        let want = part(&x.shape, &self.axes, &sizes(&y.shape, &self.axes), &self.at)?;
        if y.shape == want { Ok(x.clone()) } else { Err(format!("{} is no part of {}", y.shape, x.shape)) }
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[_, y] = exactly(args);
        if i == 0 {
            d.dyn_update(y.filled(0.0), &self.axes, &self.at)
        } else {
            d.dyn_slice(&self.axes, &sizes(&y.shape(), &self.axes), &self.at)
        }
    }
    fn pure(&self) -> bool {
        false
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], _ty: &Ty) -> Option<Value> {
        let &[x, y] = exactly(args);
        r.dyn_update(self, x, y)
    }
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String> {
        let (x, y) = two(args)?;
        let mut made = x.clone();
        let to = places(&x.dims, &y.dims, &self.axes, &self.at, position(env)?);
        to.into_iter().zip(&y.data).for_each(|(p, v)| made[p] = *v);
        Ok(made)
    }
}
