//! One rule per op: shape, derivative, meaning in f64, cost. See `op.rs` for the ops themselves.
//!
//! The set is closed under differentiation: every `grad` writes ops that themselves have one.

mod conv;
mod elementwise;
mod index;
mod layout;
mod leaf;
mod matmul;
mod reduce;
pub mod special;

pub use elementwise::{BINARY, BinaryRow, COMPARE, CompareRow, LOGIC, LogicRow, UNARY, UnaryRow};

use super::graph::{Graph, Value};
use super::interp::Env;
use super::op::Op;
use super::shape::{DType, Dim, Shape, Ty};
use super::tensor::Tensor64;

/// Everything that is known about one op.
pub trait OpRule {
    /// The token of the text form.
    fn name(&self) -> &'static str;
    /// The type of the result, or why the arguments do not fit. Used both to build and to verify.
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String>;
    /// Whether a derivative passes from the result to argument `arg`.
    fn passes(&self, arg: usize) -> bool;
    /// The adjoint of every wanted argument, in the argument's own shape, given the adjoint `out` of the result `node`.
    /// `None` where nothing flows (not wanted, or the derivative is zero).
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>>;
    /// The meaning, in f64. Arguments have the shapes that `infer` accepts, at the batch of `env`.
    ///
    /// # Errors
    /// An index out of range, an input that was not supplied.
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String>;
    /// Multiply-adds of matrix products and convolutions at this batch; 0 for everything that only moves or maps elements.
    fn cost(&self, _args: &[&Ty], _out: &Ty, _batch: usize) -> u64 {
        0
    }
}

macro_rules! rules {
    ($($variant:ident),* $(,)?) => {
        impl Op {
            /// The rule of this op.
            pub fn rule(&self) -> &dyn OpRule {
                match self {
                    $(Op::$variant(op) => op,)*
                }
            }
            /// The names of the variants of [`Op`], as RON writes them.
            pub const VARIANTS: &'static [&'static str] = &[$(stringify!($variant)),*];
        }
    };
}

rules!(
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
);

// What the rules share.

/// The one argument.
fn one<'a, T: ?Sized>(args: &[&'a T]) -> Result<&'a T, String> {
    match args {
        [a] => Ok(a),
        other => Err(format!("takes 1 argument, got {}", other.len())),
    }
}

/// The two arguments.
fn two<'a, T: ?Sized>(args: &[&'a T]) -> Result<(&'a T, &'a T), String> {
    match args {
        [a, b] => Ok((a, b)),
        other => Err(format!("takes 2 arguments, got {}", other.len())),
    }
}

/// The three arguments.
fn three<'a, T: ?Sized>(args: &[&'a T]) -> Result<(&'a T, &'a T, &'a T), String> {
    match args {
        [a, b, c] => Ok((a, b, c)),
        other => Err(format!("takes 3 arguments, got {}", other.len())),
    }
}

/// No arguments.
fn none<T: ?Sized>(args: &[&T]) -> Result<(), String> {
    if args.is_empty() { Ok(()) } else { Err(format!("takes no arguments, got {}", args.len())) }
}

/// Argument `i` of the node, which has it because `infer` accepted the node.
fn arg(g: &Graph, node: Value, i: usize) -> Value {
    g.node(node).args.get(i).copied().unwrap_or(node)
}

/// Whether the adjoint of argument `i` is wanted.
fn wanted(wants: &[bool], i: usize) -> bool {
    wants.get(i).copied().unwrap_or(false)
}

fn need(ty: &Ty, dtype: DType) -> Result<(), String> {
    if ty.dtype == dtype { Ok(()) } else { Err(format!("{ty} is not of element type {dtype:?}")) }
}

/// Axis `axis` of a shape.
fn axis_of(shape: &Shape, axis: usize) -> Result<Dim, String> {
    shape.0.get(axis).copied().ok_or_else(|| format!("there is no axis {axis} in {shape}"))
}

/// Axis `axis`, which must not carry the batch.
fn fixed_axis(shape: &Shape, axis: usize) -> Result<usize, String> {
    let d = axis_of(shape, axis)?;
    if d.batch { Err(format!("axis {axis} of {shape} carries the batch")) } else { Ok(d.n) }
}

/// The shape with one axis replaced.
fn with_axis(shape: &Shape, axis: usize, dim: Dim) -> Shape {
    Shape(shape.0.iter().enumerate().map(|(i, &d)| if i == axis { dim } else { d }).collect())
}

/// Axes of equal rank, pairwise equal or 1; rank 0 fits anything.
fn broadcast_shapes(args: &[&Ty]) -> Result<Shape, String> {
    let mut dims: Vec<Dim> = Vec::new();
    for a in args.iter().filter(|a| a.shape.rank() > 0) {
        if dims.is_empty() {
            dims.clone_from(&a.shape.0);
            continue;
        }
        if dims.len() != a.shape.rank() {
            return Err(format!("{} and {} differ in rank", Shape(dims), a.shape));
        }
        for (d, &e) in dims.iter_mut().zip(&a.shape.0) {
            if d.is_one() {
                *d = e;
            } else if *d != e && !e.is_one() {
                return Err(format!("axes {d} and {e} do not broadcast"));
            }
        }
    }
    Ok(Shape(dims))
}

/// Sums an adjoint over the axes along which an argument of shape `to` was broadcast.
fn unbroadcast(g: &mut Graph, d: Value, to: &Shape) -> Value {
    let from = g.shape(d);
    if from == *to {
        return d;
    }
    if to.rank() == 0 {
        return g.sum_all(d);
    }
    let axes: Vec<usize> = from
        .0
        .iter()
        .zip(&to.0)
        .enumerate()
        .filter(|(_, (f, t))| t.is_one() && !f.is_one())
        .map(|(i, _)| i)
        .collect();
    g.sum(d, &axes)
}
