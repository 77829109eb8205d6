//! What the tests of rows share: running a graph in f64 with seeded draws, default arguments, numerical integration.

use gmc_compiler::ir::interp::{Env, run};
use gmc_compiler::ir::tensor::Tensor64;
use gmc_compiler::ir::{Graph, RandomKind};
use gmc_compiler::rows::args::{Args, Const, ParamSpec};
use std::collections::BTreeMap;
use std::f64::consts::{FRAC_PI_2, TAU};

/// splitmix64 (Steele, Lea and Flood 2014), as uniforms on (0, 1).
pub struct Rng(pub u64);

impl Rng {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 + 0.5 / (1u64 << 53) as f64
    }
    /// Box and Muller 1958.
    pub fn normal(&mut self) -> f64 {
        let r = (-2.0 * self.uniform().ln()).sqrt();
        r * (TAU * self.uniform()).cos()
    }
}

pub fn draws(kind: RandomKind, stream: u32, n: usize) -> Vec<f64> {
    let mut rng = Rng(u64::from(stream) * 1_000_003 + 17);
    match kind {
        RandomKind::Uniform => (0..n).map(|_| rng.uniform()).collect(),
        RandomKind::Normal => (0..n).map(|_| rng.normal()).collect(),
    }
}

/// Runs the graph; outputs in their order.
pub fn evaluate(g: &Graph, batch: usize, inputs: &[(String, Tensor64)]) -> Vec<Tensor64> {
    let inputs: BTreeMap<String, Tensor64> = inputs.iter().cloned().collect();
    match run(g, &Env { batch, inputs, random: &draws }) {
        Ok(outputs) => outputs.into_iter().map(|(_, t)| t).collect(),
        Err(why) => panic!("graph `{}`: {why}", g.name),
    }
}

/// A tensor.
pub fn tensor(dims: &[usize], data: &[f64]) -> Tensor64 {
    match Tensor64::new(dims, data.to_vec()) {
        Ok(t) => t,
        Err(why) => panic!("{why}"),
    }
}

/// A default as the binder reads it, for the kinds of default that rows of maps, optimizers and schedules have.
fn parse(text: &str) -> Const {
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        return Const::List(inner.split(',').map(|t| parse(t.trim())).collect());
    }
    match text.parse::<f64>() {
        Ok(x) => Const::Num(x),
        Err(_) => Const::Word(text.into()),
    }
}

/// Bound arguments: what is given, else the defaults.
pub fn bind(params: &'static [ParamSpec], given: &[(&str, Const)]) -> Args {
    let mut args = Args { declared: params, ..Args::default() };
    for p in params {
        let value = match (given.iter().find(|(n, _)| *n == p.name), p.default) {
            (Some((_, v)), _) => v.clone(),
            (None, Some("")) => continue,
            (None, Some(d)) => parse(d),
            (None, None) => panic!("`{}` must be given", p.name),
        };
        args.values.push((p.name, value, args.span));
    }
    for (name, _) in given {
        assert!(params.iter().any(|p| p.name == *name), "no argument `{name}`");
    }
    args
}

/// Where one number ranges over.
#[derive(Clone, Copy, Debug)]
pub enum Line {
    Reals,
    Positive,
    Below(f64),
    Between(f64, f64),
}

/// Nodes and weights of a double exponential rule (Takahasi and Mori 1974), ascending.
pub fn quadrature(line: Line) -> Vec<(f64, f64)> {
    quadrature_by(line, 1.0 / 512.0)
}

/// The same with steps of `h` in the variable of the rule.
pub fn quadrature_by(line: Line, h: f64) -> Vec<(f64, f64)> {
    let reach = match line {
        Line::Reals | Line::Positive | Line::Below(_) => 4.2,
        Line::Between(..) => 3.1,
    };
    let n = (reach / h) as i64;
    let mut all = Vec::new();
    for i in -n..=n {
        let t = i as f64 * h;
        let (s, ds) = (FRAC_PI_2 * t.sinh(), FRAC_PI_2 * t.cosh());
        all.push(match line {
            Line::Reals => (s.sinh(), h * ds * s.cosh()),
            Line::Positive => (s.exp(), h * ds * s.exp()),
            Line::Below(b) => (b - (-s).exp(), h * ds * (-s).exp()),
            Line::Between(a, b) => {
                let u = 1.0 / (1.0 + (-2.0 * s).exp());
                (a + (b - a) * u, h * (b - a) * 2.0 * ds * u / (1.0 + (2.0 * s).exp()))
            }
        });
    }
    all
}

/// |a - b| <= tol (1 + |b|)
pub fn assert_close(what: &str, a: f64, b: f64, tol: f64) {
    assert!((a - b).abs() <= tol * (1.0 + b.abs()), "{what}: {a} where {b} was expected");
}
