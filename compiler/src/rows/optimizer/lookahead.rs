//! `lookahead`.

use super::{BETAS, L2, Update, Updated, adam, eps, lr};
use crate::rows::OptimizerRow;
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// `adam` that looks ahead: after every k updates the slow weights move by the share alpha of the way to
    /// the parameters, which then start again from there; the moments of `adam` go on. (Zhang et al. 2019,
    /// algorithm 1, with Adam inside.)
    pub struct Lookahead = "lookahead" [lr("1e-3"), K, ALPHA, BETAS, eps("1e-8"), L2];
}

const K: ParamSpec = ParamSpec {
    name: "k",
    kind: ArgKind::Int(1),
    default: Some("5"),
    doc: "updates between two moves of the slow weights",
};

const ALPHA: ParamSpec = ParamSpec {
    name: "alpha",
    kind: ArgKind::Num(0.0, 1.0),
    default: Some("0.5"),
    doc: "share of the way to the parameters that the slow weights move by",
};

impl OptimizerRow for Lookahead {
    fn slots(&self, args: &Args) -> Vec<&'static str> {
        adam::Adam.slots(args).into_iter().chain(["slow"]).collect()
    }
    fn update<'g>(&self, u: &Update<'_, 'g>) -> Updated<'g> {
        let Updated { param: fast, mut slots } = adam::Adam.update(u);
        let k = u.args.int("k") as f64;
        let rest = u.t - (u.t / k).floor() * k;
        // k, too, says that the count is a multiple: its quotient was then rounded down.
        let due = rest.eq(0.0).or(rest.eq(k));
        let before = u.t.le(1.0).select(u.param, u.slot("slow"));
        let after = due.select(before + (fast - before) * u.args.num("alpha"), before);
        slots.push(("slow", after));
        Updated { param: due.select(after, fast), slots }
    }
}
