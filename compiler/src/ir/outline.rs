//! Makes a loop of nodes that stand in a graph: what one iteration computes from the canvas is written beside everything else, at a
//! stand-in, and moves into the body of a loop from here; what is the same in every iteration stays outside.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few ops are treated in their own way; all others are alike"
)]

use super::columns::{Columns, columns};
use super::graph::{Graph, Node, Value};
use super::op::*;
use super::ops::Local;
use super::value_map::ValueMap;

/// One iteration, written at a stand-in.
pub struct Iteration<'a> {
    /// The stand-in for the canvas: an input with [`Role::Local`].
    pub canvas: Value,
    /// The number of nodes of the graph before the stand-in: draws made later are drawn anew in each iteration.
    pub from: usize,
    /// The canvas after the iteration.
    pub next: Value,
    /// How many iterations there are.
    pub count: usize,
    /// The axes of the canvas along which places lie.
    pub places: &'a [(usize, At)],
}

/// The canvas after all iterations, `start` being the first. With `by_place` the body computes only what its place needs.
pub fn outlined(g: &mut Graph, of: &Iteration<'_>, start: Value, by_place: bool) -> Value {
    let (body, reads) = body(g, of);
    let kernels = reads.iter().enumerate().filter_map(|(k, v)| Some((k, live_taps(g, *v)?))).collect();
    let cut = if by_place { columns(&body, of.places, &kernels) } else { None };
    let (body, caches) = match cut {
        Some(Columns { body, caches, .. }) => (body, caches),
        None => (body, Vec::new()),
    };
    let mut initial = vec![start];
    for ty in caches {
        initial.push(g.push(Op::Full(Full { value: 0.0, dtype: ty.dtype, shape: ty.shape }), &[]));
    }
    placed(g, &body, &initial, &reads, of.count)
}

/// What depends on the canvas or on the place, as a body of its own, and the values of `g` that it reads.
fn body(g: &Graph, of: &Iteration<'_>) -> (Graph, Vec<Value>) {
    let mut needed = ValueMap::new(g, false);
    needed[of.next] = true;
    for (v, node) in g.iter().rev() {
        if needed[v] {
            node.args.iter().for_each(|a| needed[*a] = true);
        }
    }
    let moves = dependent(g, of.from, |v| v == of.canvas);
    let mut body = Graph::new("");
    body.next_stream = g.next_stream;
    let mut reads = Vec::new();
    let mut new: ValueMap<Option<Value>> = ValueMap::new(g, None);
    let input = |body: &mut Graph, name: Local, of: &Node| {
        let (dtype, shape) = (of.ty.dtype, of.ty.shape.clone());
        body.push(Op::Input(Input { name: name.to_string(), role: Role::Local, dtype, shape }), &[])
    };
    let canvas = input(&mut body, Local::Carry(0), g.node(of.canvas));
    new[of.canvas] = Some(canvas);
    for (v, node) in g.iter().filter(|(v, _)| needed[*v] && moves[*v] && *v != of.canvas) {
        let mut args = Vec::new();
        for a in &node.args {
            let known = new[*a];
            args.push(known.unwrap_or_else(|| {
                let outer = g.node(*a);
                let made = if constant(outer) {
                    body.push(outer.op.clone(), &[])
                } else {
                    reads.push(*a);
                    input(&mut body, Local::Read(reads.len() - 1), outer)
                };
                new[*a] = Some(made);
                made
            }));
        }
        body.at = node.span;
        new[v] = Some(body.push(node.op.clone(), &args));
    }
    if let Some(next) = new[of.next] {
        body.output(Local::Carry(0).to_string(), next);
    }
    (body, reads)
}

/// At which rows and columns a kernel `[O, I, rows, columns]` may differ from 0, where a mask in it is known.
fn live_taps(g: &Graph, v: Value) -> Option<Vec<bool>> {
    let node = g.node(v);
    let &[_, _, rows, columns] = node.ty.shape.0.iter().map(|d| d.n).collect::<Vec<_>>().as_slice() else {
        return None;
    };
    let taps = rows * columns;
    match (&node.op, node.args.as_slice()) {
        (Op::Literal(l), []) => {
            let live = |t: usize| l.data.iter().skip(t).step_by(taps.max(1)).any(|x| *x != 0.0);
            Some((0..taps).map(live).collect())
        }
        (Op::Binary(Binary::Mul), [a, b]) => match (live_taps(g, *a), live_taps(g, *b)) {
            (Some(a), Some(b)) => Some(a.iter().zip(&b).map(|(a, b)| *a && *b).collect()),
            (one, other) => one.or(other).filter(|l| l.len() == taps),
        },
        (Op::Binary(Binary::Div), [a, _]) => live_taps(g, *a).filter(|l| l.len() == taps),
        (Op::Broadcast(_), [x]) => live_taps(g, *x).filter(|l| l.len() == taps),
        _ => None,
    }
}

/// A number or table that costs nothing to hold anywhere.
fn constant(node: &Node) -> bool {
    matches!(node.op, Op::Full(_) | Op::Literal(_) | Op::Iota(_))
}

/// The values that differ between iterations, or between its first nodes and the draws made from node `from` on.
fn dependent(g: &Graph, from: usize, starts: impl Fn(Value) -> bool) -> ValueMap<bool> {
    let mut out = ValueMap::new(g, false);
    for (v, node) in g.iter() {
        let of_place = match &node.op {
            Op::Random(_) => v.0 as usize >= from,
            Op::DynSlice(_) | Op::DynUpdate(_) => true,
            _ => false,
        };
        out[v] = starts(v) || of_place || node.args.iter().any(|a| out[*a]);
    }
    out
}

/// The loop, with everything of its body that is the same in each iteration before it in `g`.
fn placed(g: &mut Graph, body: &Graph, initial: &[Value], reads: &[Value], count: usize) -> Value {
    let local = |node: &Node| match &node.op {
        Op::Input(i) => Local::named(&i.name),
        _ => None,
    };
    let moving =
        dependent(body, 0, |v| matches!(local(body.node(v)), Some(Local::Carry(_) | Local::Position)));
    // Before the loop: what does not move.
    let mut outer: ValueMap<Option<Value>> = ValueMap::new(body, None);
    for (v, node) in body.iter().filter(|(v, _)| !moving[*v]) {
        outer[v] = match local(node) {
            Some(Local::Read(k)) => reads.get(k).copied(),
            Some(Local::Carry(_) | Local::Position) => None,
            None if constant(node) => None,
            None => {
                let args: Option<Vec<Value>> = node
                    .args
                    .iter()
                    .map(|a| {
                        let known = outer[*a];
                        known.or_else(|| Some(g.push(body.node(*a).op.clone(), &[])))
                    })
                    .collect();
                g.at = node.span;
                args.map(|args| g.push(node.op.clone(), &args))
            }
        };
    }
    // In the loop: what moves, and what of the rest it reads.
    let mut read: Vec<Value> = Vec::new();
    for (_, node) in body.iter().filter(|(v, _)| moving[*v]) {
        for a in &node.args {
            if let Some(v) = outer[*a].filter(|v| !moving[*a] && !read.contains(v)) {
                read.push(v);
            }
        }
    }
    let streams = body.next_stream;
    g.next_stream = g.next_stream.max(streams);
    g.loop_over(count, initial, &read.clone(), |inner, carried, given, position| {
        let mut new: ValueMap<Option<Value>> = ValueMap::new(body, None);
        for (v, node) in body.iter() {
            new[v] = match local(node) {
                Some(Local::Carry(k)) => carried.get(k).copied(),
                Some(Local::Position) => Some(position),
                Some(Local::Read(_)) => {
                    outer[v].and_then(|o| given.get(read.iter().position(|r| *r == o)?).copied())
                }
                None if moving[v] || constant(node) => {
                    let args: Option<Vec<Value>> = node.args.iter().map(|a| new[*a]).collect();
                    inner.at = node.span;
                    args.map(|args| inner.push(node.op.clone(), &args))
                }
                None => outer[v].and_then(|o| given.get(read.iter().position(|r| *r == o)?).copied()),
            };
        }
        body.outputs.iter().filter_map(|(_, v)| new[*v]).collect()
    })
}
