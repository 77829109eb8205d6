//! E0504: no goal is written, and none follows without doubt.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0504` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0504",
    title: "the goal of training is missing or ambiguous",
    text: "\
A goal is derived when the spec has one model, at least one of its sites is data, and at most one guide stands beside it.
Otherwise it is written: `minimizes` or `maximizes` and a payoff, or one `player` for each goal. A site is observed when
it has the name of a data variable.

Wrong:
    data y: Real[2] from moons(noise: 0.05)
    model p { z ~ Normal(0, I)[2];  x = f(z) }
Right:
    data x: Real[2] from moons(noise: 0.05)
    model p { z ~ Normal(0, I)[2];  x = f(z) }
",
};

/// No goal is written, and there is not exactly one model: `models` are their names.
pub fn no_goal(span: Span, models: &[&str]) -> Diag {
    match models {
        [] => Diag::new("E0504", "training has no goal", span, "no model, and nothing to minimize")
            .help("state a goal, `train { minimizes mse(decode(encode(x)), x) }`, or declare a `model`"),
        [first, ..] => Diag::new(
            "E0504",
            "training has no goal",
            span,
            format!("the models are `{}`", models.join("`, `")),
        )
        .note("a goal is derived when there is one model")
        .help(format!("state it: `train {{ minimizes nll({first}) }}`, or a `player` for each goal")),
    }
}

/// No site of `model` has the name of a data variable.
pub fn no_data(model: &str, span: Span) -> Diag {
    Diag::new(
        "E0504",
        format!("`{model}` has nothing to learn from"),
        span,
        "none of its sites has the name of a data variable",
    )
    .help("give a site and its data one name: `data x: .. from ..` and `x ~ ..` or `x = ..`")
}

/// Several guides, so that the bound is ambiguous.
pub fn several_guides(model: &str, span: Span) -> Diag {
    Diag::new(
        "E0504",
        format!("the objective of `{model}` is ambiguous"),
        span,
        "several guides could propose its latent sites",
    )
    .help(format!("name the guide: `train {{ maximizes elbo({model}, q) }}`"))
}
