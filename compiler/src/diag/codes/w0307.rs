//! W0307: a probability where a logit is meant.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0307` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0307",
    title: "a probability is used as a logit",
    text: "\
A logit is the logarithm of odds and ranges over all reals; `sigmoid` makes a probability of it. Where a probability stands for a logit it is
squashed twice: of values between 0 and 1 come probabilities between 0.5 and 0.73 only, and the model trains badly. The losses `says_real`,
`says_fake`, `bce` and `cross_entropy` take logits, too. Leave the last `sigmoid` or `softmax` out, or give a distribution its `probs:`.

Wrong:
    net decode(z: Real[8]) -> Real[64] in unit { dense(128), relu, dense(64), sigmoid }
    model p { z ~ Normal(0, I)[8];  x ~ Bernoulli(logits: decode(z)) }
Right:
    net decode(z: Real[8]) -> Real[64] { dense(128), relu, dense(64) }
    model p { z ~ Normal(0, I)[8];  x ~ Bernoulli(logits: decode(z)) }
",
};

/// `logits:` of distribution `row` is `value`, between 0 and 1, made at `origin`; it may be given as `probs` as well.
pub fn parameter(row: &str, value: &str, span: Span, origin: Option<Span>, probs: bool) -> Diag {
    let help = match probs {
        true => format!(
            "write `{row}(probs: {value})`, or leave out what brings it between 0 and 1, such as a last `sigmoid`"
        ),
        false => {
            "leave out what brings it between 0 and 1, such as a last `softmax`: logits are any real numbers"
                .to_string()
        }
    };
    from(
        Diag::new(
            "W0307",
            format!("a probability is used as a logit of `{row}`"),
            span,
            "lies between 0 and 1",
        ),
        span,
        origin,
    )
    .help(help)
}

/// A loss takes `score`, between 0 and 1, for a logit at `span`.
pub fn score(score: &str, span: Span, origin: Option<Span>) -> Diag {
    from(Diag::new("W0307", "a probability is used as a logit", span, format!("takes `{score}` for a logit, and it lies between 0 and 1")), span, origin)
        .help(format!("leave out what brings `{score}` between 0 and 1, such as a last `sigmoid`: the loss applies it itself"))
}

/// Where the range comes from.
fn from(diag: Diag, span: Span, origin: Option<Span>) -> Diag {
    match origin {
        Some(at) if at != span => diag.also(at, "so it is a probability"),
        Some(_) | None => diag,
    }
}
