//! Data that repeat under densities that have no upper end: few values, constant elements, elements that follow from others.

use super::{Parts, Session};
use gmc_compiler::diag::{Diag, codes};
use gmc_compiler::event::Kind;
use gmc_compiler::rows::data::{Column, MISSING, Part};
use gmc_compiler::types::Typed;
use gmc_compiler::types::sharp::Sharp;
use std::collections::HashMap;

/// About how many numbers are looked at.
const LOOK: usize = 4_000_000;
/// Elements of an event beyond which none is looked for that follows from others.
const JOINT: usize = 256;
/// Most elements that are named together.
const NAMED: usize = 4;
/// An element follows from others where what they leave of its variance is below this part of it: 32 bits leave some 1e-14.
const FOLLOWS: f64 = 1e-11;

/// What repeats in the data of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeats {
    /// The site.
    pub of: Sharp,
    /// What repeats, a sentence.
    pub fact: String,
    /// What else does, a sentence each.
    pub more: Vec<String>,
    fixes: Vec<String>,
}

impl Repeats {
    /// The warning.
    pub fn diag(&self) -> Diag {
        let of = &self.of;
        codes::w0511::repeats((&of.site, of.span), &of.by, of.declared, (&self.fact, &self.more), &self.fixes)
    }

    /// What must be known before the number of the density is believed.
    pub fn caveat(&self) -> String {
        format!(
            "the density of `{}` has no upper end on these data, so this number has no lower end and says nothing about the model: {}",
            self.of.site,
            self.facts()
        )
    }

    /// What must be known before classes that rest on the density are believed.
    pub fn caveat_of_classes(&self) -> String {
        format!(
            "the density of `{}`, by which classes are decided, has no upper end on these data, so a class may seem sure on account of values that repeat: {}",
            self.of.site,
            self.facts()
        )
    }

    fn facts(&self) -> String {
        std::iter::once(&self.fact).chain(&self.more).cloned().collect::<Vec<_>>().join("; ")
    }
}

/// How the values of one element repeat.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Constant(f32),
    /// So many values; whether they are whole numbers, and the largest.
    Few {
        values: usize,
        whole: bool,
        least: f32,
        most: f32,
    },
    /// One value makes up this share.
    Spike {
        value: f32,
        share: f64,
    },
}

/// The values of one element: how they repeat, if they do.
fn shape(values: impl Iterator<Item = f32>) -> Option<Shape> {
    let mut counts: HashMap<u32, usize> = HashMap::new();
    let (mut n, mut whole, mut least, mut most) = (0usize, true, f32::INFINITY, f32::NEG_INFINITY);
    for v in values.filter(|v| *v != MISSING) {
        // 0 and -0 are one value.
        *counts.entry((v + 0.0).to_bits()).or_default() += 1;
        n += 1;
        whole &= v.fract() == 0.0;
        (least, most) = (least.min(v), most.max(v));
    }
    let each = counts.len();
    if n < 2 {
        return None;
    }
    if each == 1 {
        return Some(Shape::Constant(least));
    }
    let few = (each <= 5 && n >= 3 * each) || (each <= 256 && n >= 10 * each) || (whole && n >= 2 * each);
    if few {
        return Some(Shape::Few { values: each, whole, least, most });
    }
    let (bits, count) = counts.into_iter().max_by_key(|(bits, count)| (*count, *bits))?;
    let share = count as f64 / n as f64;
    // It stands out: measured to a tenth, all lengths repeat.
    let alone = count * each > 3 * n;
    (count >= 5 && share >= 0.02 && alone).then_some(Shape::Spike { value: f32::from_bits(bits), share })
}

impl Session {
    /// What repeats in the training data under densities without an upper end.
    pub fn repeats(&self) -> &[Repeats] {
        self.repeats.get_or_init(|| repeats(&self.typed, &self.sets))
    }
}

/// What repeats in the training parts of loaded data under densities without an upper end.
pub fn repeats(typed: &Typed, sets: &[Parts]) -> Vec<Repeats> {
    let looked = Looked { typed, sets };
    typed.sharp().into_iter().filter_map(|s| looked.of_site(s)).collect()
}

/// A spec and its data, which are looked at.
#[derive(Clone, Copy)]
struct Looked<'a> {
    typed: &'a Typed,
    sets: &'a [Parts],
}

impl Looked<'_> {
    fn of_site(self, of: Sharp) -> Option<Repeats> {
        let (item, set) =
            self.typed.data.iter().zip(self.sets).find(|(d, _)| d.vars.iter().any(|v| v.name == of.site))?;
        let at = item.vars.iter().position(|v| v.name == of.site)?;
        let column = set.train.columns.get(at)?;
        let size = column.ty.size().max(1);
        let there = set.train.in_memory();
        let rows = (LOOK / size).clamp(200, 20_000).min(there);
        let row = |i: usize| i * there / rows.max(1);
        let name = |e: usize| named(&of.site, column, set.train.names.get(at), e);
        let value = |r: usize, e: usize| column.values.get(row(r) * size + e).copied().unwrap_or(0.0);
        let shapes: Vec<Option<Shape>> = (0..size).map(|e| shape((0..rows).map(|r| value(r, e)))).collect();
        // What is not flexible is narrow on constants only; a width that all elements share only where all of them repeat.
        let counts = |s: &Shape| of.flexible && !of.shared || matches!(s, Shape::Constant(_));
        let shapes: Vec<Option<Shape>> = shapes.into_iter().map(|s| s.filter(counts)).collect();
        if of.shared && shapes.iter().any(Option::is_none) {
            return None;
        }
        let mut found = Found::default();
        found.shapes(&of.site, &shapes, rows, &name);
        if of.joint && !of.shared {
            let plain: Vec<usize> =
                (0..size).filter(|e| !matches!(shapes.get(*e), Some(Some(Shape::Constant(_))))).collect();
            let all = self.given_columns(&of, &set.train, at).into_iter();
            let looked_at =
                |values: Vec<f32>| (0..rows).filter_map(|r| values.get(row(r)).copied()).collect();
            let given: Vec<(String, Vec<f32>)> = all.map(|(n, values)| (n, looked_at(values))).collect();
            // What is missing follows from nothing: only rows count of which everything is known.
            let known = |r: &usize| {
                let own = plain.iter().all(|e| value(*r, *e) != MISSING);
                own && given.iter().all(|(_, v)| v.get(*r) != Some(&MISSING))
            };
            let whole: Vec<usize> = (0..rows).filter(known).collect();
            found.follows(&plain, &whole, &name, &value, &given);
        }
        let mut facts = found.facts.into_iter();
        Some(Repeats { of, fact: facts.next()?, more: facts.collect(), fixes: found.fixes })
    }

    /// The real elements that the model of a site is conditioned on: name and values.
    fn given_columns(self, of: &Sharp, part: &Part, at: usize) -> Vec<(String, Vec<f32>)> {
        let model = self.typed.models.iter().find(|m| !m.guide && m.site(&of.site).is_some());
        let Some(model) = model else { return Vec::new() };
        let item = self.typed.data.iter().find(|d| d.vars.iter().any(|v| v.name == of.site));
        let mut out = Vec::new();
        for (k, v) in item.into_iter().flat_map(|d| d.vars.iter().enumerate()) {
            let before = model.conds.contains(&v.name)
                || k != at && model.sites.iter().take_while(|s| s.name != of.site).any(|s| s.name == v.name);
            let Some(column) = part.columns.get(k).filter(|_| before && matches!(v.ty.kind, Kind::Real(_)))
            else {
                continue;
            };
            let size = column.ty.size().max(1);
            for e in 0..size.min(JOINT) {
                let values = column.values.iter().skip(e).step_by(size).copied().collect();
                out.push((named(&v.name, column, part.names.get(k), e), values));
            }
        }
        out
    }
}

/// An element in words: `x`, `x[2]`, or with the name of its column.
fn named(variable: &str, column: &Column, names: Option<&Vec<String>>, element: usize) -> String {
    let plain =
        if column.ty.size() > 1 { format!("`{variable}[{element}]`") } else { format!("`{variable}`") };
    match names.and_then(|n| n.get(element)).filter(|n| *n != variable) {
        Some(name) => format!("{plain} (column `{name}`)"),
        None => plain,
    }
}

/// Several elements in words, the first few by name.
fn all_of(elements: &[usize], name: &dyn Fn(usize) -> String) -> String {
    let some: Vec<String> = elements.iter().take(NAMED).map(|e| name(*e)).collect();
    match elements.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{} and {more} more", some.join(", ")),
        Some(_) | None => some.join(", "),
    }
}

/// What repeats and what to do about it, a sentence each.
#[derive(Default)]
struct Found {
    facts: Vec<String>,
    fixes: Vec<String>,
}

impl Found {
    /// Adds what the values of single elements show.
    fn shapes(&mut self, site: &str, shapes: &[Option<Shape>], rows: usize, name: &dyn Fn(usize) -> String) {
        let size = shapes.len();
        let which = |f: &dyn Fn(&Shape) -> bool| -> Vec<usize> {
            let is = |s: &Option<Shape>| s.as_ref().is_some_and(f);
            (0..size).filter(|e| shapes.get(*e).is_some_and(is)).collect()
        };
        let first = |all: &[usize]| all.first().and_then(|e| shapes.get(*e)?.clone());
        let constant = which(&|s| matches!(s, Shape::Constant(_)));
        if let Some(Shape::Constant(value)) = first(&constant) {
            let is = if constant.len() == 1 { format!("is always {value}") } else { "are constant".into() };
            self.facts.push(format!("{} {is}", all_of(&constant, name)));
            self.fixes.push("leave constant columns out".into());
        }
        let few = which(&|s| matches!(s, Shape::Few { .. }));
        if let Some(Shape::Few { values, .. }) = first(&few) {
            let counts = match few.as_slice() {
                [_] => format!("has {values} values in {rows} examples"),
                _ => format!("have few values each, the first {values} in {rows} examples"),
            };
            self.facts.push(format!("{} {counts}", all_of(&few, name)));
            let (mut whole, mut least, mut most) = (true, f32::INFINITY, f32::NEG_INFINITY);
            for s in few.iter().filter_map(|e| shapes.get(*e)?.as_ref()) {
                if let Shape::Few { whole: w, least: a, most: b, .. } = s {
                    (whole, least, most) = (whole && *w, least.min(*a), most.max(*b));
                }
            }
            self.fixes.push(levels(site, whole, least, most, few.len() == size));
        }
        let spikes = which(&|s| matches!(s, Shape::Spike { .. }));
        if let Some(Shape::Spike { value, share }) = first(&spikes) {
            let percent = (100.0 * share).round();
            let more = if spikes.len() > 1 { " (the first)" } else { "" };
            self.facts.push(format!("{percent}% of {} are exactly {value}{more}", all_of(&spikes, name)));
            self.fixes
                .push("add noise to the value that repeats, or model apart whether a datum has it".into());
        }
    }

    /// Adds elements that follow from others by a linear rule: what is left of each after a projection on those before it, in 64 bits.
    fn follows(
        &mut self,
        elements: &[usize],
        rows: &[usize],
        name: &dyn Fn(usize) -> String,
        value: &dyn Fn(usize, usize) -> f32,
        given: &[(String, Vec<f32>)],
    ) {
        // Fewer data than elements follow from each other whatever they are.
        let rows = rows.get(..2000).unwrap_or(rows);
        if elements.len() > JOINT || rows.len() < 2 * (elements.len() + given.len()) + 10 {
            return;
        }
        let mut basis = Basis::default();
        for (said, values) in given {
            let of = |r: &usize| values.get(*r).copied().map(f64::from);
            basis.add(said.clone(), rows.iter().filter_map(of).collect());
        }
        let mut found = Vec::new();
        for e in elements {
            let values = rows.iter().map(|r| f64::from(value(*r, *e))).collect();
            found.extend(basis.add(name(*e), values));
        }
        if !found.is_empty() {
            let more = found.len().saturating_sub(NAMED);
            found.truncate(NAMED);
            if more > 0 {
                found.push(format!("{more} more elements follow from others"));
            }
            self.facts.extend(found);
            self.fixes.push("leave out columns that follow from others".into());
        }
    }
}

/// An element that does not follow from those before it.
struct Known {
    said: String,
    /// Its values less their mean.
    centred: Vec<f64>,
    /// What those before it leave of them, of length 1.
    unit: Vec<f64>,
}

/// Elements of which none follows from the others.
#[derive(Default)]
struct Basis(Vec<Known>);

impl Basis {
    /// Adds an element; if it follows from those that are there, how.
    fn add(&mut self, said: String, values: Vec<f64>) -> Option<String> {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let centred: Vec<f64> = values.iter().map(|v| v - mean).collect();
        let whole: f64 = centred.iter().map(|v| v * v).sum();
        let mut rest = centred.clone();
        // Twice, against rounding.
        for _ in 0..2 {
            for Known { unit, .. } in &self.0 {
                let along: f64 = rest.iter().zip(unit).map(|(a, b)| a * b).sum();
                rest.iter_mut().zip(unit).for_each(|(a, b)| *a -= along * b);
            }
        }
        let left: f64 = rest.iter().map(|v| v * v).sum();
        // 32 bits round a number by a part of its size, not of its spread.
        let rounding = values.iter().map(|v| (v * 1.2e-7).powi(2)).sum::<f64>();
        if left > (FOLLOWS * whole).max(rounding) {
            let norm = left.sqrt();
            rest.iter_mut().for_each(|v| *v /= norm);
            self.0.push(Known { said, centred, unit: rest });
            return None;
        }
        let alike = |k: &&Known| k.centred.iter().zip(&centred).all(|(a, b)| (a - b).abs() <= 1e-6 * b.abs());
        Some(match self.0.iter().find(alike) {
            Some(other) => format!("{said} is the same as {}", other.said),
            None => format!("{said} follows from the other elements"),
        })
    }
}

/// What to do about levels.
fn levels(site: &str, whole: bool, least: f32, most: f32, all: bool) -> String {
    if !whole {
        return "add noise as wide as the gaps between the values, or let the width have a lower end, as in `softplus(s) + 0.1`".into();
    }
    let shift = if least < 0.0 { ", after adding what makes the least of them 0" } else { "" };
    let n = f64::from(most) - f64::from(least.min(0.0)) + 1.0;
    let rest = if all { "" } else { ", apart from the other columns" };
    format!(
        "declare whole numbers as such{rest}, `data {site}: Int({n})[..]`{shift}, with `{site} = quantize(f(z))` or a distribution of levels, or add noise between 0 and 1"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_seen_and_what_does_not_is_not() {
        let of = |v: &[f32]| shape(v.iter().copied());
        assert_eq!(of(&[3.0; 9]), Some(Shape::Constant(3.0)));
        let levels: Vec<f32> = (0..400).map(|i| (i % 4) as f32).collect();
        assert_eq!(of(&levels), Some(Shape::Few { values: 4, whole: true, least: 0.0, most: 3.0 }));
        let thirds: Vec<f32> = (0..60).map(|i| (i % 3) as f32 / 3.0).collect();
        assert!(matches!(of(&thirds), Some(Shape::Few { values: 3, whole: false, .. })));
        let free = |i: usize| (i as f32 * 0.618_034).fract();
        let spike: Vec<f32> = (0..300).map(|i| if i % 3 == 0 { 0.0 } else { free(i) }).collect();
        assert!(
            matches!(of(&spike), Some(Shape::Spike { value, share }) if value == 0.0 && (share - 1.0 / 3.0).abs() < 0.01)
        );
        assert_eq!(of(&(0..300).map(free).collect::<Vec<_>>()), None);
        // Lengths to a tenth, as flowers are measured: 35 values of 150.
        assert_eq!(of(&(0..150).map(|i| 4.3 + 0.1 * (i % 35) as f32).collect::<Vec<_>>()), None);
        assert_eq!(of(&(0..50).map(|i| i as f32).collect::<Vec<_>>()), None, "numbers of rows");
        assert_eq!(of(&[1.0]), None);
    }
}
