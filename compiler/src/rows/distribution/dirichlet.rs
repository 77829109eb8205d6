//! `Dirichlet`.

use super::axes::exact_total;
use super::declare::Named;
use super::declare::prelude::*;
use super::events::last_axis;
use super::gamma;
use crate::ir::ReduceKind;
use crate::ir::ops::exactly;

distribution! {
    /// A point of the simplex along the last axis, with density proportional to prod x_i^(c_i - 1), c = concentration.
    /// Drawn as normalised gammas (see `Gamma`); `Dirichlet(c)[4]` are four independent points, an event of shape [4,
    /// n]. Draws carry no derivative. KL: Penny 2001, eq. for two Dirichlets.
    pub struct Dirichlet = "Dirichlet" {
        /// one entry for each part, along the last axis
        concentration: POSITIVE[1],
    }
}

/// Sum over the last axis, which stays with size 1.
fn total(x: Ex<'_>) -> Ex<'_> {
    x.sum(&[x.last_axis()])
}

/// The sum S of a concentration, of size 1 along the last axis: with its derivative, without, and what rounding took from it.
#[derive(Clone, Copy)]
struct Sum<'g> {
    live: Ex<'g>,
    fixed: Ex<'g>,
    lost: Ex<'g>,
}

/// An entry c of a concentration, or the sum of all, in f64: with its derivative, without, and the sum, without.
///
/// What belongs to the whole vector is lnΓ(S). Of it S ln S - S is shared out as c ln S - c, so that the shares of density, entropy and
/// KL are as small as their sums, and what is left equally; ln S is held fixed on both sides, where it cancels whatever c is.
#[derive(Clone, Copy)]
struct Part<'w> {
    live: Ex<'w>,
    fixed: Ex<'w>,
    sum: Ex<'w>,
}

impl<'w> Part<'w> {
    /// lnΓ(c) less c ln S - c
    fn log_gamma(self) -> Ex<'w> {
        self.live.lgamma() - self.live * self.sum.ln() + self.fixed
    }
    /// ψ(c) - ln S
    fn log_mean(self) -> Ex<'w> {
        self.live.digamma() - self.sum.ln()
    }
    /// 0, with derivative 1: what entries and their sum have of it cancels, so that each of the two can be small.
    fn slope(self) -> Ex<'w> {
        self.live - self.fixed
    }
}

impl<'g> Params<'g> {
    fn sum(self) -> Sum<'g> {
        let (live, lost) = exact_total(self.concentration);
        Sum { live, fixed: live.detach(), lost }
    }
    /// What `f` makes in f64 of the entries of these parameters, and of `more`, and to it an equal share of what `g` makes of their sums.
    fn shared(
        of: &[Params<'g>],
        more: &[Ex<'g>],
        f: impl for<'w> FnOnce(&[Part<'w>], &[Ex<'w>]) -> Ex<'w>,
        g: impl for<'w> FnOnce(&[Part<'w>], f64) -> Ex<'w>,
    ) -> Ex<'g> {
        let c = |p: &Params<'g>| p.concentration;
        let (Some(scope), n) = (of.first().map(|p| c(p).scope()), of.first().map_or(1, |p| c(p).last_size()))
        else {
            panic!("internal: there is no concentration")
        };
        let sums: Vec<Sum> = of.iter().map(|p| p.sum()).collect();
        let entry = |(p, s): (&Params<'g>, &Sum<'g>)| [c(p), c(p).detach(), s.fixed, s.lost];
        let entries: Vec<Ex> = of.iter().zip(&sums).flat_map(entry).chain(more.iter().copied()).collect();
        let (count, last) = (of.len(), n as f64);
        let each = scope.wide(&entries, |_, args| {
            let (entries, more) = args.split_at(args.len().min(4 * count));
            let parts: Vec<Part> = entries
                .chunks(4)
                .map(|e| {
                    let [live, fixed, sum, lost] = *exactly(e);
                    Part { live, fixed, sum: sum + lost }
                })
                .collect();
            f(&parts, more)
        });
        let args: Vec<Ex> = sums.iter().flat_map(|s| [s.live, s.fixed, s.lost]).collect();
        let whole = scope.wide(&args, |_, args| {
            let parts: Vec<Part> = args
                .chunks(3)
                .map(|s| {
                    let [live, fixed, lost] = *exactly(s);
                    Part { live: live + lost, fixed: fixed + lost, sum: fixed + lost }
                })
                .collect();
            g(&parts, last)
        });
        each + whole * (1.0 / last)
    }
    /// KL from the other.
    pub(super) fn kl(self, other: Params<'g>) -> Ex<'g> {
        // Of entries and of sums the same, with the opposite sign.
        fn term<'w>(parts: &[Part<'w>]) -> Ex<'w> {
            let [p, q] = *exactly(parts);
            let mean = (p.live - q.live) * p.log_mean() - (p.sum - q.sum) / p.sum * p.slope();
            mean + (q.log_gamma() - p.log_gamma())
        }
        Params::shared(&[self, other], &[], |parts, _| term(parts), |parts, _| -term(parts))
    }
}

impl<'g> Distribution<'g> for Dirichlet {
    fn event(&self, types: Types<'_>) -> Result<DistEvent, String> {
        Ok(DistEvent { kind: Kind::Real(Support::SIMPLEX), own: vec![last_axis(&types.named())?] })
    }
    fn at_ends(&self, types: Types<'_>) -> [AtEnd; 2] {
        [AtEnd::of_power(constant(types.concentration)), AtEnd::Finite]
    }
    fn log_prob(&self, p: Params<'g>, x: Ex<'g>) -> Ex<'g> {
        let n = x.last_size() as f64;
        // Less x S, of which the sum is S: so the shares are small. No derivative passes, since the sum has none.
        let still = x.detach();
        let (total, lost) = exact_total(still);
        let sum = p.sum();
        Params::shared(
            &[p],
            &[x, still, total, lost, sum.fixed, sum.lost],
            |parts, more| {
                let ([c], [x, still, total, lost, sum, rest]) = (*exactly(parts), *exactly(more));
                let off = (total - 1.0 + lost) * (sum + rest) * (1.0 / n);
                (c.live - 1.0).times_ln(x) - c.log_gamma() + (c.fixed - still * (sum + rest)) + off
            },
            |parts, _| {
                let [s] = *exactly(parts);
                s.log_gamma()
            },
        )
    }
    fn sample(&self, p: Params<'g>, noise: &Noise<'g>) -> Ex<'g> {
        let x = gamma::standard(p.concentration, noise);
        let less = x.less();
        let x = x.over(gamma::common(less.reduce(ReduceKind::Max, &[less.last_axis()])));
        (x / total(x)).max(gamma::LEAST)
    }
    fn reparameterised(&self) -> Reparameterised<RelaxationOf<'g, Self>> {
        Reparameterised::No
    }
    fn mean(&self) -> Closed<'g, Self> {
        Ok(|p| p.concentration / total(p.concentration))
    }
    fn entropy(&self) -> Closed<'g, Self> {
        Ok(|p| {
            Params::shared(
                &[p],
                &[],
                |parts, _| {
                    let [c] = *exactly(parts);
                    c.log_gamma() - ((c.live - 1.0) * c.log_mean() - c.slope())
                },
                |parts, n| {
                    let [s] = *exactly(parts);
                    (s.live - n) * s.log_mean() - s.slope() - s.log_gamma()
                },
            )
        })
    }
    fn vector(&self) -> bool {
        true
    }
}
