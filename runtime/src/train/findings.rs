//! What is found when a run ends, beside its scores, for the report; and samples while it trains.

use super::run::Run;
use crate::exec::ExecError;
use crate::failure::Failure;
use crate::measure::critics::critics;
use crate::measure::latent::{Kl, LatentReport};
use crate::measure::marginals::marginals;
use crate::measure::{full, posteriors};
use crate::session::Session;
use crate::show::pictures;
use crate::store::about::{Bars, Findings, PROGRESS};
use crate::store::events::When;
use crate::store::weights;
use gmc_compiler::derive::{Program, Question};
use gmc_compiler::ir::schedule;
use gmc_compiler::rows::setting::{Batch, Seed};

/// Most test examples whose classes are asked for again.
const EXAMPLES: usize = 1000;
/// Pictures of samples while a run trains, at most.
const PICTURES: u64 = 24;
/// Samples in one of them.
const SAMPLES: usize = 36;
/// What drawing them may cost of what training costs.
const SHARE: u64 = 10;
/// Latent dimensions that are shown.
const DIMENSIONS: usize = 64;

/// What the session found.
///
/// # Errors
/// What running a program reports.
pub fn findings(
    s: &mut Session,
    health: &[LatentReport],
    advice: &[String],
    seed: u64,
) -> Result<Findings, ExecError> {
    let mut found = Findings::default();
    for site in health {
        found.facts.push(site.facts());
        found.advice.extend(site.words());
        if let Kl::Each(each) = &site.kl {
            let mut values = each.clone();
            values.sort_by(|a, b| b.total_cmp(a));
            values.truncate(DIMENSIONS);
            let name = format!("KL of {} by dimension", site.name);
            found.kl.push(Bars { name, unit: "nats".into(), values });
        }
    }
    found.advice.extend(advice.iter().cloned());
    let fitted = weights::fitted(&s.typed, |name| s.tensors.get(name).map(|t| t.to_f32()));
    found.fitted = fitted.into_iter().collect();
    let budget = full(s);
    for m in s.measured() {
        s.asking(m, |s| -> Result<(), ExecError> {
            if let Some(p) = posteriors(s, seed, budget.examples.min(EXAMPLES), budget.posterior)? {
                found.calibration.push((p.name.clone(), p.bins()));
            }
            found.marginals.extend(marginals(s, seed)?);
            found.planes.extend(pictures::points(s, seed)?);
            found.codes.extend(pictures::codes(s, seed)?);
            Ok(())
        })?;
    }
    found.critics = critics(s, seed)?;
    found.columns = pictures::columns(s);
    Ok(found)
}

impl Run<'_> {
    /// Between how many looks a picture of samples is drawn; none where drawing them would cost too much of the time, or nothing is drawn.
    pub(super) fn pictured(&self, look_every: u64) -> Option<u64> {
        let s = &self.session;
        let looks = (self.trainer.total / look_every.max(1)).max(1);
        let every = looks.div_ceil(PICTURES);
        let program = s.answer(Question::Sample).ok()?.program.clone();
        let graph = s.compiled.programs.get(&program)?;
        let batch = Batch::of(&s.typed.train.settings);
        let step = |name: &String| {
            let graph = s.compiled.programs.get(&Program::Step(name.clone()));
            graph.map_or(0, |g| schedule::madds(g, batch))
        };
        let round: u64 = s.typed.train.players.iter().map(|p| step(&p.name) * p.steps as u64).sum();
        let between = round.saturating_mul(look_every * every);
        (schedule::madds(graph, SAMPLES).saturating_mul(SHARE) <= between).then_some(every)
    }

    /// Draws a picture of samples with the parameters of this round.
    pub(super) fn picture(&mut self) -> Result<(), Failure> {
        let seed = Seed::of(&self.session.typed.train.settings);
        let picture = self.session.with_averages(|s| pictures::samples(s, SAMPLES, seed))?;
        let Some(picture) = picture else { return Ok(()) };
        let png = picture.png()?;
        self.dir.write(&format!("{PROGRESS}/{:08}.png", self.step), &png)?;
        let when = When { step: self.step, seconds: self.seconds() };
        self.log.picture(&png, when)
    }
}
