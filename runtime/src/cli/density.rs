//! `gmc density`: the log-density of the rows that are asked about, with its kind.

use super::anomaly::{self, Judged};
use super::args::{DensityArgs, RowsArg, RunArg};
use super::ask::{answerable, asked_about, infer, samples_each};
use super::densities::{LogDensities, log_densities};
use super::kept::open_on;
use super::output::{Form, ROW, Table, form, is_standard, put};
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::finite::FINITE;
use crate::measure::scores::{Score, bits_per_dim, standard_error, two_digits};
use crate::session::Session;
use crate::session::repeats::Repeats;
use crate::show::table;
use crate::store::RunDir;
use gmc_compiler::derive::Question;
use std::fmt::Write;
use std::path::Path;

/// `gmc density`
pub fn density(r: &RunArg, rows: &RowsArg, asked: &DensityArgs, m: Messages) -> Result<(), Failure> {
    let (k, out) = (asked.k, asked.out.as_deref());
    let form = form(out, &[Form::Csv, Form::Npy])?;
    let (dir, mut s) = open_on(r, Some(rows), m, |s| {
        let names = asked_about(s, Question::Density)?;
        samples_each(s, k)?;
        Ok(names.into())
    })?;
    answerable(&s, Question::Density)?;
    infer(&mut s, usize::MAX, r.seed)?;
    let own = log_densities(&mut s, k, r.seed)?;
    let mut judged = Vec::new();
    if let Some(run) = &asked.against {
        judged.push(anomaly::against((r, k), run, (&s, &own), m)?);
    }
    if asked.typicality {
        judged.push(anomaly::typicality((r, k), rows, (&s, &own), m)?);
    }
    write(&s, &own, &judged, out.zip(form))?;
    let caveats = caveats(&s, &dir)?;
    let beware = if caveats.is_empty() { "" } else { ", but see below" };
    let told = Told { kind: format!("{}{beware}", own.kind), drawn: !own.exact };
    let aside = is_standard(out);
    told.tell(&s, &own.values, aside)?;
    if let (Some(_), Some(least)) = (&rows.data, least(&s, &own.values)) {
        if aside { note(&least) } else { say(&least)? }
    }
    for j in &judged {
        if aside { note(&j.said) } else { say(&j.said)? }
    }
    caveats.iter().for_each(|c| note(&format!("warning: {c}\n")));
    Ok(())
}

/// A line for each row: its number, its log-density, what kind of number that is, and how it is judged; as an array the numbers alone.
fn write(
    s: &Session,
    own: &LogDensities,
    judged: &[Judged],
    out: Option<(&Path, Form)>,
) -> Result<(), Failure> {
    let Some((path, form)) = out else { return Ok(()) };
    let more: Vec<&(&str, Vec<f64>)> = judged.iter().flat_map(|j| &j.columns).collect();
    if form == Form::Npy {
        let names: Vec<&str> = std::iter::once("log_density").chain(more.iter().map(|c| c.0)).collect();
        let row = |i: usize| more.iter().filter_map(move |c| c.1.get(i)).copied();
        let all = own.values.iter().enumerate().flat_map(|(i, v)| std::iter::once(*v).chain(row(i)));
        let values: Vec<f32> = all.map(|v| v as f32).collect();
        let table = Table { columns: &names, elements: &[], rows: None, shape: &[], values: &values };
        return table.write(Some((path, form)));
    }
    let names: String = more.iter().map(|c| format!(",{}", c.0)).collect();
    let mut text = format!("{ROW},log_density,kind{names}\n");
    for (i, (row, v)) in s.row_numbers(own.values.len()).iter().zip(&own.values).enumerate() {
        let judged: String = more.iter().filter_map(|c| c.1.get(i)).map(|v| format!(",{v}")).collect();
        let _ = writeln!(text, "{row},{v},{}{judged}", own.kind);
    }
    put(path, &text)
}

/// Rows that are named for being the least likely.
const NAMED: usize = 5;

/// The rows of the lowest log-densities, in words, of enough that some stand out.
fn least(s: &Session, values: &[f64]) -> Option<String> {
    let mut rows: Vec<(usize, f64)> =
        s.row_numbers(values.len()).into_iter().zip(values.iter().copied()).collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    let named: Vec<String> = rows.iter().take(NAMED).map(|(row, v)| format!("{row} ({v:.4})")).collect();
    (rows.len() > NAMED).then(|| format!("least likely: rows {}\n", named.join(", ")))
}

/// What must be known before the numbers are believed: of data that are not there what was said when the run was measured.
fn caveats(s: &Session, dir: &RunDir) -> Result<Vec<String>, Failure> {
    if s.absent.is_empty() {
        return Ok(s.repeats().iter().map(Repeats::caveat).collect());
    }
    let scores = dir.scores()?;
    let densities: Vec<Score> = scores.into_iter().filter(Score::of_density).collect();
    Ok(table::caveats(&densities).into_iter().map(str::to_string).collect())
}

/// How log-densities are told.
struct Told {
    /// What they are, in words.
    kind: String,
    /// Whether draws are in them.
    drawn: bool,
}

impl Told {
    /// Says the mean, with its standard error where draws are in it, and the standard deviation of those that are finite, and of text what it is
    /// for each character; it is an error where some are not. `aside`: on standard error, for results have standard output.
    fn tell(&self, s: &Session, values: &[f64], aside: bool) -> Result<(), Failure> {
        let say = |text: &str| match aside {
            true => {
                note(text);
                Ok(())
            }
            false => say(text),
        };
        let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        let n = finite.len().max(1) as f64;
        let mean = finite.iter().sum::<f64>() / n;
        let sd = (finite.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let error = standard_error(finite.iter().copied()).filter(|_| self.drawn);
        let error = error.map_or(String::new(), |e| format!(" ± {}", two_digits(e)));
        let numbers = format!("mean {mean:.4}{error} nats, standard deviation {sd:.4}, {}", self.kind);
        let (all, finite) = (values.len(), finite.len());
        if finite == all {
            say(&format!("log-density of {}: {numbers}\n", s.about.count(all)))?;
            return match s.written_elements() {
                Some(n) => say(&format!(
                    "of {n} characters each: {:.4} bits a character, perplexity {:.4}\n",
                    bits_per_dim(-mean, n, 1.0),
                    (-mean / n as f64).exp()
                )),
                None => Ok(()),
            };
        }
        if finite > 0 {
            say(&format!("log-density of the {} where it is finite: {numbers}\n", s.about.count(finite)))?;
        }
        let of = s.about.count(all);
        let message = format!("the log-density of {} of {of} is not finite", all - finite);
        Err(Failure::new(message).help(FINITE))
    }
}
