//! Pooling over tiles that do not overlap, shared by `avg_pool` and `max_pool`.

use super::super::Checked;
use super::super::args::{ArgKind, Args, ParamSpec};
use super::parts::{misfit, need_image, view};
use crate::diag::Diag;
use crate::event::{EventTy, Kind, Support};
use crate::ir::ReduceKind;

/// The `k` argument of pooling layers.
pub const PARAMS: &[ParamSpec] = &[ParamSpec {
    name: "k",
    kind: ArgKind::Pair(1),
    default: Some("2"),
    doc: "size of a tile, one number or (rows, columns)",
}];

/// `[C, H, W] -> [C, H / k, W / k]`, one number a tile.
///
/// # Errors
/// E0201 when tiles of this size do not cover the image.
pub fn check(args: &Args, input: &EventTy, how: ReduceKind) -> Result<Checked, Diag> {
    let [c, h, w] = need_image(args, input)?;
    let [a, b] = args.pair("k");
    if a == 0 || b == 0 || h % a != 0 || w % b != 0 {
        let d = misfit(
            args,
            format!("tiles of {a} x {b} do not cover an image of {h} x {w}"),
            format!("receives {h} x {w}: {h} / {a} and {w} / {b} must be whole"),
        );
        return Err(d.help("choose a `k` that divides rows and columns, or halve with `conv(.., stride: 2)`, which rounds up"));
    }
    let kind = match (how, input.kind) {
        (ReduceKind::Max, kind) => kind,
        (ReduceKind::Mean, Kind::Real(s)) => Kind::Real(s),
        (ReduceKind::Mean, Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_)) => {
            Kind::Real(input.kind.support())
        }
        (ReduceKind::Sum, _) => Kind::Real(Support::REALS),
    };
    let out = EventTy { kind, shape: vec![c, h / a, w / b] };
    Ok(Checked::global(out, Vec::new(), move |cx, _, x| {
        let x = view(cx, x, &[c, h / a, a, w / b, b]);
        let y = cx.reduce(how, x, &[3, 5]);
        view(cx, y, &[c, h / a, w / b])
    }))
}
