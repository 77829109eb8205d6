//! `gmc new`: a first spec, of a template, or one that fits data that are there.

use super::args::Template;
use crate::console::say;
use crate::failure::Failure;
use crate::session::read_image;
use crate::store::{atomic_write, regular};
use std::fmt::Write;
use std::path::Path;

impl Template {
    /// The spec; all run on data that come with gmc.
    fn text(self) -> &'static str {
        match self {
            Template::Vae => include_str!("../../../specs/vae.gm"),
            Template::Flow => include_str!("../../../specs/realnvp.gm"),
            Template::Gan => include_str!("../../../specs/gan_ring.gm"),
            Template::Autoregressive => include_str!("../../../specs/made.gm"),
            Template::Autoencoder => include_str!("../../../specs/ae.gm"),
            Template::Mixture => include_str!("../../../specs/mixture.gm"),
            Template::Classifier => include_str!("../../../specs/classifier.gm"),
            Template::HiddenMarkov => include_str!("../../../specs/hmm.gm"),
            Template::Text => include_str!("../../../specs/char_rnn.gm"),
        }
    }
}

/// `gmc new`
pub fn new(file: &Path, template: Option<Template>, from: Option<&Path>) -> Result<(), Failure> {
    let to_output = file == Path::new("-");
    let file = match file.extension() {
        None if !to_output => file.with_extension("gm"),
        Some(_) | None => file.to_path_buf(),
    };
    if !to_output && file.exists() {
        return Err(Failure::new(format!("{} exists already", file.display())).at("write", file));
    }
    let text = match from {
        Some(data) if data.is_dir() => pictures(data)?,
        Some(data) => table(data)?,
        None => template.unwrap_or(Template::Vae).text().to_string(),
    };
    if to_output {
        return say(&text);
    }
    atomic_write(&file, text.as_bytes())?;
    say(&format!("wrote {0}; train it with: gmc run {0}\n", file.display()))
}

/// The path as a spec says it.
fn quoted(path: &Path) -> String {
    path.display().to_string().replace('\\', "/").replace('"', "\\\"")
}

/// A variational autoencoder of the pictures of a folder, in 32 by 32 pixels.
fn pictures(folder: &Path) -> Result<String, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|e| Failure::file("list", folder, e))?;
    let png = |p: &std::path::PathBuf| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"));
    let mut files: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).filter(png).collect();
    files.sort();
    let Some(first) = files.first() else {
        return Err(Failure::new(format!("{} holds no PNG pictures", folder.display()))
            .at("read", folder)
            .help("`images(..)` reads the PNG files of one folder"));
    };
    let image = read_image(first).map_err(|why| Failure::file("read", first, why))?;
    let grey = image.rgb.as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b);
    let colours = if grey { 1 } else { 3 };
    Ok(format!(
        "# A convolutional variational autoencoder of the {n} pictures in `{folder}`, cropped and resized to 32 by 32 pixels.
type Img = Real[{colours}, 32, 32] in unit
data x: Img from images(\"{path}\")
net encode(x: Img) -> (Real[32], Real[32]) {{
  conv(32, k: 4, stride: 2, pad: 1), relu, conv(64, k: 4, stride: 2, pad: 1), relu, flatten, dense(128), relu, heads(32, 32)
}}
net decode(z: Real[32]) -> Img {{
  dense(4096), reshape(64, 8, 8), relu, conv_transpose(32, k: 4, stride: 2), relu, conv_transpose({colours}, k: 4, stride: 2), sigmoid
}}
model p    {{ z ~ Normal(0, I)[32];  x ~ Normal(decode(z), 0.1) }}
guide q(x) {{ (m, s) = encode(x);    z ~ Normal(m, exp(0.5 * s)) }}
train {{ epochs 50  batch 64  using adam(lr: 1e-3) }}
",
        n = files.len(),
        folder = folder.display(),
        path = quoted(folder),
    ))
}

/// Most rows of a table that are looked at.
const ROWS: usize = 10_000;
/// Most classes of a column of texts that is taken for the label.
const CLASSES: usize = 50;

/// What the cells of a column are.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// Numbers, of which so many rows have one.
    Numbers { flags: bool },
    /// Texts, so many different ones.
    Texts(usize),
    /// Some rows have no cell.
    Missing,
    /// The same in every row.
    Constant,
}

fn kind(cells: &[&str]) -> Kind {
    if cells
        .iter()
        .any(|c| c.is_empty() || ["na", "nan", "null", "none"].contains(&c.to_lowercase().as_str()))
    {
        return Kind::Missing;
    }
    let mut different = cells.to_vec();
    different.sort_unstable();
    different.dedup();
    if different.len() < 2 {
        return Kind::Constant;
    }
    match cells.iter().all(|c| c.parse::<f64>().is_ok_and(f64::is_finite)) {
        true => Kind::Numbers { flags: different.iter().all(|c| ["0", "1"].contains(c)) },
        false => Kind::Texts(different.len()),
    }
}

/// The cells of a line; quotes hold delimiters together (RFC 4180).
fn cells(line: &str, delimiter: char) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut inside = false;
    for c in line.chars() {
        match c {
            '"' => inside = !inside,
            c if c == delimiter && !inside => out.push(String::new()),
            c => {
                if let Some(cell) = out.last_mut() {
                    cell.push(c);
                }
            }
        }
    }
    out.iter().map(|c| c.trim().to_string()).collect()
}

/// What a table holds: names of the columns that are numbers, whether all are flags, the label with its classes, and what is left out.
struct Columns {
    numbers: Vec<String>,
    flags: bool,
    label: Option<(String, usize)>,
    left_out: Vec<String>,
}

fn columns(file: &Path) -> Result<Columns, Failure> {
    let bytes = regular::read(file, regular::LOG)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let delimiter =
        [',', ';', '\t', '|'].into_iter().max_by_key(|d| first.matches(*d).count()).unwrap_or(',');
    let names = cells(first, delimiter);
    let rows: Vec<Vec<String>> = text
        .lines()
        .skip(1)
        .filter(|l| !l.trim().is_empty())
        .take(ROWS)
        .map(|l| cells(l, delimiter))
        .collect();
    let no_names = names.iter().any(|n| n.is_empty() || n.parse::<f64>().is_ok());
    if rows.is_empty() || no_names {
        return Err(Failure::new(format!("{} has no line of names above its rows", file.display()))
            .at("read", file)
            .help("give its columns names in the first line"));
    }
    let mut found = Columns { numbers: Vec::new(), flags: true, label: None, left_out: Vec::new() };
    for (i, name) in names.iter().enumerate() {
        let column: Vec<&str> = rows.iter().map(|r| r.get(i).map_or("", String::as_str)).collect();
        match kind(&column) {
            Kind::Numbers { flags } => {
                found.flags &= flags;
                found.numbers.push(name.clone());
            }
            Kind::Texts(n) if found.label.is_none() && n <= CLASSES => found.label = Some((name.clone(), n)),
            Kind::Texts(n) => found.left_out.push(format!("`{name}` ({n} texts)")),
            Kind::Missing => found.left_out.push(format!("`{name}` (missing cells)")),
            Kind::Constant => found.left_out.push(format!("`{name}` (constant)")),
        }
    }
    match found.numbers.is_empty() {
        false => Ok(found),
        true => {
            Err(Failure::new(format!("{} has no column of numbers without missing cells", file.display()))
                .at("read", file))
        }
    }
}

/// A density of the columns of a table: exact, in the units of the data.
fn table(file: &Path) -> Result<String, Failure> {
    let Columns { numbers, flags, label, left_out } = columns(file)?;
    let d = numbers.len();
    let list: Vec<String> = numbers.iter().map(|n| format!("\"{n}\"")).collect();
    let mut source = format!("csv(\"{}\", columns: [{}]", quoted(file), list.join(", "));
    let mut out = String::new();
    let what = if flags { "flags" } else { "numbers" };
    let _ = writeln!(
        out,
        "# The density of {d} {what} of `{}`{}.",
        file.display(),
        if label.is_some() { ", given the class" } else { "" }
    );
    if !left_out.is_empty() {
        let _ = writeln!(out, "# Left out: {}.", left_out.join(", "));
    }
    let ty = if flags { "Bool" } else { "Real" };
    let variables = match &label {
        Some((name, n)) => {
            let _ = write!(source, ", label: \"{name}\"");
            format!("(x: {ty}[{d}], y: Class({n}))")
        }
        None => format!("x: {ty}[{d}]"),
    };
    let _ = writeln!(out, "data {variables} from {source})");
    let (given, class, of) = match label.as_ref().map(|(_, n)| *n) {
        Some(n) => {
            (format!(" given (y: Class({n}))"), format!("y ~ Categorical(logits: free({n}));  "), ", y")
        }
        None => Default::default(),
    };
    match (flags, d) {
        (true, _) => {
            let (input, bias) = match &label {
                Some((_, n)) => (format!(", y: Class({n})"), "bias_from(y), "),
                None => Default::default(),
            };
            let _ = writeln!(
                out,
                "net f(x: Bool[{d}]{input}) -> Real[{d}] {{ dense(128, mask: A), {bias}relu, dense({d}, mask: B) }}"
            );
            let _ = writeln!(out, "model p {{ {class}x[i in forward] ~ Bernoulli(logits: f(x[< i]{of})) }}");
        }
        (false, 1) if label.is_none() => {
            let _ = writeln!(out, "flow f: Real[1] <-> Real[1] {{ scale, shift }}");
            let _ = writeln!(out, "model p {{ z ~ StudentT(5, 0, 1)[1];  x = f(z) }}");
        }
        (false, 1) => {
            let n = label.map_or(1, |(_, n)| n);
            let _ = writeln!(
                out,
                "net centre(y: Class({n})) -> Real[1] {{ dense(1) }}\nnet width(y: Class({n})) -> Real[1] {{ dense(1) }}"
            );
            let _ = writeln!(out, "flow f: Real[1] <-> Real[1] {{ scale, shift }}");
            let _ = writeln!(out, "model p {{ {class}z ~ Normal(centre(y), exp(width(y)))[1];  x = f(z) }}");
        }
        (false, _) => {
            let _ = writeln!(
                out,
                "flow f: Real[{d}] <-> Real[{d}]{given} {{\n  repeat 6 as i {{ couple(parity(i), affine(limit: 1)) {{ dense(64), relu, dense(64), relu }} }}, scale, shift\n}}"
            );
            let _ = writeln!(out, "model p {{ {class}z ~ Normal(0, I)[{d}];  x = f(z{of}) }}");
        }
    }
    out.push_str("train { epochs 50  batch 64  using adam(lr: cosine(1e-3 -> 1e-5))  clip 50 }\n");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{Kind, cells, kind};

    #[test]
    fn columns_are_what_their_cells_are() {
        assert_eq!(cells("a, \"b, c\",3", ','), ["a", "b, c", "3"]);
        assert_eq!(kind(&["1", "2.5"]), Kind::Numbers { flags: false });
        assert_eq!(kind(&["1", "0"]), Kind::Numbers { flags: true });
        assert_eq!(kind(&["1", ""]), Kind::Missing);
        assert_eq!(kind(&["3", "3"]), Kind::Constant);
        assert_eq!(kind(&["red", "blue", "red"]), Kind::Texts(2));
    }
}
