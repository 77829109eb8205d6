//! Typed expressions, models and guides to IR.
//!
//! Values travel as `[B, ..event]`, `[1, ..event]` or, for one number that is the same for every example, rank 0. Within one
//! [`Ctx`] each data variable, each sample `p.x` and each application of a net to the same values is made once.

use super::{Input, Program, nets};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Binary, DType, Dim, Ex, Graph, RandomKind, Role, Scope, Shape, Unary, Value, grad};
use crate::rows::distribution::{align_param, constant};
use crate::rows::{Builder, Direction, FnRow, MapRow};
use crate::syntax::ast::BinOp;
use crate::types::{Estimator, TDist, TExpr, TKind, TModel, TSite, TSiteKind, Typed, density};
use std::collections::BTreeMap;

/// How far below the open end of its interval, as a part of it, a dequantised value stays: four spacings of f32.
const DEQUANTIZE_MARGIN: f64 = 1.0 / (1u64 << 21) as f64;

/// Values of names inside one model.
pub type Vars = BTreeMap<String, Value>;

/// How draws of a guide or model are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draws {
    /// Sampled.
    Sampled,
    /// Replaced by the mean of the distribution, where it has one.
    Means,
}

/// One program under construction.
pub struct Ctx<'t> {
    /// The checked spec.
    pub typed: &'t Typed,
    /// The graph, parameters and states.
    pub cx: Builder,
    /// The batch axis: `B`, or `k·B` when every datum is repeated `k` times.
    pub batch: Dim,
    /// How draws are made.
    pub draws: Draws,
    /// While discrete sites are summed over: how many combinations of values they have. Values then have a first axis of `B`, of this
    /// many combinations or of both, whichever is least (see `estimate`).
    pub combinations: Option<usize>,
    /// Whether a relaxed draw stands for one that no derivative passes through: in training, and where blocks are inferred.
    pub relaxed: bool,
    /// Whether `corrupt(..)` corrupts: in training, and where the answer to a corrupted input is measured.
    pub corrupting: bool,
    /// What `corrupt(..)` made so far.
    pub corrupted: Vec<Value>,
    /// Values that are repetitions of a value at batch axis `B`: from that value and the factor, and back.
    copies: BTreeMap<(Value, usize), Value>,
    once: BTreeMap<Value, Value>,
    data: Vars,
    /// Draws of dynamic data variables, at batch axis `B`.
    drawn: Vars,
    /// A data value with the noise that dequantises it: one draw in a program for every model that observes it, so that their densities
    /// are of the same point.
    dequantised: BTreeMap<Value, Value>,
    /// Values that a flow was run backwards on, with its constants, to what came out and the log-determinant: models that share a flow share
    /// this, and its gradient.
    inverted: BTreeMap<(usize, Vec<Value>), (Value, Option<Value>)>,
    samples: BTreeMap<(String, String), Value>,
    lets: BTreeMap<usize, Value>,
    nets: BTreeMap<(usize, Vec<Value>), Vec<Value>>,
    /// Flows run forwards, by flow, argument and constants: the value and the log-determinant.
    flows: BTreeMap<(usize, Value, Vec<Value>), (Value, Option<Value>)>,
}

/// What a model says about some values.
pub struct Joint {
    /// Log-densities of the drawn sites, `[B]` each.
    pub sites: Vec<(String, Value)>,
    /// Summed log-determinant of the inverted flows, `[B]`.
    pub log_det: Option<Value>,
}

impl<'t> Ctx<'t> {
    /// An empty program.
    pub fn new(typed: &'t Typed, program: &Program, training: bool) -> Ctx<'t> {
        Ctx {
            typed,
            cx: Builder::new(&program.to_string(), training),
            batch: Dim::BATCH,
            draws: Draws::Sampled,
            combinations: None,
            relaxed: training,
            corrupting: training,
            corrupted: Vec::new(),
            copies: BTreeMap::new(),
            once: BTreeMap::new(),
            data: Vars::new(),
            drawn: Vars::new(),
            dequantised: BTreeMap::new(),
            inverted: BTreeMap::new(),
            samples: BTreeMap::new(),
            lets: BTreeMap::new(),
            nets: BTreeMap::new(),
            flows: BTreeMap::new(),
        }
    }

    /// `[B, ..event]` at the current batch.
    pub fn shape(&self, event: &[usize]) -> Shape {
        let mut dims = vec![self.batch];
        dims.extend(event.iter().map(|&n| Dim::fixed(n)));
        Shape(dims)
    }

    /// Repeats every datum `k` times: later values have a batch axis `k·B`, repetition outermost.
    pub fn replicate(&mut self, k: usize) {
        self.batch = Dim { n: k, batch: true };
    }

    /// A data variable. Probabilities of a dynamic source are drawn here, once per program.
    pub fn data(&mut self, name: &str) -> Value {
        if let Some(v) = self.data.get(name) {
            return *v;
        }
        let found =
            self.typed.data.iter().find_map(|d| d.vars.iter().position(|v| v.name == name).map(|i| (d, i)));
        let ty = found.and_then(|(d, i)| d.vars.get(i)).map_or(EventTy::real(Vec::new()), |v| v.ty.clone());
        let dynamic = found.is_some_and(|(d, i)| d.dynamic && i == 0);
        let mut v = match self.drawn.get(name) {
            Some(v) => *v,
            None => self.cx.input(name, Role::Data, Shape::batched(&ty.shape)),
        };
        // One draw for each datum, however often it is repeated.
        if dynamic && !self.drawn.contains_key(name) {
            let u = self.cx.random(RandomKind::Uniform, Shape::batched(&ty.shape));
            let c = self.cx.compare(crate::ir::Compare::Lt, u, v);
            v = self.cx.cast(c, DType::F);
            self.drawn.insert(name.to_string(), v);
        }
        v = self.replicated(v, &ty.shape);
        self.data.insert(name.to_string(), v);
        v
    }

    /// [`Ctx::replicated`] by the value's own event.
    fn repeated_value(&mut self, once: Value) -> Value {
        let event: Vec<usize> = self.cx.shape(once).0.iter().skip(1).map(|d| d.n).collect();
        self.replicated(once, &event)
    }

    /// `[B, ..event]` at the current batch: as it is, or repeated `k` times.
    fn replicated(&mut self, once: Value, event: &[usize]) -> Value {
        if self.batch.n == 1 {
            return once;
        }
        let key = (once, self.batch.n);
        if let Some(v) = self.copies.get(&key) {
            return *v;
        }
        let dims = |first: usize| {
            Shape(
                [Dim::fixed(first), Dim::BATCH]
                    .into_iter()
                    .chain(event.iter().map(|&n| Dim::fixed(n)))
                    .collect(),
            )
        };
        let v = self.cx.reshape(once, dims(1));
        let v = self.cx.broadcast(v, dims(self.batch.n));
        let shape = self.shape(event);
        let v = self.cx.reshape(v, shape);
        self.copies.insert(key, v);
        self.once.insert(v, once);
        v
    }

    /// Sets the value of a data variable (for queries that supply it otherwise).
    pub fn set_data(&mut self, name: &str, v: Value) {
        self.data.insert(name.to_string(), v);
    }

    /// The values of data variables that a model reads as conditions or observes.
    pub fn observed(&mut self, m: &TModel) -> Vars {
        let mut vars = self.conditions(m);
        for s in m.sites.iter().filter(|s| s.observed) {
            let v = self.data(&s.name);
            vars.insert(s.name.clone(), v);
        }
        vars
    }

    /// The values of a model's conditions.
    pub fn conditions(&mut self, m: &TModel) -> Vars {
        let mut vars = Vars::new();
        for c in &m.conds {
            let v = self.data(c);
            vars.insert(c.clone(), v);
        }
        vars
    }

    /// An expression outside any model.
    pub fn payoff(&mut self, e: &TExpr) -> Value {
        self.expr(e, &Vars::new())
    }

    /// An expression; `vars` are the values of the names of the surrounding model.
    pub fn expr(&mut self, e: &TExpr, vars: &Vars) -> Value {
        self.cx.g.at = e.span;
        match &e.kind {
            TKind::Const(x) => self.cx.scalar(*x),
            TKind::Schedule(i) => {
                self.cx.input(&Input::Schedule(*i).to_string(), Role::Scalar, Shape::scalar())
            }
            TKind::Data(n) => self.data(n),
            TKind::Sample(m, s) => self.sample(m, s),
            TKind::Var(n) => match vars.get(n) {
                Some(v) => *v,
                None => panic!("internal: `{n}` has no value in graph `{}`", self.cx.name),
            },
            TKind::Param(i) => self.param(*i),
            TKind::Let(i) => self.let_value(*i),
            TKind::Net { net, args, output } => {
                let outs = self.net(*net, args, vars);
                match outs.get(*output) {
                    Some(v) => *v,
                    None => panic!("internal: output {output} of net {net} is missing"),
                }
            }
            TKind::Flow { flow, arg, given } => {
                let x = self.expr(arg, vars);
                self.flow_forward(*flow, x, given, vars).0
            }
            TKind::Map { row, args, arg } => {
                let x = self.expr(arg, vars);
                self.cx.g.at = e.span;
                row.lower(args, Scope::of(&mut self.cx.g).ex(x)).v
            }
            TKind::Fn { row, args } => {
                let tys: Vec<EventTy> = args.iter().map(|a| a.ty.clone()).collect();
                let mut values: Vec<Value> = args.iter().map(|a| self.seen(a, vars)).collect();
                self.meet(&mut values);
                self.cx.g.at = e.span;
                let scope = Scope::of(&mut self.cx.g);
                let values: Vec<Ex> = values.iter().map(|&v| scope.ex(v)).collect();
                row.lower(&values, &tys).v
            }
            TKind::Neg(a) => {
                let a = self.expr(a, vars);
                self.cx.neg(a)
            }
            TKind::Binary(op, a, b) => {
                let (x, y) = (self.expr(a, vars), self.expr(b, vars));
                let (x, y) = self.align((x, a), (y, b));
                let mut both = [x, y];
                self.meet(&mut both);
                let [x, y] = both;
                self.cx.g.at = e.span;
                self.binary(*op, x, y, b)
            }
            TKind::Expect(a) => {
                let x = self.expr(a, vars);
                self.cx.g.at = e.span;
                self.cx.mean_all(x)
            }
            TKind::LogProb { model, values, targets } => {
                let values: Vars = values.iter().map(|(n, v)| (n.clone(), self.expr(v, vars))).collect();
                self.log_prob_of(*model, values, targets)
            }
            TKind::Nll(p) => {
                let l = self.log_likelihood(*p);
                let m = self.cx.mean_all(l);
                self.cx.neg(m)
            }
            TKind::Elbo { p, q, beta, free, entropy } => {
                let parts = self.elbo(*p, *q, *entropy);
                let beta = self.expr(beta, vars);
                self.elbo_value(*q, &parts, beta, *free)
            }
            TKind::Kl { q, p } => {
                let parts = self.elbo(*p, *q, false);
                let total = self.total(&parts.kl_totals());
                self.cx.mean_all(total)
            }
            TKind::Iwae { p, q, k } => self.iwae(*p, *q, *k),
            TKind::GradientPenalty { net, u, v } => self.gradient_penalty(*net, u, v, vars),
            TKind::Grad { of, at } => {
                let at = self.expr(at, vars);
                let y = self.expr(of, vars);
                let total = self.cx.sum_all(y);
                match grad::grad(&mut self.cx.g, total, &[at]).first() {
                    Some(g) => *g,
                    None => panic!("internal: no gradient came back"),
                }
            }
            TKind::Corrupt { arg, row, args, schedules } => {
                let x = self.expr(arg, vars);
                if !self.corrupting {
                    return x;
                }
                self.cx.g.at = args.span;
                let scope = Scope::of(&mut self.cx.g);
                let amount = |name: &str| match schedules.iter().find(|(n, _)| n == name) {
                    Some((_, i)) => {
                        scope.input(&Input::Schedule(*i).to_string(), Role::Scalar, Shape::scalar())
                    }
                    None => scope.num(args.num(name)),
                };
                let y = row.lower(arg.ty.kind, &amount, scope.ex(x)).v;
                self.corrupted.push(y);
                y
            }
        }
    }

    /// Two operands of different rank: one number per example against an event.
    fn align(&mut self, a: (Value, &TExpr), b: (Value, &TExpr)) -> (Value, Value) {
        let (ra, rb) = (self.cx.rank(a.0), self.cx.rank(b.0));
        let widen = |me: &mut Self, v: Value, to: usize| {
            let mut dims = me.cx.shape(v).0;
            dims.resize(to, Dim::fixed(1));
            me.cx.reshape(v, Shape(dims))
        };
        if ra == 0 || rb == 0 || ra == rb {
            return (a.0, b.0);
        }
        if ra < rb { (widen(self, a.0, rb), b.0) } else { (a.0, widen(self, b.0, ra)) }
    }

    fn binary(&mut self, op: BinOp, x: Value, y: Value, exponent: &TExpr) -> Value {
        let op = match op {
            BinOp::Add => Binary::Add,
            BinOp::Sub => Binary::Sub,
            BinOp::Mul => Binary::Mul,
            BinOp::Div => Binary::Div,
            BinOp::Pow => match exponent.kind {
                TKind::Const(c) if c == 2.0 => return self.cx.square(x),
                TKind::Const(c) if c == 1.0 => return x,
                TKind::Const(c) if c == 0.5 => return self.cx.unary(Unary::Sqrt, x),
                _ => Binary::Pow,
            },
        };
        self.cx.binary(op, x, y)
    }

    /// A flow run forwards, once for the same values.
    fn flow_forward(
        &mut self,
        flow: usize,
        x: Value,
        given: &[TExpr],
        vars: &Vars,
    ) -> (Value, Option<Value>) {
        let (x, given) = self.with_given(x, given, vars);
        let key = (flow, x, given);
        if let Some(out) = self.flows.get(&key) {
            return *out;
        }
        let f = self.flow(flow);
        let out = nets::flow(&mut self.cx, f, x, &key.2, Direction::Forward);
        self.flows.insert(key, out);
        out
    }

    /// The log-determinant, `[B]`, of the flows by which a guide computes a site from one of its draws (see [`density::flowed`]).
    pub fn guide_log_det(&mut self, g: &TModel, s: &TSite, vars: &Vars) -> Option<Value> {
        match &s.kind {
            TSiteKind::Draw(_) => None,
            TSiteKind::Bind(e) | TSiteKind::Quantize(e) => {
                let before =
                    density::inverted(e).and_then(|n| g.site(n)).and_then(|s| self.guide_log_det(g, s, vars));
                let here = self.forward_log_det(e, vars).1;
                self.add_log_dets(before, here)
            }
        }
    }

    /// An invertible expression of one name: its value and the log-determinant with respect to that name.
    fn forward_log_det(&mut self, e: &TExpr, vars: &Vars) -> (Value, Option<Value>) {
        match &e.kind {
            TKind::Flow { flow, arg, given } => {
                let (x, before) = self.forward_log_det(arg, vars);
                let (y, here) = self.flow_forward(*flow, x, given, vars);
                (y, self.add_log_dets(before, here))
            }
            TKind::Map { row, args, arg } => {
                let (x, before) = self.forward_log_det(arg, vars);
                let Some(inv) = row.inverse() else { panic!("internal: `{}` has no inverse", row.name()) };
                let x = Scope::of(&mut self.cx.g).ex(x);
                let (y, here) = (row.lower(args, x).v, inv.log_det(args, x).v);
                (y, self.add_log_dets(before, Some(here)))
            }
            _ => (self.expr(e, vars), None),
        }
    }

    /// A value at a flow's end and the constants of the flow.
    fn with_given(&mut self, x: Value, given: &[TExpr], vars: &Vars) -> (Value, Vec<Value>) {
        let mut all = vec![x];
        all.extend(given.iter().map(|g| self.expr(g, vars)).collect::<Vec<_>>());
        self.meet(&mut all);
        let x = all.remove(0);
        (x, all)
    }

    /// What a function of a payoff has to say about a batch.
    pub fn report(&mut self, row: &'static dyn FnRow, args: &[TExpr]) -> Vec<(String, Value)> {
        let tys: Vec<EventTy> = args.iter().map(|a| a.ty.clone()).collect();
        let values: Vec<Value> = args.iter().map(|a| self.seen(a, &Vars::new())).collect();
        let scope = Scope::of(&mut self.cx.g);
        let values: Vec<Ex> = values.iter().map(|&v| scope.ex(v)).collect();
        row.report(&values, &tys).into_iter().map(|(name, x)| (name, x.v)).collect()
    }

    /// A value as function rows read it: classes one-hot.
    fn seen(&mut self, e: &TExpr, vars: &Vars) -> Value {
        let v = self.expr(e, vars);
        match e.ty.kind {
            Kind::Class(n) => nets::one_hot(&mut self.cx, v, n),
            Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) => v,
        }
    }

    fn flow(&self, i: usize) -> &'t crate::types::TFlow {
        match self.typed.flows.get(i) {
            Some(f) => f,
            None => panic!("internal: flow {i} is missing"),
        }
    }

    /// A model or guide by index.
    pub fn model(&self, i: usize) -> &'t TModel {
        match self.typed.models.get(i) {
            Some(m) => m,
            None => panic!("internal: model {i} is missing"),
        }
    }

    fn net(&mut self, i: usize, args: &[TExpr], vars: &Vars) -> Vec<Value> {
        let values: Vec<Value> = args.iter().map(|a| self.expr(a, vars)).collect();
        // What every repetition of a datum gives alike, such as the code of an encoder, is computed once.
        let once: Option<Vec<Value>> = values.iter().map(|v| self.once.get(v).copied()).collect();
        match once.filter(|v| !v.is_empty()) {
            Some(once) => self.net_on(i, once).into_iter().map(|y| self.repeated_value(y)).collect(),
            None => self.net_on(i, values),
        }
    }

    /// A net on values that were made before; once for each set of values.
    pub fn net_on(&mut self, i: usize, values: Vec<Value>) -> Vec<Value> {
        if let Some(outs) = self.nets.get(&(i, values.clone())) {
            return outs.clone();
        }
        let mut inputs = values.clone();
        self.meet(&mut inputs);
        let outs = match self.typed.nets.get(i) {
            Some(net) => nets::net(&mut self.cx, net, &inputs),
            None => panic!("internal: net {i} is missing"),
        };
        self.nets.insert((i, values), outs.clone());
        outs
    }

    fn let_value(&mut self, i: usize) -> Value {
        if let Some(v) = self.lets.get(&i) {
            return *v;
        }
        let v = match self.typed.train.lets.get(i) {
            Some((_, e)) => self.expr(e, &Vars::new()),
            None => panic!("internal: let {i} is missing"),
        };
        self.lets.insert(i, v);
        v
    }

    /// A free parameter: an unconstrained leaf mapped into its support.
    fn param(&mut self, i: usize) -> Value {
        let p = match self.typed.params.get(i) {
            Some(p) => p,
            None => panic!("internal: param {i} is missing"),
        };
        if p.each.is_some() {
            // No name of a data variable has a dot.
            if let Some(v) = self.data.get(&p.name) {
                return *v;
            }
            let rows = self.cx.block(&p.name, &p.ty.shape);
            let v = self.replicated(rows, &p.ty.shape);
            self.data.insert(p.name.clone(), v);
            return v;
        }
        let leaf = self.cx.leaf(&p.name, &p.ty.shape, Role::Param);
        let mut v = leaf;
        if let Kind::Real(Support::Interval { lo, hi }) = p.ty.kind {
            v = match (lo.is_finite(), hi.is_finite()) {
                (true, true) => {
                    let s = self.cx.sigmoid(v);
                    let s = self.cx.mul_c(s, hi - lo);
                    self.cx.add_c(s, lo)
                }
                (true, false) => {
                    let s = self.cx.exp(v);
                    self.cx.add_c(s, lo)
                }
                (false, true) => {
                    let s = self.cx.exp(v);
                    let s = self.cx.neg(s);
                    self.cx.add_c(s, hi)
                }
                (false, false) => v,
            };
        }
        if p.ty.shape.is_empty() { v } else { self.cx.lift(v, p.ty.shape.len() + 1) }
    }

    /// A site of a model or guide, sampled with everything before it; shared within the program.
    pub fn sample(&mut self, model: &str, site: &str) -> Value {
        let key = (model.to_string(), site.to_string());
        if let Some(v) = self.samples.get(&key) {
            return *v;
        }
        let Some(i) = self.typed.models.iter().position(|m| m.name == model) else {
            panic!("internal: model `{model}` is missing");
        };
        self.ancestral(i);
        match self.samples.get(&key) {
            Some(v) => *v,
            None => panic!("internal: `{model}.{site}` was not sampled"),
        }
    }

    /// Fixes the value of a site for the rest of the program, instead of a draw.
    pub fn set_sample(&mut self, model: &str, site: &str, v: Value) {
        self.samples.insert((model.to_string(), site.to_string()), v);
    }

    /// Samples every site of a model or guide in order.
    pub fn ancestral(&mut self, i: usize) -> Vars {
        let m = self.model(i);
        let mut vars = self.conditions(m);
        for s in &m.sites {
            let key = (m.name.clone(), s.name.clone());
            let v = match self.samples.get(&key) {
                Some(v) => *v,
                None => self.site_value(s, &vars),
            };
            self.samples.insert(key, v);
            vars.insert(s.name.clone(), v);
        }
        vars
    }

    /// The value of a site given the sites before it: a draw, its mean, or its bound value.
    pub fn site_value(&mut self, s: &TSite, vars: &Vars) -> Value {
        match &s.kind {
            TSiteKind::Draw(d) => {
                let params = self.dist_params(d, &s.ty, vars);
                let shape = self.shape(&s.ty.shape);
                self.cx.g.at = s.value_span;
                let mean = match self.draws {
                    Draws::Means => Some(self.centre(s, d, &params, &shape)),
                    Draws::Sampled => None,
                };
                match (mean, d.by) {
                    (Some(m), _) => self.cx.broadcast(m, shape),
                    (None, Estimator::Gumbel { tau }) if self.relaxed => {
                        match d.row.reparameterised().relaxed() {
                            Some(relaxed) => relaxed(&mut self.cx.g, &params, &shape, tau),
                            None => panic!("internal: `{}` has no relaxed form", d.row.name()),
                        }
                    }
                    // The score function is the whole derivative: none passes through the draw itself.
                    (None, Estimator::Score { .. }) => {
                        let v = d.row.sample(&mut self.cx.g, &params, &shape);
                        self.cx.detach(v)
                    }
                    (None, Estimator::Pathwise | Estimator::Enumerate | Estimator::Gumbel { .. }) => {
                        d.row.sample(&mut self.cx.g, &params, &shape)
                    }
                }
            }
            TSiteKind::Bind(e) => {
                let v = self.expr(e, vars);
                let shape = self.shape(&s.ty.shape);
                self.full_batch(v, shape)
            }
            TSiteKind::Quantize(e) => {
                let v = self.expr(e, vars);
                let top = s.ty.kind.cardinality().map_or(0.0, |n| n as f64 - 1.0);
                let v = self.cx.unary(Unary::Floor, v);
                let (lo, hi) = (self.cx.scalar(0.0), self.cx.scalar(top));
                let v = self.cx.binary(Binary::Max, v, lo);
                self.cx.binary(Binary::Min, v, hi)
            }
        }
    }

    fn full_batch(&mut self, v: Value, shape: Shape) -> Value {
        let now = self.cx.shape(v);
        if now.rank() == 0 || now.0.first().is_some_and(|d| d.is_one()) {
            self.cx.broadcast(v, shape)
        } else {
            v
        }
    }

    /// The value that stands for a draw where one is shown: for levels with an order their mean (rounded to a level where the site is no
    /// data), for classes the most probable one.
    fn centre(&mut self, s: &TSite, d: &TDist, params: &[Option<Value>], shape: &Shape) -> Value {
        let data = self.typed.data.iter().flat_map(|d| &d.vars).find(|v| s.observed && v.name == s.name);
        let kind = data.map_or(s.ty.kind, |v| v.ty.kind);
        let m = d.row.centre(&mut self.cx.g, params, shape, kind);
        match kind {
            Kind::Int(_) if !s.observed => {
                let m = self.cx.add_c(m, 0.5);
                self.cx.unary(Unary::Floor, m)
            }
            Kind::Int(_) | Kind::Bool | Kind::OneHot | Kind::Class(_) | Kind::Real(_) => m,
        }
    }

    /// The mean of an observed site's distribution (what a picture of a sample shows), or what stands for it; classes have none.
    pub fn mean_of(&mut self, s: &TSite, vars: &Vars) -> Option<Value> {
        let TSiteKind::Draw(d) = &s.kind else { return None };
        let var = self.typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == s.name)?;
        if matches!(var.ty.kind, Kind::Class(_)) {
            return None;
        }
        let params = self.dist_params(d, &s.ty, vars);
        let shape = self.shape(&s.ty.shape);
        let m = self.centre(s, d, &params, &shape);
        Some(self.cx.broadcast(m, shape))
    }

    /// Parameters of a distribution, each rank 0 or beside the event's axes as its row reads it.
    pub fn dist_params(&mut self, d: &TDist, ty: &EventTy, vars: &Vars) -> Vec<Option<Value>> {
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
                align_param(&mut self.cx.g, v, draws, spec.axes)
            }));
        }
        out
    }

    /// Log-density of a drawn site at `x`, `[B]`.
    pub fn log_density(&mut self, s: &TSite, d: &TDist, x: Value, vars: &Vars) -> Value {
        let params = self.dist_params(d, &s.ty, vars);
        let (x, params) = self.at_values(x, params);
        self.cx.g.at = s.value_span;
        let lp = d.row.log_prob(&mut self.cx.g, &params, x);
        self.cx.sum_event(lp)
    }

    /// Completes `vars` by the sites that the known ones determine, forwards through any binding and backwards through flows.
    /// Returns the summed log-determinant of what was inverted.
    pub fn solve(&mut self, m: &TModel, vars: &mut Vars) -> Option<Value> {
        let dets = self.solve_but(m, vars, &[]);
        dets.into_iter().fold(None, |sum, (_, ld)| self.add_log_dets(sum, Some(ld)))
    }

    /// The same without giving values to some sites; the log-determinants by the site that came out.
    pub fn solve_but(&mut self, m: &TModel, vars: &mut Vars, without: &[&TSite]) -> Vec<(String, Value)> {
        let mut log_dets = Vec::new();
        // Quantised data sites: the continuous value is the integer plus uniform noise.
        let mut continuous: Vars = Vars::new();
        for s in &m.sites {
            if let (TSiteKind::Quantize(_), Some(x)) = (&s.kind, vars.get(&s.name).copied()) {
                let shape = self.cx.shape(x);
                if let Some(y) = self.dequantised.get(&x) {
                    continuous.insert(s.name.clone(), *y);
                    continue;
                }
                let u = self.cx.random(RandomKind::Uniform, shape);
                let y = self.cx.add(x, u);
                // In f32 the sum can round up to the open end of the interval, where the map behind it has no finite inverse.
                let end =
                    s.ty.kind.cardinality().map_or(f64::INFINITY, |n| n as f64 * (1.0 - DEQUANTIZE_MARGIN));
                let end = self.cx.scalar(end);
                let y = self.cx.binary(Binary::Min, y, end);
                self.dequantised.insert(x, y);
                continuous.insert(s.name.clone(), y);
            }
        }
        loop {
            let before = vars.len();
            for s in m.sites.iter().filter(|s| !without.iter().any(|w| w.name == s.name)) {
                let e = match &s.kind {
                    TSiteKind::Bind(e) | TSiteKind::Quantize(e) => e,
                    TSiteKind::Draw(_) => continue,
                };
                let mut reads = Vec::new();
                density::reads(e, &mut reads);
                if !vars.contains_key(&s.name) && reads.iter().all(|n| vars.contains_key(n)) {
                    let v = self.site_value(s, vars);
                    vars.insert(s.name.clone(), v);
                } else if let (Some(y), Some(z)) = (vars.get(&s.name).copied(), density::inverted(e))
                    && !vars.contains_key(z)
                    && reads.iter().all(|n| n == z || vars.contains_key(n))
                {
                    let y = continuous.get(&s.name).copied().unwrap_or(y);
                    let (v, ld) = self.invert(e, y, vars);
                    log_dets.extend(ld.map(|ld| (z.to_string(), ld)));
                    vars.insert(z.to_string(), v);
                }
            }
            if vars.len() == before {
                return log_dets;
            }
        }
    }

    /// Runs an invertible expression of one name backwards.
    fn invert(&mut self, e: &TExpr, y: Value, vars: &Vars) -> (Value, Option<Value>) {
        self.cx.g.at = e.span;
        match &e.kind {
            TKind::Var(_) => (y, None),
            TKind::Flow { flow, arg, given } => {
                let (y, given) = self.with_given(y, given, vars);
                let key = (*flow, std::iter::once(y).chain(given.iter().copied()).collect());
                let f = self.flow(*flow);
                let (x, ld) = match self.inverted.get(&key) {
                    Some(known) => *known,
                    None => nets::flow(&mut self.cx, f, y, &given, Direction::Inverse),
                };
                self.inverted.insert(key, (x, ld));
                let (z, more) = self.invert(arg, x, vars);
                (z, self.add_log_dets(ld, more))
            }
            TKind::Map { row, args, arg } => {
                let (x, ld) = invert_map(&mut self.cx.g, *row, args, y);
                let (z, more) = self.invert(arg, x, vars);
                (z, self.add_log_dets(ld, more))
            }
            _ => panic!("internal: an expression that is not invertible was inverted"),
        }
    }

    /// Sum of two log-determinants, `None` being 0.
    fn add_log_dets(&mut self, a: Option<Value>, b: Option<Value>) -> Option<Value> {
        crate::rows::add_log_dets(a, b, |a, b| {
            let mut both = [a, b];
            self.meet(&mut both);
            let [a, b] = both;
            self.cx.add(a, b)
        })
    }

    /// Log-densities of all drawn sites whose value is known, and the log-determinant of what had to be inverted.
    pub fn joint(&mut self, m: &TModel, vars: &mut Vars) -> Joint {
        let log_det = self.solve(m, vars);
        let mut sites = Vec::new();
        for s in &m.sites {
            if let (TSiteKind::Draw(d), Some(x)) = (&s.kind, vars.get(&s.name).copied()) {
                let lp = self.log_density(s, d, x, vars);
                sites.push((s.name.clone(), lp));
            }
        }
        Joint { sites, log_det }
    }

    /// Sum of `[B]` values; zeros where there are none.
    pub fn total(&mut self, all: &[Value]) -> Value {
        let mut it = all.iter().copied();
        match it.next() {
            Some(first) => it.fold(first, |a, b| self.cx.add(a, b)),
            None => {
                let shape = self.shape(&[]);
                self.cx.full(0.0, shape)
            }
        }
    }

    /// `log p(targets | the other values)`, `[B]`.
    fn log_prob_of(&mut self, model: usize, mut vars: Vars, targets: &[String]) -> Value {
        let m = self.model(model);
        let joint = self.joint(m, &mut vars);
        let bound_target =
            m.sites.iter().any(|s| targets.contains(&s.name) && !matches!(s.kind, TSiteKind::Draw(_)));
        let mut parts: Vec<Value> = Vec::new();
        for (name, v) in joint.sites {
            // The density of a flow's output is that of everything it determines.
            if bound_target || targets.contains(&name) {
                parts.push(v);
            }
        }
        if bound_target {
            parts.extend(joint.log_det);
        }
        self.total(&parts)
    }

    /// Exact `log p(data)` of a model whose latent sites, if any, are summed over, `[B]`.
    pub fn log_likelihood(&mut self, p: usize) -> Value {
        let m = self.model(p);
        let mut vars = self.observed(m);
        self.log_joint(m, &mut vars)
    }

    fn gradient_penalty(&mut self, net: usize, u: &TExpr, v: &TExpr, vars: &Vars) -> Value {
        let event = u.ty.shape.clone();
        let (u, v) = (self.expr(u, vars), self.expr(v, vars));
        let mut dims = vec![self.batch];
        dims.resize(event.len() + 1, Dim::fixed(1));
        let eps = self.cx.random(RandomKind::Uniform, Shape(dims));
        let d = self.cx.sub(u, v);
        let d = self.cx.mul(eps, d);
        let w = self.cx.add(v, d);
        let outs = self.net_on(net, vec![w]);
        let y = outs.first().copied().unwrap_or(w);
        let total = self.cx.sum_all(y);
        let g = match grad::grad(&mut self.cx.g, total, &[w]).first() {
            Some(g) => *g,
            None => panic!("internal: no gradient came back"),
        };
        let sq = self.cx.square(g);
        let sq = self.cx.sum_event(sq);
        // The derivative of a square root has no value at 0.
        let sq = self.cx.add_c(sq, 1e-12);
        let norm = self.cx.sqrt(sq);
        let off = self.cx.add_c(norm, -1.0);
        let off = self.cx.square(off);
        self.cx.mean_all(off)
    }
}

fn invert_map(
    g: &mut Graph,
    row: &'static dyn MapRow,
    args: &crate::rows::args::Args,
    y: Value,
) -> (Value, Option<Value>) {
    let Some(inv) = row.inverse() else { panic!("internal: `{}` has no inverse", row.name()) };
    let x = (inv.inverse)(args, Scope::of(g).ex(y));
    (x.v, Some((-inv.log_det(args, x)).v))
}

/// The shared values of a program at one batch axis, set aside while another batch axis is in use.
pub struct Shared {
    data: Vars,
    samples: BTreeMap<(String, String), Value>,
    lets: BTreeMap<usize, Value>,
    nets: BTreeMap<(usize, Vec<Value>), Vec<Value>>,
    flows: BTreeMap<(usize, Value, Vec<Value>), (Value, Option<Value>)>,
}

impl Ctx<'_> {
    /// Sets the shared values aside: what follows is computed anew, at another batch axis.
    pub fn detach_values(&mut self) -> Shared {
        Shared {
            data: std::mem::take(&mut self.data),
            samples: std::mem::take(&mut self.samples),
            lets: std::mem::take(&mut self.lets),
            nets: std::mem::take(&mut self.nets),
            flows: std::mem::take(&mut self.flows),
        }
    }
    /// Brings them back.
    pub fn attach_values(&mut self, s: Shared) {
        self.data = s.data;
        self.samples = s.samples;
        self.lets = s.lets;
        self.nets = s.nets;
        self.flows = s.flows;
    }
}
