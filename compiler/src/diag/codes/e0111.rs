//! E0111: characters that no token has.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0111` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0111",
    title: "a character that gm does not use",
    text: "\
Outside of comments and quoted text a spec is plain ASCII. A minus sign, quotation marks or a no-break space that a word
processor or a web page put in look right and are other characters; Greek letters are spelled out.

Wrong:
    train { minimizes nll(p) − 0.1 * l1(μ) }
Right:
    train { minimizes nll(p) - 0.1 * l1(mu) }
",
};

/// What to write instead of a character, where that is known.
const INSTEAD: [(char, &str); 38] = [
    ('\u{2212}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2010}', "-"),
    ('\u{d7}', "*"),
    ('\u{b7}', "*"),
    ('\u{22c5}', "*"),
    ('\u{f7}', "/"),
    ('\u{b2}', "^2"),
    ('\u{b3}', "^3"),
    ('\u{221a}', "sqrt(..)"),
    ('\u{223c}', "~"),
    ('\u{2248}', "~"),
    ('\u{2190}', "~"),
    ('\u{2192}', "->"),
    ('\u{2194}', "<->"),
    ('\u{3b1}', "alpha"),
    ('\u{3b2}', "beta"),
    ('\u{3b3}', "gamma"),
    ('\u{3b4}', "delta"),
    ('\u{3b5}', "eps"),
    ('\u{3b8}', "theta"),
    ('\u{3bb}', "lambda_"),
    ('\u{3bc}', "mu"),
    ('\u{b5}', "mu"),
    ('\u{3c0}', "pi"),
    ('\u{3c1}', "rho"),
    ('\u{3c3}', "sigma"),
    ('\u{3c4}', "tau"),
    ('\u{3c6}', "phi"),
    ('\u{3c8}', "psi"),
    ('\u{211d}', "Real"),
    ('\u{1d53c}', "E"),
    ('%', "a number such as `0.1`, as percentages do not exist"),
    ('\\', "nothing: a statement may simply go on in the next line"),
    ('@', "nothing: there are no decorators, and layers multiply matrices"),
    ('\u{a0}', "an ordinary space"),
    ('\u{3000}', "an ordinary space"),
];

/// A character that cannot stand outside comments and text.
pub fn character(c: char, span: Span) -> Diag {
    let shown = match c {
        '\u{a0}' => "no-break space".to_string(),
        '\u{3000}' => "ideographic space".to_string(),
        _ if c.is_control() || c.is_whitespace() || c == '\u{feff}' => {
            format!("character U+{:04X}", u32::from(c))
        }
        _ => format!("`{c}`"),
    };
    let diag = Diag::new("E0111", format!("{shown} is not used in gm"), span, "cannot stand here");
    match INSTEAD.iter().find(|(from, _)| *from == c) {
        Some((_, to)) if to.contains(' ') => diag.help(format!("write {to}")),
        Some((_, to)) if matches!(*to, "-" | "*" | "/" | "~" | "->" | "<->") => {
            diag.help(format!("write `{to}`")).edit(span, *to)
        }
        Some((_, to)) => diag.help(format!("write `{to}`")),
        None if c.is_alphabetic() => diag.help("spell names with the letters a to z, digits and `_`"),
        None if c == '\'' => diag.help("put text between double quotes: `\"faces\"`"),
        None => diag.help("remove it"),
    }
}

/// Text in quotes other than `"`; `span` covers the quotes.
pub fn quotes(body: &str, span: Span) -> Diag {
    Diag::new("E0111", "text stands between double quotes", span, "other quotation marks")
        .help(format!("write `\"{body}\"`"))
        .edit(span, format!("\"{body}\""))
}

/// `/*` begins no comment.
pub fn block_comment(span: Span) -> Diag {
    Diag::new("E0111", "`/*` does not begin a comment", span, "not used in gm")
        .help("begin each line of a comment with `#` or `//`")
}
