//! A trained model.

use crate::failure::raised;
use crate::numbers::{Handed, Made, Numbers, array, given_out, taken};
use crate::worker::{Worker, ended};
use gmc_compiler::derive::Question;
use gmc_runtime::api::{self, Drawing, Given, Opening};
use gmc_runtime::console::overheard;
use gmc_runtime::failure::Failure;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;
use std::ffi::CString;
use std::path::PathBuf;

/// What a draw is given: a number, or an array with a row for each draw.
#[derive(FromPyObject)]
pub enum Value {
    /// For each draw its own.
    Each(PyBuffer<f32>),
    /// The same for all.
    One(f32),
}

/// A trained model that is asked. One question is answered at a time.
#[pyclass(frozen, module = "gmc._gmc")]
pub struct Model(Worker);

impl Model {
    pub fn new(worker: Worker) -> Model {
        Model(worker)
    }

    /// Asks while other threads of Python run; what is to be known about the answer becomes a warning.
    fn ask<T: Send + 'static>(
        &self,
        py: Python<'_>,
        f: impl FnOnce(&mut api::Model) -> Result<T, Failure> + Send + 'static,
    ) -> PyResult<T> {
        let (answer, said) = py.detach(|| self.0.ask(f));
        if !said.is_empty() {
            let text = CString::new(said.trim_end().replace('\0', " ")).unwrap_or_default();
            PyErr::warn(py, &py.get_type::<PyUserWarning>(), &text, 2)?;
        }
        answer.map_err(|e| raised(py, &e))
    }
}

fn question(py: Python<'_>, name: &str) -> PyResult<Question> {
    let found = Question::ALL.into_iter().find(|q| q.text() == name);
    found.ok_or_else(|| raised(py, &Failure::new(format!("there is no question `{name}`"))))
}

#[pymethods]
impl Model {
    /// Opens a run folder.
    #[staticmethod]
    fn load(py: Python<'_>, folder: PathBuf, device: String, model: Option<String>) -> PyResult<Model> {
        let how = Opening { device, model };
        let opened = py.detach(|| {
            let (worker, made) = Worker::start(move || overheard(|| api::Model::open(&folder, &how)).0);
            made.recv().unwrap_or_else(|_| Err(ended())).map(|()| worker)
        });
        opened.map(Model::new).map_err(|e| raised(py, &e))
    }

    fn folder(&self, py: Python<'_>) -> PyResult<PathBuf> {
        self.ask(py, |m| Ok(m.folder().to_path_buf()))
    }

    fn labels(&self, py: Python<'_>, name: String) -> PyResult<Vec<String>> {
        self.ask(py, move |m| Ok(m.labels(&name).to_vec()))
    }

    /// Each question with whether it is answered, and how, or why not.
    fn questions(&self, py: Python<'_>) -> PyResult<Vec<(&'static str, bool, String)>> {
        let one = |(name, answer): (&'static str, Result<String, String>)| match answer {
            Ok(kind) => (name, true, kind),
            Err(why) => (name, false, why),
        };
        self.ask(py, move |m| Ok(m.questions().into_iter().map(one).collect()))
    }

    fn needed(&self, py: Python<'_>, name: &str) -> PyResult<Vec<String>> {
        let q = question(py, name)?;
        self.ask(py, move |m| m.needed(q))
    }

    /// Names of the codes.
    fn codes(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.ask(py, |m| Ok(m.codes().into_iter().map(|(name, _)| name).collect()))
    }

    fn sample(
        &self,
        py: Python<'_>,
        n: Option<usize>,
        given: Vec<(String, Value)>,
        temperature: Option<f64>,
        seed: u64,
    ) -> PyResult<Made> {
        let value = |v: &Value| match v {
            Value::One(v) => Ok(Given::One(*v)),
            Value::Each(a) => array(py, a).map(Given::Each),
        };
        let given: PyResult<_> = given.iter().map(|(name, v)| Ok((name.clone(), value(v)?))).collect();
        let given = given?;
        let how = Drawing { n, seed, temperature, given };
        Ok(given_out(self.ask(py, move |m| m.sample(&how))?))
    }

    /// Log-densities and what kind of number they are.
    fn log_prob(
        &self,
        py: Python<'_>,
        rows: Handed,
        k: Option<usize>,
        seed: u64,
    ) -> PyResult<(Numbers, String)> {
        let rows = taken(py, &rows)?;
        let made = self.ask(py, move |m| m.log_prob(&rows, k, seed))?;
        let n = made.values.len();
        Ok((Numbers::double(made.values, &[n]), made.kind))
    }

    fn encode(&self, py: Python<'_>, rows: Handed, seed: u64) -> PyResult<Made> {
        let rows = taken(py, &rows)?;
        Ok(given_out(self.ask(py, move |m| m.encode(&rows, seed))?))
    }

    fn decode(&self, py: Python<'_>, codes: Handed) -> PyResult<Made> {
        let codes = taken(py, &codes)?;
        Ok(given_out(self.ask(py, move |m| m.decode(&codes))?))
    }

    fn reconstruct(&self, py: Python<'_>, rows: Handed, seed: u64) -> PyResult<Made> {
        let rows = taken(py, &rows)?;
        Ok(given_out(self.ask(py, move |m| m.reconstruct(&rows, seed))?))
    }

    /// Probabilities of the classes, `[rows, classes]`, the class variable, and what kind of densities they are made of.
    fn probabilities(
        &self,
        py: Python<'_>,
        rows: Handed,
        k: Option<usize>,
        seed: u64,
    ) -> PyResult<(Numbers, String, String)> {
        let rows = taken(py, &rows)?;
        let p = self.ask(py, move |m| m.probabilities(&rows, k, seed))?;
        let n = p.values.len() / p.classes.max(1);
        Ok((Numbers::double(p.values, &[n, p.classes]), p.variable, p.kind))
    }
}
