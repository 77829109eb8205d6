//! The evidence lower bound and its importance-weighted form.
//!
//! `log p(x) >= E_q[log p(x, z) - log q(z | x)]` (Kingma & Welling 2014, eq. 3), with the KL part in closed form where the pair
//! of rows has one; `E[log 1/k Σ p(x, z_i) / q(z_i | x)]` (Burda et al. 2016, eq. 8).

use super::lower::{Ctx, Vars};
use crate::ir::{Dim, Shape, Value};
use crate::types::{TModel, TSite, TSiteKind};

/// The parts of a bound, `[B]` each.
pub struct Parts {
    /// `log p(x | ..)` of every observed drawn site.
    pub reconstruction: Vec<(String, Value)>,
    /// `KL(q ‖ p)` per latent site: name, value, whether in closed form.
    pub kl: Vec<(String, Value, bool)>,
    /// The same before summing over the event, where in closed form: `[B, ..event]`.
    pub kl_per_dim: Vec<(String, Value)>,
}

/// Whether the KL between guide and model at this site has a closed form: both draw it, and the pair of rows knows one.
pub fn closed_form(m: &TModel, s: &TSite) -> bool {
    match (&s.kind, m.site(&s.name).map(|o| &o.kind)) {
        (TSiteKind::Draw(q), Some(TSiteKind::Draw(p))) => q.row.kl_known().contains(&p.row.name()),
        (TSiteKind::Draw(_) | TSiteKind::Bind(_) | TSiteKind::Quantize(_), _) => false,
    }
}

impl Ctx<'_> {
    /// Values of model sites: data, conditions, and the guide's samples of the latent ones.
    fn proposal(&mut self, p: usize, q: usize) -> (Vars, Vars) {
        let (m, g) = (self.model(p), self.model(q));
        let from_guide = self.ancestral(q);
        let mut vars = self.observed(m);
        for s in &g.sites {
            if let (Some(of), Some(v)) = (m.proposed(s), from_guide.get(&s.name))
                && !of.observed
            {
                vars.insert(s.name.clone(), *v);
            }
        }
        (vars, from_guide)
    }

    /// The parts of the ELBO with one sample of the guide.
    pub fn elbo(&mut self, p: usize, q: usize) -> Parts {
        let (m, g) = (self.model(p), self.model(q));
        let (mut vars, q_vars) = self.proposal(p, q);
        let log_det = self.solve(m, &mut vars);
        let mut parts = Parts { reconstruction: Vec::new(), kl: Vec::new(), kl_per_dim: Vec::new() };
        let mut closed = Vec::new();
        for s in &g.sites {
            let TSiteKind::Draw(qd) = &s.kind else { continue };
            if let (true, Some(of)) = (closed_form(m, s), m.site(&s.name))
                && let TSiteKind::Draw(pd) = &of.kind
            {
                let mine = self.dist_params(qd, &s.ty, &q_vars);
                let theirs = self.dist_params(pd, &of.ty, &vars);
                self.cx.g.at = s.value_span;
                if let Some(kl) = qd.row.kl(&mut self.cx.g, &mine, pd.row.name(), &theirs) {
                    let shape = self.shape(&s.ty.shape);
                    let kl = self.cx.broadcast(kl, shape);
                    parts.kl_per_dim.push((s.name.clone(), kl));
                    let total = self.cx.sum_event(kl);
                    parts.kl.push((s.name.clone(), total, true));
                    closed.push(s.name.clone());
                }
            }
        }
        // What has no closed form: log q of the guide's draws less log p of the model's latent draws and the log-determinant.
        let mut open: Option<Value> = None;
        let mut open_names = Vec::new();
        for s in &g.sites {
            if let (TSiteKind::Draw(d), false, Some(z)) = (&s.kind, closed.contains(&s.name), q_vars.get(&s.name).copied()) {
                let lq = self.log_density(s, d, z, &q_vars);
                open_names.push(s.name.clone());
                open = Some(match open {
                    Some(o) => self.cx.add(o, lq),
                    None => lq,
                });
            }
        }
        for s in &m.sites {
            let (TSiteKind::Draw(d), Some(x)) = (&s.kind, vars.get(&s.name).copied()) else { continue };
            if closed.contains(&s.name) {
                continue;
            }
            let lp = self.log_density(s, d, x, &vars);
            if s.observed {
                parts.reconstruction.push((s.name.clone(), lp));
            } else {
                open = Some(match open {
                    Some(o) => self.cx.sub(o, lp),
                    None => self.cx.neg(lp),
                });
            }
        }
        if let (Some(o), Some(ld)) = (open, log_det) {
            open = Some(self.cx.sub(o, ld));
        }
        if let Some(o) = open {
            parts.kl.push((open_names.join(","), o, false));
        }
        parts
    }

    /// `E[reconstruction - beta KL]`, rank 0.
    pub fn elbo_value(&mut self, parts: &Parts, beta: Value) -> Value {
        let rec: Vec<Value> = parts.reconstruction.iter().map(|(_, v)| *v).collect();
        let kl: Vec<Value> = parts.kl.iter().map(|(_, v, _)| *v).collect();
        let (rec, kl) = (self.total(&rec), self.total(&kl));
        let (rec, kl) = (self.cx.mean_all(rec), self.cx.mean_all(kl));
        let kl = self.cx.mul(kl, beta);
        self.cx.sub(rec, kl)
    }

    /// One sample of `log p(x, z) - log q(z | x)`, `[B]`.
    pub fn log_weight(&mut self, p: usize, q: usize) -> Value {
        let (m, g) = (self.model(p), self.model(q));
        let (mut vars, q_vars) = self.proposal(p, q);
        let joint = self.joint(m, &mut vars);
        let mut parts: Vec<Value> = joint.sites.iter().map(|(_, v)| *v).collect();
        parts.extend(joint.log_det);
        let mut total = self.total(&parts);
        for s in &g.sites {
            if let (TSiteKind::Draw(d), Some(z)) = (&s.kind, q_vars.get(&s.name).copied()) {
                let lq = self.log_density(s, d, z, &q_vars);
                total = self.cx.sub(total, lq);
            }
        }
        total
    }

    /// The importance-weighted bound with `k` samples per datum, rank 0.
    pub fn iwae(&mut self, p: usize, q: usize, k: usize) -> Value {
        // A program of its own repetition: samples of the guide at k·B.
        let (before, outer) = (self.batch, self.detach_values());
        self.replicate(k);
        let w = self.log_weight(p, q);
        let w = self.cx.reshape(w, Shape(vec![Dim::fixed(k), Dim::BATCH]));
        let l = self.cx.logsumexp(w, 0);
        let l = self.cx.add_c(l, -(k as f64).ln());
        let value = self.cx.mean_all(l);
        self.attach_values(outer);
        self.batch = before;
        value
    }
}
