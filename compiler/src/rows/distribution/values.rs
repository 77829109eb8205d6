//! All values of a discrete draw, where they can be listed: numbers, each on its own, or one-hot vectors.

use crate::event::EventTy;
use crate::rows::DistRow;

/// How many values one independent part of a draw takes, and how many numbers it has: one, or a whole one-hot vector.
fn part(row: &dyn DistRow, ty: &EventTy) -> Option<(usize, usize)> {
    let values = ty.kind.cardinality()?;
    match (row.vector(), ty.shape.last()) {
        (true, Some(&n)) => Some((n, n)),
        (true, None) | (false, _) => Some((values, 1)),
    }
}

/// How many values a draw of this distribution and type takes in all; `None` where it is continuous, or where the number does not fit.
pub fn count(row: &dyn DistRow, ty: &EventTy) -> Option<usize> {
    let (values, width) = part(row, ty)?;
    let parts = ty.size() / width.max(1);
    values.checked_pow(u32::try_from(parts).ok()?)
}

/// Value `i` of [`count`], row-major; the first part changes fastest.
pub fn nth(row: &dyn DistRow, ty: &EventTy, i: usize) -> Vec<f64> {
    let Some((values, width)) = part(row, ty) else { return Vec::new() };
    let (mut rest, mut out) = (i, Vec::with_capacity(ty.size()));
    while out.len() < ty.size() {
        let v = rest % values.max(1);
        rest /= values.max(1);
        match row.vector() {
            true => out.extend((0..width).map(|j| f64::from(u8::from(j == v)))),
            false => out.push(v as f64),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;
    use crate::rows::distribution::spelled;
    use std::collections::BTreeSet;

    #[test]
    fn values_are_listed_once_each() {
        for (name, kind, shape, want) in [
            ("Bernoulli", Kind::Bool, vec![], 2),
            ("Bernoulli", Kind::Bool, vec![3], 8),
            ("Categorical", Kind::Class(3), vec![2], 9),
            ("OneHotCategorical", Kind::OneHot, vec![3], 3),
            ("OneHotCategorical", Kind::OneHot, vec![2, 4], 16),
        ] {
            let (row, ty) = (spelled(name).unwrap(), EventTy { kind, shape });
            assert_eq!(count(row, &ty), Some(want), "{name} {ty}");
            let all: BTreeSet<Vec<u8>> =
                (0..want).map(|i| nth(row, &ty, i).iter().map(|v| *v as u8).collect()).collect();
            assert_eq!(all.len(), want, "{name} {ty}: {all:?}");
            assert!(all.iter().all(|v| v.len() == ty.size()));
            if name == "OneHotCategorical" {
                assert!(
                    all.iter()
                        .all(|v| v.chunks(*ty.shape.last().unwrap()).all(|c| c.iter().sum::<u8>() == 1)),
                    "{all:?}"
                );
            }
        }
        let many = EventTy { kind: Kind::Bool, shape: vec![4096] };
        assert_eq!(count(spelled("Bernoulli").unwrap(), &many), None);
        assert_eq!(count(spelled("Normal").unwrap(), &EventTy { kind: Kind::REAL, shape: vec![2] }), None);
    }
}
