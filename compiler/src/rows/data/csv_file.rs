use super::narrow::narrow;
use super::reread::{Elsewhere, Wanted};
use super::sequences::{SEQUENCE, Sequences, no_label};
use super::table::{Reading, Table};
use super::{Column, DataIssue, DataRow, Dataset, Host, OFFSET, Part, at_most, offsets};
use crate::event::{EventTy, Kind};
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};

row! {
    /// Rows of a comma-separated file: `csv("f.csv", columns: ["a", "b"], label: "species")`. Columns are named by the header or numbered
    /// from 0; without `columns` the datum is every column but the label. Cells are read as the declared types say: numbers for `Real`,
    /// `Int` and `Bool` (also true/false, yes/no), whole numbers below n or n different texts in alphabetical order for `Class(n)`. A cell
    /// that does not fit is an error. With `sequence: "id"` the rows of one `id` are an event `[T, columns]`, and a second variable is its
    /// length, for `x[t in forward(until: n)]`. `gmc data` shows what was decided about header, delimiter and classes. Without a test part the run
    /// splits one off.
    pub struct Csv = "csv" [
        ParamSpec { name: "file", kind: ArgKind::Text, default: None, doc: "Path of the table." },
        ParamSpec {
            name: "columns",
            kind: ArgKind::List,
            default: Some(""),
            doc: "Names or numbers of the datum's columns, in order.",
        },
        ParamSpec { name: "label", kind: ArgKind::Any, default: Some(""), doc: "Name or number of the label's column." },
        ParamSpec {
            name: "header",
            kind: ArgKind::Word(&["auto", "true", "false"]),
            default: Some("auto"),
            doc: "Whether the first line names the columns; `auto`: if it holds the names that are used, or cannot be data.",
        },
        ParamSpec {
            name: "delimiter",
            kind: ArgKind::Text,
            default: Some(""),
            doc: "The character between cells; unless written, the one of comma, semicolon, tab and bar that fits.",
        },
        SEQUENCE,
        OFFSET,
    ];
}

/// The names among columns that are named or numbered.
fn names(c: &Const) -> Vec<&str> {
    match c {
        Const::Text(name) | Const::Word(name) => vec![name.as_str()],
        Const::List(all) => all.iter().flat_map(names).collect(),
        Const::Int(_) | Const::Num(_) | Const::Call(_) | Const::Range(..) | Const::Quantity(..) => Vec::new(),
    }
}

fn read(args: &Args, declared: &[EventTy], host: &dyn Host) -> Result<Table, DataIssue> {
    let file = args.word("file").to_string();
    let bytes = host
        .read(None, &file)
        .map_err(|e| DataIssue::unreadable(&format!("file `{file}`"), &e, "check the path"))?;
    let delimiter = match args.word_if_given("delimiter").map(str::as_bytes) {
        None | Some([]) => None,
        Some([one]) => Some(*one),
        Some(_) => {
            return Err(args
                .error("delimiter", "a delimiter is one ASCII character", "not one character")
                .into());
        }
    };
    let header = match args.word("header") {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    let named =
        ["columns", "label", SEQUENCE.name].iter().filter_map(|a| args.get(a)).flat_map(names).collect();
    let number = |c: &Const| if let Const::Int(i) = c { usize::try_from(*i).ok() } else { None };
    let is_class = |v: usize| declared.get(v).is_some_and(|t| matches!(t.kind, Kind::Class(_)));
    let label = args.get("label").and_then(number);
    let sequence = args.get(SEQUENCE.name).and_then(number);
    let columns =
        args.get("columns").map(|_| args.items("columns").iter().filter_map(number).collect::<Vec<_>>());
    let numeric = |c: usize, _: usize| {
        if Some(c) == label {
            return Some(!is_class(1));
        }
        if Some(c) == sequence {
            return None;
        }
        columns.as_ref().is_none_or(|all| all.contains(&c)).then(|| !is_class(0))
    };
    Table::read(&file, &bytes, &Reading { delimiter, header, named, numeric: &numeric })
}

/// Which columns a spec uses.
struct Used {
    datum: Vec<usize>,
    label: Option<usize>,
    /// What says to which sequence a row belongs.
    sequence: Option<usize>,
}

fn column(table: &Table, args: &Args, which: &str, column: &Const) -> Result<usize, DataIssue> {
    if let Const::Text(name) | Const::Word(name) = column
        && table.names.iter().filter(|n| *n == name).count() > 1
    {
        let diag = args.error(which, format!("`{}` has several columns `{name}`", table.file), "which one?");
        return Err(diag.help("name it by its number, counted from 0").into());
    }
    let found = match column {
        Const::Int(i) => usize::try_from(*i).ok().filter(|i| *i < table.width),
        Const::Text(name) | Const::Word(name) => table.names.iter().position(|n| n == name),
        Const::Num(_) | Const::List(_) | Const::Call(_) | Const::Range(..) | Const::Quantity(..) => None,
    };
    found.ok_or_else(|| {
        let columns = match table.names.as_slice() {
            [] => format!("0 to {}, without names", table.width - 1),
            names => names.join(", "),
        };
        let diag = args.error(which, format!("`{}` has no column {column}", table.file), "no such column");
        diag.note(format!("its columns: {columns}")).into()
    })
}

fn used(table: &Table, args: &Args) -> Result<Used, DataIssue> {
    let label = args.get("label").map(|c| column(table, args, "label", c)).transpose()?;
    let sequence = args.get(SEQUENCE.name).map(|c| column(table, args, SEQUENCE.name, c)).transpose()?;
    let datum: Vec<usize> = match args.get("columns") {
        Some(_) => args
            .items("columns")
            .iter()
            .map(|c| column(table, args, "columns", c))
            .collect::<Result<_, _>>()?,
        None => (0..table.width).filter(|c| Some(*c) != label && Some(*c) != sequence).collect(),
    };
    if datum.is_empty() {
        return Err(args.error("columns", "no columns", "an event has at least one element").into());
    }
    Ok(Used { datum, label, sequence })
}

impl DataRow for Csv {
    fn check(&self, args: &Args, declared: &[EventTy], host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("csv", declared, &["a row", "its label"])?;
        let table = read(args, declared, host)?;
        let used = used(&table, args)?;
        if let Some(column) = used.sequence {
            no_label(self, args)?;
            return Sequences::of(&table, column)?.types(&table, declared, used.datum.len());
        }
        let mut types = Vec::new();
        for (i, ty) in declared.iter().enumerate() {
            let shape = if i == 0 {
                if ty.size() == used.datum.len() { ty.shape.clone() } else { vec![used.datum.len()] }
            } else if used.label.is_some() {
                Vec::new()
            } else {
                return Err(args.error("label", "the second variable has no column", "no `label`").into());
            };
            types.push(EventTy { kind: ty.kind, shape });
        }
        Ok(types)
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let mut table = read(args, types, host)?;
        let used = used(&table, args)?;
        if let (Some(column), Some(ty)) = (used.sequence, types.first()) {
            return sequences(table, args, &used.datum, (column, ty), (types, host));
        }
        let mut part = Part { n: table.len(), ..Part::default() };
        let label: Vec<usize> = used.label.into_iter().collect();
        let mut notes = std::mem::take(&mut table.notes);
        let mut labels = Vec::new();
        for (i, (ty, columns)) in types.iter().zip([&used.datum, &label]).enumerate() {
            let offset = if i == 0 { offsets(args)? } else { Vec::new() };
            let (values, names) = values(&table, ty, columns, (&offset, host.classes(i)), &mut notes)?;
            labels.push(names);
            part.columns.push(Column { ty: ty.clone(), values });
            part.names.push(columns.iter().filter_map(|c| table.names.get(*c).cloned()).collect());
        }
        Ok(Dataset { train: part, test: None, notes, labels })
    }

    fn reread(&self, args: &Args, from: &Elsewhere<'_>, host: &dyn Host) -> Option<Result<Part, DataIssue>> {
        let file = from.file.trim_end_matches(".gz").to_ascii_lowercase();
        if !(file.ends_with(".csv") || file.ends_with(".tsv")) {
            return None;
        }
        let mut args = args.clone();
        let at = args.span;
        args.set("file", Const::Text(from.file.to_string()), at);
        let names = |v: &Wanted<'_>| Const::List(v.columns.iter().cloned().map(Const::Text).collect());
        // Without a datum the label is all that is read.
        let label = args.get("label").cloned();
        for v in from.variables.iter().filter(|v| !v.columns.is_empty()) {
            args.set("header", Const::Word("true".into()), at);
            match v.number {
                0 => args.set("columns", names(v), at),
                _ => args.set("label", names(v), at),
            }
        }
        let sequence = args.get(SEQUENCE.name).is_some();
        match (from.variables, label) {
            ([only], Some(label)) if only.number > 0 => {
                let column = if only.columns.is_empty() { label } else { names(only) };
                args.set("columns", column, at);
                args.unset("label");
            }
            ([_], _) if !sequence => args.unset("label"),
            _ => {
                if let Some(Const::List(all)) = args.get("label").cloned()
                    && let [one] = all.as_slice()
                {
                    args.set("label", one.clone(), at);
                }
            }
        }
        Some(self.load(&args, &from.types(), host).map(|set| set.train))
    }
}

/// Whether a table that is read as these arguments of a table say (of one with other names: `None`) has all columns of a variable; true of what is no
/// table.
pub(super) fn has_columns(args: Option<&Args>, file: &str, wanted: &Wanted<'_>, host: &dyn Host) -> bool {
    let Ok(bytes) = host.read(None, file) else { return true };
    let delimiter = args.and_then(|a| a.word_if_given("delimiter")?.as_bytes().first().copied());
    let reading = Reading { delimiter, header: Some(false), named: Vec::new(), numeric: &|_, _| None };
    match Table::read(file, &bytes, &reading) {
        // Columns without names are counted.
        Ok(table) if args.is_some() && wanted.columns.is_empty() => match args.and_then(|a| a.get("label")) {
            Some(Const::Int(i)) if wanted.number > 0 => usize::try_from(*i).is_ok_and(|i| i < table.width),
            _ => true,
        },
        Ok(table) => {
            let first: Vec<&str> = (0..table.width).map(|c| table.cell(0, c)).collect();
            wanted.elements().iter().all(|e| first.contains(&e.as_str()))
        }
        Err(_) => true,
    }
}

/// Events of the rows of a sequence each, and their lengths.
fn sequences(
    mut table: Table,
    args: &Args,
    datum: &[usize],
    (column, ty): (usize, &EventTy),
    (types, host): (&[EventTy], &dyn Host),
) -> Result<Dataset, DataIssue> {
    let found = Sequences::of(&table, column)?;
    let mut notes = std::mem::take(&mut table.notes);
    notes.push(format!("{} sequences of at most {} rows", found.all.len(), found.longest));
    let row = EventTy { kind: ty.kind, shape: vec![datum.len()] };
    let (rows, names) = values(&table, &row, datum, (&offsets(args)?, host.classes(0)), &mut notes)?;
    let (events, lengths) = found.events(&rows, datum.len(), ty);
    let columns =
        [events, lengths].into_iter().zip(types).map(|(values, ty)| Column { ty: ty.clone(), values });
    let train = Part { n: found.all.len(), columns: columns.collect(), ..Part::default() };
    Ok(Dataset { train, test: None, notes, labels: vec![names, Vec::new()] })
}

/// The values of these columns, side by side, as their type says, less their offsets, and what the classes of a single column are called: as is known
/// already, or as the file calls them.
fn values(
    table: &Table,
    ty: &EventTy,
    columns: &[usize],
    (offset, known): (&[f64], Option<&[String]>),
    notes: &mut Vec<String>,
) -> Result<(Vec<f32>, Vec<String>), DataIssue> {
    if let Kind::Class(n) = ty.kind {
        let (mut each, mut called) = (Vec::new(), Vec::new());
        for c in columns {
            let classes = table.classes(*c, n, known)?;
            if !classes.names.is_empty() {
                let numbered: Vec<String> =
                    classes.names.iter().enumerate().map(|(i, n)| format!("{i} {n}")).collect();
                notes.push(format!("classes of {}: {}", table.name(*c), numbered.join(", ")));
            }
            each.push(classes.values);
            called = if columns.len() == 1 { classes.names } else { Vec::new() };
        }
        let values =
            (0..table.len()).flat_map(|r| each.iter().filter_map(move |c| c.get(r).copied())).collect();
        return Ok((values, called));
    }
    let mut values = Vec::with_capacity(table.len() * columns.len());
    for row in 0..table.len() {
        for column in columns {
            values.push(table.number(row, *column, ty.kind)?);
        }
    }
    let name = |c: usize| format!("column {}", table.name(columns.get(c).copied().unwrap_or(0)));
    let values = narrow(&table.file, &values, columns.len(), offset, &name)?;
    table.verify(ty, &values, columns)?;
    Ok((values, Vec::new()))
}
