//! `gmc sweep`: every combination of settings, over several seeds, each a run of its own.

use super::args::{Spec, Where};
use super::compare::columns;
use super::kept::compiled;
use super::training::{name_of, stopped, watch_for_interrupts};
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::scores::Score;
use crate::store::identity::Pairs;
use crate::store::{RunDir, atomic_write, folder_name};
use clap::ValueEnum;
use gmc_compiler::diag::render::Format;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What `gmc sweep` is asked for.
pub struct Asked<'a> {
    /// The spec.
    pub spec: &'a Path,
    /// Values by path, between commas.
    pub set: &'a Pairs,
    /// Seeds each.
    pub seeds: usize,
    /// Runs at once.
    pub jobs: usize,
    /// Where to compute.
    pub device: Where,
    /// Folder for the folder of the sweep.
    pub out: &'a Path,
}

/// The table of all runs, in the folder of a sweep.
pub const TABLE: &str = "sweep.csv";
/// Most runs of a sweep.
const MOST: usize = 10_000;

/// One run of a sweep.
struct One {
    /// Its combination's number.
    combination: usize,
    seed: usize,
    set: Pairs,
    folder: PathBuf,
}

/// How one run ended.
enum Ended {
    /// Its final numbers.
    Done(Vec<Score>),
    /// What it said.
    Failed(String),
    /// Stopped by the user.
    Stopped,
}

/// Values between commas; commas within brackets belong to a value.
pub fn values(text: &str) -> Vec<String> {
    let (mut all, mut depth) = (vec![String::new()], 0i32);
    for c in text.chars() {
        depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
        match all.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            Some(_) | None => all.push(String::new()),
        }
    }
    all.into_iter().map(|v| v.trim().to_string()).collect()
}

/// Every combination of one value of each path, the last path changing fastest.
fn combinations(set: &Pairs) -> Result<Vec<Pairs>, Failure> {
    let mut all: Vec<Pairs> = vec![Vec::new()];
    for (path, text) in set {
        let values = values(text);
        if values.iter().any(String::is_empty) {
            return Err(Failure::usage(format!("`{path}={text}` has an empty value"))
                .help("write values between commas, as in `train.lr=1e-3,1e-4`"));
        }
        all = all
            .iter()
            .flat_map(|c| {
                values.iter().map(|v| c.iter().cloned().chain([(path.clone(), v.clone())]).collect())
            })
            .collect();
        if all.len() > MOST {
            return Err(Failure::usage(format!("more than {MOST} combinations")));
        }
    }
    Ok(all)
}

/// `gmc sweep`
pub fn sweep(asked: &Asked<'_>, m: Messages) -> Result<(), Failure> {
    if let Some((path, _)) = asked.set.iter().find(|(p, _)| p.trim() == "train.seed") {
        return Err(Failure::usage(format!("`{path}` is what `--seeds` gives")));
    }
    let combinations = combinations(asked.set)?;
    if combinations.len().saturating_mul(asked.seeds) > MOST {
        return Err(Failure::usage(format!("more than {MOST} runs")));
    }
    // Nothing is trained before everything compiles.
    for set in &combinations {
        compiled(&Spec { spec: asked.spec.to_path_buf(), set: set.clone() }, m)?;
    }
    let folder = made(asked)?;
    let names: Vec<String> = combinations.iter().map(|set| folder_name(&name_of(asked.spec, set))).collect();
    let of = |(combination, set): (usize, &Pairs)| -> Vec<One> {
        let name = names.get(combination).cloned().unwrap_or_default();
        // Values that are long, or differ only in what no folder's name may hold, are told apart by their number.
        let twice = names.iter().filter(|n| **n == name).count() > 1;
        let name = if twice { format!("{name}-{}", combination + 1) } else { name };
        let one = |seed| One {
            combination,
            seed,
            set: set.clone(),
            folder: folder.join(format!("{name}-seed={seed}")),
        };
        (1..=asked.seeds).map(one).collect()
    };
    let runs: Vec<One> = combinations.iter().enumerate().flat_map(of).collect();
    note(&format!("{} runs in {}\n", runs.len(), folder.display()));
    watch_for_interrupts();
    let ended = all(asked, &runs);
    atomic_write(&folder.join(TABLE), csv(&runs, &ended).as_bytes())?;
    match m.format {
        Format::Human | Format::Short => say(&table(&combinations, &runs, &ended))?,
        Format::Json => say(&json(&combinations, &runs, &ended))?,
    }
    let failed = ended.iter().filter(|e| matches!(e, Ended::Failed(_))).count();
    if ended.iter().any(|e| matches!(e, Ended::Stopped)) {
        return Err(Failure::interrupted(format!("stopped; what was trained is in {}", folder.display())));
    }
    match failed {
        0 => Ok(()),
        n => Err(Failure::new(format!("{n} of {} runs failed: their words stand above", runs.len()))),
    }
}

/// The folder of the sweep: `runs/vae-sweep-1`.
fn made(asked: &Asked<'_>) -> Result<PathBuf, Failure> {
    let dir = RunDir::create(asked.out, &format!("{}-sweep", name_of(asked.spec, &Vec::new())))?;
    // It holds runs and is none.
    dir.remove("lock")?;
    Ok(dir.path().to_path_buf())
}

/// Runs all, some at once; in the order of `runs`.
fn all(asked: &Asked<'_>, runs: &[One]) -> Vec<Ended> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ended: Mutex<Vec<(usize, Ended)>> = Mutex::new(Vec::new());
    std::thread::scope(|s| {
        for _ in 0..asked.jobs.min(runs.len()) {
            s.spawn(|| {
                while let Some((i, one)) =
                    Some(next.fetch_add(1, Ordering::SeqCst)).and_then(|i| Some((i, runs.get(i)?)))
                {
                    let started = Instant::now();
                    let end = if stopped() { Ended::Stopped } else { run(asked, one) };
                    let n = done.fetch_add(1, Ordering::SeqCst) + 1;
                    note(&told(n, runs.len(), one, &end, started.elapsed()));
                    ended.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((i, end));
                }
            });
        }
    });
    let mut ended = ended.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    ended.sort_by_key(|(i, _)| *i);
    ended.into_iter().map(|(_, e)| e).collect()
}

fn told(n: usize, of: usize, one: &One, end: &Ended, took: Duration) -> String {
    let name = one.folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let what = match end {
        Ended::Done(scores) => scores.first().map_or_else(
            || "done".to_string(),
            |s| format!("{} {:.4} {}", s.title(), s.value.0, s.unit).trim_end().to_string(),
        ),
        Ended::Failed(why) => format!("failed\n{why}"),
        Ended::Stopped => "stopped".into(),
    };
    format!("[{n}/{of}] {name}  {:.0} s  {what}\n", took.as_secs_f64())
}

/// Trains one as a process of its own.
fn run(asked: &Asked<'_>, one: &One) -> Ended {
    let failed = |why: String| Ended::Failed(why);
    let me = match std::env::current_exe() {
        Ok(me) => me,
        Err(e) => return failed(format!("the program does not find itself: {e}")),
    };
    let (Some(parent), Some(name)) = (one.folder.parent(), one.folder.file_name()) else {
        return failed("no folder".into());
    };
    let mut c = Command::new(me);
    c.arg("run").arg(asked.spec).arg("--seed").arg(one.seed.to_string());
    for (path, value) in &one.set {
        c.arg("--set").arg(format!("{path}={value}"));
    }
    let device = asked.device.to_possible_value();
    c.arg("--device").arg(device.as_ref().map_or("auto", |v| v.get_name()));
    c.arg("--out").arg(parent).arg("--name").arg(name);
    if asked.jobs > 1 {
        // Results do not depend on the number of threads.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        c.env("RAYON_NUM_THREADS", (cores / asked.jobs).max(1).to_string());
    }
    let log = parent.join(format!("{}.log", name.to_string_lossy()));
    let file = match std::fs::File::create(&log) {
        Ok(f) => f,
        Err(e) => return failed(Failure::file("write", &log, e).to_string()),
    };
    c.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
    let code = match c.spawn() {
        Ok(child) => wait(child),
        Err(e) => return failed(format!("cannot start: {e}")),
    };
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    match code {
        Some(0) => {
            let _ = std::fs::remove_file(&log);
            let folder = parent.join(format!("{}-1", name.to_string_lossy()));
            match RunDir::view(&folder).and_then(|d| d.scores()) {
                Ok(scores) => Ended::Done(scores),
                Err(why) => failed(why.to_string()),
            }
        }
        Some(130) => Ended::Stopped,
        Some(_) | None if stopped() => Ended::Stopped,
        Some(_) | None => failed(said),
    }
}

/// How long a run may take to write its checkpoint when it is stopped.
const GRACE: Duration = Duration::from_secs(20);

/// Waits for a process; when the sweep is stopped, gives it time to stop, too.
fn wait(mut child: Child) -> Option<i32> {
    let mut since: Option<Instant> = None;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.code(),
            Ok(None) => {}
            Err(_) => return None,
        }
        if stopped() && since.get_or_insert_with(Instant::now).elapsed() > GRACE {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A number over the seeds of a combination.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Mean over the runs.
    pub mean: f64,
    /// Standard deviation over the runs (n - 1); none of one run.
    pub deviation: Option<f64>,
    /// How many runs have it.
    pub runs: usize,
}

/// Mean and standard deviation.
pub fn spread(values: &[f64]) -> Spread {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    Spread { mean, deviation: (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()), runs: values.len() }
}

/// The numbers of a combination over its seeds: a score that names each, and its spread.
fn spreads<'a>(combination: usize, runs: &[One], ended: &'a [Ended]) -> Vec<(&'a Score, Spread)> {
    let of = runs.iter().zip(ended).filter(|(r, _)| r.combination == combination);
    let done: Vec<&Vec<Score>> =
        of.filter_map(|(_, e)| if let Ended::Done(scores) = e { Some(scores) } else { None }).collect();
    let same = |a: &Score, b: &Score| a.key == b.key && a.part == b.part && a.at == b.at;
    let one = |s: &'a Score| {
        let values: Vec<f64> =
            done.iter().filter_map(|all| all.iter().find(|x| same(x, s))).map(|s| s.value.0).collect();
        (s, spread(&values))
    };
    done.first().into_iter().flat_map(|all| all.iter()).map(one).collect()
}

fn settings(set: &Pairs) -> String {
    let all: Vec<String> = set.iter().map(|(p, v)| format!("{p}={v}")).collect();
    if all.is_empty() { "as in the spec".into() } else { all.join(" ") }
}

fn table(combinations: &[Pairs], runs: &[One], ended: &[Ended]) -> String {
    let mut rows = vec![["settings", "number", "mean", "± std", "unit", "runs"].map(str::to_string).to_vec()];
    for (i, set) in combinations.iter().enumerate() {
        for (s, spread) in spreads(i, runs, ended) {
            let deviation = spread.deviation.map_or_else(String::new, |d| format!("{d:.4}"));
            rows.push(vec![
                settings(set),
                format!("{} {}", s.part, s.title()),
                format!("{:.4}", spread.mean),
                deviation,
                s.unit.clone(),
                spread.runs.to_string(),
            ]);
        }
    }
    columns(&rows)
}

/// A number of a combination, as programs read it.
#[derive(Serialize)]
struct Line<'a> {
    settings: std::collections::BTreeMap<&'a str, &'a str>,
    key: &'a str,
    name: String,
    part: &'a str,
    unit: &'a str,
    #[serde(flatten)]
    spread: Spread,
}

fn json(combinations: &[Pairs], runs: &[One], ended: &[Ended]) -> String {
    let mut out = String::new();
    for (i, set) in combinations.iter().enumerate() {
        for (s, spread) in spreads(i, runs, ended) {
            let settings = set.iter().map(|(p, v)| (p.as_str(), v.as_str())).collect();
            let line = Line { settings, key: &s.key, name: s.title(), part: &s.part, unit: &s.unit, spread };
            // Texts and numbers always have a JSON text.
            out.push_str(&(serde_json::to_string(&line).unwrap_or_default() + "\n"));
        }
    }
    out
}

/// Every number of every run, a line each.
fn csv(runs: &[One], ended: &[Ended]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut out = String::from("run,settings,seed,part,number,unit,value\n");
    for (one, end) in runs.iter().zip(ended) {
        let Ended::Done(scores) = end else { continue };
        let name = one.folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        for s in scores {
            let cells = [quoted(&format!("{name}-1")), quoted(&settings(&one.set)), one.seed.to_string()];
            let rest = [s.part.clone(), quoted(&s.title()), s.unit.clone(), s.value.0.to_string()];
            out.push_str(&(cells.iter().chain(&rest).cloned().collect::<Vec<_>>().join(",") + "\n"));
        }
    }
    out
}
