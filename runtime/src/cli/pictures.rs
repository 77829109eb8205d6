//! `gmc sample` and `gmc reconstruct`: pictures where the data can be some, tables otherwise.

use super::altered::How;
use super::args::{RowsArg, RunArg};
use super::ask::{OverRows, answerable, asked_about, infer, no_examples};
use super::kept::{open, open_on};
use super::output::{Column, Form, Table, form, is_standard, no_picture, no_text, write_columns};
use super::writing;
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::samples::{draw, find};
use crate::session::rows::{About, Needs};
use crate::session::{Batch, Session};
use crate::show::image::{self, Picture};
use crate::show::{pictures, text};
use crate::store::{atomic_write, folder_name};
use gmc_compiler::derive::{Output, Program, Question};
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::types::TModel;
use std::path::{Path, PathBuf};

/// Writes a picture and says where it is.
fn write_picture(picture: &Picture, path: PathBuf) -> Result<(), Failure> {
    atomic_write(&path, &picture.png()?)?;
    say(&format!("{}\n", path.display()))
}

/// How many are drawn where nobody says.
const MANY: usize = 64;

/// `gmc sample`
pub fn sample(
    r: &RunArg,
    how: &How,
    n: Option<usize>,
    out: Option<&Path>,
    m: Messages,
) -> Result<(), Failure> {
    let form = form(out, &[Form::Png, Form::Npy, Form::Csv, Form::Txt])?;
    let (dir, mut s) = open(r, m, |s| match s.answer(Question::Sample).map(|a| a.program.clone()) {
        Ok(program) => {
            let given = how.names(s);
            // A file may hold what is not given by name: it is asked first.
            let ours = |n: &String| !given.contains(n) && how.rows.is_none();
            Ok(s.conditions_of_data(&program).into_iter().filter(ours).collect())
        }
        Err(_) => Ok(Vec::new()),
    })?;
    let program = answerable(&s, Question::Sample)?.program;
    let rows = how.alter(&mut s, &program)?;
    let left = s.conditions_of_data(&program);
    if let (Some(file), [_, ..]) = (&how.rows, left.as_slice()) {
        let message =
            format!("{} gives no `{}`, which the model is conditioned on", file.display(), left.join("`, `"));
        return Err(Failure::new(message).help("add its columns to the file"));
    }
    s.load(&left)?;
    let n = n.or(rows).unwrap_or(MANY);
    tell_of_conditions(&s);
    if (form.is_none_or(|f| f == Form::Txt) || is_standard(out))
        && let Some(texts) = text::samples(&mut s, n, r.seed)?
    {
        return writing::write(&texts, out.filter(|_| !is_standard(out)).zip(form));
    }
    if how.rows.is_some() && out.is_none() {
        // Who gives rows wants rows.
        return table(&mut s, n, r.seed, None);
    }
    let Some((name, ty)) = s.observed() else { return table(&mut s, n, r.seed, out.zip(form)) };
    let plane = ty.shape == [2] && !ty.kind.discrete();
    let picture = image::layout(&ty).is_some() || plane || s.over_time(&name);
    match (form, out) {
        (Some(Form::Txt), Some(p)) => return Err(no_text(&ty, p)),
        (Some(Form::Png), Some(p)) if !picture => return Err(no_picture(&ty, p)),
        (Some(Form::Png) | None, _) if picture => {
            let usual = || dir.path().join(format!("images/samples-seed{}{}.png", r.seed, how.named()));
            return pictured(&mut s, &ty, n, r.seed, out.map_or_else(usual, Path::to_path_buf));
        }
        (Some(Form::Png | Form::Npy | Form::Csv | Form::Txt) | None, _) => {}
    }
    table(&mut s, n, r.seed, out.zip(form))
}

/// Draws `n` samples of the observed variable, of type `ty`, as a picture, and writes what it does not show beside it.
fn pictured(s: &mut Session, ty: &EventTy, n: usize, seed: u64, path: PathBuf) -> Result<(), Failure> {
    if n > pictures::MOST {
        let most = pictures::MOST;
        return Err(Failure::new(format!("a picture shows at most {most} samples: write .npy or .csv")));
    }
    beside(s, ty);
    let picture = pictures::samples(s, n, seed)?.ok_or_else(|| Failure::new("nothing to draw"))?;
    write_picture(&picture, path.clone())?;
    let given = s.model().map_or(0, |m| m.conds.len());
    match s.sampled().len() + given {
        0 | 1 => Ok(()),
        _ => {
            let beside = path.with_extension("csv");
            table(s, n, seed, Some((&beside, Form::Csv)))?;
            say(&format!("{}\n", beside.display()))
        }
    }
}

/// Draws `n` samples and writes all variables of each.
fn table(s: &mut Session, n: usize, seed: u64, out: Option<(&Path, Form)>) -> Result<(), Failure> {
    let drawn = draw(s, n, seed)?;
    // What is given stands beside what is drawn.
    let conditions = match s.answer(Question::Sample).map(|a| a.program.clone()) {
        Ok(program) => s.conditions(&program, 0, n),
        Err(_) => Batch::new(),
    };
    let one = |(name, ty): (String, EventTy)| {
        let (shape, values) = match (find(&drawn, &Output::Site(name.clone())), conditions.get(&name)) {
            (Some((_, values, shape)), _) => (shape.clone(), values.clone()),
            (None, Some(t)) => (t.shape().iter().skip(1).copied().collect(), t.to_f32()),
            (None, None) => return None,
        };
        let column = Column::new(name.clone(), shape, values, ty.kind.discrete());
        Some(Column { names: s.elements(&name, ty.size()), labels: s.labels(&name), ..column })
    };
    let columns: Vec<Column<'_>> = s.sampled().into_iter().filter_map(one).collect();
    if columns.is_empty() {
        return Err(Failure::new("the model draws nothing"));
    }
    write_columns(None, &given_to(s, n)?.into_iter().chain(columns).collect::<Vec<_>>(), out)
}

/// What each of `n` samples of a conditional model is given, by name.
fn given_to(s: &Session, n: usize) -> Result<Vec<Column<'_>>, Failure> {
    let program = answerable(s, Question::Sample)?.program;
    let all = s.conditions(&program, 0, n);
    let conditions: &[String] = s.model().map_or(&[], |m| &m.conds);
    let one = |name: &String| {
        let (values, ty) = (all.get(name)?.to_f32(), s.data_type(name)?);
        let (shape, whole) = (ty.shape.clone(), ty.kind.discrete());
        let column = Column::new(name.clone(), shape, values, whole);
        Some(Column { names: s.elements(name, ty.size()), labels: s.labels(name), ..column })
    };
    Ok(conditions.iter().filter_map(one).collect())
}

/// Says what samples of a conditional model are given.
fn tell_of_conditions(s: &Session) {
    let given = |c: &String| s.given.contains_key(c) || s.given_rows.contains(c);
    let in_turn = |m: &&TModel| m.conds.iter().any(|c| !given(c));
    if let Some(m) = s.model().filter(in_turn) {
        note(&format!(
            "note: `{}` draws given `{}`: of classes each sample has the next one, 0, 1 .. in turn, of other data those of the test part\n",
            m.name,
            m.conds.join("`, `")
        ));
    }
}

/// `gmc reconstruct`
pub fn reconstruct(r: &RunArg, rows: &RowsArg, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Png, Form::Npy, Form::Csv])?;
    let (dir, mut s) = open_on(r, Some(rows), m, |s| {
        let mut needed = asked_about(s, Question::Reconstruct)?;
        let mut shown = reconstructed(s).into_iter();
        needed.extend(shown.next());
        // Others stand beside their reconstructions where they are there.
        Ok(Needs { needed, wished: shown.collect() })
    })?;
    let program = answerable(&s, Question::Reconstruct)?.program;
    let all = reconstructed(&s);
    let typed = |name: &String| s.data_type(name).cloned().map(|ty| (name.clone(), ty));
    let vars: Vec<(String, EventTy)> = all.iter().filter_map(typed).collect();
    let Some((name, ty)) = vars.first().cloned() else { return Err(Failure::new("nothing to reconstruct")) };
    let picture = image::layout(&ty).is_some();
    match (form, out) {
        (Some(Form::Png), Some(p)) if !picture => return Err(no_picture(&ty, p)),
        (Some(Form::Png) | None, _) if picture => {
            let most = pictures::pairs(&s);
            infer(&mut s, most, r.seed)?;
            let picture = pictures::reconstructions(&mut s, r.seed)?.ok_or_else(|| no_examples(&s))?;
            if vars.len() > 1 {
                note(&format!(
                    "note: the picture shows `{name}` of `{}`: .csv and .npy have all\n",
                    all.join("`, `")
                ));
            }
            let of = match s.about == About::Test {
                true => String::new(),
                false => format!("-{}", folder_name(s.about.name())),
            };
            let usual = || dir.path().join(format!("images/reconstructions{of}.png"));
            return write_picture(&picture, out.map_or_else(usual, Path::to_path_buf));
        }
        (Some(Form::Png | Form::Npy | Form::Csv | Form::Txt) | None, _) => {}
    }
    infer(&mut s, usize::MAX, r.seed)?;
    if vars.len() > 1 {
        return side_by_side(&mut s, &program, &vars, r.seed, out.zip(form));
    }
    let output = Output::Site(name.clone());
    let over = OverRows { program: &program, output: &output, seed: r.seed, draws: r.seed };
    let (made, _) = over.ask(&mut s)?;
    let originals = originals(&s, &name, r.seed);
    let size = ty.size().max(1);
    // Each original with its reconstruction behind it.
    let pairs: Vec<f32> =
        originals.chunks(size).zip(made.chunks(size)).flat_map(|(x, y)| x.iter().chain(y)).copied().collect();
    let (columns, elements) = (&[name.as_str(), "reconstruction"], s.elements(&name, ty.size()));
    let rows = s.row_numbers(s.test_examples());
    let table = Table { columns, elements: &elements, rows: Some(&rows), shape: &ty.shape, values: &pairs };
    table.write(out.zip(form))
}

/// Writes the originals of several variables, and then the reconstruction of each.
fn side_by_side(
    s: &mut Session,
    program: &Program,
    vars: &[(String, EventTy)],
    seed: u64,
    out: Option<(&Path, Form)>,
) -> Result<(), Failure> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (name, ty) in vars {
        let output = Output::Site(name.clone());
        let (made, shape) = OverRows { program, output: &output, seed, draws: seed }.ask(s)?;
        let (names, labels) = (s.elements(name, ty.size()), s.labels(name).to_vec());
        let again = names.iter().map(|e| format!("reconstruction.{e}")).collect();
        let own = originals(s, name, seed);
        // What the rows do not hold has no column.
        if !own.is_empty() {
            let original = Column::new(name.clone(), ty.shape.clone(), own, ty.kind.discrete());
            before.push((Column { names, ..original }, labels.clone()));
        }
        // A class is given back as one; of other levels a mean may lie between two.
        let class = matches!(ty.kind, Kind::Class(_));
        let column = Column::new(format!("reconstruction.{name}"), shape, made, class);
        after.push((Column { names: again, ..column }, labels));
    }
    let (all, labels): (Vec<Column<'static>>, Vec<Vec<String>>) = before.into_iter().chain(after).unzip();
    let columns: Vec<Column<'_>> =
        all.into_iter().zip(&labels).map(|(c, labels)| Column { labels, ..c }).collect();
    write_columns(Some(&s.row_numbers(s.test_examples())), &columns, out)
}

/// The variables whose reconstructions are shown.
fn reconstructed(s: &Session) -> Vec<String> {
    let Ok(answer) = s.answer(Question::Reconstruct) else { return Vec::new() };
    let outputs = s.compiled.programs.get(&answer.program).map_or(&[][..], |g| &g.outputs);
    let site = |(name, _): &(String, _)| match Output::parse(name) {
        Some(Output::Site(site)) => Some(site),
        Some(_) | None => None,
    };
    outputs.iter().filter_map(site).collect()
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

/// A variable of the rows that are asked about as programs see it, row by row.
fn originals(s: &Session, name: &str, seed: u64) -> Vec<f32> {
    s.test_chunks(usize::MAX)
        .iter()
        .filter_map(|rows| s.fixed_batch(rows, seed).remove(name))
        .flat_map(|t| t.to_f32())
        .collect()
}
