//! `gmc run` and `gmc resume`.

use super::args::Spec;
use super::eval::{say_scores, tell, tell_of_narrow, tell_of_no_test};
use super::kept::{Kept, kept, no_run, whole};
use crate::console::{Messages, note, say};
use crate::exec::DeviceChoice;
use crate::failure::Failure;
use crate::measure;
use crate::session::{Session, load, memory};
use crate::store::RunDir;
use crate::store::identity::{Hashes, Pairs, plain, set_text, used_files};
use crate::store::remembered::Remembered;
use crate::train::Trainer;
use crate::train::end::REPORT;
use crate::train::run::{Ended, Run};
use gmc_compiler::diag::render::render;
use gmc_compiler::diag::{Diag, codes};
use gmc_compiler::ir::{Graph, text};
use gmc_compiler::rows::layer::ReadsBatch;
use gmc_compiler::rows::setting::{Ema, Pass, Seed};
use gmc_compiler::types::failed;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set by Ctrl-C; a second one ends the process at once.
static STOP: AtomicBool = AtomicBool::new(false);

fn watch_for_interrupts() {
    // Where no handler can be installed, Ctrl-C ends the process as usual; the last checkpoint stays.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// `gmc run`
pub fn run(
    spec: &Spec,
    device: DeviceChoice,
    seed: Option<u64>,
    out: &Path,
    m: Messages,
) -> Result<(), Failure> {
    let source = load::read_spec(&spec.spec)?;
    let mut set = spec.set.clone();
    if let Some(s) = seed {
        set.push(("train.seed".into(), s.to_string()));
    }
    let u = load::unit(&spec.spec.display().to_string(), &source, spec.folder(), &set);
    load::report(&u, m)?;
    let device = load::device(device)?;
    // The data come first: a run folder is made only when nothing that the user can get wrong is left.
    let name = spec.spec.file_stem().map_or_else(|| "run".to_string(), |s| s.to_string_lossy().into_owned());
    let (sources, typed, compiled) = whole(u)?;
    let used = used_files(&sources);
    let hashes = Hashes::new(&source, &set, &used, Some(&compiled));
    let graphs: Vec<_> = compiled.programs.graphs().cloned().collect();
    let mut session = load::session(typed, compiled, device)?;
    for (item, set) in session.typed.data.iter().zip(&session.sets) {
        set.notes.iter().for_each(|n| note(&format!("data ({}): {n}\n", item.row.name())));
    }
    let found = load::found_in_data(&session);
    let found: Vec<Diag> = found.into_iter().chain(remembering(&session)).collect();
    if !found.is_empty() {
        note(&render(&found, &sources, m.format, m.color));
    }
    if failed(&found) {
        return Err(Failure::told());
    }
    session.passes().iter().filter_map(|p| joined(&session, p)).for_each(|n| note(&n));
    memory::fits(&session)?;
    let dir = RunDir::create(out, &name)?;
    dir.remember(&Remembered::of(&session.typed, &session.sets))?;
    write_spec(&dir, &source, &set, &used, &graphs)?;
    note(&format!(
        "training {} on {} in {}\n",
        spec.spec.display(),
        session.device.info().name,
        dir.path().display()
    ));
    watch_for_interrupts();
    let hashes = hashes.with_data(&session);
    let ended = Run::new(&mut session, &dir, &sources, hashes, None)?.train(&STOP)?;
    finish(&ended, &dir, &mut session, m)
}

/// A warning where averages of weights are asked for that training is too short for.
fn remembering(s: &Session) -> Option<Diag> {
    let settings = &s.typed.train.settings;
    let decay = Ema::of(settings)?;
    let each = s.typed.train.players.iter().map(|p| p.steps as u64).min().unwrap_or(1);
    let updates = Trainer::new(s).total.saturating_mul(each);
    let share = Ema::remembers(decay, updates)?;
    Some(codes::w0510::remembers(decay, Ema::span(settings), updates, share))
}

/// Says where the leftover of a pass joins the minibatch before it, and why.
fn joined(s: &Session, pass: &Pass) -> Option<String> {
    let by = s.typed.coupled(ReadsBatch::Training)?;
    let (n, batch) = (pass.size, pass.batch);
    let last = pass.last().checked_sub(batch).filter(|more| *more > 0 && s.sets.len() == 1)?;
    Some(format!(
        "note: {n} training examples in minibatches of {batch} leave {last}, which join the last minibatch: `{}` compares the examples of a minibatch with each other\n",
        by.row
    ))
}

/// Writes what a run is of. What it cannot be resumed without is there before the spec is: a folder with a
/// spec is a run.
fn write_spec(
    dir: &RunDir,
    source: &str,
    set: &Pairs,
    used: &Pairs,
    graphs: &[Graph],
) -> Result<(), Failure> {
    for (path, text) in used {
        dir.write(&format!("use/{}", plain(path)), text.as_bytes())?;
    }
    dir.write("set.txt", set_text(set).as_bytes())?;
    for g in graphs {
        dir.write(&format!("ir/{}.txt", g.name), text::print_with(g, &|_| None).as_bytes())?;
        dir.write(&format!("ir/{}.ron", g.name), g.to_ron().as_bytes())?;
    }
    dir.write("spec.gm", source.as_bytes())
}

fn finish(ended: &Ended, dir: &RunDir, session: &mut Session, m: Messages) -> Result<(), Failure> {
    match ended {
        Ended::Done(scores, health) => {
            say_scores(scores, m)?;
            tell(health);
            tell_of_narrow(session)?;
            tell_of_no_test(session);
            note(&format!("pictures, numbers and weights: {}\n", dir.path().join(REPORT).display()));
            let (seed, budget) = (Seed::of(&session.typed.train.settings), measure::full(session));
            match measure::not_finite(session, seed, budget, scores)? {
                Some(wrong) => Err(wrong),
                None => Ok(()),
            }
        }
        Ended::Interrupted(step) => Err(Failure::interrupted(format!(
            "stopped after round {step}; go on with: gmc resume {}",
            dir.path().display()
        ))
        .at("train in", dir.path())),
    }
}

/// `gmc resume`
pub fn resume(path: &Path, device: DeviceChoice, m: Messages) -> Result<(), Failure> {
    // A folder that is none of ours is left as it is: training would put a lock into it.
    if RunDir::view(path).is_ok() && std::fs::symlink_metadata(path.join("spec.gm")).is_err() {
        return Err(no_run(path));
    }
    let dir = RunDir::open(path)?;
    let Kept { unit, hashes, checkpoint, data } = kept(&dir, m)?;
    let device = load::device(device)?;
    let (sources, typed, compiled) = whole(unit)?;
    let mut session = load::session(typed, compiled, device)?;
    let hashes = hashes.with_data(&session);
    if let Some(changed) = checkpoint.as_ref().map(|c| hashes.changed_data(c)).filter(|c| !c.is_empty()) {
        return Err(Failure::new(format!(
            "the data of `{}` have changed since the run began",
            changed.join("` and `")
        ))
        .at("resume", dir.path())
        .help("put them back as they were, or train on the new ones with `gmc run`"));
    }
    if data.is_empty() {
        dir.remember(&Remembered::of(&session.typed, &session.sets))?;
    }
    memory::fits(&session)?;
    let done = checkpoint.as_ref().map_or(0, |c| c.meta.step);
    let total = Trainer::new(&session).total;
    if done >= total && dir.path().join(REPORT).is_file() {
        return say(&format!("{} is finished: all its {total} rounds are done\n", dir.path().display()));
    }
    if checkpoint.as_ref().is_some_and(|c| c.meta.ir_hash != hashes.ir) {
        note(
            "warning: this gmc compiles the spec to other programs than the one that began the run; the result may differ\n",
        );
    }
    note(&format!("going on after round {done} in {}\n", dir.path().display()));
    watch_for_interrupts();
    let ended = Run::new(&mut session, &dir, &sources, hashes, checkpoint.as_ref())?.train(&STOP)?;
    finish(&ended, &dir, &mut session, m)
}
