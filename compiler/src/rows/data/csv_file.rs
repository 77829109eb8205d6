use super::columns::{self, GROUP, WEIGHT};
use super::dates::{Clock, ORIGIN, UNIT};
use super::declared::{Declared, no_cells};
use super::elsewhere::{Elsewhere, Wanted};
use super::narrow::narrow;
use super::sequences::{SEQUENCE, Sequences, no_label};
use super::table::{Reading, Table, missing};
use super::{Column, DataIssue, DataRow, Dataset, Host, MISSING, OFFSET, Part, at_most, offsets};
use crate::event::{EventTy, Kind};
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};

row! {
    /// Rows of a comma-separated file. Several variables are columns by their names, `data (amount: Real in positive, flag: Bool, kind: Class,
    /// x: Real[8]) from csv("t.csv")`, a vector those of its name and numbers, `x1` to `x8`; `columns: ["Amount (EUR)", "f", ..]` lists them
    /// instead, one after the other, by name or by number from 0. A single variable is every column, or those of `columns`, and
    /// `label: "species"` the second of two. Cells are read as the declared types say: numbers for `Real` and `Int(n)`, also true/false and
    /// yes/no for `Bool`, whole numbers below n or n different texts in alphabetical order for `Class(n)`, dates with the year first or with
    /// points for `Time`, as days since 1970 unless `origin` and `unit` say otherwise. `Class` and `Int` alone have as many values as the
    /// file. A cell that does not fit is an error; one that is empty, or holds `NA`, `nan`, `null` or `?`, is missing where the type says that it
    /// may be: `amount: Real? in positive`. Files are UTF-8, else Windows-1252 or UTF-16 with its mark. With `sequence: "id"` the rows of one `id` are an event `[T, columns]`, and a second variable is its
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
        ORIGIN,
        UNIT,
        ParamSpec {
            name: GROUP,
            kind: ArgKind::Any,
            default: Some(""),
            doc: "Name or number of a column: rows with the same cell are in one part, as `split (.., by: \"customer\")` says, too.",
        },
        ParamSpec {
            name: WEIGHT,
            kind: ArgKind::Any,
            default: Some(""),
            doc: "Name or number of a column of numbers of at least 0: how much each row counts, in training and in averages of what is measured. Weights are divided by their mean over the training part.",
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

fn read(args: &Args, declared: &[Declared<'_>], host: &dyn Host) -> Result<Table, DataIssue> {
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
        // Where variables are found by name, the first line must hold names.
        _ => columns::by_name(args, declared).then_some(true),
    };
    let named = ["columns", "label", GROUP, WEIGHT, SEQUENCE.name]
        .iter()
        .filter_map(|a| args.get(a))
        .flat_map(names)
        .collect();
    let numeric = numeric(args, declared);
    Table::read(&file, &bytes, &Reading { delimiter, header, named, numeric: &numeric })
}

/// Whether a column must hold numbers, of those that the spec uses by their numbers or because it uses all.
fn numeric<'a>(args: &'a Args, declared: &'a [Declared<'_>]) -> impl Fn(usize, usize) -> Option<bool> + 'a {
    let number = |c: &Const| if let Const::Int(i) = c { usize::try_from(*i).ok() } else { None };
    let (label, id) = (args.get("label").and_then(number), args.get(SEQUENCE.name).and_then(number));
    let columns = args.get("columns").map(|_| args.items("columns").iter().map(number).collect::<Vec<_>>());
    // Whose elements a listed column holds, where columns are dealt out to several variables.
    let owner = move |place: usize| {
        let mut end = 0usize;
        declared.iter().position(|d| {
            end = end.saturating_add(d.ty.size());
            place < end
        })
    };
    move |c, _| {
        let of = |v: usize| {
            let d = declared.get(v)?;
            (!d.cells.time).then_some(!matches!(d.ty.kind, Kind::Class(_)))
        };
        match &columns {
            _ if Some(c) == label => of(1),
            _ if Some(c) == id => None,
            None => of(0),
            Some(all) => {
                let place = all.iter().position(|n| *n == Some(c))?;
                if declared.len() > 1 && label.is_none() && id.is_none() { of(owner(place)?) } else { of(0) }
            }
        }
    }
}

/// The columns of a sequence's rows, and the one that says to which sequence they belong.
fn of_sequences(table: &Table, args: &Args, column: &Const) -> Result<(Vec<usize>, usize), DataIssue> {
    let id = columns::column(table, args, SEQUENCE.name, column)?;
    let datum: Vec<usize> = match args.get("columns") {
        Some(_) => args
            .items("columns")
            .iter()
            .map(|c| columns::column(table, args, "columns", c))
            .collect::<Result<_, _>>()?,
        None => (0..table.width).filter(|c| *c != id).collect(),
    };
    if datum.is_empty() {
        return Err(args.error("columns", "no columns", "an event has at least one element").into());
    }
    Ok((datum, id))
}

impl Csv {
    /// Rows of another file as variables that are found by the names of their columns.
    fn reread_named(&self, mut args: Args, from: &Elsewhere<'_>, host: &dyn Host) -> Result<Part, DataIssue> {
        let at = args.span;
        let names = from.variables.iter().flat_map(Wanted::elements).map(Const::Text).collect();
        args.set("header", Const::Word("true".into()), at);
        args.set("columns", Const::List(names), at);
        self.load_named(&args, &from.declared(), host).map(|set| set.train)
    }

    /// The type of a variable that is read from these columns.
    fn ty(table: &Table, d: &Declared<'_>, columns: &[usize]) -> Result<EventTy, DataIssue> {
        let shape = if d.ty.size() == columns.len() { d.ty.shape.clone() } else { vec![columns.len()] };
        let kind = match (d.ty.kind, d.cells.counted) {
            (Kind::Class(_), true) => Kind::Class(table.count_classes(columns)?),
            (Kind::Int(_), true) => Kind::Int(table.count_whole(columns)?),
            (kind, _) => kind,
        };
        Ok(EventTy { kind, shape })
    }
}

impl DataRow for Csv {
    fn own(&self) -> bool {
        true
    }

    fn check_named(
        &self,
        args: &Args,
        declared: &[Declared<'_>],
        host: &dyn Host,
    ) -> Result<Vec<EventTy>, DataIssue> {
        let (label, id) = (args.get("label"), args.get(SEQUENCE.name));
        if id.is_some() || label.is_some() || declared.is_empty() {
            at_most("csv", &Declared::types(declared), &["a row", "its label"])?;
        }
        let table = read(args, declared, host)?;
        if let Some(id) = id {
            no_label(self, args)?;
            no_cells("csv(sequence: ..)", declared)?;
            if args.get(WEIGHT).is_some() {
                let diag = args.error(WEIGHT, "sequences have no weights", "beside `sequence`");
                return Err(diag.help("leave one of the two out: a weight belongs to a row, and a sequence is made of several").into());
            }
            let (datum, id) = of_sequences(&table, args, id)?;
            return Sequences::of(&table, id)?.types(&table, &Declared::types(declared), datum.len());
        }
        let taken = columns::taken(&table, args, declared)?;
        Clock::of(args)?;
        for which in [GROUP, WEIGHT] {
            args.get(which).map(|c| columns::column(&table, args, which, c)).transpose()?;
        }
        declared
            .iter()
            .zip(&taken)
            .enumerate()
            .map(|(i, (d, columns))| {
                let ty = Csv::ty(&table, d, columns)?;
                Ok(if i > 0 && label.is_some() { EventTy { shape: Vec::new(), ..ty } } else { ty })
            })
            .collect()
    }

    fn load_named(
        &self,
        args: &Args,
        declared: &[Declared<'_>],
        host: &dyn Host,
    ) -> Result<Dataset, DataIssue> {
        let mut table = read(args, declared, host)?;
        let mut notes = std::mem::take(&mut table.notes);
        if let (Some(id), [first, ..]) = (args.get(SEQUENCE.name), declared) {
            let (datum, id) = of_sequences(&table, args, id)?;
            return sequences(&table, args, (&datum, id, first), (&Declared::types(declared), host), notes);
        }
        let taken = columns::taken(&table, args, declared)?;
        let weight = args.get(WEIGHT).map(|c| columns::column(&table, args, WEIGHT, c)).transpose()?;
        if columns::by_name(args, declared) {
            notes.extend(columns::unread(&table, &taken, weight));
        }
        let clock = Clock::of(args)?;
        let offsets = offsets_of(args, &taken)?;
        let weights = weight.map(|c| table.weights(c)).transpose()?.unwrap_or_default();
        notes.extend(weight.map(|c| counted(&table.name(c), &weights)));
        let mut part = Part { n: table.len(), weights, ..Part::default() };
        let mut labels = Vec::new();
        for (i, ((d, columns), offset)) in declared.iter().zip(&taken).zip(&offsets).enumerate() {
            let how = (offset.as_slice(), &clock, host.classes(i));
            let (values, names) = values(&table, d, columns, how, &mut notes)?;
            labels.push(names);
            part.columns.push(Column { ty: d.ty.clone(), values });
            part.names.push(columns.iter().filter_map(|c| table.names.get(*c).cloned()).collect());
        }
        let groups = match args.get(GROUP) {
            Some(c) => table.groups(columns::column(&table, args, GROUP, c)?),
            None => Vec::new(),
        };
        Ok(Dataset { train: part, test: None, notes, labels, groups })
    }

    fn reread(&self, args: &Args, from: &Elsewhere<'_>, host: &dyn Host) -> Option<Result<Part, DataIssue>> {
        let file = from.file.trim_end_matches(".gz").to_ascii_lowercase();
        if !(file.ends_with(".csv") || file.ends_with(".tsv")) {
            return None;
        }
        let mut args = args.clone();
        let at = args.span;
        args.set("file", Const::Text(from.file.to_string()), at);
        args.unset(GROUP);
        args.unset(WEIGHT);
        let sequence = args.get(SEQUENCE.name).is_some();
        if from.item.len() > 1 && args.get("label").is_none() && !sequence {
            return Some(self.reread_named(args, from, host));
        }
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
        Some(self.load_named(&args, &from.declared(), host).map(|set| set.train))
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

/// What is taken off the columns of each variable: a single number concerns those of the first, a list those of all, in their order.
fn offsets_of(args: &Args, taken: &[Vec<usize>]) -> Result<Vec<Vec<f64>>, DataIssue> {
    let all = offsets(args)?;
    let first = taken.first().map_or(0, Vec::len);
    if taken.len() < 2 || all.len() <= first.max(1) {
        return Ok((0..taken.len()).map(|i| if i == 0 { all.clone() } else { Vec::new() }).collect());
    }
    let mut rest = all.into_iter();
    Ok(taken.iter().map(|columns| rest.by_ref().take(columns.len()).collect()).collect())
}

/// Events of the rows of a sequence each, and their lengths.
fn sequences(
    table: &Table,
    args: &Args,
    (datum, id, first): (&[usize], usize, &Declared<'_>),
    (types, host): (&[EventTy], &dyn Host),
    mut notes: Vec<String>,
) -> Result<Dataset, DataIssue> {
    let found = Sequences::of(table, id)?;
    notes.push(format!("{} sequences of at most {} rows", found.all.len(), found.longest));
    let ty = &first.ty;
    let row = Declared { ty: EventTy { kind: ty.kind, shape: vec![datum.len()] }, ..first.clone() };
    let (rows, names) =
        values(table, &row, datum, (&offsets(args)?, &Clock::of(args)?, host.classes(0)), &mut notes)?;
    let (events, lengths) = found.events(&rows, datum.len(), ty);
    let columns =
        [events, lengths].into_iter().zip(types).map(|(values, ty)| Column { ty: ty.clone(), values });
    let train = Part { n: found.all.len(), columns: columns.collect(), ..Part::default() };
    Ok(Dataset { train, notes, labels: vec![names, Vec::new()], ..Dataset::default() })
}

/// What is said of the weights of rows.
fn counted(column: &str, weights: &[f32]) -> String {
    let (least, most) = weights.iter().fold((f32::INFINITY, 0f32), |(a, b), w| (a.min(*w), b.max(*w)));
    format!("rows count by {column}, from {least} to {most}, over its mean in the training part")
}

/// What is said of an empty cell of a variable that may say that cells are missing.
fn may_miss(issue: DataIssue, cell: &str, d: &Declared<'_>) -> DataIssue {
    if !missing(cell) || d.name.is_empty() {
        return issue;
    }
    let declared = if d.cells.time { "Time?".to_string() } else { format!("{}?", d.ty.kind_name()) };
    DataIssue {
        help: format!(
            "say that cells may be missing, `{}: {declared}`, leave the row out, or fill the cell",
            d.name
        ),
        ..issue
    }
}

/// The values of these columns, side by side, as their type says, less their offsets, and what the classes of a single column are called: as is known
/// already, or as the file calls them.
fn values(
    table: &Table,
    d: &Declared<'_>,
    columns: &[usize],
    (offset, clock, known): (&[f64], &Clock, Option<&[String]>),
    notes: &mut Vec<String>,
) -> Result<(Vec<f32>, Vec<String>), DataIssue> {
    if let Kind::Class(n) = d.ty.kind {
        let (mut each, mut called) = (Vec::new(), Vec::new());
        for c in columns {
            let classes = table.classes(*c, n, known, d.cells.missing)?;
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
    if d.cells.time {
        notes.push(format!("{}: {}", d.called(), clock.said));
    }
    let mut values = Vec::with_capacity(table.len() * columns.len());
    let mut empty = Vec::new();
    for row in 0..table.len() {
        for column in columns {
            if d.cells.missing && missing(table.cell(row, *column)) {
                empty.push(values.len());
                // Stands for it until what 32 bits lose, and what the type does not take, is known.
                values.push(d.ty.kind.stand_in());
                continue;
            }
            values.push(match d.cells.time {
                true => table.date(row, *column, clock)?,
                false => table
                    .number(row, *column, d.ty.kind)
                    .map_err(|issue| may_miss(issue, table.cell(row, *column), d))?,
            });
        }
    }
    let name = |c: usize| format!("column {}", table.name(columns.get(c).copied().unwrap_or(0)));
    let mut values = narrow(&table.file, &values, columns.len(), offset, &name).map_err(|issue| match d.ty.kind == Kind::Count {
        // Less an offset it would be no count.
        true => DataIssue {
            help: "32 bits hold every count up to 16777216: count in larger units, or declare it `Real in nonnegative` and write `offset: ..`".into(),
            ..issue
        },
        false => issue,
    })?;
    for at in &empty {
        // The stand-in is no number of the file: an offset does not move it.
        if let Some(v) = values.get_mut(*at) {
            *v = d.ty.kind.stand_in() as f32;
        }
    }
    table.verify(&d.ty, &values, columns)?;
    for at in empty {
        if let Some(v) = values.get_mut(at) {
            *v = MISSING;
        }
    }
    Ok((values, Vec::new()))
}
