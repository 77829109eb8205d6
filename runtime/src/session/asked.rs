//! Which model of a session is asked.

use super::Session;
use crate::failure::Failure;
use gmc_compiler::derive::{Answer, Question};
use gmc_compiler::diag::suggest::did_you_mean;
use gmc_compiler::types::{Subject, TModel};

impl Session {
    /// What answers a question that is put to the model that is asked.
    ///
    /// # Errors
    /// Why nothing does.
    pub fn answer(&self, question: Question) -> Result<&Answer, &str> {
        self.compiled.answer_of(question, self.asked.as_deref())
    }

    /// The model that is asked; none where nets alone are, or any of several.
    pub fn model(&self) -> Option<&TModel> {
        match (&self.asked, self.typed.subject()) {
            (Some(name), _) => self.typed.models.iter().find(|m| m.name == *name),
            (None, Subject::Model(i)) => self.typed.models.get(i),
            (None, Subject::Several(_) | Subject::Nobody) => None,
        }
    }

    /// Puts questions to the model of this name.
    ///
    /// # Errors
    /// A name that no model has, with those there are.
    pub fn ask(&mut self, name: &str) -> Result<(), Failure> {
        let models: Vec<&str> =
            self.typed.models.iter().filter(|m| !m.guide).map(|m| m.name.as_str()).collect();
        if models.contains(&name) {
            let asked = |i: usize| self.typed.models.get(i).is_some_and(|m| m.name == name);
            // Questions that name no model go to that one.
            let anyway = matches!(self.typed.subject(), Subject::Model(i) if asked(i));
            self.asked = (!anyway).then(|| name.to_string());
            return Ok(());
        }
        let failure = Failure::new(format!("the spec has no model `{name}`"));
        Err(match (did_you_mean(name, models.iter().copied()), models.as_slice()) {
            (Some(near), _) => failure.help(format!("did you mean `{near}`?")),
            (None, []) => failure.help("it has none: leave `--model` out"),
            (None, all) => failure.help(format!("its models: `{}`", all.join("`, `"))),
        })
    }

    /// The models to measure: the one that is asked, or each of several that could be.
    pub fn measured(&self) -> Vec<Option<String>> {
        match (&self.asked, self.typed.subject()) {
            (None, Subject::Several(all)) => {
                all.iter().filter_map(|i| self.typed.models.get(*i)).map(|m| Some(m.name.clone())).collect()
            }
            (asked, Subject::Several(_) | Subject::Model(_) | Subject::Nobody) => vec![asked.clone()],
        }
    }

    /// Does something while questions go to `model`.
    pub fn asking<T>(&mut self, model: Option<String>, f: impl FnOnce(&mut Session) -> T) -> T {
        let before = std::mem::replace(&mut self.asked, model);
        let out = f(self);
        self.asked = before;
        out
    }
}
