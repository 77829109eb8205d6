//! `elbo`.

use super::{Demand, ObjectiveRow, Subject};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// Mean evidence lower bound of model p with guide q (Kingma & Welling 2014, eq. 3), in nats: `E_q[log p(x | z)] - KL(q(z | x) || p(z))`,
    /// which may be written in its place.
    pub struct Elbo = "elbo" [Elbo::BETA, Elbo::FREE, Elbo::FORM];
}

impl ObjectiveRow for Elbo {
    fn subjects(&self) -> &'static [Subject] {
        &[Subject::Model, Subject::Guide]
    }
    fn demands(&self) -> Demand {
        Demand::Guide
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
    /// Whether the bound is in its entropy form.
    pub fn entropy(args: &Args) -> bool {
        args.word(Elbo::FORM.name) == "entropy"
    }
    /// Nats of each latent dimension that cost nothing.
    pub fn free(args: &Args) -> f64 {
        args.num(Elbo::FREE.name)
    }
}
