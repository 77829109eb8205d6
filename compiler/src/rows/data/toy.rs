//! What the generators of two-dimensional points share: arguments, drawing, labels, standardisation. A generator itself is one
//! file that says how one point is made.

use super::{Column, DataIssue, DataRow, Dataset, Host, Modes, Part, at_most};
use crate::event::{EventTy, Kind};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use std::f64::consts::TAU;

/// More points than this are refused: the columns would not fit into the memory of a small machine.
pub(super) const MOST_POINTS: usize = 10_000_000;
/// More components than this are refused.
const MOST_CLASSES: usize = 10_000;

/// `n:`
pub(super) const N: ParamSpec = ParamSpec {
    name: "n",
    kind: ArgKind::Int(1),
    default: Some("10000"),
    doc: "Number of training points; as many test points are drawn independently.",
};
/// `seed:`
pub(super) const SEED: ParamSpec = ParamSpec {
    name: "seed",
    kind: ArgKind::Int(0),
    default: Some("0"),
    doc: "Another number draws another set from the same density (the run's seed changes the set as well).",
};
/// `standardize:`
pub(super) const STANDARDIZE: ParamSpec = ParamSpec {
    name: "standardize",
    kind: ArgKind::Word(&["true", "false"]),
    default: Some("false"),
    doc: "`true`: both columns are shifted and scaled to mean 0 and standard deviation 1 over the training points.",
};
/// `noise:` with its usual value.
pub(super) const fn noise(default: &'static str) -> ParamSpec {
    ParamSpec {
        name: "noise",
        kind: ArgKind::Num(0.0, 1e6),
        default: Some(default),
        doc: "Standard deviation of the Gaussian noise added to both coordinates.",
    }
}

/// Random numbers for one point, used up from left to right.
pub(super) struct Draws<'a>(std::slice::Iter<'a, f64>);

impl<'a> Draws<'a> {
    /// These numbers.
    pub(super) fn of(numbers: &'a [f64]) -> Draws<'a> {
        Draws(numbers.iter())
    }
    /// Uniform on (0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        match self.0.next() {
            Some(u) => *u,
            None => panic!("internal: a point draws more random numbers than it says"),
        }
    }
    /// One of `0..n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }
    /// Two independent standard normal numbers (Box and Muller 1958).
    pub(super) fn normals(&mut self) -> [f64; 2] {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        let angle = TAU * self.unit();
        [radius * angle.cos(), radius * angle.sin()]
    }
}

/// A density of points in the plane, with a class for each point.
pub(super) trait Toy: Row {
    /// How many numbers [`Toy::point`] uses at most.
    fn draws(&self) -> usize;
    /// Number of classes.
    fn classes(&self, args: &Args) -> usize;
    /// The argument that says how many classes there are, where one does.
    fn counted_by(&self) -> &'static str {
        "count"
    }
    /// One point and its class.
    fn point(&self, args: &Args, draws: &mut Draws<'_>) -> ([f64; 2], usize);
    /// See [`DataRow::modes`].
    fn centres(&self, _args: &Args) -> Option<Modes> {
        None
    }
    /// What the arguments alone make impossible.
    fn check_args(&self, _args: &Args) -> Result<(), DataIssue> {
        Ok(())
    }
}

impl<T: Toy> DataRow for T {
    fn check(&self, args: &Args, declared: &[EventTy], _host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most(self.name(), declared, &["a point", "its class"])?;
        if args.int("n") > MOST_POINTS {
            return Err(args.error("n", format!("more than {MOST_POINTS} points"), "too many").into());
        }
        if self.classes(args) > MOST_CLASSES {
            return Err(args
                .error(self.counted_by(), format!("more than {MOST_CLASSES} components"), "too many")
                .into());
        }
        self.check_args(args)?;
        let mut types = vec![EventTy::real([2])];
        if declared.len() == 2 {
            types.push(EventTy { kind: Kind::Class(self.classes(args)), shape: Vec::new() });
        }
        Ok(types)
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let mut train = part(self, args, types, host, 2 * args.int("seed") as u64);
        let mut test = part(self, args, types, host, 2 * args.int("seed") as u64 + 1);
        if args.word("standardize") == "true" {
            let moments = train.columns.first().map(|c| moments(&c.values)).unwrap_or_default();
            for column in [&mut train, &mut test].into_iter().filter_map(|p| p.columns.first_mut()) {
                for point in column.values.chunks_exact_mut(2) {
                    for (v, (mean, std)) in point.iter_mut().zip(moments) {
                        *v = ((f64::from(*v) - mean) / std) as f32;
                    }
                }
            }
        }
        Ok(Dataset { train, test: Some(test), ..Dataset::default() })
    }

    fn modes(&self, args: &Args) -> Option<Modes> {
        if args.word("standardize") == "true" { None } else { self.centres(args) }
    }
}

/// Streams of different generators and parts never meet: the name is hashed (FNV-1a) above the part's number.
pub(super) fn stream(name: &str, number: u64) -> u64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (hash << 24) ^ number
}

fn part<T: Toy>(toy: &T, args: &Args, types: &[EventTy], host: &dyn Host, number: u64) -> Part {
    let (n, k) = (args.int("n").min(MOST_POINTS), toy.draws());
    let uniform = host.uniform(stream(toy.name(), number), n * k);
    let mut points = Vec::with_capacity(2 * n);
    let mut classes = Vec::with_capacity(n);
    for draws in uniform.chunks_exact(k) {
        let (point, class) = toy.point(args, &mut Draws::of(draws));
        points.extend(point.map(|v| v as f32));
        classes.push(class as f32);
    }
    let columns =
        types.iter().cloned().zip([points, classes]).map(|(ty, values)| Column { ty, values }).collect();
    Part { n, columns, ..Part::default() }
}

/// Mean and (population) standard deviation of both columns; a constant column keeps its scale.
fn moments(values: &[f32]) -> [(f64, f64); 2] {
    let n = (values.len() / 2).max(1) as f64;
    [0, 1].map(|axis| {
        let column = || values.iter().skip(axis).step_by(2).map(|v| f64::from(*v));
        let mean = column().sum::<f64>() / n;
        let std = (column().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        (mean, if std > 1e-12 { std } else { 1.0 })
    })
}
