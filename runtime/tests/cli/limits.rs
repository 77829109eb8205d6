//! What is asked for and cannot be had: memory that no machine has, numbers that are not finite, test examples that are not there, and
//! run folders whose files are not those of the run.

use super::common::*;

const PARAM: &str = "
data x: Real[2] from csv(\"x.csv\") split in order (test 0.1)
param s: Real[] in positive = 1
model p { x ~ Normal(0, s)[2] }
train { steps 3  batch 8  using sgd(lr: 1e-6) }
";

/// `n` rows of small numbers, the last `far` of them so large that their squares are not finite in 32 bits.
fn rows(n: usize, far: usize) -> String {
    (0..n).map(|i| if i + far >= n { "1e30,0\n".to_string() } else { format!("0.{i},0.5\n") }).collect()
}

#[test]
fn numbers_that_are_not_finite_are_errors() {
    let place = Place::new();
    // The last tenth of the data is for testing.
    place.write("x.csv", rows(40, 3));
    place.write("spec.gm", PARAM);
    let said = place.gmc("run spec.gm --device cpu");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.out.contains("negative log-likelihood") && said.out.contains("inf"), "{}", said.out);
    for part in
        ["`negative log-likelihood` is not finite", "the density of 3 of 4 test examples is not", "= help: "]
    {
        assert!(said.err.contains(part), "{}", said.err);
    }
    // Everything else that a run leaves is there.
    for f in ["report.html", "scores.json", "weights.safetensors"] {
        assert!(place.path("runs/spec-1").join(f).exists(), "{f}");
    }
    let said = place.gmc("eval runs/spec-1 --device cpu");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("3 of 4 test examples"), "{}", said.err);
    place.gmc("eval runs/spec-1 --device cpu --part train").succeeds();

    let said = place.gmc("density runs/spec-1 --device cpu --out d.csv");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.out.starts_with("log-density of the 1 test examples where it is finite: mean -"),
        "{}",
        said.out
    );
    assert!(said.err.contains("the log-density of 3 of 4 test examples is not finite"), "{}", said.err);
    // Each value is written, as it is.
    let values: Vec<f64> = std::fs::read_to_string(place.path("d.csv"))
        .unwrap()
        .lines()
        .skip(1)
        .map(|l| l.split(',').nth(1).unwrap().parse().unwrap())
        .collect();
    assert_eq!(values.iter().map(|v| v.is_finite()).collect::<Vec<_>>(), [true, false, false, false]);
}

#[test]
fn a_step_that_needs_more_memory_than_there_is() {
    let place = Place::new();
    let spec = |layers: &str, train: &str| {
        format!(
            "data x: Real[64] in unit from digits\nnet f(x: Real[64] in unit) -> Real[64] {{ {layers}, dense(64) }}\ntrain {{ minimizes mse(f(x), x)  epochs 1  {train} }}\n"
        )
    };
    // Hundred weights of 1.6 thousand million numbers.
    place.write("deep.gm", spec("repeat 100 { dense(40000) }", "batch 1"));
    place.gmc("run deep.gm --device cpu").fails(&[
        "error: a training step with batch 1 needs ",
        "and this machine has",
        "layers smaller",
    ]);
    // What grows with the batch: pictures of 512 by 512 after each of 800 layers.
    place.write(
        "wide.gm",
        "data x: Real[1, 8, 8] in unit from digits
net f(x: Real[1, 8, 8] in unit) -> Real[1] { up(64), repeat 400 { conv(1, k: 3, pad: 1), tanh }, global_pool }
train { minimizes sse(f(x), 0)  epochs 1  batch 1000  using sgd(lr: 1e-3) }
",
    );
    place
        .gmc("run wide.gm --device cpu")
        .fails(&["error: a training step with batch 1000 needs ", "`--set train.batch="]);
    assert!(!place.path("runs").exists(), "a run folder was made");
}

#[test]
fn one_example_leaves_none_to_test() {
    let place = Place::new();
    place.write("spec.gm", PARAM);
    place.write("x.csv", rows(1, 0));
    for line in ["run spec.gm", "eval runs/spec-1"] {
        let said = place.gmc(&format!("{line} --device cpu"));
        assert_eq!(said.succeeds().out, "");
        for part in [
            "note: nothing was measured on test examples, for there are none: all 1 of the data",
            "split (test 0.2)",
        ] {
            assert!(said.err.contains(part), "{line}: {}", said.err);
        }
    }
    place.write("x.csv", rows(2, 0));
    let said = place.gmc("run spec.gm --device cpu");
    assert!(
        said.succeeds().out.contains("negative log-likelihood") && !said.err.contains("nothing was measured"),
        "{said:?}"
    );
}

/// The file that is not what it was is named, whichever of the run's it is.
#[test]
fn the_file_that_has_changed_is_named() {
    let place = Place::new();
    place.write("lib.gm", "param s: Real[] in positive = 1\n");
    let text =
        "use \"lib.gm\"\ndata x: Real[2] from moons\nmodel p { x ~ Normal(0, s)[2] }\ntrain { steps 2 }\n";
    place.write("a.gm", text);
    for set in ["--set train.batch=64", "--set train.batch=32"] {
        place.gmc(&format!("run a.gm --name a --device cpu {set}")).succeeds();
    }
    let file = |name: &str| place.path("runs/a-1").join(name);
    let damaged = |name: &str, text: Option<&str>, said: &str| {
        let good = std::fs::read(file(name)).unwrap();
        match text {
            Some(t) => std::fs::write(file(name), t).unwrap(),
            None => std::fs::remove_file(file(name)).unwrap(),
        }
        for verb in ["density", "resume"] {
            place.gmc(&format!("{verb} runs/a-1 --device cpu")).fails(&[said, "= help: "]);
        }
        std::fs::write(file(name), good).unwrap();
    };
    damaged("set.txt", Some("train.batch=65\n"), "runs/a-1/set.txt has changed since the run began");
    damaged("set.txt", Some("junk\n"), "cannot read runs/a-1/set.txt: line 1 is no override");
    damaged("set.txt", None, "runs/a-1/set.txt is missing");
    damaged(
        "use/lib.gm",
        Some("param s: Real[] in positive = 2\n"),
        "runs/a-1/use/lib.gm has changed since the run began",
    );
    damaged("use/lib.gm", None, "runs/a-1/use/lib.gm is missing");
    damaged(
        "spec.gm",
        Some(&text.replace("steps 2", "steps 3")),
        "runs/a-1/spec.gm has changed since the run began",
    );
    // The checkpoint of another run of the same spec.
    let last = "checkpoints/00000002.ckpt";
    std::fs::copy(place.path("runs/a-2").join(last), file(last)).unwrap();
    place
        .gmc("density runs/a-1 --device cpu")
        .fails(&["set.txt", "or the checkpoint of round 2 is of another run"]);
}

#[test]
fn lengths_of_training_and_samples_of_bounds() {
    let place = Place::new();
    let run = place.train("flow", &FLOW.replace("TRAIN", "steps 2"));
    assert!(run.exists());
    for line in ["density runs/flow-1 -k 4", "eval runs/flow-1 -k 4"] {
        place
            .gmc(&format!("{line} --device cpu"))
            .fails(&["-k is for densities that are bounds", "this model's is exact"]);
    }
    for line in ["eval runs/flow-1 -k 0", "classify runs/flow-1 -k 0", "classify runs/flow-1 --examples 0"] {
        let said = place.gmc(line);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{line}: {said:?}");
    }
}
