//! A run: rounds, measurements, checkpoints.

use super::Trainer;
use super::plateau::Plateaus;
use super::progress::Seen;
use super::sums::Sums;
use super::watch::Watch;
use crate::console::note;
use crate::failure::Failure;
use crate::measure::latent::LatentReport;
use crate::measure::round::TRAIN;
use crate::measure::scores::{Record, Score};
use crate::measure::{evaluate, glance, round};
use crate::session::Session;
use crate::session::data::TEST;
use crate::session::snapshot::Snapshot;
use crate::store::RunDir;
use crate::store::checkpoint::{Checkpoint, Meta};
use crate::store::identity::Hashes;
use crate::store::log::Log;
use gmc_compiler::diag::render::Sources;
use gmc_compiler::rows::measure::Every;
use gmc_compiler::rows::setting::{self, Seed, Steps};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Time between checkpoints unless the spec says how many rounds.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(20);

/// Under this name a checkpoint keeps the seconds trained.
const SECONDS: &str = "seconds";
/// Under this name a checkpoint keeps how many rounds the run has in all.
const ROUNDS: &str = "rounds";

/// How many rounds the run of a checkpoint has in all; unknown of one that an older gmc wrote.
pub fn rounds(meta: &Meta) -> Option<u64> {
    meta.extra.get(ROUNDS)?.parse().ok()
}

/// Where a run begins, and how far it goes beyond what its spec says.
pub enum Start<'a> {
    /// With parameters as the spec draws them.
    Drawn,
    /// With the parameters of another run, where they fit, and drawn ones elsewhere.
    Warm(&'a Snapshot),
    /// Where a checkpoint stands, with so many rounds more than were planned.
    At(&'a Checkpoint, u64),
}

/// A run in progress.
pub struct Run<'a> {
    pub(super) session: &'a mut Session,
    pub(super) trainer: Trainer,
    pub(super) dir: &'a RunDir,
    pub(super) sources: &'a Sources,
    hashes: Hashes,
    /// Rounds done.
    pub(super) step: u64,
    /// Rounds to be done in all: those of the spec, and those that were added since.
    pub(super) until: u64,
    /// Seconds trained in earlier sessions.
    before: f64,
    started: Instant,
    pub(super) log: Log,
    /// What was reported since the last line of the log.
    sums: Sums,
    pub(super) last: Checkpoint,
    /// What the validation part has said, where the spec may stop.
    pub(super) watch: Option<Watch>,
    /// What the validation part has said to schedules that follow it.
    plateaus: Plateaus,
}

/// How a run ended.
pub enum Ended {
    /// All rounds are done: the final numbers, and the health of the latent sites.
    Done(Vec<Score>, Vec<LatentReport>),
    /// Stopped by the user after this many rounds.
    Interrupted(u64),
}

impl<'a> Run<'a> {
    /// Begins at the beginning, or at a checkpoint.
    ///
    /// # Errors
    /// Files that cannot be written, a checkpoint that does not fit the spec.
    pub fn new(
        session: &'a mut Session,
        dir: &'a RunDir,
        sources: &'a Sources,
        hashes: Hashes,
        start: &Start<'_>,
    ) -> Result<Run<'a>, Failure> {
        let trainer = Trainer::new(session);
        let seed = Seed::of(&session.typed.train.settings);
        let (meta, more) = match start {
            Start::At(c, more) => {
                session
                    .restore(&c.tensors)
                    .map_err(|why| Failure::new(format!("cannot go on: {why}")).at("resume", dir.path()))?;
                (c.meta.clone(), *more)
            }
            Start::Drawn => (session.init(seed).map(|()| Meta::default())?, 0),
            Start::Warm(of) => {
                session.init(seed)?;
                note(&session.warm(of).words());
                (Meta::default(), 0)
            }
        };
        let planned = rounds(&meta).unwrap_or(0).max(trainer.total);
        session.standing = trainer.progress(meta.step);
        let mut run = Run {
            session,
            trainer,
            dir,
            sources,
            hashes,
            step: meta.step,
            until: planned.saturating_add(more),
            before: meta.extra.get(SECONDS).and_then(|s| s.parse().ok()).unwrap_or(0.0),
            started: Instant::now(),
            log: dir.log(Some(meta.step))?,
            sums: Sums::of(&meta),
            last: Checkpoint::default(),
            watch: None,
            plateaus: Plateaus::default(),
        };
        run.plateaus = Plateaus::new(run.session, &meta)?;
        // What was measured at the end of a session came after its last checkpoint: time goes on from there.
        run.before = dir.records()?.iter().map(|r| r.seconds).fold(run.before, f64::max);
        run.watch = Watch::new(run.session, &meta)?;
        run.last = run.checkpoint();
        if more > 0 || !matches!(start, Start::At(..)) {
            // From here on the folder can always be opened and resumed.
            run.dir.save(&run.last)?;
        }
        Ok(run)
    }

    /// Seconds trained, all sessions together.
    pub(super) fn seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        let mut extra = BTreeMap::from([(SECONDS.to_string(), format!("{:.3}", self.seconds()))]);
        extra.insert(ROUNDS.to_string(), self.until.to_string());
        self.hashes.keep(&mut extra);
        self.sums.keep(&mut extra);
        let mut meta = Meta {
            step: self.step,
            epoch_step: self.step % self.trainer.per_epoch,
            seed: Seed::of(&self.session.typed.train.settings),
            spec_hash: self.hashes.spec.clone(),
            ir_hash: self.hashes.ir.clone(),
            extra,
        };
        if let Some(watch) = &self.watch {
            watch.keep(&mut meta);
        }
        self.plateaus.keep(&mut meta);
        Checkpoint { meta, tensors: self.session.snapshot() }
    }

    /// Writes a checkpoint, unless there is something in it that is not finite: then the last good one stays.
    fn save(&mut self) -> Result<(), Failure> {
        let next = self.checkpoint();
        let bad = next.tensors.iter().find(|(_, t)| !t.values.iter().all(|v| v.is_finite()));
        if let Some((_, name)) = bad.map(|(key, _)| key) {
            let name = name.clone();
            return Err(self.not_finite(self.step, &name));
        }
        self.last = next;
        self.dir.save(&self.last)
    }

    /// Trains to the end, or until `stop` is set.
    ///
    /// # Errors
    /// A value that is not finite (with the line of the spec that it comes from), a file that cannot be written.
    pub fn train(&mut self, stop: &AtomicBool) -> Result<Ended, Failure> {
        let mut seen = Seen::new(self.until, self.step);
        let stopped = self.rounds(stop, &mut seen);
        seen.end();
        let stopped = stopped?;
        if !stopped {
            self.take_best()?;
        }
        self.save()?;
        self.write_costs()?;
        if stopped { Ok(Ended::Interrupted(self.step)) } else { self.finish() }
    }

    /// Plays all rounds that are left; whether it was stopped before the last.
    fn rounds(&mut self, stop: &AtomicBool, seen: &mut Seen) -> Result<bool, Failure> {
        let total = self.until;
        let log_every = (self.trainer.total / 400).clamp(1, 100);
        let epoch =
            if Steps::of(&self.session.typed.train.settings).is_some() { 1 } else { self.trainer.per_epoch };
        let look_every = self.asked_looks().unwrap_or(epoch * self.trainer.total.div_ceil(epoch * 20).max(1));
        let pictured = self.pictured(look_every);
        let mut saved = Instant::now();
        while self.step < total {
            if stop.load(Ordering::SeqCst) {
                return Ok(true);
            }
            self.round()?;
            // Logged at rounds that do not depend on where a session began, so that a resumed run logs the
            // same.
            if self.step.is_multiple_of(log_every) || self.step == total {
                let mut means = round::scores(self.session, &self.sums.take());
                means.extend(self.plateaus.scores(self.session).into_iter().map(|s| s.on(TRAIN)));
                self.log.append(&Record::of_scores(self.step, self.seconds(), &means))?;
                seen.now(&means);
            } else if seen.due() {
                seen.now(&round::scores(self.session, &self.sums.means()));
            }
            seen.at(self.step, self.seconds());
            let last = self.step == total && self.watch.is_some();
            if self.step.is_multiple_of(look_every) && self.step < total || last {
                self.look(seen)?;
                if self.watch.as_ref().is_some_and(Watch::tired) {
                    return Ok(false);
                }
                if pictured.is_some_and(|every| (self.step / look_every).is_multiple_of(every)) {
                    self.picture()?;
                }
            }
            let due = match setting::Checkpoint::of(&self.session.typed.train.settings) {
                Some(n) => self.step.is_multiple_of(n),
                None => saved.elapsed() >= CHECKPOINT_EVERY,
            };
            if due && self.step < total {
                self.save()?;
                saved = Instant::now();
            }
        }
        Ok(false)
    }

    /// Plays one round, whose numbers must be finite.
    fn round(&mut self) -> Result<(), Failure> {
        let numbers = self.trainer.round(self.session, self.step).map_err(|e| self.broken(&e))?;
        self.step += 1;
        if let Some((name, _)) = numbers.iter().find(|(_, v)| !v.is_finite()) {
            return Err(self.not_finite(self.step, name));
        }
        self.sums.add(numbers);
        Ok(())
    }

    /// Measures the validation part while training, or the test part where there is none, with the averages where there are any.
    fn look(&mut self, seen: &mut Seen) -> Result<(), Failure> {
        let seed = Seed::of(&self.session.typed.train.settings);
        let scores = self.session.with_averages(|s| {
            s.on_valid(|s| {
                let budget = glance(s);
                evaluate(s, seed, budget)
            })
        })?;
        let part = self.session.watched_part();
        let on = |s: Score| if s.part == TEST { s.on(part) } else { s };
        let scores: Vec<Score> = scores.into_iter().map(on).collect();
        seen.look(self.step, self.seconds(), &scores);
        self.log.append(&Record::of_scores(self.step, self.seconds(), &scores))?;
        for line in self.plateaus.see(self.session, &scores, self.step) {
            seen.say(&line);
        }
        self.watch(&scores)
    }

    /// Rounds between looks, where `eval { every 5 epochs }` says so.
    fn asked_looks(&self) -> Option<u64> {
        let every = Every::of(&self.session.typed.eval)?;
        Some(every.rounds(self.trainer.per_epoch).round().max(1.0) as u64)
    }

    /// Takes a measurement, and keeps the weights if it is the best so far.
    ///
    /// # Errors
    /// A checkpoint that cannot be written.
    fn watch(&mut self, scores: &[Score]) -> Result<(), Failure> {
        let step = self.step;
        let Some(watch) = &mut self.watch else { return Ok(()) };
        if watch.see(scores, step) {
            self.dir.save_best(&self.checkpoint())?;
        }
        Ok(())
    }

    /// Goes back to the best weights that were seen, where a spec may stop.
    ///
    /// # Errors
    /// A checkpoint that cannot be read.
    fn take_best(&mut self) -> Result<(), Failure> {
        let Some(best) = self.watch.as_ref().and_then(|w| w.best) else { return Ok(()) };
        if best.step == self.step {
            return Ok(());
        }
        let kept: Checkpoint = self.dir.best()?;
        if kept.meta.step != best.step {
            return Ok(());
        }
        self.session
            .restore(&kept.tensors)
            .map_err(|why| Failure::new(format!("cannot go back: {why}")).at("stop", self.dir.path()))?;
        note(&format!(
            "the weights are those of round {}, the best of the validation part; {} rounds were trained\n",
            best.step, self.step
        ));
        self.step = best.step;
        self.until = best.step;
        self.session.standing = self.trainer.progress(best.step);
        Ok(())
    }
}
