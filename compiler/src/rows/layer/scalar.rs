//! `scalar`: a vector of one coordinate as a number.

use super::parts::View;
use super::require::misfit;
use super::{Block, ChainCx, Checked, LayerRow};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::rows::args::Args;

row! {
    /// The only element of an event as a single number: [1] -> []. Ends a critic: `flatten, dense(1), scalar`.
    pub struct Scalar = "scalar";
}

impl LayerRow for Scalar {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        if input.size() != 1 {
            let d = misfit(
                args,
                "`scalar` takes an event of one number",
                format!("receives {} numbers, shape {}", input.size(), input.shape_text()),
            );
            return Err(d.help("write `flatten, dense(1)` before it"));
        }
        let out = input.rearranged(Vec::new());
        Ok(Checked::elementwise(out, View(Vec::new())))
    }
}
