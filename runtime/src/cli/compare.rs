//! `gmc compare`: runs side by side.

use super::kept::no_run;
use super::output::{is_standard, put};
use super::training::FROM;
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::show::comparison::{self, Side, differing, numbers, same_spec};
use crate::store::RunDir;
use crate::store::identity::set_of;
use crate::store::regular::PICTURE;
use gmc_compiler::diag::render::Format;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Reads what is compared of a run.
pub fn side(path: &Path) -> Result<Side, Failure> {
    let dir = RunDir::view(path)?;
    if std::fs::symlink_metadata(path.join("spec.gm")).is_err() {
        return Err(no_run(path));
    }
    let mut images = Vec::new();
    for name in dir.images() {
        let bytes = dir.read(&format!("images/{name}"), PICTURE)?;
        images.push((name.trim_end_matches(".png").to_string(), bytes));
    }
    let mut set = set_of(&dir)?;
    set.extend(dir.text_if_there(FROM)?.map(|from| ("started from".to_string(), from.trim().to_string())));
    let records = dir.records()?;
    let rounds = records.iter().map(|r| r.step).max().unwrap_or(0);
    let name = path.canonicalize().ok();
    let name = name.as_deref().unwrap_or(path).file_name();
    Ok(Side {
        name: name.map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned()),
        spec: dir.read_text("spec.gm")?,
        set: set.into_iter().collect(),
        rounds,
        scores: dir.scores()?,
        records,
        images,
    })
}

/// One number of one run, as programs read it.
#[derive(Serialize)]
struct Line<'a> {
    run: &'a str,
    settings: &'a std::collections::BTreeMap<String, String>,
    rounds: u64,
    #[serde(flatten)]
    score: &'a crate::measure::scores::Score,
}

/// `gmc compare`
pub fn compare(runs: &[PathBuf], out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let page =
        |p: &Path| is_standard(Some(p)) || p.extension().is_some_and(|e| e.eq_ignore_ascii_case("html"));
    if let Some(path) = out.filter(|p| !page(p)) {
        return Err(Failure::usage(format!("{} is no page: its name must end in .html", path.display())));
    }
    let mut sides = runs.iter().map(|r| side(r)).collect::<Result<Vec<_>, _>>()?;
    // Runs of the same name in different folders are told apart by their paths.
    for i in 0..sides.len() {
        let twice = sides.get(i).is_some_and(|a| sides.iter().filter(|b| b.name == a.name).count() > 1);
        if let (true, Some(side), Some(run)) = (twice, sides.get_mut(i), runs.get(i)) {
            side.name = run.display().to_string();
        }
    }
    for side in sides.iter().filter(|s| s.scores.is_empty()) {
        note(&format!(
            "note: {} has no final numbers yet: it has trained {} rounds\n",
            side.name, side.rounds
        ));
    }
    if let Some(path) = out.filter(|p| is_standard(Some(p))) {
        return put(path, &comparison::html(&sides));
    }
    match m.format {
        Format::Human | Format::Short => say(&table(&sides, out.is_some()))?,
        Format::Json => {
            for side in &sides {
                for score in &side.scores {
                    let line = Line { run: &side.name, settings: &side.set, rounds: side.rounds, score };
                    // Texts and numbers always have a JSON text.
                    say(&(serde_json::to_string(&line).unwrap_or_default() + "\n"))?;
                }
            }
        }
    }
    match out {
        Some(path) => put(path, &comparison::html(&sides)),
        None => Ok(()),
    }
}

/// Rows of cells under a row of names, as wide as they must be: columns of numbers to the right, others to the left.
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let number = |cell: &String| cell.is_empty() || cell.parse::<f64>().is_ok();
    let numbers: Vec<bool> =
        (0..count).map(|i| rows.iter().skip(1).filter_map(|r| r.get(i)).all(number)).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (i, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(width - cell.chars().count().min(*width));
            let gap = if i == 0 { "" } else { "  " };
            let right = numbers.get(i).copied().unwrap_or(false);
            let _ = if right { write!(line, "{gap}{pad}{cell}") } else { write!(line, "{gap}{cell}{pad}") };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The numbers in columns; `page`: lines that differ are marked on a page that is asked for.
fn table(sides: &[Side], page: bool) -> String {
    let mut rows = vec![std::iter::once(String::new()).chain(sides.iter().map(|s| s.name.clone())).collect()];
    for (path, values) in differing(sides) {
        rows.push(std::iter::once(path).chain(values).collect());
    }
    rows.push(
        std::iter::once("rounds".to_string()).chain(sides.iter().map(|s| s.rounds.to_string())).collect(),
    );
    for (name, scores) in numbers(sides) {
        let cells = scores.iter().map(|s| s.map_or_else(String::new, |s| format!("{:.4}", s.value.0)));
        rows.push(std::iter::once(name).chain(cells).collect());
    }
    let specs = match (same_spec(sides), page) {
        (true, _) => "",
        (false, true) => "the specs differ: the page marks their lines\n",
        (false, false) => "the specs differ: `--out page.html` marks their lines\n",
    };
    columns(&rows) + specs
}
