//! Distributions made of others: tails against values of 50 digits, draws against SciPy's quantiles, mixtures of every row against their parts,
//! what the checker concludes and refuses.

use crate::rows_common::{assert_close, evaluate, tensor};
use crate::rows_distribution_cases::{Par, all};
use crate::spec_common::{clean, unit};
use gmc_compiler::event::{EventTy, Kind, Support};
use gmc_compiler::ir::grad::grad;
use gmc_compiler::ir::{Graph, Role, Scope, Shape, Value};
use gmc_compiler::rows::DistRow;
use gmc_compiler::rows::distribution::cdf::Cdf;
use gmc_compiler::rows::distribution::kl::closed_form;
use gmc_compiler::rows::distribution::{ROWS, align_param, spelled};

fn row(name: &str) -> &'static dyn DistRow {
    match spelled(name) {
        Some(r) => r,
        None => panic!("no row `{name}`"),
    }
}

fn scalars(g: &mut Graph, values: &[Option<f64>]) -> Vec<Option<Value>> {
    values.iter().map(|v| v.map(|v| g.scalar(v))).collect()
}

/// Log-density at one point, and its derivatives in the parameters that are given and in the point.
fn at(name: &str, params: &[Option<f64>], x: f64) -> Vec<f64> {
    let mut g = Graph::new(name);
    let p = scalars(&mut g, params);
    let x = g.full(x, Shape::batched(&[]));
    let lp = row(name).log_prob(&mut g, &p, x);
    let total = g.sum_all(lp);
    let mut wrt: Vec<Value> = p.iter().flatten().copied().collect();
    wrt.push(x);
    let ds = grad(&mut g, total, &wrt);
    g.output("lp", total);
    for d in ds {
        let d = g.sum_all(d);
        g.output("d", d);
    }
    evaluate(&g, 1, &[]).iter().map(|t| t.data[0]).collect()
}

/// Points whose log-density in the tails was computed with mpmath at 50 digits (SciPy's `truncnorm` agrees to 1e-14 where it is defined).
const FAR: &[(&str, &[Option<f64>], f64, f64)] = &[
    ("Truncated Normal", &[Some(0.0), Some(1.0), Some(8.0), None], 8.1, 1.28949862670988),
    ("Truncated Normal", &[Some(0.0), Some(1.0), Some(8.0), Some(9.0)], 8.1, 1.2896800602324783),
    ("Truncated Normal", &[Some(0.0), Some(1.0), Some(-9.0), Some(-8.0)], -8.1, 1.2896800602324783),
    ("Truncated Normal", &[Some(0.0), Some(1.0), None, Some(-8.0)], -8.1, 1.28949862670988),
    ("Truncated Normal", &[Some(0.0), Some(1.0), Some(20.0), None], 20.01, 2.79816683789256),
    ("Truncated Normal", &[Some(0.0), Some(1.0), Some(37.0), Some(38.0)], 37.5, -15.01335295631408),
    ("Truncated Normal", &[Some(0.0), Some(1.0), Some(-8.0), Some(8.0)], 0.5, -1.0439385332046716),
    ("Truncated Logistic", &[Some(0.0), Some(1.0), Some(30.0), Some(31.0)], 30.4, 0.05867514538708586),
    ("Truncated Gumbel", &[Some(0.0), Some(1.0), Some(-4.0), Some(-3.0)], -3.2, -1.246993273921684),
    ("Truncated Gumbel", &[Some(0.0), Some(1.0), Some(40.0), Some(41.0)], 40.3, 0.15867514538708474),
];

#[test]
fn tails_are_sound() {
    for (name, params, x, want) in FAR {
        let got = at(name, params, *x);
        assert_close(&format!("{name} {params:?}"), got[0], *want, 1e-10);
        // Derivatives by differences of the value itself.
        let given: Vec<usize> = (0..params.len()).filter(|&i| params[i].is_some()).collect();
        for (k, d) in got[1..].iter().enumerate() {
            let h = 1e-5;
            let moved = |by: f64| match given.get(k) {
                Some(&i) => {
                    let mut p = params.to_vec();
                    p[i] = p[i].map(|v| v + by);
                    at(name, &p, *x)[0]
                }
                None => at(name, params, x + by)[0],
            };
            assert_close(
                &format!("{name} {params:?}, derivative {k}"),
                *d,
                (moved(h) - moved(-h)) / (2.0 * h),
                1e-5,
            );
        }
    }
    // Far outside there is nothing.
    assert_eq!(at("Truncated Normal", &[Some(0.0), Some(1.0), Some(0.0), None], -0.1)[0], f64::NEG_INFINITY);
}

/// Row, parameters, mean and entropy.
type Moments = (&'static str, &'static [Option<f64>], f64, f64);

/// By mpmath's quadrature with 50 digits.
const FAR_MOMENTS: &[Moments] = &[
    (
        "Truncated Normal",
        &[Some(0.0), Some(1.0), Some(8.0), Some(9.0)],
        8.121188992979796,
        -1.1107504589929957,
    ),
    ("Truncated Normal", &[Some(0.0), Some(1.0), Some(8.0), None], 8.121368112236112, -1.1090261777654264),
    (
        "Truncated Normal",
        &[Some(0.0), Some(1.0), Some(-9.0), Some(-8.0)],
        -8.121188992979796,
        -1.1107504589929957,
    ),
    (
        "Truncated Logistic",
        &[Some(0.0), Some(1.0), Some(30.0), Some(31.0)],
        30.418023293130684,
        -0.04065185225639877,
    ),
    ("Truncated Logistic", &[Some(0.0), Some(1.0), Some(30.0), None], 31.000000000000046, 1.0000000000000469),
    (
        "Truncated Logistic",
        &[Some(0.0), Some(1.0), Some(-31.0), Some(-30.0)],
        -30.418023293130684,
        -0.04065185225639877,
    ),
    (
        "Truncated Logistic",
        &[Some(0.0), Some(1.0), None, Some(-30.0)],
        -31.000000000000046,
        1.0000000000000469,
    ),
    (
        "Truncated Logistic",
        &[Some(0.0), Some(1.0), Some(-40.0), Some(50.0)],
        1.7417268784273054e-16,
        1.9999999999999998,
    ),
    (
        "Truncated Laplace",
        &[Some(0.0), Some(1.0), Some(30.0), Some(31.0)],
        30.418023293130673,
        -0.04065185225640831,
    ),
    (
        "Truncated Laplace",
        &[Some(0.0), Some(1.0), Some(-31.0), Some(-30.0)],
        -30.418023293130673,
        -0.04065185225640831,
    ),
    (
        "Truncated Laplace",
        &[Some(0.0), Some(1.0), Some(-0.5), Some(2.0)],
        0.4004264386897436,
        0.7734494760497331,
    ),
    ("Truncated Exponential", &[Some(1.0), Some(40.0), Some(41.0)], 40.41802329313067, -0.04065185225640831),
    ("Truncated Exponential", &[Some(1.0), None, Some(300.0)], 1.0, 1.0),
    ("Truncated HalfNormal", &[Some(1.0), Some(8.0), Some(9.0)], 8.121188992979796, -1.1107504589929957),
    (
        "Truncated LogNormal",
        &[Some(0.0), Some(1.0), Some(200.0), Some(300.0)],
        229.78834507185206,
        4.346170090514583,
    ),
];

#[test]
fn mean_and_entropy_of_a_truncated_row_in_the_tail() {
    for (name, params, mean, entropy) in FAR_MOMENTS {
        let mut g = Graph::new("moments");
        let p = scalars(&mut g, params);
        let r = row(name);
        let (Ok(mean_of), Ok(entropy_of)) = (r.mean(), r.entropy()) else { panic!("{name}: no moments") };
        let (m, h) = (mean_of(&mut g, &p, &Shape::fixed(&[1])), entropy_of(&mut g, &p));
        g.output("m", m);
        g.output("h", h);
        let out = evaluate(&g, 1, &[]);
        assert_close(&format!("mean of {name} {params:?}"), out[0].data[0], *mean, 1e-9);
        assert_close(&format!("entropy of {name} {params:?}"), out[1].data[0], *entropy, 1e-8);
    }
}

/// SciPy's `truncnorm.ppf`. Beyond the median the fraction counts from the other end: the mass above the point is what is uniform.
#[test]
fn draws_are_quantiles() {
    const BOTH: &[f64] = &[
        -0.996534531677536,
        -0.22586371903381794,
        0.1984478996034473,
        1.3699619946790393,
        2.849428436326444,
    ];
    let Some(normal) = row("Normal").cdf() else { panic!("the normal has a distribution function") };
    let quantiles = |low: Option<f64>, high: Option<f64>, us: &[f64]| {
        let mut g = Graph::new("quantiles");
        let p = scalars(&mut g, &[Some(0.0), Some(1.0)]);
        let ends: Vec<Option<Value>> = scalars(&mut g, &[low, high]);
        let u = g.input("u", Role::Data, Shape::fixed(&[us.len()]));
        let s = Scope::of(&mut g);
        let [low, high] = [ends[0], ends[1]].map(|v| v.map(|v| s.ex(v)));
        let x = Cdf { law: normal.law, link: (normal.link)(s, &p) }.quantile_between(low, high, s.ex(u)).v;
        g.output("x", x);
        evaluate(&g, 1, &[("u".into(), tensor(&[us.len()], us))]).remove(0).data
    };
    let check = |got: Vec<f64>, want: &[f64]| {
        got.iter().zip(want).for_each(|(a, b)| assert_close("quantile", *a, *b, 1e-9))
    };
    let us = [0.001, 0.3, 0.5, 0.9, 0.999];
    check(quantiles(Some(-1.0), Some(3.0), &us.map(|u| 1.0 - u)), BOTH);
    check(
        quantiles(Some(8.0), None, &[0.9, 0.5, 0.1]),
        &[8.012963049607274, 8.084911007391545, 8.2788033416912],
    );
    check(
        quantiles(Some(-9.0), Some(-8.0), &[0.9, 0.5, 0.1]),
        &[-8.278609037011552, -8.08488889901817, -8.012960571504212],
    );
    // Free of ends it is the normal's own quantile function, out to the last digits of a double.
    let isf = [
        (-0.1f64, 1.3096177994584925),
        (-0.5, 0.27028802073873587),
        (-3.0, -1.6469217205277145),
        (-20.0, -5.879209356485337),
        (-600.0, -34.51199549973353),
    ];
    for (l, want) in isf {
        check(quantiles(None, None, &[l.exp()]), &[want]);
    }
}

/// A parameter with one more axis, whose entries are those of the given parameters in turn; numbers stay numbers.
fn stacked(parts: &[Par]) -> Option<(Vec<usize>, Vec<f64>)> {
    let (dims, first) = (*parts.first()?)?;
    if dims.is_empty() {
        return Some((Vec::new(), first.to_vec()));
    }
    let each: Vec<&[f64]> = parts.iter().map(|p| p.map_or(first, |(_, data)| data)).collect();
    let data = (0..first.len()).flat_map(|i| each.iter().map(move |d| d[i])).collect();
    Some(([dims, &[parts.len()]].concat(), data))
}

/// A mixture of any row is the weighted sum of the row's own densities, and has the weighted mean; of equal parts it is the row itself.
#[test]
fn a_mixture_of_any_row_is_the_sum_of_its_parts() {
    const LOGITS: [f64; 2] = [0.4, -0.9];
    let norm = LOGITS.iter().map(|l| l.exp()).sum::<f64>().ln();
    let mut seen = Vec::new();
    for case in all().filter(|c| !c.domain.vector()) {
        let (inner, name) = (row(case.row), format!("Mixture {}", case.row));
        let Some(mixed) = spelled(&name) else {
            assert!(!inner.elementwise(), "{name}");
            continue;
        };
        let second = if case.other.is_empty() { case.params } else { case.other };
        let mut g = Graph::new(&name);
        let shape = [&[1], case.event].concat();
        let x = g.literal(case.x.to_vec(), &shape);
        let literal = |g: &mut Graph, p: Option<(Vec<usize>, Vec<f64>)>| {
            p.map(|(dims, data)| {
                if dims.is_empty() {
                    g.scalar(data[0])
                } else {
                    g.literal(data, &[&[1], dims.as_slice()].concat())
                }
            })
        };
        for params in [case.params, second] {
            let own: Vec<Option<Value>> =
                params.iter().map(|p| literal(&mut g, p.map(|(d, v)| (d.to_vec(), v.to_vec())))).collect();
            let lp = inner.log_prob(&mut g, &own, x);
            let lp = g.broadcast(lp, Shape::fixed(&shape));
            g.output("part", lp);
            if let Ok(mean) = inner.mean() {
                let m = mean(&mut g, &own, &Shape::fixed(&shape));
                g.output("mean", m);
            }
        }
        // Where the second has other numbers that both share, they are not mixed.
        let shared = case
            .params
            .iter()
            .zip(second)
            .any(|(a, b)| a.is_some_and(|(d, v)| d.is_empty() && b.is_some_and(|(_, w)| v != w)));
        if shared || case.params.iter().flatten().all(|(d, _)| d.is_empty()) {
            continue;
        }
        let mut both: Vec<Option<Value>> =
            case.params.iter().zip(second).map(|(a, b)| literal(&mut g, stacked(&[*a, *b]))).collect();
        let rank = case.event.len();
        let logits = g.literal(LOGITS.to_vec(), &[vec![1; rank + 1], vec![2]].concat());
        both.push(Some(logits));
        let lp = mixed.log_prob(&mut g, &both, x);
        assert_eq!(g.shape(lp), Shape::fixed(&shape), "{name}");
        g.output("mixed", lp);
        let has_mean = mixed.mean().ok();
        if let Some(mean) = &has_mean {
            let m = mean(&mut g, &both, &Shape::fixed(&shape));
            g.output("mixed mean", m);
        }
        let out = evaluate(&g, 1, &[]);
        let step = if has_mean.is_some() { 2 } else { 1 };
        let (a, b, mixed_lp) = (&out[0], &out[step], &out[2 * step]);
        for i in 0..a.data.len() {
            let want = ((LOGITS[0] + a.data[i]).exp() + (LOGITS[1] + b.data[i]).exp()).ln() - norm;
            assert_close(&name, mixed_lp.data[i], want, 1e-10);
            if has_mean.is_some() {
                let want =
                    ((LOGITS[0] - norm).exp()) * out[1].data[i] + ((LOGITS[1] - norm).exp()) * out[3].data[i];
                assert_close(&format!("mean of {name}"), out[5].data[i], want, 1e-10);
            }
        }
        seen.push(case.row);
    }
    for r in ROWS.iter().filter(|r| r.elementwise() && r.name() != "Uniform") {
        assert!(seen.contains(&r.name()), "no mixture of `{}` was tried", r.name());
    }
}

/// Where no component has a density the mixture has none either; that is -∞, not NaN, and beside points that have one it is a limit.
#[test]
fn a_mixture_has_no_density_where_no_component_has_one() {
    let mut g = Graph::new("outside");
    let (lo, hi) = (g.literal(vec![0.0, 1.0], &[1, 2]), g.literal(vec![1.0, 3.0], &[1, 2]));
    let x = g.input("x", Role::Data, Shape::batched(&[]));
    let lp = row("Mixture Uniform").log_prob(&mut g, &[Some(lo), Some(hi), None], x);
    g.output("uniform", lp);
    let (loc, scale) = (g.literal(vec![0.0, 1.0], &[1, 2]), g.scalar(1.0));
    let lp = row("Mixture Gumbel").log_prob(&mut g, &[Some(loc), Some(scale), None], x);
    g.output("gumbel", lp);
    let out = evaluate(&g, 4, &[("x".into(), tensor(&[4], &[-5.0, 0.5, 2.0, -800.0]))]);
    let half = 0.5f64.ln();
    assert_eq!((out[0].data[0], out[0].data[3]), (f64::NEG_INFINITY, f64::NEG_INFINITY));
    assert_close("in the first", out[0].data[1], half, 1e-12);
    assert_close("in the second", out[0].data[2], 2.0 * half, 1e-12);
    assert!(out[1].data[0].is_finite() && out[1].data[3] == f64::NEG_INFINITY, "{:?}", out[1].data);
}

/// `D(..)[16]` for every row of single numbers, truncated ones and mixtures: one number as parameter, one for each example, and 16 of them give the
/// same density, mean, entropy and KL, and draws of the event's shape.
#[test]
fn sixteen_copies_of_any_row() {
    let mut seen = Vec::new();
    for case in all().filter(|c| !c.domain.vector()) {
        let r = row(case.row);
        // The components of a mixture, or the alternatives of a class, stay together.
        let last = usize::from(!r.elementwise());
        let first = |p: &Par| {
            p.map(|(dims, data)| {
                if dims.is_empty() {
                    data.to_vec()
                } else {
                    data[..if last == 1 { dims[dims.len() - 1] } else { 1 }].to_vec()
                }
            })
        };
        let shape = Shape::fixed(&[2, 16]);
        let mut found: Vec<Vec<Vec<f64>>> = Vec::new();
        for way in 0..3 {
            let mut g = Graph::new(case.row);
            let value = |g: &mut Graph, p: &Par| {
                let data = first(p)?;
                let tail: &[usize] = if data.len() > 1 { &[data.len()] } else { &[] };
                Some(match (way, data.as_slice()) {
                    (0, [one]) => g.scalar(*one),
                    // What all components share is a constant.
                    (_, [one]) if last == 1 => g.scalar(*one),
                    // What differs between examples, as it comes out of `align_param`.
                    (0 | 1, _) => {
                        let v = g.literal(data.repeat(2), &[&[2], tail].concat());
                        align_param(g, v, 1, tail.len())
                    }
                    (_, _) => g.literal(data.repeat(32), &[&[2, 16], tail].concat()),
                })
            };
            // Numbers of levels and of trials that are known when the spec is compiled stay numbers.
            let constant = |i: usize| ["levels", "total_count"].contains(&r.dist_params()[i].name);
            let params = |g: &mut Graph, list: &[Par]| -> Vec<Option<Value>> {
                list.iter()
                    .enumerate()
                    .map(|(i, p)| if constant(i) { p.map(|(_, v)| g.scalar(v[0])) } else { value(g, p) })
                    .collect()
            };
            let (p, q) = (params(&mut g, case.params), params(&mut g, case.other));
            let x = g.full(case.x[0], shape.clone());
            let mut outputs = vec![r.log_prob(&mut g, &p, x)];
            outputs.extend(r.mean().map(|mean| mean(&mut g, &p, &shape)));
            outputs.extend(r.entropy().map(|entropy| entropy(&mut g, &p)));
            if !q.is_empty() {
                outputs.extend(closed_form(r, r).map(|kl| kl(&mut g, &p, &q)));
            }
            for v in outputs {
                let v = g.broadcast(v, shape.clone());
                g.output("v", v);
            }
            let drawn = r.sample(&mut g, &p, &shape);
            assert_eq!(g.shape(drawn), shape, "{}", case.row);
            g.output("drawn", drawn);
            found.push(evaluate(&g, 1, &[]).into_iter().map(|t| t.data).collect());
        }
        let n = found[0].len();
        for other in &found[1..] {
            for (a, b) in found[0][..n - 1].iter().zip(other) {
                a.iter().zip(b).for_each(|(a, b)| assert_close(case.row, *a, *b, 1e-12));
            }
        }
        assert!(
            found[0][n - 1].iter().any(|x| *x != found[0][n - 1][0]),
            "{}: copies are drawn alike",
            case.row
        );
        seen.push(case.row);
    }
    for r in ROWS.iter().filter(|r| r.elementwise()) {
        assert!(seen.contains(&r.name()), "`{}` was not copied", r.name());
    }
}

/// A suffix repeats any distribution independently: parameters that are numbers, or of the shape itself, give the same density.
#[test]
fn a_suffix_makes_independent_copies() {
    for (d, net) in [
        ("Truncated(Normal(0.3, 0.7), 0, 2)[16]", false),
        ("Truncated(Normal(m, 0.7), 0, 2)[16]", true),
        ("Truncated(Normal(m, 0.7), 0, 2)", true),
        ("Mixture(Laplace(k, exp(k)), logits: k)[16]", false),
        ("Mixture(Truncated(Logistic(k, 1), low: 0))[16]", false),
        ("Mixture(Uniform(0, 1))[16]", false),
        ("Mixture(Uniform(0, 1), logits: k)[16]", false),
        ("Normal(0.1, 1)[16]", false),
        ("StudentT(4, m, 1)[16]", true),
    ] {
        let net_line = if net { "net f(e: Real[2]) -> Real[16] { dense(16) }\n" } else { "" };
        let (head, m) = if net { ("e ~ Normal(0, I)[2];  m = f(e);  ", "") } else { ("", "") };
        let par = if d.contains('k') { "param k: Real[3]\n" } else { "" };
        let text = format!(
            "data x: Real[2] from moons(noise: 0.05)\n{net_line}{par}net G(z: Real[16]) -> Real[2] {{ dense(2) }}\nnet D(x: Real[2]) -> Real[] {{ dense(1), scalar }}\nmodel p {{ {head}{m}z ~ {d};  x = G(z) }}\ntrain {{ steps 10\n  player critic {{ owns D  minimizes E[softplus(-D(x))] + E[softplus(D(p.x))]  using adam }}\n  player maker {{ owns G  minimizes E[softplus(-D(p.x))]  using adam }}\n}}"
        );
        let text =
            if par.is_empty() { text } else { text.replace("owns G minimizes", "owns G, k minimizes") };
        let text = if net { text.replace("owns G minimizes", "owns G, f minimizes") } else { text };
        let u = unit("suffix", &text);
        let Some(typed) = &u.typed else { panic!("{d}: {:?}", u.diags) };
        let p = typed.models.iter().find(|m| m.name == "p");
        let Some(z) = p.and_then(|p| p.site("z")) else { panic!("{d}: {:?}", u.diags) };
        assert_eq!(z.ty.shape, [16], "{d}");
    }
}

#[test]
fn events_of_forms() {
    let real = |shape: &[usize]| Some(EventTy::real(shape));
    let number = |c: f64| Some(EventTy { kind: Kind::Real(Support::closed(c, c)), shape: vec![] });
    let kind = |name: &str, types: &[Option<EventTy>]| row(name).event(types).map(|e| (e.kind, e.own));
    let interval = |lo, hi| Kind::Real(Support::closed(lo, hi));
    assert_eq!(
        kind("Truncated Normal", &[real(&[4]), number(1.0), number(0.0), None]),
        Ok((Kind::Real(Support::NONNEGATIVE), vec![]))
    );
    assert_eq!(
        kind("Truncated Normal", &[real(&[4]), number(1.0), number(-1.0), number(2.0)]),
        Ok((interval(-1.0, 2.0), vec![]))
    );
    assert_eq!(
        kind("Truncated Exponential", &[real(&[4]), number(-1.0), number(2.0)]),
        Ok((interval(0.0, 2.0), vec![]))
    );
    assert_eq!(
        kind("Mixture Truncated Normal", &[real(&[4, 3]), number(1.0), number(0.0), None, real(&[3])]),
        Ok((Kind::Real(Support::NONNEGATIVE), vec![]))
    );
    assert_eq!(
        kind("Mixture DiscretizedLogistic", &[real(&[4, 3]), real(&[4, 3]), number(16.0), None]),
        Ok((Kind::Int(16), vec![]))
    );
    assert!(kind("Mixture Normal", &[real(&[4, 3]), real(&[4, 2]), None]).is_err());
    assert_eq!(kind("Mixture Normal", &[number(0.0), number(1.0), None]), Ok((Kind::REAL, vec![])));
    assert!(kind("Mixture Normal", &[real(&[]), number(1.0), None]).is_err());
    assert!(kind("Truncated Normal", &[number(0.0), number(1.0), None, None]).is_err());
    assert!(kind("Truncated Normal", &[number(0.0), number(1.0), number(2.0), number(1.0)]).is_err());
    assert!(kind("Truncated Exponential", &[number(1.0), None, number(-1.0)]).is_err());
    for name in [
        "Truncated Beta",
        "Truncated Truncated Normal",
        "Truncated Mixture Normal",
        "Mixture Categorical",
        "Mixture Dirichlet",
        "Mixture Mixture Normal",
    ] {
        assert!(spelled(name).is_none(), "{name}");
    }
}

/// A truncated normal from 0 on is positive: it may be a scale, and its logarithm exists.
#[test]
fn a_truncated_normal_is_a_scale() {
    let text = "data x: Real[2] from moons(noise: 0.05)
net e(x: Real[2]) -> (Real[2], Real[2]) { dense(8), relu, heads(2, 2) }
model p { s ~ Truncated(Normal(0, 1), 0.001, inf)[2];  x ~ Normal(log(s), s) }
guide q(x) { (m, v) = e(x);  s ~ Truncated(Normal(m, exp(v)), low: 0.001) }
";
    let (typed, _) = clean("scale", text);
    let p = typed.models.iter().find(|m| m.name == "p").and_then(|p| p.site("s")).map(|s| s.ty.kind);
    assert_eq!(p, Some(Kind::Real(Support::open(0.001, f64::INFINITY))));
}
