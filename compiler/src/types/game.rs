//! The train block: players, who owns what, and the objective that follows when none is written.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one form of expression is asked for; all others are alike"
)]

use super::consts::known_number;
use super::scope::Scope;
use super::{
    Bad, Checker, Density, Res, TExpr, TKind, TModel, TObjective, TPlayer, TSiteKind, TSubject, TTrain,
    density,
};
use crate::diag::{codes, suggest::did_you_mean};
use crate::rows::args::Args;
use crate::rows::layer::ReadsBatch;
use crate::rows::setting::Batch;
use crate::rows::{self, ConstraintRow, ObjectiveRow, objective};
use crate::span::Span;
use crate::syntax::ast::{Call, Goal, Ident, Item, PlayerItem, TrainItem};

/// The name by which a parameter is owned: a `free(..)` of `q`, called `q.free0`, by that of `q`.
pub fn owner_of(param: &str) -> &str {
    param.split_once('.').map_or(param, |(model, _)| model)
}

impl Checker<'_> {
    pub(crate) fn train_item(&mut self, items: &[&Item]) {
        self.typed.train = TTrain { settings: super::settings::unsaid(), ..TTrain::default() };
        let trains: Vec<&TrainItem> =
            items.iter().filter_map(|i| if let Item::Train(t) = i { Some(t) } else { None }).collect();
        if let [_, second, ..] = trains.as_slice() {
            let first = trains.first().map_or(second.span, |t| t.span);
            self.say(codes::e0202::declared_twice("train", second.span, first));
        }
        match trains.first() {
            Some(t) => {
                if let Err(bad) = self.train(t) {
                    self.say(bad);
                }
            }
            None => {
                if let Err(bad) = self.derived(None, None) {
                    self.say(bad);
                }
            }
        }
        self.idle_guides();
        self.minibatches();
        self.row_weights();
    }

    /// Refuses minibatches of one example where examples are compared with each other.
    fn minibatches(&mut self) {
        let settings = &self.typed.train.settings;
        if Batch::of(settings) == 1
            && let Some(by) = self.typed.coupled(ReadsBatch::Training)
        {
            self.say(codes::e0220::batch_of_one(by.row, by.span, Batch::span(settings)));
        }
    }

    fn train(&mut self, t: &TrainItem) -> Res<()> {
        let outside = self.consts.mark();
        // Numbers that have a name may be arguments, too.
        for l in &t.lets {
            if let ([name], Ok(v)) = (l.pattern.as_slice(), known_number(&self.consts, &l.value)) {
                self.consts.push(&name.name, v);
            }
        }
        let checked = self.goals_of(t);
        self.consts.reset(outside);
        checked
    }

    /// What `train` says, its numbers known.
    fn goals_of(&mut self, t: &TrainItem) -> Res<()> {
        self.settings(&t.settings);
        self.typed.train.simultaneous = t.simultaneous.is_some();
        let mut scope = Scope::default();
        let mut failed = false;
        for l in &t.lets {
            let value = self.in_calls(&l.value, &scope);
            match value.and_then(|v| self.unpacked(&l.pattern, &v, l.span, &scope)) {
                Ok(values) => {
                    for (name, e) in l.pattern.iter().zip(values) {
                        let i = self.typed.train.lets.len();
                        let var = TExpr { kind: TKind::Let(i), span: name.span, ..e.clone() };
                        self.typed.train.lets.push((name.name.clone(), e));
                        scope.vars.insert(name.name.clone(), var);
                    }
                }
                Err(bad) => {
                    failed = true;
                    self.broken.extend(l.pattern.iter().map(|n| n.name.clone()));
                    self.say(bad);
                }
            }
        }
        if failed {
            return Err(Bad::Said);
        }
        self.in_train = scope.clone();
        match (&t.players, &t.goal) {
            (players, Some(goal)) if !players.is_empty() => Err(codes::e0702::goal_and_players(
                goal.span,
                players.first().map_or(t.span, |p| p.name.span),
            )
            .into()),
            (players, None) if !players.is_empty() => {
                for (i, p) in players.iter().enumerate() {
                    if let Some(first) = players.iter().take(i).find(|o| o.name.name == p.name.name) {
                        failed = true;
                        self.say(codes::e0202::declared_twice(&p.name.name, p.name.span, first.name.span));
                        continue;
                    }
                    match self.player(p, t.using.as_ref(), &scope) {
                        Ok(tp) => self.typed.train.players.push(tp),
                        Err(bad) => {
                            failed = true;
                            self.say(bad);
                        }
                    }
                }
                if failed {
                    return Err(Bad::Said);
                }
                self.stops(&t.settings);
                self.ownership()
            }
            (_, Some(goal)) => {
                let payoff = self.payoff(goal, &scope, None)?;
                self.anonymous(payoff, goal.maximize, false, t.using.as_ref(), goal.span)
            }
            (_, None) => self.derived(t.using.as_ref(), Some(t.span)),
        }
    }

    /// A payoff of a player that owns these names; of everything when `None`.
    fn payoff(&mut self, goal: &Goal, scope: &Scope, owns: Option<&[(String, Span)]>) -> Res<TExpr> {
        let goal_in_calls = self.in_calls(&goal.payoff, scope)?;
        let e = self.expr(&goal_in_calls, scope)?;
        if !e.ty.shape.is_empty() || e.batched {
            return Err(codes::e0211::payoff(goal.payoff.span, &e.ty.shape_text()).into());
        }
        let mut discrete = None;
        self.walk(&e, &mut |c, x| {
            if let TKind::Sample(m, s) = &x.kind
                && let Some(model) = c.typed.models.iter().find(|t| t.name == *m)
            {
                for site in density::upstream(model, s) {
                    let row = match &site.kind {
                        TSiteKind::Draw(d) if !d.row.reparameterised().exactly() => d.row.name(),
                        TSiteKind::Quantize(_) => "quantize",
                        TSiteKind::Draw(_) | TSiteKind::Bind(_) => continue,
                    };
                    if c.trained_upstream(model, &site.name, owns) {
                        discrete.get_or_insert((site.name.clone(), row, site.value_span, x.span));
                    }
                }
            }
        });
        match discrete {
            Some((site, row, at, span)) => Err(codes::e0303::not_pathwise(&site, row, at, span).into()),
            None => Ok(e),
        }
    }

    /// Whether a site depends on parameters of what a player owns.
    fn trained_upstream(&self, m: &TModel, site: &str, owns: Option<&[(String, Span)]>) -> bool {
        let mut found = false;
        let owned = |n: &String| owns.is_none_or(|o| o.iter().any(|(name, _)| owner_of(n) == name));
        for s in density::upstream(m, site) {
            for e in density::expressions(s) {
                self.walk(e, &mut |c, x| {
                    found |= if let TKind::Net { net, .. } = &x.kind {
                        {
                            let n = c.typed.net(*net);
                            owned(&n.name) || n.calls.iter().any(&owned)
                        }
                    } else if let TKind::Flow { flow, .. } = &x.kind {
                        {
                            let f = c.typed.flow(*flow);
                            owned(&f.name) || f.calls.iter().any(&owned)
                        }
                    } else if let TKind::Param(i) = &x.kind {
                        owned(&c.typed.param(*i).name)
                    } else {
                        false
                    };
                });
            }
        }
        found
    }

    /// Visits an expression and everything inside it.
    pub(crate) fn walk(&self, e: &TExpr, f: &mut dyn FnMut(&Self, &TExpr)) {
        self.typed.walk(e, &mut |x| f(self, x));
    }

    fn default_optimizer() -> Call {
        Call {
            name: Ident { name: rows::optimizer::DEFAULT.name().into(), span: Span::default() },
            args: Vec::new(),
            parens: true,
            block: None,
            span: Span::default(),
        }
    }

    fn player(&mut self, p: &PlayerItem, default: Option<&Call>, scope: &Scope) -> Res<TPlayer> {
        let owns = p.owns.iter().map(|o| self.owned(o)).collect::<Res<Vec<_>>>()?;
        let payoff = self.payoff(&p.goal, scope, Some(&owns))?;
        self.misplaced(p)?;
        let using = p.using.clone().or_else(|| default.cloned()).unwrap_or_else(Self::default_optimizer);
        let (args, schedules) = self.optimizer_args(&using)?;
        let optimizer = rows::find(rows::optimizer::ROWS, &using.name.name).ok_or(Bad::Said)?;
        let steps = match &p.steps {
            Some(e) => super::consts::size(&self.consts, e, 1)?,
            None => 1,
        };
        let within = match &p.within {
            None => None,
            Some(c) => Some(self.constraint(c, &owns)?),
        };
        Ok(TPlayer {
            name: p.name.name.clone(),
            owns,
            maximize: p.goal.maximize,
            payoff,
            derived: false,
            optimizer,
            args,
            schedules,
            within,
            steps,
            using: place(&using, p.name.span),
            span: p.name.span,
        })
    }

    /// What a player owns by this name: a net, a flow, a param, or the `free(..)` parameters of a model or guide.
    fn owned(&self, o: &Ident) -> Res<(String, Span)> {
        if self.broken.contains(&o.name) {
            return Err(Bad::Said);
        }
        if let Some(net) = self.typed.nets.iter().find(|n| n.name == o.name && n.frozen.is_some()) {
            return Err(codes::e0229::owned(&o.name, o.span, net.span).into());
        }
        let free = || self.typed.params.iter().any(|p| p.name != o.name && owner_of(&p.name) == o.name);
        match self.names.get(&o.name) {
            Some(("net" | "flow" | "param", _)) => Ok((o.name.clone(), o.span)),
            Some(("model" | "guide", _)) if free() => Ok((o.name.clone(), o.span)),
            Some((what, at)) => Err(codes::e0702::cannot_own(&o.name, what, o.span, *at).into()),
            None => {
                let known = self.owned_names();
                let near = did_you_mean(&o.name, known.iter().map(String::as_str)).map(str::to_string);
                let what = "net, flow or param";
                Err(codes::e0200::unknown(what, &o.name, o.span, near.as_deref()).into())
            }
        }
    }

    /// `within clip(c)` of a player that owns `owns`.
    fn constraint(&self, c: &Call, owns: &[(String, Span)]) -> Res<(&'static dyn ConstraintRow, Args)> {
        let row = rows::find(rows::constraint::ROWS, &c.name.name).ok_or_else(|| {
            let (name, known) = (&c.name.name, rows::constraint::ROWS.iter().map(|r| r.name()));
            let near = did_you_mean(name, known).map(str::to_string);
            Bad::from(codes::e0200::unknown("weight constraint", name, c.name.span, near.as_deref()))
        })?;
        let per_datum = |o: &str| self.typed.models.iter().any(|m| m.name == o && m.each.is_some());
        if let Some((q, span)) = owns.iter().find(|(o, _)| per_datum(o)) {
            return Err(codes::e0214::constrained(q, *span, c.span, row.name()).into());
        }
        Ok((row, super::consts::bind(&self.consts, row.params(), c)?))
    }

    fn owned_names(&self) -> Vec<String> {
        let nets = self.typed.nets.iter().map(|n| n.name.clone());
        nets.chain(self.typed.flows.iter().map(|f| f.name.clone()))
            .chain(self.typed.params.iter().map(|p| p.name.clone()))
            .collect()
    }

    /// Every trainable net, flow or param has exactly one owner.
    fn ownership(&mut self) -> Res<()> {
        let mut seen: Vec<(String, Span, String)> = Vec::new();
        let mut diags = Vec::new();
        for p in &self.typed.train.players {
            for (name, span) in &p.owns {
                match seen.iter().find(|(n, _, _)| n == name) {
                    Some((_, first, player)) => {
                        diags.push(codes::e0701::owned_twice(name, *span, *first, player))
                    }
                    None => seen.push((name.clone(), *span, p.name.clone())),
                }
            }
        }
        let used = self.used();
        let trainable: Vec<(String, Span)> = self
            .typed
            .nets
            .iter()
            .filter(|n| n.trainable())
            .map(|n| (n.name.clone(), n.span))
            .chain(
                self.typed
                    .flows
                    .iter()
                    .filter(|n| n.chain.layers.iter().any(|l| !l.checked.params.is_empty()))
                    .map(|f| (f.name.clone(), f.span)),
            )
            .chain(self.typed.params.iter().map(|p| (p.name.clone(), p.span)))
            .collect();
        let mut said: Vec<&str> = Vec::new();
        let players: Vec<String> = self.typed.train.players.iter().map(|p| p.name.clone()).collect();
        for (name, span) in &trainable {
            let owner = owner_of(name);
            if used.contains(name) && !seen.iter().any(|(n, _, _)| n == owner) && !said.contains(&owner) {
                said.push(owner);
                diags.push(codes::e0704::no_owner(owner, *span, &players));
            }
        }
        self.diags.extend(diags);
        Ok(())
    }

    /// Names of the nets, flows and params that any payoff, model or guide uses.
    pub(crate) fn used(&self) -> Vec<String> {
        let mut used: Vec<String> = Vec::new();
        let mut visit = |c: &Self, e: &TExpr| {
            let name = match &e.kind {
                TKind::Net { net, .. } => Some(c.typed.net(*net).name.clone()),
                TKind::Objective(o) => o.subjects.iter().find_map(|s| match s {
                    TSubject::Critic(d) => Some(c.typed.net(d.net).name.clone()),
                    TSubject::Model(_) | TSubject::Guide(_) | TSubject::Input(_) => None,
                }),
                TKind::Flow { flow, .. } => Some(c.typed.flow(*flow).name.clone()),
                TKind::Param(i) => Some(c.typed.param(*i).name.clone()),
                _ => None,
            };
            used.extend(name);
        };
        for e in self.typed.train.players.iter().map(|p| &p.payoff).chain(&self.typed.values) {
            self.walk(e, &mut visit);
        }
        // Whether what a player owns reaches its payoff is said of that player.
        let derived = self
            .typed
            .train
            .players
            .iter()
            .filter(|p| p.name != "all")
            .flat_map(|p| &p.owns)
            .map(|(n, _)| n.clone());
        let owned: Vec<String> = derived.collect();
        for m in &self.typed.models {
            for s in &m.sites {
                match &s.kind {
                    TSiteKind::Draw(d) => {
                        d.params.iter().flatten().chain(&d.baseline).for_each(|e| self.walk(e, &mut visit))
                    }
                    TSiteKind::Bind(e) | TSiteKind::Quantize(e) => self.walk(e, &mut visit),
                }
            }
        }
        used.extend(owned);
        // Nets and flows used as layers of others.
        let names: Vec<String> = self.owned_names();
        let calls = self
            .typed
            .nets
            .iter()
            .flat_map(|n| &n.calls)
            .chain(self.typed.flows.iter().flat_map(|f| &f.calls));
        used.extend(calls.filter(|l| names.contains(l)).cloned());
        used
    }

    /// Warns of what nothing reads.
    pub(crate) fn unused(&mut self) {
        if !self.broken.is_empty() || super::failed(&self.diags) {
            return;
        }
        let used = self.used();
        let mut diags = Vec::new();
        for (name, span, what) in self
            .typed
            .nets
            .iter()
            .map(|n| (&n.name, n.span, "net"))
            .chain(self.typed.flows.iter().map(|f| (&f.name, f.span, "flow")))
            .chain(self.typed.params.iter().map(|p| (&p.name, p.span, "param")))
        {
            if !used.contains(name) {
                diags.push(codes::w0215::unused(what, name, span));
            }
        }
        self.diags.extend(diags);
    }

    /// Warns of guides that no objective reads: their nets would keep the weights that they start with.
    fn idle_guides(&mut self) {
        if !self.broken.is_empty() || super::failed(&self.diags) {
            return;
        }
        let read = self.typed.read_by_goals();
        let idle = self
            .typed
            .models
            .iter()
            .enumerate()
            .filter(|(i, m)| m.guide && !read.contains(i))
            .map(|(_, m)| m);
        let diags: Vec<_> = idle.map(|g| codes::w0508::idle(&g.name, g.span, self.summed_by(g))).collect();
        self.diags.extend(diags);
    }

    /// The model that sums over all values of a site for which this guide stands: its name, the site's name and place.
    fn summed_by(&self, g: &TModel) -> Option<(&str, &str, Span)> {
        self.typed.models.iter().find_map(|m| match &m.density {
            Density::Exact { summed, .. } => {
                let site = m.sites.iter().find(|s| summed.contains(&s.name) && g.site(&s.name).is_some())?;
                Some((m.name.as_str(), site.name.as_str(), site.span))
            }
            Density::Latent(_) | Density::Implicit(_) | Density::Unobserved => None,
        })
    }

    fn anonymous(
        &mut self,
        payoff: TExpr,
        maximize: bool,
        derived: bool,
        using: Option<&Call>,
        span: Span,
    ) -> Res<()> {
        let using = using.cloned().unwrap_or_else(Self::default_optimizer);
        let (args, schedules) = self.optimizer_args(&using)?;
        let optimizer = rows::find(rows::optimizer::ROWS, &using.name.name).ok_or(Bad::Said)?;
        let frozen = |n: &String| self.typed.nets.iter().any(|net| net.name == *n && net.frozen.is_some());
        let owns = self.owned_names().into_iter().filter(|n| !frozen(n)).map(|n| (n, span)).collect();
        let p = TPlayer {
            name: "all".into(),
            owns,
            maximize,
            payoff,
            derived,
            optimizer,
            args,
            schedules,
            within: None,
            steps: 1,
            using: place(&using, span),
            span,
        };
        self.typed.train.players.push(p);
        Ok(())
    }

    /// The objective that follows from the density of the only model.
    fn derived(&mut self, using: Option<&Call>, train: Option<Span>) -> Res<()> {
        if !self.broken.is_empty() || super::failed(&self.diags) {
            return Err(Bad::Said);
        }
        let p = self.only_model(train)?;
        let m = self.typed.model(p);
        let span = m.span;
        let (row, subjects): (&'static dyn ObjectiveRow, _) = match m.density.clone() {
            Density::Exact { .. } => (&objective::Nll, vec![TSubject::Model(p)]),
            Density::Unobserved => return Err(codes::e0504::no_data(&m.name, span).into()),
            Density::Implicit(site) => {
                let at = m.site(&site).map_or(span, |s| s.value_span);
                let (how, change) = density::without_density(m, &self.typed.flows, &site);
                return Err(codes::e0501::implicit(&m.name, span, &site, at, (&how, &change)).into());
            }
            Density::Latent(open) => {
                let q = self.only_guide(p, m, &open)?;
                self.wants_guide(p, q, span)?;
                (&objective::Elbo, vec![TSubject::Model(p), TSubject::Guide(q)])
            }
        };
        let maximize = subjects.len() > 1;
        let payoff = TExpr {
            kind: TKind::Objective(TObjective::supplied(row, subjects, span)),
            ty: crate::event::EventTy::real(Vec::new()),
            batched: false,
            span,
            origin: None,
        };
        self.anonymous(payoff, maximize, true, using, span)
    }

    /// The only model of the spec, which is then its goal; `train` is where a goal could stand.
    fn only_model(&self, train: Option<Span>) -> Res<usize> {
        let models: Vec<(usize, &TModel)> =
            self.typed.models.iter().enumerate().filter(|(_, m)| !m.guide).collect();
        if let [(p, _)] = models.as_slice() {
            return Ok(*p);
        }
        let second = models.get(1).map(|(_, m)| m.span);
        let net = || self.typed.nets.first().map(|n| n.span).or(self.typed.flows.first().map(|f| f.span));
        let data = || self.typed.data.first().and_then(|d| d.vars.first()).map(|v| v.span);
        let nowhere = Span::new(crate::span::FileId::SPEC, 0, 0);
        let span = train.or(second).or_else(net).or_else(data).unwrap_or(nowhere);
        let names: Vec<&str> = models.iter().map(|(_, m)| m.name.as_str()).collect();
        Err(codes::e0504::no_goal(span, &names).into())
    }

    /// The only guide of the spec, which then proposes what is `open` in model number `p`.
    fn only_guide(&self, p: usize, m: &TModel, open: &[String]) -> Res<usize> {
        let guides: Vec<usize> =
            self.typed.models.iter().enumerate().filter(|(_, m)| m.guide).map(|(i, _)| i).collect();
        match guides.as_slice() {
            [q] => Ok(*q),
            [] => {
                let site = open.first().and_then(|u| m.site(u)).map_or(m.span, |s| s.span);
                let x = m.sites.iter().find(|s| s.observed);
                let (x, at) = x.map_or(("", m.span), |s| (&s.name, s.span));
                let decoder = self.decoder_of(p);
                Err(codes::e0501::latent(&m.name, open, site, x, at, decoder.as_deref()).into())
            }
            [_, _, ..] => Err(codes::e0504::several_guides(&m.name, m.span).into()),
        }
    }

    /// The net that the data site of a model reads, for a message.
    fn decoder_of(&self, p: usize) -> Option<String> {
        let site = self.typed.model(p).sites.iter().find(|s| s.observed)?;
        let mut found = None;
        let mut visit = |c: &Self, e: &TExpr| {
            if let TKind::Net { net, .. } = &e.kind {
                found = found.take().or_else(|| Some(c.typed.net(*net).name.clone()));
            }
        };
        match &site.kind {
            TSiteKind::Draw(d) => d.params.iter().flatten().for_each(|e| self.walk(e, &mut visit)),
            TSiteKind::Bind(e) | TSiteKind::Quantize(e) => self.walk(e, &mut visit),
        }
        found
    }
}

/// Where an optimizer is named, or `player` where it is not.
fn place(using: &Call, player: Span) -> Span {
    if using.span == Span::default() { player } else { using.span }
}
