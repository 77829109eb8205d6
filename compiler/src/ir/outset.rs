//! What a loop over places carries when it begins. Where its first places are given, what it keeps of them is what one pass over all
//! places makes of them; what that makes of later places is overwritten before it is read, or is masked where it is read.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few ops are treated in their own way; all others are alike"
)]

use super::columns::{Held, Kept};
use super::graph::{Graph, Value};
use super::op::*;
use super::ops::{Local, stack_name};
use super::value_map::ValueMap;

/// What is carried at first: the canvas, and the caches of the body. The first places of the canvas are there, as many as `given`; how many of
/// them need not be gone through comes with it.
pub(super) fn initial(
    g: &mut Graph,
    body: &Graph,
    [canvas, reads]: [&[Value]; 2],
    caches: &[Kept],
    given: usize,
) -> (Vec<Value>, usize) {
    let mut initial = canvas.to_vec();
    let wanted = |kept: &&Kept| given > 0 || kept.starts;
    let pass = caches.iter().any(|c| wanted(&c)).then(|| pass(g, body, canvas, reads));
    let mut known = true;
    for kept in caches {
        let found = pass.as_ref().filter(|_| wanted(&kept)).and_then(|pass| held(g, body, pass, kept));
        known &= found.is_some();
        let zeros = || Full { value: 0.0, dtype: kept.ty.dtype, shape: kept.ty.shape.clone() };
        initial.push(found.unwrap_or_else(|| g.push(Op::Full(zeros()), &[])));
    }
    (initial, if known { given } else { 0 })
}

/// What the values of a body are in the first iteration, where they depend on nothing but the canvas and what is read. Loops keep their
/// states, as outputs behind their own.
fn pass(g: &mut Graph, body: &Graph, canvas: &[Value], reads: &[Value]) -> ValueMap<Option<Value>> {
    let mut new: ValueMap<Option<Value>> = ValueMap::new(body, None);
    for (v, node) in body.iter() {
        let local = match &node.op {
            Op::Input(i) => Local::named(&i.name),
            _ => None,
        };
        let args: Option<Vec<Value>> = node.args.iter().map(|a| new[*a]).collect();
        g.at = node.span;
        new[v] = match (local, &node.op) {
            (Some(Local::Carry(k)), _) => canvas.get(k).copied(),
            (Some(Local::Read(k)), _) => reads.get(k).copied(),
            (Some(Local::Position), _) | (None, Op::Random(_) | Op::DynSlice(_) | Op::DynUpdate(_)) => None,
            (None, Op::Loop(l)) => args.map(|args| g.push(Op::Loop(with_states(l)), &args)),
            (None, op) => args.map(|args| g.push(op.clone(), &args)),
        };
    }
    new
}

/// A loop that keeps each of its carried values behind every position.
fn with_states(l: &Loop) -> Loop {
    let mut l = l.clone();
    let states: Vec<Value> = l.body.outputs.iter().take(l.carried).map(|(_, v)| *v).collect();
    for v in states {
        l.body.outputs.push((stack_name(l.body.outputs.len() - l.carried), v));
    }
    l
}

/// What a cache holds after a pass.
fn held(g: &mut Graph, body: &Graph, pass: &ValueMap<Option<Value>>, kept: &Kept) -> Option<Value> {
    let v = pass[kept.of]?;
    Some(match &kept.held {
        Held::Places => around(g, v, kept),
        Held::States(k) => {
            let Op::Loop(l) = &body.node(kept.of).op else { return None };
            let states = g.result(v, l.body.outputs.len() + k);
            // Before the first position they are 0.
            g.pad(states, 0, 1, 0)
        }
        Held::Elements(elements) => {
            let taken = g.take(v, 1, elements.clone());
            g.reshape(taken, kept.ty.shape.clone())
        }
    })
}

/// A value with zeros around its places, as it is kept.
fn around(g: &mut Graph, v: Value, kept: &Kept) -> Value {
    let sizes: Vec<usize> = kept.ty.shape.0.iter().map(|d| d.n).collect();
    let axes = kept.front.iter().zip(&kept.len).zip(sizes).enumerate();
    axes.fold(v, |v, (axis, ((front, len), size))| {
        let own = g.shape(v).0.get(axis).map_or(*len, |d| d.n);
        let v = if own == *len { v } else { g.slice(v, axis, 0, *len) };
        let after = size.saturating_sub(front + len);
        if *front == 0 && after == 0 { v } else { g.pad(v, axis, *front, after) }
    })
}
