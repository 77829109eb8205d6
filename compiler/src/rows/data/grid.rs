use super::toy::{Draws, N, SEED, STANDARDIZE, Toy};
use super::{DataIssue, Modes};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// Gaussians on a square grid.
pub struct Grid;

impl Row for Grid {
    fn name(&self) -> &'static str {
        "grid"
    }
    fn doc(&self) -> &'static str {
        "A mixture of equal Gaussians on a square grid about the origin: `grid(25)` is the grid of 25 of Srivastava et al. 2017 (VEEGAN) and Lin et \
         al. 2018 (PacGAN), spacing 2, standard deviation 0.05. Yields `Real[2]` and, if asked for, the component as `Class(count)`. Its \
         modes are known, so that covered modes and the share of points within 3 standard deviations are reported."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const {
            &[
                ParamSpec {
                    name: "count",
                    kind: ArgKind::Int(1),
                    default: Some("25"),
                    doc: "Number of Gaussians, a square number.",
                },
                ParamSpec {
                    name: "spacing",
                    kind: ArgKind::Num(0.0, 1e6),
                    default: Some("2"),
                    doc: "Distance between neighbouring means.",
                },
                ParamSpec {
                    name: "std",
                    kind: ArgKind::Num(0.0, 1e6),
                    default: Some("0.05"),
                    doc: "Standard deviation of each Gaussian along each axis.",
                },
                N,
                STANDARDIZE,
                SEED,
            ]
        }
    }
}

impl Grid {
    fn side(args: &Args) -> usize {
        args.int("count").min(1 << 40).isqrt().max(1)
    }
    fn centre(args: &Args, k: usize) -> [f64; 2] {
        let side = Grid::side(args);
        let at = |i: usize| args.num("spacing") * (i as f64 - (side - 1) as f64 / 2.0);
        [at(k % side), at(k / side)]
    }
}

impl Toy for Grid {
    fn draws(&self) -> usize {
        3
    }
    fn classes(&self, args: &Args) -> usize {
        Grid::side(args).pow(2)
    }
    fn check_args(&self, args: &Args) -> Result<(), DataIssue> {
        let (count, side) = (args.int("count"), Grid::side(args));
        if side * side == count {
            return Ok(());
        }
        let diag =
            args.error("count", format!("a grid of {count} points is not square"), "not a square number");
        Err(diag.help(format!("write {} or {}", side * side, (side + 1) * (side + 1))).into())
    }
    fn point(&self, args: &Args, draws: &mut Draws<'_>) -> ([f64; 2], usize) {
        let class = draws.below(self.classes(args));
        let ([x, y], [e, f], std) = (Grid::centre(args, class), draws.normals(), args.num("std"));
        ([x + std * e, y + std * f], class)
    }
    fn centres(&self, args: &Args) -> Option<Modes> {
        let centres = (0..self.classes(args)).map(|k| Grid::centre(args, k).to_vec()).collect();
        Some(Modes { centres, std: args.num("std") })
    }
}
