//! Constraints on weights hold after `apply`, and leave alone what already satisfies them.

use gmc_compiler::ir::Env;
use gmc_compiler::ir::interp;
use gmc_compiler::ir::tensor::Tensor64;
use gmc_compiler::ir::{Graph, Role, Scope, Shape};
use gmc_compiler::rows;
use gmc_compiler::rows::args::{Args, Const};
use std::collections::BTreeMap;

fn applied(row: &str, c: f64, dims: &[usize], data: Vec<f64>) -> Vec<f64> {
    let row = rows::find(rows::constraint::ROWS, row).unwrap();
    let values = vec![("c", Const::Num(c), Default::default())];
    let args = Args { declared: row.params(), values, ..Args::default() };
    let mut g = Graph::new("constraint");
    let p = g.input("p", Role::Param, Shape::fixed(dims));
    let out = row.apply(&args, Scope::of(&mut g).ex(p)).v;
    g.output("p", out);
    let random = |_, _, n| vec![0.5; n];
    let env = Env {
        batch: 1,
        inputs: BTreeMap::from([("p".to_string(), Tensor64 { dims: dims.to_vec(), data })]),
        random: &random,
    };
    interp::run(&g, &env).unwrap().remove(0).1.data
}

#[test]
fn clip_bounds_every_weight() {
    assert_eq!(applied("clip", 0.5, &[2, 2], vec![-1.0, 0.25, 0.5, 3.0]), vec![-0.5, 0.25, 0.5, 0.5]);
}

#[test]
fn norm_scales_long_columns_only() {
    // Columns (3, 4) and (0.1, 0.2): the first has norm 5.
    let w = applied("norm", 1.0, &[2, 2], vec![3.0, 0.1, 4.0, 0.2]);
    for (a, b) in w.iter().zip([0.6, 0.1, 0.8, 0.2]) {
        assert!((a - b).abs() < 1e-12, "{w:?}");
    }
    assert_eq!(applied("norm", 1.0, &[3], vec![3.0, 4.0, 5.0]), vec![3.0, 4.0, 5.0], "biases are left alone");
    let k = applied("norm", 2.0, &[1, 1, 2, 2], vec![3.0, 3.0, 3.0, 3.0]);
    assert!((k.iter().map(|x| x * x).sum::<f64>().sqrt() - 2.0).abs() < 1e-12);
}

#[test]
fn every_row_has_a_test() {
    let names: Vec<&str> = rows::constraint::ROWS.iter().map(|r| r.name()).collect();
    assert_eq!(names, ["clip", "norm"], "add a case above");
}
