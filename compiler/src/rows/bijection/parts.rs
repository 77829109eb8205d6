//! What bijection rows share.

use super::super::args::Args;
use super::super::layer::parts::{per_channel, per_example};
use super::super::{BijFn, Builder, CheckedBijection, Env, FlowChain, Jacobian, ParamDecl};
use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::ir::Value;
use std::rc::Rc;

/// The identity's bookkeeping: every element a copy of itself.
pub fn all_copied(n: usize) -> Vec<Option<usize>> {
    (0..n).map(Some).collect()
}

/// A rearrangement of elements: output element e is input element `from[e]`. Its log-determinant is 0.
pub fn rearrangement(
    out: EventTy,
    from: Vec<usize>,
    forward: impl Fn(&mut Builder, Value) -> Value + 'static,
    inverse: impl Fn(&mut Builder, Value) -> Value + 'static,
) -> CheckedBijection {
    CheckedBijection {
        out,
        params: Vec::new(),
        jacobian: Jacobian::Unit,
        copies: from.into_iter().map(Some).collect(),
        forward: Rc::new(move |cx, _, z| (forward(cx, z), None)),
        inverse: Rc::new(move |cx, _, x| (inverse(cx, x), None)),
    }
}

/// Rows `from` along axis 1: output place i takes input place `from[i]`, with everything behind it.
pub fn shuffle(input: &EventTy, from: Vec<usize>) -> CheckedBijection {
    let places = from.len().max(1);
    let each = input.size() / places;
    let elements = from.iter().flat_map(|&p| (0..each).map(move |e| p * each + e)).collect();
    let back = super::permutation::undo(&from);
    rearrangement(
        input.clone(),
        elements,
        move |cx, z| cx.take(z, 1, from.clone()),
        move |cx, x| cx.take(x, 1, back.clone()),
    )
}

/// Number of coordinates of a vector or channels of an image.
///
/// # Errors
/// E0201 for other events.
pub fn need_places(args: &Args, input: &EventTy) -> Result<usize, Diag> {
    super::super::layer::parts::need_features(args, input)
}

/// Variances below this count as 0 when a scale starts: such a coordinate keeps its size.
const LEAST_VARIANCE: f64 = 1e-10;

/// y = x exp(s) + b with trained parts of shape `dims`, broadcast along axis 1 or over the whole event. Both start where the first data
/// have mean 0 and deviation 1 on the base side (Kingma & Dhariwal 2018, section 3.1); at 0 where a flow is not run backwards from data.
pub struct Diagonal {
    /// Whether s is trained, under the name `log_scale`.
    pub scale: bool,
    /// Whether b is trained, under the name `shift`.
    pub shift: bool,
    /// Whether there is one s and one b for each channel instead of each element.
    pub by_channel: bool,
}

impl Diagonal {
    /// The bijection on events of this type.
    pub fn on(self, input: &EventTy) -> CheckedBijection {
        let event = input.shape.clone();
        let dims = match (self.by_channel, event.first()) {
            (true, Some(c)) => vec![*c],
            (true, None) | (false, _) => event.clone(),
        };
        // Each trained number stands for this many elements.
        let weight = (input.size() / dims.iter().product::<usize>().max(1)) as f64;
        let decl = |name: &str| ParamDecl {
            name: name.into(),
            shape: dims.clone(),
            init: super::super::init::zeros(),
            trainable: true,
        };
        let mut params = Vec::new();
        if self.scale {
            params.push(decl("log_scale"));
        }
        if self.shift {
            params.push(decl("shift"));
        }
        let jacobian = if self.scale { Jacobian::Diagonal } else { Jacobian::Unit };
        let this = Rc::new(Part { dims, rank: event.len() + 1, weight, kind: self });
        let there = this.clone();
        CheckedBijection {
            out: input.with_kind(Kind::REAL),
            params,
            jacobian,
            copies: vec![None; input.size()],
            forward: Rc::new(move |cx, env, z| this.run(cx, env, z, false)),
            inverse: Rc::new(move |cx, env, x| there.run(cx, env, x, true)),
        }
    }
}

struct Part {
    dims: Vec<usize>,
    rank: usize,
    weight: f64,
    kind: Diagonal,
}

impl Part {
    fn read(&self, cx: &mut Builder, env: &Env, name: &str) -> (Value, Value) {
        let p = cx.param(env, name, &self.dims);
        let wide = if self.kind.by_channel { per_channel(cx, p, self.rank) } else { cx.lift(p, self.rank) };
        (p, wide)
    }
    /// Mean and variance of each coordinate or channel, in the shape of the parameters.
    fn moments(&self, cx: &mut Builder, x: Value) -> (Value, Value) {
        let axes: Vec<usize> = (0..self.rank)
            .filter(|&a| a != 1 || !self.kind.by_channel)
            .filter(|&a| a == 0 || self.kind.by_channel)
            .collect();
        let (mean, var) = super::super::layer::parts::mean_var(cx, x, &axes);
        let dims = crate::ir::Shape::fixed(&self.dims);
        (cx.reshape(mean, dims.clone()), cx.reshape(var, dims))
    }
    /// Lets shift and scale start at the mean and the deviation of `x`.
    fn start(&self, cx: &mut Builder, env: &Env, x: Value) {
        let (mean, var) = self.moments(cx, x);
        if self.kind.shift {
            cx.start_at(env, "shift", mean);
        }
        if self.kind.scale {
            let least = cx.scalar(LEAST_VARIANCE);
            let varies = cx.compare(crate::ir::Compare::Gt, var, least);
            let one = cx.scalar(1.0);
            let var = cx.select(varies, var, one);
            let log = cx.log(var);
            let half = cx.mul_c(log, 0.5);
            cx.start_at(env, "log_scale", half);
        }
    }
    fn run(&self, cx: &mut Builder, env: &Env, x: Value, backward: bool) -> (Value, Option<Value>) {
        if backward && cx.starts.is_some() {
            self.start(cx, env, x);
        }
        let mut y = x;
        let shift = self.kind.shift.then(|| self.read(cx, env, "shift").1);
        if let (Some(b), true) = (shift, backward) {
            y = cx.sub(y, b);
        }
        let mut log_det = None;
        if self.kind.scale {
            let (s, wide) = self.read(cx, env, "log_scale");
            let sign = if backward { -1.0 } else { 1.0 };
            let wide = cx.mul_c(wide, sign);
            let e = cx.exp(wide);
            y = cx.mul(y, e);
            let sum = cx.sum_all(s);
            let sum = cx.mul_c(sum, sign * self.weight);
            log_det = Some(per_example(cx, x, sum));
        }
        if let (Some(b), false) = (shift, backward) {
            y = cx.add(y, b);
        }
        (y, log_det)
    }
}

/// The largest Jacobian class among the steps of a chain. (Several triangular steps have no common order; their log-determinants add.)
pub fn chain_jacobian(chain: &FlowChain) -> Jacobian {
    chain.layers.iter().map(|l| l.checked.jacobian).max().unwrap_or(Jacobian::Unit)
}

/// Which input element of the whole chain each output element is an unchanged copy of.
pub fn chain_copies(chain: &FlowChain) -> Vec<Option<usize>> {
    chain.layers.iter().fold(all_copied(chain.input.size()), |before, l| {
        l.checked.copies.iter().map(|c| c.and_then(|i| before.get(i).copied().flatten())).collect()
    })
}

/// A function as the two directions of [`CheckedBijection`] want it.
pub fn direction(f: impl Fn(&mut Builder, &Env, Value) -> (Value, Option<Value>) + 'static) -> BijFn {
    Rc::new(f)
}
