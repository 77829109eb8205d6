use super::{Column, DataIssue, DataRow, Dataset, Host, Part, at_most, verify};
use crate::event::{EventTy, Kind};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};

/// Tables from comma-separated files.
pub struct Csv;

impl Row for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }
    fn doc(&self) -> &'static str {
        "Rows of a comma-separated file: `csv(\"f.csv\", columns: [\"a\", \"b\"], label: \"species\")`. Columns are named by the header or numbered \
         from 0; without `columns` the datum is every column but the label. Yields `[columns]` of the declared kind, every cell being \
         checked against it; and, if asked for, the label: whole numbers below n, or n different texts in alphabetical order, as \
         `Class(n)`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const {
            &[
                ParamSpec { name: "file", kind: ArgKind::Text, default: None, doc: "Path of the table." },
                ParamSpec {
                    name: "columns",
                    kind: ArgKind::List,
                    default: Some(""),
                    doc: "Names or numbers of the datum's columns, in order.",
                },
                ParamSpec {
                    name: "label",
                    kind: ArgKind::Any,
                    default: Some(""),
                    doc: "Name or number of the label's column.",
                },
                ParamSpec {
                    name: "header",
                    kind: ArgKind::Word(&["auto", "true", "false"]),
                    default: Some("auto"),
                    doc: "Whether the first line names the columns; `auto`: if it holds a cell that is no number.",
                },
                ParamSpec {
                    name: "delimiter",
                    kind: ArgKind::Text,
                    default: Some(""),
                    doc: "The character between cells: a comma unless written.",
                },
            ]
        }
    }
}

/// A read file: cells by row, and the names of the columns where there is a header.
struct Table {
    file: String,
    names: Vec<String>,
    width: usize,
    rows: Vec<csv::StringRecord>,
}

fn read(args: &Args, host: &dyn Host) -> Result<Table, DataIssue> {
    let file = args.word("file").to_string();
    let bytes = host
        .read(None, &file)
        .map_err(|e| DataIssue::unreadable(&format!("file `{file}`"), &e, "check the path"))?;
    let delimiter = match args.word("delimiter").as_bytes() {
        [] => b',',
        [one] => *one,
        _ => {
            return Err(args
                .error("delimiter", "a delimiter is one ASCII character", "not one character")
                .into());
        }
    };
    let mut rows = Vec::new();
    for record in csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(bytes.as_slice())
        .into_records()
    {
        rows.push(record.map_err(|e| {
            DataIssue::new(
                format!("cannot read `{file}` as comma-separated values"),
                "every line must have as many cells as the first",
            )
            .note(e.to_string())
        })?);
    }
    let header = match args.word("header") {
        "true" => true,
        "false" => false,
        _ => rows.first().is_some_and(|r| r.iter().any(|c| c.trim().parse::<f64>().is_err())),
    };
    let names = if header && !rows.is_empty() {
        rows.remove(0).iter().map(|c| c.trim().to_string()).collect()
    } else {
        Vec::new()
    };
    let Some(width) = rows.first().map(csv::StringRecord::len) else {
        return Err(DataIssue::new(
            format!("`{file}` holds no rows"),
            "a table has at least one row below its header",
        ));
    };
    Ok(Table { file, names, width, rows })
}

impl Table {
    /// The number of a column that is named or numbered.
    fn column(&self, args: &Args, which: &str, column: &Const) -> Result<usize, DataIssue> {
        let found = match column {
            Const::Int(i) => usize::try_from(*i).ok().filter(|i| *i < self.width),
            Const::Text(name) | Const::Word(name) => self.names.iter().position(|n| n == name),
            Const::Num(_) | Const::List(_) | Const::Call(_) | Const::Range(..) | Const::Quantity(..) => None,
        };
        found.ok_or_else(|| {
            let columns = if self.names.is_empty() {
                format!("0 to {}, without names", self.width - 1)
            } else {
                self.names.join(", ")
            };
            let diag = args.error(which, format!("`{}` has no column {column}", self.file), "no such column");
            diag.note(format!("its columns: {columns}")).into()
        })
    }

    fn label(&self, args: &Args) -> Result<Option<usize>, DataIssue> {
        args.get("label").map(|c| self.column(args, "label", c)).transpose()
    }

    fn columns(&self, args: &Args) -> Result<Vec<usize>, DataIssue> {
        match args.get("columns") {
            Some(Const::List(list)) => list.iter().map(|c| self.column(args, "columns", c)).collect(),
            Some(one) => Ok(vec![self.column(args, "columns", one)?]),
            None => {
                let label = self.label(args)?;
                Ok((0..self.width).filter(|c| Some(*c) != label).collect())
            }
        }
    }

    fn number(&self, row: usize, column: usize) -> Result<f32, DataIssue> {
        let cell = self.rows.get(row).and_then(|r| r.get(column)).unwrap_or_default().trim();
        match cell.parse::<f32>() {
            Ok(v) if v.is_finite() => Ok(v),
            Ok(_) | Err(_) => {
                let name = self.names.get(column).cloned().unwrap_or_else(|| column.to_string());
                let what = if cell.is_empty() { "empty".to_string() } else { format!("{cell:?}") };
                Err(DataIssue::new(
                    format!("`{}` holds a cell that is no finite number", self.file),
                    "leave the column out with `columns: [..]`, or fill the cell",
                )
                .note(format!("row {row} (from 0, below the header), column {name} is {what}")))
            }
        }
    }

    /// Classes, and how many there are: texts in alphabetical order, or whole numbers (`None`: as many as declared).
    fn classes(&self, column: usize) -> (Vec<f32>, Option<usize>) {
        let cells: Vec<&str> = self.rows.iter().map(|r| r.get(column).unwrap_or_default().trim()).collect();
        if let Ok(numbers) = cells.iter().map(|c| c.parse::<f32>()).collect::<Result<Vec<f32>, _>>() {
            return (numbers, None);
        }
        let names: std::collections::BTreeSet<&str> = cells.iter().copied().collect();
        let names: Vec<&str> = names.into_iter().collect();
        (cells.iter().map(|c| names.binary_search(c).unwrap_or(0) as f32).collect(), Some(names.len()))
    }
}

impl DataRow for Csv {
    fn check(&self, args: &Args, declared: &[EventTy], host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("csv", declared, &["a row", "its label"])?;
        let table = read(args, host)?;
        let columns = table.columns(args)?;
        if columns.is_empty() {
            return Err(args.error("columns", "no columns", "an event has at least one element").into());
        }
        let mut types = Vec::new();
        for (i, ty) in declared.iter().enumerate() {
            types.push(match (i, ty.kind) {
                (0, kind) => {
                    let shape =
                        if ty.size() == columns.len() { ty.shape.clone() } else { vec![columns.len()] };
                    EventTy { kind, shape }
                }
                (_, kind) => {
                    let Some(label) = table.label(args)? else {
                        return Err(args
                            .error("label", "the second variable has no column", "no `label`")
                            .into());
                    };
                    let kind = match (table.classes(label).1, kind) {
                        (Some(n), _) => Kind::Class(n),
                        (None, kind) => kind,
                    };
                    EventTy { kind, shape: Vec::new() }
                }
            });
        }
        Ok(types)
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let table = read(args, host)?;
        let columns = table.columns(args)?;
        let n = table.rows.len();
        let mut part = Part { n, columns: Vec::new() };
        if let Some(ty) = types.first() {
            let mut values = Vec::with_capacity(n * columns.len());
            for row in 0..n {
                for column in &columns {
                    values.push(table.number(row, *column)?);
                }
            }
            verify(&table.file, ty, &values)?;
            part.columns.push(Column { ty: ty.clone(), values });
        }
        if let (Some(ty), Some(label)) = (types.get(1), table.label(args)?) {
            let values = table.classes(label).0;
            verify(&table.file, ty, &values)?;
            part.columns.push(Column { ty: ty.clone(), values });
        }
        Ok(Dataset { train: part, test: None })
    }
}
