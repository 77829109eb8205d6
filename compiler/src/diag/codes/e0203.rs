//! E0203: the batch axis is written.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0203` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0203",
    title: "the batch axis is implicit and must not be written",
    text: "\
A type describes one event: one image, one point, one row. How many of them are processed together is a setting of
training, and the compiler adds that axis everywhere by itself.

Wrong:
    data x: Bool[128, 784] from mnist(binarize: 0.5)
Right:
    data x: Bool[784] from mnist(binarize: 0.5)
    train { batch 128 }
",
};

/// A data item declares `written` for events of shape `yields`; `right` is the type without the batch axis `batch`.
pub fn batch_axis(span: Span, written: &str, source: Span, yields: &str, right: &str, batch: usize) -> Diag {
    Diag::new(
        "E0203",
        "the batch axis is implicit and must not be written",
        span,
        format!("declares an event of shape {written}"),
    )
    .also(source, format!("yields events of shape {yields}"))
    .help(format!("write `{right}`; set the batch size with `train {{ batch {batch} .. }}`"))
}
