//! The evidence lower bound and its importance-weighted form.
//!
//! `log p(x) >= E_q[log p(x, z) - log q(z | x)]` (Kingma & Welling 2014, eq. 3), with the KL part in closed form where the pair
//! of rows has one; `E[log 1/k Σ p(x, z_i) / q(z_i | x)]` (Burda et al. 2016, eq. 8).

use super::kl::{self, Kl, Known, Unit};
use super::lower::copies::{drop_first, stretch, unfold};
use super::lower::noising::Noised;
use super::lower::{Ctx, VOLUME, Vars, combinations, count};
use crate::ir::{DType, Dim, ReduceKind, Scope, Shape, Value};
use crate::rows::estimator::Estimator;
use crate::rows::objective::Terms;
use crate::types::noising::Noising;
use crate::types::{TModel, TSite, TSiteKind, density};

/// The parts of a bound.
pub struct Parts {
    /// `log p(x | ..)` of every drawn site that is data or that the data determine, and the log-determinant of what was inverted for it, `[B]`.
    pub reconstruction: Vec<(String, Value)>,
    /// The KL of each latent site.
    pub kl: Vec<Kl>,
}

impl Parts {
    /// The totals of the KL, `[B]` each.
    pub fn kl_totals(&self) -> Vec<Value> {
        self.kl.iter().map(|k| k.total).collect()
    }

    /// Every value of it.
    fn values(&mut self) -> impl Iterator<Item = &mut Value> {
        let kl = self.kl.iter_mut().flat_map(|k| std::iter::once(&mut k.total).chain(&mut k.each));
        self.reconstruction.iter_mut().map(|(_, v)| v).chain(kl)
    }
}

/// The sites of a guide whose expectation is a sum.
fn enumerated(g: &TModel) -> Vec<&TSite> {
    g.sites.iter().filter(|s| matches!(&s.kind, TSiteKind::Draw(d) if d.by == Estimator::Enumerate)).collect()
}

/// In which form a bound is computed, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// As `E_q[log p(x, z)] + H(q)`: no KL in closed form, but the entropies that are known.
    pub entropy: bool,
    /// Which terms of the KL of a chain with known marginals.
    pub terms: Terms,
}

impl Form {
    /// With KLs in closed form.
    pub const KL: Form = Form { entropy: false, terms: Terms::Auto };
}

impl Ctx<'_> {
    /// Values of model sites: data, conditions, and the guide's samples of the latent ones. Of `chains` the first values are enough.
    fn proposal(&mut self, m: &TModel, q: usize, chains: &[(String, Noising<'_>)]) -> (Vars, Vars) {
        let g = self.model(q);
        let from_guide = self.ancestral_but(q, chains);
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

    /// The parts of the ELBO with one sample of the guide, or summed over its values where it is enumerated.
    pub fn elbo(&mut self, p: usize, q: usize, form: Form) -> Parts {
        self.elbo_of(self.model(p), q, form)
    }

    /// The KL of each latent site of model `p` that guide `q` proposes, whatever the data are made of.
    pub fn latent_kl(&mut self, p: usize, q: usize, terms: Terms) -> Vec<Kl> {
        let part = density::latent_part(self.model(p), self.model(q));
        self.elbo_of(&part, q, Form { terms, ..Form::KL }).kl
    }

    fn elbo_of(&mut self, m: &TModel, q: usize, form: Form) -> Parts {
        let sites = enumerated(self.model(q));
        if sites.is_empty() {
            return self.elbo_of_sample(m, q, form);
        }
        let (k, before) = (count(&sites), self.batch);
        self.repeated(k, |me| {
            for (name, v) in me.all_values(&sites, before) {
                me.set_sample(&me.model(q).name, &name, v);
            }
            let mut parts = me.elbo_of_sample(m, q, form);
            me.expect(q, &sites, (k, before), parts.values());
            parts
        })
    }

    /// Every combination of values of these sites, each as `[k·m·B, ..event]`, when the batch axis is `m·B` before repetition.
    fn all_values(&mut self, sites: &[&TSite], before: Dim) -> Vec<(String, Value)> {
        let k = count(sites);
        let g = Scope::of(&mut self.cx.g);
        let each = |(name, event, values): (&str, &[usize], Vec<f64>)| {
            let v = g.literal(values, &[&[k, 1], event].concat());
            (name.to_string(), stretch(v, 1, before).v)
        };
        combinations(sites).into_iter().map(each).collect()
    }

    /// Replaces values at all `k` combinations of a guide's enumerated sites, `[k·m·B, ..]`, by their expectations, `[m·B, ..]`.
    fn expect<'v>(
        &mut self,
        q: usize,
        sites: &[&TSite],
        (k, before): (usize, Dim),
        values: impl Iterator<Item = &'v mut Value>,
    ) {
        let vars = self.ancestral(q);
        let mut log_q = Vec::new();
        for s in sites {
            if let (TSiteKind::Draw(d), Some(v)) = (&s.kind, vars.get(&s.name).copied()) {
                log_q.push(self.log_density(s, d, v, &vars));
            }
        }
        let log_q = self.total(&log_q);
        let g = Scope::of(&mut self.cx.g);
        let w = unfold(g.ex(log_q), k, before).exp();
        for v in values {
            let x = g.ex(*v);
            if x.lead().batch {
                let x = unfold(x, k, before);
                let mut dims = w.shape().0;
                dims.resize(x.rank(), Dim::fixed(1));
                *v = drop_first((w.reshape(Shape(dims)) * x).sum(&[0])).v;
            }
        }
    }

    fn elbo_of_sample(&mut self, m: &TModel, q: usize, form: Form) -> Parts {
        let (g, entropy) = (self.model(q), form.entropy);
        let chains = if entropy { Vec::new() } else { kl::noised(m, g) };
        // First what the guide's samples determine, then what the data do: the flows inverted in each step belong to that part.
        let (all, q_vars) = self.proposal(m, q, &chains);
        let data: Vec<&TSite> = m.sites.iter().filter(|s| s.observed).collect();
        let mut vars = all.clone();
        vars.retain(|n, _| !data.iter().any(|s| s.name == *n));
        let latent = kl::latent_sites(m, g);
        let dets = self.solve_but(m, &mut vars, &data);
        vars.extend(all);
        let data_det = self.solve(m, &mut vars);
        let plan = kl::plan(m, g, entropy);
        // Densities that are taken together with the guide's, element by element.
        let alone = |k: &&kl::LatentKl| k.in_parts() || chains.iter().any(|(n, _)| k.draws.contains(n));
        let apart: Vec<String> = plan.iter().filter(alone).flat_map(|k| k.priors.clone()).collect();
        // Discrete sites of the model that the guide leaves out are summed over. The sum belongs to the KL where it holds latent sites only.
        let summed = density::summed_over(m, &vars.keys().cloned().collect::<Vec<_>>());
        let (mut reconstruction, mut open) = (Vec::new(), Vec::new());
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
        let known = Known { m, g, form, q: &q_vars, p: &vars, open: &open, dets: &dets, chains: &chains };
        let kl = plan.into_iter().map(|of| self.kl(of, &known)).collect();
        Parts { reconstruction, kl }
    }

    /// The part of a bound that belongs to the data, `[B]`.
    pub fn reconstruction(&mut self, parts: &Parts) -> Value {
        let all: Vec<Value> = parts.reconstruction.iter().map(|(_, v)| *v).collect();
        self.total(&all)
    }

    /// `E[reconstruction - beta KL]`, rank 0, with the score function's term where the guide needs one. With `free` nats, latent
    /// dimensions whose mean KL is lower cost that much (Kingma et al. 2016, eq. 15); a site whose KL has no parts costs at least that much
    /// for all of its dimensions together.
    pub fn elbo_value(&mut self, q: usize, parts: &Parts, beta: Value, free: f64) -> Value {
        let rec = self.reconstruction(parts);
        let (mean, kl) = if free > 0.0 {
            let (mean, above) = self.free_kl(parts, free);
            (Some(mean), above)
        } else {
            (None, self.total(&parts.kl_totals()))
        };
        let of_rec = mean.map(|mean| (mean, self.mean_of_examples(rec)));
        let g = Scope::of(&mut self.cx.g);
        let [rec, kl, beta] = g.exs([rec, kl, beta]);
        let floored = of_rec.map(|(mean, rec)| (g.ex(rec) - g.ex(mean) * beta).v);
        let per_example = (rec - kl * beta).v;
        let value = match floored {
            Some(value) => value,
            None => self.mean_of_examples(per_example),
        };
        self.with_score(q, value, per_example)
    }

    /// The mean KL with its floors, rank 0, and what of it changes with the draws, `[B]`: the parts that lie above their floor.
    fn free_kl(&mut self, parts: &Parts, free: f64) -> (Value, Value) {
        let means: Vec<Value> = parts.kl.iter().map(|kl| self.weighed(kl.each.unwrap_or(kl.total))).collect();
        let g = Scope::of(&mut self.cx.g);
        let mut mean = g.num(0.0);
        let mut above = Vec::new();
        for (kl, of_mean) in parts.kl.iter().zip(means) {
            let (v, floor) = match (kl.each, kl.of.unit) {
                (Some(each), _) => (g.ex(each), Some(free)),
                (None, Unit::Nothing) => (g.ex(kl.total), None),
                (None, Unit::Dimension | Unit::Vector | Unit::Site) => {
                    (g.ex(kl.total), Some(free * kl.of.size as f64))
                }
            };
            let m = g.ex(of_mean).reduce(ReduceKind::Mean, &[0]);
            match floor {
                None => {
                    mean = mean + m.sum_all();
                    above.push(v.v);
                }
                Some(floor) => {
                    let floor = g.num(floor);
                    mean = mean + m.max(floor).sum_all();
                    above.push((v * m.gt(floor).cast(DType::F)).sum_event().v);
                }
            }
        }
        let mean = mean.v;
        (mean, self.total(&above))
    }

    /// The error of the noise of the guide's chains, `[B]` (see `Ctx::noise_error`).
    pub fn noise_errors(&mut self, p: usize, q: usize, terms: Terms) -> Value {
        let (m, g) = (self.model(p), self.model(q));
        let chains = kl::noised(m, g);
        let (mut vars, q_vars) = self.proposal(m, q, &chains);
        self.solve(m, &mut vars);
        let mut all = Vec::new();
        for (name, chain) in &chains {
            all.push(self.noise_error(&Noised { chain, m, g, name, q: &q_vars, p: &vars }, terms));
        }
        self.total(&all)
    }

    /// One sample of `log p(x, z) - log q(z | x)`, `[B]`.
    pub fn log_weight(&mut self, p: usize, q: usize) -> Value {
        let (m, g) = (self.model(p), self.model(q));
        let chains = kl::noised(m, g);
        let (mut vars, q_vars) = self.proposal(m, q, &chains);
        let names: Vec<String> = chains.iter().map(|(n, _)| n.clone()).collect();
        let mut total = self.log_joint_but(m, &mut vars, &names);
        for (name, chain) in &chains {
            let of = Noised { chain, m, g, name, q: &q_vars, p: &vars };
            let w = self.weight_of_chain(&of);
            total = self.cx.add(total, w);
        }
        for s in g.sites.iter().filter(|s| !names.contains(&s.name)) {
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
}
