//! What verbs write into files: every ending that is offered, and none that is not.

use super::common::*;
use std::path::Path;

const POINTS: &str = "
data x: Real[3] from csv(\"points.csv\") split in order (test 0.1)
net encode(x: Real[3]) -> Real[2] { dense(2) }
net decode(z: Real[2]) -> Real[3] { dense(3) }
train { minimizes mse(decode(encode(x)), x)  TRAIN  batch 16  using adam(lr: 1e-2) }
";

fn table(path: &Path) -> (String, Vec<Vec<f32>>) {
    let text = std::fs::read_to_string(path).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    (header.to_string(), rows.lines().map(|l| l.split(',').map(|v| v.parse().unwrap()).collect()).collect())
}

/// The axes and the values of a `.npy` file of f32.
fn array(path: &Path) -> (String, Vec<f32>) {
    let bytes = std::fs::read(path).unwrap();
    let header = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    let text = String::from_utf8(bytes[10..10 + header].to_vec()).unwrap();
    let shape = text.split('(').nth(1).and_then(|t| t.split(')').next()).unwrap().to_string();
    (shape, bytes[10 + header..].as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
}

/// Data that are no pictures: reconstructions beside the test examples, which are the last tenth of the file.
#[test]
fn reconstructions_as_tables() {
    let place = Place::new();
    let point = |i: usize| [i as f32 * 0.25 - 5.0, (i % 7) as f32, (i % 3) as f32 - 1.0];
    let lines: Vec<String> = (0..50).map(|i| point(i).map(|v| v.to_string()).join(",")).collect();
    place.write("points.csv", format!("a,b,c\n{}\n", lines.join("\n")));
    place.train("points", &POINTS.replace("TRAIN", "steps 30"));
    let ask = |out: &str| place.gmc(&format!("reconstruct runs/points-1 --device cpu{out}"));
    ask(" --out r.csv").succeeds();
    let (header, rows) = table(&place.path("r.csv"));
    assert_eq!(header, "row,a,b,c,reconstruction.a,reconstruction.b,reconstruction.c");
    assert_eq!(rows.len(), 5);
    for (i, row) in rows.iter().enumerate() {
        // Counted in the file.
        assert_eq!(row[0], 46.0 + i as f32);
        assert_eq!(row[1..4], point(45 + i), "row {i} does not begin with its original");
        assert!(row[4..].iter().all(|v| v.is_finite()) && row[4..] != row[1..4]);
    }
    ask(" --out r.npy").succeeds();
    let (shape, values) = array(&place.path("r.npy"));
    assert_eq!(shape, "5, 2, 3");
    assert_eq!(values, rows.iter().flat_map(|r| r[1..].to_vec()).collect::<Vec<_>>(), "the two forms differ");
    // Where nothing is said, what can be no picture is a table.
    assert_eq!(ask("").succeeds().out, std::fs::read_to_string(place.path("r.csv")).unwrap());
    ask(" --out r.png").fails(&["cannot draw Real[3] as r.png: write .npy or .csv"]);
    for name in ["r.txt", "r", "r.csv.bak"] {
        ask(&format!(" --out {name}"))
            .fails(&[&format!("cannot write {name}: give a name that ends in .png, .npy or .csv")]);
        assert!(!place.path(name).exists());
    }
}

/// Pictures as tables: what was drawn and the picture show the same examples, and every verb knows its endings.
#[test]
fn endings_of_every_verb() {
    let place = Place::new();
    place.train(
        "vae",
        &VAE.replace("TRAIN", "steps 20")
            .replace("iwae(k: 2)", "iwae(k: 2)  reconstructions 5  every 8 steps"),
    );
    let ask = |line: &str| place.gmc(&format!("{} --device cpu", line.replace("RUN", "runs/vae-1")));
    ask("reconstruct RUN --out r.csv").succeeds();
    let (header, rows) = table(&place.path("r.csv"));
    assert!(
        header.starts_with("row,x.0,x.1,")
            && header.contains(",x.63,reconstruction.0,")
            && header.ends_with(",reconstruction.63")
    );
    assert!(rows.len() > 100 && rows.iter().all(|r| r.len() == 129));
    assert!(
        rows.iter().all(|r| r[1..65].iter().all(|v| [0.0, 1.0].contains(v))),
        "originals are truth values"
    );
    ask("reconstruct RUN --out r.PNG").succeeds();
    assert_eq!(std::fs::read(place.path("r.PNG")).unwrap()[1..4], *b"PNG");
    // Five pairs: as many columns, two rows of 8 pixels and frames.
    let size = |path: &Path| {
        let reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()))
            .read_info()
            .unwrap();
        (reader.info().width, reader.info().height)
    };
    let (width, height) = size(&place.path("runs/vae-1/images/reconstructions.png"));
    assert_eq!((width, height), size(&place.path("r.PNG")));
    assert!(width > 2 * height && width < 3 * height, "{width} by {height} is no row of five pairs");
    // Looks at the test part: after rounds 8 and 16, and at the end.
    let looks: Vec<u64> = records(&place.path("runs/vae-1"))
        .into_iter()
        .filter(|(_, part, _)| part == "test")
        .map(|(s, _, _)| s)
        .collect();
    assert_eq!(looks, [8, 16, 20]);

    ask("density RUN -k 1 --out d.csv").succeeds();
    ask("density RUN -k 1 --out d.npy").succeeds();
    let (shape, values) = array(&place.path("d.npy"));
    let text = std::fs::read_to_string(place.path("d.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|l| l.split(',').collect()).collect();
    assert!(text.starts_with("row,log_density,kind\n") && shape == format!("{},", rows.len()));
    for (i, (row, v)) in rows.iter().zip(&values).enumerate() {
        assert_eq!(
            (row[0].parse(), row[1].parse::<f32>(), row[2]),
            (Ok(i + 1), Ok(*v), "lower bound (K = 1)")
        );
    }
    for (line, ways) in [
        ("sample RUN --out a.jpg", ".png, .npy, .csv or .txt"),
        ("density RUN --out a.png", ".csv or .npy"),
        ("encode RUN --out a.jpg", ".npy, .csv or .png"),
        ("reconstruct RUN --out a.jpg", ".png, .npy or .csv"),
        ("classify RUN --out a.npy", ".csv"),
    ] {
        let name = line.split(' ').next_back().unwrap();
        ask(line).fails(&[&format!("cannot write {name}: give a name that ends in {ways}\n")]);
        assert!(!place.path(name).exists());
    }
}

/// Data at an end of a range that a flow approaches only: said before training, with how many lie where.
#[test]
fn data_that_a_flow_never_reaches() {
    let place = Place::new();
    let flow = |range: &str, of: &str| {
        format!(
            "data x: Real[64] in unit from digits\nflow f: Real[64] <-> Real[64] {range} {{ couple(parity(0), affine) {{ dense(8), relu }}, reverse, actnorm }}\nmodel p {{ z ~ Normal(0, I)[64];  x = {of} }}\ntrain {{ steps 2 }}\n"
        )
    };
    for (name, range, of) in [("fitted", "in unit", "f(z)"), ("mapped", "", "sigmoid(f(z))")] {
        place.write(&format!("{name}.gm"), flow(range, of));
        let said = place.gmc(&format!("run {name}.gm --device cpu"));
        said.fails(&[
            "error[E0305]: `x` has values that its flow never reaches",
            "of 115008 values 56272 are exactly 0 and 10456 exactly 1",
            "comes near 0 and 1, and never takes them",
            "`in interval(0, 1, margin: 0.01)`",
        ]);
    }
    let low = "data x: Real[2] in nonnegative from csv(\"low.csv\")\nflow f: Real[2] <-> Real[2] in positive { actnorm }\nmodel p { z ~ Normal(0, I)[2];  x = f(z) }\ntrain { steps 2 }\n";
    place.write("low.csv", "a,b\n1,2\n0,3\n0.5,1\n2,2\n");
    place.write("low.gm", low);
    place.gmc("run low.gm --device cpu").fails(&[
        "1 of 8 values is exactly 0",
        "comes near 0, and never takes it",
        "`in interval(-0.01, inf)`",
    ]);
    assert!(!place.path("runs").exists(), "a run folder was made");
    // What is offered works, and what lies between the ends is let through.
    place.write("wide.gm", flow("in interval(0, 1, margin: 0.01)", "f(z)"));
    place.gmc("run wide.gm --device cpu").succeeds();
    place.write("wider.gm", low.replace("in positive { actnorm", "in interval(-0.01, inf) { actnorm"));
    place.gmc("run wider.gm --device cpu").succeeds();
    place.write("low.csv", "a,b\n1,2\n0.001,3\n0.5,1\n2,2\n");
    place.gmc("run low.gm --device cpu").succeeds();
}

/// What samples were given stands before them, whether it came from the data, in turn or from the command line.
#[test]
fn samples_stand_beside_what_they_were_given() {
    let place = Place::new();
    let spec = "
data (s: Real[2], a: Real[2], y: Class(3)) from goals(3, n: 50)
net f(s: Real[2], y: Class(3)) -> Real[2] { dense(8), bias_from(y), relu, dense(2) }
model p(s, y) { a ~ Normal(f(s, y), 0.5) }
train { steps 2 }
";
    place.train("given", spec);
    place.gmc("sample runs/given-1 -n 4 --seed 1 --out a.csv").succeeds();
    place.gmc("sample runs/given-1 -n 4 --seed 2 --out b.csv").succeeds();
    let ((header, a), (_, b)) = (table(&place.path("a.csv")), table(&place.path("b.csv")));
    assert_eq!(header, "s.0,s.1,y,a.0,a.1");
    let given = |rows: &[Vec<f32>]| rows.iter().map(|r| r[..3].to_vec()).collect::<Vec<_>>();
    assert_eq!(given(&a), given(&b));
    assert_ne!(a, b);
    assert_eq!(a.iter().map(|r| r[2]).collect::<Vec<_>>(), [0.0, 1.0, 2.0, 0.0]);
    assert_ne!(a[0][..2], a[1][..2]);
    place.gmc("sample runs/given-1 -n 3 --given y=2 --out c.csv").succeeds();
    let (_, c) = table(&place.path("c.csv"));
    assert!(c.iter().all(|r| r[2] == 2.0) && c[0][..2] == a[0][..2], "{c:?}");
    // A picture shows one variable: the others stand beside it.
    let said = place.gmc("sample runs/given-1 -n 3 --out a.png");
    assert!(said.succeeds().out.contains("a.csv"), "{}", said.out);
    // Data can be looked at before there is a model.
    place.write("only.gm", "data (s: Real[2], a: Real[2]) from goals(3, n: 50)\n");
    let said = place.gmc("data only.gm");
    assert!(said.succeeds().out.contains("goals: 50 training and 50 test examples"), "{}", said.out);
    place.gmc("check only.gm").fails(&["E0504"]);
    place.write("wrong.gm", "data s: Real[3] from goals(3, n: 50)\n");
    place.gmc("data wrong.gm").fails(&["E0204"]);
}

/// Sequences of numbers that are drawn from place to place are lines over time; grey levels and bits stay pictures.
#[test]
fn sequences_are_drawn_as_lines() {
    let place = Place::new();
    let values: Vec<f32> = (0..40 * 12).map(|i| (i as f32 * 0.7).sin()).collect();
    place.write("x.npy", gmc_runtime::show::table::npy(&[40, 6, 2], &values).unwrap());
    let spec = "
data x: Real[6, 2] from npy(\"x.npy\")
model p { x[0] ~ Normal(free(2), 1);  x[t in 1..6] ~ Normal(x[t - 1], exp(free(2))) }
train { steps 2 }
";
    place.train("walk", spec);
    let size = |name: &str| {
        let png = std::fs::read(place.path(name)).unwrap();
        [16, 20].map(|at| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]))
    };
    place.gmc("sample runs/walk-1 -n 4 --out s.png").succeeds();
    assert_eq!(size("s.png"), [243, 147]);
    assert_eq!(size("runs/walk-1/images/samples.png")[0] % 121, 1);
    let rows = "
data x: Bool[8, 8] from digits(binarize: 0.5)
net f(x: Bool[8]) -> Real[8] { dense(8) }
model p { x[0] ~ Bernoulli(logits: free(8));  x[t in 1..8] ~ Bernoulli(logits: f(x[t - 1])) }
train { steps 2 }
";
    place.train("rows", rows);
    place.gmc("sample runs/rows-1 -n 4 --out r.png").succeeds();
    assert_eq!(size("r.png")[0] % 50, 2);
}
