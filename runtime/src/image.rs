//! PNG pictures of events: grids of images, originals above reconstructions, points in the plane, densities.

use gmc_compiler::event::{EventTy, Kind, Support};
use gmc_compiler::rows::data::Decoded;
use std::path::Path;

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// Colour of data points.
pub const DATA: Rgb = [31, 98, 158];
/// Colour of points drawn from the model.
pub const MODEL: Rgb = [205, 92, 30];

const SEPARATOR: Rgb = [214, 214, 220];
const WHITE: Rgb = [255, 255, 255];

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

    fn set(&mut self, x: usize, y: usize, colour: Rgb) {
        if x < self.width
            && let Some(p) = self.pixels.get_mut(y * self.width + x)
        {
            *p = colour;
        }
    }

    /// Mixes `colour` into a pixel; places outside are passed over.
    fn blend(&mut self, x: i64, y: i64, colour: Rgb, alpha: f64) {
        if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y))
            && x < self.width
            && y < self.height
        {
            let old = self.at(x, y);
            let mixed = [0, 1, 2].map(|i| {
                (f64::from(old[i]) + alpha * (f64::from(colour[i]) - f64::from(old[i]))).round() as u8
            });
            self.set(x, y, mixed);
        }
    }

    fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Rgb) {
        for row in y..y.saturating_add(height).min(self.height) {
            for column in x..x.saturating_add(width).min(self.width) {
                self.set(column, row, colour);
            }
        }
    }

    /// The bytes of a PNG file: grey where every pixel is grey, otherwise RGB.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let grey = self.pixels.iter().all(|[r, g, b]| r == g && g == b);
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(if grey { png::ColorType::Grayscale } else { png::ColorType::Rgb });
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        let data: Vec<u8> = if grey {
            self.pixels.iter().map(|p| p[0]).collect()
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

/// `[h, w]`, `[1, h, w]`, `[3, h, w]`, and vectors of a square length of at least 16 (`[64]` is 8 by 8); `None` for all else.
pub fn layout(event: &EventTy) -> Option<Layout> {
    let image = |channels, height, width| Some(Layout { channels, height, width });
    let found = match *event.shape.as_slice() {
        [n] if n >= 16 && n.isqrt().pow(2) == n => image(1, n.isqrt(), n.isqrt()),
        [h, w] => image(1, h, w),
        [c @ (1 | 3), h, w] => image(c, h, w),
        _ => None,
    };
    found.filter(|l| (1..=2048).contains(&l.height) && (1..=2048).contains(&l.width))
}

/// Black and white of a kind: the ends of a bounded support, 0 and n - 1 of levels, otherwise 0 and 1.
fn ends(kind: Kind) -> (f64, f64) {
    match kind {
        Kind::Real(Support::Interval { lo, hi }) if lo.is_finite() && hi.is_finite() && lo < hi => (lo, hi),
        Kind::Real(_) | Kind::Bool | Kind::OneHot => (0.0, 1.0),
        Kind::Int(n) | Kind::Class(n) => (0.0, n.saturating_sub(1).max(1) as f64),
    }
}

fn byte(v: f32, (lo, hi): (f64, f64)) -> u8 {
    // NaN becomes black.
    (((f64::from(v) - lo) / (hi - lo)).clamp(0.0, 1.0) * 255.0).round() as u8
}

/// Small images are enlarged so that a side has about this many pixels.
const SIDE: usize = 48;

/// Images (`n * event.size()` numbers, row-major) in rows of `columns`, from left to right (`None`: about square). Small images are enlarged by a
/// whole factor, separated by a line. `None` where the event is no image or there is none; at most 1024 are shown.
pub fn grid(values: &[f32], event: &EventTy, columns: Option<usize>) -> Option<Picture> {
    let layout = layout(event)?;
    let size = layout.channels * layout.height * layout.width;
    let n = (values.len() / size).min(1024);
    if n == 0 {
        return None;
    }
    let columns = columns.unwrap_or_else(|| (n as f64).sqrt().ceil() as usize).clamp(1, n);
    let rows = n.div_ceil(columns);
    let scale = (SIDE / layout.height.max(layout.width)).max(1);
    let line = if scale > 2 { 2 } else { 1 };
    let (cell_w, cell_h) = (layout.width * scale + line, layout.height * scale + line);
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

/// The part of the plane that a picture shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Left, right.
    pub x: (f64, f64),
    /// Bottom, top.
    pub y: (f64, f64),
}

impl Window {
    /// A square around points (`x, y, x, y ..`) with a margin; points that are not finite are passed over.
    pub fn around(points: &[f32]) -> Window {
        let range = |axis: usize| {
            let values = points.iter().skip(axis).step_by(2).filter(|v| v.is_finite()).map(|v| f64::from(*v));
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
        };
        let ((a, b), (c, d)) = (range(0), range(1));
        if a > b || c > d {
            return Window { x: (-1.0, 1.0), y: (-1.0, 1.0) };
        }
        let half = ((b - a).max(d - c) / 2.0 * 1.1).max(1e-3);
        let (cx, cy) = ((a + b) / 2.0, (c + d) / 2.0);
        Window { x: (cx - half, cx + half), y: (cy - half, cy + half) }
    }
    /// The centres of `side * side` cells, rows from top to bottom: where to evaluate a density for [`density`].
    pub fn cells(&self, side: usize) -> Vec<f32> {
        let mut points = Vec::with_capacity(2 * side * side);
        for row in 0..side {
            for column in 0..side {
                let at = |(lo, hi): (f64, f64), i: usize| lo + (hi - lo) * (i as f64 + 0.5) / side as f64;
                points.push(at(self.x, column) as f32);
                points.push(at(self.y, side - 1 - row) as f32);
            }
        }
        points
    }
}

const PANEL: usize = 360;
const GAP: usize = 12;

/// Sets of points, each in its own panel and colour, all panels showing the same window. At most 20,000 points a panel are drawn.
pub fn scatter(panels: &[(&[f32], Rgb)], window: Window) -> Picture {
    let mut picture = board(panels.len());
    for (i, (points, colour)) in panels.iter().enumerate() {
        let left = GAP + i * (PANEL + GAP);
        frame(&mut picture, left, window);
        let shown = (points.len() / 2).min(20_000);
        let alpha = (0.9 - 0.15 * (shown as f64 / 500.0).max(1.0).ln()).clamp(0.25, 0.9);
        for p in points.chunks_exact(2).take(shown) {
            dot(&mut picture, left, window, [f64::from(p[0]), f64::from(p[1])], *colour, alpha);
        }
    }
    picture
}

/// Log-densities at the cells of a window ([`Window::cells`]) as a heat map, and `points` beside it. Brightness is density
/// relative to the highest one.
pub fn density(log_density: &[f32], points: &[f32], window: Window) -> Option<Picture> {
    let side = log_density.len().isqrt();
    if side == 0 || side * side != log_density.len() {
        return None;
    }
    let top = log_density.iter().copied().filter(|v| v.is_finite()).fold(f32::NEG_INFINITY, f32::max);
    let mut picture = scatter(&[(&[], DATA), (points, DATA)], window);
    for y in 0..PANEL {
        for x in 0..PANEL {
            let v = log_density
                .get(y * side / PANEL * side + x * side / PANEL)
                .copied()
                .unwrap_or(f32::NEG_INFINITY);
            // The square root keeps tails visible.
            let share = if v.is_finite() { f64::from((v - top) / 2.0).exp() } else { 0.0 };
            picture.set(GAP + x, GAP + y, heat(share));
        }
    }
    Some(picture)
}

fn board(panels: usize) -> Picture {
    Picture::new(panels.max(1) * (PANEL + GAP) + GAP, PANEL + 2 * GAP, WHITE)
}

/// A border, and lines through the origin where it is inside.
fn frame(picture: &mut Picture, left: usize, window: Window) {
    picture.fill(left, GAP, PANEL, PANEL, [250, 250, 252]);
    let share = |(lo, hi): (f64, f64)| ((0.0 - lo) / (hi - lo) * PANEL as f64).floor();
    let (x, y) = (share(window.x), PANEL as f64 - 1.0 - share(window.y));
    if (0.0..PANEL as f64).contains(&x) {
        picture.fill(left + x as usize, GAP, 1, PANEL, [228, 228, 234]);
    }
    if (0.0..PANEL as f64).contains(&y) {
        picture.fill(left, GAP + y as usize, PANEL, 1, [228, 228, 234]);
    }
    let (right, bottom) = (left + PANEL - 1, GAP + PANEL - 1);
    for (x, y, w, h) in
        [(left, GAP, PANEL, 1), (left, bottom, PANEL, 1), (left, GAP, 1, PANEL), (right, GAP, 1, PANEL)]
    {
        picture.fill(x, y, w, h, [170, 170, 180]);
    }
}

/// A disc of radius about 1.5 pixels; points outside the window are not drawn.
fn dot(picture: &mut Picture, left: usize, window: Window, at: [f64; 2], colour: Rgb, alpha: f64) {
    let share = |(lo, hi): (f64, f64), v: f64| (v - lo) / (hi - lo);
    let (x, y) = (share(window.x, at[0]), 1.0 - share(window.y, at[1]));
    if !(0.0..1.0).contains(&x) || !(0.0..1.0).contains(&y) {
        return;
    }
    let (x, y) = (left as i64 + (x * PANEL as f64) as i64, GAP as i64 + (y * PANEL as f64) as i64);
    for (dx, dy, share) in [
        (0, 0, 1.0),
        (1, 0, 0.6),
        (-1, 0, 0.6),
        (0, 1, 0.6),
        (0, -1, 0.6),
        (1, 1, 0.2),
        (-1, -1, 0.2),
        (1, -1, 0.2),
        (-1, 1, 0.2),
    ] {
        picture.blend(x + dx, y + dy, colour, alpha * share);
    }
}

/// Dark blue, green, yellow: monotone in lightness (a few knots of matplotlib's viridis).
fn heat(share: f64) -> Rgb {
    const KNOTS: [[f64; 3]; 5] = [
        [68.0, 1.0, 84.0],
        [59.0, 82.0, 139.0],
        [33.0, 145.0, 140.0],
        [94.0, 201.0, 98.0],
        [253.0, 231.0, 37.0],
    ];
    let at = share.clamp(0.0, 1.0) * 4.0;
    let i = (at as usize).min(3);
    let t = at - i as f64;
    [0, 1, 2].map(|c| (KNOTS[i][c] + t * (KNOTS[i + 1][c] - KNOTS[i][c])).round() as u8)
}

/// Reads a PNG file; transparency is dropped, 16 bits become 8. Sides over 16,384 are refused.
pub fn decode(path: &Path) -> Result<Decoded, String> {
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    let mut decoder = png::Decoder::new(std::io::BufReader::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if width > 16_384 || height > 16_384 {
        return Err(format!("{width} by {height} pixels are too many"));
    }
    let mut data = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let info = reader.next_frame(&mut data).map_err(|e| e.to_string())?;
    let samples = info.color_type.samples().max(1);
    data.truncate(info.buffer_size());
    let rgb = data
        .chunks_exact(samples)
        .flat_map(|p| match *p {
            [r, g, b] | [r, g, b, _] => [r, g, b],
            [v, ..] => [v; 3],
            [] => [0; 3],
        })
        .collect();
    Ok(Decoded { name: path.display().to_string(), width, height, rgb })
}
