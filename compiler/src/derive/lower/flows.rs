//! Flows, run both ways.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::{Ctx, Mapped, Vars};
use crate::derive::nets;
use crate::ir::{Scope, Value};
use crate::rows::args::Args;
use crate::rows::{Direction, MapRow, add_log_dets};
use crate::types::{TExpr, TKind, TModel, TSite, TSiteKind, density};

/// How far below the open end of its interval, as a part of it, a dequantised value stays: four spacings of f32.
const DEQUANTIZE_MARGIN: f64 = 1.0 / (1u64 << 21) as f64;

impl Ctx<'_> {
    /// A flow run forwards, once for the same values.
    pub(super) fn flow_forward(&mut self, flow: usize, x: Value, given: &[TExpr], vars: &Vars) -> Mapped {
        let key = (flow, self.with_given(x, given, vars));
        if let Some(out) = self.shared.flows.get(&key) {
            return *out;
        }
        let (x, given) = key.1.split_first().map_or((x, [].as_slice()), |(x, given)| (*x, given));
        let f = self.flow(flow);
        let out = nets::flow(&mut self.cx, f, x, given, Direction::Forward);
        self.shared.flows.insert(key, out);
        out
    }

    /// A flow run backwards, once for the same values.
    fn flow_inverse(&mut self, flow: usize, y: Value, given: &[TExpr], vars: &Vars) -> Mapped {
        let key = (flow, self.with_given(y, given, vars));
        if let Some(out) = self.inverted.get(&key) {
            return *out;
        }
        let (y, given) = key.1.split_first().map_or((y, [].as_slice()), |(y, given)| (*y, given));
        let f = self.flow(flow);
        let out = nets::flow(&mut self.cx, f, y, given, Direction::Inverse);
        self.inverted.insert(key, out);
        out
    }

    /// A value at a flow's end, and behind it the constants of the flow.
    fn with_given(&mut self, x: Value, given: &[TExpr], vars: &Vars) -> Vec<Value> {
        let mut all = vec![x];
        for g in given {
            all.push(self.expr(g, vars));
        }
        self.meet(&mut all);
        all
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
    fn forward_log_det(&mut self, e: &TExpr, vars: &Vars) -> Mapped {
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

    /// Completes `vars` by the sites that the known ones determine, forwards through any binding and backwards through flows.
    /// Returns the summed log-determinant of what was inverted.
    pub fn solve(&mut self, m: &TModel, vars: &mut Vars) -> Option<Value> {
        let dets = self.solve_but(m, vars, &[]);
        dets.into_iter().fold(None, |sum, (_, ld)| self.add_log_dets(sum, Some(ld)))
    }

    /// The same without giving values to some sites; the log-determinants by the site that came out.
    pub fn solve_but(&mut self, m: &TModel, vars: &mut Vars, without: &[&TSite]) -> Vec<(String, Value)> {
        let continuous = self.continuous(m, vars);
        let mut log_dets = Vec::new();
        loop {
            let before = vars.len();
            for s in m.sites.iter().filter(|s| !without.iter().any(|w| w.name == s.name)) {
                let (TSiteKind::Bind(e) | TSiteKind::Quantize(e)) = &s.kind else { continue };
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

    /// The continuous values of quantised data sites: the whole number plus uniform noise.
    fn continuous(&mut self, m: &TModel, vars: &Vars) -> Vars {
        let mut all = Vars::new();
        for s in &m.sites {
            let (TSiteKind::Quantize(_), Some(x)) = (&s.kind, vars.get(&s.name).copied()) else { continue };
            let y = match self.dequantised.get(&x) {
                Some(y) => *y,
                None => self.dequantise(x, s.ty.kind.cardinality()),
            };
            all.insert(s.name.clone(), y);
        }
        all
    }

    /// One of so many levels plus uniform noise.
    fn dequantise(&mut self, x: Value, levels: Option<usize>) -> Value {
        // In f32 the sum can round up to the open end of the interval, where the map behind it has no finite inverse.
        let end = levels.map_or(f64::INFINITY, |n| n as f64 * (1.0 - DEQUANTIZE_MARGIN));
        let x_ = Scope::of(&mut self.cx.g).ex(x);
        let noise = x_.scope().uniform(&x_.shape());
        let y = (x_ + noise).min(end).v;
        self.dequantised.insert(x, y);
        y
    }

    /// Runs an invertible expression of one name backwards.
    fn invert(&mut self, e: &TExpr, y: Value, vars: &Vars) -> Mapped {
        self.cx.g.at = e.span;
        let (arg, (x, ld)) = match &e.kind {
            TKind::Var(_) => return (y, None),
            TKind::Flow { flow, arg, given } => (arg, self.flow_inverse(*flow, y, given, vars)),
            TKind::Map { row, args, arg } => (arg, self.map_inverse(*row, args, y)),
            _ => panic!("internal: an expression that is not invertible was inverted"),
        };
        let (z, more) = self.invert(arg, x, vars);
        (z, self.add_log_dets(ld, more))
    }

    fn map_inverse(&mut self, row: &dyn MapRow, args: &Args, y: Value) -> Mapped {
        let Some(inv) = row.inverse() else { panic!("internal: `{}` has no inverse", row.name()) };
        let x = (inv.inverse)(args, Scope::of(&mut self.cx.g).ex(y));
        (x.v, Some((-inv.log_det(args, x)).v))
    }

    /// Sum of two log-determinants, `None` being 0, at the combinations of values that both depend on.
    pub(super) fn add_log_dets(&mut self, a: Option<Value>, b: Option<Value>) -> Option<Value> {
        add_log_dets(a, b, |a, b| {
            let mut both = [a, b];
            self.meet(&mut both);
            let [a, b] = both;
            self.cx.add(a, b)
        })
    }
}
