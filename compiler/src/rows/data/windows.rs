//! Windows of a row of symbols: what sources of text share. The last tenth of the row is the test part, so that no test window overlaps a
//! training window.

use super::{Column, DataIssue, Dataset, Part};
use crate::event::{EventTy, Kind};
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// More elements than this are refused.
const MOST_ELEMENTS: usize = 500_000_000;
/// So many different characters are listed.
const LISTED: usize = 120;

/// `stride:`
pub(super) const STRIDE: ParamSpec = ParamSpec {
    name: "stride",
    kind: ArgKind::Int(1),
    default: Some(""),
    doc: "Symbols from the beginning of a window to the beginning of the next; the length of a window unless written.",
};

/// A row of symbols, each by its number in the vocabulary.
pub(super) struct Symbols {
    /// What it is read from, for messages: `` `f.txt` ``.
    pub source: String,
    /// `bytes`, `characters`.
    pub unit: &'static str,
    /// The numbers.
    pub all: Vec<f32>,
    /// How many different ones there may be.
    pub size: usize,
    /// What each is called; empty where they are bytes.
    pub names: Vec<String>,
}

impl Symbols {
    /// The characters of a text, numbered by their code points' order. A mark of the byte order before them is no character.
    pub(super) fn characters(source: String, text: &str) -> Symbols {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut vocabulary: Vec<char> = text.chars().collect();
        vocabulary.sort_unstable();
        vocabulary.dedup();
        let number = |c: char| vocabulary.binary_search(&c).unwrap_or(0) as f32;
        Symbols {
            source,
            unit: "characters",
            all: text.chars().map(number).collect(),
            size: vocabulary.len(),
            names: vocabulary.iter().map(char::to_string).collect(),
        }
    }

    /// The numbers of bytes.
    pub(super) fn bytes(source: String, bytes: &[u8]) -> Symbols {
        let all = bytes.iter().map(|b| f32::from(*b)).collect();
        Symbols { source, unit: "bytes", all, size: 256, names: Vec::new() }
    }

    /// The types of the pieces of a window, which follow each other, as near to the declared ones as the symbols allow.
    ///
    /// # Errors
    /// A piece without a length, fewer symbols than a window needs, a type with more classes than there are symbols; one with fewer is for the
    /// checker to refuse, who knows what was left open.
    pub(super) fn types(&self, declared: &[EventTy]) -> Result<Vec<EventTy>, DataIssue> {
        let types = declared.iter().map(|ty| self.ty(ty)).collect::<Result<Vec<_>, _>>()?;
        let window = length(&types);
        let tail = self.all.len() / 10;
        if tail >= window {
            return Ok(types);
        }
        let message = format!("{} is too short for windows of {window} {}", self.source, self.unit);
        let help = match tail {
            0 => "name a longer text: a tenth of it is for testing, and holds at least one window".into(),
            most => {
                format!("declare windows of at most {most}, a tenth of the text, which is for testing")
            }
        };
        Err(DataIssue::new(message, help).note(format!("it has {} {}", self.all.len(), self.unit)))
    }

    fn ty(&self, declared: &EventTy) -> Result<EventTy, DataIssue> {
        if declared.shape.is_empty() {
            return Err(no_length(&self.source, self.unit, declared.kind));
        }
        let kind = match declared.kind {
            Kind::Int(_) => Kind::Int(self.size),
            Kind::Class(_) | Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Count => {
                Kind::Class(self.size)
            }
        };
        let ty = EventTy { kind, shape: declared.shape.clone() };
        match declared.kind.cardinality().filter(|k| *k > self.size) {
            None => Ok(ty),
            Some(k) => Err(DataIssue::new(
                format!("{} has {} different {}, and {k} are declared", self.source, self.size, self.unit),
                format!(
                    "declare `{ty}`; after `dim V`, `Class(V){}` takes the number from the source",
                    ty.shape_text()
                ),
            )),
        }
    }

    /// The same characters with the numbers that they have among `names`; bytes have their own.
    ///
    /// # Errors
    /// The characters that are not among them.
    pub(super) fn numbered(self, names: Option<&[String]>) -> Result<Symbols, DataIssue> {
        let Some(names) = names.filter(|_| !self.names.is_empty()) else { return Ok(self) };
        let numbers: Vec<Option<usize>> =
            self.names.iter().map(|c| names.iter().position(|n| n == c)).collect();
        let unknown: Vec<String> = self
            .names
            .iter()
            .zip(&numbers)
            .filter(|(_, n)| n.is_none())
            .map(|(c, _)| format!("{c:?}"))
            .collect();
        if !unknown.is_empty() {
            let shown = unknown.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
            return Err(DataIssue::new(
                format!("{} has characters that the model was not trained on: {shown}", self.source),
                "leave out what the model has never seen",
            ));
        }
        let number = |v: &f32| numbers.get(*v as usize).copied().flatten().unwrap_or(0) as f32;
        let all = self.all.iter().map(number).collect();
        Ok(Symbols { all, size: names.len(), names: names.to_vec(), ..self })
    }

    /// The windows of a row of symbols.
    fn part(&self, row: &[f32], args: &Args, types: &[EventTy]) -> Result<Part, DataIssue> {
        let (window, unit) = (length(types), self.unit);
        let stride = args.int_if_given(STRIDE.name).unwrap_or(window).max(1);
        let n = row.len().saturating_sub(window) / stride + 1;
        if n.saturating_mul(window) > MOST_ELEMENTS {
            let message = format!("{n} windows of {window} {unit} are too many");
            return Err(args.error(STRIDE.name, message, "too small").into());
        }
        let all = row.windows(window).step_by(stride);
        Ok(Part { n, columns: pieces(types, all), ..Part::default() })
    }

    /// All windows of the text.
    ///
    /// # Errors
    /// A text that is shorter than one; more windows than memory holds.
    pub(super) fn all_windows(&self, args: &Args, types: &[EventTy]) -> Result<Part, DataIssue> {
        let (window, unit) = (length(types), self.unit);
        if self.all.len() < window {
            let message = format!("{} is too short: the model reads {window} {unit} at a time", self.source);
            return Err(DataIssue::new(message, "give a longer text")
                .note(format!("it has {} {unit}", self.all.len())));
        }
        self.part(&self.all, args, types)
    }

    /// Training and test windows, the latter of the last tenth.
    ///
    /// # Errors
    /// More windows than memory holds.
    pub(super) fn windows(self, args: &Args, types: &[EventTy]) -> Result<Dataset, DataIssue> {
        let unit = self.unit;
        let (head, tail) = self.all.split_at(self.all.len() - self.all.len() / 10);
        let mut notes = Vec::new();
        if !self.names.is_empty() {
            let listed: String = self.names.iter().take(LISTED).map(String::as_str).collect();
            let more = if self.names.len() > LISTED { " and more" } else { "" };
            notes.push(format!(
                "{} {unit}, {} different ones, of which there are: {listed:?}{more}",
                self.all.len(),
                self.size
            ));
        }
        let (train, test) = (self.part(head, args, types)?, self.part(tail, args, types)?);
        Ok(Dataset {
            train,
            test: Some(test),
            notes,
            labels: vec![self.names; types.len()],
            ..Dataset::default()
        })
    }
}

/// How long windows of these pieces are.
pub(super) fn length(types: &[EventTy]) -> usize {
    types.iter().map(EventTy::size).sum::<usize>().max(1)
}

/// Windows cut into pieces that follow each other, a column each.
pub(super) fn pieces<'w>(types: &[EventTy], windows: impl Iterator<Item = &'w [f32]>) -> Vec<Column> {
    let mut columns: Vec<Column> =
        types.iter().map(|ty| Column { ty: ty.clone(), values: Vec::new() }).collect();
    for mut window in windows {
        for column in &mut columns {
            let (piece, rest) = window.split_at_checked(column.ty.size()).unwrap_or((window, &[]));
            column.values.extend_from_slice(piece);
            window = rest;
        }
    }
    columns
}

/// A window is declared without a length.
pub(super) fn no_length(source: &str, unit: &str, kind: Kind) -> DataIssue {
    // What a `dim` leaves open stands here as a single class.
    let ty = match kind {
        Kind::Class(0 | 1) => "Class(V)[64]".to_string(),
        Kind::Class(_) | Kind::Int(_) | Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Count => {
            EventTy { kind, shape: vec![64] }.to_string()
        }
    };
    DataIssue::new(
        format!("{source} yields windows of {unit}, and no length is declared"),
        format!("write how many {unit} a window has behind the type: `{ty}`"),
    )
}
