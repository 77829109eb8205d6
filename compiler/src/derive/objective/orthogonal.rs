//! `orthogonal(G)`: Σ ‖W Wᵀ ∘ (1 - I)‖² over the weights of a net, a row of W for each filter (Brock et al. 2019, eq. 3).

use super::Lowering;
use crate::derive::lower::{Ctx, Vars};
use crate::ir::{Ex, Role, Scope, Shape, Value};
use crate::rows::ParamDecl;
use crate::types::TObjective;

/// How it is computed.
pub struct Orthogonal;

impl Lowering for Orthogonal {
    fn value(&self, ctx: &mut Ctx<'_>, o: &TObjective, _: &Vars) -> Value {
        let Some(net) = ctx.typed.nets.get(o.critic().net) else {
            panic!("internal: `orthogonal` is of a net that is missing")
        };
        let weights: Vec<ParamDecl> = net.chain.params().into_iter().filter(ParamDecl::is_weight).collect();
        let leaves: Vec<(Value, Vec<usize>)> = weights
            .into_iter()
            .map(|p| (ctx.cx.leaf(&format!("{}.{}", net.name, p.name), &p.shape, Role::Param), p.shape))
            .collect();
        let g = Scope::of(&mut ctx.cx.g);
        let all = leaves.iter().map(|(v, shape)| between_filters(g.ex(*v), shape));
        all.reduce(|a, b| a + b).unwrap_or_else(|| g.num(0.0)).v
    }
}

/// The sum of the squared products of different filters: rows of a kernel `[out, ..]`, columns of a matrix `[in, out]`.
fn between_filters<'g>(w: Ex<'g>, shape: &[usize]) -> Ex<'g> {
    let rows = match *shape {
        [_, _] => w.transpose(),
        [n, ref rest @ ..] => w.reshape(Shape::fixed(&[n, rest.iter().product()])),
        [] => w,
    };
    let n = rows.shape().0.first().map_or(1, |d| d.n);
    let products = rows.matmul(rows.transpose());
    let square = Shape::fixed(&[n, n]);
    let other = w.scope().iota(&square, 0).ne(w.scope().iota(&square, 1));
    other.select(products, 0.0).sq().sum_all()
}
