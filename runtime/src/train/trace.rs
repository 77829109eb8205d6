//! Values that are not finite, traced to the line of the spec that they come from.

use super::run::Run;
use crate::exec::ExecError;
use crate::failure::Failure;

impl Run<'_> {
    /// What a round reported, with the place in the spec where that is known.
    pub(super) fn broken(&mut self, e: &ExecError) -> Failure {
        let round = self.step + 1;
        match e {
            ExecError::NotFinite { span, op, .. } => {
                let file = self.sources.name(span.file).unwrap_or("the spec");
                let at = self.sources.position(span.file, span.start as usize);
                let text = self.sources.text(span.file);
                let text = text.and_then(|t| t.get(span.start as usize..span.end as usize));
                let (file, text) = (file.to_string(), text.unwrap_or_default().to_string());
                let cause = self.cause(op);
                Failure::new(format!("round {round}: `{op}` produced a value that is not finite"))
                    .in_spec(&file, at, &text)
                    .notes(cause.notes)
                    .help(cause.help)
            }
            ExecError::MissingInput { .. }
            | ExecError::InputShape { .. }
            | ExecError::Data { .. }
            | ExecError::Broken { .. } => Failure::new(format!("round {round}: {e}")),
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
        let mut before = None;
        while self.step < until {
            // The parameters may have been spoiled one round before the loss showed it.
            let checked = self.step + 2 >= until;
            self.session.set_check(checked);
            before = checked.then(|| (self.session.tensors.clone(), self.session.tables.clone()));
            match self.trainer.round(self.session, self.step) {
                Ok(_) => self.step += 1,
                Err(e) => {
                    // A step takes what it replaces out of the session.
                    if let Some(kept) = before {
                        (self.session.tensors, self.session.tables) = kept;
                    }
                    return self.broken(&e);
                }
            }
        }
        let Some(kept) = before else { return plain };
        (self.session.tensors, self.session.tables) = kept;
        self.step = until.saturating_sub(1);
        let cause = self.cause("");
        plain.notes(cause.notes).help(cause.help)
    }
}
