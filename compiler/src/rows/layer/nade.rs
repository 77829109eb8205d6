//! `nade`: a vector in its order, from hidden units whose sums grow from coordinate to coordinate.

use super::parts::as_numbers;
use super::require::need_vector;
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{At, Ex, Step, Turns, exactly};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Init, ParamDecl};

row! {
    /// A neural autoregressive distribution estimator (NADE, Larochelle & Murray 2011, equations 5-8): [n] -> [n]. Coordinate i is made of the
    /// ones before it by hidden units of its own, y_i = b_i + V_i h_i with h_i = σ(c + W_1 x_1 + .. + W_(i-1) x_(i-1)): all share one W, so
    /// that the sum of a coordinate is that of the one before and one term more, and the density, as a draw, takes n · units operations. W
    /// and V are stored as [n, units], one row a coordinate. Coordinate i does not read itself, so it is a whole net that predicts a
    /// vector from earlier ones; `flatten, nade(500), reshape(1, 8, 8)` predicts an image.
    pub struct Nade = "nade" [UNITS];
}

const UNITS: ParamSpec =
    ParamSpec { name: "units", kind: ArgKind::Int(1), default: None, doc: "hidden units of each coordinate" };

#[derive(Debug, PartialEq)]
struct Sums {
    n: usize,
    units: usize,
    input: EventTy,
}

impl LayerRow for Nade {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let (n, units) = (need_vector(args, input)?, args.int(UNITS.name));
        let params = vec![
            ParamDecl::trained("input.weight", &[n, units], Init::lecun(n)),
            ParamDecl::trained("input.bias", &[units], Init::ZEROS),
            ParamDecl::trained("output.weight", &[n, units], Init::lecun(units)),
            ParamDecl::trained("output.bias", &[n], Init::ZEROS),
        ];
        let layer = Sums { n, units, input: input.clone() };
        let causality = Causality::Strict;
        Ok(Checked { params, causality, ..Checked::elementwise(EventTy::real([n]), layer) })
    }
}

impl Layer for Sums {
    fn reads(&self, _: Causality) -> Reads {
        Reads::Earlier(false)
    }
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let Sums { n, units, .. } = *self;
        let before = |x: Ex<'g>, axis: usize| x.pad(axis, 1, 0).slice(axis, 0, n);
        let x = before(as_numbers(x, &self.input), 1);
        let w = before(cx.param("input.weight", &[n, units]), 0);
        let (c, v) = (cx.param("input.bias", &[units]).lift(2), cx.param("output.weight", &[n, units]));
        let zeros = cx.scope().full(0.0, &x.like(&[units]));
        let turns = Turns { count: n, first: 0, reverse: false };
        let made = cx.scan(turns, &[zeros], &[x, w, c, v], |_, carried, read, _| {
            let (&[sum], &[x, w, c, v]) = (exactly(carried), exactly(read));
            let at = [At { div: 1, modulo: n, offset: 0, ahead: 0 }];
            let [w, v] = [w, v].map(|row| row.dyn_slice(&[0], &[1], &at));
            let sum = sum + x.dyn_slice(&[1], &[1], &at).matmul(w);
            Step { carried: vec![sum], stacked: vec![(sum + c).sigmoid().matmul(v.transpose())] }
        });
        let &[scores] = exactly(&made.stacked);
        vec![scores.permute(&[1, 0, 2]).view(&[n]) + cx.param("output.bias", &[n]).lift(2)]
    }
}
