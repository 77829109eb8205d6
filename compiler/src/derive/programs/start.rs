//! `start`: initial values that depend on data.

use super::Model;
use crate::derive::lower::Ctx;
use crate::derive::program::Made;
use crate::derive::{Output, Program};
use crate::types::{Density, Typed};
use std::collections::BTreeMap;

/// The first data run backwards through the flows of a model with an exact density. `None` where no layer asks for them.
pub(super) fn program(typed: &Typed, (i, m): Model<'_>) -> Option<Made> {
    if m.guide || !matches!(m.density, Density::Exact { .. }) {
        return None;
    }
    let mut ctx = Ctx::new(typed, Program::Start, false);
    ctx.cx.starts = Some(BTreeMap::new());
    ctx.log_likelihood(i);
    let starts = ctx.cx.starts.take().unwrap_or_default();
    for (path, v) in &starts {
        ctx.output(Output::Param(path.clone()), *v);
    }
    (!starts.is_empty()).then(|| ctx.finish())
}
