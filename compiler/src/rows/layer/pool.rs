//! Pooling over tiles that do not overlap, shared by `avg_pool` and `max_pool`.

use super::require::{misfit, need_image};
use super::{Checked, Layer, LowerCx};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, ReduceKind};
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// The `k` argument of pooling layers.
pub const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Pair(1),
    default: Some("2"),
    doc: "size of a tile, one number or (rows, columns)",
};

/// One number a tile, `[C, H, W] -> [C, H / rows, W / columns]`.
#[derive(Debug, PartialEq)]
struct Pool {
    how: ReduceKind,
    tile: [usize; 2],
    out: [usize; 3],
}

/// What becomes of `n` numbers of this kind that are put together.
pub fn pooled(how: ReduceKind, kind: Kind, n: usize) -> Kind {
    let range = kind.support().interval();
    match (how, kind) {
        (ReduceKind::Max, Kind::Bool | Kind::Int(_) | Kind::Class(_) | Kind::Count) => kind,
        (ReduceKind::Max, Kind::OneHot) => Kind::Bool,
        (ReduceKind::Max, Kind::Real(_)) | (ReduceKind::Mean, _) => Kind::Real(range.into()),
        (ReduceKind::Sum, _) => Kind::Real(range.summed(n).into()),
    }
}

/// `[C, H, W] -> [C, H / k, W / k]`, one number a tile.
///
/// # Errors
/// E0201 when tiles of this size do not cover the image.
pub fn check(args: &Args, input: &EventTy, how: ReduceKind) -> Result<Checked, Diag> {
    let [c, h, w] = need_image(args, input)?;
    let [a, b] = args.pair(K.name);
    if a == 0 || b == 0 || h % a != 0 || w % b != 0 {
        let d = misfit(
            args,
            format!("tiles of {a} x {b} do not cover an image of {h} x {w}"),
            format!("receives {h} x {w}: {h} / {a} and {w} / {b} must be whole"),
        );
        return Err(d.help("choose a `k` that divides rows and columns, or halve with `conv(.., stride: 2)`, which rounds up"));
    }
    let out = [c, h / a, w / b];
    let ty = EventTy { kind: pooled(how, input.kind, a * b), shape: out.to_vec() };
    Ok(Checked::global(ty, Vec::new(), Pool { how, tile: [a, b], out }))
}

impl Layer for Pool {
    fn lower<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let ([a, b], [c, h, w]) = (self.tile, self.out);
        vec![x.view(&[c, h, a, w, b]).reduce(self.how, &[3, 5]).view(&self.out)]
    }
}
