//! NumPy's `.npy`, format versions 1 to 3 (NEP 1): magic, version, header length, a Python dictionary, then the elements.

use super::DataIssue;
use super::narrow::narrow;
use crate::event::{EventTy, Kind, Support, shape_text};
use std::borrow::Cow;

/// A parsed file; there are as many values as the product of `shape`, whose first axis exists and is not 0.
#[derive(Debug)]
pub(super) struct Array {
    /// All axes, the first of which counts the events.
    pub shape: Vec<usize>,
    /// The elements, in C order.
    pub values: Values,
    /// Whether the file holds bytes.
    bytes: bool,
}

/// The elements, in the precision that the file needs.
#[derive(Debug, PartialEq)]
pub(super) enum Values {
    /// Elements that 32 bits hold as they are.
    Single(Vec<f32>),
    /// Elements of 64 bits, or whole numbers of 32.
    Double(Vec<f64>),
}

/// How an array is called in messages, and how it is mended.
pub(super) struct Shown<'a> {
    what: Cow<'a, str>,
    help: String,
}

impl<'a> Shown<'a> {
    /// A file of its own.
    pub(super) fn file(name: &'a str) -> Shown<'a> {
        let help =
            "save it as `numpy.save(\"f.npy\", a.astype(\"f4\"))`, the first axis counting the events".into();
        Shown { what: Cow::Borrowed(name), help }
    }

    /// An array among others of a file.
    pub(super) fn member(file: &str, name: &str) -> Shown<'a> {
        let help = format!(
            "save it as `numpy.savez({file:?}, {name}={name}.astype(\"f4\"))`, the first axis counting the events"
        );
        Shown { what: Cow::Owned(format!("{name} of {file}")), help }
    }
}

/// How bytes become grey levels of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grey {
    lo: f64,
    scale: f64,
}

impl Grey {
    /// How bytes are read as numbers of a type.
    pub(super) fn of(ty: &EventTy) -> Option<Grey> {
        let Kind::Real(support) = ty.kind else { return None };
        let (lo, scale) = match support {
            s if s.alike(Support::UNIT) => (0.0, 1.0 / 255.0),
            s if s.alike(Support::closed(-1.0, 1.0)) => (-1.0, 2.0 / 255.0),
            Support::Interval(_) | Support::Simplex { .. } => return None,
        };
        Some(Grey { lo, scale })
    }

    /// Bytes as they are read, in the range.
    pub(super) fn apply(self, values: &mut [f32]) {
        values.iter_mut().for_each(|v| *v = (self.lo + self.scale * f64::from(*v)) as f32);
    }

    /// What was decided.
    pub(super) fn said(self, file: &str) -> String {
        format!("`{file}` holds bytes: 0 to 255 are read as {} to {}", self.lo, self.lo + 255.0 * self.scale)
    }
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
            Values::Single(v) => {
                v.iter().enumerate().find(|(_, x)| !x.is_finite()).map(|(i, x)| (i, f64::from(*x)))
            }
            Values::Double(v) => v.iter().enumerate().find(|(_, x)| !x.is_finite()).map(|(i, x)| (i, *x)),
        }
    }
    /// Whether all that is not finite is NaN, and fills whole places behind the end of events `[T, ..]`.
    fn ends_in_nan(&self, shape: &[usize]) -> bool {
        let [_, length, rest @ ..] = shape else { return false };
        let each = rest.iter().product::<usize>().max(1);
        let at = |i: usize| match self {
            Values::Single(v) => v.get(i).copied().map_or(f64::NAN, f64::from),
            Values::Double(v) => v.get(i).copied().unwrap_or(f64::NAN),
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
    /// The elements less `offset`, as models are trained on them.
    ///
    /// # Errors
    /// What 32 bits would lose.
    pub(super) fn in_32_bits(self, file: &str, ty: &EventTy, offset: &[f64]) -> Result<Vec<f32>, DataIssue> {
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
    /// Whether one is larger.
    fn any_above(&self, x: f64) -> bool {
        match self {
            Values::Single(v) => v.iter().any(|v| f64::from(*v) > x),
            Values::Double(v) => v.iter().any(|v| *v > x),
        }
    }
}

impl Array {
    /// Number of events.
    pub(super) fn len(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// The largest element, where all are whole numbers from 0.
    pub(super) fn most(&self) -> Option<f64> {
        let next = |most: f64, v: f64| (v >= 0.0 && v.fract() == 0.0).then(|| most.max(v));
        match &self.values {
            Values::Single(v) => v.iter().try_fold(0.0, |most, v| next(most, f64::from(*v))),
            Values::Double(v) => v.iter().try_fold(0.0, |most, v| next(most, *v)),
        }
    }

    /// Events `[rows, columns, channels]` as `[channels, rows, columns]`; others as they are.
    pub(super) fn channels_first(self) -> Array {
        let [n, h, w, c] = *self.shape.as_slice() else { return self };
        let order = (0..n)
            .flat_map(move |e| (0..c).flat_map(move |k| (0..h * w).map(move |p| (e * h * w + p) * c + k)));
        Array { shape: vec![n, c, h, w], values: self.values.taken(order), ..self }
    }

    /// Bytes that may be grey levels or truth values: all of them 0 or 1, where a range of numbers is declared. Training data must say which they
    /// are; what is read later is read as they were, however dark it is.
    ///
    /// # Errors
    /// What `shown` is to declare or to save.
    pub(super) fn surely_grey(&self, ty: &EventTy, shown: &Shown<'_>) -> Result<(), DataIssue> {
        let Some(grey) = self.grey(ty).filter(|_| !self.values.any_above(1.0)) else { return Ok(()) };
        let (lo, hi) = (grey.lo, grey.lo + 255.0 * grey.scale);
        let message = format!("`{}` holds bytes that are all 0 or 1", shown.what);
        let help = format!("declare truth values as `Bool`; of numbers, {}", shown.help);
        Err(DataIssue::new(message, help)
            .note(format!("bytes of this type are grey levels: 0 to 255 would be read as {lo} to {hi}")))
    }

    /// How bytes are read as grey levels where a range of numbers is declared.
    pub(super) fn grey(&self, ty: &EventTy) -> Option<Grey> {
        Grey::of(ty).filter(|_| self.bytes)
    }

    /// Elements that were written with the first axis running fastest, in C order.
    fn in_c_order(self) -> Array {
        // Where the next element along each axis of the file stands.
        let strides: Vec<usize> = self
            .shape
            .iter()
            .scan(1usize, |next, d| {
                let here = *next;
                *next *= d;
                Some(here)
            })
            .collect();
        let shape = self.shape.clone();
        let total = self.values.len();
        let order = (0..total).map(move |i| {
            let mut rest = i;
            let axes = shape.iter().zip(&strides).rev();
            axes.map(|(d, stride)| {
                let at = rest % d;
                rest /= d;
                at * stride
            })
            .sum()
        });
        Array { values: self.values.taken(order), ..self }
    }
}

/// What is wrong with the form of a file.
fn malformed(shown: &Shown<'_>, expected: &str, found: String) -> DataIssue {
    let message = format!("cannot read `{}` as a NumPy array", shown.what);
    DataIssue::new(message, shown.help.clone())
        .note(format!("expected {expected}"))
        .note(format!("found {found}"))
}

/// The header's dictionary, and the elements.
fn header<'b>(bytes: &'b [u8], shown: &Shown<'_>) -> Result<(Cow<'b, str>, &'b [u8]), DataIssue> {
    let issue = |expected: &str, found: String| malformed(shown, expected, found);
    if !bytes.starts_with(b"\x93NUMPY") {
        let start = bytes.get(..bytes.len().min(6)).unwrap_or_default();
        return Err(issue("the bytes \\x93NUMPY at the start", format!("{start:?}")));
    }
    let short = || issue("a header", format!("only {} bytes", bytes.len()));
    let (start, length) = match bytes.get(6..12) {
        Some([1, _, a, b, ..]) => (10usize, u32::from(u16::from_le_bytes([*a, *b])) as usize),
        Some([2 | 3, _, a, b, c, d]) => (12usize, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        Some([version, ..]) => return Err(issue("format version 1, 2 or 3", format!("version {version}"))),
        Some([]) | None => return Err(short()),
    };
    let end = start.checked_add(length).ok_or_else(short)?;
    let text = bytes.get(start..end).ok_or_else(short)?;
    Ok((String::from_utf8_lossy(text), bytes.get(end..).unwrap_or_default()))
}

/// The axes of the whole array.
fn axes(header: &str, shown: &Shown<'_>) -> Result<Vec<usize>, DataIssue> {
    let issue = |expected: &str, found: String| malformed(shown, expected, found);
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

/// An array in a file that is not read.
#[derive(Debug)]
pub(super) struct Head {
    /// All axes, the first of which counts the events; channels stand first, wherever they are in the file.
    pub shape: Vec<usize>,
    /// Where the first event begins.
    pub(super) start: u64,
    pub(super) element: Element,
    pub(super) bytes: bool,
    /// Rows, columns and channels, where these stand last in the file.
    pub(super) last: Option<[usize; 3]>,
}

impl Head {
    /// The array of a file of `length` bytes that begins with these, if its events are to stay there: where all of them take more than so many
    /// bytes of memory.
    ///
    /// # Errors
    /// What keeps its events from being read one by one.
    pub(super) fn of(
        first: &[u8],
        length: u64,
        most: u64,
        last: bool,
        shown: &Shown<'_>,
    ) -> Result<Option<Head>, DataIssue> {
        let (text, rest) = header(first, shown)?;
        let start = (first.len() - rest.len()) as u64;
        let mut shape = axes(&text, shown)?;
        let descr = field(&text, "descr").unwrap_or_default().trim_matches(['\'', '"']);
        let Some(element) = Element::of(descr) else { return Ok(None) };
        let count = shape.iter().try_fold(1u64, |a, d| a.checked_mul(*d as u64));
        let Some(count) = count.filter(|n| n.saturating_mul(4) > most) else { return Ok(None) };
        if count.checked_mul(element.size as u64).and_then(|b| b.checked_add(start)) != Some(length) {
            let expected = format!("{count} elements of {} bytes for {}", element.size, shape_text(&shape));
            return Err(malformed(shown, &expected, format!("{} bytes after the header", length - start)));
        }
        let piecewise = |why: &str, help: &str| {
            DataIssue::new(format!("the events of `{}` cannot be read one by one", shown.what), help)
                .note(why)
        };
        if field(&text, "fortran_order") != Some("False") {
            return Err(piecewise(
                "its axes stand in Fortran order",
                "save it as `numpy.ascontiguousarray(a)`",
            ));
        }
        if !element.single() {
            let why = format!("its elements are {descr}, which 32 bits do not hold as they are");
            return Err(piecewise(&why, "save it as `a.astype(\"f4\")`"));
        }
        let last = match *shape.as_slice() {
            [n, h, w, c] if last => {
                shape = vec![n, c, h, w];
                Some([h, w, c])
            }
            _ => None,
        };
        Ok(Some(Head { shape, start, element, bytes: descr.ends_with("u1"), last }))
    }
}

/// Parses a file.
///
/// # Errors
/// What it is not, numbers that are not finite.
pub(super) fn parse(bytes: &[u8], file: &str, shown: &Shown<'_>) -> Result<Array, DataIssue> {
    let issue = |expected: &str, found: String| malformed(shown, expected, found);
    let (header, data) = header(bytes, shown)?;
    let need = |name: &str| {
        field(&header, name)
            .ok_or_else(|| issue(&format!("`{name}` in the header"), header.trim().to_string()))
    };
    let (descr, order) = (need("descr")?, need("fortran_order")?);
    let shape = axes(&header, shown)?;
    let descr = descr.trim_matches(['\'', '"']);
    let element = Element::of(descr).ok_or_else(|| {
        let expected = "elements that are numbers: f2, f4, f8, i1 to i8, u1 to u8 or b1";
        issue(expected, format!("elements {descr}"))
    })?;
    let stated = shape.iter().try_fold(element.size, |a, d| a.checked_mul(*d));
    if stated != Some(data.len()) {
        let expected = format!(
            "{} bytes for {}",
            stated.map_or("far more".into(), |s| s.to_string()),
            shape_text(&shape)
        );
        return Err(issue(&expected, format!("{} bytes after the header", data.len())));
    }
    let each = data.chunks_exact(element.size).map(|c| element.read(c));
    let values = match element.single() {
        true => Values::Single(each.map(|v| v as f32).collect()),
        false => Values::Double(each.collect()),
    };
    let array = Array { shape, values, bytes: descr.ends_with("u1") };
    let array = match order {
        "True" => array.in_c_order(),
        "False" => array,
        other => return Err(issue("`fortran_order` True or False", format!("{other} in {file}"))),
    };
    match array.values.not_finite() {
        Some(first) => Err(not_finite(&array, first, shown)),
        None => Ok(array),
    }
}

/// What to do with sequences that are filled up with NaN.
const LENGTHS: &str = "save how long they are, `n = (~numpy.isnan(a)).reshape(len(a), a.shape[1], -1).all(2).sum(1)`, `numpy.save(\"n.npy\", n)`, and 0 in \
     place of NaN, `numpy.nan_to_num(a)`; then declare `data (x: .., n: Int(T + 1)) from npy(.., lengths: \"n.npy\")` and draw as many: \
     `x[t in forward(until: n)]`";

/// What is said of numbers that are not finite, the first of which stands `at`.
fn not_finite(array: &Array, (at, value): (usize, f64), shown: &Shown<'_>) -> DataIssue {
    let event = at / (array.values.len() / array.len().max(1)).max(1);
    let message = format!("`{}` holds numbers that are not finite", shown.what);
    let first = format!("the first is {value} in event {event}");
    match array.values.ends_in_nan(&array.shape) {
        true => DataIssue::new(message, LENGTHS).note(first).note(
            "they stand at the end of events only, as where sequences of different lengths are filled up",
        ),
        false => DataIssue::new(
            message,
            "leave such events out, or put a number in their place before saving: `a = numpy.nan_to_num(a)`",
        )
        .note(first),
    }
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Float,
    Signed,
    Unsigned,
}

/// How one element is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    number: Number,
    /// Bytes.
    pub(super) size: usize,
    /// Whether the byte of highest value stands first.
    big: bool,
}

impl Element {
    /// As NumPy describes it, `<f4`; `None` for what is no number that is known.
    fn of(descr: &str) -> Option<Element> {
        let order = descr.chars().next().filter(|c| "<>|=".contains(*c));
        let name = descr.get(order.map_or(0, char::len_utf8)..)?;
        let (number, size) = match name {
            "f2" => (Number::Float, 2),
            "f4" => (Number::Float, 4),
            "f8" => (Number::Float, 8),
            "i1" => (Number::Signed, 1),
            "i2" => (Number::Signed, 2),
            "i4" => (Number::Signed, 4),
            "i8" => (Number::Signed, 8),
            "u1" | "b1" => (Number::Unsigned, 1),
            "u2" => (Number::Unsigned, 2),
            "u4" => (Number::Unsigned, 4),
            "u8" => (Number::Unsigned, 8),
            _ => return None,
        };
        Some(Element { number, size, big: order == Some('>') })
    }

    /// Whether 32 bits hold it as it is.
    pub(super) fn single(self) -> bool {
        match self.number {
            Number::Float => self.size <= 4,
            Number::Signed | Number::Unsigned => self.size <= 2,
        }
    }

    /// The number that these bytes are.
    pub(super) fn read(self, bytes: &[u8]) -> f64 {
        let place = |i: usize| if self.big { self.size - 1 - i } else { i };
        let bits = bytes.iter().enumerate().fold(0u64, |all, (i, b)| all | u64::from(*b) << (8 * place(i)));
        match (self.number, self.size) {
            (Number::Float, 2) => half(bits as u16),
            (Number::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (Number::Float, _) => f64::from_bits(bits),
            (Number::Unsigned, _) => bits as f64,
            (Number::Signed, _) => {
                let unused = 64 - 8 * self.size as u32;
                (((bits << unused) as i64) >> unused) as f64
            }
        }
    }
}

/// A number of 16 bits (IEEE 754-2008, binary16).
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff) / 1024.0);
    sign * match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        e => (1.0 + fraction) * 2f64.powi(e - 15),
    }
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

    fn read(bytes: &[u8]) -> Result<Array, DataIssue> {
        parse(bytes, "f", &Shown::file("f"))
    }

    #[test]
    fn every_prefix_of_a_file_is_an_error() {
        let good = file(
            "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2), }\n",
            &[1, 0, 2, 0, 255, 255, 4, 0],
        );
        assert_eq!(read(&good).map(|a| a.values), Ok(Values::Single(vec![1.0, 2.0, -1.0, 4.0])));
        for n in 0..good.len() {
            assert!(read(good.get(..n).unwrap_or_default()).is_err(), "{n} bytes");
        }
    }

    #[test]
    fn huge_shapes_and_what_is_no_number_are_errors() {
        for header in [
            "{'descr': '<f8', 'fortran_order': False, 'shape': (18446744073709551615, 18446744073709551615), }",
            "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,), }",
            "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '\u{e9}f8', 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }",
        ] {
            assert!(read(&file(header, &[0; 8])).is_err(), "{header}");
        }
    }

    /// The bytes are those of `numpy.array([1.5, -2], descr).tobytes()`, and of whole numbers of `[1, -2]` or `[1, 2]`.
    #[test]
    fn numbers_of_every_size_and_order() {
        for (descr, bytes, want) in [
            ("<f2", &b"\x00\x3e\x00\xc0"[..], [1.5, -2.0]),
            (">f2", b"\x3e\x00\xc0\x00", [1.5, -2.0]),
            (">f4", b"\x3f\xc0\0\0\xc0\0\0\0", [1.5, -2.0]),
            (">f8", b"\x3f\xf8\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0", [1.5, -2.0]),
            ("|i1", b"\x01\xfe", [1.0, -2.0]),
            (">i2", b"\0\x01\xff\xfe", [1.0, -2.0]),
            (">i4", b"\0\0\0\x01\xff\xff\xff\xfe", [1.0, -2.0]),
            ("<i8", b"\x01\0\0\0\0\0\0\0\xfe\xff\xff\xff\xff\xff\xff\xff", [1.0, -2.0]),
            ("<u2", b"\x01\0\x02\0", [1.0, 2.0]),
            (">u4", b"\0\0\0\x01\0\0\0\x02", [1.0, 2.0]),
            ("<u8", b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", [1.0, 2.0]),
        ] {
            let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (2,), }}");
            let got = match read(&file(&header, bytes)).map(|a| a.values) {
                Ok(Values::Single(v)) => v.into_iter().map(f64::from).collect(),
                Ok(Values::Double(v)) => v,
                Err(issue) => panic!("{descr}: {issue:?}"),
            };
            assert_eq!(got, want, "{descr}");
        }
        assert_eq!([half(0x0001), half(0x7bff), half(0x8000)], [2f64.powi(-24), 65504.0, -0.0]);
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }

    /// `numpy.asfortranarray(numpy.arange(12).reshape(2, 3, 2)).tobytes("A")`
    #[test]
    fn axes_in_the_other_order() {
        let bytes = [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11];
        let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }";
        let want: Vec<f32> = (0..12).map(|i| i as f32).collect();
        assert_eq!(read(&file(header, &bytes)).map(|a| a.values), Ok(Values::Single(want)));
    }
}
