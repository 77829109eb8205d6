//! E0403: a mask that leaves a coupling nothing to do. Its messages are built by the rows of the bijections.

/// What `gmc explain E0403` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0403",
    title: "a mask leaves nothing to transform",
    text: "\
A coupling keeps some elements and transforms the others as a function of the kept ones (Dinh, Sohl-Dickstein and Bengio
2017, eqs. 4 and 5). It needs at least one of each, and `split` divides an event in two halves, so neither applies to an
event of one element. A single number is moved by `scale, shift` or by a map.

Wrong:
    flow f: Real[1] <-> Real[1] { couple(parity(0), affine) { dense(64), relu } }
Right:
    flow f: Real[2] <-> Real[2] { repeat 2 as k { couple(parity(k), affine) { dense(64), relu } } }
",
};
