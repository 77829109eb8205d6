//! Mode coverage (Srivastava et al. 2017, VEEGAN, section 4.1; Lin et al. 2018, PacGAN, section 4.1).

use super::scores::error_of_count;
use gmc_compiler::rows::data::Modes;

/// How samples lie on the modes of a mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// Modes with at least one sample of high quality.
    pub covered: usize,
    /// All modes.
    pub modes: usize,
    /// Share of samples within three standard deviations of the nearest mode.
    pub high_quality: f64,
    /// Standard error of how many modes are covered: with so few samples near one, none might have been.
    pub error: f64,
    /// KL(samples' modes ‖ uniform) in nats, over samples of high quality; 0 is even.
    pub reverse_kl: f64,
}

/// Measures `[n, d]` samples against modes in d dimensions; `None` where there is nothing to measure.
pub fn coverage(samples: &[f32], modes: &Modes) -> Option<Coverage> {
    let d = modes.centres.first().map(Vec::len).filter(|d| *d > 0)?;
    let n = samples.len() / d;
    if n == 0 {
        return None;
    }
    let mut counts = vec![0usize; modes.centres.len()];
    for sample in samples.chunks_exact(d) {
        let distance =
            |c: &[f64]| c.iter().zip(sample).map(|(c, s)| (f64::from(*s) - c).powi(2)).sum::<f64>().sqrt();
        let distances = modes.centres.iter().map(|c| distance(c));
        let nearest = distances.enumerate().filter(|(_, r)| r.is_finite()).min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((mode, r)) = nearest
            && r <= 3.0 * modes.std
            && let Some(count) = counts.get_mut(mode)
        {
            *count += 1;
        }
    }
    let good: usize = counts.iter().sum();
    let uniform = 1.0 / counts.len() as f64;
    let shares = counts.iter().map(|c| *c as f64 / good.max(1) as f64);
    Some(Coverage {
        covered: counts.iter().filter(|c| **c > 0).count(),
        modes: counts.len(),
        high_quality: good as f64 / n as f64,
        error: error_of_count(counts.iter().map(|c| 1.0 - (1.0 - *c as f64 / n as f64).powf(n as f64))),
        reverse_kl: shares.filter(|p| *p > 0.0).map(|p| p * (p / uniform).ln()).sum(),
    })
}

/// The numbers of the modes that no sample is within three standard deviations of.
pub fn missing(samples: &[f32], modes: &Modes) -> Vec<usize> {
    let near = |c: &Vec<f64>| {
        samples.chunks_exact(c.len().max(1)).any(|s| {
            c.iter().zip(s).map(|(c, s)| (f64::from(*s) - c).powi(2)).sum::<f64>().sqrt() <= 3.0 * modes.std
        })
    };
    modes.centres.iter().enumerate().filter(|(_, c)| !near(c)).map(|(i, _)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_hand() {
        let modes = Modes { centres: vec![vec![0.0, 0.0], vec![2.0, 0.0]], std: 0.1 };
        let samples = [0.0, 0.0, 0.2, 0.2, 1.0, 0.0, 0.0, 0.25, f32::NAN, 0.0];
        let c = coverage(&samples, &modes).map(|c| (c.covered, c.modes, c.high_quality, c.reverse_kl));
        assert_eq!(c, Some((1, 2, 0.6, 2f64.ln())));
        assert_eq!(missing(&samples, &modes), [1]);
        assert_eq!(coverage(&[], &modes), None);
        assert_eq!(coverage(&samples, &Modes { centres: vec![], std: 1.0 }), None);
    }
}
