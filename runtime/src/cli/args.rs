//! Verbs and flags of the command line.

use crate::exec::DeviceChoice;
use clap::{Args, Parser, Subcommand, ValueEnum};
use gmc_compiler::diag::render::Format;
use std::path::{Path, PathBuf};

#[derive(Parser)]
#[command(
    name = "gmc",
    version,
    about = "A compiler for generative models: write the mathematics, get the training",
    propagate_version = true
)]
pub struct Cli {
    /// How diagnostics are shown
    #[arg(long, value_enum, global = true, default_value = "human")]
    pub message_format: MessageFormat,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum MessageFormat {
    Human,
    Short,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Where {
    /// A hardware GPU where there is one, else the CPU
    Auto,
    Cpu,
    Gpu,
    /// A GPU API emulated on the processor (slow; for tests)
    Software,
}

/// A spec with overrides.
#[derive(Args)]
pub struct Spec {
    /// The spec, a `.gm` file
    pub spec: PathBuf,
    /// Overrides a literal of the spec by its path, as in `train.epochs=3` or `x.noise=0.1`
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
}

impl Spec {
    /// Where `use` of this spec looks.
    pub fn folder(&self) -> &Path {
        self.spec.parent().unwrap_or(Path::new(""))
    }
}

/// A run folder.
#[derive(Args)]
pub struct RunArg {
    /// The run folder that `gmc run` left
    pub run: PathBuf,
    /// Where to compute
    #[arg(long, value_enum, default_value = "auto")]
    pub device: Where,
    /// Seed of the draws
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The model that is asked, by name (default: the one that scores data)
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Adam steps on each test example, where a guide has parameters for each datum (default: `infer` in
    /// `eval`, or 200)
    #[arg(long, value_parser = count)]
    pub infer_steps: Option<usize>,
}

#[derive(Subcommand)]
pub enum Verb {
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
        /// Replace spellings of earlier editions of the language, and keep the layout
        #[arg(long)]
        upgrade: bool,
    },
    /// Explain a spec (family, objective, queries, costs), a run with its fitted parameters, an error code such
    /// as E0301, or a name of the language such as Normal
    Explain {
        /// A spec, a run folder, an error code, or the name of a distribution, layer, function ..
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
        /// What the run folder is called, before its number (default: the spec's name and what is overridden)
        #[arg(long)]
        name: Option<String>,
        /// Start with the parameters of this run, by their paths, where they fit
        #[arg(long, value_name = "RUN")]
        from: Option<PathBuf>,
    },
    /// Go on with a run that was stopped, or train a finished one further
    Resume {
        /// The run folder
        run: PathBuf,
        /// Train so many epochs more than was planned
        #[arg(long, value_parser = count, conflicts_with = "steps")]
        epochs: Option<usize>,
        /// Train so many rounds more than was planned
        #[arg(long, value_parser = count)]
        steps: Option<usize>,
        /// Where to compute
        #[arg(long, value_enum, default_value = "auto")]
        device: Where,
    },
    /// Train a spec with every combination of values of its overrides, over several seeds, and compare the numbers
    Sweep {
        /// The spec, a `.gm` file
        spec: PathBuf,
        /// Values of a literal by its path, between commas: `train.lr=1e-3,1e-4`
        #[arg(long = "set", value_name = "PATH=VALUES", value_parser = pair)]
        set: Vec<(String, String)>,
        /// So many seeds each, from 1
        #[arg(long, default_value_t = 3, value_parser = count)]
        seeds: usize,
        /// So many runs at once
        #[arg(long, default_value_t = 1, value_parser = count)]
        jobs: usize,
        /// Where to compute
        #[arg(long, value_enum, default_value = "auto")]
        device: Where,
        /// Folder for the folder of the sweep
        #[arg(long, default_value = "runs")]
        out: PathBuf,
    },
    /// Runs side by side: settings that differ, numbers, curves and pictures
    Compare {
        /// The run folders
        #[arg(required = true, num_args = 2..)]
        runs: Vec<PathBuf>,
        /// Write a page here: curves over each other, pictures side by side (.html)
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// The runs in a folder: how far they are, and their first number
    List {
        /// The folder
        #[arg(default_value = "runs")]
        folder: PathBuf,
    },
    /// Draw from a trained model
    Sample {
        #[command(flatten)]
        run: RunArg,
        /// How many
        #[arg(short, default_value_t = 64, value_parser = count)]
        n: usize,
        /// Divides logits and multiplies scales by this: below 1 draws are less daring than the model, above 1 more
        #[arg(long, value_parser = above_0, allow_negative_numbers = true)]
        temperature: Option<f64>,
        /// Gives a class or number that the model is conditioned on or draws first, as in y=3 (default: classes in
        /// turn, other data from the test part)
        #[arg(long, value_name = "NAME=VALUE", value_parser = given)]
        given: Vec<(String, String)>,
        /// Write here: .txt of text, .png, .npy or .csv (default: text on standard output, a PNG in the run folder
        /// where it can be one, else CSV on standard output)
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Log-density of the test part, with its kind: exact or a bound
    Density {
        #[command(flatten)]
        run: RunArg,
        /// Samples per example, where it is a bound (default: those of `iwae` in `eval`, or 64)
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
        /// Write here: .png (examples above their reconstructions), .csv (a line for each test example: it,
        /// then its reconstruction) or .npy (the same, of shape [examples, 2, ..]). Default: a PNG in the run
        /// folder where it can be one, else CSV on standard output
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Test examples of which a part is given, and the rest drawn anew: originals, what is given, completions
    Complete {
        #[command(flatten)]
        run: RunArg,
        /// What is given of each example: top:0.5, bottom:, left: or right: of an image, first:0.5 of a vector
        /// or sequence, a .png of its size that is light where pixels are given; or of text how it begins:
        /// --given prefix "To be"
        #[arg(long, value_name = "PART", num_args = 1..=2, required = true)]
        given: Vec<String>,
        /// Completions of each example
        #[arg(short, default_value_t = 4, value_parser = count)]
        n: usize,
        /// At most this many test examples
        #[arg(long, default_value_t = 8, value_parser = count)]
        examples: usize,
        /// Divides logits and multiplies scales by this: below 1 draws are less daring than the model, above 1 more
        #[arg(long, value_parser = above_0, allow_negative_numbers = true)]
        temperature: Option<f64>,
        /// Write here: .txt of text, .png (a row for each example), .csv or .npy (each example with its completions behind
        /// it). Default: a PNG in the run folder where it can be one, else CSV on standard output
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Measure a trained model, on the test part unless `--part train` is given
    Eval {
        #[command(flatten)]
        run: RunArg,
        /// Samples per example of the importance-weighted bound, and of classes by Bayes' rule (default: what `eval`
        /// of the spec says)
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
        /// Samples per example and class, where the density is a bound (default: those of `iwae` in `eval`, or 16)
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
pub enum Which {
    Train,
    Valid,
    Test,
}

impl Which {
    /// As scores call it.
    pub fn name(self) -> &'static str {
        match self {
            Which::Train => "train",
            Which::Valid => "valid",
            Which::Test => "test",
        }
    }
}

#[derive(Clone, Copy, ValueEnum, PartialEq)]
pub enum Stage {
    Ast,
    Typed,
    Objective,
    /// All programs but the training steps
    Graph,
    /// The training steps: forward, backward, update
    Step,
}

#[derive(Clone, Copy, ValueEnum, PartialEq)]
pub enum IrFormat {
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

fn given(s: &str) -> Result<(String, String), String> {
    match s.split_once('=').map(|(a, b)| (a.trim(), b.trim())) {
        Some((a, b)) if !a.is_empty() && !b.is_empty() => Ok((a.into(), b.into())),
        Some(_) | None => Err("expected NAME=VALUE, as in y=3".into()),
    }
}

fn above_0(s: &str) -> Result<f64, String> {
    s.parse().ok().filter(|t: &f64| *t > 0.0 && t.is_finite()).ok_or_else(|| {
        "expected a number above 0, such as 0.8: the nearer to 0, the nearer draws are to the most probable".into()
    })
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
    pub fn choice(self) -> DeviceChoice {
        match self {
            Where::Auto => DeviceChoice::Auto,
            Where::Cpu => DeviceChoice::Cpu,
            Where::Gpu => DeviceChoice::Gpu,
            Where::Software => DeviceChoice::Software,
        }
    }
}

impl MessageFormat {
    /// The format of the compiler's messages.
    pub fn format(self) -> Format {
        match self {
            MessageFormat::Human => Format::Human,
            MessageFormat::Short => Format::Short,
            MessageFormat::Json => Format::Json,
        }
    }
}
