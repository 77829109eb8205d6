//! Run folders in which something else lies in place of a file: every verb ends, says what is wrong, and loses nothing.

#![cfg(unix)]

use super::common::*;
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What may lie in place of a file.
const DAMAGES: [&str; 8] = ["pipe", "folder", "socket", "circle", "empty", "garbage", "half", "huge"];

fn put(path: &Path, damage: &str) {
    let before = std::fs::read(path).unwrap_or_default();
    let _ = std::fs::remove_file(path);
    match damage {
        "pipe" => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        "folder" => std::fs::create_dir(path).unwrap(),
        "socket" => drop(UnixListener::bind(path).unwrap()),
        "circle" => symlink(path.file_name().unwrap(), path).unwrap(),
        "empty" => std::fs::write(path, "").unwrap(),
        "garbage" => std::fs::write(path, [0xffu8, 0x00, 0x9f, 0x0a].repeat(300)).unwrap(),
        "half" => std::fs::write(path, &before[..before.len() / 2]).unwrap(),
        // A file with a hole of a terabyte.
        "huge" => std::fs::File::create(path).unwrap().set_len(1 << 40).unwrap(),
        other => panic!("{other}"),
    }
}

fn copy(from: &Path, to: &Path) {
    for f in files(from) {
        let at = to.join(&f);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::copy(from.join(&f), at).unwrap();
    }
}

/// The regular files of a folder but one, by path, with their bytes.
fn contents(folder: &Path, but: &str) -> BTreeMap<String, Vec<u8>> {
    let all = files(folder).into_iter().filter(|f| f != but);
    let regular =
        all.filter(|f| std::fs::metadata(folder.join(f)).is_ok_and(|m| m.is_file() && m.len() < 1 << 30));
    regular.map(|f| (f.clone(), std::fs::read(folder.join(&f)).unwrap())).collect()
}

/// Runs a verb, at most half a minute.
fn ends(place: &Place, line: &str) -> Said {
    let mut child = place.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("`{line}` hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let o = child.wait_with_output().unwrap();
    let text = |b: Vec<u8>| String::from_utf8_lossy(&b).into_owned();
    Said { code: o.status.code(), out: text(o.stdout), err: text(o.stderr) }
}

/// A small finished run, with a file in use and two checkpoints of trained rounds.
fn finished(place: &Place) -> PathBuf {
    place.write("lib/double.gm", "fn double(a) = a * 2\n");
    let text = "
use \"lib/double.gm\"
data x: Real[2] from moons(n: 200)
flow f: Real[2] <-> Real[2] { scale, shift }
model p { z ~ Normal(0, double(0.5))[2];  x = f(z) }
train { steps 6  checkpoint 4  batch 64 }
";
    place.train("run", text)
}

#[test]
fn whatever_lies_in_place_of_a_file_every_verb_ends() {
    let place = Place::new();
    let whole = finished(&place);
    let use_file = files(&whole).into_iter().find(|f| f.starts_with("use/")).unwrap();
    let read =
        ["spec.gm", "set.txt", "data.ron", "metrics.jsonl", use_file.as_str(), "checkpoints/00000006.ckpt"];
    let written = ["scores.json", "lock", "report.html", "weights.safetensors", "images/samples.png"];
    let mut asked = 0;
    for (file, damage) in read.iter().chain(&written).flat_map(|f| DAMAGES.iter().map(move |d| (*f, *d))) {
        // What is only written needs no reading of every kind of content.
        if written.contains(&file) && ["garbage", "half", "empty"].contains(&damage) {
            continue;
        }
        let at = place.path("runs/hurt-1");
        let _ = std::fs::remove_dir_all(&at);
        copy(&whole, &at);
        put(&at.join(file), damage);
        let before = contents(&at, file);
        let verbs: &[&str] = match read.contains(&file) {
            true if damage == "pipe" => &["sample", "eval", "explain", "resume"],
            true => &["sample", "eval", "resume"],
            false => &["density", "resume"],
        };
        for verb in verbs {
            let device = if *verb == "explain" { "" } else { "--device cpu" };
            let out = if *verb == "sample" { "-n 2 --out s.csv" } else { "" };
            let said = ends(&place, &format!("{verb} runs/hurt-1 {device} {out}"));
            let what = format!("{verb} with {damage} in place of {file}: {said:?}");
            assert!(matches!(said.code, Some(0 | 1)) && !said.err.contains("panicked"), "{what}");
            if said.code == Some(1) {
                assert!(said.err.starts_with("error: ") || said.err.contains("\nerror: "), "{what}");
                assert!(said.err.chars().all(|c| c == '\n' || !c.is_control()), "{what}");
            }
            // A pipe where something must be read is named.
            if damage == "pipe"
                && read.contains(&file)
                && (file != "metrics.jsonl" || ["sample", "eval"].contains(verb))
            {
                assert!(said.err.contains("it is a named pipe, not a regular file"), "{what}");
            }
            if *verb != "resume" {
                let now = contents(&at, file);
                assert!(before.iter().all(|(f, b)| now.get(f) == Some(b)), "{what}: something was lost");
            } else {
                // Training may go on; what it began with is not lost.
                for f in ["spec.gm", "set.txt", "data.ron"].iter().filter(|f| **f != file) {
                    assert_eq!(std::fs::read(at.join(f)).unwrap(), before[*f], "{what}: {f}");
                }
            }
            asked += 1;
        }
    }
    println!("{asked} questions to damaged folders, and all ended");
    assert!(asked > 150);
}

/// Folders of the run that are something else.
#[test]
fn whatever_lies_in_place_of_a_folder_every_verb_ends() {
    let place = Place::new();
    let whole = finished(&place);
    for (folder, damage) in ["checkpoints", "images", "ir", "use"]
        .iter()
        .flat_map(|f| ["pipe", "circle", "garbage"].map(|d| (*f, d)))
    {
        let at = place.path("runs/hurt-1");
        let _ = std::fs::remove_dir_all(&at);
        copy(&whole, &at);
        std::fs::remove_dir_all(at.join(folder)).unwrap();
        put(&at.join(folder), damage);
        for verb in ["sample", "eval", "resume"] {
            let out = if verb == "sample" { "-n 2 --out s.csv" } else { "" };
            let said = ends(&place, &format!("{verb} runs/hurt-1 --device cpu {out}"));
            assert!(
                matches!(said.code, Some(0 | 1)) && !said.err.contains("panicked"),
                "{verb} with {damage} in place of {folder}: {said:?}"
            );
        }
    }
}

/// A checkpoint that lies about its length is found before memory is asked for.
#[test]
fn a_checkpoint_that_lies_is_refused() {
    let place = Place::new();
    let run = finished(&place);
    for (i, bytes) in [
        [b"gmc ckpt".as_slice(), &u32::MAX.to_le_bytes(), &[0; 4]].concat(),
        [
            b"gmc ckpt".as_slice(),
            &7u32.to_le_bytes(),
            &crc32fast::hash(b"{\"a\":1}").to_le_bytes(),
            b"{\"a\":1}",
        ]
        .concat(),
        b"gmc ckpt".to_vec(),
    ]
    .into_iter()
    .enumerate()
    {
        for f in ["00000004.ckpt", "00000006.ckpt"] {
            let at = run.join("checkpoints").join(f);
            std::fs::write(&at, &bytes).unwrap();
            if i == 0 {
                std::fs::File::options().write(true).open(&at).unwrap().set_len(1 << 40).unwrap();
            }
        }
        let said = ends(&place, "sample runs/run-1 --device cpu");
        said.fails(&["holds no checkpoint that can be read"]);
    }
}

/// Which checkpoint answers is said where it is not the one that the run ended with.
#[test]
fn an_older_checkpoint_does_not_answer_in_silence() {
    let place = Place::new();
    let run = finished(&place);
    let ask = |line: &str| place.gmc(&format!("{line} runs/run-1 --device cpu"));
    assert_eq!(ask("density").succeeds().err, "");
    std::fs::remove_file(run.join("checkpoints/00000006.ckpt")).unwrap();
    for verb in ["density", "encode --out e.csv", "eval", "sample -n 2 --out s.csv"] {
        let said = ask(verb);
        let want =
            "the checkpoint of round 4 of 6 answers: that of round 6, to which the run came, is not there";
        assert!(said.succeeds().err.contains(want), "{verb}: {}", said.err);
    }
    // Even where the log is gone, too, it is known that rounds are missing.
    std::fs::remove_file(run.join("metrics.jsonl")).unwrap();
    let said = ask("density");
    assert!(said.succeeds().err.contains("the run has trained 4 of 6 rounds"), "{}", said.err);
    let said = place.gmc("resume runs/run-1 --device cpu");
    assert!(said.succeeds().err.contains("going on after round 4"), "{}", said.err);
    assert_eq!(ask("density").succeeds().err, "");
}
