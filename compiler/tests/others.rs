//! Other examples of the minibatch, `E'[..]` and `shuffle`, and what is kept of earlier ones, `average` and `replay`.

use crate::rows_common::{evaluate, tensor};
use crate::spec_common::{clean, inputs, run};
use gmc_compiler::event::EventTy;
use gmc_compiler::explain::math::objective;
use gmc_compiler::ir::{Role, Scope, Shape, Tensor64};
use gmc_compiler::rows::function::ROWS;
use gmc_compiler::rows::{Builder, find};
use std::collections::BTreeMap;

type Env = BTreeMap<String, Tensor64>;

const WEIGHT: [f64; 4] = [0.7, -0.3, 0.2, 0.9];
const ROWS_OF_X: [[f64; 2]; 5] = [[0.1, 0.4], [-0.6, 0.9], [1.2, -0.2], [0.3, 0.3], [-1.0, -0.7]];

/// A spec with one linear net, trained in minibatches of 4.
fn spec(payoff: &str) -> String {
    format!(
        "data x: Real[2] from moons
net f(x: Real[2]) -> Real[2] {{ dense(2, bias: false) }}
train {{ let h = f(x)  minimizes {payoff}  batch 4  using sgd(lr: 1) }}"
    )
}

fn env(weight: &[f64], b: usize) -> Env {
    let x = ROWS_OF_X[..b].concat();
    let t = |dims: &[usize], data: &[f64]| Tensor64 { dims: dims.to_vec(), data: data.to_vec() };
    [("f.0.weight", t(&[2, 2], weight)), ("x", t(&[b, 2], &x)), ("@update", t(&[], &[1.0]))]
        .map(|(k, v)| (k.to_string(), v))
        .into()
}

/// h of each row.
fn codes(b: usize) -> Vec<[f64; 2]> {
    let w = WEIGHT;
    ROWS_OF_X[..b].iter().map(|x| [x[0] * w[0] + x[1] * w[2], x[0] * w[1] + x[1] * w[3]]).collect()
}

fn kernel(a: &[f64; 2], b: &[f64; 2]) -> f64 {
    (-(a[0] - b[0]).powi(2) - (a[1] - b[1]).powi(2)).exp()
}

/// The mean over the next `most` rows of each, by hand.
fn by_hand(b: usize, most: usize) -> Vec<f64> {
    let h = codes(b);
    let k = most.min(b - 1);
    (0..b).map(|i| (1..=k).map(|j| kernel(&h[i], &h[(i + j) % b])).sum::<f64>() / k as f64).collect()
}

/// What `gmc explain` says of a `let` of another example is a payoff that may be written, and says the same.
#[test]
fn what_is_said_of_another_example_reads_back() {
    let goal = |payoff: &str| {
        let (typed, _) = clean("another", &spec(payoff));
        objective(&typed, &typed.train.players[0], false).goal
    };
    let said = goal("E[E'[sum((h' - h)^2)]]");
    assert_eq!(said, ["E[E'[sum((f(x') - f(x))^2)]]"]);
    assert_eq!(goal(&said.join(" ")), said);
}

#[test]
fn a_mean_over_the_others_is_that_by_hand() {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    for (form, log) in [
        ("E[E'[exp(-sum((h - h')^2))]]", false),
        ("E[E'[exp(-sum((f(x) - f(x'))^2))]]", false),
        ("E[log(E'[exp(-sum((h - h')^2))])]", true),
        ("E[log(0 + E'[exp(-sum((h - h')^2))])]", true),
    ] {
        let (_, c) = clean("others", &spec(form));
        // A full minibatch, a smaller one, and one that has more rows than a minibatch.
        for b in [4, 3, 5] {
            let got = run(&c.programs["loss"], b, &env(&WEIGHT, b))["payoff:all"].data[0];
            let each = by_hand(b, 3);
            let want = if log { mean(&each.iter().map(|x| x.ln()).collect::<Vec<_>>()) } else { mean(&each) };
            assert!((got - want).abs() < 1e-12, "{form} at {b}: {got} {want}");
        }
    }
}

#[test]
fn the_derivative_of_a_mean_over_the_others_is_that_of_finite_differences() {
    for form in ["E[E'[exp(-sum((h - h')^2))]]", "E[log(E'[exp(-sum((h - h')^2))])]"] {
        let (_, c) = clean("others", &spec(form));
        let moved = &run(&c.programs["step.all"], 4, &env(&WEIGHT, 4))["param:f.0.weight"];
        for i in 0..4 {
            let at = |d: f64| {
                let mut w = WEIGHT;
                w[i] += d;
                run(&c.programs["loss"], 4, &env(&w, 4))["payoff:all"].data[0]
            };
            let want = (at(1e-5) - at(-1e-5)) / 2e-5;
            let got = WEIGHT[i] - moved.data[i];
            assert!((got - want).abs() < 1e-8, "{form} {i}: {got} {want}");
        }
    }
}

/// log q(z) of the aggregate posterior by the others of the minibatch (Chen et al. 2018, section 4): what `log q(q.z | x')` makes of it.
#[test]
fn a_density_given_another_datum() {
    let text = "data x: Real[2] from moons
net e(x: Real[2]) -> Real[1] { dense(1, bias: false) }
net d(z: Real[1]) -> Real[2] { dense(2) }
model p { z ~ Normal(0, I)[1];  x ~ Normal(d(z), 1) }
guide q(x) { z ~ Normal(e(x), 0.5) }
train { minimizes -elbo(p, q) + E[log(E'[exp(log q(q.z | x'))])]  batch 4 }";
    let (_, c) = clean("aggregate", text);
    let g = &c.programs["loss"];
    let term = "term:E[log(E'[exp(log q(q.z | x'))])]";
    let mut at = inputs(&clean("aggregate", text).0, &c, g, 4);
    at.insert("x".into(), tensor(&[4, 2], &ROWS_OF_X[..4].concat()));
    let w = [0.7, -0.4];
    at.insert("e.0.weight".into(), tensor(&[2, 1], &w));
    let got = run(g, 4, &at)[term].data[0];
    // The same draws, through the program that samples nothing else: z = m + 0.5 noise with noise from the mean of log q(z | x).
    let m: Vec<f64> = ROWS_OF_X[..4].iter().map(|x| x[0] * w[0] + x[1] * w[1]).collect();
    let noise: Vec<f64> = g
        .nodes
        .iter()
        .find_map(|n| {
            let random = if let gmc_compiler::ir::Op::Random(r) = &n.op { Some(r) } else { None };
            let normal = random.filter(|r| r.kind == gmc_compiler::ir::RandomKind::Normal)?;
            Some(crate::spec_common::draws(normal.kind, normal.stream, 4))
        })
        .expect("z is drawn");
    let log =
        |x: f64, m: f64| -0.5 * ((x - m) / 0.5).powi(2) - 0.5f64.ln() - 0.5 * std::f64::consts::TAU.ln();
    let each = |i: usize| {
        let z = m[i] + 0.5 * noise[i];
        ((0..4).filter(|j| *j != i).map(|j| log(z, m[j]).exp()).sum::<f64>() / 3.0).ln()
    };
    let want = (0..4).map(each).sum::<f64>() / 4.0;
    assert!((got - want).abs() < 1e-9, "{got} {want}");
}

#[test]
fn shuffling_is_a_permutation_of_each_element() {
    let row = find(ROWS, "shuffle").expect("it is a row");
    let (b, d) = (7, 3);
    let mut cx = Builder::new("shuffle", true);
    let x = cx.input("x", Role::Data, Shape::batched(&[d]));
    let y = row.lower(&[Scope::of(&mut cx.g).ex(x)], &[EventTy::real([d])]).v;
    cx.output("y", y);
    let values: Vec<f64> = (0..b * d).map(|i| i as f64).collect();
    let got = evaluate(&cx.g, b, &[("x".into(), tensor(&[b, d], &values))]).remove(0);
    let column = |t: &[f64], j: usize| t.iter().skip(j).step_by(d).copied().collect::<Vec<f64>>();
    let orders: Vec<Vec<f64>> = (0..d).map(|j| column(&got.data, j)).collect();
    for (j, order) in orders.iter().enumerate() {
        let mut sorted = order.clone();
        sorted.sort_by(f64::total_cmp);
        assert_eq!(sorted, column(&values, j), "element {j} keeps its values");
        assert_ne!(*order, column(&values, j), "element {j} is in its old order");
    }
    let moves = |j: usize| orders[j].iter().map(|v| (*v as usize) / d).collect::<Vec<_>>();
    assert!(moves(0) != moves(1) || moves(1) != moves(2), "all elements move together");
}

#[test]
fn a_slow_value_is_the_average_of_what_was_seen() {
    let (_, c) = clean("average", &spec("E[sum(h^2)] * average(E[sum(h^2)], 0.9)"));
    let g = &c.programs["step.all"];
    let mut at = env(&WEIGHT, 4);
    at.insert("@kept.0.count".into(), tensor(&[], &[0.0]));
    at.insert("@kept.0.values".into(), tensor(&[], &[0.0]));
    let (mut sum, mut shares) = (0.0, 0.0);
    for round in 0..4 {
        // Other data in every round.
        at.insert(
            "x".into(),
            tensor(
                &[4, 2],
                &ROWS_OF_X[..4].concat().iter().map(|v| v * (1.0 + f64::from(round))).collect::<Vec<_>>(),
            ),
        );
        let out = run(g, 4, &at);
        let now = run(&c.programs["loss"], 4, &at)["payoff:all"].data[0];
        let x = at["x"]
            .data
            .chunks(2)
            .map(|x| {
                (x[0] * WEIGHT[0] + x[1] * WEIGHT[2]).powi(2) + (x[0] * WEIGHT[1] + x[1] * WEIGHT[3]).powi(2)
            })
            .sum::<f64>()
            / 4.0;
        (sum, shares) = (0.9 * sum + 0.1 * x, 0.9 * shares + 0.1);
        let want = sum / shares;
        let kept = out["state:@kept.0.values"].data[0];
        assert!((kept - want).abs() < 1e-9 * want, "round {round}: {kept} {want}");
        assert!((out["payoff"].data[0] - x * want).abs() < 1e-9 * x * want);
        // Where nothing is trained it stays as it was; before the first update it is the value itself.
        let before = at["@kept.0.values"].data[0];
        let still = if round == 0 { x } else { before };
        assert!((now - x * still).abs() < 1e-9 * now, "round {round}: {now}");
        // No derivative passes: that of the first factor alone, times the second.
        let slope = (WEIGHT[0] - out["param:f.0.weight"].data[0]) / want;
        let direct =
            at["x"].data.chunks(2).map(|x| 2.0 * (x[0] * WEIGHT[0] + x[1] * WEIGHT[2]) * x[0]).sum::<f64>()
                / 4.0;
        assert!((slope - direct).abs() < 1e-8 * direct.abs().max(1.0), "{slope} {direct}");
        for k in ["count", "values"] {
            at.insert(format!("@kept.0.{k}"), out[&format!("state:@kept.0.{k}")].clone());
        }
    }
}

#[test]
fn a_pool_gives_what_went_in_before() {
    // What comes out is read off the derivative in f's weight: the payoff is linear in what the pool gives.
    let (_, c) = clean("replay", &spec("E[sum(h)] + E[sum(replay(x, 6))]"));
    let g = &c.programs["step.all"];
    let mut at = env(&WEIGHT, 4);
    at.insert("@kept.0.count".into(), tensor(&[], &[0.0]));
    at.insert("@kept.0.values".into(), tensor(&[6, 2], &[0.0; 12]));
    let mut seen: Vec<[f64; 2]> = Vec::new();
    for round in 0..12 {
        let x: Vec<f64> = (0..8).map(|i| f64::from(100 * round + i)).collect();
        at.insert("x".into(), tensor(&[4, 2], &x));
        seen.extend(x.chunks(2).map(|r| [r[0], r[1]]));
        let out = run(g, 4, &at);
        let count = out["state:@kept.0.count"].data[0];
        assert_eq!(count, f64::from((4 * (round + 1)).min(6)), "round {round}");
        let pool = &out["state:@kept.0.values"];
        for (i, r) in pool.data.chunks(2).enumerate().take(count as usize) {
            assert!(seen.contains(&[r[0], r[1]]), "round {round}, place {i}: {r:?} never went in");
        }
        let total = out["term:E[sum(replay(x, 6))]"].data[0];
        let fresh = x.iter().sum::<f64>() / 4.0;
        if round < 2 {
            // Rows of the first two minibatches: the pool fills, and every value comes out as it went in.
            let want: Vec<f64> = seen.concat();
            assert_eq!(pool.data[..2 * count as usize], want[..2 * count as usize]);
            assert!((total - fresh).abs() < 1e-9, "round {round}: {total} {fresh}");
        } else {
            assert!(
                total <= fresh + 1e-9,
                "round {round}: earlier values are smaller, and {total} > {fresh}"
            );
        }
        // Where nothing is trained the value is the new one.
        let still = run(&c.programs["loss"], 4, &at)["term:E[sum(replay(x, 6))]"].data[0];
        assert!((still - fresh).abs() < 1e-9);
        for k in ["count", "values"] {
            at.insert(format!("@kept.0.{k}"), out[&format!("state:@kept.0.{k}")].clone());
        }
    }
    // Some of the last pool are old.
    let oldest = at["@kept.0.values"].data.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(oldest < 1000.0, "everything in the pool is new: {oldest}");
}
