//! What `eval` may ask for at the end of a run: more numbers, `iwae(k: 64)`, and settings of how things are measured and shown,
//! `samples 64`.

mod agreement;
mod every;
mod features;
mod infer;
mod iwae;
mod modes;
mod reconstructions;
mod samples;
mod value;

pub use agreement::Agreement;
pub use every::Every;
pub use features::Features;
pub use infer::Infer;
pub use iwae::Iwae;
pub use modes::Modes;
pub use reconstructions::Reconstructions;
pub use samples::Samples;
pub use value::ValueOf;

use super::Row;
use super::args::{Args, ParamSpec};

/// All items of `eval`.
pub const ROWS: &[&dyn MeasureRow] =
    &[&Iwae, &Samples, &Reconstructions, &Modes, &Every, &Infer, &Agreement, &Features, &ValueOf];

/// An item of `eval`, called with its arguments; one that has a single argument may be written as a setting, `samples 64`.
pub trait MeasureRow: Row {
    /// What a spec must have for it.
    fn needs(&self) -> Needs;
    /// Its argument, where it has one only.
    fn single(&self) -> Option<&'static ParamSpec> {
        match self.params() {
            [one] => Some(one),
            _ => None,
        }
    }
    /// As a spec might ask for it.
    fn example(&self) -> String {
        let written = |p: &ParamSpec| p.default.filter(|d| !d.is_empty()).unwrap_or("..").to_string();
        match self.single() {
            Some(p) if p.name == self.name() => format!("{} {}", p.name, written(p)),
            _ => {
                let args: Vec<String> =
                    self.params().iter().map(|p| format!("{}: {}", p.name, written(p))).collect();
                format!("{}({})", self.name(), args.join(", "))
            }
        }
    }
}

/// What a spec must have for an item of `eval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it says when or how to look.
    Nothing,
    /// A bound of the density that more samples of a guide tighten.
    Bound,
    /// A model that draws.
    Draws,
    /// A code of the data, and a way back from it.
    Code,
    /// Data whose modes are known, and a model that draws all of them.
    Modes,
    /// A guide with parameters for each datum.
    PerDatum,
    /// A net that sorts what a model draws into classes.
    Judge,
    /// An expression that is one number.
    Number,
}

/// What `eval { .. }` of a spec asks for, in the order of the text.
#[derive(Clone, Debug, Default)]
pub struct Asked(Vec<(&'static dyn MeasureRow, Args)>);

impl Asked {
    /// Adds an item with its bound arguments, whose place is that of its name.
    pub fn add(&mut self, row: &'static dyn MeasureRow, args: Args) {
        self.0.push((row, args));
    }
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static dyn MeasureRow, &Args)> {
        self.0.iter().map(|(row, args)| (*row, args))
    }
    /// The arguments of an item, where it is asked for.
    pub fn of(&self, row: &dyn MeasureRow) -> Option<&Args> {
        self.0.iter().find(|(r, _)| r.name() == row.name()).map(|(_, args)| args)
    }
    /// The whole number that an item of one argument has, its default where it is not asked for.
    fn count(&self, row: &dyn MeasureRow, value: &ParamSpec) -> usize {
        match self.of(row) {
            Some(args) => args.int(value.name),
            None => value.number() as usize,
        }
    }
}

impl std::fmt::Debug for dyn MeasureRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What may be written, for a message.
pub fn offers() -> String {
    let all: Vec<String> = ROWS.iter().map(|r| format!("`{}`", r.example())).collect();
    match all.split_last() {
        Some((last, first)) => format!("use {} or {last}", first.join(", ")),
        None => String::new(),
    }
}
