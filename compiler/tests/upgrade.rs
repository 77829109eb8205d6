//! `gmc fmt --upgrade`: what earlier editions of the language spelled otherwise is rewritten, accepted, and the same programs.

use crate::metamorphic::{assert_same, comparable};
use crate::spec_common::{NoFiles, clean, root, texts, unit};
use gmc_compiler::syntax;
use gmc_compiler::upgrade::upgraded;

fn new(name: &str, text: &str) -> String {
    let none = |_: &str| Err("no file".to_string());
    upgraded(name, text, &NoFiles, &none).unwrap_or_else(|d| panic!("{name}: {d:#?}")).text
}

/// Specs of the repository as the first edition spelled them, in `tests/first_edition`.
#[test]
fn specs_of_the_first_edition_become_those_of_today() {
    let old = texts("tests/first_edition");
    assert!(old.len() > 5, "{}", old.len());
    for (name, text) in old {
        assert!(unit(&name, &text).failed(), "{name} is spelled as today");
        let upgraded = new(&name, &text);
        let today = std::fs::read_to_string(root().join(format!("specs/{name}.gm"))).unwrap();
        assert_same(
            &name,
            "upgraded",
            &comparable(&clean(&name, &upgraded).1),
            &comparable(&clean(&name, &today).1),
        );
        assert_eq!(new(&name, &upgraded), upgraded, "{name}");
        // Comments stay, and so does every line.
        let comments =
            |t: &str| t.lines().filter_map(|l| l.split_once('#').map(|c| c.1.to_string())).collect();
        let (before, after): (Vec<String>, Vec<String>) = (comments(&text), comments(&upgraded));
        assert_eq!(before, after, "{name}");
        assert_eq!(text.lines().count(), upgraded.lines().count(), "{name}");
        syntax::format(&upgraded).unwrap();
    }
}

/// Each old spelling by itself: what stands in the spec, and what becomes of it.
#[test]
fn every_old_spelling_is_rewritten() {
    let spec = "\
data x: Real[2] from moons(noise: 0.05)   # a moon
net f(x: Real[2]) -> Real[2] { dense(4), relu, dense(2) }
net decode(z: Real[2]) -> (Real[2], Real[2]) { heads(2, 2) }
SITES
train { TRAIN }
";
    let with = |sites: &str, train: &str| spec.replace("SITES", sites).replace("TRAIN", train);
    let plain = "model p { x ~ Normal(free(2), 1) }";
    let payoff = "minimizes E[sum((f(x) - x)^2)]";
    let sites = [
        ("model p { x ~ Normal(free(2), 2 * I) }", "model p { x ~ Normal(free(2), 2) }"),
        (
            "model p { x ~ Normal(free(2), I * exp(free(2))) }",
            "model p { x ~ Normal(free(2), exp(free(2))) }",
        ),
        ("model p { x ~ Normal(I - free(2), I) }", "model p { x ~ Normal(1 - free(2), I) }"),
        (
            "model p { r ~ Gamma(2, 1);  x ~ Normal(0, r)[2] }",
            "model p { r ~ Gamma(2, rate: 1);  x ~ Normal(0, r)[2] }",
        ),
        (
            "model p { k ~ Categorical(free(3));  x ~ Normal(sum(k), 1)[2] }",
            "model p { k ~ Categorical(logits: free(3));  x ~ Normal(sum(k), 1)[2] }",
        ),
        (
            "model p { x ~ Mixture(Normal(free(3), exp(free(3))), free(3))[2] }",
            "model p { x ~ Mixture(Normal(free(3), exp(free(3))), logits: free(3))[2] }",
        ),
        (
            "model p { x ~ MultivariateNormal(free(2), free(2, 2)) }",
            "model p { x ~ MultivariateNormal(free(2), log_cholesky: free(2, 2)) }",
        ),
        (
            "model p { z ~ dist.Normal(0, 1)[2]  x ~ Normal(z, 1) }\nguide q(x) { (m, s) = decode(x)  z ~ Normal(m, exp(s)) }",
            "model p { z ~ Normal(0, 1)[2];  x ~ Normal(z, 1) }\nguide q(x) { (m, s) = decode(x);  z ~ Normal(m, exp(s)) }",
        ),
        (
            "model p { z <- Normal(0, 1)[2]; x ~ Normal(z, 1) }\nguide q(x) { (m, s) := decode(x); z ~ Normal(m, exp(s)) }",
            "model p { z ~ Normal(0, 1)[2]; x ~ Normal(z, 1) }\nguide q(x) { (m, s) = decode(x); z ~ Normal(m, exp(s)) }",
        ),
    ];
    let train = [
        ("minimizes E[sum((f(x) - x) ** 2)]", "minimizes E[sum((f(x) - x) ^ 2)]"),
        ("epochs: 3, loss: nll(p), using adam(lr=1e-3)", "epochs 3, minimizes nll(p), using adam(lr: 1e-3)"),
        (
            "batch_size = 32  minimize: nll(p)  optimizer: adam(lr = 1e-2)",
            "batch 32  minimizes nll(p)  using adam(lr: 1e-2)",
        ),
        ("minimizes E[(f(x) - x)^2]", "minimizes E[mean((f(x) - x)^2)]"),
        ("minimizes E[abs(f(x) - x)] + E[sum(x^2)]", "minimizes E[mean(abs(f(x) - x))] + E[sum(x^2)]"),
        ("minimizes mse(f(x), detach(x))", "minimizes mse(f(x), x)"),
        ("minimizes mse(f(x), torch.detach( x ))", "minimizes mse(f(x),  x )"),
        ("minimizes mse(f(x), f(x).detach())", "minimizes mse(f(x), f(x))"),
        ("minimizes mse(f(x), x.detach())", "minimizes mse(f(x), x)"),
        ("minimizes E[((f(x) - x)^2).sum()]", "minimizes E[sum(((f(x) - x)^2))]"),
        (
            "minimizes nll(p)  using adam(lr: .001)  steps 1_000",
            "minimizes nll(p)  using adam(lr: 0.001)  steps 1000",
        ),
        (
            "minimizes nll(p)  using adam(lr: ramp(1e-3 -> 1., over: 10epochs))  seed 0x1F",
            "minimizes nll(p)  using adam(lr: ramp(1e-3 -> 1.0, over: 10 epochs))  seed 31",
        ),
        (
            "player a owns f minimizes mse(f(x), x) using adam(lr: 1e-3) steps 2; player b owns p minimizes nll(p)",
            "player a { owns f  minimizes mse(f(x), x)  using adam(lr: 1e-3)  steps 2 }; player b { owns p  minimizes nll(p) }",
        ),
    ];
    let nets = [
        (
            "{ nn.Linear(2, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 2) }",
            "{ dense(8), relu, dropout(0.1), dense(2) }",
        ),
        ("{ dense(8) relu, dense(2) }", "{ dense(8), relu, dense(2) }"),
        ("{\n  dense(8)\n  relu  # after\n  dense(2)\n}", "{\n  dense(8),\n  relu,  # after\n  dense(2)\n}"),
        (
            "{ nn.Linear(2, 8), nn.BatchNorm1d(8), F.leaky_relu(0.1), nn.Linear(8, 2) }",
            "{ dense(8), batch_norm, leaky_relu(0.1), dense(2) }",
        ),
    ];
    let nets = nets.map(|(a, b)| {
        let layers = |l: &str| with(plain, payoff).replace("{ dense(4), relu, dense(2) }", l);
        (layers(a), layers(b))
    });
    let sites = sites.iter().map(|(a, b)| (with(a, payoff), with(b, payoff)));
    let train = train.iter().map(|(a, b)| (with(plain, a), with(plain, b)));
    for (old, want) in sites.chain(train).chain(nets) {
        assert!(unit("old", &old).failed(), "{old}");
        assert_eq!(new("old", &old), want);
        let u = unit("new", &want);
        assert!(!u.failed(), "{want}\n{:#?}", u.diags);
    }
}

/// What stands for several things, or for nothing, is left to its author.
#[test]
fn what_is_not_certain_is_not_rewritten() {
    let none = |_: &str| Err("no file".to_string());
    for (net, train) in [
        ("nn.Linear(2, out_features=8)", "epochs 3"),
        ("nn.Conv2d(1, 8, 3, 2, 1)", "epochs 3"),
        ("nn.Sequential(relu)", "epochs 3"),
        ("dense(8)", "minimizes E[p.sample(1)]"),
        ("dense(8)", "minimizes mse(f(x), detach(x, x))"),
        ("dense(8)", "minimizes E[f(x).sum(1)]"),
        ("dense(8)", "steps 3x"),
    ] {
        let text = format!(
            "data x: Real[2] from moons\nnet f(x: Real[2]) -> Real[2] {{ {net}, dense(2) }}\ntrain {{ {train} }}\n"
        );
        let said = upgraded("text", &text, &NoFiles, &none).unwrap_err();
        assert!(said.iter().all(|d| d.code.starts_with("E01") && d.fix.is_empty()), "{said:#?}");
    }
}

/// A mean that `E[..]` took by itself is told of, once it is written; what a used file holds is its own.
#[test]
fn means_are_told_of() {
    let none = |_: &str| Err("no file".to_string());
    let text = "data x: Real[2] from moons\nnet f(x: Real[2]) -> Real[2] { dense(2) }\ntrain { minimizes E[LOSS] }\n";
    for (loss, told) in [("(f(x) - x)^2", true), ("sum((f(x) - x) ** 2)", false), ("sum(f(x))", false)] {
        let made = upgraded("text", &text.replace("LOSS", loss), &NoFiles, &none).unwrap();
        assert_eq!(made.averages, told, "{loss}");
    }
}

/// What no fix makes readable is told, and nothing is replaced; what a check says of a text that is read stays for the check.
#[test]
fn a_text_is_rewritten_whole_or_not_at_all() {
    let none = |_: &str| Err("no file".to_string());
    let broken = "model p { x := Normal(0, 1 }\ntrain { epochs: 3 }\n";
    let said = upgraded("broken", broken, &NoFiles, &none).unwrap_err();
    assert!(said.iter().any(|d| d.code.starts_with("E01")), "{said:?}");
    let wrong = "use \"nets.gm\"\ndata x: Real[2] from moons\nmodel p { x ~ Normal(f(x), 2 * I) }\ntrain { epochs: 3 }\n";
    let made = upgraded("wrong", wrong, &NoFiles, &none).unwrap();
    assert_eq!((made.changes, made.text), (1, wrong.replace("epochs: 3", "epochs 3")));
    let used = |_: &str| Ok("net f(x: Real[2]) -> Real[2] { dense(2) }\nfn half(a) = a ** 2\n".to_string());
    let wrong = "use \"nets.gm\"\ndata x: Real[2] from moons\nmodel p(x) { y ~ Normal(f(x), 2 * I) }\ntrain { minimizes E[f(x) ** 2] }\n";
    let made = upgraded("uses", wrong, &NoFiles, &used).unwrap();
    let right = wrong.replace("2 * I", "2").replace("E[f(x) ** 2]", "E[mean(f(x) ^ 2)]");
    assert_eq!((made.text, made.averages), (right, true));
}
