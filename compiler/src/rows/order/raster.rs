//! `raster`.

use super::{Along, Order, OrderRow};
use crate::rows::args::Args;

row! {
    /// The pixels of an image [C, H, W] row by row, within a row column by column, and within a pixel channel by channel: R, then
    /// G given R, then B given both (van den Oord et al. 2016, section 2.1).
    pub struct Raster = "raster";
}

impl OrderRow for Raster {
    fn order(&self, _: &Args, axes: &[usize]) -> Result<Order, (String, String)> {
        match axes {
            [c, h, w] => Ok(Order {
                axes: vec![
                    Along { axis: 0, size: *c, every: 1 },
                    Along { axis: 1, size: *h, every: w * c },
                    Along { axis: 2, size: *w, every: *c },
                ],
                permutation: None,
                channels: *c,
            }),
            _ => Err((
                "`raster` goes over the pixels of an image [channels, rows, columns]".into(),
                "write `in forward` for a vector or sequence, or declare the variable as an image, `[1, 28, 28]`".into(),
            )),
        }
    }
}
