//! E0108: `detach(..)`.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0108` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0108",
    title: "gradients are stopped by ownership",
    text: "\
Each player changes only the nets it owns; the parameters of all others are constants in its payoff, and gradients still
pass through their nets. Where a gradient must stop is derived from that, so there is nothing to write.

Wrong:
    train { player critic { owns D  maximizes E[D(x)] - E[D(detach(p.x))] } }
Right:
    train { player critic { owns D  maximizes E[D(x)] - E[D(p.x)] } }
",
};

/// The spellings of other frameworks.
pub const NAMES: [&str; 4] = ["detach", "stop_gradient", "stop_grad", "no_grad"];

/// `name(inner)`, or `inner.name()`, whose name stands at `span`. `around` is what is left when `inner` stands alone: the places before
/// and behind it.
pub fn stop(name: &str, span: Span, inner: &str, around: &[Span]) -> Diag {
    let help = match inner {
        "" => "leave it out".to_string(),
        _ => format!("leave it out: `{inner}`"),
    };
    let diag = Diag::new(
        "E0108",
        format!("gm has no `{name}`"),
        span,
        "which gradients stop is derived from `owns`",
    )
    .help(help);
    around.iter().fold(diag, |d, place| d.edit(*place, ""))
}
