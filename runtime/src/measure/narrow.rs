//! Densities that training has narrowed to next to nothing: widths of constant elements, components of a mixture that hold on to one
//! datum or that have died, scales of flows.

use crate::exec::{ExecError, Executable, RngKey, RunOptions, Tensor};
use crate::session::Session;
use gmc_compiler::derive::{Output, Width, parameter, widths};
use gmc_compiler::rows::distribution::WIDTH;
use std::collections::BTreeMap;

/// A width below this part of the deviation of its data holds on to single values.
const NARROW: f64 = 1e-3;
/// A component below this part of an equal share of the data has died.
const DEAD: f64 = 1e-2;
/// Most findings of one kind that are told.
const TOLD: usize = 4;

/// What the parameters of the distributions of data are, by the names of [`parameter`].
type Given = BTreeMap<String, Vec<f64>>;

/// What has become too narrow, a sentence each.
///
/// # Errors
/// What running the program of the widths reports.
pub fn narrow(s: &Session) -> Result<Vec<String>, ExecError> {
    let (sites, graph) = widths(&s.typed);
    let mut found = Vec::new();
    if !sites.is_empty() {
        let exe = Executable::new(&graph);
        let mut inputs = |name: &str| -> Option<Tensor> { s.tensors.get(name).cloned() };
        let key = RngKey { seed: 0, step: 0 };
        let outputs = exe.run_with(&s.device, 1, &mut inputs, key, RunOptions::default())?;
        let numbers = |t: &Tensor| t.to_f32().into_iter().map(f64::from).collect();
        let given: Given = outputs
            .iter()
            .filter_map(|(name, t)| match Output::parse(name) {
                Some(Output::Site(site)) => Some((site, numbers(t))),
                Some(_) | None => None,
            })
            .collect();
        for site in &sites {
            match site.mixture {
                true => found.extend(components(s, site, &given)),
                false => found.extend(scales(s, site, &given)),
            }
        }
    }
    found.extend(flows(s));
    Ok(found)
}

/// Deviations of the elements of a data variable in the training part, over what is known of each; none (NaN) where nothing is.
fn deviations(s: &Session, site: &str) -> Vec<f64> {
    let Some(column) = s.train_column(site) else { return Vec::new() };
    let of = |e: usize| {
        let known: Vec<f32> = column.known(e).collect();
        if known.is_empty() { vec![f64::NAN] } else { super::health::deviations(&known, 1) }
    };
    (0..column.ty.size()).flat_map(of).collect()
}

/// How an element is called.
fn named(site: &str, elements: usize, e: usize) -> String {
    if elements > 1 { format!("`{site}[{e}]`") } else { format!("`{site}`") }
}

/// Some of many findings.
fn some(mut all: Vec<String>, what: &str) -> Vec<String> {
    if let Some(more) = all.len().checked_sub(TOLD).filter(|n| *n > 0) {
        all.truncate(TOLD);
        all.push(format!("{more} more {what}"));
    }
    all
}

/// Widths that have shrunk.
fn scales(s: &Session, of: &Width, given: &Given) -> Vec<String> {
    let deviations = deviations(s, &of.site);
    let Some(scales) = given.get(&parameter(&of.site, WIDTH)) else { return Vec::new() };
    let n = deviations.len();
    let widest = deviations.iter().copied().fold(0.0, f64::max);
    let mut found = Vec::new();
    for (e, scale) in scales.iter().enumerate() {
        let (name, deviation) = match scales.len() == n {
            true => (named(&of.site, n, e), deviations.get(e).copied().unwrap_or(0.0)),
            false => (format!("`{}`", of.site), widest),
        };
        // Of a constant there is no deviation to compare with: any width above 0 is too wide.
        if deviation == 0.0 {
            found.push(format!("{name} is constant: its scale, {scale:.2e} now, shrinks for as long as it is trained; leave it out"));
        } else if *scale < NARROW * deviation {
            found.push(format!(
                "the scale of {name} has shrunk to {scale:.2e}, where its data have a deviation of {deviation:.2e}: give it a lower end, as in `softplus(s) + {:.0e}`",
                0.05 * deviation
            ));
        }
    }
    some(found, "scales have shrunk")
}

/// Components of mixtures that hold on to a value, or that have died.
fn components(s: &Session, of: &Width, given: &Given) -> Vec<String> {
    let deviations = deviations(s, &of.site);
    let get = |name: &str| given.get(&parameter(&of.site, name));
    let Some(scales) = get(WIDTH) else { return Vec::new() };
    let n = deviations.len().max(1);
    let each = (scales.len() / n).max(1);
    // Parameters that all elements share have fewer numbers.
    let at = |all: Option<&Vec<f64>>, i: usize| all.and_then(|v| v.get(i % v.len().max(1)).copied());
    let mut found = Vec::new();
    for (i, scale) in scales.iter().enumerate() {
        let (e, k) = (i / each % n, i % each);
        let name = named(&of.site, n, e);
        let deviation = deviations.get(e).copied().unwrap_or(0.0);
        let share = get("logits").map_or(1.0 / each as f64, |logits| {
            let of_element = || (0..each).filter_map(|c| at(Some(logits), e * each + c));
            let most = of_element().fold(f64::NEG_INFINITY, f64::max);
            let all: f64 = of_element().map(|l| (l - most).exp()).sum();
            (at(Some(logits), i).unwrap_or(most) - most).exp() / all
        });
        if share < DEAD / each as f64 {
            found.push(format!("component {k} of the mixture of {name} has died: its weight is {share:.1e}"));
        } else if *scale < NARROW * deviation {
            let onto = at(get("loc"), i).map_or(String::new(), |loc| format!(" onto {loc:.4}"));
            found.push(format!(
                "component {k} of the mixture of {name} has collapsed{onto}: its scale is {scale:.1e}, where the data have a deviation of {deviation:.2e}; give scales a lower end, as in `softplus(s) + {:.0e}`",
                0.05 * deviation
            ));
        }
    }
    some(found, "components have died or collapsed")
}

/// Elements of data that the last scale of a flow narrows: constant ones, without end.
fn flows(s: &Session) -> Vec<String> {
    let mut found = Vec::new();
    for sharp in s.typed.sharp() {
        let deviations = deviations(s, &sharp.site);
        let n = deviations.len();
        for f in s.typed.flows.iter().filter(|f| f.to.size() == n) {
            let prefix = format!("{}.", f.name);
            let scale = |l: &&gmc_compiler::derive::Leaf| {
                l.path.starts_with(&prefix)
                    && l.path.ends_with(".log_scale")
                    && l.shape.iter().product::<usize>() == n
            };
            let last = s.compiled.leaves.iter().rfind(scale);
            let Some(values) = last.and_then(|l| s.tensors.get(&l.path)).map(Tensor::to_f32) else {
                continue;
            };
            for (e, v) in values.iter().enumerate().filter(|(e, _)| deviations.get(*e) == Some(&0.0)) {
                let scale = f64::from(*v).exp();
                found.push(format!(
                    "{} is constant: `{}` narrows it for as long as it is trained, by a factor of {scale:.1e} now; leave it out",
                    named(&sharp.site, n, e),
                    f.name
                ));
            }
        }
    }
    found.dedup();
    some(found, "elements are constant")
}
