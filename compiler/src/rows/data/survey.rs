//! What the columns of a table hold that nobody has declared yet.

use super::DataIssue;
use super::dates::is_date;
use super::table::{Reading, Table, missing, truth};
use std::collections::BTreeSet;

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Surveyed {
    /// Its name.
    pub name: String,
    /// Cells that are missing.
    pub missing: usize,
    /// What its other cells are.
    pub holds: Holds,
}

/// What the cells of a column are, those that are missing left out.
#[derive(Clone, Debug, PartialEq)]
pub enum Holds {
    /// All cells are missing.
    Nothing,
    /// One value only.
    Constant,
    /// Truth values, both of them.
    Flags,
    /// Whole numbers from 0, few enough to be counted.
    Whole {
        /// The largest.
        most: f64,
        /// Their mean.
        mean: f64,
        /// Their deviation.
        deviation: f64,
    },
    /// Whole numbers that count the rows, no two alike and hardly any left out.
    RowNumbers,
    /// Numbers with a decimal comma.
    Commas,
    /// Numbers above 0 that are likelier as `LogNormal` than as `Normal`: the mean and deviation of their logarithms.
    Skewed {
        /// Of the logarithms.
        mean: f64,
        /// Of the logarithms.
        deviation: f64,
    },
    /// Other numbers.
    Numbers {
        /// Their mean.
        mean: f64,
        /// Their deviation.
        deviation: f64,
    },
    /// Dates.
    Dates,
    /// Texts.
    Texts {
        /// How many different ones.
        different: usize,
        /// Some are numbers, which classes may not be beside texts.
        mixed: bool,
    },
}

/// Larger whole numbers are numbers like others.
const COUNTED: f64 = 4000.0;
/// So few rows may have all numbers by chance.
const FEW: usize = 20;

/// The columns of a table whose first line names them.
///
/// # Errors
/// Bytes that are no table, columns without names, or of one name.
pub fn survey(file: &str, bytes: &[u8]) -> Result<Vec<Surveyed>, DataIssue> {
    let how = Reading { delimiter: None, header: Some(true), named: Vec::new(), numeric: &|_, _| None };
    let table = Table::read(file, bytes, &how)?;
    let named = |n: &String| !n.is_empty() && n.parse::<f64>().is_err();
    if !table.names.iter().all(named) {
        return Err(DataIssue::new(
            format!("`{file}` has no line of names above its rows"),
            "give its columns names in the first line",
        ));
    }
    if let Some(twice) = table.names.iter().find(|n| table.names.iter().filter(|m| m == n).count() > 1) {
        return Err(DataIssue::new(
            format!("`{file}` has several columns `{twice}`"),
            "give each column a name of its own in the first line",
        ));
    }
    let column = |(c, name): (usize, &String)| {
        let cells: Vec<&str> =
            (0..table.len()).map(|r| table.cell(r, c)).filter(|cell| !missing(cell)).collect();
        Surveyed { name: name.clone(), missing: table.len() - cells.len(), holds: holds(&cells) }
    };
    Ok(table.names.iter().enumerate().map(column).collect())
}

fn holds(cells: &[&str]) -> Holds {
    let different: BTreeSet<&str> = cells.iter().copied().collect();
    if different.len() < 2 {
        return if different.is_empty() { Holds::Nothing } else { Holds::Constant };
    }
    let flag = |c: &&str| truth(c).is_some() || matches!(*c, "0" | "1");
    if different.iter().all(flag) {
        return Holds::Flags;
    }
    let numbers: Vec<f64> =
        cells.iter().filter_map(|c| c.parse::<f64>().ok()).filter(|v| v.is_finite()).collect();
    if numbers.len() < cells.len() {
        let comma = |c: &&str| c.replace(',', ".").parse::<f64>().is_ok();
        return if different.iter().all(|c| is_date(c)) {
            Holds::Dates
        } else if different.iter().all(comma) {
            Holds::Commas
        } else {
            Holds::Texts { different: different.len(), mixed: !numbers.is_empty() }
        };
    }
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let (mean, deviation) = moments(&numbers);
    if numbers.iter().all(|v| v.fract() == 0.0) {
        let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let n = numbers.len() as f64;
        if different.len() == cells.len() && cells.len() > FEW && most - least < 1.1 * n {
            return Holds::RowNumbers;
        }
        if least >= 0.0 && most <= COUNTED {
            return Holds::Whole { most, mean, deviation };
        }
    }
    if least > 0.0 {
        let logs: Vec<f64> = numbers.iter().map(|v| v.ln()).collect();
        let (log_mean, log_deviation) = moments(&logs);
        // Mean log-density of each at its best parameters, but for a constant that both have.
        if -log_deviation.ln() - log_mean > -deviation.ln() {
            return Holds::Skewed { mean: log_mean, deviation: log_deviation };
        }
    }
    Holds::Numbers { mean, deviation }
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::{Holds, survey};

    #[test]
    fn columns_are_what_their_cells_are() {
        let text = "a;b;c;d;e;f;g;h;i;j\n\
            1;0.5;yes;3;x;2024-01-01;7;;1;1\n\
            0;100;no;4;\"y;z\";2024-02-01;7;;2;a\n\
            1;3;no;4;x;;7;NA;3;b\n";
        let of = |name: &str| {
            let all = survey("t.csv", text.as_bytes()).ok().unwrap();
            all.into_iter().find(|c| c.name == name).map(|c| (c.missing, c.holds)).unwrap()
        };
        assert_eq!(of("a"), (0, Holds::Flags));
        assert_eq!(of("c"), (0, Holds::Flags));
        // (ln 0.5 + ln 100 + ln 3) / 3
        let (0, Holds::Skewed { mean, .. }) = of("b") else { panic!("{:?}", of("b")) };
        assert!((mean - 1.670_211_764_8).abs() < 1e-9, "{mean}");
        let (0, Holds::Whole { most: 4.0, mean, .. }) = of("d") else { panic!("{:?}", of("d")) };
        assert!((mean - 11.0 / 3.0).abs() < 1e-12);
        assert_eq!(of("e"), (0, Holds::Texts { different: 2, mixed: false }));
        assert_eq!(of("f"), (1, Holds::Dates));
        assert_eq!(of("g"), (0, Holds::Constant));
        assert_eq!(of("h"), (3, Holds::Nothing));
        assert!(matches!(of("i"), (0, Holds::Whole { most: 3.0, .. })));
        assert_eq!(of("j"), (0, Holds::Texts { different: 3, mixed: true }));
        let rows = |f: &dyn Fn(usize) -> String| (0..30).map(f).collect::<String>();
        let one = |text: String| survey("t.csv", text.as_bytes()).ok().unwrap()[0].holds.clone();
        assert_eq!(one(format!("id\n{}", rows(&|i| format!("{}\n", 7 + i)))), Holds::RowNumbers);
        assert!(matches!(
            one(format!("pay\n{}", rows(&|i| format!("{}\n", 30_000 + 700 * i * i)))),
            Holds::Skewed { .. }
        ));
        assert_eq!(one(format!("x;y\n{}", rows(&|i| format!("{i},5;1\n")))), Holds::Commas);
        let even = survey("t.csv", b"x\n1.5\n2.5\n3.5\n4.5\n").ok().unwrap();
        assert_eq!(even[0].holds, Holds::Numbers { mean: 3.0, deviation: 1.25f64.sqrt() });
        assert!(survey("t.csv", b"1,2\n3,4\n").is_err());
        assert!(survey("t.csv", b"a,a\n3,4\n").is_err());
    }
}
