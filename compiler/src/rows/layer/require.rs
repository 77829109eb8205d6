//! What layer and bijection rows ask of their arguments and inputs, with the messages when it is not so.

use super::linear::Mask;
use crate::diag::Diag;
use crate::event::{EventTy, Kind, shape_text};
use crate::rows::ChainCx;
use crate::rows::args::{Args, Const};
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
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count, [n]) => Ok(*n),
        (Kind::Class(_), shape) => {
            let d = misfit(
                args,
                format!("`{}` takes numbers, not an event of {}", args.name, input),
                format!("receives classes of shape {}", shape_text(shape)),
            );
            Err(d
                .help(format!("turn the classes into numbers first: `embed(8), flatten, {}(..)`", args.name)))
        }
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count, []) => {
            let d = misfit(
                args,
                format!("`{}` takes a vector, not a single number", args.name),
                "receives an event of shape []",
            );
            Err(d.help(format!("make it a vector of one coordinate: `reshape(1), {}(..)`", args.name)))
        }
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count, shape) => {
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
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count, [c, h, w]) => {
            Ok([*c, *h, *w])
        }
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count, [h, w]) => {
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
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count, _) => {
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

/// Places and features of a sequence event [T, d].
///
/// # Errors
/// E0201 for an event that is none.
pub fn need_sequence(args: &Args, input: &EventTy) -> Result<[usize; 2], Diag> {
    let d = || {
        misfit(
            args,
            format!("`{}` takes a sequence [places, features], not {input}", args.name),
            format!("receives {input}"),
        )
    };
    match (input.kind, input.shape.as_slice()) {
        (Kind::Class(_), _) => Err(d().help(format!("turn the classes into numbers first: `embed(32), {}(..)`", args.name))),
        (_, [t, n]) => Ok([*t, *n]),
        (_, [n]) => Err(d().help(format!("write `reshape({n}, 1)` before it: {n} places of one number"))),
        (_, [c, h, w]) => Err(d().help(format!(
            "an image is a sequence of its rows or its pixels: write `reshape({}, {w})` or `reshape({}, 1)` before it",
            c * h,
            c * h * w
        ))),
        (_, _) => Err(d().help("write `reshape(places, features)` before it")),
    }
}

/// Places and features where the event is a sequence [T, d] of numbers.
pub fn sequence(input: &EventTy) -> Option<[usize; 2]> {
    match (input.kind, input.shape.as_slice()) {
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count, [t, d]) => Some([*t, *d]),
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count, _) => None,
    }
}

/// The same for a layer that acts on every place alone.
///
/// # Errors
/// E0205 for a mask, which would have nothing to hide.
pub fn alone_at_places(args: &Args, input: &EventTy) -> Result<Option<[usize; 2]>, Diag> {
    match sequence(input) {
        Some(_) if Mask::of(args) != Mask::None => {
            let d = args.error(
                Mask::PARAM.name,
                format!("`{}` of a sequence reads every place alone", args.name),
                "has nothing to hide",
            );
            Err(d.help(
                "leave `mask` out; `conv1d(.., mask: A)`, `attention(mask: A)` and `shift_right` look back",
            ))
        }
        found => Ok(found),
    }
}

/// The features of an event: a vector's coordinates, an image's channels, the last axis of a sequence [T, d].
///
/// # Errors
/// E0201 for other events.
pub fn need_any_features(args: &Args, input: &EventTy) -> Result<usize, Diag> {
    sequence(input).map_or_else(|| need_features(args, input), |[_, d]| Ok(d))
}

/// Features along axis 0 of the event: a vector's coordinates or an image's channels.
///
/// # Errors
/// E0201 for other ranks.
pub fn need_features(args: &Args, input: &EventTy) -> Result<usize, Diag> {
    match (input.kind, input.shape.as_slice()) {
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count, [n] | [n, _, _]) => Ok(*n),
        (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count, _) => {
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
    if let Some(twice) = names.iter().enumerate().find(|(i, n)| names.iter().take(*i).any(|m| m == *n)) {
        let d = args.error(param, format!("`{}` reads `{}` twice", args.name, twice.1), "each input once");
        return Err(d.help(format!("write `{}` once", twice.1)));
    }
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
