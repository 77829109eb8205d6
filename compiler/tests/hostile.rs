//! `check` ends within 1 s of a processor and 256 MB for any text of 64 KB: texts that come near, one or more of each kind that could take
//! longer than its length lets expect. What stops them are the limits that the messages tell; what passes is derived.

use crate::fuzz::{MOST_HEAP, checked};
use gmc_compiler::syntax::mutate::MOST_BYTES;

/// Seconds of a processor. Without optimisation, with programs verified and beside other tests it takes several times as long.
const MOST_SECONDS: f64 = if cfg!(debug_assertions) { 10.0 } else { 1.0 };

const DATA: &str = "data x: Real[2] from moons\n";
const DIGITS: &str = "data x: Real[64] in unit from digits\n";
const NET: &str = "net d(z: Real[2]) -> Real[2] { dense(2) }\n";

/// `start`, as many of `each(0)`, `each(1)` .. as 64 KB hold, `end`.
fn filled(start: &str, each: impl Fn(usize) -> String, end: &str) -> String {
    let mut text = start.to_string();
    for i in 0.. {
        let next = each(i);
        if text.len() + next.len() + end.len() > MOST_BYTES {
            break;
        }
        text += &next;
    }
    text + end
}

/// `each(0)` .. `each(n - 1)`, with `between` in between.
fn list(n: usize, between: &str, each: impl Fn(usize) -> String) -> String {
    (0..n).map(each).collect::<Vec<_>>().join(between)
}

/// Each text is checked within the bounds, and says `code` where one is named.
fn within(all: Vec<(&str, String, &str)>) {
    for (what, text, code) in all {
        assert!(text.len() <= MOST_BYTES, "{what}: {} bytes", text.len());
        let (u, seconds, bytes) = checked(&text);
        println!("{what:28} {:6} bytes {seconds:5.2} s {:4} MB", text.len(), bytes >> 20);
        assert!(seconds < MOST_SECONDS, "{what}: {seconds} s");
        assert!(bytes < MOST_HEAP, "{what}: {} MB", bytes >> 20);
        let codes: Vec<&str> = u.diags.iter().map(|d| d.code).collect();
        assert!(code.is_empty() || codes.contains(&code), "{what}: {codes:?}");
    }
}

#[test]
fn characters_and_brackets() {
    let cycle = ["(]", "{]", "[}", "([)]", "}{", "\"(", "#\n(", "(]]]]]"];
    within(vec![
        ("characters", "@".repeat(MOST_BYTES), "E0111"),
        ("holes", filled(&format!("{DATA}train {{ minimizes "), |_| "·".into(), ""), "E0111"),
        ("opened", "(".repeat(MOST_BYTES), "E0114"),
        ("closed", "(]".repeat(MOST_BYTES / 2), "E0110"),
        ("both", filled("", |i| cycle[i % cycle.len()].into(), ""), ""),
        ("quotes", "\"".repeat(MOST_BYTES), ""),
        ("comments", filled(&format!("{DATA}model p {{ z ~ Normal(0, 1)"), |_| "# a\n".into(), " }"), ""),
        ("blanks", filled(DATA, |_| " ".into(), "q"), ""),
        ("items", filled("", |_| "param a param ".into(), ""), ""),
    ]);
}

#[test]
fn many_errors() {
    let unknown = |i: usize| format!("let b{i} = abcdefghijklmnopqrsu{i}(1)\n");
    let known = list(700, "", |i| format!("fn abcdefghijklmnopqrst{i}(x) = x\n"));
    within(vec![
        ("items on one line", filled("", |i| format!("model m{i} {{ z ~ Foo({i}) }} "), ""), "E0200"),
        ("types on one line", filled(DATA, |i| format!("param a{i}: Real[q{i}] "), ""), "E0200"),
        (
            "sites",
            filled(&format!("{DATA}model p {{ "), |i| format!("z{i} ~ Normal(u{i}, 1); "), " }"),
            "E0206",
        ),
        ("settings", filled(&format!("{DATA}train {{ "), |i| format!("s{i} 3; "), " }"), "E0200"),
        ("nets", filled(DATA, |i| format!("net f{i}(x: Real[2]) -> Real[3] {{ dense(2) }} "), ""), "E0201"),
        ("twice", filled(DATA, |_| "model p { z ~ Normal(0, 1) } ".into(), ""), "E0202"),
        ("nearly known", format!("{DATA}{known}train {{ {}minimizes b0 }}", list(700, "", unknown)), "E0200"),
    ]);
}

#[test]
fn many_names() {
    let dims = list(2800, "", |i| format!("dim d{i}=1\n"));
    let nets = list(1400, "", |i| format!("net f{i}(x:T)->T{{relu}}\n"));
    let models =
        |n: usize| list(n, "", |i| format!("model p{i} {{ z ~ Normal(0, 1)[2]; x ~ Normal(d(z), 1) }}\n"));
    let guides = |n: usize| list(n, "", |i| format!("guide q{i}(x) {{ z ~ Normal(x, 1) }}\n"));
    let elbos = list(100, " + ", |i| format!("elbo(p{i}, q{i})"));
    let owners = list(600, "", |i| format!("param a{i}: Real[2]\n"));
    let players = list(600, "", |i| format!("player p{i} {{ owns a{i}  minimizes E[sum(a{i} * x)^2] }}\n"));
    within(vec![
        (
            "dims and nets",
            format!("{DATA}{dims}type T = Real[2]\n{nets}train {{ minimizes mse(f1(x), x) }}"),
            "",
        ),
        (
            "models and guides",
            format!("{DATA}{NET}{}{}train {{ maximizes elbo(p0, q0) }}", models(700), guides(600)),
            "E0206",
        ),
        (
            "as many as may be",
            format!("{DATA}{NET}{}{}train {{ maximizes {elbos} }}", models(128), guides(128)),
            "",
        ),
        ("players", format!("{DATA}{owners}train {{ {players} }}"), ""),
        ("data", filled("", |i| format!("data x{i}: Real[2] from moons\n"), ""), ""),
        (
            "inputs of a net",
            format!(
                "{DATA}net f({}) -> Real[2] {{ dense(2) }}\ntrain {{ minimizes E[sum(f({}))] }}",
                list(2500, ", ", |i| format!("x{i}: Real[2]")),
                list(2500, ", ", |_| "x".into())
            ),
            "",
        ),
        (
            "outputs of a net",
            format!(
                "{DATA}net f(x: Real[2]) -> ({}) {{ heads({}) }}\ntrain {{ let ({}) = f(x)\n minimizes E[sum(a0 + a1)] }}",
                list(2500, ", ", |_| "Real[2]".into()),
                list(2500, ", ", |_| "2".into()),
                list(2500, ", ", |i| format!("a{i}"))
            ),
            "",
        ),
    ]);
}

/// A model of sites `z0`, `z1` .. and a guide that draws all of them.
fn sites(n: usize, site: impl Fn(usize) -> String, guide: impl Fn(usize) -> String) -> String {
    let last = n - 1;
    format!(
        "{DATA}param b: Real[2, 2]\nflow f: Real[2] <-> Real[2] given (h: Real[2]) {{ couple(parity(0), affine) {{ dense(2) }} }}\n\
         model p {{ {}; x ~ Normal(z{last}, 1) }}\nguide q(x) {{ {} }}\n",
        list(n, "; ", site),
        list(n, "; ", guide)
    )
}

#[test]
fn many_sites() {
    let normal = |i: usize| format!("z{i} ~ Normal(x, 1)");
    let of = |row: &'static str| move |i: usize| format!("z{i} ~ {row}");
    let chain = |i: usize| {
        if i == 0 { "z0 ~ Normal(0, 1)[2]".into() } else { format!("z{i} ~ Normal(z{}, 1)", i - 1) }
    };
    let flows =
        |i: usize| if i == 0 { "z0 ~ Normal(0, 1)[2]".into() } else { format!("z{i} = f(z{}, x)", i - 1) };
    let classes = |i: usize| match i {
        0 => "z0 ~ Categorical(logits: free(2))".to_string(),
        _ => format!("z{i} ~ Categorical(logits: entry(z{}, b))", i - 1),
    };
    let several = list(15, "", |k| {
        let sites = list(240, "; ", |i| format!("a{i}~Normal(0,1)"));
        format!("model p{k} {{ x ~ Normal(free(2), 1); {sites} }}\n")
    });
    let nested = format!(
        "{DATA}flow f: Real[2] <-> Real[2] given (h: Real[2]) {{ couple(parity(0), affine) {{ dense(2) }} }}\n\
         model p {{ w ~ Normal(0, 1)[2]; z ~ Normal(0, 1)[2]; y = {}z{}; x ~ Normal(y, 1) }}\nguide q(x) {{ w ~ Normal(x, 1); z ~ Normal(x, 1) }}\n",
        "f(".repeat(50),
        ", w)".repeat(50)
    );
    within(vec![
        ("too many", sites(1300, chain, normal), "E0206"),
        ("a chain", sites(255, chain, normal), ""),
        ("flows", sites(255, flows, normal), ""),
        ("flows of flows", nested, ""),
        ("classes", sites(255, classes, classes), ""),
        ("several models", format!("{DATA}{several}train {{ minimizes nll(p0) }}"), ""),
        ("Beta", sites(255, of("Beta(2, 3)[2]"), of("Beta(2, 3)[2]")), ""),
        ("Gamma", sites(255, of("Gamma(2, rate: 3)[2]"), of("Gamma(2, rate: 3)[2]")), ""),
        ("VonMises", sites(255, of("VonMises(0, 1)[2]"), of("VonMises(0, 1)[2]")), "E0206"),
        ("VonMises, as many as may be", sites(70, of("VonMises(0, 1)[2]"), of("VonMises(0, 1)[2]")), ""),
        (
            "Truncated",
            sites(255, of("Truncated(Normal(0, 1), 0, 1)[2]"), of("Truncated(Normal(0, 1), 0, 1)[2]")),
            "E0206",
        ),
        (
            "Truncated, as many as may be",
            sites(30, of("Truncated(Normal(0, 1), 0, 1)[2]"), of("Truncated(Normal(0, 1), 0, 1)[2]")),
            "",
        ),
        (
            "Mixture",
            sites(255, of("Mixture(StudentT(4, free(2, 9), 1), logits: free(2, 9))"), of("Normal(0, 1)[2]")),
            "",
        ),
    ]);
}

#[test]
fn deep_expressions() {
    let lets = |n: usize| {
        list(n, "", |i| {
            format!("let l{i} = l{i}x * l{i}x\n")
                .replace(&format!("l{i}x"), &if i == 0 { "a".into() } else { format!("l{}", i - 1) })
        })
    };
    let with = |rest: &str| {
        format!(
            "{DATA}param a: Real[2]\nnet f(a: Real[2]) -> Real[] {{ dense(4), tanh, dense(1), scalar }}\n{rest}"
        )
    };
    let products = |n: usize, x: &str| list(n, " * ", |_| x.to_string());
    within(vec![
        ("operators", with(&format!("train {{ minimizes {} }}", products(16_000, "a"))), "E0114"),
        ("lets", with(&format!("train {{ {}minimizes sum(l2000) }}", lets(2001))), "E0206"),
        (
            "functions",
            with(&format!(
                "fn h(x) = {}\nfn g(x) = {}\ntrain {{ minimizes sum(g(a)) }}",
                products(100, "x"),
                products(100, "h(x)")
            )),
            "",
        ),
        (
            "functions of functions",
            with(&format!(
                "fn h(x) = {}\nfn g(x) = {}\ntrain {{ minimizes sum({}) }}",
                products(100, "x"),
                products(100, "h(x)"),
                list(90, " + ", |i| format!("g(a + {i})"))
            )),
            "E0206",
        ),
        (
            "derivatives",
            with(&format!("train {{ minimizes {}f(a){} }}", "sum(grad(".repeat(4), ", a)^2)".repeat(4))),
            "",
        ),
        (
            "derivatives of derivatives",
            with(&format!("train {{ minimizes {}f(a){} }}", "sum(grad(".repeat(15), ", a)^2)".repeat(15))),
            "E0206",
        ),
        (
            "sums of derivatives",
            with(&format!(
                "train {{ minimizes {} }}",
                list(90, " + ", |i| format!("sum(grad(f(a * {}), a)^2)", i + 1))
            )),
            "",
        ),
        (
            "long sums",
            with(&format!(
                "train {{ {}minimizes E[sum({})] }}",
                list(80, "", |i| format!("let l{i} = {}\n", products(190, "a"))),
                list(80, " + ", |i| format!("l{i}"))
            )),
            "",
        ),
        (
            "axes",
            with(&format!(
                "param c: Real[{}]\ntrain {{ minimizes sum(c) }}",
                list(20_000, ", ", |_| "1".into())
            )),
            "",
        ),
        ("long name", with(&format!("train {{ minimizes {} }}", "n".repeat(60_000))), "E0200"),
        ("long number", with(&format!("param c: Real[] = {}", "1".repeat(60_000))), "E0113"),
    ]);
}

#[test]
fn deep_nets() {
    let net = |layers: &str| {
        format!(
            "{DIGITS}net f(x: Real[64]) -> Real[64] {{ {layers} }}\ntrain {{ minimizes mse(f(x), x)  using adam(lr: 1e-3)  ema 0.99  clip 5 }}\n"
        )
    };
    let image = |layers: &str| {
        format!(
            "{DATA}param u: Real[4, 4, 4]\nnet f(x: Real[4, 4, 4]) -> Real[4, 4, 4] {{ {layers} }}\ntrain {{ minimizes E[sum(x)] * mse(f(u), u)  using adam(lr: 1e-3)  ema 0.99  clip 5 }}\n"
        )
    };
    let whole = list(1200, "", |i| {
        if i == 0 {
            "net f0(x: Real[64]) -> Real[64] { relu }\n".into()
        } else {
            format!("net f{i}(x: Real[64]) -> Real[64] {{ f{0}, f{0} }}\n", i - 1)
        }
    });
    within(vec![
        (
            "layers",
            filled(
                &format!("{DIGITS}net f(x: Real[64]) -> Real[64] {{ "),
                |_| "relu, ".into(),
                "relu }\ntrain { minimizes mse(f(x), x) }",
            ),
            "E0206",
        ),
        ("rounds", net(&format!("{}relu{}", "repeat 2 { ".repeat(55), " }".repeat(55))), "E0206"),
        ("rounds without layers", net(&list(3000, ", ", |_| "repeat 4096 { }".into())), "E0206"),
        (
            "blocks",
            net(&list(1000, ", ", |_| "residual { residual { residual { residual { relu } } } }".into())),
            "E0206",
        ),
        ("nets of nets", format!("{DIGITS}{whole}train {{ minimizes mse(f1199(x), x) }}"), "E0206"),
        ("dense", net("repeat 800 { dense(64), tanh }"), ""),
        ("attention", net("reshape(8, 8), repeat 1600 { attention(heads: 2) }, flatten"), ""),
        ("lstm", net("reshape(8, 8), repeat 1600 { lstm(8) }, flatten"), ""),
        ("batch_norm", image("repeat 1600 { batch_norm }"), ""),
        ("conv", image("repeat 1600 { conv(4, k: 3) }"), ""),
        ("gated_pixelcnn", image("repeat 1600 { gated_pixelcnn(4, layers: 1), conv(4, k: 1) }"), ""),
        ("diagonal_bilstm", image("repeat 1600 { diagonal_bilstm(4) }"), ""),
        ("minibatch_stddev", image("repeat 1600 { minibatch_stddev, conv(4, k: 1) }"), ""),
    ]);
}

#[test]
fn large_flows() {
    let flow = |n: usize, layers: &str| {
        format!(
            "{DATA}flow f: Real[{n}] <-> Real[{n}] {{ {layers} }}\nnet d(z: Real[{n}]) -> Real[2] {{ dense(2) }}\n\
         model p {{ z ~ Normal(0, I)[{n}]; x ~ Normal(d(z), 1) }}\nguide q(x) {{ y ~ Normal(free({n}), 1); z = f(y) }}\n"
        )
    };
    let many =
        list(900, "", |i| format!("flow f{i}: Real[4000] <-> Real[4000] {{ repeat 100 {{ permute }} }}\n"));
    let vector = |layers: &str| {
        format!(
            "{DATA}flow f: Real[2] <-> Real[2] {{ {layers} }}\nmodel p {{ z ~ Normal(0, I)[2]; x = f(z) }}\n"
        )
    };
    within(vec![
        ("permutations", flow(30_000, "repeat 3000 { permute }"), "E0206"),
        ("reversals", flow(8192, "repeat 500 { reverse }"), ""),
        ("large permutations", flow(30_000, "repeat 60 { permute, scale }"), ""),
        (
            "large couplings",
            flow(30_000, "repeat 60 as k { couple(parity(k), affine) { dense(8), relu } }"),
            "",
        ),
        (
            "large splines",
            flow(30_000, "repeat 30 as k { couple(parity(k), spline(bins: 8)) { dense(8), relu } }"),
            "",
        ),
        ("masked", flow(1000, "repeat 10 { masked(affine) { dense(8), relu }, reverse }"), ""),
        ("largest masked", flow(4096, "masked(affine) { dense(8), relu }"), ""),
        ("many", format!("{DATA}{many}model p {{ x ~ Normal(free(2), 1) }}"), "E0206"),
        ("couplings", vector("repeat 1000 as k { couple(parity(k), affine) { dense(8), relu } }"), ""),
        ("splines", vector("repeat 1000 as k { couple(parity(k), spline(bins: 8)) { dense(8), relu } }"), ""),
        ("masked splines", vector("repeat 1000 { masked(spline(bins: 8)) { dense(8), relu } }"), ""),
    ]);
}

#[test]
fn sums_and_times() {
    let classes = |n: usize| {
        format!(
            "data x: Bool[8, 8] from digits(binarize: 0.5)\nparam first: Real[{n}]\nnet next(z: Class({n})) -> Real[{n}] {{ embed({n}) }}\n\
         net row(z: Class({n})) -> Real[8] {{ embed(8) }}\nmodel p {{\n z[0] ~ Categorical(logits: first)\n z[t in 1..8] ~ Categorical(logits: next(z[t - 1]))\n\
         x[t in 0..8] ~ Bernoulli(logits: row(z[t])) }}\n"
        )
    };
    let long = |n: usize| {
        format!(
            "{DATA}net d(z: Real[{n}, 2]) -> Real[2] {{ flatten, dense(2) }}\nmodel p {{ z[0] ~ Normal(0, 1)[2]; z[t in 1..{n}] ~ Normal(z[t - 1], 1); x ~ Normal(d(z), 1) }}\n\
         guide q(x) {{ z[t in 0..{n}] ~ Normal(x, 1) }}\n"
        )
    };
    let back = |n: usize| {
        format!(
            "{DATA}model p {{ {} z[t in {n}..{}] ~ Normal(z[t - {n}], 1); x ~ Normal(z[{n}], 1) }}\nguide q(x) {{ z[t in 0..{}] ~ Normal(x, 1) }}\n",
            list(n, "", |i| format!("z[{i}] ~ Normal(0, 1)[2]; ")),
            n + 100,
            n + 100
        )
    };
    let summed = |n: usize, layers: usize| {
        format!(
            "{DATA}net f(z: Class({n})) -> Real[2] {{ embed(2), repeat {layers} {{ dense(2) }} }}\nmodel p {{ z ~ Categorical(logits: free({n})); x ~ Normal(f(z), 1) }}\n"
        )
    };
    within(vec![
        ("hidden classes", classes(64), ""),
        ("too many hidden classes", classes(4096), ""),
        ("long chains", long(30_000), ""),
        ("chains that look far back", back(200), ""),
        ("sums", summed(256, 800), ""),
        (
            "components",
            format!("{DATA}model p {{ x ~ Mixture(Normal(free(2, 30000), 1), logits: free(2, 30000)) }}\n"),
            "",
        ),
        ("points", "data x: Real[2] from gaussians(9999)\nmodel p { x ~ Normal(free(2), 1) }\n".into(), ""),
    ]);
}
