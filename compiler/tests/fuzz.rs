//! Texts made from the repository's own specs, right and wrong ones (`syntax::mutate`): none makes the compiler panic, none takes `check` long
//! or much memory, and what passes is compiled, verified and run in f64 for two steps, with every question asked. What was once found wrong
//! lies in `tests/fuzz` and is tried again each time. `gmc-bench fuzz` does the same for longer, on the runtime.
//!
//! `GMC_FUZZ=5000 GMC_SEED=7 cargo test -p gmc-compiler fuzz` tries so many texts from this seed on.

use crate::heap::peak;
use crate::spec_common::{NoFiles, all, initial, inputs_from, root, run, texts};
use gmc_compiler::derive::Compiled;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::{Unit, check};
use gmc_compiler::ir::{Graph, verify};
use gmc_compiler::syntax::mutate::{Corpus, MOST_BYTES, shrunk};
use gmc_compiler::types::Typed;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Most seconds of a processor that `check` with its messages may take; without optimisation and with programs verified as they are made,
/// several times as many as are promised.
const MOST_SECONDS: f64 = if cfg!(debug_assertions) { 5.0 } else { 1.0 };
/// Most bytes that it may hold.
pub const MOST_HEAP: usize = 256 << 20;
/// Texts that are tried where nobody asks for others.
const COUNT: u64 = 400;

/// Seconds that this thread has had a processor.
fn seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) * 1e-9
}

/// What `check` took: the unit, seconds, bytes.
pub fn checked(text: &str) -> (Unit, f64, usize) {
    let start = seconds();
    let (u, bytes) = peak(|| {
        let u = check("fuzz.gm", text, &NoFiles, &|p| Err(format!("no file `{p}`")), |_| Vec::new());
        for format in [Format::Human, Format::Short, Format::Json] {
            assert_eq!(render(&u.diags, &u.sources, format, false).is_empty(), u.diags.is_empty());
        }
        u
    });
    (u, seconds() - start, bytes)
}

/// Whether the interpreter runs a program in reasonable time.
fn small(g: &Graph) -> bool {
    let numbers: usize = g.nodes.iter().map(|n| n.ty.shape.size(2)).fold(0, usize::saturating_add);
    g.nodes.len() < 3000 && numbers < 400_000
}

/// Two steps of every player, and every other program once.
fn asked(typed: &Typed, c: &Compiled) {
    if !c.programs.graphs().all(small) {
        return;
    }
    let mut held = initial(c);
    for _ in 0..2 {
        for (_, g) in c.programs.steps() {
            let given = inputs_from(typed, &held, g, 2);
            for (name, t) in run(g, 2, &given) {
                if let Some((_, path)) =
                    name.split_once(':').filter(|(what, _)| ["param", "state"].contains(what))
                {
                    held.insert(path.to_string(), t);
                }
            }
        }
    }
    for (_, g) in c.programs.iter().filter(|(p, _)| !p.is_step()) {
        run(g, 2, &inputs_from(typed, &held, g, 2));
    }
}

/// What is wrong with a text, if anything is; whether it passed.
fn wrong(text: &str) -> Result<bool, String> {
    let tried = catch_unwind(AssertUnwindSafe(|| {
        let (mut u, time, bytes) = checked(text);
        if time > MOST_SECONDS {
            return Err(format!("check takes {time:.2} s"));
        }
        if bytes > MOST_HEAP {
            return Err(format!("check holds {} MB", bytes >> 20));
        }
        let (Some(typed), Some(c)) = (&u.typed, &mut u.compiled) else {
            return if u.failed() { Ok(false) } else { Err("no program and no error".into()) };
        };
        if c.graphs.graphs().map(|g| g.nodes.len()).sum::<usize>() > 20_000 {
            return Ok(true);
        }
        c.complete(typed);
        c.optimise(typed);
        for (name, g) in c.graphs.iter().chain(c.programs.iter()) {
            verify(g).map_err(|why| format!("{name}: {why:?}"))?;
        }
        asked(typed, c);
        Ok(true)
    }));
    tried.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        Err(said.or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or_default())
    })
}

/// Every spec of the repository: right ones, wrong ones, and those that once failed.
fn corpus() -> Vec<String> {
    // Right specs several times: most of what is made of a wrong one is wrong.
    let right: Vec<String> = all().into_iter().map(|(_, t)| t).collect();
    let mut found = vec![right; 6].concat();
    let folders = |of: &str| -> Vec<String> {
        let all = std::fs::read_dir(root().join(of)).unwrap().map(|e| e.unwrap().file_name());
        let mut all: Vec<String> = all.map(|n| format!("{of}/{}", n.to_string_lossy())).collect();
        all.sort();
        all
    };
    let all =
        [folders("tests/bad"), folders("tests/cases"), vec!["tests/syntax".into(), "tests/fuzz".into()]]
            .concat();
    found.extend(all.iter().flat_map(|f| texts(f)).map(|(_, t)| t));
    found
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn fuzz_what_was_found_stays_right() {
    for (name, text) in texts("tests/fuzz") {
        wrong(&text).unwrap_or_else(|why| panic!("tests/fuzz/{name}.gm: {why}"));
    }
}

#[test]
fn fuzz_texts_made_of_the_specs() {
    let made = Corpus::new(corpus());
    let (first, count) = (number("GMC_SEED", 1) << 32, number("GMC_FUZZ", COUNT));
    let (mut passed, mut finds) = (0, BTreeMap::new());
    for seed in first..first + count {
        let text = made.text(seed);
        match wrong(&text) {
            Ok(ok) => passed += u64::from(ok),
            Err(why) => {
                // One of each kind: the same place in the compiler, other numbers.
                let kind: String = why.chars().filter(|c| !c.is_ascii_digit()).take(60).collect();
                finds.entry(kind).or_insert((seed, why, text));
            }
        }
    }
    println!("{count} texts, {passed} of them right specs, {} kinds of find", finds.len());
    let told: Vec<String> = finds
        .into_values()
        .map(|(seed, why, text)| {
            let kind = |w: &str| w.chars().filter(|c| !c.is_ascii_digit()).take(30).collect::<String>();
            let small = shrunk(&text, 60, &mut |t| wrong(t).is_err_and(|w| kind(&w) == kind(&why)));
            format!("seed {seed}: {why}\n{}", small.chars().take(3000).collect::<String>())
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n=====\n"));
    assert!(passed > count / 20, "{passed} of {count} pass");
}

/// Items that each name something that is not there, and others that have the same letters.
fn near() -> String {
    let name = |i: usize, from: usize| -> String {
        let letters = "abcdefghijklmnopqrstuvwxyzabcdefghijkl";
        let (a, b) = letters.split_at((i * 7 + from) % letters.len());
        let (c, d) = a.split_at(i % (a.len() + 1));
        [b, d, c].concat()
    };
    let known: String = (0..500).map(|i| format!("param {}: Real[]\n", name(i, 0))).collect();
    let asked: String = (0..700).map(|i| format!("model m{i} {{ z = {} }}\n", name(i, 3))).collect();
    [known, asked].concat()
}

/// Texts of 64 KB whose size all goes into one thing.
#[test]
fn fuzz_one_thing_as_often_as_it_fits() {
    let often = |before: &str, part: &str, between: &str, after: &str| {
        let room = MOST_BYTES - before.len() - after.len();
        let n = room / (part.len() + between.len());
        [before, &vec![part; n].join(between), after].concat()
    };
    let name = |n: usize| "n".repeat(n);
    let head = "data x: Real[64] in unit from digits\n";
    let net = |layers: &str| {
        format!("{head}net f(x: Real[64]) -> Real[64] {{ {layers} }}\ntrain {{ minimizes mse(f(x), x) }}\n")
    };
    let payoff = |e: &str| format!("{head}param a: Real[]\ntrain {{ minimizes {e} }}\n");
    let nested = |open: &str, n: usize, inside: &str, close: &str| {
        [&open.repeat(n), inside, &close.repeat(n)].concat()
    };
    let mut worst = (0.0f64, 0usize);
    for (what, text) in [
        ("layers", often(&format!("{head}net f(x: Real[64]) -> Real[64] {{ "), "relu", ",", " }\n")),
        (
            "dense layers",
            often(
                &format!("{head}net f(x: Real[64]) -> Real[64] {{ "),
                "dense(64)",
                ",",
                " }\ntrain { minimizes mse(f(x), x) }\n",
            ),
        ),
        (
            "wide layers",
            often(
                &format!("{head}net f(x: Real[64]) -> Real[64] {{ "),
                "dense(9999)",
                ",",
                ", dense(64) }\ntrain { minimizes mse(f(x), x) }\n",
            ),
        ),
        ("sums", often(&format!("{head}param a: Real[]\ntrain {{ minimizes a*a"), "a", "+", " }\n")),
        ("products", often(&format!("{head}param a: Real[]\ntrain {{ minimizes a*a"), "a", "*", " }\n")),
        ("powers", often(&format!("{head}param a: Real[]\ntrain {{ minimizes a"), "2", "^", " }\n")),
        ("minus", often(&format!("{head}param a: Real[]\ntrain {{ minimizes "), "-", "", "a }\n")),
        (
            "arguments",
            often(&format!("{head}param a: Real[]\ntrain {{ minimizes concat("), "a", ",", ") }\n"),
        ),
        (
            "calls",
            often(
                &format!("{head}param a: Real[]\ntrain {{ minimizes "),
                "E[f(x)]",
                "+",
                " }\nnet f(x: Real[64]) -> Real[] { dense(1), scalar }\n",
            ),
        ),
        ("axes", often("data x: Real[", "1", ",", "] from digits\n")),
        ("inputs", often(&format!("{head}net f("), "a: Real[1]", ",", ") -> Real[1] { dense(1) }\n")),
        ("sites", often(&format!("{head}model p {{ "), "z ~ Normal(0, 1)", ";", " }\n")),
        ("parameters", often(head, "param a: Real[2]", "\n", "\n")),
        ("lets", often(&format!("{head}train {{ "), "let a = 1", "\n", " minimizes mse(x, 0) }\n")),
        ("braces", "{".repeat(MOST_BYTES)),
        ("brackets", "(".repeat(MOST_BYTES)),
        ("quotes", "\"".repeat(MOST_BYTES)),
        ("lines", "\n".repeat(MOST_BYTES)),
        ("words", often("", "model", " ", "")),
        ("numbers", "9".repeat(MOST_BYTES)),
        ("a name", format!("{head}param {}: Real[]\n", name(MOST_BYTES - 100))),
        ("a name twice", format!("{head}param {0}: Real[]\ntrain {{ minimizes {0} + b }}\n", name(30_000))),
        ("an unknown name", payoff(&name(60_000))),
        ("many names", (0..9000).map(|i| format!("n{i} ")).collect()),
        ("a layer's name", net(&name(60_000))),
        ("text", format!("use \"{}\"\n", name(60_000))),
        ("parentheses", payoff(&nested("(", 30_000, "a", ")"))),
        ("parentheses that are allowed", payoff(&nested("(", 50, "a", ")"))),
        ("residual blocks", net(&nested("residual { ", 60, "relu", " }"))),
        ("rounds", net(&nested("repeat 9 { ", 60, "relu", " }"))),
        ("rounds of dense layers", net("repeat 4096 { repeat 8 { dense(64) } }")),
        ("rounds of blocks", net("repeat 4096 { residual { residual { residual { dense(64), relu } } } }")),
        ("rounds of convolutions", net("reshape(1, 8, 8), repeat 4096 { conv(1, k: 3), relu }, flatten")),
        (
            "a flow of many layers",
            format!(
                "{head}flow f: Real[64] <-> Real[64] {{ repeat 4096 {{ couple(parity(0), affine) {{ dense(64) }} }} }}\nmodel p {{ z ~ Normal(0, I)[64]; x = f(z) }}\n"
            ),
        ),
        (
            "a masked flow",
            format!(
                "{head}flow f: Real[64] <-> Real[64] {{ repeat 500 {{ masked(affine) {{ dense(64) }} }} }}\nmodel p {{ z ~ Normal(0, I)[64]; x = f(z) }}\n"
            ),
        ),
        (
            "enumerated sites",
            format!(
                "{head}model p {{ {} x ~ Normal(0, 1)[64] }}\n",
                (0..2000).map(|i| format!("k{i} ~ Bernoulli(probs: 0.5);")).collect::<String>()
            ),
        ),
        (
            "functions in functions",
            format!(
                "{head}fn f0(a) = a + a\n{}train {{ minimizes f20(mse(x, 0)) }}\n",
                (1..21).map(|i| format!("fn f{i}(a) = f{0}(a) + f{0}(a)\n", i - 1)).collect::<String>()
            ),
        ),
        ("gradients of gradients", payoff(&nested("grad(", 12, "a^3 + mse(x, a)", ", a)"))),
        ("gradients of many gradients", payoff(&nested("grad(", 60, "a^3 + mse(x, a)", ", a)"))),
        (
            "a flow of many splines",
            format!(
                "{head}flow f: Real[64] <-> Real[64] {{ repeat 900 {{ couple(parity(0), spline) {{ relu }} }} }}\nmodel p {{ z ~ Normal(0, I)[64]; x = f(z) }}\n"
            ),
        ),
        (
            "a flow as large as one may be",
            format!(
                "{head}flow f: Real[64] <-> Real[64] {{ repeat 640 {{ couple(parity(0), affine) {{ dense(64) }} }} }}\nmodel p {{ z ~ Normal(0, I)[64]; x = f(z) }}\n"
            ),
        ),
        ("a net as large as one may be", net("repeat 1200 { dense(64), tanh }")),
        ("attention", net("reshape(1, 8, 8), repeat 1400 { attention(keys: 1), batch_norm }, flatten")),
        (
            "players of large models",
            format!(
                "{head}net f(x: Real[64]) -> Real[64] {{ repeat 1000 {{ relu }} }}\nparam a: Real[]\ntrain {{ {} }}\n",
                (0..800)
                    .map(|i| format!("player p{i} {{ owns a  minimizes a * mse(f(x), {i}) }}\n"))
                    .collect::<String>()
            ),
        ),
        (
            "one net on many inputs",
            format!(
                "{head}net f(x: Real[64]) -> Real[64] {{ repeat 1000 {{ relu }} }}\ntrain {{ minimizes {} }}\n",
                (0..2000).map(|i| format!("mse(f({i} * x), x)")).collect::<Vec<_>>().join(" + ")
            ),
        ),
        ("names that are nearly known", near()),
        ("errors on one line", (0..3800).map(|i| format!("param a{i}: Foo ")).collect::<String>()),
        (
            "unknown layers on one line",
            format!(
                "{head}net f(x: Real[64]) -> Real[64] {{ {} }}\n",
                (0..9000).map(|i| format!("l{i}")).collect::<Vec<_>>().join(", ")
            ),
        ),
        (
            "players",
            format!(
                "{head}param a: Real[]\ntrain {{ {} }}\n",
                (0..900)
                    .map(|i| format!("player p{i} {{ owns a  minimizes mse(x, a) }}\n"))
                    .collect::<String>()
            ),
        ),
        (
            "nets",
            (0..900)
                .map(|i| {
                    format!(
                        "net f{i}(x: Real[64]) -> Real[64] {{ {} }}\n",
                        if i == 0 { "dense(64)".into() } else { format!("f{}", i - 1) }
                    )
                })
                .collect::<String>(),
        ),
        (
            "nets that double",
            format!(
                "{head}net f0(x: Real[64]) -> Real[64] {{ dense(64), relu }}\n{}train {{ minimizes mse(f16(x), x) }}\n",
                (1..17)
                    .map(|i| format!("net f{i}(x: Real[64]) -> Real[64] {{ f{0}, f{0} }}\n", i - 1))
                    .collect::<String>()
            ),
        ),
    ] {
        assert!(text.len() <= MOST_BYTES + 4096, "{what}: {}", text.len());
        let (u, time, bytes) = checked(&text);
        let code = u.diags.first().map_or("", |d| d.code);
        assert!(!what.contains("as one may be") || !u.failed(), "{what}: {:?}", u.diags.first());
        println!("{what}: {time:.3} s, {:.1} MB {code}", bytes as f64 / f64::from(1 << 20));
        worst = (worst.0.max(time), worst.1.max(bytes));
    }
    println!("the worst: {:.3} s, {} MB", worst.0, worst.1 >> 20);
    assert!(worst.0 < MOST_SECONDS && worst.1 < MOST_HEAP, "{worst:?}");
}
