//! Bijections, the layers of flows, one file each. The files that hold no row (`copies`, `parts`, `mask`, `monotone`, `permutation`) hold what several
//! rows share; `map` and `whole` are what maps and flows are as layers.

pub mod copies;
pub mod map;
pub mod mask;
pub mod monotone;
pub mod parts;
pub mod permutation;
pub mod whole;

mod actnorm;
mod conv1x1;
mod couple;
mod flatten;
mod masked;
mod permute;
mod reshape;
mod reverse;
mod scale;
mod shift;
mod split;
mod squeeze;
mod unsqueeze;

use self::copies::Copies;
use super::args::Args;
use super::{Block, BlockUse, Chain, ChainCx, DynEq, LowerCx, ParamDecl, Row, Shared};
use crate::diag::Diag;
use crate::event::{EventTy, Support};
use crate::ir::Ex;
use crate::span::Span;
use std::fmt;

/// Every bijection.
pub const ROWS: &[&dyn BijectionRow] = &[
    &couple::Couple,
    &masked::Masked,
    &split::Split,
    &scale::Scale,
    &shift::Shift,
    &actnorm::Actnorm,
    &conv1x1::Conv1x1,
    &reverse::Reverse,
    &permute::Permute,
    &squeeze::Squeeze,
    &unsqueeze::Unsqueeze,
    &flatten::Flatten,
    &reshape::Reshape,
];

/// Class of a bijection's Jacobian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Jacobian {
    /// |det| = 1 for every input and every parameter value.
    Unit,
    /// Element by element.
    Diagonal,
    /// Triangular in some order.
    Triangular,
    /// A small dense matrix (1×1 convolution).
    SmallDense,
}

impl Jacobian {
    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Jacobian::Unit => "unit",
            Jacobian::Diagonal => "diagonal",
            Jacobian::Triangular => "triangular",
            Jacobian::SmallDense => "small dense",
        }
    }
}

/// Which way a bijection is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// z → x, from the base to the data.
    Forward,
    /// x → z.
    Inverse,
}

impl Direction {
    /// 1 forwards, -1 backwards: the sign of what the logarithms of both slopes have in common.
    pub fn sign(self) -> f64 {
        match self {
            Direction::Forward => 1.0,
            Direction::Inverse => -1.0,
        }
    }
    /// The other one.
    pub fn other(self) -> Direction {
        match self {
            Direction::Forward => Direction::Inverse,
            Direction::Inverse => Direction::Forward,
        }
    }
}

/// What a bijection makes of `[B, ..event]`, and log |det J| of the direction that it ran in as `[B]`; `None` is 0.
pub type Moved<'g> = (Ex<'g>, Option<Ex<'g>>);

/// What a bijection computes: a value, printable and comparable.
pub trait Bijection: fmt::Debug + DynEq {
    /// IR of one direction.
    fn run<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g>;
    /// How many layers are written out in this direction where derivatives are taken, beside those of one pass.
    fn again(&self, _to: Direction) -> usize {
        0
    }
    /// The blocks of layers inside of it that a loop over places goes through.
    fn blocks(&self) -> Vec<&Chain> {
        Vec::new()
    }
}

impl PartialEq for dyn Bijection {
    fn eq(&self, other: &dyn Bijection) -> bool {
        self.dyn_eq(other)
    }
}

/// What a bijection was found to be, for one input type and one set of arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedBijection {
    /// Output type (same number of elements).
    pub out: EventTy,
    /// Its parameters and states.
    pub params: Vec<ParamDecl>,
    /// Class of the Jacobian.
    pub jacobian: Jacobian,
    /// The elements that nothing trained changes.
    pub identity_dims: Copies,
    /// What it computes.
    pub bijection: Shared<dyn Bijection>,
}

/// What the check of a bijection ends in.
pub type Found = Result<CheckedBijection, Diag>;

/// A layer of a flow.
pub trait BijectionRow: Row {
    /// Whether it takes a block.
    fn block(&self) -> BlockUse {
        BlockUse::None
    }
    /// Verifies and infers in one place, as for layers.
    fn check(&self, cx: &mut dyn ChainCx, args: &Args, block: Block, input: &EventTy) -> Found;
    /// Whether it maps all of this range, narrower than the reals, onto the same range, whatever its parameters are. A layer that does
    /// not would send data back to where the layers before it have no inverse. Not asked of mere rearrangements.
    fn keeps(&self, _args: &Args, _range: Support) -> bool {
        false
    }
}

/// A checked block of bijections.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowChain {
    /// Base side.
    pub input: EventTy,
    /// Data side.
    pub out: EventTy,
    /// The bijections in text order (base to data).
    pub layers: Vec<FlowLayer>,
}

/// One bijection of a [`FlowChain`].
#[derive(Clone, Debug, PartialEq)]
pub struct FlowLayer {
    /// Last part of its path.
    pub path: String,
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
    /// What it was found to be.
    pub checked: CheckedBijection,
}

impl FlowChain {
    /// The whole block in one direction, with the summed log-determinant.
    pub fn run<'g>(&self, cx: LowerCx<'g, '_>, start: Ex<'g>, to: Direction) -> Moved<'g> {
        let step = |(x, total): Moved<'g>, l: &FlowLayer| {
            cx.caused_by(l.span);
            let (y, log_det) = cx.inside(&l.path, |cx| l.checked.bijection.run(cx, x, to));
            (y, add_log_dets(total, log_det, |a, b| a + b))
        };
        match to {
            Direction::Forward => self.layers.iter().fold((start, None), step),
            Direction::Inverse => self.layers.iter().rev().fold((start, None), step),
        }
    }
    /// How many layers are written out in this direction where derivatives are taken, beside those of one pass.
    pub fn again(&self, to: Direction) -> usize {
        self.layers.iter().map(|l| l.checked.bijection.again(to)).fold(0, usize::saturating_add)
    }
    /// The parameters of all layers, with paths relative to the block.
    pub fn params(&self) -> Vec<ParamDecl> {
        let of =
            |l: &FlowLayer| l.checked.params.iter().map(|p| p.clone().inside(&l.path)).collect::<Vec<_>>();
        self.layers.iter().flat_map(of).collect()
    }
    /// The largest Jacobian class among the layers. (Several triangular ones have no common order; their log-determinants add.)
    pub fn jacobian(&self) -> Jacobian {
        self.layers.iter().map(|l| l.checked.jacobian).max().unwrap_or(Jacobian::Unit)
    }
    /// For each output element, the input element that reaches it without a trained layer changing it.
    pub fn identity_dims(&self) -> Copies {
        identity_dims(&self.layers, self.input.size())
    }
}

/// For each output element of a sequence of bijections on `n` elements, the input element that reaches it without a trained layer changing
/// it.
pub fn identity_dims(layers: &[FlowLayer], n: usize) -> Copies {
    layers.iter().fold(Copies::same(n), |before, l| l.checked.identity_dims.behind(&before))
}

/// Sum of two log-determinants, `None` being 0.
pub fn add_log_dets<T>(a: Option<T>, b: Option<T>, add: impl FnOnce(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(add(a, b)),
        (a, None) => a,
        (None, b) => b,
    }
}
