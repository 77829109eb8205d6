//! `join`: puts further inputs beside the features.

use super::beside::Beside;
use super::conditioning::INPUTS;
use super::parts::as_numbers;
use super::require::{named_givens, need_vector};
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::Ex;
use crate::rows::args::Args;

row! {
    /// The further inputs of the net behind the features: [n] -> [n + m], or [C, H, W] -> [C + m, H, W] with a vector repeated at every
    /// pixel. `Class(n)` enters as one-hot.
    pub struct Join = "join" [INPUTS];
}

#[derive(Debug, PartialEq)]
struct Joined {
    input: EventTy,
    beside: Beside,
}

impl LayerRow for Join {
    fn check(&self, cx: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let given = named_givens(cx, args, INPUTS.name)?;
        let mut shape = match (input.kind, input.shape.as_slice()) {
            (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count, [c, h, w]) => {
                vec![*c, *h, *w]
            }
            (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count, _) => {
                vec![need_vector(args, input)?]
            }
        };
        let beside = Beside::check(args, given, &shape)?;
        // A longer vector has other positions; a pixel keeps its place.
        let causality = if shape.len() == 3 { Causality::Weak } else { Causality::Global };
        if let Some(first) = shape.first_mut() {
            *first += beside.added;
        }
        let given = beside.given();
        let layer = Joined { input: input.clone(), beside };
        Ok(Checked { causality, given, ..Checked::elementwise(EventTy::real(shape), layer) })
    }
}

impl Layer for Joined {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![self.beside.lower(cx, as_numbers(x, &self.input))]
    }
}
