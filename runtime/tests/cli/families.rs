//! Every verb on every family: an answer, or a refusal that says why.

use super::common::*;
use std::path::{Path, PathBuf};

/// Width, height, and whether there are two different pixels.
fn decoded(path: &Path) -> (u32, u32, bool) {
    let file = std::fs::File::open(path).unwrap();
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    let pixel = info.buffer_size() / (info.width * info.height) as usize;
    let differs = data.chunks(pixel).any(|p| p != &data[..pixel]);
    (info.width, info.height, differs)
}

/// The axes and the values of a `.npy` file of f32.
fn npy(path: &Path) -> (String, Vec<f32>) {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let header = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    let text = String::from_utf8(bytes[10..10 + header].to_vec()).unwrap();
    assert!(text.contains("'<f4'"), "{text}");
    let shape = text.split('(').nth(1).and_then(|t| t.split(')').next()).unwrap().to_string();
    (shape, bytes[10 + header..].as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
}

/// A spec of the repository, trained for a moment.
fn trained(place: &Place, name: &str, set: &str) -> PathBuf {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs").join(format!("{name}.gm"));
    let said = place.gmc(&format!("run {} --name {name} --device cpu --set {set}", spec.display()));
    said.succeeds();
    for f in ["spec.gm", "set.txt", "metrics.jsonl", "scores.json", "weights.safetensors", "report.html"] {
        assert!(place.path(&format!("runs/{name}-1/{f}")).is_file(), "{name}: {f}");
    }
    place.path(&format!("runs/{name}-1"))
}

struct Family {
    name: &'static str,
    set: &'static str,
    /// Elements of a datum.
    size: usize,
    /// Why there are no samples, no density, no codes, no reconstructions; empty where there are.
    sample: &'static str,
    density: &'static str,
    encode: &'static str,
    reconstruct: &'static str,
    /// What the density is said to be.
    kind: &'static str,
    /// Width of a code.
    code: usize,
    /// Why there is no way between data; empty where there is.
    interpolate: &'static str,
}

fn ask(f: &Family) {
    let place = Place::new();
    let run = trained(&place, f.name, f.set);
    let at = format!("runs/{}-1 --device cpu", f.name);

    for line in
        ["sample -n 12 --out a.png", "sample -n 1003 --out a.npy", "sample -n 3 --out a.csv", "sample -n 4"]
    {
        let said = place.gmc(&format!("{} {at} {}", &line[..6], &line[6..]));
        if !f.sample.is_empty() {
            said.fails(&["this model cannot answer `sample`", f.sample]);
        } else {
            said.succeeds();
        }
    }
    if f.sample.is_empty() {
        assert!(decoded(&place.path("a.png")).2, "{}: a constant picture", f.name);
        assert!(decoded(&run.join("images/samples.png")).2);
        assert!(decoded(&run.join("images/samples-seed1.png")).2);
        let (shape, values) = npy(&place.path("a.npy"));
        assert_eq!(shape, format!("1003, {}", f.size));
        assert!(values.len() == 1003 * f.size && values.iter().all(|v| v.is_finite()));
        assert_ne!(
            values[..f.size],
            values[1000 * f.size..1001 * f.size],
            "the second thousand repeats the first"
        );
        let csv = std::fs::read_to_string(place.path("a.csv")).unwrap();
        assert_eq!(csv.lines().count(), 4, "{csv}");
        assert!(csv.lines().all(|l| l.split(',').count() == f.size));
    }

    let k = if f.kind.contains("K = 2") { "-k 2" } else { "" };
    let said = place.gmc(&format!("density {at} {k} --out d.csv"));
    if k.is_empty() {
        // What is no bound of several samples takes no number of them.
        let wrong = if f.density.is_empty() { "-k is for densities that are bounds" } else { f.density };
        place.gmc(&format!("density {at} -k 2")).fails(&[wrong]);
        place.gmc(&format!("eval {at} -k 2")).fails(&["-k is for densities that are bounds"]);
    }
    if !f.density.is_empty() {
        said.fails(&["this model cannot answer `density`", f.density]);
        // What would give one is said of a model that has samples only.
        let samples_only = f.density.contains("samples, but no density");
        assert_eq!(
            said.err.contains("help: for a density make the net a flow"),
            samples_only,
            "{}",
            said.err
        );
    } else {
        assert!(said.succeeds().out.contains(f.kind), "{}", said.out);
        let all = std::fs::read_to_string(place.path("d.csv")).unwrap();
        assert!(
            all.lines().skip(1).all(|l| l.split(',').nth(1).unwrap().parse::<f64>().unwrap().is_finite())
                && all.lines().count() > 100
        );
    }

    let said = place.gmc(&format!("encode {at} --out c.csv"));
    if !f.encode.is_empty() {
        said.fails(&["this model cannot answer `encode`", f.encode]);
    } else {
        said.succeeds();
        let codes = std::fs::read_to_string(place.path("c.csv")).unwrap();
        assert!(codes.lines().all(|l| l.split(',').count() == 1 + f.code) && codes.lines().count() > 100);
        let code = |i: usize| codes.lines().nth(i).and_then(|l| l.split_once(',')).map(|(_, code)| code);
        assert_ne!(code(1), code(2));
    }

    let said = place.gmc(&format!("interpolate {at} --pairs 2 --steps 5 --out i.npy"));
    if !f.interpolate.is_empty() {
        said.fails(&["this model cannot answer `interpolate`", f.interpolate]);
    } else {
        said.succeeds();
        let (shape, values) = npy(&place.path("i.npy"));
        assert_eq!(shape, format!("2, 5, {}", f.size));
        assert!(values.iter().all(|v| v.is_finite()), "{}", f.name);
        // The ends differ, and so does what lies between.
        let at = |i: usize| &values[i * f.size..(i + 1) * f.size];
        assert!(at(0) != at(4) && at(2) != at(0) && at(2) != at(4), "{}", f.name);
        assert_eq!(said.err.contains("nothing encodes data"), !f.encode.is_empty(), "{}", said.err);
    }

    let said = place.gmc(&format!("reconstruct {at} --out r.png"));
    if !f.reconstruct.is_empty() {
        said.fails(&["this model cannot answer `reconstruct`", f.reconstruct]);
    } else {
        said.succeeds();
        assert!(decoded(&place.path("r.png")).2);
    }

    let said = place.gmc(&format!("eval {at}"));
    assert!(said.succeeds().out.lines().count() >= 1 && !said.out.contains("NaN"), "{}", said.out);
}

const NO_MODEL: &str = "this spec has no `model`";
const BIJECTIVE: &str = "there is nothing to reconstruct";
const NO_GUIDE: &str = "`p` has no guide";
const NO_DENSITY: &str = "the model has samples, but no density";

/// A latent variable model with a guide answers everything.
const fn latent(name: &'static str, set: &'static str) -> Family {
    Family {
        name,
        set,
        size: 64,
        sample: "",
        density: "",
        encode: "",
        reconstruct: "",
        kind: "lower bound (K = 2)",
        code: 8,
        interpolate: "",
    }
}

#[test]
fn vae() {
    ask(&latent("vae", "train.epochs=1"));
}

#[test]
fn vae_perdatum() {
    ask(&latent("vae_perdatum", "train.epochs=3"));
}

/// A run with blocks says what it inferred, its weights hold a row for each datum, and the number of steps can be chosen.
#[test]
fn what_is_inferred_is_said() {
    let place = Place::new();
    let run = trained(&place, "vae_perdatum", "eval.infer.steps=7");
    let shapes =
        String::from_utf8_lossy(&std::fs::read(run.join("weights.safetensors")).unwrap()).into_owned();
    assert!(
        shapes.contains("\"q.free0\":{\"dtype\":\"F32\",\"shape\":[1500,8]"),
        "no table among the weights"
    );
    for (line, said) in [
        ("density runs/vae_perdatum-1 -k 1", "z of 297 test examples inferred by 7 Adam steps each"),
        (
            "eval runs/vae_perdatum-1 --examples 50 --infer-steps 3",
            "z of 50 test examples inferred by 3 Adam steps each",
        ),
        (
            "reconstruct runs/vae_perdatum-1 --out a.png",
            "z of 32 test examples inferred by 7 Adam steps each",
        ),
        (
            "encode runs/vae_perdatum-1 --out a.csv --infer-steps 1",
            "z of 297 test examples inferred by 1 Adam steps each",
        ),
    ] {
        let asked = place.gmc(&format!("{line} --device cpu"));
        assert!(asked.succeeds().err.contains(said), "{line}: {}", asked.err);
    }
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/vae_perdatum.gm");
    let explained = place.gmc(&format!("explain {}", spec.display()));
    let said = "guide q: 16 parameters for each x, owned by codes; 1,500 data: 24,000 parameters, 0.1 MB (0.3 MB with what adam keeps)";
    assert!(explained.succeeds().out.contains(said), "{}", explained.out);
    // Without the data, all is said but their number.
    place.write(
        "mnist.gm",
        std::fs::read_to_string(&spec)
            .unwrap()
            .replace("digits(", "mnist(")
            .replace("[64]", "[784]")
            .replace("dense(64)", "dense(784)"),
    );
    let explained = place.gmc("explain mnist.gm");
    assert!(
        explained.succeeds().out.contains(
            "16 parameters for each x, owned by codes; how many in all is known where the data are"
        ),
        "{}",
        explained.out
    );
    trained(&place, "vae", "train.epochs=0.1");
    place
        .gmc("encode runs/vae-1 --infer-steps 3")
        .fails(&["--infer-steps is for guides with parameters for each datum"]);
}

#[test]
fn autoencoder() {
    ask(&Family {
        name: "ae",
        set: "train.epochs=1",
        size: 64,
        sample: NO_MODEL,
        density: NO_MODEL,
        encode: "",
        reconstruct: "",
        kind: "",
        code: 8,
        interpolate: "",
    });
}

#[test]
fn realnvp() {
    ask(&Family {
        name: "realnvp",
        set: "train.epochs=0.1",
        size: 2,
        sample: "",
        density: "",
        encode: "",
        reconstruct: BIJECTIVE,
        kind: "exact",
        code: 2,
        interpolate: "",
    });
}

/// A flow of dequantised grey levels: its density is a bound.
const fn flow_of_digits(name: &'static str) -> Family {
    Family {
        name,
        set: "train.epochs=0.3",
        size: 64,
        sample: "",
        density: "",
        encode: "",
        reconstruct: BIJECTIVE,
        kind: "lower bound",
        code: 64,
        interpolate: "",
    }
}

#[test]
fn nice() {
    ask(&flow_of_digits("nice"));
}

#[test]
fn realnvp_digits() {
    ask(&flow_of_digits("realnvp_digits"));
}

/// A game leaves a sampler, and nothing else.
const fn game(name: &'static str, set: &'static str, size: usize) -> Family {
    Family {
        name,
        set,
        size,
        sample: "",
        density: NO_DENSITY,
        encode: NO_GUIDE,
        reconstruct: NO_GUIDE,
        kind: "",
        code: 0,
        interpolate: "",
    }
}

#[test]
fn gan() {
    ask(&game("gan", "train.epochs=1", 64));
}

#[test]
fn gan_ring() {
    ask(&game("gan_ring", "train.steps=20", 2));
}

#[test]
fn conditions_of_every_draw_are_the_classes_in_turn() {
    let vae = "
data (x: Real[64] in unit, y: Class(10)) from digits
net decode(z: Real[4], y: Class(10)) -> Real[64]                    { dense(32), relu, dense(64) }
net encode(x: Real[64] in unit, y: Class(10)) -> (Real[4], Real[4]) { dense(32), relu, heads(4, 4) }
model p(y)    { z ~ Normal(0, I)[4];  x ~ Normal(decode(z, y), 0.3) }
guide q(x, y) { (m, s) = encode(x, y);  z ~ Normal(m, exp(s)) }
train { epochs 15  batch 64  using adam(lr: 5e-3) }
";
    let gan = "
data (x: Real[64] in unit, y: Class(10)) from digits
net G(z: Real[4], y: Class(10)) -> Real[64] in unit { dense(32), relu, dense(64), sigmoid }
net D(x: Real[64] in unit, y: Class(10)) -> Real[]  { dense(32), leaky_relu(0.2), dense(1), scalar }
model p(y) { z ~ Normal(0, I)[4];  x = G(z, y) }
train {
  player judge { owns D  minimizes says_real(D(x, y)) + says_fake(D(p.x, y))  using adam(lr: 1e-3, betas: (0.5, 0.999)) }
  player maker { owns G  minimizes says_real(D(p.x, y))                       using adam(lr: 1e-3, betas: (0.5, 0.999)) }
  epochs 2  batch 64
}
";
    let place = Place::new();
    for (name, text) in [("vae", vae), ("gan", gan)] {
        let run = place.train(name, text);
        assert!(decoded(&run.join("images/samples.png")).2);
        place.gmc(&format!("sample runs/{name}-1 -n 2000 --out {name}.csv --device cpu")).succeeds();
        let csv = std::fs::read_to_string(place.path(&format!("{name}.csv"))).unwrap();
        assert!(csv.starts_with("y,x.0,"), "{csv:.40}");
        // Each behind the class that it was drawn for.
        let row = |l: &str| l.split(',').map(|v| v.parse::<f32>().unwrap()).collect::<Vec<_>>();
        let rows: Vec<Vec<f32>> = csv.lines().skip(1).map(row).collect();
        assert!(rows.iter().enumerate().all(|(i, r)| r.len() == 65 && r[0] == (i % 10) as f32));
        let values: Vec<f32> = rows.iter().flat_map(|r| r[1..].to_vec()).collect();
        assert_eq!(values.len(), 128_000);
        place.gmc(&format!("eval runs/{name}-1 --device cpu")).succeeds();
        if name == "vae" {
            // Samples 0, 10, 20 .. are zeros, whose centre is dark; samples 1, 11, .. are ones, whose centre is bright.
            let centre = |class: usize| {
                let rows = values.chunks(64).skip(class).step_by(10);
                rows.map(|r| r[27] + r[28] + r[35] + r[36]).sum::<f32>() / 200.0
            };
            assert!(centre(1) > centre(0) + 1.0, "{} and {}", centre(1), centre(0));
        }
    }
    place.gmc("density runs/vae-1 --device cpu -k 1").succeeds();
    place.gmc("reconstruct runs/vae-1 --device cpu").succeeds();
    place.gmc("density runs/gan-1 --device cpu").fails(&[NO_DENSITY]);
}

#[test]
fn a_single_example_trains_and_leaves_nothing_to_test() {
    let place = Place::new();
    place.write("one.csv", "a,b\n1,2\n");
    let text =
        FLOW.replace("moons(noise: 0.05, standardize: true)", "csv(\"one.csv\")").replace("TRAIN", "steps 5");
    place.train("one", &text);
    place.gmc("density runs/one-1 --device cpu").fails(&["the data leave no test examples"]);
    place.gmc("sample runs/one-1 --device cpu -n 3 --out a.csv").succeeds();
    assert_eq!(place.gmc("eval runs/one-1 --device cpu").succeeds().out, "");
}
