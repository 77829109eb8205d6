//! Completions: data of which a part is given, and draws of the rest from the model.

use crate::exec::{ExecError, Tensor};
use crate::session::{Batch, Position, Purpose, Session};
use gmc_compiler::derive::{Input, Output, Program};
use gmc_compiler::rows::order::Order;
use gmc_compiler::types::{TSite, TSiteKind};

/// Completions that are drawn at once.
const CHUNK: usize = 256;

/// Of which examples what is given.
pub struct Partly {
    /// How many.
    pub examples: usize,
    /// For each element whether it is given.
    pub known: Vec<bool>,
    /// An example of the user's, in the place of those of the test part.
    pub instead: Option<Vec<f32>>,
}

/// What is drawn for some examples.
pub struct Completions {
    /// The examples as they are, row by row.
    pub originals: Vec<f32>,
    /// All completions of the first example, then those of the second, ..
    pub drawn: Vec<f32>,
}

/// The site that a program completes: its name, and the order in which it is drawn.
pub fn site(s: &Session) -> Option<(String, Order)> {
    let order = |site: &TSite| match &site.kind {
        TSiteKind::Draw(d) => d.places().filter(|_| site.observed),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    };
    let others = s.typed.models.iter().filter(|m| !m.guide);
    let models = s.model().into_iter().chain(others);
    models.flat_map(|m| &m.sites).find_map(|site| Some((site.name.clone(), order(site)?)))
}

/// How many given elements of an event stand behind one that is drawn, in the order: what is drawn does not depend on them.
pub fn unread(order: &Order, shape: &[usize], known: &[bool]) -> usize {
    let first = order.known_first(shape, known);
    known.iter().enumerate().filter(|(i, k)| **k && order.place(shape, *i) > first).count()
}

/// `n` completions of each example, whose elements are given where `known` says so: of the first ones of the test part, or of the user's own.
///
/// # Errors
/// What running the program reports.
pub fn complete(
    s: &mut Session,
    program: &Program,
    of: &Partly,
    n: usize,
    seed: u64,
) -> Result<Completions, ExecError> {
    let broken = |why: &str| ExecError::Broken { why: why.into() };
    let (name, _) = site(s).ok_or_else(|| broken("no site is drawn in an order"))?;
    let mut out = Completions { originals: Vec::new(), drawn: Vec::new() };
    let all: Vec<usize> = (0..of.examples).collect();
    let each = (CHUNK / n.max(1)).max(1);
    for (chunk, rows) in all.chunks(each).enumerate() {
        let mut data = s.fixed_batch(rows, seed);
        if let (Some(x), Some(ty)) = (&of.instead, s.data_type(&name)) {
            let shape: Vec<usize> = [&[rows.len()], ty.shape.as_slice()].concat();
            data.insert(name.clone(), Tensor::from_f32(&s.device, x.repeat(rows.len()), &shape));
        }
        let originals = data.get(&name).map(Tensor::to_f32).unwrap_or_default();
        let mut batch: Batch = data.iter().map(|(name, t)| (name.clone(), repeated(s, t, n))).collect();
        let shape = batch.get(&name).map(|t| t.shape().to_vec()).unwrap_or_default();
        let mask: Vec<f32> = of.known.iter().map(|k| f32::from(u8::from(*k))).collect();
        let values = mask.repeat(rows.len() * n);
        let given = Tensor::from_f32(&s.device, values, &shape);
        batch.insert(Input::Known(name.clone()).to_string(), given);
        let at = Position::of(Purpose::Completions { chunk: chunk as u64 }, seed);
        let outputs = s.run(program, rows.len() * n, &batch, at)?;
        let drawn =
            outputs.numbers(&Output::Site(name.clone())).ok_or_else(|| broken("nothing was drawn"))?;
        out.originals.extend(originals);
        out.drawn.extend(drawn);
    }
    Ok(out)
}

/// Each row `n` times, one after the other.
fn repeated(s: &Session, t: &Tensor, n: usize) -> Tensor {
    let mut shape = t.shape().to_vec();
    let size: usize = shape.iter().skip(1).product::<usize>().max(1);
    let values: Vec<f32> = t.to_f32().chunks(size).flat_map(|row| row.repeat(n)).collect();
    if let Some(rows) = shape.first_mut() {
        *rows *= n;
    }
    Tensor::from_f32(&s.device, values, &shape)
}
