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

/// A parameter that is given a value outside of its range.
pub struct Param<'a> {
    /// The distribution.
    pub row: &'a str,
    /// The parameter's name.
    pub name: &'a str,
    /// Where the value stands.
    pub at: Span,
    /// What decided its range.
    pub origin: Option<Span>,
    /// The variable that the value is.
    pub variable: Option<&'a str>,
}

impl Param<'_> {
    /// The message at the value, with `so .. is` where its range was decided, and the help `fix`.
    fn misfit(&self, must: &str, found: String, is: &str, fix: &str) -> Diag {
        let title = format!("`{}` of `{}` must {must}", self.name, self.row);
        let diag = Diag::new("E0301", title, self.at, found);
        let diag = match self.origin.filter(|o| *o != self.at) {
            Some(o) => {
                let what = self.variable.map_or("it".to_string(), |n| format!("`{n}`"));
                diag.also(o, format!("so {what} {is}"))
            }
            None => diag,
        };
        diag.help(fix)
    }
}

/// `param` must lie in `want`, and its value lies in `have`; `fix` is the help.
pub fn support(param: &Param<'_>, want: Support, have: Support, fix: &str) -> Diag {
    param.misfit(&e0302::must(want), e0302::beyond(have, want), &have.describe(), fix)
}

/// The values of the parameters of `row` that are known before training make no distribution; `why` says in which way.
pub fn together(row: &str, span: Span, why: &str, help: &str) -> Diag {
    Diag::new("E0301", format!("these parameters make no `{row}`"), span, why).help(help)
}

/// `param` must be positive, and its value can be 0; `fix` is the help.
pub fn zero(param: &Param<'_>, fix: &str) -> Diag {
    let is = if param.origin.is_none() { "is 0" } else { "can be 0" };
    param.misfit("be positive", is.to_string(), "can be 0", fix)
}
