//! E0213: a function that calls itself, a net or flow that contains itself.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0213` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0213",
    title: "a function, net or flow leads back to itself",
    text: "\
A `fn` is one expression that is put in place of each call, so it cannot call itself, directly or through another one.
The same holds for a net or flow among
the layers of others. Layers are repeated with `repeat`; a power or a sum is written out.

Wrong:
    fn pow4(a) = a * pow4(a)
Right:
    fn pow4(a) = a^4
",
};

/// The call of `name` at `span` leads back to itself.
pub fn recursive(name: &str, span: Span, declared: Span) -> Diag {
    Diag::new("E0213", format!("`{name}` calls itself"), span, "leads back to this call")
        .also(declared, "declared here")
        .help("write the expression out; layers are repeated with `repeat 4 as i { .. }`")
}

/// Net or flow `name`, declared at `declared`, leads back to itself through the layer at `span`.
pub fn contains_itself(name: &str, span: Span, declared: Span) -> Diag {
    Diag::new("E0213", format!("`{name}` contains itself"), span, format!("leads back to `{name}`"))
        .also(declared, "declared here")
        .help("write the layers out; layers are repeated with `repeat 4 as i { .. }`")
}
