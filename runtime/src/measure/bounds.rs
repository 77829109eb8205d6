//! Densities of the test part: exact ones, bounds and their parts, importance-weighted bounds.

use super::budget::Budget;
use super::health;
use super::latent::{INACTIVE, Kl, above};
use super::means::{Mean, means, position, weighted_error};
use super::metric::{LogDensity, Metric, Per};
use super::scores::{Score, Trust, bits_per_dim, error_of_count};
use crate::exec::ExecError;
use crate::session::{Position, Purpose, Session};
use gmc_compiler::derive::{Output, Program};
use gmc_compiler::event::{EventTy, Kind};
use std::collections::BTreeMap;

/// Types of the data that the model that is asked observes.
fn observed(s: &Session) -> Vec<&EventTy> {
    let sites = s.model().into_iter().flat_map(|m| &m.sites).filter(|site| site.observed);
    let of = |name: &String| s.typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == *name);
    sites.filter_map(|site| of(&site.name)).map(|v| &v.ty).collect()
}

/// A negative log-probability in nats and, for discrete data, in bits per dimension of the data; a class
/// beside them is no dimension. Of text in bits per character instead, and as perplexity (Jelinek et al. 1977).
pub fn losses(s: &Session, density: LogDensity, nats: f64, trust: Trust) -> Vec<Score> {
    let mut scores = vec![Score::new(&Metric::NegativeLog(density, Per::Example), nats, trust.clone())];
    if let Some(n) = s.written_elements() {
        let each = |f: f64| f / n as f64;
        let perplexity = each(nats).exp();
        let bits = Metric::NegativeLog(density, Per::Character);
        scores.push(Score::new(
            &bits,
            bits_per_dim(nats, n, 1.0),
            trust.clone().scaled(bits_per_dim(1.0, n, 1.0)),
        ));
        scores.push(Score::new(&Metric::Perplexity(density), perplexity, trust.scaled(each(perplexity))));
        return scores;
    }
    let observed = observed(s);
    let class = |ty: &EventTy| matches!(ty.kind, Kind::Class(_));
    let beside: usize = observed.iter().filter(|ty| !class(ty)).map(|ty| ty.size()).sum();
    let dims = if beside > 0 { beside } else { observed.iter().map(|ty| ty.size()).sum() };
    // Of sequences whose lengths differ, and where cells are missing, the number of elements does, too.
    let gaps = s.typed.data.iter().flat_map(|d| &d.vars).any(|v| {
        let site = s.model().and_then(|m| m.site(&v.name));
        v.cells.missing && site.is_some_and(|site| site.observed)
    });
    if dims > 0 && !gaps && !s.until_the_end() && observed.iter().all(|ty| ty.kind.discrete()) {
        let bits = bits_per_dim(nats, dims, 1.0);
        let trust = trust.scaled(bits_per_dim(1.0, dims, 1.0));
        scores.push(Score::new(&Metric::NegativeLog(density, Per::Dimension), bits, trust));
    }
    scores
}

/// The bound that a program gives, with its parts, over `n` test examples.
///
/// # Errors
/// What running the program reports.
pub fn bound(
    s: &mut Session,
    program: &Program,
    seed: u64,
    budget: Budget,
    n: usize,
) -> Result<Vec<Score>, ExecError> {
    let m = means(s, program, seed, budget.examples)?;
    let [elbo, reconstruction, kl] = [Output::Elbo, Output::Reconstruction, Output::Kl].map(|o| m.get(&o));
    let estimate = |mean: Mean| Trust::estimate(n, mean.error);
    let mut scores = losses(s, LogDensity::Elbo, -elbo.value, Trust::bound(1, elbo.error));
    scores.push(Score::new(&Metric::Reconstruction, -reconstruction.value, estimate(reconstruction)));
    scores.push(Score::new(&Metric::Kl, kl.value, estimate(kl)));
    let sites = kl_of_sites(s, program, seed, budget.examples)?;
    let of_kl = sites.iter().map(|(site, found)| (site.clone(), found.kl.clone())).collect();
    let units = health::activity(s, &of_kl, budget.examples, seed)?;
    let (active, of) = units.values().fold((0, 0), |(a, n), u| (a + u.active, n + u.of));
    if of > 0 {
        let error = units.iter().map(|(site, u)| {
            let sure = sites.get(site).and_then(SiteKl::error_of_active);
            sure.or(u.error).map(|e| e * e)
        });
        let error = error.sum::<Option<f64>>().map(f64::sqrt);
        scores.push(Score::new(&Metric::ActiveUnits { of }, active as f64, Trust::estimate(n, error)));
    }
    if budget.k > 0 {
        let log = importance_weighted(s, program, seed, budget)?;
        scores.extend(losses(
            s,
            LogDensity::ImportanceWeighted,
            -log.value,
            Trust::bound(budget.k, log.error),
        ));
    }
    Ok(scores)
}

/// The KL of a latent site, and what is known of its error.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteKl {
    /// Means over the test part, nats.
    pub kl: Kl,
    /// Standard error of each mean; none where there is a single example.
    pub errors: Option<Vec<f64>>,
}

impl SiteKl {
    /// Standard error of how many dimensions are active: each is so with the probability that its mean KL, known up to its error, lies above
    /// the threshold. None where a dimension's activity is not told by its KL.
    fn error_of_active(&self) -> Option<f64> {
        let (Kl::Each(means), Some(errors)) = (&self.kl, &self.errors) else { return None };
        Some(error_of_count(means.iter().zip(errors).map(|(m, e)| above(*m, *e, INACTIVE))))
    }
}

/// Mean KL over the test part, in nats, by latent site: of each dimension, or of the whole site where it has
/// no parts.
///
/// # Errors
/// What running the program reports.
pub fn kl_of_sites(
    s: &mut Session,
    program: &Program,
    seed: u64,
    most: usize,
) -> Result<BTreeMap<String, SiteKl>, ExecError> {
    let mut sums: BTreeMap<String, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    let mut whole = Vec::new();
    let chunks = s.test_chunks(most);
    let total: usize = chunks.iter().map(Vec::len).sum();
    let count: f64 = chunks.iter().flatten().map(|r| s.test_weight(*r)).sum::<f64>().max(f64::MIN_POSITIVE);
    for (i, rows) in chunks.iter().enumerate() {
        let data = s.batch(true, rows);
        let weights: Vec<f64> = rows.iter().map(|r| s.test_weight(*r)).collect();
        for (name, t) in s.run(program, rows.len(), &data, position(seed, i))? {
            if let Output::KlSite(site) = &name {
                whole.push(site.clone());
            }
            if let Output::KlDim(site) | Output::KlSite(site) = name {
                let v = t.to_f32();
                let d = v.len() / rows.len().max(1);
                let (mean, square) = sums.entry(site).or_insert_with(|| (vec![0.0; d], vec![0.0; d]));
                for (row, w) in v.chunks(d.max(1)).zip(&weights) {
                    let w = w / count;
                    for ((m, q), x) in mean.iter_mut().zip(square.iter_mut()).zip(row) {
                        *m += w * f64::from(*x);
                        *q += w * f64::from(*x) * f64::from(*x);
                    }
                }
            }
        }
    }
    let found = |(site, (means, squares)): (String, (Vec<f64>, Vec<f64>))| {
        let of = |(m, q): (&f64, &f64)| ((q - m * m).max(0.0) / (total as f64 - 1.0)).sqrt();
        let errors = (total > 1).then(|| means.iter().zip(&squares).map(of).collect());
        let kl = if whole.contains(&site) { Kl::Whole(means.iter().sum()) } else { Kl::Each(means) };
        (site, SiteKl { kl, errors })
    };
    Ok(sums.into_iter().map(found).collect())
}

/// Mean over the test part of log (1/K) Σ p(x, z) / q(z | x), in nats (Burda et al. 2016, eq. 8).
fn importance_weighted(
    s: &mut Session,
    program: &Program,
    seed: u64,
    budget: Budget,
) -> Result<Mean, ExecError> {
    let (mut all, mut weights) = (Vec::new(), Vec::new());
    for (i, rows) in s.test_chunks(budget.examples).iter().enumerate() {
        let mut log_sum = vec![f64::NEG_INFINITY; rows.len()];
        each_weight(s, program, (i, rows), (seed, budget.k), &mut |row, w| {
            if let Some(l) = log_sum.get_mut(row) {
                *l = log_add(*l, w);
            }
        })?;
        all.extend(log_sum.iter().map(|l| l - (budget.k as f64).ln()));
        weights.extend(rows.iter().map(|r| s.test_weight(*r)));
    }
    let sum: f64 = all.iter().zip(&weights).map(|(l, w)| l * w).sum();
    let value = sum / weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    Ok(Mean { value, error: weighted_error(&all, &weights) })
}

/// Gives the logarithm of each of `k` importance weights of the rows of a chunk, with the number of the row in it.
fn each_weight(
    s: &mut Session,
    program: &Program,
    (chunk, rows): (usize, &[usize]),
    (seed, k): (u64, usize),
    take: &mut dyn FnMut(usize, f64),
) -> Result<(), ExecError> {
    let data = s.fixed_batch(rows, seed);
    for sample in 1..=k as u64 {
        let at = Position::of(Purpose::Importance { chunk: chunk as u64, sample }, seed);
        let weights = s.run(program, rows.len(), &data, at)?.numbers(&Output::LogWeight);
        weights.unwrap_or_default().iter().enumerate().for_each(|(row, w)| take(row, f64::from(*w)));
    }
    Ok(())
}

/// The logarithms of the `k` importance weights of each row of a chunk: those whose mean the importance-weighted bound takes.
///
/// # Errors
/// What running the program reports.
pub fn weights(
    s: &mut Session,
    program: &Program,
    chunk: (usize, &[usize]),
    draws: (u64, usize),
) -> Result<Vec<Vec<f64>>, ExecError> {
    let mut all = vec![Vec::with_capacity(draws.1); chunk.1.len()];
    each_weight(s, program, chunk, draws, &mut |row, w| {
        if let Some(of) = all.get_mut(row) {
            of.push(w);
        }
    })?;
    Ok(all)
}

/// ln(e^a + e^b): of two probabilities 0 it is that of 0, and what is no number makes none.
pub fn log_add(a: f64, b: f64) -> f64 {
    let m = a.max(b);
    match (a.is_nan() || b.is_nan(), m.is_infinite()) {
        (true, _) => f64::NAN,
        (false, true) => m,
        (false, false) => m + ((a - m).exp() + (b - m).exp()).ln(),
    }
}
