//! `gmc encode`: what stands for data.

use super::args::{RowsArg, RunArg};
use super::ask::{OverRows, answerable, asked_about, infer};
use super::kept::open_on;
use super::output::{Column, Form, form, write_columns};
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::principal::plane;
use crate::session::Session;
use crate::session::rows::Needs;
use crate::show;
use crate::show::plane::{Window, colour_of};
use crate::store::atomic_write;
use gmc_compiler::derive::{Output, Question};
use gmc_compiler::event::Kind;
use gmc_compiler::rows::data::MISSING;
use gmc_compiler::types::TVar;
use std::path::Path;

/// `gmc encode`
pub fn encode(r: &RunArg, rows: &RowsArg, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Npy, Form::Csv, Form::Png])?;
    let (_, mut s) = open_on(r, Some(rows), m, |s| {
        let wished = class_of_data(s).filter(|_| form == Some(Form::Png)).into_iter().collect();
        Ok(Needs { needed: asked_about(s, Question::Encode)?, wished })
    })?;
    let program = answerable(&s, Question::Encode)?.program;
    let outputs = s.compiled.programs.get(&program).map_or(&[][..], |g| &g.outputs);
    let outputs: Vec<Output> = outputs.iter().filter_map(|(name, _)| Output::parse(name)).collect();
    infer(&mut s, usize::MAX, r.seed)?;
    let mut columns = Vec::new();
    for output in &outputs {
        let (name, whole) = if let Output::Code(site) = output {
            let kind = s.model().and_then(|m| m.site(site)).map(|site| site.ty.kind);
            (site.clone(), kind.is_some_and(Kind::discrete))
        } else if let Output::Posterior(site) = output {
            (format!("{site}.probability"), false)
        } else {
            continue;
        };
        let over = OverRows { program: &program, output, seed: r.seed, draws: r.seed };
        let (values, shape) = over.ask(&mut s)?;
        columns.push(Column::new(name, shape, values, whole));
    }
    if columns.is_empty() {
        return Err(Failure::new("nothing to encode"));
    }
    if let Some((path, Form::Png)) = out.zip(form) {
        return map(&s, &columns, path);
    }
    write_columns(Some(&s.row_numbers(s.test_examples())), &columns, out.zip(form))
}

/// The class among the variables of the data.
fn class_of_data(s: &Session) -> Option<String> {
    let class = |v: &&TVar| v.ty.shape.is_empty() && matches!(v.ty.kind, Kind::Class(_));
    s.typed.data.iter().flat_map(|d| &d.vars).find(class).map(|v| v.name.clone())
}

/// Codes as points in the plane, in the colours of their classes: of two numbers as they are, of more along their principal components.
fn map(s: &Session, columns: &[Column<'_>], path: &Path) -> Result<(), Failure> {
    let size = |c: &Column<'_>| c.shape.iter().product::<usize>().max(1);
    let Some(code) = columns.iter().find(|c| !c.whole && size(c) > 1) else {
        return Err(Failure::new("no code has two numbers or more: there is no plane to draw it in")
            .help("write .npy or .csv"));
    };
    let (points, said) = match size(code) {
        2 => (code.values.clone(), format!("`{}` as it is", code.name)),
        d => {
            let Some((points, share)) = plane(&code.values, d) else {
                return Err(Failure::new(format!("`{}` is the same for all rows", code.name)));
            };
            let percent = 100.0 * share;
            (
                points,
                format!(
                    "two principal components of the {d} numbers of `{}`, with {percent:.0} % of their variance",
                    code.name
                ),
            )
        }
    };
    let n = points.len() / 2;
    let of_class = class_of_data(s).and_then(|name| Some((s.test_column(&name)?.values.clone(), name)));
    let of_class = of_class.filter(|(values, _)| values.len() >= n);
    // Examples without a class have the colour behind that of the last one.
    let known = |v: &&f32| **v != MISSING;
    let values = of_class.iter().flat_map(|(values, _)| values);
    let without = values.filter(known).map(|v| *v as usize + 1).max().unwrap_or(0);
    let (classes, name) = match of_class {
        Some((values, name)) => {
            let of = |v: &f32| if known(&v) { *v as usize } else { without };
            (values.iter().map(of).collect(), Some(name))
        }
        None => (vec![0; n], None),
    };
    let picture = show::plane::classes(&points, &classes, Window::around(&points));
    atomic_write(path, &picture.png()?)?;
    note(&format!("note: {said}\n"));
    if let Some(name) = name {
        let labels = s.labels(&name);
        let last = classes.iter().copied().max().unwrap_or(0);
        let called = |c: usize| match labels.get(c) {
            _ if c == without => "missing".into(),
            Some(name) => name.clone(),
            None => c.to_string(),
        };
        let all: Vec<String> =
            (0..=last.min(19)).map(|c| format!("{} {}", called(c), colour_of(c))).collect();
        note(&format!("note: colours of `{name}`: {}\n", all.join(", ")));
    }
    say(&format!("{}\n", path.display()))
}
