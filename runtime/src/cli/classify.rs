//! `gmc classify`: the class of data by Bayes' rule.

use super::args::{RowsArg, RunArg};
use super::ask::{answerable, asked_about, no_examples, samples_each};
use super::eval::say_scores;
use super::kept::open_on;
use super::output::{Form, ROW, form, is_standard, put, quoted};
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::classes::Posteriors;
use crate::measure::{self, posteriors};
use crate::session::Session;
use crate::session::data::TEST;
use crate::session::rows::{About, Needs};
use gmc_compiler::derive::{Question, class_site};
use gmc_compiler::diag::render::Format;
use std::fmt::Write;
use std::path::Path;

/// What `classify` is asked for with.
pub struct Asked<'a> {
    /// About which rows.
    pub rows: &'a RowsArg,
    /// Samples an example and class.
    pub k: Option<usize>,
    /// At most so many examples.
    pub examples: Option<usize>,
    /// Where the posteriors are written.
    pub out: Option<&'a Path>,
}

/// `gmc classify`
pub fn classify(r: &RunArg, asked: &Asked<'_>, m: Messages) -> Result<(), Failure> {
    let out = asked.out;
    form(out, &[Form::Csv])?;
    let (_, mut s) = open_on(r, Some(asked.rows), m, |s| {
        let class = s.model().and_then(|m| class_site(&s.typed, m)).map(|site| site.name.clone());
        let (wished, needed) =
            asked_about(s, Question::Classify)?.into_iter().partition(|name| Some(name) == class.as_ref());
        Ok(Needs { needed, wished })
    })?;
    answerable(&s, Question::Classify)?;
    if s.test_examples() == 0 {
        return Err(no_examples(&s));
    }
    let k = samples_each(&s, asked.k)?.unwrap_or(measure::full(&s).posterior);
    let Some(p) = posteriors(&mut s, r.seed, asked.examples.unwrap_or(usize::MAX), k)? else {
        return Err(Failure::new("nothing to classify"));
    };
    let standard = is_standard(out) || out.is_none() && p.truth.is_empty();
    if let (Some(path), false) = (out, standard) {
        put(path, &posterior_table(&s, &p))?;
    }
    if standard {
        say(&posterior_table(&s, &p))?;
    }
    if m.format != Format::Json {
        let beware = if p.caveats.is_empty() { "" } else { ", but see below" };
        let line = format!("posterior from densities that are {}{beware}\n", p.trust.describe());
        if standard { note(&line) } else { say(&line)? }
    }
    if p.truth.is_empty() {
        note(&format!(
            "note: {} names no `{}`: how many classes are right is not known\n",
            s.about.name(),
            p.name
        ));
        return Ok(());
    }
    let part = if s.about == About::Test { TEST } else { s.about.name() };
    let scores: Vec<_> = p.scores().into_iter().map(|score| score.on(part)).collect();
    if standard {
        note(&crate::show::table::of_scores(&scores));
        return Ok(());
    }
    say_scores(&scores, m)
}

/// The number, the true class where it is known, the decision and the posterior of every row, as CSV; classes as they are called.
fn posterior_table(s: &Session, p: &Posteriors) -> String {
    let labels = s.labels(&p.name);
    let class = |c: usize| labels.get(c).map_or_else(|| c.to_string(), |name| quoted(name));
    let truth = |t: Option<&Option<usize>>| t.map_or(String::new(), |t| t.map_or(String::new(), class) + ",");
    let known = !p.truth.is_empty();
    let mut text = format!("{ROW},{}decision", if known { "truth," } else { "" });
    for c in 0..p.classes {
        let _ = match labels.get(c) {
            Some(name) => write!(text, ",{}", quoted(&format!("p.{name}"))),
            None => write!(text, ",p{c}"),
        };
    }
    text.push('\n');
    let decisions = p.decisions();
    let rows = s.row_numbers(decisions.len());
    for (i, ((row, d), number)) in p.log.chunks(p.classes.max(1)).zip(&decisions).zip(rows).enumerate() {
        let _ = write!(text, "{number},{}{}", truth(p.truth.get(i)), class(*d));
        for l in row {
            let _ = write!(text, ",{}", l.exp());
        }
        text.push('\n');
    }
    text
}
