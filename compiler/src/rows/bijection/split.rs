//! `split { .. }`: half of the elements go through a flow of their own.

use super::super::args::Args;
use super::super::layer::parts::no_block;
use super::super::{BijectionRow, BlockUse, ChainCx, CheckedBijection, ParamDecl, Row};
use super::parts::{chain_copies, chain_jacobian, direction, need_places};
use crate::diag::{Diag, codes};
use crate::event::{EventTy, Support};
use crate::syntax::ast;
use std::rc::Rc;

/// `split { couple(channels(0)) { .. } }`
pub struct Split;

impl Row for Split {
    fn name(&self) -> &'static str {
        "split"
    }
    fn doc(&self) -> &'static str {
        "The first half of the coordinates or channels passes unchanged, the second half goes through the block, a flow that keeps its shape: \
         the multi-scale architecture of RealNVP (Dinh et al. 2017, section 3.6), where the first half stays as it was drawn until later \
         layers mix the halves."
    }
}

impl BijectionRow for Split {
    fn block(&self) -> BlockUse {
        BlockUse::Required
    }
    /// What the block does to the range is said in `check`.
    fn keeps(&self, _args: &Args, _range: Support) -> bool {
        true
    }
    fn check(
        &self,
        cx: &mut dyn ChainCx,
        args: &Args,
        block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<CheckedBijection, Diag> {
        let Some(block) = block else { return Err(no_block("split", args.span)) };
        let n = need_places(args, input)?;
        let (pass, flows) = (n / 2, n - n / 2);
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
            *first = flows;
        }
        let chain = cx.flow_chain(block, &half)?;
        if chain.out.shape != half.shape {
            let d = Diag::new(
                "E0402",
                format!(
                    "the block of `split` turns shape {} into {}",
                    half.shape_text(),
                    chain.out.shape_text()
                ),
                args.span,
                format!("joins the result to a half of shape {}", half.shape_text()),
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
        let mut copies: Vec<Option<usize>> = (0..offset).map(Some).collect();
        copies.extend(chain_copies(&chain).into_iter().map(|c| c.map(|i| i + offset)));
        let params =
            chain.params().into_iter().map(|p| ParamDecl { name: format!("net.{}", p.name), ..p }).collect();
        let jacobian = chain_jacobian(&chain);
        let chain = Rc::new(chain);
        let back = chain.clone();
        Ok(CheckedBijection {
            out: input.clone(),
            params,
            jacobian,
            copies,
            forward: direction(move |cx, env, z| {
                let (a, b) = (cx.slice(z, 1, 0, pass), cx.slice(z, 1, pass, flows));
                let (b, log_det) = chain.forward(cx, &env.child("net"), b);
                (cx.concat(&[a, b], 1), log_det)
            }),
            inverse: direction(move |cx, env, x| {
                let (a, b) = (cx.slice(x, 1, 0, pass), cx.slice(x, 1, pass, flows));
                let (b, log_det) = back.inverse(cx, &env.child("net"), b);
                (cx.concat(&[a, b], 1), log_det)
            }),
        })
    }
}
