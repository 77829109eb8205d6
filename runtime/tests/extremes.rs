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

#[test]
fn every_row_has_extremes() {
    assert_eq!(harness::missing(), Vec::<String>::new());
}

#[test]
fn densities_entropies_and_divergences_hold_to_five_digits() {
    let (worst, bad) = harness::densities(&run);
    println!("{}", harness::table(&worst));
    assert!(bad.is_empty(), "{} of the entries:\n{}", bad.len(), bad.join("\n"));
}

#[test]
fn draws_follow_the_distribution_functions() {
    let bad = harness::draws(&run);
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
