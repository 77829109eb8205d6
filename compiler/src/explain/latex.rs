//! A spec's mathematics as a LaTeX document that compiles as it stands; its environments can be pasted into another.

use super::math::equations::Equations;
use std::fmt::Write;

const HEAD: &str = "\\documentclass{article}
\\usepackage{amsmath,amssymb}
\\allowdisplaybreaks
\\begin{document}
";

/// The document.
pub fn document(all: &[Equations]) -> String {
    let mut out = HEAD.to_string();
    for e in all {
        let _ = writeln!(out, "\n\\paragraph{{{}}}", prose(&capital(&e.title)));
        if !e.lines.is_empty() {
            let lines: Vec<String> = e.lines.iter().map(|(l, r)| format!("  {l} & {r}")).collect();
            let _ = writeln!(out, "\\begin{{align*}}\n{}\n\\end{{align*}}", lines.join(" \\\\\n"));
        }
        if !e.notes.is_empty() {
            let notes: String = e.notes.iter().map(|n| format!("  \\item {}\n", prose(n))).collect();
            let _ = write!(out, "\\begin{{itemize}}\n{notes}\\end{{itemize}}\n");
        }
    }
    out + "\n\\end{document}\n"
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}

/// Words as LaTeX text: what stands in backticks in the type of code, and every sign that LaTeX gives a meaning escaped.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for (i, piece) in text.split('`').enumerate() {
        let piece = piece.chars().map(escaped).collect::<String>();
        match i % 2 {
            0 => out.push_str(&piece),
            _ => {
                let _ = write!(out, "\\texttt{{{piece}}}");
            }
        }
    }
    out
}

fn escaped(c: char) -> String {
    match c {
        '#' | '$' | '%' | '&' | '_' | '{' | '}' => format!("\\{c}"),
        '\\' => "\\textbackslash{}".into(),
        '^' => "\\textasciicircum{}".into(),
        '~' => "\\textasciitilde{}".into(),
        '<' => "\\textless{}".into(),
        '>' => "\\textgreater{}".into(),
        '|' => "\\textbar{}".into(),
        'β' => "\\ensuremath{\\beta}".into(),
        'λ' => "\\ensuremath{\\lambda}".into(),
        'σ' => "\\ensuremath{\\sigma}".into(),
        'Σ' => "\\ensuremath{\\Sigma}".into(),
        '·' => "\\ensuremath{\\cdot}".into(),
        '×' => "\\ensuremath{\\times}".into(),
        '≤' => "\\ensuremath{\\le}".into(),
        '≥' => "\\ensuremath{\\ge}".into(),
        '√' => "\\ensuremath{\\surd}".into(),
        c if c.is_ascii() => c.to_string(),
        // No other sign is known to every engine.
        _ => "?".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn words_become_text() {
        assert_eq!(prose("the KL of `z_1` is 5%"), "the KL of \\texttt{z\\_1} is 5\\%");
        assert_eq!(prose("a < b & c"), "a \\textless{} b \\& c");
    }
}
