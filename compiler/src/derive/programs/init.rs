//! `init`: initial values of parameters and states.

use crate::derive::program::{Made, sound};
use crate::derive::{Leaf, Output, Program};
use crate::ir::{Graph, Scope, Shape};

/// The initial values as every leaf says itself.
pub(super) fn program(leaves: &[Leaf]) -> Made {
    let mut g = Graph::new(Program::Init);
    // What comes from a file is never computed.
    for l in leaves.iter().filter(|l| l.given.is_none()) {
        let v = l.init.lower(Scope::of(&mut g), &l.shape).v;
        let v = g.broadcast(v, Shape::fixed(&l.shape));
        let path = l.path.clone();
        g.output(if l.trainable { Output::Param(path) } else { Output::State(path) }, v);
    }
    let g = sound(&Program::Init, g);
    (Program::Init, g)
}
