//! Benchmarks: what a training step costs with and without fusing, beside other frameworks, and how long
//! `gmc check` takes; and a search for what makes the compiler or the runtime fail.
//!
//! ```text
//! gmc-bench step  [SPEC..] [--rounds 30] [--milliseconds 100] [--rival NAME=COMMAND]..   time and memory of a training round
//! gmc-bench check [SPEC..] [--times 20]                                                  `gmc check`, from start to exit
//! gmc-bench sample [SPEC..] [-n 64]                                                      draws in an order, by place and whole
//! gmc-bench fuzz  [--seconds 600] [--seed 1] [--into finds]                              texts made of the specs, run and asked
//! ```
//!
//! All contenders of a spec run in turns within one process and session, and every table shows the median,
//! the quartiles and the best of all turns: on a machine with other work the best is close to what an idle
//! machine gives, and the quartiles say how much the others disturb. Ratios are medians of the ratios within
//! a turn. A spec whose data is not installed runs on random data of the same shape, and the table says so.
//!
//! A rival is any command that reads lines from standard input, each a number of steps, runs so many steps,
//! and answers with a line on standard output: the seconds they took. It does nothing between two lines.
//!
//! Memory is measured in a process of its own (`VmHWM` of Linux): the growth of its peak beyond what it held
//! before the first step.
#![expect(clippy::print_stdout, reason = "the tables are the result")]

mod check;
mod fuzz;
mod memory;
mod ours;
mod rival;
mod sample;
mod step;
mod table;

use clap::{Parser, Subcommand};
use gmc_compiler::diag::render::Format;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "gmc-bench", version, about = "Measures training steps and checks, and looks for failures")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Time and memory of a training round, fused and unfused
    Step {
        /// The specs
        #[arg(default_values_os_t = ["specs/vae_mnist.gm", "specs/realnvp.gm", "specs/gan_mnist.gm"].map(PathBuf::from))]
        specs: Vec<PathBuf>,
        /// Turns of every contender
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
        /// About how long a turn takes
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
        milliseconds: u64,
        /// Another program to run in turns with ours (see the head of the source)
        #[arg(long, value_name = "NAME=COMMAND", value_parser = name_and_command)]
        rival: Vec<(String, String)>,
    },
    /// `gmc check` from the start of the process to its exit
    Check {
        /// The specs (all of `specs/` if none is named)
        specs: Vec<PathBuf>,
        /// Runs of each
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
        times: u32,
    },
    /// Draws of sites in an order: what each place needs, and everything anew at each place
    Sample {
        /// The specs
        #[arg(default_values_os_t = ["specs/made.gm", "specs/pixelcnn.gm"].map(PathBuf::from))]
        specs: Vec<PathBuf>,
        /// Draws at once
        #[arg(short, default_value_t = 64)]
        n: usize,
        /// Runs of each, in turns; the fastest counts
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
        times: u32,
    },
    /// Texts made of the repository's specs: panics, slow checks, large checks. To be run in its folder
    Fuzz {
        /// For how long
        #[arg(long, default_value_t = 600)]
        seconds: u64,
        /// Other texts for another seed
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(..1 << 31))]
        seed: u64,
        /// Where finds are written, made small
        #[arg(long, default_value = "finds")]
        into: PathBuf,
    },
    /// Prints the bytes that training adds to the process
    #[command(hide = true)]
    Memory {
        spec: PathBuf,
        #[arg(long)]
        unfused: bool,
    },
}

fn name_and_command(s: &str) -> Result<(String, String), String> {
    s.split_once('=')
        .map(|(n, c)| (n.to_string(), c.to_string()))
        .ok_or_else(|| "a rival is NAME=COMMAND".into())
}

fn main() -> ExitCode {
    gmc_runtime::exec::join_threads();
    let done = match Cli::parse().what {
        What::Step { specs, rounds, milliseconds, rival } => {
            step::steps(&specs, rounds, milliseconds, &rival)
        }
        What::Sample { specs, n, times } => sample::samples(&specs, n, times),
        What::Check { specs, times } => check::checks(&specs, times),
        What::Fuzz { seconds, seed, into } => fuzz::fuzz(seconds, seed, &into),
        What::Memory { spec, unfused } => memory::memory(&spec, unfused),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(f) => {
            eprint!("{}", f.render(Format::Human));
            ExitCode::from(f.ending.code())
        }
    }
}
