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
         floor(value · k), `Real in unit` or `Real in interval(-1, 1)`; and, if asked for, the shape as `Class(3)`, and the \
         picture made smaller, `low: Real[3, 4, 4] in unit`, each of whose numbers is the mean of a block of it, or `[1, 12, 12]`, the mean of its colours."
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
        at_most(self.name(), declared, &["a picture", "its shape", "a smaller one"])?;
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
            Kind::Int(_) | Kind::Class(_) | Kind::Count => Kind::Int(256),
            Kind::Real(s) if s.alike(Support::closed(-1.0, 1.0)) => ty.kind,
            Kind::Real(_) | Kind::Bool | Kind::OneHot => Kind::Real(Support::UNIT),
        };
        let mut types = vec![EventTy { kind, shape: vec![3, h, w] }];
        for other in declared.iter().skip(1) {
            types.push(match other.shape.is_empty() {
                true => EventTy { kind: Kind::Class(3), shape: Vec::new() },
                false => smaller(other, [h, w])?,
            });
        }
        Ok(types)
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
    let mut columns: Vec<Vec<f32>> = types.iter().map(|t| Vec::with_capacity(n * t.size())).collect();
    for draws in host.uniform(stream("shapes", number), n * each).chunks_exact(each) {
        let mut draws = Draws::of(draws);
        let class = draws.below(3);
        let mut picture = picture(class, &mut draws, [h, w]);
        for pair in picture.chunks_mut(2) {
            for (v, e) in pair.iter_mut().zip(draws.normals()) {
                *v = (*v + args.num("noise") * e).clamp(0.0, 1.0);
            }
        }
        for (i, (column, t)) in columns.iter_mut().zip(types).enumerate() {
            match (i, t.shape.as_slice()) {
                (_, []) => column.push(class as f32),
                (0, _) => column.extend(picture.iter().map(|v| read(t.kind, *v))),
                (_, shape) => column.extend(means(&picture, [3, h, w], shape).map(|v| read(t.kind, v))),
            }
        }
    }
    let columns = types.iter().cloned().zip(columns);
    Part { n, columns: columns.map(|(ty, values)| Column { ty, values }).collect(), ..Part::default() }
}

/// The type of a picture made smaller, of `[channels, rows, columns]` that divide those of the picture.
fn smaller(declared: &EventTy, [h, w]: [usize; 2]) -> Result<EventTy, DataIssue> {
    match *declared.shape.as_slice() {
        [1 | 3, y, x] if y > 0 && x > 0 && h % y == 0 && w % x == 0 => Ok(EventTy {
            kind: match declared.kind {
                Kind::Int(2..=256) => declared.kind,
                Kind::Real(s) if s.alike(Support::closed(-1.0, 1.0)) => declared.kind,
                Kind::Int(_) | Kind::Class(_) | Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Count => {
                    Kind::Real(Support::UNIT)
                }
            },
            shape: declared.shape.clone(),
        }),
        _ => Err(DataIssue::new(
            format!("pictures of {h} by {w} are not made smaller to {}", declared.shape_text()),
            format!(
                "declare `[3, rows, columns]`, or `[1, rows, columns]` for grey, with rows that divide {h} and columns that divide {w}"
            ),
        )),
    }
}

/// The means of the blocks of a picture of `[c, h, w]` that are as many as `shape` says.
fn means(picture: &[f64], [c, h, w]: [usize; 3], shape: &[usize]) -> impl Iterator<Item = f64> {
    let &[oc, oh, ow] = shape else { return Vec::new().into_iter() };
    let [bc, bh, bw] = [c / oc.max(1), h / oh.max(1), w / ow.max(1)].map(|b| b.max(1));
    let mut sums = vec![0.0; oc * oh * ow];
    for (i, v) in picture.iter().enumerate() {
        let (k, y, x) = (i / (h * w).max(1) / bc, i / w.max(1) % h.max(1) / bh, i % w.max(1) / bw);
        if let Some(sum) = sums.get_mut((k * oh + y) * ow + x) {
            *sum += v / (bc * bh * bw) as f64;
        }
    }
    sums.into_iter()
}

/// A value from 0 to 1 as a number of this kind.
fn read(kind: Kind, v: f64) -> f32 {
    match kind {
        Kind::Int(k) => (v * k as f64).floor().min(k as f64 - 1.0) as f32,
        Kind::Real(s) if s.alike(Support::closed(-1.0, 1.0)) => (2.0 * v - 1.0) as f32,
        Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Class(_) | Kind::Count => v as f32,
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
