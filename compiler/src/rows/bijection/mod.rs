//! Bijections, the layers of flows, one file each. The files that hold no row (`parts`, `mask`, `monotone`, `permutation`) hold what several
//! rows share.

pub mod mask;
pub mod monotone;
pub mod parts;
pub mod permutation;

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

use super::args::Args;
use super::{BlockUse, Builder, ChainCx, Env, ParamDecl, Row};
use crate::diag::Diag;
use crate::event::{EventTy, Support};
use crate::ir::{Graph, Value};
use crate::span::Span;
use crate::syntax::ast;
use std::rc::Rc;
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

/// `[B, ..event] -> ([B, ..event], log |det J| of this direction as [B])`; `None` is 0.
pub type BijFn = Rc<dyn Fn(&mut Builder, &Env, Value) -> (Value, Option<Value>)>;

/// What a bijection was found to be, for one input type and one set of arguments.
#[derive(Clone)]
pub struct CheckedBijection {
    /// Output type (same number of elements).
    pub out: EventTy,
    /// Its parameters and states.
    pub params: Vec<ParamDecl>,
    /// Class of the Jacobian.
    pub jacobian: Jacobian,
    /// For each output element (row-major), the input element that it is a copy or a fixed function of, if nothing trained changes it.
    pub copies: Vec<Option<usize>>,
    /// z → x.
    pub forward: BijFn,
    /// x → z, with the log-determinant of this inverse direction.
    pub inverse: BijFn,
}

/// A layer of a flow.
pub trait BijectionRow: Row {
    /// Whether it takes a block.
    fn block(&self) -> BlockUse {
        BlockUse::None
    }
    /// Verifies and infers in one place, as for layers.
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag>;
    /// Whether it maps all of this range, narrower than the reals, onto the same range, whatever its parameters are. A layer that does
    /// not would send data back to where the layers before it have no inverse. Not asked of mere rearrangements.
    fn keeps(&self, _args: &Args, _range: Support) -> bool {
        false
    }
}

/// A checked block of bijections.
#[derive(Clone)]
pub struct FlowChain {
    /// Base side.
    pub input: EventTy,
    /// Data side.
    pub out: EventTy,
    /// The bijections in text order (base to data).
    pub layers: Vec<FlowLayer>,
}

/// One bijection of a [`FlowChain`].
#[derive(Clone)]
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
    /// z → x with the summed log-determinant.
    pub fn forward(&self, cx: &mut Builder, env: &Env, z: Value) -> (Value, Option<Value>) {
        self.run(cx, env, z, self.layers.iter(), |l| &l.checked.forward)
    }
    /// x → z with the summed log-determinant of the inverse.
    pub fn inverse(&self, cx: &mut Builder, env: &Env, x: Value) -> (Value, Option<Value>) {
        self.run(cx, env, x, self.layers.iter().rev(), |l| &l.checked.inverse)
    }
    fn run<'a>(
        &'a self,
        cx: &mut Builder,
        env: &Env,
        start: Value,
        layers: impl Iterator<Item = &'a FlowLayer>,
        dir: impl Fn(&FlowLayer) -> &BijFn,
    ) -> (Value, Option<Value>) {
        let (mut x, mut total) = (start, None);
        for l in layers {
            cx.g.at = l.span;
            let (y, ld) = dir(l)(cx, &env.child(&l.path), x);
            x = y;
            total = add_log_dets(cx, total, ld);
        }
        (x, total)
    }
    /// The parameters of all layers, with paths relative to the block.
    pub fn params(&self) -> Vec<ParamDecl> {
        let mut all = Vec::new();
        for l in &self.layers {
            for p in &l.checked.params {
                all.push(ParamDecl { name: format!("{}.{}", l.path, p.name), ..p.clone() });
            }
        }
        all
    }
}

/// Sum of two log-determinants, `None` being 0.
pub fn add_log_dets(cx: &mut Graph, a: Option<Value>, b: Option<Value>) -> Option<Value> {
    match (a, b) {
        (Some(a), Some(b)) => Some(cx.add(a, b)),
        (a, None) => a,
        (None, b) => b,
    }
}
