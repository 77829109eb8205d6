//! What pest could not read, in the user's words.
//!
//! pest tells the furthest place it came to and the rules that could have gone on from there. The tokens around that place
//! tell what the user was thinking of.

use super::grammar::{Rule, described};
use super::scan::{Scan, Token, TokenKind};
use super::split::{ITEM_WORDS, Piece};
use crate::diag::Diag;
use crate::diag::codes::{e0100, e0102, e0106, e0107, e0108, e0112};
use crate::diag::suggest::did_you_mean;
use crate::span::{FileId, Span};
use pest::error::{Error, ErrorVariant, InputLocation};
use std::ops::Range;

/// The keywords that lead a statement of `train`.
const TRAIN_WORDS: [&str; 6] = ["player", "using", "maximizes", "minimizes", "let", "simultaneous"];

/// The message for a piece whose first word leads no item.
pub(super) fn unknown_item(file: FileId, scan: &Scan, piece: &Piece) -> Diag {
    let Some(first) = scan.tokens.get(piece.tokens.start) else {
        return e0100::unexpected("text", &["an item".to_string()], Span::new(file, 0, 0));
    };
    let span = Span::new(file, first.start, first.end);
    let word = scan.str(first);
    let after = |n: usize| scan.tokens.get(piece.tokens.start + n).filter(|_| piece.tokens.len() > n);
    let next = after(1).map_or("", |t| scan.str(t));
    // A word and a number, as in `epochs 20` or `epochs: 20`.
    let value = if next == ":" { after(2) } else { after(1) };
    let setting = value.is_some_and(|t| t.kind == TokenKind::Number);
    if let Some(help) = e0106::advice(word).filter(|_| first.kind == TokenKind::Word) {
        return e0106::foreign(word, span, help);
    }
    let diag = e0100::unexpected(&format!("`{word}`"), &["an item".to_string()], span);
    if first.kind != TokenKind::Word {
        return diag.help(format!("begin an item with one of {}", quoted(&ITEM_WORDS)));
    }
    match next {
        _ if TRAIN_WORDS.contains(&word) => diag.help("put it into `train { .. }`"),
        "~" => diag.help("put the site into a model: `model p { .. }`"),
        "=" if ITEM_WORDS.contains(&word) => diag.help("begin the line with a name of the item"),
        _ if setting => diag.help("put it into `train { .. }`"),
        "=" => diag.help(format!("name a dimension, `dim {word} = ..`, or a function, `fn {word}(..) = ..`")),
        _ => match did_you_mean(word, ITEM_WORDS) {
            Some(near) => diag.help(format!("did you mean `{near}`?")),
            None => diag.help(format!("begin an item with one of {}", quoted(&ITEM_WORDS))),
        },
    }
}

fn quoted(words: &[&str]) -> String {
    e0100::one_of(&words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>())
}

/// Where pest stopped in an item.
struct Stop<'a> {
    file: FileId,
    scan: &'a Scan,
    /// The tokens of the item.
    tokens: Range<usize>,
    /// The token that did not fit; none where the item simply stops.
    found: Option<&'a Token>,
    /// The number of the token before it.
    before: Option<usize>,
    previous: Option<&'a Token>,
}

/// The message for a place where pest stopped. `base` is the offset of what pest read, `tokens` its tokens.
pub(super) fn diagnose(
    file: FileId,
    scan: &Scan,
    base: usize,
    tokens: Range<usize>,
    error: &Error<Rule>,
) -> Diag {
    let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
    let at = base + at;
    let here = scan.token_at(at).filter(|i| tokens.contains(i));
    let before = here.unwrap_or(tokens.end).checked_sub(1).filter(|i| tokens.contains(i));
    let found = here.and_then(|i| scan.tokens.get(i));
    let previous = before.and_then(|i| scan.tokens.get(i));
    let stop = Stop { file, scan, tokens, found, before, previous };
    if let Some(diag) = stop.foreign_word(here) {
        return diag;
    }
    let (rules, mut expected) = expectations(error);
    if previous.is_some_and(|t| matches!(scan.str(t), ":" | "->" | "<->")) {
        expected.iter_mut().filter(|w| *w == "a name").for_each(|w| *w = "a type".to_string());
    }
    // Where the item simply stops, point at its end.
    let (shown, span) = match found {
        Some(token) => (format!("`{}`", scan.str(token)), stop.span(token)),
        None => {
            let end = previous.map_or(at, |t| t.end);
            ("end of the item".to_string(), Span::new(file, end, end))
        }
    };
    if let Some(tilde) = previous.filter(|t| scan.str(t) == "~") {
        let name = before.and_then(|i| scan.tokens.get(i.wrapping_sub(1))).map_or("", |t| scan.str(t));
        let name = if name == "]" { "x" } else { name };
        return e0102::missing(name, stop.span(tilde), &shown, span);
    }
    if let Some(diag) = stop.missing_comma(&rules).or_else(|| stop.method(span)) {
        return diag;
    }
    let diag = e0100::unexpected(&shown, &expected, span);
    let first = scan.tokens.get(stop.tokens.start).filter(|t| t.start == base);
    let like = || example(first.map_or("", |t| scan.str(t))).map(|like| format!("write it like `{like}`"));
    match help(scan, found, previous, &rules).or_else(like) {
        Some(help) => diag.help(help),
        None => diag,
    }
}

impl Stop<'_> {
    fn span(&self, t: &Token) -> Span {
        Span::new(self.file, t.start, t.end)
    }

    /// A word of another language at token `here`, before it, or at the beginning of the statement.
    fn foreign_word(&self, here: Option<usize>) -> Option<Diag> {
        let start = statement_start(self.scan, &self.tokens, here.unwrap_or(self.tokens.end));
        [here, self.before, start].into_iter().flatten().find_map(|i| {
            let token = self.scan.tokens.get(i).filter(|t| t.kind == TokenKind::Word)?;
            let word = self.scan.str(token);
            e0106::advice(word).map(|help| e0106::foreign(word, self.span(token), help))
        })
    }

    /// Two values side by side where a comma could stand.
    fn missing_comma(&self, rules: &[Rule]) -> Option<Diag> {
        let (left, right) = self.previous.zip(self.found)?;
        let comma = rules.contains(&Rule::comma) && !rules.contains(&Rule::semi);
        if !comma || !ends_value(left) || !begins_value(right) {
            return None;
        }
        let whole = self.scan.text.get(entry_start(self.scan, self.before?)..left.end)?;
        let right = (self.scan.str(right), self.span(right));
        Some(e0112::comma((whole, self.span(left)), right))
    }

    /// `decode(z).detach()`: a method of other languages behind a value, whose dot stands at `at`.
    fn method(&self, at: Span) -> Option<Diag> {
        let dot = self.found.filter(|t| self.scan.str(t) == ".")?;
        let name = self.scan.tokens.iter().find(|t| t.start >= dot.end)?;
        let (word, name) = (self.scan.str(name), self.span(name));
        let behind = Span { start: at.start, ..name };
        let whole = empty_call(self.scan, name).map(|end| Span { end, ..behind });
        let stops = e0108::NAMES.contains(&word);
        Some(match whole.zip(self.before.and_then(|i| value_start(self.scan, i))) {
            Some((whole, _)) if stops => e0108::stop(word, name, "", &[whole]),
            Some((whole, start)) => {
                let value = Span::new(self.file, start, at.start as usize);
                e0107::method(word, behind, Some((value, whole)))
            }
            None if stops => e0108::stop(word, name, "", &[]),
            None => e0107::method(word, behind, None),
        })
    }
}

/// The first token of the statement that token `i` belongs to.
fn statement_start(scan: &Scan, tokens: &Range<usize>, i: usize) -> Option<usize> {
    let back = (tokens.start..i.min(tokens.end)).rev();
    let mut start = None;
    for k in back {
        let token = scan.tokens.get(k)?;
        if matches!(scan.str(token), "{" | "}" | ";") {
            break;
        }
        start = Some(k);
        if token.first_on_line {
            break;
        }
    }
    start
}

/// Where the entry that ends with token `i` begins: `dense` of `dense(64)`.
fn entry_start(scan: &Scan, i: usize) -> usize {
    let mut depth = 0usize;
    for k in (0..=i).rev() {
        let Some(token) = scan.tokens.get(k) else { break };
        match token.kind {
            TokenKind::Close => depth += 1,
            TokenKind::Open => depth = depth.saturating_sub(1),
            TokenKind::Word | TokenKind::Number | TokenKind::Text if depth == 0 => return token.start,
            TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Sign => {}
        }
    }
    scan.tokens.get(i).map_or(0, |t| t.start)
}

/// Where the value that ends with token `i` begins: `decode` of `decode(z)`, the bracket of `(a + b)`.
fn value_start(scan: &Scan, i: usize) -> Option<usize> {
    let last = scan.tokens.get(i)?;
    if last.kind != TokenKind::Close {
        return ends_value(last).then_some(last.start);
    }
    let mut depth = 0usize;
    for k in (0..=i).rev() {
        let token = scan.tokens.get(k)?;
        match token.kind {
            TokenKind::Close => depth += 1,
            TokenKind::Open => depth = depth.saturating_sub(1),
            TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Sign => {}
        }
        if depth == 0 {
            let name = k.checked_sub(1).and_then(|n| scan.tokens.get(n));
            let called = name.filter(|n| n.kind == TokenKind::Word && n.end == token.start);
            return Some(called.map_or(token.start, |n| n.start));
        }
    }
    None
}

/// The end of `()` directly behind a name.
fn empty_call(scan: &Scan, name: Span) -> Option<u32> {
    let open = scan.token_at(name.end as usize)?;
    let (open, close) = (scan.tokens.get(open)?, scan.tokens.get(open + 1)?);
    let empty = open.start == name.end as usize && scan.str(open) == "(" && scan.str(close) == ")";
    u32::try_from(close.end).ok().filter(|_| empty)
}

fn ends_value(token: &Token) -> bool {
    match token.kind {
        TokenKind::Word | TokenKind::Number | TokenKind::Text | TokenKind::Close => true,
        TokenKind::Open | TokenKind::Sign => false,
    }
}

fn begins_value(token: &Token) -> bool {
    match token.kind {
        TokenKind::Word | TokenKind::Number | TokenKind::Text => true,
        TokenKind::Close | TokenKind::Open | TokenKind::Sign => false,
    }
}

/// The rules that could have gone on, and their words without repetition.
fn expectations(error: &Error<Rule>) -> (Vec<Rule>, Vec<String>) {
    let rules = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    let mut words: Vec<String> = Vec::new();
    for word in rules.iter().filter_map(|r| described(*r)) {
        if !words.iter().any(|w| w == word) {
            words.push(word.to_string());
        }
    }
    // What an expression begins with need not be listed beside it.
    if rules.contains(&Rule::expr) || rules.contains(&Rule::value) || rules.contains(&Rule::number) {
        let starts = ["a name", "a number", "text in quotes", "`(`", "`[`", "a value", "an expression"];
        words.retain(|w| !starts.contains(&w.as_str()));
        words.insert(0, "an expression".to_string());
    }
    if rules.contains(&Rule::semi) && rules.contains(&Rule::rbrace) {
        words = vec!["another statement".to_string(), "`}`".to_string()];
    }
    (rules, words)
}

/// A way on, where the place suggests one.
fn help(scan: &Scan, found: Option<&Token>, previous: Option<&Token>, rules: &[Rule]) -> Option<String> {
    let shown = found.map_or("", |t| scan.str(t));
    let before = previous.map_or("", |t| scan.str(t));
    let keywords: Vec<&str> = rules.iter().filter_map(|r| described(*r)).filter_map(bare_word).collect();
    if found.is_some_and(|t| t.kind == TokenKind::Word)
        && let Some(near) = did_you_mean(shown, keywords.iter().copied())
    {
        return Some(format!("did you mean `{near}`?"));
    }
    if rules.contains(&Rule::biarrow) && shown == "->" {
        return Some("a flow goes both ways: write `<->`".to_string());
    }
    if rules.contains(&Rule::arrow) && shown == "<->" {
        return Some("a net goes one way: write `->`, or declare a `flow f: A <-> B`".to_string());
    }
    if rules.contains(&Rule::less) {
        return Some("inside a site, `x[< i]` are the elements before `i`".to_string());
    }
    if let Some(help) = type_or_range(scan, shown, previous) {
        return Some(help.to_string());
    }
    if rules.contains(&Rule::kw_from) {
        return Some("say where the data comes from: `data x: Real[2] from moons(noise: 0.05)`".to_string());
    }
    if rules.contains(&Rule::compat_owns) {
        return Some(
            "say what the player has for itself between braces: `player critic { owns D  maximizes .. }`"
                .to_string(),
        );
    }
    if rules.contains(&Rule::arrow) && rules.len() < 3 {
        return Some("say what the net yields: `net f(x: Real[2]) -> Real[1] { .. }`".to_string());
    }
    if rules == [Rule::colon] && shown == "(" && head(scan, previous) == Some("flow") {
        return Some(format!(
            "a flow names no inputs, only the spaces between which it goes: `flow {before}: Real[2] <-> Real[2] {{ .. }}`"
        ));
    }
    if rules.contains(&Rule::binding) || (rules == [Rule::colon] && shown != ":") {
        return Some("give each variable its type: `x: Real[2]`".to_string());
    }
    beside(before, shown)
}

/// What two tokens side by side suggest, wherever they stand.
fn beside(before: &str, shown: &str) -> Option<String> {
    match (before, shown) {
        ("log", "(") => {
            Some("the logarithm of a number is `log(a)`, a log density `log p(x | z)`".to_string())
        }
        (_, "<" | ">" | "<=") => Some(
            "leave the comparison out: gm has none; `relu(a - b)` is zero where `a` is smaller".to_string(),
        ),
        (_, "," | ";") => Some(format!("remove the `{shown}`, or put something before it")),
        _ => None,
    }
}

/// How types with missing cells and ranges of times are written here.
fn type_or_range(scan: &Scan, shown: &str, previous: Option<&Token>) -> Option<&'static str> {
    match (previous.map_or("", |t| scan.str(t)), shown) {
        ("?", "[") => Some("a shape stands before the `?` that says that cells may be missing: `Real[3]?`"),
        ("..", "=") => Some("the end of a range is left out: the times of `1..6` are 1 to 5"),
        (_, ":") if previous.is_some_and(|t| t.kind == TokenKind::Number) && in_range(scan, previous) => {
            Some("write a range with two points, its end left out: the times of `1..6` are 1 to 5")
        }
        _ => None,
    }
}

/// Whether a token is the number behind the `in` of a range: `1` of `[t in 1:5]`.
fn in_range(scan: &Scan, token: Option<&Token>) -> bool {
    head(scan, token) == Some("in")
}

/// The token before a token.
fn head<'a>(scan: &'a Scan, token: Option<&Token>) -> Option<&'a str> {
    let at = token?.start;
    scan.tokens.iter().rev().find(|t| t.start < at).map(|t| scan.str(t))
}

/// What an item looks like, for a place that suggests nothing better.
fn example(keyword: &str) -> Option<&'static str> {
    Some(match keyword {
        "use" => "use \"file.gm\"",
        "dim" => "dim n = 28",
        "type" => "type Img = Real[3, 64, 64] in interval(-1, 1)",
        "data" => "data x: Real[2] from moons(noise: 0.05)",
        "net" => "net f(x: Real[2]) -> Real[1] { dense(64), relu, dense(1) }",
        "flow" => "flow f: Real[2] <-> Real[2] { couple(parity(0), affine) { dense(64), relu } }",
        "param" => "param s: Real[1] in positive = 0.1",
        "fn" => "fn f(a, b) = a + b",
        "model" => "model p { z ~ Normal(0, I)[2];  x = f(z) }",
        "guide" => "guide q(x) { z ~ Normal(e(x), 1) }",
        "train" => "train { epochs 20  minimizes nll(p) using adam(lr: 1e-3) }",
        "eval" => "eval { samples 64  modes }",
        _ => return None,
    })
}

/// `using` of "`using`"; `None` for anything but one quoted word.
fn bare_word(described: &'static str) -> Option<&'static str> {
    let word = described.strip_prefix('`')?.strip_suffix('`')?;
    word.bytes().all(|b| b.is_ascii_lowercase()).then_some(word)
}
