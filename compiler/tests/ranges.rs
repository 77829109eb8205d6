//! Ranges of expressions with their ends, open or closed: what the checker infers, against a table and against values at random points.

use crate::spec_common::{initial, run, uniform};
use gmc_compiler::driver::{Unit, compile};
use gmc_compiler::interval::Interval;
use gmc_compiler::ir::Tensor64;
use gmc_compiler::rows::data::{Host, HostError};

/// A host whose files are arrays: `x` of two images, others of two pairs.
struct Array;

impl Host for Array {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        let shape = if name == "x" { "2, 1, 4, 4" } else { "2, 2" };
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
        let header = format!("{header:<117}\n");
        let numbers =
            [0.5f32; 32].into_iter().take(if name == "x" { 32 } else { 4 }).flat_map(f32::to_le_bytes);
        Ok([b"\x93NUMPY\x01\x00\x76\x00".to_vec(), header.into_bytes()]
            .concat()
            .into_iter()
            .chain(numbers)
            .collect())
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        uniform(stream, n)
    }
}

/// What the expressions below read, each two numbers that are computed from the data of a model, and their ranges.
const SITES: &[(&str, &str)] = &[
    ("r", "line0(x)"),
    ("p", "exp(line1(x))"),
    ("n", "relu(line2(x))"),
    ("u", "clamp(line3(x), 0, 1)"),
    ("c", "clamp(line4(x), 0 - 1, 2)"),
    ("m", "clamp(line5(x), 0 - 3, 0 - 1)"),
];

/// A model with a site `w = expression`.
fn spec(expression: &str) -> String {
    let lines: String =
        (0..SITES.len()).map(|i| format!("net line{i}(x: Real[2]) -> Real[2] {{ dense(2) }}\n")).collect();
    let sites: String = SITES.iter().map(|(name, value)| format!("{name} = {value};  ")).collect();
    format!(
        "data (x: Real[2], y: Class(2)) from moons
param s: Real[] in positive = 1
param t: Real[2] in unit = 0.25
param table: Real[2, 3] in positive = 2
param pairs: Real[3, 2] in unit
param real: Real[2, 3]
{lines}net bounded(x: Real[2]) -> Real[2] in interval(-1, 1) {{ tanh }}
net kept(x: Real[2] in positive) -> Real[2] in positive {{ relu }}
net logs(x: Real[2] in positive) -> Real[2] {{ log }}
fn mixed(a, b, c) = a * b + (1 - a) * c
model q(x, y) {{ {sites}w = {expression};  z ~ Normal(0, 1)[2] }}
train {{ minimizes E[norm(line0(x))] }}
"
    )
}

fn range(u: &Unit) -> Option<Interval> {
    Some(u.typed.as_ref()?.models.first()?.site("w")?.ty.kind.support().interval())
}

/// `[0, 1)`
fn text(range: Interval) -> String {
    let (lo, hi) = (range.lo(), range.hi());
    format!("{}{}, {}{}", if lo.open { "(" } else { "[" }, lo.at, hi.at, if hi.open { ")" } else { "]" })
}

fn unit(spec: &str) -> Unit {
    compile("ranges.gm", spec, &Array, &|p| Err(format!("no file `{p}`")), |_| Vec::new())
}

fn inferred(spec: &str) -> String {
    let u = unit(spec);
    // Not every input is used by every expression.
    let errors = u.diags.iter().filter(|d| d.code.starts_with('E'));
    let errors: Vec<String> =
        errors.map(|d| format!("{} {} {}", d.code, d.message, d.primary.text)).collect();
    match (errors.is_empty(), range(&u)) {
        (true, Some(range)) => text(range),
        _ => errors.join("; "),
    }
}

/// What is written, and where it lies.
#[rustfmt::skip]
const TABLE: &[(&str, &str)] = &[
    // A parameter is made by a map from the reals, which reaches no end.
    ("p", "(0, inf)"), ("n", "[0, inf)"), ("u", "[0, 1]"), ("c", "[-1, 2]"), ("r", "(-inf, inf)"),
    ("s", "(0, inf)"), ("t", "(0, 1)"), ("0.5", "[0.5, 0.5]"),
    // Maps.
    ("relu(r)", "[0, inf)"), ("relu(p)", "(0, inf)"), ("relu(c)", "[0, 2]"), ("relu(m)", "[0, 0]"),
    ("exp(r)", "(0, inf)"), ("exp(n)", "[1, inf)"), ("softplus(r)", "(0, inf)"), ("sigmoid(r)", "(0, 1)"),
    ("sigmoid(n)", "[0.5, 1)"), ("tanh(r)", "(-1, 1)"), ("tanh(p)", "(0, 1)"), ("log_sigmoid(r)", "(-inf, 0)"),
    ("abs(r)", "[0, inf)"), ("abs(p)", "(0, inf)"), ("abs(m)", "[1, 3]"), ("abs(c)", "[0, 2]"),
    ("square(r)", "[0, inf)"), ("square(m)", "[1, 9]"), ("sqrt(n)", "[0, inf)"), ("sqrt(p)", "(0, inf)"),
    ("log(p)", "(-inf, inf)"), ("log(p + 1)", "(0, inf)"), ("log1p(n)", "[0, inf)"), ("logit(t)", "(-inf, inf)"),
    ("elu(r)", "(-1, inf)"), ("expm1(n)", "[0, inf)"), ("cos(r)", "[-1, 1]"), ("recip(p)", "(0, inf)"),
    ("recip(1 + n)", "(0, 1]"), ("neg(u)", "[-1, 0]"), ("leaky_relu(r, 0.5)", "(-inf, inf)"),
    ("affine(u, 2, 1)", "[1, 3]"), ("gelu(p)", "(0, inf)"), ("gelu(n)", "[0, inf)"), ("identity(u)", "[0, 1]"),
    ("logit(u, lambda: 0.25)", "[-1.0986122886681096, 1.0986122886681096]"),
    // Sums, products, quotients and powers.
    ("-u", "[-1, 0]"), ("p + n", "(0, inf)"), ("n + n", "[0, inf)"), ("u + c", "[-1, 3]"), ("u + t", "(0, 2)"),
    ("1 - u", "[0, 1]"), ("1 - t", "(0, 1)"), ("u - u", "[-1, 1]"), ("p - n", "(-inf, inf)"), ("2 * u", "[0, 2]"),
    ("u * t", "[0, 1)"), ("p * p", "(0, inf)"), ("p * n", "[0, inf)"), ("c * c", "[-2, 4]"), ("u * m", "[-3, 0]"),
    ("0 * r", "[0, 0]"), ("0 * exp(r)", "[0, 0]"), ("0 / p", "[0, 0]"), ("u / p", "[0, inf)"), ("1 / p", "(0, inf)"),
    ("1 / (1 + n)", "(0, 1]"), ("u / (1 + u)", "[0, 1]"), ("n / n", "[0, inf)"), ("1 / r", "(-inf, inf)"),
    ("1 / m", "[-1, -0.3333333333333333]"), ("r ^ 2", "[0, inf)"), ("m ^ 2", "[1, 9]"), ("m ^ 3", "[-27, -1]"),
    ("c ^ 2", "[0, 4]"), ("c ^ 3", "[-1, 8]"), ("r ^ 4", "[0, inf)"), ("p ^ 0.5", "(0, inf)"), ("n ^ 0.5", "[0, inf)"),
    ("u ^ 2.5", "[0, 1]"), ("r ^ (0 - 2)", "(0, inf)"), ("c ^ (0 - 1)", "(-inf, inf)"), ("p ^ (0 - 1)", "(0, inf)"), ("r ^ 0", "[1, 1]"),
    ("2 ^ u", "[1, 2]"), ("0.5 ^ p", "(0, 1)"),
    // Means of two values.
    ("u * t + (1 - u) * u", "[0, 1]"), ("t * u + (1 - t) * u", "[0, 1]"), ("t * u + (1 - t) * t", "(0, 1)"),
    ("u * t + (1 - u) * t", "(0, 1)"), ("u * p + (1 - u) * n", "[0, inf)"), ("t * p + (1 - t) * n", "(0, inf)"),
    ("t * c + (1 - t) * m", "(-3, 2)"), ("u * c + (1 - u) * m", "[-3, 2]"), ("(1 - u) * m + u * c", "[-3, 2]"),
    ("c * u + m * (1 - u)", "[-3, 2]"), ("c + u * (m - c)", "[-3, 2]"), ("(m - c) * u + c", "[-3, 2]"),
    ("c - u * (c - m)", "[-3, 2]"), ("sigmoid(r) * c + (1 - sigmoid(r)) * m", "(-3, 2)"),
    ("u * c + (1 - t) * m", "(-4, 2)"), ("c * c + (1 - c) * m", "[-8, 7]"), ("c + u * (c - m)", "[-1, 7]"),
    ("mixed(sigmoid(r), c, m)", "(-3, 2)"), ("mixed(norm(r), c, m)", "(-inf, inf)"),
    ("mixed(abs(bounded(r)), u, u)", "[0, 1]"),
    // Functions of several values.
    ("max(r, n)", "[0, inf)"), ("max(r, p)", "(0, inf)"), ("max(n, p)", "(0, inf)"), ("max(u, 0.5)", "[0.5, 1]"),
    ("min(u, t)", "[0, 1)"), ("min(p, n)", "[0, inf)"), ("min(p, s)", "(0, inf)"), ("clamp(r, 0, 1)", "[0, 1]"),
    ("clamp(t, 0, 1)", "(0, 1)"), ("clamp(r, t, 2)", "(0, 2]"), ("clamp(u, 0.5, 2)", "[0.5, 1]"),
    ("sum(u)", "[0, 2]"), ("sum(p)", "(0, inf)"), ("sum(c)", "[-2, 4]"), ("mean(c)", "[-1, 2]"), ("mean(t)", "(0, 1)"),
    ("norm(r)", "[0, inf)"), ("norm(p)", "(0, inf)"), ("norm(m)", "[1.4142135623730951, 4.242640687119285]"),
    ("dot(p, p)", "(0, inf)"), ("dot(p, n)", "[0, inf)"), ("dot(u, m)", "[-6, 0]"), ("dot(r, p)", "(-inf, inf)"),
    ("concat(p, n)", "[0, inf)"), ("concat(p, p)", "(0, inf)"), ("concat(u, m)", "[-3, 1]"), ("flatten(t)", "(0, 1)"),
    ("softmax(r)", "(0, 1)"), ("log_softmax(r)", "(-inf, 0)"), ("log_sum_exp(n)", "[0.6931471805599453, inf)"),
    ("max(softmax(r), 0.2)", "[0.2, 1)"), ("log(softmax(r))", "(-inf, 0)"), ("1 - softmax(r)", "(0, 1)"),
    ("entry(y, table)", "(0, inf)"), ("entry(softmax(r), table)", "(0, inf)"), ("entry(u, table)", "[0, inf)"),
    ("entry(p, table)", "(0, inf)"), ("entry(y, real)", "(-inf, inf)"), ("entry(y, sigmoid(real))", "(0, 1)"),
    ("nearest(p, pairs)", "(0, 1)"),
    // Nets: the body says whether an end is taken.
    ("bounded(r)", "(-1, 1)"), ("kept(p)", "(0, inf)"), ("kept(n)", "[0, inf)"), ("logs(p)", "(-inf, inf)"),
];

#[test]
fn expressions_lie_where_arithmetic_says() {
    let wrong: Vec<String> = TABLE
        .iter()
        .map(|(e, want)| (e, want, inferred(&spec(e))))
        .filter(|(_, want, got)| got != *want)
        .map(|(e, want, got)| format!("{e}: {got}, not {want}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Data may lie at the ends that belong to the declared range: those of `unit` and `interval`, and 0 where it is `nonnegative`.
#[test]
fn declared_ranges() {
    for (declared, expression, want) in [
        ("positive", "v", "(0, inf)"),
        ("positive", "log(v)", "(-inf, inf)"),
        ("nonnegative", "v", "[0, inf)"),
        ("nonnegative", "sqrt(v)", "[0, inf)"),
        ("interval(0, inf)", "v", "[0, inf)"),
        ("unit", "v", "[0, 1]"),
        ("interval(-1, 2)", "v", "[-1, 2]"),
        ("unit", "log(v + 0.5)", "[-0.6931471805599453, 0.4054651081081644]"),
        ("unit", "log(v)", "E0302 `log` takes the positive reals can be 0"),
        ("nonnegative", "log(v)", "E0302 `log` takes the positive reals can be 0"),
        ("unit", "logit(v)", "E0302 `logit` takes the reals between 0 and 1 can be 0 and 1"),
        ("unit", "log1p(0 - v)", "E0302 `log1p` takes the reals above -1 can be -1"),
        ("unit", "logit(v, lambda: 0.25)", "[-1.0986122886681096, 1.0986122886681096]"),
    ] {
        let text = format!(
            "data v: Real[2] in {declared} from npy(\"v\")\nmodel q(v) {{ w = {expression};  z ~ Normal(0, 1)[2] }}\nparam a: Real[2]\ntrain {{ minimizes E[norm(a)] }}\n"
        );
        assert_eq!(inferred(&text), want, "{expression} of {declared}");
    }
}

/// A critic that takes values of the unit interval takes their means.
#[test]
fn means_of_data_and_samples_are_data() {
    for mean in ["n.a * x + (1 - n.a) * p.x", "p.x + n.a * (x - p.x)", "x * (1 - n.a) + p.x * n.a"] {
        let text = format!(
            "data x: Real[64] in unit from digits
net G(z: Real[16]) -> Real[64] in unit {{ dense(64), sigmoid }}
net D(x: Real[64] in unit) -> Real[] {{ dense(64), relu, dense(1), scalar }}
model p {{ z ~ Normal(0, I)[16];  x = G(z) }}
model n {{ a ~ Uniform(0, 1) }}
train {{
  let w = {mean}
  player judge {{ owns D  maximizes E[D(x)] - E[D(p.x)] - 10 * E[(norm(grad(D(w), w)) - 1)^2] }}
  player maker {{ owns G  maximizes E[D(p.x)] }}
}}
"
        );
        assert!(unit(&text).diags.is_empty(), "{mean}: {:?}", unit(&text).diags);
    }
}

/// Layers that move elements, put them together or drop some of them pass their range on.
#[test]
fn layers_pass_ranges_on() {
    for (layers, want) in [
        ("relu, flatten", "[0, inf)"),
        ("exp, flatten", "(0, inf)"),
        ("tanh, avg_pool(2), flatten", "(-1, 1)"),
        ("relu, max_pool(2), flatten", "[0, inf)"),
        ("sigmoid, global_pool", "(0, 1)"),
        ("sigmoid, global_pool(sum)", "(0, 16)"),
        ("exp, up(2), flatten", "(0, inf)"),
        ("sigmoid, reflect_pad(1), flatten", "(0, 1)"),
        ("sigmoid, dropout(0.5), flatten", "[0, 2)"),
        ("relu, dropout(0.5), flatten", "[0, inf)"),
        ("sigmoid, rescale, flatten", "(-1, 1)"),
        ("sigmoid, flatten, affine(2, 1), log", "(0, 1.0986122886681098)"),
    ] {
        let text = format!(
            "data x: Real[1, 4, 4] from npy(\"x\")
net f(x: Real[1, 4, 4]) -> Real[{}] {{ {layers} }}
param a: Real[2]
model q(x) {{ w = f(x);  z ~ Normal(0, 1)[2] }}
train {{ minimizes E[norm(a)] }}
",
            match layers {
                l if l.contains("global_pool") => 1,
                l if l.contains("_pool") => 4,
                l if l.contains("up(2)") => 64,
                l if l.contains("reflect_pad") => 36,
                _ => 16,
            }
        );
        assert_eq!(inferred(&text), want, "{layers}");
    }
}

/// A random expression over the names above; the seed is used up.
fn random(seed: &mut u64, depth: usize) -> String {
    let mut pick = |n: usize| {
        *seed += 1;
        ((uniform(*seed, 1).first().copied().unwrap_or(0.0) * n as f64) as usize).min(n - 1)
    };
    const NAMES: [&str; 10] = ["r", "p", "n", "u", "c", "m", "t", "s", "0.5", "2"];
    const MAPS: [&str; 14] = [
        "relu",
        "exp",
        "sigmoid",
        "tanh",
        "softplus",
        "abs",
        "square",
        "elu",
        "silu",
        "gelu",
        "neg",
        "cos",
        "log_sigmoid",
        "identity",
    ];
    // Defined only on a part of the reals: such an expression may be refused.
    const PARTIAL: [&str; 5] = ["log", "sqrt", "recip", "log1p", "logit"];
    if depth == 0 {
        return NAMES[pick(NAMES.len())].to_string();
    }
    let form = pick(16);
    let (map, partial) = (MAPS[pick(MAPS.len())], PARTIAL[pick(PARTIAL.len())]);
    let mut part = || random(seed, depth - 1);
    match form {
        0 | 1 => format!("({} + {})", part(), part()),
        2 | 3 => format!("({} - {})", part(), part()),
        4 | 5 => format!("({} * {})", part(), part()),
        6 => format!("({} / {})", part(), part()),
        7 => format!("({} ^ 2)", part()),
        8 => format!("max({}, {})", part(), part()),
        9 => format!("min({}, {})", part(), part()),
        10 => format!("clamp({}, {}, {})", part(), part(), part()),
        11 => format!("mixed({}, {}, {})", part(), part(), part()),
        12 => format!("{partial}({})", part()),
        13 => format!("entry(softmax({}), real)", part()),
        _ => format!("{map}({})", part()),
    }
}

/// Values at random points lie in the range that was inferred, and at an end of it only where the end belongs to it.
#[test]
fn values_lie_in_their_range() {
    const POINTS: usize = 64;
    let (mut seed, mut accepted, mut failed) = (1000, 0, Vec::new());
    for _ in 0..400 {
        let expression = random(&mut seed, 3);
        let u = unit(&spec(&expression));
        let (Some(range), Some(c)) = (range(&u), &u.compiled) else { continue };
        accepted += 1;
        let mut env = initial(c);
        for (name, (_, t)) in env.iter_mut().enumerate() {
            // Weights that bring every line to both sides of the ends that it is held between.
            t.data = uniform(seed + name as u64, t.data.len()).into_iter().map(|v| 2.4 * v - 1.2).collect();
        }
        env.insert("x".into(), Tensor64 { dims: vec![POINTS, 2], data: uniform(7, 2 * POINTS) });
        env.insert("y".into(), Tensor64 { dims: vec![POINTS], data: vec![1.0; POINTS] });
        let out = run(&c.programs["sample.q"], POINTS, &env);
        let values = &out["site:w"].data;
        let (lo, hi) = (range.lo(), range.hi());
        let blur = |x: f64| 1e-9 * (1.0 + x.abs());
        let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        let outside = finite.iter().find(|v| **v < lo.at - blur(lo.at) || **v > hi.at + blur(hi.at));
        // Where a function is flat, its values are rounded onto an end now and then.
        let at_open_end = |v: &f64| lo.open && *v == lo.at || hi.open && *v == hi.at;
        if let Some(v) = outside {
            failed.push(format!("{expression}: {v} outside of {}", text(range)));
        } else if 8 * finite.iter().filter(|v| at_open_end(v)).count() > finite.len() {
            failed.push(format!("{expression} takes an end of {}", text(range)));
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    assert!(accepted > 200, "{accepted}");
}
