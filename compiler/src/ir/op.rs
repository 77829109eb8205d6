//! The closed set of operations. An op is a plain struct (its attributes); everything that is known about it (shape rule,
//! derivative, f64 meaning, cost, text) is said once, in its file under `ops/`, by implementing [`super::ops::OpRule`].
//!
//! Conventions that hold for all of them:
//! - Elementwise ops take arguments of equal rank whose axes are equal or 1 (`Dim::is_one`), and broadcast; an argument of
//!   rank 0 broadcasts with anything.
//! - Reductions keep the reduced axes with size 1 (`reshape` drops them).
//! - Data, parameters and truth values read from data are all `F`; `I` appears only as an index, `B` only as a condition.

use super::graph::Graph;
use super::shape::{DType, Shape};
use serde::{Deserialize, Serialize};

/// What an [`Input`] is, from the point of view of who supplies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// A trainable tensor, named by its path in the spec: `decode.0.weight`.
    Param,
    /// A tensor that is kept between steps but not trained: optimizer moments, running means.
    State,
    /// One variable of a minibatch, shape `[B, ..event]`.
    Data,
    /// A rank-0 number supplied per step: a schedule's value, the learning rate, the step counter.
    Scalar,
    /// What belongs to each datum of the minibatch alone, shape `[B, ..event]`: its parameters (`q.free0`) or a slot of their optimizer. The table with a row for each datum stays outside of the program, which sees the rows of the minibatch.
    PerDatum,
    /// What the body of a [`Loop`] is handed for each iteration: a carried value, an argument that is only read, the iteration's number.
    Local,
}

/// A named value supplied from outside. Its type is the node's declared type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Unique within a graph.
    pub name: String,
    /// Who supplies it.
    pub role: Role,
    /// Element type.
    pub dtype: DType,
    /// Axes.
    pub shape: Shape,
}

/// Every element equal to `value`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Full {
    /// The value (0 or 1 for `B`).
    pub value: f64,
    /// Element type.
    pub dtype: DType,
    /// Axes.
    pub shape: Shape,
}

/// A literal tensor (masks, small tables), row-major, fixed shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Literal {
    /// Row-major elements.
    pub data: Vec<f64>,
    /// Element type.
    pub dtype: DType,
    /// Fixed axes.
    pub shape: Shape,
}

/// `0, 1, 2, ..` along `axis` (dtype `I`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Iota {
    /// Axes of the result.
    pub shape: Shape,
    /// The axis that counts.
    pub axis: usize,
}

/// What a [`Random`] draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RandomKind {
    /// Uniform on the open interval (0, 1).
    Uniform,
    /// Standard normal.
    Normal,
}

/// Random draws, a pure function of (seed, step, `stream`) and, in the body of a [`Loop`], of the iteration: two nodes with the same
/// stream in one graph give the same numbers, two iterations give different ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Random {
    /// The distribution.
    pub kind: RandomKind,
    /// Axes of the result.
    pub shape: Shape,
    /// Which stream; unique per draw of the spec.
    pub stream: u32,
}

/// The number of elements of `shape`, as a rank-0 `F`: the only place where the batch size enters as a number
/// (the derivative of a mean over the batch).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// The axes whose elements are counted.
    pub shape: Shape,
}

/// Elementwise functions of one `F` argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unary {
    /// -x
    Neg,
    /// e^x
    Exp,
    /// natural logarithm
    Log,
    /// ln(1 + x)
    Log1p,
    /// e^x - 1
    Expm1,
    /// square root
    Sqrt,
    /// 1 / x
    Recip,
    /// x^2
    Square,
    /// absolute value
    Abs,
    /// -1, 0, 1; derivative 0
    Sign,
    /// round down; derivative 0
    Floor,
    /// max(x, 0)
    Relu,
    /// 1 where x > 0, else 0; derivative 0
    Step,
    /// hyperbolic tangent
    Tanh,
    /// 1 / (1 + e^-x)
    Sigmoid,
    /// ln(1 + e^x), stable for large |x|
    Softplus,
    /// sine
    Sin,
    /// cosine
    Cos,
    /// error function
    Erf,
    /// ln |Γ(x)|, x > 0
    Lgamma,
    /// d/dx ln Γ(x), x > 0
    Digamma,
    /// second derivative of ln Γ(x), x > 0
    Trigamma,
}

/// Elementwise functions of two `F` arguments, with broadcasting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Binary {
    /// a + b
    Add,
    /// a - b
    Sub,
    /// a b
    Mul,
    /// a / b
    Div,
    /// a^b for a > 0 (any a where b is a literal whole number)
    Pow,
    /// larger of the two; at a tie the derivative goes to the first
    Max,
    /// smaller of the two; at a tie the derivative goes to the first
    Min,
}

/// Elementwise comparisons `F, F -> B` (also `I, I -> B`), with broadcasting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Compare {
    /// a < b
    Lt,
    /// a <= b
    Le,
    /// a > b
    Gt,
    /// a >= b
    Ge,
    /// a = b
    Eq,
    /// a != b
    Ne,
}

/// `B` connectives, with broadcasting (`Not` takes one argument).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Logic {
    /// both
    And,
    /// either
    Or,
    /// negation
    Not,
}

/// `select(c, a, b)`: a where c, else b. `c: B`, `a, b: F`; broadcasting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Select;

/// One step of a [`Wide`]. Operands are numbers of earlier steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum WideStep {
    /// The argument of this number.
    Arg(usize),
    /// A constant.
    Number(f64),
    /// A function of one number.
    Unary(Unary, usize),
    /// A function of two numbers.
    Binary(Binary, usize, usize),
    /// A condition on two numbers.
    Compare(Compare, usize, usize),
    /// A condition on two conditions; `Not` has the same one twice.
    Logic(Logic, usize, usize),
    /// The second where the first holds, else the third.
    Select(usize, usize, usize),
}

/// A function of the `F` arguments' numbers at one place (with broadcasting) that is computed in f64 on every device and rounded
/// once, at its end: for formulas that lose their digits in f32, as differences of lgamma do. Its value is that of the last step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wide {
    /// In order of definition, at least one.
    pub steps: Vec<WideStep>,
}

/// Change of element type (F→I truncates toward zero, B→F is 0/1, F→B is != 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cast {
    /// The new element type.
    pub to: DType,
}

/// The identity, through which no derivative passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detach;

/// Repeats axes of size 1 (or a rank-0 value) up to `shape`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Broadcast {
    /// The result's axes; same rank as the argument, or any rank for a rank-0 argument.
    pub shape: Shape,
}

/// How a [`Reduce`] combines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReduceKind {
    /// Sum.
    Sum,
    /// Mean (also over the batch axis).
    Mean,
    /// Maximum; the derivative goes to all elements that attain it, shared equally.
    Max,
}

/// Reduction over `axes`, which stay with size 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reduce {
    /// How.
    pub kind: ReduceKind,
    /// Which axes, ascending.
    pub axes: Vec<usize>,
}

/// Index of the first maximum along `axis`, which stays with size 1; dtype `I`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgMax {
    /// The axis searched.
    pub axis: usize,
}

/// `[.., m, k] x [.., k, n] -> [.., m, n]`; leading axes equal (or 1, broadcasting), ranks equal and at least 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatMul;

/// Geometry shared by the three convolutions (2-D, zero padding, NCHW, no bias).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConvGeom {
    /// Stride (rows, columns).
    pub stride: [usize; 2],
    /// Zero padding on both sides (rows, columns).
    pub pad: [usize; 2],
    /// Dilation (rows, columns).
    pub dilation: [usize; 2],
    /// Channel groups.
    pub groups: usize,
}

/// `x [N, C, H, W]`, `w [O, C/groups, kh, kw]` -> `[N, O, H', W']`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conv2d(pub ConvGeom);

/// The transpose of [`Conv2d`] in its input: `y [N, O, H', W']`, `w [O, C/groups, kh, kw]` -> `[N, C, H, W]`, where
/// `H = (H' - 1) stride - 2 pad + dilation (kh - 1) + 1 + out_pad`. (PyTorch's `conv_transpose2d(y, w)`.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvTranspose2d {
    /// The geometry of the convolution it transposes.
    pub geom: ConvGeom,
    /// Rows and columns at the end that the forward convolution did not reach.
    pub out_pad: [usize; 2],
}

/// The transpose of [`Conv2d`] in its weight: `x [N, C, H, W]`, `gy [N, O, H', W']` -> `[O, C/groups, kh, kw]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvWeight {
    /// The geometry of the convolution.
    pub geom: ConvGeom,
    /// Kernel size (rows, columns).
    pub kernel: [usize; 2],
}

/// `out[i.., j, ..] = x[i.., index[i.., j, ..], ..]` along `axis`: `x: F`, `index: I` of equal rank (torch.gather).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gather {
    /// The axis indexed.
    pub axis: usize,
}

/// The transpose of [`Gather`]: adds `g` (shape of the index) into zeros of size `size` along `axis`.  Arguments `index, g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScatterAdd {
    /// The axis indexed.
    pub axis: usize,
    /// Size of that axis in the result.
    pub size: super::shape::Dim,
}

/// Rows at fixed `indices` along `axis` (may repeat): permutations, halves of a coupling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Take {
    /// The axis.
    pub axis: usize,
    /// Which rows, in the order of the result.
    pub indices: Vec<usize>,
}

/// The transpose of [`Take`]: adds rows to zeros of size `size` along `axis`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Put {
    /// The axis.
    pub axis: usize,
    /// Where each row goes.
    pub indices: Vec<usize>,
    /// Size of the axis in the result.
    pub size: usize,
}

/// Rows `index` along axis 0 of a table `[N, ..]`, with `index: I [M]` -> `[M, ..]` (embeddings, per-datum parameters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup;

/// The transpose of [`Lookup`]: adds rows `g [M, ..]` at `index [M]` into zeros `[size, ..]`. Arguments `index, g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupAdd {
    /// Rows of the table.
    pub size: usize,
}

/// The same elements, row-major, under other axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reshape {
    /// The new axes; same [`Shape::count`].
    pub shape: Shape,
}

/// Axes in another order: `out.axis[i] = in.axis[perm[i]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Permute {
    /// A permutation of `0..rank`.
    pub perm: Vec<usize>,
}

/// `len` elements from `start` along a fixed axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The axis.
    pub axis: usize,
    /// The first.
    pub start: usize,
    /// How many.
    pub len: usize,
}

/// Zeros before and after along a fixed axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pad {
    /// The axis.
    pub axis: usize,
    /// Zeros before.
    pub before: usize,
    /// Zeros after.
    pub after: usize,
}

/// Arguments one after the other along `axis`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concat {
    /// The axis.
    pub axis: usize,
}

/// `body`, run `count` times on what it made the time before.
///
/// Arguments are the initial carried values, `carried` of them, and then values that the body only reads. The body is a graph of its own,
/// without a name, that sees nothing else of the program: its inputs have [`Role::Local`] and are called as `Local` says, each of the type
/// of its argument (one that the body does not read may be missing); its outputs are `carry.0`, `carry.1`, .. in this order, each of the
/// type of the carried value, and then `stack.0`, `stack.1`, .., values of any type that are kept for each position. The result is the last
/// `carry.0` (the initial one when there is no iteration); [`LoopResult`] has the other ones.
///
/// Its derivative is a loop that runs the other way: see [`super::loop_grad`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loop {
    /// One iteration.
    pub body: Box<Graph>,
    /// How many positions there are, each an iteration.
    pub count: usize,
    /// The first position of which there is an iteration: those before it are left out, and what is kept for them is 0.
    #[serde(default, skip_serializing_if = "is_none")]
    pub first: usize,
    /// How many values are carried from one iteration to the next, at least 1.
    pub carried: usize,
    /// Whether the positions run from the last to the first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reverse: bool,
}

fn is_none(n: &usize) -> bool {
    *n == 0
}

/// A further result of the [`Loop`] that is the argument: what output `k` of its body has come to. Of a carried value that is the last one,
/// of another output its values at all positions, `[count, ..]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopResult {
    /// Which output of the body.
    pub k: usize,
    /// Element type.
    pub dtype: DType,
    /// Axes.
    pub shape: Shape,
}

/// Where a part begins along an axis, as a function of the position p of the loop around it, from 0:
/// `(max(p + ahead, 0) / div) % modulo + offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct At {
    /// How many iterations stay at one place, at least 1.
    pub div: usize,
    /// How many places there are, at least 1; the first one follows the last.
    pub modulo: usize,
    /// The first place.
    pub offset: usize,
    /// So many iterations later, or earlier where it is negative; before the first one, as in the first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ahead: isize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(n: &isize) -> bool {
    *n == 0
}

/// The part of a value whose place depends on the position of the loop around it, which is known before the values are: only in the body
/// of a [`Loop`]. Takes `lens` elements from `at` along `axes`, and all elements along the other axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DynSlice {
    /// Which axes are cut, ascending; none of them carries the batch.
    pub axes: Vec<usize>,
    /// How many elements stay along each.
    pub lens: Vec<usize>,
    /// Where they begin along each.
    pub at: Vec<At>,
}

/// The first argument with the second one in the place of a part, which [`DynSlice`] would read: only in the body of a [`Loop`].
/// Arguments `x, y`, of equal sizes along all axes but `axes`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DynUpdate {
    /// Along which axes `y` is a part of `x`, ascending; none of them carries the batch.
    pub axes: Vec<usize>,
    /// Where it begins along each.
    pub at: Vec<At>,
}

/// The list of ops, handed to the macro `$with`: what is made for every op is made from it.
macro_rules! every_op {
    ($with:ident) => {
        $with! {
            Input,
            Full,
            Literal,
            Iota,
            Random,
            Count,
            Unary,
            Binary,
            Compare,
            Logic,
            Select,
            Wide,
            Cast,
            Detach,
            Broadcast,
            Reduce,
            ArgMax,
            MatMul,
            Conv2d,
            ConvTranspose2d,
            ConvWeight,
            Gather,
            ScatterAdd,
            Take,
            Put,
            Lookup,
            LookupAdd,
            Reshape,
            Permute,
            Slice,
            Pad,
            Concat,
            Loop,
            LoopResult,
            DynSlice,
            DynUpdate,
        }
    };
}
pub(super) use every_op;

macro_rules! declare {
    ($($name:ident,)*) => {
        /// One operation with its attributes.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Op {
            $(#[doc = concat!("See [`type@", stringify!($name), "`].")] $name($name),)*
        }
        impl Op {
            /// The names of the variants, as RON writes them.
            pub const VARIANTS: &'static [&'static str] = &[$(stringify!($name)),*];
        }
    };
}
every_op!(declare);
