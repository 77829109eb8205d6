//! `diagonal_bilstm`: an image along its diagonals, from the upper left and from the upper right corner.

use super::convolution::{Axis, Convolution};
use super::recurrent::Cell;
use super::require::need_image;
use super::row_lstm::{CHANNELS, gated};
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{At, Ex, Step, Turns, exactly};
use crate::rows::args::Args;

row! {
    /// The diagonal BiLSTM of PixelRNN (van den Oord et al. 2016, section 3.2): [C, H, W] -> [channels, H, W]. A long short-term memory goes over
    /// the image from the upper left corner, the states of a pixel made of those to its left and above it; another one goes from the upper
    /// right corner, and is moved down by one row, so that it reads nothing that comes later; they are added. All pixels of a diagonal are
    /// computed at once: each row is moved one pixel further to the right (skewed), and diagonals are columns. A pixel reads itself and all
    /// pixels before it: put it behind a `conv(mask: A)` to predict pixels.
    pub struct DiagonalBilstm = "diagonal_bilstm" [CHANNELS];
}

/// One direction.
#[derive(Debug, PartialEq)]
struct Corner {
    /// From the pixel, to all gates.
    input: Convolution,
    /// From the states to the left and above, to all gates.
    hidden: Convolution,
}

#[derive(Debug, PartialEq)]
struct Diagonals {
    left: Corner,
    right: Corner,
    image: [usize; 3],
}

impl LayerRow for DiagonalBilstm {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let [c, h, w] = need_image(args, input)?;
        let p = args.int(CHANNELS.name);
        let gates = p.saturating_mul(Cell::Lstm.parts());
        let corner = |name: &str| {
            let hidden = Convolution::same(format!("{name}.hidden."), p, gates, 1, h, 1);
            let axes = [Axis { before: 1, after: 0, out: h }, Axis { before: 0, after: 0, out: 1 }];
            Corner {
                input: Convolution::same(format!("{name}.input."), c, gates, 1, h, w),
                hidden: Convolution { k: [2, 1], axes, bias: false, ..hidden },
            }
        };
        let layer = Diagonals { left: corner("left"), right: corner("right"), image: [p, h, w] };
        let all = [&layer.left, &layer.right].into_iter().flat_map(|c| [&c.input, &c.hidden]);
        let params = all.flat_map(|c| c.params(None)).collect();
        let causality = Causality::Weak;
        Ok(Checked { params, causality, ..Checked::elementwise(EventTy::real(layer.image), layer) })
    }
}

/// Row r moved r pixels to the right: `[B, c, h, w] -> [B, c, h, w + h - 1]`.
fn skewed<'g>(x: Ex<'g>, [c, h, w]: [usize; 3]) -> Ex<'g> {
    // A row of w + h elements, cut one element earlier each time.
    let flat = x.pad(3, 0, h).view(&[c, h * (w + h)]);
    flat.slice(2, 0, h * (w + h - 1)).view(&[c, h, w + h - 1])
}

/// The rows moved back.
fn straight<'g>(x: Ex<'g>, [c, h, w]: [usize; 3]) -> Ex<'g> {
    let flat = x.view(&[c, h * (w + h - 1)]).pad(2, 0, h);
    flat.view(&[c, h, w + h]).slice(3, 0, w)
}

impl Corner {
    /// The states, from the upper left corner: `[B, p, h, w]`.
    fn states<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, image: [usize; 3]) -> Ex<'g> {
        let [p, h, w] = image;
        let diagonals = w + h - 1;
        let read = skewed(self.input.lower(cx, x), [p * Cell::Lstm.parts(), h, w]);
        let zeros = read.scope().full(0.0, &read.like(&[p, h, 1]));
        let turns = Turns { count: diagonals, first: 0, reverse: false };
        let made = cx.scan(turns, &[zeros, zeros], &[read], |cx, carried, read, _| {
            let (&[before, memory], &[column]) = (exactly(carried), exactly(read));
            let column =
                column.dyn_slice(&[3], &[1], &[At { div: 1, modulo: diagonals, offset: 0, ahead: 0 }]);
            let (state, memory) = gated(column + self.hidden.lower(cx, before), memory, p);
            Step { carried: vec![state, memory], stacked: vec![state.view(&[p, h])] }
        });
        let &[states] = exactly(&made.stacked);
        straight(states.permute(&[1, 2, 3, 0]), image)
    }
}

impl Layer for Diagonals {
    fn reads(&self, _: Causality) -> Reads {
        Reads::Earlier(true)
    }
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let [_, h, w] = self.image;
        let turned = |x: Ex<'g>| x.take(3, (0..w).rev().collect());
        let left = self.left.states(cx, x, self.image);
        let right = turned(self.right.states(cx, turned(x), self.image));
        vec![left + right.pad(2, 1, 0).slice(2, 0, h)]
    }
}
