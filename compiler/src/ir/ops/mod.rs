//! One rule per op: shape, derivative, meaning in f64, cost. See `op.rs` for the ops themselves.
//!
//! The set is closed under differentiation: every `grad` writes ops that themselves have one.

mod conv;
mod elementwise;
mod index;
mod layout;
mod leaf;
mod loops;
mod matmul;
mod reduce;
pub mod special;
mod wide;

pub use elementwise::{BINARY, BinaryRow, COMPARE, CompareRow, LOGIC, LogicRow, UNARY, UnaryRow};
pub use loops::{Local, POSITION, stack_name};
pub use wide::Column;

use super::columns::{self, Cut, Dep, Places};
use super::formula::Ex;
use super::graph::Value;
use super::interp::Env;
use super::op::{Binary, Cast, Compare, Logic, Op, Unary, every_op};
use super::optimise::Rewriter;
use super::shape::{DType, Dim, Shape, Ty};
use super::tensor::Tensor64;

/// Everything that is known about one op.
pub trait OpRule {
    /// The token of the text form.
    fn name(&self) -> &'static str;
    /// The type of the result, or why the arguments do not fit. Used both to build and to verify.
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String>;
    /// The meaning, in f64. Arguments have the shapes that `infer` accepts, at the batch of `env`.
    ///
    /// # Errors
    /// An index out of range, an input that was not supplied.
    fn eval(&self, args: &[&Tensor64], env: &Env) -> Result<Tensor64, String>;
    /// Multiply-adds of matrix products and convolutions at this batch; 0 for everything that only moves or maps elements.
    fn cost(&self, _args: &[&Ty], _out: &Ty, _batch: usize) -> u64 {
        0
    }

    /// Whether a derivative passes from the result to argument `i`.
    fn passes(&self, _i: usize) -> bool {
        false
    }
    /// The adjoint of argument `i`, to which a derivative passes, in that argument's own shape; `d` is the adjoint of the result `y`.
    ///
    /// # Panics
    /// Where no derivative passes to the argument, which is a bug of the caller.
    fn adjoint<'g>(&self, i: usize, _args: &[Ex<'g>], _y: Ex<'g>, _d: Ex<'g>) -> Ex<'g> {
        panic!("internal: no derivative passes to argument {i} of {}", self.name())
    }

    /// The op as one that makes each element of the result from the arguments' elements at its place, where it is such a one.
    fn elementwise(&self) -> Option<Elementwise> {
        None
    }
    /// Whether every element of the result is one of the first argument's: the op repeats, leaves out or moves elements.
    fn moves(&self) -> bool {
        false
    }
    /// Whether the result is linear in argument `i` alone, so that it is 0 where the argument is.
    fn linear_in(&self, _i: usize) -> bool {
        false
    }
    /// Whether arguments and batch alone decide the result: no input, no draw, no position of a loop.
    fn pure(&self) -> bool {
        true
    }
    /// Where the places of a loop lie in the result, given where they lie in the arguments (see [`columns`]); none where the result
    /// mixes places. At least one argument has places, and none is known as a whole only.
    ///
    /// [`columns`]: super::columns
    fn places(&self, args: &[&Dep], tys: &[&Ty], out: &Ty) -> Option<Places> {
        self.elementwise().and_then(|_| columns::shared(args, tys, out))
    }
    /// The result `v` at the place of the iteration, where [`OpRule::places`] says that it has places.
    fn column(&self, cut: &mut Cut, v: Value, args: &[Value]) -> Value {
        cut.same(v, args)
    }
    /// A simpler value of type `ty` that equals this op of these arguments, where one is known.
    fn simpler(&self, _r: &mut Rewriter, _args: &[Value], _ty: &Ty) -> Option<Value> {
        None
    }
}

/// An op that makes each element of the result from the arguments' elements at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elementwise {
    /// A function of one number.
    Unary(Unary),
    /// A function of two numbers.
    Binary(Binary),
    /// A comparison.
    Compare(Compare),
    /// A connective.
    Logic(Logic),
    /// One of two numbers.
    Select,
    /// Another element type.
    Cast(Cast),
    /// The number itself.
    Detach,
}

macro_rules! rules {
    ($($variant:ident,)*) => {
        impl Op {
            /// The rule of this op.
            pub fn rule(&self) -> &dyn OpRule {
                match self {
                    $(Op::$variant(op) => op,)*
                }
            }
        }
    };
}
every_op!(rules);

/// A slice as an array.
///
/// # Panics
/// With another count, which is a bug: arguments are counted where a node is pushed or a call is checked.
#[track_caller]
pub fn exactly<T, const N: usize>(args: &[T]) -> &[T; N] {
    match args.try_into() {
        Ok(array) => array,
        Err(_) => panic!("internal: {N} arguments are needed, and there are {}", args.len()),
    }
}

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

/// What a shape rule has already found to be right.
///
/// # Panics
/// Where it is not, which is a bug.
#[track_caller]
fn sure<T>(found: Result<T, String>) -> T {
    match found {
        Ok(t) => t,
        Err(why) => panic!("internal: {why}"),
    }
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
fn unbroadcast<'g>(d: Ex<'g>, to: &Shape) -> Ex<'g> {
    let from = d.shape();
    if from == *to {
        return d;
    }
    if to.rank() == 0 {
        return d.sum_all();
    }
    let repeated = from.0.iter().zip(&to.0).enumerate().filter(|(_, (f, t))| t.is_one() && !f.is_one());
    let axes: Vec<usize> = repeated.map(|(i, _)| i).collect();
    d.sum(&axes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::formula::Scope;
    use crate::ir::graph::Graph;

    #[test]
    #[should_panic(expected = "internal: 2 arguments are needed, and there are 1")]
    fn a_missing_argument_is_a_bug_that_says_so() {
        let mut g = Graph::new("wrong");
        let x = Scope::of(&mut g).num(1.0);
        let _ = Op::Binary(Binary::Mul).rule().adjoint(0, &[x], x, x);
    }

    #[test]
    #[should_panic(expected = "internal: no derivative passes to argument 0 of lt")]
    fn a_derivative_through_what_has_none_is_a_bug_that_says_so() {
        let mut g = Graph::new("wrong");
        let x = Scope::of(&mut g).num(1.0);
        let _ = Op::Compare(Compare::Lt).rule().adjoint(0, &[x, x], x, x);
    }
}
