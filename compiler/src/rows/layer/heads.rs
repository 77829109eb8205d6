//! `heads`: several dense outputs side by side.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{Builder, ChainCx, Checked, Env, LayerRow, Row, init};
use super::linear::{Linear, Mask};
use super::parts::{as_vector, need_vector, sizes};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::syntax::ast;
use std::rc::Rc;

/// `heads(16, 16)`
pub struct Heads;

impl Row for Heads {
    fn name(&self) -> &'static str {
        "heads"
    }
    fn doc(&self) -> &'static str {
        "Several affine maps of the same vector, one output each: [n] -> ([a], [b], ..). It stands last in a net with several outputs."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const PARAMS: &[ParamSpec] = &[
            ParamSpec {
                name: "sizes",
                kind: ArgKind::List,
                default: None,
                doc: "coordinates of each output, in order",
            },
            init::PARAM,
            Mask::PARAM,
        ];
        PARAMS
    }
}

impl LayerRow for Heads {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let n = need_vector(args, input)?;
        let sizes = sizes(args, "sizes", 1)?;
        if sizes.is_empty() {
            let d = args.error("sizes", "`heads` needs the size of each output", "no sizes here");
            return Err(d.help("write `heads(16, 16)` for two outputs of 16 coordinates"));
        }
        let mask = Mask::of(args);
        let maps: Vec<Linear> = sizes
            .iter()
            .enumerate()
            .map(|(i, &size)| Linear { mask, ..Linear::plain(format!("head{i}."), n, size) })
            .collect();
        let mut params = Vec::new();
        for m in &maps {
            params.extend(m.params_from(args)?);
        }
        let out = sizes.iter().map(|&s| EventTy::real([s])).collect();
        let input = input.clone();
        let lower = move |cx: &mut Builder, env: &Env, x| {
            let x = as_vector(cx, x, &input);
            maps.iter().map(|m| m.lower(cx, env, x)).collect()
        };
        let causality = mask.causality();
        Ok(Checked {
            out,
            params,
            causality,
            mixes_batch: false,
            twice_differentiable: true,
            lower: Rc::new(lower),
        })
    }
}
