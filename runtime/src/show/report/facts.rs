//! What a report says in words, tables and mathematics.

use super::Report;
use super::style::{escape, words};
use crate::measure::scores::Score;
use crate::show::chart::number;
use crate::show::costs::{Line, share, short};
use crate::show::table::caveats;
use crate::store::about::Equations;
use gmc_compiler::explain::math::mathml;
use gmc_compiler::span::FileId;
use gmc_compiler::syntax;
use gmc_compiler::types::overrides::written;
use std::fmt::Write;

/// When and where it ran, and the box of what must be known first.
pub fn top(page: &mut String, r: &Report) {
    let last = r.records.iter().max_by(|a, b| a.step.cmp(&b.step).then(a.seconds.total_cmp(&b.seconds)));
    let mut facts: Vec<String> = Vec::new();
    if let Some(about) = &r.about {
        facts.extend([about.date.clone(), format!("gmc {}", about.version), about.device.clone()]);
    }
    if let Some(last) = last {
        let per = r.about.as_ref().map_or(0, |a| a.per_epoch);
        let rounds = match per {
            0 | 1 => format!("{} rounds", last.step),
            n => format!("{} epochs ({} rounds)", number(last.step as f64 / n as f64), last.step),
        };
        facts.extend([rounds, format!("trained {:.1} s", last.seconds)]);
    }
    if r.running {
        facts.push("still training".into());
    }
    if !facts.is_empty() {
        let _ = writeln!(
            page,
            "<p class=\"dim\">{}</p>",
            facts.iter().map(|f| escape(f)).collect::<Vec<_>>().join(" · ")
        );
    }
    let warnings: Vec<String> =
        caveats(&r.scores).iter().map(|c| format!("<b>warning:</b> {}", words(c))).collect();
    let advice = r.found.advice.iter().map(|a| words(a));
    let urgent: Vec<String> = warnings.into_iter().chain(advice).collect();
    if !urgent.is_empty() {
        let _ = writeln!(page, "<div class=\"box warn\" role=\"note\"><b>Advice</b>{}</div>", list(&urgent));
    }
    let calm: Vec<String> = r.found.facts.iter().map(|f| words(f)).collect();
    if !calm.is_empty() {
        let _ = writeln!(page, "<div class=\"box\" role=\"note\"><b>Verdict</b>{}</div>", list(&calm));
    }
}

fn list(items: &[String]) -> String {
    format!("<ul>{}</ul>", items.iter().map(|i| format!("<li>{i}</li>")).collect::<String>())
}

/// What the steps cost, line by line, the lines that take most time first.
pub fn costs(page: &mut String, all: &[Line]) {
    if all.is_empty() {
        return;
    }
    page.push_str(
        "<h2>What each line costs in a step</h2>\n<div class=\"scroll\"><table><tr><th>program<th>line<th>ms<th>share<th>multiply-adds<th>bytes<th>text</tr>\n",
    );
    let mut rows: Vec<&Line> = all.iter().collect();
    rows.sort_by(|a, b| b.ms.unwrap_or(0.0).total_cmp(&a.ms.unwrap_or(0.0)));
    for l in rows {
        let ms = l.ms.map_or(String::new(), |ms| format!("{ms:.3}"));
        let part = share(l, all).map_or(String::new(), |s| format!("{:.1} %", s * 100.0));
        let (madds, bytes) = (short(l.cost.madds), short(l.cost.bytes));
        let place = format!("{}:{}", l.file, l.line);
        let (program, place, text) = (escape(&l.program), escape(&place), escape(&l.text));
        let _ = writeln!(
            page,
            "<tr><td>{program}<td>{place}<td class=\"n\">{ms}<td class=\"n\">{part}<td class=\"n\">{madds}<td class=\"n\">{bytes}<td><code>{text}</code></tr>"
        );
    }
    page.push_str("</table></div>\n");
}

/// Final numbers with their kind.
pub fn scores(page: &mut String, scores: &[Score]) {
    if scores.is_empty() {
        return;
    }
    page.push_str(
        "<h2>Results</h2>\n<div class=\"scroll\"><table><tr><th>number<th>part<th>value<th>unit<th>kind</tr>\n",
    );
    for s in scores {
        let _ = writeln!(
            page,
            "<tr><td>{}<td>{}<td class=\"n\">{}<td>{}<td>{}{}</tr>",
            words(&s.title()),
            escape(&s.part),
            number(s.value.0),
            escape(&s.unit),
            escape(&s.trust.describe()),
            if s.caveats.is_empty() { "" } else { ", but see above" }
        );
    }
    page.push_str("</table></div>\n");
}

/// What was concluded: models and objectives as mathematics.
pub fn equations(page: &mut String, r: &Report) {
    let Some(about) = r.about.as_ref().filter(|a| !a.equations.is_empty()) else { return };
    page.push_str("<h2>The model and what is optimised</h2>\n");
    for e in &about.equations {
        let _ = writeln!(page, "<h3>{}</h3>\n{}", words(&e.title), typeset(e));
        if !e.notes.is_empty() {
            let notes: Vec<String> = e.notes.iter().map(|n| words(n)).collect();
            let _ = writeln!(page, "<div class=\"dim\">{}</div>", list(&notes));
        }
    }
}

/// Equations in MathML.
pub fn typeset(e: &Equations) -> String {
    let row = |(left, right): &(String, String)| {
        format!("<mtr><mtd class=\"l\">{}</mtd><mtd>{}</mtd></mtr>", mathml::of(left), mathml::of(right))
    };
    let rows: String = e.lines.iter().map(row).collect();
    format!(
        "<div class=\"scroll\"><math display=\"block\"><mtable displaystyle=\"true\">{rows}</mtable></math></div>"
    )
}

/// The spec as it ran: what was overridden is struck out, and what took its place stands beside it.
pub fn spec(page: &mut String, r: &Report) {
    if r.spec.is_empty() {
        return;
    }
    let (parsed, _) = syntax::parse(FileId::SPEC, &r.spec);
    let mut places = Vec::new();
    let mut added = Vec::new();
    for (path, value) in &r.set {
        match written(&parsed, path) {
            Some(span) => places.push((span.start as usize, span.end as usize, value)),
            None => added.push(format!("<code>{} = {}</code>", escape(path), escape(value))),
        }
    }
    // The last of several values for one place holds.
    places.reverse();
    places.sort_by_key(|(start, ..)| *start);
    places.dedup_by_key(|(start, ..)| *start);
    let mut text = String::new();
    let mut at = 0;
    for (start, end, value) in places {
        let (Some(before), Some(old)) = (r.spec.get(at..start), r.spec.get(start..end)) else { continue };
        let _ = write!(text, "{}<del>{}</del> <ins>{}</ins>", escape(before), escape(old), escape(value));
        at = end;
    }
    text.push_str(&escape(r.spec.get(at..).unwrap_or_default()));
    page.push_str("<h2>The spec as it ran</h2>\n");
    if !added.is_empty() {
        let _ = writeln!(page, "<p>Set beside what is written: <ins>{}</ins></p>", added.join(", "));
    }
    let _ = writeln!(page, "<pre>{text}</pre>");
}

/// Settings, data and parameters.
pub fn tables(page: &mut String, r: &Report) {
    let Some(about) = &r.about else { return };
    let table = |page: &mut String, title: &str, head: &[&str], rows: Vec<Vec<String>>| {
        if rows.is_empty() {
            return;
        }
        let _ = write!(
            page,
            "<h2>{title}</h2>\n<div class=\"scroll\"><table><tr><th>{}</tr>\n",
            head.join("<th>")
        );
        for row in rows {
            let cells = row.iter().map(|c| format!("<td>{}", words(c))).collect::<String>();
            let _ = writeln!(page, "<tr>{cells}</tr>");
        }
        page.push_str("</table></div>\n");
    };
    let pairs = |all: &[(String, String)]| all.iter().map(|(k, v)| vec![k.clone(), v.clone()]).collect();
    table(page, "Fitted parameters", &["name", "value"], pairs(&r.found.fitted));
    table(page, "Settings", &["setting", "value"], pairs(&about.settings));
    let data = about.data.iter().map(|d| d.to_vec()).collect();
    table(page, "Data", &["variables", "source", "examples", "hash of the values"], data);
    let total: u64 = about.parameters.iter().map(|p| p.1).sum();
    let all = (about.parameters.len() > 1).then(|| ("all".to_string(), total, String::new()));
    let rows = about.parameters.iter().cloned().chain(all);
    let rows = rows.map(|(name, n, owner)| vec![name, n.to_string(), owner]).collect();
    table(page, "Parameters", &["what", "numbers", "owned by"], rows);
}
