//! Pictures of a trained model: sample and reconstruction grids, scatter plots and densities of two-dimensional data.

use crate::evaluate::draw;
use crate::exec::RngKey;
use crate::image::{self, Picture, Window};
use crate::load::Failure;
use crate::session::{At, Batch, Session};
use crate::store::RunDir;
use gmc_compiler::derive::NumberKind;
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::rows::args::Const;

/// Colour of data points and of the model's samples.
const DATA: [u8; 3] = [150, 160, 175];
const MODEL: [u8; 3] = [205, 94, 30];

/// Pairs in the picture of reconstructions, unless `eval { reconstructions 16 }` says how many.
const PAIRS: usize = 32;
/// Most samples in one picture.
pub const MOST: usize = 10_000;

/// Writes what can be shown into `images/`.
///
/// # Errors
/// What running a program or writing a file reports.
pub fn all(s: &mut Session, dir: &RunDir, seed: u64) -> Result<(), Failure> {
    let n = s.typed.eval.get("samples").and_then(Const::num).map_or(64, |x| x as usize).clamp(1, MOST);
    if let Some(p) = samples(s, n, seed)? {
        dir.write("images/samples.png", &p.png()?)?;
    }
    if let Some(p) = reconstructions(s, seed)? {
        dir.write("images/reconstructions.png", &p.png()?)?;
    }
    if let Some(p) = denoised(s, seed)? {
        dir.write("images/denoised.png", &p.png()?)?;
    }
    if let Some(p) = density(s)? {
        dir.write("images/density.png", &p.png()?)?;
    }
    Ok(())
}

/// How many pairs the picture of reconstructions shows.
pub fn pairs(s: &Session) -> usize {
    s.typed.eval.get("reconstructions").and_then(Const::num).map_or(PAIRS, |x| x as usize).clamp(1, MOST)
}

/// What samples of the first model show: its first observed variable that is no class, or else its first observed one.
pub fn observed(s: &Session) -> Option<(String, EventTy)> {
    let m = s.typed.models.iter().find(|m| !m.guide)?;
    let class = |s: &&gmc_compiler::types::TSite| matches!(s.ty.kind, Kind::Class(_));
    let site = m
        .sites
        .iter()
        .filter(|s| s.observed)
        .find(|s| !class(s))
        .or_else(|| m.sites.iter().find(|s| s.observed))?;
    Some((site.name.clone(), site.ty.clone()))
}

/// A grid of samples, or a scatter plot over the data.
///
/// # Errors
/// What running the program reports.
pub fn samples(s: &mut Session, n: usize, seed: u64) -> Result<Option<Picture>, Failure> {
    let Some((name, ty)) = observed(s) else { return Ok(None) };
    if ty.shape == [2] && !ty.kind.discrete() {
        let drawn = draw(s, 2500, seed)?;
        let Some((_, points, _)) = drawn.into_iter().find(|(o, _, _)| *o == format!("site:{name}")) else {
            return Ok(None);
        };
        let data: Vec<f32> = column(s, &name).into_iter().take(5000).collect();
        let window = Window::around(if data.is_empty() { &points } else { &data });
        return Ok(Some(image::scatter(&[(&data, DATA), (&points, MODEL)], window)));
    }
    let drawn = draw(s, n, seed)?;
    // A mean shows more than a draw where pixels are noisy.
    let pick = |prefix: &str| {
        drawn.iter().find(|(o, _, _)| *o == format!("{prefix}:{name}")).map(|(_, v, _)| v.clone())
    };
    let Some(values) = pick("mean").or_else(|| pick("site")) else { return Ok(None) };
    Ok(image::grid(&values, &ty, None))
}

fn column(s: &Session, name: &str) -> Vec<f32> {
    for (item, set) in s.typed.data.iter().zip(&s.sets) {
        for (v, c) in item.vars.iter().zip(&set.test.columns) {
            if v.name == name {
                return c.values.clone();
            }
        }
    }
    Vec::new()
}

/// Test examples and what becomes of them.
///
/// # Errors
/// What running the program reports.
pub fn reconstructions(s: &mut Session, seed: u64) -> Result<Option<Picture>, Failure> {
    if !s.has("reconstruct") {
        return Ok(None);
    }
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0).min(pairs(s));
    let rows: Vec<usize> = (0..n).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    s.infer_test(n, seed)?;
    let data = s.batch(true, &rows);
    let at = At { key: RngKey { seed, step: 1 << 60 }, ..At::default() };
    let out = s.run("reconstruct", n, &data, at, false)?;
    for (name, t) in out {
        let Some(var) = name.strip_prefix("site:") else { continue };
        let Some(ty) =
            s.typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == var).map(|v| v.ty.clone())
        else {
            continue;
        };
        let originals = data.get(var).map(crate::exec::Tensor::to_f32).unwrap_or_default();
        let values = t.to_f32();
        // A short last row would be left out.
        let columns = (4..=8).rev().find(|c| n.is_multiple_of(*c)).unwrap_or(8);
        return Ok(image::pairs(&originals, &values, &ty, columns));
    }
    Ok(None)
}

/// Corrupted test examples and what becomes of them, for a spec that corrupts its input.
///
/// # Errors
/// What running the program reports.
pub fn denoised(s: &mut Session, seed: u64) -> Result<Option<Picture>, Failure> {
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0).min(32);
    if !s.has("denoise") || n == 0 {
        return Ok(None);
    }
    let rows: Vec<usize> = (0..n).collect();
    let data = s.batch(true, &rows);
    let at = At { key: RngKey { seed, step: 1 << 60 | 1 }, ..At::default() };
    let out = s.run("denoise", n, &data, at, false)?;
    let pick = |prefix: &str| out.iter().find_map(|(o, t)| Some((o.strip_prefix(prefix)?, t.to_f32())));
    let (Some((name, input)), Some((_, clean))) = (pick("input:"), pick("site:")) else { return Ok(None) };
    let ty = s.typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == name).map(|v| v.ty.clone());
    Ok(ty.and_then(|ty| image::pairs(&input, &clean, &ty, 8)))
}

/// The exact density of a two-dimensional model over the data.
///
/// # Errors
/// What running the program reports.
pub fn density(s: &mut Session) -> Result<Option<Picture>, Failure> {
    let Some((name, ty)) = observed(s) else { return Ok(None) };
    let exact = s.compiled.queries.iter().find_map(|q| match &q.answer {
        Ok((p, Some(NumberKind::Exact))) if q.name == "density" => Some(p.clone()),
        Ok(_) | Err(_) => None,
    });
    let Some(program) = exact.filter(|_| ty.shape == [2] && s.data_inputs("sample.p").is_empty()) else {
        return Ok(None);
    };
    if s.data_inputs(&program).len() != 1 {
        return Ok(None);
    }
    let data: Vec<f32> = column(s, &name).into_iter().take(5000).collect();
    let window = Window::around(&data);
    let cells = window.cells(200);
    let n = cells.len() / 2;
    let mut logs = Vec::with_capacity(n);
    for chunk in cells.chunks(2 * 4000) {
        let b = chunk.len() / 2;
        let batch =
            Batch::from([(name.clone(), crate::exec::Tensor::from_f32(&s.device, chunk.to_vec(), &[b, 2]))]);
        for (o, t) in s.run(&program, b, &batch, At::default(), false)? {
            if o == "log_prob" {
                logs.extend(t.to_f32());
            }
        }
    }
    Ok(image::density(&logs, &data, window))
}
