//! `gmc sample` and `gmc reconstruct`: pictures where the data can be some, tables otherwise.

use super::altered::How;
use super::args::RunArg;
use super::ask::{OverTest, answerable, asked_about, infer, no_test_examples};
use super::kept::open;
use super::output::{Column, Form, Table, form, no_picture, no_text, write_columns};
use super::writing;
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::samples::{draw, find};
use crate::session::Session;
use crate::show::image::{self, Picture};
use crate::show::{pictures, text};
use crate::store::atomic_write;
use gmc_compiler::derive::{Output, Question};
use gmc_compiler::event::EventTy;
use gmc_compiler::types::TModel;
use std::path::{Path, PathBuf};

/// Writes a picture and says where it is.
fn write_picture(picture: &Picture, path: PathBuf) -> Result<(), Failure> {
    atomic_write(&path, &picture.png()?)?;
    say(&format!("{}\n", path.display()))
}

/// `gmc sample`
pub fn sample(r: &RunArg, how: &How, n: usize, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Png, Form::Npy, Form::Csv, Form::Txt])?;
    let (dir, mut s) = open(r, m, |s| match s.answer(Question::Sample).map(|a| a.program.clone()) {
        Ok(program) => {
            let given = how.names();
            Ok(s.conditions_of_data(&program).into_iter().filter(|n| !given.contains(n)).collect())
        }
        Err(_) => Ok(Vec::new()),
    })?;
    let program = answerable(&s, Question::Sample)?.program;
    how.alter(&mut s, &program)?;
    tell_of_conditions(&s);
    if form.is_none_or(|f| f == Form::Txt)
        && let Some(texts) = text::samples(&mut s, n, r.seed)?
    {
        return writing::write(&texts, out.zip(form));
    }
    let Some((name, ty)) = s.observed() else { return table(&mut s, n, r.seed, out.zip(form)) };
    let plane = ty.shape == [2] && !ty.kind.discrete();
    let picture = image::layout(&ty).is_some() || plane || s.over_time(&name);
    match (form, out) {
        (Some(Form::Txt), Some(p)) => return Err(no_text(&ty, p)),
        (Some(Form::Png), Some(p)) if !picture => return Err(no_picture(&ty, p)),
        (Some(Form::Png) | None, _) if picture => {
            if n > pictures::MOST {
                let most = pictures::MOST;
                let message = format!("a picture shows at most {most} samples: write .npy or .csv");
                return Err(Failure::new(message));
            }
            beside(&mut s, &ty);
            let picture =
                pictures::samples(&mut s, n, r.seed)?.ok_or_else(|| Failure::new("nothing to draw"))?;
            let usual = || dir.path().join(format!("images/samples-seed{}{}.png", r.seed, how.named()));
            let path = out.map_or_else(usual, Path::to_path_buf);
            write_picture(&picture, path.clone())?;
            // What a picture of one variable does not show stands beside it.
            let given = s.model().map_or(0, |m| m.conds.len());
            return match s.sampled().len() + given {
                0 | 1 => Ok(()),
                _ => {
                    let beside = path.with_extension("csv");
                    table(&mut s, n, r.seed, Some((&beside, Form::Csv)))?;
                    say(&format!("{}\n", beside.display()))
                }
            };
        }
        (Some(Form::Png | Form::Npy | Form::Csv | Form::Txt) | None, _) => {}
    }
    table(&mut s, n, r.seed, out.zip(form))
}

/// Draws `n` samples and writes all variables of each.
fn table(s: &mut Session, n: usize, seed: u64, out: Option<(&Path, Form)>) -> Result<(), Failure> {
    let drawn = draw(s, n, seed)?;
    let one = |(name, ty): (String, EventTy)| {
        let (_, values, shape) = find(&drawn, &Output::Site(name.clone()))?;
        let labels = s.labels(&name);
        Some(Column { shape: shape.clone(), values: values.clone(), whole: ty.kind.discrete(), labels, name })
    };
    let columns: Vec<Column<'_>> = s.sampled().into_iter().filter_map(one).collect();
    if columns.is_empty() {
        return Err(Failure::new("the model draws nothing"));
    }
    write_columns(&given_to(s, n)?.into_iter().chain(columns).collect::<Vec<_>>(), out)
}

/// What each of `n` samples of a conditional model is given, by name.
fn given_to(s: &Session, n: usize) -> Result<Vec<Column<'_>>, Failure> {
    let program = answerable(s, Question::Sample)?.program;
    let all = s.conditions(&program, 0, n);
    let conditions: &[String] = s.model().map_or(&[], |m| &m.conds);
    let one = |name: &String| {
        let (values, ty) = (all.get(name)?.to_f32(), s.data_type(name)?);
        let (shape, whole) = (ty.shape.clone(), ty.kind.discrete());
        Some(Column { name: name.clone(), shape, values, whole, labels: s.labels(name) })
    };
    Ok(conditions.iter().filter_map(one).collect())
}

/// Says what samples of a conditional model are given.
fn tell_of_conditions(s: &Session) {
    let in_turn = |m: &&TModel| m.conds.iter().any(|c| !s.given.contains_key(c));
    if let Some(m) = s.model().filter(in_turn) {
        note(&format!(
            "note: `{}` draws given `{}`: of classes each sample has the next one, 0, 1 .. in turn, of other data those of the test part\n",
            m.name,
            m.conds.join("`, `")
        ));
    }
}

/// `gmc reconstruct`
pub fn reconstruct(r: &RunArg, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Png, Form::Npy, Form::Csv])?;
    let (dir, mut s) = open(r, m, |s| {
        let mut names = asked_about(s, Question::Reconstruct)?;
        names.extend(reconstructed(s));
        Ok(names)
    })?;
    let program = answerable(&s, Question::Reconstruct)?.program;
    let var = reconstructed(&s).and_then(|name| s.data_type(&name).cloned().map(|ty| (name, ty)));
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
        (Some(Form::Png | Form::Npy | Form::Csv | Form::Txt) | None, _) => {}
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

/// The variable whose reconstructions are shown.
fn reconstructed(s: &Session) -> Option<String> {
    let program = &s.answer(Question::Reconstruct).ok()?.program;
    let outputs = &s.compiled.programs.get(program)?.outputs;
    outputs.iter().find_map(|(name, _)| match Output::parse(name) {
        Some(Output::Site(site)) => Some(site),
        Some(_) | None => None,
    })
}

/// Loads the data that points in the plane are shown over, where they are still there.
fn beside(s: &mut Session, ty: &EventTy) {
    let name = s.observed().map(|(name, _)| name);
    if let (Some(name), [2]) = (name, ty.shape.as_slice())
        && let Err(gone) = s.load(&[name])
    {
        note(&format!("note: the samples are shown without the data: {gone}\n"));
    }
}

/// A variable of the test part as programs see it, row by row.
fn originals(s: &Session, name: &str, seed: u64) -> Vec<f32> {
    s.test_chunks(usize::MAX)
        .iter()
        .filter_map(|rows| s.fixed_batch(rows, seed).remove(name))
        .flat_map(|t| t.to_f32())
        .collect()
}
