//! E0210: bodies of nets that can't be built.

use crate::diag::Diag;
use crate::event::EventTy;
use crate::span::Span;

/// What `gmc explain E0210` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0210",
    title: "the layers do not make a net",
    text: "\
A net is a list of layers, each applied to what the one before yields. Some layers take a block of layers, as in
`residual { conv(64, k: 3), relu }`; most do not. `heads(16, 16)` ends a net with several outputs, so no layer follows it.
A net may be used as a layer of another one if it has one input.

Wrong:
    net f(x: Real[784]) -> (Real[16], Real[16]) { dense(256), heads(16, 16), relu }
Right:
    net f(x: Real[784]) -> (Real[16], Real[16]) { dense(256), relu, heads(16, 16) }
",
};

/// Layer `name` has a block and takes none.
pub fn block_not_taken(name: &str, span: Span, parens: bool) -> Diag {
    Diag::new("E0210", format!("`{name}` takes no block of layers"), span, "a block follows").help(format!(
        "write the layers of the block after it: `{name}{}, ..`",
        if parens { "(..)" } else { "" }
    ))
}

/// Layer `name` needs a block.
pub fn block_missing(name: &str, span: Span, parens: bool) -> Diag {
    Diag::new("E0210", format!("`{name}` needs a block of layers"), span, "no block follows").help(format!(
        "write its layers in braces: `{name}{} {{ dense(64), relu }}`",
        if parens { "(..)" } else { "" }
    ))
}

/// Layer `name` stands after a layer with several outputs.
pub fn after_heads(name: &str, span: Span) -> Diag {
    Diag::new(
        "E0210",
        format!("`{name}` cannot follow several outputs"),
        span,
        "the layer before it yields more than one value",
    )
    .help("put it before the last layer: `.., relu, heads(16, 16)`")
}

/// Net `name` has several inputs and is used as a layer.
pub fn net_with_inputs(name: &str, span: Span) -> Diag {
    Diag::new("E0210", format!("`{name}` cannot be a layer"), span, "has several inputs, and a layer has one")
        .help(format!("call it in a model, guide or payoff, `{name}(a, b)`, or give it one input"))
}

/// Flow `name`, declared at `decl`, is a layer of a flow that does not give it `missing`.
pub fn flow_not_given(name: &str, span: Span, missing: &str, ty: &EventTy, decl: Span) -> Diag {
    Diag::new(
        "E0210",
        format!("`{name}` is not given `{missing}` here"),
        span,
        "a layer reads what its flow is given",
    )
    .also(decl, format!("needs `{missing}: {ty}`"))
    .help(format!("declare it on the flow around it too: `given ({missing}: {ty})`"))
}

/// `net f() -> ..`.
pub fn no_inputs(name: &str, span: Span) -> Diag {
    Diag::new("E0210", format!("`{name}` has no input"), span, "layers have nothing to act on").help(format!(
        "give it one, `net {name}(z: Real[16]) -> ..`; learned numbers without an input are a `param`"
    ))
}

/// Blocks inside blocks.
pub fn too_deep(span: Span) -> Diag {
    Diag::new("E0210", "blocks are nested too deeply", span, "opens the 65th level")
        .help("declare the inner layers as a `net` of their own, and use its name as a layer")
}
