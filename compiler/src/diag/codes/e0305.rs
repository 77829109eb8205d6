//! E0305: a flow that does not reach all of what it declares, or whose argument does not fill what it starts from.

use super::e0302;
use crate::diag::Diag;
use crate::event::Support;
use crate::span::Span;

/// What `gmc explain E0305` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0305",
    title: "a flow does not reach its whole range",
    text: "\
A flow has an inverse on everything that it declares on its right side. If its last layer is `sigmoid`, it yields numbers
between 0 and 1, and a value of 3 comes from nowhere: its density would be 0 and its log density minus infinity.

The same holds between its layers: what follows `tanh` or `exp` must stay in their range for all values of its parameters, as
`reverse` does, and `scale` on positive numbers, but not `shift` or `couple`. And on the left: data are carried back to anywhere
that the flow may start from, so the latent variable must be able to lie there.

A flow that starts from all reals and ends in a range with ends, `in unit`, comes as near to the ends as one likes and
never takes them. Data that lie exactly at an end are found when they are loaded: give the flow a range that begins
a little below the data's and ends a little above.

Wrong:
    flow f: Real[2] <-> Real[2] { couple(parity(0), affine) { dense(64), relu }, sigmoid }
Right:
    flow f: Real[2] <-> Real[2] in unit { couple(parity(0), affine) { dense(64), relu }, sigmoid }
",
};

/// Flow `name` declares `want`, and its last layer yields only `have`.
pub fn not_onto(name: &str, declared: Span, want: Support, last: Span, have: Support) -> Diag {
    Diag::new(
        "E0305",
        format!("`{name}` does not reach all that it declares"),
        last,
        format!("reaches only {}", e0302::range(have)),
    )
    .also(declared, format!("declares {}", e0302::range(want)))
    .help(format!("declare the right side `in {have}`, or remove this last layer"))
}

/// Layer `name` receives `range`, which the layer `narrows` before it yields, and may send it anywhere.
pub fn leaves(name: &str, span: Span, range: Support, narrows: Option<(&str, Span)>) -> Diag {
    let diag = Diag::new(
        "E0305",
        format!("`{name}` moves {} to where its parameters say", e0302::range(range)),
        span,
        format!("yields neither all reals nor {} for sure", e0302::range(range)),
    );
    let diag = match narrows {
        Some((text, at)) => {
            diag.also(at, format!("`{text}` yields {}, and has an inverse only there", e0302::range(range)))
        }
        None => diag,
    };
    let diag = diag.note(
        "data come back through the flow, and what comes back from outside of that range is not a number",
    );
    let keeps = if range.alike(Support::POSITIVE) && name != "scale" {
        "; `scale` keeps the positive reals"
    } else {
        ""
    };
    diag.help(match (narrows, map_from(range)) {
        (Some((text, _)), Some(back)) => {
            format!("write `{name}` before `{text}`, or `{back}` between them, which yields all reals again{keeps}")
        }
        (Some((text, _)), None) => format!("write `{name}` before `{text}`, or remove `{text}`"),
        (None, Some(back)) => format!("write `{back}` before `{name}`: it yields all reals{keeps}"),
        (None, None) => {
            format!("declare the left side of the flow without a range, or begin with a map from {} to the reals", e0302::range(range))
        }
    })
}

/// The block of the `split` at `span` yields `part` for its half, while the other half keeps `whole`.
pub fn halves(span: Span, whole: Support, part: Support, last: Option<Span>) -> Diag {
    let diag = Diag::new(
        "E0305",
        "the halves of `split` have different ranges",
        span,
        format!(
            "one half stays among {}, the other is brought to {}",
            e0302::range(whole),
            e0302::range(part)
        ),
    );
    let diag = match last {
        Some(at) => diag.also(at, format!("yields {}", e0302::range(part))),
        None => diag,
    };
    diag.help("let the block end where it began, for example with the map that undoes the last one, or map all elements after `split`")
}

/// Flow `name`, declared at `declared` to start from `want`, is a layer after one that yields only `have`.
pub fn layer_not_filled(name: &str, span: Span, declared: Span, want: Support, have: Support) -> Diag {
    Diag::new(
        "E0305",
        format!("`{name}` carries data back to where its input never is"),
        span,
        format!("receives only {}", e0302::range(have)),
    )
    .also(declared, format!("starts from {}", e0302::range(want)))
    .help(format!("declare the left side of `{name}` `in {have}`, or leave out the layer before it that narrows the range"))
}

/// `quantize` of a value that does not reach every one of `levels` levels.
pub fn not_onto_levels(span: Span, levels: usize, have: Support) -> Diag {
    let label = if have == Support::NOTHING {
        e0302::surely(have)
    } else {
        format!("reaches only {}", e0302::range(have))
    };
    Diag::new("E0305", format!("`quantize` cannot reach all {levels} values"), span, label)
        .note(format!(
            "the value k comes from the reals between k and k + 1, so 0 to {levels} must be reached"
        ))
        .help("quantize a value that ranges over all reals, such as a flow without a last `sigmoid`")
}

/// Flow `name` starts from `want`, and its argument at `arg`, drawn at `drawn`, has only `have`.
pub fn not_filled(name: &str, declared: Span, want: Support, arg: Span, have: Support, drawn: Span) -> Diag {
    let draw = match such_as(want) {
        Some(example) => format!("draw from a distribution on {}, such as `{example}`", e0302::range(want)),
        None => format!("draw from a distribution on {}", e0302::range(want)),
    };
    if have == Support::NOTHING {
        return Diag::new(
            "E0305",
            format!("`{name}` carries data back to where nothing is drawn"),
            arg,
            e0302::surely(have),
        )
        .also(declared, format!("starts from {}, so data may come from any of them", e0302::range(want)))
        .also(drawn, "is drawn here")
        .help(draw);
    }
    let help = match map_from(have) {
        Some(map) => {
            format!(
                "{draw}, or declare the left side of `{name}` `in {have}` and let it begin with a map from there, such as `{map}`"
            )
        }
        None => draw,
    };
    Diag::new(
        "E0305",
        format!("`{name}` carries data back to where nothing is drawn"),
        arg,
        format!("has only {}", e0302::range(have)),
    )
    .also(declared, format!("starts from {}, so data may come from any of them", e0302::range(want)))
    .also(drawn, "is drawn here")
    .help(help)
}

/// A distribution that ranges over all of `s`.
fn such_as(s: Support) -> Option<String> {
    let (lo, hi) = s.ends();
    match s {
        Support::Simplex { .. } => Some("Dirichlet(1)".into()),
        Support::REALS => Some("Normal(0, I)".into()),
        s if s.alike(Support::POSITIVE) => Some("LogNormal(0, 1)".into()),
        Support::Interval(_) if lo.is_finite() && hi.is_finite() => {
            Some(format!("Uniform({}, {})", e0302::number(lo), e0302::number(hi)))
        }
        Support::Interval(_) => None,
    }
}

/// A layer of a flow that goes from `s` to all reals.
fn map_from(s: Support) -> Option<&'static str> {
    match s {
        s if s.alike(Support::POSITIVE) => Some("log"),
        s if s.alike(Support::UNIT) => Some("logit"),
        Support::Interval(_) | Support::Simplex { .. } => None,
    }
}

/// Data lie exactly at an end of a range that is never taken by what the site is drawn from, or by its flow: `counts` says, at the declared
/// type, how many lie where, `first` which is the first of them.
pub fn at_the_ends(
    site: (&str, Span),
    drawn: Option<&str>,
    [lo, hi]: [f64; 2],
    (declared, counts): (Span, &str),
    first: &str,
) -> Diag {
    let (site, span) = site;
    let near = match (lo.is_finite(), hi.is_finite()) {
        (true, true) => format!("comes near {lo} and {hi}, and never takes them"),
        (true, false) => format!("comes near {lo}, and never takes it"),
        (false, _) => format!("comes near {hi}, and never takes it"),
    };
    let by = drawn.map_or("its flow".to_string(), |row| format!("`{row}`"));
    let title = format!("`{site}` has values that {by} never reaches");
    let diag = Diag::new("E0305", title, span, near)
        .also(declared, counts)
        .note(format!("the first is {first}"))
        .note("at an end the density has no finite logarithm, so training could not begin");
    if drawn.is_some() {
        return diag.help("leave these values out, move the data away from there, or draw from a distribution that takes the end");
    }
    let short = |x: f64| format!("{}", (x * 1e6).round() / 1e6);
    let further = match (lo.is_finite(), hi.is_finite()) {
        (true, true) => format!("interval({lo}, {hi}, margin: 0.01)"),
        (true, false) => format!("interval({}, inf)", short(lo - 0.01)),
        (false, _) => format!("interval(-inf, {})", short(hi + 0.01)),
    };
    diag.help(format!(
        "let the flow reach a little further, `in {further}`; or model whole levels, `data {site}: Int(17)[..]`, with `{site} = quantize(..)`"
    ))
}
