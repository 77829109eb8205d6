//! `dropout`: random zeros while training.

use super::super::args::{ArgKind, Args, ParamSpec};
use super::super::{ChainCx, Checked, LayerRow, Row};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::{Compare, DType, RandomKind};
use crate::syntax::ast;

/// `dropout(0.2)`
pub struct Dropout;

impl Row for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }
    fn doc(&self) -> &'static str {
        "While training, sets each element to 0 with probability p and divides the others by 1 - p (Srivastava et al. 2014); the identity \
         otherwise."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "p",
            kind: ArgKind::Num(0.0, 1.0),
            default: Some("0.5"),
            doc: "probability of a zero, below 1",
        }]
    }
}

impl LayerRow for Dropout {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let p = args.num("p");
        if !(0.0..1.0).contains(&p) {
            return Err(args
                .error(
                    "p",
                    "a dropout probability of 1 leaves nothing",
                    format!("{p} sets every element to 0"),
                )
                .help("write `dropout(0.5)`"));
        }
        Ok(Checked::elementwise(input.with_kind(Kind::REAL), move |cx, _, x| {
            if !cx.training || p == 0.0 {
                return x;
            }
            let shape = cx.shape(x);
            let u = cx.random(RandomKind::Uniform, shape);
            let limit = cx.scalar(p);
            let keep = cx.compare(Compare::Ge, u, limit);
            let keep = cx.cast(keep, DType::F);
            let scaled = cx.mul_c(x, 1.0 / (1.0 - p));
            cx.mul(scaled, keep)
        }))
    }
}
