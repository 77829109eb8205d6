//! E0302: a value outside of where it must lie. The words for ranges stand here too.

use crate::diag::Diag;
use crate::event::{EventTy, Kind, Support};
use crate::span::Span;

/// What `gmc explain E0302` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0302",
    title: "a value lies outside its range",
    text: "\
Every value has a range: `Real[3] in positive` says it, data have one, and each map and layer computes that of its output
from that of its input. A net that declares `in interval(-1, 1)` must end with a layer that stays there, such as `tanh`; a
flow whose body yields all reals is brought there by a map that is added to it (`gmc explain` of the spec names it).
A function such as `log` takes only numbers on which it is defined. A distribution whose site is observed must give a
density to every value that the data can take.

An end of a range belongs to it or does not. `positive` are the numbers above 0, which `exp` and `softplus` yield and `log`
takes; `nonnegative` are those from 0 on, which `relu` and `square` yield. `unit` and `interval(-1, 1)` are declared with
their ends, so data may lie there; `sigmoid` and `tanh` come near the ends and take none. What depends on it is inferred: a
net that declares `in positive` and ends in `relu` yields nonnegative numbers, which are no scale and have no logarithm.

Wrong:
    net G(z: Real[16]) -> Real[64] in unit { dense(64) }
Right:
    net G(z: Real[16]) -> Real[64] in unit { dense(64), sigmoid }
",
};

/// A number as one would write it.
pub(super) fn number(x: f64) -> String {
    let size = x.abs();
    if x != 0.0 && x.is_finite() && !(1e-5..1e15).contains(&size) { format!("{x:e}") } else { x.to_string() }
}

/// The words for a range: `the positive reals`.
pub(super) fn range(s: Support) -> String {
    let (lo, hi) = s.ends();
    match s {
        Support::Simplex { .. } => "the parts that sum to 1".to_string(),
        Support::REALS => "all reals".to_string(),
        Support::POSITIVE => "the positive reals".to_string(),
        Support::NONNEGATIVE => "the nonnegative reals".to_string(),
        Support::Interval(_) if hi == f64::INFINITY => format!("the reals above {}", number(lo)),
        Support::Interval(_) if lo == f64::NEG_INFINITY => format!("the reals below {}", number(hi)),
        Support::Interval(_) => format!("the reals between {} and {}", number(lo), number(hi)),
    }
}

/// After "must": `be positive`, `lie between 0 and 1`.
pub(super) fn must(s: Support) -> String {
    let (lo, hi) = s.ends();
    match s {
        Support::Simplex { .. } => "be nonnegative parts that sum to 1".to_string(),
        Support::REALS => "be a real number".to_string(),
        Support::POSITIVE => "be positive".to_string(),
        Support::NONNEGATIVE => "be at least 0".to_string(),
        Support::Interval(_) if hi == f64::INFINITY => format!("lie above {}", number(lo)),
        Support::Interval(_) if lo == f64::NEG_INFINITY => format!("lie below {}", number(hi)),
        Support::Interval(_) => format!("lie between {} and {}", number(lo), number(hi)),
    }
}

/// In which way a value of range `have` leaves `want`: `can be negative`; `is negative` of a constant.
pub(super) fn beyond(have: Support, want: Support) -> String {
    if let (Support::Simplex { .. }, _) | (_, Support::Simplex { .. }) = (have, want) {
        return match want {
            Support::Simplex { .. } => "need not sum to 1".to_string(),
            Support::Interval(_) => "lies between 0 and 1".to_string(),
        };
    }
    let ((a, b), (lo, hi)) = (have.ends(), want.ends());
    let is = if a == b { "is" } else { "can be" };
    match (a < lo, b > hi) {
        (true, _) if lo == 0.0 && hi == f64::INFINITY => format!("{is} negative"),
        (true, true) => format!("{is} below {} and above {}", number(lo), number(hi)),
        (true, false) if lo == 0.0 => format!("{is} negative"),
        (true, false) => format!("{is} below {}", number(lo)),
        (false, true) => format!("{is} above {}", number(hi)),
        (false, false) => taken(have, want)
            .filter(|_| a != b)
            .unwrap_or_else(|| format!("{is} at the very end of its range")),
    }
}

/// The ends of `want` that values of range `have` take, though they do not belong to it, where that is all by which they leave it:
/// `can be 0`.
pub(super) fn taken(have: Support, want: Support) -> Option<String> {
    if have.inside(want) || !have.inside(want.closure()) {
        return None;
    }
    let (have, want) = (have.interval(), want.interval());
    let ends: Vec<String> = [want.lo(), want.hi()]
        .iter()
        .filter(|e| e.at.is_finite() && have.holds(e.at) && !want.holds(e.at))
        .map(|e| number(e.at))
        .collect();
    let is = if have.constant().is_some() { "is" } else { "can be" };
    Some(format!("{is} {}", ends.join(" and ")))
}

/// A map from all reals (or where it can) into a range: `exp(..)`.
pub(super) fn map_into(s: Support) -> Option<&'static str> {
    match s {
        Support::Simplex { .. } => Some("softmax"),
        Support::POSITIVE => Some("exp"),
        Support::NONNEGATIVE => Some("relu"),
        s if s.alike(Support::UNIT) => Some("sigmoid"),
        s if s.alike(Support::closed(-1.0, 1.0)) => Some("tanh"),
        Support::Interval(_) => None,
    }
}

/// Layer or flow `name` takes `want`, and the layer before it yields `have`.
pub fn layer(name: &str, span: Span, want: Support, have: Support) -> Diag {
    let title = format!("`{name}` takes {}", range(want));
    if let Some(ends) = taken(have, want) {
        let diag = Diag::new("E0302", title, span, format!("its input {ends}"));
        return match want {
            Support::POSITIVE => diag.help(format!(
                "put a layer before it that yields {}, such as `softplus` or `exp`",
                range(want)
            )),
            Support::Interval(_) | Support::Simplex { .. } => {
                let (scale, shift) = match want.ends() {
                    (lo, hi) if lo.is_finite() && hi.is_finite() => (0.98, 0.01 * (lo + hi)),
                    (lo, _) => (1.0, if lo.is_finite() { 0.01 } else { -0.01 }),
                };
                diag.help(format!(
                    "put a layer before it that stays away from there, such as `affine({scale}, {shift})`"
                ))
            }
        };
    }
    let help = match map_into(want) {
        Some(map) => format!("put a layer before it that yields {}, such as `{map}`", range(want)),
        None => format!("make the layer before it yield {}", range(want)),
    };
    Diag::new("E0302", title, span, format!("its input {}", beyond(have, want))).help(help)
}

/// Function `name` takes `want`, and its argument at `span` lies in `have`, which `origin` decided.
pub fn function(name: &str, span: Span, want: Support, have: Support, origin: Option<Span>) -> Diag {
    let title = format!("`{name}` takes {}", range(want));
    let because = |diag: Diag, so: String| match origin.filter(|o| *o != span) {
        Some(o) => diag.also(o, format!("so it {so}")),
        None => diag,
    };
    if let Some(ends) = taken(have, want) {
        let diag = because(Diag::new("E0302", title, span, ends.clone()), ends);
        return diag.help(match want {
            Support::POSITIVE => "use `softplus` or `exp` instead, or add a small number".to_string(),
            Support::Interval(_) | Support::Simplex { .. } => {
                let (lo, hi) = want.ends();
                let inner = match (lo.is_finite(), hi.is_finite()) {
                    (true, true) => {
                        format!("clamp(.., {}, {})", lo + 0.01 * (hi - lo), hi - 0.01 * (hi - lo))
                    }
                    (true, false) => format!("max(.., {})", lo + 0.01),
                    (false, _) => format!("min(.., {})", hi - 0.01),
                };
                format!("keep it away from there: `{name}({inner})`")
            }
        });
    }
    let diag = because(Diag::new("E0302", title, span, beyond(have, want)), have.describe());
    match (map_into(want), want.alike(Support::POSITIVE)) {
        (_, true) => {
            diag.help(format!("keep the argument positive: `{name}(softplus(..))`, or add a constant"))
        }
        (Some(map), false) => diag.help(format!("map the argument there: `{name}({map}(..))`")),
        (None, false) => diag.help(format!("give it a value among {}", range(want))),
    }
}

/// The number at `base` is raised to a power, at `power`, that is no fixed whole number, and it can be negative.
pub fn power(base: Span, have: Support, origin: Option<Span>, power: Span) -> Diag {
    let diag = Diag::new(
        "E0302",
        "a power that is no whole number takes the positive reals",
        base,
        beyond(have, Support::POSITIVE),
    )
    .also(power, "no fixed whole number");
    let diag = match origin.filter(|o| *o != base) {
        Some(o) => diag.also(o, format!("so it {}", have.describe())),
        None => diag,
    };
    diag.help("keep the base positive, `softplus(..)` or `exp(..)`, or write a whole number")
}

/// The argument at `span` of net or flow `name`, which declares `want`.
pub fn argument(name: &str, span: Span, got: &EventTy, declared: Span, want: &EventTy) -> Diag {
    let (have, must_be) = (got.kind.support(), want.kind.support());
    let label = match have.inside(must_be) {
        true => format!("is `{got}`"),
        false => beyond(have, must_be),
    };
    let diag = Diag::new("E0302", format!("`{name}` is given values outside its range"), span, label)
        .also(declared, format!("takes `{want}`"));
    match map_into(must_be).filter(|_| !want.kind.discrete()) {
        Some(map) => diag.help(format!("map the value there, `{map}(..)`, or let `{name}` take `{got}`")),
        None => diag.help(format!("let `{name}` take `{got}`")),
    }
}

/// The body of net or flow `name` ends in `have`, and it declares `want`.
pub fn net_output(name: &str, last: Span, have: Support, declared: Span, want: &EventTy) -> Diag {
    let must_be = want.kind.support();
    let label = if want.kind.discrete() { "yields real numbers".to_string() } else { beyond(have, must_be) };
    let diag = Diag::new("E0302", format!("`{name}` yields values outside its declared range"), last, label)
        .also(declared, format!("declares `{want}`"));
    if want.kind.discrete() {
        return diag.help("declare real outputs, and draw the whole values: `x ~ Bernoulli(logits: ..)` or `x ~ Categorical(logits: ..)`");
    }
    match map_into(must_be) {
        Some(map) => diag
            .help(format!("end the body with `{map}`, or declare `{}`", EventTy::real(want.shape.clone()))),
        None => diag.help(format!(
            "end the body with a layer that yields {}, or declare `{}`",
            range(must_be),
            EventTy::real(want.shape.clone())
        )),
    }
}

/// Of a distribution whose ends are computed: what it covers in any case.
pub(super) fn surely(s: Support) -> String {
    if s == Support::NOTHING {
        "covers no value for sure: its ends depend on parameters".to_string()
    } else {
        format!("surely covers only {}: its ends depend on parameters", range(s))
    }
}

/// Site `site` is drawn or computed by `row`, whose ends are computed, so that it surely covers only `sure` of the data.
pub fn ends_move(site: &str, span: Span, row: &str, sure: Support, declared: Span, data: &EventTy) -> Diag {
    let by = if row.starts_with("the ") { row.to_string() } else { format!("`{row}`") };
    Diag::new("E0302", format!("{by} may give no density to some data"), span, surely(sure))
        .also(declared, format!("`{site}` {}", data.kind.support().describe()))
        .note("a value outside of the ends has the log density minus infinity, and no gradient to move them")
        .help("give it ends that are numbers and enclose the data, or use a distribution on all reals such as `Normal`")
}

/// A site of whole numbers yields more of them than its data have; `data` is where they are declared, and their type.
pub fn too_many_values(site: &str, span: Span, row: &str, ty: &EventTy, data: (Span, &EventTy)) -> Diag {
    let count = |t: &EventTy| t.kind.cardinality().unwrap_or(0);
    let (k, n) = (count(ty), count(data.1));
    let last = n.saturating_sub(1);
    if ty.kind == Kind::Count {
        return Diag::new(
            "E0302",
            format!("`{row}` draws values that `{site}` cannot have"),
            span,
            "yields counts without a bound",
        )
        .also(data.0, format!("`{site}` has the {n} values 0 to {last}"))
        .help(format!(
            "declare it `{site}: Count{}`, or use a distribution of {n} values, such as `Binomial(total_count: {last}, logits: ..)`",
            if data.1.shape.is_empty() { String::new() } else { data.1.shape_text() }
        ));
    }
    Diag::new(
        "E0302",
        format!("`{row}` draws values that `{site}` cannot have"),
        span,
        format!("yields the {k} values 0 to {}", k.saturating_sub(1)),
    )
    .also(data.0, format!("`{site}` has the {n} values 0 to {last}"))
    .help(format!(
        "make it a distribution of {n} values: {n} logits or probabilities for each element, or `levels: {n}`"
    ))
}

/// Site `site` is drawn or computed by `row` with type `site_ty`, and the data lie outside of it.
pub fn observed(
    site: &str,
    span: Span,
    row: &str,
    site_ty: &EventTy,
    declared: Span,
    data: &EventTy,
) -> Diag {
    let by = if row.starts_with("the ") { row.to_string() } else { format!("`{row}`") };
    let (have, within) = (data.kind.support(), site_ty.kind.support());
    let inside = have.closure().inside(within.closure());
    let label = match inside {
        true => format!("makes `{site_ty}` only"),
        false => match site_ty.kind.cardinality() {
            Some(2) => "yields 0 and 1 only".to_string(),
            Some(n) => format!("yields the whole values 0 to {} only", n.saturating_sub(1)),
            None => format!("reaches {} only", range(within)),
        },
    };
    let diag = Diag::new("E0302", format!("{by} gives no density to some data"), span, label);
    let diag = match inside {
        true => diag.also(declared, format!("`{site}` is `{data}`")),
        false => diag.also(declared, format!("`{site}` {}", beyond(have, within))),
    };
    if site_ty.kind == Kind::OneHot {
        return diag.help(
            "for bits that do not exclude each other use `Bernoulli(logits: ..)`; for one of n values declare the data `Class(n)` and draw \
             `Categorical(logits: ..)`",
        );
    }
    match data.kind.discrete() {
        true if data.kind == Kind::Count => diag.help(
            "use a distribution of counts, `Poisson(log_rate: ..)` or `NegativeBinomial(log_mean: .., concentration: ..)`, or say below \
             which number they lie: `Int(100)`",
        ),
        true => {
            let n = data.kind.cardinality().unwrap_or(1);
            diag.help(format!(
                "use a distribution of the whole values 0 to {}, such as `Categorical(logits: ..)` with {n} logits for each",
                n.saturating_sub(1)
            ))
        }
        false if row.starts_with("the ") => {
            diag.help(format!("make it reach {}, or rescale the data", range(have)))
        }
        false => diag.help(format!("use one that covers {}, or rescale the data", range(have))),
    }
}
