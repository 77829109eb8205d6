//! `elbo`.

use super::{Demand, ObjectiveRow, Subject};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Mean evidence lower bound of model p with guide q (Kingma & Welling 2014, eq. 3), in nats: `E_q[log p(x | z)] - KL(q(z | x) || p(z))`,
    /// which may be written in its place.
    pub struct Elbo = "elbo" [Elbo::BETA, Elbo::FREE, Elbo::FORM, Elbo::TERMS];
}

impl ObjectiveRow for Elbo {
    fn subjects(&self) -> &'static [Subject] {
        &[Subject::Model, Subject::Guide]
    }
    fn demands(&self) -> Demand {
        Demand::Guide
    }
}

/// Which terms of a sum over the steps of a chain are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// As many as suit their number, and what the program is for.
    Auto,
    /// One, drawn for each example, times how many there are.
    One,
    /// All.
    All,
}

impl Terms {
    /// The longest sum all of whose terms are computed in training, where nothing else is said.
    pub const MOST_IN_TRAINING: usize = 8;
    /// Whether one of `n` terms stands for all, in training or where a goal is measured, or where data are `asked` about.
    pub fn one_of(self, n: usize, asked: bool) -> bool {
        match self {
            Terms::One => true,
            Terms::All => false,
            Terms::Auto => n > Terms::MOST_IN_TRAINING && !asked,
        }
    }
}

impl Elbo {
    /// Factor of the KL.
    pub const BETA: ParamSpec = ParamSpec {
        name: "beta",
        kind: ArgKind::Scheduled(0.0, f64::INFINITY),
        default: Some("1"),
        doc: "factor of the KL",
    };
    /// Free bits.
    pub const FREE: ParamSpec = ParamSpec {
        name: "free",
        kind: ArgKind::Num(0.0, 1e6),
        default: Some("0"),
        doc: "nats of each latent dimension that cost nothing (Kingma et al. 2016, eq. 15)",
    };
    /// How the bound is split.
    pub const FORM: ParamSpec = ParamSpec {
        name: "form",
        kind: ArgKind::Word(&["kl", "entropy"]),
        default: Some("kl"),
        doc: "`kl`: E[log p(x | z)] - KL; `entropy`: E[log p(x, z)] + H(q)",
    };
    /// Which terms of the KL of a chain with known marginals are computed.
    pub const TERMS: ParamSpec = ParamSpec {
        name: "terms",
        kind: ArgKind::Word(&["auto", "one", "all"]),
        default: Some("auto"),
        doc: "of a chain with a known guide: `one` step drawn for each example, times their number; `all` steps, in a loop",
    };
    /// Which terms of the KL of a chain are computed.
    pub fn terms(args: &Args) -> Terms {
        match args.word(Elbo::TERMS.name) {
            "one" => Terms::One,
            "all" => Terms::All,
            _ => Terms::Auto,
        }
    }
    /// Whether the bound is in its entropy form.
    pub fn entropy(args: &Args) -> bool {
        args.word(Elbo::FORM.name) == "entropy"
    }
    /// Nats of each latent dimension that cost nothing.
    pub fn free(args: &Args) -> f64 {
        args.num(Elbo::FREE.name)
    }
}
