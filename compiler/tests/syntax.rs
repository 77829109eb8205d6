//! The syntax: every fixture parses, formats, and breaks with a readable message.

use gmc_compiler::diag::Diag;
use gmc_compiler::span::FileId;
use gmc_compiler::syntax::{self, ast};
use std::path::{Path, PathBuf};

/// The `.gm` files of a folder of `tests/`, sorted by name.
fn specs(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests").join(folder);
    let entries = std::fs::read_dir(&root).unwrap_or_else(|e| panic!("reading {}: {e}", root.display()));
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("a readable entry").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "gm"));
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no .gm file", root.display());
    let read = |p: PathBuf| {
        let text = std::fs::read_to_string(&p).unwrap_or_else(|e| panic!("reading {}: {e}", p.display()));
        (p, text)
    };
    paths.into_iter().map(read).collect()
}

fn parse_clean(name: &Path, text: &str) -> ast::Spec {
    let (spec, diags) = syntax::parse(FileId::SPEC, text);
    assert_eq!(diags, Vec::<Diag>::new(), "{}", name.display());
    spec
}

#[test]
fn every_spec_parses() {
    for (path, text) in specs("syntax") {
        let spec = parse_clean(&path, &text);
        assert!(spec.items.len() >= 4, "{}", path.display());
    }
}
