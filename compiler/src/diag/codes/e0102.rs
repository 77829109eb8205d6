//! E0102: a tilde with no distribution after it.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0102` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0102",
    title: "no distribution follows the `~`",
    text: "\
`z ~ D(..)` says that `z` is drawn from the distribution `D`; what stands after the tilde is the name of a distribution,
with its arguments. A value that is computed, not drawn, takes an equals sign.

Wrong:
    model p { z ~ ;  x ~ 3 }
Right:
    model p { z ~ Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z)) }
",
};

/// `name ~ found`: underlines `found`, which is no distribution.
pub fn missing(name: &str, tilde: Span, found: &str, span: Span) -> Diag {
    Diag::new(
        "E0102",
        format!("`{name}` is drawn from no distribution"),
        span,
        format!("{found} is not a distribution"),
    )
    .also(tilde, "draws from what follows")
    .help(format!("name a distribution: `{name} ~ Normal(0, I)[16]`; or compute a value: `{name} = ..`"))
}
