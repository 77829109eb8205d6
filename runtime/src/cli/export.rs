//! `gmc export`: a program of a run, with its parameters, for other runtimes.

use super::args::RunArg;
use super::ask::tell_of_untrained;
use super::kept::open;
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::session::Session;
use crate::store::atomic_write;
use gmc_compiler::derive::{Decoded, Input, Output, Program, Question, decoder};
use gmc_compiler::ir::{self, Graph, Role};
use gmc_compiler::onnx;
use std::path::Path;

/// `gmc export`
pub fn export(r: &RunArg, out: &Path, program: &str, m: Messages) -> Result<(), Failure> {
    if !out.extension().is_some_and(|e| e.eq_ignore_ascii_case("onnx")) {
        return Err(Failure::file("write", out, "give a name that ends in .onnx"));
    }
    let (dir, s) = open(r, m, |_| Ok(Vec::new()))?;
    let graph = graph(&s, program)?;
    let about = [
        ("gmc.version", env!("CARGO_PKG_VERSION").to_string()),
        ("gmc.program", graph.name.clone()),
        ("gmc.spec", dir.read_text("spec.gm")?),
        ("gmc.set", dir.text_if_there("set.txt")?.unwrap_or_default()),
    ];
    let about = about.map(|(key, value)| (key.to_string(), value));
    let model = exported(&s, &graph, &about).map_err(|why| {
        Failure::new(format!("`{program}` cannot be written as ONNX: {why}")).at("export", dir.path())
    })?;
    atomic_write(out, &model.bytes)?;
    note(&format!("ONNX, operators of version {}, the batch of any size\n", onnx::OPSET));
    let line = |way: &str, p: &onnx::Port| {
        let said = if p.said.is_empty() { String::new() } else { format!("  {}", p.said) };
        format!("{way} {} {}{said}\n", p.name, p.ty)
    };
    let inputs: String = model.inputs.iter().map(|p| line("in ", p)).collect();
    let outputs: String = model.outputs.iter().map(|p| line("out", p)).collect();
    note(&format!("{inputs}{outputs}"));
    say(&format!("{}\n", out.display()))
}

/// A program of the session as an ONNX model, with the parameters that it has now.
///
/// # Errors
/// What the program has that ONNX lacks.
pub fn exported(s: &Session, graph: &Graph, about: &[(String, String)]) -> Result<onnx::Model, String> {
    let value = |input: &ir::Input| match input.role {
        Role::Param | Role::State => s.tensors.get(&input.name).map(crate::exec::Tensor::to_f32),
        Role::Scalar => match Input::parse(&input.name) {
            Some(Input::Schedule(i)) => {
                s.typed.schedules.get(i).map(|of| vec![of.row.value(&of.args, s.standing) as f32])
            }
            Some(Input::Update) => Some(vec![1.0]),
            Some(_) | None => None,
        },
        Role::Data | Role::PerDatum | Role::Local => None,
    };
    onnx::model(graph, &value, about)
}

/// The program that answers to a word: a question, `decode`, or the name of a program.
///
/// # Errors
/// Why there is none.
pub fn graph(s: &Session, word: &str) -> Result<Graph, Failure> {
    let question = match word {
        "sample" => Question::Sample,
        "encode" => Question::Encode,
        "log_prob" | "density" => Question::Density,
        "reconstruct" => Question::Reconstruct,
        "decode" => return decode(s),
        name => return named(s, name),
    };
    let answer = s
        .answer(question)
        .cloned()
        .map_err(|why| Failure::new(format!("this model cannot answer `{question}`: {why}")))?;
    if word == "log_prob" && answer.is_bound() {
        let why = "the log-density of this model has no closed form, only a bound with draws of its guide";
        return Err(Failure::new(why).help(format!(
            "export the bound: `--program {}`; log (1/K) Σ exp(log_weight) over K draws is the tighter one",
            answer.program
        )));
    }
    tell_of_untrained(&answer);
    named(s, &answer.program.to_string())
}

fn named(s: &Session, name: &str) -> Result<Graph, Failure> {
    s.compiled.programs.named(name).cloned().ok_or_else(|| {
        let all: Vec<String> =
            s.compiled.programs.names().filter(|p| p.asks_models()).map(Program::to_string).collect();
        Failure::new(format!("the spec has no program `{name}`")).help(format!(
            "sample, encode, decode, reconstruct and log_prob are exported where the model has them; by name: `{}`",
            all.join("`, `")
        ))
    })
}

/// Data from codes: what `gmc interpolate` runs.
fn decode(s: &Session) -> Result<Graph, Failure> {
    let encode = s.answer(Question::Encode).ok().and_then(|a| s.compiled.programs.get(&a.program));
    let codes: Vec<String> = match encode {
        Some(g) => g.outputs.iter().filter_map(|(name, _)| code(name)).collect(),
        None => s.hidden().into_iter().map(|(name, _)| name).collect(),
    };
    if codes.is_empty() {
        return Err(Failure::new("the model has no hidden variables: there is nothing to decode"));
    }
    let model = s.model().map(|m| m.name.clone());
    let made = decoder(&s.typed, model.as_deref(), &codes, Decoded::Shown).map_err(Failure::new)?;
    let mut graph = made.graph;
    graph.name = "decode".into();
    Ok(graph)
}

/// The hidden variable of an output that is one.
fn code(output: &str) -> Option<String> {
    match Output::parse(output) {
        Some(Output::Code(site)) => Some(site),
        Some(_) | None => None,
    }
}
