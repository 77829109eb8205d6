//! The evidence lower bound and its importance-weighted form.
//!
//! `log p(x) >= E_q[log p(x, z) - log q(z | x)]` (Kingma & Welling 2014, eq. 3), with the KL part in closed form where the pair
//! of rows has one; `E[log 1/k Σ p(x, z_i) / q(z_i | x)]` (Burda et al. 2016, eq. 8).

use super::estimate::VOLUME;
use super::kl::{self, LatentKl, Unit};
use super::lower::{Ctx, Vars};
use crate::ir::{Binary, Compare, DType, Dim, ReduceKind, Shape, Value};
use crate::rows::distribution::kl::closed_form;
use crate::types::{TDist, TModel, TSite, TSiteKind, density};

/// The parts of a bound.
pub struct Parts {
    /// `log p(x | ..)` of every drawn site that is data or that the data determine, and the log-determinant of what was inverted for it, `[B]`.
    pub reconstruction: Vec<(String, Value)>,
    /// The KL of each latent site.
    pub kl: Vec<Kl>,
}

/// The KL of a latent site: the closed form, or its estimate at one draw of the guide.
pub struct Kl {
    /// What it belongs to.
    pub of: LatentKl,
    /// `[B]`
    pub total: Value,
    /// Its parts, where it has any, `[B, ..]`: they add up to the total.
    pub each: Option<Value>,
}

impl Parts {
    /// The totals of the KL, `[B]` each.
    pub fn kl_totals(&self) -> Vec<Value> {
        self.kl.iter().map(|k| k.total).collect()
    }
}

/// What stands beside the guide's draws when the KL of a latent site is put together.
struct Known<'v> {
    /// Values of the guide's names.
    q: &'v Vars,
    /// Values of the model's names.
    p: &'v Vars,
    /// Log-densities of the model that belong to a latent site, or to several under one sum.
    open: &'v [(Vec<String>, Value)],
    /// Log-determinants of the flows inverted for the guide's samples, by what they gave.
    dets: &'v [(String, Value)],
}

/// Whether the KL of a site is taken element by element.
fn in_parts(k: &LatentKl) -> bool {
    matches!(k.unit, Unit::Dimension | Unit::Vector)
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
        let mut vars: Vars = all
            .iter()
            .filter(|(n, _)| !data.iter().any(|s| s.name == **n))
            .map(|(n, v)| (n.clone(), *v))
            .collect();
        let latent = kl::latent_sites(m, g);
        let dets = self.solve_but(m, &mut vars, &data);
        vars.extend(all);
        let data_det = self.solve(m, &mut vars);
        let plan = kl::plan(m, g, entropy);
        // Densities that are taken together with the guide's, element by element.
        let apart: Vec<String> = plan.iter().filter(|k| in_parts(k)).flat_map(|k| k.priors.clone()).collect();
        // Discrete sites of the model that the guide leaves out are summed over. The sum belongs to the KL where it holds latent sites only.
        let summed = density::summable(m, &vars.keys().cloned().collect::<Vec<_>>());
        let mut reconstruction = Vec::new();
        let mut open = Vec::new();
        let all = self.densities(m, &mut vars, &apart);
        for (name, lp) in all.each {
            if latent.contains(&name) {
                open.push((vec![name], lp));
            } else {
                reconstruction.push((name, lp));
            }
        }
        if let Some((names, lp)) = all.sum {
            if names.iter().all(|n| n == VOLUME || latent.contains(n) || summed.contains(n)) {
                open.push((names, lp));
            } else {
                reconstruction.push(("joint".to_string(), lp));
            }
        }
        reconstruction.extend(data_det.map(|ld| (VOLUME.to_string(), ld)));
        let known = Known { q: &q_vars, p: &vars, open: &open, dets: &dets };
        let mut all = Vec::new();
        for of in plan {
            let each = if in_parts(&of) { self.kl_in_parts(m, g, &of, entropy, &known) } else { None };
            let total = match each {
                Some(v) => self.cx.sum_event(v),
                None => self.kl_in_all(m, g, &of, entropy, &known),
            };
            all.push(Kl { of, total, each });
        }
        Parts { reconstruction, kl: all }
    }

    /// The KL of a site by dimension or vector, `[B, ..]`.
    fn kl_in_parts(
        &mut self,
        m: &TModel,
        g: &TModel,
        of: &LatentKl,
        entropy: bool,
        known: &Known<'_>,
    ) -> Option<Value> {
        let (s, o) = (g.site(of.draws.first()?)?, m.site(of.priors.first()?)?);
        let (TSiteKind::Draw(qd), TSiteKind::Draw(pd)) = (&s.kind, &o.kind) else { return None };
        let vector = of.unit == Unit::Vector;
        let mine = self.dist_params(qd, &s.ty, known.q);
        let theirs = self.dist_params(pd, &o.ty, known.p);
        if of.closed {
            self.cx.g.at = s.value_span;
            let kl = closed_form(qd.row, pd.row)?(&mut self.cx.g, &mine, &theirs);
            return Some(self.in_units(kl, s, vector));
        }
        let z = known.q.get(&s.name).copied()?;
        let h = if entropy { self.entropy(s, qd, known.q, vector) } else { None };
        self.cx.g.at = s.value_span;
        let lq = match h {
            Some(h) => self.cx.neg(h),
            None => {
                let lq = qd.row.log_prob(&mut self.cx.g, &mine, z);
                self.in_units(lq, s, vector)
            }
        };
        let lp = pd.row.log_prob(&mut self.cx.g, &theirs, z);
        let lp = self.in_units(lp, s, vector);
        Some(self.cx.sub(lq, lp))
    }

    /// The KL of a site, or of several, as one number for each example: log q of the guide's draws less log p of the model's, the
    /// log-determinants of the flows on either side with them.
    fn kl_in_all(
        &mut self,
        m: &TModel,
        g: &TModel,
        of: &LatentKl,
        entropy: bool,
        known: &Known<'_>,
    ) -> Value {
        let mut total: Option<Value> = None;
        let draws = of.draws.iter().filter_map(|n| g.site(n));
        for s in draws {
            let (TSiteKind::Draw(d), Some(z)) = (&s.kind, known.q.get(&s.name).copied()) else { continue };
            let h = if entropy { self.entropy(s, d, known.q, false) } else { None };
            let lq = match h {
                Some(h) => {
                    let h = self.cx.sum_event(h);
                    self.cx.neg(h)
                }
                None => self.log_density(s, d, z, known.q),
            };
            let lq = match self.guide_log_det(g, density::stands_for(m, g, s), known.q) {
                Some(ld) => self.cx.sub(lq, ld),
                None => lq,
            };
            total = Some(match total {
                Some(t) => self.cx.add(t, lq),
                None => lq,
            });
        }
        let of_priors = known
            .open
            .iter()
            .filter(|(names, _)| names.iter().any(|n| of.priors.contains(n)))
            .map(|(_, v)| *v);
        let of_flows = known
            .dets
            .iter()
            .filter(|(n, _)| kl::proposed_from(m, g, n).is_some_and(|n| of.name.split(',').any(|o| *o == n)));
        for lp in of_priors.chain(of_flows.map(|(_, v)| *v)).collect::<Vec<_>>() {
            total = Some(match total {
                Some(t) => self.cx.sub(t, lp),
                None => self.cx.neg(lp),
            });
        }
        match total {
            Some(t) => t,
            None => self.total(&[]),
        }
    }

    /// A quantity of each element of a draw, with the axes of the draw, `[B, ..event]`; where the elements along the last axis are drawn
    /// together, their sum, `[B, ..]` without that axis.
    fn in_units(&mut self, v: Value, s: &TSite, vector: bool) -> Value {
        let shape = self.shape(&s.ty.shape);
        let v = self.cx.broadcast(v, shape.clone());
        if !vector {
            return v;
        }
        let v = self.cx.sum(v, &[shape.rank().saturating_sub(1)]);
        let lead = shape.rank().saturating_sub(1);
        self.cx.reshape(v, Shape(shape.0.into_iter().take(lead).collect()))
    }

    /// Entropy of a guide's draw by dimension or vector, where the row knows it.
    fn entropy(&mut self, s: &TSite, d: &TDist, vars: &Vars, vector: bool) -> Option<Value> {
        let params = self.dist_params(d, &s.ty, vars);
        self.cx.g.at = s.value_span;
        let h = d.row.entropy().ok()?(&mut self.cx.g, &params);
        Some(self.in_units(h, s, vector))
    }

    /// `E[reconstruction - beta KL]`, rank 0, with the score function's term where the guide needs one. With `free` nats, latent
    /// dimensions whose mean KL is lower cost that much (Kingma et al. 2016, eq. 15); a site whose KL has no parts costs at least that much
    /// for all of its dimensions together.
    pub fn elbo_value(&mut self, q: usize, parts: &Parts, beta: Value, free: f64) -> Value {
        let rec: Vec<Value> = parts.reconstruction.iter().map(|(_, v)| *v).collect();
        let rec = self.total(&rec);
        let (value, kl) = if free > 0.0 {
            let (mean, kl) = self.free_kl(parts, free);
            let rec = self.cx.mean_all(rec);
            let mean = self.cx.mul(mean, beta);
            (Some(self.cx.sub(rec, mean)), kl)
        } else {
            (None, self.total(&parts.kl_totals()))
        };
        let beta_kl = self.cx.mul(kl, beta);
        let per_example = self.cx.sub(rec, beta_kl);
        let value = match value {
            Some(v) => v,
            None => self.cx.mean_all(per_example),
        };
        self.with_score(q, value, per_example)
    }

    /// The mean KL with its floors, rank 0, and what of it changes with the draws, `[B]`: the parts that lie above their floor.
    fn free_kl(&mut self, parts: &Parts, free: f64) -> (Value, Value) {
        let mut mean = self.cx.scalar(0.0);
        let mut above = Vec::new();
        for kl in &parts.kl {
            let (v, least) = match (kl.each, kl.of.unit) {
                (Some(each), _) => (each, free),
                (None, Unit::Nothing) => (kl.total, f64::NEG_INFINITY),
                (None, Unit::Dimension | Unit::Vector | Unit::Site) => (kl.total, free * kl.of.size as f64),
            };
            let m = self.cx.reduce(ReduceKind::Mean, v, &[0]);
            if least == f64::NEG_INFINITY {
                let m = self.cx.sum_all(m);
                mean = self.cx.add(mean, m);
                above.push(v);
                continue;
            }
            let floor = self.cx.scalar(least);
            let paid = self.cx.binary(Binary::Max, m, floor);
            let paid = self.cx.sum_all(paid);
            mean = self.cx.add(mean, paid);
            let more = self.cx.compare(Compare::Gt, m, floor);
            let more = self.cx.cast(more, DType::F);
            let v = self.cx.mul(v, more);
            above.push(self.cx.sum_event(v));
        }
        let above = self.total(&above);
        (mean, above)
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
