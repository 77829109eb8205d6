//! Columns of one kind as a vector: numbers through a flow, truth values one after the other.

use super::columns::{About, Kept};
use gmc_compiler::rows::data::survey::Holds;

/// The spec; `None` where the columns are of several kinds, some cells are missing, or there is one column only.
pub(super) fn text(about: &About<'_>, kept: &[Kept<'_>]) -> Option<String> {
    let (labels, numbers): (Vec<&Kept<'_>>, Vec<&Kept<'_>>) = kept.iter().partition(|k| k.label().is_some());
    let all = |f: fn(&Holds) -> bool| numbers.iter().all(|k| !k.missing() && f(&k.column.holds));
    if labels.len() > 1 || numbers.len() < 2 {
        return None;
    }
    let label =
        labels.first().and_then(|k| Some((if k.name == "x" { "y" } else { k.name.as_str() }, k.label()?)));
    let d = numbers.len();
    let ty = if all(|h| *h == Holds::Flags) {
        format!("Bool[{d}]")
    } else if all(|h| matches!(h, Holds::Numbers { .. })) {
        format!("Real[{d}]")
    } else if all(|h| matches!(h, Holds::Skewed { .. })) {
        format!("Real[{d}] in positive")
    } else {
        return None;
    };
    let source = about.source(&[numbers, labels].concat(), true);
    let item = match label {
        Some((y, n)) => format!("(x: {ty}, {y}: Class({n}))"),
        None => format!("x: {ty}"),
    };
    let of = if label.is_some() { ", given the class" } else { "" };
    let (body, rate) = match ty.strip_prefix("Bool") {
        Some(_) => (one_by_one(d, label), "1e-3"),
        None => (flow(&ty, d, label), "cosine(1e-3 -> 1e-5)"),
    };
    let head = format!("# The density of {d} columns of `{}`{of}.\n{}", about.file.display(), about.left_out);
    Some(format!("{head}data {item} from {source}\n{body}{}", about.train(rate)))
}

/// A flow whose last layers bring numbers to the scale of the data; those above 0 are exponentials.
fn flow(ty: &str, d: usize, label: Option<(&str, usize)>) -> String {
    let (given, class, of) = match label {
        Some((y, n)) => (
            format!(" given ({y}: Class({n}))"),
            format!("{y} ~ Categorical(logits: free({n}));  "),
            format!(", {y}"),
        ),
        None => Default::default(),
    };
    let end = if ty.ends_with("positive") { ", exp" } else { "" };
    format!(
        "flow f: Real[{d}] <-> {ty}{given} {{\n  repeat 6 as i {{ couple(parity(i), affine(limit: 1)) {{ dense(64), relu, dense(64), relu }} }}, actnorm{end}\n}}\n\
         model p {{ {class}z ~ Normal(0, I)[{d}];  x = f(z{of}) }}\n"
    )
}

/// Truth values, each given those before it.
fn one_by_one(d: usize, label: Option<(&str, usize)>) -> String {
    let (input, bias, class, of) = match label {
        Some((y, n)) => (
            format!(", {y}: Class({n})"),
            format!("bias_from({y}), "),
            format!("{y} ~ Categorical(logits: free({n}));  "),
            format!(", {y}"),
        ),
        None => Default::default(),
    };
    format!(
        "net f(x: Bool[{d}]{input}) -> Real[{d}] {{ dense(128, mask: A), {bias}relu, dense({d}, mask: B) }}\n\
         model p {{ {class}x[i in forward] ~ Bernoulli(logits: f(x[< i]{of})) }}\n"
    )
}
