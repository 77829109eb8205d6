//! `couple(mask, kind) { .. }`: some elements move by what the others say.

use super::copies::Copies;
use super::mask::{self, Mask};
use super::monotone::{self, Monotone};
use super::permutation::undo;
use super::{Bijection, BijectionRow, CheckedBijection, Direction, Found, Moved};
use crate::diag::Diag;
use crate::event::{EventTy, Kind, Support, shape_text};
use crate::ir::{Ex, Shape};
use crate::rows::args::Args;
use crate::rows::layer::beside::Beside;
use crate::rows::layer::convolution::Convolution;
use crate::rows::layer::linear::Linear;
use crate::rows::layer::require::no_block;
use crate::rows::{Block, BlockUse, Chain, ChainCx, LowerCx, ParamDecl, Row, Shared};
use std::rc::Rc;

row! {
    /// A coupling: the elements that the mask keeps go through the block, whose result moves the others, one by one: `additive`
    /// y = x + t (NICE, Dinh et al. 2015), `affine` y = x exp(s) + t (RealNVP, Dinh et al. 2017, eq. 7-8; |s| stays below a limit),
    /// `spline` a rational-quadratic spline (Durkan et al. 2019). The block of a vector receives the kept coordinates, with further
    /// inputs of the flow behind them, and a dense layer to the right size is appended; the block of an image receives the whole image
    /// with 0 where it moves, and a 3 x 3 convolution (or, after `flatten`, a dense layer) is appended. The appended layer starts at 0,
    /// and the coupling as the identity.
    pub struct Couple = "couple" [mask::PARAM, monotone::PARAM];
}

impl BijectionRow for Couple {
    fn block(&self) -> BlockUse {
        BlockUse::Required
    }
    fn keeps(&self, args: &Args, range: Support) -> bool {
        Monotone::of(args).is_ok_and(|m| m.keeps(range))
    }
    fn check(&self, cx: &mut dyn ChainCx, args: &Args, block: Block, input: &EventTy) -> Found {
        let Some(block) = block else { return Err(no_block(self.name(), args.span)) };
        let mask = Mask::of(args, input)?;
        let kind = Monotone::of(args)?;
        let keep = mask.kept();
        let given = cx.given().to_vec();
        if !keep.contains(&false) {
            return Err(idle(
                args,
                input,
                "transform",
                "keeps",
                "a coupling needs at least two elements: one to keep and one to transform",
            ));
        }
        if !keep.contains(&true) && given.is_empty() {
            return Err(idle(
                args,
                input,
                "condition on",
                "transforms",
                "a coupling needs at least two elements; a single number is moved by `scale, shift`",
            ));
        }
        let identity_dims = Copies::listed(keep.iter().enumerate().map(|(i, k)| k.then_some(i)));
        let (kept, moved): (Vec<usize>, Vec<usize>) =
            (0..keep.len()).partition(|&i| keep.get(i).copied().unwrap_or(false));
        // What the block reads, how many parameters it is to make, and for which image.
        let (seen, made, image) = match input.shape.as_slice() {
            [c, h, w] => (vec![*c, *h, *w], c * kind.count(), Some([*h, *w])),
            _ => (vec![kept.len()], moved.len() * kind.count(), None),
        };
        let beside = Beside::check(args, given, &seen)?;
        let mut read = seen;
        if let Some(first) = read.first_mut() {
            *first += beside.added;
        }
        let chain = cx.chain(block, &EventTy::real(read))?;
        let last = Appended::to(args, &chain, made, image)?;
        let mut params: Vec<ParamDecl> = chain.params().into_iter().map(|p| p.inside("net")).collect();
        params.extend(last.params());
        let net = Conditioner { beside, chain, last, kind };
        let event = input.shape.clone();
        let order = undo(&[kept.as_slice(), &moved].concat());
        Ok(CheckedBijection {
            out: input.with_kind(Kind::REAL),
            params,
            jacobian: kind.jacobian(),
            identity_dims,
            bijection: match image {
                Some(_) => Shared(Rc::new(OfImage { mask, event, net })),
                None => Shared(Rc::new(OfVector { kept, moved, order, event, net })),
            },
        })
    }
}

/// The error of a mask that leaves nothing to do with some elements.
fn idle(args: &Args, input: &EventTy, nothing_to: &str, does: &str, help: &str) -> Diag {
    let mask = args.get(mask::PARAM.name).map(ToString::to_string).unwrap_or_default();
    Diag::new(
        "E0403",
        format!("the mask `{mask}` leaves nothing to {nothing_to}"),
        args.span_of(mask::PARAM.name),
        format!("{does} all of shape {}", input.shape_text()),
    )
    .help(help)
}

/// The layer behind the block that makes the parameters of the moved elements; 0 at the start.
#[derive(Debug, PartialEq)]
enum Appended {
    Dense(Linear),
    Conv(Convolution),
}

impl Appended {
    /// A layer from what the block yields to `n` numbers, or `n` channels of an image of this size.
    fn to(args: &Args, chain: &Chain, n: usize, image: Option<[usize; 2]>) -> Result<Appended, Diag> {
        let wrong = |what: String, help: &str| {
            let d = Diag::new(
                "E0402",
                format!("the block of `{}` ends with {what}", args.name),
                args.span,
                "appends a layer that computes the transformation",
            );
            let d = match chain.layers.last() {
                Some(l) => d.also(l.span, "the last layer"),
                None => d,
            };
            Err(d.help(help))
        };
        let [out] = chain.out.as_slice() else {
            return wrong(
                format!("{} outputs", chain.out.len()),
                "leave `heads` out: scale and shift are computed by the appended layer",
            );
        };
        match (out.shape.as_slice(), image) {
            ([m], None) => Ok(Appended::Dense(Linear::plain("out.", *m, n))),
            ([m], Some([h, w])) => Ok(Appended::Dense(Linear::plain("out.", *m, n * h * w))),
            ([c, rows, columns], Some([h, w])) if [*rows, *columns] == [h, w] => {
                Ok(Appended::Conv(Convolution::same("out.", *c, n, 3, h, w)))
            }
            (shape, Some([h, w])) => wrong(
                format!("shape {}", shape_text(shape)),
                &format!("keep rows and columns at {h} x {w}, or end the block with `flatten`"),
            ),
            (shape, None) => wrong(format!("shape {}", shape_text(shape)), "end the block with `flatten`"),
        }
    }
    fn params(&self) -> Vec<ParamDecl> {
        match self {
            Appended::Dense(d) => d.zero_params(),
            Appended::Conv(c) => c.zero_params(),
        }
    }
}

/// What turns kept elements into the parameters of the moved ones.
#[derive(Debug, PartialEq)]
struct Conditioner {
    beside: Beside,
    chain: Chain,
    last: Appended,
    kind: Monotone,
}

impl Conditioner {
    /// Parameters of `m` elements, `[B, count, m]`, by what the block reads.
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, read: Ex<'g>, m: usize) -> Ex<'g> {
        let h = cx.inside("net", |cx| self.chain.lower_one(cx, read));
        let raw = match &self.last {
            Appended::Dense(d) => d.lower(cx, h),
            Appended::Conv(c) => c.lower(cx, h),
        };
        raw.view(&[self.kind.count(), m])
    }
}

#[derive(Debug, PartialEq)]
struct OfVector {
    kept: Vec<usize>,
    moved: Vec<usize>,
    /// From kept-then-moved back to the event's order.
    order: Vec<usize>,
    event: Vec<usize>,
    net: Conditioner,
}

impl Bijection for OfVector {
    fn run<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        let flat = x.view(&[self.event.iter().product()]);
        let kept = (!self.kept.is_empty()).then(|| flat.take(1, self.kept.clone()));
        let moved = flat.take(1, self.moved.clone());
        let Some(read) = self.net.beside.lower_behind(cx, kept) else { return (x, None) };
        let (moved, slope) = self.net.kind.run(moved, self.net.lower(cx, read, self.moved.len()), to);
        let all = cx.scope().concat(&kept.into_iter().chain([moved]).collect::<Vec<_>>(), 1);
        (all.take(1, self.order.clone()).view(&self.event), slope.map(Ex::sum_event))
    }
}

#[derive(Debug, PartialEq)]
struct OfImage {
    mask: Mask,
    event: Vec<usize>,
    net: Conditioner,
}

impl Bijection for OfImage {
    fn run<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        let n = self.event.iter().product();
        let mask = self.mask.lower(cx.scope());
        let raw = self.net.lower(cx, self.net.beside.lower(cx, x * mask), n);
        let flat = x.view(&[n]);
        let (moved, slope) = self.net.kind.run(flat, raw, to);
        let kept = mask.reshape(Shape::fixed(&[1, n])).gt(0.5);
        let y = kept.select(flat, moved).view(&self.event);
        (y, slope.map(|s| kept.select(0.0, s).sum_event()))
    }
}
