//! `Beta`.

use super::declare::prelude::*;
use super::gamma;

distribution! {
    /// A number between 0 and 1 with density x^(a - 1) (1 - x)^(b - 1) / B(a, b). Drawn as g / (g + h) from two gammas
    /// (see `Gamma`), between 1e-37 and 1 - 6e-8; draws carry no derivative. Entropy: Cover and Thomas 2006, table 17.1; KL: that of two Dirichlets
    /// (Penny 2001) of length 2.
    pub struct Beta = "Beta" {
        /// pull towards 1
        a: POSITIVE,
        /// pull towards 0
        b: POSITIVE,
    }
}

impl<'g> Params<'g> {
    /// ln B(a, b)
    pub(super) fn log_norm(self) -> Ex<'g> {
        self.a.lgamma() + self.b.lgamma() - (self.a + self.b).lgamma()
    }
    /// E[ln x] and E[ln(1 - x)]
    pub(super) fn log_means(self) -> (Ex<'g>, Ex<'g>) {
        let of_sum = (self.a + self.b).digamma();
        (self.a.digamma() - of_sum, self.b.digamma() - of_sum)
    }
}

impl<'g> Distribution<'g> for Beta {
    fn event(&self, _: Types<'_>) -> Result<DistEvent, String> {
        single(Kind::Real(Support::UNIT))
    }
    fn at_ends(&self, types: Types<'_>) -> [AtEnd; 2] {
        [types.a, types.b].map(|c| AtEnd::of_power(constant(c)))
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        (p.a - 1.0).times_ln(x) + (p.b - 1.0).times_ln_1p(-x) - p.log_norm()
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let (x, y) = (gamma::standard(p.a, noise), gamma::standard(p.b, noise));
        let common = gamma::common(x.less().max(y.less()));
        let (x, y) = (x.over(common), y.over(common));
        (x / (x + y)).max(gamma::LEAST).min(1.0 - 6e-8)
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn wide(&self) -> bool {
        true
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.a / (p.a + p.b))
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| {
            let (log_x, log_rest) = p.log_means();
            p.log_norm() - ((p.a - 1.0) * log_x + (p.b - 1.0) * log_rest)
        })
    }
}
