//! The joint log-density of a model at known values.

use super::{Ctx, Vars};
use crate::ir::Value;
use crate::types::factor::factor;
use crate::types::{TModel, TSiteKind};

/// What a model says about some values.
pub struct Joint {
    /// Log-densities of the drawn sites, `[B]` each.
    pub sites: Vec<(String, Value)>,
    /// Summed log-determinant of the inverted flows, `[B]`.
    pub log_det: Option<Value>,
}

impl Ctx<'_> {
    /// Log-densities of all drawn sites whose value is known, and the log-determinant of what had to be inverted.
    pub fn joint(&mut self, m: &TModel, vars: &mut Vars) -> Joint {
        self.joint_but(m, vars, &[])
    }

    /// The same without the sites `but`.
    pub(super) fn joint_but(&mut self, m: &TModel, vars: &mut Vars, but: &[String]) -> Joint {
        let log_det = self.solve(m, vars);
        let mut sites = Vec::new();
        for s in m.sites.iter().filter(|s| !but.contains(&s.name)) {
            if let (TSiteKind::Draw(d), Some(x)) = (&s.kind, vars.get(&s.name).copied()) {
                let lp = self.log_density(s, d, x, vars);
                sites.push((s.name.clone(), lp));
            }
        }
        Joint { sites, log_det }
    }

    /// `log p(targets | the other values)`, `[B]`: the factors of the draws behind the targets (see [`factor()`]).
    pub(super) fn log_prob_of(&mut self, model: usize, mut vars: Vars, targets: &[String]) -> Value {
        let m = self.model(model);
        let given: Vec<String> = vars.keys().filter(|n| !targets.contains(n)).cloned().collect();
        let of = match factor(m, targets, &given) {
            Ok(of) => of,
            Err(why) => panic!("internal: graph `{}`: no density of {targets:?}: {why:?}", self.cx.name),
        };
        let dets = self.solve_but(m, &mut vars, &[]);
        let mut parts = Vec::new();
        for s in of.draws.iter().filter_map(|n| m.site(n)) {
            if let (TSiteKind::Draw(d), Some(x)) = (&s.kind, vars.get(&s.name).copied()) {
                parts.push(self.log_density(s, d, x, &vars));
            }
        }
        // The density of a flow's output is that of what it is made of, less the stretch on the way.
        parts.extend(dets.into_iter().filter(|(n, _)| of.inverted.contains(n)).map(|(_, v)| v));
        self.total(&parts)
    }

    /// Exact `log p(data)` of a model whose latent sites, if any, are summed over, `[B]`.
    pub fn log_likelihood(&mut self, p: usize) -> Value {
        let m = self.model(p);
        let mut vars = self.observed(m);
        self.log_joint(m, &mut vars)
    }
}
