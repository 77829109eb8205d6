//! W0510: an average of weights that has not forgotten how training began.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0510` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0510",
    title: "an average of weights remembers the beginning of training",
    text: "\
`ema 0.999` averages the weights of about the last 1 / (1 - 0.999) = 1000 updates, and what is measured and shown uses the average. A
run of 300 updates is shorter than that: its average is one over all of training, in which the first, untrained weights count as
much as the last ones. A decay of 1 - 5 / updates or less forgets the first tenth of them.

Wrong:
    train { steps 300  batch 20  ema 0.999 }
Right:
    train { steps 300  batch 20  ema 0.98 }
",
};

/// Averages at this `decay`, written at `span`, over `updates` updates in all; `share` of them comes from the first tenth.
pub fn remembers(decay: f64, span: Span, updates: u64, share: f64) -> Diag {
    let memory = (1.0 / (1.0 - decay)).round();
    let percent = (100.0 * share).round();
    let diag = Diag::new(
        "W0510",
        format!("averages over about {memory} updates are asked for, and training has {updates}"),
        span,
        format!("{percent}% of the average comes from the first tenth of training"),
    );
    let fits = fitting(updates);
    match fits > 0.0 {
        true => diag.help(format!("train longer, or let the average forget sooner: `ema {fits}`")),
        false => diag.help("train longer, or leave out `ema`"),
    }
}

/// A decay, of few digits, whose averages forget the first tenth of so many updates.
fn fitting(updates: u64) -> f64 {
    let rate = 5.0 / updates.max(1) as f64;
    let digits = 10f64.powf(rate.log10().floor());
    let rate = (rate / digits).ceil() * digits;
    if rate < 0.5 { ((1.0 - rate) * 1e12).round() / 1e12 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::fitting;
    use crate::rows::setting::Ema;

    #[test]
    fn what_is_proposed_is_not_warned_of() {
        for updates in [11, 20, 100, 300, 999, 1000, 5000, 123_456, 10_000_000] {
            let decay = fitting(updates);
            assert!(Ema::remembers(decay, updates).is_none(), "{updates}: {decay}");
        }
        assert_eq!([300, 1000, 5000].map(fitting), [0.98, 0.995, 0.999]);
    }
}
