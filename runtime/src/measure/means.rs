//! Means of what programs say of the test part.

use crate::exec::ExecError;
use crate::session::{Position, Purpose, Session};
use gmc_compiler::derive::{Output, Program};

/// The run of a program on a chunk of the test part.
pub fn position(seed: u64, chunk: usize) -> Position {
    Position::of(Purpose::Evaluation { chunk: chunk as u64 }, seed)
}

/// Means of what a program gave, by output.
pub struct Means(Vec<(Output, f64)>);

impl Means {
    /// One of them; no number where the program has no such output.
    pub fn get(&self, output: &Output) -> f64 {
        self.0.iter().find(|(o, _)| o == output).map_or(f64::NAN, |(_, v)| *v)
    }
}

impl IntoIterator for Means {
    type Item = (Output, f64);
    type IntoIter = std::vec::IntoIter<(Output, f64)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Means of the outputs of a program over at most `most` test examples, by output.
///
/// # Errors
/// What running the program reports.
pub fn means(s: &mut Session, program: &Program, seed: u64, most: usize) -> Result<Means, ExecError> {
    let mut sums: Vec<(Output, f64)> = Vec::new();
    let mut total = 0usize;
    for (i, rows) in s.test_chunks(most).iter().enumerate() {
        let data = s.batch(true, rows);
        for (name, t) in s.run(program, rows.len(), &data, position(seed, i))? {
            let v = t.to_f32();
            // A number of the whole chunk counts for each of its examples.
            let sum: f64 = match v.len() {
                n if n == rows.len() => v.iter().map(|x| f64::from(*x)).sum(),
                1 => f64::from(v.first().copied().unwrap_or(f32::NAN)) * rows.len() as f64,
                n => v.iter().map(|x| f64::from(*x)).sum::<f64>() / (n / rows.len().max(1)).max(1) as f64,
            };
            match sums.iter_mut().find(|(o, _)| *o == name) {
                Some((_, all)) => *all += sum,
                None => sums.push((name, sum)),
            }
        }
        total += rows.len();
    }
    // By name, as they are shown.
    sums.sort_by_key(|(output, _)| output.to_string());
    Ok(Means(sums.into_iter().map(|(k, v)| (k, v / total.max(1) as f64)).collect()))
}
