//! E0220: a minibatch of one example where examples are compared with each other.

use crate::diag::Diag;
use crate::span::Span;

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

/// `train` asks at `batch` for minibatches of one example, and the layer or function `row`, at `by`, compares examples.
pub fn batch_of_one(row: &str, by: Span, batch: Span) -> Diag {
    Diag::new(
        "E0220",
        format!("`{row}` has nothing to compare the only example of a minibatch with"),
        batch,
        "one example",
    )
    .also(by, "reads all examples of a minibatch")
    .help(match row {
        "batch_norm" => "give `train` a larger `batch`, such as 64, or leave out `batch_norm`: `layer_norm` reads one example alone".to_string(),
        _ => format!("give `train` a larger `batch`, such as 64, or leave out `{row}`"),
    })
}

/// The training part of a data item, declared at `data`, holds one example, and the layer or function `row`, at `by`, compares examples.
pub fn one_example(row: &str, by: Span, data: Span) -> Diag {
    Diag::new(
        "E0220",
        format!("`{row}` has nothing to compare the only training example with"),
        data,
        "holds one example for training",
    )
    .also(by, "reads all examples of a minibatch")
    .help(format!("train on more data, or leave out `{row}`"))
}
