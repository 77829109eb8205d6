//! `gmc explain NAME` and `gmc explain --list`.

use super::common::*;
use gmc_compiler::explain::reference;
use std::path::Path;

#[test]
fn every_name_is_explained() {
    let place = Place::new();
    let list = place.gmc("explain --list");
    let text = &list.succeeds().out;
    let names: std::collections::BTreeSet<String> = reference::all().into_iter().map(|e| e.name).collect();
    assert!(names.len() > 140, "{}", names.len());
    for name in &names {
        let listed =
            text.lines().any(|l| l.strip_prefix("  ").is_some_and(|l| l.split("  ").next() == Some(name)));
        assert!(listed, "{name} is not listed");
    }
    for kind in [
        "distribution",
        "layer",
        "layer of a flow",
        "map",
        "corruption",
        "gradient estimator",
        "order of a site",
        "function of the prelude",
        "built in",
    ] {
        assert!(text.lines().any(|l| l == kind), "no `{kind}`");
    }
    // In the program itself a few of each kind: what they are, their arguments with ranges and defaults.
    for (name, said) in [
        (
            "Normal",
            &[
                "Normal: distribution",
                "Normal(loc, scale)",
                "scale  width; a positive number; must be written",
                "closed form against Normal",
            ][..],
        ),
        ("Truncated", &["Truncated: form of distribution", "Truncated(D(..), low, high)", "default none"]),
        ("raster", &["raster: order of a site", "x[i in raster] ~ ..", "row by row"]),
        ("markov", &["Number of letters; a whole number"]),
        ("dense", &["dense: layer\n", "a whole number of at least 1; must be written", "default true"]),
        ("couple", &["couple: layer of a flow", "couple(mask, kind) { .. }", "default affine"]),
        ("softplus", &["softplus: map", "from all reals to positive numbers", "layer of flows"]),
        ("relu", &["has no inverse: it maps every negative value to 0"]),
        ("flatten", &["flatten: layer\n", "flatten: layer of a flow", "flatten: function"]),
        ("mse", &["mse: function of the prelude", "fn mse(a, b) = E[mean((a - b)^2)]", "mean squared error"]),
        (
            "elbo",
            &["elbo: objective", "elbo(p, q, beta: 1", "beta   factor of the KL; a number of at least 0"],
        ),
        ("mask", &["mask: corruption", "a number between 0 and 1, or a schedule"]),
        ("adam", &["adam: optimizer", "default 1e-3"]),
        ("gumbel", &["gumbel: gradient estimator", "default 0.67"]),
        ("digits", &["digits: data source", "1,797 handwritten digits"]),
        ("iwae", &["iwae: objective", "iwae: item of `eval`"]),
        ("clip", &["clip: weight constraint", "clip: setting of `train`", "a number above 0; default none"]),
        ("ema", &["ema: setting of `train`", "a number of at least 0 and below 1"]),
        ("agreement", &["agreement: item of `eval`", "agreement(judge: ..)"]),
        ("grad", &["grad: built in", "grad(f, x)"]),
        ("he", &["he: initial value", "He et al. 2015"]),
    ] {
        let one = place.gmc(&format!("explain {name}"));
        for s in said {
            assert!(one.succeeds().out.contains(s), "{name} says no {s:?}:\n{}", one.out);
        }
        assert!(one.out.lines().all(|l| l.chars().count() <= 120), "{name}: {}", one.out);
    }
}

#[test]
fn names_that_nothing_has() {
    let place = Place::new();
    for (typed, meant) in [
        ("Nromal", "Normal"),
        ("normale", "normal"),
        ("desne", "dense"),
        ("leakyrelu", "leaky_relu"),
        ("E03O1", "E0301"),
    ] {
        place.gmc(&format!("explain {typed}")).fails(&[
            &format!("`{typed}` is no file"),
            &format!("did you mean `{meant}`?"),
            "--list",
        ]);
    }
    place.gmc("explain until").fails(&["`until` is an argument of `forward`: see `gmc explain forward`"]);
    place
        .gmc("explain frobnicate")
        .fails(&["`frobnicate` is no file, no error code and no name of the language"]);
    for line in ["explain", "explain --list Normal", "explain --list --latex"] {
        assert_eq!(place.gmc(line).code, Some(2), "{line}");
    }
    // A folder does not stand in the way of a name, and a file wins over it.
    place.write("images/a", "");
    assert!(place.gmc("explain images").succeeds().out.starts_with("images: data source"));
    place.write("relu", FLOW.replace("TRAIN", "steps 2"));
    assert!(place.gmc("explain relu").succeeds().out.contains("model p: exact density"));
}

#[test]
fn flows_that_keep_volumes_say_so() {
    let place = Place::new();
    let nice = FLOW
        .replace("TRAIN", "steps 2")
        .replace(", affine)", ", additive)")
        .replace("relu } } }", "relu } }, neg, reverse }");
    for (name, text, keeps) in
        [("nice", nice.clone(), true), ("scaled", nice.replace("neg", "conv1x1"), false)]
    {
        let path = place.write(&format!("{name}.gm"), text);
        let said = place.gmc(&format!("explain {}", path.display()));
        assert_eq!(said.succeeds().out.contains("flow f: volume-preserving"), keeps, "{}", said.out);
        assert_eq!(
            said.out.contains("`f` preserves volume: its determinant is 1, so it adds no term"),
            keeps,
            "{}",
            said.out
        );
        assert_eq!(
            said.out.contains("(small dense Jacobians); the other 3 preserve volume"),
            !keeps,
            "{}",
            said.out
        );
    }
}

/// Files of the first edition, rewritten in place: what is checked and run afterwards; written once, they stay as they are.
#[test]
fn files_of_the_first_edition_are_upgraded() {
    let place = Place::new();
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/first_edition");
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(old).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        place.write(&name, std::fs::read_to_string(path).unwrap());
        names.push(name);
    }
    assert!(names.len() > 5, "{names:?}");
    let all = names.join(" ");
    place.gmc(&format!("fmt --upgrade --check {all}")).fails(&["spelled as in an earlier edition"]);
    place.gmc(&format!("fmt --upgrade {all}")).succeeds();
    place.gmc(&format!("fmt --upgrade --check {all}")).succeeds();
    names.iter().for_each(|n| {
        place.gmc(&format!("check {n}")).succeeds();
    });
    let lines = "data x: Real[2] from moons(noise: .05)\nnet f(x: Real[2]) -> Real[2] { nn.Linear(2, 8), nn.ReLU() dense(2) }\ntrain { minimizes E[(f(x) - x) ** 2]  epochs: 1 }\n";
    place.write("mine.gm", lines);
    let said = place.gmc("fmt --upgrade mine.gm");
    assert!(
        said.succeeds().err.contains("mine.gm: `E[..]` of several numbers was their mean"),
        "{}",
        said.err
    );
    let text = std::fs::read_to_string(place.path("mine.gm")).unwrap();
    let want = "data x: Real[2] from moons(noise: 0.05)\nnet f(x: Real[2]) -> Real[2] { dense(8), relu, dense(2) }\ntrain { minimizes E[mean((f(x) - x) ^ 2)]  epochs 1 }\n";
    assert_eq!(text, want);
    place.gmc("run mine.gm --device cpu").succeeds();
}

#[test]
fn what_is_wrong_is_said_of_every_file_that_is_upgraded() {
    let place = Place::new();
    let old = FLOW.replace("TRAIN", "steps 2").replace("Normal(0, I)", "Normal(0, 2 * I)");
    let path = place.write("old.gm", &old);
    place.write("open.gm", "net f(x: Real[2] -> Real[2] { dense }\n");
    place.gmc("fmt --upgrade old.gm open.gm absent.gm").fails(&[
        "E0110",
        "cannot read absent.gm",
        "2 of 3 files cannot be understood: no file is changed",
    ]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), old);
    place.gmc("fmt --upgrade old.gm").succeeds();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), old.replace("2 * I", "2"));
}
