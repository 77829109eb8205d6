//! Means of what programs say of the test part.

use super::scores::standard_error;
use crate::exec::ExecError;
use crate::session::{Batch, Position, Purpose, Session};
use gmc_compiler::derive::{Output, Program};

/// The run of a program on a chunk of the test part.
pub fn position(seed: u64, chunk: usize) -> Position {
    Position::of(Purpose::Evaluation { chunk: chunk as u64 }, seed)
}

/// A mean over examples, and its standard error where each example has a number of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// Its standard error, draws included.
    pub error: Option<f64>,
}

/// Means of what a program gave, by output.
pub struct Means(Vec<(Output, Mean)>);

impl Means {
    /// One of them; no number where the program has no such output.
    pub fn get(&self, output: &Output) -> Mean {
        let none = Mean { value: f64::NAN, error: None };
        self.0.iter().find(|(o, _)| o == output).map_or(none, |(_, v)| *v)
    }
}

impl IntoIterator for Means {
    type Item = (Output, Mean);
    type IntoIter = std::vec::IntoIter<(Output, Mean)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// What a program gave: its sum over the examples, and the numbers of each, where each has some.
struct Given {
    output: Output,
    sum: f64,
    each: Option<Vec<f64>>,
}

/// Means of the outputs of a program over at most `most` test examples, by output.
///
/// # Errors
/// What running the program reports.
pub fn means(s: &mut Session, program: &Program, seed: u64, most: usize) -> Result<Means, ExecError> {
    let mut all: Vec<Given> = Vec::new();
    let mut total = 0.0;
    let mut counts = Vec::new();
    for (i, rows) in s.test_chunks(most).iter().enumerate() {
        let data = read_by(s, program, rows, most, seed);
        let weights: Vec<f64> = rows.iter().map(|r| s.test_weight(*r)).collect();
        for (output, t) in s.run(program, rows.len(), &data, position(seed, i))? {
            let (sum, each) = of_examples(&t.to_f32(), &weights);
            match all.iter_mut().find(|g| g.output == output) {
                Some(g) => {
                    g.sum += sum;
                    g.each = g.each.take().zip(each).map(|(a, b)| [a, b].concat());
                }
                None => all.push(Given { output, sum, each }),
            }
        }
        total += weights.iter().sum::<f64>();
        counts.extend(weights);
    }
    // By name, as they are shown.
    all.sort_by_key(|g| g.output.to_string());
    let mean = |g: Given| {
        let error = g.each.and_then(|each| weighted_error(&each, &counts));
        (g.output, Mean { value: g.sum / total.max(f64::MIN_POSITIVE), error })
    };
    Ok(Means(all.into_iter().map(mean).collect()))
}

/// What a program reads of these rows: of payoffs, which may read several data items, no pairs.
fn read_by(s: &Session, program: &Program, rows: &[usize], most: usize, seed: u64) -> Batch {
    match matches!(program, Program::Loss | Program::LossCorrupted) {
        true => s.unpaired_batch(rows, most, seed),
        false => s.batch(true, rows),
    }
}

/// The sum over examples of these weights of what a program gave for them together, and the mean number of each example where each has some.
fn of_examples(v: &[f32], weights: &[f64]) -> (f64, Option<Vec<f64>>) {
    let n = weights.len();
    let width = match v.len() {
        // A number of the whole chunk counts for each of its examples, by which it was weighed already.
        1 if n != 1 => return (f64::from(v.first().copied().unwrap_or(f32::NAN)) * n as f64, None),
        m => (m / n.max(1)).max(1),
    };
    let each = |row: &[f32]| row.iter().map(|x| f64::from(*x)).sum::<f64>() / width as f64;
    let each: Vec<f64> = v.chunks(width).map(each).collect();
    (each.iter().zip(weights).map(|(x, w)| x * w).sum(), Some(each))
}

/// The standard error of a mean of numbers that count by their weights; none where a single one counts. (Cochran 1977, eq. 6.13, the ratio
/// estimator, with the factor n / (n - 1) of the unweighted one.)
pub fn weighted_error(each: &[f64], weights: &[f64]) -> Option<f64> {
    if weights.iter().all(|w| *w == 1.0) {
        return standard_error(each.iter().copied());
    }
    let (n, total) = (weights.iter().filter(|w| **w > 0.0).count() as f64, weights.iter().sum::<f64>());
    let mean = each.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() / total;
    let squares: f64 = each.iter().zip(weights).map(|(x, w)| (w * (x - mean)).powi(2)).sum();
    (n > 1.0).then(|| (squares * n / (n - 1.0)).sqrt() / total)
}

/// How many parts of the examples a number that has none for each example is measured on again.
const GROUPS: usize = 16;

/// Standard errors of the outputs of a program that have no number for each example: from their spread over parts of at most `most` test
/// examples, each with draws of its own.
///
/// # Errors
/// What running the program reports.
pub fn errors(
    s: &mut Session,
    program: &Program,
    seed: u64,
    most: usize,
) -> Result<Vec<(Output, Option<f64>)>, ExecError> {
    let n = s.test_examples().min(most);
    let groups = GROUPS.min(n);
    let mut all: Vec<(Output, Vec<f64>)> = Vec::new();
    for i in 0..groups {
        let rows: Vec<usize> = (i * n / groups..(i + 1) * n / groups).collect();
        let data = read_by(s, program, &rows, most, seed);
        let weights: Vec<f64> = rows.iter().map(|r| s.test_weight(*r)).collect();
        let at = Position::of(Purpose::Errors { group: i as u64 }, seed);
        for (output, t) in s.run(program, rows.len(), &data, at)? {
            let v = of_examples(&t.to_f32(), &weights).0 / weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            match all.iter_mut().find(|(o, _)| *o == output) {
                Some((_, values)) => values.push(v),
                None => all.push((output, vec![v])),
            }
        }
    }
    Ok(all.into_iter().map(|(o, v)| (o, standard_error(v))).collect())
}
