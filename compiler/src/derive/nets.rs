//! Nets and flows applied to values. Their layers are lowered by what [`crate::rows`] says about each.

use crate::event::{EventTy, Kind};
use crate::ir::{Dim, Ex, Scope, Value};
use crate::rows::layer::{beside, parts};
use crate::rows::{Builder, Direction, Env};
use crate::types::{TFlow, TNet};

/// A net on its inputs, `[B, ..event]` each.
pub fn net(cx: &mut Builder, net: &TNet, inputs: &[Value]) -> Vec<Value> {
    let s = Scope::of(&mut cx.g);
    let read: Vec<Value> =
        net.inputs.iter().zip(inputs).map(|((_, ty, _), x)| as_read(s.ex(*x), ty).v).collect();
    let given = net.inputs.iter().map(|(name, ..)| name.clone()).zip(read.iter().copied()).collect();
    let env = Env { path: net.name.clone(), given };
    let at = cx.at(&env);
    let body: Vec<Ex> = read
        .iter()
        .zip(&net.joined)
        .enumerate()
        .filter(|(i, (_, joined))| *i == 0 || **joined)
        .map(|(_, (v, _))| at.ex(*v))
        .collect();
    let x = joined(at.scope(), &body, &net.chain.input.shape);
    net.chain.lower(at, x).iter().map(|y| y.v).collect()
}

/// A flow in one direction, given the values of its constants; the log-determinant is `[B]`.
pub fn flow(
    cx: &mut Builder,
    flow: &TFlow,
    x: Value,
    given: &[Value],
    to: Direction,
) -> (Value, Option<Value>) {
    let s = Scope::of(&mut cx.g);
    let read = flow.given.iter().zip(given).map(|((name, ty), v)| (name.clone(), as_read(s.ex(*v), ty).v));
    let env = Env { path: flow.name.clone(), given: read.collect() };
    let at = cx.at(&env);
    let (y, log_det) = flow.chain.run(at, at.ex(x), to);
    (y.v, log_det.map(|l| l.v))
}

/// Class numbers `[B, ..s]` as one-hot vectors, one after the other: `[B, size of s · n]`.
pub fn one_hot(cx: &mut Builder, x: Value, n: usize) -> Value {
    one_hot_row(Scope::of(&mut cx.g).ex(x), n).v
}

fn one_hot_row(x: Ex<'_>, n: usize) -> Ex<'_> {
    let hot = parts::one_hot(x, n);
    let size: usize = hot.shape().0.iter().skip(1).map(|d| d.n).product();
    hot.view(&[size])
}

/// A value as a net or flow reads it: classes one-hot, grey levels scaled to 0..1.
fn as_read<'g>(x: Ex<'g>, ty: &EventTy) -> Ex<'g> {
    match ty.kind {
        Kind::Real(_) | Kind::Bool | Kind::OneHot => x,
        Kind::Int(n) => x * (1.0 / (n.max(2) - 1) as f64),
        Kind::Class(n) => one_hot_row(x, n),
    }
}

/// Inputs side by side, as an event of this shape: vectors end to end, vectors onto an image as constant planes, images by channel.
fn joined<'g>(s: Scope<'g>, inputs: &[Ex<'g>], to: &[usize]) -> Ex<'g> {
    let each = inputs.iter().map(|x| {
        let rank = x.rank().saturating_sub(1);
        let size = x.shape().0.iter().skip(1).map(|d| d.n).product();
        match to {
            _ if rank == to.len() && rank > 1 => *x,
            [_, _, _] => x.view(&[size, 1, 1]),
            _ => x.view(&[size]),
        }
    });
    let rest: Vec<Dim> = to.iter().skip(1).map(|&n| Dim::fixed(n)).collect();
    beside::concat(s, &each.collect::<Vec<_>>(), &rest)
}
