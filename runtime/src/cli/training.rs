//! `gmc run` and `gmc resume`.

use super::args::Spec;
use super::eval::{say_scores, tell, tell_advice, tell_of_no_test};
use super::kept::{Kept, kept, no_checkpoint, no_run, trained_before, whole};
use crate::console::{Messages, note, say};
use crate::exec::DeviceChoice;
use crate::failure::Failure;
use crate::measure;
use crate::session::host::FileHost;
use crate::session::{Session, load, memory};
use crate::show::costs;
use crate::store::RunDir;
use crate::store::checkpoint::Checkpoint;
use crate::store::identity::{Hashes, Pairs, plain, set_text, used_files, weights_file};
use crate::store::remembered::Remembered;
use crate::train::Trainer;
use crate::train::about::about;
use crate::train::end::REPORT;
use crate::train::run::{Ended, Run, Start, rounds};
use gmc_compiler::accept;
use gmc_compiler::diag::codes::of_data;
use gmc_compiler::diag::render::{Sources, render};
use gmc_compiler::diag::{Diag, codes};
use gmc_compiler::ir::{Graph, text};
use gmc_compiler::rows::data::Host;
use gmc_compiler::rows::layer::ReadsBatch;
use gmc_compiler::rows::setting::{Ema, Pass, Seed};
use gmc_compiler::types::{Typed, failed};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// In this file a run folder keeps the run that it started from.
pub const FROM: &str = "from.txt";

/// Set by Ctrl-C and SIGTERM; a second one ends the process at once.
static STOP: AtomicBool = AtomicBool::new(false);

/// Whether the user has asked to stop.
pub fn stopped() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// From here on, Ctrl-C and SIGTERM ask to stop.
pub fn watch_for_interrupts() {
    // Where no handler can be installed, Ctrl-C ends the process as usual; the last checkpoint stays.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// What `gmc run` is asked for beside the spec.
pub struct Asked<'a> {
    /// Where to compute.
    pub device: DeviceChoice,
    /// In place of the spec's seed.
    pub seed: Option<u64>,
    /// The folder for run folders.
    pub out: &'a Path,
    /// What the run folder is called before its number; else as [`name_of`] says.
    pub name: Option<&'a str>,
    /// The run whose parameters this one starts with.
    pub from: Option<&'a Path>,
    /// Measure what each line of the spec costs.
    pub profile: bool,
}

/// Most characters of what is overridden in the name of a run folder.
const MOST_NAMED: usize = 80;

/// What a run is called: its spec, and what was overridden: `vae-lr=1e-3-seed=2`.
pub fn name_of(spec: &Path, set: &Pairs) -> String {
    let stem = spec.file_stem().map_or_else(|| "run".into(), |s| s.to_string_lossy());
    let said = |(path, value): &(String, String)| {
        let path = path.trim().trim_start_matches("train.");
        format!("-{path}={}", value.trim())
    };
    let said: String = set.iter().map(said).collect::<String>().chars().take(MOST_NAMED).collect();
    format!("{stem}{said}")
}

/// The parameters of another run to start with.
fn parameters(of: &Path) -> Result<Checkpoint, Failure> {
    let dir = RunDir::view(of)?;
    let (latest, broken) = dir.latest();
    let fault = broken.into_iter().next();
    let latest =
        latest.ok_or_else(|| fault.unwrap_or_else(|| Failure::new("it holds no checkpoint").at("read", of)));
    match latest {
        Ok(c) if c.meta.step == 0 => {
            let why = format!(
                "{} has no checkpoint of a trained round: there is nothing to start with",
                of.display()
            );
            Err(Failure::new(why).at("read", of).help("leave `--from` out"))
        }
        other => other,
    }
}

/// `gmc run`
pub fn run(spec: &Spec, asked: &Asked<'_>, m: Messages) -> Result<(), Failure> {
    let source = load::read_spec(&spec.spec)?;
    let mut set = spec.set.clone();
    if let Some(s) = asked.seed {
        set.push(("train.seed".into(), s.to_string()));
    }
    let warm = asked.from.map(parameters).transpose()?;
    let u = load::unit(&spec.spec.display().to_string(), &source, spec.folder(), &set);
    load::report(&u, m)?;
    let device = load::device(asked.device)?;
    // The data come first: a run folder is made only when nothing that the user can get wrong is left.
    let name = asked.name.map_or_else(|| name_of(&spec.spec, &set), str::to_string);
    let (sources, typed, compiled) = whole(u)?;
    let used = used_files(&sources);
    let hashes = Hashes::new(&source, &set, &used, Some(&compiled)).with_weights(&typed);
    let graphs: Vec<_> = compiled.programs.graphs().cloned().collect();
    let mut session = load::session(typed, compiled, device)?;
    for (item, set) in session.typed.data.iter().zip(&session.sets) {
        set.notes.iter().for_each(|n| note(&format!("data ({}): {n}\n", item.row.name())));
    }
    let found = notices(&session, &sources);
    if !found.is_empty() {
        note(&render(&found, &sources, m.format, m.color));
    }
    if failed(&found) {
        return Err(Failure::told());
    }
    session.passes().iter().filter_map(|p| joined(&session, p)).for_each(|n| note(&n));
    let base = load::base_of(spec.folder());
    let folder = Folder {
        out: asked.out,
        name: &name,
        source: &source,
        set: &set,
        used: &used,
        base: &base,
        from: asked.from,
    };
    let (dir, hashes) = into_folder(&folder, &session, hashes, &graphs)?;
    note(&format!(
        "training {} on {} in {}\n",
        spec.spec.display(),
        session.device.info().name,
        dir.path().display()
    ));
    watch_for_interrupts();
    session.set_profile(asked.profile);
    if asked.profile && !session.device.is_cpu() {
        note("note: times are measured on the CPU only (`--device cpu`); the table will have counts alone\n");
    }
    let start = warm.as_ref().map_or(Start::Drawn, |c| Start::Warm(&c.tensors));
    let ended = Run::new(&mut session, &dir, &sources, hashes, &start)?.train(&STOP)?;
    if asked.profile {
        note(&format!("\n{}", costs::table(&costs::of_steps(&session, &sources))));
    }
    finish(&ended, &dir, &mut session, m)
}

/// What is to be said of loaded data and settings before training, errors among it.
pub fn notices(session: &Session, sources: &Sources) -> Vec<Diag> {
    let found = load::found_in_data(&session.typed, &session.sets, session.repeats());
    let mut found: Vec<Diag> = found.into_iter().chain(remembering(session)).collect();
    accept::settle(sources, &mut found, of_data);
    found
}

/// What a run folder is made of before training.
pub struct Folder<'a> {
    /// The folder for run folders.
    pub out: &'a Path,
    /// What it is called, before its number.
    pub name: &'a str,
    /// The text of the spec.
    pub source: &'a str,
    /// Its overrides.
    pub set: &'a Pairs,
    /// The files that it uses.
    pub used: &'a Pairs,
    /// The folder that its paths are relative to.
    pub base: &'a Path,
    /// The run whose parameters it starts with.
    pub from: Option<&'a Path>,
}

/// Makes a run folder for a session whose data are loaded, if it fits into memory: all that a run must have to be opened and resumed.
///
/// # Errors
/// Too little memory, a file that cannot be written.
pub fn into_folder(
    f: &Folder<'_>,
    session: &Session,
    hashes: Hashes,
    graphs: &[Graph],
) -> Result<(RunDir, Hashes), Failure> {
    memory::fits(session)?;
    let dir = RunDir::create(f.out, f.name)?;
    dir.remember(&Remembered::of(&session.typed, &session.sets))?;
    dir.remember_base(f.base)?;
    if let Some(from) = f.from {
        dir.write(FROM, format!("{}\n", from.display()).as_bytes())?;
    }
    keep_weights(&dir, &session.typed, f.base)?;
    let hashes = hashes.with_data(session);
    dir.introduce(&about(session, &Trainer::new(session), &hashes))?;
    write_spec(&dir, f.source, f.set, f.used, graphs)?;
    Ok((dir, hashes))
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

/// Keeps the files that nets have their weights from, so that the run can be asked without them.
fn keep_weights(dir: &RunDir, typed: &Typed, base: &Path) -> Result<(), Failure> {
    let files = FileHost::beside(base, 0);
    for f in typed.nets.iter().filter_map(|n| n.frozen.as_ref()) {
        let bytes = files.weights(&f.path).map_err(|why| Failure::new(why.what))?;
        dir.write(&weights_file(&f.path), &bytes)?;
    }
    Ok(())
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
            let (seed, budget) = (Seed::of(&session.typed.train.settings), measure::full(session));
            tell_advice(session, seed, budget)?;
            if let Some(words) = measure::verdict::of_run(&dir.records()?, &session.typed) {
                note(&format!("health: {words}\n"));
            }
            tell_of_no_test(session);
            note(&format!("pictures, numbers and weights: {}\n", dir.path().join(REPORT).display()));
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

/// Training beyond what was planned.
#[derive(Clone, Copy, Default)]
pub struct More {
    /// So many epochs.
    pub epochs: Option<u64>,
    /// So many rounds.
    pub steps: Option<u64>,
}

impl More {
    /// In rounds.
    fn rounds(self, per_epoch: u64) -> u64 {
        self.steps.unwrap_or(0).saturating_add(self.epochs.unwrap_or(0).saturating_mul(per_epoch))
    }
}

/// The data of a run are those that it began with.
fn same_data(hashes: &Hashes, checkpoint: &Checkpoint, dir: &RunDir) -> Result<(), Failure> {
    let changed = hashes.changed_data(checkpoint);
    if changed.is_empty() {
        return Ok(());
    }
    let message = format!("the data of `{}` have changed since the run began", changed.join("` and `"));
    Err(Failure::new(message)
        .at("resume", dir.path())
        .help("put them back as they were, or train on the new ones with `gmc run`"))
}

/// `gmc resume`
pub fn resume(path: &Path, device: DeviceChoice, more: More, m: Messages) -> Result<(), Failure> {
    // A folder that is none of ours is left as it is: training would put a lock into it.
    if RunDir::view(path).is_ok() && std::fs::symlink_metadata(path.join("spec.gm")).is_err() {
        return Err(no_run(path));
    }
    let dir = RunDir::open(path)?;
    let Kept { unit, hashes, checkpoint, data } = kept(&dir, m)?;
    if checkpoint.is_none() && trained_before(&dir)? {
        return Err(no_checkpoint(&dir)?.at("resume", dir.path()));
    }
    if let (None, Some(from)) = (&checkpoint, dir.text_if_there(FROM)?) {
        let why = format!("{} was stopped before its first checkpoint", path.display());
        return Err(Failure::new(why).at("resume", path).help(format!(
            "it starts with the parameters of {}: begin it again with `gmc run .. --from`",
            from.trim()
        )));
    }
    let device = load::device(device)?;
    let (sources, typed, compiled) = whole(unit)?;
    let mut session = load::session(typed, compiled, device)?;
    let hashes = hashes.with_data(&session);
    if let Some(c) = &checkpoint {
        same_data(&hashes, c, &dir)?;
    }
    if data.is_empty() {
        dir.remember(&Remembered::of(&session.typed, &session.sets))?;
    }
    if !dir.introduced() {
        dir.introduce(&about(&session, &Trainer::new(&session), &hashes))?;
    }
    memory::fits(&session)?;
    let done = checkpoint.as_ref().map_or(0, |c| c.meta.step);
    let trainer = Trainer::new(&session);
    let planned = checkpoint.as_ref().and_then(|c| rounds(&c.meta)).unwrap_or(0).max(trainer.total);
    let added = more.rounds(trainer.per_epoch);
    if done >= planned && added == 0 && dir.path().join(REPORT).is_file() {
        return say(&format!("{} is finished: all its {planned} rounds are done\n", dir.path().display()));
    }
    if checkpoint.as_ref().is_some_and(|c| c.meta.ir_hash != hashes.ir) {
        note(
            "warning: this gmc compiles the spec to other programs than the one that began the run; the result may differ\n",
        );
    }
    let until = planned.saturating_add(added);
    let beyond =
        if until > planned { format!(" to round {until}, {added} more than planned") } else { String::new() };
    note(&format!("going on after round {done}{beyond} in {}\n", dir.path().display()));
    if until > trainer.total && !session.typed.schedules.is_empty() {
        note("note: schedules that end with training have ended: they stay where they are\n");
    }
    watch_for_interrupts();
    let start = checkpoint.as_ref().map_or(Start::Drawn, |c| Start::At(c, added));
    let mut run = Run::new(&mut session, &dir, &sources, hashes, &start)?;
    if added > 0 {
        // The report of what was planned is none of what follows; without one, a run is not finished.
        dir.remove(REPORT)?;
    }
    let ended = run.train(&STOP)?;
    finish(&ended, &dir, &mut session, m)
}
