//! Bounds with a guide: their terms, which of them are in closed form, and how gradients pass through the guide's draws.

use super::noising::Chain;
use super::{Factor, Sign, Writer, summed};
use crate::derive::kl::{self, LatentKl, Unit, closed_form, known, latent_sites, of_latents};
use crate::rows::estimator::{self, Estimator};
use crate::rows::objective::Terms;
use crate::types::noising::{self, Noising};
use crate::types::{TDist, TExpr, TKind, TModel, TSite, TSiteKind, Times, density};

/// A model and its guide, in one of the two forms of the bound.
pub(super) struct Pair<'t> {
    /// The model.
    pub(super) m: &'t TModel,
    /// The guide.
    pub(super) g: &'t TModel,
    /// In the form with entropies.
    pub(super) entropy: bool,
    /// Which terms of the KL of a chain are computed.
    pub(super) terms: Terms,
    /// The latent sites whose KL counts; all where there is no list.
    pub(super) of: Option<Vec<String>>,
}

/// What a pair sums over discrete sites that the guide leaves out.
struct Summed {
    latent: Vec<String>,
    over: Vec<String>,
    inside: Vec<String>,
}

impl<'t> Pair<'t> {
    fn counts(&self, site: &str) -> bool {
        self.of.as_ref().is_none_or(|of| of.iter().any(|s| s == site))
    }
    fn known(&self) -> Vec<String> {
        known(self.m, Some(self.g))
    }
    /// The chain that a site of the guide is, where its marginals are known.
    fn chain(&self, s: &TSite) -> Option<Noising<'t>> {
        let all = if self.entropy { Vec::new() } else { kl::noised(self.m, self.g) };
        all.into_iter().find(|(n, _)| *n == s.name).map(|(_, chain)| chain)
    }
    fn summed(&self) -> Summed {
        let over = summed(self.m, self.g);
        let inside = density::reached(self.m, &over, &self.known());
        Summed { latent: latent_sites(self.m, self.g), over, inside }
    }
    /// Whether the KL of a site of the guide is taken in closed form.
    fn closed(&self, s: &TSite) -> bool {
        !self.entropy && (closed_form(self.m, self.g, s) || self.chain(s).is_some())
    }
}

impl Summed {
    /// Whether there is a sum, and it belongs to the KL.
    fn of_latents(&self) -> bool {
        !self.over.is_empty() && of_latents(&self.inside, &self.latent, &self.over)
    }
}

impl<'t> Writer<'t> {
    pub(super) fn elbo(&mut self, pair: &Pair<'t>, beta: Option<&TExpr>, free: f64, sign: Sign) {
        let (m, g) = (pair.m, pair.g);
        let weight = match beta.filter(|b| !matches!(b.kind, TKind::Const(1.0))) {
            Some(beta) => format!("{}{}", self.n.expr(beta, 2), self.n.either(" \\, ", " * ")),
            None => String::new(),
        };
        let sums = pair.summed();
        for s in m.sites.iter().filter(|s| !sums.latent.contains(&s.name) && !sums.inside.contains(&s.name)) {
            if let TSiteKind::Draw(d) = &s.kind {
                let text = self.expect(&g.name, &self.log_density_at(d, &self.point(m, s)));
                self.term(sign, &text);
            }
        }
        if !sums.over.is_empty() {
            if !sums.of_latents() {
                let text = self.expect(&g.name, &self.sum_over(m, &sums.over, &pair.known()));
                self.term(sign, &text);
            }
            self.note(format!("summed exactly over all values of `{}`", sums.over.join("`, `")));
        }
        self.expected_determinants(m, g, true, sign.into());
        self.kl(pair, Factor { sign: sign.flipped(), weight: &weight });
        if free > 0.0 {
            self.notes.extend(kl::plan(m, g, pair.entropy).iter().map(|k| floor(k, free)));
        }
        self.estimators(g, false);
    }

    /// The terms of KL(q ‖ p): in closed form where known, else log q - log p at the guide's sample.
    pub(super) fn kl(&mut self, pair: &Pair<'t>, factor: Factor<'_>) {
        let (m, g) = (pair.m, pair.g);
        let mut open = Vec::new();
        for s in g.sites.iter().filter(|s| pair.counts(&s.name)) {
            let TSiteKind::Draw(qd) = &s.kind else { continue };
            if let Some(chain) = pair.chain(s) {
                self.chain_kl(&Chain { chain: &chain, m, g, site: s }, pair.terms, factor);
                continue;
            }
            if let Some(Err(why)) = noising::of(m, g, &s.name).filter(|_| !pair.entropy) {
                self.note(format!(
                    "`{}` goes through `{}` in the other direction, but the chain's noise is not known: {why}",
                    m.name, s.name
                ));
            }
            match (pair.closed(s), m.site(&s.name).map(|o| &o.kind)) {
                (true, Some(TSiteKind::Draw(pd))) => self.closed_kl(&g.name, s, (qd, pd), factor),
                _ => open.push((s, qd)),
            }
        }
        if pair.entropy {
            self.note("the bound in its entropy form, E[log p(x, z)] + H".to_string());
        }
        for (s, qd) in &open {
            self.open_kl(pair, (s, qd), factor);
        }
        if !open.is_empty() {
            self.priors(pair, factor.flipped());
        }
    }

    fn closed_kl(&mut self, over: &str, s: &TSite, (qd, pd): (&TDist, &TDist), factor: Factor<'_>) {
        match (&qd.time, &pd.time) {
            (Some(of_q), Some(of_p)) => {
                for (i, j, times) in met(&of_q.pieces, &of_p.pieces) {
                    let text = self.over_times(&times, self.kl_of(&qd.piece(i), &pd.piece(j)));
                    let chained =
                        of_q.reads_own.get(i) == Some(&true) || of_p.reads_own.get(j) == Some(&true);
                    let text = if chained { self.expect(over, &text) } else { text };
                    self.term(factor, &text);
                }
            }
            (None, _) | (_, None) => {
                let text = self.kl_of(qd, pd);
                self.term(factor, &text);
            }
        }
        self.note(format!(
            "the KL of `{}` is in closed form: {} against {}",
            s.name,
            qd.row.name(),
            pd.row.name()
        ));
    }

    /// `KL(Normal(m, s) || Normal(0, 1))`
    fn kl_of(&self, qd: &TDist, pd: &TDist) -> String {
        let bars = self.n.either("\\,\\|\\,", " || ");
        format!("{}({}{bars}{})", self.n.op("KL"), self.n.dist(qd), self.n.dist(pd))
    }

    /// What is said of one time, summed over the times of a statement; of a statement about one time as it is.
    fn over_times(&self, times: &Times, text: String) -> String {
        match times.index {
            None => text,
            Some(_) => {
                let over = if self.n.latex { times.latex() } else { times.to_string() };
                format!("{}_{{{over}}} {text}", self.n.either("\\sum", "sum"))
            }
        }
    }

    /// The guide's side of a KL that is not in closed form.
    fn open_kl(&mut self, pair: &Pair<'t>, (s, qd): (&'t TSite, &'t TDist), factor: Factor<'_>) {
        let (m, g) = (pair.m, pair.g);
        if pair.entropy {
            self.note(match qd.row.entropy() {
                Ok(_) => format!("the entropy of `{}` is in closed form", s.name),
                Err(why) => format!("the entropy of `{}` is estimated with the same sample: {why}", s.name),
            });
            // The entropy form has the opposite sign of the KL's log q.
            let of = |d: &TDist| format!("{}({})", self.n.either("\\operatorname{H}", "H"), self.n.dist(d));
            let each: Vec<String> = match &qd.time {
                Some(time) => (time.pieces.iter().zip(&time.reads_own).enumerate())
                    .map(|(k, (times, chained))| {
                        let text = self.over_times(times, of(&qd.piece(k)));
                        if *chained { self.expect(&g.name, &text) } else { text }
                    })
                    .collect(),
                None => vec![of(qd)],
            };
            each.iter().for_each(|text| self.term(factor.flipped(), text));
            self.guide_determinants(m, g, s, factor.flipped());
            return;
        }
        let text = self.expect(&g.name, &self.log_density_at(qd, &self.n.name(&s.name)));
        self.term(factor, &text);
        self.guide_determinants(m, g, s, factor.flipped());
        self.note(format!(
            "the KL of `{}` is estimated with one sample of `{}`",
            density::stands_for(m, g, s).name,
            g.name
        ));
    }

    /// The model's side of the KLs that are not in closed form.
    fn priors(&mut self, pair: &Pair<'t>, factor: Factor<'_>) {
        let (m, g) = (pair.m, pair.g);
        let sums = pair.summed();
        if sums.of_latents() {
            let text = self.expect(&g.name, &self.sum_over(m, &sums.over, &pair.known()));
            self.term(factor, &text);
        }
        for s in m.sites.iter().filter(|s| sums.latent.contains(&s.name) && !sums.inside.contains(&s.name)) {
            let TSiteKind::Draw(d) = &s.kind else { continue };
            if pair.counts(&s.name) && !g.site(&s.name).is_some_and(|gs| pair.closed(gs)) {
                let text = self.expect(&g.name, &self.log_density_at(d, &self.recovered(m, &s.name)));
                self.term(factor, &text);
            }
        }
        self.expected_determinants(m, g, false, factor);
    }

    /// How gradients pass through the draws of a guide, and why so. A bound of `several` samples sums over no values, and its score function
    /// has baselines of its own.
    pub(super) fn estimators(&mut self, g: &TModel, several: bool) {
        for s in &g.sites {
            let TSiteKind::Draw(d) = &s.kind else { continue };
            let sampled = several && matches!(d.by, Estimator::Score { .. } | Estimator::Enumerate);
            let by = match sampled {
                true => "score function with the other samples as baseline".to_string(),
                false => d.by.describe(),
            };
            let fitted = match &d.baseline {
                Some(b) if !several => {
                    format!(" {}, which is fitted to the payoff by squared error", self.n.expr(b, 0))
                }
                Some(_) | None => String::new(),
            };
            let why = match (d.written, d.by) {
                (true, _) if sampled => String::new(),
                (true, _) => ", as written".to_string(),
                (false, Estimator::Enumerate) if several => {
                    format!(", chosen because a draw of `{}` has no derivative", d.row.name())
                }
                (false, by) => format!(", chosen because {}", estimator::reason(d.row, &s.ty, by)),
            };
            self.note(format!("the gradient through `{}`: {by}{fitted}{why}", s.name));
        }
    }
}

/// The times that a statement of the guide and one of the model have in common, with the places of both statements.
fn met(of_q: &[Times], of_p: &[Times]) -> Vec<(usize, usize, Times)> {
    let mut all = Vec::new();
    for (i, q) in of_q.iter().enumerate() {
        for (j, p) in of_p.iter().enumerate() {
            let (from, to) = (q.from.max(p.from), q.to.min(p.to));
            if from < to {
                let index = match (&q.index, &p.index) {
                    (Some(a), Some(b)) if a != b => Some(format!("{a} = {b}")),
                    (Some(a), _) | (None, Some(a)) => Some(a.clone()),
                    (None, None) => None,
                };
                all.push((i, j, Times { index, from, to, reverse: q.reverse || p.reverse }));
            }
        }
    }
    all
}

/// What free bits do to the KL of a latent site.
fn floor(k: &LatentKl, free: f64) -> String {
    let name = k.name.replace(',', "`, `");
    match k.unit {
        Unit::Dimension => {
            format!("free bits: a dimension of `{name}` whose mean KL is below {free} nats costs {free}")
        }
        Unit::Vector => {
            format!("free bits: a vector of `{name}` whose mean KL is below {free} nats costs {free}")
        }
        Unit::Site => {
            let least = free * k.size as f64;
            format!(
                "free bits: `{name}` costs at least {least} nats, {free} for each of {} dimensions: its KL is one number",
                k.size
            )
        }
        Unit::Nothing => {
            format!("free bits do not reach `{name}`: its prior stands under one sum with the data")
        }
    }
}
