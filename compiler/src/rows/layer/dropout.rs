//! `dropout`: random zeros while training.

use super::{Block, ChainCx, Checked, Layer, LayerRow, LowerCx};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::interval::Interval;
use crate::ir::{DType, Ex};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// While training, sets each element to 0 with probability p and divides the others by 1 - p (Srivastava et al. 2014); the identity
    /// otherwise.
    pub struct Dropout = "dropout" [P];
}

const P: ParamSpec = ParamSpec {
    name: "p",
    kind: ArgKind::Num(0.0, 1.0),
    default: Some("0.5"),
    doc: "probability of a zero, below 1",
};

/// With the probability of a zero.
#[derive(Debug, PartialEq)]
struct Zeros(f64);

impl LayerRow for Dropout {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Result<Checked, Diag> {
        let p = args.num(P.name);
        if !(0.0..1.0).contains(&p) {
            let message = "a dropout probability of 1 leaves nothing";
            return Err(args
                .error(P.name, message, format!("{p} sets every element to 0"))
                .help("write `dropout(0.5)`"));
        }
        let kept = input.kind.support().interval() * Interval::closed(1.0, 1.0 / (1.0 - p));
        let range = kept.hull(Interval::point(0.0));
        Ok(Checked::elementwise(input.with_kind(Kind::Real(range.into())), Zeros(p)))
    }
}

impl Layer for Zeros {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let Zeros(p) = *self;
        if !cx.training || p == 0.0 {
            return vec![x];
        }
        let kept = cx.scope().uniform(&x.shape()).ge(p).cast(DType::F);
        vec![x * (1.0 / (1.0 - p)) * kept]
    }
}
