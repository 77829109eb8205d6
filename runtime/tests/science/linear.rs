//! A linear autoencoder with squared error finds the subspace of the first principal components (Baldi & Hornik 1989).

use super::common::{session, train, value};
use super::linalg::{Matrix, largest_angle, pca, rows, span};
use gmc_runtime::measure::{evaluate, full};
use gmc_runtime::session::Session;

const DIGITS: &str = "data x: Real[64] in unit from digits
net encode(x: Real[64] in unit) -> Real[8] { dense(8) }
net decode(z: Real[8]) -> Real[64] { dense(64) }
train { minimizes sse(decode(encode(x)), x)  epochs 600  batch 250  using adam(lr: cosine(3e-2 -> 1e-5)) }";

/// Training and test rows of the first variable.
fn data(s: &Session) -> (Matrix, Matrix) {
    let (train, test) = (&s.sets[0].train.columns[0], &s.sets[0].test.columns[0]);
    (rows(&train.values, train.ty.size()), rows(&test.values, test.ty.size()))
}

#[test]
fn a_linear_autoencoder_is_pca() {
    let mut s = session(DIGITS, &[]);
    let (train_rows, test_rows) = data(&s);
    train(&mut s);
    // Of the training part, by hand in f64: no affine map of rank 8 can be better than the exact answer.
    let get = |path: &str| s.tensors[path].to_f32().into_iter().map(f64::from).collect::<Vec<_>>();
    let (we, be, wd, bd) =
        (get("encode.0.weight"), get("encode.0.bias"), get("decode.0.weight"), get("decode.0.bias"));
    let apply = |x: &[f64], w: &[f64], b: &[f64]| {
        let mut y = b.to_vec();
        x.iter()
            .zip(w.chunks_exact(b.len()))
            .for_each(|(x, row)| y.iter_mut().zip(row).for_each(|(y, w)| *y += x * w));
        y
    };
    let error = |rows: &Matrix| {
        let one = |x: &Vec<f64>| {
            apply(&apply(x, &we, &be), &wd, &bd).iter().zip(x).map(|(y, x)| (y - x).powi(2)).sum::<f64>()
        };
        rows.iter().map(one).sum::<f64>() / rows.len() as f64
    };
    let (best, basis) = pca(&train_rows, &train_rows, 8);
    let got = error(&train_rows);
    let angle = largest_angle(
        &basis,
        &span(&s.tensors["decode.0.weight"].to_f32(), s.tensors["decode.0.weight"].shape(), 8),
    );
    println!(
        "train: {got:.5}, exact optimum {best:.5}, ratio {:.5}, largest principal angle {angle:.2} degrees",
        got / best
    );
    assert!(got >= best * (1.0 - 1e-6), "better than the exact optimum: {got} < {best}");
    assert!(got <= best * 1.005, "{got} > {best}");
    // The variances of components 8 and 9 differ by 0.014 only, so that 0.001 of error leaves room for 16 degrees between them.
    assert!(angle < 20.0, "{angle} degrees");
    // Of the test part, what the run reports.
    let budget = full(&s);
    let scores = evaluate(&mut s, 1, budget).unwrap_or_else(|e| panic!("{e}"));
    let reported = value(&scores, "payoff", "");
    let want = error(&test_rows);
    println!("test: reported {reported:.5}, by hand {want:.5}, PCA {:.5}", pca(&train_rows, &test_rows, 8).0);
    assert!((reported - want).abs() < 1e-4 * want, "{reported} is not {want}");
}
