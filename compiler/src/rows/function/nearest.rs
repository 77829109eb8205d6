//! `nearest`.

use super::codebook::layout;
use crate::event::{EventTy, Kind, Support};
use crate::ir::Value;
use crate::rows::{Builder, FnRow, Row};

/// The row.
pub struct Nearest;

impl Row for Nearest {
    fn name(&self) -> &'static str {
        "nearest"
    }
    fn doc(&self) -> &'static str {
        "The nearest entry of a codebook [entries, d] to a vector [d], to each of the vectors [n, d], or to each pixel of an image [d, h, w]. \
         Straight-through: the derivative passes to the vector as if nothing had been replaced, and none to the codebook (van den Oord et al. \
         2017, section 3.2). Evaluation reports how many entries are used, and the perplexity of their frequencies."
    }
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
        let shape = args.first().map(|t| t.shape.clone()).unwrap_or_default();
        Ok(EventTy { kind: Kind::Real(Support::REALS), shape })
    }
    fn lower(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Value {
        let ([z, book], Ok(layout)) = (args, layout(types)) else { return cx.scalar(0.0) };
        let found = layout.nearest(cx, *z, *book);
        let entries = cx.detach(found.entries);
        let entries = layout.back(cx, entries, *z);
        // The entry itself, bit by bit, plus a zero that has the derivative of z.
        let same = cx.detach(*z);
        let zero = cx.sub(*z, same);
        cx.add(entries, zero)
    }
    fn report(&self, cx: &mut Builder, args: &[Value], types: &[EventTy]) -> Vec<(String, Value)> {
        let ([z, book], Ok(layout)) = (args, layout(types)) else { return Vec::new() };
        let found = layout.nearest(cx, *z, *book);
        let (perplexity, used) = layout.usage(cx, found.ids);
        vec![
            ("perplexity of the codes".into(), perplexity),
            (format!("codes used of {}", layout.entries), used),
        ]
    }
}
