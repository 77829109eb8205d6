//! Minibatches: rows of the data as the inputs of programs.

use super::Session;
use super::ahead;
use super::data::Batch;
use super::random::Purpose;
use crate::exec::{RngKey, Tensor, random};
use gmc_compiler::derive::{Input, Program};
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::ir::{RandomKind, Role};
use gmc_compiler::rows::data::{Column, DataIssue, Part};
use gmc_compiler::rows::layer::ReadsBatch;
use gmc_compiler::rows::setting::{Leftover, Pass};
use gmc_compiler::types::TData;

/// Examples that are run at once, where a whole part of the data is.
const CHUNK: usize = 500;

/// How many classes a condition takes in turn; none where it is taken from the data.
pub fn in_turn(ty: &EventTy) -> Option<usize> {
    match ty.kind {
        Kind::Class(k) if ty.shape.is_empty() && k > 0 => Some(k),
        Kind::Class(_) | Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => None,
    }
}

impl Session {
    /// The data variables that a program which draws reads from the data, and does not take in turn.
    pub fn conditions_of_data(&self, program: &Program) -> Vec<String> {
        let in_turn = |name: &String| self.data_type(name).and_then(in_turn).is_some();
        let given = |name: &String| self.given.contains_key(name) || self.given_rows.contains(name);
        self.data_inputs(program).into_iter().filter(|name| !in_turn(name) && !given(name)).collect()
    }

    /// Examples of the training part.
    pub fn train_examples(&self) -> usize {
        self.sets.iter().map(|p| p.train.n).max().unwrap_or(0)
    }

    /// Examples of the test part.
    pub fn test_examples(&self) -> usize {
        self.sets.iter().map(|p| p.test.n).max().unwrap_or(0)
    }

    /// The rows of at most `most` test examples, in chunks that are run at once; where examples that are run
    /// together are compared with each other, none is left alone.
    pub fn test_chunks(&self, most: usize) -> Vec<Vec<usize>> {
        let n = self.test_examples().min(most);
        let leftover = match self.typed.coupled(ReadsBatch::Always) {
            Some(_) => Leftover::Joined,
            None => Leftover::Alone,
        };
        let pass = Pass::new(n, CHUNK, leftover);
        (0..pass.count)
            .map(|i| pass.examples(i).collect())
            .filter(|rows: &Vec<usize>| !rows.is_empty())
            .collect()
    }

    /// All data variables of the spec.
    pub fn all_data(&self) -> Vec<String> {
        self.typed.data.iter().flat_map(|d| &d.vars).map(|v| v.name.clone()).collect()
    }

    /// The data variables a program reads.
    pub fn data_inputs(&self, program: &Program) -> Vec<String> {
        let all = self.inputs(program, Role::Data).into_iter().map(|(name, _)| name);
        // What says which elements are given comes with the question.
        all.filter(|name| Input::parse(name).is_none()).collect()
    }

    /// What a program that draws is conditioned on, for draws `from .. from + n`: what is given, codes that are given instead of drawn, the classes in
    /// turn, other variables from the test part (the training part where there is none).
    pub fn conditions(&self, program: &Program, from: usize, n: usize) -> Batch {
        let mut out = self.conditions_named(&self.data_inputs(program), from, n);
        for (name, values, size) in &self.codes {
            let shapes = self.inputs(program, Role::Data).into_iter();
            let name = Input::Code(name.clone()).to_string();
            let Some((_, event)) = shapes.into_iter().find(|(input, _)| *input == name) else { continue };
            let rows = (values.len() / size.max(&1)).max(1);
            let row = |i: usize| values.get(i % rows * size..(i % rows + 1) * size).unwrap_or_default();
            let all = (from..from + n).flat_map(row).copied().collect();
            let shape: Vec<usize> = std::iter::once(n).chain(event.into_iter().skip(1)).collect();
            out.insert(name, Tensor::from_f32(&self.device, all, &shape));
        }
        out
    }

    /// The same of these data variables.
    pub fn conditions_named(&self, wanted: &[String], from: usize, n: usize) -> Batch {
        let mut out = Batch::new();
        for (item, set) in self.typed.data.iter().zip(&self.sets) {
            let part = if set.test.n > 0 { &set.test } else { &set.train };
            for (i, v) in item.vars.iter().enumerate().filter(|(_, v)| wanted.contains(&v.name)) {
                let in_turn = in_turn(&v.ty).filter(|_| !self.given_rows.contains(&v.name));
                let t = match (self.given.get(&v.name), in_turn) {
                    (Some(value), _) => Tensor::from_f32(&self.device, vec![*value; n], &[n]),
                    (None, Some(k)) => {
                        let classes = (from..from + n).map(|i| (i % k) as f32).collect();
                        Tensor::from_f32(&self.device, classes, &[n])
                    }
                    (None, None) => {
                        let rows: Vec<usize> = (from..from + n).collect();
                        let Some(t) = self.rows(part, i, &rows) else { continue };
                        t
                    }
                };
                out.insert(v.name.clone(), t);
            }
        }
        out
    }

    /// Rows `rows` of every variable, uploaded, with the blocks of these data (of the test part: where they
    /// have been inferred). Items are read at the same rows; an index past an item's end wraps around.
    pub fn batch(&self, test: bool, rows: &[usize]) -> Batch {
        self.batch_of(test, &|_| rows.to_vec())
    }

    /// Rows of the first `most` test examples for payoffs, which may read several items: as in training, which rows of
    /// one item meet which of the next follows from the seed, not from where they stand in their files.
    pub fn unpaired_batch(&self, rows: &[usize], most: usize, seed: u64) -> Batch {
        self.batch_of(true, &|item| {
            let n = self.sets.get(item).map_or(0, |p| p.test.n.min(most));
            apart(rows, n, item, seed)
        })
    }

    /// Of each item the rows that `of` says.
    fn batch_of(&self, test: bool, of: &dyn Fn(usize) -> Vec<usize>) -> Batch {
        let mut out = Batch::new();
        for (k, (item, set)) in self.typed.data.iter().zip(&self.sets).enumerate() {
            let (part, rows) = (if test { &set.test } else { &set.train }, of(k));
            out.extend(self.weights(item, part, &rows));
            // Of a file that is asked about only some variables may have been read.
            let there = |c: &Column| part.n == 0 || c.values.len() >= part.in_memory() * c.ty.size();
            for (i, (v, _)) in item.vars.iter().zip(&part.columns).enumerate().filter(|(_, (_, c))| there(c))
            {
                out.extend(self.rows(part, i, &rows).map(|t| (v.name.clone(), t)));
            }
        }
        for (path, table) in if test { &self.inferred } else { &self.tables } {
            out.extend(table.rows(&self.device, &of(table.item)).map(|t| (path.clone(), t)));
        }
        out
    }

    /// Test examples as [`Session::batch`] gives them, but what a program would draw anew in each run
    /// (`binarize: dynamic`) is drawn here, once for each row and seed. An average over several runs, log
    /// (1/K) Σ p(x, z) / q(z | x), is a bound only for one and the same x.
    pub fn fixed_batch(&self, rows: &[usize], seed: u64) -> Batch {
        let mut out = self.batch(true, rows);
        for item in self.typed.data.iter().filter(|d| d.dynamic) {
            let Some((v, t)) = item.vars.first().and_then(|v| Some((v, out.get(&v.name)?))) else { continue };
            let (shape, mut values) = (t.shape().to_vec(), t.to_f32());
            for (row, x) in rows.iter().zip(values.chunks_mut(v.ty.size().max(1))) {
                let u = random::values(
                    RandomKind::Uniform,
                    Purpose::Datum { row: *row as u64 }.key(seed),
                    random::salt(&v.name),
                    0,
                    x.len(),
                );
                x.iter_mut().zip(u).for_each(|(x, u)| *x = f32::from(u8::from(u < *x)));
            }
            let name = v.name.clone();
            out.insert(name, Tensor::from_f32(&self.device, values, &shape));
        }
        out
    }

    /// How much these rows count, where the programs read it: rows that are asked about and have no weights count as 1.
    pub fn weights(&self, item: &TData, part: &Part, rows: &[usize]) -> Option<(String, Tensor)> {
        item.weighted().then(|| {
            let each = rows.iter().map(|r| part.weight(*r)).collect();
            (Input::Weight.to_string(), Tensor::from_f32(&self.device, each, &[rows.len()]))
        })
    }

    /// How much a row of the test part counts in means over it.
    pub fn test_weight(&self, row: usize) -> f64 {
        let weighted = self.typed.data.iter().zip(&self.sets).find(|(item, _)| item.weighted());
        weighted.map_or(1.0, |(_, set)| f64::from(set.test.weight(row)))
    }

    /// Rows of one column as a tensor `[rows, ..event]`. What cannot be read is told by the program that runs on it.
    pub fn rows(&self, part: &Part, column: usize, rows: &[usize]) -> Option<Tensor> {
        let n = part.n;
        let values = match &part.stored {
            Some(stored) if column == 0 => {
                let events: Vec<usize> =
                    rows.iter().map(|r| part.event(if n == 0 { 0 } else { r % n })).collect();
                return self.events(part, rows.len(), ahead::all(stored, &events));
            }
            _ => part.columns.get(column)?,
        };
        Some(self.of_memory(values, n, rows))
    }

    /// Events that were read of a file as a tensor.
    pub fn events(&self, part: &Part, n: usize, read: Result<Vec<f32>, DataIssue>) -> Option<Tensor> {
        let ty = &part.columns.first()?.ty;
        let values = read.unwrap_or_else(|issue| {
            self.unread.replace(Some(issue));
            vec![0.0; n * ty.size()]
        });
        let shape: Vec<usize> = std::iter::once(n).chain(ty.shape.iter().copied()).collect();
        Some(Tensor::from_f32(&self.device, values, &shape))
    }

    fn of_memory(&self, column: &Column, n: usize, rows: &[usize]) -> Tensor {
        let size = column.ty.size();
        let mut values = Vec::with_capacity(rows.len() * size);
        for r in rows {
            let r = if n == 0 { 0 } else { r % n };
            values.extend_from_slice(column.values.get(r * size..(r + 1) * size).unwrap_or(&[]));
        }
        let mut shape = vec![rows.len()];
        shape.extend(&column.ty.shape);
        Tensor::from_f32(&self.device, values, &shape)
    }
}

/// Rows of a data item of `n` examples that meet these of the first one: those in an order of its own; the first item keeps its order.
fn apart(rows: &[usize], n: usize, item: usize, seed: u64) -> Vec<usize> {
    if item == 0 || n == 0 {
        return rows.to_vec();
    }
    let order = shuffled(n, Purpose::Pairing { item: item as u64 }.key(seed));
    rows.iter().filter_map(|row| order.get(row % n).copied()).collect()
}

/// The numbers below `n` in an order that follows from the key.
fn shuffled(n: usize, key: RngKey) -> Vec<usize> {
    let mut order: Vec<(u32, usize)> = random::values(RandomKind::Uniform, key, 0, 0, n)
        .into_iter()
        .enumerate()
        // Numbers from 0 to 1 are ordered as their bits are.
        .map(|(i, u)| (u.to_bits(), i))
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, i)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn items_meet_at_other_rows() {
        let rows: Vec<usize> = (0..200).collect();
        assert_eq!(apart(&rows, 200, 0, 7), rows, "the first item keeps its order");
        let [one, two] = [apart(&rows, 200, 1, 7), apart(&rows, 200, 2, 7)];
        // Of n rows in a fair order one is expected where it was, and as many beside their neighbour as without one.
        let stay = |other: &[usize]| rows.iter().zip(other).filter(|(a, b)| a == b).count();
        assert!(stay(&one) < 8 && stay(&two) < 8 && one != two);
        assert!(one.windows(2).filter(|w| w[1] == w[0] + 1).count() < 8);
        assert_eq!(apart(&rows, 200, 1, 7), one, "the seed decides");
        assert_ne!(apart(&rows, 200, 1, 8), one);
        let mut all = one.clone();
        all.sort_unstable();
        assert_eq!(all, rows, "each row once");
        // A chunk is a part of the whole; an item that is shorter begins again.
        assert_eq!(apart(&rows[50..60], 200, 1, 7), one[50..60]);
        assert!(apart(&rows, 3, 1, 7).iter().all(|row| *row < 3));
        assert!(apart(&[], 2, 1, 7).is_empty() && apart(&[0], 0, 1, 7) == [0]);
    }
}
