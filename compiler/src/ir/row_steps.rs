//! The column of a recurrence over the rows of an image: a loop whose iterations go over a row of places each, and read of the states of the
//! row above whatever they like.
//!
//! The row above is final when a place of its row is drawn, so that windows are cut from it as it is kept. What an iteration makes of its own
//! row is cut down to the place, and no value of the row itself may be read through a window. See [`super::steps`].

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few ops are treated in their own way; all others are alike"
)]

use super::columns::{Cut, Dep, Form, many, shared};
use super::graph::{Graph, Node, Value};
use super::op::*;
use super::ops::Local;
use super::settled::Known;
use super::shape::Ty;
use super::steps::{State, local};
use super::value_map::ValueMap;

/// The places of a row in the values of a loop's body.
pub(super) struct Row {
    dep: ValueMap<Dep>,
}

impl Row {
    /// Of a loop whose arguments behind the carried ones have the place `at` along these axes, none where they are the same everywhere.
    pub fn of(l: &Loop, at: At, axis: impl Fn(usize) -> Option<usize>) -> Option<Row> {
        // What is carried lies as what is made of it, which depends on what is carried.
        let mut carried: Vec<Option<Dep>> = vec![None; l.carried];
        for _ in 0..l.carried + 2 {
            let dep = depends(l, at, &axis, &carried)?;
            let made: Vec<Option<Dep>> =
                l.body.outputs.iter().take(l.carried).map(|(_, v)| dep[*v].clone()).collect();
            if made == carried {
                let mut known = ValueMap::new(&l.body, Dep::Fixed);
                for (n, _) in l.body.iter() {
                    known[n] = dep[n].clone()?;
                }
                return Some(Row { dep: known });
            }
            carried = made;
        }
        None
    }
    /// The places of a value of the body; none where it has none.
    pub fn places(&self, v: Value) -> &[(usize, At)] {
        match &self.dep[v] {
            Dep::Placed(p) => p,
            Dep::Fixed | Dep::Whole | Dep::Here => &[],
        }
    }
}

/// How the values of a body depend on the places of a row, given how the carried ones do; unknown where that is not known yet. `None` where
/// a value mixes them, or reads others of its own row.
fn depends(
    l: &Loop,
    at: At,
    axis: &impl Fn(usize) -> Option<usize>,
    carried: &[Option<Dep>],
) -> Option<ValueMap<Option<Dep>>> {
    let body = &l.body;
    let mut dep: ValueMap<Option<Dep>> = ValueMap::new(body, None);
    for (n, node) in body.iter() {
        dep[n] = match local(body, n) {
            Some(Local::Carry(k)) => carried.get(k).cloned().flatten(),
            Some(Local::Read(k)) => Some(axis(k).map_or(Dep::Fixed, |a| Dep::Placed(vec![(a, at)]))),
            Some(Local::Position) => Some(Dep::Fixed),
            None => {
                let known: Vec<(&Dep, &Ty)> =
                    node.args.iter().filter_map(|a| Some((dep[*a].as_ref()?, body.ty(*a)))).collect();
                made_of(body, node, &known)?
            }
        };
    }
    Some(dep)
}

/// How a value depends on the places, given the arguments of which that is known: itself unknown where it does not follow.
fn made_of(body: &Graph, node: &Node, known: &[(&Dep, &Ty)]) -> Option<Option<Dep>> {
    let (deps, tys): (Vec<&Dep>, Vec<&Ty>) = known.iter().copied().unzip();
    let all = known.len() == node.args.len();
    let placed = |places| Some(Some(Dep::Placed(many(&node.ty.shape, places))));
    if deps.iter().all(|d| **d == Dep::Fixed) {
        return Some(all.then_some(Dep::Fixed));
    }
    match &node.op {
        // The row of the position; its columns stay where they are.
        Op::DynSlice(_) => Some(deps.first().map(|d| (*d).clone())),
        op if op.rule().elementwise().is_some() => placed(shared(&deps, &tys, &node.ty)?),
        _ if !all => Some(None),
        Op::Broadcast(_)
        | Op::Reshape(_)
        | Op::Permute(_)
        | Op::Slice(_)
        | Op::Concat(_)
        | Op::Pad(_)
        | Op::Conv2d(_) => {
            let places = node.op.rule().places(&deps, &tys, &node.ty)?;
            let reads = node.args.first().is_some_and(|x| above(body, *x)) || !widens(body, node);
            if reads { placed(places) } else { None }
        }
        _ => None,
    }
}

/// Whether a value holds what the row above left, with zeros around it or without.
fn above(body: &Graph, v: Value) -> bool {
    match (local(body, v), &body.node(v).op, body.node(v).args.as_slice()) {
        (Some(Local::Carry(_)), ..) => true,
        (None, Op::Pad(_) | Op::Slice(_), [x]) => above(body, *x),
        _ => false,
    }
}

/// Whether an op may read other places than its own.
fn widens(body: &Graph, node: &Node) -> bool {
    match (&node.op, node.args.as_slice()) {
        (Op::Pad(_), _) => true,
        (Op::Conv2d(_), [_, w]) => body.shape(*w).0.iter().skip(2).any(|d| !d.is_one()),
        _ => false,
    }
}

impl Cut<'_> {
    /// The iteration at a position, of a loop whose iterations go over rows, at the place that is asked for.
    pub(super) fn row_step(
        &mut self,
        l: &Loop,
        args: &[Value],
        at: At,
        row: &Row,
        states: &[State],
    ) -> Vec<Value> {
        // What is the same at all places of the row, the columns that are read, and the rows above.
        let mut new: ValueMap<Option<Value>> = ValueMap::new(&l.body, None);
        for (n, node) in l.body.iter() {
            let slice = matches!(node.op, Op::DynSlice(_));
            if row.places(n).is_empty() || slice || local(&l.body, n).is_some() {
                new[n] = self.stepped_node(l, args, at, states, (n, &new));
            }
        }
        let known = Known::inside(&l.body, row.dep.clone(), self.known.unit);
        let mut inner = self.inside(&l.body, known);
        for (n, _) in l.body.iter() {
            let Some(v) = new[n] else { continue };
            match (local(&l.body, n), row.places(n).is_empty()) {
                (_, true) => inner.set(Form::Whole, n, v),
                (Some(Local::Carry(_)), false) => inner.set_final(n, v),
                (_, false) => inner.set_column(n, v),
            }
        }
        let outputs = l.body.outputs.iter();
        let made =
            outputs.map(|(_, v)| if row.places(*v).is_empty() { inner.all(*v) } else { inner.column(*v) });
        let made = made.collect();
        let graph = std::mem::take(inner.graph());
        *self.graph() = graph;
        made
    }
}
