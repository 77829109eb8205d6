use super::toy::{Draws, N, SEED, STANDARDIZE, Toy, noise};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use std::f64::consts::TAU;

/// Arms of an Archimedean spiral.
pub struct Spiral;

impl Row for Spiral {
    fn name(&self) -> &'static str {
        "spiral"
    }
    fn doc(&self) -> &'static str {
        "Arms of an Archimedean spiral, as the two spirals of FFJORD (Grathwohl et al. 2019) without their uniform jitter: the angle is \
         t = 2π · turns · √u with u uniform, the radius t / 3, and the arms are turned against each other evenly. Yields `Real[2]` \
         and, if asked for, the arm as `Class(arms)`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const {
            &[
                noise("0.1"),
                ParamSpec { name: "arms", kind: ArgKind::Int(1), default: Some("2"), doc: "Number of arms." },
                ParamSpec {
                    name: "turns",
                    kind: ArgKind::Num(0.0, 1e3),
                    default: Some("1.5"),
                    doc: "Turns of each arm.",
                },
                N,
                STANDARDIZE,
                SEED,
            ]
        }
    }
}

impl Toy for Spiral {
    fn draws(&self) -> usize {
        4
    }
    fn classes(&self, args: &Args) -> usize {
        args.int("arms").max(1)
    }
    fn counted_by(&self) -> &'static str {
        "arms"
    }
    fn point(&self, args: &Args, draws: &mut Draws<'_>) -> ([f64; 2], usize) {
        let arms = self.classes(args);
        let (class, t, [e, f]) =
            (draws.below(arms), TAU * args.num("turns") * draws.unit().sqrt(), draws.normals());
        let (radius, angle, noise) = (t / 3.0, t + TAU * class as f64 / arms as f64, args.num("noise"));
        ([noise * e - radius * angle.cos(), noise * f + radius * angle.sin()], class)
    }
}
