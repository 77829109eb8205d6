//! NumPy's `.npy`, format versions 1 to 3 (NEP 1): magic, version, header length, a Python dictionary, then the elements.
#![expect(
    clippy::indexing_slicing,
    reason = "every index lies within a length that was checked, or that the code itself made"
)]

use super::narrow::narrow;
use super::reread::{Elsewhere, one_variable};
use super::sequences;
use super::{Column, DataIssue, DataRow, Dataset, Host, OFFSET, Part, at_most, offsets, verify};
use crate::event::{EventTy, shape_text};
use crate::rows::args::{ArgKind, Args, Const, ParamSpec};
use std::borrow::Cow;

const HELP: &str = "save it as `numpy.save(\"f.npy\", numpy.ascontiguousarray(a, dtype=\"<f4\"))`, the first axis counting the events";

row! {
    /// An array from a NumPy file: `npy("f.npy")`, the first axis counting the events. Elements may be f4, f8, u1, i1, i2, i4, i8 or bool, little
    /// endian, in C order. The kind is the declared one, and every value is checked against it; events may be declared
    /// with axes flattened into one or with axes of length 1 added. Channels that stand last are brought to the front by
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
    let array = parse(&bytes, name)?;
    let last = args.word("channels") == "last" && ["file", "test"].contains(&which);
    Ok(if last { array.channels_first() } else { array })
}

/// The type of an event, as near to the declared one as the array allows.
fn event(array: &Array, declared: &EventTy) -> EventTy {
    let shape = array.shape.get(1..).unwrap_or_default();
    let squeezed = |s: &[usize]| s.iter().copied().filter(|d| *d != 1).collect::<Vec<_>>();
    let same = squeezed(shape) == squeezed(&declared.shape);
    let flat = declared.shape.len() == 1 && declared.size() == shape.iter().product::<usize>();
    if same || flat { declared.clone() } else { EventTy { kind: declared.kind, shape: shape.to_vec() } }
}

/// An error where the array has the declared axes, but with the channels last.
fn channels_last(args: &Args, array: &Array, declared: &EventTy) -> Result<(), DataIssue> {
    let (Some([h, w, c]), [dc, dh, dw]) = (array.shape.get(1..), declared.shape.as_slice()) else {
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

fn part(args: &Args, types: &[EventTy], host: &dyn Host, files: [&str; 2]) -> Result<Part, DataIssue> {
    let mut part = Part::default();
    let lengths = match (second(args)?, files.get(1)) {
        ("lengths", Some(file)) => Some(lengths(args, types, host, file)?),
        _ => None,
    };
    for (i, (ty, which)) in types.iter().zip(files).enumerate() {
        let array = open(args, which, host)?;
        let name = args.word(which);
        let found = event(&array, ty);
        if found.shape != ty.shape {
            channels_last(args, &array, ty)?;
            let message =
                format!("`{name}` holds events {}, not {}", shape_text(&found.shape), shape_text(&ty.shape));
            return Err(DataIssue::new(message, HELP));
        }
        if i > 0 && array.shape[0] != part.n {
            let message = format!("`{name}` and `{}` do not belong together", args.word(files[0]));
            return Err(
                DataIssue::new(message, HELP).note(format!("{} and {} events", array.shape[0], part.n))
            );
        }
        let offset = if i == 0 { offsets(args)? } else { Vec::new() };
        part.n = array.shape[0];
        let mut values = array.values.in_32_bits(name, ty, &offset)?;
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
    fn check(&self, args: &Args, declared: &[EventTy], host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most("npy", declared, &["an event", "a label"])?;
        declared
            .iter()
            .zip(["file", second(args)?])
            .map(|(ty, which)| {
                let array = open(args, which, host)?;
                let found = event(&array, ty);
                if found.shape != ty.shape && which == "file" {
                    channels_last(args, &array, ty)?;
                }
                Ok(found)
            })
            .collect()
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let train = part(args, types, host, ["file", second(args)?])?;
        let test = match args.word_if_given("test").filter(|f| !f.is_empty()) {
            None => None,
            Some(_) => Some(part(args, types, host, ["test", "test_labels"])?),
        };
        Ok(Dataset { train, test, ..Dataset::default() })
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
        Some(part(&args, &from.types(), host, ["file", "labels"]))
    }
}

/// A parsed file; there are as many values as the product of `shape`, whose first axis exists and is not 0.
#[derive(Debug)]
struct Array {
    shape: Vec<usize>,
    values: Values,
}

/// The elements, in the precision that the file needs.
#[derive(Debug, PartialEq)]
enum Values {
    /// Elements that 32 bits hold as they are.
    Single(Vec<f32>),
    /// Elements of 64 bits, or whole numbers of 32.
    Double(Vec<f64>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Values::Single(v) => v.len(),
            Values::Double(v) => v.len(),
        }
    }
    /// The first that is not finite, and its number.
    fn not_finite(&self) -> Option<(usize, f64)> {
        match self {
            Values::Single(v) => v.iter().position(|x| !x.is_finite()).map(|i| (i, f64::from(v[i]))),
            Values::Double(v) => v.iter().position(|x| !x.is_finite()).map(|i| (i, v[i])),
        }
    }
    /// Whether all that is not finite is NaN, and fills whole places behind the end of events `[T, ..]`.
    fn ends_in_nan(&self, shape: &[usize]) -> bool {
        let [_, length, rest @ ..] = shape else { return false };
        let each = rest.iter().product::<usize>().max(1);
        let at = |i: usize| match self {
            Values::Single(v) => f64::from(v[i]),
            Values::Double(v) => v[i],
        };
        let event = |from: usize| {
            let place = |t: usize| (0..each).map(move |k| at(from + t * each + k));
            let end = (0..*length).position(|t| place(t).all(f64::is_nan)).unwrap_or(*length);
            end > 0
                && (0..end).all(|t| place(t).all(f64::is_finite))
                && (end..*length).all(|t| place(t).all(f64::is_nan))
        };
        *length > 1 && (0..self.len()).step_by(length * each).all(event)
    }
    fn in_32_bits(self, file: &str, ty: &EventTy, offset: &[f64]) -> Result<Vec<f32>, DataIssue> {
        let all = match self {
            Values::Single(v) if offset.is_empty() => return Ok(v),
            Values::Single(v) => v.into_iter().map(f64::from).collect(),
            Values::Double(v) => v,
        };
        // Elements of a vector are columns with units of their own; those of an image are not.
        let width = if ty.shape.len() == 1 { ty.size() } else { 1 };
        let name =
            |c: usize| if width > 1 { format!("element {c} of an event") } else { "all elements".into() };
        narrow(file, &all, width, offset, &name)
    }
    /// The same elements in another order.
    fn taken(self, order: impl Iterator<Item = usize>) -> Values {
        match self {
            Values::Single(v) => Values::Single(order.filter_map(|i| v.get(i).copied()).collect()),
            Values::Double(v) => Values::Double(order.filter_map(|i| v.get(i).copied()).collect()),
        }
    }
}

impl Array {
    /// Events `[rows, columns, channels]` as `[channels, rows, columns]`; others as they are.
    fn channels_first(self) -> Array {
        let [n, h, w, c] = *self.shape.as_slice() else { return self };
        let order = (0..n)
            .flat_map(move |e| (0..c).flat_map(move |k| (0..h * w).map(move |p| (e * h * w + p) * c + k)));
        Array { shape: vec![n, c, h, w], values: self.values.taken(order) }
    }
}

/// What is wrong with the form of a file.
fn malformed(file: &str, expected: &str, found: String) -> DataIssue {
    let message = format!("cannot read `{file}` as a NumPy array");
    DataIssue::new(message, HELP).note(format!("expected {expected}")).note(format!("found {found}"))
}

/// The header's dictionary, and where the elements begin.
fn header<'b>(bytes: &'b [u8], file: &str) -> Result<(Cow<'b, str>, usize), DataIssue> {
    let issue = |expected: &str, found: String| malformed(file, expected, found);
    if !bytes.starts_with(b"\x93NUMPY") {
        return Err(issue(
            "the bytes \\x93NUMPY at the start",
            format!("{:?}", &bytes[..bytes.len().min(6)]),
        ));
    }
    let short = || issue("a header", format!("only {} bytes", bytes.len()));
    let (start, length) = match bytes.get(6..12) {
        Some([1, _, a, b, ..]) => (10usize, u32::from(u16::from_le_bytes([*a, *b])) as usize),
        Some([2 | 3, _, a, b, c, d]) => (12usize, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        Some(head) => return Err(issue("format version 1, 2 or 3", format!("version {}", head[0]))),
        None => return Err(short()),
    };
    let end = start.checked_add(length).ok_or_else(short)?;
    Ok((String::from_utf8_lossy(bytes.get(start..end).ok_or_else(short)?), end))
}

/// The axes of the whole array.
fn axes(header: &str, file: &str) -> Result<Vec<usize>, DataIssue> {
    let issue = |expected: &str, found: String| malformed(file, expected, found);
    let shape = field(header, "shape")
        .and_then(|s| {
            let axes =
                s.strip_prefix('(')?.strip_suffix(')')?.split(',').map(str::trim).filter(|a| !a.is_empty());
            axes.map(|a| a.parse::<usize>().ok()).collect::<Option<Vec<usize>>>()
        })
        .ok_or_else(|| issue("`shape` in the header", header.trim().to_string()))?;
    if shape.is_empty() || shape.contains(&0) {
        return Err(issue(
            "a first axis that counts events, and no empty axis",
            format!("shape {}", shape_text(&shape)),
        ));
    }
    Ok(shape)
}

fn parse(bytes: &[u8], file: &str) -> Result<Array, DataIssue> {
    let issue = |expected: &str, found: String| malformed(file, expected, found);
    let (header, end) = header(bytes, file)?;
    let need = |name: &str| {
        field(&header, name)
            .ok_or_else(|| issue(&format!("`{name}` in the header"), header.trim().to_string()))
    };
    let (descr, order) = (need("descr")?, need("fortran_order")?);
    if order != "False" {
        return Err(issue("C order", format!("fortran_order: {order}")));
    }
    let shape = axes(&header, file)?;
    let data = &bytes[end..];
    let descr = descr.trim_matches(['\'', '"']);
    let (size, read) = element(descr)
        .ok_or_else(|| issue("elements <f4, <f8, |u1, |i1, <i2, <i4, <i8 or |b1", descr.to_string()))?;
    let stated = shape.iter().try_fold(size, |a, d| a.checked_mul(*d));
    if stated != Some(data.len()) {
        let expected = format!(
            "{} bytes for {}",
            stated.map_or("far more".into(), |s| s.to_string()),
            shape_text(&shape)
        );
        return Err(issue(&expected, format!("{} bytes after the header", data.len())));
    }
    let values = match read {
        Read::Single(read) => Values::Single(data.chunks_exact(size).map(read).collect()),
        Read::Double(read) => Values::Double(data.chunks_exact(size).map(read).collect()),
    };
    if let Some((at, value)) = values.not_finite() {
        let event = at / (values.len() / shape[0]);
        let message = format!("`{file}` holds numbers that are not finite");
        let first = format!("the first is {value} in event {event}");
        return Err(match values.ends_in_nan(&shape) {
            true => DataIssue::new(message, LENGTHS)
                .note(first)
                .note("they stand at the end of events only, as where sequences of different lengths are filled up"),
            false => DataIssue::new(
                message,
                "leave such events out, or put a number in their place before saving: `a = numpy.nan_to_num(a)`",
            )
            .note(first),
        });
    }
    Ok(Array { shape, values })
}

/// What to do with sequences that are filled up with NaN.
const LENGTHS: &str = "save how long they are, `n = (~numpy.isnan(a)).reshape(len(a), a.shape[1], -1).all(2).sum(1)`, `numpy.save(\"n.npy\", n)`, and 0 in \
     place of NaN, `numpy.nan_to_num(a)`; then declare `data (x: .., n: Int(T + 1)) from npy(.., lengths: \"n.npy\")` and draw as many: \
     `x[t in forward(until: n)]`";

/// How one element is read.
enum Read {
    Single(fn(&[u8]) -> f32),
    Double(fn(&[u8]) -> f64),
}

/// The bytes of an element of this type, and how it is read; `None` for types that are not known.
fn element(descr: &str) -> Option<(usize, Read)> {
    Some(match descr {
        "<f4" => (4, Read::Single(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
        "<f8" => (8, Read::Double(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))),
        "|u1" | "<u1" | "|b1" => (1, Read::Single(|b| f32::from(b[0]))),
        "|i1" | "<i1" => (1, Read::Single(|b| f32::from(b[0] as i8))),
        "<i2" => (2, Read::Single(|b| f32::from(i16::from_le_bytes([b[0], b[1]])))),
        "<i4" => (4, Read::Double(|b| f64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]])))),
        "<i8" => {
            (8, Read::Double(|b| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f64))
        }
        _ => return None,
    })
}

/// The text of one value of the header's dictionary: a quoted text, a word, or a parenthesised list.
fn field<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let at = header.find(&format!("'{name}'"))? + name.len() + 2;
    let rest = header[at..].trim_start().strip_prefix(':')?.trim_start();
    let end = if rest.starts_with('(') { rest.find(')')? + 1 } else { rest.find([',', '}'])? };
    Some(rest[..end].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn every_prefix_of_a_file_is_an_error() {
        let good = file(
            "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2), }\n",
            &[1, 0, 2, 0, 255, 255, 4, 0],
        );
        assert_eq!(parse(&good, "f").map(|a| a.values), Ok(Values::Single(vec![1.0, 2.0, -1.0, 4.0])));
        for n in 0..good.len() {
            assert!(parse(&good[..n], "f").is_err(), "{n} bytes");
        }
    }

    #[test]
    fn huge_shapes_and_foreign_orders_are_errors() {
        for header in [
            "{'descr': '<f8', 'fortran_order': False, 'shape': (18446744073709551615, 18446744073709551615), }",
            "{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }",
            "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }",
        ] {
            assert!(parse(&file(header, &[0; 8]), "f").is_err(), "{header}");
        }
    }
}
