//! `gumbel`.

use crate::event::EventTy;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{DistRow, EstimatorRow, Row};
use crate::types::Estimator;

/// The row.
pub struct Gumbel;

impl Row for Gumbel {
    fn name(&self) -> &'static str {
        "gumbel"
    }
    fn doc(&self) -> &'static str {
        "In training a relaxed draw, softmax((logits + Gumbel noise) / tau) (Jang et al. 2017, eq. 2; Maddison et al. 2017), differentiable \
         and biased; exact draws everywhere else. For `OneHotCategorical` and `Bernoulli`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "tau",
            kind: ArgKind::Num(1e-3, 1e3),
            default: Some("0.67"),
            doc: "temperature: low is close to discrete, with large gradients",
        }]
    }
}

impl EstimatorRow for Gumbel {
    fn make(&self, args: &Args, row: &dyn DistRow, _ty: &EventTy) -> Result<Estimator, String> {
        match row.relaxes() {
            true => Ok(Estimator::Gumbel { tau: args.num("tau") }),
            false => Err(format!(
                "`{}` has no relaxed form; `OneHotCategorical` and `Bernoulli` have one",
                row.name()
            )),
        }
    }
}
