//! `salt_pepper`.

use super::{extremes, widened};
use crate::event::Kind;
use crate::ir::{DType, Ex};
use crate::rows::CorruptionRow;
use crate::rows::args::{ArgKind, ParamSpec};

row! {
    /// Each element is set, with probability `rate`, to the smallest or the largest value of its type, either
    /// with equal chance (Vincent et al. 2010, section 3.3). Where the type has no ends these are 0 and 1.
    pub struct SaltPepper = "salt_pepper" [RATE];
}

const RATE: ParamSpec = ParamSpec {
    name: "rate",
    kind: ArgKind::Scheduled(0.0, 1.0),
    default: None,
    doc: "probability that an element is set to one of the two",
};

impl CorruptionRow for SaltPepper {
    fn kind(&self, kind: Kind) -> Kind {
        let (lo, hi) = extremes(kind);
        widened(kind, lo, hi)
    }
    fn lower<'g>(&self, kind: Kind, amount: &dyn Fn(&str) -> Ex<'g>, x: Ex<'g>) -> Ex<'g> {
        let ((lo, hi), rate) = (extremes(kind), amount("rate"));
        let hit = x.scope().uniform(&x.shape()).lt(rate);
        let salt = x.scope().uniform(&x.shape()).lt(0.5).cast(DType::F);
        let salt = if (lo, hi) == (0.0, 1.0) { salt } else { salt * (hi - lo) + lo };
        hit.select(salt, x)
    }
}
