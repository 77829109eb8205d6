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
the gradient would silently be zero. This version has pathwise gradients only, so a `by` clause that asks for another
estimator is refused as well.

Wrong:
    guide q(x) { k ~ Bernoulli(logits: encode(x)) }
Right:
    guide q(x) { (m, s) = encode(x);  k ~ Normal(m, exp(s)) }
",
};

/// `by name(..)` after a draw.
pub fn estimator(name: &str, span: Span) -> Diag {
    Diag::new("E0303", format!("the estimator `{name}` is not available in this version"), span, "gradients are pathwise")
        .help("leave `by ..` out, and draw from a distribution with a pathwise gradient, such as `Normal`")
}

/// Site `site` is drawn from `row`, which has no pathwise gradient, at `draw`; `reader` needs the gradient.
pub fn not_pathwise(site: &str, row: &str, draw: Span, reader: Span) -> Diag {
    if row == "quantize" {
        return Diag::new("E0303", format!("no gradient passes through `{site}`"), draw, "rounds down, so its derivative is 0")
            .also(reader, format!("needs the gradient through `{site}`"))
            .help("read the value before it is rounded: `y = f(z);  x = quantize(y)`, and a sample of `y`");
    }
    Diag::new("E0303", format!("no gradient passes through the draw of `{site}`"), draw, format!("a sample of `{row}` has no derivative"))
        .also(reader, format!("needs the gradient through `{site}`"))
        .help(format!("draw `{site}` from a distribution with a pathwise gradient, such as `Normal`, `LogNormal` or `Logistic`"))
}
