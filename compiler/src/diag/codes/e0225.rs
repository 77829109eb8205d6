//! E0225: cells that may be missing, where nothing can be said without them.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0225` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0225",
    title: "missing cells are read",
    text: "\
A variable of a table that is declared `Real?` may have missing cells. A model may draw it, each number on its own: what is missing is then
left out of the density, which is the integral, or the sum, over all that could stand there. Nothing else may read it as if it were known:
a net reads `filled(x, 0)`, and `present(x)`, which is 1 where it is known.

Wrong:
    data (x: Real[2]?, y: Real) from csv(\"t.csv\")
    guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
Right:
    data (x: Real[2]?, y: Real) from csv(\"t.csv\")
    guide q(x) { (m, s) = encode(concat(filled(x, 0), present(x)));  z ~ Normal(m, exp(s)) }
",
};

/// `Real?` of a net, a flow, a `param` or an alias.
pub fn not_of_data(span: Span) -> Diag {
    Diag::new("E0225", "only data have missing cells", span, "not a variable of a data item")
        .help("leave the `?` out; a net reads what is missing as `filled(x, 0)` and `present(x)`")
}

/// A variable is read as if all of it were known.
pub fn read(name: &str, span: Span, declared: Span) -> Diag {
    Diag::new("E0225", format!("`{name}` is read, and may have missing cells"), span, "not known everywhere")
        .also(declared, "says that cells may be missing")
        .help(format!(
            "put a number in their place, `filled({name}, 0)`, and say where it is known: `present({name})`"
        ))
}

/// A site of a model depends on one that may be missing.
pub fn parent(name: &str, span: Span, declared: Span) -> Diag {
    Diag::new(
        "E0225",
        format!("what is drawn depends on `{name}`, which may be missing"),
        span,
        "not known everywhere",
    )
    .also(declared, "says that cells may be missing")
    .note(format!("each value that `{name}` could have would have to be summed or integrated over"))
    .help(format!(
        "draw both from a latent variable, or leave the rows without `{name}` out and the `?`, too"
    ))
}

/// A site whose numbers are not drawn each on its own.
pub fn together(name: &str, span: Span, declared: Span) -> Diag {
    Diag::new(
        "E0225",
        format!("a part of `{name}` may be missing, and its numbers are not drawn each on its own"),
        span,
        "one density of all of them",
    )
    .also(declared, "says that cells may be missing")
    .help("draw each number on its own, as `Normal` does, given a latent variable for what they share")
}

/// `filled(x, 0)` of what has no missing cells.
pub fn no_holes(row: &str, span: Span) -> Diag {
    Diag::new("E0225", format!("`{row}` is about a variable with missing cells"), span, "has none")
        .help("write the name of a data variable that is declared with `?`, as `x: Real?`")
}
