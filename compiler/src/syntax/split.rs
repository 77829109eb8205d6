//! Cuts a file into its keyword-led items, so that each is parsed alone and one broken item hides no other.
//!
//! Invariant: every token belongs to exactly one item, and an item without an error has balanced brackets.

use super::scan::{Scan, Token, TokenKind};
use crate::diag::Diag;
use crate::diag::codes::{e0110, e0114};
use crate::span::{FileId, Span};
use std::ops::Range;

/// The words that lead an item.
pub const ITEM_WORDS: [&str; 12] =
    ["use", "dim", "type", "data", "net", "flow", "param", "fn", "model", "guide", "train", "eval"];

/// Brackets nested deeper than this are refused, so that no recursive pass can run out of stack.
pub const MAX_NESTING: usize = 64;

/// Words that continue an item at the start of a line.
const CONTINUING: [&str; 4] = ["from", "split", "in", "given"];

/// A piece of the file that should be one item.
#[derive(Debug)]
pub struct Piece {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// First byte to one past the last byte.
    pub bytes: Range<usize>,
    /// Whether its first word leads an item.
    pub known: bool,
    /// Unbalanced or too deeply nested brackets.
    pub error: Option<Diag>,
}

/// Cuts the tokens into items.
pub fn split(file: FileId, scan: &Scan) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while from < scan.tokens.len() {
        let (end, error) = piece_end(file, scan, from);
        let bytes = match (scan.tokens.get(from), scan.tokens.get(end - 1)) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        };
        pieces.push(Piece { tokens: from..end, bytes, known: begins_item(scan, from), error });
        from = end;
    }
    pieces
}

/// One past the last token of the item that begins at token `from`; always more than `from`.
fn piece_end(file: FileId, scan: &Scan, from: usize) -> (usize, Option<Diag>) {
    let known = begins_item(scan, from);
    let column = scan.tokens.get(from).map_or(0, |t| t.column);
    let mut brackets = Brackets::default();
    for (i, token) in scan.tokens.iter().enumerate().skip(from) {
        if i > from {
            if let Some(open) = brackets.stack.last() {
                if token.first_on_line && token.column == 0 && begins_item(scan, i) {
                    let at = Span::new(file, open.start, open.end);
                    let span = Span::new(file, token.start, token.end);
                    let unclosed = e0110::before(scan.str(open), at, (scan.str(token), span));
                    return (i, brackets.error.or(Some(unclosed)));
                }
            } else if (brackets.closed && (known || token.first_on_line) && !of_file(scan, from, i))
                || starts_next(scan, from, i, column)
            {
                return (i, brackets.error);
            }
        }
        brackets.step(file, scan, token);
    }
    (scan.tokens.len(), brackets.finish(file, scan))
}

/// The error of a text whose brackets do not pair or nest too deeply, whatever else it holds.
pub fn balance(file: FileId, scan: &Scan) -> Option<Diag> {
    let mut brackets = Brackets::default();
    for token in &scan.tokens {
        brackets.step(file, scan, token);
    }
    brackets.finish(file, scan)
}

/// The brackets open so far, and the first error among them.
#[derive(Default)]
struct Brackets {
    stack: Vec<Token>,
    /// How many of them each closing bracket would close: what closes nothing is not looked for.
    open: [usize; 3],
    error: Option<Diag>,
    /// Whether the last token closed the outermost brace.
    closed: bool,
}

impl Brackets {
    fn step(&mut self, file: FileId, scan: &Scan, token: &Token) {
        let span = Span::new(file, token.start, token.end);
        self.closed = false;
        match token.kind {
            TokenKind::Open => {
                self.stack.push(*token);
                self.count(closing(scan.str(token)), |n| n + 1);
                if self.stack.len() == MAX_NESTING + 1 {
                    self.error.get_or_insert(e0114::nested(span));
                }
            }
            TokenKind::Close => {
                let close = scan.str(token);
                if self.count(close, |n| n) == 0 {
                    self.error.get_or_insert(e0110::unopened(close, span));
                    return;
                }
                let mut unclosed = None;
                while let Some(open) = self.stack.pop() {
                    let closes = closing(scan.str(&open));
                    self.count(closes, |n| n.saturating_sub(1));
                    if closes == close {
                        break;
                    }
                    unclosed = Some(open);
                }
                if let Some(unclosed) = unclosed {
                    let open = Span::new(file, unclosed.start, unclosed.end);
                    self.error.get_or_insert(e0110::before(scan.str(&unclosed), open, (close, span)));
                }
                self.closed = self.stack.is_empty() && close == "}";
            }
            TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Sign => {}
        }
    }

    /// Changes how many brackets `close` would close, and says how many there were before.
    fn count(&mut self, close: &str, change: impl FnOnce(usize) -> usize) -> usize {
        let [round, square, curly] = &mut self.open;
        let count = match close {
            ")" => round,
            "]" => square,
            _ => curly,
        };
        let before = *count;
        *count = change(before);
        before
    }

    fn finish(self, file: FileId, scan: &Scan) -> Option<Diag> {
        let left = self
            .stack
            .last()
            .map(|open| e0110::at_end(scan.str(open), Span::new(file, open.start, open.end)));
        self.error.or(left)
    }
}

/// The bracket that closes `open`.
fn closing(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

/// Whether token `i`, behind the layers of the net that began at `from`, says from which file its weights are.
fn of_file(scan: &Scan, from: usize, i: usize) -> bool {
    let word = |i: usize| scan.tokens.get(i).map_or("", |t| scan.str(t));
    let text = scan.tokens.get(i + 1).is_some_and(|t| t.kind == TokenKind::Text);
    word(from) == "net" && word(i) == "from" && text
}

/// Whether token `i`, outside all brackets, begins an item after the one that began at `from` in `column`.
fn starts_next(scan: &Scan, from: usize, i: usize, column: usize) -> bool {
    let (Some(token), Some(before)) = (scan.tokens.get(i), scan.tokens.get(i.wrapping_sub(1))) else {
        return false;
    };
    // `net data(..)`: the word after the keyword is a name; after an operator stands an operand.
    let is_name = i == from + 1 && begins_item(scan, from);
    if token.kind != TokenKind::Word || is_name || before.kind == TokenKind::Sign {
        return false;
    }
    if begins_item(scan, i) {
        return true;
    }
    token.first_on_line && token.column <= column && !CONTINUING.contains(&scan.str(token))
}

/// Whether token `i` is a keyword followed by what such an item goes on with; at the start of a line, followed by anything
/// that a name or body begins with.
fn begins_item(scan: &Scan, i: usize) -> bool {
    let Some(token) = scan.tokens.get(i) else { return false };
    let word = scan.str(token);
    if token.kind != TokenKind::Word || !ITEM_WORDS.contains(&word) {
        return false;
    }
    let next = scan.tokens.get(i + 1);
    let after = scan.tokens.get(i + 2).map_or("", |t| scan.str(t));
    if token.first_on_line {
        return next.is_none_or(|n| n.kind != TokenKind::Sign && n.kind != TokenKind::Close);
    }
    let Some(next) = next else { return false };
    let named = next.kind == TokenKind::Word;
    match word {
        "use" => next.kind == TokenKind::Text,
        "dim" => named,
        "type" => named && after == "=",
        "data" => scan.str(next) == "(" || (named && after == ":"),
        "net" | "fn" => named && after == "(",
        "flow" | "param" => named && after == ":",
        "model" => named && matches!(after, "(" | "{"),
        "guide" => named && matches!(after, "(" | "[" | "{"),
        _ => scan.str(next) == "{",
    }
}
