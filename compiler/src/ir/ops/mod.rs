//! One rule per op: shape, derivative, meaning in f64, cost. See `op.rs` for the ops themselves.

use super::op::Op;
use super::shape::Ty;

/// Everything that is known about one op.
pub trait OpRule {
    /// The token of the text form.
    fn name(&self) -> &'static str;
    /// The type of the result, or why the arguments do not fit. Used both to build and to verify.
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String>;
}

impl Op {
    /// The rule of this op.
    pub fn rule(&self) -> &dyn OpRule {
        unimplemented!("the ir helper fills this in")
    }
}
