//! `gmc ir --costs`: what programs cost, line by line of the spec.

use super::args::{Spec, Stage};
use super::ir::no_program;
use super::kept::{compiled, whole};
use crate::console::{Messages, note, say};
use crate::exec::DeviceChoice;
use crate::failure::Failure;
use crate::session::stand_in::stand_in;
use crate::session::{Session, load};
use crate::show::costs;
use crate::train::Trainer;
use gmc_compiler::derive::Compiled;
use gmc_compiler::diag::render::Sources;
use gmc_compiler::ir::Graph;
use gmc_compiler::rows::setting::{Batch, Seed};
use gmc_compiler::types::Typed;
use std::time::{Duration, Instant};

/// Rounds are measured for so long, and at least [`FEWEST`].
const MEASURED: Duration = Duration::from_secs(1);
const FEWEST: u64 = 3;

/// `gmc ir --costs`
pub fn costs(s: &Spec, stage: Stage, program: Option<&str>, m: Messages) -> Result<(), Failure> {
    let (sources, typed, c) = whole(compiled(s, m)?)?;
    match (stage, program) {
        (Stage::Step, None) => steps(&sources, typed, c),
        (Stage::Graph, _) | (_, Some(_)) => counts(&sources, &typed, &c, program),
        (Stage::Ast | Stage::Typed | Stage::Objective, None) => {
            Err(Failure::usage("costs are those of programs; use --stage graph or --stage step".to_string()))
        }
    }
}

/// Counts alone.
fn counts(sources: &Sources, typed: &Typed, c: &Compiled, program: Option<&str>) -> Result<(), Failure> {
    let batch = Batch::of(&typed.train.settings);
    let graphs: Vec<&Graph> = match program {
        Some(name) => c.programs.named(name).into_iter().collect(),
        None => c.programs.iter().filter(|(p, _)| !p.is_step()).map(|(_, g)| g).collect(),
    };
    if graphs.is_empty() {
        return Err(no_program(c));
    }
    let lines: Vec<_> = graphs.into_iter().flat_map(|g| costs::lines(g, batch, None, sources)).collect();
    say(&costs::table(&lines))
}

/// Training steps, a few of which are run.
fn steps(sources: &Sources, typed: Typed, c: Compiled) -> Result<(), Failure> {
    let sets = match load::data(&typed) {
        Ok(sets) => sets,
        Err(_) => {
            note("the data cannot be read: times are on random numbers in its shape\n");
            stand_in(&typed)
        }
    };
    let mut s = Session::new(typed, c, load::device(DeviceChoice::Cpu)?, sets);
    s.init(Seed::of(&s.typed.train.settings))?;
    let mut trainer = Trainer::new(&s);
    // The first round makes what is made once.
    trainer.round(&mut s, 0)?;
    s.set_profile(true);
    let (mut round, begun) = (1, Instant::now());
    while round <= FEWEST || begun.elapsed() < MEASURED {
        trainer.round(&mut s, round)?;
        round += 1;
    }
    say(&costs::table(&costs::of_steps(&s, sources)))
}
