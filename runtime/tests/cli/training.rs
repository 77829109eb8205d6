//! What goes wrong in training, told by its cause: minibatches of one, averages, schedules, data at the border of a density, values that
//! are not finite.

use super::common::{Place, files, play, records, session, values};
use std::fmt::Write;
use std::path::Path;

/// A folder with the files of a case.
fn case(name: &str) -> Place {
    let place = Place::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases").join(name);
    for file in files(&from) {
        place.write(&file, std::fs::read(from.join(&file)).unwrap());
    }
    place
}

/// The number that stands in a line of scores after `name`.
fn score(out: &str, name: &str) -> f64 {
    let line = out.lines().find(|l| l.contains(name)).unwrap_or_else(|| panic!("no {name} in {out}"));
    line.split(name).nth(1).unwrap().split_whitespace().find_map(|w| w.parse().ok()).unwrap()
}

/// `n` numbers without pattern in (0, 1).
fn numbers(n: usize) -> Vec<f64> {
    (1..=n).map(|i| (i as f64 * 0.618_033_988_749_894_9).fract() * 0.98 + 0.01).collect()
}

fn csv(columns: &[&[f64]]) -> String {
    let names: Vec<String> = (0..columns.len()).map(|c| format!("c{c}")).collect();
    let mut text = names.join(",") + "\n";
    for row in 0..columns[0].len() {
        let cells: Vec<String> = columns.iter().map(|c| c[row].to_string()).collect();
        let _ = writeln!(text, "{}", cells.join(","));
    }
    text
}

#[test]
fn a_leftover_of_one_joins_another_minibatch() {
    let place = case("08-batch-norm-minibatch-of-one");
    let run = |more: &str| place.gmc(&format!("run spec.gm --device cpu {more}")).succeeds().out.clone();
    let joined = place.gmc("run spec.gm --device cpu");
    joined.succeeds();
    assert!(joined.err.contains("65 training examples in minibatches of 64 leave 1"), "{}", joined.err);
    // One minibatch of 65 either way.
    assert_eq!(joined.out, run("--set train.batch=65"));
    assert!(score(&joined.out, "negative ELBO") < 3.0, "{}", joined.out);
    place.gmc("run spec.gm --name spec --device cpu --set train.batch=1").fails(&["E0220", "`batch_norm`"]);
    // Without such layers nothing changes: 65 examples in minibatches of 64 are two rounds an epoch.
    let text = std::fs::read_to_string(place.path("spec.gm")).unwrap().replace(", batch_norm", "");
    let run = place.train("alone", &text);
    assert!(records(&run).iter().any(|(step, ..)| *step == 120), "60 epochs of two minibatches");
    let said = place.gmc("run alone.gm --name alone --device cpu --set train.batch=1 --set train.epochs=1");
    assert!(said.code == Some(0) && !said.err.contains("note:"), "{}", said.err);
}

/// 67 training examples at batch 32 leave 3, which join: two minibatches an epoch.
#[test]
fn an_epoch_counts_joined_minibatches() {
    let text = "data x: Real[2] from csv(\"d.csv\", test: \"d.csv\")\nnet e(x: Real[2]) -> Real[2] { dense(8), batch_norm, relu, dense(2) }\ntrain { minimizes mse(e(x), x)  epochs 3  batch 32 }\n";
    let place = Place::new();
    let c = numbers(67);
    place.write("d.csv", csv(&[&c, &c.iter().rev().copied().collect::<Vec<_>>()]));
    let run = place.train(
        "s",
        &text.replace(", test: \"d.csv\"", "").replace("csv(\"d.csv\")", "csv(\"d.csv\") split (train 1)"),
    );
    assert_eq!(records(&run).iter().map(|r| r.0).max(), Some(6));
}

/// A training part of one example is refused before anything is written.
#[test]
fn one_example_has_no_statistics() {
    let place = Place::new();
    place.write("d.csv", csv(&[&[0.25, 0.5]]));
    for layer in ["batch_norm", "residual { batch_norm }"] {
        place.write("s.gm", format!("data x: Real[1] from csv(\"d.csv\")\nnet e(x: Real[1]) -> Real[1] {{ dense(1), {layer} }}\ntrain {{ minimizes mse(e(x), x)  epochs 3 }}\n"));
        place.gmc("run s.gm --device cpu").fails(&["E0220", "only training example"]);
        assert!(!place.path("runs").exists());
    }
    place.write("s.gm", "data x: Real[1] from csv(\"d.csv\")\nnet e(x: Real[1]) -> Real[1] { dense(1) }\ntrain { minimizes mse(e(x), x)  epochs 3 }\n");
    place.gmc("run s.gm --device cpu").succeeds();
}

#[test]
fn averages_do_not_remember_the_initial_weights() {
    let place = case("54-averages-start-at-the-initial-weights");
    let said = place.gmc("run spec.gm --device cpu");
    said.succeeds();
    assert!(said.err.contains("W0510") && said.err.contains("training has 300"), "{}", said.err);
    // The mean of the data is 4.9 with deviation 1: entropy of a normal 1.42. From 0 it was 8.6.
    assert!(score(&said.out, "negative log-likelihood") < 1.6, "{}", said.out);
    let fits = place.gmc("run spec.gm --name spec --device cpu --set train.ema=0.98");
    assert!(!fits.succeeds().err.contains("W0510"), "{}", fits.err);
    // A comment accepts what is known when training is planned, and is told where it accepts nothing.
    let text = std::fs::read_to_string(place.path("spec.gm")).unwrap();
    place.write("meant.gm", format!("# accept W0510: the average of a short run\n{text}"));
    let said = place.gmc("run meant.gm --device cpu");
    assert!(!said.succeeds().err.contains("W0"), "{}", said.err);
    let said = place.gmc("run meant.gm --name again --device cpu --set train.ema=0.98");
    assert!(said.succeeds().err.contains("the accepted W0510 does not occur"), "{}", said.err);
    // After one update the average is the weight, whatever the decay.
    let text = "data x: Real[2] from moons\nparam a: Real[2] = 100\nmodel p { x ~ Normal(a, 1) }\ntrain { steps 50  ema DECAY  using sgd(lr: 0.3) }\n";
    for decay in ["0.5", "0.999", "0.9999"] {
        let mut s = session(&text.replace("DECAY", decay));
        play(&mut s, 1);
        let (average, weight) = (values(&s, "@ema.a"), values(&s, "a"));
        let near = |(a, w): (&f32, &f32)| (a - w).abs() < 1e-3 && (a - 100.0).abs() > 20.0;
        assert!(average.iter().zip(&weight).all(near), "{decay}: {average:?} {weight:?}");
    }
}

#[test]
fn schedules_stand_where_training_ended() {
    let place = case("51-cyclical-at-evaluation");
    let out = place.gmc("run spec.gm --name spec --device cpu --set train.steps=70").succeeds().out.clone();
    // Round 69 is 5 of 64 in the second cycle: 2 * 5 / 64.
    assert!(out.contains("payoff (beta 0.1563)"), "{out}");
    let at = |name: &str| score(&out, name);
    let bound = at("negative ELBO");
    assert!((bound - at("reconstruction  ") - at("KL  ")).abs() < 1e-3, "the bound is not weighted: {out}");
    let eval = place.gmc("eval runs/spec-1 --device cpu").succeeds().out.clone();
    assert_eq!(eval, out);
    let json = place.gmc("eval runs/spec-1 --device cpu --message-format json").succeeds().out.clone();
    assert!(
        json.lines().any(|l| l.contains("\"key\":\"payoff\"") && l.contains("\"at\":\"beta 0.1563\"")),
        "{json}"
    );
    let report = std::fs::read_to_string(place.path("runs/spec-1/report.html")).unwrap();
    assert!(report.contains("payoff (beta 0.1563)"));
}

#[test]
fn a_datum_at_the_border_is_named() {
    let place = case("13-not-finite-blames-the-rate");
    // Whatever the seed, the datum is one of those trained on.
    let spec = std::fs::read_to_string(place.path("spec.gm")).unwrap();
    place.write("spec.gm", spec.replace("npy(\"b.npy\")", "npy(\"b.npy\") split (train 1)"));
    let said = place.gmc("run spec.gm --device cpu");
    let file = std::fs::read(place.path("b.npy")).unwrap();
    let data = &file[file.len() - 2000..];
    let ones = data.chunks(4).position(|b| f32::from_le_bytes(b.try_into().unwrap()) == 1.0).unwrap();
    let row = format!("row {}", ones + 1);
    said.fails(&[
        "W0306",
        "1 of 500 values is exactly 1",
        &format!("{row}: 1"),
        &format!("{row} (`x` is 1, an end of its range) makes it so alone"),
    ]);
    let (_, failure) = said.err.split_once("error: ").unwrap();
    assert!(!failure.contains("learning rate"), "{failure}");
    // A concentration that is known to be another than 1 gives such a datum no density at all.
    for (site, code) in
        [("Beta(2, 3)[1]", "E0305"), ("Beta(1, 2)[1]", "E0305"), ("Beta(3, exp(free()))[1]", "W0306")]
    {
        let text = std::fs::read_to_string(place.path("spec.gm")).unwrap();
        place.write(
            "b.gm",
            text.replace("Beta(exp(free()), exp(free()))[1]", site).replace("epochs 100", "epochs 1"),
        );
        let said = place.gmc("run b.gm --device cpu");
        assert!(said.err.contains(code) && said.err.contains(&row), "{site}: {}", said.err);
    }
}

/// Specs that come to a value that is not finite, each for another reason: what is said, and what is not.
#[test]
fn values_that_are_not_finite_have_a_cause() {
    let place = Place::new();
    let plain = numbers(200);
    let mut odd = plain.clone();
    odd[77] = 1e30;
    let huge: Vec<f64> = plain.iter().map(|v| v * 1e15).collect();
    place.write("odd.csv", csv(&[&odd, &plain]));
    place.write("huge.csv", csv(&[&plain, &huge]));
    place.write("plain.csv", csv(&[&plain, &plain.iter().rev().copied().collect::<Vec<_>>()]));
    let net = "net f(x: Real[2]) -> Real[2] { dense(8), relu, dense(2) }\n";
    for (file, text, says, not) in [
        (
            "odd",
            "train { minimizes mse(f(x), x)  epochs 2  batch 50 }",
            &["row 78", "`x[0]` is 1.0000e30", "standard deviations"][..],
            &["learning rate"][..],
        ),
        (
            "huge",
            "train { minimizes sse(f(x) * f(x), x)  epochs 2  batch 50 }",
            &["the numbers of `x[1]` reach", "size near 1"],
            &["lower the learning rate", "row "],
        ),
        (
            "plain",
            "param s: Real[] = 200\ntrain { minimizes E[exp(s) * norm(f(x))]  epochs 2  batch 50 }",
            &["round 1", "no step has been taken yet", "clamp(s, -7, 7)"],
            &["lower the learning rate"],
        ),
        (
            "plain",
            "param a: Real[2] = 0\ntrain { minimizes E[norm(x / a)] + mse(f(x), x)  epochs 2  batch 50 }",
            &["round 1", "no step has been taken yet", "another initial value"],
            &["lower the learning rate"],
        ),
        (
            "plain",
            "param a: Real[2] = 1\ntrain { minimizes sse(a, x) + mse(f(x), x)  epochs 500  batch 50  using sgd(lr: 1e4) }",
            &["rounds 1 to", "lower the learning rate"],
            &["row ", "no step"],
        ),
    ] {
        place.write("s.gm", format!("data x: Real[2] from csv(\"{file}.csv\")\n{net}{text}\n"));
        let said = place.gmc("run s.gm --device cpu");
        assert_eq!(said.code, Some(1), "{text}: {}", said.err);
        let (_, failure) = said.err.rsplit_once("error: ").unwrap();
        says.iter().for_each(|w| assert!(failure.contains(w), "{text}: no {w:?} in {failure}"));
        not.iter().for_each(|w| assert!(!failure.contains(w), "{text}: {w:?} in {failure}"));
    }
}

/// Data that repeat under a density without an upper end: what is said before training, beside the number, in JSON and in the report.
#[test]
fn densities_without_an_upper_end_are_not_called_exact_alone() {
    let place = case("10-exact-density-without-bound");
    let said = place.gmc("run spec.gm --name spec --device cpu --set train.epochs=20");
    said.succeeds();
    assert!(
        said.err.contains("W0511") && said.err.contains("`x[0]`") && said.err.contains("Int(4)"),
        "{}",
        said.err
    );
    let line = said.out.lines().find(|l| l.contains("negative log-likelihood")).unwrap();
    assert!(line.contains("exact, but see below"), "{line}");
    assert!(said.out.contains("warning: the density of `x` has no upper end on these data"), "{}", said.out);
    let eval = place.gmc("eval runs/spec-1 --device cpu").succeeds().out.clone();
    assert_eq!(eval, said.out);
    let json = place.gmc("eval runs/spec-1 --device cpu --message-format json").succeeds().out.clone();
    assert!(json.contains("\"caveats\":[\"the density of `x` has no upper end"), "{json}");
    let report = std::fs::read_to_string(place.path("runs/spec-1/report.html")).unwrap();
    assert!(report.contains("<b>warning:</b> the density of <code>x</code> has no upper end"));
}

/// Who looks at the data, asks for densities or decides classes by them is told, too.
#[test]
fn whatever_rests_on_a_density_without_an_upper_end_says_so() {
    let place = Place::new();
    let classes: Vec<f64> = (0..300).map(|i| f64::from(i % 2)).collect();
    let a: Vec<f64> = numbers(300).iter().zip(&classes).map(|(a, y)| a + y).collect();
    let text = "data (x: Real[2], y: Class(2)) from csv(\"d.csv\", label: \"c2\")\nparam m: Real[2, 2] = 0\nparam s: Real[2, 2] in positive = 1\n\
                model p { y ~ Categorical(2);  x ~ Normal(entry(y, m), entry(y, s)) }\ntrain { epochs 3 }\n";
    place.write("s.gm", text);
    for (second, tells) in [(vec![2.5; 300], true), (numbers(300), false)] {
        place.write("d.csv", csv(&[&a, &second, &classes]));
        let data = place.gmc("data s.gm");
        assert_eq!(data.succeeds().err.contains("W0511"), tells, "{}", data.err);
        place.gmc("run s.gm --device cpu").succeeds();
        let run = if tells { "runs/s-1" } else { "runs/s-2" };
        for (verb, says) in [
            ("density", "warning: the density of `x` has no upper end on these data"),
            ("classify", "warning: the density of `x`, by which classes are decided, has no upper end"),
            ("eval", "warning: the density of `x`, by which classes are decided, has no upper end"),
        ] {
            let said = place.gmc(&format!("{verb} {run} --device cpu"));
            let all = format!("{}{}", said.succeeds().out, said.err);
            assert_eq!(all.contains(says), tells, "{verb}: {all}");
            assert_eq!(all.contains(", but see below"), tells, "{verb}: {all}");
            assert!(!tells || all.contains("`x[1]` (column `c1`) is always 2.5"), "{verb}: {all}");
        }
    }
}

/// The page about data at an end: of its wrong data it is said, of its right ones not.
#[test]
fn the_page_about_data_at_an_end_shows_what_is_said() {
    let place = Place::new();
    let page = place.gmc("explain W0306").succeeds().out.clone();
    let (_, examples) = page.split_once("Wrong:\n").unwrap();
    let (wrong, right) = examples.split_once("Right:\n").unwrap();
    // What stands behind the examples is not indented.
    let (right, _) = right.split_once("\n\n").unwrap_or((right, ""));
    for (text, told) in [(wrong, true), (right, false)] {
        let shares = text.lines().find_map(|l| l.split_once("# ")).unwrap().1;
        place.write(
            "shares.csv",
            format!("share\n{}\n{}", shares.replace(", ", "\n"), shares.replace(", ", "\n")),
        );
        place.write(
            "s.gm",
            text.replace("    ", "").replace("csv(\"shares.csv\")", "csv(\"shares.csv\") split (train 1)"),
        );
        let said = place.gmc("data s.gm");
        assert_eq!(said.succeeds().err.contains("W0306"), told, "{text}{}", said.err);
    }
}

/// Running averages of a few rounds are those of these rounds: what the layer starts with has no share in them.
#[test]
fn running_averages_of_three_rounds_are_not_their_start() {
    let place = Place::new();
    let a: Vec<f64> = numbers(400).iter().map(|v| 50.0 + 0.1 * v).collect();
    place.write("d.csv", csv(&[&a]));
    place.write(
        "s.gm",
        "data x: Real[1] from csv(\"d.csv\")\nnet f(x: Real[1]) -> Real[1] { batch_norm(affine: false), dense(1) }\n\
         train { minimizes mse(f(x), x)  steps 3  batch 100 }\n",
    );
    let run = place.gmc("run s.gm --device cpu");
    // Standardised, the numbers lie near 0; by 0.27 of their mean and variance they would lie at 70.
    assert!(run.succeeds().out.contains("payoff"), "{}", run.out);
    let trained = records(&place.path("runs/s-1"));
    let (_, _, last) = trained.iter().rev().find(|r| r.1 == "train").unwrap();
    let test = score(&run.out, "payoff");
    assert!((test / last["payoff"].0 - 1.0).abs() < 0.1, "{test} where training has {last:?}");
}

/// What is told of data under densities that may grow without end, and of which nothing is.
#[test]
fn columns_that_repeat_are_named() {
    let place = Place::new();
    let a = numbers(300);
    let b: Vec<f64> = (0..300).map(|i| ((i * i) as f64 * 0.377).sin()).collect();
    let constant = vec![2.5; 300];
    let sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 2.0 * a - b + 1.0).collect();
    let halves: Vec<f64> = (0..300).map(|i| (i * 7 % 3) as f64 / 2.0).collect();
    let zeros: Vec<f64> = a.iter().enumerate().map(|(i, v)| if i % 4 == 0 { 0.0 } else { *v }).collect();
    let flow = "flow f: Real[3] <-> Real[3] { actnorm, repeat 2 as k { couple(parity(k), affine) { dense(8), relu } } }\nmodel p { z ~ Normal(0, I)[3];  x = f(z) }\n";
    let normal = "param s: Real[3] in positive = 1\nmodel p { x ~ Normal(free(3), s) }\n";
    let bounded = "model p { x ~ Normal(free(3), 0.5 + exp(free(3))) }\n";
    for (columns, model, says) in [
        ([&a, &b, &constant], flow, Some("`x[2]` (column `c2`) is always 2.5")),
        ([&a, &b, &a], flow, Some("`x[2]` (column `c2`) is the same as `x[0]`")),
        ([&a, &b, &sum], flow, Some("`x[2]` (column `c2`) follows from the other elements")),
        ([&a, &halves, &b], flow, Some("`x[1]` (column `c1`) has 3 values in 240 examples")),
        ([&zeros, &a, &b], flow, Some("% of `x[0]` (column `c0`) are exactly 0")),
        ([&a, &b, &constant], normal, Some("`x[2]` (column `c2`) is always 2.5")),
        // A curve with one peak fits the spread of few values; one width for all elements does not shrink for one of them.
        ([&a, &halves, &b], normal, None),
        ([&a, &b, &constant], "model p { x ~ Normal(free(3), exp(free())) }\n", None),
        (
            [&a, &halves, &b],
            "param s: Real[3, 3] in positive = 1\nmodel p { x ~ NormalMixture(free(3, 3), free(3, 3), s) }\n",
            Some("`x[1]` (column `c1`) has 3 values"),
        ),
        // Elements apart from each other may be alike.
        ([&a, &b, &a], normal, None),
        ([&a, &b, &constant], bounded, None),
        ([&a, &b, &zeros], bounded, None),
        ([&a, &b, &b.iter().map(|v| v * v).collect()], flow, None),
    ] {
        place.write("d.csv", csv(&columns.map(|c| c.as_slice())));
        place.write("s.gm", format!("data x: Real[3] from csv(\"d.csv\")\n{model}train {{ steps 3 }}\n"));
        let said = place.gmc("run s.gm --device cpu");
        said.succeeds();
        match says {
            Some(what) => {
                assert!(said.err.contains("W0511") && said.err.contains(what), "{what}: {}", said.err)
            }
            None => assert!(!said.err.contains("W0511") && !said.out.contains("see below"), "{}", said.err),
        }
    }
}

/// Widths that training has shrunk, and components that have died or hold on to one datum, are told with the element.
#[test]
fn what_training_narrowed_is_told() {
    let place = Place::new();
    let a = numbers(200);
    place.write("d.csv", csv(&[&a, &vec![1.5; 200]]));
    let told = |text: &str, says: &[&str]| {
        place.write("s.gm", format!("data x: Real[2] from csv(\"d.csv\")\n{text}\n"));
        let said = place.gmc("run s.gm --device cpu");
        said.succeeds();
        for w in says {
            assert!(
                said.err.lines().any(|l| l.starts_with("health: ") && l.contains(w)),
                "no {w:?} in {}",
                said.err
            );
        }
        let report =
            std::fs::read_to_string(place.path(said.err.lines().last().unwrap().split(": ").nth(1).unwrap()));
        // Names of the spec stand in the type of code there.
        let plain = report.unwrap().replace("<code>", "`").replace("</code>", "`");
        assert!(says.iter().all(|w| plain.contains(w)), "not in the report: {says:?}");
    };
    told(
        "model p { x ~ Normal(free(2), exp(free(2))) }\ntrain { steps 400  batch 64  using adam(lr: 3e-2) }",
        &["`x[1]` is constant: its scale"],
    );
    told(
        "flow f: Real[2] <-> Real[2] { couple(parity(0), affine) { dense(8), relu }, actnorm }\nmodel p { z ~ Normal(0, I)[2];  x = f(z) }\ntrain { steps 20 }",
        &["`x[1]` is constant: `f` narrows it"],
    );
    told(
        "param w: Real[2, 3] = 0\nparam m: Real[2, 3] = uniform(1)\nparam s: Real[2, 3] in positive = 1e-5\nmodel p { x ~ NormalMixture(w, m, s) }\ntrain { steps 1  using sgd(lr: 1e-12) }",
        &["component 0 of the mixture of `x[0]` has collapsed onto"],
    );
    told(
        "param w: Real[2, 3] = uniform(40)\nparam m: Real[2, 3] = uniform(1)\nparam s: Real[2, 3] in positive = 1\nmodel p { x ~ NormalMixture(w, m, s) }\ntrain { steps 1  using sgd(lr: 1e-12) }",
        &["has died: its weight is"],
    );
}
