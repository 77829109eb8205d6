//! Diagnostics: one type, one file per error code (`e0201.rs`, ..), codespan in one file (`render.rs`).
//!
//! The message stands alone, is lower case, has no full stop, speaks the user's words and never says how to fix; `help` does.
//! The primary label is on the smallest span, a secondary label on the cause.

pub mod codes;
pub mod fix;
pub mod foreign;
pub mod render;
pub mod suggest;

use crate::span::Span;
use fix::Edit;
use serde::Serialize;
use std::ops::{Deref, DerefMut};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The spec is wrong; nothing runs.
    Error,
    /// The spec runs, and probably not as meant.
    Warning,
}

/// A place with a few words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The words; may be empty.
    pub text: String,
}

/// One message to the user: [`Said`], boxed, because results carry it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Diag(Box<Said>);

/// What a message says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// `E0201`, `W0404`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// The first line.
    pub message: String,
    /// The smallest span, and what is wrong there.
    pub primary: Label,
    /// The causes elsewhere.
    pub secondary: Vec<Label>,
    /// Facts that help to understand.
    pub notes: Vec<String>,
    /// How to fix it.
    pub help: Option<String>,
    /// How to fix it, as changes of the text: given where one spelling is meant, which is the case for those that another edition of
    /// the language or another language has, and empty where the author has to decide. `gmc fmt --upgrade` makes these changes.
    pub fix: Vec<Edit>,
}

impl Deref for Diag {
    type Target = Said;
    fn deref(&self) -> &Said {
        &self.0
    }
}

impl DerefMut for Diag {
    fn deref_mut(&mut self) -> &mut Said {
        &mut self.0
    }
}

impl Diag {
    /// An error with its primary label; the severity follows from the first letter of `code`.
    pub fn new(code: &'static str, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        let severity = if code.starts_with('W') { Severity::Warning } else { Severity::Error };
        Diag(Box::new(Said {
            code,
            severity,
            message: message.into(),
            primary: Label { span, text: label.into() },
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
            fix: Vec::new(),
        }))
    }
    /// Adds a cause.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }
    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }
    /// Says how to fix it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
    /// Adds a change of the text to its fix.
    #[must_use]
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix.push(Edit { span, text: text.into() });
        self
    }
}
