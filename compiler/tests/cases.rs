//! Small inputs that once passed in silence, were refused though right, or ended in a panic (`tests/cases`), and variants of each kind:
//! what the compiler says of them now. What needs a run stands in the tests of the command line.

use crate::spec_common::{self, root, uniform};
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
        ("reshape(8, 1), MultiheadAttention(num_heads: 2), dense(64)", "write `attention(heads: 4)`"),
        ("reshape(8, 1), attention(num_heads: 2), dense(64)", "write `heads:`"),
        ("reshape(8, 1), lstm(hidden_size: 8), dense(64)", "the number of units first: `gru(64)`"),
        ("Conv1d(4, 3), dense(64)", "did you mean `conv1d`?"),
    ] {
        refused("27-let-unpack", &with(layers, SITE, TRAIN), &[word]);
    }
    for (site, word) in [
        ("Gaussian(decode(z), 1)", "write `Normal(0, 1)`"),
        ("Normal(mu: decode(z), sigma: 1)", "write `loc:`"),
        ("Normal(decode(z), std: 1)", "write `scale:`"),
        ("Poisson(decode(z))", "`rate` of `Poisson` must be positive"),
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
        ("epochs 1 early_stopping 10", "write `stop(patience: 10)`"),
        ("epochs 1 patience 10", "write `stop(patience: 10)`"),
        ("epochs 1 using adam(lr: CosineAnnealingLR(1e-3))", "write `cosine(1e-3 -> 1e-5)`"),
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

/// Loops of other languages are times, or a shape.
#[test]
fn draws_of_other_languages_are_answered_with_ours() {
    let with = |model: &str| {
        format!("data x: Real[2] from moons(noise: 0.05)\nmodel p {{ {model} }}\ntrain {{ epochs 1 }}\n")
    };
    for (model, word) in [
        ("for t in 1..6 { x[t] ~ Normal(x[t - 1], 1) }", "`x[t in 1..6] ~ Normal(x[t - 1], 1)`"),
        ("with plate(2) { x ~ Normal(0, 1) }", "`z ~ Normal(0, I)[16]`"),
        ("z = sample(\"z\", Normal(0, 1));  x ~ Normal(z, 1)[2]", "write a draw with a tilde"),
        ("z = torch.randn(2);  x ~ Normal(z, 1)", "write a draw with a tilde"),
        ("x[0] ~ Normal(0, 1);  x[t in 1:2] ~ Normal(x[t - 1], 1)", "write a range with two points"),
        ("x[0] ~ Normal(0, 1);  x[t in 1..=1] ~ Normal(x[t - 1], 1)", "the end of a range is left out"),
    ] {
        refused("27-let-unpack", &with(model), &[word]);
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

/// What is said of a derivative that is 0 fits its cause, whatever lies between.
#[test]
fn derivatives_that_are_0_are_explained() {
    let case = "20-grad-of-an-expression-is-0";
    let with = |more: &str| {
        format!(
            "data x: Real[2] from moons(noise: 0.05)\nnet D(z: Real[2]) -> Real[] {{ dense(8), tanh, dense(1), scalar }}\n\
             net L(z: Real[2]) -> Real[] {{ dense(1), scalar }}\nparam w: Real[] = 1\n\
             train {{ let g = grad(D(x), x)\n  minimizes E[D(w * x)^2] + E[L(x)^2] + E[sum(g^2)] + {more}  epochs 1 }}\n"
        )
    };
    refused(
        case,
        &with("E[sum(grad(sum(grad(L(x), x)^2), x)^2)]"),
        &["it does not change with it", "what is linear has a constant derivative"],
    );
    refused(
        case,
        &with("grad(average(E[D(w * x)], 0.9), w)^2"),
        &["no derivative passes through `average`", "differentiate what stands in `average(..)`"],
    );
    refused(
        case,
        &with("E[E'[sum(grad(D(x'), x')^2)]]"),
        &["`grad` takes what is of one", "`let g = grad(..)`", "`g'`"],
    );
    clean(case, &with("E[E'[sum((g - g')^2)]]"));
    clean(case, &with("E[sum(grad(sum(grad(D(2 * x), 2 * x)^2), x)^2)]"));
    clean(case, &with("E[sum(grad(D(shuffle(x)), x)^2)]"));
    refused(case, &with("E[E'[shuffle(x')]]"), &["`shuffle` takes what is of one"]);
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
fn settings_of_all_players_stand_outside_of_a_player() {
    let case = "40-clip-on-a-player-line";
    let text = spec(case);
    refused(case, &text, &["`clip` is a setting of `train`, not of player `critic`", "`within clip(0.01)`"]);
    clean(case, &text.replace("  clip 0.01 }", " }\n  clip 0.01"));
    clean(case, &text.replace("  clip 0.01 }", " }; clip 0.01"));
    clean(case, &text.replace("  clip 0.01", "  within clip(0.01)"));
    for setting in ["batch 32", "epochs 3", "ema 0.9", "seed 4", "checkpoint 5"] {
        let (name, _) = setting.split_once(' ').unwrap();
        for at in [" ", "\n         "] {
            let text = text.replace(" clip 0.01", &format!("{at}{setting}"));
            let said =
                [format!("`{name}` is a setting of `train`"), format!("`{setting}` outside of the braces")];
            refused(case, &text, &said.each_ref().map(String::as_str));
        }
    }
    let twice = |of: &str| text.replace(" clip 0.01", &format!(" {of}"));
    refused(case, &twice("steps 7"), &["`player critic` is given `steps` twice"]);
    refused(case, &twice("using adam(lr: 1e-3)"), &["optimizers for one player"]);
    refused(case, &twice("momentum 0.9"), &["`momentum`"]);
    // The last player, too.
    let last = spec(case)
        .replace("  clip 0.01", "")
        .replace("using rmsprop(lr: 5e-4) }\n  steps 200  batch 256", "using rmsprop(lr: 5e-4)  batch 256 }");
    refused(case, &last, &["`batch` is a setting of `train`, not of player `maker`"]);
}

/// A text is accepted with warnings, each of `parts` in them.
#[track_caller]
fn warned(case: &str, text: &str, parts: &[&str]) {
    let (failed, out) = said(case, text);
    assert!(!failed, "{text}\n{out}");
    for p in parts {
        assert!(out.contains(p), "`{p}` is not said of\n{text}\n{out}");
    }
}

#[test]
fn probabilities_are_no_logits() {
    let case = "11-probability-as-logit";
    let text = spec(case);
    warned(
        case,
        &text,
        &["W0307", "a probability is used as a logit of `Bernoulli`", "`Bernoulli(probs: decode(z))`"],
    );
    clean(case, &text.replace("logits:", "probs:"));
    clean(case, &text.replace(" in unit ", " ").replace(", sigmoid", ""));
    // Of a chain the statement that is meant, and what can be written.
    let chain = "data x: Bool[8, 8] from digits(binarize: 0.5)\nnet row(z: Class(4)) -> Real[8] { embed(8) }\nnet next(z: Class(4)) -> Real[4] { embed(4) }\n\
                 model p { z[0] ~ Categorical(4);  z[t in 1..8] ~ Categorical(logits: NEXT);  x[t in 0..8] ~ Bernoulli(logits: ROW) }\ntrain { epochs 1 }\n";
    let chain = |next: &str, row: &str| chain.replace("NEXT", next).replace("ROW", row);
    clean(case, &chain("next(z[t - 1])", "row(z[t])"));
    warned(
        case,
        &chain("softmax(next(z[t - 1]))", "row(z[t])"),
        &["W0307", "`Categorical(probs: softmax(next(z[t - 1])))`"],
    );
    warned(
        case,
        &chain("next(z[t - 1])", "sigmoid(row(z[t]))"),
        &["W0307", "`Bernoulli(probs: sigmoid(row(z[t])))`"],
    );
    let classes = "data (x: Real[64] in unit, y: Class(10)) from digits\nnet f(x: Real[64] in unit) -> Real[10] { dense(10), LAST }\ntrain { minimizes cross_entropy(f(x), y)  epochs 1 }\n";
    warned(
        case,
        &classes.replace("LAST", "sigmoid"),
        &["W0307", "takes `f(x)` for a logit", "cross_entropy(f(x), y)"],
    );
    warned(case, &classes.replace(", LAST", "").replace("f(x), y", "softmax(f(x)), y"), &["W0307"]);
    clean(case, &classes.replace(", LAST", ""));
    let gan = |last: &str, real: &str| {
        format!(
            "data x: Real[64] in unit from digits\nnet G(z: Real[8]) -> Real[64] in unit {{ dense(64), sigmoid }}\n\
             net D(x: Real[64] in unit) -> Real[] {{ dense(32), relu, dense(1){last}, scalar }}\n\
             model p {{ z ~ Normal(0, I)[8];  x = G(z) }}\ntrain {{\n  player judge {{ owns D  minimizes {real} + says_fake(D(p.x)) }}\n  \
             player maker {{ owns G  minimizes says_real(D(p.x)) }}\n  epochs 1\n}}"
        )
    };
    clean(case, &gan("", "says_real(D(x))"));
    for real in ["says_real(D(x))", "E[softplus(-D(x))]", "-E[log_sigmoid(D(x))]"] {
        warned(
            case,
            &gan(", sigmoid", real),
            &["W0307", "takes `D(x)` for a logit", "such as a last `sigmoid`"],
        );
    }
    // Least squares and Wasserstein take any number.
    let (failed, out) = said(
        case,
        &gan(", sigmoid", "ls_real(D(x))").replace("says_fake", "ls_fake").replace("says_real", "ls_real"),
    );
    assert!(!failed && out.is_empty(), "{out}");
}

#[test]
fn means_are_not_added_to_sums_in_silence() {
    let case = "12-mean-plus-sum";
    let text = spec(case);
    let goal = |goal: &str| text.replace("mse(decode(q.z), x) + kl(q, p)", goal);
    warned(
        case,
        &text,
        &["W0710", "a mean over 64 elements is added to a sum", "weighed with 64", "`kl(q, p) / 64`"],
    );
    for loud in [
        "l1(decode(q.z), x) + kl(q, p)",
        "E[mean((decode(q.z) - x)^2)] + 0.5 * kl(q, p)",
        "kl(q, p) + 2 * mse(decode(q.z), x)",
        "mse(decode(q.z), x) - E[log p(q.z)]",
        "E[mean(bce(x, decode(q.z) - 0.5))] + kl(q, p)",
    ] {
        warned(case, &goal(loud), &["W0710"]);
    }
    for right in [
        "sse(decode(q.z), x) + kl(q, p)",
        "64 * mse(decode(q.z), x) + kl(q, p)",
        "mse(decode(q.z), x) + kl(q, p) / 64",
        "mse(decode(q.z), x) + 0.01 * kl(q, p)",
        "sse(decode(q.z), x) + kl(q, p) + 0.1 * l1(q.z)",
        "mse(decode(q.z), x) + l1(q.z)",
    ] {
        let (failed, out) = said(case, &goal(right));
        assert!(!failed && !out.contains("W0710"), "{right}\n{out}");
    }
}

#[test]
fn critics_see_data_and_samples_in_one_range() {
    let case = "11-probability-as-logit";
    let gan = |data: &str, last: &str| {
        format!(
            "data x: {data} from digits\nnet G(z: Real[8]) -> Real[64] {{ dense(64){last} }}\n\
             net D(x: Real[64]) -> Real[] {{ dense(32), relu, dense(1), scalar }}\n\
             model p {{ z ~ Normal(0, I)[8];  x = G(z) }}\ntrain {{\n  let fake = p.x\n  player judge {{ owns D  minimizes says_real(D(x)) + says_fake(D(fake)) }}\n  \
             player maker {{ owns G  minimizes says_real(D(fake)) }}\n  epochs 1\n}}"
        )
    };
    for (data, last) in [
        ("Real[64] in unit", ", tanh"),
        ("Real[64] in interval(-1, 1)", ", sigmoid"),
        ("Int(17)[64]", ", sigmoid"),
        ("Real[64] in unit", ""),
        ("Real[64] in unit", ", relu"),
    ] {
        let text = gan(data, last).replace(
            "from digits",
            if data.starts_with("Int") { "from digits(levels: 17)" } else { "from digits" },
        );
        warned(case, &text, &["W0308", "`D` can tell `x` and"]);
    }
    for (data, last) in
        [("Real[64] in unit", ", sigmoid"), ("Real[64] in interval(-1, 1)", ", tanh"), ("Real[64]", "")]
    {
        let (failed, out) = said(case, &gan(data, last));
        assert!(!failed && !out.contains("W0308"), "{data} {last}\n{out}");
    }
}

/// Codes that a net makes between two ends before a judge that also sees draws of all numbers.
#[test]
fn codes_and_draws_lie_in_one_range() {
    let case = "11-probability-as-logit";
    let with = |last: &str, prior: &str| {
        format!(
            "data x: Real[64] in unit from digits\nnet encode(x: Real[64] in unit) -> Real[4] {{ dense(32), relu, dense(4){last} }}\n\
             net decode(z: Real[4]) -> Real[64] in unit {{ dense(32), relu, dense(64), sigmoid }}\nnet judge(z: Real[4]) -> Real[] {{ dense(8), relu, dense(1), scalar }}\n\
             model p {{ z ~ {prior};  x ~ Normal(decode(z), 0.1) }}\nguide q(x) {{ z = encode(x) }}\ntrain {{\n  \
             player auto {{ owns encode, decode  minimizes -E[log p(x | q.z)] + says_real(judge(q.z)) }}\n  \
             player rival {{ owns judge  minimizes says_real(judge(p.z)) + says_fake(judge(q.z)) }}\n  epochs 1\n}}\n"
        )
    };
    warned(
        case,
        &with(", tanh", "Normal(0, 1)[4]"),
        &["W0308", "`judge` can tell `p.z` and `q.z` apart", "without a last `tanh`"],
    );
    clean(case, &with("", "Normal(0, 1)[4]"));
    clean(case, &with(", tanh", "Uniform(-1, 1)[4]"));
}

#[test]
fn equal_classes_are_written_by_their_number() {
    let case = "29-equal-classes";
    let text = spec(case).replace("logits: 0 * free(10)", "10").replace("owns G, p", "owns G");
    clean(case, &text);
    clean(case, &text.replace("data x", "dim k = 10\ndata x").replace("Categorical(10)", "Categorical(k)"));
    refused(case, &text.replace("Categorical(10)", "Categorical(9)"), &["let `G` take `Class(9)`"]);
    refused(case, &text.replace("Categorical(10)", "Categorical(10.5)"), &["must have an axis"]);
    refused(case, &text.replace("Categorical(10)", "Categorical(1)"), &["must have an axis"]);
    let exact = |prior: &str| {
        format!(
            "data x: Bool[64] from digits(binarize: 0.5)\nnet d(k: Class(4)) -> Real[64] {{ dense(64) }}\n\
             model p {{ k ~ {prior};  x ~ Bernoulli(logits: d(k)) }}\ntrain {{ epochs 1 }}\n"
        )
    };
    clean(case, &exact("Categorical(4)"));
    let (typed, c) = spec_common::clean("equal", &exact("Categorical(4)"));
    let mut env = spec_common::inputs(&typed, &c, &c.programs["log_prob.p"], 3);
    env.insert("p.free0".into(), gmc_compiler::ir::Tensor64 { dims: vec![4], data: vec![0.0; 4] });
    let (_, same) = spec_common::clean("equal", &exact("Categorical(logits: free(4))"));
    let [a, b] =
        [c, same].map(|c| spec_common::run(&c.programs["log_prob.p"], 3, &env)["log_prob"].data.clone());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-9), "{a:?} {b:?}");
}

#[test]
fn convex_combinations_stay_between() {
    let case = "30-convex-combination";
    let text = spec(case);
    clean(case, &text);
    clean(case, &text.replace("n.a * x + (1 - n.a) * p.x", "(1 - n.a) * x + n.a * p.x"));
    clean(case, &text.replace("n.a * x + (1 - n.a) * p.x", "0.25 * x + 0.75 * p.x"));
    for mean in [
        "ramp(0 -> 1, over: 5 steps) * x + (1 - ramp(0 -> 1, over: 5 steps)) * p.x",
        "p.x + sigmoid(free()) * (x - p.x)",
        "cosine(1 -> 0) * x + (1 - cosine(1 -> 0)) * shuffle(p.x)",
    ] {
        let (failed, out) = said(case, &text.replace("n.a * x + (1 - n.a) * p.x", mean));
        assert!(!out.contains("E0302"), "{mean}: {failed} {out}");
    }
    let apart = "ramp(0 -> 1, over: 5 steps) * x + (1 - ramp(0 -> 1, over: 6 steps)) * p.x";
    refused(case, &text.replace("n.a * x + (1 - n.a) * p.x", apart), &["E0302"]);
    refused(case, &text.replace("n.a * x + (1 - n.a) * p.x", "n.a * x + p.x"), &["E0302"]);
    refused(case, &text.replace("n.a * x + (1 - n.a) * p.x", "n.a * x + (2 - n.a) * p.x"), &["E0302"]);
}
