//! Numbers about a trained model, each with how far it can be trusted.

use crate::classify;
use crate::exec::{ExecError, RngKey};
use crate::health::{self, Code, Kl};
use crate::metrics::{Number, Score, Trust, coverage};
use crate::session::{At, Session};
use gmc_compiler::derive::NumberKind;
use gmc_compiler::event::Kind;
use gmc_compiler::rows::args::Const;
use std::collections::BTreeMap;

/// Examples evaluated at once.
const CHUNK: usize = 500;

/// How much of the test part to look at.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// At most this many test examples.
    pub examples: usize,
    /// Samples per example of an importance-weighted bound; 0: none.
    pub k: usize,
    /// Samples drawn from the model for measures of samples; 0: none.
    pub samples: usize,
}

/// What `eval { .. }` of the spec asks for, at the end of a run.
pub fn full(s: &Session) -> Effort {
    let number = |name: &str| s.typed.eval.get(name).and_then(Const::num).map(|x| x as usize);
    Effort { examples: usize::MAX, k: number("iwae").unwrap_or(0), samples: number("modes").unwrap_or(2500) }
}

/// A quick look while training.
pub const GLANCE: Effort = Effort { examples: 1000, k: 0, samples: 0 };

/// Rows of the test part in chunks.
fn chunks(s: &Session, most: usize) -> Vec<Vec<usize>> {
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0).min(most);
    let rows: Vec<usize> = (0..n).collect();
    rows.chunks(CHUNK).map(<[usize]>::to_vec).collect()
}

fn at(seed: u64, step: u64) -> At {
    // Keys of evaluation lie beyond all rounds.
    At { key: RngKey { seed, step: step | 1 << 62 }, ..At::default() }
}

/// Means of the `[B]` outputs of a program over the test part.
fn means(s: &mut Session, program: &str, seed: u64, most: usize) -> Result<BTreeMap<String, f64>, ExecError> {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    let mut total = 0usize;
    for (i, rows) in chunks(s, most).iter().enumerate() {
        let data = s.batch(true, rows);
        let mut at = at(seed, i as u64);
        at.progress.step = u64::MAX / 2;
        for (name, t) in s.run(program, rows.len(), &data, at, false)? {
            let v = t.to_f32();
            // A number of the whole chunk counts for each of its examples.
            let sum: f64 = match v.len() {
                n if n == rows.len() => v.iter().map(|x| f64::from(*x)).sum(),
                1 => f64::from(v.first().copied().unwrap_or(f32::NAN)) * rows.len() as f64,
                n => v.iter().map(|x| f64::from(*x)).sum::<f64>() / (n / rows.len().max(1)).max(1) as f64,
            };
            *sums.entry(name).or_default() += sum;
        }
        total += rows.len();
    }
    Ok(sums.into_iter().map(|(k, v)| (k, v / total.max(1) as f64)).collect())
}

/// Evaluates on the test part.
///
/// # Errors
/// What running a program reports.
pub fn evaluate(s: &mut Session, seed: u64, effort: Effort) -> Result<Vec<Score>, ExecError> {
    let mut scores = Vec::new();
    s.infer_test(effort.examples, seed)?;
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0).min(effort.examples);
    if n > 0 {
        let density = s.compiled.queries.iter().find(|q| q.name == "density").map(|q| q.answer.clone());
        match density {
            Some(Ok((program, Some(NumberKind::LowerBound)))) if program.starts_with("bound.") => {
                bound(s, &program, seed, effort, n, &mut scores)?;
            }
            Some(Ok((program, kind))) => {
                let m = means(s, &program, seed, effort.examples)?;
                let nats = -m.get("log_prob").copied().unwrap_or(f64::NAN);
                let trust = match kind {
                    Some(NumberKind::LowerBound) => Trust::Bound { samples: 1 },
                    Some(NumberKind::Exact | NumberKind::Estimate) | None => Trust::Exact,
                };
                push_nats(s, "negative log-likelihood", nats, trust, &mut scores);
            }
            Some(Err(_)) | None => {}
        }
        payoffs(s, "loss", "", seed, effort, n, &mut scores)?;
        if s.typed.models.is_empty() && s.has("encode") {
            active_part(s, seed, effort, &mut scores)?;
        }
        if s.has("loss.corrupted") {
            payoffs(s, "loss.corrupted", ", input corrupted", seed, effort, n, &mut scores)?;
        }
    }
    // Glances are for curves: Bayes' rule costs as many evaluations as there are classes.
    if effort.examples > GLANCE.examples
        && let Some(p) = classify::posteriors(s, seed, effort.examples, effort.k.clamp(1, 16))?
    {
        scores.extend(p.scores());
    }
    if effort.samples > 0 && s.has("agreement") {
        agreement(s, seed, &mut scores)?;
    }
    if effort.samples > 0 {
        modes(s, seed, effort.samples, &mut scores)?;
    }
    Ok(scores)
}

/// How to get a finite density where there is none.
pub const FINITE: &str = "the model gives these examples no probability, or a number is too large for 32 bits: keep scales away from 0, as in \
                      `softplus(s) + 1e-3`, bring the data to a common size, or lower the learning rate";

/// What is wrong where a score is no finite number: which ones, and for how many of the examples the density is not finite. `None` where
/// all are finite.
///
/// # Errors
/// What running a program reports.
pub fn not_finite(
    s: &mut Session,
    seed: u64,
    effort: Effort,
    scores: &[Score],
) -> Result<Option<String>, ExecError> {
    let bad: Vec<&Score> = scores.iter().filter(|s| !s.value.0.is_finite()).collect();
    let Some(first) = bad.first() else { return Ok(None) };
    let mut names: Vec<String> = Vec::new();
    for b in &bad {
        let name = format!("`{}`", b.name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let program = s
        .compiled
        .queries
        .iter()
        .find(|q| q.name == "density")
        .and_then(|q| q.answer.clone().ok())
        .map(|(p, _)| p);
    let (mut count, mut total) = (0, 0);
    if let Some(program) = program {
        for (i, rows) in chunks(s, effort.examples).iter().enumerate() {
            let data = s.batch(true, rows);
            let mut broken = vec![false; rows.len()];
            for (_, t) in s.run(&program, rows.len(), &data, at(seed, i as u64), false)? {
                let values = t.to_f32();
                if values.len() == rows.len() {
                    broken.iter_mut().zip(&values).for_each(|(b, v)| *b |= !v.is_finite());
                }
            }
            count += broken.iter().filter(|b| **b).count();
            total += rows.len();
        }
    }
    let verb = if names.len() == 1 { "is" } else { "are" };
    let of = match count {
        0 => String::new(),
        n => format!(": the density of {n} of {total} {} examples is not", first.part),
    };
    Ok(Some(format!("error: {} {verb} not finite{of}\n  = help: {FINITE}", names.join(", "))))
}

/// The payoffs of the players and their terms, as a program computes them.
fn payoffs(
    s: &mut Session,
    program: &str,
    how: &str,
    seed: u64,
    effort: Effort,
    n: usize,
    scores: &mut Vec<Score>,
) -> Result<(), ExecError> {
    let m = means(s, program, seed, effort.examples)?;
    let derived =
        s.typed.train.players.len() == 1 && s.typed.train.players.first().is_some_and(|p| p.derived);
    if derived {
        return Ok(());
    }
    for (name, v) in m {
        let shown = match name.split_once(':') {
            Some(("payoff", "all")) => "payoff".to_string(),
            Some(("payoff", p)) => format!("payoff of {p}"),
            Some((_, term)) => term.to_string(),
            None => name,
        };
        scores.push(score(
            &format!("{shown}{how}"),
            v,
            "",
            Trust::Estimate { samples: n as u64, error: None },
        ));
    }
    Ok(())
}

/// Part of the code's entries, over the test part and the units, that are active: larger in size than a tenth of the largest that their
/// unit takes. A code without sparsity lies near 80 %; a unit that is always 0 is never active.
fn active_part(s: &mut Session, seed: u64, effort: Effort, scores: &mut Vec<Score>) -> Result<(), ExecError> {
    let (mut codes, mut width, mut n) = (Vec::new(), 1, 0);
    for (i, rows) in chunks(s, effort.examples).iter().enumerate() {
        let data = s.batch(true, rows);
        for (name, t) in s.run("encode", rows.len(), &data, at(seed, i as u64), false)? {
            if name == "code:code" {
                width = t.shape().iter().skip(1).product::<usize>().max(1);
                codes.extend(t.to_f32().into_iter().map(f32::abs));
            }
        }
        n += rows.len();
    }
    let mut largest = vec![0f32; width];
    codes.chunks_exact(width).for_each(|row| largest.iter_mut().zip(row).for_each(|(m, c)| *m = m.max(*c)));
    let active = codes
        .chunks_exact(width)
        .flat_map(|row| row.iter().zip(&largest))
        .filter(|(c, m)| **c > 0.1 * **m)
        .count();
    let part = 100.0 * active as f64 / codes.len().max(1) as f64;
    scores.push(score(
        &format!("active part of the code of {width}"),
        part,
        "%",
        Trust::Estimate { samples: n as u64, error: None },
    ));
    Ok(())
}

/// How often the judge of `eval { agreement(judge) }` sees in a sample the class that it was drawn with, one sample for each test example
/// and its class, and how often it knows the class of the example itself: no agreement can be trusted beyond that.
fn agreement(s: &mut Session, seed: u64, scores: &mut Vec<Score>) -> Result<(), ExecError> {
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0);
    let Some(judge) =
        s.typed.agreement.as_ref().and_then(|a| s.typed.nets.get(a.judge)).map(|n| n.name.clone())
    else {
        return Ok(());
    };
    let m = means(s, "agreement", seed, usize::MAX)?;
    for (part, of, output) in
        [("samples", "of the class asked for", "agrees"), ("test", "of the class of real data", "knows")]
    {
        let value = 100.0 * m.get(output).copied().unwrap_or(f64::NAN);
        let trust = Trust::Estimate { samples: n as u64, error: None };
        scores.push(Score { part: part.into(), ..score(&format!("`{judge}` {of}"), value, "%", trust) });
    }
    Ok(())
}

fn score(name: &str, value: f64, unit: &str, trust: Trust) -> Score {
    Score { name: name.into(), part: "test".into(), value: Number(value), unit: unit.into(), trust }
}

/// A negative log-probability in nats and, for discrete data, in bits per dimension of the data; a class beside them is no dimension.
fn push_nats(s: &Session, name: &str, nats: f64, trust: Trust, scores: &mut Vec<Score>) {
    scores.push(score(name, nats, "nats", trust.clone()));
    let observed: Vec<_> = s
        .typed
        .models
        .iter()
        .find(|m| !m.guide)
        .into_iter()
        .flat_map(|m| &m.sites)
        .filter(|site| site.observed)
        .filter_map(|site| s.typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == site.name))
        .collect();
    let measured = |class: bool| {
        observed
            .iter()
            .filter(|v| class || !matches!(v.ty.kind, Kind::Class(_)))
            .map(|v| v.ty.size())
            .sum::<usize>()
    };
    let dims = if measured(false) > 0 { measured(false) } else { measured(true) };
    if dims > 0 && observed.iter().all(|v| v.ty.kind.discrete()) {
        scores.push(score(name, crate::metrics::bits_per_dim(nats, dims, 1.0), "bits/dim", trust));
    }
}

fn bound(
    s: &mut Session,
    program: &str,
    seed: u64,
    effort: Effort,
    n: usize,
    scores: &mut Vec<Score>,
) -> Result<(), ExecError> {
    let m = means(s, program, seed, effort.examples)?;
    let get = |k: &str| m.get(k).copied().unwrap_or(f64::NAN);
    push_nats(s, "negative ELBO", -get("elbo"), Trust::Bound { samples: 1 }, scores);
    let estimate = Trust::Estimate { samples: n as u64, error: None };
    scores.push(score("reconstruction", -get("reconstruction"), "nats", estimate.clone()));
    scores.push(score("KL", get("kl"), "nats", estimate.clone()));
    let kl = kl_of_sites(s, program, seed, effort.examples)?;
    let units = health::activity(s, &kl, effort.examples, seed)?;
    let (active, of) = units.values().fold((0, 0), |(a, n), u| (a + u.active, n + u.of));
    if of > 0 {
        scores.push(score(&format!("active units of {of}"), active as f64, "", estimate));
    }
    if effort.k > 0 {
        let nats = -iwae(s, program, seed, effort)?;
        push_nats(s, "importance-weighted bound", nats, Trust::Bound { samples: effort.k as u64 }, scores);
    }
    Ok(())
}

/// Mean KL over the test part, in nats, by latent site: of each dimension, or of the whole site where it has no parts.
fn kl_of_sites(
    s: &mut Session,
    program: &str,
    seed: u64,
    most: usize,
) -> Result<BTreeMap<String, Kl>, ExecError> {
    let mut means: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut whole = Vec::new();
    let chunks = chunks(s, most);
    let total: usize = chunks.iter().map(Vec::len).sum();
    for (i, rows) in chunks.iter().enumerate() {
        let data = s.batch(true, rows);
        for (name, t) in s.run(program, rows.len(), &data, at(seed, i as u64), false)? {
            let in_all = name.strip_prefix("kl_site:");
            if let Some(site) = name.strip_prefix("kl_dim:").or(in_all) {
                whole.extend(in_all.map(str::to_string));
                let v = t.to_f32();
                let d = v.len() / rows.len().max(1);
                let mean = means.entry(site.to_string()).or_insert_with(|| vec![0.0; d]);
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

/// Mean over the test part of log (1/K) Σ p(x, z) / q(z | x), in nats.
fn iwae(s: &mut Session, program: &str, seed: u64, effort: Effort) -> Result<f64, ExecError> {
    let (mut sum, mut total) = (0.0, 0usize);
    for (i, rows) in chunks(s, effort.examples).iter().enumerate() {
        let data = s.fixed_batch(rows, seed);
        let mut log_sum = vec![f64::NEG_INFINITY; rows.len()];
        for k in 0..effort.k {
            let key = at(seed, (i as u64) << 32 | (k as u64 + 1));
            for (name, t) in s.run(program, rows.len(), &data, key, false)? {
                if name == "log_weight" {
                    for (l, w) in log_sum.iter_mut().zip(t.to_f32()) {
                        *l = classify::log_add(*l, f64::from(w));
                    }
                }
            }
        }
        sum += log_sum.iter().map(|l| l - (effort.k as f64).ln()).sum::<f64>();
        total += rows.len();
    }
    Ok(sum / total.max(1) as f64)
}

/// Draws from the first model: every output of its sample program, row-major. What the model is conditioned on comes from
/// [`Session::conditions`].
///
/// # Errors
/// What running the program reports; a spec without a model has no program.
pub fn draw(s: &mut Session, n: usize, seed: u64) -> Result<Vec<(String, Vec<f32>, Vec<usize>)>, ExecError> {
    let program = match s.compiled.queries.iter().find(|q| q.name == "sample").map(|q| q.answer.clone()) {
        Some(Ok((program, _))) => program,
        Some(Err(why)) => return Err(ExecError::Broken { why }),
        None => return Err(ExecError::Broken { why: "no model".into() }),
    };
    let mut out: Vec<(String, Vec<f32>, Vec<usize>)> = Vec::new();
    let mut done = 0;
    while done < n {
        let b = (n - done).min(1000);
        let conditions = s.conditions(&program, done, b);
        for (name, t) in s.run(&program, b, &conditions, at(seed, done as u64 | 1 << 61), false)? {
            let shape: Vec<usize> = t.shape().iter().skip(1).copied().collect();
            match out.iter_mut().find(|(o, _, _)| *o == name) {
                Some((_, v, _)) => v.extend(t.to_f32()),
                None => out.push((name, t.to_f32(), shape)),
            }
        }
        done += b;
    }
    Ok(out)
}

/// Mode coverage, where the source of the data knows its modes.
fn modes(s: &mut Session, seed: u64, n: usize, scores: &mut Vec<Score>) -> Result<(), ExecError> {
    let Some((modes, name)) =
        s.typed.data.iter().find_map(|d| Some((d.row.modes(&d.args)?, d.vars.first()?.name.clone())))
    else {
        return Ok(());
    };
    if !s.compiled.queries.iter().any(|q| q.name == "sample" && q.answer.is_ok())
        || s.typed.models.iter().any(|m| !m.guide && !m.conds.is_empty())
    {
        return Ok(());
    }
    let drawn = draw(s, n, seed)?;
    let Some((_, v, _)) = drawn.iter().find(|(o, _, _)| *o == format!("site:{name}")) else { return Ok(()) };
    if let Some(c) = coverage::coverage(v, &modes) {
        let trust = Trust::Estimate { samples: n as u64, error: None };
        let of_samples = |name: &str, v: f64, unit: &str| Score {
            part: "samples".into(),
            ..score(name, v, unit, trust.clone())
        };
        scores.push(of_samples(&format!("modes covered of {}", c.modes), c.covered as f64, ""));
        scores.push(of_samples("samples within 3σ of a mode", 100.0 * c.high_quality, "%"));
    }
    Ok(())
}

/// The health of the latent sites of a model with a bound: what was measured, and what it gives reason to say. KL is that of the same
/// examples and draws as the scores.
///
/// # Errors
/// What running a program reports.
pub fn health(s: &mut Session, seed: u64, effort: Effort) -> Result<Vec<Code>, ExecError> {
    let bound = s.compiled.queries.iter().find_map(|q| match &q.answer {
        Ok((p, _)) if q.name == "density" && p.starts_with("bound.") => Some(p.clone()),
        Ok(_) | Err(_) => None,
    });
    let Some(program) = bound else { return Ok(Vec::new()) };
    let kl = kl_of_sites(s, &program, seed, effort.examples)?;
    health::measure(s, kl, effort.examples, seed)
}
