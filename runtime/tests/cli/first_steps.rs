//! From nothing to a spec that runs, what shells complete, and the report as a page that is served.

use super::common::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

/// Checks a spec and trains it for two steps.
fn runs(place: &Place, name: &str) {
    place.gmc(&format!("check {name}.gm")).succeeds();
    place.gmc(&format!("run {name}.gm --device cpu --set train.steps=2 --name {name}")).succeeds();
}

#[test]
fn every_template_runs() {
    let place = Place::new();
    let help = place.gmc("new --help").succeeds().out.clone();
    let names = [
        "vae",
        "flow",
        "gan",
        "autoregressive",
        "autoencoder",
        "mixture",
        "classifier",
        "hidden-markov",
        "text",
    ];
    for name in names {
        assert!(help.contains(&format!("- {name}:")), "{help}");
        place.gmc(&format!("new {name}.gm --template {name}")).succeeds();
        runs(&place, name);
    }
    assert_eq!(help.matches("\n          - ").count(), names.len(), "{help}");
    place.gmc("new vae.gm").fails(&["vae.gm exists already"]);
    assert!(place.gmc("new -").succeeds().out.starts_with("# Variational autoencoder"));
}

/// Tables of every kind of column: what is written of them, and that it runs.
#[test]
fn a_spec_that_fits_a_table() {
    let place = Place::new();
    let rows = |f: &dyn Fn(usize) -> String| (0..200).map(f).collect::<String>();
    let odd = |i: usize| ((i * 7919) % 101) as f64 / 10.0 - 4.0;
    let skewed = |i: usize| (odd(i) / 2.0).exp();
    let class = |i: usize| ["red", "blue", "green"][i / 2 * 7 % 3];
    let day = |i: usize| format!("2024-{:02}-{:02}", 1 + i / 28, 1 + i % 28);
    let tables: [(&str, String, &[&str]); 8] = [
        (
            "several",
            format!(
                "id;when;amount;n;big;flag;kind;other;gap;same;why p\n{}",
                rows(&|i| format!(
                    "{i};{};{:.3};{};{};{};{};{};{};1;{}\n",
                    day(i),
                    skewed(i),
                    i * i % 7,
                    i * 37 % 150,
                    ["yes", "no"][i / 3 % 2],
                    class(i),
                    ["x", "y", ""][i % 3],
                    if i % 5 == 0 { String::new() } else { odd(i).to_string() },
                    odd(2 * i),
                ))
            ),
            &[
                "# Left out: `id` (a number for each row), `same` (the same in every row).",
                "(when: Time, amount: Real in positive, n: Int(8), big: Int(226), flag: Bool, kind: Class, other: Class?, gap: Real?, why_p: Real)",
                "columns: [\"when\", \"amount\", \"n\", \"big\", \"flag\", \"kind\", \"other\", \"gap\", \"why p\"]",
                "  kind ~ Categorical(logits: free(3))\n  part ~ Categorical(logits: weights(kind))\n",
                "  amount ~ LogNormal(",
                "  big ~ DiscretizedLogistic(",
                "  other ~ Categorical(logits: other_logits)",
            ],
        ),
        (
            "plain",
            format!("a,b,c\n{}", rows(&|i| format!("{},{},{}\n", odd(i), odd(2 * i), odd(i + 9)))),
            &["data x: Real[3] from csv(\"plain.csv\", columns: [\"a\", \"b\", \"c\"])", "actnorm\n"],
        ),
        (
            "skewed",
            format!("a,b,k\n{}", rows(&|i| format!("{},{},{}\n", skewed(i), skewed(3 * i), class(i)))),
            &["(x: Real[2] in positive, k: Class(3))", "actnorm, exp\n", "f(z, k)"],
        ),
        (
            "single",
            format!("a\n{}", rows(&|i| format!("{}\n", odd(i)))),
            &["data a: Real from csv", "a ~ Normal("],
        ),
        (
            "one_of_each",
            format!("a,kind\n{}", rows(&|i| format!("{},{}\n", odd(i), class(i)))),
            &["data (a: Real, kind: Class) from csv(\"one_of_each.csv\")"],
        ),
        (
            "flags",
            format!("a,b,c\n{}", rows(&|i| format!("{},{},{}\n", i % 2, i / 2 % 2, i / 3 % 2))),
            &["data x: Bool[3]", "x[i in forward] ~ Bernoulli"],
        ),
        (
            "a_flag",
            format!("p\n{}", rows(&|i| format!("{}\n", i % 2))),
            &["data p: Bool from", "model p_ {", "scalar }"],
        ),
        ("few", "n,k\n1,a\n4,b\n2,a\n".into(), &["batch 32  using adam(lr: 1e-2) }"]),
    ];
    for (name, text, parts) in &tables {
        place.write(&format!("{name}.csv"), text);
        place.gmc(&format!("new {name}.gm --from {name}.csv")).succeeds();
        let spec = std::fs::read_to_string(place.path(&format!("{name}.gm"))).unwrap();
        for part in *parts {
            assert!(spec.contains(part), "no {part:?} in:\n{spec}");
        }
        place.gmc(&format!("fmt --check {name}.gm")).succeeds();
        runs(&place, name);
    }
    // The spec of a folder of its own finds the table.
    std::fs::create_dir(place.path("specs")).unwrap();
    place.gmc("new specs/plain.gm --from plain.csv").succeeds();
    place.gmc("check specs/plain.gm").succeeds();
    place.write("bare.csv", "1,2\n3,4\n");
    place.gmc("new bare.gm --from bare.csv").fails(&["`bare.csv` has no line of names", "first line"]);
    place.gmc("new none.gm --from none.csv").fails(&["none.csv"]);
    place.write("ids.csv", "a,b\n7,\n7,\n");
    place.gmc("new ids.gm --from ids.csv").fails(&[
        "ids.csv has no column that a model could draw",
        "its columns: `a` (the same in every row), `b` (empty)",
    ]);
}

#[test]
fn a_spec_that_fits_pictures() {
    let place = Place::new();
    let png =
        |side: usize, rgb: [u8; 3]| gmc_runtime::show::image::Picture::new(side, side, rgb).png().unwrap();
    for i in 0..12 {
        place.write(&format!("faces/{i}.png"), png(20 + i, [200, 100, 50]));
        place.write(&format!("pets/{}/{i}.png", ["cat", "dog"][i % 2]), png(12, [9 * i as u8; 3]));
    }
    for (name, parts) in [
        ("faces", ["the 12 pictures in `faces`,", "Real[3, 32, 32] in unit", "data x: Img from"]),
        ("pets", ["of 2 classes, one a folder", "Real[1, 16, 16] in unit", "data (x: Img, y: Class) from"]),
    ] {
        place.gmc(&format!("new {name}.gm --from {name}")).succeeds();
        let spec = std::fs::read_to_string(place.path(&format!("{name}.gm"))).unwrap();
        assert!(parts.iter().all(|p| spec.contains(p)), "{spec}");
        runs(&place, name);
    }
    place.write("empty/readme.txt", "");
    place.gmc("new empty.gm --from empty").fails(&["empty holds no pictures"]);
}

#[test]
fn shells_complete_verbs_and_flags() {
    let place = Place::new();
    let bash = place.gmc("completions bash").succeeds().out.clone();
    place.write("gmc.bash", &bash);
    let mut shell = std::process::Command::new("bash");
    let ask = "source gmc.bash; COMP_WORDS=(gmc sa); COMP_CWORD=1; _gmc; echo ${COMPREPLY[@]}; \
               COMP_WORDS=(gmc run spec.gm --de); COMP_CWORD=3; _gmc; echo ${COMPREPLY[@]}; \
               COMP_WORDS=(gmc run --device ''); COMP_CWORD=3; _gmc; echo ${COMPREPLY[@]}";
    let said = shell.args(["-c", ask]).current_dir(place.path("")).output().unwrap();
    assert_eq!(
        String::from_utf8(said.stdout).unwrap(),
        "sample\n--device\nauto cpu gpu software\n",
        "{bash}"
    );
    assert!(place.gmc("completions zsh").succeeds().out.contains("bashcompinit"));
    assert!(
        place
            .gmc("completions fish")
            .succeeds()
            .out
            .contains("-n '__fish_seen_subcommand_from run' -l device")
    );
}

#[test]
fn words_of_other_programs_are_understood() {
    let place = Place::new();
    for (line, ours) in [
        ("run vae.gm --epochs 5", "--set train.epochs=20"),
        ("run vae.gm --batch-size=5", "--set train.batch=64"),
        ("run vae.gm --lr 5", "--set train.lr=1e-3"),
        ("run vae.gm --cuda", "--device gpu"),
        ("train vae.gm", "gmc run spec.gm"),
        ("generate runs/vae-1", "gmc sample RUN"),
        ("predict runs/vae-1", "gmc classify RUN"),
    ] {
        let said = place.gmc(line);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(ours) && said.err.starts_with("error: there is no "), "{}", said.err);
    }
    // What nobody says is answered as ever.
    assert!(place.gmc("run vae.gm --frobnicate").err.contains("--frobnicate"));
    assert_eq!(place.gmc("--help").code, Some(0));
    assert_eq!(place.gmc("--version").code, Some(0));
}

#[test]
fn the_language_as_a_page_and_a_manual() {
    let place = Place::new();
    let page = place.gmc("explain --list --html").succeeds().out.clone();
    let manual = place.gmc("explain --list --man").succeeds().out.clone();
    assert!(manual.starts_with(".TH GMC 7"), "{manual}");
    for e in gmc_compiler::explain::reference::all() {
        assert!(page.contains(&format!("-{}\">{}</h3>", e.name, e.name)), "{}", e.name);
        assert!(manual.contains(&format!(".SS {}\n", e.name.replace('-', "\\-"))), "{}", e.name);
    }
    assert_eq!(page.matches("<h3").count(), gmc_compiler::explain::reference::all().len());
    assert_eq!(place.gmc("explain --html").code, Some(2));
}

#[test]
fn mathematics_as_a_document() {
    let place = Place::new();
    place.write("vae.gm", VAE.replace("TRAIN", "steps 2"));
    let whole = place.gmc("explain vae.gm --latex").succeeds().out.clone();
    for part in [
        "\\documentclass",
        "\\end{document}",
        "z & \\sim \\operatorname{Normal}(0, 1), \\quad z \\in \\mathbb{R}^{",
        "\\begin{align*}",
    ] {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    let goal = place.gmc("explain vae.gm --latex --derive").succeeds().out.clone();
    assert!(!goal.contains("Model \\texttt") && goal.contains("\\operatorname{KL}"), "{goal}");
}

#[test]
fn reports_are_made_anew_and_served() {
    let place = Place::new();
    let run = place.train("vae", &VAE.replace("TRAIN", "steps 40"));
    let first = std::fs::read_to_string(run.join("report.html")).unwrap();
    for part in [
        "<math",
        "Settings",
        "hash of the values",
        "KL of z by dimension",
        "Verdict",
        "type=\"range\"",
        "epochs</text>",
    ] {
        assert!(first.contains(part), "{part}");
    }
    place.gmc("report runs/vae-1").succeeds();
    assert_eq!(std::fs::read_to_string(run.join("report.html")).unwrap(), first);
    assert_eq!(place.gmc("report runs/vae-1 --out -").succeeds().out, first);
    // A run that has not ended has a page of another name.
    std::fs::remove_file(run.join("report.html")).unwrap();
    assert!(place.gmc("report runs/vae-1").succeeds().out.contains("report-so-far.html"));
    assert!(!run.join("report.html").exists());
    place.gmc("report nothing").fails(&["nothing"]);

    let mut c = place.command("report runs/vae-1 --live");
    let mut child = c.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let at = line.trim().trim_start_matches("http://").trim_end_matches('/').to_string();
    let ask = |request: &str, host: &str| {
        let mut s = TcpStream::connect(&at).unwrap();
        write!(s, "{request} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut out = String::new();
        s.read_to_string(&mut out).unwrap();
        out
    };
    let page = ask("GET /", &at);
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("<h1>vae-1</h1>"), "{page}");
    assert!(ask("GET /../../etc/passwd", &at).starts_with("HTTP/1.1 404"));
    assert!(ask("POST /", &at).starts_with("HTTP/1.1 405"));
    assert!(ask("GET /", "example.org").starts_with("HTTP/1.1 403"), "another site's page may not read it");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn one_name_a_quantity_wherever_it_is_said() {
    let place = Place::new();
    let text = VAE.replace("TRAIN", "steps 40  maximizes elbo(p, q, beta: 0.5)");
    let run = place.train("beta", &text);
    let of = |part: &str| {
        let all = records(&run).into_iter().filter(|(_, p, _)| p == part);
        all.flat_map(|(_, _, values)| values.into_keys()).collect::<std::collections::BTreeSet<_>>()
    };
    let (train, test) = (of("train"), of("test"));
    for name in ["negative ELBO [nats]", "reconstruction [nats]", "KL [nats]", "payoff"] {
        assert!(train.contains(name) && test.contains(name), "{name}: {train:?} {test:?}");
    }
    // The same sign and size: both are losses.
    let last = |part: &str, name: &str| {
        let all = records(&run).into_iter().rev().filter(|(_, p, _)| p == part);
        all.map(|(_, _, values)| values[name].0).next().unwrap()
    };
    let (a, b) = (last("train", "reconstruction [nats]"), last("test", "reconstruction [nats]"));
    assert!(a > 0.0 && b > 0.0 && (a - b).abs() < 0.3 * b, "{a} {b}");
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    let log = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    // A game: what the critic says of data and of draws is shown, and each term by its formula.
    let game = place
        .train("game", include_str!("../../../specs/gan_ring.gm").replace("steps 8000", "steps 30").as_str());
    let page_of_game = std::fs::read_to_string(game.join("report.html")).unwrap();
    for part in [
        "What <code>D</code> says",
        ">D(x)</text>",
        ">D(p.x)</text>",
        "payoff of critic",
        "points in the plane",
    ] {
        assert!(page_of_game.contains(part), "{part}");
    }
    assert!(![page, log, page_of_game].iter().any(|t| t.contains("term:") || t.contains("kl[z]")));
}
