//! What bijection rows share: rearrangements, and trained factors and summands.

use super::copies::Copies;
use super::permutation::undo;
use super::{Bijection, CheckedBijection, Direction, Jacobian, Moved};
use crate::event::{EventTy, Kind};
use crate::ir::{Ex, Shape};
use crate::rows::layer::parts::{moments, per_channel, per_example};
use crate::rows::{Init, LowerCx, ParamDecl, Shared};
use std::rc::Rc;

/// A rearrangement of elements: output element e is input element `from[e]`. Its log-determinant is 0.
pub fn rearrangement(out: EventTy, from: Vec<usize>, bijection: impl Bijection) -> CheckedBijection {
    CheckedBijection {
        out,
        params: Vec::new(),
        jacobian: Jacobian::Unit,
        identity_dims: Copies::listed(from.into_iter().map(Some)),
        bijection: Shared(Rc::new(bijection)),
    }
}

/// Rows along axis 1 in another order.
#[derive(Debug, PartialEq)]
struct Shuffle {
    order: Vec<usize>,
    back: Vec<usize>,
}

/// Rows `order` along axis 1: output place i takes input place `order[i]`, with everything behind it.
pub fn shuffle(input: &EventTy, order: Vec<usize>) -> CheckedBijection {
    let each = input.size() / order.len().max(1);
    let elements = order.iter().flat_map(|&p| (0..each).map(move |e| p * each + e)).collect();
    rearrangement(input.clone(), elements, Shuffle { back: undo(&order), order })
}

impl Bijection for Shuffle {
    fn run<'g>(&self, _: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        let order = match to {
            Direction::Forward => &self.order,
            Direction::Inverse => &self.back,
        };
        (x.take(1, order.clone()), None)
    }
}

/// Another bijection run the other way.
#[derive(Debug, PartialEq)]
pub struct Undo(pub Shared<dyn Bijection>);

impl Bijection for Undo {
    fn run<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        self.0.run(cx, x, to.other())
    }
    fn again(&self, to: Direction) -> usize {
        self.0.again(to.other())
    }
}

/// Variances below this count as 0 when a scale starts: such a coordinate keeps its size.
const LEAST_VARIANCE: f64 = 1e-10;

/// y = x exp(s) + b with trained parts, one for each element or for each channel. Both start where the first data have mean 0 and deviation 1
/// on the base side (Kingma & Dhariwal 2018, section 3.1); at 0 where a flow is not run backwards from data.
#[derive(Debug, PartialEq)]
pub struct ScaleShift {
    /// Whether s is trained, under the name `log_scale`.
    pub scale: bool,
    /// Whether b is trained, under the name `shift`.
    pub shift: bool,
    /// Whether there is one s and one b for each channel instead of each element.
    pub by_channel: bool,
}

/// The same on events of one shape.
#[derive(Debug, PartialEq)]
struct OnEvent {
    kind: ScaleShift,
    /// Of s and b.
    dims: Vec<usize>,
    /// Of a batch of events.
    rank: usize,
    /// How many elements each trained number stands for.
    elements: f64,
}

impl ScaleShift {
    /// The bijection on events of this type.
    pub fn on(self, input: &EventTy) -> CheckedBijection {
        let dims = match (self.by_channel, input.shape.first()) {
            (true, Some(c)) => vec![*c],
            (true, None) | (false, _) => input.shape.clone(),
        };
        let elements = (input.size() / dims.iter().product::<usize>().max(1)) as f64;
        let trained = [("log_scale", self.scale), ("shift", self.shift)].into_iter().filter(|(_, on)| *on);
        CheckedBijection {
            out: input.with_kind(Kind::REAL),
            params: trained.map(|(name, _)| ParamDecl::trained(name, &dims, Init::ZEROS)).collect(),
            jacobian: if self.scale { Jacobian::Diagonal } else { Jacobian::Unit },
            identity_dims: Copies::none(input.size()),
            bijection: Shared(Rc::new(OnEvent { kind: self, rank: input.shape.len() + 1, dims, elements })),
        }
    }
}

impl OnEvent {
    /// A parameter, beside the axes of a batch of events.
    fn wide<'g>(&self, p: Ex<'g>) -> Ex<'g> {
        if self.kind.by_channel { per_channel(p, self.rank) } else { p.lift(self.rank) }
    }
    /// Lets shift and scale start at the mean and the deviation of `x`.
    fn start<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) {
        let summed = |&a: &usize| if self.kind.by_channel { a != 1 } else { a == 0 };
        let (mean, var) = moments(x, &(0..self.rank).filter(summed).collect::<Vec<_>>());
        let [mean, var] = [mean, var].map(|v| v.reshape(Shape::fixed(&self.dims)));
        if self.kind.shift {
            cx.start_at("shift", mean);
        }
        if self.kind.scale {
            cx.start_at("log_scale", var.gt(LEAST_VARIANCE).select(var, 1.0).ln() * 0.5);
        }
    }
}

impl Bijection for OnEvent {
    fn run<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        if to == Direction::Inverse && cx.starting() {
            self.start(cx, x);
        }
        let shift = self.kind.shift.then(|| self.wide(cx.param("shift", &self.dims)));
        let centred = match (shift, to) {
            (Some(b), Direction::Inverse) => x - b,
            (Some(_), Direction::Forward) | (None, _) => x,
        };
        let (scaled, log_det) = if self.kind.scale {
            let s = cx.param("log_scale", &self.dims);
            let scaled = centred * (self.wide(s) * to.sign()).exp();
            (scaled, Some(per_example(s.sum_all() * (to.sign() * self.elements), x)))
        } else {
            (centred, None)
        };
        match (shift, to) {
            (Some(b), Direction::Forward) => (scaled + b, log_det),
            (Some(_), Direction::Inverse) | (None, _) => (scaled, log_det),
        }
    }
}
