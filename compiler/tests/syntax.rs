//! The syntax: every fixture parses, formats, and breaks with a readable message.

use gmc_compiler::diag::Diag;
use gmc_compiler::diag::render::{Format, Sources, render};
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

fn rendered(name: &str, text: &str, diags: &[Diag], format: Format) -> String {
    let mut sources = Sources::new();
    sources.insert(FileId::SPEC, name, text);
    render(diags, &sources, format, false)
}

/// One snapshot for each file of `tests/bad/e01*`: its text, then what the user sees.
#[test]
fn bad_specs_are_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bad");
    let mut folders: Vec<String> = std::fs::read_dir(&root)
        .expect("tests/bad")
        .map(|e| e.expect("a readable entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("e01"))
        .collect();
    folders.sort();
    assert!(folders.len() > 10, "{folders:?}");
    for folder in folders {
        for (path, text) in specs(&format!("bad/{folder}")) {
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let (_, diags) = syntax::parse(FileId::SPEC, &text);
            let code = folder.to_uppercase();
            assert!(diags.iter().any(|d| d.code == code), "{} gives {diags:#?}", path.display());
            let shown = rendered(&format!("{stem}.gm"), &text, &diags, Format::Human);
            let mut settings = insta::Settings::clone_current();
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(format!("{folder}_{stem}"), format!("{text}\n{shown}")));
        }
    }
}
