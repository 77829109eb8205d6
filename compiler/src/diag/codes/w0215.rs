//! W0215: a net, flow or param that nothing uses.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0215` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0215",
    title: "declared and never used",
    text: "\
No payoff, model or guide uses it, so it is not trained and changes nothing. Most often another name was meant somewhere.

Wrong:
    net encode(x: Real[64]) -> Real[2] { dense(32), relu, dense(2) }
    net encode2(x: Real[64]) -> Real[2] { dense(2) }
    net decode(z: Real[2]) -> Real[64] { dense(64) }
    train { minimizes mse(decode(encode(x)), x) }
Right:
    net encode(x: Real[64]) -> Real[2] { dense(32), relu, dense(2) }
    net decode(z: Real[2]) -> Real[64] { dense(64) }
    train { minimizes mse(decode(encode(x)), x) }
",
};

/// The `what` (`net`, `flow`, `param`) called `name` is not used.
pub fn unused(what: &str, name: &str, span: Span) -> Diag {
    Diag::new("W0215", format!("{what} `{name}` is never used"), span, "no payoff, model or guide reads it")
        .help(format!("use `{name}`, or remove it"))
}
