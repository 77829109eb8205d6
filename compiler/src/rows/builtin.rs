//! What expressions may call that is neither a function of numbers nor an objective.

use super::Row;

/// All of them.
pub const ROWS: &[&dyn BuiltinRow] = &[&Grad, &Corrupt, &Quantize, &Free];

/// A form of expression that is written as a call.
pub trait BuiltinRow: Row {
    /// As it is written.
    fn form(&self) -> &'static str;
    /// Which one it is, for those who give it its meaning.
    fn which(&self) -> Builtin;
}

/// The forms of expression that are written as calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// A derivative.
    Grad,
    /// An input that is corrupted in training.
    Corrupt,
    /// A whole number below a continuous value.
    Quantize,
    /// A parameter without a name.
    Free,
}

row! {
    /// Derivative in x of the sum of f; it has the shape of x. Any expression may stand for x, if f is written with the same expression
    /// or reads a `let` of it: `grad(D(2 * x), 2 * x)`. A derivative that is 0 because f does not depend on x is an error.
    pub struct Grad = "grad";
}

impl BuiltinRow for Grad {
    fn form(&self) -> &'static str {
        "grad(f, x)"
    }
    fn which(&self) -> Builtin {
        Builtin::Grad
    }
}

row! {
    /// x with noise, in training and where the answer to corrupted inputs is measured; x itself everywhere else. For inputs of nets and
    /// flows only.
    pub struct Corrupt = "corrupt";
}

impl BuiltinRow for Corrupt {
    fn form(&self) -> &'static str {
        "corrupt(x, gaussian(0.3))"
    }
    fn which(&self) -> Builtin {
        Builtin::Corrupt
    }
}

row! {
    /// Whole numbers below a continuous value, at a site of a model; training sees x + u with u uniform on (0, 1), so the value is a
    /// lower bound (Theis et al. 2016, section 3.1).
    pub struct Quantize = "quantize";
}

impl BuiltinRow for Quantize {
    fn form(&self) -> &'static str {
        "x = quantize(f(z))"
    }
    fn which(&self) -> Builtin {
        Builtin::Quantize
    }
}

row! {
    /// A parameter of the model or guide in which it stands, of this shape, 0 at first; in a guide `q[x]` one for each datum.
    pub struct Free = "free";
}

impl BuiltinRow for Free {
    fn form(&self) -> &'static str {
        "free(10)"
    }
    fn which(&self) -> Builtin {
        Builtin::Free
    }
}
