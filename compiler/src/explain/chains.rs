//! What the draws of a site in time read.

use crate::types::text::Notation;
use crate::types::{Place, TKind, TSiteKind, Typed};

/// What a draw of one time reads.
pub struct Read {
    /// The elements in time, of the site itself and of others, as they are written: `z[t - 1]`.
    pub elements: Vec<String>,
    /// How many earlier times of the site itself it reaches back, or later ones in a site that is drawn backwards.
    pub look_back: usize,
    /// How many numbers the site has at a time.
    pub numbers: usize,
}

/// Of a site in time of a model whose times are drawn one after the other.
pub fn chain_reads(typed: &Typed, model: &str, site: &str) -> Option<Read> {
    let m = typed.models.iter().find(|m| m.name == model && !m.guide)?;
    let TSiteKind::Draw(d) = &m.site(site)?.kind else { return None };
    let time = d.time.as_ref().filter(|t| t.chained())?;
    let n = Notation { typed, latex: false, lets: false, another: false };
    let (mut elements, mut look_back): (Vec<String>, usize) = (Vec::new(), 0);
    for e in d.params.iter().flatten() {
        e.walk(&mut |e| {
            let TKind::At(of, Place::Shifted(_, by)) = &e.kind else { return };
            let text = n.expr(e, 0);
            if !elements.contains(&text) {
                elements.push(text);
            }
            if matches!(of.kind, TKind::Before(..)) {
                look_back = look_back.max(by.unsigned_abs());
            }
        });
    }
    Some(Read { elements, look_back, numbers: time.step.iter().product() })
}
