//! A compiled spec on a device: parameters and states by name, programs ready to run, data in memory.
//!
//! [`load`] makes a [`Session`] of a file; [`Session::init`] or [`Session::restore`] give it parameters,
//! [`Session::run`] runs a program, [`Session::step`] a step of training.

pub mod ahead;
mod asked;
mod averages;
mod batch;
pub mod data;
mod files;
pub mod host;
mod images;
pub mod inference;
mod init;
pub mod load;
pub mod memory;
pub mod odd;
pub mod per_datum;
pub mod position;
pub mod programs;
pub mod random;
pub mod repeats;
pub mod rows;
pub mod snapshot;
pub mod stand_in;
pub mod variables;
pub mod warm;
pub mod writing;

pub use batch::in_turn;
pub use data::{Batch, Minibatch, Parts};
pub use images::read_image;
pub use position::Position;
pub use random::Purpose;

use crate::exec::{Device, ExecError, Executable, RunOptions, Tensor};
use gmc_compiler::derive::{Compiled, Input, Output, Program};
use gmc_compiler::ir::{Graph, Role};
use gmc_compiler::rows::Progress;
use gmc_compiler::rows::data::DataIssue;
use gmc_compiler::rows::layer::ReadsBatch;
use gmc_compiler::rows::setting::{Batch as BatchSetting, Leftover, Pass};
use gmc_compiler::types::Typed;
use per_datum::Table;
use programs::{Outputs, Prepared};
use repeats::Repeats;
use rows::About;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Codes in rows, as a decoder reads them: name, numbers row by row, and how many numbers a row has.
pub type Codes = Vec<(String, Vec<f32>, usize)>;

/// What a step gave new values to.
#[derive(Clone, Default)]
pub struct Updates {
    /// Whole tensors, by path.
    pub tensors: HashMap<String, Tensor>,
    /// Rows of tables: path, which, values.
    pub rows: Vec<(String, Vec<usize>, Vec<f32>)>,
}

/// What becomes of the tensors that a program replaces.
#[derive(Clone, Copy)]
enum Replaced {
    /// They stay as they are.
    Kept,
    /// They are handed over, so that they are updated in place; the outputs must be put back.
    Given,
}

/// A compiled spec on a device.
pub struct Session {
    /// The checked spec.
    pub typed: Typed,
    /// Its programs.
    pub compiled: Compiled,
    /// Where it runs.
    pub device: Device,
    /// Parameters, states, optimizer slots and averages, by path.
    pub tensors: HashMap<String, Tensor>,
    /// What each datum of the training part has of its own, and the slots of its optimizer, by path.
    pub tables: BTreeMap<String, Table>,
    /// Blocks of test examples, as inferred with the present parameters, by path; see
    /// [`Session::infer_test`].
    pub inferred: BTreeMap<String, Table>,
    /// Steps of the inference of new data, where not those of the spec.
    pub infer_steps: Option<u64>,
    /// The loaded sets, one for each data item; empty where [`Session::absent`] says so.
    pub sets: Vec<Parts>,
    /// How far the parameters have been trained: schedules stand there, whatever is asked.
    pub standing: Progress,
    /// How often the patience of each schedule that follows the validation part ran out, by its number.
    pub plateaus: BTreeMap<usize, u32>,
    /// The data items that were not loaded.
    pub absent: Vec<usize>,
    /// How many examples the training part of each of them has.
    pub sizes: Vec<usize>,
    /// Which rows questions are about: those that stand as the test part of the sets.
    pub about: About,
    /// The model that questions are put to, where one is named.
    pub asked: Option<String>,
    /// Values that conditions of draws have instead of taking their turn, by variable.
    pub given: BTreeMap<String, f32>,
    /// Conditions that have the values of the rows that are asked about.
    pub given_rows: BTreeSet<String>,
    /// Codes that draws are decoded from, row by row, instead of drawn ones.
    pub codes: Codes,
    programs: HashMap<Program, Prepared>,
    options: RunOptions,
    repeats: OnceCell<Vec<Repeats>>,
    /// Why events of a file could not be read.
    unread: RefCell<Option<DataIssue>>,
}

impl Session {
    /// A session without parameter values; see [`Session::init`] and [`Session::restore`].
    pub fn new(typed: Typed, compiled: Compiled, device: Device, sets: Vec<Parts>) -> Session {
        let programs = programs::prepared(&compiled.programs);
        let (tables, inferred) = Default::default();
        Session {
            typed,
            compiled,
            device,
            tensors: HashMap::new(),
            tables,
            inferred,
            infer_steps: None,
            sets,
            standing: Progress { step: 0, total: 1, per_epoch: 1, plateaus: 0 },
            plateaus: BTreeMap::new(),
            absent: Vec::new(),
            sizes: Vec::new(),
            about: About::default(),
            asked: None,
            given: BTreeMap::new(),
            given_rows: BTreeSet::new(),
            codes: Codes::new(),
            programs,
            options: RunOptions::default(),
            repeats: OnceCell::new(),
            unread: RefCell::new(None),
        }
    }

    /// The value of a schedule, by its number, at this moment.
    pub fn scheduled(&self, i: usize, at: Progress) -> Option<f64> {
        scheduled(&self.typed, &self.plateaus, i, at)
    }

    /// What becomes of the examples of a pass that fill no minibatch.
    pub fn leftover(&self) -> Leftover {
        match self.typed.coupled(ReadsBatch::Training) {
            Some(_) => Leftover::Joined,
            None => Leftover::Alone,
        }
    }

    /// How a pass over each data item is cut into minibatches, where that is the only one.
    pub fn passes(&self) -> Vec<Pass> {
        let (batch, leftover) = (BatchSetting::of(&self.typed.train.settings), self.leftover());
        self.sets.iter().map(|p| Pass::new(p.train.n, batch, leftover)).collect()
    }

    /// Switches the search for the first value that is not finite on or off.
    pub fn set_check(&mut self, check: bool) {
        self.options.check = check;
    }

    /// Switches the fusing of elementwise chains on the CPU on (as it is at first) or off: for measurements
    /// of what it is worth.
    pub fn set_fuse(&mut self, fuse: bool) {
        self.options.fuse = fuse;
    }

    /// Switches the measuring of the time of every step of the programs on or off; see [`Executable::spent`].
    pub fn set_profile(&mut self, profile: bool) {
        self.options.profile = profile;
    }

    /// Whether the time of every step is measured.
    pub fn profiled(&self) -> bool {
        self.options.profile
    }

    /// A program as it runs here.
    pub fn executable(&self, program: &Program) -> Option<&Executable> {
        self.programs.get(program).map(|p| &p.exe)
    }

    /// Whether this program exists.
    pub fn has(&self, program: &Program) -> bool {
        self.programs.contains_key(program)
    }

    /// Runs this graph instead of the program's own from now on.
    pub fn run_instead(&mut self, program: Program, graph: Graph) {
        self.programs.insert(program.clone(), programs::ready(&graph));
        self.compiled.programs.extend([(program, graph)]);
    }

    /// The program's inputs of one role, by name, with their axes.
    pub fn inputs(&self, program: &Program, role: Role) -> Vec<(String, Vec<usize>)> {
        let inputs = self.executable(program).into_iter().flat_map(Executable::inputs);
        inputs.filter(|i| i.role == role).map(|i| (i.name.clone(), i.shape.at(1))).collect()
    }

    /// Runs a program on `n` data.
    ///
    /// # Errors
    /// A missing input, or with the check on, the first operation that made a value that is not finite.
    pub fn run(
        &mut self,
        program: &Program,
        n: usize,
        data: &Batch,
        at: Position,
    ) -> Result<Outputs, ExecError> {
        self.run_and(program, n, data, at, Replaced::Kept)
    }

    fn run_and(
        &mut self,
        program: &Program,
        n: usize,
        data: &Batch,
        at: Position,
        replaced: Replaced,
    ) -> Result<Outputs, ExecError> {
        if let Some(issue) = self.unread.take() {
            return Err(ExecError::Data { message: issue.message, notes: issue.notes, help: issue.help });
        }
        let Some(ready) = self.programs.get(program) else {
            return Err(ExecError::Broken { why: format!("there is no program `{program}`") });
        };
        let given: &[String] = match replaced {
            Replaced::Given => &ready.replaced,
            Replaced::Kept => &[],
        };
        let (tensors, typed, device, plateaus) =
            (&mut self.tensors, &self.typed, &self.device, &self.plateaus);
        let progress = at.progress.unwrap_or(self.standing);
        let mut inputs = |name: &str| -> Option<Tensor> {
            if let Some(t) = data.get(name) {
                return Some(t.clone());
            }
            match ready.scalars.get(name) {
                Some(Input::Update) => return Some(Tensor::scalar(device, at.update as f32)),
                Some(Input::Schedule(i)) => {
                    let value = scheduled(typed, plateaus, *i, progress)?;
                    return Some(Tensor::scalar(device, value as f32));
                }
                Some(
                    Input::Rate
                    | Input::Slot { .. }
                    | Input::Average(_)
                    | Input::Kept(..)
                    | Input::Known(_)
                    | Input::Weight
                    | Input::Code(_),
                )
                | None => {}
            }
            if given.iter().any(|path| path == name) {
                tensors.remove(name)
            } else {
                tensors.get(name).cloned()
            }
        };
        let outputs = ready.exe.run_with(&self.device, n, &mut inputs, at.key, self.options)?;
        Ok(Outputs::new(outputs))
    }

    /// Runs one training step of a player and returns the numbers it reports, by their names. What it updated
    /// is kept, or added to `later`, if that is there, for [`Session::put`].
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn step(
        &mut self,
        player: &str,
        batch: &Minibatch,
        at: Position,
        later: Option<&mut Updates>,
    ) -> Result<Vec<(String, f32)>, ExecError> {
        let replaced = if later.is_none() { Replaced::Given } else { Replaced::Kept };
        let outputs = self.run_and(&Program::Step(player.into()), batch.n, &batch.data, at, replaced)?;
        let (mut numbers, mut updates) = (Vec::new(), Updates::default());
        for (output, t) in outputs {
            if let Output::Param(path) | Output::State(path) = output {
                updates.tensors.insert(path, t);
            } else if let Output::PerDatum(path) = output {
                let item = self.tables.get(&path).map(|table| table.item);
                let rows = item.and_then(|i| batch.rows.get(i)).cloned().unwrap_or_default();
                updates.rows.push((path, rows, t.to_f32()));
            } else {
                numbers.push((output.to_string(), t.to_f32().first().copied().unwrap_or(f32::NAN)));
            }
        }
        match later {
            Some(later) => {
                later.tensors.extend(updates.tensors);
                later.rows.extend(updates.rows);
            }
            None => self.put(updates),
        }
        Ok(numbers)
    }

    /// Keeps what a step updated.
    pub fn put(&mut self, updates: Updates) {
        self.tensors.extend(updates.tensors);
        for (path, rows, values) in updates.rows {
            if let Some(table) = self.tables.get_mut(&path) {
                table.put(&rows, &values);
            }
        }
        self.inferred.clear();
    }
}

fn scheduled(typed: &Typed, plateaus: &BTreeMap<usize, u32>, i: usize, at: Progress) -> Option<f64> {
    let s = typed.schedules.get(i)?;
    let plateaus = plateaus.get(&i).copied().unwrap_or(0);
    Some(s.row.value(&s.args, Progress { plateaus, ..at }))
}
