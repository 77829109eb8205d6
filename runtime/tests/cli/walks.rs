//! The walks of `docs`: from an empty folder to what one wanted to know, each with little training.

use super::common::*;
use gmc_runtime::show::image::Picture;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A page of `docs`.
fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The specs on a page.
fn specs(page: &str) -> Vec<String> {
    let parts = page.split("```gm\n").skip(1);
    parts
        .map(|p| p.split("```").next().unwrap().lines().map(|l| format!("{}\n", l.trim())).collect())
        .collect()
}

/// Numbers in (0, 1), the same always.
fn numbers() -> impl FnMut() -> f64 {
    let mut state = 7u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Rows of a table with columns of every kind; `odd` ones have amounts that nobody pays.
fn sales(rows: usize, odd: &[usize]) -> String {
    let mut unit = numbers();
    let mut out = String::from("when,amount,n,flag,kind,size,constant,customer\n");
    for i in 1..=rows {
        let kind = (unit() * 3.0) as usize;
        let near = unit() + unit() + unit() + unit() - 2.0;
        let amount = (1.0 + kind as f64 + near).exp() * if odd.contains(&i) { 1000.0 } else { 1.0 };
        let flag = if unit() < 0.3 { "yes" } else { "no" };
        let n = (unit() * unit() * 4.0 * (1 + kind) as f64) as usize;
        let (size, gap) = (unit() + unit() - 1.0 + kind as f64, unit() < 0.2);
        let size = if gap { String::new() } else { format!("{size:.3}") };
        let (month, day) = (1 + (i - 1) / 28 % 12, 1 + i % 28);
        let kind = ["ash", "elm", "oak"][kind];
        out.push_str(&format!(
            "2024-{month:02}-{day:02},{amount:.2},{n},{flag},{kind},{size},7,c{}\n",
            i / 5
        ));
    }
    out
}

/// `docs/table.md`
#[test]
fn a_table_to_anomalies_and_conditional_rows() {
    let place = Place::new();
    place.write("sales.csv", sales(300, &[]));
    place.write("new.csv", sales(30, &[12, 25]));
    let said = place.gmc("new sales.gm --from sales.csv");
    assert!(said.succeeds().out.contains("gmc data sales.gm") && said.out.contains("gmc run sales.gm"));
    let spec = std::fs::read_to_string(place.path("sales.gm")).unwrap();
    // The page shows what is written for a table of these columns, up to its numbers.
    let without =
        |t: &str| t.chars().filter(|c| !c.is_ascii_digit() && !c.is_whitespace()).collect::<String>();
    let shown = specs(&page("table.md")).remove(0);
    for line in shown.lines() {
        assert!(without(&spec).contains(&without(line)), "no {line:?} in:\n{spec}");
    }
    let read = place.gmc("data sales.gm").succeeds().out.clone();
    for part in [
        "`constant`, `customer`",
        "in the order of time",
        "size    Real?",
        "missing (",
        "ash ",
        "days since 1970-01-01",
    ] {
        assert!(read.contains(part), "no {part:?} in:\n{read}");
    }
    let said = place.gmc("run sales.gm --device cpu --set train.epochs=30");
    assert!(said.succeeds().out.contains("exact") && !said.err.contains("shrunk"), "{}", said.err);
    let page = std::fs::read_to_string(place.path("runs/sales-epochs=30-1/report.html")).unwrap();
    for column in ["amount", "n", "flag", "kind: 0 ash, 1 elm, 2 oak", "size"] {
        assert!(page.contains(&format!("<figcaption>{column}</figcaption>")), "no histogram of {column}");
    }
    let said = place.gmc("density runs/sales-epochs=30-1 new.csv --typicality --out scores.csv --device cpu");
    let least =
        said.succeeds().out.lines().find(|l| l.starts_with("least likely: rows ")).unwrap().to_string();
    let rows: Vec<&str> = least.split([' ', ',']).filter(|w| w.parse::<u32>().is_ok()).take(2).collect();
    assert!(rows.contains(&"12") && rows.contains(&"25"), "{}", said.out);
    let scores = std::fs::read_to_string(place.path("scores.csv")).unwrap();
    assert!(scores.starts_with("row,log_density,kind,typicality,p_value\n"), "{scores}");
    assert_eq!(scores.lines().count(), 31);
    let drawn =
        place.gmc("sample runs/sales-epochs=30-1 -n 6 --given kind=oak --device cpu").succeeds().out.clone();
    assert_eq!(drawn.lines().filter(|l| l.starts_with("oak,")).count(), 6, "{drawn}");
    let given = "sample runs/sales-epochs=30-1 -n 40 --given flag=yes --given amount=150 --device cpu";
    let drawn = place.gmc(given).succeeds().out.clone();
    assert!(drawn.lines().skip(1).all(|l| l.contains(",150,") && l.contains(",1,")), "{drawn}");
    assert!(drawn.lines().filter(|l| l.starts_with("oak,")).count() > 20, "dear ones are of oak: {drawn}");
    // Cells that are missing in what is given are drawn.
    place.write("gaps.csv", "kind,size\noak,2.5\noak,\n");
    let drawn =
        place.gmc("sample runs/sales-epochs=30-1 --given gaps.csv --device cpu").succeeds().out.clone();
    let sizes: Vec<f64> = drawn.lines().skip(1).filter_map(|l| l.rsplit(',').next()?.parse().ok()).collect();
    assert!(sizes.len() == 2 && sizes[0] == 2.5 && sizes[1].abs() < 20.0, "{drawn}");
    place.write("wanted.csv", "kind\nash\nelm\n");
    let drawn =
        place.gmc("sample runs/sales-epochs=30-1 --given wanted.csv --device cpu").succeeds().out.clone();
    assert!(drawn.contains("\nash,") && drawn.contains("\nelm,") && !drawn.contains("\noak,"), "{drawn}");
    let said = place.gmc("classify runs/sales-epochs=30-1 new.csv --device cpu");
    assert!(said.succeeds().out.contains("accuracy for kind by Bayes"), "{}", said.out);
    place
        .gmc("sample runs/sales --device cpu")
        .fails(&["cannot open runs/sales", "did you mean runs/sales-epochs=30-1?"]);
}

/// A picture of a shape that depends on the class, at a size of its own.
fn shape(class: usize, i: usize) -> Vec<u8> {
    let (w, h) = (24 + i % 5, 22 + i % 7);
    let mut picture = Picture::new(w, h, [20, 20, 30]);
    let colour = [(90 + 40 * (i % 4)) as u8, (200 - 10 * (i % 9)) as u8, (60 + 60 * class) as u8];
    for y in 5..h - 5 {
        let half = [6, y / 3, (h - y) / 3][class].min(w / 2 - 1);
        picture.fill(w / 2 - half, y, 2 * half, 1, colour);
    }
    picture.png().unwrap()
}

/// `docs/pictures.md`
#[test]
fn pictures_to_a_sweep_and_a_comparison() {
    let place = Place::new();
    for (class, name) in ["circle", "square", "triangle"].iter().enumerate() {
        for i in 0..20 {
            place.write(&format!("shapes/{name}/{i:02}.png"), shape(class, i));
        }
    }
    place.write("shapes/circle/notes.txt", "no picture");
    place.write("shapes/square/broken.png", "no picture either");
    place.gmc("new shapes.gm --from shapes").succeeds();
    let spec = std::fs::read_to_string(place.path("shapes.gm")).unwrap();
    let all = |t: &str| t.lines().skip(1).collect::<String>().split_whitespace().collect::<String>();
    assert_eq!(all(&spec), all(&specs(&page("pictures.md"))[0]), "{spec}");
    let read = place.gmc("data shapes.gm").succeeds().out.clone();
    assert!(read.contains("circle/notes.txt") && read.contains("square/broken.png"), "{read}");
    let run = "run shapes.gm --device cpu --set train.steps=2 --set train.objective.beta";
    place.gmc(&format!("{run}=1")).succeeds();
    place.gmc(&format!("{run}=4")).succeeds();
    let (one, four) = ("runs/shapes-steps=2-objective.beta=1-1", "runs/shapes-steps=2-objective.beta=4-1");
    place.gmc(&format!("interpolate {four} --path spherical --out between.png --device cpu")).succeeds();
    let said = place.gmc(&format!("encode {four} --out map.png --device cpu"));
    assert!(
        said.succeeds().err.contains("colours of `y`: circle blue, square orange, triangle green"),
        "{}",
        said.err
    );
    place.gmc(&format!("encode {four} --out codes.csv --device cpu")).succeeds();
    let rows = std::fs::read_to_string(place.path("codes.csv")).unwrap();
    let rows: Vec<&str> = rows.lines().skip(1).map(|l| l.split(',').next().unwrap()).collect();
    let named = format!("interpolate {four} --between {}:{} --out named.png --device cpu", rows[0], rows[2]);
    place.gmc(&named).succeeds();
    let wrong = place.gmc(&format!("interpolate {four} --between {}:100000 --device cpu", rows[0]));
    wrong.fails(&["row 100000 is not among the 6 test examples", &format!("theirs are rows {}, ", rows[0])]);
    let sweep =
        "sweep shapes.gm --set train.objective.beta=1,4 --set train.steps=1 --seeds 5 --jobs 2 --device cpu";
    let said = place.gmc(sweep);
    assert!(said.succeeds().out.contains("± std") && said.err.contains("[10/10]"), "{}", said.err);
    let table = std::fs::read_to_string(place.path("runs/shapes-sweep-1/sweep.csv")).unwrap();
    let runs: std::collections::BTreeSet<&str> =
        table.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
    assert_eq!(runs.len(), 10, "{table}");
    assert!(place.gmc("list").succeeds().err.contains("runs/shapes-sweep-1 holds a sweep"));
    let said = place.gmc(&format!("compare {one} {four} --out page.html"));
    assert!(said.succeeds().out.contains("train.objective.beta"), "{}", said.out);
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    assert!(page.matches("<img").count() >= 4, "pictures side by side");
    assert_eq!(place.gmc(&format!("compare {one} {four} --out -")).succeeds().out, page);
}

/// `docs/lecture.md`
#[test]
fn three_families_on_one_data_set() {
    let place = Place::new();
    let text = page("lecture.md");
    let names = ["vae", "flow", "game"];
    let concluded = ["joint density, latent {z}", "exact density", "samples of x, no density"];
    assert_eq!(specs(&text).len(), names.len());
    for ((name, spec), says) in names.iter().zip(specs(&text)).zip(concluded) {
        place.write(&format!("{name}.gm"), spec);
        let checked = place.gmc(&format!("check {name}.gm")).succeeds().out.clone();
        assert!(checked.contains(says), "{checked}");
        let latex = place.gmc(&format!("explain {name}.gm --latex")).succeeds().out.clone();
        assert!(latex.contains("\\begin{align*}") && latex.contains("\\end{document}"), "{latex}");
        place.gmc(&format!("run {name}.gm --device cpu --set train.steps=8 --name {name}")).succeeds();
    }
    place.gmc("density runs/game-1 --device cpu").fails(&["has samples, but no density"]);
    place.gmc("compare runs/vae-1 runs/flow-1 runs/game-1 --out three.html").succeeds();
    for page in names.iter().map(|n| format!("runs/{n}-1/report.html")).chain(["three.html".to_string()]) {
        in_a_browser(&place, &page);
    }
}

/// A page opens on a phone and in the dark without a word on the browser's console, and is not wider than the screen.
fn in_a_browser(place: &Place, page: &str) {
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .find(|b| Command::new(b).arg("--version").output().is_ok_and(|o| o.status.success()))
    else {
        println!("skipped: there is no chromium here");
        return;
    };
    let frame = format!(
        "<!doctype html><iframe id=f src=\"{page}\" width=390 height=900></iframe><pre id=o></pre>
<script>f.onload=()=>{{const d=f.contentDocument;o.textContent='width '+d.documentElement.scrollWidth+' title '+d.title}}</script>"
    );
    let framed: PathBuf = place.write("frame.html", frame);
    for dark in [false, true] {
        let mut c = Command::new(browser);
        c.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]);
        c.args([
            "--virtual-time-budget=4000",
            "--enable-logging=stderr",
            "--window-size=600,1000",
            "--dump-dom",
        ]);
        c.env("HOME", place.path(""));
        if dark {
            c.arg("--blink-settings=preferredColorScheme=0");
        }
        let said = c.arg(format!("file://{}", framed.display())).output().unwrap();
        let (dom, log) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert!(!log.contains("CONSOLE"), "{page}: {log}");
        let width = dom
            .split("<pre id=\"o\">width ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next()?.parse::<u32>().ok());
        assert!(width.is_some_and(|w| w <= 390), "{page}: {width:?} in {dom}");
    }
}
