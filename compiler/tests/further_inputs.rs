//! What a net, flow or critic reads beside its first input: a constant, a scalar or vector `param`, a schedule, a datum, a draw, or what is
//! computed from them. Values are held against each other and against closed forms, gradients against finite differences.

use crate::ir_common::Rng;
use crate::spec_common::{clean, inputs, run, unit};
use gmc_compiler::derive::Compiled;
use gmc_compiler::ir::{Graph, Tensor64, verify};
use gmc_compiler::types::Typed;
use std::collections::BTreeMap;

const HEAD: &str = "data (x: Real[64] in unit, y: Class(10)) from digits
param w: Real[] = 0.7
param v: Real[3] = 0.3
param m: Real[3] in simplex
param pos: Real[] in positive = 2
model p { z ~ Normal(0, I)[3];   r ~ Gamma(2, rate: 1) }
";

/// Values of one number, of a vector of 3, of a class: every form that an expression has.
const NUMBERS: [&str; 12] = [
    "0.7",
    "-2",
    "w",
    "pos",
    "2 * w - 1",
    "ramp(0 -> 1, over: 10 epochs)",
    "sum(x)",
    "p.r",
    "norm(v)",
    "E[mean(x)]",
    "h",
    "dot(v, p.z)",
];
const VECTORS: [&str; 7] = ["v", "m", "p.z", "w * v", "v + p.z", "sum(x) * v", "e(x)"];
const CLASSES: [&str; 1] = ["y"];

fn one_of<'a>(rng: &mut Rng, all: &[&'a str]) -> &'a str {
    all[rng.below(all.len())]
}

/// Some of the further inputs `t: Real[], u: Real[3], c: Class(10)`.
fn some_names(rng: &mut Rng) -> String {
    let chosen: Vec<&str> = ["t", "u", "c"].into_iter().filter(|_| rng.below(2) == 0).collect();
    if chosen.is_empty() { one_of(rng, &["t", "u", "c"]).into() } else { chosen.join(", ") }
}

fn layer(rng: &mut Rng, deep: usize) -> String {
    let names = some_names(rng);
    match rng.below(if deep > 0 { 9 } else { 7 }) {
        0 => format!("film({names})"),
        1 => format!("bias_from({names})"),
        2 => format!("join({names}), dense(4)"),
        3 => "dense(4), tanh".into(),
        4 => "layer_norm".into(),
        5 => format!("silu, join({names}), dense(4), softplus"),
        6 => format!(
            "reshape(1, 2, 2), bias_from({names}), join({names}), conv(2, k: 3), film({names}), flatten, dense(4)"
        ),
        7 => format!("residual {{ {} }}", layers(rng, 2, 0)),
        _ => format!("repeat 2 {{ {} }}", layers(rng, 1, 0)),
    }
}

fn layers(rng: &mut Rng, n: usize, deep: usize) -> String {
    let all: Vec<String> = (0..n).map(|_| layer(rng, deep)).collect();
    all.join(", ")
}

fn bijection(rng: &mut Rng, i: usize) -> String {
    let inside = layers(rng, 1, 0);
    match rng.below(4) {
        0 => format!("couple(parity({i}), affine) {{ dense(4), {inside} }}"),
        1 => format!("couple(halves({}), spline(bins: 3)) {{ dense(4), {inside} }}", i % 2),
        2 => "masked(affine) { dense(4), tanh, dense(4) }".into(),
        _ => "scale, shift, reverse".into(),
    }
}

/// A spec whose nets, flow and critic read one of everything.
fn composed(rng: &mut Rng) -> String {
    let call = |rng: &mut Rng| {
        format!("{}, {}, {}", one_of(rng, &NUMBERS), one_of(rng, &VECTORS), one_of(rng, &CLASSES))
    };
    let first = |rng: &mut Rng| one_of(rng, &["v", "p.z", "e(x)", "w * v"]);
    let (body, critic) = (layers(rng, 3, 1), layers(rng, 2, 0));
    let flow: Vec<String> = (0..2).map(|i| bijection(rng, i)).collect();
    let (a, b, c) = (call(rng), call(rng), call(rng));
    let (i, j, k) = (first(rng), first(rng), first(rng));
    format!(
        "{HEAD}net e(x: Real[64] in unit) -> Real[3] {{ dense(3) }}
net f(s: Real[3], t: Real[], u: Real[3], c: Class(10)) -> Real[3] {{ dense(4), {body}, dense(3) }}
net d(s: Real[3], t: Real[], u: Real[3], c: Class(10)) -> Real[] {{ dense(4), softplus, {critic}, dense(1), scalar }}
flow g: Real[3] <-> Real[3] given (t: Real[], u: Real[3], c: Class(10)) {{ {} }}
train {{
  let h = norm(v) + 1
  minimizes E[mean(f({i}, {a}))] + E[mean(tanh(g({j}, {b})))] + E[d({k}, {c})] + gradient_penalty(d(·, {c}), e(x), {k})
  using sgd(lr: 1)  steps 1  batch 4
}}
",
        flow.join(", ")
    )
}

/// The largest distance, over some coordinates of every parameter, of a step of gradient descent from finite differences of its loss, as a
/// part of either; and how many of the derivatives are not 0.
fn off(typed: &Typed, c: &Compiled, g: &Graph, rng: &mut Rng) -> (f64, usize) {
    let given = inputs(typed, c, g, 3);
    let out = run(g, 3, &given);
    let (mut worst, mut moved) = (0.0f64, 0);
    for (path, new) in out.iter().filter_map(|(k, t)| Some((k.strip_prefix("param:")?, t))) {
        let was = &given[path];
        let i = rng.below(was.data.len());
        let loss = |by: f64| {
            let mut e = given.clone();
            e.get_mut(path).unwrap().data[i] += by;
            run(g, 3, &e)["loss"].data[0]
        };
        let h = 1e-5;
        let (want, got) = ((loss(h) - loss(-h)) / (2.0 * h), was.data[i] - new.data[i]);
        worst = worst.max((got - want).abs() / (1.0 + want.abs() + out["loss"].data[0].abs() * 0.1));
        moved += usize::from(want.abs() > 1e-7);
    }
    (worst, moved)
}

#[test]
fn random_compositions_with_every_kind_of_further_input() {
    let mut rng = Rng(5);
    let mut moved = 0;
    for i in 0..60 {
        let text = composed(&mut rng);
        let u = unit("composed", &text);
        let said: Vec<String> = u.diags.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
        assert!(!u.failed(), "{said:?}\n{text}");
        let (typed, c) = (u.typed.unwrap(), u.compiled.unwrap());
        for (name, g) in c.graphs.iter().chain(c.programs.iter()) {
            verify(g).unwrap_or_else(|why| panic!("{name}: {why:?}\n{text}"));
        }
        for g in c.programs.graphs() {
            run(g, 2, &inputs(&typed, &c, g, 2));
        }
        if i % 3 == 0 {
            let (worst, some) = off(&typed, &c, &c.programs["step.all"], &mut rng);
            assert!(worst < 1e-5, "{worst}\n{text}");
            moved += some;
        }
    }
    assert!(moved > 150, "{moved}");
}

/// What `loss` and the gradient of each weight are with this further input, the net's weights being the same each time.
fn with_input(text: &str, t: &str) -> BTreeMap<String, Tensor64> {
    let (typed, c) = clean("kind", &text.replace("INPUT", t));
    let g = &c.programs["step.all"];
    let mut given = inputs(&typed, &c, g, 3);
    for (name, t) in &mut given {
        if name.contains(".weight") || name.contains(".bias") || name == "x" {
            *t = Tensor64::from_fn(&t.dims.clone(), |i| ((name.len() + 3 * i) as f64).sin());
        } else if name.contains("schedule") || name == "w" {
            t.data = vec![0.7];
        }
    }
    let out = run(g, 3, &given);
    out.into_iter().filter(|(k, _)| k == "loss" || k.contains(".weight") || k.contains(".bias")).collect()
}

/// One number is one number: as a constant, a param, a schedule, computed from those, or computed for each datum.
#[test]
fn a_number_means_the_same_whatever_it_comes_from() {
    for body in [
        "film(t), dense(2)",
        "bias_from(t), tanh, dense(2)",
        "join(t), dense(2)",
        "dense(2)",
        "residual { dense(2), film(t) }, join(t), dense(3), bias_from(t), dense(2)",
        "reshape(2, 1, 1), join(t), bias_from(t), film(t), conv(2, k: 1), flatten",
    ] {
        let text = format!(
            "data x: Real[2] from moons
param w: Real[] = 0.7
net f(x: Real[2], t: Real[]) -> Real[2] {{ {body} }}
train {{ let h = w  minimizes sse(f(x, INPUT), 2 * x) + 0 * w  using sgd(lr: 0.1) }}
"
        );
        let want = with_input(&text, "0.7");
        for t in [
            "w",
            "h",
            "0.2 + w - 0.2",
            "constant(0.7)",
            "0 * sum(x) + 0.7",
            "E[w]",
            "E[mean(0 * x + 0.7)]",
            "max(w, 0.1)",
        ] {
            let got = with_input(&text, t);
            assert_eq!(got.keys().collect::<Vec<_>>(), want.keys().collect::<Vec<_>>(), "{t}");
            for (name, a) in &want {
                let b = &got[name];
                assert_eq!(a.dims, b.dims);
                for (a, b) in a.data.iter().zip(&b.data) {
                    assert!((a - b).abs() < 1e-9 * (1.0 + a.abs()), "{body}, {t}, {name}: {a} {b}");
                }
            }
        }
    }
}

/// `film` starts as the identity, and is x (1 + G t) + W t afterwards; in a closed form.
#[test]
fn film_by_a_param_in_closed_form() {
    let (typed, c) = clean(
        "film",
        "data x: Real[2] from moons
param w: Real[] = 0.5
net f(x: Real[2], t: Real[]) -> Real[2] { film(t) }
train { minimizes E[mean(f(x, w))]  using sgd(lr: 1) }
",
    );
    let g = &c.programs["step.all"];
    let given = inputs(&typed, &c, g, 3);
    let out = run(g, 3, &given);
    let (x, w) = (&given["x"].data, given["w"].data[0]);
    let (gain, shift) = (&given["f.0.gain.t.weight"].data, &given["f.0.shift.t.weight"].data);
    let mean = |f: &dyn Fn(usize) -> f64| (0..6).map(f).sum::<f64>() / 6.0;
    let loss = mean(&|i| x[i] * (1.0 + gain[i % 2] * w) + shift[i % 2] * w);
    assert!((out["loss"].data[0] - loss).abs() < 1e-12);
    let by_w = mean(&|i| x[i] * gain[i % 2] + shift[i % 2]);
    assert!((w - out["param:w"].data[0] - by_w).abs() < 1e-12);
    for j in 0..2 {
        let by_gain = (0..3).map(|b| x[2 * b + j] * w).sum::<f64>() / 6.0;
        assert!((gain[j] - out["param:f.0.gain.t.weight"].data[j] - by_gain).abs() < 1e-12);
    }
}

/// The log-density of a flow whose constant is a scalar param: that of an affine map, whose net has no hidden layer.
#[test]
fn a_flow_given_a_param_in_closed_form() {
    let (typed, c) = clean(
        "flow",
        "data x: Real[2] from moons
param w: Real[] = 0.5
flow f: Real[2] <-> Real[2] given (t: Real[]) { couple(parity(0), additive) { dense(1) }, scale }
model p { z ~ Normal(0, I)[2];  x = f(z, w) }
train { minimizes nll(p)  using sgd(lr: 1) }
",
    );
    let g = &c.programs["log_prob.p"];
    let given = inputs(&typed, &c, g, 2);
    let out = &run(g, 2, &given)["log_prob"].data;
    let of = |name: &str| given[name].data.clone();
    let (a, b) = (of("f.0.net.0.weight"), of("f.0.net.0.bias")[0]);
    let (last, bias) = (of("f.0.out.weight")[0], of("f.0.out.bias")[0]);
    let (log_scale, x, w) = (of("f.1.log_scale"), of("x"), of("w")[0]);
    for n in 0..2 {
        let y: Vec<f64> = (0..2).map(|i| x[2 * n + i] / log_scale[i].exp()).collect();
        let both = [(0, 1), (1, 0)].map(|(keep, moved)| {
            let shift = last * (a[0] * y[keep] + a[1] * w + b) + bias;
            let mut z = y.clone();
            z[moved] -= shift;
            -0.5 * (z[0] * z[0] + z[1] * z[1]) - (std::f64::consts::TAU).ln() - log_scale[0] - log_scale[1]
        });
        assert!(both.iter().any(|l| (l - out[n]).abs() < 1e-9), "{both:?} {}", out[n]);
    }
}

const CRITIC: &str = "data (x: Real[64] in unit, y: Class(10)) from digits
param w: Real[] = 0.7
param v: Real[64]
net G(z: Real[16], y: Class(10)) -> Real[64] in unit  { join(y), dense(64), tanh, dense(64), sigmoid }
net D(x: Real[64], TYPE) -> Real[]    { BODY, dense(8), tanh, dense(1), scalar }
model p(y) { z ~ Normal(0, I)[16];  x = G(z, y) }
train {
  player judge { owns D, w, v  minimizes gradient_penalty(CALL, x, p.x) + 0 * w + 0 * sum(v) }
  player maker { owns G        maximizes E[D(p.x, VALUE)] }
  using sgd(lr: 1)
}
";

/// The penalty of a critic with conditions: named or written behind a dot, of every kind; its gradient reaches the critic's weights and the
/// conditions.
#[test]
fn penalties_of_critics_with_conditions() {
    let mut rng = Rng(9);
    for (ty, body, value) in [
        ("y: Class(10)", "join(y)", "y"),
        ("y: Class(10)", "dense(8), film(y), tanh", "y"),
        ("t: Real[]", "dense(8), film(t), tanh", "w"),
        ("t: Real[]", "join(t)", "0.3"),
        ("t: Real[]", "dense(8), bias_from(t), tanh", "ramp(0 -> 1, over: 10 epochs)"),
        ("t: Real[]", "dense(8), bias_from(t), tanh", "mean(x)"),
        ("u: Real[64]", "dense(8), film(u), tanh", "v"),
        ("u: Real[64]", "dense(8), film(u), tanh", "p.x"),
        ("u: Real[64], y: Class(10)", "dense(8), film(u, y), tanh", "v, y"),
        ("u: Real[64], t: Real[]", "dense(8)", "x, w"),
    ] {
        let with = |call: &str| {
            let text = CRITIC.replace("TYPE", ty).replace("BODY", body);
            text.replace("VALUE", value).replace("CALL", call)
        };
        let text = with(&format!("D(·, {value})"));
        let (typed, c) = clean("critic", &text);
        for (name, g) in c.graphs.iter() {
            verify(g).unwrap_or_else(|why| panic!("{name}: {why:?}\n{text}"));
        }
        let g = &c.programs["step.judge"];
        let (worst, moved) = off(&typed, &c, g, &mut rng);
        assert!(worst < 1e-5, "{worst}\n{text}");
        assert!(moved >= 2, "{moved}\n{text}");
        // Two other spellings.
        let same = |call: &str| {
            let (_, other) = clean("critic", &with(call));
            let other = &other.programs["step.judge"];
            assert_eq!(
                run(g, 2, &inputs(&typed, &c, g, 2))["loss"],
                run(other, 2, &inputs(&typed, &c, other, 2))["loss"]
            );
        };
        same(&format!("D(_, {value})"));
        if value == "y" {
            same("D");
        }
    }
}

#[test]
fn what_is_said_of_critics_without_their_conditions() {
    let text = CRITIC.replace("TYPE", "c: Class(10)").replace("BODY", "join(c)").replace("VALUE", "y");
    for (call, said) in [
        ("D", "the critic `D` also reads `c`, and nothing is called that here"),
        ("D(·)", "`D` takes 2 arguments"),
        ("D(·, y, y)", "`D` takes 2 arguments"),
        ("D(·, x)", "shapes do not match"),
        ("D(y, ·)", "`gradient_penalty` needs the critic itself"),
        ("D(x, y)", "`gradient_penalty` needs the critic itself"),
    ] {
        let u = unit("critic", &text.replace("CALL", call));
        assert!(u.diags.iter().any(|d| d.message.contains(said)), "{call}: {:?}", u.diags);
    }
    // Elsewhere the dot is the product of other notations, and said to be.
    let u = unit("critic", &text.replace("CALL", "D(·, y)").replace("0 * w", "2 · w"));
    assert!(
        u.diags.iter().any(|d| d.code == "E0111" && d.help.as_deref() == Some("write `*`")),
        "{:?}",
        u.diags
    );
}

/// A param on a simplex is on it: its parts are positive and sum to 1, also after a step.
#[test]
fn a_param_on_a_simplex() {
    let (typed, c) = clean(
        "simplex",
        "data x: Real[2] from moons
param w: Real[2, 3] in simplex
train { minimizes E[mean(log(w))] + mse(x, 0)  using sgd(lr: 1) }
",
    );
    let g = &c.programs["step.all"];
    let given = inputs(&typed, &c, g, 2);
    let raw = given["w"].data.clone();
    let want: f64 = raw
        .chunks(3)
        .flat_map(|r| {
            let total: f64 = r.iter().map(|v| v.exp()).sum();
            r.iter().map(move |v| (v.exp() / total).ln()).collect::<Vec<_>>()
        })
        .sum::<f64>()
        / 6.0;
    let squares: f64 = given["x"].data.iter().map(|x| x * x).sum::<f64>() / given["x"].data.len() as f64;
    let out = run(g, 2, &given);
    assert!(
        (out["loss"].data[0] - want - squares).abs() < 1e-9,
        "{} {}",
        out["loss"].data[0],
        want + squares
    );
    let (worst, moved) = off(&typed, &c, g, &mut Rng(3));
    assert!(worst < 1e-6 && moved == 1);
}

#[test]
fn what_is_no_simplex() {
    for (ty, said) in [
        ("Real[] in simplex", "a single number is no simplex"),
        ("Real[3] in simplex = 0.5", "param `w` starts outside its range"),
        ("Real[3] in simplex = 1", "param `w` starts outside its range"),
    ] {
        let text =
            format!("data x: Real[2] from moons\nparam w: {ty}\ntrain {{ minimizes mse(x, 0) + mean(w) }}\n");
        let u = unit("simplex", &text);
        assert!(u.diags.iter().any(|d| d.message.contains(said)), "{ty}: {:?}", u.diags);
    }
}

/// A layer that reads an input twice would have two weights of one name.
#[test]
fn inputs_are_named_once() {
    for layer in ["bias_from(t, t)", "film(t, t)", "join(t, t), dense(2)", "residual { bias_from(t, t) }"] {
        let text = format!(
            "data x: Real[2] from moons\nnet f(x: Real[2], t: Real[]) -> Real[2] {{ {layer} }}\ntrain {{ minimizes mse(f(x, 1), x) }}\n"
        );
        let u = unit("twice", &text);
        assert!(
            u.diags.iter().any(|d| d.code == "E0205" && d.message.contains("reads `t` twice")),
            "{:?}",
            u.diags
        );
    }
}

/// One number that all examples share is of rank 0 whatever made it, so that it may be a payoff, a part of one, or an amount.
#[test]
fn a_payoff_of_params_alone() {
    for payoff in
        ["norm(a)", "2 * norm(a) + mean(a)", "f(norm(a))", "dot(a, a) * E[sum(x)]", "log_sum_exp(a)"]
    {
        let text = format!(
            "data x: Real[2] from moons\nparam a: Real[2] = 0.5\nnet f(t: Real[]) -> Real[] {{ reshape(1), dense(1), scalar }}\n\
             train {{ let l = {payoff}  minimizes l + {payoff}  using sgd(lr: 1) }}\n"
        );
        let u = unit("payoff", &text);
        assert!(!u.failed(), "{payoff}: {:?}", u.diags);
        let (typed, c) = (u.typed.unwrap(), u.compiled.unwrap());
        let (worst, moved) = off(&typed, &c, &c.programs["step.all"], &mut Rng(1));
        assert!(worst < 1e-6 && moved >= 1, "{payoff}: {worst}");
    }
}

/// What a spec calls like an input of the compiler's own is another one: the step's count stays the step's count.
#[test]
fn names_that_the_programs_use_themselves() {
    let step = |name: &str| {
        let text = format!(
            "data x: Real[] from csv(\"x\")\nparam {name}: Real[]\ntrain {{ minimizes mse(x, {name})  using adam(lr: 0.1)  ema 0.9 }}\n"
        )
        .replace("Real[] from csv(\"x\")", "Real[2] from moons");
        let (typed, c) = clean("names", &text);
        let g = &c.programs["step.all"];
        let mut given = inputs(&typed, &c, g, 2);
        given.insert(name.into(), Tensor64::scalar(3.0));
        given.insert("x".into(), Tensor64::from_fn(&[2, 2], |i| i as f64));
        given.insert("@update".into(), Tensor64::scalar(7.0));
        run(g, 2, &given)[&format!("param:{name}")].data[0]
    };
    let want = step("s");
    for name in ["update", "rate", "infer", "opt", "ema", "schedule", "loss", "all", "step"] {
        assert_eq!(step(name), want, "{name}");
    }
    // The player of this name, and the program that finds what belongs to new data, keep slots of their own.
    let text = "data x: Bool[64] from digits(binarize: 0.5)
net d(z: Real[2]) -> Real[64] { dense(64) }
model p { z ~ Normal(0, I)[2];  x ~ Bernoulli(logits: d(z)) }
guide q[x] { z ~ Normal(free(2), exp(free(2))) }
train { player infer { owns q  maximizes elbo(p, q)  using adam(lr: 0.1) }  player other { owns d  maximizes elbo(p, q) } }
";
    let (_, c) = clean("infer", text);
    let slots = |program: &str| -> Vec<String> {
        let out = c.programs[program].outputs.iter().map(|(n, _)| n.clone());
        out.filter(|n| n.starts_with("per_datum:@opt.")).collect()
    };
    let (step, infer) = (slots("step.infer"), slots("infer"));
    assert!(
        !step.is_empty() && !infer.is_empty() && infer.iter().all(|n| !step.contains(n)),
        "{step:?} {infer:?}"
    );
}

/// A class stands in `concat` as one-hot, as everywhere among numbers: -log softmax of equal scores is log 11.
#[test]
fn a_class_is_concatenated_as_one_hot() {
    let text = "data (x: Real[64] in unit, y: Class(10)) from digits
net f(x: Real[64] in unit) -> Real[11] { dense(11) }
train { minimizes -E[dot(log_softmax(f(x)), concat(y, 0))]  steps 1 }";
    let (typed, c) = clean("concat", text);
    let g = &c.programs["loss"];
    let mut given = inputs(&typed, &c, g, 2);
    given.insert("f.0.weight".into(), Tensor64::from_fn(&[64, 11], |_| 0.0));
    given.insert("f.0.bias".into(), Tensor64::from_fn(&[11], |_| 0.0));
    let got = run(g, 2, &given)["payoff:all"].data[0];
    assert!((got - 11f64.ln()).abs() < 1e-9, "{got}");
}
