//! E0602: earlier elements that are read where there are none.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0602` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0602",
    title: "earlier elements are read where there are none",
    text: "\
`x[< i]` are the elements of `x` before element i. It stands only in the distribution that draws `x` in an order,
`x[i in raster] ~ ..`, with the index that is declared there; elements that are drawn at the same time or later cannot be read,
and everywhere else `x` is read as a whole. A line before that site may give names to what is computed from them, such as
the outputs of a net with several, for use in its distribution:
    (m, s) = f(x[< i]);  x[i in forward] ~ Normal(m, exp(s))

Wrong:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[64]) -> Real[64] { dense(64, mask: A) }
    model p { x ~ Bernoulli(logits: f(x[< i])) }
Right:
    data x: Bool[64] from digits(binarize: 0.5)
    net f(x: Bool[64]) -> Real[64] { dense(64, mask: A) }
    model p { x[i in forward] ~ Bernoulli(logits: f(x[< i])) }
",
};

/// `x[< i]` outside of an ordered site.
pub fn outside_order(span: Span, x: &str, i: &str) -> Diag {
    Diag::new("E0602", "there are no earlier elements here", span, "stands in no site drawn in an order").help(format!(
        "draw `{x}` in an order, `{x}[{i} in forward] ~ ..`, or write the whole variable, without `[< {i}]`"
    ))
}

/// `y[< i]` or `x[< j]` in the site `x[i in ..]`, declared at `site`.
pub fn not_these(span: Span, site: (&str, &str, Span)) -> Diag {
    let (x, i, at) = site;
    Diag::new(
        "E0602",
        "these earlier elements do not exist",
        span,
        format!("only `{x}[< {i}]` is known here"),
    )
    .also(at, format!("draws `{x}` with the index `{i}`"))
    .help(format!("write `{x}[< {i}]`; another variable is read as a whole, without `[< ..]`"))
}

/// `x` in its own distribution.
pub fn whole(span: Span, site: (&str, &str, Span)) -> Diag {
    let (x, i, at) = site;
    Diag::new("E0602", format!("`{x}` cannot be read as a whole while it is drawn"), span, "is not known yet")
        .also(at, "draws it element by element")
        .help(format!("read the elements before the one that is drawn: `{x}[< {i}]`"))
}

/// A name for something computed from the elements of `x` before another one, at `line`, where `x` is not drawn.
pub fn of_another(span: Span, name: &str, x: &str, line: Span) -> Diag {
    Diag::new(
        "E0602",
        format!("`{name}` is known only where `{x}` is drawn"),
        span,
        format!("stands outside of the distribution of `{x}`"),
    )
    .also(line, format!("is computed anew for every element of `{x}`, from those before it"))
    .help(format!("use `{name}` in the distribution of `{x}` itself: write there what is computed of it, as in `exp({name})`"))
}

/// `x[<= i]`
pub fn up_to(sign: Span, x: &str, i: &str) -> Diag {
    Diag::new(
        "E0602",
        "an element cannot be drawn from itself",
        sign,
        "reads the element that is being drawn, too",
    )
    .help(format!("read what comes before it: `{x}[< {i}]`"))
}
