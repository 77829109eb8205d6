//! E0201: shapes that do not match.

use crate::diag::Diag;
use crate::event::shape_text;
use crate::span::Span;

/// What `gmc explain E0201` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0201",
    title: "shapes do not match",
    text: "\
A shape is that of one event: `[784]` is a vector, `[3, 32, 32]` an image as channels, height and width, `[]` one number.
The batch is never part of it. Each layer computes its output shape from its input shape, and a net must end with the
shape that it declares. In arithmetic the two sides have equal shapes, or one of them is a single number; axes are never
stretched or added silently. What stands in square brackets after a distribution are independent draws: `Normal(0, I)[16]` has shape
[16], and `Dirichlet(c)[4]` with c of shape [3] has shape [4, 3]; a parameter is that of one draw, shared by all, or has the axes of
the draws before its own. A net of several outputs, `-> (Real[16], Real[16])`, is unpacked: `(m, s) = encode(x)`.

Wrong:
    net decode(z: Real[16]) -> Real[784] { dense(256), relu, dense(784) }
    model p { w ~ Normal(0, I)[32];  x ~ Bernoulli(logits: decode(w)) }
Right:
    net decode(z: Real[16]) -> Real[784] { dense(256), relu, dense(784) }
    model p { z ~ Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z)) }
",
};

fn mismatch(span: Span, label: impl Into<String>) -> Diag {
    Diag::new("E0201", "shapes do not match", span, label)
}

/// `name` takes an event of shape `want`, which is declared there, as its `input`, and is given `got`; `var` names the variable that is given.
pub fn argument(
    name: &str,
    input: &str,
    (span, got): (Span, &str),
    (declared, want): (Span, &str),
    var: Option<&str>,
) -> Diag {
    let change = match input {
        "its argument" => format!("declare `{name}` on `Real{got}`"),
        _ => format!("declare `{name}({input}: Real{got})`"),
    };
    let help = match var {
        Some(v) => format!("give `{v}` the shape {want}, or {change}"),
        None => format!("give it a value of shape {want}, or {change}"),
    };
    mismatch(span, format!("has shape {got}"))
        .also(declared, format!("takes an event of shape {want}"))
        .help(help)
}

/// A net or flow `name` used as a layer on an event of shape `got`.
pub fn layer_input(name: &str, span: Span, got: &str, declared: Span, want: &str) -> Diag {
    mismatch(span, format!("is given shape {got} by the layer before it"))
        .also(declared, format!("takes an event of shape {want}"))
        .help(format!(
            "make the layer before `{name}` yield {want}, for example with `reshape(..)` or another size"
        ))
}

/// The parameters of distribution `row` have no common shape; `why` says in which way.
pub fn distribution(row: &str, span: Span, why: &str) -> Diag {
    mismatch(span, why)
        .note(format!("the parameters of `{row}` have the shape of the event, or are one number each"))
        .help("give each parameter that shape, or one number")
}

/// A parameter of shape `got` in a distribution whose event has shape `want` because of `cause`.
pub fn parameter(row: &str, span: Span, got: &[usize], cause: Span, want: &[usize]) -> Diag {
    let (got, want) = (shape_text(got), shape_text(want));
    mismatch(span, format!("has shape {got}"))
        .also(cause, format!("makes an event of shape {want}"))
        .help(format!("give this parameter of `{row}` the shape {want}, or one number; or write {got} after the distribution"))
}

/// A parameter of shape `got`, of which one draw reads the axes `one`, where `cause` makes `draws` independent draws.
pub fn copies(row: &str, span: Span, got: &[usize], cause: Span, draws: &[usize], one: &[usize]) -> Diag {
    mismatch(span, format!("has shape {}", shape_text(got)))
        .also(cause, format!("makes independent draws of shape {}", shape_text(draws)))
        .help(format!(
            "give this parameter of `{row}` the shape {}, shared by all draws, or {}, one for each draw",
            shape_text(one),
            shape_text(&[draws, one].concat())
        ))
}

/// A built-in function can't take its argument; `why` says in which way.
pub fn function(row: &str, span: Span, why: &str) -> Diag {
    mismatch(span, why)
        .help(format!("give the arguments of `{row}` equal shapes, or change the net that yields this one"))
}

/// The operands of an operator.
pub fn operands(left: Span, left_shape: &str, right: Span, right_shape: &str) -> Diag {
    mismatch(right, format!("has shape {right_shape}"))
        .also(left, format!("has shape {left_shape}"))
        .help("give both sides one shape, or make one side a single number")
}

/// A further input of a net that can't be joined to its first.
pub fn joined(name: &str, span: Span, got: &str, first: &str) -> Diag {
    let message = mismatch(span, format!("has shape {got}, and the first input {first}"))
        .note("further inputs are joined to the first: numbers to a vector, planes of the same height and width to an image");
    match name {
        "" => message.help("name the input inside the body instead, as in `bias_from(y)`"),
        _ => {
            message.help(format!("give `{name}` the height and width of the first input, or name it inside the body: `bias_from({name})`"))
        }
    }
}

/// The last layer of net `name` does not yield what the net declares.
pub fn net_output(name: &str, last: Span, got: &str, declared: Span, want: &str) -> Diag {
    mismatch(last, format!("the body of `{name}` ends with shape {got}"))
        .also(declared, format!("declares shape {want}"))
        .help(format!("end the body with a layer that yields {want}, or declare `-> Real{got}`"))
}

/// The last layer of flow `name` does not yield what the flow declares.
pub fn flow_output(name: &str, last: Span, got: &str, declared: Span, want: &str) -> Diag {
    mismatch(last, format!("the body of `{name}` ends with shape {got}"))
        .also(declared, format!("declares shape {want}"))
        .help(format!("declare `<-> Real{got}`, or end the body with `reshape(..)` to {want}"))
}

/// A net that yields `got` outputs and declares `want`.
pub fn output_count(name: &str, last: Span, got: usize, declared: Span, want: usize) -> Diag {
    let help = match want {
        1 => {
            "end the body with one output: `dense(..)` in place of `heads(..)`; or declare each output: `-> (Real[16], Real[16])`"
        }
        _ => "end the body with one head for each declared output: `heads(16, 16)`",
    };
    Diag::new(
        "E0201",
        format!("`{name}` does not yield what it declares"),
        last,
        format!("ends with {}", outputs(got)),
    )
    .also(declared, format!("declares {}", outputs(want)))
    .help(help)
}

/// A net of several outputs where one value stands.
pub fn several_outputs(name: &str, span: Span, outs: usize, declared: Span) -> Diag {
    let names = ["a", "b", "c", "d"].get(..outs).map_or("a, b, ..".to_string(), |n| n.join(", "));
    Diag::new("E0201", format!("`{name}` yields several values"), span, "one value is needed here")
        .also(declared, format!("has {}", outputs(outs)))
        .help(format!(
            "unpack them in a line of its own, `({names}) = {name}(..)`, and use the one that is meant"
        ))
}

/// `(a, b) = e` with another number of names than `e` yields.
pub fn pattern(pattern: Span, names: usize, value: Span, outs: usize) -> Diag {
    let help = match outs {
        1 => "write one name: `m = ..`".to_string(),
        n => format!("write {n} names in brackets, one for each output: `(m, s) = ..`"),
    };
    let written = if names == 1 { "one name".to_string() } else { format!("{names} names") };
    Diag::new("E0201", "the names do not match the outputs", pattern, written)
        .also(
            value,
            format!("yields {}", if outs == 1 { "one value".to_string() } else { format!("{outs} values") }),
        )
        .help(help)
}

/// A site of shape `got` that the data observe with shape `want`.
pub fn observed(site: &str, span: Span, got: &str, data: Span, want: &str) -> Diag {
    mismatch(span, format!("makes `{site}` an event of shape {got}"))
        .also(data, format!("`data {site}` has shape {want}"))
        .help(format!(
            "make it an event of shape {want}, or rename the site if it is not meant to be observed"
        ))
}

/// A site of `guide` of shape `got`, where that of `model` has shape `want`.
pub fn guide_site(
    site: &str,
    (guide, at, got): (&str, Span, &str),
    (model, of, want): (&str, Span, &str),
) -> Diag {
    mismatch(at, format!("`{guide}` proposes shape {got}"))
        .also(of, format!("`{site}` has shape {want} in `{model}`"))
        .help(format!("propose `{site}` with shape {want}"))
}

fn outputs(n: usize) -> String {
    if n == 1 { "one output".to_string() } else { format!("{n} outputs") }
}
