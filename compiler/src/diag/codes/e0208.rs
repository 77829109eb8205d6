//! E0208: types that do not make sense.

use super::e0302;
use crate::diag::Diag;
use crate::event::Support;
use crate::span::Span;

/// What `gmc explain E0208` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0208",
    title: "not a type",
    text: "\
A type is what each number is, then a shape, then for real numbers where they lie:
  Real[784]                          real numbers
  Real[3, 64, 64] in interval(-1, 1) also `positive`, `unit` (0 to 1), `simplex` (parts that sum to 1);
                                     `interval(0, 256, margin: 1e-6)` reaches further at both ends by that share of its length
  Bool[784]                          0 or 1
  Int(256)[3, 32, 32]                0 to 255, ordered, such as grey levels
  Class(10)                          0 to 9, unordered, such as labels
  Count                              0, 1, 2 and so on without a bound, such as events
  Time                               dates of a table, as real numbers
In a data item `Class` and `Int` alone have as many values as the table's column, and `Real? in positive` may have missing cells.
A `param` is real, since gradients change it, and starts inside its range.

Wrong:
    net f(x: Int[64]) -> Real[2] { dense(2) }
Right:
    net f(x: Int(17)[64]) -> Real[2] { dense(2) }
",
};

/// `type A = A`, or longer circles.
pub fn cyclic_alias(name: &str, span: Span) -> Diag {
    Diag::new("E0208", format!("type `{name}` is defined by itself"), span, "leads back to where it began")
        .help(format!("define `{name}` with `Real`, `Bool`, `Int(n)` or `Class(n)`"))
}

/// `Int` or `Class` without a number of values.
pub fn needs_cardinality(base: &str, span: Span) -> Diag {
    let example =
        if base == "Int" { "`Int(256)` for the values 0 to 255" } else { "`Class(10)` for ten classes" };
    Diag::new(
        "E0208",
        format!("`{base}` does not say how many values it has"),
        span,
        "the number of values is missing",
    )
    .help(format!("write it in brackets: {example}"))
}

/// `Real(3)` or `Bool(3)`.
pub fn no_cardinality(base: &str, span: Span) -> Diag {
    Diag::new(
        "E0208",
        format!("`{base}` takes no number of values"),
        span,
        "round brackets count values, square ones give the shape",
    )
    .help(format!("write the shape in square brackets: `{base}[3]`; whole numbers below n are `Int(n)`"))
}

/// `Bool[3] in positive`.
pub fn no_support(base: &str, span: Span) -> Diag {
    Diag::new("E0208", format!("`{base}` takes no range"), span, "only `Real` has one")
        .help("leave it out, or use `Real`")
}

/// `interval` with ends that make no interval.
pub fn bad_interval(span: Span) -> Diag {
    Diag::new("E0208", "not an interval", span, "two numbers belong here, the smaller one first")
        .help("write `interval(-1, 1)`")
}

/// `interval(0, 1, margin: -1)`
pub fn bad_margin(span: Span) -> Diag {
    Diag::new("E0208", "not a margin", span, "a share of the interval's length belongs here, of at least 0")
        .help("write `interval(0, 256, margin: 1e-6)`: each end moves outwards by 0.000256")
}

/// `interval(0, inf, margin: 1e-6)`
pub fn margin_of_a_ray(span: Span) -> Diag {
    Diag::new("E0208", "an interval without end has no margin", span, "a margin is a share of its length")
        .help("leave the margin out, and write the end that there is a little further out")
}

/// `param b: Bool[3]`; `shape` is its shape as text.
pub fn discrete_param(name: &str, span: Span, shape: &str) -> Diag {
    let shape = if shape == "[]" { "" } else { shape };
    Diag::new("E0208", format!("param `{name}` is not real"), span, "gradients cannot change isolated values")
        .help(format!("declare `param {name}: Real{shape}`"))
}

/// The initial value of a `param` is outside its range.
pub fn init_outside(name: &str, span: Span, value: f64, support: Support) -> Diag {
    Diag::new(
        "E0208",
        format!("param `{name}` starts outside its range"),
        span,
        e0302::beyond(Support::point(value), support),
    )
    .note(format!("the range is {}, and its ends do not belong to it", e0302::range(support)))
    .help(format!("start strictly inside, for example `{name}: .. = {}`", e0302::number(example(support))))
}

/// A `param` on a simplex of so many `parts` starts with every part `value`.
pub fn init_off_simplex(name: &str, span: Span, value: f64, parts: usize) -> Diag {
    Diag::new(
        "E0208",
        format!("param `{name}` starts outside its range"),
        span,
        format!("{parts} parts of {value} do not sum to 1"),
    )
    .help("leave the initial value out: then all parts start equal")
}

/// A single number that should be the parts of a whole.
pub fn simplex_of_a_number(span: Span) -> Diag {
    Diag::new(
        "E0208",
        "a single number is no simplex",
        span,
        "the parts that sum to 1 stand along a last axis",
    )
    .help("give the type a shape: `Real[3] in simplex`")
}

/// A number inside.
fn example(s: Support) -> f64 {
    let (lo, hi) = s.ends();
    match (s, lo.is_finite(), hi.is_finite()) {
        (Support::Simplex { .. }, ..) | (_, false, false) => 0.0,
        (_, true, true) => lo + (hi - lo) / 2.0,
        (_, true, false) => lo + 1.0,
        (_, false, true) => hi - 1.0,
    }
}
