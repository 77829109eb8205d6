//! Objectives: what a payoff may ask of models, guides and critics by name. Each is one number for the whole batch. How it is computed
//! stands in `derive`.

mod elbo;
mod gradient_penalty;
mod iwae;
mod kl;
mod nll;
mod noise_error;
mod orthogonal;

pub use elbo::{Elbo, Terms};
pub use gradient_penalty::GradientPenalty;
pub use iwae::Iwae;
pub use kl::Kl;
pub use nll::Nll;
pub use noise_error::NoiseError;
pub use orthogonal::Orthogonal;

use super::Row;

/// All objectives.
pub const ROWS: &[&dyn ObjectiveRow] = &[&Nll, &Elbo, &Iwae, &Kl, &NoiseError, &GradientPenalty, &Orthogonal];

/// An objective. Its subjects come first and by position; its arguments are named, and one that may be a schedule may be any number
/// that is the same for all examples.
pub trait ObjectiveRow: Row {
    /// What it is about.
    fn subjects(&self) -> &'static [Subject];
    /// What it needs of its subjects.
    fn demands(&self) -> Demand;
    /// As a spec might write it, with its defaults.
    fn example(&self) -> String {
        let subjects = self.subjects().iter().map(|s| s.letter().to_string());
        let args = self.params().iter().map(|p| format!("{}: {}", p.name, p.default.unwrap_or("..")));
        format!("{}({})", self.name(), subjects.chain(args).collect::<Vec<_>>().join(", "))
    }
}

/// What an objective is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A model, by its name.
    Model,
    /// A guide, by its name.
    Guide,
    /// A net that scores what it is given, by its name.
    Critic,
    /// A net, by its name.
    Net,
    /// A value of the type that the critic takes.
    Input(&'static str),
}

impl Subject {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Subject::Model => "the model",
            Subject::Guide => "the guide",
            Subject::Critic => "the critic",
            Subject::Net => "the net",
            Subject::Input(name) => name,
        }
    }
    /// As the pages call it.
    fn letter(self) -> &'static str {
        match self {
            Subject::Model => "p",
            Subject::Guide => "q",
            Subject::Critic => "D",
            Subject::Net => "f",
            Subject::Input(name) => name,
        }
    }
}

/// What an objective needs of its subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// A model whose density of the data is exact.
    Density,
    /// A guide with a density for all that the data leave open in the model.
    Guide,
    /// A guide with a density for latent sites, whatever the data are made of.
    Latent,
    /// A guide with a density for all that the data leave open, and draws of the guide that have a density by which they can be weighed.
    Weights,
    /// As [`Demand::Guide`], with a chain whose noise is known.
    Noise,
    /// A critic that scores each example alone.
    Critic,
    /// A net that has weights.
    Weighted,
}
