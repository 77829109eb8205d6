//! `residual { .. }`: a block added to its input.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{BlockUse, Causality, ChainCx, Checked, LayerRow, Row};
use super::parts::{chain_causality, flag, misfit, no_block};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::syntax::ast;

/// `residual { dense(64), relu, dense(64) }`
pub struct Residual;

impl Row for Residual {
    fn name(&self) -> &'static str {
        "residual"
    }
    fn doc(&self) -> &'static str {
        "x + block(x) (He et al. 2016); the block keeps the shape. With `gate: true` the block is multiplied by a trained number that \
         starts at 0, so that the whole starts as the identity (ReZero, Bachlechner et al. 2021)."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "gate",
            kind: ArgKind::Word(&["true", "false"]),
            default: Some("false"),
            doc: "whether a trained factor, 0 at the start, multiplies the block",
        }]
    }
}

impl LayerRow for Residual {
    fn block(&self) -> BlockUse {
        BlockUse::Required
    }
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let Some(block) = block else { return Err(no_block("residual", args.span)) };
        let chain = cx.chain(block, input)?;
        let [one] = chain.out.as_slice() else {
            let d = misfit(
                args,
                "the block of `residual` must end in one output",
                format!("it has {}", chain.out.len()),
            );
            return Err(d.help("move `heads` behind the residual block"));
        };
        if one.shape != input.shape {
            let from = input.shape_text();
            let d = misfit(
                args,
                format!("the block of `residual` turns shape {from} into {}", one.shape_text()),
                format!("adds its input of shape {from} to the block's output"),
            );
            let d = match chain.layers.last() {
                Some(l) => d.also(l.span, format!("ends with shape {}", one.shape_text())),
                None => d,
            };
            return Err(d.help(match input.shape.as_slice() {
                [n] => format!("end the block with `dense({n})`"),
                [c, _, _] => format!(
                    "keep rows and columns (`stride: 1, pad: same`) and end the block with `conv({c})`"
                ),
                _ => format!("let the block keep the shape {from}"),
            }));
        }
        let gate = flag(args, "gate");
        let mut params = chain.params();
        if gate {
            params.push(super::super::ParamDecl {
                name: "gate".into(),
                shape: vec![1],
                init: super::super::init::zeros(),
                trainable: true,
            });
        }
        // Also the input itself arrives at the output, so the whole is at best weak.
        let causality = chain_causality(&chain).max(Causality::Weak);
        let mixes_batch = chain.layers.iter().any(|l| l.checked.mixes_batch);
        let twice_differentiable = chain.layers.iter().all(|l| l.checked.twice_differentiable);
        let out = input.with_kind(Kind::REAL);
        let whole = Checked::elementwise(out, move |cx, env, x| {
            let ys = chain.lower(cx, env, x);
            let mut y = ys.first().copied().unwrap_or(x);
            if gate {
                let gate = cx.param(env, "gate", &[1]);
                let gate = cx.reshape(gate, crate::ir::Shape::scalar());
                y = cx.mul(y, gate);
            }
            cx.add(x, y)
        });
        Ok(Checked { params, causality, mixes_batch, twice_differentiable, ..whole })
    }
}
