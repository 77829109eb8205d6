//! One set of tests over all distribution rows: densities against SciPy, normalisation, draws against the density, derivatives against
//! differences, means, entropies and KL against integrals. A row without a case fails.

use crate::rows_common::{Line, assert_close, evaluate, quadrature, quadrature_by, tensor};
use crate::rows_distribution_cases::{Case, Domain, Par, all};
use gmc_compiler::event::{EventTy, Kind, Support};
use gmc_compiler::ir::grad::{grad, grad_reach};
use gmc_compiler::ir::tensor::Tensor64;
use gmc_compiler::ir::{Dim, Graph, Op, Role, Shape, Value};
use gmc_compiler::rows::distribution::{FORMS, ROWS, align_param, kl, spelled};
use gmc_compiler::rows::{DistRow, find};

type Inputs = Vec<(String, Tensor64)>;

fn row(case: &Case) -> &'static dyn DistRow {
    match spelled(case.row) {
        Some(r) => r,
        None => panic!("no row `{}`", case.row),
    }
}

/// Parameters as inputs named `{prefix}0`, `{prefix}1`, ..: rank 0, or `[1, ..]`. A number of levels is a constant.
fn inputs(
    g: &mut Graph,
    case: &Case,
    prefix: &str,
    params: &[Par],
    values: &mut Inputs,
) -> Vec<Option<Value>> {
    let mut all = Vec::new();
    for (i, (p, spec)) in params.iter().zip(row(case).dist_params()).enumerate() {
        all.push(p.map(|(dims, data)| {
            if ["levels", "total_count"].contains(&spec.name) {
                return g.scalar(data[0]);
            }
            let mut full = if dims.is_empty() { Vec::new() } else { vec![1] };
            full.extend_from_slice(dims);
            let name = format!("{prefix}{i}");
            values.push((name.clone(), tensor(&full, data)));
            g.input(&name, Role::Param, Shape::fixed(&full))
        }));
    }
    all
}

/// The parameters that are no constants.
fn variable(g: &Graph, params: &[Option<Value>]) -> Vec<Value> {
    params.iter().flatten().copied().filter(|p| g.constant(*p).is_none()).collect()
}

/// The graph's input `x: [B, ..event]`.
fn event_input(g: &mut Graph, case: &Case) -> Value {
    g.input("x", Role::Data, Shape::batched(case.event))
}

/// The event of elements of one point, as one row of the batch, with the point's weight.
fn points(case: &Case) -> Vec<(Vec<f64>, f64)> {
    let n: usize = case.event.iter().product();
    match case.domain {
        Domain::Each(line) => quadrature(line).into_iter().map(|(x, w)| (vec![x; n], w)).collect(),
        Domain::Pieces(ends) => {
            let lines = ends.windows(2).flat_map(|e| quadrature(Line::Between(e[0], e[1])));
            lines.map(|(x, w)| (vec![x; n], w)).collect()
        }
        Domain::Levels(k) => (0..k).map(|i| (vec![i as f64; n], 1.0)).collect(),
        Domain::OneHot(k) => {
            (0..k).map(|i| ((0..k).map(|j| f64::from(u8::from(i == j))).collect(), 1.0)).collect()
        }
        // Equidistant points are exact to rounding for a normal density that is several steps wide.
        Domain::Plane => {
            let axis = || (-90..=90).map(|i| f64::from(i) * 0.1);
            axis().flat_map(|x| axis().map(move |y| (vec![x, y], 0.01))).collect()
        }
        Domain::Space => {
            let axis = || (-27..=27).map(|i| f64::from(i) * 0.3);
            let plane = || axis().flat_map(move |x| axis().map(move |y| (x, y)));
            plane().flat_map(|(x, y)| axis().map(move |z| (vec![x, y, z], 0.027))).collect()
        }
        Domain::Triangle => {
            let line = || quadrature_by(Line::Between(0.0, 1.0), 1.0 / 24.0);
            let inner = |(t, w): (f64, f64)| {
                line()
                    .into_iter()
                    .map(move |(s, v)| (vec![t, (1.0 - t) * s, (1.0 - t) * (1.0 - s)], w * v * (1.0 - t)))
            };
            line().into_iter().flat_map(inner).collect()
        }
        Domain::Segment => {
            quadrature(Line::Between(0.0, 1.0)).into_iter().map(|(t, w)| (vec![t, 1.0 - t], w)).collect()
        }
    }
}

/// Log-densities at all points: `table[point][element]`, one element where the density belongs to the whole event.
fn log_probs(case: &Case, params: &[Par], points: &[(Vec<f64>, f64)]) -> Vec<Vec<f64>> {
    let (mut g, mut values) = (Graph::new(case.row), Vec::new());
    let p = inputs(&mut g, case, "p", params, &mut values);
    let x = event_input(&mut g, case);
    let lp = row(case).log_prob(&mut g, &p, x);
    let lp = if case.domain.vector() { g.sum_event(lp) } else { lp };
    g.output("lp", lp);
    let mut dims = vec![points.len()];
    dims.extend_from_slice(case.event);
    let data: Vec<f64> = points.iter().flat_map(|(x, _)| x.clone()).collect();
    values.push(("x".into(), tensor(&dims, &data)));
    let out = evaluate(&g, points.len(), &values).remove(0);
    let width = out.data.len() / points.len();
    out.data.chunks(width).map(<[f64]>::to_vec).collect()
}

/// Runs `build` on the parameters; the elements of its result at batch 1, spread over the event.
fn per_element(
    case: &Case,
    build: impl Fn(&mut Graph, &[Option<Value>], &[Option<Value>]) -> Option<Value>,
) -> Option<Vec<f64>> {
    let (mut g, mut values) = (Graph::new(case.row), Vec::new());
    let p = inputs(&mut g, case, "p", case.params, &mut values);
    let q = inputs(&mut g, case, "q", case.other, &mut values);
    let v = build(&mut g, &p, &q)?;
    let v = if case.domain.vector() && g.rank(v) > 1 { g.sum_event(v) } else { v };
    g.output("v", v);
    let out = evaluate(&g, 1, &values).remove(0);
    let n = if case.domain.vector() { 1 } else { case.event.iter().product() };
    Some(if out.data.len() == 1 { vec![out.data[0]; n] } else { out.data })
}

#[test]
fn every_row_has_a_case() {
    for r in ROWS {
        assert!(all().any(|c| c.row == r.name()), "no case for `{}`", r.name());
        assert!(!r.doc().is_empty());
        assert!(r.dist_params().iter().all(|p| !p.doc.is_empty()));
    }
    // Every form that may be written: around each row, and around each row with a form around it.
    let mut allowed = 0;
    for outer in FORMS {
        let plain = ROWS.iter().map(|r| r.name().to_string());
        let formed =
            FORMS.iter().flat_map(|f| ROWS.iter().map(move |r| format!("{} {}", f.name(), r.name())));
        for inner in plain.chain(formed) {
            let name = format!("{} {inner}", outer.name());
            if spelled(&name).is_some() {
                allowed += 1;
                assert!(all().any(|c| c.row == name), "no case for `{name}`");
            }
        }
    }
    // Truncated are the rows with a distribution function; mixed are those of single numbers, and the truncated ones.
    let truncated = ROWS.iter().filter(|r| r.cdf().is_some()).count();
    assert!(truncated >= 8);
    assert_eq!(allowed, truncated + ROWS.iter().filter(|r| r.elementwise()).count() + truncated);
}

/// Mean and entropy are there, or the row says why not; and what stands for a draw where one is shown is no draw itself.
#[test]
fn every_row_states_its_mean_and_entropy() {
    for case in all() {
        let (mut g, mut values) = (Graph::new(case.row), Vec::new());
        let p = inputs(&mut g, case, "p", case.params, &mut values);
        let shape = Shape::fixed(&[&[1], case.event].concat());
        let r = row(case);
        for (what, why) in [("mean", r.mean().err()), ("entropy", r.entropy().err())] {
            assert!(why.is_none_or(|why| why.len() > 20), "`{}` has no {what} and no reason", case.row);
        }
        for kind in [Kind::Class(3), Kind::Int(3), Kind::REAL] {
            let c = r.centre(&mut g, &p, &shape, kind);
            assert_eq!(g.shape(c), shape, "{}", case.row);
        }
        assert!(
            !g.nodes.iter().any(|n| matches!(n.op, Op::Random(_))),
            "what stands for `{}` is drawn",
            case.row
        );
    }
    // The most probable class, and of levels the mean.
    let Some(r) = find(ROWS, "Categorical") else { panic!("no row") };
    let mut g = Graph::new("centre");
    let l = g.literal([0.2f64, 0.5, 0.3].map(f64::ln).to_vec(), &[1, 3]);
    for kind in [Kind::Class(3), Kind::Int(3)] {
        let c = r.centre(&mut g, &[Some(l), None], &Shape::fixed(&[1]), kind);
        g.output("c", c);
    }
    let out = evaluate(&g, 1, &[]);
    assert_close("class", out[0].data[0], 1.0, 1e-12);
    assert_close("level", out[1].data[0], 0.5 + 0.6, 1e-12);
    // A Cauchy and a truncated Gumbel have no mean: their median lies in the middle of the mass.
    for (name, numbers, want) in [
        ("Cauchy", vec![Some(0.3), Some(2.0)], 0.3),
        // Where e^(-e^-z) is half of 1 less what lies below 0, plus that: z = -ln(-ln((1 + e^-1) / 2)).
        (
            "Truncated Gumbel",
            vec![Some(0.0), Some(1.0), Some(0.0), None],
            -(-f64::midpoint(1.0, (-1.0f64).exp()).ln()).ln(),
        ),
    ] {
        let Some(r) = spelled(name) else { panic!("no row `{name}`") };
        let mut g = Graph::new(name);
        let p: Vec<Option<Value>> = numbers.iter().map(|v| v.map(|v| g.scalar(v))).collect();
        let c = r.centre(&mut g, &p, &Shape::fixed(&[1]), Kind::REAL);
        g.output("c", c);
        assert_close(name, evaluate(&g, 1, &[])[0].data[0], want, 1e-9);
    }
}

#[test]
fn log_density_is_scipys() {
    for case in all() {
        let got = log_probs(case, case.params, &[(case.x.to_vec(), 1.0)]).remove(0);
        assert_eq!(got.len(), case.log_prob.len(), "{}", case.row);
        for (a, b) in got.iter().zip(case.log_prob) {
            assert_close(case.row, *a, *b, 1e-9);
        }
    }
}

#[test]
fn densities_have_integral_one_and_the_moments_that_rows_claim() {
    for case in all() {
        let points = points(case);
        let table = log_probs(case, case.params, &points);
        let width = table[0].len();
        let integral = |f: &dyn Fn(usize, usize) -> f64, j: usize| -> f64 {
            points
                .iter()
                .enumerate()
                .map(
                    |(i, (_, w))| {
                        if table[i][j] == f64::NEG_INFINITY { 0.0 } else { w * table[i][j].exp() * f(i, j) }
                    },
                )
                .sum()
        };
        let shape = Shape::fixed(&[&[1], case.event].concat());
        let mean = per_element_mean(case, &shape);
        let entropy = per_element(case, |g, p, _| Some(row(case).entropy().ok()?(g, p)));
        let other = (!case.other.is_empty()).then(|| log_probs(case, case.other, &points));
        let known = kl::closed_form(row(case), row(case));
        assert_eq!(other.is_some(), known.is_some(), "{}: a KL that is known is tested", case.row);
        let kl = per_element(case, |g, p, q| Some(known?(g, p, q)));
        // The rule converges exponentially for analytic densities and quadratically across the kink of this one.
        let tol = if case.row.ends_with("Laplace") { 2e-4 } else { 1e-6 };
        for j in 0..width {
            let what = |of: &str| format!("{} of `{}`, element {j}", of, case.row);
            assert_close(&what("integral"), integral(&|_, _| 1.0, j), 1.0, tol);
            if let Some(h) = &entropy {
                assert_close(&what("entropy"), h[j], -integral(&|i, j| table[i][j], j), tol);
            }
            if let (Some(kl), Some(other)) = (&kl, &other) {
                assert_close(&what("KL"), kl[j], integral(&|i, j| table[i][j] - other[i][j], j), tol);
            }
        }
        if let Some(m) = &mean {
            for (e, m) in m.iter().enumerate() {
                let column = if case.domain.vector() { 0 } else { e };
                assert_close(
                    &format!("mean of `{}`, element {e}", case.row),
                    *m,
                    integral(&|i, _| points[i].0[e], column),
                    tol,
                );
            }
        }
    }
}

/// The mean of every element of the event.
fn per_element_mean(case: &Case, shape: &Shape) -> Option<Vec<f64>> {
    let (mut g, mut values) = (Graph::new(case.row), Vec::new());
    let p = inputs(&mut g, case, "p", case.params, &mut values);
    let m = row(case).mean().ok()?(&mut g, &p, shape);
    assert_eq!(g.shape(m), *shape, "{}", case.row);
    g.output("m", m);
    Some(evaluate(&g, 1, &values).remove(0).data)
}

#[test]
fn draws_follow_the_density() {
    const N: usize = 20_000;
    for case in all() {
        let (mut g, mut values) = (Graph::new(case.row), Vec::new());
        let p = inputs(&mut g, case, "p", case.params, &mut values);
        let x = row(case).sample(&mut g, &p, &Shape::batched(case.event));
        assert_eq!(g.shape(x), Shape::batched(case.event), "{}", case.row);
        g.output("x", x);
        let drawn = evaluate(&g, N, &values).remove(0);
        let width = drawn.data.len() / N;
        let points = points(case);
        let table = log_probs(case, case.params, &points);
        for e in 0..width {
            let mut xs: Vec<f64> = drawn.data.iter().skip(e).step_by(width).copied().collect();
            let column = if case.domain.vector() { 0 } else { e };
            let mass: Vec<f64> = points.iter().zip(&table).map(|((_, w), t)| w * t[column].exp()).collect();
            match case.domain {
                Domain::Levels(_) | Domain::OneHot(_) => chi_square(case, e, &xs, &points, &mass),
                Domain::Each(_)
                | Domain::Pieces(_)
                | Domain::Segment
                | Domain::Triangle
                | Domain::Plane
                | Domain::Space => {
                    xs.sort_by(f64::total_cmp);
                    kolmogorov_smirnov(case, e, &xs, &points, &mass);
                }
            }
        }
    }
}

/// Counts of each value against N times its probability; the value of a point is its element `e`.
fn chi_square(case: &Case, e: usize, xs: &[f64], points: &[(Vec<f64>, f64)], mass: &[f64]) {
    let mut expected: Vec<(f64, f64)> = Vec::new();
    for ((x, _), m) in points.iter().zip(mass) {
        match expected.iter_mut().find(|(v, _)| *v == x[e]) {
            Some((_, total)) => *total += m * xs.len() as f64,
            None => expected.push((x[e], m * xs.len() as f64)),
        }
    }
    assert!(
        xs.iter().all(|x| expected.iter().any(|(v, _)| v == x)),
        "`{}` draws a value outside its support",
        case.row
    );
    let (mut statistic, mut cells, mut rare) = (0.0f64, 0.0f64, (0.0f64, 0.0f64));
    for (v, want) in &expected {
        let got = xs.iter().filter(|x| *x == v).count() as f64;
        if *want < 10.0 {
            rare = (rare.0 + want, rare.1 + got);
        } else {
            statistic += (got - want).powi(2) / want;
            cells += 1.0;
        }
    }
    assert!(
        (rare.1 - rare.0).abs() <= 5.0 * rare.0.sqrt() + 3.0,
        "`{}` element {e}: {} rare draws for {}",
        case.row,
        rare.1,
        rare.0
    );
    // The quantile at four standard deviations, 3e-5 above it (Wilson and Hilferty 1931).
    let k = (cells - 1.0).max(1.0);
    let most = k * (1.0 - 2.0 / (9.0 * k) + 4.0 * (2.0 / (9.0 * k)).sqrt()).powi(3);
    assert!(statistic < most, "`{}` element {e}: chi square {statistic} on {cells} cells", case.row);
}

/// Largest distance between the empirical and the integrated distribution function; 2.2 / sqrt(N) is exceeded once in 10^4.
fn kolmogorov_smirnov(case: &Case, e: usize, xs: &[f64], points: &[(Vec<f64>, f64)], mass: &[f64]) {
    let mut curve: Vec<(f64, f64)> = Vec::new();
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| points[*a].0[e].total_cmp(&points[*b].0[e]));
    let (mut total, mut i) = (0.0, 0);
    while let Some(&first) = order.get(i) {
        let here: Vec<usize> =
            order[i..].iter().copied().take_while(|&j| points[j].0[e] == points[first].0[e]).collect();
        let m: f64 = here.iter().map(|&j| mass[j]).sum();
        curve.push((points[first].0[e], total + 0.5 * m));
        total += m;
        i += here.len();
    }
    let cdf = |x: f64| -> f64 {
        let i = curve.partition_point(|(p, _)| *p < x);
        match (i.checked_sub(1).and_then(|j| curve.get(j)), curve.get(i)) {
            (Some((a, fa)), Some((b, fb))) => fa + (fb - fa) * (x - a) / (b - a).max(f64::MIN_POSITIVE),
            (Some(_), None) => 1.0,
            (None, _) => 0.0,
        }
    };
    let n = xs.len() as f64;
    let d = xs
        .iter()
        .enumerate()
        .map(|(i, &x)| (cdf(x) - i as f64 / n).abs().max((cdf(x) - (i + 1) as f64 / n).abs()))
        .fold(0.0, f64::max);
    assert!(d * n.sqrt() < 2.2, "`{}` element {e}: distance {d}", case.row);
}

/// A scalar of the parameters (and `x`), its derivative by the compiler, and by central differences.
fn check_gradient(
    case: &Case,
    what: &str,
    build: impl Fn(&mut Graph, &[Option<Value>]) -> Value,
    also_x: bool,
) {
    let (mut g, mut values) = (Graph::new(case.row), Vec::new());
    let p = inputs(&mut g, case, "p", case.params, &mut values);
    let mut wrt = variable(&g, &p);
    let mut names: Vec<String> = values.iter().map(|(n, _)| n.clone()).collect();
    let y = build(&mut g, &p);
    if also_x {
        wrt.push(event_input(&mut g, case));
        names.push("x".into());
    }
    values.push(("x".into(), tensor(&[&[1], case.event].concat(), case.x)));
    let total = g.sum_all(y);
    let ds = grad(&mut g, total, &wrt);
    g.output("y", total);
    for (i, d) in ds.iter().enumerate() {
        g.output(format!("d{i}"), *d);
    }
    let out = evaluate(&g, 1, &values);
    for (name, d) in names.iter().zip(&out[1..]) {
        for i in 0..d.data.len() {
            let h = 1e-6;
            let moved = |by: f64| {
                let mut v = values.clone();
                for (n, t) in &mut v {
                    if n == name {
                        t.data[i] += by;
                    }
                }
                evaluate(&g, 1, &v)[0].data[0]
            };
            assert_close(
                &format!("{what} of `{}` by {name}[{i}]", case.row),
                d.data[i],
                (moved(h) - moved(-h)) / (2.0 * h),
                2e-5,
            );
        }
    }
}

#[test]
fn derivatives_of_the_log_density_are_those_of_differences() {
    for case in all() {
        let continuous = match case.domain {
            Domain::Each(_)
            | Domain::Pieces(_)
            | Domain::Segment
            | Domain::Triangle
            | Domain::Plane
            | Domain::Space => true,
            Domain::Levels(_) | Domain::OneHot(_) => false,
        };
        let build = |g: &mut Graph, p: &[Option<Value>]| {
            let x = event_input(g, case);
            row(case).log_prob(g, p, x)
        };
        check_gradient(case, "log-density", build, continuous);
    }
}

/// What a bound in its entropy form trains through, between two ends of an interval as well.
#[test]
fn derivatives_of_mean_and_entropy_are_those_of_differences() {
    for case in all() {
        let shape = Shape::fixed(&[&[1], case.event].concat());
        if let Ok(entropy) = row(case).entropy() {
            check_gradient(case, "entropy", entropy, false);
        }
        if let Ok(mean) = row(case).mean() {
            check_gradient(case, "mean", |g: &mut Graph, p: &[Option<Value>]| mean(g, p, &shape), false);
        }
    }
}

#[test]
fn draws_carry_a_derivative_exactly_where_the_row_says_so() {
    for case in all() {
        let (mut g, mut values) = (Graph::new(case.row), Vec::new());
        let p = inputs(&mut g, case, "p", case.params, &mut values);
        let wrt = variable(&g, &p);
        let x = row(case).sample(&mut g, &p, &Shape::batched(case.event));
        let total = g.sum_all(x);
        let reach = grad_reach(&g, total, &wrt);
        if row(case).reparameterised().exactly() {
            assert!(reach.iter().all(|r| *r), "{}", case.row);
            let build =
                |g: &mut Graph, p: &[Option<Value>]| row(case).sample(g, p, &Shape::batched(case.event));
            check_gradient(case, "draw", build, false);
        } else {
            assert!(!reach.iter().any(|r| *r), "{}", case.row);
        }
    }
}

#[test]
fn log_density_stays_finite_far_out() {
    let at = |name: &str, params: &[f64], x: f64| -> f64 {
        let Some(r) = find(ROWS, name) else { panic!("no row `{name}`") };
        let mut g = Graph::new(name);
        let mut p: Vec<Option<Value>> = params.iter().map(|&v| Some(g.scalar(v))).collect();
        p.resize(r.dist_params().len(), None);
        let x = g.full(x, Shape::batched(&[1]));
        let lp = r.log_prob(&mut g, &p, x);
        g.output("lp", lp);
        evaluate(&g, 1, &[])[0].data[0]
    };
    assert_close("Bernoulli(500) at 1", at("Bernoulli", &[500.0], 1.0), 0.0, 1e-12);
    assert_close("Bernoulli(500) at 0", at("Bernoulli", &[500.0], 0.0), -500.0, 1e-12);
    assert_close("Logistic", at("Logistic", &[0.0, 1.0], -800.0), -800.0, 1e-12);
    // 2 / 255 / 0.001 = 7.84 scales wide; the cell of 255 begins 0.996.. above a centre of 0: about -(1 - 1/255) / 0.001.
    assert_close(
        "DiscretizedLogistic",
        at("DiscretizedLogistic", &[0.0, 0.001], 255.0),
        -(1.0 - 1.0 / 255.0) / 0.001,
        1e-12,
    );
    assert_eq!(at("Uniform", &[0.0, 1.0], 1.5), f64::NEG_INFINITY);
}

/// Concentration, x - loc, log-density, its derivative in the concentration, entropy, and KL from one of loc x and twice the concentration,
/// by mpmath with 60 digits.
const CONCENTRATIONS: &[[f64; 6]] = &[
    [
        1e-3,
        0.6996502622814412,
        -1.837112248961602,
        0.7645674477901866,
        1.8378768164093924,
        4.849323510308482e-07,
    ],
    [
        0.1,
        0.6674238124719146,
        -1.7618336216975716,
        0.7354812354685626,
        1.8353817452444279,
        0.004626044712371549,
    ],
    [
        5.0,
        0.2857738033247041,
        -0.34533981823445514,
        0.06606066775539954,
        0.6756431570114528,
        0.5336968310238218,
    ],
    [
        700.0,
        0.02643863511101743,
        2.111786686449096,
        0.0003650608262908935,
        -1.8562441080454708,
        0.6424387473255486,
    ],
    [
        1e4,
        0.006999650026247813,
        3.4412446499235783,
        2.5503799901542016e-05,
        -3.1862066509081584,
        0.6433571669082452,
    ],
    [1e8, 6.999999965e-05, 8.046401840071551, 2.5500000380004165e-09, -7.79140183627151, 0.6434264027949441],
];

/// From almost any angle to almost one: the log-density with its derivatives, entropy, KL, and how far draws lie from `loc`.
#[test]
fn a_von_mises_is_sound_at_every_concentration() {
    const N: usize = 20_000;
    let Some(r) = find(ROWS, "VonMises") else { panic!("no row") };
    let (Ok(entropy), Some(kl)) = (r.entropy(), kl::closed_form(r, r)) else { panic!("no entropy or KL") };
    for &[k, x, log_prob, slope, h, divergence] in CONCENTRATIONS {
        let mut g = Graph::new("angle");
        let [loc, k1, k2, x1] = [0.0, k, 2.0 * k, x].map(|v| Some(g.full(v, Shape::fixed(&[1, 1]))));
        let (Some(k1), Some(k2), Some(x1)) = (k1, k2, x1) else { panic!("no values") };
        let lp = r.log_prob(&mut g, &[loc, Some(k1)], x1);
        let total = g.sum_all(lp);
        let d = grad(&mut g, total, &[k1])[0];
        let (h1, kl1) =
            (entropy(&mut g, &[loc, Some(k1)]), kl(&mut g, &[loc, Some(k1)], &[Some(x1), Some(k2)]));
        let drawn = r.sample(&mut g, &[loc, Some(k1)], &Shape::batched(&[1]));
        for (name, v) in [("lp", lp), ("d", d), ("h", h1), ("kl", kl1), ("x", drawn)] {
            g.output(name, v);
        }
        let out = evaluate(&g, N, &[]);
        for (i, want) in [log_prob, slope, h, divergence].into_iter().enumerate() {
            let (got, name) = (out[i].data[0], &g.outputs[i].0);
            assert!((got - want).abs() < 1e-9 * want.abs().max(1.0), "{name} at {k}: {got} is not {want}");
        }
        assert!((out[1].data[0] / slope - 1.0).abs() < 1e-7, "derivative at {k}: {}", out[1].data[0]);
        // E[1 - cos x] is the derivative without the term of x.
        let far = out[4].data.iter().map(|x| 2.0 * (0.5 * x).sin().powi(2));
        let (sum, squares) = far.fold((0.0, 0.0), |(s, q), v| (s + v, q + v * v));
        let (n, mean) = (N as f64, sum / N as f64);
        let error = ((squares / n - mean * mean) / n).sqrt();
        let want = slope + 2.0 * (0.5 * x).sin().powi(2);
        assert!(
            (mean - want).abs() < 5.0 * error,
            "draws at {k}: {mean} is not {want}, give or take {error}"
        );
    }
}

#[test]
fn a_class_can_be_scored_for_a_whole_batch_with_shared_logits() {
    // logits [1, 3] (the same for every example) against x [B], and logits [B, 3] against one x.
    let Some(r) = find(ROWS, "Categorical") else { panic!("no row") };
    let mut g = Graph::new("shared");
    let shared = g.literal(vec![0.0, 1.0, 2.0], &[1, 3]);
    let x = g.input("x", Role::Data, Shape(vec![Dim::BATCH]));
    let a = r.log_prob(&mut g, &[Some(shared), None], x);
    let each = g.input("l", Role::Data, Shape::batched(&[3]));
    let one = g.literal(vec![2.0], &[1]);
    let b = r.log_prob(&mut g, &[Some(each), None], one);
    let scalar = g.scalar(2.0);
    let c = r.log_prob(&mut g, &[Some(each), None], scalar);
    for (n, v) in [("a", a), ("b", b), ("c", c)] {
        g.output(n, v);
    }
    let l = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0];
    let out = evaluate(&g, 2, &[("x".into(), tensor(&[2], &[2.0, 0.0])), ("l".into(), tensor(&[2, 3], &l))]);
    let norm = (1.0f64 + 1f64.exp() + 2f64.exp()).ln();
    for (t, want) in out.iter().zip([[2.0 - norm, -norm], [2.0 - norm; 2], [2.0 - norm; 2]]) {
        assert_eq!(t.dims, [2]);
        for (a, b) in t.data.iter().zip(want) {
            assert_close("shared logits", *a, b, 1e-12);
        }
    }
}

#[test]
fn a_full_covariance_against_independent_normals() {
    // The KL with independent normals is the KL with the multivariate normal whose factor is diagonal.
    let Some(r) = find(ROWS, "MultivariateNormal") else { panic!("no row") };
    let mut g = Graph::new("cross");
    let m1 = g.literal(vec![0.3, -0.8, 0.2], &[1, 3]);
    let c1 = g.literal(vec![-0.5, 0.0, 0.0, 0.7, 0.2, 0.0, -0.3, 0.4, 0.1], &[1, 3, 3]);
    let m2 = g.literal(vec![0.1, 0.4, -0.2], &[1, 3]);
    let s2 = g.literal(vec![0.5, 2.0, 1.5], &[1, 3]);
    let c2 = g.literal(vec![0.5f64.ln(), 0.0, 0.0, 0.0, 2f64.ln(), 0.0, 0.0, 0.0, 1.5f64.ln()], &[1, 3, 3]);
    for (name, other, theirs) in
        [("a", "Normal", [Some(m2), Some(s2)]), ("b", "MultivariateNormal", [Some(m2), Some(c2)])]
    {
        let Some(kl) = find(ROWS, other).and_then(|other| kl::closed_form(r, other)) else {
            panic!("no KL with `{other}`")
        };
        let v = kl(&mut g, &[Some(m1), Some(c1)], &theirs);
        g.output(name, v);
    }
    let out = evaluate(&g, 1, &[]);
    for (a, b) in out[0].data.iter().zip(&out[1].data) {
        assert_close("KL", *a, *b, 1e-12);
    }
    assert_eq!(out[0].dims, [1, 3]);
}

#[test]
fn one_set_of_logits_serves_every_element_of_an_event() {
    let Some(r) = find(ROWS, "Categorical") else { panic!("no row") };
    let mut g = Graph::new("shared");
    let l = g.input("l", Role::Data, Shape::batched(&[3]));
    let l = align_param(&mut g, l, 2, 1);
    assert_eq!(g.shape(l), Shape::batched(&[1, 1, 3]));
    let x = g.input("x", Role::Data, Shape::batched(&[2, 2]));
    let lp = r.log_prob(&mut g, &[Some(l), None], x);
    g.output("lp", lp);
    let drawn = r.sample(&mut g, &[Some(l), None], &Shape::batched(&[2, 2]));
    g.output("x", drawn);
    let out = evaluate(
        &g,
        1,
        &[
            ("l".into(), tensor(&[1, 3], &[0.0, 1.0, 2.0])),
            ("x".into(), tensor(&[1, 2, 2], &[2.0, 0.0, 1.0, 2.0])),
        ],
    );
    let norm = (1.0f64 + 1f64.exp() + 2f64.exp()).ln();
    for (a, b) in out[0].data.iter().zip([2.0, 0.0, 1.0, 2.0]) {
        assert_close("logit", *a, b - norm, 1e-12);
    }
    assert!(out[1].data.iter().all(|x| [0.0, 1.0, 2.0].contains(x)));
}

#[test]
fn events_follow_the_parameters_types() {
    let real = |shape: &[usize]| Some(EventTy::real(shape));
    let number = |c: f64| Some(EventTy { kind: Kind::Real(Support::closed(c, c)), shape: vec![] });
    let event = |name: &str, types: &[Option<EventTy>]| match find(ROWS, name) {
        Some(r) => r.event(types),
        None => panic!("no row `{name}`"),
    };
    let kind = |e: Result<gmc_compiler::rows::DistEvent, String>| match e {
        Ok(e) => (e.kind, e.own),
        Err(why) => panic!("{why}"),
    };
    assert_eq!(kind(event("Categorical", &[real(&[28, 28, 256]), None])), (Kind::Class(256), vec![]));
    assert_eq!(
        kind(event("DiscretizedLogistic", &[real(&[4]), real(&[4]), number(16.0)])),
        (Kind::Int(16), vec![])
    );
    assert_eq!(kind(event("DiscretizedLogistic", &[real(&[4]), real(&[4]), None])), (Kind::Int(256), vec![]));
    assert_eq!(
        kind(event("NormalMixture", &[real(&[4, 5]), real(&[4, 5]), number(1.0)])),
        (Kind::REAL, vec![])
    );
    assert_eq!(kind(event("OneHotCategorical", &[real(&[4, 5]), None])), (Kind::OneHot, vec![5]));
    assert_eq!(kind(event("Dirichlet", &[real(&[4, 5])])), (Kind::Real(Support::SIMPLEX), vec![5]));
    assert_eq!(kind(event("MultivariateNormal", &[real(&[3]), real(&[4, 3, 3])])), (Kind::REAL, vec![3]));
    assert_eq!(
        kind(event("Uniform", &[number(-1.0), number(2.0)])).0,
        Kind::Real(Support::closed(-1.0, 2.0))
    );
    assert!(event("Categorical", &[real(&[]), None]).is_err());
    assert!(event("Categorical", &[None, None]).is_err());
    assert!(event("NormalMixture", &[real(&[4, 5]), real(&[4, 6]), None]).is_err());
    assert!(event("Uniform", &[number(2.0), number(1.0)]).is_err());
    assert!(event("DiscretizedLogistic", &[real(&[4]), real(&[4]), number(2.5)]).is_err());
}
