//! `gmc run` and `gmc resume`.

use super::{Spec, say};
use crate::evaluate;
use crate::exec::DeviceChoice;
use crate::load::{self, Failure, Messages, note};
use crate::session::Session;
use crate::store::RunDir;
use crate::store::checkpoint::Checkpoint;
use crate::train::Trainer;
use crate::train::run::{Ended, Hashes, REPORT, Run, files_of};
use gmc_compiler::derive::Compiled;
use gmc_compiler::diag::render::render;
use gmc_compiler::driver::Unit;
use gmc_compiler::ir::text;
use std::collections::BTreeMap;
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

/// CRC-32 of the spec as it runs: its text, the overrides, and the files that it uses.
fn spec_hash(text: &str, set: &[(String, String)], used: &[(String, String)]) -> String {
    let mut spec = crc32fast::Hasher::new();
    spec.update(text.as_bytes());
    set.iter().for_each(|(a, b)| spec.update(format!("\n{a}={b}").as_bytes()));
    used.iter().for_each(|(path, text)| spec.update(format!("\n{path}\n{text}").as_bytes()));
    format!("{:08x}", spec.finalize())
}

/// The text of `set.txt`.
fn set_text(set: &[(String, String)]) -> String {
    set.iter().map(|(a, b)| format!("{a}={b}\n")).collect()
}

/// What a run of these is known by.
fn hashes(text: &str, set: &[(String, String)], used: &[(String, String)], ir: String) -> Hashes {
    let crc = |text: &str| format!("{:08x}", crc32fast::hash(text.as_bytes()));
    let mut files =
        BTreeMap::from([("spec.gm".to_string(), crc(text)), ("set.txt".to_string(), crc(&set_text(set)))]);
    files.extend(used.iter().map(|(path, text)| (format!("use/{}", plain(path)), crc(text))));
    Hashes { spec: spec_hash(text, set, used), ir, files }
}

/// Which files of a run folder are not those that its checkpoint was trained with.
fn changed(dir: &RunDir, checkpoint: &Checkpoint, now: &Hashes) -> Failure {
    let at = dir.path().display();
    let step = checkpoint.meta.step;
    let differ: Vec<String> = match files_of(&checkpoint.meta) {
        Some(then) => then
            .iter()
            .filter(|(name, crc)| now.files.get(*name) != Some(*crc))
            .map(|(name, _)| name.clone())
            .collect(),
        None => Vec::new(),
    };
    let lost = differ.iter().find(|name| !dir.path().join(name).exists());
    let what = match (lost, differ.as_slice()) {
        (Some(name), _) => format!("{at}/{name} is missing"),
        (None, [one]) => format!("{at}/{one} has changed since the run began"),
        (None, []) => format!("{at}/spec.gm, set.txt or a file in use has changed since the run began"),
        (None, _) => format!("{} in {at} have changed since the run began", differ.join(" and ")),
    };
    Failure::new(format!(
        "error: {what}, or the checkpoint of round {step} is of another run\n  = help: put it back as it was, or train the changed spec with `gmc run`"
    ))
}

/// CRC-32 of all programs.
fn ir_hash(c: &Compiled) -> String {
    let mut ir = crc32fast::Hasher::new();
    c.programs.values().for_each(|g| ir.update(text::print_with(g, &|_| None).as_bytes()));
    format!("{:08x}", ir.finalize())
}

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
    let folder = spec.spec.parent().unwrap_or(Path::new(""));
    let u = load::unit(&spec.spec.display().to_string(), &source, folder, &set);
    load::report(&u, m)?;
    let device = load::device(device)?;
    // The data come first: a run folder is made only when nothing that the user can get wrong is left.
    let name = spec.spec.file_stem().map_or_else(|| "run".to_string(), |s| s.to_string_lossy().into_owned());
    let Unit { sources, typed: Some(typed), compiled: Some(compiled), .. } = u else {
        return Err(Failure::new("error: the spec does not compile"));
    };
    let used = used_files(&sources);
    let hashes = hashes(&source, &set, &used, ir_hash(&compiled));
    let graphs: Vec<_> = compiled.programs.values().cloned().collect();
    let mut session = load::session(typed, compiled, device)?;
    let wrong = load::unreachable(&session);
    if !wrong.is_empty() {
        note(&render(&wrong, &sources, m.format, m.color));
        return Err(Failure::new(""));
    }
    load::fits(&session)?;
    let dir = RunDir::create(out, &name)?;
    for (path, text) in used {
        dir.write(&format!("use/{}", plain(&path)), text.as_bytes())?;
    }
    dir.write("set.txt", set_text(&set).as_bytes())?;
    for g in &graphs {
        dir.write(&format!("ir/{}.txt", g.name), text::print_with(g, &|_| None).as_bytes())?;
        dir.write(&format!("ir/{}.ron", g.name), g.to_ron().as_bytes())?;
    }
    // What the run cannot be resumed without is there before the spec is: a folder with a spec is a run.
    dir.write("spec.gm", source.as_bytes())?;
    note(&format!(
        "training {} on {} in {}\n",
        spec.spec.display(),
        session.device.info().name,
        dir.path().display()
    ));
    watch_for_interrupts();
    let ended = Run::new(&mut session, &dir, &sources, hashes, None)?.train(&STOP)?;
    finish(&ended, &dir, &mut session)
}

/// The name under which a run folder keeps a file named by `use`, whose path may lead anywhere.
fn plain(path: &str) -> String {
    let mut out = String::new();
    for b in path.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(b as char),
            other => out.push_str(&format!("%{other:02x}")),
        }
    }
    out
}

/// Files named by `use`, as the spec names them, sorted.
fn used_files(sources: &gmc_compiler::diag::render::Sources) -> Vec<(String, String)> {
    use gmc_compiler::span::FileId;
    let mut all = Vec::new();
    let mut i = FileId::SPEC.0 + 1;
    while let (Some(n), Some(t)) = (sources.name(FileId(i)), sources.text(FileId(i))) {
        all.push((n.to_string(), t.to_string()));
        i += 1;
    }
    all.sort();
    all
}

fn finish(ended: &Ended, dir: &RunDir, session: &mut Session) -> Result<(), Failure> {
    match ended {
        Ended::Done(scores, health) => {
            say(&super::query::table(scores))?;
            super::query::tell(health);
            super::query::tell_of_no_test(session);
            note(&format!("pictures, numbers and weights: {}\n", dir.path().join(REPORT).display()));
            let (seed, effort) = (session.typed.train.seed, evaluate::full(session));
            match evaluate::not_finite(session, seed, effort, scores)? {
                Some(wrong) => Err(Failure::new(wrong)),
                None => Ok(()),
            }
        }
        Ended::Interrupted(step) => Err(Failure {
            text: format!("stopped after round {step}; go on with: gmc resume {}", dir.path().display()),
            code: 130,
        }),
    }
}

/// The spec kept in a run folder, and its hash.
pub struct Kept {
    /// The compiled spec, without errors.
    pub unit: Unit,
    /// What it is known by.
    pub hashes: Hashes,
    /// The latest checkpoint; none when the run was killed before it wrote the first.
    pub checkpoint: Option<Checkpoint>,
}

/// Reads and compiles the spec of a run and its latest checkpoint, with a word about broken ones.
///
/// # Errors
/// A folder that is no run, a spec that is not the one that was trained, checkpoints of which none can be read.
pub fn kept(dir: &RunDir, m: Messages) -> Result<Kept, Failure> {
    let at = dir.path().join("spec.gm");
    if !at.is_file() {
        return Err(Failure::new(format!(
            "error: {} is not a run folder: it holds no spec.gm",
            dir.path().display()
        )));
    }
    let (checkpoint, broken) = dir.latest();
    if let (None, [.., last]) = (&checkpoint, broken.as_slice()) {
        return Err(Failure::new(format!(
            "error: {} holds no checkpoint that can be read: {last}",
            dir.path().display()
        )));
    }
    for b in &broken {
        note(&format!("warning: {b}; using an earlier checkpoint\n"));
    }
    let source = dir.read_text("spec.gm")?;
    let set: Vec<(String, String)> = dir
        .read_text("set.txt")
        .unwrap_or_default()
        .lines()
        .filter_map(|l| l.split_once('=').map(|(a, b)| (a.to_string(), b.to_string())))
        .collect();
    let read = |p: &str| dir.read_text(&format!("use/{}", plain(p))).map_err(|e| e.to_string());
    let unit = load::unit_with(&at.display().to_string(), &source, &read, &set);
    let ir = unit.compiled.as_ref().map(ir_hash).unwrap_or_default();
    let hashes = hashes(&source, &set, &used_files(&unit.sources), ir);
    if let Some(c) = checkpoint.as_ref().filter(|c| c.meta.spec_hash != hashes.spec) {
        return Err(changed(dir, c, &hashes));
    }
    if unit.failed() {
        load::report(&unit, m)?;
    }
    Ok(Kept { unit, hashes, checkpoint })
}

pub fn resume(path: &Path, device: DeviceChoice, m: Messages) -> Result<(), Failure> {
    // A folder that is none of ours is left as it is: training would put a lock into it.
    if RunDir::view(path).is_ok() && !path.join("spec.gm").is_file() {
        return Err(Failure::new(format!(
            "error: {} is not a run folder: it holds no spec.gm",
            path.display()
        )));
    }
    let dir = RunDir::open(path)?;
    let Kept { unit, hashes, checkpoint } = kept(&dir, m)?;
    let device = load::device(device)?;
    let Unit { sources, typed: Some(typed), compiled: Some(compiled), .. } = unit else {
        return Err(Failure::new("error: the spec does not compile"));
    };
    let mut session = load::session(typed, compiled, device)?;
    load::fits(&session)?;
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
    finish(&ended, &dir, &mut session)
}
