//! Every distribution in a spec: as the distribution of the data where the supports allow it, as prior and guide of a latent variable where
//! its draws carry a derivative, or as the source of a game. The whole pipeline must accept it, and every program derived from
//! it must run to finite numbers. A row without a spec fails.

use crate::rows_common::{Rng, evaluate};
use gmc_compiler::derive::Compiled;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::compile;
use gmc_compiler::ir::tensor::Tensor64;
use gmc_compiler::ir::{Op, Role};
use gmc_compiler::rows::data::{Host, HostError};
use gmc_compiler::rows::distribution::{FORMS, ROWS};

struct NoFiles;

impl Host for NoFiles {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        Err(HostError { what: format!("no `{name}` in tests"), tried: Vec::new() })
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        (0..n)
            .map(|i| {
                (((i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream) >> 12) as f64
                    / (1u64 << 52) as f64
            })
            .collect()
    }
}

/// Two real numbers given a latent one; `$D` in terms of `m` and `s`, two real vectors, and of nets `a`, `c` to shapes [2, 3] and [2, 2].
const DATA: &str = "data x: Real[2] from moons(noise: 0.05)
net f(z: Real[2]) -> (Real[2], Real[2]) { dense(8), relu, heads(2, 2) }
net a(z: Real[2]) -> Real[2, 3] { dense(8), relu, dense(6), reshape(2, 3) }
net c(z: Real[2]) -> Real[2, 2] { dense(8), relu, dense(4), reshape(2, 2) }
net e(x: Real[2]) -> (Real[2], Real[2]) { dense(8), relu, heads(2, 2) }
model p { z ~ Normal(0, I)[2];  (m, s) = f(z);  x ~ $D }
guide q(x) { (u, v) = e(x);  z ~ Normal(u, exp(v)) }
train { steps 10  using adam }";

/// A model and a guide that use the same names for what they compute.
const SAME_NAMES: &str = "data x: Real[2] from moons(noise: 0.05)
net f(z: Real[2]) -> (Real[2], Real[2]) { dense(8), relu, heads(2, 2) }
net e(x: Real[2]) -> (Real[2], Real[2]) { dense(8), relu, heads(2, 2) }
model p { z ~ Normal(0, I)[2];  (m, s) = f(z);  x ~ $D }
guide q(x) { (m, s) = e(x);  z ~ Normal(m, exp(s)) }
train { steps 10  using adam }";

/// Grey levels given a latent vector.
const GREY: &str = "data x: Int(17)[64] from digits
net a(z: Real[2]) -> Real[64, 3] { dense(8), relu, dense(192), reshape(64, 3) }
net b(z: Real[2]) -> Real[64, 3] { dense(8), relu, dense(192), reshape(64, 3) }
net l(z: Real[2]) -> Real[64, 17] { dense(8), relu, dense(1088), reshape(64, 17) }
net k(z: Real[2]) -> Real[17] { dense(17) }
net c(z: Real[2]) -> Real[64] { dense(8), relu, dense(64) }
net e(x: Int(17)[64]) -> (Real[2], Real[2]) { dense(8), relu, heads(2, 2) }
model p { z ~ Normal(0, I)[2];  x ~ $D }
guide q(x) { (u, v) = e(x);  z ~ Normal(u, exp(v)) }
train { steps 10  using adam }";

/// Counts given a latent vector.
const COUNTS: &str = "data x: Count[64] from digits
net a(z: Real[2]) -> Real[64, 3] { dense(8), relu, dense(192), reshape(64, 3) }
net c(z: Real[2]) -> Real[64] { dense(8), relu, dense(64) }
net e(x: Real[64]) -> (Real[2], Real[2]) { dense(8), relu, heads(2, 2) }
model p { z ~ Normal(0, I)[2];  x ~ $D }
guide q(x) { (u, v) = e(log(1 + x));  z ~ Normal(u, exp(v)) }
train { steps 10  using adam }";

/// Latent counts, prior `$D` and guide `$Q` in terms of a real vector `m`.
const HIDDEN_COUNTS: &str = "data x: Real[2] from moons(noise: 0.05)
net f(n: Count[2]) -> Real[2] { dense(8), relu, dense(2) }
net e(x: Real[2]) -> Real[2] { dense(8), relu, dense(2) }
model p { n ~ $D;  x ~ Normal(f(n), 0.1) }
guide q(x) { m = e(x);  n ~ $Q }
train { steps 10  using adam }";

/// Numbers between 0 and 1 given a latent vector.
const UNIT: &str = "data x: Real[1, 8, 8] in unit from digits
net c(z: Real[2]) -> Real[1, 8, 8] { dense(8), relu, dense(64), reshape(1, 8, 8) }
net a(z: Real[2]) -> Real[1, 8, 8, 3] { dense(8), relu, dense(192), reshape(1, 8, 8, 3) }
net e(x: Real[1, 8, 8] in unit) -> (Real[2], Real[2]) { flatten, dense(8), relu, heads(2, 2) }
model p { z ~ Normal(0, I)[2];  x ~ $D }
guide q(x) { (u, v) = e(x);  z ~ Normal(u, exp(v)) }
train { steps 10  using adam }";

/// Prior `$D` and guide `$Q` in terms of `m` and `s`, two real vectors.
const LATENT: &str = "data x: Real[2] from moons(noise: 0.05)
net f(z: Real[2]) -> Real[2] { dense(8), relu, dense(2) }
net e(x: Real[2]) -> (Real[2], Real[2]) { dense(8), relu, heads(2, 2) }
net c(x: Real[2]) -> Real[2, 2] { dense(8), relu, dense(4), reshape(2, 2) }
model p { z ~ $D;  x ~ Normal(f(z), 0.1) }
guide q(x) { (m, s) = e(x);  z ~ $Q }
train { steps 10  using adam }";

/// Noise `$D` of a generator, possibly in terms of the normal vector `e` of length 3.
const GAME: &str = "data x: Real[2] from moons(noise: 0.05)
net G(z: $Q) -> Real[2] { dense(8), relu, dense(2) }
net D(x: Real[2]) -> Real[] { dense(8), relu, dense(1), scalar }
model p { e ~ Normal(0, I)[3];  z ~ $D;  x = G(z) }
train { steps 10
  player critic { owns D  minimizes E[softplus(-D(x))] + E[softplus(D(p.x))]  using adam }
  player maker { owns G  minimizes E[softplus(-D(p.x))]                      using adam }
}";

/// Row, spec, what stands for `$D` and for `$Q`. Nets that nothing calls are taken out.
const SPECS: &[(&str, &str, &str, &str)] = &[
    ("Normal", DATA, "Normal(m, exp(s))", ""),
    ("Normal", DATA, "Normal(m, 0.1)", ""),
    ("Laplace", DATA, "Laplace(m, softplus(s))", ""),
    ("Logistic", DATA, "Logistic(m, exp(s))", ""),
    ("Cauchy", DATA, "Cauchy(m, exp(s))", ""),
    ("Gumbel", DATA, "Gumbel(m, exp(s))", ""),
    ("StudentT", DATA, "StudentT(4, m, exp(s))", ""),
    ("StudentT", DATA, "StudentT(df: exp(s), loc: m)", ""),
    ("Normal", SAME_NAMES, "Normal(m, exp(s))", ""),
    ("NormalMixture", DATA, "NormalMixture(a(z), a(z), 0.5)", ""),
    ("Mixture", DATA, "Mixture(Laplace(a(z), exp(a(z))), logits: a(z))", ""),
    ("Mixture", DATA, "Mixture(logits: a(z), StudentT(5, a(z), 0.5))", ""),
    ("Mixture", DATA, "Mixture(Gumbel(a(z), 0.5))", ""),
    ("Mixture", DATA, "Mixture(Normal(free(3), exp(free(3))), logits: free(3))[2]", ""),
    ("Mixture", GAME, "Mixture(Truncated(Normal(e, 1), 0, inf), logits: e)[2]", "Real[2] in positive"),
    ("Mixture", GAME, "Mixture(Bernoulli(probs: sigmoid(e)))[4]", "Bool[4]"),
    ("Mixture", GAME, "Mixture(Uniform(0, 1))[4]", "Real[4] in unit"),
    ("Mixture", GREY, "Mixture(DiscretizedLogistic(a(z), exp(b(z)), levels: 17), logits: a(z))", ""),
    ("Truncated", UNIT, "Truncated(Normal(c(z), 0.3), 0, 1)", ""),
    ("Truncated", UNIT, "Truncated(Logistic(c(z), exp(c(z))), low: -1)", ""),
    ("Truncated", UNIT, "Truncated(Laplace(c(z), 0.2), -0.5, 1)", ""),
    ("Mixture", UNIT, "Mixture(Truncated(Normal(a(z), 0.3), 0, 1), logits: a(z))", ""),
    ("Mixture", UNIT, "Mixture(Beta(exp(a(z)), exp(a(z))))", ""),
    ("Truncated", LATENT, "Normal(0, 1)[2]", "Truncated(Laplace(0, 1), m - 2, m + exp(s))"),
    ("Truncated", LATENT, "HalfNormal(1)[2]", "Truncated(Normal(m, exp(s)), 0, inf)"),
    ("Truncated", LATENT, "Truncated(Normal(0, 1), low: 0)[2]", "Truncated(Laplace(m, exp(s)), low: 0)"),
    ("Truncated", LATENT, "Uniform(-1, 1)[2]", "Truncated(Gumbel(m, exp(s)), -1, 1)"),
    (
        "Truncated",
        LATENT,
        "Truncated(Exponential(rate: 2), 0, 3)[2]",
        "Truncated(LogNormal(m, exp(s)), high: 3)",
    ),
    ("Truncated", GAME, "Truncated(Normal(0, 1), -inf, 0)[2]", "Real[2] in interval(-inf, 0)"),
    ("MultivariateNormal", DATA, "MultivariateNormal(m, log_cholesky: c(z))", ""),
    ("MultivariateNormal", LATENT, "Normal(0, I)[2]", "MultivariateNormal(m, log_cholesky: c(x))"),
    ("Laplace", LATENT, "Laplace(0, 1)[2]", "Laplace(m, exp(s))"),
    ("Cauchy", LATENT, "Cauchy(0, 1)[2]", "Cauchy(m, exp(s))"),
    ("Logistic", LATENT, "Logistic(0, 1)[2]", "Normal(m, exp(s))"),
    ("LogNormal", LATENT, "LogNormal(0, 1)[2]", "LogNormal(m, exp(s))"),
    ("HalfNormal", LATENT, "HalfNormal(1)[2]", "HalfNormal(exp(s + m))"),
    ("Exponential", LATENT, "Exponential(rate: 2)[2]", "Exponential(rate: exp(s + m))"),
    ("Gamma", LATENT, "Gamma(2, rate: 1)[2]", "LogNormal(m, exp(s))"),
    ("Beta", LATENT, "Beta(2, 1)[2]", "Uniform(0.25 * sigmoid(m), 0.5 + 0.5 * sigmoid(s))"),
    ("Uniform", LATENT, "Uniform(-1, 1)[2]", "Uniform(-sigmoid(m), sigmoid(s))"),
    ("VonMises", LATENT, "VonMises(0, 1)[2]", "VonMises(m, exp(s))"),
    ("VonMises", GAME, "VonMises(0, 4)[4]", "Real[4] in interval(-3.2, 3.2)"),
    ("Gamma", GAME, "Gamma(2, rate: 1)[4]", "Real[4]"),
    ("Dirichlet", GAME, "Dirichlet(exp(e))", "Real[3] in simplex"),
    ("Uniform", GAME, "Uniform(-1, 1)[4]", "Real[4] in interval(-1, 1)"),
    ("Bernoulli", GAME, "Bernoulli(probs: 0.5)[4]", "Bool[4]"),
    ("OneHotCategorical", GAME, "OneHotCategorical(logits: e)", "Bool[3]"),
    ("Categorical", GAME, "Categorical(logits: e)", "Class(3)"),
    ("Categorical", GAME, "Categorical(logits: e)[5]", "Class(3)[5]"),
    ("DiscretizedLogistic", GREY, "DiscretizedLogistic(c(z), 0.1, levels: 17)", ""),
    ("DiscretizedLogisticMixture", GREY, "DiscretizedLogisticMixture(a(z), b(z), exp(b(z)), 17)", ""),
    ("Binomial", GREY, "Binomial(16, logits: c(z))", ""),
    ("Poisson", COUNTS, "Poisson(log_rate: c(z))", ""),
    ("Poisson", HIDDEN_COUNTS, "Poisson(4)[2]", "Poisson(exp(m))"),
    ("Mixture", COUNTS, "Mixture(Poisson(log_rate: a(z)), logits: a(z))", ""),
    ("NegativeBinomial", COUNTS, "NegativeBinomial(log_mean: c(z), concentration: 2)", ""),
    (
        "NegativeBinomial",
        HIDDEN_COUNTS,
        "NegativeBinomial(mean: 4, concentration: 2)[2]",
        "Poisson(log_rate: m)",
    ),
    ("Geometric", COUNTS, "Geometric(probs: sigmoid(c(z)))", ""),
    ("Geometric", HIDDEN_COUNTS, "Geometric(probs: 0.3)[2]", "Geometric(logits: m)"),
    ("Categorical", GREY, "Categorical(logits: l(z))", ""),
    ("Categorical", GREY, "Categorical(logits: k(z))[64]", ""),
];

/// The spec without the nets that nothing calls, which the checker would report as untrained.
fn fill(spec: &str, d: &str, q: &str) -> String {
    let text = spec.replace("$D", d).replace("$Q", q);
    let called =
        |name: &str| text.lines().filter(|l| !l.starts_with("net ")).any(|l| l.contains(&format!("{name}(")));
    let kept: Vec<&str> = text
        .lines()
        .filter(|l| match l.strip_prefix("net ").and_then(|l| l.split('(').next()) {
            Some(name) => called(&format!(" {name}")) || called(&format!("({name}")),
            None => true,
        })
        .collect();
    kept.join("\n")
}

/// Runs every program of the spec once at batch 3, parameters and real data at random, grey levels 0 .. 17.
fn run_all(row: &str, compiled: &Compiled) {
    let mut rng = Rng(11);
    for (name, g) in compiled.programs.iter() {
        let mut inputs = Vec::new();
        for n in &g.nodes {
            let Op::Input(i) = &n.op else { continue };
            let value = match i.role {
                Role::Param => Tensor64::from_fn(&i.shape.at(3), |_| rng.uniform() - 0.5),
                Role::State => Tensor64::full(&i.shape.at(3), 0.1),
                Role::PerDatum => Tensor64::full(&i.shape.at(3), 0.1),
                Role::Local => panic!("`{}` of `{name}` stands outside of a loop", i.name),
                Role::Scalar => Tensor64::scalar(1.0),
                Role::Data if i.shape.0.len() == 2 && i.shape.0[1].n == 64 => {
                    Tensor64::from_fn(&i.shape.at(3), |_| (17.0 * rng.uniform()).floor())
                }
                Role::Data => Tensor64::from_fn(&i.shape.at(3), |_| rng.uniform()),
            };
            inputs.push((i.name.clone(), value));
        }
        for ((output, _), t) in g.outputs.iter().zip(evaluate(g, 3, &inputs)) {
            assert!(
                t.data.iter().all(|x| x.is_finite()),
                "`{row}`: `{output}` of `{name}` is not finite: {:?}",
                t.data
            );
        }
    }
}

#[test]
fn every_distribution_can_be_written_and_run() {
    for (row, spec, d, q) in SPECS {
        let text = fill(spec, d, q);
        let u = compile("row.gm", &text, &NoFiles, &|p| Err(format!("no file `{p}`")), |_| Vec::new());
        assert!(!u.failed(), "{row}: {d}\n{}", render(&u.diags, &u.sources, Format::Human, false));
        let Some(compiled) = u.compiled else { panic!("{row}: no programs") };
        assert!(compiled.programs.len() >= 3, "{row}");
        // What is shown for a datum is no draw: neither of the guide nor of the model.
        if let Some(g) = compiled.programs.named("reconstruct") {
            assert!(
                !g.nodes.iter().any(|n| matches!(n.op, Op::Random(_))),
                "{row}: {d} with {q} is reconstructed at random"
            );
        }
        run_all(row, &compiled);
    }
    for name in ROWS.iter().map(|r| r.name()).chain(FORMS.iter().map(|r| r.name())) {
        assert!(SPECS.iter().any(|(n, _, _, _)| *n == name), "no spec for `{name}`");
    }
}

/// One `Categorical`, shown in two ways: levels of data with an order by their mean, a class by the most probable one.
#[test]
fn levels_are_shown_as_means_and_classes_as_themselves() {
    let run_one = |text: &str, program: &str, output: &str| -> Vec<f64> {
        let u = compile("row.gm", text, &NoFiles, &|p| Err(format!("no file `{p}`")), |_| Vec::new());
        assert!(!u.failed(), "{}", render(&u.diags, &u.sources, Format::Human, false));
        let Some(compiled) = u.compiled else { panic!("no programs") };
        let g = &compiled.programs[program];
        assert!(!g.nodes.iter().any(|n| matches!(n.op, Op::Random(_))), "{program} draws");
        let mut rng = Rng(3);
        let mut inputs = Vec::new();
        for n in &g.nodes {
            if let Op::Input(i) = &n.op {
                inputs
                    .push((i.name.clone(), Tensor64::from_fn(&i.shape.at(5), |_| 4.0 * rng.uniform() - 2.0)));
            }
        }
        let at = g.outputs.iter().position(|(n, _)| n == output);
        match at {
            Some(i) => evaluate(g, 5, &inputs).remove(i).data,
            None => panic!("`{program}` has no `{output}`"),
        }
    };
    let levels = run_one(&fill(GREY, "Categorical(logits: l(z))", ""), "reconstruct", "site:x");
    assert!(
        levels.iter().all(|x| (0.0..=16.0).contains(x)) && levels.iter().any(|x| x.fract() != 0.0),
        "{levels:?}"
    );
    // The number of levels is the same number however it is written.
    let [written, computed] = ["17", "-(-17)"].map(|levels| {
        let row = format!("DiscretizedLogistic(c(z), 0.1, levels: {levels})");
        run_one(&fill(GREY, &row, ""), "reconstruct", "site:x")
    });
    assert_eq!(written, computed);
    let classes = "data x: Real[2] from moons(noise: 0.05)
net f(k: Class(3)[4]) -> Real[2] { embed(2), flatten, dense(2) }
net e(x: Real[2]) -> Real[4, 3] { dense(12), reshape(4, 3) }
model p { k ~ Categorical(logits: free(3))[4];  x ~ Normal(f(k), 0.1) }
guide q(x) { k ~ Categorical(logits: e(x)) }
";
    let classes = run_one(classes, "encode", "code:k");
    assert!(
        classes.iter().all(|k| [0.0, 1.0, 2.0].contains(k)) && classes.iter().any(|k| *k != classes[0]),
        "{classes:?}"
    );
}

#[test]
fn hyperparameters_that_make_no_sense_are_refused() {
    let with = |using: &str| {
        let text = fill(DATA, "Normal(m, 0.1)", "").replace("using adam", &format!("using {using}"));
        let u = compile("row.gm", &text, &NoFiles, &|p| Err(format!("no file `{p}`")), |_| Vec::new());
        u.diags.first().map(|d| d.code.to_string())
    };
    assert_eq!(with("adam(lr: 1e-3, betas: (0.9, 0.99))"), None);
    assert_eq!(with("adam(lr: cosine(1e-3 -> 1e-5))"), None);
    for bad in [
        "adam(betas: (0.9, 1))",
        "adam(betas: (-0.1, 0.9))",
        "adam(betas: 0.9)",
        "adam(lr: -1)",
        "sgd(nesterov: maybe)",
        "rmsprop(alpha: 1)",
    ] {
        assert_eq!(with(bad).as_deref(), Some("E0205"), "{bad}");
    }
}
