//! Which densities `log p(x | z)` a model has: those that are products of its own factors, one for each draw.
//!
//! A model is p(a) p(b | a) .. in the order of its text. `log p(targets | given)` is the sum of the factors of the draws behind the targets,
//! if all that those draws read has a value and nothing given comes about from them: given more that does not, a draw is
//! independent of it (the local Markov property, Pearl 1988, section 3.3.2).

use super::density::{close, expressions, inverted, reads, upstream};
use super::{TModel, TSite, TSiteKind};

/// What `log p(targets | given)` adds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The draws whose log-densities count.
    pub draws: Vec<String>,
    /// The names that come out where flows are run backwards from targets that are computed: their log-determinants count.
    pub inverted: Vec<String>,
    /// The data sites that are read and have no value in the call.
    pub read: Vec<String>,
}

/// Why a model has no such density of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoFactor {
    /// This target is computed, and by no flow of a draw.
    Computed(String),
    /// This target is fixed by other values of the call.
    Fixed(String),
    /// This given site comes about from this target.
    Descends {
        /// What is given.
        given: String,
        /// The target.
        target: String,
    },
    /// This draw is read, and has no value.
    Open(String),
}

/// What `log p(targets | given)` adds up; conditions and data have the data's values where they are read.
///
/// # Errors
/// Why the model has no such density.
pub fn factor(m: &TModel, targets: &[String], given: &[String]) -> Result<Factor, NoFactor> {
    let mut of = Factor { draws: Vec::new(), inverted: Vec::new(), read: Vec::new() };
    let mut todo = Vec::new();
    let mut behind: Vec<(&String, String)> = Vec::new();
    for t in targets {
        let draw = of.behind(m, t, &mut todo)?;
        if of.draws.contains(&draw) {
            return Err(NoFactor::Fixed(t.clone()));
        }
        of.draws.push(draw.clone());
        behind.push((t, draw));
    }
    let said: Vec<String> = targets.iter().chain(given).chain(&m.conds).cloned().collect();
    let no_descendant = |g: &String| {
        let above = upstream(m, g);
        match behind.iter().find(|(_, d)| above.iter().any(|s| s.name == *d)) {
            Some((t, _)) => Err(NoFactor::Descends { given: g.clone(), target: (*t).clone() }),
            None => Ok(()),
        }
    };
    given.iter().try_for_each(no_descendant)?;
    of.read(m, &said, todo)?;
    of.read.iter().try_for_each(no_descendant)?;
    Ok(of)
}

impl Factor {
    /// The draw behind a target: itself, or what flows make it of. What those flows read besides goes to `todo`.
    fn behind(&mut self, m: &TModel, target: &str, todo: &mut Vec<String>) -> Result<String, NoFactor> {
        let computed = || NoFactor::Computed(target.to_string());
        let mut at = m.site(target).ok_or_else(computed)?;
        loop {
            let of = match &at.kind {
                TSiteKind::Draw(_) => {
                    expressions(at).into_iter().for_each(|e| reads(e, todo));
                    return Ok(at.name.clone());
                }
                TSiteKind::Bind(e) | TSiteKind::Quantize(e) => inverted(e).ok_or_else(computed)?,
            };
            let mut constants = Vec::new();
            expressions(at).into_iter().for_each(|e| reads(e, &mut constants));
            todo.extend(constants.into_iter().filter(|n| n != of));
            self.inverted.push(of.to_string());
            at = m.site(of).ok_or_else(computed)?;
        }
    }

    /// Follows what is read back to what has a value.
    fn read(&mut self, m: &TModel, said: &[String], mut todo: Vec<String>) -> Result<(), NoFactor> {
        // What conditions and the values of the call determine, through nets and flows.
        let closed = close(m, said);
        let mut seen = [closed, self.draws.clone(), self.inverted.clone()].concat();
        while let Some(n) = todo.pop() {
            if seen.contains(&n) {
                continue;
            }
            seen.push(n.clone());
            match m.site(&n) {
                None => {}
                Some(s) if s.observed => self.read.push(n),
                Some(TSite { kind: TSiteKind::Draw(_), .. }) => return Err(NoFactor::Open(n)),
                Some(s) => expressions(s).into_iter().for_each(|e| reads(e, &mut todo)),
            }
        }
        Ok(())
    }
}

/// What the density of some sites together depends on, in the order of the model: the names at which `stops` ends the way back, and conditions.
/// What flows make the sites of is one with them; what lies behind a name that is passed over, a draw that is summed over, counts in its place.
pub fn depends_on(m: &TModel, targets: &[String], stops: &dyn Fn(&TSite) -> bool) -> Vec<String> {
    let mut of = Factor { draws: Vec::new(), inverted: Vec::new(), read: Vec::new() };
    let mut todo = Vec::new();
    for t in targets {
        if let Ok(draw) = of.behind(m, t, &mut todo) {
            of.draws.push(draw);
        } else if let Some(s) = m.site(t) {
            expressions(s).into_iter().for_each(|e| reads(e, &mut todo));
        }
    }
    let mut seen = [targets, of.draws.as_slice(), of.inverted.as_slice()].concat();
    let mut found = Vec::new();
    while let Some(n) = todo.pop() {
        if seen.contains(&n) {
            continue;
        }
        seen.push(n.clone());
        match m.site(&n) {
            Some(s) if !s.observed && !stops(s) => {
                expressions(s).into_iter().for_each(|e| reads(e, &mut todo));
            }
            Some(_) | None => found.push(n),
        }
    }
    let at = |n: &String| m.sites.iter().position(|s| s.name == *n);
    found.sort_by_key(|n| (at(n), n.clone()));
    found
}

/// The factors of a model as one would write them, in the order of its sites: `p(z)`, `p(x | z)`. A site that flows make of a draw
/// stands for that draw.
pub fn factors(m: &TModel) -> Vec<String> {
    let mut all = Vec::new();
    for s in &m.sites {
        let mut of = Factor { draws: Vec::new(), inverted: Vec::new(), read: Vec::new() };
        let mut todo = Vec::new();
        if of.behind(m, &s.name, &mut todo).is_err() {
            continue;
        }
        let given = parents(m, todo);
        all.push(match given.is_empty() {
            true => format!("{}({})", m.name, s.name),
            false => format!("{}({} | {})", m.name, s.name, given.join(", ")),
        });
    }
    all
}

/// The draws, data and conditions behind some names, through what is computed from them, in the order of the model.
fn parents(m: &TModel, mut todo: Vec<String>) -> Vec<String> {
    let (mut seen, mut found): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    while let Some(n) = todo.pop() {
        if seen.contains(&n) {
            continue;
        }
        seen.push(n.clone());
        match m.site(&n) {
            Some(s) if !s.observed && !matches!(s.kind, TSiteKind::Draw(_)) => {
                expressions(s).into_iter().for_each(|e| reads(e, &mut todo));
            }
            Some(_) | None => found.push(n),
        }
    }
    let at = |n: &String| m.sites.iter().position(|s| s.name == *n);
    found.sort_by_key(at);
    found
}
