//! Everything that a spec may name, as `gmc explain NAME` shows it: read off the rows, the prelude and what the checker provides itself.

use crate::event::{INTERVAL, Kind, RANGES, Support};
use crate::rows::args::{ArgKind, ParamSpec, within};
use crate::rows::builtin::BuiltinRow;
use crate::rows::distribution::Reparameterised;
use crate::rows::{
    BlockUse, DistParam, DistRow, FnRow, MapRow, ObjectiveRow, Row, bijection, builtin, constraint,
    corruption, data, distribution, estimator, function, init, layer, map, measure, objective, optimizer,
    order, schedule, setting,
};
use crate::syntax::PRELUDE;
use crate::syntax::words::{WORDS, Word};

/// One meaning of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What kind of thing it is: `distribution`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// How it is written, or how it is defined.
    pub form: String,
    /// A few sentences.
    pub doc: String,
    /// Its arguments.
    pub params: Vec<Param>,
    /// What else there is to know, a line each.
    pub facts: Vec<String>,
    /// A spec that uses it, where there is one of its own.
    pub example: &'static str,
}

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it may be: `a number between 0 and 1`.
    pub what: String,
    /// Its value when it is not written; `None` where it must be.
    pub default: Option<String>,
    /// What it does.
    pub doc: &'static str,
}

/// All entries, by kind and within a kind in the order of the rows.
pub fn all() -> Vec<Entry> {
    let mut all = of_the_language();
    all.extend(of_models());
    all.extend(of_objectives());
    all.extend(of_data_and_training());
    all
}

fn of_the_language() -> Vec<Entry> {
    let word = |w: &Word| Entry {
        kind: "word of the language",
        name: w.name.into(),
        form: w.form.into(),
        doc: w.doc.into(),
        params: Vec::new(),
        facts: Vec::new(),
        example: w.example,
    };
    WORDS.iter().map(word).collect()
}

fn of_models() -> Vec<Entry> {
    let mut all: Vec<Entry> = distribution::ROWS.iter().map(|r| distribution(*r)).collect();
    all.extend(distribution::FORMS.iter().map(|r| {
        let own = r.own_params();
        let names = ["D(..)"].into_iter().chain(own.iter().map(|p| p.name));
        Entry {
            params: own.iter().map(dist_param).collect(),
            form: written(r.name(), names, BlockUse::None),
            ..entry("form of distribution", *r, BlockUse::None)
        }
    }));
    all.extend(layer::ROWS.iter().map(|r| entry("layer", *r, r.block())));
    all.extend(bijection::ROWS.iter().map(|r| entry("layer of a flow", *r, r.block())));
    all.extend(map::ROWS.iter().map(|r| map(*r)));
    all
}

/// What stands in expressions, and the ranges of types.
fn of_objectives() -> Vec<Entry> {
    let mut all: Vec<Entry> = function::ROWS.iter().map(|r| function(*r)).collect();
    let objective =
        |r: &&dyn ObjectiveRow| Entry { form: r.example(), ..entry("objective", *r, BlockUse::None) };
    all.extend(objective::ROWS.iter().map(objective));
    let built_in =
        |r: &&dyn BuiltinRow| Entry { form: r.form().into(), ..entry("built in", *r, BlockUse::None) };
    all.extend(builtin::ROWS.iter().map(built_in));
    let ranges = RANGES.iter().map(|(name, _, doc)| (*name, format!("in {name}"), *doc));
    let interval = (INTERVAL.0, INTERVAL.1.to_string(), INTERVAL.2);
    all.extend(ranges.chain([interval]).map(|(name, form, doc)| Entry {
        kind: "range",
        name: name.into(),
        form,
        doc: doc.into(),
        params: Vec::new(),
        facts: Vec::new(),
        example: "",
    }));
    all.extend(prelude());
    all
}

fn of_data_and_training() -> Vec<Entry> {
    let plain = |kind, r: &'static dyn Row| entry(kind, r, BlockUse::None);
    let formed = |kind, r: &'static dyn Row, form: String| Entry { form, ..plain(kind, r) };
    let mut all: Vec<Entry> = corruption::ROWS.iter().map(|r| plain("corruption", *r)).collect();
    all.extend(optimizer::ROWS.iter().map(|r| plain("optimizer", *r)));
    all.extend(schedule::ROWS.iter().map(|r| plain("schedule", *r)));
    all.extend(constraint::ROWS.iter().map(|r| plain("weight constraint", *r)));
    all.extend(order::ROWS.iter().map(|r| {
        let e = plain("order of a site", *r);
        Entry { form: format!("x[i in {}] ~ ..", e.form), ..e }
    }));
    all.extend(estimator::ROWS.iter().map(|r| plain("gradient estimator", *r)));
    all.extend(init::ROWS.iter().map(|r| formed("initial value", *r, format!("init: {}", r.name()))));
    all.extend(data::ROWS.iter().map(|r| plain("data source", *r)));
    all.extend(setting::ROWS.iter().map(|r| {
        let form = r.params().iter().map(|p| written_setting(r.name(), p)).collect();
        formed("setting of `train`", *r, form)
    }));
    all.extend(measure::ROWS.iter().map(|r| formed("item of `eval`", *r, r.example())));
    all
}

/// The entries of this name.
pub fn named(name: &str) -> Vec<Entry> {
    all().into_iter().filter(|e| e.name == name).collect()
}

/// The first sentence of a documentation. Abbreviations end none.
pub fn first_sentence(doc: &str) -> &str {
    let ends = doc.match_indices(". ").find(|(at, _)| {
        let (before, after) = doc.split_at(*at);
        let word = before.rsplit([' ', '(']).next().unwrap_or("");
        let next = after.trim_start_matches(['.', ' ']).chars().next();
        !["al", "eq", "cf", "e.g", "i.e"].contains(&word)
            && next.is_some_and(|c| c.is_uppercase() || c == '`' || c == '(')
    });
    ends.map_or(doc, |(at, _)| doc.get(..=at).unwrap_or(doc))
}

fn entry(kind: &'static str, row: &dyn Row, block: BlockUse) -> Entry {
    Entry {
        kind,
        name: row.name().into(),
        form: written(row.name(), row.params().iter().map(|p| p.name), block),
        doc: row.prose(),
        params: row.params().iter().map(param).collect(),
        facts: Vec::new(),
        example: "",
    }
}

/// `epochs 10`
fn written_setting(name: &str, value: &ParamSpec) -> String {
    format!("{name} {}", value.default.filter(|d| !d.is_empty()).unwrap_or(".."))
}

/// `conv(channels, k, stride)`, with its block
fn written<'a>(name: &str, args: impl Iterator<Item = &'a str>, block: BlockUse) -> String {
    let args: Vec<&str> = args.collect();
    let args = if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) };
    let block = match block {
        BlockUse::None => "",
        BlockUse::Required => " { .. }",
        BlockUse::Optional => " { .. }, or without a block",
    };
    format!("{name}{args}{block}")
}

fn param(p: &ParamSpec) -> Param {
    let default = p.default.map(|d| if d.is_empty() { "none".to_string() } else { d.to_string() });
    // What a row reads itself is said in its own words.
    let what = if p.kind == ArgKind::Any { String::new() } else { p.kind.wants() };
    Param { name: p.name, what, default, doc: p.doc }
}

fn dist_param(p: &DistParam) -> Param {
    let default = match (p.default, p.group) {
        (Some(d), _) if d.is_infinite() => Some("none".to_string()),
        (Some(d), _) => Some(d.to_string()),
        (None, 0) => None,
        (None, _) => Some("none: exactly one of the alternatives is given".to_string()),
    };
    let by_name = if p.elsewhere.is_some() { ", written with its name" } else { "" };
    Param { name: p.name, what: range(p.support) + by_name, default, doc: p.doc }
}

/// Where a number lies, in words.
fn range(support: Support) -> String {
    match support {
        Support::POSITIVE => "a positive number".into(),
        Support::Interval(_) => {
            let (lo, hi) = support.ends();
            within(lo, hi)
        }
        Support::Simplex { .. } => "numbers of at least 0 that sum to 1".into(),
    }
}

fn distribution(row: &dyn DistRow) -> Entry {
    let absent = vec![None; row.dist_params().len()];
    let mut facts = Vec::new();
    // Where the kind follows from the parameters, the documentation says how.
    if let Ok(event) = row.event(&absent) {
        facts.push(format!(
            "draws {}",
            match event.kind {
                Kind::Real(s) => range(s.interior()),
                Kind::Bool => "0 or 1".into(),
                Kind::OneHot => "a vector of zeros with a single 1".into(),
                Kind::Int(n) | Kind::Class(n) => format!("a whole number from 0 to {}", n.saturating_sub(1)),
                Kind::Count => "a count: a whole number from 0 on".into(),
            }
        ));
    }
    facts.push(match row.reparameterised() {
        Reparameterised::Exactly => "a draw is differentiable in the parameters".into(),
        Reparameterised::Relaxed(_) => "a draw has no derivative; `by gumbel(..)` relaxes it".into(),
        Reparameterised::No => {
            "a draw has no derivative: gradients go by an exact sum or the score function".into()
        }
    });
    let known: Vec<&str> = distribution::kl::known(row).iter().map(|q| q.name()).collect();
    if !known.is_empty() {
        facts.push(format!("its KL is in closed form against {}", known.join(", ")));
    }
    if row.cdf().is_some() {
        facts.push("`Truncated` goes around it".into());
    }
    Entry {
        form: written(row.name(), row.dist_params().iter().map(|p| p.name), BlockUse::None),
        params: row.dist_params().iter().map(dist_param).collect(),
        facts,
        ..entry("distribution", row, BlockUse::None)
    }
}

fn map(row: &dyn MapRow) -> Entry {
    let e = entry("map", row, BlockUse::None);
    let args: String = row.params().iter().map(|p| format!(", {}", p.name)).collect();
    let inverse = match row.inverse() {
        Some(_) => "has an inverse, so it is a layer of flows as well".to_string(),
        None => format!("has no inverse: it {}", row.why_not_invertible()),
    };
    let from = format!("from {} to {}, elementwise", numbers(row.from()), numbers(row.to()));
    Entry {
        form: format!("{0}(x{args}), or as a layer {1}", row.name(), e.form),
        facts: vec![from, inverse],
        ..e
    }
}

fn numbers(support: Support) -> String {
    match support {
        Support::REALS => "all reals".into(),
        Support::POSITIVE => "positive numbers".into(),
        Support::NONNEGATIVE => "numbers of at least 0".into(),
        Support::Interval(_) => {
            let (lo, hi) = support.ends();
            format!("numbers between {lo} and {hi}")
        }
        Support::Simplex { .. } => "numbers that sum to 1".into(),
    }
}

fn function(row: &dyn FnRow) -> Entry {
    let (least, most) = row.arity();
    let count = match (least, most) {
        (1, 1) => "takes one value".to_string(),
        (a, b) if a == b => format!("takes {a} values"),
        (a, usize::MAX) => format!("takes {a} or more values"),
        (a, b) => format!("takes {a} to {b} values"),
    };
    let mut facts = vec![count];
    if row.mixes_batch() {
        facts.push("reads all examples of a minibatch".into());
    }
    Entry { form: format!("{}(..)", row.name()), facts, ..entry("function", row, BlockUse::None) }
}

/// The functions of the prelude, each a line with what is said behind it, under the comment of its group.
fn prelude() -> Vec<Entry> {
    let mut out = Vec::new();
    let mut group = String::new();
    let mut fresh = true;
    for line in PRELUDE.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            group = if fresh { text.to_string() } else { format!("{group} {text}") };
            fresh = false;
            continue;
        }
        fresh = true;
        let (code, said) = line.split_once('#').map_or((line, ""), |(c, s)| (c, s));
        let code = code.trim();
        let Some(name) = code.strip_prefix("fn ").and_then(|c| c.split('(').next()) else { continue };
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let (doc, facts) = match said.is_empty() {
            true => (group.clone(), Vec::new()),
            // Only where it comes from.
            false if said.starts_with('(') => (format!("{group} {said}"), Vec::new()),
            false => (said, vec![group.clone()]),
        };
        out.push(Entry {
            kind: "function of the prelude",
            name: name.into(),
            form: code.into(),
            doc,
            params: Vec::new(),
            facts,
            example: "",
        });
    }
    out
}
