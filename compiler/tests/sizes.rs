//! Sizes that a net leaves to what it yields.

use crate::metamorphic::{assert_same, comparable};
use crate::spec_common::{clean, unit};

/// A net `net` of images of 8 by 8 pixels, trained by itself.
fn spec(net: &str) -> String {
    format!(
        "data x: Real[64] in unit from digits\nnet f(x: Real[64]) -> {net}\ntrain {{ minimizes E[GOAL] }}\n"
    )
}

#[test]
fn the_last_layer_with_a_size_takes_it_from_the_signature() {
    for (without, with, said) in [
        ("Real[7] { dense(9), relu, dense }", "Real[7] { dense(9), relu, dense(7) }", "dense(7)"),
        (
            "Real[7] { dense(bias: false), tanh }",
            "Real[7] { dense(7, bias: false), tanh }",
            "dense(7, bias: false)",
        ),
        (
            "Real[1, 4, 4] { dense, reshape(1, 4, 4), sigmoid }",
            "Real[1, 4, 4] { dense(16), reshape(1, 4, 4), sigmoid }",
            "dense(16)",
        ),
        (
            "Real[] { dense(9), relu, dense, scalar }",
            "Real[] { dense(9), relu, dense(1), scalar }",
            "dense(1)",
        ),
        (
            "Real[3, 8, 8] { reshape(1, 8, 8), conv(4), relu, conv(k: 5) }",
            "Real[3, 8, 8] { reshape(1, 8, 8), conv(4), relu, conv(3, k: 5) }",
            "conv(3, k: 5)",
        ),
        (
            "Real[128] { reshape(1, 8, 8), conv, flatten, repeat 2 { relu } }",
            "Real[128] { reshape(1, 8, 8), conv(2), flatten, repeat 2 { relu } }",
            "conv(2)",
        ),
        (
            "Real[6, 8, 8] { reshape(1, 8, 8), conv(9), conv(groups: 3) }",
            "Real[6, 8, 8] { reshape(1, 8, 8), conv(9), conv(6, groups: 3) }",
            "conv(6, groups: 3)",
        ),
        ("Real[5, 3] { dense(5), logits }", "Real[5, 3] { dense(5), logits(3) }", "logits(3)"),
        (
            "Real[1, 8, 8, 3] { reshape(1, 8, 8), conv(4), logits }",
            "Real[1, 8, 8, 3] { reshape(1, 8, 8), conv(4), logits(3) }",
            "logits(3)",
        ),
    ] {
        let goal =
            |net: &str| spec(net).replace("GOAL", if said == "dense(1)" { "f(x)^2" } else { "sum(f(x)^2)" });
        let (typed, c) = clean("without", &goal(without));
        assert_same(without, "filled", &comparable(&c), &comparable(&clean("with", &goal(with)).1));
        assert_eq!(typed.nets[0].filled.as_deref(), Some(said), "{without}");
        assert_eq!(clean("with", &goal(with)).0.nets[0].filled, None);
    }
    let heads = |net: &str| {
        format!(
            "data x: Real[64] in unit from digits\nnet f(x: Real[64]) -> {net}\ntrain {{ let (a, b) = f(x)  minimizes E[sum(a^2)] + E[sum(b^2)] }}\n"
        )
    };
    for (without, with) in [
        ("(Real[3], Real[4]) { dense(9), heads }", "(Real[3], Real[4]) { dense(9), heads(3, 4) }"),
        (
            "(Real[3, 2], Real[4, 2]) { dense(9), heads(k: 2) }",
            "(Real[3, 2], Real[4, 2]) { dense(9), heads(3, 4, k: 2) }",
        ),
        (
            "(Real[3, 8, 8], Real[1, 8, 8]) { reshape(1, 8, 8), heads }",
            "(Real[3, 8, 8], Real[1, 8, 8]) { reshape(1, 8, 8), heads(3, 1) }",
        ),
    ] {
        let (a, b) = (clean("without", &heads(without)).1, clean("with", &heads(with)).1);
        assert_same(without, "filled", &comparable(&a), &comparable(&b));
    }
}

#[test]
fn a_size_that_nothing_says_is_asked_for() {
    for (net, code) in [
        ("Real[7] { dense, relu, dense }", "E0224"),
        ("Real[7] { residual { dense }, dense(7) }", "E0224"),
        ("Real[7] { repeat 2 { dense } }", "E0224"),
        ("Real[65] { dense, minibatch_stddev }", "E0224"),
        ("Real[10] { reshape(1, 8, 8), conv, flatten }", "E0224"),
        ("Real[64] { reshape(1, 8, 8), conv }", "E0201"),
        ("(Real[2], Real[2]) { dense }", "E0224"),
        ("Real[2] { heads }", ""),
    ] {
        let u = unit("sizes", &spec(net).replace("GOAL", "sum(f(x)^2)"));
        let codes: Vec<&str> = u.diags.iter().map(|d| d.code).collect();
        assert!(u.failed() != code.is_empty() && codes.iter().all(|c| *c == code), "{net}: {codes:?}");
    }
}

/// `let` takes several outputs apart wherever a value is computed.
#[test]
fn outputs_are_taken_apart_by_let() {
    let with = |model: &str, guide: &str| {
        format!(
            "data x: Bool[64] from digits(binarize: 0.5)\nnet decode(z: Real[2]) -> Real[64] {{ dense }}\n\
             net encode(x: Bool[64]) -> (Real[2], Real[2]) {{ heads }}\nmodel p {{ z ~ Normal(0, I)[2];  {model}x ~ Bernoulli(logits: l) }}\n\
             guide q(x) {{ {guide}z ~ Normal(m, exp(s)) }}\ntrain {{ epochs 1 }}\n"
        )
    };
    let plain = with("l = decode(z);  ", "(m, s) = encode(x);  ");
    let lets = with("let l = decode(z);  ", "let (m, s) = encode(x);  ");
    assert_same(
        "let",
        "in models",
        &comparable(&clean("plain", &plain).1),
        &comparable(&clean("let", &lets).1),
    );
    // A site may be called so.
    clean(
        "named",
        "data x: Real[2] from moons\nmodel p { let = free(2); x ~ Normal(let, 1) }\ntrain { epochs 1 }\n",
    );
}

/// No layer stands behind the one that makes several outputs: one of a single coordinate may be declared as a number there.
#[test]
fn several_outputs_may_be_numbers() {
    let spec = |types: &str, layer: &str| {
        format!(
            "data x: Real[2] from moons\nnet f(z: Real[2]) -> ({types}) {{ dense(8), relu, {layer} }}\n\
             model p {{ z ~ Normal(0, I)[2];  (m, s, l) = f(z);  x ~ Normal(m + l, exp(s)) }}\nguide q(x) {{ z ~ Normal(0, 1)[2] }}\ntrain {{ epochs 1 }}\n"
        )
    };
    let numbers = unit("numbers", &spec("Real[], Real[], Real[2]", "heads(1, 1, 2)"));
    assert!(!numbers.failed(), "{:?}", numbers.diags);
    let net = &numbers.typed.unwrap().nets[0];
    assert_eq!(net.outs.iter().map(|t| t.shape.len()).collect::<Vec<_>>(), [0, 0, 1]);
    let filled = unit("filled", &spec("Real[], Real[], Real[2]", "heads"));
    assert!(!filled.failed(), "{:?}", filled.diags);
    // Two coordinates are not one number.
    let two = unit("two", &spec("Real[], Real[], Real[2]", "heads(2, 1, 2)"));
    assert!(two.diags.iter().any(|d| d.code == "E0201"), "{:?}", two.diags);
}

#[test]
fn a_margin_is_a_share_of_the_interval() {
    let spec = |range: &str| {
        format!(
            "data x: Int(17)[64] from digits\nflow f: Real[64] <-> Real[64] in {range} {{ scale, shift }}\n\
             model p {{ z ~ Normal(0, I)[64];  x = quantize(f(z)) }}\ntrain {{ epochs 1 }}\n"
        )
    };
    let same = |a: &str, b: &str| {
        let (a, b) = (comparable(&clean("a", &spec(a)).1), comparable(&clean("b", &spec(b)).1));
        assert_same("margin", "written out", &a, &b);
    };
    same("interval(0, 17, margin: 0.5)", "interval(-8.5, 25.5)");
    same("interval(-1, 19, margin: 0.05)", "interval(-2, 20)");
    same("interval(0, 17, margin: 0)", "interval(0, 17)");
}
