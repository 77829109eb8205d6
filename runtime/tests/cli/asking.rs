//! Questions about rows that are not the run's own, or another part of it; conditions and codes from files; ways between data.

use super::common::*;

/// What is given of data that a hidden class stands behind: the class is drawn from its exact posterior, by Bayes' rule by hand.
#[test]
fn what_is_given_says_something_about_a_hidden_class() {
    let place = Place::new();
    place.write(
        "d.csv",
        format!("f,y\n{}", (0..60).map(|i| format!("{},{}.5\n", i % 2, i % 9)).collect::<String>()),
    );
    let spec = "data (f: Bool, y: Real) from csv(\"d.csv\")
param w: Real[] = 0
model p { c ~ Bernoulli(logits: -0.8472979);  f ~ Bernoulli(logits: 2 * c - 1);  y ~ Normal(10 * c + w, 1) }
train { steps 1  using sgd(lr: 1e-9) }
";
    place.train("p", spec);
    let mean = |how: &str| -> f64 {
        let out = place.gmc(&format!("sample runs/p-1 -n 4000 {how} --device cpu")).succeeds().out.clone();
        let y: Vec<f64> =
            out.lines().skip(1).map(|l| l.rsplit(',').next().unwrap().parse().unwrap()).collect();
        y.iter().sum::<f64>() / y.len() as f64
    };
    // p(c | f) = p(c) p(f | c) / p(f), with p(c = 1) = 0.3 and p(f = 1 | c) = 1 / (1 + exp(1 - 2 c)).
    let (on, off) = (1.0 / (1.0 + (-1f64).exp()), 1.0 / (1.0 + 1f64.exp()));
    let given = |yes: f64, no: f64| 10.0 * 0.3 * yes / (0.3 * yes + 0.7 * no);
    for (how, want) in
        [("", 3.0), ("--given f=yes", given(on, off)), ("--given f=no", given(1.0 - on, 1.0 - off))]
    {
        let got = mean(how);
        assert!((got - want).abs() < 0.4, "{how:?}: {got} for {want}");
    }
    // A number says it as well: y = 10 is c = 1.
    let out = place.gmc("sample runs/p-1 -n 2000 --given y=10 --device cpu").succeeds().out.clone();
    let set = out.lines().skip(1).filter(|l| l.starts_with('1')).count() as f64 / 2000.0;
    assert!((set - on).abs() < 0.05, "{set}");
    place.gmc("sample runs/p-1 --given y=10 --temperature 0.5 --device cpu").fails(&["has no temperature"]);
    // Behind a number no posterior is known.
    let spec = spec.replace("c ~ Bernoulli(logits: -0.8472979);", "c ~ Normal(0, 1);");
    place.write("n.gm", spec.replace("model p", "guide q(f, y) { c ~ Normal(free(), 1) }\nmodel p"));
    place.gmc("run n.gm --device cpu").succeeds();
    place
        .gmc("sample runs/n-1 --given f=yes --device cpu")
        .fails(&["`f` depends on `c`, and what a value of `f` says about it is not known"]);
}

use std::path::Path;

const KINDS: &str = "
data (x: Real[2], y: Class(3)) from csv(\"t.csv\", columns: [\"amount\", \"age\"], label: \"kind\")
net at(y: Class(3)) -> Real[2] { embed(4), dense(2) }
model p { y ~ Categorical(logits: free(3));  x ~ Normal(at(y), 1) }
train { epochs 20  batch 32  using adam(lr: 2e-2) }
";

/// 120 rows of three kinds that lie far apart, with a column that nobody reads.
fn kinds(place: &Place) {
    let mut text = String::from("amount,age,kind,junk\n");
    for i in 0..120 {
        let (kind, at) = [("red", 0.0), ("green", 4.0), ("blue", -4.0)][i % 3];
        let noise = (i * 37 % 11) as f64 / 11.0 - 0.5;
        text += &format!("{},{},{kind},{i}\n", at + noise, 0.5 * noise - at);
    }
    place.write("t.csv", text);
    place.train("kinds", KINDS);
}

fn cells(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|l| l.split(',').map(str::to_string).collect()).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Columns go by name, in any order, beside others, between other delimiters; classes by the names of training, though the file has fewer.
#[test]
fn rows_of_a_new_table() {
    let place = Place::new();
    kinds(&place);
    std::fs::remove_file(place.path("t.csv")).unwrap();
    place.write("new.csv", "junk;kind;age;amount\n1;red;0;0\n2;red;-4;4\n");
    place.write("alone.csv", "age,amount\n0,0\n-4,4\n4,-4\n");
    let ask = |line: &str| place.gmc(&line.replace("RUN", "runs/kinds-1 --device cpu"));
    let said = ask("density RUN new.csv --out d.csv");
    assert!(said.succeeds().out.starts_with("log-density of 2 rows of new.csv: mean "), "{}", said.out);
    let rows = cells(&read(&place.path("d.csv")));
    assert_eq!(rows[0], ["row", "log_density", "kind"]);
    assert!(rows[1][0] == "1" && rows[1][2] == "exact" && rows.len() == 3);
    // The second row is called red and lies among the green.
    let log = |i: usize| rows[i][1].parse::<f64>().unwrap();
    assert!(log(1) > log(2) + 5.0, "{rows:?}");
    // `--out -` is standard output, and what people read goes beside it.
    let piped = ask("density RUN new.csv --out -");
    assert_eq!(piped.succeeds().out, read(&place.path("d.csv")));
    assert!(piped.err.contains("log-density of 2 rows"), "{}", piped.err);
    // Classes are named; where the file has none nothing is said about how many are right.
    let said = ask("classify RUN new.csv --out c.csv");
    assert!(said.succeeds().out.contains("new.csv  accuracy for y by Bayes      50.0000 %"), "{}", said.out);
    let rows = cells(&read(&place.path("c.csv")));
    assert_eq!(rows[0], ["row", "truth", "decision", "p.blue", "p.green", "p.red"]);
    assert_eq!((rows[1][1].as_str(), rows[1][2].as_str(), rows[2][2].as_str()), ("red", "red", "green"));
    let said = ask("classify RUN alone.csv");
    let rows = cells(&said.succeeds().out);
    assert_eq!(rows[0], ["row", "decision", "p.blue", "p.green", "p.red"]);
    assert_eq!([&rows[1][1], &rows[2][1], &rows[3][1]], ["red", "green", "blue"]);
    assert!(said.err.contains("alone.csv names no `y`"), "{}", said.err);
    let said = ask("eval RUN new.csv");
    assert!(
        said.succeeds().out.lines().all(|l| l.starts_with("new.csv ") && l.contains("± ")),
        "{}",
        said.out
    );
}

/// What is wrong with a new file is said, with exit code 1, and nothing is written.
#[test]
fn rows_that_are_none() {
    let place = Place::new();
    kinds(&place);
    for (name, text, said) in [
        ("lacks.csv", "age,kind\n1,red\n", "`lacks.csv` has no column \"amount\""),
        (
            "other.csv",
            "amount,age,kind\n1,2,red\n1,2,purple\n",
            "row 2 (line 3 of the file), column `kind` is \"purple\"",
        ),
        ("odd.csv", "amount,age,kind\n1,nan,red\n", "row 1 (line 2 of the file), column `age` is \"nan\""),
        ("empty.csv", "", "`empty.csv` holds no rows"),
        ("header.csv", "amount,age,kind\n", "`header.csv` holds no rows"),
        ("text.pdf", "x", "files that end in .pdf are not known"),
        ("torn.npy", "x", "cannot read `torn.npy` as a NumPy array"),
        ("torn.png", "x", "which is no picture"),
    ] {
        place.write(name, text);
        let asked = place.gmc(&format!("density runs/kinds-1 {name} --device cpu --out d.csv"));
        // One array holds one variable: it is said before the file is read.
        let said = if name == "torn.npy" || name == "torn.png" { "holds one variable" } else { said };
        asked.fails(&[said]);
        assert!(!place.path("d.csv").exists());
    }
    place
        .gmc("density runs/kinds-1 lacks.csv --device cpu")
        .fails(&["about the columns `amount`, `age`, `kind`"]);
    place.gmc("density runs/kinds-1 gone.csv --device cpu").fails(&["looked for gone.csv"]);
    place.train("flow", &FLOW.replace("TRAIN", "steps 2"));
    place.gmc("density runs/flow-1 --part valid --device cpu").fails(&["no validation part"]);
    let both = place.gmc("density runs/kinds-1 t.csv --part train --device cpu");
    assert!(both.code == Some(2) && both.err.contains("cannot be used with"), "{both:?}");
}

/// The parts of the run's own data, with the numbers that their rows have in the file.
#[test]
fn every_part_is_asked_about() {
    let place = Place::new();
    kinds(&place);
    let rows = |part: &str| -> Vec<usize> {
        for verb in ["density", "classify"] {
            place.gmc(&format!("{verb} runs/kinds-1 --device cpu --part {part} --out {verb}.csv")).succeeds();
        }
        let of = |verb: &str| -> Vec<usize> {
            let table = cells(&read(&place.path(&format!("{verb}.csv"))));
            table[1..].iter().map(|r| r[0].parse().unwrap()).collect()
        };
        assert_eq!(of("density"), of("classify"));
        of("density")
    };
    let mut all = [rows("train"), rows("valid"), rows("test")].concat();
    all.sort_unstable();
    assert_eq!(all, (1..=120).collect::<Vec<_>>());
    // The own rows, asked about as another file, have the same densities.
    place.gmc("density runs/kinds-1 --device cpu --part train --out own.csv").succeeds();
    place.gmc("density runs/kinds-1 t.csv --device cpu --out file.csv").succeeds();
    let (own, file) = (cells(&read(&place.path("own.csv"))), cells(&read(&place.path("file.csv"))));
    assert!(own[1..].iter().all(|row| file[1..].contains(row)) && file.len() == 121);
}

/// Pictures, arrays and tables are the same rows; a reconstruction and a code of each.
#[test]
fn pictures_arrays_and_tables() {
    let place = Place::new();
    place.train("vae", &VAE.replace("TRAIN", "steps 20").replace("binarize: dynamic", "binarize: 0.5"));
    let bit = |i: usize| (i * 7 + i / 8).is_multiple_of(3);
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    let pixels: Vec<u8> = (0..64).map(|i| if bit(i) { 200 } else { 40 }).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    place.write("one.png", &png);
    place.write("folder/one.png", &png);
    let header: Vec<String> = (0..64).map(|i| format!("x.{i}")).collect();
    let values: Vec<String> = (0..64).map(|i| u8::from(bit(i)).to_string()).collect();
    place.write("one.csv", format!("{}\n{}\n", header.join(","), values.join(",")));
    place.write("bare.csv", format!("{}\n", values.join(",")));
    let mut npy =
        b"\x93NUMPY\x01\x00\x46\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1, 8, 8), }".to_vec();
    npy.resize(80, b' ');
    npy.extend((0..64).map(|i| u8::from(bit(i))));
    place.write("one.npy", npy);
    let mut seen = Vec::new();
    for file in ["one.png", "folder", "one.csv", "bare.csv", "one.npy"] {
        let said = place.gmc(&format!("encode runs/vae-1 {file} --device cpu"));
        assert!(said.succeeds().out.starts_with("row,z.0,z.1,z.2,z.3\n1,"), "{file}: {}", said.out);
        seen.push(said.out.clone());
    }
    assert!(seen.iter().all(|s| *s == seen[0]), "{seen:?}");
    place.gmc("reconstruct runs/vae-1 one.png --device cpu --out r.csv").succeeds();
    let table = cells(&read(&place.path("r.csv")));
    assert!(table.len() == 2 && table[1][1..65] == values[..], "{table:?}");
    let narrow = place.write("narrow.csv", "a,b\n1,0\n");
    assert!(narrow.is_file());
    place.gmc("encode runs/vae-1 narrow.csv --device cpu").fails(&["has 2 columns", "`x.0` to `x.63`"]);
}

/// A text is asked about window by window, with the characters of training.
#[test]
fn a_new_text() {
    let place = Place::new();
    place.write("t.txt", "the cat sat on the mat. ".repeat(40));
    place.train(
        "text",
        "
dim V
data x: Class(V)[8] from text(\"t.txt\", by: chars)
model p { x ~ Categorical(logits: free(8, V)) }
train { steps 5 }
",
    );
    place.write("new.txt", "mat on the sat");
    let said = place.gmc("density runs/text-1 new.txt --device cpu");
    assert!(
        said.succeeds().out.contains("1 row of new.txt") && said.out.contains("bits a character"),
        "{}",
        said.out
    );
    place.write("odd.txt", "mat on the zat");
    place.gmc("density runs/text-1 odd.txt --device cpu").fails(&["was not trained on: \"z\""]);
    place.write("short.txt", "mat");
    place.gmc("density runs/text-1 short.txt --device cpu").fails(&["too short", "it has 3 characters"]);
}

/// Conditions of draws from a file, by the names of classes; what was given stands beside what was drawn.
#[test]
fn conditions_from_a_file() {
    let place = Place::new();
    kinds(&place);
    place.write("given.csv", "other,kind\n1,blue\n2,red\n3,blue\n");
    let ask = |line: &str| place.gmc(&format!("sample runs/kinds-1 --device cpu {line}"));
    let said = ask("--given given.csv");
    let rows = cells(&said.succeeds().out);
    assert_eq!(rows[0], ["kind", "amount", "age"]);
    assert_eq!(rows[1..].iter().map(|r| r[0].as_str()).collect::<Vec<_>>(), ["blue", "red", "blue"]);
    let amount = |i: usize| rows[i][1].parse::<f64>().unwrap();
    assert!(amount(1) < -1.0 && amount(2) > -3.5 && amount(3) < -1.0, "{rows:?}");
    // More draws than rows begin again.
    assert_eq!(cells(&ask("--given given.csv -n 4 --out -").succeeds().out)[4][0], "blue");
    // By the name of the variable, or of its column.
    for named in ["--given y=red -n 2 --out -", "--given kind=red -n 2 --out -"] {
        let said = ask(named);
        let rows = cells(&said.succeeds().out);
        assert!(rows.len() == 3 && rows[1..].iter().all(|r| r[0] == "red"), "{rows:?}");
    }
    ask("--given kind=purple").fails(&["which has no value `purple`", "its classes: blue, green, red"]);
    place.write("purple.csv", "kind\npurple\n");
    ask("--given purple.csv").fails(&["was not trained on", "blue, green, red"]);
    place.write("other.csv", "amount\n1\n");
    ask("--given other.csv").fails(&["holds no variable of the run"]);
    ask("--given gone.csv").fails(&["gone.csv"]);
    ask("--decode given.csv").fails(&["no hidden variables"]);
}

/// Codes are decoded as they are: those of examples to what reconstructs them.
#[test]
fn codes_from_a_file() {
    let place = Place::new();
    place.train("vae", &VAE.replace("TRAIN", "steps 30").replace("binarize: dynamic", "binarize: 0.5"));
    let ask = |line: &str| place.gmc(&format!("{} --device cpu", line.replace("RUN", "runs/vae-1")));
    ask("encode RUN --out z.csv").succeeds();
    let all = read(&place.path("z.csv"));
    let first: Vec<&str> = all.lines().take(5).collect();
    place.write("few.csv", first.join("\n") + "\n");
    let said = ask("sample RUN --decode few.csv --out s.csv");
    said.succeeds();
    assert_eq!(cells(&read(&place.path("s.csv"))).len(), 5);
    // What lies at the ends of a way between two codes is what they are reconstructed as.
    ask("interpolate RUN --codes few.csv --steps 3 --path spherical --out w.npy").succeeds();
    ask("reconstruct RUN --out r.npy").succeeds();
    let numbers = |name: &str| -> Vec<f32> {
        let bytes = std::fs::read(place.path(name)).unwrap();
        let header = 10 + u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
        bytes[header..].as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    };
    let (way, pairs) = (numbers("w.npy"), numbers("r.npy"));
    assert_eq!(way.len(), 2 * 3 * 64);
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
    for (end, example) in [(0, 0), (2, 1), (3, 2), (5, 3)] {
        let made = &pairs[(2 * example + 1) * 64..(2 * example + 2) * 64];
        assert!(near(&way[end * 64..(end + 1) * 64], made), "end {end}");
    }
    // The same ways between rows, as a picture and as a table.
    ask("interpolate RUN --between 1:2 --between 3:4 --steps 3 --path spherical --out b.npy").succeeds();
    assert!(near(&numbers("b.npy"), &way));
    assert!(ask("interpolate RUN --pairs 2").succeeds().out.contains("images/interpolation-linear.png"));
    let table = ask("interpolate RUN --pairs 1 --steps 2 --out -");
    let rows = cells(&table.succeeds().out);
    assert_eq!((rows[0][..3].to_vec(), rows.len()), (vec!["pair".into(), "t".into(), "x.0".to_string()], 3));
    assert_eq!((rows[1][0].as_str(), rows[1][1].as_str(), rows[2][1].as_str()), ("1", "0", "1"));
    place.write("wrong.csv", "a,b\n1,2\n");
    ask("sample RUN --decode wrong.csv").fails(&["has 2 columns", "`z.0` to `z.3`"]);
    ask("sample RUN --decode gone.csv").fails(&["gone.csv"]);
    ask("interpolate RUN --between 1:900").fails(&["row 900 is not among the 297 test examples"]);
    place.write("one.csv", first[..2].join("\n") + "\n");
    ask("interpolate RUN --codes one.csv").fails(&["a way has two ends"]);
    let wrong = ask("interpolate RUN --between 1-2");
    assert!(wrong.code == Some(2) && wrong.err.contains("as in 3:17"), "{wrong:?}");
}

/// What lies far from the data is atypical, and less probable under its own model than under one of it.
#[test]
fn scores_of_anomalies() {
    let place = Place::new();
    kinds(&place);
    let far = KINDS.replace("Normal(at(y), 1)", "Normal(at(y), 20)");
    place.train("wide", &far);
    place.write("new.csv", "amount,age,kind\n0.1,-0.2,red\n40,40,red\n");
    let ask = |line: &str| place.gmc(&line.replace("RUN", "runs/kinds-1 --device cpu"));
    let said = ask("density RUN new.csv --against runs/wide-1 --typicality --out d.csv");
    let out = &said.succeeds().out;
    assert!(out.contains("less that of runs/wide-1 of 2 rows of new.csv") && out.contains("exact"), "{out}");
    assert!(out.contains("typicality: 0 of 2 rows of new.csv lie farther"), "{out}");
    let rows = cells(&read(&place.path("d.csv")));
    assert_eq!(rows[0], ["row", "log_density", "kind", "log_ratio", "typicality", "p_value"]);
    let at = |row: usize, column: usize| rows[row][column].parse::<f64>().unwrap();
    assert!(at(1, 3) > 0.0 && at(2, 3) < 0.0, "{rows:?}");
    // Of 12 test examples none lies as far as the second row: p = 1 / 13.
    assert!(at(1, 5) > 0.1 && (at(2, 5) - 1.0 / 13.0).abs() < 1e-12, "{rows:?}");
    // The ratio is the difference of the two.
    ask("density RUN new.csv --out own.csv").succeeds();
    place.gmc("density runs/wide-1 new.csv --device cpu --out theirs.csv").succeeds();
    let of = |name: &str| cells(&read(&place.path(name)))[1][1].parse::<f64>().unwrap();
    assert!((at(1, 3) - (of("own.csv") - of("theirs.csv"))).abs() < 1e-9);
    assert!(ask("density RUN --typicality").succeeds().out.contains("training examples do"));
    place.train("other", &FLOW.replace("TRAIN", "steps 2"));
    ask("density RUN new.csv --against runs/gone-1").fails(&["gone-1"]);
    place.train(
        "odd",
        "
data y: Class(2) from csv(\"two.csv\", columns: [\"y\"])
model p { y ~ Categorical(logits: free(2)) }
train { steps 1 }
"
        .replace("two.csv", {
            place.write("two.csv", "y\n0\n1\n0\n1\n0\n1\n");
            "two.csv"
        })
        .as_str(),
    );
    ask("density RUN new.csv --against runs/odd-1").fails(&["runs/odd-1: it is about `y: Class(2)`"]);
}

/// `gmc eval` examines the guide by the tails of its importance weights.
#[test]
fn tails_of_a_guide() {
    let place = Place::new();
    place.train("vae", &VAE.replace("TRAIN", "steps 60"));
    let said = place.gmc("eval runs/vae-1 -k 50 --examples 100 --device cpu");
    assert!(
        said.succeeds().out.contains("Pareto k of the guide")
            && said.out.contains("examples with k above 0.41"),
        "{}",
        said.out
    );
    assert!(
        said.err.contains("health: the weights of 50 draws of the guide have tails of Pareto shape k = "),
        "{}",
        said.err
    );
    // Of few draws nothing is said.
    assert!(!place.gmc("eval runs/vae-1 -k 8 --device cpu").succeeds().out.contains("Pareto"));
}

/// A map of codes: a picture, with the classes that the colours stand for; every verb goes to the model that is named.
#[test]
fn maps_and_models_by_name() {
    let place = Place::new();
    let two = "
data (x: Bool[64], y: Class(10)) from digits(binarize: 0.5)
net da(z: Real[2]) -> Real[64] { dense(64) }
net ea(x: Bool[64]) -> (Real[2], Real[2]) { heads(2, 2) }
net db(z: Real[5]) -> Real[64] { dense(64) }
net eb(x: Bool[64]) -> (Real[5], Real[5]) { heads(5, 5) }
model a { z ~ Normal(0, I)[2];  x ~ Bernoulli(logits: da(z)) }
guide qa(x) { (m, s) = ea(x);  z ~ Normal(m, exp(s)) }
model b { z ~ Normal(0, I)[5];  x ~ Bernoulli(logits: db(z)) }
guide qb(x) { (m, s) = eb(x);  z ~ Normal(m, exp(s)) }
train { maximizes elbo(a, qa) + elbo(b, qb)  steps 20  batch 64 }
";
    place.train("two", two);
    let ask = |line: &str| place.gmc(&line.replace("RUN", "runs/two-1 --device cpu"));
    for (verb, model) in [
        ("density", "a"),
        ("encode", "b"),
        ("reconstruct", "a"),
        ("interpolate", "b"),
        ("sample", "a"),
        ("eval", "b"),
    ] {
        let named = ask(&format!("{verb} RUN --model {model}"));
        assert!(!named.succeeds().out.is_empty(), "{verb}");
        if verb != "eval" {
            ask(&format!("{verb} RUN")).fails(&["--model a"]);
        }
        ask(&format!("{verb} RUN --model c")).fails(&["the spec has no model `c`"]);
    }
    let said = ask("encode RUN --model a --out a.png");
    assert_eq!(said.succeeds().out, "a.png\n");
    assert!(
        said.err.contains("`z` as it is") && said.err.contains("colours of `y`: 0 blue, 1 orange"),
        "{}",
        said.err
    );
    let said = ask("encode RUN --model b --out b.png");
    assert!(said.succeeds().err.contains("two principal components of the 5 numbers of `z`"), "{}", said.err);
    assert!(std::fs::read(place.path("b.png")).unwrap().starts_with(b"\x89PNG"));
}

/// Weights say what they are of.
#[test]
fn weights_hold_their_spec() {
    let place = Place::new();
    place.write("flow.gm", FLOW.replace("TRAIN", "steps 2"));
    place.gmc("run flow.gm --name flow --set train.batch=32 --device cpu").succeeds();
    let bytes = std::fs::read(place.path("runs/flow-1/weights.safetensors")).unwrap();
    let n = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + n]).unwrap();
    let of: serde_json::Value =
        serde_json::from_str(header["__metadata__"]["gmc"].as_str().unwrap()).unwrap();
    assert_eq!(of["spec"].as_str().unwrap(), read(&place.path("runs/flow-1/spec.gm")));
    assert_eq!(of["set"], "train.batch=32\n");
    assert_eq!(of["version"], env!("CARGO_PKG_VERSION"));
}
