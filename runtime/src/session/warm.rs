//! A warm start: parameters of another run by their paths.

use super::Session;
use super::snapshot::{Group, Snapshot, Stored};
use crate::exec::Tensor;
use std::collections::BTreeMap;

/// What of another run fitted, by path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Warm {
    /// What was taken.
    pub taken: Vec<String>,
    /// What has other axes there: the path, the axes there, the axes here.
    pub other: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// What this spec has and the other run had not: it starts as the spec draws it.
    pub missing: Vec<String>,
    /// What the other run had and this spec has not.
    pub unused: Vec<String>,
}

/// Most paths that are listed.
const LISTED: usize = 8;

impl Warm {
    /// For a person: how much was taken, and by name what was not.
    pub fn words(&self) -> String {
        let all = self.taken.len() + self.other.len() + self.missing.len();
        let mut out =
            format!("warm start: {} of {all} tensors are those of the other run\n", self.taken.len());
        let others: Vec<String> = self
            .other
            .iter()
            .map(|(path, there, here)| format!("`{path}` ({there:?} there, {here:?} here)"))
            .collect();
        let quoted = |paths: &[String]| paths.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>();
        for (paths, what) in [
            (others, "have other axes and start as the spec says"),
            (quoted(&self.missing), "are not in the other run and start as the spec says"),
            (quoted(&self.unused), "of the other run have no place here"),
        ] {
            if !paths.is_empty() {
                let more = paths.len().saturating_sub(LISTED);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let shown = paths.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
                out.push_str(&format!("warm start: {shown}{more} {what}\n"));
            }
        }
        out
    }
}

impl Session {
    /// Replaces parameters and running statistics by those of a snapshot that have the same path and axes; of a parameter
    /// of which an average was kept, by that. Optimizer slots start anew. Parameters for each datum are not taken: they
    /// belong to the data of the other run.
    pub fn warm(&mut self, of: &Snapshot) -> Warm {
        let mut there: BTreeMap<&str, &Stored> = BTreeMap::new();
        for wanted in [Group::State, Group::Param, Group::Ema] {
            there.extend(
                of.iter().filter(|((g, _), _)| *g == wanted).map(|((_, name), t)| (name.as_str(), t)),
            );
        }
        let mut warm = Warm::default();
        let mut new = Vec::new();
        // What comes from a file stays what it is.
        for leaf in self.compiled.leaves.iter().filter(|l| l.given.is_none()) {
            match there.remove(leaf.path.as_str()) {
                None => warm.missing.push(leaf.path.clone()),
                Some(t) if t.shape != leaf.shape => {
                    warm.other.push((leaf.path.clone(), t.shape.clone(), leaf.shape.clone()));
                }
                Some(t) => {
                    warm.taken.push(leaf.path.clone());
                    new.push((leaf.path.clone(), Tensor::from_f32(&self.device, t.values.clone(), &t.shape)));
                }
            }
        }
        warm.unused = there.into_keys().map(str::to_string).collect();
        self.tensors.extend(new);
        // Averages begin at the parameters.
        let averages: Vec<String> = self.averages().into_iter().map(|(_, average)| average).collect();
        averages.iter().for_each(|path| drop(self.tensors.remove(path)));
        self.fill();
        warm
    }
}
