//! What a spec that states its goal reports: the payoffs of the players and their terms, and how sparse a
//! code is.

use super::budget::Budget;
use super::means::{Mean, errors, means, position};
use super::metric::Metric;
use super::round::{half_of_bound, known};
use super::scores::{Score, Trust, standard_error};
use crate::exec::ExecError;
use crate::session::Session;
use gmc_compiler::derive::{Output, Program};
use gmc_compiler::types::text;

/// The compiler's name of a player who is the only one.
const ONLY: &str = "all";

/// What the code of a spec without a model is called.
const CODE: &str = "code";

/// The payoffs of the players and their terms over test examples: of the data as they are, or
/// corrupted as in training. Nothing where the goal is derived.
///
/// # Errors
/// What running the program reports.
pub fn payoffs(s: &mut Session, corrupted: bool, seed: u64, budget: Budget) -> Result<Vec<Score>, ExecError> {
    let most = budget.examples;
    let program = if corrupted { Program::LossCorrupted } else { Program::Loss };
    let players = &s.typed.train.players;
    let derived = players.len() == 1 && players.first().is_some_and(|p| p.derived);
    let values: Vec<String> = s.typed.values.iter().map(|e| text::plain(&s.typed, e)).collect();
    if derived && values.is_empty() {
        return Ok(Vec::new());
    }
    let n = s.test_examples().min(most);
    let found = means(s, &program, seed, most)?;
    let errors = if budget.errors { errors(s, &program, seed, most)? } else { Vec::new() };
    let players = &s.typed.train.players;
    let amounts: Vec<(String, Vec<(String, f64)>)> =
        players.iter().map(|p| (p.name.clone(), s.typed.amounts(&p.payoff, s.standing))).collect();
    let score = |(output, mean): (Output, Mean)| {
        let at = weighted(&output, &amounts);
        let spread = || errors.iter().find(|(o, _)| *o == output).and_then(|(_, e)| *e);
        let trust = Trust::estimate(n, mean.error.or_else(spread));
        let metric = if let Output::PayoffOf(player) = output {
            let player = Some(player).filter(|p| p != ONLY);
            Metric::Payoff { player, corrupted }
        } else if let Output::Term(name) = output {
            Metric::Term { name, corrupted }
        } else {
            Metric::Term { name: output.to_string(), corrupted }
        };
        Score { at, ..Score::new(&metric, mean.value, trust) }
    };
    let own = |(output, _): &(Output, Mean)| {
        if let Output::Term(name) = output {
            values.contains(name) || !derived && !half_of_bound(&s.typed, name)
        } else if let Output::PayoffOf(player) = output {
            !derived && !players.iter().any(|p| p.name == *player && !corrupted && known(&s.typed, p))
        } else {
            !derived
        }
    };
    Ok(found.into_iter().filter(own).map(score).collect())
}

/// What a number of a payoff is weighted with, given what the payoff of each player is: a term only with the
/// schedules in its name.
fn weighted(output: &Output, amounts: &[(String, Vec<(String, f64)>)]) -> String {
    let of = |output: &Output, player: &str, name: &str| {
        if let Output::PayoffOf(p) = output {
            p == player
        } else if let Output::Term(term) = output {
            name.contains('(') && term.contains(name)
        } else {
            false
        }
    };
    let mut all: Vec<String> = Vec::new();
    for (player, amounts) in amounts {
        for (name, value) in amounts.iter().filter(|(name, _)| of(output, player, name)) {
            let text = format!("{name} {}", (value * 1e4).round() / 1e4);
            if !all.contains(&text) {
                all.push(text);
            }
        }
    }
    all.join(", ")
}

/// The code of the test part, row by row, and the numbers of one code.
fn codes(s: &mut Session, seed: u64, most: usize) -> Result<(Vec<f32>, usize), ExecError> {
    let (mut codes, mut width) = (Vec::new(), 1);
    for (i, rows) in s.test_chunks(most).iter().enumerate() {
        let data = s.batch(true, rows);
        let outputs = s.run(&Program::Encode, rows.len(), &data, position(seed, i))?;
        if let Some(t) = outputs.get(&Output::Code(CODE.into())) {
            width = t.shape().iter().skip(1).product::<usize>().max(1);
            codes.extend(t.to_f32());
        }
    }
    Ok((codes, width))
}

/// Deviation over the data below which, as a part of the largest of all units, a unit of a code is idle.
const IDLE: f64 = 1e-4;

/// How many units of a code vary over `n` examples, in words, where some or all do not.
fn idle_units(deviations: &[f64], n: usize) -> Option<String> {
    let most = deviations.iter().copied().fold(0.0, f64::max);
    let is = |d: &f64| *d <= IDLE * most;
    let (idle, of) = (deviations.iter().filter(|d| is(d)).count(), deviations.len());
    if n < 2 || idle == 0 {
        return None;
    }
    let which: Vec<String> =
        deviations.iter().enumerate().filter(|(_, d)| is(d)).map(|(i, _)| i.to_string()).take(8).collect();
    let more = if idle > which.len() { ", .." } else { "" };
    Some(match idle == of {
        true => format!(
            "the code carries nothing: none of its {of} units changes over {n} test examples; lower the learning rate, or give the encoder `leaky_relu` for `relu`"
        ),
        false => format!(
            "{idle} of {of} units of the code are idle, they do not change over {n} test examples ({}{more}); leave them out, or where `relu` has died, lower the learning rate or take `leaky_relu`",
            which.join(", ")
        ),
    })
}

/// Units of the code of a spec without a model that carry nothing, in words.
///
/// # Errors
/// What running the program reports.
pub fn idle(s: &mut Session, seed: u64, most: usize) -> Result<Option<String>, ExecError> {
    if !s.typed.models.is_empty() || !s.has(&Program::Encode) {
        return Ok(None);
    }
    let (codes, width) = codes(s, seed, most)?;
    Ok(idle_units(&super::health::deviations(&codes, width), codes.len() / width))
}

/// Part of the code's entries, over the test part and the units, that are active: larger in size than a tenth
/// of the largest that their unit takes. A code without sparsity lies near 80 %; a unit that is always 0 is
/// never active.
///
/// # Errors
/// What running the program reports.
pub fn active_part(s: &mut Session, seed: u64, most: usize) -> Result<Score, ExecError> {
    let (mut codes, width) = codes(s, seed, most)?;
    codes.iter_mut().for_each(|c| *c = c.abs());
    let n = codes.len() / width;
    let mut largest = vec![0f32; width];
    codes.chunks_exact(width).for_each(|row| largest.iter_mut().zip(row).for_each(|(m, c)| *m = m.max(*c)));
    let active = |row: &[f32]| row.iter().zip(&largest).filter(|(c, m)| **c > 0.1 * **m).count() as f64;
    let each: Vec<f64> = codes.chunks_exact(width).map(|row| 100.0 * active(row) / width as f64).collect();
    let all: f64 = codes.chunks_exact(width).map(active).sum();
    let part = 100.0 * all / codes.len().max(1) as f64;
    Ok(Score::new(&Metric::ActivePart { of: width }, part, Trust::estimate(n, standard_error(each))))
}

#[cfg(test)]
mod tests {
    use super::idle_units;

    #[test]
    fn units_that_do_not_change_are_told() {
        assert_eq!(idle_units(&[0.5, 0.01, 2.0], 180), None);
        assert_eq!(idle_units(&[0.0, 0.0], 1), None, "one example changes nowhere");
        let some = idle_units(&[0.0, 1.0, 5e-5], 180).unwrap();
        assert!(some.starts_with("2 of 3 units of the code are idle") && some.contains("(0, 2)"), "{some}");
        let all = idle_units(&[0.0, 0.0], 180).unwrap();
        assert!(all.starts_with("the code carries nothing: none of its 2 units"), "{all}");
        let many = idle_units(&[[0.0; 20].as_slice(), &[1.0]].concat(), 9).unwrap();
        assert!(many.contains("20 of 21") && many.contains("6, 7, ..)"), "{many}");
    }
}
