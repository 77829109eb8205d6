//! Diagnostics as text: for people, one line each for editors and grep, or JSON for programs.
//!
//! The only file that names codespan. Spans are clamped to their file and to character boundaries first, so that no span,
//! however wrong, can make rendering fail.

use super::{Diag, Label, Severity};
use crate::span::{FileId, Span};
use codespan_reporting::diagnostic::{Diagnostic, Label as Mark};
use codespan_reporting::files::{Error, Files, SimpleFile};
use codespan_reporting::term::{self, Config};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// More messages than this are counted, not shown, to people.
const MOST: usize = 20;

/// Characters of a text are counted up to every so many bytes, so that a column far out on a long line is found at once.
const STRIDE: usize = 256;

/// The characters that begin before byte 0, [`STRIDE`], 2 [`STRIDE`] .. of a text.
fn counts(text: &str) -> Vec<usize> {
    let begins = |b: &&u8| (**b as i8) >= -0x40;
    let each = text.as_bytes().chunks(STRIDE).map(|c| c.iter().filter(begins).count());
    let sums = each.scan(0, |sum, n| {
        *sum += n;
        Some(*sum)
    });
    std::iter::once(0).chain(sums).collect()
}

/// The texts that spans point into.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: BTreeMap<FileId, SimpleFile<String, String>>,
    /// Texts as they may reach a terminal, where they differ; byte for byte as long as the true ones.
    shown: BTreeMap<FileId, String>,
    /// Of each file the characters that begin before its byte 0, [`STRIDE`], 2 [`STRIDE`] ..
    counts: BTreeMap<FileId, Vec<usize>>,
}

impl Sources {
    /// No file.
    pub fn new() -> Self {
        Sources::default()
    }
    /// Sets the name, as messages show it, and the text of a file.
    pub fn insert(&mut self, file: FileId, name: impl Into<String>, text: impl Into<String>) {
        let text = text.into();
        match harmless(&text) {
            Some(shown) => self.shown.insert(file, shown),
            None => self.shown.remove(&file),
        };
        self.counts.insert(file, counts(&text));
        self.files.insert(file, SimpleFile::new(name.into(), text));
    }
    /// All files, those of the language first.
    pub fn ids(&self) -> impl Iterator<Item = FileId> {
        self.files.keys().copied()
    }
    /// The name of a file.
    pub fn name(&self, file: FileId) -> Option<&str> {
        self.files.get(&file).map(|f| f.name().as_str())
    }
    /// The text of a file.
    pub fn text(&self, file: FileId) -> Option<&str> {
        self.files.get(&file).map(|f| f.source().as_str())
    }
    /// The line and column, both from 1, of a byte; columns count characters.
    pub fn position(&self, file: FileId, byte: usize) -> Option<(usize, usize)> {
        let source = self.files.get(&file)?;
        let at = clamp(source.source(), byte);
        let line = source.line_index((), at).ok()?;
        let start = source.line_range((), line).ok()?.start;
        Some((line + 1, self.characters(file, at)? - self.characters(file, start)? + 1))
    }
    /// How many characters begin before a byte at the border of two.
    fn characters(&self, file: FileId, byte: usize) -> Option<usize> {
        let text = self.text(file)?;
        let before = self.counts.get(&file)?.get(byte / STRIDE)?;
        // A stride may begin inside of a character, which was counted before it.
        let from = (byte / STRIDE * STRIDE..byte).find(|b| text.is_char_boundary(*b)).unwrap_or(byte);
        Some(before + text.get(from..byte)?.chars().count())
    }
    fn range(&self, span: Span) -> Option<Range<usize>> {
        let text = self.text(span.file)?;
        let start = clamp(text, span.start as usize);
        Some(start..clamp(text, span.end as usize).max(start))
    }
}

/// The nearest character boundary at or before `byte`, within `text`.
fn clamp(text: &str, byte: usize) -> usize {
    let mut at = byte.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The text with every character that would control a terminal replaced by one of the same length; none where there is none.
fn harmless(text: &str) -> Option<String> {
    let controls = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    text.contains(controls).then(|| {
        text.chars()
            .map(|c| {
                if !controls(c) {
                    c
                } else if c.len_utf8() == 1 {
                    '?'
                } else {
                    '\u{bf}'
                }
            })
            .collect()
    })
}

impl<'a> Files<'a> for Sources {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        Sources::name(self, id).ok_or(Error::FileMissing)
    }
    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.shown.get(&id).map(String::as_str).or_else(|| self.text(id)).ok_or(Error::FileMissing)
    }
    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        self.files.get(&id).ok_or(Error::FileMissing)?.line_index((), byte)
    }
    fn line_range(&'a self, id: FileId, line: usize) -> Result<Range<usize>, Error> {
        self.files.get(&id).ok_or(Error::FileMissing)?.line_range((), line)
    }
}

/// How to print messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// With the source lines, labels and help.
    #[default]
    Human,
    /// `file:line:col: error[E0201]: message`.
    Short,
    /// One JSON object per line.
    Json,
}

/// Renders messages sorted by file and position, repetitions left out; people are shown at most 20, errors before warnings.
pub fn render(diags: &[Diag], sources: &Sources, format: Format, color: bool) -> String {
    let mut sorted: Vec<&Diag> = diags.iter().collect();
    sorted.sort_by_key(|d| (d.primary.span, d.code));
    sorted.dedup();
    let all = sorted.len();
    if format != Format::Json && all > MOST {
        // No error is left out for a warning.
        sorted.sort_by_key(|d| d.severity != Severity::Error);
        sorted.truncate(MOST);
        sorted.sort_by_key(|d| (d.primary.span, d.code));
    }
    let mut out = String::new();
    for diag in &sorted {
        match format {
            Format::Human => out.push_str(&human(diag, sources, color)),
            Format::Short => out.push_str(&short(diag, sources)),
            Format::Json => out.push_str(&json(diag, sources)),
        }
    }
    if sorted.len() < all {
        out.push_str(&format!("and {} more\n", all - sorted.len()));
    }
    out
}

/// A line longer than this, in bytes, is not shown.
const WIDEST: usize = 2000;

/// Whether the lines of a message can be shown: those of one that is very long fill the screen with everything else.
fn shows(diag: &Diag, sources: &Sources) -> bool {
    let fits = |label: &Label| {
        let (Some(text), Some(range)) = (sources.text(label.span.file), sources.range(label.span)) else {
            return true;
        };
        let before =
            text.get(..range.start).unwrap_or("").bytes().rev().take(WIDEST).position(|b| b == b'\n');
        let after = text.get(range.start..).unwrap_or("").bytes().take(WIDEST).position(|b| b == b'\n');
        let (to_start, to_end) = (range.start, text.len() - range.start);
        before.unwrap_or(to_start.min(WIDEST)) + after.unwrap_or(to_end.min(WIDEST)) < WIDEST
    };
    std::iter::once(&diag.primary).chain(&diag.secondary).all(fits)
}

/// A message without the lines that it is about.
fn without_lines(diag: &Diag, sources: &Sources) -> String {
    let mut out = short(diag, sources);
    let labels =
        std::iter::once(&diag.primary).chain(&diag.secondary).map(|l| &l.text).filter(|t| !t.is_empty());
    let notes = diag.notes.iter().map(|n| format!("note: {n}"));
    let help = diag.help.iter().map(|h| format!("help: {h}"));
    let wide = std::iter::once("note: the line is too long to be shown".to_string());
    for line in labels.cloned().chain(notes).chain(help).chain(wide) {
        out.push_str(&format!("  = {}\n", cut(&line)));
    }
    out.push('\n');
    out
}

/// The text, or its beginning where it is very long.
fn cut(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(WIDEST) {
        Some((at, _)) => format!("{}..", text.get(..at).unwrap_or("")).into(),
        None => text.into(),
    }
}

fn human(diag: &Diag, sources: &Sources, color: bool) -> String {
    if !shows(diag, sources) {
        return without_lines(diag, sources);
    }
    let mut shown = match diag.severity {
        Severity::Error => Diagnostic::error(),
        Severity::Warning => Diagnostic::warning(),
    };
    shown = shown.with_code(diag.code).with_message(&diag.message);
    let mark = |label: &Label, style: fn(FileId, Range<usize>) -> Mark<FileId>| {
        sources.range(label.span).map(|range| style(label.span.file, range).with_message(&label.text))
    };
    let primary = mark(&diag.primary, Mark::primary);
    let causes = diag.secondary.iter().filter_map(|label| mark(label, Mark::secondary));
    shown = shown.with_labels(primary.into_iter().chain(causes).collect());
    let notes =
        diag.notes.iter().map(|n| format!("note: {n}")).chain(diag.help.iter().map(|h| format!("help: {h}")));
    shown = shown.with_notes(notes.collect());
    let config = Config::default();
    let text = if color {
        let styles = term::Styles::default();
        let mut buffer = term::termcolor::Ansi::new(Vec::new());
        let mut writer = term::StylesWriter::new(&mut buffer, &styles);
        match term::emit_to_write_style(&mut writer, &config, sources, &shown) {
            Ok(()) => buffer.into_inner(),
            Err(_) => Vec::new(),
        }
    } else {
        term::emit_into_string(&config, sources, &shown).unwrap_or_default().into_bytes()
    };
    match text.is_empty() {
        // Writing to memory does not fail; should it, the message is still told.
        true => short(diag, sources),
        false => trimmed(&String::from_utf8_lossy(&text)),
    }
}

/// Without blanks at line ends, which codespan leaves after labels.
fn trimmed(text: &str) -> String {
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

fn severity(diag: &Diag) -> &'static str {
    match diag.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn short(diag: &Diag, sources: &Sources) -> String {
    let span = diag.primary.span;
    let place = match (sources.name(span.file), sources.position(span.file, span.start as usize)) {
        (Some(name), Some((line, column))) => format!("{name}:{line}:{column}: "),
        (Some(name), None) => format!("{name}: "),
        (None, _) => String::new(),
    };
    format!("{place}{}[{}]: {}\n", severity(diag), diag.code, cut(&diag.message))
}

/// A label as programs read it: lines and columns from 1, columns in characters, bytes half open.
#[derive(Serialize)]
struct JsonLabel<'a> {
    file: Option<&'a str>,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    start_byte: usize,
    end_byte: usize,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonDiag<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    #[serde(flatten)]
    primary: JsonLabel<'a>,
    labels: Vec<JsonLabel<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    /// The changes that make the fix.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fix: Vec<JsonLabel<'a>>,
}

fn json_label<'a>(sources: &'a Sources, span: Span, text: &'a str) -> JsonLabel<'a> {
    let file = span.file;
    let range = sources.range(span).unwrap_or(0..0);
    let (line, column) = sources.position(file, range.start).unwrap_or((1, 1));
    let (end_line, end_column) = sources.position(file, range.end).unwrap_or((1, 1));
    JsonLabel {
        file: sources.name(file),
        line,
        column,
        end_line,
        end_column,
        start_byte: range.start,
        end_byte: range.end,
        text,
    }
}

fn json(diag: &Diag, sources: &Sources) -> String {
    let object = JsonDiag {
        code: diag.code,
        severity: diag.severity,
        message: &diag.message,
        primary: json_label(sources, diag.primary.span, &diag.primary.text),
        labels: diag.secondary.iter().map(|l| json_label(sources, l.span, &l.text)).collect(),
        notes: &diag.notes,
        help: diag.help.as_deref(),
        fix: diag.fix.iter().map(|e| json_label(sources, e.span, &e.text)).collect(),
    };
    match serde_json::to_string(&object) {
        Ok(line) => line + "\n",
        // Strings and integers always serialise.
        Err(_) => String::new(),
    }
}
