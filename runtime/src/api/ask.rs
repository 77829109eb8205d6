//! A trained model and the questions that it answers.

use super::rows::{about, count, known, variable};
use super::{Array, Named};
use crate::cli::altered::How;
use crate::cli::args::{RunArg, Where};
use crate::cli::ask::{OverRows, answerable, asked_about, infer, samples_each};
use crate::cli::densities::log_densities;
use crate::cli::kept;
use crate::console::Messages;
use crate::exec::Tensor;
use crate::failure::Failure;
use crate::measure::samples::{draw, find};
use crate::measure::{self, posteriors};
use crate::session::{Session, in_turn};
use gmc_compiler::derive::{Decoded, Decoder, Input, Output, Program, Question, class_site, decoder};
use gmc_compiler::diag::render::Format;
use gmc_compiler::ir::Graph;
use std::path::{Path, PathBuf};

/// Messages are text without colours.
pub(super) const MESSAGES: Messages = Messages { format: Format::Human, color: false };

/// Rows drawn or decoded where nobody says how many.
const MANY: usize = 1;

/// How a run is opened.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// Where to compute: `auto`, `cpu`, `gpu` or `software`; empty: `auto`.
    pub device: String,
    /// The model that is asked, by name; none: the one that scores data.
    pub model: Option<String>,
}

/// A device by its name.
///
/// # Errors
/// A name that none has.
pub(super) fn place(name: &str) -> Result<Where, Failure> {
    match name {
        "auto" | "" => Ok(Where::Auto),
        "cpu" => Ok(Where::Cpu),
        "gpu" => Ok(Where::Gpu),
        "software" => Ok(Where::Software),
        other => Err(Failure::new(format!("there is no device `{other}`"))
            .help("say auto, cpu, gpu or software (a GPU API emulated on the processor)")),
    }
}

/// What a model is given for a variable that it is conditioned on or draws first.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// The same for every draw: a class or a single number.
    One(f32),
    /// For each draw its own.
    Each(Array),
}

/// How samples are drawn.
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    /// How many; none: one, or as many as rows are given.
    pub n: Option<usize>,
    /// The draws follow from it.
    pub seed: u64,
    /// Divides logits and multiplies scales.
    pub temperature: Option<f64>,
    /// What is given.
    pub given: Vec<(String, Given)>,
}

/// Log-densities of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Densities {
    /// Nats, row by row.
    pub values: Vec<f64>,
    /// What kind of number they are: `exact`, `lower bound (K = 64)`.
    pub kind: String,
}

/// Probabilities of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Probabilities {
    /// The class variable.
    pub variable: String,
    /// Row by row, `[rows, classes]`.
    pub values: Vec<f64>,
    /// How many classes there are.
    pub classes: usize,
    /// What kind of densities they are made of.
    pub kind: String,
}

/// A trained model.
pub struct Model {
    folder: PathBuf,
    session: Session,
    decoding: Vec<String>,
}

impl Model {
    /// Opens a run folder with its latest parameters. It needs no data.
    ///
    /// # Errors
    /// A folder that is no run or was not trained, a device that is not there, a name that no model has.
    pub fn open(folder: &Path, how: &Opening) -> Result<Model, Failure> {
        let device = place(&how.device)?;
        let run = RunArg { run: folder.into(), device, seed: 1, model: how.model.clone(), infer_steps: None };
        let (dir, session) = kept::open(&run, MESSAGES, |_| Ok(Vec::new()))?;
        Ok(Model { folder: dir.path().into(), session, decoding: Vec::new() })
    }

    /// The run folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the classes of a variable are called; none where they are numbers.
    pub fn labels(&self, name: &str) -> &[String] {
        self.session.labels(name)
    }

    /// The questions, each with the kind of its answer, or why there is none.
    pub fn questions(&self) -> Vec<(&'static str, Result<String, String>)> {
        let answer = |q: Question| {
            let kind = |a: &gmc_compiler::derive::Answer| a.number.map_or("yes", |n| n.text()).to_string();
            (q.text(), self.session.answer(q).map(kind).map_err(str::to_string))
        };
        Question::ALL.into_iter().map(answer).collect()
    }

    /// The data variables that a question cannot be answered without.
    ///
    /// # Errors
    /// Why it cannot be answered at all.
    pub fn needed(&self, question: Question) -> Result<Vec<String>, Failure> {
        let class = self
            .session
            .model()
            .and_then(|m| class_site(&self.session.typed, m))
            .map(|site| site.name.clone());
        let asked = question == Question::Classify;
        let all = asked_about(&self.session, question)?;
        Ok(all.into_iter().filter(|name| !asked || Some(name) != class.as_ref()).collect())
    }

    /// Asks a question about arrays.
    fn on<T>(
        &mut self,
        question: Question,
        rows: &Named,
        f: impl FnOnce(&mut Session, &Program) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let needed = self.needed(question)?;
        if let Some(lacks) = needed.iter().find(|name| !rows.iter().any(|(given, _)| given == *name)) {
            return Err(Failure::new(format!(
                "`{question}` is about `{}`, and no `{lacks}` was handed over",
                needed.join("` and `")
            )));
        }
        let program = answerable(&self.session, question)?.program;
        about(&mut self.session, rows, |s| f(s, &program))
    }

    /// Draws from the model: all its observed variables, by name.
    ///
    /// # Errors
    /// A model that draws nothing, or not so; a value that a variable does not have.
    pub fn sample(&mut self, how: &Drawing) -> Result<Named, Failure> {
        let program = answerable(&self.session, Question::Sample)?.program;
        known(&self.session, how.given.iter().map(|(name, _)| name))?;
        let each: Named = how
            .given
            .iter()
            .filter_map(|(name, g)| match g {
                Given::Each(array) => Some((name.clone(), array.clone())),
                Given::One(_) => None,
            })
            .collect();
        let drawn = |s: &mut Session| -> Result<Named, Failure> {
            for (name, g) in &how.given {
                match g {
                    Given::One(value) => {
                        one_value(s, name, *value)?;
                        s.given.insert(name.clone(), *value);
                    }
                    Given::Each(_) => {
                        s.given_rows.insert(name.clone());
                    }
                }
            }
            How { temperature: how.temperature, ..How::default() }.otherwise(s, &program)?;
            let left = s.conditions_of_data(&program);
            s.load(&left)?;
            let rows = if each.is_empty() { MANY } else { s.test_examples() };
            let all = draw(s, how.n.unwrap_or(rows), how.seed)?;
            let one = |(name, _)| {
                let (_, values, shape) = find(&all, &Output::Site(String::clone(&name)))?;
                Some((name, array(values.clone(), shape)))
            };
            Ok(s.sampled().into_iter().filter_map(one).collect())
        };
        let before = self.session.compiled.programs.get(&program).cloned();
        let out =
            if each.is_empty() { drawn(&mut self.session) } else { about(&mut self.session, &each, drawn) };
        self.as_before(program, before);
        out
    }

    /// Undoes what was given and altered for one answer.
    fn as_before(&mut self, program: Program, graph: Option<Graph>) {
        let s = &mut self.session;
        s.given.clear();
        s.given_rows.clear();
        if let Some(graph) = graph.filter(|g| s.compiled.programs.get(&program) != Some(g)) {
            s.run_instead(program, graph);
        }
    }

    /// The log-density of rows; of a bound with `k` samples a row.
    ///
    /// # Errors
    /// A model without one; rows that do not fit.
    pub fn log_prob(&mut self, rows: &Named, k: Option<usize>, seed: u64) -> Result<Densities, Failure> {
        self.on(Question::Density, rows, |s, _| {
            samples_each(s, k)?;
            infer(s, usize::MAX, seed)?;
            let all = log_densities(s, k, seed)?;
            Ok(Densities { values: all.values, kind: all.kind })
        })
    }

    /// What stands for rows: the codes by name.
    ///
    /// # Errors
    /// A model without codes; rows that do not fit.
    pub fn encode(&mut self, rows: &Named, seed: u64) -> Result<Named, Failure> {
        self.on(Question::Encode, rows, |s, program| {
            infer(s, usize::MAX, seed)?;
            outputs(s, program, seed, |output| {
                if let Output::Code(site) = output {
                    Some(site)
                } else if let Output::Posterior(site) = output {
                    Some(format!("{site}.probability"))
                } else {
                    None
                }
            })
        })
    }

    /// Rows through their codes and back: means, of classes the most probable one.
    ///
    /// # Errors
    /// A model that does not give data back; rows that do not fit.
    pub fn reconstruct(&mut self, rows: &Named, seed: u64) -> Result<Named, Failure> {
        self.on(Question::Reconstruct, rows, |s, program| {
            infer(s, usize::MAX, seed)?;
            outputs(
                s,
                program,
                seed,
                |output| if let Output::Site(site) = output { Some(site) } else { None },
            )
        })
    }

    /// How probable each class is by Bayes' rule; with `k` samples a row and class where densities are bounds.
    ///
    /// # Errors
    /// A model without classes; rows that do not fit.
    pub fn probabilities(
        &mut self,
        rows: &Named,
        k: Option<usize>,
        seed: u64,
    ) -> Result<Probabilities, Failure> {
        self.on(Question::Classify, rows, |s, _| {
            let k = samples_each(s, k)?.unwrap_or(measure::full(s).posterior);
            let found =
                posteriors(s, seed, usize::MAX, k)?.ok_or_else(|| Failure::new("nothing to classify"))?;
            let values = found.log.iter().map(|l| l.exp()).collect();
            let kind = found.trust.describe();
            Ok(Probabilities { variable: found.name, values, classes: found.classes, kind })
        })
    }

    /// What the codes of the model are called, with the axes of one.
    pub fn codes(&self) -> Vec<(String, Vec<usize>)> {
        let s = &self.session;
        let encode = s.answer(Question::Encode).ok().and_then(|a| s.compiled.programs.get(&a.program));
        let of_encoder = |g: &Graph| {
            let code = |(name, v): &(String, gmc_compiler::ir::Value)| match Output::parse(name) {
                Some(Output::Code(site)) => Some((site, g.shape(*v).at(1).split_off(1))),
                Some(_) | None => None,
            };
            g.outputs.iter().filter_map(code).collect()
        };
        let hidden = || s.hidden().into_iter().map(|(name, ty)| (name, ty.shape)).collect();
        encode.map_or_else(hidden, of_encoder)
    }

    /// Data from codes: means, of classes the most probable one. `rows` holds, beside codes, what a model is conditioned on.
    ///
    /// # Errors
    /// Names that are no codes, arrays that do not fit, a model that has none.
    pub fn decode(&mut self, rows: &Named) -> Result<Named, Failure> {
        let data = self.session.all_data();
        let (given, codes): (Vec<_>, Vec<_>) =
            rows.iter().cloned().partition(|(name, _)| data.contains(name));
        let names: Vec<String> = codes.iter().map(|(name, _)| name.clone()).collect();
        let model = self.session.model().map(|m| m.name.clone());
        let made =
            decoder(&self.session.typed, model.as_deref(), &names, Decoded::Shown).map_err(Failure::new)?;
        let program = Program::Sample("@decode".into());
        if self.decoding != names {
            self.session.run_instead(program.clone(), made.graph.clone());
            self.decoding.clone_from(&names);
        }
        decoded(&mut self.session, &program, &made, (&codes, &given))
    }
}

/// Values of sites that a decoder makes.
fn decoded(
    s: &mut Session,
    program: &Program,
    d: &Decoder,
    (codes, given): (&Named, &Named),
) -> Result<Named, Failure> {
    let mut rows: Option<usize> = None;
    let mut batch = crate::session::Batch::new();
    for (name, ty) in &d.codes {
        let Some((_, array)) = codes.iter().find(|(n, _)| n == name) else {
            return Err(Failure::new(format!("no code `{name}` was handed over")));
        };
        let n = count(name, ty, array)?;
        if rows.replace(n).is_some_and(|m| m != n) {
            return Err(Failure::new("the codes have different numbers of rows"));
        }
        let shape: Vec<usize> = std::iter::once(n).chain(ty.shape.iter().copied()).collect();
        let t = Tensor::from_f32(&s.device, array.values.clone(), &shape);
        batch.insert(Input::Code(name.clone()).to_string(), t);
    }
    let n = rows.unwrap_or(0);
    for name in &d.given {
        let Some(ty) = s.data_type(name).cloned() else { continue };
        let values = match given.iter().find(|(g, _)| g == name) {
            Some((_, array)) if count(name, &ty, array)? == n => array.values.clone(),
            Some(_) => return Err(Failure::new(format!("`{name}` has not as many rows as the codes, {n}"))),
            None => match in_turn(&ty) {
                Some(k) => (0..n).map(|i| (i % k) as f32).collect(),
                None => {
                    return Err(Failure::new(format!(
                        "the model decodes given `{name}`, which was not handed over"
                    )));
                }
            },
        };
        let shape: Vec<usize> = std::iter::once(n).chain(ty.shape.iter().copied()).collect();
        batch.insert(name.clone(), Tensor::from_f32(&s.device, values, &shape));
    }
    let mut out = Vec::new();
    for (output, t) in s.run(program, n, &batch, crate::session::Position::default())? {
        if let Output::Site(site) = output {
            out.push((site, Array { shape: t.shape().to_vec(), values: t.to_f32() }));
        }
    }
    Ok(out)
}

/// Outputs of a program over all rows, those that `named` gives a name.
fn outputs(
    s: &mut Session,
    program: &Program,
    seed: u64,
    named: impl Fn(Output) -> Option<String>,
) -> Result<Named, Failure> {
    let all = s.compiled.programs.get(program).map_or(&[][..], |g| &g.outputs);
    let all: Vec<Output> = all.iter().filter_map(|(name, _)| Output::parse(name)).collect();
    let mut out = Vec::new();
    for output in &all {
        let Some(name) = named(output.clone()) else { continue };
        let (values, shape) = OverRows { program, output, seed, draws: seed }.ask(s)?;
        out.push((name, array(values, &shape)));
    }
    Ok(out)
}

/// Rows of this shape, one after the other.
fn array(values: Vec<f32>, row: &[usize]) -> Array {
    let n = values.len() / row.iter().product::<usize>().max(1);
    Array { shape: std::iter::once(n).chain(row.iter().copied()).collect(), values }
}

/// One value for every draw is a value that the variable has.
fn one_value(s: &Session, name: &str, value: f32) -> Result<(), Failure> {
    let all = s.typed.data.iter().flat_map(|d| &d.vars);
    let Some(v) = all.into_iter().find(|v| v.name == name) else { return Ok(()) };
    variable(v, false, &Array { shape: vec![1], values: vec![value] }).map(|_| ())
}
