//! Samples against data in the features of a small net that is trained on the data at hand: Fréchet distance, precision and recall, density
//! and coverage, each beside that of real examples in place of samples.

use super::metric::{InFeatures, Metric};
use super::samples::{draw, find};
use super::scores::{Score, Trust, jackknife, standard_error};
use crate::exec::ExecError;
use crate::failure::Failure;
use crate::session::{Batch, Position, Purpose, Session, load};
use crate::train::Trainer;
use gmc_compiler::derive::{FEATURES, Output, Program, Question, net};
use gmc_compiler::driver::Unit;
use gmc_compiler::event::Kind;
use gmc_compiler::rows::data::split::Parts;
use gmc_compiler::rows::data::{Column, Host, HostError, Part};
use gmc_compiler::rows::measure::Features;
use gmc_compiler::rows::setting::Seed;
use rayon::prelude::*;

/// The net's name.
const NET: &str = "encode";
/// Features of the net.
const WIDTH: usize = 32;
/// Most numbers of an example.
const MOST: usize = 1 << 13;
/// Most examples that the net is trained on.
const TRAINED: usize = 10_000;
/// Most examples whose neighbourhoods are compared: that takes the square of their number.
const NEIGHBOURS: usize = 3000;
/// Examples at once.
const CHUNK: usize = 500;

/// A world without files: the examples of the net are in memory.
struct NoFiles;

impl Host for NoFiles {
    fn read(&self, _: Option<&str>, path: &str) -> Result<Vec<u8>, HostError> {
        Err(HostError { what: format!("`{path}` is no file"), tried: Vec::new() })
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        crate::session::host::FileHost::new(0).uniform(stream, n)
    }
}

/// What the net learns to do, where the data say which classes examples are of and where they do not.
fn spec(d: usize, classes: Option<usize>) -> String {
    match classes {
        Some(n) => format!(
            "data (x: Real[{d}], y: Class({n})) from arrays
net encode(x: Real[{d}]) -> Real[{n}] {{ dense(128), relu, dropout(0.2), dense({WIDTH}), relu, dense({n}) }}
train {{ minimizes cross_entropy(encode(corrupt(x, gaussian(0.3))), y)  steps 2000  batch 64  using adam(lr: cosine(1e-3 -> 1e-5)) }}"
        ),
        None => format!(
            "data x: Real[{d}] from arrays
net encode(x: Real[{d}]) -> Real[{WIDTH}] {{ dense(128), relu, dense({WIDTH}) }}
net decode(h: Real[{WIDTH}]) -> Real[{d}] {{ relu, dense(128), relu, dense({d}) }}
train {{ minimizes mse(decode(encode(corrupt(x, gaussian(0.5)))), x)  steps 1000  batch 64  using adam(lr: cosine(1e-3 -> 1e-5)) }}"
        ),
    }
}

/// The net that looks at examples, as a session of its own, and how examples are scaled for it: it sorts them into their classes, or where they have
/// none it is an autoencoder.
struct Looker {
    net: Session,
    mean: f32,
    scale: f32,
    d: usize,
    /// How many classes it sorts into.
    classes: Option<usize>,
}

/// What the net sees in rows: features, and where it sorts the class of each.
type Seen = (Vec<Vec<f64>>, Vec<usize>);

impl Looker {
    /// Trained on rows of `d` numbers, with the class of each where they have one, which is one of so many.
    fn trained(
        s: &Session,
        values: &[f32],
        d: usize,
        labels: Option<(Vec<f32>, usize)>,
    ) -> Result<Looker, Failure> {
        let n = values.len().max(1) as f64;
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let spread =
            (values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n).sqrt().max(1e-6);
        #[expect(clippy::cast_possible_truncation, reason = "examples hold 32 bits")]
        let (mean, scale) = (mean as f32, (1.0 / spread) as f32);
        let scaled: Vec<f32> = values.iter().take(TRAINED * d).map(|v| (v - mean) * scale).collect();
        let classes = labels.as_ref().map(|(_, n)| *n);
        let unit = load::unit_on(&NoFiles, "features.gm", &spec(d, classes), &|_| Err("no file".into()), &[]);
        let Unit { typed: Some(typed), compiled: Some(compiled), diags, .. } = unit else {
            return Err(Failure::new("the net of `features` could not be made"));
        };
        let program = net(&typed, NET, "x").filter(|_| !gmc_compiler::types::failed(&diags));
        let Some(program) = program else {
            let why: Vec<String> = diags.iter().map(|d| d.message.clone()).collect();
            return Err(Failure::new("the net of `features` could not be made").notes(why));
        };
        let types = typed.data.iter().flat_map(|item| &item.vars).map(|v| v.ty.clone());
        let rows = scaled.len() / d.max(1);
        let classes_of = labels.into_iter().map(|(all, _)| all.into_iter().take(rows).collect::<Vec<f32>>());
        let each = std::iter::once(scaled).chain(classes_of);
        let columns = types.zip(each).map(|(ty, values)| Column { ty, values }).collect();
        let train = Part { n: rows, columns, ..Part::default() };
        let parts = Parts { train, ..Parts::default() };
        let mut net = Session::new(typed, compiled, s.device.clone(), vec![parts]);
        net.init(Seed::of(&s.typed.train.settings))?;
        let mut trainer = Trainer::new(&net);
        for step in 0..trainer.total {
            trainer.round(&mut net, step)?;
        }
        net.run_instead(Program::Encode, program);
        Ok(Looker { net, mean, scale, d, classes })
    }

    /// What it sees in rows.
    fn look(&mut self, values: &[f32]) -> Result<Seen, ExecError> {
        let (mut all, mut sorted) = (Vec::new(), Vec::new());
        // The code of an autoencoder is what comes out; a sorter makes its scores of it.
        let features = if self.classes.is_some() { FEATURES } else { NET };
        for rows in values.chunks(CHUNK * self.d) {
            let n = rows.len() / self.d.max(1);
            let scaled: Vec<f32> = rows.iter().map(|v| (v - self.mean) * self.scale).collect();
            let x = crate::exec::Tensor::from_f32(&self.net.device, scaled, &[n, self.d]);
            let data = Batch::from([("x".to_string(), x)]);
            let at = Position::of(Purpose::Query { chunk: 0 }, 0);
            let outputs = self.net.run(&Program::Encode, n, &data, at)?;
            let codes = outputs.numbers(&Output::Code(features.into())).unwrap_or_default();
            all.extend(codes.chunks(WIDTH).map(|c| c.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>()));
            if let Some(classes) = self.classes {
                let scores = outputs.numbers(&Output::Code(NET.into())).unwrap_or_default();
                sorted.extend(scores.chunks(classes).map(best));
            }
        }
        Ok((all, sorted))
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

/// The greatest of some scores.
fn best(scores: &[f32]) -> usize {
    scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(i, _)| i)
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
    let labels = |test: bool| {
        let (class, n) = s.class_beside(&name)?;
        let column = if test { s.test_column(&class) } else { s.train_column(&class) };
        column.map(|c| (c.whole(usize::MAX), n))
    };
    // Of examples with missing cells, which are left out, nobody knows whose class is whose.
    let beside = |test: bool, rows: &[f32]| labels(test).filter(|(all, _)| all.len() * d == rows.len());
    let (train_labels, test_labels) = (beside(false, &train), beside(true, &test));
    let n = n.min(test.len() / d.max(1)).min(train.len() / d.max(1));
    if n <= k + 1 {
        return Ok(Vec::new());
    }
    let mut looker = Looker::trained(s, &train, d, train_labels)?;
    let drawn = draw(s, n, seed)?;
    let Some((_, samples, _)) = find(&drawn, &Output::Site(name)) else { return Ok(Vec::new()) };
    let some = |values: &[f32]| values.iter().take(n * d).copied().collect::<Vec<f32>>();
    let (real, real_classes) = looker.look(&some(&test))?;
    let (made, made_classes) = looker.look(&some(samples))?;
    let (other, _) = looker.look(&some(&train))?;
    let at = format!("net {}", looker.hash());
    let score = |metric: Metric, (value, error): Averaged| Score {
        at: at.clone(),
        ..Score::new(&metric, value, Trust::estimate(n, error))
    };
    let mut all = compared(&made, &other, &real, k, &score);
    if let Some((truth, classes)) = test_labels {
        let seen = |which: &[usize]| (entropy(which, classes), None);
        all.push(score(Metric::ClassEntropy { real: false }, seen(&made_classes)).on("samples"));
        all.push(score(Metric::ClassEntropy { real: true }, seen(&real_classes)));
        let known =
            real_classes.iter().zip(&truth).map(|(c, y)| 100.0 * f64::from(u8::from(*c == *y as usize)));
        all.push(score(Metric::FeaturesAccuracy, averaged(&known.collect::<Vec<f64>>())));
    }
    Ok(all)
}

/// Samples, and other real examples in their place, beside real ones.
fn compared(
    made: &[Vec<f64>],
    other: &[Vec<f64>],
    real: &[Vec<f64>],
    k: usize,
    score: &dyn Fn(Metric, Averaged) -> Score,
) -> Vec<Score> {
    let pair = |which: InFeatures, made: Averaged, other: Averaged| {
        [
            score(Metric::Features { which, real: false }, made).on("samples"),
            score(Metric::Features { which, real: true }, other),
        ]
    };
    let far = |x: &[Vec<f64>]| (frechet(x, real), frechet_error(x, real));
    let distance = pair(InFeatures::Frechet, far(made), far(other));
    let [made, other, real] = [made, other, real].map(|x| x.get(..NEIGHBOURS).unwrap_or(x));
    let both = |which: InFeatures, of: &dyn Fn(&[Vec<f64>]) -> Averaged| pair(which, of(made), of(other));
    [
        distance,
        both(InFeatures::Precision, &|x| averaged(&within(x, real, k))),
        both(InFeatures::Recall, &|x| averaged(&within(real, x, k))),
        both(InFeatures::Density, &|x| averaged(&density(x, real, k))),
        both(InFeatures::Coverage, &|x| averaged(&covered(x, real, k))),
    ]
    .concat()
}

/// Entropy of how often each of so many classes is met, nats.
pub fn entropy(classes: &[usize], of: usize) -> f64 {
    let share = |c: usize| classes.iter().filter(|x| **x == c).count() as f64 / classes.len().max(1) as f64;
    (0..of).map(share).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum()
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
        let at = k.saturating_sub(1);
        if at >= all.len() {
            return f64::INFINITY;
        }
        *all.select_nth_unstable_by(at, f64::total_cmp).1
    };
    rows.par_iter().enumerate().map(|(i, a)| of(i, a)).collect()
}

/// Of each of `x` whether it lies in the neighbourhood of any of `of`, 1 or 0 (Kynkäänniemi et al. 2019, eq. 1 and 2).
fn within(x: &[Vec<f64>], of: &[Vec<f64>], k: usize) -> Vec<f64> {
    let reach = reach(of, k);
    let inside = |a: &Vec<f64>| of.iter().zip(&reach).any(|(b, r)| squared(a, b) <= *r);
    x.par_iter().map(|a| f64::from(u8::from(inside(a)))).collect()
}

/// In how many neighbourhoods of real examples each sample lies, as a part of `k` (Naeem et al. 2020, eq. 3): 1 for real ones, on average.
fn density(x: &[Vec<f64>], real: &[Vec<f64>], k: usize) -> Vec<f64> {
    let reach = reach(real, k);
    let inside = |a: &Vec<f64>| real.iter().zip(&reach).filter(|(b, r)| squared(a, b) <= **r).count();
    x.par_iter().map(|a| inside(a) as f64 / k.max(1) as f64).collect()
}

/// Of each real example whether a sample lies in its neighbourhood, 1 or 0 (Naeem et al. 2020, eq. 4).
fn covered(x: &[Vec<f64>], real: &[Vec<f64>], k: usize) -> Vec<f64> {
    let reach = reach(real, k);
    let met = |(b, r): (&Vec<f64>, &f64)| x.iter().any(|a| squared(a, b) <= *r);
    real.par_iter().zip(&reach).map(|pair| f64::from(u8::from(met(pair)))).collect()
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
