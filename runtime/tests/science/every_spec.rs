//! Every spec of the repository trains: a few rounds, finite numbers, and answers to what it says that it can answer.

use crate::common::{mnist, session, text, train};
use gmc_runtime::evaluate::{Effort, evaluate};
use std::path::Path;

const EFFORT: Effort = Effort { examples: 64, k: 2, samples: 16 };

#[test]
fn every_spec_trains_a_few_rounds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    let found = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{e}"));
    let mut names: Vec<String> = found
        .filter_map(|e| e.ok()?.file_name().to_str()?.strip_suffix(".gm").map(str::to_string))
        // The prelude has no data; the pictures of `vae_64` are made in a test of their own.
        .filter(|n| n != "prelude" && n != "vae_64")
        .collect();
    names.sort();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        let source = text(&name);
        let large = source.contains("from mnist");
        if large && !mnist() {
            continue;
        }
        let mut set = vec![("train.steps", "3")];
        if large {
            set.push(("x.limit", "256"));
        }
        let mut s = session(&source, &set);
        train(&mut s);
        let scores = evaluate(&mut s, 1, EFFORT).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(!scores.is_empty(), "{name} has no scores");
        for score in &scores {
            assert!(score.value.0.is_finite(), "{name}: {score:?}");
        }
        let answers = s.compiled.queries.iter().filter(|q| q.answer.is_ok()).count();
        println!("{name}: {} scores, {answers} of {} questions answered", scores.len(), s.compiled.queries.len());
    }
}
