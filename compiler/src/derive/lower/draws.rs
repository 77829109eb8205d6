//! Sites of models and guides: their values, the values that stand for them, their log-densities.

use super::{Ctx, Vars};
use crate::event::{EventTy, Kind};
use crate::ir::{Scope, Shape, Value};
use crate::rows::data::PRESENT;
use crate::rows::distribution::temperature::tempered;
use crate::rows::distribution::{align_param, constant, spelled};
use crate::rows::estimator::Estimator;
use crate::types::noising::Noising;
use crate::types::{TDist, TSite, TSiteKind};

/// Whether a site is a hidden variable with a normal distribution of its own, whose draws may be kept near its mean.
pub fn truncatable(s: &TSite) -> bool {
    match &s.kind {
        TSiteKind::Draw(d) => !s.observed && !d.sequential() && d.time.is_none() && d.row.name() == "Normal",
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => false,
    }
}

/// How draws of a guide or model are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draws {
    /// Sampled.
    Sampled,
    /// Replaced by the mean of the distribution, where it has one.
    Means,
}

impl Ctx<'_> {
    /// A site of a model or guide, sampled with everything before it; shared within the program.
    pub fn sample(&mut self, model: &str, site: &str) -> Value {
        let key = (model.to_string(), site.to_string());
        if let Some(v) = self.shared.samples.get(&key) {
            return *v;
        }
        let Some(i) = self.typed.models.iter().position(|m| m.name == model) else {
            panic!("internal: model `{model}` is missing");
        };
        self.ancestral(i);
        match self.shared.samples.get(&key) {
            Some(v) => *v,
            None => panic!("internal: `{model}.{site}` was not sampled"),
        }
    }

    /// Fixes the value of a site for the rest of the program, instead of a draw.
    pub fn set_sample(&mut self, model: &str, site: &str, v: Value) {
        self.shared.samples.insert((model.to_string(), site.to_string()), v);
    }

    /// Samples every site of a model or guide in order.
    pub fn ancestral(&mut self, i: usize) -> Vars {
        self.ancestral_but(i, &[])
    }

    /// The same, of some chains the first values only, where nothing else was drawn of them.
    pub(in crate::derive) fn ancestral_but(&mut self, i: usize, chains: &[(String, Noising<'_>)]) -> Vars {
        let m = self.model(i);
        let mut vars = self.conditions(m);
        for s in &m.sites {
            let key = (m.name.clone(), s.name.clone());
            let drawn = self.shared.samples.get(&key).copied();
            let v = match (drawn, chains.iter().find(|(n, _)| *n == s.name)) {
                (Some(v), _) => v,
                (None, Some((name, chain))) => self.first_of_chain(m, name, chain, &vars),
                (None, None) => {
                    let v = self.site_value(s, &vars);
                    self.shared.samples.insert(key, v);
                    v
                }
            };
            vars.insert(s.name.clone(), v);
        }
        vars
    }

    /// The value of a site given the sites before it: a draw, its mean, or its bound value.
    pub fn site_value(&mut self, s: &TSite, vars: &Vars) -> Value {
        match &s.kind {
            TSiteKind::Draw(d) => self.draw(s, d, vars),
            TSiteKind::Bind(e) => {
                let v = self.expr(e, vars);
                self.for_each_example(v, &s.ty)
            }
            TSiteKind::Quantize(e) => {
                let v = self.expr(e, vars);
                let v = self.for_each_example(v, &s.ty);
                let top = s.ty.kind.cardinality().map_or(0.0, |n| n as f64 - 1.0);
                let g = Scope::of(&mut self.cx.g);
                let level = g.ex(v).floor();
                let (lo, hi) = (g.num(0.0), g.num(top));
                level.max(lo).min(hi).v
            }
        }
    }

    /// A value of this type, `[B, ..event]` also where all examples share it.
    fn for_each_example(&mut self, v: Value, ty: &EventTy) -> Value {
        let lead = self.cx.shape(v).0.first().copied();
        if lead.is_some_and(|d| !d.is_one()) {
            return v;
        }
        let shape = self.shape(&ty.shape);
        self.cx.broadcast(v, shape)
    }

    /// A draw of a site, or what stands for it.
    fn draw(&mut self, s: &TSite, d: &TDist, vars: &Vars) -> Value {
        // What stands for it, too, since no element has a distribution of its own before the earlier ones are drawn.
        if let Some(o) = &d.order {
            return self.draw_in_order(s, d, o, vars);
        }
        if let Some(t) = d.time.as_ref().filter(|t| t.chained()) {
            return self.draw_in_time(s, d, t, vars);
        }
        let params = self.dist_params(d, &s.ty, vars);
        let params = self.at_temperature(d, params);
        let shape = self.shape(&s.ty.shape);
        match self.drawn_near(s, d, &params, &shape) {
            Some(v) => v,
            None => self.drawn_from(s, d, &params, &shape),
        }
    }

    /// A draw of a hidden normal variable that is not far from its mean, where such draws are asked for: what drawing anew comes to, by the
    /// inverse of the distribution function.
    fn drawn_near(&mut self, s: &TSite, d: &TDist, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let far = self.truncation.filter(|_| self.draws == Draws::Sampled && truncatable(s))?;
        let &[Some(loc), Some(scale)] = params else { panic!("internal: `{}` is no normal", d.row.name()) };
        let row = spelled("Truncated Normal")?;
        self.cx.g.at = s.value_span;
        let g = Scope::of(&mut self.cx.g);
        let reach = g.ex(scale) * far;
        let (low, high) = ((g.ex(loc) - reach).v, (g.ex(loc) + reach).v);
        Some(row.sample(&mut self.cx.g, &[Some(loc), Some(scale), Some(low), Some(high)], shape))
    }

    /// A draw of a site's distribution with these parameters, or what stands for it.
    pub(super) fn drawn_from(
        &mut self,
        s: &TSite,
        d: &TDist,
        params: &[Option<Value>],
        shape: &Shape,
    ) -> Value {
        self.cx.g.at = s.value_span;
        let mean = match self.draws {
            Draws::Means => Some(self.centre(s, d, params, shape)),
            Draws::Sampled => None,
        };
        match (mean, d.by) {
            (Some(m), _) => self.cx.broadcast(m, shape.clone()),
            (None, Estimator::Gumbel { tau }) if self.relaxed => match d.row.reparameterised().relaxed() {
                Some(relaxed) => relaxed(&mut self.cx.g, params, shape, tau),
                None => panic!("internal: `{}` has no relaxed form", d.row.name()),
            },
            // The score function is the whole derivative: none passes through the draw itself.
            (None, Estimator::Score { .. }) => {
                let v = d.row.sample(&mut self.cx.g, params, shape);
                self.cx.detach(v)
            }
            (None, Estimator::Pathwise | Estimator::Enumerate | Estimator::Gumbel { .. }) => {
                d.row.sample(&mut self.cx.g, params, shape)
            }
        }
    }

    /// Parameters as draws are made from them.
    pub(super) fn at_temperature(&mut self, d: &TDist, params: Vec<Option<Value>>) -> Vec<Option<Value>> {
        match self.temperature {
            Some(t) => tempered(d.row, &mut self.cx.g, &params, t),
            None => params,
        }
    }

    /// The value that stands for a draw where one is shown: for levels with an order their mean (rounded to a level where the site is no
    /// data), for classes the most probable one.
    fn centre(&mut self, s: &TSite, d: &TDist, params: &[Option<Value>], shape: &Shape) -> Value {
        let data = self.typed.data.iter().flat_map(|d| &d.vars).find(|v| s.observed && v.name == s.name);
        let kind = data.map_or(s.ty.kind, |v| v.ty.kind);
        let m = d.row.centre(&mut self.cx.g, params, shape, kind);
        match kind {
            Kind::Int(_) | Kind::Count if !s.observed => (Scope::of(&mut self.cx.g).ex(m) + 0.5).floor().v,
            Kind::Int(_) | Kind::Count | Kind::Bool | Kind::OneHot | Kind::Class(_) | Kind::Real(_) => m,
        }
    }

    /// The mean of an observed site's distribution (what a picture of a sample shows), or what stands for it; classes have none.
    pub fn mean_of(&mut self, s: &TSite, vars: &Vars) -> Option<Value> {
        let TSiteKind::Draw(d) = &s.kind else { return None };
        let var = self.typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == s.name)?;
        if matches!(var.ty.kind, Kind::Class(_)) || d.sequential() {
            return None;
        }
        let params = self.dist_params(d, &s.ty, vars);
        let shape = self.shape(&s.ty.shape);
        let m = self.centre(s, d, &params, &shape);
        Some(self.cx.broadcast(m, shape))
    }

    /// Parameters of a distribution, each rank 0 or beside the event's axes as its row reads it; of a site that is drawn in an order, with
    /// their elements in that order.
    pub fn dist_params(&mut self, d: &TDist, ty: &EventTy, vars: &Vars) -> Vec<Option<Value>> {
        match &d.order {
            Some(o) => {
                let vars = self.with_earlier(o, vars);
                self.params_in_order(d, ty, &vars)
            }
            None => self.params_in_order(d, ty, vars),
        }
    }

    /// The same, where the elements of the site itself are in their order already.
    pub(super) fn params_in_order(&mut self, d: &TDist, ty: &EventTy, vars: &Vars) -> Vec<Option<Value>> {
        let types: Vec<Option<EventTy>> = d.params.iter().map(|p| p.as_ref().map(|e| e.ty.clone())).collect();
        let own = d.row.event(&types).map_or(0, |e| e.own.len());
        let draws = ty.shape.len().saturating_sub(own);
        let mut out = Vec::new();
        for (p, spec) in d.params.iter().zip(d.row.dist_params()) {
            out.push(p.as_ref().map(|e| {
                self.cx.g.at = e.span;
                // A row may ask for the number itself: `levels: -(-17)` is one.
                let v = match constant(Some(&e.ty)) {
                    Some(c) if e.ty.shape.is_empty() => self.cx.scalar(c),
                    Some(_) | None => self.expr(e, vars),
                };
                let v = align_param(&mut self.cx.g, v, draws, spec.axes);
                d.order.as_ref().map_or(v, |o| self.param_in_order(o, e, v))
            }));
        }
        out
    }

    /// Log-density of a drawn site at `x`, `[B]`.
    pub fn log_density(&mut self, s: &TSite, d: &TDist, x: Value, vars: &Vars) -> Value {
        let params = self.dist_params(d, &s.ty, vars);
        let x = d.order.as_ref().map_or(x, |o| self.in_order(&o.order, x));
        let (known, params) = self.at_values(x, params);
        let lp = self.log_prob_of_known(s, d, &params, known);
        let lp = d.order.as_ref().map_or(lp, |o| self.until_end(o, lp, vars));
        self.cx.sum_event(lp)
    }

    /// The log-density of each number that `s` draws from `d`, at these values of it; 0 of those that are missing. Some value
    /// of its kind stands for what is missing, and its density is left out: the integral, or the sum, over all that could stand there is 1.
    pub(super) fn log_prob_of_known(
        &mut self,
        s: &TSite,
        d: &TDist,
        params: &[Option<Value>],
        known: Value,
    ) -> Value {
        let mut vars = self.typed.data.iter().flat_map(|d| &d.vars);
        let holes = vars.find(|v| v.name == s.name && s.observed && v.cells.missing);
        let x = holes.map_or(known, |v| {
            let x = Scope::of(&mut self.cx.g).ex(known);
            x.gt(PRESENT).select(x, v.ty.kind.stand_in()).v
        });
        self.cx.g.at = s.value_span;
        let lp = d.row.log_prob(&mut self.cx.g, params, x);
        if holes.is_none() {
            return lp;
        }
        let g = Scope::of(&mut self.cx.g);
        g.ex(known).gt(PRESENT).select(g.ex(lp), 0.0).v
    }
}
