//! Every distribution at extreme parameters, with each op rounded to f32: what the runtime computes, but for the last digits of its
//! functions. The runtime's own tests run the same reference.

#[path = "../../tests/extremes/harness.rs"]
mod harness;

use crate::rows_common::draws;
use gmc_compiler::ir::interp::Env;
use gmc_compiler::ir::tensor::Tensor64;
use gmc_compiler::ir::{Graph, RandomKind};
use harness::Given;
use std::collections::BTreeMap;

/// Runs a graph with every value rounded to f32.
fn run(g: &Graph, batch: usize, given: &Given) -> Vec<Vec<f32>> {
    let inputs: BTreeMap<String, Tensor64> = given
        .iter()
        .map(|(name, (dims, x))| {
            let data = x.iter().map(|x| f64::from(*x)).collect();
            (name.clone(), Tensor64::new(dims, data).unwrap())
        })
        .collect();
    // Uniform draws of 23 bits, as the runtime's.
    let random = |kind: RandomKind, stream: u32, n: usize| {
        let x = draws(kind, stream, n);
        match kind {
            RandomKind::Uniform => {
                x.iter().map(|u| ((u * 8_388_608.0).floor() + 0.5) / 8_388_608.0).collect()
            }
            RandomKind::Normal => x,
        }
    };
    let env = Env { batch, inputs, random: &random };
    let mut values: Vec<Tensor64> = Vec::new();
    for node in &g.nodes {
        let args: Vec<&Tensor64> = node.args.iter().map(|a| &values[a.0 as usize]).collect();
        values.push(node.op.rule().eval(&args, &env).unwrap().map(|x| f64::from(x as f32)));
    }
    g.outputs.iter().map(|(_, v)| values[v.0 as usize].data.iter().map(|x| *x as f32).collect()).collect()
}

harness::every_extreme!(run);
