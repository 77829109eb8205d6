use super::Modes;
use super::toy::{Draws, N, SEED, STANDARDIZE, Toy};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use std::f64::consts::TAU;

/// Gaussians on a circle.
pub struct Gaussians;

impl Row for Gaussians {
    fn name(&self) -> &'static str {
        "gaussians"
    }
    fn doc(&self) -> &'static str {
        "A mixture of equal Gaussians whose means lie evenly on a circle: `gaussians(8)` is the ring of 8 on which mode collapse of GANs \
         is shown (Metz et al. 2017, radius 2, standard deviation 0.02). Yields `Real[2]` and, if asked for, the component as \
         `Class(count)`. Its modes are known, so that covered modes and the share of points within 3 standard deviations are reported."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const {
            &[
                ParamSpec {
                    name: "count",
                    kind: ArgKind::Int(1),
                    default: Some("8"),
                    doc: "Number of Gaussians.",
                },
                ParamSpec {
                    name: "radius",
                    kind: ArgKind::Num(0.0, 1e6),
                    default: Some("2"),
                    doc: "Radius of the circle.",
                },
                ParamSpec {
                    name: "std",
                    kind: ArgKind::Num(0.0, 1e6),
                    default: Some("0.02"),
                    doc: "Standard deviation of each Gaussian along each axis.",
                },
                N,
                STANDARDIZE,
                SEED,
            ]
        }
    }
}

impl Gaussians {
    fn centre(args: &Args, k: usize) -> [f64; 2] {
        let angle = TAU * k as f64 / args.int("count").max(1) as f64;
        [args.num("radius") * angle.cos(), args.num("radius") * angle.sin()]
    }
}

impl Toy for Gaussians {
    fn draws(&self) -> usize {
        3
    }
    fn classes(&self, args: &Args) -> usize {
        args.int("count").max(1)
    }
    fn point(&self, args: &Args, draws: &mut Draws<'_>) -> ([f64; 2], usize) {
        let class = draws.below(self.classes(args));
        let ([x, y], [e, f], std) = (Gaussians::centre(args, class), draws.normals(), args.num("std"));
        ([x + std * e, y + std * f], class)
    }
    fn centres(&self, args: &Args) -> Option<Modes> {
        let centres = (0..self.classes(args)).map(|k| Gaussians::centre(args, k).to_vec()).collect();
        Some(Modes { centres, std: args.num("std") })
    }
}
