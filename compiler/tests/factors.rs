//! Which densities a model has: `log p(x | z)` in payoffs, `kl(q, p)`, and what rows of two data items allow.

use crate::spec_common::{clean, inputs, run, unit};
use gmc_compiler::derive::Question;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::ir::Tensor64;
use std::collections::BTreeMap;
use std::f64::consts::TAU;

type Env = BTreeMap<String, Tensor64>;

/// What is said of a text, and whether it is refused.
fn said(text: &str) -> (bool, String) {
    let u = unit("factors", text);
    (u.failed(), render(&u.diags, &u.sources, Format::Human, false))
}

#[track_caller]
fn refused(text: &str, parts: &[&str]) {
    let (failed, out) = said(text);
    assert!(failed, "accepted:\n{text}\n{out}");
    for p in parts {
        assert!(out.contains(p), "`{p}` is not said of\n{text}\n{out}");
    }
}

/// The payoff of a text at made-up parameters and data of three examples, and those.
fn payoff(text: &str) -> (f64, Env) {
    let (typed, c) = clean("factors", text);
    let mut env = inputs(&typed, &c, &c.graphs["loss"], 3);
    env.extend(inputs(&typed, &c, &c.graphs["step.all"], 3).into_iter().filter(|(n, _)| n.contains('.')));
    (run(&c.programs["loss"], 3, &env)["payoff:all"].data[0], env)
}

fn normal(x: &[f64], mean: &[f64], scale: f64) -> f64 {
    x.iter().zip(mean).map(|(x, m)| -0.5 * ((x - m) / scale).powi(2) - scale.ln() - 0.5 * TAU.ln()).sum()
}

fn dense(env: &Env, layer: &str, x: &[f64]) -> Vec<f64> {
    let (w, b) = (&env[&format!("{layer}.weight")], &env[&format!("{layer}.bias")]);
    let n = w.dims[1];
    (0..n).map(|j| b.data[j] + (0..x.len()).map(|i| x[i] * w.data[i * n + j]).sum::<f64>()).collect()
}

/// w → z → x and r apart, with a guide whose draws are so narrow that they are their means.
const CHAIN: &str = "\
data x: Real[2] from moons(noise: 0.05)
net f(w: Real[2]) -> Real[2] { dense(2) }
net g(z: Real[2]) -> Real[2] { dense(2) }
model p { w ~ Normal(0, I)[2];  z ~ Normal(f(w), 0.5);  r ~ Normal(0, I)[3];  x ~ Normal(g(z), 2) }
guide q(x) { w = 0.5 * x;  z = x + 1;  r ~ Normal(0, I)[3] }
";

#[test]
fn products_of_factors_have_their_values() {
    let all = |env: &Env, f: &dyn Fn(&[f64]) -> f64| env["x"].data.chunks(2).map(f).sum::<f64>() / 3.0;
    let w = |x: &[f64]| x.iter().map(|x| 0.5 * x).collect::<Vec<_>>();
    let z = |x: &[f64]| x.iter().map(|x| x + 1.0).collect::<Vec<_>>();
    let of_w = |_: &Env, x: &[f64]| normal(&w(x), &[0.0, 0.0], 1.0);
    let of_z = |env: &Env, x: &[f64]| normal(&z(x), &dense(env, "f.0", &w(x)), 0.5);
    let of_x = |env: &Env, x: &[f64]| normal(x, &dense(env, "g.0", &z(x)), 2.0);
    type Term<'a> = &'a dyn Fn(&Env, &[f64]) -> f64;
    let cases: [(&str, &[Term<'_>]); 9] = [
        ("log p(x | q.z)", &[&of_x]),
        ("log p(x | q.z, q.w)", &[&of_x]),
        ("log p(x | q.z, q.r)", &[&of_x]),
        ("log p(q.z | q.w)", &[&of_z]),
        ("log p(q.z | q.w, q.r)", &[&of_z]),
        ("log p(q.w)", &[&of_w]),
        ("log p(q.w, q.z)", &[&of_w, &of_z]),
        ("log p(x, q.z | q.w)", &[&of_z, &of_x]),
        ("log p(x, q.z, q.w)", &[&of_w, &of_z, &of_x]),
    ];
    for (density, terms) in cases {
        let text = format!("{CHAIN}train {{ maximizes E[{density}] + 0 * E[log p(x, q.z | q.w)] epochs 1 }}");
        let (got, env) = payoff(&text);
        let want = all(&env, &|x| terms.iter().map(|t| t(&env, x)).sum());
        assert!((got - want).abs() < 1e-9 * (1.0 + want.abs()), "{density}: {got} {want}");
    }
}

#[test]
fn what_is_no_factor_is_refused_with_those_that_are() {
    let goal = |density: &str| format!("{CHAIN}train {{ maximizes E[log p(x, q.z | q.w)] + E[{density}] }}");
    let factors = "`p` has the factors `p(w)`, `p(z | w)`, `p(r)` and `p(x | z)`";
    for density in
        ["log p(q.w | q.z)", "log p(q.w | x)", "log p(q.z | x)", "log p(q.z | q.w, x)", "log p(q.w, x | q.z)"]
    {
        refused(&goal(density), &["E0509", "is not a factor of `p`", factors]);
    }
    refused(&goal("log p(x)"), &["E0212", "depends on `z`", factors]);
    refused(&goal("log p(x | q.w)"), &["E0212", "depends on `z`", factors]);
    refused(&goal("log p(q.z)"), &["E0212", "depends on `w`", factors]);
    refused(&goal("log p(x | q.z, p.z)"), &["`z` has two values"]);
    refused(&goal("log p(x, x | q.z)"), &["`x` has two values"]);
    refused(&goal("log p(x | q.zz)"), &["`p` has no site `zz`"]);
    refused(&goal("log p(x | y)"), &["`p` has no site `y`"]);
    refused(&goal("log p(q.r | x, q.z)").replace("q.r", "x"), &["`x` has two values"]);
    // A value of another shape than the site's.
    let text = goal("log p(x | q.z)").replace("z = x + 1", "z = concat(x, x)");
    refused(&text, &["E0201", "has shape [4]"]);
}

/// A flow's output has the density of what it is made of, whether or not there are data of it.
#[test]
fn the_density_of_a_flow_needs_no_data() {
    let text = "\
flow f: Real[2] <-> Real[2] { repeat 4 as i { couple(parity(i), affine) { dense(8), tanh } } }
model p { z ~ Normal(0, I)[2];  x = f(z) }
fn target(x) = -0.5 * ((norm(x) - 2) / 0.3)^2
train { maximizes E[target(p.x)] - E[log p(p.x)]  steps 300  batch 256  using adam(lr: 1e-3) }
";
    let (_, c) = clean("flow", text);
    let why = c.answer(Question::Density).unwrap_err();
    assert!(why.contains("no site of `p` is a data variable"), "{why}");
    // Against the flow with data: the same parameters, the same points.
    let with = |goal: &str| {
        format!(
            "data x: Real[2] from moons\n{}train {{ maximizes {goal}  epochs 1 }}",
            text.lines().take(2).map(|l| format!("{l}\n")).collect::<String>()
        )
    };
    let (a, _) = payoff(&with("E[log p(x)]"));
    let (b, _) = payoff(&with("-nll(p)"));
    assert!((a - b).abs() < 1e-12, "{a} {b}");
    refused(&with("E[log p(x, p.z)]"), &["E0509", "`z` has no density given the other values"]);
    refused(&with("E[log p(p.z | x)]"), &["E0509", "`p` has the factors `p(z)` and `p(x)`"]);
    refused(&with("E[log p(x | p.z)]"), &["E0509"]);
    let net = with("E[log p(x)]").replace("flow f", "net f").replace("z: ", "").replace(
        "Real[2] <-> Real[2] { repeat 4 as i { couple(parity(i), affine) { dense(8), tanh } } }",
        "Real[2] -> Real[2] { dense(2) }",
    );
    let net = net.replace("net f: Real[2] ->", "net f(z: Real[2]) ->");
    refused(&net, &["E0706", "computed by a net"]);
}

/// What stands before the bar counts, and nothing that is given: a flow given a class that is drawn, too.
#[test]
fn what_is_given_does_not_count() {
    let head = "\
data (x: Int(17)[64], y: Class(10)) from digits(levels: 17)
flow f: Real[64] <-> Real[64] in interval(0, 17) given (y: Class(10)) {
  couple(halves(0), affine) { join(y), dense(8), tanh }, couple(halves(1), affine) { join(y), dense(8), tanh }
}
model p { y ~ Categorical(logits: free(10));  z ~ Normal(0, I)[64];  x = quantize(f(z, y)) }
";
    let text = |density: &str| {
        format!("{head}train {{ maximizes E[{density}] + 0 * E[log p(y)] + 0 * E[log p(x | y)]  epochs 1 }}")
    };
    let (_, env) = payoff(&text("log p(x, y)"));
    let of = |density: &str| {
        let (_, c) = clean("factors", &text(density));
        run(&c.programs["loss"], 3, &env)["payoff:all"].data[0]
    };
    let (joint, class, point) = (of("log p(x, y)"), of("log p(y)"), of("log p(x | y)"));
    assert!((joint - class - point).abs() < 1e-9, "{joint} {class} {point}");
    assert!((class + 10f64.ln()).abs() < 0.5 && class < 0.0, "{class}");
    assert_eq!(of("log p(x)"), point, "data that are read have the data's values");
    refused(&format!("{head}train {{ maximizes E[log p(y | x)] }}"), &["E0509", "`p(y)`"]);
}

const LATENT: &str = "\
data x: Real[64] in unit from digits
net encode(x: Real[64] in unit) -> (Real[8], Real[8])  { dense(64), relu, heads(8, 8) }
net decode(z: Real[8]) -> Real[64] in unit             { dense(64), relu, dense(64), sigmoid }
";

/// The KL of a guide does not depend on what the data are made of.
#[test]
fn the_kl_needs_latent_sites_only() {
    let kl = |model: &str| {
        let text = format!(
            "{LATENT}model p    {{ {model} }}\nguide q(x) {{ (m, s) = encode(x);   z ~ Normal(m, exp(0.5 * s)) }}\ntrain {{ minimizes kl(q, p) + 0 * sse(decode(q.z), x)  epochs 3 }}"
        );
        payoff(&text)
    };
    let (want, env) = kl("z ~ Normal(0, I)[8]");
    // -1/2 Σ (1 + s - m² - e^s), by hand.
    let mean: f64 = env["x"]
        .data
        .chunks(64)
        .map(|x| {
            let h: Vec<f64> = dense(&env, "encode.0", x).iter().map(|h| h.max(0.0)).collect();
            let (m, s) = (dense(&env, "encode.2.head0", &h), dense(&env, "encode.2.head1", &h));
            m.iter().zip(&s).map(|(m, s)| -0.5 * (1.0 + s - m * m - s.exp())).sum::<f64>()
        })
        .sum::<f64>()
        / 3.0;
    assert!((want - mean).abs() < 1e-9 * mean, "{want} {mean}");
    for model in [
        "z ~ Normal(0, I)[8];  x = decode(z)",
        "z ~ Normal(0, I)[8];  x ~ Normal(decode(z), 0.1)",
        "z ~ Normal(0, I)[8];  r ~ Normal(0, I)[64];  x = sigmoid(decode(z) + r)",
        "z ~ Normal(0, I)[8];  r ~ Normal(0, 1)[64];  x ~ Normal(decode(z) + r, 0.1)",
    ] {
        assert!((kl(model).0 - want).abs() < 1e-12, "{model}");
    }
    // What the proposed site is drawn from must be known.
    let text = format!(
        "{LATENT}model p    {{ w ~ Normal(0, I)[8];  z ~ Normal(w, 1);  x = decode(z) }}\nguide q(x) {{ (m, s) = encode(x);   z ~ Normal(m, exp(s)) }}\ntrain {{ minimizes kl(q, p) + sse(decode(q.z), x) }}"
    );
    refused(&text, &["E0502", "does not propose `w`"]);
}

const STREAMS: &str = "\
data a: Real[2] from moons
data b: Real[2] from rings
net to_b(a: Real[2]) -> Real[2] { dense(8), relu, dense(2) }
net to_a(b: Real[2]) -> Real[2] { dense(8), relu, dense(2) }
net judge(a: Real[2]) -> Real[] { dense(8), relu, dense(1), scalar }
net pair(a: Real[2], b: Real[2]) -> Real[] { join(b), dense(8), relu, dense(1), scalar }
";

#[test]
fn rows_of_two_items_are_no_pairs() {
    for goal in [
        "minimizes mse(to_b(a), b)",
        "minimizes E[pair(a, b)^2]",
        "minimizes E[(judge(a) - judge(to_a(b)))^2]",
        "minimizes l1(to_a(to_b(a)), a) + E[dot(a, b)]",
        "let u = to_b(a)\n minimizes E[sum((u - b)^2)]",
        "minimizes E[sum(grad(pair(a, b), a)^2)]",
    ] {
        refused(
            &format!("{STREAMS}train {{ {goal} }}"),
            &["E0219", "`a` and `b` are two data items", "`data (a: Real[2], b: Real[2]) from moons(..)`"],
        );
    }
    for model in [
        "model p(a) { b ~ Normal(to_b(a), 1) }",
        "model p { a ~ Normal(0, 1)[2];  b ~ Normal(to_b(a), 1) }",
        "model p { z ~ Normal(0, I)[2];  b ~ Normal(to_b(z), 1) }\nguide q(a) { z ~ Normal(to_a(a), 1) }",
    ] {
        refused(&format!("{STREAMS}{model}\n"), &["E0219", "from moons(..)"]);
    }
}

/// Streams that are used each by itself are right: a CycleGAN, losses on both, points between the two, samples given another stream.
#[test]
fn streams_that_stay_apart_are_right() {
    for rest in [
        "train {
  let fb = to_b(a), fa = to_a(b)
  player translators { owns to_a, to_b  minimizes ls_real(judge(fb)) + 10 * (l1(to_a(fb), a) + l1(to_b(fa), b)) }
  player judges { owns judge       minimizes ls_real(judge(b)) + ls_fake(judge(fb)) + gradient_penalty(judge, b, fb) }
  epochs 1
}",
        "model p { a ~ Normal(free(2), 1) }\nmodel r { b ~ Normal(free(2), 1) }\ntrain { minimizes nll(p) + nll(r)  epochs 1 }",
        "model p(a) { b = to_b(a) }\ntrain {
  player maker { owns to_b   minimizes says_real(judge(p.b)) + l1(to_b(a), a) }
  player critic { owns judge  minimizes says_real(judge(b)) + says_fake(judge(p.b)) }
  epochs 1
}",
        "train { minimizes mse(to_a(to_b(a)), a) + E[(judge(b) - E[judge(a)])^2]  epochs 1 }",
    ] {
        let (failed, out) = said(&format!("{STREAMS}{rest}"));
        assert!(!failed && !out.contains("E0219"), "{rest}\n{out}");
    }
    // A density of unpaired rows is asked for in vain.
    let text = format!(
        "{STREAMS}model p(a) {{ b ~ Normal(to_b(a), 1) }}\ntrain {{
  player maker {{ owns to_b   minimizes says_real(judge(p.b)) }}
  player critic {{ owns judge  minimizes says_real(judge(b)) + says_fake(judge(p.b)) }}
  epochs 1
}}"
    );
    let u = unit("unpaired", &text);
    let why = u.compiled.as_ref().unwrap().answer(Question::Density).unwrap_err().to_string();
    assert!(why.contains("two data items, whose rows are not pairs"), "{why}");
}
