//! A map as a layer: an activation.

use super::{Checked, Layer, LowerCx};
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::MapRow;
use crate::rows::args::{Args, Const};
use std::fmt;

/// A map with its arguments: a layer of a net, and where it can be undone one of a flow.
#[derive(Clone)]
pub struct Mapped {
    /// The map.
    pub row: &'static dyn MapRow,
    /// Its arguments.
    pub args: Args,
}

impl Mapped {
    /// The arguments without the places where they stand.
    fn values(&self) -> Vec<(&'static str, &Const)> {
        self.args.values.iter().map(|(name, value, _)| (*name, value)).collect()
    }
}

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(self.row.name()).field(&self.values()).finish()
    }
}

impl PartialEq for Mapped {
    fn eq(&self, other: &Mapped) -> bool {
        self.row.name() == other.row.name() && self.values() == other.values()
    }
}

impl Layer for Mapped {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        vec![self.row.lower(&self.args, x)]
    }
}

/// The layer that applies a map to every element; `out` is where it goes.
pub fn checked(row: &'static dyn MapRow, args: Args, out: EventTy) -> Checked {
    Checked { twice_differentiable: row.smooth(), ..Checked::elementwise(out, Mapped { row, args }) }
}
