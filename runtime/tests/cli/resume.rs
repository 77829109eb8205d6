//! Runs that are stopped, killed, damaged, changed, and begun twice.

#![cfg(unix)]

use super::common::*;
use gmc_runtime::store::RunDir;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Rounds of the runs that are stopped: enough to be stopped in their middle.
const ROUNDS: u64 = 4800;

fn newest(run: &Path) -> Option<u64> {
    RunDir::view(run).ok()?.checkpoints().first().copied()
}

fn logged(run: &Path) -> u64 {
    RunDir::view(run).ok().and_then(|d| d.records().ok()).and_then(|r| r.last().map(|r| r.step)).unwrap_or(0)
}

fn interrupt(child: &std::process::Child) {
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
}

/// A few milliseconds that differ from call to call.
fn moment(i: u64) -> Duration {
    Duration::from_micros((i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 9000)
}

#[test]
fn a_run_that_was_interrupted_goes_on_as_if_it_had_not_been() {
    for (name, spec) in [("vae", VAE), ("gan", GAN)] {
        let place = Place::new();
        let text = spec.replace("TRAIN", &format!("steps {ROUNDS}"));
        let whole = place.train(name, &text);
        let run = place.path(&format!("runs/{name}-2"));
        for i in 0..3 {
            let line = if i == 0 {
                format!("run {name}.gm --device cpu")
            } else {
                format!("resume runs/{name}-2 --device cpu")
            };
            let child = place.command(&line).spawn().unwrap();
            let until = ROUNDS * (i + 1) / 5;
            wait("rounds", || logged(&run) >= until);
            std::thread::sleep(moment(i));
            interrupt(&child);
            let o = child.wait_with_output().unwrap();
            let err = String::from_utf8(o.stderr).unwrap();
            assert_eq!(o.status.code(), Some(130), "{err}");
            let at = newest(&run).unwrap();
            assert!(
                err.contains(&format!("stopped after round {at}; go on with: gmc resume runs/{name}-2")),
                "{err}"
            );
            assert!(o.stdout.is_empty() && !run.join("report.html").exists());
        }
        // What has been trained so far can be asked.
        place.gmc(&format!("sample runs/{name}-2 -n 4 --device cpu --out s.csv")).succeeds();
        let said = place.gmc(&format!("resume runs/{name}-2 --device cpu"));
        assert!(said.succeeds().err.contains("going on after round"), "{}", said.err);
        assert_same(&whole, &run);
    }
}

#[test]
fn a_run_that_is_killed_at_any_moment_can_be_resumed_and_ends_the_same() {
    let place = Place::new();
    // Slow weights and moments are kept, and it is known after how many updates the slow weights move.
    let text = VAE.replace("TRAIN", "steps 400  checkpoint 5").replace("adam(", "lookahead(k: 7, ");
    let whole = place.train("vae", &text);
    let run = place.path("runs/vae-2");
    let mut child = place.start("run vae.gm --device cpu");
    wait("the folder", || run.join("spec.gm").exists());
    // `GMC_KILLS=220 cargo test --release --workspace --features gpu killed_at_any_moment` takes its time.
    let kills: u64 = std::env::var("GMC_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    for i in 0..kills {
        // The first kill comes before there is a checkpoint, or soon after; the last while the final files are written.
        wait("rounds", || i == 0 || newest(&run).unwrap_or(0) >= (400 * i / (kills - 1).max(1)));
        std::thread::sleep(moment(i));
        child.kill().unwrap();
        child.wait().unwrap();
        // Whatever is there can be read.
        let (found, broken) = RunDir::view(&run).unwrap().latest();
        assert_eq!(broken, []);
        assert!(found.is_some() || i == 0);
        child = place.start("resume runs/vae-2 --device cpu");
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(place.files("runs/vae-2").iter().filter(|f| f.contains(".tmp")).count(), 0);
    assert_same(&whole, &run);
}

#[test]
fn a_kill_before_the_first_checkpoint_loses_nothing() {
    let place = Place::new();
    let whole = place.train("flow", &FLOW.replace("TRAIN", "steps 20"));
    let run = place.path("runs/flow-2");
    place.gmc("run flow.gm --device cpu").succeeds();
    for f in place
        .files("runs/flow-2")
        .iter()
        .filter(|f| !["spec.gm", "set.txt", "folder.txt"].contains(&f.as_str()) && !f.starts_with("ir/"))
    {
        std::fs::remove_file(run.join(f)).unwrap();
    }
    place.write("runs/flow-2/checkpoints/.00000000.ckpt.1.tmp", "half");
    place.gmc("sample runs/flow-2").fails(&["runs/flow-2 holds no checkpoint yet"]);
    let said = place.gmc("resume runs/flow-2 --device cpu");
    assert!(said.succeeds().err.contains("going on after round 0"), "{}", said.err);
    assert_same(&whole, &run);
}

#[test]
fn a_finished_run_is_not_trained_again() {
    let place = Place::new();
    let run = place.train("flow", &FLOW.replace("TRAIN", "steps 20"));
    let before: Vec<_> =
        files(&run).iter().map(|f| (f.clone(), std::fs::read(run.join(f)).unwrap())).collect();
    let said = place.gmc("resume runs/flow-1 --device cpu");
    assert!(said.succeeds().out.contains("runs/flow-1 is finished: all its 20 rounds are done"), "{said:?}");
    let after: Vec<_> =
        files(&run).iter().map(|f| (f.clone(), std::fs::read(run.join(f)).unwrap())).collect();
    assert!(before == after, "the folder changed");
}

#[test]
fn a_damaged_checkpoint_is_passed_over_with_a_warning() {
    for damage in ["truncated", "corrupt"] {
        let place = Place::new();
        let text = VAE.replace("TRAIN", "steps 23  checkpoint 5");
        let whole = place.train("vae", &text);
        place.gmc("run vae.gm --device cpu").succeeds();
        let run = place.path("runs/vae-2");
        std::fs::remove_file(run.join("report.html")).unwrap();
        let last = run.join("checkpoints/00000023.ckpt");
        let mut bytes = std::fs::read(&last).unwrap();
        let n = bytes.len();
        if damage == "truncated" {
            bytes.truncate(n / 2)
        } else {
            bytes[n - 9] ^= 1
        }
        std::fs::write(&last, bytes).unwrap();
        let asked = place.gmc("sample runs/vae-2 --device cpu --out a.csv");
        assert!(asked.succeeds().err.contains(damage), "{}", asked.err);
        let said = place.gmc("resume runs/vae-2 --device cpu");
        let expected = format!("the checkpoint is {damage}");
        assert!(
            said.succeeds().err.contains(&expected) && said.err.contains("using an earlier checkpoint"),
            "{}",
            said.err
        );
        assert!(said.err.contains("going on after round 20"), "{}", said.err);
        assert_same(&whole, &run);
        for f in ["00000020.ckpt", "00000023.ckpt"] {
            std::fs::write(run.join("checkpoints").join(f), b"gmc ckpt").unwrap();
        }
        for verb in ["sample", "resume", "eval"] {
            place
                .gmc(&format!("{verb} runs/vae-2"))
                .fails(&["runs/vae-2 holds no checkpoint that can be read", "truncated (8 bytes)"]);
        }
    }
}

#[test]
fn a_spec_that_changed_under_a_run_is_refused() {
    let place = Place::new();
    place.write("lib/prior.gm", "fn wide(a) = a * 2\n");
    let text = FLOW.replace("TRAIN", "steps 20").replace("\nflow", "\nuse \"lib/prior.gm\"\nflow");
    let run = place.train("flow", &text);
    let kept: Vec<String> =
        place.files("runs/flow-1").into_iter().filter(|f| f.starts_with("use/")).collect();
    let [used] = kept.as_slice() else { panic!("{kept:?}") };
    for (file, from, to) in [
        ("spec.gm", "dense(8)", "dense(9)"),
        ("spec.gm", "Normal(0", "Normal(1"),
        (used, "a * 2", "a * 3"),
        ("spec.gm", "flow f", "flow ~"),
        ("set.txt", "", "train.batch=65\n"),
    ] {
        let at = run.join(file);
        let before = std::fs::read_to_string(&at).unwrap();
        std::fs::write(&at, before.replacen(from, to, 1)).unwrap();
        for verb in ["resume", "sample", "density", "eval"] {
            place
                .gmc(&format!("{verb} runs/flow-1"))
                .fails(&[&format!("runs/flow-1/{file} has changed since the run began")]);
        }
        std::fs::write(&at, before).unwrap();
    }
    // What the spec used is kept in the run: the folder speaks for itself.
    std::fs::remove_dir_all(place.path("lib")).unwrap();
    place.gmc("eval runs/flow-1 --device cpu").succeeds();
}

/// A run whose weights are gone is not trained anew under its own name.
#[test]
fn a_run_without_its_checkpoints_is_not_begun_again() {
    let place = Place::new();
    for (name, rounds, without) in [("flow", 20, None), ("short", 60, Some("report.html"))] {
        let run = place.train(name, &FLOW.replace("TRAIN", &format!("steps {rounds}")));
        std::fs::remove_dir_all(run.join("checkpoints")).unwrap();
        without.iter().for_each(|f| std::fs::remove_file(run.join(f)).unwrap());
        let before = std::fs::read(run.join("metrics.jsonl")).unwrap();
        for line in ["resume runs/NAME-1 --device cpu", "eval runs/NAME-1 --device cpu"] {
            place.gmc(&line.replace("NAME", name)).fails(&[
                &format!("runs/{name}-1 holds no checkpoint, though the run came to round {rounds}: its weights are gone"),
                &format!("put `checkpoints` back into the folder, or train anew: gmc run runs/{name}-1/spec.gm"),
            ]);
        }
        assert!(
            !run.join("checkpoints").exists() && before == std::fs::read(run.join("metrics.jsonl")).unwrap()
        );
    }
}

/// Nor one that began with the weights of another run: it is not told to have been stopped before it began.
#[test]
fn a_run_from_another_without_its_checkpoints() {
    let place = Place::new();
    place.train("flow", &FLOW.replace("TRAIN", "steps 20"));
    place.gmc("run flow.gm --from runs/flow-1 --name next --device cpu").succeeds();
    std::fs::remove_dir_all(place.path("runs/next-1").join("checkpoints")).unwrap();
    place.gmc("resume runs/next-1 --device cpu").fails(&[
        "runs/next-1 holds no checkpoint, though the run came to round 20: its weights are gone",
        "put `checkpoints` back into the folder, or train anew",
    ]);
}

#[test]
fn overrides_are_kept() {
    let place = Place::new();
    let whole = place.train("flow", &FLOW.replace("TRAIN", "steps 300"));
    place.write("short.gm", FLOW.replace("TRAIN", "steps 3"));
    place.gmc("run short.gm --name short --device cpu --set train.steps=300").succeeds();
    let run = place.path("runs/short-1");
    assert!(weights(&whole) == weights(&run));
    for (i, f) in ["00000300.ckpt"].iter().enumerate() {
        std::fs::remove_file(run.join("checkpoints").join(f)).unwrap();
        std::fs::remove_file(run.join("report.html")).unwrap();
        let said = place.gmc("resume runs/short-1 --device cpu");
        assert!(said.succeeds().err.contains("going on after round 0"), "{i}: {}", said.err);
    }
    assert!(weights(&whole) == weights(&run));
    assert_eq!(records(&whole), records(&run));
}

#[test]
fn two_processes_do_not_train_in_one_folder() {
    let place = Place::new();
    place.write("gan.gm", GAN.replace("TRAIN", "steps 1000000  checkpoint 5"));
    let child = place.command("run gan.gm --device cpu").spawn().unwrap();
    let run = place.path("runs/gan-1");
    wait("a checkpoint of a trained round", || newest(&run).is_some_and(|n| n > 0));
    place
        .gmc("resume runs/gan-1 --device cpu")
        .fails(&["cannot train in runs/gan-1: another process is training in this folder"]);
    // Reading it is no training.
    place.gmc("sample runs/gan-1 --device cpu --out a.csv -n 3").succeeds();
    interrupt(&child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
}
