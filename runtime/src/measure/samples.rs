//! Draws from the model, and measures of them: agreement with a judge, coverage of modes.

use super::coverage;
use super::means::means;
use super::metric::Metric;
use super::scores::{Score, Trust};
use crate::exec::ExecError;
use crate::session::{Position, Purpose, Session};
use gmc_compiler::derive::{Output, Program, Question};

/// Draws that are made at once.
const CHUNK: usize = 1000;

/// The part of the data, as scores call it, that was drawn from the model.
const SAMPLES: &str = "samples";

/// One output of the sample program: which, the numbers row by row, and the axes of a row.
pub type Drawn = (Output, Vec<f32>, Vec<usize>);

/// Draws from the model that is asked: every output of its sample program. What the model is conditioned on comes
/// from [`Session::conditions`].
///
/// # Errors
/// What running the program reports; a spec without a model has no program.
pub fn draw(s: &mut Session, n: usize, seed: u64) -> Result<Vec<Drawn>, ExecError> {
    let program = match s.answer(Question::Sample) {
        Ok(answer) => answer.program.clone(),
        Err(why) => return Err(ExecError::Broken { why: why.into() }),
    };
    let mut out: Vec<Drawn> = Vec::new();
    let mut done = 0;
    while done < n {
        let b = (n - done).min(CHUNK);
        let conditions = s.conditions(&program, done, b);
        let at = Position::of(Purpose::Samples { from: done as u64 }, seed);
        for (name, t) in s.run(&program, b, &conditions, at)? {
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

/// What was drawn of one output.
pub fn find<'a>(drawn: &'a [Drawn], output: &Output) -> Option<&'a Drawn> {
    drawn.iter().find(|(o, _, _)| o == output)
}

/// What shows a variable in draws: its mean where there is one, which says more where pixels are noisy, else
/// its value.
pub fn shown<'a>(drawn: &'a [Drawn], name: &str) -> Option<&'a Drawn> {
    find(drawn, &Output::Mean(name.into())).or_else(|| find(drawn, &Output::Site(name.into())))
}

/// How often the judge of `eval { agreement(judge) }` sees in a sample the class that it was drawn with, one
/// sample for each test example and its class, and how often it knows the class of the example itself: no
/// agreement can be trusted beyond that.
///
/// # Errors
/// What running the program reports.
pub fn agreement(s: &mut Session, seed: u64) -> Result<Vec<Score>, ExecError> {
    let of_spec = s.typed.agreement.as_ref().and_then(|a| s.typed.nets.get(a.judge));
    let Some(judge) = of_spec.map(|n| n.name.clone()) else { return Ok(Vec::new()) };
    let n = s.test_examples();
    let m = means(s, &Program::Agreement, seed, usize::MAX)?;
    let percent = |metric: &Metric, output: &Output| {
        let share = m.get(output);
        Score::new(metric, 100.0 * share.value, Trust::estimate(n, share.error.map(|e| 100.0 * e)))
    };
    let of_samples = Metric::Agreement { judge: judge.clone() };
    Ok(vec![
        percent(&of_samples, &Output::Agrees).on(SAMPLES),
        percent(&Metric::AgreementReal { judge }, &Output::Knows),
    ])
}

/// Mode coverage of `n` samples, where the source of the data knows its modes.
///
/// # Errors
/// What running the program reports.
pub fn modes(s: &mut Session, seed: u64, n: usize) -> Result<Vec<Score>, ExecError> {
    let known = s.typed.data.iter().find_map(|d| Some((d.row.modes(&d.args)?, d.vars.first()?.name.clone())));
    let Some((modes, name)) = known else { return Ok(Vec::new()) };
    if s.answer(Question::Sample).is_err() || s.model().is_none_or(|m| !m.conds.is_empty()) {
        return Ok(Vec::new());
    }
    let drawn = draw(s, n, seed)?;
    let points = find(&drawn, &Output::Site(name));
    let Some(c) = points.and_then(|(_, v, _)| coverage::coverage(v, &modes)) else { return Ok(Vec::new()) };
    let score =
        |metric: &Metric, v: f64, e: f64| Score::new(metric, v, Trust::estimate(n, Some(e))).on(SAMPLES);
    let share = c.high_quality;
    Ok(vec![
        score(&Metric::ModesCovered { of: c.modes }, c.covered as f64, c.error),
        score(&Metric::HighQuality, 100.0 * share, 100.0 * (share * (1.0 - share) / n.max(1) as f64).sqrt()),
    ])
}
