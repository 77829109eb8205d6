//! E0304: a density on the reals for data that take isolated values.

use crate::diag::Diag;
use crate::event::{EventTy, Kind};
use crate::span::Span;

/// What `gmc explain E0304` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0304",
    title: "a flow or density on the reals gives nothing to discrete data",
    text: "\
A density on the reals gives probability 0 to each single value, and its likelihood on data of isolated values can grow
without bound: the model puts spikes on them. With `quantize` the site is the whole part of a real value; training then
adds uniform noise to the data, and the reported number is a bound on the discrete likelihood (Theis, van den Oord and
Bethge 2016, eq. 4). Or use a distribution of whole values, such as `Bernoulli` or `Categorical`.

Wrong:
    data x: Int(17)[64] from digits
    flow f: Real[64] <-> Real[64] { repeat 8 as i { couple(parity(i), affine) { dense(64), relu } } }
    model p { z ~ Normal(0, I)[64];  x = f(z) }
Right:
    data x: Int(17)[64] from digits
    flow f: Real[64] <-> Real[64] { repeat 8 as i { couple(parity(i), affine) { dense(64), relu } } }
    model p { z ~ Normal(0, I)[64];  x = quantize(f(z)) }
",
};

/// How many values data have that are not real: so many, or any number.
fn isolated(values: Option<usize>) -> String {
    values.map_or_else(|| "whole values without a bound".into(), |n| format!("{n} isolated values"))
}

/// Discrete site `site` is bound to the flow `value` at `span`; its data, declared at `data`, take `levels` values.
pub fn discrete_flow(site: &str, span: Span, data: Span, levels: Option<usize>, value: &str) -> Diag {
    Diag::new("E0304", "a flow gives no density to discrete data", span, "has a density only on the reals")
        .also(data, format!("`{site}` takes {}", isolated(levels)))
        .help(match levels {
            None => format!(
                "draw counts, `{site} ~ Poisson(log_rate: ..)`, or say below which number they lie, `Int(100)`, and write \
                 `{site} = quantize({value})`"
            ),
            Some(_) => format!("write `{site} = quantize({value})`: training then uses uniformly dequantized `{site}` and reports a bound"),
        })
}

/// Discrete site `site` is drawn from the continuous `row`.
pub fn discrete_density(site: &str, row: &str, span: Span, declared: Span, data: &EventTy) -> Diag {
    let diag = Diag::new(
        "E0304",
        format!("`{row}` gives no probability to discrete data"),
        span,
        "has a density only on the reals",
    )
    .also(declared, format!("`{site}` takes {}", isolated(data.kind.cardinality())));
    match data.kind {
        Kind::Bool | Kind::OneHot => diag.help(format!("draw whole values: `{site} ~ Bernoulli(logits: ..)`")),
        Kind::Class(n) => diag.help(format!("draw a class: `{site} ~ Categorical(logits: ..)` with {n} logits")),
        Kind::Int(n) => {
            diag.help(format!("draw whole values, `{site} ~ Categorical(logits: ..)` with {n} logits for each, or declare the data `Real`"))
        }
        Kind::Count => diag.help(format!("draw counts, `{site} ~ Poisson(log_rate: ..)` or `{site} ~ NegativeBinomial(log_mean: .., concentration: ..)`, or declare the data `Real`")),
        Kind::Real(_) => diag.help("draw whole values: `Categorical(logits: ..)`"),
    }
}

/// A flow declared from or to a discrete type.
pub fn flow_side(span: Span, ty: &EventTy) -> Diag {
    Diag::new("E0304", "a flow maps real numbers only", span, format!("`{ty}` takes isolated values")).help(
        format!(
            "declare `Real{}`; for discrete data write `x = quantize(f(z))` in the model",
            ty.shape_text()
        ),
    )
}

/// `quantize` on site `site`, whose data, declared at `declared`, are real numbers.
pub fn quantized_reals(site: &str, span: Span, declared: Span, data: &EventTy, value: &str) -> Diag {
    Diag::new(
        "E0304",
        match data.kind == Kind::Count {
            true => format!("`quantize` makes whole values below a bound, and `{site}` has none"),
            false => format!("`quantize` makes whole values, and `{site}` is real"),
        },
        span,
        match data.kind == Kind::Count {
            true => "rounds down what lies between two ends",
            false => "rounds down, which these data never were",
        },
    )
    .also(declared, format!("`{site}` is `{data}`"))
    .help(match data.kind == Kind::Count {
        true => format!(
            "draw counts, `{site} ~ Poisson(log_rate: ..)`, or say below which number they lie: `Int(100)`"
        ),
        false => format!(
            "write `{site} = {value}`, or declare whole values such as `Int(17){}`",
            data.shape_text()
        ),
    })
}

/// `quantize` anywhere but as the whole value of a data site.
pub fn quantize_elsewhere(span: Span) -> Diag {
    Diag::new(
        "E0304",
        "`quantize` makes a data site, and nothing else",
        span,
        "is not the whole value of a data site",
    )
    .help("write it in a model, on a site that is data: `x = quantize(f(z))`")
}
