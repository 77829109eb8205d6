//! E0301: a parameter of a distribution with values that it can't have.

use super::e0302;
use crate::diag::Diag;
use crate::event::Support;
use crate::span::Span;

/// What `gmc explain E0301` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0301",
    title: "a parameter of a distribution must lie in its range",
    text: "\
The last layer of a net usually ranges over all reals, and a scale must be positive, a probability between 0 and 1. The
checker follows ranges through every map: `exp` and `softplus` yield positive numbers, `sigmoid` numbers between 0 and 1,
`softmax` parts that sum to 1. So a NaN from a negative scale cannot happen; the parameter is mapped where it is used, or
by a last layer of the net. Where a distribution takes `logits`, those range over all reals and need no map.

Wrong:
    guide q(x) { (m, s) = encode(x);  z ~ Normal(m, s) }
Right:
    guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
",
};

/// Parameter `param` of `row` must lie in `want`, and the value at `span` lies in `have`, which `origin` decided; `name` is
/// the variable that the value is, `fix` the help.
#[expect(clippy::too_many_arguments, reason = "each part of the message comes from another place")]
pub fn support(
    row: &str,
    param: &str,
    want: Support,
    span: Span,
    have: Support,
    origin: Option<Span>,
    name: Option<&str>,
    fix: &str,
) -> Diag {
    let diag = Diag::new(
        "E0301",
        format!("`{param}` of `{row}` must {}", e0302::must(want)),
        span,
        e0302::beyond(have, want),
    );
    let diag = match origin.filter(|o| *o != span) {
        Some(o) => diag.also(
            o,
            format!("so {} {}", name.map_or("it".to_string(), |n| format!("`{n}`")), have.describe()),
        ),
        None => diag,
    };
    diag.help(fix)
}

/// The values of the parameters of `row` that are known before training make no distribution; `why` says in which way.
pub fn together(row: &str, span: Span, why: &str, help: &str) -> Diag {
    Diag::new("E0301", format!("these parameters make no `{row}`"), span, why).help(help)
}

/// Parameter `param` of `row` must be positive, and the value at `span`, which `origin` decided, can be 0.
pub fn zero(row: &str, param: &str, span: Span, origin: Option<Span>, name: Option<&str>, fix: &str) -> Diag {
    let is = if origin.is_none() { "is 0" } else { "can be 0" };
    let diag = Diag::new("E0301", format!("`{param}` of `{row}` must be positive"), span, is);
    let diag = match origin.filter(|o| *o != span) {
        Some(o) => {
            diag.also(o, format!("so {} can be 0", name.map_or("it".to_string(), |n| format!("`{n}`"))))
        }
        None => diag,
    };
    diag.help(fix)
}
