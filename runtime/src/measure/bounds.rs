//! Densities of the test part: exact ones, bounds and their parts, importance-weighted bounds.

use super::budget::Budget;
use super::health;
use super::latent::Kl;
use super::means::{means, position};
use super::metric::{LogDensity, Metric, Per};
use super::scores::{Score, Trust, bits_per_dim};
use crate::exec::ExecError;
use crate::session::{Position, Purpose, Session};
use gmc_compiler::derive::{Output, Program};
use gmc_compiler::event::{EventTy, Kind};
use std::collections::BTreeMap;

/// Types of the data that the first model observes.
fn observed(s: &Session) -> Vec<&EventTy> {
    let model = s.typed.models.iter().find(|m| !m.guide);
    let sites = model.into_iter().flat_map(|m| &m.sites).filter(|site| site.observed);
    let of = |name: &String| s.typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == *name);
    sites.filter_map(|site| of(&site.name)).map(|v| &v.ty).collect()
}

/// A negative log-probability in nats and, for discrete data, in bits per dimension of the data; a class
/// beside them is no dimension.
pub fn losses(s: &Session, density: LogDensity, nats: f64, trust: Trust) -> Vec<Score> {
    let mut scores = vec![Score::new(&Metric::NegativeLog(density, Per::Example), nats, trust.clone())];
    let observed = observed(s);
    let class = |ty: &EventTy| matches!(ty.kind, Kind::Class(_));
    let beside: usize = observed.iter().filter(|ty| !class(ty)).map(|ty| ty.size()).sum();
    let dims = if beside > 0 { beside } else { observed.iter().map(|ty| ty.size()).sum() };
    if dims > 0 && observed.iter().all(|ty| ty.kind.discrete()) {
        let bits = bits_per_dim(nats, dims, 1.0);
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
    let mut scores = losses(s, LogDensity::Elbo, -m.get(&Output::Elbo), Trust::Bound { samples: 1 });
    scores.push(Score::new(&Metric::Reconstruction, -m.get(&Output::Reconstruction), Trust::of_samples(n)));
    scores.push(Score::new(&Metric::Kl, m.get(&Output::Kl), Trust::of_samples(n)));
    let kl = kl_of_sites(s, program, seed, budget.examples)?;
    let units = health::activity(s, &kl, budget.examples, seed)?;
    let (active, of) = units.values().fold((0, 0), |(a, n), u| (a + u.active, n + u.of));
    if of > 0 {
        scores.push(Score::new(&Metric::ActiveUnits { of }, active as f64, Trust::of_samples(n)));
    }
    if budget.k > 0 {
        let nats = -importance_weighted(s, program, seed, budget)?;
        scores.extend(losses(
            s,
            LogDensity::ImportanceWeighted,
            nats,
            Trust::Bound { samples: budget.k as u64 },
        ));
    }
    Ok(scores)
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
) -> Result<BTreeMap<String, Kl>, ExecError> {
    let mut means: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut whole = Vec::new();
    let chunks = s.test_chunks(most);
    let total: usize = chunks.iter().map(Vec::len).sum();
    for (i, rows) in chunks.iter().enumerate() {
        let data = s.batch(true, rows);
        for (name, t) in s.run(program, rows.len(), &data, position(seed, i))? {
            if let Output::KlSite(site) = &name {
                whole.push(site.clone());
            }
            if let Output::KlDim(site) | Output::KlSite(site) = name {
                let v = t.to_f32();
                let d = v.len() / rows.len().max(1);
                let mean = means.entry(site).or_insert_with(|| vec![0.0; d]);
                for row in v.chunks(d.max(1)) {
                    mean.iter_mut().zip(row).for_each(|(m, x)| *m += f64::from(*x) / total as f64);
                }
            }
        }
    }
    let kind = |site: &String, kl: Vec<f64>| match whole.contains(site) {
        true => Kl::Whole(kl.iter().sum()),
        false => Kl::Each(kl),
    };
    Ok(means.into_iter().map(|(site, kl)| (site.clone(), kind(&site, kl))).collect())
}

/// Mean over the test part of log (1/K) Σ p(x, z) / q(z | x), in nats (Burda et al. 2016, eq. 8).
fn importance_weighted(
    s: &mut Session,
    program: &Program,
    seed: u64,
    budget: Budget,
) -> Result<f64, ExecError> {
    let (mut sum, mut total) = (0.0, 0usize);
    for (i, rows) in s.test_chunks(budget.examples).iter().enumerate() {
        let data = s.fixed_batch(rows, seed);
        let mut log_sum = vec![f64::NEG_INFINITY; rows.len()];
        for sample in 1..=budget.k as u64 {
            let at = Position::of(Purpose::Importance { chunk: i as u64, sample }, seed);
            let weights = s.run(program, rows.len(), &data, at)?.numbers(&Output::LogWeight);
            for (l, w) in log_sum.iter_mut().zip(weights.unwrap_or_default()) {
                *l = log_add(*l, f64::from(w));
            }
        }
        sum += log_sum.iter().map(|l| l - (budget.k as f64).ln()).sum::<f64>();
        total += rows.len();
    }
    Ok(sum / total.max(1) as f64)
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
