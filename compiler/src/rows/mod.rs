//! Rows: one file a concept. A row says everything about its concept; the checker, the lowering, `gmc explain`, the reference
//! and "did you mean" only read rows. Each kind of row is a trait and a list `ROWS` in the `mod.rs` of its folder.
//!
//! To add a distribution, layer, bijection, map, optimizer, schedule or data source: one file, one `mod` line with its
//! entry in `ROWS`.

/// Declares a row by what it says about itself: the documentation comment is what `gmc explain NAME` prints, then the name in
/// the language, then its compile-time arguments, if it has any.
///
/// ```text
/// row! {
///     /// Adaptive moments. (Kingma and Ba 2015, algorithm 1.)
///     pub struct Adam = "adam" [lr("1e-3"), BETAS, eps("1e-8"), L2];
/// }
/// ```
macro_rules! row {
    ($(#[doc = $doc:literal])+ $vis:vis struct $Row:ident = $name:literal $([$($param:expr),+ $(,)?])?;) => {
        $(#[doc = $doc])+
        $vis struct $Row;
        impl $crate::rows::Row for $Row {
            fn name(&self) -> &'static str {
                $name
            }
            fn doc(&self) -> &'static str {
                concat!($($doc, "\n"),+)
            }
            $(fn params(&self) -> &'static [$crate::rows::args::ParamSpec] {
                const PARAMS: &[$crate::rows::args::ParamSpec] = &[$($param),+];
                PARAMS
            })?
        }
    };
}

pub mod args;
pub mod bijection;
pub mod constraint;
pub mod corruption;
pub mod data;
pub mod distribution;
pub mod estimator;
pub mod function;
pub mod init;
pub mod layer;
pub mod map;
pub mod measure;
pub mod optimizer;
pub mod reference;
pub mod schedule;
pub mod setting;

use crate::ir::{Dim, Graph, Shape, Value};
use args::ParamSpec;
pub use bijection::{BijFn, BijectionRow, CheckedBijection, FlowChain, FlowLayer, Jacobian, add_log_dets};
pub use constraint::ConstraintRow;
pub use corruption::CorruptionRow;
pub use distribution::{DistEvent, DistParam, DistRow, FormRow};
pub use estimator::EstimatorRow;
pub use function::FnRow;
pub use init::Init;
pub use layer::{BlockUse, Causality, Chain, ChainCx, ChainLayer, Checked, LayerFn, LayerRow};
pub use map::{MapInverse, MapRow};
pub use measure::MeasureRow;
pub use optimizer::OptimizerRow;
pub use schedule::{Progress, ScheduleRow};
pub use setting::SettingRow;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

/// What every row says about itself.
pub trait Row: Sync {
    /// The name in the language.
    fn name(&self) -> &'static str;
    /// A few sentences for the reference, as they stand in the source: what it computes, shapes, source of the formula.
    fn doc(&self) -> &'static str;
    /// [`Row::doc`] as running text.
    fn prose(&self) -> String {
        self.doc().split_whitespace().collect::<Vec<_>>().join(" ")
    }
    /// Its compile-time arguments.
    fn params(&self) -> &'static [ParamSpec] {
        &[]
    }
}

/// Every row with what its kind is called, by kind and within a kind in the order of its `ROWS`.
pub fn all() -> Vec<(&'static str, &'static dyn Row)> {
    fn of<R: Row + ?Sized>(
        kind: &'static str,
        rows: &'static [&'static R],
        row: fn(&'static R) -> &'static dyn Row,
    ) -> impl Iterator<Item = (&'static str, &'static dyn Row)> {
        rows.iter().map(move |r| (kind, row(r)))
    }
    of("distribution", distribution::ROWS, |r| r)
        .chain(of("form of distribution", distribution::FORMS, |r| r))
        .chain(of("layer", layer::ROWS, |r| r))
        .chain(of("layer of a flow", bijection::ROWS, |r| r))
        .chain(of("map", map::ROWS, |r| r))
        .chain(of("function", function::ROWS, |r| r))
        .chain(of("corruption", corruption::ROWS, |r| r))
        .chain(of("optimizer", optimizer::ROWS, |r| r))
        .chain(of("schedule", schedule::ROWS, |r| r))
        .chain(of("weight constraint", constraint::ROWS, |r| r))
        .chain(of("gradient estimator", estimator::ROWS, |r| r))
        .chain(of("data source", data::ROWS, |r| r))
        .chain(of("setting of `train`", setting::ROWS, |r| r))
        .chain(of("item of `eval`", measure::ROWS, |r| r))
        .collect()
}

/// Finds a row by name.
pub fn find<'a, R: Row + ?Sized>(rows: &'a [&'a R], name: &str) -> Option<&'a R> {
    rows.iter().copied().find(|r| r.name() == name)
}

/// A tensor that belongs to a layer: trained, or kept as state.
#[derive(Clone)]
pub struct ParamDecl {
    /// Name relative to the layer: `weight`. The full path is `net.index.weight`.
    pub name: String,
    /// Axes.
    pub shape: Vec<usize>,
    /// Initial value.
    pub init: Init,
    /// False for running statistics and the like, which the layer updates itself (see [`Builder::set_state`]).
    pub trainable: bool,
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
        Env { path: format!("{}.{name}", self.path), given: self.given.clone() }
    }
}

/// A graph under construction together with what layers need while they are lowered.
pub struct Builder {
    /// The graph.
    pub g: Graph,
    /// Whether layers behave as in training (dropout, batch statistics, corruption).
    pub training: bool,
    params: BTreeMap<String, Value>,
    /// New values of state tensors, by path.
    pub state_updates: BTreeMap<String, Value>,
    /// In the program `start`: values that parameters take from the first data (see [`Builder::start_at`]). `None` elsewhere.
    pub starts: Option<BTreeMap<String, Value>>,
}

impl Builder {
    /// An empty program of this name.
    pub fn new(name: &str, training: bool) -> Builder {
        Builder {
            g: Graph::new(name),
            training,
            params: BTreeMap::new(),
            state_updates: BTreeMap::new(),
            starts: None,
        }
    }
    /// The parameter `name` of the layer at `env`.
    pub fn param(&mut self, env: &Env, name: &str, shape: &[usize]) -> Value {
        self.leaf(&format!("{}.{name}", env.path), shape, crate::ir::Role::Param)
    }
    /// The state tensor `name` of the layer at `env`.
    pub fn state(&mut self, env: &Env, name: &str, shape: &[usize]) -> Value {
        self.leaf(&format!("{}.{name}", env.path), shape, crate::ir::Role::State)
    }
    /// Sets the value that the state tensor takes after this step (ignored outside training).
    pub fn set_state(&mut self, env: &Env, name: &str, value: Value) {
        if self.training {
            let v = self.g.detach(value);
            self.state_updates.insert(format!("{}.{name}", env.path), v);
        }
    }
    /// Makes the parameter `name` of the layer at `env` start at `value` instead of its initial value; later uses read it. Ignored
    /// outside the program `start`.
    pub fn start_at(&mut self, env: &Env, name: &str, value: Value) {
        let path = format!("{}.{name}", env.path);
        if let Some(starts) = &mut self.starts {
            starts.insert(path.clone(), value);
            self.override_leaf(&path, value);
        }
    }
    /// A parameter or state tensor by its full path.
    pub fn leaf(&mut self, path: &str, shape: &[usize], role: crate::ir::Role) -> Value {
        if let Some(v) = self.params.get(path) {
            return *v;
        }
        let v = self.g.input(path, role, Shape::fixed(shape));
        self.params.insert(path.to_string(), v);
        v
    }
    /// The rows, `[B, ..shape]`, of the minibatch's data in a table of blocks, by the table's path.
    pub fn block(&mut self, path: &str, shape: &[usize]) -> Value {
        let v = self.g.input(path, crate::ir::Role::Block, Shape::batched(shape));
        self.params.insert(path.to_string(), v);
        v
    }
    /// The parameters, states and blocks read so far, by path.
    pub fn leaves(&self) -> &BTreeMap<String, Value> {
        &self.params
    }
    /// Makes every later use of the parameter at `path` read `v` instead (a constrained or averaged weight).
    pub fn override_leaf(&mut self, path: &str, v: Value) {
        self.params.insert(path.to_string(), v);
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

/// The first axis that these values have together: that of the first which is not the same for every example, else 1.
pub fn lead(g: &Graph, values: &[Value]) -> Dim {
    values
        .iter()
        .filter_map(|v| g.shape(*v).0.first().copied())
        .find(|d| !d.is_one())
        .unwrap_or(Dim::fixed(1))
}
