//! `Uniform`.

use super::super::map::ends as support_ends;
use super::tails::{self, Tails};
use super::{constant, param, plain, required};
use crate::event::{EventTy, Kind, Support};
use crate::ir::{Compare, Graph, Logic, Op, RandomKind, Shape, Value};
use crate::rows::{DistEvent, DistParam, DistRow, Row};

/// The row.
pub struct Uniform;

impl Row for Uniform {
    fn name(&self) -> &'static str {
        "Uniform"
    }
    fn doc(&self) -> &'static str {
        "Density 1 / (hi - lo) between lo and hi, 0 elsewhere."
    }
}

impl DistRow for Uniform {
    fn dist_params(&self) -> &'static [DistParam] {
        const P: &[DistParam] = &[
            required("lo", Support::REALS, "lower end"),
            required("hi", Support::REALS, "upper end, above lo"),
        ];
        P
    }
    fn together(&self, params: &[Option<EventTy>]) -> Result<(), (String, String)> {
        let at = |i: usize| constant(params.get(i).and_then(Option::as_ref));
        match (at(0), at(1)) {
            (Some(lo), Some(hi)) if lo >= hi => Err((
                format!("`lo` is {lo} and not below `hi`, which is {hi}"),
                "write the lower end first, as in `Uniform(0, 1)`".into(),
            )),
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }
    fn event(&self, params: &[Option<EventTy>]) -> Result<DistEvent, String> {
        self.together(params).map_err(|(why, _)| why)?;
        let support = |i: usize| match params.get(i) {
            Some(Some(ty)) => support_ends(ty.kind.support()),
            Some(None) | None => support_ends(Support::REALS),
        };
        let ((lo, _), (_, hi)) = (support(0), support(1));
        Ok(plain(Kind::Real(Support::Interval { lo, hi })))
    }
    fn covers(&self, params: &[Option<EventTy>]) -> Option<Support> {
        let support =
            |i: usize| params.get(i).and_then(Option::as_ref).map_or(Support::REALS, |ty| ty.kind.support());
        Some(Support::between(support_ends(support(0)).1, support_ends(support(1)).0))
    }
    fn log_prob(&self, g: &mut Graph, params: &[Option<Value>], x: Value) -> Value {
        let (lo, hi) = ends(g, params);
        let w = g.sub(hi, lo);
        let l = g.log(w);
        let l = g.neg(l);
        let above = g.compare(Compare::Ge, x, lo);
        let below = g.compare(Compare::Le, x, hi);
        let inside = g.push(Op::Logic(Logic::And), &[above, below]);
        let never = g.scalar(f64::NEG_INFINITY);
        g.select(inside, l, never)
    }
    fn sample(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Value {
        let (lo, hi) = ends(g, params);
        let u = g.random(RandomKind::Uniform, shape.clone());
        let w = g.sub(hi, lo);
        let d = g.mul(w, u);
        g.add(lo, d)
    }
    fn tails(&self) -> Option<&'static Tails> {
        Some(&tails::UNIFORM)
    }
    fn reparameterised(&self) -> bool {
        true
    }
    fn mean(&self, g: &mut Graph, params: &[Option<Value>], shape: &Shape) -> Option<Value> {
        let (lo, hi) = ends(g, params);
        let s = g.add(lo, hi);
        let m = g.mul_c(s, 0.5);
        Some(g.broadcast(m, shape.clone()))
    }
    fn entropy(&self, g: &mut Graph, params: &[Option<Value>]) -> Option<Value> {
        let (lo, hi) = ends(g, params);
        let w = g.sub(hi, lo);
        Some(g.log(w))
    }
    fn kl(
        &self,
        g: &mut Graph,
        mine: &[Option<Value>],
        other: &str,
        theirs: &[Option<Value>],
    ) -> Option<Value> {
        if other == "Normal" {
            // Variance w² / 12, entropy ln w.
            let (lo, hi) = ends(g, mine);
            let (w, m) = (g.sub(hi, lo), g.add(lo, hi));
            let m = g.mul_c(m, 0.5);
            let v = g.square(w);
            let v = g.mul_c(v, 1.0 / 12.0);
            let h = g.log(w);
            return Some(super::normal::kl_from_moments(g, m, v, h, theirs));
        }
        if other != self.name() {
            return None;
        }
        // ln(w₂ / w₁) where the first lies inside the second, else infinite.
        let ((lo1, hi1), (lo2, hi2)) = (ends(g, mine), ends(g, theirs));
        let (w1, w2) = (g.sub(hi1, lo1), g.sub(hi2, lo2));
        let r = g.div(w2, w1);
        let l = g.log(r);
        let above = g.compare(Compare::Ge, lo1, lo2);
        let below = g.compare(Compare::Le, hi1, hi2);
        let inside = g.push(Op::Logic(Logic::And), &[above, below]);
        let infinite = g.scalar(f64::INFINITY);
        Some(g.select(inside, l, infinite))
    }
    fn kl_known(&self) -> &'static [&'static str] {
        &["Uniform", "Normal"]
    }
}

fn ends(g: &mut Graph, params: &[Option<Value>]) -> (Value, Value) {
    (param(g, params, 0, 0.0), param(g, params, 1, 1.0))
}
