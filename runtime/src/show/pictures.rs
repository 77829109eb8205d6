//! Pictures of a trained model: sample and reconstruction grids, scatter plots and densities of
//! two-dimensional data.

use super::caption::captioned;
use super::image::{self, Picture};
use super::lines;
use super::plane::{self, DATA, MODEL, Window};
use crate::exec::{ExecError, Tensor};
use crate::measure::between::first_ways;
use crate::measure::samples::{draw, find, shown};
use crate::measure::{health, principal};
use crate::session::{Batch, Position, Purpose, Session, in_turn};
use crate::store::about::Plane;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gmc_compiler::derive::{NumberKind, Output, Program, Question};
use gmc_compiler::event::Kind;
use gmc_compiler::rows::data::MISSING;
use gmc_compiler::rows::measure::{Reconstructions, Samples};
use gmc_compiler::types::TVar;

/// Most samples in one picture.
pub const MOST: usize = 10_000;

/// What can be shown of a trained model, by the names of the pictures.
///
/// # Errors
/// What running a program reports.
pub fn all(s: &mut Session, seed: u64) -> Result<Vec<(String, Picture)>, ExecError> {
    let n = Samples::shown(&s.typed.eval);
    let mut all = Vec::new();
    let models = s.measured();
    for m in &models {
        let of = match m {
            Some(m) if models.len() > 1 => format!("-{m}"),
            Some(_) | None => String::new(),
        };
        all.extend(s.asking(m.clone(), |s| -> Result<Vec<(String, Picture)>, ExecError> {
            let pictures = [
                ("samples", samples(s, n, seed)?),
                ("reconstructions", reconstructions(s, seed)?),
                ("density", density(s)?),
                ("interpolations", interpolations(s, seed)?),
            ];
            let named = |(name, p): (&str, Option<Picture>)| Some((format!("{name}{of}"), p?));
            Ok(pictures.into_iter().filter_map(named).collect())
        })?);
    }
    all.extend(denoised(s, seed)?.map(|p| ("denoised".to_string(), p)));
    Ok(all)
}

/// Ways between pairs of test examples, a row each, and how many pictures stand on each.
const WAYS: (usize, usize) = (4, 9);

/// What the model makes of codes between those of test examples.
fn interpolations(s: &mut Session, seed: u64) -> Result<Option<Picture>, ExecError> {
    let found = first_ways(s, WAYS, |ty| image::layout(ty).is_some(), seed)?;
    Ok(found.and_then(|(ty, values)| image::grid(&values, &ty, Some(WAYS.1))))
}

/// How many pairs the picture of reconstructions shows.
pub fn pairs(s: &Session) -> usize {
    Reconstructions::shown(&s.typed.eval)
}

/// A grid of samples, or a scatter plot over the data.
///
/// # Errors
/// What running the program reports.
pub fn samples(s: &mut Session, n: usize, seed: u64) -> Result<Option<Picture>, ExecError> {
    let Some((name, ty)) = s.observed().filter(|_| s.answer(Question::Sample).is_ok()) else {
        return Ok(None);
    };
    if ty.shape == [2] && !ty.kind.discrete() {
        let drawn = draw(s, 2500, seed)?;
        let Some((_, points, _)) = find(&drawn, &Output::Site(name.clone())) else { return Ok(None) };
        let data = test_points(s, &name);
        let window = Window::around(if data.is_empty() { points } else { &data });
        return Ok(Some(plane::scatter(&[(&data, DATA), (points, MODEL)], window)));
    }
    let drawn = draw(s, n, seed)?;
    if s.over_time(&name) {
        let values = find(&drawn, &Output::Site(name.clone()));
        return Ok(values.and_then(|(_, values, _)| lines::grid(values, &ty)));
    }
    let Some((_, values, _)) = shown(&drawn, &name) else { return Ok(None) };
    let classes = columns(s);
    if classes.is_empty() || n < classes.len() {
        return Ok(image::grid(values, &ty, None));
    }
    // Classes take turns, so that a row has each of them once; a short last row is left out.
    let whole = n / classes.len() * classes.len() * ty.size();
    let grid = values.get(..whole).and_then(|v| image::grid(v, &ty, Some(classes.len())));
    Ok(grid.map(|g| captioned(&g, &image::above(&ty, &classes))))
}

/// Most classes that have a column each.
const COLUMNS: usize = 32;

/// What the columns of a picture of samples are: the names of the classes, where the model is given a class that takes turns and nothing else.
pub fn columns(s: &Session) -> Vec<String> {
    let Some([class]) = s.model().map(|m| m.conds.as_slice()) else { return Vec::new() };
    let Some(k) = s.data_type(class).and_then(in_turn) else { return Vec::new() };
    if s.given.contains_key(class) || !(2..=COLUMNS).contains(&k) {
        return Vec::new();
    }
    let labels = s.labels(class);
    (0..k).map(|i| labels.get(i).cloned().unwrap_or_else(|| i.to_string())).collect()
}

/// Points of a model in the plane: data, samples, and the density where it is exact.
///
/// # Errors
/// What running a program reports.
pub fn points(s: &mut Session, seed: u64) -> Result<Option<Plane>, ExecError> {
    let Some((name, ty)) = s.observed() else { return Ok(None) };
    if ty.shape != [2] || ty.kind.discrete() {
        return Ok(None);
    }
    let data: Vec<f32> = test_points(s, &name).into_iter().take(2 * SHOWN).collect();
    let mut sets = vec![("test examples".to_string(), data.clone())];
    if s.answer(Question::Sample).is_ok() {
        let drawn = draw(s, SHOWN, seed)?;
        sets.extend(
            find(&drawn, &Output::Site(name))
                .map(|(_, v, _)| ("samples of the model".to_string(), v.clone())),
        );
    }
    let around = sets.iter().find(|(_, points)| !points.is_empty());
    let window = Window::around(around.map_or(&[], |(_, points)| points));
    let logs = log_densities(s, window)?;
    let top = logs.as_ref().and_then(|l| l.iter().copied().filter(|v| v.is_finite()).reduce(f32::max));
    let heat = logs.as_deref().and_then(plane::heat_map).and_then(|p| p.png().ok());
    let density = heat.zip(top).map(|(png, top)| (STANDARD.encode(png), f64::from(top).exp()));
    sets.iter_mut().flat_map(|(_, p)| p).for_each(|v| *v = (*v * 1e4).round() / 1e4);
    let axes = ["first coordinate", "second coordinate"].map(String::from);
    Ok(Some(Plane { name: "points".into(), axes, window: corners(window), sets, density }))
}

/// Left, right, bottom, top.
fn corners(window: Window) -> [f64; 4] {
    [window.x.0, window.x.1, window.y.0, window.y.1]
}

/// Codes of test examples, one plane a latent variable of two numbers or more: as they are, or along their principal components.
///
/// # Errors
/// What running a program reports.
pub fn codes(s: &mut Session, seed: u64) -> Result<Vec<Plane>, ExecError> {
    let one = |v: &&TVar| v.ty.shape.is_empty() && matches!(v.ty.kind, Kind::Class(k) if k <= CLASSES);
    let class = s.typed.data.iter().flat_map(|d| &d.vars).find(one).map(|v| v.name.clone());
    let discrete = |s: &Session, site: &str| {
        s.model().and_then(|m| m.site(site)).is_none_or(|site| site.ty.kind.discrete())
    };
    let mut all = Vec::new();
    for (site, (values, d)) in health::codes(s, SHOWN, seed)? {
        if !(2..=WIDEST).contains(&d) || discrete(s, &site) {
            continue;
        }
        let (points, axes) = match d {
            2 => (values, ["first number".to_string(), "second number".to_string()]),
            _ => {
                let Some((points, share)) = principal::plane(&values, d) else { continue };
                let said = format!("first component ({:.0} % of the variance in both)", 100.0 * share);
                (points, [said, "second component".to_string()])
            }
        };
        let labels =
            class.as_ref().and_then(|c| Some((s.labels(c).to_vec(), s.test_column(c)?.values.clone())));
        let mut sets: Vec<(String, Vec<f32>)> = Vec::new();
        for (i, xy) in points.as_chunks::<2>().0.iter().enumerate() {
            let of = labels.as_ref().and_then(|(names, of)| {
                let k = of.get(i).filter(|v| **v != MISSING).map(|v| *v as usize)?;
                Some(names.get(k).cloned().unwrap_or_else(|| k.to_string()))
            });
            let of = of.unwrap_or_else(|| "test examples".into());
            let xy = xy.map(|v| (v * 1e4).round() / 1e4);
            match sets.iter_mut().find(|(name, _)| *name == of) {
                Some((_, points)) => points.extend(xy),
                None => sets.push((of, xy.to_vec())),
            }
        }
        sets.sort_by(|a, b| a.0.cmp(&b.0));
        let window = corners(Window::around(&points));
        all.push(Plane { name: site, axes, window, sets, density: None });
    }
    Ok(all)
}

/// Most numbers of a code whose components are looked for.
const WIDEST: usize = 256;
/// Most classes that have a colour each.
const CLASSES: usize = 12;

/// Points of a set that a report shows.
const SHOWN: usize = 1500;

/// The beginning of the test part, of points in the plane.
fn test_points(s: &Session, name: &str) -> Vec<f32> {
    s.test_column(name).map_or(Vec::new(), |c| c.whole(2500))
}

/// Test examples and what becomes of them.
///
/// # Errors
/// What running the program reports.
pub fn reconstructions(s: &mut Session, seed: u64) -> Result<Option<Picture>, ExecError> {
    let Some(program) = s.answer(Question::Reconstruct).ok().map(|a| a.program.clone()) else {
        return Ok(None);
    };
    let n = s.test_examples().min(pairs(s));
    if n == 0 {
        return Ok(None);
    }
    let rows: Vec<usize> = (0..n).collect();
    s.infer_test(n, seed)?;
    let data = s.batch(true, &rows);
    for (output, t) in s.run(&program, n, &data, Position::of(Purpose::Pictures, seed))? {
        let Output::Site(name) = output else { continue };
        let Some(ty) = s.data_type(&name) else { continue };
        let originals = data.get(&name).map(Tensor::to_f32).unwrap_or_default();
        // A short last row would be left out.
        let columns = (4..=8).rev().find(|c| n.is_multiple_of(*c)).unwrap_or(8);
        return Ok(image::pairs(&originals, &t.to_f32(), ty, columns));
    }
    Ok(None)
}

/// Corrupted test examples and what becomes of them, for a spec that corrupts its input.
///
/// # Errors
/// What running the program reports.
pub fn denoised(s: &mut Session, seed: u64) -> Result<Option<Picture>, ExecError> {
    let n = s.test_examples().min(32);
    if !s.has(&Program::Denoise) || n == 0 {
        return Ok(None);
    }
    let rows: Vec<usize> = (0..n).collect();
    let data = s.batch(true, &rows);
    let (mut input, mut clean) = (None, None);
    for (output, t) in s.run(&Program::Denoise, n, &data, Position::of(Purpose::Denoised, seed))? {
        if let Output::Corrupted(name) = output {
            input = input.or(Some((name, t.to_f32())));
        } else if let Output::Site(_) = output {
            clean = clean.or(Some(t.to_f32()));
        }
    }
    let (Some((name, input)), Some(clean)) = (input, clean) else { return Ok(None) };
    Ok(s.data_type(&name).and_then(|ty| image::pairs(&input, &clean, ty, 8)))
}

/// The exact density of a two-dimensional model over the data.
///
/// # Errors
/// What running the program reports.
pub fn density(s: &mut Session) -> Result<Option<Picture>, ExecError> {
    let Some((name, _)) = s.observed() else { return Ok(None) };
    let data = test_points(s, &name);
    let window = Window::around(&data);
    Ok(log_densities(s, window)?.and_then(|logs| plane::density(&logs, &data, window)))
}

/// The exact log-density of a two-dimensional model at the cells of a window; none where it has none, or depends on more.
fn log_densities(s: &mut Session, window: Window) -> Result<Option<Vec<f32>>, ExecError> {
    let Some((name, ty)) = s.observed() else { return Ok(None) };
    let answer = s.answer(Question::Density).ok();
    let exact = answer.filter(|a| a.number == Some(NumberKind::Exact)).map(|a| a.program.clone());
    let Some(program) = exact.filter(|_| ty.shape == [2]) else { return Ok(None) };
    let sampler = s.answer(Question::Sample).ok();
    if sampler.is_some_and(|a| !s.data_inputs(&a.program).is_empty()) {
        return Ok(None);
    }
    if s.data_inputs(&program).len() != 1 {
        return Ok(None);
    }
    let cells = window.cells(200);
    let mut logs = Vec::with_capacity(cells.len() / 2);
    for chunk in cells.chunks(2 * 4000) {
        let b = chunk.len() / 2;
        let points = Tensor::from_f32(&s.device, chunk.to_vec(), &[b, 2]);
        let outputs = s.run(&program, b, &Batch::from([(name.clone(), points)]), Position::default())?;
        logs.extend(outputs.numbers(&Output::LogProb).unwrap_or_default());
    }
    Ok(Some(logs))
}
