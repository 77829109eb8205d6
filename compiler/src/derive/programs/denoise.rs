//! `denoise`: a corrupted input and what an autoencoder makes of it, for a picture.

use super::{autoencoder, loss};
use crate::derive::lower::Ctx;
use crate::derive::program::Made;
use crate::derive::{Output, Program};
use crate::types::Typed;

/// Only of payoffs without a model that corrupt what they read.
pub(super) fn program(typed: &Typed) -> Option<Made> {
    if !loss::corrupts(typed) || typed.models.iter().any(|m| !m.guide) {
        return None;
    }
    let of = autoencoder::find(typed).ok()?;
    let mut ctx = Ctx::new(typed, Program::Denoise, false);
    ctx.corrupting = true;
    let clean = autoencoder::estimate(&mut ctx, &of);
    let input = ctx.corrupted.first().copied()?;
    ctx.output(Output::Corrupted(of.variable.into()), input);
    ctx.output(Output::Site(of.variable.into()), clean);
    Some(ctx.finish())
}
