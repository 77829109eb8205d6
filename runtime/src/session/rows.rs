//! The rows that a question is about: a part of the run's own data, or those of another file.

use super::host::FileHost;
use super::load::unreadable;
use super::{Codes, Session};
use crate::failure::Failure;
use gmc_compiler::event::EventTy;
use gmc_compiler::rows::data::Cells;
use gmc_compiler::rows::data::elsewhere::{Elsewhere, Wanted, elements};
use gmc_compiler::rows::data::reread::{holds, named, plainly, reread};
use gmc_compiler::rows::data::{Column, Part};
use gmc_compiler::types::TData;
use std::path::Path;

/// Which rows are asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// The run's own, which training does not see until the end.
    #[default]
    Test,
    /// What training saw.
    Train,
    /// What training was watched on.
    Valid,
    /// Those of a file.
    File(String),
}

impl About {
    /// As scores call it: `test`, or the name of the file.
    pub fn name(&self) -> &str {
        match self {
            About::Test => "test",
            About::Train => "train",
            About::Valid => "valid",
            About::File(name) => name,
        }
    }

    /// So many of them in words: `297 test examples`, `1 row of new.csv`.
    pub fn count(&self, n: usize) -> String {
        let rows = if n == 1 { "row" } else { "rows" };
        match self {
            About::Test => format!("{n} test examples"),
            About::Train => format!("{n} training examples"),
            About::Valid => format!("{n} validation examples"),
            About::File(name) => format!("{n} {rows} of {name}"),
        }
    }
}

/// What a question is about.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The data variables that it cannot be answered without.
    pub needed: Vec<String>,
    /// Those that say more where they are there.
    pub wished: Vec<String>,
}

impl From<Vec<String>> for Needs {
    fn from(needed: Vec<String>) -> Needs {
        Needs { needed, wished: Vec::new() }
    }
}

impl Session {
    /// Lets questions be about a part of the loaded data.
    ///
    /// # Errors
    /// A validation part that there is not.
    pub fn ask_about(&mut self, part: About) -> Result<(), Failure> {
        if part == About::Valid && self.sets.iter().all(|set| set.valid.n == 0) {
            return Err(Failure::new("the data have no validation part")
                .help("give them one: `data .. from .. split (train 0.8, valid 0.1, test 0.1)`"));
        }
        for set in &mut self.sets {
            match part {
                About::Train => set.test = set.train.clone(),
                About::Valid => set.test = set.valid.clone(),
                About::Test | About::File(_) => {}
            }
        }
        self.about = part;
        self.inferred.clear();
        Ok(())
    }

    /// Reads the rows of a file as variables of the run, and lets questions be about them. The run's own data need not be there.
    ///
    /// # Errors
    /// A file that cannot be read or that lacks a column; variables of several data items.
    pub fn ask_about_file(&mut self, path: &Path, needs: &Needs) -> Result<(), Failure> {
        let file = path.display().to_string();
        let item = self.item_of(&needs.needed).map_err(|all| {
            Failure::new(format!(
                "the question is about `{}`, which are not of the same rows, and {file} is one file",
                all.join("` and `")
            ))
            .help("leave the file out: the run's own parts are asked about")
        })?;
        self.read_into(item, path, needs)?;
        let short = path.file_name().map_or(file, |n| n.to_string_lossy().into_owned());
        self.about = About::File(short);
        Ok(())
    }

    /// Puts rows of a file in the place of the test part of a data item; the names of the variables that were read.
    ///
    /// # Errors
    /// As [`Session::ask_about_file`].
    pub fn read_into(&mut self, item: usize, path: &Path, needs: &Needs) -> Result<Vec<String>, Failure> {
        let (part, read) = self.read_rows(item, path, needs)?;
        let names: Vec<String> = self.variables_of(item).map(str::to_string).collect();
        let types: Vec<_> =
            self.typed.data.get(item).map_or(Vec::new(), |d| d.vars.iter().map(|v| v.ty.clone()).collect());
        let mut columns: Vec<Column> =
            types.into_iter().map(|ty| Column { ty, values: Vec::new() }).collect();
        for (name, column) in read.iter().zip(part.columns) {
            if let Some(slot) = names.iter().position(|n| n == name).and_then(|at| columns.get_mut(at)) {
                *slot = column;
            }
        }
        if let Some(set) = self.sets.get_mut(item) {
            set.test = Part { n: part.n, columns, ..Part::default() };
        }
        self.inferred.clear();
        Ok(read)
    }

    /// The data item that holds these variables, the first where there are none.
    ///
    /// # Errors
    /// The variables, where they are of several.
    fn item_of(&self, names: &[String]) -> Result<usize, Vec<String>> {
        let holds = |d: &TData| d.vars.iter().any(|v| names.contains(&v.name));
        let mut items = self.typed.data.iter().enumerate().filter(|(_, d)| holds(d)).map(|(i, _)| i);
        match (items.next(), items.next()) {
            (Some(_), Some(_)) => Err(names.to_vec()),
            (one, _) => Ok(one.unwrap_or(0)),
        }
    }

    fn variables_of(&self, item: usize) -> impl Iterator<Item = &str> {
        self.typed.data.get(item).into_iter().flat_map(|d| d.vars.iter().map(|v| v.name.as_str()))
    }

    /// Rows of a file as variables of a data item: those that are needed, and of those that are wished for what it holds; with their names.
    ///
    /// # Errors
    /// As [`Session::ask_about_file`].
    fn read_rows(&self, item: usize, path: &Path, needs: &Needs) -> Result<(Part, Vec<String>), Failure> {
        let Some(d) = self.typed.data.get(item) else {
            return Err(Failure::new("the spec has no data: there is nothing to read a file as"));
        };
        let file = path.display().to_string();
        let host = FileHost::new(0);
        let types: Vec<EventTy> = d.vars.iter().map(|v| v.ty.clone()).collect();
        let all: Vec<Wanted<'_>> = d
            .vars
            .iter()
            .enumerate()
            .map(|(number, v)| {
                let (columns, classes) = (self.columns(&v.name), self.labels(&v.name));
                Wanted { number, name: &v.name, ty: &v.ty, cells: v.cells, columns, classes }
            })
            .collect();
        let from = Elsewhere { file: &file, variables: &all, item: &types };
        let is_there = |w: &Wanted<'_>| holds(d.row, &d.args, &from, w, &host);
        let wanted = |w: &&Wanted<'_>| {
            let of = |names: &[String]| names.iter().any(|n| n == w.name);
            of(&needs.needed) || of(&needs.wished) && is_there(w)
        };
        let variables: Vec<Wanted<'_>> = all.iter().filter(wanted).copied().collect();
        if variables.is_empty() {
            let columns: Vec<String> = all.iter().flat_map(Wanted::elements).take(12).collect();
            return Err(Failure::new(format!("{file} holds no variable of the run"))
                .at("read", path)
                .help(format!("its variables have the columns `{}`", columns.join("`, `"))));
        }
        let from = Elsewhere { file: &file, variables: &variables, item: &types };
        let part = reread(d.row, &d.args, &from, &host).map_err(|issue| {
            let failure = unreadable(&file, issue).at("read", path);
            // What is said of a column that a spec names is no help here.
            match failure.help.is_some() && !failure.message.contains("has no column") {
                true => failure,
                false => {
                    let columns: Vec<String> = variables.iter().flat_map(Wanted::elements).take(12).collect();
                    failure.help(format!("the question is about the columns `{}`", columns.join("`, `")))
                }
            }
        })?;
        let names = variables.iter().map(|v| v.name.to_string()).collect();
        Ok((part, names))
    }

    /// Reads the hidden variables `known` that a file of codes holds, and how many rows it has.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds none of them.
    pub fn read_codes(&self, path: &Path, known: &[(String, EventTy)]) -> Result<(Codes, usize), Failure> {
        let file = path.display().to_string();
        let host = FileHost::new(0);
        let of = |(number, (name, ty))| Wanted {
            number,
            name,
            ty,
            cells: Cells::default(),
            columns: &[],
            classes: &[],
        };
        let known = known.iter().map(|(name, ty)| (name.as_str(), ty));
        let every: Vec<Wanted<'_>> = known.enumerate().map(of).collect();
        let from = Elsewhere { file: &file, variables: &every, item: &[] };
        let variables: Vec<Wanted<'_>> = match every.as_slice() {
            [only] => vec![*only],
            _ => every.iter().filter(|w| named(&from, w, &host)).copied().collect(),
        };
        if variables.is_empty() {
            let columns: Vec<String> = every.iter().flat_map(Wanted::elements).take(12).collect();
            return Err(Failure::new(format!("{file} holds no hidden variable of the model"))
                .at("read", path)
                .help(format!("their columns: `{}`", columns.join("`, `"))));
        }
        let from = Elsewhere { file: &file, variables: &variables, item: &[] };
        let part = plainly(&from, &host).map_err(|issue| unreadable(&file, issue).at("read", path))?;
        let codes = variables.iter().zip(&part.columns);
        let codes = codes.map(|(w, c)| (w.name.to_string(), c.values.clone(), w.ty.size().max(1))).collect();
        Ok((codes, part.n))
    }

    /// What the elements of a variable of the data are called in its own source; empty where they have no names.
    pub fn columns(&self, name: &str) -> &[String] {
        for (item, set) in self.typed.data.iter().zip(&self.sets) {
            if let Some(at) = item.vars.iter().position(|v| v.name == name) {
                let size = item.vars.get(at).map_or(0, |v| v.ty.size());
                let found = set.train.names.get(at).filter(|names| names.len() == size);
                return found.map_or(&[], Vec::as_slice);
            }
        }
        &[]
    }

    /// What the elements of a variable are called in tables: as in its own source, else `x`, or `x.0`, `x.1`, ..
    pub fn elements(&self, name: &str, size: usize) -> Vec<String> {
        let columns = self.columns(name);
        if columns.len() == size { columns.to_vec() } else { elements(name, size) }
    }

    /// Lets questions be about these variables of the rows that another session is asked about.
    ///
    /// # Errors
    /// A variable that they do not have, or as another type or with other classes.
    pub fn same_rows(&mut self, other: &Session, names: &[String]) -> Result<(), String> {
        for (item, set) in self.typed.data.iter().zip(&mut self.sets) {
            let mut columns = Vec::new();
            for v in &item.vars {
                let wanted = names.contains(&v.name);
                let found = other.test_column(&v.name).filter(|c| wanted && !c.values.is_empty());
                match found {
                    Some(c) if c.ty != v.ty => {
                        return Err(format!(
                            "it is about `{}: {}`, and the rows hold `{}: {}`",
                            v.name, v.ty, v.name, c.ty
                        ));
                    }
                    None if wanted => {
                        return Err(format!("it is about `{}`, which the rows do not hold", v.name));
                    }
                    Some(c) => columns.push(c.clone()),
                    None => columns.push(Column { ty: v.ty.clone(), values: Vec::new() }),
                }
            }
            if item.vars.iter().any(|v| names.contains(&v.name)) {
                set.test = Part { n: other.test_examples(), columns, ..Part::default() };
            }
        }
        let differ = |name: &&String| self.labels(name) != other.labels(name);
        if let Some(name) = names.iter().find(differ) {
            return Err(format!("the classes of its `{name}` are others"));
        }
        self.about = other.about.clone();
        self.inferred.clear();
        Ok(())
    }

    /// Lets questions be about at most the first `most` rows.
    pub fn keep_first(&mut self, most: usize) {
        for set in &mut self.sets {
            let n = set.test.n.min(most);
            for c in &mut set.test.columns {
                c.values.truncate(n * c.ty.size());
            }
            set.test.rows.truncate(n);
            set.test.n = n;
        }
        self.inferred.clear();
    }

    /// The numbers, from 1, of the first `n` rows that are asked about, in the file or the source that they are of.
    pub fn row_numbers(&self, n: usize) -> Vec<usize> {
        let most = self.test_examples();
        let set = self.sets.iter().find(|set| set.test.n == most);
        (0..n).map(|i| set.map_or(i + 1, |set| set.test.row(i))).collect()
    }
}
