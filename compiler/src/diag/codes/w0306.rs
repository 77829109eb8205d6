//! W0306: data at an end of a range, where a density is 0 or infinite for nearly all parameters.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0306` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0306",
    title: "data lie where a density is 0 or infinite",
    text: "\
The density of `Beta` at 0 is 0 where its first concentration is above 1 and infinite where it is below; only at exactly 1 it is
neither. The same holds for `Gamma` at 0 and for `Dirichlet` where an element is 0. A single datum that lies exactly there takes
the whole mean to infinity as soon as training moves the concentration away from 1. Move such data into the range, or leave them out.

Wrong:
    data x: Real[1] in unit from csv(\"shares.csv\")    # 0.31, 0.72, 1, 0.55
    model p { x ~ Beta(exp(free()), exp(free()))[1] }
Right:
    data x: Real[1] in unit from csv(\"shares.csv\")    # 0.31, 0.72, 0.9999, 0.55
    model p { x ~ Beta(exp(free()), exp(free()))[1] }
",
};

/// Data of a site that is drawn from `row` lie exactly at an end, `at`: `counts` says, at their declared type, how many lie where, `first` which
/// is the first of them.
pub fn at_an_end(
    site: (&str, Span),
    row: &str,
    at: f64,
    (declared, counts): (Span, &str),
    first: &str,
) -> Diag {
    let (site, span) = site;
    Diag::new(
        "W0306",
        format!("`{site}` has values where the density of `{row}` is 0 or infinite"),
        span,
        format!("is neither at {at} only while the parameter that rules this end is exactly 1"),
    )
    .also(declared, counts)
    .note(format!("the first is {first}"))
    .note("training that moves this parameter ends with a value that is not finite, at any learning rate")
    .help("leave these values out, or move them into the range, as 0.9999 for 1")
}
