//! `iwae(p, q, k: ..)`: the mean over the data of log 1/k Σ p(x, z_i) / q(z_i | x) (Burda et al. 2016, eq. 8).

use super::Lowering;
use crate::derive::lower::{Ctx, Vars};
use crate::ir::{Dim, Scope, Shape, Value};
use crate::rows::objective::Iwae as Row;
use crate::types::TObjective;

/// How it is computed.
pub struct Iwae;

impl Lowering for Iwae {
    fn value(&self, ctx: &mut Ctx<'_>, o: &TObjective, _vars: &Vars) -> Value {
        let (q, k) = (o.guide(), Row::samples(&o.args));
        ctx.repeated(k, |me| {
            let w = me.log_weight(o.model(), q);
            let w = Scope::of(&mut me.cx.g).ex(w).reshape(Shape(vec![Dim::fixed(k), Dim::BATCH]));
            let l = w.logsumexp(0) - (k as f64).ln();
            let (w, l) = (w.v, l.v);
            let value = me.mean_of_rows(l);
            me.with_leave_one_out(q, value, w, l)
        })
    }
}
