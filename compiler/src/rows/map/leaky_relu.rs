//! `leaky_relu`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{MapInverse, MapRow};

row! {
    /// x where x > 0, else slope x. Unlike `relu` it can be inverted. (Maas, Hannun and Ng 2013.)
    pub struct LeakyReluMap = "leaky_relu" [SLOPE];
}

const SLOPE: ParamSpec = ParamSpec {
    name: "slope",
    kind: ArgKind::Num(1e-6, 1.0),
    default: Some("0.01"),
    doc: "slope below zero",
};

impl MapRow for LeakyReluMap {
    fn from(&self) -> Support {
        Support::REALS
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, args: &Args, support: Support) -> Support {
        let slope = args.num("slope");
        increasing(support, |x| if x > 0.0 { x } else { slope * x })
    }
    fn lower<'g>(&self, args: &Args, x: Ex<'g>) -> Ex<'g> {
        // The slope is at most 1, so the larger of the two is the right one on either side.
        x.max(x * args.num("slope"))
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |args, y| y.min(y * (1.0 / args.num("slope"))),
            log_slope: |args, x| {
                let l = args.num("slope").ln();
                x.step() * -l + l
            },
        })
    }
    fn smooth(&self) -> bool {
        false
    }
}
