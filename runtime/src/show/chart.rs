//! Curves as SVG pictures, and numbers as people read them.

use super::report::style::escape;
use std::fmt::Write;

const W: f64 = 340.0;
const H: f64 = 210.0;
const LEFT: f64 = 58.0;
const BOTTOM: f64 = 34.0;
const TOP: f64 = 8.0;

/// What the axes show.
#[derive(Clone, Copy, Debug)]
pub struct Axes<'a> {
    /// Below: `epochs`.
    pub below: &'a str,
    /// Beside: the unit; empty where there is none.
    pub beside: &'a str,
}

/// A curve: its class in the page's style, and its steps and values.
pub struct Series<'a> {
    /// The class, which gives it its colour.
    pub class: &'a str,
    /// Steps and values; those that are not finite are passed over.
    pub points: Vec<(f64, f64)>,
}

/// Curves of one quantity over each other as an SVG picture.
pub fn chart(what: &str, curves: &[Series<'_>], axes: &Axes<'_>) -> String {
    let finite = || curves.iter().flat_map(|c| &c.points).filter(|(_, v)| v.is_finite());
    let (mut lo, mut hi) = value_range(finite().map(|p| p.1).collect());
    if hi - lo < 1e-12 * hi.abs().max(1.0) {
        (lo, hi) = (lo - 0.5, hi + 0.5);
    }
    let last = finite().map(|p| p.0).fold(1.0, f64::max);
    let first = finite().map(|p| p.0).fold(last, f64::min).min(last - 1.0).max(0.0);
    let x = |s: f64| LEFT + (W - LEFT - 6.0) * (s - first) / (last - first).max(1.0);
    let y = |v: f64| TOP + (H - BOTTOM - TOP) * (1.0 - (v.clamp(lo, hi) - lo) / (hi - lo));
    let mut svg = format!("<svg viewBox=\"0 0 {W} {H}\" role=\"img\" aria-label=\"{}\">", escape(what));
    for t in ticks(lo, hi) {
        let at = y(t);
        let _ = write!(svg, "<path class=\"g\" d=\"M{LEFT} {at:.1}H{W}\"/>");
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 5.0,
            at + 3.5,
            number(t)
        );
    }
    for t in ticks(first, last) {
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x(t),
            H - BOTTOM + 14.0,
            number(t)
        );
    }
    let middle = LEFT + (W - LEFT) / 2.0;
    let _ = write!(
        svg,
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        H - 5.0,
        escape(axes.below)
    );
    if !axes.beside.is_empty() {
        let half = (H - BOTTOM + TOP) / 2.0;
        let _ = write!(
            svg,
            "<text transform=\"translate(11 {half}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            escape(axes.beside)
        );
    }
    lines(&mut svg, curves, &x, &y);
    svg.push_str("</svg>");
    svg
}

fn lines(svg: &mut String, curves: &[Series<'_>], x: &dyn Fn(f64) -> f64, y: &dyn Fn(f64) -> f64) {
    for Series { class, points } in curves {
        let points: Vec<(f64, f64)> = points.iter().copied().filter(|(_, v)| v.is_finite()).collect();
        let path = |points: &[(f64, f64)]| {
            let mut d = String::new();
            for (i, (s, v)) in points.iter().enumerate() {
                let _ = write!(d, "{}{:.1} {:.1}", if i == 0 { 'M' } else { 'L' }, x(*s), y(*v));
            }
            // A round dot, so that a single measurement is seen.
            if points.len() == 1 { d + "h.01h2" } else { d }
        };
        if points.len() > 80 {
            let _ = write!(svg, "<path class=\"{class} raw\" d=\"{}\"/>", path(&thin(&points, 1)));
            let _ =
                write!(svg, "<path class=\"{class}\" d=\"{}\"/>", path(&thin(&points, points.len() / 60)));
        } else {
            let _ = write!(svg, "<path class=\"{class}\" stroke-linecap=\"round\" d=\"{}\"/>", path(&points));
        }
    }
}

/// The range of values to show: all of them, unless a few early or wild ones would flatten the rest.
fn value_range(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let (Some(&lo), Some(&hi)) = (values.first(), values.last()) else { return (0.0, 1.0) };
    let at = |share: f64| values.get((share * (values.len() - 1) as f64) as usize).copied().unwrap_or(lo);
    let (a, b) = (at(0.03), at(0.97));
    let slack = 0.6 * (b - a);
    if values.len() >= 30 && b > a { (lo.max(a - slack), hi.min(b + slack)) } else { (lo, hi) }
}

/// Means over runs of `window` points, at most 300 of them.
fn thin(points: &[(f64, f64)], window: usize) -> Vec<(f64, f64)> {
    let window = window.max(1).max(points.len().div_ceil(300));
    points
        .chunks(window)
        .map(|c| {
            let n = c.len() as f64;
            (c.iter().map(|p| p.0).sum::<f64>() / n, c.iter().map(|p| p.1).sum::<f64>() / n)
        })
        .collect()
}

/// Three to six round numbers inside `lo..=hi`.
pub fn ticks(lo: f64, hi: f64) -> Vec<f64> {
    let raw = (hi - lo) / 4.0;
    if !raw.is_finite() || raw <= 0.0 {
        return Vec::new();
    }
    let power = 10f64.powf(raw.log10().floor());
    let step = power * [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= raw).unwrap_or(10.0);
    let first = (lo / step).ceil();
    (0..8).map(|i| (first + f64::from(i)) * step).filter(|t| *t <= hi + 1e-9 * step).collect()
}

/// Four significant digits, without zeros that say nothing.
pub fn number(v: f64) -> String {
    if !v.is_finite() {
        return v.to_string();
    }
    let magnitude = v.abs();
    if magnitude == 0.0 {
        return "0".into();
    }
    if !(1e-4..1e6).contains(&magnitude) {
        return format!("{v:.2e}");
    }
    let digits = (3 - magnitude.log10().floor() as i32).clamp(0, 7) as usize;
    let text = format!("{v:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}
