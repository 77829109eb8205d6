//! Places in source text. Every token, AST node, typed node and IR node carries one.

use serde::{Deserialize, Serialize};

/// Which source text a [`Span`] points into: 0 is the prelude, 1 the spec, 2.. files named by `use`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileId(pub u16);

impl FileId {
    /// `specs/prelude.gm`, compiled into the compiler.
    pub const PRELUDE: FileId = FileId(0);
    /// The spec the user named.
    pub const SPEC: FileId = FileId(1);
}

/// A half-open byte range `start..end` of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// The file the range is in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Span { file, start: start as u32, end: end as u32 }
    }
    /// Whether another one lies in it.
    pub fn holds(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
    /// The smallest span that covers both; spans of different files give `self`.
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}
