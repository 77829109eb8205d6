//! Benchmarks: what a training step costs with and without fusing, beside other frameworks, and how long `gmc check` takes.
//!
//! ```text
//! gmc-bench step  [SPEC..] [--rounds 30] [--milliseconds 100] [--rival NAME=COMMAND]..   time and memory of a training round
//! gmc-bench check [SPEC..] [--times 20]                                                  `gmc check`, from start to exit
//! ```
//!
//! All contenders of a spec run in turns within one process and session, and every table shows the median, the quartiles and the best
//! of all turns: on a machine with other work the best is close to what an idle machine gives, and the quartiles say how much the
//! others disturb. Ratios are medians of the ratios within a turn. A spec whose data is not installed runs on random data of the same
//! shape, and the table says so.
//!
//! A rival is any command that reads lines from standard input, each a number of steps, runs so many steps, and answers with a line on
//! standard output: the seconds they took. It does nothing between two lines.
//!
//! Memory is measured in a process of its own (`VmHWM` of Linux): the growth of its peak beyond what it held before the first step.
#![expect(clippy::print_stdout, reason = "the tables are the result")]

use clap::{Parser, Subcommand};
use gmc_compiler::diag::render::Format;
use gmc_compiler::ir::schedule;
use gmc_compiler::rows::data::{Column, Part};
use gmc_compiler::types::Typed;
use gmc_runtime::exec::DeviceChoice;
use gmc_runtime::load::{self, Failure, Messages};
use gmc_runtime::session::{Parts, Session};
use gmc_runtime::train::Trainer;
use gmc_runtime::train::order::Order;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Examples of random data that stand in for a set that is not installed.
const STAND_IN: usize = 20_000;
/// Between two turns: threads of the last contender that spin while they wait for work come to rest.
const REST: Duration = Duration::from_millis(30);
/// Training rounds of a memory measurement: enough for the allocator to reach its high-water mark.
const MEMORY_ROUNDS: u64 = 20;

#[derive(Parser)]
#[command(name = "gmc-bench", version, about = "Measures training steps and checks")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Time and memory of a training round, fused and unfused
    Step {
        /// The specs
        #[arg(default_values_os_t = ["specs/vae_mnist.gm", "specs/realnvp.gm", "specs/gan_mnist.gm"].map(PathBuf::from))]
        specs: Vec<PathBuf>,
        /// Turns of every contender
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
        /// About how long a turn takes
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
        milliseconds: u64,
        /// Another program to run in turns with ours (see the head of the source)
        #[arg(long, value_name = "NAME=COMMAND", value_parser = rival)]
        rival: Vec<(String, String)>,
    },
    /// `gmc check` from the start of the process to its exit
    Check {
        /// The specs (all of `specs/` if none is named)
        specs: Vec<PathBuf>,
        /// Runs of each
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
        times: u32,
    },
    /// Prints the bytes that training adds to the process
    #[command(hide = true)]
    Memory {
        spec: PathBuf,
        #[arg(long)]
        unfused: bool,
    },
}

fn rival(s: &str) -> Result<(String, String), String> {
    s.split_once('=')
        .map(|(n, c)| (n.to_string(), c.to_string()))
        .ok_or_else(|| "a rival is NAME=COMMAND".into())
}

fn main() -> ExitCode {
    let done = match Cli::parse().what {
        What::Step { specs, rounds, milliseconds, rival } => steps(&specs, rounds, milliseconds, &rival),
        What::Check { specs, times } => checks(&specs, times),
        What::Memory { spec, unfused } => memory(&spec, unfused),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(f) => {
            eprintln!("{}", f.text);
            ExitCode::from(f.code)
        }
    }
}

/// A session on the CPU with initial parameters, and whether its data is random.
fn open(path: &Path) -> Result<(Session, bool), Failure> {
    let text = load::read_spec(path)?;
    let unit = load::unit(&path.display().to_string(), &text, path.parent().unwrap_or(Path::new("")), &[]);
    load::report(&unit, Messages { format: Format::Short, color: false })?;
    let (Some(typed), Some(compiled)) = (unit.typed, unit.compiled) else {
        return Err(Failure::new(format!("error: {} did not compile", path.display())));
    };
    let (sets, random) = match load::data(&typed) {
        Ok(sets) => (sets, false),
        Err(_) => (stand_in(&typed), true),
    };
    let mut s = Session::new(typed, compiled, load::device(DeviceChoice::Cpu)?, sets);
    s.init(s.typed.train.seed)?;
    Ok((s, random))
}

/// Random numbers in 0 .. 1 for reals, grey levels and bits (which are drawn from grey levels), and random classes.
fn stand_in(typed: &Typed) -> Vec<Parts> {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    // xorshift64 (Marsaglia 2003): the numbers need only not be equal.
    let mut next = move |levels: Option<usize>| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let unit = (state >> 40) as f32 / (1u64 << 24) as f32;
        levels.map_or(unit, |n| (unit * n as f32).floor())
    };
    let mut part = |types: &[gmc_compiler::event::EventTy], n: usize| {
        let mut column = |ty: &gmc_compiler::event::EventTy| {
            let levels = ty.kind.cardinality();
            Column { ty: ty.clone(), values: (0..n * ty.size()).map(|_| next(levels)).collect() }
        };
        Part { n, columns: types.iter().map(&mut column).collect() }
    };
    let mut sets = Vec::new();
    for d in &typed.data {
        let types: Vec<_> = d.vars.iter().map(|v| v.ty.clone()).collect();
        sets.push(Parts { train: part(&types, STAND_IN), test: part(&types, 100) });
    }
    sets
}

/// One row of a table: turns in the order they were taken, in milliseconds a step.
struct Row {
    name: String,
    turns: Vec<f64>,
}

/// The value below which the fraction `q` of the sorted `v` lies.
fn quantile(v: &[f64], q: f64) -> f64 {
    let mut v = v.to_vec();
    v.sort_by(f64::total_cmp);
    let at = (v.len().saturating_sub(1) as f64 * q).round() as usize;
    v.get(at).copied().unwrap_or(f64::NAN)
}

/// Prints rows; ratios are of the first row to each, within a turn.
fn table(rows: &[Row], unit: &str) {
    let width = rows.iter().map(|r| r.name.len()).max().unwrap_or(0).max(8);
    println!(
        "  {:width$}  {:>9} {:>9} {:>9} {:>9}  {:>8} {:>8}",
        "", "median", "quarter", "3 quarter", "best", "speed", "at best"
    );
    for r in rows {
        let first = rows.first().map_or(&[][..], |f| &f.turns);
        let ratios: Vec<f64> = r.turns.iter().zip(first).map(|(a, b)| b / a).collect();
        let q = |p| quantile(&r.turns, p);
        println!(
            "  {:width$}  {:9.3} {:9.3} {:9.3} {:9.3}  {:7.2}x {:7.2}x   {unit}",
            r.name,
            q(0.5),
            q(0.25),
            q(0.75),
            q(0.0),
            quantile(&ratios, 0.5),
            quantile(first, 0.0) / q(0.0),
        );
    }
}

/// What the machine is busy with: the load averages where the system tells them.
fn load_average() -> String {
    let read = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let three: Vec<&str> = read.split_whitespace().take(3).collect();
    if three.is_empty() { "unknown".into() } else { three.join(" ") }
}

fn machine() -> String {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    format!("{threads} threads, {}, load {}", std::env::consts::ARCH, load_average())
}

/// A session in training.
struct Ours {
    session: Session,
    trainer: Trainer,
    step: u64,
}

impl Ours {
    fn new(session: Session) -> Ours {
        let trainer = Trainer::new(&session);
        Ours { session, trainer, step: 0 }
    }
    /// Milliseconds a round, over `n` rounds.
    fn turn(&mut self, n: u64) -> Result<f64, Failure> {
        let start = Instant::now();
        for _ in 0..n {
            black_box(self.trainer.round(&mut self.session, self.step)?);
            self.step += 1;
        }
        Ok(start.elapsed().as_secs_f64() * 1e3 / n as f64)
    }
}

/// Another program that trains the same model.
struct Rival {
    name: String,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Rival {
    fn start(name: &str, command: &str) -> Result<Rival, Failure> {
        let broken = |e: String| Failure::new(format!("error: cannot start the rival `{name}`: {e}"));
        let mut words = command.split_whitespace();
        let program = words.next().ok_or_else(|| broken("the command is empty".into()))?;
        let mut child = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| broken(e.to_string()))?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(broken("no pipes".into()));
        };
        Ok(Rival { name: name.into(), child, to, from: BufReader::new(from) })
    }
    /// Milliseconds a step, over `n` steps, as the rival measures it.
    fn turn(&mut self, n: u64) -> Result<f64, Failure> {
        writeln!(self.to, "{n}").and_then(|()| self.to.flush())?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        let seconds: f64 = line.trim().parse().map_err(|_| {
            Failure::new(format!("error: the rival `{}` answered `{}`", self.name, line.trim()))
        })?;
        Ok(seconds * 1e3 / n as f64)
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        // It may have ended on its own; either way it is reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn steps(
    specs: &[PathBuf],
    rounds: u32,
    milliseconds: u64,
    rivals: &[(String, String)],
) -> Result<(), Failure> {
    for spec in specs {
        step(spec, rounds, milliseconds, rivals)?;
    }
    Ok(())
}

fn step(spec: &Path, rounds: u32, milliseconds: u64, rivals: &[(String, String)]) -> Result<(), Failure> {
    let (session, random) = open(spec)?;
    let batch = session.typed.train.batch;
    let data = if random {
        format!("random data, {STAND_IN} examples in the shape of the set, which is not installed")
    } else {
        "its data".into()
    };
    println!("{}: one round of training, batch {batch}, {data}; {}", spec.display(), machine());
    let mut order = Order::new(1, batch, session.sets.iter().map(|p| p.train.n).collect());
    let mut ours = Ours::new(session);
    let mut rivals = rivals.iter().map(|(n, c)| Rival::start(n, c)).collect::<Result<Vec<_>, _>>()?;
    // The first turn warms up and says how many steps fill a turn.
    ours.turn(3)?;
    let fill = |ms: f64| ((milliseconds as f64 / ms) as u64).clamp(1, 10_000);
    let mut sizes = vec![fill(ours.turn(10)?)];
    for r in &mut rivals {
        r.turn(3)?;
        sizes.push(fill(r.turn(10)?));
    }
    let mut rows: Vec<Row> = ["fused", "unfused", "minibatch"]
        .into_iter()
        .map(|n| Row { name: n.into(), turns: Vec::new() })
        .collect();
    rows.extend(rivals.iter().map(|r| Row { name: r.name.clone(), turns: Vec::new() }));
    let mut draw = 0;
    for round in 0..rounds as usize {
        let n = rows.len();
        // Each turn begins with another contender, so that none always follows the same one.
        for i in (0..n).map(|i| (i + round) % n) {
            std::thread::sleep(REST);
            let ms = match i {
                0 | 1 => {
                    ours.session.set_fuse(i == 0);
                    ours.turn(sizes.first().copied().unwrap_or(1))?
                }
                2 => {
                    let many = 50;
                    let start = Instant::now();
                    for _ in 0..many {
                        black_box(order.minibatch(&ours.session, draw));
                        draw += 1;
                    }
                    start.elapsed().as_secs_f64() * 1e3 / f64::from(many)
                }
                r => match (rivals.get_mut(r - 3), sizes.get(r - 2)) {
                    (Some(rival), Some(n)) => rival.turn(*n)?,
                    (None, _) | (_, None) => f64::NAN,
                },
            };
            if let Some(row) = rows.get_mut(i) {
                row.turns.push(ms);
            }
        }
    }
    let minibatch = rows.remove(2);
    table(&rows, "ms");
    println!(
        "  of which assembling and uploading the minibatch: {:.3} ms (median)",
        quantile(&minibatch.turns, 0.5)
    );
    let programs = ours.session.compiled.programs.iter().filter(|(n, _)| n.starts_with("step."));
    for (name, g) in programs {
        let (units, plain) = ours.session.executable(name).map_or((0, 0), |e| e.units());
        println!(
            "  {name}: {} operations, {units} units fused ({plain} of them single), {:.1} million multiply-adds, schedule's estimate of the peak {:.1} MB",
            g.nodes.len(),
            schedule::madds(g, batch) as f64 / 1e6,
            schedule::peak_bytes(g, batch) as f64 / 1e6,
        );
    }
    let measured = |unfused| match peak_of(spec, unfused) {
        Some(bytes) => format!("{:.1} MB", bytes / 1e6),
        None => "unknown on this system".into(),
    };
    println!(
        "  memory that training adds to the process: fused {}, unfused {}",
        measured(false),
        measured(true)
    );
    println!("  load after: {}\n", load_average());
    Ok(())
}

/// Runs `gmc-bench memory` and reads its answer.
fn peak_of(spec: &Path, unfused: bool) -> Option<f64> {
    let mut c = Command::new(std::env::current_exe().ok()?);
    c.arg("memory").arg(spec);
    if unfused {
        c.arg("--unfused");
    }
    String::from_utf8(c.output().ok()?.stdout).ok()?.trim().parse().ok()
}

/// A line of `/proc/self/status`, in bytes.
fn status(key: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(key))?;
    line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|k| k * 1024)
}

fn memory(spec: &Path, unfused: bool) -> Result<(), Failure> {
    let (mut session, _) = open(spec)?;
    session.set_fuse(!unfused);
    let mut ours = Ours::new(session);
    // 5 resets the high-water mark of the resident memory (proc(5)).
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = status("VmRSS").ok_or_else(|| Failure::new("error: no VmRSS in /proc/self/status"))?;
    ours.turn(MEMORY_ROUNDS)?;
    let peak = status("VmHWM").ok_or_else(|| Failure::new("error: no VmHWM in /proc/self/status"))?;
    println!("{}", peak.saturating_sub(before));
    Ok(())
}

/// The specs of `specs/`, by name, without the prelude, which is part of the program.
fn all_specs() -> Result<Vec<PathBuf>, Failure> {
    let found =
        std::fs::read_dir("specs").map_err(|e| Failure::new(format!("error: cannot read specs: {e}")))?;
    let mut paths: Vec<PathBuf> = found
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "gm") && p.file_stem().is_some_and(|s| s != "prelude"))
        .collect();
    paths.sort();
    Ok(paths)
}

fn checks(specs: &[PathBuf], times: u32) -> Result<(), Failure> {
    let exe = std::env::current_exe()?.with_file_name(format!("gmc{}", std::env::consts::EXE_SUFFIX));
    let specs = if specs.is_empty() { all_specs()? } else { specs.to_vec() };
    println!("gmc check, from start to exit, {times} runs each; {}", machine());
    let mut rows: Vec<Row> =
        specs.iter().map(|s| Row { name: s.display().to_string(), turns: Vec::new() }).collect();
    for _ in 0..times {
        for (spec, row) in specs.iter().zip(&mut rows) {
            let start = Instant::now();
            let status = Command::new(&exe)
                .arg("check")
                .arg(spec)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            let status = status.map_err(|e| {
                Failure::new(format!("error: cannot run {}: {e} (build it with this program)", exe.display()))
            })?;
            row.turns.push(start.elapsed().as_secs_f64() * 1e3);
            if !status.success() {
                return Err(Failure::new(format!("error: `gmc check {}` failed", spec.display())));
            }
        }
    }
    table(&rows, "ms");
    println!("  load after: {}", load_average());
    Ok(())
}
