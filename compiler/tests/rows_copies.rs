//! `D(..)[4]` of a distribution over vectors: four independent draws. Density, entropy and KL are the sums over the draws one by one, whether
//! they share a parameter or have one each; draws have the moments of their own parameters, and no part in each other.

use crate::rows_common::{Rng, assert_close, evaluate, tensor};
use crate::spec_common::{clean, inputs, run, unit};
use gmc_compiler::ir::{Graph, Role, Shape, Value};
use gmc_compiler::rows::distribution::{ROWS, kl, spelled};
use gmc_compiler::rows::{DistRow, find};
use gmc_compiler::types::{Typed, text};

const DRAWS: usize = 4;

fn row(name: &str) -> &'static dyn DistRow {
    match spelled(name) {
        Some(r) => r,
        None => panic!("no row `{name}`"),
    }
}

/// Random parameters of `DRAWS` draws, `[DRAWS, ..own]` each, in the ranges that the row asks for; `own` is that of one draw.
struct Params {
    own: Vec<usize>,
    data: Vec<f64>,
}

impl Params {
    fn random(own: &[usize], positive: bool, rng: &mut Rng) -> Params {
        let n = DRAWS * own.iter().product::<usize>();
        let value = |u: f64| if positive { 0.6 + 3.0 * u } else { 1.6 * u - 0.8 };
        Params { own: own.to_vec(), data: (0..n).map(|_| value(rng.uniform())).collect() }
    }
    fn one(&self, draw: usize) -> Vec<f64> {
        let n = self.own.iter().product::<usize>();
        self.data[draw * n..(draw + 1) * n].to_vec()
    }
    /// `[1, DRAWS, ..own]`, or `[1, 1, ..own]` with the first for all.
    fn all(&self, g: &mut Graph, shared: bool) -> Value {
        let draws = if shared { 1 } else { DRAWS };
        let data = if shared { self.one(0) } else { self.data.clone() };
        g.literal(data, &[&[1, draws], self.own.as_slice()].concat())
    }
    fn alone(&self, g: &mut Graph, draw: usize) -> Value {
        g.literal(self.one(draw), &[&[1], self.own.as_slice()].concat())
    }
}

/// The rows over vectors of 3, their parameters, and a point for each draw.
fn cases() -> Vec<(&'static str, Vec<Params>, Vec<Params>, Vec<f64>)> {
    let rng = &mut Rng(40);
    let several = |rng: &mut Rng, shapes: &[&[usize]], positive: bool| {
        shapes.iter().map(|s| Params::random(s, positive, rng)).collect::<Vec<_>>()
    };
    let simplex = |rng: &mut Rng| {
        let mut x: Vec<f64> = (0..DRAWS * 3).map(|_| 0.1 + rng.uniform()).collect();
        for part in x.chunks_mut(3) {
            let sum: f64 = part.iter().sum();
            part.iter_mut().for_each(|v| *v /= sum);
        }
        x
    };
    let hot =
        [2usize, 0, 0, 1].iter().flat_map(|&i| (0..3).map(move |j| f64::from(u8::from(i == j)))).collect();
    let free = (0..DRAWS * 3).map(|_| 2.0 * rng.uniform() - 1.0).collect();
    vec![
        ("Dirichlet", several(rng, &[&[3]], true), several(rng, &[&[3]], true), simplex(rng)),
        ("OneHotCategorical", several(rng, &[&[3]], false), several(rng, &[&[3]], false), hot),
        (
            "MultivariateNormal",
            several(rng, &[&[3], &[3, 3]], false),
            several(rng, &[&[3], &[3, 3]], false),
            free,
        ),
    ]
}

#[test]
fn densities_entropies_and_kl_are_sums_over_the_draws() {
    let mut seen = Vec::new();
    for (name, mine, theirs, x) in cases() {
        let r = row(name);
        let full = |g: &mut Graph, list: &[Params], shared: &[bool]| -> Vec<Option<Value>> {
            let mut all: Vec<Option<Value>> =
                list.iter().zip(shared).map(|(p, s)| Some(p.all(g, *s))).collect();
            all.resize(r.dist_params().len(), None);
            all
        };
        let one = |g: &mut Graph, list: &[Params], shared: &[bool], draw: usize| -> Vec<Option<Value>> {
            let mut all: Vec<Option<Value>> =
                list.iter().zip(shared).map(|(p, s)| Some(p.alone(g, if *s { 0 } else { draw }))).collect();
            all.resize(r.dist_params().len(), None);
            all
        };
        for (mine_shared, theirs_shared) in [
            ([false, false], [false, false]),
            ([true, true], [false, true]),
            ([false, true], [true, true]),
            ([true, false], [true, true]),
        ] {
            let what = format!("{name}, shared {mine_shared:?} and {theirs_shared:?}");
            let mut g = Graph::new(name);
            let (p, q) = (full(&mut g, &mine, &mine_shared), full(&mut g, &theirs, &theirs_shared));
            let point = g.literal(x.clone(), &[1, DRAWS, 3]);
            let shape = Shape::fixed(&[1, DRAWS, 3]);
            let (Ok(entropy_of), Some(kl_of), Ok(mean_of)) = (r.entropy(), kl::closed_form(r, r), r.mean())
            else {
                panic!("{what}: no entropy, KL or mean")
            };
            let (h, kl) = (entropy_of(&mut g, &p), kl_of(&mut g, &p, &q));
            let mean = mean_of(&mut g, &p, &shape);
            let lp = r.log_prob(&mut g, &p, point);
            for v in [lp, h, kl] {
                let v = g.broadcast(v, shape.clone());
                let v = g.sum_event(v);
                g.output("whole", v);
            }
            g.output("mean", mean);
            for draw in 0..DRAWS {
                let (p, q) =
                    (one(&mut g, &mine, &mine_shared, draw), one(&mut g, &theirs, &theirs_shared, draw));
                let point = g.literal(x[3 * draw..3 * draw + 3].to_vec(), &[1, 3]);
                let (h, kl) = (entropy_of(&mut g, &p), kl_of(&mut g, &p, &q));
                let m = mean_of(&mut g, &p, &Shape::fixed(&[1, 3]));
                let lp = r.log_prob(&mut g, &p, point);
                for v in [lp, h, kl] {
                    let v = g.sum_event(v);
                    g.output("part", v);
                }
                g.output("mean", m);
            }
            let out = evaluate(&g, 1, &[]);
            for k in 0..3 {
                let sum: f64 = (0..DRAWS).map(|d| out[4 + 4 * d + k].data[0]).sum();
                assert_close(
                    &format!("{what}, {}", ["density", "entropy", "KL"][k]),
                    out[k].data[0],
                    sum,
                    1e-10,
                );
            }
            for d in 0..DRAWS {
                for i in 0..3 {
                    assert_close(
                        &format!("{what}, mean"),
                        out[3].data[3 * d + i],
                        out[4 + 4 * d + 3].data[i],
                        1e-12,
                    );
                }
            }
        }
        seen.push(name);
    }
    // Every row whose draw is a vector: one whose event has an axis more than its parameters say.
    for r in ROWS.iter().filter(|r| !r.elementwise() && r.form().is_none()) {
        let over_numbers = ["Categorical", "NormalMixture", "DiscretizedLogisticMixture"].contains(&r.name());
        assert!(over_numbers || seen.contains(&r.name()), "`{}` was not copied", r.name());
    }
}

/// Four independent normals, each of three numbers, against the full one: the sum over draws as well.
#[test]
fn a_full_covariance_against_independent_numbers() {
    let rng = &mut Rng(41);
    let (m, c) = (Params::random(&[3], false, rng), Params::random(&[3, 3], false, rng));
    let (m2, s2) = (Params::random(&[3], false, rng), Params::random(&[3], true, rng));
    for shared in [false, true] {
        let mut g = Graph::new("cross");
        let full = [Some(m.all(&mut g, false)), Some(c.all(&mut g, shared))];
        let plain = [Some(m2.all(&mut g, false)), Some(s2.all(&mut g, false))];
        let pairs = |g: &mut Graph, full: &[Option<Value>], plain: &[Option<Value>]| {
            for (r, mine, other, theirs) in
                [("MultivariateNormal", full, "Normal", plain), ("Normal", plain, "MultivariateNormal", full)]
            {
                let Some(kl) = kl::closed_form(row(r), row(other)) else {
                    panic!("no KL of `{r}` and `{other}`")
                };
                let v = kl(g, mine, theirs);
                let v = g.sum_event(v);
                g.output("kl", v);
            }
        };
        pairs(&mut g, &full, &plain);
        for d in 0..DRAWS {
            let f = [Some(m.alone(&mut g, d)), Some(c.alone(&mut g, if shared { 0 } else { d }))];
            let p = [Some(m2.alone(&mut g, d)), Some(s2.alone(&mut g, d))];
            pairs(&mut g, &f, &p);
        }
        let out = evaluate(&g, 1, &[]);
        for k in 0..2 {
            let sum: f64 = (1..=DRAWS).map(|d| out[2 * d + k].data[0]).sum();
            assert_close("KL", out[k].data[0], sum, 1e-10);
            assert!(sum > 0.1);
        }
    }
}

/// N draws of an event of numbers, `[N, ..event]`.
fn drawn(
    r: &dyn DistRow,
    event: &[usize],
    build: impl Fn(&mut Graph) -> Vec<Option<Value>>,
    n: usize,
) -> Vec<f64> {
    let mut g = Graph::new("draws");
    let p = build(&mut g);
    let x = r.sample(&mut g, &p, &Shape::batched(event));
    assert_eq!(g.shape(x), Shape::batched(event));
    g.output("x", x);
    evaluate(&g, n, &[]).remove(0).data
}

/// Mean and covariance of rows of `d` numbers, with the standard error of each covariance.
fn moments(rows: &[f64], d: usize) -> (Vec<f64>, Vec<Vec<(f64, f64)>>) {
    let n = (rows.len() / d) as f64;
    let mean: Vec<f64> = (0..d).map(|i| rows.iter().skip(i).step_by(d).sum::<f64>() / n).collect();
    let one = |i: usize, j: usize| {
        let products: Vec<f64> = rows.chunks(d).map(|r| (r[i] - mean[i]) * (r[j] - mean[j])).collect();
        let c = products.iter().sum::<f64>() / n;
        let v = products.iter().map(|p| (p - c).powi(2)).sum::<f64>() / n;
        (c, (v / n).sqrt())
    };
    let covariance = (0..d).map(|i| (0..d).map(|j| one(i, j)).collect()).collect();
    (mean, covariance)
}

fn check_covariance(what: &str, rows: &[f64], want_mean: &[f64], want: &[Vec<f64>]) {
    let d = want_mean.len();
    let n = (rows.len() / d) as f64;
    let (mean, covariance) = moments(rows, d);
    for i in 0..d {
        let error = (want[i][i] / n).sqrt();
        assert!(
            (mean[i] - want_mean[i]).abs() < 5.0 * error,
            "{what}: mean {i} is {}, not {}",
            mean[i],
            want_mean[i]
        );
        for j in 0..d {
            let (c, error) = covariance[i][j];
            assert!(
                (c - want[i][j]).abs() < 5.0 * error + 1e-9,
                "{what}: covariance {i}, {j} is {c}, not {} (error {error})",
                want[i][j]
            );
        }
    }
}

/// L L', from entries below the diagonal and logarithms on it.
fn covariance(log_cholesky: &[f64], n: usize) -> Vec<Vec<f64>> {
    let l = |i: usize, j: usize| match i.cmp(&j) {
        std::cmp::Ordering::Less => 0.0,
        std::cmp::Ordering::Equal => log_cholesky[i * n + i].exp(),
        std::cmp::Ordering::Greater => log_cholesky[i * n + j],
    };
    (0..n).map(|i| (0..n).map(|j| (0..n).map(|k| l(i, k) * l(j, k)).sum()).collect()).collect()
}

/// Covariances, not only marginals: a sampler that turned a sign around would have the same marginals. The draws of a suffix do not
/// vary together.
#[test]
fn draws_of_vectors_vary_together_as_they_must() {
    const N: usize = 40_000;
    // An asymmetric factor with entries of both signs; what lies above its diagonal is not read.
    let c = [0.1, 9.0, -4.0, 0.7, -0.3, 5.0, -0.6, 0.4, 0.2];
    let m = [0.3, -0.8, 0.2];
    let r = row("MultivariateNormal");
    let of =
        |g: &mut Graph| vec![Some(g.literal(m.to_vec(), &[1, 3])), Some(g.literal(c.to_vec(), &[1, 3, 3]))];
    let want = covariance(&c, 3);
    assert!(want[0][1] > 0.3 && want[0][2] < -0.3 && (want[1][2] - want[0][1] * want[0][2]).abs() > 0.05);
    check_covariance("MultivariateNormal", &drawn(r, &[3], of, N), &m, &want);

    // Shares of a whole: -a_i a_j / (s² (s + 1)), and a_i (s - a_i) / (s² (s + 1)) on the diagonal.
    let a = [0.7, 2.5, 1.6];
    let dirichlet = |a: &[f64]| -> (Vec<f64>, Vec<Vec<f64>>) {
        let s: f64 = a.iter().sum();
        let one =
            |i: usize, j: usize| (if i == j { a[i] * s } else { 0.0 } - a[i] * a[j]) / (s * s * (s + 1.0));
        (a.iter().map(|x| x / s).collect(), (0..3).map(|i| (0..3).map(|j| one(i, j)).collect()).collect())
    };
    let (mean, want) = dirichlet(&a);
    check_covariance(
        "Dirichlet",
        &drawn(row("Dirichlet"), &[3], |g| vec![Some(g.literal(a.to_vec(), &[1, 3]))], N),
        &mean,
        &want,
    );

    // Four draws: the blocks of their own covariances, and nothing between the blocks.
    let blocks = |each: &[(Vec<f64>, Vec<Vec<f64>>)]| -> (Vec<f64>, Vec<Vec<f64>>) {
        let mean = each.iter().flat_map(|e| e.0.clone()).collect();
        let n = 3 * each.len();
        let one = |i: usize, j: usize| if i / 3 == j / 3 { each[i / 3].1[i % 3][j % 3] } else { 0.0 };
        (mean, (0..n).map(|i| (0..n).map(|j| one(i, j)).collect()).collect())
    };
    for (name, p, _, _) in cases() {
        for shared in [false, true] {
            let r = row(name);
            let build = |g: &mut Graph| {
                let mut all: Vec<Option<Value>> = p.iter().map(|p| Some(p.all(g, shared))).collect();
                all.resize(r.dist_params().len(), None);
                all
            };
            let rows = drawn(r, &[DRAWS, 3], build, N);
            let each: Vec<(Vec<f64>, Vec<Vec<f64>>)> = (0..DRAWS)
                .map(|d| {
                    let one = |i: usize| p[i].one(if shared { 0 } else { d });
                    match name {
                        "Dirichlet" => dirichlet(&one(0)),
                        "MultivariateNormal" => (one(0), covariance(&one(1), 3)),
                        _ => {
                            let e: Vec<f64> = one(0).iter().map(|l| l.exp()).collect();
                            let s: f64 = e.iter().sum();
                            let q: Vec<f64> = e.iter().map(|e| e / s).collect();
                            let c = (0..3)
                                .map(|i| {
                                    (0..3).map(|j| if i == j { q[i] } else { 0.0 } - q[i] * q[j]).collect()
                                })
                                .collect();
                            (q, c)
                        }
                    }
                })
                .collect();
            let (mean, want) = blocks(&each);
            check_covariance(&format!("{name}, shared {shared}"), &rows, &mean, &want);
        }
    }
}

/// The density of four draws at data of a batch, with parameters of the batch: each example has its own.
#[test]
fn draws_of_a_batch_read_their_own_example() {
    let r = row("MultivariateNormal");
    let mut g = Graph::new("batch");
    let loc = g.input("loc", Role::Data, Shape::batched(&[DRAWS, 2]));
    let factor = g.input("factor", Role::Data, Shape::batched(&[1, 2, 2]));
    let x = g.input("x", Role::Data, Shape::batched(&[DRAWS, 2]));
    let lp = r.log_prob(&mut g, &[Some(loc), Some(factor)], x);
    let lp = g.sum_event(lp);
    g.output("lp", lp);
    let rng = &mut Rng(4);
    let mut numbers = |n: usize| -> Vec<f64> { (0..n).map(|_| 2.0 * rng.uniform() - 1.0).collect() };
    let (m, c, at) = (numbers(3 * DRAWS * 2), numbers(3 * 4), numbers(3 * DRAWS * 2));
    let inputs = [
        ("loc".to_string(), tensor(&[3, DRAWS, 2], &m)),
        ("factor".to_string(), tensor(&[3, 1, 2, 2], &c)),
        ("x".to_string(), tensor(&[3, DRAWS, 2], &at)),
    ];
    let out = evaluate(&g, 3, &inputs).remove(0).data;
    for b in 0..3 {
        let s = covariance(&c[4 * b..4 * b + 4], 2);
        let det = s[0][0] * s[1][1] - s[0][1] * s[1][0];
        let mut want = 0.0;
        for d in 0..DRAWS {
            let i = (b * DRAWS + d) * 2;
            let (u, v) = (at[i] - m[i], at[i + 1] - m[i + 1]);
            let q = (s[1][1] * u * u - 2.0 * s[0][1] * u * v + s[0][0] * v * v) / det;
            want -= 0.5 * q + 0.5 * det.ln() + std::f64::consts::TAU.ln();
        }
        assert_close("density", out[b], want, 1e-10);
    }
}

fn model(z: &str, shape: &str, guide: &str) -> String {
    format!(
        "data x: Real[2] from moons(noise: 0.05)
net f(z: {shape}) -> Real[2] {{ flatten, dense(2) }}
net c(x: Real[2]) -> Real[4, 3] {{ dense(12), reshape(4, 3) }}
net v(x: Real[2]) -> Real[3] {{ dense(3) }}
net d(x: Real[2]) -> Real[4, 3, 3] {{ dense(36), reshape(4, 3, 3) }}
model p {{ z ~ {z};  x ~ Normal(f(z), 0.1) }}
guide q(x) {{ z ~ {guide} }}
train {{ maximizes elbo(p, q)  steps 10 }}
"
    )
}

fn shape_of(typed: &Typed, model: &str) -> Vec<usize> {
    typed
        .models
        .iter()
        .find(|m| m.name == model)
        .and_then(|m| m.site("z"))
        .map(|s| s.ty.shape.clone())
        .unwrap_or_default()
}

/// The suffix in specs: parameters that all draws share, and parameters of each.
#[test]
fn a_suffix_makes_independent_vectors() {
    for (z, kind, guide) in [
        (
            "MultivariateNormal(0, log_cholesky: free(3, 3))[4]",
            "Real[4, 3]",
            "MultivariateNormal(c(x), log_cholesky: d(x))",
        ),
        (
            "MultivariateNormal(free(3), log_cholesky: free(3, 3))[4]",
            "Real[4, 3]",
            "MultivariateNormal(v(x), log_cholesky: d(x))[4]",
        ),
        ("MultivariateNormal(free(4, 3), log_cholesky: free(3, 3))", "Real[4, 3]", "Normal(c(x), 0.1)"),
        ("Normal(0, I)[4, 3]", "Real[4, 3]", "MultivariateNormal(v(x), log_cholesky: free(3, 3))[4]"),
        ("OneHotCategorical(logits: free(3))[4]", "Bool[4, 3]", "OneHotCategorical(logits: c(x)) by gumbel"),
        ("OneHotCategorical(logits: free(4, 3))[4]", "Bool[4, 3]", "OneHotCategorical(logits: v(x))[4]"),
        ("Dirichlet(exp(free(3)))[4]", "Real[4, 3] in simplex", "Dirichlet(exp(c(x)))"),
        ("Dirichlet(exp(free(3)))[4]", "Real[4, 3] in simplex", "Dirichlet(exp(v(x)))[4]"),
    ] {
        let text = model(z, kind, guide);
        let used: Vec<&str> = text
            .lines()
            .filter(|l| {
                !["c", "v", "d"]
                    .iter()
                    .any(|n| l.starts_with(&format!("net {n}(")) && !guide.contains(&format!("{n}(x)")))
            })
            .collect();
        let (typed, compiled) = clean("copies", &(used.join("\n") + "\n"));
        assert_eq!((shape_of(&typed, "p"), shape_of(&typed, "q")), (vec![4, 3], vec![4, 3]), "{z}");
        for (name, g) in compiled.programs.iter() {
            for (output, t) in run(g, 3, &inputs(&typed, &compiled, g, 3)) {
                assert!(
                    t.data.iter().all(|v| v.is_finite()),
                    "{z}, {guide}: `{output}` of `{name}`: {:?}",
                    t.data
                );
            }
        }
    }
    // Neither shared nor one for each.
    let text = model("Dirichlet(exp(free(5, 3)))[4]", "Real[4, 3] in simplex", "Dirichlet(exp(c(x)))");
    let u = unit("copies", &text);
    let help = u.diags.iter().find(|d| d.code == "E0201").and_then(|d| d.help.clone()).unwrap_or_default();
    assert!(help.contains("[3], shared by all draws, or [4, 3], one for each draw"), "{help}");
}

/// Forms are shown as they are written; what has a name of its own under that.
#[test]
fn forms_are_printed_as_they_are_written() {
    for (z, want) in [
        (
            "Mixture(Normal(free(3), exp(free(3))), logits: free(3))[2]",
            "Mixture(Normal(p.free0, exp(p.free1)), logits: p.free2)",
        ),
        ("Mixture(Normal(free(3), exp(free(3))))[2]", "Mixture(Normal(p.free0, exp(p.free1)))"),
        ("NormalMixture(free(3), free(3), 0.5)[2]", "NormalMixture(p.free0, p.free1, 0.5)"),
        (
            "Mixture(Truncated(Normal(free(3), 1), low: -40), logits: free(3))[2]",
            "Mixture(Truncated(Normal(p.free0, 1), low: -40), logits: p.free1)",
        ),
        ("Truncated(Normal(0, 1), -3, 4)[2]", "Truncated(Normal(0, 1), -3, 4)"),
        ("Truncated(Laplace(0, 1), high: 4)[2]", "Truncated(Laplace(0, 1), high: 4)"),
    ] {
        let text =
            format!("data y: Real[2] from moons(noise: 0.05)\nmodel p {{ z ~ {z};  y ~ Normal(z, 1) }}\n");
        let u = unit("forms", &text);
        let Some(typed) = &u.typed else { panic!("{z}: {:?}", u.diags) };
        let Some(site) = typed.models.iter().find(|m| m.name == "p").and_then(|m| m.site("z")) else {
            panic!("{z}: {:?}", u.diags)
        };
        let gmc_compiler::types::TSiteKind::Draw(d) = &site.kind else { panic!("{z}: no draw") };
        assert_eq!(text::distribution(typed, d, false), want);
    }
    let named = |name: &str| find(ROWS, name).map(|r| r.form().is_none());
    assert_eq!((named("NormalMixture"), named("DiscretizedLogisticMixture")), (Some(true), Some(true)));
    // No two rows have one name.
    let mut names: Vec<&str> = ROWS.iter().map(|r| r.name()).collect();
    names.extend(
        ["Mixture Normal", "Mixture DiscretizedLogistic", "Truncated Normal", "Mixture Truncated Normal"]
            .map(|n| row(n).name()),
    );
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
