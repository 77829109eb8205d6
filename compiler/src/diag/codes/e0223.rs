//! E0223: the unit scale `I` where it does not stand alone.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0223` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0223",
    title: "`I` is the unit scale and stands alone",
    text: "\
`Normal(0, I)` is the standard normal: `I` is the scale 1 of every coordinate. It is no matrix and no number of its own, because a product
would be read in two ways. A textbook's N(0, 4 I) has the covariance Σ = 4 I, and so the standard deviation σ = 2; what stands in this
place here is σ. So the number is written by itself, and it is the standard deviation.

Wrong:
    model p { z ~ Normal(0, 4 * I)[16];  x ~ Bernoulli(logits: decode(z)) }
Right:
    model p { z ~ Normal(0, 2)[16];  x ~ Bernoulli(logits: decode(z)) }
",
};

/// `c * I` or `I * c` at `span`, with `c` as text, and as a number where it is one.
pub fn scaled(span: Span, c: &str, value: Option<f64>) -> Diag {
    let root = match value.filter(|v| *v >= 0.0) {
        Some(v) => format!("{}", v.sqrt()),
        None => format!("sqrt({c})"),
    };
    alone(span, "is a standard deviation or a covariance")
        .note(format!("a standard deviation of {c} (σ) and a covariance of {c} I (Σ = σ² I) are two things"))
        .help(format!("the scale is σ: write `{c}`; where Σ = {c} I is meant, `{root}`"))
        .edit(span, c)
}

/// `I` stands where a number belongs.
pub fn no_number(span: Span) -> Diag {
    alone(span, "is no number of its own")
        .help("write it alone as a scale, `Normal(m, I)`; elsewhere write `1`")
        .edit(span, "1")
}

fn alone(span: Span, label: &str) -> Diag {
    Diag::new("E0223", "`I` is the unit scale and stands alone", span, label)
}
