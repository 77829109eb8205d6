//! What guides `q[x]` hold for each datum: tables in main memory, beside the data, whose rows travel with the minibatch; and the
//! inference of the blocks of data that were not trained on.
//!
//! A datum that is in no table starts at 0, as every block does, and is moved by Adam with the model fixed (program `infer`), at a
//! rate that falls to 0 linearly. What comes out is a pure function of the parameters, the data and the seed.

use crate::exec::{Device, ExecError, RngKey, Tensor};
use crate::session::{At, Batch, Session};
use gmc_compiler::ir::Role;
use std::collections::BTreeMap;

/// Data inferred at once.
const CHUNK: usize = 500;

/// Test examples that are inferred for a look while training.
pub const GLANCE: usize = 250;

/// One row for each datum of a data item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The data item: index.
    pub item: usize,
    /// Axes of a row.
    pub event: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

impl Table {
    /// `n` rows of zeros.
    pub fn zeros(item: usize, n: usize, event: &[usize]) -> Table {
        Table { item, event: event.to_vec(), values: vec![0.0; n * event.iter().product::<usize>()] }
    }

    fn size(&self) -> usize {
        self.event.iter().product()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.size().max(1)
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Rows as a tensor `[rows, ..event]`; `None` where one lies past the end.
    pub fn rows(&self, device: &Device, rows: &[usize]) -> Option<Tensor> {
        let size = self.size();
        let mut values = Vec::with_capacity(rows.len() * size);
        for r in rows {
            values.extend_from_slice(self.values.get(r * size..(r + 1) * size)?);
        }
        let mut shape = vec![rows.len()];
        shape.extend(&self.event);
        Some(Tensor::from_f32(device, values, &shape))
    }

    /// Puts rows back. Where one is named twice the last one stays: a datum makes one move in a minibatch.
    pub fn put(&mut self, rows: &[usize], values: &[f32]) {
        let size = self.size();
        for (r, new) in rows.iter().zip(values.chunks(size.max(1))) {
            if let Some(old) = self.values.get_mut(r * size..(r + 1) * size)
                && old.len() == new.len()
            {
                old.copy_from_slice(new);
            }
        }
    }
}

impl Session {
    /// Makes the tables that training keeps and that are not there yet: blocks and the slots of their optimizers, all 0.
    pub(crate) fn fill_tables(&mut self) {
        for (path, item, event) in self.declared_tables() {
            let n = self.sets.get(item).map_or(0, |p| p.train.n);
            self.tables.entry(path).or_insert_with(|| Table::zeros(item, n, &event));
        }
    }

    /// Path, data item and axes of a row of every table that training keeps.
    pub(crate) fn declared_tables(&self) -> Vec<(String, usize, Vec<usize>)> {
        let blocks = &self.compiled.blocks;
        let mut all: Vec<_> = blocks.iter().map(|b| (b.path.clone(), b.item, b.shape.clone())).collect();
        for p in &self.typed.train.players {
            for (name, shape) in self.inputs(&format!("step.{}", p.name), Role::Block) {
                // A slot goes with the block whose path its own ends in.
                let of = blocks.iter().find(|b| {
                    name.strip_suffix(&b.path).is_some_and(|slot| slot.is_empty() || slot.ends_with('.'))
                });
                if let (Some(b), false) = (of, all.iter().any(|(path, _, _)| *path == name)) {
                    all.push((name, b.item, shape.into_iter().skip(1).collect()));
                }
            }
        }
        all
    }

    /// Adds the blocks of `n` data that are in no table to their batch `data`, inferred towards the goal of training. Draws are keyed by
    /// `seed` and `part`, the number of this batch.
    ///
    /// # Errors
    /// What running the program reports.
    pub fn infer(&mut self, data: &mut Batch, n: usize, seed: u64, part: u64) -> Result<(), ExecError> {
        let (steps, first) =
            (self.infer_steps.unwrap_or_else(|| self.typed.inference().0), self.typed.inference().1);
        for b in &self.compiled.blocks {
            let shape: Vec<usize> = std::iter::once(n).chain(b.shape.iter().copied()).collect();
            data.insert(b.path.clone(), Tensor::zeros(&self.device, &shape));
        }
        if !self.has("infer") {
            return Ok(());
        }
        let mut slots = vec!["rate".to_string()];
        for (name, mut shape) in
            self.inputs("infer", Role::Block).into_iter().filter(|(name, _)| name.starts_with("opt.infer."))
        {
            shape.iter_mut().take(1).for_each(|d| *d = n);
            data.insert(name.clone(), Tensor::zeros(&self.device, &shape));
            slots.push(name);
        }
        for step in 0..steps {
            let rate = first * (1.0 - step as f64 / steps as f64);
            data.insert("rate".into(), Tensor::scalar(&self.device, rate as f32));
            let mut at = At {
                key: RngKey { seed, step: 1 << 63 | part << 32 | step },
                update: step + 1,
                ..At::default()
            };
            // Schedules stand where training ends.
            at.progress.step = u64::MAX / 2;
            for (name, t) in self.run("infer", n, data, at, false)? {
                if let Some(path) = name.strip_prefix("block:") {
                    data.insert(path.to_string(), t);
                }
            }
        }
        slots.iter().for_each(|name| {
            data.remove(name);
        });
        Ok(())
    }

    /// Infers the blocks of at most `most` test examples, unless that has been done with these parameters; then [`Session::batch`] has
    /// them. What was done, in words, where something was.
    ///
    /// # Errors
    /// As [`Session::infer`].
    pub fn infer_test(&mut self, most: usize, seed: u64) -> Result<Option<String>, ExecError> {
        let n = self.sets.iter().map(|p| p.test.n).max().unwrap_or(0).min(most);
        let known = self.inferred.values().map(Table::len).min().unwrap_or(0);
        if self.compiled.blocks.is_empty() || n <= known {
            return Ok(None);
        }
        let mut found: BTreeMap<String, Table> = self
            .compiled
            .blocks
            .iter()
            .map(|b| (b.path.clone(), Table { item: b.item, event: b.shape.clone(), values: Vec::new() }))
            .collect();
        let rows: Vec<usize> = (0..n).collect();
        for (i, rows) in rows.chunks(CHUNK).enumerate() {
            let mut data = self.batch(true, rows);
            self.infer(&mut data, rows.len(), seed, i as u64)?;
            for (path, table) in &mut found {
                table.values.extend(data.get(path).map(Tensor::to_f32).unwrap_or_default());
            }
        }
        self.inferred = found;
        let guides = self.typed.models.iter().filter(|m| m.each.is_some());
        let sites: Vec<&str> = guides
            .flat_map(|g| g.sites.iter().filter(|s| g.each.is_some() && drawn(s)).map(|s| s.name.as_str()))
            .collect();
        let steps = self.infer_steps.unwrap_or_else(|| self.typed.inference().0);
        Ok(Some(format!("{} of {n} test examples inferred by {steps} Adam steps each", sites.join(", "))))
    }
}

fn drawn(s: &gmc_compiler::types::TSite) -> bool {
    matches!(s.kind, gmc_compiler::types::TSiteKind::Draw(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_put_back_where_they_were_and_nowhere_else() {
        let mut t = Table::zeros(0, 4, &[2]);
        t.put(&[2, 0], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(t.values, [3.0, 4.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0]);
        t.put(&[1, 1], &[5.0, 5.0, 6.0, 7.0]);
        assert_eq!(t.values[2..4], [6.0, 7.0]);
        t.put(&[4], &[9.0, 9.0]);
        assert_eq!((t.len(), t.values.len()), (4, 8));
        let mut counts = Table::zeros(0, 3, &[]);
        counts.put(&[1], &[1.0]);
        assert_eq!(counts.values, [0.0, 1.0, 0.0]);
    }
}
