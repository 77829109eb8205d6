//! What went wrong, as exceptions of `gmc.errors`.

use gmc_compiler::diag::render::Format;
use gmc_runtime::failure::{Ending, Failure};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// An exception of this class of `gmc.errors`, with what `gmc` prints as its text.
fn exception(py: Python<'_>, class: &str, f: &Failure) -> PyResult<PyErr> {
    let class = py.import("gmc.errors")?.getattr(class)?;
    let more = PyDict::new(py);
    more.set_item("message", &f.message)?;
    more.set_item("help", f.help.as_deref())?;
    more.set_item("notes", f.notes.clone())?;
    let text = f.render(Format::Human);
    let text = text.trim_end();
    Ok(PyErr::from_value(class.call((text.strip_prefix("error: ").unwrap_or(text),), Some(&more))?))
}

/// A failure as an exception.
pub fn raised(py: Python<'_>, f: &Failure) -> PyErr {
    if f.ending == Ending::Interrupted {
        return pyo3::exceptions::PyKeyboardInterrupt::new_err(f.message.clone());
    }
    exception(py, "GmcError", f).unwrap_or_else(|e| e)
}

/// What is wrong with a spec: the message is the whole text.
pub fn wrong_spec(py: Python<'_>, f: &Failure) -> PyErr {
    let class = py.import("gmc.errors").and_then(|m| m.getattr("SpecError"));
    let made = class.and_then(|class| class.call1((f.message.trim_end(),)));
    made.map_or_else(|e| e, PyErr::from_value)
}
