//! Time. The parameters of a site in time are computed at all times at once, with the times folded into the batch axis: `[T·m·B, ..]`, time
//! outermost. Only the draws of a chain go step by step, in a counted loop.

use super::copies::repeat;
use super::{Ctx, Vars};
use crate::derive::Input;
use crate::ir::outline::{Iteration, outlined};
use crate::ir::{At, DType, Dim, Ex, Local, Role, Scope, Shape, Value};
use crate::rows::distribution::align_param;
use crate::types::time::{TTime, Times, at_piece};
use crate::types::{Place, TDist, TExpr, TKind, TPiece, TSite};
use std::collections::BTreeMap;

/// How the time of a statement, and what it reads at other times, have values.
#[derive(Clone)]
pub enum Clock {
    /// All times of a statement at once.
    All(Fold),
    /// One time: that of the iteration of the loop around.
    Step(Step),
    /// One time for each example.
    Each(Each),
}

/// A time for each example, as numbers.
#[derive(Clone)]
pub struct Each {
    /// `[m·B]`
    pub time: Value,
    /// The one element of the site itself that is read, `[m·B, ..]`.
    pub own: Option<Value>,
}

/// All times of a statement, in the batch axis.
#[derive(Clone)]
pub struct Fold {
    /// The first time.
    from: usize,
    /// How many times there are.
    len: usize,
    /// The batch axis without time.
    rows: Dim,
    /// The values of names at all times, `[.., T, ..]`.
    whole: Vars,
    /// What is read of a chain of classes at a distance, while that is summed over: a value for each combination.
    window: Window,
}

/// What stands for a site at a distance from the time of the statement.
pub type Window = BTreeMap<(String, isize), Value>;

/// One time, in a loop.
#[derive(Clone)]
pub struct Step {
    times: Times,
    /// How many times the site has.
    length: usize,
}

impl Step {
    /// Where the element at a distance from the time lies along an axis of all times, that is turned around where the loop runs downwards.
    fn at(&self, by: isize, along: usize) -> At {
        let first = match self.times.reverse {
            false => self.times.from.saturating_add_signed(by),
            true => (along.saturating_sub(self.times.to)).saturating_add_signed(-by),
        };
        At { div: 1, modulo: self.times.len().max(1), offset: first, ahead: 0 }
    }
}

/// The name that an expression is, which stands for a site or a condition.
fn name(e: &TExpr) -> Option<&str> {
    if let TKind::Var(n) | TKind::Before(n, _) = &e.kind { Some(n) } else { None }
}

/// A first axis taken apart: combinations of values that are summed over, and rows of the batch.
fn lead(v: Ex<'_>, rows: Dim) -> [Dim; 2] {
    let one = Dim::fixed(1);
    match v.shape().0.first().copied() {
        None => [one, one],
        Some(d) if d == rows => [one, rows],
        Some(d) if d.batch => [Dim::fixed(d.n / rows.n.max(1)), rows],
        Some(d) => [d, one],
    }
}

fn joined(dims: &[Dim]) -> Dim {
    Dim { n: dims.iter().map(|d| d.n).product(), batch: dims.iter().any(|d| d.batch) }
}

/// `[k·r, T, ..event]` as `[k·T·r, ..event]`; what is the same for all rows once for each of them.
pub(super) fn folded<'g>(v: Ex<'g>, rows: Dim, len: usize) -> Ex<'g> {
    let [k, r] = lead(v, rows);
    let event: Vec<Dim> = v.shape().0.into_iter().skip(2).collect();
    let t = Dim::fixed(len);
    let dims = |head: [Dim; 3]| Shape(head.into_iter().chain(event.iter().copied()).collect());
    let apart = v.reshape(dims([k, r, t]));
    let mut order: Vec<usize> = (0..apart.rank()).collect();
    order.swap(1, 2);
    let all = apart.permute(&order).broadcast(&dims([k, t, rows]));
    all.reshape(Shape(std::iter::once(joined(&[k, t, rows])).chain(event.iter().copied()).collect()))
}

/// `[k·r, ..event]` as `[k·T·r, ..event]`, the same at each time; as it is where all rows share it.
fn spread<'g>(v: Ex<'g>, rows: Dim, len: usize) -> Ex<'g> {
    let [k, r] = lead(v, rows);
    match (k.is_one(), r == rows) {
        (_, false) => v,
        (true, true) => repeat(v, 0, Dim::fixed(len)),
        (false, true) => {
            let event: Vec<Dim> = v.shape().0.into_iter().skip(1).collect();
            let dims =
                |t: usize| Shape([k, Dim::fixed(t), r].into_iter().chain(event.iter().copied()).collect());
            let all = v.reshape(dims(1)).broadcast(&dims(len));
            all.reshape(Shape(
                std::iter::once(joined(&[k, Dim::fixed(len), r])).chain(event.iter().copied()).collect(),
            ))
        }
    }
}

/// `[k·T·r, ..event]` as `[k·r, T, ..event]`.
fn unfolded<'g>(v: Ex<'g>, rows: Dim, len: usize) -> Ex<'g> {
    let (event, t): (Vec<Dim>, Dim) = (v.shape().0.into_iter().skip(1).collect(), Dim::fixed(len));
    let with = |head: &[Dim]| Shape(head.iter().copied().chain(event.iter().copied()).collect());
    let first = v.shape().0.first().copied().unwrap_or(Dim::fixed(1));
    if !first.batch {
        return v.reshape(with(&[first, Dim::fixed(1)])).broadcast(&with(&[first, t]));
    }
    let k = Dim::fixed(first.n / joined(&[t, rows]).n.max(1));
    let apart = v.reshape(with(&[k, t, rows]));
    let mut order: Vec<usize> = (0..apart.rank()).collect();
    order.swap(1, 2);
    apart.permute(&order).reshape(with(&[joined(&[k, rows]), t]))
}

/// Without its second axis, which has size 1.
fn drop_second(v: Ex<'_>) -> Ex<'_> {
    let mut dims = v.shape().0;
    if dims.len() > 1 {
        dims.remove(1);
    }
    v.reshape(Shape(dims))
}

/// With the times turned around.
fn turned(v: Ex<'_>) -> Ex<'_> {
    let n = v.shape().0.get(1).map_or(1, |d| d.n);
    v.take(1, (0..n).rev().collect())
}

impl Ctx<'_> {
    /// The time of the statement, `[B]` or `[T·B]`.
    pub(super) fn time_value(&mut self) -> Value {
        let shape = self.shape(&[]);
        match &self.clock {
            Some(Clock::All(fold)) => {
                let (from, len, rows) = (fold.from, fold.len, fold.rows);
                let g = Scope::of(&mut self.cx.g);
                let all = g.literal((from..from + len).map(|t| t as f64).collect(), &[1, len]);
                folded(all, rows, len).v
            }
            Some(Clock::Step(step)) => {
                let times = step.times.clone();
                let p = self.cx.g.input(&Local::Position.to_string(), Role::Local, Shape::scalar());
                let g = Scope::of(&mut self.cx.g);
                let p = g.ex(p);
                let t = match times.reverse {
                    false => p + times.from as f64,
                    true => -p + (times.to.saturating_sub(1)) as f64,
                };
                t.reshape(Shape::fixed(&[1])).broadcast(&shape).v
            }
            Some(Clock::Each(each)) => each.time,
            None => panic!("internal: graph `{}` reads a time outside of time", self.cx.name),
        }
    }

    /// One element along the first axis of a value.
    pub(super) fn element(&mut self, of: &TExpr, place: &Place, vars: &Vars) -> Value {
        match self.clock.clone() {
            None => {
                let v = self.expr(of, vars);
                let Place::Fixed(n) = place else {
                    panic!("internal: graph `{}` reads a distance outside of time", self.cx.name)
                };
                drop_second(Scope::of(&mut self.cx.g).ex(v).slice(1, *n, 1)).v
            }
            Some(Clock::All(fold)) => self.element_at_all(&fold, of, place, vars),
            Some(Clock::Each(each)) => match (each.own, &of.kind) {
                (Some(own), TKind::Before(..)) => own,
                (Some(_) | None, _) => self.element_of_each(each.time, of, place, vars),
            },
            Some(Clock::Step(step)) => {
                let own = matches!(of.kind, TKind::Before(..));
                let v = self.expr(of, vars);
                let v = Scope::of(&mut self.cx.g).ex(v);
                let along = v.shape().0.get(1).map_or(1, |d| d.n);
                let part = match place {
                    // The site itself stands here in the order of the loop.
                    Place::Fixed(n) if own && step.times.reverse => v.slice(1, step.length - 1 - n, 1),
                    Place::Fixed(n) => v.slice(1, *n, 1),
                    Place::Shifted(_, by) => {
                        let v = if step.times.reverse && !own { turned(v) } else { v };
                        v.dyn_slice(&[1], &[1], &[step.at(*by, along)])
                    }
                };
                drop_second(part).v
            }
        }
    }

    /// Of each example the element at its own time, or at the same place of all.
    fn element_of_each(&mut self, time: Value, of: &TExpr, place: &Place, vars: &Vars) -> Value {
        let v = self.expr(of, vars);
        let g = Scope::of(&mut self.cx.g);
        let v = g.ex(v);
        match place {
            Place::Fixed(n) => drop_second(v.slice(1, *n, 1)).v,
            Place::Shifted(_, by) => {
                let along = v.shape().0.get(1).map_or(1, |d| d.n);
                let mut dims = vec![Dim::fixed(1); v.rank()];
                dims.get_mut(1).into_iter().for_each(|d| *d = Dim::fixed(along));
                let places = g.literal((0..along).map(|t| t as f64).collect(), &[along]).reshape(Shape(dims));
                let here = (g.ex(time) + *by as f64).view(&vec![1; v.rank().saturating_sub(1)]);
                drop_second((places.eq(here).cast(DType::F) * v).sum(&[1])).v
            }
        }
    }

    fn element_at_all(&mut self, fold: &Fold, of: &TExpr, place: &Place, vars: &Vars) -> Value {
        let n = name(of);
        let by = match place {
            Place::Shifted(_, by) => Some(*by),
            Place::Fixed(p) if fold.len == 1 => Some(*p as isize - fold.from as isize),
            Place::Fixed(_) => None,
        };
        if let (Some(n), Some(by)) = (n, by)
            && let Some(v) = fold.window.get(&(n.to_string(), by))
        {
            return *v;
        }
        let v = match n.and_then(|n| fold.whole.get(n)) {
            Some(v) => *v,
            None => self.expr(of, vars),
        };
        let v = Scope::of(&mut self.cx.g).ex(v);
        match place {
            Place::Fixed(p) => spread(drop_second(v.slice(1, *p, 1)), fold.rows, fold.len).v,
            Place::Shifted(_, by) => {
                folded(v.slice(1, fold.from.saturating_add_signed(*by), fold.len), fold.rows, fold.len).v
            }
        }
    }

    /// Something at all times of a statement: what `f` makes of the names that `reads` reads, at a batch axis that times are folded into.
    pub(super) fn at_all_times<R>(
        &mut self,
        times: &Times,
        (reads, vars): (&[&TExpr], &Vars),
        window: &Window,
        f: impl FnOnce(&mut Self, &Vars) -> R,
    ) -> R {
        let (rows, len) = (self.batch, times.len());
        let mut names = Vec::new();
        for e in reads {
            crate::types::density::reads(e, &mut names);
        }
        let mut inner = vars.clone();
        for n in names {
            let Some(v) = vars.get(&n).copied() else { continue };
            let v = spread(Scope::of(&mut self.cx.g).ex(v), rows, len).v;
            inner.insert(n, v);
        }
        let fold = Fold { from: times.from, len, rows, whole: vars.clone(), window: window.clone() };
        let outer = self.clock.replace(Clock::All(fold));
        let made = self.repeated(len, |me| f(me, &inner));
        self.clock = outer;
        made
    }

    /// A parameter at all times of some statements, `[.., T, ..event]`.
    pub(super) fn along(&mut self, e: &TExpr, pieces: &[TPiece], vars: &Vars) -> Value {
        let mut order: Vec<&TPiece> = pieces.iter().collect();
        order.sort_by_key(|p| p.times.from);
        let event = e.ty.shape.get(1..).unwrap_or_default();
        let mut all: Vec<Value> = order.into_iter().map(|p| self.piece(p, event, vars)).collect();
        if let [one] = all.as_slice() {
            return *one;
        }
        self.meet(&mut all);
        let g = Scope::of(&mut self.cx.g);
        let all = g.all(&all);
        let first = all.iter().filter_map(|v| v.shape().0.first().copied()).find(|d| !d.is_one());
        let widest = |v: &Ex<'_>| {
            let mut dims = v.shape().0;
            if let (Some(d), Some(first)) = (dims.first_mut(), first) {
                *d = first;
            }
            Shape(dims)
        };
        let all: Vec<Ex<'_>> = all.iter().map(|v| v.broadcast(&widest(v))).collect();
        g.concat(&all, 1).v
    }

    /// The value of one piece, `[.., T, ..event]`.
    fn piece(&mut self, p: &TPiece, event: &[usize], vars: &Vars) -> Value {
        let rows = self.batch;
        let len = p.times.len();
        let v = self
            .at_all_times(&p.times, (&[&p.value], vars), &Window::new(), |me, vars| me.expr(&p.value, vars));
        let g = Scope::of(&mut self.cx.g);
        let v = aligned(g.ex(v), event);
        unfolded(v, rows, len).v
    }

    /// A draw of a chain: what does not read the chain itself at once, the rest in a loop over its times.
    pub(super) fn draw_in_time(&mut self, s: &TSite, d: &TDist, time: &TTime, vars: &Vars) -> Value {
        let shape = self.shape(&s.ty.shape);
        let known = (self.completing && s.observed).then(|| {
            let x = self.data(&s.name);
            let known = self.cx.g.input(&Input::Known(s.name.clone()).to_string(), Role::Data, shape.clone());
            [x, known]
        });
        let mut drawn = self.cx.full(0.0, shape);
        for (k, times) in time.pieces.iter().enumerate() {
            drawn = match time.reads_own.get(k) {
                Some(true) => self.draw_steps(s, (d, k), Chain { time, drawn, known }, vars),
                Some(false) | None => {
                    let new = self.draw_at_once(s, (d, k), times, known, vars);
                    self.with_times(drawn, new, times)
                }
            };
        }
        drawn
    }

    /// `all` with `new` at these times.
    fn with_times(&mut self, all: Value, new: Value, times: &Times) -> Value {
        let g = Scope::of(&mut self.cx.g);
        let [all, new] = g.exs([all, new]);
        let length = all.shape().0.get(1).map_or(0, |d| d.n);
        let mut parts = Vec::new();
        if times.from > 0 {
            parts.push(all.slice(1, 0, times.from));
        }
        parts.push(new);
        if times.to < length {
            parts.push(all.slice(1, times.to, length - times.to));
        }
        g.concat(&parts, 1).v
    }

    /// The draws of statement `k`, which does not read the site itself.
    fn draw_at_once(
        &mut self,
        s: &TSite,
        (d, k): (&TDist, usize),
        times: &Times,
        known: Option<[Value; 2]>,
        vars: &Vars,
    ) -> Value {
        let of = |p: &Option<TExpr>| p.as_ref().map(|e| only(e, k, times.len()));
        let part = TDist { params: d.params.iter().map(of).collect(), time: None, ..d.clone() };
        let mut ty = s.ty.clone();
        ty.shape.first_mut().into_iter().for_each(|n| *n = times.len());
        let params = self.dist_params(&part, &ty, vars);
        let params = self.at_temperature(&part, params);
        let shape = self.shape(&ty.shape);
        let new = self.drawn_from(s, &part, &params, &shape);
        match known {
            Some(known) => {
                let [x, known] = Scope::of(&mut self.cx.g).exs(known);
                let [x, known] = [x, known].map(|v| v.slice(1, times.from, times.len()));
                let new = x.scope().ex(new);
                known.gt(0.5).select(x, new).v
            }
            None => new,
        }
    }

    /// The draws of statement `k`, which reads the site itself at times before.
    fn draw_steps(&mut self, s: &TSite, (d, k): (&TDist, usize), chain: Chain<'_>, vars: &Vars) -> Value {
        let Chain { time, drawn, known } = chain;
        let Some(times) = time.pieces.get(k) else { return drawn };
        let length = s.ty.shape.first().copied().unwrap_or(0);
        let turn = |me: &mut Self, v: Value| match times.reverse {
            true => turned(Scope::of(&mut me.cx.g).ex(v)).v,
            false => v,
        };
        let start = turn(self, drawn);
        let known = known.map(|both| both.map(|v| turn(self, v)));
        let from = self.cx.g.nodes.len();
        let shape = self.shape(&s.ty.shape);
        let canvas = self.cx.g.input(&format!("drawn.{}", s.name), Role::Local, shape);
        let mut inner = vars.clone();
        inner.insert(s.name.clone(), canvas);
        let step = Step { times: times.clone(), length };
        let at = [step.at(0, length)];
        let outer = self.clock.replace(Clock::Step(step));
        let params = self.step_params(d, k, time.step.len(), &inner);
        let params = self.at_temperature(d, params);
        self.cx.g.at = s.value_span;
        let here = self.shape(&time.step);
        let new = self.drawn_from(s, d, &params, &here);
        self.clock = outer;
        let g = Scope::of(&mut self.cx.g);
        let mut dims = here.0;
        dims.insert(1, Dim::fixed(1));
        let mut new = g.ex(new).reshape(Shape(dims));
        if let Some(known) = known {
            let [x, known] = g.exs(known).map(|v| v.dyn_slice(&[1], &[1], &at));
            new = known.gt(0.5).select(x, new);
        }
        let next = g.ex(canvas).dyn_update(new, &[1], &at).v;
        let of = Iteration { canvas, from, next, count: times.len(), first: 0, places: &[] };
        let (all, _) = outlined(&mut self.cx.g, &of, start, false);
        self.outlined = true;
        turn(self, all)
    }

    /// The parameters of statement `k` at one time, of which a draw has `rank` axes.
    fn step_params(&mut self, d: &TDist, k: usize, rank: usize, vars: &Vars) -> Vec<Option<Value>> {
        let piece = d.piece(k);
        let types: Vec<_> = piece.params.iter().map(|p| p.as_ref().map(|e| e.ty.clone())).collect();
        let own = d.row.event(&types).map_or(0, |e| e.own.len());
        let mut out = Vec::new();
        for (p, spec) in piece.params.iter().zip(d.row.dist_params()) {
            out.push(p.as_ref().map(|e| {
                self.cx.g.at = e.span;
                let v = self.expr(e, vars);
                align_param(&mut self.cx.g, v, rank.saturating_sub(own), spec.axes)
            }));
        }
        out
    }
}

/// A chain of which some times are drawn.
#[derive(Clone, Copy)]
struct Chain<'a> {
    time: &'a TTime,
    /// All times, `[B, T, ..]`; 0 where nothing is drawn.
    drawn: Value,
    /// The data, and where they are given.
    known: Option<[Value; 2]>,
}

/// A parameter in statement `k` alone, at all of its times.
fn only(e: &TExpr, k: usize, len: usize) -> TExpr {
    let mut one = e.clone();
    if let TKind::Along(pieces) = &e.kind
        && let Some(p) = pieces.get(k)
    {
        one.kind = TKind::Along(vec![p.clone()]);
        one.ty.shape.first_mut().into_iter().for_each(|n| *n = len);
        return one;
    }
    at_piece(e, k).clone()
}

/// `[.., ..event]` of a value that has some of the last axes of the event, or one number.
fn aligned<'g>(v: Ex<'g>, event: &[usize]) -> Ex<'g> {
    let mut dims = v.shape().0;
    if dims.is_empty() {
        dims.push(Dim::fixed(1));
    }
    while dims.len() < event.len() + 1 {
        dims.insert(1, Dim::fixed(1));
    }
    let v = v.reshape(Shape(dims.clone()));
    let full = dims.first().copied().into_iter().chain(event.iter().map(|n| Dim::fixed(*n))).collect();
    v.broadcast(&Shape(full))
}
