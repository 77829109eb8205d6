//! Formulas as Rust expressions: a [`Scope`] lends a graph out, and its handles [`Ex`] are `Copy` and have operators, so that
//! `-((x - p.loc) / p.scale).abs() - (p.scale.ln() + LN_2)` pushes the nodes that it reads as.
//!
//! Every operator pushes one node (and one for a number that stands beside it), in the order in which Rust evaluates the
//! expression: left to right, arguments first. Random draws stand in `let`s of their own, because their streams are numbered as
//! they are pushed. `x - 2.0` is pushed as `x + -2.0`, which is the same number; `x / 2.0` stays a division, because `x * 0.5`
//! would not be the same for every divisor.

use super::graph::{Graph, Value};
use super::op::{
    ArgMax, At, Binary, Compare, ConvGeom, Logic, Lookup, Op, RandomKind, ReduceKind, Role, Unary, Wide,
};
use super::shape::{DType, Dim, Shape};
use std::cell::Cell;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A graph that is being written to through [`Ex`] handles.
#[derive(Clone, Copy)]
pub struct Scope<'g>(&'g Cell<Graph>);

/// A value of the graph that a [`Scope`] lends out.
#[derive(Clone, Copy)]
pub struct Ex<'g> {
    scope: Scope<'g>,
    /// The value itself.
    pub v: Value,
}

impl<'g> Scope<'g> {
    /// Lends out `g` for as long as the scope is used.
    pub fn of(g: &'g mut Graph) -> Scope<'g> {
        Scope(Cell::from_mut(g))
    }
    /// Does something with the graph itself.
    pub fn with<R>(self, f: impl FnOnce(&mut Graph) -> R) -> R {
        // The graph is moved out while it is used, which costs no allocation: an empty graph has none.
        let mut g = self.0.take();
        let r = f(&mut g);
        self.0.set(g);
        r
    }
    /// A handle of a value of this graph.
    pub fn ex(self, v: Value) -> Ex<'g> {
        Ex { scope: self, v }
    }
    /// Handles of several values.
    pub fn exs<const N: usize>(self, vs: [Value; N]) -> [Ex<'g>; N] {
        vs.map(|v| self.ex(v))
    }
    /// Handles of a list of values.
    pub fn all(self, vs: &[Value]) -> Vec<Ex<'g>> {
        vs.iter().map(|v| self.ex(*v)).collect()
    }
    /// What `f` pushes to the graph itself.
    pub fn push(self, f: impl FnOnce(&mut Graph) -> Value) -> Ex<'g> {
        Ex { scope: self, v: self.with(f) }
    }
    /// Any op on values of this graph.
    pub fn op(self, op: Op, args: &[Ex<'g>]) -> Ex<'g> {
        let args: Vec<Value> = args.iter().map(|a| a.v).collect();
        self.push(|g| g.push(op, &args))
    }
    /// What `f` makes of the numbers at each place, computed in f64 on every device and rounded once. `f` is made of functions of
    /// numbers, comparisons and selections, and so are its derivatives, which are computed in f64, too.
    ///
    /// # Panics
    /// Where it is made of anything else, which is a bug of the caller.
    pub fn wide(self, args: &[Ex<'g>], f: impl for<'w> FnOnce(Scope<'w>, &[Ex<'w>]) -> Ex<'w>) -> Ex<'g> {
        self.op(Op::Wide(Wide::of(args.len(), f)), args)
    }
    /// A rank-0 constant.
    pub fn num(self, c: f64) -> Ex<'g> {
        self.push(|g| g.scalar(c))
    }
    /// A tensor with every element `c`.
    pub fn full(self, c: f64, shape: &Shape) -> Ex<'g> {
        self.push(|g| g.full(c, shape.clone()))
    }
    /// A literal tensor, row-major.
    pub fn literal(self, data: Vec<f64>, dims: &[usize]) -> Ex<'g> {
        self.push(|g| g.literal(data, dims))
    }
    /// `0, 1, ..` along `axis`, dtype `I`.
    pub fn iota(self, shape: &Shape, axis: usize) -> Ex<'g> {
        self.push(|g| g.iota(shape.clone(), axis))
    }
    /// The input of this name, as [`Graph::input`].
    pub fn input(self, name: &str, role: Role, shape: Shape) -> Ex<'g> {
        self.push(|g| g.input(name, role, shape))
    }
    /// Standard normal draws.
    pub fn normal(self, shape: &Shape) -> Ex<'g> {
        self.push(|g| g.random(RandomKind::Normal, shape.clone()))
    }
    /// Draws from the open interval (0, 1).
    pub fn uniform(self, shape: &Shape) -> Ex<'g> {
        self.push(|g| g.random(RandomKind::Uniform, shape.clone()))
    }
    /// The number of elements of a shape, rank 0.
    pub fn count(self, shape: &Shape) -> Ex<'g> {
        self.push(|g| g.count(shape.clone()))
    }
    /// As [`Graph::loop_over`]; the body is written with handles of its own graph.
    pub fn loop_over(
        self,
        count: usize,
        carried: &[Ex<'g>],
        read: &[Ex<'g>],
        body: impl for<'b> FnOnce(Scope<'b>, &[Ex<'b>], &[Ex<'b>], Ex<'b>) -> Vec<Ex<'b>>,
    ) -> Ex<'g> {
        let values = |xs: &[Ex]| xs.iter().map(|x| x.v).collect::<Vec<Value>>();
        self.push(|g| {
            g.loop_over(count, &values(carried), &values(read), |g, carried, read, position| {
                let inner = Scope::of(g);
                values(&body(inner, &inner.all(carried), &inner.all(read), inner.ex(position)))
            })
        })
    }
    /// Values one after the other along `axis`.
    pub fn concat(self, xs: &[Ex<'g>], axis: usize) -> Ex<'g> {
        let xs: Vec<Value> = xs.iter().map(|x| x.v).collect();
        self.push(|g| g.concat(&xs, axis))
    }
}

/// The first axis that these values have together: that of the first which is not the same for every example, else 1.
pub fn common_lead(values: &[Ex<'_>]) -> Dim {
    values.iter().map(|x| x.lead()).find(|d| !d.is_one()).unwrap_or(Dim::fixed(1))
}

/// What may stand beside an [`Ex`]: another one, or a number.
pub trait Operand<'g> {
    /// As a value of this graph.
    fn within(self, scope: Scope<'g>) -> Ex<'g>;
}

impl<'g> Operand<'g> for Ex<'g> {
    fn within(self, _: Scope<'g>) -> Ex<'g> {
        self
    }
}

impl<'g> Operand<'g> for f64 {
    fn within(self, scope: Scope<'g>) -> Ex<'g> {
        scope.num(self)
    }
}

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident = $op:ident;)*) => {
        $($(#[$doc])* pub fn $name(self) -> Ex<'g> {
            self.unary(Unary::$op)
        })*
    };
}

macro_rules! compare {
    ($($(#[$doc:meta])* $name:ident = $op:ident;)*) => {
        $($(#[$doc])* pub fn $name(self, other: impl Operand<'g>) -> Ex<'g> {
            let b = other.within(self.scope).v;
            self.scope.push(|g| g.compare(Compare::$op, self.v, b))
        })*
    };
}

impl<'g> Ex<'g> {
    /// The graph that it belongs to.
    pub fn scope(self) -> Scope<'g> {
        self.scope
    }
    /// Its shape.
    pub fn shape(self) -> Shape {
        self.scope.with(|g| g.shape(self.v))
    }
    /// Its number of axes.
    pub fn rank(self) -> usize {
        self.scope.with(|g| g.rank(self.v))
    }
    /// Its element type.
    pub fn dtype(self) -> DType {
        self.scope.with(|g| g.ty(self.v).dtype)
    }
    /// The number that every element is, when that is known.
    pub fn constant(self) -> Option<f64> {
        self.scope.with(|g| g.constant(self.v))
    }
    /// A rank-0 constant beside it.
    pub fn num(self, c: f64) -> Ex<'g> {
        self.scope.num(c)
    }
    /// A tensor of its shape with every element `c`.
    pub fn filled(self, c: f64) -> Ex<'g> {
        self.scope.full(c, &self.shape())
    }
    /// An elementwise function.
    pub fn unary(self, op: Unary) -> Ex<'g> {
        self.scope.push(|g| g.unary(op, self.v))
    }
    fn binary(self, op: Binary, b: Ex<'g>) -> Ex<'g> {
        self.scope.push(|g| g.binary(op, self.v, b.v))
    }

    unary! {
        /// e^x
        exp = Exp;
        /// ln x
        ln = Log;
        /// ln(1 + x)
        ln_1p = Log1p;
        /// e^x - 1
        exp_m1 = Expm1;
        /// √x
        sqrt = Sqrt;
        /// 1 / x
        recip = Recip;
        /// x²
        sq = Square;
        /// |x|
        abs = Abs;
        /// -1, 0 or 1
        sign = Sign;
        /// The greatest whole number at most x.
        floor = Floor;
        /// max(x, 0)
        relu = Relu;
        /// 1 above 0, else 0
        step = Step;
        /// tanh x
        tanh = Tanh;
        /// 1 / (1 + e^-x)
        sigmoid = Sigmoid;
        /// ln(1 + e^x)
        softplus = Softplus;
        /// sin x
        sin = Sin;
        /// cos x
        cos = Cos;
        /// erf x
        erf = Erf;
        /// ln Γ(x)
        lgamma = Lgamma;
        /// ψ(x)
        digamma = Digamma;
        /// ψ'(x)
        trigamma = Trigamma;
    }
    compare! {
        /// x < y, as a condition
        lt = Lt;
        /// x <= y
        le = Le;
        /// x > y
        gt = Gt;
        /// x >= y
        ge = Ge;
        /// x = y
        eq = Eq;
        /// x ≠ y
        ne = Ne;
    }

    /// x^y
    pub fn pow(self, y: impl Operand<'g>) -> Ex<'g> {
        let y = y.within(self.scope);
        self.binary(Binary::Pow, y)
    }
    /// The greater one.
    pub fn max(self, y: impl Operand<'g>) -> Ex<'g> {
        let y = y.within(self.scope);
        self.binary(Binary::Max, y)
    }
    /// The lesser one.
    pub fn min(self, y: impl Operand<'g>) -> Ex<'g> {
        let y = y.within(self.scope);
        self.binary(Binary::Min, y)
    }
    /// Of a condition: `a` where it holds, else `b`.
    pub fn select(self, a: impl Operand<'g>, b: impl Operand<'g>) -> Ex<'g> {
        let (a, b) = (a.within(self.scope).v, b.within(self.scope).v);
        self.scope.push(|g| g.select(self.v, a, b))
    }
    /// Of two conditions: both hold.
    pub fn and(self, other: Ex<'g>) -> Ex<'g> {
        self.scope.op(Op::Logic(Logic::And), &[self, other])
    }
    /// Of two conditions: one holds.
    pub fn or(self, other: Ex<'g>) -> Ex<'g> {
        self.scope.op(Op::Logic(Logic::Or), &[self, other])
    }
    /// Of a condition: it does not hold.
    #[expect(
        clippy::should_implement_trait,
        reason = "written in a row with `and` and `or`, which are no operators of Rust"
    )]
    pub fn not(self) -> Ex<'g> {
        self.scope.op(Op::Logic(Logic::Not), &[self])
    }
    /// `self` ln x, which is 0 where both are 0, as all its derivatives are taken to be there: what a density with x^c says of its own
    /// border at c = 0, where x^c is 1.
    pub fn times_ln(self, x: Ex<'g>) -> Ex<'g> {
        let border = self.eq(0.0).and(x.eq(0.0));
        self * border.select(1.0, x).ln()
    }
    /// `self` ln(1 + x), which is 0 where `self` is 0 and x is -1, as all its derivatives are taken to be there.
    pub fn times_ln_1p(self, x: Ex<'g>) -> Ex<'g> {
        let border = self.eq(0.0).and(x.eq(-1.0));
        self * border.select(0.0, x).ln_1p()
    }
    /// Another element type.
    pub fn cast(self, to: DType) -> Ex<'g> {
        self.scope.push(|g| g.cast(self.v, to))
    }
    /// The value, as a constant for every derivative.
    pub fn detach(self) -> Ex<'g> {
        self.scope.push(|g| g.detach(self.v))
    }

    /// Reduction keeping the axes with size 1.
    pub fn reduce(self, kind: ReduceKind, axes: &[usize]) -> Ex<'g> {
        self.scope.push(|g| g.reduce(kind, self.v, axes))
    }
    /// Sum keeping the axes with size 1.
    pub fn sum(self, axes: &[usize]) -> Ex<'g> {
        self.reduce(ReduceKind::Sum, axes)
    }
    /// Mean keeping the axes with size 1.
    pub fn mean(self, axes: &[usize]) -> Ex<'g> {
        self.reduce(ReduceKind::Mean, axes)
    }
    /// Sum over every axis, rank 0.
    pub fn sum_all(self) -> Ex<'g> {
        self.scope.push(|g| g.sum_all(self.v))
    }
    /// Mean over every axis, rank 0.
    pub fn mean_all(self) -> Ex<'g> {
        self.scope.push(|g| g.mean_all(self.v))
    }
    /// Sum over all axes but the first: `[B, ..] -> [B]`.
    pub fn sum_event(self) -> Ex<'g> {
        self.scope.push(|g| g.sum_event(self.v))
    }
    /// ln Σ e^x over one axis, which stays with size 1; stable.
    pub fn logsumexp(self, axis: usize) -> Ex<'g> {
        self.scope.push(|g| g.logsumexp(self.v, axis))
    }
    /// x - logsumexp(x) over one axis.
    pub fn log_softmax(self, axis: usize) -> Ex<'g> {
        self.scope.push(|g| g.log_softmax(self.v, axis))
    }
    /// Less the greatest along the last axis: logits that differ by what they differed before, and beside which nothing is lost.
    /// No derivative passes through the greatest.
    pub fn less_greatest(self) -> Ex<'g> {
        self - self.reduce(ReduceKind::Max, &[self.last_axis()]).detach()
    }
    /// Number of the greatest along `axis`, the first of several; the axis stays with size 1.
    pub fn argmax(self, axis: usize) -> Ex<'g> {
        self.scope.op(Op::ArgMax(ArgMax { axis }), &[self])
    }

    /// Matrix product of the last two axes.
    pub fn matmul(self, b: Ex<'g>) -> Ex<'g> {
        self.scope.push(|g| g.matmul(self.v, b.v))
    }
    /// Convolution of `[N, C, H, W]` with `[O, C/groups, kh, kw]`.
    pub fn conv2d(self, w: Ex<'g>, geom: ConvGeom) -> Ex<'g> {
        self.scope.push(|g| g.conv2d(self.v, w.v, geom))
    }
    /// The transpose of [`Ex::conv2d`] in its input.
    pub fn conv_transpose2d(self, w: Ex<'g>, geom: ConvGeom, out_pad: [usize; 2]) -> Ex<'g> {
        self.scope.push(|g| g.conv_transpose2d(self.v, w.v, geom, out_pad))
    }
    /// The last two axes swapped.
    pub fn transpose(self) -> Ex<'g> {
        self.scope.push(|g| g.transpose(self.v))
    }
    /// The same elements under other axes.
    pub fn reshape(self, shape: Shape) -> Ex<'g> {
        self.scope.push(|g| g.reshape(self.v, shape))
    }
    /// The shape `[B, ..event]`, B being the first axis of this value.
    pub fn like(self, event: &[usize]) -> Shape {
        let mut dims = vec![self.lead()];
        dims.extend(event.iter().map(|&n| Dim::fixed(n)));
        Shape(dims)
    }
    /// `[B, ..]` seen as `[B, ..event]`.
    pub fn view(self, event: &[usize]) -> Ex<'g> {
        self.reshape(self.like(event))
    }
    /// Axes in another order.
    pub fn permute(self, perm: &[usize]) -> Ex<'g> {
        self.scope.push(|g| g.permute(self.v, perm))
    }
    /// Axes of size 1 repeated up to `shape`.
    pub fn broadcast(self, shape: &Shape) -> Ex<'g> {
        self.scope.push(|g| g.broadcast(self.v, shape.clone()))
    }
    /// `len` elements from `start` along a fixed axis.
    pub fn slice(self, axis: usize, start: usize, len: usize) -> Ex<'g> {
        self.scope.push(|g| g.slice(self.v, axis, start, len))
    }
    /// In the body of a loop: `lens` elements along `axes` from the places `at` of the iteration.
    pub fn dyn_slice(self, axes: &[usize], lens: &[usize], at: &[At]) -> Ex<'g> {
        self.scope.push(|g| g.dyn_slice(self.v, axes, lens, at))
    }
    /// In the body of a loop: this value with `y` at the places `at` of the iteration along `axes`.
    pub fn dyn_update(self, y: Ex<'g>, axes: &[usize], at: &[At]) -> Ex<'g> {
        self.scope.push(|g| g.dyn_update(self.v, y.v, axes, at))
    }
    /// Zeros before and after along a fixed axis.
    pub fn pad(self, axis: usize, before: usize, after: usize) -> Ex<'g> {
        self.scope.push(|g| g.pad(self.v, axis, before, after))
    }
    /// Fixed rows along `axis`.
    pub fn take(self, axis: usize, indices: Vec<usize>) -> Ex<'g> {
        self.scope.push(|g| g.take(self.v, axis, indices))
    }
    /// torch.gather.
    pub fn gather(self, index: Ex<'g>, axis: usize) -> Ex<'g> {
        self.scope.push(|g| g.gather(self.v, index.v, axis))
    }
    /// Rows of the table by number.
    pub fn lookup(self, ids: Ex<'g>) -> Ex<'g> {
        self.scope.op(Op::Lookup(Lookup), &[self, ids])
    }
    /// As [`Graph::lift`].
    pub fn lift(self, rank: usize) -> Ex<'g> {
        self.scope.push(|g| g.lift(self.v, rank))
    }

    /// The number of the last axis (0 for a rank-0 value, which has none).
    pub fn last_axis(self) -> usize {
        self.rank().saturating_sub(1)
    }
    /// The size of the last axis (1 for a rank-0 value).
    pub fn last_size(self) -> usize {
        self.scope.with(|g| g.ty(self.v).shape.0.last().map_or(1, |d| d.n))
    }
    /// The first axis (1 for a rank-0 value).
    pub fn lead(self) -> Dim {
        self.scope.with(|g| g.ty(self.v).shape.0.first().copied()).unwrap_or(Dim::fixed(1))
    }
    /// Without the last axis, which has size 1.
    pub fn drop_last(self) -> Ex<'g> {
        let mut dims = self.shape().0;
        dims.pop();
        self.reshape(Shape(dims))
    }
    /// Sum over the last axis, which goes away.
    pub fn sum_last(self) -> Ex<'g> {
        self.sum(&[self.last_axis()]).drop_last()
    }
    /// ln Σ e^x over the last axis, which goes away.
    pub fn logsumexp_last(self) -> Ex<'g> {
        self.logsumexp(self.last_axis()).drop_last()
    }
}

impl<'g> Neg for Ex<'g> {
    type Output = Ex<'g>;
    fn neg(self) -> Ex<'g> {
        self.unary(Unary::Neg)
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $op:ident, |$x:ident, $c:ident| $right:expr, |$c2:ident, $x2:ident| $left:expr) => {
        impl<'g> $trait<Ex<'g>> for Ex<'g> {
            type Output = Ex<'g>;
            fn $method(self, b: Ex<'g>) -> Ex<'g> {
                self.binary(Binary::$op, b)
            }
        }
        impl<'g> $trait<f64> for Ex<'g> {
            type Output = Ex<'g>;
            fn $method(self, $c: f64) -> Ex<'g> {
                let $x = self;
                $right
            }
        }
        impl<'g> $trait<Ex<'g>> for f64 {
            type Output = Ex<'g>;
            fn $method(self, $x2: Ex<'g>) -> Ex<'g> {
                let $c2 = self;
                $left
            }
        }
    };
}

operator!(Add, add, Add, |x, c| x + x.num(c), |c, x| x + x.num(c));
operator!(Sub, sub, Sub, |x, c| x + x.num(-c), |c, x| x.num(c) - x);
operator!(Mul, mul, Mul, |x, c| x * x.num(c), |c, x| x * x.num(c));
operator!(Div, div, Div, |x, c| x / x.num(c), |c, x| x.num(c) / x);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_pushes_the_nodes_that_it_reads_as() {
        let mut by_hand = Graph::new("kl");
        let vars = |g: &mut Graph| {
            ["m1", "b1", "m2", "b2"].map(|n| g.input(n, crate::ir::Role::Data, Shape::batched(&[])))
        };
        let [m1, b1, m2, b2] = vars(&mut by_hand);
        let g = &mut by_hand;
        let d = g.sub(m1, m2);
        let d = g.unary(Unary::Abs, d);
        let q = g.neg(d);
        let q = g.div(q, b1);
        let e = g.exp(q);
        let e = g.mul(b1, e);
        let a = g.add(e, d);
        let a = g.div(a, b2);
        let r = g.div(b1, b2);
        let r = g.log(r);
        let l = g.sub(a, r);
        g.add_c(l, -1.0);

        let mut written = Graph::new("kl");
        let vs = vars(&mut written);
        let [m1, b1, m2, b2] = Scope::of(&mut written).exs(vs);
        let d = (m1 - m2).abs();
        let _ = (b1 * (-d / b1).exp() + d) / b2 - (b1 / b2).ln() - 1.0;
        assert_eq!(by_hand, written);
    }
}
