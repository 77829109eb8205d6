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

#[test]
fn a_spec_that_fits_a_table() {
    let place = Place::new();
    let rows = |f: &dyn Fn(usize) -> String| (0..200).map(f).collect::<String>();
    let odd = |i: usize| ((i * 7919) % 101) as f64 / 10.0;
    let tables = [
        (
            "several",
            format!(
                "a;b;kind;gap;same\n{}",
                rows(&|i| format!(
                    "{};{};{};{};1\n",
                    odd(i),
                    odd(i + 3),
                    ["red", "blue"][i % 2],
                    if i == 5 { "" } else { "2" }
                ))
            ),
        ),
        ("plain", format!("a,b,c\n{}", rows(&|i| format!("{},{},{}\n", odd(i), odd(2 * i), odd(i + 9))))),
        ("single", format!("a\n{}", rows(&|i| format!("{}\n", odd(i))))),
        ("one_of_each", format!("a,kind\n{}", rows(&|i| format!("{},{}\n", odd(i), ["x", "y", "z"][i % 3])))),
        ("flags", format!("a,b,c\n{}", rows(&|i| format!("{},{},{}\n", i % 2, i / 2 % 2, i / 3 % 2)))),
    ];
    for (name, text) in tables {
        place.write(&format!("{name}.csv"), text);
        place.gmc(&format!("new {name}.gm --from {name}.csv")).succeeds();
        runs(&place, name);
    }
    let spec = std::fs::read_to_string(place.path("several.gm")).unwrap();
    assert!(spec.contains("Left out: `gap` (missing cells), `same` (constant)."), "{spec}");
    assert!(spec.contains("(x: Real[2], y: Class(2))"), "{spec}");
    place.write("bare.csv", "1,2\n3,4\n");
    place.gmc("new bare.gm --from bare.csv").fails(&["bare.csv has no line of names", "first line"]);
    place.gmc("new none.gm --from none.csv").fails(&["none.csv"]);
    place.write("texts.csv", "a\nx\ny\n");
    place.gmc("new texts.gm --from texts.csv").fails(&["no column of numbers"]);
}

#[test]
fn a_spec_that_fits_pictures() {
    let place = Place::new();
    let png = |side: usize| gmc_runtime::show::image::Picture::new(side, side, [200, 100, 50]).png().unwrap();
    for i in 0..12 {
        place.write(&format!("faces/{i}.png"), png(20 + i));
    }
    place.gmc("new faces.gm --from faces").succeeds();
    assert!(std::fs::read_to_string(place.path("faces.gm")).unwrap().contains("Real[3, 32, 32]"));
    runs(&place, "faces");
    place.write("empty/readme.txt", "");
    place.gmc("new empty.gm --from empty").fails(&["empty holds no PNG pictures"]);
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
