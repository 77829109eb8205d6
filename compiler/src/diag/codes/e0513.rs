//! E0513: a goal about the noise of a chain whose noise is not known.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0513` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0513",
    title: "the noise of this guide is not known",
    text: "\
`noise_error(p, q)` is about diffusion: the guide `q` adds known noise to the data step by step, and the model `p` takes it away again, step by step
in the other direction. The noise is known where each value of the guide's chain is drawn from `Normal`, around a multiple of the value before; the
multiples and the scales are numbers that are known before training, and may differ from time to time. The model draws from `Normal` as well,
each value given the next one, and reads nothing of the chain but its first value elsewhere.

The same makes the bound `elbo(p, q)` cheap: each step's KL is known at one draw, and one step stands for all of them.

Wrong:
    model p { z[9] ~ Normal(0, 1)[64];  z[t in reverse(0..9)] ~ Normal(f(z[t + 1]), 0.3);  x ~ Normal(z[0], 0.1) }
    guide q(x) { z[0] ~ Normal(x, 0.3);  z[t in 1..10] ~ Normal(g(z[t - 1]), 0.3) }
    train { minimizes noise_error(p, q) }
Right:
    model p { z[9] ~ Normal(0, 1)[64];  z[t in reverse(0..9)] ~ Normal(f(z[t + 1]), 0.3);  x ~ Normal(z[0], 0.1) }
    guide q(x) { z[0] ~ Normal(x, 0.3);  z[t in 1..10] ~ Normal(0.9 * z[t - 1], 0.3) }
    train { minimizes noise_error(p, q) }
",
};

/// A guide draws no chain in the direction against that of the model.
pub fn no_chain(model: &str, guide: &str, at: Span, declared: Span) -> Diag {
    Diag::new("E0513", format!("`{guide}` adds no noise step by step"), at, "asks for the error of that noise")
        .also(declared, format!("draws no chain that `{model}` draws in the other direction"))
        .help(format!(
            "let `{guide}` go from the data to noise, `z[0] ~ Normal(0.9 * x, 0.3);  z[t in 1..10] ~ Normal(0.9 * z[t - 1], 0.3)`, and `{model}` back: `z[t in reverse(0..9)] ~ Normal(f(z[t + 1]), 0.3)`"
        ))
}

/// The marginals of the guide's chain are not known, and why.
pub fn unknown(guide: &str, at: Span, (site, drawn): (&str, Span), why: &str) -> Diag {
    Diag::new("E0513", format!("the noise that `{guide}` adds to `{site}` is not known"), at, "asks for its error")
        .also(drawn, why.to_string())
        .help(format!(
            "draw each value of `{site}` in `{guide}` from `Normal(a * before, s)` with numbers `a` and `s`, which may depend on the time"
        ))
}

/// The model draws its chain from another distribution.
pub fn not_normal(model: &str, at: Span, (site, drawn): (&str, Span), row: &str) -> Diag {
    Diag::new(
        "E0513",
        format!("the noise that `{model}` takes from `{site}` is not known"),
        at,
        "asks for its error",
    )
    .also(drawn, format!("draws from `{row}`, whose location is no mean"))
    .help(format!("draw `{site}` in `{model}` from `Normal(mean, scale)`"))
}
