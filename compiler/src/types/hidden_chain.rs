//! Chains of classes that nothing proposes: which of them a forward recursion sums over, and what each factor of the sum reads.

use super::time::Times;
use super::{Place, TDist, TExpr, TKind, TModel, TSite, TSiteKind, closure};
use crate::event::EventTy;
use crate::rows::distribution::values;

/// Most values of the window that a step of the recursion looks at: the classes of a chain, as often as it looks back and once more.
pub const MOST_STATES: usize = 4096;

/// A chain that is summed over.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainSum {
    /// The chain.
    pub site: String,
    /// How many values it has at one time.
    pub values: usize,
    /// How many times it has.
    pub length: usize,
    /// It is drawn from the last time to the first.
    pub reverse: bool,
    /// How many steps the recursion looks back: at least 1.
    pub back: usize,
    /// The drawn sites whose densities stand inside of the sum, the chain among them.
    pub inside: Vec<String>,
    /// The statements of those sites.
    pub factors: Vec<Factor>,
}

/// One statement of a site inside the sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// The site.
    pub site: String,
    /// Which of its statements.
    pub statement: usize,
    /// Its times.
    pub times: Times,
    /// How far from its time it reads the chain: in the direction of the chain, ascending, each once; nothing where it does not.
    pub reads: Vec<isize>,
}

impl Factor {
    /// How far ahead of its time the latest class lies that it reads.
    pub fn ahead(&self) -> isize {
        self.reads.last().copied().unwrap_or(0)
    }
}

/// The chains among the sites left open by the known names that a forward recursion sums over. One at a time: other sites that are summed
/// over, and chains that are read together, leave it open.
pub fn sums(m: &TModel, known: &[String]) -> Vec<ChainSum> {
    let open = closure::unknown_sites(m, &[], known);
    if !closure::summable(m, known).is_empty() {
        return Vec::new();
    }
    let all: Vec<ChainSum> = open.iter().filter_map(|n| sum(m, n, known)).collect();
    let overlap =
        |c: &ChainSum| all.iter().any(|o| o.site != c.site && o.inside.iter().any(|n| c.inside.contains(n)));
    all.iter().filter(|c| !overlap(c)).cloned().collect()
}

/// The distribution of a site in time.
fn in_time(s: &TSite) -> Option<(&TDist, &super::TTime)> {
    match &s.kind {
        TSiteKind::Draw(d) => d.time.as_ref().map(|t| (d, &**t)),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    }
}

fn sum(m: &TModel, name: &str, known: &[String]) -> Option<ChainSum> {
    let chain = m.site(name)?;
    let (d, time) = in_time(chain)?;
    if !chain.ty.kind.discrete() {
        return None;
    }
    let one = EventTy { kind: chain.ty.kind, shape: time.step.clone() };
    let values = values::count(d.row, &one)?;
    let own = time.pieces.iter().zip(&time.reads_own).filter(|(_, own)| **own);
    let mut directions = own.filter(|(t, _)| t.len() > 1).map(|(t, _)| t.reverse);
    let reverse = directions.next().unwrap_or(false);
    if directions.any(|r| r != reverse) {
        return None;
    }
    let mut found = ChainSum {
        site: name.to_string(),
        values,
        length: time.len(),
        reverse,
        back: 1,
        inside: Vec::new(),
        factors: Vec::new(),
    };
    for s in &m.sites {
        let mut read = Vec::new();
        closure::expressions(s).into_iter().for_each(|e| closure::reads(e, &mut read));
        let own = s.name == name;
        if !own && !read.iter().any(|n| n == name) {
            continue;
        }
        if !own && !known.contains(&s.name) {
            return None;
        }
        let (d, time) = in_time(s)?;
        found.inside.push(s.name.clone());
        for (k, times) in time.pieces.iter().enumerate() {
            let mut reads = if own { vec![0] } else { Vec::new() };
            for e in d.piece(k).params.iter().flatten() {
                distances(e, name, times, reverse, &mut reads)?;
            }
            reads.sort_unstable();
            reads.dedup();
            let factor = Factor { site: s.name.clone(), statement: k, times: times.clone(), reads };
            let first = factor.reads.first().copied().unwrap_or(0);
            found.back = found.back.max(usize::try_from(factor.ahead() - first).ok()?);
            found.factors.push(factor);
        }
    }
    let window = u32::try_from(found.back + 1).ok().and_then(|n| values.checked_pow(n));
    window.filter(|n| *n <= MOST_STATES).map(|_| found)
}

/// At which distances from the time an expression reads the chain; `None` where it reads it in another way.
fn distances(e: &TExpr, chain: &str, times: &Times, reverse: bool, out: &mut Vec<isize>) -> Option<()> {
    let named = |e: &TExpr| matches!(&e.kind, TKind::Var(n) | TKind::Before(n, _) if n == chain);
    if named(e) {
        return None;
    }
    let TKind::At(of, place) = &e.kind else { return inside(e, chain, times, reverse, out) };
    if !named(of) {
        return inside(e, chain, times, reverse, out);
    }
    let by = match place {
        Place::Shifted(_, by) => *by,
        Place::Fixed(p) if times.len() == 1 => {
            isize::try_from(*p).ok()? - isize::try_from(times.from).ok()?
        }
        Place::Fixed(_) => return None,
    };
    out.push(if reverse { -by } else { by });
    Some(())
}

fn inside(e: &TExpr, chain: &str, times: &Times, reverse: bool, out: &mut Vec<isize>) -> Option<()> {
    e.children().into_iter().try_for_each(|c| distances(c, chain, times, reverse, out))
}
