//! Arrays as the rows that a question is about.

use super::{Array, Named};
use crate::failure::Failure;
use crate::session::Session;
use crate::session::rows::About;
use gmc_compiler::diag::suggest::did_you_mean;
use gmc_compiler::event::EventTy;
use gmc_compiler::rows::data::arrays::column;
use gmc_compiler::rows::data::{Column, Part};
use gmc_compiler::types::TVar;

/// How messages call rows that were handed over.
const NAME: &str = "the arrays";

/// The number of rows of an array of events of this type.
///
/// # Errors
/// Axes that do not fit.
pub(super) fn count(name: &str, ty: &EventTy, array: &Array) -> Result<usize, Failure> {
    let (n, rest) = match array.shape.split_first() {
        Some((n, rest)) => (*n, rest),
        None => return Err(shaped(name, ty, array)),
    };
    let plain = |s: &[usize]| s.iter().copied().filter(|d| *d != 1).collect::<Vec<usize>>();
    let flat = rest.len() == 1 && rest.iter().product::<usize>() == ty.size();
    if flat || plain(rest) == plain(&ty.shape) { Ok(n) } else { Err(shaped(name, ty, array)) }
}

fn shaped(name: &str, ty: &EventTy, array: &Array) -> Failure {
    let axes: String = ty.shape.iter().map(|d| format!(", {d}")).collect();
    let is: Vec<String> = array.shape.iter().map(usize::to_string).collect();
    Failure::new(format!("`{name}` is {ty}, and the array has the axes [{}]", is.join(", ")))
        .help(format!("hand it over as an array [rows{axes}]"))
}

/// An array as a variable, each of whose values is checked against its type.
///
/// # Errors
/// Axes that do not fit, a value that the type does not have.
pub(super) fn variable(v: &TVar, dynamic: bool, array: &Array) -> Result<(Column, usize), Failure> {
    let n = count(&v.name, &v.ty, array)?;
    if dynamic {
        // Grey levels, of which bits are drawn.
        if let Some(bad) = array.values.iter().find(|v| !(0.0..=1.0).contains(*v)) {
            return Err(Failure::new(format!(
                "`{}` holds {bad}, which is no grey level from 0 to 1",
                v.name
            )));
        }
        return Ok((Column { ty: v.ty.clone(), values: array.values.clone() }, n));
    }
    let column = column(&v.name, &v.ty, v.cells.missing, array.values.clone())
        .map_err(|issue| Failure::new(issue.message).notes(issue.notes).help(issue.help))?;
    Ok((column, n))
}

/// What is handed over must be variables of the data.
///
/// # Errors
/// A name that none of them has.
pub(super) fn known<'a>(s: &Session, names: impl IntoIterator<Item = &'a String>) -> Result<(), Failure> {
    for name in names {
        if s.data_type(name).is_none() {
            let all = s.all_data();
            let failure = Failure::new(format!("the spec has no data variable `{name}`"));
            return Err(match did_you_mean(name, all.iter().map(String::as_str)) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help(format!("its variables: `{}`", all.join("`, `"))),
            });
        }
    }
    Ok(())
}

/// Lets a question be about arrays while it is asked.
///
/// # Errors
/// What `f` reports; arrays that do not fit the variables.
pub(super) fn about<T>(
    s: &mut Session,
    rows: &Named,
    f: impl FnOnce(&mut Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    known(s, rows.iter().map(|(name, _)| name))?;
    let parts = parts(s, rows)?;
    let kept: Vec<Part> =
        s.sets.iter_mut().zip(parts).map(|(set, part)| std::mem::replace(&mut set.test, part)).collect();
    let before = std::mem::replace(&mut s.about, About::File(NAME.into()));
    s.inferred.clear();
    let out = f(s);
    s.sets.iter_mut().zip(kept).for_each(|(set, part)| set.test = part);
    s.about = before;
    s.inferred.clear();
    out
}

/// For each data item the rows of its variables; a variable that is not handed over has none.
fn parts(s: &Session, rows: &Named) -> Result<Vec<Part>, Failure> {
    let mut many: Option<(&str, usize)> = None;
    let mut parts = Vec::new();
    for item in &s.typed.data {
        let (mut columns, mut n) = (Vec::new(), 0);
        for v in &item.vars {
            let Some((name, array)) = rows.iter().find(|(name, _)| *name == v.name) else {
                columns.push(Column { ty: v.ty.clone(), values: Vec::new() });
                continue;
            };
            let (column, rows) = variable(v, item.dynamic, array)?;
            match many {
                Some((first, m)) if m != rows => {
                    return Err(Failure::new(format!("`{first}` has {m} rows and `{name}` has {rows}")));
                }
                Some(_) | None => many = Some((name, rows)),
            }
            columns.push(column);
            n = rows;
        }
        parts.push(Part { n, columns, ..Part::default() });
    }
    Ok(parts)
}
