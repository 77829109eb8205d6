//! `report.html`: one file that opens anywhere. Equal inputs give equal bytes.

use super::chart::{Series, chart, number};
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
    /// Text drawn from the model, as it is read; empty where none is.
    pub passages: &'a str,
}

/// How pages look, in the light and in the dark.
pub(super) const STYLE: &str = "\
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
    if !report.passages.is_empty() {
        let _ = writeln!(page, "<h2>Samples</h2>\n<pre>{}</pre>", escape(report.passages));
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
        let class = |part: &str| if part == "train" { "train" } else { "test" };
        let series: Vec<Series<'_>> = curves
            .iter()
            .map(|(part, points)| Series { class: class(part), points: points.clone() })
            .collect();
        let _ =
            writeln!(page, "<figure>{}<figcaption>{}</figcaption></figure>", chart(&series), escape(name));
    }
    page.push_str("</div>\n");
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
