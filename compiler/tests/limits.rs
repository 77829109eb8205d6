//! Limits that keep a spec from asking for more than a machine has, and files that use each other: what no bad spec of one file shows.

use crate::spec_common::{NoFiles, unit};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::{Unit, check};

fn codes(u: &Unit) -> Vec<&'static str> {
    u.diags.iter().map(|d| d.code).collect()
}

/// Checks `text`, to which `files` can be used: name and text.
fn with_files(text: &str, files: &[(&str, &str)]) -> Unit {
    let read = |path: &str| {
        files.iter().find(|(n, _)| *n == path).map(|(_, t)| t.to_string()).ok_or("no such file".to_string())
    };
    check("main.gm", text, &NoFiles, &read, |_| Vec::new())
}

fn message(u: &Unit) -> String {
    render(&u.diags, &u.sources, Format::Human, false)
}

/// A net of `layers` layers, in rounds.
fn deep(layers: &str) -> String {
    format!(
        "data x: Real[64] in unit from digits\nnet f(x: Real[64]) -> Real[64] {{ {layers} }}\ntrain {{ minimizes mse(f(x), x) }}\n"
    )
}

#[test]
fn layers_are_counted_through_rounds_and_blocks() {
    // A thousand rounds of three layers are written out, and one level more is not; empty rounds are counted as well.
    assert_eq!(codes(&unit("fits", &deep("dense(64), repeat 1000 { relu, tanh, relu }"))), [""; 0]);
    for layers in [
        "repeat 1000 { repeat 30 { relu, tanh } }",
        "repeat 2000 { residual { repeat 20 { relu } } }",
        "repeat 1000 { repeat 1000 { repeat 1000 { relu } } }",
    ] {
        assert_eq!(codes(&unit("many", &deep(layers))), ["E0206"], "{layers}");
    }
}

#[test]
fn what_is_too_large_is_not_called_too_small() {
    for (layers, wanted) in [
        ("dense(99999999999), dense(64)", "between 1 and 1073741824"),
        ("dense(0), dense(64)", "of at least 1"),
        ("dense(-3), dense(64)", "of at least 1"),
    ] {
        let u = unit("size", &deep(layers));
        assert!(message(&u).contains(wanted), "{}", message(&u));
    }
    // No arithmetic on sizes overflows, whatever it is that is divided.
    let u = unit("least", &deep("dense((-9007199254740992 * 1024) / (-1)), dense(64)"));
    assert_eq!(codes(&u), ["E0206"], "{}", message(&u));
}

/// Shapes whose number of elements no machine word holds are told, and nothing overflows on the way.
#[test]
fn shapes_beyond_a_machine_word() {
    let image = |layers: &str| {
        format!(
            "data x: Real[1, 8, 8] in unit from digits\nnet f(x: Real[1, 8, 8]) -> Real[1] {{ {layers} }}\n\
             train {{ minimizes sse(f(x), 0) }}\n"
        )
    };
    for layers in [
        "up(1000000000), global_pool",
        "up(1000000000), up(1000000000), global_pool",
        "conv(1073741824, k: 3), global_pool",
    ] {
        assert_eq!(codes(&unit("image", &image(layers))), ["E0206"], "{layers}");
    }
    let aliases = "type A = Real[65536]\ntype B = A[65536]\nparam b: B\ndata x: Real[2] from moons\nmodel p { x ~ Normal(0, 1)[2] }\n";
    assert_eq!(codes(&unit("alias", aliases)), ["E0206"]);
}

/// `let`s that read each other twice double with each of them.
#[test]
fn lets_that_double_each_other() {
    let with = |n: usize| {
        let lets: String = (1..=n).map(|i| format!("let l{i} = l{0} + l{0}\n  ", i - 1)).collect();
        let text = format!(
            "data x: Real[2] from moons\nparam a: Real[2]\ntrain {{\n  let l0 = a * 1e-9\n  {lets}minimizes E[sum((x - l{n})^2)]\n  steps 1\n}}\n"
        );
        unit("lets", &text)
    };
    assert!(with(10).compiled.is_some());
    assert_eq!(codes(&with(60)), ["E0206"], "{}", message(&with(60)));
}

#[test]
fn a_call_that_leads_back_is_labelled_once() {
    let u = unit(
        "circle",
        "data x: Real[2] from moons\nparam a: Real[2]\nfn f(x) = g(x)\nfn g(x) = f(x) + f(x)\nmodel p { x ~ Normal(f(a), 1) }\n",
    );
    assert_eq!(codes(&u), ["E0213"]);
    let labels = &u.diags[0].secondary;
    assert!(labels.len() <= 5, "{}", message(&u));
    assert!(labels.iter().enumerate().all(|(i, l)| !labels[..i].contains(l)), "{}", message(&u));
}

#[test]
fn a_spec_that_uses_itself() {
    let spec = "use \"main.gm\"\ndata x: Real[2] from moons\nmodel p { x ~ Normal(0, 1)[2] }\n";
    let u = with_files(spec, &[("main.gm", spec)]);
    assert_eq!(codes(&u), ["E0216"], "{}", message(&u));
    assert!(message(&u).contains("the spec uses itself"), "{}", message(&u));
    // Through another file, whatever its path is called there.
    let spec = "use \"lib.gm\"\ndata x: Real[2] from moons\nmodel p { x ~ Normal(0, s)[2] }\n";
    let lib = "use \"./main.gm\"\nparam s: Real[] in positive = 1\n";
    let u = with_files(spec, &[("lib.gm", lib), ("./main.gm", spec)]);
    assert_eq!(codes(&u), ["E0216"], "{}", message(&u));
    assert!(message(&u).contains("lib.gm:1:"), "{}", message(&u));
}

#[test]
fn files_that_use_each_other_and_one_file_by_two_paths() {
    let spec = "use \"a.gm\"\nuse \"./b.gm\"\ndata x: Real[2] from moons\nmodel p { x ~ Normal(t, s)[2] }\n";
    let a = "use \"b.gm\"\nparam s: Real[] in positive = 1\n";
    let b = "use \"a.gm\"\nparam t: Real[]\n";
    let u = with_files(spec, &[("a.gm", a), ("b.gm", b), ("./b.gm", b)]);
    assert_eq!(codes(&u), [""; 0], "{}", message(&u));
}

/// What is wrong with data is said of the data alone, not of a model that quantizes to them.
#[test]
fn a_wrong_shape_of_data_raises_one_error() {
    let u = unit(
        "shape",
        "data x: Int(17)[2, 4, 8] from digits\nflow f: Real[2, 4, 8] <-> Real[2, 4, 8] { scale, shift }\n\
         model p { z ~ Normal(0, I)[2, 4, 8];  x = quantize(f(z)) }\n",
    );
    assert_eq!(codes(&u), ["E0204"], "{}", message(&u));
}

/// Each end of a schedule lies in the range of what it schedules; ends that do are left alone.
#[test]
fn ends_of_schedules() {
    let spec = |lr: &str| {
        format!(
            "data x: Real[2] from moons\nnet f(x: Real[2]) -> Real[2] {{ dense(2) }}\n\
             train {{ minimizes mse(f(x), x)  using adam(lr: {lr}) }}\n"
        )
    };
    for lr in [
        "cosine(1e-3 -> 0)",
        "ramp(0 -> 1e-3, over: 0.5 epochs)",
        "steps(1e-3, at: [1, 2])",
        "warmup(1e-3, over: 10 steps)",
        "0",
    ] {
        assert_eq!(codes(&unit("good", &spec(lr))), [""; 0], "{lr}");
    }
    for lr in [
        "cosine(1e-3 -> -1e-9)",
        "ramp(-1 -> 1e-3)",
        "steps(-1e-3, at: [1])",
        "warmup(1e-3, over: 0 steps)",
        "ramp(0 -> 1, over: -2 epochs)",
    ] {
        assert_eq!(codes(&unit("bad", &spec(lr))), ["E0205"], "{lr}");
    }
}

/// The two settings that say how long to train replace each other on the command line, where a spec has one of them.
#[test]
fn a_length_that_is_set_replaces_the_other() {
    use gmc_compiler::rows::args::Duration;
    use gmc_compiler::rows::setting;
    use gmc_compiler::types::overrides;
    let text = "data x: Real[2] from moons\nmodel p { x ~ Normal(0, s)[2] }\nparam s: Real[] in positive = 1\ntrain { epochs 3 }\n";
    for (first, second) in
        [("train.steps", None), ("train.steps", Some("train.epochs")), ("train.epochs", Some("train.steps"))]
    {
        let read = |_: &str| Err(String::new());
        let u = check("set", text, &NoFiles, &read, |spec| {
            [Some(first), second]
                .into_iter()
                .flatten()
                .filter_map(|path| overrides::apply(spec, path, "5").err())
                .collect()
        });
        assert_eq!(codes(&u), [""; 0], "{}", message(&u));
        let length = setting::length(&u.typed.unwrap().train.settings);
        let steps = second.unwrap_or(first) == "train.steps";
        assert_eq!(length, if steps { Duration::Rounds(5.0) } else { Duration::Epochs(5.0) });
    }
}

/// What `eval` counts is counted from 1, also where the command line says how many.
#[test]
fn counts_of_eval() {
    use gmc_compiler::types::overrides;
    let text = "data x: Bool[64] from digits(binarize: 0.5)\nnet d(z: Real[2]) -> Real[64] { dense(64) }\nnet e(x: Bool[64]) -> Real[2] { dense(2) }\n\
                model p { z ~ Normal(0, I)[2];  x ~ Bernoulli(logits: d(z)) }\nguide q(x) { z ~ Normal(e(x), 1) }\ntrain { steps 1 }\n\
                eval { iwae(k: 4)  samples 9  reconstructions 3 }\n";
    let with = |path: &str, value: &str| {
        let read = |_: &str| Err(String::new());
        check("counts", text, &NoFiles, &read, |spec| {
            overrides::apply(spec, path, value).err().into_iter().collect()
        })
    };
    for path in ["eval.iwae", "eval.samples", "eval.reconstructions"] {
        assert_eq!(codes(&with(path, "64")), [""; 0], "{path}");
        for value in ["0", "-3", "2.5", "100000000"] {
            assert_eq!(
                codes(&with(path, value)),
                ["E0205"],
                "{path}={value}: {}",
                message(&with(path, value))
            );
        }
    }
}

/// A message about a line that nobody could read is told without the line, and stays short however long a name in it is.
#[test]
fn messages_about_very_long_lines() {
    let long = "n".repeat(50_000);
    for text in [
        format!("data x: Real[2] from moons\ntrain {{ minimizes {long} }}\n"),
        format!("data x: Real[2] from moons\nparam {long}: Real[2]\ntrain {{ minimizes {long} + b }}\n"),
        format!(
            "data x: Real[2] from moons\ntrain {{ minimizes mse(x, 0) {} + b }}\n",
            "+ mse(x, 0) ".repeat(4000)
        ),
    ] {
        let u = unit("long", &text);
        let said = message(&u);
        assert!(u.failed() && said.starts_with("long.gm:") && said.len() < 10_000, "{}", said.len());
        assert!(said.contains("the line is too long to be shown") && said.contains("error["), "{said}");
    }
    // What a screen holds is shown with its line.
    let u =
        unit("short", &format!("data x: Real[2] from moons\ntrain {{ minimizes {} }}\n", "n".repeat(500)));
    assert!(message(&u).contains("│ train { minimizes"), "{}", message(&u));
}

/// What all programs of a spec come to is limited, and the message says where most of it comes from and what to do.
#[test]
fn programs_that_are_too_large() {
    let model = |n: usize, players: usize| {
        let players: String = (0..players)
            .map(|i| format!("player p{i} {{ owns a{i}  minimizes a{i} * mse(f(x), {i}) }}\n"))
            .collect();
        let params: String = (0..64).map(|i| format!("param a{i}: Real[]\n")).collect();
        format!(
            "data x: Real[64] in unit from digits\n{params}net f(x: Real[64] in unit) -> Real[64] {{ repeat {n} {{ relu }} }}\n\
             train {{\n  player own {{ owns f  minimizes mse(f(x), x) }}\n{players}}}\n"
        )
    };
    assert!(!codes(&unit("few", &model(100, 2))).contains(&"E0206"));
    for (n, players) in [(2000, 2), (100, 40), (4000, 1)] {
        let u = unit("many", &model(n, players));
        assert!(codes(&u).contains(&"E0206"), "{n} {players}: {}", message(&u));
        for part in ["the programs of this spec are too large", "the step of `", "= help: use fewer layers"] {
            assert!(message(&u).contains(part), "{}", message(&u));
        }
    }
}

/// Each limit lies where its message says: so much passes, and one more does not.
#[test]
fn limits_lie_where_they_are_told() {
    let data = "data x: Real[2] from moons\n";
    let joined = |n: usize, each: &dyn Fn(usize) -> String| (0..n).map(each).collect::<String>();
    let sites = |n: usize| {
        let latent = joined(n - 1, &|i| format!("z{i} ~ Normal(0, 1)\n"));
        let guide = latent.clone();
        format!("{data}model p {{ {latent}x ~ Normal(z0, 1)[2] }}\nguide q(x) {{ {guide} }}\n")
    };
    let models = |n: usize| {
        let all = joined(n, &|i| format!("model p{i} {{ x ~ Normal(free(2), 1) }}\n"));
        format!("{data}{all}train {{ minimizes nll(p0) }}\n")
    };
    let axes = |n: usize| {
        format!("{data}param a: Real[2{}]\ntrain {{ minimizes E[sum(x)] + sum(a^2) }}\n", ", 1".repeat(n - 1))
    };
    let rounds = |n: usize| deep(&format!("repeat {n} {{ }}, relu"));
    let flows = |n: usize| {
        format!(
            "{data}flow f: Real[4096] <-> Real[4096] {{ repeat {n} {{ reverse }} }}\n\
             param s: Real[] in positive = 1\nmodel p {{ x ~ Normal(0, s)[2] }}\n"
        )
    };
    let types = |n: usize| {
        let all = joined(n, &|i| format!("type T{} = T{i}\n", i + 1));
        format!("{data}type T0 = Real[2]\n{all}param a: T{n}\ntrain {{ minimizes E[sum(x)] + sum(a^2) }}\n")
    };
    let calls = |n: usize| {
        let all = joined(n, &|i| format!("fn f{}(x) = f{i}(x) + 1\n", i + 1));
        format!("{data}fn f0(x) = x\n{all}param a: Real[]\ntrain {{ minimizes f{n}(a^2) }}\n")
    };
    let cases: [(&str, &dyn Fn(usize) -> String, usize); 7] = [
        ("sites", &sites, 256),
        ("models", &models, 256),
        ("axes", &axes, 6),
        ("rounds", &rounds, 4096),
        ("flows", &flows, 1024),
        ("types", &types, 99),
        ("calls", &calls, 32),
    ];
    for (what, text, most) in cases {
        let (fits, more) = (unit(what, &text(most)), unit(what, &text(most + 1)));
        assert!(!codes(&fits).contains(&"E0206"), "{most} {what}: {}", message(&fits));
        assert!(codes(&more).contains(&"E0206"), "{} {what}: {:?}", most + 1, codes(&more));
    }
}

/// Lines and columns count characters from 1, wherever on a line of many.
#[test]
fn columns_far_out() {
    use gmc_compiler::diag::render::Sources;
    use gmc_compiler::span::FileId;
    let text = format!("{}\n{}é\n\n{}", "aé·𝄞".repeat(300), "b".repeat(700), "\u{1d11e}".repeat(200));
    let mut sources = Sources::new();
    sources.insert(FileId::SPEC, "long.gm", text.as_str());
    let (mut line, mut column) = (1, 1);
    for (at, c) in text.char_indices() {
        assert_eq!(sources.position(FileId::SPEC, at), Some((line, column)), "byte {at}");
        // A byte inside of a character is that character's.
        assert_eq!(sources.position(FileId::SPEC, at + c.len_utf8() - 1), Some((line, column)), "byte {at}");
        (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    assert_eq!(sources.position(FileId::SPEC, text.len() + 9), Some((line, column)));
}
