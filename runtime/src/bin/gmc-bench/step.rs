//! `gmc-bench step`: a round of training, fused and unfused, and other programs, in turns.

use super::memory::peak_of;
use super::ours::{Ours, open};
use super::rival::Rival;
use super::table::{Row, load_average, machine, quantile, table};
use gmc_compiler::ir::schedule;
use gmc_compiler::rows::setting::Batch;
use gmc_runtime::failure::Failure;
use gmc_runtime::session::stand_in::STAND_IN;
use gmc_runtime::train::order::Order;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Between two turns: threads of the last contender that spin while they wait for work come to rest.
const REST: Duration = Duration::from_millis(30);
/// Minibatches that are assembled in a turn.
const MINIBATCHES: u64 = 50;

/// Measures each of these specs.
pub fn steps(
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
    let batch = Batch::of(&session.typed.train.settings);
    let data = if random {
        format!("random data, {STAND_IN} examples in the shape of the set, which is not installed")
    } else {
        "its data".into()
    };
    println!("{}: one round of training, batch {batch}, {data}; {}", spec.display(), machine());
    let mut contest = Contest::new(Ours::new(session), rivals, milliseconds)?;
    let mut rows: Vec<Row> = ["fused", "unfused", "minibatch"].map(Row::new).into();
    rows.extend(contest.rivals.iter().map(|r| Row::new(&r.name)));
    for round in 0..rounds as usize {
        let n = rows.len();
        // Each turn begins with another contender, so that none always follows the same one.
        for i in (0..n).map(|i| (i + round) % n) {
            std::thread::sleep(REST);
            let ms = contest.turn(i)?;
            if let Some(row) = rows.get_mut(i) {
                row.turns.push(ms);
            }
        }
    }
    let minibatch = rows.remove(2);
    table(&rows, "ms");
    let median = quantile(&minibatch.turns, 0.5);
    println!("  of which assembling and uploading the minibatch: {median:.3} ms (median)");
    programs(&contest.ours, batch);
    let measured = |unfused| match peak_of(spec, unfused) {
        Some(bytes) => format!("{:.1} MB", bytes / 1e6),
        None => "unknown on this system".into(),
    };
    let (fused, unfused) = (measured(false), measured(true));
    println!("  memory that training adds to the process: fused {fused}, unfused {unfused}");
    println!("  load after: {}\n", load_average());
    Ok(())
}

/// All that take turns.
struct Contest {
    ours: Ours,
    order: Order,
    /// Minibatches assembled so far.
    drawn: u64,
    rivals: Vec<Rival>,
    /// Steps that fill a turn: of ours, then of each rival.
    sizes: Vec<u64>,
}

impl Contest {
    /// Warms all up, which says how many steps fill a turn.
    fn new(mut ours: Ours, rivals: &[(String, String)], milliseconds: u64) -> Result<Contest, Failure> {
        let sets = ours.session.sets.iter().map(|p| p.train.n).collect();
        let settings = &ours.session.typed.train.settings;
        let order = Order::new(1, Batch::of(settings), ours.session.leftover(), sets);
        let mut rivals = rivals.iter().map(|(n, c)| Rival::start(n, c)).collect::<Result<Vec<_>, _>>()?;
        ours.turn(3)?;
        let fill = |ms: f64| ((milliseconds as f64 / ms) as u64).clamp(1, 10_000);
        let mut sizes = vec![fill(ours.turn(10)?)];
        for r in &mut rivals {
            r.turn(3)?;
            sizes.push(fill(r.turn(10)?));
        }
        Ok(Contest { ours, order, drawn: 0, rivals, sizes })
    }

    /// Milliseconds a step of contender `i`: fused, unfused, the minibatch alone, then the rivals.
    fn turn(&mut self, i: usize) -> Result<f64, Failure> {
        match i {
            0 | 1 => {
                self.ours.session.set_fuse(i == 0);
                self.ours.turn(self.sizes.first().copied().unwrap_or(1))
            }
            2 => {
                let start = Instant::now();
                for draw in self.drawn..self.drawn + MINIBATCHES {
                    black_box(self.order.minibatch(&self.ours.session, draw));
                }
                self.drawn += MINIBATCHES;
                Ok(start.elapsed().as_secs_f64() * 1e3 / MINIBATCHES as f64)
            }
            r => match (self.rivals.get_mut(r - 3), self.sizes.get(r - 2)) {
                (Some(rival), Some(n)) => rival.turn(*n),
                (None, _) | (_, None) => Ok(f64::NAN),
            },
        }
    }
}

/// What the training steps are made of.
fn programs(ours: &Ours, batch: usize) {
    for (name, g) in ours.session.compiled.programs.steps() {
        let (units, plain) = ours.session.executable(name).map_or((0, 0), |e| e.units());
        println!(
            "  {name}: {} operations, {units} units fused ({plain} of them single), {:.1} million multiply-adds, \
             schedule's estimate of the peak {:.1} MB",
            g.nodes.len(),
            schedule::madds(g, batch) as f64 / 1e6,
            schedule::peak_bytes(g, batch) as f64 / 1e6,
        );
    }
}
