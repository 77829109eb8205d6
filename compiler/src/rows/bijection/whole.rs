//! A whole flow as a layer of another one, with which it shares its parameters.

use super::{Bijection, CheckedBijection, Direction, FlowChain, Moved};
use crate::event::EventTy;
use crate::ir::Ex;
use crate::rows::{Env, LowerCx, Shared};
use std::rc::Rc;

#[derive(Debug, PartialEq)]
struct Whole {
    name: String,
    chain: FlowChain,
}

impl Bijection for Whole {
    fn run<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, to: Direction) -> Moved<'g> {
        let env = Env { path: self.name.clone(), given: cx.all_given() };
        self.chain.run(cx.elsewhere(&env), x, to)
    }
    fn again(&self, to: Direction) -> usize {
        self.chain.again(to)
    }
}

/// The flow of this name as a layer that ends at `out`. Its layers read the `given` values of the flow around it.
pub fn checked(name: &str, out: &EventTy, chain: &FlowChain) -> CheckedBijection {
    CheckedBijection {
        out: out.clone(),
        params: Vec::new(),
        jacobian: chain.jacobian(),
        identity_dims: chain.identity_dims(),
        bijection: Shared(Rc::new(Whole { name: name.into(), chain: chain.clone() })),
    }
}
