//! Moving averages of parameters in place of the parameters.

use super::Session;
use crate::exec::Tensor;
use gmc_compiler::derive::Input;

/// The path of the parameter whose average is kept under this one.
pub(super) fn averaged(path: &str) -> Option<String> {
    if let Some(Input::Average(of)) = Input::parse(path) { Some(of) } else { None }
}

impl Session {
    /// Parameters that have an average, with its path.
    pub(super) fn averages(&self) -> Vec<(String, String)> {
        let of = |path: &String| averaged(path).filter(|p| self.tensors.contains_key(p));
        self.tensors.keys().filter_map(|path| Some((of(path)?, path.clone()))).collect()
    }

    /// Replaces the parameters by their averages, where there are any (evaluation and queries use these).
    pub fn use_averages(&mut self) {
        let averages = self.averages();
        let of = |path: &String| self.tensors.get(path).cloned();
        let new: Vec<(String, Tensor)> =
            averages.into_iter().filter_map(|(path, average)| Some((path, of(&average)?))).collect();
        self.replace(new);
    }

    /// Runs `f` with the averages in place of the parameters, as [`Session::use_averages`], and puts the
    /// parameters back.
    pub fn with_averages<T>(&mut self, f: impl FnOnce(&mut Session) -> T) -> T {
        let averages = self.averages();
        let of = |path: String| Some((path.clone(), self.tensors.get(&path)?.clone()));
        let kept: Vec<(String, Tensor)> = averages.into_iter().filter_map(|(path, _)| of(path)).collect();
        self.use_averages();
        let out = f(self);
        self.replace(kept);
        out
    }

    fn replace(&mut self, tensors: Vec<(String, Tensor)>) {
        if !tensors.is_empty() {
            self.tensors.extend(tensors);
            self.inferred.clear();
        }
    }
}
