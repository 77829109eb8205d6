//! `gradient_penalty(D, u, v)`: the mean of (‖∇D(w)‖ - 1)² at random w between u and v (Gulrajani et al. 2017, eq. 3). What else a critic
//! reads has one value at all w and no part in the gradient.

use super::Lowering;
use crate::derive::lower::{Ctx, Cut, Vars};
use crate::diag::codes;
use crate::ir::{Scope, Value, exactly};
use crate::types::TObjective;

/// Keeps the square root of a squared norm differentiable at 0.
const SQUARED_NORM_FLOOR: f64 = 1e-12;

/// How it is computed.
pub struct GradientPenalty;

impl Lowering for GradientPenalty {
    fn value(&self, ctx: &mut Ctx<'_>, o: &TObjective, vars: &Vars) -> Value {
        let inputs = o.inputs();
        let &[u, v] = exactly(&inputs);
        let lead = ctx.shape(&vec![1; u.ty.shape.len()]);
        let uv = [ctx.expr(u, vars), ctx.expr(v, vars)];
        let g = Scope::of(&mut ctx.cx.g);
        let eps = g.uniform(&lead);
        let [u, v] = g.exs(uv);
        let w = (v + eps * (u - v)).v;
        let critic = o.critic();
        let given: Vec<Value> = critic.given.iter().map(|e| ctx.expr(e, vars)).collect();
        let scores = ctx.net_on(critic.net, [&[w], given.as_slice()].concat());
        let &[y] = exactly(&scores);
        if let Some(Cut::Reads | Cut::Passes) = ctx.cut(y, w) {
            let name = ctx.typed.nets.get(critic.net).map_or("", |n| n.name.as_str());
            ctx.zero.push(codes::e0708::flat_critic(name, critic.span));
        }
        let d = ctx.gradient(y, w);
        let squared = Scope::of(&mut ctx.cx.g).ex(d).sq().sum_event();
        ((squared + SQUARED_NORM_FLOOR).sqrt() - 1.0).sq().mean_all().v
    }
}
