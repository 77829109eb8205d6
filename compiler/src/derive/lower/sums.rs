//! Exact sums over the values of discrete sites that nothing proposes.
//!
//! Whatever reads only summed sites and parameters is computed once for each of the `k` combinations of their values, whatever reads
//! none of them once for each datum; only what reads both is computed `k` times for each datum, value outermost.

use super::copies::{drop_first, repeat};
use super::{Ctx, Joint, Vars};
use crate::event::Kind;
use crate::ir::{DType, Dim, Ex, ReduceKind, Scope, Shape, Value};
use crate::rows::distribution::{Categorical, values};
use crate::rows::{DistRow, add_log_dets};
use crate::types::{TModel, TSite, TSiteKind, density, hidden_chain};

/// The name under which the log-determinants of inverted flows stand among the log-densities of sites.
pub const VOLUME: &str = "volume";

/// What a model says about known values.
pub struct Densities {
    /// Log-densities that no summed site reaches, by site, `[m·B]` each; log-determinants as [`VOLUME`].
    pub each: Vec<(String, Value)>,
    /// The sites inside the sum over discrete sites, and its logarithm, `[m·B]`; `None` where nothing is summed over.
    pub sum: Option<(Vec<String>, Value)>,
}

/// Log-densities by the names of their sites.
type Named = Vec<(String, Value)>;

/// What is known of a discrete site that is summed over.
pub struct Posterior {
    /// The site.
    pub site: String,
    /// Its value in the most probable combination of all such sites, `[m·B, ..event]`.
    pub mode: Value,
    /// How probable its values are (see [`crate::derive::Output::Posterior`]).
    pub probabilities: Value,
}

/// The mean of `values` of `k` combinations, `[k, ..event]`, with weights `[k, m·B]`: `[m·B, ..event]`.
fn mean_over<'g>(weights: Ex<'g>, values: &[f64], event: &[usize]) -> Ex<'g> {
    let k = weights.shape().0.first().map_or(1, |d| d.n);
    let values = weights.scope().literal(values.to_vec(), &[&[k, 1], event].concat());
    let mut dims = weights.shape().0;
    dims.resize(values.rank(), Dim::fixed(1));
    drop_first((weights.reshape(Shape(dims)) * values).sum(&[0]))
}

/// How many combinations of values these sites have.
pub fn count(sites: &[&TSite]) -> usize {
    sites.iter().filter_map(|s| density::values(s)).product()
}

/// Every combination of values of these sites, the first site's changing fastest: for each site the axes of its event and its value in each
/// combination, `[k, ..event]` row-major.
pub fn combinations<'s>(sites: &[&'s TSite]) -> Vec<(&'s str, &'s [usize], Vec<f64>)> {
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

/// The log-densities of a joint, but those of the sites in `without`.
fn by_name(joint: Joint, without: &[String]) -> Vec<(String, Value)> {
    let volume = joint.log_det.map(|v| (VOLUME.to_string(), v));
    joint.sites.into_iter().filter(|(n, _)| !without.contains(n)).chain(volume).collect()
}

impl Ctx<'_> {
    /// The batch axis with every datum once for each of `k` combinations.
    fn for_each(&self, k: usize) -> Dim {
        Dim { n: k * self.batch.n, batch: true }
    }

    /// Gives values that are about to be combined the same first axis, while discrete sites are summed over: what depends on data and
    /// what depends on the summed sites meet at every combination of both. What is the same everywhere, a first axis of 1, stays.
    pub fn meet(&mut self, values: &mut [Value]) {
        let Some(k) = self.combinations else { return };
        let (of_data, of_sites, of_both) = (self.batch, Dim::fixed(k), self.for_each(k));
        let g = Scope::of(&mut self.cx.g);
        let lead = |v: Value| g.ex(v).shape().0.first().copied().filter(|d| !d.is_one());
        let leads: Vec<Dim> = values.iter().filter_map(|v| lead(*v)).collect();
        if leads.iter().all(|d| Some(d) == leads.first()) {
            return;
        }
        for v in values {
            match lead(*v).filter(|d| *d != of_both) {
                Some(d) if d == of_data => *v = repeat(g.ex(*v), 0, of_sites).v,
                Some(d) if d == of_sites => *v = repeat(g.ex(*v), 1, of_data).v,
                Some(_) | None => {}
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
    /// determined.
    pub fn densities(&mut self, m: &TModel, vars: &mut Vars, without: &[String]) -> Densities {
        let known: Vec<String> = vars.keys().cloned().collect();
        let names = density::summable(m, &known);
        let chains = hidden_chain::sums(m, &known);
        if !chains.is_empty() {
            let inside: Vec<String> = chains.iter().flat_map(|c| c.inside.clone()).collect();
            let each = by_name(self.joint_but(m, vars, &inside), without);
            let sums: Vec<Value> = chains.iter().map(|c| self.chain_log_sum(m, c, vars)).collect();
            return Densities { each, sum: Some((inside, self.total(&sums))) };
        }
        if names.is_empty() {
            return Densities { each: by_name(self.joint(m, vars), without), sum: None };
        }
        let (each, inside, k) = self.at_combinations(m, vars, &names, without);
        let values: Vec<Value> = inside.iter().map(|(_, v)| *v).collect();
        let sum = self.log_sum(&values, k).map(|l| (inside.into_iter().map(|(n, _)| n).collect(), l));
        Densities { each, sum }
    }

    /// The log-densities of the drawn sites but those in `without`, by name: those that are the same for all values of the sites `names`, `[m·B]`
    /// each, and those that are not, at each of the `k` combinations of values; and `k`.
    fn at_combinations(
        &mut self,
        m: &TModel,
        vars: &Vars,
        names: &[String],
        without: &[String],
    ) -> (Named, Named, usize) {
        let sites: Vec<&TSite> = m.sites.iter().filter(|s| names.contains(&s.name)).collect();
        let k = count(&sites);
        let outer = self.combinations.replace(k);
        let mut inner = vars.clone();
        for (name, event, v) in combinations(&sites) {
            let v = self.cx.literal(v, &[&[k], event].concat());
            inner.insert(name.to_string(), v);
        }
        let all = by_name(self.joint(m, &mut inner), without);
        let (each, inside): (Named, Named) =
            all.into_iter().partition(|(_, v)| self.cx.shape(*v).0.first() == Some(&self.batch));
        self.combinations = outer;
        (each, inside, k)
    }

    /// The logarithm of the product of densities at each of `k` combinations, `[k, m·B]` or `[k, 1]`; `None` where there are none. Those that
    /// are the same for every datum and those that are not are each added up before they meet.
    fn log_product(&mut self, log_densities: &[Value], k: usize) -> Option<Value> {
        let (of_both, batch) = (self.for_each(k), self.batch);
        let mut levels: [Option<Value>; 2] = [None, None];
        for v in log_densities {
            let wide = self.cx.shape(*v).0.first() == Some(&of_both);
            let columns = if wide { batch } else { Dim::fixed(1) };
            let v = self.cx.reshape(*v, Shape(vec![Dim::fixed(k), columns]));
            if let Some(level) = levels.get_mut(usize::from(wide)) {
                *level = add_log_dets(*level, Some(v), |a, b| self.cx.add(a, b));
            }
        }
        let [narrow, wide] = levels;
        add_log_dets(narrow, wide, |a, b| self.cx.add(a, b))
    }

    /// The logarithm of the sum over `k` combinations of the product of densities, `[m·B]`.
    fn log_sum(&mut self, log_densities: &[Value], k: usize) -> Option<Value> {
        let (total, batch) = (self.log_product(log_densities, k)?, self.batch);
        let total = Scope::of(&mut self.cx.g).ex(total);
        Some(drop_first(total.logsumexp(0)).broadcast(&Shape(vec![batch])).v)
    }

    /// The exact posterior of the discrete sites that are summed over, given the values in `vars`; none where nothing is.
    pub fn posterior(&mut self, m: &TModel, vars: &Vars) -> Vec<Posterior> {
        let known: Vec<String> = vars.keys().cloned().collect();
        let names = density::summable(m, &known);
        let chains = hidden_chain::sums(m, &known);
        if !chains.is_empty() {
            return chains.iter().filter_map(|c| self.chain_posterior(m, c, vars)).collect();
        }
        if names.is_empty() {
            return Vec::new();
        }
        let (_, inside, k) = self.at_combinations(m, vars, &names, &[]);
        let values: Vec<Value> = inside.iter().map(|(_, v)| *v).collect();
        let Some(total) = self.log_product(&values, k) else { return Vec::new() };
        let batch = self.batch;
        let sites: Vec<&TSite> = m.sites.iter().filter(|s| names.contains(&s.name)).collect();
        let g = Scope::of(&mut self.cx.g);
        let total = g.ex(total).broadcast(&Shape(vec![Dim::fixed(k), batch]));
        let weights = total.log_softmax(0).exp();
        // Of equally probable combinations the first.
        let at_top = total.ge(total.reduce(ReduceKind::Max, &[0])).cast(DType::F);
        let rank = at_top * g.literal((0..k).rev().map(|c| c as f64 + 1.0).collect(), &[k, 1]);
        let top = rank.ge(rank.reduce(ReduceKind::Max, &[0])).cast(DType::F);
        let one = |(s, (name, event, values)): (&TSite, (&str, &[usize], Vec<f64>))| {
            let (mode, event) = (mean_over(top, &values, event), event.to_vec());
            let probabilities = match s.ty.kind {
                Kind::Class(n) | Kind::Int(n) => {
                    let hot =
                        |v: &f64| (0..n).map(|c| f64::from(u8::from(c as f64 == *v))).collect::<Vec<_>>();
                    mean_over(
                        weights,
                        &values.iter().flat_map(hot).collect::<Vec<_>>(),
                        &[&event[..], &[n]].concat(),
                    )
                }
                Kind::Bool | Kind::OneHot | Kind::Real(_) | Kind::Count => {
                    mean_over(weights, &values, &event)
                }
            };
            Posterior { site: name.to_string(), mode: mode.v, probabilities: probabilities.v }
        };
        sites.iter().copied().zip(combinations(&sites)).map(one).collect()
    }

    /// Draws of the discrete sites `names` of a model from their exact posterior, given the values in `vars`: one of their combinations for each
    /// example, `[B, ..event]` each.
    pub fn drawn_given(&mut self, m: &TModel, vars: &Vars, names: &[String]) -> Vec<(String, Value)> {
        let sites: Vec<&TSite> = m.sites.iter().filter(|s| names.contains(&s.name)).collect();
        if sites.is_empty() {
            return Vec::new();
        }
        let (_, inside, k) = self.at_combinations(m, vars, names, &[]);
        let values: Vec<Value> = inside.iter().map(|(_, v)| *v).collect();
        let Some(total) = self.log_product(&values, k) else { return Vec::new() };
        let batch = self.batch;
        let logits = {
            let g = Scope::of(&mut self.cx.g);
            g.ex(total).broadcast(&Shape(vec![Dim::fixed(k), batch])).permute(&[1, 0]).v
        };
        let drawn = Categorical.sample(&mut self.cx.g, &[Some(logits)], &Shape(vec![batch]));
        let g = Scope::of(&mut self.cx.g);
        let which = g.literal((0..k).map(|c| c as f64).collect(), &[k, 1]);
        let hot = g.ex(drawn).reshape(Shape(vec![Dim::fixed(1), batch])).eq(which).cast(DType::F);
        let one = |(name, event, values): (&str, &[usize], Vec<f64>)| {
            (name.to_string(), mean_over(hot, &values, event).v)
        };
        combinations(&sites).into_iter().map(one).collect()
    }

    /// `log p(known sites)`, `[m·B]`: the joint log-density, summed exactly over the discrete sites that are neither known nor determined.
    pub fn log_joint(&mut self, m: &TModel, vars: &mut Vars) -> Value {
        self.log_joint_but(m, vars, &[])
    }

    /// The same without the densities of some sites.
    pub fn log_joint_but(&mut self, m: &TModel, vars: &mut Vars, without: &[String]) -> Value {
        let d = self.densities(m, vars, without);
        let mut parts: Vec<Value> = d.each.iter().map(|(_, v)| *v).collect();
        parts.extend(d.sum.map(|(_, v)| v));
        self.total(&parts)
    }
}
