//! What a verb is given: a spec on its own, or that of a run folder with its latest parameters.

use super::args::{RowsArg, RunArg, Spec};
use crate::console::{Messages, note};
use crate::failure::Failure;
use crate::session::host::{FileHost, RememberingHost};
use crate::session::rows::Needs;
use crate::session::{Session, load};
use crate::store::RunDir;
use crate::store::checkpoint::Checkpoint;
use crate::store::identity::{Hashes, plain, set_of, used_files, weights_file};
use crate::store::regular;
use crate::store::remembered::Remembered;
use crate::train::Trainer;
use crate::train::end::REPORT;
use crate::train::plateau;
use crate::train::run::rounds;
use gmc_compiler::derive::Compiled;
use gmc_compiler::diag::render::Sources;
use gmc_compiler::driver::Unit;
use gmc_compiler::types::Typed;
use std::path::Path;

/// A spec with its programs, its diagnostics shown.
///
/// # Errors
/// A file that cannot be read, a spec with errors.
pub fn compiled(s: &Spec, m: Messages) -> Result<Unit, Failure> {
    let source = load::read_spec(&s.spec)?;
    let u = load::unit(&s.spec.display().to_string(), &source, s.folder(), &s.set);
    load::report(&u, m)?;
    Ok(u)
}

/// The parts of a unit without errors.
///
/// # Errors
/// A unit that has some.
pub fn whole(u: Unit) -> Result<(Sources, Typed, Compiled), Failure> {
    match u {
        Unit { sources, typed: Some(typed), compiled: Some(compiled), .. } => Ok((sources, typed, compiled)),
        Unit { .. } => Err(Failure::new("the spec does not compile")),
    }
}

/// The spec kept in a run folder, and its hash.
pub struct Kept {
    /// The compiled spec, without errors.
    pub unit: Unit,
    /// What it is known by.
    pub hashes: Hashes,
    /// What is remembered of the data.
    pub data: Remembered,
    /// The latest checkpoint; none when the run was killed before it wrote the first.
    pub checkpoint: Option<Checkpoint>,
}

/// A folder that holds no run.
pub fn no_run(path: &Path) -> Failure {
    Failure::new(format!("{} is not a run folder: it holds no spec.gm", path.display())).at("open", path)
}

/// Reads and compiles the spec of a run and its latest checkpoint, with a word about broken ones.
///
/// # Errors
/// A folder that is no run, a spec that is not the one that was trained, checkpoints of which none can be read.
pub fn kept(dir: &RunDir, m: Messages) -> Result<Kept, Failure> {
    let at = dir.path().join("spec.gm");
    if std::fs::symlink_metadata(&at).is_err() {
        return Err(no_run(dir.path()));
    }
    let (checkpoint, broken) = dir.latest();
    if let (None, [.., last]) = (&checkpoint, broken.as_slice()) {
        let path = dir.path();
        let message = format!("{} holds no checkpoint that can be read: {last}", path.display());
        return Err(Failure::new(message).at("read", path));
    }
    for b in &broken {
        note(&format!("warning: {b}; using an earlier checkpoint\n"));
    }
    let source = dir.read_text("spec.gm")?;
    let set = set_of(dir)?;
    let data = dir.remembered()?;
    let read = |p: &str| dir.read_text(&format!("use/{}", plain(p))).map_err(|e| e.to_string());
    let base = dir.base().unwrap_or_default();
    let weights = |path: &str| dir.read(&weights_file(path), regular::WEIGHTS).ok();
    let types = |names: &[&str]| data.types(names);
    let host = RememberingHost { files: FileHost::beside(&base, 0), types: &types, weights: &weights };
    let unit = load::unit_on(&host, &at.display().to_string(), &source, &read, &set);
    let hashes = Hashes::new(&source, &set, &used_files(&unit.sources), unit.compiled.as_ref());
    let hashes = unit.typed.iter().fold(hashes, |h, typed| h.with_weights(typed));
    if let Some(c) = checkpoint.as_ref().filter(|c| c.meta.spec_hash != hashes.spec) {
        return Err(hashes.differ(dir, c));
    }
    if unit.failed() {
        load::report(&unit, m)?;
    }
    Ok(Kept { unit, hashes, data, checkpoint })
}

/// Opens a run with its latest parameters (averages where the spec keeps them) and the data that `needs` says are asked about.
///
/// # Errors
/// As [`open_on`].
pub fn open(
    r: &RunArg,
    m: Messages,
    needs: impl FnOnce(&Session) -> Result<Vec<String>, Failure>,
) -> Result<(RunDir, Session), Failure> {
    open_on(r, None, m, |s| Ok(Needs::from(needs(s)?)))
}

/// The same to be asked about these rows.
///
/// # Errors
/// As [`kept`]; a run without a checkpoint, data or a device that are not there.
pub fn open_on(
    r: &RunArg,
    rows: Option<&RowsArg>,
    m: Messages,
    needs: impl FnOnce(&Session) -> Result<Needs, Failure>,
) -> Result<(RunDir, Session), Failure> {
    let dir = RunDir::view(&r.run)?;
    let Kept { unit, checkpoint, hashes, data } = kept(&dir, m)?;
    let of_run = |why: String| Failure::new(why).at("open", dir.path());
    let Some(checkpoint) = checkpoint else { return Err(no_checkpoint(&dir)?.at("open", dir.path())) };
    let device = load::device(r.device.choice())?;
    let (_, typed, compiled) = whole(unit)?;
    trained(&dir, &compiled, &checkpoint)?;
    let mut s = load::without_data(typed, compiled, device, |d| data.item(d));
    if let Some(model) = &r.model {
        s.ask(model)?;
    }
    if r.infer_steps.is_some() && s.compiled.per_datum.is_empty() {
        return Err(Failure::new(
            "--infer-steps is for guides with parameters for each datum, `guide q[x]`, and this spec has none",
        ));
    }
    // A run of an older gmc remembers nothing: what its data are must be read.
    let needs = needs(&s)?;
    let file = rows.and_then(|rows| rows.data.as_deref());
    match (data.is_empty(), file) {
        (true, _) => s.load(&s.all_data())?,
        (false, None) => s.load(&[needs.needed.as_slice(), &needs.wished].concat())?,
        (false, Some(_)) => {}
    }
    for changed in hashes.with_data(&s).changed_data(&checkpoint) {
        note(&format!(
            "warning: the data of `{changed}` have changed since the run began: what is measured on them is not of the run's own parts\n"
        ));
    }
    s.restore(&checkpoint.tensors).map_err(|why| of_run(format!("{}: {why}", dir.path().display())))?;
    s.standing = Trainer::new(&s).progress(checkpoint.meta.step);
    plateau::restore(&mut s, &checkpoint.meta);
    s.use_averages();
    s.infer_steps = r.infer_steps.map(|n| n as u64);
    match (file, rows) {
        (Some(file), _) => s.ask_about_file(file, &needs)?,
        (None, Some(rows)) => s.ask_about(rows.part.about())?,
        (None, None) => {}
    }
    Ok((dir, s))
}

/// Whether rounds were trained in a folder, by what it says of them.
///
/// # Errors
/// Records that cannot be read.
pub fn trained_before(dir: &RunDir) -> Result<bool, Failure> {
    Ok(dir.path().join(REPORT).is_file() || dir.records()?.iter().any(|r| r.step > 0))
}

/// Why a run without any checkpoint answers nothing: it has not begun, or its weights are gone.
///
/// # Errors
/// As [`trained_before`].
pub fn no_checkpoint(dir: &RunDir) -> Result<Failure, Failure> {
    let path = dir.path().display();
    if !trained_before(dir)? {
        return Ok(Failure::new(format!("{path} holds no checkpoint yet")));
    }
    let reached = dir.records()?.iter().map(|r| r.step).max().unwrap_or(0);
    let came = if reached > 0 { format!("came to round {reached}") } else { "was finished".into() };
    Ok(Failure::new(format!("{path} holds no checkpoint, though the run {came}: its weights are gone"))
        .help(format!("put `checkpoints` back into the folder, or train anew: gmc run {path}/spec.gm")))
}

/// Says which checkpoint answers where the run went further; refuses one of a run that was not trained yet.
fn trained(dir: &RunDir, compiled: &Compiled, checkpoint: &Checkpoint) -> Result<(), Failure> {
    let (step, path) = (checkpoint.meta.step, dir.path().display());
    let trains = !compiled.per_datum.is_empty() || compiled.leaves.iter().any(|l| l.trainable);
    if step == 0 && trains {
        let message =
            format!("{path} has no checkpoint of a trained round: its weights are those that it starts with");
        return Err(Failure::new(message)
            .at("open", dir.path())
            .help(format!("train it: gmc resume {path}")));
    }
    // What was logged was done, whether or not its checkpoint is there.
    let reached = dir.records()?.iter().map(|r| r.step).max().unwrap_or(0);
    let planned = rounds(&checkpoint.meta);
    let of = planned.map_or(String::new(), |n| format!(" of {n}"));
    // A run that stopped early ends at its best measurement, with rounds behind it that count for nothing.
    let ended = |best: &Checkpoint| best.meta.step == step && planned == Some(step);
    if reached > step && !dir.best().is_ok_and(|best| ended(&best)) {
        note(&format!(
            "warning: the checkpoint of round {step}{of} answers: that of round {reached}, to which the run came, is not there\n"
        ));
    } else if planned.is_some_and(|n| n > step) {
        note(&format!("note: the run has trained {step}{of} rounds\n"));
    }
    Ok(())
}
