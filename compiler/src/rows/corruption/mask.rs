//! `mask`.

use super::widened;
use crate::event::Kind;
use crate::ir::Ex;
use crate::rows::CorruptionRow;
use crate::rows::args::{ArgKind, ParamSpec};

row! {
    /// Each element is set to 0 with probability `rate`, on its own: masking noise (Vincent et al. 2010,
    /// section 3.3).
    pub struct Mask = "mask" [RATE];
}

const RATE: ParamSpec = ParamSpec {
    name: "rate",
    kind: ArgKind::Scheduled(0.0, 1.0),
    default: None,
    doc: "probability that an element is set to 0",
};

impl CorruptionRow for Mask {
    fn kind(&self, kind: Kind) -> Kind {
        widened(kind, 0.0, 0.0)
    }
    fn lower<'g>(&self, _: Kind, amount: &dyn Fn(&str) -> Ex<'g>, x: Ex<'g>) -> Ex<'g> {
        let rate = amount("rate");
        let u = x.scope().uniform(&x.shape());
        u.lt(rate).select(0.0, x)
    }
}
