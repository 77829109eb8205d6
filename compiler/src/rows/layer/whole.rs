//! A whole net as a layer of another one, with which it shares its parameters.

use super::{Causality, Chain, Checked, Layer, LowerCx, Reads};
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::{Env, Shared};
use std::rc::Rc;

/// A net of one input.
#[derive(Debug, PartialEq)]
struct Whole {
    name: String,
    /// The name of its input, by which its layers may read it.
    input: String,
    chain: Chain,
}

impl Layer for Whole {
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let env = Env { path: self.name.clone(), given: [(self.input.clone(), x.v)].into() };
        self.chain.lower(cx.elsewhere(&env), x)
    }
    fn reads(&self, said: Causality) -> Reads {
        // By name a layer may read more of the input than the chain hands on.
        if said == Causality::Global { Reads::All } else { self.chain.reads() }
    }
    fn blocks(&self) -> Vec<&Chain> {
        vec![&self.chain]
    }
}

/// The net of this name, as a layer that yields `out`; `input` is the name of what it reads.
pub fn checked(name: &str, input: &str, out: &[EventTy], chain: &Chain) -> Checked {
    let by_name = chain.causality_in(input).unwrap_or(Causality::Strict);
    Checked {
        out: out.to_vec(),
        params: Vec::new(),
        causality: chain.causality().worse(by_name),
        given: Vec::new(),
        mixes_batch: chain.mixes_batch(),
        twice_differentiable: chain.twice_differentiable(),
        layer: Shared(Rc::new(Whole { name: name.into(), input: input.into(), chain: chain.clone() })),
    }
}
