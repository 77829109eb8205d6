//! Specs that stand beside the wrong ones of `tests/bad` and are right: what the checker refuses there must not take them along. And more
//! wrong ones, one line each.

use crate::spec_common::unit;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::Unit;

fn said(u: &Unit) -> String {
    render(&u.diags, &u.sources, Format::Human, false)
}

fn right(text: &str) {
    let u = unit("right", text);
    assert!(u.diags.is_empty(), "{text}\n{}", said(&u));
}

fn wrong(text: &str, code: &str) {
    let u = unit("wrong", text);
    let first = u.diags.first().unwrap_or_else(|| panic!("accepted: {text}"));
    assert_eq!(first.code, code, "{text}\n{}", said(&u));
    assert!(u.diags.iter().all(|d| d.help.is_some()), "{}", said(&u));
}

const ITEMS: &str = "net e(x: Real[2]) -> (Real[2], Real[2]) { heads(2, 2) }
net d(z: Real[2]) -> Real[2] { dense(2) }
flow f: Real[2] <-> Real[2] { couple(parity(0)) { dense(4) }, couple(parity(1)) { dense(4) } }
flow g: Real[2] <-> Real[2] given (h: Real[2]) { couple(parity(0)) { dense(4) }, couple(parity(1)) { dense(4) } }";

#[test]
fn guides_propose_what_is_open() {
    // Only what the model uses, so that nothing is reported as unused.
    let spec = |model: &str, guide: &str| {
        let used = |l: &&str| {
            ["f", "g", "d"].iter().all(|n| {
                !l.contains(&format!(" {n}:")) && !l.contains(&format!(" {n}("))
                    || model.contains(&format!("{n}("))
            })
        };
        let items: Vec<&str> = ITEMS.lines().filter(used).collect();
        format!(
            "data x: Real[2] from moons\n{}\nmodel p {{ {model} }}\nguide q(x) {{ (m, s) = e(x);  {guide} }}\ntrain {{ maximizes elbo(p, q) }}\n",
            items.join("\n")
        )
    };
    const PRIOR: &str = "h ~ Normal(0, I)[2];  z = f(h);  x ~ Normal(d(z), 0.3)";
    const TWO: &str = "h ~ Normal(0, I)[2];  z ~ Normal(0, I)[2];  x = g(z, h)";
    const BELOW: &str = "h ~ Normal(0, I)[2];  z ~ Normal(h, 1);  x = f(z)";
    const NET: &str = "z ~ Normal(0, I)[2];  h = d(z);  x ~ Normal(h, 0.3)";
    for (model, guide) in [
        (PRIOR, "z ~ Normal(m, exp(s))"),
        (PRIOR, "h ~ Normal(m, exp(s))"),
        (TWO, "h ~ Normal(m, exp(s))"),
        (BELOW, "h ~ Normal(m, exp(s))"),
        (NET, "z ~ Normal(m, exp(s))"),
        // A name that guide and model each compute for themselves.
        (NET, "h = m + 1;  z ~ Normal(h, exp(s))"),
    ] {
        right(&spec(model, guide));
    }
    for (model, guide) in [
        (PRIOR, "z ~ Normal(m, exp(s));  h ~ Normal(z, 1)"),
        (TWO, "h ~ Normal(m, exp(s));  z ~ Normal(h, 1)"),
        (BELOW, "h ~ Normal(m, exp(s));  z ~ Normal(h, 1)"),
        (NET, "z ~ Normal(m, exp(s));  h ~ Normal(z, 1)"),
        (NET, "z ~ Normal(m, exp(s));  x ~ Normal(z, 1)"),
        ("z ~ Normal(0, I)[2];  x = f(z)", "z ~ Normal(m, exp(s))"),
    ] {
        wrong(&spec(model, guide), "E0502");
    }
}

#[test]
fn flows_stay_where_they_have_an_inverse() {
    let unit_data = "data x: Real[64] in unit from digits\n";
    let moons = "data x: Real[2] from moons\n";
    for (data, ty, body, draw) in [
        (moons, "Real[2] <-> Real[2]", "exp, scale, log, shift", "Normal(0, I)[2]"),
        (
            moons,
            "Real[2] <-> Real[2]",
            "sigmoid, reverse, logit, couple(parity(0)) { dense(4) }, couple(parity(1)) { dense(4) }",
            "Normal(0, I)[2]",
        ),
        (moons, "Real[2] in unit <-> Real[2]", "logit, scale, shift", "Beta(2, 2)[2]"),
        (moons, "Real[2] <-> Real[2]", "leaky_relu(0.1), shift", "Normal(0, I)[2]"),
        (moons, "Real[2] <-> Real[2]", "exp, neg, scale, neg, log, scale", "Normal(0, I)[2]"),
        (moons, "Real[2] in positive <-> Real[2]", "scale, log", "Gamma(2, rate: 1)[2]"),
        (
            unit_data,
            "Real[64] <-> Real[64] in unit",
            "shift, tanh, permute(1), affine(0.5, 0.5)",
            "Normal(0, I)[64]",
        ),
        (
            unit_data,
            "Real[64] <-> Real[64] in unit",
            "shift, tanh, couple(halves(0), spline(bound: 1)) { dense(4) }, couple(halves(1), spline(bound: 1)) { dense(4) }, affine(0.5, 0.5)",
            "Normal(0, I)[64]",
        ),
        (unit_data, "Real[64] <-> Real[64] in unit", "scale, split { shift }, sigmoid", "Normal(0, I)[64]"),
        (unit_data, "Real[64] <-> Real[64] in unit", "scale, shift", "Normal(0, I)[64]"),
    ] {
        let draw_site = format!("model p {{ z ~ {draw};  x = f(z) }}\n");
        right(&format!("{data}flow f: {ty} {{ {body} }}\n{draw_site}"));
    }
    for (ty, body) in [
        ("Real[2] <-> Real[2]", "tanh, scale, shift"),
        ("Real[2] <-> Real[2]", "exp, reverse, scale"),
        ("Real[2] <-> Real[2]", "exp, shift"),
        ("Real[2] <-> Real[2]", "sigmoid, masked(affine) { dense(8) }"),
        ("Real[2] <-> Real[2]", "sigmoid, conv1x1"),
        ("Real[2] <-> Real[2]", "scale, elu, shift"),
        ("Real[2] <-> Real[2]", "expm1, shift, scale"),
        ("Real[2] <-> Real[2]", "sigmoid, logit(0.1)"),
        ("Real[2] <-> Real[2] in positive", "exp, actnorm"),
        ("Real[2] <-> Real[2] in positive", "exp, couple(parity(0), affine) { dense(8) }"),
        ("Real[2] <-> Real[2]", "tanh, couple(parity(0), spline(bound: 2)) { dense(8) }"),
        ("Real[2] <-> Real[2]", "scale, split { softplus }"),
    ] {
        wrong(
            &format!(
                "{moons}flow f: {ty} {{ {body} }}\nmodel p {{ z ~ Normal(0, I)[2];  y = f(z);  x = y }}\n"
            ),
            "E0305",
        );
    }
}

/// A model speaks of one example: nothing of the batch, of other models or of objectives enters it.
#[test]
fn models_read_no_other_example() {
    right(
        "data x: Real[64] in unit from digits
net d(z: Real[4]) -> Real[64] { dense(8), batch_norm, relu, dense(64) }
net e(x: Real[64]) -> (Real[4], Real[4]) { dense(8), batch_norm, relu, heads(4, 4) }
param w: Real[64]
model p { z ~ Normal(0, I)[4];  x ~ Normal(d(z), 0.1 + E[mean(exp(w))]) }
guide q(x) { (m, s) = e(corrupt(x, gaussian(0.1)));  z ~ Normal(m, exp(s)) }
",
    );
    right(
        "data x: Real[2] from moons
net G(z: Real[2]) -> Real[2] { dense(8), batch_norm, relu, dense(2) }
net D(x: Real[2]) -> Real[] { dense(8), minibatch_stddev, dense(1), scalar }
model p { z ~ Normal(0, I)[2];  x = G(z) }
train {
  player critic { owns D  minimizes E[softplus(-D(x))] + E[softplus(D(p.x))] }
  player maker { owns G  minimizes E[softplus(-D(p.x))] }
}
",
    );
    let model = |value: &str| {
        format!(
            "data x: Real[2] from moons
param c: Real[]
fn hidden(v, u: x) = v + u
net mix(z: Real[2]) -> Real[2] {{ dense(4), residual {{ minibatch_stddev, dense(4) }}, dense(2) }}
net outer(z: Real[2]) -> Real[2] {{ mix, relu, dense(2) }}
model a {{ x ~ Normal(0, 1)[2] }}
model p {{ z ~ Normal(0, I)[2];  x ~ Normal({value}, 1)[2] }}
guide q(x) {{ z ~ Normal(0, 1)[2] }}
"
        )
    };
    for value in [
        "c * nll(a)",
        "a.x",
        "log a(x)",
        "c * elbo(a, a)",
        "grad(c, c)",
        "hidden(z)",
        "z + E[mean(z)]",
        "mix(z)",
        "outer(z)",
        "batch_mean(z)",
        "corrupt(z, mask(0.1))",
    ] {
        wrong(&model(value), "E0212");
    }
}

#[test]
fn ranges_that_depend_on_parameters_cover_what_they_always_cover() {
    for model in [
        "x ~ Uniform(0, 1)[64]",
        "x ~ Uniform(0 - exp(a), 1 + exp(a))[64]",
        "x ~ Truncated(Normal(a, 1), low: 0 - exp(a))[64]",
        "x ~ Truncated(Normal(a, 1), 0, 1)[64]",
        "z ~ Uniform(0 - 1, 1)[64];  x ~ Normal(z + a, 1)",
    ] {
        let guide = if model.starts_with('z') {
            "guide q(x) { z ~ Uniform(0 - sigmoid(x), sigmoid(x)) }\n"
        } else {
            ""
        };
        let param = if model.contains('a') { "param a: Real[]\n" } else { "" };
        let text = format!("data x: Real[64] in unit from digits\n{param}model p {{ {model} }}\n{guide}");
        let u = unit("right", &text);
        // A proposal that is narrower than the prior is right, and worth a word.
        assert!(u.diags.iter().all(|d| d.code == "W0506"), "{text}\n{}", said(&u));
    }
    for model in [
        "x ~ Uniform(a, 1)[64]",
        "x ~ Uniform(0, exp(a))[64]",
        "x ~ Uniform(0, sigmoid(a))[64]",
        "x ~ Truncated(Normal(0, 1), low: a)[64]",
        "x ~ Mixture(Uniform(b, b + 1))",
        "y ~ Uniform(a, a + 1)[64];  x = exp(y)",
    ] {
        let text = format!(
            "data x: Real[64] in unit from digits\nparam a: Real[]\nparam b: Real[64, 3]\nmodel p {{ {model} }}\n"
        );
        wrong(&text, "E0302");
    }
}

#[test]
fn one_hot_vectors_are_bits_and_bits_are_no_one_hot_vectors() {
    let spec = |net: &str, prior: &str, guide: &str| {
        format!(
            "data x: Bool[64] from digits(binarize: 0.5)
net d(z: {net}) -> Real[64] {{ dense(64) }}
net e(x: Bool[64]) -> Real[8] {{ dense(8) }}
model p {{ z ~ {prior}(logits: free(8));  x ~ Bernoulli(logits: d(z)) }}
guide q(x) {{ z ~ {guide} }}
train {{ maximizes elbo(p, q) }}
"
        )
    };
    for net in ["Bool[8]", "Real[8]", "Real[8] in unit", "Real[8] in simplex"] {
        right(&spec(net, "OneHotCategorical", "OneHotCategorical(logits: e(x))"));
        right(&spec(net, "OneHotCategorical", "OneHotCategorical(logits: e(x)) by gumbel"));
    }
    wrong(&spec("Bool[8]", "OneHotCategorical", "Bernoulli(logits: e(x))"), "E0505");
    wrong(&spec("Bool[8]", "Bernoulli", "OneHotCategorical(logits: e(x))"), "W0506");
    // The relaxed draw reaches the encoder through a table of bits, too.
    right(
        &spec("Bool[8]", "Bernoulli", "Bernoulli(logits: e(x)) by gumbel")
            .replace("{ dense(64) }", "{ embed(4), flatten, dense(64) }"),
    );
    wrong(&spec("Int(2)[8]", "Bernoulli", "Bernoulli(logits: e(x)) by gumbel"), "E0303");
}

#[test]
fn classes_are_labels() {
    let spec = |before: &str, x: &str| {
        format!("data (x: Real[64] in unit, y: Class(10)) from digits\n{before}model p(y) {{ x ~ {x} }}\n")
    };
    right(&spec("param m: Real[10, 64]\n", "Normal(entry(y, m), 1)"));
    right(&spec("net d(y: Class(10)) -> Real[64] { dense(64) }\n", "Normal(d(y), exp(d(y)))"));
    for x in ["Normal(y, 1)[64]", "Normal(0, exp(y))[64]", "Normal(-y, 1)[64]", "Normal(y + 1, 1)[64]"] {
        wrong(&spec("", x), "E0211");
    }
}

#[test]
fn scales_are_above_zero_and_constants_are_numbers() {
    let spec = |scale: &str| {
        format!(
            "data x: Real[2] from moons
net soft(x: Real[2]) -> Real[2] in positive {{ dense(2), relu, affine(1, 0.1) }}
net hard(x: Real[2]) -> Real[2] in positive {{ dense(2), relu, leaky_relu(0.2) }}
net pooled(x: Real[2]) -> Real[1, 1, 1] in positive {{ dense(4), relu, reshape(1, 2, 2), avg_pool(2) }}
net within(x: Real[2]) -> Real[2] in positive {{ hard }}
net d(z: Real[2]) -> Real[2] {{ dense(2) }}
model p {{ z ~ Normal(0, I)[2];  x ~ Normal(d(z), 0.1) }}
guide q(x) {{ m = x;  {scale} }}
"
        )
    };
    let errors = |text: &str| {
        unit("scale", text)
            .diags
            .into_iter()
            .filter(|d| d.code.starts_with('E'))
            .map(|d| d.code)
            .collect::<Vec<_>>()
    };
    for scale in [
        "clamp(m, 0.1, 1)",
        "max(m, 0.1)",
        "max(exp(m), 0)",
        "1 - sigmoid(m)",
        "1 - clamp(m, 0, 0.5)",
        "2 - cos(m)",
        "norm(m) + 0.1",
        "exp(m)^0.5",
        "soft(m)",
        "1 / exp(m)",
        "mean(exp(m))",
        "0.5 + m^2",
    ] {
        let text = spec(&format!("z ~ Normal(m, {scale})"));
        assert_eq!(errors(&text), Vec::<&str>::new(), "{scale}");
    }
    for (scale, code) in [
        ("clamp(m, 0, 1)", "E0301"),
        ("max(m, 0)", "E0301"),
        ("norm(m)", "E0301"),
        ("1 - clamp(m, 0, 1)", "E0301"),
        ("1 - cos(m)", "E0301"),
        ("1 - 1", "E0301"),
        ("1e-300", "E0301"),
        ("hard(m)", "E0301"),
        ("within(m)", "E0301"),
        ("1 + log(norm(m))", "E0302"),
        ("m^0.5", "E0302"),
        ("1 / 0", "E0211"),
        ("m / (1 - 1)", "E0211"),
        ("0 / 0", "E0211"),
        ("1e300", "E0211"),
        ("1e30 * 1e30", "E0211"),
        ("exp(1000)", "E0211"),
    ] {
        assert_eq!(errors(&spec(&format!("z ~ Normal(m, {scale})"))), [code], "{scale}");
    }
    // Through a name, from either end of its range.
    assert_eq!(errors(&spec("w = clamp(m, 0, 1);  z ~ Normal(m, 1 - w)")), ["E0301"]);
    assert_eq!(errors(&spec("w = sigmoid(m);  z ~ Normal(m, 1 - w)")), Vec::<&str>::new());
    assert_eq!(errors(&spec("w = pooled(m);  z ~ Normal(m, sum(w))")), ["E0301"]);
}

/// A codebook that only `nearest` reads keeps its initial values.
#[test]
fn codebooks_are_trained() {
    let spec = |more: &str| {
        format!(
            "data x: Real[64] in unit from digits
param book: Real[64, 8] = normal(0.5)
net encode(x: Real[64] in unit) -> Real[8] {{ dense(8) }}
net decode(z: Real[8]) -> Real[64] in unit {{ dense(64), sigmoid }}
train {{
  let z = encode(x)
  {more}
}}"
        )
    };
    right(&spec("minimizes sse(decode(nearest(z, book)), x) + E[codebook_loss(z, book)]"));
    wrong(&spec("minimizes sse(decode(nearest(z, book)), x) + E[commitment(z, book)]"), "W0707");
    wrong(
        &spec("player coder { owns encode, decode, book  minimizes sse(decode(nearest(z, book)), x) }"),
        "W0707",
    );
}
