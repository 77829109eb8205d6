//! Discrete latent sites: exact sums against sums written out, and the estimators of their gradients against each other.

use crate::spec_common::{clean, normal, uniform};
use gmc_compiler::derive::Compiled;
use gmc_compiler::explain::math;
use gmc_compiler::ir::{Env, RandomKind, Tensor64, interp};
use gmc_compiler::types::{Density, Typed};
use std::collections::BTreeMap;
use std::f64::consts::TAU;

const X: [[f64; 2]; 2] = [[0.4, -0.3], [1.1, 0.8]];
const MEANS: [[f64; 2]; 3] = [[0.5, -1.0], [-0.4, 0.9], [1.2, 0.3]];
const SHIFT: [f64; 2] = [0.1, -0.2];
const SORT: [[f64; 3]; 2] = [[0.3, -0.8, 0.5], [0.9, 0.2, -0.4]];
const PRIOR: [f64; 3] = [0.2, -0.5, 0.4];

fn spec(by: &str, goal: &str) -> (Typed, Compiled) {
    let text = format!(
        "data x: Real[2] from moons
net mean(k: Class(3)) -> Real[2] {{ dense(2) }}
net sort(x: Real[2]) -> Real[3] {{ dense(3) }}
model p {{ k ~ Categorical(logits: free(3));  x ~ Normal(mean(k), 0.7)[2] }}
guide q(x) {{ k ~ Categorical(logits: sort(x)){by} }}
train {{ {goal} using sgd(lr: 1) }}
"
    );
    clean("discrete", &text)
}

fn t(dims: &[usize], data: Vec<f64>) -> Tensor64 {
    Tensor64 { dims: dims.to_vec(), data }
}

fn params() -> BTreeMap<String, Tensor64> {
    BTreeMap::from([
        ("mean.0.weight".into(), t(&[3, 2], MEANS.concat())),
        ("mean.0.bias".into(), t(&[2], SHIFT.to_vec())),
        ("sort.0.weight".into(), t(&[2, 3], SORT.concat())),
        ("sort.0.bias".into(), t(&[3], vec![0.0; 3])),
        ("p.free0".into(), t(&[3], PRIOR.to_vec())),
        ("q.baseline".into(), t(&[], vec![0.0])),
        ("@update".into(), t(&[], vec![1.0])),
    ])
}

fn run(
    c: &Compiled,
    program: &str,
    env: &BTreeMap<String, Tensor64>,
    batch: usize,
    seed: u64,
) -> BTreeMap<String, Vec<f64>> {
    let random = |kind: RandomKind, stream: u32, n: usize| match kind {
        RandomKind::Uniform => uniform(seed.wrapping_mul(7919) + u64::from(stream), n),
        RandomKind::Normal => normal(seed.wrapping_mul(7919) + u64::from(stream), n),
    };
    let env = Env { batch, inputs: env.clone(), random: &random };
    interp::run(&c.programs[program], &env).unwrap().into_iter().map(|(n, v)| (n, v.data)).collect()
}

fn softmax(l: &[f64; 3]) -> [f64; 3] {
    let s: f64 = l.iter().map(|x| x.exp()).sum();
    l.map(|x| x.exp() / s)
}

/// log p(k) and log p(x | k), written out.
fn log_joint(x: &[f64; 2], means: &[[f64; 2]; 3]) -> [f64; 3] {
    let prior = softmax(&PRIOR);
    std::array::from_fn(|k| {
        let e: f64 =
            (0..2).map(|d| -0.5 * (TAU * 0.49).ln() - (x[d] - means[k][d] - SHIFT[d]).powi(2) / 0.98).sum();
        prior[k].ln() + e
    })
}

fn elbo(x: &[f64; 2], means: &[[f64; 2]; 3], sort: &[[f64; 3]; 2]) -> f64 {
    let q = softmax(&std::array::from_fn(|k| x[0] * sort[0][k] + x[1] * sort[1][k]));
    log_joint(x, means).iter().zip(q).map(|(l, q)| q * (l - q.ln())).sum()
}

/// Derivatives of the mean ELBO by central differences: in the means, then in the weights of `sort`.
fn exact_gradient() -> (Vec<f64>, Vec<f64>) {
    let h = 1e-5;
    let f = |m: &[[f64; 2]; 3], s: &[[f64; 3]; 2]| X.iter().map(|x| elbo(x, m, s)).sum::<f64>() / 2.0;
    let mut a = Vec::new();
    for k in 0..3 {
        for d in 0..2 {
            let (mut up, mut down) = (MEANS, MEANS);
            up[k][d] += h;
            down[k][d] -= h;
            a.push((f(&up, &SORT) - f(&down, &SORT)) / (2.0 * h));
        }
    }
    let mut b = Vec::new();
    for d in 0..2 {
        for k in 0..3 {
            let (mut up, mut down) = (SORT, SORT);
            up[d][k] += h;
            down[d][k] -= h;
            b.push((f(&MEANS, &up) - f(&MEANS, &down)) / (2.0 * h));
        }
    }
    (a, b)
}

/// One step of SGD at rate 1 moves a parameter by the gradient of what is maximised.
fn moved(c: &Compiled, repeats: usize, seed: u64, baseline: f64) -> (Vec<f64>, Vec<f64>) {
    let mut env = params();
    let xs: Vec<f64> = (0..repeats).flat_map(|_| X.concat()).collect();
    env.insert("x".into(), t(&[2 * repeats, 2], xs));
    env.insert("q.baseline".into(), t(&[], vec![baseline]));
    let out = run(c, "step.all", &env, 2 * repeats, seed);
    let step = |name: &str, old: Vec<f64>| {
        out[&format!("param:{name}")].iter().zip(old).map(|(a, b)| a - b).collect()
    };
    (step("mean.0.weight", MEANS.concat()), step("sort.0.weight", SORT.concat()))
}

fn close(a: &[f64], b: &[f64], tol: f64) {
    for (x, y) in a.iter().zip(b) {
        assert!((x - y).abs() <= tol, "{a:?} against {b:?}");
    }
}

#[test]
fn the_density_is_the_sum_over_all_values() {
    let (typed, c) = spec("", "maximizes elbo(p, q)");
    assert_eq!(typed.models[0].density, Density::Exact { dequantised: false, summed: vec!["k".into()] });
    let mut env = params();
    env.insert("x".into(), t(&[2, 2], X.concat()));
    let got = &run(&c, "log_prob.p", &env, 2, 1)["log_prob"];
    let want: Vec<f64> =
        X.iter().map(|x| log_joint(x, &MEANS).iter().map(|l| l.exp()).sum::<f64>().ln()).collect();
    close(got, &want, 1e-10);
    // Every bound lies below.
    for (x, l) in X.iter().zip(&want) {
        assert!(elbo(x, &MEANS, &SORT) < *l);
    }
}

#[test]
fn nll_of_a_mixture_needs_no_guide() {
    let text = "data x: Real[2] from moons
net mean(k: Class(3)) -> Real[2] { dense(2) }
model p { k ~ Categorical(logits: free(3));  x ~ Normal(mean(k), 0.7)[2] }
";
    let (typed, c) = clean("mixture", text);
    let mut env = params();
    env.insert("x".into(), t(&[2, 2], X.concat()));
    let want: f64 =
        X.iter().map(|x| -log_joint(x, &MEANS).iter().map(|l| l.exp()).sum::<f64>().ln()).sum::<f64>() / 2.0;
    close(&run(&c, "loss", &env, 2, 1)["payoff:all"], &[want], 1e-10);
    let o = math::objective(&typed, &typed.train.players[0], false);
    assert_eq!(o.terms, ["-log sum_{k} Categorical(k; p.free0) Normal(x; mean(k), 0.7)"]);
}

#[test]
fn enumeration_is_the_exact_gradient() {
    let (_, c) = spec("", "maximizes elbo(p, q)");
    let (a, b) = exact_gradient();
    let (ga, gb) = moved(&c, 1, 1, 0.0);
    close(&ga, &a, 1e-7);
    close(&gb, &b, 1e-7);
}

#[test]
fn the_score_function_agrees_in_the_mean_and_a_baseline_lowers_its_variance() {
    let (a, b) = exact_gradient();
    let mean_elbo = X.iter().map(|x| elbo(x, &MEANS, &SORT)).sum::<f64>() / 2.0;
    let mut variances = Vec::new();
    for (by, baseline) in [(" by score(baseline: none)", 0.0), (" by score(baseline: moving)", mean_elbo)] {
        let (typed, c) = spec(by, "maximizes elbo(p, q)");
        assert!(
            math::objective(&typed, &typed.train.players[0], false)
                .notes
                .iter()
                .any(|n| n.contains("score function"))
        );
        const SEEDS: usize = 60;
        let steps: Vec<(Vec<f64>, Vec<f64>)> =
            (0..SEEDS).map(|s| moved(&c, 100, s as u64 + 1, baseline)).collect();
        let mut worst = 0.0f64;
        for (pick, want) in [(0usize, &a), (1, &b)] {
            for (i, w) in want.iter().enumerate() {
                let v: Vec<f64> = steps.iter().map(|s| if pick == 0 { s.0[i] } else { s.1[i] }).collect();
                let m = v.iter().sum::<f64>() / SEEDS as f64;
                let var = v.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
                let error = (var / SEEDS as f64).sqrt();
                assert!((m - w).abs() < 4.5 * error + 1e-9, "{by}: mean {m} ± {error}, exact {w}");
                if pick == 1 {
                    worst = worst.max(var);
                }
            }
        }
        println!("variance of the gradient of the guide,{by}: {worst:.3e}");
        variances.push(worst);
    }
    assert!(variances[1] < variances[0], "{variances:?}");
}

#[test]
fn the_moving_baseline_moves_towards_the_payoff() {
    let (_, c) = spec(" by score", "maximizes elbo(p, q)");
    let mut env = params();
    env.insert("x".into(), t(&[2, 2], X.concat()));
    let out = run(&c, "step.all", &env, 2, 3);
    let next = out["state:q.baseline"][0];
    close(&[next], &[0.05 * out["payoff"][0]], 1e-9);
}

/// Data for which the payoff differs much from one example to the next: a baseline that reads the datum removes more of the variance than
/// any constant.
#[test]
fn a_learned_baseline_is_unbiased_and_beats_a_constant() {
    let rows: Vec<[f64; 2]> =
        (0..8).map(|i| [X[i % 2][0] * (1.0 + i as f64), X[i % 2][1] * (1.0 + 0.5 * i as f64)]).collect();
    let objective =
        |s: &[[f64; 3]; 2]| rows.iter().map(|x| elbo(x, &MEANS, s)).sum::<f64>() / rows.len() as f64;
    let h = 1e-5;
    let exact: Vec<f64> = (0..6)
        .map(|i| {
            let (mut up, mut down) = (SORT, SORT);
            up[i / 3][i % 3] += h;
            down[i / 3][i % 3] -= h;
            (objective(&up) - objective(&down)) / (2.0 * h)
        })
        .collect();
    let mean_payoff = objective(&SORT);
    let learned = |by: &str| {
        let text = format!(
            "data x: Real[2] from moons
net mean(k: Class(3)) -> Real[2] {{ dense(2) }}
net sort(x: Real[2]) -> Real[3] {{ dense(3) }}
net expect(x: Real[2]) -> Real[] {{ dense(40), tanh, dense(1), scalar }}
model p {{ k ~ Categorical(logits: free(3));  x ~ Normal(mean(k), 0.7)[2] }}
guide q(x) {{ k ~ Categorical(logits: sort(x)) by score(baseline: {by}) }}
train {{ maximizes elbo(p, q) using sgd(lr: 1) }}
"
        );
        clean(
            "learned",
            &if by == "expect(x)" {
                text
            } else {
                text.replace("net expect(x: Real[2]) -> Real[] { dense(40), tanh, dense(1), scalar }\n", "")
            },
        )
    };
    const REPEATS: usize = 100;
    const SEEDS: usize = 60;
    let n = rows.len() * REPEATS;
    let mut env = params();
    env.insert("x".into(), t(&[n, 2], (0..REPEATS).flat_map(|_| rows.concat()).collect()));
    env.insert("q.baseline".into(), t(&[], vec![mean_payoff]));
    // The baseline is trained by its own part of the step, the rest held still: plain gradient descent on the squared error.
    let (typed, c) = learned("expect(x)");
    let note = "the gradient through `k`: score function with a learned baseline expect(x), which is fitted to the payoff by squared error, as written";
    assert!(math::objective(&typed, &typed.train.players[0], false).notes.iter().any(|n| n == note));
    let g = &c.programs["step.all"];
    for (i, name) in
        ["expect.0.weight", "expect.0.bias", "expect.2.weight", "expect.2.bias"].into_iter().enumerate()
    {
        let dims: &[usize] = [&[2usize, 40][..], &[40], &[40, 1], &[1]][i];
        env.insert(
            name.into(),
            t(dims, normal(i as u64 + 5, dims.iter().product()).iter().map(|v| 0.4 * v).collect()),
        );
    }
    assert!(g.outputs.iter().any(|(n, _)| n == "param:expect.2.bias"));
    let few = 10 * rows.len();
    let mut fit = env.clone();
    fit.insert("x".into(), t(&[few, 2], (0..10).flat_map(|_| rows.concat()).collect()));
    for step in 0..700u64 {
        let out = run(&c, "step.all", &fit, few, step + 1000);
        for name in ["expect.0.weight", "expect.0.bias", "expect.2.weight", "expect.2.bias"] {
            let new = &out[&format!("param:{name}")];
            let rate = 0.02;
            fit.get_mut(name).unwrap().data.iter_mut().zip(new).for_each(|(p, q)| *p += rate * (q - *p));
        }
    }
    fit.insert("x".into(), env["x"].clone());
    let (env, mut variances) = (fit, Vec::new());
    for by in ["none", "moving", "expect(x)"] {
        let (_, c) = learned(by);
        let steps: Vec<Vec<f64>> = (0..SEEDS)
            .map(|s| {
                run(&c, "step.all", &env, n, s as u64 + 1)["param:sort.0.weight"]
                    .iter()
                    .zip(SORT.concat())
                    .map(|(a, b)| a - b)
                    .collect()
            })
            .collect();
        let mut total = 0.0;
        for (i, w) in exact.iter().enumerate() {
            let m = steps.iter().map(|s| s[i]).sum::<f64>() / SEEDS as f64;
            let var = steps.iter().map(|s| (s[i] - m).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
            let error = (var / SEEDS as f64).sqrt();
            assert!((m - w).abs() < 4.5 * error + 1e-9, "{by}: mean {m} ± {error}, exact {w}");
            total += var;
        }
        println!("total variance of the gradient of the guide, baseline {by}: {total:.3e}");
        variances.push(total);
    }
    assert!(variances[2] < 0.8 * variances[1] && variances[1] < variances[0], "{variances:?}");
}

/// The bound of several samples: its gradient in the guide's weights by the score function with leave-one-out baselines, against the
/// derivative of the expectation over all combinations of draws.
#[test]
fn a_bound_of_several_samples_has_the_gradient_of_its_expectation() {
    let bound = |x: &[f64; 2], sort: &[[f64; 3]; 2]| {
        let q = softmax(&std::array::from_fn(|k| x[0] * sort[0][k] + x[1] * sort[1][k]));
        let w: Vec<f64> = log_joint(x, &MEANS).iter().zip(q).map(|(l, q)| l.exp() / q).collect();
        let all = (0..27).map(|c| [c % 3, c / 3 % 3, c / 9]);
        all.map(|c| {
            c.iter().map(|k| q[*k]).product::<f64>() * (c.iter().map(|k| w[*k]).sum::<f64>() / 3.0).ln()
        })
        .sum::<f64>()
    };
    let h = 1e-5;
    let f = |s: &[[f64; 3]; 2]| X.iter().map(|x| bound(x, s)).sum::<f64>() / 2.0;
    for by in [" by score", " by enumerate"] {
        let c = spec(by, "maximizes iwae(p, q, k: 3)").1.programs["step.all"].clone();
        const SEEDS: usize = 60;
        let steps: Vec<Vec<f64>> = (0..SEEDS)
            .map(|s| {
                let mut env = params();
                env.insert("x".into(), t(&[200, 2], (0..100).flat_map(|_| X.concat()).collect()));
                let seed = s as u64 + 1;
                let random = |kind: RandomKind, stream: u32, n: usize| match kind {
                    RandomKind::Uniform => uniform(seed.wrapping_mul(7919) + u64::from(stream), n),
                    RandomKind::Normal => normal(seed.wrapping_mul(7919) + u64::from(stream), n),
                };
                let out: BTreeMap<String, Tensor64> =
                    interp::run(&c, &Env { batch: 200, inputs: env, random: &random })
                        .unwrap()
                        .into_iter()
                        .collect();
                out["param:sort.0.weight"].data.iter().zip(SORT.concat()).map(|(a, b)| a - b).collect()
            })
            .collect();
        for i in 0..6 {
            let (mut up, mut down) = (SORT, SORT);
            up[i / 3][i % 3] += h;
            down[i / 3][i % 3] -= h;
            let want = (f(&up) - f(&down)) / (2.0 * h);
            let m = steps.iter().map(|s| s[i]).sum::<f64>() / SEEDS as f64;
            let var = steps.iter().map(|s| (s[i] - m).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
            let error = (var / SEEDS as f64).sqrt();
            assert!((m - want).abs() < 4.5 * error + 1e-9, "{by}: mean {m} ± {error}, exact {want}");
            assert!(error < 0.01, "{error}");
        }
    }
}

/// The fit moves nothing but the baseline's own net, and its derivative is that of the squared error.
#[test]
fn a_learned_baseline_moves_by_its_squared_error_only() {
    let text = "data x: Real[2] from moons
net mean(k: Class(3)) -> Real[2] { dense(2) }
net feel(x: Real[2]) -> Real[3] { dense(3) }
net expect(h: Real[3]) -> Real[] { dense(1), scalar }
model p { k ~ Categorical(logits: free(3));  x ~ Normal(mean(k), 0.7)[2] }
guide q(x) { h = feel(x);  k ~ Categorical(logits: h) by score(baseline: expect(h)) }
train { maximizes elbo(p, q) using sgd(lr: 1) }
";
    let (_, c) = clean("shared", text);
    let (_, plain) = clean(
        "plain",
        &text
            .replace("net expect(h: Real[3]) -> Real[] { dense(1), scalar }\n", "")
            .replace("baseline: expect(h)", "baseline: none"),
    );
    let mut env = params();
    for (new, old) in [("feel.0.weight", "sort.0.weight"), ("feel.0.bias", "sort.0.bias")] {
        env.insert(new.into(), env[old].clone());
    }
    env.insert("expect.0.weight".into(), t(&[3, 1], vec![0.2, -0.1, 0.4]));
    env.insert("expect.0.bias".into(), t(&[1], vec![0.3]));
    env.insert("x".into(), t(&[1, 2], X[0].to_vec()));
    let (a, b) = (run(&c, "step.all", &env, 1, 3), run(&plain, "step.all", &env, 1, 3));
    // One example: payoff and draw are the same in both. d/db of -(payoff - b)² is 2 (payoff - b).
    let h: Vec<f64> = (0..3).map(|k| X[0][0] * SORT[0][k] + X[0][1] * SORT[1][k]).collect();
    let base = 0.3 + 0.2 * h[0] - 0.1 * h[1] + 0.4 * h[2];
    let payoff = a["payoff"][0];
    close(&b["payoff"], &[payoff], 1e-12);
    close(&[a["param:expect.0.bias"][0] - 0.3], &[2.0 * (payoff - base)], 1e-9);
    // The guide's step is that without a baseline but for the factor of the score: nothing of the fit reaches `feel`.
    let moved = |out: &BTreeMap<String, Vec<f64>>| out["param:feel.0.bias"].clone();
    let q = softmax(&[h[0], h[1], h[2]]);
    let both = [moved(&a), moved(&b)];
    // Score without baseline: payoff (1[k] - q) plus what log q of the payoff itself gives; the difference is -base (1[k] - q).
    let difference: Vec<f64> = both[0].iter().zip(&both[1]).map(|(a, b)| a - b).collect();
    let k = (0..3).max_by(|i, j| (-difference[*i] / base).total_cmp(&(-difference[*j] / base))).unwrap();
    let want: Vec<f64> = (0..3).map(|i| -base * (f64::from(u8::from(i == k)) - q[i])).collect();
    close(&difference, &want, 1e-9);
}

#[test]
fn pathwise_and_score_agree_on_a_normal() {
    let spec = |by: &str| {
        let text = format!(
            "data x: Real[1] from csv(\"x\")
net decode(z: Real[1]) -> Real[1] {{ dense(1) }}
net encode(x: Real[1]) -> (Real[1], Real[1]) {{ heads(1, 1) }}
model p {{ z ~ Normal(0, I)[1];  x ~ Normal(decode(z), 0.5) }}
guide q(x) {{ (m, s) = encode(x);  z ~ Normal(m, exp(s)){by} }}
train {{ maximizes elbo(p, q) using sgd(lr: 1) }}
"
        )
        .replace("Real[1] from csv(\"x\")", "Real[2] from moons")
        .replace("x: Real[1]", "x: Real[2]")
        .replace("-> Real[1] { dense(1) }", "-> Real[2] { dense(2) }");
        clean("normal", &text).1
    };
    let mut env: BTreeMap<String, Tensor64> = BTreeMap::from([
        ("decode.0.weight".to_string(), t(&[1, 2], vec![0.7, -0.4])),
        ("decode.0.bias".to_string(), t(&[2], vec![0.1, 0.2])),
        ("encode.0.head0.weight".to_string(), t(&[2, 1], vec![0.3, 0.5])),
        ("encode.0.head0.bias".to_string(), t(&[1], vec![-0.2])),
        ("encode.0.head1.weight".to_string(), t(&[2, 1], vec![0.1, -0.1])),
        ("encode.0.head1.bias".to_string(), t(&[1], vec![-0.5])),
        ("q.baseline".to_string(), t(&[], vec![-2.0])),
        ("@update".to_string(), t(&[], vec![1.0])),
    ]);
    let mut results = Vec::new();
    for by in ["", " by score(baseline: moving)"] {
        let c = spec(by);
        const SEEDS: usize = 60;
        env.insert("x".into(), t(&[200, 2], (0..100).flat_map(|_| X.concat()).collect()));
        let steps: Vec<f64> = (0..SEEDS)
            .map(|s| run(&c, "step.all", &env, 200, s as u64 + 1)["param:encode.0.head0.bias"][0] + 0.2)
            .collect();
        let m = steps.iter().sum::<f64>() / SEEDS as f64;
        let var = steps.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
        println!("gradient of the guide's mean{by}: {m:.4}, variance {var:.3e}");
        results.push((m, var));
    }
    let error = ((results[0].1 + results[1].1) / 60.0).sqrt();
    assert!((results[0].0 - results[1].0).abs() < 4.5 * error, "{results:?}");
    assert!(results[0].1 < results[1].1, "the pathwise gradient has the lower variance: {results:?}");
}

/// Free bits with the score function: what lies below its floor is no payoff. The gradient's mean is that of the exact sum, with the KL
/// written as an entropy and a log-density, so that both depend on the draw.
#[test]
fn the_score_function_minds_free_bits() {
    for (free, above) in [("0.01", true), ("5", false)] {
        let goal = format!("maximizes elbo(p, q, free: {free}, form: entropy)");
        let want = moved(&spec(" by enumerate", &goal).1, 1, 1, 0.0).1;
        let without = moved(&spec(" by enumerate", "maximizes elbo(p, q, beta: 0)").1, 1, 1, 0.0).1;
        let floored = want.iter().zip(&without).all(|(a, b)| (a - b).abs() < 1e-9);
        assert_eq!(floored, !above, "free {free}: {want:?}, without KL {without:?}");
        let c = spec(" by score(baseline: none)", &goal).1;
        const SEEDS: usize = 60;
        let steps: Vec<Vec<f64>> = (0..SEEDS).map(|s| moved(&c, 100, s as u64 + 1, 0.0).1).collect();
        for (i, w) in want.iter().enumerate() {
            let m = steps.iter().map(|s| s[i]).sum::<f64>() / SEEDS as f64;
            let var = steps.iter().map(|s| (s[i] - m).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
            let error = (var / SEEDS as f64).sqrt();
            assert!((m - w).abs() < 4.5 * error + 1e-9, "free {free}: mean {m} ± {error}, exact {w}");
        }
    }
}
