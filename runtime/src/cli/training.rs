//! `gmc run` and `gmc resume`.

use super::{Spec, say};
use crate::exec::DeviceChoice;
use crate::load::{self, Failure, Messages};
use crate::store::RunDir;
use crate::store::checkpoint::Checkpoint;
use crate::train::run::{Ended, Run};
use gmc_compiler::derive::Compiled;
use gmc_compiler::driver::Unit;
use gmc_compiler::ir::text;
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

/// CRC-32 of the spec as it runs, and of all its programs.
fn hashes(text: &str, set: &[(String, String)], c: &Compiled) -> (String, String) {
    let mut spec = crc32fast::Hasher::new();
    spec.update(text.as_bytes());
    set.iter().for_each(|(a, b)| spec.update(format!("\n{a}={b}").as_bytes()));
    let mut ir = crc32fast::Hasher::new();
    c.programs.values().for_each(|g| ir.update(text::print_with(g, &|_| None).as_bytes()));
    (format!("{:08x}", spec.finalize()), format!("{:08x}", ir.finalize()))
}

pub fn run(spec: &Spec, device: DeviceChoice, seed: Option<u64>, out: &Path, m: Messages) -> Result<(), Failure> {
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
    let hashes = hashes(&source, &set, &compiled);
    let graphs: Vec<_> = compiled.programs.values().cloned().collect();
    let used = used_files(&sources);
    let mut session = load::session(typed, compiled, device)?;
    let dir = RunDir::create(out, &name)?;
    dir.write("spec.gm", source.as_bytes())?;
    for (path, text) in used {
        dir.write(&format!("use/{path}"), text.as_bytes())?;
    }
    let lines: String = set.iter().map(|(a, b)| format!("{a}={b}\n")).collect();
    dir.write("set.txt", lines.as_bytes())?;
    for g in &graphs {
        dir.write(&format!("ir/{}.txt", g.name), text::print_with(g, &|_| None).as_bytes())?;
        dir.write(&format!("ir/{}.ron", g.name), g.to_ron().as_bytes())?;
    }
    eprintln!("training {} on {} in {}", spec.spec.display(), session.device.info().name, dir.path().display());
    watch_for_interrupts();
    let mut run = Run::new(&mut session, &dir, &sources, hashes, None)?;
    let ended = run.train(&STOP)?;
    finish(&ended, &dir)
}

/// Files named by `use`, as the spec names them.
fn used_files(sources: &gmc_compiler::diag::render::Sources) -> Vec<(String, String)> {
    use gmc_compiler::span::FileId;
    let mut all = Vec::new();
    let mut i = FileId::SPEC.0 + 1;
    while let (Some(n), Some(t)) = (sources.name(FileId(i)), sources.text(FileId(i))) {
        all.push((n.to_string(), t.to_string()));
        i += 1;
    }
    all
}

fn finish(ended: &Ended, dir: &RunDir) -> Result<(), Failure> {
    match ended {
        Ended::Done(scores) => {
            say(&super::query::table(scores))?;
            eprintln!("pictures, numbers and weights: {}", dir.path().join("report.html").display());
            Ok(())
        }
        Ended::Interrupted(step) => Err(Failure {
            text: format!("stopped after round {step}; go on with: gmc resume {}", dir.path().display()),
            code: 130,
        }),
    }
}

/// Compiles the spec kept in a run folder.
pub fn kept_unit(dir: &RunDir, m: Messages) -> Result<(Unit, (String, String)), Failure> {
    let source = dir.read_text("spec.gm")?;
    let set: Vec<(String, String)> = dir
        .read_text("set.txt")
        .unwrap_or_default()
        .lines()
        .filter_map(|l| l.split_once('=').map(|(a, b)| (a.to_string(), b.to_string())))
        .collect();
    let name = dir.path().join("spec.gm").display().to_string();
    let u = load::unit(&name, &source, &dir.path().join("use"), &set);
    if u.failed() {
        load::report(&u, m)?;
    }
    let h = u.compiled.as_ref().map(|c| hashes(&source, &set, c)).unwrap_or_default();
    Ok((u, h))
}

/// The latest checkpoint of a run, with a word about broken ones.
pub fn latest(dir: &RunDir) -> Result<Checkpoint, Failure> {
    let (found, broken) = dir.latest();
    for b in &broken {
        eprintln!("warning: {b}; using an earlier checkpoint");
    }
    found.ok_or_else(|| Failure::new(format!("error: {} holds no checkpoint that can be read", dir.path().display())))
}

pub fn resume(path: &Path, device: DeviceChoice, m: Messages) -> Result<(), Failure> {
    let dir = RunDir::open(path)?;
    let (u, hashes) = kept_unit(&dir, m)?;
    let checkpoint = latest(&dir)?;
    if checkpoint.meta.spec_hash != hashes.0 {
        return Err(Failure::new(format!("error: {} has changed since the checkpoint was written", dir.path().join("spec.gm").display())));
    }
    if checkpoint.meta.ir_hash != hashes.1 {
        eprintln!("warning: this gmc compiles the spec to other programs than the one that began the run; the result may differ");
    }
    let device = load::device(device)?;
    let Unit { sources, typed: Some(typed), compiled: Some(compiled), .. } = u else {
        return Err(Failure::new("error: the spec does not compile"));
    };
    let mut session = load::session(typed, compiled, device)?;
    eprintln!("going on after round {} in {}", checkpoint.meta.step, dir.path().display());
    watch_for_interrupts();
    let mut run = Run::new(&mut session, &dir, &sources, hashes, Some(&checkpoint))?;
    let ended = run.train(&STOP)?;
    finish(&ended, &dir)
}
