//! W0308: data and samples of different ranges before one net.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0308` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0308",
    title: "data and samples before one critic have different ranges",
    text: "\
A critic that is given data between 0 and 1 and samples between -1 and 1 tells them apart by their range, whatever they show, and the
generator learns little else than its scale. Let the generator end where the data lie, or declare the data in the range of the generator:
`Real[64] in interval(-1, 1) from digits` scales grey levels to it.

Wrong:
    data x: Real[64] in unit from digits
    net G(z: Real[16]) -> Real[64] { dense(64), tanh }
    net D(x: Real[64]) -> Real[] { dense(64), relu, dense(1), scalar }
Right:
    data x: Real[64] in unit from digits
    net G(z: Real[16]) -> Real[64] in unit { dense(64), sigmoid }
    net D(x: Real[64] in unit) -> Real[] { dense(64), relu, dense(1), scalar }
",
};

/// Net `net` is given data (`drawn`: draws of a model) and something made of nets, each its text, its range and its place; the latter is made
/// at the place that comes last.
pub fn ranges(
    net: &str,
    (data, data_range, data_at): (&str, &str, Span),
    (made, made_range, at, origin): (&str, &str, Span, Option<Span>),
    drawn: bool,
) -> Diag {
    let diag = Diag::new(
        "W0308",
        format!("`{net}` can tell `{data}` and `{made}` apart by their ranges"),
        at,
        made_range,
    )
    .also(data_at, data_range);
    let diag = match origin {
        Some(from) if from != at => diag.also(from, "its range comes from here"),
        Some(_) | None => diag,
    };
    if drawn {
        return diag.help(format!(
            "let `{made}` reach as far as `{data}`, without a last `tanh` or `sigmoid`, or draw from a distribution on the range of `{made}`"
        ));
    }
    diag.help(format!("let `{made}` end where the data lie (`sigmoid` for 0 to 1, `tanh` for -1 to 1), or declare `{data}` in the range of `{made}`"))
}
