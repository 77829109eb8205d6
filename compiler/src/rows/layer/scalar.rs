//! `scalar`: a vector of one coordinate as a number.

use super::super::args::Args;
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::parts::{misfit, view};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;

/// `scalar`
pub struct Scalar;

impl Row for Scalar {
    fn name(&self) -> &'static str {
        "scalar"
    }
    fn doc(&self) -> &'static str {
        "The only element of an event as a single number: [1] -> []. Ends a critic: `flatten, dense(1), scalar`."
    }
}

impl LayerRow for Scalar {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        if input.size() != 1 {
            let d = misfit(
                args,
                "`scalar` takes an event of one number",
                format!("receives {} numbers, shape {}", input.size(), input.shape_text()),
            );
            return Err(d.help("write `flatten, dense(1)` before it"));
        }
        let out = EventTy { kind: input.kind, shape: Vec::new() };
        Ok(Checked::elementwise(out, |cx, _, x| view(cx, x, &[])))
    }
}
