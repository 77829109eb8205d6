//! Formulas in f64, on every device by the compiler's own meaning of them. A GPU has no f64 in its kernels, so the arguments come from
//! there and the result goes back: a wait for the device, for the sake of digits.

use super::device::Device;
use super::tensor::Tensor;
use gmc_compiler::ir::op::Wide;
use gmc_compiler::ir::ops::Column;
use rayon::prelude::*;

/// Elements per block: a column of f64 is 8 KiB.
const BLOCK: usize = 1024;

/// An argument as it is read.
enum Feed {
    Splat(f64),
    Each(Vec<f32>),
}

/// The result, of axes `dims`, to which the arguments broadcast.
pub fn run(device: &Device, op: &Wide, args: Vec<Tensor>, dims: &[usize]) -> Tensor {
    let feeds: Vec<Feed> = args
        .into_iter()
        .map(|a| match a.len() {
            1 => Feed::Splat(a.to_f32().first().copied().map_or(f64::NAN, f64::from)),
            _ => Feed::Each(a.expanded(dims).to_f32()),
        })
        .collect();
    let mut out = vec![0.0_f32; dims.iter().product()];
    out.par_chunks_mut(BLOCK).enumerate().for_each(|(b, out)| {
        let from = b * BLOCK;
        let column = |f: &Feed| match f {
            Feed::Splat(x) => Column::One(*x),
            Feed::Each(v) => {
                Column::Each(v.iter().skip(from).take(out.len()).map(|x| f64::from(*x)).collect())
            }
        };
        let value = op.run(&feeds.iter().map(column).collect::<Vec<_>>());
        out.iter_mut().enumerate().for_each(|(i, y)| *y = value.at(i) as f32);
    });
    Tensor::from_f32(device, out, dims)
}
