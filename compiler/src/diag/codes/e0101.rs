//! E0101: an arrow `<-` where a tilde draws.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0101` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0101",
    title: "`<-` does not draw a random variable",
    text: "\
A site of a model or guide is either drawn, `z ~ Normal(0, I)[16]`, or computed, `x = f(z)`. The arrow of BUGS, R and
Haskell is not an operator of gm.

Wrong:
    model p { z <- Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z)) }
Right:
    model p { z ~ Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z)) }
",
};

/// `name <- rest`: `name` and `arrow` are underlined, `rest` is the text after the arrow.
pub fn arrow(name: (&str, Span), arrow: (&str, Span), rest: &str, drawn: bool) -> Diag {
    let help = match drawn {
        true => format!("draw with a tilde: `{} ~ {rest}`", name.0),
        false => format!("compute with an equals sign: `{} = {rest}`", name.0),
    };
    Diag::new(
        "E0101",
        format!("`{}` does not draw a random variable", arrow.0),
        arrow.1,
        "not an operator in gm",
    )
    .also(name.1, "this site has no distribution")
    .help(help)
    .edit(arrow.1, if drawn { "~" } else { "=" })
}
