use super::toy::{Draws, N, SEED, STANDARDIZE, Toy, noise};
use crate::rows::Row;
use crate::rows::args::{Args, ParamSpec};
use std::f64::consts::PI;

/// Two interleaved half circles.
pub struct Moons;

impl Row for Moons {
    fn name(&self) -> &'static str {
        "moons"
    }
    fn doc(&self) -> &'static str {
        "Two interleaved half circles of radius 1, as `make_moons` of scikit-learn: the upper one about (0, 0), the lower one about \
         (1, 0.5), each with probability ½, the angle uniform. Yields `Real[2]` and, if asked for, which moon as `Class(2)`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const { &[noise("0.05"), N, STANDARDIZE, SEED] }
    }
}

impl Toy for Moons {
    fn draws(&self) -> usize {
        4
    }
    fn classes(&self, _args: &Args) -> usize {
        2
    }
    fn point(&self, args: &Args, draws: &mut Draws<'_>) -> ([f64; 2], usize) {
        let (class, angle, [e, f]) = (draws.below(2), PI * draws.unit(), draws.normals());
        let (x, y) =
            if class == 0 { (angle.cos(), angle.sin()) } else { (1.0 - angle.cos(), 0.5 - angle.sin()) };
        let noise = args.num("noise");
        ([x + noise * e, y + noise * f], class)
    }
}
