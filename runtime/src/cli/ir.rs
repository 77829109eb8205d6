//! `gmc ir`: a stage of the compilation as text, for programs, or as a drawing.

use super::args::{IrFormat, Spec, Stage};
use super::explain::objective;
use super::kept::compiled;
use crate::console::{Messages, say};
use crate::failure::Failure;
use gmc_compiler::derive::{Compiled, Program};
use gmc_compiler::driver::Unit;
use gmc_compiler::explain::math;
use gmc_compiler::explain::typed;
use gmc_compiler::ir::{Graph, dot, text};
use gmc_compiler::span::Span;
use gmc_compiler::syntax;

/// `gmc ir`
pub fn ir(
    s: &Spec,
    stage: Stage,
    format: IrFormat,
    program: Option<&str>,
    m: Messages,
) -> Result<(), Failure> {
    let u = compiled(s, m)?;
    let (Some(typed), Some(c)) = (&u.typed, &u.compiled) else { return Ok(()) };
    let refuse =
        |stage: &str| Failure::usage(format!("the {stage} stage has no such form; use --format text"));
    match (stage, format) {
        (Stage::Ast, IrFormat::Text) => say(&syntax::ast_text(&u.spec)),
        (Stage::Ast, IrFormat::Ron) => {
            let config = ron::ser::PrettyConfig::default();
            let text = ron::ser::to_string_pretty(&syntax::strip_spans(&u.spec), config);
            say(&(text.map_err(|e| Failure::new(format!("cannot write the syntax tree: {e}")))? + "\n"))
        }
        (Stage::Typed, IrFormat::Text) => say(&typed::show(typed)),
        (Stage::Objective, IrFormat::Text) => {
            let mut out = String::new();
            typed.train.players.iter().for_each(|p| objective(&math::objective(typed, p, false), &mut out));
            say(out.trim_start())
        }
        (Stage::Ast, IrFormat::Dot) => Err(refuse("ast")),
        (Stage::Typed, IrFormat::Ron | IrFormat::Dot) => Err(refuse("typed")),
        (Stage::Objective, IrFormat::Ron | IrFormat::Dot) => Err(refuse("objective")),
        (Stage::Graph | Stage::Step, _) => programs(&u, c, stage, format, program),
    }
}

/// That there is no program of the name that was asked for.
pub fn no_program(c: &Compiled) -> Failure {
    let names: Vec<String> = c.programs.names().map(ToString::to_string).collect();
    Failure::new(format!("there is no such program; there are {}", names.join(", ")))
}

/// The programs of a stage, or the one of this name.
fn programs(
    u: &Unit,
    c: &Compiled,
    stage: Stage,
    format: IrFormat,
    program: Option<&str>,
) -> Result<(), Failure> {
    let of_stage = |p: &Program| p.is_step() == (stage == Stage::Step);
    let graphs: Vec<&Graph> = match program {
        Some(text) => c.programs.named(text).into_iter().collect(),
        None => c.programs.iter().filter(|(p, _)| of_stage(p)).map(|(_, g)| g).collect(),
    };
    if graphs.is_empty() {
        return Err(no_program(c));
    }
    let locate = |span: Span| {
        let (line, _) = u.sources.position(span.file, span.start as usize)?;
        (span.end > span.start).then(|| format!("{}:{line}", u.sources.name(span.file).unwrap_or("?")))
    };
    for g in graphs {
        say(&match format {
            IrFormat::Text => text::print_with(g, &locate),
            IrFormat::Ron => g.to_ron() + "\n",
            IrFormat::Dot => dot::print(g),
        })?;
    }
    Ok(())
}
