//! E0206: sizes that are not whole, too small, too large or unknown.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0206` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0206",
    title: "a size cannot be used",
    text: "\
Sizes are whole numbers: axes of shapes, widths of layers, rounds of `repeat`. They may be computed from numbers, `dim`
names and repeat indices with `+ - * / ^`; a division must leave no remainder. A `dim` may be any number where it is no
size, `dim rate = 1e-3`. A `dim` without a value takes it from the
data item in whose shape it stands alone. What a layer yields and each of its weights hold at most 2^31 numbers, and what
is repeated is written out when the spec is compiled, so there is a limit to that as well.

Wrong:
    net f(x: Real[28]) -> Real[9] { dense(28 / 3) }
Right:
    net f(x: Real[28]) -> Real[9] { dense(9) }
",
};

/// A size whose `problem` (`is 0, and must be at least 1`) is told at its place.
pub fn size(span: Span, problem: &str) -> Diag {
    let help = match problem.starts_with("is ") && problem.contains("at least") {
        true => "write a larger whole number",
        false if problem.contains("whole number") => {
            "write a whole number, a `dim`, or arithmetic that yields a whole number"
        }
        false => "write a smaller whole number",
    };
    Diag::new("E0206", "the size cannot be used", span, problem).help(help)
}

/// The value of a `dim` that is no number, as `problem` says.
pub fn no_number(span: Span, problem: &str) -> Diag {
    Diag::new("E0206", "the number cannot be used", span, problem)
        .help("write a number, a `dim`, or arithmetic that yields a number")
}

/// The layer, type or weight at `span`: `what` (`yields an event`) of `shape` has more numbers than any memory holds.
pub fn too_many_numbers(span: Span, what: &str, shape: &str) -> Diag {
    Diag::new(
        "E0206",
        "the size cannot be used",
        span,
        format!("{what} of shape {shape}: more than two thousand million numbers"),
    )
    .help("choose smaller sizes")
}

/// The layers of all flows up to the one at `span`, on an event of `shape`, act on more than `most` numbers in all.
pub fn too_large_for_flows(span: Span, shape: &str, most: usize) -> Diag {
    Diag::new(
        "E0206",
        "the flows are too large",
        span,
        format!("with shape {shape}, the layers of all flows act on more than {most} numbers"),
    )
    .note("each layer counts with all numbers of its event: ten layers on 64 numbers act on 640")
    .help("choose a smaller shape, or fewer layers")
}

/// A net or flow of more than `most` layers; the one at `span` is one too many.
pub fn too_many_layers(span: Span, most: usize) -> Diag {
    Diag::new(
        "E0206",
        "the layers are too many",
        span,
        format!("makes more than {most} layers, the most that are written out"),
    )
    .note("`repeat` and nets among the layers of others are written out when the spec is compiled")
    .help("repeat fewer times")
}

/// The call of `name` at `span` stands in the bodies of `most` functions that call each other.
pub fn too_deep(name: &str, span: Span, most: usize) -> Diag {
    Diag::new(
        "E0206",
        "the calls are nested too deeply",
        span,
        format!("stands in {most} functions, the most that are put into each other"),
    )
    .note("a `fn` is put in place of each of its calls, and so are those that it calls")
    .help(format!("write what `{name}` says in its place, or let the functions call fewer of each other"))
}

/// The type `name` at `span` stands behind `most` others, each defined by the next.
pub fn too_many_types(name: &str, span: Span, most: usize) -> Diag {
    Diag::new(
        "E0206",
        "the types are nested too deeply",
        span,
        format!("stands behind {most} types, the most that are followed"),
    )
    .help(format!("define one of the types before it by what `{name}` is"))
}

/// Expressions of more than `most` nodes; `span` stands where the limit is passed.
pub fn too_many_nodes(span: Span, most: usize) -> Diag {
    Diag::new("E0206", "the expressions are too large", span, format!("makes more than {most} operations in all"))
        .note("a `fn` is put in place of each of its calls, so one that calls another twice is twice as large; a `let` likewise")
        .help("call them fewer times, or give what is used again a name of its own in the model: `h = f(x)`")
}

/// Programs that come to more than `most` operations; the largest is `what` (`the step of \`all\``), which `span` causes.
pub fn too_large_programs(span: Span, what: &str, most: usize) -> Diag {
    Diag::new(
        "E0206",
        "the programs of this spec are too large",
        span,
        format!("all programs come to more than {most} operations, and {what} to most of them"),
    )
    .note("what is repeated is written out; a layer of a net counts as 10 operations and 3 for each of its parameters, one of a flow as 12, with more where it acts on many numbers or is written out for each of them, a draw as 10 or more, and every player and model has programs of its own")
    .help("use fewer layers, rounds or players, or read large nets and models at fewer places")
}

/// A shape of `axes` axes, more than `most`; the one at `span` is one too many.
pub fn too_many_axes(span: Span, axes: usize, most: usize) -> Diag {
    Diag::new(
        "E0206",
        "the axes are too many",
        span,
        format!("a shape has at most {most} axes, this one has {axes}"),
    )
    .help("write several axes as one: `Real[6]` for `Real[2, 3]`")
}

/// A model or guide of more than `most` sites; the statement at `span` is one too many.
pub fn too_many_sites(span: Span, most: usize) -> Diag {
    Diag::new(
        "E0206",
        "the sites of this model are too many",
        span,
        format!("a model or guide has at most {most} sites"),
    )
    .help("give one site a shape, `z ~ Normal(0, 1)[100]`, or write a chain in time, `z[t in 1..100] ~ ..`")
}

/// More than `most` models and guides; the one at `span` is one too many.
pub fn too_many_models(span: Span, most: usize) -> Diag {
    Diag::new(
        "E0206",
        "the models are too many",
        span,
        format!("a spec has at most {most} models and guides"),
    )
    .help("split them into several specs")
}

/// `x / y` leaves a remainder, or divides by zero.
pub fn inexact(span: Span, x: i64, y: i64) -> Diag {
    match x.checked_rem(y) {
        None => Diag::new("E0206", "the size cannot be used", span, format!("divides {x} by {y}"))
            .help("divide by another number"),
        Some(r) => Diag::new(
            "E0206",
            format!("{x} is not divisible by {y}"),
            span,
            format!("leaves a remainder of {}", r.abs()),
        )
        .help(format!(
            "choose sizes that divide without remainder; where a fraction is meant, write `{x}.0 / {y}`"
        )),
    }
}

/// A `dim` without a value that no data item gives one.
pub fn open_dim(name: &str, span: Span) -> Diag {
    Diag::new("E0206", format!("dimension `{name}` has no value"), span, "no data item decides it")
        .help(format!("give it one, `dim {name} = 16`, or let data decide: `data x: Real[{name}] from ..`"))
}
