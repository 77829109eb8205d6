//! `clip`.

use super::{Gradients, SettingRow, value};
use crate::ir::{Graph, Scope, Value};
use crate::rows::args::{ArgKind, Args, ParamSpec};

row! {
    /// The gradients of a player are scaled down where their norm, over all that it owns, is larger: grad min(1, most / norm)
    /// (Pascanu et al. 2013, algorithm 1).
    pub struct Clip = "clip" [VALUE];
}

const VALUE: ParamSpec =
    value("clip", ArgKind::Above(0.0, f64::INFINITY), Some(""), "the largest norm of the gradients");

impl SettingRow for Clip {
    fn gradients(&self, g: &mut Graph, settings: &Args, grads: Vec<Value>) -> Gradients {
        let most = Clip::of(settings).filter(|_| !grads.is_empty());
        let Some(most) = most else { return Gradients { grads, terms: Vec::new() } };
        let s = Scope::of(g);
        let squares = grads.iter().map(|d| s.ex(*d).sq().sum_all());
        let Some(total) = squares.reduce(|a, b| a + b) else {
            return Gradients { grads, terms: Vec::new() };
        };
        let norm = (total + 1e-30).sqrt();
        let factor = (most / norm).min(1.0);
        let grads = grads.iter().map(|d| (s.ex(*d) * factor).v).collect();
        Gradients { grads, terms: vec![(Clip::NORM, norm.v)] }
    }
}

impl Clip {
    /// What the norm before clipping is called where a round reports it.
    pub const NORM: &'static str = "gradient norm";

    /// The largest norm, where one is given.
    pub fn of(settings: &Args) -> Option<f64> {
        settings.get(VALUE.name).map(|_| settings.num(VALUE.name))
    }
}
