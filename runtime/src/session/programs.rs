//! Programs ready to run, and what a run gives.

use crate::exec::{Executable, Tensor};
use gmc_compiler::derive::{Input, Output, Program, Programs};
use gmc_compiler::ir::{Graph, Role};
use std::collections::HashMap;

/// A program ready to run.
pub struct Prepared {
    /// Its graph, planned.
    pub exe: Executable,
    /// Its inputs that are neither data nor parameters nor states, by their names.
    pub scalars: HashMap<String, Input>,
    /// Paths of the parameters and states that it gives anew.
    pub replaced: Vec<String>,
}

impl Prepared {
    fn new(exe: Executable) -> Prepared {
        let scalars = exe
            .inputs()
            .filter(|i| i.role == Role::Scalar)
            .filter_map(|i| Some((i.name.clone(), Input::parse(&i.name)?)))
            .collect();
        let outputs = exe.graph().outputs.iter().filter_map(|(name, _)| Output::parse(name));
        let replaced = outputs.filter_map(whole_tensor).collect();
        Prepared { scalars, replaced, exe }
    }
}

/// The path of a parameter or state that a program gives anew.
pub fn whole_tensor(output: Output) -> Option<String> {
    if let Output::Param(path) | Output::State(path) = output { Some(path) } else { None }
}

/// All programs of a spec, ready to run.
pub fn prepared(programs: &Programs) -> HashMap<Program, Prepared> {
    programs.iter().map(|(p, g)| (p.clone(), Prepared::new(Executable::new(g)))).collect()
}

/// One program ready to run.
pub fn ready(graph: &Graph) -> Prepared {
    Prepared::new(Executable::new(graph))
}

/// What a program gave, in its order.
pub struct Outputs(Vec<(Output, Tensor)>);

impl Outputs {
    /// What a run gave, by the names in its graph; what has no name of an output is left out.
    pub fn new(named: Vec<(String, Tensor)>) -> Outputs {
        Outputs(named.into_iter().filter_map(|(name, t)| Some((Output::parse(&name)?, t))).collect())
    }

    /// One output.
    pub fn get(&self, output: &Output) -> Option<&Tensor> {
        self.0.iter().find(|(o, _)| o == output).map(|(_, t)| t)
    }

    /// One output's numbers.
    pub fn numbers(&self, output: &Output) -> Option<Vec<f32>> {
        self.get(output).map(Tensor::to_f32)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &(Output, Tensor)> {
        self.0.iter()
    }
}

impl IntoIterator for Outputs {
    type Item = (Output, Tensor);
    type IntoIter = std::vec::IntoIter<(Output, Tensor)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
