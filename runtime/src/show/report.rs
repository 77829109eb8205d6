//! `report.html`: one file that opens anywhere. Equal inputs give equal bytes.

use super::table::caveats;
use crate::measure::scores::{Record, Score};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a report shows.
#[derive(Clone, Debug, Default)]
pub struct Report<'a> {
    /// `vae-3`
    pub title: &'a str,
    /// The spec.
    pub spec: &'a str,
    /// Facts about the run, in order: seed, device, wall time.
    pub facts: &'a [(String, String)],
    /// Final numbers.
    pub scores: &'a [Score],
    /// Measurements.
    pub records: &'a [Record],
    /// Captions and the bytes of PNG files.
    pub images: &'a [(String, Vec<u8>)],
}

const STYLE: &str = "\
:root{color-scheme:light dark;--page:#fff;--ink:#1c1d22;--dim:#6b6d78;--line:#dcdde3;--a:#1f629e;--b:#cd5c1e}\
@media(prefers-color-scheme:dark){:root{--page:#17181c;--ink:#e6e6ea;--dim:#9a9ca8;--line:#3a3c45;--a:#6fb0ea;--b:#f0935a}}\
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:1080px;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2.2rem 0 .6rem}\
table{border-collapse:collapse}td,th{padding:.25rem 1.2rem .25rem 0;text-align:left;border-bottom:1px solid var(--line)}th{font-weight:500;color:var(--dim)}\
td.n{text-align:right;font-variant-numeric:tabular-nums}.dim{color:var(--dim)}\
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:1.2rem}figure{margin:0}figcaption{color:var(--dim);font-size:.85rem;margin:.3rem 0}\
.pictures{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:flex-start}.pictures img{max-width:100%;image-rendering:pixelated}\
svg{width:100%;height:auto;display:block}svg text{font:10px system-ui,sans-serif;fill:var(--dim)}svg .g{stroke:var(--line);stroke-width:1}\
svg path{fill:none;stroke-width:1.6;stroke-linejoin:round}.train{stroke:var(--a)}.test{stroke:var(--b)}.raw{opacity:.28;stroke-width:1!important}\
.key{font-size:.85rem}.key i{display:inline-block;width:1.4em;height:.2em;vertical-align:middle;margin:0 .35em 0 1em}\
pre{font:13px/1.5 ui-monospace,monospace;overflow-x:auto;border:1px solid var(--line);border-radius:6px;padding:.8rem 1rem}";

/// The text of the page.
pub fn html(report: &Report<'_>) -> String {
    let mut page = String::new();
    let title = escape(report.title);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title>\n<style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n"
    );
    if !report.facts.is_empty() {
        let facts: Vec<String> =
            report.facts.iter().map(|(k, v)| format!("{} {}", escape(k), escape(v))).collect();
        let _ = writeln!(page, "<p class=\"dim\">{}</p>", facts.join(" · "));
    }
    scores(&mut page, report.scores);
    charts(&mut page, report.records);
    if !report.images.is_empty() {
        page.push_str("<h2>Pictures</h2>\n<div class=\"pictures\">\n");
        for (caption, png) in report.images {
            let caption = escape(caption);
            let data = STANDARD.encode(png);
            let _ = writeln!(
                page,
                "<figure><img alt=\"{caption}\" src=\"data:image/png;base64,{data}\"><figcaption>{caption}</figcaption></figure>"
            );
        }
        page.push_str("</div>\n");
    }
    if !report.spec.is_empty() {
        let _ = writeln!(page, "<h2>Spec</h2>\n<pre>{}</pre>", escape(report.spec));
    }
    page.push_str("</body></html>\n");
    page
}

fn scores(page: &mut String, scores: &[Score]) {
    if scores.is_empty() {
        return;
    }
    page.push_str("<h2>Results</h2>\n<table><tr><th>number<th>part<th>value<th>unit<th>kind</tr>\n");
    for s in scores {
        let _ = writeln!(
            page,
            "<tr><td>{}<td>{}<td class=\"n\">{}<td>{}<td>{}{}</tr>",
            escape(&s.title()),
            escape(&s.part),
            number(s.value.0),
            escape(&s.unit),
            escape(&s.trust.describe()),
            if s.caveats.is_empty() { "" } else { ", but see below" }
        );
    }
    page.push_str("</table>\n");
    for caveat in caveats(scores) {
        let _ = writeln!(page, "<p><b>warning:</b> {}</p>", escape(caveat));
    }
}

/// A curve: steps and values, by part.
type Curves<'a> = BTreeMap<&'a str, Vec<(f64, f64)>>;

fn charts(page: &mut String, records: &[Record]) {
    let mut metrics: BTreeMap<&str, Curves<'_>> = BTreeMap::new();
    for r in records {
        for (name, v) in &r.values {
            metrics.entry(name).or_default().entry(&r.part).or_default().push((r.step as f64, v.0));
        }
    }
    if metrics.is_empty() {
        return;
    }
    page.push_str(
        "<h2>Training</h2>\n<p class=\"key dim\"><i style=\"background:var(--a)\"></i>train<i style=\"background:var(--b)\"></i>test, \
         over steps</p>\n<div class=\"charts\">\n",
    );
    for (name, curves) in &metrics {
        let _ = writeln!(page, "<figure>{}<figcaption>{}</figcaption></figure>", chart(curves), escape(name));
    }
    page.push_str("</div>\n");
}

const W: f64 = 340.0;
const H: f64 = 190.0;
const LEFT: f64 = 46.0;
const BOTTOM: f64 = 18.0;
const TOP: f64 = 8.0;

fn chart(curves: &Curves<'_>) -> String {
    let finite = || curves.values().flatten().filter(|(_, v)| v.is_finite());
    let (mut lo, mut hi) = value_range(finite().map(|p| p.1).collect());
    if hi - lo < 1e-12 * hi.abs().max(1.0) {
        (lo, hi) = (lo - 0.5, hi + 0.5);
    }
    let last = finite().map(|p| p.0).fold(1.0, f64::max);
    let first = finite().map(|p| p.0).fold(last, f64::min).min(last - 1.0).max(0.0);
    let x = |s: f64| LEFT + (W - LEFT - 6.0) * (s - first) / (last - first).max(1.0);
    let y = |v: f64| TOP + (H - BOTTOM - TOP) * (1.0 - (v.clamp(lo, hi) - lo) / (hi - lo));
    let mut svg = format!("<svg viewBox=\"0 0 {W} {H}\" role=\"img\">");
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
            H - 4.0,
            number(t)
        );
    }
    for (part, points) in curves {
        let class = if *part == "train" { "train" } else { "test" };
        let points: Vec<(f64, f64)> = points.iter().copied().filter(|(_, v)| v.is_finite()).collect();
        let path = |points: &[(f64, f64)]| {
            let mut d = String::new();
            for (i, (s, v)) in points.iter().enumerate() {
                let _ = write!(d, "{}{:.1} {:.1}", if i == 0 { 'M' } else { 'L' }, x(*s), y(*v));
            }
            // A round dot, so that a single measurement is seen.
            if points.len() == 1 { d + "h.01" } else { d }
        };
        if points.len() > 80 {
            let _ = write!(svg, "<path class=\"{class} raw\" d=\"{}\"/>", path(&thin(&points, 1)));
            let _ =
                write!(svg, "<path class=\"{class}\" d=\"{}\"/>", path(&thin(&points, points.len() / 60)));
        } else {
            let _ = write!(svg, "<path class=\"{class}\" stroke-linecap=\"round\" d=\"{}\"/>", path(&points));
        }
    }
    svg.push_str("</svg>");
    svg
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
fn ticks(lo: f64, hi: f64) -> Vec<f64> {
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
fn number(v: f64) -> String {
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

/// Text as HTML text or attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
