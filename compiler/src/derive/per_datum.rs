//! Parameters per datum: what a guide `q[x]` holds for each datum alone (classical variational inference: Jordan et al. 1999; with
//! minibatches, Hoffman et al. 2013).
//!
//! The table with a row for each datum never enters a program. The runtime keeps it beside the data; a program reads and gives back
//! the rows of its minibatch, `[B, ..]`, as it reads the data themselves. So no program depends on how many data there are, an
//! update moves the visited rows and no others, at the cost of the minibatch, and a datum that is not in the table is answered by the
//! same programs once its row has been found: by `infer`, which moves rows and nothing else.
//!
//! Every row has its own count of updates: to its optimizer each row is a problem of its own, which advances when it is visited.

use super::Output;
use crate::ir::{Dim, Graph, Role, Scope, Shape, Value};
use crate::types::Typed;

/// The table of one `free(..)` of a guide `q[x]`; it is 0 at the start.
#[derive(Clone, Debug, PartialEq)]
pub struct PerDatum {
    /// Its path: `q.free0`.
    pub path: String,
    /// The axes of one datum's row.
    pub shape: Vec<usize>,
    /// The data item with whose data it goes: index.
    pub item: usize,
}

/// Name of the slot that counts how often a row has been updated, `[B]`.
pub const VISITS: &str = "visits";

/// The tables of a spec, in the order of the text.
pub fn all(typed: &Typed) -> Vec<PerDatum> {
    let params = typed.params.iter();
    params
        .filter_map(|p| Some(PerDatum { path: p.name.clone(), shape: p.ty.shape.clone(), item: p.each? }))
        .collect()
}

/// The number of updates of each row after this one, shaped to go with rows of `shape`: read from the slot `name` and given back.
pub(super) fn visits(g: &mut Graph, name: &str, shape: &Shape) -> Value {
    let before = g.input(name, Role::PerDatum, Shape::batched(&[]));
    let now = Scope::of(g).ex(before) + 1.0;
    let now = now.v;
    g.output(Output::PerDatum(name.into()), now);
    let mut dims = vec![Dim::BATCH];
    dims.resize(shape.rank(), Dim::fixed(1));
    g.reshape(now, Shape(dims))
}
