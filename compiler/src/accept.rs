//! Warnings that a spec accepts on purpose: a comment `# accept W0606: why` in the file that is warned about.
//!
//! What is accepted is not shown. An acceptance that nothing needs is told, so that none outlives its cause, and so is one of what is no
//! warning or that says no reason.

use crate::diag::codes::{self, w0117};
use crate::diag::render::Sources;
use crate::diag::{Diag, Severity};
use crate::span::{FileId, Span};
use crate::syntax::comments;

/// A code that a comment accepts.
#[derive(Clone, Debug, PartialEq)]
struct Accepted {
    code: String,
    at: Span,
    reasoned: bool,
}

/// What the comments of a text accept, in order.
fn accepted(file: FileId, text: &str) -> Vec<Accepted> {
    // Most texts accept nothing, and need not be read again.
    if !text.contains("accept ") {
        return Vec::new();
    }
    comments(file, text).into_iter().flat_map(|(at, comment)| of_comment(at, comment)).collect()
}

/// The codes of `# accept W0606, W0307: why`; none of a comment that says something else.
fn of_comment(at: Span, comment: &str) -> Vec<Accepted> {
    let words = comment.trim_start_matches(['#', '/']).trim_start();
    let Some(said) = words.strip_prefix("accept ") else { return Vec::new() };
    let (codes, reason) = said.split_once(':').unwrap_or((said, ""));
    let codes: Vec<&str> = codes.split(',').map(str::trim).collect();
    if !codes.iter().all(|c| is_code(c)) {
        return Vec::new();
    }
    let reasoned = reason.chars().any(char::is_alphanumeric);
    codes.into_iter().map(|c| Accepted { code: c.to_string(), at, reasoned }).collect()
}

/// A letter and four digits, as codes of messages are.
fn is_code(word: &str) -> bool {
    let digits = word.strip_prefix(['E', 'W', 'e', 'w']).unwrap_or_default();
    digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Leaves out the warnings that the files they are about accept. `complete` tells of a code whether all its warnings are among `found`: an
/// acceptance of such a code that none needs becomes a warning itself.
pub fn settle(sources: &Sources, found: &mut Vec<Diag>, complete: impl Fn(&str) -> bool) {
    for file in sources.ids() {
        for a in accepted(file, sources.text(file).unwrap_or_default()) {
            let before = found.len();
            found.retain(|d| {
                d.severity != Severity::Warning || d.code != a.code || d.primary.span.file != file
            });
            if found.len() == before && complete(&a.code) && warns(&a.code) {
                found.push(w0117::not_needed(&a.code, a.at));
            }
        }
    }
}

/// What is wrong with acceptances themselves.
pub fn misspelt(sources: &Sources) -> Vec<Diag> {
    let all = sources.ids().flat_map(|file| accepted(file, sources.text(file).unwrap_or_default()));
    let of = |a: Accepted| match codes::page(&a.code).map(|p| p.code) {
        None => Some(w0117::no_code(&a.code, a.at)),
        Some(code) if !code.starts_with('W') => Some(w0117::error(code, a.at)),
        Some(code) if code != a.code => Some(w0117::no_code(&a.code, a.at)),
        Some(code) => (!a.reasoned).then(|| w0117::no_reason(code, a.at)),
    };
    all.filter_map(of).collect()
}

/// Whether this is the code of a warning.
fn warns(code: &str) -> bool {
    code.starts_with('W') && codes::page(code).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes_of(text: &str) -> Vec<(String, bool)> {
        accepted(FileId::SPEC, text).into_iter().map(|a| (a.code, a.reasoned)).collect()
    }

    #[test]
    fn only_comments_that_name_codes_accept() {
        let one = |reasoned| vec![("W0606".to_string(), reasoned)];
        assert_eq!(codes_of("# accept W0606: small on purpose\n"), one(true));
        assert_eq!(codes_of("dim n = 3  // accept W0606: small on purpose\n"), one(true));
        assert_eq!(codes_of("#accept W0606\n"), one(false));
        assert_eq!(codes_of("# accept W0606: \n"), one(false));
        let two = [("W0606".to_string(), true), ("W0307".to_string(), true)];
        assert_eq!(codes_of("# accept W0606, W0307: the paper does\n"), two);
        for prose in
            ["# accept the W0606 of it", "# W0606: accept", "# accept all: x", "use \"# accept W0606: x\""]
        {
            assert_eq!(codes_of(prose), [], "{prose}");
        }
    }
}
