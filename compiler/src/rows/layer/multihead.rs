//! Attention with several heads over the places of an event, with causal masks.

use super::linear::{Linear, Mask};
use super::parts::places;
use super::require::{misfit, need_image, need_sequence};
use super::{Causality, Checked, Layer, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{DType, Ex};
use crate::rows::ParamDecl;
use crate::rows::args::Args;

/// Below every score: what a masked place has before the softmax.
const UNREAD: f64 = -1e30;

/// softmax(Q Kᵀ / √keys) V of each head, put together by a linear map; on `[B, T, d]`, or the pixels of `[B, C, H, W]`.
#[derive(Debug, PartialEq)]
pub struct Multihead {
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    heads: usize,
    mask: Mask,
    rotary: bool,
    event: Vec<usize>,
}

/// What a layer of attention is asked to be.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Features of Q and K, of all heads together; as many as arrive where it is not said.
    pub keys: Option<usize>,
    /// Number of heads.
    pub heads: usize,
    /// Which places a place reads.
    pub mask: Mask,
    /// Whether scores know how far apart two places are.
    pub rotary: bool,
    /// Whether each of its four weights is divided by its largest singular value.
    pub spectral: bool,
}

impl Multihead {
    /// The layer on an event, its features parted among `heads`.
    ///
    /// # Errors
    /// E0201 for an event without places, E0205 for features that do not divide among the heads, or for heads whose features are no pairs.
    pub fn check(args: &Args, input: &EventTy, asked: Asked) -> Result<Checked, Diag> {
        let Asked { keys, heads, mask, rotary, spectral } = asked;
        let (n, d) = match input.shape.as_slice() {
            [_, _] => need_sequence(args, input).map(|[t, d]| (t, d))?,
            _ => need_image(args, input).map(|[c, h, w]| (h * w, c))?,
        };
        let keys = keys.unwrap_or(d);
        if let Some(uneven) = [d, keys].into_iter().find(|k| k % heads.max(1) != 0) {
            let d = args.error(
                "heads",
                format!("{uneven} features cannot be parted among {heads} heads"),
                format!("{heads} does not divide {uneven}"),
            );
            return Err(d.help("choose a number of heads that divides the features and `keys`"));
        }
        let each = keys / heads.max(1);
        if rotary && each % 2 != 0 {
            let d = args.error(
                "positions",
                format!("`rotary` turns pairs of features, and each head has {each}"),
                format!("{each} features cannot be paired"),
            );
            return Err(d.help("choose `keys` and `heads` so that each head has an even number of features"));
        }
        if n.saturating_mul(n) > MOST_PAIRS {
            let message = format!("attention over {n} places compares {n} x {n} pairs");
            let d = misfit(args, message, format!("receives {input}"));
            return Err(
                d.help("make the event smaller before it, for images with `conv(.., stride: 2)` or patches")
            );
        }
        let part = |name: &str, made| Linear { spectral, ..Linear::plain(name, d, made) };
        let layer = Multihead {
            query: part("query.", keys),
            key: part("key.", keys),
            value: part("value.", d),
            out: part("out.", d),
            heads,
            mask,
            rotary,
            event: input.shape.clone(),
        };
        let parts = [&layer.query, &layer.key, &layer.value, &layer.out];
        let params: Vec<ParamDecl> = parts.into_iter().flat_map(|p| p.params(None)).collect();
        let causality = mask.causality();
        Ok(Checked { params, causality, ..Checked::elementwise(EventTy::real(input.shape.clone()), layer) })
    }
    /// `[B, T, d]` from an event, and back.
    fn as_sequence<'g>(&self, x: Ex<'g>) -> Ex<'g> {
        match self.event.as_slice() {
            [c, h, w] => x.view(&[*c, h * w]).transpose(),
            _ => x,
        }
    }
    fn as_event<'g>(&self, y: Ex<'g>) -> Ex<'g> {
        match self.event.as_slice() {
            [_, _, _] => y.transpose().view(&self.event),
            _ => y,
        }
    }
    /// `[B, heads, T, T]`: how much a place (third axis) reads of each (fourth).
    fn weights<'g>(&self, q: Ex<'g>, k: Ex<'g>) -> Ex<'g> {
        let scores = q.matmul(k.transpose()) * (1.0 / (q.last_size() as f64).sqrt());
        let n = k.shape().0.get(2).map_or(0, |d| d.n);
        let [to, from] = places(q.scope(), n).map(|p| p.lift(4));
        let seen = match self.mask {
            Mask::None => return scores.log_softmax(3).exp(),
            Mask::A => from.lt(to),
            Mask::B => from.le(to),
        };
        // The product is what leaves the first place without any weight, when it reads none.
        seen.select(scores, UNREAD).log_softmax(3).exp() * seen.cast(DType::F)
    }
}

/// `[B, heads, T, d]` with the pair (j, j + d/2) of each place t turned by the angle t 10000^(-2 j / d) (Su et al. 2021, eq. 34), so that products of
/// turned features depend on the difference of their places.
fn turned(x: Ex<'_>) -> Ex<'_> {
    let (n, half) = (x.shape().0.get(2).map_or(0, |d| d.n), x.last_size() / 2);
    let angle = |i: usize| {
        let (place, pair) = (i / half.max(1), i % half.max(1));
        place as f64 * 10_000f64.powf(-(pair as f64) / half as f64)
    };
    let table = |f: fn(f64) -> f64| {
        x.scope().literal((0..n * half).map(|i| f(angle(i))).collect(), &[n, half]).lift(4)
    };
    let (cos, sin) = (table(f64::cos), table(f64::sin));
    let [a, b] = [0, half].map(|from| x.slice(3, from, half));
    x.scope().concat(&[a * cos - b * sin, b * cos + a * sin], 3)
}

/// Most pairs of places of one example.
const MOST_PAIRS: usize = 1 << 24;

impl Layer for Multihead {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let x = self.as_sequence(x);
        let n = x.shape().0.get(1).map_or(0, |d| d.n);
        let split = |m: &Linear, x: Ex<'g>| {
            m.lower_each(cx, x).view(&[n, self.heads, m.n_out / self.heads.max(1)]).permute(&[0, 2, 1, 3])
        };
        // A query made of the own place would read it: with type A it is made of the one before.
        let asks = if self.mask == Mask::A { x.pad(1, 1, 0).slice(1, 0, n) } else { x };
        let (q, k, v) = (split(&self.query, asks), split(&self.key, x), split(&self.value, x));
        let (q, k) = if self.rotary { (turned(q), turned(k)) } else { (q, k) };
        let read = self.weights(q, k).matmul(v).permute(&[0, 2, 1, 3]).view(&[n, self.value.n_out]);
        vec![self.as_event(self.out.lower_each(cx, read))]
    }
    fn reads(&self, _: Causality) -> Reads {
        self.mask.reads()
    }
}
