//! A compiled spec on a device: parameters and states by name, programs ready to run, data in memory.

use crate::blocks::Table;
use crate::exec::{Device, ExecError, Executable, RngKey, RunOptions, Tensor, random};
use crate::store::checkpoint::{Checkpoint, Group, Tensor as Stored};
use gmc_compiler::derive::Compiled;
use gmc_compiler::event::Kind;
use gmc_compiler::ir::{Op, RandomKind, Role};
use gmc_compiler::rows::Progress;
use gmc_compiler::rows::data::{Dataset, Part};
use gmc_compiler::types::Typed;
use std::collections::{BTreeMap, HashMap};

/// Tensors of one minibatch or query, by data variable, and what its data have of their own, by the paths of the tables.
pub type Batch = HashMap<String, Tensor>;

/// A minibatch of the training part.
#[derive(Default)]
pub struct Minibatch {
    /// Its tensors.
    pub data: Batch,
    /// Number of data in it.
    pub n: usize,
    /// Which data these are, for each data item.
    pub rows: Vec<Vec<usize>>,
}

/// What a step gave new values to.
#[derive(Clone, Default)]
pub struct Moved {
    /// Whole tensors, by path.
    pub tensors: HashMap<String, Tensor>,
    /// Rows of tables: path, which, values.
    pub rows: Vec<(String, Vec<usize>, Vec<f32>)>,
}

/// Most examples from which parameters start that start from data.
pub const START: usize = 512;

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
    /// Blocks of test examples, as inferred with the present parameters, by path; see [`Session::infer_test`].
    pub inferred: BTreeMap<String, Table>,
    /// Steps of the inference of new data, where not those of the spec.
    pub infer_steps: Option<u64>,
    /// The loaded sets, one for each data item.
    pub sets: Vec<Parts>,
    executables: HashMap<String, Executable>,
    options: RunOptions,
}

/// Training and test part of one data item.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// What training sees.
    pub train: Part,
    /// What it does not see.
    pub test: Part,
}

/// How a run was asked for.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The random key.
    pub key: RngKey,
    /// Where training stands, for schedules.
    pub progress: Progress,
    /// The number of this update of the player, from 1.
    pub update: u64,
}

impl Session {
    /// A session without parameter values; see [`Session::init`] and [`Session::restore`].
    pub fn new(typed: Typed, compiled: Compiled, device: Device, sets: Vec<Parts>) -> Session {
        let executables = compiled.programs.iter().map(|(n, g)| (n.clone(), Executable::new(g))).collect();
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
            executables,
            options: RunOptions::default(),
        }
    }

    /// Switches the search for the first value that is not finite on or off.
    pub fn set_check(&mut self, check: bool) {
        self.options.check = check;
    }

    /// Switches the fusing of elementwise chains on the CPU on (as it is at first) or off: for measurements of what it is worth.
    pub fn set_fuse(&mut self, fuse: bool) {
        self.options.fuse = fuse;
    }

    /// A program as it runs here.
    pub fn executable(&self, program: &str) -> Option<&Executable> {
        self.executables.get(program)
    }

    /// Draws initial parameters; those that start from data (`actnorm`, `scale`, `shift` of a flow) are computed from
    /// [`START`] examples spread over the training part. Slots start at zero, averages at the parameters.
    ///
    /// # Errors
    /// What running the programs `init` and `start` reports.
    pub fn init(&mut self, seed: u64) -> Result<(), ExecError> {
        self.clear();
        let outputs =
            self.run("init", 1, &Batch::new(), At { key: RngKey { seed, step: 0 }, ..At::default() }, false)?;
        for (name, t) in outputs {
            if let Some((_, path)) = name.split_once(':') {
                self.tensors.insert(path.to_string(), t);
            }
        }
        let n = self.sets.iter().map(|p| p.train.n).max().unwrap_or(0);
        if self.has("start") && n > 0 {
            let some = n.min(START);
            let rows: Vec<usize> = (0..some).map(|i| i * n / some).collect();
            let data = self.batch(false, &rows);
            for (name, t) in
                self.run("start", some, &data, At { key: RngKey { seed, step: 0 }, ..At::default() }, false)?
            {
                if let Some((_, path)) = name.split_once(':') {
                    self.tensors.insert(path.to_string(), t);
                }
            }
        }
        self.fill();
        Ok(())
    }

    fn clear(&mut self) {
        self.tensors.clear();
        self.tables.clear();
        self.inferred.clear();
    }

    /// Adds what training keeps and nothing has set yet: slots as zeros, averages as copies.
    fn fill(&mut self) {
        let mut missing: Vec<(String, Vec<usize>)> = Vec::new();
        for (name, exe) in &self.executables {
            if !name.starts_with("step.") {
                continue;
            }
            for i in exe.inputs() {
                if i.role == Role::State && !self.tensors.contains_key(&i.name) {
                    missing.push((i.name.clone(), i.shape.at(1)));
                }
            }
        }
        for (name, shape) in missing {
            let source = name.strip_prefix("ema.").and_then(|p| self.tensors.get(p));
            let t = match source {
                Some(p) => Tensor::from_f32(&self.device, p.to_f32(), &shape),
                None => Tensor::zeros(&self.device, &shape),
            };
            self.tensors.insert(name, t);
        }
        self.fill_tables();
    }

    /// Whether this program exists.
    pub fn has(&self, program: &str) -> bool {
        self.executables.contains_key(program)
    }

    /// The program's inputs of one role.
    pub fn inputs(&self, program: &str, role: Role) -> Vec<(String, Vec<usize>)> {
        let Some(e) = self.executables.get(program) else { return Vec::new() };
        e.inputs().filter(|i| i.role == role).map(|i| (i.name.clone(), i.shape.at(1))).collect()
    }

    /// Runs a program. With `consume`, tensors that the program replaces are handed over, so that they are updated in place; the
    /// caller must put the outputs back (see [`Session::step`]).
    ///
    /// # Errors
    /// A missing input, or with the check on, the first operation that made a value that is not finite.
    pub fn run(
        &mut self,
        program: &str,
        batch: usize,
        data: &Batch,
        at: At,
        consume: bool,
    ) -> Result<Vec<(String, Tensor)>, ExecError> {
        let Some(exe) = self.executables.get(program) else {
            return Err(ExecError::Broken { why: format!("there is no program `{program}`") });
        };
        let replaced: Vec<&str> = match consume {
            true => exe
                .graph()
                .outputs
                .iter()
                .filter_map(|(n, _)| n.strip_prefix("param:").or_else(|| n.strip_prefix("state:")))
                .collect(),
            false => Vec::new(),
        };
        let (tensors, typed, device) = (&mut self.tensors, &self.typed, &self.device);
        let mut inputs = |name: &str| -> Option<Tensor> {
            if let Some(t) = data.get(name) {
                return Some(t.clone());
            }
            if name == "update" {
                return Some(Tensor::scalar(device, at.update as f32));
            }
            if let Some(i) = name.strip_prefix("schedule.").and_then(|i| i.parse::<usize>().ok()) {
                let s = typed.schedules.get(i)?;
                return Some(Tensor::scalar(device, s.row.value(&s.args, at.progress) as f32));
            }
            if replaced.contains(&name) { tensors.remove(name) } else { tensors.get(name).cloned() }
        };
        exe.run_with(&self.device, batch, &mut inputs, at.key, self.options)
    }

    /// Runs one training step of a player and returns the numbers it reports. What it updated is kept, or added to `later`, if that is
    /// there, for [`Session::put`].
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn step(
        &mut self,
        player: &str,
        batch: &Minibatch,
        at: At,
        later: Option<&mut Moved>,
    ) -> Result<Vec<(String, f32)>, ExecError> {
        let outputs = self.run(&format!("step.{player}"), batch.n, &batch.data, at, later.is_none())?;
        let (mut numbers, mut moved) = (Vec::new(), Moved::default());
        for (name, t) in outputs {
            if let Some(path) = name.strip_prefix("param:").or_else(|| name.strip_prefix("state:")) {
                moved.tensors.insert(path.to_string(), t);
            } else if let Some(path) = name.strip_prefix("block:") {
                let rows = self
                    .tables
                    .get(path)
                    .and_then(|table| batch.rows.get(table.item))
                    .cloned()
                    .unwrap_or_default();
                moved.rows.push((path.to_string(), rows, t.to_f32()));
            } else {
                numbers.push((name, t.to_f32().first().copied().unwrap_or(f32::NAN)));
            }
        }
        match later {
            Some(later) => {
                later.tensors.extend(moved.tensors);
                later.rows.extend(moved.rows);
            }
            None => self.put(moved),
        }
        Ok(numbers)
    }

    /// Keeps what a step updated.
    pub fn put(&mut self, moved: Moved) {
        self.tensors.extend(moved.tensors);
        for (path, rows, values) in moved.rows {
            if let Some(table) = self.tables.get_mut(&path) {
                table.put(&rows, &values);
            }
        }
        self.inferred.clear();
    }

    /// All tensors as they are stored.
    pub fn snapshot(&self) -> BTreeMap<(Group, String), Stored> {
        let leaf = |path: &str| self.compiled.leaves.iter().any(|l| l.path == path && l.trainable);
        let trainable = |path: &str| leaf(path) || self.compiled.blocks.iter().any(|b| b.path == path);
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
            let (group, name) = match path.split_once('.') {
                Some(("opt", rest)) if !trainable(path) => (Group::Optimizer, rest.to_string()),
                Some(("ema", rest)) if !trainable(path) => (Group::Ema, rest.to_string()),
                Some(_) | None if trainable(path) => (Group::Param, path.clone()),
                Some(_) | None => (Group::State, path.clone()),
            };
            out.insert((group, name), stored);
        }
        out
    }

    /// Puts a snapshot back.
    ///
    /// # Errors
    /// A sentence that names the first parameter that is missing or has other axes than the spec says.
    pub fn restore(&mut self, c: &Checkpoint) -> Result<(), String> {
        self.clear();
        let mut tables: BTreeMap<String, (usize, Vec<usize>)> =
            self.declared_tables().into_iter().map(|(p, item, event)| (p, (item, event))).collect();
        for ((group, name), t) in &c.tensors {
            let path = match group {
                Group::Param | Group::State => name.clone(),
                Group::Optimizer => format!("opt.{name}"),
                Group::Ema => format!("ema.{name}"),
            };
            match tables.remove(&path) {
                Some((item, event)) => {
                    let n = self.sets.get(item).map_or(0, |p| p.train.n);
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
        if let Some(b) = self.compiled.blocks.iter().find(|b| !self.tables.contains_key(&b.path)) {
            return Err(format!("the checkpoint has no `{}`", b.path));
        }
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
        self.fill();
        Ok(())
    }

    /// Replaces the parameters by their averages, where there are any (evaluation and queries use these).
    pub fn use_averages(&mut self) {
        let averages: Vec<(String, Tensor)> = self
            .tensors
            .iter()
            .filter_map(|(n, t)| Some((n.strip_prefix("ema.")?.to_string(), t.clone())))
            .collect();
        if !averages.is_empty() {
            self.tensors.extend(averages);
            self.inferred.clear();
        }
    }

    /// Runs `f` with the averages in place of the parameters, as [`Session::use_averages`], and puts the parameters back.
    pub fn with_averages<T>(&mut self, f: impl FnOnce(&mut Session) -> T) -> T {
        let kept: Vec<(String, Tensor)> = self
            .tensors
            .keys()
            .filter_map(|n| n.strip_prefix("ema."))
            .filter_map(|n| Some((n.to_string(), self.tensors.get(n)?.clone())))
            .collect();
        self.use_averages();
        let out = f(self);
        if !kept.is_empty() {
            self.tensors.extend(kept);
            self.inferred.clear();
        }
        out
    }

    /// The data variables a program reads.
    pub fn data_inputs(&self, program: &str) -> Vec<String> {
        let Some(e) = self.executables.get(program) else { return Vec::new() };
        e.graph()
            .nodes
            .iter()
            .filter_map(|n| {
                if let Op::Input(i) = &n.op { (i.role == Role::Data).then(|| i.name.clone()) } else { None }
            })
            .collect()
    }

    /// What a program that draws is conditioned on, for draws `from .. from + n`: the classes in turn, other variables from the
    /// test part (the training part where there is none).
    pub fn conditions(&self, program: &str, from: usize, n: usize) -> Batch {
        let wanted = self.data_inputs(program);
        let mut out = Batch::new();
        for (item, set) in self.typed.data.iter().zip(&self.sets) {
            let part = if set.test.n > 0 { &set.test } else { &set.train };
            for (v, column) in item.vars.iter().zip(&part.columns).filter(|(v, _)| wanted.contains(&v.name)) {
                let t = match v.ty.kind {
                    Kind::Class(k) if v.ty.shape.is_empty() && k > 0 => {
                        let classes = (from..from + n).map(|i| (i % k) as f32).collect();
                        Tensor::from_f32(&self.device, classes, &[n])
                    }
                    Kind::Class(_) | Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) => {
                        let rows: Vec<usize> = (from..from + n).collect();
                        self.rows(column, part.n, &rows)
                    }
                };
                out.insert(v.name.clone(), t);
            }
        }
        out
    }

    /// Rows `rows` of every variable, uploaded, with the blocks of these data (of the test part: where they have been inferred). Items are
    /// read at the same rows; an index past an item's end wraps around.
    pub fn batch(&self, test: bool, rows: &[usize]) -> Batch {
        let mut out = Batch::new();
        for (item, set) in self.typed.data.iter().zip(&self.sets) {
            let part = if test { &set.test } else { &set.train };
            for (v, column) in item.vars.iter().zip(&part.columns) {
                out.insert(v.name.clone(), self.rows(column, part.n, rows));
            }
        }
        for (path, table) in if test { &self.inferred } else { &self.tables } {
            out.extend(table.rows(&self.device, rows).map(|t| (path.clone(), t)));
        }
        out
    }

    /// Test examples as [`Session::batch`] gives them, but what a program would draw anew in each run (`binarize: dynamic`) is drawn here,
    /// once for each row and seed. An average over several runs, log (1/K) Σ p(x, z) / q(z | x), is a bound only for one and the same x.
    pub fn fixed_batch(&self, rows: &[usize], seed: u64) -> Batch {
        let mut out = self.batch(true, rows);
        for item in self.typed.data.iter().filter(|d| d.dynamic) {
            let Some((v, t)) = item.vars.first().and_then(|v| Some((v, out.get(&v.name)?))) else { continue };
            let (shape, mut values) = (t.shape().to_vec(), t.to_f32());
            for (row, x) in rows.iter().zip(values.chunks_mut(v.ty.size().max(1))) {
                let u = random::values(
                    RandomKind::Uniform,
                    RngKey { seed, step: 1 << 56 | *row as u64 },
                    random::salt(&v.name),
                    0,
                    x.len(),
                );
                x.iter_mut().zip(u).for_each(|(x, u)| *x = f32::from(u8::from(u < *x)));
            }
            let name = v.name.clone();
            out.insert(name, Tensor::from_f32(&self.device, values, &shape));
        }
        out
    }

    /// Rows of one column as a tensor `[rows, ..event]`.
    pub fn rows(&self, column: &gmc_compiler::rows::data::Column, n: usize, rows: &[usize]) -> Tensor {
        let size = column.ty.size();
        let mut values = Vec::with_capacity(rows.len() * size);
        for r in rows {
            let r = if n == 0 { 0 } else { r % n };
            values.extend_from_slice(column.values.get(r * size..(r + 1) * size).unwrap_or(&[]));
        }
        let mut shape = vec![rows.len()];
        shape.extend(&column.ty.shape);
        Tensor::from_f32(&self.device, values, &shape)
    }
}

impl Default for At {
    fn default() -> At {
        At {
            key: RngKey { seed: 0, step: 0 },
            progress: Progress { step: 0, total: 1, per_epoch: 1 },
            update: 1,
        }
    }
}

/// Splits a loaded set: its own test part, the fractions the spec asks for, or one tenth.
pub fn parts(set: Dataset, split: &[(String, f64)]) -> Parts {
    let wanted = split
        .iter()
        .find(|(n, _)| n == "test")
        .map(|s| s.1)
        .or_else(|| split.iter().find(|(n, _)| n == "train").map(|s| 1.0 - s.1));
    match (set.test, wanted) {
        (Some(test), None) => Parts { train: set.train, test },
        (_, wanted) => {
            let n = set.train.n;
            let held = ((n as f64 * wanted.unwrap_or(0.1)).round() as usize)
                .clamp(usize::from(n > 1), n.saturating_sub(1));
            let cut = |from: usize, to: usize| Part {
                n: to - from,
                columns: set
                    .train
                    .columns
                    .iter()
                    .map(|c| {
                        let size = c.ty.size();
                        gmc_compiler::rows::data::Column {
                            ty: c.ty.clone(),
                            values: c.values.get(from * size..to * size).unwrap_or(&[]).to_vec(),
                        }
                    })
                    .collect(),
            };
            Parts { train: cut(0, n - held), test: cut(n - held, n) }
        }
    }
}
