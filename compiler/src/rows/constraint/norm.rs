//! `norm`.

use crate::ir::Ex;
use crate::rows::ConstraintRow;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// The weights that enter one unit have a Euclidean norm of at most c; longer ones are scaled back
    /// (Srivastava et al. 2014, section 5.1). Biases and other vectors are left alone.
    pub struct MaxNorm = "norm" [C];
}

const C: ParamSpec =
    ParamSpec { name: "c", kind: ArgKind::Num(1e-12, f64::INFINITY), default: None, doc: "the largest norm" };

impl ConstraintRow for MaxNorm {
    fn apply<'g>(&self, args: &Args, param: Ex<'g>) -> Ex<'g> {
        // Dense weights are [in, units]; kernels are [out, in, rows, columns].
        let axes: &[usize] = match param.rank() {
            2 => &[0],
            4 => &[1, 2, 3],
            _ => return param,
        };
        let norm = (param.sq().sum(axes) + 1e-24).sqrt();
        param * (args.num("c") / norm).min(1.0)
    }
}
