//! E0402: the block of a layer is missing, has the wrong output, or reads too much. Its messages are built by the rows of
//! the layers.

/// What `gmc explain E0402` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0402",
    title: "the block inside a layer is missing or does not fit",
    text: "\
`couple(mask, affine) { .. }` and `masked(affine) { .. }` compute shift and scale of the transformed elements with the
layers of their block, and append the last layer, of the right size, themselves. So the block ends with one output, and
needs no `heads`. The block of `masked` must let coordinate i depend on the coordinates before i only: `dense` layers in
it are masked (Germain et al. 2015), but a layer such as `layer_norm` reads all coordinates.

Wrong:
    flow f: Real[4] <-> Real[4] { couple(parity(0), affine) { dense(64), relu, heads(2, 2) } }
Right:
    flow f: Real[4] <-> Real[4] { couple(parity(0), affine) { dense(64), relu } }
",
};
