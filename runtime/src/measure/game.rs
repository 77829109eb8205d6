//! How a game goes: what its critics estimate, how steep its payoffs are, and how samples lie beside data.
//! [`super::verdict`] says it in words.

use super::coverage;
use super::metric::Metric;
use super::samples::{draw, find};
use super::scores::{Score, Trust, jackknife, standard_error};
use crate::exec::ExecError;
use crate::session::{Position, Purpose, Session};
use gmc_compiler::derive::{Output, Program, Question, slope};
use gmc_compiler::event::Kind;
use gmc_compiler::rows::data::MISSING;
use gmc_compiler::rows::setting::Batch;
use gmc_compiler::types::Typed;
use gmc_compiler::types::scored::{Form, Scored};

/// Minibatches over which the length of a gradient is averaged.
const LOOKS: u64 = 4;
/// Samples, and real examples, that are compared with each other.
const LOOK: usize = 300;
/// Training examples that distances are measured to, at most.
const REAL: usize = 5000;
/// Numbers of these examples together, at most.
const NUMBERS: usize = 8_000_000;

/// One player of a game.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Its name.
    pub player: String,
    /// What it owns.
    pub owns: Vec<String>,
    /// Length of the gradient of its payoff in what it owns, mean over some minibatches.
    pub slope: f64,
    /// What gradient penalties in its payoff come to without their weights, by critic.
    pub penalties: Vec<(String, f64)>,
    /// Share of its weights that lie at the ends of what `within clip(c)` allows.
    pub clipped: Option<f64>,
}

/// Whether a spec is a game: a critic scores something that is no data.
fn is_game(typed: &Typed) -> bool {
    typed.train.players.iter().any(|p| typed.scored(p).iter().any(|t| !t.data))
}

/// The players of a game; nobody where the spec is none.
///
/// # Errors
/// What running a program reports.
pub fn sides(s: &mut Session, seed: u64) -> Result<Vec<Side>, ExecError> {
    if !is_game(&s.typed) || s.train_examples() == 0 {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for i in 0..s.typed.train.players.len() {
        let Some(p) = s.typed.train.players.get(i) else { continue };
        let (player, owns) = (p.name.clone(), p.owns.iter().map(|(n, _)| n.clone()).collect());
        let (program, graph) = (Program::Slope(player.clone()), slope(&s.typed, p, &s.compiled.leaves));
        s.run_instead(program.clone(), graph);
        let (mut length, mut penalties) = (0.0, Vec::<(String, f64)>::new());
        let n = Batch::of(&s.typed.train.settings).min(s.train_examples());
        for look in 0..LOOKS {
            let first = look as usize * n;
            let rows: Vec<usize> = (first..first + n).map(|r| r % s.train_examples()).collect();
            let data = s.batch(false, &rows);
            let at = Position::of(Purpose::Slopes { chunk: look }, seed);
            for (output, t) in s.run(&program, n, &data, at)? {
                let v = t.to_f32().first().map_or(f64::NAN, |v| f64::from(*v)) / LOOKS as f64;
                if output == Output::Slope {
                    length += v;
                } else if let Output::Penalty(critic) = output {
                    match penalties.iter_mut().find(|(c, _)| *c == critic) {
                        Some((_, sum)) => *sum += v,
                        None => penalties.push((critic, v)),
                    }
                }
            }
        }
        let clipped = clipped(s, i);
        all.push(Side { player, owns, slope: length, penalties, clipped });
    }
    Ok(all)
}

/// Share of a player's weights at the ends of `within clip(c)`.
fn clipped(s: &Session, player: usize) -> Option<f64> {
    let p = s.typed.train.players.get(player)?;
    let (row, args) = p.within.as_ref()?;
    let end = (row.name() == "clip").then(|| args.num("c"))?;
    let mine = |path: &str| {
        p.owns.iter().any(|(o, _)| path.strip_prefix(o.as_str()).is_some_and(|r| r.starts_with('.')))
    };
    let (mut at_end, mut n) = (0usize, 0usize);
    for leaf in s.compiled.leaves.iter().filter(|l| l.trainable && mine(&l.path)) {
        let values = s.tensors.get(&leaf.path)?.to_f32();
        n += values.len();
        at_end += values.iter().filter(|v| f64::from(v.abs()) >= 0.999 * end).count();
    }
    (n > 0).then(|| at_end as f64 / n as f64)
}

/// What a critic says of data and of what is not, as two terms of one payoff.
struct Pair<'s> {
    critic: String,
    form: Form,
    real: &'s Score,
    fake: &'s Score,
}

/// The pairs of terms that a divergence can be estimated by.
fn pairs<'s>(typed: &Typed, scores: &'s [Score]) -> Vec<Pair<'s>> {
    let value = |sign: &str, t: &Scored| {
        let key = Metric::Term { name: format!("{sign}{}", t.term), corrupted: false }.key();
        scores.iter().find(|s| s.key == key)
    };
    let mut found = Vec::new();
    for p in &typed.train.players {
        let terms = typed.scored(p);
        for t in terms.iter().filter(|t| t.data) {
            let Some(critic) = typed.nets.get(t.critic) else { continue };
            let of = |form: Form| terms.iter().find(|o| !o.data && o.critic == t.critic && o.form == form);
            let (form, other, sign) = match t.form {
                Form::SaysReal => (Form::SaysReal, of(Form::SaysFake), ""),
                // A critic that maximizes the one and the negative of the other.
                Form::Plain => (Form::Plain, of(Form::Plain), "-"),
                Form::SaysFake | Form::Other => continue,
            };
            if let (Some(real), Some(fake)) = (value("", t), other.and_then(|o| value(sign, o))) {
                found.push(Pair { critic: critic.name.clone(), form, real, fake });
            }
        }
    }
    found
}

/// What the critics of a game estimate, given its payoffs and their terms: the Jensen-Shannon divergence between data and samples by
/// one that says how probable data are, log 2 - (E[-log D(x)] + E[-log(1 - D(y))]) / 2, which is not above the divergence (Goodfellow et
/// al. 2014, section 4.1); a Wasserstein distance by one that is kept from being steep, E[D(x)] - E[D(y)] (Arjovsky et al. 2017, eq. 2).
pub fn divergences(typed: &Typed, scores: &[Score]) -> Vec<Score> {
    let mut all: Vec<Score> = Vec::new();
    for pair in pairs(typed, scores) {
        let error = |factor: f64| {
            let of = |s: &Score| if let Trust::Estimate { error, .. } = s.trust { error } else { None };
            Some(of(pair.real)?.hypot(of(pair.fake)?) * factor)
        };
        let n = if let Trust::Estimate { samples, .. } = pair.real.trust { samples as usize } else { 0 };
        let (real, fake) = (pair.real.value.0, pair.fake.value.0);
        let score = match pair.form {
            Form::SaysReal => Score::new(
                &Metric::JensenShannon { critic: pair.critic.clone() },
                std::f64::consts::LN_2 - (real + fake) / 2.0,
                Trust::estimate(n, error(0.5)),
            ),
            // The term of samples has its sign in its name.
            Form::Plain => Score::new(
                &Metric::CriticDistance { critic: pair.critic.clone() },
                real + fake,
                Trust::estimate(n, error(1.0)),
            ),
            Form::SaysFake | Form::Other => continue,
        };
        if !all.iter().any(|s| s.key == score.key) {
            all.push(score);
        }
    }
    all
}

/// The exact Wasserstein distance of order 1 between two samples of numbers: the area between their distribution functions.
pub fn wasserstein(a: &[f32], b: &[f32]) -> f64 {
    let sorted = |x: &[f32]| {
        let mut x: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
        x.sort_by(f64::total_cmp);
        x
    };
    let (a, b) = (sorted(a), sorted(b));
    let mut ends: Vec<f64> = a.iter().chain(&b).copied().collect();
    ends.sort_by(f64::total_cmp);
    let below = |x: &[f64], at: f64| x.partition_point(|v| *v <= at) as f64 / x.len().max(1) as f64;
    let gap = |w: &[f64]| match w {
        [from, to] => (to - from) * (below(&a, *from) - below(&b, *from)).abs(),
        _ => 0.0,
    };
    ends.windows(2).map(gap).sum()
}

/// Numbers of the training or test part of an observed variable.
fn column(s: &Session, name: &str, test: bool) -> Vec<f32> {
    let column = if test { s.test_column(name) } else { s.train_column(name) };
    column.map_or_else(Vec::new, |c| c.values.clone())
}

/// The exact distance between samples and test data that are one number each, beside what a critic estimates; and between
/// two halves of the test data, which a perfect model does not fall below.
///
/// # Errors
/// What running the program reports.
pub fn distance(s: &mut Session, seed: u64, n: usize) -> Result<Vec<Score>, ExecError> {
    let Some((name, _)) = s.observed().filter(|(_, ty)| ty.size() == 1 && !ty.kind.discrete()) else {
        return Ok(Vec::new());
    };
    if !is_game(&s.typed) || s.answer(Question::Sample).is_err() {
        return Ok(Vec::new());
    }
    let test = column(s, &name, true);
    let drawn = draw(s, n, seed)?;
    let Some((_, samples, _)) = find(&drawn, &Output::Site(name)) else { return Ok(Vec::new()) };
    if test.len() < 4 || samples.is_empty() {
        return Ok(Vec::new());
    }
    let halves = |part: usize| test.iter().skip(part).step_by(2).copied().collect::<Vec<f32>>();
    let (even, odd) = (halves(0), halves(1));
    let of_even = jackknife(&even, |even| wasserstein(even, &odd));
    let between = of_even.zip(jackknife(&odd, |odd| wasserstein(&even, odd))).map(|(a, b)| a.hypot(b));
    let groups: Vec<f64> =
        samples.chunks((samples.len() / 8).max(1)).take(8).map(|group| wasserstein(group, &test)).collect();
    // Over the draws, and over the test data.
    let over_data = jackknife(&test, |test| wasserstein(samples, test));
    let trust = |error: Option<f64>| {
        Trust::estimate(samples.len(), error.zip(over_data).map(|(draws, data)| draws.hypot(data)))
    };
    Ok(vec![
        Score::new(&Metric::Wasserstein, wasserstein(samples, &test), trust(standard_error(groups)))
            .on("samples"),
        Score::new(&Metric::WassersteinReal, wasserstein(&even, &odd), Trust::estimate(test.len(), between)),
    ])
}

/// How samples lie beside data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// Mean distance between two samples, as a part of that between two real examples.
    pub apart: f64,
    /// Median distance of a sample to the nearest training example, as a part of that of a test example.
    pub near: f64,
    /// Modes of the data that no sample is near, of how many.
    pub modes: Option<(Vec<usize>, usize)>,
    /// Classes that (nearly) no sample's nearest training example has, of how many, by their names.
    pub classes: Option<(Vec<String>, usize)>,
    /// Entropy of the classes of the samples' nearest training examples, and of the classes of the data, nats.
    pub entropy: Option<(f64, f64)>,
}

/// Root mean square distance per element.
fn between(a: &[f32], b: &[f32]) -> f64 {
    let sum: f32 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
    (f64::from(sum) / a.len().max(1) as f64).sqrt()
}

/// The nearest row of `real` to `x`, and how far it is.
fn nearest(x: &[f32], real: &[f32], d: usize) -> (usize, f64) {
    let all = real.chunks_exact(d.max(1)).map(|y| between(x, y)).enumerate();
    all.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, f64::INFINITY))
}

/// Mean distance between neighbours in a row of examples.
fn apart(values: &[f32], d: usize) -> f64 {
    let rows: Vec<&[f32]> = values.chunks_exact(d.max(1)).take(LOOK).collect();
    let n = rows.len();
    let half = n / 2;
    let sum: f64 = rows.iter().zip(rows.iter().skip(half)).map(|(a, b)| between(a, b)).sum();
    sum / half.max(1) as f64
}

fn median(mut x: Vec<f64>) -> f64 {
    x.sort_by(f64::total_cmp);
    x.get(x.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Looks at samples of a game's model beside its data; nothing where there is no game, or no samples.
///
/// # Errors
/// What running the program reports.
pub fn beside(s: &mut Session, seed: u64) -> Result<Option<Beside>, ExecError> {
    let Some((name, ty)) = s.observed().filter(|(_, ty)| !matches!(ty.kind, Kind::Class(_))) else {
        return Ok(None);
    };
    if !is_game(&s.typed) || s.answer(Question::Sample).is_err() {
        return Ok(None);
    }
    let d = ty.size();
    let drawn = draw(s, LOOK, seed)?;
    let Some((_, samples, _)) = find(&drawn, &Output::Site(name.clone())) else { return Ok(None) };
    let (train, test) = (column(s, &name, false), column(s, &name, true));
    let most = REAL.min(NUMBERS / d.max(1)).max(1);
    let real: Vec<f32> = train.iter().take(most * d).copied().collect();
    let look = |x: &[f32]| -> Vec<(usize, f64)> {
        x.chunks_exact(d.max(1)).take(LOOK).map(|x| nearest(x, &real, d)).collect()
    };
    let (of_samples, of_test) = (look(samples), look(&test));
    let far = |all: &[(usize, f64)]| median(all.iter().map(|(_, r)| *r).collect());
    let conditional = s.model().is_none_or(|m| !m.conds.is_empty());
    let modes = s.typed.data.iter().find_map(|d| d.row.modes(&d.args)).filter(|_| !conditional);
    let (classes, entropy) = if conditional { (None, None) } else { classes(s, &name, &of_samples) };
    Ok(Some(Beside {
        apart: apart(samples, d) / apart(&train, d),
        near: far(&of_samples) / far(&of_test),
        modes: modes.map(|m| (coverage::missing(samples, &m), m.centres.len())),
        classes,
        entropy,
    }))
}

/// How evenly samples lie over the classes of the data, by their nearest training examples, beside the data themselves; nothing where there is no game, no
/// class, or samples are drawn given something.
///
/// # Errors
/// What running the program reports.
pub fn evenness(s: &mut Session, seed: u64) -> Result<Vec<Score>, ExecError> {
    let has = |s: &Session| s.observed().is_some_and(|(name, _)| s.class_beside(&name).is_some());
    if !has(s) {
        return Ok(Vec::new());
    }
    let found = beside(s, seed)?.and_then(|b| b.entropy);
    let each = found.map(|(samples, data)| {
        let score = |metric: &Metric, v: f64| Score::new(metric, v, Trust::estimate(LOOK, None));
        [score(&Metric::NearestEntropy, samples).on("samples"), score(&Metric::DataEntropy, data)]
    });
    Ok(each.into_iter().flatten().collect())
}

/// What [`classes`] finds: classes that are missing, of how many, and the entropies of [`Beside::entropy`].
type Classes = (Option<(Vec<String>, usize)>, Option<(f64, f64)>);

/// Entropy of classes that are met so often, nats.
fn entropy(counts: &[usize]) -> f64 {
    let total = counts.iter().sum::<usize>().max(1) as f64;
    counts.iter().map(|c| *c as f64 / total).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum()
}

/// The classes of the nearest training examples of samples, where the data item has a class.
fn classes(s: &Session, name: &str, nearest: &[(usize, f64)]) -> Classes {
    let Some((class, n)) = s.class_beside(name) else { return (None, None) };
    let labels = column(s, &class, false);
    let mut counts = vec![0usize; n];
    let mut real = vec![0usize; n];
    for (row, _) in nearest {
        let class = labels.get(*row).filter(|c| **c != MISSING);
        if let Some(count) = class.and_then(|c| counts.get_mut(*c as usize)) {
            *count += 1;
        }
    }
    for c in labels.iter().take(REAL).filter(|c| **c != MISSING) {
        if let Some(count) = real.get_mut(*c as usize) {
            *count += 1;
        }
    }
    let total = nearest.len().max(1) as f64;
    let all = real.iter().sum::<usize>().max(1) as f64;
    let names = s.labels(&class);
    let called = |i: usize| names.get(i).cloned().unwrap_or_else(|| i.to_string());
    let scarce = counts.iter().zip(&real).enumerate().filter(|(_, (c, r))| {
        // A tenth of their share of the data.
        (**c as f64 / total) < 0.1 * **r as f64 / all
    });
    let missing: Vec<String> = scarce.map(|(i, _)| called(i)).collect();
    (Some((missing, n)), Some((entropy(&counts), entropy(&real))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_order_one_by_hand() {
        assert!((wasserstein(&[0.0, 1.0], &[2.0, 3.0]) - 2.0).abs() < 1e-9);
        assert!((wasserstein(&[0.0, 0.0, 0.0, 1.0], &[0.0, 1.0]) - 0.25).abs() < 1e-9);
        assert!(wasserstein(&[0.5, 0.25], &[0.25, 0.5]).abs() < 1e-9);
    }

    #[test]
    fn neighbours_by_hand() {
        let real = [0.0, 0.0, 3.0, 4.0];
        assert_eq!(nearest(&[3.0, 2.0], &real, 2).0, 1);
        assert!((nearest(&[3.0, 2.0], &real, 2).1 - 2f64.sqrt()).abs() < 1e-6);
        // Rows 0 and 2, 1 and 3.
        assert!((apart(&[0.0, 5.0, 1.0, 8.0], 1) - 2.0).abs() < 1e-9);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
