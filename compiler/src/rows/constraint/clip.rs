//! `clip`.

use crate::ir::{Binary, Graph, Value};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{ConstraintRow, Row};

/// The row.
pub struct Clip;

impl Row for Clip {
    fn name(&self) -> &'static str {
        "clip"
    }
    fn doc(&self) -> &'static str {
        "Every weight between -c and c: how the first Wasserstein GAN bounds its critic's slope (Arjovsky et al. 2017, algorithm 1)."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "c",
            kind: ArgKind::Num(1e-12, f64::INFINITY),
            default: None,
            doc: "the largest weight",
        }]
    }
}

impl ConstraintRow for Clip {
    fn apply(&self, g: &mut Graph, args: &Args, param: Value) -> Value {
        let c = args.num("c");
        let (lo, hi) = (g.scalar(-c), g.scalar(c));
        let v = g.binary(Binary::Max, param, lo);
        g.binary(Binary::Min, v, hi)
    }
}
