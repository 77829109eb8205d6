//! The run folder after crashes, with damaged files, and with two processes at once.

use crate::sources::args;
use gmc_compiler::event::EventTy;
use gmc_compiler::rows::args::Const;
use gmc_compiler::rows::data::ROWS;
use gmc_compiler::rows::find;
use gmc_runtime::measure::scores::{Number, Record, Score, Trust};
use gmc_runtime::session::host::FileHost;
use gmc_runtime::session::snapshot::{Group, Stored};
use gmc_runtime::show::table;
use gmc_runtime::store::checkpoint::{Checkpoint, Meta};
use gmc_runtime::store::{RunDir, atomic_write, weights};
use std::path::Path;

fn checkpoint(step: u64) -> Checkpoint {
    let meta = Meta { step, epoch_step: step % 7, seed: u64::MAX, spec_hash: "ab".into(), ..Meta::default() };
    let tensor = |shape: &[usize], from: f32| {
        let n: usize = shape.iter().product();
        Stored { shape: shape.to_vec(), values: (0..n).map(|i| from + i as f32).collect() }
    };
    let tensors = [
        ((Group::Param, "f.0.weight".to_string()), tensor(&[2, 3], 0.5)),
        ((Group::Param, "f.0.bias".to_string()), tensor(&[3], f32::MIN_POSITIVE)),
        ((Group::Optimizer, "f.0.weight.m".to_string()), tensor(&[2, 3], -4.0)),
        ((Group::State, "scalar".to_string()), tensor(&[], f32::INFINITY)),
        ((Group::Ema, "empty".to_string()), tensor(&[0, 4], 0.0)),
    ];
    Checkpoint { meta, tensors: tensors.into() }
}

#[test]
fn checkpoints_come_back_as_they_were() {
    let c = checkpoint(12);
    let bytes = c.encode();
    assert_eq!(bytes, c.clone().encode());
    assert_eq!(Checkpoint::decode(&bytes, Path::new("c")).unwrap(), c);
    assert_eq!(c.group(Group::Param).map(|(n, _)| n).collect::<Vec<_>>(), ["f.0.bias", "f.0.weight"]);
}

#[test]
fn every_truncation_and_every_flipped_bit_is_found() {
    let bytes = checkpoint(12).encode();
    for n in 0..bytes.len() {
        let error = Checkpoint::decode(&bytes[..n], Path::new("c.ckpt")).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot read c.ckpt: the checkpoint is truncated ({n} bytes)"));
    }
    for i in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[i] ^= 1 << (i % 8);
        assert!(Checkpoint::decode(&damaged, Path::new("c")).is_err(), "byte {i}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(Checkpoint::decode(&longer, Path::new("c")).is_err());
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_pipes_stay_pipes() {
    use std::io::Read;
    use std::os::unix::fs::{FileTypeExt, symlink};
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    std::fs::create_dir(at("far")).unwrap();
    std::fs::write(at("far/old.csv"), "old").unwrap();
    // A link to a link to a file, a link to a file that is not there yet, and a circle.
    symlink("far/middle", at("first")).unwrap();
    symlink("old.csv", at("far/middle")).unwrap();
    symlink(at("far/new.csv"), at("open")).unwrap();
    symlink("b", at("a")).unwrap();
    symlink("a", at("b")).unwrap();
    atomic_write(&at("first"), b"one").unwrap();
    atomic_write(&at("open"), b"two").unwrap();
    for (name, text) in [("first", "one"), ("far/middle", "one"), ("open", "two")] {
        assert!(std::fs::symlink_metadata(at(name)).unwrap().is_symlink(), "{name}");
        assert_eq!(std::fs::read_to_string(at(name)).unwrap(), text);
    }
    assert!(!std::fs::symlink_metadata(at("far/old.csv")).unwrap().is_symlink());
    assert!(atomic_write(&at("a"), b"x").unwrap_err().to_string().contains("links"));

    let made = std::process::Command::new("mkfifo").arg(at("pipe")).status();
    if made.is_ok_and(|s| s.success()) {
        let pipe = at("pipe");
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            std::fs::File::open(pipe).and_then(|mut f| f.read_to_string(&mut text)).map(|_| text)
        });
        atomic_write(&at("pipe"), b"through").unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), "through");
        assert!(std::fs::metadata(at("pipe")).unwrap().file_type().is_fifo());
    }
    let mut left: Vec<_> = std::fs::read_dir(at("far"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["middle", "new.csv", "old.csv"]);
}

#[test]
fn the_last_two_checkpoints_are_kept_and_a_damaged_one_is_passed_over() {
    let root = tempfile::tempdir().unwrap();
    let run = RunDir::create(root.path(), "vae").unwrap();
    assert_eq!(run.latest(), (None, vec![]));
    for step in [100, 200, 300] {
        run.save(&checkpoint(step)).unwrap();
    }
    assert_eq!(run.checkpoints(), [300, 200]);
    assert_eq!(run.latest().0.unwrap().meta.step, 300);
    let last = run.path().join("checkpoints/00000300.ckpt");
    let bytes = std::fs::read(&last).unwrap();
    std::fs::write(&last, &bytes[..bytes.len() / 2]).unwrap();
    let (found, broken) = run.latest();
    assert_eq!(found.unwrap().meta.step, 200);
    assert_eq!(broken.len(), 1);
    assert!(broken[0].to_string().contains("00000300.ckpt"), "{}", broken[0]);
    // Resumed from 200: the damaged file of the abandoned future goes.
    run.save(&checkpoint(250)).unwrap();
    assert_eq!(run.checkpoints(), [250, 200]);
}

#[test]
fn folders_are_numbered_and_locked() {
    let root = tempfile::tempdir().unwrap();
    let first = RunDir::create(root.path(), "my spec").unwrap();
    let second = RunDir::create(root.path(), "my spec").unwrap();
    assert!(first.path().ends_with("my_spec-1") && second.path().ends_with("my_spec-2"));
    let error = RunDir::open(first.path()).unwrap_err();
    assert!(error.to_string().ends_with("another process is training in this folder"), "{error}");
    assert!(!RunDir::view(first.path()).unwrap().locked());
    let path = first.path().to_path_buf();
    drop(first);
    assert!(RunDir::open(&path).unwrap().locked());
    assert!(RunDir::open(&root.path().join("none")).is_err());
    for name in ["../x", "/x", "a/../../x", ""] {
        assert!(second.write(name, b"").is_err(), "{name}");
    }
    second.write("ir/train.txt", b"ir").unwrap();
    assert_eq!(second.read_text("ir/train.txt").unwrap(), "ir");
}

#[test]
fn half_written_files_are_swept_and_never_seen() {
    let root = tempfile::tempdir().unwrap();
    let run = RunDir::create(root.path(), "r").unwrap();
    run.save(&checkpoint(5)).unwrap();
    let path = run.path().to_path_buf();
    let half = path.join("checkpoints/.00000006.ckpt.77.tmp");
    std::fs::write(&half, b"gmc ck").unwrap();
    drop(run);
    let run = RunDir::open(&path).unwrap();
    assert!(!half.exists());
    assert_eq!(run.checkpoints(), [5]);
}

#[test]
fn metrics_survive_torn_lines_and_go_back_in_time() {
    let root = tempfile::tempdir().unwrap();
    let run = RunDir::create(root.path(), "r").unwrap();
    let record = |step| {
        Record::new(
            step,
            "train",
            0.5,
            [("loss", 1.0 / step as f64), ("odd", f64::NAN), ("big", f64::INFINITY)],
        )
    };
    let mut log = run.log(None).unwrap();
    for step in 1..=4 {
        log.append(&record(step)).unwrap();
    }
    drop(log);
    let path = run.path().join("metrics.jsonl");
    let mut text = std::fs::read(&path).unwrap();
    text.extend(b"{\"step\":5,\"part\":\"tr");
    std::fs::write(&path, &text).unwrap();
    assert_eq!(run.records().unwrap(), (1..=4).map(record).collect::<Vec<_>>());
    run.log(None).unwrap().append(&record(5)).unwrap();
    assert_eq!(run.records().unwrap().len(), 5);
    run.log(Some(2)).unwrap().append(&record(3)).unwrap();
    assert_eq!(run.records().unwrap(), (1..=3).map(record).collect::<Vec<_>>());
    let scores = [Score {
        key: "nll".into(),
        name: "negative log-likelihood".into(),
        part: "test".into(),
        value: Number(1.25),
        unit: "nats".into(),
        trust: Trust::Estimate { samples: 64, error: Some(0.01) },
        at: String::new(),
        caveats: Vec::new(),
        error: None,
    }];
    assert!(run.scores().unwrap().is_empty());
    run.write_scores(&scores).unwrap();
    assert_eq!(run.scores().unwrap(), scores);
}

#[test]
fn weights_are_read_back_from_safetensors() {
    let c = checkpoint(1);
    let bytes = weights::encode(c.group(Group::Param), Path::new("w")).unwrap();
    assert_eq!(bytes, weights::encode(c.group(Group::Param), Path::new("w")).unwrap());
    let back = weights::decode(&bytes, Path::new("w")).unwrap();
    assert_eq!(back.len(), 2);
    assert_eq!(back["f.0.weight"], c.tensors[&(Group::Param, "f.0.weight".to_string())]);
    for n in 0..bytes.len() {
        assert!(weights::decode(&bytes[..n], Path::new("w")).is_err());
    }
}

#[test]
fn tables_are_read_back_by_the_data_sources() {
    let folder = tempfile::tempdir().unwrap();
    let host = FileHost { roots: vec![], base: folder.path().into(), seed: 0 };
    let values: Vec<f32> = (0..12).map(|i| 0.1 * i as f32 - 0.3).collect();
    for shape in [vec![12], vec![3, 4], vec![3, 2, 2]] {
        std::fs::write(folder.path().join("f.npy"), table::npy(&shape, &values).unwrap()).unwrap();
        std::fs::write(folder.path().join("f.csv"), table::csv("x", 12 / shape[0], &values)).unwrap();
        for (source, file) in [("npy", "f.npy"), ("csv", "f.csv")] {
            let row = find(ROWS, source).unwrap();
            let args = args(source, &[("file", Const::Text(file.into()))]);
            let declared = [EventTy::real(if shape.len() == 1 { vec![1] } else { shape[1..].to_vec() })];
            let types = row.check(&args, &declared, &host).unwrap();
            let set = row.load(&args, &types, &host).unwrap();
            assert_eq!((set.train.n, &set.train.columns[0].values), (shape[0], &values), "{file} {shape:?}");
        }
        let bytes = table::npy(&shape, &values).unwrap();
        assert_eq!((bytes.len() - 48) % 64, 0, "data are aligned");
    }
    assert_eq!(table::npy(&[5], &values), None);
    assert_eq!(table::csv("z", 1, &[0.5]), "z\n0.5\n");
}
