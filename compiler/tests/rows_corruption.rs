//! Corruptions: the statistics of what they make, in f64, the kinds that they say they yield, and what a spec may ask of them.

use crate::rows_common::{Rng, evaluate};
use crate::spec_common::{clean, inputs, run_with, unit};
use gmc_compiler::event::{Kind, Support};
use gmc_compiler::explain::math;
use gmc_compiler::ir::tensor::Tensor64;
use gmc_compiler::ir::{Role, Scope, Shape};
use gmc_compiler::rows::corruption::ROWS;
use gmc_compiler::rows::{Builder, find};

const N: usize = 60_000;

/// `x` corrupted by `amount`, with the amount as an input, as a schedule's is.
fn corrupted(row: &str, kind: Kind, amount: f64, x: Vec<f64>) -> Vec<f64> {
    let row = find(ROWS, row).unwrap();
    let mut cx = Builder::new("corrupt", true);
    let v = cx.input("x", Role::Data, Shape::batched(&[3]));
    let scope = Scope::of(&mut cx.g);
    let rate = |name: &str| {
        assert!(row.params().iter().any(|p| p.name == name), "{name} is no argument of {}", row.name());
        scope.input("amount", Role::Scalar, Shape::scalar())
    };
    let y = row.lower(kind, &rate, scope.ex(v)).v;
    assert_eq!(cx.g.shape(y), Shape::batched(&[3]), "{}", row.name());
    cx.g.output("y", y);
    let n = x.len() / 3;
    let x = Tensor64 { dims: vec![n, 3], data: x };
    evaluate(&cx.g, n, &[("x".into(), x), ("amount".into(), Tensor64::scalar(amount))]).remove(0).data
}

fn greys(n: usize) -> Vec<f64> {
    let mut rng = Rng(5);
    (0..n).map(|_| 0.1 + 0.8 * rng.uniform()).collect()
}

/// A frequency within four standard errors.
fn assert_part(what: &str, hits: usize, of: usize, want: f64) {
    let (got, error) = (hits as f64 / of as f64, (want * (1.0 - want) / of as f64).sqrt());
    assert!((got - want).abs() <= 4.0 * error, "{what}: {got} where {want} was expected");
}

const UNIT: Kind = Kind::Real(Support::UNIT);

#[test]
fn gaussian_adds_noise_of_its_standard_deviation() {
    let x = greys(N);
    for sigma in [0.0, 0.3, 2.0] {
        let y = corrupted("gaussian", UNIT, sigma, x.clone());
        let noise: Vec<f64> = y.iter().zip(&x).map(|(y, x)| y - x).collect();
        let n = N as f64;
        let mean = noise.iter().sum::<f64>() / n;
        let variance = noise.iter().map(|e| e * e).sum::<f64>() / n;
        // The fourth moment of a normal variable is 3 σ⁴.
        let kurtosis = noise.iter().map(|e| e.powi(4)).sum::<f64>() / n;
        assert!(mean.abs() <= 4.0 * sigma / n.sqrt(), "{mean}");
        assert!(
            (variance - sigma * sigma).abs() <= 4.0 * sigma * sigma * (2.0 / n).sqrt() + 1e-15,
            "{variance}"
        );
        assert!((kurtosis - 3.0 * sigma.powi(4)).abs() <= 0.1 * 3.0 * sigma.powi(4) + 1e-15, "{kurtosis}");
        // Noise and data have nothing to do with each other.
        let centre = x.iter().sum::<f64>() / n;
        let covariance = noise.iter().zip(&x).map(|(e, x)| e * (x - centre)).sum::<f64>() / n;
        assert!(covariance.abs() <= 4.0 * sigma * 0.3 / n.sqrt() + 1e-15, "{covariance}");
    }
}

#[test]
fn mask_sets_a_part_to_zero_and_leaves_the_rest() {
    let x = greys(N);
    for rate in [0.0, 0.3, 1.0] {
        let y = corrupted("mask", UNIT, rate, x.clone());
        assert!(y.iter().zip(&x).all(|(y, x)| *y == 0.0 || y == x));
        assert_part("masked", y.iter().filter(|y| **y == 0.0).count(), N, rate);
        // Elements of one datum are hit on their own.
        let all = y.chunks(3).filter(|d| d.iter().all(|y| *y == 0.0)).count();
        assert_part("all three masked", all, N / 3, rate.powi(3));
    }
}

#[test]
fn salt_and_pepper_are_the_ends_of_the_type_with_equal_chance() {
    let between = |lo, hi| Kind::Real(Support::closed(lo, hi));
    for (kind, lo, hi) in [
        (UNIT, 0.0, 1.0),
        (between(-1.0, 1.0), -1.0, 1.0),
        (Kind::Int(17), 0.0, 16.0),
        (Kind::REAL, 0.0, 1.0),
    ] {
        let x = greys(N);
        for rate in [0.0, 0.1, 1.0] {
            let y = corrupted("salt_pepper", kind, rate, x.clone());
            assert!(y.iter().zip(&x).all(|(y, x)| *y == lo || *y == hi || y == x));
            assert_part("salt", y.iter().filter(|y| **y == hi).count(), N, rate / 2.0);
            assert_part("pepper", y.iter().filter(|y| **y == lo).count(), N, rate / 2.0);
        }
    }
}

/// What comes out lies in the kind that the row says, and the kind is no wider than it must be.
#[test]
fn kinds_hold_what_comes_out() {
    let (positive, nonnegative) = (Kind::Real(Support::POSITIVE), Kind::Real(Support::NONNEGATIVE));
    let high = Kind::Real(Support::closed(1.0, 2.0));
    let from = |lo, hi| Kind::Real(Support::closed(lo, hi));
    for (row, kind, want) in [
        ("gaussian", UNIT, Kind::REAL),
        ("gaussian", Kind::Bool, Kind::REAL),
        ("mask", UNIT, UNIT),
        ("mask", positive, nonnegative),
        ("mask", high, from(0.0, 2.0)),
        ("mask", Kind::Bool, Kind::Bool),
        ("mask", Kind::OneHot, Kind::Bool),
        ("mask", Kind::Real(Support::SIMPLEX), UNIT),
        ("salt_pepper", high, high),
        ("salt_pepper", Kind::Int(17), Kind::Int(17)),
        ("salt_pepper", positive, nonnegative),
        ("salt_pepper", Kind::REAL, Kind::REAL),
    ] {
        assert_eq!(find(ROWS, row).unwrap().kind(kind), want, "{row} of {kind:?}");
    }
    let names: Vec<&str> = ROWS.iter().map(|r| r.name()).collect();
    assert_eq!(names, ["gaussian", "mask", "salt_pepper"], "add a case above");
}

const SPEC: &str = "data x: Real[64] in unit from digits
net encode(x: Real[64]) -> Real[8]          { dense(8) }
net decode(z: Real[8]) -> Real[64] in unit  { dense(64), sigmoid }
fn noisy(a, s) = corrupt(a, gaussian(s))
train { minimizes mse(decode(encode(HOW)), x) }";

/// An amount may be a schedule or an argument of a `fn`; training corrupts, the measured loss does not.
#[test]
fn amounts_and_where_they_act() {
    for (how, said) in [
        ("corrupt(x, gaussian(0.3))", "corrupt(x, gaussian(0.3))"),
        ("noisy(x, 0.25)", "corrupt(x, gaussian(0.25))"),
        (
            "corrupt(corrupt(x, mask(rate: 0.5)), salt_pepper(0.1))",
            "corrupt(corrupt(x, mask(0.5)), salt_pepper(0.1))",
        ),
        (
            "corrupt(x, gaussian(ramp(0.1 -> 0.5, over: 2 epochs)))",
            "gaussian(ramp(range: 0.1 -> 0.5, over: 2 epochs))",
        ),
        ("corrupt(x, mask(steps(0.5, at: [10, 20], by: 0.5)))", "mask(steps(value: 0.5"),
    ] {
        let (typed, compiled) = clean("corruption", &SPEC.replace("HOW", how));
        let text = math::objective(&typed, &typed.train.players[0], false).terms.concat();
        assert!(text.contains(said), "{how}: {text}");
        // Draws of another kind change what training computes and nothing that is measured.
        let value = |program: &str, draw: f64| {
            let g = &compiled.programs[program];
            let found = run_with(g, 4, &inputs(&typed, &compiled, g, 4), &|_, _, n| vec![draw; n]);
            found.iter().find(|(n, _)| ["loss", "payoff:all"].contains(&n.as_str())).unwrap().1.data[0]
        };
        assert_ne!(value("step.all", 1e-9), value("step.all", 0.999), "{how}");
        assert_ne!(value("loss.corrupted", 1e-9), value("loss.corrupted", 0.999), "{how}");
        assert_eq!(value("loss", 1e-9), value("loss", 0.999), "{how}");
    }
    for (how, code) in [
        ("corrupt(x)", "E0207"),
        ("corrupt(x, gaussian)", "E0205"),
        ("corrupt(x, gaussian())", "E0207"),
        ("corrupt(x, gaussian(s: 1))", "E0207"),
        ("corrupt(x, gaussian(0.1, 0.2))", "E0207"),
        ("corrupt(x, gauss(0.1))", "E0200"),
        ("corrupt(x, gaussian(mean(x)))", "E0200"),
        ("noisy(x, -0.25)", "E0205"),
    ] {
        let u = unit("corruption", &SPEC.replace("HOW", how));
        assert_eq!(u.diags.first().map(|d| d.code), Some(code), "{how}: {:?}", u.diags);
    }
}

/// A class has no order to corrupt.
#[test]
fn classes_are_refused() {
    let text = "data (x: Real[64] in unit, y: Class(10)) from digits
net f(y: Class(10)) -> Real[64] { dense(64) }
train { minimizes mse(f(corrupt(y, mask(0.5))), x) }";
    assert_eq!(unit("class", text).diags.first().map(|d| d.code), Some("E0211"));
}

/// Inputs of nets and flows, in a payoff, a `let`, a guide or a derivative; and nothing else.
#[test]
fn only_inputs_are_corrupted() {
    let with = |train: &str| SPEC.split("train").next().unwrap().to_string() + train;
    for train in [
        "train { let noisy = corrupt(x, mask(0.3))\n minimizes mse(decode(encode(noisy)), x) }",
        "train { minimizes mse(decode(corrupt(encode(x), gaussian(0.3))), x) }",
        "train { minimizes mse(decode(encode(sqrt(corrupt(x, salt_pepper(0.1))))), x) }",
        "train { let noisy = corrupt(x, mask(0.3))\n minimizes mse(decode(encode(x)), x) + E[sum(grad(sum(encode(noisy)), noisy)^2)] }",
    ] {
        let u = unit("input", &with(train));
        assert!(!u.failed(), "{train}: {:?}", u.diags);
    }
    for train in [
        "train { minimizes mse(decode(encode(x)), noisy(x, 0.1)) }",
        "train { minimizes mse(decode(encode(x)), x) + E[mean(corrupt(x, gaussian(0.1)))] }",
        "train { minimizes mse(corrupt(decode(encode(x)), mask(0.1)), x) }",
        "train { let noisy = corrupt(x, mask(0.3))\n minimizes mse(decode(encode(noisy)), 2 * noisy) }",
    ] {
        let u = unit("target", &with(train));
        let codes: Vec<&str> = u.diags.iter().filter(|d| d.code.starts_with('E')).map(|d| d.code).collect();
        assert_eq!(codes, ["E0218"], "{train}: {:?}", u.diags);
    }
}
