//! Specs made from specs: parts of some texts, cut out along the grammar, put into others. For tests that look for panics, time and
//! memory. Every text follows from its seed alone.

use super::scan::{Scan, TokenKind, scan};
use super::split::split;
use crate::span::FileId;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// No text is longer, in bytes.
pub const MOST_BYTES: usize = 1 << 16;

/// What a part of a text is. Parts of one kind stand in for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Item,
    Layer,
    Site,
    Statement,
    Argument,
    Axis,
    Word,
    Number,
}

impl Kind {
    /// What stands between two of them.
    fn separator(self) -> &'static str {
        match self {
            Kind::Item => "\n",
            Kind::Statement => "\n  ",
            Kind::Site => ";  ",
            Kind::Layer | Kind::Argument | Kind::Axis => ", ",
            Kind::Word | Kind::Number => " ",
        }
    }
    /// What may stand around or in place of one; `#` is the part itself.
    fn around(self) -> &'static [&'static str] {
        match self {
            Kind::Layer => &[
                "repeat 2 { # }",
                "repeat 3 as i { #, # }",
                "residual { # }",
                "couple(parity(0), affine) { # }",
                "masked(affine) { # }",
                "split { # }",
                "flatten, #",
                "reshape(1, 2, 2), #",
                "#, heads(2, 2)",
                "#, scalar",
            ],
            Kind::Argument | Kind::Axis => &[
                "-(#)",
                "2 * (#)",
                "(#) + (#)",
                "(#) / (#)",
                "(#)^2",
                "exp(#)",
                "log(#)",
                "sum(#)",
                "mean(#)",
                "norm(#)",
                "softmax(#)",
                "log_sum_exp(#)",
                "max(#, 0.5)",
                "concat(#, #)",
                "entry(#, 0)",
                "E[#]",
                "grad(sum(#), #)",
                "corrupt(#, gaussian(0.1))",
                "ramp(0 -> 1, over: 2 steps)",
                "free(3)",
                "free()",
                "p.x",
                "q.z",
                "I",
                "[#, #]",
            ],
            Kind::Site => &["#; extra ~ Normal(0, 1)", "extra = 1; #", "#; extra ~ Categorical(3)"],
            Kind::Statement => &["let h = E[x]\n  #", "#\n  simultaneous", "#\n  ema 0.9", "#\n  clip 1"],
            Kind::Item => &["#\nparam extra: Real[] = 0.5", "#\ndim extra = 3", "#\neval { samples 4 }"],
            Kind::Word | Kind::Number => &["#"],
        }
    }
}

/// Numbers at which something often ends.
const NUMBERS: [&str; 22] = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "0.5",
    "64",
    "65",
    "255",
    "256",
    "4096",
    "4097",
    "65536",
    "1073741824",
    "2147483648",
    "9007199254740993",
    "18446744073709551616",
    "1e-45",
    "1e38",
    "1e308",
    "1e-400",
    "1e400",
];

/// SplitMix64 (Steele et al. 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) % n.max(1) as u64) as usize
    }
    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

/// The elements between a pair of brackets, while they are read.
struct Open {
    kind: Kind,
    start: Option<usize>,
    end: usize,
}

impl Open {
    fn close(&mut self, out: &mut Vec<(Kind, Range<usize>)>) {
        if let Some(start) = self.start.take() {
            out.push((self.kind, start..self.end));
        }
    }
}

/// The parts of a text, and where they stand.
fn parts(text: &str) -> Vec<(Kind, Range<usize>)> {
    let s = scan(FileId::SPEC, text);
    let mut out = Vec::new();
    for piece in split(FileId::SPEC, &s) {
        out.push((Kind::Item, piece.bytes.clone()));
        inside(&s, piece.tokens, &mut out);
    }
    out
}

/// The parts inside one item.
fn inside(s: &Scan, tokens: Range<usize>, out: &mut Vec<(Kind, Range<usize>)>) {
    let tokens = s.tokens.get(tokens).unwrap_or(&[]);
    let body = match tokens.first().map_or("", |t| s.str(t)) {
        "model" | "guide" => Kind::Site,
        "train" | "eval" => Kind::Statement,
        _ => Kind::Layer,
    };
    let mut open: Vec<Open> = Vec::new();
    for t in tokens {
        let text = s.str(t);
        if t.kind == TokenKind::Close {
            open.pop().iter_mut().for_each(|o| o.close(out));
        }
        if let Some(top) = open.last_mut() {
            let next_line = t.first_on_line && matches!(top.kind, Kind::Site | Kind::Statement);
            if matches!(text, "," | ";") || (next_line && t.kind == TokenKind::Word) {
                top.close(out);
            }
            if !matches!(text, "," | ";") {
                top.start.get_or_insert(t.start);
                top.end = t.end;
            }
        }
        match t.kind {
            TokenKind::Word => out.push((Kind::Word, t.start..t.end)),
            TokenKind::Number => out.push((Kind::Number, t.start..t.end)),
            TokenKind::Open => {
                let kind = match text {
                    "(" => Kind::Argument,
                    "[" => Kind::Axis,
                    _ => body,
                };
                open.push(Open { kind, start: None, end: 0 });
            }
            TokenKind::Text | TokenKind::Close | TokenKind::Sign => {}
        }
    }
}

/// Texts from which others are made.
pub struct Corpus {
    texts: Vec<String>,
    parts: BTreeMap<Kind, Vec<String>>,
}

impl Corpus {
    /// The texts, cut into their parts.
    pub fn new(texts: Vec<String>) -> Corpus {
        let mut found: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
        for text in &texts {
            for (kind, at) in parts(text) {
                let part = text.get(at).unwrap_or("");
                // What is very long says the same as what is long, and fills every text made of it.
                if part.len() < 2000 {
                    found.entry(kind).or_default().insert(part.to_string());
                }
            }
        }
        let parts = found.into_iter().map(|(k, all)| (k, all.into_iter().collect())).collect();
        Corpus { texts, parts }
    }

    /// The text of this seed.
    pub fn text(&self, seed: u64) -> String {
        let mut dice = Dice(seed.wrapping_mul(0xd134_2543_de82_ef95));
        let mut text = dice.of(&self.texts).cloned().unwrap_or_default();
        let edits = 1 + dice.below(6);
        for _ in 0..1 + dice.below(edits) {
            let new = self.edited(&text, &mut dice);
            if new.len() <= MOST_BYTES {
                text = new;
            }
        }
        text
    }

    /// The text with one change.
    fn edited(&self, text: &str, dice: &mut Dice) -> String {
        let all = parts(text);
        let kinds: Vec<Kind> = all.iter().map(|(k, _)| *k).collect::<BTreeSet<_>>().into_iter().collect();
        let Some(kind) = dice.of(&kinds).copied() else { return text.to_string() };
        let same: Vec<Range<usize>> = all.into_iter().filter(|(k, _)| *k == kind).map(|(_, at)| at).collect();
        let Some(at) = dice.of(&same).cloned() else { return text.to_string() };
        let part = text.get(at.clone()).unwrap_or("");
        let other = self.parts.get(&kind).and_then(|p| dice.of(p)).map_or("", String::as_str);
        let by = |new: &str| replaced(text, &at, new);
        let sep = kind.separator();
        match dice.below(12) {
            0 | 1 => by(other),
            2 => by(&format!("{part}{sep}{other}")),
            3 => without(text, &at),
            4 => by(&format!("{part}{sep}{part}")),
            5 | 6 => by(&dice.of(kind.around()).unwrap_or(&"#").replace('#', part)),
            7 | 8 => {
                let new = dice.of(&same).and_then(|r| text.get(r.clone())).unwrap_or("");
                by(new)
            }
            9 if kind == Kind::Number => by(dice.of(&NUMBERS).unwrap_or(&"0")),
            9 => {
                let item = self.parts.get(&Kind::Item).and_then(|p| dice.of(p)).map_or("", String::as_str);
                format!("{text}\n{item}\n")
            }
            10 => {
                let numbers = parts(text).into_iter().filter(|(k, _)| *k == Kind::Number);
                let numbers: Vec<Range<usize>> = numbers.map(|(_, at)| at).collect();
                match dice.of(&numbers) {
                    Some(at) => replaced(text, at, dice.of(&NUMBERS).unwrap_or(&"0")),
                    None => by(other),
                }
            }
            _ if dice.below(6) == 0 => extreme(text, (kind, &at), dice),
            _ => by(other),
        }
    }
}

/// The text with something else at a place.
fn replaced(text: &str, at: &Range<usize>, new: &str) -> String {
    let (before, after) = (text.get(..at.start).unwrap_or(""), text.get(at.end..).unwrap_or(""));
    [before, new, after].concat()
}

/// The text without a part, and without one of the separators beside it.
fn without(text: &str, at: &Range<usize>) -> String {
    let (before, after) = (text.get(..at.start).unwrap_or(""), text.get(at.end..).unwrap_or(""));
    match (after.trim_start().strip_prefix([',', ';']), before.trim_end().strip_suffix([',', ';'])) {
        (Some(after), _) => [before, after].concat(),
        (None, Some(before)) => [before, after].concat(),
        (None, None) => [before, after].concat(),
    }
}

/// The text with something very long, very deep or very often in it.
fn extreme(text: &str, (kind, at): (Kind, &Range<usize>), dice: &mut Dice) -> String {
    let part = text.get(at.clone()).unwrap_or("");
    let room = MOST_BYTES.saturating_sub(text.len());
    let times = (2usize << dice.below(14)).min(room / (part.len() + 2).max(1));
    let depth = 2usize << dice.below(7);
    let nested =
        |open: &str, close: &str| [open.repeat(depth), part.to_string(), close.repeat(depth)].concat();
    match (dice.below(3), kind) {
        (0, Kind::Word) => text.replace(part, &"n".repeat((16usize << dice.below(12)).min(room / 4))),
        (1, Kind::Argument | Kind::Axis | Kind::Number | Kind::Word) => replaced(text, at, &nested("(", ")")),
        (1, Kind::Layer) => {
            let open = dice.of(&["residual { ", "repeat 64 { ", "repeat 4096 { ", "repeat 2 { "]);
            replaced(text, at, &nested(open.unwrap_or(&""), " }"))
        }
        (2, Kind::Argument | Kind::Axis | Kind::Number) => replaced(text, at, &nested("-", "")),
        (_, _) => replaced(text, at, &vec![part; times.max(1)].join(kind.separator())),
    }
}

/// The smallest text found of which `still` holds, as it does of `text`, by leaving out parts; asks at most `tries` times.
pub fn shrunk(text: &str, tries: usize, still: &mut dyn FnMut(&str) -> bool) -> String {
    let (mut best, mut left) = (text.to_string(), tries);
    loop {
        let mut all: Vec<Range<usize>> = parts(&best).into_iter().map(|(_, at)| at).collect();
        all.sort_by_key(|at| std::cmp::Reverse(at.len()));
        let mut smaller = None;
        for at in all {
            if left == 0 {
                return best;
            }
            left -= 1;
            let new = without(&best, &at);
            if new.len() < best.len() && still(&new) {
                smaller = Some(new);
                break;
            }
        }
        match smaller {
            Some(new) => best = new,
            None => return best,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_follow_from_their_seeds_and_parse_often() {
        let texts = vec![
            include_str!("../../../specs/vae.gm").to_string(),
            include_str!("../../../specs/gan_ring.gm").to_string(),
        ];
        let (a, b) = (Corpus::new(texts.clone()), Corpus::new(texts));
        let parses = |t: &String| crate::syntax::parse(FileId::SPEC, t).1.is_empty();
        let all: Vec<String> = (0..200).map(|seed| a.text(seed)).collect();
        assert!((0..200).all(|seed| b.text(seed) == all[seed as usize]));
        let good = all.iter().filter(|t| parses(t)).count();
        assert!(good > 100, "{good} of 200 parse");
        assert!(all.iter().collect::<BTreeSet<_>>().len() > 180);
    }

    #[test]
    fn what_is_shrunk_keeps_what_is_asked_for() {
        let text = include_str!("../../../specs/vae.gm");
        let small = shrunk(text, 1000, &mut |t| t.contains("relu"));
        // Comments are no parts.
        let left: usize = small.lines().filter(|l| !l.starts_with('#')).map(|l| l.trim().len()).sum();
        assert!(small.contains("relu") && left < 100, "{small}");
    }
}
