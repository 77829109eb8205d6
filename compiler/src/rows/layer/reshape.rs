//! `reshape`: the same elements under other axes.

use super::parts::View;
use super::require::{misfit, sizes};
use super::{Block, Causality, ChainCx, Checked, LayerRow};
use crate::diag::Diag;
use crate::event::{EventTy, shape_text};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// The same elements, row-major, under other axes: `reshape(512, 4, 4)` turns `[8192]` into `[512, 4, 4]`.
    pub struct Reshape = "reshape" [SHAPE];
}

/// The `shape` argument.
pub const SHAPE: ParamSpec =
    ParamSpec { name: "shape", kind: ArgKind::List, default: None, doc: "the new axes" };

/// The new axes, checked to hold as many elements as the input.
///
/// # Errors
/// E0201 telling both products.
pub fn new_shape(args: &Args, input: &EventTy) -> Result<Vec<usize>, Diag> {
    let shape = sizes(args, SHAPE.name, 1)?;
    let product = shape.iter().try_fold(1usize, |a, &b| a.checked_mul(b));
    if product == Some(input.size()) {
        return Ok(shape);
    }
    let count = product.map_or_else(|| "too many".to_string(), |p| p.to_string());
    let side = |shape: &[usize], n: &str| {
        if shape.len() < 2 {
            return n.to_string();
        }
        let factors: Vec<String> = shape.iter().map(ToString::to_string).collect();
        format!("{} = {n}", factors.join(" x "))
    };
    let d = misfit(
        args,
        format!("an event of shape {} cannot be reshaped to {}", input.shape_text(), shape_text(&shape)),
        format!(
            "receives {} numbers, asks for {}",
            side(&input.shape, &input.size().to_string()),
            side(&shape, &count)
        ),
    );
    Err(d.help(match input.shape.as_slice() {
        [_] => format!("make {count} numbers before it, for example with `dense({count})`"),
        _ => format!("choose axes with a product of {}", input.size()),
    }))
}

/// What becomes of the order when the same elements stand under other axes. They keep their places where as many lie one behind the
/// other as before: a vector's coordinates, the pixels of a single channel, the tokens of a sequence. Where each place becomes several
/// (`[T, d]` to `[T d]`), an element of it reads at most what arrived at that place.
fn order_kept(from: &[usize], to: &[usize]) -> Causality {
    let places = |s: &[usize]| match s {
        [] => Some(1),
        [1, h, w] | [1, h, w, _] => Some(h * w),
        [_, _, _] | [_, _, _, _] => None,
        [n, ..] => Some(*n),
    };
    match (places(from), places(to)) {
        _ if from == to => Causality::Own,
        (Some(a), Some(b)) if a == b => Causality::Own,
        (Some(a), Some(b)) if a > 0 && b % a == 0 => Causality::Weak,
        (Some(_) | None, Some(_) | None) => Causality::Global,
    }
}

/// The layer that brings an event under other axes.
pub fn reshaped(input: &EventTy, shape: Vec<usize>) -> Checked {
    let out = input.rearranged(shape.clone());
    let causality = order_kept(&input.shape, &shape);
    Checked { causality, ..Checked::elementwise(out, View(shape)) }
}

impl LayerRow for Reshape {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        Ok(reshaped(input, new_shape(args, input)?))
    }
}
