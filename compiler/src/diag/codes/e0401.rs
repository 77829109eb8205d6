//! E0401: a layer of a flow that has no inverse.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0401` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0401",
    title: "a layer of a flow cannot be inverted",
    text: "\
A flow runs both ways: forward to sample, backward to compute a density. So each of its layers must be invertible, with a
Jacobian determinant that is cheap. The block of a coupling is an ordinary net and may hold any layer, since it is only
evaluated, never inverted. Invertible maps such as `leaky_relu(0.1)` may stand in the flow itself.

Wrong:
    flow f: Real[2] <-> Real[2] { repeat 8 as k { couple(parity(k), affine) { dense(64) }, relu } }
Right:
    flow f: Real[2] <-> Real[2] { repeat 8 as k { couple(parity(k), affine) { dense(64), relu } } }
",
};

/// The map `name` has no inverse: `why` completes "`relu` ..".
pub fn map(name: &str, span: Span, why: &str) -> Diag {
    Diag::new("E0401", format!("`{name}` cannot be inverted"), span, why)
        .help("move it inside the coupling network, or use `leaky_relu(0.1)`")
}

/// `name` is a layer of nets.
pub fn layer(name: &str, span: Span, parens: bool) -> Diag {
    Diag::new("E0401", format!("`{name}` cannot be inverted"), span, "is a layer of nets, and has no inverse")
        .help(format!(
            "move it inside a coupling network: `couple(parity(0), affine) {{ {name}{}, .. }}`",
            if parens { "(..)" } else { "" }
        ))
}

/// Layer `name` of a flow changes the number of elements.
pub fn changes_size(name: &str, span: Span, from: &str, to: &str) -> Diag {
    Diag::new("E0401", format!("`{name}` cannot be inverted"), span, format!("makes shape {to} of {from}"))
        .note("an invertible layer keeps the number of elements")
        .help("remove it, or use it inside a coupling network")
}
