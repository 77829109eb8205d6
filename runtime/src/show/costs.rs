//! What programs cost, line by line of the texts that they come from.

use crate::session::Session;
use gmc_compiler::derive::Program;
use gmc_compiler::diag::render::Sources;
use gmc_compiler::explain::by_place::{Cost, costs};
use gmc_compiler::ir::Graph;
use gmc_compiler::rows::setting::Batch;
use gmc_compiler::span::{FileId, Span};
use gmc_compiler::syntax::PRELUDE;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// In this file a run folder keeps what its steps cost.
pub const PROFILE: &str = "profile.csv";

/// What the compiler calls the text of [`PRELUDE`].
const PRELUDE_NAME: &str = "prelude.gm";

const HEADER: &str = "program,line,operations,multiply_adds,bytes,ms,file";

/// Longest piece of a line that is shown.
const MOST_SHOWN: usize = 60;

/// What one line of a text costs in one run of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The program, as in `step.all`.
    pub program: String,
    /// The text.
    pub file: String,
    /// Which line of it, from 1.
    pub line: usize,
    /// Counts.
    pub cost: Cost,
    /// Milliseconds, where they were measured.
    pub ms: Option<f64>,
    /// What stands in the line.
    pub text: String,
}

/// Time that was measured.
pub struct Measured {
    /// With its places.
    pub spent: Vec<(Span, Duration)>,
    /// Over so many runs.
    pub runs: u64,
}

/// The lines that the training steps of a session come from, with the time of the rounds that were profiled.
pub fn of_steps(s: &Session, sources: &Sources) -> Vec<Line> {
    let batch = Batch::of(&s.typed.train.settings);
    let of = |(program, graph): (&Program, &Graph)| {
        let measured = s.executable(program).map(|e| Measured { spent: e.spent(), runs: e.profiled() });
        let measured = measured.filter(|m| !m.spent.is_empty());
        lines(graph, batch, measured.as_ref(), sources)
    };
    s.compiled.programs.steps().flat_map(of).collect()
}

/// The lines that a program comes from, in the order of the texts: those of the spec before those of the prelude.
pub fn lines(g: &Graph, batch: usize, measured: Option<&Measured>, sources: &Sources) -> Vec<Line> {
    let key = |span: Span| {
        let line = sources.position(span.file, span.start as usize).map_or(0, |(line, _)| line);
        // The prelude comes last.
        (u32::from(span.file.0).wrapping_sub(1), line)
    };
    let mut found: BTreeMap<(u32, usize), (Span, Cost, Duration)> = BTreeMap::new();
    let nothing = |span| (span, Cost::default(), Duration::ZERO);
    for (span, cost) in costs(g, batch) {
        found.entry(key(span)).or_insert_with(|| nothing(span)).1 += cost;
    }
    for (span, time) in measured.into_iter().flat_map(|m| &m.spent) {
        found.entry(key(*span)).or_insert_with(|| nothing(*span)).2 += *time;
    }
    let line = |((_, line), (span, cost, time)): ((u32, usize), (Span, Cost, Duration))| Line {
        program: g.name.clone(),
        file: name(sources, span.file),
        line,
        cost,
        ms: measured.map(|m| time.as_secs_f64() * 1e3 / m.runs.max(1) as f64),
        text: text(sources.text(span.file), line),
    };
    found.into_iter().map(line).collect()
}

/// What a text is called: the spec without its folders.
fn name(sources: &Sources, file: FileId) -> String {
    let whole = sources.name(file).unwrap_or("?");
    let last = Path::new(whole).file_name().filter(|_| file == FileId::SPEC);
    last.map_or_else(|| whole.to_string(), |n| n.to_string_lossy().into_owned())
}

/// What stands in a line, shortened.
fn text(of: Option<&str>, line: usize) -> String {
    let line = line.checked_sub(1).and_then(|n| of?.lines().nth(n)).unwrap_or("").trim();
    match line.char_indices().nth(MOST_SHOWN) {
        Some((cut, _)) => format!("{} ..", line.get(..cut).unwrap_or(line).trim_end()),
        None => line.to_string(),
    }
}

/// Numbers with a unit of thousands: `25.7 M`.
pub fn short(n: u64) -> String {
    let x = n as f64;
    match n {
        0..1_000 => n.to_string(),
        1_000..1_000_000 => format!("{:.1} k", x / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} M", x / 1e6),
        _ => format!("{:.1} G", x / 1e9),
    }
}

/// The parts of all milliseconds of its program that a line takes.
pub fn share(of: &Line, all: &[Line]) -> Option<f64> {
    let total: f64 = all.iter().filter(|l| l.program == of.program).filter_map(|l| l.ms).sum();
    Some(of.ms? / total).filter(|s| s.is_finite())
}

/// For people: a table a program.
pub fn table(all: &[Line]) -> String {
    let mut out = String::new();
    let mut program = "";
    for l in all {
        if l.program != program {
            let head = ["operations", "multiply-adds", "bytes", "ms", "share"];
            let [a, b, c, d, e] = head;
            let _ = writeln!(out, "{}\n{a:>12} {b:>14} {c:>10} {d:>9} {e:>6}  line", l.program);
            program = &l.program;
        }
        let ms = l.ms.map_or(String::from("-"), |ms| format!("{ms:.3}"));
        let part = share(l, all).map_or(String::from("-"), |s| format!("{:.1} %", s * 100.0));
        let (n, madds, bytes) = (short(l.cost.operations), short(l.cost.madds), short(l.cost.bytes));
        let place = format!("{}:{}", l.file, l.line);
        let _ = writeln!(out, "{n:>12} {madds:>14} {bytes:>10} {ms:>9} {part:>6}  {place}  {}", l.text);
    }
    out
}

/// For programs and for the run folder.
pub fn csv(all: &[Line]) -> String {
    let mut out = format!("{HEADER}\n");
    for Line { program, file, line, cost, ms, .. } in all {
        let Cost { operations, madds, bytes } = cost;
        let ms = ms.map_or(String::new(), |ms| format!("{ms:.6}"));
        let _ = writeln!(out, "{program},{line},{operations},{madds},{bytes},{ms},{file}");
    }
    out
}

/// Reads what [`csv`] wrote, with the text of the spec, and of the files that it uses by their names; lines that it did not write are left
/// out.
pub fn read(csv: &str, spec: &str, used: &dyn Fn(&str) -> Option<String>) -> Vec<Line> {
    let line = |row: &str| {
        let mut cells = row.splitn(7, ',');
        let program = cells.next()?.to_string();
        let line = cells.next()?.parse().ok()?;
        let mut count = || cells.next()?.parse().ok();
        let cost = Cost { operations: count()?, madds: count()?, bytes: count()? };
        let ms = cells.next()?.parse().ok();
        let file = cells.next()?.to_string();
        let text = match file == PRELUDE_NAME {
            true => text(Some(PRELUDE), line),
            false => text(used(&file).as_deref().or(Some(spec)), line),
        };
        Some(Line { program, file, line, cost, ms, text })
    };
    csv.lines().skip(1).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let cost = Cost { operations: 3, madds: 25_690_112, bytes: 4_096 };
        let line = |line, ms| Line {
            program: "step.all".into(),
            file: "a, b.gm".into(),
            line,
            cost,
            ms,
            text: "y = f(x)".into(),
        };
        let all = [line(1, Some(0.25)), line(2, Some(0.75)), line(3, None)];
        let texts = "y = f(x)\n  y = f(x)\ny = f(x)\n";
        assert_eq!(read(&csv(&all), texts, &|_| None), all);
        assert_eq!(share(&all[1], &all), Some(0.75));
        let table = table(&all);
        assert!(
            table.contains("25.7 M") && table.contains("75.0 %") && table.contains("a, b.gm:3"),
            "{table}"
        );
    }
}
