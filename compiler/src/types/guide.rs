//! What a guide may propose: sites that are still open, and relaxed draws only where they are read as numbers.

use super::{Checker, Estimator, Res, TExpr, TKind, TModel, TSite, TSiteKind, density};
use crate::diag::codes;
use crate::event::Kind;

/// A guide proposes what the data and its other proposals leave open. A site that they fix already has no freedom left: the model's
/// density would be taken at one value and the guide's at another, and their difference is no bound.
pub(super) fn proposes_what_is_open(m: &TModel, g: &TModel, s: &TSite, of: &TSite) -> Res<()> {
    if of.observed {
        return Err(codes::e0502::proposes_data(&g.name, &s.name, s.span, &m.name, of.span).into());
    }
    let data: Vec<String> = m.sites.iter().filter(|o| o.observed).map(|o| o.name.clone()).collect();
    let mut others = data.clone();
    others.extend(
        g.sites.iter().filter(|o| o.name != s.name && m.proposed(o).is_some()).map(|o| o.name.clone()),
    );
    if !density::close(m, &others).contains(&s.name) {
        return Ok(());
    }
    // Those of them that suffice, for the message.
    for o in data.iter().chain(&others.clone()) {
        let fewer: Vec<String> = others.iter().filter(|n| *n != o).cloned().collect();
        if density::close(m, &fewer).contains(&s.name) {
            others = fewer;
        }
    }
    Err(codes::e0502::already_fixed(&g.name, &s.name, s.span, &m.name, of.span, &others).into())
}

/// Whether a guide's draw is relaxed in training.
pub(super) fn relaxed(s: &TSite) -> bool {
    matches!(&s.kind, TSiteKind::Draw(d) if matches!(d.by, Estimator::Gumbel { .. }))
}

impl Checker<'_> {
    /// A relaxed draw lies between the values, so what looks values up, a table or a one-hot code, would neither see it nor carry a
    /// derivative back.
    pub(super) fn reads_relaxed(&self, m: &TModel, g: &TModel, s: &TSite) -> Res<()> {
        if !relaxed(s) {
            return Ok(());
        }
        let mut found = None;
        let mut look = |name: &str, kind: Kind, arg: &TExpr| {
            if matches!(kind, Kind::Class(_) | Kind::Int(_))
                && matches!(&arg.kind, TKind::Var(n) if *n == s.name)
            {
                found.get_or_insert((name.to_string(), arg.span));
            }
        };
        for e in m.sites.iter().chain(&g.sites).flat_map(density::expressions) {
            self.walk(e, &mut |c, e| {
                if let TKind::Net { net, args, .. } = &e.kind {
                    let n = c.typed.net(*net);
                    n.inputs.iter().zip(args).for_each(|((_, t, _), a)| look(&n.name, t.kind, a));
                } else if let TKind::Flow { flow, given, .. } = &e.kind {
                    let f = c.typed.flow(*flow);
                    f.given.iter().zip(given).for_each(|((_, t), a)| look(&f.name, t.kind, a));
                }
            });
        }
        match found {
            Some((net, at)) => {
                Err(codes::e0303::relaxed_read(&s.name, s.value_span, &net, at, &s.ty.shape_text()).into())
            }
            None => Ok(()),
        }
    }
}
