//! `residual { .. }`: a block added to its input.

use super::require::{flag, misfit, no_block};
use super::{Block, BlockUse, Causality, Chain, ChainCx, Checked, Layer, LayerRow, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, Shape};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Init, ParamDecl, Row};

row! {
    /// x + block(x) (He et al. 2016); the block keeps the shape. With `gate: true` the block is multiplied by a trained number that
    /// starts at 0, so that the whole starts as the identity (ReZero, Bachlechner et al. 2021).
    pub struct Residual = "residual" [GATE];
}

const GATE: ParamSpec = ParamSpec {
    name: "gate",
    kind: ArgKind::Word(&["true", "false"]),
    default: Some("false"),
    doc: "whether a trained factor, 0 at the start, multiplies the block",
};

#[derive(Debug, PartialEq)]
struct Skip {
    chain: Chain,
    gate: bool,
}

impl LayerRow for Residual {
    fn block(&self) -> BlockUse {
        BlockUse::Required
    }
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        block: Block,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let Some(block) = block else { return Err(no_block(self.name(), args.span)) };
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
        let gate = flag(args, GATE.name);
        let mut params = chain.params();
        params.extend(gate.then(|| ParamDecl::trained("gate", &[1], Init::ZEROS)));
        Ok(Checked {
            params,
            // Also the input itself arrives at the output.
            causality: chain.causality().worse(Causality::Own),
            given: chain.given(),
            mixes_batch: chain.mixes_batch(),
            twice_differentiable: chain.twice_differentiable(),
            ..Checked::elementwise(input.with_kind(Kind::REAL), Skip { chain, gate })
        })
    }
}

impl Layer for Skip {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let mut y = self.chain.lower_one(cx, x);
        if self.gate {
            y = y * cx.param("gate", &[1]).reshape(Shape::scalar());
        }
        vec![x + y]
    }
    fn reads(&self, _: Causality) -> Reads {
        Reads::Either(vec![Reads::Own, self.chain.reads()])
    }
    fn blocks(&self) -> Vec<&Chain> {
        vec![&self.chain]
    }
}
