//! What a layer's output reads of its input, seen in the order of an autoregressive site: the type by which it is known that a net
//! predicts an element from the ones before it.

use super::{Chain, ChainLayer};
use std::collections::BTreeSet;

/// What an output reads at its own place of the order. Places before it may always be read, places behind it only by [`Global`].
///
/// The places of an image `[C, H, W]` (or `[C, H, W, k]`) are its pixels in raster order; those of any other event lie along its first axis,
/// and one at i of n stands at the fraction i/n, so that vectors of different lengths have comparable places. Where the channels of a
/// pixel are parted into g equal runs, run 0 comes before run 1, and so on (van den Oord et al. 2016, section 3.4).
///
/// [`Global`]: Causality::Global
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Causality {
    /// Nothing of its own place.
    Strict,
    /// Of its own pixel the runs of channels before its own, of so many.
    StrictChannels(usize),
    /// Of its own place the element itself.
    Own,
    /// Of its own pixel its own run of channels and those before it, of so many.
    WeakChannels(usize),
    /// All of its own place.
    Weak,
    /// Later places, too.
    Global,
}

impl Causality {
    /// Of one layer behind another: what the second reads, as the first made it.
    ///
    /// Whatever is strict makes the whole strict, and a layer that reads later places makes it global; runs of channels only compose
    /// with runs of the same number.
    pub fn then(self, next: Causality) -> Causality {
        use Causality::{Global, Own, Strict, StrictChannels, Weak, WeakChannels};
        match (self, next) {
            (Global, _) | (_, Global) => Global,
            (Strict, _) | (_, Strict) => Strict,
            (Own, c) | (c, Own) => c,
            (Weak, _) | (_, Weak) => Weak,
            (StrictChannels(a) | WeakChannels(a), StrictChannels(b) | WeakChannels(b)) if a != b => Weak,
            (StrictChannels(g), StrictChannels(_) | WeakChannels(_))
            | (WeakChannels(_), StrictChannels(g)) => StrictChannels(g),
            (WeakChannels(g), WeakChannels(_)) => WeakChannels(g),
        }
    }
    /// Of two branches that meet: the least that allows what either reads.
    pub fn worse(self, other: Causality) -> Causality {
        use Causality::{Global, Own, Strict, StrictChannels, Weak, WeakChannels};
        match (self, other) {
            (Global, _) | (_, Global) => Global,
            (Weak, _) | (_, Weak) => Weak,
            (Strict, c) | (c, Strict) => c,
            (Own, Own) => Own,
            (StrictChannels(a) | WeakChannels(a), StrictChannels(b) | WeakChannels(b)) if a != b => Weak,
            (StrictChannels(g), StrictChannels(_)) => StrictChannels(g),
            (Own, StrictChannels(g) | WeakChannels(g))
            | (StrictChannels(g), Own | WeakChannels(_))
            | (WeakChannels(g), Own | StrictChannels(_) | WeakChannels(_)) => WeakChannels(g),
        }
    }
    /// Whether whatever this one reads is also allowed by `other`.
    pub fn within(self, other: Causality) -> bool {
        self.worse(other) == other
    }
}

impl Chain {
    /// What its output reads of its input.
    pub fn causality(&self) -> Causality {
        self.layers.iter().fold(Causality::Own, |c, l| c.then(l.checked.causality))
    }
    /// What its output reads of the further input `name`; `None` where no layer reads it.
    pub fn causality_in(&self, name: &str) -> Option<Causality> {
        self.layers.iter().fold(None, |read, l| {
            let here = l.checked.given.iter().filter(|(n, _)| n == name).map(|(_, c)| *c);
            read.map(|c: Causality| c.then(l.checked.causality))
                .into_iter()
                .chain(here)
                .reduce(Causality::worse)
        })
    }
    /// The further inputs that its layers read by name, each once, and what its output reads of each.
    pub fn given(&self) -> Vec<(String, Causality)> {
        let named = self.layers.iter().flat_map(|l| &l.checked.given);
        let names: BTreeSet<&String> = named.map(|(name, _)| name).collect();
        names.into_iter().filter_map(|n| Some((n.clone(), self.causality_in(n)?))).collect()
    }
    /// The first layer that reads later places, where one does; one inside of a block is told instead of the layer that has the block.
    pub fn blame(&self) -> Option<&ChainLayer> {
        let layer = self.layers.iter().find(|l| l.checked.causality == Causality::Global)?;
        Some(layer.checked.layer.blocks().into_iter().find_map(Chain::blame).unwrap_or(layer))
    }
}
