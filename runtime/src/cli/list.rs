//! `gmc list`: the runs in a folder.

use super::compare::columns;
use super::sweep::TABLE;
use crate::console::{note, say};
use crate::failure::Failure;
use crate::store::RunDir;
use crate::store::regular::TEXT;
use crate::train::end::REPORT;
use crate::train::run::rounds;
use std::path::{Path, PathBuf};

/// `gmc list`
pub fn list(folder: &Path) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).map_err(|e| Failure::file("list", folder, e))?;
    let is_run = |p: &PathBuf| std::fs::symlink_metadata(p.join("spec.gm")).is_ok_and(|m| m.is_file());
    let mut runs: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(is_run).collect();
    if runs.is_empty() {
        note_sweeps(folder);
        note(&format!("no runs in {}\n", folder.display()));
        return Ok(());
    }
    runs.sort_by_key(|p| in_order(p));
    note_sweeps(folder);
    let head = ["run", "rounds", "state", "first number"].map(str::to_string).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(runs.iter().map(|r| row(r))).collect();
    say(&columns(&rows))
}

/// Says which folders in a folder hold the runs of a sweep.
fn note_sweeps(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut sweeps: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.join(TABLE).is_file()).collect();
    sweeps.sort();
    for sweep in sweeps {
        note(&format!("note: {0} holds a sweep: gmc list {0}\n", sweep.display()));
    }
}

/// Numbered runs follow their numbers: `vae-9` before `vae-10`.
fn in_order(path: &Path) -> (String, u64) {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    match name.rsplit_once('-').and_then(|(stem, n)| Some((stem.to_string(), n.parse().ok()?))) {
        Some(numbered) => numbered,
        None => (name, 0),
    }
}

fn row(path: &Path) -> Vec<String> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let dir = match RunDir::view(path) {
        Ok(dir) => dir,
        Err(why) => return vec![name, String::new(), "cannot be read".into(), why.to_string()],
    };
    let meta = dir.standing();
    let done = meta.as_ref().map_or(0, |m| m.step);
    let planned = meta.as_ref().and_then(rounds);
    let finished = planned.is_some_and(|n| done >= n) && dir.read(REPORT, TEXT * 64).is_ok();
    let state = match (dir.in_use(), finished) {
        (true, _) => "training",
        (false, true) => "finished",
        (false, false) => "stopped",
    };
    let scores = dir.scores();
    let first = match &scores {
        Ok(all) => all.first().map_or_else(String::new, |s| {
            let unit = if s.unit.is_empty() { String::new() } else { format!(" {}", s.unit) };
            format!("{} {} {:.4}{unit}, {}", s.part, s.title(), s.value.0, s.trust.describe())
        }),
        Err(why) => why.to_string(),
    };
    let of = planned.map_or_else(|| done.to_string(), |n| format!("{done}/{n}"));
    vec![name, of, state.into(), first]
}
