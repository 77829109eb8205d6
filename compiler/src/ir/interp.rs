//! The reference interpreter: every op by its f64 meaning, one after the other. For tests and constant folding only.

use super::graph::Graph;
use super::op::{Op, RandomKind};
use super::tensor::Tensor64;
use std::collections::BTreeMap;

/// What a graph is run with.
pub struct Env<'a> {
    /// The batch size B.
    pub batch: usize,
    /// Inputs by name.
    pub inputs: BTreeMap<String, Tensor64>,
    /// `random(kind, stream, n)` gives n draws.
    pub random: &'a dyn Fn(RandomKind, u32, usize) -> Vec<f64>,
}

/// Runs the graph and returns its outputs in order.
///
/// # Errors
/// A missing or misshapen input, an index out of range, a broken graph.
pub fn run(graph: &Graph, env: &Env) -> Result<Vec<(String, Tensor64)>, String> {
    let mut values: Vec<Tensor64> = Vec::with_capacity(graph.nodes.len());
    let mut results: BTreeMap<super::Value, Vec<Tensor64>> = BTreeMap::new();
    for (i, node) in graph.nodes.iter().enumerate() {
        let args: Option<Vec<&Tensor64>> = node.args.iter().map(|a| values.get(a.0 as usize)).collect();
        let args = args.ok_or_else(|| format!("%{i} uses a value that is defined later"))?;
        let rule = node.op.rule();
        let value = match (&node.op, node.args.first().and_then(|a| results.get(a))) {
            (Op::Loop(l), _) => l.run(&args, env).and_then(|made| {
                let first = made.first().cloned().ok_or("carries nothing")?;
                results.insert(super::Value(i as u32), made);
                Ok(first)
            }),
            (Op::LoopResult(r), Some(made)) => made.get(r.k).cloned().ok_or_else(|| "is no result".into()),
            _ => rule.eval(&args, env),
        };
        let value = value.map_err(|why| format!("%{i} = {}: {why}", rule.name()))?;
        if value.dims != node.ty.shape.at(env.batch) {
            return Err(format!(
                "%{i} = {}: computed {:?} where {} was declared",
                rule.name(),
                value.dims,
                node.ty
            ));
        }
        values.push(value);
    }
    let output = |(name, v): &(String, super::Value)| {
        values
            .get(v.0 as usize)
            .map(|t| (name.clone(), t.clone()))
            .ok_or_else(|| format!("output `{name}` is not defined"))
    };
    graph.outputs.iter().map(output).collect()
}
