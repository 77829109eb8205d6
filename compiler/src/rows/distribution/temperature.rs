//! Draws that are more or less daring than the distribution: at a temperature.

use super::{DistRow, WIDTH};
use crate::event::Support;
use crate::ir::{Ex, Graph, Scope, Value};

/// Whether [`tempered`] changes draws of this row: it is said for logits, probabilities and widths.
pub fn has_temperature(row: &dyn DistRow) -> bool {
    row.dist_params().iter().any(|p| [LOGITS, PROBS, WIDTH].contains(&p.name))
}

const LOGITS: &str = "logits";
const PROBS: &str = "probs";

/// The parameters of a row at temperature `t`, which is above 0: logits are divided by it (of probabilities their logarithms, of what is true
/// or false the log-odds), widths are multiplied by it, the rest stays. At 1 they are what they were; towards 0 draws tend to the most
/// probable class and to the centre. Of a mixture both the weights and the components are changed. The same is done to logits by Ackley,
/// Hinton and Sejnowski 1985, and to the widths of flows and of PixelCNN++ by Kingma and Dhariwal 2018 and Salimans et al. 2017.
pub fn tempered(row: &dyn DistRow, g: &mut Graph, params: &[Option<Value>], t: f64) -> Vec<Option<Value>> {
    let specs = row.dist_params();
    let s = Scope::of(g);
    let of = |name: &str| {
        let at = specs.iter().position(|p| p.name == name)?;
        params.get(at).copied().flatten().map(|v| s.ex(v))
    };
    let from_probs = of(PROBS).map(|p| {
        let one = specs.iter().any(|p| p.name == PROBS && p.support == Support::UNIT);
        log_odds(p, one)
    });
    let changed = specs.iter().zip(params).map(|(spec, given)| match (spec.name, *given) {
        // A mixture has logits of its own, which are no alternative to probabilities.
        (LOGITS, None) if spec.group > 0 => from_probs.map(|l| (l * (1.0 / t)).v),
        (PROBS, _) => None,
        (LOGITS, Some(v)) => Some((s.ex(v) * (1.0 / t)).v),
        (WIDTH, Some(v)) => Some((s.ex(v) * t).v),
        (_, given) => given,
    });
    changed.collect()
}

/// The logits of probabilities: of one probability of being true, or of those of classes.
fn log_odds(p: Ex<'_>, one: bool) -> Ex<'_> {
    if one {
        let p = p.max(1e-12).min(1.0 - 1e-7);
        return p.ln() - (-p).ln_1p();
    }
    p.max(1e-30).ln()
}
