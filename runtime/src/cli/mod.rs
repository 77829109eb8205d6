//! The command line, one verb a purpose. Results go to standard output, progress and messages to standard error.
//! Exit codes: 0 ok, 1 diagnostics or a failed run, 2 usage, 101 a bug, 130 interrupted.

pub mod bug;
mod inspect;
mod query;
mod reference;
mod training;

use crate::exec::DeviceChoice;
use crate::load::{Failure, Messages};
use clap::{Args, Parser, Subcommand, ValueEnum};
use gmc_compiler::diag::render::Format;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "gmc",
    version,
    about = "A compiler for generative models: write the mathematics, get the training",
    propagate_version = true
)]
struct Cli {
    /// How diagnostics are shown
    #[arg(long, value_enum, global = true, default_value = "human")]
    message_format: MessageFormat,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Clone, Copy, ValueEnum)]
enum MessageFormat {
    Human,
    Short,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum Where {
    /// A hardware GPU where there is one, else the CPU
    Auto,
    Cpu,
    Gpu,
    /// A GPU API emulated on the processor (slow; for tests)
    Software,
}

/// A spec with overrides.
#[derive(Args)]
struct Spec {
    /// The spec, a `.gm` file
    spec: PathBuf,
    /// Overrides a literal of the spec by its path, as in `train.epochs=3` or `x.noise=0.1`
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
}

/// A run folder.
#[derive(Args)]
struct RunArg {
    /// The run folder that `gmc run` left
    run: PathBuf,
    /// Where to compute
    #[arg(long, value_enum, default_value = "auto")]
    device: Where,
    /// Seed of the draws
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Adam steps on each test example, where a guide has parameters for each datum (default: `infer` in `eval`, or 200)
    #[arg(long, value_parser = count)]
    infer_steps: Option<usize>,
}

#[derive(Subcommand)]
enum Verb {
    /// Write a first spec into a file
    New {
        /// The file to make
        file: PathBuf,
    },
    /// Check a spec and say what was concluded
    Check(Spec),
    /// Print specs in their canonical layout
    Fmt {
        /// The specs
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Only say whether they are laid out so (exit code 1 if not)
        #[arg(long)]
        check: bool,
        /// Print instead of writing back
        #[arg(long)]
        stdout: bool,
    },
    /// Explain a spec (family, objective, queries, costs), an error code such as E0301, or a name of the language such as Normal
    Explain {
        /// A spec, an error code, or the name of a distribution, layer, function ..
        #[arg(required_unless_present = "list")]
        what: Option<String>,
        /// All names of the language by kind, with a sentence each
        #[arg(long, conflicts_with_all = ["what", "latex", "derive", "set"])]
        list: bool,
        /// The objective in LaTeX
        #[arg(long)]
        latex: bool,
        /// Only the objective
        #[arg(long)]
        derive: bool,
        /// Overrides, as for `run`
        #[arg(long = "set", value_name = "PATH=VALUE", value_parser = pair)]
        set: Vec<(String, String)>,
    },
    /// Print a stage of the compilation
    Ir {
        #[command(flatten)]
        spec: Spec,
        /// Which stage
        #[arg(long, value_enum, default_value = "graph")]
        stage: Stage,
        /// In which form
        #[arg(long, value_enum, default_value = "text")]
        format: IrFormat,
        /// Only the program of this name (`step.all`, `sample.p`, ..)
        #[arg(long)]
        program: Option<String>,
    },
    /// Train a spec; leaves a run folder
    Run {
        #[command(flatten)]
        spec: Spec,
        /// Where to compute
        #[arg(long, value_enum, default_value = "auto")]
        device: Where,
        /// Seed of every random number (overrides the spec's)
        #[arg(long)]
        seed: Option<u64>,
        /// Folder for run folders
        #[arg(long, default_value = "runs")]
        out: PathBuf,
    },
    /// Go on with a run that was stopped
    Resume {
        /// The run folder
        run: PathBuf,
        /// Where to compute
        #[arg(long, value_enum, default_value = "auto")]
        device: Where,
    },
    /// Draw from a trained model
    Sample {
        #[command(flatten)]
        run: RunArg,
        /// How many
        #[arg(short, default_value_t = 64, value_parser = count)]
        n: usize,
        /// Write here: .png, .npy or .csv (default: a PNG in the run folder where it can be one, else CSV on standard output)
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Log-density of the test part, with its kind: exact or a bound
    Density {
        #[command(flatten)]
        run: RunArg,
        /// Samples per example, where it is a bound (default: 64)
        #[arg(short, value_parser = count)]
        k: Option<usize>,
        /// Write every example's value here: .csv or .npy
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Representation of the test part
    Encode {
        #[command(flatten)]
        run: RunArg,
        /// Write here: .npy or .csv (default: CSV on standard output)
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Test examples and their reconstructions
    Reconstruct {
        #[command(flatten)]
        run: RunArg,
        /// Write here: .png (examples above their reconstructions), .csv (a line for each test example: it, then its reconstruction) or .npy
        /// (the same, of shape [examples, 2, ..]). Default: a PNG in the run folder where it can be one, else CSV on standard output
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Measure a trained model, on the test part unless `--part train` is given
    Eval {
        #[command(flatten)]
        run: RunArg,
        /// Samples per example of the importance-weighted bound (default: `iwae` in `eval`)
        #[arg(short, value_parser = count)]
        k: Option<usize>,
        /// At most this many test examples
        #[arg(long, value_parser = count)]
        examples: Option<usize>,
        /// Which part of the data
        #[arg(long, value_enum, default_value = "test")]
        part: Which,
    },
    /// Class of the test part by Bayes' rule: accuracy, log-loss, calibration
    Classify {
        #[command(flatten)]
        run: RunArg,
        /// Samples per example and class, where the density is a bound (default: 16)
        #[arg(short, value_parser = count)]
        k: Option<usize>,
        /// At most this many test examples
        #[arg(long, value_parser = count)]
        examples: Option<usize>,
        /// Write the posterior of every example here: .csv
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Load the data of a spec and describe them
    Data(Spec),
    /// List the devices that were found
    Devices,
}

#[derive(Clone, Copy, ValueEnum, PartialEq)]
enum Which {
    Train,
    Test,
}

#[derive(Clone, Copy, ValueEnum, PartialEq)]
enum Stage {
    Ast,
    Typed,
    Objective,
    /// All programs but the training steps
    Graph,
    /// The training steps: forward, backward, update
    Step,
}

#[derive(Clone, Copy, ValueEnum, PartialEq)]
enum IrFormat {
    Text,
    Ron,
    Dot,
}

fn pair(s: &str) -> Result<(String, String), String> {
    match s.split_once('=') {
        Some((a, b)) if !a.trim().is_empty() && !b.trim().is_empty() => {
            Ok((a.trim().into(), b.trim().into()))
        }
        Some(_) | None => Err("expected PATH=VALUE, as in train.epochs=3".into()),
    }
}

/// Most things that can be asked for at once: their numbers must fit into memory.
const MOST: usize = 10_000_000;

fn count(s: &str) -> Result<usize, String> {
    s.parse()
        .ok()
        .filter(|n| (1..=MOST).contains(n))
        .ok_or_else(|| format!("expected a whole number from 1 to {MOST}"))
}

impl Where {
    fn choice(self) -> DeviceChoice {
        match self {
            Where::Auto => DeviceChoice::Auto,
            Where::Cpu => DeviceChoice::Cpu,
            Where::Gpu => DeviceChoice::Gpu,
            Where::Software => DeviceChoice::Software,
        }
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    bug::tell();
    let cli = Cli::parse();
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let format = match cli.message_format {
        MessageFormat::Human => Format::Human,
        MessageFormat::Short => Format::Short,
        MessageFormat::Json => Format::Json,
    };
    match verb(cli.verb, Messages { format, color }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(f) => {
            if !f.text.is_empty() {
                crate::load::note(&format!("{}\n", f.text));
            }
            ExitCode::from(f.code)
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
            inspect::explain(&what.unwrap_or_default(), latex, derive, set, m)
        }
        Verb::Ir { spec, stage, format, program } => inspect::ir(&spec, stage, format, program.as_deref(), m),
        Verb::Run { spec, device, seed, out } => training::run(&spec, device.choice(), seed, &out, m),
        Verb::Resume { run, device } => training::resume(&run, device.choice(), m),
        Verb::Sample { run, n, out } => query::sample(&run, n, out.as_deref(), m),
        Verb::Density { run, k, out } => query::density(&run, k, out.as_deref(), m),
        Verb::Encode { run, out } => query::encode(&run, out.as_deref(), m),
        Verb::Reconstruct { run, out } => query::reconstruct(&run, out.as_deref(), m),
        Verb::Eval { run, k, examples, part } => query::eval(&run, k, examples, part == Which::Train, m),
        Verb::Classify { run, k, examples, out } => query::classify(&run, k, examples, out.as_deref(), m),
        Verb::Data(s) => inspect::data(&s, m),
        Verb::Devices => inspect::devices(),
    }
}

/// Prints to standard output; a reader that went away is no error.
fn say(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Failure::new(format!("error: cannot write to standard output: {e}"))),
        Ok(()) => Ok(()),
    }
}
