//! E0217: `--set` names nothing of the spec.

use crate::diag::{Diag, suggest::did_you_mean};
use crate::span::Span;

/// What `gmc explain E0217` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0217",
    title: "`--set` names nothing in this spec",
    text: "\
`--set path=value` replaces one literal of the spec before it is checked. Paths start with the name of an item: settings of
training, `train.epochs`; arguments of its optimizer, `train.lr`, or of one player's, `train.critic.lr`; metrics, `eval.samples`;
arguments of a data source, `x.noise`; a dim, `h`; the first value of a param, `s`; an argument of a layer, by the layer's
position counted from 0 and the argument's name or position, `decode.0.units`, inside a `repeat` or a block with one position
more, `f.0.1.units`, where `f.0` is how often the `repeat` runs; a parameter of a drawn site, `p.z.scale`; an argument inside an
objective, `train.objective.beta`, or of one player's, `train.critic.objective.weight`, and its numbers by their place,
`train.objective.0`.

Wrong:
    train { epoch 20 }
Right:
    train { epochs 20 }
",
};

/// `path` is none of the `known` paths; `span` is the item that it starts with, or the start of the spec.
pub fn unknown(path: &str, span: Span, known: &[String]) -> Diag {
    let near = did_you_mean(path, known.iter().map(String::as_str));
    let head = path.split('.').next().unwrap_or(path);
    let mut beside: Vec<&str> =
        known.iter().map(String::as_str).filter(|k| k.split('.').next() == Some(head)).collect();
    if beside.is_empty() {
        beside = known.iter().filter_map(|k| k.split('.').next()).collect();
    }
    beside.dedup();
    let diag = Diag::new(
        "E0217",
        format!("`{path}` names nothing in this spec that `--set` could change"),
        span,
        "no such place here",
    );
    let diag = match beside.as_slice() {
        [] => diag,
        all => diag.note(format!("it could change {}", listed(all))),
    };
    match near {
        Some(near) => diag.help(format!("did you mean `{near}`?")),
        None => diag.help("write the path of a literal, for example `--set train.epochs=20`"),
    }
}

/// The value of `--set path=value` could not be read, or does not fit the place.
pub fn bad_value(path: &str, value: &str, span: Span, why: &str) -> Diag {
    Diag::new("E0217", format!("`{path}` cannot be set to `{value}`"), span, why)
        .help("write a value as it would stand in the spec")
}

/// At most twelve names.
fn listed(all: &[&str]) -> String {
    const MOST: usize = 12;
    let shown: Vec<String> = all.iter().take(MOST).map(|k| format!("`{k}`")).collect();
    match all.len().checked_sub(MOST).filter(|n| *n > 0) {
        Some(more) => format!("{} and {more} more", shown.join(", ")),
        None => shown.join(", "),
    }
}
