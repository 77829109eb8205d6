//! Plots of what was found at the end: bars, calibration, histograms, points in the plane.

use super::style::{escape, words};
use crate::measure::classes::Bin;
use crate::measure::critics::Histogram;
use crate::show::chart::{number, ticks};
use crate::store::about::{Bars, Findings, Plane};
use std::fmt::Write;

const W: f64 = 340.0;
const H: f64 = 210.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 36.0;

/// A frame with ticks and titles, and where numbers lie in it.
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
    svg: String,
    height: f64,
}

impl Frame {
    fn new(what: &str, x: (f64, f64), y: (f64, f64), height: f64) -> Frame {
        let svg = format!("<svg viewBox=\"0 0 {W} {height}\" role=\"img\" aria-label=\"{}\">", escape(what));
        Frame { x, y, svg, height }
    }
    fn px(&self, v: f64) -> f64 {
        LEFT + (W - LEFT - RIGHT) * (v - self.x.0) / (self.x.1 - self.x.0)
    }
    fn py(&self, v: f64) -> f64 {
        TOP + (self.height - BOTTOM - TOP) * (1.0 - (v - self.y.0) / (self.y.1 - self.y.0))
    }
    fn grid(&mut self, below: &str, beside: &str, x_ticks: bool) {
        let (right, bottom) = (W - RIGHT, self.height - BOTTOM);
        for t in ticks(self.y.0, self.y.1) {
            let at = self.py(t);
            let _ = write!(
                self.svg,
                "<path class=\"g\" d=\"M{LEFT} {at:.1}H{right}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 5.0,
                at + 3.5,
                number(t)
            );
        }
        for t in ticks(self.x.0, self.x.1).into_iter().filter(|_| x_ticks) {
            let at = self.px(t);
            let _ = write!(
                self.svg,
                "<path class=\"g\" d=\"M{at:.1} {TOP}V{bottom}\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 14.0,
                number(t)
            );
        }
        titles(&mut self.svg, self.height, below, beside);
    }
    fn end(self) -> String {
        self.svg + "</svg>"
    }
}

/// The titles of the axes.
fn titles(svg: &mut String, height: f64, below: &str, beside: &str) {
    let middle = (LEFT + W - RIGHT) / 2.0;
    let half = (height - BOTTOM + TOP) / 2.0;
    let _ = write!(
        svg,
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        height - 6.0,
        escape(below)
    );
    if !beside.is_empty() {
        let _ = write!(
            svg,
            "<text transform=\"translate(11 {half}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            escape(beside)
        );
    }
}

/// All plots.
pub fn all(page: &mut String, found: &Findings) {
    let mut figures: Vec<(String, String)> = Vec::new();
    for p in &found.planes {
        figures.push((points(p), points_caption(p)));
        if let Some((png, top)) = &p.density {
            figures.push((density(p, png, *top), "The density of the model".into()));
        }
    }
    for p in &found.codes {
        let said = format!("Codes of test examples: `{}`", p.name);
        let legend = if p.sets.len() > 1 {
            "; each class by its name, where the middle of its codes lies"
        } else {
            ""
        };
        figures.push((points(p), words(&format!("{said}{legend}"))));
    }
    figures.extend(found.kl.iter().filter(|b| b.values.len() > 1).map(|b| (bars(b), escape(&b.name))));
    figures.extend(found.calibration.iter().map(|(name, bins)| {
        let said = format!(
            "Calibration for `{name}`: how often the most probable class is right, by how probable it is said to be; on the diagonal both agree, larger dots are more examples"
        );
        (calibration(name, bins), words(&said))
    }));
    figures.extend(found.marginals.iter().map(|h| (histogram(h), escape(&h.name))));
    figures.extend(found.critics.iter().map(|h| (histogram(h), words(&format!("What `{}` says", h.name)))));
    if figures.is_empty() {
        return;
    }
    page.push_str("<h2>What was found</h2>\n<div class=\"charts\">\n");
    for (picture, caption) in figures {
        let _ = writeln!(page, "<figure>{picture}<figcaption>{caption}</figcaption></figure>");
    }
    page.push_str("</div>\n");
}

fn bars(b: &Bars) -> String {
    let top = b.values.iter().copied().filter(|v| v.is_finite()).fold(1e-9, f64::max);
    let mut f = Frame::new(&b.name, (0.0, b.values.len() as f64), (0.0, top * 1.05), H);
    f.grid("dimension, from the largest on", &b.unit, false);
    for (i, v) in b.values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        let (left, right) = (f.px(i as f64 + 0.1), f.px(i as f64 + 0.9));
        let (high, low) = (f.py(v.max(0.0)), f.py(0.0));
        let _ = write!(
            f.svg,
            "<rect class=\"bar\" x=\"{left:.1}\" y=\"{high:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
            right - left,
            low - high,
            number(*v)
        );
    }
    f.end()
}

fn calibration(name: &str, bins: &[Bin]) -> String {
    let mut f = Frame::new(&format!("calibration for {name}"), (0.0, 1.0), (0.0, 1.0), H);
    f.grid("said to be right", "right", true);
    let (a, b, c, d) = (f.px(0.0), f.py(0.0), f.px(1.0), f.py(1.0));
    let _ = write!(f.svg, "<path class=\"g\" stroke-dasharray=\"4 3\" d=\"M{a:.1} {b:.1}L{c:.1} {d:.1}\"/>");
    let all: u64 = bins.iter().map(|b| b.count).sum::<u64>().max(1);
    let mut line = String::new();
    for bin in bins.iter().filter(|b| b.count > 0) {
        let (x, y) = (f.px(bin.confidence), f.py(bin.right));
        let _ = write!(line, "{}{x:.1} {y:.1}", if line.is_empty() { 'M' } else { 'L' });
        let r = 2.0 + 6.0 * (bin.count as f64 / all as f64).sqrt();
        let said =
            format!("{} examples, said {}, right {}", bin.count, number(bin.confidence), number(bin.right));
        let _ = write!(
            f.svg,
            "<circle class=\"bar\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\"><title>{said}</title></circle>"
        );
    }
    let _ = write!(f.svg, "<path class=\"train\" d=\"{line}\"/>");
    f.end()
}

fn histogram(h: &Histogram) -> String {
    let [lo, hi] = h.range;
    let top = h.sets.iter().flat_map(|(_, s)| s).copied().fold(1e-9, f64::max);
    // What the lines are stands above them.
    let above = (18.0 + 13.0 * h.sets.len() as f64) / (H - BOTTOM - TOP);
    let mut f =
        Frame::new(&format!("histogram of {}", h.name), (lo, hi), (0.0, top / (1.0 - above.min(0.7))), H);
    f.grid(&h.name, "share of the examples", true);
    for (i, (what, shares)) in h.sets.iter().enumerate() {
        let class = if i == 0 { "train" } else { "test" };
        let step = (hi - lo) / shares.len().max(1) as f64;
        let mut line = format!("M{:.1} {:.1}", f.px(lo), f.py(0.0));
        for (k, share) in shares.iter().enumerate() {
            let (y, to) = (f.py(*share), f.px(lo + step * (k + 1) as f64));
            let _ = write!(line, "V{y:.1}H{to:.1}");
        }
        let _ = write!(f.svg, "<path class=\"{class}\" d=\"{line}V{:.1}\"/>", f.py(0.0));
        let at = TOP + 12.0 + 13.0 * i as f64;
        let _ = write!(
            f.svg,
            "<path class=\"{class}\" d=\"M{} {}h18\"/><text x=\"{}\" y=\"{at}\">{}</text>",
            LEFT + 8.0,
            at - 4.0,
            LEFT + 30.0,
            escape(what)
        );
    }
    f.end()
}

fn points_caption(p: &Plane) -> String {
    let mark = |((name, _), class): (&(String, Vec<f32>), &str)| {
        format!(
            "<svg viewBox=\"0 0 24 6\" aria-hidden=\"true\"><path class=\"dots {class}\" d=\"M4 2h.01M12 4h.01M20 2.5h.01\"/></svg>{}",
            escape(name)
        )
    };
    let marks: String = p.sets.iter().zip(["train", "test"]).map(mark).collect();
    format!("<span class=\"key\">{marks}</span>")
}

/// The side of the square that shows a window.
const SIDE: f64 = W - LEFT - RIGHT;

fn square(what: &str, p: &Plane) -> Frame {
    let [left, right, low, high] = p.window;
    Frame::new(what, (left, right), (low, high), SIDE + TOP + BOTTOM)
}

/// The classes that colour more than two sets; their names stand at them, for those who see no colours.
const COLOURS: [&str; 8] = ["k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"];

/// Points, each set in its colour.
fn points(p: &Plane) -> String {
    let [left, right, low, high] = p.window;
    let mut f = square(&format!("{} in the plane", p.name), p);
    let [below, beside] = &p.axes;
    f.grid(below, beside, true);
    let classes: &[&str] = if p.sets.len() > 2 { &COLOURS } else { &["train", "test"] };
    let mut names = String::new();
    for ((name, points), class) in p.sets.iter().zip(classes.iter().cycle()) {
        let mut d = String::new();
        for xy in points.as_chunks::<2>().0 {
            let [x, y] = xy.map(f64::from);
            if (left..right).contains(&x) && (low..high).contains(&y) {
                let _ = write!(d, "M{:.1} {:.1}h.01", f.px(x), f.py(y));
            }
        }
        let _ = write!(f.svg, "<path class=\"dots {class}\" d=\"{d}\"/>");
        let n = (points.len() / 2).max(1) as f64;
        let middle =
            |axis: usize| points.iter().skip(axis).step_by(2).map(|v| f64::from(*v)).sum::<f64>() / n;
        if p.sets.len() > 2 {
            let (x, y) = (f.px(middle(0)), f.py(middle(1)) + 4.0);
            let _ = write!(
                names,
                "<text class=\"name\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
                escape(name)
            );
        }
    }
    f.svg.push_str(&names);
    f.end()
}

/// The density with its scale beside it.
fn density(p: &Plane, png: &str, top: f64) -> String {
    let mut f = square("the density in the plane", p);
    f.svg = f.svg.replacen(&format!("0 0 {W} "), &format!("0 0 {} ", W + 44.0), 1);
    let _ = write!(
        f.svg,
        "<image x=\"{LEFT}\" y=\"{TOP}\" width=\"{SIDE}\" height=\"{SIDE}\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,{}\"/>",
        escape(png)
    );
    colours(&mut f.svg, SIDE, top);
    let [below, beside] = &p.axes;
    f.grid(below, beside, true);
    f.end()
}

/// The scale of the density: its colours, and the values at a few of them. The share of the highest density is the square of where it lies.
fn colours(svg: &mut String, side: f64, top: f64) {
    let x = W + 2.0;
    let n = 32;
    for i in 0..n {
        let [r, g, b] = crate::show::plane::heat((f64::from(n - 1 - i)) / f64::from(n - 1));
        let (y, h) = (TOP + side * f64::from(i) / f64::from(n), side / f64::from(n) + 0.5);
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{y:.1}\" width=\"8\" height=\"{h:.1}\" fill=\"rgb({r},{g},{b})\"/>"
        );
    }
    for share in [0.0, 0.5, 1.0] {
        let y = TOP + side * (1.0 - share) + if share == 1.0 { 9.0 } else { 3.0 };
        let _ = write!(svg, "<text x=\"{}\" y=\"{y:.1}\">{}</text>", x + 11.0, number(top * share * share));
    }
}
