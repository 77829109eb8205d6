//! Elementwise ops. A function is a row of a table: token, meaning in f64, derivative.

use super::{OpRule, arg, broadcast_shapes, need, one, special, three, two, unbroadcast, wanted};
use crate::ir::graph::{Graph, Value};
use crate::ir::interp::Env;
use crate::ir::op::{Binary, Cast, Compare, Detach, Logic, Select, Unary};
use crate::ir::shape::{DType, Ty};
use crate::ir::tensor::{Tensor64, common_dims};
use std::f64::consts::PI;

/// Adjoint of the argument: (graph, argument x, result y, adjoint d of y).
type UnaryGrad = fn(&mut Graph, Value, Value, Value) -> Value;
/// Adjoint of one argument before it is summed to the argument's shape: (graph, a, b, result y, adjoint d of y).
type BinaryGrad = fn(&mut Graph, Value, Value, Value, Value) -> Value;

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

/// One row per [`Unary`], in the order of its declaration.
pub static UNARY: [UnaryRow; 22] = [
    UnaryRow { op: Unary::Neg, name: "neg", f: |x| -x, grad: Some(|g, _, _, d| g.neg(d)) },
    UnaryRow { op: Unary::Exp, name: "exp", f: f64::exp, grad: Some(|g, _, y, d| g.mul(d, y)) },
    UnaryRow { op: Unary::Log, name: "log", f: f64::ln, grad: Some(|g, x, _, d| g.div(d, x)) },
    UnaryRow {
        op: Unary::Log1p,
        name: "log1p",
        f: f64::ln_1p,
        grad: Some(|g, x, _, d| {
            let x1 = g.add_c(x, 1.0);
            g.div(d, x1)
        }),
    },
    UnaryRow {
        op: Unary::Expm1,
        name: "expm1",
        f: f64::exp_m1,
        grad: Some(|g, x, _, d| {
            let e = g.exp(x);
            g.mul(d, e)
        }),
    },
    UnaryRow {
        op: Unary::Sqrt,
        name: "sqrt",
        f: f64::sqrt,
        grad: Some(|g, _, y, d| {
            let half = g.mul_c(d, 0.5);
            g.div(half, y)
        }),
    },
    UnaryRow {
        op: Unary::Recip,
        name: "recip",
        f: |x| 1.0 / x,
        grad: Some(|g, _, y, d| {
            let y2 = g.square(y);
            let t = g.mul(d, y2);
            g.neg(t)
        }),
    },
    UnaryRow {
        op: Unary::Square,
        name: "square",
        f: |x| x * x,
        grad: Some(|g, x, _, d| {
            let x2 = g.mul_c(x, 2.0);
            g.mul(d, x2)
        }),
    },
    UnaryRow {
        op: Unary::Abs,
        name: "abs",
        f: f64::abs,
        grad: Some(|g, x, _, d| {
            let s = g.unary(Unary::Sign, x);
            g.mul(d, s)
        }),
    },
    UnaryRow { op: Unary::Sign, name: "sign", f: sign, grad: None },
    UnaryRow { op: Unary::Floor, name: "floor", f: f64::floor, grad: None },
    UnaryRow {
        op: Unary::Relu,
        name: "relu",
        f: |x| if x < 0.0 { 0.0 } else { x },
        grad: Some(|g, x, _, d| {
            let s = g.unary(Unary::Step, x);
            g.mul(d, s)
        }),
    },
    UnaryRow { op: Unary::Step, name: "step", f: |x| if x > 0.0 { 1.0 } else { 0.0 }, grad: None },
    UnaryRow {
        op: Unary::Tanh,
        name: "tanh",
        f: f64::tanh,
        grad: Some(|g, _, y, d| {
            let y2 = g.square(y);
            let one = g.scalar(1.0);
            let t = g.sub(one, y2);
            g.mul(d, t)
        }),
    },
    UnaryRow {
        op: Unary::Sigmoid,
        name: "sigmoid",
        f: special::sigmoid,
        grad: Some(|g, _, y, d| {
            let one = g.scalar(1.0);
            let z = g.sub(one, y);
            let t = g.mul(y, z);
            g.mul(d, t)
        }),
    },
    UnaryRow {
        op: Unary::Softplus,
        name: "softplus",
        f: special::softplus,
        grad: Some(|g, x, _, d| {
            let s = g.sigmoid(x);
            g.mul(d, s)
        }),
    },
    UnaryRow {
        op: Unary::Sin,
        name: "sin",
        f: f64::sin,
        grad: Some(|g, x, _, d| {
            let c = g.unary(Unary::Cos, x);
            g.mul(d, c)
        }),
    },
    UnaryRow {
        op: Unary::Cos,
        name: "cos",
        f: f64::cos,
        grad: Some(|g, x, _, d| {
            let s = g.unary(Unary::Sin, x);
            let t = g.mul(d, s);
            g.neg(t)
        }),
    },
    UnaryRow {
        op: Unary::Erf,
        name: "erf",
        f: special::erf,
        grad: Some(|g, x, _, d| {
            let x2 = g.square(x);
            let n = g.neg(x2);
            let e = g.exp(n);
            let t = g.mul_c(e, 2.0 / PI.sqrt());
            g.mul(d, t)
        }),
    },
    UnaryRow {
        op: Unary::Lgamma,
        name: "lgamma",
        f: special::lgamma,
        grad: Some(|g, x, _, d| {
            let p = g.unary(Unary::Digamma, x);
            g.mul(d, p)
        }),
    },
    UnaryRow {
        op: Unary::Digamma,
        name: "digamma",
        f: special::digamma,
        grad: Some(|g, x, _, d| {
            let p = g.unary(Unary::Trigamma, x);
            g.mul(d, p)
        }),
    },
    UnaryRow {
        op: Unary::Trigamma,
        name: "trigamma",
        f: special::trigamma,
        grad: Some(|g, x, _, d| {
            let p = tetragamma(g, x);
            g.mul(d, p)
        }),
    },
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
fn tetragamma(g: &mut Graph, x: Value) -> Value {
    const SHIFT: u32 = 12;
    // ψ''(z) ~ -r (1 + 1/z + r/2 - r²/6 + r³/6 - 3r⁴/10 + 5r⁵/6 - 691 r⁶/210), r = 1/z².
    const SERIES: [f64; 7] = [1.0, 0.5, -1.0 / 6.0, 1.0 / 6.0, -0.3, 5.0 / 6.0, -691.0 / 210.0];
    let z = g.add_c(x, f64::from(SHIFT));
    let q = g.unary(Unary::Recip, z);
    let r = g.square(q);
    let mut tail = g.scalar(0.0);
    for c in SERIES.iter().rev() {
        let t = g.mul(tail, r);
        tail = g.add_c(t, *c);
    }
    let tail = g.add(tail, q);
    let mut total = g.mul(tail, r);
    for k in 0..SHIFT {
        let s = if k == 0 { x } else { g.add_c(x, f64::from(k)) };
        let q = g.unary(Unary::Recip, s);
        let q2 = g.square(q);
        let q3 = g.mul(q2, q);
        let t = g.mul_c(q3, 2.0);
        total = g.add(total, t);
    }
    g.neg(total)
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
    fn passes(&self, _arg: usize) -> bool {
        self.row().grad.is_some()
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let x = arg(g, node, 0);
        let d = if wanted(wants, 0) { self.row().grad.map(|f| f(g, x, node, out)) } else { None };
        vec![d]
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

/// One row per [`Binary`], in the order of its declaration.
pub static BINARY: [BinaryRow; 7] = [
    BinaryRow { op: Binary::Add, name: "add", f: |a, b| a + b, da: |_, _, _, _, d| d, db: |_, _, _, _, d| d },
    BinaryRow {
        op: Binary::Sub,
        name: "sub",
        f: |a, b| a - b,
        da: |_, _, _, _, d| d,
        db: |g, _, _, _, d| g.neg(d),
    },
    BinaryRow {
        op: Binary::Mul,
        name: "mul",
        f: |a, b| a * b,
        da: |g, _, b, _, d| g.mul(d, b),
        db: |g, a, _, _, d| g.mul(d, a),
    },
    BinaryRow {
        op: Binary::Div,
        name: "div",
        f: |a, b| a / b,
        da: |g, _, b, _, d| g.div(d, b),
        db: |g, _, b, y, d| {
            let t = g.div(d, b);
            let t = g.mul(t, y);
            g.neg(t)
        },
    },
    BinaryRow {
        op: Binary::Pow,
        name: "pow",
        f: f64::powf,
        da: pow_base,
        db: |g, a, _, y, d| {
            let l = g.log(a);
            let t = g.mul(y, l);
            g.mul(d, t)
        },
    },
    BinaryRow {
        op: Binary::Max,
        name: "max",
        f: |a, b| if a >= b || a.is_nan() { a } else { b },
        da: |g, a, b, _, d| where_(g, Compare::Ge, a, b, d),
        db: |g, a, b, _, d| where_(g, Compare::Lt, a, b, d),
    },
    BinaryRow {
        op: Binary::Min,
        name: "min",
        f: |a, b| if a <= b || a.is_nan() { a } else { b },
        da: |g, a, b, _, d| where_(g, Compare::Le, a, b, d),
        db: |g, a, b, _, d| where_(g, Compare::Gt, a, b, d),
    },
];

/// d where the comparison holds, else 0.
fn where_(g: &mut Graph, op: Compare, a: Value, b: Value, d: Value) -> Value {
    let c = g.compare(op, a, b);
    let zero = g.scalar(0.0);
    g.select(c, d, zero)
}

/// d b a^(b-1); exact also at a <= 0 where b is a constant whole number.
fn pow_base(g: &mut Graph, a: Value, b: Value, _y: Value, d: Value) -> Value {
    let slope = match g.constant(b) {
        Some(0.0) => {
            let shape = g.shape(d);
            return g.full(0.0, shape);
        }
        Some(1.0) => return d,
        Some(2.0) => g.mul_c(a, 2.0),
        Some(c) => {
            let less = g.scalar(c - 1.0);
            let p = g.binary(Binary::Pow, a, less);
            g.mul_c(p, c)
        }
        None => {
            let less = g.add_c(b, -1.0);
            let p = g.binary(Binary::Pow, a, less);
            g.mul(b, p)
        }
    };
    g.mul(d, slope)
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
    fn passes(&self, _arg: usize) -> bool {
        true
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let (a, b) = (arg(g, node, 0), arg(g, node, 1));
        let row = self.row();
        let mut adjoint = |i: usize, of: Value, rule: BinaryGrad| {
            wanted(wants, i).then(|| {
                let d = rule(g, a, b, node, out);
                let shape = g.shape(of);
                unbroadcast(g, d, &shape)
            })
        };
        vec![adjoint(0, a, row.da), adjoint(1, b, row.db)]
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

/// Nothing flows back through what only decides.
macro_rules! flat {
    () => {
        fn passes(&self, _arg: usize) -> bool {
            false
        }
        fn grad(&self, _g: &mut Graph, _node: Value, _out: Value, wants: &[bool]) -> Vec<Option<Value>> {
            vec![None; wants.len()]
        }
    };
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
    flat!();
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
    flat!();
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
    fn passes(&self, arg: usize) -> bool {
        arg > 0
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let c = arg(g, node, 0);
        let mut side = |i: usize| {
            wanted(wants, i).then(|| {
                let of = arg(g, node, i);
                let shape = g.shape(of);
                let zero = g.scalar(0.0);
                let d = if i == 1 { g.select(c, out, zero) } else { g.select(c, zero, out) };
                unbroadcast(g, d, &shape)
            })
        };
        vec![None, side(1), side(2)]
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
    fn passes(&self, _arg: usize) -> bool {
        self.to == DType::F
    }
    fn grad(&self, g: &mut Graph, node: Value, out: Value, wants: &[bool]) -> Vec<Option<Value>> {
        let same = self.to == DType::F && g.ty(arg(g, node, 0)).dtype == DType::F;
        vec![(same && wanted(wants, 0)).then_some(out)]
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
    flat!();
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
}
