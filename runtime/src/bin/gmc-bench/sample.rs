//! `gmc-bench sample`: draws of sites in an order, by a body that computes what its place needs and by one that computes everything.

use super::ours::open_with;
use super::table::{load_average, machine};
use gmc_compiler::derive::{Program, Question, sampler};
use gmc_runtime::failure::Failure;
use gmc_runtime::measure::draw;
use gmc_runtime::session::Session;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Measures each of these specs, with initial parameters.
pub fn samples(specs: &[PathBuf], n: usize, times: u32) -> Result<(), Failure> {
    for spec in specs {
        sample(spec, n, times)?;
    }
    Ok(())
}

fn sample(spec: &Path, n: usize, times: u32) -> Result<(), Failure> {
    println!("{}: {n} draws at once, initial parameters; {}", spec.display(), machine());
    let (mut fast, _) = open_with(spec, |_, _| {})?;
    let (mut slow, _) = open_with(spec, |typed, compiled| {
        let program = compiled.answer(Question::Sample).ok().map(|a| a.program.clone());
        if let Some(Program::Sample(model)) = program
            && let Some(g) = sampler(typed, &model, false)
        {
            compiled.programs.extend([(Program::Sample(model), g)]);
        }
    })?;
    // The first run plans and allocates.
    timed(&mut fast, n)?;
    // In turns, and of each the fastest: what others do on the machine slows both.
    let (mut by_place, mut whole, mut same) = (f64::INFINITY, f64::INFINITY, true);
    for _ in 0..times {
        let (a, seconds) = timed(&mut fast, n)?;
        by_place = by_place.min(seconds);
        let (b, seconds) = timed(&mut slow, n)?;
        whole = whole.min(seconds);
        same &= a == b;
    }
    println!(
        "  by place {by_place:.3} s, everything at each place {whole:.3} s: {:.1} times",
        whole / by_place
    );
    println!("  the same draws, bit for bit: {}", if same { "yes" } else { "no" });
    println!("  load after: {}\n", load_average());
    Ok(())
}

/// The bits of all draws, and the seconds that they took.
fn timed(s: &mut Session, n: usize) -> Result<(Vec<u32>, f64), Failure> {
    let start = Instant::now();
    let drawn = draw(s, n, 1)?;
    let seconds = start.elapsed().as_secs_f64();
    Ok((drawn.iter().flat_map(|(_, values, _)| values).map(|v| v.to_bits()).collect(), seconds))
}
