//! Questions that one may ask a spec, and what answers them.

use super::program::Program;
use std::fmt;

/// How much a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    /// The value itself.
    Exact,
    /// A lower bound of a log-density.
    LowerBound,
    /// A Monte Carlo estimate.
    Estimate,
}

impl NumberKind {
    /// In a word or two.
    pub fn text(self) -> &'static str {
        match self {
            NumberKind::Exact => "exact",
            NumberKind::LowerBound => "lower bound",
            NumberKind::Estimate => "estimate",
        }
    }
}

/// What one may ask a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// New data.
    Sample,
    /// How probable data are.
    Density,
    /// Which class data have.
    Classify,
    /// What stands for data.
    Encode,
    /// Data through their code and back.
    Reconstruct,
    /// The rest of data of which some elements are given.
    Complete,
    /// What lies between data.
    Interpolate,
}

impl Question {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Question; 7] = [
        Question::Sample,
        Question::Density,
        Question::Classify,
        Question::Encode,
        Question::Reconstruct,
        Question::Complete,
        Question::Interpolate,
    ];

    /// The word for it: the verb of the command line.
    pub fn text(self) -> &'static str {
        match self {
            Question::Sample => "sample",
            Question::Density => "density",
            Question::Classify => "classify",
            Question::Encode => "encode",
            Question::Reconstruct => "reconstruct",
            Question::Complete => "complete",
            Question::Interpolate => "interpolate",
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

/// What answers a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The program that answers.
    pub program: Program,
    /// The kind of number, where the answer is one.
    pub number: Option<NumberKind>,
    /// The model that answers; none where nets alone do.
    pub model: Option<String>,
    /// The `param`s that the answer rests on and that no player trains: they have the values that they start with.
    pub untrained: Vec<String>,
}

impl Answer {
    /// A program whose answer is no number.
    pub(super) fn of(program: Program) -> Answer {
        Answer { program, number: None, model: None, untrained: Vec::new() }
    }
    /// Whether it is a bound with draws of a guide: more draws tighten it.
    pub fn is_bound(&self) -> bool {
        matches!(self.program, Program::Bound(_))
    }
}

/// A question, and whether this spec answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The question.
    pub question: Question,
    /// The model that it is put to; none where none is named.
    pub model: Option<String>,
    /// What answers it; else why nothing does.
    pub answer: Result<Answer, String>,
}
