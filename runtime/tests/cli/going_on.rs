//! What is done with runs that are there: trained further, started from, swept, compared, listed.

use super::common::*;
use gmc_runtime::store::RunDir;
use std::path::Path;

fn scores(run: &Path) -> Vec<(String, f64)> {
    let scores = RunDir::view(run).unwrap().scores().unwrap();
    scores.iter().map(|s| (s.title() + &s.unit, s.value.0)).collect()
}

#[test]
fn a_finished_run_is_trained_further_as_if_that_had_been_planned() {
    let place = Place::new();
    place.train("flow", &FLOW.replace("TRAIN", "steps 40"));
    let long = place.train("long", &FLOW.replace("TRAIN", "steps 60"));
    let run = place.path("runs/flow-1");
    let said = place.gmc("resume runs/flow-1 --steps 20 --device cpu");
    assert!(
        said.succeeds().err.contains("going on after round 40 to round 60, 20 more than planned"),
        "{}",
        said.err
    );
    assert!(weights(&run) == weights(&long));
    assert_eq!(scores(&run), scores(&long));
    assert!(place.gmc("resume runs/flow-1").succeeds().out.contains("finished: all its 60 rounds are done"));
    place.gmc("density runs/flow-1 --device cpu").succeeds();
    // An epoch of 800 examples in minibatches of 64.
    let said = place.gmc("resume runs/flow-1 --epochs 1 --device cpu");
    let rounds = RunDir::view(&run).unwrap().checkpoints()[0];
    assert!(rounds > 60 && said.succeeds().err.contains(&format!("to round {rounds}")), "{}", said.err);
    // Schedules have their end where it was planned.
    place.train("vae", &VAE.replace("TRAIN", "steps 10"));
    let said = place.gmc("resume runs/vae-1 --steps 5 --device cpu");
    assert!(said.succeeds().err.contains("schedules that end with training have ended"), "{}", said.err);
}

#[test]
fn a_longer_run_that_is_interrupted_goes_on_to_its_new_end() {
    let place = Place::new();
    place.train("flow", &FLOW.replace("TRAIN", "steps 20"));
    let run = place.path("runs/flow-1");
    let mut child = place.start("resume runs/flow-1 --steps 4000 --device cpu");
    wait("the new plan", || !run.join("report.html").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(place.gmc("list").succeeds().out.contains("/4020"));
    let said = place.gmc("resume runs/flow-1 --device cpu");
    said.succeeds();
    assert_eq!(RunDir::view(&run).unwrap().checkpoints()[0], 4020, "{}", said.err);
}

#[test]
fn a_run_starts_from_another_where_it_fits() {
    let place = Place::new();
    let run = place.train("vae", &VAE.replace("TRAIN", "steps 200"));
    let said = place.gmc("run vae.gm --from runs/vae-1 --set train.steps=3 --name warm --device cpu");
    assert!(
        said.succeeds().err.contains("warm start: 15 of 15 tensors are those of the other run\n"),
        "{}",
        said.err
    );
    let first = |run: &Path| {
        let all = records(run);
        let (_, _, values) = all.iter().find(|(step, part, _)| *step == 1 && part == "train").unwrap();
        values["negative ELBO [nats]"].0
    };
    let (cold, warm) = (first(&run), first(&place.path("runs/warm-1")));
    assert!(warm < cold - 5.0, "{cold} {warm}");
    // Other widths: what fits is taken, what does not is named.
    place.write(
        "wide.gm",
        VAE.replace("TRAIN", "steps 3").replace("dense(16), relu, dense(64)", "dense(20), relu, dense(64)"),
    );
    let said = place.gmc("run wide.gm --from runs/vae-1 --device cpu");
    for words in ["`decode.0.weight` (", "have other axes and start as the spec says"] {
        assert!(said.succeeds().err.contains(words), "{}", said.err);
    }
    place.gmc("run vae.gm --from runs/none-1").fails(&["runs/none-1"]);
    assert!(!place.path("runs/vae-2").exists());
    // Killed before its first checkpoint, it is not begun anew without what it starts from.
    std::fs::remove_dir_all(place.path("runs/warm-1/checkpoints")).unwrap();
    for f in ["report.html", "metrics.jsonl"] {
        std::fs::remove_file(place.path("runs/warm-1").join(f)).unwrap();
    }
    place.gmc("resume runs/warm-1 --device cpu").fails(&["before its first checkpoint", "runs/vae-1"]);
}

#[test]
fn runs_are_named_by_what_differs_and_listed() {
    let place = Place::new();
    place.write("flow.gm", FLOW.replace("TRAIN", "steps 20"));
    place.gmc("run flow.gm --device cpu --set train.steps=5 --seed 2").succeeds();
    place.gmc("run flow.gm --device cpu").succeeds();
    place.write("runs/other/readme", "no run");
    let said = place.gmc("list");
    let lines: Vec<&str> = said.succeeds().out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", said.out);
    assert!(lines[1].starts_with("flow-1 ") && lines[1].contains(" 20/20 "), "{}", said.out);
    assert!(lines[2].starts_with("flow-steps=5-seed=2-1 ") && lines[2].contains(" 5/5 "), "{}", said.out);
    assert!(lines[1].contains("finished") && lines[1].contains("negative log-likelihood"), "{}", said.out);
    place.gmc("list nowhere").fails(&["nowhere"]);
}

#[test]
fn a_sweep_has_the_mean_and_the_deviation_of_its_runs() {
    let place = Place::new();
    place.write("flow.gm", FLOW.replace("TRAIN", "steps 20"));
    let said = place.gmc("sweep flow.gm --set train.lr=1e-3,1e-2 --seeds 3 --jobs 2 --device cpu");
    let folder = place.path("runs/flow-sweep-1");
    assert!(said.succeeds().out.starts_with("settings"), "{}", said.out);
    for lr in ["1e-3", "1e-2"] {
        let values: Vec<f64> =
            (1..=3).map(|seed| scores(&folder.join(format!("flow-lr={lr}-seed={seed}-1")))[0].1).collect();
        let mean = values.iter().sum::<f64>() / 3.0;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
        assert!(deviation > 0.0);
        let line = said.out.lines().find(|l| l.starts_with(&format!("train.lr={lr} "))).unwrap();
        for number in [format!("{mean:.4}"), format!("{deviation:.4}")] {
            assert!(line.contains(&number), "{number} in {line}");
        }
        assert!(line.ends_with('3'), "{line}");
    }
    let csv = std::fs::read_to_string(folder.join("sweep.csv")).unwrap();
    let one = scores(&folder.join("flow-lr=1e-2-seed=2-1"))[0].1;
    assert!(csv.contains("\"flow-lr=1e-2-seed=2-1\",\"train.lr=1e-2\",2,test,"), "{csv}");
    assert!(csv.contains(&one.to_string()), "{one} in {csv}");
    // Nothing is trained when a value is none, and commas within brackets part nothing.
    place.gmc("sweep flow.gm --set train.lr=1e-3,-1 --seeds 1").fails(&["lr"]);
    let said = place.gmc("sweep flow.gm --set train.seed=1,2");
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(!place.path("runs/flow-sweep-2").exists());
    let said = place.gmc("sweep flow.gm --set train.lr=warmup(1e-3,over:5),1e-3 --seeds 1 --device cpu");
    assert_eq!(
        said.succeeds().out.lines().filter(|l| l.contains("warmup(1e-3,over:5)")).count(),
        1,
        "{}",
        said.out
    );
}

#[test]
fn runs_are_compared_in_a_table_and_on_a_page() {
    let place = Place::new();
    place.write("flow.gm", FLOW.replace("TRAIN", "steps 20"));
    place.gmc("run flow.gm --device cpu").succeeds();
    place.gmc("run flow.gm --device cpu --set train.lr=1e-2").succeeds();
    let said = place.gmc("compare runs/flow-1 runs/flow-lr=1e-2-1 --out page.html");
    let out = &said.succeeds().out;
    for words in ["train.lr", "as in the spec", "1e-2", "rounds"] {
        assert!(out.contains(words), "{out}");
    }
    for run in ["runs/flow-1", "runs/flow-lr=1e-2-1"] {
        let nll = scores(&place.path(run))[0].1;
        assert!(out.contains(&format!("{nll:.4}")), "{nll} in {out}");
    }
    assert!(!out.contains("specs differ"), "{out}");
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    assert!(page.contains("class=\"r0\"") && page.contains("class=\"r1\""));
    assert_eq!(page.matches("data:image/png;base64,").count() % 2, 0);
    assert!(page.contains("All runs are of this spec"));
    // Nothing is fetched.
    assert!(!page.contains("http"), "{page}");
    place.write("flow.gm", FLOW.replace("TRAIN", "steps 21"));
    place.gmc("run flow.gm --device cpu").succeeds();
    let said = place.gmc("compare runs/flow-1 runs/flow-2 --out page.html");
    assert!(said.succeeds().out.contains("the specs differ"), "{}", said.out);
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    assert_eq!(page.matches("<mark>").count(), 2);
    let json = place.gmc("compare runs/flow-1 runs/flow-2 --message-format json");
    assert!(json.succeeds().out.lines().all(|l| serde_json::from_str::<serde_json::Value>(l).is_ok()));
    assert_eq!(place.gmc("compare runs/flow-1 runs/flow-2 --out page.txt").code, Some(2));
    place.gmc("compare runs/flow-1 runs").fails(&["not a run folder"]);
}

/// What ends a service ends a run as Ctrl-C does: after the round, with a checkpoint.
#[cfg(unix)]
#[test]
fn a_run_that_is_terminated_leaves_its_checkpoint() {
    let place = Place::new();
    place.write("flow.gm", FLOW.replace("TRAIN", "steps 100000"));
    let child = place.command("run flow.gm --device cpu").spawn().unwrap();
    let run = place.path("runs/flow-1");
    let logged = || RunDir::view(&run).ok().and_then(|d| d.records().ok()).is_some_and(|r| r.len() > 1);
    wait("rounds", logged);
    std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let o = child.wait_with_output().unwrap();
    assert_eq!(o.status.code(), Some(130));
    assert!(String::from_utf8(o.stderr).unwrap().contains("go on with: gmc resume runs/flow-1"));
    place.gmc("sample runs/flow-1 -n 4 --device cpu --out s.csv").succeeds();
}
