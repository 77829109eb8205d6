//! `kl`.

use super::{Demand, Elbo, ObjectiveRow, Subject};
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};

row! {
    /// Mean KL divergence of guide q from the latent sites of model p, in nats: in closed form where one is known. What the data are made of
    /// plays no part in it: they need no density, and the model may leave them out.
    pub struct Kl = "kl" [OF, Elbo::TERMS];
}

impl ObjectiveRow for Kl {
    fn subjects(&self) -> &'static [Subject] {
        &[Subject::Guide, Subject::Model]
    }
    fn demands(&self) -> Demand {
        Demand::Latent
    }
}

const OF: ParamSpec = ParamSpec {
    name: "of",
    kind: ArgKind::List,
    default: Some(""),
    doc: "names of the latent sites that count, in quotes; all where it is left out",
};

impl Kl {
    /// The latent sites that count; `None` for all.
    pub fn sites(args: &Args) -> Option<Vec<String>> {
        args.get(OF.name)?;
        let name = |c: &Const| if let Const::Text(t) = c { Some(t.clone()) } else { None };
        Some(args.items(OF.name).iter().filter_map(name).collect())
    }
}
