//! Recurrent layers over the places of a sequence: `gru` and `lstm` say what one step computes. The step is the body of a loop, so that a
//! program has it once, however long the sequence; what all steps read of the sequence is one product before it.

use super::linear::{BIAS, Linear};
use super::require::{flag, need_sequence};
use super::{Causality, Checked, Layer, LowerCx, Reads};
use crate::diag::Diag;
use crate::event::EventTy;
use crate::ir::{At, Ex, Step, Turns, exactly};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use crate::rows::{Init, ParamDecl};

/// The `units` argument.
pub const UNITS: ParamSpec = ParamSpec {
    name: "units",
    kind: ArgKind::Int(1),
    default: None,
    doc: "numbers of the state at each place",
};
/// The `bidirectional` argument.
pub const BOTH: ParamSpec = ParamSpec {
    name: "bidirectional",
    kind: ArgKind::Word(&["true", "false"]),
    default: Some("false"),
    doc: "whether a second one runs from the end to the start, its states behind those of the first: [T, 2 units]",
};

/// What one step computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Gated recurrent unit: parts r, z, n.
    Gru,
    /// Long short-term memory: parts i, f, g, o.
    Lstm,
}

impl Cell {
    /// How many parts the maps from input and state have.
    pub fn parts(self) -> usize {
        match self {
            Cell::Gru => 3,
            Cell::Lstm => 4,
        }
    }
}

/// One direction of a recurrent layer. Its tensors start uniform on ±1/√units.
#[derive(Debug, PartialEq)]
struct Run {
    cell: Cell,
    units: usize,
    /// From what arrives to all parts of the step.
    input: Linear,
    /// From the state to all parts of the step.
    hidden: Linear,
    /// From the last place to the first.
    reverse: bool,
}

#[derive(Debug, PartialEq)]
struct Recurrent {
    runs: Vec<Run>,
    length: usize,
}

/// A recurrent layer on a sequence, `[T, d]` to `[T, units]`.
///
/// # Errors
/// E0201 for an event that is no sequence.
pub fn check(args: &Args, input: &EventTy, cell: Cell) -> Result<Checked, Diag> {
    let [length, d] = need_sequence(args, input)?;
    let units = args.int(UNITS.name);
    let run = |prefix: &str, reverse| {
        let part = |name: &str, from| Linear {
            bias: flag(args, BIAS.name),
            ..Linear::plain(format!("{prefix}{name}."), from, units.saturating_mul(cell.parts()))
        };
        Run { cell, units, input: part("input", d), hidden: part("hidden", units), reverse }
    };
    let mut runs = vec![run("", false)];
    let mut causality = Causality::Weak;
    if flag(args, BOTH.name) {
        runs.push(run("reverse.", true));
        causality = Causality::Global;
    }
    let params = runs.iter().flat_map(Run::params).collect();
    let out = EventTy::real([length, units * runs.len()]);
    Ok(Checked { params, causality, ..Checked::elementwise(out, Recurrent { runs, length }) })
}

impl Run {
    fn params(&self) -> Vec<ParamDecl> {
        let from = Init::lecun(self.units);
        let all = [&self.input, &self.hidden].into_iter().flat_map(|m| m.params(None));
        all.map(|p| ParamDecl { init: from.clone(), ..p }).collect()
    }
    /// The states, `[B, T, units]`.
    fn states<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, length: usize) -> Ex<'g> {
        let read = self.input.lower_each(cx, x);
        let zeros = read.scope().full(0.0, &read.like(&[self.units]));
        let carried = match self.cell {
            Cell::Gru => vec![zeros],
            Cell::Lstm => vec![zeros, zeros],
        };
        let turns = Turns { count: length, first: 0, reverse: self.reverse };
        let made = cx.scan(turns, &carried, &[read], |cx, carried, read, _| {
            let (&[h], &[x]) = (exactly(carried.get(..1).unwrap_or(carried)), exactly(read));
            let c = carried.get(1).copied().unwrap_or(h);
            let at = [At { div: 1, modulo: length, offset: 0, ahead: 0 }];
            let x = x.dyn_slice(&[1], &[1], &at).view(&[self.input.n_out]);
            let (h, c) = self.step(cx, x, (h, c));
            let next = [h, c].into_iter().take(carried.len()).collect();
            Step { carried: next, stacked: vec![h] }
        });
        let &[states] = exactly(&made.stacked);
        states.permute(&[1, 0, 2])
    }
    /// State and memory after one place; a gated recurrent unit has no memory.
    fn step<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>, (h, c): (Ex<'g>, Ex<'g>)) -> (Ex<'g>, Ex<'g>) {
        let u = self.units;
        let told = self.hidden.lower(cx, h);
        let part = |v: Ex<'g>, i: usize| v.slice(1, i * u, u);
        match self.cell {
            Cell::Gru => {
                let [r, z] = [0, 1].map(|i| (part(x, i) + part(told, i)).sigmoid());
                let n = (part(x, 2) + r * part(told, 2)).tanh();
                (n + z * (h - n), c)
            }
            Cell::Lstm => {
                let sum = x + told;
                let [i, f, o] = [0, 1, 3].map(|k| part(sum, k).sigmoid());
                let c = f * c + i * part(sum, 2).tanh();
                (o * c.tanh(), c)
            }
        }
    }
}

impl Layer for Recurrent {
    fn reads(&self, said: Causality) -> Reads {
        if said == Causality::Global { Reads::All } else { Reads::Earlier(true) }
    }
    fn lower<'g>(&self, cx: LowerCx<'g, '_>, x: Ex<'g>) -> Vec<Ex<'g>> {
        let all: Vec<Ex> = self.runs.iter().map(|run| run.states(cx, x, self.length)).collect();
        vec![match all.as_slice() {
            [one] => *one,
            several => cx.scope().concat(several, 2),
        }]
    }
}
