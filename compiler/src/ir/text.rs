//! The text form, which prints and parses back to the same graph, and RON.
//!
//! ```text
//! graph "step.all" {
//!   %0: f[784, 256] = input{name: "decode.0.weight", role: Param} @1:120-141
//!   %1: f[B, 784] = input{name: "x", role: Data}
//!   %2: f[B, 256] = matmul(%1, %0) @1:120-141  // vae.gm:3
//!   output "h" = %2
//! }
//! ```
//!
//! Attributes are the fields of the op's struct as RON writes them; a `dtype` or `shape` that only repeats the node's type is
//! left out. `@file:start-end` is the node's span, left out where it is empty; what follows `//` is for people. The body of a loop
//! stands in braces behind its node, with values of its own:
//!
//! ```text
//!   %3: f[B, 4] = loop{count: 4, carried: 1}(%0, %1) {
//!     %0: f[B, 4] = input{name: "carry.0", role: Local}
//!     %1: f[] = input{name: "position", role: Local}
//!     %2: f[B, 4] = add(%0, %1)
//!     output "carry.0" = %2
//!   }
//! ```

use super::graph::{Graph, Node, Value};
use super::op::Op;
use super::ops::{BINARY, COMPARE, LOGIC, UNARY};
use super::shape::Ty;
use super::verify::verify;
use crate::span::{FileId, Span};
use ron::extensions::Extensions;
use ron::ser::PrettyConfig;
use std::fmt::Write as _;

fn options() -> ron::Options {
    ron::Options::default()
        .with_default_extension(Extensions::UNWRAP_NEWTYPES | Extensions::UNWRAP_VARIANT_NEWTYPES)
}

fn one_line<T: serde::Serialize>(value: &T) -> String {
    let config = PrettyConfig::new().depth_limit(0).compact_arrays(true).compact_structs(true);
    // Our types hold only structs, enums, numbers and strings, all of which RON writes.
    options().to_string_pretty(value, config).unwrap_or_default()
}

impl Graph {
    /// RON, a node to a line.
    pub fn to_ron(&self) -> String {
        options().to_string_pretty(self, PrettyConfig::new().depth_limit(2)).unwrap_or_default()
    }
    /// Reads what [`Graph::to_ron`] wrote.
    ///
    /// # Errors
    /// Text that is not RON of a graph, or a graph that breaks an invariant.
    pub fn from_ron(text: &str) -> Result<Graph, String> {
        let graph: Graph = options().from_str(text).map_err(|e| e.to_string())?;
        checked(graph)
    }
}

/// A graph read from outside: verified, with the stream counter after its last stream.
fn checked(mut g: Graph) -> Result<Graph, String> {
    verify(&g).map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<String>>().join("; "))?;
    g.next_stream = g.streams();
    Ok(g)
}

/// The text form.
pub fn print(g: &Graph) -> String {
    print_with(g, &|_| None)
}

/// The text form with a comment after each node: `locate` names the place of a span, such as `vae.gm:3`.
pub fn print_with(g: &Graph, locate: &dyn Fn(Span) -> Option<String>) -> String {
    let mut out = format!("graph {} {{\n", one_line(&g.name));
    lines(g, "  ", locate, &mut out);
    out.push_str("}\n");
    out
}

/// Nodes and outputs, a line each.
fn lines(g: &Graph, indent: &str, locate: &dyn Fn(Span) -> Option<String>, out: &mut String) {
    for (i, node) in g.nodes.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{indent}%{i}: {} = {}{}", node.ty, node.op.rule().name(), attributes(node));
        if !node.args.is_empty() {
            let args: Vec<String> = node.args.iter().map(ToString::to_string).collect();
            let _ = write!(out, "({})", args.join(", "));
        }
        if node.span != Span::default() {
            let _ = write!(out, " @{}:{}-{}", node.span.file.0, node.span.start, node.span.end);
        }
        if let Op::Loop(_) = node.op {
            out.push_str(" {");
        }
        if let Some(place) = locate(node.span) {
            let _ = write!(out, "  // {}", place.replace('\n', " "));
        }
        out.push('\n');
        if let Op::Loop(l) = &node.op {
            lines(&l.body, &format!("{indent}  "), locate, out);
            let _ = writeln!(out, "{indent}}}");
        }
    }
    for (name, v) in &g.outputs {
        let _ = writeln!(out, "{indent}output {} = {v}", one_line(name));
    }
}

/// `{key: value, ..}`, or nothing where there is nothing to say.
fn attributes(node: &Node) -> String {
    if named(node.op.rule().name()).is_some() {
        return String::new();
    }
    let whole = one_line(&node.op);
    let inside = whole.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or_default();
    // A newtype of a struct keeps the struct's own parentheses.
    let inside = inside.strip_prefix('(').and_then(|s| s.strip_suffix(')')).unwrap_or(inside);
    let implied = implied(&node.ty);
    let elsewhere = |f: &str| matches!(node.op, Op::Loop(_)) && f.starts_with("body:");
    let left_out = |f: &&str| elsewhere(f) || implied.iter().any(|i| i == f);
    let said: Vec<&str> = fields(inside).into_iter().filter(|f| !left_out(f)).collect();
    if said.is_empty() { String::new() } else { format!("{{{}}}", said.join(", ")) }
}

/// The attributes that only repeat the node's type.
fn implied(ty: &Ty) -> [String; 2] {
    [format!("dtype: {}", one_line(&ty.dtype)), format!("shape: {}", one_line(&ty.shape))]
}

/// The ops whose token alone says everything.
fn named(token: &str) -> Option<Op> {
    let unary = UNARY.iter().find(|r| r.name == token).map(|r| Op::Unary(r.op));
    let binary = || BINARY.iter().find(|r| r.name == token).map(|r| Op::Binary(r.op));
    let compare = || COMPARE.iter().find(|r| r.name == token).map(|r| Op::Compare(r.op));
    let logic = || LOGIC.iter().find(|r| r.name == token).map(|r| Op::Logic(r.op));
    unary.or_else(binary).or_else(compare).or_else(logic)
}

/// The end of the bracketed text that starts at the first byte of `s`, quotes and nesting respected.
fn closing(s: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (i, c, quoted) in outside(s) {
        match c {
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

/// The characters of `s` with their positions and whether they lie inside a string.
fn outside(s: &str) -> impl Iterator<Item = (usize, char, bool)> + '_ {
    let (mut quoted, mut escaped) = (false, false);
    s.char_indices().map(move |(i, c)| {
        let inside = quoted;
        if escaped {
            escaped = false;
        } else if quoted && c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        }
        (i, c, inside)
    })
}

/// Splits `a: 1, b: (2, 3)` at the commas of the outermost level.
fn fields(s: &str) -> Vec<&str> {
    let (mut depth, mut start) = (0i64, 0);
    let mut parts = Vec::new();
    for (i, c, quoted) in outside(s) {
        match c {
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(s.get(start..i).unwrap_or_default().trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(s.get(start..).unwrap_or_default().trim());
    parts.retain(|p| !p.is_empty());
    parts
}

/// The lines that are left to read, by number, without what is for people only.
struct Lines<'t>(Box<dyn Iterator<Item = (usize, &'t str)> + 't>);

/// Most bodies of loops around a line; the verifier allows fewer.
const DEEPEST: usize = 32;

/// Reads the text form.
///
/// # Errors
/// The first line that does not parse, by number, or a graph that breaks an invariant.
pub fn parse(text: &str) -> Result<Graph, String> {
    let all = text.lines().enumerate().map(|(i, l)| (i + 1, l.trim()));
    let mut lines = Lines(Box::new(all.filter(|(_, l)| !l.is_empty() && !l.starts_with("//"))));
    let (_, head) = lines.0.next().ok_or("the text is empty")?;
    let name = head
        .strip_prefix("graph ")
        .and_then(|s| s.strip_suffix('{'))
        .ok_or("line 1: no `graph \"name\" {`")?;
    let mut g = Graph::new(string(name)?);
    inside(&mut g, &mut lines, 0)?;
    if let Some((number, _)) = lines.0.next() {
        return Err(format!("line {number}: text after the closing brace"));
    }
    checked(g)
}

/// Nodes and outputs up to the closing brace.
fn inside(g: &mut Graph, lines: &mut Lines, depth: usize) -> Result<(), String> {
    while let Some((number, line)) = lines.0.next() {
        let at = |why: String| format!("line {number}: {why}");
        if line == "}" {
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix("output ") {
            let (name, v) = rest.rsplit_once(" = ").ok_or_else(|| at("an output has no ` = `".into()))?;
            g.outputs.push((string(name).map_err(at)?, value(v).map_err(at)?));
            continue;
        }
        let (index, mut node, opens) = node(line).map_err(at)?;
        if index.0 as usize != g.nodes.len() {
            return Err(at(format!("{index} is defined where %{} is next", g.nodes.len())));
        }
        if let Op::Loop(l) = &mut node.op {
            if !opens || depth == DEEPEST {
                let why = if opens { "too many loops in one another" } else { "the loop has no body" };
                return Err(at(why.into()));
            }
            inside(&mut l.body, lines, depth + 1)?;
        } else if opens {
            return Err(at("only a loop has a body".into()));
        }
        g.nodes.push(node);
    }
    Err("the closing brace is missing".into())
}

fn string(s: &str) -> Result<String, String> {
    ron::from_str(s.trim()).map_err(|e| format!("{s} is no name: {e}"))
}

fn value(s: &str) -> Result<Value, String> {
    let digits = s.trim().strip_prefix('%').ok_or_else(|| format!("`{s}` is no value"))?;
    digits.parse().map(Value).map_err(|_| format!("`{s}` is no value"))
}

/// `%2: f[B, 256] = token{attributes}(arguments) @span { // comment`, and whether the brace is there.
fn node(line: &str) -> Result<(Value, Node, bool), String> {
    let (index, rest) = line.split_once(':').ok_or("no `:` after the value")?;
    let (ty, rest) = rest.split_once('=').ok_or("no `=` after the type")?;
    let ty: Ty = ty.trim().parse()?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (token, mut rest) = rest.split_at(end);
    let attrs = bracketed(&mut rest, '{')?.unwrap_or_default();
    let args = bracketed(&mut rest, '(')?.unwrap_or_default();
    let args = fields(args).into_iter().map(value).collect::<Result<Vec<Value>, String>>()?;
    let rest = rest.split_once("//").map_or(rest, |(before, _)| before).trim();
    let body = rest.strip_suffix('{').map(str::trim);
    let (rest, opens) = (body.unwrap_or(rest), body.is_some());
    let span = if rest.is_empty() {
        Span::default()
    } else {
        span(rest).ok_or_else(|| format!("`{rest}` is no span"))?
    };
    Ok((value(index)?, Node { op: op(token, attrs, &ty)?, args, ty, span }, opens))
}

/// The text inside the bracket that `rest` starts with, if it does; `rest` moves past it.
fn bracketed<'a>(rest: &mut &'a str, open: char) -> Result<Option<&'a str>, String> {
    let whole: &'a str = rest;
    if !whole.starts_with(open) {
        return Ok(None);
    }
    let end = closing(whole).ok_or_else(|| format!("`{open}` is not closed"))?;
    *rest = whole.get(end + 1..).unwrap_or_default();
    Ok(whole.get(1..end))
}

fn span(s: &str) -> Option<Span> {
    let (file, range) = s.strip_prefix('@')?.split_once(':')?;
    let (start, end) = range.split_once('-')?;
    Some(Span { file: FileId(file.parse().ok()?), start: start.parse().ok()?, end: end.parse().ok()? })
}

/// The op of a token and its attributes.
fn op(token: &str, attrs: &str, ty: &Ty) -> Result<Op, String> {
    if let Some(op) = named(token) {
        return if attrs.is_empty() { Ok(op) } else { Err(format!("`{token}` has no attributes")) };
    }
    let plain = token.replace('_', "");
    let variant = Op::VARIANTS
        .iter()
        .find(|v| v.eq_ignore_ascii_case(&plain))
        .ok_or_else(|| format!("there is no op `{token}`"))?;
    let mut said: Vec<String> = fields(attrs).into_iter().map(String::from).collect();
    if *variant == "Loop" {
        // Its body follows on lines of its own.
        said.push(format!("body: {}", one_line(&Graph::default())));
    }
    let full = |said: &[String]| options().from_str::<Op>(&format!("{variant}({})", said.join(", ")));
    let direct = full(&said);
    if let Ok(op) = direct {
        return Ok(op);
    }
    // A newtype of a struct keeps the struct's own parentheses.
    if let Ok(op) = options().from_str::<Op>(&format!("{variant}(({}))", said.join(", "))) {
        return Ok(op);
    }
    for field in implied(ty) {
        let key = field.split(':').next().unwrap_or_default();
        if !said.iter().any(|s| s.split(':').next() == Some(key)) {
            said.push(field);
        }
    }
    full(&said).map_err(|_| match direct {
        Ok(_) => String::new(),
        Err(why) => format!("`{token}{{{attrs}}}`: {why}"),
    })
}
