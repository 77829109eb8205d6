//! Parts of a set: what training sees, what it is watched on, and what is kept for the end.
//!
//! Rows are shuffled by the run's seed before they are parted, and parted class by class where there is a class, so that a sorted file
//! leaves no class out; `split in order (..)` keeps the order instead, as series in time need it. A part keeps the order of the file.

use super::{Column, Dataset, Part, SplitMix};
use crate::event::Kind;

/// The names of the parts.
pub const PARTS: &[&str] = &["train", "valid", "test"];

/// What a data item says about its parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// `split (train 0.8, valid 0.1, test 0.1)`: part names and fractions, each at most once.
    pub parts: Vec<(String, f64)>,
    /// `split in order (..)`: training rows first, then validation, then test, as they stand in the file.
    pub in_order: bool,
}

/// A set in parts. Parts that there are not are empty.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// What training sees.
    pub train: Part,
    /// What is measured beside it while it lasts (`eval --part valid`).
    pub valid: Part,
    /// What it does not see until the end.
    pub test: Part,
    /// What was decided without being asked, a line each.
    pub notes: Vec<String>,
    /// What the classes of each variable are called (see [`Dataset::labels`]).
    pub labels: Vec<Vec<String>>,
}

/// Share of a set that is its test part where nobody says.
const TEST: f64 = 0.1;
/// Keeps the stream of this shuffle apart from those of the generators.
const STREAM: u64 = 0x73_70_6c_69_74;

impl Split {
    fn share(&self, part: &str) -> Option<f64> {
        self.parts.iter().find(|(n, _)| n == part).map(|p| p.1)
    }

    /// Parts a loaded set. A source's own test part is kept, unless `split` asks for one of another size.
    pub fn parts(&self, set: Dataset, seed: u64) -> Parts {
        let Dataset { train, test, mut notes, labels } = set;
        let [of_train, of_valid, of_test] = ["train", "valid", "test"].map(|p| self.share(p));
        let n = train.n;
        let valid = of_valid.unwrap_or(0.0);
        let test_share = match (&test, of_test) {
            (_, Some(share)) => share,
            (Some(_), None) => 0.0,
            (None, None) => of_train.map_or(TEST, |t| (1.0 - t - valid).max(0.0)),
        };
        if test.is_some() && of_test.is_some() {
            notes.push(
                "the source's own test part is left out: `split` asks for one of the training part".into(),
            );
        }
        let order = self.order(&train, seed);
        let [held_test, held_valid] = [(test_share, true), (valid, of_valid.is_some())]
            .map(|(share, asked)| if asked { count(n, share) } else { 0 });
        let held_valid = held_valid.min(n.saturating_sub(held_test + 1));
        let kept = match of_train {
            Some(share) => {
                ((n as f64 * share).round() as usize).clamp(usize::from(n > 0), n - held_test - held_valid)
            }
            None => n - held_test - held_valid,
        };
        let wanted = [held_test, held_valid, kept];
        let [tests, valids, trains] =
            if self.in_order { in_order(&order, wanted) } else { apart(&order, wanted) };
        let left = n - tests.len() - valids.len() - trains.len();
        if left > 0 {
            notes.push(format!(
                "{left} of {n} rows are in no part: the fractions of `split` sum to less than 1"
            ));
        }
        if self.parts.is_empty() && test.is_none() {
            notes.push(format!(
                "{} rows are for training and {} for testing, {}; `split (train 0.8, test 0.2)` says otherwise, `split in order (..)` keeps the order",
                trains.len(),
                tests.len(),
                if class_column(&train).is_some() { "shuffled by the seed, class by class" } else { "shuffled by the seed" },
            ));
        }
        let own = if of_test.is_some() { None } else { test };
        let pick = |mut rows: Vec<usize>| {
            rows.sort_unstable();
            rows_of(&train, &rows)
        };
        let test = own.unwrap_or_else(|| pick(tests));
        let (valid, train) = (pick(valids), pick(trains));
        Parts { train, valid, test, notes, labels }
    }

    /// The rows in the order in which they are parted: shuffled, and class by class where there is a class.
    fn order(&self, part: &Part, seed: u64) -> Vec<usize> {
        if self.in_order {
            return (0..part.n).collect();
        }
        let mut order = SplitMix::new(seed ^ STREAM).permutation(part.n);
        if let Some(classes) = class_column(part) {
            let class = |row: &usize| classes.values.get(*row).copied().unwrap_or(0.0);
            order.sort_by(|a, b| class(a).total_cmp(&class(b)));
        }
        order
    }
}

/// The column by which a set is stratified: the first of single classes or truth values.
fn class_column(part: &Part) -> Option<&Column> {
    part.columns.iter().find(|c| c.ty.shape.is_empty() && matches!(c.ty.kind, Kind::Class(_) | Kind::Bool))
}

/// The number of rows of a part that is asked for: at least one, while one is left.
fn count(n: usize, share: f64) -> usize {
    if share <= 0.0 {
        return 0;
    }
    ((n as f64 * share).round() as usize).clamp(usize::from(n > 1), n.saturating_sub(1))
}

/// Test rows last, validation rows before them, training rows first.
fn in_order(order: &[usize], [test, valid, train]: [usize; 3]) -> [Vec<usize>; 3] {
    let (rest, tests) = order.split_at(order.len() - test);
    let (rest, valids) = rest.split_at(rest.len() - valid);
    [tests.to_vec(), valids.to_vec(), rest.iter().take(train).copied().collect()]
}

/// Rows of each part spread evenly over `order`, so that each part has every class in proportion.
fn apart(order: &[usize], [test, valid, train]: [usize; 3]) -> [Vec<usize>; 3] {
    let (tests, rest) = spread(order, test);
    let (valids, rest) = spread(&rest, valid);
    let (trains, _) = spread(&rest, train);
    [tests, valids, trains]
}

/// `k` of `rows` at even distances, and the others.
fn spread(rows: &[usize], k: usize) -> (Vec<usize>, Vec<usize>) {
    let n = rows.len().max(1);
    let at = |i: usize| (2 * i * k + n) / (2 * n);
    let (mut taken, mut left) = (Vec::with_capacity(k), Vec::new());
    for (i, row) in rows.iter().enumerate() {
        if at(i + 1) > at(i) { taken.push(*row) } else { left.push(*row) }
    }
    (taken, left)
}

/// These rows of every column.
fn rows_of(part: &Part, rows: &[usize]) -> Part {
    let columns = part.columns.iter().map(|c| {
        let size = c.ty.size();
        let values = rows
            .iter()
            .flat_map(|r| c.values.get(r * size..(r + 1) * size).unwrap_or_default())
            .copied()
            .collect();
        Column { ty: c.ty.clone(), values }
    });
    Part { n: rows.len(), columns: columns.collect(), rows: rows.to_vec(), names: part.names.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventTy;

    fn set(n: usize, classes: usize) -> Dataset {
        let number = Column { ty: EventTy::real([1]), values: (0..n).map(|i| i as f32).collect() };
        let class = Column {
            ty: EventTy { kind: Kind::Class(classes), shape: Vec::new() },
            values: (0..n).map(|i| (i * classes / n) as f32).collect(),
        };
        let columns = if classes > 0 { vec![number, class] } else { vec![number] };
        Dataset { train: Part { n, columns, ..Part::default() }, ..Dataset::default() }
    }

    fn split(parts: &[(&str, f64)], in_order: bool) -> Split {
        Split { parts: parts.iter().map(|(n, x)| ((*n).to_string(), *x)).collect(), in_order }
    }

    fn numbers(p: &Part) -> Vec<f32> {
        p.columns.first().map(|c| c.values.clone()).unwrap_or_default()
    }

    #[test]
    fn a_sorted_file_leaves_no_class_out() {
        let parts = Split::default().parts(set(150, 3), 7);
        assert_eq!((parts.train.n, parts.valid.n, parts.test.n), (135, 0, 15));
        for class in [0.0, 1.0, 2.0] {
            let of =
                |p: &Part| p.columns.get(1).map_or(0, |c| c.values.iter().filter(|v| **v == class).count());
            assert_eq!((of(&parts.train), of(&parts.test)), (45, 5));
        }
    }

    #[test]
    fn parts_are_disjoint_and_depend_on_the_seed_alone() {
        let s = split(&[("train", 0.7), ("valid", 0.1), ("test", 0.2)], false);
        let (a, b, c) = (s.parts(set(100, 0), 1), s.parts(set(100, 0), 1), s.parts(set(100, 0), 2));
        let mut all: Vec<f32> = [&a.train, &a.valid, &a.test].into_iter().flat_map(numbers).collect();
        all.sort_by(f32::total_cmp);
        assert_eq!(all, (0..100).map(|i| i as f32).collect::<Vec<_>>());
        assert_eq!((a.train.n, a.valid.n, a.test.n), (70, 10, 20));
        assert_eq!(numbers(&a.test), numbers(&b.test));
        assert_ne!(numbers(&a.test), numbers(&c.test));
        assert_ne!(numbers(&a.test), (80..100).map(|i| i as f32).collect::<Vec<_>>());
    }

    #[test]
    fn order_is_kept_if_asked_and_what_is_left_over_is_told() {
        let p = split(&[("train", 0.5), ("test", 0.2)], true).parts(set(10, 0), 3);
        assert_eq!((numbers(&p.train), numbers(&p.test)), (vec![0.0, 1.0, 2.0, 3.0, 4.0], vec![8.0, 9.0]));
        assert!(p.notes.iter().any(|n| n.starts_with("3 of 10 rows are in no part")), "{:?}", p.notes);
        assert!(split(&[("test", 0.2)], false).parts(set(10, 0), 3).notes.is_empty());
    }

    #[test]
    fn a_sources_own_test_part_stays_beside_a_validation_part() {
        let own = Dataset { test: Some(set(5, 0).train), ..set(20, 0) };
        let p = split(&[("valid", 0.25)], false).parts(own.clone(), 0);
        assert_eq!((p.train.n, p.valid.n, p.test.n), (15, 5, 5));
        let p = split(&[("test", 0.5)], false).parts(own, 0);
        assert_eq!((p.train.n, p.test.n, p.notes.len()), (10, 10, 1));
    }

    #[test]
    fn few_rows() {
        for n in 1..6 {
            let p = split(&[("train", 0.4), ("valid", 0.3), ("test", 0.3)], false).parts(set(n, 0), 0);
            assert!(p.train.n >= 1 && p.train.n + p.valid.n + p.test.n <= n, "{n}: {}", p.train.n);
        }
    }
}
