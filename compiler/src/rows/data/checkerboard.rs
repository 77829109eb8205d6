use super::toy::{Draws, N, SEED, STANDARDIZE, Toy, noise};
use crate::rows::Row;
use crate::rows::args::{Args, ParamSpec};

/// The black squares of a board of 4 by 4.
pub struct Checkerboard;

impl Row for Checkerboard {
    fn name(&self) -> &'static str {
        "checkerboard"
    }
    fn doc(&self) -> &'static str {
        "Uniform on the 8 black squares, of side 2, of a board that covers [-4, 4]² (Grathwohl et al. 2019, FFJORD). Its entropy is \
         ln 32 = 3.466 nats when `noise` is 0. Yields `Real[2]` and, if asked for, the square as `Class(8)`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const { &[noise("0"), N, STANDARDIZE, SEED] }
    }
}

impl Toy for Checkerboard {
    fn draws(&self) -> usize {
        5
    }
    fn classes(&self, _args: &Args) -> usize {
        8
    }
    fn point(&self, args: &Args, draws: &mut Draws<'_>) -> ([f64; 2], usize) {
        let class = draws.below(8);
        let (column, row) = (class % 4, 2 * (class / 4) + class % 2);
        let at = |cell: usize, u: f64| 2.0 * (cell as f64 + u) - 4.0;
        let (x, y) = (at(column, draws.unit()), at(row, draws.unit()));
        let ([e, f], noise) = (draws.normals(), args.num("noise"));
        ([x + noise * e, y + noise * f], class)
    }
}
