//! `gmc encode`: what stands for data.

use super::args::{RowsArg, RunArg};
use super::ask::{OverRows, answerable, asked_about, infer};
use super::kept::open_on;
use super::output::{Column, Form, form, write_columns};
use crate::console::Messages;
use crate::failure::Failure;
use gmc_compiler::derive::{Output, Question};
use gmc_compiler::event::Kind;
use std::path::Path;

/// `gmc encode`
pub fn encode(r: &RunArg, rows: &RowsArg, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Npy, Form::Csv])?;
    let (_, mut s) = open_on(r, Some(rows), m, |s| Ok(asked_about(s, Question::Encode)?.into()))?;
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
    write_columns(Some(&s.row_numbers(s.test_examples())), &columns, out.zip(form))
}
