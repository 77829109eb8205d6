//! The programs of a spec by name. Here, and nowhere else, a program's name is text: the name of its graph, which numbers its
//! random streams and names it in files, and the word after `--program`.

use super::signature::named;
use crate::ir::{Graph, verify};
use std::collections::BTreeMap;
use std::ops::Index;

/// How draws are made otherwise than the model says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Altered {
    /// Logits are divided by it and widths multiplied; above 0.
    pub temperature: Option<f64>,
    /// Hidden variables from a normal distribution are drawn anew while they lie farther from its mean than so many standard deviations: the
    /// truncation of Brock et al. 2019, section 3.1; above 0.
    pub truncation: Option<f64>,
    /// Observed sites whose values are data instead of draws.
    pub given: Vec<String>,
    /// Of sites in an order that are completed: how many of their first places are given for all examples, which need not be drawn.
    pub first: BTreeMap<String, usize>,
}

named! {
    /// What a program is for. They are ordered as their texts are.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Program, separated by "." {
        /// Whether the judge of `eval { agreement(judge) }` sees the class that a sample was drawn with.
        Agreement = "agreement",
        /// The evidence lower bound of a model at the data.
        Bound(model) = "bound",
        /// Draws of the rest of data of which some elements are given.
        Complete(model) = "complete",
        /// What nets that give one number say of data and of draws, in a game.
        Critics = "critics",
        /// A corrupted input and what an autoencoder makes of it.
        Denoise = "denoise",
        /// Data to the hidden variables that stand for them.
        Encode = "encode",
        /// The same of a model that is not the one that is asked where none is named.
        EncodeBy(model) = "encode",
        /// One step on the parameters per datum of a minibatch, everything else fixed.
        Infer = "infer",
        /// Initial values of parameters and states.
        Init = "init",
        /// The KL of each latent site of a model whose data have no bound, where a goal asks for it.
        Kl(model) = "kl",
        /// The exact log-density of a model at the data.
        LogProb(model) = "log_prob",
        /// The payoffs as they are measured.
        Loss = "loss",
        /// The payoffs on inputs that are corrupted as in training.
        LossCorrupted = "loss.corrupted",
        /// Data through their code and back.
        Reconstruct = "reconstruct",
        /// The same of a model that is not the one that is asked where none is named.
        ReconstructBy(model) = "reconstruct",
        /// Draws from a model.
        Sample(model) = "sample",
        /// How steep a player's payoff is in what the player owns; made when it is asked for.
        Slope(player) = "slope",
        /// Initial values that depend on the first data.
        Start = "start",
        /// One step of training of a player.
        Step(player) = "step",
    }
}

impl Program {
    /// Whether it computes sites and densities of models, which hold no derivatives, and (but for the code of an autoencoder) no payoffs.
    pub fn asks_models(&self) -> bool {
        match self {
            Program::Agreement
            | Program::Bound(_)
            | Program::Complete(_)
            | Program::Encode
            | Program::EncodeBy(_)
            | Program::Kl(_)
            | Program::LogProb(_)
            | Program::Reconstruct
            | Program::ReconstructBy(_)
            | Program::Sample(_) => true,
            Program::Critics
            | Program::Denoise
            | Program::Infer
            | Program::Init
            | Program::Loss
            | Program::LossCorrupted
            | Program::Slope(_)
            | Program::Start
            | Program::Step(_) => false,
        }
    }
    /// Whether it is a step of training, of any player.
    pub fn is_step(&self) -> bool {
        matches!(self, Program::Step(_))
    }
}

/// A program and its graph.
pub(super) type Made = (Program, Graph);

/// A program as it was made. In debug and test builds it is verified.
///
/// # Panics
/// When it breaks an invariant of the verifier: a bug of the compiler.
pub(super) fn sound(program: &Program, g: Graph) -> Graph {
    if cfg!(any(test, debug_assertions))
        && let Err(broken) = verify(&g)
    {
        let all: Vec<String> = broken.iter().map(ToString::to_string).collect();
        panic!("internal: program `{program}` is broken: {}", all.join("; "));
    }
    g
}

/// The graphs of a spec's programs, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Programs(BTreeMap<Program, Graph>);

impl Programs {
    /// The graph of a program, if the spec has it.
    pub fn get(&self, program: &Program) -> Option<&Graph> {
        self.0.get(program)
    }
    /// The graph of the program of this name.
    pub fn named(&self, text: &str) -> Option<&Graph> {
        self.get(&Program::parse(text)?)
    }
    /// Whether the spec has this program.
    pub fn has(&self, program: &Program) -> bool {
        self.0.contains_key(program)
    }
    /// Every program with its graph, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Program, &Graph)> {
        self.0.iter()
    }
    /// Every program, by name.
    pub fn names(&self) -> impl Iterator<Item = &Program> {
        self.0.keys()
    }
    /// Every graph, by the name of its program.
    pub fn graphs(&self) -> impl Iterator<Item = &Graph> {
        self.0.values()
    }
    /// The training steps, by the name of the player.
    pub fn steps(&self) -> impl Iterator<Item = (&Program, &Graph)> {
        self.iter().filter(|(p, _)| p.is_step())
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Program, Graph)> for Programs {
    fn from_iter<I: IntoIterator<Item = (Program, Graph)>>(all: I) -> Programs {
        Programs(all.into_iter().collect())
    }
}

impl Extend<(Program, Graph)> for Programs {
    fn extend<I: IntoIterator<Item = (Program, Graph)>>(&mut self, all: I) {
        self.0.extend(all);
    }
}

impl Index<&str> for Programs {
    type Output = Graph;
    /// The graph of a program that is known to be there, as a map's index: it panics where the spec has no program of this name.
    fn index(&self, text: &str) -> &Graph {
        match self.named(text) {
            Some(g) => g,
            None => panic!("there is no program `{text}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_the_order_is_that_of_the_texts() {
        let all = [
            Program::Agreement,
            Program::Bound("p".into()),
            Program::Complete("p".into()),
            Program::Critics,
            Program::Denoise,
            Program::Encode,
            Program::EncodeBy("r".into()),
            Program::Infer,
            Program::Init,
            Program::Kl("p".into()),
            Program::LogProb("a".into()),
            Program::LogProb("p".into()),
            Program::Loss,
            Program::LossCorrupted,
            Program::Reconstruct,
            Program::ReconstructBy("r".into()),
            Program::Sample("p".into()),
            Program::Slope("D".into()),
            Program::Start,
            Program::Step("D".into()),
            Program::Step("all".into()),
        ];
        for p in &all {
            assert_eq!(Program::parse(&p.to_string()).as_ref(), Some(p));
        }
        let texts: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert!(all.is_sorted() && texts.is_sorted());
        for other in ["", "steps", "step", "init.p", "loss.p"] {
            assert_eq!(Program::parse(other), None, "{other}");
        }
    }
}
