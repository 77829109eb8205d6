//! `mask`.

use super::widened;
use crate::event::Kind;
use crate::ir::{Compare, Graph, RandomKind, Value};
use crate::rows::args::{ArgKind, ParamSpec};
use crate::rows::{CorruptionRow, Row};

/// `mask(0.3)`
pub struct Mask;

impl Row for Mask {
    fn name(&self) -> &'static str {
        "mask"
    }
    fn doc(&self) -> &'static str {
        "Each element is set to 0 with probability `rate`, on its own: masking noise (Vincent et al. 2010, section 3.3)."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[ParamSpec {
            name: "rate",
            kind: ArgKind::Scheduled(0.0, 1.0),
            default: None,
            doc: "probability that an element is set to 0",
        }];
        P
    }
}

impl CorruptionRow for Mask {
    fn kind(&self, kind: Kind) -> Kind {
        widened(kind, 0.0, 0.0)
    }
    fn sets(&self, _kind: Kind, value: f64) -> bool {
        value == 0.0
    }
    fn lower(
        &self,
        g: &mut Graph,
        _kind: Kind,
        amount: &mut dyn FnMut(&mut Graph, &str) -> Value,
        x: Value,
    ) -> Value {
        let rate = amount(g, "rate");
        let u = g.random(RandomKind::Uniform, g.shape(x));
        let hit = g.compare(Compare::Lt, u, rate);
        let zero = g.scalar(0.0);
        g.select(hit, zero, x)
    }
}
