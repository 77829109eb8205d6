//! Sessions from specs, and the linear algebra that tests compare with. Matrices are row-major `Vec<Vec<f64>>`.

use gmc_compiler::driver::Unit;
use gmc_compiler::ir::interp::{self, Env};
use gmc_compiler::ir::tensor::Tensor64;
use gmc_compiler::ir::{Op, Role};
use gmc_runtime::exec::DeviceChoice;
use gmc_runtime::load;
use gmc_runtime::metrics::Score;
use gmc_runtime::session::Session;
use gmc_runtime::train::Trainer;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub type Matrix = Vec<Vec<f64>>;

/// A spec of the repository.
pub fn spec(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs").join(format!("{name}.gm"))
}

/// Text of a spec of the repository.
pub fn text(name: &str) -> String {
    std::fs::read_to_string(spec(name)).unwrap_or_else(|e| panic!("{name}.gm: {e}"))
}

/// Compiles, loads the data and draws initial parameters, on the CPU.
pub fn session(text: &str, set: &[(&str, &str)]) -> Session {
    let set: Vec<(String, String)> = set.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    let u = load::unit("test.gm", text, Path::new(""), &set);
    let shown: Vec<&str> = u.diags.iter().map(|d| d.message.as_str()).collect();
    let Unit { typed: Some(typed), compiled: Some(compiled), .. } = u else { panic!("{text}\n{shown:?}") };
    let device = load::device(DeviceChoice::Cpu).unwrap_or_else(|e| panic!("{}", e.text));
    let mut s = load::session(typed, compiled, device).unwrap_or_else(|e| panic!("{text}\n{}", e.text));
    let seed = s.typed.train.seed;
    s.init(seed).unwrap_or_else(|e| panic!("{text}\n{e}"));
    s
}

/// Trains to the end and puts averages in place, as a run does.
pub fn train(s: &mut Session) {
    let mut trainer = Trainer::new(s);
    for step in 0..trainer.total {
        let numbers = trainer.round(s, step).unwrap_or_else(|e| panic!("round {step}: {e}"));
        assert!(numbers.iter().all(|(_, v)| v.is_finite()), "round {step}: {numbers:?}");
    }
    s.use_averages();
}

/// The score with this name and unit.
pub fn value(scores: &[Score], name: &str, unit: &str) -> f64 {
    let found = scores.iter().find(|s| s.name.starts_with(name) && s.unit == unit);
    found.unwrap_or_else(|| panic!("no `{name}` [{unit}] among {scores:?}")).value.0
}

/// Whether MNIST is there; says so where it is not.
pub fn mnist() -> bool {
    let found = std::env::var_os("GMC_DATA").is_some_and(|d| Path::new(&d).join("mnist").is_dir());
    if !found {
        println!("skipped: no MNIST");
    }
    found
}

/// Runs a program of the session in the f64 reference interpreter, with the session's parameters; `data` are rows of every data input.
pub fn interpret(s: &Session, program: &str, data: &BTreeMap<String, Vec<f64>>, batch: usize) -> BTreeMap<String, Vec<f64>> {
    let graph = &s.compiled.graphs[program];
    let mut inputs = BTreeMap::new();
    for node in &graph.nodes {
        let Op::Input(i) = &node.op else { continue };
        let dims = node.ty.shape.at(batch);
        let values = match i.role {
            Role::Data => data[&i.name].clone(),
            Role::Param | Role::State => s.tensors[&i.name].to_f32().into_iter().map(f64::from).collect(),
            Role::Block => vec![0.0; dims.iter().product()],
            Role::Scalar => vec![0.0],
        };
        inputs.insert(i.name.clone(), Tensor64::new(&dims, values).unwrap_or_else(|e| panic!("{program}: {}: {e}", i.name)));
    }
    // Dequantisation noise at the middle of its range; nothing else is drawn by the programs that are run here.
    let env = Env { batch, inputs, random: &|_, _, n| vec![0.5; n] };
    let out = interp::run(graph, &env).unwrap_or_else(|e| panic!("{program}: {e}"));
    out.into_iter().map(|(n, t)| (n, t.data)).collect()
}

/// Rows of `[n, d]` numbers.
pub fn rows(values: &[f32], d: usize) -> Matrix {
    values.chunks_exact(d).map(|r| r.iter().map(|x| f64::from(*x)).collect()).collect()
}

/// Mean of the rows, and their (population) covariance.
pub fn moments(rows: &Matrix) -> (Vec<f64>, Matrix) {
    let (n, d) = (rows.len() as f64, rows[0].len());
    let mut mean = vec![0.0; d];
    rows.iter().for_each(|r| mean.iter_mut().zip(r).for_each(|(m, x)| *m += x / n));
    let mut c = vec![vec![0.0; d]; d];
    for r in rows {
        let e: Vec<f64> = r.iter().zip(&mean).map(|(x, m)| x - m).collect();
        for (row, a) in c.iter_mut().zip(&e).filter(|(_, a)| **a != 0.0) {
            row.iter_mut().zip(&e).for_each(|(c, b)| *c += a * b / n);
        }
    }
    (mean, c)
}

/// Eigenvalues in falling order and unit eigenvectors (as rows) of a symmetric matrix: cyclic Jacobi rotations (Golub & Van Loan 2013,
/// algorithm 8.5.3).
pub fn eigen(a: &Matrix) -> (Vec<f64>, Matrix) {
    let n = a.len();
    let mut a = a.clone();
    let mut v: Matrix = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let total: f64 = a.iter().flatten().map(|x| x * x).sum();
    for _ in 0..60 {
        let off: f64 = (0..n).map(|i| (0..i).map(|j| 2.0 * a[i][j] * a[i][j]).sum::<f64>()).sum();
        if off <= 1e-24 * total {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] * a[p][q] <= 1e-30 * total / (n * n) as f64 {
                    continue;
                }
                let tau = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
                let c = 1.0 / (1.0 + t * t).sqrt();
                rotate(&mut a, p, q, c, t * c);
                for row in &mut a {
                    let (x, y) = (row[p], row[q]);
                    (row[p], row[q]) = (c * x - t * c * y, t * c * x + c * y);
                }
                rotate(&mut v, p, q, c, t * c);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|i, j| a[*j][*j].total_cmp(&a[*i][*i]));
    (order.iter().map(|i| a[*i][*i]).collect(), order.iter().map(|i| v[*i].clone()).collect())
}

fn rotate(m: &mut Matrix, p: usize, q: usize, c: f64, s: f64) {
    let (head, tail) = m.split_at_mut(q);
    for (x, y) in head[p].iter_mut().zip(tail[0].iter_mut()) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// An orthonormal basis of the span of the rows (modified Gram-Schmidt, twice).
pub fn orthonormal(rows: &Matrix) -> Matrix {
    let mut q: Matrix = Vec::new();
    for r in rows {
        let mut r = r.clone();
        for _ in 0..2 {
            for b in &q {
                let along = dot(&r, b);
                r.iter_mut().zip(b).for_each(|(x, b)| *x -= along * b);
            }
        }
        let norm = dot(&r, &r).sqrt();
        q.push(r.iter().map(|x| x / norm).collect());
    }
    q
}

/// The largest principal angle between the spans of two orthonormal bases of the same size, in degrees (Björck & Golub 1973): the arc sine
/// of the largest singular value of (I - A'A) B'.
pub fn largest_angle(a: &Matrix, b: &Matrix) -> f64 {
    let rest: Matrix = b
        .iter()
        .map(|r| {
            let mut r = r.clone();
            for u in a {
                let along = dot(&r, u);
                r.iter_mut().zip(u).for_each(|(x, u)| *x -= along * u);
            }
            r
        })
        .collect();
    let gram: Matrix = rest.iter().map(|x| rest.iter().map(|y| dot(x, y)).collect()).collect();
    eigen(&gram).0[0].max(0.0).sqrt().min(1.0).asin().to_degrees()
}

/// log |det| by elimination with row pivots.
pub fn log_abs_det(m: &Matrix) -> f64 {
    let mut m = m.clone();
    let n = m.len();
    let mut sum = 0.0;
    for k in 0..n {
        let p = (k..n).max_by(|i, j| m[*i][k].abs().total_cmp(&m[*j][k].abs())).unwrap_or(k);
        m.swap(k, p);
        sum += m[k][k].abs().ln();
        let (top, below) = m.split_at_mut(k + 1);
        for row in below {
            let f = row[k] / top[k][k];
            row.iter_mut().zip(&top[k]).skip(k).for_each(|(x, y)| *x -= f * y);
        }
    }
    sum
}

#[test]
fn eigenvectors_of_a_known_matrix() {
    // A = Q diag(9, 4, 1) Q' with Q from three orthonormal rows.
    let q = orthonormal(&vec![vec![1.0, 2.0, 2.0], vec![2.0, 1.0, -2.0], vec![0.0, 1.0, 5.0]]);
    let a: Matrix =
        (0..3).map(|i| (0..3).map(|j| 9.0 * q[0][i] * q[0][j] + 4.0 * q[1][i] * q[1][j] + q[2][i] * q[2][j]).collect()).collect();
    let (values, vectors) = eigen(&a);
    for (got, want) in values.iter().zip([9.0, 4.0, 1.0]) {
        assert!((got - want).abs() < 1e-12, "{values:?}");
    }
    assert!(largest_angle(&vectors[..2].to_vec(), &q[..2].to_vec()) < 1e-5);
    let tilted = vec![(0..3).map(|i| 60f64.to_radians().cos() * q[0][i] + 60f64.to_radians().sin() * q[1][i]).collect()];
    assert!((largest_angle(&vec![q[0].clone()], &tilted) - 60.0).abs() < 1e-9);
    assert!((log_abs_det(&a) - 36f64.ln()).abs() < 1e-12);
}
