//! Items as nested blocks, and blocks as lines, with the comments put back.

use super::ast::{DataItem, EvalItem, Item, Layer, PlayerItem, Site, TrainItem};
use super::print::{Printer, names};
use super::scan::Comment;
use crate::span::Span;

/// Lines are broken to stay within this many characters, where they can be broken.
const WIDTH: usize = 110;

/// How the children of a block stand beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    /// Layers: commas, several in a line.
    Layers,
    /// Sites: `;` in one line, nothing between lines.
    Sites,
    /// Statements of `train` and `eval`: blanks in one line, nothing between lines.
    Statements,
}

/// Something that is printed on one line if it fits, else broken.
#[derive(Debug)]
pub(super) struct Block {
    /// The text before the brace, or all of it; a clause may begin on a line of its own, a term of a clause may wrap.
    clauses: Vec<Vec<String>>,
    /// What stands between the braces.
    children: Option<(Join, Vec<Block>)>,
    /// What stands behind the closing brace.
    tail: String,
    /// Never on one line.
    tall: bool,
    /// Where it stands in the source.
    bytes: std::ops::Range<usize>,
}

impl Block {
    fn leaf(text: String, start: u32, end: u32) -> Block {
        Block::clauses(vec![vec![text]], start, end)
    }

    fn clauses(clauses: Vec<Vec<String>>, start: u32, end: u32) -> Block {
        let bytes = start as usize..end as usize;
        Block { clauses, children: None, tail: String::new(), tall: false, bytes }
    }

    fn braces(head: String, join: Join, children: Vec<Block>) -> Block {
        let clauses = vec![vec![head]];
        Block { clauses, children: Some((join, children)), tail: String::new(), tall: false, bytes: 0..0 }
    }

    fn one_line(&self) -> String {
        let head = self.clauses.iter().map(|c| c.join(" ")).collect::<Vec<_>>().join(" ");
        let Some((join, children)) = &self.children else { return head };
        let inner: Vec<String> = children.iter().map(Block::one_line).collect();
        let between = match join {
            Join::Layers => ", ",
            Join::Sites => ";  ",
            Join::Statements => "  ",
        };
        match inner.is_empty() {
            true => format!("{head} {{}}{}", self.tail),
            false => format!("{head} {{ {} }}{}", inner.join(between), self.tail),
        }
    }

    fn is_tall(&self) -> bool {
        self.tall || self.children.as_ref().is_some_and(|(_, c)| c.iter().any(Block::is_tall))
    }
}

/// The block of an item that stands at `bytes`; `text` is the source with comments blanked, to find closing braces in.
pub(super) fn item(printer: Printer<'_>, text: &str, item: &Item, bytes: std::ops::Range<usize>) -> Block {
    let p = printer;
    let leaf = |clauses: Vec<String>| Block::clauses(clauses.into_iter().map(|c| vec![c]).collect(), 0, 0);
    let block = match item {
        Item::Use(i) => leaf(vec![format!("use \"{}\"", i.path)]),
        Item::Dim(i) => match &i.value {
            Some(value) => leaf(vec![format!("dim {} = {}", i.name.name, p.expr(value))]),
            None => leaf(vec![format!("dim {}", i.name.name)]),
        },
        Item::Alias(i) => leaf(vec![format!("type {} = {}", i.name.name, p.ty(&i.ty))]),
        Item::Data(i) => leaf(data(p, i)),
        Item::Net(i) => {
            let outputs: Vec<String> = i.outputs.iter().map(|t| p.ty(t)).collect();
            let outputs =
                if outputs.len() == 1 { outputs.concat() } else { format!("({})", outputs.join(", ")) };
            let head = format!("net {}({}) -> {outputs}", i.name.name, p.bindings(&i.inputs));
            let tail = i.weights.as_ref().map_or(String::new(), |w| format!(" from \"{}\"", w.path));
            Block { tail, ..Block::braces(head, Join::Layers, layers(p, text, &i.body)) }
        }
        Item::Flow(i) => {
            let given =
                if i.given.is_empty() { String::new() } else { format!(" given ({})", p.bindings(&i.given)) };
            let head = format!("flow {}: {} <-> {}{given}", i.name.name, p.ty(&i.from), p.ty(&i.to));
            Block::braces(head, Join::Layers, layers(p, text, &i.body))
        }
        Item::Param(i) => {
            let init = i.init.as_ref().map(|e| format!(" = {}", p.expr(e))).unwrap_or_default();
            leaf(vec![format!("param {}: {}{init}", i.name.name, p.ty(&i.ty))])
        }
        Item::Fn(i) => {
            let param = |(name, default): &(super::ast::Ident, Option<super::ast::Expr>)| match default {
                Some(default) => format!("{}: {}", name.name, p.expr(default)),
                None => name.name.clone(),
            };
            let params: Vec<String> = i.params.iter().map(param).collect();
            let head = vec![format!("fn {}({}) =", i.name.name, params.join(", "))];
            Block::clauses(vec![head, p.terms(&i.body)], 0, 0)
        }
        Item::Model(i) => {
            let conds = if i.conds.is_empty() { String::new() } else { format!("({})", names(&i.conds)) };
            sites(p, format!("model {}{conds}", i.name.name), &i.sites)
        }
        Item::Guide(i) => {
            let conds = match (i.conds.is_empty(), i.per_datum) {
                (true, _) => String::new(),
                (false, true) => format!("[{}]", names(&i.conds)),
                (false, false) => format!("({})", names(&i.conds)),
            };
            sites(p, format!("guide {}{conds}", i.name.name), &i.sites)
        }
        Item::Train(i) => train(p, i),
        Item::Eval(i) => eval(p, i),
    };
    Block { bytes, ..block }
}

/// The clauses of a data item.
fn data(p: Printer<'_>, i: &DataItem) -> Vec<String> {
    let bindings = match i.bindings.len() {
        1 => p.bindings(&i.bindings),
        _ => format!("({})", p.bindings(&i.bindings)),
    };
    let mut clauses = vec![format!("data {bindings}"), format!("from {}", p.call(&i.source))];
    if !i.split.is_empty() || i.by.is_some() || i.in_order {
        let mut parts: Vec<String> =
            i.split.iter().map(|(n, e)| format!("{} {}", n.name, p.expr(e))).collect();
        parts.extend(i.by.iter().map(|e| format!("by: {}", p.expr(e))));
        if parts.is_empty() {
            parts.push("by: order".into());
        }
        let order = if i.in_order && !i.split.is_empty() { " in order" } else { "" };
        clauses.push(format!("split{order} ({})", parts.join(", ")));
    }
    clauses
}

/// A model or guide: its statements in braces behind `head`.
fn sites(p: Printer<'_>, head: String, sites: &[Site]) -> Block {
    let children = sites.iter().map(|s| {
        let span = match s {
            Site::Draw(s) => s.span,
            Site::Auto(s) => s.span,
            Site::Start(s) => s.span,
            Site::Bind(s) => s.span,
        };
        Block::leaf(p.site(s), span.start, span.end)
    });
    Block::braces(head, Join::Sites, children.collect())
}

fn layers(p: Printer<'_>, text: &str, list: &[Layer]) -> Vec<Block> {
    list.iter().map(|l| layer(p, text, l)).collect()
}

fn layer(p: Printer<'_>, text: &str, layer: &Layer) -> Block {
    match layer {
        Layer::Call(call) => {
            let bytes = call.span.start as usize..call.span.end as usize;
            let Some(body) = &call.block else {
                return Block::leaf(p.call(call), call.span.start, call.span.end);
            };
            let children = layers(p, text, body);
            let inner = children.last().map_or(bytes.end, |c| c.bytes.end);
            let end = text.get(inner..).and_then(|rest| rest.find('}')).map_or(inner, |n| inner + n + 1);
            Block { bytes: bytes.start..end, ..Block::braces(p.call(call), Join::Layers, children) }
        }
        Layer::Repeat(r) => {
            let index = r.index.as_ref().map(|i| format!(" as {}", i.name)).unwrap_or_default();
            let head = format!("repeat {}{index}", p.expr(&r.count));
            let bytes = r.span.start as usize..r.span.end as usize;
            Block { bytes, ..Block::braces(head, Join::Layers, layers(p, text, &r.body)) }
        }
    }
}

/// The clauses in text order.
fn player(p: Printer<'_>, player: &PlayerItem) -> Block {
    let leaf = |text: String, span: Span| Block::leaf(text, span.start, span.end);
    let mut clauses = vec![leaf(format!("owns {}", names(&player.owns)), player.owned)];
    clauses.push(Block::clauses(vec![p.goal(&player.goal)], player.goal.span.start, player.goal.span.end));
    clauses.extend(player.using.iter().map(|c| leaf(format!("using {}", p.call(c)), c.span)));
    clauses.extend(player.steps.iter().map(|e| leaf(format!("steps {}", p.expr(e)), e.span)));
    clauses.extend(player.within.iter().map(|c| leaf(format!("within {}", p.call(c)), c.span)));
    clauses.extend(player.settings.iter().map(|s| leaf(p.setting(s), s.name.span.to(s.value.span))));
    clauses.sort_by_key(|c| c.bytes.start);
    let bytes = player.span.start as usize..player.span.end as usize;
    Block { bytes, ..Block::braces(format!("player {}", player.name.name), Join::Statements, clauses) }
}

/// The statements in text order.
fn train(p: Printer<'_>, item: &TrainItem) -> Block {
    let mut children = Vec::new();
    for bind in &item.lets {
        children.push(Block::leaf(format!("let {}", p.bind(bind)), bind.span.start, bind.span.end));
    }
    children.extend(item.players.iter().map(|x| player(p, x)));
    if let Some(goal) = &item.goal {
        children.push(Block::clauses(vec![p.goal(goal)], goal.span.start, goal.span.end));
    }
    if let Some(using) = &item.using {
        children.push(Block::leaf(format!("using {}", p.call(using)), using.span.start, using.span.end));
    }
    if let Some(span) = &item.simultaneous {
        children.push(Block::leaf("simultaneous".to_string(), span.start, span.end));
    }
    for s in &item.settings {
        children.push(Block::leaf(p.setting(s), s.name.span.start, s.value.span.end));
    }
    children.sort_by_key(|c| c.bytes.start);
    let tall = !item.players.is_empty();
    Block { tall, ..Block::braces("train".to_string(), Join::Statements, joined(children)) }
}

/// Lets that follow each other share one `let`, and a goal and the optimizer after it one line, where they fit.
fn joined(children: Vec<Block>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    for block in children {
        let text = block.one_line();
        if let Some(last) = out.last_mut() {
            let before = last.one_line();
            let fits = before.len() + text.len() + 2 < WIDTH - 2;
            if let (true, true, Some(rest)) = (fits, before.starts_with("let "), text.strip_prefix("let ")) {
                last.clauses = vec![vec![format!("{before}, {rest}")]];
                last.bytes.end = block.bytes.end;
                continue;
            }
            let goal = before.starts_with("minimizes ") || before.starts_with("maximizes ");
            if goal && text.starts_with("using ") {
                last.clauses.extend(block.clauses);
                last.bytes.end = block.bytes.end;
                continue;
            }
        }
        out.push(block);
    }
    out
}

fn eval(p: Printer<'_>, item: &EvalItem) -> Block {
    let calls = item.calls.iter().map(|c| Block::leaf(p.call(c), c.span.start, c.span.end));
    let settings =
        item.settings.iter().map(|s| Block::leaf(p.setting(s), s.name.span.start, s.value.span.end));
    let mut children: Vec<Block> = calls.chain(settings).collect();
    children.sort_by_key(|c| c.bytes.start);
    Block::braces("eval".to_string(), Join::Statements, children)
}

/// A printed line.
struct Line {
    indent: usize,
    text: String,
    comment: Option<String>,
}

/// Lines printed so far, and the comments still to be put between them.
pub(super) struct Lines<'a> {
    lines: Vec<Line>,
    source: &'a str,
    comments: std::iter::Peekable<std::slice::Iter<'a, Comment>>,
}

impl<'a> Lines<'a> {
    /// No lines yet.
    pub fn new(source: &'a str, comments: &'a [Comment]) -> Self {
        Lines { lines: Vec::new(), source, comments: comments.iter().peekable() }
    }

    fn push(&mut self, indent: usize, text: String) {
        self.lines.push(Line { indent, text, comment: None });
    }

    fn has_comment_before(&mut self, end: usize) -> bool {
        self.comments.peek().is_some_and(|c| c.start < end)
    }

    /// Puts the comments that stand before `end`: behind the last line where they stood behind something (unless `above`),
    /// else on lines of their own. `blanks` keeps empty lines before them.
    pub fn comments(&mut self, end: usize, indent: usize, above: bool, blanks: bool) {
        while let Some(c) = self.comments.next_if(|c| c.start < end) {
            let text = self.source.get(c.start..c.end).unwrap_or("").to_string();
            if !above
                && !c.own_line
                && let Some(last) =
                    self.lines.last_mut().filter(|l| l.comment.is_none() && !l.text.is_empty())
            {
                last.comment = Some(text);
                continue;
            }
            if blanks {
                self.blank_before(c.start);
            }
            self.lines.push(Line { indent, text: String::new(), comment: Some(text) });
        }
    }

    /// An empty line, where the source has one above what stands at `pos`.
    pub fn blank_before(&mut self, pos: usize) {
        let before = self.source.get(..pos).unwrap_or("");
        let gap = before.get(before.trim_end().len()..).unwrap_or("");
        let fresh = self.lines.last().is_none_or(|l| l.text.is_empty() && l.comment.is_none());
        if gap.matches('\n').count() > 1 && !fresh {
            self.push(0, String::new());
        }
    }

    /// Prints a block at `indent`, with `suffix` after its last character.
    pub fn block(&mut self, block: &Block, indent: usize, suffix: &str) {
        let inside = self.has_comment_before(block.bytes.end);
        let line = block.one_line() + suffix;
        let fits = indent + line.chars().count() <= WIDTH;
        let Some((join, children)) = &block.children else {
            if inside {
                self.comments(block.bytes.end, indent, true, false);
            }
            if fits {
                return self.push(indent, line);
            }
            return self.clauses(block, indent, suffix);
        };
        if !inside && fits && !block.is_tall() {
            return self.push(indent, line);
        }
        let head = block.clauses.iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        self.push(indent, format!("{head} {{"));
        let mut filling = false;
        for (i, child) in children.iter().enumerate() {
            let suffix = if *join == Join::Layers && i + 1 < children.len() { "," } else { "" };
            if !inside && *join == Join::Layers {
                let text = child.one_line() + suffix;
                let length = text.chars().count();
                let fits = indent + 2 + length <= WIDTH;
                if let Some(last) = self.lines.last_mut()
                    && filling
                    && fits
                    && last.indent + last.text.chars().count() + 1 + length <= WIDTH
                {
                    last.text.push(' ');
                    last.text.push_str(&text);
                    continue;
                }
                filling = fits;
            }
            self.comments(child.bytes.start, indent + 2, false, false);
            self.block(child, indent + 2, suffix);
        }
        if inside {
            self.comments(block.bytes.end, indent + 2, false, false);
        }
        self.push(indent, format!("}}{}{suffix}", block.tail));
    }

    /// A leaf that is too long: each clause on its own line, deeper; a clause that is still too long wraps at its terms.
    fn clauses(&mut self, block: &Block, indent: usize, suffix: &str) {
        for (i, clause) in block.clauses.iter().enumerate() {
            let indent = if i == 0 { indent } else { indent + 2 };
            let mut text = String::new();
            let mut wrapped = indent;
            for term in clause {
                if !text.is_empty() && wrapped + text.chars().count() + 1 + term.chars().count() > WIDTH {
                    self.push(wrapped, std::mem::take(&mut text));
                    wrapped = indent + 4;
                }
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(term);
            }
            self.push(wrapped, text);
        }
        if let Some(last) = self.lines.last_mut() {
            last.text.push_str(suffix);
        }
    }

    /// The text of all lines.
    pub fn finish(self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            let gap = if line.text.is_empty() { "" } else { "  " };
            let comment = line.comment.as_ref().map(|c| format!("{gap}{c}")).unwrap_or_default();
            let whole = format!("{}{}{comment}", " ".repeat(line.indent), line.text);
            out.push_str(whole.trim_end());
            out.push('\n');
        }
        out
    }
}
