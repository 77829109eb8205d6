//! Small inputs that once passed in silence, were refused though right, or ended in a panic (`tests/cases`), and variants of each kind:
//! what the compiler says of them now. What needs a run stands in the tests of the command line.

use crate::spec_common::{root, uniform};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::check;
use gmc_compiler::rows::data::{Host, HostError, NOT_FOUND};
use std::path::PathBuf;

/// The files of one folder.
struct Folder(PathBuf);

impl Host for Folder {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        std::fs::read(self.0.join(name))
            .map_err(|_| HostError { what: NOT_FOUND.into(), tried: vec![name.into()] })
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        uniform(stream, n)
    }
}

/// What is said of a text in the folder of a case; whether it failed.
fn said(case: &str, text: &str) -> (bool, String) {
    let u =
        check("spec.gm", text, &Folder(root().join("tests/cases").join(case)), &|p| Err(p.into()), |_| {
            Vec::new()
        });
    (u.failed(), render(&u.diags, &u.sources, Format::Human, false))
}

fn spec(case: &str) -> String {
    std::fs::read_to_string(root().join("tests/cases").join(case).join("spec.gm")).unwrap()
}

/// The text is refused, and each of `parts` is said.
#[track_caller]
fn refused(case: &str, text: &str, parts: &[&str]) {
    let (failed, out) = said(case, text);
    assert!(failed, "accepted:\n{text}\n{out}");
    for p in parts {
        assert!(out.contains(p), "`{p}` is not said of\n{text}\n{out}");
    }
}

/// The text is accepted without a word.
#[track_caller]
fn clean(case: &str, text: &str) {
    let (failed, out) = said(case, text);
    assert!(!failed && out.is_empty(), "{text}\n{out}");
}

#[test]
fn parts_of_data_have_names_that_are_known() {
    let case = "41-unknown-part-names";
    let text = spec(case);
    refused(case, &text, &["`split` has no part `banana`", "the parts are `train`, `valid`, `test`"]);
    let known = text.replace(", banana 0.05", "");
    clean(case, &known);
    clean(case, &known.replace("split(", "split in order ("));
    refused(case, &known.replace("valid", "validation"), &["did you mean `valid`?"]);
    refused(case, &known.replace("valid", "tets"), &["did you mean `test`?"]);
    refused(case, &known.replace("valid", "test"), &["given `test` twice"]);
}

#[test]
fn several_outputs_are_unpacked_wherever_a_name_is_bound() {
    let case = "27-let-unpack";
    let text = spec(case);
    clean(case, &text);
    refused(case, &text.replace("(m, s)", "(m, s, t)"), &["the names do not match the outputs", "3 names"]);
    refused(case, &text.replace("encode(x)\n", "x\n"), &["the names do not match the outputs"]);
    refused(case, &text.replace("decode(m + s)", "decode(m + r)"), &["unknown name `r`"]);
}

#[test]
fn a_misspelt_net_is_named_before_its_outputs_are_counted() {
    let case = "42-misspelt-net";
    let text = spec(case);
    refused(case, &text, &["`encoder`", "did you mean `encode`?"]);
    refused(case, &text.replace("encoder(x)", "enocde(x)"), &["`enocde`", "did you mean `encode`?"]);
    refused(
        case,
        &text.replace("(m, s) = encoder", "m = encodr").replace("exp(s)", "1"),
        &["did you mean `encode`?"],
    );
    clean(case, &text.replace("encoder", "encode"));
}
