//! `gumbel`.

use super::Estimator;
use crate::event::EventTy;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{DistRow, EstimatorRow, distribution};

row! {
    /// In training a relaxed draw, softmax((logits + Gumbel noise) / tau) (Jang et al. 2017, eq. 2; Maddison et al.
    /// 2017), differentiable and biased; exact draws everywhere else. For `OneHotCategorical` and `Bernoulli`.
    pub struct Gumbel = "gumbel" [TAU];
}

const TAU: ParamSpec = ParamSpec {
    name: "tau",
    kind: ArgKind::Num(1e-3, 1e3),
    default: Some("0.67"),
    doc: "temperature: low is close to discrete, with large gradients",
};

impl EstimatorRow for Gumbel {
    fn make(&self, args: &Args, row: &dyn DistRow, _ty: &EventTy) -> Result<Estimator, String> {
        if row.reparameterised().relaxed().is_some() {
            return Ok(Estimator::Gumbel { tau: args.num("tau") });
        }
        let relaxed = distribution::ROWS.iter().filter(|r| r.reparameterised().relaxed().is_some());
        let relaxed: Vec<String> = relaxed.map(|r| format!("`{}`", r.name())).collect();
        Err(format!("`{}` has no relaxed form; {} have one", row.name(), relaxed.join(" and ")))
    }
}
