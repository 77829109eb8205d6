//! Flows on data: what is done to data before a flow sees them is part of the flow, and its log-determinant is counted; scales and shifts
//! start from the first data.

use crate::spec_common::{initial, run, run_with, uniform};
use gmc_compiler::derive::Compiled;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::{Unit, compile};
use gmc_compiler::explain::math;
use gmc_compiler::ir::{Graph, RandomKind, Tensor64};
use gmc_compiler::rows::data::{Host, HostError};
use gmc_compiler::types::Typed;
use std::collections::BTreeMap;
use std::f64::consts::LN_2;

const BATCH: usize = 8;
/// The draw of the noise that is added to every grey level.
const NOISE: f64 = 0.37;

/// A host whose one file is an array of two zero rows of the shape that its name says: `4,4,2`.
struct Arrays;

impl Host for Arrays {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        let shape: Vec<usize> = name.split(',').map(|n| n.parse().unwrap()).collect();
        let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': (2, {name}), }}");
        while (10 + header.len() + 1) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(vec![0.5f32; 2 * shape.iter().product::<usize>()].iter().flat_map(|v| v.to_le_bytes()));
        Ok(bytes)
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        uniform(stream, n)
    }
}

fn unit(name: &str, text: &str) -> Unit {
    compile(&format!("{name}.gm"), text, &Arrays, &|p| Err(format!("no file `{p}`")), |_| Vec::new())
}

/// Compiles a text that must have nothing to complain about.
fn clean(name: &str, text: &str) -> (Typed, Compiled) {
    let u = unit(name, text);
    assert!(u.diags.is_empty(), "{}", render(&u.diags, &u.sources, Format::Human, false));
    (u.typed.unwrap(), u.compiled.unwrap())
}

/// Grey levels 0 .. 16 through one coupling; `range` is what the flow declares of its data side, `last` ends its body.
fn spec(range: &str, last: &str) -> String {
    format!(
        "data x: Int(17)[64] from digits(levels: 17)
flow f: Real[64] <-> Real[64]{range} {{ couple(halves(0), affine) {{ dense(8), tanh }}, scale, shift, reverse{last} }}
model p {{ z ~ Normal(0, I)[64];  x = quantize(f(z)) }}
train {{ steps 1 }}"
    )
}

/// The same flow on real data.
const ON_REALS: &str = "data x: Real[64] from npy(\"64\")
flow f: Real[64] <-> Real[64] { couple(halves(0), affine) { dense(8), tanh }, scale, shift, reverse }
model p { z ~ Normal(0, I)[64];  x = f(z) }
train { steps 1 }";

fn levels() -> Vec<f64> {
    uniform(3, BATCH * 64).into_iter().map(|u| (17.0 * u).floor()).collect()
}

/// Parameters away from where they start.
fn moved(c: &Compiled) -> BTreeMap<String, Tensor64> {
    let mut env = initial(c);
    for (k, (_, t)) in env.iter_mut().enumerate() {
        t.data.iter_mut().enumerate().for_each(|(i, v)| *v += 0.3 * ((i * 7919 + k * 104_729) as f64).sin());
    }
    env
}

fn on(g: &Graph, mut env: BTreeMap<String, Tensor64>, x: Vec<f64>) -> BTreeMap<String, Tensor64> {
    env.insert("x".into(), Tensor64 { dims: vec![BATCH, 64], data: x });
    let noise = |kind: RandomKind, _: u32, n: usize| match kind {
        RandomKind::Uniform | RandomKind::Normal => vec![NOISE; n],
    };
    run_with(g, BATCH, &env, &noise)
}

fn notes(typed: &Typed) -> String {
    math::objective(typed, &typed.train.players[0], false).notes.join("\n")
}

/// Preprocessing as part of the flow, written out or added by the compiler, against the same done to the data by hand: the logit of MAF
/// (Papamakarios et al. 2017, appendix E.2), whose bits per dimension are -LL/(D ln 2) - log2(1 - 2λ) + log2 17 +
/// mean[log2 σ(y) + log2(1 - σ(y))] for 17 levels.
#[test]
fn preprocessing_by_hand_and_as_part_of_the_flow_agree() {
    for lambda in [0.0, 1e-2] {
        // A range that begins ε below the data's and ends ε above is the logit of λ + (1 - 2λ) x with λ = ε / (17 + 2ε).
        let end = 17.0 * lambda / (1.0 - 2.0 * lambda);
        let range = format!(" in interval({}, {})", -end, 17.0 + end);
        let written =
            spec(&range, &format!(", sigmoid, affine(scale: {}, shift: {})", 17.0 + 2.0 * end, -end));
        let (_, c) = clean("written", &written);
        let by_hand = on(&c.programs["log_prob.p"], moved(&c), levels())["log_prob"].data.clone();

        let (typed, c) = clean("added", &spec(&range, ""));
        assert!(notes(&typed).contains("ends with `sigmoid, affine("), "{}", notes(&typed));
        let added = on(&c.programs["log_prob.p"], moved(&c), levels())["log_prob"].data.clone();

        let (_, c) = clean("reals", ON_REALS);
        let unit: Vec<f64> = levels().iter().map(|x| (x + NOISE) / 17.0).collect();
        let y: Vec<f64> =
            unit.iter().map(|x| lambda + (1.0 - 2.0 * lambda) * x).map(|a| (a / (1.0 - a)).ln()).collect();
        let ll = on(&c.programs["log_prob.p"], moved(&c), y.clone())["log_prob"].data.clone();
        for i in 0..BATCH {
            let s = |y: &f64| 1.0 / (1.0 + (-y).exp());
            let slopes =
                y[64 * i..64 * (i + 1)].iter().map(|y| s(y).log2() + (1.0 - s(y)).log2()).sum::<f64>() / 64.0;
            let bits = -ll[i] / (64.0 * LN_2) - (1.0 - 2.0 * lambda).log2() + 17f64.log2() + slopes;
            for (what, l) in [("written", by_hand[i]), ("added", added[i])] {
                let got = -l / (64.0 * LN_2);
                assert!((got - bits).abs() < 1e-9, "λ = {lambda}, {what}: {got} bits/dim, by hand {bits}");
            }
        }
    }
}

/// Every kind of range is reached from the reals, inside it and onto it.
#[test]
fn a_flow_is_fitted_to_the_range_it_declares() {
    let onto = |range: &str| {
        format!(
            "data x: Real[3] in {range} from npy(\"3\")
flow f: Real[3] <-> Real[3] in {range} {{ couple(parity(0)) {{ dense(4), tanh }}, reverse, shift, scale }}
model p {{ z ~ Normal(0, 4)[3];  x = f(z) }}
train {{ steps 1 }}"
        )
    };
    for (range, added, inside) in [
        ("unit", "`sigmoid`", [0.0, 1.0]),
        ("interval(-1, 1)", "`sigmoid, affine(scale: 2, shift: -1)`", [-1.0, 1.0]),
        ("positive", "`exp`", [0.0, f64::INFINITY]),
    ] {
        let (typed, c) = clean(range, &onto(range));
        assert!(notes(&typed).contains(&format!("ends with {added}, added")), "{}", notes(&typed));
        let x = &run(&c.programs["sample.p"], 200, &moved(&c))["site:x"].data;
        assert!(x.iter().all(|x| (inside[0]..=inside[1]).contains(x)), "{range}");
        let back: BTreeMap<String, Tensor64> = moved(&c)
            .into_iter()
            .chain([("x".into(), Tensor64 { dims: vec![200, 3], data: x.clone() })])
            .collect();
        let drawn = run(&c.programs["sample.p"], 200, &moved(&c))["site:z"].data.clone();
        let code = &run(&c.programs["encode"], 200, &back)["code:z"].data;
        let gap = code.iter().zip(&drawn).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(gap < 1e-6, "{range}: {gap}");
    }
    // What is bounded already, and lands elsewhere, stays an error.
    let u = unit("bounded", &onto("unit").replace("scale }", "scale, tanh }"));
    assert_eq!(u.diags.first().map(|d| d.code), Some("E0302"));
}

/// The first data come out with mean 0 and deviation 1 in every coordinate, or channel; one that does not vary keeps its size.
#[test]
fn scales_and_shifts_start_from_the_first_data() {
    let text = "data x: Real[4, 4, 2] from npy(\"4,4,2\")
flow f: Real[4, 4, 2] <-> Real[4, 4, 2] { actnorm, reverse, couple(channels(0), affine) { conv(4), relu }, actnorm }
model p { z ~ Normal(0, I)[4, 4, 2];  x = f(z) }
train { steps 1 }";
    let (_, c) = clean("start", text);
    let n = 32;
    let mut data: Vec<f64> =
        (0..n * 32).map(|i| 3.0 + (i / 8 % 4) as f64 + 0.2 * ((i * 7919) as f64).sin()).collect();
    data.iter_mut().enumerate().filter(|(i, _)| i / 8 % 4 == 2).for_each(|(_, x)| *x = -1.0);
    let mut env = initial(&c);
    env.insert("x".into(), Tensor64 { dims: vec![n, 4, 4, 2], data });
    let started = run(&c.programs["start"], n, &env);
    let scales = &started["param:f.3.log_scale"].data;
    assert!(scales.iter().enumerate().all(|(i, s)| if i == 2 { *s == 0.0 } else { *s < -1.0 }), "{scales:?}");
    for (name, t) in started {
        env.insert(name.trim_start_matches("param:").to_string(), t);
    }
    let z = &run(&c.programs["encode"], n, &env)["code:z"].data;
    for channel in 0..4 {
        let of: Vec<f64> =
            z.iter().enumerate().filter(|(i, _)| i / 8 % 4 == channel).map(|(_, z)| *z).collect();
        let mean = of.iter().sum::<f64>() / of.len() as f64;
        let var = of.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / of.len() as f64;
        assert!(mean.abs() < 1e-9, "{channel}: {mean}");
        // `reverse` carries channel 2 of the data to channel 1 of the base.
        let want = if channel == 1 { 0.0 } else { 1.0 };
        assert!((var - want).abs() < 1e-6, "{channel}: {var}");
    }
    // A latent variable's flow has no data to start from.
    let (_, c) =
        clean("latent", &crate::spec_common::all().into_iter().find(|(n, _)| n == "prior_flow").unwrap().1);
    assert!(c.programs.named("start").is_none());
}
