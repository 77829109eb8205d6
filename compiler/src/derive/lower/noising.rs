//! Chains of a guide whose marginals are known (see [`noising`]): each term of a bound takes one draw of one marginal, so that nothing goes
//! through the chain, and the sum over its steps is a counted loop, or one of its terms at a time drawn for each example.
//!
//! [`noising`]: crate::types::noising

use super::time::{Clock, Each};
use super::{Ctx, Vars};
use crate::event::EventTy;
use crate::ir::outline::{Iteration, outlined};
use crate::ir::{DType, Dim, Ex, Local, Role, Scope, Shape, Value};
use crate::rows::distribution::align_param;
use crate::rows::distribution::kl::closed_form;
use crate::rows::objective::Terms;
use crate::types::noising::{Group, Noising};
use crate::types::{TDist, TModel, TSiteKind};

/// ln(2π) / 2
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// A chain in its model and guide.
pub struct Noised<'a> {
    /// What is known of it.
    pub chain: &'a Noising<'a>,
    /// The model.
    pub m: &'a TModel,
    /// The guide.
    pub g: &'a TModel,
    /// Its name.
    pub name: &'a str,
    /// Values of the names of the guide.
    pub q: &'a Vars,
    /// Values of the names of the model.
    pub p: &'a Vars,
}

/// What is summed over the steps of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Term {
    /// KL(q(z_i | z_(i+1), x) || p(z_i | z_(i+1))), and that of the last value.
    Kl,
    /// The squared error of the noise of z_(i+1) that the model's mean stands for.
    NoiseError,
}

/// Numbers by position, as they are read at the positions of a term.
#[derive(Clone, Copy)]
struct Positions {
    /// The first position of the statement.
    from: usize,
    /// How many it has.
    len: usize,
    /// How far behind the first one the position of each example lies, `[m·B]`; `None` where there is one position.
    at: Option<Value>,
    /// Number of axes of a value, the batch axis included.
    rank: usize,
}

impl Positions {
    /// A table's numbers, `[m·B, 1, ..]`, or one number.
    fn read<'g>(self, g: Scope<'g>, table: impl Fn(usize) -> f64) -> Ex<'g> {
        match self.at {
            None => g.num(table(self.from)),
            Some(at) => {
                let all: Vec<f64> = (self.from..self.from + self.len).map(table).collect();
                let found = g.literal(all, &[self.len]).lookup(g.ex(at).cast(DType::I));
                found.view(&vec![1; self.rank.saturating_sub(1)])
            }
        }
    }
}

impl Noised<'_> {
    fn dists(&self) -> Option<(&TDist, &TDist)> {
        let of = |m: &'_ TModel| m.sites.iter().position(|s| s.name == self.name);
        let (q, p) = (self.g.sites.get(of(self.g)?)?, self.m.sites.get(of(self.m)?)?);
        match (&q.kind, &p.kind) {
            (TSiteKind::Draw(q), TSiteKind::Draw(p)) => Some((q, p)),
            (TSiteKind::Draw(_) | TSiteKind::Bind(_) | TSiteKind::Quantize(_), _) => None,
        }
    }
    fn step(&self) -> Vec<usize> {
        self.g.site(self.name).and_then(|s| s.ty.shape.get(1..)).unwrap_or_default().to_vec()
    }
}

impl Ctx<'_> {
    /// The mean of the first value of a chain, `[m·B, ..]`.
    fn start_of(&mut self, chain: &Noising<'_>, step: &[usize], vars: &Vars) -> Value {
        self.cx.g.at = chain.start.span;
        let v = self.expr(chain.start, vars);
        let v = align_param(&mut self.cx.g, v, step.len(), 0);
        let shape = self.shape(step);
        Scope::of(&mut self.cx.g).ex(v).broadcast(&shape).v
    }

    /// A chain of which only the first value is drawn, from its marginal, and stands at all times: `[m·B, T, ..]`.
    pub(in crate::derive) fn first_of_chain(
        &mut self,
        g: &TModel,
        name: &str,
        chain: &Noising<'_>,
        vars: &Vars,
    ) -> Value {
        let key = (g.name.clone(), format!("@first {name}"));
        if let Some(v) = self.shared.samples.get(&key) {
            return *v;
        }
        let step: Vec<usize> = g.site(name).and_then(|s| s.ty.shape.get(1..)).unwrap_or_default().to_vec();
        let start = self.start_of(chain, &step, vars);
        self.cx.g.at = g.site(name).map_or(g.span, |s| s.value_span);
        let shape = self.shape(&step);
        let graph = Scope::of(&mut self.cx.g);
        let z = graph.ex(start) + graph.normal(&shape) * chain.scale.first().copied().unwrap_or(1.0);
        let mut one = shape.0;
        one.insert(1, Dim::fixed(1));
        let mut all = one.clone();
        all.get_mut(1).into_iter().for_each(|d| *d = Dim::fixed(chain.times.len()));
        let v = z.reshape(Shape(one)).broadcast(&Shape(all)).v;
        self.shared.samples.insert(key, v);
        v
    }

    /// The KL of a chain, `[m·B]`.
    pub(in crate::derive) fn kl_of_chain(&mut self, of: &Noised<'_>, terms: Terms) -> Value {
        self.over_groups(of, Term::Kl, terms)
    }

    /// The mean over the steps of a chain of the squared error of the noise that the model's means stand for, summed over the elements, `[m·B]`
    /// (Ho et al. 2020, eq. 14).
    pub(in crate::derive) fn noise_error(&mut self, of: &Noised<'_>, terms: Terms) -> Value {
        let sum = self.over_groups(of, Term::NoiseError, terms);
        (Scope::of(&mut self.cx.g).ex(sum) * (1.0 / of.chain.steps().max(1) as f64)).v
    }

    /// A sum over all steps, made once.
    fn over_groups(&mut self, of: &Noised<'_>, term: Term, terms: Terms) -> Value {
        let key = (of.g.name.clone(), format!("@{term:?} {terms:?} {} {}", of.m.name, of.name));
        if let Some(v) = self.shared.samples.get(&key) {
            return *v;
        }
        let start = self.start_of(of.chain, &of.step(), of.q);
        let mut all = Vec::new();
        for group in of.chain.groups.iter().filter(|g| term == Term::Kl || !g.last) {
            all.push(self.of_group(of, *group, (term, start), terms));
        }
        let total = self.total(&all);
        self.shared.samples.insert(key, total);
        total
    }

    /// The sum over the positions of one statement, `[m·B]`.
    fn of_group(
        &mut self,
        of: &Noised<'_>,
        group: Group,
        (term, start): (Term, Value),
        terms: Terms,
    ) -> Value {
        let n = group.len;
        if n == 1 {
            return self.term(of, group, (term, start), None);
        }
        let shape = self.shape(&[]);
        if terms.one_of(n, self.program.asks_models()) {
            let at = self.drawn_once(of, ("position", group), |me| {
                let g = Scope::of(&mut me.cx.g);
                (g.uniform(&shape) * n as f64).floor().min(n as f64 - 1.0).v
            });
            let one = self.term(of, group, (term, start), Some(at));
            return (Scope::of(&mut self.cx.g).ex(one) * n as f64).v;
        }
        let zero = self.cx.full(0.0, shape);
        self.looped(&format!("@{term:?}.{}.{}", of.name, group.from), n, zero, |me, sum, at| {
            let noise = me.noise(of);
            let term = me.term_at(of, group, (term, start), (Some(at), noise));
            let g = Scope::of(&mut me.cx.g);
            (g.ex(sum) + g.ex(term)).v
        })
    }

    /// A loop that carries one value: `next` makes it of the one before and the number of the iteration, `[m·B]`.
    fn looped(
        &mut self,
        name: &str,
        count: usize,
        start: Value,
        next: impl FnOnce(&mut Self, Value, Value) -> Value,
    ) -> Value {
        let rows = self.shape(&[]);
        let from = self.cx.g.nodes.len();
        let carried = self.cx.shape(start);
        let canvas = self.cx.g.input(name, Role::Local, carried);
        let position = self.cx.g.input(&Local::Position.to_string(), Role::Local, Shape::scalar());
        let g = Scope::of(&mut self.cx.g);
        let at = g.ex(position).reshape(Shape::fixed(&[1])).broadcast(&rows).v;
        let next = next(self, canvas, at);
        let of = Iteration { canvas, from, next, count, first: 0, places: &[] };
        self.outlined = true;
        outlined(&mut self.cx.g, &of, start, false).0
    }

    fn noise(&mut self, of: &Noised<'_>) -> Value {
        let shape = self.shape(&of.step());
        Scope::of(&mut self.cx.g).normal(&shape).v
    }

    /// Draws for the terms of a statement that are the same for all that is asked of them.
    fn drawn_once(
        &mut self,
        of: &Noised<'_>,
        (what, group): (&str, Group),
        draw: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let key = (of.g.name.clone(), format!("@{what} {} {}", of.name, group.from));
        if let Some(v) = self.shared.samples.get(&key) {
            return *v;
        }
        let v = draw(self);
        self.shared.samples.insert(key, v);
        v
    }

    /// One term for each example, `[m·B]`, outside of a loop.
    fn term(&mut self, of: &Noised<'_>, group: Group, what: (Term, Value), at: Option<Value>) -> Value {
        let noise = self.drawn_once(of, ("noise", group), |me| me.noise(of));
        self.term_at(of, group, what, (at, noise))
    }

    /// One term for each example, `[m·B]`, at a position and a draw of noise.
    fn term_at(
        &mut self,
        of: &Noised<'_>,
        group: Group,
        (term, start): (Term, Value),
        (at, noise): (Option<Value>, Value),
    ) -> Value {
        let (chain, step) = (of.chain, of.step());
        let shape = self.shape(&step);
        let here = Positions { from: group.from, len: group.len, at, rank: shape.rank() };
        let number = |all: &[f64], i: usize| all.get(i).copied().unwrap_or(1.0);
        let g = Scope::of(&mut self.cx.g);
        let m0 = g.ex(start);
        let (next, noise, own_mean, own_scale) = match group.last {
            true => {
                let mean = m0 * here.read(g, |i| number(&chain.keep, i));
                (None, None, mean, here.read(g, |i| number(&chain.variance, i).sqrt()))
            }
            false => {
                let noise = g.ex(noise);
                let deviation = here.read(g, |i| number(&chain.variance, i + 1).sqrt());
                let z = m0 * here.read(g, |i| number(&chain.keep, i + 1)) + noise * deviation;
                let mean = z * here.read(g, |i| chain.posterior(i).next)
                    + m0 * here.read(g, |i| chain.posterior(i).start);
                (Some(z.v), Some(noise.v), mean, here.read(g, |i| chain.posterior(i).scale))
            }
        };
        let (mean, scale) = (own_mean.v, own_scale.v);
        let Some((q, p)) = of.dists() else { panic!("internal: `{}` is not drawn", of.name) };
        let (theirs, row) = (self.params_of_group(of, (p, group), next, here), p.row);
        self.cx.g.at = of.m.site(of.name).map_or(of.m.span, |s| s.value_span);
        let mine = [Some(mean), Some(scale)];
        let (Term::NoiseError, Some(next), Some(noise), Some(Some(loc))) =
            (term, next, noise, theirs.first())
        else {
            let each = match closed_form(q.row, row) {
                Some(kl) => kl(&mut self.cx.g, &mine, &theirs),
                None => {
                    let z = q.row.sample(&mut self.cx.g, &mine, &shape);
                    let [a, b] =
                        [(q.row, &mine[..]), (row, &theirs)].map(|(r, d)| r.log_prob(&mut self.cx.g, d, z));
                    self.cx.sub(a, b)
                }
            };
            return Scope::of(&mut self.cx.g).ex(each).broadcast(&shape).sum_event().v;
        };
        let g = Scope::of(&mut self.cx.g);
        let [next, noise, loc] = g.exs([next, noise, *loc]);
        let whole = next / here.read(g, |i| number(&chain.factor, i + 1));
        let meant = (whole - loc) / here.read(g, |i| chain.of_noise(i));
        (noise - meant).sq().broadcast(&shape).sum_event().v
    }

    /// The parameters of the model's statement at the positions of a term, given the next value.
    fn params_of_group(
        &mut self,
        of: &Noised<'_>,
        (p, group): (&TDist, Group),
        next: Option<Value>,
        here: Positions,
    ) -> Vec<Option<Value>> {
        let piece = p.piece(group.statement);
        let one = EventTy { kind: crate::event::Kind::REAL, shape: of.step() };
        let rows = self.shape(&[]);
        let time = |i: usize| of.chain.times.get(i).copied().unwrap_or(0) as f64;
        let g = Scope::of(&mut self.cx.g);
        let t = Positions { rank: 1, ..here }.read(g, time);
        let t = if t.rank() == 0 { t.reshape(Shape::fixed(&[1])) } else { t };
        let time = t.broadcast(&rows).v;
        let outer = self.clock.replace(Clock::Each(Each { time, own: next }));
        let params = self.dist_params(&piece, &one, of.p);
        self.clock = outer;
        params
    }

    /// `log p(z) - log q(z | x)` of one draw of a whole chain whose first value is known, `[m·B]`.
    pub(in crate::derive) fn weight_of_chain(&mut self, of: &Noised<'_>) -> Value {
        let (chain, step) = (of.chain, of.step());
        let start = self.start_of(chain, &step, of.q);
        let shape = self.shape(&step);
        let size: usize = step.iter().product();
        let first = of.q.get(of.name).copied();
        let g = Scope::of(&mut self.cx.g);
        let Some(z) = first.map(|z| g.ex(z).slice(1, 0, 1).reshape(shape.clone())) else {
            panic!("internal: `{}` has no first value", of.name)
        };
        let s = chain.scale.first().copied().unwrap_or(1.0);
        let log_q = gaussian((z - g.ex(start)) * (1.0 / s)) - size as f64 * s.ln();
        let rows = self.batch;
        let packed = |z: Ex<'_>, sum: Ex<'_>| {
            let flat = z.reshape(Shape(vec![rows, Dim::fixed(size)]));
            z.scope().concat(&[flat, sum.reshape(Shape(vec![rows, Dim::fixed(1)]))], 1).v
        };
        let mut both = packed(z, -log_q);
        for group in &chain.groups {
            both = match group.len {
                1 => self.weigh(of, *group, both, None),
                n => self.looped(&format!("@weight.{}.{}", of.name, group.from), n, both, |me, both, at| {
                    me.weigh(of, *group, both, Some(at))
                }),
            };
        }
        let g = Scope::of(&mut self.cx.g);
        g.ex(both).slice(1, size, 1).drop_last().v
    }

    /// A value of a chain with the log-weight so far, `[m·B, n + 1]`, one step further.
    fn weigh(&mut self, of: &Noised<'_>, group: Group, both: Value, at: Option<Value>) -> Value {
        let (chain, step) = (of.chain, of.step());
        let shape = self.shape(&step);
        let size: usize = step.iter().product();
        let here = Positions { from: group.from, len: group.len, at, rank: shape.rank() };
        let number = |all: &[f64], i: usize| all.get(i).copied().unwrap_or(1.0);
        let g = Scope::of(&mut self.cx.g);
        let z = g.ex(both).slice(1, 0, size).reshape(shape.clone());
        let (next, log_q) = match group.last {
            true => (None, None),
            false => {
                let noise = g.normal(&shape);
                let next = z * here.read(g, |i| number(&chain.factor, i + 1))
                    + noise * here.read(g, |i| number(&chain.scale, i + 1));
                let scale =
                    Positions { rank: 1, ..here }.read(g, |i| size as f64 * number(&chain.scale, i + 1).ln());
                (Some(next.v), Some((gaussian(noise) - scale).v))
            }
        };
        let z = z.v;
        let Some((_, p)) = of.dists() else { panic!("internal: `{}` is not drawn", of.name) };
        let theirs = self.params_of_group(of, (p, group), next, here);
        self.cx.g.at = of.m.site(of.name).map_or(of.m.span, |s| s.value_span);
        let lp = p.row.log_prob(&mut self.cx.g, &theirs, z);
        let rows = self.batch;
        let g = Scope::of(&mut self.cx.g);
        let lp = g.ex(lp).broadcast(&shape).sum_event();
        let gained = log_q.map_or(lp, |q| lp - g.ex(q));
        let sum = g.ex(both).slice(1, size, 1) + gained.reshape(Shape(vec![rows, Dim::fixed(1)]));
        let flat = g.ex(next.unwrap_or(z)).reshape(Shape(vec![rows, Dim::fixed(size)]));
        g.concat(&[flat, sum], 1).v
    }
}

/// The log-density of standard normal noise, summed over the event, `[m·B]`.
fn gaussian(noise: Ex<'_>) -> Ex<'_> {
    (noise.sq() * -0.5 - HALF_LN_TAU).sum_event()
}
