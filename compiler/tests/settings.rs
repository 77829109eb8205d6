//! Settings of `train` and items of `eval`: their ranges, their defaults and what they change.

use crate::spec_common::{clean, initial, inputs, run, unit};
use gmc_compiler::ir::tensor::Tensor64;
use gmc_compiler::rows::args::Duration;
use gmc_compiler::rows::measure;
use gmc_compiler::rows::measure::{Every, Infer, Iwae, Modes, Reconstructions, Samples};
use gmc_compiler::rows::setting::{self, Batch, Checkpoint, Clip, Ema, Epochs, Seed, Steps, Stop};
use gmc_compiler::types::Typed;
use std::collections::BTreeMap;

const VAE: &str = "data x: Bool[64] from digits(binarize: 0.5)
net d(z: Real[2]) -> Real[64] { dense(64) }
net e(x: Bool[64]) -> Real[2] { dense(2) }
model p { z ~ Normal(0, I)[2];  x ~ Bernoulli(logits: d(z)) }
guide q(x) { z ~ Normal(e(x), 1) }
";

fn vae(train: &str, eval: &str) -> Typed {
    clean("settings", &format!("{VAE}train {{ {train} }}\neval {{ {eval} }}\n")).0
}

/// Values at the ends of each range, with whether they are taken.
#[test]
fn ranges_of_settings() {
    let table: &[(&str, &[&str], &[&str])] = &[
        ("epochs", &["0.5", "1", "1e9"], &["0", "-1", "1.1e9", "many"]),
        ("steps", &["1", "1e4", "1e12"], &["0", "2.5", "1e13", "10 epochs"]),
        ("batch", &["1", "1000000"], &["0", "1000001", "0.5"]),
        ("seed", &["0", "1e15"], &["-1", "1.5", "2e15"]),
        ("ema", &["0", "0.999"], &["1", "-0.1", "2"]),
        ("clip", &["1e-9", "1e30"], &["0", "-1"]),
        ("checkpoint", &["1", "1e6"], &["0", "0.5"]),
        ("stop", &["1", "1e6"], &["0", "0.5"]),
    ];
    assert_eq!(
        table.iter().map(|t| t.0).collect::<Vec<_>>(),
        setting::ROWS.iter().map(|r| r.name()).collect::<Vec<_>>()
    );
    for (name, good, bad) in table {
        let codes = |value: &str| -> Vec<&str> {
            unit("range", &format!("{VAE}train {{ {name} {value} }}\n"))
                .diags
                .iter()
                .map(|d| d.code)
                .collect()
        };
        for value in *good {
            assert_eq!(codes(value), [""; 0], "{name} {value}");
        }
        for value in *bad {
            assert_eq!(codes(value), ["E0205"], "{name} {value}");
        }
    }
}

#[test]
fn what_is_not_written_has_its_default() {
    let s = vae("", "samples").train.settings;
    assert_eq!((Epochs::of(&s), Steps::of(&s), Batch::of(&s), Seed::of(&s)), (10.0, None, 128, 1));
    assert_eq!((Ema::of(&s), Clip::of(&s), Checkpoint::of(&s)), (None, None, None));
    assert_eq!(setting::length(&s), Duration::Epochs(10.0));
    let asked = vae("", "samples").eval;
    assert_eq!(
        (Samples::shown(&asked), Reconstructions::shown(&asked), Modes::samples(&asked)),
        (64, 32, 2500)
    );
    assert_eq!((Iwae::samples(&asked), Every::of(&asked), Infer::of(&asked)), (None, None, (200, 0.1)));
}

#[test]
fn what_is_written_is_read() {
    let t = vae(
        "steps 7  batch 9  seed 3  ema 0.5  clip 2  checkpoint 4  stop(patience: 5)",
        "iwae 5  samples(6)  reconstructions 7  every 2 epochs",
    );
    let s = &t.train.settings;
    assert_eq!((Steps::of(s), Batch::of(s), Seed::of(s)), (Some(7), 9, 3));
    assert_eq!((Ema::of(s), Clip::of(s), Checkpoint::of(s)), (Some(0.5), Some(2.0), Some(4)));
    assert_eq!((setting::length(s), Stop::of(s)), (Duration::Rounds(7.0), Some(5)));
    assert_eq!(
        (Iwae::samples(&t.eval), Samples::shown(&t.eval), Reconstructions::shown(&t.eval)),
        (Some(5), 6, 7)
    );
    assert_eq!(Every::of(&t.eval), Some(Duration::Epochs(2.0)));
    assert_eq!(Duration::Epochs(2.0).rounds(15), 30.0);
}

/// An item of `eval` can be written as its documentation shows it, twice is too often, and what it is not is told.
#[test]
fn items_of_eval() {
    let codes = |eval: &str| -> Vec<&str> {
        let text = format!(
            "{VAE}net judge(x: Bool[64]) -> Real[10] {{ dense(10) }}\ntrain {{ minimizes nll(r) + 0 * E[sum(judge(x))] }}\nmodel r {{ x ~ Bernoulli(logits: free(64)) }}\neval {{ {eval} }}\n"
        );
        let text = text
            .replace("train { minimizes nll(r) + 0 * E[sum(judge(x))] }\n", "train { minimizes nll(r) }\n");
        unit("eval", &text).diags.iter().filter(|d| d.code.starts_with('E')).map(|d| d.code).collect()
    };
    for row in measure::ROWS {
        let example = row.example().replace("..", "3");
        let once = codes(&example);
        assert!(!once.contains(&"E0200") && !once.contains(&"E0207"), "{example}: {once:?}");
        let twice = codes(&format!("{example}  {example}"));
        // Several numbers may be asked for.
        let several = matches!(row.needs(), measure::Needs::Number);
        assert!(twice.contains(&"E0205") != several, "{example}: {twice:?}");
    }
    assert_eq!(codes("infer 5"), ["E0200"]);
    assert_eq!(codes("agreement(3)"), ["E0205"]);
    assert_eq!(codes("agreement()"), ["E0207"]);
}

/// The tensors of one step of gradient descent with rate 1, from the initial values, and what they were.
fn step(train: &str) -> (BTreeMap<String, Tensor64>, BTreeMap<String, Tensor64>) {
    let (typed, c) = clean("step", &format!("{VAE}train {{ {train}  using sgd(lr: 1) }}\n"));
    let g = &c.programs["step.all"];
    let mut given = inputs(&typed, &c, g, 3);
    given.extend(initial(&c));
    (run(g, 3, &given), given)
}

#[test]
fn clip_scales_all_gradients_of_a_player_together() {
    let (free, before) = step("");
    let moved = |after: &BTreeMap<String, Tensor64>| -> Vec<f64> {
        let mut all = Vec::new();
        for (name, t) in after.iter().filter_map(|(n, t)| Some((n.strip_prefix("param:")?, t))) {
            all.extend(t.data.iter().zip(&before[name].data).map(|(a, b)| a - b));
        }
        all
    };
    let whole = moved(&free);
    let norm = whole.iter().map(|x| x * x).sum::<f64>().sqrt();
    for most in [norm / 3.0, norm * 3.0] {
        let (clipped, _) = step(&format!("clip {most}"));
        assert!((clipped["term:gradient norm"].data[0] - norm).abs() < 1e-9 * norm);
        let factor = (most / norm).min(1.0);
        for (a, b) in moved(&clipped).iter().zip(&whole) {
            assert!((a - b * factor).abs() < 1e-9, "{a} {b} {factor}");
        }
    }
}

#[test]
fn ema_averages_what_an_update_made() {
    let (after, before) = step("ema 0.75");
    // With shares (1 - d) d^(t - i) / (1 - d^t), the newest of t weights has this one.
    let t = before["@update"].data[0];
    let share = 0.25 / (1.0 - 0.75f64.powf(t));
    let mut seen = 0;
    for (name, average) in after.iter().filter_map(|(n, t)| Some((n.strip_prefix("state:@ema.")?, t))) {
        let (new, old) = (&after[&format!("param:{name}")], &before[&format!("@ema.{name}")]);
        for ((a, n), o) in average.data.iter().zip(&new.data).zip(&old.data) {
            assert!((a - (o + share * (n - o))).abs() < 1e-12, "{name}");
        }
        seen += 1;
    }
    assert_eq!(seen, 4);
}

/// A dimension may have the name of a word that is the default of some argument.
#[test]
fn defaults_are_not_read_as_dimensions() {
    let text = "dim none = 2\ndim affine = 3\ndim false = 4\n\
                data x: Real[2] from moons\n\
                flow f: Real[2] <-> Real[2] { repeat 2 as i { couple(parity(i)) { dense(none + affine + false), relu } } }\n\
                model p { z ~ Normal(0, I)[2];  x = f(z) }\n";
    clean("named_as_defaults", text);
}
