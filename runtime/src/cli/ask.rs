//! What the verbs that ask a trained model share.

use crate::console::note;
use crate::failure::Failure;
use crate::session::rows::About;
use crate::session::{Position, Purpose, Session};
use gmc_compiler::derive::{Answer, NumberKind, Output, Program, Question};
use gmc_compiler::types::Density;
use gmc_compiler::types::density::without_density;

/// Infers what guides hold for each of at most `most` of the rows that are asked about, and says so.
///
/// # Errors
/// What running a program reports.
pub fn infer(s: &mut Session, most: usize, seed: u64) -> Result<(), Failure> {
    if let Some(done) = s.infer_test(most, seed)? {
        note(&format!("{done}\n"));
    }
    Ok(())
}

/// What answers a question.
///
/// # Errors
/// Why it cannot.
pub fn answerable(s: &Session, question: Question) -> Result<Answer, Failure> {
    let answer = s.answer(question).cloned().map_err(|why| refused(s, question, why))?;
    tell_of_untrained(&answer);
    Ok(answer)
}

/// The data variables that a question is about: what its program reads, and what the inference of new data reads.
///
/// # Errors
/// Why it cannot be answered.
pub fn asked_about(s: &Session, question: Question) -> Result<Vec<String>, Failure> {
    let program = s.answer(question).map(|a| a.program.clone());
    let program = program.map_err(|why| refused(s, question, why))?;
    let mut names = s.data_inputs(&program);
    if s.has(&Program::Infer) {
        names.extend(s.data_inputs(&Program::Infer));
    }
    Ok(names)
}

/// Why a question has no answer.
fn refused(s: &Session, question: Question, why: &str) -> Failure {
    let failure = Failure::new(format!("this model cannot answer `{question}`: {why}"));
    match would_give(s, question) {
        Some(change) => failure.help(change),
        None => failure,
    }
}

/// What of a model that has samples only would give an answer.
fn would_give(s: &Session, question: Question) -> Option<String> {
    let m = s.model()?;
    let Density::Implicit(x) = &m.density else { return None };
    let (_, change) = without_density(m, &s.typed.flows, x);
    match question {
        Question::Density | Question::Classify => Some(format!(
            "for a density {change}, `flow f: .. <-> ..`, or draw the data, `{x} ~ Normal(.., 0.1)`, and write a `guide`, for a bound"
        )),
        Question::Encode | Question::Reconstruct | Question::Interpolate => Some(format!(
            "for codes {change}, or let an encoder play, as in a BiGAN: a net `encode({x})` that the makers own, and a judge of pairs"
        )),
        Question::Sample | Question::Complete => None,
    }
}

/// There are no rows to ask about.
pub fn no_examples(s: &Session) -> Failure {
    match s.about == About::Test {
        true => Failure::new("the data leave no test examples"),
        false => Failure::new(format!("there are no {}", s.about.count(2).trim_start_matches("2 "))),
    }
}

/// A program over all rows that are asked about.
pub struct OverRows<'a> {
    /// The program.
    pub program: &'a Program,
    /// The output that is asked for.
    pub output: &'a Output,
    /// What the data leave to chance follows from this seed.
    pub seed: u64,
    /// Other draws follow from this one.
    pub draws: u64,
}

impl OverRows<'_> {
    /// Runs the program and collects the output: its numbers, and the axes of a row.
    ///
    /// # Errors
    /// What running the program reports; nothing to ask about.
    pub fn ask(&self, s: &mut Session) -> Result<(Vec<f32>, Vec<usize>), Failure> {
        if s.test_examples() == 0 {
            return Err(no_examples(s));
        }
        let (mut values, mut shape) = (Vec::new(), Vec::new());
        for (i, rows) in s.test_chunks(usize::MAX).iter().enumerate() {
            let data = s.fixed_batch(rows, self.seed);
            let at = Position::of(Purpose::Query { chunk: i as u64 }, self.draws);
            if let Some(t) = s.run(self.program, rows.len(), &data, at)?.get(self.output) {
                shape = t.shape().iter().skip(1).copied().collect();
                values.extend(t.to_f32());
            }
        }
        Ok((values, shape))
    }
}

/// How many samples `-k` asks for; refused where no number is a bound of several samples.
///
/// # Errors
/// Why there is no such bound.
pub fn samples_each(s: &Session, k: Option<usize>) -> Result<Option<usize>, Failure> {
    let Some(k) = k else { return Ok(None) };
    let mut why = " has none";
    for model in s.measured() {
        let answer = |question| s.compiled.answer_of(question, model.as_deref());
        let density = answer(Question::Density).ok();
        let classes = answer(Question::Classify).is_ok_and(|a| a.number == Some(NumberKind::LowerBound));
        if classes || density.is_some_and(Answer::is_bound) {
            return Ok(Some(k));
        }
        why = match density.map(|a| a.number) {
            Some(Some(NumberKind::LowerBound)) => "'s is a bound of another kind",
            Some(Some(NumberKind::Exact | NumberKind::Estimate) | None) => "'s is exact",
            None => why,
        };
    }
    Err(Failure::new(format!(
        "-k is for densities that are bounds with samples of a guide, and this model{why}"
    )))
}

/// Says which `param`s an answer rests on that nobody trains.
pub fn tell_of_untrained(answer: &Answer) {
    if !answer.untrained.is_empty() {
        note(&format!(
            "note: no goal trains `{}`: the answer rests on what the spec says they start with\n",
            answer.untrained.join("`, `")
        ));
    }
}
