//! What objectives need of models: an exact density, a guide that covers what is latent.

use super::{Checker, Density, Estimator, Res, TModel, TSite, TSiteKind, density, noising};
use crate::diag::{Diag, codes};
use crate::event::Support;
use crate::rows::distribution::kl::closed_form;
use crate::span::Span;

impl Checker<'_> {
    /// `nll(p)` needs an exact density.
    pub(crate) fn wants_exact(&self, p: usize, span: Span) -> Res<()> {
        let m = self.typed.model(p);
        match &m.density {
            Density::Exact { .. } => Ok(()),
            Density::Implicit(site) => {
                let at = m.site(site).map_or(m.span, |s| s.value_span);
                let (how, change) = density::without_density(m, &self.typed.flows, site);
                Err(codes::e0706::no_density(
                    &m.name,
                    site,
                    span,
                    at,
                    "evaluates `log p(x)`",
                    (&how, &change),
                )
                .into())
            }
            Density::Latent(u) => {
                let site = m.site(u.first().map_or("", |s| s)).map_or(m.span, |s| s.span);
                let guide = self.typed.models.iter().find(|g| g.guide).map(|g| g.name.as_str());
                Err(codes::e0501::latent_nll(&m.name, u, span, site, guide).into())
            }
            Density::Unobserved => Err(codes::e0504::no_data(&m.name, m.span).into()),
        }
    }

    /// `kl(q, p)` needs a guide that covers the latent sites that it is about: those that it proposes, and what they are drawn from.
    pub(crate) fn wants_latent(&mut self, p: usize, q: usize, span: Span) -> Res<()> {
        let (m, g) = (self.typed.model(p), self.typed.model(q));
        let part = density::latent_part(m, g);
        self.covered_by(&part, q, span)
    }

    /// `elbo(p, q)` needs a guide that covers what the data leave open, of equal type and support, with a density.
    pub(crate) fn wants_guide(&mut self, p: usize, q: usize, span: Span) -> Res<()> {
        let m = self.typed.model(p);
        if let Density::Implicit(site) = &m.density {
            let at = m.site(site).map_or(m.span, |s| s.value_span);
            let (how, change) = density::without_density(m, &self.typed.flows, site);
            return Err(codes::e0706::no_density(
                &m.name,
                site,
                span,
                at,
                "evaluates `log p(x | z)`",
                (&how, &change),
            )
            .into());
        }
        let m = m.clone();
        self.covered_by(&m, q, span)
    }

    /// `noise_error(p, q)` needs a chain whose noise is known, and a model that draws it from `Normal`.
    pub(crate) fn wants_noise(&self, p: usize, q: usize, span: Span) -> Res<()> {
        let (m, g) = (self.typed.model(p), self.typed.model(q));
        let mut found = false;
        for s in &g.sites {
            match noising::of(m, g, &s.name) {
                None => {}
                Some(Err(why)) => {
                    return Err(codes::e0513::unknown(&g.name, span, (&s.name, s.value_span), &why).into());
                }
                Some(Ok(_)) => {
                    found = true;
                    if let Some(of) = m.site(&s.name)
                        && let TSiteKind::Draw(d) = &of.kind
                        && d.row.name() != "Normal"
                    {
                        let row = d.row.name();
                        return Err(
                            codes::e0513::not_normal(&m.name, span, (&s.name, of.value_span), row).into()
                        );
                    }
                }
            }
        }
        if found { Ok(()) } else { Err(codes::e0513::no_chain(&m.name, &g.name, span, g.span).into()) }
    }

    /// Guide `q` proposes what is open in a model or a part of it, with equal types and a density.
    fn covered_by(&mut self, m: &TModel, q: usize, span: Span) -> Res<()> {
        let g = self.typed.model(q);
        let mut known: Vec<String> = m.sites.iter().filter(|s| s.observed).map(|s| s.name.clone()).collect();
        known.extend(g.sites.iter().filter(|s| m.proposed(s).is_some()).map(|s| s.name.clone()));
        let left = density::open_sites(m, &known);
        if let Some(u) = left.first() {
            let site = m.site(u);
            let covered: Vec<&str> = g
                .sites
                .iter()
                .filter(|s| matches!(s.kind, TSiteKind::Draw(_)))
                .map(|s| s.name.as_str())
                .collect();
            let support = site.map_or(Support::REALS, |s| s.ty.kind.support());
            let open = (u.as_str(), site.map_or(m.span, |s| s.span));
            return Err(codes::e0502::not_covered((&g.name, g.span), open, &m.name, &covered, support).into());
        }
        let for_nothing = |s: &&TSite| {
            matches!(s.kind, TSiteKind::Draw(_))
                && m.site(&s.name).is_none()
                && density::stands_for(m, g, s).name == s.name
        };
        if let Some(extra) = g.sites.iter().find(for_nothing) {
            return Err(codes::e0502::not_in_model(&g.name, &extra.name, extra.span, &m.name, m.span).into());
        }
        let mut warnings = Vec::new();
        for s in &g.sites {
            let Some(of) = m.proposed(s) else { continue };
            super::guide::proposes_what_is_open(m, g, s, of)?;
            warnings.extend(proposes(m, g, (s, of), span)?);
            self.reads_relaxed(m, g, s)?;
        }
        self.diags.extend(warnings);
        Ok(())
    }
}

/// A guide's site `s` stands in for the site `of` of a model: its density is known, its event that of the model's, its range within. What is
/// narrower is a warning.
fn proposes(m: &TModel, g: &TModel, (s, of): (&TSite, &TSite), span: Span) -> Res<Option<Diag>> {
    // Computed by flows from a draw of the guide's own, and from one that nothing else is computed from.
    let flowed = density::flowed(g, s)
        .is_some_and(|b| m.site(&b.name).is_none() && density::stands_for(m, g, b).name == s.name);
    if matches!(s.kind, TSiteKind::Bind(_) | TSiteKind::Quantize(_)) && !flowed {
        return Err(codes::e0503::no_density(&g.name, &s.name, s.value_span, span, &s.name).into());
    }
    if of.ty.shape != s.ty.shape {
        let (shape, want) = (s.ty.shape_text(), of.ty.shape_text());
        let (proposed, open) = ((&*g.name, s.value_span, &*shape), (&*m.name, of.value_span, &*want));
        return Err(codes::e0201::guide_site(&s.name, proposed, open).into());
    }
    let narrower = within(g, s, of)?;
    // A relaxed draw is no value of the distribution: its density cannot stand in for a KL without a closed form.
    if let (TSiteKind::Draw(d), TSiteKind::Draw(prior)) = (&s.kind, &of.kind)
        && matches!(d.by, Estimator::Gumbel { .. })
        && closed_form(d.row, prior.row).is_none()
    {
        let (prior, row) = (prior.row.name(), d.row.name());
        return Err(codes::e0303::relaxed_density(&s.name, s.value_span, prior, row).into());
    }
    Ok(narrower)
}

/// The range of a guide's site `s` is within that of the model's site `of`; a warning where it is narrower.
fn within(g: &TModel, s: &TSite, of: &TSite) -> Res<Option<Diag>> {
    let (at, there) = (s.value_span, of.value_span);
    let (proposed, ends_stand) = (s.ty.kind, of.covers.alike(of.ty.kind.support()));
    if !proposed.inside(of.ty.kind.closure()) || ends_stand && !proposed.support().inside(of.covers) {
        return Err(codes::e0505::support(&g.name, &s.name, at, &s.ty, there, &of.ty).into());
    }
    if !proposed.support().inside(of.covers) {
        return Err(codes::e0505::ends_move(&g.name, &s.name, at, &s.ty, there, of.covers).into());
    }
    let narrower = proposed != of.ty.kind && !of.ty.kind.inside(proposed);
    Ok(narrower.then(|| codes::w0506::narrower(&g.name, &s.name, at, &s.ty, there, &of.ty)))
}
