//! Makes a loop of nodes that stand in a graph: what one iteration computes from the canvas is written beside everything else, at a
//! stand-in, and moves into the body of a loop from here; what does not depend on it stays outside.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few ops are treated in their own way; all others are alike"
)]

use super::columns::{Columns, columns};
use super::graph::{Graph, Node, Step, Turns, Value};
use super::interp::Env;
use super::op::*;
use super::ops::Local;
use super::outset;
use super::shape::Ty;
use super::tensor::Tensor64;
use super::value_map::ValueMap;
use crate::span::Span;
use std::collections::BTreeMap;

/// The longest side of a matrix whose mask is read.
const SIDE: usize = 1 << 16;

/// One iteration, written at a stand-in.
pub struct Iteration<'a> {
    /// The stand-in for the canvas: an input with [`Role::Local`].
    pub canvas: Value,
    /// The number of nodes of the graph before the stand-in: draws made later are drawn anew in each iteration.
    pub from: usize,
    /// The canvas after the iteration.
    pub next: Value,
    /// How many places there are.
    pub count: usize,
    /// How many of the first are there at the start, and are not made.
    pub first: usize,
    /// The axes of the canvas along which places lie.
    pub places: &'a [(usize, At)],
}

/// What a loop over places does at each of them.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// What it keeps from one place to the next, beside what is drawn, and the piece of the spec that makes it.
    pub kept: Vec<(Ty, Span)>,
    /// Products and convolutions that it computes for all places anew at each, by the token of their op and the piece of the spec.
    pub whole: Vec<(&'static str, Span)>,
    /// Products of which it computes the numbers of the place, from all that they read.
    pub own: Vec<(&'static str, Span)>,
}

/// The canvas after all iterations, `start` being the first, and what they do. With `by_place` the body computes only what its place needs.
pub fn outlined(g: &mut Graph, of: &Iteration<'_>, start: Value, by_place: bool) -> (Value, Work) {
    let (whole, reads) = body(g, of);
    let live = |v: Value| if g.rank(v) == 2 { live_elements(g, v) } else { live_taps(g, v) };
    let kernels = reads.iter().enumerate().filter_map(|(k, v)| Some((k, live(*v)?))).collect();
    let cut = if by_place { columns(&whole, of.places, &kernels) } else { None };
    let (body, caches, [anew, own]) = match cut {
        Some(Columns { body, caches, whole, own }) => (body, caches, [whole, own]),
        None => (whole.clone(), Vec::new(), [Vec::new(), Vec::new()]),
    };
    let of_spec = |v: &Value| whole.node(*v);
    let work = Work {
        kept: caches.iter().map(|c| (c.ty.clone(), of_spec(&c.of).span)).collect(),
        whole: anew.iter().map(of_spec).map(|n| (n.op.rule().name(), n.span)).collect(),
        own: own.iter().map(of_spec).map(|n| (n.op.rule().name(), n.span)).collect(),
    };
    let (initial, first) = outset::initial(g, &whole, [&[start], reads.as_slice()], &caches, of.first);
    let turns = Turns { count: of.count, first, reverse: false };
    (placed(g, &body, &initial, &reads, turns), work)
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
    let moves = dependent(g, of);
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

/// Which elements of a matrix may differ from 0, where a mask in it is known.
fn live_elements(g: &Graph, v: Value) -> Option<Vec<bool>> {
    let node = g.node(v);
    match (&node.op, node.args.as_slice()) {
        (Op::Literal(l), []) => Some(l.data.iter().map(|x| *x != 0.0).collect()),
        (Op::Binary(Binary::Mul), [a, b]) => match (live_elements(g, *a), live_elements(g, *b)) {
            (Some(a), Some(b)) => Some(a.iter().zip(&b).map(|(a, b)| *a && *b).collect()),
            (one, other) => one.or(other),
        }
        .filter(|l| l.len() == node.ty.shape.size(1)),
        (Op::Binary(Binary::Div), [a, _]) | (Op::Cast(_), [a]) => {
            live_elements(g, *a).filter(|l| l.len() == node.ty.shape.size(1))
        }
        (Op::Compare(how), [a, b]) => {
            let &[rows, columns] = node.ty.shape.0.as_slice() else { return None };
            let [a, b] = [a, b].map(|v| known(g, *v));
            let (a, b) = (a?, b?);
            let holds = how.row().f;
            let mut all = Vec::with_capacity(rows.n * columns.n);
            for i in 0..rows.n {
                match (line(&a, i, columns.n)?, line(&b, i, columns.n)?) {
                    (Line::Same(x), Line::Same(y)) => all.extend(vec![holds(x, y); columns.n]),
                    (Line::Same(x), Line::Each(b)) => all.extend(b.iter().map(|y| holds(x, y))),
                    (Line::Each(a), Line::Same(y)) => all.extend(a.iter().map(|x| holds(x, y))),
                    (Line::Each(a), Line::Each(b)) => all.extend(a.iter().zip(b).map(|(x, y)| holds(x, y))),
                }
            }
            Some(all)
        }
        _ => None,
    }
}

/// A row of a matrix that may be repeated along either axis.
enum Line<'t> {
    Same(&'t f64),
    Each(&'t [f64]),
}

/// Row `i` of a value as `n` columns have it.
fn line(t: &Tensor64, i: usize, n: usize) -> Option<Line<'_>> {
    match t.dims.as_slice() {
        [1, 1] => t.data.first().map(Line::Same),
        [1, _] => t.data.get(..n).map(Line::Each),
        [_, 1] => t.data.get(i).map(Line::Same),
        _ => t.data.get(i * n..(i + 1) * n).map(Line::Each),
    }
}

/// The value of what depends on nothing, where it is as small as a side of a matrix.
fn known(g: &Graph, v: Value) -> Option<Tensor64> {
    let node = g.node(v);
    let pure = node.op.rule().pure() || matches!(node.op, Op::Iota(_) | Op::Literal(_) | Op::Full(_));
    if !pure || node.ty.shape.count().1 > 0 || node.ty.shape.size(1) > SIDE {
        return None;
    }
    let args: Option<Vec<Tensor64>> = node.args.iter().map(|a| known(g, *a)).collect();
    let env = Env { batch: 1, inputs: BTreeMap::new(), random: &|_, _, n| vec![0.0; n] };
    node.op.rule().eval(&args?.iter().collect::<Vec<_>>(), &env).ok()
}

/// A number or table that costs nothing to hold anywhere.
fn constant(node: &Node) -> bool {
    matches!(node.op, Op::Full(_) | Op::Literal(_) | Op::Iota(_))
}

/// The values that differ between iterations: by the canvas, the place, or draws made behind the stand-in.
fn dependent(g: &Graph, of: &Iteration<'_>) -> ValueMap<bool> {
    let mut out = ValueMap::new(g, false);
    for (v, node) in g.iter() {
        let of_place = match &node.op {
            Op::Random(_) => v.0 as usize >= of.from,
            Op::DynSlice(_) | Op::DynUpdate(_) => true,
            Op::Input(i) => i.role == Role::Local && Local::named(&i.name) == Some(Local::Position),
            _ => false,
        };
        out[v] = v == of.canvas || of_place || node.args.iter().any(|a| out[*a]);
    }
    out
}

/// The loop of a body that reads these values. What is the same in each iteration the optimiser moves before it.
fn placed(g: &mut Graph, body: &Graph, initial: &[Value], reads: &[Value], turns: Turns) -> Value {
    g.next_stream = g.next_stream.max(body.next_stream);
    let iteration = |inner: &mut Graph, carried: &[Value], given: &[Value], position: Value| {
        let mut new: ValueMap<Option<Value>> = ValueMap::new(body, None);
        for (v, node) in body.iter() {
            let local = match &node.op {
                Op::Input(i) => Local::named(&i.name),
                _ => None,
            };
            new[v] = match local {
                Some(Local::Carry(k)) => carried.get(k).copied(),
                Some(Local::Read(k)) => given.get(k).copied(),
                Some(Local::Position) => Some(position),
                None => {
                    let args: Option<Vec<Value>> = node.args.iter().map(|a| new[*a]).collect();
                    inner.at = node.span;
                    args.map(|args| inner.push(node.op.clone(), &args))
                }
            };
        }
        Step { carried: body.outputs.iter().filter_map(|(_, v)| new[*v]).collect(), stacked: Vec::new() }
    };
    let own = |g: &mut Graph, i: &Input| g.input(&i.name, i.role, i.shape.clone());
    let made = g.loop_with(turns, [initial, reads], iteration, own).carried;
    made.first().copied().unwrap_or_else(|| panic!("internal: a loop over places carries nothing"))
}
