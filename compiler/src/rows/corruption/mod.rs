//! Corruptions: what `corrupt(x, gaussian(0.3))` does to the input of a net, in training and where the answer to a corrupted input is
//! measured.

mod gaussian;
mod mask;
mod salt_pepper;

use super::Row;
use crate::event::{Kind, Support};
use crate::interval::Interval;
use crate::ir::Ex;

/// All corruptions.
pub const ROWS: &[&dyn CorruptionRow] = &[&gaussian::Gaussian, &mask::Mask, &salt_pepper::SaltPepper];

/// A way to corrupt the input of a net.
pub trait CorruptionRow: Row {
    /// What kind of number an element is once it may be corrupted.
    fn kind(&self, kind: Kind) -> Kind;
    /// The corrupted value, of the shape of `x`, whose elements are of this kind. `amount(name)` is the (possibly scheduled) value of a
    /// numeric argument as a rank-0 value.
    fn lower<'g>(&self, kind: Kind, amount: &dyn Fn(&str) -> Ex<'g>, x: Ex<'g>) -> Ex<'g>;
}

/// What may be written, with an amount that suits every row: `` `gaussian(0.3)`, `mask(0.3)` or `salt_pepper(0.3)` ``.
pub fn offers() -> String {
    let all: Vec<String> = ROWS.iter().map(|r| format!("`{}(0.3)`", r.name())).collect();
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}

/// The smallest and the largest value that a kind of number can take, where there are such; else 0 and 1.
fn extremes(kind: Kind) -> (f64, f64) {
    match kind.support().ends() {
        (lo, hi) if lo.is_finite() && hi.is_finite() => (lo, hi),
        _ => (0.0, 1.0),
    }
}

/// The kind of a number that may also take the values `lo` and `hi`.
fn widened(kind: Kind, lo: f64, hi: f64) -> Kind {
    match kind {
        Kind::Real(Support::Interval(range)) => Kind::Real(range.hull(Interval::closed(lo, hi)).into()),
        // What summed to 1 does so no longer.
        Kind::Real(Support::Simplex { .. }) => Kind::Real(Support::UNIT),
        // Several bits, or none.
        Kind::OneHot => Kind::Bool,
        Kind::Count if lo < 0.0 => {
            Kind::Real(kind.support().interval().hull(Interval::closed(lo, hi)).into())
        }
        Kind::Bool | Kind::Int(_) | Kind::Class(_) | Kind::Count => kind,
    }
}
