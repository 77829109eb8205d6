//! Missing cells in what is said of data and models: they are no numbers, and no classes.

use super::common::*;

/// Rows `a,b,c,y`: `a` and `b` are missing together in every fifth row, `y` in every third. `y` says which half `a` lies in.
fn table(rows: usize) -> String {
    let free = |i: usize, k: f64| ((i as f64 + 1.0) * k).fract() * 2.0 - 1.0;
    let row = |i: usize| {
        let (a, b, c) = (free(i, 0.618_034), free(i, 0.754_877), free(i, 0.569_840));
        let ab = if i.is_multiple_of(5) { ",".to_string() } else { format!("{a:.5},{b:.5}") };
        let y = if i.is_multiple_of(3) { "" } else { ["low", "high"][usize::from(a > 0.0)] };
        format!("{ab},{c:.5},{y}\n")
    };
    let rows: String = (0..rows).map(row).collect();
    format!("a,b,c,y\n{rows}")
}

#[test]
fn missing_cells_are_no_numbers_in_what_is_said_of_data() {
    let place = Place::new();
    place.write("t.csv", table(300));
    let spec = "
data (a: Real?, b: Real?, c: Real) from csv(\"t.csv\")
model p(c) { a ~ Normal(free() * c, exp(free()));  b ~ Normal(free() * c, exp(free())) }
train { epochs 3  using adam(lr: 1e-2) }
";
    place.write("p.gm", spec);
    let said = place.gmc("run p.gm --device cpu");
    let said = said.succeeds();
    // Both are missing in the same rows, which does not make the one the other.
    assert!(!said.err.contains("W0511") && !said.out.contains("see below"), "{}{}", said.err, said.out);
    assert!(!said.err.contains("shrunk") && !said.err.contains("constant"), "{}", said.err);
    // Where they are the same in the rows that know them, it is said.
    place.write("t.csv", table(300).lines().map(twice).collect::<String>());
    place.gmc("run p.gm --device cpu --name same").succeeds();
    let said = place.gmc("eval runs/same-1 --device cpu");
    assert!(
        said.err.contains("`b` is the same as `a`") || said.out.contains("`b` is the same as `a`"),
        "{said:?}"
    );
}

/// The row with `a` in place of `b`.
fn twice(row: &str) -> String {
    let cells: Vec<&str> = row.split(',').collect();
    let b = if cells[0] == "a" { "b" } else { cells[0] };
    format!("{},{b},{},{}\n", cells[0], cells[2], cells[3])
}

#[test]
fn missing_cells_are_written_as_such() {
    let place = Place::new();
    place.write("t.csv", table(60));
    let spec = "
data x: Real[2]? from csv(\"t.csv\", columns: [\"a\", \"b\"])
net mean(k: Class(2)) -> Real[2] { embed(2) }
model p { k ~ Categorical(logits: free(2));  x ~ Normal(mean(k), 0.5) }
train { epochs 1 }
";
    place.write("p.gm", spec);
    place.gmc("run p.gm --device cpu").succeeds();
    place.write("new.csv", "b,a\n,1\n0.5,\n");
    place.gmc("reconstruct runs/p-1 new.csv --out r.csv --device cpu").succeeds();
    let text = std::fs::read_to_string(place.path("r.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(rows[0], ["row", "a", "b", "reconstruction.a", "reconstruction.b"]);
    assert!(rows[1][1..3] == ["1", ""] && rows[2][1..3] == ["", "0.5"], "{text}");
    assert!(rows[1..].iter().all(|r| r[3..].iter().all(|v| v.parse::<f32>().is_ok_and(f32::is_finite))));
    place.gmc("reconstruct runs/p-1 new.csv --out r.npy --device cpu").succeeds();
    let bytes = std::fs::read(place.path("r.npy")).unwrap();
    let numbers: Vec<f32> = bytes[128..].as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    assert_eq!(
        numbers.iter().map(|v| v.is_nan()).collect::<Vec<_>>(),
        [false, true, false, false, true, false, false, false]
    );
}

#[test]
fn a_missing_class_is_not_the_first_one() {
    let place = Place::new();
    place.write("t.csv", table(600));
    let spec = "
data (c: Real, y: Class(2)?) from csv(\"t.csv\")
net mean(k: Class(2)) -> Real[] { embed(1), scalar }
net class(k: Class(2)) -> Real[2] { embed(2) }
model p { k ~ Categorical(logits: free(2));  c ~ Normal(mean(k), 0.5);  y ~ Categorical(logits: class(k)) }
train { epochs 2  using adam(lr: 1e-2) }
";
    place.write("p.gm", spec);
    let said = place.gmc("run p.gm --device cpu");
    // 60 rows are for testing, a third of which have no class.
    let line = said.succeeds().out.lines().find(|l| l.contains("accuracy")).unwrap().to_string();
    assert!(!line.contains("(60 samples"), "{line}");
    place.gmc("classify runs/p-1 --out c.csv --device cpu").succeeds();
    let text = std::fs::read_to_string(place.path("c.csv")).unwrap();
    let truth: Vec<&str> = text.lines().skip(1).map(|l| l.split(',').nth(1).unwrap()).collect();
    let empty = truth.iter().filter(|t| t.is_empty()).count();
    assert!(truth.len() == 60 && (10..30).contains(&empty), "{text}");
    assert!(line.contains(&format!("({} samples", 60 - empty)), "{line} of {empty} without a class");
}
