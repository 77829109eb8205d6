//! Nets and flows applied to values. Their layers are lowered by what [`crate::rows`] says about each.

use crate::event::{EventTy, Kind};
use crate::ir::{Dim, Ex, Scope, Shape, Value, common_lead};
use crate::rows::layer::{beside, parts};
use crate::rows::{Builder, Direction, Env, LowerCx};
use crate::types::{TFlow, TNet};

/// A net on its inputs, `[B, ..event]` each; `[1, ..event]` or, where the event is one number, rank 0 for what all examples share.
pub fn net(cx: &mut Builder, net: &TNet, inputs: &[Value]) -> Vec<Value> {
    on(cx, net, inputs, |at, x| {
        let made = net.chain.lower(at, x);
        // Of several outputs one of a single coordinate may be declared as a number.
        let as_declared = |(y, ty): (Ex, &EventTy)| match y.rank() == ty.shape.len() + 1 {
            true => y.v,
            false => y.view(&ty.shape).v,
        };
        made.into_iter().zip(&net.outs).map(as_declared).collect()
    })
}

/// What the last layer of a net makes its output of; `None` where there is no layer before it.
pub fn features(cx: &mut Builder, net: &TNet, inputs: &[Value]) -> Option<Value> {
    on(cx, net, inputs, |at, x| net.chain.lower_features(at, x).map(|y| y.v))
}

/// Does something with the inputs of a net as its layers read them.
fn on<R>(
    cx: &mut Builder,
    net: &TNet,
    inputs: &[Value],
    lower: impl for<'g> FnOnce(LowerCx<'g, '_>, Ex<'g>) -> R,
) -> R {
    // What comes from a file is as it was evaluated: without dropout, with the statistics that were kept.
    let training = cx.training;
    cx.training = training && net.frozen.is_none();
    let y = applied(cx, net, inputs, lower);
    cx.training = training;
    y
}

fn applied<R>(
    cx: &mut Builder,
    net: &TNet,
    inputs: &[Value],
    lower: impl for<'g> FnOnce(LowerCx<'g, '_>, Ex<'g>) -> R,
) -> R {
    let s = Scope::of(&mut cx.g);
    let read = arguments(s, inputs, net.inputs.iter().map(|(_, ty, _)| ty));
    let given = net.inputs.iter().map(|(name, ..)| name.clone()).zip(read.iter().copied()).collect();
    let env = Env { path: net.name.clone(), given };
    let at = cx.at(&env);
    let body: Vec<Ex> = read
        .iter()
        .zip(&net.joined)
        .enumerate()
        .filter(|(i, (_, joined))| *i == 0 || **joined)
        .map(|(i, (v, _))| match (net.chain.input.kind, inputs.first()) {
            // Classes that the first layer embeds come as they are.
            (Kind::Class(_), Some(numbers)) if i == 0 => at.ex(*numbers),
            (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count, _) => {
                at.ex(*v)
            }
        })
        .collect();
    let x = joined(at.scope(), &body, &net.chain.input.shape);
    lower(at, x)
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
    let end = match to {
        Direction::Forward => &flow.from,
        Direction::Inverse => &flow.to,
    };
    let types = std::iter::once(end).chain(flow.given.iter().map(|(_, ty)| ty));
    let mut read = arguments(s, &[&[x], given].concat(), types).into_iter();
    let x = read.next().unwrap_or(x);
    let given = flow.given.iter().map(|(name, _)| name.clone()).zip(read).collect();
    let env = Env { path: flow.name.clone(), given };
    let at = cx.at(&env);
    let (y, log_det) = flow.chain.run(at, at.ex(x), to);
    (y.v, log_det.map(|l| l.v))
}

/// Arguments as a body reads them, the first being what its layers go over. One number that all examples share has no axes
/// elsewhere; here it has those of its event, and a first axis of 1 like everything that is shared. The first argument has the batch
/// axis as soon as any has it: what layers make of the others is added to it, or laid beside it.
fn arguments<'t>(s: Scope<'_>, values: &[Value], types: impl Iterator<Item = &'t EventTy>) -> Vec<Value> {
    let with_axes = |(v, ty): (&Value, &EventTy)| {
        let x = s.ex(*v);
        let x = if x.rank() == 0 { x.reshape(Shape::fixed(&vec![1; ty.shape.len() + 1])) } else { x };
        as_read(x, ty)
    };
    let mut all: Vec<Ex> = values.iter().zip(types).map(with_axes).collect();
    let lead = common_lead(&all);
    if let Some(first) = all.first_mut().filter(|x| x.lead() != lead) {
        let event = first.shape().0.into_iter().skip(1);
        *first = first.broadcast(&Shape(std::iter::once(lead).chain(event).collect()));
    }
    all.iter().map(|x| x.v).collect()
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
        Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Count => x,
        Kind::Int(n) => x * (1.0 / (n.max(2) - 1) as f64),
        Kind::Class(n) => one_hot_row(x, n),
    }
}

/// Inputs side by side, as an event of this shape: vectors end to end, vectors onto an image as constant planes, images by channel.
fn joined<'g>(s: Scope<'g>, inputs: &[Ex<'g>], to: &[usize]) -> Ex<'g> {
    if let [one] = inputs {
        return *one;
    }
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
