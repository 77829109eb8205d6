//! Special functions in f64, accurate to about 1e-13 relative where they are defined.

/// Error function.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// ln |Γ(x)|.
pub fn lgamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// Below this argument the recurrence is used, above it the asymptotic series.
const SERIES_FROM: f64 = 12.0;

/// ψ(x) for x > 0: recurrence ψ(x) = ψ(x + 1) - 1/x (Abramowitz & Stegun 6.3.5), then the asymptotic series 6.3.18.
pub fn digamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let (mut x, mut below) = (x, 0.0);
    while x < SERIES_FROM {
        below += 1.0 / x;
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let tail = r
        * (1.0 / 12.0
            - r * (1.0 / 120.0
                - r * (1.0 / 252.0
                    - r * (1.0 / 240.0 - r * (1.0 / 132.0 - r * (691.0 / 32760.0 - r / 12.0))))));
    x.ln() - 0.5 / x - tail - below
}

/// ψ'(x) for x > 0: recurrence ψ'(x) = ψ'(x + 1) + 1/x² (Abramowitz & Stegun 6.4.6), then the asymptotic series 6.4.12.
pub fn trigamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let (mut x, mut below) = (x, 0.0);
    while x < SERIES_FROM {
        below += 1.0 / (x * x);
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let tail = 1.0 / 6.0
        - r * (1.0 / 30.0
            - r * (1.0 / 42.0
                - r * (1.0 / 30.0 - r * (5.0 / 66.0 - r * (691.0 / 2730.0 - r * (7.0 / 6.0))))));
    below + 1.0 / x + 0.5 * r + tail * r / x
}

/// 1 / (1 + e^-x), without overflow.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// ln(1 + e^x), without overflow and without losing e^x for very negative x.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-13 * b.abs().max(1.0), "{a} is not {b}");
    }

    #[test]
    fn gamma_functions_at_closed_forms() {
        let euler = 0.577_215_664_901_532_9;
        let pi2 = std::f64::consts::PI.powi(2);
        close(digamma(1.0), -euler);
        close(digamma(0.5), -euler - 2.0 * std::f64::consts::LN_2);
        close(digamma(4.0), -euler + 1.0 + 0.5 + 1.0 / 3.0);
        close(trigamma(1.0), pi2 / 6.0);
        close(trigamma(0.5), pi2 / 2.0);
        close(trigamma(3.0), pi2 / 6.0 - 1.25);
        close(digamma(20.0), (1..20).map(|k| 1.0 / f64::from(k)).sum::<f64>() - euler);
        close(lgamma(0.5), 0.5 * std::f64::consts::PI.ln());
        assert!(digamma(-1.0).is_nan() && trigamma(0.0).is_nan());
    }

    #[test]
    fn stable_at_the_ends() {
        assert_eq!(softplus(1000.0), 1000.0);
        assert!(softplus(-700.0) > 0.0);
        assert_eq!(sigmoid(-1000.0), 0.0);
        assert_eq!(sigmoid(1000.0), 1.0);
    }
}
