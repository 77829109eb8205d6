//! gmc as a library, for programs and for other languages: a spec ([`Spec`]) is checked, explained and fitted to arrays, a trained model
//! ([`Model`]) is asked. Everything is what the command line does, with arrays in the place of files.
//!
//! Whatever goes wrong is a [`Failure`](crate::failure::Failure); of a spec its message is what `gmc check` shows.

mod ask;
mod rows;
mod spec;

pub use ask::{Densities, Drawing, Given, Model, Opening, Probabilities};
pub use spec::{Fitting, Spec, Variable};

/// Numbers with axes, row-major. The first axis counts the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Array {
    /// Sizes of the axes, outermost first.
    pub shape: Vec<usize>,
    /// The numbers.
    pub values: Vec<f32>,
}

/// Arrays by the variables that they are of.
pub type Named = Vec<(String, Array)>;
