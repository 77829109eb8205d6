//! Data sources. A row says what events a source yields and how bytes become tensors; where bytes and random numbers come from
//! is the host's business ([`Host`]), so that the compiler itself does no IO.

use super::args::Args;
use super::Row;
use crate::diag::Diag;
use crate::types::event::EventTy;

/// What a data source asks of the world.
pub trait Host {
    /// The bytes of a data file, unpacked if it is gzip. `set` is the folder of a known set (`mnist`), looked for in `$GMC_DATA/set`,
    /// `./data/set` and the cache folder; `None`: a path as the user wrote it, relative to the working folder.
    fn read(&self, set: Option<&str>, name: &str) -> Result<Vec<u8>, HostError>;
    /// `n` numbers uniform on (0, 1), a pure function of the seed and `stream`.
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64>;
}

/// Why the host could not read.
#[derive(Clone, Debug, PartialEq)]
pub struct HostError {
    /// What went wrong, with the path: `no such file`, `corrupt gzip stream`.
    pub what: String,
    /// The paths that were tried.
    pub tried: Vec<String>,
}

/// One variable of a loaded set: `n` events, row-major `f32`.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What each event is.
    pub ty: EventTy,
    /// `n * ty.size()` numbers.
    pub values: Vec<f32>,
}

/// A part of a set: columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Number of events.
    pub n: usize,
    /// The variables, in the order of the data item.
    pub columns: Vec<Column>,
}

/// A loaded set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// What training sees.
    pub train: Part,
    /// The official test part, where the source has one (otherwise the runtime splits one off).
    pub test: Option<Part>,
}

/// A data source.
pub trait DataRow: Row {
    /// The types the source yields for variables declared as `declared` (one entry per variable: its type as the user wrote it). The
    /// row answers with what it really yields; the checker compares and reports. A source may adapt (MNIST yields
    /// `[784]` or `[1, 28, 28]`, `Bool` when binarised). The first variable is the datum, the second the label where there is one.
    /// `host` is there for sources whose shape only the file knows (`npy`, `csv`); known sets must not read in `check`.
    fn check(&self, args: &Args, declared: &[EventTy], host: &dyn Host) -> Result<Vec<EventTy>, DataIssue>;
    /// Loads it. `types` are the types that `check` answered with.
    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue>;
    /// Whether columns hold grey levels that must be drawn anew at every visit (dynamic binarisation, dequantisation noise): the
    /// column then holds probabilities, and the compiler draws.
    fn dynamic(&self, _args: &Args) -> bool {
        false
    }
}

/// Why a source can't be had: shown as a diagnostic at the call.
#[derive(Clone, Debug, PartialEq)]
pub struct DataIssue {
    /// First line: `no MNIST files found`.
    pub message: String,
    /// Facts: where it looked, what was expected and what was found.
    pub notes: Vec<String>,
    /// The way out.
    pub help: String,
    /// Already a diagnostic (an argument error), shown as it is.
    pub diag: Option<Box<Diag>>,
}
