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
    let said = place.gmc("run spec.gm --device cpu --set train.epochs=1");
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
