//! Verbs and flags of the command line.

use crate::exec::DeviceChoice;
use crate::failure::Failure;
use crate::measure::between::Way;
use crate::session::rows::About;
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

/// Kinds of model that `gmc new` writes.
#[derive(Clone, Copy, ValueEnum)]
pub enum Template {
    /// Variational autoencoder
    Vae,
    /// Normalising flow
    Flow,
    /// Adversarial game
    Gan,
    /// Each pixel given those before it
    Autoregressive,
    /// Nets with a stated goal and no model
    Autoencoder,
    /// Mixture of Gaussians, its classes summed over
    Mixture,
    /// A density of each class, and Bayes' rule
    Classifier,
    /// Hidden Markov chain
    HiddenMarkov,
    /// Text, letter by letter
    Text,
}

/// Shells that complete words.
#[derive(Clone, Copy, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
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

/// Which rows a question is about.
#[derive(Args)]
pub struct RowsArg {
    /// Ask about the rows of this file, not about the run's own: a table (.csv), an array (.npy), a picture or a folder
    /// of pictures (.png), a text (.txt). Columns go by the names of the run's data, or x.0, x.1 .. as samples are written
    pub data: Option<PathBuf>,
    /// Which part of the run's own data
    #[arg(long, value_enum, default_value = "test", conflicts_with = "data")]
    pub part: Which,
}

/// What is said of each row's density.
#[derive(Args)]
pub struct DensityArgs {
    /// Samples per example, where it is a bound (default: those of `iwae` in `eval`, or 64)
    #[arg(short, value_parser = count)]
    pub k: Option<usize>,
    /// Also the log-density less that under the model of this run: large where the rows are more like the data of this
    /// run than of that one
    #[arg(long, value_name = "RUN")]
    pub against: Option<PathBuf>,
    /// Also how far each log-density lies from its mean over rows of the run's own, and which share of those lies as far
    #[arg(long)]
    pub typicality: bool,
    /// Write every row's numbers here: .csv or .npy
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Between what, and how.
#[derive(Args)]
pub struct InterpolateArgs {
    /// Go between the codes of this file, the first and the second, the third and the fourth, ..: .csv or .npy, as
    /// `gmc encode` writes them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "part"])]
    pub codes: Option<PathBuf>,
    /// Go between these two rows, by their numbers, as in 3:17 (default: the first and the second, the third and the
    /// fourth, ..)
    #[arg(long, value_name = "ROW:ROW", value_parser = two_rows, conflicts_with = "codes")]
    pub between: Vec<(usize, usize)>,
    /// At most so many ways
    #[arg(long, default_value_t = 8, value_parser = count)]
    pub pairs: usize,
    /// So many points of each way, its ends among them
    #[arg(long, default_value_t = 9, value_parser = steps)]
    pub steps: usize,
    /// Straight, or along the sphere, on which codes of normal variables keep their usual length
    #[arg(long, value_enum, default_value = "linear")]
    pub path: PathArg,
    /// Write here: .png (a row for each way), .csv or .npy (of shape [ways, points, ..]). Default: a PNG in the run folder
    /// where it can be one, else CSV on standard output
    #[arg(long)]
    pub out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum PathArg {
    Linear,
    Spherical,
}

impl PathArg {
    pub fn way(self) -> Way {
        match self {
            PathArg::Linear => Way::Linear,
            PathArg::Spherical => Way::Spherical,
        }
    }

    /// As it stands in names of files.
    pub fn name(self) -> &'static str {
        match self {
            PathArg::Linear => "linear",
            PathArg::Spherical => "spherical",
        }
    }
}

/// What stands behind `--given`.
#[derive(Clone, Debug)]
pub enum GivenArg {
    /// A variable and its value.
    Value(String, String),
    /// A file with a value for each draw.
    File(PathBuf),
}

/// Values by name, and a file of some.
pub type Given = (Vec<(String, String)>, Option<PathBuf>);

/// Values, and the file, of which there is at most one.
///
/// # Errors
/// Several files.
pub fn apart(given: Vec<GivenArg>) -> Result<Given, Failure> {
    let (mut values, mut files) = (Vec::new(), Vec::new());
    for g in given {
        match g {
            GivenArg::Value(name, value) => values.push((name, value)),
            GivenArg::File(path) => files.push(path),
        }
    }
    if files.len() > 1 {
        return Err(Failure::usage("--given takes one file: put its columns into one table"));
    }
    Ok((values, files.pop()))
}

#[derive(Subcommand)]
pub enum Verb {
    /// Write a first spec into a file
    New {
        /// The file to make, or `-` for standard output
        file: PathBuf,
        /// A model of this kind, on data that come with gmc (default: vae)
        #[arg(long, value_enum)]
        template: Option<Template>,
        /// A model that fits these data: a table (.csv) with names in its first line, or a folder of pictures
        #[arg(long, value_name = "DATA", conflicts_with = "template")]
        from: Option<PathBuf>,
    },
    /// Print what a shell completes behind `gmc`
    Completions {
        /// Which shell
        #[arg(value_enum)]
        shell: Shell,
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
        /// With --list: everything about every name, as a page for browsers
        #[arg(long, requires = "list", conflicts_with = "man")]
        html: bool,
        /// With --list: the same as a page for `man`
        #[arg(long, requires = "list")]
        man: bool,
        /// Models and objectives as a LaTeX document (with --derive only the objectives)
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
        /// What it costs, line by line of the spec, in place of the programs; of training steps with the time that they take on the CPU
        #[arg(long, conflicts_with = "format")]
        costs: bool,
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
        /// Measure what each line of the spec costs, for a table at the end, `profile.csv` and the report (times on the CPU only)
        #[arg(long)]
        profile: bool,
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
        /// Write a page here: curves over each other, pictures side by side (.html, or `-` for standard output)
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// The runs in a folder: how far they are, and their first number
    List {
        /// The folder
        #[arg(default_value = "runs")]
        folder: PathBuf,
    },
    /// Make the report of a run anew from its folder, also while it trains
    Report {
        /// The run folder
        run: PathBuf,
        /// Write here, or `-` for standard output (default: report.html in the run folder; report-so-far.html of a run that has not ended)
        #[arg(long, conflicts_with = "live")]
        out: Option<PathBuf>,
        /// Serve it to browsers of this machine until Ctrl-C, as it stands at each visit
        #[arg(long)]
        live: bool,
        /// The port on 127.0.0.1; 0 takes a free one
        #[arg(long, default_value_t = 0, requires = "live")]
        port: u16,
    },
    /// Draw from a trained model
    Sample {
        #[command(flatten)]
        run: RunArg,
        /// How many (default: 64, or one for each row of a file that is given)
        #[arg(short, value_parser = count)]
        n: Option<usize>,
        /// Divides logits and multiplies scales by this: below 1 draws are less daring than the model, above 1 more
        #[arg(long, value_parser = above_0, allow_negative_numbers = true)]
        temperature: Option<f64>,
        /// Draws hidden normal variables anew while they lie farther from their means than so many standard deviations: the
        /// truncation of BigGAN; samples are better and more alike the smaller it is
        #[arg(long, value_parser = above_0, allow_negative_numbers = true)]
        truncation: Option<f64>,
        /// Gives what the model is conditioned on or draws first: a class or number, as in y=3 or kind=red, or a file with a
        /// row for each draw, such as rows.csv (default: classes in turn, other data from the test part)
        #[arg(long, value_name = "NAME=VALUE|FILE", value_parser = given)]
        given: Vec<GivenArg>,
        /// Decodes the codes of this file instead of drawing them: .csv or .npy, as `gmc encode` writes them
        #[arg(long, value_name = "FILE", conflicts_with_all = ["temperature", "truncation"])]
        decode: Option<PathBuf>,
        /// Write here: .txt of text, .png, .npy or .csv (default: text on standard output, a PNG in the run folder
        /// where it can be one, else CSV on standard output)
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Log-density of the test part or of new data, with its kind: exact or a bound
    Density {
        #[command(flatten)]
        run: RunArg,
        #[command(flatten)]
        rows: RowsArg,
        #[command(flatten)]
        asked: DensityArgs,
    },
    /// Representation of the test part or of new data
    Encode {
        #[command(flatten)]
        run: RunArg,
        #[command(flatten)]
        rows: RowsArg,
        /// Write here: .npy, .csv, or as .png a map of the codes in the plane (of more than two numbers along their
        /// principal components), in the colours of the classes (default: CSV on standard output)
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Test examples or new ones, and their reconstructions
    Reconstruct {
        #[command(flatten)]
        run: RunArg,
        #[command(flatten)]
        rows: RowsArg,
        /// Write here: .png (examples above their reconstructions), .csv (a line for each example: it,
        /// then its reconstruction) or .npy (the same, of shape [examples, 2, ..]). Default: a PNG in the run
        /// folder where it can be one, else CSV on standard output
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Test examples or new ones of which a part is given, and the rest drawn anew: originals, what is given, completions
    Complete {
        #[command(flatten)]
        run: RunArg,
        #[command(flatten)]
        rows: RowsArg,
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
    /// Go from one example to another through the codes of a model, and decode what lies between
    Interpolate {
        #[command(flatten)]
        run: RunArg,
        #[command(flatten)]
        rows: RowsArg,
        #[command(flatten)]
        asked: InterpolateArgs,
    },
    /// Measure a trained model, on the test part, another part or new data
    Eval {
        #[command(flatten)]
        run: RunArg,
        #[command(flatten)]
        rows: RowsArg,
        /// Samples per example of the importance-weighted bound, and of classes by Bayes' rule (default: what `eval`
        /// of the spec says)
        #[arg(short, value_parser = count)]
        k: Option<usize>,
        /// At most this many test examples
        #[arg(long, value_parser = count)]
        examples: Option<usize>,
    },
    /// Class of the test part or of new data by Bayes' rule; where the true class is known accuracy, log-loss, calibration
    Classify {
        #[command(flatten)]
        run: RunArg,
        #[command(flatten)]
        rows: RowsArg,
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
    /// Write a program of a run with its parameters for other runtimes: ONNX
    Export {
        #[command(flatten)]
        run: RunArg,
        /// The file to write, a name that ends in .onnx
        file: PathBuf,
        /// What it computes: sample, log_prob, encode, decode or reconstruct, or a program by its name, such as bound.p
        #[arg(long, default_value = "sample")]
        program: String,
    },
    /// Load the data of a spec and describe them
    Data {
        #[command(flatten)]
        spec: Spec,
        /// Draw some training examples that are pictures here: .png
        #[arg(long)]
        out: Option<PathBuf>,
    },
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
    /// As a question is about it.
    pub fn about(self) -> About {
        match self {
            Which::Train => About::Train,
            Which::Valid => About::Valid,
            Which::Test => About::Test,
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

fn given(s: &str) -> Result<GivenArg, String> {
    match s.split_once('=').map(|(a, b)| (a.trim(), b.trim())) {
        Some((a, b)) if !a.is_empty() && !b.is_empty() => Ok(GivenArg::Value(a.into(), b.into())),
        None if Path::new(s).extension().is_some() => Ok(GivenArg::File(s.into())),
        Some(_) | None => Err("expected NAME=VALUE, as in y=3, or a file, as in rows.csv".into()),
    }
}

fn two_rows(s: &str) -> Result<(usize, usize), String> {
    let number = |t: &str| t.trim().parse::<usize>().ok().filter(|n| *n > 0);
    s.split_once(':')
        .and_then(|(a, b)| number(a).zip(number(b)))
        .ok_or_else(|| "expected two numbers of rows, from 1, as in 3:17".into())
}

fn steps(s: &str) -> Result<usize, String> {
    s.parse()
        .ok()
        .filter(|n| (2..=1000).contains(n))
        .ok_or_else(|| "expected a whole number from 2 to 1000".into())
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
