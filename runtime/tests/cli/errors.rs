//! What the program says when it is given something that it cannot use: never a panic, always the place and the way on.

use super::common::*;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const BAD: &str = "data x: Real[2] from moons\nnet n(x: Real[2]) -> Real[2] { dense(3) }\ntrain { minimizes mse(n(x), x)  steps 1 }\n";

#[test]
fn files_that_are_no_specs() {
    let place = Place::new();
    place.write("latin.gm", [b'#', 0xe9, b'\n']);
    place.write("folder.gm/inside", "");
    place.write("empty.gm", "");
    place.write("nul.gm", "data x\0: Real # \u{1b}[31m \u{9b}31m");
    for verb in ["check", "run", "ir", "explain", "data", "fmt"] {
        place
            .gmc(&format!("{verb} missing.gm"))
            .fails(&["cannot read missing.gm: No such file or directory"]);
        place.gmc(&format!("{verb} folder.gm")).fails(&["cannot read folder.gm: Is a directory"]);
        place.gmc(&format!("{verb} latin.gm")).fails(&["cannot read latin.gm: it is not UTF-8 text"]);
        place.gmc(&format!("{verb} nul.gm")).fails(&["nul.gm:1:7"]);
        if verb != "fmt" {
            place
                .gmc(&format!("{verb} empty.gm"))
                .fails(&["error[E0504]: training has no goal", "empty.gm:1:1"]);
        }
    }
    assert!(!place.path("runs").exists(), "a run folder was made");
}

#[test]
fn a_wrong_spec_in_every_format() {
    let place = Place::new();
    place.write("bad.gm", BAD);
    place.gmc("run bad.gm").fails(&["error[E0201]", "┌─ bad.gm:2:", "dense(3)", "= help: "]);
    let short = place.gmc("check bad.gm --message-format short");
    short.fails(&["bad.gm:2:", ": error[E0201]: "]);
    assert_eq!(short.err.lines().count(), 1);
    let json = place.gmc("check bad.gm --message-format json");
    json.fails(&[]);
    let lines: Vec<serde_json::Value> = json.err.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(
        (lines.len(), lines[0]["code"].as_str(), lines[0]["line"].as_u64()),
        (1, Some("E0201"), Some(2))
    );
    assert!(!place.path("runs").exists(), "a run folder was made");
}

#[test]
fn usage() {
    let place = Place::new();
    place.write("flow.gm", FLOW.replace("TRAIN", "steps 2"));
    for line in [
        "",
        "frobnicate",
        "run",
        "run --frob flow.gm",
        "run flow.gm --device tpu",
        "run flow.gm --seed -1",
        "run flow.gm --set steps",
        "run flow.gm --set =3",
        "run flow.gm --set train.steps=",
        "check flow.gm --message-format loud",
        "sample r -n 0",
        "sample r -n 99999999999999999999",
        "density r -k 0",
        "ir flow.gm --stage typed --format dot",
    ] {
        let said = place.gmc(line);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{line}: {said:?}");
        assert!(!said.err.is_empty());
    }
    for set in [
        "train.epoch=3",
        "y.noise=1",
        "train.steps=-1",
        "train.steps=many",
        "x=",
        "train..=1",
        "train.lr=cosine(",
    ] {
        let said = place.gmc(&format!("check flow.gm --set {set}"));
        assert!(matches!(said.code, Some(1 | 2)) && !said.err.is_empty(), "{set}: {said:?}");
    }
    assert!(!place.path("runs").exists(), "a run folder was made");
}

#[test]
fn help_of_every_verb() {
    let place = Place::new();
    let all = place.gmc("--help");
    let commands = all.succeeds().out.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let verbs: Vec<&str> = commands
        .lines()
        .filter_map(|l| l.strip_prefix("  ")?.split_whitespace().next())
        .filter(|v| *v != "help")
        .collect();
    assert!(verbs.len() >= 14 && verbs.contains(&"resume"), "{verbs:?}");
    for v in verbs {
        let said = place.gmc(&format!("{v} --help"));
        assert!(said.succeeds().out.contains(&format!("Usage: gmc {v}")), "{v}: {}", said.out);
    }
    assert!(place.gmc("--version").succeeds().out.starts_with("gmc "));
}

#[test]
fn folders_that_are_no_runs() {
    let place = Place::new();
    place.write("other/file", "x");
    place.write("odd/spec.gm", FLOW.replace("TRAIN", "steps 2"));
    place.write("odd/checkpoints", "no folder");
    for verb in ["sample", "density", "encode", "reconstruct", "eval", "resume"] {
        place.gmc(&format!("{verb} other")).fails(&["other is not a run folder"]);
        place.gmc(&format!("{verb} nowhere")).fails(&["nowhere", "No such file or directory"]);
        place.gmc(&format!("{verb} other/file")).fails(&["other/file", "not a run folder"]);
    }
    assert_eq!(place.files("other"), ["file"], "something was left in a folder that is none of ours");
    place.gmc("sample odd").fails(&["odd holds no checkpoint yet"]);
    place.gmc("resume odd --device cpu").fails(&["cannot write odd/checkpoints"]);
}

#[test]
fn outputs_that_cannot_be_written() {
    let place = Place::new();
    place.train("flow", &FLOW.replace("TRAIN", "steps 2"));
    place.write("file", "");
    place.gmc("run flow.gm --device cpu --out file").fails(&["cannot make file"]);
    place.gmc("run flow.gm --device cpu --out file/runs").fails(&["cannot make file/runs"]);
    for out in ["file/a.csv", "file/a.npy", "file/a.png"] {
        place
            .gmc(&format!("sample runs/flow-1 --device cpu --out {out}"))
            .fails(&[&format!("cannot write {out}")]);
    }
    for out in ["a.bmp", "a", "runs"] {
        place
            .gmc(&format!("sample runs/flow-1 --device cpu --out {out}"))
            .fails(&[&format!("cannot write {out}: give a name that ends in")]);
    }
    place
        .gmc("sample runs/flow-1 --device cpu -n 20000 --out a.png")
        .fails(&["a picture shows at most 10000 samples"]);
    place.gmc("density runs/flow-1 --device cpu --out file/d.csv").fails(&["cannot write file/d.csv"]);
    place.gmc("new flow.gm").fails(&["flow.gm exists already"]);
    place.gmc("new file/first").fails(&["cannot write file/first.gm"]);
}

#[test]
fn mnist_that_is_not_there() {
    let place = Place::new();
    place.write(
        "m.gm",
        VAE.replace("TRAIN", "steps 2")
            .replace("digits(", "mnist(")
            .replace("[64]", "[784]")
            .replace("dense(64)", "dense(784)"),
    );
    let mut c = place.command("run m.gm --device cpu");
    c.env("GMC_DATA", place.path("sets"));
    let sets = place.path("sets/mnist/train-images-idx3-ubyte");
    said(c).fails(&[
        &sets.display().to_string(),
        "data/mnist/train-images",
        ".cache/gmc/mnist",
        "https://",
        "GMC_DATA",
    ]);
    place.write("data/mnist/train-images-idx3-ubyte", "not an image");
    let said = place.gmc("data m.gm");
    said.fails(&["`data/mnist/train-images-idx3-ubyte` is not an IDX file", "found 12 bytes"]);
    assert!(!place.path("runs").exists(), "a run folder was made");
}

#[test]
fn a_gpu_that_is_not_there() {
    let place = Place::new();
    place.write("flow.gm", FLOW.replace("TRAIN", "steps 2"));
    let devices = place.gmc("devices").succeeds().out.clone();
    assert!(devices.contains("CPU"), "{devices}");
    let said = place.gmc("run flow.gm --device gpu");
    if devices.lines().any(|l| l.starts_with("Gpu")) {
        said.succeeds();
    } else {
        said.fails(&["no GPU found; found CPU", "--device cpu"]);
        assert!(!place.path("runs").exists(), "a run folder was made");
    }
}

#[test]
fn values_that_are_not_finite_are_traced_to_their_line() {
    let place = Place::new();
    let steep = VAE
        .replace("TRAIN", "steps 40")
        .replace("cosine(2e-3 -> 1e-5)", "1e6")
        .replace("using adam", "using sgd");
    let burst = "
data x: Real[2] from moons
param s: Real[2] = 1
train { minimizes E[sum(x)] - E[mean(exp(s))]  steps 60  batch 64  checkpoint 2  using sgd(lr: 0.5) }
";
    for (name, text, file) in [("steep", steep.as_str(), "steep.gm:"), ("burst", burst, "burst.gm:4:")] {
        place.write(&format!("{name}.gm"), text);
        let said = place.gmc(&format!("run {name}.gm --device cpu"));
        said.fails(&[
            "error: round ",
            "produced a value that is not finite",
            &format!("--> {file}"),
            "= help: ",
        ]);
        let run = place.path(&format!("runs/{name}-1"));
        for bits in weights(&run).values() {
            assert!(
                bits.iter().all(|b| f32::from_bits(*b).is_finite()),
                "{name}: a checkpoint that is not finite"
            );
        }
        for f in ["report.html", "scores.json", "weights.safetensors"] {
            assert!(!run.join(f).exists(), "{name}: {f}");
        }
        assert!(!place.files(&format!("runs/{name}-1")).iter().any(|f| f.ends_with(".tmp")));
        // It fails again at the same place.
        let again = place.gmc(&format!("resume runs/{name}-1 --device cpu"));
        again.fails(&[
            "produced a value that is not finite",
            &format!("spec.{}", file.replacen(&format!("{name}."), "", 1)),
        ]);
        let round = |t: &str| t.split("round ").last().and_then(|t| t.split(':').next().map(str::to_string));
        assert_eq!(round(&said.err), round(&again.err));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    place.write("vae.gm", VAE.replace("TRAIN", "steps 2000"));
    let mut child = place.command("ir vae.gm --stage step").spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("graph "), "{first}");
    let o = child.wait_with_output().unwrap();
    assert_eq!((o.status.code(), String::from_utf8(o.stderr).unwrap().as_str()), (Some(0), ""));
    // Progress, too: training goes on when nobody reads it.
    let mut child =
        place.command("run vae.gm --name vae --device cpu --set train.steps=100").spawn().unwrap();
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
    assert!(place.path("runs/vae-1/report.html").exists());
}

#[test]
fn nothing_but_text_where_there_is_no_terminal() {
    let place = Place::new();
    place.write("vae.gm", VAE.replace("TRAIN", "steps 60"));
    place.write("bad.gm", BAD);
    for no_color in [None, Some("1"), Some("")] {
        for line in ["run vae.gm --device cpu", "check bad.gm", "check vae.gm", "frobnicate"] {
            let mut c = place.command(line);
            if let Some(v) = no_color {
                c.env("NO_COLOR", v);
            }
            let said = said(c);
            let all = format!("{}{}", said.out, said.err);
            assert!(all.chars().all(|c| c == '\n' || !c.is_control()), "{all:?}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let place = Place::new();
    let text = VAE.replace("TRAIN", "steps 30");
    let whole = place.train("vae", &text);
    for line in
        ["check vae.gm", "ir vae.gm", "sample runs/vae-1 --device cpu", "encode runs/vae-1 --device cpu"]
    {
        let mut c = place.command(line);
        c.stdout(Stdio::from(std::fs::File::options().write(true).open("/dev/full").unwrap()));
        said(c).fails(&["cannot write to standard output: No space left on device"]);
    }
    // What `sample` left is no part of a run.
    let _ = std::fs::remove_file(whole.join("images/samples-seed1.png"));
    // A limit on the size of files, in KiB, stands for the disk: it strikes a different file each time.
    let mut stopped = 0;
    for limit in [1, 4, 8, 16, 24, 32, 48, 64, 96, 128] {
        let out = format!("limit-{limit}");
        let mut c = std::process::Command::new("bash");
        let line = format!(
            "trap '' XFSZ; ulimit -f {limit}; exec {} run vae.gm --device cpu --out {out}",
            env!("CARGO_BIN_EXE_gmc")
        );
        c.args(["-c", &line]).current_dir(place.path("")).env("HOME", place.path("")).env_remove("GMC_DATA");
        let said = said(c);
        let run = place.path(&out).join("vae-1");
        assert_eq!(place.files(&out).iter().filter(|f| f.ends_with(".tmp")).count(), 0);
        if said.code == Some(0) {
            continue;
        }
        stopped += 1;
        said.fails(&[&format!("cannot write {out}/vae-1/"), "File too large"]);
        // With room again it goes on, if it had begun.
        if run.join("spec.gm").exists() {
            place.gmc(&format!("resume {out}/vae-1 --device cpu")).succeeds();
            assert_same(&whole, &run);
        } else {
            place.gmc(&format!("resume {out}/vae-1 --device cpu")).fails(&["is not a run folder"]);
        }
    }
    assert!(stopped > 2, "the limit stopped {stopped} runs");
}

/// No input is known that raises a bug, so this test raises one itself, in a process of its own.
#[test]
fn a_bug_says_what_to_report() {
    const RAISED: &str = "GMC_TEST_RAISES_A_BUG";
    if std::env::var_os(RAISED).is_some() {
        gmc_runtime::cli::bug::tell();
        panic!("internal: {} and one make three", 1);
    }
    let raise = |backtrace: Option<&str>| {
        let mut c = Command::new(std::env::current_exe().unwrap());
        c.args(["--exact", "cli::errors::a_bug_says_what_to_report", "--nocapture"]).env(RAISED, "");
        match backtrace {
            Some(asked) => c.env("RUST_BACKTRACE", asked),
            None => c.env_remove("RUST_BACKTRACE").env_remove("RUST_LIB_BACKTRACE"),
        };
        let o = c.output().unwrap();
        (o.status.code(), String::from_utf8(o.stderr).unwrap())
    };
    let (code, said) = raise(None);
    assert_eq!(code, Some(101), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    let [what, place, help] = lines.as_slice() else { panic!("{said}") };
    assert_eq!(
        *what,
        "error: this is a bug of gmc, not of what it was given: internal: 1 and one make three"
    );
    assert!(place.starts_with("  = at runtime/tests/cli/errors.rs:"), "{said}");
    let version = env!("CARGO_PKG_VERSION");
    assert!(help.starts_with(&format!(
        "  = help: report it with this message, the spec, the version `gmc {version}`"
    )));
    assert!(
        help.ends_with("the command `gmc --exact cli::errors::a_bug_says_what_to_report --nocapture`"),
        "{said}"
    );
    let (_, traced) = raise(Some("1"));
    assert!(traced.lines().count() > lines.len(), "{traced}");
}
