//! `heads`: several outputs side by side, from the same features.

use super::convolution::Convolution;
use super::linear::{Linear, Mask};
use super::parts::as_numbers;
use super::require::{alone_at_places, need_image, need_vector, sizes};
use super::runs::Runs;
use super::{Block, Causality, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{ParamDecl, init};

row! {
    /// Several affine maps of the same features, one output each; it stands last in a net with several outputs. A vector becomes
    /// [n] -> ([a], [b], ..), where one of size 1 may be declared as a number, `(Real[], Real[3])`; an image, by 1 x 1 convolutions, [C, H, W] -> ([a, H, W], [b, H, W], ..). With `k` every element of an output
    /// is k numbers on a new last axis, ([a, k], ..) or ([a, H, W, k], ..): the components of a mixture. A sequence becomes, by the same
    /// maps at every place, [T, d] -> ([T, a], [T, b], ..). `mask` and `colours` are those of `dense` and `conv`.
    pub struct Heads = "heads" [SIZES, init::PARAM, Mask::PARAM, K, Runs::PARAM];
}

const SIZES: ParamSpec = ParamSpec {
    name: "sizes",
    kind: ArgKind::List,
    default: None,
    doc: "coordinates, or channels, of each output, in order",
};
const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Int(1),
    default: Some(""),
    doc: "numbers for each element, on a new last axis; none is added when not written",
};

/// Affine maps of a vector.
#[derive(Debug, PartialEq)]
struct OfVector {
    maps: Vec<Linear>,
    k: Option<usize>,
    input: EventTy,
}

/// Affine maps of every place of a sequence.
#[derive(Debug, PartialEq)]
struct OfPlaces {
    maps: Vec<Linear>,
    k: Option<usize>,
}

/// Affine maps of every pixel.
#[derive(Debug, PartialEq)]
struct OfImage {
    maps: Vec<Convolution>,
    k: Option<usize>,
}

impl LayerRow for Heads {
    fn size(&self) -> Option<&'static str> {
        Some(SIZES.name)
    }
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let sizes = sizes(args, SIZES.name, 1)?;
        if sizes.is_empty() {
            let d = args.error(SIZES.name, "`heads` needs the size of each output", "no sizes here");
            return Err(d.help("write `heads(16, 16)` for two outputs of 16 coordinates"));
        }
        let (k, mask, runs) = (args.int_if_given(K.name), Mask::of(args), Runs::of(args));
        if input.shape.len() == 3 {
            return of_image(args, input, &sizes, k, mask);
        }
        let places = alone_at_places(args, input)?;
        let n = match places {
            Some([_, d]) => d,
            None => need_vector(args, input)?,
        };
        runs.check(args, &input.shape, &[])?;
        let each = k.unwrap_or(1);
        let map = |(i, &size): (usize, &usize)| Linear {
            mask,
            group: each,
            ..Linear::plain(format!("head{i}."), n, size.saturating_mul(each))
        };
        let maps: Vec<Linear> = sizes.iter().enumerate().map(map).collect();
        let params = maps.iter().map(|m| m.params_from(args)).collect::<Result<Vec<_>, _>>()?.concat();
        if let Some([t, _]) = places {
            let out = sizes.iter().map(|&s| EventTy::real([&[t, s], k.as_slice()].concat())).collect();
            return Ok(several(out, params, Causality::Weak, OfPlaces { maps, k }));
        }
        let out = sizes.iter().map(|&s| EventTy::real([&[s], k.as_slice()].concat())).collect();
        Ok(several(out, params, mask.causality(), OfVector { maps, k, input: input.clone() }))
    }
}

fn of_image(
    args: &Args,
    input: &EventTy,
    sizes: &[usize],
    k: Option<usize>,
    mask: Mask,
) -> Result<Checked, Diag> {
    let [c, h, w] = need_image(args, input)?;
    let runs = Runs::of(args);
    runs.check_masked(args, mask, &input.shape, sizes)?;
    let map = |(i, &size): (usize, &usize)| {
        let made = size.saturating_mul(k.unwrap_or(1));
        Convolution { mask, runs, ..Convolution::same(format!("head{i}."), c, made, 1, h, w) }
    };
    let maps: Vec<Convolution> = sizes.iter().enumerate().map(map).collect();
    let mut params = Vec::new();
    for m in &maps {
        params.extend(m.params(init::from_args(args, m.fan())?));
    }
    // A 1 x 1 kernel reads its own pixel only, with or without a mask.
    let causality = match mask {
        Mask::None => Causality::Weak,
        Mask::A | Mask::B => runs.causality(mask),
    };
    let out = sizes.iter().map(|&s| EventTy::real([&[s, h, w], k.as_slice()].concat())).collect();
    Ok(several(out, params, causality, OfImage { maps, k }))
}

/// A layer with these outputs.
fn several(out: Vec<EventTy>, params: Vec<ParamDecl>, causality: Causality, layer: impl Layer) -> Checked {
    Checked { out, params, causality, ..Checked::elementwise(EventTy::real([]), layer) }
}

impl Layer for OfVector {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let x = as_numbers(x, &self.input);
        let each = |m: &Linear| match self.k {
            Some(k) => m.lower(cx, x).view(&[m.n_out / k.max(1), k]),
            None => m.lower(cx, x),
        };
        self.maps.iter().map(each).collect()
    }
    fn reads(&self, _: Causality) -> Reads {
        self.maps.first().map_or(Reads::Own, |m| m.mask.reads())
    }
}

impl Layer for OfPlaces {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let places = x.shape().0.get(1).map_or(1, |d| d.n);
        let each = |m: &Linear| match self.k {
            Some(k) => m.lower_each(cx, x).view(&[places, m.n_out / k.max(1), k]),
            None => m.lower_each(cx, x),
        };
        self.maps.iter().map(each).collect()
    }
}

impl Layer for OfImage {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let each = |m: &Convolution| match self.k {
            Some(k) => m.lower_each(cx, x, k),
            None => m.lower(cx, x),
        };
        self.maps.iter().map(each).collect()
    }
    fn reads(&self, _: Causality) -> Reads {
        self.maps.first().map_or(Reads::Own, Convolution::reads)
    }
}
