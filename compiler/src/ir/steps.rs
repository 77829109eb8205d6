//! The column of a recurrence: a loop over the places whose values at a place are made of the state and of what is read there.
//!
//! Its iteration at a place is written into the sampler's body, and the states are kept, each in the row of the place before which it
//! stands: one step a place, instead of all of them. Where an iteration goes over a row of places, `row_steps.rs` cuts it down further. See
//! [`super::columns`].

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few ops are treated in their own way; all others are alike"
)]

use super::columns::{Cut, Dep, Places};
use super::graph::{Graph, Node, Value};
use super::op::*;
use super::ops::Local;
use super::row_steps::Row;
use super::shape::{DType, Dim, Shape, Ty};
use super::value_map::ValueMap;

/// What an input of the body is.
pub(super) fn local(g: &Graph, v: Value) -> Option<Local> {
    if let Op::Input(i) = &g.node(v).op { Local::named(&i.name) } else { None }
}

/// Whether a place is the position of a loop of so many iterations.
fn is_position(at: &At, count: usize) -> bool {
    *at == At { div: 1, modulo: count, offset: 0, ahead: 0 }
}

/// The loop of which a node has what output k of its body keeps for each position, and k.
pub(super) fn of<'b>(g: &'b Graph, node: &Node) -> Option<(Value, &'b Loop, usize)> {
    let (Op::LoopResult(r), &[of]) = (&node.op, node.args.as_slice()) else { return None };
    let Op::Loop(l) = &g.node(of).op else { return None };
    (r.k >= l.carried).then_some((of, l, r.k))
}

/// Of the arguments of a loop, those that an iteration reads beside the carried ones.
pub(super) fn read(l: &Loop, args: &[Value]) -> Vec<Value> {
    let body = &l.body;
    let mut used = vec![false; args.len()];
    let values = body.nodes.iter().flat_map(|n| n.args.iter().copied());
    for v in values.chain(body.outputs.iter().map(|(_, v)| *v)) {
        if let Some(Local::Read(k)) = local(body, v) {
            used.get_mut(l.carried + k).into_iter().for_each(|u| *u = true);
        }
    }
    args.iter().zip(used).filter(|(_, used)| *used).map(|(v, _)| *v).collect()
}

/// How a loop goes along the places.
pub(super) struct Along {
    /// The place that is the position of an iteration.
    pub at: At,
    /// The places of a row, where each iteration goes over one.
    pub row: Option<Row>,
}

/// How a loop goes along the places, where it does: it runs forwards from states that are 0, each iteration reads the place of its position,
/// or the row of it, and draws nothing.
pub(super) fn along(g: &Graph, l: &Loop, args: &[Value], dep: &ValueMap<Dep>) -> Option<Along> {
    let zero = |v: &Value| g.constant(*v) == Some(0.0) && g.ty(*v).dtype == DType::F;
    if l.reverse || l.first > 0 || !args.iter().take(l.carried).all(zero) {
        return None;
    }
    let used = read(l, args);
    let mut found: Option<(At, Option<At>)> = None;
    // The axes of places of each argument behind the carried ones: that of the position, and that of a row.
    let mut axes: Vec<Option<(usize, Option<usize>)>> = vec![None; args.len().saturating_sub(l.carried)];
    for (slot, v) in axes.iter_mut().zip(args.iter().skip(l.carried)).filter(|(_, v)| used.contains(v)) {
        match &dep[*v] {
            Dep::Fixed => {}
            Dep::Placed(p) => {
                let ((axis, at), inner) = match *p.as_slice() {
                    [place] => (place, None),
                    [a, b] if a.1.div > b.1.div => (a, Some(b)),
                    [a, b] => (b, Some(a)),
                    _ => return None,
                };
                let places = (at, inner.map(|(_, at)| at));
                if at.modulo != l.count || at.offset != 0 || found.is_some_and(|f| f != places) {
                    return None;
                }
                found = Some(places);
                *slot = Some((axis, inner.map(|(axis, _)| axis)));
            }
            Dep::Whole | Dep::Here => return None,
        }
    }
    let (at, inner) = found?;
    let outer: Vec<Option<usize>> = axes.iter().map(|a| a.map(|(axis, _)| axis)).collect();
    let fits = |node: &Node| reads_its_place(l, node, &outer);
    let counts = l.body.outputs.iter().any(|(_, v)| local(&l.body, *v) == Some(Local::Position));
    if !l.body.nodes.iter().all(fits) || counts {
        return None;
    }
    let row = match inner {
        Some(inner) => {
            let axis = |k: usize| axes.get(k).copied().flatten().and_then(|(_, axis)| axis);
            let inside = inner.offset == 0 && at.div == inner.div * inner.modulo;
            Some(Row::of(l, inner, axis).filter(|_| inside)?)
        }
        None => None,
    };
    Some(Along { at, row })
}

/// Where the places lie in what the loop keeps as output k of its body for each position.
pub(super) fn places(g: &Graph, l: &Loop, args: &[Value], dep: &ValueMap<Dep>, k: usize) -> Option<Places> {
    let along = along(g, l, args, dep)?;
    let mut places = vec![(0, along.at)];
    let (_, made) = l.body.outputs.get(k)?;
    places.extend(along.row.iter().flat_map(|row| row.places(*made)).map(|(axis, at)| (axis + 1, *at)));
    Some(places)
}

/// Whether a node of the body reads only the place of its iteration of the arguments whose places lie `along` an axis.
fn reads_its_place(l: &Loop, node: &Node, along: &[Option<usize>]) -> bool {
    let axis = |v: &Value| match local(&l.body, *v) {
        Some(Local::Read(k)) => along.get(k).copied().flatten(),
        Some(Local::Carry(_) | Local::Position) | None => None,
    };
    let placed = |args: &[Value]| args.iter().any(|v| axis(v).is_some());
    let at_position = |at: &[At]| at.iter().all(|a| is_position(a, l.count));
    let counts = node.args.iter().any(|v| local(&l.body, *v) == Some(Local::Position));
    !counts
        && match &node.op {
            Op::DynSlice(s) => {
                let one = |axis: usize| s.axes == [axis] && s.lens == [1];
                at_position(&s.at) && node.args.first().and_then(axis).is_none_or(one)
            }
            Op::DynUpdate(u) => at_position(&u.at) && !placed(&node.args),
            Op::Random(_) => false,
            _ => !placed(&node.args),
        }
}

/// An op of the body at a place of the sampler.
fn at_place(op: &Op, place: At) -> Op {
    let moved = |at: &[At]| vec![place; at.len()];
    match op {
        Op::DynSlice(s) => Op::DynSlice(DynSlice { at: moved(&s.at), ..s.clone() }),
        Op::DynUpdate(u) => Op::DynUpdate(DynUpdate { at: moved(&u.at), ..u.clone() }),
        other => other.clone(),
    }
}

/// The type of all states, a row more than there are places.
fn history(state: &Ty, places: usize) -> Ty {
    let mut dims = state.shape.0.clone();
    dims.insert(0, Dim::fixed(places + 1));
    Ty { dtype: state.dtype, shape: Shape(dims) }
}

/// A carried value before the iteration: the cache of its states, its type, and what it is.
pub(super) struct State {
    cache: usize,
    ty: Ty,
    /// As it was left at the position before.
    pub before: Value,
}

impl Cut<'_> {
    /// What the loop of `v` makes at the place that is asked for, by the output of its body: its iteration there, from the state before it.
    pub(super) fn step(&mut self, v: Value, l: &Loop, args: &[Value], at: At) -> Vec<Value> {
        let mut states: Vec<State> = Vec::new();
        for (k, a) in args.iter().take(l.carried).enumerate() {
            let ty = self.ty(*a).clone();
            let cache = self.state(v, k, &history(&ty, at.modulo));
            let all = self.kept_now(cache);
            let one = self.graph().dyn_slice(all, &[0], &[1], &[at]);
            states.push(State { cache, before: self.graph().reshape(one, ty.shape.clone()), ty });
        }
        let row = along(self.old, l, args, &self.known.dep).and_then(|a| a.row);
        let made = match &row {
            Some(row) => self.row_step(l, args, at, row, &states),
            None => self.plain_step(l, args, at, &states),
        };
        for (k, (state, next)) in states.iter().zip(&made).enumerate() {
            let inner =
                l.body.outputs.get(k).zip(row.as_ref()).map_or(&[][..], |((_, v), row)| row.places(*v));
            let shape = Cut::one_place(&history(&state.ty, 0).shape, &after(inner));
            let (mut axes, mut places) = (vec![0], vec![At { offset: at.offset + 1, ..at }]);
            for (axis, place) in after(inner) {
                axes.push(axis);
                places.push(self.here_led(place));
            }
            let (all, next) = (self.kept_now(state.cache), self.graph().reshape(*next, shape));
            let next = self.graph().dyn_update(all, next, &axes, &places);
            self.keep(state.cache, next);
        }
        made
    }

    /// The iteration at a position, of a loop whose iterations are at one place each.
    fn plain_step(&mut self, l: &Loop, args: &[Value], at: At, states: &[State]) -> Vec<Value> {
        let mut new: ValueMap<Option<Value>> = ValueMap::new(&l.body, None);
        for (n, _) in l.body.iter() {
            new[n] = self.stepped_node(l, args, at, states, (n, &new));
        }
        l.body.outputs.iter().filter_map(|(_, o)| new[*o]).collect()
    }

    /// A node of a loop's body at a position, of arguments that are known there.
    pub(super) fn stepped_node(
        &mut self,
        l: &Loop,
        args: &[Value],
        at: At,
        states: &[State],
        (n, new): (Value, &ValueMap<Option<Value>>),
    ) -> Option<Value> {
        let node = l.body.node(n);
        match local(&l.body, n) {
            Some(Local::Carry(k)) => states.get(k).map(|s| s.before),
            // What is read at the place is its column, of which the slice is the whole.
            Some(Local::Read(k)) => args.get(l.carried + k).map(|a| self.read_here(*a)),
            Some(Local::Position) => None,
            None => {
                let column = |a: &Value| match local(&l.body, *a) {
                    Some(Local::Read(k)) => args.get(l.carried + k).is_some_and(|a| self.is_placed(*a)),
                    Some(Local::Carry(_) | Local::Position) | None => false,
                };
                let made = node.args.iter().map(|a| new[*a]).collect::<Option<Vec<Value>>>()?;
                match (&node.op, node.args.first()) {
                    (Op::DynSlice(_), Some(a)) if column(a) => made.first().copied(),
                    (op, _) => Some(self.caused(node, at_place(op, at), &made)),
                }
            }
        }
    }
}

/// The same places of a value with one more axis in front.
fn after(places: &[(usize, At)]) -> Places {
    places.iter().map(|(axis, at)| (axis + 1, *at)).collect()
}
