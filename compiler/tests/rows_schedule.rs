//! Schedule rows: values at chosen moments. A row without a case fails.

use crate::rows_common::{assert_close, bind};
use gmc_compiler::rows::args::Const;
use gmc_compiler::rows::schedule::ROWS;
use gmc_compiler::rows::{Progress, find};

fn range(a: f64, b: f64) -> Const {
    Const::Range(Box::new(Const::Num(a)), Box::new(Const::Num(b)))
}

fn quantity(n: i64, unit: &str) -> Const {
    Const::Quantity(Box::new(Const::Int(n)), unit.into())
}

/// A row with arguments and its value at some steps of 100 epochs of 10 steps.
type Case = (&'static str, Vec<(&'static str, Const)>, Vec<(u64, f64)>);

fn cases() -> Vec<Case> {
    let num = Const::Num;
    let epochs = |l: &[i64]| Const::List(l.iter().map(|&i| Const::Int(i)).collect());
    vec![
        ("constant", vec![("value", num(0.3))], vec![(0, 0.3), (999, 0.3)]),
        (
            "ramp",
            vec![("range", range(0.0, 2.0)), ("over", quantity(10, "epochs"))],
            vec![(0, 0.0), (25, 0.5), (100, 2.0), (500, 2.0)],
        ),
        (
            "ramp",
            vec![("range", range(1.0, 0.0)), ("over", quantity(50, "steps"))],
            vec![(0, 1.0), (25, 0.5), (60, 0.0)],
        ),
        ("ramp", vec![("range", range(0.0, 1.0)), ("over", Const::Int(200))], vec![(100, 0.5)]),
        ("ramp", vec![("range", range(0.0, 1.0))], vec![(500, 0.5), (1000, 1.0)]),
        ("linear", vec![("range", range(1e-3, 0.0))], vec![(0, 1e-3), (250, 7.5e-4), (1000, 0.0)]),
        (
            "cosine",
            vec![("range", range(1.0, 0.0))],
            vec![(0, 1.0), (250, 0.5 + 0.125f64.sqrt()), (500, 0.5), (1000, 0.0)],
        ),
        (
            "exponential",
            vec![("range", range(1.0, 0.01)), ("over", Const::Int(100))],
            vec![(0, 1.0), (50, 0.1), (100, 0.01), (900, 0.01)],
        ),
        (
            "cyclical",
            vec![("range", range(0.0, 1.0)), ("period", quantity(2, "epochs"))],
            vec![(0, 0.0), (5, 0.5), (10, 1.0), (19, 1.0), (20, 0.0), (25, 0.5)],
        ),
        (
            "steps",
            vec![("value", num(1.0)), ("at", epochs(&[10, 20])), ("by", num(0.5))],
            vec![(0, 1.0), (99, 1.0), (100, 0.5), (199, 0.5), (200, 0.25)],
        ),
        // After two plateaus, whenever they were.
        ("plateau", vec![("value", num(0.8)), ("factor", num(0.5))], vec![(0, 0.2), (500, 0.2)]),
        ("plateau", vec![("value", num(0.8)), ("factor", num(0.5)), ("least", num(0.3))], vec![(10, 0.3)]),
        ("plateau", vec![("value", num(0.8)), ("least", num(2.0))], vec![(10, 0.8)]),
        (
            "warmup",
            vec![("value", num(2.0)), ("over", quantity(1, "epoch"))],
            vec![(0, 0.2), (4, 1.0), (9, 2.0), (500, 2.0)],
        ),
    ]
}

#[test]
fn every_row_has_a_case() {
    for row in ROWS {
        assert!(cases().iter().any(|(n, _, _)| *n == row.name()), "no case for `{}`", row.name());
    }
}

#[test]
fn values_at_chosen_steps() {
    for (name, given, points) in cases() {
        let Some(row) = find(ROWS, name) else { panic!("no row `{name}`") };
        let args = bind(row.params(), &given);
        for (step, want) in points {
            let got = row.value(&args, Progress { step, total: 1000, per_epoch: 10, plateaus: 2 });
            assert_close(&format!("`{name}` at {step}"), got, want, 1e-12);
        }
    }
}

#[test]
fn no_value_is_nan_when_nothing_is_planned() {
    for (name, given, _) in cases() {
        let Some(row) = find(ROWS, name) else { panic!("no row `{name}`") };
        let value =
            row.value(&bind(row.params(), &given), Progress { step: 0, total: 0, per_epoch: 0, plateaus: 0 });
        assert!(value.is_finite(), "{name}: {value}");
    }
}
