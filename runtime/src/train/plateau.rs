//! Schedules that follow the validation part: what each has seen, and how often it found no better measurement.

use super::watch::{Best, measured, unwatched};
use crate::failure::Failure;
use crate::measure::metric::Metric;
use crate::measure::scores::{Score, Trust};
use crate::session::Session;
use crate::store::checkpoint::Meta;
use gmc_compiler::rows::Progress;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Under this name a checkpoint keeps what schedules have seen.
const PLATEAUS: &str = "plateaus";

/// What one schedule has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    best: Option<Best>,
    /// How often its patience ran out.
    times: u32,
}

/// The schedules of a spec that follow the validation part, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Plateaus(BTreeMap<usize, Seen>);

impl Plateaus {
    /// Those of a session, as a checkpoint left them; the session takes their values from there on.
    ///
    /// # Errors
    /// Data without a validation part.
    pub fn new(s: &mut Session, meta: &Meta) -> Result<Plateaus, Failure> {
        let all = s.typed.schedules.iter().enumerate();
        let which = all.filter(|(_, of)| of.row.patience(&of.args).is_some());
        let which: Vec<(usize, &'static str)> = which.map(|(i, of)| (i, of.row.name())).collect();
        if let Some((_, name)) = which.first()
            && s.sets.iter().all(|set| set.valid.n == 0)
        {
            return Err(unwatched(name));
        }
        let kept = kept(meta);
        let seen = which.into_iter().map(|(i, _)| (i, kept.get(&i).copied().unwrap_or_default()));
        let all = Plateaus(seen.collect());
        all.tell(s);
        Ok(all)
    }

    /// Writes what [`Plateaus::new`] reads into a checkpoint's header.
    pub fn keep(&self, meta: &mut Meta) {
        if !self.0.is_empty()
            && let Ok(text) = serde_json::to_string(&self.0)
        {
            meta.extra.insert(PLATEAUS.into(), text);
        }
    }

    /// Takes a measurement; what changes by it, a line each.
    pub fn see(&mut self, s: &mut Session, scores: &[Score], step: u64) -> Vec<String> {
        let mut said = Vec::new();
        let Some(value) = measured(&s.typed, scores) else { return said };
        for (i, seen) in &mut self.0 {
            let Some(of) = s.typed.schedules.get(*i) else { continue };
            let patience = of.row.patience(&of.args).unwrap_or(u64::MAX);
            if Best::see(&mut seen.best, value, step) {
                continue;
            }
            let Some(best) = &mut seen.best else { continue };
            if best.since < patience {
                continue;
            }
            best.since = 0;
            seen.times += 1;
            let at = Progress { plateaus: seen.times, ..s.standing };
            said.push(format!(
                "{} is {:.4e} from round {step} on: {patience} measurements in a row were no better than {:.4} after round {}\n",
                called(s, *i),
                of.row.value(&of.args, at),
                best.value,
                best.step
            ));
        }
        self.tell(s);
        said
    }

    /// The values now, as records log them.
    pub fn scores(&self, s: &Session) -> Vec<Score> {
        let of = |i: &usize| {
            let metric = Metric::Followed { what: called(s, *i) };
            Some(Score::new(&metric, s.scheduled(*i, s.standing)?, Trust::Exact))
        };
        self.0.keys().filter_map(of).collect()
    }

    fn tell(&self, s: &mut Session) {
        s.plateaus = self.0.iter().map(|(i, seen)| (*i, seen.times)).collect();
    }
}

fn kept(meta: &Meta) -> BTreeMap<usize, Seen> {
    meta.extra.get(PLATEAUS).and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
}

/// Takes the values of schedules from a checkpoint, for questions.
pub fn restore(s: &mut Session, meta: &Meta) {
    Plateaus(kept(meta)).tell(s);
}

/// What a schedule is the value of: the argument of an optimizer, or what is written.
fn called(s: &Session, i: usize) -> String {
    let several = s.typed.train.players.len() > 1;
    for p in &s.typed.train.players {
        let of = if several { format!(" of {}", p.name) } else { String::new() };
        if let Some((arg, _)) = p.schedules.iter().find(|(_, n)| *n == i) {
            let what = if arg == "lr" { "learning rate" } else { arg };
            return format!("{what}{of}");
        }
    }
    s.typed.schedules.get(i).map(|of| of.text.clone()).unwrap_or_default()
}
