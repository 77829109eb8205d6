//! `logit`.

use super::increasing;
use crate::event::Support;
use crate::ir::{Graph, Unary, Value};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{MapInverse, MapRow, Row};

/// The row.
pub struct LogitMap;

impl Row for LogitMap {
    fn name(&self) -> &'static str {
        "logit"
    }
    fn doc(&self) -> &'static str {
        "ln(u / (1 - u)) with u = lambda + (1 - 2 lambda) x. Takes (0, 1) to the reals; a small lambda keeps the ends finite, as for the \
         pixels of a flow (Dinh, Sohl-Dickstein and Bengio 2017, section 4.1; its alpha is lambda)."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "lambda",
            kind: ArgKind::Num(0.0, 0.499),
            default: Some("0"),
            doc: "how far the ends are pulled in",
        }]
    }
}

/// u = lambda + (1 - 2 lambda) x.
fn pull_in(g: &mut Graph, lambda: f64, x: Value) -> Value {
    if lambda == 0.0 {
        return x;
    }
    let u = g.mul_c(x, 1.0 - 2.0 * lambda);
    g.add_c(u, lambda)
}

/// (ln u, ln(1 - u)).
fn logs(g: &mut Graph, u: Value) -> (Value, Value) {
    let a = g.log(u);
    let n = g.neg(u);
    (a, g.unary(Unary::Log1p, n))
}

impl MapRow for LogitMap {
    fn from(&self) -> Support {
        Support::UNIT
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
    fn lower(&self, g: &mut Graph, args: &Args, x: Value) -> Value {
        let u = pull_in(g, args.num("lambda"), x);
        let (a, b) = logs(g, u);
        g.sub(a, b)
    }
    fn inverse(&self) -> Option<MapInverse> {
        Some(MapInverse {
            inverse: |g, args, y| {
                let lambda = args.num("lambda");
                let u = g.sigmoid(y);
                if lambda == 0.0 {
                    return u;
                }
                let x = g.add_c(u, -lambda);
                g.mul_c(x, 1.0 / (1.0 - 2.0 * lambda))
            },
            log_slope: |g, args, x| {
                let lambda = args.num("lambda");
                let u = pull_in(g, lambda, x);
                let (a, b) = logs(g, u);
                let s = g.add(a, b);
                let n = g.neg(s);
                if lambda == 0.0 { n } else { g.add_c(n, (1.0 - 2.0 * lambda).ln()) }
            },
        })
    }
}
