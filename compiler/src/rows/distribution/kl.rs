//! KL divergences in closed form: one entry for each pair of rows.

use super::bernoulli::Bernoulli;
use super::beta::Beta;
use super::categorical::Categorical;
use super::cauchy::Cauchy;
use super::counts::poisson_kl;
use super::declare::{Parameters, in_f64};
use super::dirichlet::Dirichlet;
use super::exponential::Exponential;
use super::gamma::{self, Gamma};
use super::geometric::Geometric;
use super::gumbel::Gumbel;
use super::half_normal::HalfNormal;
use super::laplace::Laplace;
use super::log_normal::LogNormal;
use super::multivariate_normal::{self, MultivariateNormal};
use super::normal::{self, Normal};
use super::one_hot_categorical::OneHotCategorical;
use super::poisson::Poisson;
use super::uniform::Uniform;
use super::von_mises::{VonMises, versine};
use super::{DistRow, HALF_LN_TAU};
use crate::ir::{Ex, Graph, Scope, Value};
use std::f64::consts::{EULER_GAMMA, FRAC_1_SQRT_2, FRAC_2_PI, LN_2};

/// Pushes KL(p ‖ q) from the parameters of p and of q, elementwise; axes as for [`DistRow::entropy`].
pub type KlFn = fn(&mut Graph, &[Option<Value>], &[Option<Value>]) -> Value;

/// A known divergence.
struct Pair {
    p: &'static dyn DistRow,
    q: &'static dyn DistRow,
    kl: KlFn,
}

/// KL(p ‖ q), where it is known in closed form.
pub fn closed_form(p: &dyn DistRow, q: &dyn DistRow) -> Option<KlFn> {
    PAIRS.iter().find(|pair| pair.p.name() == p.name() && pair.q.name() == q.name()).map(|pair| pair.kl)
}

/// The rows q for which KL(p ‖ q) is known in closed form.
pub fn known(p: &dyn DistRow) -> Vec<&'static dyn DistRow> {
    PAIRS.iter().filter(|pair| pair.p.name() == p.name()).map(|pair| pair.q).collect()
}

/// A table of pairs, each with its divergence as a formula of the two rows' parameters; `in f64` where it would lose its digits in f32.
macro_rules! pairs {
    // The parameters of both, read in f64 or as they are.
    (@push $g:ident $p:ident $q:ident $P:ident $Q:ident) => {{
        let s = Scope::of($g);
        kl($P::read(s, $p), $Q::read(s, $q)).v
    }};
    (@push $g:ident $p:ident $q:ident $P:ident $Q:ident $wide:ident) => {{
        let both = [$p, $q].concat();
        in_f64(Scope::of($g), &both, &[], |s, both, _| {
            let (p, q) = both.split_at($p.len().min(both.len()));
            kl($P::read(s, p), $Q::read(s, q))
        })
        .v
    }};
    ($($(#[doc = $source:literal])+ $P:ident, $Q:ident $(in $wide:ident)? => |$p:ident, $q:ident| $kl:expr;)+) => {
        static PAIRS: &[Pair] = &[$({
            $(#[doc = $source])+
            fn kl<'g>(
                $p: <$P as Parameters>::Params<'g>,
                $q: <$Q as Parameters>::Params<'g>,
            ) -> Ex<'g> {
                $kl
            }
            Pair {
                p: &$P,
                q: &$Q,
                kl: |g, p, q| pairs!(@push g p q $P $Q $($wide)?),
            }
        }),+];
    };
}

pairs! {
    /// The mean under p of the difference of the log-probabilities.
    Bernoulli, Bernoulli => |p, q| {
        // By the probability of the value that is less probable under p, which has all its digits.
        let (l1, l2) = (p.logits(), q.logits());
        let above = l1.gt(0.0);
        let (l1, l2) = (above.select(-l1, l1), above.select(-l2, l2));
        l1.sigmoid() * (l1 - l2) + (l2.softplus() - l1.softplus())
    };
    /// As two Dirichlets (Penny 2001) of length 2.
    Beta, Beta in f64 => |p, q| {
        let (log_x, log_rest) = p.log_means();
        (p.a - q.a) * log_x + (p.b - q.b) * log_rest + (q.log_norm() - p.log_norm())
    };
    /// The sum over the classes.
    Categorical, Categorical => |p, q| {
        let ((lp, p), (lq, _)) = (p.log_probs(), q.log_probs());
        (p * (lp - lq)).sum_last()
    };
    /// Chyzak and Nielsen 2019 (arXiv:1905.10965), eq. 2.
    Cauchy, Cauchy in f64 => |p, q| {
        (((p.scale + q.scale).sq() + (p.loc - q.loc).sq()) / (p.scale * q.scale * 4.0)).ln()
    };
    /// Penny 2001, eq. for two Dirichlets.
    Dirichlet, Dirichlet => |p, q| {
        p.kl(q)
    };
    /// E[ln(r / r') - (r - r') x] with E[x] = 1 / r.
    Exponential, Exponential => |p, q| {
        let r = q.rate / p.rate;
        r - r.ln() - 1.0
    };
    /// An exponential is a gamma with concentration 1.
    Exponential, Gamma in f64 => |p, q| {
        of_gammas(gamma::Params { concentration: p.rate.num(1.0), rate: p.rate }, q)
    };
    /// Penny 2001, eq. for two gammas.
    Gamma, Gamma in f64 => |p, q| of_gammas(p, q);
    /// An exponential is a gamma with concentration 1.
    Gamma, Exponential in f64 => |p, q| {
        of_gammas(p, gamma::Params { concentration: q.rate.num(1.0), rate: q.rate })
    };
    /// E[x] = (1 - p) / p failures.
    Geometric, Geometric in f64 => |p, q| {
        let ((s1, f1), (s2, f2)) = (p.logs(), q.logs());
        (s1 - s2) + (-p.logits()).exp() * (f1 - f2)
    };
    /// Bauckhage 2014 (arXiv:1310.3713), eq. 12 with both shapes 1 on the scale of logarithms.
    Gumbel, Gumbel in f64 => |p, q| {
        let r = p.scale / q.scale;
        let d = (p.loc - q.loc) / q.scale;
        r * EULER_GAMMA - r.ln() + ((r + 1.0).lgamma() - d).exp() + d + (-1.0 - EULER_GAMMA)
    };
    /// That of two centred normals, by symmetry.
    HalfNormal, HalfNormal => |p, q| {
        let r = p.scale / q.scale;
        r.sq() * 0.5 - (r.ln() + 0.5)
    };
    /// Meyer 2021 (arXiv:1911.02088), eq. 5.
    Laplace, Laplace => |p, q| {
        let d = (p.loc - q.loc).abs();
        (p.scale * (-(d / p.scale)).exp() + d) / q.scale - ((p.scale / q.scale).ln() + 1.0)
    };
    /// By its variance 2 scale² and its entropy.
    Laplace, Normal => |p, q| {
        from_normal(p.loc, p.scale.sq() * 2.0, p.scale.ln() + (1.0 + LN_2), q)
    };
    /// That of the two normals, since both are mapped alike.
    LogNormal, LogNormal => |p, q| of_normals((p.loc, p.scale), (q.loc, q.scale));
    /// Row by row.
    MultivariateNormal, MultivariateNormal => |p, q| {
        let (f, f2) = (p.factor(), q.factor());
        multivariate_normal::kl_between(f.l, f.spread_out(p.loc - q.loc), f.log_diag, &f2)
    };
    /// Row by row, as with a factor that is diagonal.
    MultivariateNormal, Normal => |p, q| {
        let f = p.factor();
        let quadratic = (f.l.sq().sum_last() + (p.loc - q.loc).sq()) / q.scale.sq();
        quadratic * 0.5 + (q.scale.ln() - f.log_diag) - 0.5
    };
    /// Kingma and Welling 2014, appendix B, for two free normals.
    Normal, Normal => |p, q| of_normals((p.loc, p.scale), (q.loc, q.scale));
    /// Row by row, as with a factor that is diagonal.
    Normal, MultivariateNormal => |p, q| {
        let f = q.factor();
        let scale = f.spread_out(p.scale);
        multivariate_normal::kl_between(f.diagonal(scale), f.spread_out(p.loc - q.loc), scale.ln(), &f)
    };
    /// By the mean E|x - m'| of a folded normal: Leone, Nelson and Nottingham 1961, eq. 4.
    Normal, Laplace => |p, q| {
        let d = p.loc - q.loc;
        let z = d / p.scale;
        let away = p.scale * (z.sq() * -0.5).exp() * FRAC_2_PI.sqrt() + d * (z * FRAC_1_SQRT_2).erf();
        away / q.scale + (q.scale / p.scale).ln() + (LN_2 - 0.5 - HALF_LN_TAU)
    };
    /// As of `Categorical`, spread over the classes.
    OneHotCategorical, OneHotCategorical => |p, q| {
        let ((lp, p), (lq, _)) = (p.log_probs(), q.log_probs());
        p * (lp - lq)
    };
    /// By the mean of the counts.
    Poisson, Poisson in f64 => |p, q| poisson_kl(p.both(), q.both());
    /// Infinite where the first does not lie inside of the second.
    Uniform, Uniform => |p, q| {
        let inside = p.lo.ge(q.lo).and(p.hi.le(q.hi));
        inside.select((q.width() / p.width()).ln(), f64::INFINITY)
    };
    /// By its variance and its entropy.
    Uniform, Normal => |p, q| {
        let width = p.width();
        from_normal(p.middle(), width.sq() * (1.0 / 12.0), width.ln(), q)
    };
    /// Mardia and Jupp 2000, section 3.5.4.
    VonMises, VonMises in f64 => |p, q| {
        // E_p[1 - cos(x - q.loc)]
        let away = p.mean_versine() + (1.0 - p.mean_versine()) * versine(p.loc - q.loc);
        q.log_scaled_i0() - p.log_scaled_i0() + (q.concentration * away - p.concentration * p.mean_versine())
    };
}

/// Kingma and Welling 2014, appendix B, for two free normals (loc, scale).
fn of_normals<'g>((m1, s1): (Ex<'g>, Ex<'g>), (m2, s2): (Ex<'g>, Ex<'g>)) -> Ex<'g> {
    let shift = ((m1 - m2) / s2).sq();
    let r = s1 / s2;
    (shift + r.sq()) * 0.5 - (r.ln() + 0.5)
}

/// KL of anything with this mean, variance and entropy from a normal.
fn from_normal<'g>(mean: Ex<'g>, variance: Ex<'g>, entropy: Ex<'g>, q: normal::Params<'g>) -> Ex<'g> {
    (variance + (mean - q.loc).sq()) / q.scale.sq() * 0.5 + q.scale.ln() - entropy + HALF_LN_TAU
}

/// Penny 2001, eq. for two gammas.
fn of_gammas<'g>(p: gamma::Params<'g>, q: gamma::Params<'g>) -> Ex<'g> {
    let (a1, a2) = (p.concentration, q.concentration);
    let r = q.rate / p.rate;
    (a1 - a2) * a1.digamma() + (a2.lgamma() - a1.lgamma()) - a2 * r.ln() + a1 * (r - 1.0)
}
