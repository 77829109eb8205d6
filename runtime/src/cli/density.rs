//! `gmc density`: the log-density of the test part, with its kind.

use super::args::RunArg;
use super::ask::{OverTest, answerable, asked_about, infer, samples_each};
use super::kept::open;
use super::output::{Form, Table, form};
use crate::console::{Messages, note, say};
use crate::failure::Failure;
use crate::measure::bounds::log_add;
use crate::measure::finite::FINITE;
use crate::measure::scores::{bits_per_dim, standard_error, two_digits};
use crate::session::Session;
use crate::store::atomic_write;
use gmc_compiler::derive::{NumberKind, Output, Program, Question};
use gmc_compiler::rows::measure::Iwae;
use std::path::Path;

/// Samples an example where neither the command nor the spec says how many.
const USUAL: usize = 64;

/// `gmc density`
pub fn density(r: &RunArg, k: Option<usize>, out: Option<&Path>, m: Messages) -> Result<(), Failure> {
    let form = form(out, &[Form::Csv, Form::Npy])?;
    let (_, mut s) = open(r, m, |s| {
        let names = asked_about(s, Question::Density)?;
        samples_each(s, k)?;
        Ok(names)
    })?;
    let answer = answerable(&s, Question::Density)?;
    let k = k.or(Iwae::samples(&s.typed.eval)).unwrap_or(USUAL);
    infer(&mut s, usize::MAX, r.seed)?;
    let values = if answer.is_bound() {
        importance(&mut s, &answer.program, r.seed, k)?
    } else {
        let (program, output) = (&answer.program, &Output::LogProb);
        let over = OverTest { program, output, seed: r.seed, draws: r.seed };
        over.ask(&mut s)?.0.iter().map(|x| f64::from(*x)).collect()
    };
    let kind = match answer.number {
        Some(NumberKind::LowerBound) if answer.is_bound() => format!("lower bound (K = {k})"),
        Some(kind) => kind.text().to_string(),
        None => "exact".to_string(),
    };
    match out.zip(form) {
        Some((p, Form::Npy)) => {
            let values: Vec<f32> = values.iter().map(|v| *v as f32).collect();
            Table { columns: &["log_density"], shape: &[], values: &values }.write(Some((p, Form::Npy)))?;
        }
        Some((p, Form::Csv | Form::Png | Form::Txt)) => {
            let text: String = values.iter().map(|v| format!("{v}\n")).collect();
            atomic_write(p, format!("log_density\n{text}").as_bytes())?;
        }
        None => {}
    }
    let beware = if s.repeats().is_empty() { "" } else { ", but see below" };
    let kind = format!("{kind}{beware}");
    tell(&values, answer.number != Some(NumberKind::Exact), &kind, s.written_elements())?;
    s.repeats().iter().for_each(|r| note(&format!("warning: {}\n", r.caveat())));
    Ok(())
}

/// log (1/K) Σ p(x, z) / q(z | x) of every test example (Burda et al. 2016, eq. 8).
fn importance(s: &mut Session, program: &Program, seed: u64, k: usize) -> Result<Vec<f64>, Failure> {
    let mut logs: Vec<f64> = Vec::new();
    for i in 0..k {
        let draws = seed.wrapping_add((i as u64) << 20);
        let (w, _) = OverTest { program, output: &Output::LogWeight, seed, draws }.ask(s)?;
        match logs.is_empty() {
            true => logs = w.iter().map(|x| f64::from(*x)).collect(),
            false => logs.iter_mut().zip(w).for_each(|(l, w)| *l = log_add(*l, f64::from(w))),
        }
    }
    Ok(logs.iter().map(|l| l - (k as f64).ln()).collect())
}

/// Says the mean, with its standard error where draws are in it, and the standard deviation of those that are
/// finite, and of text so many characters long what it is for each; it is an error where some are not.
fn tell(values: &[f64], drawn: bool, kind: &str, characters: Option<usize>) -> Result<(), Failure> {
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let n = finite.len().max(1) as f64;
    let mean = finite.iter().sum::<f64>() / n;
    let sd = (finite.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let error = standard_error(finite.iter().copied()).filter(|_| drawn);
    let error = error.map_or(String::new(), |e| format!(" ± {}", two_digits(e)));
    let numbers = format!("mean {mean:.4}{error} nats, standard deviation {sd:.4}, {kind}");
    let (all, finite) = (values.len(), finite.len());
    if finite == all {
        say(&format!("log-density of {all} test examples: {numbers}\n"))?;
        return match characters {
            Some(n) => say(&format!(
                "of {n} characters each: {:.4} bits a character, perplexity {:.4}\n",
                bits_per_dim(-mean, n, 1.0),
                (-mean / n as f64).exp()
            )),
            None => Ok(()),
        };
    }
    if finite > 0 {
        say(&format!("log-density of the {finite} test examples where it is finite: {numbers}\n"))?;
    }
    let message = format!("the log-density of {} of {all} test examples is not finite", all - finite);
    Err(Failure::new(message).help(FINITE))
}
