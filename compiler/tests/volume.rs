//! Which flows keep volumes, and what `explain` says of the others; which of their elements stay as they were drawn.

use crate::spec_common::{inputs, run, unit};
use gmc_compiler::explain::math;
use gmc_compiler::explain::typed;

const NICE: &str = "repeat 4 as i { couple(parity(i), additive) { dense(8), relu } }";

/// The terms and notes of the objective of a flow in the plane with this body, whether its type says that it keeps volumes, and
/// `log p` of four points.
fn flow(body: &str) -> (Vec<String>, Vec<String>, bool, usize) {
    let text = format!(
        "data x: Real[2] from moons\nflow f: Real[2] <-> Real[2] {{ {body} }}\nmodel p {{ z ~ Logistic(0, I)[2];  x = f(z) }}"
    );
    let u = unit("flow", &text);
    assert!(!u.failed(), "{body}: {:?}", u.diags);
    let (typed, compiled) = (u.typed.unwrap(), u.compiled.unwrap());
    let o = math::objective(&typed, &typed.train.players[0], false);
    let unit = typed.flows[0].volume_preserving();
    assert_eq!(typed::show(&typed).contains(", volume-preserving"), unit, "{body}");
    // The program has outputs that are finite whatever terms it has left out.
    let g = &compiled.programs["log_prob.p"];
    let out = run(g, 4, &inputs(&typed, &compiled, g, 4));
    let finite = out["log_prob"].data.iter().filter(|v| v.is_finite()).count();
    (o.terms, o.notes, unit, finite)
}

#[test]
fn flows_that_keep_volumes_have_no_determinant() {
    for body in [
        NICE,
        &format!("{NICE}, shift"),
        "masked(additive) { dense(8), relu }, permute(1), shift, identity",
        "couple(parity(0), additive) { dense(8), relu }, neg, couple(parity(1), additive) { dense(8), relu }, reverse",
        "couple(parity(0), additive) { dense(8), relu }, affine(scale: 1, shift: 2), reverse, couple(parity(0), additive) { dense(8) }",
        "split { shift, neg }, reverse, split { shift }",
    ] {
        let (terms, notes, unit, finite) = flow(body);
        assert!(unit, "{body}");
        assert_eq!((terms.len(), finite), (1, 4), "{body}: {terms:?}");
        assert_eq!(
            notes,
            [
                "`f` preserves volume: its determinant is 1, so it adds no term",
                "exact: no bound, no sampling"
            ],
            "{body}"
        );
    }
}

#[test]
fn flows_that_do_not_say_what_their_jacobians_are() {
    for (body, said) in [
        (
            format!("{NICE}, scale"),
            "the sum over 1 of its 5 layers (diagonal Jacobians); the other 4 preserve volume",
        ),
        (
            format!("{NICE}, conv1x1, neg"),
            "the sum over 1 of its 6 layers (small dense Jacobians); the other 5 preserve volume",
        ),
        (
            "masked(affine) { dense(8) }, neg".into(),
            "the sum over 1 of its 2 layers (triangular Jacobians); the other 1 preserves volume",
        ),
        (
            "actnorm, conv1x1, masked { dense(8) }".into(),
            "the sum over its 3 layers (diagonal, triangular, small dense Jacobians)",
        ),
        (
            "shift, affine(scale: 2)".into(),
            "the sum over 1 of its 2 layers (diagonal Jacobians); the other 1 preserves volume",
        ),
    ] {
        let (terms, notes, unit, finite) = flow(&body);
        assert!(!unit, "{body}");
        assert_eq!((terms.len(), finite), (2, 4), "{body}: {terms:?}");
        assert!(
            notes.iter().any(|n| n == &format!("the log-determinant of `f` is {said}")),
            "{body}: {notes:?}"
        );
    }
}

/// Maps around a flow have their terms, too; those that keep volumes have none.
#[test]
fn maps_around_a_flow() {
    for (of, range, terms) in [
        ("f(z)", "", &["-log Logistic(f^-1(x); 0, 1)"][..]),
        ("neg(f(z))", "", &["-log Logistic(f^-1(neg^-1(x)); 0, 1)"]),
        (
            "sigmoid(f(z))",
            " in unit",
            &["-log Logistic(f^-1(sigmoid^-1(x)); 0, 1)", "-log|det dsigmoid^-1 / dx|"],
        ),
    ] {
        let text = format!(
            "data x: Real[64]{range} from digits\nflow f: Real[64] <-> Real[64] {{ {NICE}, shift }}\nmodel p {{ z ~ Logistic(0, I)[64];  x = {of} }}"
        );
        let u = unit(
            "around",
            &text.replace("data x: Real[64] from digits", "data x: Real[64] in unit from digits"),
        );
        assert!(!u.failed(), "{of}: {:?}", u.diags);
        let typed = u.typed.unwrap();
        assert_eq!(math::objective(&typed, &typed.train.players[0], false).terms, terms, "{of}");
    }
}

/// What is said of a model whose data are computed by these flows.
fn warned(flows: &[&str], model: &str) -> Vec<String> {
    let flows: String = flows.iter().map(|f| format!("flow {f}\n")).collect();
    let u = unit(
        "flows",
        &format!("data x: Real[2] from moons\n{flows}model p {{ z ~ Normal(0, I)[2];  {model} }}"),
    );
    assert!(!u.failed(), "{:?}", u.diags);
    u.diags.into_iter().filter(|d| d.code == "W0404").map(|d| format!("{} {}", d.code, d.message)).collect()
}

#[test]
fn untouched_elements_are_followed_through_compositions() {
    let couple = |name: &str, side: u8| {
        format!("{name}: Real[2] <-> Real[2] {{ couple(parity({side})) {{ dense(8), relu }} }}")
    };
    let (g0, h0, h1) = (couple("g", 0), couple("h", 0), couple("h", 1));
    let never = |what: &str| format!("W0404 {what} never transformed by");
    // Together they touch both, in one expression or in two sites, whatever fixed maps stand between.
    for model in ["x = g(h(z))", "u = h(z);  x = g(u)", "x = g(neg(h(z)))"] {
        assert_eq!(warned(&[&g0, &h1], model), [""; 0], "{model}");
        assert_eq!(
            warned(&[&g0, &h0], model),
            [format!("{} `h` and `g`", never("dimension 0 of `x` is"))],
            "{model}"
        );
    }
    // A second use of one flow.
    assert_eq!(warned(&[&g0], "x = g(g(z))"), [format!("{} `g` and `g`", never("dimension 0 of `x` is"))]);
    assert_eq!(warned(&[&g0], "x = g(z)"), [format!("{} `g`", never("dimension 0 is"))]);
    // Fixed maps change nothing; a flow of nothing else is meant so.
    let mapped = "f: Real[2] <-> Real[2] { couple(parity(1)) { dense(8), relu }, exp, log }";
    assert_eq!(warned(&[mapped], "x = f(z)"), [format!("{} `f`", never("dimension 1 is"))]);
    assert_eq!(warned(&["f: Real[2] <-> Real[2] { neg }"], "x = f(z)"), [""; 0]);
    // A flow that no model runs is judged alone.
    assert_eq!(
        warned(&["f: Real[2] <-> Real[2] { scale }", &g0], "x = f(z)"),
        [format!("{} `g`", never("dimension 0 is"))]
    );
}
