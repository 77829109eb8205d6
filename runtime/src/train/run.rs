//! A run: rounds, measurements, checkpoints, pictures, the end.

use super::Trainer;
use crate::blocks;
use crate::evaluate::{self, Effort, GLANCE};
use crate::exec::ExecError;
use crate::health::Code;
use crate::load::{Failure, note};
use crate::metrics::{Record, Score};
use crate::session::Session;
use crate::store::checkpoint::{Checkpoint, Group, Meta, Tensor};
use crate::store::{Log, RunDir, weights};
use crate::{pictures, report};
use gmc_compiler::diag::render::Sources;
use gmc_compiler::rows::args::Const;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The last file that a run writes: a run that has it and whose last checkpoint is of the last round is finished.
pub const REPORT: &str = "report.html";

/// What a run is of, as its checkpoints remember it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hashes {
    /// Of the spec as it runs: its text, the overrides and the files that it uses.
    pub spec: String,
    /// Of all programs.
    pub ir: String,
    /// Of each file of the run folder that says what is trained, by its path there.
    pub files: BTreeMap<String, String>,
}

/// Under this name a checkpoint keeps [`Hashes::files`].
const FILES: &str = "files";

/// [`Hashes::files`] of the run that wrote a checkpoint; `None` of one that kept none.
pub fn files_of(meta: &Meta) -> Option<BTreeMap<String, String>> {
    serde_json::from_str(meta.extra.get(FILES)?).ok()
}

/// Time between checkpoints unless the spec says how many rounds.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(20);

/// A run in progress.
pub struct Run<'a> {
    session: &'a mut Session,
    trainer: Trainer,
    dir: &'a RunDir,
    sources: &'a Sources,
    hashes: Hashes,
    /// Rounds done.
    step: u64,
    /// Seconds trained in earlier sessions.
    before: f64,
    started: Instant,
    log: Log,
    /// Sums over the rounds since the last line of the log, and how many those are; kept over resume, so that its lines are those
    /// of a run that was never stopped.
    sums: BTreeMap<String, f64>,
    counted: u64,
    last: Checkpoint,
}

/// How a run ended.
pub enum Ended {
    /// All rounds are done: the final numbers, and the health of the latent sites.
    Done(Vec<Score>, Vec<Code>),
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
        from: Option<&Checkpoint>,
    ) -> Result<Run<'a>, Failure> {
        let trainer = Trainer::new(session);
        match from {
            Some(c) => {
                session.restore(c).map_err(|why| Failure::new(format!("error: cannot go on: {why}")))?
            }
            None => session.init(session.typed.train.seed)?,
        }
        let meta = from.map(|c| c.meta.clone()).unwrap_or_default();
        let before = meta.extra.get("seconds").and_then(|s| s.parse().ok()).unwrap_or(0.0);
        let (sums, counted) = meta.extra.get("unlogged").and_then(|t| unlogged(t)).unwrap_or_default();
        let log = dir.log(Some(meta.step))?;
        let started = Instant::now();
        let mut run = Run {
            session,
            trainer,
            dir,
            sources,
            hashes,
            step: meta.step,
            before,
            started,
            log,
            sums,
            counted,
            last: Checkpoint::default(),
        };
        run.last = run.checkpoint();
        if from.is_none() {
            // From here on the folder can always be opened and resumed.
            run.dir.save(&run.last)?;
        }
        Ok(run)
    }

    fn seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }

    fn checkpoint(&self) -> Checkpoint {
        let mut extra = BTreeMap::from([("seconds".to_string(), format!("{:.3}", self.seconds()))]);
        extra.insert(FILES.into(), serde_json::to_string(&self.hashes.files).unwrap_or_default());
        if self.counted > 0 {
            // Bit patterns: a decimal text may come back as another number.
            let bits: BTreeMap<&str, u64> =
                self.sums.iter().map(|(n, v)| (n.as_str(), v.to_bits())).collect();
            extra.insert("unlogged".into(), serde_json::to_string(&(self.counted, bits)).unwrap_or_default());
        }
        Checkpoint {
            meta: Meta {
                step: self.step,
                epoch_step: self.step % self.trainer.per_epoch,
                seed: self.session.typed.train.seed,
                spec_hash: self.hashes.spec.clone(),
                ir_hash: self.hashes.ir.clone(),
                extra,
            },
            tensors: self.session.snapshot(),
        }
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
        self.dir.save(&self.last)?;
        Ok(())
    }

    /// Trains to the end, or until `stop` is set.
    ///
    /// # Errors
    /// A value that is not finite (with the line of the spec that it comes from), a file that cannot be written.
    pub fn train(&mut self, stop: &AtomicBool) -> Result<Ended, Failure> {
        let total = self.trainer.total;
        let bar = progress_bar(total, self.step);
        let log_every = (total / 400).clamp(1, 100);
        let epoch = if self.session.typed.train.steps.is_some() { 1 } else { self.trainer.per_epoch };
        let look_every = self.asked_looks().unwrap_or(epoch * total.div_ceil(epoch * 20).max(1));
        let mut saved = Instant::now();
        while self.step < total {
            if stop.load(Ordering::SeqCst) {
                bar.finish_and_clear();
                self.save()?;
                return Ok(Ended::Interrupted(self.step));
            }
            let numbers = match self.trainer.round(self.session, self.step) {
                Ok(n) => n,
                Err(e) => {
                    bar.finish_and_clear();
                    return Err(self.broken(&e));
                }
            };
            self.step += 1;
            if let Some((name, _)) = numbers.iter().find(|(_, v)| !v.is_finite()) {
                bar.finish_and_clear();
                return Err(self.not_finite(self.step, name));
            }
            for (name, v) in numbers {
                *self.sums.entry(name).or_default() += f64::from(v);
            }
            self.counted += 1;
            // Logged at rounds that do not depend on where a session began, so that a resumed run logs the same.
            if self.step.is_multiple_of(log_every) || self.step == total {
                let means: Vec<(String, f64)> = std::mem::take(&mut self.sums)
                    .into_iter()
                    .map(|(k, v)| (k, v / self.counted as f64))
                    .collect();
                self.counted = 0;
                bar.set_message(shown(&means));
                self.log.append(&Record::new(self.step, "train", self.seconds(), means))?;
            }
            bar.set_position(self.step);
            if self.step.is_multiple_of(look_every) && self.step < total {
                let seed = self.session.typed.train.seed;
                // Inference of new data costs many evaluations: a smaller part has to do.
                let examples =
                    if self.session.compiled.blocks.is_empty() { GLANCE.examples } else { blocks::GLANCE };
                let scores = self
                    .session
                    .with_averages(|s| evaluate::evaluate(s, seed, Effort { examples, ..GLANCE }))?;
                let values: Vec<(String, f64)> = scores.iter().map(|s| (label(s), s.value.0)).collect();
                if bar.is_hidden() && !values.is_empty() {
                    note(&format!("{:>7}/{total}  {:.0} s  {}\n", self.step, self.seconds(), shown(&values)));
                }
                self.log.append(&Record::new(self.step, "test", self.seconds(), values))?;
            }
            let due = match self.session.typed.train.checkpoint {
                Some(n) => self.step.is_multiple_of(n),
                None => saved.elapsed() >= CHECKPOINT_EVERY,
            };
            if due && self.step < total {
                self.save()?;
                saved = Instant::now();
            }
        }
        bar.finish_and_clear();
        self.save()?;
        self.finish()
    }

    /// Rounds between looks at the test part, where `eval { every 5 epochs }` says so.
    fn asked_looks(&self) -> Option<u64> {
        let rounds = match self.session.typed.eval.get("every")? {
            Const::Quantity(n, unit) if unit.starts_with("epoch") => n.num()? * self.trainer.per_epoch as f64,
            Const::Quantity(n, _) => n.num()?,
            Const::Int(n) => *n as f64,
            Const::Num(_)
            | Const::Word(_)
            | Const::Text(_)
            | Const::List(_)
            | Const::Call(_)
            | Const::Range(..) => return None,
        };
        Some(rounds.round().max(1.0) as u64)
    }

    /// Final numbers, pictures, weights and the report.
    fn finish(&mut self) -> Result<Ended, Failure> {
        let seconds = self.seconds();
        self.session.use_averages();
        let seed = self.session.typed.train.seed;
        let effort = evaluate::full(self.session);
        if let Some(done) = self.session.infer_test(effort.examples, seed)? {
            note(&format!("{done}\n"));
        }
        let scores = evaluate::evaluate(self.session, seed, effort)?;
        let values: Vec<(String, f64)> = scores.iter().map(|s| (label(s), s.value.0)).collect();
        // A run that was killed after its last round may have left this line already.
        let last = Record::new(self.step, "test", seconds, values);
        if !self.dir.records()?.iter().any(|r| r.step == last.step && r.part == last.part) {
            self.log.append(&last)?;
        }
        self.dir.write_scores(&scores)?;
        pictures::all(self.session, self.dir, seed)?;
        let tensors: BTreeMap<String, Tensor> = self
            .session
            .snapshot()
            .into_iter()
            .filter(|((g, _), _)| matches!(g, Group::Param | Group::State))
            .map(|((_, n), t)| (n, t))
            .collect();
        let path = self.dir.path().join("weights.safetensors");
        let bytes = weights::encode(tensors.iter().map(|(n, t)| (n.as_str(), t)), &path)?;
        self.dir.write("weights.safetensors", &bytes)?;
        let health = evaluate::health(self.session, seed, effort)?;
        self.report(&scores, &health, seconds)?;
        Ok(Ended::Done(scores, health))
    }

    fn report(&self, scores: &[Score], health: &[Code], seconds: f64) -> Result<(), Failure> {
        let name = self.dir.path().file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let mut facts = vec![
            ("seed".to_string(), self.session.typed.train.seed.to_string()),
            ("device".to_string(), self.session.device.info().name.clone()),
            ("rounds".to_string(), self.step.to_string()),
            ("training time".to_string(), format!("{seconds:.1} s")),
        ];
        for code in health {
            facts.push(("health".to_string(), code.facts()));
            facts.extend(code.words().map(|w| ("advice".to_string(), w)));
        }
        let mut images = Vec::new();
        for n in self.dir.images() {
            images.push((n.trim_end_matches(".png").to_string(), self.dir.read(&format!("images/{n}"))?));
        }
        let records = self.dir.records()?;
        let spec = self.dir.read_text("spec.gm")?;
        let html = report::html(&report::Report {
            title: &name,
            spec: &spec,
            facts: &facts,
            scores,
            records: &records,
            images: &images,
        });
        self.dir.write(REPORT, html.as_bytes())?;
        Ok(())
    }

    fn broken(&self, e: &ExecError) -> Failure {
        let round = self.step + 1;
        match e {
            ExecError::NotFinite { span, op, .. } => {
                let file = self.sources.name(span.file).unwrap_or("the spec");
                let at = self.sources.position(span.file, span.start as usize);
                let line = at.map_or_else(String::new, |(l, c)| format!(":{l}:{c}"));
                let text =
                    self.sources.text(span.file).and_then(|t| t.get(span.start as usize..span.end as usize));
                let text =
                    text.map_or_else(String::new, |t| format!("  `{}`", t.lines().next().unwrap_or("")));
                Failure::new(format!(
                    "error: round {round}: `{op}` produced a value that is not finite\n  --> {file}{line}{text}\n  = help: lower the learning rate, add `clip 1` to `train`, or keep the value away from where it has no finite answer"
                ))
            }
            ExecError::MissingInput { .. } | ExecError::InputShape { .. } | ExecError::Broken { .. } => {
                Failure::new(format!("error: round {round}: {e}"))
            }
        }
    }

    /// Replays from the last checkpoint to round `until`, after which `what` was not finite, with every operation of the last two
    /// rounds checked, to name the first one that failed.
    fn not_finite(&mut self, until: u64, what: &str) -> Failure {
        let plain = format!("error: round {until}: `{what}` is not finite");
        let last = std::mem::take(&mut self.last);
        if self.session.restore(&last).is_err() {
            return Failure::new(plain);
        }
        self.step = last.meta.step;
        while self.step < until {
            // The parameters may have been spoiled one round before the loss showed it.
            self.session.set_check(self.step + 2 >= until);
            match self.trainer.round(self.session, self.step) {
                Ok(_) => self.step += 1,
                Err(e) => return self.broken(&e),
            }
        }
        Failure::new(plain)
    }
}

/// Reads what [`Run::checkpoint`] keeps of the log.
fn unlogged(text: &str) -> Option<(BTreeMap<String, f64>, u64)> {
    let (counted, bits): (u64, BTreeMap<String, u64>) = serde_json::from_str(text).ok()?;
    Some((bits.into_iter().map(|(n, b)| (n, f64::from_bits(b))).collect(), counted))
}

/// `negative ELBO [nats]`
pub fn label(s: &Score) -> String {
    if s.unit.is_empty() { s.name.clone() } else { format!("{} [{}]", s.name, s.unit) }
}

fn shown(values: &[(String, f64)]) -> String {
    // A payoff is the loss up to its sign; alone it is all there is to show.
    let signed = |n: &str| n == "payoff" || n.ends_with("/payoff");
    let all = values.iter().filter(|(n, _)| values.len() == 1 || !signed(n));
    all.map(|(n, v)| format!("{n} {v:.4}")).collect::<Vec<_>>().join("  ")
}

fn progress_bar(total: u64, at: u64) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(total), target);
    if let Ok(style) =
        ProgressStyle::with_template("{pos}/{len} [{bar:24}] {per_sec}  {eta} left  {wide_msg}")
    {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_position(at);
    bar.reset_eta();
    bar
}
