//! The LaTeX that this folder writes as MathML (MathML Core), which browsers show: a tree is written once, and read here.
//!
//! Known are the commands that are written, no others: an unknown one stands as its name, and a test over all specs sees that there is none.

/// Commands that are one sign: their element and what it holds.
const SIGNS: &[(&str, &str, &str)] = &[
    ("log", "mi", "log"),
    ("det", "mi", "det"),
    ("partial", "mi", "∂"),
    ("nabla", "mi", "∇"),
    ("infty", "mi", "∞"),
    ("sum", "mo", "∑"),
    ("prod", "mo", "∏"),
    ("mid", "mo", "|"),
    ("|", "mo", "∥"),
    ("cdot", "mo", "⋅"),
    ("times", "mo", "×"),
    ("in", "mo", "∈"),
    ("sim", "mo", "∼"),
    ("to", "mo", "→"),
    ("ge", "mo", "≥"),
    ("le", "mo", "≤"),
    ("dots", "mo", "…"),
    ("{", "mo", "{"),
    ("}", "mo", "}"),
    ("_", "mo", "_"),
    ("quad", "mspace", ""),
    (",", "mspace", ""),
];

/// A narrow space.
const SPACE: &str = "<mspace width=\"0.2em\"></mspace>";

/// Letters with a double stroke.
const DOUBLE: &[(&str, &str)] = &[("E", "𝔼"), ("R", "ℝ")];

/// The elements of a formula, without `<math>` around them.
pub fn of(latex: &str) -> String {
    let mut reader = Reader { rest: latex, unknown: None };
    reader.row(&[])
}

/// The first command of a formula that has no MathML.
pub fn unknown(latex: &str) -> Option<String> {
    let mut reader = Reader { rest: latex, unknown: None };
    reader.row(&[]);
    reader.unknown
}

struct Reader<'a> {
    rest: &'a str,
    unknown: Option<String>,
}

fn element(name: &str, inside: &str) -> String {
    format!("<{name}>{inside}</{name}>")
}

fn operator(sign: &str) -> String {
    let text = match sign {
        "<" => "&lt;",
        ">" => "&gt;",
        "&" => "&amp;",
        "-" => "−",
        "*" => "⋅",
        other => other,
    };
    match sign {
        "(" | ")" | "[" | "]" | "{" | "}" | "|" | "∥" => format!("<mo stretchy=\"false\">{text}</mo>"),
        "," | ";" => format!("<mo separator=\"true\">{text}</mo>"),
        _ => element("mo", text),
    }
}

impl Reader<'_> {
    /// A sequence up to one of these ends, which is taken.
    fn row(&mut self, ends: &[&str]) -> String {
        let mut out: Vec<String> = Vec::new();
        loop {
            if let Some(end) = ends.iter().find(|e| self.rest.starts_with(**e)) {
                self.rest = self.rest.get(end.len()..).unwrap_or_default();
                break;
            }
            let Some(c) = self.rest.chars().next() else { break };
            match c {
                ' ' | '~' => self.skip(c),
                '\'' => {
                    self.skip(c);
                    let base = out.pop().unwrap_or_else(|| "<mrow></mrow>".into());
                    out.push(element("msup", &format!("{base}<mo>′</mo>")));
                }
                '^' | '_' => {
                    self.skip(c);
                    let script = self.argument();
                    let base = out.pop().unwrap_or_else(|| "<mrow></mrow>".into());
                    out.push(scripted(base, c, &script));
                }
                _ => out.push(self.atom()),
            }
        }
        match out.as_slice() {
            [one] => one.clone(),
            all => element("mrow", &all.concat()),
        }
    }

    fn skip(&mut self, c: char) {
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
    }

    /// Characters from here on that are alike.
    fn while_(&mut self, alike: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(|c| !alike(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_string()
    }

    /// What a command or a script is applied to: a group, or one atom.
    fn argument(&mut self) -> String {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix('{') {
            Some(rest) => {
                self.rest = rest;
                self.row(&["}"])
            }
            None => self.atom(),
        }
    }

    /// The text of a group: names with escaped underscores.
    fn text(&mut self) -> String {
        let Some(rest) = self.rest.strip_prefix('{') else { return String::new() };
        let (inside, rest) = rest.split_once('}').unwrap_or((rest, ""));
        self.rest = rest;
        inside.replace('\\', "").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    fn atom(&mut self) -> String {
        let Some(c) = self.rest.chars().next() else { return String::new() };
        match c {
            '\\' => {
                self.skip(c);
                self.command()
            }
            '{' => self.argument(),
            '0'..='9' => element("mn", &self.while_(|c| c.is_ascii_digit() || c == '.')),
            c if c.is_alphabetic() => element("mi", &self.while_(char::is_alphabetic)),
            '·' => {
                self.skip(c);
                operator("⋅")
            }
            c => {
                self.skip(c);
                operator(c.to_string().as_str())
            }
        }
    }

    fn command(&mut self) -> String {
        let mut name = self.while_(|c| c.is_ascii_alphabetic());
        if name.is_empty()
            && let Some(c) = self.rest.chars().next()
        {
            self.skip(c);
            name = c.to_string();
        }
        match name.as_str() {
            "mathrm" | "operatorname" => element("mi", &self.text()),
            "text" => element("mtext", &self.text()),
            "mathbb" => {
                let letter = self.text();
                let double = DOUBLE.iter().find(|(l, _)| *l == letter).map(|(_, d)| *d);
                element("mi", double.unwrap_or(&letter))
            }
            "frac" => {
                let (above, below) = (self.argument(), self.argument());
                element("mfrac", &format!("{above}{below}"))
            }
            "hat" => format!("<mover accent=\"true\">{}<mo>^</mo></mover>", self.argument()),
            "left" => self.fenced(),
            _ => match SIGNS.iter().find(|(n, _, _)| *n == name) {
                Some((_, "mspace", _)) => SPACE.into(),
                Some((_, "mo", sign)) => operator(sign),
                // A function without brackets stands apart from what it is applied to.
                Some((_, tag, sign))
                    if sign.len() > 1 && sign.is_ascii() && !self.rest.starts_with("\\left") =>
                {
                    element(tag, sign) + SPACE
                }
                Some((_, tag, sign)) => element(tag, sign),
                None => {
                    self.unknown.get_or_insert_with(|| name.clone());
                    element("mtext", &name.replace('&', "&amp;").replace('<', "&lt;"))
                }
            },
        }
    }

    /// A bracket behind `\left` or `\right`.
    fn delimiter(&mut self) -> String {
        let escaped = self.rest.starts_with('\\');
        if escaped {
            self.skip('\\');
        }
        let Some(c) = self.rest.chars().next() else { return String::new() };
        self.skip(c);
        match (escaped, c) {
            (true, '|') => "∥".into(),
            (_, '<') => "&lt;".into(),
            (_, '&') => "&amp;".into(),
            (_, c) => c.to_string(),
        }
    }

    /// `\left[ .. \right]`: brackets as high as what they hold.
    fn fenced(&mut self) -> String {
        let fence = |c: &str| format!("<mo fence=\"true\" stretchy=\"true\">{c}</mo>");
        let open = self.delimiter();
        let inside = self.row(&["\\right"]);
        let close = self.delimiter();
        element("mrow", &format!("{}{inside}{}", fence(&open), fence(&close)))
    }
}

/// A base with what stands above or below it; sums have it right below.
fn scripted(base: String, at: char, script: &str) -> String {
    let big = base.contains("∑") || base.contains("∏");
    let both = |tag: &str| element(tag, &format!("{base}{script}"));
    match (at, big) {
        ('_', true) => both("munder"),
        ('_', false) => both("msub"),
        // `x_{i}^{2}` has both at one base.
        _ => match base.strip_prefix("<msub>").and_then(|b| b.strip_suffix("</msub>")) {
            Some(inside) => element("msubsup", &format!("{inside}{script}")),
            None => both("msup"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{of, unknown};

    #[test]
    fn formulas_as_mathml() {
        for (latex, mathml) in [
            ("x", "<mi>x</mi>"),
            ("\\mathrm{real\\_one}", "<mi>real_one</mi>"),
            ("x_{t - 1}", "<msub><mi>x</mi><mrow><mi>t</mi><mo>−</mo><mn>1</mn></mrow></msub>"),
            ("x_{i}^{2}", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
            ("\\sum_{k} 0.5", "<mrow><munder><mo>∑</mo><mi>k</mi></munder><mn>0.5</mn></mrow>"),
            ("x'", "<msup><mi>x</mi><mo>′</mo></msup>"),
            ("\\frac{a}{b}", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
            ("x_{<i}", "<msub><mi>x</mi><mrow><mo>&lt;</mo><mi>i</mi></mrow></msub>"),
            (
                "\\mathbb{E}_{q}\\left[z\\right]",
                "<mrow><msub><mi>𝔼</mi><mi>q</mi></msub><mrow><mo fence=\"true\" stretchy=\"true\">[</mo><mi>z</mi><mo fence=\"true\" stretchy=\"true\">]</mo></mrow></mrow>",
            ),
        ] {
            assert_eq!(of(latex), mathml, "{latex}");
            assert_eq!(unknown(latex), None, "{latex}");
        }
        assert_eq!(unknown("\\frobnicate{x}").as_deref(), Some("frobnicate"));
    }

    #[test]
    fn broken_formulas_end() {
        for broken in
            ["{", "}", "\\", "\\left", "x_", "^", "\\frac{a", "\\mathrm{x", "\\right", "{{{{", "_{_{_"]
        {
            let text = of(broken);
            assert!(
                !text.contains('<') || text.matches("</").count() == text.matches('<').count() / 2,
                "{broken}: {text}"
            );
        }
    }
}
