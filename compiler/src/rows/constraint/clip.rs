//! `clip`.

use crate::ir::Ex;
use crate::rows::ConstraintRow;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Every weight between -c and c: how the first Wasserstein GAN bounds its critic's slope (Arjovsky et al. 2017, algorithm 1).
    pub struct Clip = "clip" [C];
}

const C: ParamSpec = ParamSpec {
    name: "c",
    kind: ArgKind::Num(1e-12, f64::INFINITY),
    default: None,
    doc: "the largest weight",
};

impl ConstraintRow for Clip {
    fn apply<'g>(&self, args: &Args, param: Ex<'g>) -> Ex<'g> {
        let c = args.num("c");
        param.max(-c).min(c)
    }
}
