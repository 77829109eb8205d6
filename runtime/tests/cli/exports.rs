//! What other programs read of a run: event files, ONNX models, weights.

use super::common::{GAN, Place, VAE};
use gmc_runtime::store::RunDir;
use gmc_runtime::store::events::{EVENTS, crc32c};
use std::collections::BTreeMap;
use std::path::Path;

/// A message of protocol buffers: its fields in their order, numbers as 64 bits.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let varint = |bytes: &mut &[u8]| {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let b = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(b & 0x7f) << shift;
            shift += 7;
            if b < 0x80 {
                return value;
            }
        }
    };
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let take = match key & 7 {
            0 => {
                all.push((key >> 3, Field::Number(varint(&mut bytes))));
                continue;
            }
            1 => 8,
            5 => 4,
            2 => varint(&mut bytes) as usize,
            other => panic!("wire type {other}"),
        };
        let (value, rest) = bytes.split_at(take);
        bytes = rest;
        all.push((key >> 3, Field::Bytes(value)));
    }
    all
}

#[derive(Clone, Copy, Debug)]
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Field::Bytes(b) => b,
            Field::Number(n) => panic!("a number: {n}"),
        }
    }
    fn number(self) -> u64 {
        match self {
            Field::Number(n) => n,
            Field::Bytes(b) => panic!("bytes: {b:?}"),
        }
    }
}

fn get<'a>(message: &[(u64, Field<'a>)], number: u64) -> Option<Field<'a>> {
    message.iter().find(|(n, _)| *n == number).map(|(_, f)| *f)
}

/// The records of a file, each with the right sums.
fn records(path: &Path) -> Vec<Vec<u8>> {
    let file = std::fs::read(path).unwrap();
    let sum = |bytes: &[u8]| crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8);
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let (mut at, mut all) = (0, Vec::new());
    while at < file.len() {
        let n = u64::from_le_bytes(file[at..at + 8].try_into().unwrap()) as usize;
        assert_eq!(word(at + 8), sum(&file[at..at + 8]));
        let bytes = file[at + 12..at + 12 + n].to_vec();
        assert_eq!(word(at + 12 + n), sum(&bytes));
        all.push(bytes);
        at += 16 + n;
    }
    all
}

/// What an event file says: the scalars by tag and step with their wall times, and the steps of its pictures.
#[derive(Default, Debug, PartialEq)]
struct Said {
    scalars: BTreeMap<(String, u64), f32>,
    walls: Vec<f64>,
    pictures: BTreeMap<u64, (u64, u64)>,
}

fn said(run: &Path) -> Said {
    let all = records(&run.join(EVENTS));
    let first = fields(&all[0]);
    assert_eq!(get(&first, 3).unwrap().bytes(), b"brain.Event:2");
    let mut said = Said::default();
    for record in &all[1..] {
        let event = fields(record);
        let step = get(&event, 2).unwrap().number();
        said.walls.push(f64::from_le_bytes(get(&event, 1).unwrap().bytes().try_into().unwrap()));
        for (_, value) in fields(get(&event, 5).unwrap().bytes()) {
            let value = fields(value.bytes());
            let tag = String::from_utf8(get(&value, 1).unwrap().bytes().to_vec()).unwrap();
            if let Some(v) = get(&value, 2) {
                said.scalars.insert((tag, step), f32::from_le_bytes(v.bytes().try_into().unwrap()));
                continue;
            }
            let image = fields(get(&value, 4).unwrap().bytes());
            assert_eq!(tag, "samples");
            assert!(get(&image, 4).unwrap().bytes().starts_with(b"\x89PNG"));
            said.pictures.insert(step, (get(&image, 1).unwrap().number(), get(&image, 2).unwrap().number()));
        }
    }
    said
}

/// The event file says what `metrics.jsonl` does, at the same steps, in times that grow; it has the pictures of the folder; and a run that
/// goes on says each step once.
#[test]
fn tensorboard_reads_what_the_log_says() {
    let place = Place::new();
    let run = place.train("vae", &VAE.replace("TRAIN", "steps 60"));
    let check = || {
        let found = said(&run);
        let mut log = BTreeMap::new();
        for r in RunDir::view(&run).unwrap().records().unwrap() {
            for (name, v) in &r.values {
                log.insert((format!("{}/{}", name.replace('/', " per "), r.part), r.step), v.0 as f32);
            }
        }
        assert_eq!(found.scalars, log);
        assert!(log.keys().any(|(tag, _)| tag == "negative ELBO [nats]/train"), "{:?}", log.keys());
        assert!(log.keys().any(|(tag, _)| tag == "negative ELBO [bits per dim]/test"), "{:?}", log.keys());
        assert!(found.walls.is_sorted() && found.walls[0] > 1.7e9, "{:?}", found.walls);
        let pictures = place.files("runs/vae-1/progress");
        assert!(!pictures.is_empty());
        let steps: Vec<u64> = pictures.iter().map(|p| p[..8].parse().unwrap()).collect();
        assert_eq!(found.pictures.keys().copied().collect::<Vec<_>>(), steps);
        assert!(found.pictures.values().all(|(h, w)| *h > 8 && *w > 8), "{:?}", found.pictures);
        found
    };
    let before = check();
    place.gmc("resume runs/vae-1 --steps 20 --device cpu").succeeds();
    let after = check();
    let last = |s: &Said| s.scalars.keys().map(|(_, step)| *step).max();
    assert_eq!((last(&before), last(&after)), (Some(60), Some(80)));
}

/// A file is written, its ports are told; what cannot be is refused with the reason.
#[test]
fn a_program_is_exported_or_refused() {
    let place = Place::new();
    place.train("vae", &VAE.replace("TRAIN", "steps 3"));
    let said = place.gmc("export runs/vae-1 decoder.onnx --program decode --device cpu");
    assert_eq!(said.succeeds().out, "decoder.onnx\n");
    for part in ["operators of version 18", "in  z f[B, 4]  the code `z`", "out x.mean f[B, 64]"] {
        assert!(said.err.contains(part), "no {part:?} in:\n{}", said.err);
    }
    let file = std::fs::read(place.path("decoder.onnx")).unwrap();
    let model = fields(&file);
    assert_eq!(get(&model, 1).unwrap().number(), 8);
    assert_eq!(get(&model, 2).unwrap().bytes(), b"gmc");
    let entries: Vec<Vec<u8>> = model
        .iter()
        .filter(|(n, _)| *n == 14)
        .map(|(_, f)| get(&fields(f.bytes()), 1).unwrap().bytes().to_vec())
        .collect();
    assert_eq!(entries, [&b"gmc.version"[..], b"gmc.program", b"gmc.spec", b"gmc.set"]);
    place.gmc("export runs/vae-1 samples.onnx --device cpu").succeeds();
    place
        .gmc("export runs/vae-1 density.onnx --program log_prob --device cpu")
        .fails(&["has no closed form, only a bound", "--program bound.p"]);
    place.gmc("export runs/vae-1 decoder.pb").fails(&["give a name that ends in .onnx"]);
    place.gmc("export runs/vae-1 d.onnx --program smaple").fails(&["has no program `smaple`", "`sample.p`"]);
    assert!(!place.path("density.onnx").exists());
    place.train("gan", &GAN.replace("TRAIN", "steps 3"));
    place
        .gmc("export runs/gan-1 density.onnx --program log_prob")
        .fails(&["this model cannot answer `density`"]);
}
