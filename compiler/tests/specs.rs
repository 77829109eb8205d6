//! Every spec of the repository through the whole compiler: one snapshot for each spec and stage, to be read by people.
//! Nothing in a snapshot depends on where in its file a thing stands: a comment more or less changes none.

use crate::spec_common::{clean, snapshot, specs};
use gmc_compiler::diag::render::Sources;
use gmc_compiler::driver::PRELUDE;
use gmc_compiler::explain::math;
use gmc_compiler::explain::typed;
use gmc_compiler::ir::{Graph, Op, schedule, text};
use gmc_compiler::span::{FileId, Span};
use std::fmt::Write as _;

/// Graphs with more nodes are shown by the number of nodes of each kind.
const READABLE: usize = 220;

/// The words of the source that a span covers, on one line.
fn words(sources: &Sources, span: Span) -> Option<String> {
    if span == Span::default() {
        return None;
    }
    let found = sources.text(span.file)?.get(span.start as usize..span.end as usize)?;
    let one_line = found.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = one_line.chars().take(48).collect();
    (!short.is_empty()).then(|| if short == one_line { short } else { format!("{short} ..") })
}

/// The text form with the source's words in place of byte offsets.
fn graph_text(g: &Graph, sources: &Sources) -> String {
    let mut out = String::new();
    for line in text::print_with(g, &|s| words(sources, s)).lines() {
        let (node, words) = line.split_once("  // ").map_or((line, None), |(n, w)| (n, Some(w)));
        let bare = node
            .rsplit_once(" @")
            .filter(|(_, at)| at.contains(':') && !at.contains('"'))
            .map_or(node, |(n, _)| n);
        match words {
            Some(w) => writeln!(out, "{bare}  // {w}").unwrap(),
            None => writeln!(out, "{bare}").unwrap(),
        }
    }
    out
}

/// What goes in, what is computed and what comes out, counted.
fn census(g: &Graph) -> String {
    let mut out = format!("program \"{}\"\n", g.name);
    for n in &g.nodes {
        if let Op::Input(i) = &n.op
            && !i.name.starts_with("@opt.")
        {
            writeln!(out, "  {:?} {}: {}", i.role, i.name, n.ty).unwrap();
        }
    }
    let counted: Vec<String> = schedule::census(g).iter().map(|(op, n)| format!("{n} {op}")).collect();
    writeln!(out, "  computes {}", counted.join(", ")).unwrap();
    let outs: Vec<&str> =
        g.outputs.iter().map(|(n, _)| n.as_str()).filter(|n| !n.contains(":@opt.")).collect();
    writeln!(out, "  gives {}", outs.join(", ")).unwrap();
    out
}

#[test]
fn typed_stage() {
    for (name, text) in specs() {
        snapshot(&format!("{name}.typed"), typed::show(&clean(&name, &text).0));
    }
}

#[test]
fn objectives_and_queries() {
    for (name, text) in specs() {
        let (typed, compiled) = clean(&name, &text);
        let mut out = String::new();
        for p in &typed.train.players {
            for latex in [false, true] {
                let o = math::objective(&typed, p, latex);
                let source = if o.derived { ", derived" } else { "" };
                writeln!(
                    out,
                    "{}",
                    if latex { "LaTeX".to_string() } else { format!("{} {}{source}", o.player, o.verb) }
                )
                .unwrap();
                if !latex && o.goal != o.terms {
                    o.goal.iter().for_each(|t| writeln!(out, "  {t}").unwrap());
                    out.push_str("in full\n");
                }
                o.terms.iter().for_each(|t| writeln!(out, "  {t}").unwrap());
                if !latex {
                    o.notes.iter().for_each(|n| writeln!(out, "  note: {n}").unwrap());
                }
            }
        }
        out.push('\n');
        for q in &compiled.queries {
            match &q.answer {
                Ok(answer) => {
                    let kind = answer.number.map_or(String::new(), |k| format!(", {}", k.text()));
                    writeln!(out, "{}: program {}{kind}", q.question, answer.program).unwrap();
                }
                Err(why) => writeln!(out, "{}: no, {why}", q.question).unwrap(),
            }
        }
        out.push('\n');
        for (name, g) in compiled.programs.iter() {
            let outs: Vec<&str> = g
                .outputs
                .iter()
                .map(|(n, _)| n.as_str())
                .filter(|n| !n.starts_with("param:") && !n.starts_with("state:"))
                .collect();
            writeln!(out, "program {name}: {}", outs.join(", ")).unwrap();
        }
        snapshot(&format!("{name}.objective"), out);
    }
}

#[test]
fn graphs() {
    for (name, text) in specs() {
        let mut sources = Sources::new();
        sources.insert(FileId::PRELUDE, "prelude.gm", PRELUDE);
        sources.insert(FileId::SPEC, name.as_str(), text.as_str());
        let (_, compiled) = clean(&name, &text);
        let mut out = String::new();
        for (_, g) in compiled.programs.steps() {
            out.push_str(&if g.nodes.len() <= READABLE { graph_text(g, &sources) } else { census(g) });
        }
        snapshot(&format!("{name}.graph"), out);
    }
}

/// The sizes that the language promises.
#[test]
fn specs_are_short() {
    for (name, text) in specs() {
        let lines = text.lines().filter(|l| !l.trim().is_empty()).count();
        let game = text.matches("player ").count() > 1;
        let most = if name == "cyclegan" {
            35
        } else if game || name == "ddpm" {
            20
        } else {
            15
        };
        assert!(lines <= most, "{name} has {lines} lines");
    }
}

/// Every formula of every spec is MathML, and LaTeX that a TeX engine takes as it stands, where this machine has one.
#[test]
fn mathematics_is_typeset() {
    let mut all = Vec::new();
    for (name, text) in specs() {
        let (typed, _) = clean(&name, &text);
        let equations = math::equations::of(&typed);
        assert!(equations.len() >= typed.models.len() + typed.train.players.len(), "{name}");
        for (left, right) in equations.iter().flat_map(|e| &e.lines) {
            for side in [left, right] {
                assert_eq!(math::mathml::unknown(side), None, "{name}: {side}");
                let made = math::mathml::of(side);
                assert!(
                    !made.contains("\\") && !made.contains('{') || side.contains("\\{"),
                    "{name}: {made}"
                );
            }
        }
        all.extend(equations);
    }
    let document = gmc_compiler::explain::latex::document(&all);
    let folder = std::env::temp_dir().join(format!("gmc-tex-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("all.tex"), &document).unwrap();
    let mut tex = std::process::Command::new("pdflatex");
    tex.args(["-interaction=nonstopmode", "-halt-on-error", "-draftmode", "all.tex"]).current_dir(&folder);
    let made = tex.output();
    std::fs::remove_dir_all(&folder).unwrap();
    match made {
        Ok(o) => assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stdout)),
        Err(_) => println!("skipped: there is no pdflatex here (texlive-latex-recommended has it)"),
    }
}
