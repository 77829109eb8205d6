//! `logit`.

use super::increasing;
use crate::event::Support;
use crate::ir::Ex;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{MapInverse, MapRow};

row! {
    /// ln(u / (1 - u)) with u = lambda + (1 - 2 lambda) x. Takes (0, 1) to the reals; a small lambda
    /// keeps the ends finite, as for the pixels of a flow (Dinh, Sohl-Dickstein and Bengio 2017,
    /// section 4.1; its alpha is lambda).
    pub struct LogitMap = "logit" [LAMBDA];
}

const LAMBDA: ParamSpec = ParamSpec {
    name: "lambda",
    kind: ArgKind::Num(0.0, 0.499),
    default: Some("0"),
    doc: "how far the ends are pulled in",
};

/// u, and no node where lambda is 0.
fn pulled_in<'g>(args: &Args, x: Ex<'g>) -> Ex<'g> {
    match args.num("lambda") {
        0.0 => x,
        lambda => x * (1.0 - 2.0 * lambda) + lambda,
    }
}

impl MapRow for LogitMap {
    fn from(&self) -> Support {
        Support::open(0.0, 1.0)
    }
    fn domain(&self, args: &Args) -> Support {
        if args.num("lambda") > 0.0 { Support::UNIT } else { self.from() }
    }
    fn to(&self) -> Support {
        Support::REALS
    }
    fn image(&self, args: &Args, support: Support) -> Support {
        let lambda = args.num("lambda");
        increasing(support, |x| {
            let u = lambda + (1.0 - 2.0 * lambda) * x;
            u.ln() - (-u).ln_1p()
        })
    }
    fn lower<'g>(&self, args: &Args, x: Ex<'g>) -> Ex<'g> {
        let u = pulled_in(args, x);
        u.ln() - (-u).ln_1p()
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |args, y| match args.num("lambda") {
                0.0 => y.sigmoid(),
                lambda => (y.sigmoid() - lambda) * (1.0 / (1.0 - 2.0 * lambda)),
            },
            log_slope: |args, x| {
                let u = pulled_in(args, x);
                let slope = -(u.ln() + (-u).ln_1p());
                match args.num("lambda") {
                    0.0 => slope,
                    lambda => slope + (1.0 - 2.0 * lambda).ln(),
                }
            },
        })
    }
}
