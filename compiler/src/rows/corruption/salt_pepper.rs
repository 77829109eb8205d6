//! `salt_pepper`.

use super::{extremes, widened};
use crate::event::Kind;
use crate::ir::{Compare, DType, Graph, RandomKind, Value};
use crate::rows::args::{ArgKind, ParamSpec};
use crate::rows::{CorruptionRow, Row};

/// `salt_pepper(0.1)`
pub struct SaltPepper;

impl Row for SaltPepper {
    fn name(&self) -> &'static str {
        "salt_pepper"
    }
    fn doc(&self) -> &'static str {
        "Each element is set, with probability `rate`, to the smallest or the largest value of its type, either with equal chance (Vincent et \
         al. 2010, section 3.3). Where the type has no ends these are 0 and 1."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[ParamSpec {
            name: "rate",
            kind: ArgKind::Scheduled(0.0, 1.0),
            default: None,
            doc: "probability that an element is set to one of the two",
        }];
        P
    }
}

impl CorruptionRow for SaltPepper {
    fn kind(&self, kind: Kind) -> Kind {
        let (lo, hi) = extremes(kind);
        widened(kind, lo, hi)
    }
    fn sets(&self, kind: Kind, value: f64) -> bool {
        let (lo, hi) = extremes(kind);
        value == lo || value == hi
    }
    fn lower(
        &self,
        g: &mut Graph,
        kind: Kind,
        amount: &mut dyn FnMut(&mut Graph, &str) -> Value,
        x: Value,
    ) -> Value {
        let (lo, hi) = extremes(kind);
        let rate = amount(g, "rate");
        let shape = g.shape(x);
        let u = g.random(RandomKind::Uniform, shape.clone());
        let hit = g.compare(Compare::Lt, u, rate);
        let coin = g.random(RandomKind::Uniform, shape);
        let half = g.scalar(0.5);
        let salt = g.compare(Compare::Lt, coin, half);
        let mut salt = g.cast(salt, DType::F);
        if (lo, hi) != (0.0, 1.0) {
            salt = g.mul_c(salt, hi - lo);
            salt = g.add_c(salt, lo);
        }
        g.select(hit, salt, x)
    }
}
