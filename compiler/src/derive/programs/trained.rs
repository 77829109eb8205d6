//! Nothing untrained answers a question: the parameters that an answer rests on, and whether any player trains them.

use crate::derive::Leaf;
use crate::derive::params::belongs;
use crate::ir::op::Op;
use crate::ir::{Graph, Value};
use crate::types::{TKind, TModel, Typed, density};
use std::collections::BTreeSet;

/// The parameters that some player owns and its payoff reaches, by path.
#[derive(Default)]
pub(super) struct Trained(pub(super) BTreeSet<String>);

impl Trained {
    /// The `param`s with a stated value that a program's outputs rest on and that nobody trains.
    ///
    /// # Errors
    /// The nets, flows and drawn `param`s among them: what they start with means nothing.
    pub(super) fn judge(&self, typed: &Typed, leaves: &[Leaf], g: &Graph) -> Result<Vec<String>, String> {
        let read = read(g);
        self.among(typed, leaves.iter().filter(|l| read.contains(l.path.as_str())))
    }

    /// As [`Trained::judge`], of draws from a model: they rest on all that its sites name.
    pub(super) fn judge_draws(
        &self,
        typed: &Typed,
        leaves: &[Leaf],
        m: &TModel,
    ) -> Result<Vec<String>, String> {
        let owners = named(typed, m);
        self.among(typed, leaves.iter().filter(|l| owners.iter().any(|o| belongs(&l.path, o))))
    }

    fn among<'l>(&self, typed: &Typed, read: impl Iterator<Item = &'l Leaf>) -> Result<Vec<String>, String> {
        let untrained: Vec<&Leaf> = read.filter(|l| l.trainable && !self.0.contains(&l.path)).collect();
        let of = |owner: &str| untrained.iter().any(|l| belongs(&l.path, owner));
        let nets = typed.nets.iter().map(|n| &n.name).chain(typed.flows.iter().map(|f| &f.name));
        let drawn = typed.params.iter().filter(|p| p.drawn.is_some()).map(|p| &p.name);
        let random: Vec<&str> = nets.chain(drawn).filter(|n| of(n)).map(String::as_str).collect();
        if let Some((last, others)) = random.split_last() {
            return Err(match others {
                [] => format!(
                    "it rests on `{last}`, which no goal trains: it keeps the weights that it starts with"
                ),
                _ => format!(
                    "it rests on `{}` and `{last}`, which no goal trains: they keep the weights that they start with",
                    others.join("`, `")
                ),
            });
        }
        let stated = typed.params.iter().filter(|p| p.each.is_none() && of(&p.name));
        Ok(stated.map(|p| p.name.clone()).collect())
    }
}

/// The nets, flows and params that the sites of a model name, and the nets and flows inside of those.
fn named(typed: &Typed, m: &TModel) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for e in m.sites.iter().flat_map(density::expressions) {
        typed.walk(e, &mut |e| {
            if let TKind::Net { net, .. } = &e.kind
                && let Some(n) = typed.nets.get(*net)
            {
                names.insert(n.name.clone());
                names.extend(n.calls.iter().cloned());
            } else if let TKind::Flow { flow, .. } = &e.kind
                && let Some(f) = typed.flows.get(*flow)
            {
                names.insert(f.name.clone());
                names.extend(f.calls.iter().cloned());
            } else if let TKind::Param(i) = &e.kind {
                names.extend(typed.params.get(*i).map(|p| p.name.clone()));
            }
        });
    }
    names
}

/// The leaves that a graph's outputs rest on, by path.
fn read(g: &Graph) -> BTreeSet<&str> {
    let mut needed: BTreeSet<Value> = g.outputs.iter().map(|(_, v)| *v).collect();
    let mut names = BTreeSet::new();
    for (v, node) in g.iter().rev() {
        if needed.contains(&v) {
            needed.extend(node.args.iter().copied());
            if let Op::Input(input) = &node.op {
                names.insert(input.name.as_str());
            }
        }
    }
    names
}
