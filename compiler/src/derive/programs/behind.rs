//! What stands behind values of data that are given: discrete sites about which they say something.

use crate::types::density::{summable, upstream};
use crate::types::{TModel, TSite, TSiteKind};

/// What given values of data depend on.
pub struct Behind {
    /// The part of the model that is about them.
    pub part: TModel,
    /// The discrete sites in it about which they say something, which are drawn from their exact posterior.
    pub sites: Vec<String>,
}

/// What the given values depend on, all of them together.
///
/// # Errors
/// A site that is not drawn, or that depends on a draw of which no exact posterior is known.
pub fn behind(m: &TModel, names: &[String]) -> Result<Behind, String> {
    let mut of: Vec<&str> = Vec::new();
    for name in names {
        drawn(m, name)?;
        of.extend(upstream(m, name).iter().map(|s| s.name.as_str()));
    }
    let sites = m.sites.iter().filter(|s| of.contains(&s.name.as_str())).cloned().collect();
    let part = TModel { sites, ..m.clone() };
    let known: Vec<String> = m.conds.iter().chain(names).cloned().collect();
    let plain = |s: &TSite| match &s.kind {
        TSiteKind::Draw(d) => d.order.is_none() && d.time.is_none(),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => false,
    };
    let sites: Vec<String> =
        summable(&part, &known).into_iter().filter(|n| part.site(n).is_some_and(plain)).collect();
    let open = |s: &&TSite| {
        matches!(s.kind, TSiteKind::Draw(_)) && !names.contains(&s.name) && !sites.contains(&s.name)
    };
    let depends = |s: &TSite| {
        let name = names.iter().find(|n| upstream(m, n).iter().any(|u| u.name == s.name));
        let name = name.map_or("", String::as_str);
        format!("`{name}` depends on `{}`, and what a value of `{name}` says about it is not known", s.name)
    };
    match part.sites.iter().find(open).map(depends) {
        Some(why) => Err(why),
        None => Ok(Behind { part, sites }),
    }
}

/// A data variable that the model draws.
pub(super) fn drawn<'m>(m: &'m TModel, name: &str) -> Result<&'m TSite, String> {
    let Some(site) = m.site(name).filter(|s| s.observed) else {
        return Err(format!("`{}` has no data variable `{name}`", m.name));
    };
    match &site.kind {
        TSiteKind::Draw(_) => Ok(site),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => Err(format!("`{name}` is computed, not drawn")),
    }
}
