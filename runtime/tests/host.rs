//! Files as they are found on disks: plain, gzip, missing, damaged.

use crate::sources::args;
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::rows::data::{Host, NOT_FOUND, ROWS};
use gmc_compiler::rows::find;
use gmc_runtime::session::host::FileHost;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn sets_are_looked_for_in_order_and_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let roots = vec![folder.path().join("a"), folder.path().join("b")];
    let host = FileHost { roots, base: folder.path().into(), seed: 0 };
    let missing = host.read(Some("s"), "f").unwrap_err();
    assert_eq!(missing.what, NOT_FOUND);
    let looked: Vec<String> = ["a/s/f", "a/s/f.gz", "b/s/f", "b/s/f.gz"]
        .map(|p| folder.path().join(p).display().to_string())
        .into();
    assert_eq!(missing.tried, looked);

    std::fs::create_dir_all(folder.path().join("b/s")).unwrap();
    std::fs::write(folder.path().join("b/s/f.gz"), gzip(b"packed")).unwrap();
    assert_eq!(host.read(Some("s"), "f").unwrap(), b"packed");
    std::fs::create_dir_all(folder.path().join("a/s")).unwrap();
    // gzip without the ending that says so.
    std::fs::write(folder.path().join("a/s/f"), gzip(b"first")).unwrap();
    assert_eq!(host.read(Some("s"), "f").unwrap(), b"first");
    assert_eq!(host.read(None, "a/s/f").unwrap(), b"first");

    let whole = gzip(b"some bytes that are packed");
    std::fs::write(folder.path().join("a/s/f"), &whole[..whole.len() - 5]).unwrap();
    let torn = host.read(Some("s"), "f").unwrap_err();
    assert!(torn.what.contains("gzip") && torn.what.contains("a/s/f"), "{}", torn.what);
    assert!(host.read(None, "a").unwrap_err().what.starts_with("cannot read"));
}

#[test]
fn random_numbers_depend_on_seed_and_stream_alone() {
    let host = |seed| FileHost { roots: Vec::new(), base: "".into(), seed };
    let a = host(1).uniform(5, 20_000);
    assert_eq!(a[..100], host(1).uniform(5, 100));
    assert_ne!(a[..100], host(2).uniform(5, 100));
    assert_ne!(a[..100], host(1).uniform(6, 100));
    assert!(a.iter().all(|v| *v > 0.0 && *v < 1.0));
    let mean = a.iter().sum::<f64>() / 2e4;
    let var = a.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 2e4;
    assert!((mean - 0.5).abs() < 0.01 && (var - 1.0 / 12.0).abs() < 0.003, "{mean} {var}");
}

/// With the real files only: the sizes and the mean that the whole world knows, 0.1307.
#[test]
fn the_real_mnist_is_read() {
    let host = FileHost::new(0);
    if host.path(Some("mnist"), "train-images-idx3-ubyte").is_none() {
        println!("skipped: no MNIST");
        return;
    }
    let row = find(ROWS, "mnist").unwrap();
    let declared = [EventTy::real([784]), EventTy { kind: Kind::Class(10), shape: vec![] }];
    let types = row.check(&args("mnist", &[]), &declared, &host).unwrap();
    let set = row.load(&args("mnist", &[]), &types, &host).unwrap();
    assert_eq!((set.train.n, set.test.unwrap().n), (60_000, 10_000));
    let pixels = &set.train.columns[0].values;
    let mean = pixels.iter().map(|v| f64::from(*v)).sum::<f64>() / pixels.len() as f64;
    assert!((mean - 0.130_66).abs() < 1e-5, "{mean}");
    assert_eq!(set.train.columns[1].values[..5], [5.0, 0.0, 4.0, 1.0, 9.0]);
}
