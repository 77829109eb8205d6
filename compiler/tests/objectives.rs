//! Objectives against what is known of them: closed forms, numerical Jacobians, Monte Carlo, finite differences.

use crate::spec_common::{NoFiles, all, clean, initial, inputs, inputs_from, normal, run, specs, uniform};
use gmc_compiler::derive::Compiled;
use gmc_compiler::driver::compile;
use gmc_compiler::explain::math;
use gmc_compiler::ir::{Graph, Op, RandomKind, Tensor64};
use gmc_compiler::types::Typed;
use gmc_compiler::types::overrides;
use std::collections::BTreeMap;
use std::f64::consts::TAU;

type Env = BTreeMap<String, Tensor64>;

/// `[n, d]` from rows.
fn rows(all: &[Vec<f64>]) -> Tensor64 {
    Tensor64 { dims: vec![all.len(), all[0].len()], data: all.concat() }
}

/// Mean and standard error.
fn mean(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let m = x.iter().sum::<f64>() / n;
    let v = x.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (n - 1.0);
    (m, (v / n).sqrt())
}

const LINEAR: &str = "\
data x: Real[2] from moons
net decode(z: Real[1]) -> Real[2] { dense(2) }
net encode(x: Real[2]) -> (Real[1], Real[1]) { heads(1, 1) }
model p { z ~ Normal(0, I)[1];  x ~ Normal(decode(z), 0.5) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
train { maximizes iwae(p, q, k: 5) }
";
const W: [f64; 2] = [0.8, -1.3];
const BIAS: [f64; 2] = [0.2, 0.4];
const VAR: f64 = 0.25;

/// Parameters of the linear model; the guide is the exact posterior, moved by `off`: z | x ~ N(v Wᵀ(x - b) / σ², v) with
/// v = 1 / (1 + |W|² / σ²).
fn linear(off: f64) -> (Env, f64) {
    let v = 1.0 / (1.0 + (W[0] * W[0] + W[1] * W[1]) / VAR);
    let gain = [v * W[0] / VAR, v * W[1] / VAR];
    let shift = -(gain[0] * BIAS[0] + gain[1] * BIAS[1]);
    let t = |dims: &[usize], data: &[f64]| Tensor64 { dims: dims.to_vec(), data: data.to_vec() };
    let env = [
        ("decode.0.weight", t(&[1, 2], &W)),
        ("decode.0.bias", t(&[2], &BIAS)),
        ("encode.0.head0.weight", t(&[2, 1], &gain)),
        ("encode.0.head0.bias", t(&[1], &[shift + off])),
        ("encode.0.head1.weight", t(&[2, 1], &[0.0, 0.0])),
        ("encode.0.head1.bias", t(&[1], &[0.5 * v.ln() + off])),
    ];
    (env.into_iter().map(|(k, v)| (k.to_string(), v)).collect(), v)
}

/// log N(x; b, W Wᵀ + σ² I) in two dimensions.
fn evidence(x: &[f64]) -> f64 {
    let (a, b, d) = (W[0] * W[0] + VAR, W[0] * W[1], W[1] * W[1] + VAR);
    let det = a * d - b * b;
    let (u, v) = (x[0] - BIAS[0], x[1] - BIAS[1]);
    -0.5 * (TAU.ln() * 2.0 + det.ln() + (d * u * u - 2.0 * b * u * v + a * v * v) / det)
}

#[test]
fn exact_posterior_makes_every_bound_the_evidence() {
    let (_, c) = clean("linear", LINEAR);
    let (mut env, _) = linear(0.0);
    let xs = [vec![0.3, -0.7], vec![1.5, 0.1], vec![-2.0, 0.9]];
    env.insert("x".into(), rows(&xs));
    let out = run(&c.programs["bound.p"], 3, &env);
    let want: Vec<f64> = xs.iter().map(|x| evidence(x)).collect();
    for (got, want) in out["log_weight"].data.iter().zip(&want) {
        assert!((got - want).abs() < 1e-9, "{got} {want}");
    }
    let iwae = run(&c.programs["loss"], 3, &env)["payoff:all"].data[0];
    assert!((iwae - want.iter().sum::<f64>() / 3.0).abs() < 1e-9, "{iwae} {want:?}");
}

#[test]
fn elbo_of_the_linear_model_is_its_closed_form() {
    let (_, c) = clean("linear", LINEAR);
    let (mut env, v) = linear(0.3);
    let (x, n) = ([0.3, -0.7], 20_000);
    env.insert("x".into(), rows(&vec![x.to_vec(); n]));
    let out = run(&c.programs["bound.p"], n, &env);
    // E_q[log N(x; W z + b, σ²)] - KL(N(m, s²), N(0, 1))
    let gain = [v * W[0] / VAR, v * W[1] / VAR];
    let m = gain[0] * (x[0] - BIAS[0]) + gain[1] * (x[1] - BIAS[1]) + 0.3;
    let s2 = (v.ln() + 0.6).exp();
    let residual: f64 = (0..2).map(|i| (x[i] - W[i] * m - BIAS[i]).powi(2) + W[i] * W[i] * s2).sum();
    let rec = -(TAU * VAR).ln() - residual / (2.0 * VAR);
    let kl = 0.5 * (m * m + s2 - 1.0 - s2.ln());
    assert!(out["kl"].data.iter().all(|k| (k - kl).abs() < 1e-9), "{} {kl}", out["kl"].data[0]);
    assert!(out["kl_dim:z"].data.iter().all(|k| (k - kl).abs() < 1e-9));
    let (got, error) = mean(&out["reconstruction"].data);
    assert!((got - rec).abs() < 5.0 * error, "{got} {rec} +- {error}");
    let (got, error) = mean(&out["elbo"].data);
    assert!((got - (rec - kl)).abs() < 5.0 * error, "{got} {} +- {error}", rec - kl);
    // The gap is KL(q, posterior), and more samples close some of it.
    let gap = evidence(&x) - (rec - kl);
    assert!(gap > 0.1, "{gap}");
    let iwae = run(&c.programs["loss"], n / 5, &{
        let mut e = env.clone();
        e.insert("x".into(), rows(&vec![x.to_vec(); n / 5]));
        e
    })["payoff:all"]
        .data[0];
    assert!(
        iwae > rec - kl + 0.05 * gap && iwae < evidence(&x) + 0.01,
        "{} < {iwae} < {}",
        rec - kl,
        evidence(&x)
    );
}

/// Two estimates of the same bound, with and without what is known in closed form, agree on average, and one whose samples of
/// the guide depend on each other does not use a closed form that assumes they do not.
#[test]
fn closed_forms_agree_with_samples() {
    let mut checked = 0;
    for (name, text) in all() {
        let (typed, c) = clean(&name, &text);
        let Some(g) = c.programs.named("bound.p").filter(|g| g.nodes.len() < 400) else { continue };
        // Thousands of examples through a wide net take minutes in the interpreter.
        let wide = c.leaves.iter().map(|l| l.shape.iter().product::<usize>()).sum::<usize>() > 60_000;
        let n = if wide { continue } else { 3000 };
        let mut env = inputs(&typed, &c, g, n);
        // One datum throughout.
        for (k, t) in &mut env {
            if typed.data.iter().any(|d| d.vars.iter().any(|v| v.name == *k)) {
                let each = t.data.len() / n;
                t.data = t.data[..each].repeat(n);
            }
        }
        let out = run(g, n, &env);
        let off: Vec<f64> =
            out["elbo"].data.iter().zip(&out["log_weight"].data).map(|(a, b)| a - b).collect();
        let (m, e) = mean(&off);
        assert!(m.abs() < 5.0 * e + 1e-9, "{name}: {m} +- {e}");
        let parts: Vec<f64> =
            out["reconstruction"].data.iter().zip(&out["kl"].data).map(|(r, k)| r - k).collect();
        assert!(parts.iter().zip(&out["elbo"].data).all(|(a, b)| (a - b).abs() < 1e-9), "{name}");
        checked += 1;
    }
    assert!(checked >= 4, "{checked}");
}

#[test]
fn a_site_that_later_draws_depend_on_has_no_closed_form() {
    let text = |top: &str, guide: &str| {
        format!(
            "data x: Real[2] from moons
net top({top}: Real[2]) -> (Real[2], Real[2]) {{ heads(2, 2) }}
net bottom(x: Real[2]) -> (Real[2], Real[2]) {{ heads(2, 2) }}
net up(w: Real[2]) -> Real[2] {{ dense(2) }}
net decode(z: Real[2]) -> Real[2] {{ dense(2) }}
model p {{ w ~ Normal(0, I)[2];  z ~ Normal(up(w), 0.1);  x ~ Normal(decode(z), 1) }}
guide q(x) {{ (m, s) = bottom(x);  z ~ Normal(m, exp(s));  (a, b) = top({guide});  w ~ Normal(a, exp(b)) }}"
        )
    };
    let terms = |text: &str| {
        let (typed, _) = clean("two", text);
        math::objective(&typed, &typed.train.players[0], false).terms
    };
    let chained = [
        "E_q[log Normal(x; decode(z), 1)]",
        "-KL(Normal(a, exp(b)) || Normal(0, 1))",
        "-E_q[log Normal(z; m, exp(s))]",
        "E_q[log Normal(z; up(w), 0.1)]",
    ];
    assert_eq!(terms(&text("z", "z")), chained);
    let apart = ["-KL(Normal(m, exp(s)) || Normal(up(w), 0.1))", "-KL(Normal(a, exp(b)) || Normal(0, 1))"];
    assert_eq!(terms(&text("x", "x"))[1..], apart);
}

#[test]
fn a_flow_behind_the_decoder_belongs_to_the_reconstruction() {
    let (_, text) = all().into_iter().find(|(n, _)| n == "flow_decoder").unwrap();
    // A guide whose KL has no closed form.
    let text = text.replace("Laplace", "Logistic") + "\ntrain { maximizes elbo(p, q, beta: 0.5) }";
    let (typed, _) = clean("flow_decoder", &text);
    let want = [
        "E_q[log Normal(f^-1(x); decode(z), 0.7)]",
        "E_q[log|det df^-1 / dx|]",
        "-0.5 * E_q[log Logistic(z; m, exp(s))]",
        "0.5 * E_q[log Normal(z; 0, 1)]",
    ];
    assert_eq!(math::objective(&typed, &typed.train.players[0], false).terms, want);
}

/// Determinant by elimination with pivots.
fn log_abs_det(mut a: Vec<Vec<f64>>) -> f64 {
    let n = a.len();
    let mut log = 0.0;
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
        a.swap(k, pivot);
        log += a[k][k].abs().ln();
        for i in k + 1..n {
            let (f, row) = (a[i][k] / a[k][k], a[k].clone());
            a[i][k..].iter_mut().zip(&row[k..]).for_each(|(x, y)| *x -= f * y);
        }
    }
    log
}

#[test]
fn density_of_a_flow_is_that_of_its_base_times_the_jacobian() {
    for (name, d) in [("realnvp", 2), ("realnvp_digits", 64)] {
        let (_, text) = specs().into_iter().find(|(n, _)| n == name).unwrap();
        // Without dequantisation the map is the same at every run.
        let text = text
            .replace("Int(17)[64] from digits(levels: 17)", "Real[64] in unit from digits")
            .replace("quantize(f(z))", "f(z)")
            .replace("0, 17)", "0, 1)")
            .replace("affine(scale: 17)", "affine(scale: 1)");
        let text = text.replace("in interval(0, 1)", "in unit");
        let (typed, c) = clean(name, &text);
        let g = &c.programs["log_prob.p"];
        let encode = &c.programs["encode"];
        let env = inputs(&typed, &c, g, 1);
        let x = env["x"].clone();
        let code = |x: Vec<f64>| {
            let mut e = env.clone();
            e.insert("x".into(), Tensor64 { dims: vec![1, d], data: x });
            run(encode, 1, &e)["code:z"].data.clone()
        };
        let h = 1e-6;
        let columns: Vec<Vec<f64>> = (0..d)
            .map(|j| {
                let at = |by: f64| {
                    let mut v = x.data.clone();
                    v[j] += by;
                    code(v)
                };
                at(h).iter().zip(at(-h)).map(|(a, b)| (a - b) / (2.0 * h)).collect()
            })
            .collect();
        // The base is normal, that of the digits logistic: -z - 2 ln(1 + e^-z).
        let log_base =
            |z: &f64| if d == 2 { -0.5 * (z * z + TAU.ln()) } else { -z - 2.0 * (-z).exp().ln_1p() };
        let base: f64 = code(x.data.clone()).iter().map(log_base).sum();
        let want = base + log_abs_det(columns);
        let got = run(g, 1, &env)["log_prob"].data[0];
        assert!((got - want).abs() < 1e-5 * (1.0 + want.abs()), "{name}: {got} {want}");
        let nll = run(&c.programs["loss"], 1, &env)["payoff:all"].data[0];
        assert!((nll + got).abs() < 1e-9, "{name}: {nll} {got}");
    }
}

/// A logistic variable through `sigmoid` is uniform, so each of the 17 levels has probability 1/17, whatever the noise.
#[test]
fn a_uniform_flow_gives_every_level_the_same_probability() {
    let text = "data x: Int(17)[64] from digits(levels: 17)
flow f: Real[64] <-> Real[64] in interval(0, 17) { sigmoid, affine(scale: 17) }
model p { z ~ Logistic(0, I)[64];  x = quantize(f(z)) }
train { minimizes nll(p) }";
    let u = compile("uniform", text, &NoFiles, &|_| Err(String::new()), |_| Vec::new());
    let (typed, c) = (u.typed.unwrap(), u.compiled);
    // Nothing can be trained, which the compiler says; its programs are derived from the typed spec all the same.
    let c = c.unwrap_or_else(|| gmc_compiler::derive::derive(&typed));
    let g = &c.programs["log_prob.p"];
    let out = run(g, 5, &inputs(&typed, &c, g, 5));
    for l in &out["log_prob"].data {
        assert!((l + 64.0 * 17f64.ln()).abs() < 1e-7, "{l}");
    }
    let samples = run(&c.programs["sample.p"], 200, &BTreeMap::new());
    let x = &samples["site:x"].data;
    assert!(x.iter().all(|x| x.fract() == 0.0 && (0.0..=16.0).contains(x)));
    for level in 0..17 {
        let share = x.iter().filter(|x| **x == level as f64).count() as f64 / x.len() as f64;
        assert!((share - 1.0 / 17.0).abs() < 0.015, "{level}: {share}");
    }
}

/// The importance-weighted bound repeats each datum, not the draw of its binarisation.
#[test]
fn probabilities_are_drawn_once_for_each_datum() {
    let text = "data x: Bool[64] from digits(binarize: dynamic)
net decode(z: Real[2]) -> Real[64] { dense(64) }
net encode(x: Bool[64]) -> (Real[2], Real[2]) { heads(2, 2) }
model p { z ~ Normal(0, I)[2];  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
train { maximizes iwae(p, q, k: 8) }";
    let (_, c) = clean("dynamic", text);
    let random = |g: &Graph, kind: RandomKind| -> Vec<String> {
        let of = |n: &gmc_compiler::ir::Node| {
            if let Op::Random(r) = &n.op { (r.kind == kind).then(|| n.ty.shape.to_string()) } else { None }
        };
        g.nodes.iter().filter_map(of).collect()
    };
    let g = &c.programs["step.all"];
    assert_eq!(random(g, RandomKind::Uniform), ["[B, 64]"]);
    assert_eq!(random(g, RandomKind::Normal), ["[8B, 2]"]);
    // Nor what a net of the guide makes of the datum: the encoder runs once, the decoder 8 times.
    let products =
        |n: &gmc_compiler::ir::Node| matches!(&n.op, Op::MatMul(_)).then(|| n.ty.shape.to_string());
    let loss: Vec<String> = c.programs["loss"].nodes.iter().filter_map(products).collect();
    assert_eq!(loss, ["[B, 2]", "[B, 2]", "[8B, 64]"]);
}

/// The program with `sgd(lr: 1)` for every player, without clipping: the step is the gradient.
fn plain(name: &str, text: &str) -> (Typed, Compiled) {
    let text = text
        .replace("clip 50", "")
        .replace("clip 10", "")
        .replace("clip 1", "")
        .replace("within clip(0.5)", "")
        .replace("within clip(0.05)", "");
    let mut u = compile(name, &text, &NoFiles, &|_| Err(String::new()), |spec| {
        let offered = overrides::paths(spec);
        let using = offered.iter().filter(|p| p.starts_with("train.") && p.ends_with(".optimizer"));
        using.filter_map(|p| overrides::apply(spec, p, "sgd(lr: 1)").err()).collect()
    });
    u.diags.retain(|d| !d.code.starts_with('W') || !text.contains(d.code));
    assert!(u.diags.is_empty(), "{name}: {:?}", u.diags);
    (u.typed.unwrap(), u.compiled.unwrap())
}

/// Every step with plain gradient descent is the derivative of the loss it reports: through samples, flows run backwards,
/// gradient penalties and other players' nets.
#[test]
fn steps_are_finite_differences_of_the_loss() {
    let mut coordinates = 0;
    // The derivatives of the score function and of straight-through are no derivatives of the loss: see `discrete.rs` and `latent.rs`.
    // Large pictures meet the kinks of `relu` within the step of a difference. Singular vectors are constants of a step (Miyato et al. 2018,
    // section 2.1), so its derivative is that of the loss only where they have settled: see `rows_layer.rs`.
    let skipped = ["from mnist", "from images", "[3, 64, 64]", " by score", "nearest(", "norm: spectral"];
    for (name, text) in all().into_iter().filter(|(_, t)| !skipped.iter().any(|s| t.contains(s))) {
        let (typed, c) = plain(&name, &text);
        let made = initial(&c);
        for (program, g) in c.programs.steps() {
            let given = inputs_from(&typed, &made, g, 2);
            let out = run(g, 2, &given);
            // Blocks of the minibatch's data are parameters too.
            let moved = |k: &&String| {
                k.starts_with("param:")
                    || k.strip_prefix("per_datum:").is_some_and(|p| !p.starts_with("@opt."))
            };
            let params: Vec<&String> = out.keys().filter(moved).collect();
            assert!(!params.is_empty(), "{name} {program}");
            // Large specs repeat the same layers.
            let every = (params.len() / 12).max(1);
            for key in params.iter().step_by(every) {
                let (_, path) = key.split_once(':').unwrap();
                let (was, new) = (&given[path], &out[*key]);
                let i = was.data.len() / 2;
                let loss = |by: f64| {
                    let mut e = given.clone();
                    e.get_mut(path).unwrap().data[i] += by;
                    run(g, 2, &e)["loss"].data[0]
                };
                let h = 1e-5;
                let want = (loss(h) - loss(-h)) / (2.0 * h);
                let got = was.data[i] - new.data[i];
                assert!(
                    (got - want).abs() < 1e-5 * (1.0 + want.abs().max(out["loss"].data[0].abs() * 0.1)),
                    "{name} {program} {path}[{i}]: {got} {want}"
                );
                coordinates += usize::from(want.abs() > 1e-6);
            }
        }
    }
    assert!(coordinates > 60, "{coordinates}");
}

/// The penalty of a linear critic w·x + b is (|w| - 1)² wherever it is taken, so its step is known.
#[test]
fn gradient_penalty_of_a_linear_critic() {
    let text = "data x: Real[2] from moons
net G(z: Real[2]) -> Real[2] { dense(2) }
net D(x: Real[2]) -> Real[] { dense(1), scalar }
model p { z ~ Normal(0, I)[2];  x = G(z) }
train {
  player critic { owns D  minimizes 10 * gradient_penalty(D, x, p.x)  using sgd(lr: 1) }
  player maker  { owns G  maximizes E[D(p.x)]                         using sgd(lr: 1) }
}";
    let (typed, c) = clean("penalty", text);
    let g = &c.programs["step.critic"];
    let given = inputs(&typed, &c, g, 4);
    let w = &given["D.0.weight"].data;
    let norm = (w[0] * w[0] + w[1] * w[1]).sqrt();
    let out = run(g, 4, &given);
    assert!((out["loss"].data[0] - 10.0 * (norm - 1.0).powi(2)).abs() < 1e-6);
    for (i, new) in out["param:D.0.weight"].data.iter().enumerate() {
        let want = 20.0 * (norm - 1.0) * w[i] / norm;
        assert!((w[i] - new - want).abs() < 1e-6, "{} {want}", w[i] - new);
    }
    // The critic's step changes nothing of the maker's.
    assert!(!out.contains_key("param:G.0.weight"));
}

/// What `init` makes is finite, and not the same number everywhere for a weight.
#[test]
fn initial_weights_are_drawn() {
    for (name, text) in all() {
        let (_, c) = clean(&name, &text);
        let made = initial(&c);
        assert_eq!(made.len(), c.leaves.len(), "{name}");
        for (path, t) in made {
            assert!(t.data.iter().all(|x| x.is_finite()), "{name} {path}");
            // The layers that a flow appends start at 0, so that it starts as the identity.
            // So do the layers that further inputs go through in `film`.
            let apart = [".out.", ".given.", ".gain.", ".shift."];
            let hidden = path.ends_with(".weight") && !apart.iter().any(|a| path.contains(a));
            assert!(!hidden || t.data.iter().any(|x| *x != t.data[0]), "{name} {path}");
        }
    }
}

/// The helpers themselves: normal draws have the moments they should.
#[test]
fn draws_of_the_tests_are_what_they_claim() {
    let (m, e) = mean(&normal(3, 50_000));
    assert!(m.abs() < 4.0 * e && (e * 50_000f64.sqrt() - 1.0).abs() < 0.02);
    let (m, e) = mean(&uniform(3, 50_000));
    assert!((m - 0.5).abs() < 4.0 * e);
}

/// The arguments of objectives are named, each once, inside the ranges of their rows; subjects come by position.
#[test]
fn arguments_of_objectives() {
    let code = |payoff: &str| {
        let text = format!(
            "data x: Bool[64] from digits(binarize: 0.5)\nnet d(z: Real[2]) -> Real[64] {{ dense(64) }}\n\
             net e(x: Bool[64]) -> Real[2] {{ dense(2) }}\nmodel p {{ z ~ Normal(0, I)[2];  x ~ Bernoulli(logits: d(z)) }}\n\
             guide q(x) {{ z ~ Normal(e(x), 1) }}\ntrain {{ maximizes {payoff} }}\n"
        );
        let u = crate::spec_common::unit("objective", &text);
        u.diags.first().map_or(String::new(), |d| format!("{} {}", d.code, d.message))
    };
    for good in
        ["elbo(p, q)", "elbo(p, q, form: entropy, free: 0.5, beta: 2 * 3)", "iwae(p, q, k: 2)", "-kl(q, p)"]
    {
        assert_eq!(code(good), "", "{good}");
    }
    for (bad, said) in [
        ("elbo(p)", "E0207 `elbo` takes 2 arguments"),
        ("elbo(p, q, beta: 1, beta: 2)", "E0207 `elbo` is given `beta` twice"),
        ("elbo(p, q, free: 1, free: 2)", "E0207 `elbo` is given `free` twice"),
        ("elbo(p, q, k: 2)", "E0207 `elbo` has no argument `k`"),
        ("elbo(p, q, free: -1)", "E0205 `free` of `elbo` must be a number between 0 and 1000000"),
        ("elbo(p, q, form: full)", "E0205 `form` of `elbo` must be one of `kl`, `entropy`"),
        ("elbo(p, q, beta: E[mean(q.z)])", ""),
        ("elbo(p, q, beta: q.z)", "E0211 not one number"),
        ("elbo(p, x)", "E0200"),
        ("elbo(p, q.z)", "E0212"),
        ("iwae(p, q, k: 0)", "E0205 `k` of `iwae` must be a whole number of at least 1"),
        ("nll(p, k: 3)", "E0207 `nll` has no argument `k`"),
    ] {
        let got = code(bad);
        assert!(got.starts_with(said) && (said.is_empty() == got.is_empty()), "{bad}: {got}");
    }
}
