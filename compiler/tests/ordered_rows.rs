//! What may stand in a site that is drawn in an order: every kind of discrete row up to 256 values and mixtures of continuous ones, each
//! with probabilities that sum, or a density that integrates, to 1; and conditions of every form.

use crate::ordered::{NETS, clean, clean_with, evaluate, sampler, unit, weights};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::ir::Tensor64;
use std::collections::BTreeMap;

/// Every value of an event of these axes whose elements are below `k`.
fn all(k: usize, dims: &[usize]) -> (usize, Tensor64) {
    let size: usize = dims.iter().product();
    let n = k.pow(size as u32);
    let data = (0..n).flat_map(|v| (0..size).map(move |i| (v / k.pow(i as u32) % k) as f64)).collect();
    (n, Tensor64::new(&[&[n], dims].concat(), data).unwrap())
}

/// A spec of one variable of this type; `body` are its nets and model.
fn spec(ty: &str, body: &str) -> String {
    format!("data x: {ty} from npy(\"x.npy\")\n{body}\ntrain {{ using adam(lr: 1e-3) }}")
}

/// Name, type, axes, number of values, nets and model.
const DISCRETE: &[(&str, &str, &[usize], usize, &str)] = &[
    (
        "bits",
        "Bool[5]",
        &[5],
        2,
        "net f(x: Bool[5]) -> Real[5] { dense(10, mask: A), tanh, dense(5, mask: B) }
model p { x[i in forward] ~ Bernoulli(probs: sigmoid(f(x[< i]))) }",
    ),
    (
        "bits in an order as written",
        "Bool[4]",
        &[4],
        2,
        "net f(x: Bool[4]) -> Real[4] { dense(8, mask: A), tanh, dense(4, mask: B) }
model p { x[i in permuted([2, 0, 3, 1])] ~ Bernoulli(logits: f(x[< i])) }",
    ),
    (
        "three levels of an image",
        "Int(3)[1, 2, 3]",
        &[1, 2, 3],
        3,
        "net f(x: Int(3)[1, 2, 3]) -> Real[1, 2, 3, 3] { rescale, gated_pixelcnn(4, layers: 2), relu, logits(3) }
model p { x[i in raster] ~ Categorical(logits: f(x[< i])) }",
    ),
    (
        "levels of two colours",
        "Int(4)[2, 1, 2]",
        &[2, 1, 2],
        4,
        "net f(x: Int(4)[2, 1, 2]) -> Real[2, 1, 2, 4] { conv(6, k: 3, mask: A, colours: 2), relu, logits(4, channels: 2, mask: B, colours: 2) }
model p { x[i in raster] ~ Categorical(logits: f(x[< i])) }",
    ),
    (
        "256 levels",
        "Int(256)[2]",
        &[2],
        256,
        "net f(x: Int(256)[2]) -> Real[2, 256] { rescale, dense(4, mask: A), tanh, dense(2, mask: B), logits(256, mask: B) }
model p { x[i in reverse] ~ Categorical(logits: f(x[< i])) }",
    ),
    (
        "discretised logistics",
        "Int(5)[4]",
        &[4],
        5,
        "net f(x: Int(5)[4]) -> (Real[4], Real[4]) { rescale, dense(8, mask: A), tanh, heads(4, 4, mask: B) }
model p { (m, s) = f(x[< i]);  x[i in permuted(2)] ~ DiscretizedLogistic(m, exp(s), levels: 5) }",
    ),
    (
        "a mixture of discretised logistics",
        "Int(6)[1, 2, 2]",
        &[1, 2, 2],
        6,
        "net f(x: Int(6)[1, 2, 2]) -> (Real[1, 2, 2, 3], Real[1, 2, 2, 3], Real[1, 2, 2, 3]) { rescale, gated_pixelcnn(4, layers: 2), relu, heads(1, 1, 1, k: 3) }
model p { (w, m, s) = f(x[< i]);  x[i in raster] ~ DiscretizedLogisticMixture(logits: w, loc: m, scale: exp(s - 1), levels: 6) }",
    ),
    (
        "a mixture of discretised logistics over colours",
        "Int(4)[3, 1, 2]",
        &[3, 1, 2],
        4,
        "net f(x: Int(4)[3, 1, 2]) -> (Real[3, 1, 2, 2], Real[3, 1, 2, 2], Real[3, 1, 2, 2]) {
  rescale, gated_pixelcnn(6, layers: 1, colours: 3), tanh, heads(3, 3, 3, k: 2, mask: B, colours: 3)
}
model p { (w, m, s) = f(x[< i]);  x[i in raster] ~ Mixture(DiscretizedLogistic(m, exp(s), levels: 4), logits: w) }",
    ),
    (
        "one-hot vectors, row by row",
        "Bool[2, 3]",
        &[2, 3],
        2,
        "net f(x: Bool[2, 3]) -> Real[2, 3] { shift_right, dense(5), tanh, dense(3) }
model p { x[i in forward] ~ Bernoulli(logits: f(x[< i])) }",
    ),
];

/// Every layer with a mask, and every one that says that it reads what is earlier, stands in a net whose probabilities are summed.
#[test]
fn every_causal_layer_is_summed_over() {
    let bodies: Vec<&str> = NETS.iter().map(|n| n.3).chain(DISCRETE.iter().map(|d| d.4)).collect();
    let names = |body: &str, name: &str| {
        body.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name)
    };
    for row in gmc_compiler::rows::layer::ROWS {
        let causal = row.params().iter().any(|p| p.name == "mask") || row.doc().contains("earlier");
        assert!(
            !causal || bodies.iter().any(|b| names(b, row.name())),
            "no net with `{}` is summed over",
            row.name()
        );
    }
}

#[test]
fn probabilities_of_all_values_sum_to_1() {
    for (name, ty, dims, k, body) in DISCRETE {
        let (_, c) = clean(&spec(ty, body), dims);
        let mut inputs = weights(&c);
        let (n, values) = all(*k, dims);
        inputs.insert("x".into(), values);
        let log_p = &evaluate(&c.programs["log_prob.p"], n, &inputs)["log_prob"];
        let total: f64 = log_p.data.iter().map(|l| l.exp()).sum();
        assert!((total - 1.0).abs() < 1e-9, "{name}: {total}");
    }
}

#[test]
fn a_draw_by_place_is_the_draw_that_computes_everything() {
    for (name, ty, dims, k, body) in DISCRETE {
        let (typed, c) = clean(&spec(ty, body), dims);
        let inputs = weights(&c);
        let [fast, slow] = [true, false].map(|by_place| evaluate(&sampler(&typed, by_place), 30, &inputs));
        assert_eq!(fast["x"].data, slow["x"].data, "{name}");
        let inside = |v: &f64| v.fract() == 0.0 && (0.0..*k as f64).contains(v);
        assert!(fast["x"].data.iter().all(inside), "{name}: {:?}", fast["x"].data);
    }
}

/// Name, and the distribution of two numbers in an order: `w`, `m`, `s` are of shape [2, 3], read earlier elements and are any reals.
const CONTINUOUS: &[(&str, &str)] = &[
    ("normals", "NormalMixture(logits: w, loc: m, scale: exp(s))"),
    ("the same written out", "Mixture(Normal(m, exp(s)), logits: w)"),
    ("logistics", "Mixture(Logistic(m, 0.3 * exp(s)), logits: w)"),
];

const WITH_HEADS: &str = "net f(x: Real[2]) -> (Real[2, 3], Real[2, 3], Real[2, 3]) { dense(8, mask: A), tanh, heads(2, 2, 2, k: 3, mask: B) }
model p { (w, m, s) = f(x[< i]);  x[i in forward] ~ $D }";

/// The density over a square that holds all but nothing of it, by the trapezoidal rule.
#[test]
fn mixtures_of_continuous_values_integrate_to_1() {
    let (side, steps) = (14.0, 280usize);
    let h = 2.0 * side / steps as f64;
    let at = |i: usize| -side + h * i as f64;
    for (name, dist) in CONTINUOUS {
        let (_, c) = clean(&spec("Real[2]", &WITH_HEADS.replace("$D", dist)), &[2]);
        let weights = weights(&c);
        let mut total = 0.0;
        for i in 0..=steps {
            let mut inputs = weights.clone();
            let row = (0..=steps).flat_map(|j| [at(i), at(j)]).collect();
            inputs.insert("x".into(), Tensor64::new(&[steps + 1, 2], row).unwrap());
            let log_p = &evaluate(&c.programs["log_prob.p"], steps + 1, &inputs)["log_prob"];
            total += log_p.data.iter().map(|l| l.exp() * h * h).sum::<f64>();
        }
        assert!((total - 1.0).abs() < 2e-3, "{name}: {total}");
    }
}

/// The share of draws in each quarter of the plane is the integral of the density over it.
#[test]
fn draws_of_mixtures_come_as_often_as_the_density_says() {
    let (side, steps, n) = (14.0, 280usize, 20_000);
    let h = 2.0 * side / steps as f64;
    // Midpoints, none of which lies on a border of the quarters.
    let at = |i: usize| -side + h * (i as f64 + 0.5);
    for (name, dist) in &CONTINUOUS[..2] {
        let (typed, c) = clean(&spec("Real[2]", &WITH_HEADS.replace("$D", dist)), &[2]);
        let weights = weights(&c);
        let quarter = |x: f64, y: f64| usize::from(x > 0.0) + 2 * usize::from(y > 0.0);
        let (mut want, mut found) = ([0.0; 4], [0.0; 4]);
        for i in 0..steps {
            let mut inputs = weights.clone();
            let row = (0..steps).flat_map(|j| [at(i), at(j)]).collect();
            inputs.insert("x".into(), Tensor64::new(&[steps, 2], row).unwrap());
            let log_p = &evaluate(&c.programs["log_prob.p"], steps, &inputs)["log_prob"];
            for (j, l) in log_p.data.iter().enumerate() {
                want[quarter(at(i), at(j))] += l.exp() * h * h;
            }
        }
        for x in evaluate(&sampler(&typed, true), n, &weights)["x"].data.chunks(2) {
            found[quarter(x[0], x[1])] += 1.0 / n as f64;
        }
        for (w, f) in want.iter().zip(&found) {
            // Five standard deviations of a share, and the error of the integral.
            assert!(
                (w - f).abs() < 5.0 * (w * (1.0 - w) / n as f64).sqrt() + 2e-3,
                "{name}: {want:?} {found:?}"
            );
        }
    }
}

/// In the order `permuted([1, 0])` the second element is drawn first: its density depends on nothing, that of the first on it.
#[test]
fn an_order_as_written_is_kept() {
    let body = "net f(x: Real[2]) -> Real[2] { dense(8, mask: A), tanh, dense(2, mask: B) }
model p { x[i in permuted([1, 0])] ~ Normal(f(x[< i]), 1) }";
    let (_, c) = clean(&spec("Real[2]", body), &[2]);
    let weights = weights(&c);
    let log_p = |a: f64, b: f64| {
        let mut inputs = weights.clone();
        inputs.insert("x".into(), Tensor64::new(&[1, 2], vec![a, b]).unwrap());
        evaluate(&c.programs["log_prob.p"], 1, &inputs)["log_prob"].data[0]
    };
    // A normal's log-density is a parabola: its second difference in a is -1 whatever b is. In b it is so at no a, since b moves the mean of a.
    let second = |f: &dyn Fn(f64) -> f64| f(1.0) - 2.0 * f(0.0) + f(-1.0);
    assert!((second(&|a| log_p(a, 0.7)) + 1.0).abs() < 1e-9);
    assert!((second(&|b| log_p(2.0, b)) + 1.0).abs() > 1e-3);
}

/// Lines that read earlier elements are the same as what they stand for, written in the distribution.
#[test]
fn a_name_for_what_reads_earlier_elements_is_put_in_its_place() {
    let net = "net f(x: Real[2]) -> Real[2] { dense(8, mask: A), tanh, dense(2, mask: B) }";
    let named =
        format!("{net}\nmodel p {{ m = f(x[< i]);  s = exp(m) + 1;  x[i in forward] ~ Normal(m, s) }}");
    let refused = unit(&spec("Real[2]", &named), &[2]);
    let said = render(&refused.diags, &refused.sources, Format::Human, false);
    assert!(said.contains("`m` is known only where `x` is drawn"), "{said}");
    let named = format!(
        "{net}\nmodel p {{ m = f(x[< i]);  s = exp(f(x[< i])) + 1;  x[i in forward] ~ Normal(m, s) }}"
    );
    let whole = format!("{net}\nmodel p {{ x[i in forward] ~ Normal(f(x[< i]), exp(f(x[< i])) + 1) }}");
    let x = Tensor64::new(&[3, 2], vec![0.3, -1.0, 2.0, 0.1, -0.7, 0.9]).unwrap();
    let value = |text: &str| {
        let (_, c) = clean(&spec("Real[2]", text), &[2]);
        let mut inputs = weights(&c);
        inputs.insert("x".into(), x.clone());
        evaluate(&c.programs["log_prob.p"], 3, &inputs)["log_prob"].data.clone()
    };
    assert_eq!(value(&named), value(&whole));
}

/// Name, further data, and nets and model that read `y` as a condition, with axes of the condition.
const CONDITIONS: &[(&str, &str, &[usize], &str)] = &[
    (
        "a vector in every gate",
        "Real[3]",
        &[3],
        "net f(x: Bool[1, 2, 3], y: Real[3]) -> Real[1, 2, 3] { gated_pixelcnn(4, layers: 2, inputs: y), relu, conv(1, k: 1) }",
    ),
    (
        "a vector added to features",
        "Real[3]",
        &[3],
        "net f(x: Bool[1, 2, 3], y: Real[3]) -> Real[1, 2, 3] { conv(4, k: 3, mask: A), bias_from(y), relu, conv(1, k: 1) }",
    ),
    (
        "an image pixel by pixel",
        "Real[2, 2, 3]",
        &[2, 2, 3],
        "net f(x: Bool[1, 2, 3], y: Real[2, 2, 3]) -> Real[1, 2, 3] { gated_pixelcnn(4, layers: 2, inputs: y), relu, conv(1, k: 1) }",
    ),
    (
        "an image through a convolutional encoder",
        "Real[1, 4, 6]",
        &[1, 4, 6],
        "net look(y: Real[1, 4, 6]) -> Real[5, 2, 3] { conv(4, k: 3), relu, conv(5, k: 2, stride: 2) }
net g(x: Bool[1, 2, 3], h: Real[5, 2, 3]) -> Real[1, 2, 3] { gated_pixelcnn(4, layers: 2, inputs: h), relu, conv(1, k: 1) }",
    ),
    (
        "a coarse image, made larger",
        "Real[1, 1, 1]",
        &[1, 1, 1],
        "net look(y: Real[1, 1, 1]) -> Real[3, 2, 3] { flatten, dense(18), reshape(3, 2, 3) }
net g(x: Bool[1, 2, 3], h: Real[3, 2, 3]) -> Real[1, 2, 3] { conv(4, k: 3, mask: A), film(h), relu, conv(1, k: 1) }",
    ),
    (
        "a sequence through a recurrent encoder",
        "Real[4, 2]",
        &[4, 2],
        "net look(y: Real[4, 2]) -> Real[5] { gru(5), last }
net g(x: Bool[1, 2, 3], h: Real[5]) -> Real[1, 2, 3] { gated_pixelcnn(4, layers: 1, inputs: h), relu, conv(1, k: 1) }",
    ),
];

/// A model whose net has a parameter that nothing reads could not be sampled: it would rest on what nobody trains.
#[test]
fn whatever_is_conditioned_on_can_be_drawn() {
    for layers in 1..4 {
        let text = format!(
            "data (x: Bool[1, 2, 3], y: Class(4)) from npy(\"x.npy\", labels: \"y.npy\")
net f(x: Bool[1, 2, 3], y: Class(4)) -> Real[1, 2, 3] {{ gated_pixelcnn(4, layers: {layers}, inputs: y), relu, conv(1, k: 1) }}
model p(y) {{ x[i in raster] ~ Bernoulli(logits: f(x[< i], y)) }}
train {{ using adam(lr: 1e-3) }}"
        );
        let (_, c) = clean_with(&text, &[("x.npy", &[1, 2, 3]), ("y.npy", &[])]);
        for q in &c.queries {
            if ["sample", "density", "complete"].contains(&q.question.text()) {
                assert!(q.answer.is_ok(), "{} layers, {}: {:?}", layers, q.question, q.answer);
            }
        }
    }
}

/// Bits given a condition: a distribution for each of its values, and another for another.
#[test]
fn given_any_condition_probabilities_sum_to_1() {
    for (name, ty, axes, nets) in CONDITIONS {
        let site = if nets.contains("look") { "g(x[< i], look(y))" } else { "f(x[< i], y)" };
        let text = format!(
            "data (x: Bool[1, 2, 3], y: {ty}) from npy(\"x.npy\", labels: \"y.npy\")\n{nets}\n\
             model p(y) {{ x[i in raster] ~ Bernoulli(logits: {site}) }}\ntrain {{ using adam(lr: 1e-3) }}"
        );
        let (typed, c) = clean_with(&text, &[("x.npy", &[1, 2, 3]), ("y.npy", axes)]);
        let weights = weights(&c);
        let (n, bits) = all(2, &[1, 2, 3]);
        let size: usize = axes.iter().product();
        let given = |rows: usize, shift: f64| {
            let one: Vec<f64> = (0..size).map(|i| (i as f64 + shift).sin()).collect();
            Tensor64::new(&[&[rows], *axes].concat(), one.repeat(rows)).unwrap()
        };
        let log_p = |shift: f64| {
            let mut inputs = weights.clone();
            inputs.insert("x".into(), bits.clone());
            inputs.insert("y".into(), given(n, shift));
            evaluate(&c.programs["log_prob.p"], n, &inputs)["log_prob"].data.clone()
        };
        let (one, other) = (log_p(0.0), log_p(2.0));
        for log_p in [&one, &other] {
            let total: f64 = log_p.iter().map(|l| l.exp()).sum();
            assert!((total - 1.0).abs() < 1e-9, "{name}: {total}");
        }
        let apart = one.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart > 1e-3, "{name}: the condition changes nothing");
        let mut inputs: BTreeMap<String, Tensor64> = weights.clone();
        inputs.insert("y".into(), given(40, 0.5));
        let [fast, slow] = [true, false].map(|by_place| evaluate(&sampler(&typed, by_place), 40, &inputs));
        assert_eq!(fast["x"].data, slow["x"].data, "{name}");
    }
}
