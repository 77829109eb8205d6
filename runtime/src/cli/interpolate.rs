//! `gmc interpolate`: what a model makes of codes between those of two examples, of two draws, or of the user's own.

use super::args::{InterpolateArgs, RowsArg, RunArg};
use super::ask::{OverRows, answerable, asked_about, infer, no_examples};
use super::kept::open_on;
use super::output::{Column, Form, form, no_picture, write_columns};
use crate::console::{Messages, note, say};
use crate::exec::Tensor;
use crate::failure::Failure;
use crate::measure::between::{self, Walk};
use crate::measure::samples::{draw, find};
use crate::session::Codes;
use crate::session::Session;
use crate::show::caption::captioned;
use crate::show::{image, table};
use crate::store::{RunDir, atomic_write};
use gmc_compiler::derive::{Decoder, Output, Program, Question};
use gmc_compiler::event::EventTy;
use std::collections::BTreeMap;
use std::path::Path;

/// What a decoder is given beside codes, by variable.
type Given = BTreeMap<String, Tensor>;

/// Rows that a message lists.
const LISTED: usize = 12;

/// Where the ends of the ways come from.
enum Ends {
    /// Rows of data are encoded by this program.
    Examples(Program),
    /// A file of codes.
    Codes,
    /// Draws of the hidden variables.
    Draws,
}

/// `gmc interpolate`
pub fn interpolate(r: &RunArg, rows: &RowsArg, asked: &InterpolateArgs, m: Messages) -> Result<(), Failure> {
    let out = asked.out.as_deref();
    let form = form(out, &[Form::Png, Form::Npy, Form::Csv])?;
    let (dir, mut s) = open_on(r, Some(rows), m, |s| {
        answerable(s, Question::Interpolate)?;
        let mut names = match ends(s, asked) {
            Ends::Examples(_) => asked_about(s, Question::Encode)?,
            Ends::Codes | Ends::Draws => Vec::new(),
        };
        let decoder = decoder_of(s, asked)?;
        names.extend(decoder.given);
        Ok(names.into())
    })?;
    let program = answerable(&s, Question::Interpolate)?.program;
    let decoder = decoder_of(&s, asked)?;
    let Some((name, ty)) = between::decoded(&s, &decoder) else {
        return Err(Failure::new("nothing is decoded"));
    };
    if let (Some(Form::Png), Some(p)) = (form, out)
        && image::layout(&ty).is_none()
    {
        return Err(no_picture(&ty, p));
    }
    let (ends, given) = taken(&mut s, asked, &decoder, r.seed)?;
    let walk = Walk {
        decoder: &decoder,
        program: &program,
        ends: &ends,
        given: &given,
        steps: asked.steps,
        way: asked.path.way(),
    };
    let values = walk.decode(&mut s, &name, r.seed)?;
    let made = Made { name, ty, pairs: walk.pairs(), steps: asked.steps, values };
    made.write(&s, &dir, form, asked)
}

/// Where the ends come from: a file of codes, examples where they can be encoded, else draws.
fn ends(s: &Session, asked: &InterpolateArgs) -> Ends {
    match (&asked.codes, s.answer(Question::Encode)) {
        (Some(_), _) => Ends::Codes,
        (None, Ok(answer)) => Ends::Examples(answer.program.clone()),
        (None, Err(_)) => Ends::Draws,
    }
}

/// The decoder of the codes that there are.
fn decoder_of(s: &Session, asked: &InterpolateArgs) -> Result<Decoder, Failure> {
    let encoder = match ends(s, asked) {
        Ends::Examples(program) => Some(program),
        Ends::Codes | Ends::Draws => None,
    };
    between::decoder_of(s, encoder.as_ref()).map_err(Failure::new)
}

/// The ends of the ways, two after each other, and what else the decoder is given at them.
fn taken(
    s: &mut Session,
    asked: &InterpolateArgs,
    decoder: &Decoder,
    seed: u64,
) -> Result<(Codes, Given), Failure> {
    match ends(s, asked) {
        Ends::Examples(program) => examples(s, asked, decoder, (&program, seed)),
        Ends::Codes => {
            let path = asked.codes.as_deref().unwrap_or(Path::new(""));
            let (mut codes, n) = s.read_codes(path, &decoder.codes)?;
            if n < 2 {
                return Err(Failure::new(format!("{} holds one code: a way has two ends", path.display())));
            }
            let missing = decoder.codes.iter().find(|(name, _)| !codes.iter().any(|(n, _, _)| n == name));
            if let Some((name, ty)) = missing {
                return Err(Failure::new(format!("{} holds no `{name}`", path.display()))
                    .help(format!("its columns: `{}`", s.elements(name, ty.size()).join("`, `"))));
            }
            let used = n.min(2 * asked.pairs) / 2 * 2;
            codes.iter_mut().for_each(|(_, values, size)| values.truncate(used * *size));
            Ok((codes, given(s, decoder, used)))
        }
        Ends::Draws => {
            let n = 2 * asked.pairs;
            let drawn = draw(s, n, seed)?;
            let codes = decoder.codes.iter().filter_map(|(name, ty)| {
                let (_, values, _) = find(&drawn, &Output::Site(name.clone()))?;
                Some((name.clone(), values.clone(), ty.size().max(1)))
            });
            note("note: nothing encodes data: the ends are draws of the hidden variables\n");
            let codes = codes.collect();
            Ok((codes, given(s, decoder, n)))
        }
    }
}

/// What a decoder is given beside codes that are no one's: classes in turn, other data of the run.
fn given(s: &Session, decoder: &Decoder, n: usize) -> Given {
    s.conditions_named(&decoder.given, 0, n).into_iter().collect()
}

/// The codes of pairs of rows.
fn examples(
    s: &mut Session,
    asked: &InterpolateArgs,
    decoder: &Decoder,
    (program, seed): (&Program, u64),
) -> Result<(Codes, Given), Failure> {
    let n = s.test_examples();
    let picked = picked(s, asked, n)?;
    infer(s, usize::MAX, seed)?;
    let mut codes = Codes::new();
    for (name, ty) in &decoder.codes {
        let output = Output::Code(name.clone());
        let (values, _) = OverRows { program, output: &output, seed, draws: seed }.ask(s)?;
        let size = ty.size().max(1);
        let row = |i: &usize| values.get(i * size..(i + 1) * size).unwrap_or_default().to_vec();
        codes.push((name.clone(), picked.iter().flat_map(row).collect(), size));
    }
    let data = s.fixed_batch(&picked, seed).into_iter();
    Ok((codes, data.filter(|(name, _)| decoder.given.contains(name)).collect()))
}

/// The rows between which is gone, two after each other: those that are asked for by their numbers, else the first ones.
fn picked(s: &Session, asked: &InterpolateArgs, n: usize) -> Result<Vec<usize>, Failure> {
    if n == 0 {
        return Err(no_examples(s));
    }
    if asked.between.is_empty() {
        if n < 2 {
            return Err(Failure::new(format!("a way has two ends, and there is {}", s.about.count(n))));
        }
        return Ok((0..2 * asked.pairs.min(n / 2)).collect());
    }
    let numbers = s.row_numbers(n);
    let at = |row: usize| {
        numbers.iter().position(|r| *r == row).ok_or_else(|| {
            let few: Vec<String> = numbers.iter().take(LISTED).map(ToString::to_string).collect();
            let all = if n > LISTED { ", ..; `gmc encode` lists all" } else { "" };
            Failure::new(format!("row {row} is not among the {}", s.about.count(n)))
                .help(format!("theirs are rows {}{all}", few.join(", ")))
        })
    };
    let mut all = Vec::new();
    for (a, b) in &asked.between {
        all.extend([at(*a)?, at(*b)?]);
    }
    Ok(all)
}

/// What was decoded.
struct Made {
    name: String,
    ty: EventTy,
    pairs: usize,
    steps: usize,
    values: Vec<f32>,
}

impl Made {
    fn write(
        &self,
        s: &Session,
        dir: &RunDir,
        form: Option<Form>,
        asked: &InterpolateArgs,
    ) -> Result<(), Failure> {
        let out = asked.out.as_deref();
        match (form, image::layout(&self.ty)) {
            (Some(Form::Png) | None, Some(_)) => self.picture(dir, asked),
            (Some(Form::Npy), _) => {
                let shape = [&[self.pairs, self.steps], self.ty.shape.as_slice()].concat();
                let bytes = table::npy(&shape, &self.values).unwrap_or_default();
                out.map_or(Ok(()), |path| atomic_write(path, &bytes))
            }
            (Some(Form::Png | Form::Csv | Form::Txt) | None, _) => {
                let each = || (0..self.pairs).flat_map(|p| (0..self.steps).map(move |i| (p, i)));
                let share = |i: usize| i as f32 / (self.steps.max(2) - 1) as f32;
                let pairs = each().map(|(p, _)| (p + 1) as f32).collect();
                let shares = each().map(|(_, i)| share(i)).collect();
                let made = Column::new(self.name.clone(), self.ty.shape.clone(), self.values.clone(), false);
                let columns = [
                    Column::new("pair".into(), Vec::new(), pairs, true),
                    Column::new("t".into(), Vec::new(), shares, false),
                    Column {
                        names: s.elements(&self.name, self.ty.size()),
                        labels: s.labels(&self.name),
                        ..made
                    },
                ];
                write_columns(None, &columns, out.zip(form))
            }
        }
    }

    /// A row for each way.
    fn picture(&self, dir: &RunDir, asked: &InterpolateArgs) -> Result<(), Failure> {
        let usual = || dir.path().join(format!("images/interpolation-{}.png", asked.path.name()));
        let path = asked.out.clone().unwrap_or_else(usual);
        let Some(grid) = image::grid(&self.values, &self.ty, Some(self.steps)) else {
            return Err(Failure::new("nothing to draw"));
        };
        let last = 2 + (self.steps - 1) * grid.width / self.steps;
        let words = [(2, "from"), (last, "to")];
        atomic_write(&path, &captioned(&grid, &words).png()?)?;
        say(&format!("{}\n", path.display()))
    }
}
