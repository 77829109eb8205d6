//! E0224: a layer without its size, and nothing that says it.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0224` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0224",
    title: "nothing says the size of a layer",
    text: "\
The last `dense`, `heads`, `logits` or `conv` of a net may leave its size out: what the net yields says it, as long as every layer after it
keeps the number of values. `gmc explain FILE` shows the size. Layers before it, and those inside of a block, have theirs.

Wrong:
    net decode(z: Real[8]) -> Real[64] { dense, relu, dense }
Right:
    net decode(z: Real[8]) -> Real[64] { dense(128), relu, dense }
",
};

fn unsaid(layer: &str, span: Span, label: &str) -> Diag {
    Diag::new("E0224", format!("nothing says the size of this `{layer}`"), span, label)
}

/// `layer`, at `span`, is not the last of a net with a size; `like` is how it is written with one.
pub fn not_last(layer: &str, span: Span, like: &str) -> Diag {
    unsaid(layer, span, "has no size")
        .note("what a net yields says the size of its last `dense`, `heads`, `logits` or `conv` only")
        .help(format!("write `{like}`"))
}

/// Layer `after`, at `at`, does not tell from what comes out of it what went in.
pub fn changed_after(layer: &str, span: Span, after: &str, at: Span, like: &str) -> Diag {
    unsaid(layer, span, "has no size")
        .also(at, format!("`{after}` changes how many values there are"))
        .help(format!("write `{like}`"))
}

/// No size of `layer` makes what the net declares, `declared` at `at`.
pub fn no_size(layer: &str, span: Span, declared: &str, at: Span) -> Diag {
    unsaid(layer, span, format!("yields no {declared}, whatever its size").as_str())
        .also(at, "is what the net declares")
        .help("add a layer that shapes the result, such as `reshape(..)`, or declare what the layer yields")
}
