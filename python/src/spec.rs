//! A spec.

use crate::ask::Model;
use crate::failure::{raised, wrong_spec};
use crate::numbers::{Handed, taken};
use crate::worker::{Worker, ended};
use gmc_runtime::api::{self, Fitting};
use gmc_runtime::console::overheard;
use gmc_runtime::failure::Failure;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

/// How often Python is asked, while a model trains, whether Ctrl-C was pressed.
const LOOK: Duration = Duration::from_millis(20);

/// A spec without errors.
#[pyclass(frozen, module = "gmc._gmc")]
#[derive(Clone)]
pub struct Spec {
    text: String,
    folder: PathBuf,
    set: Vec<(String, String)>,
}

impl Spec {
    fn compiled(&self) -> Result<api::Spec, Failure> {
        api::Spec::compile(&self.text, &self.folder, &self.set)
    }

    /// Something that is said of the compiled spec.
    fn said<T: Send>(
        &self,
        py: Python<'_>,
        f: impl FnOnce(&api::Spec) -> Result<T, Failure> + Send,
    ) -> PyResult<T> {
        py.detach(|| self.compiled().and_then(|s| f(&s))).map_err(|e| wrong_spec(py, &e))
    }
}

/// Whether the model is there, after a while in which other threads of Python run.
fn wait(
    py: Python<'_>,
    made: &Receiver<Result<(), Failure>>,
) -> Result<Result<(), Failure>, RecvTimeoutError> {
    match made.try_recv() {
        Ok(fitted) => Ok(fitted),
        Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
        Err(TryRecvError::Empty) => {
            py.detach(|| std::thread::sleep(LOOK));
            Err(RecvTimeoutError::Timeout)
        }
    }
}

#[pymethods]
impl Spec {
    /// Compiles a text.
    #[new]
    fn new(py: Python<'_>, text: String, folder: PathBuf, set: Vec<(String, String)>) -> PyResult<Spec> {
        let spec = Spec { text, folder, set };
        spec.said(py, |_| Ok(()))?;
        Ok(spec)
    }

    #[getter]
    fn text(&self) -> &str {
        &self.text
    }

    fn warnings(&self, py: Python<'_>) -> PyResult<String> {
        self.said(py, |s| Ok(s.warnings()))
    }

    fn conclusions(&self, py: Python<'_>) -> PyResult<String> {
        self.said(py, api::Spec::conclusions)
    }

    fn explanation(&self, py: Python<'_>) -> PyResult<String> {
        self.said(py, api::Spec::explanation)
    }

    fn latex(&self, py: Python<'_>) -> PyResult<String> {
        self.said(py, api::Spec::latex)
    }

    fn html(&self, py: Python<'_>) -> PyResult<String> {
        self.said(py, api::Spec::html)
    }

    /// Name, type and axes of each variable of the data.
    fn variables(&self, py: Python<'_>) -> PyResult<Vec<(String, String, Vec<usize>)>> {
        self.said(py, |s| Ok(s.variables().into_iter().map(|v| (v.name, v.ty, v.shape)).collect()))
    }

    /// Trains on arrays, on a thread of its own, into a folder of this name in `out`; Ctrl-C stops it after a round.
    fn fit(
        &self,
        py: Python<'_>,
        arrays: Handed,
        labels: Vec<(String, Vec<String>)>,
        place: (PathBuf, String, String, bool),
    ) -> PyResult<Model> {
        let (out, name, device, quiet) = place;
        let (arrays, how) = (taken(py, &arrays)?, Fitting { device, out, name, labels });
        let (spec, stop) = (self.clone(), Arc::new(AtomicBool::new(false)));
        let stopped = stop.clone();
        let fit = move || spec.compiled().and_then(|s| s.fit(&arrays, &how, &stopped));
        let train = move || if quiet { overheard(fit).0 } else { fit() };
        let (worker, made) = Worker::start(train);
        let fitted = loop {
            // Python is asked whether Ctrl-C was pressed; training then ends after the current round.
            if let Err(interrupted) = py.check_signals() {
                stop.store(true, Ordering::SeqCst);
                while let Err(RecvTimeoutError::Timeout) = wait(py, &made) {}
                return Err(interrupted);
            }
            match wait(py, &made) {
                Ok(fitted) => break fitted,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break Err(ended()),
            }
        };
        fitted.map(|()| Model::new(worker)).map_err(|e| raised(py, &e))
    }
}
