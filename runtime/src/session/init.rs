//! Values before the first step: drawn, computed from the first data, or zero.

use super::Session;
use super::averages::averaged;
use super::data::Batch;
use super::per_datum::Table;
use super::position::Position;
use super::programs::{Outputs, whole_tensor};
use super::random::Purpose;
use crate::exec::{ExecError, Tensor};
use gmc_compiler::derive::{Input, Leaf, Program};
use gmc_compiler::ir::Role;

/// Most examples from which parameters start that start from data.
pub const START: usize = 512;

impl Session {
    /// Draws initial parameters; those that start from data (`actnorm`, `scale`, `shift` of a flow) are
    /// computed from `START` examples spread over the training part. Slots start at zero, averages at the
    /// parameters.
    ///
    /// # Errors
    /// What running the programs `init` and `start` reports.
    pub fn init(&mut self, seed: u64) -> Result<(), ExecError> {
        self.clear();
        let position = Position::of(Purpose::Start, seed);
        let drawn = self.run(&Program::Init, 1, &Batch::new(), position)?;
        self.keep(drawn);
        self.read_given();
        let n = self.train_examples();
        if self.has(&Program::Start) && n > 0 {
            let some = n.min(START);
            let rows: Vec<usize> = (0..some).map(|i| i * n / some).collect();
            let data = self.batch(false, &rows);
            let computed = self.run(&Program::Start, some, &data, position)?;
            self.keep(computed);
        }
        self.fill();
        Ok(())
    }

    /// Puts in place what comes from files.
    fn read_given(&mut self) {
        let given = self.compiled.leaves.iter().filter_map(|l| Some((l, l.given.as_ref()?)));
        let of = |(l, values): (&Leaf, &std::rc::Rc<[f32]>)| {
            (l.path.clone(), Tensor::from_f32(&self.device, values.to_vec(), &l.shape))
        };
        let all: Vec<_> = given.map(of).collect();
        self.tensors.extend(all);
    }

    /// Keeps outputs by their paths.
    fn keep(&mut self, outputs: Outputs) {
        let new = outputs.into_iter().filter_map(|(output, t)| Some((whole_tensor(output)?, t)));
        self.tensors.extend(new);
    }

    /// Forgets all values.
    pub(super) fn clear(&mut self) {
        self.tensors.clear();
        self.tables.clear();
        self.inferred.clear();
    }

    /// Adds what training keeps and nothing has set yet: slots as zeros, averages as copies.
    pub(super) fn fill(&mut self) {
        let steps = self.programs.iter().filter(|(p, _)| p.is_step());
        let states = steps.flat_map(|(_, p)| p.exe.inputs()).filter(|i| i.role == Role::State);
        let missing: Vec<(String, Vec<usize>)> = states
            .filter(|i| !self.tensors.contains_key(&i.name))
            .map(|i| (i.name.clone(), i.shape.at(1)))
            .collect();
        for (name, shape) in missing {
            let t = match averaged(&name).and_then(|path| self.tensors.get(&path)) {
                Some(p) => Tensor::from_f32(&self.device, p.to_f32(), &shape),
                None => Tensor::zeros(&self.device, &shape),
            };
            self.tensors.insert(name, t);
        }
        self.fill_tables();
    }

    /// Makes the tables that training keeps and that are not there yet: blocks and the slots of their
    /// optimizers, all 0.
    fn fill_tables(&mut self) {
        for (path, item, event) in self.declared_tables() {
            let n = self.sets.get(item).map_or(0, |p| p.train.n);
            self.tables.entry(path).or_insert_with(|| Table::zeros(item, n, &event));
        }
    }

    /// Path, data item and axes of a row of every table that training keeps.
    pub(super) fn declared_tables(&self) -> Vec<(String, usize, Vec<usize>)> {
        let blocks = &self.compiled.per_datum;
        let mut all: Vec<_> = blocks.iter().map(|b| (b.path.clone(), b.item, b.shape.clone())).collect();
        for p in &self.typed.train.players {
            for (name, shape) in self.inputs(&Program::Step(p.name.clone()), Role::PerDatum) {
                // A slot goes with its block.
                let of = |path: &str| blocks.iter().find(|b| b.path == path);
                let block = of(&name).or_else(|| match Input::parse(&name)? {
                    Input::Slot { path, .. } => of(&path),
                    Input::Update
                    | Input::Rate
                    | Input::Schedule(_)
                    | Input::Average(_)
                    | Input::Kept(..)
                    | Input::Known(_)
                    | Input::Weight
                    | Input::Code(_) => None,
                });
                if let (Some(b), false) = (block, all.iter().any(|(path, _, _)| *path == name)) {
                    all.push((name, b.item, shape.into_iter().skip(1).collect()));
                }
            }
        }
        all
    }
}
