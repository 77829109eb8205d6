//! Discrete latent sites: exact sums over their values, and the score function where sums are too long.
//!
//! A sum over `n` values repeats every example `n` times (batch axis `n·B`, value outermost), computes everything at once and
//! folds the repetition axis. A sum over sites that no guide proposes repeats only what reads both those sites and data.

use super::bound::Parts;
use super::lower::{Ctx, Vars};
use crate::ir::{Dim, Role, Shape, Value};
use crate::rows::distribution::values;
use crate::types::{Baseline, Estimator, TDist, TExpr, TModel, TSite, TSiteKind, density};

/// The sites of a guide whose expectation is a sum.
pub fn enumerated(g: &TModel) -> Vec<&TSite> {
    g.sites.iter().filter(|s| matches!(&s.kind, TSiteKind::Draw(d) if d.by == Estimator::Enumerate)).collect()
}

/// The sites of a guide whose gradient is the score function's, each with its baseline.
pub fn scored(g: &TModel) -> Vec<(&TSite, Baseline)> {
    let baseline = |s: &TSite| match &s.kind {
        TSiteKind::Draw(TDist { by: Estimator::Score { baseline }, .. }) => Some(*baseline),
        TSiteKind::Draw(_) | TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    };
    g.sites.iter().filter_map(|s| Some((s, baseline(s)?))).collect()
}

/// Path of the moving baseline of a guide.
pub fn baseline_path(g: &TModel) -> String {
    format!("{}.baseline", g.name)
}

/// The name under which the log-determinants of inverted flows stand among the log-densities of sites.
pub const VOLUME: &str = "volume";

/// What a model says about known values.
pub struct Densities {
    /// Log-densities that no summed site reaches, by site, `[m·B]` each; log-determinants as [`VOLUME`].
    pub each: Vec<(String, Value)>,
    /// The sites inside the sum over discrete sites, and its logarithm, `[m·B]`; `None` where nothing is summed over.
    pub sum: Option<(Vec<String>, Value)>,
}

/// How many combinations of values these sites have.
fn count(sites: &[&TSite]) -> usize {
    sites.iter().filter_map(|s| density::values(s)).product()
}

/// Every combination of values of these sites, the first site's changing fastest: for each site the axes of its event and its value in each
/// combination, `[k, ..event]` row-major.
fn combinations<'s>(sites: &[&'s TSite]) -> Vec<(&'s str, &'s [usize], Vec<f64>)> {
    let k = count(sites);
    let mut stride = 1;
    let mut out = Vec::new();
    for s in sites {
        let (TSiteKind::Draw(d), Some(n)) = (&s.kind, density::values(s)) else { continue };
        let all = (0..k).flat_map(|c| values::nth(d.row, &s.ty, c / stride % n)).collect();
        out.push((s.name.as_str(), s.ty.shape.as_slice(), all));
        stride *= n;
    }
    out
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

    /// Every combination of values of these sites, each as `[k·m·B, ..event]`, when the batch axis is `m·B` before repetition.
    fn all_values(&mut self, sites: &[&TSite], before: Dim) -> Vec<(String, Value)> {
        let k = count(sites);
        let mut out = Vec::new();
        for (name, event, values) in combinations(sites) {
            let v = self.cx.literal(values, &[&[k, 1], event].concat());
            let event: Vec<Dim> = event.iter().map(|n| Dim::fixed(*n)).collect();
            let v = self.cx.broadcast(v, Shape([&[Dim::fixed(k), before], event.as_slice()].concat()));
            let all = Dim { n: k * before.n, batch: true };
            let v = self.cx.reshape(v, Shape([&[all], event.as_slice()].concat()));
            out.push((name.to_string(), v));
        }
        out
    }

    /// `[k·m·B, ..]` as `[k, m·B, ..]`.
    fn unfold(&mut self, v: Value, k: usize, before: Dim) -> Value {
        let mut dims = vec![Dim::fixed(k), before];
        dims.extend(self.cx.shape(v).0.into_iter().skip(1));
        self.cx.reshape(v, Shape(dims))
    }

    /// `[k, ..]` with every row repeated for each datum, `[k·m·B, ..]`.
    fn spread(&mut self, v: Value, k: usize) -> Value {
        let shape = self.cx.shape(v);
        let mut dims = vec![Dim::fixed(k), Dim::fixed(1)];
        dims.extend(shape.0.iter().skip(1).copied());
        let v = self.cx.reshape(v, Shape(dims.clone()));
        if let Some(d) = dims.get_mut(1) {
            *d = self.batch;
        }
        let v = self.cx.broadcast(v, Shape(dims));
        let mut dims = shape.0;
        if let Some(d) = dims.first_mut() {
            *d = self.repeated(k);
        }
        self.cx.reshape(v, Shape(dims))
    }

    /// The batch axis with every datum once for each of `k` combinations.
    fn repeated(&self, k: usize) -> Dim {
        Dim { n: k * self.batch.n, batch: true }
    }

    /// Gives values that are about to be combined the same first axis, while discrete sites are summed over: what depends on data and
    /// what depends on the summed sites meet at every combination of both. What is the same everywhere, a first axis of 1, stays.
    pub fn meet(&mut self, values: &mut [Value]) {
        let Some(k) = self.combinations else { return };
        let (of_data, of_sites, of_both) = (self.batch, Dim::fixed(k), self.repeated(k));
        let leads: Vec<Dim> = values
            .iter()
            .filter_map(|v| self.cx.shape(*v).0.first().copied())
            .filter(|d| !d.is_one())
            .collect();
        if leads.iter().all(|d| Some(d) == leads.first()) {
            return;
        }
        for v in values {
            let Some(lead) = self.cx.shape(*v).0.first().copied().filter(|d| !d.is_one() && *d != of_both)
            else {
                continue;
            };
            if lead == of_data {
                *v = self.tile(*v, k);
            } else if lead == of_sites {
                *v = self.spread(*v, k);
            }
        }
    }

    /// A value and the parameters of its distribution, with the same first axis.
    pub fn at_values(&mut self, x: Value, params: Vec<Option<Value>>) -> (Value, Vec<Option<Value>>) {
        let mut all = vec![x];
        all.extend(params.iter().flatten());
        self.meet(&mut all);
        let mut all = all.into_iter();
        let x = all.next().unwrap_or(x);
        (x, params.into_iter().map(|p| p.and_then(|_| all.next())).collect())
    }

    /// The log-densities of the drawn sites but those in `without`, summed exactly over the discrete sites that are neither known nor
    /// determined. Whatever reads only summed sites and parameters is computed once for each of their `k` combinations, whatever reads
    /// none of them once for each datum; only what reads both is computed `k` times for each datum.
    pub fn densities(&mut self, m: &TModel, vars: &mut Vars, without: &[String]) -> Densities {
        let known: Vec<String> = vars.keys().cloned().collect();
        let names = density::summable(m, &known);
        if names.is_empty() {
            let joint = self.joint(m, vars);
            let mut each: Vec<(String, Value)> =
                joint.sites.into_iter().filter(|(n, _)| !without.contains(n)).collect();
            each.extend(joint.log_det.map(|v| (VOLUME.to_string(), v)));
            return Densities { each, sum: None };
        }
        let sites: Vec<&TSite> = m.sites.iter().filter(|s| names.contains(&s.name)).collect();
        let k = count(&sites);
        let outer = self.combinations.replace(k);
        let mut inner = vars.clone();
        for (name, event, v) in combinations(&sites) {
            let v = self.cx.literal(v, &[&[k], event].concat());
            inner.insert(name.to_string(), v);
        }
        let joint = self.joint(m, &mut inner);
        let mut all: Vec<(String, Value)> =
            joint.sites.into_iter().filter(|(n, _)| !without.contains(n)).collect();
        all.extend(joint.log_det.map(|v| (VOLUME.to_string(), v)));
        let (each, inside): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(_, v)| self.cx.shape(*v).0.first() == Some(&self.batch));
        // [k, 1] and [k, m·B], each added up before they meet.
        let mut levels: [Option<Value>; 2] = [None, None];
        for (_, v) in &inside {
            let wide = self.cx.shape(*v).0.first() == Some(&self.repeated(k));
            let columns = if wide { self.batch } else { Dim::fixed(1) };
            let v = self.cx.reshape(*v, Shape(vec![Dim::fixed(k), columns]));
            if let Some(slot) = levels.get_mut(usize::from(wide)) {
                *slot = crate::rows::add_log_dets(*slot, Some(v), |a, b| self.cx.add(a, b));
            }
        }
        let [narrow, wide] = levels;
        let sum = crate::rows::add_log_dets(narrow, wide, |a, b| self.cx.add(a, b)).map(|total| {
            let l = self.cx.logsumexp(total, 0);
            let columns = self.cx.shape(l).0.get(1).copied().unwrap_or(Dim::fixed(1));
            let l = self.cx.reshape(l, Shape(vec![columns]));
            let shape = self.shape(&[]);
            let l = self.cx.broadcast(l, shape);
            (inside.iter().map(|(n, _)| n.clone()).collect(), l)
        });
        self.combinations = outer;
        Densities { each, sum }
    }

    /// `log p(known sites)`, `[m·B]`: the joint log-density, summed exactly over the discrete sites that are neither known nor determined.
    pub fn log_joint(&mut self, m: &TModel, vars: &mut Vars) -> Value {
        let d = self.densities(m, vars, &[]);
        let mut parts: Vec<Value> = d.each.iter().map(|(_, v)| *v).collect();
        parts.extend(d.sum.map(|(_, v)| v));
        self.total(&parts)
    }

    /// Runs `body` for every combination of values of the guide's enumerated sites and takes the expectation of each part under the
    /// guide.
    pub fn expected_parts(&mut self, q: usize, body: impl FnOnce(&mut Self) -> Parts) -> Parts {
        let g = self.model(q);
        let sites = enumerated(g);
        if sites.is_empty() {
            return body(self);
        }
        let k = count(&sites);
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
        parts
            .kl
            .iter_mut()
            .flat_map(|k| std::iter::once(&mut k.total).chain(&mut k.each))
            .for_each(|v| fold(self, v));
        self.attach_values(outer);
        self.batch = before;
        parts
    }

    /// Adds terms of value 0 to `value`, the mean of `per_example`, whose derivative is that of the draws that have no pathwise one:
    /// `(payoff - baseline) ∇ log q` at each (Williams 1992), and that of the squared errors of learned baselines.
    pub fn with_score(&mut self, q: usize, value: Value, per_example: Value) -> Value {
        let g = self.model(q);
        let sites = scored(g);
        if sites.is_empty() {
            return value;
        }
        let vars = self.ancestral(q);
        let payoff = self.cx.detach(per_example);
        let mut terms = Vec::new();
        for (s, baseline) in sites {
            let (TSiteKind::Draw(d), Some(v)) = (&s.kind, vars.get(&s.name).copied()) else { continue };
            let v = self.cx.detach(v);
            let log_q = self.log_density(s, d, v, &vars);
            let advantage = match (baseline, &d.baseline) {
                (Baseline::Moving, _) => self.less_moving(g, payoff),
                (Baseline::Learned, Some(b)) => {
                    let (advantage, fit) = self.less_learned(b, payoff, &vars);
                    terms.push(fit);
                    advantage
                }
                (Baseline::None, _) | (Baseline::Learned, None) => payoff,
            };
            let term = self.cx.mul(advantage, log_q);
            terms.push(self.cx.mean_all(term));
        }
        let mut value = value;
        for t in terms {
            let same = self.cx.detach(t);
            let zero = self.cx.sub(t, same);
            value = self.cx.add(value, zero);
        }
        value
    }

    /// The same for a bound of several samples, whose log-weights `w` are `[k, B]` and whose value for each example `l` is `[1, B]`: the signal
    /// of a sample is the bound less what it would be with the geometric mean of the other weights in that sample's place, whatever
    /// baseline the site names (VIMCO, Mnih & Rezende 2016, eq. 8-10). Draws that an ELBO sums over count as well: here they are sampled.
    pub fn with_leave_one_out(&mut self, q: usize, value: Value, w: Value, l: Value) -> Value {
        let g = self.model(q);
        let drawn = |s: &&TSite| matches!(&s.kind, TSiteKind::Draw(d) if matches!(d.by, Estimator::Score { .. } | Estimator::Enumerate));
        let sites: Vec<&TSite> = g.sites.iter().filter(drawn).collect();
        if sites.is_empty() {
            return value;
        }
        let (k, b) = (self.batch.n, Dim::BATCH);
        let (w, l) = (self.cx.detach(w), self.cx.detach(l));
        let signal = if k == 1 { l } else { self.leave_one_out(w, l, k) };
        let vars = self.ancestral(q);
        let mut value = value;
        for s in sites {
            let (TSiteKind::Draw(d), Some(v)) = (&s.kind, vars.get(&s.name).copied()) else { continue };
            let v = self.cx.detach(v);
            let log_q = self.log_density(s, d, v, &vars);
            let log_q = self.cx.reshape(log_q, Shape(vec![Dim::fixed(k), b]));
            let term = self.cx.mul(signal, log_q);
            let term = self.cx.sum(term, &[0]);
            let term = self.cx.mean_all(term);
            let same = self.cx.detach(term);
            let zero = self.cx.sub(term, same);
            value = self.cx.add(value, zero);
        }
        value
    }

    /// `l` less the bound with the weight of one sample replaced, `[k, B]`.
    fn leave_one_out(&mut self, w: Value, l: Value, k: usize) -> Value {
        let b = Dim::BATCH;
        let sum = self.cx.sum(w, &[0]);
        let others = self.cx.sub(sum, w);
        let others = self.cx.mul_c(others, 1.0 / (k as f64 - 1.0));
        // Row i, column j: the weight of sample j, or its replacement where j = i.
        let replaced = self.cx.reshape(others, Shape(vec![Dim::fixed(k), Dim::fixed(1), b]));
        let kept = self.cx.reshape(w, Shape(vec![Dim::fixed(1), Dim::fixed(k), b]));
        let diagonal = (0..k * k).map(|c| f64::from(u8::from(c / k == c % k))).collect();
        let diagonal = self.cx.literal(diagonal, &[k, k, 1]);
        let half = self.cx.scalar(0.5);
        let diagonal = self.cx.compare(crate::ir::Compare::Gt, diagonal, half);
        let all = self.cx.select(diagonal, replaced, kept);
        let without = self.cx.logsumexp(all, 1);
        let without = self.cx.reshape(without, Shape(vec![Dim::fixed(k), b]));
        let without = self.cx.add_c(without, -(k as f64).ln());
        self.cx.sub(l, without)
    }

    /// The payoff less its moving average, which a step of training moves on.
    fn less_moving(&mut self, g: &TModel, payoff: Value) -> Value {
        let path = baseline_path(g);
        let b = self.cx.leaf(&path, &[], Role::State);
        if self.cx.training {
            let mean = self.cx.mean_all(payoff);
            let old = self.cx.mul_c(b, BASELINE_DECAY);
            let new = self.cx.mul_c(mean, 1.0 - BASELINE_DECAY);
            let next = self.cx.add(old, new);
            self.cx.state_updates.insert(path, next);
        }
        let less = self.cx.sub(payoff, b);
        self.cx.detach(less)
    }

    /// The payoff less a learned baseline, and the baseline's fit, -E[(payoff - b)²], which only its own nets have a derivative of: what
    /// they read counts as given (Mnih & Gregor 2014, section 2.3).
    fn less_learned(&mut self, b: &TExpr, payoff: Value, vars: &Vars) -> (Value, Value) {
        let given: Vars = vars.iter().map(|(n, v)| (n.clone(), self.cx.detach(*v))).collect();
        let b = self.expr(b, &given);
        let less = self.cx.sub(payoff, b);
        let sq = self.cx.square(less);
        let fit = self.cx.mean_all(sq);
        let fit = self.cx.neg(fit);
        (self.cx.detach(less), fit)
    }
}
