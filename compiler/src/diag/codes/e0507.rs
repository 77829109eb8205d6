//! E0507: a question that a spec can't answer.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0507` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0507",
    title: "this spec cannot answer the query",
    text: "\
Which queries a run answers follows from its spec. `sample` needs a model whose sites can be drawn; `density` needs an
exact density (a flow) or a guide, for a bound; `encode` and `reconstruct` need a guide or a flow that carries data to
its latent sites. A model that is a net of noise has samples and nothing else. The same holds for what `eval` asks for:
samples need a model, reconstructions an encoder, a tighter bound a guide, modes data whose modes are known.

Wrong:
    model p { z ~ Normal(0, I)[2];  x = G(z) }
Right:
    flow f: Real[2] <-> Real[2] { repeat 8 as k { couple(parity(k), affine) { dense(64), relu } } }
    model p { z ~ Normal(0, I)[2];  x = f(z) }
",
};

/// `eval` asks at `span` for `item`, which this spec does not have because of `why`.
pub fn eval(item: &str, span: Span, why: &str, help: &str) -> Diag {
    Diag::new("E0507", format!("`eval` asks for `{item}`, and this spec has no answer"), span, why).help(help)
}
