//! `npz`.

use super::array::{Array, Shown, parse};
use super::declared::{Declared, no_cells};
use super::elsewhere::Elsewhere;
use super::npy::event;
use super::zip::members;
use super::{Column, DataIssue, DataRow, Dataset, Host, Part, verify};
use crate::diag::suggest::did_you_mean;
use crate::event::{EventTy, Kind, shape_text};
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};
use std::collections::BTreeMap;

row! {
    /// Arrays of NumPy in one file, as `numpy.savez("f.npz", x=x, y=y)` and `savez_compressed` write them: variables are read from the arrays of
    /// their names, `data (x: Real[8], y: Class) from npz("f.npz")`, whose first axis counts the events. A single variable may have any name where the
    /// file holds one array. Kinds, axes and bytes are read as `npy` reads them. Without a test part the run splits one off.
    pub struct Npz = "npz" [
        ParamSpec { name: "file", kind: ArgKind::Text, default: None, doc: "Path of the file." },
        ParamSpec { name: "test", kind: ArgKind::Text, default: Some(""), doc: "Path of a file of the same arrays for testing." },
        ParamSpec {
            name: "channels",
            kind: ArgKind::Word(&["first", "last"]),
            default: Some("first"),
            doc: "Where the channels of images stand in the file: `[channels, rows, columns]`, or `last` for `[rows, columns, channels]`.",
        },
    ];
}

/// Whether a file has an array of this name; `None` of one that cannot be read.
pub(super) fn holds(file: &str, name: &str, host: &dyn Host) -> Option<bool> {
    let all = members(&host.read(None, file).ok()?).ok()?;
    Some(all.into_iter().any(|(n, _)| n.strip_suffix(".npy") == Some(name)))
}

/// The arrays of a file by their names.
struct File<'a> {
    name: &'a str,
    arrays: BTreeMap<String, Vec<u8>>,
    last: bool,
}

impl<'a> File<'a> {
    fn open(args: &'a Args, which: &str, host: &dyn Host) -> Result<File<'a>, DataIssue> {
        let name = args.word(which);
        let bytes = host
            .read(None, name)
            .map_err(|e| DataIssue::unreadable(&format!("file `{name}`"), &e, "check the path"))?;
        let all = members(&bytes).map_err(|why| {
            DataIssue::new(
                format!("cannot read `{name}`: {why}"),
                "save it as `numpy.savez(\"f.npz\", x=x, y=y)`",
            )
        })?;
        let arrays = all
            .into_iter()
            .filter_map(|(n, bytes)| Some((n.strip_suffix(".npy")?.to_string(), bytes)))
            .collect();
        Ok(File { name, arrays, last: args.word("channels") == "last" })
    }

    /// The array of a variable.
    fn array(&self, d: &Declared<'_>, alone: bool) -> Result<(&str, Array), DataIssue> {
        let only = self.arrays.iter().next().filter(|_| alone && self.arrays.len() == 1);
        let found = self.arrays.get_key_value(d.name).or(only);
        let Some((name, bytes)) = found else {
            let names: Vec<&str> = self.arrays.keys().map(String::as_str).collect();
            let help = match did_you_mean(d.name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name the variable as its array is named".into(),
            };
            return Err(DataIssue::new(format!("`{}` holds no array `{}`", self.name, d.name), help)
                .note(format!("its arrays: {}", names.join(", "))));
        };
        let array = parse(bytes, self.name, &Shown::member(self.name, name))?;
        Ok((name, if self.last { array.channels_first() } else { array }))
    }

    /// The type of a variable as the file has it.
    fn ty(&self, d: &Declared<'_>, alone: bool) -> Result<EventTy, DataIssue> {
        let (name, array) = self.array(d, alone)?;
        let found = event(&array.shape, &d.ty);
        array.surely_grey(&d.ty, &Shown::member(self.name, name))?;
        let kind = match (d.ty.kind, d.cells.counted) {
            (kind @ (Kind::Class(_) | Kind::Int(_)), true) => {
                let most = array.most().filter(|m| *m < 65_536.0).ok_or_else(|| {
                    DataIssue::new(
                        format!(
                            "`{name}` of `{}` holds numbers that are not whole numbers from 0 to 65535",
                            self.name
                        ),
                        "whole numbers from 0 are `Int` or `Class`, others are `Real`",
                    )
                })?;
                let n = most as usize + 1;
                if matches!(kind, Kind::Class(_)) { Kind::Class(n) } else { Kind::Int(n) }
            }
            (kind, _) => kind,
        };
        Ok(EventTy { kind, ..found })
    }

    fn part(&self, declared: &[Declared<'_>], notes: &mut Vec<String>) -> Result<Part, DataIssue> {
        let mut part = Part::default();
        for (i, d) in declared.iter().enumerate() {
            let (name, array) = self.array(d, declared.len() == 1)?;
            let shown = format!("{name} of {}", self.name);
            let found = event(&array.shape, &d.ty);
            if found.shape != d.ty.shape {
                let message = format!(
                    "`{shown}` holds events {}, not {}",
                    shape_text(&found.shape),
                    shape_text(&d.ty.shape)
                );
                return Err(DataIssue::new(
                    message,
                    "declare the variable with the axes of the array, without the first",
                ));
            }
            if i > 0 && array.len() != part.n {
                let message = format!("the arrays of `{}` do not belong together", self.name);
                let help = "the first axis of each counts the events: as many in all of them";
                return Err(DataIssue::new(message, help).note(format!(
                    "{} events of `{name}` beside {}",
                    array.len(),
                    part.n
                )));
            }
            part.n = array.len();
            let grey = array.grey(&d.ty);
            let mut values = array.values.in_32_bits(&shown, &d.ty, &[])?;
            if let Some(grey) = grey {
                grey.apply(&mut values);
                notes.push(grey.said(&shown));
            }
            verify(&shown, &d.ty, &values)?;
            part.columns.push(Column { ty: d.ty.clone(), values });
        }
        Ok(part)
    }
}

impl DataRow for Npz {
    fn own(&self) -> bool {
        true
    }

    fn check_named(
        &self,
        args: &Args,
        declared: &[Declared<'_>],
        host: &dyn Host,
    ) -> Result<Vec<EventTy>, DataIssue> {
        no_cells("npz", declared)?;
        let file = File::open(args, "file", host)?;
        declared.iter().map(|d| file.ty(d, declared.len() == 1)).collect()
    }

    fn load_named(
        &self,
        args: &Args,
        declared: &[Declared<'_>],
        host: &dyn Host,
    ) -> Result<Dataset, DataIssue> {
        let mut notes = Vec::new();
        let train = File::open(args, "file", host)?.part(declared, &mut notes)?;
        let test = match args.word_if_given("test").filter(|f| !f.is_empty()) {
            Some(_) => Some(File::open(args, "test", host)?.part(declared, &mut Vec::new())?),
            None => None,
        };
        Ok(Dataset { train, test, notes, ..Dataset::default() })
    }

    fn reread(&self, args: &Args, from: &Elsewhere<'_>, host: &dyn Host) -> Option<Result<Part, DataIssue>> {
        if !from.file.to_ascii_lowercase().ends_with(".npz") {
            return None;
        }
        let mut args = args.clone();
        let at = args.span;
        args.set("file", Const::Text(from.file.to_string()), at);
        args.unset("test");
        Some(self.load_named(&args, &from.declared(), host).map(|set| set.train))
    }
}
