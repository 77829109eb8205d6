//! What distributions of counts share: log-densities that keep their digits however large counts and means are, and exact draws of a fixed
//! number of attempts. All of it is meant for f64 ([`Scope::wide`]).

use super::declare::Noise;
use crate::ir::Ex;
use crate::ir::ops::exactly;
use std::f64::consts::TAU;

/// Below this the remainder of Stirling's formula is computed by its definition, from here on by its series.
const STIRLING_FROM: f64 = 10.0;

/// ln Γ(x + 1) - ((x + 1/2) ln x - x + ln(2π) / 2), the remainder of Stirling's formula, for x > 0. (Abramowitz & Stegun 6.1.41.)
fn stirling_remainder(x: Ex<'_>) -> Ex<'_> {
    let (small, large) = (x.min(STIRLING_FROM), x.max(STIRLING_FROM));
    let defined = (small + 1.0).lgamma() - (small + 0.5) * small.ln() + small - 0.5 * TAU.ln();
    let r = large.recip();
    let s = r.sq();
    let series =
        r * ((((s * (1.0 / 1188.0) - 1.0 / 1680.0) * s + 1.0 / 1260.0) * s - 1.0 / 360.0) * s + 1.0 / 12.0);
    x.lt(STIRLING_FROM).select(defined, series)
}

/// a ln(a / b) + b - a from u = b / a - 1 without cancellation, and from ln(b / a), which serves where the two are far apart. (Loader 2000,
/// "Fast and accurate computation of binomial probabilities", section 2.)
fn deviance<'g>(a: Ex<'g>, u: Ex<'g>, log_ratio: Ex<'g>) -> Ex<'g> {
    let near = u.max(-0.5).min(0.5);
    a * (u - u.abs().lt(0.5).select(near.ln_1p(), log_ratio))
}

/// KL of a Poisson variable of one rate from that of another, of which the logarithms are given, too.
pub(super) fn poisson_kl<'g>((a, log_a): (Ex<'g>, Ex<'g>), (b, log_b): (Ex<'g>, Ex<'g>)) -> Ex<'g> {
    deviance(a, (b - a) / a, log_b - log_a)
}

/// Log-density of a Poisson variable: -rate at 0, else by Loader's saddle-point form (ibid., eq. 6), in which nothing larger than the
/// answer is subtracted.
pub(super) fn poisson_log_prob<'g>(x: Ex<'g>, rate: Ex<'g>, log_rate: Ex<'g>) -> Ex<'g> {
    let some = x.max(1.0);
    let away = deviance(some, (rate - some) / some, log_rate - some.ln());
    let above = -((some * TAU).ln() * 0.5 + stirling_remainder(some) + away);
    x.lt(0.5).select(-rate, above)
}

/// Log-density of a negative binomial variable of this mean and concentration r: r / (r + x) times the probability that r of r + x trials
/// succeed, each with probability r / (r + mean), by Loader's form for it (ibid., eq. 5), which whole numbers do not need.
pub(super) fn negative_binomial_log_prob<'g>(
    x: Ex<'g>,
    (mean, log_mean): (Ex<'g>, Ex<'g>),
    r: Ex<'g>,
) -> Ex<'g> {
    let some = x.max(1.0);
    let (all, scale) = (r + some, r + mean);
    let log_share = (all / scale).ln();
    let failed = deviance(r, (some - mean) / scale, log_share);
    let counted = deviance(some, r * (mean - some) / (some * scale), log_mean - some.ln() + log_share);
    let remainders = stirling_remainder(all) - stirling_remainder(r) - stirling_remainder(some);
    let above = remainders - failed - counted + ((r / all).ln() - (some * TAU).ln()) * 0.5;
    let none = -(r * (mean / r).ln_1p());
    x.lt(0.5).select(none, above)
}

/// ln of the number of ways to choose x of n.
pub(super) fn log_choose<'g>(n: Ex<'g>, x: Ex<'g>) -> Ex<'g> {
    (n + 1.0).lgamma() - (x + 1.0).lgamma() - (n - x + 1.0).lgamma()
}

/// Means below this are drawn by going through the values from 0 on, others by attempts.
pub(super) const SEARCHED: f64 = 10.0;
/// Values that are gone through: a Poisson variable of mean [`SEARCHED`] exceeds them with a probability below 2e-13.
const VALUES: usize = 40;
/// The number of uniform values of one draw of the runtime: what a second one adds to the first lies below its last digit.
const LAST_DIGIT: f64 = 1.0 / 8_388_608.0;

/// Attempts of a draw of a Poisson variable. At [`SEARCHED`] one is accepted with probability 1 / 1.342, its limit far above is 1 / 1.135: all
/// fail with a probability below 1e-12.
pub(super) const POISSON_ATTEMPTS: usize = 21;
/// The hat as it is published lies below the density by up to 0.54 % here and there: it is raised by so much.
const RAISED: f64 = 1.01;
/// Attempts of a draw of a binomial variable, of which one is accepted with a probability above 0.7: all fail with a probability below 1e-12.
pub(super) const BINOMIAL_ATTEMPTS: usize = 23;

/// Uniform noise for a search and `attempts` attempts.
pub(super) fn noises<'g>(noise: &Noise<'g>, attempts: usize) -> Vec<Ex<'g>> {
    (0..2 + 2 * attempts).map(|_| noise.uniform()).collect()
}

/// The noise of a search, as one number of twice the digits, and that of each attempt: from -1/2 to 1/2, and from 0 to 1.
fn apart<'g, 'n>(noises: &'n [Ex<'g>]) -> (Ex<'g>, impl Iterator<Item = (Ex<'g>, Ex<'g>)> + 'n) {
    let (first, rest) = noises.split_at(2.min(noises.len()));
    let [u, more] = *exactly(first);
    let pairs = rest.chunks_exact(2).map(|pair| {
        let [u, v] = *exactly(pair);
        (u - 0.5, v)
    });
    (u + (more - 0.5) * LAST_DIGIT, pairs)
}

/// The value at which the distribution function reaches `u`, of probabilities that begin with `none` and grow by `next(i)` from i - 1 to i.
fn searched<'g>(u: Ex<'g>, none: Ex<'g>, next: impl Fn(f64) -> Ex<'g>) -> Ex<'g> {
    let (mut p, mut below, mut k) = (none, none, u * 0.0);
    for i in 1..=VALUES {
        k = k + u.gt(below).select(1.0, 0.0);
        p = p * next(i as f64);
        below = below + p;
    }
    k
}

/// Of a transformed rejection (Hörmann 1993): the value of an attempt, and ln of what its density is compared with.
fn attempt<'g>((u, v): (Ex<'g>, Ex<'g>), a: Ex<'g>, b: Ex<'g>, centre: Ex<'g>) -> (Ex<'g>, Ex<'g>) {
    let us = 0.5 - u.abs();
    let k = ((a * 2.0 / us + b) * u + centre).floor();
    (k, v.ln() - (a / us.sq() + b).ln())
}

/// A Poisson draw from [`noises`]: through the values for small rates, by transformed rejection for others (Hörmann 1993, "The transformed
/// rejection method for generating Poisson random variables", PTRS); should all attempts fail, the whole number below the rate.
pub(super) fn poisson<'g>(rate: Ex<'g>, noises: &[Ex<'g>]) -> Ex<'g> {
    let (u, attempts) = apart(noises);
    let (small, large) = (rate.min(SEARCHED), rate.max(SEARCHED));
    let few = searched(u, (-small).exp(), |i| small * (1.0 / i));
    let log_rate = large.ln();
    let b = large.sqrt() * 2.53 + 0.931;
    let a = b * 0.02483 - 0.059;
    let hat = ((1.1328 / (b - 3.4) + 1.1239) * RAISED).ln();
    let mut many = large.floor();
    for uv in attempts {
        let (k, height) = attempt(uv, a, b, large + 0.43);
        let density = poisson_log_prob(k.max(0.0), large, log_rate);
        many = k.ge(0.0).and((height + hat).le(density)).select(k, many);
    }
    rate.lt(SEARCHED).select(few, many)
}

/// A binomial draw of n trials with these logits from [`noises`], of the less probable outcome: through the values where few are expected,
/// else by transformed rejection (Hörmann 1993, "The generation of binomial random variates", BTRS).
pub(super) fn binomial<'g>(n: f64, logits: Ex<'g>, noises: &[Ex<'g>]) -> Ex<'g> {
    let (u, attempts) = apart(noises);
    let l = -logits.abs();
    let (p, log_q) = (l.sigmoid(), -l.softplus());
    let searched_through = (p * n).lt(SEARCHED);
    let odds = l.exp();
    let few = searched(u, (log_q * n).exp(), |i| odds * ((n + 1.0 - i).max(0.0) / i));
    let rare = if n < 2.0 * SEARCHED {
        few
    } else {
        let p = p.max(SEARCHED / n);
        let (l, q) = (l.max((SEARCHED / n).ln() - (-SEARCHED / n).ln_1p()), 1.0 - p);
        let sd = (p * q * n).sqrt();
        let b = sd * 2.53 + 1.15;
        let a = b * 0.0248 + p * 0.01 - 0.0873;
        let hat = ((5.1 / b + 2.83) * sd).ln();
        let log_density = |k: Ex<'g>| log_choose(k.num(n), k) + k * l;
        let mode = (p * (n + 1.0)).floor();
        let most = log_density(mode);
        let mut many = mode;
        for uv in attempts {
            let (k, height) = attempt(uv, a, b, p * n + 0.5);
            let density = log_density(k.max(0.0).min(n)) - most;
            many = k.ge(0.0).and(k.le(n)).and((height + hat).le(density)).select(k, many);
        }
        searched_through.select(few, many)
    };
    logits.gt(0.0).select(n - rare, rare)
}

/// The failures before the first success, for logits of success, from [`noises`] of no attempts: at least k are as probable as
/// e^(-k softplus(logits)).
pub(super) fn geometric<'g>(logits: Ex<'g>, noises: &[Ex<'g>]) -> Ex<'g> {
    let (u, _) = apart(noises);
    (-u.ln() / logits.softplus()).floor()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::interp::{Env, run};
    use crate::ir::{Graph, Scope};
    use std::collections::BTreeMap;

    /// What a formula of one graph gives.
    fn value(f: impl for<'g> Fn(Scope<'g>) -> Ex<'g>) -> f64 {
        let mut g = Graph::new("value");
        let v = f(Scope::of(&mut g)).v;
        g.output("v", v);
        let env = Env { batch: 1, inputs: BTreeMap::new(), random: &|_, _, _| Vec::new() };
        run(&g, &env).unwrap().remove(0).1.data[0]
    }

    /// The share of the hat that lies below the density: from the hat's own integral, 1, to that of the density.
    #[test]
    fn all_attempts_fail_with_a_probability_below_1e_12() {
        let rate = SEARCHED;
        let b = 2.53 * rate.sqrt() + 0.931;
        let poisson = 1.0 / ((1.1328 / (b - 3.4) + 1.1239) * RAISED);
        assert!((1.0 - poisson).powi(POISSON_ATTEMPTS as i32) < 1e-12, "{poisson}");
        for (n, p) in [(20.0_f64, 0.5_f64), (30.0, 1.0 / 3.0), (1000.0, 0.01), (1e6, 1e-5), (1e6, 0.5)] {
            let sd = (n * p * (1.0 - p)).sqrt();
            let b = 1.15 + 2.53 * sd;
            let mode = ((n + 1.0) * p).floor();
            let most =
                value(|s| log_choose(s.num(n), s.num(mode))) + mode * p.ln() + (n - mode) * (-p).ln_1p();
            let accepted = 1.0 / ((2.83 + 5.1 / b) * sd * most.exp());
            assert!(
                accepted < 1.0 && (1.0 - accepted).powi(BINOMIAL_ATTEMPTS as i32) < 1e-12,
                "{n} {p}: {accepted}"
            );
        }
    }

    /// The hat lies above the density wherever an attempt may fall, so that what is accepted has the density.
    #[test]
    fn no_density_rises_above_its_hat() {
        for rate in [10.0, 10.5, 17.3, 100.0, 1e4] {
            let b = 2.53 * f64::sqrt(rate) + 0.931;
            let a = 0.02483 * b - 0.059;
            let hat = (1.1328 / (b - 3.4) + 1.1239) * RAISED;
            let worst = (1..4000)
                .map(|i| f64::from(i) / 4000.0 - 0.5)
                .filter(|u| u.abs() < 0.4999)
                .map(|u| {
                    let us = 0.5 - u.abs();
                    let k = ((2.0 * a / us + b) * u + rate + 0.43).floor();
                    if k < 0.0 {
                        return 0.0;
                    }
                    value(|s| poisson_log_prob(s.num(k), s.num(rate), s.num(rate.ln()))).exp()
                        * (a / (us * us) + b)
                        / hat
                })
                .fold(0.0, f64::max);
            assert!(worst <= 1.0 + 1e-9, "{rate}: {worst}");
        }
    }
}
