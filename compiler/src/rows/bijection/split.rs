//! `split { .. }`: half of the elements go through a flow of their own.

use super::copies::Copies;
use super::{Bijection, BijectionRow, CheckedBijection, Direction, FlowChain, Found, Moved};
use crate::diag::{Diag, codes};
use crate::event::{EventTy, Support};
use crate::ir::Ex;
use crate::rows::args::Args;
use crate::rows::layer::require::{need_features, no_block};
use crate::rows::{Block, BlockUse, ChainCx, LowerCx, Row, Shared};
use std::rc::Rc;

row! {
    /// The first half of the coordinates or channels passes unchanged, the second half goes through the block, a flow that keeps its
    /// shape: the multi-scale architecture of RealNVP (Dinh et al. 2017, section 3.6), where the first half stays as it was drawn until
    /// later layers mix the halves.
    pub struct Split = "split";
}

/// `pass` places along axis 1 that stay, and the flow of the others.
#[derive(Debug, PartialEq)]
struct Halves {
    pass: usize,
    chain: FlowChain,
}

impl BijectionRow for Split {
    fn block(&self) -> BlockUse {
        BlockUse::Required
    }
    /// What the block does to the range is said in `check`.
    fn keeps(&self, _args: &Args, _range: Support) -> bool {
        true
    }
    fn check(&self, cx: &mut dyn ChainCx, args: &Args, block: Block, input: &EventTy) -> Found {
        let Some(block) = block else { return Err(no_block(self.name(), args.span)) };
        let n = need_features(args, input)?;
        let pass = n / 2;
        if pass == 0 {
            let d = Diag::new(
                "E0403",
                "`split` needs at least two coordinates or channels",
                args.span,
                format!("receives shape {}", input.shape_text()),
            );
            return Err(d.help("use the block without `split`"));
        }
        let mut half = input.clone();
        if let Some(first) = half.shape.first_mut() {
            *first = n - pass;
        }
        let chain = cx.flow_chain(block, &half)?;
        if chain.out.shape != half.shape {
            let (from, to) = (half.shape_text(), chain.out.shape_text());
            let d = Diag::new(
                "E0402",
                format!("the block of `split` turns shape {from} into {to}"),
                args.span,
                format!("joins the result to a half of shape {from}"),
            );
            return Err(d.help(
                "undo `squeeze` with `unsqueeze`, and `flatten` with `reshape`, at the end of the block",
            ));
        }
        let (whole, part) = (input.kind.support(), chain.out.kind.support());
        if whole != part {
            return Err(codes::e0305::halves(args.span, whole, part, chain.layers.last().map(|l| l.span)));
        }
        let offset = input.size() / n * pass;
        let inside = chain.identity_dims();
        let passed = (0..offset).map(Some);
        let identity_dims = Copies::listed(passed.chain(inside.iter().map(|e| e.map(|i| i + offset))));
        Ok(CheckedBijection {
            out: input.clone(),
            params: chain.params().into_iter().map(|p| p.inside("net")).collect(),
            jacobian: chain.jacobian(),
            identity_dims,
            bijection: Shared(Rc::new(Halves { pass, chain })),
        })
    }
}

impl Bijection for Halves {
    fn again(&self, to: Direction) -> usize {
        self.chain.again(to)
    }
    fn run<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        let n = x.shape().0.get(1).map_or(0, |d| d.n);
        let (a, b) = (x.slice(1, 0, self.pass), x.slice(1, self.pass, n - self.pass));
        let (b, log_det) = cx.inside("net", |cx| self.chain.run(cx, b, to));
        (cx.scope().concat(&[a, b], 1), log_det)
    }
}
