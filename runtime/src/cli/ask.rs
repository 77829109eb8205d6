//! What the verbs that ask a trained model share, and `gmc encode`.

use super::args::RunArg;
use super::kept::open;
use super::output::{Form, Table, form};
use crate::console::{Messages, note};
use crate::failure::Failure;
use crate::session::{Position, Purpose, Session};
use gmc_compiler::derive::{Answer, NumberKind, Output, Program, Question};
use std::path::Path;

/// Infers what guides hold for each of at most `most` test examples, and says so.
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
    let refused = |why| Failure::new(format!("this model cannot answer `{question}`: {why}"));
    s.compiled.answer(question).cloned().map_err(refused)
}

/// Nothing was kept for testing.
pub fn no_test_examples() -> Failure {
    Failure::new("the data leave no test examples")
}

/// A program over the whole test part.
pub struct OverTest<'a> {
    /// The program.
    pub program: &'a Program,
    /// The output that is asked for.
    pub output: &'a Output,
    /// What the data leave to chance follows from this seed.
    pub seed: u64,
    /// Other draws follow from this one.
    pub draws: u64,
}

impl OverTest<'_> {
    /// Runs the program and collects the output: its numbers, and the axes of a row.
    ///
    /// # Errors
    /// What running the program reports; data without a test part.
    pub fn ask(&self, s: &mut Session) -> Result<(Vec<f32>, Vec<usize>), Failure> {
        if s.test_examples() == 0 {
            return Err(no_test_examples());
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

/// How many samples `-k` asks for, `otherwise` where it is not given; refused where no number is a bound of
/// several samples.
///
/// # Errors
/// Why there is no such bound.
pub fn samples_each(s: &Session, k: Option<usize>, otherwise: usize) -> Result<usize, Failure> {
    let density = s.compiled.answer(Question::Density).ok();
    let sampled = density.is_some_and(Answer::is_bound);
    let classes =
        s.compiled.answer(Question::Classify).is_ok_and(|a| a.number == Some(NumberKind::LowerBound));
    match (k, sampled || classes) {
        (None, _) => Ok(otherwise),
        (Some(k), true) => Ok(k),
        (Some(_), false) => {
            let is = match density.map(|a| a.number) {
                Some(Some(NumberKind::LowerBound)) => "'s is a bound of another kind",
                Some(Some(NumberKind::Exact | NumberKind::Estimate) | None) => "'s is exact",
                None => " has none",
            };
            Err(Failure::new(format!(
                "-k is for densities that are bounds with samples of a guide, and this model{is}"
            )))
        }
    }
}

/// `gmc encode`
pub fn encode(r: &RunArg, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Npy, Form::Csv])?;
    let (_, mut s) = open(r, m)?;
    let program = answerable(&s, Question::Encode)?.program;
    let outputs = s.compiled.programs.get(&program).map_or(&[][..], |g| &g.outputs);
    let code = outputs.iter().find_map(|(name, _)| match Output::parse(name) {
        Some(Output::Code(site)) => Some(site),
        Some(_) | None => None,
    });
    let Some(code) = code else { return Err(Failure::new("nothing to encode")) };
    infer(&mut s, usize::MAX, r.seed)?;
    let output = Output::Code(code.clone());
    let over = OverTest { program: &program, output: &output, seed: r.seed, draws: r.seed };
    let (values, shape) = over.ask(&mut s)?;
    Table { columns: &[&code], shape: &shape, values: &values }.write(out.zip(form))
}
