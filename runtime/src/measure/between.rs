//! What lies between data: codes on the way from one end to another, and what a decoder makes of them.

use crate::exec::{ExecError, Tensor};
use crate::session::{Batch, Codes, Position, Purpose, Session};
use gmc_compiler::derive::{Decoded, Decoder, Input, Output, Program, Question, decoder};
use gmc_compiler::event::EventTy;
use std::collections::BTreeMap;

/// The way from one code to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// a + t (b - a).
    Linear,
    /// Along the great circle between the directions, the length going evenly from one to the other: codes of normal variables keep their usual length
    /// (White 2016).
    Spherical,
}

/// The point at share `t` of the way from `a` to `b`.
pub fn point(way: Way, a: &[f32], b: &[f32], t: f64) -> Vec<f32> {
    let straight = || a.iter().zip(b).map(|(a, b)| (1.0 - t) * f64::from(*a) + t * f64::from(*b));
    if way == Way::Linear {
        return straight().map(|v| v as f32).collect();
    }
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let (long_a, long_b) = (dot(a, a).sqrt(), dot(b, b).sqrt());
    let angle = (dot(a, b) / (long_a * long_b)).clamp(-1.0, 1.0).acos();
    // Of one direction, or without any, there is no circle.
    if !angle.is_finite() || angle.sin() < 1e-6 {
        return straight().map(|v| v as f32).collect();
    }
    let length = (1.0 - t) * long_a + t * long_b;
    let of = |t: f64| (t * angle).sin() / angle.sin();
    let each = a
        .iter()
        .zip(b)
        .map(|(a, b)| length * (of(1.0 - t) * f64::from(*a) / long_a + of(t) * f64::from(*b) / long_b));
    each.map(|v| v as f32).collect()
}

/// The decoder of the codes that a program yields, or of all hidden variables.
///
/// # Errors
/// Why nothing can be decoded.
pub fn decoder_of(s: &Session, encoder: Option<&Program>) -> Result<Decoder, String> {
    let codes: Vec<String> = match encoder {
        Some(program) => {
            let outputs = s.compiled.programs.get(program).map_or(&[][..], |g| &g.outputs);
            let code = |output: &String| match Output::parse(output) {
                Some(Output::Code(site)) => Some(site),
                Some(_) | None => None,
            };
            outputs.iter().filter_map(|(name, _)| code(name)).collect()
        }
        None => s.hidden().into_iter().map(|(name, _)| name).collect(),
    };
    let model = s.model().map(|m| m.name.clone());
    decoder(&s.typed, model.as_deref(), &codes, Decoded::Shown)
}

/// The variable that is shown: of a model what samples of it show, else what is decoded.
pub fn decoded(s: &Session, decoder: &Decoder) -> Option<(String, EventTy)> {
    let site = |output: &String| match Output::parse(output) {
        Some(Output::Site(site)) => Some(site),
        Some(_) | None => None,
    };
    let sites: Vec<String> = decoder.graph.outputs.iter().filter_map(|(name, _)| site(name)).collect();
    let shown = s.observed().map(|(name, _)| name).filter(|name| sites.contains(name));
    let name = shown.or_else(|| sites.first().cloned())?;
    let ty = s.data_type(&name)?.clone();
    Some((name, ty))
}

/// What is decoded on straight ways between the first test examples, two after each other: the variable, its type, and its values way by way; nothing
/// where nothing is encoded and decoded, or what is shown does not fulfil `shown`.
///
/// # Errors
/// What running a program reports.
pub fn first_ways(
    s: &mut Session,
    (pairs, steps): (usize, usize),
    shown: impl FnOnce(&EventTy) -> bool,
    seed: u64,
) -> Result<Option<(EventTy, Vec<f32>)>, ExecError> {
    let answers = (s.answer(Question::Interpolate).cloned(), s.answer(Question::Encode).cloned());
    let (Ok(way), Ok(encode)) = answers else { return Ok(None) };
    // Codes that are held for each datum are no output of a program.
    if !s.compiled.per_datum.is_empty() {
        return Ok(None);
    }
    let pairs = pairs.min(s.test_examples() / 2);
    let Ok(decoder) = decoder_of(s, Some(&encode.program)) else { return Ok(None) };
    let Some((name, ty)) = decoded(s, &decoder).filter(|(_, ty)| pairs > 0 && shown(ty)) else {
        return Ok(None);
    };
    let rows: Vec<usize> = (0..2 * pairs).collect();
    let data = s.fixed_batch(&rows, seed);
    let at = Position::of(Purpose::Query { chunk: 0 }, seed);
    let outputs = s.run(&encode.program, rows.len(), &data, at)?;
    let ends: Codes = decoder
        .codes
        .iter()
        .filter_map(|(name, ty)| {
            Some((name.clone(), outputs.numbers(&Output::Code(name.clone()))?, ty.size().max(1)))
        })
        .collect();
    let given = data.into_iter().filter(|(name, _)| decoder.given.contains(name)).collect();
    let (program, way) = (&way.program, Way::Linear);
    let walk = Walk { decoder: &decoder, program, ends: &ends, given: &given, steps, way };
    // Others run the program whose name the decoder goes by.
    let own = s.compiled.programs.get(program).cloned();
    let values = walk.decode(s, &name, seed);
    if let Some(own) = own {
        s.run_instead(program.clone(), own);
    }
    Ok(Some((ty, values?)))
}

/// A walk between pairs of codes.
pub struct Walk<'a> {
    /// What decodes.
    pub decoder: &'a Decoder,
    /// Runs of it go by the name of this program.
    pub program: &'a Program,
    /// The ends, two after each other.
    pub ends: &'a Codes,
    /// What else it is given at the first end of each pair, by variable.
    pub given: &'a BTreeMap<String, Tensor>,
    /// How many points of each way are decoded, its ends among them.
    pub steps: usize,
    /// Which way.
    pub way: Way,
}

impl Walk<'_> {
    /// How many pairs there are.
    pub fn pairs(&self) -> usize {
        self.ends.first().map_or(0, |(_, values, size)| values.len() / (2 * size.max(&1)))
    }

    /// What is decoded of variable `name`, pair by pair and step by step.
    ///
    /// # Errors
    /// What running the decoder reports.
    pub fn decode(&self, s: &mut Session, name: &str, seed: u64) -> Result<Vec<f32>, ExecError> {
        s.run_instead(self.program.clone(), self.decoder.graph.clone());
        let mut out = Vec::new();
        for pair in 0..self.pairs() {
            let mut batch = self.codes(s, pair);
            for (name, t) in self.given {
                let size: usize = t.shape().iter().skip(1).product::<usize>().max(1);
                let values = t.to_f32();
                let row = values.get(2 * pair * size..(2 * pair + 1) * size).unwrap_or_default();
                let mut shape = t.shape().to_vec();
                shape.iter_mut().take(1).for_each(|n| *n = self.steps);
                batch.insert(name.clone(), Tensor::from_f32(&s.device, row.repeat(self.steps), &shape));
            }
            let at = Position::of(Purpose::Query { chunk: pair as u64 }, seed);
            let outputs = s.run(self.program, self.steps, &batch, at)?;
            let made = outputs.numbers(&Output::Site(name.to_string()));
            out.extend(made.ok_or_else(|| ExecError::Broken { why: format!("no `{name}` was decoded") })?);
        }
        Ok(out)
    }

    /// The codes on the way between the ends of a pair.
    fn codes(&self, s: &Session, pair: usize) -> Batch {
        let mut batch = Batch::new();
        for (name, ty) in &self.decoder.codes {
            let Some((_, values, size)) = self.ends.iter().find(|(n, _, _)| n == name) else { continue };
            let row = |i: usize| values.get(i * size..(i + 1) * size).unwrap_or_default();
            let (a, b) = (row(2 * pair), row(2 * pair + 1));
            let mut all = Vec::with_capacity(self.steps * size);
            for i in 0..self.steps {
                let t = i as f64 / (self.steps.max(2) - 1) as f64;
                match ty.kind.discrete() {
                    true => all.extend(if t < 0.5 { a } else { b }),
                    false => all.extend(point(self.way, a, b, t)),
                }
            }
            let shape: Vec<usize> = std::iter::once(self.steps).chain(ty.shape.iter().copied()).collect();
            batch.insert(Input::Code(name.clone()).to_string(), Tensor::from_f32(&s.device, all, &shape));
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_by_hand() {
        let (a, b) = ([2.0f32, 0.0], [0.0f32, 4.0]);
        assert_eq!(point(Way::Linear, &a, &b, 0.25), [1.5, 1.0]);
        for way in [Way::Linear, Way::Spherical] {
            for (t, end) in [(0.0, a), (1.0, b)] {
                let p = point(way, &a, &b, t);
                assert!(p.iter().zip(end).all(|(x, y)| (x - y).abs() < 1e-6), "{way:?} {t}: {p:?}");
            }
        }
        // Half of a right angle, at length 3.
        let p = point(Way::Spherical, &a, &b, 0.5);
        assert!(p.iter().all(|x| (f64::from(*x) - 3.0 / 2f64.sqrt()).abs() < 1e-6), "{p:?}");
        // One direction, opposite ones, nothing at all: the straight way.
        assert_eq!(point(Way::Spherical, &[1.0], &[3.0], 0.5), [2.0]);
        assert_eq!(point(Way::Spherical, &[1.0, 0.0], &[-1.0, 0.0], 0.5), [0.0, 0.0]);
        assert_eq!(point(Way::Spherical, &[0.0], &[1.0], 0.5), [0.5]);
    }
}
