//! `data.ron`: what a run remembers of its data, so that questions that need none can be asked when they are gone.

use super::{RunDir, regular};
use crate::failure::Failure;
use gmc_compiler::event::EventTy;
use gmc_compiler::rows::data::Part;
use gmc_compiler::rows::data::split::Parts;
use gmc_compiler::types::{TData, Typed};
use ron::ser::PrettyConfig;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The file's name.
const FILE: &str = "data.ron";

/// What is remembered of one data item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The types of its variables.
    pub types: Vec<EventTy>,
    /// Examples of its training, validation and test part.
    pub sizes: [usize; 3],
    /// What the classes of each variable are called; none where they are numbers.
    pub labels: Vec<Vec<String>>,
    /// What the elements of each variable are called in the source, its columns; none where they have no names.
    #[serde(default)]
    pub columns: Vec<Vec<String>>,
}

/// The data items of a run, by the names of their variables: `x, y`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Remembered(BTreeMap<String, Item>);

impl Remembered {
    /// What is to be remembered of loaded data.
    pub fn of(typed: &Typed, sets: &[Parts]) -> Remembered {
        let one = |(d, parts): (&TData, &Parts)| {
            let types = d.vars.iter().map(|v| v.ty.clone()).collect();
            let sizes = [parts.train.n, parts.valid.n, parts.test.n];
            (
                names(d),
                Item { types, sizes, labels: parts.labels.clone(), columns: parts.train.names.clone() },
            )
        };
        Remembered(typed.data.iter().zip(sets).map(one).collect())
    }

    /// The types of the variables of an item.
    pub fn types(&self, variables: &[&str]) -> Option<Vec<EventTy>> {
        self.0.get(&variables.join(", ")).map(|item| item.types.clone())
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many examples the training part of an item has, and parts without rows that know what columns and classes are called.
    pub fn item(&self, d: &TData) -> (usize, Parts) {
        let Some(item) = self.0.get(&names(d)) else { return (0, Parts::default()) };
        let train = Part { names: item.columns.clone(), ..Part::default() };
        let parts = Parts { labels: item.labels.clone(), train, ..Parts::default() };
        (item.sizes.first().copied().unwrap_or(0), parts)
    }
}

fn names(d: &TData) -> String {
    d.vars.iter().map(|v| v.name.as_str()).collect::<Vec<_>>().join(", ")
}

impl RunDir {
    /// Writes what is remembered of the data.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn remember(&self, data: &Remembered) -> Result<(), Failure> {
        // Texts and numbers always have a RON text; JSON has no infinite ends of ranges.
        self.write(
            FILE,
            &ron::ser::to_string_pretty(data, PrettyConfig::default()).unwrap_or_default().into_bytes(),
        )
    }

    /// What is remembered of the data; nothing in runs of an older gmc.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn remembered(&self) -> Result<Remembered, Failure> {
        let path = self.path().join(FILE);
        let Some(bytes) = regular::read_if_there(&path, regular::TEXT)? else {
            return Ok(Remembered::default());
        };
        let broken = |why: String| {
            Failure::file("read", &path, why).help("remove it: what it says is then read from the data")
        };
        let text = String::from_utf8(bytes).map_err(|_| broken("not UTF-8 text".into()))?;
        ron::from_str(&text).map_err(|e| broken(e.to_string()))
    }
}
