//! f32 functions written so that a loop over them vectorises: no calls, no branches that a select cannot replace, no
//! fused multiply-add (so that every machine gives the same bits). Errors are a few units in the last place unless said.
//!
//! Sources: the exponential is Cody and Waite, *Software Manual for the Elementary Functions* (1980), ch. 6; the
//! logarithm and tanh coefficients are those of Cephes `logf`, `tanhf` (Moshier); `log1p` is the compensation of
//! Kahan as given by Goldberg, *What Every Computer Scientist Should Know About Floating-Point Arithmetic* (1991), thm 4;
//! `expm1` is Kahan's, as given by Higham, *Accuracy and Stability of Numerical Algorithms* (2nd ed.), sec. 1.14.1.

/// e^x. Overflows to infinity above 88.73 and underflows through the subnormals to zero below -103.98.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to a whole number held in the low bits.
    let c = if x > 89.0 { 89.0 } else { x };
    let c = if c < -105.0 { -105.0 } else { c };
    let t = c * std::f32::consts::LOG2_E + MAGIC;
    let n = t - MAGIC;
    let k = (t.to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32);
    let r = c - n * 0.693_359_4;
    let r = r - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let y = p * (r * r) + r + 1.0;
    // 2^k in two factors, so that neither leaves the normal range.
    let half = k >> 1;
    let rest = k.wrapping_sub(half);
    y * pow2(half) * pow2(rest)
}

#[inline(always)]
fn pow2(k: i32) -> f32 {
    f32::from_bits((k.wrapping_add(127) as u32) << 23)
}

/// ln x; -infinity at 0, NaN below.
#[inline(always)]
pub fn log(x: f32) -> f32 {
    let tiny = x < f32::MIN_POSITIVE;
    let scaled = if tiny { x * 8_388_608.0 } else { x };
    let bits = scaled.to_bits() as i32;
    // Mantissa in [sqrt 1/2, sqrt 2): the offset is the bit pattern of sqrt(1/2).
    let shifted = bits.wrapping_sub(0x3f35_04f3);
    let e = shifted >> 23;
    let m = f32::from_bits(bits.wrapping_sub(e << 23) as u32);
    let ef = e as f32 - if tiny { 23.0 } else { 0.0 };
    let f = m - 1.0;
    let z = f * f;
    let mut p = 7.037_683_6e-2;
    p = p * f - 1.151_461e-1;
    p = p * f + 1.167_699_9e-1;
    p = p * f - 1.242_014_1e-1;
    p = p * f + 1.424_932_3e-1;
    p = p * f - 1.666_805_8e-1;
    p = p * f + 2.000_071_5e-1;
    p = p * f - 2.499_999_4e-1;
    p = p * f + 3.333_333e-1;
    let mut y = p * f * z;
    y += ef * -2.121_944_4e-4;
    y += z * -0.5;
    let r = f + y + ef * 0.693_359_4;
    let r = if x == f32::INFINITY { x } else { r };
    let r = if x == 0.0 { f32::NEG_INFINITY } else { r };
    if x < 0.0 || x.is_nan() { f32::NAN } else { r }
}

/// ln(1 + x), exact to rounding near 0.
#[inline(always)]
pub fn log1p(x: f32) -> f32 {
    let w = 1.0 + x;
    let r = log(w) - ((w - 1.0) - x) / w;
    if w == 0.0 || w == f32::INFINITY { log(w) } else { r }
}

/// e^x - 1, exact to rounding near 0.
#[inline(always)]
pub fn expm1(x: f32) -> f32 {
    // Where |x| is small a Taylor polynomial (degree 7) is shorter than Kahan's quotient and no less exact.
    let mut p = 1.0 / 5040.0;
    p = p * x + 1.0 / 720.0;
    p = p * x + 1.0 / 120.0;
    p = p * x + 1.0 / 24.0;
    p = p * x + 1.0 / 6.0;
    p = p * x + 0.5;
    let small = p * (x * x) + x;
    let large = exp(x) - 1.0;
    if x.abs() < 0.4 { small } else { large }
}

/// 1 / (1 + e^-x), without overflow.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    let e = exp(-x.abs());
    let d = 1.0 / (1.0 + e);
    if x < 0.0 { e * d } else { d }
}

/// ln(1 + e^x), without overflow: max(x, 0) + ln(1 + u) with u = e^-|x| in (0, 1].
///
/// ln(1 + u) = 2 artanh s with s = u / (2 + u) <= 1/3, whose odd series is summed to s^13 (Abramowitz and Stegun 4.6.33).
#[inline(always)]
pub fn softplus(x: f32) -> f32 {
    let u = exp(-x.abs());
    let s = u / (2.0 + u);
    let w = s * s;
    let mut p = 2.0 / 13.0;
    p = p * w + 2.0 / 11.0;
    p = p * w + 2.0 / 9.0;
    p = p * w + 2.0 / 7.0;
    p = p * w + 2.0 / 5.0;
    p = p * w + 2.0 / 3.0;
    (if x > 0.0 { x } else { 0.0 }) + (p * w * s + 2.0 * s)
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let z = x * x;
    let mut p = -5.704_988_7e-3;
    p = p * z + 2.063_909e-2;
    p = p * z - 5.373_971_6e-2;
    p = p * z + 1.333_144_2e-1;
    p = p * z - 3.333_328e-1;
    let small = p * z * x + x;
    let a = x.abs();
    let large = 1.0 - 2.0 / (exp(a + a) + 1.0);
    let large = if x < 0.0 { -large } else { large };
    if a < 0.625 { small } else { large }
}

/// d/dx ln Γ(x) for x > 0: recurrence up to x >= 8, then the asymptotic series (Abramowitz and Stegun 6.3.5, 6.3.18).
pub fn digamma(x: f32) -> f32 {
    let mut x = f64::from(x);
    if x.is_nan() || x <= 0.0 {
        return f32::NAN;
    }
    let mut r = 0.0;
    while x < 8.0 {
        r -= 1.0 / x;
        x += 1.0;
    }
    let w = 1.0 / (x * x);
    (r + x.ln() - 0.5 / x - w * (1.0 / 12.0 - w * (1.0 / 120.0 - w * (1.0 / 252.0 - w / 240.0)))) as f32
}

/// Second derivative of ln Γ for x > 0: recurrence, then the asymptotic series (Abramowitz and Stegun 6.4.6, 6.4.12).
pub fn trigamma(x: f32) -> f32 {
    let mut x = f64::from(x);
    if x.is_nan() || x <= 0.0 {
        return f32::NAN;
    }
    let mut r = 0.0;
    while x < 8.0 {
        r += 1.0 / (x * x);
        x += 1.0;
    }
    let w = 1.0 / (x * x);
    (r + 1.0 / x + 0.5 * w + w / x * (1.0 / 6.0 - w * (1.0 / 30.0 - w * (1.0 / 42.0 - w / 30.0)))) as f32
}

/// ln |Γ(x)|.
pub fn lgamma(x: f32) -> f32 {
    libm::lgamma(f64::from(x)) as f32
}

/// a^b by repeated multiplication, for whole exponents of small size.
#[inline(always)]
pub fn powi(a: f32, b: i32) -> f32 {
    let mut r = 1.0;
    for _ in 0..b.unsigned_abs() {
        r *= a;
    }
    if b < 0 { 1.0 / r } else { r }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(name: &str, f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, lo: f32, hi: f32, tol: f64) {
        for i in 0..=20_000 {
            let x = lo + (hi - lo) * (i as f32 / 20_000.0);
            let (got, want) = (f64::from(f(x)), exact(f64::from(x)));
            let err = (got - want).abs() / want.abs().max(f64::from(f32::MIN_POSITIVE));
            assert!(
                err <= tol || got == want,
                "{name}({x}) = {got}, expected {want}, relative error {err:e}"
            );
        }
    }

    #[test]
    fn elementary_functions_are_exact_to_a_few_ulp() {
        close("exp", exp, f64::exp, -87.0, 88.0, 3e-7);
        close("log", log, f64::ln, 1e-6, 4.0, 3e-7);
        close("log", log, f64::ln, 1.0, 1e30, 3e-7);
        close("log1p", log1p, f64::ln_1p, -0.9, 10.0, 4e-7);
        close("log1p", log1p, f64::ln_1p, 1e-9, 1e-3, 4e-7);
        close("expm1", expm1, f64::exp_m1, -10.0, 10.0, 4e-7);
        close("expm1", expm1, f64::exp_m1, -1e-3, 1e-3, 4e-7);
        close("sigmoid", sigmoid, |x| 1.0 / (1.0 + (-x).exp()), -80.0, 80.0, 4e-7);
        close("softplus", softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), -80.0, 80.0, 4e-7);
        close("tanh", tanh, f64::tanh, -12.0, 12.0, 4e-7);
    }

    #[test]
    fn ends_of_the_range() {
        assert_eq!(exp(100.0), f32::INFINITY);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(log(0.0), f32::NEG_INFINITY);
        assert_eq!(log(f32::INFINITY), f32::INFINITY);
        assert!(log(-1.0).is_nan() && log(f32::NAN).is_nan());
        assert!((log(1e-40) + 92.103_4).abs() < 1e-4);
        assert_eq!(log1p(-1.0), f32::NEG_INFINITY);
        assert_eq!(log1p(f32::INFINITY), f32::INFINITY);
        assert_eq!(softplus(1e9), 1e9);
        assert_eq!(softplus(-1e9), 0.0);
        assert!(softplus(f32::NAN).is_nan());
        assert_eq!(softplus(f32::INFINITY), f32::INFINITY);
        assert_eq!(sigmoid(-1e9), 0.0);
        assert_eq!(tanh(1e9), 1.0);
        assert!(tanh(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
    }

    #[test]
    fn gamma_functions_agree_with_known_values() {
        // ψ(1) = -γ, ψ(1/2) = -γ - 2 ln 2, ψ'(1) = π²/6, ψ'(1/2) = π²/2.
        let g = 0.577_215_7_f32;
        assert!((digamma(1.0) + g).abs() < 1e-6);
        assert!((digamma(0.5) + g + 2.0 * std::f32::consts::LN_2).abs() < 1e-6);
        assert!((trigamma(1.0) - std::f32::consts::PI.powi(2) / 6.0).abs() < 1e-6);
        assert!((trigamma(0.5) - std::f32::consts::PI.powi(2) / 2.0).abs() < 1e-5);
        assert!((lgamma(5.0) - 24.0_f32.ln()).abs() < 1e-6);
    }
}
