//! What a net makes of data, by itself.

use crate::derive::lower::Ctx;
use crate::derive::{Output, Program, nets};
use crate::ir::{Graph, optimise};
use crate::types::Typed;

/// What the last layer of a net reads is given out under this name.
pub const FEATURES: &str = "features";

/// The program that runs a net of one input on the data of a variable: what comes out ([`Output::Code`] by the name of the net), and what its last layer
/// makes that of ([`FEATURES`]). `None` where there is no such net, or one of several inputs or outputs.
pub fn net(typed: &Typed, name: &str, variable: &str) -> Option<Graph> {
    let i = typed.nets.iter().position(|n| n.name == name && n.inputs.len() == 1 && n.outs.len() == 1)?;
    let mut ctx = Ctx::new(typed, Program::Encode, false);
    let x = ctx.data(variable);
    let out = ctx.net_on(i, vec![x]).first().copied()?;
    ctx.output(Output::Code(name.to_string()), out);
    if let Some(features) = nets::features(&mut ctx.cx, typed.nets.get(i)?, &[x]) {
        ctx.output(Output::Code(FEATURES.to_string()), features);
    }
    Some(optimise::optimise(&ctx.finish().1))
}
