//! Data that the program which calls gmc holds in memory.

use super::declared::{Declared, MISSING, no_cells};
use super::{Column, DataIssue, DataRow, Dataset, Host, verify_at};
use crate::event::EventTy;
use crate::rows::args::Args;

row! {
    /// Arrays that the program which calls gmc hands over, as `spec.fit(x=x, y=y)` does in Python: one for each variable, by its name, its first axis counting
    /// the events. Every value is checked against the declared type; a `Class` says how many there are, `Class(3)`, and of `Real?` what is not a number is
    /// missing. `gmc run` has no such data: it reads files.
    pub struct Arrays = "arrays";
}

const HELP: &str = "from Python: `gmc.compile(text).fit(x=..)`; `gmc run` reads files: `from npy(\"x.npy\")`";

impl DataRow for Arrays {
    fn check(&self, _args: &Args, declared: &[EventTy], _host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        Ok(declared.to_vec())
    }
    fn check_named(
        &self,
        _args: &Args,
        declared: &[Declared<'_>],
        _host: &dyn Host,
    ) -> Result<Vec<EventTy>, DataIssue> {
        let dated: Vec<Declared<'_>> = declared.to_vec();
        let times = dated.into_iter().filter(|d| d.cells.time).collect::<Vec<_>>();
        no_cells("arrays", &times)?;
        if let Some(d) = declared.iter().find(|d| d.cells.counted) {
            return Err(DataIssue::new(
                format!("`arrays` does not say how many values {} has", d.called()),
                "write how many, as in `Class(3)` or `Int(256)`",
            ));
        }
        Ok(Declared::types(declared))
    }
    fn load(&self, _args: &Args, _types: &[EventTy], _host: &dyn Host) -> Result<Dataset, DataIssue> {
        Err(DataIssue::new(
            "data `from arrays` come from the program that calls gmc, and none has given any",
            HELP,
        ))
    }
    fn own(&self) -> bool {
        true
    }
}

/// Numbers of an array as a variable of a data item, of which each is checked; what is not a number is missing where `missing` says that it may be.
///
/// # Errors
/// A number of values that is no whole number of events, or a value that the type does not have.
pub fn column(name: &str, ty: &EventTy, missing: bool, mut values: Vec<f32>) -> Result<Column, DataIssue> {
    let size = ty.size().max(1);
    if !values.len().is_multiple_of(size) {
        let message = format!("{} numbers are no whole number of events {ty}", values.len());
        return Err(DataIssue::new(message, format!("hand `{name}` over as an array [events, ..]")));
    }
    let place = |at: usize| {
        let value = values.get(at).copied().unwrap_or(f32::NAN);
        format!("element {} of event {} is {value}", at % size, at / size)
    };
    let there: Vec<(usize, f32)> =
        values.iter().copied().enumerate().filter(|(_, v)| !(missing && v.is_nan())).collect();
    let seen: Vec<f32> = there.iter().map(|(_, v)| *v).collect();
    let place_of = |i: usize| place(there.get(i).map_or(0, |(at, _)| *at));
    verify_at(name, ty, &seen, &place_of)
        .map_err(|issue| DataIssue { help: "change the declared type, or the array".into(), ..issue })?;
    if missing {
        values.iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = MISSING);
    }
    Ok(Column { ty: ty.clone(), values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Kind, Support};

    #[test]
    fn values_are_held_to_the_type() {
        let class = EventTy { kind: Kind::Class(3), shape: Vec::new() };
        assert_eq!(column("y", &class, false, vec![0.0, 2.0]).map(|c| c.values), Ok(vec![0.0, 2.0]));
        let wrong = column("y", &class, false, vec![0.0, 3.0]).unwrap_err();
        assert_eq!(wrong.notes, ["element 0 of event 1 is 3"]);
        assert!(wrong.message.contains("`y` holds values that are not"), "{}", wrong.message);
        let pair = EventTy { kind: Kind::Real(Support::REALS), shape: vec![2] };
        let odd = column("x", &pair, false, vec![1.0; 3]).unwrap_err();
        assert!(odd.message.contains("3 numbers are no whole number of events"), "{}", odd.message);
        assert!(column("x", &pair, false, vec![1.0, f32::NAN]).is_err());
        assert_eq!(column("x", &pair, true, vec![1.0, f32::NAN]).unwrap().values, [1.0, MISSING]);
        let wrong = column("x", &pair, true, vec![f32::NAN, 1.0, 2.0, f32::INFINITY]).unwrap_err();
        assert_eq!(wrong.notes, ["element 1 of event 1 is inf"]);
    }
}
