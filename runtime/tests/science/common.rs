//! Sessions from specs, trained and measured.

use gmc_compiler::derive::Program;
use gmc_compiler::driver::Unit;
use gmc_compiler::ir::interp::{self, Env};
use gmc_compiler::ir::tensor::Tensor64;
use gmc_compiler::ir::{Op, Role};
use gmc_compiler::rows::setting::Seed;
use gmc_runtime::exec::{DeviceChoice, Tensor};
use gmc_runtime::measure::draw;
use gmc_runtime::measure::scores::Score;
use gmc_runtime::session::load;
use gmc_runtime::session::{Batch, Position, Session};
use gmc_runtime::train::Trainer;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A spec of the repository.
pub fn spec(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs").join(format!("{name}.gm"))
}

/// Text of a spec of the repository.
pub fn text(name: &str) -> String {
    std::fs::read_to_string(spec(name)).unwrap_or_else(|e| panic!("{name}.gm: {e}"))
}

/// Compiles, loads the data and draws initial parameters, on the CPU.
pub fn session(text: &str, set: &[(&str, &str)]) -> Session {
    let set: Vec<(String, String)> = set.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    // Weights from files lie beside the specs of the zoo.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/zoo");
    let u = load::unit("test.gm", text, &folder, &set);
    let shown: Vec<&str> = u.diags.iter().map(|d| d.message.as_str()).collect();
    let Unit { typed: Some(typed), compiled: Some(compiled), .. } = u else { panic!("{text}\n{shown:?}") };
    let device = load::device(DeviceChoice::Cpu).unwrap_or_else(|e| panic!("{}", e));
    let mut s = load::session(typed, compiled, device).unwrap_or_else(|e| panic!("{text}\n{}", e));
    let seed = Seed::of(&s.typed.train.settings);
    s.init(seed).unwrap_or_else(|e| panic!("{text}\n{e}"));
    s
}

/// Trains to the end and puts averages in place, as a run does.
pub fn train(s: &mut Session) {
    let mut trainer = Trainer::new(s);
    for step in 0..trainer.total {
        let numbers = trainer.round(s, step).unwrap_or_else(|e| panic!("round {step}: {e}"));
        assert!(numbers.iter().all(|(_, v)| v.is_finite()), "round {step}: {numbers:?}");
    }
    s.use_averages();
}

/// Runs a program of this name outside of training: every output by its name.
pub fn run(s: &mut Session, program: &str, n: usize, data: &Batch) -> Vec<(String, Tensor)> {
    let known = Program::parse(program).unwrap_or_else(|| panic!("no program is called {program}"));
    let outputs = s.run(&known, n, data, Position::default()).unwrap_or_else(|e| panic!("{program}: {e}"));
    outputs.into_iter().map(|(output, t)| (output.to_string(), t)).collect()
}

/// Draws from the first model: name of each output, numbers, axes of a row.
pub fn drawn(s: &mut Session, n: usize, seed: u64) -> Vec<(String, Vec<f32>, Vec<usize>)> {
    let drawn = draw(s, n, seed).unwrap_or_else(|e| panic!("{e}"));
    drawn.into_iter().map(|(output, values, shape)| (output.to_string(), values, shape)).collect()
}

/// The score with this name and unit.
pub fn value(scores: &[Score], name: &str, unit: &str) -> f64 {
    let found = scores.iter().find(|s| s.name.starts_with(name) && s.unit == unit);
    found.unwrap_or_else(|| panic!("no `{name}` [{unit}] among {scores:?}")).value.0
}

/// Whether MNIST is there; says so where it is not.
pub fn mnist() -> bool {
    let found = std::env::var_os("GMC_DATA").is_some_and(|d| Path::new(&d).join("mnist").is_dir());
    if !found {
        println!("skipped: no MNIST");
    }
    found
}

/// Runs a program of the session in the f64 reference interpreter, with the session's parameters; `data` are rows of every data input.
pub fn interpret(
    s: &Session,
    program: &str,
    data: &BTreeMap<String, Vec<f64>>,
    batch: usize,
) -> BTreeMap<String, Vec<f64>> {
    let graph = &s.compiled.graphs[program];
    let mut inputs = BTreeMap::new();
    for node in &graph.nodes {
        let Op::Input(i) = &node.op else { continue };
        let dims = node.ty.shape.at(batch);
        let values = match i.role {
            Role::Data => data[&i.name].clone(),
            Role::Param | Role::State => s.tensors[&i.name].to_f32().into_iter().map(f64::from).collect(),
            Role::PerDatum => vec![0.0; dims.iter().product()],
            Role::Local => panic!("{program}: `{}` stands outside of a loop", i.name),
            Role::Scalar => vec![0.0],
        };
        inputs.insert(
            i.name.clone(),
            Tensor64::new(&dims, values).unwrap_or_else(|e| panic!("{program}: {}: {e}", i.name)),
        );
    }
    // Dequantisation noise at the middle of its range; nothing else is drawn by the programs that are run here.
    let env = Env { batch, inputs, random: &|_, _, n| vec![0.5; n] };
    let out = interp::run(graph, &env).unwrap_or_else(|e| panic!("{program}: {e}"));
    out.into_iter().map(|(n, t)| (n, t.data)).collect()
}
