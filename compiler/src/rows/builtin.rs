//! What expressions may call that is neither a function of numbers nor an objective.

use super::Row;
use super::args::{ArgKind, Args, ParamSpec};

/// All of them.
pub const ROWS: &[&dyn BuiltinRow] = &[&Grad, &Corrupt, &Quantize, &Free, &Average, &Replay];

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
    /// A slow value.
    Average,
    /// Earlier values beside new ones.
    Replay,
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

row! {
    /// A slow value: the average of e over the updates so far, in which one of u updates ago counts decay^u and the shares sum to 1
    /// from the first one on (the sum as in Kingma & Ba 2015, section 3). e is one value for the whole minibatch, as `E[..]` makes it. No
    /// derivative passes. It is kept with the parameters, in checkpoints too, and moves in training only.
    pub struct Average = "average" [Average::DECAY];
}

impl Average {
    const DECAY: ParamSpec = ParamSpec {
        name: "decay",
        kind: ArgKind::Below(0.0, 1.0),
        default: Some("0.99"),
        doc: "how much an update counts that is one older",
    };
    /// The decay that was written.
    pub fn decay(args: &Args) -> f64 {
        args.num(Average::DECAY.name)
    }
}

impl BuiltinRow for Average {
    fn form(&self) -> &'static str {
        "average(e, 0.99)"
    }
    fn which(&self) -> Builtin {
        Builtin::Average
    }
}

row! {
    /// Values of earlier updates in place of some of e: while training, each example's value is with probability 1/2 put into a pool of
    /// `size` values, and the one whose place it takes comes out instead (Shrivastava et al. 2017, section 2.3; Zhu et al. 2017, section
    /// 4). Until the pool is full every value goes in and comes out. No derivative passes through what comes from the pool. The pool is
    /// kept with the parameters, in checkpoints too; where nothing is trained the value is e.
    pub struct Replay = "replay" [Replay::SIZE];
}

impl Replay {
    const SIZE: ParamSpec = ParamSpec {
        name: "size",
        kind: ArgKind::Whole(1, 1 << 16),
        default: Some("50"),
        doc: "how many values the pool holds",
    };
    /// The size that was written.
    pub fn size(args: &Args) -> usize {
        args.int(Replay::SIZE.name)
    }
}

impl BuiltinRow for Replay {
    fn form(&self) -> &'static str {
        "replay(e, 50)"
    }
    fn which(&self) -> Builtin {
        Builtin::Replay
    }
}
