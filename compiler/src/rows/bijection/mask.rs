//! Masks of couplings: which elements are kept, and condition the others.

use super::super::args::{ArgKind, Args, Const, ParamSpec};
use super::permutation::permutation;
use crate::diag::Diag;
use crate::diag::suggest::did_you_mean;
use crate::event::EventTy;

/// The `mask` argument.
pub const PARAM: ParamSpec = ParamSpec {
    name: "mask",
    kind: ArgKind::Any,
    default: None,
    doc: "which elements are kept: `parity(i)` or `halves(i)` of a vector, `checkerboard(i)` or `channels(i)` of an image, \
          `random(seed, i)` of either; i alternates",
};

const WORDS: [&str; 5] = ["parity", "halves", "checkerboard", "channels", "random"];

/// For each element (row-major) whether it is kept. Kept elements are those with (index + i) even (`parity`), in half i (`halves`,
/// `channels`), with (row + column + i) even (`checkerboard`), or in half i of a fixed shuffle (`random`).
///
/// # Errors
/// E0205 for an unknown mask or wrong arguments, E0201 for a mask that does not go with the shape.
pub fn kept(args: &Args, input: &EventTy) -> Result<Vec<bool>, Diag> {
    let word = args.called(PARAM.name).unwrap_or_default();
    if !WORDS.contains(&word) {
        let written = args.get(PARAM.name).map(ToString::to_string).unwrap_or_default();
        let d = args.error(PARAM.name, format!("there is no mask called `{written}`"), "not a mask");
        return Err(d.help(match did_you_mean(word, WORDS) {
            Some(s) => format!("did you mean `{s}(i)`?"),
            None => {
                "masks are `parity(i)`, `halves(i)`, `checkerboard(i)`, `channels(i)` and `random(seed, i)`"
                    .into()
            }
        }));
    }
    let numbers = numbers(args)?;
    let n = input.size();
    let (seed, turn) = match (word, numbers.as_slice()) {
        ("random", []) => (0, 0),
        ("random", [seed]) => (*seed, 0),
        ("random", [seed, i]) => (*seed, *i),
        (_, []) => (0, 0),
        (_, [i]) => (0, *i),
        (_, more) => {
            let takes = if word == "random" { "two numbers, `random(seed, i)`" } else { "one number" };
            return Err(args
                .error(PARAM.name, format!("`{word}` takes {takes}"), format!("has {}", more.len()))
                .help("write `parity(i)` or `random(seed, i)`"));
        }
    };
    let odd = turn.rem_euclid(2) == 1;
    let vector = |words: &str| {
        let d = Diag::new(
            "E0201",
            format!("the mask `{word}` goes with vectors, not with shape {}", input.shape_text()),
            args.span_of(PARAM.name),
            format!("the coupling receives shape {}", input.shape_text()),
        );
        d.help(format!("use {words}, or `flatten` the event first"))
    };
    match (word, input.shape.as_slice()) {
        ("parity", [n]) => Ok((0..*n).map(|i| (i % 2 == 1) == odd).collect()),
        ("halves", [n]) => Ok((0..*n).map(|i| (i >= n.div_ceil(2)) == odd).collect()),
        ("checkerboard", [c, h, w]) => {
            Ok((0..c * h * w).map(|e| ((e / w % h + e % w) % 2 == 1) == odd).collect())
        }
        ("channels", [c, h, w]) => {
            Ok((0..c * h * w).map(|e| (e / (h * w) >= c.div_ceil(2)) == odd).collect())
        }
        ("random", _) => {
            let mut first = vec![false; n];
            for &i in permutation(n, seed as u64).iter().take(n.div_ceil(2)) {
                if let Some(f) = first.get_mut(i) {
                    *f = true;
                }
            }
            Ok(first.into_iter().map(|f| f != odd).collect())
        }
        ("parity", _) => Err(vector("`checkerboard(i)`")),
        ("halves", _) => Err(vector("`channels(i)`")),
        (_, _) => {
            let d = Diag::new(
                "E0201",
                format!(
                    "the mask `{word}` goes with images [channels, rows, columns], not with shape {}",
                    input.shape_text()
                ),
                args.span_of(PARAM.name),
                format!("the coupling receives shape {}", input.shape_text()),
            );
            Err(d.help("use `parity(i)` or `halves(i)`"))
        }
    }
}

fn numbers(args: &Args) -> Result<Vec<i64>, Diag> {
    let Some(Const::Call(call)) = args.get(PARAM.name) else { return Ok(Vec::new()) };
    call.args
        .iter()
        .map(|(_, v)| match v {
            Const::Int(i) => Ok(*i),
            Const::Num(_)
            | Const::Word(_)
            | Const::Text(_)
            | Const::List(_)
            | Const::Call(_)
            | Const::Range(..)
            | Const::Quantity(..) => Err(args
                .error(PARAM.name, format!("`{}` takes whole numbers", call.name), format!("{v} is not one"))
                .help("write `parity(i)`, with i the index of a `repeat .. as i`, or 0 or 1")),
        })
        .collect()
}
