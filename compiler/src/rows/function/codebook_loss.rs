//! `codebook_loss`.

use super::codebook::layout;
use crate::ir::Value;
use crate::rows::{FnRow, Lower, Row};
use crate::types::event::{EventTy, Kind, Support};

/// The row.
pub struct CodebookLoss;

impl Row for CodebookLoss {
    fn name(&self) -> &'static str {
        "codebook_loss"
    }
    fn doc(&self) -> &'static str {
        "Squared distance between vectors and their nearest entries of a codebook, summed over the vectors of an example, whose derivative moves \
         the codebook only (van den Oord et al. 2017, eq. 3, second term). Vectors and codebook as for `nearest`."
    }
}

impl FnRow for CodebookLoss {
    fn arity(&self) -> (usize, usize) {
        (2, 2)
    }
    fn shared(&self, argument: usize) -> bool {
        argument == 1
    }
    fn check(&self, args: &[EventTy]) -> Result<EventTy, (usize, String)> {
        layout(args)?;
        Ok(EventTy { kind: Kind::Real(Support::POSITIVE), shape: Vec::new() })
    }
    fn lower(&self, cx: &mut Lower, args: &[Value], types: &[EventTy]) -> Value {
        let ([z, book], Ok(layout)) = (args, layout(types)) else { return cx.scalar(0.0) };
        let found = layout.nearest(cx, *z, *book);
        let (rows, entries) = (cx.detach(found.rows), found.entries);
        layout.squared_distance(cx, rows, entries, *z)
    }
}
