//! `ema`.

use super::{SettingRow, value};
use crate::ir::{Ex, Graph, Scope, Value};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::span::Span;

row! {
    /// Weights are averaged while they move, and what is measured and shown uses the averages: a weight of u updates ago counts
    /// decay^u, and the shares of all updates sum to 1 from the first one on, so that the weights before training have none
    /// (Polyak and Juditsky 1992 with shares that fall exponentially; the sum as in Kingma and Ba 2015, section 3). Training
    /// should take several times 1 / (1 - decay) updates, which is about how many an average remembers.
    pub struct Ema = "ema" [VALUE];
}

const VALUE: ParamSpec =
    value("ema", ArgKind::Below(0.0, 1.0), Some(""), "decay of the average at each update");

/// The share of the newest of `t` values, from 1, in an average in which one of u values ago counts decay^u, 0 < decay < 1:
/// (1 - decay) / (1 - decay^t).
pub(crate) fn newest(t: Ex<'_>, decay: f64) -> Ex<'_> {
    // 1 - e^-2y = 2 tanh y / (1 + tanh y), without the cancellation that 32 bits do not bear where y is small.
    let half = (t * (-decay.ln() / 2.0)).tanh();
    ((half + 1.0) * ((1.0 - decay) / 2.0) / half).min(1.0)
}

impl SettingRow for Ema {}

impl Ema {
    /// The decay, where averages are asked for.
    pub fn of(settings: &Args) -> Option<f64> {
        settings.get(VALUE.name).map(|_| settings.num(VALUE.name))
    }
    /// The average after update number `t`, from 1, that made `weight`: average + share (weight - average), where the newest weight
    /// has the share (1 - decay) / (1 - decay^t) of all t weights.
    pub fn average(g: &mut Graph, decay: f64, t: Value, average: Value, weight: Value) -> Value {
        if decay == 0.0 {
            return weight;
        }
        let s = Scope::of(g);
        let [t, average, weight] = [t, average, weight].map(|v| s.ex(v));
        (average + newest(t, decay) * (weight - average)).v
    }
    /// Where it is written.
    pub fn span(settings: &Args) -> Span {
        settings.span_of(VALUE.name)
    }
    /// What part of an average over so many updates is made by the first tenth of them (0.1 where it forgets nothing), where that is
    /// more than a fiftieth.
    pub fn remembers(decay: f64, updates: u64) -> Option<f64> {
        let n = updates as f64;
        if decay == 0.0 || updates == 0 {
            return None;
        }
        let kept = |updates: f64| decay.powf(updates);
        let share = (kept(0.9 * n) - kept(n)) / -(n * decay.ln()).exp_m1();
        (share > 0.02).then_some(share)
    }
}
