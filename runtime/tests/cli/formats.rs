//! What is said to programs: failures and numbers as JSON, metrics by their keys.

use super::common::*;
use gmc_runtime::measure::scores::{Number, Score};
use gmc_runtime::session::snapshot::Group;
use gmc_runtime::store::RunDir;

#[test]
fn a_failure_in_every_format() {
    let place = Place::new();
    let ask = |format: &str| place.gmc(&format!("eval runs/none-1 --message-format {format}"));
    let why = "cannot open runs/none-1: No such file or directory (os error 2)";
    for format in ["human", "short"] {
        assert_eq!(ask(format).fails(&[]).err, format!("error: {why}\n"));
    }
    let object: serde_json::Value = serde_json::from_str(&ask("json").fails(&[]).err).unwrap();
    assert_eq!(object["severity"], "error");
    assert_eq!(object["message"], why);
    assert_eq!((&object["file"], &object["doing"]), (&"runs/none-1".into(), &"open".into()));
    // Help is a line of its own for people, a field for programs, and left out of the short form.
    let ask = |format: &str| place.gmc(&format!("explain frobnicate --message-format {format}"));
    let human = ask("human").fails(&["\n  = help: "]).err.clone();
    assert_eq!(ask("short").fails(&[]).err, human.lines().next().unwrap().to_string() + "\n");
    let object: serde_json::Value = serde_json::from_str(&ask("json").fails(&[]).err).unwrap();
    assert!(human.contains(object["help"].as_str().unwrap()), "{object}");
    assert!(human.starts_with(&format!("error: {}\n", object["message"].as_str().unwrap())), "{object}");
}

#[test]
fn metrics_have_keys_wherever_programs_read_them() {
    let place = Place::new();
    let run = place.train("vae", &VAE.replace("TRAIN", "steps 20"));
    let dir = RunDir::view(&run).unwrap();
    let keys =
        ["elbo", "elbo_bits_per_dim", "reconstruction", "kl", "active_units", "iwae", "iwae_bits_per_dim"];
    let scores = dir.scores().unwrap();
    assert_eq!(scores.iter().map(|s| s.key.as_str()).collect::<Vec<_>>(), keys);
    // The last line of the log has the same numbers, by the names for people and by key.
    let last = dir.records().unwrap().pop().unwrap();
    assert_eq!(last.metrics.len(), keys.len());
    for s in &scores {
        assert_eq!(last.metrics[&s.key], s.value, "{}", s.key);
        assert_eq!(last.values[&s.label()], s.value, "{}", s.key);
    }
    // Standard output has an object a line.
    let said = place.gmc("eval runs/vae-1 --device cpu --message-format json");
    let printed: Vec<Score> =
        said.succeeds().out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(printed.iter().map(|s| s.key.as_str()).collect::<Vec<_>>(), keys);
    assert_eq!((printed[0].name.as_str(), printed[0].unit.as_str()), ("negative ELBO", "nats"));
    // What an older gmc wrote has no keys and can be read.
    let old = r#"{"name":"KL","part":"test","value":1.5,"unit":"nats","trust":"exact"}"#;
    let old: Score = serde_json::from_str(old).unwrap();
    assert_eq!((old.key.as_str(), old.value), ("", Number(1.5)));
}

/// Names of nets that read like those of averages and of optimizers' slots are names all the same.
#[test]
fn nets_called_ema_and_opt() {
    let place = Place::new();
    let run = place.train(
        "names",
        "data x: Bool[64] from digits(binarize: 0.5)
net ema(x: Bool[64]) -> Real[8]  { dense(8), relu }
net opt(x: Real[8])  -> Real[64] { dense(8), repeat 1 { batch_norm }, dense(64) }
train { minimizes mse(opt(ema(x)), x)  steps 3  batch 64  ema 0.9  using adam(lr: 1e-3) }
",
    );
    let bytes = std::fs::read(run.join("weights.safetensors")).unwrap();
    let read = gmc_runtime::store::weights::decode(&bytes, &run).unwrap();
    assert!(
        read.keys().all(|name| name.starts_with("ema.") || name.starts_with("opt.")),
        "{:?}",
        read.keys()
    );
    let stored = weights(&run);
    let states: Vec<&String> = stored.keys().filter(|(g, _)| *g == Group::State).map(|(_, n)| n).collect();
    assert!(states.len() == 3 && states.iter().all(|n| n.starts_with("opt.")), "{states:?}");
    assert!(states.iter().all(|n| read.contains_key(*n)), "{states:?} among {:?}", read.keys());
    place.gmc("eval runs/names-1 --device cpu").succeeds();
}
