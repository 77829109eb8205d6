//! E0505: a guide that proposes what the model excludes.

use super::{e0302, e0502};
use crate::diag::Diag;
use crate::event::{EventTy, Support};
use crate::span::Span;

/// What `gmc explain E0505` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0505",
    title: "the guide proposes values that the model excludes",
    text: "\
Where the guide can propose a value to which the model gives density 0, the KL divergence from guide to model is infinite
and so is the loss. The range of each proposal must lie inside that of the model's site.

Wrong:
    model p { c ~ Gamma(2, rate: 1)[4];  x ~ Normal(decode(c), 1) }
    guide q(x) { (m, s) = encode(x);  c ~ Normal(m, exp(s)) }
Right:
    model p { c ~ Gamma(2, rate: 1)[4];  x ~ Normal(decode(c), 1) }
    guide q(x) { (m, s) = encode(x);  c ~ LogNormal(m, exp(s)) }
",
};

/// `guide` proposes `site` with type `got` at `span`; that of the model, at `of`, surely covers only `sure`, because its ends are computed.
pub fn ends_move(guide: &str, site: &str, span: Span, got: &EventTy, of: Span, sure: Support) -> Diag {
    Diag::new(
        "E0505",
        format!("guide `{guide}` may propose values of `{site}` that the model excludes"),
        span,
        format!("ranges over {}", e0302::range(got.kind.support())),
    )
    .also(of, e0302::surely(sure))
    .note("outside of the model's ends the KL divergence from the guide to the model is infinite")
    .help(format!(
        "give the model's `{site}` ends that are numbers, or a distribution on all reals such as `Normal`"
    ))
}

/// `guide` proposes `site` with type `got` at `span`; the model's site, at `of`, has type `want`.
pub fn support(guide: &str, site: &str, span: Span, got: &EventTy, of: Span, want: &EventTy) -> Diag {
    let (have, within) = (got.kind.support(), want.kind.support());
    let (label, cause) = match have.inside(within) {
        true => (format!("proposes `{got}`"), format!("is `{want}`")),
        false => (e0302::beyond(have, within), format!("takes values among {}", e0302::range(within))),
    };
    let diag = Diag::new(
        "E0505",
        format!("guide `{guide}` proposes values of `{site}` that the model excludes"),
        span,
        label,
    )
    .also(of, cause)
    .note("the KL divergence from the guide to the model is infinite");
    match want.kind.discrete() {
        true => diag.help(format!("draw `{site}` from the distribution that the model draws it from")),
        false => diag.help(format!("use {}", e0502::proposal(site, within))),
    }
}
