//! `masked(kind) { .. }`: a masked autoregressive flow.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::layer::linear::{Linear, Mask};
use super::super::layer::parts::{
    chain_causality, given_shape, given_value, misfit, need_vector, no_block, view,
};
use super::super::{
    BijectionRow, BlockUse, Builder, Causality, Chain, ChainCx, CheckedBijection, Env, ParamDecl, Row,
};
use super::monotone::{self, Monotone};
use super::parts::direction;
use crate::diag::Diag;
use crate::event::{EventTy, Support};
use crate::ir::{Dim, Shape, Value};
use crate::syntax::ast;
use std::rc::Rc;

/// One direction is unrolled, a pass for each coordinate.
const LARGEST: usize = 4096;

/// `masked(affine) { dense(64), relu }`
pub struct Masked;

impl Row for Masked {
    fn name(&self) -> &'static str {
        "masked"
    }
    fn doc(&self) -> &'static str {
        "A masked autoregressive flow of a vector (MAF, Papamakarios et al. 2017, eq. 3-4): x_i = z_i exp(s_i) + t_i, where s_i and t_i are \
         computed from x_1 .. x_(i-1) by the block and an appended masked layer that starts at 0. `dense` layers of the block are masked (type \
         B) without being told so. With `fast: density` x to z is one pass and z to x takes as many passes as there are coordinates; with \
         `fast: sampling` (inverse autoregressive flow, Kingma et al. 2016) it is the other way round."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[
            monotone::PARAM,
            ParamSpec {
                name: "fast",
                kind: ArgKind::Word(&["density", "sampling"]),
                default: Some("density"),
                doc: "which direction is one pass",
            },
        ];
        PARAMS
    }
}

/// The same layers with every `dense` masked, so that the user need not say what must hold anyway.
fn with_masks(block: &[ast::Layer]) -> Vec<ast::Layer> {
    let mut block = block.to_vec();
    for layer in &mut block {
        match layer {
            ast::Layer::Repeat(r) => r.body = with_masks(&r.body),
            ast::Layer::Call(call) => {
                if let Some(inner) = call.block.as_mut() {
                    *inner = with_masks(inner);
                }
                let said = call.args.iter().any(|a| a.key.as_ref().is_some_and(|k| k.name == "mask"));
                if call.name.name == "dense" && !said {
                    let span = call.span;
                    let key = ast::Ident { name: "mask".into(), span };
                    let value = ast::Expr { kind: ast::ExprKind::Name("B".into()), span };
                    call.args.push(ast::Arg { key: Some(key), value });
                }
            }
        }
    }
    block
}

impl BijectionRow for Masked {
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
        let Some(block) = block else { return Err(no_block("masked", args.span)) };
        let n = need_vector(args, input)?;
        if n > LARGEST {
            let d = misfit(
                args,
                format!("`masked` takes at most {LARGEST} coordinates"),
                format!("receives {n}: one direction would take {n} passes"),
            );
            return Err(d.help("use `couple`, which is one pass either way"));
        }
        let kind = Monotone::of(args)?;
        let chain = cx.chain(&with_masks(block), &EventTy::real([n]))?;
        if chain_causality(&chain) == Causality::Global {
            let d = Diag::new(
                "E0402",
                "the block of `masked` lets a coordinate read later ones",
                args.span,
                "coordinate i may depend on coordinates before i only",
            );
            let culprit = chain.layers.iter().find(|l| l.checked.causality == Causality::Global);
            let d = match culprit {
                Some(l) => d.also(l.span, format!("`{}` reads all coordinates", l.text)),
                None => d,
            };
            return Err(d.help("use `dense`, activations, `residual` and `bias_from` only"));
        }
        let [out] = chain.out.as_slice() else {
            let d = Diag::new(
                "E0402",
                "the block of `masked` must have one output",
                args.span,
                format!("it has {}", chain.out.len()),
            );
            return Err(d.help("leave `heads` out: scale and shift are computed by the appended layer"));
        };
        let [hidden] = out.shape.as_slice() else {
            let d = Diag::new(
                "E0402",
                format!("the block of `masked` ends with shape {}", out.shape_text()),
                args.span,
                "needs a vector",
            );
            return Err(d.help("end the block with a `dense` layer"));
        };
        let count = kind.count();
        let last = Linear { mask: Mask::A, group: count, ..Linear::plain("out.", *hidden, n * count) };
        let given = cx.given().to_vec();
        let width: usize = given.iter().map(|(_, ty)| given_shape(ty).iter().product::<usize>()).sum();
        let told = (width > 0).then(|| Linear { bias: false, ..Linear::plain("given.", width, n * count) });
        let mut params: Vec<ParamDecl> =
            chain.params().into_iter().map(|p| ParamDecl { name: format!("net.{}", p.name), ..p }).collect();
        params.extend(last.zero_params());
        params.extend(told.iter().flat_map(Linear::zero_params));
        let flow = Rc::new(Autoregressive { n, chain, last, told, given, kind });
        let other = flow.clone();
        let sampling = args.word("fast") == "sampling";
        let passes = direction(move |cx, env, x| flow.passes(cx, env, x, sampling));
        let pass = direction(move |cx, env, x| other.pass(cx, env, x, !sampling));
        let (forward, inverse) = if sampling { (pass, passes) } else { (passes, pass) };
        // Not even the first coordinate is a copy: its scale and shift are trained.
        Ok(CheckedBijection {
            out: EventTy::real([n]),
            params,
            jacobian: kind.jacobian(),
            copies: vec![None; n],
            forward,
            inverse,
        })
    }
}

struct Autoregressive {
    n: usize,
    chain: Chain,
    last: Linear,
    told: Option<Linear>,
    given: Vec<(String, EventTy)>,
    kind: Monotone,
}

impl Autoregressive {
    /// Parameters of each coordinate, `[B, count, n]`, from the coordinates before it.
    fn raw(&self, cx: &mut Builder, env: &Env, seen: Value) -> Value {
        let h = self.chain.lower(cx, &env.child("net"), seen);
        let mut raw = self.last.lower(cx, env, h.first().copied().unwrap_or(seen));
        if let Some(told) = &self.told {
            let parts: Vec<Value> = self
                .given
                .iter()
                .filter_map(|(name, ty)| {
                    let v = env.given.get(name).copied()?;
                    let v = given_value(cx, v, ty);
                    let v = view(cx, v, &[given_shape(ty).iter().product()]);
                    let wide = Shape(vec![
                        cx.shape(seen).0.first().copied().unwrap_or(Dim::BATCH),
                        Dim::fixed(cx.shape(v).0.get(1).map_or(1, |d| d.n)),
                    ]);
                    Some(cx.broadcast(v, wide))
                })
                .collect();
            if !parts.is_empty() {
                let all = cx.concat(&parts, 1);
                let y = told.lower(cx, env, all);
                raw = cx.add(raw, y);
            }
        }
        let raw = view(cx, raw, &[self.n, self.kind.count()]);
        cx.permute(raw, &[0, 2, 1])
    }
    fn apply(&self, cx: &mut Builder, x: Value, raw: Value, backward: bool) -> (Value, Option<Value>) {
        if backward { self.kind.inverse(cx, x, raw, self.n) } else { self.kind.forward(cx, x, raw, self.n) }
    }
    /// The map whose parameters read its own argument: all coordinates at once.
    fn pass(&self, cx: &mut Builder, env: &Env, x: Value, backward: bool) -> (Value, Option<Value>) {
        let raw = self.raw(cx, env, x);
        let (y, slope) = self.apply(cx, x, raw, backward);
        (y, slope.map(|s| cx.sum_event(s)))
    }
    /// The map whose parameters read its result. Pass k makes coordinates 0 .. k right, whatever the others start from, so n passes are
    /// exact; the slopes of the last pass read only coordinates that were right before it.
    fn passes(&self, cx: &mut Builder, env: &Env, z: Value, backward: bool) -> (Value, Option<Value>) {
        let (mut x, mut slope) = (z, None);
        for _ in 0..self.n {
            let raw = self.raw(cx, env, x);
            (x, slope) = self.apply(cx, z, raw, backward);
        }
        (x, slope.map(|s| cx.sum_event(s)))
    }
}
