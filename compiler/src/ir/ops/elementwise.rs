//! Elementwise ops. A function is a row of a table: token, meaning in f64, derivative.

use super::{Elementwise, OpRule, broadcast_shapes, exactly, need, one, special, three, two, unbroadcast};
use crate::ir::formula::Ex;
use crate::ir::graph::Value;
use crate::ir::interp::Env;
use crate::ir::op::{Binary, Cast, Compare, Detach, Logic, Select, Unary};
use crate::ir::optimise::Rewriter;
use crate::ir::shape::{DType, Ty};
use crate::ir::tensor::{Tensor64, common_dims};
use std::f64::consts::PI;

/// Adjoint of the argument: (argument x, result y, adjoint d of y).
type UnaryGrad = for<'g> fn(Ex<'g>, Ex<'g>, Ex<'g>) -> Ex<'g>;
/// Adjoint of one argument before it is summed to the argument's shape: (a, b, result y, adjoint d of y).
type BinaryGrad = for<'g> fn(Ex<'g>, Ex<'g>, Ex<'g>, Ex<'g>) -> Ex<'g>;

/// Everything about a [`Unary`].
pub struct UnaryRow {
    /// Which.
    pub op: Unary,
    /// Token of the text form.
    pub name: &'static str,
    /// Meaning.
    pub f: fn(f64) -> f64,
    /// Derivative; `None` where it is zero almost everywhere.
    pub grad: Option<UnaryGrad>,
}

const fn smooth(op: Unary, name: &'static str, f: fn(f64) -> f64, grad: UnaryGrad) -> UnaryRow {
    UnaryRow { op, name, f, grad: Some(grad) }
}

const fn flat(op: Unary, name: &'static str, f: fn(f64) -> f64) -> UnaryRow {
    UnaryRow { op, name, f, grad: None }
}

/// One row per [`Unary`], in the order of its declaration.
pub static UNARY: [UnaryRow; 22] = [
    smooth(Unary::Neg, "neg", |x| -x, |_, _, d| -d),
    smooth(Unary::Exp, "exp", f64::exp, |_, y, d| d * y),
    smooth(Unary::Log, "log", f64::ln, |x, _, d| d / x),
    smooth(Unary::Log1p, "log1p", f64::ln_1p, |x, _, d| d / (x + 1.0)),
    smooth(Unary::Expm1, "expm1", f64::exp_m1, |x, _, d| d * x.exp()),
    smooth(Unary::Sqrt, "sqrt", f64::sqrt, |_, y, d| d * 0.5 / y),
    smooth(Unary::Recip, "recip", |x| 1.0 / x, |_, y, d| -(d * y.sq())),
    smooth(Unary::Square, "square", |x| x * x, |x, _, d| d * (x * 2.0)),
    smooth(Unary::Abs, "abs", f64::abs, |x, _, d| d * x.sign()),
    flat(Unary::Sign, "sign", sign),
    flat(Unary::Floor, "floor", f64::floor),
    smooth(Unary::Relu, "relu", |x| if x < 0.0 { 0.0 } else { x }, |x, _, d| d * x.step()),
    flat(Unary::Step, "step", |x| if x > 0.0 { 1.0 } else { 0.0 }),
    smooth(Unary::Tanh, "tanh", f64::tanh, |_, y, d| d * (1.0 - y.sq())),
    smooth(Unary::Sigmoid, "sigmoid", special::sigmoid, |_, y, d| d * (y * (1.0 - y))),
    smooth(Unary::Softplus, "softplus", special::softplus, |x, _, d| d * x.sigmoid()),
    smooth(Unary::Sin, "sin", f64::sin, |x, _, d| d * x.cos()),
    smooth(Unary::Cos, "cos", f64::cos, |x, _, d| -(d * x.sin())),
    smooth(Unary::Erf, "erf", special::erf, |x, _, d| d * ((-x.sq()).exp() * (2.0 / PI.sqrt()))),
    smooth(Unary::Lgamma, "lgamma", special::lgamma, |x, _, d| d * x.digamma()),
    smooth(Unary::Digamma, "digamma", special::digamma, |x, _, d| d * x.trigamma()),
    smooth(Unary::Trigamma, "trigamma", special::trigamma, |x, _, d| d * tetragamma(x)),
];

fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x
    }
}

/// ψ''(x) for x > 0 in elementary ops, so that the set stays closed: ψ''(x) = -2 Σ_{k<12} 1/(x+k)³ + ψ''(x+12)
/// (Abramowitz & Stegun 6.4.6), and the asymptotic series 6.4.13 for the last term.
fn tetragamma(x: Ex<'_>) -> Ex<'_> {
    const SHIFT: u32 = 12;
    // By powers of 1/z², after its first.
    const SERIES: [f64; 7] = [1.0, 0.5, -1.0 / 6.0, 1.0 / 6.0, -0.3, 5.0 / 6.0, -691.0 / 210.0];
    let q = (x + f64::from(SHIFT)).recip();
    let r = q.sq();
    let tail = SERIES.iter().rev().fold(x.num(0.0), |tail, c| tail * r + *c);
    let mut total = (tail + q) * r;
    for k in 0..SHIFT {
        let q = if k == 0 { x } else { x + f64::from(k) }.recip();
        total = total + q.sq() * q * 2.0;
    }
    -total
}

impl Unary {
    /// Everything about this function.
    #[expect(clippy::indexing_slicing, reason = "a test holds the table to the order of the declaration")]
    pub fn row(self) -> &'static UnaryRow {
        &UNARY[self as usize]
    }
}

impl OpRule for Unary {
    fn name(&self) -> &'static str {
        self.row().name
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let x = one(args)?;
        need(x, DType::F)?;
        Ok(x.clone())
    }
    fn passes(&self, _i: usize) -> bool {
        self.row().grad.is_some()
    }
    fn adjoint<'g>(&self, _i: usize, args: &[Ex<'g>], y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[x] = exactly(args);
        match self.row().grad {
            Some(grad) => grad(x, y, d),
            None => panic!("internal: no derivative passes through {}", self.name()),
        }
    }
    fn elementwise(&self) -> Option<Elementwise> {
        Some(Elementwise::Unary(*self))
    }
    fn linear_in(&self, _i: usize) -> bool {
        *self == Unary::Neg
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], _ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.unary(*self, x)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        Ok(one(args)?.map(self.row().f))
    }
}

/// Everything about a [`Binary`].
pub struct BinaryRow {
    /// Which.
    pub op: Binary,
    /// Token of the text form.
    pub name: &'static str,
    /// Meaning.
    pub f: fn(f64, f64) -> f64,
    /// Adjoint of the first argument.
    pub da: BinaryGrad,
    /// Adjoint of the second argument.
    pub db: BinaryGrad,
}

const fn binary(
    op: Binary,
    name: &'static str,
    f: fn(f64, f64) -> f64,
    da: BinaryGrad,
    db: BinaryGrad,
) -> BinaryRow {
    BinaryRow { op, name, f, da, db }
}

/// One row per [`Binary`], in the order of its declaration.
pub static BINARY: [BinaryRow; 7] = [
    binary(Binary::Add, "add", |a, b| a + b, |_, _, _, d| d, |_, _, _, d| d),
    binary(Binary::Sub, "sub", |a, b| a - b, |_, _, _, d| d, |_, _, _, d| -d),
    binary(Binary::Mul, "mul", |a, b| a * b, |_, b, _, d| d * b, |a, _, _, d| d * a),
    binary(Binary::Div, "div", |a, b| a / b, |_, b, _, d| d / b, |_, b, y, d| -(d / b * y)),
    binary(Binary::Pow, "pow", f64::powf, |a, b, _, d| power_slope(a, b, d), |a, _, y, d| d * (y * a.ln())),
    binary(Binary::Max, "max", larger, |a, b, _, d| only(a.ge(b), d), |a, b, _, d| only(a.lt(b), d)),
    binary(Binary::Min, "min", smaller, |a, b, _, d| only(a.le(b), d), |a, b, _, d| only(a.gt(b), d)),
];

fn larger(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}

fn smaller(a: f64, b: f64) -> f64 {
    if a <= b || a.is_nan() { a } else { b }
}

/// d where the condition holds, else 0.
fn only<'g>(condition: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
    condition.select(d, 0.0)
}

/// d b a^(b-1); exact also at a <= 0 where b is a constant whole number.
fn power_slope<'g>(a: Ex<'g>, b: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
    match b.constant() {
        Some(0.0) => d.filled(0.0),
        Some(1.0) => d,
        Some(2.0) => d * (a * 2.0),
        Some(c) => d * (a.pow(c - 1.0) * c),
        None => d * (b * a.pow(b - 1.0)),
    }
}

impl Binary {
    /// Everything about this function.
    #[expect(clippy::indexing_slicing, reason = "a test holds the table to the order of the declaration")]
    pub fn row(self) -> &'static BinaryRow {
        &BINARY[self as usize]
    }
}

/// Applies a function to two broadcast tensors.
fn zip(a: &Tensor64, b: &Tensor64, f: impl Fn(f64, f64) -> f64) -> Result<Tensor64, String> {
    let dims = common_dims(&[a, b])?;
    let (a, b) = (a.spread(&dims)?, b.spread(&dims)?);
    Tensor64::new(&dims, a.data.iter().zip(&b.data).map(|(&x, &y)| f(x, y)).collect())
}

impl OpRule for Binary {
    fn name(&self) -> &'static str {
        self.row().name
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (a, b) = two(args)?;
        need(a, DType::F)?;
        need(b, DType::F)?;
        Ok(Ty::f(broadcast_shapes(args)?))
    }
    fn passes(&self, _i: usize) -> bool {
        true
    }
    fn adjoint<'g>(&self, i: usize, args: &[Ex<'g>], y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let (&[a, b], row) = (exactly(args), self.row());
        let (of, grad) = if i == 0 { (a, row.da) } else { (b, row.db) };
        unbroadcast(grad(a, b, y, d), &of.shape())
    }
    fn elementwise(&self) -> Option<Elementwise> {
        Some(Elementwise::Binary(*self))
    }
    fn linear_in(&self, i: usize) -> bool {
        match self {
            Binary::Mul => true,
            Binary::Div => i == 0,
            Binary::Add | Binary::Sub | Binary::Pow | Binary::Max | Binary::Min => false,
        }
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        let &[a, b] = exactly(args);
        r.binary(*self, a, b, ty)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let (a, b) = two(args)?;
        zip(a, b, self.row().f)
    }
}

/// Everything about a [`Compare`].
pub struct CompareRow {
    /// Which.
    pub op: Compare,
    /// Token of the text form.
    pub name: &'static str,
    /// Meaning.
    pub f: fn(&f64, &f64) -> bool,
}

/// One row per [`Compare`], in the order of its declaration.
pub static COMPARE: [CompareRow; 6] = [
    CompareRow { op: Compare::Lt, name: "lt", f: f64::lt },
    CompareRow { op: Compare::Le, name: "le", f: f64::le },
    CompareRow { op: Compare::Gt, name: "gt", f: f64::gt },
    CompareRow { op: Compare::Ge, name: "ge", f: f64::ge },
    CompareRow { op: Compare::Eq, name: "eq", f: f64::eq },
    CompareRow { op: Compare::Ne, name: "ne", f: f64::ne },
];

impl Compare {
    /// Everything about this comparison.
    #[expect(clippy::indexing_slicing, reason = "a test holds the table to the order of the declaration")]
    pub fn row(self) -> &'static CompareRow {
        &COMPARE[self as usize]
    }
}

impl OpRule for Compare {
    fn name(&self) -> &'static str {
        self.row().name
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (a, b) = two(args)?;
        if a.dtype == DType::B {
            return Err(format!("{a} has no order"));
        }
        need(b, a.dtype)?;
        Ok(Ty { dtype: DType::B, shape: broadcast_shapes(args)? })
    }
    fn elementwise(&self) -> Option<Elementwise> {
        Some(Elementwise::Compare(*self))
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let (a, b) = two(args)?;
        let f = self.row().f;
        zip(a, b, |x, y| f64::from(u8::from(f(&x, &y))))
    }
}

/// Everything about a [`Logic`].
pub struct LogicRow {
    /// Which.
    pub op: Logic,
    /// Token of the text form.
    pub name: &'static str,
    /// Number of arguments.
    pub arity: usize,
    /// Meaning; a connective of one argument gets it twice.
    pub f: fn(bool, bool) -> bool,
}

/// One row per [`Logic`], in the order of its declaration.
pub static LOGIC: [LogicRow; 3] = [
    LogicRow { op: Logic::And, name: "and", arity: 2, f: |a, b| a && b },
    LogicRow { op: Logic::Or, name: "or", arity: 2, f: |a, b| a || b },
    LogicRow { op: Logic::Not, name: "not", arity: 1, f: |a, _| !a },
];

impl Logic {
    /// Everything about this connective.
    #[expect(clippy::indexing_slicing, reason = "a test holds the table to the order of the declaration")]
    pub fn row(self) -> &'static LogicRow {
        &LOGIC[self as usize]
    }
}

impl OpRule for Logic {
    fn name(&self) -> &'static str {
        self.row().name
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        if args.len() != self.row().arity {
            return Err(format!("takes {} arguments, got {}", self.row().arity, args.len()));
        }
        args.iter().try_for_each(|a| need(a, DType::B))?;
        Ok(Ty { dtype: DType::B, shape: broadcast_shapes(args)? })
    }
    fn elementwise(&self) -> Option<Elementwise> {
        Some(Elementwise::Logic(*self))
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        r.logic(*self, args, ty)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let first = args.first().ok_or("takes at least one argument")?;
        let f = self.row().f;
        zip(first, args.last().unwrap_or(first), |a, b| f64::from(u8::from(f(a != 0.0, b != 0.0))))
    }
}

impl OpRule for Select {
    fn name(&self) -> &'static str {
        "select"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        let (c, a, b) = three(args)?;
        need(c, DType::B)?;
        need(a, DType::F)?;
        need(b, DType::F)?;
        Ok(Ty::f(broadcast_shapes(args)?))
    }
    fn passes(&self, i: usize) -> bool {
        i > 0
    }
    fn adjoint<'g>(&self, i: usize, args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        let &[c, a, b] = exactly(args);
        let (of, chosen) = if i == 1 { (a, c.select(d, 0.0)) } else { (b, c.select(0.0, d)) };
        unbroadcast(chosen, &of.shape())
    }
    fn elementwise(&self) -> Option<Elementwise> {
        Some(Elementwise::Select)
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], ty: &Ty) -> Option<Value> {
        let &[c, a, b] = exactly(args);
        r.select(c, a, b, ty)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let (c, a, b) = three(args)?;
        let dims = common_dims(args)?;
        let (c, a, b) = (c.spread(&dims)?, a.spread(&dims)?, b.spread(&dims)?);
        let data =
            c.data.iter().zip(a.data.iter().zip(&b.data)).map(|(&c, (&x, &y))| if c != 0.0 { x } else { y });
        Tensor64::new(&dims, data.collect())
    }
}

impl OpRule for Cast {
    fn name(&self) -> &'static str {
        "cast"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        Ok(Ty { dtype: self.to, shape: one(args)?.shape.clone() })
    }
    fn passes(&self, _i: usize) -> bool {
        self.to == DType::F
    }
    fn adjoint<'g>(&self, _i: usize, _args: &[Ex<'g>], _y: Ex<'g>, d: Ex<'g>) -> Ex<'g> {
        d
    }
    fn elementwise(&self) -> Option<Elementwise> {
        Some(Elementwise::Cast(*self))
    }
    fn simpler(&self, r: &mut Rewriter, args: &[Value], _ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        r.cast(self.to, x)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        let x = one(args)?;
        Ok(match self.to {
            DType::F => x.clone(),
            DType::I => x.map(f64::trunc),
            DType::B => x.map(|v| f64::from(u8::from(v != 0.0))),
        })
    }
}

impl OpRule for Detach {
    fn name(&self) -> &'static str {
        "detach"
    }
    fn infer(&self, args: &[&Ty]) -> Result<Ty, String> {
        Ok(one(args)?.clone())
    }
    fn elementwise(&self) -> Option<Elementwise> {
        Some(Elementwise::Detach)
    }
    fn simpler(&self, _r: &mut Rewriter, args: &[Value], _ty: &Ty) -> Option<Value> {
        let &[x] = exactly(args);
        Some(x)
    }
    fn eval(&self, args: &[&Tensor64], _env: &Env) -> Result<Tensor64, String> {
        Ok(one(args)?.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_in_the_order_of_the_declarations() {
        assert!(UNARY.iter().all(|r| r.op.row().name == r.name));
        assert!(BINARY.iter().all(|r| r.op.row().name == r.name));
        assert!(COMPARE.iter().all(|r| r.op.row().name == r.name));
        assert!(LOGIC.iter().all(|r| r.op.row().name == r.name));
        assert_eq!(Unary::Trigamma as usize + 1, UNARY.len());
        assert_eq!(Binary::Min as usize + 1, BINARY.len());
        assert_eq!(Compare::Ne as usize + 1, COMPARE.len());
        assert_eq!(Logic::Not as usize + 1, LOGIC.len());
    }
    #[test]
    fn what_is_called_linear_is() {
        for row in UNARY.iter().filter(|r| r.op.linear_in(0)) {
            assert!((row.f)(0.0) == 0.0 && (row.f)(6.0) == 3.0 * (row.f)(2.0), "{}", row.name);
        }
        for row in &BINARY {
            let sides: [fn(&BinaryRow, f64) -> f64; 2] = [|r, x| (r.f)(x, 4.0), |r, x| (r.f)(4.0, x)];
            for (i, at) in sides.iter().enumerate().filter(|(i, _)| row.op.linear_in(*i)) {
                assert!(at(row, 0.0) == 0.0 && at(row, 6.0) == 3.0 * at(row, 2.0), "{} in {i}", row.name);
            }
        }
    }
}
