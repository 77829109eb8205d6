//! `gmc ir --costs` and `gmc run --profile`: what each line of a spec costs.

use super::common::*;

const SPEC: &str = "\
data x: Real[2] from moons(n: 256, noise: 0.05)
net e(x: Real[2]) -> (Real[2], Real[2]) { dense(16), relu, heads }
net d(z: Real[2]) -> Real[2] { dense(32), relu, dense }
model p { z ~ Normal(0, I)[2];  x ~ Normal(d(z), 0.1) }
guide q(x) { (m, s) = e(x);  z ~ Normal(m, exp(s)) }
train { using adam(lr: 1e-3)  steps 12  batch 64  seed 1 }
";

/// The rows of a profile: line, multiply-adds, milliseconds.
fn rows(csv: &str) -> Vec<(usize, u64, f64)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(
            (cells[0], cells[6]),
            ("step.all", if cells[6] == "prelude.gm" { "prelude.gm" } else { "vae.gm" })
        );
        (cells[1].parse().unwrap(), cells[3].parse().unwrap(), cells[5].parse().unwrap())
    };
    csv.lines().skip(1).map(row).collect()
}

#[test]
fn lines_have_their_costs() {
    let place = Place::new();
    place.write("vae.gm", SPEC);
    let said = place.gmc("ir vae.gm --stage step --costs");
    let table = said.succeeds().out.clone();
    assert!(table.starts_with("step.all\n"), "{table}");
    assert!(table.contains("vae.gm:3  net d(z: Real[2])") && table.contains(" %"), "{table}");
    let counts = place.gmc("ir vae.gm --costs --program sample.p");
    let counts = counts.succeeds().out.clone();
    assert!(counts.starts_with("sample.p\n") && counts.contains("vae.gm:3"), "{counts}");
    assert!(!counts.contains(" %"), "{counts}");
    place.gmc("ir vae.gm --costs --program nothing").fails(&["there is no such program; there are"]);
    let said = place.gmc("ir vae.gm --costs --stage typed");
    assert!(said.code == Some(2) && said.err.contains("costs are those of programs"), "{said:?}");

    let said = place.gmc("run vae.gm --profile --device cpu");
    assert!(said.succeeds().err.contains("vae.gm:3"), "{}", said.err);
    let csv = std::fs::read_to_string(place.path("runs/vae-1/profile.csv")).unwrap();
    let rows = rows(&csv);
    // Three products a dense layer, by hand: forward, weight, and input where that is read.
    let of = |line: usize| rows.iter().filter(|r| r.0 == line && r.1 > 0).map(|r| r.1).sum::<u64>();
    let (first, second) = (64 * 2 * 32, 64 * 32 * 2);
    assert_eq!(of(3), 3 * (first + second), "{csv}");
    assert_eq!(of(2), 2 * (64 * 2 * 16) + 3 * (64 * 16 * 4), "{csv}");
    assert!(rows.iter().map(|r| r.2).sum::<f64>() > 0.0, "{csv}");
    let page = std::fs::read_to_string(place.path("runs/vae-1/report.html")).unwrap();
    assert!(page.contains("What each line costs in a step") && page.contains("<td>vae.gm:3<td"), "{page}");
    // A run that was not measured says nothing of costs.
    place.gmc("run vae.gm --device cpu").succeeds();
    assert!(!place.path("runs/vae-2/profile.csv").exists());
    let page = std::fs::read_to_string(place.path("runs/vae-2/report.html")).unwrap();
    assert!(!page.contains("What each line costs"));
}
