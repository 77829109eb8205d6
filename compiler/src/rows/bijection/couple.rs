//! `couple(mask, kind) { .. }`: some elements move by what the others say.

use super::super::args::{Args, ParamSpec};
use super::super::layer::convolution::Convolution;
use super::super::layer::join::Beside;
use super::super::layer::linear::Linear;
use super::super::layer::parts::{no_block, view};
use super::super::{BijectionRow, BlockUse, Builder, Chain, ChainCx, CheckedBijection, Env, Row};
use super::mask;
use super::monotone::{self, Monotone};
use super::parts::direction;
use super::permutation::undo;
use crate::diag::Diag;
use crate::event::{EventTy, Kind, Support, shape_text};
use crate::ir::{Compare, Value};
use crate::syntax::ast;
use std::rc::Rc;

/// `couple(parity(i), affine) { dense(64), relu }`
pub struct Couple;

impl Row for Couple {
    fn name(&self) -> &'static str {
        "couple"
    }
    fn doc(&self) -> &'static str {
        "A coupling: the elements that the mask keeps go through the block, whose result moves the others, one by one: `additive` y = x + t \
         (NICE, Dinh et al. 2015), `affine` y = x exp(s) + t (RealNVP, Dinh et al. 2017, eq. 7-8; |s| stays below a limit), `spline` a \
         rational-quadratic spline (Durkan et al. 2019). The block of a vector receives the kept coordinates, with further inputs of the \
         flow behind them, and a dense layer to the right size is appended; the block of an image receives the whole image with 0 where it \
         moves, and a 3 x 3 convolution (or, after `flatten`, a dense layer) is appended. The appended layer starts at 0, and the coupling as the identity."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[mask::PARAM, monotone::PARAM];
        PARAMS
    }
}

impl BijectionRow for Couple {
    fn block(&self) -> BlockUse {
        BlockUse::Required
    }
    fn keeps(&self, args: &Args, range: Support) -> bool {
        Monotone::of(args).is_ok_and(|m| m.keeps(range))
    }
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        let Some(block) = block else { return Err(no_block("couple", args.span)) };
        let keep = mask::kept(args, input)?;
        let kind = Monotone::of(args)?;
        let (kept, moved): (Vec<usize>, Vec<usize>) =
            (0..keep.len()).partition(|&i| keep.get(i).copied().unwrap_or(false));
        let what = args.get("mask").map(ToString::to_string).unwrap_or_default();
        if moved.is_empty() {
            let d = Diag::new(
                "E0403",
                format!("the mask `{what}` leaves nothing to transform"),
                args.span_of("mask"),
                format!("keeps all of shape {}", input.shape_text()),
            );
            return Err(d.help("a coupling needs at least two elements: one to keep and one to transform"));
        }
        if kept.is_empty() && cx.given().is_empty() {
            let d = Diag::new(
                "E0403",
                format!("the mask `{what}` leaves nothing to condition on"),
                args.span_of("mask"),
                format!("transforms all of shape {}", input.shape_text()),
            );
            return Err(
                d.help("a coupling needs at least two elements; a single number is moved by `scale, shift`")
            );
        }
        let given = cx.given().to_vec();
        let copies = keep.iter().enumerate().map(|(i, k)| k.then_some(i)).collect();
        let out = input.with_kind(Kind::REAL);
        let jacobian = kind.jacobian();
        let (params, net): (Vec<_>, Rc<dyn Coupling>) = match input.shape.as_slice() {
            [c, h, w] => {
                let beside = Beside::check(args, given, &input.shape)?;
                let chain = cx.chain(block, &EventTy::real([c + beside.added, *h, *w]))?;
                let last = Appended::to(args, &chain, kind.count() * c, Some([*h, *w]))?;
                let mut params = nested(&chain);
                params.extend(last.params());
                (
                    params,
                    Rc::new(Images { keep: keep.clone(), shape: [*c, *h, *w], beside, chain, last, kind }),
                )
            }
            _ => {
                let beside = Beside::check(args, given, &[kept.len()])?;
                let chain = cx.chain(block, &EventTy::real([kept.len() + beside.added]))?;
                let last = Appended::to(args, &chain, kind.count() * moved.len(), None)?;
                let mut params = nested(&chain);
                params.extend(last.params());
                let order: Vec<usize> = kept.iter().chain(&moved).copied().collect();
                (
                    params,
                    Rc::new(Vectors {
                        shape: input.shape.clone(),
                        order: undo(&order),
                        kept,
                        moved,
                        beside,
                        chain,
                        last,
                        kind,
                    }),
                )
            }
        };
        let back = net.clone();
        Ok(CheckedBijection {
            out,
            params,
            jacobian,
            copies,
            forward: direction(move |cx, env, z| net.run(cx, env, z, false)),
            inverse: direction(move |cx, env, x| back.run(cx, env, x, true)),
        })
    }
}

/// The parameters of the block, under `net.`.
fn nested(chain: &Chain) -> Vec<super::super::ParamDecl> {
    chain
        .params()
        .into_iter()
        .map(|p| super::super::ParamDecl { name: format!("net.{}", p.name), ..p })
        .collect()
}

trait Coupling {
    fn run(&self, cx: &mut Builder, env: &Env, x: Value, backward: bool) -> (Value, Option<Value>);
}

fn apply(
    cx: &mut Builder,
    kind: Monotone,
    x: Value,
    raw: Value,
    m: usize,
    backward: bool,
) -> (Value, Option<Value>) {
    if backward { kind.inverse(cx, x, raw, m) } else { kind.forward(cx, x, raw, m) }
}

/// The layer behind the block that makes the parameters of the moved elements; 0 at the start.
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
    fn params(&self) -> Vec<super::super::ParamDecl> {
        match self {
            Appended::Dense(d) => d.zero_params(),
            Appended::Conv(c) => c.zero_params(),
        }
    }
    /// `[B, count, m]`
    fn lower(&self, cx: &mut Builder, env: &Env, x: Value, count: usize, m: usize) -> Value {
        let y = match self {
            Appended::Dense(d) => d.lower(cx, env, x),
            Appended::Conv(c) => c.lower(cx, env, x),
        };
        view(cx, y, &[count, m])
    }
}

struct Vectors {
    shape: Vec<usize>,
    kept: Vec<usize>,
    moved: Vec<usize>,
    /// From kept-then-moved back to the event's order.
    order: Vec<usize>,
    beside: Beside,
    chain: Chain,
    last: Appended,
    kind: Monotone,
}

impl Coupling for Vectors {
    fn run(&self, cx: &mut Builder, env: &Env, x: Value, backward: bool) -> (Value, Option<Value>) {
        let m = self.moved.len();
        let x = view(cx, x, &[self.shape.iter().product()]);
        let kept = (!self.kept.is_empty()).then(|| cx.take(x, 1, self.kept.clone()));
        let moved = cx.take(x, 1, self.moved.clone());
        let Some(read) = self.beside.lower_behind(cx, env, kept) else { return (x, None) };
        let h = self.chain.lower(cx, &env.child("net"), read);
        let raw = self.last.lower(cx, env, h.first().copied().unwrap_or(read), self.kind.count(), m);
        let (moved, slope) = apply(cx, self.kind, moved, raw, m, backward);
        let parts: Vec<Value> = kept.into_iter().chain([moved]).collect();
        let all = cx.concat(&parts, 1);
        let y = cx.take(all, 1, self.order.clone());
        let y = view(cx, y, &self.shape);
        (y, slope.map(|s| cx.sum_event(s)))
    }
}

struct Images {
    keep: Vec<bool>,
    shape: [usize; 3],
    beside: Beside,
    chain: Chain,
    last: Appended,
    kind: Monotone,
}

impl Coupling for Images {
    fn run(&self, cx: &mut Builder, env: &Env, x: Value, backward: bool) -> (Value, Option<Value>) {
        let n = self.keep.len();
        let [c, h, w] = self.shape;
        let mask = cx.literal(self.keep.iter().map(|&k| f64::from(k)).collect(), &[1, c, h, w]);
        let seen = cx.mul(x, mask);
        let read = self.beside.lower(cx, env, seen);
        let hidden = self.chain.lower(cx, &env.child("net"), read);
        let raw = self.last.lower(cx, env, hidden.first().copied().unwrap_or(read), self.kind.count(), n);
        let flat = view(cx, x, &[n]);
        let (moved, slope) = apply(cx, self.kind, flat, raw, n, backward);
        let half = cx.scalar(0.5);
        let mask = cx.reshape(mask, crate::ir::Shape::fixed(&[1, n]));
        let keep = cx.compare(Compare::Gt, mask, half);
        let y = cx.select(keep, flat, moved);
        let y = view(cx, y, &self.shape);
        let zero = cx.scalar(0.0);
        let log_det = slope.map(|s| {
            let s = cx.select(keep, zero, s);
            cx.sum_event(s)
        });
        (y, log_det)
    }
}
