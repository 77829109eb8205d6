//! What a session holds, out of it and back into it: tensors by what they are to training, and by path.

use super::Session;
use super::per_datum::Table;
use crate::exec::Tensor;
use gmc_compiler::derive::Input;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a tensor is to training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// A trained parameter.
    Param,
    /// Running statistics and the like.
    State,
    /// A slot of an optimizer.
    Optimizer,
    /// A moving average of a parameter.
    Ema,
}

/// Numbers and their axes; `values.len()` is the product of `shape`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// Axes; none for one number.
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

/// All that a session holds, by what it is and by path.
pub type Snapshot = BTreeMap<(Group, String), Stored>;

/// The path of what has this name in a group.
fn path(group: Group, name: &str) -> String {
    let mut parts = name.splitn(3, '.').map(str::to_string);
    match (group, parts.next(), parts.next(), parts.next()) {
        (Group::Optimizer, Some(player), Some(slot), Some(path)) => {
            Input::Slot { player, slot, path }.to_string()
        }
        (Group::Ema, ..) => Input::Average(name.to_string()).to_string(),
        (Group::Param | Group::State | Group::Optimizer, ..) => name.to_string(),
    }
}

impl Session {
    /// All tensors as they are stored.
    pub fn snapshot(&self) -> Snapshot {
        let mut out = BTreeMap::new();
        let tensors = self
            .tensors
            .iter()
            .map(|(path, t)| (path, Stored { shape: t.shape().to_vec(), values: t.to_f32() }));
        let tables = self.tables.iter().map(|(path, t)| {
            let shape = std::iter::once(t.len()).chain(t.event.iter().copied()).collect();
            (path, Stored { shape, values: t.values.clone() })
        });
        for (path, stored) in tensors.chain(tables) {
            out.insert(self.group(path), stored);
        }
        out
    }

    /// What a tensor is, and its name among those.
    fn group(&self, path: &str) -> (Group, String) {
        let leaf = self.compiled.leaves.iter().find(|l| l.path == path);
        let per_datum = || self.compiled.per_datum.iter().any(|b| b.path == path);
        match (leaf.map(|l| l.trainable), Input::parse(path)) {
            (Some(true), _) => (Group::Param, path.to_string()),
            (Some(false), _) => (Group::State, path.to_string()),
            (None, _) if per_datum() => (Group::Param, path.to_string()),
            (None, Some(Input::Slot { player, slot, path })) => {
                (Group::Optimizer, format!("{player}.{slot}.{path}"))
            }
            (None, Some(Input::Average(of))) => (Group::Ema, of),
            (
                None,
                Some(
                    Input::Update
                    | Input::Rate
                    | Input::Schedule(_)
                    | Input::Kept(..)
                    | Input::Known(_)
                    | Input::Weight
                    | Input::Code(_),
                )
                | None,
            ) => (Group::State, path.to_string()),
        }
    }

    /// Puts a snapshot back.
    ///
    /// # Errors
    /// A sentence that names the first parameter that is missing or has other axes than the spec says.
    pub fn restore(&mut self, tensors: &Snapshot) -> Result<(), String> {
        self.clear();
        let mut tables: BTreeMap<String, (usize, Vec<usize>)> =
            self.declared_tables().into_iter().map(|(p, item, event)| (p, (item, event))).collect();
        for ((group, name), t) in tensors {
            let path = path(*group, name);
            match tables.remove(&path) {
                Some((item, event)) => {
                    // Of data that were not loaded nobody knows better.
                    let kept = t.shape.first().copied().unwrap_or(0);
                    let absent = self.absent.contains(&item);
                    let n = if absent { kept } else { self.sets.get(item).map_or(0, |p| p.train.n) };
                    let shape: Vec<usize> = std::iter::once(n).chain(event.iter().copied()).collect();
                    if t.shape != shape {
                        return Err(format!(
                            "`{path}` has shape {:?} in the checkpoint and {shape:?} with these data: it holds a row for each of the data",
                            t.shape
                        ));
                    }
                    self.tables.insert(path, Table { item, event, values: t.values.clone() });
                }
                None => {
                    self.tensors.insert(path, Tensor::from_f32(&self.device, t.values.clone(), &t.shape));
                }
            }
        }
        if let Some(b) = self.compiled.per_datum.iter().find(|b| !self.tables.contains_key(&b.path)) {
            return Err(format!("the checkpoint has no `{}`", b.path));
        }
        self.complete()?;
        self.fill();
        Ok(())
    }

    /// Whether every leaf has a value of its shape.
    fn complete(&self) -> Result<(), String> {
        for l in &self.compiled.leaves {
            match self.tensors.get(&l.path) {
                None => return Err(format!("the checkpoint has no `{}`", l.path)),
                Some(t) if t.shape() != l.shape.as_slice() => {
                    return Err(format!(
                        "`{}` has shape {:?} in the checkpoint and {:?} in the spec",
                        l.path,
                        t.shape(),
                        l.shape
                    ));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}
