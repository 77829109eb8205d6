//! Verbs that ask a trained model: `sample`, `density`, `encode`, `reconstruct`, `eval`.

use super::training::{Kept, kept};
use super::{RunArg, say};
use crate::classify::log_add;
use crate::evaluate::{self, Effort};
use crate::exec::RngKey;
use crate::health::Code;
use crate::image;
use crate::load::{self, Failure, Messages, note};
use crate::metrics::Score;
use crate::pictures;
use crate::session::{At, Session};
use crate::store::{RunDir, atomic_write, table as files};
use gmc_compiler::derive::NumberKind;
use gmc_compiler::driver::Unit;
use gmc_compiler::event::EventTy;
use std::fmt::Write;
use std::path::Path;

/// Opens a run with its latest parameters (averages where the spec keeps them).
fn open(r: &RunArg, m: Messages) -> Result<(RunDir, Session), Failure> {
    let dir = RunDir::view(&r.run)?;
    let Kept { unit, checkpoint, .. } = kept(&dir, m)?;
    let checkpoint = checkpoint
        .ok_or_else(|| Failure::new(format!("error: {} holds no checkpoint yet", dir.path().display())))?;
    let device = load::device(r.device.choice())?;
    let Unit { typed: Some(typed), compiled: Some(compiled), .. } = unit else {
        return Err(Failure::new("error: the spec does not compile"));
    };
    let mut s = load::session(typed, compiled, device)?;
    s.restore(&checkpoint).map_err(|why| Failure::new(format!("error: {}: {why}", dir.path().display())))?;
    s.use_averages();
    if r.infer_steps.is_some() && s.compiled.blocks.is_empty() {
        return Err(Failure::new(
            "error: --infer-steps is for guides with parameters for each datum, `guide q[x]`, and this spec has none",
        ));
    }
    s.infer_steps = r.infer_steps.map(|n| n as u64);
    Ok((dir, s))
}

/// Infers what guides hold for each of at most `most` test examples, and says so.
fn infer(s: &mut Session, most: usize, seed: u64) -> Result<(), Failure> {
    if let Some(done) = s.infer_test(most, seed)? {
        load::note(&format!("{done}\n"));
    }
    Ok(())
}

/// Numbers with their kind, in columns.
pub fn table(scores: &[Score]) -> String {
    let mut out = String::new();
    let width = scores.iter().map(|s| s.name.chars().count()).max().unwrap_or(0);
    for s in scores {
        let pad = " ".repeat(width - s.name.chars().count());
        let _ = writeln!(
            out,
            "{:<8} {}{pad} {:>12.4} {:<9} {}",
            s.part,
            s.name,
            s.value.0,
            s.unit,
            s.trust.describe()
        );
    }
    out
}

/// Says on standard error what was found about the latent sites, and what is wrong with them.
pub fn tell(health: &[Code]) {
    for code in health {
        note(&format!("health: {}\n", code.facts()));
        if let Some(words) = code.words() {
            note(&format!("health: {words}\n"));
        }
    }
}

/// Says on standard error where there is nothing to measure on, and why.
pub fn tell_of_no_test(s: &Session) {
    if s.sets.iter().all(|set| set.test.n == 0) {
        let n = s.sets.iter().map(|set| set.train.n).max().unwrap_or(0);
        note(&format!(
            "note: nothing was measured on test examples, for there are none: all {n} of the data are trained on\n  = help: of two examples or \
             more some are kept for testing, a tenth or what `split (test 0.2)` after the source says\n"
        ));
    }
}

fn refused(s: &Session, query: &str) -> Option<Failure> {
    let q = s.compiled.queries.iter().find(|q| q.name == query)?;
    match &q.answer {
        Ok(_) => None,
        Err(why) => Some(Failure::new(format!("error: this model cannot answer `{query}`: {why}"))),
    }
}

/// Kinds of file, by the ending of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Png,
    Npy,
    Csv,
}

impl Form {
    fn ending(self) -> &'static str {
        match self {
            Form::Png => ".png",
            Form::Npy => ".npy",
            Form::Csv => ".csv",
        }
    }
}

/// What to write into a file of this name, which must be one of these; asked before anything is computed.
fn form(out: Option<&Path>, known: &[Form]) -> Result<Option<Form>, Failure> {
    let Some(path) = out else { return Ok(None) };
    let ending = path.extension().map(|e| format!(".{}", e.to_string_lossy().to_lowercase()));
    match known.iter().find(|f| ending.as_deref() == Some(f.ending())) {
        Some(f) => Ok(Some(*f)),
        None => {
            let all: Vec<&str> = known.iter().map(|f| f.ending()).collect();
            let ways = match all.split_last() {
                Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
                Some(_) | None => all.concat(),
            };
            Err(Failure::new(format!(
                "error: cannot write {}: give a name that ends in {ways}",
                path.display()
            )))
        }
    }
}

/// Writes `[n, ..shape]` numbers as `.npy` or `.csv`; as CSV to standard output where there is no file.
fn write_table(
    out: Option<(&Path, Form)>,
    header: &str,
    values: &[f32],
    shape: &[usize],
) -> Result<(), Failure> {
    let width: usize = shape.iter().product::<usize>().max(1);
    match out {
        Some((path, Form::Npy)) => {
            let mut full = vec![values.len() / width];
            full.extend(shape);
            atomic_write(path, &files::npy(&full, values).unwrap_or_default())?;
        }
        Some((path, Form::Csv | Form::Png)) => {
            atomic_write(path, files::csv(header, width, values).as_bytes())?
        }
        None => say(&files::csv(header, width, values))?,
    }
    Ok(())
}

pub fn sample(r: &RunArg, n: usize, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Png, Form::Npy, Form::Csv])?;
    let (dir, mut s) = open(r, m)?;
    if let Some(f) = refused(&s, "sample") {
        return Err(f);
    }
    let Some((name, ty)) = pictures::observed(&s) else {
        return Err(Failure::new("error: the model observes nothing"));
    };
    let picture = image::layout(&ty).is_some() || (ty.shape == [2] && !ty.kind.discrete());
    match (form, out) {
        (Some(Form::Png), Some(p)) if !picture => return Err(no_picture(&ty, p)),
        (Some(Form::Png) | None, _) if picture => {
            if n > pictures::MOST {
                return Err(Failure::new(format!(
                    "error: a picture shows at most {} samples: write .npy or .csv",
                    pictures::MOST
                )));
            }
            let picture = pictures::samples(&mut s, n, r.seed)?
                .ok_or_else(|| Failure::new("error: nothing to draw"))?;
            let path = out.map_or_else(
                || dir.path().join(format!("images/samples-seed{}.png", r.seed)),
                Path::to_path_buf,
            );
            atomic_write(&path, &picture.png()?)?;
            return say(&format!("{}\n", path.display()));
        }
        (Some(Form::Png | Form::Npy | Form::Csv) | None, _) => {}
    }
    let drawn = evaluate::draw(&mut s, n, r.seed)?;
    let Some((_, values, shape)) = drawn.into_iter().find(|(o, _, _)| *o == format!("site:{name}")) else {
        return Err(Failure::new("error: the model observes nothing"));
    };
    write_table(out.zip(form), &name, &values, &shape)
}

fn no_picture(ty: &EventTy, path: &Path) -> Failure {
    Failure::new(format!("error: cannot draw {ty} as {}: write .npy or .csv", path.display()))
}

/// Runs a program over the whole test part and collects one output. What the data leave to chance follows from `seed`, other draws from
/// `draws`.
fn over_test(
    s: &mut Session,
    program: &str,
    seed: u64,
    draws: u64,
    pick: &str,
) -> Result<(Vec<f32>, Vec<usize>), Failure> {
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0);
    if n == 0 {
        return Err(Failure::new("error: the data leave no test examples"));
    }
    let (mut values, mut shape) = (Vec::new(), Vec::new());
    let rows: Vec<usize> = (0..n).collect();
    for (i, rows) in rows.chunks(500).enumerate() {
        let data = s.fixed_batch(rows, seed);
        let at = At { key: RngKey { seed: draws, step: i as u64 | 1 << 59 }, ..At::default() };
        for (name, t) in s.run(program, rows.len(), &data, at, false)? {
            if name == pick {
                shape = t.shape().iter().skip(1).copied().collect();
                values.extend(t.to_f32());
            }
        }
    }
    Ok((values, shape))
}

/// How many samples `-k` asks for, `otherwise` where it is not given; refused where no number is a bound of several samples.
fn samples_each(s: &Session, k: Option<usize>, otherwise: usize) -> Result<usize, Failure> {
    let answer =
        |query: &str| s.compiled.queries.iter().find(|q| q.name == query).and_then(|q| q.answer.clone().ok());
    let density = answer("density");
    let sampled = density.as_ref().is_some_and(|(program, _)| program.starts_with("bound."));
    let classes = answer("classify").is_some_and(|(_, kind)| kind == Some(NumberKind::LowerBound));
    match (k, sampled || classes) {
        (None, _) => Ok(otherwise),
        (Some(k), true) => Ok(k),
        (Some(_), false) => {
            let is = match density {
                Some((_, Some(NumberKind::LowerBound))) => "'s is a bound of another kind",
                Some((_, Some(NumberKind::Exact | NumberKind::Estimate) | None)) => "'s is exact",
                None => " has none",
            };
            Err(Failure::new(format!(
                "error: -k is for densities that are bounds with samples of a guide, and this model{is}"
            )))
        }
    }
}

pub fn density(r: &RunArg, k: Option<usize>, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Csv, Form::Npy])?;
    let (_, mut s) = open(r, m)?;
    if let Some(f) = refused(&s, "density") {
        return Err(f);
    }
    let Some(Ok((program, kind))) =
        s.compiled.queries.iter().find(|q| q.name == "density").map(|q| q.answer.clone())
    else {
        return Err(Failure::new("error: no density"));
    };
    let k = samples_each(&s, k, 64)?;
    infer(&mut s, usize::MAX, r.seed)?;
    let bound = program.starts_with("bound.");
    let values: Vec<f64> = if bound {
        let mut logs: Vec<f64> = Vec::new();
        for i in 0..k {
            let (w, _) =
                over_test(&mut s, &program, r.seed, r.seed.wrapping_add((i as u64) << 20), "log_weight")?;
            match logs.is_empty() {
                true => logs = w.iter().map(|x| f64::from(*x)).collect(),
                false => logs.iter_mut().zip(w).for_each(|(l, w)| *l = log_add(*l, f64::from(w))),
            }
        }
        logs.iter().map(|l| l - (k as f64).ln()).collect()
    } else {
        over_test(&mut s, &program, r.seed, r.seed, "log_prob")?.0.iter().map(|x| f64::from(*x)).collect()
    };
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let n = finite.len().max(1) as f64;
    let mean = finite.iter().sum::<f64>() / n;
    let sd = (finite.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let kind = match kind {
        Some(NumberKind::LowerBound) if bound => format!("lower bound (K = {k})"),
        Some(kind) => kind.text().to_string(),
        None => "exact".to_string(),
    };
    match out.zip(form) {
        Some((p, Form::Npy)) => {
            let values: Vec<f32> = values.iter().map(|v| *v as f32).collect();
            write_table(Some((p, Form::Npy)), "log_density", &values, &[])?;
        }
        Some((p, Form::Csv | Form::Png)) => {
            let text: String = values.iter().map(|v| format!("{v}\n")).collect();
            atomic_write(p, format!("log_density\n{text}").as_bytes())?;
        }
        None => {}
    }
    let numbers = format!("mean {mean:.4} nats, standard deviation {sd:.4}, {kind}");
    if finite.len() == values.len() {
        return say(&format!("log-density of {} test examples: {numbers}\n", values.len()));
    }
    if !finite.is_empty() {
        say(&format!("log-density of the {} test examples where it is finite: {numbers}\n", finite.len()))?;
    }
    let bad = values.len() - finite.len();
    Err(Failure::new(format!(
        "error: the log-density of {bad} of {} test examples is not finite\n  = help: {}",
        values.len(),
        evaluate::FINITE
    )))
}

pub fn encode(r: &RunArg, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Npy, Form::Csv])?;
    let (_, mut s) = open(r, m)?;
    if let Some(f) = refused(&s, "encode") {
        return Err(f);
    }
    let graph = s.compiled.programs.get("encode");
    let code = graph.and_then(|g| g.outputs.iter().map(|(n, _)| n.clone()).find(|n| n.starts_with("code:")));
    let Some(code) = code else { return Err(Failure::new("error: nothing to encode")) };
    infer(&mut s, usize::MAX, r.seed)?;
    let (values, shape) = over_test(&mut s, "encode", r.seed, r.seed, &code)?;
    write_table(out.zip(form), code.trim_start_matches("code:"), &values, &shape)
}

pub fn reconstruct(r: &RunArg, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Png, Form::Npy, Form::Csv])?;
    let (dir, mut s) = open(r, m)?;
    if let Some(f) = refused(&s, "reconstruct") {
        return Err(f);
    }
    let graph = s.compiled.programs.get("reconstruct");
    let site =
        graph.and_then(|g| g.outputs.iter().find_map(|(n, _)| n.strip_prefix("site:").map(str::to_string)));
    let var = s
        .typed
        .data
        .iter()
        .flat_map(|d| &d.vars)
        .find(|v| Some(&v.name) == site.as_ref())
        .map(|v| (v.name.clone(), v.ty.clone()));
    let Some((name, ty)) = var else { return Err(Failure::new("error: nothing to reconstruct")) };
    let picture = image::layout(&ty).is_some();
    match (form, out) {
        (Some(Form::Png), Some(p)) if !picture => return Err(no_picture(&ty, p)),
        (Some(Form::Png) | None, _) if picture => {
            let most = pictures::pairs(&s);
            infer(&mut s, most, r.seed)?;
            let Some(picture) = pictures::reconstructions(&mut s, r.seed)? else {
                return Err(Failure::new("error: the data leave no test examples"));
            };
            let path = out.map_or_else(|| dir.path().join("images/reconstructions.png"), Path::to_path_buf);
            atomic_write(&path, &picture.png()?)?;
            return say(&format!("{}\n", path.display()));
        }
        (Some(Form::Png | Form::Npy | Form::Csv) | None, _) => {}
    }
    infer(&mut s, usize::MAX, r.seed)?;
    let (made, _) = over_test(&mut s, "reconstruct", r.seed, r.seed, &format!("site:{name}"))?;
    let originals = originals(&s, &name, r.seed);
    let size = ty.size().max(1);
    // Each original with its reconstruction behind it.
    let pairs: Vec<f32> =
        originals.chunks(size).zip(made.chunks(size)).flat_map(|(x, y)| x.iter().chain(y)).copied().collect();
    let header = [name.clone(), "reconstruction".to_string()];
    match out.zip(form) {
        Some((p, Form::Npy)) => {
            let shape = [&[2], ty.shape.as_slice()].concat();
            write_table(Some((p, Form::Npy)), &name, &pairs, &shape)
        }
        Some((p, Form::Csv | Form::Png)) => {
            Ok(atomic_write(p, files::csv_of(&header, size, &pairs).as_bytes())?)
        }
        None => say(&files::csv_of(&header, size, &pairs)),
    }
}

/// A variable of the test part as programs see it, row by row.
fn originals(s: &Session, name: &str, seed: u64) -> Vec<f32> {
    let n = s.sets.iter().map(|p| p.test.n).max().unwrap_or(0);
    let rows: Vec<usize> = (0..n).collect();
    rows.chunks(500)
        .filter_map(|rows| s.fixed_batch(rows, seed).remove(name))
        .flat_map(|t| t.to_f32())
        .collect()
}

pub fn eval(
    r: &RunArg,
    k: Option<usize>,
    examples: Option<usize>,
    train: bool,
    m: Messages,
) -> Result<(), Failure> {
    let (_, mut s) = open(r, m)?;
    if train {
        for set in &mut s.sets {
            set.test = set.train.clone();
        }
    }
    let full = evaluate::full(&s);
    let k = samples_each(&s, k, full.k)?;
    let effort = Effort { examples: examples.unwrap_or(full.examples), k, samples: full.samples };
    infer(&mut s, effort.examples, r.seed)?;
    let mut scores = evaluate::evaluate(&mut s, r.seed, effort)?;
    if train {
        scores.iter_mut().filter(|s| s.part == "test").for_each(|s| s.part = "train".into());
    }
    say(&table(&scores))?;
    tell_of_no_test(&s);
    tell(&evaluate::health(&mut s, r.seed, effort)?);
    match evaluate::not_finite(&mut s, r.seed, effort, &scores)? {
        Some(wrong) => Err(Failure::new(wrong)),
        None => Ok(()),
    }
}

pub fn classify(
    r: &RunArg,
    k: Option<usize>,
    examples: Option<usize>,
    out: Option<&Path>,
    m: Messages,
) -> Result<(), Failure> {
    form(out, &[Form::Csv])?;
    let (_, mut s) = open(r, m)?;
    if let Some(f) = refused(&s, "classify") {
        return Err(f);
    }
    let k = samples_each(&s, k, 16)?;
    let Some(p) = crate::classify::posteriors(&mut s, r.seed, examples.unwrap_or(usize::MAX), k)? else {
        return Err(Failure::new("error: nothing to classify"));
    };
    if let Some(path) = out {
        let mut text = String::from("truth,decision");
        (0..p.classes).for_each(|c| {
            let _ = write!(text, ",p{c}");
        });
        text.push('\n');
        for ((row, d), t) in p.log.chunks(p.classes.max(1)).zip(p.decisions()).zip(&p.truth) {
            let _ = write!(text, "{t},{d}");
            for l in row {
                let _ = write!(text, ",{}", l.exp());
            }
            text.push('\n');
        }
        atomic_write(path, text.as_bytes())?;
    }
    say(&format!("posterior from densities that are {}\n{}", p.trust.describe(), table(&p.scores())))
}
