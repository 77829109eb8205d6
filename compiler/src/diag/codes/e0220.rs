//! E0220: a minibatch of one example where examples are compared with each other.

use crate::diag::Diag;
use crate::span::Span;
use crate::types::coupled::Coupled;

/// What `gmc explain E0220` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0220",
    title: "a minibatch of one example has no statistics",
    text: "\
`batch_norm`, `minibatch_stddev` and `batch_mean` read all examples of a minibatch: means and deviations over them. A single
example deviates from its own mean by nothing, so that all that is known of it is lost. A minibatch must therefore hold at least
two examples; many more say more. Where the examples of a pass leave a rest of fewer than half a minibatch, the rest joins the
minibatch before it.

Wrong:
    net enc(x: Real[2]) -> Real[2] { dense(8), batch_norm, relu, dense(2) }
    train { epochs 10  batch 1 }
Right:
    net enc(x: Real[2]) -> Real[2] { dense(8), batch_norm, relu, dense(2) }
    train { epochs 10  batch 64 }
",
};

/// `train` asks at `batch` for minibatches of one example.
pub fn batch_of_one(by: Coupled, batch: Span) -> Diag {
    Diag::new(
        "E0220",
        format!("`{}` has nothing to compare the only example of a minibatch with", by.row),
        batch,
        "one example",
    )
    .also(by.span, "reads all examples of a minibatch")
    .help(format!(
        "give `train` a larger `batch`, such as 64, or leave out `{}`: `layer_norm` reads one example alone",
        by.row
    ))
}

/// The training part of a data item, declared at `data`, holds one example.
pub fn one_example(by: Coupled, data: Span) -> Diag {
    Diag::new(
        "E0220",
        format!("`{}` has nothing to compare the only training example with", by.row),
        data,
        "holds one example for training",
    )
    .also(by.span, "reads all examples of a minibatch")
    .help(format!("train on more data, or leave out `{}`", by.row))
}
