//! `VonMises`.

use super::cdf::polynomial;
use super::declare::prelude::*;
use crate::ir::ops::exactly;
use std::f64::consts::{PI, TAU};

distribution! {
    /// An angle between -pi and pi with density e^(concentration cos(x - loc)) / (2 pi I0(concentration)): on the circle
    /// what `Normal` is on the line, with 1 / sqrt(concentration) in place of scale. loc may be any number; angles that
    /// differ by 2 pi are the same. Drawn by rejection from a wrapped Cauchy (Best and Fisher 1979) with 26 attempts
    /// unrolled, which fail all with a probability below 1e-12 (loc is taken then); draws carry no derivative. Where one
    /// value is shown for it, that is loc. Entropy and KL: Mardia and Jupp 2000, section 3.5.4, with the Bessel function
    /// I0 to ten digits.
    pub struct VonMises = "VonMises" {
        /// the most probable angle
        loc: REALS,
        /// how narrow it is; near 0 all angles are as likely
        concentration: POSITIVE,
    }
}

/// Attempts of the sampler. One is accepted with a probability above (e / 2 pi)^(1/2) = 0.657, its limit for high concentrations.
const ATTEMPTS: usize = 26;

/// Scale of the variable in which [`SCALED_I0`] is a polynomial.
const MIDDLE: f64 = 8.0;

/// I0(k) e^-k / √t, t = 8 / (8 + k), as a polynomial in 2 t - 1: Chebyshev interpolation at 64 nodes computed with 60 digits, cut after
/// degree 24 (the terms left out sum to less than 7e-12).
const SCALED_I0: [f64; 25] = [
    0.20284317118298859,
    0.10877102036614407,
    0.08856084067875337,
    0.08158479320844214,
    0.08120062806538102,
    0.08656405445449208,
    0.09741561987668351,
    0.10929242168642285,
    0.10848978141554501,
    0.07624887018424928,
    0.011860728719516234,
    -0.044293124647694165,
    -0.03960116677802636,
    0.013325211275633334,
    0.034543105982243215,
    -0.0015197452600940677,
    -0.024243452113865704,
    -0.0010867853868182567,
    0.01413661680386339,
    0.0008185125855988402,
    -0.006196052186421718,
    -0.0002655794271746233,
    0.0017453416440100982,
    3.665301795733617e-05,
    -0.0002314653512185337,
];

impl<'g> Params<'g> {
    /// t of [`SCALED_I0`]
    fn t(self) -> Ex<'g> {
        MIDDLE / (self.concentration + MIDDLE)
    }
    /// ln(I0(k) e^-k)
    pub(super) fn log_scaled_i0(self) -> Ex<'g> {
        let t = self.t();
        polynomial(&SCALED_I0, t * 2.0 - 1.0).ln() + t.ln() * 0.5
    }
    /// E[1 - cos(x - loc)] = 1 - I1(k) / I0(k), which is less the derivative of [`Params::log_scaled_i0`].
    pub(super) fn mean_versine(self) -> Ex<'g> {
        let t = self.t();
        let y = t * 2.0 - 1.0;
        let slope: Vec<f64> = SCALED_I0.iter().enumerate().skip(1).map(|(i, c)| i as f64 * c).collect();
        let log_slope = polynomial(&slope, y) / polynomial(&SCALED_I0, y);
        t * (1.0 / MIDDLE) * (t * log_slope * 2.0 + 0.5)
    }
}

/// 1 - cos x, without cancellation.
pub(super) fn versine(x: Ex<'_>) -> Ex<'_> {
    (x * 0.5).sin().sq() * 2.0
}

/// The angle between -π and π that differs by whole turns.
fn wrapped(x: Ex<'_>) -> Ex<'_> {
    let turns = (x * (1.0 / TAU) + 0.5).floor();
    (x - turns * TAU).max(-PI).min(PI)
}

/// The same of a number that may be so large that f32 would lose the angle.
fn wrapped_wide(x: Ex<'_>) -> Ex<'_> {
    x.scope().wide(&[x], |_, args| {
        let [x] = *exactly(args);
        wrapped(x)
    })
}

/// Of the scale of the wrapped Cauchy from which attempts are drawn: r - 1 of Best and Fisher 1979, where r is (1 + √(1 + 4 k²)) / 2 k.
fn cosh_scale_less_1(k: Ex<'_>) -> Ex<'_> {
    let a = 0.5 / k;
    a + a.sq() / ((a.sq() + 1.0).sqrt() + 1.0)
}

impl<'g> Distribution<'g> for VonMises {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Real(Support::closed(-PI, PI)))
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        -(p.concentration * versine(x - p.loc)) - (p.log_scaled_i0() + TAU.ln())
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let k = p.concentration.max(1e-12);
        let d = cosh_scale_less_1(k);
        let scale = (d + (d * (d + 2.0)).sqrt()).ln_1p();
        let mut x = noise.scope.full(0.0, &noise.shape);
        for _ in 0..ATTEMPTS {
            let (u, v) = (noise.uniform() * PI, noise.uniform());
            // A Cauchy draw in turns, and what is left without whole ones: large draws keep no other digits.
            let turns = scale * (-(u.cos() / u.sin())) * (1.0 / TAU) + 0.5;
            let angle = (turns - turns.floor() - 0.5) * TAU;
            let c = k * (d + versine(angle));
            x = v.ln().lt(c.ln() - c + 1.0).select(angle, x);
        }
        wrapped(wrapped_wide(p.loc) + x).detach()
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn wide(&self) -> bool {
        true
    }
    fn work(&self) -> usize {
        150
    }
    fn mean(&self) -> Closed<'g, Self> {
        Err("the mean of an angle as a number depends on where the circle is cut, and is an infinite sum")
    }
    fn centre(&self, p: Params<'g>, _: Kind) -> Ex<'g> {
        wrapped_wide(p.loc)
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| p.log_scaled_i0() + TAU.ln() + p.concentration * p.mean_versine())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::interp::{Env, run};
    use crate::ir::{Graph, Scope};
    use std::collections::BTreeMap;

    /// The probability that an attempt is accepted is k sinh(scale) e^(1 - k d) I0(k) e^-k, the integral of what is accepted.
    #[test]
    fn all_attempts_fail_with_a_probability_below_1e_12() {
        let mut g = Graph::new("accepted");
        let accepted: Vec<_> = (-36..=36)
            .map(|e| {
                let s = Scope::of(&mut g);
                let p = Params { loc: s.num(0.0), concentration: s.num(10f64.powf(f64::from(e) / 3.0)) };
                let k = p.concentration;
                let d = cosh_scale_less_1(k);
                (k * (d * (d + 2.0)).sqrt() * (1.0 - k * d + p.log_scaled_i0()).exp()).v
            })
            .collect();
        accepted.into_iter().for_each(|v| g.output("accepted", v));
        let env = Env { batch: 1, inputs: BTreeMap::new(), random: &|_, _, _| Vec::new() };
        for (_, t) in run(&g, &env).unwrap() {
            let p = t.data[0];
            assert!(p > 0.6577 && p < 1.0 + 1e-9 && (1.0 - p).powi(ATTEMPTS as i32) < 1e-12, "{p}");
        }
    }
}
