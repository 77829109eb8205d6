//! Distributions at a temperature: what [`tempered`] makes of their parameters, against the densities by hand.

use crate::rows_common::{evaluate, tensor};
use crate::spec_common::{clean, inputs, run};
use gmc_compiler::derive::{Altered, Program, altered};
use gmc_compiler::ir::{Graph, Role, Shape};
use gmc_compiler::rows::distribution::spelled;
use gmc_compiler::rows::distribution::temperature::{has_temperature, tempered};

/// ln p of `row` at temperature `t` for each x, its parameters being these numbers (absent ones are not given), `wide` those of several.
fn log_probs(row: &str, params: &[Option<&[f64]>], t: f64, xs: &[f64]) -> Vec<f64> {
    let row = spelled(row).unwrap_or_else(|| panic!("no row `{row}`"));
    let mut g = Graph::new("t");
    let mut inputs = Vec::new();
    let mut given = Vec::new();
    for (i, (p, spec)) in params.iter().zip(row.dist_params()).enumerate() {
        given.push(p.map(|p| {
            let dims = if spec.axes == 0 { vec![1] } else { vec![1, p.len()] };
            inputs.push((format!("p{i}"), tensor(&dims, p)));
            g.input(&format!("p{i}"), Role::Param, Shape::fixed(&dims))
        }));
    }
    let x = g.input("x", Role::Data, Shape::batched(&[]));
    let at = tempered(row, &mut g, &given, t);
    let lp = row.log_prob(&mut g, &at, x);
    g.output("lp", lp);
    inputs.push(("x".into(), tensor(&[xs.len()], xs)));
    evaluate(&g, xs.len(), &inputs).remove(0).data
}

fn assert_close(a: &[f64], b: &[f64], tol: f64) {
    assert!(
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < tol),
        "{a:?} where {b:?} was expected"
    );
}

fn softmax(l: &[f64]) -> Vec<f64> {
    let total: f64 = l.iter().map(|l| l.exp()).sum();
    l.iter().map(|l| l - total.ln()).collect()
}

#[test]
fn logits_are_divided_and_widths_multiplied() {
    let (l, t) = ([0.3, -1.2, 2.0], 0.4);
    let cold = softmax(&l.map(|l| l / t));
    assert_close(&log_probs("Categorical", &[Some(&l), None], t, &[0.0, 1.0, 2.0]), &cold, 1e-9);
    // The same classes by their probabilities, and of two values.
    let p: Vec<f64> = softmax(&l).iter().map(|l| l.exp()).collect();
    assert_close(&log_probs("Categorical", &[None, Some(&p)], t, &[0.0, 1.0, 2.0]), &cold, 1e-9);
    let two = softmax(&[0.0, 0.7 / t]);
    assert_close(&log_probs("Bernoulli", &[Some(&[0.7]), None], t, &[0.0, 1.0]), &two, 1e-9);
    let p = 1.0 / (1.0 + (-0.7f64).exp());
    assert_close(&log_probs("Bernoulli", &[None, Some(&[p])], t, &[0.0, 1.0]), &two, 1e-9);
    let normal = |x: f64, s: f64| -0.5 * (x / s).powi(2) - s.ln() - 0.5 * std::f64::consts::TAU.ln();
    let all: Vec<f64> = [0.0, 1.5].iter().map(|x| normal(x - 0.5, 2.0 * t)).collect();
    assert_close(&log_probs("Normal", &[Some(&[0.5]), Some(&[2.0])], t, &[0.0, 1.5]), &all, 1e-9);
}

/// At temperature 1 nothing changes; near 0 the most probable class has all.
#[test]
fn at_1_and_near_0() {
    let l = [0.3, -1.2, 2.0];
    let row = [Some(l.as_slice()), None];
    assert_close(&log_probs("Categorical", &row, 1.0, &[0.0, 1.0, 2.0]), &softmax(&l), 1e-12);
    assert!(log_probs("Categorical", &row, 1e-3, &[2.0])[0].abs() < 1e-9);
    for (name, has) in [("Normal", true), ("Logistic", true), ("Beta", false), ("Uniform", false)] {
        assert_eq!(spelled(name).map(has_temperature), Some(has), "{name}");
    }
}

/// Truncated draws lie within their reach, and have the variance of a truncated normal distribution, 1 - 2 t φ(t) / (2 Φ(t) - 1): what drawing anew gives.
#[test]
fn truncated_draws_stay_near() {
    let text = "data x: Real[2] from moons\nnet G(z: Real[2]) -> Real[2] { dense(2) }\nnet D(x: Real[2]) -> Real[] { dense(1), scalar }
model p { z ~ Normal(3, 2)[2];  x = G(z) }
train { player judge { owns D  minimizes says_fake(D(p.x)) + says_real(D(x)) }  player maker { owns G  minimizes says_real(D(p.x)) } }";
    let (typed, c) = clean("truncated", text);
    let how = Altered { truncation: Some(0.5), ..Altered::default() };
    let g = altered(&typed, &Program::Sample("p".into()), &how).unwrap();
    let n = 4000;
    let z = run(&g, n, &inputs(&typed, &c, &g, n))["site:z"].data.clone();
    let unit: Vec<f64> = z.iter().map(|z| (z - 3.0) / 2.0).collect();
    assert!(unit.iter().all(|e| e.abs() <= 0.5 + 1e-6));
    let variance = unit.iter().map(|e| e * e).sum::<f64>() / unit.len() as f64;
    // By SciPy: `truncnorm(-0.5, 0.5).var()`.
    assert!((variance - 0.080_589_2).abs() < 0.003, "{variance}");
    let none = "data x: Real[2] from moons\nflow f: Real[2] <-> Real[2] { shift }\nmodel p { z ~ Laplace(0, 1)[2];  x = f(z) }";
    let (typed, _) = clean("none", none);
    let why = altered(&typed, &Program::Sample("p".into()), &how).unwrap_err();
    assert_eq!(why, "`p` draws no hidden variable from `Normal`");
}
