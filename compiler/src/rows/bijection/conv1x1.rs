//! `conv1x1`: an invertible mixture of channels.

use super::copies::Copies;
use super::permutation::undo;
use super::{Bijection, BijectionRow, CheckedBijection, Direction, Found, Jacobian, Moved};
use crate::event::{EventTy, Kind};
use crate::ir::{DType, Ex, Shape};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::init::rotation::{Factor, Rotation};
use crate::rows::layer::parts::{per_example, places};
use crate::rows::layer::require::{misfit, need_features};
use crate::rows::{Block, ChainCx, Init, LowerCx, ParamDecl, Shared};
use std::rc::Rc;

row! {
    /// z = W x for the channels of every pixel, or the coordinates of a vector, with W = P L (U + diag(s)): P and the signs of s fixed,
    /// L, U and log |s| trained (Glow, Kingma & Dhariwal 2018, eq. 10-11). It starts as a rotation that the seed fixes (a permutation
    /// above 128 channels). log |det| = H W Σ log |s| from x to z.
    pub struct Conv1x1 = "conv1x1" [SEED];
}

const SEED: ParamSpec = ParamSpec {
    name: "seed",
    kind: ArgKind::Int(0),
    default: Some("0"),
    doc: "which rotation it starts from",
};

/// More channels would need a matrix beyond reason.
const LARGEST: usize = 4096;

#[derive(Debug, PartialEq)]
struct Mix {
    n: usize,
    event: Vec<usize>,
    start: Rotation,
}

impl BijectionRow for Conv1x1 {
    fn check(&self, _: &mut dyn ChainCx, args: &Args, _: Block, input: &EventTy) -> Found {
        let n = need_features(args, input)?;
        if n > LARGEST {
            let d = misfit(
                args,
                format!("`conv1x1` mixes at most {LARGEST} channels"),
                format!("receives {n}, which would take {n} x {n} weights"),
            );
            return Err(d.help("mix fewer at a time, or use `permute`"));
        }
        let start = Rotation::new(n, args.int(SEED.name) as u64);
        let decl = |name: &str, dims: &[usize], factor| {
            ParamDecl::trained(name, dims, Init::Rotation(start.clone(), factor))
        };
        Ok(CheckedBijection {
            out: input.with_kind(Kind::REAL),
            params: vec![
                decl("lower", &[n, n], Factor::Lower),
                decl("upper", &[n, n], Factor::Upper),
                decl("log_scale", &[n], Factor::LogScale),
            ],
            jacobian: Jacobian::SmallDense,
            identity_dims: Copies::none(input.size()),
            bijection: Shared(Rc::new(Mix { n, event: input.shape.clone(), start })),
        })
    }
}

impl Bijection for Mix {
    fn run<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        let (n, s) = (self.n, cx.scope());
        let [i, j] = places(s, n);
        let lower = cx.param("lower", &[n, n]) * i.gt(j).cast(DType::F);
        let upper = cx.param("upper", &[n, n]) * i.lt(j).cast(DType::F);
        let identity = i.eq(j).cast(DType::F);
        let logs = cx.param("log_scale", &[n]);
        let diagonal = logs.exp() * s.literal(self.start.signs(), &[n]);
        let pixels = self.event.iter().skip(1).product::<usize>();
        let v = x.view(&[n, pixels]);
        let square = Shape::fixed(&[1, n, n]);
        let mixed = match to {
            Direction::Inverse => {
                let (l, u) = (lower + identity, upper + identity * diagonal.reshape(Shape::fixed(&[1, n])));
                l.matmul(u).take(0, undo(self.start.rows())).reshape(square).matmul(v)
            }
            Direction::Forward => {
                // U + D = D (I + D⁻¹ U)
                let inverse = 1.0 / diagonal;
                let [column, row] = [[n, 1], [1, n]].map(|dims| inverse.reshape(Shape::fixed(&dims)));
                let u = unit_inverse(upper * column, identity, n) * row;
                let w = u.matmul(unit_inverse(lower, identity, n));
                w.reshape(square).matmul(v.take(1, self.start.rows().to_vec()))
            }
        };
        (mixed.view(&self.event), Some(per_example(logs.sum_all() * (-to.sign() * pixels as f64), x)))
    }
}

/// (I + N)⁻¹ for strictly triangular N: with M = -N it is (I + M)(I + M²)(I + M⁴) .., which ends because Mⁿ = 0.
fn unit_inverse<'g>(strict: Ex<'g>, identity: Ex<'g>, n: usize) -> Ex<'g> {
    let mut power = -strict;
    let mut all = identity + power;
    let mut reach = 2;
    while reach < n {
        power = power.matmul(power);
        all = all.matmul(identity + power);
        reach *= 2;
    }
    all
}
