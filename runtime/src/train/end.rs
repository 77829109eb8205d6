//! The end of a run: final numbers, pictures, weights and the report.

use super::run::{Ended, Run};
use crate::console::note;
use crate::failure::Failure;
use crate::measure::latent::LatentReport;
use crate::measure::scores::{Record, Score};
use crate::measure::{self, evaluate};
use crate::session::snapshot::{Group, Stored};
use crate::show::{pictures, report, text};
use crate::store::regular::PICTURE;
use crate::store::weights;
use gmc_compiler::rows::measure::Samples;
use gmc_compiler::rows::setting::Seed;
use std::collections::BTreeMap;

/// The last file that a run writes: a run that has it and whose last checkpoint is of the last round is
/// finished.
pub const REPORT: &str = "report.html";
/// Text drawn from a model of text.
const PASSAGES: &str = "samples.txt";

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
        let scores = evaluate(self.session, seed, budget)?;
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
        let advice = measure::advice(self.session, seed, budget)?;
        self.report(&scores, &health, &advice, seconds)?;
        Ok(Ended::Done(scores, health))
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
        let bytes = weights::encode(tensors.iter().map(|(n, t)| (n.as_str(), t)), &path)?;
        self.dir.write("weights.safetensors", &bytes)
    }

    fn report(
        &self,
        scores: &[Score],
        health: &[LatentReport],
        advice: &[String],
        seconds: f64,
    ) -> Result<(), Failure> {
        let name = self.dir.path().file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let mut facts = vec![
            ("seed".to_string(), Seed::of(&self.session.typed.train.settings).to_string()),
            ("device".to_string(), self.session.device.info().name.clone()),
            ("rounds".to_string(), self.step.to_string()),
            ("training time".to_string(), format!("{seconds:.1} s")),
        ];
        for (name, fitted) in
            weights::fitted(&self.session.typed, |name| self.session.tensors.get(name).map(|t| t.to_f32()))
        {
            facts.push((format!("param {name}"), fitted));
        }
        facts.extend(advice.iter().map(|words| ("advice".to_string(), words.clone())));
        for site in health {
            facts.push(("health".to_string(), site.facts()));
            facts.extend(site.words().map(|w| ("advice".to_string(), w)));
        }
        let mut images = Vec::new();
        for n in self.dir.images() {
            images.push((
                n.trim_end_matches(".png").to_string(),
                self.dir.read(&format!("images/{n}"), PICTURE)?,
            ));
        }
        let html = report::html(&report::Report {
            title: &name,
            spec: &self.dir.read_text("spec.gm")?,
            facts: &facts,
            scores,
            records: &self.dir.records()?,
            images: &images,
            passages: &self.dir.text_if_there(PASSAGES)?.unwrap_or_default(),
        });
        self.dir.write(REPORT, html.as_bytes())
    }
}
