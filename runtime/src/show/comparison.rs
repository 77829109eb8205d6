//! Several runs on one page: what differs, numbers side by side, curves over each other, pictures.

use super::chart::{Axes, Series, chart, number};
use super::report::curves::split;
use super::report::pictures::caption;
use super::report::style::{escape, head};
use crate::measure::scores::{Record, Score};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What is compared of a run.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Its folder's name.
    pub name: String,
    /// The spec as it was written.
    pub spec: String,
    /// Its overrides.
    pub set: BTreeMap<String, String>,
    /// Rounds done.
    pub rounds: u64,
    /// Final numbers.
    pub scores: Vec<Score>,
    /// Measurements.
    pub records: Vec<Record>,
    /// Names and bytes of its pictures.
    pub images: Vec<(String, Vec<u8>)>,
}

/// What a run has for a setting that it does not override.
const AS_WRITTEN: &str = "as in the spec";

/// Overrides that are not the same in all runs, each with its value in every run.
pub fn differing(sides: &[Side]) -> Vec<(String, Vec<String>)> {
    let paths: BTreeSet<&String> = sides.iter().flat_map(|s| s.set.keys()).collect();
    let of = |path: &String| -> Vec<String> {
        sides.iter().map(|s| s.set.get(path).map_or_else(|| AS_WRITTEN.to_string(), String::clone)).collect()
    };
    let all = paths.into_iter().map(|p| (p.clone(), of(p)));
    all.filter(|(_, values)| values.iter().any(|v| Some(v) != values.first())).collect()
}

/// Lines of a spec that some other run's spec does not have.
fn own_lines<'a>(side: &'a Side, all: &[Side]) -> BTreeSet<&'a str> {
    let has = |s: &Side, line: &str| s.spec.lines().any(|l| l.trim() == line.trim());
    side.spec.lines().filter(|line| all.iter().any(|other| !has(other, line))).collect()
}

/// Whether all runs are of one text.
pub fn same_spec(sides: &[Side]) -> bool {
    sides.iter().all(|s| own_lines(s, sides).is_empty())
}

/// A final number of several runs: its title with part and unit, and its value in each run that has it.
pub fn numbers(sides: &[Side]) -> Vec<(String, Vec<Option<&Score>>)> {
    let id = |s: &Score| (s.part.clone(), s.key.clone(), s.title(), s.unit.clone());
    let mut order: Vec<(String, String, String, String)> = Vec::new();
    for s in sides.iter().flat_map(|s| &s.scores).map(id) {
        if !order.contains(&s) {
            order.push(s);
        }
    }
    let row = |of: (String, String, String, String)| {
        let values = sides.iter().map(|s| s.scores.iter().find(|x| id(x) == of)).collect();
        let (part, _, title, unit) = of;
        let unit = if unit.is_empty() { String::new() } else { format!(" [{unit}]") };
        (format!("{part} {title}{unit}"), values)
    };
    order.into_iter().map(row).collect()
}

/// The classes that give curves their colours; what differs beside the colour is the dash, for those who see no colours.
const CLASSES: [&str; 8] = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"];

const MORE_STYLE: &str = "\
.sides{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:flex-start}.sides figure{max-width:480px}.sides img{max-width:100%;height:auto;image-rendering:pixelated}\
.r0{stroke:var(--a)}.r1{stroke:var(--b);stroke-dasharray:7 3}.r2{stroke:var(--c);stroke-dasharray:2 2}.r3{stroke:#c25b9b;stroke-dasharray:9 3 2 3}\
.r4{stroke:#a07a00}.r5{stroke:#7f74d6;stroke-dasharray:7 3}.r6{stroke:#808080;stroke-dasharray:2 2}.r7{stroke:#d9485a;stroke-dasharray:9 3 2 3}\
mark{background:none;color:var(--b)}";

/// The text of the page.
pub fn html(sides: &[Side]) -> String {
    let names: Vec<String> = sides.iter().map(|s| escape(&s.name)).collect();
    let title = sides.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut page = head(&title, MORE_STYLE);
    let _ = writeln!(page, "<h1>{} runs side by side</h1>", sides.len());
    let first = format!("<tr><th><th>{}</tr>\n", names.join("<th>"));
    let row = |name: &str, values: &[String]| {
        format!("<tr><td>{}<td class=\"n\">{}</tr>\n", escape(name), values.join("<td class=\"n\">"))
    };
    let _ = write!(page, "<h2>What differs</h2>\n<div class=\"scroll\"><table>{first}");
    for (path, values) in differing(sides) {
        page.push_str(&row(&path, &values.iter().map(|v| escape(v)).collect::<Vec<_>>()));
    }
    page.push_str(&row("rounds", &sides.iter().map(|s| s.rounds.to_string()).collect::<Vec<_>>()));
    page.push_str("</table></div>\n");
    let _ = write!(page, "<h2>Results</h2>\n<div class=\"scroll\"><table>{first}");
    for (name, scores) in numbers(sides) {
        let cell = |s: &Option<&Score>| {
            s.map_or_else(String::new, |s| {
                format!("{}<br><span class=\"dim\">{}</span>", number(s.value.0), escape(&s.trust.describe()))
            })
        };
        page.push_str(&row(&name, &scores.iter().map(cell).collect::<Vec<_>>()));
    }
    page.push_str("</table></div>\n");
    curves(&mut page, sides);
    pictures(&mut page, sides);
    specs(&mut page, sides);
    page.push_str("</body></html>\n");
    page
}

fn class(i: usize) -> &'static str {
    CLASSES.get(i % CLASSES.len()).copied().unwrap_or("r0")
}

fn curves(page: &mut String, sides: &[Side]) {
    let mut all: BTreeMap<(&str, &str), Vec<Series<'_>>> = BTreeMap::new();
    for (i, side) in sides.iter().enumerate() {
        for r in &side.records {
            for (name, v) in &r.values {
                let series = all.entry((name, &r.part)).or_default();
                if series.last().is_none_or(|s| s.class != class(i)) {
                    series.push(Series { class: class(i), points: Vec::new() });
                }
                if let Some(s) = series.last_mut() {
                    s.points.push((r.step as f64, v.0));
                }
            }
        }
    }
    // A number that was measured once is in the table of results.
    let seen = |s: &Series<'_>| s.points.iter().filter(|p| p.1.is_finite()).count();
    all.retain(|_, series| series.iter().any(|s| seen(s) > 1));
    if all.is_empty() {
        return;
    }
    page.push_str("<h2>Training</h2>\n<p class=\"key dim\">");
    for (i, side) in sides.iter().enumerate() {
        let _ = write!(
            page,
            "<svg viewBox=\"0 0 24 6\" aria-hidden=\"true\"><path class=\"{}\" d=\"M0 3H24\"/></svg>{}",
            class(i),
            escape(&side.name)
        );
    }
    page.push_str("</p>\n<div class=\"charts\">\n");
    for ((name, part), series) in &all {
        let (what, unit) = split(name);
        let what = format!("{what}, {part}");
        let picture = chart(&what, series, &Axes { below: "rounds", beside: unit });
        let _ = writeln!(page, "<figure>{picture}<figcaption>{}</figcaption></figure>", escape(&what));
    }
    page.push_str("</div>\n");
}

fn pictures(page: &mut String, sides: &[Side]) {
    let names: BTreeSet<&String> = sides.iter().flat_map(|s| s.images.iter().map(|(n, _)| n)).collect();
    for name in names {
        let _ = write!(page, "<h2>{}</h2>\n<div class=\"sides\">\n", escape(&caption(name)));
        for side in sides {
            let Some((_, png)) = side.images.iter().find(|(n, _)| n == name) else { continue };
            let (caption, data) = (escape(&side.name), STANDARD.encode(png));
            let _ = writeln!(
                page,
                "<figure><img alt=\"{caption}\" src=\"data:image/png;base64,{data}\"><figcaption>{caption}</figcaption></figure>"
            );
        }
        page.push_str("</div>\n");
    }
}

fn specs(page: &mut String, sides: &[Side]) {
    let same = same_spec(sides);
    let shown = if same { sides.get(..1).unwrap_or_default() } else { sides };
    page.push_str("<h2>Specs</h2>\n");
    page.push_str(if same {
        "<p class=\"dim\">All runs are of this spec.</p>\n"
    } else {
        "<p class=\"dim\">Lines that not every spec has are marked.</p>\n"
    });
    for side in shown {
        let own = own_lines(side, sides);
        let lines = side
            .spec
            .lines()
            .map(|l| if own.contains(l) { format!("<mark>{}</mark>", escape(l)) } else { escape(l) });
        let text = lines.collect::<Vec<_>>().join("\n");
        let name = if same { String::new() } else { format!("<p>{}</p>\n", escape(&side.name)) };
        let _ = writeln!(page, "{name}<pre>{text}</pre>");
    }
}
