//! The command line, one verb a purpose. Results go to standard output, progress and messages to standard
//! error. Exit codes: 0 ok, 1 diagnostics or a failed run, 2 usage, 101 a bug, 130 interrupted.

pub(crate) mod altered;
mod anomaly;
pub(crate) mod args;
pub(crate) mod ask;
pub mod bug;
mod classify;
mod compare;
mod complete;
mod completions;
mod costs;
pub(crate) mod densities;
mod density;
mod encode;
mod eval;
pub(crate) mod explain;
pub mod export;
mod given;
pub(crate) mod inspect;
mod interpolate;
mod ir;
pub(crate) mod kept;
mod list;
mod new;
mod output;
mod pages;
mod pictures;
mod reference;
mod report;
mod sweep;
pub(crate) mod training;
mod usage;
mod writing;

use crate::console::{Messages, note, say};
use crate::failure::Failure;
use args::{Cli, Verb};
use clap::Parser;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    ExitCode::from(run(std::env::args_os()))
}

/// Runs a command line, whose first word is the name of the program; the exit code. Wrong usage ends the process.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    bug::tell();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(e) => usage::wrong(e).exit(),
    };
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let format = cli.message_format.format();
    match verb(cli.verb, Messages { format, color }) {
        Ok(()) => 0,
        Err(f) => {
            note(&f.render(format));
            f.ending.code()
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one match over all verbs")]
fn verb(verb: Verb, m: Messages) -> Result<(), Failure> {
    match verb {
        Verb::New { file, template, from } => new::new(&file, template, from.as_deref()),
        Verb::Completions { shell } => completions::completions(shell),
        Verb::Check(s) => inspect::check(&s, m),
        Verb::Fmt { files, check, stdout, upgrade } => {
            let made = if upgrade { inspect::upgraded(&files, m)? } else { inspect::laid_out(&files, m)? };
            let not_so = if upgrade { "spelled as in an earlier edition" } else { "not in canonical layout" };
            inspect::rewrite(&made, check, stdout, not_so)
        }
        Verb::Explain { html: true, .. } => say(&pages::html()),
        Verb::Explain { man: true, .. } => say(&pages::man()),
        Verb::Explain { list: true, .. } => reference::list(),
        Verb::Explain { what, latex, derive, set, .. } => {
            explain::explain(&what.unwrap_or_default(), latex, derive, set, m)
        }
        Verb::Ir { spec, stage, program, costs: true, .. } => {
            costs::costs(&spec, stage, program.as_deref(), m)
        }
        Verb::Ir { spec, stage, format, program, .. } => ir::ir(&spec, stage, format, program.as_deref(), m),
        Verb::Run { spec, device, seed, out, name, from, profile } => {
            let (name, from) = (name.as_deref(), from.as_deref());
            let asked = training::Asked { device: device.choice(), seed, out: &out, name, from, profile };
            training::run(&spec, &asked, m)
        }
        Verb::Resume { run, device, epochs, steps } => {
            let more = training::More { epochs: epochs.map(|n| n as u64), steps: steps.map(|n| n as u64) };
            training::resume(&run, device.choice(), more, m)
        }
        Verb::Sweep { spec, set, seeds, jobs, device, out } => {
            sweep::sweep(&sweep::Asked { spec: &spec, set: &set, seeds, jobs, device, out: &out }, m)
        }
        Verb::Compare { runs, out } => compare::compare(&runs, out.as_deref(), m),
        Verb::List { folder } => list::list(&folder),
        Verb::Report { run, out, live, port } => match live {
            true => report::live(&run, port),
            false => report::report(&run, out.as_deref()),
        },
        Verb::Sample { run, n, temperature, truncation, given, decode, out } => {
            let (given, rows) = args::apart(given)?;
            let codes = decode;
            let how = altered::How { temperature, truncation, given, rows, codes, ..altered::How::default() };
            pictures::sample(&run, &how, n, out.as_deref(), m)
        }
        Verb::Density { run, rows, asked } => density::density(&run, &rows, &asked, m),
        Verb::Encode { run, rows, out } => encode::encode(&run, &rows, out.as_deref(), m),
        Verb::Reconstruct { run, rows, out } => pictures::reconstruct(&run, &rows, out.as_deref(), m),
        Verb::Complete { run, rows, given, n, examples, temperature, out } => {
            let given = given::Given::of(&given)?;
            let how = altered::How { temperature, ..altered::How::default() };
            let asked = complete::Asked { given: &given, how: &how, n, examples, out: out.as_deref() };
            complete::complete(&run, &rows, &asked, m)
        }
        Verb::Interpolate { run, rows, asked } => interpolate::interpolate(&run, &rows, &asked, m),
        Verb::Eval { run, rows, k, examples } => eval::eval(&run, &rows, k, examples, m),
        Verb::Classify { run, rows, k, examples, out } => {
            classify::classify(&run, &classify::Asked { rows: &rows, k, examples, out: out.as_deref() }, m)
        }
        Verb::Export { run, file, program } => export::export(&run, &file, &program, m),
        Verb::Data { spec, out } => inspect::data(&spec, out.as_deref(), m),
        Verb::Devices => inspect::devices(),
    }
}
