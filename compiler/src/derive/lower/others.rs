//! `E'[..]`: the minibatch against itself moved on by 1, 2, .. rows, all of them at once along the batch axis.
//!
//! With `K` = batch - 1 moves the values inside are `[K·B, ..]`, first those of the first move. What reads no other example is made once,
//! outside, and repeated; another example is the row that stands `k` further on, from the last on to the first.

use super::{Ctx, Shared, Vars};
use crate::ir::{DType, Dim, Ex, Scope, Shape, Value};
use crate::rows::setting::Batch;
use crate::types::{TExpr, TKind};

/// What is set aside while the inside of `E'[..]` is made.
pub struct Outside {
    batch: Dim,
    shared: Shared,
}

impl Ctx<'_> {
    /// `E'[e]`, `[B, ..]`.
    pub(super) fn others(&mut self, e: &TExpr, vars: &Vars) -> Value {
        let (moves, v) = self.across(e, vars);
        let shape = self.shape(&e.ty.shape);
        let g = Scope::of(&mut self.cx.g);
        let (per, counts, number) = by_moves(g.ex(v), moves, &shape);
        ((per * counts.cast(DType::F)).sum(&[0]) / number).reshape(shape).v
    }

    /// `log(E'[exp(e)])`, `[B, ..]`, without the exponentials that 32 bits do not hold.
    pub(super) fn log_others(&mut self, e: &TExpr, vars: &Vars) -> Value {
        let (moves, v) = self.across(e, vars);
        let shape = self.shape(&e.ty.shape);
        let g = Scope::of(&mut self.cx.g);
        let (per, counts, number) = by_moves(g.ex(v), moves, &shape);
        let sum = counts.select(per, -1e30).logsumexp(0);
        (sum.reshape(shape) - number.ln()).v
    }

    /// The inside at all moves, `[K·B]`, and how many those are.
    fn across(&mut self, e: &TExpr, vars: &Vars) -> (usize, Value) {
        let moves = Batch::of(&self.typed.train.settings).saturating_sub(1).max(1);
        let outside = Outside { batch: self.batch, shared: std::mem::take(&mut self.shared) };
        self.batch = Dim { n: moves * outside.batch.n, batch: true };
        self.outside = Some(outside);
        let v = self.expr(e, vars);
        if let Some(outside) = self.outside.take() {
            (self.batch, self.shared) = (outside.batch, outside.shared);
        }
        (moves, v)
    }

    /// Inside of `E'[..]`, of what reads no other example, and of another example: its value for every move.
    pub(super) fn at_moves(&mut self, e: &TExpr, vars: &Vars) -> Option<Value> {
        let another = if let TKind::Another(of) = &e.kind { Some(of) } else { None };
        if self.outside.is_none() || another.is_none() && self.typed.mentions_another(e) {
            return None;
        }
        let outside = self.outside.take()?;
        let inside =
            Outside { batch: self.batch, shared: std::mem::replace(&mut self.shared, outside.shared) };
        self.batch = outside.batch;
        let v = self.expr(another.map_or(e, |of| of), vars);
        let outside =
            Outside { batch: self.batch, shared: std::mem::replace(&mut self.shared, inside.shared) };
        self.batch = inside.batch;
        let own = outside.batch;
        self.outside = Some(outside);
        Some(match (another, e.batched) {
            (Some(_), _) => {
                let x = Scope::of(&mut self.cx.g).ex(v);
                moved(x, self.batch, own).v
            }
            (None, true) => self.replicated(v),
            (None, false) => v,
        })
    }
}

/// Rows of `[B, ..]` as `[K·B, ..]`: row i of move k (from 1) is row i + k, modulo B.
fn moved<'g>(x: Ex<'g>, all: Dim, own: Dim) -> Ex<'g> {
    let g = x.scope();
    let b = g.count(&Shape(vec![own]));
    let p = g.iota(&Shape(vec![all]), 0).cast(DType::F);
    // Half a step keeps a quotient that is a whole number from being rounded down.
    let modulo = |a: Ex<'g>| a - ((a + 0.5) / b).floor() * b;
    let k = ((p + 0.5) / b).floor() + 1.0;
    let row = modulo(p + k);
    let mut dims = x.shape().0;
    let mut index = vec![all];
    index.resize(dims.len(), Dim::fixed(1));
    if let Some(first) = dims.first_mut() {
        *first = all;
    }
    x.gather(row.reshape(Shape(index)).broadcast(&Shape(dims)).cast(DType::I), 0)
}

/// `[K·B, ..]` as `[K, B, ..]`, which moves count, `[K, 1, ..]` (a small minibatch has fewer others), and how many those are. `shape` is that of
/// one move.
fn by_moves<'g>(v: Ex<'g>, moves: usize, shape: &Shape) -> (Ex<'g>, Ex<'g>, Ex<'g>) {
    let g = v.scope();
    let (own, event) = match shape.0.split_first() {
        Some((own, event)) => (*own, event),
        None => panic!("internal: the other examples of a value without a batch"),
    };
    let with = |first: &[Dim]| Shape(first.iter().chain(event).copied().collect());
    let per = v.broadcast(&with(&[Dim { n: moves * own.n, batch: true }]));
    let per = per.reshape(with(&[Dim::fixed(moves), own]));
    let mut each = vec![1; shape.rank() + 1];
    if let Some(first) = each.first_mut() {
        *first = moves;
    }
    let k = g.iota(&Shape::fixed(&each), 0).cast(DType::F) + 1.0;
    let others = (g.count(&Shape(vec![own])) - 1.0).max(1.0);
    (per, k.le(others), others.min(moves as f64))
}
