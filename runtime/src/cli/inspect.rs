//! Verbs that look at a spec without training it: `new`, `check`, `fmt`, `explain`, `ir`, `data`, `devices`.

use super::{IrFormat, Spec, Stage, say};
use crate::exec;
use crate::load::{self, Failure, Messages};
use crate::store::atomic_write;
use gmc_compiler::derive::math::{self, Objective};
use gmc_compiler::derive::{Compiled, NumberKind};
use gmc_compiler::diag::codes;
use gmc_compiler::diag::render::{Sources, render};
use gmc_compiler::driver::Unit;
use gmc_compiler::ir::{Graph, dot, schedule, text};
use gmc_compiler::span::FileId;
use gmc_compiler::syntax;
use gmc_compiler::types::game::owner_of;
use gmc_compiler::types::{Typed, show};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What `gmc new` writes.
const FIRST: &str = include_str!("../../../specs/vae.gm");

pub fn new(file: &Path) -> Result<(), Failure> {
    let file = if file.extension().is_none() { file.with_extension("gm") } else { file.to_path_buf() };
    if file.exists() {
        return Err(Failure::new(format!("error: {} exists already", file.display())));
    }
    atomic_write(&file, FIRST.as_bytes())?;
    say(&format!("wrote {0}; train it with: gmc run {0}\n", file.display()))
}

fn compiled(s: &Spec, m: Messages) -> Result<Unit, Failure> {
    let source = load::read_spec(&s.spec)?;
    let u =
        load::unit(&s.spec.display().to_string(), &source, s.spec.parent().unwrap_or(Path::new("")), &s.set);
    load::report(&u, m)?;
    Ok(u)
}

pub fn check(s: &Spec, m: Messages) -> Result<(), Failure> {
    let source = load::read_spec(&s.spec)?;
    let u = load::checked(
        &s.spec.display().to_string(),
        &source,
        s.spec.parent().unwrap_or(Path::new("")),
        &s.set,
    );
    load::report(&u, m)?;
    let Some(typed) = &u.typed else { return Ok(()) };
    let mut out = String::new();
    let models: Vec<_> = typed.models.iter().filter(|m| !m.guide).collect();
    for m in &models {
        let _ = writeln!(out, "{}: {}", m.name, show::density(m));
    }
    if models.is_empty() {
        let _ = writeln!(out, "no model: nets trained with a stated goal");
    }
    for p in &typed.train.players {
        let o = math::objective(typed, p, false);
        let _ = writeln!(out, "{} {} {}", o.player, o.verb, math::text(typed, &p.payoff));
    }
    say(&out)
}

pub fn fmt(files: &[PathBuf], check: bool, stdout: bool, m: Messages) -> Result<(), Failure> {
    let mut differ = Vec::new();
    for f in files {
        let source = load::read_spec(f)?;
        let formatted = syntax::format(&source).map_err(|diags| {
            let mut sources = Sources::new();
            sources.insert(FileId::SPEC, f.display().to_string(), source.clone());
            load::note(&render(&diags, &sources, m.format, m.color));
            Failure::new("")
        })?;
        match (check, stdout) {
            (true, _) if formatted != source => differ.push(f.display().to_string()),
            (true, _) => {}
            (false, true) => say(&formatted)?,
            (false, false) if formatted != source => atomic_write(f, formatted.as_bytes())?,
            (false, false) => {}
        }
    }
    match differ.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!("not in canonical layout: {}", differ.join(", ")))),
    }
}

pub fn explain(
    what: &str,
    latex: bool,
    derive: bool,
    set: Vec<(String, String)>,
    m: Messages,
) -> Result<(), Failure> {
    if let Some(page) = codes::page(what) {
        return say(&format!("{}: {}\n\n{}", page.code, page.title, page.text));
    }
    let path = PathBuf::from(what);
    // A folder of this name, such as `images`, is not meant.
    if !path.is_file() {
        if let Some(text) = super::reference::about(what) {
            return say(&text);
        }
        if path.extension().is_none() && !path.exists() {
            return Err(super::reference::unknown(what));
        }
    }
    let u = compiled(&Spec { spec: path, set }, m)?;
    let (Some(typed), Some(c)) = (&u.typed, &u.compiled) else { return Ok(()) };
    let mut out = String::new();
    if !derive {
        conclusions(typed, &mut out);
    }
    for p in &typed.train.players {
        objective(&math::objective(typed, p, latex), latex, &mut out);
    }
    if !derive {
        queries(c, &mut out);
        ownership(typed, c, &mut out);
        blocks(typed, c, &mut out);
        costs(typed, c, &mut out);
    }
    say(&out)
}

fn conclusions(typed: &Typed, out: &mut String) {
    for m in typed.models.iter().filter(|m| !m.guide) {
        let _ = writeln!(out, "model {}: {}", m.name, show::density(m));
    }
    if typed.models.iter().all(|m| m.guide) {
        let _ = writeln!(
            out,
            "no model: nothing is said about how data arise, so there are no samples and no density"
        );
    }
    for f in typed.flows.iter().filter(|f| f.volume_preserving()) {
        let _ = writeln!(out, "flow {}: volume-preserving", f.name);
    }
    if typed.train.players.len() > 1 {
        let kind = if typed.train.simultaneous { "at once" } else { "in turn" };
        let _ = writeln!(out, "a game of {} players, who move {kind}", typed.train.players.len());
    }
}

fn objective(o: &Objective, latex: bool, out: &mut String) {
    let who = if o.player == "all" { String::new() } else { format!("{} ", o.player) };
    let _ =
        writeln!(out, "\nobjective ({who}{}, {})", o.verb, if o.derived { "derived" } else { "as written" });
    if latex {
        let mut body = String::new();
        for (i, t) in o.terms.iter().enumerate() {
            let sign = if i > 0 && !t.starts_with('-') { "+ " } else { "" };
            let _ = write!(body, "{}{sign}{t}", if i > 0 { " \\\\\n  & " } else { "" });
        }
        let _ = writeln!(out, "\\begin{{aligned}}\n  & {body}\n\\end{{aligned}}");
    } else {
        for (i, t) in o.terms.iter().enumerate() {
            let (sign, t) = match t.strip_prefix('-') {
                Some(rest) => ("-", rest),
                None if i > 0 => ("+", t.as_str()),
                None => (" ", t.as_str()),
            };
            let _ = writeln!(out, "  {sign} {t}");
        }
    }
    for n in &o.notes {
        let _ = writeln!(out, "    # {n}");
    }
}

fn queries(c: &Compiled, out: &mut String) {
    let _ = writeln!(out, "\nqueries");
    for q in &c.queries {
        let text = match &q.answer {
            Ok((_, Some(NumberKind::Exact))) => "exact".to_string(),
            Ok((_, Some(k))) => k.text().to_string(),
            Ok((_, None)) => "yes".to_string(),
            Err(why) => format!("no: {why}"),
        };
        let _ = writeln!(out, "  {:<12} {text}", q.name);
    }
}

fn ownership(typed: &Typed, c: &Compiled, out: &mut String) {
    let _ = writeln!(out, "\nparameters");
    let names = typed
        .nets
        .iter()
        .map(|n| &n.name)
        .chain(typed.flows.iter().map(|f| &f.name))
        .chain(typed.params.iter().map(|p| &p.name));
    let mut total = 0usize;
    for n in names {
        if typed.params.iter().any(|p| p.name == *n && p.each.is_some()) {
            continue;
        }
        let count: usize = c
            .leaves
            .iter()
            .filter(|l| l.trainable && (l.path == *n || l.path.starts_with(&format!("{n}."))))
            .map(|l| l.shape.iter().product::<usize>())
            .sum();
        let owner = typed
            .train
            .players
            .iter()
            .find(|p| p.owns.iter().any(|(o, _)| o == n || o == owner_of(n)))
            .map_or("nobody", |p| if p.name == "all" { "the only player" } else { &p.name });
        let _ = writeln!(out, "  {n:<12} {count:>10}  owned by {owner}");
        total += count;
    }
    let _ = writeln!(out, "  {:<12} {total:>10}", "all");
}

/// What guides hold for each datum: the memory that grows with the data, how it is updated, and how new data are inferred.
fn blocks(typed: &Typed, c: &Compiled, out: &mut String) {
    // The number of data is known where the data are there.
    let sets = if c.blocks.is_empty() { None } else { load::data(typed).ok() };
    for (g, item) in typed.models.iter().filter_map(|g| Some((g, g.each?))) {
        let own: Vec<_> = c.blocks.iter().filter(|b| owner_of(&b.path) == g.name).collect();
        let size: usize = own.iter().map(|b| b.shape.iter().product::<usize>()).sum();
        let x = g.conds.first().map_or("x", |x| x);
        let player =
            typed.train.players.iter().find(|p| {
                own.iter().any(|b| p.owns.iter().any(|(o, _)| *o == b.path || o == owner_of(&b.path)))
            });
        let Some(player) = player else { continue };
        let owner = if player.name == "all" { "the only player" } else { &player.name };
        let slots = size * player.optimizer.slots(&player.args).len() + own.len();
        let _ = write!(out, "\nguide {}: {size} parameters for each {x}, owned by {owner}", g.name);
        match sets.as_ref().and_then(|s| s.get(item)).map(|s| s.train.n) {
            Some(n) => {
                let megabytes = |numbers: usize| 4e-6 * (numbers * n) as f64;
                let _ = writeln!(
                    out,
                    "; {} data: {} parameters, {:.1} MB ({:.1} MB with what {} keeps)",
                    grouped(n),
                    grouped(size * n),
                    megabytes(size),
                    megabytes(size + slots),
                    player.optimizer.name()
                );
            }
            None => {
                let _ = writeln!(out, "; how many in all is known where the data are");
            }
        }
        let (steps, rate) = typed.inference();
        let _ = writeln!(
            out,
            "  a step moves the parameters of the data in its minibatch and no others; each datum counts its own steps"
        );
        if typed.train.ema.is_some() {
            let _ =
                writeln!(out, "  they are not averaged by `ema`: each is moved once in a pass over the data");
        }
        let _ = writeln!(
            out,
            "  a new {x} starts at 0 and takes {steps} Adam steps with the model fixed, at a rate that falls from {rate} to 0"
        );
        let _ = writeln!(
            out,
            "  a guide that computes them with a net, `guide {}({x})`, has the parameters of the net, however many data there are",
            g.name
        );
    }
}

/// 1,920,000
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}

fn costs(typed: &Typed, c: &Compiled, out: &mut String) {
    let _ = writeln!(out, "\none step at batch {}", typed.train.batch);
    for p in &typed.train.players {
        if let Some(g) = c.programs.get(&format!("step.{}", p.name)) {
            let name = if p.name == "all" { "" } else { &p.name };
            let _ = writeln!(
                out,
                "  {name:<12} {:.1} million multiply-adds, at most {:.1} MB, {} operations",
                schedule::madds(g, typed.train.batch) as f64 / 1e6,
                schedule::peak_bytes(g, typed.train.batch) as f64 / 1e6,
                g.nodes.len()
            );
        }
    }
}

pub fn ir(
    s: &Spec,
    stage: Stage,
    format: IrFormat,
    program: Option<&str>,
    m: Messages,
) -> Result<(), Failure> {
    let u = compiled(s, m)?;
    let (Some(typed), Some(c)) = (&u.typed, &u.compiled) else { return Ok(()) };
    let refuse = |stage: &str| Failure {
        text: format!("error: the {stage} stage has no such form; use --format text"),
        code: 2,
    };
    match (stage, format) {
        (Stage::Ast, IrFormat::Text) => say(&syntax::ast_text(&u.spec)),
        (Stage::Ast, IrFormat::Ron) => {
            let config = ron::ser::PrettyConfig::default();
            say(&(ron::ser::to_string_pretty(&syntax::strip_spans(&u.spec), config)? + "\n"))
        }
        (Stage::Typed, IrFormat::Text) => say(&show::show(typed)),
        (Stage::Objective, IrFormat::Text) => {
            let mut out = String::new();
            typed
                .train
                .players
                .iter()
                .for_each(|p| objective(&math::objective(typed, p, false), false, &mut out));
            say(out.trim_start())
        }
        (Stage::Ast, IrFormat::Dot) => Err(refuse("ast")),
        (Stage::Typed, IrFormat::Ron | IrFormat::Dot) => Err(refuse("typed")),
        (Stage::Objective, IrFormat::Ron | IrFormat::Dot) => Err(refuse("objective")),
        (Stage::Graph | Stage::Step, _) => {
            let wanted = |g: &&Graph| match program {
                Some(p) => g.name == p,
                None => g.name.starts_with("step.") == (stage == Stage::Step),
            };
            let graphs: Vec<&Graph> = c.programs.values().filter(wanted).collect();
            if graphs.is_empty() {
                let names: Vec<&str> = c.programs.keys().map(String::as_str).collect();
                return Err(Failure::new(format!(
                    "error: there is no such program; there are {}",
                    names.join(", ")
                )));
            }
            for g in graphs {
                let locate = |span: gmc_compiler::span::Span| {
                    let (line, _) = u.sources.position(span.file, span.start as usize)?;
                    (span.end > span.start)
                        .then(|| format!("{}:{line}", u.sources.name(span.file).unwrap_or("?")))
                };
                say(&match format {
                    IrFormat::Text => text::print_with(g, &locate),
                    IrFormat::Ron => g.to_ron() + "\n",
                    IrFormat::Dot => dot::print(g),
                })?;
            }
            Ok(())
        }
    }
}

pub fn data(s: &Spec, m: Messages) -> Result<(), Failure> {
    let u = compiled(s, m)?;
    let Some(typed) = &u.typed else { return Ok(()) };
    let sets = load::data(typed)?;
    let mut out = String::new();
    for (d, set) in typed.data.iter().zip(&sets) {
        let _ = writeln!(out, "{}: {} training and {} test examples", d.row.name(), set.train.n, set.test.n);
        for (v, c) in d.vars.iter().zip(&set.train.columns) {
            let n = c.values.len().max(1) as f64;
            let mean = c.values.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
            let var = c.values.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / n;
            let (lo, hi) =
                c.values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
            let _ = writeln!(
                out,
                "  {}: {}, mean {mean:.4}, standard deviation {:.4}, from {lo} to {hi}",
                v.name,
                v.ty,
                var.sqrt()
            );
        }
    }
    say(&out)
}

pub fn devices() -> Result<(), Failure> {
    let mut out = String::new();
    for d in exec::list() {
        let _ = writeln!(out, "{:?}  {}  {}", d.kind, d.name, d.note);
    }
    say(&out)
}
