//! Running a graph: one pass over a [`Plan`], handing each value to its last user.

use super::device::Device;
use super::elementwise::{self, Arg};
use super::loops::{self, Place};
use super::plan::{Plan, Unit};
use super::profile::{self, Spent};
use super::random::{self, RngKey};
use super::tensor::Tensor;
use super::{fuse, layout, matmul, moves, reduce, wide};
use gmc_compiler::ir::graph::{Graph, Node};
use gmc_compiler::ir::op::{Input, Logic, Op, Put, Role, Take};
use gmc_compiler::ir::shape::DType;
use gmc_compiler::span::Span;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Why a run failed.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecError {
    /// The caller gave no tensor for an input.
    MissingInput {
        /// The input's name.
        name: String,
    },
    /// The caller gave a tensor of other axes.
    InputShape {
        /// The input's name.
        name: String,
        /// What the graph declares at this batch.
        expected: Vec<usize>,
        /// What came.
        found: Vec<usize>,
    },
    /// The first operation that made an infinity or a NaN of finite arguments (only found with [`RunOptions::check`]).
    NotFinite {
        /// Index of the node in its graph, which is the body of a loop where the operation stands in one.
        node: usize,
        /// The piece of the spec that caused it.
        span: Span,
        /// Name of the operation, as in the text IR.
        op: String,
    },
    /// The data that it was to run on could not be read.
    Data {
        /// What went wrong.
        message: String,
        /// Facts.
        notes: Vec<String>,
        /// The way out.
        help: String,
    },
    /// The graph breaks its own invariants: a bug of the compiler.
    Broken {
        /// What is wrong.
        why: String,
    },
}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExecError::MissingInput { name } => write!(f, "no value for input `{name}`"),
            ExecError::InputShape { name, expected, found } => {
                write!(f, "input `{name}` has shape {found:?}, expected {expected:?}")
            }
            ExecError::NotFinite { node, op, .. } => {
                write!(f, "%{node} = {op} is not finite, though its arguments are")
            }
            ExecError::Data { message, .. } => f.write_str(message),
            ExecError::Broken { why } => write!(f, "internal: {why}"),
        }
    }
}

impl std::error::Error for ExecError {}

/// How to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// Test every value for infinities and NaN, operation by operation. Slow: every value is read back.
    pub check: bool,
    /// Run chains of elementwise operations as one loop where the device is the CPU.
    pub fuse: bool,
    /// Add up the time of every step of the run, for [`Executable::spent`]. On a GPU that is the time to hand it over.
    pub profile: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions { check: false, fuse: true, profile: false }
    }
}

/// A graph prepared for running, on any device, any number of times.
pub struct Executable {
    graph: Graph,
    salt: u64,
    plain: Plan,
    fused: Plan,
    /// The bodies of loops, by the loop's node.
    bodies: BTreeMap<usize, Executable>,
    /// The further results of loops that are read, by the loop's node: their node and the output of the body.
    results: BTreeMap<usize, Vec<(usize, usize)>>,
    /// Tables of the graph that were uploaded, by device and node.
    tables: Mutex<HashMap<(String, usize), Tensor>>,
    /// Time by unit of the fused plan.
    spent: Spent,
}

impl fmt::Debug for Executable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Executable({}, {} nodes, {} units)",
            self.graph.name,
            self.graph.nodes.len(),
            self.fused.units.len()
        )
    }
}

struct Run<'a> {
    exe: &'a Executable,
    plan: &'a Plan,
    device: &'a Device,
    batch: usize,
    at: Setting<'a>,
    values: Vec<Option<Tensor>>,
}

/// With what a graph is run beside its inputs.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub device: &'a Device,
    /// The batch size.
    pub batch: usize,
    pub key: RngKey,
    pub options: RunOptions,
    /// Where it stands in the loops around it.
    pub place: Place,
}

impl Executable {
    /// Prepares a graph. Optimise it before; nothing is simplified here.
    pub fn new(graph: &Graph) -> Executable {
        Executable::of(graph, random::salt(&graph.name))
    }
    /// A graph, or the body of a loop in it, with the salt of the whole program.
    fn of(graph: &Graph, salt: u64) -> Executable {
        let body = |(i, node): (usize, &Node)| {
            if let Op::Loop(l) = &node.op { Some((i, Executable::of(&l.body, salt))) } else { None }
        };
        let mut results: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (i, node) in graph.nodes.iter().enumerate() {
            if let (Op::LoopResult(r), [of]) = (&node.op, node.args.as_slice()) {
                results.entry(of.0 as usize).or_default().push((i, r.k));
            }
        }
        Executable {
            results,
            salt,
            plain: Plan::plain(graph),
            fused: Plan::fused(graph),
            bodies: graph.nodes.iter().enumerate().filter_map(body).collect(),
            graph: graph.clone(),
            tables: Mutex::default(),
            spent: Spent::default(),
        }
    }
    /// The graph it runs.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }
    /// What must be supplied, in the graph's order.
    pub fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.graph.nodes.iter().filter_map(|n| if let Op::Input(i) = &n.op { Some(i) } else { None })
    }
    /// Number of steps of a fused run, and of nodes among them that are not fused: what a change of the planner is measured by.
    pub fn units(&self) -> (usize, usize) {
        (self.fused.units.len(), self.fused.units.iter().filter(|u| matches!(u, Unit::Node(_))).count())
    }

    /// How many runs [`RunOptions::profile`] measured.
    pub fn profiled(&self) -> u64 {
        self.spent.runs()
    }

    /// How long each node took in all runs with [`RunOptions::profile`] on the CPU so far, with its place; a loop is taken apart.
    pub fn spent(&self) -> Vec<(Span, Duration)> {
        let mut found = Vec::new();
        for (node, time) in self.spent.by_node(&self.fused) {
            let inside = self.bodies.get(&node).map_or(Vec::new(), Executable::spent);
            let elsewhere: Duration = inside.iter().map(|(_, t)| *t).sum();
            found.push((profile::place(&self.graph, node), time.saturating_sub(elsewhere)));
            found.extend(inside);
        }
        found
    }

    /// Runs with the default options. See [`Executable::run_with`].
    ///
    /// # Errors
    /// As there.
    pub fn run(
        &self,
        device: &Device,
        batch: usize,
        inputs: &mut dyn FnMut(&str) -> Option<Tensor>,
        key: RngKey,
    ) -> Result<Vec<(String, Tensor)>, ExecError> {
        self.run_with(device, batch, inputs, key, RunOptions::default())
    }

    /// Runs the graph at a batch of `batch` and returns its outputs, in order. `inputs` is asked once for each input that an
    /// output needs, by name; a tensor that it gives away (and keeps no clone of) lends its buffer to the results, so that
    /// parameters are updated in place. All tensors must be on `device`, of the shapes that the graph declares.
    ///
    /// # Errors
    /// A missing or misshapen input; with [`RunOptions::check`], the first value that is not finite.
    pub fn run_with(
        &self,
        device: &Device,
        batch: usize,
        inputs: &mut dyn FnMut(&str) -> Option<Tensor>,
        key: RngKey,
        options: RunOptions,
    ) -> Result<Vec<(String, Tensor)>, ExecError> {
        let at = Setting { device, batch, key, options, place: Place::default() };
        self.run_at(at, inputs)
    }

    /// One run, of which the body of a loop has one for each iteration.
    pub(super) fn run_at(
        &self,
        at: Setting,
        inputs: &mut dyn FnMut(&str) -> Option<Tensor>,
    ) -> Result<Vec<(String, Tensor)>, ExecError> {
        let Setting { device, batch, options, .. } = at;
        let plan = if options.fuse && !options.check && device.is_cpu() { &self.fused } else { &self.plain };
        let mut run = Run { exe: self, plan, at, device, batch, values: vec![None; self.graph.nodes.len()] };
        let mut tainted = vec![false; if options.check { self.graph.nodes.len() } else { 0 }];
        for (u, unit) in plan.units.iter().enumerate() {
            let begun = (options.profile && std::ptr::eq(plan, &raw const self.fused)).then(Instant::now);
            match unit {
                Unit::Node(i) => {
                    let node = self.graph.nodes.get(*i).ok_or_else(|| broken("a unit of no node"))?;
                    let value = run.node(u, *i, node, inputs)?;
                    if options.check {
                        check(*i, node, &value, &mut tainted)?;
                    }
                    run.put(*i, value)?;
                }
                Unit::Fused(kernel) => {
                    let args =
                        kernel.inputs.iter().map(|i| run.take(u, *i)).collect::<Result<Vec<_>, _>>()?;
                    let results = fuse::run(kernel, args, &kernel.shape.at(batch))
                        .ok_or_else(|| broken("a kernel met a value that it cannot read"))?;
                    for (i, value) in kernel.outputs.iter().zip(results) {
                        run.put(*i, value)?;
                    }
                }
            }
            if let Some(begun) = begun {
                self.spent.add(u, begun.elapsed());
            }
        }
        if options.profile {
            self.spent.ran();
        }
        self.graph
            .outputs
            .iter()
            .map(|(name, v)| Ok((name.clone(), run.take(usize::MAX, v.0 as usize)?)))
            .collect()
    }

    /// A table of the graph on a device, uploaded on first use.
    fn table(&self, device: &Device, node: usize, make: impl FnOnce() -> Tensor) -> Tensor {
        let key = (device.info().name.clone(), node);
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.entry(key).or_insert_with(make).clone()
    }
}

pub(super) fn broken(why: impl Into<String>) -> ExecError {
    ExecError::Broken { why: why.into() }
}

/// Reports a value that is not finite although all that it was made of is. Constants may be infinite (masks are); what a loop is
/// handed was tested before, and what it makes in its body.
fn check(i: usize, node: &Node, value: &Tensor, tainted: &mut [bool]) -> Result<(), ExecError> {
    let from = node.args.iter().any(|a| tainted.get(a.0 as usize) == Some(&true));
    if value.dtype() != DType::F || value.to_f32().iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    if let Some(t) = tainted.get_mut(i) {
        *t = true;
    }
    let local = matches!(&node.op, Op::Input(input) if input.role == Role::Local);
    let elsewhere = local || matches!(node.op, Op::Literal(_) | Op::Loop(_) | Op::LoopResult(_));
    if from || elsewhere {
        return Ok(());
    }
    Err(ExecError::NotFinite { node: i, span: node.span, op: node.op.rule().name().into() })
}

impl Run<'_> {
    fn put(&mut self, i: usize, value: Tensor) -> Result<(), ExecError> {
        *self.values.get_mut(i).ok_or_else(|| broken("a value of no node"))? = Some(value);
        Ok(())
    }

    /// The value, given away if `unit` is its last user.
    fn take(&mut self, unit: usize, i: usize) -> Result<Tensor, ExecError> {
        if let Some(Op::Full(f)) = self.exe.graph.nodes.get(i).map(|n| &n.op) {
            return Ok(Tensor::full(self.device, f.value, f.dtype, &f.shape.at(self.batch)));
        }
        let last = self.plan.last_use.get(i).copied().flatten() == Some(unit);
        let slot = self.values.get_mut(i).ok_or_else(|| broken("a value of no node"))?;
        let value = if last { slot.take() } else { slot.clone() };
        value.ok_or_else(|| broken(format!("%{i} is used before it is defined, or after its last use")))
    }

    #[expect(clippy::too_many_lines, reason = "one match over all ops")]
    fn node(
        &mut self,
        unit: usize,
        i: usize,
        node: &Node,
        inputs: &mut dyn FnMut(&str) -> Option<Tensor>,
    ) -> Result<Tensor, ExecError> {
        // An argument given twice is given away once.
        let mut ids: Vec<usize> = node.args.iter().map(|a| a.0 as usize).collect();
        let first = ids.first().copied().unwrap_or(0);
        let graph = &self.exe.graph;
        let numbers = matches!(node.op, Op::Binary(_));
        let mut args: Vec<Arg> = Vec::with_capacity(ids.len());
        while let Some(id) = ids.pop() {
            let arg = match graph.nodes.get(id).map(|n| &n.op) {
                Some(Op::Full(f)) if numbers => Arg::Number(f.value),
                _ if ids.contains(&id) => Arg::Tensor(
                    self.values.get(id).cloned().flatten().map_or_else(|| self.take(usize::MAX, id), Ok)?,
                ),
                _ => Arg::Tensor(self.take(unit, id)?),
            };
            args.push(arg);
        }
        debug_assert!(node.args.is_empty() || first == node.args.first().map_or(0, |a| a.0 as usize));
        let dims = node.ty.shape.at(self.batch);
        let device = self.device;
        let mut args = args.into_iter().rev();
        let mut next = || args.next().ok_or_else(|| broken(format!("%{i} lacks an argument")));
        let rank = dims.len();
        let mut tensor = |dtype: DType| next().map(|a| a.tensor(device, dtype, rank.min(1)));
        Ok(match &node.op {
            Op::Input(input) => self.input(input, inputs)?,
            Op::Full(f) => Tensor::full(device, f.value, f.dtype, &dims),
            Op::Literal(l) => self.exe.table(device, i, || match l.dtype {
                DType::F => Tensor::from_f32(device, l.data.iter().map(|x| *x as f32).collect(), &dims),
                DType::I => Tensor::from_i32(device, l.data.iter().map(|x| *x as i32).collect(), &dims),
                DType::B => {
                    let numbers = Tensor::from_f32(device, l.data.iter().map(|x| *x as f32).collect(), &dims);
                    elementwise::cast(device, numbers, DType::B)
                }
            }),
            Op::Iota(op) => layout::iota(device, &dims, op.axis),
            Op::Random(r) => {
                let stream = (r.stream, self.at.place.iteration);
                let draws =
                    random::values_in(r.kind, self.at.key, self.exe.salt, stream, dims.iter().product());
                Tensor::from_f32(device, draws, &dims)
            }
            Op::Count(c) => Tensor::full(device, c.shape.size(self.batch) as f64, DType::F, &dims),
            Op::Unary(op) => elementwise::unary(device, *op, tensor(DType::F)?),
            Op::Binary(op) => elementwise::binary(device, *op, next()?, next()?, &dims),
            Op::Compare(op) => elementwise::compare(device, *op, tensor(DType::F)?, tensor(DType::F)?, &dims),
            Op::Logic(op) => {
                let a = tensor(DType::B)?;
                let b = if *op == Logic::Not { None } else { Some(tensor(DType::B)?) };
                elementwise::logic(*op, a, b, &dims)
            }
            Op::Select(_) => {
                elementwise::select(tensor(DType::B)?, tensor(DType::F)?, tensor(DType::F)?, &dims)
            }
            Op::Wide(op) => {
                let args = node.args.iter().map(|_| tensor(DType::F)).collect::<Result<Vec<_>, _>>()?;
                wide::run(device, op, args, &dims)
            }
            Op::Cast(op) => elementwise::cast(device, tensor(DType::F)?, op.to),
            Op::Detach(_) => tensor(node.ty.dtype)?,
            Op::Broadcast(_) => tensor(node.ty.dtype)?.expanded(&dims),
            Op::Reduce(op) => reduce::reduce(tensor(DType::F)?, op.kind, &op.axes),
            Op::ArgMax(op) => reduce::argmax(tensor(DType::F)?, op.axis),
            Op::MatMul(_) => matmul::matmul(tensor(DType::F)?, tensor(DType::F)?, &dims),
            Op::Conv2d(op) => reduce::conv2d(tensor(DType::F)?, tensor(DType::F)?, op.0, &dims),
            Op::ConvTranspose2d(op) => {
                reduce::conv_transpose2d(tensor(DType::F)?, tensor(DType::F)?, *op, &dims)
            }
            Op::ConvWeight(op) => {
                reduce::conv_weight(device, tensor(DType::F)?, tensor(DType::F)?, *op, &dims)
            }
            Op::Gather(op) => layout::gather(tensor(DType::F)?, tensor(DType::I)?, op.axis),
            Op::ScatterAdd(op) => {
                layout::scatter_add(device, tensor(DType::I)?, tensor(DType::F)?, op.axis, &dims)
            }
            Op::Take(op) => self.taken(i, op, tensor(node.ty.dtype)?),
            Op::Put(op) => self.put_at(i, op, tensor(DType::F)?, &dims),
            Op::Lookup(_) => layout::lookup(tensor(DType::F)?, tensor(DType::I)?),
            Op::LookupAdd(_) => layout::lookup_add(device, tensor(DType::I)?, tensor(DType::F)?, &dims),
            Op::Reshape(_) => tensor(node.ty.dtype)?.reshaped(&dims),
            Op::Permute(op) => layout::permute(tensor(node.ty.dtype)?, &op.perm),
            Op::Slice(op) => layout::slice(tensor(node.ty.dtype)?, op.axis, op.start, op.len),
            Op::Pad(op) => layout::pad(device, tensor(node.ty.dtype)?, op.axis, op.before, op.after),
            Op::Concat(op) => {
                let parts = node.args.iter().map(|_| tensor(node.ty.dtype)).collect::<Result<Vec<_>, _>>()?;
                layout::concat(parts, op.axis, &dims)
            }
            Op::Loop(op) => {
                let args =
                    node.args.iter().map(|a| tensor(graph.ty(*a).dtype)).collect::<Result<Vec<_>, _>>()?;
                let body = self.exe.bodies.get(&i).ok_or_else(|| broken(format!("%{i} has no body")))?;
                let results = self.exe.results.get(&i).map_or(&[][..], Vec::as_slice);
                let wanted = |k: usize| k == 0 || results.iter().any(|r| r.1 == k);
                let made = loops::run(body, op, self.at, args, &wanted)?;
                for (node, k) in results {
                    if let Some(value) = made.get(*k).cloned().flatten() {
                        self.put(*node, value)?;
                    }
                }
                made.into_iter().next().flatten().ok_or_else(|| broken("a loop carries nothing"))?
            }
            Op::LoopResult(_) => {
                // The loop left it here.
                let value = self.values.get_mut(i).and_then(Option::take);
                value.ok_or_else(|| broken(format!("%{i} is no result of its loop")))?
            }
            Op::DynSlice(op) => {
                loops::dyn_slice(tensor(node.ty.dtype)?, &op.axes, &op.at, self.at.place.position, &dims)
            }
            Op::DynUpdate(op) => {
                let (x, y) = (tensor(node.ty.dtype)?, tensor(node.ty.dtype)?);
                loops::dyn_update(x, y, &op.axes, &op.at, self.at.place.position)
            }
        })
    }

    /// The elements that node `i` takes.
    fn taken(&self, i: usize, op: &Take, x: Tensor) -> Tensor {
        match layout::run_of(&op.indices) {
            Some(start) => layout::slice(x, op.axis, start, op.indices.len()),
            None => match moves::take(&x, op.axis, &op.indices) {
                Some(taken) => taken,
                None => layout::take(x, op.axis, self.indices(i, &op.indices)),
            },
        }
    }

    /// The elements that node `i` puts among zeros.
    fn put_at(&self, i: usize, op: &Put, g: Tensor, dims: &[usize]) -> Tensor {
        match layout::run_of(&op.indices) {
            Some(start) => layout::pad(self.device, g, op.axis, start, op.size - start - op.indices.len()),
            None => match moves::put(&g, op.axis, &op.indices, dims) {
                Some(put) => put,
                None => layout::put(self.device, g, op.axis, self.indices(i, &op.indices), dims),
            },
        }
    }

    fn indices(&self, node: usize, indices: &[usize]) -> Tensor {
        let data = || indices.iter().map(|i| *i as i32).collect();
        self.exe.table(self.device, node, || Tensor::from_i32(self.device, data(), &[indices.len()]))
    }

    fn input(
        &self,
        input: &Input,
        inputs: &mut dyn FnMut(&str) -> Option<Tensor>,
    ) -> Result<Tensor, ExecError> {
        let given =
            inputs(&input.name).ok_or_else(|| ExecError::MissingInput { name: input.name.clone() })?;
        let expected = input.shape.at(self.batch);
        if given.shape() != expected {
            return Err(ExecError::InputShape {
                name: input.name.clone(),
                expected,
                found: given.shape().to_vec(),
            });
        }
        Ok(if given.dtype() == input.dtype {
            given
        } else {
            elementwise::cast(self.device, given, input.dtype)
        })
    }
}
