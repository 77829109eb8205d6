//! A table that names the classes of files.

use super::table::{Reading, Table};
use super::{DataIssue, Host};
use std::collections::BTreeMap;

/// Classes by the names of files.
pub(super) struct Labels {
    names: Vec<String>,
    classes: BTreeMap<String, usize>,
}

/// The last part of a path, however it is written.
fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

impl Labels {
    /// Reads a table: its columns `file` and `label`, else the first two.
    ///
    /// # Errors
    /// A table that cannot be read, or has a single column.
    pub(super) fn read(file: &str, host: &dyn Host) -> Result<Labels, DataIssue> {
        let bytes = host
            .read(None, file)
            .map_err(|e| DataIssue::unreadable(&format!("file `{file}`"), &e, "check the path"))?;
        let how = Reading {
            delimiter: None,
            header: None,
            named: vec!["file", "label"],
            numeric: &|_, _| Some(false),
        };
        let table = Table::read(file, &bytes, &how)?;
        if table.width < 2 {
            return Err(DataIssue::new(
                format!("`{file}` has a single column"),
                "a table of labels names files in one column and their classes in another, `file,label`",
            ));
        }
        let column = |name: &str, other: usize| table.names.iter().position(|n| n == name).unwrap_or(other);
        let (of_file, of_label) = (column("file", 0), column("label", 1));
        let mut names: Vec<String> = (0..table.len()).map(|r| table.cell(r, of_label).to_string()).collect();
        names.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            (Ok(_), Err(_)) | (Err(_), Ok(_)) | (Err(_), Err(_)) => a.cmp(b),
        });
        names.dedup();
        let class = |r: usize| names.iter().position(|n| n == table.cell(r, of_label));
        let classes = (0..table.len())
            .filter_map(|r| Some((base(table.cell(r, of_file)).to_string(), class(r)?)))
            .collect();
        Ok(Labels { names, classes })
    }

    /// What the classes are called, by number.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The class of a file, by the last part of its path.
    pub(super) fn class(&self, path: &str) -> Option<f32> {
        self.classes.get(base(path)).map(|c| *c as f32)
    }
}
