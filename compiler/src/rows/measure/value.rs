//! `value`.

use super::{MeasureRow, Needs};
use crate::rows::args::{ArgKind, ParamSpec};

row! {
    /// A number of the test part that is nobody's goal, such as how far a translation is from an answer that is known and that no player sees:
    /// `value(l1(to_b(a), negative(a)))`. It is written as a payoff is, may read what `train` gives names by `let`, and may be asked for more than
    /// once. Nothing is trained by it.
    pub struct ValueOf = "value" [OF];
}

const OF: ParamSpec = ParamSpec {
    name: "of",
    kind: ArgKind::Any,
    default: None,
    doc: "one number for the whole minibatch: a mean `E[..]`, a loss",
};

impl MeasureRow for ValueOf {
    fn needs(&self) -> Needs {
        Needs::Number
    }
}
