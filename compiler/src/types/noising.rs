//! Chains of a guide whose marginals and posteriors are known: `z[0] ~ Normal(m(x), s);  z[t in 1..T] ~ Normal(a(t) * z[t - 1], s(t))` with
//! numbers for a and s, read in the other direction by the model. With position i along the guide's draws,
//!
//! q(z_i | x) = N(A_i m, V_i), A_i = a_i A_(i-1), V_i = a_i^2 V_(i-1) + s_i^2 (Ho et al. 2020, eq. 4), and
//!
//! q(z_i | z_(i+1), x) = N((a V_i z_(i+1) + s^2 A_i m) / V_(i+1), V_i s^2 / V_(i+1)) with a, s of position i+1 (eq. 6, 7),
//!
//! so that a bound is a sum over positions, each term of which needs one draw (Sohl-Dickstein et al. 2015, eq. 14; Ho et al., eq. 5).

use super::known_times::{Linear, at};
use super::{Estimator, Place, TDist, TExpr, TKind, TModel, TSite, TSiteKind, TTime, density, time};

/// What is known of such a chain. All lists are by position: in the order in which the guide draws.
pub struct Noising<'e> {
    /// The mean of the first value.
    pub start: &'e TExpr,
    /// The time at each position.
    pub times: Vec<usize>,
    /// The factor a of the value before; 1 for the first.
    pub factor: Vec<f64>,
    /// The standard deviation s.
    pub scale: Vec<f64>,
    /// The factor A of the first mean in each marginal mean.
    pub keep: Vec<f64>,
    /// The variance V of each marginal.
    pub variance: Vec<f64>,
    /// The model's statements, each where it lies along the positions.
    pub groups: Vec<Group>,
}

/// Positions that one statement of the model draws, all given their next one, or the last position, given none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Which of the model's statements.
    pub statement: usize,
    /// The first position.
    pub from: usize,
    /// How many there are.
    pub len: usize,
    /// It is the last position.
    pub last: bool,
}

/// q(z_i | z_(i+1), x): the factors of z_(i+1) and of the first mean, and the standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Posterior {
    /// Factor of the next value.
    pub next: f64,
    /// Factor of the mean of the first one.
    pub start: f64,
    /// Standard deviation.
    pub scale: f64,
}

impl Noising<'_> {
    /// What position `i` is given its next one.
    pub fn posterior(&self, i: usize) -> Posterior {
        let of = |all: &[f64], i: usize| all.get(i).copied().unwrap_or(1.0);
        let (v, after) = (of(&self.variance, i), of(&self.variance, i + 1));
        let noise = of(&self.scale, i + 1).powi(2);
        Posterior {
            next: of(&self.factor, i + 1) * v / after,
            start: noise * of(&self.keep, i) / after,
            scale: (v * noise / after).sqrt(),
        }
    }
    /// With z_(i+1) = A m + sqrt(V) e the mean of position `i` is z_(i+1) / a less this factor times e (Ho et al. 2020, eq. 11).
    pub fn of_noise(&self, i: usize) -> f64 {
        let of = |all: &[f64]| all.get(i + 1).copied().unwrap_or(1.0);
        of(&self.scale).powi(2) / (of(&self.factor) * of(&self.variance).sqrt())
    }
    /// How many positions are drawn given their next one.
    pub fn steps(&self) -> usize {
        self.times.len().saturating_sub(1)
    }
}

/// The chain of a draw of a site, and its times.
fn in_time(s: &TSite) -> Option<(&TDist, &TTime)> {
    match &s.kind {
        TSiteKind::Draw(d) => d.time.as_ref().map(|t| (d, &**t)),
        TSiteKind::Bind(_) | TSiteKind::Quantize(_) => None,
    }
}

/// The elements of the site itself that a statement reads.
fn own(d: &TDist) -> Vec<Place> {
    let mut all = Vec::new();
    for e in d.params.iter().flatten() {
        e.walk(&mut |e| {
            if let TKind::At(of, place) = &e.kind
                && matches!(of.kind, TKind::Before(..))
            {
                all.push(place.clone());
            }
        });
    }
    all
}

/// The chain that site `name` is in guide `g`, where the model reads it in the direction against that of the guide. `None` where it is no
/// such chain at all.
///
/// # Errors
/// Why its marginals are not known.
pub fn of<'e>(m: &TModel, g: &'e TModel, name: &str) -> Option<Result<Noising<'e>, String>> {
    let (guide, model) = (g.site(name)?, m.site(name)?);
    let ((q, of_q), (p, of_p)) = (in_time(guide)?, in_time(model)?);
    if !g.guide || model.observed || !of_q.chained() || !of_p.chained() || of_q.len() != of_p.len() {
        return None;
    }
    let times: Vec<usize> = of_q.pieces.iter().flat_map(|t| t.in_order()).collect();
    let place = |t: usize| times.iter().position(|o| *o == t);
    let mut next_only = true;
    for (k, piece) in of_p.pieces.iter().enumerate() {
        for read in own(&p.piece(k)) {
            for t in piece.in_order() {
                let (here, there) = (place(t)?, place(read.at(t)?)?);
                if there < here {
                    return None;
                }
                next_only &= there == here + 1;
            }
        }
    }
    let found = match next_only {
        true => known(m, g, (guide, q, of_q), times.clone()),
        false => Err(format!("`{}` reads further ahead in `{name}` than the next value", m.name)),
    };
    Some(found.map(|chain| Noising { groups: groups(of_p, &times), ..chain }))
}

/// The tables of a guide's chain; its groups are left open.
fn known<'e>(
    m: &TModel,
    g: &'e TModel,
    (s, d, time): (&'e TSite, &'e TDist, &TTime),
    times: Vec<usize>,
) -> Result<Noising<'e>, String> {
    let (name, step) = (&s.name, times.windows(2).all(|w| matches!(w, [a, b] if a.abs_diff(*b) == 1)));
    if d.row.name() != "Normal" {
        return Err(format!("`{}` draws `{name}` from `{}`, not from `Normal`", g.name, d.row.name()));
    }
    if d.by != Estimator::Pathwise {
        return Err(format!("the gradient through `{name}` is not that of its draws"));
    }
    let Some(&first) = times.first() else { return Err("it has no times".to_string()) };
    if !step || !read_first_only(m, g, name, first) {
        return Err(format!("something else than `{name}` reads more of it than `{name}[{first}]`"));
    }
    let mut chain = Noising {
        start: first_mean(d, time, first).ok_or("it has no first value")?,
        times: times.clone(),
        factor: Vec::new(),
        scale: Vec::new(),
        keep: Vec::new(),
        variance: Vec::new(),
        groups: Vec::new(),
    };
    let (mut keep, mut variance, mut before) = (1.0, 0.0, None);
    for t in times {
        let (a, s) = link(g, name, (d, time), t, before)?;
        before = Some(t);
        keep *= a;
        variance = a * a * variance + s * s;
        chain.factor.push(a);
        chain.scale.push(s);
        chain.keep.push(keep);
        chain.variance.push(variance);
    }
    Ok(chain)
}

/// The mean of the value at the first time.
fn first_mean<'e>(d: &'e TDist, of: &TTime, t: usize) -> Option<&'e TExpr> {
    Some(time::at_piece(d.params.first()?.as_ref()?, of.of(t)?))
}

/// The factor of the value before, and the standard deviation, at time `t`.
fn link(
    g: &TModel,
    name: &str,
    (d, time): (&TDist, &TTime),
    t: usize,
    before: Option<usize>,
) -> Result<(f64, f64), String> {
    let (Some(k), [Some(loc), Some(scale)]) = (time.of(t), d.params.as_slice()) else {
        return Err(format!("`{name}[{t}]` has no mean and scale"));
    };
    let (loc, scale) = (time::at_piece(loc, k), time::at_piece(scale, k));
    let scale = at(scale, t as f64).filter(|s| *s > 0.0).ok_or_else(|| {
        format!(
            "the scale of `{name}[{t}]` in `{}` is no positive number that is known before training",
            g.name
        )
    })?;
    let Some(before) = before else {
        let mut own = false;
        loc.walk(&mut |e| own |= matches!(e.kind, TKind::Before(..)));
        return if own { Err(format!("`{name}[{t}]` reads `{name}`")) } else { Ok((1.0, scale)) };
    };
    let of = Linear::of(loc, t as f64);
    let previous = |e: &TExpr| {
        matches!(&e.kind, TKind::At(of, place)
            if matches!(of.kind, TKind::Before(..)) && place.at(t) == Some(before))
    };
    let factor: f64 = of.terms.iter().map(|(_, f)| f).sum();
    match of.offset == 0.0 && factor != 0.0 && factor.is_finite() && of.terms.iter().all(|(e, _)| previous(e))
    {
        true => Ok((factor, scale)),
        false => Err(format!(
            "the mean of `{name}[{t}]` in `{}` is no multiple of `{name}[{before}]` whose factor is known before training",
            g.name
        )),
    }
}

/// Whether the model reads the first value only, outside of the chain, and the guide nothing of it.
fn read_first_only(m: &TModel, g: &TModel, name: &str, first: usize) -> bool {
    fn fits(e: &TExpr, name: &str, first: Option<usize>) -> bool {
        let whole = |e: &TExpr| matches!(&e.kind, TKind::Var(n) if n == name);
        if let TKind::At(of, Place::Fixed(t)) = &e.kind
            && whole(of)
        {
            return first == Some(*t);
        }
        !whole(e) && e.children().into_iter().all(|c| fits(c, name, first))
    }
    let all = |m: &TModel, first: Option<usize>| {
        let others = m.sites.iter().filter(|s| s.name != name);
        others.flat_map(density::expressions).all(|e| fits(e, name, first))
    };
    all(m, Some(first)) && all(g, None)
}

/// Where the model's statements lie.
fn groups(of_p: &TTime, times: &[usize]) -> Vec<Group> {
    let end = times.len().saturating_sub(1);
    let mut all: Vec<Group> = Vec::new();
    for (i, t) in times.iter().enumerate() {
        let Some(statement) = of_p.of(*t) else { continue };
        match all.last_mut().filter(|g| g.statement == statement && i != end) {
            Some(group) => group.len += 1,
            None => all.push(Group { statement, from: i, len: 1, last: i == end }),
        }
    }
    all
}
