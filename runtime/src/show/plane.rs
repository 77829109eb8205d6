//! Pictures of the plane: points, and densities as heat maps.

use super::image::{Picture, Rgb, WHITE};

/// Colour of data points.
pub const DATA: Rgb = [31, 98, 158];
/// Colour of points drawn from the model.
pub const MODEL: Rgb = [205, 92, 30];

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
    /// The centres of `side * side` cells, rows from top to bottom: where to evaluate a density for
    /// [`density`].
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

/// Sets of points, each in its own panel and colour, all panels showing the same window. At most 20,000
/// points a panel are drawn.
pub fn scatter(panels: &[(&[f32], Rgb)], window: Window) -> Picture {
    let mut picture = board(panels.len());
    for (i, (points, colour)) in panels.iter().enumerate() {
        let left = GAP + i * (PANEL + GAP);
        frame(&mut picture, left, window);
        let shown = (points.len() / 2).min(20_000);
        let alpha = (0.9 - 0.15 * (shown as f64 / 500.0).max(1.0).ln()).clamp(0.25, 0.9);
        for p in points.as_chunks::<2>().0.iter().take(shown) {
            dot(&mut picture, left, window, p.map(f64::from), *colour, alpha);
        }
    }
    picture
}

/// Colours of classes that are told apart without colour vision, too (Okabe & Ito 2008), and two greys.
const CLASSES: [(Rgb, &str); 10] = [
    ([0, 114, 178], "blue"),
    ([230, 159, 0], "orange"),
    ([0, 158, 115], "green"),
    ([213, 94, 0], "red"),
    ([204, 121, 167], "pink"),
    ([86, 180, 233], "sky blue"),
    ([240, 228, 66], "yellow"),
    ([0, 0, 0], "black"),
    ([120, 120, 120], "grey"),
    ([190, 190, 190], "light grey"),
];

/// What the colour of a class is called; from the eleventh class on colours begin again.
pub fn colour_of(class: usize) -> &'static str {
    CLASSES.get(class % CLASSES.len()).map_or("", |c| c.1)
}

/// Points in the colours of their classes, in one panel; at most 20,000 are drawn.
pub fn classes(points: &[f32], classes: &[usize], window: Window) -> Picture {
    let mut picture = board(1);
    frame(&mut picture, GAP, window);
    for (p, class) in points.as_chunks::<2>().0.iter().zip(classes).take(20_000) {
        let colour = CLASSES.get(class % CLASSES.len()).map_or(DATA, |c| c.0);
        dot(&mut picture, GAP, window, p.map(f64::from), colour, 0.9);
    }
    picture
}

/// Log-densities at the cells of a window ([`Window::cells`]) as a heat map, and `points` beside it.
/// Brightness is density relative to the highest one.
pub fn density(log_density: &[f32], points: &[f32], window: Window) -> Option<Picture> {
    let side = log_density.len().isqrt();
    if side == 0 || side * side != log_density.len() {
        return None;
    }
    let heat = heat_map(log_density)?;
    let mut picture = scatter(&[(&[], DATA), (points, DATA)], window);
    for y in 0..PANEL {
        for x in 0..PANEL {
            picture.set(GAP + x, GAP + y, heat.at(x * side / PANEL, y * side / PANEL));
        }
    }
    Some(picture)
}

/// Log-densities at the cells of a window as colours, a pixel a cell: brightness is the square root of the share of the highest density.
pub fn heat_map(log_density: &[f32]) -> Option<Picture> {
    let side = log_density.len().isqrt();
    if side == 0 || side * side != log_density.len() {
        return None;
    }
    let top = log_density.iter().copied().filter(|v| v.is_finite()).fold(f32::NEG_INFINITY, f32::max);
    let mut picture = Picture::new(side, side, WHITE);
    for (i, v) in log_density.iter().enumerate() {
        // The square root keeps tails visible.
        let share = if v.is_finite() { f64::from((v - top) / 2.0).exp() } else { 0.0 };
        picture.set(i % side, i / side, heat(share));
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
    let [x, y] = at;
    let (x, y) = (share(window.x, x), 1.0 - share(window.y, y));
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
pub(super) fn heat(share: f64) -> Rgb {
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
    let Some([[r, g, b], [to_r, to_g, to_b]]) = KNOTS.windows(2).nth(i) else { return WHITE };
    [(r, to_r), (g, to_g), (b, to_b)].map(|(a, b)| (a + t * (b - a)).round() as u8)
}
