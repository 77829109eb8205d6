//! Masks of couplings: which elements are kept, and condition the others.

use super::permutation::permutation;
use crate::diag::Diag;
use crate::diag::suggest::did_you_mean;
use crate::event::EventTy;
use crate::ir::{DType, Ex, Scope, Shape};
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};

/// The `mask` argument.
pub const PARAM: ParamSpec = ParamSpec {
    name: "mask",
    kind: ArgKind::Any,
    default: None,
    doc: "which elements are kept: `parity(i)` or `halves(i)` of a vector, `checkerboard(i)` or `channels(i)` of an image, \
          `random(seed, i)` of either; i alternates",
};

const WORDS: [&str; 5] = ["parity", "halves", "checkerboard", "channels", "random"];

/// Which elements a coupling keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    rule: Rule,
    /// Whether the elements that the rule tells are kept, or the others.
    told: bool,
    event: Vec<usize>,
}

/// What tells elements from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// An odd index.
    Parity,
    /// The second half along the first axis.
    Halves,
    /// An odd sum of row and column.
    Checkerboard,
    /// The second half of a fixed shuffle.
    Random(u64),
}

impl Mask {
    /// The mask of a coupling. Kept elements are those with (index + i) even (`parity`), in half i (`halves`, `channels`), with
    /// (row + column + i) even (`checkerboard`), or in half i of a fixed shuffle (`random`).
    ///
    /// # Errors
    /// E0205 for an unknown mask or wrong arguments, E0201 for a mask that does not go with the shape.
    pub fn of(args: &Args, input: &EventTy) -> Result<Mask, Diag> {
        let word = args.called(PARAM.name).unwrap_or_default();
        if !WORDS.contains(&word) {
            return Err(unknown(args, word));
        }
        let (seed, turn) = match (word, numbers(args)?.as_slice()) {
            (_, []) => (0, 0),
            ("random", [seed]) => (*seed, 0),
            ("random", [seed, i]) => (*seed, *i),
            (_, [i]) => (0, *i),
            (_, more) => {
                let takes = if word == "random" { "two numbers, `random(seed, i)`" } else { "one number" };
                return Err(args
                    .error(PARAM.name, format!("`{word}` takes {takes}"), format!("has {}", more.len()))
                    .help("write `parity(i)` or `random(seed, i)`"));
            }
        };
        let rule = match (word, input.shape.as_slice()) {
            ("parity", [_]) => Rule::Parity,
            ("halves", [_]) | ("channels", [_, _, _]) => Rule::Halves,
            ("checkerboard", [_, _, _]) => Rule::Checkerboard,
            ("random", _) => Rule::Random(seed as u64),
            ("parity", _) => {
                return Err(elsewhere(
                    args,
                    input,
                    "vectors",
                    "use `checkerboard(i)`, or `flatten` the event first",
                ));
            }
            ("halves", _) => {
                return Err(elsewhere(
                    args,
                    input,
                    "vectors",
                    "use `channels(i)`, or `flatten` the event first",
                ));
            }
            (_, _) => {
                let images = "images [channels, rows, columns]";
                return Err(elsewhere(args, input, images, "use `parity(i)` or `halves(i)`"));
            }
        };
        Ok(Mask { rule, told: turn.rem_euclid(2) == 1, event: input.shape.clone() })
    }
    /// For each element (row-major) whether it is kept.
    pub fn kept(&self) -> Vec<bool> {
        let n: usize = self.event.iter().product();
        let first = self.event.first().copied().unwrap_or(1);
        let behind = n / first.max(1);
        let columns = self.event.last().copied().unwrap_or(1);
        let rows = behind / columns.max(1);
        let told = |told: &dyn Fn(usize) -> bool| (0..n).map(|e| told(e) == self.told).collect();
        match self.rule {
            Rule::Parity => told(&|e| e % 2 == 1),
            Rule::Halves => told(&|e| e / behind >= first.div_ceil(2)),
            Rule::Checkerboard => told(&|e| (e / columns % rows + e % columns) % 2 == 1),
            Rule::Random(seed) => {
                let mut kept = vec![self.told; n];
                for &i in permutation(n, seed).iter().take(n.div_ceil(2)) {
                    if let Some(k) = kept.get_mut(i) {
                        *k = !self.told;
                    }
                }
                kept
            }
        }
    }
    /// 1 at kept elements of an image and 0 at the others, `[1, C, H, W]`, told by as few numbers as the rule needs.
    pub fn lower<'g>(&self, s: Scope<'g>) -> Ex<'g> {
        let whole = Shape::fixed(&[&[1], self.event.as_slice()].concat());
        match (self.rule, self.event.as_slice()) {
            (Rule::Checkerboard, [_, h, w]) => {
                let odd =
                    |n: usize, dims: &[usize]| s.literal((0..n).map(|i| (i % 2) as f64).collect(), dims);
                let (row, column) = (odd(*h, &[1, 1, *h, 1]), odd(*w, &[1, 1, 1, *w]));
                let kept = if self.told { row.ne(column) } else { row.eq(column) };
                kept.cast(DType::F).broadcast(&whole)
            }
            (Rule::Halves, [c, _, _]) => {
                let kept = (0..*c).map(|i| f64::from((i >= c.div_ceil(2)) == self.told)).collect();
                s.literal(kept, &[1, *c, 1, 1]).broadcast(&whole)
            }
            (_, event) => {
                let kept = self.kept().iter().map(|&k| f64::from(k)).collect();
                s.literal(kept, &[&[1], event].concat())
            }
        }
    }
}

fn unknown(args: &Args, word: &str) -> Diag {
    let written = args.get(PARAM.name).map(ToString::to_string).unwrap_or_default();
    let d = args.error(PARAM.name, format!("there is no mask called `{written}`"), "not a mask");
    d.help(match did_you_mean(word, WORDS) {
        Some(s) => format!("did you mean `{s}(i)`?"),
        None => "masks are `parity(i)`, `halves(i)`, `checkerboard(i)`, `channels(i)` and `random(seed, i)`"
            .into(),
    })
}

/// The error of a mask that goes with other shapes.
fn elsewhere(args: &Args, input: &EventTy, with: &str, help: &str) -> Diag {
    let (word, shape) = (args.called(PARAM.name).unwrap_or_default(), input.shape_text());
    Diag::new(
        "E0201",
        format!("the mask `{word}` goes with {with}, not with shape {shape}"),
        args.span_of(PARAM.name),
        format!("the coupling receives shape {shape}"),
    )
    .help(help)
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
