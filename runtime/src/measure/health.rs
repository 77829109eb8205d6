//! Measures the health of a latent variable model; [`super::latent`] says it in words.
//!
//! Measured are the KL of each latent dimension, or of the whole site where it has no parts (a flow or a sum
//! lies between the draw and its density), how many dimensions are active, how widely the codes of the data
//! lie, and how far what the model shows lies from real examples: the distance of each picture of the decoder
//! to the nearest of many training examples, for reconstructions of test examples and for samples. Both come
//! out of the same decoder as means (levels with an order, too; medians where there is no mean), so that
//! noise and blur are the same, and nothing in it is the model's own opinion of itself (a bound is: where the
//! guide was never trained, it says little). Where the codes of the data fill the prior both distances agree;
//! where samples decode what was never trained, samples lie farther off.

use super::latent::{Active, Distances, Kl, LatentReport, VARIES, above, active_parts};
use super::samples::{draw, find, shown};
use super::scores::error_of_count;
use crate::exec::ExecError;
use crate::session::{Position, Purpose, Session};
use gmc_compiler::derive::{Output, Question};
use gmc_compiler::event::Kind;
use gmc_compiler::rows::data::PRESENT;
use std::collections::BTreeMap;

/// Test examples, and samples, that are looked at.
const LOOK: usize = 500;
/// Test examples whose codes are looked at.
const CODES: usize = 2000;
/// Training examples that distances are measured to.
const REAL: usize = 5000;

/// How many dimensions of each latent site are active, given its KL: those whose KL is above a hundredth of a
/// nat, and where the KL has no parts, those in which the code of a datum, which is the guide's mean, varies
/// over at most `most` test examples (Burda et al. 2016, section 5). A site without either is left out.
///
/// # Errors
/// What running a program reports.
pub fn activity(
    s: &mut Session,
    kl: &BTreeMap<String, Kl>,
    most: usize,
    seed: u64,
) -> Result<BTreeMap<String, Active>, ExecError> {
    let mut means: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    if kl.values().any(|k| matches!(k, Kl::Whole(_))) {
        for (site, (values, d)) in codes(s, most, seed)? {
            means.insert(site, deviations(&values, d));
        }
    }
    let n = test_rows(s, most);
    let of = |name: &String, kl: &Kl| match kl {
        Kl::Each(kl) => Some(Active { active: active_parts(kl), of: kl.len(), error: None }),
        Kl::Whole(_) => {
            name.split(',').try_fold(Active { active: 0, of: 0, error: Some(0.0) }, |sum, site| {
                let variances: Vec<f64> = means.get(site)?.iter().map(|d| d * d).collect();
                let active = variances.iter().filter(|v| **v > VARIES).count();
                // Of n normal numbers with this variance the variance is known up to a factor of 1 ± √(2 / (n - 1)).
                let share = (2.0 / (n as f64 - 1.0).max(1.0)).sqrt();
                let each = error_of_count(variances.iter().map(|v| above(*v, share * v, VARIES)));
                let error = sum.error.map(|e| e.hypot(each));
                Some(Active { active: sum.active + active, of: sum.of + variances.len(), error })
            })
        }
    };
    Ok(kl.iter().filter_map(|(name, kl)| Some((name.clone(), of(name, kl)?))).collect())
}

/// Test examples whose codes are looked at.
fn test_rows(s: &Session, most: usize) -> usize {
    s.test_examples().min(most).min(CODES)
}

/// The codes of the test part, row by row, and the numbers of one code, by site.
///
/// # Errors
/// What running the program reports.
pub fn codes(
    s: &mut Session,
    most: usize,
    seed: u64,
) -> Result<BTreeMap<String, (Vec<f32>, usize)>, ExecError> {
    let Some(program) = s.answer(Question::Encode).ok().map(|a| a.program.clone()) else {
        return Ok(BTreeMap::new());
    };
    let mut codes: BTreeMap<String, (Vec<f32>, usize)> = BTreeMap::new();
    for (i, rows) in s.test_chunks(test_rows(s, most)).iter().enumerate() {
        let data = s.batch(true, rows);
        let at = Position::of(Purpose::Codes { chunk: i as u64 }, seed);
        for (name, t) in s.run(&program, rows.len(), &data, at)? {
            if let Output::Code(site) = name {
                let d = t.shape().iter().skip(1).product();
                codes.entry(site).or_insert_with(|| (Vec::new(), d)).0.extend(t.to_f32());
            }
        }
    }
    Ok(codes)
}

/// Mean over `shown` of the distance to the nearest of `real`, all rows of `d` numbers: root mean square per
/// element.
fn nearest(shown: &[f32], real: &[f32], d: usize) -> f64 {
    let rows = shown.chunks_exact(d.max(1));
    let n = rows.len().max(1) as f64;
    let mut sum = 0.0;
    for x in rows {
        let mut best = f32::INFINITY;
        for y in real.chunks_exact(d.max(1)) {
            best = best.min(x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum());
        }
        sum += (f64::from(best) / d.max(1) as f64).sqrt();
    }
    sum / n
}

/// How far reconstructions and samples lie from real examples; nothing where the model lacks either, or has
/// no training data to compare with, or where all that it shows is a class.
fn distances(s: &mut Session, most: usize, seed: u64) -> Result<Option<Distances>, ExecError> {
    let Some((name, ty)) = s.observed() else { return Ok(None) };
    if s.data_type(&name).is_some_and(|ty| matches!(ty.kind, Kind::Class(_))) {
        return Ok(None);
    }
    let d = ty.size();
    // Of pixels that are drawn anew at every visit these are the probabilities: what a mean is to be compared
    // with.
    let column = s.train_column(&name);
    let real: Vec<f32> = column.map_or(Vec::new(), |c| c.whole(REAL));
    let n = s.test_examples().min(most).min(LOOK);
    let program = s.answer(Question::Reconstruct).ok().map(|a| a.program.clone());
    let Some(program) = program.filter(|_| !real.is_empty() && n > 0 && d > 0) else { return Ok(None) };
    let rows: Vec<usize> = (0..n).collect();
    let data = s.batch(true, &rows);
    let position = Position::of(Purpose::Distances, seed);
    let again = s.run(&program, n, &data, position)?.numbers(&Output::Site(name.clone()));
    let drawn = draw(s, n, seed)?;
    let (Some(again), Some((_, fresh, _))) = (again, shown(&drawn, &name)) else { return Ok(None) };
    Ok(Some(Distances { reconstructions: nearest(&again, &real, d), samples: nearest(fresh, &real, d) }))
}

/// Standard deviations of the columns of rows of `d` numbers, of those that are there.
pub(super) fn deviations(values: &[f32], d: usize) -> Vec<f64> {
    let mut out = Vec::new();
    for j in 0..d {
        let column = || values.iter().skip(j).step_by(d).map(|x| f64::from(*x)).filter(|x| *x > PRESENT);
        let n = column().count().max(1) as f64;
        let mean = column().sum::<f64>() / n;
        out.push((column().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt());
    }
    out
}

/// Measures the latent sites of a model, given the KL by site: how many dimensions are active,
/// how widely the codes of at most `most` test examples lie, and how far from real examples what the model
/// shows. `written`: a goal writes the KL out, and no bound does.
///
/// # Errors
/// What running a program reports.
pub fn measure(
    s: &mut Session,
    kl: BTreeMap<String, Kl>,
    written: bool,
    most: usize,
    seed: u64,
) -> Result<Vec<LatentReport>, ExecError> {
    let sampled = s.answer(Question::Sample).is_ok();
    if kl.is_empty() || !sampled && !written {
        return Ok(Vec::new());
    }
    let n = test_rows(s, most);
    s.infer_test(n, seed)?;
    let codes = codes(s, most, seed)?;
    let active = activity(s, &kl, most, seed)?;
    let drawn = if sampled { draw(s, 1000, seed)? } else { Vec::new() };
    let distances = if sampled { distances(s, most, seed)? } else { None };
    let mut out = Vec::new();
    for (name, kl) in kl {
        let (mut spread, mut size) = (0f64, 0);
        for site in name.split(',') {
            let prior = find(&drawn, &Output::Site(site.to_string()));
            let d = prior.map_or(0, |(_, _, shape)| shape.iter().product());
            size += d;
            if let (Some((_, p, _)), Some((c, _))) = (prior, codes.get(site)) {
                let wider = deviations(c, d)
                    .iter()
                    .zip(&deviations(p, d))
                    .map(|(c, p)| c / p.max(1e-6))
                    .fold(0.0, f64::max);
                spread = spread.max(wider);
            }
        }
        // Without draws of the prior a KL says how many parts its site has.
        if let (0, Kl::Each(parts)) = (size, &kl) {
            size = parts.len();
        }
        out.push(LatentReport {
            active: active.get(&name).copied(),
            name,
            kl,
            size,
            spread,
            distances,
            written,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_to_the_nearest_row() {
        let real = [0.0, 0.0, 3.0, 4.0];
        // (0, 0) lies on the first row, (3, 2) is 2 away from the second: (0 + 2 / √2) / 2.
        assert!((nearest(&[0.0, 0.0, 3.0, 2.0], &real, 2) - 2f64.sqrt() / 2.0).abs() < 1e-6);
    }
}
