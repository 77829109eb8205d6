//! Functions of expressions that are no elementwise map of one argument.
//!
//! Values come as `[B, ..event]`, `[1, ..event]` or rank 0. One number (event `[]`) combines with any event; axes never broadcast.
//! `Bool` and `Int` count as the real numbers they are; a class must enter as one-hot.

mod batch_mean;
mod clamp;
mod codebook;
mod codebook_loss;
mod commitment;
mod concat;
mod dot;
mod entry;
mod filled;
mod flatten;
mod log_softmax;
mod log_sum_exp;
mod max;
mod mean;
mod min;
mod nearest;
mod norm;
mod present;
mod shuffle;
mod softmax;
mod sum;

use super::Row;
use crate::event::{EventTy, Kind, Support};
use crate::interval::Interval;
use crate::ir::{Dim, Ex, Shape};

/// All functions.
pub const ROWS: &[&dyn FnRow] = &[
    &batch_mean::BatchMean,
    &clamp::Clamp,
    &codebook_loss::CodebookLoss,
    &commitment::Commitment,
    &concat::ConcatFn,
    &dot::Dot,
    &entry::Entry,
    &filled::Filled,
    &flatten::Flatten,
    &log_softmax::LogSoftmax,
    &log_sum_exp::LogSumExp,
    &max::MaxFn,
    &mean::MeanFn,
    &min::MinFn,
    &nearest::Nearest,
    &norm::Norm,
    &present::Present,
    &shuffle::Shuffle,
    &softmax::Softmax,
    &sum::SumFn,
];

/// A function of expressions that is no elementwise map of one argument: `max(a, b)`, `sum(x)`, `concat(z, y)`.
pub trait FnRow: Row {
    /// Fewest and most tensor arguments.
    fn arity(&self) -> (usize, usize);
    /// Type of the result from the event types of the arguments, or what is wrong with which argument.
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)>;
    /// Whether the result for one example depends on others.
    fn mixes_batch(&self) -> bool {
        false
    }
    /// IR. Values are `[B, ..event]`, `[1, ..event]` (the same for every example) or rank 0.
    fn lower<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Ex<'g>;
    /// Whether its first argument is a data variable some of whose cells are missing.
    fn of_missing(&self) -> bool {
        false
    }
    /// Whether it makes one number of all elements of its argument, and leaves a single one as it is.
    fn reduces(&self) -> bool {
        false
    }
    /// Whether its first argument holds logits, logarithms of odds or of weights.
    fn of_logits(&self) -> bool {
        false
    }
    /// Whether it is a mean over the elements of its argument.
    fn averages(&self) -> bool {
        false
    }
    /// Whether this argument (from 0) must be the same for every example: a table, not data.
    fn shared(&self, _argument: usize) -> bool {
        false
    }
    /// Numbers about a batch that evaluation reports beside a payoff in which the function stands: name and rank-0 value.
    fn report<'g>(&self, _args: &[Ex<'g>], _types: &[EventTy]) -> Vec<(String, Ex<'g>)> {
        Vec::new()
    }
}

/// Every argument is a number one can calculate with.
fn numbers(args: &[EventTy]) -> Result<(), (usize, String)> {
    for (i, ty) in args.iter().enumerate() {
        match ty.kind {
            Kind::Class(n) => {
                return Err((i, format!("is one of {n} classes, which are no numbers to calculate with")));
            }
            Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => {}
        }
    }
    Ok(())
}

/// Where the elements of argument `i` lie.
fn range(args: &[EventTy], i: usize) -> Interval {
    args.get(i).map_or(Interval::REALS, |t| t.kind.support().interval())
}

/// Where all arguments lie, combined two by two.
fn combine(args: &[EventTy], f: impl Fn(Interval, Interval) -> Interval) -> Support {
    let all = args.iter().map(|t| t.kind.support().interval());
    all.reduce(f).unwrap_or(Interval::REALS).into()
}

/// The shape that numbers and events of one shape have together.
fn same_shape(args: &[EventTy]) -> Result<Vec<usize>, (usize, String)> {
    let mut shape: Option<&[usize]> = None;
    for (i, ty) in args.iter().enumerate().filter(|(_, t)| !t.shape.is_empty()) {
        match shape {
            Some(s) if s != ty.shape => {
                return Err((
                    i,
                    format!(
                        "has shape {} where {} came before",
                        ty.shape_text(),
                        crate::event::shape_text(s)
                    ),
                ));
            }
            Some(_) => {}
            None => shape = Some(&ty.shape),
        }
    }
    Ok(shape.map(<[usize]>::to_vec).unwrap_or_default())
}

/// A value whose event is one number, with axes of size 1 for an event of `rank` axes.
fn align(x: Ex<'_>, rank: usize) -> Ex<'_> {
    let mut dims = x.shape().0;
    if dims.len() != 1 || rank == 0 {
        return x;
    }
    dims.resize(rank + 1, Dim::fixed(1));
    x.reshape(Shape(dims))
}

/// The arguments of an elementwise function, each with the axes of the event that they have together.
fn aligned<'g>(args: &[Ex<'g>], types: &[EventTy]) -> impl Iterator<Item = Ex<'g>> {
    let rank = types.iter().map(|t| t.shape.len()).max().unwrap_or(0);
    args.iter().map(move |&x| align(x, rank))
}

/// An elementwise function of two, applied to all arguments one after the other.
fn fold<'g>(args: &[Ex<'g>], types: &[EventTy], f: fn(Ex<'g>, Ex<'g>) -> Ex<'g>) -> Ex<'g> {
    match aligned(args, types).reduce(f) {
        Some(y) => y,
        None => panic!("internal: a function of two or more has no argument"),
    }
}

/// Whether the argument has an axis to reduce, and its last one.
fn last_axis(args: &[EventTy]) -> Result<usize, (usize, String)> {
    numbers(args)?;
    match args.first().and_then(|t| t.shape.last()) {
        Some(&n) if n > 0 => Ok(n),
        Some(_) | None => Err((0, "is one number and has no axis".into())),
    }
}
