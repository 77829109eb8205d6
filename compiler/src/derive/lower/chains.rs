//! Exact sums over chains of classes, by the forward recursion in log space (Rabiner 1989, section III).
//!
//! A step of the recursion looks at the classes of a window, from the latest one back; the factors of the joint density that read them are
//! computed for all steps at once, `[n, .., n, T, m·B]`, the oldest class of the window outermost, with axes of size 1 for classes that a
//! factor does not read and for times and rows that it does not depend on. What comes before the first time has no factor; it stands for
//! itself with the same probability for each class, which sums to 1.

use super::time::Window;
use super::{Ctx, Posterior, Vars};
use crate::event::{EventTy, Kind};
use crate::ir::{At, DType, Dim, Ex, ReduceKind, Scope, Shape, Value};
use crate::rows::distribution::values;
use crate::types::hidden_chain::{ChainSum, Factor};
use crate::types::{TDist, TModel, TSite, TSiteKind};

/// One step at position p.
const HERE: At = At { div: 1, modulo: usize::MAX, offset: 0, ahead: 0 };

/// The score of a class that was not chosen: far below any log-probability, and finite in 32 bits.
const OFF_THE_PATH: f64 = -1e30;

/// The logarithm of a sum, or the greatest of its terms.
fn reduced(x: Ex<'_>, axis: usize, kind: ReduceKind) -> Ex<'_> {
    match kind {
        ReduceKind::Max => {
            let top = x.reduce(ReduceKind::Max, &[axis]);
            without(top, axis)
        }
        ReduceKind::Sum | ReduceKind::Mean => without(x.logsumexp(axis), axis),
    }
}

/// Without an axis of size 1.
fn without(x: Ex<'_>, axis: usize) -> Ex<'_> {
    let mut dims = x.shape().0;
    dims.remove(axis);
    x.reshape(Shape(dims))
}

/// With a new axis of size 1.
fn with(x: Ex<'_>, axis: usize) -> Ex<'_> {
    let mut dims = x.shape().0;
    dims.insert(axis, Dim::fixed(1));
    x.reshape(Shape(dims))
}

impl Ctx<'_> {
    /// The factors of a chain's sum, each at all steps: see the module. Factors with axes of the same sizes are added up.
    fn factors(&mut self, m: &TModel, c: &ChainSum, vars: &Vars) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        for f in &c.factors {
            let Some(v) = self.factor_at_all_steps(m, c, f, vars) else { continue };
            let shape = self.cx.shape(v);
            match all.iter_mut().find(|o| self.cx.g.shape(**o) == shape) {
                Some(o) => *o = self.cx.g.add(*o, v),
                None => all.push(v),
            }
        }
        all
    }

    fn factor_at_all_steps(&mut self, m: &TModel, c: &ChainSum, f: &Factor, vars: &Vars) -> Option<Value> {
        let s = m.site(&f.site)?;
        let TSiteKind::Draw(d) = &s.kind else { return None };
        let (rows, n) = (self.batch, c.values);
        let chain = m.site(&c.site)?;
        let TSiteKind::Draw(of_chain) = &chain.kind else { return None };
        let step = of_chain.time.as_ref()?.step.clone();
        let one = EventTy { kind: chain.ty.kind, shape: step.clone() };
        // The classes that the factor reads: of the latest one the value changes fastest.
        let latest_first: Vec<isize> = f.reads.iter().rev().copied().collect();
        let k = latest_first.iter().fold(1usize, |k, _| k.saturating_mul(n));
        let mut window = Window::new();
        for (a, by) in latest_first.iter().enumerate() {
            let stride = (0..a).fold(1usize, |s, _| s.saturating_mul(n));
            let all = (0..k).flat_map(|x| values::nth(of_chain.row, &one, x / stride % n)).collect();
            let v = self.cx.literal(all, &[&[k], &step[..]].concat());
            window.insert((c.site.clone(), if c.reverse { -by } else { *by }), v);
        }
        let outer = self.combinations;
        if !f.reads.is_empty() {
            self.combinations = Some(k);
        }
        let (piece, len) = (d.piece(f.statement), f.times.len());
        let own = window.get(&(s.name.clone(), 0)).copied();
        let whole = vars.get(&s.name).copied();
        let log_p = self.step_densities(s, &piece, (own, whole), f, (&window, vars));
        self.combinations = outer;
        let g = Scope::of(&mut self.cx.g);
        let log_p = g.ex(log_p);
        let lead = log_p.shape().0.first().copied().unwrap_or(Dim::fixed(1));
        let timed = lead.batch;
        let fits = !timed || lead.n == k * len * rows.n || lead.n == len * rows.n;
        assert!(fits, "internal: a factor of `{}` has the axis {lead:?}", f.site);
        let of_classes = if timed { lead.n == k * len * rows.n && k > 1 } else { lead.n == k };
        let mut dims: Vec<Dim> = Vec::new();
        for w in (0..=c.back).rev() {
            let by = f.ahead() - w as isize;
            let read = of_classes && f.reads.contains(&by);
            dims.push(Dim::fixed(if read { n } else { 1 }));
        }
        let head = dims.len();
        let (t, r) = if timed { (Dim::fixed(len), rows) } else { (Dim::fixed(1), Dim::fixed(1)) };
        dims.extend([t, r]);
        let mut v = log_p.reshape(Shape(dims.clone()));
        if !timed {
            let mut full = dims;
            full.get_mut(head).into_iter().for_each(|d| *d = Dim::fixed(len));
            v = v.broadcast(&Shape(full));
        }
        if c.reverse {
            v = v.take(head, (0..len).rev().collect());
        }
        // The step at which the latest class that it reads is drawn.
        let first = if c.reverse { c.length - f.times.to } else { f.times.from };
        let before = first.saturating_add_signed(f.ahead());
        Some(v.pad(head, before, c.length.saturating_sub(before + len)).v)
    }

    /// The log-density of a statement at each of its times, of the value `own` or of the site's values `whole`: one number each.
    fn step_densities(
        &mut self,
        s: &TSite,
        piece: &TDist,
        (own, whole): (Option<Value>, Option<Value>),
        f: &Factor,
        (window, vars): (&Window, &Vars),
    ) -> Value {
        let reads: Vec<_> = piece.params.iter().flatten().collect();
        let one = EventTy { kind: s.ty.kind, shape: s.ty.shape.iter().skip(1).copied().collect() };
        let (rows, len, from) = (self.batch, f.times.len(), f.times.from);
        let x = own.or_else(|| {
            let g = Scope::of(&mut self.cx.g);
            Some(super::time::folded(g.ex(whole?).slice(1, from, len), rows, len).v)
        });
        self.at_all_times(&f.times, (&reads, vars), window, |me, vars| {
            let params = me.dist_params(piece, &one, vars);
            let Some(x) = x else { panic!("internal: `{}` has no value inside of a sum", f.site) };
            let (x, params) = me.at_values(x, params);
            let lp = me.log_prob_of_known(s, piece, &params, x);
            me.cx.sum_event(lp)
        })
    }

    /// The logarithm of the sum over a chain, `[m·B]`.
    pub(super) fn chain_log_sum(&mut self, m: &TModel, c: &ChainSum, vars: &Vars) -> Value {
        let factors = self.factors(m, c, vars);
        let rows = self.batch;
        let start = self.before_the_first(c);
        let last = self.cx.g.loop_over(c.length, &[start], &factors, |g, carried, read, _| {
            let g = Scope::of(g);
            let all = step(g.all(carried).first().copied(), &g.all(read), c);
            all.map(|x| reduced(x, 0, ReduceKind::Sum).v).into_iter().collect()
        });
        let mut total = Scope::of(&mut self.cx.g).ex(last);
        while total.rank() > 1 {
            total = reduced(total, 0, ReduceKind::Sum);
        }
        total.broadcast(&Shape(vec![rows])).v
    }

    /// What stands for the classes before the first time: each is as probable as the others.
    fn before_the_first(&mut self, c: &ChainSum) -> Value {
        let mut dims = vec![Dim::fixed(c.values); c.back];
        dims.push(self.batch);
        let each = -(c.values as f64).ln() * c.back as f64;
        self.cx.full(each, Shape(dims))
    }

    /// The messages of a pass over all steps, `[T, n, .., m·B]`: `f` makes the next one of one message and the factors.
    fn messages(
        &mut self,
        c: &ChainSum,
        (start, factors): (Value, &[Value]),
        f: impl for<'g> Fn(Ex<'g>, &[Ex<'g>]) -> Ex<'g>,
    ) -> Value {
        let mut dims = self.cx.shape(start).0;
        dims.insert(0, Dim::fixed(c.length));
        let all = self.cx.full(0.0, Shape(dims));
        self.cx.g.loop_over(c.length, &[all, start], factors, |g, carried, read, _| {
            let g = Scope::of(g);
            let (carried, read) = (g.all(carried), g.all(read));
            let (Some(all), Some(now)) = (carried.first(), carried.get(1)) else { return Vec::new() };
            let next = f(*now, &read);
            let at = At { modulo: c.length, ..HERE };
            vec![all.dyn_update(with(next, 0), &[0], &[at]).v, next.v]
        })
    }

    /// What the factors behind each step sum to, or the greatest of it, for each window of classes at that step, `[T, n, .., m·B]`.
    fn behind(&mut self, c: &ChainSum, factors: &[Value], kind: ReduceKind) -> Value {
        let start = self.before_the_first(c);
        let head = c.back + 1;
        let g = Scope::of(&mut self.cx.g);
        let turned: Vec<Value> =
            factors.iter().map(|v| g.ex(*v).take(head, (0..c.length).rev().collect()).v).collect();
        let zero = g.ex(start).filled(0.0).v;
        // Message i of this pass is what lies behind the class of step T - 1 - i.
        let backward = self.messages(c, (zero, &turned), |now, read| {
            let all = read.iter().map(|v| at_step(*v, c)).fold(with(now, 0), |a, b| a + b);
            let mut dims = all.shape().0;
            dims.iter_mut().take(c.back + 1).for_each(|d| *d = Dim::fixed(c.values));
            reduced(all.broadcast(&Shape(dims)), c.back, kind)
        });
        // Behind the last step lies nothing; behind step t what the pass has gathered down to step t + 1.
        let behind = Scope::of(&mut self.cx.g).ex(backward).take(0, (0..c.length).rev().collect());
        match c.length {
            1 => behind.filled(0.0).v,
            n => behind.slice(0, 1, n - 1).pad(0, 0, 1).v,
        }
    }

    /// Log-probabilities of the classes at each step up to a constant, summed over all others, `[T, n, m·B]`.
    fn marginals(&mut self, c: &ChainSum, factors: &[Value]) -> Value {
        let start = self.before_the_first(c);
        let sum = ReduceKind::Sum;
        let forward = self.messages(c, (start, factors), |now, read| match step(Some(now), read, c) {
            Some(x) => reduced(x, 0, sum),
            None => now,
        });
        let behind = self.behind(c, factors, sum);
        let g = Scope::of(&mut self.cx.g);
        let [forward, behind] = g.exs([forward, behind]);
        let mut all = forward + behind;
        while all.rank() > 3 {
            all = reduced(all, 1, sum);
        }
        all.v
    }

    /// The most probable path, `[T, n, m·B]`: 1 for its class at each step. Step by step the first class that lies on a path as probable as any,
    /// given the classes chosen before: of paths that are equally probable the classes are those of one of them.
    fn best_path(&mut self, c: &ChainSum, factors: &[Value]) -> Value {
        let (start, rows, n) = (self.before_the_first(c), self.batch, c.values);
        let mut read = factors.to_vec();
        read.push(self.behind(c, factors, ReduceKind::Max));
        let path = self.cx.full(0.0, Shape(vec![Dim::fixed(c.length), Dim::fixed(n), rows]));
        self.cx.g.loop_over(c.length, &[path, start], &read, |g, carried, read, _| {
            let g = Scope::of(g);
            let (carried, read) = (g.all(carried), g.all(read));
            let (Some(path), Some((behind, factors))) = (carried.first(), read.split_last()) else {
                return Vec::new();
            };
            let Some(x) = step(carried.get(1).copied(), factors, c) else { return Vec::new() };
            let at = At { modulo: c.length, ..HERE };
            let mut score = x + with(without(behind.dyn_slice(&[0], &[1], &[at]), 0), 0);
            while score.rank() > 2 {
                score = reduced(score, 0, ReduceKind::Max);
            }
            let top = score.ge(score.reduce(ReduceKind::Max, &[0])).cast(DType::F);
            let rank = top * g.literal((0..n).rev().map(|i| i as f64 + 1.0).collect(), &[n, 1]);
            let chosen = rank.ge(rank.reduce(ReduceKind::Max, &[0])).cast(DType::F);
            let at = At { modulo: c.length, ..HERE };
            let path = path.dyn_update(with(chosen, 0), &[0], &[at]);
            let mut dims = vec![Dim::fixed(1); c.back];
            dims.extend(chosen.shape().0);
            let kept = chosen.reshape(Shape(dims)).broadcast(&x.shape()).gt(0.5);
            vec![path.v, reduced(kept.select(x, x.filled(OFF_THE_PATH)), 0, ReduceKind::Max).v]
        })
    }

    /// The posterior of a chain that is summed over, and its most probable path.
    pub(super) fn chain_posterior(&mut self, m: &TModel, c: &ChainSum, vars: &Vars) -> Option<Posterior> {
        let s = m.site(&c.site)?;
        let TSiteKind::Draw(d) = &s.kind else { return None };
        let step = d.time.as_ref()?.step.clone();
        let factors = self.factors(m, c, vars);
        let sums = self.marginals(c, &factors);
        let path = self.best_path(c, &factors);
        let (n, rows, length) = (c.values, self.batch, c.length);
        let one = EventTy { kind: s.ty.kind, shape: step.clone() };
        let each: Vec<Vec<f64>> = (0..n).map(|i| values::nth(d.row, &one, i)).collect();
        let g = Scope::of(&mut self.cx.g);
        let by_row = |x: Ex<'_>| match c.reverse {
            true => x.take(0, (0..length).rev().collect()).permute(&[2, 0, 1]).v,
            false => x.permute(&[2, 0, 1]).v,
        };
        let weights = g.ex(by_row(g.ex(sums).log_softmax(1).exp()));
        let top = g.ex(by_row(g.ex(path)));
        // `[m·B, T, n]` times what each class stands for, `[n, ..]`.
        let mean = |w: Ex<'_>, values: Vec<f64>, event: &[usize]| {
            let size: usize = event.iter().product();
            let flat = w.reshape(Shape(vec![Dim { n: rows.n * length, batch: true }, Dim::fixed(n)]));
            let all = flat.matmul(g.literal(values, &[n, size]));
            let dims = [rows, Dim::fixed(length)].into_iter().chain(event.iter().map(|n| Dim::fixed(*n)));
            all.reshape(Shape(dims.collect())).v
        };
        let mode = mean(top, each.concat(), &step);
        let probabilities = match s.ty.kind {
            Kind::Class(k) | Kind::Int(k) => {
                let hot = |v: &f64| (0..k).map(|i| f64::from(u8::from(i as f64 == *v))).collect::<Vec<_>>();
                let all = each.iter().flatten().flat_map(hot).collect();
                mean(weights, all, &[&step[..], &[k]].concat())
            }
            Kind::Bool | Kind::OneHot | Kind::Real(_) | Kind::Count => mean(weights, each.concat(), &step),
        };
        Some(Posterior { site: c.site.clone(), mode, probabilities })
    }
}

/// A factor at the step of the loop, without the axis of steps.
fn at_step<'g>(v: Ex<'g>, c: &ChainSum) -> Ex<'g> {
    let axis = c.back + 1;
    without(v.dyn_slice(&[axis], &[1], &[At { modulo: c.length, ..HERE }]), axis)
}

/// A message with the next class and all factors, `[n, n, .., m·B]`.
fn step<'g>(now: Option<Ex<'g>>, factors: &[Ex<'g>], c: &ChainSum) -> Option<Ex<'g>> {
    let now = now?;
    let all = factors.iter().map(|v| at_step(*v, c)).fold(with(now, c.back), |a, b| a + b);
    let mut dims = all.shape().0;
    dims.iter_mut().take(c.back + 1).for_each(|d| *d = Dim::fixed(c.values));
    Some(all.broadcast(&Shape(dims)))
}
