#![expect(clippy::cast_possible_truncation, reason = "columns hold 32 bits")]

use super::toy::{Draws, MOST_POINTS, SEED, stream};
use super::{Column, DataIssue, DataRow, Dataset, Host, Part, at_most};
use crate::event::{EventTy, Kind};
use crate::rows::Row;
use crate::rows::args::{ArgKind, Args, ParamSpec};
use std::f64::consts::TAU;

/// Steps towards one of several goals.
pub struct Goals;

impl Row for Goals {
    fn name(&self) -> &'static str {
        "goals"
    }
    fn doc(&self) -> &'static str {
        "States and actions of somebody who walks to one of several goals: `data (s: Real[2], a: Real[2]) from goals(3)`. The state s is a place, uniform on \
         [-1, 1]²; one of `count` goals, evenly on a circle of radius 2 about the origin, is chosen at random; the action is half of the way to it, \
         a = (g - s) / 2 + noise. Given s the actions so have `count` modes, and their mean, a walk to the middle, is none of them: s + 2a is a goal, \
         up to noise of twice the standard deviation. Yields `Real[2]` twice and, if asked for, the goal as `Class(count)`."
    }
    fn params(&self) -> &'static [ParamSpec] {
        const {
            &[
                ParamSpec {
                    name: "count",
                    kind: ArgKind::Whole(1, 1000),
                    default: Some("3"),
                    doc: "Number of goals.",
                },
                ParamSpec {
                    name: "noise",
                    kind: ArgKind::Num(0.0, 1e6),
                    default: Some("0.05"),
                    doc: "Standard deviation of the Gaussian noise added to both numbers of an action.",
                },
                ParamSpec {
                    name: "n",
                    kind: ArgKind::Int(1),
                    default: Some("10000"),
                    doc: "Number of training examples; as many test examples are drawn independently.",
                },
                SEED,
            ]
        }
    }
}

/// Radius of the circle of goals.
const RADIUS: f64 = 2.0;
/// Random numbers for one example: a place, a goal, noise.
const DRAWS: usize = 5;

impl DataRow for Goals {
    fn check(&self, args: &Args, declared: &[EventTy], _host: &dyn Host) -> Result<Vec<EventTy>, DataIssue> {
        at_most(self.name(), declared, &["a state", "an action", "its goal"])?;
        if args.int("n") > MOST_POINTS {
            return Err(args.error("n", format!("more than {MOST_POINTS} examples"), "too many").into());
        }
        let goal = EventTy { kind: Kind::Class(args.int("count")), shape: Vec::new() };
        let types = [EventTy::real([2]), EventTy::real([2]), goal];
        Ok(types.into_iter().take(declared.len()).collect())
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let part = |number: u64| part(args, types, host, number);
        let first = 2 * args.int("seed") as u64;
        Ok(Dataset { train: part(first), test: Some(part(first + 1)), ..Dataset::default() })
    }
}

fn part(args: &Args, types: &[EventTy], host: &dyn Host, number: u64) -> Part {
    let (n, count) = (args.int("n").min(MOST_POINTS), args.int("count").max(1));
    let (mut states, mut actions, mut goals) = (Vec::new(), Vec::new(), Vec::new());
    for draws in host.uniform(stream("goals", number), n * DRAWS).chunks_exact(DRAWS) {
        let mut draws = Draws::of(draws);
        let state = [2.0 * draws.unit() - 1.0, 2.0 * draws.unit() - 1.0];
        let goal = draws.below(count);
        let angle = TAU * goal as f64 / count as f64;
        let at = [RADIUS * angle.cos(), RADIUS * angle.sin()];
        for ((s, g), e) in state.into_iter().zip(at).zip(draws.normals()) {
            states.push(s as f32);
            actions.push(((g - s) / 2.0 + args.num("noise") * e) as f32);
        }
        goals.push(goal as f32);
    }
    let columns = types.iter().cloned().zip([states, actions, goals]);
    Part { n, columns: columns.map(|(ty, values)| Column { ty, values }).collect(), ..Part::default() }
}
