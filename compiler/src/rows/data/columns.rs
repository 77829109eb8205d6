//! Which columns of a table the variables of a data item are read from.

use super::DataIssue;
use super::declared::Declared;
use super::sequences::SEQUENCE;
use super::table::Table;
use crate::diag::suggest::did_you_mean;
use crate::rows::args::{Args, Const};

/// The argument that names the column of groups, which `split (.., by: "customer")` sets.
pub const GROUP: &str = "group";

/// The argument that names the column of weights.
pub const WEIGHT: &str = "weight";

/// Most names that a message lists.
const LISTED: usize = 16;

/// What may stand between the name of a vector and the number of an element: `x1`, `x_1`, `x.1`, `x-1`, `x 1`, `x[1]`.
const JOINTS: [(&str, &str); 6] = [("", ""), ("_", ""), (".", ""), ("-", ""), (" ", ""), ("[", "]")];

/// Whether the variables are found by the names of columns: there are several, and no argument says which they are.
pub(super) fn by_name(args: &Args, declared: &[Declared<'_>]) -> bool {
    declared.len() > 1 && ["columns", "label", SEQUENCE.name].iter().all(|a| args.get(a).is_none())
}

/// A column that is named or numbered.
///
/// # Errors
/// One that there is not, or of which there are several.
pub(super) fn column(table: &Table, args: &Args, which: &str, column: &Const) -> Result<usize, DataIssue> {
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
        let near = match column {
            Const::Text(name) | Const::Word(name) => {
                did_you_mean(name, table.names.iter().map(String::as_str))
            }
            Const::Int(_)
            | Const::Num(_)
            | Const::List(_)
            | Const::Call(_)
            | Const::Range(..)
            | Const::Quantity(..) => None,
        };
        let help = near.map_or("name one of them".to_string(), |near| format!("did you mean \"{near}\"?"));
        diag.note(format!("its columns: {columns}")).help(help).into()
    })
}

/// The columns of each variable, in the order of its elements.
///
/// # Errors
/// Columns that there are not, or that are not named.
pub(super) fn taken(
    table: &Table,
    args: &Args,
    declared: &[Declared<'_>],
) -> Result<Vec<Vec<usize>>, DataIssue> {
    if by_name(args, declared) {
        return declared.iter().map(|d| of_name(table, d)).collect();
    }
    let label = args.get("label").map(|c| column(table, args, "label", c)).transpose()?;
    let listed = match args.get("columns") {
        Some(_) => {
            let all = args.items("columns").iter().map(|c| column(table, args, "columns", c));
            Some(all.collect::<Result<Vec<_>, _>>()?)
        }
        None => None,
    };
    if listed.as_ref().is_some_and(Vec::is_empty) {
        return Err(args.error("columns", "no columns", "an event has at least one element").into());
    }
    let [group, weight] =
        [GROUP, WEIGHT].map(|which| args.get(which).map(|c| column(table, args, which, c)).transpose());
    let (group, weight) = (group?, weight?);
    let data = |c: &usize| Some(*c) != label && Some(*c) != group && Some(*c) != weight;
    match (label, listed, declared) {
        (None, Some(all), [_, _, ..]) => dealt(args, &all, declared),
        (_, None, [one]) => {
            let every: Vec<usize> = (0..table.width).filter(data).collect();
            if every.len() == one.ty.size() {
                return Ok(vec![every]);
            }
            match of_name(table, one) {
                Ok(named) => Ok(vec![named]),
                Err(several) if table.names.iter().any(|n| n == one.name) => Err(several),
                Err(_) => Ok(vec![every]),
            }
        }
        (label, listed, _) => {
            let every = || (0..table.width).filter(data).collect();
            let mut all = vec![listed.unwrap_or_else(every)];
            all.extend(label.filter(|_| declared.len() > 1).map(|c| vec![c]));
            Ok(all)
        }
    }
}

/// Listed columns one after the other, as many for each variable as it has elements.
fn dealt(args: &Args, all: &[usize], declared: &[Declared<'_>]) -> Result<Vec<Vec<usize>>, DataIssue> {
    let wanted = declared.iter().fold(0usize, |n, d| n.saturating_add(d.ty.size()));
    if wanted != all.len() {
        let sizes: Vec<String> = declared.iter().map(|d| format!("`{}` {}", d.name, d.ty.size())).collect();
        let message = format!("{} columns are listed for {wanted} elements", all.len());
        let diag = args.error("columns", message, "as many columns as elements belong here");
        return Err(diag
            .note(format!("elements: {}", sizes.join(", ")))
            .help("list the columns of the variables one after the other")
            .into());
    }
    let mut rest = all.iter().copied();
    Ok(declared.iter().map(|d| rest.by_ref().take(d.ty.size()).collect()).collect())
}

/// The column of a variable's name, or the columns of its name and numbers.
fn of_name(table: &Table, d: &Declared<'_>) -> Result<Vec<usize>, DataIssue> {
    let at = |name: &str| {
        let mut all = table.names.iter().enumerate().filter(|(_, n)| *n == name).map(|(i, _)| i);
        all.next().map(|first| (first, all.next().is_none()))
    };
    match at(d.name) {
        Some((column, true)) => return Ok(vec![column]),
        Some((_, false)) => {
            return Err(DataIssue::new(
                format!("`{}` has several columns `{}`", table.file, d.name),
                "list the columns by their numbers, from 0, in the order of the variables: `columns: [0, 3, ..]`",
            ));
        }
        None => {}
    }
    for (before, behind) in JOINTS {
        for first in [0usize, 1] {
            let numbered = (first..).map_while(|i| at(&format!("{}{before}{i}{behind}", d.name)));
            let all: Vec<usize> = numbered.map(|(column, _)| column).collect();
            if !all.is_empty() {
                return Ok(all);
            }
        }
    }
    Err(missing(table, d))
}

/// No column has the name of a variable.
fn missing(table: &Table, d: &Declared<'_>) -> DataIssue {
    let file = &table.file;
    if table.names.is_empty() {
        return DataIssue::new(
            format!("`{file}` has no line of names in which `{}` could be found", d.name),
            "list the columns by their numbers, from 0, in the order of the variables: `columns: [0, 3, ..]`",
        );
    }
    let near = did_you_mean(d.name, table.names.iter().map(String::as_str));
    let listed = "name the variable as its column is named, or list the columns in the order of the variables: `columns: [\"..\", ..]`";
    let help = match near {
        Some(near) => format!("did you mean `{near}`? Else {listed}"),
        None if d.ty.size() > 1 => {
            format!("a vector is read from `{0}1` to `{0}{1}`; {listed}", d.name, d.ty.size())
        }
        None => listed.to_string(),
    };
    let more = table.names.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let names: Vec<&str> = table.names.iter().take(LISTED).map(String::as_str).collect();
    DataIssue::new(format!("`{file}` has no column `{}`", d.name), help)
        .note(format!("its columns: {}{rest}", names.join(", ")))
}

/// What is said of columns that no variable reads.
pub(super) fn unread(table: &Table, taken: &[Vec<usize>], weight: Option<usize>) -> Option<String> {
    let used: Vec<usize> = taken.iter().flatten().copied().chain(weight).collect();
    let names: Vec<String> = (0..table.width).filter(|c| !used.contains(c)).map(|c| table.name(c)).collect();
    let more = names.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let listed: Vec<&str> = names.iter().take(LISTED).map(String::as_str).collect();
    (!names.is_empty()).then(|| format!("columns that are not read: {}{rest}", listed.join(", ")))
}
