//! `gmc sample` and `gmc reconstruct`: pictures where the data can be some, tables otherwise.

use super::args::RunArg;
use super::ask::{OverTest, answerable, infer, no_test_examples};
use super::kept::open;
use super::output::{Form, Table, form, no_picture};
use crate::console::{Messages, say};
use crate::failure::Failure;
use crate::measure::samples::{draw, find};
use crate::session::Session;
use crate::show::image::{self, Picture};
use crate::show::pictures;
use crate::store::atomic_write;
use gmc_compiler::derive::{Output, Question};
use std::path::{Path, PathBuf};

/// Writes a picture and says where it is.
fn write_picture(picture: &Picture, path: PathBuf) -> Result<(), Failure> {
    atomic_write(&path, &picture.png()?)?;
    say(&format!("{}\n", path.display()))
}

/// `gmc sample`
pub fn sample(r: &RunArg, n: usize, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Png, Form::Npy, Form::Csv])?;
    let (dir, mut s) = open(r, m)?;
    answerable(&s, Question::Sample)?;
    let nothing = || Failure::new("the model observes nothing");
    let (name, ty) = s.observed().ok_or_else(nothing)?;
    let picture = image::layout(&ty).is_some() || (ty.shape == [2] && !ty.kind.discrete());
    match (form, out) {
        (Some(Form::Png), Some(p)) if !picture => return Err(no_picture(&ty, p)),
        (Some(Form::Png) | None, _) if picture => {
            if n > pictures::MOST {
                let most = pictures::MOST;
                let message = format!("a picture shows at most {most} samples: write .npy or .csv");
                return Err(Failure::new(message));
            }
            let picture =
                pictures::samples(&mut s, n, r.seed)?.ok_or_else(|| Failure::new("nothing to draw"))?;
            let usual = || dir.path().join(format!("images/samples-seed{}.png", r.seed));
            return write_picture(&picture, out.map_or_else(usual, Path::to_path_buf));
        }
        (Some(Form::Png | Form::Npy | Form::Csv) | None, _) => {}
    }
    let drawn = draw(&mut s, n, r.seed)?;
    let (_, values, shape) = find(&drawn, &Output::Site(name.clone())).ok_or_else(nothing)?;
    Table { columns: &[&name], shape, values }.write(out.zip(form))
}

/// `gmc reconstruct`
pub fn reconstruct(r: &RunArg, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Png, Form::Npy, Form::Csv])?;
    let (dir, mut s) = open(r, m)?;
    let program = answerable(&s, Question::Reconstruct)?.program;
    let outputs = s.compiled.programs.get(&program).map_or(&[][..], |g| &g.outputs);
    let site = outputs.iter().find_map(|(name, _)| match Output::parse(name) {
        Some(Output::Site(site)) => Some(site),
        Some(_) | None => None,
    });
    let var = site.and_then(|name| s.data_type(&name).cloned().map(|ty| (name, ty)));
    let Some((name, ty)) = var else { return Err(Failure::new("nothing to reconstruct")) };
    let picture = image::layout(&ty).is_some();
    match (form, out) {
        (Some(Form::Png), Some(p)) if !picture => return Err(no_picture(&ty, p)),
        (Some(Form::Png) | None, _) if picture => {
            let most = pictures::pairs(&s);
            infer(&mut s, most, r.seed)?;
            let picture = pictures::reconstructions(&mut s, r.seed)?.ok_or_else(no_test_examples)?;
            let usual = || dir.path().join("images/reconstructions.png");
            return write_picture(&picture, out.map_or_else(usual, Path::to_path_buf));
        }
        (Some(Form::Png | Form::Npy | Form::Csv) | None, _) => {}
    }
    infer(&mut s, usize::MAX, r.seed)?;
    let output = Output::Site(name.clone());
    let over = OverTest { program: &program, output: &output, seed: r.seed, draws: r.seed };
    let (made, _) = over.ask(&mut s)?;
    let originals = originals(&s, &name, r.seed);
    let size = ty.size().max(1);
    // Each original with its reconstruction behind it.
    let pairs: Vec<f32> =
        originals.chunks(size).zip(made.chunks(size)).flat_map(|(x, y)| x.iter().chain(y)).copied().collect();
    Table { columns: &[&name, "reconstruction"], shape: &ty.shape, values: &pairs }.write(out.zip(form))
}

/// A variable of the test part as programs see it, row by row.
fn originals(s: &Session, name: &str, seed: u64) -> Vec<f32> {
    s.test_chunks(usize::MAX)
        .iter()
        .filter_map(|rows| s.fixed_batch(rows, seed).remove(name))
        .flat_map(|t| t.to_f32())
        .collect()
}
