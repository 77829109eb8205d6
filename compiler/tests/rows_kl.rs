//! The KL between two distributions of different rows, against SciPy and against the same integral by our own densities.

use crate::rows_common::{Line, assert_close, evaluate, quadrature, tensor};
use gmc_compiler::ir::grad::grad;
use gmc_compiler::ir::{Graph, Role, Shape, Value};
use gmc_compiler::rows::distribution::ROWS;
use gmc_compiler::rows::distribution::kl::{closed_form, known};
use gmc_compiler::rows::{DistRow, find};

/// Two rows, their parameters over three elements, where the first lies, and the KL by `scipy.integrate.quad` of `pdf * (logpdf - logpdf)`.
type Pair = (&'static str, &'static [[f64; 3]], &'static str, &'static [[f64; 3]], Line, [f64; 3]);

const LOC: [f64; 3] = [0.3, -1.2, 2.0];
const SCALE: [f64; 3] = [0.5, 1.7, 0.4];
const LOC2: [f64; 3] = [0.1, -1.0, 1.9];
const SCALE2: [f64; 3] = [0.7, 1.1, 0.2];
const RATE: [f64; 3] = [0.5, 1.7, 20.0];
const GAMMA: &[[f64; 3]] = &[[0.8, 1.5, 11.0], [0.8, 1.1, 9.0]];

const PAIRS: &[Pair] = &[
    (
        "Normal",
        &[LOC, SCALE],
        "Laplace",
        &[LOC2, SCALE2],
        Line::Reals,
        [0.2255935081871327, 0.08050859306977233, 0.2264402596896481],
    ),
    (
        "Laplace",
        &[LOC, SCALE],
        "Normal",
        &[LOC2, SCALE2],
        Line::Reals,
        [0.11328399742920568, 1.195431959072832, 2.6576441720847828],
    ),
    (
        "Uniform",
        &[[-0.5; 3], [2.0; 3]],
        "Normal",
        &[LOC2, SCALE2],
        Line::Between(-0.5, 2.0),
        [0.6085578914053906, 1.5786742345783686, 21.43487655556308],
    ),
    (
        "Gumbel",
        &[LOC, SCALE],
        "Gumbel",
        &[LOC2, SCALE2],
        Line::Reals,
        [0.14218170505199285, 0.34472541612330787, 0.5971298037668544],
    ),
    (
        "Exponential",
        &[RATE],
        "Gamma",
        GAMMA,
        Line::Positive,
        [0.2606136420229427, 0.4678615252317012, 29.11015388048634],
    ),
    (
        "Gamma",
        GAMMA,
        "Exponential",
        &[RATE],
        Line::Positive,
        [0.21094566418712501, 0.5218909715485062, 21.059050065818344],
    ),
];

fn row(name: &str) -> &'static dyn DistRow {
    match find(ROWS, name) {
        Some(r) => r,
        None => panic!("no row `{name}`"),
    }
}

type Inputs = Vec<(String, gmc_compiler::ir::tensor::Tensor64)>;

fn inputs(g: &mut Graph, prefix: &str, params: &[[f64; 3]], values: &mut Inputs) -> Vec<Option<Value>> {
    let mut all = Vec::new();
    for (i, p) in params.iter().enumerate() {
        let name = format!("{prefix}{i}");
        values.push((name.clone(), tensor(&[1, 3], p)));
        all.push(Some(g.input(&name, Role::Param, Shape::fixed(&[1, 3]))));
    }
    all
}

/// The KL of the pair, and its derivatives in all parameters.
fn closed(pair: &Pair, values: &Inputs) -> (Vec<f64>, Vec<Vec<f64>>) {
    let (mut g, mut unused) = (Graph::new("kl"), Vec::new());
    let (p, q) = (inputs(&mut g, "p", pair.1, &mut unused), inputs(&mut g, "q", pair.3, &mut unused));
    let Some(kl) = closed_form(row(pair.0), row(pair.2)) else {
        panic!("no KL of `{}` and `{}`", pair.0, pair.2)
    };
    let kl = kl(&mut g, &p, &q);
    let total = g.sum_all(kl);
    let wrt: Vec<Value> = p.iter().chain(&q).flatten().copied().collect();
    let ds = grad(&mut g, total, &wrt);
    g.output("kl", kl);
    for d in ds {
        g.output("d", d);
    }
    let mut out = evaluate(&g, 1, values).into_iter().map(|t| t.data);
    (out.next().unwrap_or_default(), out.collect())
}

#[test]
fn kl_of_different_rows() {
    for pair in PAIRS {
        let (mut g, mut values) = (Graph::new("densities"), Vec::new());
        let (p, q) = (inputs(&mut g, "p", pair.1, &mut values), inputs(&mut g, "q", pair.3, &mut values));
        let x = g.input("x", Role::Data, Shape::batched(&[3]));
        for (n, r, params) in [("p", pair.0, &p), ("q", pair.2, &q)] {
            let lp = row(r).log_prob(&mut g, params, x);
            let lp = g.broadcast(lp, Shape::batched(&[3]));
            g.output(n, lp);
        }
        let points = quadrature(pair.4);
        let mut with_x = values.clone();
        with_x.push((
            "x".into(),
            tensor(&[points.len(), 3], &points.iter().flat_map(|(x, _)| [*x; 3]).collect::<Vec<_>>()),
        ));
        let out = evaluate(&g, points.len(), &with_x);
        let (kl, derivatives) = closed(pair, &values);
        for e in 0..3 {
            let what = format!("KL({} | {}), element {e}", pair.0, pair.2);
            assert_close(&what, kl[e], pair.5[e], 1e-8);
            let integral: f64 = points
                .iter()
                .enumerate()
                .map(|(i, (_, w))| (w, out[0].data[3 * i + e], out[1].data[3 * i + e]))
                .map(|(w, a, b)| if a < -700.0 { 0.0 } else { w * a.exp() * (a - b) })
                .sum();
            // The rule converges slowly across the kink of this density.
            let tol = if [pair.0, pair.2].contains(&"Laplace") { 1e-4 } else { 1e-6 };
            assert_close(&what, kl[e], integral, tol);
            for (k, d) in derivatives.iter().enumerate() {
                let h = 1e-6;
                let moved = |by: f64| {
                    let mut v = values.clone();
                    v[k].1.data[e] += by;
                    closed(pair, &v).0[e]
                };
                assert_close(
                    &format!("derivative {k} of {what}"),
                    d[e],
                    (moved(h) - moved(-h)) / (2.0 * h),
                    1e-5,
                );
            }
        }
    }
}

/// Every pair that a row claims has a test: here, or where the row is tested with itself.
#[test]
fn every_known_pair_is_tested() {
    let elsewhere = [("MultivariateNormal", "Normal"), ("Normal", "MultivariateNormal")];
    for r in ROWS {
        for other in known(*r).iter().map(|q| q.name()).filter(|q| *q != r.name()) {
            let here = PAIRS.iter().any(|p| p.0 == r.name() && p.2 == other);
            assert!(
                here || elsewhere.contains(&(r.name(), other)),
                "KL({} | {other}) is not tested",
                r.name()
            );
        }
    }
}

/// Independent normals against a full one: as the full one whose factor is diagonal, whatever is a number and whatever a vector.
#[test]
fn independent_normals_against_a_full_one() {
    let mut g = Graph::new("cross");
    let full = g.literal(vec![-0.5, 0.0, 0.0, 0.7, 0.2, 0.0, -0.3, 0.4, 0.1], &[1, 3, 3]);
    let centre = g.literal(vec![0.3, -0.8, 0.2], &[1, 3]);
    let zero = g.scalar(0.0);
    let s: Vec<f64> = vec![0.5, 2.0, 1.5];
    let scale = g.literal(s.clone(), &[1, 3]);
    let one = g.scalar(1.3);
    let diagonal = |g: &mut Graph, s: &[f64]| {
        let data = (0..9).map(|i| if i % 4 == 0 { s[i / 4].ln() } else { 0.0 }).collect();
        g.literal(data, &[1, 3, 3])
    };
    let (wide, narrow) = (diagonal(&mut g, &s), diagonal(&mut g, &[1.3; 3]));
    let theirs = [[Some(centre), Some(full)], [Some(zero), Some(full)]];
    for (loc, sd, factor) in [(centre, scale, wide), (zero, scale, wide), (zero, one, narrow)] {
        for t in &theirs {
            let of = |g: &mut Graph, r: &str, scale: Value| {
                let Some(kl) = closed_form(row(r), row("MultivariateNormal")) else { panic!("no KL") };
                let v = kl(g, &[Some(loc), Some(scale)], t);
                g.sum_event(v)
            };
            let (a, b) = (of(&mut g, "Normal", sd), of(&mut g, "MultivariateNormal", factor));
            g.output("a", a);
            g.output("b", b);
        }
    }
    let out = evaluate(&g, 1, &[]);
    assert_eq!(out.len(), 12);
    for pair in out.chunks(2) {
        assert_close("KL", pair[0].data[0], pair[1].data[0], 1e-12);
        assert!(pair[0].data[0] > 0.1);
    }
}
