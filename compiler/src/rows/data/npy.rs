//! Arrays of NumPy's `.npy` as data.
use super::array::{Array, Head, Shown, parse};
use super::elsewhere::{Elsewhere, one_variable};
use super::sequences;
use super::stored::{Bytes, MOST_IN_MEMORY, Stored};
use super::{Column, DataIssue, DataRow, Dataset, Host, OFFSET, Part, at_most, offsets, verify};
use crate::event::{EventTy, shape_text};
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};
use std::sync::Arc;

/// The argument that says whether events stay in their file.
const STREAM: &str = "stream";

const HELP: &str = "save it as `numpy.save(\"f.npy\", a.astype(\"f4\"))`, the first axis counting the events";

row! {
    /// An array from a NumPy file: `npy("f.npy")`, the first axis counting the events. Elements are numbers of any size or truth values, in either order
    /// of bytes and of axes. The kind is the declared one, and every value is checked against it; events may be declared
    /// with axes flattened into one or with axes of length 1 added. Bytes (u1) that are declared `Real in unit` or `in interval(-1, 1)` are grey levels,
    /// 0 to 255 there. Channels that stand last are brought to the front by
    /// `channels: last`. A second variable is read from `labels`, or from `lengths`: how many places of
    /// an event [T, ..] belong to it, an `Int(T + 1)` for `forward(until: n)`; what stands behind is not read. Without `test` the run splits off a test part.
    pub struct Npy = "npy" [
        ParamSpec { name: "file", kind: ArgKind::Text, default: None, doc: "Path of the array." },
        ParamSpec {
            name: "labels",
            kind: ArgKind::Text,
            default: Some(""),
            doc: "Path of an array for a second variable.",
        },
        ParamSpec {
            name: "lengths",
            kind: ArgKind::Text,
            default: Some(""),
            doc: "Path of an array of whole numbers, the lengths of the events, as the second variable.",
        },
        ParamSpec { name: "test", kind: ArgKind::Text, default: Some(""), doc: "Path of the test array." },
        ParamSpec {
            name: "test_labels",
            kind: ArgKind::Text,
            default: Some(""),
            doc: "Path of the second test array.",
        },
        ParamSpec {
            name: "channels",
            kind: ArgKind::Word(&["first", "last"]),
            default: Some("first"),
            doc: "Where the channels of an image stand in the file: `[channels, rows, columns]`, or `last` for `[rows, columns, channels]`.",
        },
        ParamSpec {
            name: STREAM,
            kind: ArgKind::Word(&["auto", "true", "false"]),
            default: Some("auto"),
            doc: "Whether events stay in the file and are read as they are wanted; `auto`: where all of them take more than 1 GiB of memory.",
        },
        OFFSET,
    ];
}

fn open(args: &Args, which: &str, host: &dyn Host) -> Result<Array, DataIssue> {
    let Some(name) = args.word_if_given(which).filter(|f| !f.is_empty()) else {
        return Err(args
            .error(which, format!("`npy` has no `{which}`"), "no file for a declared variable")
            .into());
    };
    let bytes = host
        .read(None, name)
        .map_err(|e| DataIssue::unreadable(&format!("file `{name}`"), &e, "check the path"))?;
    let array = parse(&bytes, name, &Shown::file(name))?;
    let last = args.word("channels") == "last" && ["file", "test"].contains(&which);
    Ok(if last { array.channels_first() } else { array })
}

/// The type of an event, as near to the declared one as the array allows.
pub(super) fn event(shape: &[usize], declared: &EventTy) -> EventTy {
    let shape = shape.get(1..).unwrap_or_default();
    let squeezed = |s: &[usize]| s.iter().copied().filter(|d| *d != 1).collect::<Vec<_>>();
    let same = squeezed(shape) == squeezed(&declared.shape);
    let flat = declared.shape.len() == 1 && declared.size() == shape.iter().product::<usize>();
    if same || flat { declared.clone() } else { EventTy { kind: declared.kind, shape: shape.to_vec() } }
}

/// An error where the array has the declared axes, but with the channels last.
fn channels_last(args: &Args, shape: &[usize], declared: &EventTy) -> Result<(), DataIssue> {
    let (Some([h, w, c]), [dc, dh, dw]) = (shape.get(1..), declared.shape.as_slice()) else {
        return Ok(());
    };
    if [h, w, c] != [dh, dw, dc] {
        return Ok(());
    }
    let file = args.word("file");
    Err(DataIssue::new(
        format!("`{file}` holds the channels of its images last: [{h}, {w}, {c}], not [{dc}, {dh}, {dw}]"),
        format!("read them so: `npy({file:?}, channels: last)`"),
    ))
}

/// An error where the events of an array are not of this type.
fn fits(args: &Args, name: &str, shape: &[usize], ty: &EventTy) -> Result<(), DataIssue> {
    let found = event(shape, ty);
    if found.shape == ty.shape {
        return Ok(());
    }
    channels_last(args, shape, ty)?;
    let message =
        format!("`{name}` holds events {}, not {}", shape_text(&found.shape), shape_text(&ty.shape));
    Err(DataIssue::new(message, HELP))
}

/// What a file says of its array, and the file.
type InFile = (Head, Arc<dyn Bytes>);

/// The array of a file whose events are to stay there: because there are too many for memory, or because the spec says so.
fn head(args: &Args, which: &str, host: &dyn Host) -> Result<Option<InFile>, DataIssue> {
    let asked = args.word(STREAM);
    let Some(name) = args.word_if_given(which).filter(|f| !f.is_empty() && asked != "false") else {
        return Ok(None);
    };
    let most = if asked == "true" { 0 } else { MOST_IN_MEMORY };
    let Some(bytes) = host.open(name) else {
        // What there is no file for, or what must be unpacked, is read as a whole.
        return Ok(None);
    };
    if bytes.length() < most / 4 {
        return Ok(None);
    }
    let mut first = vec![0; bytes.length().min(1 << 16) as usize];
    let unreadable =
        |why: String| DataIssue::new(format!("cannot read `{name}`"), "check the file").note(why);
    bytes.read_at(0, &mut first).map_err(unreadable)?;
    let last = args.word("channels") == "last" && ["file", "test"].contains(&which);
    let Some(head) = Head::of(&first, bytes.length(), most, last, &Shown::file(name))? else {
        return Ok(None);
    };
    if !offsets(args)?.is_empty() {
        let diag = args.error(
            "offset",
            "nothing is subtracted from events that stay in their file",
            "beside a file that is large",
        );
        return Err(diag.help("subtract it before saving").into());
    }
    Ok(Some((head, bytes)))
}

fn part(
    args: &Args,
    types: &[EventTy],
    host: &dyn Host,
    files: [&str; 2],
    notes: &mut Vec<String>,
) -> Result<Part, DataIssue> {
    let mut part = Part::default();
    let lengths = match (second(args)?, files.get(1)) {
        ("lengths", Some(file)) => Some(lengths(args, types, host, file)?),
        _ => None,
    };
    for (i, (ty, which)) in types.iter().zip(files).enumerate() {
        let name = args.word(which);
        if let (0, Some((head, bytes))) = (i, head(args, which, host)?) {
            fits(args, name, &head.shape, ty)?;
            if lengths.is_some() {
                let diag = args.error(
                    "lengths",
                    "events that stay in their file have no lengths",
                    "beside a file that is large",
                );
                return Err(diag
                    .help("cut the sequences to one length, or write `stream: false` if they fit into memory")
                    .into());
            }
            part.n = head.shape.first().copied().unwrap_or(0);
            let stored = Stored::of(&head, name, bytes, ty);
            notes.push(stored.said(part.n));
            let values = stored.some(part.n, |event| event)?;
            part.columns.push(Column { ty: ty.clone(), values });
            part.stored = Some(stored);
            continue;
        }
        let array = open(args, which, host)?;
        fits(args, name, &array.shape, ty)?;
        if i > 0 && array.len() != part.n {
            let message = format!("`{name}` and `{}` do not belong together", args.word("file"));
            return Err(DataIssue::new(message, HELP).note(format!("{} and {} events", array.len(), part.n)));
        }
        let offset = if i == 0 { offsets(args)? } else { Vec::new() };
        part.n = array.len();
        let grey = array.grey(ty);
        let mut values = array.values.in_32_bits(name, ty, &offset)?;
        if let Some(grey) = grey {
            grey.apply(&mut values);
            notes.extend((i == 0).then(|| grey.said(name)));
        }
        if let (0, Some(lengths)) = (i, &lengths) {
            sequences::cut(&mut values, ty, lengths);
        }
        verify(name, ty, &values)?;
        part.columns.push(Column { ty: ty.clone(), values });
    }
    Ok(part)
}

/// Which argument names the file of the second variable.
fn second(args: &Args) -> Result<&'static str, DataIssue> {
    let given = |which| args.word_if_given(which).is_some_and(|f| !f.is_empty());
    match (given("labels"), given("lengths")) {
        (true, true) => {
            let diag = args.error("lengths", "`npy` reads one second variable", "beside `labels`");
            Err(diag.help("leave one of `labels` and `lengths` out").into())
        }
        (false, true) => Ok("lengths"),
        (_, false) => Ok("labels"),
    }
}

/// The lengths of the events, each at most the size of their first axis.
fn lengths(args: &Args, types: &[EventTy], host: &dyn Host, file: &str) -> Result<Vec<usize>, DataIssue> {
    let Some(ty) = types.first().filter(|_| types.len() == 2) else {
        let diag = args.error("lengths", "lengths are a second variable", "no variable is declared for them");
        return Err(diag
            .help("declare `data (x: .., n: Int(T + 1)) from ..`, and write `x[t in forward(until: n)]`")
            .into());
    };
    let array = open(args, file, host)?;
    let longest = ty.shape.first().copied().unwrap_or(1);
    sequences::lengths(
        args.word(file),
        &array.values.in_32_bits(args.word(file), &EventTy::real(Vec::new()), &[])?,
        longest,
    )
}

impl DataRow for Npy {
    fn own(&self) -> bool {
        true
    }

    fn check(&self, args: &Args, declared: &[EventTy], host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("npy", declared, &["an event", "a label"])?;
        declared
            .iter()
            .zip(["file", second(args)?])
            .map(|(ty, which)| {
                let shape = match head(args, which, host)?.filter(|_| which == "file") {
                    Some((head, _)) => head.shape,
                    None => {
                        let array = open(args, which, host)?;
                        array.surely_grey(ty, &Shown::file(args.word(which)))?;
                        array.shape
                    }
                };
                let found = event(&shape, ty);
                if found.shape != ty.shape && which == "file" {
                    channels_last(args, &shape, ty)?;
                }
                Ok(found)
            })
            .collect()
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let mut notes = Vec::new();
        let train = part(args, types, host, ["file", second(args)?], &mut notes)?;
        let test = match args.word_if_given("test").filter(|f| !f.is_empty()) {
            None => None,
            Some(_) => Some(part(args, types, host, ["test", "test_labels"], &mut notes)?),
        };
        Ok(Dataset { train, test, notes, ..Dataset::default() })
    }

    fn reread(&self, args: &Args, from: &Elsewhere<'_>, host: &dyn Host) -> Option<Result<Part, DataIssue>> {
        if !from.file.to_ascii_lowercase().ends_with(".npy") {
            return None;
        }
        let [only] = from.variables else { return Some(Err(one_variable(from))) };
        let mut args = args.clone();
        let at = args.span;
        args.set("file", Const::Text(from.file.to_string()), at);
        // A second variable alone is read as it is: what is said about axes and units is said of the first.
        let of_first: &[&'static str] = if only.number > 0 { &["offset", "channels"] } else { &[] };
        ["labels", "lengths", "test", "test_labels"].iter().chain(of_first).for_each(|name| args.unset(name));
        if only.number > 0 {
            args.set("channels", Const::Word("first".into()), at);
        }
        Some(part(&args, &from.types(), host, ["file", "labels"], &mut Vec::new()))
    }
}
