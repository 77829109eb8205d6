//! What the theory of games says, shown on examples whose answers are known: gradients that vanish and others that do not, divergences that are
//! flat and distances that are not, the optimal judge, and one of two kinds.

use super::common::{drawn, session, train, value};
use gmc_runtime::exec::Tensor;
use gmc_runtime::measure::game::{Side, sides, wasserstein};
use gmc_runtime::measure::{Budget, GLANCE, evaluate, full, verdicts};
use gmc_runtime::session::Session;
use std::collections::BTreeMap;
use std::f64::consts::LN_2;

/// Numbers as the column `x` of a table.
fn table(dir: &tempfile::TempDir, name: &str, columns: &str, rows: impl Iterator<Item = String>) -> String {
    let path = dir.path().join(name);
    let lines: Vec<String> = std::iter::once(columns.to_string()).chain(rows).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    path.to_string_lossy().replace('\\', "/")
}

/// Evenly spread over an interval of length 1 around `at`, for training and testing.
fn line(dir: &tempfile::TempDir, at: f64) -> String {
    let numbers = (0..400).map(|i| format!("{}", at - 0.5 + (f64::from(i * 167 % 400) + 0.5) / 400.0));
    table(dir, &format!("line{at}.csv"), "x", numbers)
}

/// A game between data around `at` and samples around 0 whose maker hardly moves while the critic learns.
fn far(file: &str, critic: &str, judge: &str, maker: &str, tail: &str) -> Session {
    let text = format!(
        "data x: Real[1] from csv({file:?}, columns: [\"x\"])
net G(z: Real[1]) -> Real[1] {{ affine(scale: 0.3), dense(1, init: ones) }}
net D(x: Real[1]) -> Real[] {{ {critic} }}
model p {{ z ~ Normal(0, I)[1];  x = G(z) }}
train {{
  player critic {{ owns D  {judge}  steps 60{tail} }}
  player maker {{ owns G  {maker}  using sgd(lr: 1e-5) }}
  steps 20  batch 100
}}"
    );
    let mut s = session(&text, &[]);
    train(&mut s);
    s
}

const PLAIN: &str = "dense(32), leaky_relu(0.2), dense(1), scalar";
const SPECTRAL: &str = "dense(32, norm: spectral), leaky_relu(0.2), dense(1, norm: spectral), scalar";
/// Increases at first: a penalty keeps a critic from turning round (its slope would have to pass 0).
const UPWARD: &str = "dense(32, init: ones), leaky_relu(0.2), dense(1, init: constant(0.03)), scalar";
const BY_LOG: &str = "minimizes says_real(D(x)) + says_fake(D(p.x))  using adam(lr: 2e-2)";

/// The rows of the table: the critic, what the two players want, what else the critic does.
const GAMES: [(&str, &str, &str, &str, &str); 7] = [
    ("classical", PLAIN, BY_LOG, "maximizes says_fake(D(p.x))", ""),
    ("non-saturating", PLAIN, BY_LOG, "minimizes says_real(D(p.x))", ""),
    (
        "least squares",
        PLAIN,
        "minimizes 0.5 * ls_real(D(x)) + 0.5 * ls_fake(D(p.x))  using adam(lr: 5e-3)",
        "minimizes 0.5 * ls_real(D(p.x))",
        "",
    ),
    (
        "Wasserstein, clipped",
        PLAIN,
        "maximizes E[D(x)] - E[D(p.x)]  using rmsprop(lr: 5e-3)",
        "maximizes E[D(p.x)]",
        "  within clip(0.3)",
    ),
    (
        "Wasserstein, penalty",
        UPWARD,
        "maximizes E[D(x)] - E[D(p.x)] - 100 * gradient_penalty(D, x, p.x)  using adam(lr: 3e-3)",
        "maximizes E[D(p.x)]",
        "",
    ),
    (
        "spectral norm",
        SPECTRAL,
        "minimizes hinge_real(D(x)) + hinge_fake(D(p.x))  using adam(lr: 1e-2)",
        "maximizes E[D(p.x)]",
        "",
    ),
    (
        "instance noise",
        PLAIN,
        "minimizes says_real(D(corrupt(x, gaussian(5)))) + says_fake(D(corrupt(p.x, gaussian(5))))  using adam(lr: 2e-3)",
        "maximizes says_fake(D(corrupt(p.x, gaussian(5))))",
        "",
    ),
];

fn maker(s: &mut Session) -> Side {
    let all = sides(s, 1).unwrap_or_else(|e| panic!("{e}"));
    all.into_iter().find(|side| side.player == "maker").expect("there is a maker")
}

/// Data 10 away from the samples: the length of the maker's gradient once the critic has learned (Arjovsky & Bottou 2017, theorem 2.4).
#[test]
fn far_from_the_data_only_the_classical_game_gives_no_gradient() {
    let dir = tempfile::tempdir().unwrap();
    let file = line(&dir, 10.0);
    let mut lengths = BTreeMap::new();
    for (name, critic, judge, payoff, tail) in GAMES {
        let length = maker(&mut far(&file, critic, judge, payoff, tail)).slope;
        println!("{name:22} {length:12.3e}");
        lengths.insert(name, length);
    }
    assert!(lengths["classical"] < 1e-3, "{lengths:?}");
    for (name, length) in &lengths {
        assert!(*name == "classical" || *length > 3e-3, "{name}: {lengths:?}");
    }
}

/// The judge's estimate of the Jensen-Shannon divergence is the same however far data lie; the critic's of the distance, and the exact
/// one, grow with it.
#[test]
fn the_divergence_is_flat_and_the_distance_linear() {
    let dir = tempfile::tempdir().unwrap();
    let budget = Budget { examples: 400, k: 0, samples: 2000, ..GLANCE };
    let (mut divergences, mut distances, mut exact) = (Vec::new(), Vec::new(), Vec::new());
    for at in [3.0, 6.0, 12.0] {
        let file = line(&dir, at);
        let of = |row: usize| {
            let (_, critic, judge, payoff, tail) = GAMES[row];
            let mut s = far(&file, critic, judge, payoff, tail);
            evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"))
        };
        let (js, w) = (of(0), of(4));
        divergences.push(value(&js, "Jensen-Shannon divergence by `D`", "nats"));
        distances.push(value(&w, "Wasserstein distance by `D`", ""));
        exact.push(value(&w, "Wasserstein distance, exact", ""));
        let halves = value(&w, "Wasserstein distance of two halves", "");
        assert!(halves < 0.2, "{halves}");
    }
    println!(
        "distance of the data: 3, 6, 12\nJensen-Shannon {divergences:?}\nWasserstein by the critic {distances:?}\nexact {exact:?}"
    );
    for (i, at) in [3.0, 6.0, 12.0].into_iter().enumerate() {
        assert!((divergences[i] - LN_2).abs() < 0.03 * LN_2, "{divergences:?}");
        assert!((exact[i] - at).abs() < 0.2, "{exact:?}");
        assert!((distances[i] - at).abs() < 0.15 * at, "{distances:?}");
    }
}

/// Four classes, p against q = 1/4: at the optimum D = p / (p + q), and -(E[-log D(x)] + E[-log(1 - D(y))]) = 2 JS(p, q) - log 4 (Goodfellow et
/// al. 2014, proposition 1 and theorem 1).
#[test]
fn the_optimal_judge_of_a_discrete_game() {
    let p: [f64; 4] = [0.4, 0.3, 0.2, 0.1];
    let dir = tempfile::tempdir().unwrap();
    let rows = (0..1000).map(|i| (b'a' + [0, 1, 0, 2, 1, 0, 3, 2, 1, 0][i % 10]) as char).map(String::from);
    let file = table(&dir, "classes.csv", "x", rows);
    let text = format!(
        "data x: Class(4) from csv({file:?}, columns: [\"x\"])
net D(x: Class(4)) -> Real[] {{ dense(1), scalar }}
model p {{ y ~ Categorical(4) }}
train {{ minimizes says_real(D(x)) + says_fake(D(p.y))  steps 3000  batch 500  ema 0.995  using adam(lr: cosine(5e-2 -> 1e-3)) }}"
    );
    let mut s = session(&text, &[]);
    train(&mut s);
    let weights = s.tensors["D.0.weight"].to_f32();
    let bias = s.tensors["D.0.bias"].to_f32()[0];
    let d: Vec<f64> = weights.iter().map(|w| 1.0 / (1.0 + (-f64::from(w + bias)).exp())).collect();
    let best: Vec<f64> = p.iter().map(|p| p / (p + 0.25)).collect();
    println!("D {d:?}\nbest {best:?}");
    for (d, best) in d.iter().zip(&best) {
        assert!((d - best).abs() < 0.01, "{d} {best}");
    }
    let js = |p: &[f64], q: f64| -> f64 {
        p.iter().map(|p| 0.5 * p * (p / (0.5 * (p + q))).ln() + 0.5 * q * (q / (0.5 * (p + q))).ln()).sum()
    };
    // The maker's loss at this judge, exactly.
    let loss: f64 = p.iter().zip(&d).map(|(p, d)| p * d.ln() + 0.25 * (1.0 - d).ln()).sum();
    let want = 2.0 * js(&p, 0.25) - 4f64.ln();
    assert!((loss - want).abs() < 1e-3, "{loss} {want}");
}

/// Data of two kinds, samples of one of them: the judge is sure of the other, and says 1/3 of the one that is made (p = 1/2, q = 1).
#[test]
fn one_of_two_kinds_is_made() {
    let text = "data x: Real[2] from gaussians(2, radius: 2, std: 0.1)
net D(x: Real[2]) -> Real[] { dense(32), leaky_relu(0.2), dense(32), leaky_relu(0.2), dense(1), scalar }
model p { z ~ Normal(0, 0.1)[2];  x = z + concat(2, 0) }
train { minimizes says_real(D(x)) + says_fake(D(p.x))  steps 1500  batch 256  ema 0.99  using adam(lr: cosine(5e-3 -> 1e-4)) }";
    let mut s = session(text, &[]);
    train(&mut s);
    let judge = |s: &mut Session, at: [f32; 2]| {
        let point = Tensor::from_f32(&s.device, at.to_vec(), &[1, 2]);
        let data = [("x".to_string(), point)].into();
        let out = super::common::run(s, "loss", 1, &data);
        let (_, t) = out.iter().find(|(n, _)| n == "term:E[softplus(-D(x))]").expect("a term");
        (-f64::from(t.to_f32()[0])).exp()
    };
    let (other, made) = (judge(&mut s, [-2.0, 0.0]), judge(&mut s, [2.0, 0.0]));
    println!("D on the other kind {other:.4}, on the one that is made {made:.4}");
    assert!(other > 0.99, "{other}");
    assert!((0.25..=0.37).contains(&made), "{made}");
    let budget = full(&s);
    let said = verdicts(&mut s, 1, budget).unwrap().join("\n");
    assert!(said.contains("collapse: no sample is near 1 of 2 modes of the data (1)"), "{said}");
}

/// The critic's estimate and the exact distance agree while training goes on, too; and what evaluation calls exact is the area between the
/// distribution functions of its own samples and the data.
#[test]
fn the_exact_distance_is_of_the_samples() {
    let dir = tempfile::tempdir().unwrap();
    let file = line(&dir, 2.0);
    let (_, critic, judge, payoff, tail) = GAMES[4];
    let mut s = far(&file, critic, judge, payoff, tail);
    let scores = evaluate(&mut s, 1, Budget { examples: 400, k: 0, samples: 500, ..GLANCE }).unwrap();
    let samples = drawn(&mut s, 500, 1).into_iter().find(|(n, ..)| n == "site:x").expect("x is drawn").1;
    let test = s.test_column("x").expect("a test part").values.clone();
    assert!((wasserstein(&samples, &test) - value(&scores, "Wasserstein distance, exact", "")).abs() < 1e-9);
}
