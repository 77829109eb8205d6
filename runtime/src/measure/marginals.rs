//! The columns of a table as histograms, each by itself: test examples beside samples of the model.

use super::critics::Histogram;
use super::samples::{draw, find};
use crate::exec::ExecError;
use crate::session::Session;
use gmc_compiler::derive::{Output, Question};
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::rows::data::PRESENT;

/// Samples that are drawn.
const SAMPLES: usize = 2000;
/// Columns that are shown, at most.
const COLUMNS: usize = 24;
/// Bins of numbers, and most values of a class or a level that have a bin each.
const BINS: usize = 24;
const VALUES: usize = 40;
/// Longest list of class names that stands below an axis.
const NAMES: usize = 60;

/// Variables of one number, and vectors whose elements are columns of a table; nothing where the model has no samples.
///
/// # Errors
/// What running the program reports.
pub fn marginals(s: &mut Session, seed: u64) -> Result<Vec<Histogram>, ExecError> {
    if s.answer(Question::Sample).is_err() || s.test_examples() == 0 {
        return Ok(Vec::new());
    }
    let observed = s.model().into_iter().flat_map(|m| &m.sites).filter(|site| site.observed);
    let shown: Vec<(String, EventTy)> = observed
        .filter_map(|site| Some((site.name.clone(), s.data_type(&site.name)?.clone())))
        .filter(|(name, ty)| ty.shape.is_empty() || !s.columns(name).is_empty())
        .collect();
    let columns: usize = shown.iter().map(|(_, ty)| ty.size()).sum();
    if shown.is_empty() || columns > COLUMNS {
        return Ok(Vec::new());
    }
    let drawn = draw(s, SAMPLES, seed)?;
    let mut all = Vec::new();
    for (name, ty) in shown {
        let d = ty.size().max(1);
        let Some(test) = s.test_column(&name) else { continue };
        let Some((_, made, _)) = find(&drawn, &Output::Site(name.clone())) else { continue };
        for (e, called) in s.elements(&name, d).into_iter().enumerate() {
            let of = |values: &[f32]| {
                let column = values.iter().skip(e).step_by(d).map(|v| f64::from(*v));
                column.filter(|v| *v > PRESENT && v.is_finite()).collect::<Vec<f64>>()
            };
            all.extend(histogram(&called, ty.kind, s.labels(&name), [&of(&test.values), &of(made)]));
        }
    }
    Ok(all)
}

/// Test examples and samples in equal bins: one for each value where there are few, else between the first and the last hundredth of the data.
fn histogram(name: &str, kind: Kind, labels: &[String], [test, made]: [&[f64]; 2]) -> Option<Histogram> {
    let few = match kind {
        Kind::Bool | Kind::OneHot => Some(2),
        Kind::Int(n) | Kind::Class(n) => Some(n).filter(|n| *n <= VALUES),
        Kind::Real(_) | Kind::Count => None,
    };
    let (range, bins) = match few {
        Some(n) => ([-0.5, n as f64 - 0.5], n),
        None => {
            let mut sorted = test.to_vec();
            sorted.sort_by(f64::total_cmp);
            let at = |q: f64| sorted.get((q * sorted.len().saturating_sub(1) as f64) as usize).copied();
            ([at(0.01)?, at(0.99)?], BINS)
        }
    };
    let [lo, hi] = range;
    if hi <= lo || test.is_empty() || made.is_empty() {
        return None;
    }
    let shares = |values: &[f64]| {
        let mut out = vec![0.0; bins];
        for v in values.iter().filter(|v| (lo..=hi).contains(*v)) {
            let at = ((v - lo) / (hi - lo) * bins as f64) as usize;
            if let Some(b) = out.get_mut(at.min(bins - 1)) {
                *b += 1.0 / values.len() as f64;
            }
        }
        out
    };
    let names: Vec<String> = labels.iter().enumerate().map(|(i, l)| format!("{i} {l}")).collect();
    let names = names.join(", ");
    let name = if names.is_empty() || names.len() > NAMES { name.into() } else { format!("{name}: {names}") };
    let sets = vec![("test examples".into(), shares(test)), ("samples".into(), shares(made))];
    Some(Histogram { name, range, sets })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_bins_of_their_own_and_numbers_lie_between_hundredths() {
        let names = ["ash".to_string(), "oak".to_string()];
        let of = histogram("kind", Kind::Class(2), &names, [&[0.0, 1.0, 1.0, 1.0], &[0.0, 1.0]]).unwrap();
        assert_eq!((of.name.as_str(), of.range), ("kind: 0 ash, 1 oak", [-0.5, 1.5]));
        assert_eq!((&of.sets[0].1[..], &of.sets[1].1[..]), (&[0.25, 0.75][..], &[0.5, 0.5][..]));
        let real = Kind::REAL;
        let numbers: Vec<f64> = (0..=200).map(f64::from).collect();
        let of = histogram("x", real, &[], [&numbers, &[100.0, 1e9]]).unwrap();
        assert_eq!(of.range, [2.0, 198.0]);
        // What lies outside is in no bin.
        assert_eq!(of.sets[1].1.iter().sum::<f64>(), 0.5);
        assert_eq!(histogram("x", real, &[], [&[1.0, 1.0], &[1.0]]), None);
    }
}
