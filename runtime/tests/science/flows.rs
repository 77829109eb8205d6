//! Flows on the device: bijections in f32, log-determinants against numerical Jacobians, densities that integrate to 1, entropies.

use super::common::{drawn, interpret, run, session, text, train, value};
use super::linalg::{Matrix, dot, eigen, log_abs_det, moments, rows};
use gmc_compiler::event::Support;
use gmc_compiler::rows::{bijection, find, map};
use gmc_runtime::exec::Tensor;
use gmc_runtime::measure::{evaluate, full};
use gmc_runtime::session::{Batch, Session};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Chains of bijections, each with the shape of its input and of its output. Every row of the table must occur, and every map that has an
/// inverse.
const CHAINS: &[(&str, &[usize], &[usize])] = &[
    ("couple(parity(0), additive) { dense(16), tanh }", &[6], &[6]),
    ("couple(parity(1), affine) { dense(16), relu }", &[6], &[6]),
    ("couple(halves(0), spline(bins: 8, bound: 3)) { dense(16), relu }", &[6], &[6]),
    ("couple(random(3, 0), affine) { dense(16), tanh }", &[6], &[6]),
    ("couple(checkerboard(0), affine) { conv(4), relu }", &[2, 4, 4], &[2, 4, 4]),
    ("couple(channels(1), additive) { conv(4), relu }", &[2, 4, 4], &[2, 4, 4]),
    ("repeat 8 as i { couple(parity(i), affine) { dense(32), relu } }", &[2], &[2]),
    ("masked(affine) { dense(24), tanh }", &[6], &[6]),
    ("masked(spline(bins: 6)) { dense(24), tanh }", &[6], &[6]),
    ("masked(affine, fast: sampling) { dense(24), tanh }", &[6], &[6]),
    ("split { couple(parity(0)) { dense(8), tanh } }", &[6], &[6]),
    ("scale", &[6], &[6]),
    ("shift", &[6], &[6]),
    ("actnorm", &[2, 4, 4], &[2, 4, 4]),
    ("conv1x1", &[6], &[6]),
    ("conv1x1", &[4, 2, 2], &[4, 2, 2]),
    ("reverse", &[6], &[6]),
    ("permute(seed: 3)", &[6], &[6]),
    ("squeeze(2)", &[1, 4, 4], &[4, 2, 2]),
    ("unsqueeze(2)", &[4, 2, 2], &[1, 4, 4]),
    ("flatten", &[1, 2, 3], &[6]),
    ("reshape(2, 3)", &[6], &[2, 3]),
    ("tanh", &[6], &[6]),
    ("sigmoid", &[6], &[6]),
    ("sigmoid, logit", &[6], &[6]),
    ("exp", &[6], &[6]),
    ("exp, log", &[6], &[6]),
    ("softplus", &[6], &[6]),
    ("leaky_relu(0.2)", &[6], &[6]),
    ("affine(scale: 3, shift: -1)", &[6], &[6]),
    ("neg", &[6], &[6]),
    ("identity", &[6], &[6]),
    ("elu", &[6], &[6]),
    ("selu", &[6], &[6]),
    ("expm1", &[6], &[6]),
    ("expm1, log1p", &[6], &[6]),
    ("log_sigmoid", &[6], &[6]),
    ("exp, recip", &[6], &[6]),
    ("exp, sqrt", &[6], &[6]),
    ("sinh", &[6], &[6]),
    (
        "squeeze(2), actnorm, conv1x1, couple(channels(0)) { conv(4), relu }, unsqueeze(2)",
        &[1, 4, 4],
        &[1, 4, 4],
    ),
];

/// Number of points in a round trip.
const POINTS: usize = 512;

fn axes(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// `[n, ..shape]` zeros as a NumPy file.
fn npy(path: &Path, n: usize, shape: &[usize], fill: f32) {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n}, {}), }}", axes(shape));
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(vec![fill; n * shape.iter().product::<usize>()].iter().flat_map(|v| v.to_le_bytes()));
    std::fs::write(path, bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

/// Adds numbers that look random to every parameter, so that no map stays the identity it starts as.
fn shake(s: &mut Session, size: f32) {
    for (k, leaf) in s.compiled.leaves.clone().iter().enumerate().filter(|(_, l)| l.trainable) {
        let mut v = s.tensors[&leaf.path].to_f32();
        v.iter_mut().enumerate().for_each(|(i, x)| *x += size * ((i * 7919 + k * 104_729 + 13) as f32).sin());
        let t = Tensor::from_f32(&s.device, v, &leaf.shape);
        s.tensors.insert(leaf.path.clone(), t);
    }
}

/// Runs a program on `[n, ..shape]` numbers of the variable `x`.
fn run_on(s: &mut Session, program: &str, x: &[f32], shape: &[usize]) -> BTreeMap<String, Vec<f32>> {
    let n = x.len() / shape.iter().product::<usize>();
    let t = Tensor::from_f32(&s.device, x.to_vec(), &[&[n], shape].concat());
    let out = run(s, program, n, &Batch::from([("x".to_string(), t)]));
    out.into_iter().map(|(n, t)| (n, t.to_f32())).collect()
}

fn largest_gap(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from((a - b).abs()))
        .fold(0.0, |m, g| if g.is_nan() { f64::INFINITY } else { m.max(g) })
}

/// max |f⁻¹(f(z)) - z| over draws of z, on the device; and the drawn x.
fn round_trip(s: &mut Session, shape: &[usize]) -> (f64, Vec<f32>) {
    let drawn = drawn(s, POINTS, 5);
    let get =
        |name: &str| drawn.iter().find(|d| d.0 == name).unwrap_or_else(|| panic!("no {name}")).1.clone();
    let (z, x) = (get("site:z"), get("site:x"));
    let back = run_on(s, "encode", &x, shape);
    (largest_gap(&back["code:z"], &z), x)
}

/// The largest difference between log p(x) and log N(z; 0, σ²) + log |det dz/dx| with central differences, both in f64, over a few points;
/// and between log p(x) in f32 on the device and in f64.
fn jacobian_gap(s: &mut Session, x: &[f32], shape: &[usize], std: f64) -> (f64, f64) {
    const H: f64 = 1e-6;
    let d: usize = shape.iter().product();
    let (mut numeric, mut rounding) = (0.0f64, 0.0f64);
    for point in x.chunks_exact(d).take(4) {
        let device = f64::from(run_on(s, "log_prob.p", point, shape)["log_prob"][0]);
        let at: Vec<f64> = point.iter().map(|v| f64::from(*v)).collect();
        let encode = |rows: Vec<f64>, n: usize| {
            interpret(s, "encode", &BTreeMap::from([("x".to_string(), rows)]), n)["code:z"].clone()
        };
        let mut moved = Vec::new();
        for i in 0..d {
            for h in [H, -H] {
                let mut p = at.clone();
                p[i] += h;
                moved.extend(p);
            }
        }
        let out = encode(moved, 2 * d);
        let jacobian: Matrix = (0..d)
            .map(|i| (0..d).map(|o| (out[2 * i * d + o] - out[(2 * i + 1) * d + o]) / (2.0 * H)).collect())
            .collect();
        let z = encode(at.clone(), 1);
        let base: f64 =
            z.iter().map(|z| -0.5 * (z / std).powi(2) - std.ln() - 0.5 * std::f64::consts::TAU.ln()).sum();
        let want = base + log_abs_det(&jacobian);
        let exact = interpret(s, "log_prob.p", &BTreeMap::from([("x".to_string(), at)]), 1)["log_prob"][0];
        numeric = numeric.max((exact - want).abs());
        rounding = rounding.max((exact - device).abs());
    }
    (numeric, rounding)
}

/// Row 13 of the scoreboard.
#[test]
fn every_bijection_inverts_itself_in_f32() {
    let words = |chain: &str| -> Vec<String> {
        chain.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_string).collect()
    };
    let maps = map::ROWS.iter().filter(|r| r.inverse().is_some()).map(|r| r.name());
    for name in bijection::ROWS.iter().map(|r| r.name()).chain(maps) {
        assert!(CHAINS.iter().any(|(c, ..)| words(c).iter().any(|w| w == name)), "`{name}` has no chain");
    }
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let mut failed = String::new();
    for (k, (chain, from, to)) in CHAINS.iter().enumerate() {
        let file = folder.path().join(format!("{k}.npy"));
        // The kind of data that the chain ends in, and a number of that kind.
        let (support, point) =
            match chain.rsplit(", ").next().and_then(|w| find(map::ROWS, w)).map(|r| r.to()) {
                Some(s) if s != Support::REALS => match s.ends() {
                    (lo, hi) if lo.is_finite() && hi.is_finite() => (format!(" in {s}"), 0.5 * (lo + hi)),
                    (lo, _) if lo.is_finite() => (format!(" in {s}"), lo + 0.5),
                    (_, hi) => (format!(" in {s}"), hi - 0.5),
                },
                Some(_) | None => (String::new(), 0.5),
            };
        npy(&file, 4, to, point as f32);
        let spec = format!(
            "data x: Real[{1}]{support} from npy(\"{0}\")\nflow f: Real[{2}] <-> Real[{1}]{support} {{ {chain} }}\nmodel p {{ z ~ Normal(0, 0.7)[{2}];  x = f(z) }}\ntrain {{ steps 1  using adam }}",
            file.display(),
            axes(to),
            axes(from),
        );
        let mut s = session(&spec, &[]);
        shake(&mut s, 0.3);
        let (gap, x) = round_trip(&mut s, to);
        let (numeric, rounding) = jacobian_gap(&mut s, &x, to, 0.7);
        println!(
            "round trip {gap:.1e}  log-det against Jacobian {numeric:.1e}  f32 against f64 {rounding:.1e}  {chain}"
        );
        if !(gap <= 1e-4 && numeric <= 1e-4 && rounding <= 1e-3) {
            let _ = writeln!(failed, "{chain}: {gap:e}, {numeric:e}, {rounding:e}");
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

/// Row 12 of the scoreboard in a short form, and what an exact density must fulfil.
#[test]
fn a_trained_flow_is_an_exact_density() {
    let mut s = session(&text("realnvp"), &[("train.epochs", "6"), ("train.ema", "0.99")]);
    train(&mut s);
    let budget = full(&s);
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let nll = value(&scores, "negative log-likelihood", "nats");
    println!("test negative log-likelihood {nll:.4} nats (entropy of the moons: 1.138)");
    assert!(nll <= 1.35, "{nll}");
    assert!(nll >= 1.138 - 0.05, "{nll} is below the entropy");

    let (gap, x) = round_trip(&mut s, &[2]);
    let (numeric, rounding) = jacobian_gap(&mut s, &x, &[2], 1.0);
    println!("round trip {gap:.1e}, log-det against Jacobian {numeric:.1e}, f32 against f64 {rounding:.1e}");
    // The largest of 512 gaps in f32, which moves with the last bits of training: 4.5e-6 with one kernel of matrix products, 1.04e-5 with another.
    assert!(gap <= 3e-5 && numeric <= 1e-5 && rounding <= 1e-3, "{gap:e} {numeric:e} {rounding:e}");

    // The rule of midpoints on cells much finer than the width of the moons (noise .05 of data with standard deviation near 1).
    const N: usize = 800;
    const END: f32 = 4.0;
    let step = 2.0 * END / N as f32;
    let mut total = 0.0;
    for i in 0..N {
        let row: Vec<f32> =
            (0..N).flat_map(|j| [-END + (i as f32 + 0.5) * step, -END + (j as f32 + 0.5) * step]).collect();
        total += run_on(&mut s, "log_prob.p", &row, &[2])["log_prob"]
            .iter()
            .map(|l| f64::from(*l).exp())
            .sum::<f64>();
    }
    total *= f64::from(step).powi(2);
    println!("the density integrates to {total:.5}");
    assert!((total - 1.0).abs() < 0.01, "{total}");
}

/// Bits per dimension of a Gaussian with full covariance, fitted to the dequantised training part, on the dequantised test part.
fn gaussian_bits(s: &Session) -> f64 {
    let noisy = |values: &[f32], salt: u64| -> Matrix {
        let mut state = salt;
        let mut uniform = || {
            // SplitMix64 (Steele et al. 2014).
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut r = rows(values, 64);
        r.iter_mut().flatten().for_each(|x| *x += uniform());
        r
    };
    let (train, test) =
        (noisy(&s.sets[0].train.columns[0].values, 1), noisy(&s.sets[0].test.columns[0].values, 2));
    let (mean, covariance) = moments(&train);
    let (values, vectors) = eigen(&covariance);
    let log_det: f64 = values.iter().map(|v| v.ln()).sum();
    let nats = |x: &Vec<f64>| {
        let e: Vec<f64> = x.iter().zip(&mean).map(|(x, m)| x - m).collect();
        let distance: f64 = values.iter().zip(&vectors).map(|(v, u)| dot(u, &e).powi(2) / v).sum();
        0.5 * (distance + log_det + 64.0 * std::f64::consts::TAU.ln())
    };
    test.iter().map(nats).sum::<f64>() / test.len() as f64 / 64.0 / std::f64::consts::LN_2
}

#[test]
fn flows_on_digits_beat_a_gaussian() {
    let mut found = Vec::new();
    for (name, set) in [
        ("nice", &[("train.epochs", "15")][..]),
        ("realnvp_digits", &[("train.epochs", "15"), ("train.ema", "0.95")]),
    ] {
        let mut s = session(&text(name), set);
        let baseline = gaussian_bits(&s);
        train(&mut s);
        let budget = full(&s);
        let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
        let bits = value(&scores, "negative log-likelihood", "bits/dim");
        println!("{name}, 15 epochs: {bits:.4} bits/dim, full Gaussian {baseline:.4}");
        assert!(bits < baseline, "{name}: {bits} bits/dim, a Gaussian needs {baseline}");
        found.push(bits);
    }
    assert!(found[1] < found[0], "RealNVP {} is not below NICE {}", found[1], found[0]);
}
