//! The inference of what guides `q[x]` hold for data that were not trained on.
//!
//! A datum that is in no table starts at 0, as every block does, and is moved by Adam with the model fixed
//! (program `infer`), at a rate that falls to 0 linearly. What comes out is a pure function of the
//! parameters, the data and the seed.

use super::Session;
use super::data::Batch;
use super::per_datum::Table;
use super::position::Position;
use super::random::Purpose;
use crate::exec::{ExecError, Tensor};
use gmc_compiler::derive::{INFER, Input, Output, Program};
use gmc_compiler::ir::Role;
use gmc_compiler::rows::measure::Infer;
use std::collections::BTreeMap;

impl Session {
    /// Adds the blocks of `n` data that are in no table to their batch `data`, inferred towards the goal of
    /// training. Draws are keyed by `seed` and `part`, the number of this batch.
    ///
    /// # Errors
    /// What running the program reports.
    pub fn infer(&mut self, data: &mut Batch, n: usize, seed: u64, part: u64) -> Result<(), ExecError> {
        let (steps, first) = (
            self.infer_steps.unwrap_or_else(|| Infer::of(&self.typed.eval).0),
            Infer::of(&self.typed.eval).1,
        );
        for b in &self.compiled.per_datum {
            let shape: Vec<usize> = std::iter::once(n).chain(b.shape.iter().copied()).collect();
            data.insert(b.path.clone(), Tensor::zeros(&self.device, &shape));
        }
        if !self.has(&Program::Infer) {
            return Ok(());
        }
        let rate_name = Input::Rate.to_string();
        let mut slots = vec![rate_name.clone()];
        for (name, mut shape) in self.inputs(&Program::Infer, Role::PerDatum) {
            let slot = matches!(Input::parse(&name), Some(Input::Slot { player, .. }) if player == INFER);
            if slot {
                shape.iter_mut().take(1).for_each(|d| *d = n);
                data.insert(name.clone(), Tensor::zeros(&self.device, &shape));
                slots.push(name);
            }
        }
        for step in 0..steps {
            let rate = first * (1.0 - step as f64 / steps as f64);
            data.insert(rate_name.clone(), Tensor::scalar(&self.device, rate as f32));
            let purpose = Purpose::Inference { part, step };
            let at = Position { update: step + 1, ..Position::of(purpose, seed) };
            for (output, t) in self.run(&Program::Infer, n, data, at)? {
                if let Output::PerDatum(path) = output {
                    data.insert(path, t);
                }
            }
        }
        slots.iter().for_each(|name| {
            data.remove(name);
        });
        Ok(())
    }

    /// Infers the blocks of at most `most` test examples, unless that has been done with these parameters;
    /// then [`Session::batch`] has them. What was done, in words, where something was.
    ///
    /// # Errors
    /// As [`Session::infer`].
    pub fn infer_test(&mut self, most: usize, seed: u64) -> Result<Option<String>, ExecError> {
        let n = self.test_examples().min(most);
        let known = self.inferred.values().map(Table::len).min().unwrap_or(0);
        if self.compiled.per_datum.is_empty() || n <= known {
            return Ok(None);
        }
        let mut found: BTreeMap<String, Table> = self
            .compiled
            .per_datum
            .iter()
            .map(|b| (b.path.clone(), Table { item: b.item, event: b.shape.clone(), values: Vec::new() }))
            .collect();
        for (i, rows) in self.test_chunks(n).iter().enumerate() {
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
        let steps = self.infer_steps.unwrap_or_else(|| Infer::of(&self.typed.eval).0);
        Ok(Some(format!(
            "{} of {} inferred by {steps} Adam steps each",
            sites.join(", "),
            self.about.count(n)
        )))
    }
}

fn drawn(s: &gmc_compiler::types::TSite) -> bool {
    matches!(s.kind, gmc_compiler::types::TSiteKind::Draw(_))
}
