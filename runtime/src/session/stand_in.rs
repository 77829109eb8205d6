//! Random data in the shape of sets that are not installed, for measurements of time.

use super::Parts;
use gmc_compiler::event::EventTy;
use gmc_compiler::rows::data::{Column, Part};
use gmc_compiler::types::Typed;

/// Examples of a training part that stands in.
pub const STAND_IN: usize = 20_000;

/// Random numbers in 0 .. 1 for reals, grey levels and bits (which are drawn from grey levels), and random
/// classes.
pub fn stand_in(typed: &Typed) -> Vec<Parts> {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    // xorshift64 (Marsaglia 2003): the numbers need only not be equal.
    let mut next = move |levels: Option<usize>| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let unit = (state >> 40) as f32 / (1u64 << 24) as f32;
        levels.map_or(unit, |n| (unit * n as f32).floor())
    };
    let mut part = |types: &[EventTy], n: usize| {
        let mut column = |ty: &EventTy| {
            let levels = ty.kind.cardinality();
            Column { ty: ty.clone(), values: (0..n * ty.size()).map(|_| next(levels)).collect() }
        };
        Part { n, columns: types.iter().map(&mut column).collect(), ..Part::default() }
    };
    let mut sets = Vec::new();
    for d in &typed.data {
        let types: Vec<_> = d.vars.iter().map(|v| v.ty.clone()).collect();
        sets.push(Parts { train: part(&types, STAND_IN), test: part(&types, 100), ..Parts::default() });
    }
    sets
}
