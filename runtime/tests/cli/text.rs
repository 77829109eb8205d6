//! Models of text and of sequences: what is drawn is read, beginnings are kept, temperatures, given classes, lengths.

use super::common::*;

const LETTERS: &str = "\
dim V
data x: Class(V)[12] from text(\"t.txt\", by: chars)
net next(x: Class(V)[12]) -> Real[12, V] { embed(8), shift_right, gru(12), logits(V) }
model p { x[t in forward] ~ Categorical(logits: next(x[< t])) }
train { steps 150  batch 32  using adam(lr: 2e-2) }
eval  { samples(3) }
";

/// Passages of an output: what stands above each, and the text.
fn passages(out: &str) -> Vec<(String, String)> {
    let parts = out.split("--- ").skip(1).map(|p| p.split_once('\n').unwrap());
    parts.map(|(title, text)| (title.into(), text.strip_suffix('\n').unwrap().into())).collect()
}

/// What a text is drawn given stands above it, as text where it is text.
#[test]
fn a_conditional_text_says_what_it_is_given() {
    let place = Place::new();
    let spec = "data (a: Class(6)[4], x: Class(6)[3]) from markov(letters: 6, n: 200)
net next(x: Class(6)[3], a: Class(6)[4]) -> Real[3, 6] { embed(4), shift_right, bias_from(a), dense(8), relu, logits(6) }
model p(a) { x[t in forward] ~ Categorical(logits: next(x[< t], a)) }
train { steps 2  batch 16  using adam(lr: 1e-2) }";
    place.train("given", spec);
    let said = place.gmc("sample runs/given-1 -n 3 --device cpu");
    let drawn = passages(&said.succeeds().out);
    assert_eq!(drawn.len(), 3);
    for (i, (title, text)) in drawn.iter().enumerate() {
        let given = title.strip_prefix(&format!("{} given a = ", i + 1)).unwrap_or_else(|| panic!("{title}"));
        assert!(given.chars().count() == 4 && given.chars().all(|c| ('a'..='f').contains(&c)), "{given}");
        assert_eq!(text.chars().count(), 3);
    }
    assert!(drawn.iter().any(|(t, _)| t[9..] != drawn[0].0[9..]), "all are given the same: {drawn:?}");
}

#[test]
fn text_is_drawn_completed_and_measured_as_text() {
    let place = Place::new();
    place.write("t.txt", "the cat sat on the mat. ".repeat(200));
    let run = place.train("letters", LETTERS);
    let samples = std::fs::read_to_string(run.join("samples.txt")).unwrap();
    assert_eq!(passages(&samples).len(), 3);
    let report = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(
        report.contains("<h2>Samples</h2>") && report.contains("bits/char") && report.contains("perplexity")
    );
    let scores = std::fs::read_to_string(run.join("scores.json")).unwrap();
    assert!(scores.contains("nll_bits_per_char") && !scores.contains("bits/dim"), "{scores}");
    let at = "runs/letters-1 --device cpu";
    let five = place.gmc(&format!("sample {at} -n 5"));
    let drawn = passages(&five.succeeds().out);
    assert!(drawn.len() == 5 && drawn.iter().all(|(_, t)| t.chars().count() == 12), "{drawn:?}");
    place.gmc(&format!("sample {at} -n 5 --out s.txt")).succeeds();
    assert_eq!(passages(&std::fs::read_to_string(place.path("s.txt")).unwrap()), drawn);
    let density = place.gmc(&format!("density {at}"));
    assert!(density.succeeds().out.contains("bits a character, perplexity"), "{density:?}");

    place.gmc(&format!("complete {at} --given top:0.5")).fails(&["is no image"]);

    // The data may be gone: the run keeps the characters.
    std::fs::remove_file(place.path("t.txt")).unwrap();
    let prefix = |text: &str, more: &str| {
        let mut c = place.command(&format!("complete {at} {more} --given prefix"));
        c.arg(text);
        said(c)
    };
    let all = passages(&prefix("the ", "-n 6").succeeds().out);
    assert!(all.len() == 6 && all.iter().all(|(_, t)| t.starts_with("the ")), "{all:?}");
    assert!(all.iter().any(|(_, t)| t != &all[0].1), "all alike: {all:?}");
    // Near temperature 0 all are the most probable one.
    let cold = prefix("the ", "-n 6 --temperature 0.001");
    let texts = passages(&cold.succeeds().out);
    assert!(
        texts.iter().all(|(_, t)| t == &texts[0].1) && cold.err.contains("temperature 0.001"),
        "{cold:?}"
    );
    prefix("the dog!", "").fails(&["does not have the characters 'd', 'g', '!'", "help:"]);
    prefix("the cat sat on", "").fails(&["texts of 12 elements", "at most 11"]);
    let table = prefix("the ", "-n 2 --out c.csv");
    table.succeeds();
    let csv = std::fs::read_to_string(place.path("c.csv")).unwrap();
    assert!(csv.starts_with("x completed 1.0,") && csv.lines().count() == 2, "{csv}");
}

#[test]
fn temperatures_and_given_classes() {
    let place = Place::new();
    let spec = "\
data (x: Bool[1, 8, 8], y: Class(10)) from digits(binarize: 0.5)
net pixel(x: Bool[1, 8, 8], y: Class(10)) -> Real[1, 8, 8] { conv(8, k: 3, mask: A), bias_from(y), relu, conv(1, k: 1) }
model p(y) { x[i in raster] ~ Bernoulli(logits: pixel(x[< i], y)) }
train { steps 3 }
";
    place.train("given", spec);
    let at = "runs/given-1 --device cpu";
    place.gmc(&format!("sample {at} -n 4 --given y=3 --temperature 0.5")).succeeds();
    assert!(place.path("runs/given-1/images/samples-seed1-temperature0.5-y3.png").is_file());
    let turn = place.gmc(&format!("sample {at} -n 2 --out a.csv"));
    assert!(turn.succeeds().err.contains("in turn"), "{turn:?}");
    let fixed = place.gmc(&format!("sample {at} -n 2 --given y=0 --out b.csv"));
    assert!(!fixed.succeeds().err.contains("in turn"), "{fixed:?}");
    let rows = |name: &str| -> Vec<String> {
        std::fs::read_to_string(place.path(name)).unwrap().lines().map(String::from).collect()
    };
    // The first in turn is class 0.
    assert_eq!(rows("a.csv")[1], rows("b.csv")[1]);
    for (given, why) in [
        ("y=10", "has no value `10`"),
        ("y=1.5", "has no value `1.5`"),
        ("z=1", "no data variable `z`"),
        ("x=1", "only a single class or number"),
    ] {
        place.gmc(&format!("sample {at} --given {given}")).fails(&[why]);
    }
    for t in ["0", "-1", "nan", "hot"] {
        let said = place.gmc(&format!("sample {at} --temperature {t}"));
        assert!(said.code == Some(2) && said.err.contains("a number above 0"), "{said:?}");
    }
    let joint = "\
data (x: Bool[64], y: Class(10)) from digits(binarize: 0.5)
net f(y: Class(10)) -> Real[64] { dense(64) }
model p { y ~ Categorical(10);  x ~ Bernoulli(logits: f(y)) }
train { steps 3 }
";
    place.train("joint", joint);
    let said = place.gmc("sample runs/joint-1 --device cpu -n 3 --given y=7 --out j.csv");
    said.succeeds();
    assert!(rows("j.csv").iter().skip(1).all(|r| r.starts_with("7,")), "{:?}", rows("j.csv"));
}

/// Sequences from a table of rows: lengths by a column, masked out of the likelihood exactly.
#[test]
fn what_stands_behind_the_end_counts_for_nothing() {
    let place = Place::new();
    let mut text = String::from("id,a\n");
    for i in 0..40 {
        for t in 0..=(i % 4) {
            text += &format!("s{i},{}\n", (i + t) % 5);
        }
    }
    place.write("s.csv", &text);
    let spec = "\
data (x: Real[6], n: Int(7)) from csv(\"s.csv\", sequence: \"id\")
param m: Real[6]
model p(n) { x[t in forward(until: n)] ~ Normal(0.5 * x[< t] + m, 1) }
";
    let unshifted = place.write("u.gm", format!("{spec}train {{ steps 2 }}\n"));
    assert!(unshifted.is_file());
    place.gmc("check u.gm").fails(&["E0601"]);
    let spec = spec.replace("0.5 * x[< t] + m", "m");
    place.train("ends", &format!("{spec}train {{ steps 2 }}\n"));
    // Nats by hand: of each example its own places only.
    place.gmc("density runs/ends-1 --device cpu --out d.csv").succeeds();
    let data = place.gmc("sample runs/ends-1 --device cpu -n 3 --given n=2 --out x.csv");
    data.succeeds();
    let drawn = std::fs::read_to_string(place.path("x.csv")).unwrap();
    assert!(drawn.lines().skip(1).all(|l| l.split(',').skip(3).take(4).all(|c| c == "0")), "{drawn}");
    // One variable alone does not say how long they are.
    place.write("w.gm", "data x: Real[6] from csv(\"s.csv\", sequence: \"id\")\nmodel p { x ~ Normal(0, I) }\ntrain { steps 1 }\n");
    place.gmc("check w.gm").fails(&["differ in length", "40 of them, of 1 to 4 rows"]);
}
