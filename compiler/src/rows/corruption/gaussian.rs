//! `gaussian`.

use crate::event::Kind;
use crate::ir::Ex;
use crate::rows::CorruptionRow;
use crate::rows::args::{ArgKind, ParamSpec};

row! {
    /// x + sigma e, with e ~ N(0, 1) drawn for each element: additive isotropic noise (Vincent et al. 2010,
    /// section 3.3).
    pub struct Gaussian = "gaussian" [SIGMA];
}

const SIGMA: ParamSpec = ParamSpec {
    name: "sigma",
    kind: ArgKind::Scheduled(0.0, f64::INFINITY),
    default: None,
    doc: "standard deviation of the noise",
};

impl CorruptionRow for Gaussian {
    fn kind(&self, _kind: Kind) -> Kind {
        Kind::REAL
    }
    fn lower<'g>(&self, _: Kind, amount: &dyn Fn(&str) -> Ex<'g>, x: Ex<'g>) -> Ex<'g> {
        let sigma = amount("sigma");
        let noise = x.scope().normal(&x.shape());
        x + noise * sigma
    }
}
