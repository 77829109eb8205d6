//! `batch`.

use super::{SettingRow, value};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::span::Span;
use std::ops::Range;

row! {
    /// The examples of one minibatch. Means of payoffs are taken over them.
    pub struct Batch = "batch" [VALUE];
}

const VALUE: ParamSpec =
    value("batch", ArgKind::Whole(1, 1_000_000), Some("128"), "examples of one minibatch");

impl SettingRow for Batch {}

impl Batch {
    /// Examples of one minibatch.
    pub fn of(settings: &Args) -> usize {
        settings.int(VALUE.name)
    }
    /// Where it is written.
    pub fn span(settings: &Args) -> Span {
        settings.span_of(VALUE.name)
    }
}

/// What becomes of the examples of a pass that fill no minibatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// They are a minibatch of their own.
    Alone,
    /// Fewer than half a minibatch, or a single one, join the minibatch before them: statistics of few examples say little, and those
    /// of one nothing.
    Joined,
}

/// How a pass over some examples is cut into minibatches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Examples in all.
    pub size: usize,
    /// Examples of a minibatch, at least 1.
    pub batch: usize,
    /// Minibatches, at least 1.
    pub count: usize,
}

impl Pass {
    /// A pass over `size` examples in minibatches of `batch`.
    pub fn new(size: usize, batch: usize, leftover: Leftover) -> Pass {
        let batch = batch.max(1);
        let (full, rest) = (size / batch, size % batch);
        let few = rest < 2 || 2 * rest < batch;
        let count = match leftover {
            Leftover::Joined if full > 0 && few => full,
            Leftover::Joined | Leftover::Alone => size.div_ceil(batch).max(1),
        };
        Pass { size, batch, count }
    }
    /// The examples, by their place in the pass, of minibatch number `at`.
    pub fn examples(&self, at: usize) -> Range<usize> {
        let end = if at + 1 >= self.count { self.size } else { (at + 1) * self.batch };
        (at * self.batch).min(end)..end
    }
    /// Examples of the last minibatch.
    pub fn last(&self) -> usize {
        self.examples(self.count - 1).len()
    }
    /// Examples of the largest minibatch.
    pub fn largest(&self) -> usize {
        self.last().max(if self.count > 1 { self.batch } else { 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every example is in one minibatch, whatever the sizes; joined, none is alone and none is larger than one and a half.
    #[test]
    fn a_pass_has_every_example_once() {
        for size in 0..200 {
            for batch in 1..40 {
                for leftover in [Leftover::Alone, Leftover::Joined] {
                    let pass = Pass::new(size, batch, leftover);
                    let sizes: Vec<usize> = (0..pass.count).map(|i| pass.examples(i).len()).collect();
                    let all: Vec<usize> = (0..pass.count).flat_map(|i| pass.examples(i)).collect();
                    assert_eq!(all, (0..size).collect::<Vec<_>>(), "{pass:?}");
                    assert_eq!(sizes.iter().max().copied(), Some(pass.largest()), "{pass:?}");
                    match leftover {
                        Leftover::Alone => {
                            assert!(pass.largest() <= batch && pass.count == size.div_ceil(batch).max(1))
                        }
                        Leftover::Joined if size > 1 && batch > 1 => {
                            assert!(sizes.iter().all(|n| *n > 1 && *n <= batch + batch / 2 + 1), "{pass:?}");
                        }
                        Leftover::Joined => {}
                    }
                }
            }
        }
    }

    #[test]
    fn leftovers_of_half_a_minibatch_stay_alone() {
        let last = |size| Pass::new(size, 64, Leftover::Joined).last();
        assert_eq!([64, 65, 95, 96, 127, 128, 129].map(last), [64, 65, 95, 32, 63, 64, 65]);
    }
}
