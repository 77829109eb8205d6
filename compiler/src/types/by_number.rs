//! The things of a typed spec by the numbers that its expressions hold. A number without a thing is a bug of ours, and ends as one: no
//! caller has to say what would then be true.

use super::{TData, TDist, TExpr, TFlow, TModel, TNet, TParam, TSchedule, Typed};
use crate::event::EventTy;
use crate::rows::distribution::DistEvent;
use crate::rows::schedule::Progress;

/// Entry `i` of a list.
///
/// # Panics
/// Where there is none, which is a bug.
#[track_caller]
fn entry<'a, T>(all: &'a [T], i: usize, what: &str) -> &'a T {
    match all.get(i) {
        Some(t) => t,
        None => panic!("internal: there are {} {what}, and number {i} is asked for", all.len()),
    }
}

impl Typed {
    /// Net number `i`.
    #[track_caller]
    pub fn net(&self, i: usize) -> &TNet {
        entry(&self.nets, i, "nets")
    }
    /// Flow number `i`.
    #[track_caller]
    pub fn flow(&self, i: usize) -> &TFlow {
        entry(&self.flows, i, "flows")
    }
    /// Model or guide number `i`.
    #[track_caller]
    pub fn model(&self, i: usize) -> &TModel {
        entry(&self.models, i, "models and guides")
    }
    /// Free parameter number `i`.
    #[track_caller]
    pub fn param(&self, i: usize) -> &TParam {
        entry(&self.params, i, "params")
    }
    /// Schedule number `i`.
    #[track_caller]
    pub fn schedule(&self, i: usize) -> &TSchedule {
        entry(&self.schedules, i, "schedules")
    }
    /// Data item number `i`.
    #[track_caller]
    pub fn item(&self, i: usize) -> &TData {
        entry(&self.data, i, "data items")
    }
    /// Name and value of the `let` number `i` of the train block.
    #[track_caller]
    pub fn bound(&self, i: usize) -> &(String, TExpr) {
        entry(&self.train.lets, i, "`let`s")
    }
}

impl TSchedule {
    /// Its value at this point of the training.
    pub fn value(&self, at: Progress) -> f64 {
        self.row.value(&self.args, at)
    }
}

impl TDist {
    /// The types of its parameters.
    pub fn types(&self) -> Vec<Option<EventTy>> {
        self.params.iter().map(|p| p.as_ref().map(|p| p.ty.clone())).collect()
    }

    /// The event of one draw.
    ///
    /// # Panics
    /// Where its parameters make none, which the checker has ruled out.
    #[track_caller]
    pub fn event(&self) -> DistEvent {
        match self.row.event(&self.types()) {
            Ok(event) => event,
            Err(why) => panic!("internal: `{}` has parameters that do not fit: {why}", self.row.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "internal: there are 0 nets, and number 3 is asked for")]
    fn a_number_without_a_thing_is_a_bug_that_says_so() {
        let _ = Typed::default().net(3);
    }
}
