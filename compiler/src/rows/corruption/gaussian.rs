//! `gaussian`.

use crate::event::Kind;
use crate::ir::{Graph, RandomKind, Value};
use crate::rows::args::{ArgKind, ParamSpec};
use crate::rows::{CorruptionRow, Row};

/// `gaussian(0.3)`
pub struct Gaussian;

impl Row for Gaussian {
    fn name(&self) -> &'static str {
        "gaussian"
    }
    fn doc(&self) -> &'static str {
        "x + sigma e, with e ~ N(0, 1) drawn for each element: additive isotropic noise (Vincent et al. 2010, section 3.3)."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const P: &[ParamSpec] = &[ParamSpec {
            name: "sigma",
            kind: ArgKind::Scheduled(0.0, f64::INFINITY),
            default: None,
            doc: "standard deviation of the noise",
        }];
        P
    }
}

impl CorruptionRow for Gaussian {
    fn kind(&self, _kind: Kind) -> Kind {
        Kind::REAL
    }
    fn lower(
        &self,
        g: &mut Graph,
        _kind: Kind,
        amount: &mut dyn FnMut(&mut Graph, &str) -> Value,
        x: Value,
    ) -> Value {
        let sigma = amount(g, "sigma");
        let noise = g.random(RandomKind::Normal, g.shape(x));
        let noise = g.mul(noise, sigma);
        g.add(x, noise)
    }
}
