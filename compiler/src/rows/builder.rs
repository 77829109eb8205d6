//! A graph under construction, and what layers read and set while they are lowered.

use super::Init;
use crate::ir::outline::{Iteration, Work, outlined};
use crate::ir::{Ex, Graph, Input, Role, Scope, Shape, Step, Turns, Value};
use crate::span::Span;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

/// A tensor that belongs to a layer: trained, or kept as state.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamDecl {
    /// Name relative to the layer: `weight`. The full path is `net.index.weight`.
    pub name: String,
    /// Axes.
    pub shape: Vec<usize>,
    /// Initial value.
    pub init: Init,
    /// False for running statistics and the like, which the layer updates itself (see [`LowerCx::set_state`]).
    pub trainable: bool,
}

impl ParamDecl {
    /// A trained tensor.
    pub fn trained(name: impl Into<String>, shape: &[usize], init: Init) -> ParamDecl {
        ParamDecl { name: name.into(), shape: shape.to_vec(), init, trainable: true }
    }
    /// A tensor that the layer keeps and updates itself.
    pub fn state(name: impl Into<String>, shape: &[usize], init: Init) -> ParamDecl {
        ParamDecl { name: name.into(), shape: shape.to_vec(), init, trainable: false }
    }
    /// Whether it is a trained matrix, or kernel, by which inputs are multiplied.
    pub fn is_weight(&self) -> bool {
        self.trainable && self.shape.len() >= 2 && self.name.ends_with("weight")
    }
    /// The same tensor as one of the part `part` of another layer.
    pub fn inside(self, part: &str) -> ParamDecl {
        ParamDecl { name: format!("{part}.{}", self.name), ..self }
    }
}

/// Where a layer is lowered: its path (`decode.3`), and the values of the surrounding net's or flow's further inputs.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// Path of the layer; parameters are `path.name`.
    pub path: String,
    /// Further inputs of the net, or `given` values of the flow, by name, as `[B, ..event]`.
    pub given: BTreeMap<String, Value>,
}

impl Env {
    /// The environment of a part called `name` of this layer.
    pub fn child(&self, name: &str) -> Env {
        Env { path: self.tensor(name), given: self.given.clone() }
    }
    /// The path of the tensor `name` of this layer.
    fn tensor(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }
}

/// Values by path.
type Paths = BTreeMap<String, Value>;

/// A loop over places that a layer made.
#[derive(Clone, Debug)]
pub struct Looped {
    /// The piece of the spec that made it.
    pub span: Span,
    /// How many places it goes over.
    pub places: usize,
    /// What it does at each.
    pub work: Work,
}

/// A graph under construction together with what layers need while they are lowered.
#[derive(Debug)]
pub struct Builder {
    /// The graph.
    pub g: Graph,
    /// Whether layers behave as in training (dropout, batch statistics, corruption).
    pub training: bool,
    /// Whether what takes many passes may be a loop, through which no derivative passes: in programs that are not differentiated.
    pub loops: bool,
    /// Whether such a loop computes only what each place needs; else everything at every place, which is slow and gives the same.
    pub by_place: bool,
    /// What the loops of layers do at each of their places, in the order in which they were made.
    pub looped: Vec<Looped>,
    leaves: Paths,
    /// New values of state tensors, by path.
    pub state_updates: Paths,
    /// In the program `start`: values that parameters take from the first data (see [`LowerCx::start_at`]). `None` elsewhere.
    pub starts: Option<Paths>,
}

impl Builder {
    /// An empty program of this name.
    pub fn new(name: &str, training: bool) -> Builder {
        Builder {
            g: Graph::new(name),
            training,
            loops: false,
            by_place: true,
            looped: Vec::new(),
            leaves: Paths::new(),
            state_updates: Paths::new(),
            starts: None,
        }
    }
    /// What a layer at `env` is lowered with.
    pub fn at<'g, 'e>(&'g mut self, env: &'e Env) -> LowerCx<'g, 'e> {
        LowerCx {
            scope: Scope::of(&mut self.g),
            training: self.training,
            loops: self.loops,
            by_place: self.by_place,
            looped: Cell::from_mut(&mut self.looped),
            env,
            leaves: Cell::from_mut(&mut self.leaves),
            state_updates: Cell::from_mut(&mut self.state_updates),
            starts: Cell::from_mut(&mut self.starts),
        }
    }
    /// A parameter or state tensor by its full path.
    pub fn leaf(&mut self, path: &str, shape: &[usize], role: Role) -> Value {
        leaf(&mut self.g, &mut self.leaves, path, shape, role)
    }
    /// The rows, `[B, ..shape]`, of the minibatch's data in a table of blocks, by the table's path.
    pub fn block(&mut self, path: &str, shape: &[usize]) -> Value {
        let v = self.g.input(path, Role::PerDatum, Shape::batched(shape));
        self.leaves.insert(path.to_string(), v);
        v
    }
    /// The parameters, states and blocks read so far, by path.
    pub fn leaves(&self) -> &BTreeMap<String, Value> {
        &self.leaves
    }
    /// Makes every later use of the parameter at `path` read `v` instead (a constrained or averaged weight).
    pub fn override_leaf(&mut self, path: &str, v: Value) {
        self.leaves.insert(path.to_string(), v);
    }
}

impl Deref for Builder {
    type Target = Graph;
    fn deref(&self) -> &Graph {
        &self.g
    }
}

impl DerefMut for Builder {
    fn deref_mut(&mut self) -> &mut Graph {
        &mut self.g
    }
}

/// The leaf at `path`; made on first use.
fn leaf(g: &mut Graph, leaves: &mut Paths, path: &str, shape: &[usize], role: Role) -> Value {
    if let Some(v) = leaves.get(path) {
        return *v;
    }
    let v = g.input(path, role, Shape::fixed(shape));
    leaves.insert(path.to_string(), v);
    v
}

/// Does something with what a cell holds.
fn using<T: Default, R>(cell: &Cell<T>, f: impl FnOnce(&mut T) -> R) -> R {
    let mut held = cell.take();
    let r = f(&mut held);
    cell.set(held);
    r
}

/// What a layer is lowered with: the graph, its own tensors, and the further inputs of the net or flow around it.
#[derive(Clone, Copy)]
pub struct LowerCx<'g, 'e> {
    scope: Scope<'g>,
    /// Whether layers behave as in training.
    pub training: bool,
    /// Whether what takes many passes may be a loop (see [`Builder::loops`]).
    pub loops: bool,
    by_place: bool,
    looped: &'g Cell<Vec<Looped>>,
    env: &'e Env,
    leaves: &'g Cell<Paths>,
    state_updates: &'g Cell<Paths>,
    starts: &'g Cell<Option<Paths>>,
}

impl<'g> LowerCx<'g, '_> {
    /// The graph.
    pub fn scope(self) -> Scope<'g> {
        self.scope
    }
    /// A handle of a value of the graph.
    pub fn ex(self, v: Value) -> Ex<'g> {
        self.scope.ex(v)
    }
    /// The layer's parameter `name`.
    pub fn param(self, name: &str, dims: &[usize]) -> Ex<'g> {
        self.leaf(name, dims, Role::Param)
    }
    /// The layer's state tensor `name`, as it was before this step.
    pub fn state(self, name: &str, dims: &[usize]) -> Ex<'g> {
        self.leaf(name, dims, Role::State)
    }
    fn leaf(self, name: &str, dims: &[usize], role: Role) -> Ex<'g> {
        let path = self.env.tensor(name);
        let v = self.scope.with(|g| using(self.leaves, |known| leaf(g, known, &path, dims, role)));
        self.ex(v)
    }
    /// The layer's state tensor `name`, as the uses of the layer before this one in the program leave it.
    pub fn latest_state(self, name: &str, dims: &[usize]) -> Ex<'g> {
        let kept = self.state(name, dims);
        let set = using(self.state_updates, |all| all.get(&self.env.tensor(name)).copied());
        set.map_or(kept, |v| self.ex(v))
    }
    /// Sets the value that the state tensor takes after this step (ignored outside training).
    pub fn set_state(self, name: &str, value: Ex<'g>) {
        if self.training {
            let v = value.detach().v;
            using(self.state_updates, |all| all.insert(self.env.tensor(name), v));
        }
    }
    /// Whether parameters may take their first values from data: in the program `start`.
    pub fn starting(self) -> bool {
        using(self.starts, |s| s.is_some())
    }
    /// Makes the parameter `name` start at `value` instead of its initial value; later uses read it. Ignored outside the program
    /// `start`.
    pub fn start_at(self, name: &str, value: Ex<'g>) {
        let path = self.env.tensor(name);
        using(self.starts, |s| {
            if let Some(starts) = s {
                starts.insert(path.clone(), value.v);
                using(self.leaves, |known| known.insert(path, value.v));
            }
        });
    }
    /// The further input of this name, `[B, ..event]` (or with a first axis of 1, where it is the same for every example).
    ///
    /// # Panics
    /// When there is none: the checker let a layer read what its net or flow does not have.
    pub fn given(self, name: &str) -> Ex<'g> {
        match self.env.given.get(name) {
            Some(v) => self.ex(*v),
            None => panic!("internal: `{name}` was not given to `{}`", self.env.path),
        }
    }
    /// Lowers a part called `name` of this layer.
    pub fn inside<R>(self, name: &str, lower: impl FnOnce(LowerCx<'g, '_>) -> R) -> R {
        lower(self.elsewhere(&self.env.child(name)))
    }
    /// The same program at another layer.
    pub fn elsewhere<'e>(self, env: &'e Env) -> LowerCx<'g, 'e> {
        LowerCx { env, ..self }
    }
    /// The last of the first carried value after `count` iterations, as [`Graph::loop_over`]; the body is lowered where this is, with the same
    /// parameters and further inputs.
    pub fn loop_over(
        self,
        count: usize,
        carried: &[Ex<'g>],
        read: &[Ex<'g>],
        body: impl for<'b> FnOnce(LowerCx<'b, '_>, &[Ex<'b>], &[Ex<'b>], Ex<'b>) -> Vec<Ex<'b>>,
    ) -> Ex<'g> {
        let turns = Turns { count, first: 0, reverse: false };
        let made = self.scan(turns, carried, read, |cx, carried, read, p| Step {
            carried: body(cx, carried, read, p),
            stacked: Vec::new(),
        });
        match made.carried.first() {
            Some(x) => *x,
            None => panic!("internal: a loop carries nothing"),
        }
    }
    /// As [`LowerCx::loop_over`], in either direction, with values that are kept for each position: what all carried values came to last, and
    /// what was kept, `[count, ..]`.
    pub fn scan(
        self,
        turns: Turns,
        carried: &[Ex<'g>],
        read: &[Ex<'g>],
        body: impl for<'b> FnOnce(LowerCx<'b, '_>, &[Ex<'b>], &[Ex<'b>], Ex<'b>) -> Step<Ex<'b>>,
    ) -> Step<Ex<'g>> {
        let carried: Vec<Value> = carried.iter().map(|x| x.v).collect();
        let own = read.len();
        let all: Vec<Value> = read.iter().map(|x| x.v).chain(self.env.given.values().copied()).collect();
        let iteration = |g: &mut Graph, carried: &[Value], all: &[Value], position: Value| {
            let (read, given) = all.split_at(own);
            let given = self.env.given.keys().cloned().zip(given.iter().copied()).collect();
            let env = Env { path: self.env.path.clone(), given };
            let (mut leaves, mut state_updates, mut starts) = (Paths::new(), Paths::new(), None);
            let mut looped = Vec::new();
            let cx = LowerCx {
                scope: Scope::of(g),
                training: self.training,
                loops: self.loops,
                by_place: self.by_place,
                looped: Cell::from_mut(&mut looped),
                env: &env,
                leaves: Cell::from_mut(&mut leaves),
                state_updates: Cell::from_mut(&mut state_updates),
                starts: Cell::from_mut(&mut starts),
            };
            let made = body(cx, &cx.scope.all(carried), &cx.scope.all(read), cx.ex(position));
            let values = |all: Vec<Ex<'_>>| all.into_iter().map(|x| x.v).collect::<Vec<Value>>();
            Step { carried: values(made.carried), stacked: values(made.stacked) }
        };
        // What the body reads by path is what this program reads there.
        let outer = |g: &mut Graph, input: &Input| {
            using(self.leaves, |known| {
                *known
                    .entry(input.name.clone())
                    .or_insert_with(|| g.input(&input.name, input.role, input.shape.clone()))
            })
        };
        let made = self.scope.with(|g| g.loop_with(turns, [&carried, &all], iteration, outer));
        Step { carried: self.scope.all(&made.carried), stacked: self.scope.all(&made.stacked) }
    }
    /// A loop over places whose iteration is written at a stand-in (see [`crate::ir::outline`]), from a first value of what it makes.
    pub fn outlined(self, of: &Iteration<'_>, start: Ex<'g>) -> Ex<'g> {
        let span = self.scope.with(|g| g.at);
        let (made, work) = self.scope.with(|g| outlined(g, of, start.v, self.by_place));
        using(self.looped, |all| all.push(Looped { span, places: of.count, work }));
        self.ex(made)
    }
    /// The further inputs of the net or flow around the layer.
    pub fn all_given(self) -> BTreeMap<String, Value> {
        self.env.given.clone()
    }
    /// The piece of the spec that causes the nodes that follow.
    pub fn caused_by(self, span: Span) {
        self.scope.with(|g| g.at = span);
    }
}
