//! What a run rests on and how it answers: which model, which variables, in which units, with which data, how sure.

use super::common::*;
use gmc_runtime::store::weights as stored;
use std::path::Path;

fn csv(path: &Path) -> (String, Vec<Vec<String>>) {
    let text = std::fs::read_to_string(path).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    (header.into(), rows.lines().map(|l| l.split(',').map(str::to_string).collect()).collect())
}

/// The header of a `.npy` file, and its elements.
fn npy(path: &Path) -> (String, Vec<u8>) {
    let bytes = std::fs::read(path).unwrap();
    let header = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    (String::from_utf8(bytes[10..10 + header].to_vec()).unwrap(), bytes[10 + header..].to_vec())
}

const TWO: &str = "
data (x: Real[3], y: Class(2)) from csv(\"xy.csv\", label: \"kind\") split in order (test 0.25)
net at(y: Class(2)) -> Real[3] { dense(3) }
model p { y ~ Categorical(logits: free(2));  x ~ Normal(at(y), 1) }
train { epochs 2  batch 16 }
";

fn two(place: &Place) {
    let mut text = String::from("a,b,c,kind\n");
    for i in 0..40 {
        let (kind, c) = if i % 2 == 0 { ("cat, small", 2.0) } else { ("dog", -2.0) };
        text += &format!("{},{},{c},\"{kind}\"\n", i as f64 * 0.1, (i % 5) as f64);
    }
    place.write("xy.csv", text);
}

#[test]
fn samples_hold_every_observed_variable() {
    let place = Place::new();
    two(&place);
    place.train("two", TWO);
    place.gmc("sample runs/two-1 -n 50 --out s.csv --device cpu").succeeds();
    let text = std::fs::read_to_string(place.path("s.csv")).unwrap();
    assert!(text.starts_with("kind,a,b,c\n"), "{text}");
    // Classes are written as the data call them, quoted where they must be.
    assert!(text.contains("\n\"cat, small\",") && text.contains("\ndog,"), "{text}");
    assert_eq!(text.lines().count(), 51);
    place.gmc("sample runs/two-1 -n 50 --out s.npy --device cpu").succeeds();
    let (header, bytes) = npy(&place.path("s.npy"));
    assert!(
        header.contains("'descr': [('y', '<i4'), ('x', '<f4', (3,))]") && header.contains("'shape': (50,)"),
        "{header}"
    );
    assert_eq!(bytes.len(), 50 * (4 + 12));
    for (record, line) in bytes.chunks(16).zip(text.lines().skip(1)) {
        let class = i32::from_le_bytes(record[..4].try_into().unwrap());
        assert_eq!(class == 0, line.starts_with("\"cat"), "{class} {line}");
        let last: f32 = line.rsplit(',').next().unwrap().parse().unwrap();
        assert_eq!(f32::from_le_bytes(record[12..16].try_into().unwrap()), last);
    }
    // Of pictures and classes the picture shows one, and a table beside it holds all.
    let digits = "
data (x: Bool[64], y: Class(10)) from digits(binarize: 0.5)
net at(y: Class(10)) -> Real[64] { dense(64) }
model p { y ~ Categorical(logits: free(10));  x ~ Bernoulli(logits: at(y)) }
train { epochs 1  batch 64 }
";
    place.train("digits", digits);
    let said = place.gmc("sample runs/digits-1 -n 9 --out d.png --device cpu");
    assert_eq!(said.succeeds().out, "d.png\nd.csv\n");
    let (header, rows) = csv(&place.path("d.csv"));
    assert!(header.starts_with("y,x.0,") && rows.len() == 9);
    assert!(rows.iter().all(|r| r[0].parse::<u8>().unwrap() < 10 && r.len() == 65));
}

/// A model that observes nothing shows its draws.
#[test]
fn a_model_without_data_is_sampled_by_its_sites() {
    let place = Place::new();
    let text = "
data x: Real[2] from moons(n: 500)
param m: Real[2] = 0
model n { t ~ Uniform(0, 1);  u = 2 * t }
model p { x ~ Normal(m, 1) }
train { minimizes nll(p) + 0 * E[n.u]  epochs 1 }
";
    place.train("beside", text);
    place.gmc("sample runs/beside-1 --model n -n 5 --out n.csv --device cpu").succeeds();
    let (header, rows) = csv(&place.path("n.csv"));
    assert_eq!((header.as_str(), rows.len()), ("t,u", 5));
    place.gmc("density runs/beside-1 --device cpu").succeeds();
    place.gmc("density runs/beside-1 --model n --device cpu").fails(&["no site of `n` is a data variable"]);
    let said = place.gmc("density runs/beside-1 --model nn --device cpu");
    assert!(said.fails(&["the spec has no model `nn`"]).err.contains("`n`"), "{}", said.err);
}

/// Two models of the same data: both are measured by name, and a question asks which.
#[test]
fn several_models_of_the_data_are_measured_by_name() {
    let place = Place::new();
    let text = "
data x: Real[2] from moons(n: 500)
param m: Real[2] = 0
param s: Real[] in positive = 1
model b { x ~ Normal(m, 1) }
model a { x ~ Normal(0, s)[2] }
train { minimizes nll(a) + nll(b)  epochs 1 }
";
    place.write("both.gm", text);
    let said = place.gmc("run both.gm --device cpu");
    let out = &said.succeeds().out;
    assert!(
        out.contains("negative log-likelihood of a") && out.contains("negative log-likelihood of b"),
        "{out}"
    );
    place
        .gmc("density runs/both-1 --device cpu")
        .fails(&["the models `b` and `a` could answer, and nothing tells which is meant", "--model b"]);
    place.gmc("density runs/both-1 --model a --device cpu").succeeds();
    assert!(place.path("runs/both-1/images/samples-a.png").exists());
}

#[test]
fn weights_are_in_the_units_of_the_model() {
    let place = Place::new();
    let text = "
data x: Real[1] from csv(\"x.csv\")
param s: Real[] in positive = 3
param r: Real[] in unit = 0.25
param i: Real[2] in interval(-2, 6) = 1
param u: Real[] = 0.5
model p { x ~ Normal(r + u + sum(i), s)[1] }
train { epochs 1 batch 64 using sgd(lr: 1e-12) }
";
    let rows: Vec<String> = (0..50).map(|i| format!("{}", i as f64 * 0.1)).collect();
    place.write("x.csv", format!("x\n{}\n", rows.join("\n")));
    let run = place.train("units", text);
    let path = run.join("weights.safetensors");
    let all = stored::decode(&std::fs::read(&path).unwrap(), &path).unwrap();
    let close = |name: &str, want: f64| {
        assert!(
            all[name].values.iter().all(|v| (f64::from(*v) - want).abs() < 1e-5),
            "{name}: {:?}",
            all[name]
        );
    };
    close("s", 3.0);
    close("raw.s", 3f64.ln());
    close("r", 0.25);
    close("raw.r", (0.25f64 / 0.75).ln());
    close("i", 1.0);
    close("raw.i", (3.0f64 / 5.0).ln());
    close("u", 0.5);
    assert!(!all.contains_key("raw.u") && all["i"].shape == [2]);
    for line in ["explain runs/units-1", "eval runs/units-1 --device cpu"] {
        let said = place.gmc(line);
        let text = [said.out.as_str(), &said.err].concat();
        assert!(
            said.code == Some(0) && text.contains("3.000000") && text.contains("0.250000"),
            "{line}: {text}"
        );
    }
}

/// Questions that are not about the data need none of them; those that are name the file.
#[test]
fn questions_need_only_the_data_that_they_are_about() {
    let place = Place::new();
    two(&place);
    place.train("two", TWO);
    place.gmc("sample runs/two-1 -n 20 --out before.csv --device cpu").succeeds();
    std::fs::rename(place.path("xy.csv"), place.path("elsewhere.csv")).unwrap();
    place.gmc("sample runs/two-1 -n 20 --out after.csv --device cpu").succeeds();
    let read = |name: &str| std::fs::read_to_string(place.path(name)).unwrap();
    assert_eq!(read("before.csv"), read("after.csv"));
    place.gmc("explain runs/two-1").succeeds();
    for verb in ["density", "classify", "eval", "resume"] {
        place.gmc(&format!("{verb} runs/two-1 --device cpu")).fails(&["xy.csv"]);
    }
    std::fs::rename(place.path("elsewhere.csv"), place.path("xy.csv")).unwrap();
    place.gmc("density runs/two-1 --device cpu").succeeds();
    // A run of an older gmc remembers nothing: it reads the data as it always did.
    std::fs::remove_file(place.path("runs/two-1/data.ron")).unwrap();
    place.gmc("sample runs/two-1 -n 20 --out older.csv --device cpu").succeeds();
}

/// One of two data items is gone: what is asked about the other is answered. A guide with a table for each datum is no hindrance to samples.
#[test]
fn one_of_several_data_items_may_be_gone() {
    let place = Place::new();
    let rows: Vec<String> = (0..60).map(|i| format!("{},{}", i % 7, i % 3)).collect();
    place.write("a.csv", format!("a,b\n{}\n", rows.join("\n")));
    place.write("c.csv", format!("c,d\n{}\n", rows.join("\n")));
    let text = "
data x: Real[2] from csv(\"a.csv\")
data w: Real[2] from csv(\"c.csv\")
param m: Real[2] = 0
flow f: Real[2] <-> Real[2] { scale, shift }
model p { z ~ Normal(0, I)[2];  x = f(z) }
train { minimizes nll(p) + mse(m, w)  epochs 1  batch 16 }
";
    place.train("two", text);
    std::fs::remove_file(place.path("c.csv")).unwrap();
    for verb in ["density", "encode", "sample"] {
        place.gmc(&format!("{verb} runs/two-1 --device cpu")).succeeds();
    }
    place.gmc("eval runs/two-1 --device cpu").fails(&["c.csv"]);
    let table = "
data x: Real[2] from csv(\"a.csv\")
net decode(z: Real[1]) -> Real[2] { dense(2) }
model p { z ~ Normal(0, 1)[1];  x ~ Normal(decode(z), 1) }
guide q[x] { z ~ Normal(free(1), exp(free(1))) }
train { maximizes elbo(p, q)  epochs 2  batch 16 }
";
    place.train("table", table);
    std::fs::remove_file(place.path("a.csv")).unwrap();
    place.gmc("sample runs/table-1 -n 4 --out t.csv --device cpu").succeeds();
    place.gmc("density runs/table-1 -k 1 --device cpu").fails(&["a.csv"]);
}

/// The hash holds for folders of pictures, for second files, and for what classes are called.
#[test]
fn changes_of_any_data_are_named() {
    let place = Place::new();
    two(&place);
    place.train("two", TWO);
    let text = std::fs::read_to_string(place.path("xy.csv")).unwrap();
    // The numbers of the classes stay, their names do not.
    place.write("xy.csv", text.replace("dog", "fox"));
    let said = place.gmc("density runs/two-1 --device cpu");
    assert!(said.succeeds().err.contains("have changed since the run began"), "{}", said.err);
    place.gmc("resume runs/two-1 --device cpu").fails(&["have changed since the run began"]);
    let picture = |place: &Place, name: &str, grey: u8| {
        let mut bytes = Vec::new();
        let mut e = png::Encoder::new(&mut bytes, 2, 2);
        e.set_color(png::ColorType::Grayscale);
        e.write_header().unwrap().write_image_data(&[grey, 0, 255, grey]).unwrap();
        place.write(name, bytes);
    };
    for i in 0..20u8 {
        picture(&place, &format!("pictures/{i:02}.png"), i);
    }
    let folder = "
data x: Real[3, 2, 2] in unit from images(\"pictures\")
param m: Real[3, 2, 2] = 0.5
model p { x ~ Normal(m, 1) }
train { epochs 1 }
";
    place.write("folder.gm", folder);
    let said = place.gmc("run folder.gm --device cpu");
    if said.code == Some(0) {
        picture(&place, "pictures/07.png", 200);
        let said = place.gmc("density runs/folder-1 --device cpu");
        assert!(said.succeeds().err.contains("the data of `x` have changed"), "{}", said.err);
    } else {
        panic!("{}", said.err);
    }
}

/// Every number that is no exact one is printed with its error, and `run`, `eval` and `classify` agree in how many samples they take.
#[test]
fn numbers_are_printed_with_their_errors() {
    let place = Place::new();
    let text = VAE.replace("TRAIN", "epochs 1");
    place.write("vae.gm", text);
    let said = place.gmc("run vae.gm --device cpu");
    let lines: Vec<&str> = said.succeeds().out.lines().collect();
    assert!(lines.len() >= 7 && lines.iter().all(|l| l.contains('±')), "{}", said.out);
    let again = place.gmc("eval runs/vae-1 --device cpu");
    assert_eq!(again.succeeds().out, said.out);
    let json = place.gmc("eval runs/vae-1 --device cpu --message-format json");
    assert!(
        json.succeeds().out.lines().all(|l| l.contains("\"error\":") && !l.contains("null")),
        "{}",
        json.out
    );
    let density = place.gmc("density runs/vae-1 --device cpu");
    assert!(density.succeeds().out.contains(" ± ") && density.out.contains("K = 2"), "{}", density.out);
    assert!(std::fs::read_to_string(place.path("runs/vae-1/report.html")).unwrap().contains('±'));
    let classes = "
data (x: Bool[64], y: Class(10)) from digits(binarize: 0.5)
net decode(z: Real[2], y: Class(10)) -> Real[64]                { dense(16), relu, dense(64) }
net encode(x: Bool[64], y: Class(10)) -> (Real[2], Real[2])     { dense(16), relu, heads(2, 2) }
model p       { y ~ Categorical(logits: free(10));  z ~ Normal(0, I)[2];  x ~ Bernoulli(logits: decode(z, y)) }
guide q(x, y) { (m, s) = encode(x, y);  z ~ Normal(m, exp(s)) }
train { epochs 1  batch 64 }
";
    place.write("classes.gm", classes);
    let trained = place.gmc("run classes.gm --device cpu");
    let of = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|l| l.contains("by Bayes") || l.contains("calibration"))
            .map(str::to_string)
            .collect()
    };
    let all = of(&trained.succeeds().out);
    assert!(all.len() == 3 && all.iter().all(|l| l.contains('±')), "{}", trained.out);
    for verb in ["eval", "classify"] {
        let said = place.gmc(&format!("{verb} runs/classes-1 --device cpu"));
        assert_eq!(of(&said.succeeds().out), all, "{verb}");
    }
}

/// Ways to ask for what nobody trained.
#[test]
fn untrained_weights_answer_nothing() {
    let place = Place::new();
    let idle = "
data x: Bool[64] from digits(binarize: 0.5)
net decode(z: Real[4]) -> Real[64]            { dense(8), relu, dense(64) }
net encode(x: Bool[64]) -> (Real[4], Real[4]) { dense(8), relu, heads(4, 4) }
net tell(x: Bool[64]) -> Real[64]             { dense(8), relu, dense(64) }
model p    { z ~ Normal(0, I)[4];  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);   z ~ Normal(m, exp(s)) }
train { minimizes sse(tell(x), x)  epochs 1  batch 64 }
";
    let run = place.train("idle", idle);
    for verb in ["sample", "density", "encode", "reconstruct"] {
        place.gmc(&format!("{verb} runs/idle-1 --device cpu")).fails(&["which no goal trains"]);
    }
    assert!(!run.join("images/samples.png").exists());
    // A run whose only checkpoint is that of round 0.
    place.train("flow", &FLOW.replace("TRAIN", "steps 20  checkpoint 50"));
    std::fs::remove_file(place.path("runs/flow-1/checkpoints/00000020.ckpt")).unwrap();
    for verb in ["sample", "density", "encode", "eval"] {
        place
            .gmc(&format!("{verb} runs/flow-1 --device cpu"))
            .fails(&["runs/flow-1 has no checkpoint of a trained round", "gmc resume runs/flow-1"]);
    }
}
