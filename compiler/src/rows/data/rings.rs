use super::toy::{Draws, N, SEED, STANDARDIZE, Toy, noise};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use std::f64::consts::TAU;

/// Concentric circles.
pub struct Rings;

impl Row for Rings {
    fn name(&self) -> &'static str {
        "rings"
    }
    fn doc(&self) -> &'static str {
        "Concentric circles about the origin with evenly spaced radii up to `radius`, each with the same probability (Grathwohl et al. \
         2019, FFJORD, with its 4 rings up to radius 3 and noise 0.08). Yields `Real[2]` and, if asked for, the ring from the \
         inside as `Class(count)`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const {
            &[
                ParamSpec {
                    name: "count",
                    kind: ArgKind::Int(1),
                    default: Some("4"),
                    doc: "Number of circles.",
                },
                noise("0.08"),
                ParamSpec {
                    name: "radius",
                    kind: ArgKind::Num(1e-6, 1e6),
                    default: Some("3"),
                    doc: "Radius of the outermost circle.",
                },
                N,
                STANDARDIZE,
                SEED,
            ]
        }
    }
}

impl Toy for Rings {
    fn draws(&self) -> usize {
        4
    }
    fn classes(&self, args: &Args) -> usize {
        args.int("count").max(1)
    }
    fn point(&self, args: &Args, draws: &mut Draws<'_>) -> ([f64; 2], usize) {
        let count = self.classes(args);
        let (class, angle, [e, f]) = (draws.below(count), TAU * draws.unit(), draws.normals());
        let radius = args.num("radius") * (class + 1) as f64 / count as f64;
        let noise = args.num("noise");
        ([radius * angle.cos() + noise * e, radius * angle.sin() + noise * f], class)
    }
}
