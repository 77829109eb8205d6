//! Curves over epochs: one chart a quantity, all parts of the data in it.

use super::Report;
use super::style::words;
use crate::measure::round::TRAIN;
use crate::show::chart::{Axes, Series, chart};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A curve: steps and values, by part.
type Curves<'a> = BTreeMap<&'a str, Vec<(f64, f64)>>;

/// The class of a part's curve, which gives it colour and dashes.
fn class(part: &str) -> &'static str {
    match part {
        TRAIN => "train",
        "valid" => "valid",
        _ => "test",
    }
}

/// `negative ELBO [nats]`: the name, and the unit.
pub fn split(label: &str) -> (&str, &str) {
    let whole = (label, "");
    label.rsplit_once(" [").map_or(whole, |(name, rest)| (name, rest.trim_end_matches(']')))
}

/// Charts of all that was measured while training, and of what followed a schedule.
pub fn charts(page: &mut String, r: &Report) {
    let mut metrics: BTreeMap<&str, Curves<'_>> = BTreeMap::new();
    for record in &r.records {
        for (name, v) in &record.values {
            let point = (record.step as f64, v.0);
            metrics.entry(name).or_default().entry(&record.part).or_default().push(point);
        }
    }
    // A number that was measured once is in the table of results.
    let seen = |points: &Vec<(f64, f64)>| points.iter().filter(|p| p.1.is_finite()).count();
    metrics.retain(|_, curves| curves.values().any(|points| seen(points) > 1));
    let per = r.about.as_ref().map_or(0, |a| a.per_epoch);
    let (scale, unit) = if per > 1 { (per as f64, "epochs") } else { (1.0, "rounds") };
    let scaled = |points: &[(f64, f64)]| points.iter().map(|(s, v)| (s / scale, *v)).collect::<Vec<_>>();
    let schedules = r.about.as_ref().map_or(&[][..], |a| a.schedules.as_slice());
    if metrics.is_empty() && schedules.is_empty() {
        return;
    }
    // Quantities of the table of results come first, in its order.
    let place = |label: &str| r.scores.iter().position(|s| s.label() == label).unwrap_or(usize::MAX);
    let mut ordered: Vec<(&str, Curves<'_>)> = metrics.into_iter().collect();
    ordered.sort_by_key(|(label, _)| place(label));
    page.push_str("<h2>Training</h2>\n");
    let parts: Vec<&str> = ["train", "valid", "test"]
        .into_iter()
        .filter(|c| ordered.iter().any(|(_, curves)| curves.keys().any(|p| class(p) == *c)))
        .collect();
    key(page, &parts);
    page.push_str("<div class=\"charts\">\n");
    for (label, curves) in &ordered {
        let (name, of) = split(label);
        let one =
            |(part, points): (&&str, &Vec<(f64, f64)>)| Series { class: class(part), points: scaled(points) };
        let series: Vec<Series<'_>> = curves.iter().map(one).collect();
        figure(page, name, &series, &Axes { below: unit, beside: of });
    }
    for s in schedules {
        let series = [Series { class: "train", points: scaled(&s.points) }];
        figure(page, &s.name, &series, &Axes { below: unit, beside: "" });
    }
    page.push_str("</div>\n");
}

fn figure(page: &mut String, name: &str, series: &[Series<'_>], axes: &Axes<'_>) {
    let picture = chart(name, series, axes);
    let _ = writeln!(page, "<figure>{picture}<figcaption>{}</figcaption></figure>", words(name));
}

/// What the lines are.
pub fn key(page: &mut String, parts: &[&str]) {
    let one = |p: &&str| {
        format!("<svg viewBox=\"0 0 24 6\" aria-hidden=\"true\"><path class=\"{p}\" d=\"M0 3H24\"/></svg>{p}")
    };
    let _ = writeln!(page, "<p class=\"key dim\">{}</p>", parts.iter().map(one).collect::<String>());
}
