//! `permute`: coordinates or channels in a fixed random order.

use super::parts::shuffle;
use super::permutation::permutation;
use super::{BijectionRow, Found};
use crate::event::EventTy;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::layer::require::need_features;
use crate::rows::{Block, ChainCx};

row! {
    /// The coordinates of a vector, or the channels of an image, in an order that the seed fixes; keeps volumes.
    pub struct Permute = "permute" [SEED];
}

const SEED: ParamSpec =
    ParamSpec { name: "seed", kind: ArgKind::Int(0), default: Some("0"), doc: "which order" };

impl BijectionRow for Permute {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Found {
        let n = need_features(args, input)?;
        Ok(shuffle(input, permutation(n, args.int(SEED.name) as u64)))
    }
}
