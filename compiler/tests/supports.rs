//! What is positive and what may be 0: `exp` yields the one, `relu` the other, and only the first is a scale or has a logarithm.

use crate::spec_common::unit;

/// A guide with this site before it and this distribution, in terms of two real vectors `m` and `s`.
fn guide(before: &str, d: &str) -> gmc_compiler::driver::Unit {
    let text = format!(
        "data x: Real[2] from moons
fn twice(v) = 2 * v
net decode(z: Real[2]) -> Real[2] {{ dense(2) }}
net encode(x: Real[2]) -> (Real[2], Real[2]) {{ heads(2, 2) }}
model p {{ z ~ Normal(0, I)[2];  x ~ Normal(decode(z), 0.1) }}
guide q(x) {{ (m, s) = encode(x);  {before}z ~ {d} }}
"
    );
    unit("support", &text)
}

#[test]
fn positive_values_have_a_logarithm_and_make_a_scale() {
    for (before, d) in [
        ("", "Normal(log(exp(m)), exp(s))"),
        ("", "Normal(log(softplus(m)), softplus(s))"),
        ("", "Normal(log(relu(m) + 0.1), relu(s) + 0.1)"),
        ("", "Normal(log(relu(m) + exp(m)), exp(s) + relu(m))"),
        ("", "Normal(recip(sigmoid(m)), 1 / sigmoid(s))"),
        ("", "Normal(sqrt(relu(m)), sqrt(exp(s)))"),
        ("", "Normal(log(max(exp(m), relu(s))), exp(s) * exp(m))"),
        ("", "Normal(log(relu(exp(m))), abs(exp(s)))"),
        ("w = exp(s);  ", "Normal(log(w), twice(w))"),
        ("w = relu(s);  ", "Normal(w, w + 1)"),
    ] {
        let u = guide(before, d);
        assert!(u.diags.is_empty(), "{before}{d}: {:?}", u.diags);
    }
}

#[test]
fn what_can_be_0_has_none() {
    for (before, d, code) in [
        ("", "Normal(log(relu(m)), exp(s))", "E0302"),
        ("", "Normal(log(2 * relu(m)), exp(s))", "E0302"),
        ("", "Normal(log(relu(m) * exp(s)), exp(s))", "E0302"),
        ("", "Normal(log(sqrt(relu(m))), exp(s))", "E0302"),
        ("", "Normal(log(min(relu(m), exp(s))), exp(s))", "E0302"),
        ("", "Normal(log(relu(m) + relu(s)), exp(s))", "E0302"),
        ("", "Normal(recip(square(m)), exp(s))", "E0302"),
        ("", "Normal(log(m ^ 2), exp(s))", "E0302"),
        ("", "Normal(log(twice(relu(m))), exp(s))", "E0302"),
        ("w = relu(s);  ", "Normal(log(w), exp(s))", "E0302"),
        ("w = relu(s);  ", "Normal(log(twice(w)), exp(s))", "E0302"),
        ("w = relu(s);  v = 3 * w;  ", "Normal(m, v)", "E0301"),
        ("", "Normal(m, relu(s))", "E0301"),
        ("", "Normal(m, abs(s))", "E0301"),
        ("", "Normal(m, 0)", "E0301"),
        ("", "Mixture(Normal(m, relu(s)))[2]", "E0301"),
    ] {
        let u = guide(before, d);
        let first = u.diags.first().unwrap_or_else(|| panic!("{before}{d} is accepted"));
        assert_eq!(first.code, code, "{before}{d}: {first:?}");
        let help = first.help.as_deref().unwrap();
        assert!(help.contains("`softplus` or `exp`") || d == "Normal(m, 0)", "{before}{d}: {help}");
    }
}
