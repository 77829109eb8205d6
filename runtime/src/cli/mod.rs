//! The command line, one verb a purpose. Results go to standard output, progress and messages to standard
//! error. Exit codes: 0 ok, 1 diagnostics or a failed run, 2 usage, 101 a bug, 130 interrupted.

mod args;
mod ask;
pub mod bug;
mod complete;
mod density;
mod eval;
mod explain;
mod given;
mod inspect;
mod ir;
mod kept;
mod output;
mod pictures;
mod reference;
mod training;

use crate::console::{Messages, note};
use crate::failure::Failure;
use args::{Cli, Verb};
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Runs the command line.
pub fn main() -> ExitCode {
    bug::tell();
    let cli = Cli::parse();
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let format = cli.message_format.format();
    match verb(cli.verb, Messages { format, color }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(f) => {
            note(&f.render(format));
            ExitCode::from(f.ending.code())
        }
    }
}

fn verb(verb: Verb, m: Messages) -> Result<(), Failure> {
    match verb {
        Verb::New { file } => inspect::new(&file),
        Verb::Check(s) => inspect::check(&s, m),
        Verb::Fmt { files, check, stdout } => inspect::fmt(&files, check, stdout, m),
        Verb::Explain { list: true, .. } => reference::list(),
        Verb::Explain { what, latex, derive, set, list: false } => {
            explain::explain(&what.unwrap_or_default(), latex, derive, set, m)
        }
        Verb::Ir { spec, stage, format, program } => ir::ir(&spec, stage, format, program.as_deref(), m),
        Verb::Run { spec, device, seed, out } => training::run(&spec, device.choice(), seed, &out, m),
        Verb::Resume { run, device } => training::resume(&run, device.choice(), m),
        Verb::Sample { run, n, out } => pictures::sample(&run, n, out.as_deref(), m),
        Verb::Density { run, k, out } => density::density(&run, k, out.as_deref(), m),
        Verb::Encode { run, out } => ask::encode(&run, out.as_deref(), m),
        Verb::Reconstruct { run, out } => pictures::reconstruct(&run, out.as_deref(), m),
        Verb::Complete { run, given, n, examples, out } => {
            let asked = complete::Asked { given: &given, n, examples, out: out.as_deref() };
            complete::complete(&run, &asked, m)
        }
        Verb::Eval { run, k, examples, part } => eval::eval(&run, k, examples, part, m),
        Verb::Classify { run, k, examples, out } => eval::classify(&run, k, examples, out.as_deref(), m),
        Verb::Data(s) => inspect::data(&s, m),
        Verb::Devices => inspect::devices(),
    }
}
