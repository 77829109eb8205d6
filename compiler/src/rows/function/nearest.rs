//! `nearest`.

use super::codebook::{layout, sure};
use super::range;
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, exactly};
use crate::rows::FnRow;

row! {
    /// The nearest entry of a codebook [entries, d] to a vector [d], to each of the vectors [n, d], or to
    /// each pixel of an image [d, h, w]. Straight-through: the derivative passes to the vector as if nothing
    /// had been replaced, and none to the codebook (van den Oord et al. 2017, section 3.2). Evaluation
    /// reports how many entries are used, and the perplexity of their frequencies.
    pub struct Nearest = "nearest";
}

impl FnRow for Nearest {
    fn arity(&self) -> (usize, usize) {
        (2, 2)
    }
    fn shared(&self, argument: usize) -> bool {
        argument == 1
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        layout(args)?;
        let [z, _] = exactly(args);
        Ok(EventTy { kind: Kind::Real(range(args, 1).into()), shape: z.shape.clone() })
    }
    fn lower<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Ex<'g> {
        let (&[z, book], layout) = (exactly(args), sure(layout(types)));
        let entries = layout.back(layout.nearest(z, book).entries.detach(), z);
        // The entry itself, bit by bit, plus a zero that has the derivative of z.
        entries + (z - z.detach())
    }
    fn report<'g>(&self, args: &[Ex<'g>], types: &[EventTy]) -> Vec<(String, Ex<'g>)> {
        let (&[z, book], layout) = (exactly(args), sure(layout(types)));
        let (perplexity, used) = layout.usage(layout.nearest(z, book).ids);
        vec![
            ("perplexity of the codes".into(), perplexity),
            (format!("codes used of {}", layout.entries), used),
        ]
    }
}
