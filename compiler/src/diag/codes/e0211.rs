//! E0211: something that is no number stands where one must.

use crate::diag::Diag;
use crate::event::EventTy;
use crate::span::Span;

/// What `gmc explain E0211` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0211",
    title: "not a number here",
    text: "\
Sites, lets and payoffs are computed from numbers: constants, data, samples such as `p.x`, calls of nets and functions.
The name of a net, model or distribution is not a number by itself. A payoff is one number for the whole batch: `E[..]`
averages one number for each example over the batch. Classes are labels; they have no arithmetic, and a net reads
them as one-hot vectors.

Wrong:
    train { player critic { owns D  maximizes D(x) - D(p) } }
Right:
    train { player critic { owns D  maximizes E[D(x)] - E[D(p.x)] } }
",
};

/// `what` (`text`, `several values`, `a range; ..`) stands where a number must.
pub fn not_a_number(span: Span, what: &str) -> Diag {
    let short = what.split(';').next().unwrap_or(what);
    let help = match short {
        "text" => "write a number or a name, without quotes",
        "several values" => {
            "write one value; the outputs of a net are unpacked in a line of their own: `(m, s) = encode(x)`"
        }
        "a range" => "put it into a schedule: `ramp(0 -> 1, over: 10 epochs)`",
        "a duration" => {
            "write the number alone; durations belong to schedules: `ramp(0 -> 1, over: 10 epochs)`"
        }
        _ => "write a number, a name, or a call",
    };
    let is = if short == "several values" { "are" } else { "is" };
    Diag::new("E0211", format!("{short} {is} not a number"), span, "a number is needed here").help(help)
}

/// A list in brackets stands where a value of the model must.
pub fn list(span: Span) -> Diag {
    Diag::new("E0211", "a list in brackets is not a value", span, "a number or a vector is needed here").help(
        "numbers make a vector as `concat(0.2, 0.8)`; probabilities are given as `logits: log(concat(0.2, 0.8))`",
    )
}

/// `name`, declared as a `what` at `declared`, is used as a value.
pub fn not_a_value(name: &str, span: Span, what: &str, declared: Span) -> Diag {
    let help = match what {
        "net" | "flow" | "fn" => format!("call it: `{name}(..)`"),
        "model" | "guide" => format!("take a sample of one of its sites: `{name}.x`"),
        "type" => "name a variable of this type".to_string(),
        _ => "name a data variable, a site, or a `param`".to_string(),
    };
    Diag::new("E0211", format!("`{name}` is not a value"), span, "a number is needed here")
        .also(declared, format!("declared as `{what}`"))
        .help(help)
}

/// A schedule or factor that must be one number has shape `shape`, or differs between examples.
pub fn not_one_number(span: Span, shape: &str) -> Diag {
    Diag::new("E0211", "not one number", span, per_example(shape))
        .help("write a number, or a schedule: `ramp(0 -> 1, over: 10 epochs)`")
}

/// A baseline that is not one number for each example.
pub fn baseline(span: Span, ty: &EventTy) -> Diag {
    Diag::new("E0211", "a baseline is one number for each example", span, format!("this is {ty}"))
        .help("end its net with `dense(1), scalar`, so that it maps to `Real[]`")
}

/// A payoff of event shape `shape`.
pub fn payoff(span: Span, shape: &str) -> Diag {
    let help = match shape {
        "[]" => "average it over the examples: `E[..]`",
        _ => {
            "make one number of it for each example, and average over the examples: `E[sum(..)]`, or `E[mean(..)]`"
        }
    };
    Diag::new("E0211", "a payoff is one number, and this is not", span, per_example(shape)).help(help)
}

/// `value(e)` of `eval`, whose expression has event shape `shape`.
pub fn measured(span: Span, shape: &str) -> Diag {
    Diag::new("E0211", "`value` measures one number, and this is not", span, per_example(shape))
        .help("average it over the examples: `E[..]`, of several numbers `E[sum(..)]` or `E[mean(..)]`")
}

/// `value` of `eval` at `span` without an expression, or with several.
pub fn nothing_measured(span: Span) -> Diag {
    Diag::new("E0211", "`value` measures one number", span, "one expression belongs between its parentheses")
        .help("write one number of the data, as in a payoff: `value(l1(decode(encode(x)), x))`; ask for several with several `value(..)`")
}

/// Arithmetic on a class.
pub fn class_arithmetic(span: Span) -> Diag {
    Diag::new("E0211", "a class is not a number", span, "is a label without order or distance")
        .help("give it to a net, which reads it as a one-hot vector; or declare the data `Int(n)` if its order has a meaning")
}

/// A constant expression whose value is infinite, no number at all, or too large.
pub fn not_finite(span: Span) -> Diag {
    Diag::new("E0211", "this constant is not a number", span, "infinite, undefined, or beyond 3.4e38")
        .help("write a number between -3e38 and 3e38")
}

/// The divisor at `by` is 0.
pub fn divides_by_zero(span: Span, by: Span) -> Diag {
    Diag::new("E0211", "a division by 0 is not a number", span, "infinite or undefined")
        .also(by, "is 0")
        .help("divide by something else")
}

/// Distribution `name` called inside an expression.
pub fn distribution(name: &str, span: Span) -> Diag {
    Diag::new("E0211", format!("`{name}` is a distribution, not a value"), span, "a number is needed here")
        .help(format!("draw from it in a line of its own, `z ~ {name}(..)`, and use `z`"))
}

fn per_example(shape: &str) -> String {
    match shape {
        "[]" => "is one number for each example".to_string(),
        _ => format!("has shape {shape}"),
    }
}

/// `free(..)` outside a model or guide.
pub fn free_outside(span: Span) -> Diag {
    Diag::new(
        "E0211",
        "`free` makes a parameter of a model, and this is no model",
        span,
        "outside every model and guide",
    )
    .help("declare it by name: `param w: Real[10]`")
}
