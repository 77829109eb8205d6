//! A map as a layer of a flow: it changes every element on its own.

use super::copies::Copies;
use super::{Bijection, CheckedBijection, Direction, Jacobian, Moved};
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::layer::map::Mapped;
use crate::rows::{LowerCx, MapInverse, MapRow, Shared};
use std::rc::Rc;

/// A map with what undoes it.
#[derive(Debug, PartialEq)]
struct Undone {
    map: Mapped,
    /// Whether |dy/dx| = 1 everywhere.
    keeps_volume: bool,
}

/// The bijection that applies a map with an inverse to every element; `out` is where it goes. Nothing of it is trained.
pub fn checked(row: &'static dyn MapRow, args: Args, out: EventTy) -> CheckedBijection {
    let keeps_volume = row.keeps_volume(&args);
    CheckedBijection {
        identity_dims: Copies::same(out.size()),
        out,
        params: Vec::new(),
        jacobian: if keeps_volume { Jacobian::Unit } else { Jacobian::Diagonal },
        bijection: Shared(Rc::new(Undone { map: Mapped { row, args }, keeps_volume })),
    }
}

impl Undone {
    fn inverse(&self) -> MapInverse {
        match self.map.row.inverse() {
            Some(inverse) => inverse,
            None => panic!("internal: `{}` has no inverse", self.map.row.name()),
        }
    }
}

impl Bijection for Undone {
    fn run<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        let (Mapped { row, args }, inverse) = (&self.map, self.inverse());
        match to {
            Direction::Forward => {
                (row.lower(args, x), (!self.keeps_volume).then(|| inverse.log_det(args, x)))
            }
            Direction::Inverse => {
                let z = (inverse.inverse)(args, x);
                (z, (!self.keeps_volume).then(|| -inverse.log_det(args, z)))
            }
        }
    }
}
