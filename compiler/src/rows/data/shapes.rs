#![expect(clippy::cast_possible_truncation, reason = "columns hold 32 bits")]

use super::toy::{Draws, MOST_POINTS, SEED, stream};
use super::{Column, DataIssue, DataRow, Dataset, Host, Part, at_most};
use crate::event::{EventTy, Kind, Support};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// Coloured shapes on a ground of the complementary colour.
pub struct Shapes;

impl Row for Shapes {
    fn name(&self) -> &'static str {
        "shapes"
    }
    fn doc(&self) -> &'static str {
        "Small coloured pictures, made and not read: a disc, a square or a triangle of any hue on a dark ground of the opposite hue, its place and size at \
         random, its edges smooth (each pixel is the mean of 4 by 4 points), with a little Gaussian noise. One number, the hue, so decides all colours of a \
         picture. `data x: Int(8)[3, 12, 12] from shapes` yields the declared `[3, rows, columns]` of 4 to 64 pixels a side: `Int(k)` for k from 2 to 256, \
         floor(value · k), `Real in unit` or `Real in interval(-1, 1)`; and, if asked for, the shape as `Class(3)`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const {
            &[
                ParamSpec {
                    name: "noise",
                    kind: ArgKind::Num(0.0, 1.0),
                    default: Some("0.02"),
                    doc: "Standard deviation of the noise added to every number, of which 0 is black and 1 is full colour.",
                },
                ParamSpec {
                    name: "n",
                    kind: ArgKind::Int(1),
                    default: Some("5000"),
                    doc: "Number of training pictures; a tenth as many test pictures are drawn independently.",
                },
                SEED,
            ]
        }
    }
}

/// Random numbers for one picture besides its noise: shape, hue, size and place.
const DRAWS: usize = 5;
/// Points along a side of a pixel at which it is looked.
const POINTS: usize = 4;
/// How bright the ground is.
const GROUND: f64 = 0.35;

impl DataRow for Shapes {
    fn check(&self, args: &Args, declared: &[EventTy], _host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most(self.name(), declared, &["a picture", "its shape"])?;
        let Some(ty) = declared.first() else { return Ok(Vec::new()) };
        let &[3, h @ 4..=64, w @ 4..=64] = ty.shape.as_slice() else {
            return Err(DataIssue::new(
                format!("coloured shapes cannot be {}", ty.shape_text()),
                "declare `[3, rows, columns]` with 4 to 64 rows and columns: red, green and blue of each pixel",
            ));
        };
        if args.int("n").saturating_mul(ty.size()) > 8 * MOST_POINTS {
            let message = format!("{} pictures of {} are too many", args.int("n"), ty.shape_text());
            return Err(args.error("n", message, "too many").into());
        }
        let kind = match ty.kind {
            Kind::Int(2..=256) => ty.kind,
            Kind::Int(_) | Kind::Class(_) => Kind::Int(256),
            Kind::Real(s) if s.alike(Support::closed(-1.0, 1.0)) => ty.kind,
            Kind::Real(_) | Kind::Bool | Kind::OneHot => Kind::Real(Support::UNIT),
        };
        let shape = EventTy { kind: Kind::Class(3), shape: Vec::new() };
        let types = [EventTy { kind, shape: vec![3, h, w] }, shape];
        Ok(types.into_iter().take(declared.len()).collect())
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let (first, n) = (2 * args.int("seed") as u64, args.int("n"));
        let part = |number: u64, n: usize| part(args, types, host, (number, n));
        Ok(Dataset {
            train: part(first, n),
            test: Some(part(first + 1, n.div_ceil(10))),
            ..Dataset::default()
        })
    }
}

fn part(args: &Args, types: &[EventTy], host: &dyn Host, (number, n): (u64, usize)) -> Part {
    let Some(ty) = types.first() else { return Part::default() };
    let &[_, h, w] = ty.shape.as_slice() else { return Part::default() };
    // Noise is made in pairs.
    let each = DRAWS + 2 * ty.size().div_ceil(2);
    let (mut values, mut classes) = (Vec::with_capacity(n * ty.size()), Vec::with_capacity(n));
    for draws in host.uniform(stream("shapes", number), n * each).chunks_exact(each) {
        let mut draws = Draws::of(draws);
        let class = draws.below(3);
        let picture = picture(class, &mut draws, [h, w]);
        for pair in picture.chunks(2) {
            for (v, e) in pair.iter().zip(draws.normals()) {
                values.push(read(ty.kind, (v + args.num("noise") * e).clamp(0.0, 1.0)));
            }
        }
        classes.push(class as f32);
    }
    let columns = types.iter().cloned().zip([values, classes]);
    Part { n, columns: columns.map(|(ty, values)| Column { ty, values }).collect(), ..Part::default() }
}

/// A value from 0 to 1 as a number of this kind.
fn read(kind: Kind, v: f64) -> f32 {
    match kind {
        Kind::Int(k) => (v * k as f64).floor().min(k as f64 - 1.0) as f32,
        Kind::Real(s) if s.alike(Support::closed(-1.0, 1.0)) => (2.0 * v - 1.0) as f32,
        Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Class(_) => v as f32,
    }
}

/// Red, green and blue planes, without noise.
fn picture(class: usize, draws: &mut Draws<'_>, [h, w]: [usize; 2]) -> Vec<f64> {
    let hue = draws.unit();
    // Half the size of the shape, in shares of the shorter side, and a centre that keeps it inside.
    let side = h.min(w) as f64;
    let half = side * (0.2 + 0.15 * draws.unit());
    let place = |n: usize, u: f64| half + u * (n as f64 - 2.0 * half);
    let (cx, cy) = (place(w, draws.unit()), place(h, draws.unit()));
    let inside = |x: f64, y: f64| {
        let (dx, dy) = ((x - cx) / half, (y - cy) / half);
        match class {
            0 => dx * dx + dy * dy < 1.0,
            1 => dx.abs().max(dy.abs()) < 0.85,
            _ => dy < 1.0 && dy > -1.0 && dx.abs() < (dy + 1.0) / 2.0,
        }
    };
    let (ink, ground) = (rainbow(hue, 1.0), rainbow((hue + 0.5).fract(), GROUND));
    let mut covered = Vec::with_capacity(h * w);
    let points = POINTS as f64;
    for p in 0..h * w {
        let (y, x) = ((p / w.max(1)) as f64, (p % w.max(1)) as f64);
        let at = |i: usize| (i as f64 + 0.5) / points;
        let hits = (0..POINTS * POINTS).filter(|i| inside(x + at(i % POINTS), y + at(i / POINTS))).count();
        covered.push(hits as f64 / (points * points));
    }
    let mixed = |(ink, ground): (f64, f64)| {
        covered.iter().map(move |c| c * ink + (1.0 - c) * ground).collect::<Vec<_>>()
    };
    ink.into_iter().zip(ground).flat_map(mixed).collect()
}

/// The colour of a hue in [0, 1) at this brightness, fully saturated (Smith 1978, HSV).
fn rainbow(hue: f64, value: f64) -> [f64; 3] {
    // Red, green and blue are lit around 0, 1/3 and 2/3 of the circle.
    [0.0, 2.0, 4.0].map(|at| {
        let away = (hue * 6.0 - at).rem_euclid(6.0);
        value * (2.0 - away.min(6.0 - away)).clamp(0.0, 1.0)
    })
}
