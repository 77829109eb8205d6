//! One set of tests over all map rows: values, inverses, slopes, images. A row without values fails.

use crate::rows_common::{Rng, assert_close, bind, evaluate, tensor};
use gmc_compiler::event::Support;
use gmc_compiler::ir::grad::grad;
use gmc_compiler::ir::{Ex, Graph, Role, Scope, Shape};
use gmc_compiler::rows::args::{Args, Const};
use gmc_compiler::rows::map::ROWS;
use gmc_compiler::rows::{MapRow, find};

/// Computed once with NumPy and SciPy (`scipy.special.erf`, `expit`, `log_expit`) in double precision; `sinh` with Python's `math`.
#[rustfmt::skip]
const VALUES: &[(&str, &[f64], &[f64])] = &[
    ("abs", &[-2.3, -0.4, 0.7, 3.1], &[2.3, 0.4, 0.7, 3.1]),
    ("affine", &[-2.3, -0.4, 0.7, 3.1], &[-6.25, -1.5, 1.25, 7.25]),
    ("cos", &[-2.3, -0.4, 0.7, 3.1], &[-0.6662760212798241, 0.9210609940028851, 0.7648421872844885, -0.9991351502732795]),
    ("elu", &[-2.3, -0.4, 0.7, 3.1], &[-0.8997411562771962, -0.32967995396436073, 0.7, 3.1]),
    ("exp", &[-2.3, -0.4, 0.7, 3.1], &[0.10025884372280375, 0.6703200460356393, 2.0137527074704766, 22.197951281441636]),
    ("expm1", &[-2.3, -0.4, 0.7, 3.1], &[-0.8997411562771962, -0.32967995396436073, 1.0137527074704764, 21.197951281441636]),
    ("gelu", &[-2.3, -0.4, 0.7, 3.1], &[-0.024665453049854423, -0.13783130335587032, 0.5306254434438489, 3.097000430039023]),
    ("identity", &[-2.3, -0.4, 0.7, 3.1], &[-2.3, -0.4, 0.7, 3.1]),
    ("leaky_relu", &[-2.3, -0.4, 0.7, 3.1], &[-0.023, -0.004, 0.7, 3.1]),
    ("log", &[0.02, 0.7, 3.1], &[-3.912023005428146, -0.35667494393873245, 1.1314021114911006]),
    ("log1p", &[-0.7, 0.0004, 2.5], &[-1.203972804325936, 0.0003999200213269354, 1.252762968495368]),
    ("log_sigmoid", &[-2.3, -0.4, 0.7, 3.1], &[-2.3955454645979626, -0.9130152523999526, -0.4031860488854579, -0.04406396793857385]),
    ("logit", &[0.02, 0.7], &[-3.8918202981106265, 0.8472978603872034]),
    ("neg", &[-2.3, -0.4, 0.7, 3.1], &[2.3, 0.4, -0.7, -3.1]),
    ("recip", &[0.02, 0.7, 3.1], &[50.0, 1.4285714285714286, 0.3225806451612903]),
    ("relu", &[-2.3, -0.4, 0.7, 3.1], &[0.0, 0.0, 0.7, 3.1]),
    ("selu", &[-2.3, -0.4, 0.7, 3.1], &[-1.5818343337841951, -0.5796101097553361, 0.7354906911488363, 3.2571730608019895]),
    ("sigmoid", &[-2.3, -0.4, 0.7, 3.1], &[0.09112296101485616, 0.401312339887548, 0.6681877721681662, 0.9568927450589139]),
    ("silu", &[-2.3, -0.4, 0.7, 3.1], &[-0.20958281033416915, -0.1605249359550192, 0.46773144051771626, 2.966367509682633]),
    ("sin", &[-2.3, -0.4, 0.7, 3.1], &[-0.7457052121767203, -0.3894183423086505, 0.644217687237691, 0.04158066243329049]),
    ("sinh", &[-2.3, -0.4, 0.7, 3.1], &[-4.936961805545957, -0.4107523258028155, 0.7585837018395334, 11.07645103952404]),
    ("softplus", &[-2.3, -0.4, 0.7, 3.1], &[0.09554546459796295, 0.5130152523999526, 1.103186048885458, 3.144063967938574]),
    ("sqrt", &[0.02, 0.7, 3.1], &[0.1414213562373095, 0.8366600265340756, 1.760681686165901]),
    ("square", &[-2.3, -0.4, 0.7, 3.1], &[5.289999999999999, 0.16000000000000003, 0.48999999999999994, 9.610000000000001]),
    ("tanh", &[-2.3, -0.4, 0.7, 3.1], &[-0.9800963962661914, -0.3799489622552249, 0.6043677771171634, 0.9959493592219002]),
];

/// The arguments the values were computed with: defaults, and these.
fn args(row: &dyn MapRow) -> Args {
    match row.name() {
        "affine" => bind(row.params(), &[("scale", Const::Num(2.5)), ("shift", Const::Num(-0.5))]),
        _ => bind(row.params(), &[]),
    }
}

/// `build(x)` at these points.
fn apply(xs: &[f64], build: impl for<'g> Fn(Ex<'g>) -> Ex<'g>) -> Vec<f64> {
    let mut g = Graph::new("map");
    let x = g.input("x", Role::Data, Shape::batched(&[]));
    let y = build(Scope::of(&mut g).ex(x)).v;
    assert_eq!(g.shape(y), g.shape(x));
    g.output("y", y);
    evaluate(&g, xs.len(), &[("x".into(), tensor(&[xs.len()], xs))]).remove(0).data
}

/// dy/dx, elementwise.
fn slope<'g>(x: Ex<'g>, y: Ex<'g>) -> Ex<'g> {
    let total = y.sum_all();
    x.scope().ex(x.scope().with(|g| grad(g, total.v, &[x.v])[0]))
}

/// A random part of the domain, within which `f` can be inverted in double precision.
fn part(rng: &mut Rng, from: Support) -> (f64, f64) {
    let (lo, hi) = from.ends();
    let point = |u: f64| match (lo.is_finite(), hi.is_finite()) {
        (true, true) => lo + (hi - lo) * (0.001 + 0.998 * u),
        (true, false) => lo + (8.0 * u - 5.0).exp(),
        (false, true) => hi - (8.0 * u - 5.0).exp(),
        (false, false) => 12.0 * u - 6.0,
    };
    let (a, b) = (point(rng.uniform()), point(rng.uniform()));
    (a.min(b), a.max(b))
}

#[test]
fn values_are_those_of_numpy() {
    for row in ROWS {
        let Some((_, xs, ys)) = VALUES.iter().find(|(n, _, _)| *n == row.name()) else {
            panic!("no values for `{}`", row.name())
        };
        let args = args(*row);
        for (a, b) in apply(xs, |x| row.lower(&args, x)).iter().zip(*ys) {
            assert_close(row.name(), *a, *b, 1e-12);
        }
    }
}

#[test]
fn images_hold() {
    let mut rng = Rng(5);
    for row in ROWS {
        let args = args(*row);
        for _ in 0..40 {
            let (a, b) = part(&mut rng, row.from());
            let xs: Vec<f64> = (0..50).map(|i| a + (b - a) * f64::from(i) / 49.0).collect();
            let image = row.image(&args, Support::closed(a, b));
            assert!(image.inside(row.to()), "`{}`: {image} outside {}", row.name(), row.to());
            let (lo, hi) = image.ends();
            for y in apply(&xs, |x| row.lower(&args, x)) {
                assert!(y >= lo - 1e-12 && y <= hi + 1e-12, "`{}`: {y} outside {image}", row.name());
            }
        }
        assert!(row.image(&args, row.from()).inside(row.to()), "{}", row.name());
    }
}

#[test]
fn inverses_invert_and_slopes_are_slopes() {
    let mut rng = Rng(6);
    for row in ROWS {
        let Some(inv) = row.inverse() else {
            assert!(!row.why_not_invertible().is_empty());
            continue;
        };
        let args = args(*row);
        let xs: Vec<f64> = (0..200).map(|_| part(&mut rng, row.from()).0).collect();
        let ys = apply(&xs, |x| row.lower(&args, x));
        let back = apply(&ys, |y| (inv.inverse)(&args, y));
        let slopes = apply(&xs, |x| (inv.log_slope)(&args, x));
        let derivatives = apply(&xs, |x| slope(x, row.lower(&args, x)));
        for i in 0..xs.len() {
            let what = format!("`{}` at {}", row.name(), xs[i]);
            assert_close(&format!("inverse of {what}"), back[i], xs[i], 1e-9);
            let h = 1e-6 * (1.0 + xs[i].abs()).min(xs[i].abs().max(1e-3));
            let side = apply(&[xs[i] - h, xs[i] + h], |x| row.lower(&args, x));
            let slope = (side[1] - side[0]) / (2.0 * h);
            if xs[i].abs() > 2.0 * h {
                assert_close(&format!("derivative of {what}"), derivatives[i], slope, 1e-5);
            }
            assert_close(&format!("log slope of {what}"), slopes[i], derivatives[i].abs().ln(), 1e-6);
        }
    }
}

/// Near the ends of the support, where two branches meet, and far out: there the inverse is compared through its own slope, since the
/// argument itself is rounded.
#[test]
fn bijections_hold_at_the_edges_of_their_support() {
    for row in ROWS {
        let Some(inv) = row.inverse() else { continue };
        let args = args(*row);
        let (lo, hi) = row.from().ends();
        let mut xs = vec![1e-12, 1e-6, 0.5, 1.0 - 1e-6];
        if lo < 0.0 {
            xs.extend([-1e-12, -1e-6, -0.5]);
        }
        if hi.is_infinite() {
            xs.extend([3.0, 20.0, 300.0]);
        }
        if lo == f64::NEG_INFINITY {
            xs.extend([-3.0, -20.0, -300.0]);
        }
        // An unbounded map into an interval reaches its end in double precision; from there nothing comes back.
        let ys = apply(&xs, |x| row.lower(&args, x));
        let (bottom, top) = row.to().ends();
        let back = apply(&ys, |y| (inv.inverse)(&args, y));
        let again = apply(&back, |x| row.lower(&args, x));
        let slopes = apply(&xs, |x| (inv.log_slope)(&args, x));
        let d = apply(&xs, |x| slope(x, row.lower(&args, x)));
        let inverse_slope = apply(&ys, |y| slope(y, (inv.inverse)(&args, y)));
        let mut tried = 0;
        for i in 0..xs.len() {
            let what = format!("`{}` at {}", row.name(), xs[i]);
            assert!(slopes[i].is_finite(), "log slope of {what}");
            let rest = (ys[i] - bottom).abs().min((ys[i] - top).abs());
            if rest < 1e-9 || !ys[i].is_finite() {
                continue;
            }
            tried += 1;
            assert_close(&format!("log slope of {what}"), slopes[i], d[i].abs().ln(), 1e-7);
            assert_close(&format!("slope of the inverse of {what}"), inverse_slope[i] * d[i], 1.0, 1e-6);
            assert_close(&format!("forward of inverse of {what}"), again[i], ys[i], 1e-10);
            // A rounding of y by one part in 2^52 moves x by that over the slope.
            let blur = 1e-9 + 1e-14 * ys[i].abs().max(1.0) / d[i].abs();
            assert!((back[i] - xs[i]).abs() <= blur * (1.0 + xs[i].abs()), "inverse of {what}: {}", back[i]);
        }
        assert!(tried >= 4, "{}: {tried}", row.name());
    }
    // Where the two branches of `leaky_relu` meet, both sides have their own slope, and 0 stays 0.
    let Some(row) = find(ROWS, "leaky_relu") else { panic!("no row") };
    let Some(inv) = row.inverse() else { panic!("no inverse") };
    let args = args(row);
    let slopes = apply(&[-1e-300, 1e-300], |x| (inv.log_slope)(&args, x));
    assert_close("below 0", slopes[0], 0.01f64.ln(), 1e-12);
    assert_close("above 0", slopes[1], 0.0, 1e-12);
    let ends = apply(&[-0.0, 0.0], |x| row.lower(&args, x));
    assert!(
        ends.iter().all(|y| *y == 0.0) && apply(&ends, |y| (inv.inverse)(&args, y)).iter().all(|x| *x == 0.0)
    );
}

#[test]
fn inverses_and_slopes_do_not_cancel_far_out() {
    let at = |name: &str, slope: bool, v: f64| -> f64 {
        let Some(row) = find(ROWS, name) else { panic!("no row `{name}`") };
        let Some(inv) = row.inverse() else { panic!("`{name}` has no inverse") };
        apply(&[v], |x| if slope { (inv.log_slope)(&args(row), x) } else { (inv.inverse)(&args(row), x) })[0]
    };
    assert_close("softplus^-1(1e-9)", at("softplus", false, 1e-9), 1e-9f64.ln(), 1e-9);
    assert_close("softplus^-1(800)", at("softplus", false, 800.0), 800.0, 1e-12);
    assert_close(
        "slope of tanh at 300",
        at("tanh", true, 300.0),
        2.0 * std::f64::consts::LN_2 - 600.0,
        1e-12,
    );
    assert_close(
        "slope of tanh at -300",
        at("tanh", true, -300.0),
        2.0 * std::f64::consts::LN_2 - 600.0,
        1e-12,
    );
    assert_close("slope of sigmoid at 300", at("sigmoid", true, 300.0), -300.0, 1e-12);
    assert_close("tanh^-1(1e-9)", at("tanh", false, 1e-9), 1e-9, 1e-15);
    assert_close("sinh^-1(-1e-9)", at("sinh", false, -1e-9), -1e-9, 1e-21);
    let far = 300.0 * std::f64::consts::LN_10 + std::f64::consts::LN_2;
    assert_close("sinh^-1(1e300)", at("sinh", false, 1e300), far, 1e-12);
    assert_close("sinh^-1(-1e300)", at("sinh", false, -1e300), -far, 1e-12);
    let slope = 300.0 - std::f64::consts::LN_2;
    assert_close("slope of sinh at 300", at("sinh", true, 300.0), slope, 1e-12);
    assert_close("slope of sinh at -300", at("sinh", true, -300.0), slope, 1e-12);
}

/// Two derivatives of the inverse and of the log slope against their closed forms, also where branches meet: at 0 and at ±1.
#[test]
fn sinh_has_two_derivatives_everywhere() {
    let Some(row) = find(ROWS, "sinh") else { panic!("no row") };
    let (Some(inv), args) = (row.inverse(), args(row)) else { panic!("no inverse") };
    let at = [-50.0, -1.0, -1e-3, -0.0, 0.0, 1e-3, 1.0, 1.5, 50.0];
    let first = |f: for<'g> fn(&Args, Ex<'g>) -> Ex<'g>| apply(&at, |x| slope(x, f(&args, x)));
    let second = |f: for<'g> fn(&Args, Ex<'g>) -> Ex<'g>| apply(&at, |x| slope(x, slope(x, f(&args, x))));
    let (d, dd, l, ll) =
        (first(inv.inverse), second(inv.inverse), first(inv.log_slope), second(inv.log_slope));
    for (i, x) in at.iter().enumerate() {
        let h = 1.0 + x * x;
        assert_close(&format!("arsinh' {x}"), d[i], h.powf(-0.5), 1e-12);
        assert_close(&format!("arsinh'' {x}"), dd[i], -x * h.powf(-1.5), 1e-12);
        assert_close(&format!("(ln cosh)' {x}"), l[i], x.tanh(), 1e-12);
        assert_close(&format!("(ln cosh)'' {x}"), ll[i], x.cosh().powi(-2), 1e-12);
    }
}

#[test]
fn logit_with_lambda_keeps_the_ends_finite() {
    let Some(row) = find(ROWS, "logit") else { panic!("no row") };
    let args = bind(row.params(), &[("lambda", Const::Num(0.05))]);
    let Some(inv) = row.inverse() else { panic!("no inverse") };
    let xs = [0.0, 0.3, 1.0];
    let ys = apply(&xs, |x| row.lower(&args, x));
    let back = apply(&ys, |y| (inv.inverse)(&args, y));
    let slopes = apply(&xs, |x| (inv.log_slope)(&args, x));
    for i in 0..3 {
        let u: f64 = 0.05 + 0.9 * xs[i];
        assert_close("logit", ys[i], (u / (1.0 - u)).ln(), 1e-12);
        assert_close("inverse", back[i], xs[i], 1e-12);
        assert_close("slope", slopes[i], (0.9 / (u * (1.0 - u))).ln(), 1e-12);
    }
}
