//! Tokens, comments and the errors that single characters cause.
//!
//! Invariant: `Scan::text` is as long as the input, byte for byte, with every comment and byte order mark blanked, so that
//! offsets into one are offsets into the other.

use crate::diag::Diag;
use crate::diag::codes::{e0110, e0111, e0113};
use crate::span::{FileId, Span};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or keyword.
    Word,
    /// Something that begins like a number.
    Number,
    /// A string with its quotes.
    Text,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// Any other punctuation.
    Sign,
}

/// A token of the input.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Whether no token stands before it on its line.
    pub first_on_line: bool,
    /// Bytes between the start of its line and it.
    pub column: usize,
}

/// A comment with its `#` or `//`, without the line end.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Whether no token stands before it on its line.
    pub own_line: bool,
}

/// The result of scanning a file.
#[derive(Debug)]
pub struct Scan {
    /// The input with comments blanked.
    pub text: String,
    /// All tokens in order.
    pub tokens: Vec<Token>,
    /// All comments in order.
    pub comments: Vec<Comment>,
    /// Errors of single characters, strings and numbers.
    pub diags: Vec<Diag>,
}

impl Scan {
    /// The text of a token.
    pub fn str(&self, token: &Token) -> &str {
        self.text.get(token.start..token.end).unwrap_or("")
    }
    /// The first token that starts at `pos` or later.
    pub fn token_at(&self, pos: usize) -> Option<usize> {
        let i = self.tokens.partition_point(|t| t.start < pos);
        (i < self.tokens.len()).then_some(i)
    }
}

/// Signs of several characters, longest first.
const SIGNS: [&str; 9] = ["<->", "<-", "->", "**", ":=", "==", "+=", "<=", ".."];

/// What stands for an argument that is left open.
const HOLE: char = '\u{b7}';

/// Reads `text` into tokens.
pub fn scan(file: FileId, text: &str) -> Scan {
    let mut s = Scanner {
        file,
        text,
        pos: 0,
        line_start: 0,
        seen_on_line: false,
        out: Scan { text: String::new(), tokens: Vec::new(), comments: Vec::new(), diags: Vec::new() },
        blanks: Vec::new(),
    };
    s.run();
    let Scanner { mut out, blanks, .. } = s;
    out.text = blanked(text, &blanks);
    out
}

/// `text` with the bytes of `ranges` replaced by spaces.
fn blanked(text: &str, ranges: &[(usize, usize)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for &(start, end) in ranges {
        out.push_str(text.get(done..start).unwrap_or(""));
        out.extend(std::iter::repeat_n(' ', end - start));
        done = end;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    out
}

struct Scanner<'a> {
    file: FileId,
    text: &'a str,
    pos: usize,
    line_start: usize,
    seen_on_line: bool,
    out: Scan,
    blanks: Vec<(usize, usize)>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or("")
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            let start = self.pos;
            match c {
                '\n' => {
                    self.pos += 1;
                    self.line_start = self.pos;
                    self.seen_on_line = false;
                }
                ' ' | '\t' | '\r' => self.pos += 1,
                '\u{feff}' if start == 0 => {
                    self.pos += c.len_utf8();
                    self.blanks.push((start, self.pos));
                }
                '#' => self.comment(),
                '/' if self.rest().starts_with("//") => self.comment(),
                '/' if self.rest().starts_with("/*") => {
                    self.pos = self.rest().find("*/").map_or(self.text.len(), |n| start + n + 2);
                    self.out.diags.push(e0111::block_comment(self.span(start, start + 2)));
                    self.push(TokenKind::Sign, start);
                    let inside = self.text.get(..self.pos).unwrap_or("");
                    self.line_start = inside.rfind('\n').map_or(0, |n| n + 1);
                }
                '"' => self.string(),
                'a'..='z' | 'A'..='Z' | '_' => {
                    self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
                    self.push(TokenKind::Word, start);
                }
                '0'..='9' => self.number(),
                '.' if self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit) => self.number(),
                '(' | '[' | '{' => self.one(TokenKind::Open),
                ')' | ']' | '}' => self.one(TokenKind::Close),
                '~' | '=' | ':' | ',' | ';' | '+' | '-' | '*' | '/' | '^' | '<' | '>' | '|' | '.' | '?' => {
                    let len = SIGNS.iter().find(|s| self.rest().starts_with(**s)).map_or(1, |s| s.len());
                    self.pos += len;
                    self.push(TokenKind::Sign, start);
                }
                HOLE if self.at_hole() => {
                    self.pos += c.len_utf8();
                    self.push(TokenKind::Word, start);
                }
                '\'' if self.at_prime() => self.one(TokenKind::Sign),
                _ => self.stray(c),
            }
        }
    }

    /// Whether the quote here is the prime of a name that ends right before it, as in `q'.z`.
    fn at_prime(&self) -> bool {
        let before = self.out.tokens.last().filter(|t| t.kind == TokenKind::Word && t.end == self.pos);
        before.is_some()
            && !self.rest().get(1..).is_some_and(|r| r.starts_with(|c: char| c.is_alphanumeric()))
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.pos += rest.find(|c| !keep(c)).unwrap_or(rest.len());
    }

    fn one(&mut self, kind: TokenKind) {
        self.pos += 1;
        self.push(kind, self.pos - 1);
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        let column = start - self.line_start;
        self.out.tokens.push(Token { kind, start, end: self.pos, first_on_line: !self.seen_on_line, column });
        self.seen_on_line = true;
    }

    fn comment(&mut self) {
        let start = self.pos;
        let line = self.rest().split('\n').next().unwrap_or("");
        self.pos += line.len();
        let end = start + line.trim_end().len();
        self.out.comments.push(Comment { start, end, own_line: !self.seen_on_line });
        self.blanks.push((start, end));
    }

    fn string(&mut self) {
        let start = self.pos;
        let line = self.rest().split('\n').next().unwrap_or("");
        match line.get(1..).and_then(|body| body.find('"')) {
            Some(n) => self.pos += n + 2,
            None => {
                self.pos += line.trim_end().len();
                self.out.diags.push(e0110::string(self.span(start, start + 1)));
            }
        }
        self.push(TokenKind::Text, start);
    }

    fn number(&mut self) {
        let start = self.pos;
        let bytes = self.text.as_bytes();
        while let Some(&b) = bytes.get(self.pos) {
            let exponent_sign = matches!(b, b'+' | b'-')
                && matches!(bytes.get(self.pos.wrapping_sub(1)), Some(b'e' | b'E'))
                && bytes
                    .get(start..self.pos)
                    .is_some_and(|s| s.iter().filter(|b| b.is_ascii_alphabetic()).count() == 1)
                && bytes.get(self.pos + 1).is_some_and(u8::is_ascii_digit);
            // `1..T` is two numbers and the sign between them.
            let dot = b == b'.' && bytes.get(self.pos + 1) != Some(&b'.');
            if b.is_ascii_alphanumeric() || b == b'_' || dot || exponent_sign {
                self.pos += 1;
            } else {
                break;
            }
        }
        let written = self.text.get(start..self.pos).unwrap_or("");
        if let Some(diag) = e0113::check(written, self.span(start, self.pos)) {
            self.out.diags.push(diag);
        }
        self.push(TokenKind::Number, start);
    }

    /// Whether the dot here stands for a whole argument, as in `D(·, y)`, and not for a product.
    fn at_hole(&self) -> bool {
        let before = self.out.tokens.last().and_then(|t| self.text.get(t.start..t.end));
        let after = self.rest().strip_prefix(HOLE).map(str::trim_start);
        matches!(before, Some("(" | ",")) && after.is_some_and(|s| s.starts_with([',', ')']))
    }

    /// A character that no token has; quoted text in foreign quotes is taken whole.
    fn stray(&mut self, c: char) {
        let start = self.pos;
        self.pos += c.len_utf8();
        let closing = match c {
            '\'' => Some('\''),
            '\u{201c}' | '\u{201d}' | '\u{201e}' => Some('\u{201d}'),
            '\u{2018}' | '\u{2019}' => Some('\u{2019}'),
            _ => None,
        };
        let line = self.rest().split('\n').next().unwrap_or("");
        if let Some((close, at)) = closing.and_then(|close| Some((close, line.find(close)?))) {
            let body = line.get(..at).unwrap_or("").to_string();
            self.pos += at + close.len_utf8();
            self.out.diags.push(e0111::quotes(&body, self.span(start, self.pos)));
        } else {
            self.out.diags.push(e0111::character(c, self.span(start, self.pos)));
        }
        self.push(TokenKind::Sign, start);
    }
}
