//! How the elements of a CPU tensor lie in its buffer: what can be read where it lies need not be copied first.

use super::axes::burn_shape;
use burn::backend::flex::{FlexTensor, Layout};

/// Neighbouring axes whose elements lie evenly, from the last on: how many elements, and how far apart. Axes of size 1 are in none.
fn runs(t: &FlexTensor) -> Option<Vec<(usize, usize)>> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (n, step) in t.layout().shape().iter().zip(t.layout().strides()).rev().filter(|(n, _)| **n != 1) {
        let step = usize::try_from(*step).ok()?;
        match runs.last_mut() {
            Some((len, apart)) if *len * *apart == step => *len *= n,
            _ => runs.push((*n, step)),
        }
    }
    Some(runs)
}

/// The same elements in the same order under other axes, where their places allow it; else the tensor as it came.
pub fn reshaped(t: FlexTensor, dims: &[usize]) -> Result<FlexTensor, FlexTensor> {
    let Some(mut runs) = runs(&t).filter(|_| !dims.contains(&0)) else { return Err(t) };
    let mut steps: Vec<isize> = Vec::with_capacity(dims.len());
    runs.reverse();
    for &n in dims.iter().rev() {
        if n == 1 {
            steps.push(1);
            continue;
        }
        match runs.last_mut() {
            Some((len, apart)) if *len % n == 0 => {
                steps.push(*apart as isize);
                (*len, *apart) = (*len / n, *apart * n);
                if *len == 1 {
                    runs.pop();
                }
            }
            Some(_) | None => return Err(t),
        }
    }
    if !runs.is_empty() {
        return Err(t);
    }
    steps.resize(dims.len().max(1), 1);
    steps.reverse();
    let layout = Layout::new(burn_shape(dims), steps, t.layout().start_offset());
    Ok(t.with_layout(layout))
}

/// Elements that lie in rows: element `i` at `first + i / len * step + i % len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Where the first is.
    pub first: usize,
    /// Elements that lie together.
    pub len: usize,
    /// From row to row.
    pub step: usize,
}

/// The rows in which the elements of a tensor lie; `None` where they do not.
pub fn rows(t: &FlexTensor) -> Option<Rows> {
    let (first, n) = (t.layout().start_offset(), t.layout().num_elements());
    match runs(t)?.as_slice() {
        [] => Some(Rows { first, len: 1, step: 1 }),
        [(len, 1)] => Some(Rows { first, len: *len, step: n }),
        [(len, 1), (_, step)] => Some(Rows { first, len: *len, step: *step }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::TensorData;

    fn counted(dims: &[usize]) -> FlexTensor {
        let n: usize = dims.iter().product();
        FlexTensor::from_data(TensorData::new((0..n).map(|i| i as f32).collect(), burn_shape(dims)))
    }

    fn numbers(t: &FlexTensor) -> Vec<f32> {
        t.to_contiguous().storage::<f32>().to_vec()
    }

    #[test]
    fn views_have_the_elements_of_copies() {
        let half = counted(&[4, 2, 6]).narrow(1, 1, 1);
        let turned = counted(&[4, 6]).transpose(0, 1);
        let repeated = counted(&[1, 6]).with_layout(Layout::new(burn_shape(&[4, 6]), vec![0, 1], 0));
        for (t, dims, views) in [
            (&half, &[4, 6][..], true),
            (&half, &[4, 1, 3, 2], true),
            (&half, &[2, 2, 6, 1], true),
            (&half, &[24], false),
            (&half, &[8, 3], false),
            (&turned, &[6, 2, 2], true),
            (&turned, &[3, 2, 4], true),
            (&turned, &[24], false),
            (&repeated, &[2, 2, 6], true),
            (&repeated, &[24], false),
            (&counted(&[1, 1]), &[], true),
            (&counted(&[5]), &[1, 5, 1], true),
        ] {
            match reshaped(t.clone(), dims) {
                Ok(view) => {
                    assert!(views, "{dims:?}");
                    assert_eq!(view.layout().shape(), &burn_shape(dims));
                    assert_eq!(numbers(&view), numbers(t), "{dims:?}");
                }
                Err(_) => assert!(!views, "{dims:?}"),
            }
        }
    }

    #[test]
    fn elements_lie_in_rows() {
        let at = |first, len, step| Some(Rows { first, len, step });
        assert_eq!(rows(&counted(&[4, 6])), at(0, 24, 24));
        assert_eq!(rows(&counted(&[4, 2, 6]).narrow(1, 1, 1)), at(6, 6, 12));
        assert_eq!(rows(&counted(&[4, 6]).narrow(0, 1, 2)), at(6, 12, 12));
        assert_eq!(rows(&counted(&[4, 6]).transpose(0, 1)), None);
        assert_eq!(rows(&counted(&[1])), at(0, 1, 1));
    }
}
