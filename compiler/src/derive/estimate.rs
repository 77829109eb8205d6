//! Discrete latent sites: exact sums over their values, and the score function where sums are too long.
//!
//! A sum over `n` values repeats every example `n` times (batch axis `n·B`, value outermost), computes everything at once and
//! folds the repetition axis.

use super::bound::Parts;
use super::lower::{Ctx, Vars};
use crate::ir::{Dim, Role, Shape, Value};
use crate::types::{Estimator, TModel, TSite, TSiteKind, density};

/// The sites of a guide whose expectation is a sum.
pub fn enumerated(g: &TModel) -> Vec<&TSite> {
    g.sites.iter().filter(|s| matches!(&s.kind, TSiteKind::Draw(d) if d.by == Estimator::Enumerate)).collect()
}

/// The sites of a guide whose gradient is the score function's; whether a moving baseline is subtracted.
pub fn scored(g: &TModel) -> (Vec<&TSite>, bool) {
    let all: Vec<&TSite> = g.sites.iter().filter(|s| matches!(&s.kind, TSiteKind::Draw(d) if matches!(d.by, Estimator::Score { .. }))).collect();
    let moving = all.iter().any(|s| matches!(&s.kind, TSiteKind::Draw(d) if d.by == Estimator::Score { moving: true }));
    (all, moving)
}

/// Path of the moving baseline of a guide.
pub fn baseline_path(g: &TModel) -> String {
    format!("{}.baseline", g.name)
}

/// Share of the old baseline that is kept each step.
const BASELINE_DECAY: f64 = 0.95;

impl Ctx<'_> {
    /// `[m·B, ..]` repeated to `[k·m·B, ..]`; what is the same for every example stays as it is.
    fn tile(&mut self, v: Value, k: usize) -> Value {
        let shape = self.cx.shape(v);
        match shape.0.first() {
            Some(lead) if lead.batch => {
                let mut dims = vec![Dim::fixed(1)];
                dims.extend(shape.0.iter().copied());
                let v = self.cx.reshape(v, Shape(dims.clone()));
                if let Some(d) = dims.first_mut() {
                    *d = Dim::fixed(k);
                }
                let v = self.cx.broadcast(v, Shape(dims));
                let mut dims = shape.0;
                if let Some(d) = dims.first_mut() {
                    d.n *= k;
                }
                self.cx.reshape(v, Shape(dims))
            }
            Some(_) | None => v,
        }
    }

    /// Every combination of values of these sites, each as `[k·m·B]`, when the batch axis is `m·B` before repetition.
    fn all_values(&mut self, sites: &[&TSite], before: Dim) -> Vec<(String, Value)> {
        let cards: Vec<usize> = sites.iter().map(|s| s.ty.kind.cardinality().unwrap_or(1)).collect();
        let k: usize = cards.iter().product();
        let mut stride = 1;
        let mut out = Vec::new();
        for (s, n) in sites.iter().zip(&cards) {
            let values: Vec<f64> = (0..k).map(|c| (c / stride % n) as f64).collect();
            stride *= n;
            let v = self.cx.literal(values, &[k, 1]);
            let v = self.cx.broadcast(v, Shape(vec![Dim::fixed(k), before]));
            let v = self.cx.reshape(v, Shape(vec![Dim { n: k * before.n, batch: true }]));
            out.push((s.name.clone(), v));
        }
        out
    }

    /// `[k·m·B, ..]` as `[k, m·B, ..]`.
    fn unfold(&mut self, v: Value, k: usize, before: Dim) -> Value {
        let mut dims = vec![Dim::fixed(k), before];
        dims.extend(self.cx.shape(v).0.into_iter().skip(1));
        self.cx.reshape(v, Shape(dims))
    }

    /// `log p(known sites)`, `[m·B]`: the joint log-density, summed exactly over the discrete sites that are neither known nor determined.
    pub fn log_joint(&mut self, m: &TModel, vars: &mut Vars) -> Value {
        let known: Vec<String> = vars.keys().cloned().collect();
        let names = density::summable(m, &known);
        let sites: Vec<&TSite> = m.sites.iter().filter(|s| names.contains(&s.name)).collect();
        if sites.is_empty() {
            let joint = self.joint(m, vars);
            let mut parts: Vec<Value> = joint.sites.iter().map(|(_, v)| *v).collect();
            parts.extend(joint.log_det);
            return self.total(&parts);
        }
        let k: usize = sites.iter().map(|s| s.ty.kind.cardinality().unwrap_or(1)).product();
        let (before, outer) = (self.batch, self.detach_values());
        let mut inner: Vars = Vars::new();
        for (n, v) in vars.iter() {
            let t = self.tile(*v, k);
            inner.insert(n.clone(), t);
        }
        self.replicate(k * before.n);
        inner.extend(self.all_values(&sites, before));
        let joint = self.joint(m, &mut inner);
        let mut parts: Vec<Value> = joint.sites.iter().map(|(_, v)| *v).collect();
        parts.extend(joint.log_det);
        let total = self.total(&parts);
        let total = self.unfold(total, k, before);
        let l = self.cx.logsumexp(total, 0);
        let l = self.cx.reshape(l, Shape(vec![before]));
        self.attach_values(outer);
        self.batch = before;
        l
    }

    /// Runs `body` for every combination of values of the guide's enumerated sites and takes the expectation of each part under the
    /// guide.
    pub fn expected_parts(&mut self, q: usize, body: impl FnOnce(&mut Self) -> Parts) -> Parts {
        let g = self.model(q);
        let sites = enumerated(g);
        if sites.is_empty() {
            return body(self);
        }
        let k: usize = sites.iter().map(|s| s.ty.kind.cardinality().unwrap_or(1)).product();
        let (before, outer) = (self.batch, self.detach_values());
        self.replicate(k * before.n);
        for (name, v) in self.all_values(&sites, before) {
            self.set_sample(&g.name, &name, v);
        }
        let mut parts = body(self);
        let vars = self.ancestral(q);
        let mut log_q = Vec::new();
        for s in &sites {
            if let (TSiteKind::Draw(d), Some(v)) = (&s.kind, vars.get(&s.name).copied()) {
                log_q.push(self.log_density(s, d, v, &vars));
            }
        }
        let log_q = self.total(&log_q);
        let log_q = self.unfold(log_q, k, before);
        let w = self.cx.exp(log_q);
        let fold = |me: &mut Self, v: &mut Value| {
            let full = me.cx.shape(*v).0.first().is_some_and(|d| d.batch);
            if !full {
                return;
            }
            let t = me.unfold(*v, k, before);
            let mut dims = me.cx.shape(w).0;
            dims.resize(me.cx.rank(t), Dim::fixed(1));
            let w = me.cx.reshape(w, Shape(dims));
            let t = me.cx.mul(w, t);
            let t = me.cx.sum(t, &[0]);
            let dims: Vec<Dim> = me.cx.shape(t).0.into_iter().skip(1).collect();
            *v = me.cx.reshape(t, Shape(dims));
        };
        parts.reconstruction.iter_mut().for_each(|(_, v)| fold(self, v));
        parts.kl.iter_mut().for_each(|(_, v, _)| fold(self, v));
        parts.kl_per_dim.iter_mut().for_each(|(_, v)| fold(self, v));
        self.attach_values(outer);
        self.batch = before;
        parts
    }

    /// Adds a term of value 0 to `value`, the mean of `per_example`, whose derivative is that of the draws that have no pathwise one:
    /// `(payoff - baseline) ∇ log q` (Williams 1992).
    pub fn with_score(&mut self, q: usize, value: Value, per_example: Value) -> Value {
        let g = self.model(q);
        let (sites, moving) = scored(g);
        if sites.is_empty() {
            return value;
        }
        let vars = self.ancestral(q);
        let mut log_q = Vec::new();
        for s in sites {
            if let (TSiteKind::Draw(d), Some(v)) = (&s.kind, vars.get(&s.name).copied()) {
                let v = self.cx.detach(v);
                log_q.push(self.log_density(s, d, v, &vars));
            }
        }
        let log_q = self.total(&log_q);
        let mut advantage = self.cx.detach(per_example);
        if moving {
            let path = baseline_path(g);
            let b = self.cx.leaf(&path, &[], Role::State);
            let mean = self.cx.mean_all(advantage);
            advantage = self.cx.sub(advantage, b);
            if self.cx.training {
                let old = self.cx.mul_c(b, BASELINE_DECAY);
                let new = self.cx.mul_c(mean, 1.0 - BASELINE_DECAY);
                let next = self.cx.add(old, new);
                self.cx.state_updates.insert(path, next);
            }
        }
        let advantage = self.cx.detach(advantage);
        let s = self.cx.mul(advantage, log_q);
        let s = self.cx.mean_all(s);
        let zero = self.cx.detach(s);
        let s = self.cx.sub(s, zero);
        self.cx.add(value, s)
    }
}
