//! E0113: numbers that gm does not read.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0113` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0113",
    title: "a number is malformed or too large",
    text: "\
A number is digits, with an optional fraction and exponent: `28`, `0.5`, `1e-3`. Digits stand on both sides of the point;
there are no thousands separators, suffixes, or hexadecimal numbers. Integers reach 2^53, beyond which a 64-bit float
skips some.

Wrong:
    train { using adam(lr: .001)  steps 10_000 }
Right:
    train { using adam(lr: 0.001)  steps 10000 }
",
};

/// The largest integer up to which a 64-bit float has them all.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// `None` when `written` is a number of gm.
pub fn check(written: &str, span: Span) -> Option<Diag> {
    let plain: String = written.chars().filter(|c| *c != '_').collect();
    if is_number(written) {
        let value: f64 = written.parse().ok()?;
        let integer = written.bytes().all(|b| b.is_ascii_digit());
        return if !value.is_finite() {
            Some(
                Diag::new("E0113", "the number is too large", span, "beyond the 64-bit floats")
                    .help("use at most `1e308`"),
            )
        } else if integer && value > LARGEST {
            Some(
                Diag::new("E0113", "the integer is too large", span, "beyond 2^53")
                    .help("use at most `9007199254740992`, or write it with an exponent"),
            )
        } else {
            None
        };
    }
    let hex = written.strip_prefix("0x").or_else(|| written.strip_prefix("0X"));
    let digits = plain.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(plain.len());
    let (number, suffix) = plain.split_at(digits);
    let (help, right) = if let Some(value) = hex.and_then(|h| u32::from_str_radix(h, 16).ok()) {
        (format!("write it in decimal: `{value}`"), Some(value.to_string()))
    } else if written.contains('_') && is_number(&plain) {
        (format!("leave the `_` out: `{plain}`"), Some(plain.clone()))
    } else if is_number(&completed(&plain)) {
        let whole = completed(&plain);
        (format!("put digits on both sides of the point: `{whole}`"), Some(whole))
    } else if matches!(suffix, "epochs" | "epoch" | "steps" | "step") && is_number(number) {
        let apart = format!("{number} {suffix}");
        (format!("put a space before the unit: `{apart}`"), Some(apart))
    } else if is_number(number) {
        (format!("write the number alone: `{number}`; a name does not begin with a digit"), None)
    } else {
        ("write it like `28`, `0.5` or `1e-3`".to_string(), None)
    };
    let diag =
        Diag::new("E0113", format!("`{written}` is not a number"), span, "begins like a number").help(help);
    Some(match right {
        Some(right) => diag.edit(span, right),
        None => diag,
    })
}

/// `.5` and `1.` and `1.e3` with the missing digit put in.
fn completed(written: &str) -> String {
    let with_front = if written.starts_with('.') { format!("0{written}") } else { written.to_string() };
    let with_back = if with_front.ends_with('.') { format!("{with_front}0") } else { with_front };
    with_back.replace(".e", ".0e")
}

/// `digits ("." digits)? (e [+-]? digits)?`, as in the grammar.
fn is_number(s: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = match s.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e)),
        None => (s, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((w, f)) => (w, Some(f)),
        None => (mantissa, None),
    };
    digits(whole)
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
