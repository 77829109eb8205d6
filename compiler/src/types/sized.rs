//! The size that the last layer of a net takes from what the net declares.

use super::body::Body;
use crate::diag::{Diag, codes};
use crate::event::EventTy;
use crate::rows::args::ArgKind;
use crate::rows::{self, LayerRow};
use crate::span::Span;
use crate::syntax::ast::{Arg, Call, Expr, ExprKind, Layer};

/// The row of a layer whose size the signature may say, and which is written without it.
pub(super) fn unsized_row(c: &Call) -> Option<&'static dyn LayerRow> {
    let row = rows::find(rows::layer::ROWS, &c.name.name)?;
    let size = row.size()?;
    let said = c.args.iter().any(|a| a.key.as_ref().is_none_or(|k| k.name == size));
    (!said).then_some(row)
}

/// A call as one writes it with its size.
pub(super) fn like(c: &Call) -> String {
    let size = if c.name.name == "heads" { "8, 8" } else { "64" };
    let rest = if c.args.is_empty() { "" } else { ", .." };
    format!("{}({size}{rest})", c.name.name)
}

/// The call with these sizes in front of its arguments. They stand behind it, so that listings show them as written.
fn sized(c: &Call, sizes: &[usize]) -> Call {
    let at = Span { start: c.span.end, ..c.span };
    let arg = |n: &usize| Arg {
        key: None,
        value: Expr { kind: ExprKind::Number { value: *n as f64, integer: true }, span: at },
    };
    Call { args: sizes.iter().map(arg).chain(c.args.iter().cloned()).collect(), parens: true, ..c.clone() }
}

/// The body of a net that yields `declared`, with the size of its last layer that has one filled in where it is left out, and the number of
/// that layer; `signature` is where the types stand. `probe` makes an inside of the net to try layers in.
///
/// # Errors
/// When the declared types do not say it.
pub(super) fn filled<'b>(
    body: &[Layer],
    input: &EventTy,
    (declared, signature): (&[EventTy], Span),
    probe: &dyn Fn() -> Body<'b>,
) -> Result<Option<(usize, Vec<Layer>)>, Diag> {
    let has_size = |l: &Layer| match l {
        Layer::Call(c) => rows::find(rows::layer::ROWS, &c.name.name).is_some_and(|row| row.size().is_some()),
        Layer::Repeat(_) => false,
    };
    let Some(at) = body.iter().rposition(has_size) else { return Ok(None) };
    let Some((before, rest)) = body.split_at_checked(at) else { return Ok(None) };
    let Some((Layer::Call(call), after)) = rest.split_first() else { return Ok(None) };
    if unsized_row(call).is_none() {
        return Ok(None);
    }
    let into = probe().layers(before, vec![input.clone()], "", &mut Vec::new())?;
    let [into] = into.as_slice() else { return Ok(None) };
    let several = unsized_row(call).is_some_and(|row| row.params().iter().any(|p| p.kind == ArgKind::List));
    if !several && declared.len() != 1 {
        return Ok(None);
    }
    let wanted = wanted(call, after, declared, probe)?;
    // Tried with as many as are wanted: what sizes must be multiples of, such as groups of channels, divides this.
    let (tried, _) = probe().layer(&sized(call, &wanted), into)?;
    let share = |(made, wanted): (&EventTy, &usize)| {
        let square = wanted.checked_mul(*wanted)?;
        (square % made.size().max(1) == 0).then(|| square / made.size().max(1)).filter(|n| *n > 0)
    };
    let sizes: Option<Vec<usize>> = tried.out.iter().zip(&wanted).map(share).collect();
    let Some(sizes) = sizes.filter(|s| s.len() == tried.out.len()) else {
        let types: Vec<String> = declared.iter().map(|t| format!("`{t}`")).collect();
        return Err(codes::e0224::no_size(&call.name.name, call.span, &types.join(", "), signature));
    };
    let layer = Layer::Call(sized(call, &sizes));
    Ok(Some((at, before.iter().cloned().chain([layer]).chain(after.iter().cloned()).collect())))
}

/// How many values `call` must yield in each of its outputs, so that the layers after it make the declared types of them.
fn wanted<'b>(
    call: &Call,
    after: &[Layer],
    declared: &[EventTy],
    probe: &dyn Fn() -> Body<'b>,
) -> Result<Vec<usize>, Diag> {
    let mut shapes: Vec<Vec<usize>> = declared.iter().map(|t| t.shape.clone()).collect();
    for layer in after.iter().rev() {
        let (name, span) = match layer {
            Layer::Call(c) => (c.name.name.clone(), c.span),
            Layer::Repeat(r) => ("repeat".to_string(), r.head),
        };
        let mut came_from = |shape: &Vec<usize>| {
            let flat = vec![shape.iter().product()];
            let made = |from: &Vec<usize>| {
                let out = match layer {
                    // Maps keep shapes; from which numbers is asked when the layer is checked.
                    Layer::Call(c) if rows::find(rows::map::ROWS, &c.name.name).is_some() => {
                        return from == shape;
                    }
                    Layer::Call(c) => probe().layer(c, &EventTy::real(from.clone())).map(|(l, _)| l.out),
                    Layer::Repeat(_) => probe().layers(
                        std::slice::from_ref(layer),
                        vec![EventTy::real(from.clone())],
                        "",
                        &mut Vec::new(),
                    ),
                };
                matches!(out.as_deref(), Ok([t]) if t.shape == *shape)
            };
            [shape.clone(), flat].into_iter().find(made)
        };
        let before: Option<Vec<Vec<usize>>> = shapes.iter().map(&mut came_from).collect();
        shapes = before.ok_or_else(|| {
            codes::e0224::changed_after(&call.name.name, call.span, &name, span, &like(call))
        })?;
    }
    Ok(shapes.iter().map(|s| s.iter().product()).collect())
}
