//! Principal components: the plane in which points vary most (Pearson 1901).

/// Steps of the power iteration.
const STEPS: usize = 500;
/// Two axes count as found when one more step turns them by less than this.
const CLOSE: f64 = 1e-12;

/// Points of `d` numbers each, on the two axes along which they vary most, and the share of their variance that lies in that plane; none of fewer than two
/// numbers a point, or of points that do not vary.
pub fn plane(values: &[f32], d: usize) -> Option<(Vec<f32>, f64)> {
    let n = values.len().checked_div(d)?;
    if d < 2 || n == 0 {
        return None;
    }
    let mut mean = vec![0.0; d];
    for row in values.chunks(d) {
        mean.iter_mut().zip(row).for_each(|(m, v)| *m += f64::from(*v) / n as f64);
    }
    let centred: Vec<Vec<f64>> =
        values.chunks(d).map(|row| row.iter().zip(&mean).map(|(v, m)| f64::from(*v) - m).collect()).collect();
    let total = centred.iter().flatten().map(|v| v * v).sum::<f64>() / n as f64;
    if total <= 0.0 || !total.is_finite() {
        return None;
    }
    let (first, one) = axis(&centred, None, d);
    let (second, two) = axis(&centred, Some(&first), d);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let points = centred.iter().flat_map(|row| [dot(row, &first) as f32, dot(row, &second) as f32]).collect();
    Some((points, ((one + two) / total).min(1.0)))
}

/// The axis of most variance, at a right angle to another one, and the variance along it, by power iteration from the coordinate that varies most.
fn axis(centred: &[Vec<f64>], beside: Option<&[f64]>, d: usize) -> (Vec<f64>, f64) {
    let n = centred.len() as f64;
    let apart = |v: &mut Vec<f64>| {
        if let Some(b) = beside {
            let along: f64 = v.iter().zip(b).map(|(x, y)| x * y).sum();
            v.iter_mut().zip(b).for_each(|(x, y)| *x -= along * y);
        }
    };
    let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    // Every coordinate has a share, so that no axis is missed.
    let mut at: Vec<f64> = (0..d).map(|i| 1.0 / (1.0 + i as f64)).collect();
    apart(&mut at);
    let mut variance = 0.0;
    for _ in 0..STEPS {
        let long = length(&at).max(1e-300);
        at.iter_mut().for_each(|x| *x /= long);
        let mut next = vec![0.0; d];
        for row in centred {
            let along: f64 = row.iter().zip(&at).map(|(x, y)| x * y).sum();
            next.iter_mut().zip(row).for_each(|(o, x)| *o += along * x / n);
        }
        apart(&mut next);
        variance = length(&next);
        if variance <= 0.0 {
            break;
        }
        let turned: f64 = next.iter().zip(&at).map(|(x, y)| (x / variance - y).powi(2)).sum();
        at = next;
        if turned < CLOSE * CLOSE {
            break;
        }
    }
    let long = length(&at).max(1e-300);
    at.iter_mut().for_each(|x| *x /= long);
    (at, variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_of_a_tilted_ellipsoid() {
        // Numbers a, b, c along three axes at right angles, with variances in the ratio 9 : 4 : 1.
        let axes = [[0.6f64, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 1.0]];
        let mut values = Vec::new();
        for i in 0..1000u32 {
            let phase = |k: u32| (f64::from(i * k) * std::f64::consts::TAU / 1000.0).cos();
            let along = [3.0 * phase(1), 2.0 * phase(2), phase(3)];
            for j in 0..3 {
                values.push((along.iter().zip(&axes).map(|(a, x)| a * x[j]).sum::<f64>() + 5.0) as f32);
            }
        }
        let (points, share) = plane(&values, 3).unwrap_or_default();
        assert!((share - 13.0 / 14.0).abs() < 1e-6, "{share}");
        for (i, p) in points.as_chunks::<2>().0.iter().enumerate() {
            let phase = |k: usize| ((i * k) as f64 * std::f64::consts::TAU / 1000.0).cos();
            assert!((f64::from(p[0].abs()) - (3.0 * phase(1)).abs()).abs() < 1e-4, "{i}: {p:?}");
            assert!((f64::from(p[1].abs()) - (2.0 * phase(2)).abs()).abs() < 1e-4, "{i}: {p:?}");
        }
        assert!(plane(&[1.0; 9], 3).is_none() && plane(&[1.0, 2.0], 1).is_none() && plane(&[], 2).is_none());
    }
}
