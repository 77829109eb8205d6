//! W0506: a guide that proposes only part of what the model allows.

use super::e0302;
use crate::diag::Diag;
use crate::event::EventTy;
use crate::span::Span;

/// What `gmc explain W0506` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0506",
    title: "the guide covers only part of a site's range",
    text: "\
The bound stays valid, but values outside the proposal are never tried, so the bound can stay far from the likelihood
wherever the posterior reaches there.

Wrong:
    model p { z ~ Normal(0, I)[4];  x ~ Normal(decode(z), 1) }
    guide q(x) { (m, s) = encode(x);  z ~ LogNormal(m, exp(s)) }
Right:
    model p { z ~ Normal(0, I)[4];  x ~ Normal(decode(z), 1) }
    guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
",
};

/// `guide` proposes `site` with type `got` at `span`; the model's site, at `of`, has the wider type `want`.
pub fn narrower(guide: &str, site: &str, span: Span, got: &EventTy, of: Span, want: &EventTy) -> Diag {
    let (have, whole) = (got.kind.support(), want.kind.support());
    let same = have == whole;
    let (reaches, ranges, over) = match same {
        true => (format!("draws `{got}` only"), format!("draws `{want}`"), format!("of `{want}`")),
        false => (
            format!("reaches {} only", e0302::range(have)),
            format!("ranges over {}", e0302::range(whole)),
            format!("over {}", e0302::range(whole)),
        ),
    };
    Diag::new("W0506", format!("guide `{guide}` proposes only part of the values of `{site}`"), span, reaches)
        .also(of, ranges)
        .help(format!("use a distribution {over}, unless the posterior is known to lie in that part"))
}
