//! `reshape`: the same elements under other axes.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{Causality, ChainCx, Checked, LayerRow, Row};
use super::parts::{misfit, sizes, view};
use crate::diag::Diag;
use crate::event::{EventTy, shape_text};
use crate::syntax::ast;

/// `reshape(512, 4, 4)`
pub struct Reshape;

/// The `shape` argument.
pub const PARAMS: &[ParamSpec] =
    &[ParamSpec { name: "shape", kind: ArgKind::List, default: None, doc: "the new axes" }];

impl Row for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn doc(&self) -> &'static str {
        "The same elements, row-major, under other axes: `reshape(512, 4, 4)` turns [8192] into [512, 4, 4]."
    }
    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }
}

/// The new axes, checked to hold as many elements as the input.
///
/// # Errors
/// E0201 telling both products.
pub fn new_shape(args: &Args, input: &EventTy) -> Result<Vec<usize>, Diag> {
    let shape = sizes(args, "shape", 1)?;
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

/// Whether every element keeps its place in the order of an autoregressive site: a vector's coordinates, an image's pixels. Axes of
/// size 1 do not matter, and a single-channel image may become its vector of pixels and back.
pub fn order_kept(from: &[usize], to: &[usize]) -> Causality {
    let places = |s: &[usize]| match s {
        [1, h, w] => vec![h * w],
        [n] | [n, 1] => vec![*n],
        other => other.to_vec(),
    };
    if places(from) == places(to) { Causality::Weak } else { Causality::Global }
}

impl LayerRow for Reshape {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let shape = new_shape(args, input)?;
        let out = EventTy { kind: input.kind, shape: shape.clone() };
        let causality = order_kept(&input.shape, &shape);
        Ok(Checked { causality, ..Checked::elementwise(out, move |cx, _, x| view(cx, x, &shape)) })
    }
}
