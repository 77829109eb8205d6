//! Parts of a set: what training sees, what it is watched on, and what is kept for the end.
//!
//! Rows are shuffled by the run's seed before they are parted, and parted class by class where there is a class, so that a sorted file
//! leaves no class out; `split in order (..)` keeps the order instead, as series in time need it: data with a variable that is declared `Time`
//! are parted in its order unless they say `by: chance`. Rows that a source groups stay together. A part keeps the order of the file.

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
    /// The variable, by number, in whose order of time rows are parted.
    pub time: Option<usize>,
    /// Whether a validation part is held back where nothing is said: of data from files that have no test part of their own.
    pub watched: bool,
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
/// Share of data from a file that is their validation part where nobody says.
const VALID: f64 = 0.1;
/// Of fewer rows none are held back for validation unasked: a few rows say nothing.
const LEAST_WATCHED: usize = 50;
/// Keeps the stream of this shuffle apart from those of the generators.
const STREAM: u64 = 0x73_70_6c_69_74;

impl Split {
    fn share(&self, part: &str) -> Option<f64> {
        self.parts.iter().find(|(n, _)| n == part).map(|p| p.1)
    }

    /// Parts a loaded set. A source's own test part is kept, unless `split` asks for one of another size.
    pub fn parts(&self, set: Dataset, seed: u64) -> Parts {
        let Dataset { train, test, mut notes, labels, groups } = set;
        let (n, own) = (train.n, test.is_some());
        let wanted = self.wanted(n, own);
        if own && self.share("test").is_some() {
            notes.push(
                "the source's own test part is left out: `split` asks for one of the training part".into(),
            );
        }
        let [tests, valids, trains] = if groups.len() == n && n > 0 && !self.in_order && self.time.is_none() {
            by_group(&groups, seed, wanted)
        } else {
            let order = self.order(&train, seed);
            if self.in_order || self.time.is_some() {
                in_order(&order, wanted)
            } else {
                apart(&order, wanted)
            }
        };
        let left = n - tests.len() - valids.len() - trains.len();
        if left > 0 {
            notes.push(format!(
                "{left} of {n} rows are in no part: the fractions of `split` sum to less than 1"
            ));
        }
        if self.parts.is_empty() && !own {
            let sizes = [trains.len(), valids.len(), tests.len()];
            notes.push(self.said(&train, sizes, !groups.is_empty()));
        }
        let own = if self.share("test").is_some() { None } else { test };
        let pick = |mut rows: Vec<usize>| {
            rows.sort_unstable();
            rows_of(&train, &rows)
        };
        let test = own.unwrap_or_else(|| pick(tests));
        let (mut valid, mut train, mut test) = (pick(valids), pick(trains), test);
        weighed(&mut train, [&mut valid, &mut test]);
        Parts { train, valid, test, notes, labels }
    }

    /// How many of `n` rows are for testing, validation and training; `own`: the source has a test part.
    fn wanted(&self, n: usize, own: bool) -> [usize; 3] {
        let [of_train, of_valid, of_test] = ["train", "valid", "test"].map(|p| self.share(p));
        let watched = self.watched && !own && self.parts.is_empty() && n >= LEAST_WATCHED;
        let of_valid = of_valid.or(watched.then_some(VALID));
        let valid = of_valid.unwrap_or(0.0);
        let test_share = match of_test {
            Some(share) => share,
            None if own => 0.0,
            None => of_train.map_or(TEST, |t| (1.0 - t - valid).max(0.0)),
        };
        let [held_test, held_valid] = [(test_share, true), (valid, of_valid.is_some())]
            .map(|(share, asked)| if asked { count(n, share) } else { 0 });
        let held_valid = held_valid.min(n.saturating_sub(held_test + 1));
        let kept = match of_train {
            Some(share) => {
                ((n as f64 * share).round() as usize).clamp(usize::from(n > 0), n - held_test - held_valid)
            }
            None => n - held_test - held_valid,
        };
        [held_test, held_valid, kept]
    }

    /// What was decided where nothing was said; `grouped`: rows of a group stay together.
    fn said(&self, train: &Part, [trains, valids, tests]: [usize; 3], grouped: bool) -> String {
        let how = if self.time.is_some() {
            "in the order of time"
        } else if grouped {
            "shuffled by the seed, group by group"
        } else if class_column(train).is_some() {
            "shuffled by the seed, class by class"
        } else {
            "shuffled by the seed"
        };
        let valid = if valids > 0 { format!(", {valids} for validation") } else { String::new() };
        let example = if valids > 0 { "train 0.7, valid 0.1, test 0.2" } else { "train 0.8, test 0.2" };
        let other = if self.time.is_some() {
            "`by: chance` among them shuffles"
        } else {
            "`split in order (..)` keeps the order"
        };
        format!(
            "{trains} rows are for training{valid} and {tests} for testing, {how}; `split ({example})` says otherwise, {other}"
        )
    }

    /// The rows in the order in which they are parted: as time says, or shuffled, and class by class where there is a class.
    fn order(&self, part: &Part, seed: u64) -> Vec<usize> {
        if let Some(column) = self.time.and_then(|v| part.columns.get(v)) {
            let mut order: Vec<usize> = (0..part.n).collect();
            let at = |row: &usize| column.values.get(*row).copied().unwrap_or(f32::INFINITY);
            order.sort_by(|a, b| at(a).total_cmp(&at(b)));
            return order;
        }
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

/// Whole groups in an order of the seed's, each to the part that is farthest from full.
fn by_group(groups: &[usize], seed: u64, wanted: [usize; 3]) -> [Vec<usize>; 3] {
    let most = groups.iter().copied().max().unwrap_or(0);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); most + 1];
    for (row, group) in groups.iter().enumerate() {
        if let Some(of) = members.get_mut(*group) {
            of.push(row);
        }
    }
    let mut parts: [Vec<usize>; 3] = Default::default();
    for group in SplitMix::new(seed ^ STREAM).permutation(members.len()) {
        let Some(rows) = members.get(group) else { continue };
        let room = |(part, want): (&Vec<usize>, usize)| {
            if want == 0 { f64::NEG_INFINITY } else { 1.0 - part.len() as f64 / want as f64 }
        };
        let rooms: Vec<f64> = parts.iter().zip(wanted).map(room).collect();
        let best = (0..3).rev().max_by(|a, b| {
            let of = |i: &usize| rooms.get(*i).copied().unwrap_or(f64::NEG_INFINITY);
            of(a).total_cmp(&of(b))
        });
        if let Some(part) = best.and_then(|i| parts.get_mut(i)) {
            part.extend(rows);
        }
    }
    parts
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

/// Weights over their mean in the training part, so that they neither lengthen nor shorten its steps.
fn weighed(train: &mut Part, others: [&mut Part; 2]) {
    let mean = train.weights.iter().map(|w| f64::from(*w)).sum::<f64>() / train.weights.len().max(1) as f64;
    if mean > 0.0 {
        let all = [&mut train.weights].into_iter().chain(others.map(|part| &mut part.weights));
        all.flatten().for_each(|w| *w = (f64::from(*w) / mean) as f32);
    }
}

/// These rows of every column.
fn rows_of(part: &Part, rows: &[usize]) -> Part {
    let columns = part.columns.iter().enumerate().map(|(i, c)| {
        let size = c.ty.size();
        if let (0, Some(stored)) = (i, &part.stored) {
            // What cannot be read is told where it is wanted.
            let event = |row: usize| rows.get(row).copied().unwrap_or(0);
            let values = stored.some(rows.len(), event).unwrap_or_default();
            return Column { ty: c.ty.clone(), values };
        }
        let values = rows
            .iter()
            .flat_map(|r| c.values.get(r * size..(r + 1) * size).unwrap_or_default())
            .copied()
            .collect();
        Column { ty: c.ty.clone(), values }
    });
    let weights = rows.iter().filter_map(|r| part.weights.get(*r).copied()).collect();
    Part {
        n: rows.len(),
        columns: columns.collect(),
        rows: rows.to_vec(),
        names: part.names.clone(),
        weights,
        stored: part.stored.clone(),
    }
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
        Split {
            parts: parts.iter().map(|(n, x)| ((*n).to_string(), *x)).collect(),
            in_order,
            ..Split::default()
        }
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

    #[test]
    fn files_keep_a_part_for_validation_back_unless_they_are_small() {
        let s = Split { watched: true, ..Split::default() };
        let p = s.parts(set(200, 2), 5);
        assert_eq!((p.train.n, p.valid.n, p.test.n), (160, 20, 20));
        assert!(
            p.notes
                .iter()
                .any(|n| n.starts_with("160 rows are for training, 20 for validation and 20 for testing")),
            "{:?}",
            p.notes
        );
        let p = s.parts(set(40, 2), 5);
        assert_eq!((p.train.n, p.valid.n, p.test.n), (36, 0, 4));
        let own = Dataset { test: Some(set(5, 0).train), ..set(100, 0) };
        let p = s.parts(own, 0);
        assert_eq!(
            (p.train.n, p.valid.n, p.test.n),
            (100, 0, 5),
            "who has a test part of their own has parted the data"
        );
        let said = Split { watched: true, ..split(&[("test", 0.5)], false) }.parts(set(200, 2), 5);
        assert_eq!((said.train.n, said.valid.n, said.test.n), (100, 0, 100));
    }

    #[test]
    fn weights_are_1_on_average_over_the_training_part() {
        let mut weighted = set(100, 0);
        weighted.train.weights = (0..100).map(|i| i as f32).collect();
        let p = split(&[("train", 0.6), ("valid", 0.2), ("test", 0.2)], false).parts(weighted, 3);
        let mean = p.train.weights.iter().sum::<f32>() / 60.0;
        assert!((mean - 1.0).abs() < 1e-5, "{mean}");
        // All parts by the same number: a weight is to another as it was.
        let all = [&p.train, &p.valid, &p.test];
        let ratios = all.iter().flat_map(|p| p.rows.iter().zip(&p.weights)).filter(|(r, _)| **r > 0);
        let ratios: Vec<f32> = ratios.map(|(r, w)| w / *r as f32).collect();
        assert!(
            ratios.len() > 98
                && ratios.iter().all(|r| (r / ratios.first().copied().unwrap_or(0.0) - 1.0).abs() < 1e-5)
        );
    }

    #[test]
    fn time_is_not_shuffled() {
        let mut later = set(100, 0);
        for c in &mut later.train.columns {
            c.values.reverse();
        }
        let p = Split { time: Some(0), ..Split::default() }.parts(later, 1);
        // The file runs backwards in time: the latest rows are its first ones, and a part keeps the order of the file.
        assert_eq!(numbers(&p.test), (90..100).rev().map(|i| i as f32).collect::<Vec<_>>());
        assert!(p.notes.iter().any(|n| n.contains("in the order of time")), "{:?}", p.notes);
    }

    #[test]
    fn groups_stay_together_and_every_part_that_is_asked_for_has_some() {
        for seed in 0..20 {
            let groups: Vec<usize> = (0..200).map(|i| i / 7).collect();
            let grouped = Dataset { groups: groups.clone(), ..set(200, 0) };
            let p = split(&[("train", 0.7), ("valid", 0.1), ("test", 0.2)], false).parts(grouped, seed);
            let of = |p: &Part| {
                p.rows
                    .iter()
                    .filter_map(|r| groups.get(*r).copied())
                    .collect::<std::collections::BTreeSet<_>>()
            };
            let [a, b, c] = [of(&p.train), of(&p.valid), of(&p.test)];
            assert!(a.is_disjoint(&b) && a.is_disjoint(&c) && b.is_disjoint(&c));
            assert_eq!(p.train.n + p.valid.n + p.test.n, 200);
            assert!(
                (133..=147).contains(&p.train.n)
                    && (14..=27).contains(&p.valid.n)
                    && (33..=47).contains(&p.test.n),
                "{} {} {}",
                p.train.n,
                p.valid.n,
                p.test.n
            );
        }
    }
}
