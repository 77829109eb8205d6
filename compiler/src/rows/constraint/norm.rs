//! `norm`.

use crate::ir::{Binary, Graph, Value};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{ConstraintRow, Row};

/// The row.
pub struct MaxNorm;

impl Row for MaxNorm {
    fn name(&self) -> &'static str {
        "norm"
    }
    fn doc(&self) -> &'static str {
        "The weights that enter one unit have a Euclidean norm of at most c; longer ones are scaled back (Srivastava et al. 2014, \
         section 5.1). Biases and other vectors are left alone."
    }
    fn params(&self) -> &'static [ParamSpec] {
        &[ParamSpec {
            name: "c",
            kind: ArgKind::Num(1e-12, f64::INFINITY),
            default: None,
            doc: "the largest norm",
        }]
    }
}

impl ConstraintRow for MaxNorm {
    fn apply(&self, g: &mut Graph, args: &Args, param: Value) -> Value {
        // Dense weights are [in, units]; kernels are [out, in, rows, columns].
        let axes: &[usize] = match g.rank(param) {
            2 => &[0],
            4 => &[1, 2, 3],
            _ => return param,
        };
        let sq = g.square(param);
        let sq = g.sum(sq, axes);
        let sq = g.add_c(sq, 1e-24);
        let norm = g.sqrt(sq);
        let c = g.scalar(args.num("c"));
        let ratio = g.div(c, norm);
        let one = g.scalar(1.0);
        let factor = g.binary(Binary::Min, ratio, one);
        g.mul(param, factor)
    }
}
