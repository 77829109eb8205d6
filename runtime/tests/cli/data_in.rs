//! Data as their owners have them: a table with columns of several kinds, parts of it, files that lie elsewhere.

use super::common::*;
use gmc_runtime::store::RunDir;

/// 400 rows of five columns that a model may read, and three that it need not: numbers from a fixed sequence.
fn sales() -> String {
    let mut out = String::from("when,amount,n,flag,kind,size,constant,customer\n");
    let mut state = 7u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    for i in 0..400 {
        let kind = (unit() * 3.0) as usize;
        let near = unit() + unit() + unit() + unit() - 2.0;
        let (flag, n, size) = (unit() < 0.3, (unit() * unit() * 10.0) as usize, unit() + unit() - 1.0);
        out.push_str(&format!(
            "2024-{:02}-{:02},{:.4},{n},{flag},{},{size:.4},7,c{}\n",
            1 + i / 34,
            1 + i % 28,
            (1.0 + kind as f64 + near).exp(),
            ["ash", "elm", "oak"][kind],
            i / 5
        ));
    }
    out
}

const MODEL: &str = "
param k: Real[K]
param m: Real[K]
param l: Real[10]
param b: Real
model p {
  kind ~ Categorical(logits: k)
  amount ~ LogNormal(dot(m, kind), 0.6)
  n ~ Categorical(logits: l)
  flag ~ Bernoulli(logits: b)
  size ~ Normal(0, 1)
}
";

/// The walk through a table: what it holds, what is trained, what comes out.
#[test]
fn a_table_of_several_kinds_from_an_empty_folder() {
    let place = Place::new();
    place.write("shop/sales.csv", sales());
    let data = "dim K\ndata (amount: Real in positive, n: Int(10), flag: Bool, kind: Class(K), size: Real) from csv(\"sales.csv\")\n";
    let text = format!("{data}{MODEL}train {{ epochs 40  using adam(lr: 3e-2) }}\n");
    place.write("shop/t.gm", &text);
    let said = place.gmc("data shop/t.gm");
    said.succeeds();
    for part in [
        "csv: 320 training, 40 validation and 40 test examples",
        "columns that are not read: `when`, `constant`, `customer`",
        "classes of `kind`: 0 ash, 1 elm, 2 oak",
        "320 rows are for training, 40 for validation and 40 for testing, shuffled by the seed, class by class",
        "\n  flag    Bool              false ",
        "\n  kind    Class(3)          ",
    ] {
        assert!(said.out.contains(part), "no {part:?} in:\n{}", said.out);
    }
    // The file is found beside the spec, whatever folder one works in; so it is when the run is asked.
    place.gmc("run shop/t.gm --device cpu").succeeds();
    let run = place.path("runs/t-1");
    let parts: Vec<String> = records(&run).into_iter().map(|(_, part, _)| part).collect();
    assert!(parts.iter().any(|p| p == "valid"));
    assert_eq!(parts.iter().filter(|p| *p == "test").count(), 1, "the test part is read at the end only");
    let nll = place.gmc("eval runs/t-1 --device cpu").succeeds().out.clone();
    assert!(nll.contains("negative log-likelihood") && nll.contains("exact"), "{nll}");
    place.gmc("eval runs/t-1 --part valid --device cpu").succeeds();
    let drawn = place.gmc("sample runs/t-1 -n 20 --device cpu").succeeds().out.clone();
    assert!(drawn.lines().skip(1).all(|l| ["ash", "elm", "oak"].iter().any(|k| l.contains(k))), "{drawn}");
    // From the folder of the run, too.
    place.gmc("data runs/t-1/spec.gm").succeeds();
    // A file of that name where one works is not taken for it.
    std::fs::rename(place.path("shop/sales.csv"), place.path("sales.csv")).unwrap();
    place.gmc("data shop/t.gm").fails(&[
        "no file `sales.csv` found",
        "looked for shop/sales.csv",
        "the working folder has a `sales.csv`, but paths in a spec are relative to the spec",
    ]);
}

/// Training stops when the validation part says so, and leaves the best weights that it has seen.
#[test]
fn stopping_early_leaves_the_best_weights() {
    let place = Place::new();
    place.write("sales.csv", sales());
    let spec = |train: &str| {
        format!(
            "dim K\ndata (amount: Real in positive, n: Int(10), flag: Bool, kind: Class(K), size: Real) from csv(\"sales.csv\") split (train 0.4, valid 0.3, test 0.3, by: \"customer\")\n{MODEL}train {{ epochs 100  using adam(lr: 1.0)  {train} }}\neval {{ every 1 epochs }}\n"
        )
    };
    let run = place.train("t", &spec("stop(patience: 5)"));
    let looked: Vec<(u64, f64)> = records(&run)
        .into_iter()
        .filter(|(_, part, _)| part == "valid")
        .filter_map(|(step, _, values)| Some((step, values.values().next()?.0)))
        .collect();
    let best = looked.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let last = looked.last().unwrap();
    assert!(last.0 < 100 && looked.len() >= 6, "it did not stop: {looked:?}");
    assert_eq!(looked.iter().filter(|(step, _)| *step > best.0).count(), 5, "{looked:?}");
    let meta = RunDir::view(&run).unwrap().standing().unwrap();
    assert_eq!(meta.step, best.0, "the weights are those of the best measurement");
    let said = place.gmc("eval runs/t-1 --part valid --message-format json --device cpu");
    assert!(!said.succeeds().err.contains("is not there"), "{}", said.err);
    let valid = said.out.clone();
    let value: f64 =
        valid.split("\"value\":").nth(1).unwrap().split([',', '}']).next().unwrap().parse().unwrap();
    assert!((value - best.1).abs() < 1e-4 * best.1.abs(), "{value} {best:?}");
    // What is finished stays finished.
    place.gmc("resume runs/t-1 --device cpu");
    assert_eq!(RunDir::view(&run).unwrap().standing().unwrap().step, best.0);
    // Without a part to watch there is nothing to stop by.
    place.write("n.gm", spec("stop(patience: 5)").replace("valid 0.3, ", ""));
    place.gmc("run n.gm --device cpu").fails(&[
        "`stop` needs a validation part, and the data have none",
        "split (train 0.8, valid 0.1, test 0.1)",
    ]);
}

/// What `gmc data` warns of.
#[test]
fn rows_in_two_parts_rare_classes_and_items_of_one_file() {
    let place = Place::new();
    let row =
        |i: usize| format!("{}.25,{},{}\n", i % 150, i % 150, if i % 300 == 7 { "rare" } else { "common" });
    place.write("d.csv", format!("x,y,k\n{}", (0..300).map(row).collect::<String>()));
    let model = "\nmodel p { x ~ Normal(0, 1);  y ~ Normal(0, 1);  k ~ Categorical(2) }\ntrain { steps 1 }\n";
    place.write("d.gm", format!("data (x: Real, y: Real, k: Class) from csv(\"d.csv\"){model}"));
    let said = place.gmc("data d.gm");
    said.succeeds();
    assert!(said.err.contains("test rows are training rows, too"), "{}", said.err);
    assert!(
        said.err.contains("some classes of `k` are rare among 240 training rows: rare 1"),
        "{}",
        said.err
    );
    assert!(said.out.contains(": whole numbers, "), "{}", said.out);
    place.write(
        "u.gm",
        "data x: Real from csv(\"d.csv\")\ndata y: Real from csv(\"d.csv\")\nparam m: Real\nmodel p { x ~ Normal(m, 1) }\nmodel r { y ~ Normal(m, 1) }\ntrain { minimizes nll(p) + nll(r)  steps 1 }\n",
    );
    let said = place.gmc("data u.gm");
    assert!(
        said.err.contains("x and y are read from \"d.csv\" as two streams, whose rows are not paired: one item pairs them, `data (x: .., y: ..) from csv(..)`"),
        "{}",
        said.err
    );
}

/// What training and averages make of weights of rows: a mean by closed form, and the log-density of the test part by hand.
#[test]
fn rows_count_by_their_weights() {
    let place = Place::new();
    let rows: Vec<(f64, f64)> =
        (0..40).map(|i| (f64::from(i * 7 % 40) / 10.0, f64::from(i % 5) * 0.5)).collect();
    let table: String = rows.iter().map(|(x, w)| format!("{x},{w}\n")).collect();
    place.write("w.csv", format!("x,w\n{table}"));
    let spec = |source: &str| {
        format!(
            "data x: Real from {source} split in order (train 0.5, valid 0.2, test 0.3)\nparam m: Real\nmodel p {{ x ~ Normal(m, 1) }}\n\
             train {{ epochs 60  batch 20  using sgd(lr: 0.5) }}\n"
        )
    };
    let run = place.train("t", &spec("csv(\"w.csv\", columns: [x], weight: w)"));
    let mean = |part: &[(f64, f64)], f: &dyn Fn(f64) -> f64| {
        part.iter().map(|(x, w)| w * f(*x)).sum::<f64>() / part.iter().map(|(_, w)| w).sum::<f64>()
    };
    let m = mean(&rows[..20], &|x| x);
    let found = f32::from_bits(weights(&run).iter().find(|(k, _)| k.1 == "m").unwrap().1[0]);
    assert!((f64::from(found) - m).abs() < 1e-5, "{found} is not {m}");
    let nll = |x: f64| 0.5 * (x - m).powi(2) + 0.5 * std::f64::consts::TAU.ln();
    let said = place.gmc("eval runs/t-1 --message-format json --device cpu").succeeds().out.clone();
    let value: f64 =
        said.split("\"value\":").nth(1).unwrap().split([',', '}']).next().unwrap().parse().unwrap();
    assert!((value - mean(&rows[28..], &nll)).abs() < 1e-5, "{value}");
    let unweighted = place.train("u", &spec("csv(\"w.csv\", columns: [x])"));
    assert!(weights(&unweighted) != weights(&run));
    let told = place.gmc("data t.gm").succeeds().out.clone();
    assert!(told.contains("rows count by `w`, from 0 to 2, over its mean in the training part"), "{told}");
    let said = place.gmc("explain t.gm").succeeds().out.clone();
    assert!(said.contains("means over the data count each row by the column w over its own mean"), "{said}");
    // Rows of another file need no weights.
    place.write("new.csv", "x\n0.5\n1.5\n");
    place.gmc("density runs/t-1 new.csv --device cpu").succeeds();
}

/// A learning rate that falls when the validation part stops becoming better, and goes on so after a stop.
#[test]
fn a_plateau_lowers_the_learning_rate() {
    let place = Place::new();
    place.write("sales.csv", sales());
    let text = format!(
        "dim K\ndata (amount: Real in positive, n: Int(10), flag: Bool, kind: Class(K), size: Real) from csv(\"sales.csv\")\n{MODEL}train {{ epochs 40  using adam(lr: plateau(0.3, factor: 0.5, patience: 2)) }}\neval {{ every 1 epochs }}\n"
    );
    let run = place.train("t", &text);
    let rates: Vec<(u64, f64)> = records(&run)
        .into_iter()
        .filter_map(|(step, part, values)| {
            Some((step, values.get("learning rate").filter(|_| part == "train")?.0))
        })
        .collect();
    // Halved whenever two measurements in a row were no better, by what the validation part says.
    let looks: Vec<(u64, f64)> = records(&run)
        .into_iter()
        .filter(|(_, part, _)| part == "valid")
        .filter_map(|(step, _, values)| Some((step, values.get("negative log-likelihood [nats]")?.0)))
        .collect();
    let (mut best, mut since, mut drops) = (f64::INFINITY, 0, Vec::new());
    for (step, v) in &looks {
        since = if *v < best { 0 } else { since + 1 };
        best = best.min(*v);
        if since == 2 {
            drops.push(*step);
            since = 0;
        }
    }
    assert!(drops.len() >= 2, "the test has no plateau: {looks:?}");
    for (step, rate) in &rates {
        // The line of a round is written before the measurement after it.
        let passed = drops.iter().filter(|d| **d < *step).count() as i32;
        assert!((rate - 0.3 * 0.5f64.powi(passed)).abs() < 1e-12, "round {step}: {rate} after {drops:?}");
    }
    // In pieces it ends the same.
    place.write("s.gm", text.replace("epochs 40", "epochs 40  checkpoint 7"));
    place.write("w.gm", text.replace("epochs 40", "epochs 40  checkpoint 7"));
    place.gmc("run w.gm --device cpu").succeeds();
    let mut child = place.start("run s.gm --device cpu");
    wait("rounds", || {
        RunDir::view(&place.path("runs/s-1")).ok().and_then(|d| d.checkpoints().first().copied())
            >= Some(drops[0] + 7)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    place.gmc("resume runs/s-1 --device cpu").succeeds();
    assert_same(&place.path("runs/w-1"), &place.path("runs/s-1"));
    // Without a part to watch there is nothing to follow.
    place.write(
        "n.gm",
        text.replace("from csv(\"sales.csv\")", "from csv(\"sales.csv\") split (train 0.8, test 0.2)"),
    );
    place.gmc("run n.gm --device cpu").fails(&["`plateau` needs a validation part, and the data have none"]);
}

/// An array whose events stay in the file trains to the same bits as one in memory, over several passes, and answers the same.
#[test]
fn events_that_stay_in_their_file_train_to_the_same_weights() {
    let place = Place::new();
    let pixels: Vec<u8> = (0..300u32 * 64).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let array = |data: &[u8]| {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (300, 8, 8), }\n";
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    };
    place.write("x.npy", array(&pixels));
    let spec = |stream: &str| {
        format!(
            "data x: Int(256)[64] from npy(\"x.npy\", stream: {stream})\nnet f(z: Real[2]) -> Real[64] {{ dense(64) }}\n\
             net e(x: Int(256)[64]) -> (Real[2], Real[2]) {{ heads(2, 2) }}\n\
             model p {{ z ~ Normal(0, I)[2];  x ~ DiscretizedLogistic(f(z), 0.5) }}\nguide q(x) {{ (m, s) = e(x);  z ~ Normal(m, exp(s)) }}\n\
             train {{ epochs 5  batch 32  using adam(lr: 1e-3) }}\n"
        )
    };
    let (near, far) = (place.train("near", &spec("false")), place.train("far", &spec("true")));
    assert!(weights(&near) == weights(&far), "other weights");
    assert_eq!(records(&near), records(&far));
    let said = place.gmc("data far.gm").succeeds().out.clone();
    assert!(said.contains("the 300 events of `x.npy` stay in the file"), "{said}");
    for ask in ["eval", "density", "reconstruct"] {
        let of = |run: &str| place.gmc(&format!("{ask} runs/{run}-1 --device cpu --out {run}.csv"));
        let of = |run: &str| match ask {
            "eval" => place.gmc(&format!("eval runs/{run}-1 --device cpu")).succeeds().out.clone(),
            _ => {
                of(run).succeeds();
                std::fs::read_to_string(place.path(&format!("{run}.csv"))).unwrap()
            }
        };
        assert_eq!(of("near"), of("far"), "{ask}");
    }
    // A file that is another than the one that was trained on is noticed by the blocks that are looked at.
    place.write("x.npy", array(&pixels.iter().map(|v| v ^ 1).collect::<Vec<_>>()));
    let said = place.gmc("eval runs/far-1 --device cpu");
    assert!(said.succeeds().err.contains("the data of `x` have changed since the run began"), "{}", said.err);
}

/// New rows in every form that pictures and arrays come in, and a picture of the training part.
#[test]
fn new_rows_are_read_from_arrays_by_name_pictures_and_archives() {
    let place = Place::new();
    let files: [(&str, &[u8]); 3] = [
        ("a.jpg", include_bytes!("../../../tests/data/halves.jpg")),
        ("b.webp", include_bytes!("../../../tests/data/halves.webp")),
        ("c.png", include_bytes!("../../../tests/data/deep_alpha.png")),
    ];
    let mut tar = Vec::new();
    for (name, bytes) in files {
        place.write(&format!("new/{name}"), bytes);
        let mut head = [0u8; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        head[156] = b'0';
        head[257..262].copy_from_slice(b"ustar");
        tar.extend(head);
        tar.extend(bytes);
        tar.resize(tar.len().div_ceil(512) * 512, 0);
    }
    tar.extend([0; 1024]);
    place.write("new.tar", &tar);
    place.train(
        "p",
        "data x: Real[3, 2, 4] in unit from images(\"new\") split in order (train 0.7, test 0.3)\nparam m: Real[3, 2, 4]\n\
         model p { x ~ Normal(m, 1) }\ntrain { steps 3  using adam(lr: 1e-2) }\n",
    );
    let rows = |of: &str| -> Vec<String> {
        place.gmc(&format!("density runs/p-1 {of} --device cpu --out d.csv")).succeeds();
        let text = std::fs::read_to_string(place.path("d.csv")).unwrap();
        text.lines().skip(1).map(|l| l.rsplit(',').next().unwrap().to_string()).collect()
    };
    let all = rows("new");
    assert_eq!(all.len(), 3);
    assert_eq!(rows("new.tar"), all);
    for (file, density) in ["new/a.jpg", "new/b.webp", "new/c.png"].iter().zip(&all) {
        assert_eq!(&rows(file), std::slice::from_ref(density), "{file}");
    }
    // Of several arrays that of the variable's name is taken.
    place.write("new.npz", include_bytes!("../../../tests/data/plain.npz"));
    place.write("t.csv", "x1,x2\n0,1\n2,3\n4,5\n");
    place.train(
        "p",
        "data x: Real[2] from csv(\"t.csv\")\nparam m: Real[2]\nmodel p { x ~ Normal(m, 1) }\ntrain { steps 3  using adam(lr: 1e-2) }\n",
    );
    let of = |file: &str| {
        place.gmc(&format!("density runs/p-2 {file} --device cpu --out d.csv")).succeeds();
        std::fs::read_to_string(place.path("d.csv")).unwrap()
    };
    assert_eq!(of("new.npz").lines().count(), 4);
    assert_eq!(of("new.npz"), of("t.csv"));
    // What the data look like.
    place.write(
        "look.gm",
        "data x: Real[3, 2, 4] in unit from images(\"new\")\nparam m: Real[3, 2, 4]\nmodel p { x ~ Normal(m, 1) }\ntrain { steps 1 }\n",
    );
    let said = place.gmc("data look.gm").succeeds().out.clone();
    assert!(
        said.contains("`x` is colour pictures of 4 by 2 pixels: `gmc data look.gm --out data.png`"),
        "{said}"
    );
    place.gmc("data look.gm --out data.png").succeeds();
    assert!(std::fs::read(place.path("data.png")).unwrap().starts_with(b"\x89PNG"));
    place.gmc("data look.gm --out data.txt").fails(&["give a name that ends in .png"]);
    place.write("p.gm", "data x: Real[2] from csv(\"t.csv\")\nparam m: Real[2]\nmodel p { x ~ Normal(m, 1) }\ntrain { steps 1 }\n");
    place
        .gmc("data p.gm --out data.png")
        .fails(&["none of these data are pictures, which data.png would show"]);
}

/// Counts without a bound given a number: a Poisson regression whose coefficients, densities and draws are known.
#[test]
fn counts_are_modelled_by_their_rate() {
    let place = Place::new();
    let mut state = 5u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    // A Poisson draw by counting arrivals (Knuth 1969, section 3.4.1).
    let rows: Vec<(u32, f64)> = (0..600)
        .map(|_| {
            let x = 4.0 * unit() - 2.0;
            let (limit, mut p, mut n) = ((-(1.0 + 0.7 * x).exp()).exp(), unit(), 0);
            while p > limit {
                p *= unit();
                n += 1;
            }
            (n, x)
        })
        .collect();
    let table: String = rows.iter().map(|(n, x)| format!("{n},{x}\n")).collect();
    place.write("c.csv", format!("n,x\n{table}"));
    let run = place.train(
        "c",
        "data (n: Count, x: Real) from csv(\"c.csv\")\nparam a: Real\nparam b: Real\n\
         model p(x) { n ~ Poisson(log_rate: a + b * x) }\ntrain { epochs 60  using adam(lr: 2e-2) }\n",
    );
    let all = weights(&run);
    let [a, b] =
        ["a", "b"].map(|name| f64::from(f32::from_bits(all.iter().find(|(k, _)| k.1 == name).unwrap().1[0])));
    assert!((a - 1.0).abs() < 0.12 && (b - 0.7).abs() < 0.1, "{a} {b}");
    let said = place.gmc("data c.gm").succeeds().out.clone();
    assert!(said.contains("n  Count"), "{said}");
    // ln of e^-rate rate^n / n!
    place.write("new.csv", "n,x\n0,0.5\n3,-1\n40,2\n");
    place.gmc("density runs/c-1 new.csv --device cpu --out d.csv").succeeds();
    let text = std::fs::read_to_string(place.path("d.csv")).unwrap();
    for ((n, x), line) in [(0, 0.5), (3, -1.0), (40, 2.0)].into_iter().zip(text.lines().skip(1)) {
        let got: f64 = line.split(',').nth(1).unwrap().parse().unwrap();
        let l = a + b * x;
        let want = f64::from(n) * l - l.exp() - (1..=n).map(|i| f64::from(i).ln()).sum::<f64>();
        assert!((got - want).abs() < 1e-3 * want.abs().max(1.0), "{n} at {x}: {got}, not {want}");
    }
    let drawn = place.gmc("sample runs/c-1 -n 30 --given x=2 --device cpu").succeeds().out.clone();
    let counts: Vec<f64> =
        drawn.lines().skip(1).filter_map(|l| l.rsplit(',').find_map(|c| c.trim().parse().ok())).collect();
    assert!(counts.len() == 30 && counts.iter().all(|c| c.fract() == 0.0 && *c >= 0.0), "{drawn}");
    place.write("bad.csv", "n,x\n0,0.5\n2.5,-1\n");
    place
        .gmc("density runs/c-1 bad.csv --device cpu")
        .fails(&["row 2 (line 3 of the file), column `n` is \"2.5\"", "counts are whole numbers from 0 on"]);
}
