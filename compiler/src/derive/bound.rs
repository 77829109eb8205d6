//! The evidence lower bound and its importance-weighted form.
//!
//! `log p(x) >= E_q[log p(x, z) - log q(z | x)]` (Kingma & Welling 2014, eq. 3), with the KL part in closed form where the pair
//! of rows has one; `E[log 1/k Σ p(x, z_i) / q(z_i | x)]` (Burda et al. 2016, eq. 8).

use super::estimate::VOLUME;
use super::lower::{Ctx, Vars};
use crate::ir::{Binary, Dim, ReduceKind, Shape, Value};
use crate::types::{TDist, TExpr, TModel, TSite, TSiteKind, density};

/// The parts of a bound, `[B]` each.
pub struct Parts {
    /// `log p(x | ..)` of every drawn site that is data or that the data determine, and the log-determinant of what was inverted for it.
    pub reconstruction: Vec<(String, Value)>,
    /// `KL(q ‖ p)` per latent site: name, value, whether in closed form.
    pub kl: Vec<(String, Value, bool)>,
    /// The same before summing over the event, where in closed form: `[B, ..event]`.
    pub kl_per_dim: Vec<(String, Value)>,
}

/// Whether the KL between guide and model at site `s` of the guide has a closed form: both draw it, the pair of rows knows one,
/// and it may be taken with everything else at its sample. It may not where the model's side reads something that the guide
/// draws after `s` and from `s`: given that sample, `s` no longer follows the guide's conditional.
pub fn closed_form(m: &TModel, g: &TModel, s: &TSite) -> bool {
    match (&s.kind, m.site(&s.name).map(|o| &o.kind)) {
        (TSiteKind::Draw(q), Some(TSiteKind::Draw(p))) => {
            q.row.kl_known().contains(&p.row.name()) && !model_side(m, g, p).is_none_or(|r| r.iter().any(|n| reaches(g, &s.name, n)))
        }
        (TSiteKind::Draw(_) | TSiteKind::Bind(_) | TSiteKind::Quantize(_), _) => false,
    }
}

/// The guide's sites whose samples the parameters of a model's draw depend on; `None` where a value comes from inverting a flow.
fn model_side(m: &TModel, g: &TModel, d: &TDist) -> Option<Vec<String>> {
    let (mut seen, mut out) = (Vec::new(), Vec::new());
    let mut todo: Vec<&TExpr> = d.params.iter().flatten().collect();
    while let Some(e) = todo.pop() {
        let mut reads = Vec::new();
        density::reads(e, &mut reads);
        for n in reads.into_iter().filter(|n| !m.conds.contains(n)) {
            if seen.contains(&n) {
                continue;
            }
            let site = m.site(&n)?;
            if g.site(&n).is_some_and(|s| m.proposed(s).is_some()) {
                out.push(n.clone());
            } else if !site.observed {
                match &site.kind {
                    TSiteKind::Draw(_) => return None,
                    TSiteKind::Bind(e) | TSiteKind::Quantize(e) => todo.push(e),
                }
            }
            seen.push(n);
        }
    }
    Some(out)
}

/// Whether site `to` of a guide is computed or drawn from its site `from`.
fn reaches(g: &TModel, from: &str, to: &str) -> bool {
    let (mut seen, mut todo) = (Vec::new(), vec![to.to_string()]);
    while let Some(n) = todo.pop() {
        if n == from && !seen.is_empty() {
            return true;
        }
        if !seen.contains(&n) {
            let mut reads = Vec::new();
            g.site(&n).map(density::expressions).unwrap_or_default().into_iter().for_each(|e| density::reads(e, &mut reads));
            todo.extend(reads);
            seen.push(n);
        }
    }
    false
}

/// The model's drawn sites that the guide's samples determine: the latent part of the joint density. The others are determined
/// by the data, given these.
pub fn latent_sites(m: &TModel, g: &TModel) -> Vec<String> {
    let proposed: Vec<String> = g.sites.iter().filter(|s| m.proposed(s).is_some_and(|o| !o.observed)).map(|s| s.name.clone()).collect();
    let known = density::close(m, &proposed);
    m.sites
        .iter()
        .filter(|s| !s.observed && matches!(s.kind, TSiteKind::Draw(_)) && known.contains(&s.name))
        .map(|s| s.name.clone())
        .collect()
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

    /// The parts of the ELBO with one sample of the guide, or summed over its values where it is enumerated. With `entropy` in the form
    /// `E_q[log p(x, z)] + H(q)`: no KL in closed form, but the entropies that are known.
    pub fn elbo(&mut self, p: usize, q: usize, entropy: bool) -> Parts {
        self.expected_parts(q, |me| me.elbo_of_sample(p, q, entropy))
    }

    fn elbo_of_sample(&mut self, p: usize, q: usize, entropy: bool) -> Parts {
        let (m, g) = (self.model(p), self.model(q));
        // First what the guide's samples determine, then what the data do: the flows inverted in each step belong to that part.
        let (all, q_vars) = self.proposal(p, q);
        let data: Vec<&TSite> = m.sites.iter().filter(|s| s.observed).collect();
        let mut vars: Vars = all.iter().filter(|(n, _)| !data.iter().any(|s| s.name == **n)).map(|(n, v)| (n.clone(), *v)).collect();
        let latent = latent_sites(m, g);
        let latent_det = self.solve_but(m, &mut vars, &data);
        vars.extend(all);
        let data_det = self.solve(m, &mut vars);
        let mut parts = Parts { reconstruction: Vec::new(), kl: Vec::new(), kl_per_dim: Vec::new() };
        let mut closed = Vec::new();
        for s in &g.sites {
            let TSiteKind::Draw(qd) = &s.kind else { continue };
            if let (true, Some(of)) = (!entropy && closed_form(m, g, s), m.site(&s.name))
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
                let known = if entropy { self.entropy(s, d, &q_vars) } else { None };
                let lq = match known {
                    Some(h) => self.cx.neg(h),
                    None => self.log_density(s, d, z, &q_vars),
                };
                let made = density::stands_for(m, g, s);
                let lq = match self.guide_log_det(g, made, &q_vars) {
                    Some(ld) => self.cx.sub(lq, ld),
                    None => lq,
                };
                open_names.push(made.name.clone());
                open = Some(match open {
                    Some(o) => self.cx.add(o, lq),
                    None => lq,
                });
            }
        }
        // Discrete sites of the model that the guide leaves out are summed over. The sum belongs to the KL where it holds latent sites only.
        let summed = density::summable(m, &vars.keys().cloned().collect::<Vec<_>>());
        let all = self.densities(m, &mut vars, &closed);
        let of_latents = |names: &[String]| names.iter().all(|n| n == VOLUME || latent.contains(n) || summed.contains(n));
        let mut known: Vec<(String, bool, Value)> = all.each.into_iter().map(|(n, v)| (n.clone(), latent.contains(&n), v)).collect();
        known.extend(all.sum.map(|(names, v)| ("joint".to_string(), of_latents(&names), v)));
        for (name, in_kl, lp) in known {
            if in_kl {
                open = Some(match open {
                    Some(o) => self.cx.sub(o, lp),
                    None => self.cx.neg(lp),
                });
            } else {
                parts.reconstruction.push((name, lp));
            }
        }
        if let Some(ld) = latent_det {
            open = Some(match open {
                Some(o) => self.cx.sub(o, ld),
                None => self.cx.neg(ld),
            });
        }
        parts.reconstruction.extend(data_det.map(|ld| (VOLUME.to_string(), ld)));
        if let Some(o) = open {
            parts.kl.push((open_names.join(","), o, false));
        }
        parts
    }

    /// Entropy of a guide's draw, `[B]`, where the row knows it.
    fn entropy(&mut self, s: &TSite, d: &TDist, vars: &Vars) -> Option<Value> {
        let params = self.dist_params(d, &s.ty, vars);
        let h = d.row.entropy(&mut self.cx.g, &params)?;
        let shape = self.shape(&s.ty.shape);
        let consumed = self.cx.rank(h) > shape.rank();
        let h = if consumed { h } else { self.cx.broadcast(h, shape) };
        Some(self.cx.sum_event(h))
    }

    /// `E[reconstruction - beta KL]`, rank 0, with the score function's term where the guide needs one. With `free` nats, latent
    /// dimensions whose mean KL is lower cost that much (Kingma et al. 2016, eq. 15).
    pub fn elbo_value(&mut self, q: usize, parts: &Parts, beta: Value, free: f64) -> Value {
        let rec: Vec<Value> = parts.reconstruction.iter().map(|(_, v)| *v).collect();
        let kl: Vec<Value> = parts.kl.iter().map(|(_, v, _)| *v).collect();
        let (rec, kl) = (self.total(&rec), self.total(&kl));
        let beta_kl = self.cx.mul(kl, beta);
        let per_example = self.cx.sub(rec, beta_kl);
        let value = if free > 0.0 {
            let rec = self.cx.mean_all(rec);
            let kl = self.free_kl(parts, free);
            let kl = self.cx.mul(kl, beta);
            self.cx.sub(rec, kl)
        } else {
            self.cx.mean_all(per_example)
        };
        self.with_score(q, value, per_example)
    }

    /// Mean KL in which every dimension with a closed form counts at least `free` nats.
    fn free_kl(&mut self, parts: &Parts, free: f64) -> Value {
        let mut total = self.cx.scalar(0.0);
        for (name, v, _) in &parts.kl {
            let v = match parts.kl_per_dim.iter().find(|(n, _)| n == name) {
                Some((_, per_dim)) => {
                    let mean = self.cx.reduce(ReduceKind::Mean, *per_dim, &[0]);
                    let floor = self.cx.scalar(free);
                    let v = self.cx.binary(Binary::Max, mean, floor);
                    self.cx.sum_all(v)
                }
                None => self.cx.mean_all(*v),
            };
            total = self.cx.add(total, v);
        }
        total
    }

    /// One sample of `log p(x, z) - log q(z | x)`, `[B]`.
    pub fn log_weight(&mut self, p: usize, q: usize) -> Value {
        let (m, g) = (self.model(p), self.model(q));
        let (mut vars, q_vars) = self.proposal(p, q);
        let mut total = self.log_joint(m, &mut vars);
        for s in &g.sites {
            if let (TSiteKind::Draw(d), Some(z)) = (&s.kind, q_vars.get(&s.name).copied()) {
                let lq = self.log_density(s, d, z, &q_vars);
                total = self.cx.sub(total, lq);
                if let Some(ld) = self.guide_log_det(g, density::stands_for(m, g, s), &q_vars) {
                    total = self.cx.add(total, ld);
                }
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
        let value = self.with_leave_one_out(q, value, w, l);
        self.attach_values(outer);
        self.batch = before;
        value
    }
}
