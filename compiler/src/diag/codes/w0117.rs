//! W0117: a comment that accepts a warning in vain.

use crate::diag::Diag;
use crate::diag::suggest::did_you_mean;
use crate::span::Span;

/// What `gmc explain W0117` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0117",
    title: "an acceptance of a warning is in vain",
    text: "\
A comment `# accept W0606: why` says that a warning is meant: it is not shown any more, for the file that the comment stands in.
Where the warning does not occur, the comment would hide the next one, which nobody has looked at, so it should go. Only
warnings, whose codes begin with W, can be accepted, never an error; and what is accepted needs its reason, for those who read
the spec later. Several codes are separated by commas.

Wrong:
    # accept W0606: the pixels far above do not matter
    data x: Bool[1, 8, 8] from digits(binarize: 0.5)
    net f(x: Bool[1, 8, 8]) -> Real[1, 8, 8] { gated_pixelcnn(16, layers: 7), relu, conv(1, k: 1) }
    model p { x[i in raster] ~ Bernoulli(logits: f(x[< i])) }
Right:
    # accept W0606: the pixels far above do not matter
    data x: Bool[1, 8, 8] from digits(binarize: 0.5)
    net f(x: Bool[1, 8, 8]) -> Real[1, 8, 8] { gated_pixelcnn(16, layers: 2), relu, conv(1, k: 1) }
    model p { x[i in raster] ~ Bernoulli(logits: f(x[< i])) }
",
};

/// The warning `code` that is accepted does not occur.
pub fn not_needed(code: &str, at: Span) -> Diag {
    Diag::new("W0117", format!("the accepted {code} does not occur"), at, "accepts nothing").help(format!(
        "remove {code} from the comment; it would hide the next {code}, which nobody has looked at"
    ))
}

/// `code` is the code of no message.
pub fn no_code(code: &str, at: Span) -> Diag {
    let near = did_you_mean(code, super::PAGES.iter().map(|p| p.code).filter(|c| c.starts_with('W')));
    let help = match near {
        Some(near) => format!("did you mean {near}?"),
        None => "the code stands in brackets behind `warning`, as in `warning[W0606]`".to_string(),
    };
    Diag::new("W0117", format!("there is no warning {code} to accept"), at, "accepts nothing").help(help)
}

/// `code` is that of an error.
pub fn error(code: &str, at: Span) -> Diag {
    Diag::new(
        "W0117",
        format!("the error {code} cannot be accepted, only warnings can"),
        at,
        "accepts nothing",
    )
    .help(format!("remove the comment; `gmc explain {code}` says what the error is about"))
}

/// No reason stands behind `code`.
pub fn no_reason(code: &str, at: Span) -> Diag {
    Diag::new("W0117", format!("the acceptance of {code} has no reason"), at, "says no reason")
        .help(format!("say why the warning is meant: `# accept {code}: the pixels far above do not matter`"))
}
