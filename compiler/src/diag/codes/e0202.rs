//! E0202: one name for two things.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0202` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0202",
    title: "a name is declared twice",
    text: "\
All items of a spec share one set of names, and so do the sites of one model or guide. A data item and a site of a model
may share theirs: that is how a site is observed. A guide names the sites that it proposes as the model does. A condition,
such as `y` in `model p(y)`, is given, so the model does not draw it.

Wrong:
    model p { z ~ Normal(0, I)[2];  z = f(z) }
Right:
    model p { z ~ Normal(0, I)[2];  x = f(z) }
",
};

/// `name` is declared at `first` and again at `span`.
pub fn declared_twice(name: &str, span: Span, first: Span) -> Diag {
    let help = match name {
        "train" => "keep one `train`, with a `player` for each goal".to_string(),
        _ => format!("rename one of the two, or remove it; here for example to `{name}2`"),
    };
    Diag::new("E0202", format!("`{name}` is declared twice"), span, "declared again")
        .also(first, "first declared here")
        .help(help)
}

/// A condition of `model` that the model also draws or computes.
pub fn condition_drawn(site: &str, span: Span, model: &str) -> Diag {
    Diag::new(
        "E0202",
        format!("`{site}` is a condition of `{model}` and a site of it"),
        span,
        "given from outside already",
    )
    .help(format!("remove this site, or remove `{site}` from the brackets after `{model}`"))
}
