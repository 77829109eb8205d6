//! Changes of a text that mend what a message is about.

use super::Diag;
use crate::span::{FileId, Span};
use serde::Serialize;

/// A change of the text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edit {
    /// What is replaced; where it is empty, where something is put in.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// `text`, which is that of `file`, after the fixes of all messages that have one, and how many were made. A fix is made whole or not at
/// all; of two that touch the same place the first is made.
pub fn fixed(text: &str, file: FileId, diags: &[Diag]) -> (String, usize) {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut made = 0;
    for diag in diags.iter().filter(|d| !d.fix.is_empty()) {
        let fits = |e: &Edit| {
            let (a, z) = (e.span.start as usize, e.span.end as usize);
            e.span.file == file && text.get(a..z).is_some() && edits.iter().all(|o| apart(e.span, o.span))
        };
        if diag.fix.iter().all(fits) {
            edits.extend(&diag.fix);
            made += 1;
        }
    }
    edits.sort_by_key(|e| (e.span.start, e.span.end));
    let (mut out, mut done) = (String::new(), 0);
    for e in edits {
        out.push_str(text.get(done..e.span.start as usize).unwrap_or(""));
        out.push_str(&e.text);
        done = e.span.end as usize;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    (out, made)
}

/// Whether two changes neither overlap nor begin at one place.
fn apart(a: Span, b: Span) -> bool {
    a.start != b.start && (a.end <= b.start || b.end <= a.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixes_are_made_whole_and_do_not_touch_each_other() {
        let at = |start, end| Span::new(FileId::SPEC, start, end);
        let diag = |edits: &[(Span, &str)]| {
            let diag = Diag::new("E0105", "", at(0, 0), "");
            edits.iter().fold(diag, |d, (span, text)| d.edit(*span, *text))
        };
        let two = diag(&[(at(0, 1), "A"), (at(2, 3), "C")]);
        let inside = diag(&[(at(2, 3), "X"), (at(4, 5), "E")]);
        let put_in = diag(&[(at(3, 3), "!")]);
        let beyond = diag(&[(at(3, 9), "")]);
        let elsewhere = diag(&[(Span::new(FileId::PRELUDE, 1, 2), "?")]);
        let all = [two, inside, put_in, beyond, elsewhere];
        assert_eq!(fixed("abcde", FileId::SPEC, &all), ("AbC!de".to_string(), 2));
        assert_eq!(fixed("abcde", FileId::SPEC, &[]), ("abcde".to_string(), 0));
    }
}
