//! The score function: gradients through draws that have no pathwise one.

use super::lower::{Ctx, Vars};
use crate::ir::{Dim, Ex, Graph, Role, Scope, Shape, Value};
use crate::rows::estimator::{Baseline, Estimator};
use crate::types::{TDist, TExpr, TModel, TSite, TSiteKind};

/// Share of the old baseline that is kept each step.
const BASELINE_DECAY: f64 = 0.95;

/// The sites of a guide whose gradient is the score function's, each with its baseline.
pub(super) fn scored(g: &TModel) -> Vec<(&TSite, Baseline)> {
    let baseline = |s: &TSite| match &s.kind {
        TSiteKind::Draw(TDist { by: Estimator::Score { baseline }, .. }) => Some(*baseline),
        TSiteKind::Draw(_) | TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    };
    g.sites.iter().filter_map(|s| Some((s, baseline(s)?))).collect()
}

/// Path of the moving baseline of a guide.
pub(super) fn baseline_path(g: &TModel) -> String {
    format!("{}.baseline", g.name)
}

/// A value that stays as it is, with the derivative of `of` added to its own.
fn with_derivative_of(g: &mut Graph, value: Value, of: Value) -> Value {
    let [value, of] = Scope::of(g).exs([value, of]);
    (value + (of - of.detach())).v
}

impl Ctx<'_> {
    /// `value` with the gradient of the score function at the guide's draws that have no pathwise one:
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
            let Some(log_q) = self.log_of_draw(s, &vars) else { continue };
            let advantage = match (baseline, learned(s)) {
                (Baseline::Moving, _) => self.less_moving(g, payoff),
                (Baseline::Learned, Some(b)) => {
                    let (advantage, fit) = self.less_learned(b, payoff, &vars);
                    terms.push(fit);
                    advantage
                }
                (Baseline::None, _) | (Baseline::Learned, None) => payoff,
            };
            let [advantage, log_q] = Scope::of(&mut self.cx.g).exs([advantage, log_q]);
            let signal = (advantage * log_q).v;
            terms.push(self.mean_of_examples(signal));
        }
        terms.into_iter().fold(value, |value, t| with_derivative_of(&mut self.cx.g, value, t))
    }

    /// The log-density, `[m·B]`, of what a guide drew at one of its sites, the draw itself counting as given.
    fn log_of_draw(&mut self, s: &TSite, vars: &Vars) -> Option<Value> {
        let (TSiteKind::Draw(d), Some(v)) = (&s.kind, vars.get(&s.name).copied()) else { return None };
        let v = self.cx.detach(v);
        Some(self.log_density(s, d, v, vars))
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
        let k = self.batch.n;
        let [w, l] = Scope::of(&mut self.cx.g).exs([w, l]).map(Ex::detach);
        let signal = if k == 1 { l } else { less_one_replaced(w, l, k) }.v;
        let vars = self.ancestral(q);
        let mut value = value;
        for s in sites {
            let Some(log_q) = self.log_of_draw(s, &vars) else { continue };
            let [signal, log_q] = Scope::of(&mut self.cx.g).exs([signal, log_q]);
            let log_q = log_q.reshape(Shape(vec![Dim::fixed(k), Dim::BATCH]));
            let each = (signal * log_q).sum(&[0]).v;
            let term = self.mean_of_rows(each);
            value = with_derivative_of(&mut self.cx.g, value, term);
        }
        value
    }

    /// The payoff less its moving average, which a step of training moves on.
    fn less_moving(&mut self, g: &TModel, payoff: Value) -> Value {
        let path = baseline_path(g);
        let b = self.cx.leaf(&path, &[], Role::State);
        let [payoff, b] = Scope::of(&mut self.cx.g).exs([payoff, b]);
        let next = self.cx.training.then(|| {
            let mean = payoff.mean_all();
            (b * BASELINE_DECAY + mean * (1.0 - BASELINE_DECAY)).v
        });
        let less = (payoff - b).detach().v;
        self.cx.state_updates.extend(next.map(|v| (path, v)));
        less
    }

    /// The payoff less a learned baseline, and the baseline's fit, -E[(payoff - b)²], which only its own nets have a derivative of: what
    /// they read counts as given (Mnih & Gregor 2014, section 2.3).
    fn less_learned(&mut self, b: &TExpr, payoff: Value, vars: &Vars) -> (Value, Value) {
        let given: Vars = vars.iter().map(|(n, v)| (n.clone(), self.cx.detach(*v))).collect();
        let b = self.expr(b, &given);
        let [payoff, b] = Scope::of(&mut self.cx.g).exs([payoff, b]);
        let less = payoff - b;
        let fit = -less.sq().mean_all();
        (less.detach().v, fit.v)
    }
}

/// The learned baseline of a draw.
fn learned(s: &TSite) -> Option<&TExpr> {
    match &s.kind {
        TSiteKind::Draw(d) => d.baseline.as_ref(),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    }
}

/// `l` less the bound with the weight of one sample replaced by the geometric mean of the others, `[k, B]`.
fn less_one_replaced<'g>(w: Ex<'g>, l: Ex<'g>, k: usize) -> Ex<'g> {
    let (one, all, b) = (Dim::fixed(1), Dim::fixed(k), Dim::BATCH);
    let others = (w.sum(&[0]) - w) * (1.0 / (k as f64 - 1.0));
    // Row i, column j: the weight of sample j, or its replacement where j = i.
    let replaced = others.reshape(Shape(vec![all, one, b]));
    let kept = w.reshape(Shape(vec![one, all, b]));
    let diagonal = (0..k * k).map(|c| f64::from(u8::from(c / k == c % k))).collect();
    let diagonal = w.scope().literal(diagonal, &[k, k, 1]).gt(0.5);
    let without = diagonal.select(replaced, kept).logsumexp(1).reshape(Shape(vec![all, b]));
    l - (without - (k as f64).ln())
}
