//! `row_lstm`: the rows of an image, one after the other, each from the states of the row above it.

use super::convolution::Convolution;
use super::linear::Mask;
use super::recurrent::Cell;
use super::require::need_image;
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{At, Ex, Step, Turns, exactly};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// The row LSTM of PixelRNN (van den Oord et al. 2016, section 3.1 and equation 3): [C, H, W] -> [channels, H, W]. All pixels of a row are
    /// computed at once, from a masked convolution of the row (`input`, 1 x k) and one of the states of the row above it (`hidden`, 1 x 3), as
    /// the gates i, f, g, o of a long short-term memory. A pixel reads a triangle of pixels above it, which grows by a pixel to both sides a
    /// row, and with `mask: B` itself and k / 2 pixels to its left. With `mask: A` it does not read itself, as the
    /// first layer of a net that predicts pixels; a `conv(mask: A)` there reads the last pixel of the row above, too.
    pub struct RowLstm = "row_lstm" [CHANNELS, K, MASK];
}

/// The `channels` argument of recurrent layers over pixels.
pub const CHANNELS: ParamSpec = ParamSpec {
    name: "channels",
    kind: ArgKind::Int(1),
    default: None,
    doc: "numbers of the state at each pixel",
};
const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Int(1),
    default: Some("3"),
    doc: "size of the kernel along the row, an odd number",
};
const MASK: ParamSpec = ParamSpec {
    name: Mask::PARAM.name,
    kind: ArgKind::Word(&["A", "B"]),
    default: Some("B"),
    doc: "`A`: a pixel reads earlier ones only; `B`: also itself",
};

#[derive(Debug, PartialEq)]
struct Rows {
    /// From the row, to all gates.
    input: Convolution,
    /// From the states of the row above, to all gates.
    hidden: Convolution,
    image: [usize; 3],
}

impl LayerRow for RowLstm {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let (p, k, mask) = (args.int(CHANNELS.name), args.int(K.name), Mask::of(args));
        if k % 2 == 0 {
            let d = args.error(K.name, format!("a kernel of {k} has no centre"), "must be odd");
            return Err(d.help(format!("write `k: {}`", k + 1)));
        }
        let gates = p.saturating_mul(Cell::Lstm.parts());
        let along = |name: &str, from: usize, k: usize, rows: usize| {
            let one = Convolution::same(name, from, gates, k, rows, w);
            let [mut down, across] = one.axes;
            (down.before, down.after) = (0, 0);
            Convolution { k: [1, k], axes: [down, across], ..one }
        };
        let layer = Rows {
            input: Convolution { mask, ..along("input.", c, k, h) },
            hidden: Convolution { bias: false, ..along("hidden.", p, 3, 1) },
            image: [p, h, w],
        };
        let params = layer.input.params(None).into_iter().chain(layer.hidden.params(None)).collect();
        let causality = mask.causality();
        Ok(Checked { params, causality, ..Checked::elementwise(EventTy::real(layer.image), layer) })
    }
}

impl Layer for Rows {
    /// Behind what a row reads of itself, the states of the rows above, from one pixel further to both sides each.
    fn reads(&self, _: Causality) -> Reads {
        let [_, h, _] = self.image;
        let above = (0..h as isize).flat_map(|up| (-up..=up).map(move |across| [-up, across]));
        Reads::Steps(vec![self.input.reads(), Reads::Offsets(above.collect())])
    }
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let [p, h, w] = self.image;
        let read = self.input.lower(cx, x);
        let zeros = read.scope().full(0.0, &read.like(&[p, 1, w]));
        let turns = Turns { count: h, first: 0, reverse: false };
        let made = cx.scan(turns, &[zeros, zeros], &[read], |cx, carried, read, _| {
            let (&[above, memory], &[row]) = (exactly(carried), exactly(read));
            let row = row.dyn_slice(&[2], &[1], &[At { div: 1, modulo: h, offset: 0, ahead: 0 }]);
            let (state, memory) = gated(row + self.hidden.lower(cx, above), memory, p);
            Step { carried: vec![state, memory], stacked: vec![state.view(&[p, w])] }
        });
        let &[states] = exactly(&made.stacked);
        vec![states.permute(&[1, 2, 0, 3])]
    }
}

/// State and memory of a long short-term memory after gates `[B, 4 p, ..]`, in the order i, f, g, o.
pub(super) fn gated<'g>(gates: Ex<'g>, memory: Ex<'g>, p: usize) -> (Ex<'g>, Ex<'g>) {
    let part = |i: usize| gates.slice(1, i * p, p);
    let [i, f, o] = [0, 1, 3].map(|k| part(k).sigmoid());
    let memory = f * memory + i * part(2).tanh();
    (o * memory.tanh(), memory)
}
