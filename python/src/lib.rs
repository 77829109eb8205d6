//! The module `gmc._gmc`: `gmc_runtime::api` for Python. What is convenient there, `python/gmc` adds.

mod ask;
mod failure;
mod numbers;
mod spec;
mod worker;

use pyo3::prelude::*;
use std::ffi::OsString;

/// Runs the command line: `args` begins with the program's name. The exit code.
#[pyfunction]
fn main(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| gmc_runtime::cli::run(args))
}

/// gmc as a library.
#[pymodule]
fn _gmc(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add_function(wrap_pyfunction!(main, m)?)?;
    m.add_class::<numbers::Numbers>()?;
    m.add_class::<spec::Spec>()?;
    m.add_class::<ask::Model>()
}
