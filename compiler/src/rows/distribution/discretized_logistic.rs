//! `DiscretizedLogistic`.

use super::axes::{column, sum_over_values};
use super::declare::prelude::*;
use super::events::levels;

distribution! {
    /// A grey level out of 0 .. levels: the probability that a logistic variable falls into the level's cell, the
    /// outermost cells reaching to infinity. loc and scale are in units where the levels run from -1 to 1. (Kingma et
    /// al. 2016, appendix; Salimans et al. 2017, eq. 2.) Mean and entropy are sums over the levels.
    pub struct DiscretizedLogistic = "DiscretizedLogistic" {
        /// centre
        loc: REALS,
        /// width
        scale: POSITIVE,
        /// number of grey levels, a constant of at least 2
        levels: REALS = 256.0,
    }
}

impl<'g> Params<'g> {
    /// The number of levels, where the graph holds it as a constant.
    fn count(self) -> Option<usize> {
        self.levels.constant().filter(|n| *n >= 2.0 && n.fract() == 0.0).map(|n| n as usize)
    }

    /// The middle of a level's cell less loc. It is (2 x - top) / top, top being the last level; 1 / top is taken in two parts, of which the
    /// first is so short that its product is exact: beside a small scale the rounding of that quotient would be seen.
    fn away_from_loc(self, x: Ex<'g>) -> Ex<'g> {
        let Some(n) = self.count() else { panic!("internal: `levels` is no constant") };
        let top = n as f64 - 1.0;
        let unit = 2f64.powi(top.log2().ceil() as i32 + 11);
        let first = (unit / top).round() / unit;
        let from_middle = x * 2.0 - top;
        from_middle * first - self.loc + from_middle * (1.0 / top - first)
    }

    /// The sum over levels `from` .. of what `f` makes of these parameters and the levels along a further axis.
    fn sum_over_levels(self, from: usize, f: impl Fn(Params<'g>, Ex<'g>) -> Ex<'g>) -> Ex<'g> {
        let Some(n) = self.count() else { panic!("internal: `levels` is no constant") };
        let rank = self.loc.rank().max(self.scale.rank());
        let wide = Params { loc: column(self.loc), scale: column(self.scale), ..self };
        sum_over_values(self.levels.scope(), from..n, rank, |x| f(wide, x))
    }
}

/// The level in whose cell `y` (in units from -1 to 1) falls, without derivative.
fn to_level<'g>(y: Ex<'g>, levels: Ex<'g>) -> Ex<'g> {
    let top = levels - 1.0;
    ((y + 1.0) * (top * 0.5) + 0.5).floor().max(0.0).min(top).detach()
}

impl<'g> Distribution<'g> for DiscretizedLogistic {
    fn together(&self, types: Types<'_>) -> Result<(), (String, String)> {
        levels(types.levels).map(|_| ())
    }
    fn event(&self, types: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Int(levels(types.levels).map_err(|(why, _)| why)?))
    }
    /// Between the outermost cells it is ln(σ(a) - σ(b)) with a - b = d the width of a cell over the scale, written as
    /// ln σ(a) + ln σ(-b) + ln(1 - e^-d): no difference of nearly equal numbers however far `x` lies from `loc`.
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let top = p.levels - 1.0;
        let half = top.recip();
        let step = half * 2.0;
        let c = p.away_from_loc(x);
        let r = p.scale.recip();
        let (neg_a, b) = ((-c - half) * r, (c - half) * r);
        let (first, last) = (-neg_a.softplus(), -b.softplus());
        let width = (-(-(step * r)).exp_m1()).ln();
        let inside = first + last + width;
        x.lt(0.5).select(first, x.gt(top - 0.5).select(last, inside))
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        to_level(p.loc + p.scale * noise.logistic(), p.levels)
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn mean(&self) -> Closed<'g, Self> {
        // Σ P(X >= j), where level j begins at (2 j - 1) / (levels - 1) - 1.
        Ok(|p| {
            let step = p.count().map_or(0.0, |n| 2.0 / (n as f64 - 1.0));
            p.sum_over_levels(1, |p, j| {
                let edge = j * step + (-1.0 - 0.5 * step);
                ((p.loc - edge) / p.scale).sigmoid()
            })
        })
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| {
            -p.sum_over_levels(0, |p, x| {
                let lp = DiscretizedLogistic.log_prob(p, x);
                lp.exp() * lp
            })
        })
    }
    fn values(&self, p: Params<'g>) -> Option<usize> {
        p.count()
    }
}
