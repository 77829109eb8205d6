//! Numbers of files, read in 64 bits, as the 32 bits that models are trained in. What the narrowing would lose is an error: two
//! values that become one are no longer the data that were declared.

use super::DataIssue;
use std::collections::HashMap;

/// Whole numbers up to here are the same in 32 bits (2²⁴).
const WHOLE: f64 = 16_777_216.0;
/// Beyond these every number of 64 bits is whole (2⁵³), which then says nothing about what it counts.
const ALL_WHOLE: f64 = 9_007_199_254_740_992.0;
/// A spacing of this part of a column's standard deviation is fine enough: what merges below it is a matter of chance among very many values.
const FINE: f64 = 1e-5;

/// Numbers below this have fewer than seven digits in 32 bits, or none: it is not their offset that is too large.
const SMALL: f64 = 1e-37;

/// The distance from `x` to the next number of 32 bits above it.
fn spacing(x: f64) -> f64 {
    let x = (x.abs() as f32).max(f32::MIN_POSITIVE);
    f64::from(f32::from_bits(x.to_bits() + 1)) - f64::from(x)
}

/// What the narrowing of one column loses.
struct Loss {
    /// Which column.
    column: usize,
    /// Different values.
    before: usize,
    /// Different values in 32 bits.
    after: usize,
    /// The least value, from which an offset follows.
    least: f64,
    /// The largest, sign apart.
    most: f64,
    /// A whole number that is rounded.
    rounded: Option<f64>,
}

/// `values` in 32 bits, each less the offset of its column; `width` columns lie side by side. `name` tells people which column is meant.
///
/// # Errors
/// Values that are different in 64 bits and the same in 32, in a column whose spread the spacing of 32 bits does not resolve; whole numbers
/// past 2²⁴ that 32 bits change.
pub(super) fn narrow(
    file: &str,
    values: &[f64],
    width: usize,
    offsets: &[f64],
    name: &dyn Fn(usize) -> String,
) -> Result<Vec<f32>, DataIssue> {
    let width = width.max(1);
    let offset = |i: usize| match offsets {
        [] => 0.0,
        [one] => *one,
        all => all.get(i % width).copied().unwrap_or(0.0),
    };
    let moved: Vec<f64> = values.iter().enumerate().map(|(i, v)| v - offset(i)).collect();
    match lost(&moved, width) {
        None => Ok(moved.iter().map(|v| *v as f32).collect()),
        Some(loss) => {
            let start = (loss.least + offset(loss.column)).floor();
            let help = if loss.most < SMALL {
                format!("save them in a unit in which they are near 1: the largest is {:e}", loss.most)
            } else {
                format!("subtract a number in 64 bits while loading: `offset: {start}`")
            };
            Err(DataIssue::new(format!("`{file}` holds numbers that 32 bits cannot tell apart"), help)
                .note(match loss.rounded.filter(|_| loss.before == loss.after) {
                    Some(v) => format!("{}: {v} would become {}", name(loss.column), v as f32),
                    None => {
                        format!(
                            "{}: {} different values would become {}",
                            name(loss.column),
                            loss.before,
                            loss.after
                        )
                    }
                })
                .note("models are trained in 32 bits, which hold seven digits".to_string()))
        }
    }
}

/// The first column that loses something.
fn lost(values: &[f64], width: usize) -> Option<Loss> {
    let n = values.len() / width;
    // Values that 32 bits hold as they are need no closer look, and are most of what there is.
    let changed = |v: &f64| f64::from(*v as f32) != *v;
    for column in 0..width {
        let each = || values.iter().skip(column).step_by(width);
        if !each().any(changed) {
            continue;
        }
        let mean = each().sum::<f64>() / n.max(1) as f64;
        let std = (each().map(|v| (v - mean).powi(2)).sum::<f64>() / n.max(1) as f64).sqrt();
        let mut seen: HashMap<u32, f64> = HashMap::new();
        let mut coarse = false;
        for v in each() {
            let first = *seen.entry((*v as f32).to_bits()).or_insert(*v);
            coarse |= first != *v && spacing(*v) > FINE * std;
        }
        let count = |v: &f64| v.fract() == 0.0 && v.abs() <= ALL_WHOLE;
        let rounded = each().find(|v| v.abs() > WHOLE && changed(v)).filter(|_| each().all(count)).copied();
        if coarse || rounded.is_some() {
            let mut all: Vec<f64> = each().copied().collect();
            all.sort_by(f64::total_cmp);
            all.dedup();
            let least = all.first().copied().unwrap_or(0.0);
            let most = all.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
            return Some(Loss { column, before: all.len(), after: seen.len(), least, most, rounded });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], width: usize, offsets: &[f64]) -> Result<Vec<f32>, DataIssue> {
        narrow("f", values, width, offsets, &|c| format!("column {c}"))
    }

    #[test]
    fn what_32_bits_merge_is_counted_and_an_offset_brings_it_back() {
        let stamps: Vec<f64> = (0..500).map(|i| 1.7e9 + 0.5 * f64::from(i)).collect();
        let issue = of(&stamps, 1, &[]).expect_err("merged");
        assert!(issue.notes.iter().any(|n| n.contains("500 different values would become 3")), "{issue:?}");
        assert!(issue.help.contains("offset: 1700000000"), "{issue:?}");
        assert_eq!(of(&stamps, 1, &[1.7e9]).map(|v| v.first().copied()), Ok(Some(0.0)));
        // What is too small for 32 bits is in the wrong unit.
        let small: Vec<f64> = (0..50).map(|i| 1e-50 * f64::from(i)).collect();
        assert!(
            of(&small, 1, &[]).is_err_and(|i| i.help.contains("in a unit") && i.help.contains("4.9e-49"))
        );
        // Only the column that is meant moves.
        let table: Vec<f64> = stamps.iter().flat_map(|s| [1.0, *s]).collect();
        assert!(of(&table, 2, &[]).is_err_and(|i| i.notes.iter().any(|n| n.starts_with("column 1:"))));
        assert_eq!(of(&table, 2, &[0.0, 1.7e9]).map(|v| v.first().copied()), Ok(Some(1.0)));
    }

    #[test]
    fn whole_numbers_past_24_bits_are_not_rounded_in_silence() {
        assert!(of(&[16_777_216.0, 16_777_217.0], 1, &[]).is_err());
        let issue = of(&[16_777_217.0], 1, &[]).expect_err("rounded");
        assert!(issue.notes.iter().any(|n| n == "column 0: 16777217 would become 16777216"), "{issue:?}");
        // Numbers of this size are whole whatever they measure.
        assert!(of(&[0.3e18, 0.7e18 + 1024.0], 1, &[]).is_ok());
        assert!(of(&[16_777_216.0, 33_554_432.0], 1, &[]).is_ok(), "these are the same in 32 bits");
    }

    #[test]
    fn ordinary_numbers_pass() {
        assert!(of(&[0.1, 0.2, 1.0 / 3.0, -5e-8, 1e30], 1, &[]).is_ok());
        // A hundred thousand values close together merge here and there, far below what matters.
        let many: Vec<f64> = (0..100_000).map(|i| (f64::from(i) * 0.618_033_988_749_895).fract()).collect();
        assert!(of(&many, 1, &[]).is_ok());
        let shifted: Vec<f64> = many.iter().map(|v| v + 1e5).collect();
        assert!(of(&shifted, 1, &[]).is_err());
    }
}
