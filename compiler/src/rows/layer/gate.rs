//! `gate`: half of the features opens and closes the other half.

use super::require::misfit;
use super::runs::Runs;
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::{EventTy, Kind, Support};
use crate::ir::Ex;
use crate::rows::args::Args;

row! {
    /// tanh(a) · sigmoid(b), where a is the first half of the features and b the second (van den Oord et al. 2016b, eq. 2): the channels of an
    /// image, [2c, H, W] -> [c, H, W]; the last axis of a sequence, [T, 2d] -> [T, d]; the coordinates of a vector, [2n] -> [n]. With
    /// `colours: g` every run of channels is halved for itself, so that a masked convolution with the same `colours` may stand around it.
    pub struct Gate = "gate" [Runs::PARAM];
}

/// Halves of the feature axis.
#[derive(Debug, PartialEq)]
struct Gated {
    runs: usize,
    out: Vec<usize>,
}

impl LayerRow for Gate {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let runs = Runs::of(args);
        let odd = |n: usize| {
            let d = misfit(
                args,
                format!("`gate` halves its features, and {n} is odd"),
                format!("receives {input}"),
            );
            Err(d.help(format!("make {} of them in the layer before", n + 1)))
        };
        let (causality, features, out) = match (input.kind, input.shape.as_slice()) {
            (Kind::Class(_), _) => return Err(wrong(args, input)),
            (_, [n]) => (Causality::Global, *n, vec![n / 2]),
            (_, [t, d]) => (Causality::Weak, *d, vec![*t, d / 2]),
            (_, [c, h, w]) => (runs.weak(), *c, vec![c / 2, *h, *w]),
            (_, _) => return Err(wrong(args, input)),
        };
        if features % 2 == 1 {
            return odd(features);
        }
        runs.check(args, &input.shape, &[features / 2])?;
        let ty = EventTy { kind: Kind::Real(Support::open(-1.0, 1.0)), shape: out.clone() };
        Ok(Checked { causality, ..Checked::elementwise(ty, Gated { runs: runs.0, out }) })
    }
}

fn wrong(args: &Args, input: &EventTy) -> Diag {
    misfit(args, "`gate` takes a vector, a sequence [T, d] or an image", format!("receives {input}"))
        .help("write `embed(8)` before it if these are classes, else `flatten`")
}

impl Layer for Gated {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let (axis, split) = match self.out.as_slice() {
            [t, d] => (2, vec![*t, 2, *d]),
            [c, h, w] => (2, vec![self.runs, 2, c / self.runs.max(1), *h, *w]),
            other => (1, [&[2], other].concat()),
        };
        let x = x.view(&split);
        let half = |i| x.slice(axis, i, 1).view(&self.out);
        vec![half(0).tanh() * half(1).sigmoid()]
    }
}
