//! Small inputs that once passed in silence, were refused though right, or ended in a panic (`tests/cases`), and variants of each kind:
//! what the compiler says of them now. What needs a run stands in the tests of the command line.

use crate::spec_common::{root, uniform};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::check;
use gmc_compiler::rows::data::{Host, HostError, NOT_FOUND};
use std::path::PathBuf;

/// The files of one folder.
struct Folder(PathBuf);

impl Host for Folder {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        std::fs::read(self.0.join(name))
            .map_err(|_| HostError { what: NOT_FOUND.into(), tried: vec![name.into()] })
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        uniform(stream, n)
    }
}

/// What is said of a text in the folder of a case; whether it failed.
fn said(case: &str, text: &str) -> (bool, String) {
    let u =
        check("spec.gm", text, &Folder(root().join("tests/cases").join(case)), &|p| Err(p.into()), |_| {
            Vec::new()
        });
    (u.failed(), render(&u.diags, &u.sources, Format::Human, false))
}

fn spec(case: &str) -> String {
    std::fs::read_to_string(root().join("tests/cases").join(case).join("spec.gm")).unwrap()
}

/// The text is refused, and each of `parts` is said.
#[track_caller]
fn refused(case: &str, text: &str, parts: &[&str]) {
    let (failed, out) = said(case, text);
    assert!(failed, "accepted:\n{text}\n{out}");
    for p in parts {
        assert!(out.contains(p), "`{p}` is not said of\n{text}\n{out}");
    }
}

/// The text is accepted without a word.
#[track_caller]
fn clean(case: &str, text: &str) {
    let (failed, out) = said(case, text);
    assert!(!failed && out.is_empty(), "{text}\n{out}");
}

#[test]
fn parts_of_data_have_names_that_are_known() {
    let case = "41-unknown-part-names";
    let text = spec(case);
    refused(case, &text, &["`split` has no part `banana`", "the parts are `train`, `valid`, `test`"]);
    let known = text.replace(", banana 0.05", "");
    clean(case, &known);
    clean(case, &known.replace("split(", "split in order ("));
    refused(case, &known.replace("valid", "validation"), &["did you mean `valid`?"]);
    refused(case, &known.replace("valid", "tets"), &["did you mean `test`?"]);
    refused(case, &known.replace("valid", "test"), &["given `test` twice"]);
}

#[test]
fn several_outputs_are_unpacked_wherever_a_name_is_bound() {
    let case = "27-let-unpack";
    let text = spec(case);
    clean(case, &text);
    refused(case, &text.replace("(m, s)", "(m, s, t)"), &["the names do not match the outputs", "3 names"]);
    refused(case, &text.replace("encode(x)\n", "x\n"), &["the names do not match the outputs"]);
    refused(case, &text.replace("decode(m + s)", "decode(m + r)"), &["unknown name `r`"]);
}

#[test]
fn a_misspelt_net_is_named_before_its_outputs_are_counted() {
    let case = "42-misspelt-net";
    let text = spec(case);
    refused(case, &text, &["`encoder`", "did you mean `encode`?"]);
    refused(case, &text.replace("encoder(x)", "enocde(x)"), &["`enocde`", "did you mean `encode`?"]);
    refused(
        case,
        &text.replace("(m, s) = encoder", "m = encodr").replace("exp(s)", "1"),
        &["did you mean `encode`?"],
    );
    clean(case, &text.replace("encoder", "encode"));
}

/// A small spec with these layers in the decoder, this site `x` and this `train`.
fn with(layers: &str, x: &str, train: &str) -> String {
    format!(
        "data x: Bool[64] from digits(binarize: 0.5)\n\
         net decode(z: Real[8]) -> Real[64]             {{ {layers} }}\n\
         net encode(x: Bool[64]) -> (Real[8], Real[8])  {{ dense(128), relu, heads(8, 8) }}\n\
         model p    {{ z ~ Normal(0, I)[8];  x ~ {x} }}\n\
         guide q(x) {{ (m, s) = encode(x);   z ~ Normal(m, exp(s)) }}\n\
         train {{ {train} }}\n"
    )
}

const LAYERS: &str = "dense(128), relu, dense(64)";
const SITE: &str = "Bernoulli(logits: decode(z))";
const TRAIN: &str = "epochs 1 batch 64 using adam(lr: 2e-3)";

#[test]
fn words_of_other_tools_are_answered_with_ours() {
    for (layers, word) in [
        ("Linear(128), relu, dense(64)", "write `dense(256)`"),
        ("nn.Linear(8, 128), relu, dense(64)", "write `dense(256)`"),
        ("nn.ReLU(), dense(64)", "write `relu`"),
        ("Conv2d(64, 3), dense(64)", "write `conv(64, k: 3)`"),
        ("BatchNorm1d(128), dense(64)", "write `batch_norm`"),
        ("dense(64), LeakyReLU(0.2), dense(64)", "write `leaky_relu(0.2)`"),
        ("MaxPool2d(2), dense(64)", "write `max_pool(2)`"),
        ("Sequential(dense(64))", "one after the other in braces"),
        ("reshape(1, 8, 1), conv(64, kernel_size: 3)", "write `k:`"),
        ("reshape(1, 8, 1), conv(64, k: 3, padding: 1)", "write `pad:`"),
        ("dense(128, activation: relu), dense(64)", "a layer of its own: `dense(256), relu`"),
        ("Dropout(0.5), dense(64)", "did you mean `dropout`?"),
    ] {
        refused("27-let-unpack", &with(layers, SITE, TRAIN), &[word]);
    }
    for (site, word) in [
        ("Gaussian(decode(z), 1)", "write `Normal(0, 1)`"),
        ("Normal(mu: decode(z), sigma: 1)", "write `loc:`"),
        ("Normal(decode(z), std: 1)", "write `scale:`"),
        ("Poisson(decode(z))", "there is no `Poisson`"),
        ("dist.Bernoulli(logits: decode(z))", "write `Bernoulli(logits: decode(z))`"),
        ("normal(decode(z), 1)", "did you mean `Normal`?"),
    ] {
        refused("27-let-unpack", &with(LAYERS, site, TRAIN), &[word]);
    }
    for (train, word) in [
        ("epochs 1 batch_size 64", "write `batch 64`"),
        ("num_epochs 1", "write `epochs 20`"),
        ("epochs 1 lr 1e-3", "at the optimizer: `using adam(lr: 1e-3)`"),
        ("epochs 1 optimizer adam", "write `using adam(lr: 1e-3)`"),
        ("epochs 1 device \"cuda\"", "--device gpu"),
        ("epochs 1 grad_clip 1.0", "write `clip 1.0`"),
        ("epochs 1 using adam(learning_rate: 1e-3)", "write `lr:`"),
        ("epochs 1 using Adam(lr: 1e-3)", "did you mean `adam`?"),
        ("minimizes F.mse_loss(decode(q.z), x) epochs 1", "write `mse(a, b)`"),
        ("minimizes BCEWithLogitsLoss(decode(q.z), x) epochs 1", "`x ~ Bernoulli(logits: ..)`"),
        ("minimizes kl_divergence(q, p) epochs 1", "write `kl(q, p)`"),
        ("minimizes sse(decode(q.z).detach(), x) epochs 1", "which gradients stop is derived from `owns`"),
        ("minimizes sse(q.z.detach(), x) epochs 1", "which gradients stop is derived from `owns`"),
        ("minimizes decode(q.z).sum() epochs 1", "write it in front: `sum(..)`"),
    ] {
        refused("27-let-unpack", &with(LAYERS, SITE, train), &[word]);
    }
}

#[test]
fn further_inputs_and_conditions_of_critics() {
    clean("22-panic-scalar-further-input", &spec("22-panic-scalar-further-input"));
    clean("23-panic-penalty-of-conditional-critic", &spec("23-panic-penalty-of-conditional-critic"));
}

#[test]
fn a_derivative_in_an_expression_is_that_of_its_value() {
    let case = "20-grad-of-an-expression-is-0";
    clean(case, &spec(case));
    refused(
        case,
        &spec(case).replace("D(2 * x), 2 * x)", "D(2 * x), x * 2)"),
        &["is 0: it does not read it"],
    );
}

#[test]
fn densities_are_products_of_factors() {
    let case = "21-log-p-of-a-latent-is-its-prior";
    let text = spec(case);
    refused(case, &text, &["given `z` is not a factor of `p`", "`p(w)`, `p(z | w)` and `p(x | z)`"]);
    clean(case, &text.replace(" + 0.001 * E[log p(q.w | q.z)]", ""));
    clean("28-log-p-needs-no-r", &spec("28-log-p-needs-no-r"));
    clean("26-kl-needs-no-x", &spec("26-kl-needs-no-x"));
    clean("25-flow-without-data", &spec("25-flow-without-data"));
}

#[test]
fn two_items_of_one_file_are_no_pairs() {
    let case = "02-two-data-items-paired";
    let text = spec(case);
    refused(case, &text, &["`x` and `u` are two data items", "`data (x: Real[1], u: Real[1]) from csv(..)`"]);
    clean(
        case,
        "data (x: Real[1], u: Real[]) from csv(\"xu.csv\", columns: [\"x\"], label: \"u\")\n\
         model p(u) { x ~ Normal(u * free(1), exp(free(1))) }\ntrain { epochs 1 }\n",
    );
    // Each by itself is right.
    let apart = "model p { x ~ Normal(free(1), exp(free(1))) }\nmodel r { u ~ Normal(free(1), exp(free(1))) }\ntrain { minimizes nll(p) + nll(r)  epochs 1 }";
    let (data, _) = text.split_once("net h").unwrap();
    clean(case, &format!("{data}{apart}"));
}

#[test]
fn settings_of_all_players_stand_on_lines_of_their_own() {
    let case = "40-clip-on-a-player-line";
    let text = spec(case);
    refused(
        case,
        &text,
        &["`clip` is a setting of `train`, not of player `critic`", "`owns D within clip(0.01)`"],
    );
    clean(case, &text.replace(" clip 0.01", "\n  clip 0.01"));
    clean(case, &text.replace(" clip 0.01", "; clip 0.01"));
    clean(
        case,
        &text.replace("owns D maximizes", "owns D within clip(0.01) maximizes").replace(" clip 0.01", ""),
    );
    for setting in ["batch 32", "epochs 3", "ema 0.9", "seed 4", "checkpoint 5"] {
        let (name, _) = setting.split_once(' ').unwrap();
        for at in [" ", "\n         "] {
            let text = text.replace(" clip 0.01", &format!("{at}{setting}"));
            let said =
                [format!("`{name}` is a setting of `train`"), format!("`{setting}` on a line of its own")];
            refused(case, &text, &said.each_ref().map(String::as_str));
        }
    }
    let twice = |of: &str| text.replace(" clip 0.01", &format!(" {of}"));
    refused(case, &twice("steps 7"), &["`player critic` is given `steps` twice"]);
    refused(case, &twice("using adam(lr: 1e-3)"), &["optimizers for one player"]);
    refused(case, &twice("momentum 0.9"), &["`momentum`"]);
    // The last player's line, too.
    let last = spec(case)
        .replace(" clip 0.01", "")
        .replace("using rmsprop(lr: 5e-4)\n  steps 200  batch 256", "using rmsprop(lr: 5e-4) batch 256");
    refused(case, &last, &["`batch` is a setting of `train`, not of player `maker`"]);
}
