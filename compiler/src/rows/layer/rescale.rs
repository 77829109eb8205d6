//! `rescale`: grey levels and bounded numbers to [-1, 1].

use super::super::args::Args;
use super::super::{ChainCx, Checked, LayerRow, Row};
use super::parts::misfit;
use crate::diag::Diag;
use crate::event::{EventTy, Kind, Support};
use crate::syntax::ast;

/// `rescale`
pub struct Rescale;

impl Row for Rescale {
    fn name(&self) -> &'static str {
        "rescale"
    }
    fn doc(&self) -> &'static str {
        "Shifts and scales the input's range [lo, hi], known from its type, to [-1, 1]: 0 .. 255 of Int(256), or interval(0, 1)."
    }
}

impl LayerRow for Rescale {
    fn check(
        &self,
        _cx: &mut dyn ChainCx,
        args: &Args,
        _block: Option<&[ast::Layer]>,
        input: &EventTy,
    ) -> Result<Checked, Diag> {
        let range = match (input.kind, input.kind.support()) {
            (Kind::Class(_), _) | (_, Support::Simplex) => None,
            (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_), Support::Interval { lo, hi }) => {
                Some((lo, hi))
            }
        };
        let Some((lo, hi)) = range.filter(|(lo, hi)| lo.is_finite() && hi.is_finite() && lo < hi) else {
            let d =
                misfit(args, "`rescale` takes numbers between two known ends", format!("receives {input}"));
            return Err(d.help("declare the range: `Real[..] in interval(0, 1)` or `Int(256)[..]`"));
        };
        let out = input.with_kind(Kind::Real(Support::Interval { lo: -1.0, hi: 1.0 }));
        Ok(Checked::elementwise(out, move |cx, _, x| {
            let y = cx.mul_c(x, 2.0 / (hi - lo));
            cx.add_c(y, -1.0 - 2.0 * lo / (hi - lo))
        }))
    }
}
