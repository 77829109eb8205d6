//! Pictures in the size and kind that is declared.
#![expect(
    clippy::indexing_slicing,
    reason = "every index lies within a length that was checked, or that the code itself made"
)]

use super::{DataIssue, Decoded};
use crate::event::{EventTy, Kind, Support};

/// What pictures become.
pub(super) struct Resize {
    channels: usize,
    h: usize,
    w: usize,
    /// What a byte of 0 becomes, and what is added for each more.
    lo: f64,
    scale: f64,
    whole: bool,
}

impl Resize {
    /// To events of this type, `[channels, rows, columns]`.
    ///
    /// # Errors
    /// Other axes.
    pub(super) fn to(ty: &EventTy) -> Result<Resize, DataIssue> {
        let &[channels, h, w] = ty.shape.as_slice() else {
            let help = "declare `[3, height, width]`, or `[1, height, width]` for grey";
            return Err(DataIssue::new(format!("images cannot be {}", ty.shape_text()), help));
        };
        let (lo, scale) = match ty.kind {
            Kind::Real(s) if s.alike(Support::closed(-1.0, 1.0)) => (-1.0, 2.0 / 255.0),
            Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Class(_) => (0.0, 1.0 / 255.0),
            Kind::Int(_) | Kind::Count => (0.0, 1.0),
        };
        Ok(Resize { channels, h, w, lo, scale, whole: matches!(ty.kind, Kind::Int(_)) })
    }

    /// Elements of an event.
    pub(super) fn size(&self) -> usize {
        self.channels.saturating_mul(self.h).saturating_mul(self.w)
    }

    /// The axes, in words.
    pub(super) fn shape(&self) -> String {
        format!("[{}, {}, {}]", self.channels, self.h, self.w)
    }

    /// Appends a picture, which has pixels.
    pub(super) fn push(&self, image: &Decoded, values: &mut Vec<f32>) {
        let planes = boxed(image, self.h, self.w);
        let grey: Vec<f64> = (0..self.h * self.w)
            .map(|p| 0.299 * planes[0][p] + 0.587 * planes[1][p] + 0.114 * planes[2][p])
            .collect();
        let shown: Vec<&Vec<f64>> = if self.channels == 1 { vec![&grey] } else { planes.iter().collect() };
        for v in shown.into_iter().flatten() {
            values.push((self.lo + self.scale * if self.whole { v.round() } else { *v }) as f32);
        }
    }
}

/// Red, green and blue planes of `h * w`, 0 to 255: the largest centred crop of that aspect, each pixel the mean over the box it
/// covers (at least one source pixel).
fn boxed(image: &Decoded, h: usize, w: usize) -> [Vec<f64>; 3] {
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
