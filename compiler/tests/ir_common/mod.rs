//! What the IR tests share: random numbers, random tensors, running a graph.

pub mod random;

use gmc_compiler::ir::interp::run;
use gmc_compiler::ir::*;
use std::collections::BTreeMap;

/// The batch that tests run at.
pub const BATCH: usize = 3;

/// splitmix64 (Steele, Lea & Flood 2014).
pub struct Rng(pub u64);

impl Rng {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// Uniform on (0, 1).
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
    pub fn tensor(&mut self, dims: &[usize], from: f64, to: f64) -> Tensor64 {
        Tensor64::from_fn(dims, |_| from + (to - from) * self.uniform())
    }
}

/// Draws that depend only on kind and stream, in (0, 1) for both kinds.
pub fn draws(kind: RandomKind, stream: u32, n: usize) -> Vec<f64> {
    let mut rng = Rng(u64::from(stream) * 7919 + if kind == RandomKind::Normal { 1 } else { 2 });
    (0..n).map(|_| rng.uniform()).collect()
}

pub fn evaluate(g: &Graph, inputs: &BTreeMap<String, Tensor64>) -> BTreeMap<String, Tensor64> {
    let env = Env { batch: BATCH, inputs: inputs.clone(), random: &draws };
    match run(g, &env) {
        Ok(outputs) => outputs.into_iter().collect(),
        Err(why) => panic!("{why}\n{}", text::print(g)),
    }
}

/// Checks `|a - b| <= tol (1 + |b|)` elementwise.
pub fn assert_close(what: &str, a: &Tensor64, b: &Tensor64, tol: f64) {
    assert_eq!(a.dims, b.dims, "{what}");
    for (i, (x, y)) in a.data.iter().zip(&b.data).enumerate() {
        let same = x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= tol * (1.0 + y.abs());
        assert!(same, "{what}: element {i} is {x}, not {y}");
    }
}

/// Central differences of output `of` (rank 0) in input `name`.
pub fn differences(g: &Graph, inputs: &BTreeMap<String, Tensor64>, of: &str, name: &str, h: f64) -> Tensor64 {
    let x = inputs[name].clone();
    Tensor64::from_fn(&x.dims, |i| {
        let at = |d: f64| {
            let mut moved = inputs.clone();
            let t = moved.get_mut(name).expect("the input exists");
            t.data[i] += d;
            evaluate(g, &moved)[of].data[0]
        };
        (at(h) - at(-h)) / (2.0 * h)
    })
}
