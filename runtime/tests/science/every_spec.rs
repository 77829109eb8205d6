//! Every spec of the repository trains: a few rounds, finite numbers, and answers to what it says that it can answer.

use super::common::{mnist, run, session, text, train};
use gmc_compiler::derive::{Altered, Decoded, Output, Program, Question, altered, decoder};
use gmc_runtime::measure::between::{Walk, Way};
use gmc_runtime::measure::classes::posteriors;
use gmc_runtime::measure::{Budget, GLANCE, completion, draw, evaluate};
use gmc_runtime::session::Session;
use std::path::Path;

/// Test examples that questions are asked about.
const FEW: usize = 3;

const BUDGET: Budget = Budget { examples: 64, k: 2, samples: 16, ..GLANCE };

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
    let zoo = std::fs::read_dir(folder.join("zoo")).unwrap_or_else(|e| panic!("{e}"));
    let zoo = zoo.filter_map(|e| Some(format!("zoo/{}", e.ok()?.file_name().to_str()?.strip_suffix(".gm")?)));
    names.extend(zoo);
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
        let scores = evaluate(&mut s, 1, BUDGET).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(!scores.is_empty(), "{name} has no scores");
        for score in &scores {
            assert!(score.value.0.is_finite(), "{name}: {score:?}");
        }
        let answers = ask(&name, &mut s);
        println!(
            "{name}: {} scores, {answers} of {} questions answered",
            scores.len(),
            s.compiled.queries.len()
        );
    }
}

/// Completes examples of which nothing is given, and of which the first half is: the same whether the given places are gone through or not.
fn completes(name: &str, s: &mut Session, program: &Program) {
    let (site, order) = completion::site(s).unwrap_or_else(|| panic!("{name}: nothing to complete"));
    let ty = s.data_type(&site).unwrap_or_else(|| panic!("{name}: no `{site}`")).clone();
    let first = order.places() / 2;
    let drawn = |s: &mut Session, first: usize| {
        let known = (0..ty.size()).map(|e| order.place(&ty.shape, e) < first).collect();
        let part = completion::Partly { examples: FEW, known, instead: None };
        let made = completion::complete(s, program, &part, 2, 1).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(made.drawn.len(), 2 * made.originals.len(), "{name}");
        assert!(made.drawn.iter().all(|v| v.is_finite()), "{name}: completions {:?}", made.drawn);
        made.drawn
    };
    drawn(s, 0);
    let all = drawn(s, first);
    let how = Altered { first: [(site.clone(), first)].into(), ..Altered::default() };
    let graph = altered(&s.typed, program, &how).unwrap_or_else(|e| panic!("{name}: {e}"));
    let before = s.compiled.programs.get(program).cloned();
    s.run_instead(program.clone(), graph);
    let rest = drawn(s, first);
    // Products of another size sum in another order, which numbers show and classes do not.
    let near = if ty.kind.discrete() { 0.0 } else { 1e-4 };
    let apart = all.iter().zip(&rest).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart <= near, "{name}: completions from place {first} on differ by {apart}");
    before.into_iter().for_each(|g| s.run_instead(program.clone(), g));
}

/// Asks, for a few test examples, every question that the spec says it can answer; how many those are.
fn ask(name: &str, s: &mut Session) -> usize {
    let finite = |what: &str, values: &[f32]| {
        assert!(!values.is_empty() && values.iter().all(|v| v.is_finite()), "{name}: {what} {values:?}");
    };
    let known: Vec<(Question, Program)> = s
        .compiled
        .queries
        .iter()
        .filter(|q| q.model.is_none())
        .filter_map(|q| Some((q.question, q.answer.as_ref().ok()?.program.clone())))
        .collect();
    // The ways that `gmc` has to ask, one for each query of the compiler.
    assert_eq!(
        s.compiled.queries.iter().take(7).map(|q| q.question.text()).collect::<Vec<_>>(),
        ["sample", "density", "classify", "encode", "reconstruct", "complete", "interpolate"]
    );
    let rows: Vec<usize> = (0..FEW).collect();
    for (query, program) in &known {
        match query {
            Question::Sample => {
                for (output, values, shape) in draw(s, FEW, 1).unwrap_or_else(|e| panic!("{name}: {e}")) {
                    assert_eq!(values.len(), FEW * shape.iter().product::<usize>(), "{name}: {output}");
                    finite(&output.to_string(), &values);
                }
            }
            Question::Classify => {
                let p = posteriors(s, 1, FEW, 1)
                    .unwrap_or_else(|e| panic!("{name}: {e}"))
                    .unwrap_or_else(|| panic!("{name}: no classes"));
                assert_eq!((p.truth.len(), p.log.len()), (FEW, FEW * p.classes), "{name}");
                for one in p.log.chunks(p.classes) {
                    let sum: f64 = one.iter().map(|l| l.exp()).sum();
                    assert!((sum - 1.0).abs() < 1e-6, "{name}: probabilities sum to {sum}");
                }
            }
            Question::Complete => completes(name, s, program),
            Question::Interpolate => {
                let encode = s.answer(Question::Encode).ok().map(|a| a.program.clone());
                let code = |o: &(String, _)| match Output::parse(&o.0) {
                    Some(Output::Code(site)) => Some(site),
                    Some(_) | None => None,
                };
                let codes: Vec<String> = match encode.and_then(|p| s.compiled.programs.get(&p)) {
                    Some(g) => g.outputs.iter().filter_map(code).collect(),
                    None => s.hidden().into_iter().map(|(name, _)| name).collect(),
                };
                let model = s.model().map(|m| m.name.clone());
                let d = decoder(&s.typed, model.as_deref(), &codes, Decoded::Shown)
                    .unwrap_or_else(|e| panic!("{name}: {e}"));
                let ends = d
                    .codes
                    .iter()
                    .map(|(n, ty)| {
                        let size = ty.size();
                        let one = if ty.kind.discrete() { 0.0 } else { 0.5 };
                        (n.clone(), [vec![0.0; size], vec![one; size]].concat(), size)
                    })
                    .collect();
                let data = s.fixed_batch(&rows, 1).into_iter();
                let given = data.filter(|(n, _)| d.given.contains(n)).collect();
                let before = s.compiled.programs.get(program).cloned();
                let made = d.graph.outputs.iter().find_map(|(o, _)| o.strip_prefix("site:")).unwrap();
                let walk =
                    Walk { decoder: &d, program, ends: &ends, given: &given, steps: 3, way: Way::Linear };
                let values = walk.decode(s, made, 1).unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(values.len(), 3 * s.data_type(made).unwrap().size(), "{name}");
                finite("what lies between", &values);
                s.run_instead(program.clone(), before.unwrap());
            }
            Question::Density | Question::Encode | Question::Reconstruct => {
                let data = s.fixed_batch(&rows, 1);
                let answers = run(s, &program.to_string(), FEW, &data);
                let wanted = match query {
                    Question::Density => ["log_prob", "log_weight"],
                    Question::Encode => ["code:", "code:"],
                    Question::Sample
                    | Question::Classify
                    | Question::Complete
                    | Question::Interpolate
                    | Question::Reconstruct => ["site:", "site:"],
                };
                assert!(
                    answers.iter().any(|(o, _)| wanted.iter().any(|w| o.starts_with(w))),
                    "{name}: {query} gives no {wanted:?}"
                );
                for (output, t) in answers {
                    assert_eq!(t.shape().first(), Some(&FEW), "{name}: {output}");
                    finite(&output, &t.to_f32());
                }
            }
        }
    }
    known.len()
}
