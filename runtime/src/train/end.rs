//! The end of a run: final numbers, pictures, weights and the report.

use super::findings::findings;
use super::run::{Ended, Run};
use crate::console::note;
use crate::failure::Failure;
use crate::measure::latent::LatentReport;
use crate::measure::scores::Record;
use crate::measure::{self, evaluate, features, verdict};
use crate::session::snapshot::{Group, Stored};
use crate::show::costs::{self, PROFILE};
use crate::show::report::{PASSAGES, Report};
use crate::show::{pictures, report, text};
use crate::store::weights;
use gmc_compiler::rows::measure::Samples;
use gmc_compiler::rows::setting::Seed;
use std::collections::BTreeMap;

/// The last file that a run writes: a run that has it and whose last checkpoint is of the last round is
/// finished.
pub const REPORT: &str = "report.html";

impl Run<'_> {
    /// Measures, draws and writes what a finished run leaves.
    pub(super) fn finish(&mut self) -> Result<Ended, Failure> {
        let seconds = self.seconds();
        self.session.use_averages();
        let seed = Seed::of(&self.session.typed.train.settings);
        let budget = measure::full(self.session);
        if let Some(done) = self.session.infer_test(budget.examples, seed)? {
            note(&format!("{done}\n"));
        }
        let mut scores = evaluate(self.session, seed, budget)?;
        scores.extend(features::features(self.session, seed)?);
        // A run that was killed after its last round may have left this line already.
        let last = Record::of_scores(self.step, seconds, &scores);
        if !self.dir.records()?.iter().any(|r| r.step == last.step && r.part == last.part) {
            self.log.append(&last)?;
        }
        self.dir.write_scores(&scores)?;
        for (name, picture) in pictures::all(self.session, seed)? {
            self.dir.write(&format!("images/{name}.png"), &picture.png()?)?;
        }
        if let Some(texts) = text::samples(self.session, Samples::shown(&self.session.typed.eval), seed)? {
            self.dir.write(PASSAGES, text::passages(&texts).as_bytes())?;
        }
        self.write_weights()?;
        let health = measure::health(self.session, seed, budget)?;
        let mut advice = measure::advice(self.session, seed, budget)?;
        advice.extend(verdict::of_run(&self.dir.records()?, &self.session.typed));
        self.report(&health, &advice)?;
        Ok(Ended::Done(scores, health))
    }

    /// Writes what each line of the spec cost, where that was measured.
    pub(super) fn write_costs(&self) -> Result<(), Failure> {
        if !self.session.profiled() {
            return Ok(());
        }
        let lines = costs::of_steps(self.session, self.sources);
        self.dir.write(PROFILE, costs::csv(&lines).as_bytes())
    }

    fn write_weights(&self) -> Result<(), Failure> {
        let tensors: BTreeMap<String, Stored> = self
            .session
            .snapshot()
            .into_iter()
            .filter(|((g, _), _)| matches!(g, Group::Param | Group::State))
            .map(|((_, n), t)| (n, t))
            .collect();
        let tensors = weights::as_meant(&self.session.typed, tensors);
        let path = self.dir.path().join("weights.safetensors");
        let (spec, set) =
            (self.dir.read_text("spec.gm")?, self.dir.text_if_there("set.txt")?.unwrap_or_default());
        let of = weights::Of { version: env!("CARGO_PKG_VERSION"), spec: &spec, set: &set };
        let bytes = weights::encode_of(tensors.iter().map(|(n, t)| (n.as_str(), t)), Some(&of), &path)?;
        self.dir.write("weights.safetensors", &bytes)
    }

    fn report(&mut self, health: &[LatentReport], advice: &[String]) -> Result<(), Failure> {
        let seed = Seed::of(&self.session.typed.train.settings);
        self.dir.write_findings(&findings(self.session, health, advice, seed)?)?;
        let html = report::html(&Report::of(self.dir)?);
        self.dir.write(REPORT, html.as_bytes())
    }
}
