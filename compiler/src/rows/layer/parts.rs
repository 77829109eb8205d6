//! What layer and bijection rows share: input requirements with their messages, views, one-hot coding, normalisation.

use super::super::args::{Args, Const};
use super::super::{Causality, Chain, ChainCx};
use crate::diag::Diag;
use crate::event::{EventTy, Kind, shape_text};
use crate::ir::{Binary, Compare, DType, Dim, Graph, ReduceKind, Shape, Value};
use crate::span::Span;

/// An E0201 about a layer call: what does not fit, and what arrives there.
pub fn misfit(args: &Args, message: impl Into<String>, label: impl Into<String>) -> Diag {
    Diag::new("E0201", message, args.span, label)
}

/// The number of coordinates of a vector event. `Class(n)` counts as its one-hot vector of n.
///
/// # Errors
/// E0201 for an event of another rank.
pub fn need_vector(args: &Args, input: &EventTy) -> Result<usize, Diag> {
    match (input.kind, input.shape.as_slice()) {
        (Kind::Class(n), []) => Ok(n),
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_), [n]) => Ok(*n),
        (Kind::Class(_), shape) => {
            let d = misfit(
                args,
                format!("`{}` takes numbers, not an event of {}", args.name, input),
                format!("receives classes of shape {}", shape_text(shape)),
            );
            Err(d
                .help(format!("turn the classes into numbers first: `embed(8), flatten, {}(..)`", args.name)))
        }
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_), []) => {
            let d = misfit(
                args,
                format!("`{}` takes a vector, not a single number", args.name),
                "receives an event of shape []",
            );
            Err(d.help(format!("make it a vector of one coordinate: `reshape(1), {}(..)`", args.name)))
        }
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_), shape) => {
            let d = misfit(
                args,
                format!("`{}` takes a vector, not an event of shape {}", args.name, shape_text(shape)),
                format!("receives shape {}", shape_text(shape)),
            );
            Err(d.help(format!("write `flatten` before it: then it receives [{}]", input.size())))
        }
    }
}

/// Channels, rows and columns of an image event.
///
/// # Errors
/// E0201 for an event that is no image.
pub fn need_image(args: &Args, input: &EventTy) -> Result<[usize; 3], Diag> {
    match (input.kind, input.shape.as_slice()) {
        (Kind::Class(_), _) => {
            let d = misfit(
                args,
                format!("`{}` takes numbers, not classes", args.name),
                format!("receives {input}"),
            );
            Err(d.help("turn the classes into numbers first: `embed(8)`"))
        }
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_), [c, h, w]) => Ok([*c, *h, *w]),
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_), [h, w]) => {
            let d = misfit(
                args,
                format!(
                    "`{}` takes an image [channels, rows, columns], not an event of shape {}",
                    args.name,
                    input.shape_text()
                ),
                format!("receives shape {}", input.shape_text()),
            );
            Err(d.help(format!("write `reshape(1, {h}, {w})` before it")))
        }
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_), _) => {
            let d = misfit(
                args,
                format!(
                    "`{}` takes an image [channels, rows, columns], not an event of shape {}",
                    args.name,
                    input.shape_text()
                ),
                format!("receives shape {}", input.shape_text()),
            );
            Err(d.help(format!(
                "write `reshape(channels, rows, columns)` before it, with a product of {}",
                input.size()
            )))
        }
    }
}

/// Features along axis 0 of the event: a vector's coordinates or an image's channels.
///
/// # Errors
/// E0201 for other ranks.
pub fn need_features(args: &Args, input: &EventTy) -> Result<usize, Diag> {
    match (input.kind, input.shape.as_slice()) {
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_), [n] | [n, _, _]) => Ok(*n),
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_), _) => {
            let d = misfit(
                args,
                format!(
                    "`{}` takes a vector or an image [channels, rows, columns], not {}",
                    args.name, input
                ),
                format!("receives shape {}", input.shape_text()),
            );
            Err(d.help("write `flatten` or `reshape(channels, rows, columns)` before it"))
        }
    }
}

/// The shape `[B, ..event]` whose first axis is that of `x`.
pub fn shape_like(g: &Graph, x: Value, event: &[usize]) -> Shape {
    let first = g.shape(x).0.first().copied().unwrap_or(Dim::BATCH);
    let mut dims = vec![first];
    dims.extend(event.iter().map(|&n| Dim::fixed(n)));
    Shape(dims)
}

/// `x: [B, ..]` seen as `[B, ..event]`.
pub fn view(g: &mut Graph, x: Value, event: &[usize]) -> Value {
    let shape = shape_like(g, x, event);
    g.reshape(x, shape)
}

/// A rank-0 value repeated for every example of `x`: `[B]`.
pub fn per_example(g: &mut Graph, x: Value, v: Value) -> Value {
    let shape = shape_like(g, x, &[]);
    g.broadcast(v, shape)
}

/// A parameter `[C]` as `[1, C, 1, ..]`, so that it broadcasts along axis 1 of a value of `rank`.
pub fn per_channel(g: &mut Graph, p: Value, rank: usize) -> Value {
    let n = g.shape(p).0.first().map_or(1, |d| d.n);
    let mut dims = vec![1; rank];
    if let Some(c) = dims.get_mut(1) {
        *c = n;
    }
    g.reshape(p, Shape::fixed(&dims))
}

/// Class numbers `[B, ..s]` as one-hot vectors `[B, ..s, n]`.
pub fn one_hot(g: &mut Graph, x: Value, n: usize) -> Value {
    let mut shape = g.shape(x);
    shape.0.push(Dim::fixed(1));
    let ids = g.cast(x, DType::I);
    let ids = g.reshape(ids, shape.clone());
    let mut row = vec![1; shape.rank()];
    if let Some(last) = row.last_mut() {
        *last = n;
    }
    let axis = shape.rank() - 1;
    let count = g.iota(Shape::fixed(&row), axis);
    let hit = g.compare(Compare::Eq, ids, count);
    g.cast(hit, DType::F)
}

/// The event as a vector of numbers: a single `Class(n)` becomes one-hot, everything else is as it is.
pub fn as_vector(g: &mut Graph, x: Value, input: &EventTy) -> Value {
    match input.kind {
        Kind::Class(n) if input.shape.is_empty() && g.rank(x) == 1 => one_hot(g, x, n),
        Kind::Class(_) | Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) => x,
    }
}

/// How a further input enters layers that read it: the event as numbers, `Class(n)` as one-hot.
pub fn given_shape(ty: &EventTy) -> Vec<usize> {
    match ty.kind {
        Kind::Class(n) => {
            let mut s = ty.shape.clone();
            s.push(n);
            s
        }
        Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) => ty.shape.clone(),
    }
}

/// A further input as `[B, given_shape..]`, whether or not it was one-hot coded before.
pub fn given_value(g: &mut Graph, x: Value, ty: &EventTy) -> Value {
    match ty.kind {
        Kind::Class(n) if g.rank(x) == ty.shape.len() + 1 => one_hot(g, x, n),
        Kind::Class(_) | Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) => x,
    }
}

/// The further inputs named in a list argument, as name and type.
///
/// # Errors
/// E0205 for a name that is no further input, or when there are none.
pub fn named_givens(cx: &dyn ChainCx, args: &Args, param: &str) -> Result<Vec<(String, EventTy)>, Diag> {
    let all = cx.given();
    if all.is_empty() {
        let d = args.error(
            param,
            format!("`{}` reads further inputs, and there are none here", args.name),
            "nothing to read",
        );
        return Err(d.help("declare one: `net f(x: .., y: Class(10))`, or `given (y: Class(10))` on a flow"));
    }
    let names: Vec<String> = match args.get(param) {
        None => Vec::new(),
        Some(Const::List(l)) => l.iter().map(ToString::to_string).collect(),
        Some(one) => vec![one.to_string()],
    };
    names
        .into_iter()
        .map(|name| match all.iter().find(|(n, _)| *n == name) {
            Some(found) => Ok(found.clone()),
            None => {
                let known: Vec<String> = all.iter().map(|(n, _)| format!("`{n}`")).collect();
                let d = args.error(param, format!("`{name}` is no further input here"), "not an input");
                Err(d.help(format!("further inputs here: {}", known.join(", "))))
            }
        })
        .collect()
}

/// (x - mean) / √(var + eps) over `axes`, with the biased variance. Also returns mean and variance (reduced axes of size 1).
pub fn standardise(g: &mut Graph, x: Value, axes: &[usize], eps: f64) -> (Value, Value, Value) {
    let (mean, var) = mean_var(g, x, axes);
    let d = g.sub(x, mean);
    let y = over_root(g, d, var, eps);
    (y, mean, var)
}

/// Mean and (population) variance over `axes`, which are kept with length 1.
pub fn mean_var(g: &mut Graph, x: Value, axes: &[usize]) -> (Value, Value) {
    let mean = g.reduce(ReduceKind::Mean, x, axes);
    let d = g.sub(x, mean);
    let sq = g.square(d);
    (mean, g.reduce(ReduceKind::Mean, sq, axes))
}

/// d / √(var + eps)
pub fn over_root(g: &mut Graph, d: Value, var: Value, eps: f64) -> Value {
    let v = g.add_c(var, eps);
    let s = g.sqrt(v);
    g.div(d, s)
}

/// x / ‖x‖ over all axes, safe at 0.
pub fn unit_length(g: &mut Graph, x: Value) -> Value {
    let sq = g.square(x);
    let s = g.sum_all(sq);
    let n = g.sqrt(s);
    let tiny = g.scalar(1e-12);
    let n = g.binary(Binary::Max, n, tiny);
    g.div(x, n)
}

/// Causality of a block: `Global` absorbs, else one strict layer makes it strict.
pub fn chain_causality(chain: &Chain) -> Causality {
    let mut all = Causality::Weak;
    for l in &chain.layers {
        match l.checked.causality {
            Causality::Global => return Causality::Global,
            Causality::Strict => all = Causality::Strict,
            Causality::Weak => {}
        }
    }
    all
}

/// Whether an argument is the word `true`.
pub fn flag(args: &Args, name: &str) -> bool {
    args.word(name) == "true"
}

/// Larger sizes are taken for mistakes.
const LARGEST: usize = 1 << 30;

/// The whole numbers of a list argument; a single number counts as a list of one.
///
/// # Errors
/// E0205 for anything but whole numbers of at least `least`.
pub fn sizes(args: &Args, name: &str, least: usize) -> Result<Vec<usize>, Diag> {
    let whole = |c: &Const| match c {
        Const::Int(i) if usize::try_from(*i).is_ok_and(|i| i >= least && i <= LARGEST) => Ok(*i as usize),
        Const::Int(_)
        | Const::Num(_)
        | Const::Word(_)
        | Const::Text(_)
        | Const::List(_)
        | Const::Call(_)
        | Const::Range(..)
        | Const::Quantity(..) => {
            let d = args.error(
                name,
                format!("`{}` takes whole numbers of at least {least}", args.name),
                format!("{c} is not one"),
            );
            Err(d.help(format!(
                "write `{}({})`",
                args.name,
                if name == "sizes" { "16, 16" } else { "3, 4, 4" }
            )))
        }
    };
    match args.get(name) {
        Some(Const::List(l)) => l.iter().map(whole).collect(),
        Some(one) => Ok(vec![whole(one)?]),
        None => Ok(Vec::new()),
    }
}

/// The error for a block that a row needs and did not get (the checker normally says so before).
pub fn no_block(name: &str, span: Span) -> Diag {
    Diag::new("E0402", format!("`{name}` needs a block of layers"), span, "no block follows")
        .help(format!("write `{name} {{ .. }}`"))
}
