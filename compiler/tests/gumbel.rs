//! Gumbel-softmax: relaxed draws lie where they must and follow the law of the exact ones, and the gradient through them has a bias that
//! shrinks with the temperature, at the price of variance (`cargo test -p gmc-compiler gumbel -- --nocapture` prints both).

use crate::rows_common::Rng;
use crate::spec_common::{clean, run_with};
use gmc_compiler::ir::{Graph, RandomKind, Shape, Tensor64, interp};
use gmc_compiler::rows::distribution::spelled;
use std::collections::BTreeMap;

const LOGITS: [f64; 4] = [0.7, -0.4, 0.1, 1.2];

fn randomly(seed: u64) -> impl Fn(RandomKind, u32, usize) -> Vec<f64> {
    move |kind, stream, n| {
        let mut rng = Rng(seed.wrapping_mul(1_000_003) + u64::from(stream));
        match kind {
            RandomKind::Uniform => (0..n).map(|_| rng.uniform()).collect(),
            RandomKind::Normal => (0..n).map(|_| rng.normal()).collect(),
        }
    }
}

/// `n` relaxed draws of this distribution with these logits.
fn relaxed(name: &str, logits: &[f64], n: usize, tau: f64) -> Vec<f64> {
    let row = spelled(name).unwrap();
    let Some(relaxed) = row.reparameterised().relaxed() else { panic!("`{}` is not relaxed", row.name()) };
    let mut g = Graph::new("relaxed");
    let l = g.literal(logits.to_vec(), &[1, logits.len()]);
    let v = relaxed(&mut g, &[Some(l), None], &Shape::batched(&[logits.len()]), tau);
    g.output("draw", v);
    let env = interp::Env { batch: n, inputs: BTreeMap::new(), random: &randomly(3) };
    interp::run(&g, &env).unwrap().remove(0).1.data
}

fn softmax(l: &[f64]) -> Vec<f64> {
    let s: f64 = l.iter().map(|x| x.exp()).sum();
    l.iter().map(|x| x.exp() / s).collect()
}

/// Σ (observed - expected)² / expected
fn chi_square(counts: &[f64], p: &[f64]) -> f64 {
    let n: f64 = counts.iter().sum();
    counts.iter().zip(p).map(|(c, p)| (c - n * p).powi(2) / (n * p)).sum()
}

#[test]
fn relaxed_draws_lie_on_the_simplex_and_approach_its_corners() {
    const N: usize = 20_000;
    let p = softmax(&LOGITS);
    let mut last = 0.0;
    for tau in [5.0, 1.0, 0.3, 0.05, 0.01] {
        let all = relaxed("OneHotCategorical", &LOGITS, N, tau);
        let (mut counts, mut largest) = (vec![0.0; 4], 0.0);
        for x in all.chunks(4) {
            assert!(
                x.iter().all(|v| (0.0..=1.0).contains(v)) && (x.iter().sum::<f64>() - 1.0).abs() < 1e-9,
                "tau {tau}: {x:?}"
            );
            let best = (0..4).max_by(|i, j| x[*i].total_cmp(&x[*j])).unwrap();
            counts[best] += 1.0;
            largest += x[best] / N as f64;
        }
        // The largest entry is a draw of the categorical at every temperature; 3 degrees of freedom: above 16.3 once in a thousand.
        assert!(chi_square(&counts, &p) < 16.3, "tau {tau}: {counts:?}, {p:?}");
        assert!(largest > last, "tau {tau}: {largest} {last}");
        last = largest;
        if tau <= 0.01 {
            assert!(largest > 0.99, "{largest}");
            let means: Vec<f64> =
                (0..4).map(|i| all.iter().skip(i).step_by(4).sum::<f64>() / N as f64).collect();
            assert!(
                means
                    .iter()
                    .zip(&p)
                    .all(|(m, p)| (m - p).abs() < 4.5 * (p * (1.0 - p) / N as f64).sqrt() + 0.01),
                "{means:?} {p:?}"
            );
        }
    }
    for tau in [1.0, 0.01] {
        let all = relaxed("Bernoulli", &[0.8], N, tau);
        assert!(all.iter().all(|v| (0.0..=1.0).contains(v)));
        let ones = all.iter().filter(|v| **v > 0.5).count() as f64;
        let p = 1.0 / (1.0 + (-0.8f64).exp());
        // One degree of freedom: above 10.8 once in a thousand.
        assert!(chi_square(&[ones, N as f64 - ones], &[p, 1.0 - p]) < 10.8, "tau {tau}: {ones} of {N}, {p}");
    }
}

const X: [[f64; 2]; 2] = [[0.4, -0.3], [1.1, 0.8]];
const SORT: [f64; 6] = [0.3, -0.8, 0.5, 0.9, 0.2, -0.4];

/// What ascent at rate 1 adds to the weights of the guide, mean over `seeds` runs of 200 examples, and the variance of one run.
fn gradient(by: &str, seeds: u64) -> (Vec<f64>, Vec<f64>) {
    let text = format!(
        "data x: Real[2] from moons
net mean(k: Bool[3]) -> Real[2] {{ dense(2) }}
net sort(x: Real[2]) -> Real[3] {{ dense(3) }}
model p {{ k ~ OneHotCategorical(logits: free(3));  x ~ Normal(mean(k), 0.7)[2] }}
guide q(x) {{ k ~ OneHotCategorical(logits: sort(x)) by {by} }}
train {{ maximizes elbo(p, q) using sgd(lr: 1) }}
"
    );
    let c = clean("gumbel", &text).1;
    let t = |dims: &[usize], data: Vec<f64>| Tensor64 { dims: dims.to_vec(), data };
    let env: BTreeMap<String, Tensor64> = [
        ("mean.0.weight", t(&[3, 2], vec![0.5, -1.0, -0.4, 0.9, 1.2, 0.3])),
        ("mean.0.bias", t(&[2], vec![0.1, -0.2])),
        ("sort.0.weight", t(&[2, 3], SORT.to_vec())),
        ("sort.0.bias", t(&[3], vec![0.0; 3])),
        ("p.free0", t(&[3], vec![0.2, -0.5, 0.4])),
        ("@update", t(&[], vec![1.0])),
        ("x", t(&[200, 2], (0..100).flat_map(|_| X.concat()).collect())),
    ]
    .map(|(n, t)| (n.to_string(), t))
    .into();
    let steps: Vec<Vec<f64>> = (1..=seeds)
        .map(|s| {
            let out = run_with(&c.programs["step.all"], 200, &env, &randomly(s));
            out["param:sort.0.weight"].data.iter().zip(SORT).map(|(a, b)| a - b).collect()
        })
        .collect();
    let n = steps.len() as f64;
    let mean: Vec<f64> = (0..6).map(|i| steps.iter().map(|s| s[i]).sum::<f64>() / n).collect();
    let var = (0..6)
        .map(|i| steps.iter().map(|s| (s[i] - mean[i]).powi(2)).sum::<f64>() / (n - 1.0).max(1.0))
        .collect();
    (mean, var)
}

#[test]
fn the_bias_of_the_gradient_shrinks_with_the_temperature() {
    let (exact, _) = gradient("enumerate", 1);
    let size = exact.iter().map(|g| g * g).sum::<f64>().sqrt();
    const SEEDS: u64 = 400;
    let mut found = Vec::new();
    for tau in [2.0, 0.5, 0.1] {
        let (mean, var) = gradient(&format!("gumbel(tau: {tau})"), SEEDS);
        let bias = mean.iter().zip(&exact).map(|(m, e)| (m - e).powi(2)).sum::<f64>().sqrt() / size;
        let variance: f64 = var.iter().sum();
        let error = (variance / SEEDS as f64).sqrt() / size;
        println!(
            "tau {tau}: bias {bias:.4} of the gradient (± {error:.4}), variance {variance:.3e} (200 draws)"
        );
        found.push((tau, bias, variance, error, mean));
    }
    for pair in found.windows(2) {
        let ((_, high, var_high, error_high, _), (_, low, var_low, error_low, _)) = (&pair[0], &pair[1]);
        assert!(low + 3.0 * (error_low + error_high) < *high, "bias {high} to {low}");
        assert!(var_low > var_high, "variance {var_high} to {var_low}");
    }
    let (tau, bias, _, error, mean) = &found[2];
    assert!(*bias < 0.05 + 3.0 * error, "tau {tau}: bias {bias} ± {error}");
    for (m, e) in mean.iter().zip(&exact).filter(|(_, e)| e.abs() > 0.2 * size) {
        assert!(m * e > 0.0, "tau {tau}: {mean:?}, exact {exact:?}");
    }
}
