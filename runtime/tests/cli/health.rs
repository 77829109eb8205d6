//! What is wrong with a latent code is said in words, with what to do: after a run, and whenever the run is measured again.

use super::common::*;
use std::path::Path;

/// Trains a spec of the repository for so many epochs, and measures it again: what both say about health.
fn said_of(place: &Place, name: &str, epochs: u32) -> [String; 2] {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs").join(format!("{name}.gm"));
    let run =
        place.gmc(&format!("run {} --name {name} --device cpu --set train.epochs={epochs}", spec.display()));
    let eval = place.gmc(&format!("eval runs/{name}-1 --device cpu"));
    [run, eval].map(|s| {
        s.succeeds().err.lines().filter(|l| l.starts_with("health: ")).collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn a_code_that_the_decoder_ignores() {
    let place = Place::new();
    for said in said_of(&place, "vae_ignored", 10) {
        assert!(said.contains("`z` has 0 of 8 dimensions active (KL above 0.01)"), "{said}");
        assert!(
            said.contains("the decoder ignores `z`: none of its 8 dimensions has a KL above 0.01 nats"),
            "{said}"
        );
        assert!(
            said.contains(
                "lower beta or warm it up, as in `elbo(p, q, beta: ramp(0 -> 1, over: 10 epochs))`"
            ),
            "{said}"
        );
    }
}

/// An autoencoder has a code, too, of which units may be idle.
#[test]
fn units_of_a_code_that_are_idle() {
    let place = Place::new();
    for (name, code, width, says) in [
        ("alive", "e(x)", 8, None),
        (
            "dead",
            "relu(e(x) - 1000)",
            8,
            Some("health: the code carries nothing: none of its 8 units changes over"),
        ),
        (
            "half",
            "concat(e(x), relu(e(x) - 1000))",
            16,
            Some(
                "health: 8 of 16 units of the code are idle, they do not change over 297 test examples (8, 9, 10, 11, 12, 13, 14, 15)",
            ),
        ),
    ] {
        let run = place.train(
            name,
            &format!(
                "data x: Real[64] in unit from digits\nnet e(x: Real[64] in unit) -> Real[8] {{ dense(8) }}\n\
                 net d(z: Real[{width}]) -> Real[64] {{ dense(64) }}\ntrain {{ minimizes mse(d({code}), x)  epochs 1  batch 64 }}\n"
            ),
        );
        let eval = place.gmc(&format!("eval runs/{name}-1 --device cpu"));
        let found = eval.succeeds().err.lines().find(|l| l.contains("the code")).unwrap_or_default();
        assert!(says.map_or(found.is_empty(), |says| found.starts_with(says)), "{name}: {}", eval.err);
        let report = std::fs::read_to_string(run.join("report.html")).unwrap();
        let told =
            report.contains("the code carries nothing") || report.contains("units of the code are idle");
        assert_eq!(told, says.is_some(), "{name}");
    }
}

#[test]
fn a_code_that_is_not_compressed() {
    let place = Place::new();
    for said in said_of(&place, "vae_uncompressed", 30) {
        assert!(said.contains("`z` has 8 of 8 dimensions active"), "{said}");
        assert!(
            said.contains("`z` is not compressed: its KL is")
                && said.contains("for each of 8 dimensions where 4 are many"),
            "{said}"
        );
        assert!(
            said.contains("times wider than the prior's draws") && said.contains("; raise beta"),
            "{said}"
        );
    }
}

/// Priors that are flows or sums, guides that are flows, two layers, and vectors whose elements are drawn together.
#[test]
fn every_latent_site_is_examined() {
    let place = Place::new();
    let whole = "(the mean code's variance over the data above 0.01), KL ";
    for (name, of, parts) in [
        ("vae_flow_prior", "`z` has ", whole),
        ("vae_vamp", "`z` has ", whole),
        ("vae_mixture_prior", "`z` has ", whole),
        ("vae_iaf", "`z` has ", whole),
        ("vae_two_layers", "`w` has ", " of 4 dimensions active (KL above 0.01), KL per dimension "),
        ("vae_two_layers_again", "`z` has ", " of 8 dimensions active (KL above 0.01), KL per dimension "),
        ("vae_gumbel", "`k` has ", " of 8 vectors active (KL above 0.01), KL per vector "),
    ] {
        let spec = name.trim_end_matches("_again");
        if name == spec {
            said_of(&place, spec, 3);
        }
        let eval = place.gmc(&format!("eval runs/{spec}-1 --device cpu"));
        assert!(
            eval.err.contains(&format!("health: {of}")) && eval.err.contains(parts),
            "{name}: {}",
            eval.err
        );
        assert!(eval.out.contains("active units of "), "{name}: {}", eval.out);
    }
}

/// Two sites whose priors stand under one sum are examined together.
#[test]
fn sites_under_one_sum() {
    let text = "
data x: Bool[64] from digits(binarize: 0.5)
net place(k: Class(3)) -> (Real[3], Real[2])              { heads(3, 2) }
net decode(z: Real[3], w: Real[2]) -> Real[64]            { dense(16), relu, dense(64) }
net encode(x: Bool[64]) -> (Real[3], Real[2])             { dense(16), relu, heads(3, 2) }
model p    { k ~ Categorical(logits: free(3));  (a, b) = place(k);  z ~ Normal(a, 1);  w ~ Normal(b, 1);  x ~ Bernoulli(logits: decode(z, w)) }
guide q(x) { (m, n) = encode(x);  z ~ Normal(m, 0.5);  w ~ Normal(n, 0.5) }
train { epochs 2  batch 64 }
";
    let place = Place::new();
    place.train("together", text);
    let eval = place.gmc("eval runs/together-1 --device cpu");
    assert!(
        eval.succeeds().err.contains("health: `z`, `w` has ") && eval.err.contains(" of 5 dimensions active"),
        "{}",
        eval.err
    );
    assert!(eval.out.contains("active units of 5"), "{}", eval.out);
}
