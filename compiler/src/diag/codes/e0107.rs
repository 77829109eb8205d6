//! E0107: a dotted name is called, as in `nn.Linear(784, 256)`.

use crate::diag::Diag;
use crate::diag::foreign;
use crate::span::Span;

/// What `gmc explain E0107` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0107",
    title: "layers and functions have no module in front",
    text: "\
Layers, distributions and functions are known by one name. A layer states its output size alone; its input size follows
from the layer before it.

Wrong:
    net f(x: Real[784]) -> Real[16] { nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 16) }
Right:
    net f(x: Real[784]) -> Real[16] { dense(256), relu, dense(16) }
",
};

/// What a dotted name says that has the same name here, with an example of its use.
const SAME: [(&str, &str); 9] = [
    ("dense", "`dense(256)`"),
    ("conv", "`conv(64, k: 3)`"),
    ("relu", "`relu`"),
    ("normal", "`Normal(0, I)`"),
    ("bernoulli", "`Bernoulli(logits: decode(z))`"),
    ("categorical", "`Categorical(logits: decode(z))`"),
    ("adam", "`adam(lr: 1e-3)`"),
    ("sgd", "`sgd(lr: 1e-2)`"),
    ("sample", "`p.x`: a sample is a field of its model"),
];

/// The arguments of a call: where they stand with their brackets, and each by itself, where they have no names.
#[derive(Clone, Debug, Default)]
pub struct Called<'t> {
    /// The brackets and all between them.
    pub list: Option<Span>,
    /// What stands between the brackets.
    pub text: &'t str,
    /// The arguments; one with a name makes all of them none.
    pub args: Vec<&'t str>,
}

/// `path` is a dotted name such as `nn.Linear`, called at `span` with these arguments.
pub fn dotted(path: &str, span: Span, called: &Called<'_>) -> Diag {
    let (before, last) = path.rsplit_once('.').unwrap_or(("", path));
    if super::e0108::NAMES.contains(&last) {
        return stopped(last, span, before, called);
    }
    let same = SAME.iter().find(|(name, _)| name.eq_ignore_ascii_case(last)).map(|(_, advice)| *advice);
    let advice = same.or_else(|| foreign::advice(last, foreign::Place::Name));
    let help = match advice {
        Some(advice) => format!("write {advice}"),
        None => format!("write the name alone: `{last}(..)`"),
    };
    let diag = Diag::new(
        "E0107",
        format!("`{path}` cannot be called"),
        span,
        "a dotted name is a sample, such as `p.x`",
    )
    .help(help);
    let whole = called.list.map_or(span, |list| span.to(list));
    match spelled((before, last), advice, called) {
        Some(Spelling::Whole(text)) => diag.edit(whole, text),
        Some(Spelling::Name(name)) => diag.edit(span, name),
        None => diag,
    }
}

/// What stands in place of a call, or of its name only.
enum Spelling {
    Whole(String),
    Name(String),
}

/// A call of another library as it is written here, where there is one way: arguments that mean something else are no part of it.
fn spelled((module, last): (&str, &str), advice: Option<&str>, called: &Called<'_>) -> Option<Spelling> {
    let Some(advice) = advice else {
        // Layers have small letters here.
        let layer = matches!(module.rsplit('.').next(), Some("nn" | "F" | "layers"));
        let name = if layer { last.to_ascii_lowercase() } else { last.to_string() };
        let empty = called.text.is_empty();
        return Some(if layer && empty { Spelling::Whole(name) } else { Spelling::Name(name) });
    };
    let piece = advice.strip_prefix('`')?.split('`').next()?;
    let name = piece.split('(').next()?;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    match (name, called.args.as_slice()) {
        // A layer without arguments here takes none over.
        _ if name == piece => Some(Spelling::Whole(name.to_string())),
        ("dense" | "conv", [_, size]) => Some(Spelling::Whole(format!("{name}({size})"))),
        ("conv", [_, size, k]) => Some(Spelling::Whole(format!("conv({size}, k: {k})"))),
        ("dense" | "embed" | "leaky_relu" | "up" | "max_pool" | "avg_pool" | "adam" | "sgd", [one]) => {
            Some(Spelling::Whole(format!("{name}({one})")))
        }
        ("Normal" | "mse" | "l1" | "concat", _) if !called.args.is_empty() => {
            Some(Spelling::Name(name.to_string()))
        }
        _ => None,
    }
}

/// `torch.detach(z)` or `z.detach()`.
fn stopped(name: &str, span: Span, before: &str, called: &Called<'_>) -> Diag {
    let Some(list) = called.list else { return super::e0108::stop(name, span, before, &[]) };
    if called.text.is_empty() {
        let start = span.start + before.len() as u32;
        return super::e0108::stop(name, span, before, &[Span { start, end: list.end, ..span }]);
    }
    let (open, close) = (Span { end: list.start + 1, ..span }, Span { start: list.end - 1, ..list });
    let around = if called.args.len() == 1 { vec![open, close] } else { Vec::new() };
    super::e0108::stop(name, span, called.text, &around)
}

/// `name` is called behind a value, as in `decode(z).sum()`, at `span`. Where it has no arguments, `value` is where the value stands, and
/// `behind` what follows it.
pub fn method(name: &str, span: Span, value: Option<(Span, Span)>) -> Diag {
    let diag =
        Diag::new("E0107", "values have no methods", span, "what follows the dot is called behind a value")
            .help(format!("write it in front: `{name}(..)`"));
    match value {
        Some((value, behind)) => {
            diag.edit(Span { end: value.start, ..value }, format!("{name}(")).edit(behind, ")")
        }
        None => diag,
    }
}
