//! PNG pictures of events: grids of images, originals above reconstructions.

use crate::failure::Failure;
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::rows::data::picture_axes;

/// Red, green, blue.
pub type Rgb = [u8; 3];

const SEPARATOR: Rgb = [214, 214, 220];
/// Where nothing is drawn.
pub const WHITE: Rgb = [255, 255, 255];

/// Eight bits of red, green and blue a pixel, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    pixels: Vec<Rgb>,
}

impl Picture {
    /// A picture of one colour; sides are at least 1 and at most 8192.
    pub fn new(width: usize, height: usize, colour: Rgb) -> Picture {
        let (width, height) = (width.clamp(1, 8192), height.clamp(1, 8192));
        Picture { width, height, pixels: vec![colour; width * height] }
    }

    /// The colour at a place; white outside.
    pub fn at(&self, x: usize, y: usize) -> Rgb {
        if x < self.width { self.pixels.get(y * self.width + x).copied().unwrap_or(WHITE) } else { WHITE }
    }

    pub(super) fn set(&mut self, x: usize, y: usize, colour: Rgb) {
        if x < self.width
            && let Some(p) = self.pixels.get_mut(y * self.width + x)
        {
            *p = colour;
        }
    }

    /// Mixes `colour` into a pixel; places outside are passed over.
    pub(super) fn blend(&mut self, x: i64, y: i64, colour: Rgb, alpha: f64) {
        if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y))
            && x < self.width
            && y < self.height
        {
            let mut mixed = self.at(x, y);
            for (old, new) in mixed.iter_mut().zip(colour) {
                *old = (f64::from(*old) + alpha * (f64::from(new) - f64::from(*old))).round() as u8;
            }
            self.set(x, y, mixed);
        }
    }

    /// Gives a rectangle one colour; what lies outside of the picture is passed over.
    pub fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Rgb) {
        for row in y..y.saturating_add(height).min(self.height) {
            for column in x..x.saturating_add(width).min(self.width) {
                self.set(column, row, colour);
            }
        }
    }

    /// The bytes of a PNG file: grey where every pixel is grey, otherwise RGB.
    ///
    /// # Errors
    /// What the encoder reports.
    pub fn png(&self) -> Result<Vec<u8>, Failure> {
        self.encoded().map_err(|e| Failure::new(format!("cannot encode a picture: {e}")))
    }

    fn encoded(&self) -> Result<Vec<u8>, png::EncodingError> {
        let grey = self.pixels.iter().all(|[r, g, b]| r == g && g == b);
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(if grey { png::ColorType::Grayscale } else { png::ColorType::Rgb });
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        let data: Vec<u8> = if grey {
            self.pixels.iter().map(|[grey, ..]| *grey).collect()
        } else {
            self.pixels.iter().flatten().copied().collect()
        };
        writer.write_image_data(&data)?;
        writer.finish()?;
        Ok(bytes)
    }
}

/// How an event is an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// 1 (grey) or 3 (red, green, blue; the first axis).
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

/// How an event is a picture (see [`picture_axes`]); `None` where it is none.
pub fn layout(event: &EventTy) -> Option<Layout> {
    let [channels, height, width] = picture_axes(&event.shape)?;
    Some(Layout { channels, height, width })
}

/// Black and white of a kind: the ends of a bounded support, 0 and n - 1 of levels, otherwise 0 and 1.
fn ends(kind: Kind) -> (f64, f64) {
    match kind {
        Kind::Real(support) => match support.ends() {
            (lo, hi) if lo.is_finite() && hi.is_finite() && lo < hi => (lo, hi),
            _ => (0.0, 1.0),
        },
        Kind::Bool | Kind::OneHot => (0.0, 1.0),
        // Without a bound: as grey levels of a byte.
        Kind::Count => (0.0, 255.0),
        Kind::Int(n) | Kind::Class(n) => (0.0, n.saturating_sub(1).max(1) as f64),
    }
}

fn byte(v: f32, (lo, hi): (f64, f64)) -> u8 {
    // NaN becomes black.
    (((f64::from(v) - lo) / (hi - lo)).clamp(0.0, 1.0) * 255.0).round() as u8
}

/// Small images are enlarged so that a side has about this many pixels.
const SIDE: usize = 48;

/// Images (`n * event.size()` numbers, row-major) in rows of `columns`, from left to right (`None`: about
/// square). Small images are enlarged by a whole factor, separated by a line. `None` where the event is no
/// image or there is none; at most 1024 are shown.
pub fn grid(values: &[f32], event: &EventTy, columns: Option<usize>) -> Option<Picture> {
    let layout = layout(event)?;
    let size = layout.channels * layout.height * layout.width;
    let n = (values.len() / size).min(1024);
    if n == 0 {
        return None;
    }
    let columns = columns.unwrap_or_else(|| (n as f64).sqrt().ceil() as usize).clamp(1, n);
    let rows = n.div_ceil(columns);
    let (scale, cell_w, line) = cell(layout);
    let cell_h = layout.height * scale + line;
    let mut picture = Picture::new(columns * cell_w + line, rows * cell_h + line, SEPARATOR);
    let ends = ends(event.kind);
    for (i, image) in values.chunks_exact(size).take(n).enumerate() {
        let (left, top) = (line + i % columns * cell_w, line + i / columns * cell_h);
        let plane = layout.height * layout.width;
        for p in 0..plane {
            let channel = |c: usize| byte(image.get(c * plane + p).copied().unwrap_or(0.0), ends);
            let colour =
                if layout.channels == 3 { [channel(0), channel(1), channel(2)] } else { [channel(0); 3] };
            picture.fill(
                left + p % layout.width * scale,
                top + p / layout.width * scale,
                scale,
                scale,
                colour,
            );
        }
    }
    Some(picture)
}

/// How many pixels a cell of a grid of such images takes, the line beside it included; and how wide that line is.
fn cell(layout: Layout) -> (usize, usize, usize) {
    let scale = (SIDE / layout.height.max(layout.width)).max(1);
    let line = if scale > 2 { 2 } else { 1 };
    (scale, layout.width * scale + line, line)
}

/// Words, each with the column of pixels where its column of a grid begins.
pub fn above<'w>(event: &EventTy, words: &'w [String]) -> Vec<(usize, &'w str)> {
    let Some(layout) = layout(event) else { return Vec::new() };
    let (_, wide, line) = cell(layout);
    words.iter().enumerate().map(|(i, w)| (line + i * wide, w.as_str())).collect()
}

/// Originals, each above its reconstruction, `columns` pairs a row.
pub fn pairs(originals: &[f32], reconstructions: &[f32], event: &EventTy, columns: usize) -> Option<Picture> {
    let size = event.size().max(1);
    let n = (originals.len() / size).min(reconstructions.len() / size);
    let columns = columns.clamp(1, n.max(1));
    let mut values = Vec::with_capacity(2 * n * size);
    for row in 0..n.div_ceil(columns) {
        // A short last row is left out: the grid could not show what belongs together.
        let range = row * columns * size..(row + 1) * columns * size;
        if let (Some(above), Some(below)) = (originals.get(range.clone()), reconstructions.get(range)) {
            values.extend_from_slice(above);
            values.extend_from_slice(below);
        }
    }
    grid(&values, event, Some(columns))
}
