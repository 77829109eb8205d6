//! Every distribution at extreme parameters, as the runtime computes it.

#[path = "../../tests/extremes/harness.rs"]
mod harness;

use gmc_compiler::ir::graph::Graph;
use gmc_runtime::exec::{DeviceChoice, Executable, RngKey, Tensor, open};
use harness::Given;

fn run(g: &Graph, batch: usize, given: &Given) -> Vec<Vec<f32>> {
    let device = open(DeviceChoice::Cpu).unwrap();
    let mut give = |name: &str| {
        let (dims, x) = given.get(name)?;
        Some(Tensor::from_f32(&device, x.clone(), dims))
    };
    let out = Executable::new(g).run(&device, batch, &mut give, RngKey { seed: 7, step: 1 }).unwrap();
    out.iter().map(|(_, t)| t.to_f32()).collect()
}

harness::every_extreme!(run);
