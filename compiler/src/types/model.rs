//! Models and guides: their statements in the order of the text. What a statement says is typed in `draws.rs`, `computed.rs`,
//! `ordered.rs` and `in_time.rs`; what the data make of it in `observed.rs`.

use super::in_time::in_time;
use super::scope::Scope;
use super::{Bad, Checker, Density, Res, TExpr, TKind, TModel, TSite, TSiteKind, density};
use crate::diag::{codes, suggest::did_you_mean};
use crate::event::{Kind, Support};
use crate::span::Span;
use crate::syntax::ast::{DrawSite, Ident, Item, Site};

/// What [`Checker::model`] reads of a model or guide item.
struct Head<'a> {
    name: &'a Ident,
    conds: &'a [Ident],
    sites: &'a [Site],
    guide: bool,
    /// Declared with square brackets.
    per_datum: bool,
}

/// Most models and guides of a spec, each of which is judged beside all others.
const MOST_MODELS: usize = 256;

/// Most sites of a model or guide, each of which is judged beside all others.
const MOST_SITES: usize = 256;

/// The names that a statement gives values.
fn names(s: &Site) -> Vec<&Ident> {
    match s {
        Site::Draw(d) => vec![&d.name],
        Site::Auto(a) => vec![&a.name],
        Site::Start(a) => vec![&a.name],
        Site::Bind(b) => b.pattern.iter().collect(),
    }
}

/// The statement with which a model has too many sites.
fn one_too_many(sites: &[Site]) -> Option<Span> {
    let all = sites.iter().flat_map(names);
    all.map(|n| n.span).nth(MOST_SITES)
}

/// The model or guide that an item is.
fn head(item: &Item) -> Option<Head<'_>> {
    match item {
        Item::Model(m) => {
            Some(Head { name: &m.name, conds: &m.conds, sites: &m.sites, guide: false, per_datum: false })
        }
        Item::Guide(g) => Some(Head {
            name: &g.name,
            conds: &g.conds,
            sites: &g.sites,
            guide: true,
            per_datum: g.per_datum,
        }),
        Item::Use(_)
        | Item::Dim(_)
        | Item::Alias(_)
        | Item::Data(_)
        | Item::Net(_)
        | Item::Flow(_)
        | Item::Param(_)
        | Item::Fn(_)
        | Item::Train(_)
        | Item::Eval(_) => None,
    }
}

impl Checker<'_> {
    pub(crate) fn model_items(&mut self, items: &[&Item]) {
        let mut heads: Vec<Head<'_>> = items.iter().filter_map(|item| head(item)).collect();
        if let Some(h) = heads.get(MOST_MODELS) {
            self.say(codes::e0206::too_many_models(h.name.span, MOST_MODELS));
            self.broken.extend(heads.iter().skip(MOST_MODELS).map(|h| h.name.name.clone()));
            heads.truncate(MOST_MODELS);
        }
        for guide in [false, true] {
            for head in heads.iter().filter(|h| h.guide == guide) {
                match one_too_many(head.sites) {
                    None => self.model(head),
                    Some(at) => {
                        self.broken.push(head.name.name.clone());
                        self.say(codes::e0206::too_many_sites(at, MOST_SITES));
                    }
                }
            }
        }
    }

    fn model(&mut self, head: &Head<'_>) {
        let mut scope = Scope { model: Some(head.name.name.clone()), guide: head.guide, ..Scope::default() };
        let before = self.broken.len();
        let (conds, mut sound) = self.conditions(head, &mut scope);
        if head.per_datum && sound {
            match self.each(head) {
                Ok(item) => scope.each = Some(item),
                Err(bad) => {
                    sound = false;
                    self.say(bad);
                }
            }
        }
        let params = self.typed.params.len();
        let mut model = TModel {
            name: head.name.name.clone(),
            guide: head.guide,
            conds,
            each: scope.each,
            sites: Vec::new(),
            density: Density::Unobserved,
            span: head.name.span,
        };
        sound &= self.sites(head.sites, &mut scope, &mut model);
        self.broken.truncate(before);
        if sound && head.per_datum && self.typed.params.len() == params {
            sound = false;
            self.say(codes::e0214::without_free(
                &head.name.name,
                head.name.span,
                head.conds.first().map_or("x", |c| &c.name),
            ));
        }
        if !sound {
            self.broken.push(head.name.name.clone());
            return;
        }
        if !head.guide {
            model.density = density::conclude(&model, &self.typed.flows);
        }
        self.typed.models.push(model);
    }

    /// The conditions of a model or guide, and whether all of them are data; those that are can be read.
    fn conditions(&mut self, head: &Head<'_>, scope: &mut Scope) -> (Vec<String>, bool) {
        let (mut conds, mut sound) = (Vec::new(), true);
        for c in head.conds {
            if self.broken.contains(&c.name) {
                sound = false;
                continue;
            }
            let Some((ty, at)) = self.data_var(&c.name).map(|v| (v.ty.clone(), v.ty_span)) else {
                sound = false;
                self.no_condition(head, c);
                continue;
            };
            let kind = TKind::Var(c.name.clone());
            let t = TExpr { kind, ty, batched: true, span: c.span, origin: Some(at) };
            scope.vars.insert(c.name.clone(), t);
            conds.push(c.name.clone());
        }
        (conds, sound)
    }

    /// Says that a condition is no data.
    fn no_condition(&mut self, head: &Head<'_>, c: &Ident) {
        if let (true, Some((what, at))) = (head.per_datum, self.names.get(&c.name).copied()) {
            let data = self.typed.data.iter().flat_map(|d| &d.vars).next().map(|v| v.name.clone());
            let guide = &head.name.name;
            self.say(codes::e0214::not_data(guide, &c.name, c.span, what, at, data.as_deref()));
            return;
        }
        let known = self.typed.data.iter().flat_map(|d| &d.vars).map(|v| v.name.as_str());
        let near = did_you_mean(&c.name, known).map(str::to_string);
        self.say(codes::e0200::unknown("data variable", &c.name, c.span, near.as_deref()));
        self.broken.push(c.name.clone());
    }

    /// Adds the sites of all statements to `model`; whether nothing was wrong.
    fn sites(&mut self, all: &[Site], scope: &mut Scope, model: &mut TModel) -> bool {
        let mut sound = true;
        let mut rest = all;
        while let Some((s, behind)) = rest.split_first() {
            rest = behind;
            // A site in time is typed where its last statement stands.
            if in_time(s).is_some_and(|n| behind.iter().any(|r| in_time(r) == Some(n))) {
                continue;
            }
            let made = match in_time(s) {
                Some(n) => self.site_in_time(n, all, scope, model),
                None => self.site(s, behind, scope, model),
            };
            if let Err(bad) = made {
                sound = false;
                self.broken.extend(names(s).iter().map(|n| n.name.clone()));
                self.say(bad);
            }
        }
        sound
    }

    /// The data item whose data a guide `q[x]` holds blocks of: that of all the variables between the brackets.
    fn each(&self, head: &Head<'_>) -> Res<usize> {
        let mut found: Option<(usize, &Ident)> = None;
        for c in head.conds {
            let Some(item) = self.typed.data.iter().position(|d| d.vars.iter().any(|v| v.name == c.name))
            else {
                return Err(Bad::Said);
            };
            match found {
                Some((first, of)) if first != item => {
                    return Err(codes::e0214::two_items(&of.name, of.span, &c.name, c.span).into());
                }
                Some(_) => {}
                None => found = Some((item, c)),
            }
        }
        let Some((item, c)) = found else { return Err(Bad::Said) };
        let d = self.typed.item(item);
        match d.dynamic {
            true => Err(codes::e0214::redrawn(&head.name.name, &c.name, c.span, d.span).into()),
            false => Ok(item),
        }
    }

    /// The site of all statements in time of this name.
    fn site_in_time(&mut self, n: &str, all: &[Site], scope: &mut Scope, model: &mut TModel) -> Res<()> {
        let statements: Vec<&Site> = all.iter().filter(|s| in_time(s) == Some(n)).collect();
        let site = self.chain(&statements, scope, model)?;
        let site = self.observe(site, model)?;
        self.add(scope, model, site)
    }

    fn site(&mut self, s: &Site, behind: &[Site], scope: &mut Scope, model: &mut TModel) -> Res<()> {
        match s {
            Site::Draw(d) => {
                let site = self.draw(d, scope, model)?;
                self.add(scope, model, site)
            }
            Site::Bind(b) if self.waits(b, behind, scope)? => Ok(()),
            Site::Bind(b) => {
                for site in self.bind_site(b, scope, model)? {
                    self.add(scope, model, site)?;
                }
                Ok(())
            }
            Site::Auto(a) => {
                let site = self.ordered(a, scope, model)?;
                self.add(scope, model, site)
            }
            Site::Start(_) => Ok(()),
        }
    }

    pub(super) fn draw(&mut self, d: &DrawSite, scope: &Scope, model: &TModel) -> Res<TSite> {
        let site = self.drawn(d, scope, model)?;
        self.observe(site, model)
    }

    fn add(&self, scope: &mut Scope, model: &mut TModel, site: TSite) -> Res<()> {
        if let Some(first) = model.site(&site.name) {
            return Err(codes::e0202::declared_twice(&site.name, site.span, first.span).into());
        }
        let origin = match &site.kind {
            TSiteKind::Bind(e) => e.origin.or(Some(site.value_span)),
            TSiteKind::Draw(_) | TSiteKind::Quantize(_) => Some(site.value_span),
        };
        // Where the site is read it is a draw or a datum, and a datum may lie at an end of the range.
        let data = self.data_var(&site.name).filter(|_| site.observed).map(|v| v.ty.kind.support());
        let kind = match (site.ty.kind, data) {
            (Kind::Real(Support::Interval(own)), Some(data)) => Kind::Real(own.hull(data.interval()).into()),
            (Kind::Real(s), Some(_)) => Kind::Real(s.closure()),
            (kind, Some(_) | None) => kind,
        };
        let ty = site.ty.with_kind(kind);
        let t = TExpr { kind: TKind::Var(site.name.clone()), ty, batched: true, span: site.span, origin };
        scope.vars.insert(site.name.clone(), t);
        model.sites.push(site);
        Ok(())
    }
}
