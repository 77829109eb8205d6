//! What is kept of a value from one update to the next: slow averages and pools of earlier values.

use super::{Ctx, Vars};
use crate::derive::Input;
use crate::ir::{DType, Dim, Ex, Role, Scope, Shape, Value};
use crate::rows::setting::newest;
use crate::types::{Keep, TKept};

/// Of how many values the memory is: a number for each memory.
const COUNT: &str = "count";
/// The average, or the pool.
const VALUES: &str = "values";

impl Ctx<'_> {
    /// `average(e, 0.99)`, `replay(e, 50)`; one value in a program, however often it is read.
    pub(super) fn kept(&mut self, k: &TKept, vars: &Vars) -> Value {
        if let Some(v) = self.shared.kept.get(&k.number) {
            return *v;
        }
        let now = self.expr(&k.arg, vars);
        let v = match k.keep {
            Keep::Average(decay) => self.slow(k.number, decay, now),
            // Where nothing moves, nothing is earlier.
            Keep::Replay(_) if !self.cx.training => now,
            Keep::Replay(size) => self.replayed(k.number, size, now),
        };
        self.shared.kept.insert(k.number, v);
        v
    }

    /// A tensor of memory `number`, as the update before left it; zeros at first.
    fn memory(&mut self, number: usize, what: &str, shape: &Shape) -> Value {
        let path = Input::Kept(number, what.into()).to_string();
        match self.cx.leaves().get(&path) {
            Some(v) => *v,
            None => {
                let v = self.cx.input(&path, Role::State, shape.clone());
                self.cx.override_leaf(&path, v);
                v
            }
        }
    }

    fn remember(&mut self, number: usize, what: &str, v: Value) {
        if self.cx.training {
            self.cx.state_updates.insert(Input::Kept(number, what.into()).to_string(), v);
        }
    }

    /// m + (e - m) (1 - decay) / (1 - decay^t) after update t; before the first, e.
    fn slow(&mut self, number: usize, decay: f64, now: Value) -> Value {
        let shape = self.cx.shape(now);
        let count = self.memory(number, COUNT, &Shape::scalar());
        let kept = self.memory(number, VALUES, &shape);
        let g = Scope::of(&mut self.cx.g);
        let [now, count, kept] = [now, count, kept].map(|v| g.ex(v));
        let now = now.detach();
        let more = count + 1.0;
        let share = if decay == 0.0 { g.num(1.0) } else { newest(more, decay) };
        let moved = kept + (now - kept) * share;
        let still = count.gt(0.0).select(kept, now);
        let (moved, more, still) = (moved.v, more.v, still.v);
        self.remember(number, COUNT, more);
        self.remember(number, VALUES, moved);
        if self.cx.training { moved } else { still }
    }

    fn replayed(&mut self, number: usize, size: usize, now: Value) -> Value {
        let mut pool = self.cx.shape(now);
        if let Some(first) = pool.0.first_mut() {
            *first = Dim::fixed(size);
        }
        let count = self.memory(number, COUNT, &Shape::scalar());
        let held = self.memory(number, VALUES, &pool);
        let g = Scope::of(&mut self.cx.g);
        let [now, count, held] = [now, count, held].map(|v| g.ex(v));
        let made = exchanged(now, count, held, size);
        let (seen, count, held) = (made.seen.v, made.count.detach().v, made.held.detach().v);
        self.remember(number, COUNT, count);
        self.remember(number, VALUES, held);
        seen
    }
}

/// What a pool gives for a minibatch, and what it is afterwards.
struct Exchanged<'g> {
    seen: Ex<'g>,
    count: Ex<'g>,
    held: Ex<'g>,
}

/// A minibatch `now`, `[B, ..]`, against a pool of which the first `count` places are taken. Of several values for one place the last stays.
fn exchanged<'g>(now: Ex<'g>, count: Ex<'g>, held: Ex<'g>, size: usize) -> Exchanged<'g> {
    let g = now.scope();
    let rows = Shape(vec![now.lead()]);
    let n = size as f64;
    let full = count.ge(n);
    let number = g.iota(&rows, 0).cast(DType::F);
    let drawn = (g.uniform(&rows) * n).floor().min(n - 1.0);
    let place = full.select(drawn, number + count);
    let swaps = full.and(g.uniform(&rows).lt(0.5));
    let enters = swaps.or(place.lt(n).and(full.not()));
    // For each place of the pool the number of the last value that enters there, from 1; 0 where none does.
    let places = g.iota(&Shape::fixed(&[size, 1]), 0).cast(DType::F);
    let row = |x: Ex<'g>| x.reshape(Shape(vec![Dim::fixed(1), now.lead()]));
    let comes = row(place).eq(places).cast(DType::F) * row(enters.cast(DType::F) * (number + 1.0));
    let last = comes.reduce(crate::ir::ReduceKind::Max, &[1]);
    let event = |x: Ex<'g>, lead: Dim| {
        let mut dims = vec![lead];
        dims.resize(now.rank(), Dim::fixed(1));
        x.reshape(Shape(dims))
    };
    let from = (last - 1.0).max(0.0);
    let entering = now.gather(event(from, Dim::fixed(size)).broadcast(&held.shape()).cast(DType::I), 0);
    let new = event(last, Dim::fixed(size)).gt(0.0).select(entering, held);
    let leaving = place.min(n - 1.0);
    let leaving = held.gather(event(leaving, now.lead()).broadcast(&now.shape()).cast(DType::I), 0);
    let out = event(swaps.cast(DType::F), now.lead()).gt(0.5).select(leaving, now);
    Exchanged { seen: out, count: (count + g.count(&rows)).min(n), held: new }
}
