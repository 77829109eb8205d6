//! `cosine`.

use super::{OVER, RANGE, fraction};
use crate::rows::args::Args;
use crate::rows::{Progress, ScheduleRow};
use std::f64::consts::PI;

row! {
    /// Half a cosine from the first value to the last: slow, fast, slow. (Loshchilov and Hutter 2017, eq. 5,
    /// without restarts.)
    pub struct Cosine = "cosine" [RANGE, OVER];
}

impl ScheduleRow for Cosine {
    fn value(&self, args: &Args, at: Progress) -> f64 {
        let (a, b) = args.range("range");
        b + (a - b) * 0.5 * (1.0 + (PI * fraction(args, at)).cos())
    }
}
