//! Values that are not finite, traced to the line of the spec that they come from.

use super::run::Run;
use crate::exec::ExecError;
use crate::failure::Failure;

/// What mends most of them.
const HELP: &str = "lower the learning rate, add `clip 1` to `train`, or keep the value away from where it has no finite answer";

impl Run<'_> {
    /// What a round reported, with the place in the spec where that is known.
    pub(super) fn broken(&self, e: &ExecError) -> Failure {
        let round = self.step + 1;
        match e {
            ExecError::NotFinite { span, op, .. } => {
                let file = self.sources.name(span.file).unwrap_or("the spec");
                let at = self.sources.position(span.file, span.start as usize);
                let text = self.sources.text(span.file);
                let text = text.and_then(|t| t.get(span.start as usize..span.end as usize));
                Failure::new(format!("round {round}: `{op}` produced a value that is not finite"))
                    .in_spec(file, at, text.unwrap_or_default())
                    .help(HELP)
            }
            ExecError::MissingInput { .. } | ExecError::InputShape { .. } | ExecError::Broken { .. } => {
                Failure::new(format!("round {round}: {e}"))
            }
        }
    }

    /// Replays from the last checkpoint to round `until`, after which `what` was not finite, with every
    /// operation of the last two rounds checked, to name the first one that failed.
    pub(super) fn not_finite(&mut self, until: u64, what: &str) -> Failure {
        let plain = Failure::new(format!("round {until}: `{what}` is not finite"));
        let last = std::mem::take(&mut self.last);
        if self.session.restore(&last.tensors).is_err() {
            return plain;
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
        plain
    }
}
