//! A data item in words: a line a column, and what is odd about all of it.

use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::rows::data::split::Parts;
use gmc_compiler::rows::data::{Column, MISSING, Part};
use gmc_compiler::types::{TData, TVar};
use std::collections::{BTreeMap, HashSet};

/// Elements of a variable that have a line each; those of a larger one share a line.
const LINES: usize = 32;
/// Classes that are listed with their shares.
const LISTED: usize = 8;
/// A class of fewer examples than this part of the most frequent one is rare.
const RARE: f64 = 0.02;
/// Discrete rows may be equal by chance where there are fewer different ones than this.
const MANY: f64 = 1e6;

/// A line for each column of a data item, laid out in columns; numbers are those of the training part.
pub fn lines(item: &TData, set: &Parts) -> Vec<String> {
    let mut rows: Vec<[String; 4]> = Vec::new();
    for (i, (v, column)) in item.vars.iter().zip(&set.train.columns).enumerate() {
        let labels = set.labels.get(i).map_or(&[][..], Vec::as_slice);
        let names = set.train.names.get(i).map_or(&[][..], Vec::as_slice);
        let size = column.ty.size().max(1);
        if size > LINES {
            let all = Summary::of(column.values.iter().copied());
            rows.push([v.name.clone(), v.ty.to_string(), all.range(v), all.remarks(v)]);
            continue;
        }
        for e in 0..size {
            let name = match (size, names.get(e)) {
                (1, Some(n)) if *n != v.name => format!("{} ({n})", v.name),
                (1, _) => v.name.clone(),
                (_, Some(n)) => format!("{}[{e}] ({n})", v.name),
                (_, None) => format!("{}[{e}]", v.name),
            };
            let all = Summary::of(column.values.iter().skip(e).step_by(size).copied());
            let ty = EventTy { kind: v.ty.kind, shape: Vec::new() }.to_string().replace("[]", "");
            let ty = if v.cells.missing {
                ty.replacen(&v.ty.kind_name(), &format!("{}?", v.ty.kind_name()), 1)
            } else {
                ty
            };
            let ty = match (v.cells.time, v.cells.missing) {
                (true, true) => "Time?".into(),
                (true, false) => "Time".into(),
                (false, _) => ty,
            };
            let range = match v.ty.kind {
                Kind::Class(_) | Kind::Bool => all.shares(labels, v.ty.kind),
                Kind::Real(_) | Kind::Int(_) | Kind::Count | Kind::OneHot => all.range(v),
            };
            rows.push([name, ty, range, all.remarks(v)]);
        }
    }
    let widths: Vec<usize> = (0..2)
        .map(|c| rows.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count()).max().unwrap_or(0))
        .collect();
    let [first, second] = [0, 1].map(|c| widths.get(c).copied().unwrap_or(0));
    rows.into_iter()
        .map(|[name, ty, range, remarks]| {
            let remarks = if remarks.is_empty() { remarks } else { format!(": {remarks}") };
            format!("{name:first$}  {ty:second$}  {range}{remarks}")
        })
        .collect()
}

/// What is odd about an item as a whole, a sentence each.
pub fn warnings(item: &TData, set: &Parts) -> Vec<String> {
    let mut all = Vec::new();
    for (i, (v, column)) in item.vars.iter().zip(&set.train.columns).enumerate() {
        if let (Kind::Class(n), 1) = (v.ty.kind, column.ty.size()) {
            let labels = set.labels.get(i).map_or(&[][..], Vec::as_slice);
            all.extend(imbalance(v, n, column, labels));
        }
    }
    let chance: f64 = item
        .vars
        .iter()
        .map(|v| {
            v.ty.kind.cardinality().map_or(f64::INFINITY, |n| (n as f64).powi(v.ty.size().min(4096) as i32))
        })
        .product();
    if chance >= MANY && !item.dynamic {
        let known: HashSet<Vec<u32>> = (0..set.train.in_memory()).map(|r| bits(&set.train, r)).collect();
        for (part, name) in [(&set.valid, "validation"), (&set.test, "test")] {
            let twice = (0..part.in_memory()).filter(|r| known.contains(&bits(part, *r))).count();
            if twice > 0 {
                let (are, them) =
                    if twice == 1 { ("is a training row", "it") } else { ("are training rows", "them") };
                all.push(format!(
                    "{twice} of {} {name} rows {are}, too: what is measured on {them} was trained on",
                    part.n
                ));
            }
        }
    }
    all
}

/// Items of one file, which are streams that are not paired.
pub fn unpaired(items: &[TData]) -> Vec<String> {
    let file = |d: &TData| {
        let named = d.row.params().iter().any(|p| p.name == "file");
        named.then(|| d.args.get("file").map(ToString::to_string)).flatten()
    };
    let mut all = Vec::new();
    for (i, a) in items.iter().enumerate() {
        for b in items.iter().skip(i + 1).filter(|b| b.row.name() == a.row.name()) {
            if let Some(name) = file(a).filter(|f| Some(f) == file(b).as_ref()) {
                let vars = |d: &TData| d.vars.iter().map(|v| v.name.clone()).collect::<Vec<_>>();
                let both: Vec<String> = [vars(a), vars(b)].concat();
                all.push(format!(
                    "{} and {} are read from {name} as two streams, whose rows are not paired: one item pairs them, `data ({}) from {}(..)`",
                    vars(a).join(", "),
                    vars(b).join(", "),
                    both.iter().map(|n| format!("{n}: ..")).collect::<Vec<_>>().join(", "),
                    a.row.name()
                ));
            }
        }
    }
    all
}

/// All numbers of a row.
fn bits(part: &Part, row: usize) -> Vec<u32> {
    let of = |c: &Column| {
        let size = c.ty.size();
        c.values
            .get(row * size..(row + 1) * size)
            .unwrap_or_default()
            .iter()
            .map(|v| v.to_bits())
            .collect::<Vec<_>>()
    };
    part.columns.iter().flat_map(of).collect()
}

/// Classes that are much rarer than others.
fn imbalance(v: &TVar, n: usize, column: &Column, labels: &[String]) -> Option<String> {
    let mut counts = vec![0usize; n];
    for x in column.values.iter().filter(|x| **x != MISSING) {
        if let Some(c) = counts.get_mut(*x as usize) {
            *c += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0) as f64;
    let rare: Vec<String> = counts
        .iter()
        .enumerate()
        .filter(|(_, c)| (**c as f64) < RARE * most)
        .take(LISTED)
        .map(|(i, c)| format!("{} {c}", labels.get(i).cloned().unwrap_or_else(|| i.to_string())))
        .collect();
    (!rare.is_empty()).then(|| {
        format!(
            "some classes of `{}` are rare among {} training rows: {}",
            v.name,
            column.values.len(),
            rare.join(", ")
        )
    })
}

/// What the numbers of a column are.
struct Summary {
    /// Numbers that are there.
    n: usize,
    missing: usize,
    mean: f64,
    deviation: f64,
    lo: f32,
    hi: f32,
    whole: bool,
    /// How often each value stands; empty where there are too many.
    counts: BTreeMap<u32, usize>,
}

impl Summary {
    fn of(values: impl Iterator<Item = f32> + Clone) -> Summary {
        let all = values.clone().count();
        let values = values.filter(|v| *v != MISSING);
        let n = values.clone().count();
        let mean = values.clone().map(f64::from).sum::<f64>() / n.max(1) as f64;
        let squares = values.clone().map(|v| (f64::from(v) - mean).powi(2)).sum::<f64>();
        let (mut lo, mut hi, mut whole) = (f32::INFINITY, f32::NEG_INFINITY, true);
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for v in values {
            (lo, hi, whole) = (lo.min(v), hi.max(v), whole && v.fract() == 0.0);
            if counts.len() <= 4096 {
                *counts.entry((v + 0.0).to_bits()).or_default() += 1;
            }
        }
        Summary {
            n,
            missing: all - n,
            mean,
            deviation: (squares / n.max(1) as f64).sqrt(),
            lo,
            hi,
            whole,
            counts,
        }
    }

    /// `0.25 to 12.5, mean 6.58, standard deviation 5.03`
    fn range(&self, v: &TVar) -> String {
        let text =
            |x: f64| if x == 0.0 || (1e-3..1e6).contains(&x.abs()) { short(x) } else { format!("{x:.3e}") };
        let unit = if v.cells.time { " (units of time)" } else { "" };
        format!(
            "{} to {}{unit}, mean {}, standard deviation {}",
            text(f64::from(self.lo)),
            text(f64::from(self.hi)),
            text(self.mean),
            text(self.deviation)
        )
    }

    /// `oak 67 %, ash 33 %`, the most frequent first.
    fn shares(&self, labels: &[String], kind: Kind) -> String {
        let mut all: Vec<(f32, usize)> = self.counts.iter().map(|(b, c)| (f32::from_bits(*b), *c)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.total_cmp(&b.0)));
        let more = all.len().saturating_sub(LISTED);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        let name = |v: f32| match (kind, labels.get(v as usize)) {
            (_, Some(label)) => label.clone(),
            (Kind::Bool, None) if v == 1.0 => "true".into(),
            (Kind::Bool, None) => "false".into(),
            (_, None) => v.to_string(),
        };
        let shares: Vec<String> = all
            .iter()
            .take(LISTED)
            .map(|(v, c)| format!("{} {c} ({:.1} %)", name(*v), 100.0 * *c as f64 / self.n.max(1) as f64))
            .collect();
        shares.join(", ").replace(".0 %", " %") + &rest
    }

    /// What a density on the reals would stumble over.
    fn remarks(&self, v: &TVar) -> String {
        let values = self.counts.len();
        let odd: String = match v.ty.kind {
            _ if values == 1 && self.n > 1 => "constant".into(),
            Kind::Real(_) if self.whole && values > 1 => format!("whole numbers, {} different", few(values)),
            Kind::Real(_) if values * 10 <= self.n => format!("only {values} different values"),
            Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count => {
                String::new()
            }
        };
        let missing = match self.missing {
            0 => String::new(),
            n => format!("{n} missing ({:.1} %)", 100.0 * n as f64 / (n + self.n) as f64),
        };
        [missing, odd].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

fn few(values: usize) -> String {
    if values > 4096 { "many".into() } else { values.to_string() }
}

/// At most five digits.
fn short(x: f64) -> String {
    let digits = (4 - x.abs().max(1e-9).log10().floor() as i32).clamp(0, 8) as usize;
    let text = format!("{x:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}
