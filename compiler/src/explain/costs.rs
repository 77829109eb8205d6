//! What training and asking cost, as far as the programs tell.

use crate::derive::per_datum::PerDatum;
use crate::derive::{Compiled, Program};
use crate::ir::schedule;
use crate::rows::setting::Batch;
use crate::types::{TFrozen, TModel, TPlayer, Typed, game::owner_of};

/// What one step of a player costs.
#[derive(Clone, Copy)]
pub struct StepCost<'t> {
    /// The player.
    pub player: &'t TPlayer,
    /// Multiply-adds of matrix products and convolutions.
    pub madds: u64,
    /// The most bytes alive at once.
    pub peak_bytes: usize,
    /// Operations.
    pub operations: usize,
}

/// What the steps of the players cost at the batch of the spec.
pub fn steps<'t>(typed: &'t Typed, c: &Compiled) -> Vec<StepCost<'t>> {
    let batch = Batch::of(&typed.train.settings);
    let of = |player: &'t TPlayer| {
        let g = c.programs.get(&Program::Step(player.name.clone()))?;
        Some(StepCost {
            player,
            madds: schedule::madds(g, batch),
            peak_bytes: schedule::peak_bytes(g, batch),
            operations: g.nodes.len(),
        })
    };
    typed.train.players.iter().filter_map(of).collect()
}

/// How many numbers of a net, flow or param are trained, and by whom.
#[derive(Clone, Copy)]
pub struct Trained<'t> {
    /// The net, flow or param.
    pub name: &'t str,
    /// Its numbers.
    pub numbers: usize,
    /// The player that owns it.
    pub owner: Option<&'t TPlayer>,
    /// The file that they are read from, of a net that nobody trains.
    pub from: Option<&'t TFrozen>,
}

/// What is trained, and what is read from files, in the order of the text; parameters per datum apart (see [`per_datum`]).
pub fn trained<'t>(typed: &'t Typed, c: &Compiled) -> Vec<Trained<'t>> {
    let nets = typed.nets.iter().map(|n| n.name.as_str());
    let flows = typed.flows.iter().map(|f| f.name.as_str());
    let params = typed.params.iter().filter(|p| p.each.is_none()).map(|p| p.name.as_str());
    let of = |name: &'t str| {
        let from = typed.nets.iter().find(|n| n.name == name).and_then(|n| n.frozen.as_ref());
        let own = c.leaves.iter().filter(|l| (l.trainable || from.is_some()) && l.belongs(name));
        let numbers = own.map(|l| l.shape.iter().product::<usize>()).sum();
        Trained { name, numbers, owner: owner(typed, name), from }
    };
    nets.chain(flows).chain(params).map(of).collect()
}

/// The player that owns a net, flow or param, or what a guide holds.
fn owner<'t>(typed: &'t Typed, name: &str) -> Option<&'t TPlayer> {
    typed.train.players.iter().find(|p| p.owns.iter().any(|(o, _)| o == name || o == owner_of(name)))
}

/// What a guide `q[x]` holds for each datum.
#[derive(Clone, Copy)]
pub struct Held<'t> {
    /// The guide.
    pub guide: &'t TModel,
    /// The data item whose data these are: index.
    pub item: usize,
    /// Numbers of one datum.
    pub numbers: usize,
    /// Numbers that the optimizer keeps for one datum.
    pub slots: usize,
    /// The player that owns them.
    pub owner: &'t TPlayer,
}

/// What the guides of a spec hold for each datum. Those that nobody owns are left out.
pub fn per_datum<'t>(typed: &'t Typed, c: &Compiled) -> Vec<Held<'t>> {
    let of = |guide: &'t TModel| {
        let own: Vec<&PerDatum> = c.per_datum.iter().filter(|t| owner_of(&t.path) == guide.name).collect();
        let numbers: usize = own.iter().map(|t| t.shape.iter().product::<usize>()).sum();
        let owner = own.iter().find_map(|t| owner(typed, &t.path))?;
        // Every row counts its own updates.
        let slots = numbers * owner.optimizer.slots(&owner.args).len() + own.len();
        Some(Held { guide, item: guide.each?, numbers, slots, owner })
    };
    typed.models.iter().filter_map(of).collect()
}
