//! E0705: a gradient penalty that can't be computed for each example.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0705` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0705",
    title: "`gradient_penalty` needs a critic that scores each example alone",
    text: "\
`gradient_penalty(D, u, v)` is the mean over examples of (|grad D(w)| - 1)^2, at random points w between u and v
(Gulrajani et al. 2017, eq. 3). The gradient is that of one example's score in that example. A layer such as `batch_norm`
makes the score depend on the other examples, and the penalty loses its meaning.

A critic that reads further inputs is written with a dot in place of what it scores: `gradient_penalty(D(·, y), x, p.x)`. Where
only its name stands, its further inputs are what has their names: `y` of `net D(x: .., y: ..)` is the `y` of the data.

Wrong:
    net D(x: Real[3, 64, 64]) -> Real[] { conv(64, k: 4, stride: 2), batch_norm, leaky_relu(0.2), flatten, dense(1), scalar }
Right:
    net D(x: Real[3, 64, 64]) -> Real[] { conv(64, k: 4, stride: 2), layer_norm, leaky_relu(0.2), flatten, dense(1), scalar }
",
};

/// `layer` of critic `name` mixes the examples of a batch; `span` is the critic in the call.
pub fn mixes(name: &str, span: Span, layer: Span) -> Diag {
    Diag::new(
        "E0705",
        "`gradient_penalty` needs a critic that scores each example alone",
        span,
        "differentiated per example",
    )
    .also(layer, "mixes the examples of a batch")
    .help(format!("use `layer_norm` or no normalisation in `{name}`"))
}

/// The first argument is not the name of a net.
pub fn no_critic(span: Span) -> Diag {
    Diag::new("E0705", "`gradient_penalty` needs the critic itself", span, "is not the name of a net")
        .help("name the net, without calling it: `gradient_penalty(D, x, p.x)`; with what else it reads: `gradient_penalty(D(·, y), x, p.x)`")
}

/// Critic `name` reads `input` beside what it scores, and nothing has that name; it has `n` such inputs.
pub fn condition(name: &str, input: &str, n: usize, span: Span) -> Diag {
    let places = vec![".."; n].join(", ");
    Diag::new(
        "E0705",
        format!("the critic `{name}` also reads `{input}`, and nothing is called that here"),
        span,
        format!("its further input `{input}` has no value"),
    )
    .help(format!("write its further inputs behind a dot: `gradient_penalty({name}(·, {places}), ..)`"))
}

/// `orthogonal` of something that is no net.
pub fn no_net(span: Span) -> Diag {
    Diag::new("E0705", "`orthogonal` is about the weights of a net", span, "is not the name of a net")
        .help("name the net, without calling it: `orthogonal(G)`")
}

/// `orthogonal` of the net `name`, declared at `declared`, that has no weights.
pub fn without_weights(name: &str, span: Span, declared: Span) -> Diag {
    Diag::new("E0705", format!("`{name}` has no weights"), span, "nothing here can be orthogonal")
        .also(declared, "its layers have no matrix or kernel to train")
        .help("leave it out, or name a net with layers such as `dense` or `conv`")
}
