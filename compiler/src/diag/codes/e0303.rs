//! E0303: a gradient that would have to pass through a draw.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0303` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0303",
    title: "no gradient passes through this draw",
    text: "\
A sample of `Normal(m, s)` is `m + s * noise`, so a payoff that reads it can be differentiated in `m` and `s` (the
reparameterization trick, Kingma and Welling 2014). A discrete draw jumps, and some continuous ones have no such form:
the gradient would silently be zero. In a guide under `elbo(p, q)` the compiler then sums over all values or uses the
score function, and `by ..` overrules its choice; in other payoffs a sample must have a pathwise gradient.

Wrong:
    guide q(x) { z ~ Bernoulli(logits: encode(x))[16] by pathwise }
Right:
    guide q(x) { z ~ Bernoulli(logits: encode(x))[16] by score(baseline: moving) }
",
};

/// `by name(..)` does not fit the draw before it; `why` completes the label.
pub fn does_not_fit(name: &str, span: Span, dist: Span, why: &str) -> Diag {
    Diag::new("E0303", format!("the estimator `{name}` does not fit this draw"), span, why.to_string())
        .also(dist, "the draw")
        .help("leave `by ..` out: the compiler chooses, and `gmc explain` prints its choice")
}

/// `by name(..)` stands at site `site` of a model; `data`: the site is data.
pub fn in_a_model(name: &str, span: Span, site: &str, data: bool) -> Diag {
    let why = match data {
        true => format!("`{site}` is data, so it is not drawn in training"),
        false => format!("in training `{site}` is drawn by a guide, or summed over"),
    };
    Diag::new("E0303", format!("the estimator `{name}` stands in a model"), span, why)
        .note("an estimator says how the gradient of a bound passes through a draw of a guide")
        .help("leave `by ..` out here; write it where a guide draws, `guide q(x) { .. }`")
}

/// A relaxed draw needs a KL in closed form, and this pair of rows has none.
pub fn relaxed_density(site: &str, span: Span, prior: &str, row: &str) -> Diag {
    Diag::new(
        "E0303",
        format!("a relaxed draw of `{site}` has no density under `{prior}`"),
        span,
        "relaxed in training",
    )
    .help(format!("give `{site}` the prior `{row}`, or write `by score(baseline: moving)`"))
}

/// A bound at `bound` weighs samples by densities, and the draw of `site` is relaxed.
pub fn relaxed_weight(site: &str, span: Span, bound: Span) -> Diag {
    Diag::new(
        "E0303",
        format!("a relaxed draw of `{site}` has no density to weigh it with"),
        span,
        "relaxed in training",
    )
    .also(bound, "weighs each sample by its density")
    .help("use `elbo(p, q)`, whose KL is known in closed form, or write `by score(baseline: moving)`")
}

/// The relaxed draw of `site` is read at `at` by `net` as one of several values.
pub fn relaxed_read(site: &str, span: Span, net: &str, at: Span, shape: &str) -> Diag {
    Diag::new(
        "E0303",
        format!("no gradient passes from `{net}` to a relaxed draw of `{site}`"),
        at,
        "is looked up as a whole value",
    )
    .also(span, "lies between the values in training")
    .help(format!(
        "let `{net}` take `Bool{shape}`, which it reads as numbers, or write `by score(baseline: moving)`"
    ))
}

/// Site `site` is drawn from `row`, which has no pathwise gradient, at `draw`; `reader` needs the gradient.
pub fn not_pathwise(site: &str, row: &str, draw: Span, reader: Span) -> Diag {
    if row == "quantize" {
        return Diag::new(
            "E0303",
            format!("no gradient passes through `{site}`"),
            draw,
            "rounds down, so its derivative is 0",
        )
        .also(reader, format!("needs the gradient through `{site}`"))
        .help("read the value before it is rounded: `y = f(z);  x = quantize(y)`, and a sample of `y`");
    }
    Diag::new("E0303", format!("no gradient passes through the draw of `{site}`"), draw, format!("a sample of `{row}` has no derivative"))
        .also(reader, format!("needs the gradient through `{site}`"))
        .help(format!("draw `{site}` from a distribution with a pathwise gradient, such as `Normal`, `LogNormal` or `Logistic`"))
}

/// The statements of a chain ask for different estimators: where each does, and what it asks for.
pub fn in_time(site: &str, (one, first): (Span, &str), (two, second): (Span, &str)) -> Diag {
    Diag::new(
        "E0303",
        format!("the statements of `{site}` have different estimators"),
        two,
        second.to_string(),
    )
    .also(one, first.to_string())
    .help(format!("write the same `by ..` behind each statement of `{site}`, as in `by score`"))
}

/// A chain asks for a learned baseline.
pub fn baseline_in_time(site: &str, at: Span) -> Diag {
    Diag::new(
        "E0303",
        format!("a chain such as `{site}` has no learned baseline"),
        at,
        "is one number for each example, where each time has a draw",
    )
    .help("write `by score` or `by score(baseline: none)`")
}
