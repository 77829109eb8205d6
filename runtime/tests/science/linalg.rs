//! The linear algebra that models are compared with, in f64: moments, eigenvectors, subspaces and the angles between them. Matrices are
//! row-major `Vec<Vec<f64>>`.

/// Rows of numbers.
pub type Matrix = Vec<Vec<f64>>;

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

/// Mean squared error per example of the best affine map of rank k for `train`, on `on`; and the basis of its subspace.
pub fn pca(train: &Matrix, on: &Matrix, k: usize) -> (f64, Matrix) {
    let (mean, covariance) = moments(train);
    let (_, mut basis) = eigen(&covariance);
    basis.truncate(k);
    (residual(on, &mean, &basis), basis)
}

fn residual(on: &Matrix, mean: &[f64], basis: &Matrix) -> f64 {
    let one = |r: &Vec<f64>| {
        let e: Vec<f64> = r.iter().zip(mean).map(|(x, m)| x - m).collect();
        let kept: f64 = basis.iter().map(|b| e.iter().zip(b).map(|(x, b)| x * b).sum::<f64>().powi(2)).sum();
        e.iter().map(|x| x * x).sum::<f64>() - kept
    };
    on.iter().map(one).sum::<f64>() / on.len() as f64
}

/// The span of a dense layer's `[k, d]` weight.
pub fn span(values: &[f32], shape: &[usize], k: usize) -> Matrix {
    assert_eq!(shape.first(), Some(&k), "a dense layer keeps its weight as [in, out]");
    orthonormal(&rows(values, shape[1]))
}

#[test]
fn eigenvectors_of_a_known_matrix() {
    // A = Q diag(9, 4, 1) Q' with Q from three orthonormal rows.
    let q = orthonormal(&vec![vec![1.0, 2.0, 2.0], vec![2.0, 1.0, -2.0], vec![0.0, 1.0, 5.0]]);
    let a: Matrix = (0..3)
        .map(|i| {
            (0..3).map(|j| 9.0 * q[0][i] * q[0][j] + 4.0 * q[1][i] * q[1][j] + q[2][i] * q[2][j]).collect()
        })
        .collect();
    let (values, vectors) = eigen(&a);
    for (got, want) in values.iter().zip([9.0, 4.0, 1.0]) {
        assert!((got - want).abs() < 1e-12, "{values:?}");
    }
    assert!(largest_angle(&vectors[..2].to_vec(), &q[..2].to_vec()) < 1e-5);
    let tilted = vec![
        (0..3).map(|i| 60f64.to_radians().cos() * q[0][i] + 60f64.to_radians().sin() * q[1][i]).collect(),
    ];
    assert!((largest_angle(&vec![q[0].clone()], &tilted) - 60.0).abs() < 1e-9);
    assert!((log_abs_det(&a) - 36f64.ln()).abs() < 1e-12);
}
