#![expect(
    clippy::indexing_slicing,
    reason = "every index lies within a length that was checked, or that the code itself made"
)]

use super::{Column, DataIssue, DataRow, Dataset, Decoded, Host, Part, at_most};
use crate::event::{EventTy, Kind, Support};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// A folder of images.
pub struct Images;

const HELP: &str = "the folder must hold PNG files; it is looked for in the working folder";

impl Row for Images {
    fn name(&self) -> &'static str {
        "images"
    }
    fn doc(&self) -> &'static str {
        "All PNG images of a folder, in the order of their names: `images(\"faces\")`. Each is cropped about its centre to the declared \
         aspect and resized to the declared `[3, h, w]` or `[1, h, w]` (grey as 0.299 R + 0.587 G + 0.114 B, ITU-R BT.601) by averaging. Yields `Real in \
         unit`, `Real in interval(-1, 1)` or `Int(256)`, as declared. The run splits off a test part."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const { &[ParamSpec { name: "folder", kind: ArgKind::Text, default: None, doc: "Path of the folder." }] }
    }
}

/// How an event is a picture, as `[channels, rows, columns]`: `[h, w]`, `[1, h, w]`, `[3, h, w]`, and vectors of a square length of at least 16
/// (`[64]` is 8 by 8); none for all else, or for sides of more than 2048 pixels.
pub fn picture_axes(shape: &[usize]) -> Option<[usize; 3]> {
    let found = match *shape {
        [n] if n >= 16 && n.isqrt().pow(2) == n => [1, n.isqrt(), n.isqrt()],
        [h, w] => [1, h, w],
        [c @ (1 | 3), h, w] => [c, h, w],
        _ => return None,
    };
    found.iter().all(|side| (1..=2048).contains(side)).then_some(found)
}

/// More elements than this are refused.
const MOST_ELEMENTS: usize = 500_000_000;

impl DataRow for Images {
    fn check(&self, _args: &Args, declared: &[EventTy], _host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("images", declared, &["an image"])?;
        declared
            .iter()
            .map(|ty| {
                let kind = match ty.kind {
                    Kind::Int(256) => ty.kind,
                    Kind::Real(s) if s.alike(Support::closed(-1.0, 1.0)) => ty.kind,
                    Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) => {
                        Kind::Real(Support::UNIT)
                    }
                };
                match ty.shape.as_slice() {
                    [1 | 3, h, w] if *h > 0 && *w > 0 => Ok(ty.with_kind(kind)),
                    _ => Err(DataIssue::new(
                        format!("images cannot be {}", ty.shape_text()),
                        "declare `[3, height, width]`, or `[1, height, width]` for grey",
                    )),
                }
            })
            .collect()
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let folder = args.word("folder");
        let images = host
            .images(folder)
            .map_err(|e| DataIssue::unreadable(&format!("folder `{folder}`"), &e, HELP))?;
        let (Some(ty), Some(_)) = (types.first(), images.first()) else {
            return Err(DataIssue::new(format!("`{folder}` holds no images"), HELP));
        };
        let &[channels, h, w] = ty.shape.as_slice() else {
            return Err(DataIssue::new(format!("images cannot be {}", ty.shape_text()), HELP));
        };
        let n = images.len();
        if n.checked_mul(ty.size()).is_none_or(|t| t > MOST_ELEMENTS) {
            let message = format!("{n} images of {} are too many", ty.shape_text());
            return Err(DataIssue::new(message, "declare smaller images, or use fewer"));
        }
        let (lo, scale) = match ty.kind {
            Kind::Real(s) if s.alike(Support::closed(-1.0, 1.0)) => (-1.0, 2.0 / 255.0),
            Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Class(_) => (0.0, 1.0 / 255.0),
            Kind::Int(_) => (0.0, 1.0),
        };
        let whole = matches!(ty.kind, Kind::Int(_));
        let mut values = Vec::with_capacity(n * ty.size());
        for image in &images {
            if image.width == 0 || image.height == 0 || image.rgb.len() != 3 * image.width * image.height {
                return Err(DataIssue::new(format!("`{}` is damaged", image.name), HELP));
            }
            let planes = resize(image, h, w);
            let grey: Vec<f64> = (0..h * w)
                .map(|p| 0.299 * planes[0][p] + 0.587 * planes[1][p] + 0.114 * planes[2][p])
                .collect();
            let shown: Vec<&Vec<f64>> = if channels == 1 { vec![&grey] } else { planes.iter().collect() };
            for v in shown.into_iter().flatten() {
                values.push((lo + scale * if whole { v.round() } else { *v }) as f32);
            }
        }
        Ok(Dataset {
            train: Part { n, columns: vec![Column { ty: ty.clone(), values }], ..Part::default() },
            test: None,
            ..Dataset::default()
        })
    }
}

/// Red, green and blue planes of `h * w`, 0 to 255: the largest centred crop of that aspect, each pixel the mean over the box it
/// covers (at least one source pixel).
fn resize(image: &Decoded, h: usize, w: usize) -> [Vec<f64>; 3] {
    let scale = (image.height as f64 / h as f64).min(image.width as f64 / w as f64);
    let span = |i: usize, all: usize, n: usize| {
        let start = (all as f64 - scale * n as f64) / 2.0 + scale * i as f64;
        let first = (start.max(0.0) as usize).min(all - 1);
        let end = ((start + scale).round() as usize).clamp(first + 1, all.max(first + 1));
        first..end
    };
    let mut planes = [(); 3].map(|()| Vec::with_capacity(h * w));
    for y in 0..h {
        for x in 0..w {
            let (rows, columns) = (span(y, image.height, h), span(x, image.width, w));
            let count = (rows.len() * columns.len()) as f64;
            for (c, plane) in planes.iter_mut().enumerate() {
                let cells =
                    rows.clone().flat_map(|r| columns.clone().map(move |k| 3 * (r * image.width + k) + c));
                plane.push(cells.map(|i| f64::from(image.rgb[i])).sum::<f64>() / count);
            }
        }
    }
    planes
}
