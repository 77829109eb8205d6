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
mod builder;
pub mod builtin;
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
pub mod objective;
pub mod optimizer;
pub mod order;
pub mod safetensors;
pub mod schedule;
pub mod setting;
mod value;

use args::ParamSpec;
pub use bijection::{
    Bijection, BijectionRow, CheckedBijection, Direction, FlowChain, FlowLayer, Jacobian, Moved, add_log_dets,
};
pub use builder::{Builder, Env, Looped, LowerCx, ParamDecl};
pub use constraint::ConstraintRow;
pub use corruption::CorruptionRow;
pub use distribution::{DistEvent, DistParam, DistRow, FormRow};
pub use estimator::EstimatorRow;
pub use function::FnRow;
pub use init::Init;
pub use layer::{
    Block, BlockUse, Causality, Chain, ChainCx, ChainLayer, Checked, Field, Layer, LayerRow, Reads, Unread,
};
pub use map::{MapInverse, MapRow};
pub use measure::MeasureRow;
pub use objective::ObjectiveRow;
pub use optimizer::OptimizerRow;
pub use order::OrderRow;
pub use schedule::{Progress, ScheduleRow};
pub use setting::SettingRow;
pub use value::{DynEq, Shared};

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
        .chain(of("objective", objective::ROWS, |r| r))
        .chain(of("built in", builtin::ROWS, |r| r))
        .chain(of("corruption", corruption::ROWS, |r| r))
        .chain(of("optimizer", optimizer::ROWS, |r| r))
        .chain(of("schedule", schedule::ROWS, |r| r))
        .chain(of("weight constraint", constraint::ROWS, |r| r))
        .chain(of("order of a site", order::ROWS, |r| r))
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
