//! E0402: the block of a layer is missing or yields the wrong shape. Its messages are built by the rows of the layers.

/// What `gmc explain E0402` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0402",
    title: "the block inside a layer is missing or has the wrong output",
    text: "\
Some layers take a block: `residual { .. }` adds it to its input, so the block must end with the shape of its input;
`couple(mask, affine) { .. }` computes a shift and a scale for the transformed elements from the others, and adds a last
`dense` layer of the right size itself. The message says which shape the block has and which it needs.

Wrong:
    net f(x: Real[64]) -> Real[64] { residual { dense(32), relu } }
Right:
    net f(x: Real[64]) -> Real[64] { residual { dense(32), relu, dense(64) } }
",
};
