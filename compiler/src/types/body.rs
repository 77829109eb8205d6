//! What is visible inside one body of a net or flow, and how much of it is written out.

use super::consts::Consts;
use super::{TFlow, TNet};
use crate::diag::Diag;
use crate::event::EventTy;

/// The checker's side of [`crate::rows::ChainCx`]: what is visible inside one body.
pub(super) struct Body<'a> {
    pub(super) consts: Consts,
    pub(super) given: Vec<(String, EventTy)>,
    pub(super) nets: &'a [TNet],
    pub(super) flows: &'a [TFlow],
    pub(super) warnings: Vec<Diag>,
    pub(super) depth: usize,
    /// Layers so far, those of blocks, of rounds and of the nets and flows that are layers included.
    pub(super) unrolled: usize,
    /// Numbers on which the layers of a flow act, in all.
    pub(super) acted_on: usize,
    /// The same of the flows before it.
    pub(super) acted_on_before: usize,
}

/// Most layers that a net or flow is unrolled to.
pub(super) const MOST_LAYERS: usize = 1 << 15;

/// Most numbers that the layers of all flows act on: for each it may be kept which element it is a copy of, and where it goes.
pub(super) const MOST_IN_FLOWS: usize = 1 << 22;
