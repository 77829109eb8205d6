//! W0404: an element that no trained layer of a flow, or of several flows that follow each other, changes.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain W0404` prints.
pub const PAGE: super::Page = super::Page {
    code: "W0404",
    title: "a dimension is never transformed",
    text: "\
A coupling keeps the elements of its mask. If every coupling keeps the same ones, the flow passes them on, and the model's
density of those elements is the base density, whatever the data. Masks alternate with the index of the `repeat`. Flows
that a model runs one after the other, `x = g(h(z))`, are judged together; fixed maps such as `exp` change no element.

Wrong:
    flow f: Real[2] <-> Real[2] { repeat 8 { couple(parity(0), affine) { dense(64), relu } } }
Right:
    flow f: Real[2] <-> Real[2] { repeat 8 as k { couple(parity(k), affine) { dense(64), relu } } }
",
};

/// Most dimensions that are named.
const NAMED: usize = 4;

/// `dimension 0`, `dimensions 0, 2 and 5`, `dimensions 0, 1, 2, 3 and 60 more`
fn named(dimensions: &[usize]) -> String {
    let all: Vec<String> = dimensions.iter().take(NAMED).map(ToString::to_string).collect();
    match (dimensions.len(), all.split_last()) {
        (n, _) if n > NAMED + 1 => format!("dimensions {} and {} more", all.join(", "), n - NAMED),
        (n, _) if n > NAMED => {
            format!("dimensions {} and {}", all.join(", "), dimensions.last().copied().unwrap_or(0))
        }
        (_, Some((last, first))) if !first.is_empty() => {
            format!("dimensions {} and {last}", first.join(", "))
        }
        _ => format!("dimension {}", all.join("")),
    }
}

fn is(dimensions: &[usize]) -> &'static str {
    if dimensions.len() == 1 { "is" } else { "are" }
}

fn it(dimensions: &[usize]) -> &'static str {
    if dimensions.len() == 1 { "it" } else { "them" }
}

/// These elements pass through all `rounds` of a `repeat` (underlined at `head`) because of `mask`.
pub fn in_repeat(dimensions: &[usize], mask: Span, head: Span, rounds: usize) -> Diag {
    let all = named(dimensions);
    Diag::new(
        "W0404",
        format!("{all} {} never transformed by this `repeat`", is(dimensions)),
        mask,
        format!("keeps {} in every round", if dimensions.len() > NAMED { "them" } else { &all }),
    )
    .also(head, format!("repeats {rounds} times unchanged"))
    .help(format!("alternate the mask: `repeat {rounds} as k {{ couple(parity(k), affine) {{ .. }} }}`"))
}

/// These elements pass through flow `name`, whose name is at `span`.
pub fn in_flow(dimensions: &[usize], span: Span, name: &str) -> Diag {
    let message = format!("{} {} never transformed by `{name}`", named(dimensions), is(dimensions));
    Diag::new("W0404", message, span, format!("no trained layer changes {}", it(dimensions)))
        .help("add couplings with alternating masks: `repeat 4 as k { couple(parity(k), affine) { .. } }`")
}

/// These elements of site `site`, computed at `span`, pass through all of `flows`.
pub fn in_composition(dimensions: &[usize], site: &str, span: Span, flows: &[&str]) -> Diag {
    let (last, first) = flows.split_last().map_or(("", &[][..]), |(l, f)| (*l, f));
    let all = format!("`{}` and `{last}`", first.join("`, `"));
    let message = format!("{} of `{site}` {} never transformed by {all}", named(dimensions), is(dimensions));
    Diag::new("W0404", message, span, format!("no trained layer of these flows changes {}", it(dimensions)))
        .help(
            "give one of the flows couplings whose mask is the other one: `couple(parity(1), affine) { .. }`",
        )
}
