//! E0214: guides with parameters for each datum, where there can be none.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0214` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0214",
    title: "parameters for each datum, where there can be none",
    text: "\
With square brackets, `guide q[x] { .. }`, a guide holds one block of parameters for each datum of the training part: every
`free(8)` in it is 8 numbers for each `x` (classical variational inference). They start at 0 and are moved when their datum is in
the minibatch. With round brackets, `guide q(x)`, a `free(8)` is 8 numbers shared by all data, and what differs from datum to datum
is computed by a net (amortised inference).

For that, what stands between the brackets must be data variables of one `data` item; the data must not be drawn anew at every
visit (then no datum comes twice, and no block would be moved twice); the guide must hold a `free(..)`; and a player that owns the
guide cannot be bound by `within`. `eval { infer(steps: 200, lr: 0.1) }` says how the block of a datum that was not trained on is
found, and needs such a guide.

Wrong:
    data x: Bool[64] from digits(binarize: dynamic)
    net decode(z: Real[8]) -> Real[64] { dense(128), relu, dense(64) }
    model p    { z ~ Normal(0, I)[8];  x ~ Bernoulli(logits: decode(z)) }
    guide q[x] { z ~ Normal(free(8), exp(free(8))) }
Right:
    data x: Bool[64] from digits(binarize: 0.5)
    net decode(z: Real[8]) -> Real[64] { dense(128), relu, dense(64) }
    model p    { z ~ Normal(0, I)[8];  x ~ Bernoulli(logits: decode(z)) }
    guide q[x] { z ~ Normal(free(8), exp(free(8))) }
",
};

/// `guide q[name]` with a `name` that was declared at `declared` as a `what`; `data` is a data variable of the spec.
pub fn not_data(guide: &str, name: &str, span: Span, what: &str, declared: Span, data: Option<&str>) -> Diag {
    Diag::new(
        "E0214",
        format!("`{guide}` cannot hold parameters for each `{name}`"),
        span,
        "is not a data variable",
    )
    .also(declared, format!("declared as `{what}`"))
    .help(format!("write a data variable between the brackets: `guide {guide}[{}]`", data.unwrap_or("x")))
}

/// Two variables between the brackets that come from two data items.
pub fn two_items(first: &str, first_span: Span, second: &str, span: Span) -> Diag {
    Diag::new("E0214", format!("`{first}` and `{second}` are not of one datum"), span, "comes from another `data` item")
        .also(first_span, "from one `data` item")
        .help(format!("load them together, `data ({first}: .., {second}: ..) from ..`, or keep one of them between the brackets"))
}

/// The data of `guide[x]` are drawn anew at every visit, as the source at `source` says.
pub fn redrawn(guide: &str, x: &str, span: Span, source: Span) -> Diag {
    Diag::new(
        "E0214",
        format!("`{guide}` cannot hold parameters for each `{x}`: no datum comes twice"),
        span,
        "is drawn anew at every visit",
    )
    .also(source, "by this source")
    .help(format!(
        "let the data stay as they are, as with `binarize: 0.5`, or compute the proposal with a net: `guide {guide}({x}) {{ .. }}`"
    ))
}

/// `guide q[x]` without a `free(..)`.
pub fn without_free(guide: &str, span: Span, x: &str) -> Diag {
    Diag::new("E0214", format!("`{guide}` holds no parameters for each `{x}`"), span, "has square brackets and no `free(..)`")
        .help(format!("write `guide {guide}({x})`, or give each `{x}` something of its own, as in `z ~ Normal(free(8), exp(free(8)))`"))
}

/// A player within `constraint` owns a guide `q[x]`.
pub fn constrained(guide: &str, span: Span, within: Span, constraint: &str) -> Diag {
    Diag::new(
        "E0214",
        format!("`{constraint}` is for weights, and `{guide}` has parameters for each datum"),
        span,
        "owned by a player within a constraint",
    )
    .also(within, "this constraint")
    .help(format!("let another player own `{guide}`, or leave the constraint away"))
}

/// `infer(..)` where no guide has parameters for each datum.
pub fn nothing_to_infer(span: Span) -> Diag {
    Diag::new(
        "E0214",
        "`infer` has nothing to infer: no guide has parameters for each datum",
        span,
        "says how the block of a new datum is found",
    )
    .help("remove it, or declare the guide with square brackets and a `free(..)`: `guide q[x] { z ~ Normal(free(8), exp(free(8))) }`")
}
