//! `gmc-bench fuzz`: texts made from the specs of the repository, for as long as one likes. Each is checked, with time and memory watched;
//! what passes is trained for two rounds, measured and asked every question. What is found is kept in a folder, made small.

use super::memory;
use gmc_compiler::derive::Input;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::Unit;
use gmc_compiler::event::EventTy;
use gmc_compiler::ir::Role;
use gmc_compiler::rows::data::{Column, Part};
use gmc_compiler::syntax::mutate::{Corpus, shrunk};
use gmc_runtime::exec::{DeviceChoice, Tensor};
use gmc_runtime::failure::Failure;
use gmc_runtime::measure::{self, Budget};
use gmc_runtime::session::{Parts, Position, Purpose, Session, load};
use gmc_runtime::train::Trainer;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What `gmc check` may take of a text of 64 KB, in seconds.
const MOST_SECONDS: f64 = 1.0;
/// And hold, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// What passes is run where its programs need no more memory than this, at the batch that is run.
const MOST_TO_RUN: usize = 64 << 20;
/// Examples of each part of the data, and of a minibatch.
const EXAMPLES: usize = 8;
/// Asked about one text while it is made small.
const TRIES: usize = 200;

/// What was seen.
#[derive(Default)]
struct Seen {
    texts: u64,
    right: u64,
    run: u64,
    slowest: f64,
    largest: u64,
    finds: BTreeMap<String, (u64, String)>,
}

/// What one text gave: whether it is right, whether it was run, the seconds and bytes of its check.
struct Tried {
    right: bool,
    run: bool,
    seconds: f64,
    bytes: u64,
}

/// Tries texts for so many seconds, those of this seed first; finds are written to `into`.
pub fn fuzz(seconds: u64, seed: u64, into: &Path) -> Result<(), Failure> {
    // Their message is among the finds.
    std::panic::set_hook(Box::new(|_| {}));
    let corpus = Corpus::new(texts()?);
    let (start, mut seen) = (Instant::now(), Seen::default());
    let mut next = seed << 32;
    while start.elapsed().as_secs() < seconds {
        let text = corpus.text(next);
        seen.texts += 1;
        match tried(&text) {
            Ok(t) => {
                seen.right += u64::from(t.right);
                seen.run += u64::from(t.run);
                seen.slowest = seen.slowest.max(t.seconds);
                seen.largest = seen.largest.max(t.bytes);
            }
            Err(why) => found(&mut seen, (next, &text), why, into)?,
        }
        next += 1;
    }
    let rate = seen.texts as f64 / start.elapsed().as_secs_f64();
    println!(
        "{} texts in {:.0} s ({rate:.0} a second), seed {seed}",
        seen.texts,
        start.elapsed().as_secs_f64()
    );
    println!("  {} right specs, {} of them run for two rounds and asked everything", seen.right, seen.run);
    println!("  check: at most {:.3} s and {} MB", seen.slowest, seen.largest >> 20);
    println!("  {} kinds of find", seen.finds.len());
    for (kind, (seed, path)) in &seen.finds {
        println!("    {kind}\n      seed {seed}, {path}");
    }
    if seen.finds.is_empty() { Ok(()) } else { Err(Failure::new("something was found")) }
}

/// Keeps a find of a new kind, made small.
fn found(seen: &mut Seen, (seed, text): (u64, &str), why: String, into: &Path) -> Result<(), Failure> {
    let kind = kind(&why);
    if seen.finds.contains_key(&kind) {
        return Ok(());
    }
    let small = shrunk(text, TRIES, &mut |t| tried(t).is_err_and(|w| self::kind(&w) == kind));
    let path = into.join(format!("find-{seed}.gm"));
    std::fs::create_dir_all(into).map_err(|e| Failure::file("make", into, e))?;
    std::fs::write(&path, small).map_err(|e| Failure::file("write", &path, e))?;
    println!("seed {seed}: {why}\n  {}", path.display());
    seen.finds.insert(kind, (seed, path.display().to_string()));
    Ok(())
}

/// What went wrong without the numbers in it.
fn kind(why: &str) -> String {
    why.chars().filter(|c| !c.is_ascii_digit()).take(80).collect()
}

/// Every spec below `specs` and `tests`, right ones several times: most of what is made of a wrong one is wrong.
fn texts() -> Result<Vec<String>, Failure> {
    let (mut right, mut other) = (Vec::new(), Vec::new());
    below(Path::new("specs"), &mut right)?;
    below(Path::new("tests"), &mut other)?;
    let read = |p: &PathBuf| std::fs::read_to_string(p).map_err(|e| Failure::file("read", p, e));
    let once = right.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let others = other.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok([vec![once; 6].concat(), others].concat())
}

fn below(folder: &Path, out: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let all = std::fs::read_dir(folder).map_err(|e| Failure::file("read", folder, e))?;
    let mut all: Vec<PathBuf> = all.filter_map(|e| e.ok().map(|e| e.path())).collect();
    all.sort();
    for p in all {
        if p.is_dir() {
            below(&p, out)?;
        } else if p.extension().is_some_and(|e| e == "gm") && p.file_stem().is_some_and(|s| s != "prelude") {
            out.push(p);
        }
    }
    Ok(())
}

/// One text; what is wrong with how it was taken.
fn tried(text: &str) -> Result<Tried, String> {
    let all = catch_unwind(AssertUnwindSafe(|| {
        let before = memory::reset().map_err(|f| f.render(Format::Short))?;
        let start = memory::seconds().map_err(|f| f.render(Format::Short))?;
        let u = load::checked("fuzz.gm", text, Path::new("."), &[]);
        let _ = render(&u.diags, &u.sources, Format::Human, false);
        let seconds = memory::seconds().map_err(|f| f.render(Format::Short))? - start;
        let bytes = memory::peak().unwrap_or(0).saturating_sub(before);
        if seconds > MOST_SECONDS {
            return Err(format!("check takes long: {seconds:.2} s"));
        }
        if bytes > MOST_BYTES {
            return Err(format!("check takes memory: {} MB", bytes >> 20));
        }
        let right = !u.failed();
        let run = right && runs(text, &u)?;
        Ok(Tried { right, run, seconds, bytes })
    }));
    all.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        Err(said.or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or_default())
    })
}

/// Two rounds, the measures, and every program that answers a question; `false` where that would take long.
fn runs(text: &str, checked: &Unit) -> Result<bool, String> {
    let nodes =
        checked.compiled.as_ref().map_or(0, |c| c.graphs.graphs().map(|g| g.nodes.len()).sum::<usize>());
    if nodes > 5_000 {
        return Ok(false);
    }
    let unit = load::unit("fuzz.gm", text, Path::new("."), &[]);
    let (Some(typed), Some(compiled)) = (unit.typed, unit.compiled) else {
        return Err("what passes the check does not compile".into());
    };
    let needs = |g| gmc_compiler::ir::schedule::peak_bytes(g, EXAMPLES);
    let events: usize = typed.data.iter().flat_map(|d| &d.vars).map(|v| v.ty.size()).sum();
    if compiled.programs.graphs().any(|g| needs(g) > MOST_TO_RUN) || events > 1 << 16 {
        return Ok(false);
    }
    let sets = typed.data.iter().map(|d| stand_in(&d.vars.iter().map(|v| v.ty.clone()).collect::<Vec<_>>()));
    let sets: Vec<Parts> = sets.collect();
    let device = load::device(DeviceChoice::Cpu).map_err(|f| f.render(Format::Short))?;
    let mut s = Session::new(typed, compiled, device, sets);
    s.infer_steps = Some(2);
    s.init(1).map_err(|e| e.to_string())?;
    let mut trainer = Trainer::new(&s);
    for round in 0..2 {
        trainer.round(&mut s, round).map_err(|e| e.to_string())?;
    }
    measure::evaluate(&mut s, 1, Budget { examples: EXAMPLES, k: 2, samples: EXAMPLES, ..measure::GLANCE })
        .map_err(|e| e.to_string())?;
    measure::health(&mut s, 1, Budget { examples: EXAMPLES, k: 2, samples: 0, ..measure::GLANCE })
        .map_err(|e| e.to_string())?;
    let asked: BTreeSet<_> =
        s.compiled.queries.iter().filter_map(|q| q.answer.as_ref().ok()).map(|a| a.program.clone()).collect();
    for program in asked {
        let mut data = s.conditions(&program, 0, EXAMPLES);
        let rows: Vec<usize> = (0..EXAMPLES).collect();
        data.extend(s.batch(true, &rows));
        // Of examples to be completed every second element is given.
        let known =
            s.inputs(&program, Role::Data).into_iter().filter(|(name, _)| Input::parse(name).is_some());
        for (name, mut shape) in known.collect::<Vec<_>>() {
            if let Some(rows) = shape.first_mut() {
                *rows = EXAMPLES;
            }
            let values = (0..shape.iter().product()).map(|i: usize| (i % 2) as f32).collect();
            data.insert(name, Tensor::from_f32(&s.device, values, &shape));
        }
        s.run(&program, EXAMPLES, &data, Position::of(Purpose::Query { chunk: 0 }, 1))
            .map_err(|e| e.to_string())?;
    }
    Ok(true)
}

/// Data of these types: numbers in 0 .. 1, and the levels and classes in turn.
fn stand_in(types: &[EventTy]) -> Parts {
    let column = |ty: &EventTy| {
        let value = |i: usize| match ty.kind.cardinality() {
            Some(n) => (i * 7 % n.max(1)) as f32,
            None => (i * 37 % 101) as f32 / 101.0,
        };
        Column { ty: ty.clone(), values: (0..EXAMPLES * ty.size()).map(value).collect() }
    };
    let part = || Part { n: EXAMPLES, columns: types.iter().map(column).collect(), ..Part::default() };
    Parts { train: part(), test: part(), ..Parts::default() }
}
