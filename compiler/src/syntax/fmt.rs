//! The canonical layout: `gmc fmt`, and the text form of the AST.

use super::ast::Spec;
use super::layout::{Lines, item};
use super::print::Printer;
use super::{parse_piece, scan, split};
use crate::diag::Diag;
use crate::span::FileId;

/// Lays a spec out canonically: two-space indentation, bodies on one line where they fit in 110 columns, comments kept, single
/// empty lines between items kept. The result parses to the same AST and formats to itself. A text with syntax errors gives
/// those.
pub fn format(text: &str) -> Result<String, Vec<Diag>> {
    let scan = scan::scan(FileId::SPEC, text);
    let mut lines = Lines::new(text, &scan.comments);
    let mut diags = Vec::new();
    for piece in split::split(FileId::SPEC, &scan) {
        match parse_piece(FileId::SPEC, &scan, &piece) {
            Ok(parsed) => {
                lines.comments(piece.bytes.start, 0, false, true);
                lines.blank_before(piece.bytes.start);
                let printer = Printer { source: Some(text) };
                lines.block(&item(printer, &scan.text, &parsed, piece.bytes), 0, "");
            }
            Err(diag) => diags.push(diag),
        }
    }
    lines.comments(usize::MAX, 0, false, true);
    if diags.is_empty() { Ok(lines.finish()) } else { Err(diags) }
}

/// An AST as a spec in canonical layout; what comments there were is lost.
pub fn ast_text(spec: &Spec) -> String {
    let mut lines = Lines::new("", &[]);
    for one in &spec.items {
        lines.block(&item(Printer { source: None }, "", one, 0..0), 0, "");
    }
    lines.finish()
}
