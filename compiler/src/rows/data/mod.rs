//! Data sources. A row says what events a source yields and how bytes become tensors; where bytes and random numbers come from
//! is the host's business ([`Host`]), so that the compiler itself does no IO.

mod array;
pub mod arrays;
mod checkerboard;
mod columns;
mod csv_file;
mod dates;
mod declared;
mod digits;
pub mod elsewhere;
mod encoding;
mod fashion_mnist;
mod gaussians;
mod goals;
mod grey;
mod grid;
mod hidden_markov;
mod idx;
mod images;
mod labels;
mod markov;
mod mnist;
mod moons;
mod narrow;
mod npy;
mod npz;
mod prose;
pub mod reread;
mod resize;
mod rings;
mod sequences;
mod shapes;
mod spiral;
pub mod split;
mod stored;
pub mod survey;
mod table;
mod text;
mod toy;
mod windows;
mod zip;

pub use columns::{GROUP, WEIGHT};
pub use declared::{Cells, Declared, MISSING, PRESENT};
pub use stored::{Bytes, Stored};

use super::Row;
use super::args::{ArgKind, Args, Const, ParamSpec};
use crate::diag::Diag;
use crate::event::{EventTy, Kind, Support};
use crate::interval::End;
use elsewhere::Elsewhere;
pub use images::picture_axes;
use std::sync::Arc;
pub use table::truth;

/// Every data source.
pub const ROWS: &[&dyn DataRow] = &[
    &digits::Digits,
    &mnist::Mnist,
    &fashion_mnist::FashionMnist,
    &moons::Moons,
    &rings::Rings,
    &gaussians::Gaussians,
    &grid::Grid,
    &checkerboard::Checkerboard,
    &spiral::Spiral,
    &shapes::Shapes,
    &goals::Goals,
    &idx::Idx,
    &images::Images,
    &npy::Npy,
    &npz::Npz,
    &csv_file::Csv,
    &arrays::Arrays,
    &text::Text,
    &prose::Prose,
    &markov::Markov,
    &hidden_markov::HiddenMarkov,
];

/// What a data source asks of the world.
pub trait Host {
    /// The bytes of a data file, unpacked if it is gzip. `set` is the folder of a known set (`mnist`), looked for in `$GMC_DATA/set`,
    /// `./data/set` and the cache folder; `None`: a path as the user wrote it, relative to the folder of the spec.
    fn read(&self, set: Option<&str>, name: &str) -> Result<Vec<u8>, HostError>;
    /// The bytes of a file of weights, by the path as the user wrote it.
    ///
    /// # Errors
    /// As [`Host::read`].
    fn weights(&self, name: &str) -> Result<Vec<u8>, HostError> {
        self.read(None, name)
    }
    /// The folder that paths of the user are relative to; empty: the working folder.
    fn base(&self) -> String {
        String::new()
    }
    /// Where [`Host::read`] finds that file, for messages about what is in it.
    fn path(&self, _set: Option<&str>, _name: &str) -> Option<String> {
        None
    }
    /// Decodes the pictures of a folder, or of a tar archive, one after the other in the order of their names, and gives each to `each`; where
    /// `classes` is set, or the folder itself holds none, those of the folders in it. What was passed over. By default there are none.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    fn images(
        &self,
        folder: &str,
        _classes: bool,
        _each: &mut dyn FnMut(Decoded),
    ) -> Result<Vec<Skipped>, HostError> {
        Err(HostError { what: NOT_FOUND.into(), tried: vec![folder.into()] })
    }
    /// A file, unpacked, of which parts are read where they are wanted; `None` where there is no such file, or none that can be read so.
    fn open(&self, _name: &str) -> Option<Arc<dyn Bytes>> {
        None
    }
    /// The names of the folders in a folder, or a tar archive, that hold pictures, sorted.
    ///
    /// # Errors
    /// As [`Host::images`].
    fn class_folders(&self, folder: &str) -> Result<Vec<String>, HostError> {
        Err(HostError { what: NOT_FOUND.into(), tried: vec![folder.into()] })
    }
    /// `n` numbers uniform on (0, 1), a pure function of the seed and `stream`.
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64>;
    /// The types of the variables of a data item, by their names, where they are known without reading what it is read from: a run
    /// remembers them, so that questions that need no data can be asked when the data are gone.
    fn known(&self, _variables: &[&str]) -> Option<Vec<EventTy>> {
        None
    }
    /// What the classes of the variable of this number are called, by number, where that is settled already: rows that a trained model is
    /// asked about are numbered as those that it was trained on. Empty where classes are numbers.
    fn classes(&self, _variable: usize) -> Option<&[String]> {
        None
    }
}

/// A decoded image: 8 bits of red, green and blue a pixel, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Its file.
    pub name: String,
    /// Columns, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// `3 * width * height` bytes.
    pub rgb: Vec<u8>,
    /// The folder in which it lies, where that is one in the folder that was asked for.
    pub class: Option<String>,
    /// Whether it has transparency, which is left out.
    pub alpha: bool,
    /// Whether it has more than 8 bits a channel, which become 8.
    pub deep: bool,
}

/// A file that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
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

impl Column {
    /// The values of one element, of the events in which it is not missing.
    pub fn known(&self, element: usize) -> impl Iterator<Item = f32> + Clone + '_ {
        let all = self.values.iter().skip(element).step_by(self.ty.size().max(1));
        all.copied().filter(|v| *v != MISSING)
    }

    /// The values of the events of which nothing is missing, at most so many events from the first on.
    pub fn whole(&self, most: usize) -> Vec<f32> {
        let events = self.values.chunks_exact(self.ty.size().max(1));
        events.filter(|e| !e.contains(&MISSING)).take(most).flatten().copied().collect()
    }
}

/// A part of a set: columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Number of events.
    pub n: usize,
    /// The variables, in the order of the data item.
    pub columns: Vec<Column>,
    /// Which events of the source these are, from 0; empty where they are all of them, in its order.
    pub rows: Vec<usize>,
    /// Names of the elements of each variable, where the source has names; empty elsewhere.
    pub names: Vec<Vec<String>>,
    /// How much each event counts, on average 1 over a training part; empty where all count the same.
    pub weights: Vec<f32>,
    /// Where the events of the first variable stay, if they are not in memory: its column then holds some of them, at even distances.
    pub stored: Option<Stored>,
}

impl Part {
    /// The number, from 1, of an event among all that the source yields.
    pub fn row(&self, event: usize) -> usize {
        self.rows.get(event).copied().unwrap_or(event) + 1
    }
    /// The number, from 0, of an event among all that the source yields.
    pub fn event(&self, event: usize) -> usize {
        self.rows.get(event).copied().unwrap_or(event)
    }
    /// How many events are in memory: all, or some of them at even distances.
    pub fn in_memory(&self) -> usize {
        match (&self.stored, self.columns.first()) {
            (Some(_), Some(c)) => c.values.len() / c.ty.size().max(1),
            _ => self.n,
        }
    }
    /// How much an event counts.
    pub fn weight(&self, event: usize) -> f32 {
        let n = self.weights.len().max(1);
        self.weights.get(event % n).copied().unwrap_or(1.0)
    }
}

/// A loaded set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// What training sees.
    pub train: Part,
    /// The official test part, where the source has one (otherwise one is split off).
    pub test: Option<Part>,
    /// What was decided about the file without being asked, a line each.
    pub notes: Vec<String>,
    /// What the classes of each variable are called, by number; none of variables whose classes are numbers, or that have none.
    pub labels: Vec<Vec<String>>,
    /// Of each event of `train` the number of its group, where events of a group belong into one part; else empty.
    pub groups: Vec<usize>,
}

/// A data source.
pub trait DataRow: Row {
    /// The types the source yields for variables declared as `declared` (one entry per variable: its type as the user wrote it). The
    /// row answers with what it really yields; the checker compares and reports. A source may adapt (MNIST yields
    /// `[784]` or `[1, 28, 28]`, `Bool` when binarised). The first variable is the datum, the second the label where there is one.
    /// `host` is there for sources whose shape only the file knows (`npy`, `csv`); known sets must not read in `check`.
    /// A source without names says this, one with names says [`DataRow::check_named`]; the other follows.
    fn check(&self, args: &Args, declared: &[EventTy], host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        self.check_named(args, &Declared::unnamed(declared), host)
    }
    /// Loads it. `types` are the types that `check` answered with. Said by a source without names, as `check` is.
    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        self.load_named(args, &Declared::unnamed(types), host)
    }
    /// Rows of another file as these variables, where the source reads files of that form; the classes are those that `host` knows.
    fn reread(
        &self,
        _args: &Args,
        _from: &Elsewhere<'_>,
        _host: &dyn Host,
    ) -> Option<Result<Part, DataIssue>> {
        None
    }
    /// As [`DataRow::check`], of variables with names, for sources whose columns have some.
    fn check_named(
        &self,
        args: &Args,
        declared: &[Declared<'_>],
        host: &dyn Host,
    ) -> Result<Vec<EventTy>, DataIssue> {
        declared::no_cells(self.name(), declared)?;
        self.check(args, &Declared::types(declared), host)
    }
    /// As [`DataRow::load`], of variables with names, whose types are those that [`DataRow::check_named`] answered with.
    fn load_named(
        &self,
        args: &Args,
        declared: &[Declared<'_>],
        host: &dyn Host,
    ) -> Result<Dataset, DataIssue> {
        self.load(args, &Declared::types(declared), host)
    }
    /// Whether its data are the user's own: a part of them is held back for validation unless the spec says otherwise.
    fn own(&self) -> bool {
        false
    }
    /// Whether columns hold grey levels that must be drawn anew at every visit (dynamic binarisation, dequantisation noise): the
    /// column then holds probabilities, and the compiler draws.
    fn dynamic(&self, _args: &Args) -> bool {
        false
    }
    /// How the elements of the first variable are written one after the other, where they are a text.
    fn writing(&self, _args: &Args) -> Option<Writing> {
        None
    }
    /// What is known of the entropy of the data, below which no model's mean loss can stay, a sentence each; none where it is not known.
    fn entropy(&self, _args: &Args, _types: &[EventTy]) -> Vec<String> {
        Vec::new()
    }
    /// The components of the density, where the source is a mixture of equal isotropic Gaussians: what mode coverage is counted
    /// against. `None` too where the columns were rescaled.
    fn modes(&self, _args: &Args) -> Option<Modes> {
        None
    }
}

/// How the classes of an element are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// Each is the byte of this number, of UTF-8 text.
    Bytes,
    /// As it is called (see [`Dataset::labels`]).
    Names,
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
    pub diag: Option<Diag>,
}

/// The components of a mixture of equal isotropic Gaussians.
#[derive(Clone, Debug, PartialEq)]
pub struct Modes {
    /// The means, all of one length.
    pub centres: Vec<Vec<f64>>,
    /// The standard deviation along each axis.
    pub std: f64,
}

/// [`HostError::what`] begins with this when no path that was tried exists (and the file is not merely unreadable).
pub const NOT_FOUND: &str = "no such file";

/// A world without files: for checking specs where nothing may be read. Generators still draw.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn read(&self, _set: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        Err(HostError { what: NOT_FOUND.into(), tried: vec![name.into()] })
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        let mut bits = SplitMix::new(stream);
        (0..n).map(|_| bits.unit()).collect()
    }
}

/// Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", with the constants of `SplitMix64`: for what must
/// not depend on the run's seed, such as the split of an embedded set.
pub(crate) struct SplitMix(u64);

impl SplitMix {
    pub(crate) fn new(seed: u64) -> SplitMix {
        SplitMix(seed)
    }
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Uniform on (0, 1), ends excluded.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
    /// `0..n` in a random order (Fisher and Yates).
    pub(crate) fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, (self.next() % (i as u64 + 1)) as usize);
        }
        order
    }
}

impl DataIssue {
    /// An issue with the file or the declaration.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> DataIssue {
        DataIssue { message: message.into(), notes: Vec::new(), help: help.into(), diag: None }
    }
    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> DataIssue {
        self.notes.push(text.into());
        self
    }
    /// A file that could not be read; `what` is what it is to the user (`MNIST files`).
    pub fn unreadable(what: &str, error: &HostError, help: impl Into<String>) -> DataIssue {
        let found_none = error.what.strip_prefix(NOT_FOUND);
        let message = match found_none {
            Some(_) => format!("no {what} found"),
            None => format!("{what}: {}", error.what),
        };
        let mut issue = DataIssue::new(message, help);
        for path in &error.tried {
            issue = issue.note(format!("looked for {path}"));
        }
        // What the host says beside that nothing is there.
        match found_none.and_then(|more| more.strip_prefix(": ")) {
            Some(more) => issue.note(more),
            None => issue,
        }
    }
}

impl From<Diag> for DataIssue {
    fn from(diag: Diag) -> DataIssue {
        DataIssue {
            message: diag.message.clone(),
            notes: diag.notes.clone(),
            help: diag.help.clone().unwrap_or_default(),
            diag: Some(diag),
        }
    }
}

/// Complains when a source that yields `yields` (`a point`, `its class`) is given more variables than that.
pub(crate) fn at_most(source: &str, declared: &[EventTy], yields: &[&str]) -> Result<(), DataIssue> {
    if declared.is_empty() || declared.len() > yields.len() {
        let what = yields.join(" and ");
        return Err(DataIssue::new(
            format!("{source} yields {what}, and {} variables are declared", declared.len()),
            format!("declare {} or fewer: `data (x: .., y: ..) from {source}`", yields.len()),
        ));
    }
    Ok(())
}

/// A number that is taken off in 64 bits while a file is loaded.
pub(crate) const OFFSET: ParamSpec = ParamSpec {
    name: "offset",
    kind: ArgKind::Any,
    default: Some(""),
    doc: "Subtracted in 64 bits while loading, from every number of the datum or, as a list, from each of its columns: models are trained in 32 bits.",
};

/// The value of [`OFFSET`]: nothing, one number for all, or one for each column.
pub(crate) fn offsets(args: &Args) -> Result<Vec<f64>, DataIssue> {
    let numbers = match args.get("offset") {
        None => Some(Vec::new()),
        Some(Const::List(all)) => all.iter().map(Const::num).collect(),
        Some(one) => one.num().map(|x| vec![x]),
    };
    numbers.filter(|all: &Vec<f64>| all.iter().all(|x| x.is_finite())).ok_or_else(|| {
        args.error("offset", "an offset is a number, or a list with one for each column", "no number").into()
    })
}

/// Checks that every value of a column read from a file is one of its declared kind. A place is told by event and element.
pub(crate) fn verify(file: &str, ty: &EventTy, values: &[f32]) -> Result<(), DataIssue> {
    let size = ty.size().max(1);
    let place = |at: usize| {
        let value = values.get(at).copied().unwrap_or(f32::NAN);
        format!("element {} of event {} is {value}", at % size, at / size)
    };
    verify_at(file, ty, values, &place)
}

/// As [`verify`]; `place` tells where a value stands, and what it is.
pub(crate) fn verify_at(
    file: &str,
    ty: &EventTy,
    values: &[f32],
    place: &dyn Fn(usize) -> String,
) -> Result<(), DataIssue> {
    let bad = match ty.kind {
        Kind::Real(Support::Interval(range)) => values.iter().position(|v| {
            let v = f64::from(*v);
            // An end that belongs to the range may be missed by rounding.
            let below = |x: f64, end: End| if end.open { x <= end.at } else { x < end.at - 1e-6 };
            !v.is_finite() || below(v, range.lo()) || below(-v, End { at: -range.hi().at, ..range.hi() })
        }),
        Kind::Real(Support::Simplex { .. }) => {
            let axis = ty.shape.last().copied().unwrap_or(1).max(1);
            let row = values.chunks(axis).position(|c| {
                let total: f32 = c.iter().sum();
                c.iter().any(|v| !v.is_finite() || *v < 0.0) || (total - 1.0).abs() > 1e-3
            });
            row.map(|r| r * axis)
        }
        // No source declares one-hot vectors; bits they would be.
        Kind::Bool | Kind::OneHot => values.iter().position(|v| *v != 0.0 && *v != 1.0),
        Kind::Int(n) | Kind::Class(n) => {
            values.iter().position(|v| !(*v >= 0.0 && *v < n as f32 && v.fract() == 0.0))
        }
        Kind::Count => values.iter().position(|v| !(v.is_finite() && *v >= 0.0 && v.fract() == 0.0)),
    };
    match bad {
        None => Ok(()),
        Some(at) => {
            let message = format!("`{file}` holds values that are not {}", ty.with_kind(ty.kind));
            let help = match ty.kind == Kind::Count {
                true => "counts are whole numbers from 0 on: declare other numbers `Real`, or mend the file",
                false => "change the declared type, or the file",
            };
            Err(DataIssue::new(message, help).note(place(at)))
        }
    }
}
