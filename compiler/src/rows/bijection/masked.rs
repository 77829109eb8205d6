//! `masked(kind) { .. }`: a masked autoregressive flow.

use super::copies::Copies;
use super::monotone::{self, Monotone};
use super::{Bijection, BijectionRow, CheckedBijection, Direction, Found, Moved};
use crate::diag::Diag;
use crate::event::{EventTy, Support};
use crate::ir::outline::Iteration;
use crate::ir::{At, Ex, Role};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::layer::beside::Beside;
use crate::rows::layer::linear::{Linear, Mask};
use crate::rows::layer::require::{misfit, need_vector, no_block};
use crate::rows::{Block, BlockUse, Chain, ChainCx, LowerCx, ParamDecl, Row, Shared};
use crate::syntax::ast;
use std::rc::Rc;

row! {
    /// A masked autoregressive flow of a vector (MAF, Papamakarios et al. 2017, eq. 3-4): x_i = z_i exp(s_i) + t_i, where s_i and t_i are
    /// computed from x_1 .. x_(i-1) by the block and an appended masked layer that starts at 0. `dense` layers of the block are masked
    /// (type B) without being told so. With `fast: density` x to z is one pass and z to x goes from coordinate to coordinate, each hidden
    /// unit computed once; with `fast: sampling` (inverse autoregressive flow, Kingma et al. 2016) it is the other way round.
    pub struct Masked = "masked" [monotone::PARAM, FAST];
}

const FAST: ParamSpec = ParamSpec {
    name: "fast",
    kind: ArgKind::Word(&["density", "sampling"]),
    default: Some("density"),
    doc: "which direction is one pass",
};

/// One direction takes a pass for each coordinate, unrolled where derivatives are taken.
const LARGEST: usize = 4096;

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
    fn check(&self, cx: &mut dyn ChainCx, args: &Args, block: Block, input: &EventTy) -> Found {
        let Some(block) = block else { return Err(no_block(self.name(), args.span)) };
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
        let hidden = causal_vector(args, &chain)?;
        let made = n * kind.count();
        let last = Linear { mask: Mask::A, group: kind.count(), ..Linear::plain("out.", hidden, made) };
        let beside = Beside::check(args, cx.given().to_vec(), &[n])?;
        let told = Linear { bias: false, ..Linear::plain("given.", beside.added, made) };
        let told = (beside.added > 0).then_some((beside, told));
        let mut params: Vec<ParamDecl> = chain.params().into_iter().map(|p| p.inside("net")).collect();
        params.extend(last.zero_params());
        params.extend(told.iter().flat_map(|(_, map)| map.zero_params()));
        let fast = if args.word(FAST.name) == "sampling" { Direction::Forward } else { Direction::Inverse };
        Ok(CheckedBijection {
            out: EventTy::real([n]),
            params,
            jacobian: kind.jacobian(),
            // Not even the first coordinate is a copy: its scale and shift are trained.
            identity_dims: Copies::none(n),
            bijection: Shared(Rc::new(Autoregressive { n, chain, last, told, kind, fast })),
        })
    }
}

/// The size of the vector that a block ends with whose coordinates read no later ones.
fn causal_vector(args: &Args, chain: &Chain) -> Result<usize, Diag> {
    let wrong = |message: String, label: String| Diag::new("E0402", message, args.span, label);
    if let Some(l) = chain.blame() {
        let d = wrong(
            "the block of `masked` lets a coordinate read later ones".into(),
            "coordinate i may depend on coordinates before i only".into(),
        );
        let d = d.also(l.span, format!("`{}` reads all coordinates", l.text));
        return Err(d.help("use `dense`, activations, `residual` and `bias_from` only"));
    }
    let [out] = chain.out.as_slice() else {
        let d =
            wrong("the block of `masked` must have one output".into(), format!("it has {}", chain.out.len()));
        return Err(d.help("leave `heads` out: scale and shift are computed by the appended layer"));
    };
    match out.shape.as_slice() {
        [n] => Ok(*n),
        _ => {
            let message = format!("the block of `masked` ends with shape {}", out.shape_text());
            Err(wrong(message, "needs a vector".into()).help("end the block with a `dense` layer"))
        }
    }
}

#[derive(Debug, PartialEq)]
struct Autoregressive {
    n: usize,
    chain: Chain,
    last: Linear,
    /// What the `given` values of the flow add to the parameters.
    told: Option<(Beside, Linear)>,
    kind: Monotone,
    /// The direction that is one pass.
    fast: Direction,
}

impl Autoregressive {
    /// Parameters of each coordinate, `[B, count, n]`, from the coordinates before it.
    fn parameters<'g>(&self, cx: LowerCx<'g, '_>, seen: Ex<'g>) -> Ex<'g> {
        let h = cx.inside("net", |cx| self.chain.lower_one(cx, seen));
        let raw = self.last.lower(cx, h);
        let told = self.told.as_ref().and_then(|(beside, map)| Some((map, beside.lower_behind(cx, None)?)));
        let raw = told.map_or(raw, |(map, told)| raw + map.lower(cx, told));
        raw.view(&[self.n, self.kind.count()]).permute(&[0, 2, 1])
    }
    /// The direction that takes a pass for each coordinate, as a loop over them, cut down to what each coordinate needs that is new
    /// ([`crate::ir::columns`]).
    fn one_by_one<'g>(&self, cx: LowerCx<'g, '_>, z: Ex<'g>, to: Direction) -> Ex<'g> {
        let at = At { div: 1, modulo: self.n, offset: 0, ahead: 0 };
        let s = cx.scope();
        let (from, shape, span) = s.with(|g| (g.nodes.len(), g.shape(z.v), g.at));
        let made = s.ex(s.with(|g| g.input(&format!("made.{from}"), Role::Local, shape)));
        let here = self.parameters(cx, made).dyn_slice(&[2], &[1], &[at]);
        let (x, _) = self.kind.run(z.dyn_slice(&[1], &[1], &[at]), here, to);
        cx.caused_by(span);
        let next = made.dyn_update(x, &[1], &[at]).v;
        let of = Iteration { canvas: made.v, from, next, count: self.n, first: 0, places: &[(1, at)] };
        cx.outlined(&of, z.filled(0.0))
    }
}

impl Bijection for Autoregressive {
    fn blocks(&self) -> Vec<&Chain> {
        vec![&self.chain]
    }
    fn again(&self, to: Direction) -> usize {
        if to == self.fast { 0 } else { self.n.saturating_mul(self.chain.layers.len() + 1) }
    }
    /// The fast direction reads its own argument: all coordinates at once. The other one reads its result: pass k makes coordinate k, which
    /// reads those before it only, so that n passes are exact. The slopes are those of one more pass over all coordinates. Where derivatives
    /// are taken, all coordinates are computed in each of n passes, whatever they start from: those that are not yet right are computed
    /// again, and the slopes of the last pass read only coordinates that were right before it.
    fn run<'g>(&self, cx: LowerCx<'g, '_>, z: Ex<'g>, to: Direction) -> Moved<'g> {
        let pass = |x: Ex<'g>| self.kind.run(z, self.parameters(cx, x), to);
        let (x, slope) = if to == self.fast {
            pass(z)
        } else if cx.loops {
            let x = self.one_by_one(cx, z, to);
            (x, pass(x).1)
        } else {
            (0..self.n).fold((z, None), |(x, _), _| pass(x))
        };
        (x, slope.map(Ex::sum_event))
    }
}
