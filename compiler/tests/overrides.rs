//! `--set path=value`: a table of paths, what each changes, and what happens to paths that name nothing.

use crate::spec_common::{NoFiles, snapshot, specs};
use gmc_compiler::diag::render::{Format, Sources, render};
use gmc_compiler::driver::compile;
use gmc_compiler::explain::typed::show;
use gmc_compiler::rows::setting::{Batch, Clip, Ema};
use gmc_compiler::span::FileId;
use gmc_compiler::syntax::{ast_text, parse};
use gmc_compiler::types::{TKind, failed, overrides};

const SPEC: &str = "\
dim h = 16
dim open
param s: Real[] in positive = 0.1
data x: Real[2] from moons(noise: 0.05)
net decode(z: Real[2]) -> Real[2] { dense(h), relu, residual { dense(h, bias: false) }, heads(2, 2) }
flow f: Real[2] <-> Real[2] { repeat 8 as i { couple(parity(i), affine) { dense(64), relu } }, leaky_relu(0.2) }
model p { z ~ Normal(0, scale: 1)[2];  x ~ Normal(f(z), s) }
train { epochs 20 }
eval { samples 64 }
";

const GAME: &str = "\
train {
  player a { owns D  within clip(0.1)  minimizes E[D(x)]  using adam(lr: 1e-4, betas: (0.5, 0.9))  steps 5 }
  player b { owns G  minimizes E[D(p.x)] }
  using sgd(0.1)
}
";

const BLOCKS: &str = "eval { infer(9, lr: 0.2) }\n";
const BARE: &str = "guide q[x] { z ~ Normal(free(2), 1) }\neval { samples 3 }\n";

/// The spec after one change, in canonical text.
fn changed(spec: &str, path: &str, value: &str) -> String {
    let (mut ast, diags) = parse(FileId::SPEC, spec);
    assert!(diags.is_empty());
    overrides::apply(&mut ast, path, value).unwrap_or_else(|d| panic!("{path}={value}: {d:?}"));
    ast_text(&ast)
}

#[test]
fn paths_change_what_they_name() {
    let table = [
        (SPEC, "train.epochs", "3", "epochs 3"),
        (SPEC, "train.batch", "64", "batch 64"),
        (SPEC, "train.seed", "7", "seed 7"),
        (SPEC, "train.lr", "0.1", "using adam(lr: 0.1)"),
        (SPEC, "train.lr", "cosine(1e-3 -> 1e-5)", "using adam(lr: cosine(1e-3 -> 1e-5))"),
        (SPEC, "train.optimizer", "sgd(lr: 0.1)", "using sgd(lr: 0.1)"),
        (SPEC, "train.optimizer", "adam", "using adam"),
        (SPEC, "train.steps", "9", "train { steps 9 }"),
        (SPEC, "train.weight_decay", "0.1", "using adam(weight_decay: 0.1)"),
        (SPEC, "eval.iwae.k", "9", "iwae(k: 9)"),
        (SPEC, "eval.every", "2 epochs", "every 2 epochs"),
        (GAME, "train.optimizer.lr", "0.3", "using sgd(0.3)"),
        (GAME, "train.lr", "0.3", "using sgd(0.3)"),
        (GAME, "train.a.lr", "0.3", "adam(lr: 0.3, betas: (0.5, 0.9))"),
        (GAME, "train.a.eps", "1e-6", "adam(lr: 1e-4, betas: (0.5, 0.9), eps: 1e-6)"),
        (GAME, "train.a.steps", "2", "steps 2"),
        (GAME, "train.b.steps", "2", "steps 2"),
        (GAME, "train.a.clip", "0.5", "within clip(0.5)"),
        (GAME, "train.a.optimizer", "sgd(lr: 1)", "using sgd(lr: 1) steps 5"),
        (SPEC, "eval.samples", "9", "samples 9"),
        (SPEC, "eval.iwae", "5000", "iwae(k: 5000)"),
        (SPEC, "x.noise", "0.2", "moons(noise: 0.2)"),
        (SPEC, "data.x.noise", "0.2", "moons(noise: 0.2)"),
        (SPEC, "x.standardize", "true", "moons(noise: 0.05, standardize: true)"),
        (SPEC, "h", "32", "dim h = 32"),
        (SPEC, "dim.h", "32", "dim h = 32"),
        (SPEC, "open", "4", "dim open = 4"),
        (SPEC, "s", "0.5", "= 0.5"),
        (SPEC, "decode.0", "99", "{ dense(99), relu"),
        (SPEC, "decode.0.units", "99", "{ dense(99), relu"),
        (SPEC, "decode.0.bias", "false", "dense(h, bias: false), relu"),
        (SPEC, "decode.2.0", "99", "residual { dense(99, bias: false) }"),
        (SPEC, "decode.2.0.bias", "true", "residual { dense(h, bias: true) }"),
        (SPEC, "decode.3", "(4, 4)", "heads((4, 4))"),
        (SPEC, "f.0", "2", "repeat 2 as i"),
        (SPEC, "decode.3", "5", "heads(5, 2)"),
        (SPEC, "f.0.0", "halves(i)", "couple(halves(i), affine)"),
        (SPEC, "f.0.0.kind", "additive", "couple(parity(i), additive)"),
        (SPEC, "f.0.0.0", "7", "{ dense(7), relu }"),
        (SPEC, "f.1", "0.3", "leaky_relu(0.3)"),
        (SPEC, "p.z.scale", "2", "Normal(0, scale: 2)[2]"),
        (SPEC, "p.z.loc", "2", "Normal(2, scale: 1)[2]"),
        (SPEC, "p.x.scale", "0.3", "Normal(f(z), 0.3)"),
        (SPEC, "p.z.shape", "3", "Normal(0, scale: 1)[3]"),
        (BLOCKS, "eval.infer.steps", "7", "infer(7, lr: 0.2)"),
        (BLOCKS, "eval.infer.lr", "0.5", "infer(9, lr: 0.5)"),
        (BARE, "eval.infer.lr", "0.5", "infer(lr: 0.5)"),
        ("data x: Real[2] from moons\n", "train.epochs", "3", "train { epochs 3 }"),
        ("data x: Real[2] from moons\n", "train.lr", "3", "train { using adam(lr: 3) }"),
    ];
    for (spec, path, value, want) in table {
        let got: String = changed(spec, path, value).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(got.contains(want), "{path}={value} should give `{want}`:\n{got}");
    }
}

/// Every path that is offered can be set, and one change leaves the rest alone.
#[test]
fn every_listed_path_works() {
    for (name, text) in
        specs().into_iter().chain([("spec".into(), SPEC.into()), ("game".into(), GAME.into())])
    {
        let (ast, _) = parse(FileId::SPEC, &text);
        let paths = overrides::paths(&ast);
        assert!(paths.len() > 5, "{name}: {paths:?}");
        for path in &paths {
            let value = if path.ends_with(".optimizer") { "sgd(lr: 12345)" } else { "12345" };
            let got = changed(&text, path, value);
            assert!(got.contains("12345"), "{name} {path}:\n{got}");
        }
    }
}

#[test]
fn unknown_paths_and_bad_values_are_explained() {
    let cases = [
        ("train.epoch", "3"),
        ("trian.epochs", "3"),
        ("decode.9", "3"),
        ("decode.0.unit", "3"),
        ("p.q.scale", "1"),
        ("nothing", "1"),
        ("", "1"),
        ("train.epochs", ""),
        ("train.epochs", "1 2"),
        ("train.optimizer", "3"),
        ("f.0.0.5.k", "3"),
        ("decode.1", "3"),
    ];
    let mut out = String::new();
    for (path, value) in cases {
        let (mut ast, _) = parse(FileId::SPEC, SPEC);
        let d = overrides::apply(&mut ast, path, value).expect_err(path);
        assert_eq!(d.code, "E0217");
        let mut sources = Sources::new();
        sources.insert(FileId::SPEC, "spec.gm", SPEC);
        out.push_str(&format!("--set {path}={value}\n{}\n", render(&[d], &sources, Format::Human, false)));
    }
    snapshot("e0217_set", out);
}

/// A change is checked like the text that it replaces, and may be a schedule.
#[test]
fn changes_are_checked_and_compile() {
    for (name, text) in specs().into_iter().filter(|(n, _)| ["vae", "realnvp"].contains(&n.as_str())) {
        let with = |sets: &[(&str, &str)]| {
            compile(&name, &text, &NoFiles, &|_| Err(String::new()), |ast| {
                sets.iter().filter_map(|(p, v)| overrides::apply(ast, p, v).err()).collect()
            })
        };
        let good = with(&[
            ("train.lr", "cosine(1e-2 -> 1e-4)"),
            ("train.batch", "32"),
            ("train.clip", "1"),
            ("train.ema", "0.9"),
        ]);
        assert!(!good.failed(), "{name}: {:?}", good.diags);
        let t = good.typed.unwrap().train;
        let s = &t.settings;
        assert_eq!((Batch::of(s), Clip::of(s), Ema::of(s)), (32, Some(1.0), Some(0.9)));
        assert_eq!(t.players[0].schedules.len(), 1);
        let bad = with(&[("train.batch", "0")]);
        assert!(failed(&bad.diags) && bad.diags[0].code == "E0205", "{:?}", bad.diags);
    }
}

/// Numbers with names, whole or not, are arguments and values, and are set by their names.
#[test]
fn numbers_with_names_stand_for_numbers() {
    let text = "dim n = 2
dim rate = n * 1e-3
data x: Real[n] from moons
net f(z: Real[n]) -> Real[n] { dense(8), relu, dense }
model p { let sigma = 0.5;  z ~ Normal(0, I)[n];  x ~ Normal(f(z), sigma * rate) }
guide q(x) { z ~ Normal(x, 0.5) }
train { let b = 0.25, many = 7  maximizes elbo(p, q, beta: b)  epochs many  batch many + 1  using adam(lr: rate) }";
    let with = |sets: &[(&str, &str)]| {
        compile("t", text, &NoFiles, &|_| Err(String::new()), |ast| {
            sets.iter().filter_map(|(p, v)| overrides::apply(ast, p, v).err()).collect()
        })
    };
    let of = |sets: &[(&str, &str)]| {
        let u = with(sets);
        assert!(!u.failed(), "{:?}", u.diags);
        let t = u.typed.unwrap();
        let TKind::Const(b) = t.train.lets[0].1.kind else { panic!("`b` is no number") };
        (Batch::of(&t.train.settings), t.train.players[0].args.num("lr"), b, show(&t))
    };
    let (batch, rate, b, shown) = of(&[]);
    assert_eq!((batch, rate, b), (8, 0.002, 0.25));
    assert!(shown.contains("= 0.5\n") && shown.contains("sigma * 0.002"), "{shown}");
    let (batch, rate, b, shown) =
        of(&[("rate", "0.125"), ("p.sigma", "0.75"), ("train.b", "4"), ("train.many", "3")]);
    assert_eq!((batch, rate, b), (4, 0.125, 4.0));
    assert!(shown.contains("= 0.75\n") && shown.contains("sigma * 0.125"), "{shown}");
    // A size is whole still.
    let u = with(&[("n", "2.5")]);
    assert!(u.diags.iter().any(|d| d.code == "E0206"), "{:?}", u.diags);
}

/// Arguments and numbers inside objectives, of one player or several, of `let`s and of what a model computes.
#[test]
fn literals_inside_of_expressions_are_set() {
    let text = "net D(x: Real[2]) -> Real[] { dense(1), scalar }
model p { z ~ Normal(0, I)[2];  x = 2 * z }
guide q(x) { z ~ Normal(x, 0.5) }
train {
  let far = 3 * D(p.x)
  player one { owns D  maximizes elbo(p, q, beta: 0.5) - 0.25 * kl(q, p) + far }
  player two { owns E  minimizes gradient_penalty(D, x, p.x, weight: 10) }
}";
    for (path, value, was) in [
        ("train.one.objective.beta", "0.125", "beta: 0.5"),
        ("train.one.objective.elbo.beta", "0.125", "beta: 0.5"),
        ("train.one.objective.0", "0.125", "0.25 * kl"),
        ("train.far.0", "0.125", "3 * D"),
        ("p.x.0", "0.125", "2 * z"),
    ] {
        let got = changed(text, path, value);
        assert!(got.contains("0.125") && !got.contains(was), "{path}:\n{got}");
    }
    // What an objective takes can be added.
    assert!(changed(text, "train.one.objective.free", "0.75").contains("free: 0.75"));
    let single = "model p { z ~ Normal(0, I)[2] }\ntrain { maximizes elbo(p, q)  epochs 1 }";
    assert!(changed(single, "train.objective.beta", "ramp(0 -> 1)").contains("beta: ramp(0 -> 1)"));
}
