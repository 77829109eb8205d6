//! Samples against data in the features of a small net that is trained on the data at hand: Fréchet distance, precision and recall, density
//! and coverage, each beside that of real examples in place of samples.

use super::metric::{InFeatures, Metric};
use super::samples::{draw, find};
use super::scores::{Score, Trust, jackknife, standard_error};
use crate::exec::ExecError;
use crate::failure::Failure;
use crate::session::{Batch, Position, Purpose, Session, load};
use crate::train::Trainer;
use gmc_compiler::derive::{Output, Program, Question};
use gmc_compiler::driver::Unit;
use gmc_compiler::event::Kind;
use gmc_compiler::rows::data::split::Parts;
use gmc_compiler::rows::data::{Host, HostError};
use gmc_compiler::rows::measure::Features;
use gmc_compiler::rows::setting::Seed;

/// Features of the net.
const WIDTH: usize = 32;
/// Most numbers of an example.
const MOST: usize = 1 << 13;
/// Most examples that the net is trained on.
const TRAINED: usize = 10_000;
/// Examples at once.
const CHUNK: usize = 500;

/// Examples as a file in memory.
struct Memory(Vec<u8>);

impl Host for Memory {
    fn read(&self, _: Option<&str>, _: &str) -> Result<Vec<u8>, HostError> {
        Ok(self.0.clone())
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        crate::session::host::FileHost::new(0).uniform(stream, n)
    }
}

/// Rows of `d` numbers as the bytes of an NPY file.
fn npy(values: &[f32], d: usize) -> Vec<u8> {
    let n = values.len() / d.max(1);
    let mut head = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n}, {d}), }}");
    while (head.len() + 11) % 64 != 0 {
        head.push(' ');
    }
    head.push('\n');
    let length = u16::try_from(head.len()).unwrap_or(u16::MAX);
    let start = b"\x93NUMPY\x01\x00".iter().copied().chain(length.to_le_bytes()).chain(head.bytes());
    start.chain(values.iter().flat_map(|v| v.to_le_bytes())).collect()
}

/// The net that looks at examples: an autoencoder, as a session of its own, and how examples are scaled for it.
struct Looker {
    net: Session,
    mean: f32,
    scale: f32,
    d: usize,
}

impl Looker {
    /// Trained on rows of `d` numbers.
    fn trained(s: &Session, values: &[f32], d: usize) -> Result<Looker, Failure> {
        let n = values.len().max(1) as f64;
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let spread =
            (values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n).sqrt().max(1e-6);
        #[expect(clippy::cast_possible_truncation, reason = "examples hold 32 bits")]
        let (mean, scale) = (mean as f32, (1.0 / spread) as f32);
        let scaled: Vec<f32> = values.iter().take(TRAINED * d).map(|v| (v - mean) * scale).collect();
        let text = format!(
            "data x: Real[{d}] from npy(\"examples\") split (train 1)
net encode(x: Real[{d}]) -> Real[{WIDTH}] {{ dense(128), relu, dense({WIDTH}) }}
net decode(h: Real[{WIDTH}]) -> Real[{d}] {{ relu, dense(128), relu, dense({d}) }}
train {{ minimizes mse(decode(encode(corrupt(x, gaussian(0.5)))), x)  steps 1000  batch 64  using adam(lr: cosine(1e-3 -> 1e-5)) }}"
        );
        let host = Memory(npy(&scaled, d));
        let unit = load::unit_on(&host, "features.gm", &text, &|_| Err("no file".into()), &[]);
        let why = || unit_says(&unit);
        let broken = || Failure::new("the net of `features` could not be made").notes(why());
        let Unit { typed: Some(_), compiled: Some(_), .. } = &unit else { return Err(broken()) };
        let Unit { typed: Some(typed), compiled: Some(compiled), .. } = unit else {
            return Err(Failure::new("the net of `features` could not be made"));
        };
        let Some(item) = typed.data.first() else {
            return Err(Failure::new("the net of `features` has no data"));
        };
        let types: Vec<_> = item.vars.iter().map(|v| v.ty.clone()).collect();
        let set = item.row.load(&item.args, &types, &host).map_err(|issue| Failure::new(issue.message))?;
        let parts = Parts { train: set.train, ..Parts::default() };
        let mut net = Session::new(typed, compiled, s.device.clone(), vec![parts]);
        net.init(Seed::of(&s.typed.train.settings))?;
        let mut trainer = Trainer::new(&net);
        for step in 0..trainer.total {
            trainer.round(&mut net, step)?;
        }
        Ok(Looker { net, mean, scale, d })
    }

    /// The features of rows.
    fn look(&mut self, values: &[f32]) -> Result<Vec<Vec<f64>>, ExecError> {
        let mut all = Vec::new();
        for rows in values.chunks(CHUNK * self.d) {
            let n = rows.len() / self.d.max(1);
            let scaled: Vec<f32> = rows.iter().map(|v| (v - self.mean) * self.scale).collect();
            let x = crate::exec::Tensor::from_f32(&self.net.device, scaled, &[n, self.d]);
            let data = Batch::from([("x".to_string(), x)]);
            let at = Position::of(Purpose::Query { chunk: 0 }, 0);
            let outputs = self.net.run(&Program::Encode, n, &data, at)?;
            let codes = outputs.numbers(&Output::Code("code".into())).unwrap_or_default();
            all.extend(codes.chunks(WIDTH).map(|c| c.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>()));
        }
        Ok(all)
    }

    /// The hash of the net's weights, by which numbers of one net are known.
    fn hash(&self) -> String {
        let mut hash = crc32fast::Hasher::new();
        for leaf in &self.net.compiled.leaves {
            let values = self.net.tensors.get(&leaf.path).map(|t| t.to_f32()).unwrap_or_default();
            values.iter().for_each(|v| hash.update(&v.to_le_bytes()));
        }
        format!("{:08x}", hash.finalize())
    }
}

fn unit_says(u: &Unit) -> Vec<String> {
    u.diags.iter().map(|d| d.message.clone()).collect()
}

/// What `eval { features(..) }` asks for; nothing where it does not.
///
/// # Errors
/// Examples that are too large, and what training and running the net reports.
pub fn features(s: &mut Session, seed: u64) -> Result<Vec<Score>, Failure> {
    let Some((n, k)) = Features::of(&s.typed.eval) else { return Ok(Vec::new()) };
    let Some((name, ty)) = s.observed().filter(|(_, ty)| !matches!(ty.kind, Kind::Class(_))) else {
        return Ok(Vec::new());
    };
    if s.answer(Question::Sample).is_err() {
        return Ok(Vec::new());
    }
    let d = ty.size();
    if d > MOST {
        let message = format!("`features` looks at examples of at most {MOST} numbers, and `{name}` has {d}");
        return Err(
            Failure::new(message).help("leave `features` out of `eval`, or make the pictures smaller")
        );
    }
    let column = |test: bool| {
        let column = if test { s.test_column(&name) } else { s.train_column(&name) };
        column.map_or_else(Vec::new, |c| c.whole(usize::MAX))
    };
    let (train, test) = (column(false), column(true));
    let n = n.min(test.len() / d.max(1)).min(train.len() / d.max(1));
    if n <= k + 1 {
        return Ok(Vec::new());
    }
    let mut looker = Looker::trained(s, &train, d)?;
    let drawn = draw(s, n, seed)?;
    let Some((_, samples, _)) = find(&drawn, &Output::Site(name)) else { return Ok(Vec::new()) };
    let some = |values: &[f32]| values.iter().take(n * d).copied().collect::<Vec<f32>>();
    let real = looker.look(&some(&test))?;
    let made = looker.look(&some(samples))?;
    let other = looker.look(&some(&train))?;
    let at = format!("net {}", looker.hash());
    let both = |which: InFeatures, of: &dyn Fn(&[Vec<f64>]) -> Averaged| {
        let score = |metric: Metric, (value, error): Averaged| Score {
            at: at.clone(),
            ..Score::new(&metric, value, Trust::estimate(n, error))
        };
        [
            score(Metric::Features { which, real: false }, of(&made)).on("samples"),
            score(Metric::Features { which, real: true }, of(&other)),
        ]
    };
    Ok([
        both(InFeatures::Frechet, &|x| (frechet(x, &real), frechet_error(x, &real))),
        both(InFeatures::Precision, &|x| averaged(&within(x, &real, k))),
        both(InFeatures::Recall, &|x| averaged(&within(&real, x, k))),
        both(InFeatures::Density, &|x| averaged(&density(x, &real, k))),
        both(InFeatures::Coverage, &|x| averaged(&covered(x, &real, k))),
    ]
    .concat())
}

/// A number that examples make, and its standard error.
type Averaged = (f64, Option<f64>);

/// The mean over examples.
fn averaged(each: &[f64]) -> Averaged {
    (each.iter().sum::<f64>() / each.len().max(1) as f64, standard_error(each.iter().copied()))
}

/// The standard error of [`frechet`], over the examples of both.
fn frechet_error(x: &[Vec<f64>], y: &[Vec<f64>]) -> Option<f64> {
    Some(jackknife(x, |x| frechet(x, y))?.hypot(jackknife(y, |y| frechet(x, y))?))
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// For each row the squared distance to its `k`-th neighbour among the others.
fn reach(rows: &[Vec<f64>], k: usize) -> Vec<f64> {
    let of = |i: usize, a: &Vec<f64>| {
        let others = rows.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, b)| squared(a, b));
        let mut all: Vec<f64> = others.collect();
        all.sort_by(f64::total_cmp);
        all.get(k.saturating_sub(1)).copied().unwrap_or(f64::INFINITY)
    };
    rows.iter().enumerate().map(|(i, a)| of(i, a)).collect()
}

/// Of each of `x` whether it lies in the neighbourhood of any of `of`, 1 or 0 (Kynkäänniemi et al. 2019, eq. 1 and 2).
fn within(x: &[Vec<f64>], of: &[Vec<f64>], k: usize) -> Vec<f64> {
    let reach = reach(of, k);
    let inside = |a: &Vec<f64>| of.iter().zip(&reach).any(|(b, r)| squared(a, b) <= *r);
    x.iter().map(|a| f64::from(u8::from(inside(a)))).collect()
}

/// In how many neighbourhoods of real examples each sample lies, as a part of `k` (Naeem et al. 2020, eq. 3): 1 for real ones, on average.
fn density(x: &[Vec<f64>], real: &[Vec<f64>], k: usize) -> Vec<f64> {
    let reach = reach(real, k);
    let inside = |a: &Vec<f64>| real.iter().zip(&reach).filter(|(b, r)| squared(a, b) <= **r).count();
    x.iter().map(|a| inside(a) as f64 / k.max(1) as f64).collect()
}

/// Of each real example whether a sample lies in its neighbourhood, 1 or 0 (Naeem et al. 2020, eq. 4).
fn covered(x: &[Vec<f64>], real: &[Vec<f64>], k: usize) -> Vec<f64> {
    let reach = reach(real, k);
    let met = |(b, r): (&Vec<f64>, &f64)| x.iter().any(|a| squared(a, b) <= *r);
    real.iter().zip(&reach).map(|pair| f64::from(u8::from(met(pair)))).collect()
}

/// A symmetric matrix by rows.
type Matrix = Vec<Vec<f64>>;

/// Means, and covariances with n - 1.
fn moments(x: &[Vec<f64>]) -> (Vec<f64>, Matrix) {
    let (n, d) = (x.len() as f64, x.first().map_or(0, Vec::len));
    let mean: Vec<f64> = (0..d).map(|j| x.iter().filter_map(|r| r.get(j)).sum::<f64>() / n).collect();
    let off: Vec<Vec<f64>> = x.iter().map(|r| r.iter().zip(&mean).map(|(a, m)| a - m).collect()).collect();
    let of = |i: usize, j: usize| {
        off.iter().filter_map(|r| Some(r.get(i)? * r.get(j)?)).sum::<f64>() / (n - 1.0).max(1.0)
    };
    let covariance = (0..d).map(|i| (0..d).map(|j| of(i, j)).collect()).collect();
    (mean, covariance)
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let d = b.first().map_or(0, Vec::len);
    let entry =
        |row: &Vec<f64>, j: usize| row.iter().zip(b).filter_map(|(x, r)| Some(x * r.get(j)?)).sum::<f64>();
    a.iter().map(|row| (0..d).map(|j| entry(row, j)).collect()).collect()
}

/// Entry (i, j).
fn at(a: &Matrix, i: usize, j: usize) -> f64 {
    a.get(i).and_then(|r| r.get(j)).copied().unwrap_or(0.0)
}

fn set(a: &mut Matrix, i: usize, j: usize, v: f64) {
    if let Some(x) = a.get_mut(i).and_then(|r| r.get_mut(j)) {
        *x = v;
    }
}

/// Eigenvalues of a symmetric matrix and its eigenvectors as columns, by rotations (Jacobi 1846; Golub & Van Loan, section 8.5).
fn eigen(mut a: Matrix) -> (Vec<f64>, Matrix) {
    let d = a.len();
    let mut v: Matrix = (0..d).map(|i| (0..d).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..60 {
        let off: f64 =
            (0..d).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| at(&a, i, j).powi(2)).sum();
        if off < 1e-22 {
            break;
        }
        for p in 0..d {
            for q in p + 1..d {
                let apq = at(&a, p, q);
                if apq.abs() < 1e-300 {
                    continue;
                }
                let theta = (at(&a, q, q) - at(&a, p, p)) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta == 0.0 { 1.0 } else { t };
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for k in 0..d {
                    let (x, y) = (at(&a, k, p), at(&a, k, q));
                    set(&mut a, k, p, c * x - s * y);
                    set(&mut a, k, q, s * x + c * y);
                }
                for k in 0..d {
                    let (x, y) = (at(&a, p, k), at(&a, q, k));
                    set(&mut a, p, k, c * x - s * y);
                    set(&mut a, q, k, s * x + c * y);
                    let (x, y) = (at(&v, k, p), at(&v, k, q));
                    set(&mut v, k, p, c * x - s * y);
                    set(&mut v, k, q, s * x + c * y);
                }
            }
        }
    }
    ((0..d).map(|i| at(&a, i, i)).collect(), v)
}

/// |m - n|² + tr(A + B - 2 (A^½ B A^½)^½) of normal distributions with the moments of the rows (Dowson & Landau 1982; Heusel et al. 2017, eq. 6).
fn frechet(x: &[Vec<f64>], y: &[Vec<f64>]) -> f64 {
    let ((m, a), (n, b)) = (moments(x), moments(y));
    let (values, vectors) = eigen(a.clone());
    let d = a.len();
    let root: Matrix = (0..d)
        .map(|i| {
            let entry = |j: usize| {
                let each = values.iter().enumerate();
                each.map(|(k, l)| at(&vectors, i, k) * l.max(0.0).sqrt() * at(&vectors, j, k)).sum::<f64>()
            };
            (0..d).map(entry).collect()
        })
        .collect();
    let (inner, _) = eigen(product(&product(&root, &b), &root));
    let trace = |c: &Matrix| (0..d).map(|i| at(c, i, i)).sum::<f64>();
    let cross: f64 = inner.iter().map(|l| l.max(0.0).sqrt()).sum();
    (squared(&m, &n) + trace(&a) + trace(&b) - 2.0 * cross).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(each: Vec<f64>) -> f64 {
        averaged(&each).0
    }

    fn column(x: &[f64]) -> Vec<Vec<f64>> {
        x.iter().map(|v| vec![*v]).collect()
    }

    #[test]
    fn the_distance_of_one_number_is_its_closed_form() {
        // (m - n)² + (s - t)² with deviations s and t.
        let (x, y) = (column(&[0.0, 2.0, 4.0]), column(&[5.0, 6.0, 7.0]));
        assert!((frechet(&x, &y) - (16.0 + 1.0)).abs() < 1e-9);
        assert!(frechet(&x, &x).abs() < 1e-9);
    }

    /// By SciPy 1.17.1: `numpy.sum((x.mean(0) - y.mean(0))**2) + numpy.trace(A + B - 2 * scipy.linalg.sqrtm(A @ B))`, A and B by `numpy.cov(.., rowvar=False)`.
    #[test]
    fn the_distance_of_two_numbers_is_that_of_scipy() {
        let x = vec![vec![0.0, 1.0], vec![2.0, 0.5], vec![1.0, 3.0], vec![-1.0, 0.0], vec![0.5, 2.5]];
        let y = vec![vec![1.0, 1.0], vec![3.0, -1.0], vec![2.0, 0.0], vec![0.0, 2.5], vec![1.5, -2.0]];
        let got = frechet(&x, &y);
        assert!((got - FRECHET).abs() < 1e-9, "{got}");
    }

    const FRECHET: f64 = 3.895_522_401_395_669;

    #[test]
    fn neighbourhoods_by_hand() {
        // Reach to the first neighbour: 1, 1 and 4.
        let real = column(&[0.0, 1.0, 5.0]);
        let made = column(&[0.5, 8.0, 20.0]);
        assert!((mean(within(&made, &real, 1)) - 2.0 / 3.0).abs() < 1e-12);
        // 0.5 lies near 0 and near 1, 8 near 5.
        assert!((mean(density(&made, &real, 1)) - 1.0).abs() < 1e-12);
        assert!((mean(covered(&made, &real, 1)) - 1.0).abs() < 1e-12);
        // Reach of 0.5 is 7.5, of 8 too, of 20 it is 12: all of the data lie within.
        assert!((mean(within(&real, &made, 1)) - 1.0).abs() < 1e-12);
        assert!(mean(within(&column(&[100.0]), &real, 1)) == 0.0);
    }
}
