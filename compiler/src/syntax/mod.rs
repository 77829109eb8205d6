//! Text to AST, and back.
//!
//! `scan` (tokens, comments) → `split` (keyword-led items) → pest, item by item → `build` (AST) or `failure` (one message).
//! This is the only place that sees a pest type. `fmt` prints a spec in its canonical layout.

pub mod ast;
#[expect(clippy::wildcard_enum_match_arm, reason = "every other rule of the grammar is an error there")]
mod build;
mod build_bind;
#[expect(clippy::wildcard_enum_match_arm, reason = "every other rule of the grammar is an error there")]
mod build_expr;
#[expect(clippy::wildcard_enum_match_arm, reason = "every other rule of the grammar is an error there")]
mod build_train;
#[expect(clippy::wildcard_enum_match_arm, reason = "every other rule of the grammar is an error there")]
mod build_written;
mod failure;
pub mod fmt;
mod grammar;
mod layout;
pub mod mutate;
pub mod names;
mod print;
mod scan;
mod split;
pub mod walk;
pub mod words;

pub use fmt::{ast_text, format};
pub use walk::strip_spans;

use crate::diag::Diag;
use crate::span::{FileId, Span};
use grammar::{GmParser, Rule};
use pest::Parser;
use scan::Scan;

/// `specs/prelude.gm`: always in scope.
pub const PRELUDE: &str = include_str!("../../../specs/prelude.gm");

/// Parses a file: every item that could be read, and one message for each that could not.
pub fn parse(file: FileId, text: &str) -> (ast::Spec, Vec<Diag>) {
    let scan = scan::scan(file, text);
    let mut spec = ast::Spec::default();
    let mut diags = Vec::new();
    for piece in split::split(file, &scan) {
        match parse_piece(file, &scan, &piece) {
            Ok(item) => spec.items.push(item),
            Err(diag) => diags.push(diag),
        }
    }
    (spec, diags)
}

/// The comments of a text, with their signs, in order.
pub fn comments(file: FileId, text: &str) -> Vec<(Span, &str)> {
    let of = |c: &scan::Comment| {
        let at = Span::new(file, c.start, c.end);
        text.get(c.start..c.end).map(|said| (at, said))
    };
    scan::scan(file, text).comments.iter().filter_map(of).collect()
}

fn parse_piece(file: FileId, scan: &Scan, piece: &split::Piece) -> Result<ast::Item, Diag> {
    let start = |d: &Diag| d.primary.span.start as usize;
    // In the order of the text; looked for by halves, as a text may be wrong everywhere.
    let first = scan.diags.get(scan.diags.partition_point(|d| start(d) < piece.bytes.start));
    let inside = first.filter(|d| piece.bytes.contains(&start(d)));
    // A quote that never ends swallows brackets: characters are told of before brackets.
    if let Some(diag) = inside.or(piece.error.as_ref()) {
        return Err(diag.clone());
    }
    if !piece.known {
        return Err(failure::unknown_item(file, scan, piece));
    }
    let text = scan.text.get(piece.bytes.clone()).unwrap_or("");
    let cx = build_expr::Cx { file, text: &scan.text, base: piece.bytes.start };
    match GmParser::parse(Rule::one_item, text) {
        Ok(mut pairs) => match pairs.next() {
            Some(pair) => build::item(cx, pair),
            None => Err(build_expr::broken(Span::new(file, piece.bytes.start, piece.bytes.end))),
        },
        Err(error) => Err(failure::diagnose(file, scan, piece.bytes.start, piece.tokens.clone(), &error)),
    }
}

/// Parses the value of an argument or setting: an expression, `0 -> 1`, or `10 epochs`.
pub fn parse_expr(file: FileId, text: &str) -> Result<ast::Expr, Diag> {
    let scan = scan::scan(file, text);
    let whole = Span::new(file, 0, text.len());
    let unbalanced = split::balance(file, &scan);
    if let Some(diag) = scan.diags.first().or(unbalanced.as_ref()) {
        return Err(diag.clone());
    }
    let cx = build_expr::Cx { file, text: &scan.text, base: 0 };
    match GmParser::parse(Rule::one_value, &scan.text) {
        Ok(mut pairs) => {
            let value =
                pairs.next().and_then(|p| cx.parts(p).next()).ok_or_else(|| build_expr::broken(whole));
            value.and_then(|p| cx.value(p, 0))
        }
        Err(error) => Err(failure::diagnose(file, &scan, 0, 0..scan.tokens.len(), &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The grammar's `spec` is documentation that nothing else runs: what item by item reads, it reads as one.
    #[test]
    fn the_whole_grammar_reads_what_the_pieces_do() {
        let texts = [
            include_str!("../../../tests/syntax/surface.gm"),
            include_str!("../../../tests/syntax/cyclegan.gm"),
        ];
        for text in texts {
            let pairs = GmParser::parse(Rule::spec, text).unwrap_or_else(|e| panic!("{e}"));
            let items = pairs.flat_map(|p| p.into_inner()).filter(|p| p.as_rule() != Rule::EOI).count();
            assert_eq!(items, parse(FileId::SPEC, text).0.items.len());
        }
    }
}
