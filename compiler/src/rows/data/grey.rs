//! What sets of grey images share: which types they can yield, and how grey levels become numbers.
#![expect(
    clippy::indexing_slicing,
    reason = "every index lies within a length that was checked, or that the code itself made"
)]

use super::{Column, DataIssue, Part};
use crate::event::{EventTy, Kind, Support};
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// `binarize:`
pub(super) const BINARIZE: ParamSpec = ParamSpec {
    name: "binarize",
    kind: ArgKind::Any,
    default: Some(""),
    doc: "A threshold between 0 and 1: an element is 1 where grey / brightest lies above it. `dynamic`: every element is drawn from \
          Bernoulli(grey / brightest) anew at every visit (Salakhutdinov and Murray 2008); at test time once, with a fixed seed.",
};
/// `levels:`
pub(super) const LEVELS: ParamSpec = ParamSpec {
    name: "levels",
    kind: ArgKind::Int(2),
    default: Some(""),
    doc: "Reduces the grey levels to this many, evenly: floor(grey * levels / all).",
};

/// `edges:`
pub(super) const EDGES: ParamSpec = ParamSpec {
    name: "edges",
    kind: ArgKind::Word(&["true", "false"]),
    default: Some("false"),
    doc: "`true`: outlines instead of the images: at each pixel the brightest minus the darkest of the 3 by 3 pixels around it (the morphological \
          gradient). The order is that of the images, so that the n-th outline is that of the n-th image.",
};

/// `size:`
pub(super) const SIZE: ParamSpec = ParamSpec {
    name: "size",
    kind: ArgKind::Int(1),
    default: Some("28"),
    doc: "Pixels along a side, a divisor of 28: `size: 14` makes each pixel the mean of the 2 by 2 pixels that it covers (a box filter, every pixel \
          of the original in exactly one box), rounded to the nearest whole grey level, a half upwards. Outlines and levels are taken of the \
          smaller image.",
};

/// A declared type decides how grey levels are read; this is the outcome.
enum Reading {
    Threshold(f64),
    Dynamic,
    /// Whole numbers below this.
    Levels(usize),
    /// Numbers between these ends, from this many levels.
    Real {
        lo: f64,
        hi: f64,
        levels: usize,
    },
}

/// A set of grey images, as its file has it.
pub(super) struct Grey {
    /// Name of the source.
    pub source: String,
    /// Height and width.
    pub size: [usize; 2],
    /// Number of grey levels, 0 being black: 17, 256.
    pub levels: usize,
}

impl Grey {
    /// The type of the images for a variable that was declared like this. Shapes: `[h * w]`, `[h, w]`, `[1, h, w]`. Kinds: `Bool` (or
    /// `Int(2)`) when binarised, else `Int(levels)`, or reals in [0, 1] (in [-1, 1] where so declared).
    pub fn ty(&self, args: &Args, declared: &EventTy) -> Result<EventTy, DataIssue> {
        let [h, w] = self.size;
        let shapes = [vec![h * w], vec![h, w], vec![1, h, w]];
        let shape = shapes
            .iter()
            .find(|s| **s == declared.shape)
            .or_else(|| shapes.iter().find(|s| s.len() == declared.shape.len()))
            .unwrap_or(&shapes[0]);
        let kind = match self.reading(args, declared.kind)? {
            Reading::Threshold(_) | Reading::Dynamic if declared.kind == Kind::Int(2) => Kind::Int(2),
            Reading::Threshold(_) | Reading::Dynamic => Kind::Bool,
            Reading::Levels(n) => Kind::Int(n),
            Reading::Real { lo, hi, .. } => Kind::Real(Support::closed(lo, hi)),
        };
        Ok(EventTy { kind, shape: shape.clone() })
    }

    fn reading(&self, args: &Args, declared: Kind) -> Result<Reading, DataIssue> {
        let levels = match args.int_if_given("levels") {
            None => self.levels,
            Some(n) if n > self.levels => {
                let message = format!("{} has {} grey levels, not {n}", self.source, self.levels);
                return Err(args.error("levels", message, "more than there are").into());
            }
            Some(n) => n,
        };
        if let Some(binarize) = args.get("binarize") {
            if args.int_if_given("levels").is_some() {
                let diag =
                    args.error("levels", "`binarize` leaves no other levels", "not together with `binarize`");
                return Err(diag.help("write one of the two").into());
            }
            if dynamic(args) {
                return Ok(Reading::Dynamic);
            }
            return match binarize.num() {
                Some(t) if (0.0..1.0).contains(&t) => Ok(Reading::Threshold(t)),
                Some(_) | None => {
                    let diag = args.error(
                        "binarize",
                        format!("cannot binarise by `{binarize}`"),
                        "neither a threshold nor `dynamic`",
                    );
                    Err(diag.help("write `binarize: 0.5` or `binarize: dynamic`").into())
                }
            };
        }
        match declared {
            Kind::Int(_) | Kind::Class(_) | Kind::Count => Ok(Reading::Levels(levels)),
            Kind::Real(s) if s.alike(Support::closed(-1.0, 1.0)) => {
                Ok(Reading::Real { lo: -1.0, hi: 1.0, levels })
            }
            Kind::Real(_) => Ok(Reading::Real { lo: 0.0, hi: 1.0, levels }),
            Kind::Bool | Kind::OneHot => Err(DataIssue::new(
                format!("{} holds grey levels, and `Bool` is declared", self.source),
                format!("write `{0}(binarize: 0.5)` or `{0}(binarize: dynamic)`", self.source),
            )),
        }
    }

    /// The column of this type (one that [`Grey::ty`] answered) for raw grey levels, `h * w` an image.
    pub fn column(
        &self,
        args: &Args,
        ty: &EventTy,
        raw: impl Iterator<Item = u8>,
    ) -> Result<Column, DataIssue> {
        let top = (self.levels - 1) as f64;
        let reading = self.reading(args, ty.kind)?;
        let reduced = |v: u8, levels: usize| {
            if levels == self.levels { v as usize } else { v as usize * levels / self.levels }
        };
        let value = |v: u8| -> f32 {
            match reading {
                Reading::Threshold(t) => f32::from(f64::from(v) / top > t),
                Reading::Dynamic => (f64::from(v) / top) as f32,
                Reading::Levels(levels) => reduced(v, levels) as f32,
                Reading::Real { lo, hi, levels } => {
                    (lo + (hi - lo) * reduced(v, levels) as f64 / (levels - 1) as f64) as f32
                }
            }
        };
        let table: Vec<f32> = (0..=u8::MAX).map(value).collect();
        Ok(Column { ty: ty.clone(), values: raw.map(|v| table[usize::from(v)]).collect() })
    }

    /// Images and, where a second variable is declared, classes.
    pub fn part(
        &self,
        args: &Args,
        types: &[EventTy],
        raw: &[u8],
        classes: &[u8],
    ) -> Result<Part, DataIssue> {
        let [h, w] = self.size;
        let n = raw.len() / (h * w).max(1);
        let mut columns = Vec::new();
        if let Some(ty) = types.first() {
            columns.push(self.column(args, ty, raw.iter().copied())?);
        }
        if let Some(ty) = types.get(1) {
            columns.push(Column { ty: ty.clone(), values: classes.iter().map(|c| f32::from(*c)).collect() });
        }
        Ok(Part { n, columns, ..Part::default() })
    }
}

/// Whether `binarize: dynamic` is written.
pub(super) fn dynamic(args: &Args) -> bool {
    args.called("binarize") == Some("dynamic")
}

/// The images, `h * w` bytes each, as `edges:` wants them.
pub(super) fn edged(args: &Args, raw: Vec<u8>, [h, w]: [usize; 2]) -> Vec<u8> {
    if args.word("edges") == "true" { outlines(&raw, h, w) } else { raw }
}

/// Images of `side` by `side` pixels, a byte each, reduced to `to` by `to`, which divides `side`: each pixel is the mean of those it
/// covers, to the nearest whole number, a half upwards.
pub(super) fn shrunk(raw: Vec<u8>, side: usize, to: usize) -> Vec<u8> {
    if to == side {
        return raw;
    }
    let box_side = side / to.max(1);
    let area = box_side * box_side;
    let mut out = Vec::with_capacity(raw.len() / area.max(1));
    for image in raw.chunks_exact((side * side).max(1)) {
        for p in 0..to * to {
            let (y, x) = (p / to * box_side, p % to * box_side);
            let sum: usize = (y..y + box_side)
                .flat_map(|r| &image[r * side + x..r * side + x + box_side])
                .map(|v| usize::from(*v))
                .sum();
            out.push(((2 * sum + area) / (2 * area)) as u8);
        }
    }
    out
}

/// The morphological gradient of each image; pixels outside count for nothing.
fn outlines(raw: &[u8], h: usize, w: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    for image in raw.chunks_exact((h * w).max(1)) {
        for y in 0..h {
            for x in 0..w {
                let rows = y.saturating_sub(1)..(y + 2).min(h);
                let around = rows.flat_map(|r| &image[r * w + x.saturating_sub(1)..r * w + (x + 2).min(w)]);
                let (lo, hi) = around.fold((u8::MAX, u8::MIN), |(lo, hi), v| (lo.min(*v), hi.max(*v)));
                out.push(hi - lo);
            }
        }
    }
    out
}
