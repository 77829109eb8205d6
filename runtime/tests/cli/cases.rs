//! Small inputs that once failed (`tests/cases`), as far as they need a run; what the compiler alone says of them stands in its own tests.

use super::common::{Place, files};
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

#[test]
fn cells_headers_and_precision_are_what_the_types_say() {
    let said = case("01-text-cell-becomes-rank").gmc("data spec.gm");
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(said.err.contains("column `w` is empty"), "{}", said.err);

    let said = case("03-first-row-taken-for-header").gmc("data spec.gm");
    assert!(said.out.contains("the first line is data: 5.1, 3.5, setosa"), "{}{}", said.out, said.err);
    assert!(said.out.contains("rows are for training and"), "{}", said.out);

    let place = case("04-float64-merged");
    let said = place.gmc("run spec.gm --device cpu");
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(said.err.contains("500 different values would become 2"), "{}", said.err);
    let help = said.err.split("`offset: ").nth(1).and_then(|t| t.split('`').next()).unwrap().to_string();
    let text = std::fs::read_to_string(place.path("spec.gm")).unwrap();
    place.write("spec.gm", text.replace("\"t.npy\"", &format!("\"t.npy\", offset: {help}")));
    let said = place.gmc("data spec.gm");
    assert_eq!(said.code, Some(0), "{}", said.err);
}

#[test]
fn delimiters_and_channels_are_found_or_named() {
    let said = case("44-csv-delimiter").gmc("data spec.gm");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("between cells stands a semicolon"), "{}", said.out);
    let said = case("45-npy-channels-last").gmc("check spec.gm");
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("channels: last"), "{}", said.err);
}

#[test]
fn a_sorted_file_has_every_class_in_its_test_part() {
    let place = case("43-test-part-is-the-last-tenth");
    let said = place.gmc("data spec.gm");
    assert!(said.out.contains("shuffled by the seed, class by class"), "{}{}", said.out, said.err);
    let said = place.gmc("run spec.gm --name spec --device cpu --set train.epochs=1");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("class by class"), "what was decided is said when a run begins: {}", said.err);
}

#[test]
fn a_validation_part_is_asked_for_by_name() {
    let place = case("41-unknown-part-names");
    let text = std::fs::read_to_string(place.path("spec.gm")).unwrap();
    let text = text.replace(", banana 0.05", ", ").replace(", , ", ", ");
    place.write("spec.gm", text.replace("epochs 20", "epochs 1"));
    let said = place.gmc("data spec.gm");
    assert!(said.out.contains(" validation and "), "{}{}", said.out, said.err);
    assert_eq!(place.gmc("run spec.gm --device cpu").code, Some(0));
    let said = place.gmc("eval runs/spec-1 --part valid --device cpu");
    assert!(said.code == Some(0) && said.out.starts_with("valid"), "{}{}", said.out, said.err);
}

#[test]
fn changed_data_are_named() {
    let place = case("05-data-changed-after-run");
    let said = place.gmc("run spec.gm --device cpu");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let said = place.gmc("eval runs/spec-1 --device cpu");
    assert!(said.code == Some(0) && !said.err.contains("changed"), "{}", said.err);
    let mut bytes = std::fs::read(place.path("d.npy")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    place.write("d.npy", bytes);
    let said = place.gmc("eval runs/spec-1 --device cpu");
    assert!(said.err.contains("the data of `x` have changed since the run began"), "{}", said.err);
    let said = place.gmc("resume runs/spec-1 --device cpu");
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(said.err.contains("the data of `x` have changed since the run began"), "{}", said.err);
    assert!(said.err.contains("put them back as they were"), "{}", said.err);
}

#[test]
fn the_model_that_scores_data_answers() {
    let place = case("24-first-model-answers");
    place.gmc("run spec.gm --device cpu").succeeds();
    let said = place.gmc("density runs/spec-1 --device cpu");
    assert!(said.succeeds().out.contains("exact"), "{}", said.out);
    place.gmc("sample runs/spec-1 -n 2 --out x.csv --device cpu").succeeds();
    assert!(std::fs::read_to_string(place.path("x.csv")).unwrap().starts_with("x.0,x.1\n"));
    place.gmc("sample runs/spec-1 -n 2 --model n --out t.csv --device cpu").succeeds();
    assert!(std::fs::read_to_string(place.path("t.csv")).unwrap().starts_with("t\n"));
}

#[test]
fn both_observed_variables_are_sampled() {
    let place = case("06-sample-writes-one-variable");
    place.gmc("run spec.gm --device cpu").succeeds();
    place.gmc("sample runs/spec-1 -n 7 --out s.csv --device cpu").succeeds();
    let text = std::fs::read_to_string(place.path("s.csv")).unwrap();
    assert!(text.starts_with("u,x\n") && text.lines().count() == 8, "{text}");
    place.gmc("sample runs/spec-1 -n 7 --out s.npy --device cpu").succeeds();
    let bytes = std::fs::read(place.path("s.npy")).unwrap();
    let header = String::from_utf8_lossy(&bytes[..128]).into_owned();
    assert!(header.contains("[('u', '<f4'), ('x', '<f4', (1,))]"), "{header}");
}

#[test]
fn exported_parameters_are_in_the_units_of_the_model() {
    let place = case("07-exported-parameter-unconstrained");
    place.gmc("run spec.gm --device cpu").succeeds();
    let path = place.path("runs/spec-1/weights.safetensors");
    let all = gmc_runtime::store::weights::decode(&std::fs::read(&path).unwrap(), &path).unwrap();
    assert!((all["s"].values[0] - 3.0).abs() < 1e-5 && (all["r"].values[0] - 0.25).abs() < 1e-5, "{all:?}");
    assert!((all["raw.s"].values[0] - 3f32.ln()).abs() < 1e-5, "{all:?}");
    let said = place.gmc("explain runs/spec-1");
    assert!(said.succeeds().out.contains("param s            3.000000"), "{}", said.out);
}

#[test]
fn predicted_noise_is_no_reconstruction() {
    let place = case("31-noise-is-no-reconstruction");
    place.gmc("run spec.gm --device cpu").succeeds();
    let why = "`noise(y, n.t)` is compared with `n.e`, not with `x`";
    place.gmc("reconstruct runs/spec-1 --device cpu").fails(&[why]);
    assert!(place.gmc("explain spec.gm").succeeds().out.contains(why));
    assert!(!place.path("runs/spec-1/images/reconstructions.png").exists());
}

#[test]
fn an_idle_guide_does_not_answer() {
    let place = case("50-codes-of-an-idle-guide");
    place.gmc("run spec.gm --name spec --device cpu --set train.epochs=5").succeeds();
    place.gmc("encode runs/spec-1 --out e.csv --device cpu").succeeds();
    let text = std::fs::read_to_string(place.path("e.csv")).unwrap();
    assert!(text.starts_with("row,z.0,z.1,z.2,z.3,z.4,z.5,z.probability.0,"), "{text}");
    for row in text.lines().skip(1) {
        let v: Vec<f64> = row.split(',').skip(1).map(|v| v.parse().unwrap()).collect();
        assert!(
            v[..6].iter().all(|b| *b == 0.0 || *b == 1.0) && v[6..].iter().all(|p| (0.0..=1.0).contains(p))
        );
    }
    // Codes differ between digits, as those of an untrained net would not have to.
    let first: std::collections::BTreeSet<&str> =
        text.lines().skip(1).map(|l| &l.split_once(',').unwrap().1[..11]).collect();
    assert!(first.len() > 5, "{first:?}");
    place.gmc("reconstruct runs/spec-1 --out r.csv --device cpu").succeeds();
}

/// What `run` says of a case after a round of training that changes nothing, on standard output.
fn scores(case: &str, spec: impl Fn(&str) -> String) -> String {
    let place = self::case(case);
    let text = std::fs::read_to_string(place.path("spec.gm")).unwrap();
    place.write("spec.gm", spec(&text));
    let said = place.gmc("run spec.gm --device cpu");
    assert_eq!(said.code, Some(0), "{}", said.err);
    said.out
}

#[test]
fn a_density_at_its_border_is_a_number() {
    // Of a parameter the same as of the number that it is.
    let case = "09-zero-times-log-zero";
    for (site, support) in
        [("Beta(?, 8)", "unit"), ("Beta(?, 8 * ?)", "unit"), ("Gamma(?, rate: 8)", "nonnegative")]
    {
        let with = |a: &str| {
            let site = site.replace('?', a);
            scores(case, |text| {
                text.replace("in unit", &format!("in {support}")).replace("Beta(a, 8)", &site)
            })
        };
        let (param, literal) = (with("a"), with("1"));
        assert!(!param.contains("NaN") && param.contains("nats"), "{site}: {param}");
        assert_eq!(param, literal, "{site}");
    }
}

#[test]
fn many_degrees_of_freedom_are_a_normal() {
    let case = "53-cancellation-in-f32";
    let normal =
        scores(case, |text| text.replace("StudentT(n)", "Normal(0, 1)").replace("param n", "# param n"));
    for df in ["1e7", "1e8", "3e7"] {
        assert_eq!(scores(case, |text| text.replace("1e7", df)), normal, "{df}");
    }
}

/// A goal that writes its KL out is looked after like a derived one.
#[test]
fn idle_codes_are_told_of_stated_goals() {
    let place = case("12-mean-plus-sum");
    let said = place.gmc("run spec.gm --name spec --device cpu --set train.epochs=12");
    assert_eq!(said.code, Some(0), "{}", said.err);
    for part in [
        "a mean over 64 elements is added to a sum",
        "`z` has 0 of 8 dimensions active",
        "the decoder ignores `z`",
        "`sse`, not `mse`",
    ] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    // Summed over the elements, the code lives.
    let text = std::fs::read_to_string(place.path("spec.gm")).unwrap();
    place.write("sum.gm", text.replace("mse(", "sse("));
    let said = place.gmc("run sum.gm --name sum --device cpu --set train.epochs=100");
    let idle = said.err.contains("ignores");
    assert!(said.code == Some(0) && !said.err.contains("warning") && !idle, "{}", said.err);
    assert!(said.err.contains("dimensions active"), "{}", said.err);
}

/// Densities of a flow's own samples train it without data, and a query about data says that there are none.
#[test]
fn a_flow_without_data_is_trained_and_asked() {
    let place = case("25-flow-without-data");
    let said = place.gmc("run spec.gm --name spec --device cpu --set train.steps=20");
    assert_eq!(said.code, Some(0), "{}", said.err);
    let said = place.gmc("density runs/spec-1 --device cpu");
    assert!(said.code == Some(1) && said.err.contains("no site of `p` is a data variable"), "{}", said.err);
}

/// As samples do, reconstructions hold all observed variables, by name, classes too.
#[test]
fn all_observed_variables_are_reconstructed() {
    let place = Place::new();
    let row = |i: usize| format!("{},{},{}\n", i % 7, ["oak", "ash"][i % 2], (i % 2) as f32 * 2.0 - 1.0);
    place.write("t.csv", format!("n,kind,a\n{}", (0..60).map(row).collect::<String>()));
    let spec = "
data (a: Real, kind: Class, n: Int(7)) from csv(\"t.csv\") split in order (test 0.1)
net mean(k: Class(2)) -> Real[] { embed(1), scalar }
net class(k: Class(2)) -> Real[2] { embed(2) }
model p { k ~ Categorical(2);  a ~ Normal(mean(k), 1);  kind ~ Categorical(logits: class(k));  n ~ Categorical(logits: free(7)) }
train { epochs 2 }
";
    place.write("p.gm", spec);
    place.gmc("run p.gm --device cpu").succeeds();
    place.gmc("reconstruct runs/p-1 --out r.csv --device cpu").succeeds();
    let text = std::fs::read_to_string(place.path("r.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(
        rows[0],
        ["row", "a", "kind", "n", "reconstruction.a", "reconstruction.kind", "reconstruction.n"]
    );
    assert_eq!((rows.len(), rows[1][0], rows[1][2]), (7, "55", "oak"));
    assert!(rows[1..].iter().all(|r| r.len() == 7 && ["oak", "ash"].contains(&r[5])), "{text}");
    place.gmc("reconstruct runs/p-1 --out r.npy --device cpu").succeeds();
    let bytes = std::fs::read(place.path("r.npy")).unwrap();
    assert!(String::from_utf8_lossy(&bytes[..256]).contains("('reconstruction.kind', '<i4')"));
}
