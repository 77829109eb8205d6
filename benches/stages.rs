//! Benchmarks of the compiler: what `gmc check` does to each spec, and each stage on its own for a few of them.
//!
//! ```text
//! cargo bench --manifest-path benches/Cargo.toml                          all of them
//! cargo bench --manifest-path benches/Cargo.toml check/maf                those whose name has a part
//! cargo bench --manifest-path benches/Cargo.toml -- --save-baseline old   to compare with later: `-- --baseline old`
//! ```
//!
//! No process is started and no file is read: `target/release/gmc-bench check` measures `gmc check` from start to exit.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use gmc_compiler::derive::{self, Compiled};
use gmc_compiler::driver::{self, PRELUDE};
use gmc_compiler::ir::{optimise, schedule, text};
use gmc_compiler::rows::data::NoHost;
use gmc_compiler::span::FileId;
use gmc_compiler::syntax::{self, ast};
use gmc_compiler::types::{self, Typed};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

/// Specs whose stages are measured: the first of the README, a game, and the largest graphs.
const STAGED: &[&str] = &["vae", "gan", "glow", "realnvp_mnist", "maf_mnist"];

/// Batch for which the order of nodes is chosen.
const BATCH: usize = 64;

/// Name and text of every spec.
fn specs() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut all: Vec<(String, String)> = files
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "gm"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), text)
        })
        .filter(|(name, _)| name != "prelude")
        .collect();
    all.sort();
    all
}

/// What `gmc check` does to a text: parse, check, derive.
fn check(name: &str, text: &str) -> driver::Unit {
    driver::check(name, text, &NoHost, &|path| Err(format!("no file `{path}`")), |_| Vec::new())
}

fn parsed(text: &str) -> [ast::Spec; 2] {
    [syntax::parse(FileId::PRELUDE, PRELUDE).0, syntax::parse(FileId::SPEC, text).0]
}

fn typed(specs: &[ast::Spec; 2]) -> Typed {
    types::check(&specs.each_ref(), &NoHost).0
}

fn whole(c: &mut Criterion) {
    let mut group = c.benchmark_group("check");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    for (name, text) in specs() {
        assert!(!check(&name, &text).failed(), "{name} does not compile");
        group.bench_function(&name, |b| b.iter(|| check(&name, black_box(&text))));
    }
    group.finish();
}

fn stages(c: &mut Criterion) {
    let all = specs();
    for (name, text) in all.iter().filter(|(name, _)| STAGED.contains(&name.as_str())) {
        let mut group = c.benchmark_group(format!("stages/{name}"));
        group.sample_size(20).measurement_time(Duration::from_secs(2));
        let spec = parsed(text);
        let model = typed(&spec);
        group.bench_function("parse", |b| b.iter(|| parsed(black_box(text))));
        group.bench_function("types", |b| b.iter(|| typed(black_box(&spec))));
        group.bench_function("derive", |b| b.iter(|| derive::graphs(black_box(&model))));
        group.bench_function("optimise", |b| {
            let run = |mut compiled: Compiled| {
                compiled.optimise(&model);
                compiled
            };
            b.iter_batched(|| derive::graphs(&model), run, BatchSize::LargeInput);
        });
        // The parts of the stage before, on the largest program.
        let compiled = derive::graphs(&model);
        let Some(largest) = compiled.graphs.graphs().max_by_key(|g| g.nodes.len()) else { continue };
        let smaller = optimise(largest);
        group.bench_function("optimise/largest", |b| b.iter(|| optimise(black_box(largest))));
        group.bench_function("order/largest", |b| {
            b.iter(|| schedule::lower_peak(black_box(&smaller), BATCH));
        });
        group.bench_function("print/largest", |b| b.iter(|| text::print(black_box(&smaller))));
        group.finish();
    }
}

criterion_group!(benches, whole, stages);
criterion_main!(benches);
